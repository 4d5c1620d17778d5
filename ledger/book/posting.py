"""The rules by which the books change.

`decide` takes the book a batch touches and the commands in the order they came. It does no IO, reads no clock
and draws no chance, so a test can replay any day and must arrive at the same entries. Each command is judged
against the book as the commands before it left it: a batch equals its parts, one by one.

Every check of a command comes before its first change; nothing fails after that.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from ledger.book.accounts import Account, Book, Hold, KnownRequest, Original
from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.book.authors import Author
from ledger.book.commands import (
    AccountKind,
    Act,
    CloseAccount,
    Command,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    TransferKind,
    VoidHold,
    fingerprint,
)
from ledger.book.refusals import Refusal

MAX_ENTRIES = 100
MAX_HOLD = timedelta(days=731)
UNLIMITED_KINDS = frozenset({AccountKind.ISSUANCE, AccountKind.DIFFERENCE})


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """One account's side of a posted transfer: signed seconds, and the balance after it."""

    account_id: UUID
    entry_number: int
    seconds: int
    balance_after: int
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """A transfer as it will stand in the journal, at `leaf_index` in the community's log."""

    id: UUID
    leaf_index: int
    kind: TransferKind
    service_on: date | None
    entries: tuple[PostedEntry, ...]
    fingerprint: bytes
    hold_id: UUID | None = None
    reverses_id: UUID | None = None
    note: str | None = None
    author: Author | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The end of a hold: settled by a transfer, voided, or expired."""

    hold: Hold
    outcome: str
    resolved_by: UUID | None


@dataclass(frozen=True, slots=True)
class LimitChange:
    """An account's limits from now on, or its closing, with the size of the log at that moment."""

    account_id: UUID
    change_number: int
    floor: int | None
    ceiling: int | None
    closed: bool
    tree_size: int


@dataclass(frozen=True, slots=True)
class Posted:
    """The command became a transfer."""

    command: Command
    transfer: PostedTransfer


@dataclass(frozen=True, slots=True)
class Done:
    """The command did what it asked; an act with what became of the commands it consists of, if any.

    `made` is what the room that judged the act has to say of it.
    """

    command: Command
    parts: "tuple[Outcome, ...]" = ()
    made: object = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The command had been carried out before; nothing was done again."""

    command: Command


@dataclass(frozen=True, slots=True)
class Refused:
    """A reasoned no. `detail` is the id of the account, hold or transfer it is about, where there is one."""

    command: Command
    refusal: Refusal
    detail: str | None = None
    replayed: bool = False


Outcome = Posted | Done | Replayed | Refused


@dataclass(slots=True)
class Decision:
    """What became of each command, in order, and everything that has to be written."""

    outcomes: list[Outcome] = field(default_factory=list)
    transfers: list[PostedTransfer] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)
    openings: list[OpenAccount] = field(default_factory=list)
    limit_changes: list[LimitChange] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)


class Judge(Protocol):
    """Another room's say about its acts. Pure: it has read before what it needs."""

    def judge(self, act: Act, book: Book, now: datetime) -> "Refused | Sequence[Command]":
        """The commands the act consists of in the books, all or none of which are carried out; or its refusal."""

    def accept(self, act: Act, parts: Sequence[Outcome], now: datetime) -> object:
        """The act is done: the next one is judged with that in mind. Returns what is to be told of it, if anything."""


def decide(book: Book, commands: Sequence[Command], now: datetime, judge: Judge | None = None) -> Decision:
    """Judge the commands in order and say what is to be written; `book` is left as it will stand afterwards.

    `now` is UTC in whole seconds, taken after the head lock. Holds whose deadline has passed are released
    first, so that no sweeper is needed for their seconds to be free. `judge` has a say about acts.
    """
    decision = Decision()
    for hold in [hold for hold in book.open_holds.values() if hold.expires_at <= now]:
        _resolve(book, decision, hold, "expired", None)
    for command in commands:
        asked = fingerprint(command)
        known = book.known.get(command.id)
        if known is not None:
            outcome = _repeated(command, asked, known)
        elif judge is not None and isinstance(command, Act):
            outcome = _judged(book, decision, command, judge, now)
            _remember(book, command.id, asked, outcome)
        else:
            outcome = _JUDGES[type(command)](book, decision, command, asked, now)
            _remember(book, command.id, asked, outcome)
        decision.outcomes.append(outcome)
    return decision


