"""Requests for care over HTTP: asked, held, taken, visited, settled; and what becomes of those that are not."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from ledger.book.authors import SHELL
from ledger.book.posting import Done
from ledger.hours.applying import NewPolicy, apply_policy
from ledger.hours.policy_text import read_policy
from ledger.hours.pots import Eligible, PotRule, Purpose, set_pot_rule
from ledger.people.roles import Role
from tests.api.conftest import kind_of, problem
from tests.api.test_claims import visit

TODAY = datetime.now(UTC).date()
HOUR = 3600

NEEDS = """
name = "With clearances"
[activities.body-care]
title = "Body care"
needs = ["police-check", "first-aid"]
[activities.shopping]
title = "Shopping"
"""

POT_HELPS = """
name = "The pot helps"
funders = ["receiver", "pot"]
[floor]
hours = "0:00"
[activities.shopping]
title = "Shopping"
"""


def in_days(days):
    return str(TODAY + timedelta(days=days))


def wish(receiver, days=0, seconds=2 * HOUR, **more):
    asked = {
        "receiver": str(receiver.id),
        "activity": "shopping",
        "care_on": in_days(days),
        "seconds": seconds,
    }
    return asked | more


async def ask(asker, receiver, days=0, seconds=2 * HOUR, key=None, **more):
    """(id, answer) of a request."""
    key = str(key or uuid4())
    return key, await asker.post("/care-requests", wish(receiver, days, seconds, **more), key=key)


async def take(taker, care_request, key=None, **asked):
    return await taker.post(f"/care-requests/{care_request}/taking", asked, key=key)


async def log_visit(provider, receiver, care_request, seconds=2 * HOUR, key=None, **more):
    key = str(key or uuid4())
    asked = visit(provider, receiver, seconds, service_on=str(TODAY), care_request=care_request) | more
    return key, await provider.post("/claims", asked, key=key)


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def cem(people):
    return await people.member("Cem")


@pytest.fixture
def apply(app, oak):
    async def applied(source):
        new = NewPolicy(source, read_policy(source))
        answer = await apply_policy(app.state.hours, oak, SHELL, uuid4(), new)
        assert isinstance(answer.outcome, Done), answer

    return applied


@pytest.fixture
def later(app, monkeypatch):
    def move(**days):
        moment = datetime.now(UTC) + timedelta(**days)
        monkeypatch.setattr(app.state.ledger, "now", lambda: moment)

    return move


async def standing(caller, account):
    """(balance, held) of an account, holds whose deadline has passed left out."""
    view = (await caller.get(f"/accounts/{account}")).json()
    return view["balance"], view["held"]


# --- the whole path -------------------------------------------------------------------------------------------------


async def test_care_is_asked_for_taken_given_and_settled_with_what_was_held(ana, ben, cem, caller):
    wished, asked = await ask(ana, ana, area="Old town", note="Third floor, no lift", **{"from": "10:00"})
    assert asked.status_code == 201, asked.text
    [view] = asked.json()["care_requests"]
    assert (view["state"], view["held_seconds"], view["payer"]) == ("open", 2 * HOUR, ana.account)
    assert view["hold"] == str(uuid5(UUID(wished), "hold")) and "series" not in view
    assert asked.headers["location"].endswith(f"/care-requests/{wished}")
    assert await standing(caller, ana.account) == (0, 2 * HOUR)
    hold = (await caller.get(f"/holds/{view['hold']}")).json()
    assert (hold["state"], hold["expires_at"]) == ("pending", view["expires_at"])
    assert view["expires_at"] == f"{in_days(8)}T00:00:00Z"

    [seen] = (await ben.get("/care-requests")).json()["care_requests"]
    assert seen == {
        "id": wished,
        "state": "open",
        "receiver": str(ana.id),
        "activity": "shopping",
        "care_on": str(TODAY),
        "seconds": 2 * HOUR,
        "from": "10:00",
        "area": "Old town",
        "expires_at": view["expires_at"],
    }
    taken = await take(ben, wished)
    assert taken.status_code == 200 and "warning" not in taken.json(), taken.text
    assert taken.json()["care_request"]["note"] == "Third floor, no lift"
    assert "held_seconds" not in taken.json()["care_request"]
    assert (await cem.get("/care-requests")).json()["care_requests"] == []
    assert problem(await cem.get(f"/care-requests/{wished}")) == (404, "not_found")

    claim, logged = await log_visit(ben, ana, wished, HOUR)
    assert logged.json()["claim"]["state"] == "submitted", logged.text
    confirmed = await ana.post(f"/claims/{claim}/confirmation", {})
    [transfer] = confirmed.json()["transfers"]
    assert (transfer["kind"], transfer["hold"]) == ("redeem", view["hold"]) and transfer["receipt"]
    assert await standing(caller, ana.account) == (-HOUR, 0)
    assert await standing(caller, ben.account) == (HOUR, 0)
    assert (await caller.get(f"/holds/{view['hold']}")).json()["state"] == "settled"
    settled = (await ana.get(f"/care-requests/{wished}")).json()
    assert settled["state"] == "settled" and settled["taken_by"] == str(ben.id)
    steps = [(step["kind"], step["via"], step.get("claim")) for step in settled["events"]]
    assert steps == [
        ("asked", "member", None),
        ("taken", "member", None),
        ("settled", "member", claim),
    ]
    assert problem(await take(cem, wished)) == (409, "care_request_closed")
    cancelled = await ana.post(f"/care-requests/{wished}/cancellation", {})
    assert problem(cancelled) == (409, "care_request_closed")


async def test_a_longer_visit_is_paid_whole_and_what_was_held_is_released(ana, ben, caller):
    wished, _ = await ask(ana, ana)
    await take(ben, wished)
    claim, _ = await log_visit(ben, ana, wished, 3 * HOUR)
    confirmed = await ana.post(f"/claims/{claim}/confirmation", {})
    [transfer] = confirmed.json()["transfers"]
    assert "hold" not in transfer and await standing(caller, ana.account) == (-3 * HOUR, 0)
    assert (await ana.get(f"/care-requests/{wished}")).json()["state"] == "settled"


async def test_what_the_receiver_logs_settles_the_request_at_once(ana, ben, caller):
    wished, _ = await ask(ana, ana)
    await take(ben, wished)
    asked = visit(ben, ana, 2 * HOUR, service_on=str(TODAY), care_request=wished)
    logged = await ana.post("/claims", asked)
    assert logged.json()["claim"]["state"] == "posted", logged.text
    assert await standing(caller, ana.account) == (-2 * HOUR, 0)


async def test_a_request_is_answered_the_same_for_ever(ana, ben, caller):
    wished, first = await ask(ana, ana)
    _, again = await ask(ana, ana, key=wished)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.json() == first.json() and await standing(caller, ana.account) == (0, 2 * HOUR)
    assert problem((await ask(ana, ana, key=wished, seconds=HOUR))[1]) == (422, "id_reused")
    key = uuid4()
    assert kind_of(await take(ben, wished, key)) is None
    again = await take(ben, wished, key)
    assert again.headers["idempotency-replayed"] == "true"
    answers = await asyncio.gather(*(ask(ana, ana, key=key_) for key_ in [uuid4()] * 3))
    assert sorted(answer.status_code for _, answer in answers) == [200, 200, 201]
    assert await standing(caller, ana.account) == (0, 4 * HOUR)


# --- who ----------------------------------------------------------------------------------------------------------


async def test_a_delegate_asks_with_the_scope_for_it_and_only_for_that_long(ana, ben, cem):
    given = {"delegate": str(ben.id), "relation": "child", "scopes": ["request"], "from": in_days(-1)}
    delegation = uuid4()
    assert kind_of(await ana.post(f"/members/{ana.id}/delegates", given, key=delegation)) is None
    assert problem((await ask(cem, ana))[1]) == (403, "not_allowed")
    wished, asked = await ask(ben, ana, note="The key is with me")
    assert asked.status_code == 201, asked.text
    [view] = asked.json()["care_requests"]
    assert (view["asked_by"], view["asked_via"]) == (str(ben.id), "delegate")
    assert (await ben.get(f"/care-requests/{wished}")).json()["note"] == "The key is with me"
    [mine] = (await ben.get("/care-requests?mine=true")).json()["care_requests"]
    assert mine["id"] == wished
    events = (await ana.get(f"/members/{ana.id}/events")).json()["events"]
    [told] = [each for each in events if each["kind"] == "care_request_asked"]
    assert told["details"] == {"care_request": wished, "times": 1, "held": 2 * HOUR}
    ended = await ana.post(f"/members/{ana.id}/delegates/{delegation}", method="DELETE")
    assert kind_of(ended) is None
    assert problem((await ask(ben, ana))[1]) == (403, "not_allowed")
    cancelled = await ben.post(f"/care-requests/{wished}/cancellation", {})
    assert problem(cancelled) == (404, "care_request_unknown")


async def test_a_coordinator_asks_for_people_without_a_phone_but_not_for_family(ana, ben, people, caller):
    carla = await people.coordinator()
    other = await people.coordinator()
    related = {"relative": str(ben.id), "relation": "parent"}
    assert kind_of(await other.post(f"/members/{carla.id}/relatives", related)) is None
    wished, asked = await ask(carla, ana)
    assert asked.status_code == 201, asked.text
    assert problem((await ask(carla, ben))[1]) == (403, "own_affair")
    theirs, _ = await ask(ben, ben)
    refused = await carla.post(f"/care-requests/{theirs}/cancellation", {})
    assert problem(refused) == (403, "own_affair")
    assert (await ask(caller, ben))[1].status_code == 201
    taken = await take(carla, wished, member=str(ben.id))
    assert taken.json()["care_request"]["taken_by"] == str(ben.id), taken.text
    step = taken.json()["care_request"]["events"][-1]
    assert (step["via"], step["by"], step["acting_for"]) == ("coordinator", str(carla.id), str(ben.id))
    assert problem(await take(ana, theirs, member=str(ben.id))) == (403, "not_allowed")
    cancelled = await carla.post(f"/care-requests/{wished}/cancellation", {})
    assert cancelled.json()["state"] == "cancelled"
    events = (await carla.get(f"/members/{ana.id}/events")).json()["events"]
    assert {"care_request_asked", "care_request_cancelled"} <= {each["kind"] for each in events}


async def test_each_sees_what_is_theirs_to_see(ana, ben, cem, people, caller):
    carla = await people.coordinator()
    auditor = await people.with_role(Role.AUDITOR)
    wished, _ = await ask(ana, ana, note="Ring twice")
    views = [
        (await each.get(f"/care-requests/{wished}")).json() for each in (ana, carla, caller, auditor, ben)
    ]
    assert [view.get("note") for view in views] == ["Ring twice"] * 3 + [None] * 2
    assert [view.get("held_seconds") for view in views] == [2 * HOUR] * 4 + [None]
    assert [bool(view.get("events")) for view in views] == [True] * 4 + [False]
    assert problem(await ben.get("/care-requests?all=true")) == (403, "not_allowed")
    for each in (carla, auditor, caller):
        listed = (await each.get("/care-requests?all=true&state=open")).json()["care_requests"]
        assert [view["id"] for view in listed] == [wished]
    # Nobody takes their own, and it is not offered to them.
    assert (await ana.get("/care-requests")).json()["care_requests"] == []
    assert problem(await ana.get("/care-requests?state=taken")) == (400, "malformed_request")
    assert problem(await take(ana, wished)) == (422, "own_claim")
    await take(ben, wished)
    [mine] = (await ben.get("/care-requests?mine=true&state=taken")).json()["care_requests"]
    assert mine["id"] == wished
    assert (await cem.get("/care-requests?mine=true")).json()["care_requests"] == []
    assert problem(await ben.get(f"/care-requests/{uuid4()}")) == (404, "not_found")


async def test_a_household_does_not_take_its_own_and_pays_from_its_own_account(ana, ben, cem, people, caller):
    carla = await people.coordinator()
    shared = await caller.open("household")
    for member in (ana, ben):
        held = await carla.post(f"/accounts/{shared}/holders", {"member": str(member.id)})
        assert kind_of(held) is None, held.text
    wished, asked = await ask(ana, ana)
    assert asked.json()["care_requests"][0]["payer"] == shared
    assert (await ben.get("/care-requests")).json()["care_requests"] == []
    assert [each["id"] for each in (await cem.get("/care-requests")).json()["care_requests"]] == [wished]
    assert problem(await take(ben, wished)) == (422, "own_household")


async def test_two_who_take_it_at_once_and_one_has_it(ana, ben, cem):
    wished, _ = await ask(ana, ana)
    answers = await asyncio.gather(take(ben, wished), take(cem, wished))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [kind_of(answer) for answer in answers if kind_of(answer)] == ["care_request_taken"]


async def test_whoever_cannot_come_gives_it_back(ana, ben, cem, people):
    carla = await people.coordinator()
    wished, _ = await ask(ana, ana)
    await take(ben, wished)
    address = f"/care-requests/{wished}/giving-back"
    assert problem(await cem.post(address, {})) == (404, "care_request_unknown")
    assert problem(await ana.post(address, {})) == (404, "care_request_unknown")
    assert (await ben.post(address, {})).json()["state"] == "open"
    assert problem(await ben.post(address, {})) == (404, "care_request_unknown")
    assert kind_of(await take(cem, wished)) is None
    given = await carla.post(address, {})
    assert (given.json()["state"], given.json()["events"][-1]["acting_for"]) == ("open", str(cem.id))
    assert "taken_by" not in given.json()


# --- clearances ---------------------------------------------------------------------------------------------------


async def test_only_those_with_every_clearance_see_it_and_take_it(ana, ben, cem, people, apply):
    await apply(NEEDS)
    carla = await people.coordinator()

    async def clear(member, kind, expires, issued=-5):
        asked = {"kind": kind, "issued_on": in_days(issued), "expires_on": in_days(expires)}
        answer = await carla.post(f"/members/{member.id}/clearances", asked)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    wished, asked = await ask(ana, ana, 10, activity="body-care")
    assert asked.json()["care_requests"][0]["needs"] == ["police-check", "first-aid"]
    refused = await take(ben, wished)
    assert problem(refused) == (409, "clearance_needed") and refused.json()["about"] == "police-check"
    await clear(ben, "police-check", 20)
    await clear(ben, "first-aid", 9)
    assert (await ben.get("/care-requests")).json()["care_requests"] == []
    refused = await take(ben, wished)
    assert problem(refused) == (409, "clearance_needed") and refused.json()["about"] == "first-aid"
    renewed = await clear(ben, "first-aid", 300, issued=2)
    seen = (await ben.get("/care-requests")).json()["care_requests"]
    assert [(each["id"], each["needs"]) for each in seen] == [(wished, ["police-check", "first-aid"])]
    taken = await take(ben, wished)
    assert taken.json()["warning"] == [{"kind": "police-check", "expires_on": in_days(20)}], taken.text
    await ben.post(f"/care-requests/{wished}/giving-back", {})
    await carla.post(f"/members/{ben.id}/clearances/{renewed}/revocation", {})
    assert problem(await take(ben, wished)) == (409, "clearance_needed")
    everything = (await carla.get("/care-requests?all=true")).json()["care_requests"]
    assert [each["id"] for each in everything] == [wished]


async def test_what_a_new_policy_asks_for_is_asked_of_who_takes_an_older_request(ana, ben, apply):
    wished, _ = await ask(ana, ana, 3, activity="body-care")
    assert len((await ben.get("/care-requests")).json()["care_requests"]) == 1
    await apply(NEEDS)
    assert (await ben.get("/care-requests")).json()["care_requests"] == []
    assert problem(await take(ben, wished)) == (409, "clearance_needed")


# --- who pays -----------------------------------------------------------------------------------------------------


async def test_credits_are_set_aside_down_to_the_floor_and_not_below(ana, ben, caller):
    assert (await ask(ana, ana, 1, 6 * HOUR))[1].status_code == 201
    assert problem((await ask(ana, ana, 1, 5 * HOUR))[1]) == (409, "below_floor")
    answers = await asyncio.gather(*(ask(ana, ana, 2, 3 * HOUR) for _ in range(2)))
    assert sorted(answer.status_code for _, answer in answers) == [201, 409]
    assert await standing(caller, ana.account) == (0, 9 * HOUR)


async def fill(app, oak, caller, seconds, **rule):
    """The community's pot with so many seconds, under a rule."""
    accounts = (await caller.get("/accounts")).json()["accounts"]
    pot = next(each["id"] for each in accounts if each["code"] == "community-pot")
    issuance = await caller.open("issuance")
    entries = [{"account": issuance, "seconds": -seconds}, {"account": pot, "seconds": seconds}]
    granted = await caller.post("/transfers", {"kind": "grant", "entries": entries})
    assert granted.status_code == 201, granted.text
    rule = {"eligible": Eligible.ANYBODY, "monthly_budget": None, "member_monthly": None} | rule
    made = PotRule(Purpose.COMMUNITY, signature_limit=36_000, **rule)
    answer = await set_pot_rule(app.state.hours, oak, SHELL, uuid4(), UUID(pot), made)
    assert isinstance(answer.outcome, Done), answer
    return pot


