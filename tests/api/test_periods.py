"""Closing a period over HTTP: what is over takes no more postings for its days."""

import asyncio
import json
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.commands import CloseAccount
from ledger.book.posting import Done
from ledger.desk.audit import audit_community
from ledger.hours import periods
from ledger.hours.departures import Departure, Settlement, settle
from ledger.log.balance_proofs import verify_balance
from ledger.log.balances import balance_leaf
from ledger.log.encoding import read_base64url
from ledger.log.merkle import CompactRange, leaf_hash
from ledger.log.trust import Trust
from ledger.people.erasure import Reason, erase
from ledger.people.members import Status, change_standing, read_member
from ledger.people.roles import Role
from tests.api.conftest import URL, People, care, kind_of, problem
from tests.api.test_claims import TODAY, YESTERDAY, log
from tests.api.test_policy_routes import second

WEEK_AGO = TODAY - timedelta(days=7)


@pytest.fixture
async def coordinator(people):
    return await people.coordinator()


CLAIMS = {"despite": ["open_claims"], "reason": "They were asked"}


async def close(member, through, *, despite=None, **more):
    return await member.post("/periods", {"through": str(through), **(despite or {})}, **more)


async def test_a_period_is_closed_and_takes_no_more_postings(
    app, oak, coordinator, people, caller, pair, tmp_path
):
    ana, ben = await people.member(), await people.member()
    waiting, _ = await log(ben, ben, ana, service_on=str(WEEK_AGO))
    key = uuid4()
    open_still = await close(coordinator, WEEK_AGO)
    assert problem(open_still) == (409, "period_not_ready") and open_still.json()["about"] == "open_claims"
    closed = await close(coordinator, WEEK_AGO, key=key, despite=CLAIMS)
    assert (closed.status_code, closed.json()) == (201, {"through": str(WEEK_AGO)}), closed.text
    again = await close(coordinator, WEEK_AGO, key=key, despite=CLAIMS)
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
    assert seen == {name: value for name, value in period.items() if name != "closed_by"}
    events = (await coordinator.get("/events")).json()["events"]
    [event] = [each for each in events if each["kind"] == "period_closed"]
    said = event["details"]
    assert (said["through"], said["alone"], said["despite"]) == (str(WEEK_AGO), 1, ["open_claims 1"])
    [recorded] = [each for each in events if each["kind"] == "balances_recorded"]
    assert recorded["leaf_index"] == event["leaf_index"] + 1 and "by" not in recorded
    assert (recorded["details"]["sum"], recorded["details"]["root"]) == (0, period["root"])
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
    "body",
    [
        {},
        {"through": "yesterday"},
        {"through": None},
        {"through": "2026-01-31", "why": 1},
        {"through": "2026-01-31", "despite": ["open_claims"]},
        {"through": "2026-01-31", "despite": ["trial_balance"], "reason": "x"},
        {"through": "2026-01-31", "despite": ["holds"], "reason": "x"},
        {"through": "2026-01-31", "despite": "open_claims", "reason": "x"},
        {"through": "2026-01-31", "despite": ["open_claims"] * 7, "reason": "x"},
        {"through": "2026-01-31", "despite": ["open_claims"], "reason": ""},
        {"through": "2026-01-31", "despite": ["open_claims"], "reason": "x" * 501},
    ],
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
    for odd in ("below=0", "below=x", "below=", "limit=0", "before=2026-01-01"):
        assert problem(await coordinator.get(f"/periods?{odd}")) == (400, "malformed_request")


async def test_only_a_coordinator_with_a_fresh_passkey_closes_one(people, caller):
    tired = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    assert problem(await close(tired, YESTERDAY)) == (403, "step_up_required")
    for other in (await people.member(), await people.with_role(Role.AUDITOR), caller):
        assert problem(await close(other, YESTERDAY)) == (403, "not_allowed")


# --- the checklist ------------------------------------------------------------------------------------------------


async def checklist(member, through=YESTERDAY):
    answer = await member.get(f"/periods/checklist?through={through}")
    assert answer.status_code == 200, answer.text
    return {each["item"]: (each["state"], each["count"]) for each in answer.json()["items"]}


