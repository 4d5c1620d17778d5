"""The queue in front of the ledger: while one batch is in the database, the next one gathers.

No timers. A request alone is a batch of one and waits for nobody; a busy hour becomes large batches. Several
service processes may each have a gatherer: the head row orders them.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from ledger.book.commands import Command
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger, ReadOnly

log = structlog.get_logger()

MAX_BATCH = 1000
"""Commands in one transaction: enough to fill the database, few enough that nobody waits long behind it."""

MAX_WAITING = 20_000
"""Commands of one community that may wait; past that a request is refused at once rather than left hanging."""


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

    `batches` and `posted` count the transactions that were committed and the commands in them.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
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
            queue.posting = asyncio.create_task(self._drain(community, queue))
        return await asked.answers

    async def close(self) -> None:
        """Wait until everything accepted so far has been posted."""
        while posting := [queue.posting for queue in self._queues.values() if queue.posting is not None]:
            await asyncio.wait(posting)

    async def _drain(self, community: Community, queue: _Queue) -> None:
        try:
            while queue.asked:
                batch = [queue.asked.popleft()]
                size = len(batch[0].commands)
                while queue.asked and size + len(queue.asked[0].commands) <= MAX_BATCH:
                    batch.append(queue.asked.popleft())
                    size += len(batch[-1].commands)
                queue.size -= size
                await self._post(community, batch)
        finally:
            queue.posting = None

    async def _post(self, community: Community, batch: Sequence[_Asked]) -> None:
        commands = [command for asked in batch for command in asked.commands]
        try:
            answers = await self._ledger.post(community, commands)
        except Exception as problem:  # noqa: BLE001 - whatever it was, every caller must hear it
            if len(batch) > 1 and not isinstance(problem, ReadOnly | OSError):
                # What the database will not take from one caller must not fail the neighbours.
                log.warning(
                    "batch_taken_apart", community=community.slug, size=len(batch), error=repr(problem)
                )
                for asked in batch:
                    await self._post(community, [asked])
                return
            for asked in batch:
                if not asked.answers.done():
                    asked.answers.set_exception(problem)
            return
        self.batches += 1
        self.posted += len(commands)
        start = 0
        for asked in batch:
            end = start + len(asked.commands)
            if not asked.answers.done():
                asked.answers.set_result(answers[start:end])
            start = end
