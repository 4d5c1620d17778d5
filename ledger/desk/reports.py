"""Reports for the desk: hours a week, giving and receiving, the spread of balances, who has gone quiet. No names.

Care counts when it was paid and its payment stands: claims that are posted, and posted ones that are disputed as long
as nothing was decided. What was declined, withdrawn or taken back by a dispute counts nowhere; a corrected claim counts
with the length, the credits and the price of its correction. So the credited and paid seconds of a report are those of
the transfers in the books, reversals left out. Care belongs to the day it was given on, whenever it was paid.

Each function reads in the caller's snapshot. Reports over a range of days pass once over the claims logged since its
first day; the spread of balances over all accounts; who has gone quiet takes a few look-ups for each active member,
and one pass over the gifts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg

from ledger.database.connections import Connection

MAX_BINS = 15
"""Bins of the spread of balances, the open ones at its ends included."""

HOUR = 3600

A_DAY = timedelta(days=1)
A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Care:
    """Paid claims: how many, how long the care was, what the providers got for it and what the payers gave."""

    claims: int = 0
    recorded_seconds: int = 0
    credited_seconds: int = 0
    paid_seconds: int = 0

    def __add__(self, other: "Care") -> "Care":
        return Care(
            self.claims + other.claims,
            self.recorded_seconds + other.recorded_seconds,
            self.credited_seconds + other.credited_seconds,
            self.paid_seconds + other.paid_seconds,
        )


@dataclass(frozen=True, slots=True)
class Week:
    """The care of an ISO week, by activity in the order of their codes. Its first and last may be cut by the range."""

    monday: date
    activities: tuple[tuple[str, Care], ...]

    @property
    def care(self) -> Care:
        return sum((care for _, care in self.activities), Care())


class Reciprocity(StrEnum):
    """Whether somebody gave care, received it, did both or neither."""

    GIVERS = "givers"
    RECEIVERS = "receivers"
    BOTH = "both"
    NEITHER = "neither"

    @property
    def gives(self) -> bool:
        return self in (Reciprocity.GIVERS, Reciprocity.BOTH)

    @property
    def receives(self) -> bool:
        return self in (Reciprocity.RECEIVERS, Reciprocity.BOTH)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What `members` gave and received, in seconds of care as it was recorded or corrected."""

    members: int = 0
    given_seconds: int = 0
    received_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Bin:
    """Accounts that stand at `from_hours` or more and below `until_hours`; None where there is no such edge."""

    from_hours: int | None
    until_hours: int | None
    accounts: int


@dataclass(frozen=True, slots=True)
class Balances:
    """The open accounts of members and households. `median_seconds` is the lower one of two; None without accounts.

    `positive_seconds` is what those above zero have together, `negative_seconds` what the others owe, below zero.
    """

    accounts: int
    positive_seconds: int
    negative_seconds: int
    median_seconds: int | None
    bins: tuple[Bin, ...]


async def read_weeks(db: Connection, community_id: int, from_on: date, until_on: date) -> list[Week]:
    """The care of each ISO week that has a day in the range, both its ends included; weeks without any too."""
    found: dict[date, list[tuple[str, Care]]] = {}
    for row in await db.rows("desk/report_weeks", **_range(community_id, from_on, until_on)):
        care = Care(row["claims"], row["recorded_seconds"], row["credited_seconds"], row["paid_seconds"])
        found.setdefault(row["monday"], []).append((row["activity"], care))
    first = monday_of(from_on)
    count = (monday_of(until_on) - first) // A_WEEK + 1
    mondays = [first + A_WEEK * place for place in range(count)]
    return [Week(monday, tuple(found.get(monday, ()))) for monday in mondays]


@dataclass(frozen=True, slots=True)
class Exchanger:
    """Somebody by their number, and the seconds of care they gave and received."""

    member_id: UUID
    number: int
    given_seconds: int
    received_seconds: int

    @property
    def kind(self) -> Reciprocity:
        gives, receives = self.given_seconds > 0, self.received_seconds > 0
        [kind] = [each for each in Reciprocity if (each.gives, each.receives) == (gives, receives)]
        return kind


