"""The way in for everything about hours: claims are gathered into batches, all else is done one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

import structlog

from ledger.book.accounts import Book
from ledger.book.authors import Author, Event
from ledger.book.commands import Act, Command
from ledger.book.gatherer import Gatherer
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger, Room
from ledger.book.posting import Done, Outcome, Refused
from ledger.book.store import Touched
from ledger.database.connections import Connection
from ledger.hours.claims import ClaimCommand, ConfirmClaim, HoursBook, today_of
from ledger.hours.claims_room import ClaimsRoom
from ledger.hours.policies import Policies
from ledger.log.encoding import canonical_json
from ledger.people.acts import require_still

log = structlog.get_logger()

Write = Callable[[Connection, Sequence[Outcome], datetime], Awaitable[Sequence[Event]]]


async def _nothing(_db: Connection, _parts: Sequence[Outcome], _now: datetime) -> Sequence[Event]:
    return ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deed does: commands for the books, all or none of them, and then what it writes beside them.

    `write` gets what became of the commands, in their order, and returns the events to be logged.
    """

    commands: Sequence[Command] = ()
    write: Write = _nothing


Make = Callable[[Connection, HoursBook, Book, datetime], Awaitable[Plan]]
"""Reads what a deed needs, with the head locked, and plans it. Raises ActRefused. Writes nothing."""


@dataclass(slots=True)
class DeedRoom:
    """The room of one deed that is planned with the head locked. See `ledger.book.ledger.Room`."""

    community_id: int
    policies: Policies
    author: Author
    make: Make
    _plan: Plan = field(default_factory=Plan)
    _refused: Refused | None = None
    _parts: Sequence[Outcome] = ()

    async def read(self, db: Connection, acts: Sequence[Act], book: Book, now: datetime) -> Touched:
        touched = Touched()
        for act in acts:
            versions = await self.policies.read(db, self.community_id, book.policy_version)
            hours = HoursBook(versions, today_of(versions, now))
            try:
                await require_still(db, self.community_id, self.author, now)
                self._plan = await self.make(db, hours, book, now)
            except ActRefused as no:
                self._refused = Refused(act, no.refusal, no.detail)
            touched.add(self._plan.commands)
        return touched

    def judge(self, _act: Act, _book: Book, _now: datetime) -> Refused | Sequence[Command]:
        return self._plan.commands if self._refused is None else self._refused

    def accept(self, _act: Act, parts: Sequence[Outcome], _now: datetime) -> None:
        self._parts = parts

    async def write(self, db: Connection, now: datetime) -> Sequence[Event]:
        return await self._plan.write(db, self._parts, now)


class Hours:
    """Hours become credits, credits become care: one for a process, beside its ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.policies = Policies()
        self._gatherer = Gatherer(ledger, self._claims_room)

    def _claims_room(self, community: Community) -> Room:
        return ClaimsRoom(community.id, self.policies)

    async def claim(self, community: Community, key: UUID, command: ClaimCommand) -> Answer:
        """Log or confirm claims. Gathered with whatever else is waiting, each judged on its own, in order."""
        [answer] = await self._gatherer.post(community, [command.act(key)])
        return answer

    async def judge_claim(self, community: Community, key: UUID, command: ClaimCommand) -> Outcome:
        """What `claim` would answer at this moment; nothing is kept."""
        [outcome] = await self.ledger.judge(
            community, [command.act(key)], room=lambda: self._claims_room(community)
        )
        return outcome

    async def do(
        self, community: Community, author: Author, key: UUID, name: str, asked: object, make: Make
    ) -> Answer:
        """Do what is not a claim: planned with the head locked, remembered under its key. `asked` is all it asks."""
        act = Act(key, name, canonical_json(asked).decode())
        [answer] = await self.ledger.post(
            community, [act], room=lambda: DeedRoom(community.id, self.policies, author, make)
        )
        return answer

    async def judge(
        self, community: Community, author: Author, key: UUID, name: str, asked: object, make: Make
    ) -> Outcome:
        """What `do` would answer at this moment; nothing is kept."""
        act = Act(key, name, canonical_json(asked).decode())
        [outcome] = await self.ledger.judge(
            community, [act], room=lambda: DeedRoom(community.id, self.policies, author, make)
        )
        return outcome

    async def read(self, db: Connection, community: Community, now: datetime) -> HoursBook:
        """The policies of a community and the day it is there, for a reader."""
        row = await db.row("hours/read_policy_version", community_id=community.id)
        return await self.read_version(db, community, 0 if row is None else row["policy_version"], now)

    async def read_version(
        self, db: Connection, community: Community, newest: int, now: datetime
    ) -> HoursBook:
        """The same, by the number of the newest version, for a reader who has it already."""
        versions = await self.policies.read(db, community.id, newest)
        return HoursBook(versions, today_of(versions, now))

    async def confirm_silent(self, community: Community, at_once: int = 100) -> int:
        """Confirm the claims that nobody contradicted in the policy's days; returns how many there were.

        What cannot be paid today waits, and is tried again tomorrow.
        """
        now = self.ledger.now()
        after: tuple[datetime, UUID] = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
        confirmed = 0
        while True:
            async with self.ledger.database.connection(community.id) as db:
                rows = await db.rows(
                    "hours/read_due_claims",
                    community_id=community.id,
                    now=now,
                    after_at=after[0],
                    after_id=after[1],
                    at_most=at_once,
                )
            if not rows:
                return confirmed
            after = rows[-1]["due_at"], rows[-1]["claim_id"]
            # One key a day, so that neither several processes nor many tries fill the table of requests.
            answers = await asyncio.gather(
                *[
                    self.claim(
                        community,
                        uuid5(row["claim_id"], f"silence/{now.date()}"),
                        ConfirmClaim(row["claim_id"], None),
                    )
                    for row in rows
                ],
                return_exceptions=True,
            )
            for row, answer in zip(rows, answers, strict=True):
                if isinstance(answer, BaseException):
                    # One that cannot be judged must not keep all others waiting for ever.
                    log.error("silence_failed", claim=str(row["claim_id"]), error=type(answer).__name__)
                elif isinstance(answer.outcome, Done):
                    confirmed += 1

    async def close(self) -> None:
        """Wait until everything accepted so far has been posted."""
        await self._gatherer.close()
