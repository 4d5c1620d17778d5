"""Statements as signed text: what is on the paper, bound to the log as it stood when the paper was made.

    <header>.<summary>.<signature>~<lines>~<checkpoint>~

The first part is a compact JWS (RFC 7515) by the receipt key over the summary, an RFC 8785 JSON text: whose account,
which days, opening, in, out and closing, and the digest of the lines. So the square on a sheet of paper holds all
that was signed, and a file shows the lines as well, together with the checkpoint of the log that the summary names.
Its `typ` is its own: no receipt passes for a statement, nor the other way round.

    {"acct": account id, "as": its kind, "code": its code, "closing": seconds, "count": lines, "dig": SHA-256 of the
     lines, "from": day, "held": seconds set aside at `iat`, "iat": when it was made, "in": seconds, "iss": issuer,
     "log": origin, "names": holders, "of": community, "opening": seconds, "out": seconds, "root": of the log's tree,
     "size": of the log's tree, "start": number of the entry before the first, "until": day, "v": 1, "zone": clock}

The lines are a list, in posting order, of
    {"after": balance, "jti": transfer, "k": kind, "n": leaf, "num": entry number, "on": day of care, "rec": day
     recorded, "s": signed seconds, "what": kind of care, "who": [names of the other side]}
without `on`, `what` and `who` where there is nothing to say. The days of the period are those on which the entries
were recorded, by the community's clock: so statements that follow on each other join without a gap.

Names may be erased everywhere else; a statement that somebody printed or kept is theirs.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from ledger.log.encoding import (
    base64,
    base64url,
    canonical_json,
    read_base64,
    read_base64url,
    read_canonical_json,
)
from ledger.log.reading import (
    KIND,
    LAST_SECOND,
    UUID,
    day,
    integer,
    listed,
    matching,
    members,
    read_header,
    string,
)
from ledger.log.receipts import check_plain
from ledger.log.signing import SigningKey

STATEMENT_TYPE = "carehours-statement+jwt"
MAX_LINES = 5_000
MAX_STATEMENT_BYTES = 8_388_608
KINDS_WITH_STATEMENTS = ("member", "household", "pot")

_SUMMARY = frozenset(
    (
        "acct as closing code count dig from held iat in iss log names of opening out root size start until v zone"
    ).split()
)
_CODE = re.compile("[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_ZONE = re.compile("[A-Za-z0-9_+/-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: seconds with their sign, the balance after it, and what it was for as far as its reader may know.

    `recorded_on` and `service_on` are days by the community's clock; `what` is the kind of care in the co-op's own
    words, `who` the names of the other side. What takes a transfer back says these of that transfer.
    """

    number: int
    leaf_index: int
    transfer_id: str
    kind: str
    recorded_on: date
    service_on: date | None
    seconds: int
    balance_after: int
    what: str | None = None
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """An account's entries over a period. Seconds throughout; `made_at` in seconds since 1970.

    `tree_size` and `root` are those of the log's checkpoint when it was made; `start_number` is the number of the
    account's last entry before the period. `lines` is None when only the summary is known.
    """

    issuer: str
    origin: str
    tree_size: int
    root: bytes
    made_at: int
    community_name: str
    zone: str
    account_id: str
    kind: str
    code: str
    names: tuple[str, ...]
    from_on: date
    until_on: date
    start_number: int
    opening: int
    gained: int
    given: int
    closing: int
    held: int
    count: int
    digest: bytes
    lines: tuple[Line, ...] | None = None


def render_lines(lines: Sequence[Line]) -> bytes:
    """The canonical octets of the lines, which the summary holds the digest of."""
    return canonical_json([_line(each) for each in lines])


def digest_of(lines: Sequence[Line]) -> bytes:
    return sha256(render_lines(lines)).digest()


def _line(line: Line) -> dict[str, object]:
    said: dict[str, object] = {
        "after": line.balance_after,
        "jti": line.transfer_id,
        "k": line.kind,
        "n": line.leaf_index,
        "num": line.number,
        "rec": line.recorded_on.isoformat(),
        "s": line.seconds,
    }
    if line.service_on is not None:
        said["on"] = line.service_on.isoformat()
    if line.what is not None:
        said["what"] = line.what
    if line.who:
        said["who"] = list(line.who)
    return said


def render_summary(statement: Statement) -> bytes:
    """The canonical octets that are signed."""
    return canonical_json(
        {
            "acct": statement.account_id,
            "as": statement.kind,
            "closing": statement.closing,
            "code": statement.code,
            "count": statement.count,
            "dig": base64url(statement.digest),
            "from": statement.from_on.isoformat(),
            "held": statement.held,
            "iat": statement.made_at,
            "in": statement.gained,
            "iss": statement.issuer,
            "log": statement.origin,
            "names": list(statement.names),
            "of": statement.community_name,
            "opening": statement.opening,
            "out": statement.given,
            "root": base64(statement.root),
            "size": statement.tree_size,
            "start": statement.start_number,
            "until": statement.until_on.isoformat(),
            "v": 1,
            "zone": statement.zone,
        }
    )


