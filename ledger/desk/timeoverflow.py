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
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from io import BytesIO, StringIO

from ledger.book.amounts import MAX_BALANCE_SECONDS, MAX_ENTRY_SECONDS

MAX_FILES = 20
MAX_BYTES = 200_000_000
"""Of all files together, unpacked. A bank of a thousand members and twenty years takes about 20 MB."""
MAX_RATIO = 200
"""Unpacked to packed, beyond the first million bytes: text stays well below, zip bombs reach 1,000."""

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


PROBLEMS = {
    "not_a_zip": (
        "This is not a complete zip file.",
        'Download it again with "download all"; the copy may have been cut short.',
    ),
    "zip_too_large": (
        "The zip unpacks to far more than a time bank's history.",
        'Download it again with "download all".',
    ),
    "zip_encrypted": (
        "A file in the zip is locked with a password.",
        "Give the zip as TimeOverflow made it, without a password.",
    ),
    "zip_damaged": (
        "A file in the zip is damaged.",
        'Download it again with "download all".',
    ),
    "zip_odd_file": (
        "The zip holds a file that TimeOverflow does not write.",
        "Give the zip as TimeOverflow made it: Members, Transfers, Inquiries and Offers, no folders.",
    ),
    "file_twice": (
        "The zip holds two files of this kind.",
        "Give the zip as TimeOverflow made it.",
    ),
    "file_missing": (
        "The zip holds no file of this kind.",
        "Give the zip as TimeOverflow made it: it needs the Members and the Transfers.",
    ),
    "not_utf8": (
        "The text is not UTF-8.",
        "Give the file as TimeOverflow wrote it; a spreadsheet may have saved it in another encoding.",
    ),
    "control_character": (
        "There is a control character in the text.",
        "Remove the invisible character in TimeOverflow and download again.",
    ),
    "not_csv": (
        "The line is not comma-separated text: a quote is not closed, or a field is far too long.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "semicolons": (
        "The columns are separated by semicolons.",
        "Give the file as TimeOverflow wrote it, with commas; a spreadsheet may have changed it.",
    ),
    "header_missing": (
        "The first line is not a header.",
        "Give the file as TimeOverflow wrote it, with its first line.",
    ),
    "columns": (
        "The line has the wrong number of columns.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "uid_invalid": (
        "The member number is not a whole number above zero.",
        "Correct the number in TimeOverflow and download again.",
    ),
    "uid_twice": (
        "This member number stands on two lines.",
        "Give the file as TimeOverflow wrote it; numbers are unique there.",
    ),
    "name_empty": (
        "The name is empty.",
        "Give the person a name in TimeOverflow and download again.",
    ),
    "name_differs": (
        "The number in brackets belongs to somebody with another name.",
        "Download again; within one export a number has one name.",
    ),
    "party_empty": (
        "The transfer does not say who gave or who received.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "party_ambiguous": (
        "Two names without a member number occur, and only one can be this bank.",
        "Say which is this bank's own name, or keep the file name that TimeOverflow gave the zip.",
    ),
    "across_ambiguous": (
        "In this transfer between two banks it can't be told which member is ours.",
        "Import without this line from a corrected copy; the difference will be shown.",
    ),
    "date_invalid": (
        "The date is not a date such as 2024-05-01 10:30:00 UTC.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "time_negative": (
        "The time is negative; TimeOverflow writes transfers without a sign.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "time_invalid": (
        "The time is not hours and minutes such as 1:30.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "time_too_long": (
        "The time is longer than 166,666 hours.",
        "Correct the transfer in TimeOverflow and download again.",
    ),
    "balance_invalid": (
        "The balance is not a whole number of seconds.",
        "Give the file as TimeOverflow wrote it.",
    ),
}
"""code -> (what is wrong, what to do)."""


class ImportProblem(Exception):
    """Why a file is refused whole. `line` and `column` count from 1; None where there is none to name."""

    def __init__(
        self,
        code: str,
        file: str,
        line: int | None = None,
        column: int | None = None,
        says: str = "",
        remedy: str = "",
    ) -> None:
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.says = says or PROBLEMS[code][0]
        self.remedy = remedy or PROBLEMS[code][1]
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.says} {self.remedy}"


class PartyKind(StrEnum):
    MEMBER = "member"
    ORGANISATION = "organisation"
    DELETED = "deleted"
    INACTIVE = "inactive"
    OTHER_BANK = "other-bank"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a transfer. A member has a number and a name; it need not be in the members file."""

    kind: PartyKind
    uid: int | None = None
    name: str | None = None

    @property
    def key(self) -> str:
        """What stays the same from export to export: the number, never the name or the language."""
        return f"m{self.uid}" if self.kind is PartyKind.MEMBER else self.kind.value


@dataclass(frozen=True, slots=True)
class Member:
    uid: int
    name: str
    email: str
    phone: str
    alt_phone: str
    created_at: datetime
    last_login_at: datetime | None
    language: str
    balance_seconds: int
    line_number: int
    line: str


@dataclass(frozen=True, slots=True)
class ExportedTransfer:
    """One row that moved time. `service_on` is the day as written; `created_at` the same moment in UTC."""

    created_at: datetime
    service_on: date
    giver: Party
    receiver: Party
    post: str
    seconds: int
    line_number: int
    line: str


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that moves nothing, with why: `zero`, `same_account`, or `other_banks`."""

    reason: str
    line_number: int
    line: str


