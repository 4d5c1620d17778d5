"""Leaving, death, inheritance and lapse over HTTP: what becomes of a member's credits."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.posting import Done
from ledger.desk.audit.run import audit_community
from ledger.hours.applying import NewPolicy, apply_policy
from ledger.hours.policy_text import read_policy
from tests.api.conftest import care, kind_of, problem
from tests.api.test_threats_people import found

HOUR = 3600
TODAY = datetime.now(UTC).date()


@pytest.fixture
def policy(app, oak):
    """Puts a policy in force, from its text; the pot it names is opened with it."""

    async def apply(source):
        source = f'name = "Test"\n{source}'
        answer = await apply_policy(
            app.state.hours, oak, SHELL, uuid4(), NewPolicy(source, read_policy(source), None)
        )
        assert isinstance(answer.outcome, Done), answer

    return apply


@pytest.fixture
async def two(people):
    return await people.coordinator(), await people.coordinator()


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def mint(caller):
    return await caller.open("issuance")


@pytest.fixture
async def pot(policy, caller, mint):
    """The policy's pot, with ten hours in it."""
    await policy('on_death = "inherit"\n')
    accounts = (await caller.get("/accounts?limit=200")).json()["accounts"]
    [pot] = [each["id"] for each in accounts if each["code"] == "community-pot"]
    assert kind_of(await caller.post("/transfers", care(mint, pot, 10 * HOUR))) is None
    return pot


async def fund(caller, mint, account, seconds):
    source, target = (mint, account) if seconds > 0 else (account, mint)
    assert kind_of(await caller.post("/transfers", care(source, target, abs(seconds)))) is None


async def standing(coordinator, member, status):
    headers = {"if-match": (await coordinator.get(f"/members/{member.id}")).headers["etag"]}
    body = {"status": status, "since": "2026-02-01"}
    answer = await coordinator.post(f"/members/{member.id}/standing", body, method="PUT", headers=headers)
    assert answer.status_code == 200, answer.text


async def relate(coordinator, member, relative, relation="child"):
    body = {"relative": str(relative.id), "relation": relation}
    assert (await coordinator.post(f"/members/{member.id}/relatives", body)).status_code == 201


async def settle(coordinator, member, reason="left", to=None, key=None):
    asked = {"reason": reason} | ({} if to is None else {"to": str(to)})
    return await coordinator.post(f"/members/{member.id}/settlement", asked, key)


async def account(caller, account_id):
    return (await caller.get(f"/accounts/{account_id}")).json()


