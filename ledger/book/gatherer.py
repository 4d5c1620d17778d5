"""The queue in front of the ledger: while one batch is in the database, the next one gathers.

No timers. A request alone is a batch of one and waits for nobody; a busy hour becomes large batches. Several
service processes may each have a gatherer: the head row orders them.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

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


class Gatherer:
    """Gathers the commands of each community into batches and posts them in order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: dict[int, deque[tuple[Command, asyncio.Future[Answer]]]] = {}
        self._posting: dict[int, asyncio.Task[None]] = {}
        self.batches = 0
        self.posted = 0

    async def post(self, community: Community, commands: Sequence[Command]) -> list[Answer]:
        """Post the commands with whatever else is waiting, each judged on its own, in order.

        Raises Overloaded, ReadOnly, or the driver's error when the outcome is unknown.
        """
        waiting = self._waiting.setdefault(community.id, deque())
        if len(waiting) + len(commands) > MAX_WAITING:
            raise Overloaded(community.slug)
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Answer]] = [loop.create_future() for _ in commands]
        waiting.extend(zip(commands, futures, strict=True))
        if community.id not in self._posting:
            self._posting[community.id] = asyncio.create_task(self._drain(community, waiting))
        if len(futures) == 1:
            # Shielded from the caller's hanging up: what is in a batch is posted all the same.
            return [await futures[0]]
        results = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, Answer)]

    async def close(self) -> None:
        """Wait until everything accepted so far has been posted."""
        while self._posting:
            await asyncio.gather(*self._posting.values(), return_exceptions=True)

    async def _drain(
        self, community: Community, waiting: deque[tuple[Command, asyncio.Future[Answer]]]
    ) -> None:
        try:
            while waiting:
                batch = [waiting.popleft() for _ in range(min(len(waiting), MAX_BATCH))]
                await self._post_batch(community, batch)
        finally:
            del self._posting[community.id]

    async def _post_batch(
        self, community: Community, batch: list[tuple[Command, asyncio.Future[Answer]]]
    ) -> None:
        try:
            answers = await self._ledger.post(community, [command for command, _ in batch])
        except Exception as problem:  # noqa: BLE001 - whatever it was, every caller must hear it
            if len(batch) > 1 and not isinstance(problem, ReadOnly | OSError):
                # One command that the database will not take must not fail its neighbours.
                log.warning(
                    "batch_taken_apart", community=community.slug, size=len(batch), error=repr(problem)
                )
                for single in batch:
                    await self._post_batch(community, [single])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(problem)
            return
        self.batches += 1
        self.posted += len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
