"""One audit in a process of its own, so that a service goes on answering: `python -m ledger.desk.audit`.

`ledger.desk.auditing` writes its order.
"""

from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger.desk.obeying import Tell, obey


async def _audit(order: dict[str, Any], tell: Tell) -> dict[str, Any]:
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
            progress=tell,
        )
    finally:
        await database.close()
    return report.to_dict()


if __name__ == "__main__":
    obey(_audit)
