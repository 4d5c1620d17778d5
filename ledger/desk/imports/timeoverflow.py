"""What TimeOverflow's "download all" holds: bytes in, records or one located problem out. No IO, no clock.

The zip holds `Members_DATE.csv`, `Transfers_DATE.csv`, and `Inquiries_DATE.csv` and `Offers_DATE.csv`:
UTF-8, commas, quotes where needed, one header line in the language of whoever pressed the button. Headers
are therefore never read as words; columns count by position.

    Members    N, name, e-mail, phone, other phone, created, last login, language, balance
    Transfers  date, from, to, post, quantity                          (newest first)

Traps this module knows about:

- Two units in one zip: a member's balance is whole seconds, a transfer's quantity is `H:MM` without a sign,
  cut to the minute, and `0` where nothing moved.
- Only active members are listed. In a transfer an active member is `Name (number)`, the bank its own name,
  and everybody else one of two sentences in the exporter's language, with no number: they can't be told
  apart.
- From and To are the two sides sorted by amount, so a transfer that moved nothing has no reliable
  direction.
- A transfer between members of two allied banks has six movements there, and so nine columns here: date,
  three that gave, three that received, post, quantity. Both banks stand on both sides and cancel out.
- A bank may also pay another bank: then two names without a number occur, and `organisation` says which is
  ours.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import StringIO

from ledger.book.amounts import MAX_BALANCE_SECONDS, MAX_ENTRY_SECONDS
from ledger.desk.imports.files import unpacked
from ledger.desk.imports.problems import ImportProblem, ImportRefused, Mistakes
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    Party,
    PartyKind,
    Refusing,
    SkippedRow,
    source_of,
)

DELETED_WORDS = frozenset({
    "The user no longer exists",  # English
    "El usuario ya no existe",  # Spanish
    "L'usuari ja no existeix",  # Catalan
    "Erabiltzaile hau jada ez dago.",  # Basque
    "A persoa usuaria xa non existe",  # Galician
    "O usuário não existe mais",  # Portuguese (Brazil)
    "Cet·te utilisateur·rice n'existe plus",  # French
    "ユーザーは存在しません",  # Japanese
})  # fmt: skip
INACTIVE_WORDS = frozenset({
    "The user isn't active",
    "El usuario no está activo",
    "L'usuari no està actiu",
    "Erabiltzailea ez dago erabilgarri",
    "A persoa usuaria non está activa",
    "O usuário não está ativo",
    "L'utilisateur·rice n'est pas actif·ive",
    "ユーザーはアクティブではありません",
})  # fmt: skip

_ZERO = frozenset({"0", "0:00", "—", "&mdash;"})
"""How the versions of TimeOverflow write a quantity of nothing."""

_UID = re.compile(r"(?P<name>.*) \((?P<uid>[0-9]{1,9})\)", re.DOTALL)
_QUANTITY = re.compile(r"(?P<hours>[0-9]{1,7}):(?P<minutes>[0-5][0-9])")
_SECONDS = re.compile(r"-?[0-9]{1,16}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}:[0-9]{2}(?: (?:UTC|[+-][0-9]{4}))?)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_KINDS = ("members", "transfers", "inquiries", "offers")


def read_timeoverflow(data: bytes, file_name: str, options: Options) -> Export:
    """Read a "download all" zip. Raises ImportRefused; mistakes in the transfers come when their rows are read.

    The bank itself is the one party written without a number that is none of the known sentences. Where
    several such names occur (banks that pay each other) the commonest would be a guess, so it must be
    `options.organisation`, or the name the zip's own file name begins with; otherwise the file is refused. The
    others are other banks.
    """
    try:
        texts = _read_files(data, file_name)
        mistakes = Mistakes()
        members = tuple(_read_members(*texts["members"], mistakes))
        file, text = texts["transfers"]
        own = _own_name(file, text, file_name, options.organisation, mistakes)
        offers, inquiries = (
            _count_posts(*texts[kind]) if kind in texts else 0 for kind in ("offers", "inquiries")
        )
    except ImportProblem as problem:
        raise ImportRefused([problem]) from None
    names = {member.number: member.name for member in members}

    def rows(mistakes: Mistakes) -> Iterator[ImportedTransfer | SkippedRow]:
        reading = _Parties(file, names, own)
        with Refusing(mistakes):
            for row in _read_transfers(file, text, mistakes):
                with Refusing(mistakes):
                    yield _transfer(reading, row)

    mistakes.settle()
    return Export(
        "timeoverflow",
        source_of(file_name, data),
        members,
        rows,
        organisation=own,
        newest_first=True,
        opens_unlisted=True,
        not_imported={"offers": offers, "inquiries": inquiries},
    )


def _transfer(reading: "_Parties", row: "_Row") -> ImportedTransfer | SkippedRow:
    sides = reading.sides(row)
    if sides is None:
        return SkippedRow("other_banks", reading.file, row.line_number)
    if row.seconds == 0:
        return SkippedRow("zero", reading.file, row.line_number)
    if sides[0].key == sides[1].key:
        return SkippedRow("same_account", reading.file, row.line_number)
    return ImportedTransfer(
        row.created_at, row.service_on, *sides, row.post, row.seconds, reading.file, row.line_number, row.line
    )


# The zip


def _read_files(data: bytes, file_name: str) -> dict[str, tuple[str, str]]:
    """kind -> (name within the zip, text)."""
    files = unpacked(file_name, data)
    if files[0].content is data:
        raise ImportProblem("not_a_zip", file_name)
    texts: dict[str, tuple[str, str]] = {}
    for file in files:
        kind = _kind(file.name)
        if kind is None:
            raise ImportProblem("zip_files", file.name)
        if kind in texts:
            raise ImportProblem("table_twice", file.name)
        texts[kind] = (file.name, _decode(file.content, file.name))
    for kind in ("members", "transfers"):
        if kind not in texts:
            raise ImportProblem("file_missing", kind.capitalize())
    return texts


def _kind(name: str) -> str | None:
    match = re.fullmatch(r"([A-Za-z]+)(_[0-9-]+)?\.csv", name)
    kind = match[1].lower() if match else ""
    return kind if kind in _KINDS else None


# The text


def _decode(content: bytes, file: str) -> str:
    """The text without a byte order mark, or where it stops being UTF-8 or holds a control character."""
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise ImportProblem("not_utf8", file, *_place(before)) from error
    found = _CONTROL.search(text)
    if found is not None:
        raise ImportProblem("control_character", file, *_place(text[: found.start()]))
    return text


def _place(before: str) -> tuple[int, int]:
    """Line and column (the field's number) of whatever follows `before`."""
    line = before.rpartition("\n")[2]
    quoted = 0
    column = 1
    for character in line:
        quoted ^= character == '"'
        column += character == "," and not quoted
    return before.count("\n") + 1, column


def _rows(file: str, text: str) -> Iterator[tuple[int, str, list[str]]]:
    """(line number, line as it stood, fields) of each record, empty lines left out."""
    lines: list[str] = []

    def remembered() -> Iterator[str]:
        for line in StringIO(text, newline=""):
            lines.append(line)
            yield line

    reader = csv.reader(remembered(), strict=True)
    number = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise ImportProblem("not_csv", file, number) from error
        if fields is None:
            return
        raw = "".join(lines).rstrip("\r\n")
        lines.clear()
        if fields:
            yield number, raw, fields
        number = reader.line_num + 1


def _check_columns(file: str, number: int, fields: list[str], *wanted: int) -> None:
    if len(fields) in wanted:
        return
    if len(fields) == 1 and fields[0].count(";") + 1 in wanted:
        raise ImportProblem("semicolons", file, number)
    raise ImportProblem("columns", file, number, min(len(fields), max(wanted)) + 1)


def _moment(file: str, number: int, column: int, text: str) -> tuple[datetime, date]:
    """The moment in UTC, and the day as written. Without an offset it is UTC, the server's own default."""
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError(text)
        moment = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace(" +", "+").replace(" -", "-"))
        written = moment.date()
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC), written
    except (ValueError, OverflowError) as error:
        raise ImportProblem("moment_invalid", file, number, column) from error


