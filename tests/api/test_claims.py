"""Claims over HTTP: logged by a volunteer, confirmed by whoever received the care, and paid with a receipt."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from ledger.book.authors import Author, Via
from ledger.book.posting import Done, Refused, Replayed
from ledger.hours.claims import ConfirmClaim, LogClaims, NewClaim
from ledger.people.roles import Principal
from tests.api.conftest import kind_of, problem

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


def visit(provider, receiver, seconds=3600, **more):
    claim = {
        "provider": str(provider.id),
        "receiver": str(receiver.id),
        "activity": "shopping",
        "service_on": str(YESTERDAY),
        "seconds": seconds,
    }
    return claim | more


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


async def log(member, *of, key=None, **more):
    key = key or str(uuid4())
    return key, await member.post("/claims", visit(*of, **more), key=key)


async def test_an_hour_is_logged_confirmed_and_paid_with_a_receipt(ben, ana):
    claim, logged = await log(ben, ben, ana, seconds=3100, note="Milk and bread")
    assert logged.status_code == 201, logged.text
    assert logged.json()["claim"]["state"] == "submitted"
    key = uuid4()
    confirmed = await ana.post(f"/claims/{claim}/confirmation", {}, key=key)
    assert confirmed.status_code == 200, confirmed.text
    body = confirmed.json()
    assert body["claim"]["state"] == "posted"
    assert (body["claim"]["seconds"], body["claim"]["credited_seconds"]) == (3100, 3600)
    [transfer] = body["transfers"]
    assert transfer["receipt"] and transfer["service_on"] == str(YESTERDAY)
    assert transfer["author"] == {"via": "member", "member": str(ana.id)}
    again = await ana.post(f"/claims/{claim}/confirmation", {}, key=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["transfers"] == body["transfers"]
    assert problem(await ana.post(f"/claims/{claim}/confirmation", {})) == (409, "claim_decided")
    mine = await ben.get("/claims")
    assert [each["id"] for each in mine.json()["claims"]] == [claim]
    steps = (await ben.get(f"/claims/{claim}")).json()["claim"]["events"]
    assert [step["kind"] for step in steps] == ["logged", "posted"]


async def test_nobody_confirms_their_own_hours_and_strangers_see_nothing(ben, ana, people):
    claim, _ = await log(ben, ben, ana)
    assert problem(await ben.post(f"/claims/{claim}/confirmation", {})) == (403, "own_hours")
    stranger = await people.member("Cem")
    assert problem(await stranger.post(f"/claims/{claim}/confirmation", {})) == (404, "claim_unknown")
    assert problem(await stranger.get(f"/claims/{claim}")) == (404, "not_found")
    assert kind_of(await ana.post(f"/claims/{claim}/confirmation", {})) is None


async def test_a_claim_is_declined_with_a_reason_or_withdrawn(ben, ana):
    claim, _ = await log(ben, ben, ana)
    declined = await ana.post(f"/claims/{claim}/refusal", {"reason": "That was Tuesday"})
    assert declined.json()["claim"]["state"] == "declined", declined.text
    assert declined.json()["claim"]["events"][-1]["reason"] == "That was Tuesday"
    withdrawn = await ben.post(f"/claims/{claim}/withdrawal", {})
    assert withdrawn.json()["claim"]["state"] == "withdrawn", withdrawn.text
    assert problem(await ana.post(f"/claims/{claim}/confirmation", {})) == (409, "claim_decided")


async def test_what_the_receiver_logs_is_paid_at_once_and_a_signed_sheet_too(ben, ana, people):
    _, logged = await log(ana, ben, ana)
    assert logged.json()["claim"]["state"] == "posted", logged.text
    coordinator = await people.coordinator()
    _, typed = await log(coordinator, ben, ana, seconds=1800, confirmed=True)
    assert typed.json()["claim"]["state"] == "posted", typed.text
    assert len(typed.json()["transfers"]) == 1
    assert problem((await log(ben, ben, ana, seconds=900, confirmed=True))[1]) == (403, "own_hours")


async def test_a_group_session_is_one_claim_for_each_pair(ben, ana, people):
    cem = await people.member("Cem")
    session = visit(ben, ana, 3600) | {"providers": [str(ben.id)], "receivers": [str(ana.id), str(cem.id)]}
    del session["provider"], session["receiver"]
    answer = await ben.post("/claims/sessions", session)
    assert answer.status_code == 201, answer.text
    assert [claim["seconds"] for claim in answer.json()["claims"]] == [1800, 1800]
    session |= {"providers": [str(ben.id), str(cem.id)], "receivers": [str(ana.id)]}
    coordinator = await people.coordinator()
    answer = await coordinator.post("/claims/sessions", session | {"confirmed": True})
    assert [claim["state"] for claim in answer.json()["claims"]] == ["posted", "posted"], answer.text
    assert len(answer.json()["transfers"]) == 2


async def test_what_overlaps_is_taken_and_shown(ben, ana, people):
    coordinator = await people.coordinator()
    first, _ = await log(ben, ben, ana)
    second, answer = await log(ben, ben, ana)
    assert answer.json()["claim"]["overlaps"] == [{"claim": first, "kind": "duplicate"}]
    waiting = (await coordinator.get("/claims?overlapping=true")).json()["claims"]
    assert [each["id"] for each in waiting] == [second]
    assert kind_of(await coordinator.post(f"/claims/{second}/overlaps/seen", {})) is None
    assert (await coordinator.get("/claims?overlapping=true")).json()["claims"] == []


async def test_claims_are_listed_by_day_by_member_and_by_what_silence_will_soon_confirm(ben, ana, people):
    coordinator, cem = await people.coordinator(), await people.member("Cem")
    early, _ = await log(ben, ben, ana, service_on=str(TODAY - timedelta(days=9)))
    late, _ = await log(ben, ben, ana, seconds=1800)
    other, _ = await log(cem, cem, ana, seconds=900)
    same, _ = await log(cem, cem, ana, seconds=900)

    async def listed(query, member=coordinator):
        answer = await member.get(f"/claims?{query}")
        assert answer.status_code == 200, answer.text
        return {each["id"] for each in answer.json()["claims"]}

    for state in ("", "state=submitted&"):
        assert await listed(f"{state}from={YESTERDAY}") == {late, other, same}
        assert await listed(f"{state}until={TODAY - timedelta(days=2)}") == {early}
        assert await listed(f"{state}from={YESTERDAY}&member={ben.id}") == {late}
    assert await listed(f"from={YESTERDAY}", ben) == {late}
    assert await listed("due_within=13") == await listed(f"due_within=13&member={ben.id}") == set()
    assert await listed("due_within=15") == {early, late, other, same}
    assert await listed(f"due_within=15&member={ben.id}&until={TODAY - timedelta(days=2)}") == {early}
    assert await listed(f"overlapping=true&member={cem.id}&state=submitted") == {same}
    assert await listed(f"overlapping=true&until={TODAY - timedelta(days=2)}") == set()
    page = (await coordinator.get(f"/claims?from={YESTERDAY}&due_within=15&limit=2")).json()
    rest = (await coordinator.client.get(page["next"], headers=coordinator.headers)).json()
    assert {each["id"] for each in page["claims"] + rest["claims"]} == {late, other, same}
    for query in (
        "from=2026-13-01",
        f"from={TODAY}&until={YESTERDAY}",
        "due_within=0",
        "due_within=3&state=posted",
    ):
        assert problem(await coordinator.get(f"/claims?{query}")) == (400, "malformed_request")
    assert problem(await ben.get("/claims?overlapping=true")) == (400, "malformed_request")


async def test_silence_confirms_after_the_policys_days(app, oak, ben, ana, monkeypatch):
    hours = app.state.hours
    claim, _ = await log(ben, ben, ana)
    assert await hours.confirm_silent(oak) == 0
    later = datetime.now(UTC) + timedelta(days=15)
    monkeypatch.setattr(hours.ledger, "now", lambda: later)
    assert await hours.confirm_silent(oak) == 1
    view = (await ben.get(f"/claims/{claim}")).json()["claim"]
    assert view["state"] == "posted" and view["events"][-1]["via"] == "silence"


async def test_nobody_takes_the_id_that_pays_a_claim(ben, ana):
    claim, _ = await log(ben, ben, ana)
    entries = [{"account": ben.account, "seconds": -60}, {"account": ana.account, "seconds": 60}]
    key = uuid5(UUID(claim), "posting/1")
    taken = await ben.post("/transfers", {"kind": "gift", "entries": entries}, key=key)
    assert problem(taken) == (400, "malformed_request")
    assert kind_of(await ana.post(f"/claims/{claim}/confirmation", {})) is None


async def test_the_short_way_to_a_confirmation_answers_as_the_ordinary_one(caller, ben, ana):
    answers = []
    for headers in ({}, {"prefer": "return=representation"}):
        claim, _ = await log(ben, ben, ana)
        await caller.get("/claims?limit=1")  # the token is remembered for a second
        answer = await caller.post(f"/claims/{claim}/confirmation", {}, headers=headers)
        assert answer.status_code == 200, answer.text
        answers.append(answer)
    short, ordinary = [answer.json() for answer in answers]
    assert short["claim"].keys() == ordinary["claim"].keys()
    assert short["transfers"][0].keys() == ordinary["transfers"][0].keys()
    assert {*answers[0].headers} == {*answers[1].headers}
    for path in ("nothing", str(uuid4())):
        assert problem(await caller.post(f"/claims/{path}/confirmation", {}))[0] == 404
    assert problem(await caller.post(f"/claims/{claim}/confirmation", {"more": 1})) == (
        400,
        "malformed_request",
    )


async def test_a_claim_that_names_a_request_says_what_it_asked_for(ben, ana, people):
    cem = await people.member("Cem")
    asked = {"receiver": str(ana.id), "activity": "shopping", "care_on": str(TODAY), "seconds": 3600}
    [request] = (await ana.post("/care-requests", asked)).json()["care_requests"]
    assert kind_of(await ben.post(f"/care-requests/{request['id']}/taking", {})) is None
    named = {"service_on": str(TODAY), "care_request": request["id"]}
    for provider, receiver, more in ((cem, ana, {}), (ben, cem, {}), (ben, ana, {"activity": "reading"})):
        _, answer = await log(provider, provider, receiver, **named, **more)
        assert problem(answer) == (422, "care_request_differs")
    assert kind_of((await log(ben, ben, ana, **named))[1]) is None


async def test_overlaps_are_ticked_off_once(ben, ana, people):
    coordinator = await people.coordinator()
    claim, _ = await log(ben, ben, ana)
    assert problem(await coordinator.post(f"/claims/{claim}/overlaps/seen", {})) == (404, "overlap_unknown")


async def test_nobody_confirms_what_is_logged_in_the_same_batch(app, oak, ben, ana, people, caller):
    """What is not in the database yet has no receiver to be looked up; it must not pass for silence."""
    hours, stranger = app.state.hours, await people.member("Dot")
    for who in (ben, stranger):
        key = uuid4()
        new = NewClaim(key, ben.id, ana.id, "shopping", TODAY, 3600)
        logged, confirmed = await asyncio.gather(
            hours.claim(oak, key, LogClaims((new,), Author(Via.MEMBER, ben.id))),
            hours.claim(oak, uuid4(), ConfirmClaim(key, Principal(oak, member_id=who.id))),
        )
        assert isinstance(logged.outcome, Done)
        assert isinstance(confirmed.outcome, Refused), who
    assert (await caller.get(f"/accounts/{ben.account}")).json()["balance"] == 0


async def test_a_repeat_in_front_of_a_batch_leaves_its_neighbours_their_answers(app, oak, ben, ana):
    hours, known = app.state.hours, uuid4()

    async def logged(key):
        new = NewClaim(key, ben.id, ana.id, "shopping", TODAY, 600)
        return await hours.claim(oak, key, LogClaims((new,), Author(Via.MEMBER, ben.id)))

    await logged(known)
    answers = await asyncio.gather(*(logged(key) for key in (known, uuid4(), uuid4())))
    assert [type(answer.outcome) for answer in answers] == [Replayed, Done, Done]


async def test_a_repeated_session_answers_with_its_receipts(ben, ana, people):
    coordinator, cem, key = await people.coordinator(), await people.member("Cem"), uuid4()
    session = visit(ben, ana) | {"providers": [str(ben.id), str(cem.id)], "receivers": [str(ana.id)]}
    del session["provider"], session["receiver"]
    answers = [
        (await coordinator.post("/claims/sessions", session | {"confirmed": True}, key=key)).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]["transfers"]) == 2