async def test_the_checklist_says_what_is_open_and_closing_asks_for_each(coordinator, people):
    ana, ben = await people.member(), await people.member()
    assert set((await checklist(coordinator)).values()) == {("done", 0)}
    await log(ben, ben, ana, service_on=str(YESTERDAY))
    claim, _ = await log(ben, ben, ana, seconds=1800, service_on=str(WEEK_AGO))
    disputed = await ana.post(f"/claims/{claim}/disputes", {"statement": "He was not here"})
    assert disputed.status_code == 201, disputed.text
    asked = {"receiver": str(ana.id), "activity": "shopping", "care_on": str(TODAY), "seconds": 3600}
    assert (await ana.post("/care-requests", asked)).status_code == 201

    found = await checklist(coordinator)
    assert found["open_claims"] == ("open", 1) and found["open_disputes"] == ("open", 1)
    assert found["open_requests"] == ("done", 0)
    assert (await checklist(coordinator, WEEK_AGO - timedelta(days=1)))["open_disputes"] == ("done", 0)
    tries = [
        ([], "open_claims, open_disputes"),
        (["open_claims"], "open_disputes"),
        (["open_disputes", "audit"], "open_claims"),
    ]
    for despite, about in tries:
        given = {"despite": despite, "reason": "So"} if despite else None
        answer = await close(coordinator, YESTERDAY, despite=given)
        assert problem(answer) == (409, "period_not_ready") and answer.json()["about"] == about
    both = {"despite": ["open_disputes", "open_claims", "audit"], "reason": "So it was agreed"}
    assert (await close(coordinator, YESTERDAY, despite=both)).status_code == 201
    read = (await coordinator.get("/periods/1")).json()
    assert read["despite"] == {"open_claims": 1, "open_disputes": 1} and read["reason"] == "So it was agreed"
    auditor = await people.with_role(Role.AUDITOR)
    assert "reason" not in (await auditor.get("/periods/1")).json()


async def test_a_paper_round_and_an_assertion_that_differs_are_asked_for(
    app, oak, coordinator, people, owner
):
    ana = await people.member()
    asserted = {"account": ana.account, "on": str(YESTERDAY), "seconds": 60, "source": "passbook"}
    answer = await coordinator.post("/assertions", asserted)
    assert answer.status_code == 201, answer.text
    await owner.execute(
        "INSERT INTO paper_round (community_id, round_id, state, change_count, source, file_hash, file_size, asked,"
        " from_on, asks, made_at, made_by) VALUES ($1, $2, 'reading', 0, 'typed', sha256(''), 0, sha256(''), $3, '{}',"
        " now(), $4)",
        oak.id,
        uuid4(),
        WEEK_AGO,
        coordinator.id,
    )
    found = await checklist(coordinator)
    assert found["unmatched_sheets"] == ("open", 1) and found["failed_assertions"] == ("open", 1)
    assert (await checklist(coordinator, WEEK_AGO - timedelta(days=1)))["unmatched_sheets"] == ("done", 0)
    answer = await close(coordinator, YESTERDAY)
    assert answer.json()["about"] == "unmatched_sheets, failed_assertions"


@pytest.mark.parametrize(
    ("age", "size", "findings", "state"),
    [
        (None, None, None, "open"),
        (1, 99, 0, "done"),
        (1, 0, 0, "open"),
        (1, 99, 2, "blocks"),
        (9, 99, 2, "blocks"),
    ],
)
async def test_an_audit_is_asked_for_and_one_with_findings_blocks(
    oak, app, coordinator, people, owner, caller, pair, age, size, findings, state
):
    assert kind_of(await caller.post("/transfers", care(*pair))) is None
    # As if it had been posted two weeks ago.
    await owner.execute("UPDATE transfer SET recorded_at = recorded_at - interval '14 days'")
    if age is not None:
        outcome = f'{{"tree_size": {size}, "finding_count": {findings}}}'
        await owner.execute(
            "INSERT INTO work (community_id, work_id, kind, fingerprint, started_by, started_at, seen_at, done, total,"
            " finished_at, outcome) VALUES ($1, $2, 'audit', sha256(''), $3, now() - $4::interval, now(), 0, 0, now(),"
            " $5::text::jsonb)",
            oak.id,
            uuid4(),
            coordinator.id,
            timedelta(days=age),
            outcome,
        )
    assert (await checklist(coordinator))["audit"] == (state, findings or 0)
    answer = await close(coordinator, YESTERDAY)
    refusals = {"done": None, "open": "period_not_ready", "blocks": "books_not_in_order"}
    assert kind_of(answer) == refusals[state]
    given = {"despite": ["audit"], "reason": "The auditor is ill"}
    answer = await close(coordinator, WEEK_AGO, despite=given)
    assert kind_of(answer) == (
        "books_not_in_order" if state == "blocks" else "period_closed" if state == "done" else None
    )


