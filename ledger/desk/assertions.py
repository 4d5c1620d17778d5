"""Balance assertions: "when this day was over, this account stood at this", from a passbook or a bank.

The balance meant is that of all entries recorded by the end of the day, by the community's clock: a passbook and a
bank statement are written up on the day of posting, not of care. As the day is over, that balance never changes any
more, so what agreed goes on agreeing. What differed may be corrected: a visit of that time that was posted later counts
from then on, when its day of care lies no later than the day asserted; so does the reversal of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import asyncpg

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event, events_for
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Plan

LOOKED_AT = 10_000
"""Among how many entries that follow the day what came late is looked for: years of a member's."""

COUNTED_AT_ONCE = 500


class Source(StrEnum):
    """What says so: a member's passbook, a bank's statement, another system's books, or counting on paper."""

    PASSBOOK = "passbook"
    BANK = "bank"
    OTHER_BOOKS = "other_books"
    COUNT = "count"


class State(StrEnum):
    """How an assertion stands: see `Assertion.state`."""

    DIFFERS = "differs"
    CORRECTED = "corrected"
    HOLDS = "holds"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewAssertion:
    """That an account stood at `seconds` when the day `on` was over."""

    account_id: UUID
    on: date
    seconds: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion beside our own books.

    `recorded_seconds` is what was recorded by the end of the day, `entry_number` that of the last entry by then (0 for
    none) and `tree_size` how many leaves the log held. `late_seconds` is what was recorded later for days of care up to
    that day, looked up where it differed.
    """

    id: UUID
    account_id: UUID
    on: date
    seconds: int
    source: Source
    note: str | None
    asserted_by: UUID | None
    asserted_at: datetime
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    held: bool
    differed: bool
    recorded_seconds: int
    late_seconds: int
    entry_number: int
    tree_size: int

    @property
    def state(self) -> State:
        """HOLDS: as recorded by then. CORRECTED: with what came late. DIFFERS otherwise; WITHDRAWN is not looked at."""
        if self.withdrawn_at is not None:
            return State.WITHDRAWN
        if self.held:
            return State.HOLDS
        corrected = self.seconds == self.recorded_seconds + self.late_seconds
        return State.CORRECTED if corrected else State.DIFFERS

    @property
    def difference(self) -> int:
        """The seconds asserted less what was recorded by the end of the day."""
        return self.seconds - self.recorded_seconds


@dataclass(frozen=True, slots=True)
class Agreed:
    """The newest earlier point at which an account's books agreed with an assertion."""

    id: UUID
    on: date
    seconds: int
    entry_number: int


async def assert_balance(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    asserted: NewAssertion,
    source: Source,
    note: str | None = None,
) -> Answer:
    """Record one assertion; the key becomes its id.

    Refused with DAY_NOT_OVER, ACCOUNT_UNKNOWN or ASSERTION_STANDS.
    """
    return await _record(hours, community, author, key, [(key, asserted)], source, note)


async def assert_balances(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    asserted: Sequence[NewAssertion],
    source: Source,
) -> Answer:
    """Record many, all or none; their ids follow from the key and their places. Refused as one is."""
    made = [(assertion_id(key, place), each) for place, each in enumerate(asserted)]
    return await _record(hours, community, author, key, made, source, None)


def assertion_id(key: UUID, place: int) -> UUID:
    """The id of an assertion that was recorded with others under a key, by its place from 0."""
    return uuid5(key, f"assertion/{place}")