async def spent(caller, pot):
    pots = (await caller.get("/pots")).json()["pots"]
    return next(each.get("spent_seconds", 0) for each in pots if each["account"] == pot)


async def test_whoever_has_no_credits_has_care_from_the_pot_by_its_rule(app, oak, ana, ben, caller, apply):
    await apply(POT_HELPS)
    pot = await fill(app, oak, caller, 20 * HOUR, member_monthly=4 * HOUR)
    wished, asked = await ask(ana, ana)
    assert asked.json()["care_requests"][0]["payer"] == pot, asked.text
    assert await standing(caller, pot) == (20 * HOUR, 2 * HOUR) and await spent(caller, pot) == 2 * HOUR
    await take(ben, wished)
    claim, _ = await log_visit(ben, ana, wished, HOUR)
    confirmed = await ana.post(f"/claims/{claim}/confirmation", {})
    assert confirmed.json()["transfers"][0]["hold"], confirmed.text
    assert await standing(caller, pot) == (19 * HOUR, 0) and await spent(caller, pot) == HOUR
    assert await standing(caller, ana.account) == (0, 0)
    assert await standing(caller, ben.account) == (HOUR, 0)
    second, _ = await ask(ana, ana, 0, 3 * HOUR)
    assert problem((await ask(ana, ana, 0, HOUR))[1]) == (409, "over_pot_budget")
    assert (await ask(ben, ben, 0, HOUR))[1].json()["care_requests"][0]["payer"] == ben.account
    # What is cancelled may be given again.
    assert kind_of(await ana.post(f"/care-requests/{second}/cancellation", {})) is None
    assert await spent(caller, pot) == HOUR and await standing(caller, pot) == (19 * HOUR, 0)
    assert (await ask(ana, ana, 0, HOUR))[1].status_code == 201