@dataclass(frozen=True, slots=True)
class TimeOverflowExport:
    """A whole export. `transfers` are oldest first; rows of one second keep the order they were made in."""

    file_name: str
    sha256: bytes
    members_file: str
    transfers_file: str
    organisation: str | None
    members: tuple[Member, ...]
    transfers: tuple[ExportedTransfer, ...]
    skipped: tuple[SkippedRow, ...]
    offer_count: int
    inquiry_count: int


def parse_timeoverflow(data: bytes, file_name: str, *, organisation: str | None = None) -> TimeOverflowExport:
    """Read a "download all" zip, or raise the first ImportProblem.

    The bank itself is the one party written without a number that is none of the known sentences. Where
    several such names occur (banks that pay each other) the commonest would be a guess, so it must be
    `organisation`, or the name the zip's own file name begins with; otherwise the file is refused. The
    others are other banks.
    """
    texts = _unpack(data, file_name)
    members = tuple(_read_members(*texts["members"]))
    rows = list(_read_transfers(*texts["transfers"]))
    transfers_file = texts["transfers"][0]
    own = _own_name(rows, transfers_file, file_name, organisation)
    reading = _Parties(transfers_file, {member.uid: member.name for member in members}, own)
    transfers: list[ExportedTransfer] = []
    skipped: list[SkippedRow] = []
    for row in rows:
        sides = reading.sides(row)
        if sides is None:
            skipped.append(SkippedRow("other_banks", row.line_number, row.line))
        elif row.seconds == 0:
            skipped.append(SkippedRow("zero", row.line_number, row.line))
        elif sides[0].key == sides[1].key:
            skipped.append(SkippedRow("same_account", row.line_number, row.line))
        else:
            transfers.append(
                ExportedTransfer(
                    row.created_at, row.service_on, *sides, row.post, row.seconds, row.line_number, row.line
                )
            )
    # The file is newest first; sorting is stable, so rows of one second come out in the order they were made.
    transfers.reverse()
    transfers.sort(key=lambda transfer: transfer.created_at)
    return TimeOverflowExport(
        file_name=file_name,
        sha256=sha256(data).digest(),
        members_file=texts["members"][0],
        transfers_file=transfers_file,
        organisation=own,
        members=members,
        transfers=tuple(transfers),
        skipped=tuple(skipped),
        offer_count=_count_posts(*texts["offers"]) if "offers" in texts else 0,
        inquiry_count=_count_posts(*texts["inquiries"]) if "inquiries" in texts else 0,
    )


# The zip


def _unpack(data: bytes, file_name: str) -> dict[str, tuple[str, str]]:
    """kind -> (name within the zip, text). Reads no more than MAX_BYTES, whatever the zip's headers say."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _read_files(archive, file_name)
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        ValueError,
        OverflowError,
        NotImplementedError,
        struct.error,
    ) as error:
        raise ImportProblem("not_a_zip", file_name) from error


def _read_files(archive: zipfile.ZipFile, file_name: str) -> dict[str, tuple[str, str]]:
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise ImportProblem("zip_odd_file", file_name, says=f"The zip holds {len(infos)} files.")
    texts: dict[str, tuple[str, str]] = {}
    left = MAX_BYTES
    for info in infos:
        kind = _kind(info.filename)
        if kind is None:
            raise ImportProblem("zip_odd_file", _shown(info.filename))
        if kind in texts:
            raise ImportProblem("file_twice", info.filename)
        if info.flag_bits & 1:
            raise ImportProblem("zip_encrypted", info.filename)
        content = _read_file(archive, info, left)
        left -= len(content)
        texts[kind] = (info.filename, _decode(content, info.filename))
    for kind in ("members", "transfers"):
        if kind not in texts:
            raise ImportProblem("file_missing", kind.capitalize())
    return texts


def _kind(name: str) -> str | None:
    match = re.fullmatch(r"([A-Za-z]+)(_[0-9-]+)?\.csv", name)
    kind = match[1].lower() if match else ""
    return kind if kind in _KINDS else None


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)[:100]


def _read_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.file_size > limit:
        raise ImportProblem("zip_too_large", info.filename)
    limit = min(limit, max(1_000_000, info.compress_size * MAX_RATIO))
    content = bytearray()
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(1 << 20):
                content += chunk
                if len(content) > limit:
                    raise ImportProblem("zip_too_large", info.filename)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ImportProblem("zip_damaged", info.filename) from error
    return bytes(content)


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
    raise ImportProblem(
        "columns",
        file,
        number,
        min(len(fields), max(wanted)) + 1 if len(fields) not in wanted else None,
        f"The line has {len(fields)} columns instead of {' or '.join(map(str, wanted))}.",
    )


def _moment(file: str, number: int, column: int, text: str) -> tuple[datetime, date]:
    """The moment in UTC, and the day as written. Without an offset it is UTC, the server's own default."""
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError(text)
        moment = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace(" +", "+").replace(" -", "-"))
        written = moment.date()
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC), written
    except (ValueError, OverflowError) as error:
        raise ImportProblem("date_invalid", file, number, column) from error


