"""Rows from PostgreSQL's binary COPY format, fast when they are as the service writes them.

A superuser may have dropped every constraint, so nothing is taken for granted: a row with a NULL or a length
that the service never writes is read field by field. The framing itself comes from PostgreSQL and is right.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

SECONDS_TO_2000 = 946_684_800
"""From the epoch of Unix to that of PostgreSQL."""

MICROSECONDS = 1_000_000
HASH_BYTES = 32
UUID_BYTES = 16
DIGEST_BYTES = 43

_HEADER_BYTES = 19
_TRAILER_BYTES = 2
_LENGTH = Struct(">i")
_NULL = b"\xff\xff\xff\xff"

Fields = list[bytes | None]

EntryRow = tuple[bytes, int, int, int, int, int, bytes]
"""Account id, entry number, leaf index, place, seconds, balance after, digest."""


class LeafRow(NamedTuple):
    """A row of `log_leaf`; None where the service never leaves a NULL, or where a length is wrong."""

    leaf_index: int
    leaf_hash: bytes | None
    transfer_id: bytes | None
    payload: bytes | None


class TransferRow(NamedTuple):
    """A row of `transfer`. `recorded_at` is in microseconds and `service_on` in days, since 2000-01-01."""

    leaf_index: int
    transfer_id: bytes
    recorded_at: int
    fingerprint: bytes
    kind: bytes
    service_on: int | None
    reverses_id: bytes | None
    hold_id: bytes | None
    note_digest: bytes | None
    via: bytes | None
    author_digest: bytes | None


class EventRow(NamedTuple):
    """A row of `event`. `recorded_at` is in microseconds since 2000-01-01."""

    leaf_index: int
    event_id: bytes
    kind: str
    recorded_at: int
    via: str
    author_id: str | None
    member_id: bytes | None
    details: str
    salt: str | None
    digest: str


ReadEvent = tuple[EventRow, list[str]]
"""An event, and in words what of it cannot be read."""

Note = tuple[bytes, bytes]
"""Salt and text of a private note."""

Author = tuple[bytes, bytes | None, bytes | None]
"""Member who posted a transfer, member for whom, and the salt: None once one of them was erased."""


def entry_rows(data: bytes) -> Iterable[EntryRow] | None:
    """The rows of `audit_entries`, or None when one of them has a NULL or a field of another width."""
    body = data[_HEADER_BYTES:-_TRAILER_BYTES]
    return _ENTRY.iter_unpack(body) if _shaped(body) else None


def entry_fields(data: bytes) -> Iterator[tuple[EntryRow, list[str]]]:
    """The same rows read with care: zeros stand for what cannot be read, and the list says in words what that is."""
    for fields in rows(data):
        problems: list[str] = []
        read = [
            octets(fields, number, width, name, problems)
            for number, (name, width) in enumerate(zip(_ENTRY_NAMES, _ENTRY_WIDTHS, strict=True))
        ]
        numbers = [int.from_bytes(field, "big", signed=True) for field in read[1:6]]
        yield (
            (read[0], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], fields[6] or b""),
            problems,
        )


# Each field comes after its length, which `x` skips because `_shaped` has looked at it.
_ENTRY = Struct(">2x4x16s4xq4xq4xh4xq4xq4x43s")
_ENTRY_NAMES = ("account_id", "entry_number", "leaf_index", "place", "seconds", "balance_after", "digest")
_ENTRY_WIDTHS = (UUID_BYTES, 8, 8, 2, 8, 8, DIGEST_BYTES)


def _frame() -> list[tuple[int, int]]:
    """The octets of an ordinary entry that are not values: (offset, octet)."""
    frame = list(enumerate(len(_ENTRY_WIDTHS).to_bytes(2, "big")))
    at = 2
    for width in _ENTRY_WIDTHS:
        frame += [(at + offset, octet) for offset, octet in enumerate(width.to_bytes(4, "big"))]
        at += 4 + width
    return frame


_FRAME = _frame()


def _shaped(body: bytes) -> bool:
    """Whether every row has all its fields in their usual widths.

    Looks at one octet of all rows at a time: a slice with a stride costs a fraction of a loop over rows.
    """
    count, rest = divmod(len(body), _ENTRY.size)
    return not rest and all(body[at :: _ENTRY.size].count(octet) == count for at, octet in _FRAME)


_LEAF = Struct(">hiqi32si16si")


def leaf_rows(data: bytes) -> Iterator[tuple[int, bytes | None, bytes | None, bytes | None]]:
    """The rows of `audit_leaves`, as plain tuples in the order of LeafRow."""
    unpack, size = _LEAF.unpack_from, _LEAF.size
    at, end = _HEADER_BYTES, len(data) - _TRAILER_BYTES
    while at < end:
        if at + size <= end:
            _, a, leaf_index, b, leaf_hash, c, transfer_id, length = unpack(data, at)
            if a == 8 and b == 32 and c == 16 and length >= 0:
                at += size
                yield leaf_index, leaf_hash, transfer_id, data[at : at + length]
                at += length
                continue
        fields, at = row_at(data, at)
        yield leaf_fields(fields, [])


def leaf_fields(fields: Fields, problems: list[str]) -> LeafRow:
    """A leaf's row read with care; says in `problems` what cannot be read. A missing transfer id is no problem here."""
    leaf_index = integer(fields, 0, 8, "leaf_index", problems)
    leaf_hash = _whole(fields, 1, HASH_BYTES, "leaf_hash", problems)
    transfer_id = None if fields[2] is None else _whole(fields, 2, UUID_BYTES, "transfer_id", problems)
    if fields[3] is None:
        problems.append("payload is NULL")
    return LeafRow(leaf_index, leaf_hash, transfer_id, fields[3])