def _remember(book: Book, command_id: UUID, asked: bytes, outcome: Outcome) -> None:
    if isinstance(outcome, Refused):
        book.known[command_id] = KnownRequest(asked, outcome.refusal, outcome.detail)
    else:
        book.known[command_id] = KnownRequest(asked)


def _judged(book: Book, decision: Decision, act: Act, judge: Judge, now: datetime) -> Outcome:
    """An act with the commands it consists of: all of them are carried out, or none and the act is refused."""
    commands = judge.judge(act, book, now)
    if isinstance(commands, Refused):
        return commands
    before = _Before(book, decision) if len(commands) > 1 else None
    parts: list[Outcome] = []
    for command in commands:
        outcome = _JUDGES[type(command)](book, decision, command, fingerprint(command), now)
        if isinstance(outcome, Refused):
            if before is not None:
                before.restore(book, decision)
            return Refused(act, outcome.refusal, outcome.detail)
        parts.append(outcome)
    made = judge.accept(act, parts, now)
    return Done(act, tuple(parts), made)


class _Before:
    """A book and a decision as they stood, to go back to when the second of two commands is refused."""

    def __init__(self, book: Book, decision: Decision) -> None:
        self._tree_size = book.tree_size
        self._accounts = {account_id: copy(account) for account_id, account in book.accounts.items()}
        self._book = {name: copy(getattr(book, name)) for name in _COLLECTIONS}
        self._decision = copy(decision)
        for name in Decision.__slots__:
            setattr(self._decision, name, copy(getattr(decision, name)))

    def restore(self, book: Book, decision: Decision) -> None:
        book.tree_size = self._tree_size
        book.accounts = self._accounts
        for name, value in self._book.items():
            setattr(book, name, value)
        for name in Decision.__slots__:
            setattr(decision, name, getattr(self._decision, name))


_COLLECTIONS = ("open_holds", "resolved_holds", "originals", "reversed_ids", "taken_codes")


def _repeated(command: Command, asked: bytes, known: KnownRequest) -> Outcome:
    if known.fingerprint != asked:
        return Refused(command, Refusal.ID_REUSED)
    if known.refusal is not None:
        return Refused(command, known.refusal, known.detail, replayed=True)
    return Replayed(command)


def _post_transfer(
    book: Book, decision: Decision, command: PostTransfer, asked: bytes, now: datetime
) -> Outcome:
    entries = command.entries
    if len(entries) < 2:
        return Refused(command, Refusal.TOO_FEW_ENTRIES)
    if len(entries) > MAX_ENTRIES:
        return Refused(command, Refusal.TOO_MANY_ENTRIES)
    total = 0
    for account_id, seconds in entries:
        if seconds == 0 or not -MAX_ENTRY_SECONDS <= seconds <= MAX_ENTRY_SECONDS:
            return Refused(command, Refusal.SECONDS_OUT_OF_RANGE, str(account_id))
        total += seconds
    if len({account_id for account_id, _ in entries}) < len(entries):
        return Refused(command, Refusal.ACCOUNT_REPEATED)
    if total:
        return Refused(command, Refusal.UNBALANCED)
    # A day of grace: when it is already tomorrow in Auckland it is still today in UTC.
    if command.service_on is not None and command.service_on > now.date() + timedelta(days=1):
        return Refused(command, Refusal.SERVICE_DATE_IN_FUTURE)
    if (
        book.closed_through is not None
        and command.service_on is not None
        and command.service_on <= book.closed_through
    ):
        return Refused(command, Refusal.PERIOD_CLOSED, str(book.closed_through))
    return _move(
        book, decision, command, asked, now, kind=command.kind, entries=entries, hold_id=command.hold_id
    )


def _reverse_transfer(
    book: Book, decision: Decision, command: ReverseTransfer, asked: bytes, now: datetime
) -> Outcome:
    original = book.originals.get(command.reverses_id)
    if original is None:
        return Refused(command, Refusal.TRANSFER_UNKNOWN, str(command.reverses_id))
    if original.is_reversal:
        return Refused(command, Refusal.TRANSFER_IS_REVERSAL, str(command.reverses_id))
    if command.reverses_id in book.reversed_ids:
        return Refused(command, Refusal.ALREADY_REVERSED, str(command.reverses_id))
    opposite = tuple((account_id, -seconds) for account_id, seconds in original.entries)
    outcome = _move(
        book,
        decision,
        command,
        asked,
        now,
        kind=TransferKind.REVERSE,
        entries=opposite,
        reverses_id=original.id,
    )
    if isinstance(outcome, Posted):
        book.reversed_ids.add(original.id)
    return outcome


