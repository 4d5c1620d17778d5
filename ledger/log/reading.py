"""Readers of values that came out of JSON, each of exactly one form: for receipts, statements and proofs of balances.

Every function raises ValueError, with a few words for the person who keeps the service, on anything else.
"""

import re
from collections.abc import Sequence, Set
from datetime import date

from ledger.log.encoding import read_base64url, read_canonical_json

MAX_INTEGER = 2**53 - 1
"""The greatest integer every JSON reader keeps exact (RFC 7493 section 2.2)."""

LAST_SECOND = 253_402_300_799
"""The end of the year 9999 in epoch seconds: what comes after cannot be written as a date."""

UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
KIND = re.compile("[a-z][a-z_]{0,31}", re.ASCII)

# RFC 9864 renames EdDSA with this curve to Ed25519; a text may come under either name.
_ALGORITHMS = ("EdDSA", "Ed25519")


def members(value: object, required: Set[str], optional: Set[str] = frozenset()) -> dict[str, object]:
    """An object that has these members and no others."""
    if not isinstance(value, dict) or not required <= value.keys() <= required | optional:
        raise ValueError("an object does not have the members it should")
    return value


def listed(value: object, at_most: int | None = None) -> Sequence[object]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    if at_most is not None and len(value) > at_most:
        raise ValueError("a list is too long")
    return value


def string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def octets(value: object) -> bytes:
    """The UTF-8 of a text that has one: half a pair of surrogates has none."""
    return string(value).encode()


def matching(pattern: re.Pattern[str], value: object) -> str:
    """A text all of which the pattern fits."""
    if not pattern.fullmatch(string(value)):
        raise ValueError("a text does not have the form it should")
    return string(value)


def integer(value: object, least: int = -MAX_INTEGER, greatest: int = MAX_INTEGER) -> int:
    # True is an int to Python, and not to JSON.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= greatest:
        raise ValueError("not an integer in range")
    return value


def day(value: object) -> date:
    """A day as YYYY-MM-DD: Python reads other ISO 8601 forms too, such as 2026-W01-1."""
    try:
        read = date.fromisoformat(string(value))
    except ValueError:
        read = None
    if read is None or read.isoformat() != value:
        raise ValueError("the day is not YYYY-MM-DD")
    return read


def read_header(given: bytes, its_type: str) -> str:
    """The kid of a protected header that has exactly the three members of ours."""
    header = members(read_canonical_json(given), {"alg", "kid", "typ"})
    if header["alg"] not in _ALGORITHMS:
        raise ValueError("the algorithm is not EdDSA")
    if header["typ"] != its_type:
        raise ValueError("its type is another one")
    return string(header["kid"])


def read_opening(disclosure: str) -> tuple[object, object]:
    """The name and the value of an SD-JWT disclosure with a salt of 128 bits."""
    parts = listed(read_canonical_json(read_base64url(disclosure)))
    if len(parts) != 3 or len(read_base64url(string(parts[0]))) != 16:
        raise ValueError("a disclosure is a salt, a name and a value")
    return parts[1], parts[2]


def without_end(given: bytes) -> bytes:
    """What is left without white space and byte order marks at the end: those come from editors."""
    end = len(given)
    while end:
        if given[end - 1] in b" \t\r\n":
            end -= 1
        elif given.endswith(b"\xef\xbb\xbf", 0, end):
            end -= 3
        else:
            break
    return given[:end]