async def test_books_that_do_not_balance_close_nothing(coordinator, people, owner):
    ana = await people.member()
    await owner.execute("UPDATE balance SET balance = 1 WHERE account_id = $1", ana.account)
    assert (await checklist(coordinator))["trial_balance"] == ("blocks", 1)
    answer = await close(coordinator, YESTERDAY)
    assert problem(answer) == (409, "books_not_in_order") and answer.json()["about"] == "trial_balance"


async def test_what_came_open_since_it_was_proposed_is_asked_for_again(app, oak, coordinator, people):
    other, ana, ben = await second(app, oak, people), await people.member(), await people.member()
    proposal = uuid4()
    asked = {"action": "period", "through": str(YESTERDAY)}
    assert (await coordinator.post("/proposals", asked, key=proposal)).status_code == 201
    claim, _ = await log(ben, ben, ana, service_on=str(YESTERDAY))
    approval = await other.post(f"/proposals/{proposal}/approval", {})
    assert problem(approval) == (409, "period_not_ready")
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    assert kind_of(await other.post(f"/proposals/{proposal}/approval", {})) is None
    noted = {"action": "period", "through": str(TODAY), "despite": ["open_claims"]}
    assert problem(await coordinator.post("/proposals", noted)) == (400, "malformed_request")


async def test_what_is_open_refuses_the_proposal_itself_and_names_it(app, oak, coordinator, people):
    other, ana, ben = await second(app, oak, people), await people.member(), await people.member()
    claim, _ = await log(ben, ben, ana, service_on=str(YESTERDAY))

    async def propose(through=YESTERDAY, **more):
        key = more.pop("key", None) or uuid4()
        return await coordinator.post(
            "/proposals", {"action": "period", "through": str(through)} | more, key=key
        )

    refused = await propose()
    assert problem(refused) == (409, "period_not_ready") and refused.json()["about"] == "open_claims"
    not_that = await propose(despite=["open_requests"], reason="x")
    assert problem(not_that) == (409, "period_not_ready") and not_that.json()["about"] == "open_claims"
    assert problem(await propose(TODAY)) == (422, "period_not_over")
    assert (await coordinator.get("/proposals")).json()["proposals"] == []
    key = uuid4()
    assert (await propose(key=key, **CLAIMS)).status_code == 201
    # What is settled, and closed, since then does not matter to a repeat.
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    assert kind_of(await other.post(f"/proposals/{key}/approval", {})) is None
    assert (await propose(key=key, **CLAIMS)).headers["idempotency-replayed"] == "true"
    assert problem(await propose()) == (409, "period_closed")


# --- opening again ------------------------------------------------------------------------------------------------


async def propose_opening(member, number, more=None):
    proposal = uuid4()
    asked = {"action": "reopening", "number": number, "reason": "A sheet was found"}
    return proposal, await member.post("/proposals", asked | (more or {}), key=proposal)