async def test_a_pot_for_the_frail_helps_nobody_else(app, oak, ana, people, caller, apply):
    await apply(POT_HELPS.replace('["receiver", "pot"]', '["pot"]'))
    await fill(app, oak, caller, 20 * HOUR, eligible=Eligible.FRAIL)
    assert problem((await ask(ana, ana))[1]) == (409, "not_eligible")


async def test_each_month_of_a_series_counts_towards_its_own_budget(app, oak, ana, caller, apply):
    await apply(POT_HELPS)
    pot = await fill(app, oak, caller, 40 * HOUR, monthly_budget=10 * HOUR)
    # A month has at most five of a weekday.
    assert (await ask(ana, ana, weekly=10))[1].status_code == 201
    assert problem((await ask(ana, ana, weekly=10))[1]) == (409, "over_pot_budget")
    assert await standing(caller, pot) == (40 * HOUR, 20 * HOUR)
    assert 0 < await spent(caller, pot) <= 10 * HOUR


async def test_what_a_pot_set_aside_in_vain_may_be_given_again(app, oak, ana, caller, apply, later):
    await apply("request_days = 0\n" + POT_HELPS)
    await fill(app, oak, caller, 20 * HOUR, monthly_budget=2 * HOUR)
    # Two days of one month, the first of which is over before anybody came.
    first = 0 if (TODAY + timedelta(days=1)).month == TODAY.month else 1
    assert (await ask(ana, ana, first))[1].status_code == 201
    assert problem((await ask(ana, ana, first + 1))[1]) == (409, "over_pot_budget")
    later(days=first + 1)
    assert (await ask(ana, ana, first + 1))[1].status_code == 201