# The members


def _read_members(file: str, text: str) -> Iterator[Member]:
    rows = _rows(file, text)
    header = next(rows, None)
    if header is None:
        raise ImportProblem("header_missing", file, 1)
    _check_columns(file, header[0], header[2], 9)
    if header[2][0].isdecimal():
        raise ImportProblem("header_missing", file, header[0], 1)
    seen: set[int] = set()
    for number, line, fields in rows:
        _check_columns(file, number, fields, 9)
        uid_text, name, email, phone, alt_phone, created, last_login, language, balance_text = fields
        if re.fullmatch(r"[0-9]{1,9}", uid_text) is None or int(uid_text) == 0:
            raise ImportProblem("uid_invalid", file, number, 1)
        uid = int(uid_text)
        if uid in seen:
            raise ImportProblem("uid_twice", file, number, 1)
        seen.add(uid)
        if not name.strip():
            raise ImportProblem("name_empty", file, number, 2)
        created_at, _ = _moment(file, number, 6, created)
        last_login_at = _moment(file, number, 7, last_login)[0] if last_login else None
        if _SECONDS.fullmatch(balance_text) is None or abs(int(balance_text)) > MAX_BALANCE_SECONDS:
            raise ImportProblem("balance_invalid", file, number, 9)
        yield Member(
            uid, name, email, phone, alt_phone, created_at, last_login_at, language,
            int(balance_text), number, line,
        )  # fmt: skip


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


def _read_transfers(file: str, text: str) -> Iterator[_Row]:
    rows = _rows(file, text)
    header = next(rows, None)
    if header is None:
        raise ImportProblem("header_missing", file, 1)
    _check_columns(file, header[0], header[2], 5)
    if _DATE.fullmatch(header[2][0]) or _QUANTITY.fullmatch(header[2][4]):
        raise ImportProblem("header_missing", file, header[0], 1)
    for number, line, fields in rows:
        _check_columns(file, number, fields, 5, 9)
        sides = (len(fields) - 3) // 2
        created_at, service_on = _moment(file, number, 1, fields[0])
        for column in range(1, 1 + 2 * sides):
            if not fields[column].strip():
                raise ImportProblem("party_empty", file, number, column + 1)
        seconds = _quantity(file, number, len(fields), fields[-1])
        yield _Row(
            created_at, service_on, tuple(fields[1 : 1 + sides]), tuple(fields[1 + sides : -2]),
            fields[-2], seconds, number, line,
        )  # fmt: skip


def _quantity(file: str, number: int, column: int, text: str) -> int:
    if text in _ZERO:
        return 0
    if text.startswith(("-", "\u2212")):
        raise ImportProblem("time_negative", file, number, column)
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ImportProblem("time_invalid", file, number, column)
    seconds = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
    if seconds > MAX_ENTRY_SECONDS:
        raise ImportProblem("time_too_long", file, number, column)
    return seconds


def _has_no_number(text: str) -> bool:
    return text not in DELETED_WORDS and text not in INACTIVE_WORDS and _UID.fullmatch(text) is None


def _own_name(rows: list[_Row], file: str, zip_name: str, told: str | None) -> str | None:
    """Which name without a number is the bank itself."""
    first_seen: dict[str, int] = {}
    for row in reversed(rows):
        for text in row.givers + row.receivers:
            if _has_no_number(text):
                first_seen.setdefault(text, row.line_number)
    if told is not None:
        return told
    if len(first_seen) <= 1:
        return next(iter(first_seen), None)
    stem = zip_name.replace("\\", "/").rpartition("/")[2]
    named = [name for name in first_seen if stem.startswith(f"{name}_")]
    if len(named) == 1:
        return named[0]
    quoted = ", ".join(repr(name) for name in sorted(first_seen))
    raise ImportProblem(
        "party_ambiguous",
        file,
        list(first_seen.values())[1],
        says=f"Several names without a member number occur ({quoted}), and only one can be this bank.",
    )


class _Parties:
    """Reads the sides of the rows of one file, and sees to it that a number keeps one name."""

    def __init__(self, file: str, names: dict[int, str], own: str | None) -> None:
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
        uid, name = int(match["uid"]), match["name"]
        if self.names.setdefault(uid, name) != name:
            raise ImportProblem("name_differs", self.file, row.line_number, column)
        return Party(PartyKind.MEMBER, uid, name)

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
        if match is None or self.listed.get(int(match["uid"])) != match["name"]:
            return None
        return Party(PartyKind.MEMBER, int(match["uid"]), match["name"])


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