async def test_two_people_open_the_newest_period_again_and_it_is_closed_anew(
    app, oak, coordinator, people, tmp_path
):
    ana, ben = await people.member(), await people.member()
    for days in (9, 7):
        assert (await close(coordinator, TODAY - timedelta(days=days))).status_code == 201
    proposal, answer = await propose_opening(coordinator, 2)
    assert answer.status_code == 201, answer.text
    assert problem(await coordinator.post(f"/proposals/{proposal}/approval", {})) == (
        403,
        "proposer_cannot_approve",
    )
    administrator = await people.with_role(Role.ADMINISTRATOR)
    assert problem((await propose_opening(administrator, 2))[1]) == (403, "not_allowed")
    first = (await ana.get(f"/accounts/{ana.account}/closings/2")).content
    assert kind_of(await administrator.post(f"/proposals/{proposal}/approval", {})) is None

    day = TODAY - timedelta(days=8)
    claim, logged = await log(ben, ben, ana, service_on=str(day))
    assert logged.status_code == 201, logged.text
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    _, late = await log(ben, ben, ana, service_on=str(TODAY - timedelta(days=9)))
    assert problem(late) == (409, "period_closed")
    assert (await close(coordinator, WEEK_AGO)).status_code == 201

    periods = (await coordinator.get("/periods")).json()["periods"]
    assert [(each["number"], each["through"], "reopened_at" in each) for each in periods] == [
        (3, str(WEEK_AGO), False),
        (2, str(WEEK_AGO), True),
        (1, str(TODAY - timedelta(days=9)), False),
    ]
    assert periods[1]["reopened_by"] == str(administrator.id)
    assert periods[1]["reopening_proposed_by"] == str(coordinator.id)
    assert periods[0]["root"] != periods[1]["root"]
    balances = {each["number"]: each["balance"] for each in (await closings_of(ana))}
    assert balances == {3: -3600, 2: 0, 1: 0}
    trust = await trust_of(coordinator)
    assert verify_balance(first, trust).valid and verify_balance(await proof_of(ana, 2), trust).valid
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


@pytest.mark.parametrize("number", [1, 3, 9])
async def test_only_the_newest_is_opened(app, oak, coordinator, people, number):
    for days in (9, 7):
        assert (await close(coordinator, TODAY - timedelta(days=days))).status_code == 201
    other = await second(app, oak, people)
    proposal, _ = await propose_opening(coordinator, number)
    answer = await other.post(f"/proposals/{proposal}/approval", {})
    assert problem(answer) == (409, "period_not_newest") and answer.json()["about"] == "2"


async def test_one_is_opened_once_and_then_the_one_before(app, oak, coordinator, people):
    for days in (9, 7):
        assert (await close(coordinator, TODAY - timedelta(days=days))).status_code == 201
    other = await second(app, oak, people)
    twice = [await propose_opening(coordinator, 2) for _ in range(2)]
    answers = await asyncio.gather(*(other.post(f"/proposals/{each}/approval", {}) for each, _ in twice))
    assert sorted(each.status_code for each in answers) == [200, 409]
    proposal, _ = await propose_opening(coordinator, 1)
    assert kind_of(await other.post(f"/proposals/{proposal}/approval", {})) is None
    proposal, _ = await propose_opening(coordinator, 1)
    assert problem(await other.post(f"/proposals/{proposal}/approval", {})) == (409, "period_not_newest")


async def test_nobody_opens_one_alone_however_young_the_co_op(coordinator):
    assert (await close(coordinator, YESTERDAY)).status_code == 201
    proposal, _ = await propose_opening(coordinator, 1)
    assert problem(await coordinator.post(f"/proposals/{proposal}/approval", {})) == (
        403,
        "proposer_cannot_approve",
    )
    answer = await coordinator.post("/periods/1", {})
    assert answer.status_code in (404, 405)


@pytest.mark.parametrize(
    "more", [{"number": 0}, {"number": "1"}, {"reason": ""}, {"reason": None}, {"why": 1}]
)
async def test_what_is_no_opening(coordinator, more):
    assert problem((await propose_opening(coordinator, 1, more))[1]) == (400, "malformed_request")


# --- proofs -------------------------------------------------------------------------------------------------------


async def closings_of(member, account=None):
    answer = await member.get(f"/accounts/{account or member.account}/closings")
    assert answer.status_code == 200, answer.text
    return answer.json()["closings"]


async def proof_of(member, number, account=None):
    answer = await member.get(f"/accounts/{account or member.account}/closings/{number}")
    assert answer.status_code == 200, answer.text
    return answer.content


def ids_in(content):
    """All ids that a proof shows, disclosed ones too."""
    parts = json.loads(content)
    places = (parts["event"], parts["balance"])
    shown = [each["leaf"] for each in places]
    shown += [read_base64url(each["disclosure"]).decode() for each in places]
    return re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", " ".join(shown))


