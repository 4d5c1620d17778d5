"""Lists with a header, read by the names of their columns: what a line says, or a mistake at its place."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction

from ledger.book.amounts import MAX_BALANCE_SECONDS, MAX_ENTRY_SECONDS
from ledger.desk.imports.files import unpacked
from ledger.desk.imports.problems import ImportProblem, ImportRefused, Mistakes, of_file
from ledger.desk.imports.shape import (
    ImportedMember,
    ImportedTransfer,
    Options,
    Refusing,
    Rows,
    SkippedRow,
)
from ledger.desk.tables.problems import FileProblem, Reason, ValueProblem
from ledger.desk.tables.reading import read_tables
from ledger.desk.tables.table import Row, Table
from ledger.desk.tables.values import DateOrder, DecimalSign, read_date

MAX_NAME = 120
MAX_NUMBER = 100

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]{1,9})?"
    r" ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAY_AND_TIME = re.compile(r"(.*[^ ])[ ,]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_AMOUNT = re.compile(r"([+-])?([0-9][0-9.,' \u00a0\u202f\u2019]*)(?: ?[^\W\d_]{1,12}\.?)?")
_HOURS = re.compile(r"([+-]?)([0-9]{1,7}):([0-5][0-9])(?::([0-5][0-9]))?")


class List:
    """One list of an export: a table, and which of its columns is which. Names of columns count without case."""

    def __init__(self, table: Table, header: Row) -> None:
        self.table = table
        self.file = table.name
        self.header = header
        self.columns = {name: place for place, name in enumerate(names_of(header)) if name}

    def lines(self) -> Iterator["Line"]:
        """What stands below the header. Raises ImportProblem where the text cannot be read as a list."""
        try:
            for row in self.table.rows:
                if row.number > self.header.number:
                    yield Line(self, row)
        except FileProblem as problem:
            raise of_file(problem) from None

    def members(
        self, read: Callable[["Line"], ImportedMember], mistakes: Mistakes
    ) -> Sequence[ImportedMember]:
        """A member a line; two of one number are a mistake. Numbers count without case."""
        found: dict[str, ImportedMember] = {}
        with Refusing(mistakes):
            for line in self.lines():
                with Refusing(mistakes):
                    member = read(line)
                    if member.number.casefold() in found:
                        raise line.problem("number_twice")
                    found[member.number.casefold()] = member
        return list(found.values())

    def rows(self, read: Callable[["Line"], ImportedTransfer | SkippedRow]) -> Rows:
        """A transfer a line, read anew each time."""

        def rows(mistakes: Mistakes) -> Iterator[ImportedTransfer | SkippedRow]:
            with Refusing(mistakes):
                for line in self.lines():
                    with Refusing(mistakes):
                        yield read(line)

        return rows


class Line:
    """One line of a list: its cells by the name of their column, or by their place."""

    __slots__ = ("_list", "_row")

    def __init__(self, of: List, row: Row) -> None:
        self._list = of
        self._row = row

    @property
    def file(self) -> str:
        return self._list.file

    @property
    def number(self) -> int:
        return self._row.number

    @property
    def text(self) -> str:
        """The line for the record: its cells, parted by tabs."""
        return "\t".join(self._row.cells)

    def place(self, name: str | int) -> int:
        """The column, from 0; one that is not there stands behind all others. Below 0 counts from the end."""
        if isinstance(name, int):
            return name if name >= 0 else len(self._row.cells) + name
        return self._list.columns.get(name, len(self._row.cells))

    def cell(self, name: str | int) -> str:
        """The text of a cell, without blanks around it; empty when there is no such cell."""
        place = self.place(name)
        return self._row.cells[place].strip() if 0 <= place < len(self._row.cells) else ""

    def width(self) -> int:
        return len(self._row.cells)

    def problem(self, code: str, name: str | int | None = None) -> ImportProblem:
        return ImportProblem(code, self.file, self.number, None if name is None else self.place(name) + 1)

    def skipped(self, reason: str) -> SkippedRow:
        return SkippedRow(reason, self.file, self.number)

    def required(self, name: str | int, at_most: int = MAX_NUMBER) -> str:
        text = self.plain(name, at_most)
        if text is None:
            raise self.problem("cell_empty", name)
        return text

    def plain(self, name: str | int, at_most: int = MAX_NUMBER) -> str | None:
        """A text that anybody can see; None for an empty cell."""
        text = unicodedata.normalize("NFC", self.cell(name))
        if len(text) > at_most or any(
            unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn") for each in text
        ):
            raise self.problem("cell_too_long", name)
        return text or None

    def note(self, name: str | int) -> str:
        """A free text; what nobody can see in it becomes a blank."""
        return "".join([each if each.isprintable() else " " for each in self.cell(name)]).strip()

    def moment(self, name: str | int, order: DateOrder | None) -> tuple[datetime, date]:
        """A moment in UTC and its day as written. Without a time it is the day's beginning, without a zone UTC."""
        text = self.cell(name)
        if not text:
            raise self.problem("cell_empty", name)
        try:
            iso = _MOMENT.fullmatch(text)
            if iso is not None:
                zone = (iso[3] or "Z").replace("UTC", "Z")
                moment = datetime.fromisoformat(f"{iso[1]}T{iso[2]}{zone}")
                return moment.astimezone(UTC), moment.date()
            parted = _DAY_AND_TIME.fullmatch(text)
            day = read_date(text if parted is None else parted[1], order)
            time = "00:00" if parted is None else parted[2].rjust(5 if parted[2].count(":") == 1 else 8, "0")
            return datetime.fromisoformat(f"{day.isoformat()}T{time}Z"), day
        except ValueProblem as problem:
            ambiguous = problem.reason is Reason.DATE_AMBIGUOUS
            raise self.problem("moment_ambiguous" if ambiguous else "moment_invalid", name) from None
        except (ValueError, OverflowError):
            raise self.problem("moment_invalid", name) from None

    def day(self, name: str | int, order: DateOrder | None) -> date | None:
        return self.moment(name, order)[1] if self.cell(name) else None

    def seconds(self, name: str | int, unit_seconds: int, options: Options) -> int:
        """An amount as whole seconds, signed, at most what an account can hold."""
        text = self.cell(name)
        if not text:
            raise self.problem("cell_empty", name)
        hours = _HOURS.fullmatch(text)
        if hours is not None:
            seconds = int(hours[2]) * 3600 + int(hours[3]) * 60 + int(hours[4] or 0)
            return -seconds if hours[1] == "-" else seconds
        decimal = options.decimal
        if self.place(name) in self._row.numbers:
            decimal = DecimalSign.POINT
        exact = self._amount(text, decimal, name) * unit_seconds
        if exact.denominator != 1:
            raise self.problem("amount_not_whole", name)
        if abs(exact.numerator) > MAX_BALANCE_SECONDS:
            raise self.problem("amount_too_large", name)
        return exact.numerator

    def moved(self, name: str | int, unit_seconds: int, options: Options) -> int:
        """The seconds of a transfer: above zero, and no more than one can move."""
        seconds = self.seconds(name, unit_seconds, options)
        if seconds <= 0:
            raise self.problem("amount_not_positive", name)
        if seconds > MAX_ENTRY_SECONDS:
            raise self.problem("amount_too_large", name)
        return seconds

    def _amount(self, text: str, decimal: DecimalSign | None, name: str | int) -> Fraction:
        found = _AMOUNT.fullmatch(text.replace("\u2212", "-"))
        if found is None or len(text) > 40:
            raise self.problem("amount_invalid", name)
        digits = re.sub(r"[' \u00a0\u202f\u2019]", "", found[2])
        signs = re.findall("[.,]", digits)
        if decimal is None and signs:
            decimal = self._decimal(digits, signs, name)
        elif decimal is DecimalSign.MINUTES and signs:
            # No system writes 1.30 for an hour and a half; only paper does.
            raise self.problem("amount_ambiguous", name)
        mark, group = (",", ".") if decimal is DecimalSign.COMMA else (".", ",")
        if not re.fullmatch(rf"(?:[0-9]+|[0-9]{{1,3}}(?:\{group}[0-9]{{3}})+)(?:\{mark}[0-9]+)?", digits):
            raise self.problem("amount_invalid", name)
        exact = Fraction(digits.replace(group, "").replace(mark, "."))
        return -exact if found[1] == "-" else exact

    def _decimal(self, digits: str, signs: Sequence[str], name: str | int) -> DecimalSign:
        """Which sign is the decimal one, where the number itself leaves no doubt."""
        last = signs[-1]
        if len(set(signs)) == 1 and len(signs) > 1:
            return DecimalSign.POINT if last == "," else DecimalSign.COMMA
        if len(signs) == 1 and re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", digits):
            raise self.problem("amount_ambiguous", name)
        return DecimalSign.COMMA if last == "," else DecimalSign.POINT


