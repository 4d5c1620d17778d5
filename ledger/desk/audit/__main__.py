"""One audit in a process of its own, so that a service goes on answering: `python -m ledger.desk.audit`.

Its order is a line of JSON on standard input; see `ledger.desk.auditing`. On standard output it says how far it is,
and last what came of it, a line of JSON each. When standard input ends, whoever asked is gone, and it stops.
"""

import asyncio
import json
import os
import sys
import traceback
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

LOWER_PRIORITY = 10
"""By so much the audit stands behind the service (nice)."""

UNREACHABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""The database is away, or going down."""


def main() -> None:
    os.nice(LOWER_PRIORITY)
    asyncio.run(_obey())


async def _obey() -> None:
    order = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(order), sys.stdin)
    audit = asyncio.create_task(_audit(json.loads(await order.readline())))
    asker_gone = asyncio.create_task(order.read())
    await asyncio.wait([audit, asker_gone], return_when=asyncio.FIRST_COMPLETED)
    if not audit.done():
        audit.cancel()
        await asyncio.wait([audit])
    elif (problem := audit.exception()) is not None:
        # Where, but not the message, as the service's own log has it: the driver's quote what they were given.
        where = traceback.format_tb(problem.__traceback__)
        _say(failed=type(problem).__name__, where=where, unreachable=isinstance(problem, UNREACHABLE))
    else:
        _say(outcome=audit.result())
    asker_gone.cancel()


async def _audit(order: dict[str, Any]) -> dict[str, Any]:
    # Imported here: the workers of a long audit import this module too, and need none of it.
    from ledger.book.journal import Community
    from ledger.book.ledger import Ledger
    from ledger.database.connections import Database
    from ledger.desk.audit.run import audit_community
    from ledger.log.published import PublishedCheckpoints
    from ledger.log.signing import KeyRing, SigningKey

    # An audit verifies and signs nothing: it gets public halves alone.
    made = datetime.fromtimestamp(0, UTC)
    keys = tuple([SigningKey("log", made, None, b64decode(key)) for key in order["log_keys"]])
    database = Database(order["database_url"], pool_size=1)
    try:
        report = await audit_community(
            Ledger(database, KeyRing((), keys), PublishedCheckpoints(Path(order["checkpoints_folder"]))),
            Community(**order["community"]),
            folder=Path(order["marks_folder"]),
            against=order["against"],
            progress=lambda done, total: _say(done=done, total=total),
        )
    finally:
        await database.close()
    return report.to_dict()


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - read by the service


if __name__ == "__main__":
    main()