def _move(
    book: Book,
    decision: Decision,
    command: PostTransfer | ReverseTransfer,
    asked: bytes,
    now: datetime,
    *,
    kind: TransferKind,
    entries: tuple[tuple[UUID, int], ...],
    hold_id: UUID | None = None,
    reverses_id: UUID | None = None,
) -> Outcome:
    """Judge the accounts and the hold of a well-formed transfer, then post it."""
    accounts: list[Account] = []
    for account_id, _ in entries:
        account = book.accounts.get(account_id)
        if account is None:
            return Refused(command, Refusal.ACCOUNT_UNKNOWN, str(account_id))
        accounts.append(account)
    for account in accounts:
        if account.closed:
            return Refused(command, Refusal.ACCOUNT_CLOSED, str(account.id))
    hold: Hold | None = None
    if hold_id is not None:
        found = _open_hold(book, command, hold_id)
        if isinstance(found, Refused):
            return found
        hold = found
        taken = -dict(entries).get(hold.account_id, 0)
        if not 0 < taken <= hold.seconds:
            return Refused(command, Refusal.HOLD_EXCEEDED, str(hold_id))
        # Released while the limits are judged: what is settled no longer needs to be set aside as well.
        book.accounts[hold.account_id].held -= hold.seconds
    breaches = [
        (refusal is Refusal.ABOVE_CEILING, str(account.id), refusal)
        for account, (_, seconds) in zip(accounts, entries, strict=True)
        if (refusal := account.breach(seconds)) is not None
    ]
    if hold is not None:
        book.accounts[hold.account_id].held += hold.seconds
    if breaches:
        _, account_id_text, refusal = min(breaches, key=lambda breach: breach[0])
        return Refused(command, refusal, account_id_text)

    # Every check is passed: from here on nothing refuses.
    if hold is not None:
        _resolve(book, decision, hold, "settled", command.id)
    posted = []
    for account, (account_id, seconds) in zip(accounts, entries, strict=True):
        account.balance += seconds
        account.entry_count += 1
        posted.append(PostedEntry(account.id, account.entry_count, seconds, account.balance, account.secret))
        decision.touched.add(account_id)
    transfer = PostedTransfer(
        id=command.id,
        leaf_index=book.tree_size,
        kind=kind,
        service_on=command.service_on if isinstance(command, PostTransfer) else None,
        entries=tuple(posted),
        fingerprint=asked,
        hold_id=hold_id,
        reverses_id=reverses_id,
        note=command.note,
        author=command.author,
    )
    book.tree_size += 1
    book.originals[transfer.id] = Original(transfer.id, reverses_id is not None, entries)
    decision.transfers.append(transfer)
    return Posted(command, transfer)


def _place_hold(book: Book, decision: Decision, command: PlaceHold, _asked: bytes, now: datetime) -> Outcome:
    if not 0 < command.seconds <= MAX_ENTRY_SECONDS:
        return Refused(command, Refusal.SECONDS_OUT_OF_RANGE, str(command.account_id))
    account = book.accounts.get(command.account_id)
    if account is None:
        return Refused(command, Refusal.ACCOUNT_UNKNOWN, str(command.account_id))
    if account.closed:
        return Refused(command, Refusal.ACCOUNT_CLOSED, str(command.account_id))
    if not now < command.expires_at <= now + MAX_HOLD:
        return Refused(command, Refusal.EXPIRY_OUT_OF_RANGE)
    if account.breach(-command.seconds) is not None:
        return Refused(command, Refusal.BELOW_FLOOR, str(command.account_id))

    hold = Hold(command.id, command.account_id, command.seconds, command.expires_at)
    account.held += hold.seconds
    book.open_holds[hold.id] = hold
    decision.holds.append(hold)
    decision.touched.add(account.id)
    return Done(command)


def _void_hold(book: Book, decision: Decision, command: VoidHold, _asked: bytes, _now: datetime) -> Outcome:
    hold = _open_hold(book, command, command.hold_id)
    if isinstance(hold, Refused):
        return hold
    _resolve(book, decision, hold, "voided", command.id)
    return Done(command)


