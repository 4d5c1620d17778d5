"""Steps of the story, and the stage they are carried out on: a ledger whose clock stands where the story is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Author, Via
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger
from ledger.hours.hours import Hours
from ledger.people.proposals import Proposal, read_proposal
from ledger.people.roles import Delegated, Principal, Role


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks, as the access check would have found them."""

    member_id: UUID
    role: Role | None = None
    accounts: frozenset[UUID] = frozenset()
    delegations: tuple[Delegated, ...] = ()

    @property
    def author(self) -> Author:
        return Author(Via.MEMBER if self.role is None else Via(self.role), self.member_id)


class Stage:
    """Where the steps are carried out. `now` is the moment of the story, and `ledger` believes it."""

    def __init__(self, ledger: Ledger, community: Community, now: datetime) -> None:
        self.now = now
        self.community = community
        self.ledger = Ledger(ledger.database, ledger.keys, ledger.published, lambda: self.now)
        self.ledger.read_only = ledger.read_only
        self.hours = Hours(self.ledger)

    def asker(self, who: Who) -> Principal:
        return Principal(
            self.community,
            who.member_id,
            role=who.role,
            granted_role=who.role,
            accounts=who.accounts,
            delegations=who.delegations,
        )

    async def proposal(self, proposal_id: UUID) -> Proposal:
        """A proposal that an earlier step made. Raises LookupError when that step was refused."""
        async with self.ledger.database.connection(self.community.id) as db:
            proposal = await read_proposal(db, self.community.id, proposal_id)
        if proposal is None:
            raise LookupError(f"there is no proposal {proposal_id}")
        return proposal


Do = Callable[[Stage, UUID], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does at a moment. `key` is the request's, so doing it again changes nothing.

    Steps that follow each other at one moment are carried out together when they are `gathered`. What is `needed`
    cannot be refused in a community of the demo's own; anything else may be, as in life. What is not `kept` has no
    answer under its key: it was done when anything after it was.
    """

    at: datetime
    key: UUID
    name: str
    do: Do = field(compare=False, repr=False)
    gathered: bool = False
    needed: bool = False
    kept: bool = True