# The members


def _read_members(file: str, text: str, mistakes: Mistakes) -> Iterator[ImportedMember]:
    rows = _rows(file, text)
    header = next(rows, None)
    if header is None:
        raise ImportProblem("header_missing", file, 1)
    _check_columns(file, header[0], header[2], 9)
    if header[2][0].isdecimal():
        raise ImportProblem("header_missing", file, header[0], 1)
    seen: set[str] = set()
    for number, line, fields in rows:
        with Refusing(mistakes):
            yield _member(file, number, line, fields, seen)


def _member(file: str, line_number: int, line: str, fields: list[str], seen: set[str]) -> ImportedMember:
    _check_columns(file, line_number, fields, 9)
    uid, name, email, phone, alt_phone, created, last_login, language, balance = fields
    if re.fullmatch(r"[0-9]{1,9}", uid) is None or int(uid) == 0:
        raise ImportProblem("uid_invalid", file, line_number, 1)
    number = f"m{int(uid)}"
    if number in seen:
        raise ImportProblem("number_twice", file, line_number, 1)
    seen.add(number)
    if not name.strip():
        raise ImportProblem("cell_empty", file, line_number, 2)
    _, joined_on = _moment(file, line_number, 6, created)
    if last_login:
        _moment(file, line_number, 7, last_login)
    if _SECONDS.fullmatch(balance) is None or abs(int(balance)) > MAX_BALANCE_SECONDS:
        raise ImportProblem("amount_invalid", file, line_number, 9)
    return ImportedMember(
        number,
        name,
        file,
        line_number,
        line,
        int(balance),
        email=email or None,
        phone=phone or alt_phone or None,
        languages=(language,) if re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", language) else (),
        joined_on=joined_on,
    )