async def test_hours_that_are_issued_need_no_hold(ana, ben, caller, apply):
    await apply('name = "Issued"\nfunders = ["issuance"]\n')
    wished, asked = await ask(ana, ana)
    [view] = asked.json()["care_requests"]
    assert view["held_seconds"] == 0 and "hold" not in view
    await take(ben, wished)
    claim, _ = await log_visit(ben, ana, wished)
    confirmed = await ana.post(f"/claims/{claim}/confirmation", {})
    assert confirmed.json()["claim"]["state"] == "posted", confirmed.text
    assert await standing(caller, ana.account) == (0, 0)
    assert (await ana.get(f"/care-requests/{wished}")).json()["state"] == "settled"


async def test_the_tariff_says_what_is_set_aside(ana, apply):
    await apply(
        'name = "Dearer"\nequal_hours = false\n[activities.shopping]\ntitle = "Shopping"\nrate = "1"\ntariff = "3/2"\n'
    )
    _, asked = await ask(ana, ana, seconds=HOUR)
    assert asked.json()["care_requests"][0]["held_seconds"] == 5400, asked.text


# --- series -------------------------------------------------------------------------------------------------------


async def test_a_series_is_a_request_a_week_each_with_its_own_hold_all_or_none(ana, ben, caller):
    assert problem((await ask(ana, ana, weekly=6))[1]) == (409, "below_floor")
    assert await standing(caller, ana.account) == (0, 0)
    series, asked = await ask(ana, ana, weekly=4, area="Old town")
    views = asked.json()["care_requests"]
    assert [view["care_on"] for view in views] == [in_days(7 * week) for week in range(4)]
    assert [view["id"] for view in views] == [series, *(str(uuid5(UUID(series), str(n))) for n in (2, 3, 4))]
    assert {view["series"] for view in views} == {series} and {view["area"] for view in views} == {"Old town"}
    assert len({view["hold"] for view in views}) == 4
    assert await standing(caller, ana.account) == (0, 8 * HOUR)
    # A derived id cannot be taken from outside.
    assert problem((await ask(ana, ana, key=views[1]["id"]))[1]) == (400, "malformed_request")

    await take(ben, views[1]["id"])
    following = await ana.post(f"/care-requests/{views[1]['id']}/cancellation", {"following": True})
    assert following.json()["state"] == "cancelled", following.text
    listed = (await ana.get("/care-requests?mine=true")).json()["care_requests"]
    assert [view["state"] for view in listed] == ["cancelled"] * 3 + ["open"]
    assert await standing(caller, ana.account) == (0, 2 * HOUR)
    # Whoever was to come can still see that nobody is waiting.
    [told] = (await ben.get("/care-requests?mine=true")).json()["care_requests"]
    assert told["state"] == "cancelled"