async def _record(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    made: Sequence[tuple[UUID, NewAssertion]],
    source: Source,
    note: str | None,
) -> Answer:
    asked = [source, note, [[str(each.account_id), str(each.on), each.seconds] for _, each in made]]

    async def make(db: Connection, slice_: HoursBook, book: Book, _now: datetime) -> Plan:
        for _, each in made:
            if each.on >= slice_.today:
                raise ActRefused(Refusal.DAY_NOT_OVER, str(each.on))
        sizes = await _sizes(db, community.id, slice_, book, {each.on for _, each in made})
        rows = await db.rows(
            "desk/read_asserted",
            community_id=community.id,
            account_ids=[each.account_id for _, each in made],
            tree_sizes=[sizes[each.on] for _, each in made],
            days=[each.on for _, each in made],
            source=source,
        )
        for row, (_, each) in zip(rows, made, strict=True):
            if not row["known"]:
                raise ActRefused(Refusal.ACCOUNT_UNKNOWN, str(each.account_id))
            if row["standing_id"] is not None:
                raise ActRefused(Refusal.ASSERTION_STANDS, str(row["standing_id"]))
        recorded = [row["recorded_seconds"] for row in rows]
        people = await _people(db, community.id, [each.account_id for _, each in made])

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "desk/insert_assertions",
                community_id=community.id,
                source=source,
                asserted_by=author.member_id,
                now=now,
                assertion_ids=[made_id for made_id, _ in made],
                account_ids=[each.account_id for _, each in made],
                days=[each.on for _, each in made],
                seconds=[each.seconds for _, each in made],
                tree_sizes=[sizes[each.on] for _, each in made],
                held=[each.seconds == ours for (_, each), ours in zip(made, recorded, strict=True)],
            )
            if note is not None:
                await db.run(
                    "desk/insert_assertion_note", community_id=community.id, assertion_id=key, note=note
                )
            events: list[Event] = []
            for (made_id, each), ours in zip(made, recorded, strict=True):
                said: Details = {
                    "assertion": str(made_id),
                    "account": str(each.account_id),
                    "on": str(each.on),
                    "seconds": each.seconds,
                    "source": source,
                    "size": sizes[each.on],
                    "difference": each.seconds - ours,
                }
                concerned = people.get(each.account_id, [])
                events += events_for(concerned, "balance_asserted", author, said)
            return events

        return Plan(write=write)

    return await hours.do(community, author, key, "assert_balances", asked, make)


async def withdraw_assertion(
    hours: Hours, community: Community, author: Author, key: UUID, assertion_id: UUID
) -> Answer:
    """Take back what was asserted by mistake; it stays to be seen. ASSERTION_UNKNOWN or ASSERTION_WITHDRAWN."""

    async def make(db: Connection, _slice: HoursBook, _book: Book, _now: datetime) -> Plan:
        found = await read_assertion(db, community.id, assertion_id)
        if found is None:
            raise ActRefused(Refusal.ASSERTION_UNKNOWN, str(assertion_id))
        if found.withdrawn_at is not None:
            raise ActRefused(Refusal.ASSERTION_WITHDRAWN, str(assertion_id))
        people = await _people(db, community.id, [found.account_id])

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "desk/withdraw_assertion",
                community_id=community.id,
                assertion_id=assertion_id,
                withdrawn_by=author.member_id,
                now=now,
            )
            said: Details = {"assertion": str(assertion_id), "account": str(found.account_id)}
            concerned = people.get(found.account_id, [])
            return events_for(concerned, "assertion_withdrawn", author, said)

        return Plan(write=write)

    return await hours.do(community, author, key, "withdraw_assertion", str(assertion_id), make)


async def read_assertion(db: Connection, community_id: int, assertion_id: UUID) -> Assertion | None:
    found = await _view(db, community_id, [assertion_id])
    return found[0] if found else None


async def find_assertions(
    db: Connection,
    community_id: int,
    *,
    at_most: int,
    after: Assertion | None = None,
    account_id: UUID | None = None,
    source: Source | None = None,
    state: State | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
) -> list[Assertion]:
    """A page of assertions behind `after`, the newest first, before all others those that differed when made.

    For use in a snapshot: the tables know what differed; which of those were corrected is worked out here.
    """
    found: list[Assertion] = []
    wanted = {
        "source": source,
        "from_on": from_on,
        "until_on": until_on,
        "differed": None if state in (None, State.WITHDRAWN) else state is not State.HOLDS,
        "withdrawn": None if state is None else state is State.WITHDRAWN,
    }
    while len(found) < at_most:
        which: dict[str, Any] = {
            "community_id": community_id,
            **wanted,
            "after_differed": None if after is None else after.differed,
            "after_at": None if after is None else after.asserted_at,
            "after_id": None if after is None else after.id,
            "at_most": at_most,
        }
        if account_id is None:
            rows = await db.rows("desk/list_assertions", **which)
        else:
            rows = await db.rows("desk/list_account_assertions", account_id=account_id, **which)
        seen = await _view(db, community_id, [row["assertion_id"] for row in rows])
        found += [each for each in seen if state in (None, each.state)]
        if len(rows) < at_most:
            break
        after = seen[-1]
    return found[:at_most]


