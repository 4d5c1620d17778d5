"""Lists as text: which encoding, which sign between the columns, and the rows.

A file that is not marked and not UTF-8 is held against the encodings that spreadsheets of our countries write. That
stays a guess, and the table says so.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from itertools import islice

from charset_normalizer import from_bytes

from ledger.desk.tables.problems import FileProblem, Reason
from ledger.desk.tables.table import MAX_CELL, MAX_COLUMNS, MAX_LINES, MAX_ROWS, Row, Table

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-1", "iso8859-14", "iso8859-15",
    "mac-roman", "cp850", "cp437", "cp932", "shift_jis", "euc_jp", "iso2022_jp",
)  # fmt: skip
"""What may be named. Python knows others that are no text, or slow to decode on purpose."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_LISTS = (
    b"%pdf",
    b"<!doctype",
    b"<html",
    b"<?xml",
    b"{\\rtf",
    b"\x89png",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"gif8",
)
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1b"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_WESTERN_ENCODINGS = ("cp1252", "mac-roman", "iso8859-14", "cp850")
_LIKELY = ("cp932", "euc_jp", "cp1252", "mac_roman", "iso8859_14", "cp850")
"""What spreadsheets of our countries write when they don't write UTF-8; of equally good ones the first counts."""
_KANJI_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff61-\uff9f]+")
_KANJI_IN_WORD = re.compile(r"[A-Za-z][\u3400-\u9fff\uff61-\uff9f]|[\u3400-\u9fff\uff61-\uff9f][a-z]")
_WESTERN = frozenset("àáâäçèéêëìíîïñòóôöùúûüŵŷÀÁÂÄÇÈÉÊËÌÍÎÏÑÒÓÔÖÙÚÛÜŴŶºª’·\xa0")
"""What is written beyond ASCII in words of our Western languages."""
_SOME = 5
"""Control characters that may be a slip; a file of bytes has many."""
_SAMPLE = 200_000
_GUESS_ROWS = 60