# The transfers


@dataclass(frozen=True, slots=True)
class _Row:
    created_at: datetime
    service_on: date
    givers: tuple[str, ...]
    receivers: tuple[str, ...]
    post: str
    seconds: int
    line_number: int
    line: str


def _read_transfers(file: str, text: str, mistakes: Mistakes) -> Iterator[_Row]:
    rows = _rows(file, text)
    header = next(rows, None)
    if header is None:
        raise ImportProblem("header_missing", file, 1)
    _check_columns(file, header[0], header[2], 5)
    if _DATE.fullmatch(header[2][0]) or _QUANTITY.fullmatch(header[2][4]):
        raise ImportProblem("header_missing", file, header[0], 1)
    for number, line, fields in rows:
        with Refusing(mistakes):
            yield _row(file, number, line, fields)


def _row(file: str, number: int, line: str, fields: list[str]) -> _Row:
    _check_columns(file, number, fields, 5, 9)
    sides = (len(fields) - 3) // 2
    created_at, service_on = _moment(file, number, 1, fields[0])
    for column in range(1, 1 + 2 * sides):
        if not fields[column].strip():
            raise ImportProblem("cell_empty", file, number, column + 1)
    seconds = _quantity(file, number, len(fields), fields[-1])
    return _Row(
        created_at, service_on, tuple(fields[1 : 1 + sides]), tuple(fields[1 + sides : -2]),
        fields[-2], seconds, number, line,
    )  # fmt: skip


def _quantity(file: str, number: int, column: int, text: str) -> int:
    if text in _ZERO:
        return 0
    if text.startswith(("-", "\u2212")):
        raise ImportProblem("amount_not_positive", file, number, column)
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ImportProblem("amount_invalid", file, number, column)
    seconds = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
    if seconds > MAX_ENTRY_SECONDS:
        raise ImportProblem("amount_too_large", file, number, column)
    return seconds