async def test_the_list_is_read_a_page_at_a_time(ana, ben):
    _, asked = await ask(ana, ana, 1, HOUR, weekly=5)
    wanted = [view["id"] for view in asked.json()["care_requests"]]
    for path, ids in (("/care-requests?limit=2", wanted), ("/care-requests?mine=true&limit=2", wanted[::-1])):
        reader = ana if "mine" in path else ben
        found, page = [], (await reader.get(path)).json()
        while True:
            found += [view["id"] for view in page["care_requests"]]
            if "next" not in page:
                break
            page = (await reader.client.get(page["next"], headers=reader.headers)).json()
        assert found == ids
    assert problem(await ben.get(f"/care-requests?after={uuid4()}")) == (404, "not_found")


async def test_requests_are_listed_by_the_days_they_are_for(ana, ben, people):
    carla = await people.coordinator()
    _, asked = await ask(ana, ana, 1, HOUR, weekly=4)
    wanted = [(view["care_on"], view["id"]) for view in asked.json()["care_requests"]]
    between = f"from={wanted[1][0]}&until={wanted[2][0]}"
    for reader, whose in ((ana, "mine"), (carla, "all")):
        listed = await reader.get(f"/care-requests?{whose}=true&state=open&{between}")
        assert [view["id"] for view in listed.json()["care_requests"]] == [wanted[2][1], wanted[1][1]]
        page = (await reader.get(f"/care-requests?{whose}=true&{between}&limit=1")).json()
        rest = (await reader.client.get(page["next"], headers=reader.headers)).json()
        assert len(rest["care_requests"]) == 1 and "next" not in rest
    assert problem(await ben.get(f"/care-requests?{between}")) == (400, "malformed_request")
    assert problem(await carla.get("/care-requests?all=true&from=soon")) == (400, "malformed_request")


