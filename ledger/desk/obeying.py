"""Long work in a process of its own, as that process sees it. `apart` is the side of whoever asked for it.

The order is a line of JSON on standard input. On standard output the process says how far it is, and last what came of
it, a line of JSON each. When standard input ends, whoever asked is gone, and it stops.
"""

import asyncio
import json
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

LOWER_PRIORITY = 10
"""By so much the work stands behind the service (nice)."""

SAY_EVERY_SECONDS = 0.2

UNREACHABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""The database is away, or going down."""

Tell = Callable[[int, int], None]
"""Is told (done, of how many), as often as one likes."""

Do = Callable[[dict[str, Any], Tell], Awaitable[dict[str, Any]]]
"""Does what the order says and gives the outcome, as JSON. Raises WorkFailed when there is none."""


def obey(do: Do) -> None:
    """Do what this process was started for, and say so."""
    os.nice(LOWER_PRIORITY)
    asyncio.run(_obey(do))


async def _obey(do: Do) -> None:
    # Imported here: the workers of a long audit import this module too, and need none of it.
    from ledger.desk.working import WorkFailed

    order = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(order), sys.stdin)
    saying = _Saying()
    doing = asyncio.ensure_future(do(json.loads(await order.readline()), saying.tell))
    asker_gone = asyncio.create_task(order.read())
    await asyncio.wait([doing, asker_gone], return_when=asyncio.FIRST_COMPLETED)
    if not doing.done():
        doing.cancel()
        await asyncio.wait([doing])
    elif isinstance(problem := doing.exception(), WorkFailed):
        _say(failed=str(problem))
    elif problem is not None:
        # Where, but not the message, as the service's own log has it: the driver's quote what they were given.
        where = traceback.format_tb(problem.__traceback__)
        _say(error=type(problem).__name__, where=where, unreachable=isinstance(problem, UNREACHABLE))
    else:
        saying.tell_last()
        _say(outcome=doing.result())
    asker_gone.cancel()


class _Saying:
    """Says how far it is, now and then."""

    def __init__(self) -> None:
        self._last = (0, 0)
        self._said_at = 0.0

    def tell(self, done: int, total: int) -> None:
        self._last = (done, total)
        if time.monotonic() - self._said_at >= SAY_EVERY_SECONDS:
            self.tell_last()

    def tell_last(self) -> None:
        done, total = self._last
        _say(done=done, total=total)
        self._said_at = time.monotonic()


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - read by the service
