"""The balanced scorecard's reading of a report: the range before, which way a number went, and its target."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from ledger.database.connections import Connection
from ledger.desk.social.keeping import read_targets
from ledger.desk.social.measures import ALL, Measure, Rows
from ledger.desk.social.reading import Asked, needs_on
from ledger.desk.social.report import Figure, SocialReport, read_social
from ledger.hours.claims import HoursBook

A_DAY = timedelta(days=1)


class Trend(StrEnum):
    """Which way a number went. HIGHER and LOWER where neither is better; UNKNOWN where one of the two is missing."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Score:
    """A number beside that of the range before; its target, and whether it is reached, where there is one."""

    measure: Measure
    figure: Figure
    previous: Figure
    trend: Trend
    target: int | None
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The scores in the order of the measures; the days of the range before, both included."""

    report: SocialReport
    previous_from: date
    previous_until: date
    scores: tuple[Score, ...]


async def read_scorecard(db: Connection, asked: Asked, hours: HoursBook) -> Scorecard:
    """The report of a range and of the one before it, as everything stands in the caller's snapshot."""
    report = await read_social(db, asked)
    first, last = range_before(asked.from_on, asked.until_on)
    earlier_days = replace(asked, from_on=first, until_on=last, needs=needs_on(hours, last))
    before = await read_social(db, earlier_days)
    targets = await read_targets(db, asked.community_id)
    scores = []
    for measure in ALL:
        figure, previous = report.figures[measure.code], earlier(measure, before.figures[measure.code])
        target = targets.get(measure.code)
        scores.append(
            Score(
                measure,
                figure,
                previous,
                trend(measure, figure, previous),
                target,
                reached(measure, figure, target),
            )
        )
    return Scorecard(report, first, last, tuple(scores))


def trend(measure: Measure, now: Figure, before: Figure) -> Trend:
    """How a value compares with that of the range before."""
    if now.value is None or before.value is None:
        return Trend.UNKNOWN
    if now.value == before.value:
        return Trend.SAME
    rose = now.value > before.value
    if measure.more_is_better is None:
        return Trend.HIGHER if rose else Trend.LOWER
    return Trend.BETTER if rose is measure.more_is_better else Trend.WORSE


def earlier(measure: Measure, before: Figure) -> Figure:
    """What an earlier range says of a measure; nothing where it is of the moment of the report and of no range."""
    return Figure(None, 0) if measure.rows is Rows.ACCOUNTS else before


def reached(measure: Measure, figure: Figure, target: int | None) -> bool | None:
    """Whether a target is reached: as much or more, or where less is better as little or less; None without either."""
    if target is None or figure.value is None or measure.more_is_better is None:
        return None
    return figure.value >= target if measure.more_is_better else figure.value <= target


def range_before(from_on: date, until_on: date) -> tuple[date, date]:
    """As many whole months before a range that is made of whole months; else as many days."""
    whole = from_on.day == 1 and until_on.day == monthrange(until_on.year, until_on.month)[1]
    ends = from_on - A_DAY
    if not whole:
        return from_on - (until_on - from_on) - A_DAY, ends
    months = 12 * (until_on.year - from_on.year) + until_on.month - from_on.month + 1
    return _months_earlier(from_on, months), ends


def a_year_until(until_on: date) -> date:
    """The first of the month eleven months before that of a day: where the usual range begins."""
    return _months_earlier(until_on, 11)


def _months_earlier(day: date, months: int) -> date:
    """The first of the month so many months before that of a day."""
    place = 12 * day.year + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)
