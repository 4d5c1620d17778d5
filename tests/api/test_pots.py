"""Pots over HTTP: what each is for, how far it may be spent, and what is left of its month."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from ledger.desk.audit import audit_community
from ledger.people.roles import Role
from tests.api.conftest import care, kind_of, problem
from tests.api.test_claims import TODAY, log
from tests.api.test_policy_routes import apply, second

RULE = {"purpose": "hardship", "eligible": "frail", "monthly_budget": 36_000, "member_monthly": 7200}
FROM_THE_POT = 'funders = ["pot"]\npot = "hardship"\n[floor]\nhours = "0:00"\n'


@pytest.fixture
async def coordinator(people):
    return await people.coordinator()


@pytest.fixture
async def pot(caller):
    """A pot with twenty hours in it."""
    account = await caller.open("pot", code="hardship", name="For bad times")
    bank = await caller.open("issuance")
    assert kind_of(await caller.post("/transfers", care(bank, account, 72_000))) is None
    return account


async def rule(member, account, asked=RULE, **more):
    return await member.post(f"/pots/{account}/rule", asked, **more)


async def pots(member):
    return (await member.get("/pots")).json()["pots"]


async def test_a_pot_has_the_newest_of_its_rules(app, oak, coordinator, people, pot, tmp_path):
    [before] = await pots(coordinator)
    assert (before["balance"], before["spent_seconds"]) == (72_000, 0) and "rule" not in before
    key = uuid4()
    answer = await rule(coordinator, pot, key=key)
    assert answer.status_code == 201, answer.text
    assert answer.json() == RULE | {"signature_limit": 36_000}
    again = await rule(coordinator, pot, key=key)
    assert again.status_code == 200 and again.headers["idempotency-replayed"] == "true"
    assert problem(await rule(coordinator, pot, RULE | {"eligible": "anybody"}, key=key)) == (
        422,
        "id_reused",
    )
    assert (await rule(coordinator, pot, {"purpose": "guarantee", "signature_limit": 0})).status_code == 201
    [shown] = await pots(coordinator)
    assert (shown["rule"]["number"], shown["rule"]["purpose"]) == (2, "guarantee")
    assert shown["rule"]["set_by"] == str(coordinator.id) and "left_seconds" not in shown
    member = await people.member()
    [seen] = await pots(member)
    assert set(seen) == {"account", "code", "name", "rule"} and "set_by" not in seen["rule"]
    events = (await coordinator.get("/events")).json()["events"]
    assert [each["details"]["rule"] for each in events if each["kind"] == "pot_rule_set"] == [2, 1]
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


async def test_what_a_pot_gave_this_month_is_counted_against_its_rule(
    app, oak, coordinator, people, pot, caller
):
    ben, ana = await people.member(), await people.member()
    assert (await apply(coordinator, FROM_THE_POT)).status_code == 201
    assert (await rule(coordinator, pot, {"purpose": "hardship", "monthly_budget": 9000})).status_code == 201
    _, posted = await log(ana, ben, ana, seconds=7200, service_on=str(TODAY))
    assert posted.json()["claim"]["state"] == "posted", posted.text
    [shown] = await pots(coordinator)
    assert (shown["balance"], shown["spent_seconds"], shown["left_seconds"]) == (64_800, 7200, 1800)
    _, over = await log(ana, ben, ana, seconds=2700, service_on=str(TODAY))
    assert problem(over) == (409, "over_pot_budget")
    # A smaller budget than what was given already leaves nothing, and not less.
    assert (await rule(coordinator, pot, {"purpose": "hardship", "monthly_budget": 0})).status_code == 201
    assert (await pots(coordinator))[0]["left_seconds"] == 0
    assert (await rule(coordinator, pot)).status_code == 201
    _, strong = await log(ana, ben, ana, seconds=900, service_on=str(TODAY))
    assert problem(strong) == (409, "not_eligible")


async def test_only_an_open_pot_gets_a_rule(coordinator, caller, pot):
    member = await caller.open("member")
    assert problem(await rule(coordinator, member)) == (422, "not_a_pot")
    assert problem(await rule(coordinator, uuid4())) == (404, "account_unknown")
    assert problem(await rule(coordinator, "pot")) == (404, "not_found")
    gone = await caller.open("pot")
    await caller.post(f"/accounts/{gone}/closing", {})
    assert problem(await rule(coordinator, gone)) == (409, "account_closed")
    assert [each["account"] for each in await pots(coordinator)] == [pot]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"purpose": "beer"},
        RULE | {"eligible": "friends"},
        RULE | {"monthly_budget": -1},
        RULE | {"member_monthly": 1.5},
        RULE | {"signature_limit": None},
        RULE | {"signature_limit": 2**53},
        RULE | {"note": "x"},
    ],
)
async def test_what_is_no_rule(coordinator, pot, body):
    assert problem(await rule(coordinator, pot, body)) == (400, "malformed_request")


async def test_rules_set_at_once_are_numbered_one_after_the_other(coordinator, pot):
    wanted = [{"purpose": "community", "monthly_budget": each} for each in range(5)]
    answers = await asyncio.gather(*(rule(coordinator, pot, each) for each in wanted))
    assert {each.status_code for each in answers} == {201}
    assert (await pots(coordinator))[0]["rule"]["number"] == 5


async def test_with_a_second_person_it_takes_both(app, oak, coordinator, people, pot, caller):
    other = await second(app, oak, people)
    assert problem(await rule(coordinator, pot)) == (409, "second_person_needed")
    asked = RULE | {"action": "pot_rule", "account": pot}
    proposal = uuid4()
    assert (await coordinator.post("/proposals", asked, key=proposal)).status_code == 201
    assert kind_of(await other.post(f"/proposals/{proposal}/approval", {})) is None
    [shown] = await pots(coordinator)
    assert (shown["rule"]["eligible"], shown["rule"]["set_by"]) == ("frail", str(other.id))
    wrong = uuid4()
    member = await caller.open("member")
    await coordinator.post("/proposals", asked | {"account": member}, key=wrong)
    assert problem(await other.post(f"/proposals/{wrong}/approval", {})) == (422, "not_a_pot")
    assert (await other.get(f"/proposals/{wrong}")).json()["state"] == "open"


async def test_pots_are_listed_a_page_at_a_time(coordinator, caller):
    for code in ("pot-a", "pot-b", "pot-c"):
        await caller.open("pot", code=code)
    first = (await coordinator.get("/pots?limit=2")).json()
    assert [each["code"] for each in first["pots"]] == ["pot-a", "pot-b"]
    rest = await coordinator.client.get(first["next"], headers=coordinator.headers)
    assert [each["code"] for each in rest.json()["pots"]] == ["pot-c"]


async def test_only_a_coordinator_with_a_fresh_passkey_sets_a_rule(people, caller, pot):
    tired = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    assert problem(await rule(tired, pot)) == (403, "step_up_required")
    for other in (await people.member(), await people.with_role(Role.AUDITOR), caller):
        assert problem(await rule(other, pot)) == (403, "not_allowed")
