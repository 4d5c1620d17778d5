"""The one door to the books: every change of a community goes through `Ledger.post`.

One short transaction for a batch of any size: lock the head, read the book, decide, write transfers, entries,
balances, leaves and the new head with its signed checkpoint, commit. A receipt exists from that moment.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog

from ledger.book.accounts import Book
from ledger.book.authors import Event
from ledger.book.commands import Act, Command, action
from ledger.book.journal import Community, RecordedEvent, Transfer, read_transfers, render, render_event
from ledger.book.posting import Decision, Done, Judge, Outcome, Posted, Refused, Replayed, decide
from ledger.book.refusals import Refusal
from ledger.book.store import Head, Touched, read_book, read_head, write
from ledger.database.connections import Anywhere, Connection, Database
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.keys import KeyRing
from ledger.log.merkle import EMPTY_ROOT, leaf_hash
from ledger.log.published import PublishedCheckpoints

log = structlog.get_logger()

KEEP_EVERY = timedelta(hours=1)
"""One checkpoint an hour is kept as a row; any other can be recomputed from the leaves."""

Also = Callable[[Connection, Decision, datetime], Awaitable[Sequence[Event]]]
"""Does what goes with the commands, in their transaction and with the head locked, after they were decided and
before anything is written. Returns the events to be logged. Raises ActRefused before it writes anything itself."""


class Room(Judge, Protocol):
    """What another room does with its acts, in the transaction of one batch: read, judge each, write.

    One serves one attempt of one batch. It judges as `posting.Judge` says.
    """

    async def read(self, db: Connection, acts: Sequence[Act], book: Book, now: datetime) -> Touched:
        """Read what judging these new acts takes; returns what they may touch in the books."""

    async def write(self, db: Connection, now: datetime) -> Sequence[Event]:
        """Write what the accepted acts change beside the books; returns the events to be logged."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command; `transfer` when it posted one, now or in an earlier request.

    `transfers` are those of an act that consists of several commands, when it was done just now.
    """

    outcome: Outcome
    transfer: Transfer | None = None
    transfers: tuple[Transfer, ...] = ()


class ActRefused(Exception):
    """What goes with the commands cannot be done: all of them are refused, and nothing of them is written."""

    def __init__(self, refusal: Refusal, detail: str | None = None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.detail = detail


class ReadOnly(Exception):
    """The community's log must not grow: the database is behind, or beside, what was published before."""


class Moved(ReadOnly):
    """The community's log must not grow here: it goes on at the service whose URL is `to`."""

    def __init__(self, to: str) -> None:
        super().__init__(f"the community has moved to {to}, and its books go on there")
        self.to = to