def _has_no_number(text: str) -> bool:
    return text not in DELETED_WORDS and text not in INACTIVE_WORDS and _UID.fullmatch(text) is None


def _own_name(file: str, text: str, zip_name: str, told: str | None, mistakes: Mistakes) -> str | None:
    """Which name without a number is the bank itself. Mistakes in a row are told here, once."""
    last_seen: dict[str, int] = {}
    for row in _read_transfers(file, text, mistakes):
        for name in row.givers + row.receivers:
            if _has_no_number(name):
                # In the order they first occurred in time: the file is newest first.
                last_seen.pop(name, None)
                last_seen[name] = row.line_number
    if told is not None:
        return told
    if len(last_seen) <= 1:
        return next(iter(last_seen), None)
    stem = zip_name.replace("\\", "/").rpartition("/")[2]
    named = [name for name in last_seen if stem.startswith(f"{name}_")]
    if len(named) == 1:
        return named[0]
    about = {"names": ", ".join(sorted(last_seen))}
    raise ImportProblem("party_ambiguous", file, list(last_seen.values())[-2], about=about)


class _Parties:
    """Reads the sides of the rows of one file, and sees to it that a number keeps one name."""

    def __init__(self, file: str, names: dict[str, str], own: str | None) -> None:
        self.file = file
        self.listed = names
        self.names = dict(names)
        self.own = own

    def sides(self, row: _Row) -> tuple[Party, Party] | None:
        """Who gave and who received; None when no member of this bank is on either side."""
        if len(row.givers) == 1:
            giver, receiver = row.givers[0], row.receivers[0]
            return self.party(row, giver, 2), self.party(row, receiver, 3)
        return self.across(row)

    def party(self, row: _Row, text: str, column: int) -> Party:
        if text == self.own:
            return Party(PartyKind.ORGANISATION)
        if text in DELETED_WORDS:
            return Party(PartyKind.DELETED)
        if text in INACTIVE_WORDS:
            return Party(PartyKind.INACTIVE)
        match = _UID.fullmatch(text)
        if match is None:
            return Party(PartyKind.OTHER_BANK)
        number, name = f"m{int(match['uid'])}", match["name"]
        if self.names.setdefault(number, name) != name:
            raise ImportProblem("name_differs", self.file, row.line_number, column)
        return Party(PartyKind.MEMBER, number, name)

    def across(self, row: _Row) -> tuple[Party, Party] | None:
        """A transfer between members of two banks: both banks gave and received, and drop out."""
        banks = {text for text in row.givers if _has_no_number(text)} & set(row.receivers)
        givers = [text for text in row.givers if text not in banks]
        receivers = [text for text in row.receivers if text not in banks]
        if len(banks) != 2 or len(givers) != 1 or len(receivers) != 1:
            raise ImportProblem("columns", self.file, row.line_number, 6)
        giver, receiver = self.listed_member(givers[0]), self.listed_member(receivers[0])
        if giver is not None and receiver is not None:
            raise ImportProblem("across_ambiguous", self.file, row.line_number, 2)
        if giver is None and receiver is None:
            return None
        other = Party(PartyKind.OTHER_BANK)
        return giver or other, receiver or other

    def listed_member(self, text: str) -> Party | None:
        """The member of this bank with that number and name; a number alone may be the other bank's."""
        match = _UID.fullmatch(text)
        if match is None or self.listed.get(f"m{int(match['uid'])}") != match["name"]:
            return None
        return Party(PartyKind.MEMBER, f"m{int(match['uid'])}", match["name"])


# Offers and inquiries


def _count_posts(file: str, text: str) -> int:
    """How many posts; lines with an empty first column are headings of categories."""
    rows = list(_rows(file, text))
    for number, _, fields in rows:
        _check_columns(file, number, fields, 5)
    return sum(1 for _, _, fields in rows[1:] if fields[0])


def created_at_of(line: str) -> datetime:
    """The moment in a line of the transfers file that was read before."""
    return _moment("", 0, 1, next(csv.reader(StringIO(line, newline="")))[0])[0]
