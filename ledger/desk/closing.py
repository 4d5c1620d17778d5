"""What should be settled before a period is closed, and closing it.

The checklist is looked at by whoever wants to close, when it is proposed, and again with the head locked. What moves
the books out of order keeps a period from being closed. Everything else may be left open on purpose: whoever closes
names it, and says why, and the event says so for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4, uuid5

from ledger.book.authors import Author, Details
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.assertions import count_differing
from ledger.hours.approving import approve_deed
from ledger.hours.hours import Hours
from ledger.hours.periods import (
    Closing,
    Counted,
    Look,
    closing_period,
    counted_beforehand,
    end_of,
    require_closable,
)
from ledger.people.proposals import Check, Proposal


class Item(StrEnum):
    """What the checklist looks at, in its order."""

    TRIAL_BALANCE = "trial_balance"
    AUDIT = "audit"
    OPEN_CLAIMS = "open_claims"
    OPEN_DISPUTES = "open_disputes"
    OPEN_REQUESTS = "open_requests"
    UNMATCHED_SHEETS = "unmatched_sheets"
    FAILED_ASSERTIONS = "failed_assertions"
    HOLDS = "holds"


class State(StrEnum):
    """How an item stands: settled, open, to be looked at, or what keeps the period from being closed."""

    DONE = "done"
    OPEN = "open"
    LOOK = "look"
    BLOCKS = "blocks"


DESPITE = (
    Item.AUDIT,
    Item.OPEN_CLAIMS,
    Item.OPEN_DISPUTES,
    Item.OPEN_REQUESTS,
    Item.UNMATCHED_SHEETS,
    Item.FAILED_ASSERTIONS,
)
"""What may be left open on purpose."""


AUDIT_GOOD_FOR = timedelta(days=7)
"""How much of what was recorded last an audit need not have seen."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One item of the checklist: how it stands, and how many there are of what is open.

    Of the audit `work_id` and `at` are those of the newest there was; its count is what it found.
    """

    item: Item
    state: State
    count: int
    at: datetime | None = None
    work_id: UUID | None = None


async def read_checklist(
    db: Connection,
    community_id: int,
    through_on: date,
    ends_at: datetime,
    now: datetime,
    audited_size: int = 0,
) -> list[Checked]:
    """How things stand for closing everything through a day, which is over at `ends_at`.

    `audited_size` is over how many leaves a clean audit is known from elsewhere: at the shell, from its mark.
    """
    which: dict[str, Any] = {"community_id": community_id}
    rows = await db.rows("desk/closing_items", through_on=through_on, ends_at=ends_at, now=now, **which)
    counts = {Item(row["item"]): row["count"] for row in rows}
    counts[Item.FAILED_ASSERTIONS] = await count_differing(db, community_id, through_on)
    total = await db.row("book/total_balance", **which)
    balanced = total is not None and total["total"] == 0
    return [
        Checked(Item.TRIAL_BALANCE, State.DONE if balanced else State.BLOCKS, 0 if balanced else 1),
        await _audit(db, community_id, ends_at, now, audited_size),
        *[
            Checked(item, State.OPEN if counts[item] else State.DONE, counts[item])
            for item in DESPITE
            if item is not Item.AUDIT
        ],
        Checked(Item.HOLDS, State.LOOK if counts[Item.HOLDS] else State.DONE, counts[Item.HOLDS]),
    ]


async def _audit(
    db: Connection, community_id: int, ends_at: datetime, now: datetime, audited_size: int
) -> Checked:
    """Done is a clean audit of all that was recorded before the period was over, and of all but the last week."""
    newest = await db.row("desk/read_newest_audit", community_id=community_id)
    since = max(ends_at, now - AUDIT_GOOD_FOR)
    reached = await db.row("book/size_at_time", community_id=community_id, moment=since)
    needed = 0 if reached is None else reached["tree_size"]
    size, told = audited_size, (0, None, None)
    if newest is not None:
        told = (newest["finding_count"], newest["finished_at"], newest["work_id"])
        if newest["finding_count"] and newest["tree_size"] >= audited_size:
            return Checked(Item.AUDIT, State.BLOCKS, *told)
        if not newest["finding_count"]:
            size = max(size, newest["tree_size"])
    return Checked(Item.AUDIT, State.DONE if size >= needed else State.OPEN, *told)


def looking(community: Community, closing: Closing, now: datetime, audited_size: int = 0) -> Look:
    """Looks at the checklist with the head locked. Refuses with BOOKS_NOT_IN_ORDER or PERIOD_NOT_READY."""

    async def look(db: Connection, through_on: date, ends_at: datetime) -> Details:
        checked = await read_checklist(db, community.id, through_on, ends_at, now, audited_size)
        _refuse(Refusal.BOOKS_NOT_IN_ORDER, [each for each in checked if each.state is State.BLOCKS])
        opened = [each for each in checked if each.state is State.OPEN]
        _refuse(
            Refusal.PERIOD_NOT_READY,
            [each for each in opened if each.item not in closing.despite or closing.reason is None],
        )
        return {"despite": [f"{each.item} {each.count}" for each in opened]} if opened else {}

    return look


def _refuse(refusal: Refusal, because_of: Sequence[Checked]) -> None:
    if because_of:
        raise ActRefused(refusal, ", ".join([each.item for each in because_of]))


async def close_period(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    through_on: date,
    despite: frozenset[str] = frozenset(),
    reason: str | None = None,
    audited_size: int = 0,
) -> Answer:
    """Close everything up to a day, single-handed: only while nobody else could approve it, or from the shell.

    Refused as `closing_period` and `looking` say.
    """
    closing = Closing(key, through_on, despite, reason)
    asked = [str(through_on), sorted(despite), reason] if despite or reason else str(through_on)

    async def do(counted: Counted | None) -> Answer:
        look = looking(community, closing, hours.ledger.now(), audited_size)
        made = closing_period(community, author, closing, look, counted=counted)
        return await hours.do(community, author, key, "close_period", asked, made)

    return await counted_beforehand(hours, community, closing, do)


def proposing_to_close(
    hours: Hours, community: Community, through_on: date, despite: frozenset[str], reason: str | None
) -> Check:
    """Checks that what is proposed could be done now: nobody is asked to approve what would be refused."""

    async def check(db: Connection, now: datetime) -> None:
        book = await hours.read(db, community, now)
        head = await db.row("hours/read_closed_through", community_id=community.id)
        closed = None if head is None else head["closed_through"]
        require_closable(through_on, book.today, closed)
        closing = Closing(uuid4(), through_on, despite, reason)
        await looking(community, closing, now)(db, through_on, end_of(book, through_on))

    return check


async def approve_closing(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    proposal: Proposal,
    through_on: date,
    despite: frozenset[str],
) -> Answer:
    """Approve a proposal to close a period, and close it. What has come open since it was proposed refuses it."""
    closing = Closing(closing_event(proposal.id), through_on, despite, proposal.note)

    async def do(counted: Counted | None) -> Answer:
        look = looking(community, closing, hours.ledger.now())
        made = closing_period(community, author, closing, look, proposal.proposed_by, counted)
        return await approve_deed(hours, community, author, key, proposal, made)

    return await counted_beforehand(hours, community, closing, do)


def closing_event(proposal_id: UUID) -> UUID:
    """The id of the event of a closing that was proposed: its own, since approving has the request's."""
    return uuid5(proposal_id, "period_closed")
