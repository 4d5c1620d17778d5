"""What every route shares: strict decoding, ids, paging.

Bodies are decoded from the raw bytes by msgspec in strict mode into Structs that forbid unknown fields; what
msgspec lets pass (a name given twice, a last newline) is looked for here. Nothing is coerced.
"""

import json
import re
import unicodedata
from contextlib import suppress
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse

from api.problems import Problem

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)

MAX_BODY = 64 * 1024
MAX_BATCH_BODY = 2 * 1024 * 1024
MAX_FILE = 32 * 1024 * 1024
"""The most bytes of a file that is sent: 200,000 rows of a list have about 20 million."""

MAX_PAGE = 200
FILE = "application/octet-stream"
"""The media type of a body that is a file, whatever is in it."""
MAX_SAFE = 2**53 - 1

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# No control characters, no NUL (PostgreSQL refuses it), and none of the marks that reorder text on the screen.
_ODD = r"\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_ODD_CHARACTER = re.compile(f"[{_ODD}]")
_ODD_IN_LINES = re.compile(f"(?![\\t\\n\\r])[{_ODD}]")
PLAIN_TEXT = f"^[^{_ODD}]*$"

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"
# Letters and signs that leave no mark: fillers of Hangul, and the empty cell of Braille.
_BLANKS = str.maketrans("", "", _JOINERS + "\u115f\u1160\u2800\u3164\uffa0")

MAX_TEXT = 500
MAX_NAME = 120

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT, pattern=PLAIN_TEXT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME, pattern=PLAIN_TEXT)]
Seconds = Annotated[int, msgspec.Meta(ge=-MAX_SAFE, le=MAX_SAFE)]


NOTHING = msgspec.json.Decoder(msgspec.defstruct("NothingBody", [], forbid_unknown_fields=True))
"""Reads an empty object, for a deed that has nothing more to say."""


class _OddBody(ValueError):
    pass


