"""Long work in a process of its own, for what computes: in the service's process nobody would be answered meanwhile.

The process runs at a lower priority, and stops when its standard input ends: when the service stops it, and also when
the service is killed. `obeying` is its own side. Where it is followed is `working`'s affair.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Any

import structlog

from ledger.desk.working import MISTAKE, Progress, WorkFailed

log = structlog.get_logger()

LAST_WORDS_SECONDS = 0.5
STOP_SECONDS = 5.0
"""How long the process has to stop when it is told to; then it is killed with its workers."""

MAX_LINE_BYTES = 2**26

CUT_OFF = "The process that did this has ended in the middle of it. Start it again."
NO_DATABASE = "The database did not answer. Start it again when it does."


async def do_apart(module: str, order: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Have a process of the module carry out the order, which is JSON; its outcome.

    Raises WorkFailed when there is none. Cancelled, it stops the process first.
    """
    return _outcome(module, await _listened_to(module, json.dumps(order).encode() + b"\n", progress))


async def _listened_to(module: str, order: bytes, progress: Progress) -> dict[str, Any]:
    """What the process said last: the outcome, why there is none, or nothing when it was killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=MAX_LINE_BYTES,
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


def _outcome(module: str, result: dict[str, Any]) -> dict[str, Any]:
    if "outcome" in result:
        outcome: dict[str, Any] = result["outcome"]
        return outcome
    log.error("work_apart_failed", module=module, **result)
    if not result:
        raise WorkFailed(CUT_OFF)
    if "failed" in result:
        raise WorkFailed(result["failed"])
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
