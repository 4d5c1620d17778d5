"""Balance assertions against a naive model that adds all entries up, and their statements' plans."""

import random
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, ReverseTransfer, TransferKind
from ledger.book.ledger import Ledger
from ledger.book.posting import Done, Posted
from ledger.database.connections import statement
from ledger.desk.assertions import NewAssertion, Source, State, assert_balances, find_assertions, late_leaves
from ledger.hours.hours import Hours
from tests.conftest import ISSUER
from tests.postgres.test_plans import assert_looks_up, filled  # noqa: F401 - a fixture

DAYS, TRANSFERS = 30, 80
FIRST = date(2026, 9, 1)


@pytest.fixture
async def clocked(ledger):
    """A ledger whose clock the test sets."""
    clock = SimpleNamespace(moment=datetime(2026, 9, 1, tzinfo=UTC))
    return clock, Ledger(ledger.database, ledger.keys, ledger.published, now=lambda: clock.moment)


@pytest.mark.parametrize("seed", range(3))
async def test_every_balance_is_what_adding_up_the_entries_gives(clocked, owner, seed):
    clock, ledger = clocked
    chance = random.Random(seed)
    community = await ledger.found("oak", "Oak Hill", ISSUER, "care.example.org/oak")
    accounts = [uuid4() for _ in range(3)]
    opening = [
        OpenAccount(each, AccountKind.ISSUANCE, f"i-{n}", None, None) for n, each in enumerate(accounts)
    ]
    await ledger.post(community, opening)
    posted = []
    for _ in range(TRANSFERS):
        clock.moment += timedelta(hours=chance.randint(0, 18))
        day = clock.moment.date()
        if posted and chance.random() < 0.2:
            command = ReverseTransfer(uuid4(), posted.pop(chance.randrange(len(posted))))
        else:
            one, two = chance.sample(accounts, 2)
            service_on = chance.choice([None, day, day - timedelta(days=chance.randint(0, 12))])
            seconds = chance.choice([60, 600, 3600])
            command = PostTransfer(uuid4(), TransferKind.CARE, ((one, -seconds), (two, seconds)), service_on)
            posted.append(command.id)
        [answer] = await ledger.post(community, [command])
        assert isinstance(answer.outcome, Posted), answer
    clock.moment += timedelta(days=2)

    entries = await owner.fetch(
        "SELECT e.account_id, e.seconds, e.leaf_index, t.recorded_at, t.service_on, o.service_on AS took_back_on,"
        " o.recorded_at AS took_back_at FROM entry e JOIN log_leaf l USING (community_id, leaf_index)"
        " JOIN transfer t USING (community_id, transfer_id) LEFT JOIN transfer o ON o.transfer_id = t.reverses_id"
    )

    def by_then(entry, day):
        return entry["recorded_at"].date() <= day  # the policy of a new community says UTC

    def late(entry, day):
        if by_then(entry, day):
            return False
        on = entry["service_on"] or entry["took_back_on"]
        if on is not None:
            return on <= day
        return entry["took_back_at"] is not None and entry["took_back_at"].date() <= day

    days = [FIRST + timedelta(days=each - 1) for each in range((clock.moment.date() - FIRST).days)]
    wanted = [
        NewAssertion(account, day, chance.choice([0, 600, -600])) for account in accounts for day in days
    ]
    answer = await assert_balances(Hours(ledger), community, SHELL, uuid4(), wanted, Source.COUNT)
    assert isinstance(answer.outcome, Done), answer
    states = set()
    async with ledger.database.snapshot(community.id) as db:
        found = await find_assertions(db, community.id, at_most=10_000)
        assert len(found) == len(wanted)
        for each in found:
            own = [entry for entry in entries if entry["account_id"] == each.account_id]
            recorded = sum(entry["seconds"] for entry in own if by_then(entry, each.on))
            coming = [entry for entry in own if late(entry, each.on)]
            extra = sum(entry["seconds"] for entry in coming)
            assert each.recorded_seconds == recorded, each
            assert each.held == (each.seconds == recorded)
            if not each.held:
                assert each.late_seconds == extra, each
                assert each.state is (State.CORRECTED if each.seconds == recorded + extra else State.DIFFERS)
                leaves = [entry["leaf_index"] for entry in own]
                told = await late_leaves(db, community.id, each, leaves)
                assert told == {entry["leaf_index"] for entry in coming}
            states.add(each.state)
        for state in State:
            some = await find_assertions(db, community.id, at_most=10_000, state=state)
            assert some == [each for each in found if each.state is state]
    assert states >= {State.HOLDS, State.DIFFERS}


HOT = [
    "desk/list_assertions",
    "desk/list_account_assertions",
    "desk/view_assertions",
    "desk/read_asserted",
    "desk/read_agreeing",
    "desk/read_late_leaves",
    "desk/read_accounts_by_number",
    "people/erase_assertion_notes",
]
# What is asserted of one account is put in order.
IN_ORDER = {"desk/list_account_assertions", "desk/read_agreeing", "desk/read_asserted"}


def arguments(name, number):
    ids, now = [uuid4() for _ in range(3)], datetime.now(UTC)
    values = {
        "community_id": number,
        "account_id": ids[0],
        "after_id": ids[0],
        "after_at": now,
        "after_differed": True,
        "tree_size": 10,
        "tree_sizes": [1, 2, 3],
        "leaf_indexes": [1, 2, 3],
        "days": [now.date()] * 3,
        "stood_on": now.date(),
        "numbers": [1, 2],
        "looked_at": 10_000,
        "at_most": 50,
        "source": "bank",
    }
    nothing = dict.fromkeys(("from_on", "until_on", "differed", "withdrawn"))
    return [(values | nothing).get(each, ids) for each in statement(name).parameters]


@pytest.fixture
async def history(filled, owner):  # noqa: F811
    """A long history, with an assertion about each account."""
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        "INSERT INTO balance_assertion SELECT $1, md5('b' || a)::uuid, md5('a' || a % 200)::uuid,"
        " '2020-01-01'::date + a, 1, 'bank', 2000, a % 9 > 0, NULL, now() - a * interval '1 hour'"
        " FROM generate_series(1, 2000) a",
        filled,
    )
    await owner.execute(
        "INSERT INTO assertion_note SELECT $1, md5('b' || a)::uuid, 'x' FROM generate_series(1, 500) a",
        filled,
    )
    await owner.execute("ANALYZE")
    await owner.execute("VACUUM")
    return filled


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_looks_up_what_it_needs(name, ledger, history):
    await looks_up(ledger, history, name)


@pytest.mark.parametrize("name", HOT)
async def test_so_it_does_in_a_new_database(name, ledger, community):
    await looks_up(ledger, community.id, name)


async def looks_up(ledger, number, name):
    async with ledger.database.connection(number) as db:
        explained = await db.driver.fetchval(
            "EXPLAIN (FORMAT JSON) " + statement(name).sql, *arguments(name, number)
        )
    assert_looks_up("book/read_transfers" if name in IN_ORDER else name, explained[0]["Plan"])


async def test_an_earlier_balance_costs_the_same_however_long_the_history(ledger, history, owner):
    sql, parameters = statement("desk/view_assertions")
    asserted = await owner.fetchval("SELECT md5('b7')::uuid")  # it held
    values = {"community_id": history, "looked_at": 10_000, "assertion_ids": [asserted]}
    async with ledger.database.connection(history) as db:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql
        await db.driver.fetchval(explain, *[values[each] for each in parameters])
        plan = (await db.driver.fetchval(explain, *[values[each] for each in parameters]))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 15
