"""The statements of a confirmation look up what they need, in an empty database and behind a long history."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.database.connections import statement
from tests.postgres.test_plans import assert_looks_up

CLAIMS = 20_000
HOT = [
    "hours/read_claims",
    "hours/read_visits",
    "hours/read_standings",
    "hours/read_totals",
    "hours/read_care_requests",
    "hours/read_authors",
    "hours/read_confirming_delegates",
    "hours/read_pots",
    "hours/read_due_claims",
    "hours/list_claims",
    "hours/list_open_claims",
    "hours/view_claims",
]
# A handful of rows of one claim, one member or one pot are put in order, or counted.
FEW = {"hours/view_claims", "hours/read_standings", "hours/read_pots"}


@pytest.fixture
async def filled(owner, community):
    """A year of claims, written straight into the tables and analysed."""
    number = community.id
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        f"""
        INSERT INTO member SELECT {number}, md5('m' || m)::uuid, m, 'active', '2020-01-01', '2020-01-01',
            false, 1, now()
        FROM generate_series(1, 500) m;
        INSERT INTO claim SELECT {number}, md5('c' || c)::uuid, md5('m' || 1 + c % 500)::uuid,
            md5('m' || 1 + (c + 1) % 500)::uuid, 'shopping', '2026-01-01'::date + c % 360, NULL, NULL, 3600, 0,
            md5('a1')::uuid, md5('a2')::uuid, NULL, NULL, NULL, 'member', now() - c * interval '1 minute', NULL,
            'posted', 2, 1, 3600, 3600
        FROM generate_series(1, {CLAIMS}) c;
        INSERT INTO open_claim SELECT {number}, md5('o' || c)::uuid, now(), now() + c * interval '1 minute'
        FROM generate_series(1, 1000) c;
        INSERT INTO account SELECT {number}, md5('a' || m)::uuid, 'member', 'a' || m, NULL, now()
        FROM generate_series(1, 500) m;
        INSERT INTO balance SELECT {number}, md5('a' || m)::uuid, 0, 0, 0, NULL, 40, 1, false
        FROM generate_series(1, 500) m;
        INSERT INTO account_holder SELECT {number}, md5('a' || m)::uuid, md5('m' || m)::uuid, now()
        FROM generate_series(1, 500) m;
        INSERT INTO claim_overlap SELECT {number}, md5('c' || c)::uuid, md5('c' || c + 1)::uuid, 'duplicate', now()
        FROM generate_series(1, 1000) c;
        INSERT INTO claim_event SELECT {number}, md5('c' || c)::uuid, 1, 'logged', now(), NULL, 'member'
        FROM generate_series(1, {CLAIMS}) c;
        INSERT INTO earned_total SELECT {number}, md5('m' || m)::uuid, 3600 FROM generate_series(1, 500) m;
        """
    )
    await owner.execute("ANALYZE")
    return number


def arguments(name, number):
    ids = [uuid4() for _ in range(3)]
    now = datetime.now(UTC)
    days = [now.date()] * 3
    values = {
        "community_id": number,
        "now": now,
        "today": now.date(),
        "month": now.date().replace(day=1),
        "from_ons": days,
        "until_ons": [day + timedelta(days=6) for day in days],
        "received_ons": days,
        "after_at": now,
        "after_id": ids[0],
        "at_most": 50,
        "state": None,
        "from_on": None,
        "until_on": None,
        "due_by": None,
    }
    return [values.get(parameter, ids) for parameter in statement(name).parameters]


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_of_a_confirmation_looks_up_what_it_needs(name, ledger, filled):
    await looks_up(ledger, filled, name)


@pytest.mark.parametrize("name", HOT)
async def test_so_it_does_in_a_new_database(name, ledger, community):
    await looks_up(ledger, community.id, name)


async def looks_up(ledger, number, name):
    async with ledger.database.connection(number) as db:
        explained = await db.driver.fetchval(
            "EXPLAIN (FORMAT JSON) " + statement(name).sql, *arguments(name, number)
        )
    assert_looks_up("book/read_transfers" if name in FEW else name, explained[0]["Plan"])


async def test_the_sums_for_the_caps_cost_the_same_however_long_the_history(ledger, filled, owner):
    await owner.execute("VACUUM")
    sql, parameters = statement("hours/read_visits")
    member = await owner.fetchval("SELECT md5('m7')::uuid")
    monday = datetime(2026, 6, 1, tzinfo=UTC).date()
    values = {
        "community_id": filled,
        "provider_ids": [member],
        "from_ons": [monday],
        "until_ons": [monday + timedelta(days=6)],
        "receiver_ids": [],
        "received_ons": [],
    }
    async with ledger.database.connection(filled) as db:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql
        await db.driver.fetchval(explain, *[values[each] for each in parameters])
        plan = (await db.driver.fetchval(explain, *[values[each] for each in parameters]))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 10
