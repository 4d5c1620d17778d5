"""Paper rounds in the database: what their statements read, what a large one costs, and what erasing takes from it."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from api.housekeeping import sweep
from ledger.database.connections import Connection, statement
from ledger.desk.rounds import finding, rounds, taking_in
from ledger.desk.rounds.reading import NewRound
from ledger.desk.rounds.taking_in import TypedLine, TypedRound, type_round
from ledger.desk.working import Progress
from tests.postgres.test_plans import nodes

STATEMENTS = [
    "count_only_in_ledger",
    "count_round_lines",
    "delete_line_matches",
    "delete_old_round_files",
    "delete_undecided_lines",
    "end_round",
    "end_round_matching",
    "find_same_file",
    "insert_line_matches",
    "list_only_in_ledger",
    "list_round_lines",
    "list_rounds",
    "lock_round",
    "read_line_matches",
    "read_paper_names",
    "read_paper_reading",
    "read_records",
    "read_round_claims",
    "read_round_decisions",
    "read_round_lines",
    "read_round_members",
    "read_round_transfers",
    "read_taken_records",
    "read_undecided_lines",
    "read_waiting_corrections",
    "round_begun",
    "round_has_lines",
    "set_line_states",
    "split_round_line",
    "write_paper_names",
    "write_round_matches",
]
WHOLE = {"paper_round", "paper_file", "member", "person"}
"""Of these all rows of a community are read, by its part of an index: there are few, or all are wanted."""

LINES = 5_000


def arguments(name, number):
    today, now, ids = datetime.now(UTC).date(), datetime.now(UTC), [uuid4(), uuid4()]
    values = {
        "community_id": number,
        "round_id": ids[0],
        "round_ids": ids,
        "record_ids": ids,
        "from_on": today - timedelta(days=31),
        "until_on": today,
        "after_on": today,
        "after_id": ids[0],
        "after_at": now,
        "after": 7,
        "at_most": 50,
        "now": now,
        "before": now,
        "state": "undecided",
        "states": ["decided", "decided"],
        "open": True,
        "grade": "exact",
        "deed": None,
        "unread": None,
        "line_numbers": [1, 2],
        "line_number": 1,
        "side": "provider",
        "names": ["Ann", "Bob"],
        "members": ["", ""],
        "grades": ["exact", "none"],
        "reasons": ["agrees", ""],
        "providers": ["", ""],
        "receivers": ["", ""],
        "kinds": ["claim", "claim"],
        "nears": [False, True],
        "decisions": ["accept", None],
        "decision_ids": ids,
        "provider_ids": ids,
        "receiver_ids": ids,
        "source_key": "a",
        "written": ["a", "b"],
        "member_ids": ids,
        "by_id": ids[0],
        "ended_by": ids[0],
        "totals": None,
        "file_hash": bytes(32),
        "shapes": [bytes(32), bytes(32)],
    }
    return [values[parameter] for parameter in statement(f"desk/{name}").parameters]


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_statement_of_rounds_scans_a_table(name, ledger, community):
    """Made now, in an empty database, the plan is kept while the tables grow."""
    async with ledger.database.connection(community.id) as db:
        sql = "EXPLAIN (FORMAT JSON) " + statement(f"desk/{name}").sql
        explained = await db.driver.fetchval(sql, *arguments(name, community.id))
    for node in nodes(explained[0]["Plan"]):
        assert node["Node Type"] != "Seq Scan", node
        condition = node.get("Index Cond")
        if condition is not None and " AND " not in condition:
            table = node.get("Relation Name") or node["Index Name"].rpartition("_")[0]
            assert any(table.startswith(each) for each in WHOLE), (name, node)


@pytest.fixture
async def large(ledger, community, owner):
    """A round of many lines, each the same as a claim."""
    await owner.execute("SET session_replication_role = replica")
    number = community.id
    await owner.execute(
        f"""
        INSERT INTO member
        SELECT {number}, md5('m' || m)::uuid, m, 'active', '2026-01-01', '2026-01-01', false, 1, now()
        FROM generate_series(1, 200) m;
        INSERT INTO person (community_id, member_id, name, skeleton, languages)
        SELECT {number}, md5('m' || m)::uuid, 'Member ' || m, 'member ' || m, '{{}}' FROM generate_series(1, 200) m;
        INSERT INTO claim (community_id, claim_id, provider_id, receiver_id, activity, service_on, recorded_seconds,
            policy_version, provider_account_id, receiver_account_id, logged_via, logged_at, state, event_count,
            posting_count, credited_seconds, paid_seconds)
        SELECT {number}, md5('c' || c)::uuid, md5('m' || 1 + c % 100)::uuid, md5('m' || 101 + c / 100 % 100)::uuid,
            'care', date '2026-10-01' + c % 30, 3600, 0, md5('a' || 1 + c % 100)::uuid,
            md5('a' || 101 + c / 100 % 100)::uuid,
            'token', now(), 'posted', 2, 1, 3600, 3600
        FROM generate_series(0, {LINES} - 1) c;
        """
    )
    lines = [
        TypedLine(
            f"Member {1 + c % 100}",
            f"Member {101 + c // 100 % 100}",
            date(2026, 10, 1) + timedelta(days=c % 30),
            3600,
        )
        for c in range(LINES)
    ]
    round_id = uuid4()
    async with ledger.database.transaction(number) as db:
        assert await type_round(db, number, round_id, uuid4(), TypedRound("A year", lines), ledger.now())
    return round_id


async def test_a_large_round_takes_few_statements(ledger, community, large, monkeypatch):
    said = []

    def counting(name):
        real = getattr(Connection, name)

        async def counted(self, statement_name, /, **values):
            said.append(statement_name)
            return await real(self, statement_name, **values)

        monkeypatch.setattr(Connection, name, counted)

    for name in ("rows", "row", "run"):
        counting(name)
    progress = Progress()
    outcome = await finding.match_round(ledger, community.id, large, progress)
    assert outcome == {"exact": LINES, "probable": 0, "none": 0, "finding_count": 0}
    assert (progress.done, progress.total) == (LINES, LINES)
    assert len(said) <= 20, said
    said.clear()
    async with ledger.database.snapshot(community.id) as db:
        page = await rounds.list_lines(db, community.id, large, after=4_000, at_most=200)
    assert [len(line.records) for line in page] == [1] * 200
    assert len(said) == 3, said


async def test_a_file_is_not_kept_for_ever_whoever_comes_or_nobody(ledger, community, owner):
    new = NewRound("A clinic", "a.csv", b"Date,Volunteer,Service user,Time\n2026-10-05,Ana,Ben,1:00\n")
    old, young = uuid4(), uuid4()
    just, over = ledger.now() - taking_in.KEPT_FOR + timedelta(minutes=1), ledger.now() - taking_in.KEPT_FOR
    await taking_in.begin_round(ledger.database, community.id, old, uuid4(), new, over)
    await taking_in.begin_round(ledger.database, community.id, young, uuid4(), new, just)
    await sweep(ledger, [partial(taking_in.erase_old_files, ledger)])
    assert [row["round_id"] for row in await owner.fetch("SELECT round_id FROM paper_file")] == [young]
    # The round itself stays, to be decided and signed off, or given up.
    assert len(await owner.fetch("SELECT FROM paper_round WHERE ended_at IS NULL")) == 2


async def test_the_service_can_take_back_nothing_that_was_decided(ledger, community):
    async with ledger.database.connection(community.id) as db:
        for forbidden in (
            "UPDATE paper_decision SET deed = 'accept'",
            "DELETE FROM paper_decision",
            "DELETE FROM paper_round",
            "UPDATE paper_round SET file_hash = sha256('x')",
            "UPDATE paper_line SET seconds = 1",
        ):
            with pytest.raises(Exception, match="permission denied"):
                await db.driver.execute(forbidden)