_TRANSFER = Struct(">hiqi16siqi32si")
_FOUR = b"\x00\x00\x00\x04"


def transfer_rows(
    data: bytes,
) -> Iterator[
    tuple[
        int, bytes, int, bytes, bytes, int | None, bytes | None, bytes | None, bytes | None, bytes | None, bytes | None
    ]
]:  # fmt: skip
    """The rows of `audit_transfers` that can be read, as plain tuples in the order of TransferRow."""
    unpack, size = _TRANSFER.unpack_from, _TRANSFER.size
    unpack_length = _LENGTH.unpack_from
    nulls = {count: _NULL * count for count in (5, 6)}
    at, end = _HEADER_BYTES, len(data) - _TRAILER_BYTES
    while at < end:
        start = at
        if at + size <= end:
            _, a, leaf_index, b, transfer_id, c, recorded_at, d, fingerprint, length = unpack(data, at)
            if a == 8 and b == 16 and c == 8 and d == 32 and length >= 0:
                at += size + length
                kind = data[at - length : at]
                service_on: int | None = None
                more = 6
                if data[at : at + 4] == _FOUR:
                    (service_on,) = unpack_length(data, at + 4)
                    at += 8
                    more = 5
                if data[at : at + 4 * more] == nulls[more]:
                    at += 4 * more
                    yield (
                        leaf_index,
                        transfer_id,
                        recorded_at,
                        fingerprint,
                        kind,
                        service_on,
                        None,
                        None,
                        None,
                        None,
                        None,
                    )
                    continue
        fields, at = row_at(data, start)
        problems: list[str] = []
        row = transfer_fields(fields, problems)
        if not problems:
            yield row


def transfer_fields(fields: Fields, problems: list[str]) -> TransferRow:
    """A transfer's row read with care; says in `problems` what cannot be read."""
    if fields[4] is None:
        problems.append("kind is NULL")
    return TransferRow(
        integer(fields, 0, 8, "leaf_index", problems),
        octets(fields, 1, UUID_BYTES, "transfer_id", problems),
        integer(fields, 2, 8, "recorded_at", problems),
        octets(fields, 3, HASH_BYTES, "fingerprint", problems),
        fields[4] or b"",
        None if fields[5] is None else integer(fields, 5, 4, "service_on", problems),
        None if fields[6] is None else octets(fields, 6, UUID_BYTES, "reverses_id", problems),
        None if fields[7] is None else octets(fields, 7, UUID_BYTES, "hold_id", problems),
        fields[8],
        fields[9],
        fields[10],
    )