def names_of(header: Row) -> Sequence[str]:
    """The names of the columns, as they count: without case, blanks around them, and the mark of a required one."""
    return [cell.strip().rstrip("*").strip().casefold() for cell in header.cells]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list a format knows: the columns that tell it from others. Names of columns in lower case."""

    columns: Collection[str]


def open_lists(name: str, content: bytes, known: Mapping[str, Wanted], *required: str) -> dict[str, List]:
    """The lists of an export by what each is, told by their columns. Raises ImportRefused."""
    found: dict[str, List] = {}
    mistakes = Mistakes()
    for table in tables_of(name, content):
        head = table.head(1)
        names = names_of(head[0]) if head else []
        fitting = [what for what, wanted in known.items() if set(wanted.columns) <= set(names)]
        if not fitting:
            mistakes.add(ImportProblem("table_unknown", table.name, head[0].number if head else None))
        elif fitting[0] in found:
            mistakes.add(ImportProblem("table_twice", table.name))
        elif len(set(filter(None, names))) < len(list(filter(None, names))):
            mistakes.add(ImportProblem("column_twice", table.name, head[0].number))
        else:
            found[fitting[0]] = List(table, head[0])
    mistakes.settle()
    for what in required:
        if what not in found:
            raise ImportRefused([missing(name, what, known[what].columns)])
    return found


def missing(name: str, what: str, columns: Collection[str]) -> ImportProblem:
    """That the export lacks a list, which is told by these columns."""
    return ImportProblem("table_missing", name, about={"list": what, "columns": ", ".join(sorted(columns))})


def tables_of(name: str, content: bytes) -> Sequence[Table]:
    """Every table of the file, or of the files of the zip. Raises ImportRefused."""
    tables: list[Table] = []
    for file in unpacked(name, content):
        try:
            tables += read_tables(file.name, file.content)
        except FileProblem as problem:
            raise ImportRefused([of_file(problem)]) from None
    return tables
