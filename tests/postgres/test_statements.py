"""Statements against a plain list of what happened, over random lives and periods; and what they cost."""

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, TransferKind
from ledger.book.ledger import ActRefused
from ledger.book.posting import Posted
from ledger.book.refusals import Refusal
from ledger.database.connections import statement
from ledger.desk.statements import Period, make_statement, month_before
from ledger.hours.hours import Hours
from ledger.log.statement_checks import verify_statement
from ledger.log.trust import Trust, render_trust
from tests.hours import apply_policy
from tests.postgres.test_plans import SIZE, arguments, assert_looks_up, filled  # noqa: F401 - a fixture

START = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)
"""After the community was founded: the time of a log never goes back."""


async def open_accounts(ledger, community):
    bank = uuid4()
    opened = [OpenAccount(bank, AccountKind.ISSUANCE, "bank", None, None)]
    kinds = (AccountKind.MEMBER, AccountKind.HOUSEHOLD, AccountKind.POT)
    opened += [OpenAccount(uuid4(), kind, f"a-{kind}", -(10**9), None) for kind in kinds]
    await ledger.post(community, opened)
    return bank, [each.id for each in opened[1:]]


async def made(ledger, community, account, first, last, **more):
    now = ledger.now()
    async with ledger.database.snapshot(community.id) as db:
        hours = await Hours(ledger).read(db, community, now)
        return await make_statement(
            db, community, account, Period(first, last), hours, ledger.keys, now, named=True, **more
        )


class Life:
    """Transfers at random moments, and the plain list of what they did to each account."""

    def __init__(self, ledger, community, zone):
        self.ledger, self.community, self.zone = ledger, community, ZoneInfo(zone)
        self.happened = []  # (day by the clock, account, seconds)

    async def live(self, bank, accounts, seed, many):
        chance, moment = random.Random(seed), START
        for _ in range(many):
            moment += timedelta(minutes=chance.choice((1, 7, 60, 720, 1440, 20_000)))
            self.ledger.now = lambda moment=moment: moment
            giver, taker = chance.sample([bank, *accounts], 2)
            seconds = chance.randrange(1, 9000)
            entries = ((giver, -seconds), (taker, seconds))
            [answer] = await self.ledger.post(
                self.community, [PostTransfer(uuid4(), TransferKind.ADJUST, entries, None, None, None)]
            )
            assert isinstance(answer.outcome, Posted), answer
            day = moment.astimezone(self.zone).date()
            self.happened += [(day, account, each) for account, each in entries]
        return moment.astimezone(self.zone).date()

    def balance_before(self, account, day):
        return sum(seconds for on, whose, seconds in self.happened if whose == account and on < day)

    def between(self, account, first, last):
        return [seconds for on, whose, seconds in self.happened if whose == account and first <= on <= last]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
async def test_statements_say_what_happened_and_those_that_follow_join(ledger, community, owner, zone):
    await apply_policy(owner, community, timezone=zone)
    bank, accounts = await open_accounts(ledger, community)
    life = Life(ledger, community, zone)
    today = await life.live(bank, accounts, zone, 60)
    trust = Trust.from_json(_trust(ledger, community))
    chance = random.Random(zone)
    first_day = date(2026, 12, 25)
    for account in accounts:
        for _ in range(12):
            days = sorted(chance.randrange((today - first_day).days + 1) for _ in range(3))
            one, two, three = [first_day + timedelta(days=each) for each in days]
            early = (await made(ledger, community, account, one, two)).statement
            assert early.opening == life.balance_before(account, one)
            assert [line.seconds for line in early.lines] == life.between(account, one, two)
            assert early.opening + early.gained - early.given == early.closing
            if three == two:
                continue
            late = await made(ledger, community, account, two + timedelta(days=1), three)
            assert late.statement.opening == early.closing
            assert late.statement.start_number == early.start_number + early.count
            assert verify_statement(late.text.encode(), trust).valid


def _trust(ledger, community):
    import json

    return json.dumps(render_trust([community.issuer], ledger.keys, [community.origin])).encode()


async def test_what_has_none_is_refused(ledger, community):
    bank, [account, *_] = await open_accounts(ledger, community)
    today = ledger.now().date()
    refused = {
        (uuid4(), today, today): Refusal.ACCOUNT_UNKNOWN,
        (bank, today, today): Refusal.NO_STATEMENTS,
        (account, today, today - timedelta(days=1)): Refusal.DATES_REVERSED,
        (account, today, today + timedelta(days=1)): Refusal.STATEMENT_TOO_EARLY,
        (account, date.min, date.max): Refusal.STATEMENT_TOO_EARLY,
    }
    for asked, refusal in refused.items():
        with pytest.raises(ActRefused) as no:
            await made(ledger, community, *asked)
        assert no.value.refusal is refusal
    assert (await made(ledger, community, account, date.min, today)).statement.closing == 0


async def test_too_many_entries_are_refused_and_a_shorter_period_is_not(ledger, community, monkeypatch):
    monkeypatch.setattr("ledger.desk.statements.reading.MAX_LINES", 3)
    bank, [account, *_] = await open_accounts(ledger, community)
    life = Life(ledger, community, "UTC")
    today = await life.live(bank, [account], 1, 4)
    with pytest.raises(ActRefused) as no:
        await made(ledger, community, account, date(2027, 1, 1), today)
    assert no.value.refusal is Refusal.STATEMENT_TOO_LONG
    days = sorted({day for day, *_ in life.happened})
    assert (await made(ledger, community, account, days[-1], today)).statement.count <= 3


@given(st.dates(date(1900, 2, 1), date(2200, 1, 1)))
@settings(max_examples=50)
def test_the_month_before_is_the_month_before(today):
    period = month_before(today)
    assert period.until_on < today.replace(day=1) == period.until_on + timedelta(days=1)
    assert (period.from_on.day, period.from_on.month) == (1, period.until_on.month)


READ = ["book/first_leaf_since", "book/balance_at_size", "desk/statement_entries"]


async def test_a_statement_looks_up_what_it_needs(ledger, filled, community):  # noqa: F811
    async with ledger.database.connection(filled) as db:
        for name in READ:
            values = arguments(name, filled)
            explained = await db.driver.fetchval("EXPLAIN (FORMAT JSON) " + statement(name).sql, *values)
            assert_looks_up(name, explained[0]["Plan"])


async def test_a_statement_costs_its_own_entries_however_long_the_history(ledger, filled, owner):  # noqa: F811
    await owner.execute("VACUUM ANALYZE")
    name = "desk/statement_entries"
    values = dict(zip(statement(name).parameters, arguments(name, filled), strict=True))
    values |= {"account_id": UUID(await owner.fetchval("SELECT md5('a150')")), "first": 0, "below": SIZE}
    asked = [values[parameter] for parameter in statement(name).parameters]
    async with ledger.database.connection(filled) as db:
        found = len(await db.driver.fetch(statement(name).sql, *asked))
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement(name).sql
        plan = (await db.driver.fetchval(explain, *asked))[0]["Plan"]
    assert found == 40
    # Each entry, its leaf and its transfer: a few pages of three indexes and their tables.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 10 * found