def note_and_author_rows(data: bytes) -> tuple[dict[int, Note], dict[int, Author]]:
    """The rows of `audit_notes_and_authors` by leaf index."""
    notes: dict[int, Note] = {}
    authors: dict[int, Author] = {}
    for index_octets, *fields in rows(data):
        index = int.from_bytes(index_octets or b"", "big", signed=True)
        note, author = note_and_author(fields)
        if note is not None:
            notes[index] = note
        if author is not None:
            authors[index] = author
    return notes, authors


def note_and_author(fields: Fields) -> tuple[Note | None, Author | None]:
    """The last five fields of a transfer's row: None for a note or an author that is missing, or has a NULL."""
    salt, note, member_id, for_member_id, author_salt = fields
    return (
        None if salt is None or note is None else (salt, note),
        None if member_id is None else (member_id, for_member_id, author_salt),
    )


def event_rows(data: bytes) -> dict[int, list[ReadEvent]]:
    """The rows of `audit_events` by leaf index."""
    events: dict[int, list[ReadEvent]] = {}
    for fields in rows(data):
        read = event_fields(fields)
        events.setdefault(read[0].leaf_index, []).append(read)
    return events


def event_fields(fields: Fields) -> ReadEvent:
    """An event's row read with care."""
    problems: list[str] = []
    return (
        EventRow(
            integer(fields, 0, 8, "leaf_index", problems),
            octets(fields, 1, UUID_BYTES, "event_id", problems),
            _text(fields, 2, "kind", problems),
            integer(fields, 3, 8, "recorded_at", problems),
            _text(fields, 4, "via", problems),
            None if fields[5] is None else _text(fields, 5, "author_id", problems),
            None if fields[6] is None else octets(fields, 6, UUID_BYTES, "member_id", problems),
            _text(fields, 7, "details", problems),
            None if fields[8] is None else _text(fields, 8, "salt", problems),
            _text(fields, 9, "digest", problems),
        ),
        problems,
    )


def rows(data: bytes) -> Iterator[Fields]:
    """The fields of every row; None for NULL."""
    at, end = _HEADER_BYTES, len(data) - _TRAILER_BYTES
    while at < end:
        fields, at = row_at(data, at)
        yield fields


def row_at(data: bytes, at: int) -> tuple[Fields, int]:
    """The fields of the row at this offset, and where the next row begins."""
    count = int.from_bytes(data[at : at + 2], "big")
    at += 2
    fields: Fields = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(data, at)
        at += 4
        fields.append(None if length < 0 else data[at : at + length])
        at += max(length, 0)
    return fields, at


def octets(fields: Fields, number: int, width: int, name: str, problems: list[str]) -> bytes:
    """A field of a fixed width, or zeros and a problem."""
    field = _whole(fields, number, width, name, problems)
    return bytes(width) if field is None else field


def integer(fields: Fields, number: int, width: int, name: str, problems: list[str]) -> int:
    """A number of `width` bytes, or zero and a problem."""
    return int.from_bytes(octets(fields, number, width, name, problems), "big", signed=True)


def _text(fields: Fields, number: int, name: str, problems: list[str]) -> str:
    field = fields[number]
    if field is None:
        problems.append(f"{name} is NULL")
        return ""
    # What is no text is made one that differs from everything that was signed.
    return field.decode(errors="replace")


def _whole(fields: Fields, number: int, width: int, name: str, problems: list[str]) -> bytes | None:
    field = fields[number]
    if field is None:
        problems.append(f"{name} is NULL")
    elif len(field) != width:
        problems.append(f"{name} has {len(field)} bytes instead of {width}")
        return None
    return field
