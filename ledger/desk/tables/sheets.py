"""The parts of a workbook, unpacked within bounds and looked through before anything else reads them.

A zip may unpack to far more than it weighs, may lie about how much, and a sheet of two cells may claim to be a million
rows high. What was looked through here is handed on in a zip made anew, and nothing else of the file is.
"""

import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from xml.parsers.expat import ExpatError, ParserCreate

from ledger.desk.tables.problems import FileProblem, Reason
from ledger.desk.tables.table import MAX_COLUMNS, MAX_ROWS

XL = "xl/"
"""Where the parts of an XLSX workbook are (ECMA-376)."""
RELS = f"{XL}_rels/"
"""Where it is said which part is which."""

MAX_FILES = 2_000
MAX_UNPACKED = 150_000_000
"""Bytes of all parts together: 200,000 rows of ten columns take about 100 MB."""
MAX_RATIO = 200
"""Unpacked to packed, beyond the first million bytes."""
MAX_AREA = 4_000_000
"""Cells from the first to the last of a sheet, of all sheets together, the empty ones too: each takes memory."""
MAX_COUNT = 5_000_000
"""What a list may say of its own length, such as how often its shared texts are used."""
MAX_TOLD = 100
"""Formulas and merged cells of a sheet that are told by name."""

_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"[0-9]{1,12}")
_REPEATED = re.compile(r"[0-9]{1,7}")

Start = Callable[[str, dict[str, str]], None]


@dataclass(slots=True)
class Seen:
    """What a sheet was seen to hold, before calamine reads it. Rows and columns count from 1."""

    name: str
    formulas: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0

    def filled(self, row: int, column: int) -> None:
        """Note a cell with something in it. Raises FileProblem beyond the bounds."""
        if row > self.last_row:
            if row > MAX_ROWS:
                raise FileProblem(Reason.TOO_MANY_ROWS, self.name, row)
            self.last_row = row
        if column > self.last_column:
            if column > MAX_COLUMNS:
                raise FileProblem(Reason.TOO_MANY_COLUMNS, self.name, row, column)
            self.last_column = column
        if self.last_row * self.last_column > MAX_AREA:
            raise FileProblem(Reason.WORKBOOK_TOO_LARGE, self.name, row)


def unpack(name: str, content: bytes) -> dict[str, bytes]:
    """The parts a workbook's sheets are made of, by name; pictures and the like are left packed."""
    parts: dict[str, bytes] = {}
    left = min(MAX_UNPACKED, 1_000_000 + MAX_RATIO * len(content))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_FILES:
                raise FileProblem(Reason.WORKBOOK_TOO_LARGE, name)
            if any(info.flag_bits & 1 for info in infos):
                raise FileProblem(Reason.PASSWORD_PROTECTED, name)
            for info in infos:
                if not info.filename.endswith((".xml", ".rels", "mimetype", "workbook.bin")):
                    continue
                with archive.open(info) as part:
                    read = part.read(left + 1)
                left -= len(read)
                if left < 0:
                    raise FileProblem(Reason.WORKBOOK_TOO_LARGE, name)
                parts[info.filename] = read
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise FileProblem(Reason.WORKBOOK_UNREADABLE, name) from None
    return parts


def packed(parts: dict[str, bytes]) -> bytes:
    """A zip of these parts and nothing else."""
    into = BytesIO()
    with zipfile.ZipFile(into, "w") as made:
        for name, read in parts.items():
            made.writestr(name, read)
    return into.getvalue()


def _walk(name: str, part: bytes, start: Start, end: Callable[[str], None] | None = None) -> None:
    """Tell `start` of every element of an XML part by its name without a prefix. Entities of its own are refused."""
    local: dict[str, str] = {}

    def begin(element: str, attributes: dict[str, str]) -> None:
        start(local.get(element) or local.setdefault(element, element.rpartition(":")[2]), attributes)

    def refuse(*_: object) -> None:
        raise FileProblem(Reason.WORKBOOK_UNREADABLE, name)

    parser = ParserCreate()
    parser.StartElementHandler = begin
    if end is not None:
        parser.EndElementHandler = lambda element: end(local[element])
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(part, True)
    except (ExpatError, ValueError, LookupError):
        raise FileProblem(Reason.WORKBOOK_UNREADABLE, name) from None


