"""The slice of the ledger in memory while a batch is decided."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ledger.book.amounts import MAX_BALANCE_SECONDS
from ledger.book.commands import AccountKind
from ledger.book.refusals import Refusal

DEFAULT_LIMITS: dict[AccountKind, tuple[int | None, int | None]] = {
    # Ten hours below zero, so that a first exchange works before anybody has earned.
    AccountKind.MEMBER: (-36_000, None),
    AccountKind.HOUSEHOLD: (-36_000, None),
    AccountKind.POT: (0, None),
    AccountKind.ISSUANCE: (None, None),
    AccountKind.CLEARING: (-360_000, 360_000),
    AccountKind.DIFFERENCE: (None, None),
}
"""(floor, ceiling) in seconds of a new account for which nothing else was asked."""


@dataclass(slots=True)
class Account:
    """One account's standing, as locked: seconds, and the number of its newest entry.

    `secret` salts its disclosures; None once the person has been erased.
    """

    id: UUID
    kind: AccountKind
    balance: int = 0
    held: int = 0
    floor: int | None = None
    ceiling: int | None = None
    entry_count: int = 0
    limits_count: int = 1
    closed: bool = False
    secret: bytes | None = None

    def breach(self, seconds: int) -> Refusal | None:
        """The limit an entry of `seconds` would break, if any."""
        after = self.balance + seconds
        if seconds < 0:
            floor = -MAX_BALANCE_SECONDS if self.floor is None else self.floor
            return Refusal.BELOW_FLOOR if after - self.held < floor else None
        ceiling = MAX_BALANCE_SECONDS if self.ceiling is None else self.ceiling
        return Refusal.ABOVE_CEILING if after > ceiling else None


@dataclass(frozen=True, slots=True)
class Hold:
    """Seconds of an account set aside until `expires_at`."""

    id: UUID
    account_id: UUID
    seconds: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """What an earlier batch answered under an id: `refusal` is None when it was done."""

    fingerprint: bytes
    refusal: Refusal | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """An earlier transfer that a command wants to reverse."""

    id: UUID
    is_reversal: bool
    entries: tuple[tuple[UUID, int], ...]


@dataclass(slots=True)
class Book:
    """What a batch may touch: read under the head lock, changed in memory by `decide`.

    `open_holds` holds those of the accounts touched that have passed their deadline, and those named.
    `resolved_holds` are the ids of named holds that were resolved earlier, with how. `new_secrets` are drawn
    beforehand for the accounts the batch asks to open, since deciding draws no chance. `policy_version` is the
    newest one of the community, `closed_through` the last day of its newest closed period, `moved_to` the URL of the
    service it moved to.
    """

    tree_size: int
    accounts: dict[UUID, Account] = field(default_factory=dict)
    known: dict[UUID, KnownRequest] = field(default_factory=dict)
    open_holds: dict[UUID, Hold] = field(default_factory=dict)
    resolved_holds: dict[UUID, str] = field(default_factory=dict)
    originals: dict[UUID, Original] = field(default_factory=dict)
    reversed_ids: set[UUID] = field(default_factory=set)
    taken_codes: set[str] = field(default_factory=set)
    new_secrets: dict[UUID, bytes] = field(default_factory=dict)
    policy_version: int = 0
    closed_through: date | None = None
    moved_to: str | None = None
