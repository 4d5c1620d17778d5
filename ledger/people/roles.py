"""Roles, scopes and capacities: the words in which it is said who may do what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from ledger.book.authors import Author, Via
from ledger.book.journal import Community

STRONG_FOR = timedelta(minutes=15)
"""How long a passkey that was shown counts for acts that need one."""

TWO_PERSON_SECONDS = 36_000
"""Ten hours: what a co-ordinator may adjust single-handed within a day. More needs a second person."""


class Role(StrEnum):
    """What a member is to the community beside being a member. One at a time, and only after showing a passkey."""

    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    """Read accounts, transfers and receipts."""
    POST = "post"
    """Post transfers and reversals, place and void holds."""
    MANAGE = "manage"
    """Open and close accounts, change limits."""
    MEMBERS = "members"
    """Read members, with their names and contact details."""


WRITING_SCOPES = frozenset({Scope.POST, Scope.MANAGE})


class DelegateScope(StrEnum):
    """What a delegate may do for the member."""

    SEE = "see"
    REQUEST = "request"
    CONFIRM = "confirm"
    SPEND = "spend"


@dataclass(frozen=True, slots=True)
class Delegated:
    """A delegation in force today: for whom, what, with which accounts, and seconds a calendar month at most."""

    delegation_id: UUID
    member_id: UUID
    scopes: frozenset[DelegateScope]
    monthly_cap: int
    accounts: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as the access check found them, for the length of one request.

    Either a member with a session (`member_id`, `session_id`) or a machine with a token (`token_id`, `scopes`).
    `role` is the one in force: None as long as no passkey was shown in this session, whatever `granted_role`
    says. `accounts` are the member's own and those of their households.
    """

    community: Community
    member_id: UUID | None = None
    session_id: UUID | None = None
    role: Role | None = None
    granted_role: Role | None = None
    strong_at: datetime | None = None
    accounts: frozenset[UUID] = frozenset()
    delegations: tuple[Delegated, ...] = ()
    token_id: str | None = None
    scopes: frozenset[Scope] = frozenset()

    @property
    def author(self) -> Author:
        """The author of an act done in this principal's own name and highest capacity."""
        if self.token_id is not None:
            return Author(Via.TOKEN, token_id=self.token_id)
        via = Via.MEMBER if self.role is None else Via(self.role)
        return Author(via, self.member_id, session_id=self.session_id)

    def strong(self, now: datetime) -> bool:
        """Whether a passkey was shown within the last quarter of an hour."""
        return self.strong_at is not None and now - self.strong_at <= STRONG_FOR

    def delegated(self, member_id: UUID, scope: DelegateScope) -> Delegated | None:
        """The delegation under which the principal may do this for a member, if any."""
        for each in self.delegations:
            if each.member_id == member_id and scope in each.scopes:
                return each
        return None

    def delegated_account(self, account_id: UUID, scope: DelegateScope) -> Delegated | None:
        """The delegation under which the principal may do this with an account, if any."""
        for each in self.delegations:
            if account_id in each.accounts and scope in each.scopes:
                return each
        return None

    def sees_account(self, account_id: UUID) -> bool:
        """Whether the account is the principal's own, or one they may see for somebody."""
        return (
            account_id in self.accounts or self.delegated_account(account_id, DelegateScope.SEE) is not None
        )

    def sees_member(self, member_id: UUID) -> bool:
        return member_id == self.member_id or self.delegated(member_id, DelegateScope.SEE) is not None