def _strictly(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the body, unless it has a name twice or a text nobody would write.

    The patterns of the Structs say the same of texts, but in Python `$` lets a last newline through.
    """
    names = dict(pairs)
    if len(names) != len(pairs):
        raise _OddBody("A name stands twice in one object of the body.")
    for name, value in names.items():
        # A policy's file and a signed checkpoint are the texts that have lines.
        odd = _ODD_IN_LINES if name in ("source", "against") else _ODD_CHARACTER
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str) and odd.search(each):
                raise _OddBody("A text of the body has a control character.")
    return names


# Made once: json.loads with a hook builds a new one each time, which takes as long as the reading.
_reader = json.JSONDecoder(object_pairs_hook=_strictly)


async def read_body(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[T]) -> T:
    """The request's body as the decoder's type. Raises Problem for anything else than exactly that."""
    declared = request.headers.get("content-type", "")
    media_type, _, parameters = declared.lower().partition(";")
    # JSON is UTF-8 (RFC 8259 section 8.1), whoever says so.
    if media_type.strip() != "application/json" or parameters.strip() not in ("", "charset=utf-8"):
        raise Problem("media_type_unsupported")
    return decode(await request.body(), decoder)


async def read_file(request: Request[Any, Any, Any]) -> tuple[str, bytes]:
    """The name and the content of the file that is the body; `name` in the query is what it was called.

    Raises Problem for another media type than application/octet-stream, and for a name nobody would give a file.
    """
    if request.headers.get("content-type", "").strip().lower() != FILE:
        raise Problem("media_type_unsupported")
    name = request.query_params.get("name", "")
    if not re.fullmatch(PLAIN_TEXT, name) or not 0 < len(name) <= MAX_NAME or set(name) & set("/\\"):
        raise Problem("malformed_request", "The query parameter name is the file's name, without a folder.")
    return normalised(name, MAX_NAME) or "", await request.body()


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The bytes as the decoder's type, strictly. Raises Problem("malformed_request")."""
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError as problem:
        raise Problem("malformed_request", _without_their_words(str(problem))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("malformed_request", "The body is not valid JSON in UTF-8.") from None
    try:
        # Only now: msgspec has refused what is nested deeper than the type, so this cannot run away.
        _reader.decode(body.decode())
    except _OddBody as problem:
        raise Problem("malformed_request", str(problem)) from None
    return decoded


def _without_their_words(says: str) -> str:
    """msgspec's sentence without what it quotes of the body, and without our patterns."""
    says = re.sub(r"unknown field `.*?`(?= - at|$)", "an unknown field", says, flags=re.DOTALL)
    says = re.sub(r"enum value .*?(?= - at|$)", "value", says, flags=re.DOTALL)
    return re.sub(r"matching regex .*?(?= - at|$)", "of the allowed form", says, flags=re.DOTALL)


def idempotency_key(request: Request[Any, Any, Any]) -> UUID:
    """The id the caller invented for what this request makes."""
    given = request.headers.getall("idempotency-key", [])
    if not given:
        raise Problem("idempotency_key_required")
    if len(given) > 1:
        raise Problem("malformed_request", "The Idempotency-Key is given twice.")
    [text] = given
    return invented(text.strip().strip('"').lower(), "Idempotency-Key")


def invented(text: str, what: str) -> UUID:
    """An id that a caller made up. Those of version 5 are ours: whoever took one could keep a claim from being paid."""
    made = as_uuid(text, what)
    if made.version == 5:
        raise Problem("malformed_request", f"{what} is a UUID of version 5; use one of version 4 or 7.")
    return made


def as_uuid(text: str, what: str) -> UUID:
    if not _UUID.fullmatch(text):
        raise Problem("malformed_request", f"{what} is not a UUID.")
    return UUID(text)


def path_id(request: Request[Any, Any, Any], name: str) -> UUID:
    """An id in the path. What is no UUID names nothing, so it is not found rather than malformed."""
    text = str(request.path_params[name])
    if not _UUID.fullmatch(text):
        raise Problem("not_found")
    return UUID(text)


def if_match(request: Request[Any, Any, Any]) -> int:
    """The number in the ETag of what the caller has read and would change. Raises Problem without one."""
    seen = request.headers.get("if-match")
    if seen is None:
        raise Problem("if_match_required")
    number = seen.strip().strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Problem("malformed_request", "If-Match is not an ETag of this service.")
    return int(number)


def next_link(following: str | None) -> dict[str, str]:
    """The Link header that leads to the next page (RFC 8288), when there is one."""
    return {} if following is None else {"link": f'<{following}>; rel="next"'}


def query_integer(request: Request[Any, Any, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number in the query, within bounds, or the default when it is not given."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= most:
        raise Problem(
            "malformed_request", f"The query parameter {name} is a whole number from {least} to {most}."
        )
    return int(text)


def query_day(request: Request[Any, Any, Any], name: str) -> date | None:
    """A day in the query, from 1900 to 2200, so that calendars and clocks can reckon with it; or None."""
    text = request.query_params.get(name)
    if text is None:
        return None
    day = None
    # Python takes weeks and days without hyphens too.
    if re.fullmatch(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            day = date.fromisoformat(text)
    if day is None:
        raise Problem("malformed_request", f"The query parameter {name} is not a day such as 2026-01-31.")
    return day


def query_days(request: Request[Any, Any, Any], first: str, last: str) -> tuple[date | None, date | None]:
    """The first and the last of the days that are asked for, either of which may be left open."""
    days = query_day(request, first), query_day(request, last)
    if days[0] is not None and days[1] is not None and days[0] > days[1]:
        raise Problem("malformed_request", f"The query parameter {last} lies before {first}.")
    return days


def query_word(request: Request[Any, Any, Any], name: str, words: type[W]) -> W | None:
    """One of certain words in the query, or None."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if text not in list(words):
        raise Problem("malformed_request", f"The query parameter {name} is one of {', '.join(words)}.")
    return words(text)


def only_query(request: Request[Any, Any, Any], *names: str) -> None:
    """Refuse a query parameter nobody reads, or one given twice.

    A misspelt filter must not pass for all, nor a `dry_run` where there is none for the deed.
    """
    for name in request.query_params:
        if name not in names or len(request.query_params.getall(name)) > 1:
            raise Problem("malformed_request", "The query has a parameter that is unknown or given twice.")


def normalised(text: str | None, at_most: int = MAX_TEXT) -> str | None:
    """Unicode NFC, so that one name has one form. Raises Problem for a text nobody could see or that grew too long.

    Joiners stay, since some scripts are written with them; every other invisible character goes.
    """
    if text is None:
        return None
    text = unicodedata.normalize("NFC", text)
    if any(unicodedata.category(each) in _UNSEEN and each not in _JOINERS for each in text):
        raise Problem("malformed_request", "A text of the body has a character that cannot be seen.")
    if not text.translate(_BLANKS).strip() or len(text) > at_most:
        raise Problem(
            "malformed_request", f"A text of the body is blank, or longer than {at_most} characters."
        )
    return text


def json_response(
    value: Any, status: int = 200, headers: dict[str, str] | None = None, cache: str = "no-store"
) -> ASGIResponse:
    """`value` as JSON. Answers about people are never kept by a cache; public parts of the log say otherwise."""
    return bytes_response(msgspec.json.encode(value), "application/json", status, headers, cache)


def bytes_response(
    body: bytes,
    media_type: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cache: str = "no-store",
) -> ASGIResponse:
    return ASGIResponse(
        body=body,
        status_code=status,
        media_type=media_type,
        headers={"cache-control": cache} | (headers or {}),
    )