def _open_hold(book: Book, command: Command, hold_id: UUID) -> Hold | Refused:
    hold = book.open_holds.get(hold_id)
    if hold is not None:
        return hold
    outcome = book.resolved_holds.get(hold_id)
    if outcome is None:
        return Refused(command, Refusal.HOLD_UNKNOWN, str(hold_id))
    return Refused(
        command, Refusal.HOLD_EXPIRED if outcome == "expired" else Refusal.HOLD_RESOLVED, str(hold_id)
    )


def _resolve(book: Book, decision: Decision, hold: Hold, outcome: str, resolved_by: UUID | None) -> None:
    del book.open_holds[hold.id]
    book.resolved_holds[hold.id] = outcome
    book.accounts[hold.account_id].held -= hold.seconds
    decision.resolutions.append(Resolution(hold, outcome, resolved_by))
    decision.touched.add(hold.account_id)


def _open_account(
    book: Book, decision: Decision, command: OpenAccount, _asked: bytes, _now: datetime
) -> Outcome:
    if command.code in book.taken_codes:
        return Refused(command, Refusal.CODE_TAKEN)
    if (command.kind is AccountKind.CLEARING) != (command.peer_slug is not None):
        return Refused(command, Refusal.PEER_REQUIRED)
    if not _limits_valid(command.kind, command.floor, command.ceiling):
        return Refused(command, Refusal.LIMITS_INVALID)

    book.taken_codes.add(command.code)
    book.accounts[command.id] = Account(
        command.id,
        command.kind,
        floor=command.floor,
        ceiling=command.ceiling,
        secret=book.new_secrets.get(command.id),
    )
    decision.openings.append(command)
    decision.limit_changes.append(
        LimitChange(command.id, 1, command.floor, command.ceiling, False, book.tree_size)
    )
    return Done(command)


def _set_limits(book: Book, decision: Decision, command: SetLimits, _asked: bytes, _now: datetime) -> Outcome:
    account = book.accounts.get(command.account_id)
    if account is None:
        return Refused(command, Refusal.ACCOUNT_UNKNOWN, str(command.account_id))
    if account.closed:
        return Refused(command, Refusal.ACCOUNT_CLOSED, str(command.account_id))
    if command.expected_change is not None and command.expected_change != account.limits_count:
        return Refused(command, Refusal.LIMITS_CHANGED, str(command.account_id))
    if not _limits_valid(account.kind, command.floor, command.ceiling):
        return Refused(command, Refusal.LIMITS_INVALID)
    below = command.floor is not None and account.balance - account.held < command.floor
    above = command.ceiling is not None and account.balance > command.ceiling
    if below or above:
        return Refused(command, Refusal.LIMITS_EXCLUDE_BALANCE, str(command.account_id))

    account.floor, account.ceiling = command.floor, command.ceiling
    _change_limits(book, decision, account)
    return Done(command)


def _close_account(
    book: Book, decision: Decision, command: CloseAccount, _asked: bytes, _now: datetime
) -> Outcome:
    account = book.accounts.get(command.account_id)
    if account is None:
        return Refused(command, Refusal.ACCOUNT_UNKNOWN, str(command.account_id))
    if account.closed:
        return Refused(command, Refusal.ACCOUNT_CLOSED, str(command.account_id))
    if account.balance or account.held:
        return Refused(command, Refusal.ACCOUNT_NOT_EMPTY, str(command.account_id))

    account.closed = True
    _change_limits(book, decision, account)
    return Done(command)


def _act(_book: Book, _decision: Decision, command: Act, _asked: bytes, _now: datetime) -> Outcome:
    # Judged where it is done, in the same transaction; here it is only told from a repeat.
    return Done(command)


def _limits_valid(kind: AccountKind, floor: int | None, ceiling: int | None) -> bool:
    if floor is None and kind not in UNLIMITED_KINDS:
        return False
    return (floor is None or floor <= 0) and (ceiling is None or ceiling >= 0)


def _change_limits(book: Book, decision: Decision, account: Account) -> None:
    account.limits_count += 1
    decision.limit_changes.append(
        LimitChange(
            account.id, account.limits_count, account.floor, account.ceiling, account.closed, book.tree_size
        )
    )
    decision.touched.add(account.id)


# The judges differ only in the command they take, which the table pairs with its type.
_JUDGES: dict[type, Callable[[Book, Decision, Any, bytes, datetime], Outcome]] = {
    PostTransfer: _post_transfer,
    ReverseTransfer: _reverse_transfer,
    PlaceHold: _place_hold,
    VoidHold: _void_hold,
    OpenAccount: _open_account,
    SetLimits: _set_limits,
    CloseAccount: _close_account,
    Act: _act,
}
