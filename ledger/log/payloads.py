"""The strict reader of receipts: what a payload and its disclosures must be, to the letter.

Nothing here decides whether to believe a receipt; `verification` does. Every function raises ValueError with
a few words for the person who keeps the service, on any text that `receipts` would not have written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger.log.encoding import read_base64url, read_canonical_json
from ledger.log.receipts import RECEIPT_TYPE, check_plain

MAX_INTEGER = 2**53 - 1
"""The greatest integer every JSON reader keeps exact (RFC 7493 section 2.2)."""

# RFC 9864 renames EdDSA with this curve to Ed25519; a receipt may come under either name.
_ALGORITHMS = ("EdDSA", "Ed25519")
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_KIND = re.compile("[a-z][a-z_]{0,31}", re.ASCII)
LAST_SECOND = 253_402_300_799
"""The end of the year 9999 in epoch seconds: what comes after cannot be written as a date."""

_REQUIRED = {"entries", "iat", "iss", "jti", "k", "log", "n", "v"}
_OPTIONAL = {"_sd", "hold", "on", "rev", "via"}
_CAPACITIES = ("member", "delegate", "coordinator")


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of the transfer: the community, signed seconds, and the digest of the account's disclosure."""

    slug: str
    seconds: int
    digest: str


@dataclass(frozen=True, slots=True)
class Payload:
    """A leaf of version 1, read: what verification looks at, and the whole as `members`.

    `digests` are those of the private note and of who posted it, as far as there are any.
    """

    issuer: str
    origin: str
    leaf_index: int
    entries: tuple[Entry, ...]
    digests: tuple[str, ...]
    members: dict[str, object]


@dataclass(frozen=True, slots=True)
class AccountDisclosure:
    """Whose an entry is, the seconds they had after it, and its number among the account's entries."""

    account_id: str
    balance_after: int
    entry_number: int


@dataclass(frozen=True, slots=True)
class AuthorDisclosure:
    """Who posted a transfer, and for whom when that was somebody else: ids of members."""

    member_id: str
    for_member_id: str | None


def read_header(octets: bytes) -> str:
    """The kid of a protected header that has exactly the three members of a receipt's."""
    header = _members(read_canonical_json(octets), {"alg", "kid", "typ"}, set())
    if header["alg"] not in _ALGORITHMS:
        raise ValueError("the algorithm is not EdDSA")
    if header["typ"] != RECEIPT_TYPE:
        raise ValueError("the type is not that of a receipt")
    return _text(header["kid"])


def read_payload(octets: bytes) -> Payload:
    """A leaf of version 1: the exact members, of the exact types."""
    members = _members(read_canonical_json(octets), _REQUIRED, _OPTIONAL)
    if _integer(members["v"], 0, MAX_INTEGER) != 1:
        raise ValueError("the version is not 1")
    _match(_UUID, members["jti"])
    _match(_KIND, members["k"])
    _integer(members["iat"], 0, LAST_SECOND)
    for name in members.keys() & {"hold", "rev"}:
        _match(_UUID, members[name])
    if "on" in members:
        _day(members["on"])
    entries = tuple([_read_entry(entry) for entry in _list(members["entries"])])
    if len(entries) < 2:
        raise ValueError("a transfer has at least two entries")
    if "via" in members and members["via"] not in _CAPACITIES:
        raise ValueError("it was posted in an unknown capacity")
    own = _digests(members["_sd"], 2) if "_sd" in members else ()
    # A note and an author have a digest each, and there is an author wherever somebody posted in a capacity.
    if ("via" in members and not own) or ("via" not in members and len(own) > 1):
        raise ValueError("its digests are not those of a note and an author")
    digests = [*[entry.digest for entry in entries], *own]
    # RFC 9901 section 7.1: a digest that stands twice makes the whole token invalid.
    if len(set(digests)) != len(digests):
        raise ValueError("a digest stands twice")
    return Payload(
        issuer=check_plain(_text(members["iss"])),
        origin=check_plain(_text(members["log"])),
        leaf_index=_integer(members["n"], 0, MAX_INTEGER),
        entries=entries,
        digests=own,
        members=members,
    )


def read_disclosure(text: str) -> AccountDisclosure | AuthorDisclosure | str:
    """What a disclosure says: an account's side of an entry, who posted the transfer, or the note."""
    parts = _list(read_canonical_json(read_base64url(text)))
    if len(parts) != 3 or len(read_base64url(_text(parts[0]))) != 16:
        raise ValueError("a disclosure is a salt, a name and a value")
    if parts[1] == "note":
        return _text(parts[2])
    if parts[1] == "author":
        author = _members(parts[2], {"by"}, {"for"})
        acting_for = _match(_UUID, author["for"]) if "for" in author else None
        return AuthorDisclosure(_match(_UUID, author["by"]), acting_for)
    if parts[1] != "own":
        raise ValueError("a disclosure has an unknown name")
    own = _members(parts[2], {"acct", "after", "n"}, set())
    return AccountDisclosure(
        _match(_UUID, own["acct"]),
        _integer(own["after"], -MAX_INTEGER, MAX_INTEGER),
        _integer(own["n"], 1, MAX_INTEGER),
    )


def _read_entry(value: object) -> Entry:
    entry = _members(value, {"_sd", "c", "s"}, set())
    seconds = _integer(entry["s"], -MAX_INTEGER, MAX_INTEGER)
    if seconds == 0:
        raise ValueError("an entry moves no time")
    return Entry(check_plain(_text(entry["c"])), seconds, _one_digest(entry["_sd"]))


def _one_digest(value: object) -> str:
    [digest] = _digests(value, 1)
    return digest


def _digests(value: object, most: int) -> tuple[str, ...]:
    digests = [_text(each) for each in _list(value)]
    if not 1 <= len(digests) <= most or any(len(read_base64url(each)) != 32 for each in digests):
        raise ValueError("not a SHA-256 digest, or too many")
    return tuple(digests)


def _members(value: object, required: set[str], optional: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or not required <= value.keys() <= required | optional:
        raise ValueError("an object does not have the members it should")
    return value


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _integer(value: object, least: int, greatest: int) -> int:
    # True is an int to Python, and not to JSON.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= greatest:
        raise ValueError("not an integer in range")
    return value


def _day(value: object) -> None:
    text = _text(value)
    # Python reads other ISO 8601 forms too, such as 2026-W01-1.
    try:
        written_again = date.fromisoformat(text).isoformat()
    except ValueError:
        written_again = None
    if written_again != text:
        raise ValueError("the day is not YYYY-MM-DD")


def _match(pattern: re.Pattern[str], value: object) -> str:
    text = _text(value)
    if not pattern.fullmatch(text):
        raise ValueError("a text does not have the form it should")
    return text
