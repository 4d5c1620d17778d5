"""What takes two people and changes hours: proposed as anything else, and done here once it is approved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import Answer
from ledger.book.posting import Outcome
from ledger.database.connections import Connection
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Make, Plan
from ledger.people.proposals import Action, Proposal, approve_now, require_approvable, require_second_person


async def approve_deed(
    hours: Hours, community: Community, author: Author, key: UUID, proposal: Proposal, make: Make
) -> Answer:
    """Approve a proposal and do the deed it is about, in one transaction.

    Refused as `require_approvable` says. When the deed is refused, the proposal stays open.
    """

    async def approved(db: Connection, slice_: HoursBook, book: Book, now: datetime) -> Plan:
        await require_approvable(db, community.id, author, proposal, now)
        plan = await make(db, slice_, book, now)

        async def write(db: Connection, parts: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            done = await plan.write(db, parts, now)
            return [await approve_now(db, community.id, author, key, proposal, now), *done]

        return Plan(plan.commands, write)

    return await hours.do(community, author, key, "approve_proposal", str(proposal.id), approved)


async def second_person(
    db: Connection, community_id: int, author: Author, proposer: UUID | None, action: Action, now: datetime
) -> Details:
    """What the event of a deed says about who else had a hand in it: its proposer, or that there was nobody.

    Raises ActRefused with SECOND_PERSON_NEEDED for a deed nobody proposed while somebody else could approve it.
    """
    if proposer is not None:
        return {"proposer": str(proposer)}
    return await require_second_person(db, community_id, author, action, now)
