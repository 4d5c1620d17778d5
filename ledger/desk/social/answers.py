"""What people said about visits, as it may be told: of months in which five people or more answered, and of no less.

A range of days tells the sum of its whole months that are big enough each by itself. So whoever takes one range from
another is left with months of five people or more, and never with what one of them said. A month counts from a week
after its end, when none of its answers can be changed any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from ledger.hours.well_being import CHANGEABLE_FOR

LEAST_PEOPLE = 5
"""People who answered in a month that is told of."""

QUESTIONS = ("visit", "after")
SIDES = ("receiver", "provider")

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month by the community's clock: its first day, when it begins and when it is over."""

    first: date
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """How often each answer from 1 to 5 was given to one question by one side, in the months that are told of."""

    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    months: tuple[date, ...] = ()

    @property
    def answers(self) -> int:
        return sum(self.counts)

    @property
    def mean_hundredths(self) -> int | None:
        """The mean in hundredths, half up; None without answers."""
        if not self.answers:
            return None
        total = 100 * sum(place * count for place, count in enumerate(self.counts, 1))
        return (2 * total + self.answers) // (2 * self.answers)


def whole_months(from_on: date, until_on: date, as_of: datetime, zone: str) -> list[Month]:
    """The calendar months that lie in the range with all their days, and whose answers were settled by a moment."""
    clock = ZoneInfo(zone)
    months = []
    first = from_on.replace(day=1) if from_on.day == 1 else _next(from_on)
    while (following := _next(first)) - A_DAY <= until_on:
        begins, ends = (datetime.combine(day, time(), clock).astimezone(UTC) for day in (first, following))
        if ends + CHANGEABLE_FOR <= as_of:
            months.append(Month(first, begins, ends))
        first = following
    return months


def _next(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def told(rows: Iterable[asyncpg.Record]) -> dict[tuple[str, str], Answers]:
    """By side and question, what may be told of the rows of `desk/social_well_being`."""
    found = {(side, question): Answers() for side in SIDES for question in QUESTIONS}
    for row in rows:
        if row["people"] < LEAST_PEOPLE:
            continue
        before = found[row["side"], row["question"]]
        ones, twos, threes, fours, fives = before.counts
        found[row["side"], row["question"]] = Answers(
            (
                ones + row["ones"],
                twos + row["twos"],
                threes + row["threes"],
                fours + row["fours"],
                fives + row["fives"],
            ),
            (*before.months, row["month"]),
        )
    return found
