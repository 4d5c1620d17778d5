"""Long work in the background of a service, followed in the table `work` by whoever wants to know how far it is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from ledger.book.journal import Community
from ledger.database.connections import Database
from ledger.desk import work
from ledger.desk.work import Kind

log = structlog.get_logger()

SAY_EVERY_SECONDS = 0.5
BEAT_EVERY_SECONDS = 3.0

MISTAKE = "The service made a mistake. Start it again, and tell the operator when it happened."


class WorkFailed(Exception):
    """Ends a piece of work with why it failed, in words for whoever started it."""


@dataclass(slots=True)
class Progress:
    """How far it is, in units of its kind; whoever does the work sets both."""

    done: int = 0
    total: int = 0


Do = Callable[[Progress], Awaitable[dict[str, Any]]]
"""Does the work, sets how far it is, and gives its outcome: JSON, with `finding_count`, which a list shows.

Raises WorkFailed when there is none. Cancelled when the service stops, or when it was taken for interrupted: what
it has written by then stays, so it must be able to go on from there when it is started again.
"""


class Working:
    """The long work of one service; of a kind one at a time in each community, which `work.begin` sees to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, community: Community, kind: Kind, work_id: UUID, do: Do) -> None:
        """Do the piece of work that was begun in the table, in the background."""
        task = asyncio.create_task(_Piece(self._database, community, kind, work_id).run(do))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Interrupt what is running, and say so in the table."""
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


class _Piece:
    """One piece of work: beats while it is done, and says what came of it."""

    def __init__(self, database: Database, community: Community, kind: Kind, work_id: UUID) -> None:
        self._database = database
        self._community = community
        self._kind = kind
        self._work_id = work_id
        self._progress = Progress()

    async def run(self, do: Do) -> None:
        outcome = failed = None
        try:
            outcome = await self._followed(do)
        except asyncio.CancelledError:
            pass  # interrupted: with neither
        except WorkFailed as problem:
            failed = str(problem)
        except Exception as problem:  # noqa: BLE001 - whatever it was, the table must not say for ever that it runs
            self._log("work_failed", problem)
            failed = MISTAKE
        try:
            async with self._database.connection(self._community.id) as db:
                done, total = self._progress.done, self._progress.total
                await work.end(
                    db, self._community.id, self._work_id, done, total, outcome=outcome, failed=failed
                )
        except Exception as problem:  # noqa: BLE001 - it will be taken for interrupted, when its heartbeat is old
            self._log("work_not_ended", problem)

    async def _followed(self, do: Do) -> dict[str, Any] | None:
        """Its outcome; None when it was taken for interrupted meanwhile."""
        doing = asyncio.ensure_future(do(self._progress))
        try:
            said, beaten = (0, 0), time.monotonic()
            while not doing.done():
                await asyncio.wait([doing], timeout=SAY_EVERY_SECONDS)
                now, here = time.monotonic(), (self._progress.done, self._progress.total)
                if here != said or now - beaten >= BEAT_EVERY_SECONDS:
                    said, beaten = here, now
                    if not await self._beat():
                        return None
            return await doing
        finally:
            doing.cancel()
            await asyncio.wait([doing])

    async def _beat(self) -> bool:
        try:
            async with self._database.connection(self._community.id) as db:
                done, total = self._progress.done, self._progress.total
                return await work.beat(db, self._community.id, self._work_id, done, total)
        except Exception as problem:  # noqa: BLE001 - the next one may be written; the work has its own connection
            self._log("work_beat_failed", problem)
            return True

    def _log(self, event: str, problem: Exception) -> None:
        log.error(event, kind=self._kind, community=self._community.slug, error=type(problem).__name__)