async def trust_of(member):
    return Trust.from_json((await member.client.get("/.well-known/carehours-trust.json")).content)


async def test_a_balance_at_the_close_is_proven_offline_and_shows_no_other(coordinator, people):
    ana, ben = await people.member(), await people.member()
    for day in (YESTERDAY, TODAY):
        claim, _ = await log(ben, ben, ana, service_on=str(day))
        assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    assert (await close(coordinator, YESTERDAY)).status_code == 201
    trust = await trust_of(ana)
    content = await proof_of(ana, 1)
    result = verify_balance(content, trust)
    assert result.valid, result.checks
    says = result.says
    assert (says.account_id, says.balance, says.entry_count) == (ana.account, -3600, 1)
    assert (says.through, says.number, says.origin) == (str(YESTERDAY), 1, "care.example.org/oak")
    assert (await closings_of(ana))[0]["balance"] == -3600
    assert set(ids_in(content)) == {ana.account, ids_in(content)[0]}, (
        "of whose balance it is, and of the event"
    )
    assert "3600" not in (await proof_of(coordinator, 1)).decode()

    assert verify_balance(await proof_of(coordinator, 1, ana.account), trust).says == says
    assert problem(await ben.get(f"/accounts/{ana.account}/closings/1")) == (404, "not_found")
    assert problem(await ben.get(f"/accounts/{ana.account}/closings")) == (404, "not_found")
    for odd in ("2", "0", "x", "01", "1.0", "99999999999"):
        assert problem(await ana.get(f"/accounts/{ana.account}/closings/{odd}")) == (404, "not_found")
        assert problem(await coordinator.get(f"/periods/{odd}")) == (404, "not_found")
        assert problem(await coordinator.get(f"/periods/{odd}/balances")) == (404, "not_found")
    newcomer = await people.member()
    assert problem(await newcomer.get(f"/accounts/{newcomer.account}/closings/1")) == (404, "not_found")
    assert await closings_of(newcomer) == []


async def test_an_auditor_adds_all_balances_up_and_hashes_them(app, oak, coordinator, people):
    ana, ben = await people.member(), await people.member()
    claim, _ = await log(ben, ben, ana, service_on=str(YESTERDAY))
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    assert (await close(coordinator, YESTERDAY)).status_code == 201
    auditor = await people.with_role(Role.AUDITOR)
    rows, path = [], "/v1/communities/oak/periods/1/balances?limit=2"
    while path is not None:
        page = (await auditor.client.get(path, headers=auditor.headers)).json()
        rows, path = rows + page["balances"], page.get("next")
    closing = (await auditor.get("/periods/1")).json()
    assert sum(each["balance"] for each in rows) == closing["total"] == 0
    assert [each["place"] for each in rows] == list(range(closing["period"]["accounts"]))
    hashes = [leaf_hash(balance_leaf(each["digest"], each["entries"], each["balance"])) for each in rows]
    tree, _ = CompactRange(0, ()).append(hashes)
    assert tree.root().hex() == closing["period"]["root"]
    assert problem(await ana.get("/periods/1/balances")) == (403, "not_allowed")


