"""Closing a period: what is over and agreed takes no more postings for its days, and what everybody stood at is logged.

A closing says what every account stood at as of its last day: the sum of its entries whose care was given up to then,
or, where a transfer has no such day, that were recorded up to then. So a later closing can be compared with it, and
whoever closes on the tenth closes with what was typed up to the tenth. The balances are counted before the head is
locked; with it locked all that is asked is whether anything for these days was posted, or an account opened, since.

What takes a transfer back counts wherever that one counts (`counts_through` in the database), so a visit that was
corrected before its days are closed counts once. Nothing is posted for a closed day, but what was may be taken back:
the closing stays as it is, being counted from the leaves before it, and the next one has it.

It leaves two events: who closed what in spite of what, and what everybody stood at. The second names nobody, because
every member's proof opens it.

A closing can be opened again, the newest first, by two people. What it said stays true of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from secrets import token_urlsafe
from typing import NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event
from ledger.book.journal import SALT_BYTES, Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.approving import second_person
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Make, Plan
from ledger.hours.policy import in_force
from ledger.log.balances import Standing, Standings, plant, standing_disclosure
from ledger.log.receipts import digest, note_disclosure
from ledger.people.proposals import Action

TRIES = 3
"""How often the balances are counted beforehand, before they are counted with the head locked."""

Look = Callable[[Connection, date, datetime], Awaitable[Details]]
"""Looks with the head locked whether a period may be closed, given its last day and when that was over.

Returns what the event says about it. Raises ActRefused.
"""


@dataclass(frozen=True, slots=True)
class Closing:
    """A period to close: its last day, and in spite of what that is open, and why.

    `event_id` is that of the event that will say so.
    """

    event_id: UUID
    through_on: date
    despite: frozenset[str] = frozenset()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What every account stood at, and how many leaves and accounts there were when it was counted."""

    ends_at: datetime
    tree_size: int
    standings: Standings


class CountedTooEarly(Exception):
    """Something that counts was posted, or an account opened, since the balances were counted."""


class Closed(NamedTuple):
    """The last number there is; of the newest closing in force its number and day; the day of the one before it."""

    last_number: int
    in_force: int | None
    through_on: date | None
    before_on: date | None


async def counted_beforehand(
    hours: Hours, community: Community, closing: Closing, do: Callable[[Counted | None], Awaitable[Answer]]
) -> Answer:
    """Do what closes a period with the balances counted before; with None the deed counts them itself.

    So a community is not locked for the counting, unless something is posted for the period each time.
    """
    for _ in range(TRIES):
        async with hours.ledger.database.snapshot(community.id) as db:
            head = await db.row("log/read_head", community_id=community.id)
            if head is None:
                raise LookupError(f"community {community.slug} has no log")
            book = await hours.read(db, community, hours.ledger.now())
            counted = await count(
                db, community.id, closing, end_of(book, closing.through_on), head["tree_size"]
            )
        try:
            return await do(counted)
        except CountedTooEarly:
            continue
    return await do(None)


def require_closable(through_on: date, today: date, closed_through: date | None) -> None:
    """Raise ActRefused, PERIOD_NOT_OVER or PERIOD_CLOSED, unless the day is over and not closed yet."""
    if through_on >= today:
        raise ActRefused(Refusal.PERIOD_NOT_OVER, str(today))
    if closed_through is not None and through_on <= closed_through:
        raise ActRefused(Refusal.PERIOD_CLOSED, str(closed_through))


def end_of(hours: HoursBook, through_on: date) -> datetime:
    """When a day is over, by the community's clock."""
    zone = ZoneInfo(hours.policies[in_force(hours.policies, hours.today)][1].timezone)
    return datetime.combine(through_on + timedelta(days=1), time(), zone).astimezone(UTC)


async def count(
    db: Connection, community_id: int, closing: Closing, ends_at: datetime, tree_size: int
) -> Counted:
    """What every account stood at as of the last day: in a snapshot, or with the head locked."""
    rows = await db.rows(
        "hours/read_balances_as_of",
        community_id=community_id,
        through_on=closing.through_on,
        ends_at=ends_at,
    )

    def planted() -> Standings:
        return plant(
            [
                Standing(
                    row["account_id"],
                    row["balance"],
                    row["entry_count"],
                    _digest(row["secret"], closing.event_id, row["account_id"]),
                )
                for row in rows
            ]
        )

    # A second for a hundred thousand accounts: others are served meanwhile.
    return Counted(ends_at, tree_size, await asyncio.to_thread(planted))


def _digest(secret: bytes | None, event_id: UUID, account_id: UUID) -> str:
    if secret is None:
        # Of somebody who was erased: a digest that says nothing, now as ever.
        return digest(token_urlsafe(SALT_BYTES))
    return digest(standing_disclosure(secret, event_id, account_id))


