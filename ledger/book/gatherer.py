"""The queue in front of the ledger: while one batch is in the database, the next one gathers.

No timers. A request alone is a batch of one and waits for nobody; a busy hour becomes large batches. A batch is
taken from the queue only once the head is locked, so what arrives while it waits for the lock comes along. Several
service processes may each have a gatherer: the head row orders them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial
from typing import NamedTuple

import asyncpg
import structlog

from ledger.book.commands import Command
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger, Room

log = structlog.get_logger()

MAX_BATCH = 1000
"""Commands in one transaction: enough to fill the database, few enough that nobody waits long behind it."""

MAX_WAITING = 20_000
"""Commands of one community that may wait; past that a request is refused at once rather than left hanging."""


OF_ONE_COMMAND = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)
"""What the database, or our own judging, says of something one caller sent, rather than of itself."""


class Overloaded(Exception):
    """Too much is waiting for this community; try again in a moment."""


class _Asked(NamedTuple):
    """The commands of one caller, and where the caller waits for the answers."""

    commands: Sequence[Command]
    answers: asyncio.Future[list[Answer]]


class _Queue:
    """What waits for one community, and the task that posts it while there is anything."""

    __slots__ = ("asked", "posting", "size")

    def __init__(self) -> None:
        self.asked: deque[_Asked] = deque()
        self.size = 0
        self.posting: asyncio.Task[None] | None = None


class Gatherer:
    """Gathers the commands of each community into batches and posts them in order.

    `room` makes the room that judges the acts of a community's batch. `batches` and `posted` count the
    transactions that were committed and the commands in them.
    """

    def __init__(self, ledger: Ledger, room: Callable[[Community], Room] | None = None) -> None:
        self._ledger = ledger
        self._room = room
        self._queues: dict[int, _Queue] = {}
        self.batches = 0
        self.posted = 0

    async def post(self, community: Community, commands: Sequence[Command]) -> list[Answer]:
        """Post the commands with whatever else is waiting, each judged on its own, in order.

        What was accepted is posted even if the caller hangs up. Raises Overloaded, ReadOnly, or the driver's
        error when the outcome is unknown.
        """
        queue = self._queues.setdefault(community.id, _Queue())
        if queue.size + len(commands) > MAX_WAITING:
            raise Overloaded(community.slug)
        asked = _Asked(commands, asyncio.get_running_loop().create_future())
        queue.asked.append(asked)
        queue.size += len(commands)
        if queue.posting is None:
            # In a context of its own: what it logs is not about the request that happened to start it.
            queue.posting = asyncio.create_task(self._drain(community, queue), context=Context())
        return await asked.answers

    async def close(self) -> None:
        """Wait until everything accepted so far has been posted."""
        while posting := [queue.posting for queue in self._queues.values() if queue.posting is not None]:
            await asyncio.wait(posting)

    async def _drain(self, community: Community, queue: _Queue) -> None:
        try:
            while queue.asked:
                await self._post(community, _Batch(queue))
        finally:
            queue.posting = None

    async def _post(self, community: Community, batch: "_Batch") -> None:
        try:
            room = None if self._room is None else partial(self._room, community)
            answers = await self._ledger.post_gathered(community, batch.commands, room=room)
        except Exception as problem:  # noqa: BLE001 - whatever it was, every caller must hear it
            asked = batch.asked()
            if len(asked) > 1 and isinstance(problem, OF_ONE_COMMAND):
                # What the database will not take from one caller must not fail the neighbours.
                log.warning(
                    "batch_taken_apart",
                    community=community.slug,
                    size=len(asked),
                    error=type(problem).__name__,
                )
                for each in asked:
                    await self._post(community, _Batch(batch.queue, [each]))
                return
            for each in asked:
                if not each.answers.done():
                    each.answers.set_exception(problem)
            return
        self.batches += 1
        self.posted += len(answers)
        start = 0
        for each in batch.asked():
            end = start + len(each.commands)
            if not each.answers.done():
                each.answers.set_result(answers[start:end])
            start = end


class _Batch:
    """What is posted together: taken from the queue as late as can be, and then always the same."""

    def __init__(self, queue: _Queue, asked: list[_Asked] | None = None) -> None:
        self.queue = queue
        self._asked = asked

    def asked(self) -> list[_Asked]:
        if self._asked is None:
            self._asked = []
            size = 0
            while self.queue.asked:
                size += len(self.queue.asked[0].commands)
                if self._asked and size > MAX_BATCH:
                    break
                self._asked.append(self.queue.asked.popleft())
                self.queue.size -= len(self._asked[-1].commands)
        return self._asked

    def commands(self) -> list[Command]:
        return [command for asked in self.asked() for command in asked.commands]