async def test_a_proof_outlives_the_erasure_of_another_and_names_nobody_erased(
    app, oak, coordinator, people, tmp_path
):
    ana, ben = await people.member(), await people.member()
    claim, _ = await log(ben, ben, ana, service_on=str(YESTERDAY))
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    given = {"despite": ["audit"], "reason": "Ben Miller was ill"}
    assert (await close(coordinator, WEEK_AGO, despite=given)).status_code == 201
    assert (await close(coordinator, YESTERDAY)).status_code == 201
    kept, trust = await proof_of(ben, 2), await trust_of(ana)
    ledger = app.state.ledger
    async with ledger.database.connection(oak.id) as db:
        changes = (await read_member(db, oak.id, ben.id))["change_count"]
    left = {"status": Status.LEFT, "since": TODAY, "frail": False}
    await change_standing(ledger, oak, SHELL, uuid4(), ben.id, changes, **left)
    settled = await settle(
        app.state.hours, oak, SHELL, uuid4(), Settlement(ben.id, Departure.LEFT, UUID(ana.account))
    )
    assert isinstance(settled.outcome, Done), settled
    await ledger.post(oak, [CloseAccount(uuid4(), UUID(ben.account))])
    erased = await erase(ledger, oak, SHELL, uuid4(), ben.id, Reason.ASKED)
    assert isinstance(erased.outcome, Done), erased

    unnamed = verify_balance(await proof_of(coordinator, 2, ben.account), trust)
    assert unnamed.valid and unnamed.says.account_id is None and unnamed.says.balance == 3600
    assert verify_balance(kept, trust).valid
    assert verify_balance(await proof_of(ana, 2), trust).says.account_id == ana.account
    assert (await close(coordinator, YESTERDAY)).status_code == 409
    report = await audit_community(ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()
    # Whoever wrote a reason takes it with them.
    await owner_erases(app, oak, coordinator.id)
    assert "reason" not in (await coordinator.get("/periods/1")).json()


async def owner_erases(app, oak, member_id):
    """What erasing the member does to the reasons they wrote."""
    async with app.state.ledger.database.transaction(oak.id) as db:
        for name in ("people/erase_period_reasons", "people/erase_period_proposal_notes"):
            await db.run(name, community_id=oak.id, member_id=member_id)


# --- at once ------------------------------------------------------------------------------------------------------


async def test_whatever_races_a_closing_is_in_it_or_refused(app, oak, coordinator, people, tmp_path):
    ana, ben = await people.member(), await people.member()
    claims = [(await log(ben, ben, ana, seconds=600, service_on=str(YESTERDAY)))[0] for _ in range(12)]
    every = [
        "open_claims",
        "open_disputes",
        "open_requests",
        "unmatched_sheets",
        "failed_assertions",
        "audit",
    ]
    given = {"despite": every, "reason": "At once"}

    async def confirm(claim, wait):
        await asyncio.sleep(wait)
        return await ana.post(f"/claims/{claim}/confirmation", {})

    closing, *answers = await asyncio.gather(
        close(coordinator, YESTERDAY, despite=given),
        *(confirm(claim, 0.004 * number) for number, claim in enumerate(claims)),
        *(people.enrol() for _ in range(3)),
    )
    assert closing.status_code == 201, closing.text
    confirmed = [each for each in answers[:12] if each.status_code == 200]
    refused = [each for each in answers[:12] if each.status_code != 200]
    assert all(problem(each) == (409, "period_closed") for each in refused)
    [told] = await closings_of(ana)
    assert told["balance"] == -sum(each.json()["claim"]["paid_seconds"] for each in confirmed)
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()


async def test_a_closing_counts_again_when_something_for_its_days_was_posted(
    app, oak, coordinator, people, monkeypatch
):
    """Each time it has counted, somebody is quicker; the last time it counts with the head locked."""
    ana, ben = await people.member(), await people.member()
    claims = [(await log(ben, ben, ana, seconds=600, service_on=str(YESTERDAY)))[0] for _ in range(9)]
    counted, count = [], periods.count

    async def count_then_confirm(db, community_id, closing, ends_at, tree_size):
        found = await count(db, community_id, closing, ends_at, tree_size)
        counted.append(found)
        if len(counted) <= periods.TRIES:
            answer = await ana.post(f"/claims/{claims.pop()}/confirmation", {})
            assert answer.status_code == 200, answer.text
        return found

    monkeypatch.setattr(periods, "count", count_then_confirm)
    answer = await close(coordinator, YESTERDAY, despite=CLAIMS)
    assert answer.status_code == 201, answer.text
    assert len(counted) == periods.TRIES + 1
    assert (await closings_of(ana))[0]["balance"] == -900 * periods.TRIES


async def test_another_communitys_closing_is_not_there(app, coordinator, people, anonymous):
    elm = await app.state.ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    stranger = await People(app, anonymous, elm).coordinator()
    assert (await close(coordinator, YESTERDAY)).status_code == 201
    for path in ("/periods/1", "/periods/1/balances", f"/accounts/{coordinator.account}/closings/1"):
        assert problem(await stranger.get(path)) == (404, "not_found")
        answer = await stranger.client.get(f"/v1/communities/oak{path}", headers=stranger.headers)
        assert problem(answer) == (404, "not_found")
    assert (await stranger.get("/periods")).json()["periods"] == []
