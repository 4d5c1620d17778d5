"""The strict reader of receipts: what a payload and its disclosures must be, to the letter.

Nothing here decides whether to believe a receipt; `verification` does. Every function raises ValueError with
a few words for the person who keeps the service, on any text that `receipts` would not have written.
"""

from dataclasses import dataclass

from ledger.log import reading
from ledger.log.encoding import read_base64url, read_canonical_json
from ledger.log.reading import KIND, LAST_SECOND, UUID, integer, listed, matching
from ledger.log.receipts import check_plain

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


def read_payload(octets: bytes) -> Payload:
    """A leaf of version 1: the exact members, of the exact types."""
    members = reading.members(read_canonical_json(octets), _REQUIRED, _OPTIONAL)
    if integer(members["v"], 0) != 1:
        raise ValueError("the version is not 1")
    matching(UUID, members["jti"])
    matching(KIND, members["k"])
    integer(members["iat"], 0, LAST_SECOND)
    for name in members.keys() & {"hold", "rev"}:
        matching(UUID, members[name])
    if "on" in members:
        reading.day(members["on"])
    entries = tuple([_read_entry(entry) for entry in listed(members["entries"])])
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
        issuer=check_plain(reading.string(members["iss"])),
        origin=check_plain(reading.string(members["log"])),
        leaf_index=integer(members["n"], 0),
        entries=entries,
        digests=own,
        members=members,
    )


def read_disclosure(text: str) -> AccountDisclosure | AuthorDisclosure | str:
    """What a disclosure says: an account's side of an entry, who posted the transfer, or the note."""
    name, value = reading.read_opening(text)
    if name == "note":
        return reading.string(value)
    if name == "author":
        author = reading.members(value, {"by"}, {"for"})
        acting_for = matching(UUID, author["for"]) if "for" in author else None
        return AuthorDisclosure(matching(UUID, author["by"]), acting_for)
    if name != "own":
        raise ValueError("a disclosure has an unknown name")
    own = reading.members(value, {"acct", "after", "n"})
    return AccountDisclosure(
        matching(UUID, own["acct"]),
        integer(own["after"]),
        integer(own["n"], 1),
    )


def _read_entry(value: object) -> Entry:
    entry = reading.members(value, {"_sd", "c", "s"})
    seconds = integer(entry["s"])
    if seconds == 0:
        raise ValueError("an entry moves no time")
    return Entry(check_plain(reading.string(entry["c"])), seconds, _one_digest(entry["_sd"]))


def _one_digest(value: object) -> str:
    [digest] = _digests(value, 1)
    return digest


def _digests(value: object, most: int) -> tuple[str, ...]:
    digests = [reading.string(each) for each in listed(value)]
    if not 1 <= len(digests) <= most or any(len(read_base64url(each)) != 32 for each in digests):
        raise ValueError("not a SHA-256 digest, or too many")
    return tuple(digests)
