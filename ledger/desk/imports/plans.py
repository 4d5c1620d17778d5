"""What a plan is made from and made of: how a community stands, and the bookings with the lines they came from."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ledger.book.accounts import DEFAULT_LIMITS, Account
from ledger.book.commands import AccountKind, Command
from ledger.people.members import NewMember


@dataclass(frozen=True, slots=True)
class Known:
    """A member of the community: with their own open account, if they have one."""

    member_id: UUID
    number: int
    account_id: UUID | None


@dataclass(slots=True)
class Standing:
    """How a community stands before an import. Empty for one that has nothing yet.

    `alike` are its members who have not left, by how their names look; `matched` the people of earlier files who
    were said to be one of them, by number. `undone` are the accounts and the members an undone import had made.
    """

    accounts: dict[UUID, Account] = field(default_factory=dict)
    codes: dict[str, UUID] = field(default_factory=dict)
    imported_seconds: dict[UUID, int] = field(default_factory=dict)
    recorded_here: int = 0
    finished_at: datetime | None = None
    closed_through: date | None = None
    member_floor: int = DEFAULT_LIMITS[AccountKind.MEMBER][0] or 0
    alike: dict[str, list[Known]] = field(default_factory=dict)
    members: dict[UUID, Known] = field(default_factory=dict)
    matched: dict[str, Known] = field(default_factory=dict)
    undone: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Booking:
    """A command with the line it came from, and the member who is enrolled with the account it opens.

    `number` is the old system's number of whom an account is opened for. `limits_before` are the floor and the ceiling
    that the account has, or would have, without the history: None when the command sets none wider.
    """

    command: Command
    file: str
    line_number: int
    line: str
    member: NewMember | None = None
    number: str | None = None
    limits_before: tuple[int | None, int | None] | None = None
