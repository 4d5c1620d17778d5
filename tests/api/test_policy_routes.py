"""The policy over HTTP: applied by two people, in force from a day on, and never a change of the past."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.texts import LOCALES, translations
from ledger.book.authors import SHELL
from ledger.book.search import AccountSearch, find_accounts
from ledger.desk.audit import audit_community
from ledger.hours import presets
from ledger.hours.applying import WALL_SECONDS
from ledger.hours.policy import DEFAULT
from ledger.hours.policy_sentences import render_policy
from ledger.people.granting import grant_role
from ledger.people.roles import Role
from tests.api.conftest import kind_of, problem
from tests.api.test_claims import TODAY, YESTERDAY, log

TOMORROW = TODAY + timedelta(days=1)
MUTUAL = presets.text("mutual-credit")
SOFT = """
name = "Ours"
[floor]
hours = "-1:00"
soft = true
"""


@pytest.fixture
async def coordinator(people):
    """The only one who could approve."""
    return await people.coordinator()


async def second(app, oak, people):
    """Another co-ordinator: from now on it takes two."""
    member_id = await people.enrol()
    await grant_role(app.state.ledger, oak, SHELL, uuid4(), member_id, Role.COORDINATOR)
    await people.passkey(member_id)
    return await people.sign_in(member_id, strong=True)


def named(source):
    return source if "name =" in source else f'name = "Ours"\n{source}'


async def apply(member, source, from_on=None, **more):
    source = named(source)
    return await member.post("/policy", {"source": source, "from": from_on and str(from_on)}, **more)


async def policy(member):
    return (await member.get("/policy")).json()


async def floors(app, oak):
    async with app.state.ledger.database.connection(oak.id) as db:
        rows = await find_accounts(db, oak.id, AccountSearch(), after="", at_most=200, now=datetime.now(UTC))
    return {str(row["account_id"]): row["floor"] for row in rows if row["kind"] in ("member", "household")}


async def clean(app, oak, tmp_path):
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    return report.clean or "\n".join(report.render_lines())


async def test_before_a_community_has_its_own_every_hour_is_equal(people):
    member = await people.member()
    answer = await member.get("/policy")
    assert answer.status_code == 200 and answer.headers["etag"] == '"0"'
    said = answer.json()
    assert said["version"] == 0 and said["rules"]["equal_hours"] == 1
    assert said["source"] == presets.text("equal-hours")
    assert "Every hour of care counts the same, whatever was done." in said["sentences"]
    assert (await member.get("/policy/versions")).json() == {"versions": []}
    assert (await member.get("/policy/versions/0")).json()["name"] == said["name"]
    for nothing in ("1", "-1", "one", "99999999999", "\u0661"):
        assert problem(await member.get(f"/policy/versions/{nothing}")) == (404, "not_found")
    names = [each["name"] for each in (await member.get("/policy/presets")).json()["presets"]]
    assert names == presets.names()


async def test_the_sentences_come_in_the_language_that_is_asked_for(coordinator):
    for tag in LOCALES:
        answer = (await coordinator.get(f"/policy?language={tag}")).json()
        assert answer["sentences"] == render_policy(DEFAULT, translations(tag))
        assert (await coordinator.get(f"/policy/presets?language={tag}")).status_code == 200
    assert problem(await coordinator.get("/policy?language=tlh")) == (400, "malformed_request")
    asked = {"source": presets.text("nalc")}
    assert problem(await coordinator.post("/policy?dry_run=true&language=tlh", asked)) == (
        400,
        "malformed_request",
    )


async def test_a_policy_is_applied_and_everybody_reads_it(app, oak, coordinator, people, tmp_path):
    member = await people.member()
    key = uuid4()
    answer = await apply(coordinator, MUTUAL, key=key)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith("/policy/versions/1") and answer.headers["etag"] == '"1"'
    said = answer.json()
    assert (said["version"], said["from"], said["source"]) == (1, str(TODAY), MUTUAL)
    assert said["applied_by"] == str(coordinator.id)
    assert (await policy(member)) == {name: said[name] for name in said if name != "applied_by"}
    again = await apply(coordinator, MUTUAL, key=key)
    assert again.status_code == 200 and again.headers["idempotency-replayed"] == "true"
    assert again.json() == said
    assert problem(await apply(coordinator, SOFT, key=key)) == (422, "id_reused")
    events = (await coordinator.get("/events")).json()["events"]
    [event] = [each for each in events if each["kind"] == "policy_applied"]
    assert event["details"]["version"] == 1 and event["details"]["alone"] == 1
    assert len(event["details"]["rules"]) == 64 and "source" not in event["details"]
    assert await clean(app, oak, tmp_path) is True


async def test_applied_twice_it_is_unchanged_and_of_two_at_once_each_has_its_number(coordinator):
    assert kind_of(await apply(coordinator, MUTUAL)) is None
    # Comments and order say nothing.
    assert problem(await apply(coordinator, "# ours\n" + MUTUAL)) == (409, "policy_unchanged")
    sources = [SOFT.replace("-1:00", f"-{hours}:00") for hours in range(2, 8)]
    answers = await asyncio.gather(*(apply(coordinator, source) for source in sources))
    assert sorted(each.json()["version"] for each in answers) == [2, 3, 4, 5, 6, 7]
    same = await asyncio.gather(*(apply(coordinator, SOFT) for _ in range(4)))
    assert sorted(each.status_code for each in same) == [201, 409, 409, 409]
    key = uuid4()
    repeats = await asyncio.gather(*(apply(coordinator, MUTUAL, key=key) for _ in range(4)))
    assert sorted(each.status_code for each in repeats) == [200, 200, 200, 201]
    assert {each.json()["version"] for each in repeats} == {9}
    listed = (await coordinator.get("/policy/versions?limit=5")).json()
    assert [each["version"] for each in listed["versions"]] == [9, 8, 7, 6, 5]
    rest = await coordinator.client.get(listed["next"], headers=coordinator.headers)
    assert [each["version"] for each in rest.json()["versions"]] == [4, 3, 2, 1]


async def test_no_policy_reaches_back(coordinator):
    assert problem(await apply(coordinator, MUTUAL, YESTERDAY)) == (422, "policy_in_past")
    assert problem(await apply(coordinator, MUTUAL, "1066-10-14")) == (422, "policy_in_past")
    assert (await policy(coordinator))["version"] == 0


async def test_every_mistake_is_named_with_its_place(coordinator):
    source = 'grid = "0:07"\nrounding = "sideways"\nnonsense = 1\n[caps.weekly]\nhours = -3\n'
    for query in ("", "?dry_run=true"):
        answer = await coordinator.post(f"/policy{query}", {"source": source})
        assert problem(answer) == (422, "policy_invalid"), answer.text
        mistakes = answer.json()["mistakes"]
        assert {each["where"] for each in mistakes} >= {"rounding", "nonsense"}, mistakes
        assert all(each["what"] and each["remedy"] for each in mistakes)
    proposed = await coordinator.post("/proposals", {"action": "policy", "source": source})
    assert problem(proposed) == (422, "policy_invalid") and proposed.json()["mistakes"] == mistakes


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"source": ""}, 400),
        ({"source": "name = 1\u0000"}, 400),
        ({"source": "# \u202e"}, 400),
        ({"source": "x" * 65_537}, 400),
        ({"source": "# " + "é" * 40_000}, 422),
        ({"source": MUTUAL, "from": "tomorrow"}, 400),
        ({"source": MUTUAL, "until": None}, 400),
        ({"source": "#" * 300_000}, 413),
    ],
)
async def test_what_is_no_policy_at_all(coordinator, body, status):
    assert (await coordinator.post("/policy", body)).status_code == status


async def test_a_dry_run_says_it_in_sentences_and_changes_nothing(app, oak, coordinator, people):
    asked = {"source": MUTUAL}
    key = uuid4()
    answer = await coordinator.post("/policy?dry_run=true", asked, key=key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "posted" and not answer.json()["second_person"]
    assert any("below zero" in each for each in answer.json()["sentences"])
    assert (await policy(coordinator))["version"] == 0
    await second(app, oak, people)
    assert (await coordinator.post("/policy?dry_run=true", asked)).json()["second_person"]
    past = await coordinator.post("/policy?dry_run=true", asked | {"from": str(YESTERDAY)})
    assert problem(past) == (422, "policy_in_past")
    assert problem(await coordinator.post("/policy?dry_run=yes", asked)) == (400, "malformed_request")
    # The key of a dry run is as good as new.
    assert problem(await apply(coordinator, MUTUAL, key=key)) == (409, "second_person_needed")


async def test_with_a_second_person_it_is_proposed_and_approved(app, oak, coordinator, people, tmp_path):
    other = await second(app, oak, people)
    assert problem(await apply(coordinator, SOFT)) == (409, "second_person_needed")
    proposal = uuid4()
    asked = {"action": "policy", "source": SOFT}
    proposed = await coordinator.post("/proposals", asked, key=proposal)
    assert proposed.status_code == 201, proposed.text
    assert proposed.json()["what"]["source"] == SOFT
    path = f"/proposals/{proposal}/approval"
    assert problem(await coordinator.post(path, {})) == (403, "proposer_cannot_approve")
    key = uuid4()
    approved = await other.post(path, {}, key=key)
    assert approved.status_code == 200 and approved.json()["state"] == "approved", approved.text
    assert (await policy(coordinator))["version"] == 1
    assert (await policy(coordinator))["applied_by"] == str(other.id)
    again = await other.post(path, {}, key=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(await other.post(path, {})) == (409, "proposal_decided")
    events = (await coordinator.get("/events")).json()["events"]
    [event] = [each for each in events if each["kind"] == "policy_applied"]
    assert event["details"]["proposer"] == str(coordinator.id) and event["by"] == str(other.id)
    assert await clean(app, oak, tmp_path) is True


async def test_a_proposal_that_cannot_be_done_any_more_stays_open(app, oak, coordinator, people):
    other = await second(app, oak, people)
    proposals = [uuid4(), uuid4()]
    for proposal in proposals:
        await coordinator.post("/proposals", {"action": "policy", "source": SOFT}, key=proposal)
    answers = await asyncio.gather(*(other.post(f"/proposals/{each}/approval", {}) for each in proposals))
    assert sorted(each.status_code for each in answers) == [200, 409]
    states = [(await other.get(f"/proposals/{each}")).json()["state"] for each in proposals]
    assert sorted(states) == ["approved", "open"]
    administrator = await people.with_role(Role.ADMINISTRATOR)
    [left] = [each for each, state in zip(proposals, states, strict=True) if state == "open"]
    assert problem(await administrator.post(f"/proposals/{left}/approval", {})) == (403, "not_allowed")


async def test_a_version_is_in_force_from_its_day_and_stored_with_the_claims_of_it(
    app, coordinator, people, monkeypatch
):
    ana, ben = await people.member(), await people.member()
    assert (await apply(coordinator, SOFT, TOMORROW)).status_code == 201
    said = await policy(ana)
    assert said["version"] == 0
    assert [(each["version"], each["from"]) for each in said["later"]] == [(1, str(TOMORROW))]
    _, early = await log(ben, ben, ana)
    assert early.json()["claim"]["policy_version"] == 0
    later = datetime.now(UTC) + timedelta(days=2)
    monkeypatch.setattr(app.state.ledger, "now", lambda: later)
    assert (await policy(ana))["version"] == 1
    _, old = await log(ben, ben, ana)
    _, new = await log(ben, ben, ana, service_on=str(TOMORROW))
    assert old.json()["claim"]["policy_version"] == 0
    assert new.json()["claim"]["policy_version"] == 1
    # One from today on stands in the place of one that was still to come.
    assert (await apply(coordinator, MUTUAL)).json()["version"] == 2
    assert "later" not in await policy(ana)


async def test_one_that_is_to_come_is_taken_back_by_applying_the_present_one(coordinator):
    await apply(coordinator, MUTUAL)
    await apply(coordinator, SOFT, TOMORROW)
    assert len((await policy(coordinator))["later"]) == 1
    assert (await apply(coordinator, MUTUAL)).status_code == 201
    assert "later" not in await policy(coordinator)


async def test_changing_the_policy_never_changes_what_was_posted_or_logged(
    app, oak, coordinator, people, tmp_path
):
    ana, ben = await people.member(), await people.member()
    _, paid = await log(ana, ben, ana, seconds=3600)
    waiting, _ = await log(ben, ben, ana, seconds=1801, activity="nursing")
    double = 'equal_hours = false\ngrid = "1:00"\n[activities.nursing]\ntitle = "Nursing"\nrate = "2"\n'
    assert (await apply(coordinator, double)).status_code == 201
    after = (await ana.get(f"/claims/{paid.json()['claim']['id']}")).json()
    assert after["claim"] | {"events": []} == paid.json()["claim"] | {"events": []}
    assert after["transfers"][0]["receipt"] == paid.json()["transfers"][0]["receipt"]
    # One of yesterday that waits is paid by the rules of yesterday.
    posted = (await ana.post(f"/claims/{waiting}/confirmation", {})).json()["claim"]
    assert (posted["policy_version"], posted["credited_seconds"]) == (0, 2700)
    _, today = await log(ana, ben, ana, seconds=1801, activity="nursing", service_on=str(TODAY))
    assert today.json()["claim"]["policy_version"] == 1
    assert today.json()["claim"]["credited_seconds"] == 7200
    assert await clean(app, oak, tmp_path) is True


async def test_floors_follow_the_policy_and_limits_of_ones_own_stay(app, oak, coordinator, people, tmp_path):
    ana, ben = await people.member(), await people.member()
    owner = await people.member()
    ledger_limits = await coordinator.get(f"/accounts/{owner.account}")
    changed = await coordinator.post(
        f"/accounts/{owner.account}/limits",
        {"floor": -7200, "ceiling": None},
        method="PUT",
        headers={"if-match": ledger_limits.headers["etag"]},
    )
    assert changed.status_code == 200, changed.text
    assert (await apply(coordinator, SOFT)).status_code == 201
    now = await floors(app, oak)
    assert (now[ana.account], now[ben.account], now[owner.account]) == (WALL_SECONDS, WALL_SECONDS, -7200)
    # Whoever comes later gets the same, enrolled by hand or opened as a household's.
    cem = await coordinator.post("/members", {"name": "Cem"})
    [account] = cem.json()["accounts"]
    key, body = uuid4(), {"kind": "household", "code": "oak-street"}
    house = await coordinator.post("/accounts", body, key=key)
    assert house.status_code == 201, house.text
    now = await floors(app, oak)
    assert now[account["id"]] == now[house.json()["id"]] == WALL_SECONDS
    # A soft floor lets somebody below it; a narrower wall leaves them where they stand.
    _, deep = await log(ana, ben, ana, seconds=14 * 3600)
    assert deep.json()["claim"]["state"] == "posted", deep.text
    narrow = '[floor]\nhours = "-2:30"\n'
    assert (await apply(coordinator, narrow)).status_code == 201
    now = await floors(app, oak)
    assert (now[ana.account], now[ben.account]) == (WALL_SECONDS, -9000)
    assert problem((await log(ana, ben, ana, seconds=900))[1]) == (409, "below_floor")
    # A repeat asks for what it asked for, whatever the floors are by now.
    again = await coordinator.post("/accounts", body, key=key)
    assert again.headers["idempotency-replayed"] == "true", again.text
    assert await clean(app, oak, tmp_path) is True


async def test_a_floor_that_is_to_come_does_not_narrow_today(app, oak, coordinator, people):
    ana = await people.member()
    assert (await apply(coordinator, SOFT)).status_code == 201
    assert (await apply(coordinator, '[floor]\nhours = "0:00"\n', TOMORROW)).status_code == 201
    assert (await floors(app, oak))[ana.account] == WALL_SECONDS
    assert (await apply(coordinator, '[floor]\nhours = "-5:00"\n')).status_code == 201
    assert (await floors(app, oak))[ana.account] == -18_000
    assert (await apply(coordinator, 'floor = "none"\n')).status_code == 201
    assert (await floors(app, oak))[ana.account] == -(2**53 - 1)


async def test_a_soft_floor_lets_a_member_below_and_tells_the_coordinator(app, oak, coordinator, people):
    ana, ben = await people.member(), await people.member()
    assert (await apply(coordinator, SOFT)).status_code == 201
    _, posted = await log(ana, ben, ana, seconds=11 * 3600, service_on=str(TODAY))
    assert posted.json()["claim"]["state"] == "posted", posted.text
    async with app.state.ledger.database.connection(oak.id) as db:
        tasks = await db.driver.fetch("SELECT kind, member_id FROM task WHERE community_id = $1", oak.id)
    assert [(each["kind"], each["member_id"]) for each in tasks] == [("below_soft_floor", ana.id)]


async def test_the_pot_and_the_issuance_account_are_opened_once(coordinator):
    source = 'pot = "our-pot"\nissuance = "our-source"\nfunders = ["pot", "issuance"]\n'
    assert (await apply(coordinator, source)).status_code == 201
    assert (await apply(coordinator, source + "silence_days = 3\n")).status_code == 201
    accounts = {each["code"]: each for each in (await coordinator.get("/accounts")).json()["accounts"]}
    assert (accounts["our-pot"]["kind"], accounts["our-pot"]["floor"]) == ("pot", 0)
    assert accounts["our-source"]["kind"] == "issuance" and accounts["our-source"].get("floor") is None
    assert accounts["our-pot"]["name"] == "our-pot"
    pots = (await coordinator.get("/pots")).json()["pots"]
    assert [each["code"] for each in pots] == ["our-pot"]


async def test_an_account_of_another_kind_is_not_made_a_pot(caller, coordinator):
    await caller.open("member", code="our-pot")
    await caller.open("pot", code="our-source")
    assert problem(await apply(coordinator, 'pot = "our-pot"\n')) == (422, "not_a_pot")
    answer = await apply(coordinator, 'funders = ["issuance"]\nissuance = "our-source"\n')
    assert problem(answer) == (409, "code_taken")
    gone = await caller.open("pot", code="gone")
    assert (await caller.post(f"/accounts/{gone}/closing", {})).status_code == 200
    assert problem(await apply(coordinator, 'pot = "gone"\n')) == (409, "account_closed")
    assert (await policy(coordinator))["version"] == 0


async def test_only_a_coordinator_with_a_fresh_passkey_applies_one(people, caller):
    body = {"source": MUTUAL}
    tired = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    assert problem(await tired.post("/policy", body)) == (403, "step_up_required")
    for other in (await people.member(), await people.with_role(Role.ADMINISTRATOR), caller):
        assert problem(await other.post("/policy", body)) == (403, "not_allowed")


async def test_the_past_is_tried_under_another_policy_and_nothing_is_kept(coordinator, people):
    ana, ben = await people.member("Ana"), await people.member("Ben")
    await log(ana, ben, ana, seconds=4 * 3600)
    await log(ben, ben, ana, seconds=4 * 3600)
    await log(ben, ben, ana, seconds=2 * 3600, service_on=str(YESTERDAY - timedelta(days=40)))
    source = named('[caps.daily]\nhours = "5:00"\nabove = "refuse"\n')
    days = {"from": str(YESTERDAY - timedelta(days=1)), "until": str(TODAY)}
    answer = await coordinator.post("/policy/simulation", {"source": source} | days)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["totals"] == {
        "claims": 2,
        "refused": 1,
        "before_seconds": 8 * 3600,
        "credited_seconds": 4 * 3600,
        "pot_seconds": 0,
        "honour_seconds": 0,
    }
    assert [each["why"] for each in said["refused"]] == ["daily"]
    assert said["providers"][0]["provider"] == str(ben.id)
    assert any("Ben" in line for line in said["lines"])
    auditor = await people.with_role(Role.AUDITOR)
    seen = await auditor.post("/policy/simulation", {"source": source} | days)
    assert seen.json()["totals"] == said["totals"] and "Ben" not in json.dumps(seen.json())
    assert (await policy(coordinator))["version"] == 0
    last = await coordinator.post("/policy/simulation", {"source": source})
    assert last.json()["until"] == str(TODAY.replace(day=1) - timedelta(days=1))
    lifetime = named('[caps.lifetime]\nhours = "5:00"\nabove = "honour"\n')
    said = (await coordinator.post("/policy/simulation", {"source": lifetime} | days)).json()
    assert (said["totals"]["credited_seconds"], said["totals"]["honour_seconds"]) == (18_000, 10_800)


@pytest.mark.parametrize(
    "days",
    [
        {"from": "2026-01-01"},
        {"until": "2026-01-01"},
        {"from": "2026-01-02", "until": "2026-01-01"},
        {"from": "2024-12-31", "until": "2026-01-01"},
        {"from": "0001-01-01", "until": "0001-01-02"},
        {"from": "2026-01-01", "until": "x"},
    ],
)
async def test_days_that_cannot_be_looked_at(coordinator, days):
    answer = await coordinator.post("/policy/simulation", {"source": MUTUAL} | days)
    assert problem(answer) == (400, "malformed_request")