async def count_differing(db: Connection, community_id: int, until_on: date) -> int:
    """How many assertions of days up to one differ now: those that hold since a correction are settled."""
    count, after = 0, None
    while True:
        found = await find_assertions(
            db, community_id, at_most=COUNTED_AT_ONCE, after=after, state=State.DIFFERS, until_on=until_on
        )
        count += len(found)
        if len(found) < COUNTED_AT_ONCE:
            return count
        after = found[-1]


async def _view(db: Connection, community_id: int, ids: Sequence[UUID]) -> list[Assertion]:
    """The assertions with these ids, in their order."""
    rows = await db.rows(
        "desk/view_assertions", community_id=community_id, looked_at=LOOKED_AT, assertion_ids=list(ids)
    )
    by_id = {row["assertion_id"]: _assertion(row) for row in rows}
    return [by_id[each] for each in ids if each in by_id]


async def last_agreed(db: Connection, community_id: int, assertion: Assertion) -> Agreed | None:
    """The newest assertion of the account, of an earlier day, that held as recorded; None means since the opening."""
    row = await db.row(
        "desk/read_agreeing",
        community_id=community_id,
        account_id=assertion.account_id,
        stood_on=assertion.on,
    )
    if row is None:
        return None
    return Agreed(row["assertion_id"], row["stood_on"], row["seconds"], row["entry_number"])


async def late_leaves(
    db: Connection, community_id: int, assertion: Assertion, leaf_indexes: Sequence[int]
) -> set[int]:
    """Those of these leaves that `late_seconds` counts."""
    rows = await db.rows(
        "desk/read_late_leaves",
        community_id=community_id,
        leaf_indexes=list(leaf_indexes),
        tree_size=assertion.tree_size,
        stood_on=assertion.on,
    )
    return {row["leaf_index"] for row in rows}


def _assertion(row: asyncpg.Record) -> Assertion:
    return Assertion(
        id=row["assertion_id"],
        account_id=row["account_id"],
        on=row["stood_on"],
        seconds=row["seconds"],
        source=Source(row["source"]),
        note=row["note"],
        asserted_by=row["asserted_by"],
        asserted_at=row["asserted_at"],
        withdrawn_by=row["withdrawn_by"],
        withdrawn_at=row["withdrawn_at"],
        held=row["held"],
        differed=row["differed"],
        recorded_seconds=row["recorded_seconds"],
        late_seconds=row["late_seconds"],
        entry_number=row["entry_number"],
        tree_size=row["tree_size"],
    )


async def _sizes(
    db: Connection, community_id: int, hours: HoursBook, book: Book, days: set[date]
) -> dict[date, int]:
    """How many leaves the log held when each day was over: what is recorded from now on comes behind them."""
    zone = ZoneInfo(hours.policy.timezone)
    sizes = {}
    for day in days:
        over = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        row = await db.row("book/first_leaf_since", community_id=community_id, moment=over)
        sizes[day] = book.tree_size if row is None else row["leaf_index"]
    return sizes


async def _people(db: Connection, community_id: int, account_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Who holds each of these accounts now."""
    rows = await db.rows(
        "people/read_account_people", community_id=community_id, account_ids=list(account_ids)
    )
    people: dict[UUID, list[UUID]] = {}
    for row in rows:
        people.setdefault(row["account_id"], []).append(row["member_id"])
    return people
