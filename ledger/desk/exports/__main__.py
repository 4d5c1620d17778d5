"""One export in a process of its own, so that a service goes on answering: `python -m ledger.desk.exports`.

`exporting.Exporting` writes its order. The process has the service's keys: an export's list of files is signed.
"""

import errno
from pathlib import Path
from typing import Any

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.database.connections import Database
from ledger.desk.exports.exporting import What, make_file
from ledger.desk.obeying import Tell, obey
from ledger.desk.working import WorkFailed
from ledger.log.keys import load_keys
from ledger.log.published import PublishedCheckpoints

OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES})


async def _export(order: dict[str, Any], tell: Tell) -> dict[str, Any]:
    ledger = Ledger(
        Database(order["database_url"], pool_size=1),
        load_keys(Path(order["keys_folder"]), order["keys"]),
        PublishedCheckpoints(Path(order["checkpoints_folder"])),
    )
    try:
        community = Community(**order["community"])
        return await make_file(ledger, community, What(order["what"]), Path(order["path"]), tell)
    except OSError as problem:
        if problem.errno in OF_THE_DISK:
            raise WorkFailed(
                f"The file could not be written: {problem.strerror}. Is the disk full?"
            ) from None
        raise
    finally:
        await ledger.database.close()


if __name__ == "__main__":
    obey(_export)
