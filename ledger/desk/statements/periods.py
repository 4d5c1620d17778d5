"""The days of a statement: which there are, and when they begin and end by the community's clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal

A_DAY = timedelta(days=1)
FIRST_DAY = date(1900, 1, 1)
"""Before any ledger of ours, and late enough for every clock."""


@dataclass(frozen=True, slots=True)
class Period:
    """The first and the last day, both included."""

    from_on: date
    until_on: date

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When the first day begins, and when the last one is over."""
        return (
            datetime.combine(max(self.from_on, FIRST_DAY), time(), zone).astimezone(UTC),
            datetime.combine(self.until_on + A_DAY, time(), zone).astimezone(UTC),
        )

    def check(self, today: date) -> None:
        """Raise ActRefused unless its days lie in order, and none of them is still to come."""
        if self.from_on > self.until_on:
            raise ActRefused(Refusal.DATES_REVERSED)
        if self.until_on > today:
            raise ActRefused(Refusal.STATEMENT_TOO_EARLY, str(today))


def month_before(today: date) -> Period:
    """The calendar month that is over."""
    last = today.replace(day=1) - A_DAY
    return Period(last.replace(day=1), last)
