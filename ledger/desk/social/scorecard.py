"""The balanced scorecard's reading of a report: the range before, and which way a number went."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

from ledger.desk.social.measures import Measure, Rows
from ledger.desk.social.report import Figure

A_DAY = timedelta(days=1)


class Trend(StrEnum):
    """Which way a number went. HIGHER and LOWER where neither is better; UNKNOWN where one of the two is missing."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    UNKNOWN = "unknown"


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
    place = 12 * from_on.year + from_on.month - 1 - months
    return date(place // 12, place % 12 + 1, 1), ends
