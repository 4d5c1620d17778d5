"""Disputes over HTTP: who may open one, what each outcome does to the books, and what keeps it from being done."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.desk.audit import audit_community
from ledger.hours.policy import Above, Cap, Funder, Limit, Period
from ledger.people.delegates import Relation, add_relative
from ledger.people.roles import Role
from tests.api.conftest import kind_of, problem
from tests.api.test_care_requests import ask, log_visit, standing, take
from tests.api.test_claims import YESTERDAY, log
from tests.hours import apply_policy

HOUR = 3600
SAID = {"statement": "It was one hour, not two"}


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def carla(people):
    """A co-ordinator who is close to nobody."""
    return await people.coordinator()


async def balances(caller, *members):
    return [(await caller.get(f"/accounts/{each.account}")).json()["balance"] for each in members]


async def paid(ben, ana, seconds=2 * HOUR):
    """A claim that ana has confirmed."""
    claim, _ = await log(ben, ben, ana, seconds=seconds)
    assert kind_of(await ana.post(f"/claims/{claim}/confirmation", {})) is None
    return claim


async def dispute(member, claim, key=None):
    key = key or str(uuid4())
    answer = await member.post(f"/claims/{claim}/disputes", SAID, key=key)
    assert answer.status_code == 201, answer.text
    return key


async def decide(coordinator, dispute, outcome, key=None, **more):
    return await coordinator.post(f"/disputes/{dispute}/outcome", {"outcome": outcome} | more, key=key)


async def state(member, claim):
    view = (await member.get(f"/claims/{claim}")).json()["claim"]
    return view["state"], view.get("credited_seconds", 0)


async def steps(member, claim):
    return [each["kind"] for each in (await member.get(f"/claims/{claim}")).json()["claim"]["events"]]


# --- the record ---------------------------------------------------------------------------------------------------


async def test_a_disputed_visit_is_heard_corrected_and_paid_anew(caller, ben, ana, carla):
    claim = await paid(ben, ana)
    assert await balances(caller, ben, ana) == [2 * HOUR, -2 * HOUR]
    opened = await ana.post(f"/claims/{claim}/disputes", SAID, key=(key := str(uuid4())))
    assert opened.status_code == 201 and opened.headers["location"].endswith(f"/disputes/{key}")
    view = opened.json()["dispute"]
    assert (view["claim"], view["claim_state"], view["opened_side"]) == (claim, "posted", "receiver")
    today = datetime.now(UTC).date()
    assert (view["deadline_on"], view["overdue"]) == (str(today + timedelta(days=14)), False)
    assert await state(ben, claim) == ("disputed", 2 * HOUR)

    answered = await ben.post(f"/disputes/{key}/statements", {"statement": "I waited for an hour"})
    assert answered.status_code == 201
    said = [(each["side"], each["statement"]) for each in answered.json()["dispute"]["statements"]]
    assert said == [("receiver", SAID["statement"]), ("provider", "I waited for an hour")]

    decision = uuid4()
    decided = await decide(carla, key, "corrected", decision, seconds=HOUR, statement="Half of it was a wait")
    assert decided.status_code == 200, decided.text
    view = decided.json()["dispute"]
    assert (view["outcome"], view["corrected_seconds"]) == ("corrected", HOUR)
    assert view["resolved_by"] == str(carla.id) and view["statements"][-1]["side"] == "coordinator"
    reversal, posting = decided.json()["transfers"]
    assert [reversal["id"], posting["id"]] == view["postings"]
    assert reversal["reverses"] and posting["kind"] == "care" and posting["receipt"]
    assert await state(ben, claim) == ("posted", HOUR)
    assert await balances(caller, ben, ana) == [HOUR, -HOUR]
    assert await steps(ben, claim) == ["logged", "posted", "disputed", "reversed", "corrected"]

    again = await decide(carla, key, "corrected", decision, seconds=HOUR, statement="Half of it was a wait")
    assert again.headers["idempotency-replayed"] == "true" and again.json() == decided.json()
    assert await balances(caller, ben, ana) == [HOUR, -HOUR]
    assert problem(await decide(carla, key, "reversed")) == (409, "dispute_decided")
    assert problem(await ben.post(f"/disputes/{key}/statements", SAID)) == (409, "dispute_decided")
    for member in (ben, ana):
        events = (await member.get(f"/members/{member.id}/events")).json()["events"]
        assert {"dispute_opened", "dispute_resolved"} <= {each["kind"] for each in events}


# state before, outcome, seconds it says | state after, credited, steps behind `disputed`
OUTCOMES = """
posted     upheld     -     | posted    7200  upheld
posted     corrected  3600  | posted    3600  reversed corrected
posted     corrected  9000  | posted    9000  reversed corrected
posted     reversed   -     | reversed  0     reversed
submitted  upheld     -     | posted    7200  upheld posted
submitted  corrected  3600  | posted    3600  corrected
submitted  reversed   -     | declined  0     declined
declined   upheld     -     | posted    7200  upheld posted
declined   corrected  3600  | posted    3600  corrected
declined   reversed   -     | declined  0     declined
"""


@pytest.mark.parametrize("line", OUTCOMES.strip().splitlines())
async def test_each_outcome_leaves_the_claim_and_the_books_as_it_says(
    line, app, oak, tmp_path, owner, caller, ben, ana, carla
):
    (before, outcome, said), (after, credited, *kinds) = (part.split() for part in line.split("|"))
    claim, _ = await log(ben, ben, ana, seconds=2 * HOUR)
    if before == "posted":
        await ana.post(f"/claims/{claim}/confirmation", {})
    elif before == "declined":
        await ana.post(f"/claims/{claim}/refusal", {"reason": "Nobody came"})
    key = await dispute(ben if before == "declined" else ana, claim)
    more = {} if said == "-" else {"seconds": int(said)}
    decided = await decide(carla, key, outcome, **more)
    assert decided.status_code == 200, decided.text
    assert await state(ana, claim) == (after, int(credited))
    assert (await steps(ana, claim))[-len(kinds) :] == kinds
    assert await balances(caller, ben, ana) == [int(credited), -int(credited)]
    total = await owner.fetchval("SELECT seconds FROM earned_total WHERE member_id = $1", ben.id)
    assert (total or 0) == int(credited)
    posted = [each for each in kinds if each in ("reversed", "corrected", "posted")]
    assert len(decided.json()["dispute"]["postings"]) == len(posted)
    assert (await ana.get(f"/disputes/{key}")).json()["dispute"] == decided.json()["dispute"]
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


async def test_a_withdrawn_dispute_leaves_the_claim_as_it_stood(app, oak, ben, ana, carla, monkeypatch):
    claim, _ = await log(ben, ben, ana)
    key = await dispute(ana, claim)
    assert problem(await ana.post(f"/claims/{claim}/confirmation", {})) == (409, "claim_decided")
    assert problem(await ben.post(f"/claims/{claim}/withdrawal", {})) == (409, "claim_decided")
    for other in (ben, carla):
        assert problem(await other.post(f"/disputes/{key}/withdrawal", {})) == (404, "dispute_unknown")
    withdrawn = await ana.post(f"/disputes/{key}/withdrawal", {})
    assert withdrawn.json()["dispute"]["outcome"] == "withdrawn", withdrawn.text
    assert await state(ana, claim) == ("submitted", 0)
    # It waits again: silence confirms it, and that is none of the dispute's postings.
    later = datetime.now(UTC) + timedelta(days=15)
    monkeypatch.setattr(app.state.ledger, "now", lambda: later)
    assert await app.state.hours.confirm_silent(oak) == 1
    view = (await ana.get(f"/disputes/{key}")).json()["dispute"]
    assert view["postings"] == [] and view["outcome"] == "withdrawn"
    assert await steps(ana, claim) == ["logged", "disputed", "undisputed", "posted"]


async def test_who_asks_again_after_an_outcome_goes_to_a_coordinator(ben, ana, carla, people):
    claim = await paid(ben, ana)
    first = await dispute(ana, claim)
    assert kind_of(await decide(carla, first, "corrected", seconds=HOUR)) is None
    answer = await ana.post(f"/claims/{claim}/disputes", SAID)
    assert problem(answer) == (409, "dispute_decided") and answer.json()["about"] == first
    second = await dispute(carla, claim)
    assert problem(await decide(carla, second, "corrected", seconds=HOUR)) == (422, "correction_same")
    assert problem(await decide(carla, second, "corrected", seconds=90_000)) == (422, "longer_than_a_day")
    # What was recorded at first is another length than the corrected one.
    answer = await decide(carla, second, "corrected", seconds=2 * HOUR)
    assert len(answer.json()["transfers"]) == 2, answer.text
    view = (await carla.get(f"/disputes/{first}")).json()["dispute"]
    assert len(view["postings"]) == 2 and not set(view["postings"]) & set(
        answer.json()["dispute"]["postings"]
    )


# --- who ----------------------------------------------------------------------------------------------------------


async def test_strangers_see_no_dispute_and_delegates_do(ben, ana, people):
    claim = await paid(ben, ana)
    stranger, daughter = await people.member("Cem"), await people.member("Dora")
    assert problem(await stranger.post(f"/claims/{claim}/disputes", SAID)) == (404, "claim_unknown")
    await ana.post(
        f"/members/{ana.id}/delegates",
        {"delegate": str(daughter.id), "relation": "child", "scopes": ["confirm"], "from": "2026-01-01"},
    )
    key = await dispute(daughter, claim)
    assert problem(await stranger.get(f"/disputes/{key}")) == (404, "not_found")
    assert problem(await stranger.post(f"/disputes/{key}/statements", SAID)) == (404, "dispute_unknown")
    assert problem(await stranger.post(f"/disputes/{key}/withdrawal", {})) == (404, "dispute_unknown")
    assert problem(await ben.post(f"/disputes/{key}/outcome", {"outcome": "upheld"})) == (403, "not_allowed")
    for member in (ana, ben, daughter):
        [listed] = (await member.get("/disputes")).json()["disputes"]
        assert (listed["id"], listed["opened_side"]) == (key, "receiver")
    assert (await stranger.get("/disputes")).json()["disputes"] == []
    assert problem(await stranger.get(f"/disputes?after={key}")) == (404, "not_found")
    # The receiver takes back what was opened for them.
    assert kind_of(await ana.post(f"/disputes/{key}/withdrawal", {})) is None


async def test_a_provider_disputes_what_was_declined_and_withdraws_what_waits(ben, ana):
    claim, _ = await log(ben, ben, ana)
    assert problem(await ben.post(f"/claims/{claim}/disputes", SAID)) == (403, "own_hours")
    await ana.post(f"/claims/{claim}/refusal", {"reason": "No"})
    assert problem(await ana.post(f"/claims/{claim}/disputes", SAID)) == (409, "claim_decided")
    await dispute(ben, claim)
    assert problem(await ben.post(f"/claims/{claim}/disputes", SAID)) == (409, "claim_decided")
    withdrawn, _ = await log(ben, ben, ana)
    await ben.post(f"/claims/{withdrawn}/withdrawal", {})
    assert problem(await ana.post(f"/claims/{withdrawn}/disputes", SAID)) == (409, "claim_decided")


async def test_nobody_decides_a_dispute_of_their_own_or_of_somebody_close(app, oak, people, ben, ana, carla):
    claim = await paid(ben, ana)
    key = await dispute(ana, claim)
    close = await people.coordinator()
    await add_relative(app.state.ledger, oak, SHELL, uuid4(), close.id, ben.id, Relation.SIBLING)
    assert problem(await decide(close, key, "upheld")) == (403, "own_affair")
    assert problem(await close.post(f"/disputes/{key}/statements", SAID)) == (403, "own_affair")
    other = await people.member("Other")
    own = await paid(carla, other)
    own_key = await dispute(other, own)
    assert problem(await decide(carla, own_key, "upheld")) == (403, "own_affair")
    assert kind_of(await decide(close, own_key, "upheld")) is None
    late = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    assert problem(await decide(late, key, "upheld")) == (403, "step_up_required")


async def test_after_the_policys_days_only_a_coordinator_disputes(app, owner, ben, ana, carla, people):
    claim = await paid(ben, ana)
    await owner.execute("UPDATE claim_event SET at = at - interval '15 days' WHERE kind = 'posted'")
    assert problem(await ana.post(f"/claims/{claim}/disputes", SAID)) == (409, "dispute_too_late")
    await dispute(carla, claim)
    second = await paid(ben, ana)
    await owner.execute(
        "UPDATE claim_event SET at = at - interval '14 days' WHERE kind = 'posted' AND claim_id = $1",
        UUID(second),
    )
    await dispute(ana, second)


# --- the list -----------------------------------------------------------------------------------------------------


async def test_open_disputes_are_listed_first_and_say_when_they_are_overdue(owner, ben, ana, carla, people):
    keys = [await dispute(ana, await paid(ben, ana, 900 + 900 * each)) for each in range(4)]
    assert kind_of(await decide(carla, keys[3], "upheld")) is None
    await owner.execute(
        "UPDATE dispute SET deadline_on = $2 WHERE dispute_id = $1",
        UUID(keys[1]),
        datetime.now(UTC).date() - timedelta(days=2),
    )
    auditor = await people.with_role(Role.AUDITOR)
    for reader in (carla, auditor, ana):
        found, path = [], "/disputes?limit=1"
        while path is not None:
            page = (await reader.get(path)).json()
            found += page["disputes"]
            path = page.get("next")
            path = None if path is None else path.removeprefix("/v1/communities/oak")
        assert {each["id"] for each in found[:3]} == set(keys[:3]) and found[3]["id"] == keys[3]
        assert [each["id"] for each in found if each["overdue"]] == [keys[1]]
        assert all(("statement" in each["statements"][0]) == (reader is not auditor) for each in found)


async def test_disputes_are_found_by_their_claim_and_by_whether_they_are_decided(ben, ana, carla):
    claims = [await paid(ben, ana, 900 + 900 * each) for each in range(3)]
    keys = [await dispute(ana, claim) for claim in claims]
    assert kind_of(await decide(carla, keys[0], "upheld")) is None

    async def listed(query, member=carla):
        return [each["id"] for each in (await member.get(f"/disputes?{query}")).json()["disputes"]]

    for member in (carla, ben):
        assert await listed(f"claim={claims[1]}", member) == [keys[1]]
        assert await listed("open=false", member) == [keys[0]]
        assert set(await listed("open=true", member)) == set(keys[1:])
    page = (await carla.get("/disputes?open=true&limit=1")).json()
    rest = (await carla.client.get(page["next"], headers=carla.headers)).json()
    assert len(rest["disputes"]) == 1 and "next" not in rest
    assert problem(await carla.get("/disputes?open=yes")) == (400, "malformed_request")
    assert problem(await carla.get("/disputes?claim=x")) == (400, "malformed_request")


# --- the books ----------------------------------------------------------------------------------------------------


async def test_what_the_provider_has_spent_is_not_taken_back_and_a_correction_takes_the_difference(
    app, owner, caller, ben, ana, carla, people
):
    cem = await people.member("Cem")
    limits = {"floor": 0, "ceiling": None}
    seen = {"if-match": (await caller.get(f"/accounts/{ben.account}")).headers["etag"]}
    changed = await caller.post(f"/accounts/{ben.account}/limits", limits, method="PUT", headers=seen)
    assert kind_of(changed) is None, changed.text
    claim = await paid(ben, ana, 3 * HOUR)
    await paid(cem, ben, 2 * HOUR)
    assert await balances(caller, ben, ana) == [HOUR, -3 * HOUR]
    key = await dispute(ana, claim)
    answer = await decide(carla, key, "reversed")
    assert problem(answer) == (409, "below_floor") and answer.json()["about"] == ben.account
    answer = await decide(carla, key, "corrected", seconds=HOUR)
    assert problem(answer) == (409, "below_floor") and answer.json()["about"] == ben.account
    assert await state(ana, claim) == ("disputed", 3 * HOUR)
    assert (await ana.get(f"/disputes/{key}")).json()["dispute"].get("outcome") is None
    # Two hours instead of three take one hour, which is there, though three are not.
    decided = await decide(carla, key, "corrected", seconds=2 * HOUR)
    assert decided.status_code == 200, decided.text
    assert await balances(caller, ben, ana) == [0, -2 * HOUR]
    assert await steps(ana, claim) == ["logged", "posted", "disputed", "reversed", "corrected"]


async def test_a_closed_period_keeps_out_what_would_be_posted_in_it_and_no_reversal(
    owner, caller, ben, ana, carla
):
    first, second = await paid(ben, ana), await paid(ben, ana, HOUR)
    waiting, _ = await log(ben, ben, ana, seconds=900)
    keys = [await dispute(ana, each) for each in (first, second, waiting)]
    await owner.execute("UPDATE log_head SET closed_through = $1", YESTERDAY)
    answer = await decide(carla, keys[0], "corrected", seconds=HOUR)
    assert problem(answer) == (409, "period_closed") and answer.json()["about"] == str(YESTERDAY)
    assert problem(await decide(carla, keys[2], "upheld")) == (409, "period_closed")
    assert kind_of(await decide(carla, keys[0], "reversed")) is None
    assert kind_of(await decide(carla, keys[1], "upheld")) is None
    assert kind_of(await decide(carla, keys[2], "reversed")) is None
    assert await balances(caller, ben, ana) == [HOUR, -HOUR]


async def test_a_closed_account_is_named_and_nothing_is_done(caller, ben, ana, carla):
    claim = await paid(ben, ana)
    cem = await caller.open("pot", floor=-(10**6))
    await caller.post(
        "/transfers",
        {
            "kind": "adjust",
            "entries": [
                {"account": ben.account, "seconds": -2 * HOUR},
                {"account": cem, "seconds": 2 * HOUR},
            ],
        },
    )
    key = await dispute(ana, claim)
    assert kind_of(await caller.post(f"/accounts/{ben.account}/closing", {})) is None
    for outcome in ({"outcome": "reversed"}, {"outcome": "corrected", "seconds": HOUR}):
        answer = await carla.post(f"/disputes/{key}/outcome", outcome)
        assert problem(answer) == (409, "account_closed") and answer.json()["about"] == ben.account
    assert kind_of(await decide(carla, key, "upheld")) is None


async def test_what_pays_a_claim_is_not_reversed_by_hand(caller, ben, ana, carla):
    claim = await paid(ben, ana)
    transfer = (await ana.get(f"/claims/{claim}")).json()["claim"]["transfer"]
    for who in (caller, carla):
        answer = await who.post(f"/transfers/{transfer}/reversal", {"reason": "By hand"})
        assert problem(answer) == (409, "pays_a_claim")
    proposed = await carla.post(
        "/proposals", {"action": "reversal", "transfer": transfer, "reason": "By hand"}
    )
    assert problem(proposed) == (409, "pays_a_claim")
    assert await balances(caller, ben, ana) == [2 * HOUR, -2 * HOUR]


async def test_of_two_who_decide_at_once_one_does(caller, ben, ana, carla, people):
    other = await people.coordinator()
    claim = await paid(ben, ana)
    key = await dispute(ana, claim)
    answers = await asyncio.gather(
        decide(carla, key, "reversed"),
        decide(other, key, "corrected", seconds=HOUR),
        ana.post(f"/disputes/{key}/withdrawal", {}),
        decide(carla, key, "upheld"),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {kind_of(answer) for answer in answers} == {None, "dispute_decided"}
    opened = await paid(ben, ana, HOUR)
    answers = await asyncio.gather(
        *(each.post(f"/claims/{opened}/disputes", SAID) for each in (ana, ben, carla))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_a_pot_gets_back_what_it_gave_in_the_month_in_which_it_gave(
    app, oak, owner, caller, ben, ana, carla
):
    pot = await caller.open("pot", code="community-pot")
    mint = await caller.open("issuance")
    entries = [{"account": mint, "seconds": -10 * HOUR}, {"account": pot, "seconds": 10 * HOUR}]
    await caller.post("/transfers", {"kind": "grant", "entries": entries})
    await apply_policy(owner, oak, funders=(Funder.RECEIVER, Funder.POT), floor=Limit(0, soft=False))
    claim = await paid(ben, ana)
    spent = "SELECT seconds FROM pot_month"
    assert await owner.fetchval(spent) == 2 * HOUR
    # Ana can pay by now. The pot still pays the correction, because it paid the claim.
    entries = [{"account": mint, "seconds": -10 * HOUR}, {"account": ana.account, "seconds": 10 * HOUR}]
    await caller.post("/transfers", {"kind": "grant", "entries": entries})
    key = await dispute(ana, claim)
    decided = await decide(carla, key, "corrected", seconds=HOUR)
    assert decided.status_code == 200, decided.text
    assert (await carla.get(f"/accounts/{pot}")).json()["balance"] == 9 * HOUR
    assert await owner.fetchval(spent) == HOUR
    assert kind_of(await decide(carla, await dispute(carla, claim), "reversed")) is None
    assert await owner.fetchval(spent) == 0


async def test_a_machine_opens_and_reads_no_dispute(caller, ben, ana):
    claim = await paid(ben, ana)
    assert problem(await caller.post(f"/claims/{claim}/disputes", SAID)) == (403, "not_allowed")
    assert problem(await caller.get("/disputes")) == (403, "not_allowed")


# a body nobody takes
MALFORMED = (
    {},
    {"outcome": "withdrawn"},
    {"outcome": "corrected"},
    {"outcome": "corrected", "seconds": 0},
    {"outcome": "upheld", "seconds": 3600},
    {"outcome": "upheld", "statement": ""},
    {"outcome": "upheld", "else": 1},
)


async def test_an_outcome_says_what_it_needs_and_nothing_else(ben, ana, carla):
    key = await dispute(ana, await paid(ben, ana))
    for asked in MALFORMED:
        answer = await carla.post(f"/disputes/{key}/outcome", asked)
        assert problem(answer) == (400, "malformed_request"), asked
    assert problem(await decide(carla, uuid4(), "upheld")) == (404, "dispute_unknown")


async def test_a_disputed_visit_settles_the_request_it_was_asked_by_once(
    app, oak, caller, owner, ben, ana, carla, tmp_path
):
    wished, _ = await ask(ana, ana)
    await take(ben, wished)
    claim, logged = await log_visit(ben, ana, wished)
    assert logged.json()["claim"]["state"] == "submitted", logged.text
    assert await standing(caller, ana.account) == (0, 2 * HOUR)
    key = await dispute(ana, claim)
    decided = await decide(carla, key, "corrected", seconds=HOUR)
    assert decided.json()["transfers"][0]["kind"] == "redeem", decided.text
    assert await standing(caller, ana.account) == (-HOUR, 0)
    request = (await ana.get(f"/care-requests/{wished}")).json()
    assert request["state"] == "settled"
    again = await dispute(carla, claim)
    assert kind_of(await decide(carla, again, "corrected", seconds=3 * HOUR)) is None
    assert await standing(caller, ana.account) == (-3 * HOUR, 0)
    assert await owner.fetchval("SELECT count(*) FROM care_request_event WHERE kind = 'settled'") == 1
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


async def test_a_correction_is_held_against_the_caps_as_if_the_claim_had_not_been_paid(
    owner, oak, caller, ben, ana, carla
):
    await apply_policy(owner, oak, caps={Period.LIFETIME: Cap(3 * HOUR, Above.REFUSE)})
    first, second = await paid(ben, ana, 2 * HOUR), await paid(ben, ana, HOUR)
    key = await dispute(ana, second)
    answer = await decide(carla, key, "corrected", seconds=2 * HOUR)
    assert problem(answer) == (409, "over_lifetime_cap") and answer.json()["about"] == str(ben.id)
    assert await state(ana, second) == ("disputed", HOUR)
    assert kind_of(await decide(carla, await dispute(ana, first), "corrected", seconds=HOUR)) is None
    assert kind_of(await decide(carla, key, "corrected", seconds=2 * HOUR)) is None
    assert await balances(caller, ben, ana) == [3 * HOUR, -3 * HOUR]
    # The hours taken back may be earned again.
    assert kind_of(await decide(carla, await dispute(carla, first), "reversed")) is None
    await paid(ben, ana, HOUR)
    assert await balances(caller, ben, ana) == [3 * HOUR, -3 * HOUR]
