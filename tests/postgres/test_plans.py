"""No hot statement scans or sorts, and an earlier balance costs a handful of buffers however long the history."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ledger.database.connections import statement

SIZE = 4_000


@pytest.fixture
async def filled(owner, community):
    """A community with a long history, written straight into the tables and analysed."""
    number = community.id
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        f"""
        INSERT INTO account SELECT {number}, md5('a' || a)::uuid, 'member', 'a' || a, NULL, now()
        FROM generate_series(1, 200) a;
        INSERT INTO account_secret SELECT {number}, md5('a' || a)::uuid, decode(repeat('00', 32), 'hex')
        FROM generate_series(1, 200) a;
        INSERT INTO balance SELECT {number}, md5('a' || a)::uuid, 0, 0, 0, NULL, 40, 1, false
        FROM generate_series(1, 200) a;
        INSERT INTO transfer SELECT {number}, md5('t' || t)::uuid, t, 'care', NULL,
            date_trunc('second', now()) - interval '1 second' * ({SIZE} - t), NULL, NULL, sha256('x'), NULL
        FROM generate_series(0, {SIZE} - 1) t;
        INSERT INTO log_leaf SELECT {number}, t, md5('t' || t)::uuid, sha256('x'), 'payload'
        FROM generate_series(0, {SIZE} - 1) t;
        INSERT INTO entry SELECT {number}, md5('a' || (1 + (t * 2 + p) % 200))::uuid, 1 + (t * 2 + p) / 200, t, p,
            1 - 2 * p, 0, repeat('d', 43)
        FROM generate_series(0, {SIZE} - 1) t, generate_series(0, 1) p;
        INSERT INTO log_node SELECT {number}, 8, n, sha256('x') FROM generate_series(0, 1999) n;
        INSERT INTO request SELECT {number}, md5('r' || r)::uuid, 'post_transfer', sha256('x'), 'below_floor', NULL,
            now()
        FROM generate_series(1, 2000) r;
        INSERT INTO hold SELECT {number}, md5('h' || h)::uuid, md5('a1')::uuid, 1, now(), now()
        FROM generate_series(1, 2000) h;
        INSERT INTO hold_resolution SELECT {number}, md5('h' || h)::uuid, 'voided', md5('v' || h)::uuid, now()
        FROM generate_series(1, 2000) h;
        INSERT INTO member SELECT {number}, md5('m' || m)::uuid, m, 'active', now(), now(), false, 1, now()
        FROM generate_series(1, 2000) m;
        INSERT INTO session SELECT {number}, sha256(('m' || m)::bytea), md5('s' || m)::uuid, md5('m' || m)::uuid,
            'card', 'device', NULL, now(), now(), now()
        FROM generate_series(1, 2000) m;
        INSERT INTO account_holder SELECT {number}, md5('a' || m)::uuid, md5('m' || m)::uuid, now()
        FROM generate_series(1, 2000) m;
        INSERT INTO member_role SELECT {number}, md5('m' || m)::uuid, 'auditor', now()
        FROM generate_series(1, 2000) m;
        INSERT INTO delegation SELECT {number}, md5('d' || m)::uuid, md5('m' || m)::uuid, md5('m' || (m + 1))::uuid,
            'child', ARRAY['see'], 0, now(), NULL, md5('m' || m)::uuid, NULL, now()
        FROM generate_series(1, 2000) m;
        """
    )
    await owner.execute("ANALYZE")
    return number


def arguments(name, number):
    """Values for every parameter a statement may have, by its name."""
    accounts = [f"a{n}" for n in (1, 100, 199)]
    uuids = [uuid4() for _ in accounts]
    values = {
        "community_id": number,
        "account_ids": uuids,
        "account_id": uuids[0],
        "request_ids": uuids,
        "hold_ids": uuids,
        "transfer_ids": uuids,
        "now": datetime.now(UTC),
        "moment": datetime.now(UTC),
        "tree_size": SIZE,
        "leaf_indexes": [1, 100, 199],
        "below": 10**9,
        "after": "a1",
        "at_most": 50,
        "first": 512,
        "count": 256,
        "level": 8,
        "codes": accounts,
        "slug": "oak",
        "session_hash": bytes(32),
        "idle_since": datetime.now(UTC),
        "today": datetime.now(UTC).date(),
        "code_from": "a",
        "code_before": "b",
        "kind": "gift",
        "closed": False,
        "part": "ana",
        "looks_like": "ana",
        "member_id": uuids[0],
        "work_id": uuids[0],
        "after_id": uuids[0],
        "stale_after": timedelta(seconds=15),
        "kept": 100,
        "service_from": datetime.now(UTC).date(),
        "service_until": datetime.now(UTC).date(),
    }
    for numbers in "balances helds floors ceilings entry_counts limits_counts".split():
        values[numbers] = [0, 0, 0]
    values["closeds"] = [False] * 3
    return [values[parameter] for parameter in statement(name).parameters]


HOT = [
    "book/lock_head",
    "book/read_accounts",
    "book/read_head_and_requests",
    "book/read_expired_holds",
    "book/read_holds",
    "book/read_originals",
    "book/update_balances",
    "book/read_transfers",
    "book/read_account",
    "book/list_accounts",
    "book/view_accounts",
    "book/list_entries",
    "book/journal_of_log",
    "book/journal_of_account",
    "book/journal_of_kind",
    "book/first_leaf_since",
    "people/list_kind_events",
    "people/first_event_since",
    "people/last_event_before",
    "people/read_newest_erasure",
    "book/balance_at_size",
    "book/size_at_time",
    "log/read_leaf_hashes",
    "log/read_nodes",
    "people/read_session",
    "hours/view_paid_claims",
    "people/view_other_sides",
]
ONE_ROW_A_COMMUNITY = {"log_head", "community"}
PUTS_A_HANDFUL_IN_ORDER = {"book/read_transfers", "book/read_originals", "book/update_balances"}


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def assert_looks_up(name, plan):
    """Every table is read by an index, by more of its key than the community, and nothing is sorted."""
    for node in nodes(plan):
        kind = node["Node Type"]
        assert kind not in ("Seq Scan", "WindowAgg"), node
        if name not in PUTS_A_HANDFUL_IN_ORDER:
            assert kind not in ("Sort", "Incremental Sort"), node
        if "Index Cond" in node and node.get("Relation Name") not in ONE_ROW_A_COMMUNITY:
            assert node["Index Cond"].count(" AND ") >= 1, node


@pytest.mark.parametrize("name", HOT)
async def test_a_hot_statement_looks_up_what_it_needs(name, ledger, filled):
    async with ledger.database.connection(filled) as db:
        explained = await db.driver.fetchval(
            "EXPLAIN (FORMAT JSON) " + statement(name).sql, *arguments(name, filled)
        )
    assert_looks_up(name, explained[0]["Plan"])


async def test_a_hot_statement_looks_up_what_it_needs_in_a_new_database_too(ledger, community):
    # A plan made now is kept while the tables grow, so it must be right although there is nothing in them yet.
    async with ledger.database.connection(community.id) as db:
        for name in HOT:
            values = arguments(name, community.id)
            explained = await db.driver.fetchval("EXPLAIN (FORMAT JSON) " + statement(name).sql, *values)
            assert_looks_up(name, explained[0]["Plan"])


SEARCHES = [
    "book/journal_of_days",
    "book/list_named_accounts",
    "book/trial_balance",
    "people/list_events",
    "people/list_member_events",
    "desk/list_work",
    "desk/read_work",
    "desk/read_running_work",
    "desk/delete_old_work",
]


async def test_a_search_scans_no_table(ledger, filled):
    """Some look through what is one community's, by an index: its names, its balances, its days of care."""
    async with ledger.database.connection(filled) as db:
        for name in SEARCHES:
            values = arguments(name, filled)
            explained = await db.driver.fetchval("EXPLAIN (FORMAT JSON) " + statement(name).sql, *values)
            for node in nodes(explained[0]["Plan"]):
                assert node["Node Type"] != "Seq Scan", (name, node)


