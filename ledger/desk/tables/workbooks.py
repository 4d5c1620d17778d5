"""Workbooks, XLSX and ODS, as tables of text."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from ledger.desk.tables.problems import FileProblem, Reason
from ledger.desk.tables.sheets import MAX_AREA, XL, Seen, packed, see_ods, see_xlsx, unpack
from ledger.desk.tables.table import MAX_CELL, Row, Table

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def read_workbook(name: str, content: bytes) -> Sequence[Table]:
    """The sheets with anything on them. Raises FileProblem."""
    parts = unpack(name, content)
    if "content.xml" in parts:
        if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
            raise FileProblem(Reason.PASSWORD_PROTECTED, name)
        seen = see_ods(name, parts)
    elif XL + "workbook.xml" in parts:
        seen = see_xlsx(name, parts)
    elif XL + "workbook.bin" in parts:
        raise FileProblem(Reason.OLD_EXCEL, name)
    else:
        raise FileProblem(Reason.WORKBOOK_UNREADABLE, name)
    if sum(each.last_row * each.last_column for each in seen.values()) > MAX_AREA:
        raise FileProblem(Reason.WORKBOOK_TOO_LARGE, name)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(packed(parts))) as workbook:
            tables = [
                _table(seen[sheet], workbook.get_sheet_by_name(sheet))
                for sheet in dict.fromkeys(workbook.sheet_names)
                if sheet in seen and seen[sheet].last_row
            ]
    except PasswordError:
        raise FileProblem(Reason.PASSWORD_PROTECTED, name) from None
    except (CalamineError, OverflowError, ValueError):
        # The last two for a day or a length far beyond any calendar.
        raise FileProblem(Reason.WORKBOOK_UNREADABLE, name) from None
    tables = [table for table in tables if len(table.rows)]
    if not tables:
        raise FileProblem(Reason.NO_ROWS, name)
    return tables


def _table(seen: Seen, sheet: CalamineSheet) -> Table:
    # The rows above the first filled one are left out by calamine, and counted here.
    if sheet.start is None:
        return Table(seen.name, (), 0)
    rows = []
    width = 0
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells = [_text(value) for value in values]
        if not any(cells):
            continue
        for at, cell in enumerate(cells, 1):
            if len(cell) > MAX_CELL:
                raise FileProblem(Reason.CELL_TOO_LONG, seen.name, number, at)
            if _CONTROL.search(cell):
                raise FileProblem(Reason.NUL_CHARACTER, seen.name, number, at)
        numbers = frozenset(
            at
            for at, value in enumerate(values)
            if isinstance(value, int | float) and not isinstance(value, bool)
        )
        rows.append(Row(number, tuple(cells), numbers))
        width = max(width, len(cells))
    return Table(seen.name, tuple(rows), width, formulas=tuple(seen.formulas), merged=tuple(seen.merged))


def _text(value: object) -> str:
    """A cell as a person would write it so that nothing is lost: ISO dates, 1:30, and numbers with a point."""
    match value:
        case str():
            return value.strip()
        case bool():
            return str(value)
        case float():
            written = repr(value)
            if "e" in written or "n" in written:
                return f"{value:.0f}" if abs(value) >= 1 else f"{value:.15f}"
            return written.removesuffix(".0")
        case datetime():
            value = _to_the_second(value)
            return str(value.date()) if value.time() == time() else str(value)
        case date():
            return str(value)
        case time():
            return _clock(
                value.hour * 3600 + value.minute * 60 + value.second + round(value.microsecond / 1e6)
            )
        case timedelta():
            return _clock(round(value / timedelta(seconds=1)))
    return str(value)


def _to_the_second(value: datetime) -> datetime:
    """Workbooks count days in floating point; half a second is far more than they are off."""
    return (value + timedelta(microseconds=500_000)).replace(microsecond=0)


def _clock(seconds: int) -> str:
    minutes, left = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minutes:02}" + (f":{left:02}" if left else "")
