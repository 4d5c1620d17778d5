"""The lines of a list as visits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import TypeVar

from ledger.desk.tables.dates import read_date
from ledger.desk.tables.mapping import Field, Mapping, check_mapping
from ledger.desk.tables.problems import LineProblem, Reason, ValueProblem
from ledger.desk.tables.table import Row, Table
from ledger.desk.tables.values import (
    A_DAY_SECONDS,
    DecimalSign,
    Unit,
    read_balance,
    read_beside,
    read_duration,
    read_time,
)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A visit as a list tells it; names as written. `row` is the line number a person sees.

    `from_time` and `to_time` are there together or not at all; `to_time` may lie on the next day.
    """

    row: int
    provider: str
    receiver: str
    service_on: date
    seconds: int
    from_time: time | None = None
    to_time: time | None = None
    activity: str = ""
    note: str = ""
    reference: str = ""
    balance_seconds: int | None = None


def read_lines(table: Table, mapping: Mapping) -> tuple[list[PaperLine], list[LineProblem]]:
    """The visits of a table, and why its other lines can't be read.

    Every row below the header is in one of the two, with all its problems. Raises FileProblem as `check_mapping` does.
    """
    check_mapping(table, mapping)
    lines: list[PaperLine] = []
    problems: list[LineProblem] = []
    width = table.width
    for row in table.rows:
        if mapping.header is not None and row.number <= mapping.header:
            if row.number == mapping.header:
                width = len(row.cells)
            continue
        reader = _Line(row, mapping, width)
        line = reader.read()
        if line is None:
            problems += reader.problems
        else:
            lines.append(line)
    return lines, problems


class _Line:
    """One row on its way to a visit, and what is wrong with it."""

    def __init__(self, row: Row, mapping: Mapping, width: int) -> None:
        self.row = row
        self.mapping = mapping
        self.problems: list[LineProblem] = []
        if len(row.cells) > width:
            # A comma as the decimal sign in a list separated by commas moves everything behind it.
            self._wrong(None, Reason.CELLS_MANY)

    def read(self) -> PaperLine | None:
        """The visit, or None with `problems` saying why."""
        if self.problems:
            return None
        provider = self._value(Field.PROVIDER, _some_text)
        receiver = self._value(Field.RECEIVER, _some_text)
        service_on = self._value(Field.SERVICE_ON, lambda text: read_date(text, self.mapping.date_order))
        from_time, to_time = self._time(Field.FROM_TIME), self._time(Field.TO_TIME)
        seconds = self._seconds(from_time, to_time)
        balance = None
        if self._text(Field.BALANCE):
            balance = self._value(
                Field.BALANCE,
                lambda text: read_balance(text, self.mapping.unit, self._sign(Field.BALANCE)),
            )
        if self.problems or provider is None or receiver is None or service_on is None or seconds is None:
            return None
        if from_time is None or to_time is None:
            from_time = to_time = None
        return PaperLine(
            self.row.number,
            provider,
            receiver,
            service_on,
            seconds,
            from_time,
            to_time,
            self._text(Field.ACTIVITY),
            self._text(Field.NOTE),
            self._text(Field.REFERENCE),
            balance,
        )

    def _seconds(self, from_time: time | None, to_time: time | None) -> int | None:
        """How long the visit took: as written, or what lies between its times."""
        between = None
        if from_time is not None and to_time is not None:
            between = (_seconds_of(to_time) - _seconds_of(from_time)) % A_DAY_SECONDS
            if between == 0:
                self._wrong(Field.TO_TIME, Reason.TIMES_EQUAL)
                return None
        if between is not None and not self._text(Field.DURATION) and not self._text(Field.MINUTES):
            return between
        if Field.DURATION not in self.mapping.columns:
            # Without a length of its own the line needs both times.
            missing = Field.FROM_TIME if not self._text(Field.FROM_TIME) else Field.TO_TIME
            if not self._text(missing):
                self._wrong(missing, Reason.EMPTY)
            return None
        seconds = self._length()
        if seconds is not None and between is not None and seconds != between:
            self._wrong(Field.DURATION, Reason.TIMES_DISAGREE)
        return seconds

    def _length(self) -> int | None:
        """The length as it is written: in one cell, or as whole hours and their minutes in two."""
        if not self._text(Field.MINUTES):
            unit = Unit.HOURS if Field.MINUTES in self.mapping.columns else self.mapping.unit
            return self._value(
                Field.DURATION, lambda text: read_duration(text, unit, self._sign(Field.DURATION))
            )
        minutes = self._value(Field.MINUTES, lambda text: read_beside(text, Unit.MINUTES))
        hours: int | None = 0
        if self._text(Field.DURATION):
            hours = self._value(Field.DURATION, lambda text: read_beside(text, Unit.HOURS))
        if hours is None or minutes is None:
            return None
        if not 0 < hours + minutes <= A_DAY_SECONDS:
            long = hours + minutes > 0
            self._wrong(Field.DURATION, Reason.DURATION_TOO_LONG if long else Reason.DURATION_ZERO)
            return None
        return hours + minutes

    def _time(self, field: Field) -> time | None:
        return self._value(field, read_time) if self._text(field) else None

    def _sign(self, field: Field) -> DecimalSign | None:
        """What a workbook holds as a number has a point, whatever the list's texts have."""
        return DecimalSign.POINT if self.mapping.columns[field] in self.row.numbers else self.mapping.decimal

    def _text(self, field: Field) -> str:
        column = self.mapping.columns.get(field)
        if column is None:
            return self.mapping.fixed.get(field, "")
        return self.row.cells[column] if column < len(self.row.cells) else ""

    def _value(self, field: Field, read: Callable[[str], _Value]) -> _Value | None:
        try:
            return read(self._text(field))
        except ValueProblem as exc:
            self._wrong(field, exc.reason)
            return None

    def _wrong(self, field: Field | None, reason: Reason) -> None:
        column = None if field is None else self.mapping.columns.get(field)
        self.problems.append(LineProblem(self.row.number, None if column is None else column + 1, reason))


def _some_text(text: str) -> str:
    if not text:
        raise ValueProblem(Reason.EMPTY)
    return text


def _seconds_of(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60
