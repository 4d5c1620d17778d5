"""The trial balance of a closing in PostgreSQL: what it reads, a tree with stored nodes, and closings of before."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.book.authors import SHELL, Event
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, TransferKind
from ledger.book.posting import Done
from ledger.database.connections import statement
from ledger.desk.audit import audit_community
from ledger.desk.closing import DESPITE, close_period
from ledger.hours.hours import Hours, Plan
from ledger.hours.period_proofs import balance_proof
from ledger.log.balance_proofs import render_balance_proof, verify_balance
from ledger.log.checkpoints import VerifierKey
from ledger.log.trust import Trust
from tests.conftest import driver_arguments, in_database
from tests.postgres.test_hours_plans import filled  # noqa: F401 - a fixture
from tests.postgres.test_migration import old_name, upgrade  # noqa: F401 - a fixture
from tests.postgres.test_plans import nodes

MANY = 600
BEGAN = datetime(2026, 9, 1, 8, tzinfo=UTC)
LOOKS_UP = [
    "hours/list_closed_periods",
    "hours/list_account_closings",
    "hours/list_period_balances",
    "hours/read_account_closing",
    "hours/read_period_leaves",
    "hours/read_period_nodes",
    "hours/read_closing",
    "hours/read_last_closings",
    "hours/sum_period_balances",
    "hours/count_since",
    "hours/read_balances_as_of",
    "desk/closing_items",
    "desk/read_newest_audit",
]
READ_WHOLE = {
    # Every balance is what is asked for, once a month.
    "hours/read_balances_as_of": {"balance", "account_secret"},
    "hours/count_since": {"balance"},
    # What waits is few, and stands in tables of its own; so do closings.
    "desk/closing_items": {"open_claim", "open_hold", "dispute_open", "paper_round_open"},
    "hours/read_closing": {"period_reason"},
    "hours/read_last_closings": {"closed_period", "period_reopening"},
    "hours/list_closed_periods": {"period_reopening"},
    "hours/list_account_closings": {"closed_period", "period_reopening"},
    "hours/sum_period_balances": {"account"},
    "hours/list_period_balances": {"account"},
}


@pytest.fixture
async def many(ledger, community):
    """600 accounts in a ring that gave each other hours in September and October."""
    ids = [uuid4() for _ in range(MANY)]
    moment = [BEGAN]
    ledger.now = lambda: moment[0]
    opening = [OpenAccount(each, AccountKind.MEMBER, f"m{n}", -360_000, None) for n, each in enumerate(ids)]
    await ledger.post(community, opening)
    for day in range(0, 45, 5):
        moment[0] = BEGAN + timedelta(days=day)
        await ledger.post(
            community,
            [
                PostTransfer(
                    uuid4(),
                    TransferKind.CARE if n % 3 else TransferKind.GIFT,
                    ((ids[n], -60 * (n + 1)), (ids[(n * 7 + day + 1) % MANY], 60 * (n + 1))),
                    service_on=moment[0].date() if n % 3 else None,
                )
                for n in range(0, MANY - 1, 2)
                if ids[n] != ids[(n * 7 + day + 1) % MANY]
            ],
        )
    return ids


async def close(ledger, community, through_on):
    answer = await close_period(
        Hours(ledger), community, SHELL, uuid4(), through_on, frozenset(DESPITE), "Because"
    )
    assert isinstance(answer.outcome, Done), answer
    return answer


async def test_every_account_has_its_proof_in_a_tree_with_stored_nodes(ledger, community, many, tmp_path):
    for through_on in (date(2026, 9, 14), date(2026, 9, 30), date(2026, 10, 10)):
        await close(ledger, community, through_on)
    vkeys = [VerifierKey.parse(each) for each in ledger.keys.vkeys(community.origin)]
    trust = Trust(frozenset({community.issuer}), {}, {community.origin: tuple(vkeys)})
    async with ledger.database.snapshot(community.id) as db:
        stored = await db.driver.fetch(
            "SELECT account_id, closing_number, balance, place FROM period_balance"
        )
        levels = await db.driver.fetch(
            "SELECT closing_number, count(*) AS nodes FROM period_node GROUP BY 1 ORDER BY 1"
        )
        assert [tuple(row) for row in levels] == [(1, 2), (2, 2), (3, 2)]
        # Both ends, both sides of each stored subtree, and some between.
        places = {0, 1, 255, 256, 257, 511, 512, 513, MANY - 1}
        for row in stored:
            if row["closing_number"] == 2 and (row["place"] in places or row["place"] % 50 == 0):
                proof = await balance_proof(db, community, row["account_id"], 2)
                result = verify_balance(render_balance_proof(proof).encode(), trust)
                assert result.valid, result.checks
                assert (result.says.account_id, result.says.balance) == (
                    str(row["account_id"]),
                    row["balance"],
                )
        assert await balance_proof(db, community, many[0], 9) is None
        assert await balance_proof(db, community, UUID(int=1), 2) is None
    report = await audit_community(ledger, community, folder=tmp_path, workers=0)
    assert report.clean, report.render_lines()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE period_node SET node_hash = sha256('') WHERE node_index = 1",
        "DELETE FROM period_node WHERE node_index = 1",
        "UPDATE period_node SET level = 16 WHERE node_index = 1",
        "UPDATE period_node SET node_index = 7 WHERE node_index = 1",
    ],
)
async def test_a_stored_node_that_was_changed_is_found(ledger, community, many, owner, tmp_path, sql):
    await close(ledger, community, date(2026, 9, 14))
    await owner.execute(sql)
    report = await audit_community(ledger, community, folder=tmp_path, workers=0)
    assert [each.what for each in report.findings] == ["The stored nodes are not those of the tree."]


async def test_a_closing_made_anew_by_whoever_owns_the_database_is_found(
    ledger, community, many, owner, tmp_path
):
    """All its rows agree with each other, and with the entries not."""
    await close(ledger, community, date(2026, 9, 14))
    one, other = many[1], many[2]
    await owner.execute("UPDATE period_balance SET balance = balance + 60 WHERE account_id = $1", one)
    await owner.execute("UPDATE period_balance SET balance = balance - 60 WHERE account_id = $1", other)
    report = await audit_community(ledger, community, folder=tmp_path, workers=0)
    said = [each.what for each in report.findings]
    assert any("do not hash to the root" in each for each in said), said
    assert sum("the entries make" in each for each in said) == 2, said


async def test_closings_of_before_are_numbered_by_their_days(server, old_name):  # noqa: F811
    url = in_database(server.url, old_name)
    await upgrade(url, "0007")
    old = await asyncpg.connect(**driver_arguments(server.url, old_name))
    try:
        for slug in ("oak", "elm"):
            await old.execute(
                "INSERT INTO community (slug, name, issuer, origin, founded_at) VALUES ($1, $1, 'i', $1, now())",
                slug,
            )
        days = [(1, 31), (1, 7), (2, 14), (1, 21)]
        for community_id, day in days:
            await old.execute(
                "INSERT INTO closed_period (community_id, through_on, closed_at) VALUES ($1, $2, now())",
                community_id,
                date(2026, 5, day),
            )
        await upgrade(url, "0008")
        rows = await old.fetch("SELECT * FROM closed_period ORDER BY community_id, closing_number")
        assert [(row["community_id"], row["closing_number"], row["through_on"].day) for row in rows] == [
            (1, 1, 7), (1, 2, 21), (1, 3, 31), (2, 1, 14),
        ]  # fmt: skip
        assert {row["root"] for row in rows} == {None}
    finally:
        await old.close()


async def test_a_closing_of_before_has_no_proofs_and_the_next_one_has(ledger, community, many, tmp_path):
    key, through_on = uuid4(), date(2026, 9, 14)

    async def make(_db, _slice, _book, _now):
        async def write(db, _parts, now):
            values = {"community_id": community.id, "through_on": through_on}
            nothing = dict.fromkeys(
                (
                    "event_id",
                    "recorded_event_id",
                    "ends_at",
                    "tree_size",
                    "account_count",
                    "root",
                    "closed_by",
                )
            )
            await db.run("hours/insert_closed_period", closing_number=1, now=now, **values, **nothing)
            await db.run("hours/set_closed_through", **values)
            return [Event("period_closed", SHELL, None, {"through": str(through_on), "size": 7}, key)]

        return Plan(write=write)

    await Hours(ledger).do(community, SHELL, key, "close_period", str(through_on), make)
    async with ledger.database.snapshot(community.id) as db:
        assert await balance_proof(db, community, many[0], 1) is None
    await close(ledger, community, date(2026, 9, 30))
    async with ledger.database.snapshot(community.id) as db:
        assert await balance_proof(db, community, many[0], 2) is not None
    report = await audit_community(ledger, community, folder=tmp_path, workers=0)
    assert report.clean, report.render_lines()


def arguments(name, number):
    today = datetime.now(UTC).date()
    values = {
        "community_id": number,
        "account_id": uuid4(),
        "closing_number": 1,
        "below": 999,
        "after": -1,
        "at_most": 50,
        "first": 0,
        "count": 256,
        "level": 8,
        "through_on": today - timedelta(days=30),
        "ends_at": datetime.now(UTC) - timedelta(days=29),
        "now": datetime.now(UTC),
        "tree_size": 7,
    }
    return [values[parameter] for parameter in statement(name).parameters]


async def test_only_what_is_asked_for_is_read(ledger, filled, owner):  # noqa: F811
    """Behind a year of claims and of transfers: what a closing reads are the days since, and every balance."""
    await owner.execute(
        f"""
        INSERT INTO transfer (community_id, transfer_id, leaf_index, kind, service_on, recorded_at, fingerprint)
        SELECT {filled}, md5('t' || t)::uuid, t, 'care', current_date - 360 + t / 60, date_trunc('second', now())
            - 360 * interval '1 day' + t / 60 * interval '1 day', sha256('')
        FROM generate_series(1, 21600) t;
        INSERT INTO entry SELECT {filled}, md5('a' || 1 + t % 500)::uuid, t, t, 0, 60, 60, repeat('x', 43)
        FROM generate_series(1, 21600) t;
        INSERT INTO log_leaf SELECT {filled}, t, md5('t' || t)::uuid, sha256(''), '' FROM generate_series(1, 21600) t;
        INSERT INTO care_request (community_id, care_request_id, receiver_id, asked_via, activity, care_on, seconds,
            payer_account_id, held_seconds, policy_version, asked_at, expires_at, state, event_count)
        SELECT {filled}, md5('r' || r)::uuid, md5('m1')::uuid, 'member', 'x', current_date - r, 60, md5('a1')::uuid, 0,
            0, now(), now(), 'open', 1
        FROM generate_series(1, 3000) r;
        INSERT INTO event SELECT {filled}, 30000 + e, md5('e' || e)::uuid, 'proposed', date_trunc('second', now()),
            'shell', NULL, NULL, '{{}}', 's', repeat('x', 43)
        FROM generate_series(1, 5000) e;
        INSERT INTO dispute SELECT {filled}, md5('d' || d)::uuid, md5('c' || d)::uuid, md5('m' || d % 500)::uuid,
            md5('n' || d % 500)::uuid, 2, md5('m1')::uuid, 'receiver', now() - d * interval '1 hour', current_date,
            'posted', 'upheld', md5('m1')::uuid, now()
        FROM generate_series(1, 3000) d;
        INSERT INTO closed_period (community_id, closing_number, through_on, closed_at)
        SELECT {filled}, p, current_date - 900 + p, now() FROM generate_series(1, 100) p;
        INSERT INTO period_balance SELECT {filled}, p, a, md5('a' || a)::uuid, 0, 0, repeat('x', 43)
        FROM generate_series(1, 100) p, generate_series(1, 500) a;
        """
    )
    await owner.execute("ANALYZE")
    for name in LOOKS_UP:
        async with ledger.database.connection(filled) as db:
            explained = await db.driver.fetchval(
                "EXPLAIN (FORMAT JSON) " + statement(name).sql, *arguments(name, filled)
            )
        assert_reads(name, explained[0]["Plan"])


def assert_reads(name, plan):
    for node in nodes(plan):
        assert node["Node Type"] != "Seq Scan", node
        if "Index Cond" in node and " AND " not in node["Index Cond"]:
            names = {node.get("Relation Name", ""), node["Index Name"]}
            allowed = READ_WHOLE.get(name, set())
            assert any(each.startswith(prefix) for each in names for prefix in allowed), (name, names)