class _TextRows:
    """The rows of a text, decoded anew each time they are gone through."""

    def __init__(self, name: str, content: bytes, encoding: str, delimiter: str) -> None:
        self._name = name
        self._content = content
        self._encoding = encoding
        self._delimiter = delimiter
        self._count = -1

    def __iter__(self) -> Iterator[Row]:
        # A mark is no part of the first cell.
        known = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        text = TextIOWrapper(BytesIO(self._content), known, newline="")
        begins = 1
        reader = csv.reader(_checked(self._name, text), delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                if any(each and not each.isspace() for each in cells) and not _says_separator(begins, cells):
                    yield self._row(begins, cells)
                begins = reader.line_num + 1
        except csv.Error as exc:
            long = "limit" in str(exc)
            raise FileProblem(
                Reason.CELL_TOO_LONG if long else Reason.QUOTE_OPEN, self._name, begins
            ) from None
        except UnicodeError:
            raise FileProblem(Reason.ENCODING_UNKNOWN, self._name, begins) from None

    def __len__(self) -> int:
        if self._count < 0:
            self._count = sum(1 for _ in self)
        return self._count

    def __contains__(self, row: object) -> bool:
        return any(each == row for each in self)

    def _row(self, number: int, cells: list[str]) -> Row:
        if len(cells) > MAX_COLUMNS:
            raise FileProblem(Reason.TOO_MANY_COLUMNS, self._name, number)
        if max(map(len, cells)) > MAX_CELL:
            column = next(at for at, each in enumerate(cells, 1) if len(each) > MAX_CELL)
            raise FileProblem(Reason.CELL_TOO_LONG, self._name, number, column)
        return Row(number, tuple(map(str.strip, cells)))


def _checked(name: str, lines: TextIOWrapper) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if _CONTROL.search(line):
            raise FileProblem(Reason.NUL_CHARACTER, name, number)
        yield line


def _says_separator(number: int, cells: list[str]) -> bool:
    """Whether the line is Excel's "sep=;", which is no line of the list."""
    return number == 1 and cells[0].lower().startswith("sep=") and len("".join(cells)) <= len("sep=;")


def read_text(name: str, content: bytes, encoding: str | None, delimiter: str | None) -> Table:
    """The list as it stands in a text file, gone through once to see that all of it can be read. Raises FileProblem."""
    if content.lstrip()[:16].lower().startswith(_NO_LISTS):
        raise FileProblem(Reason.NOT_A_LIST, name)
    # Empty lines are no rows, and are gone through once for each delimiter all the same.
    if max(content.count(b"\n"), content.count(b"\r")) > MAX_LINES:
        raise FileProblem(Reason.TOO_MANY_ROWS, name)
    sure = True
    if encoding is None:
        encoding, sure = _encoding_of(name, content)
    else:
        encoding = _known(name, encoding)
        if not _decodes(content[:_SAMPLE], encoding, whole=len(content) <= _SAMPLE):
            raise FileProblem(Reason.ENCODING_UNKNOWN, name)
    if delimiter is None:
        delimiter = _delimiter_of(name, content, encoding)
    elif delimiter not in DELIMITERS:
        raise FileProblem(Reason.DELIMITER_UNKNOWN, name)
    rows = _TextRows(name, content, encoding, delimiter)
    width = count = 0
    for row in rows:
        count += 1
        width = max(width, len(row.cells))
        if count > MAX_ROWS:
            raise FileProblem(Reason.TOO_MANY_ROWS, name, row.number)
    if not count:
        raise FileProblem(Reason.NO_ROWS, name)
    return Table(name, rows, width, encoding, delimiter, sure)


def _known(name: str, encoding: str) -> str:
    try:
        known = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        known = ""
    if known not in ENCODINGS:
        raise FileProblem(Reason.ENCODING_UNKNOWN, name)
    return known


def _encoding_of(name: str, content: bytes) -> tuple[str, bool]:
    """The encoding, and whether no other is likely."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, True
    if b"\x00" in content:
        for encoding, at in (("utf-16-le", 1), ("utf-16-be", 0)):
            half = content[at:_SAMPLE:2]
            if half.count(0) * 3 > len(half) and _decodes(content, encoding):
                return encoding, False
    controls = len(content) - len(content.translate(None, _CONTROLS))
    if controls > _SOME and controls * 100 > len(content):
        raise FileProblem(Reason.NOT_A_LIST, name)
    if b"\x1b$" in content and _decodes(content, "iso2022_jp"):
        return "iso2022_jp", False
    if _decodes(content, "utf-8"):
        return "utf-8", True
    return _guessed(content), False


def _decodes(content: bytes, encoding: str, *, whole: bool = True) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for at in range(0, len(content), _SAMPLE):
            decoder.decode(content[at : at + _SAMPLE])
        decoder.decode(b"", final=whole)
    except UnicodeError:
        return False
    return True


def _guessed(content: bytes) -> str:
    for encoding in _WESTERN_ENCODINGS:
        text = content[:_SAMPLE].decode(encoding, "replace")
        if all(each in _WESTERN for each in text if not each.isascii()) and _decodes(content, encoding):
            return encoding
    found = from_bytes(content[:_SAMPLE], cp_isolation=list(_LIKELY))
    ranked = sorted(found, key=lambda each: (each.chaos, -each.coherence, _LIKELY.index(each.encoding)))
    for each in ranked:
        # Two bytes of a Western word, such as "ân", are one rare character in Japanese.
        japanese = each.encoding in ("cp932", "euc_jp")
        text = str(each)
        if japanese and len(_KANJI_IN_WORD.findall(text)) * 2 > len(_KANJI_RUN.findall(text)):
            continue
        if _decodes(content, each.encoding):
            return codecs.lookup(each.encoding).name
    return "cp1252" if _decodes(content, "cp1252") else "iso8859-1"


def _delimiter_of(name: str, content: bytes, encoding: str) -> str:
    """The sign that gives the most rows the same number of cells, above one; of equals the one with more cells."""
    head = TextIOWrapper(BytesIO(content), encoding, "replace", newline="").readline(16).strip().lower()
    if head.lstrip("\ufeff").startswith("sep=") and head[-1:] in DELIMITERS:
        return head[-1]
    best, chosen = (0, 0), DELIMITERS[0]
    for delimiter in DELIMITERS:
        widths = Counter[int]()
        try:
            for row in islice(_TextRows(name, content, encoding, delimiter), _GUESS_ROWS):
                widths[len(row.cells)] += 1
        except FileProblem:
            continue  # with the right sign the problem is met again, in its place
        rows, cells = max(((rows, cells) for cells, rows in widths.items() if cells > 1), default=(0, 0))
        if (rows, cells) > best:
            best, chosen = (rows, cells), delimiter
    return chosen
