"""The directory looks up what it needs; a report passes over what it counts once, and over no more than it must."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from ledger.database.connections import statement
from tests.postgres.test_hours_plans import filled  # noqa: F401 - a fixture
from tests.postgres.test_plans import nodes

DIRECTORY = [
    "people/read_recents",
    "people/list_present_members",
    "people/read_nameable",
    "hours/read_member_names",
]
OF_A_RANGE = ["desk/report_weeks", "desk/report_reciprocity"]
# Those of a community are read whole, by its part of an index: the names to look into, the members who count.
READ_WHOLE = {
    "people/find_present_members": {"person"},
    "desk/report_weeks": set(),
    "desk/report_reciprocity": {"member"},
    "desk/report_inactive": {"member"},
    "desk/report_balances": {"account", "balance"},
    "desk/report_balance_bins": {"account", "balance"},
}


def arguments(name, number):
    today = datetime.now(UTC).date()
    ids = [uuid4() for _ in range(3)]
    values = {
        "community_id": number,
        "member_id": ids[0],
        "for_member_id": ids[0],
        "from_on": today - timedelta(days=180),
        "until_on": today,
        "through_on": today,
        "after_on": today,
        "after_number": 7,
        "after": 7,
        "at_most": 50,
        "as_of": datetime.now(UTC),
        "logged_from": datetime.now(UTC) - timedelta(days=180),
        "looks_like": "ana",
        "width": 3600,
        "first_bin": -3,
        "last_bin": 3,
    }
    return [values.get(parameter, ids) for parameter in statement(name).parameters]


async def plan_of(ledger, number, name):
    async with ledger.database.connection(number) as db:
        explained = await db.driver.fetchval(
            "EXPLAIN (FORMAT JSON) " + statement(name).sql, *arguments(name, number)
        )
    return explained[0]["Plan"]


async def carried_out(ledger, number, name, given):
    """The plan with what it took, some of its arguments given."""
    sql, parameters = statement(name)
    values = dict(zip(parameters, arguments(name, number), strict=True))
    values |= {each: given[each] for each in given if each in values}
    async with ledger.database.connection(number) as db:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql
        return (await db.driver.fetchval(explain, *[values[each] for each in parameters]))[0]["Plan"]


def assert_reads(name, plan):
    """No table is scanned, and by the community alone an index is read only of what the report counts."""
    for node in nodes(plan):
        assert node["Node Type"] != "Seq Scan", node
        if "Index Cond" in node and " AND " not in node["Index Cond"]:
            # The name of the index stands for that of the table where a bitmap is made first.
            table = node.get("Relation Name") or node["Index Name"].rpartition("_")[0]
            assert any(table.startswith(each) for each in READ_WHOLE.get(name, ())), (
                name,
                table,
                node["Index Cond"],
            )


async def test_nothing_is_scanned_and_only_what_is_counted_read_whole(ledger, filled):  # noqa: F811
    for name in [*DIRECTORY, *READ_WHOLE]:
        assert_reads(name, await plan_of(ledger, filled, name))


async def test_so_it_is_in_a_new_database(ledger, community):
    for name in [*DIRECTORY, *READ_WHOLE]:
        assert_reads(name, await plan_of(ledger, community.id, name))


async def test_a_range_costs_its_own_days_however_long_the_history(ledger, filled, owner):  # noqa: F811
    """A week of claims among a year's, which were logged one behind the other."""
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE claim SET logged_at = service_on")
    await owner.execute("CLUSTER claim USING claim_logged_key")
    await owner.execute("VACUUM ANALYZE claim")
    until_on = await owner.fetchval("SELECT max(service_on) FROM claim")
    pages = await owner.fetchval("SELECT relpages FROM pg_class WHERE relname = 'claim'")
    given = {
        "from_on": until_on - timedelta(days=6),
        "until_on": until_on,
        "logged_from": datetime.combine(until_on, datetime.min.time(), UTC) - timedelta(days=7),
    }
    for name in OF_A_RANGE:
        plan = await carried_out(ledger, filled, name, given)
        [claims] = [node for node in nodes(plan) if node.get("Relation Name") == "claim"]
        assert claims["Actual Rows"] > 300
        assert claims["Shared Hit Blocks"] + claims["Shared Read Blocks"] < pages / 10, name


async def test_the_directory_costs_what_one_member_did_however_many_others_there_are(ledger, filled, owner):  # noqa: F811
    await owner.execute("VACUUM")
    member = await owner.fetchval("SELECT md5('m7')::uuid")
    account = await owner.fetchval("SELECT md5('a7')::uuid")
    ids = [row[0] for row in await owner.fetch("SELECT md5('m' || m)::uuid FROM generate_series(1, 50) m")]
    await owner.execute("UPDATE member SET status = 'left'")
    claims = await owner.fetchval(
        "SELECT count(*) FROM claim WHERE provider_id = $1 OR receiver_id = $1", member
    )
    given = {
        "member_id": member,
        "for_member_id": member,
        "account_ids": [account],
        "member_ids": ids,
        "but_ids": ids[:2],
        "from_on": date(2026, 1, 1),
    }
    # Each claim of theirs, and a few look-ups for each of 50 people.
    most = claims + 50 * 12
    for name in DIRECTORY:
        await carried_out(ledger, filled, name, given)
        plan = await carried_out(ledger, filled, name, given)
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= most, (name, plan)
