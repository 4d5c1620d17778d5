"""Closing a period: what is over and agreed takes no more postings for its days."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.approving import second_person
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Make, Plan
from ledger.people.proposals import Action


async def close_period(
    hours: Hours, community: Community, author: Author, key: UUID, through_on: date
) -> Answer:
    """Close everything up to a day, single-handed: only while nobody else could approve it, or from the shell.

    Refused with PERIOD_NOT_OVER, PERIOD_CLOSED or SECOND_PERSON_NEEDED.
    """
    made = closing_period(community, author, key, through_on)
    return await hours.do(community, author, key, "close_period", str(through_on), made)


def closing_period(
    community: Community, author: Author, key: UUID, through_on: date, proposer: UUID | None = None
) -> Make:
    """The deed of closing a period. `key` is the request's id, or the proposal's when `proposer` proposed it."""

    async def make(db: Connection, slice_: HoursBook, book: Book, now: datetime) -> Plan:
        if through_on >= slice_.today:
            raise ActRefused(Refusal.PERIOD_NOT_OVER, str(slice_.today))
        if book.closed_through is not None and through_on <= book.closed_through:
            raise ActRefused(Refusal.PERIOD_CLOSED, str(book.closed_through))
        said: Details = {
            "through": str(through_on),
            "size": book.tree_size,
            **await second_person(db, community.id, author, proposer, Action.PERIOD, now),
        }

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            period = {"community_id": community.id, "through_on": through_on}
            await db.run("hours/insert_closed_period", **period, now=now, closed_by=author.member_id)
            await db.run("hours/set_closed_through", **period)
            return [Event("period_closed", author, None, said, key if proposer is None else uuid4())]

        return Plan(write=write)

    return make