async def test_who_leaves_gives_to_the_pot_and_the_account_is_closed(
    two, ana, pot, mint, caller, app, oak, tmp_path
):
    mia, _ = two
    await fund(caller, mint, ana.account, 30 * HOUR)
    hold = {"account": ana.account, "seconds": HOUR, "expires_at": "2027-01-01T00:00:00Z"}
    held = (await caller.post("/holds", hold)).json()["id"]
    assert problem(await settle(mia, ana)) == (409, "member_present")
    await standing(mia, ana, "left")
    assert problem(await settle(mia, ana, "died")) == (409, "member_present")
    key = uuid4()
    answer = await settle(mia, ana, key=key)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    [transfer] = said["transfers"]
    assert (transfer["kind"], transfer["note"]) == ("lapse", "Settled: the member has left.")
    assert said["closed"] == [ana.account]
    after = await account(caller, ana.account)
    assert (after["balance"], after["held"], after["closed"]) == (0, 0, True)
    assert (await account(caller, pot))["balance"] == 40 * HOUR
    assert (await caller.get(f"/holds/{held}")).json()["state"] == "voided"
    again = await settle(mia, ana, key=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.json() == said
    assert problem(await settle(mia, ana, to=pot, key=key)) == (422, "id_reused")
    assert problem(await settle(mia, ana)) == (409, "no_account")
    events = (await mia.get(f"/members/{ana.id}/events")).json()["events"]
    [event] = [each for each in events if each["kind"] == "member_settled"]
    assert event["details"] == {
        "reason": "left",
        "accounts": [ana.account],
        "seconds": [str(30 * HOUR)],
        "transfers": [transfer["id"]],
        "closed": [ana.account],
    }
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings


async def test_what_was_owed_is_made_good_from_the_pot_as_far_as_it_goes(two, ana, ben, pot, mint, caller):
    mia, _ = two
    for member, owed in ((ana, 8 * HOUR), (ben, 3 * HOUR)):
        await fund(caller, mint, member.account, -owed)
        await standing(mia, member, "died")
    answer = await settle(mia, ana, "died")
    assert answer.status_code == 201, answer.text
    [transfer] = answer.json()["transfers"]
    assert (transfer["kind"], transfer["note"]) == ("lapse", "Settled: the member has died.")
    # More than ten hours of the pot's in a day are not one co-ordinator's to give, and there are only two left.
    assert problem(await settle(mia, ben, "died")) == (409, "second_person_needed")
    _, noa = two
    refused = await settle(noa, ben, "died")
    assert (problem(refused), refused.json()["about"]) == ((409, "below_floor"), pot)
    assert not (await account(caller, ben.account))["closed"]


async def test_who_leaves_may_give_to_whom_the_policy_lets_them(two, ana, ben, people, policy, caller, mint):
    mia, noa = two
    await policy('[gifts]\nrelations = ["child"]\nanybody = false\npots = false\n')
    sister, other = await people.member(), await caller.open("pot")
    await relate(mia, ana, ben)
    await relate(noa, mia, sister, "sibling")
    await relate(noa, ana, sister)
    await fund(caller, mint, ana.account, 9 * HOUR)
    await standing(mia, ana, "left")
    for to, refused in [
        (other, (409, "gift_not_allowed")),
        (noa.id, (409, "gift_not_allowed")),
        (ana.id, (409, "gift_not_allowed")),
        (uuid4(), (404, "account_unknown")),
        (sister.id, (403, "own_affair")),
    ]:
        assert problem(await settle(mia, ana, to=to)) == refused, to
    answer = await settle(mia, ana, to=ben.id)
    assert answer.status_code == 201, answer.text
    assert answer.json()["transfers"][0]["kind"] == "gift"
    assert (await account(caller, ben.account))["balance"] == 9 * HOUR


async def test_more_than_ten_hours_to_somebody_takes_two(
    two, ana, ben, pot, caller, mint, app, oak, tmp_path
):
    mia, noa = two
    await fund(caller, mint, ana.account, 11 * HOUR)
    await standing(mia, ana, "left")
    assert problem(await settle(mia, ana, to=ben.id)) == (409, "second_person_needed")
    asked = {"action": "settlement", "member": str(ana.id), "reason": "left", "to": str(ben.id)}
    key = uuid4()
    assert (await mia.post("/proposals", asked, key)).status_code == 201
    assert problem(await mia.post(f"/proposals/{key}/approval", {})) == (403, "proposer_cannot_approve")
    answers = await asyncio.gather(*(noa.post(f"/proposals/{key}/approval", {}) for _ in range(3)))
    assert Counter(kind_of(answer) for answer in answers) == {None: 1, "proposal_decided": 2}
    assert (await account(caller, ben.account))["balance"] == 11 * HOUR
    assert (await account(caller, ana.account))["closed"]
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings


@pytest.mark.parametrize(
    ("on_death", "heir", "becomes"),
    [
        ("lapse", "child", "heir_refused"),
        ("inherit", "child", "inherit"),
        ("inherit", "friend", "heir_refused"),
        ("inherit", "gone", "heir_refused"),
        ("inherit", "household", "inherit"),
        ("inherit", "own", "heir_refused"),
        ("inherit", "pot", "heir_refused"),
        ("inherit_with_consent", "child", "second_person_needed"),
        ("inherit_with_consent", "nobody", "lapse"),
    ],
)
async def test_on_death_the_policy_says_who_inherits(
    on_death, heir, becomes, two, ana, ben, people, policy, caller, mint
):
    mia, noa = two
    await policy(f'on_death = "{on_death}"\n[gifts]\nanybody = false\npots = false\n')
    friend, gone = await people.member(), await people.member()
    home, other = await caller.open("household"), await caller.open("pot")
    await relate(mia, ana, ben)
    await relate(mia, ana, gone)
    # Held together by the dead and her child: what is on it stays theirs, and it can inherit.
    for holder in (ana, ben):
        await mia.post(f"/accounts/{home}/holders", {"member": str(holder.id)})
    await fund(caller, mint, ana.account, 5 * HOUR)
    await fund(caller, mint, home, HOUR)
    await standing(mia, ana, "died")
    await standing(mia, gone, "left")
    to = {
        "child": ben.id,
        "friend": friend.id,
        "gone": gone.id,
        "household": home,
        "own": ana.id,
        "pot": other,
        "nobody": None,
    }[heir]
    answer = await settle(mia, ana, "died", to)
    if becomes in ("inherit", "lapse"):
        assert answer.status_code == 201, answer.text
        assert answer.json()["closed"] == [ana.account]
        [transfer] = answer.json()["transfers"]
        assert transfer["kind"] == becomes
        assert (await account(caller, home))["balance"] == (6 * HOUR if heir == "household" else HOUR)
        return
    assert problem(answer) == (409, becomes)
    if becomes == "second_person_needed":
        asked = {"action": "settlement", "member": str(ana.id), "reason": "died", "to": str(to)}
        assert (await mia.post("/proposals", asked, key := uuid4())).status_code == 201
        assert kind_of(await noa.post(f"/proposals/{key}/approval", {})) is None
        assert (await account(caller, ben.account))["balance"] == 5 * HOUR


async def test_a_shared_household_is_settled_with_the_last_who_held_it(two, ana, ben, pot, caller, mint):
    mia, _ = two
    home = await caller.open("household")
    for holder in (ana, ben):
        await mia.post(f"/accounts/{home}/holders", {"member": str(holder.id)})
    await fund(caller, mint, home, 2 * HOUR)
    await standing(mia, ana, "died")
    assert (await settle(mia, ana, "died")).json()["closed"] == [ana.account]
    await standing(mia, ben, "left")
    answer = await settle(mia, ben)
    assert set(answer.json()["closed"]) == {ben.account, home}, answer.text
    assert (await account(caller, pot))["balance"] == 12 * HOUR


async def test_credits_lapse_after_the_policys_days_without_anything(
    two, ana, ben, policy, caller, mint, app, monkeypatch
):
    mia, _ = two
    await fund(caller, mint, ana.account, 30 * HOUR)
    assert problem(await settle(mia, ana, "inactive")) == (409, "member_present")
    await policy("inactive_lapse_days = 30\n")
    assert problem(await settle(mia, ana, "inactive")) == (409, "member_present")
    ledger = app.state.hours.ledger
    monkeypatch.setattr(ledger, "now", lambda: datetime.now(UTC) + timedelta(days=29))
    assert problem(await settle(mia, ana, "inactive")) == (409, "member_present")
    monkeypatch.setattr(ledger, "now", lambda: datetime.now(UTC) + timedelta(days=31))
    assert problem(await settle(mia, ana, "inactive", ben.id)) == (409, "heir_refused")
    answer = await settle(mia, ana, "inactive")
    assert answer.status_code == 201, answer.text
    assert answer.json()["closed"] == []
    [transfer] = answer.json()["transfers"]
    assert (transfer["kind"], transfer["note"].partition(":")[0]) == ("lapse", "Lapsed")
    after = await account(caller, ana.account)
    assert (after["balance"], after["closed"]) == (0, False)
    assert (await ana.get("/me")).status_code == 200


async def test_who_has_just_logged_a_visit_is_not_inactive(
    two, ana, ben, policy, caller, mint, app, monkeypatch
):
    mia, _ = two
    await policy("inactive_lapse_days = 30\n")
    await fund(caller, mint, ana.account, HOUR)
    ledger = app.state.hours.ledger
    monkeypatch.setattr(ledger, "now", lambda: datetime.now(UTC) + timedelta(days=40))
    visit = {"provider": str(ana.id), "receiver": str(ben.id), "activity": "x", "seconds": HOUR}
    logged = await ana.post("/claims", visit | {"service_on": str(TODAY)})
    assert logged.status_code == 201, logged.text
    assert problem(await settle(mia, ana, "inactive")) == (409, "member_present")


async def test_nobody_settles_their_own_or_their_familys(two, ana, people, pot, caller):
    mia, noa = two
    await relate(noa, mia, ana, "sibling")
    await standing(noa, ana, "left")
    assert problem(await settle(mia, ana)) == (403, "own_affair")
    assert problem(await settle(mia, mia)) == (403, "own_affair")
    asked = {"action": "settlement", "member": str(ana.id), "reason": "left"}
    assert (await mia.post("/proposals", asked, key := uuid4())).status_code == 201
    assert problem(await noa.post(f"/proposals/{key}/approval", {})) == (403, "own_affair")
    member = await people.member()
    for stranger in (member, caller):
        assert problem(await settle(stranger, ana)) in ((403, "not_allowed"), (404, "not_found"))
    nobody = type("Nobody", (), {"id": uuid4()})
    assert problem(await settle(noa, nobody)) == (404, "member_unknown")
    for asked in ({"reason": "bored"}, {}, {"reason": "left", "to": "pot"}):
        answer = await noa.post(f"/members/{ana.id}/settlement", asked)
        assert problem(answer) == (400, "malformed_request")


async def test_without_a_pot_there_is_nowhere_to_lapse_to(two, ana, caller, mint):
    mia, _ = two
    await fund(caller, mint, ana.account, HOUR)
    await standing(mia, ana, "left")
    answer = await settle(mia, ana)
    assert (problem(answer), answer.json()["about"]) == ((422, "not_a_pot"), "community-pot")


async def ask_for_care(member, receiver, key, **more):
    asked = {"receiver": str(receiver.id), "activity": "x", "care_on": str(TODAY + timedelta(days=3))}
    answer = await member.post("/care-requests", asked | {"seconds": HOUR} | more, key)
    assert answer.status_code == 201, answer.text
    return key


async def test_what_was_asked_for_is_cancelled_and_what_was_taken_is_open_again(
    two, ana, ben, pot, caller, mint, app, oak, tmp_path
):
    mia, _ = two
    await fund(caller, mint, ana.account, 5 * HOUR)
    hers, taken = uuid4(), uuid4()
    await ask_for_care(ana, ana, hers)
    await ask_for_care(ben, ben, taken)
    assert kind_of(await ana.post(f"/care-requests/{taken}/taking", {})) is None
    assert kind_of(await ben.post(f"/care-requests/{hers}/taking", {})) is None
    await standing(mia, ana, "died")
    # Who came is paid first: nobody takes back what was set aside for a visit that waits to be confirmed.
    visit = {"provider": str(ben.id), "receiver": str(ana.id), "activity": "x", "seconds": 60}
    visit |= {"service_on": str(TODAY), "care_request": str(hers)}
    logged = await ben.post("/claims", visit, claim := uuid4())
    if logged.status_code == 201:
        answer = await settle(mia, ana, "died")
        assert (problem(answer), answer.json()["about"]) == ((409, "care_request_visited"), str(hers))
        assert kind_of(await ben.post(f"/claims/{claim}/withdrawal", {})) is None
    answer = await settle(mia, ana, "died")
    assert answer.status_code == 201, answer.text
    [transfer] = answer.json()["transfers"]
    assert [entry["seconds"] for entry in transfer["entries"]] == [-5 * HOUR, 5 * HOUR]
    views = [(await mia.get(f"/care-requests/{each}")).json() for each in (hers, taken)]
    assert [view["state"] for view in views] == ["cancelled", "open"], views
    assert [view["events"][-1]["kind"] for view in views] == ["cancelled", "given_back"]
    assert "taken_by" not in views[1]
    assert (await account(caller, ben.account))["held"] == HOUR
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings


async def test_what_a_pot_had_set_aside_for_the_dead_is_free_again(two, ana, people, policy, caller, mint):
    mia, _ = two
    await policy('funders = ["pot"]\n')
    accounts = (await caller.get("/accounts?limit=200")).json()["accounts"]
    [pot] = [each["id"] for each in accounts if each["code"] == "community-pot"]
    await fund(caller, mint, pot, 10 * HOUR)
    await ask_for_care(ana, ana, uuid4())
    assert (await account(caller, pot))["held"] == HOUR
    assert (await caller.get("/pots")).json()["pots"][0]["spent_seconds"] == HOUR
    await standing(mia, ana, "died")
    answer = await settle(mia, ana, "died")
    assert answer.status_code == 201, answer.text
    assert answer.json()["transfers"] == []
    assert (await account(caller, pot))["held"] == 0
    assert (await caller.get("/pots")).json()["pots"][0]["spent_seconds"] == 0


async def test_no_text_about_care_is_left_of_somebody_erased(
    two, ana, ben, pot, caller, mint, app, oak, owner, tmp_path
):
    mia, noa = two
    word = "Quillfeather"

    async def log(seconds, on=TODAY):
        visit = {"provider": str(ben.id), "receiver": str(ana.id), "activity": "x", "seconds": seconds}
        visit |= {"service_on": str(on), "note": f"Saw {word}"}
        answer = await ben.post("/claims", visit, key := uuid4())
        assert answer.status_code == 201, answer.text
        return key

    declined, posted, waiting = await log(900), await log(1800), await log(2700)
    keys = [declined, posted, waiting]

    async def say(member, path, body):
        keys.append(key := uuid4())
        assert kind_of(await member.post(path, body, key)) is None, path
        return key

    await say(ana, f"/claims/{declined}/refusal", {"reason": f"{word} slept"})
    assert kind_of(await ana.post(f"/claims/{posted}/confirmation", {})) is None
    dispute = await say(ana, f"/claims/{posted}/disputes", {"statement": f"{word} says no"})
    await say(ben, f"/disputes/{dispute}/statements", {"statement": f"Oh yes, {word}"})
    keys.append(await ask_for_care(ana, ana, uuid4(), note=f"Ring {word}", area=f"By {word}"))
    key = uuid4()
    asked = {"pot": pot, "member": str(ana.id), "seconds": 60, "reason": f"{word} was ill"}
    assert kind_of(await mia.post("/grants", asked, key)) is None
    keys.append(key)
    much = asked | {"action": "grant", "seconds": 20 * HOUR}
    assert kind_of(await mia.post("/proposals", much)) is None
    gave = {"from": ana.account, "to": str(ben.id), "seconds": 60, "note": f"From {word}"}
    assert kind_of(await ana.post("/gifts", gave)) is None

    hashes = "SELECT fingerprint FROM request WHERE request_id = ANY ($1)"
    before = {row[0] for row in await owner.fetch(hashes, keys)}
    assert len(before) == len(keys)
    wanted = {
        *("claim_note", "claim_reason", "dispute_statement", "care_request_note"),
        *("transfer_note", "proposal_note"),
    }
    assert set(await found(owner, word)) == wanted

    await standing(mia, ana, "died")
    assert problem(await settle(mia, ana, "died")) == (409, "claims_waiting")
    assert kind_of(await ben.post(f"/claims/{waiting}/withdrawal", {})) is None
    noa_decides = await noa.post(f"/disputes/{dispute}/outcome", {"outcome": "upheld"})
    assert kind_of(noa_decides) is None, noa_decides.text
    assert (await settle(mia, ana, "died")).status_code == 201
    erasure = {"action": "erasure", "member": str(ana.id), "reason": "not_needed"}
    assert (await mia.post("/proposals", erasure, proposal := uuid4())).status_code == 201
    assert kind_of(await noa.post(f"/proposals/{proposal}/approval", {})) is None
    assert await found(owner, word) == []
    assert not before & {row[0] for row in await owner.fetch(hashes, keys)}
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings
    # What happened stays, without a word about it.
    claim = (await ben.get(f"/claims/{posted}")).json()["claim"]
    assert claim["seconds"] == 1800 and "note" not in claim


async def test_whatever_comes_at_the_same_moment_is_settled_or_refused(
    two, ana, ben, pot, caller, mint, app, oak, tmp_path
):
    mia, noa = two
    await fund(caller, mint, ana.account, 5 * HOUR)
    await standing(mia, ana, "left")
    back = care(ben.account, ana.account, 60)
    answers = await asyncio.gather(
        settle(mia, ana),
        settle(noa, ana),
        settle(mia, ana),
        *(caller.post("/transfers", back) for _ in range(6)),
    )
    settled, posted = answers[:3], answers[3:]
    assert Counter(kind_of(answer) for answer in settled) == {None: 1, "no_account": 2}
    assert {kind_of(answer) for answer in posted} <= {None, "account_closed"}
    arrived = sum(60 for answer in posted if answer.status_code == 201)
    assert (await account(caller, pot))["balance"] == 15 * HOUR + arrived
    assert (await account(caller, ana.account))["balance"] == 0
    # What is logged or confirmed now has nowhere to go.
    assert kind_of(await caller.post("/transfers", back)) == "account_closed"
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings


async def test_an_hour_that_waits_is_answered_before_whoever_gave_it_is_settled(two, ana, ben, pot):
    mia, _ = two
    visit = {"provider": str(ana.id), "receiver": str(ben.id), "activity": "x", "seconds": HOUR}
    claim = uuid4()
    logged = await ana.post("/claims", visit | {"service_on": str(TODAY)}, claim)
    assert logged.status_code == 201, logged.text
    await standing(mia, ana, "left")
    answer = await settle(mia, ana)
    assert (problem(answer), answer.json()["about"]) == ((409, "claims_waiting"), str(claim))
    assert kind_of(await ben.post(f"/claims/{claim}/confirmation", {})) is None
    assert kind_of(await settle(mia, ana)) is None
