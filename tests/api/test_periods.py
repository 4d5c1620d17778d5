"""Closing a period over HTTP: what is over takes no more postings for its days."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from ledger.desk.audit import audit_community
from ledger.people.roles import Role
from tests.api.conftest import care, kind_of, problem
from tests.api.test_claims import TODAY, YESTERDAY, log
from tests.api.test_policy_routes import second

WEEK_AGO = TODAY - timedelta(days=7)


@pytest.fixture
async def coordinator(people):
    return await people.coordinator()


async def close(member, through, **more):
    return await member.post("/periods", {"through": str(through)}, **more)


async def test_a_period_is_closed_and_takes_no_more_postings(
    app, oak, coordinator, people, caller, pair, tmp_path
):
    ana, ben = await people.member(), await people.member()
    waiting, _ = await log(ben, ben, ana, service_on=str(WEEK_AGO))
    key = uuid4()
    closed = await close(coordinator, WEEK_AGO, key=key)
    assert (closed.status_code, closed.json()) == (201, {"through": str(WEEK_AGO)}), closed.text
    again = await close(coordinator, WEEK_AGO, key=key)
    assert again.status_code == 200 and again.headers["idempotency-replayed"] == "true"
    assert problem(await close(coordinator, YESTERDAY, key=key)) == (422, "id_reused")

    _, late = await log(ben, ben, ana, service_on=str(WEEK_AGO))
    assert problem(late) == (409, "period_closed")
    assert problem(await ana.post(f"/claims/{waiting}/confirmation", {})) == (409, "period_closed")
    typed = await caller.post("/transfers", care(*pair) | {"service_on": str(WEEK_AGO)})
    assert problem(typed) == (409, "period_closed")
    _, fresh = await log(ben, ben, ana, service_on=str(WEEK_AGO + timedelta(days=1)))
    assert fresh.status_code == 201, fresh.text
    assert kind_of(await caller.post("/transfers", care(*pair))) is None

    [period] = (await coordinator.get("/periods")).json()["periods"]
    assert (period["through"], period["closed_by"]) == (str(WEEK_AGO), str(coordinator.id))
    [seen] = (await ana.get("/periods")).json()["periods"]
    assert seen == {name: period[name] for name in ("through", "closed_at")}
    events = (await coordinator.get("/events")).json()["events"]
    [event] = [each for each in events if each["kind"] == "period_closed"]
    assert event["details"]["through"] == str(WEEK_AGO) and event["details"]["alone"] == 1
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


@pytest.mark.parametrize(
    ("days", "refused"),
    [
        (0, "period_not_over"),
        (1, "period_not_over"),
        (400, "period_not_over"),
        (-7, "period_closed"),
        (-8, "period_closed"),
    ],
)
async def test_what_cannot_be_closed(coordinator, days, refused):
    assert (await close(coordinator, WEEK_AGO)).status_code == 201
    answer = await close(coordinator, TODAY + timedelta(days=days))
    assert problem(answer)[1] == refused
    assert len((await coordinator.get("/periods")).json()["periods"]) == 1


@pytest.mark.parametrize(
    "body", [{}, {"through": "yesterday"}, {"through": None}, {"through": "2026-01-31", "why": 1}]
)
async def test_what_is_no_period(coordinator, body):
    assert problem(await coordinator.post("/periods", body)) == (400, "malformed_request")


async def test_of_two_at_once_one_is_closed(coordinator):
    answers = await asyncio.gather(*(close(coordinator, YESTERDAY) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_with_a_second_person_it_takes_both(app, oak, coordinator, people, tmp_path):
    other = await second(app, oak, people)
    assert problem(await close(coordinator, YESTERDAY)) == (409, "second_person_needed")
    proposals = [uuid4(), uuid4()]
    for proposal in proposals:
        asked = {"action": "period", "through": str(YESTERDAY)}
        answer = await coordinator.post("/proposals", asked, key=proposal)
        assert answer.status_code == 201, answer.text
    assert kind_of(await other.post(f"/proposals/{proposals[0]}/approval", {})) is None
    assert problem(await other.post(f"/proposals/{proposals[1]}/approval", {})) == (409, "period_closed")
    [period] = (await coordinator.get("/periods")).json()["periods"]
    assert (period["through"], period["closed_by"]) == (str(YESTERDAY), str(other.id))
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


async def test_periods_are_listed_a_page_at_a_time(coordinator):
    for days in (9, 8, 7):
        assert (await close(coordinator, TODAY - timedelta(days=days))).status_code == 201
    first = await coordinator.get("/periods?limit=2")
    assert len(first.json()["periods"]) == 2 and 'rel="next"' in first.headers["link"]
    rest = await coordinator.client.get(first.json()["next"], headers=coordinator.headers)
    assert [each["through"] for each in rest.json()["periods"]] == [str(TODAY - timedelta(days=9))]
    for odd in ("2026-W01-1", "20260101", "x", ""):
        assert problem(await coordinator.get(f"/periods?before={odd}")) == (400, "malformed_request")


async def test_only_a_coordinator_with_a_fresh_passkey_closes_one(people, caller):
    tired = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    assert problem(await close(tired, YESTERDAY)) == (403, "step_up_required")
    for other in (await people.member(), await people.with_role(Role.AUDITOR), caller):
        assert problem(await close(other, YESTERDAY)) == (403, "not_allowed")
