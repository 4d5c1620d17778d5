"""The social report passes once over the claims of its range, looks everything else up, and scans no table."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ledger.database.connections import statement
from tests.postgres.test_hours_plans import filled  # noqa: F401 - a fixture
from tests.postgres.test_plans import nodes

# Read whole by its part of an index: the members who count, the accounts that may stand above zero.
READ_WHOLE = {
    "desk/social_claims": set(),
    "desk/social_claim_rows": set(),
    "desk/social_members": {"member"},
    "desk/social_requests": set(),
    # Few: by which of its indexes they are found makes no difference.
    "desk/social_disputes": {"dispute"},
    "desk/social_clearances": set(),
    "desk/social_outstanding": {"account"},
    "desk/social_well_being": set(),
    "desk/social_tree_size": set(),
    "desk/list_social_packs": {"social_pack"},
    "hours/read_well_being": set(),
    "hours/list_unanswered_visits": set(),
    "people/erase_well_being": set(),
    "people/erase_social_author": set(),
}
TODAY = datetime.now(UTC).date()


def arguments(name, number, **given):
    now = datetime.now(UTC)
    values = {
        "community_id": number,
        "from_on": TODAY - timedelta(days=180),
        "until_on": TODAY,
        "since_on": TODAY - timedelta(days=90),
        "logged_from": now - timedelta(days=181),
        "as_of": now,
        "confirmed_since": now - timedelta(days=30),
        "opened_from": now - timedelta(days=180),
        "opened_before": now,
        "zone": "Europe/London",
        "tree_size": 1000,
        "member_id": uuid4(),
        "claim_id": uuid4(),
        "activity": None,
        "answers": None,
        "vias": None,
        "giver_class": "worker",
        "receiver_class": None,
        "paid": True,
        "waited": False,
        "after_at": None,
        "after_id": None,
        "at_most": 50,
        "months": [date(2026, 1, 1)],
        "begins": [now - timedelta(days=60)],
        "ends": [now - timedelta(days=30)],
    } | given
    return [values.get(parameter, [uuid4()]) for parameter in statement(name).parameters]


async def plan_of(ledger, number, name, explain="EXPLAIN (FORMAT JSON)", **given):
    async with ledger.database.connection(number) as db:
        sql = f"{explain} {statement(name).sql}"
        return (await db.driver.fetchval(sql, *arguments(name, number, **given)))[0]["Plan"]


@pytest.mark.parametrize("name", READ_WHOLE)
async def test_nothing_is_scanned_in_a_new_database(ledger, community, name):
    assert_reads(name, await plan_of(ledger, community.id, name))


async def test_nor_behind_a_long_history(ledger, filled, owner):  # noqa: F811
    await owner.execute(
        f"""
        INSERT INTO well_being SELECT {filled}, md5('c' || c)::uuid, md5('m' || c % 500)::uuid, 'receiver', 4, 5,
            md5('w' || c)::uuid, 'member', now() - c * interval '1 hour'
        FROM generate_series(1, 10000) c;
        ANALYZE well_being
        """
    )
    for name in READ_WHOLE:
        assert_reads(name, await plan_of(ledger, filled, name))


def assert_reads(name, plan):
    for node in nodes(plan):
        assert node["Node Type"] != "Seq Scan", node
        if "Index Cond" in node and " AND " not in node["Index Cond"]:
            table = node.get("Relation Name") or node["Index Name"].rpartition("_")[0]
            assert any(table.startswith(each) for each in READ_WHOLE[name]), (name, node)
        # What stands in place of a function is planned with the rest, and read by an index.
        assert node["Node Type"] != "Function Scan" or node.get("Function Name") != "claim_as_of", node


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
        "giver_class": None,
        # In this year there are days that have not come yet.
        "as_of": datetime.now(UTC) + timedelta(days=400),
    }
    for name in ("desk/social_claims", "desk/social_claim_rows"):
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
        plan = await plan_of(ledger, filled, name, explain, at_most=10_000, **given)
        [claims] = [node for node in nodes(plan) if node.get("Relation Name") == "claim"]
        assert claims["Actual Rows"] > 300
        assert claims["Shared Hit Blocks"] + claims["Shared Read Blocks"] < pages / 10, name


async def test_a_page_of_rows_costs_a_page_however_many_there_are(ledger, filled):  # noqa: F811
    given = {"from_on": date(2020, 1, 1), "until_on": date(2030, 1, 1), "giver_class": None, "paid": False}
    logged_from = datetime(2020, 1, 1, tzinfo=UTC)
    for after_at in (None, datetime.now(UTC) - timedelta(days=5)):
        plan = await plan_of(
            ledger,
            filled,
            "desk/social_claim_rows",
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)",
            logged_from=logged_from,
            after_at=after_at,
            after_id=UUID(int=0),
            **given,
        )
        [claims] = [node for node in nodes(plan) if node.get("Relation Name") == "claim"]
        assert 50 <= claims["Actual Rows"] < 200, after_at


async def test_whether_somebody_is_new_costs_a_look_or_two_however_long_the_history(ledger, filled, owner):  # noqa: F811
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        "INSERT INTO claim_event SELECT community_id, claim_id, 2, 'posted', logged_at, NULL, 'member' FROM claim"
    )
    await owner.execute("VACUUM ANALYZE claim_event")
    ids = [row["member_id"] for row in await owner.fetch("SELECT member_id FROM member")]
    plan = await plan_of(
        ledger,
        filled,
        "desk/social_members",
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)",
        from_on=await owner.fetchval("SELECT max(service_on) FROM claim"),
        until_on=await owner.fetchval("SELECT max(service_on) FROM claim"),
        as_of=datetime.now(UTC) + timedelta(days=400),
        giver_ids=ids,
        receiver_ids=ids,
    )
    claims = [node for node in nodes(plan) if node.get("Relation Name") == "claim"]
    assert len(claims) == 2
    for node in claims:
        assert node["Actual Rows"] <= 2 and node["Actual Loops"] == len(ids), node