UNDO_MOVE = "undo_move"
"""The name of the one act that is still done for a community that has moved."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The books of every community in one database.

    `read_only` says why a community's log must not grow, by slug; it is filled on start by
    `ledger.book.forks.check_published` and whenever the database turns out to have gone back.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        published: PublishedCheckpoints,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.database = database
        self.keys = keys
        self.published = published
        self.now = now
        self.read_only: dict[str, str] = {}
        self._published_sizes: dict[str, int] = {}

    async def post(
        self,
        community: Community,
        commands: Sequence[Command],
        also: Also | None = None,
        room: Callable[[], Room] | None = None,
    ) -> list[Answer]:
        """Decide the commands in order, write what they change, and say what became of each.

        All or nothing is written. `also` does more in the same transaction, and may have events logged; when it
        refuses, the first command is answered and remembered as refused, and nothing else is done. `room` makes
        the room that judges the acts among the commands. Raises
        ReadOnly when the log must not grow, or not here (Moved), and the driver's errors as they are: when one of them
        arrives during the commit the outcome is unknown, and the same commands can safely be sent again.
        """
        return await self.post_gathered(community, lambda: commands, also, room)

    async def post_gathered(
        self,
        community: Community,
        gather: Callable[[], Sequence[Command]],
        also: Also | None = None,
        room: Callable[[], Room] | None = None,
    ) -> list[Answer]:
        """`post` of what `gather` gives once the head is locked: what arrives during the wait comes along.

        `gather` is called at most once, unless it was called in vain: then again, and must give the same.
        """
        try:
            return await self._post_once(community, gather, also, room)
        except asyncpg.UniqueViolationError as problem:
            # Under the head lock no key can be taken between reading and writing. Should a database ever
            # disagree, the second run reads what the first could not see.
            log.warning("post_repeated", community=community.slug, constraint=problem.constraint_name)
            return await self._post_once(community, gather, also, room)

    async def _post_once(
        self,
        community: Community,
        gather: Callable[[], Sequence[Command]],
        also: Also | None,
        make_room: Callable[[], Room] | None,
    ) -> list[Answer]:
        if community.slug in self.read_only:
            raise ReadOnly(self.read_only[community.slug])
        async with self.database.locked(community.id) as db:
            commands = gather()
            if not commands:
                return []
            head, book = await read_head(db, community, commands)
            if book.moved_to is not None and action(commands[0]) != UNDO_MOVE:
                raise Moved(book.moved_to)
            if also is not None:
                commands = _not_again(book, commands)
            self._refuse_going_back(community, book.tree_size)
            # The clock is read with the lock held and never goes back, so leaves are in order of time. Whole
            # seconds, because a receipt says no more than that and the audit must be able to check all of it.
            now = max(self.now().replace(microsecond=0), head.recorded_at)
            room = None if make_room is None else make_room()
            decision = await _decide(db, community, book, commands, now, room)
            events: Sequence[Event] = ()
            if room is not None and any(isinstance(outcome, Done) for outcome in decision.outcomes):
                events = await room.write(db, now)
            if also is not None and any(isinstance(outcome, Posted | Done) for outcome in decision.outcomes):
                try:
                    _refuse_in_part(decision)
                    events = await also(db, decision, now)
                except ActRefused as no:
                    refused = Refused(decision.outcomes[0].command, no.refusal, no.detail)
                    decision = Decision([refused])
            transfers = [render(community, posted, now) for posted in decision.transfers]
            next_leaf = head.tree.size + len(transfers)
            recorded = [
                render_event(community, event, leaf_index, now)
                for leaf_index, event in enumerate(events, next_leaf)
            ]
            new_head = self._grow(community, head, [*transfers, *recorded], now)
            await write(db, community, decision, book, transfers, recorded, head, new_head, now)
            replays = [outcome.command.id for outcome in decision.outcomes if isinstance(outcome, Replayed)]
            known = await read_transfers(db, community, replays) if replays else {}
        # Committed. What follows may fail without harm: the same request again is answered as a replay.
        if new_head is not head:
            self.published.write(community.slug, new_head.tree.size, new_head.checkpoint)
            self._published_sizes[community.slug] = new_head.tree.size
        known.update((transfer.id, transfer) for transfer in transfers)
        return [_answer(outcome, known) for outcome in decision.outcomes]

    async def judge(
        self,
        community: Community,
        commands: Sequence[Command],
        also: Also | None = None,
        room: Callable[[], Room] | None = None,
    ) -> list[Outcome]:
        """What `post` would answer at this moment. Nothing is kept; what `also` or a room writes is taken back."""
        if also is not None or room is not None:
            return await self._judge_with(community, commands, also, room)
        async with self.database.snapshot(community.id) as db:
            head, book = await read_head(db, community, commands)
            now = max(self.now().replace(microsecond=0), head.recorded_at)
            await read_book(db, community, book, commands, now)
        return decide(book, commands, now).outcomes

    async def _judge_with(
        self,
        community: Community,
        commands: Sequence[Command],
        also: Also | None,
        make_room: Callable[[], Room] | None,
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            async with self.database.locked(community.id) as db:
                head, book = await read_head(db, community, commands)
                now = max(self.now().replace(microsecond=0), head.recorded_at)
                room = None if make_room is None else make_room()
                decision = await _decide(db, community, book, commands, now, room)
                outcomes = decision.outcomes
                if also is not None and any(isinstance(outcome, Posted | Done) for outcome in outcomes):
                    await also(db, decision, now)
                raise _TakenBack
        except _TakenBack:
            return outcomes
        except ActRefused as no:
            return [Refused(commands[0], no.refusal, no.detail)]

    def _refuse_going_back(self, community: Community, tree_size: int) -> None:
        published = self._published_sizes.get(community.slug, 0)
        if tree_size < published:
            self.read_only[community.slug] = (
                f"the database holds {tree_size} leaves of {community.origin}, but a checkpoint over"
                f" {published} was published"
            )
            raise ReadOnly(self.read_only[community.slug])

    def _grow(
        self, community: Community, head: Head, leaves: Sequence[Transfer | RecordedEvent], now: datetime
    ) -> Head:
        """The head over the log with the leaves added, its new checkpoint signed; the same head without any."""
        if not leaves:
            return head
        hashes = [leaf_hash(leaf.payload) for leaf in leaves]
        tree, nodes = head.tree.append(hashes)
        note = sign_checkpoint(Checkpoint(community.origin, tree.size, tree.root()), self.keys.log_keys)
        due = head.tree.size == 0 or now - head.kept_at >= KEEP_EVERY
        return Head(tree, now, now if due else head.kept_at, note, tuple(hashes), tuple(nodes))

    async def found(self, slug: str, name: str, issuer: str, origin: str) -> Community:
        """Found a community with an empty log and no accounts. Raises ValueError when slug or origin is taken."""
        now = self.now().replace(microsecond=0)
        note = sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), self.keys.log_keys)
        async with self.database.transaction() as db:
            row = await db.row(
                "book/insert_community", slug=slug, name=name, issuer=issuer, origin=origin, founded_at=now
            )
            if row is None:
                raise ValueError(f"there is already a community {slug}, or a log {origin}")
            await db.enter(row["community_id"])
            await db.run("log/insert_head", community_id=row["community_id"], checkpoint=note, founded_at=now)
        return Community(row["community_id"], slug, name, issuer, origin)

    async def community(self, slug: str) -> Community | None:
        """The community with this slug, or None."""
        async with self.database.connection(Anywhere.ANYWHERE) as db:
            row = await db.row("book/read_community", slug=slug)
        return None if row is None else _community(row)

    async def communities(self) -> list[Community]:
        """Every community, oldest first."""
        async with self.database.connection(Anywhere.ANYWHERE) as db:
            return [_community(row) for row in await db.rows("book/read_communities")]


async def _decide(
    db: Connection,
    community: Community,
    book: Book,
    commands: Sequence[Command],
    now: datetime,
    room: Room | None,
) -> Decision:
    """Read what the commands and the room need, and decide."""
    touched = None
    if room is not None:
        acts = [command for command in commands if isinstance(command, Act) and command.id not in book.known]
        touched = await room.read(db, acts, book, now)
    await read_book(db, community, book, commands, now, touched)
    return decide(book, commands, now, room)


def _answer(outcome: Outcome, known: Mapping[UUID, Transfer]) -> Answer:
    if isinstance(outcome, Posted | Replayed):
        return Answer(outcome, known.get(outcome.command.id))
    if isinstance(outcome, Done):
        posted = [part.transfer.id for part in outcome.parts if isinstance(part, Posted)]
        return Answer(outcome, transfers=tuple([known[transfer_id] for transfer_id in posted]))
    return Answer(outcome)


class _TakenBack(Exception):
    """Ends a transaction that was only to show what would happen."""


def _not_again(book: Book, commands: Sequence[Command]) -> Sequence[Command]:
    """The commands; of an act that was answered before, the act alone: what stood behind it has had its answer."""
    if isinstance(commands[0], Act) and commands[0].id in book.known:
        return commands[:1]
    return commands


def _refuse_in_part(decision: Decision) -> None:
    """An act and the commands behind it are one thing: when one of them is refused, all are."""
    if isinstance(decision.outcomes[0].command, Act):
        for outcome in decision.outcomes:
            if isinstance(outcome, Refused):
                raise ActRefused(outcome.refusal, outcome.detail)


def _community(row: asyncpg.Record) -> Community:
    return Community(row["community_id"], row["slug"], row["name"], row["issuer"], row["origin"])