def see_xlsx(name: str, parts: dict[str, bytes]) -> dict[str, Seen]:
    """Look through the worksheets; returns what was seen by the sheet's name."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship":
            targets[attributes["Id"]] = attributes["Target"]

    def sheet(element: str, attributes: dict[str, str]) -> None:
        if element == "sheet":
            target = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets[target] = attributes["name"]

    _walk(name, parts.get(f"{RELS}workbook.xml.rels", b"<none/>"), relation)
    _walk(name, parts[XL + "workbook.xml"], sheet)
    seen: dict[str, Seen] = {}
    for part, read in parts.items():
        # Every part is looked through, whatever the workbook calls it: which ones calamine reads is its affair.
        if not part.endswith(".xml"):
            continue
        called = [
            sheets[key]
            for key, target in targets.items()
            if key in sheets and part == (target[1:] if target.startswith("/") else f"xl/{target}")
        ]
        if len(called) > 1:
            # Sheets that share a part would be read again and again.
            raise FileProblem(Reason.WORKBOOK_UNREADABLE, name)
        each = _see_worksheet(called[0] if called else name, read)
        seen |= dict.fromkeys(called, each)
    return seen


def _see_worksheet(name: str, part: bytes) -> Seen:
    seen = Seen(name)
    row = column = 0

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        if "count" in attributes or "uniqueCount" in attributes:
            _refuse_counts(name, attributes, len(part))
        if element == "c":
            said = attributes.get("r")
            if said is None:
                column += 1
            else:
                place = _PLACE.fullmatch(said.upper())
                if place is None:
                    raise FileProblem(Reason.WORKBOOK_UNREADABLE, name)
                column, row = _column(place[1]), int(place[2])
        elif element in ("v", "is", "t"):
            # `t` also stands in shared strings, where there are no cells.
            if row:
                seen.filled(row, column)
        elif element == "f":
            if len(seen.formulas) < MAX_TOLD:
                seen.formulas.append(f"{_letters(column)}{row}")
        elif element == "row":
            said = attributes.get("r")
            if said is not None and not _REPEATED.fullmatch(said):
                raise FileProblem(Reason.WORKBOOK_UNREADABLE, name)
            row, column = row + 1 if said is None else int(said), 0
        elif element == "mergeCell" and len(seen.merged) < MAX_TOLD:
            seen.merged.append(attributes.get("ref", ""))

    _walk(name, part, start)
    return seen


def _refuse_counts(name: str, attributes: dict[str, str], size: int) -> None:
    """Refuse a list that says it is longer than it can be: calamine asks for the memory before it looks."""
    for key, at_most in (("count", MAX_COUNT), ("uniqueCount", size)):
        said = attributes.get(key, "0")
        if not _NUMBER.fullmatch(said) or int(said) > at_most:
            raise FileProblem(Reason.WORKBOOK_UNREADABLE, name)


def see_ods(name: str, parts: dict[str, bytes]) -> dict[str, Seen]:
    """Look through the tables of the content; returns what was seen by the sheet's name."""
    sheets: dict[str, Seen] = {}
    seen = Seen(name)
    row = column = rows = columns = 0

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal seen, row, column, rows, columns
        if element == "table":
            seen = sheets.setdefault(attributes.get("table:name", ""), Seen(attributes.get("table:name", "")))
            row = column = rows = columns = 0
        elif element == "table-row":
            row += rows
            rows = _times(attributes.get("table:number-rows-repeated"))
            column = columns = 0
        elif element in ("table-cell", "covered-table-cell"):
            column += columns
            columns = _times(attributes.get("table:number-columns-repeated"))
            at = f"{_letters(column + 1)}{row + 1}"
            if "table:formula" in attributes and len(seen.formulas) < MAX_TOLD:
                seen.formulas.append(at)
            wide = _times(attributes.get("table:number-columns-spanned"))
            high = _times(attributes.get("table:number-rows-spanned"))
            if wide * high > 1 and len(seen.merged) < MAX_TOLD:
                seen.merged.append(f"{at}:{_letters(column + wide)}{row + high}")
            if "office:value-type" in attributes:
                seen.filled(row + rows, column + columns)
        elif element == "p" and columns:
            seen.filled(row + rows, column + columns)

    _walk(name, parts["content.xml"], start)
    return sheets


def _times(said: str | None) -> int:
    """How often something is repeated; a number nobody would write counts as far too many."""
    if said is None:
        return 1
    return max(1, int(said)) if _REPEATED.fullmatch(said) else 10_000_000


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    letters = ""
    while column > 0:
        column, at = divmod(column - 1, 26)
        letters = chr(65 + at) + letters
    return letters