# --- ending without a visit -----------------------------------------------------------------------------------------


async def test_what_is_cancelled_holds_nothing(ana, ben, cem, caller):
    wished, asked = await ask(ana, ana)
    await take(ben, wished)
    address = f"/care-requests/{wished}/cancellation"
    for stranger in (cem, ben):
        assert problem(await stranger.post(address, {})) == (404, "care_request_unknown")
    cancelled = await ana.post(address, {})
    assert cancelled.json()["state"] == "cancelled", cancelled.text
    assert await standing(caller, ana.account) == (0, 0)
    hold = asked.json()["care_requests"][0]["hold"]
    assert (await caller.get(f"/holds/{hold}")).json()["state"] == "voided"
    assert problem(await ana.post(address, {})) == (409, "care_request_closed")
    assert problem((await log_visit(ben, ana, wished))[1]) == (409, "care_request_closed")


async def test_a_visit_that_waits_keeps_what_was_set_aside_for_it(ana, ben):
    wished, _ = await ask(ana, ana)
    await take(ben, wished)
    claim, _ = await log_visit(ben, ana, wished)
    visited = (409, "care_request_visited")
    assert problem(await ana.post(f"/care-requests/{wished}/cancellation", {})) == visited
    assert problem(await ben.post(f"/care-requests/{wished}/giving-back", {})) == visited
    assert kind_of(await ana.post(f"/claims/{claim}/refusal", {"reason": "Nobody came"})) is None
    assert kind_of(await ana.post(f"/care-requests/{wished}/cancellation", {})) is None


