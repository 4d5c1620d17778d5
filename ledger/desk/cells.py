"""Cells as a spreadsheet may be given them: no text begins a formula; in XLSX numbers and days are what they are."""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from io import StringIO
from typing import IO, Any

from xlsxwriter import Workbook as XlsxFile  # type: ignore[import-untyped]  # has no types
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # has no types

MAX_SHEET_ROWS = 1_048_576
MAX_CELL_TEXT = 32_767
"""What a sheet of XLSX holds."""

FEWEST_YEAR = 1900
"""Spreadsheets count days from 1900."""

# Also behind a semicolon, which parts cells where a comma stands in numbers, and the wide forms of Japanese.
_FORMULA = re.compile(r"^(?=[\t\r])|((?:^|;)[\s\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
# XML has no place for these, and a workbook with one does not open.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def harmless(cell: object) -> object:
    """The cell as it may stand in a spreadsheet. Numbers stay numbers; None is an empty cell."""
    if isinstance(cell, str):
        return _FORMULA.sub(r"\1'", cell)
    return "" if cell is None else cell


def csv_line(cells: Sequence[object]) -> bytes:
    """One line of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    line = StringIO()
    csv.writer(line).writerow([harmless(each) for each in cells])
    return line.getvalue().encode()


def typed(cell: object) -> object:
    """The cell, with a day or a moment that is written as JSON has it turned into one."""
    if isinstance(cell, str) and cell[4:5] == "-":
        try:
            if _DAY.fullmatch(cell):
                return date.fromisoformat(cell)
            if _MOMENT.fullmatch(cell):
                return datetime.fromisoformat(cell)
        except ValueError:
            pass  # the 31st of February is a text
    return cell


class Workbook:
    """An XLSX file that is written row by row into `file`; only the row that is being written is in memory.

    Moments are shown by the clock of `zone`, since a spreadsheet knows no other. A text is always a text: no formula,
    no link.
    """

    def __init__(self, file: IO[bytes], zone: tzinfo = UTC) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._file = XlsxFile(file, options)
        self._zone = zone
        self._bold = self._file.add_format({"bold": True})
        self._day = self._file.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._file.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._decimal = self._file.add_format({"num_format": "0.00##"})
        self._sheet: Worksheet | None = None
        self._headings: Sequence[str] = ()
        self._row = 0

    def begin(self, title: str, headings: Sequence[str]) -> None:
        """Begin a sheet; what follows goes there, below bold headings that stay in sight."""
        self._headings = headings
        self._next_sheet(title)

    def _next_sheet(self, title: str | None = None) -> None:
        self._sheet = self._file.add_worksheet(None if title is None else title[:31])
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(len(self._headings) - 1, 0), 18)
        for place, heading in enumerate(self._headings):
            self._sheet.write_string(0, place, heading, self._bold)
        self._row = 1

    def add(self, cells: Sequence[object]) -> None:
        """Write a row; one more than a sheet holds begins another sheet."""
        if self._sheet is None or self._row == MAX_SHEET_ROWS:
            self._next_sheet()
        for place, cell in enumerate(cells):
            self._write(place, cell)
        self._row += 1

    def _write(self, place: int, cell: Any) -> None:
        sheet, row = self._sheet, self._row
        if sheet is None:
            raise RuntimeError("a row is written to a sheet that was begun")
        match cell:
            case None | "":
                return
            case bool():
                sheet.write_boolean(row, place, cell)
            case int():
                sheet.write_number(row, place, cell)
            case float():
                sheet.write_number(row, place, cell, self._decimal)
            case datetime() if cell.year >= FEWEST_YEAR:
                local = cell.astimezone(self._zone).replace(tzinfo=None)
                sheet.write_datetime(row, place, local, self._moment)
            case date() if cell.year >= FEWEST_YEAR and not isinstance(cell, datetime):
                sheet.write_datetime(row, place, cell, self._day)
            case _:
                text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(harmless(str(cell))))
                sheet.write_string(row, place, text[:MAX_CELL_TEXT])

    def close(self) -> None:
        """Put the file together. Takes as long as the rows are many."""
        self._file.close()
