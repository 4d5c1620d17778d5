"""Audits in the background of a service, each in a process of its own, followed in the table `work`.

An audit computes for as long as the book is long; in the service's process nobody would be answered meanwhile. The
process that audits has the log keys' public halves alone, runs at a lower priority, and stops when its standard
input ends: when the service stops it, and also when the service is killed.
"""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from base64 import b64encode
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.desk import work

log = structlog.get_logger()

SAY_EVERY_SECONDS = 0.5
BEAT_EVERY_SECONDS = 3.0
STOP_SECONDS = 5.0
"""How long an audit has to stop when it is told to; then it is killed with its workers."""

MAX_LINE_BYTES = 2**26

CUT_OFF = "The process that audited has ended in the middle of it. Start another audit."
NO_DATABASE = "The database did not answer. Start another audit when it does."
MISTAKE = "The service made a mistake. Start another audit, and tell the operator when it happened."


class Auditing:
    """The audits one service runs; of each community one at a time, which `work.begin` sees to.

    `marks_folder` is where a clean audit leaves its mark, as one at the shell does.
    """

    def __init__(self, ledger: Ledger, database_url: str, marks_folder: Path) -> None:
        self._ledger = ledger
        self._database_url = database_url
        self._marks_folder = marks_folder
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, community: Community, work_id: UUID, against: str | None) -> None:
        """Do the audit that was begun in the table, in the background."""
        task = asyncio.create_task(
            _Audit(self._ledger, community, work_id).run(self._order(community, against))
        )
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Interrupt what is running, and say so in the table."""
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _order(self, community: Community, against: str | None) -> bytes:
        order = {
            "database_url": self._database_url,
            "log_keys": [b64encode(key.public).decode() for key in self._ledger.keys.log],
            "checkpoints_folder": str(self._ledger.published.folder),
            "marks_folder": str(self._marks_folder),
            "community": asdict(community),
            "against": against,
        }
        return json.dumps(order).encode() + b"\n"


class _Audit:
    """One audit, from the side of the service: what its process says goes into the table."""

    def __init__(self, ledger: Ledger, community: Community, work_id: UUID) -> None:
        self.database = ledger.database
        self.community = community
        self.work_id = work_id
        self.done = self.total = 0
        self.result: dict[str, Any] = {}

    async def run(self, order: bytes) -> None:
        outcome = failed = None
        try:
            await self._follow(order)
            outcome, failed = self._outcome()
        except asyncio.CancelledError:
            pass  # interrupted: with neither
        except Exception as problem:  # noqa: BLE001 - whatever it was, the table must not say for ever that it runs
            log.error("audit_failed", community=self.community.slug, error=type(problem).__name__)
            failed = MISTAKE
        try:
            async with self.database.connection(self.community.id) as db:
                await work.end(
                    db, self.community.id, self.work_id, self.done, self.total, outcome=outcome, failed=failed
                )
        except Exception as problem:  # noqa: BLE001 - it will be taken for interrupted, when its heartbeat is old
            log.error("audit_not_ended", community=self.community.slug, error=type(problem).__name__)

    async def _follow(self, order: bytes) -> None:
        """Have a process do it, and beat until it has. Returns early when it was taken for interrupted."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ledger.desk.audit", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=MAX_LINE_BYTES,
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        listening = asyncio.create_task(self._listen(process, order))
        try:
            said, beaten = (0, 0), time.monotonic()
            while not listening.done() and process.returncode is None:
                await asyncio.wait([listening], timeout=SAY_EVERY_SECONDS)
                now = time.monotonic()
                if (self.done, self.total) != said or now - beaten >= BEAT_EVERY_SECONDS:
                    said, beaten = (self.done, self.total), now
                    if not await self._beat():
                        return
            # What it said last may be on its way still. Killed, it may have left workers that keep its output open.
            await asyncio.wait([listening], timeout=SAY_EVERY_SECONDS)
            if listening.done():
                await listening
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            await _stop(process)

    async def _beat(self) -> bool:
        try:
            async with self.database.connection(self.community.id) as db:
                return await work.beat(db, self.community.id, self.work_id, self.done, self.total)
        except Exception as problem:  # noqa: BLE001 - the next one may be written; the audit has its own connection
            log.error("audit_beat_failed", community=self.community.slug, error=type(problem).__name__)
            return True

    async def _listen(self, process: Process, order: bytes) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process that was started with pipes has them")
        with suppress(ConnectionError):  # it has ended already, and its output says why, or ends
            process.stdin.write(order)
            await process.stdin.drain()
        async for line in process.stdout:
            says = json.loads(line)
            if "done" in says:
                self.done, self.total = says["done"], says["total"]
            else:
                self.result = says

    def _outcome(self) -> tuple[dict[str, Any] | None, str | None]:
        """What came of it, as (outcome, why it failed)."""
        if "outcome" in self.result:
            outcome = _printable(self.result["outcome"])
            outcome["finding_count"] = len(outcome["findings"]) + sum(outcome["more"].values())
            log.info("audited", community=self.community.slug, findings=outcome["finding_count"])
            return outcome, None
        log.error("audit_failed", community=self.community.slug, **self.result)
        if not self.result:
            return None, CUT_OFF
        return None, NO_DATABASE if self.result["unreachable"] else MISTAKE


async def _stop(process: Process) -> None:
    """Let the process end by itself, as it does when nobody listens any more; kill it when it does not."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        ended = await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        _kill_group(process.pid)
        await process.wait()
        return
    if ended < 0:
        # Somebody else killed it; its workers would wait for ever.
        _kill_group(process.pid)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Ours, less what is the service's own affair, its keys among it; and where our modules are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAREHOURS_")}
    return kept | {"PYTHONPATH": os.pathsep.join([path for path in sys.path if path])}


def _printable(value: Any) -> Any:
    """The value without any character that a screen might obey, or that a database refuses to keep."""
    if isinstance(value, str):
        return "".join([each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in value])
    if isinstance(value, list):
        return [_printable(each) for each in value]
    if isinstance(value, dict):
        return {name: _printable(each) for name, each in value.items()}
    return value