def closing_period(
    community: Community,
    author: Author,
    closing: Closing,
    look: Look,
    proposer: UUID | None = None,
    counted: Counted | None = None,
) -> Make:
    """The deed of closing a period, single-handed or as `proposer` proposed it.

    Refused with PERIOD_NOT_OVER, PERIOD_CLOSED, SECOND_PERSON_NEEDED, or as `look` says. Raises CountedTooEarly when
    what was `counted` is of before.
    """

    async def make(db: Connection, slice_: HoursBook, book: Book, now: datetime) -> Plan:
        through_on = closing.through_on
        require_closable(through_on, slice_.today, book.closed_through)
        alone = await second_person(db, community.id, author, proposer, Action.PERIOD, now)
        ends_at = end_of(slice_, through_on)
        looked = await look(db, through_on, ends_at)
        current = counted
        if current is None:
            current = await count(db, community.id, closing, ends_at, book.tree_size)
        elif not await _still(db, community.id, current, through_on, ends_at):
            raise CountedTooEarly
        standings = current.standings
        if standings.total != 0:
            raise ActRefused(Refusal.BOOKS_NOT_IN_ORDER, "trial_balance")
        number = (await read_closed(db, community.id)).last_number + 1
        salt = token_urlsafe(SALT_BYTES)
        said: Details = {
            "number": number,
            "through": str(through_on),
            "reason": _reason_digest(salt, closing.reason),
            **looked,
            **alone,
        }
        event = Event("period_closed", author, None, said, closing.event_id)
        counted_up: Details = {
            "number": number,
            "through": str(through_on),
            "ends": int(ends_at.timestamp()),
            "size": book.tree_size,
            "root": standings.root.hex(),
            "accounts": len(standings.standings),
            "sum": standings.total,
        }
        told_by = Author(author.via)
        recorded = Event("balances_recorded", told_by, None, counted_up, uuid5(event.id, "balances_recorded"))

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/insert_closed_period",
                community_id=community.id,
                closing_number=number,
                through_on=through_on,
                now=now,
                closed_by=author.member_id,
                event_id=event.id,
                recorded_event_id=recorded.id,
                ends_at=ends_at,
                tree_size=book.tree_size,
                account_count=len(standings.standings),
                root=standings.root,
            )
            await _write_standings(db, community.id, number, standings)
            await db.run("hours/set_closed_through", community_id=community.id, through_on=through_on)
            await _write_reason(db, community.id, event, salt, closing.reason, proposer or author.member_id)
            return [event, recorded]

        return Plan(write=write)

    return make


def reopening_period(
    community: Community, author: Author, number: int, reason: str | None, proposer: UUID
) -> Make:
    """The deed of opening the newest closed period again, as `proposer` proposed it: nobody does it alone.

    Refused with PERIOD_NOT_NEWEST. The one before it, where there is one, is then the newest.
    """

    async def make(db: Connection, _slice: HoursBook, _book: Book, _now: datetime) -> Plan:
        closed = await read_closed(db, community.id)
        if closed.in_force != number:
            newest = None if closed.in_force is None else str(closed.in_force)
            raise ActRefused(Refusal.PERIOD_NOT_NEWEST, newest)
        salt = token_urlsafe(SALT_BYTES)
        said: Details = {
            "number": number,
            "through": str(closed.through_on),
            "back_to": None if closed.before_on is None else str(closed.before_on),
            "reason": _reason_digest(salt, reason),
            "proposer": str(proposer),
        }
        event = Event("period_reopened", author, None, said)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/insert_reopening",
                community_id=community.id,
                closing_number=number,
                now=now,
                reopened_by=author.member_id,
                proposed_by=proposer,
            )
            await db.run("hours/set_closed_through", community_id=community.id, through_on=closed.before_on)
            await _write_reason(db, community.id, event, salt, reason, proposer)
            return [event]

        return Plan(write=write)

    return make


async def read_closed(db: Connection, community_id: int) -> Closed:
    """The closings there are, as they count now."""
    rows = await db.rows("hours/read_last_closings", community_id=community_id)
    in_force = [row for row in rows if row["reopened_at"] is None]
    return Closed(
        rows[0]["closing_number"] if rows else 0,
        in_force[0]["closing_number"] if in_force else None,
        in_force[0]["through_on"] if in_force else None,
        in_force[1]["through_on"] if len(in_force) > 1 else None,
    )


async def _still(
    db: Connection, community_id: int, counted: Counted, through_on: date, ends_at: datetime
) -> bool:
    """Whether what was counted still stands, with the head locked. What counts for later days does not matter."""
    if counted.ends_at != ends_at:
        return False
    rows = await db.rows(
        "hours/count_since",
        community_id=community_id,
        tree_size=counted.tree_size,
        through_on=through_on,
        ends_at=ends_at,
    )
    now = {row["what"]: row["count"] for row in rows}
    return now == {"posted": 0, "accounts": len(counted.standings.standings)}


async def _write_standings(db: Connection, community_id: int, number: int, standings: Standings) -> None:
    of_closing = {"community_id": community_id, "closing_number": number}
    rows = standings.standings
    await db.run(
        "hours/insert_period_balances",
        **of_closing,
        places=list(range(len(rows))),
        account_ids=[each.account_id for each in rows],
        balances=[each.balance for each in rows],
        entry_counts=[each.entry_count for each in rows],
        digests=[each.digest for each in rows],
    )
    await db.run(
        "hours/insert_period_nodes",
        **of_closing,
        levels=[each.level for each in standings.nodes],
        indexes=[each.index for each in standings.nodes],
        hashes=[each.hash for each in standings.nodes],
    )


def _reason_digest(salt: str, reason: str | None) -> str | None:
    return None if reason is None else digest(note_disclosure(salt, reason))


async def _write_reason(
    db: Connection, community_id: int, event: Event, salt: str, reason: str | None, written_by: UUID | None
) -> None:
    if reason is not None:
        await db.run(
            "hours/insert_period_reason",
            community_id=community_id,
            event_id=event.id,
            written_by=written_by,
            salt=salt,
            reason=reason,
        )