async def test_cancelling_works_when_somebody_has_voided_the_hold_by_hand(ana, caller):
    wished, asked = await ask(ana, ana)
    hold = asked.json()["care_requests"][0]["hold"]
    assert kind_of(await caller.post(f"/holds/{hold}/void", {})) is None
    assert kind_of(await ana.post(f"/care-requests/{wished}/cancellation", {})) is None


async def test_what_nobody_took_expires_by_itself_and_holds_nothing(ana, ben, cem, caller, later):
    wished, _ = await ask(ana, ana, 0, 10 * HOUR)
    later(days=8)
    assert (await ana.get(f"/care-requests/{wished}")).json()["state"] == "expired"
    assert problem(await ben.get(f"/care-requests/{wished}")) == (404, "not_found")
    assert (await ben.get("/care-requests")).json()["care_requests"] == []
    assert problem(await take(ben, wished)) == (409, "care_request_expired")
    listed = (await ana.get("/care-requests?mine=true&state=expired")).json()["care_requests"]
    assert [each["id"] for each in listed] == [wished]
    # No sweeper has been by: what is free again is set aside anew, or given away.
    _, asked = await ask(ana, ana, 9, 10 * HOUR)
    assert asked.status_code == 201, asked.text
    assert kind_of(await ana.post(f"/care-requests/{wished}/cancellation", {})) is None
    assert await standing(caller, ana.account) == (0, 10 * HOUR)


