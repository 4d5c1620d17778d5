"""Tasks: what a co-ordinator should look at, such as a balance past a soft limit. Posting makes them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.accounts import Book
from ledger.book.authors import Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Plan
from ledger.people.delegates import related
from ledger.people.roles import Principal


async def finish_task(
    hours: Hours, community: Community, asker: Principal, key: UUID, task_id: UUID
) -> Answer:
    """Say that somebody has looked at it: the next balance past that limit makes a task of its own.

    Refused with TASK_UNKNOWN, or with OWN_AFFAIR for the asker's own balance or a relative's.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, _now: datetime) -> Plan:
        row = await db.row("hours/read_task", community_id=community.id, task_id=task_id)
        if row is None or row["done_at"] is not None:
            raise ActRefused(Refusal.TASK_UNKNOWN, str(task_id))
        author = asker.author
        if author.member_id is not None and await related(
            db, community.id, author.member_id, [row["member_id"]], today=slice_.today
        ):
            raise ActRefused(Refusal.OWN_AFFAIR)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/mark_task_done",
                community_id=community.id,
                task_id=task_id,
                now=now,
                done_by=author.member_id,
            )
            return ()

        return Plan(write=write)

    return await hours.do(community, asker.author, key, "finish_task", str(task_id), make)
