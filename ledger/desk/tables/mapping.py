"""How a list is to be read: which column holds what, and what its dates and numbers mean.

A mapping is remembered for each source a list comes from, and comes back from outside; so it is checked each time.
"""

from collections.abc import Mapping as Of
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from ledger.desk.tables.dates import DateOrder
from ledger.desk.tables.problems import FileProblem, Reason
from ledger.desk.tables.table import MAX_CELL, MAX_COLUMNS, Table
from ledger.desk.tables.values import DecimalSign, Unit


class Field(StrEnum):
    """What a column holds."""

    PROVIDER = "provider"
    RECEIVER = "receiver"
    SERVICE_ON = "service_on"
    DURATION = "duration"
    MINUTES = "minutes"  # beside whole hours in DURATION
    FROM_TIME = "from_time"
    TO_TIME = "to_time"
    ACTIVITY = "activity"
    NOTE = "note"
    REFERENCE = "reference"
    BALANCE = "balance"


FIXABLE = frozenset({Field.PROVIDER, Field.RECEIVER, Field.SERVICE_ON, Field.ACTIVITY})
"""What may be the same for all lines of a list, and stand in no column."""
HEADER_WITHIN = 100
"""A header stands among the first rows."""


class Sureness(StrEnum):
    """CERTAIN: nothing else fits. GUESSED: likely, to be looked at. ASK: a person must say."""

    CERTAIN = "certain"
    GUESSED = "guessed"
    ASK = "ask"


_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a list is to be read. Columns count from 0; `header` is the line number of the header, None without one.

    `fixed` is what no column holds and is the same for every line, as written: the provider of a volunteer's own
    sheet, or its day. For PROVIDER, RECEIVER, SERVICE_ON and ACTIVITY.
    """

    columns: Of[Field, int]
    header: int | None = None
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    unit: Unit | None = None
    fixed: Of[Field, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """For JSON: {"columns": {"provider": 0}, "header": 1, "date_order": "dmy", "decimal": None, ...}."""
        return {
            "columns": {each.value: column for each, column in self.columns.items()},
            "header": self.header,
            "date_order": self.date_order and self.date_order.value,
            "decimal": self.decimal and self.decimal.value,
            "unit": self.unit and self.unit.value,
            "fixed": {each.value: text for each, text in self.fixed.items()},
        }

    @classmethod
    def from_dict(cls, said: object) -> "Mapping":
        """What `to_dict` made, or what came from outside. Raises FileProblem(MAPPING_INVALID)."""
        if not isinstance(said, dict) or not said.keys() <= _KEYS or "columns" not in said:
            raise FileProblem(Reason.MAPPING_INVALID, "mapping")
        columns: dict[Field, int] = {}
        for key, column in _object(said["columns"], "columns").items():
            if type(column) is not int or not 0 <= column < MAX_COLUMNS or column in columns.values():
                raise FileProblem(Reason.MAPPING_INVALID, f"columns.{key}"[:60])
            columns[_choice(Field, key, "columns")] = column
        fixed: dict[Field, str] = {}
        for key, text in _object(said.get("fixed", {}), "fixed").items():
            if not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_CELL or "\x00" in text:
                raise FileProblem(Reason.MAPPING_INVALID, f"fixed.{key}"[:60])
            fixed[_choice(Field, key, "fixed")] = text.strip()
        if fixed.keys() - FIXABLE or fixed.keys() & columns.keys():
            raise FileProblem(Reason.MAPPING_INVALID, "fixed")
        header = said.get("header")
        if header is not None and (type(header) is not int or not 1 <= header < 10_000_000):
            raise FileProblem(Reason.MAPPING_INVALID, "header")
        return cls(
            columns,
            header,
            _maybe(DateOrder, said, "date_order"),
            _maybe(DecimalSign, said, "decimal"),
            _maybe(Unit, said, "unit"),
            fixed,
        )


_KEYS = {"columns", "header", "date_order", "decimal", "unit", "fixed"}


def check_mapping(table: Table, mapping: Mapping) -> None:
    """Raises FileProblem: MAPPING_INVALID for what is not in the table, COLUMN_MISSING for a visit's missing part."""
    for each, column in mapping.columns.items():
        if not 0 <= column < table.width:
            raise FileProblem(Reason.MAPPING_INVALID, each.value, column=column + 1)
    if mapping.header is not None and all(row.number != mapping.header for row in table.head(HEADER_WITHIN)):
        raise FileProblem(Reason.MAPPING_INVALID, "header", mapping.header)
    there = mapping.columns.keys() | mapping.fixed.keys()
    for each in (Field.PROVIDER, Field.RECEIVER, Field.SERVICE_ON):
        if each not in there:
            raise FileProblem(Reason.COLUMN_MISSING, each.value)
    timed = {Field.FROM_TIME, Field.TO_TIME} <= there and Field.MINUTES not in there
    if Field.DURATION not in there and not timed:
        raise FileProblem(Reason.COLUMN_MISSING, Field.DURATION.value)


def _object(said: object, where: str) -> dict[object, object]:
    if not isinstance(said, dict):
        raise FileProblem(Reason.MAPPING_INVALID, where)
    return said


def _choice(choices: type[_Choice], said: object, where: str) -> _Choice:
    try:
        return choices(str(said))
    except ValueError:
        raise FileProblem(Reason.MAPPING_INVALID, where) from None


def _maybe(choices: type[_Choice], said: dict[object, object], key: str) -> _Choice | None:
    return None if said.get(key) is None else _choice(choices, said[key], key)