@pytest.mark.parametrize(
    "name", ["journal_of_log", "journal_of_kind", "journal_of_account", "journal_of_days"]
)
async def test_a_page_of_the_journal_costs_what_the_page_is_long(name, ledger, filled, owner):
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        f"UPDATE transfer SET kind = 'gift', service_on = current_date WHERE leaf_index < {SIZE} / 2"
    )
    await owner.execute("VACUUM ANALYZE")
    values = dict(zip(statement(f"book/{name}").parameters, arguments(f"book/{name}", filled), strict=True))
    values |= {"first": 0, "below": SIZE, "at_most": 11, "service_from": None}
    values["account_id"] = (
        UUID(await owner.fetchval("SELECT md5('a150')")) if name == "journal_of_account" else None
    )
    values["kind"] = "gift" if name == "journal_of_kind" else None
    if name == "journal_of_account":
        values["service_until"] = None
    asked = [values[parameter] for parameter in statement(f"book/{name}").parameters]
    async with ledger.database.connection(filled) as db:
        assert len(await db.driver.fetch(statement(f"book/{name}").sql, *asked)) == 11
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement(f"book/{name}").sql
        plan = (await db.driver.fetchval(explain, *asked))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 120


@pytest.mark.parametrize("name", ["book/balance_at_size", "book/size_at_time"])
async def test_an_earlier_balance_takes_at_most_ten_buffers(name, ledger, filled, owner):
    await owner.execute("VACUUM")
    values = arguments(name, filled)
    for position, parameter in enumerate(statement(name).parameters):
        if parameter == "account_id":
            values[position] = UUID(await owner.fetchval("SELECT md5('a150')"))
    async with ledger.database.connection(filled) as db:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement(name).sql
        await db.driver.fetchval(explain, *values)
        plan = (await db.driver.fetchval(explain, *values))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 10