async def test_a_visit_after_the_deadline_is_paid_without_the_hold(ana, ben, caller, later):
    wished, _ = await ask(ana, ana)
    await take(ben, wished)
    claim, _ = await log_visit(ben, ana, wished)
    later(days=9)
    assert (await ben.get(f"/care-requests/{wished}")).json()["state"] == "expired"
    confirmed = await ana.post(f"/claims/{claim}/confirmation", {})
    assert confirmed.status_code == 200, confirmed.text
    assert "hold" not in confirmed.json()["transfers"][0]
    assert await standing(caller, ana.account) == (-2 * HOUR, 0)
    assert (await ana.get(f"/care-requests/{wished}")).json()["state"] == "settled"


# --- what is wrong with it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"care_on": in_days(-1)}, (422, "care_request_in_past")),
        ({"care_on": in_days(400)}, (422, "care_request_in_past")),
        ({"care_on": in_days(300), "weekly": 26}, (422, "care_request_in_past")),
        ({"seconds": 86_401}, (422, "longer_than_a_day")),
        ({"from": "23:00"}, (422, "across_midnight")),
        ({"activity": "juggling"}, (422, "activity_unknown")),
        ({"activity": "Shopping!"}, (422, "activity_unknown")),
        ({"activity": ""}, (400, "malformed_request")),
        ({"activity": "s" * 41}, (400, "malformed_request")),
        ({"weekly": 27}, (400, "malformed_request")),
        ({"weekly": 0}, (400, "malformed_request")),
        ({"address": "Main Street 1"}, (400, "malformed_request")),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(ana, apply, asked, refused):
    await apply("open_activities = false\n" + NEEDS)
    assert problem(await ana.post("/care-requests", wish(ana) | asked)) == refused


async def test_nobody_asks_for_somebody_who_is_not_there(ana, ben, people, caller):
    asked = wish(ana) | {"receiver": str(uuid4())}
    assert problem(await caller.post("/care-requests", asked)) == (404, "member_unknown")
    carla = await people.coordinator()
    wished, _ = await ask(ana, ana)
    etag = (await carla.get(f"/members/{ben.id}")).headers["etag"]
    left = {"status": "left", "since": str(TODAY)}
    address = f"/members/{ben.id}/standing"
    gone = await carla.post(address, left, method="PUT", headers={"if-match": etag})
    assert kind_of(gone) is None, gone.text
    assert problem((await ask(caller, ben))[1]) == (409, "member_gone")
    assert problem(await take(caller, wished, member=str(ben.id))) == (409, "member_gone")
    assert problem(await take(caller, wished)) == (400, "malformed_request")


async def test_nobody_asks_whose_account_is_closed(ana, caller):
    assert kind_of(await caller.post(f"/accounts/{ana.account}/closing", {})) is None
    assert problem((await ask(ana, ana))[1]) == (409, "no_account")