async def read_exchangers(
    db: Connection, community_id: int, from_on: date, until_on: date
) -> list[Exchanger]:
    """What everybody gave and received in the range, by number.

    Who belongs to the community (active or away) and had joined by its end counts, and who gave or received in it
    and has left since. So all gave as much as all received: the recorded seconds of `read_weeks`.
    """
    rows = await db.rows("desk/report_reciprocity", **_range(community_id, from_on, until_on))
    return [
        Exchanger(row["member_id"], row["member_number"], row["given_seconds"], row["received_seconds"])
        for row in rows
    ]


def by_reciprocity(exchangers: Iterable[Exchanger]) -> dict[Reciprocity, Exchange]:
    """How many gave, received, both or neither, and how much."""
    found = dict.fromkeys(Reciprocity, Exchange())
    for each in exchangers:
        so_far = found[each.kind]
        found[each.kind] = Exchange(
            so_far.members + 1,
            so_far.given_seconds + each.given_seconds,
            so_far.received_seconds + each.received_seconds,
        )
    return found


def _range(community_id: int, from_on: date, until_on: date) -> dict[str, object]:
    # Nobody logs care before its day; that day begins before midnight UTC where the clocks are ahead of it.
    logged_from = datetime.combine(from_on, time.min, UTC) - A_DAY
    return {
        "community_id": community_id,
        "from_on": from_on,
        "until_on": until_on,
        "logged_from": logged_from,
    }


def monday_of(day: date) -> date:
    return day - A_DAY * day.weekday()


async def read_balances(db: Connection, community_id: int) -> Balances:
    """The spread of balances, in bins of whole hours. A few accounts far from all others stand in open bins."""
    row = await db.row("desk/report_balances", community_id=community_id)
    if row is None or not row["accounts"]:
        return Balances(0, 0, 0, None, ())
    step = step_hours(row["low_seconds"], row["high_seconds"])
    width = step * HOUR
    first, last = row["low_seconds"] // width, row["high_seconds"] // width
    rows = await db.rows(
        "desk/report_balance_bins", community_id=community_id, width=width, first_bin=first, last_bin=last
    )
    counted = {each["bin"]: each["accounts"] for each in rows}
    bins = [Bin(n * step, (n + 1) * step, counted.get(n, 0)) for n in range(first, last + 1)]
    if first - 1 in counted:
        bins.insert(0, Bin(None, first * step, counted[first - 1]))
    if last + 1 in counted:
        bins.append(Bin((last + 1) * step, None, counted[last + 1]))
    return Balances(
        row["accounts"], row["positive_seconds"], row["negative_seconds"], row["median_seconds"], tuple(bins)
    )


def step_hours(low_seconds: int, high_seconds: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50... hours in bins of which both balances lie, with room for two open bins."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            width = step * HOUR
            if high_seconds // width - low_seconds // width + 1 <= MAX_BINS - 2:
                return step
        power *= 10


async def list_inactive(
    db: Connection,
    community_id: int,
    through_on: date,
    *,
    after: tuple[date, int] | None,
    at_most: int,
) -> Sequence[asyncpg.Record]:
    """Rows (member_id, member_number, joined_on, last_on) of active members last heard of by a day, the longest first.

    They gave and received no care (of a claim that waits, is posted or disputed), asked for none, took no request, and
    no gift went from an account they hold. `last_on` is None for who never did; they count from the day they joined.
    `after` is the day and the number of the row after which the page begins.
    """
    after_on, after_number = (None, None) if after is None else after
    return await db.rows(
        "desk/report_inactive",
        community_id=community_id,
        through_on=through_on,
        after_on=after_on,
        after_number=after_number,
        at_most=at_most,
    )


def quiet_since(row: asyncpg.Record) -> date:
    """The day from which a row of `list_inactive` counts, and by which it is listed."""
    since: date = row["last_on"] or row["joined_on"]
    return since