def sign_statement(statement: Statement, key: SigningKey) -> str:
    """The compact JWS over the summary: what the square on paper holds."""
    header = canonical_json({"alg": "EdDSA", "kid": key.kid, "typ": STATEMENT_TYPE})
    signing_input = f"{base64url(header)}.{base64url(render_summary(statement))}"
    return f"{signing_input}.{base64url(key.sign(signing_input.encode()))}"


def present_statement(signed: str, lines: Sequence[Line], checkpoint_note: str) -> str:
    """The signed summary with its lines and the log's checkpoint: what a file holds."""
    return f"{signed}~{base64url(render_lines(lines))}~{base64url(checkpoint_note.encode())}~"


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement taken apart, nothing about it believed yet. `lines` and `note` are None when it came alone."""

    kid: str
    signed: bytes
    signature: bytes
    summary: Statement
    lines: tuple[Line, ...] | None
    lines_digest: bytes | None
    note: str | None


def is_statement(text: bytes) -> bool:
    """Whether the text says of itself that it is a statement, genuine or not."""
    try:
        header = json.loads(read_base64url(text.lstrip()[:512].decode("ascii", "replace").partition(".")[0]))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and header.get("typ") == STATEMENT_TYPE


def read_statement_text(text: bytes) -> SignedStatement:
    """The statement in a text without white space around it.

    Raises ValueError on any text we would not have written.
    """
    if len(text) > MAX_STATEMENT_BYTES:
        raise ValueError(f"it is longer than {MAX_STATEMENT_BYTES} bytes")
    jws, *shown = text.decode("ascii").split("~")
    if shown and (len(shown) != 3 or shown.pop()):
        raise ValueError("what comes with it is not its lines and a checkpoint")
    parts = jws.split(".")
    if len(parts) != 3:
        raise ValueError("a signed text has three parts")
    header, summary, signature = [read_base64url(part) for part in parts]
    lines: tuple[Line, ...] | None = None
    lines_digest = note = None
    if shown:
        octets = read_base64url(shown[0])
        lines = tuple([_read_line(each) for each in listed(read_canonical_json(octets), MAX_LINES)])
        lines_digest = sha256(octets).digest()
        note = read_base64url(shown[1]).decode()
    return SignedStatement(
        kid=read_header(header, STATEMENT_TYPE),
        signed=f"{parts[0]}.{parts[1]}".encode("ascii"),
        signature=signature,
        summary=_read_summary(summary),
        lines=lines,
        lines_digest=lines_digest,
        note=note,
    )


def _read_summary(octets: bytes) -> Statement:
    said = members(read_canonical_json(octets), _SUMMARY)
    if integer(said["v"], 0) != 1:
        raise ValueError("the version is not 1")
    if said["as"] not in KINDS_WITH_STATEMENTS:
        raise ValueError("an account of this kind has no statements")
    digest, root = read_base64url(string(said["dig"])), read_base64(string(said["root"]))
    if len(digest) != 32 or len(root) != 32:
        raise ValueError("not a SHA-256 hash")
    from_on, until_on = day(said["from"]), day(said["until"])
    if from_on > until_on:
        raise ValueError("the last day lies before the first")
    return Statement(
        issuer=check_plain(string(said["iss"])),
        origin=check_plain(string(said["log"])),
        tree_size=integer(said["size"], 0),
        root=root,
        made_at=integer(said["iat"], 0, LAST_SECOND),
        community_name=string(said["of"]),
        zone=matching(_ZONE, said["zone"]),
        account_id=matching(UUID, said["acct"]),
        kind=string(said["as"]),
        code=matching(_CODE, said["code"]),
        names=tuple([string(each) for each in listed(said["names"], 100)]),
        from_on=from_on,
        until_on=until_on,
        start_number=integer(said["start"], 0),
        opening=integer(said["opening"]),
        gained=integer(said["in"], 0),
        given=integer(said["out"], 0),
        closing=integer(said["closing"]),
        held=integer(said["held"], 0),
        count=integer(said["count"], 0, MAX_LINES),
        digest=digest,
    )


def _read_line(value: object) -> Line:
    said = members(value, {"after", "jti", "k", "n", "num", "rec", "s"}, {"on", "what", "who"})
    seconds = integer(said["s"])
    if seconds == 0:
        raise ValueError("a line moves no time")
    who = tuple([string(each) for each in listed(said["who"], 100)]) if "who" in said else ()
    if "who" in said and not who:
        raise ValueError("a line names nobody")
    return Line(
        number=integer(said["num"], 1),
        leaf_index=integer(said["n"], 0),
        transfer_id=matching(UUID, said["jti"]),
        kind=matching(KIND, said["k"]),
        recorded_on=day(said["rec"]),
        service_on=day(said["on"]) if "on" in said else None,
        seconds=seconds,
        balance_after=integer(said["after"]),
        what=string(said["what"]) if "what" in said else None,
        who=who,
    )
