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
from ledger.desk.work import Kind
from ledger.desk.working import MISTAKE, Progress, WorkFailed, Working

log = structlog.get_logger()

LAST_WORDS_SECONDS = 0.5
STOP_SECONDS = 5.0
"""How long an audit has to stop when it is told to; then it is killed with its workers."""

MAX_LINE_BYTES = 2**26

CUT_OFF = "The process that audited has ended in the middle of it. Start another audit."
NO_DATABASE = "The database did not answer. Start another audit when it does."


class Auditing:
    """Begins audits among the long work of one service.

    `marks_folder` is where a clean audit leaves its mark, as one at the shell does.
    """

    def __init__(self, working: Working, ledger: Ledger, database_url: str, marks_folder: Path) -> None:
        self._working = working
        self._ledger = ledger
        self._database_url = database_url
        self._marks_folder = marks_folder

    def begin(self, community: Community, work_id: UUID, against: str | None) -> None:
        """Do the audit that was begun in the table, in the background."""
        order = self._order(community, against)

        async def do(progress: Progress) -> dict[str, Any]:
            return _outcome(community, await _audit(order, progress))

        self._working.begin(community, Kind.AUDIT, work_id, do)

    def _order(self, community: Community, against: str | None) -> bytes:
        order = {
            "database_url": self._database_url,
            "log_keys": [
                b64encode(public).decode() for public in self._ledger.keys.log_publics(community.origin)
            ],
            "checkpoints_folder": str(self._ledger.published.folder),
            "marks_folder": str(self._marks_folder),
            "community": asdict(community),
            "against": against,
        }
        return json.dumps(order).encode() + b"\n"


async def _audit(order: bytes, progress: Progress) -> dict[str, Any]:
    """Have a process do it. What it said last: the outcome, why there is none, or nothing when it was killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ledger.desk.audit", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=MAX_LINE_BYTES,
        env=_environment(), start_new_session=True,
    )  # fmt: skip
    listening = asyncio.create_task(_listen(process, order, progress))
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.wait([listening, ending], return_when=asyncio.FIRST_COMPLETED)
        # What it said last may be on its way still. Killed, it may have left workers that keep its output open.
        await asyncio.wait([listening], timeout=LAST_WORDS_SECONDS)
        return listening.result() if listening.done() else {}
    finally:
        listening.cancel()
        ending.cancel()
        await asyncio.wait([listening, ending])
        await _stop(process)


async def _listen(process: Process, order: bytes, progress: Progress) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process that was started with pipes has them")
    with suppress(ConnectionError):  # it has ended already, and its output says why, or ends
        process.stdin.write(order)
        await process.stdin.drain()
    result: dict[str, Any] = {}
    async for line in process.stdout:
        says = json.loads(line)
        if "done" in says:
            progress.done, progress.total = says["done"], says["total"]
        else:
            result = says
    return result


def _outcome(community: Community, result: dict[str, Any]) -> dict[str, Any]:
    """What is kept of it. Raises WorkFailed when there was no outcome."""
    if "outcome" in result:
        outcome: dict[str, Any] = _printable(result["outcome"])
        outcome["finding_count"] = len(outcome["findings"]) + sum(outcome["more"].values())
        log.info("audited", community=community.slug, findings=outcome["finding_count"])
        return outcome
    log.error("audit_failed", community=community.slug, **result)
    if not result:
        raise WorkFailed(CUT_OFF)
    raise WorkFailed(NO_DATABASE if result["unreachable"] else MISTAKE)


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
