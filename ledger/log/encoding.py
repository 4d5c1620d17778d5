"""Strict readers and writers for the three encodings the log uses.

Each reader accepts exactly the text its writer would have made, so one value has one spelling and a changed
byte is always seen. All of them raise ValueError on anything else.
"""

import json
from base64 import b64decode, urlsafe_b64encode
from binascii import b2a_base64
from collections.abc import Sequence

_TO_STANDARD = str.maketrans("-_", "+/", "+/=")


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def read_base64url(text: str) -> bytes:
    """The octets of canonical unpadded base64url: no padding, no blanks, no stray bits at the end."""
    try:
        data = b64decode(text.translate(_TO_STANDARD) + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise ValueError("a part is not base64url") from None
    # Decoders drop the unused low bits of the last character; writing the octets again shows them.
    if base64url(data) != text:
        raise ValueError("a part is not canonical base64url")
    return data


def base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4), as C2SP texts use it."""
    return b2a_base64(data, newline=False).decode()


def read_base64(text: str) -> bytes:
    """The octets of canonical padded base64."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise ValueError("a part is not base64") from None
    if base64(data) != text:
        raise ValueError("a part is not canonical base64")
    return data


def canonical_json(value: object) -> bytes:
    """RFC 8785 octets of a value made of objects with ASCII names, arrays, strings and integers.

    Within that profile Python's own sorting and escaping are those of RFC 8785; floats would differ.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_json(octets: bytes) -> object:
    """The value of a UTF-8 JSON text without floats, NaN or repeated names. Deep nesting is refused too."""
    try:
        value: object = json.loads(
            octets.decode(), object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        # Their own words quote the text, which may be anything.
        raise ValueError("a part is not JSON") from None
    except RecursionError:
        raise ValueError("a part is nested too deeply") from None
    return value


def read_canonical_json(octets: bytes) -> object:
    """The value of a JSON text that is already in canonical form."""
    value = read_json(octets)
    try:
        canonical = canonical_json(value)
    except UnicodeEncodeError:
        raise ValueError("a part is not valid Unicode") from None
    except RecursionError:
        raise ValueError("a part is nested too deeply") from None
    if canonical != octets:
        raise ValueError("a part is not canonical JSON")
    return value


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    # Readers disagree on which of two equal names counts (RFC 8259 section 4), so neither does.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _no_float(text: str) -> object:
    raise ValueError("a number is not an integer")
