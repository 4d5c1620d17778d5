"""Grants over HTTP: what a pot gives, by its rule, and by how many hands."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.posting import Done
from ledger.desk.audit.run import audit_community
from ledger.hours.pots import Eligible, PotRule, Purpose, set_pot_rule
from tests.api.conftest import adjust, care, kind_of, problem

HOUR = 3600


@pytest.fixture
async def pot(caller):
    """A pot with a hundred hours in it."""
    mint, pot = await caller.open("issuance"), await caller.open("pot")
    assert kind_of(await caller.post("/transfers", care(mint, pot, 100 * HOUR))) is None
    return pot


@pytest.fixture
def rule(app, oak):
    """Gives a pot a rule."""

    async def give(pot, *, eligible="anybody", budget=None, each=None, signatures=10 * HOUR):
        rule = PotRule(Purpose.HARDSHIP, Eligible(eligible), budget, each, signatures)
        answer = await set_pot_rule(app.state.hours, oak, SHELL, uuid4(), pot, rule)
        assert isinstance(answer.outcome, Done), answer

    return give


@pytest.fixture
async def two(people):
    return await people.coordinator(), await people.coordinator()


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


async def grant(coordinator, pot, member, seconds=HOUR, key=None, reason="No one to help"):
    asked = {"pot": str(pot), "member": str(member.id), "seconds": seconds, "reason": reason}
    return await coordinator.post("/grants", asked, key)


async def test_a_grant_is_posted_with_its_reason_and_repeated_for_ever(two, pot, ana, people, owner):
    mia, _ = two
    key = uuid4()
    answer = await grant(mia, pot, ana, key=key)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["kind"], said["note"]) == ("grant", "No one to help")
    assert said["author"] == {"via": "coordinator", "member": str(mia.id)}
    assert (await ana.get(f"/transfers/{said['id']}")).json()["note"] == "No one to help"
    again = await grant(mia, pot, ana, key=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.json()["id"] == said["id"]
    assert problem(await grant(mia, pot, ana, 2 * HOUR, key)) == (422, "id_reused")
    assert (await ana.get(f"/accounts/{ana.account}")).json()["balance"] == HOUR
    [event] = [each for each in (await mia.get("/events")).json()["events"] if each["kind"] == "granted"]
    assert event["details"] == {"pot": pot, "seconds": HOUR, "transfer": said["id"]}
    month = datetime.now(UTC).date().replace(day=1)
    rows = await owner.fetch("SELECT month, member_id, seconds FROM pot_month")
    assert [tuple(row) for row in rows] == [(month, ana.id, HOUR)]


async def test_a_grant_is_refused(two, pot, ana, rule, caller, people):
    mia, noa = two
    sister = await people.member()
    body = {"relative": str(sister.id), "relation": "sibling"}
    assert (await noa.post(f"/members/{mia.id}/relatives", body)).status_code == 201
    gone = await people.member()
    standing = {"status": "left", "since": "2026-02-01"}
    await mia.post(f"/members/{gone.id}/standing", standing, method="PUT", headers={"if-match": '"1"'})
    home, empty = await caller.open("household"), await caller.open("pot")
    nobody = type("Nobody", (), {"id": uuid4()})
    for source, member, seconds, refused in [
        (home, ana, 60, (422, "not_a_pot")),
        (uuid4(), ana, 60, (422, "not_a_pot")),
        (pot, nobody, 60, (404, "member_unknown")),
        (pot, gone, 60, (409, "member_gone")),
        (pot, mia, 60, (403, "own_affair")),
        (pot, sister, 60, (403, "own_affair")),
        (empty, ana, 60, (409, "below_floor")),
        (pot, ana, 10 * HOUR + 1, (409, "second_person_needed")),
        (pot, ana, 0, (400, "malformed_request")),
    ]:
        assert problem(await grant(mia, source, member, seconds)) == refused, refused
    for stranger in (ana, caller):
        assert problem(await grant(stranger, pot, ana)) == (403, "not_allowed")
    await rule(pot, eligible="frail")
    assert problem(await grant(mia, pot, ana)) == (409, "not_eligible")
    frail = {"status": "active", "since": "2026-01-01", "frail": True}
    await mia.post(f"/members/{ana.id}/standing", frail, method="PUT", headers={"if-match": '"1"'})
    assert kind_of(await grant(mia, pot, ana)) is None
    await rule(pot, each=3 * HOUR, budget=4 * HOUR)
    assert problem(await grant(mia, pot, ana, 2 * HOUR + 1)) == (409, "over_pot_budget")
    assert kind_of(await grant(mia, pot, ana, 2 * HOUR)) is None
    ben = await people.member()
    answer = await grant(mia, pot, ben, HOUR + 1)
    assert (problem(answer), answer.json()["about"]) == ((409, "over_pot_budget"), pot)
    assert kind_of(await grant(mia, pot, ben, HOUR)) is None


async def test_a_large_grant_is_not_made_of_small_ones(two, pot, ana, rule, people):
    mia, noa = two
    ben = await people.member()
    await rule(pot, signatures=2 * HOUR)
    answers = await asyncio.gather(*(grant(mia, pot, ana, HOUR // 2) for _ in range(6)))
    assert Counter(kind_of(answer) for answer in answers) == {None: 4, "second_person_needed": 2}
    assert kind_of(await grant(mia, pot, ben, 1)) == "second_person_needed"
    # What was corrected alone counts with it, and the other way round.
    assert kind_of(await mia.post("/transfers", adjust(ana.account, ben.account, 8 * HOUR))) is None
    refused = await mia.post("/transfers", adjust(ben.account, ana.account, 1))
    assert kind_of(refused) == "second_person_needed"
    # By hand a pot is corrected, and never granted from past its rule.
    by_hand = care(pot, ana.account, 60) | {"kind": "grant"}
    assert problem(await noa.post("/transfers", by_hand)) == (403, "not_allowed")
    assert problem(await noa.post("/proposals", by_hand | {"action": "transfer"})) == (403, "not_allowed")


async def test_two_grant_more_and_neither_is_close(two, pot, ana, rule, people, app, oak, tmp_path):
    mia, noa = two
    sister = await people.member()
    body = {"relative": str(sister.id), "relation": "sibling"}
    assert (await noa.post(f"/members/{mia.id}/relatives", body)).status_code == 201
    await rule(pot, budget=50 * HOUR)

    async def proposed(coordinator, member, seconds):
        asked = {
            "action": "grant",
            "pot": pot,
            "member": str(member.id),
            "seconds": seconds,
            "reason": "A roof",
        }
        answer = await coordinator.post("/proposals", asked, key := uuid4())
        assert answer.status_code == 201, answer.text
        assert answer.json()["what"]["reason"] == "A roof"
        return key

    wanted = await proposed(mia, ana, 40 * HOUR)
    assert problem(await mia.post(f"/proposals/{wanted}/approval", {})) == (403, "proposer_cannot_approve")
    key = uuid4()
    assert kind_of(await noa.post(f"/proposals/{wanted}/approval", {}, key)) is None
    again = await noa.post(f"/proposals/{wanted}/approval", {}, key)
    assert (again.json()["state"], again.headers["idempotency-replayed"]) == ("approved", "true")
    assert problem(await noa.post(f"/proposals/{wanted}/approval", {})) == (409, "proposal_decided")
    assert (await ana.get(f"/accounts/{ana.account}")).json()["balance"] == 40 * HOUR
    [entry] = (await ana.get(f"/accounts/{ana.account}/entries")).json()["entries"]
    transfer = (await ana.get(f"/transfers/{entry['transfer']}")).json()
    assert (transfer["kind"], transfer["note"], transfer["author"]["member"]) == (
        "grant",
        "A roof",
        str(mia.id),
    )
    # The pot's rule counts with two as well, and a refusal leaves the proposal open.
    over = await proposed(noa, ana, 11 * HOUR)
    assert problem(await mia.post(f"/proposals/{over}/approval", {})) == (409, "over_pot_budget")
    assert (await mia.get(f"/proposals/{over}")).json()["state"] == "open"
    # Neither who proposes nor who approves is close to the member.
    for proposer, approver in ((mia, noa), (noa, mia)):
        close = await proposed(proposer, sister, HOUR)
        assert problem(await approver.post(f"/proposals/{close}/approval", {})) == (403, "own_affair")
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings


async def test_a_lone_coordinator_grants_much_and_the_event_says_so(people, pot, ana):
    mia = await people.coordinator()
    assert kind_of(await grant(mia, pot, ana, 20 * HOUR)) is None
    [event] = [each for each in (await mia.get("/events")).json()["events"] if each["kind"] == "granted"]
    assert event["details"]["alone"] == 1
