"""The demo carried out: all of a co-op's life is in the tables, the audit is clean, and nothing is done twice."""

from datetime import timedelta

import pytest

from ledger.desk.assertions import find_assertions
from ledger.desk.audit import audit_community
from ledger.desk.demo import demo_progress, found_demo, make_demo
from ledger.desk.rounds.rounds import count_lines, list_rounds
from ledger.hours.hours import Hours
from ledger.hours.liability import read_liability
from tests.conftest import ISSUER

ORIGIN = "care.example.org/demo"


@pytest.fixture
async def orchard(ledger):
    return await found_demo(ledger, "demo", ISSUER, ORIGIN)


class Interrupted(Exception):
    """As a user would with Ctrl-C."""


def interrupting(after):
    def progress(done, total):
        if done >= after:
            raise Interrupted

    return progress


async def counted(owner, statement):
    """The statement's rows as a dictionary: the last column by the others."""
    rows = [tuple(row.values()) for row in await owner.fetch(statement)]
    return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in rows}


TABLES = (
    "account", "account_holder", "admin_event", "balance_assertion", "claim", "claim_event", "open_claim",
    "care_request", "care_request_event", "clearance", "closed_period", "delegation", "dispute", "entry", "hold",
    "log_leaf", "member", "member_class", "member_role", "paper_decision", "paper_line", "paper_round", "policy",
    "pot_rule", "pot_spending", "proposal", "relative", "request", "task", "transfer",
)  # fmt: skip


async def everything(owner):
    there = {row["tablename"] for row in await owner.fetch("SELECT tablename FROM pg_tables")}
    return {
        table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES if table in there
    }


async def check_that_the_books_were_looked_after(ledger, orchard):
    async with ledger.database.snapshot(orchard.id) as db:
        rounds = await list_rounds(db, orchard.id, state=None, is_open=None, after=None, at_most=9)
        counts = await count_lines(db, orchard.id, [each.id for each in rounds])
        assertions = await find_assertions(db, orchard.id, at_most=9)
    waiting, finished = rounds
    assert (waiting.state, finished.state) == ("matched", "signed_off")
    assert finished.totals is not None
    assert set(finished.totals["deeds"]) == {"accept", "create", "set_aside"}
    assert finished.totals["only_in_ledger"] > 0
    begun = {(each.grade, each.state) for each in counts[waiting.id]}
    assert begun == {
        ("exact", "decided"),
        ("exact", "undecided"),
        ("probable", "undecided"),
        ("none", "undecided"),
    }
    assert [(each.state, each.difference) for each in assertions] == [
        ("differs", 5_400),
        ("holds", 0),
        ("holds", 0),
    ]


