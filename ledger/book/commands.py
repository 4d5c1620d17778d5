"""What a community can be asked to do, as plain records.

Every command carries the id its author invented. That id is its idempotency key for ever, and the id of what
it makes: a transfer, a hold, an account. `fingerprint` says whether two commands under one id ask the same.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from ledger.book.authors import Author


class AccountKind(StrEnum):
    """What an account is for. Only issuance and difference may stand without a floor."""

    MEMBER = "member"
    HOUSEHOLD = "household"
    POT = "pot"
    ISSUANCE = "issuance"
    CLEARING = "clearing"
    DIFFERENCE = "difference"


class TransferKind(StrEnum):
    """Why seconds moved; the `k` of a receipt."""

    CARE = "care"
    REDEEM = "redeem"
    GIFT = "gift"
    GRANT = "grant"
    ADJUST = "adjust"
    REVERSE = "reverse"
    SETTLE = "settle"
    IMPORT = "import"
    INHERIT = "inherit"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class PostTransfer:
    """Move seconds between two or more accounts: `entries` are (account id, signed seconds), plus gains.

    `service_on` is the day the care was given. With `hold_id` the transfer settles that hold, wholly or in
    part, and what it does not use is released. `note` is private text: never in the log in clear. `author` is
    the person who posts it, and None for a machine; it is not part of what is asked.
    """

    id: UUID
    kind: TransferKind
    entries: tuple[tuple[UUID, int], ...]
    service_on: date | None = None
    hold_id: UUID | None = None
    note: str | None = None
    author: Author | None = None


@dataclass(frozen=True, slots=True)
class ReverseTransfer:
    """Post the exact opposite of an earlier transfer, once, with a reason in `note`."""

    id: UUID
    reverses_id: UUID
    note: str | None = None
    author: Author | None = None


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Set `seconds` of an account aside until `expires_at`; the id is the hold's."""

    id: UUID
    account_id: UUID
    seconds: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class VoidHold:
    """Release a hold without posting anything."""

    id: UUID
    hold_id: UUID


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account; the id is the account's. `code` is its short name within the community.

    `floor` and `ceiling` are seconds, None for none. `peer_slug` names the other community of a clearing
    account. `name` is a person's or a pot's name: kept apart from the ledger, where it can be erased.
    """

    id: UUID
    kind: AccountKind
    code: str
    floor: int | None
    ceiling: int | None
    name: str | None = None
    peer_slug: str | None = None


@dataclass(frozen=True, slots=True)
class SetLimits:
    """Give an account a new floor and ceiling, seconds, None for none.

    `expected_change` is the number of the limits the author had seen, as in the account's ETag: someone
    else's change in between is then refused rather than overwritten.
    """

    id: UUID
    account_id: UUID
    floor: int | None
    ceiling: int | None
    expected_change: int | None = None


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Close an account that stands at zero with nothing held. It is never deleted."""

    id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Act:
    """An act outside the books that is done in the same transaction and remembered under its id.

    `name` is the act, such as `grant_role`; `asked` all it asks, so that a repeat can be told from another act.
    `what` is the act as the room knows it that judges it.
    """

    id: UUID
    name: str
    asked: str
    what: object = field(default=None, compare=False, repr=False)


Command = PostTransfer | ReverseTransfer | PlaceHold | VoidHold | OpenAccount | SetLimits | CloseAccount | Act


def action(command: Command) -> str:
    """The command's name in tables and log lines, such as `place_hold`."""
    return command.name if isinstance(command, Act) else _ACTIONS[type(command)]


_ACTIONS: dict[type, str] = {
    PostTransfer: "post_transfer",
    ReverseTransfer: "reverse_transfer",
    PlaceHold: "place_hold",
    VoidHold: "void_hold",
    OpenAccount: "open_account",
    SetLimits: "set_limits",
    CloseAccount: "close_account",
}


def fingerprint(command: Command) -> bytes:
    """SHA-256 over all the command asks, its id left out. Frozen: stored fingerprints are compared for ever.

    A list in compact JSON, not joined text, so that no two different commands share one encoding.
    """
    return sha256(_canonical(command).encode()).digest()


def _canonical(command: Command) -> str:
    match command:
        case PostTransfer():
            # The hot one, written out: values other than the note are uuids, integers and dates, which need
            # no escaping.
            entries = ",".join([f'["{account_id}",{seconds}]' for account_id, seconds in command.entries])
            note = "null" if command.note is None else json.dumps(command.note)
            service_on, hold_id = _quoted(command.service_on), _quoted(command.hold_id)
            return f'["post_transfer","{command.kind}",[{entries}],{service_on},{hold_id},{note}]'
        case ReverseTransfer():
            return _listed(action(command), command.reverses_id, command.note)
        case PlaceHold():
            deadline = command.expires_at.astimezone(UTC).isoformat()
            return _listed(action(command), command.account_id, command.seconds, deadline)
        case VoidHold():
            return _listed(action(command), command.hold_id)
        case OpenAccount():
            named = (command.name, command.peer_slug)
            return _listed(
                action(command), command.kind, command.code, command.floor, command.ceiling, *named
            )
        case SetLimits():
            return _listed(
                action(command), command.account_id, command.floor, command.ceiling, command.expected_change
            )
        case CloseAccount():
            return _listed(action(command), command.account_id)
        case Act():
            return _listed("act", command.name, command.asked)


def _quoted(value: UUID | date | None) -> str:
    return "null" if value is None else f'"{value}"'


# Made once: json.dumps makes a new one each time it is told of separators.
_compact = json.JSONEncoder(separators=(",", ":")).encode


def _listed(*values: str | int | UUID | None) -> str:
    return _compact([str(value) if isinstance(value, UUID) else value for value in values])