async def test_a_year_of_life_exercises_it_all_and_is_told_once(ledger, orchard, owner, tmp_path):
    with pytest.raises(Interrupted):
        await make_demo(ledger, orchard, interrupting(1_500))
    told = []
    total = await make_demo(ledger, orchard, lambda done, total: told.append((done, total)))
    assert 1_400 < told[0][0] <= 1_500 and told[-1] == (total, total)

    # What the teller believes and what the books say agree, but for a claim or two, tried again each week.
    assert await owner.fetchval("SELECT count(*) FROM request WHERE refusal IS NOT NULL") < 25
    claims = await counted(owner, "SELECT state, count(*) FROM claim GROUP BY 1")
    assert claims["posted"] > 1_800
    assert set(claims) == {"submitted", "posted", "declined", "withdrawn", "disputed", "reversed"}
    confirmed = await counted(owner, "SELECT via, count(*) FROM claim_event WHERE kind = 'posted' GROUP BY 1")
    assert {"member", "delegate", "coordinator", "silence"} <= set(confirmed)
    paid = await counted(
        owner,
        "SELECT a.kind, count(*) FROM claim_event e JOIN account a ON a.account_id = e.payer_account_id GROUP BY 1",
    )
    assert {"member", "household", "pot"} <= set(paid)
    capped = "SELECT count(*) FROM claim WHERE state = 'posted' AND credited_seconds < recorded_seconds"
    assert await owner.fetchval(capped) > 0
    disputes = await counted(owner, "SELECT coalesce(outcome, 'open'), count(*) FROM dispute GROUP BY 1")
    assert set(disputes) == {"upheld", "corrected", "reversed", "withdrawn", "open"}
    requests = await counted(owner, "SELECT state, count(*) FROM care_request GROUP BY 1")
    assert set(requests) == {"open", "taken", "settled", "cancelled"}
    expired = "SELECT count(*) FROM care_request WHERE state = 'open' AND expires_at < now()"
    assert await owner.fetchval(expired) > 0
    assert await owner.fetchval("SELECT count(DISTINCT series_id) FROM care_request") >= 4
    kinds = await counted(owner, "SELECT kind, count(*) FROM transfer GROUP BY 1")
    assert set(kinds) == {"care", "redeem", "gift", "grant", "reverse", "inherit", "lapse"}
    members = await counted(owner, "SELECT status, count(*) FROM member GROUP BY 1")
    assert members == {"active": 37, "left": 1, "died": 1, "applied": 1}
    roles = await counted(owner, "SELECT role, count(*) FROM member_role WHERE ended_at IS NULL GROUP BY 1")
    assert roles == {"coordinator": 2, "auditor": 1}
    assert await owner.fetchval("SELECT count(*) FROM policy") == 2
    assert await owner.fetchval("SELECT count(*) FROM pot_rule") == 4
    assert await owner.fetchval("SELECT count(*) FROM closed_period") == 2
    wishes = await counted(
        owner, "SELECT large_print, count(*) FROM statement_wish WHERE by_email GROUP BY 1"
    )
    assert wishes == {True: 1, False: 1}
    on_record = (
        "SELECT count(*) FROM event WHERE kind = 'person_changed' AND via = 'member'"
        " AND CAST(details AS jsonb) -> 'fields' ? 'statements_by_email'"
    )
    assert await owner.fetchval(on_record) == 2
    said = "SELECT count(DISTINCT claim_id), count(DISTINCT member_id) FROM well_being"
    visits, members = await owner.fetchrow(said)
    assert visits > 200 and members > 25

    await check_that_the_books_were_looked_after(ledger, orchard)

    # What waits for a co-ordinator who looks around.
    assert await owner.fetchval("SELECT count(*) FROM open_claim") > 5
    assert await owner.fetchval("SELECT count(*) FROM task WHERE done_at IS NULL") > 0
    assert await owner.fetchval("SELECT count(*) FROM claim_overlap WHERE seen_at IS NULL") > 0
    waiting = (
        "SELECT count(*) FROM care_request WHERE state = 'open' AND expires_at > now() AND care_on >= now()"
    )
    assert await owner.fetchval(waiting) >= 2
    soon = "SELECT count(*) FROM clearance WHERE expires_on BETWEEN CURRENT_DATE AND CURRENT_DATE + 31"
    assert await owner.fetchval(soon) == 1

    report = await audit_community(ledger, orchard, folder=tmp_path / "audits", workers=0)
    assert report.clean, report.render_lines()
    async with ledger.database.snapshot(orchard.id) as db:
        owed = await read_liability(db, orchard.id, ledger.now().date(), 20)
    assert owed.coverage_per_mille is not None and 20 < owed.coverage_per_mille < 1_000
    assert len(owed.ages) >= 3

    # All of it was done, as whoever opens the service tomorrow sees.
    assert await demo_progress(ledger, orchard) == (total, total)
    before = await everything(owner)
    assert await make_demo(ledger, orchard) == total
    assert await everything(owner) == before
    # Another seed would be other people in the same community.
    with pytest.raises(RuntimeError, match="of its own"):
        await make_demo(ledger, orchard, seed="another")


async def test_a_service_that_keeps_house_meanwhile_does_no_harm(ledger, orchard, owner, tmp_path):
    with pytest.raises(Interrupted):
        await make_demo(ledger, orchard, interrupting(3_000))
    # To a service with today's clock, what waits in the story has waited for months.
    assert await Hours(ledger).confirm_silent(orchard) > 0
    await make_demo(ledger, orchard)
    report = await audit_community(ledger, orchard, folder=tmp_path / "audits", workers=0)
    assert report.clean, report.render_lines()


async def test_the_demo_needs_a_community_that_is_a_year_old_and_empty(ledger, community, orchard):
    with pytest.raises(RuntimeError, match="was founded on"):
        await make_demo(ledger, community)
    with pytest.raises(ValueError, match="already a community"):
        await found_demo(ledger, "demo", ISSUER, "care.example.org/other")
    assert ledger.now() - timedelta(days=366) < await founded_at(ledger, orchard)


async def founded_at(ledger, community):
    async with ledger.database.connection(community.id) as db:
        row = await db.row("desk/read_founded_at", community_id=community.id)
    return row["founded_at"]
