"""What becomes of a posting, or an undoing, that stopped half-way.

A service goes on with it by itself, since people have decided it: `MOST_TRIES` times, so that a file that ends the
process does not do so for ever. What a rule stops waits for somebody, who mends that and goes on, undoes the import, or
leaves it as it is; other imports wait as long. After `WAITS_FOR` it is left as it is by itself. Nothing is lost: what
was posted stays with its lines, can still be undone, and the same file sent again posts no more than what is missing.
One that has posted nothing is over at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from ledger.book.authors import SHELL, Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk import work
from ledger.desk.work import Kind, State
from ledger.desk.working import MISTAKE
from ledger.people.acts import act

WAITS_FOR = timedelta(days=30)
"""How long a file waits to be posted, and what was interrupted for somebody to see to it."""
MOST_TRIES = 3


async def read_unfinished(db: Connection, community_id: int) -> asyncpg.Record | None:
    """The import of a community that is half in, or half taken back."""
    return await db.row("desk/read_unfinished_import", community_id=community_id)


async def give_up_posting(ledger: Ledger, community_id: int, import_id: UUID, state: str) -> bool:
    """End a posting that has failed, when nothing of it was posted: its import is in `state` then."""
    async with ledger.database.locked(community_id) as db:
        this: dict[str, Any] = {"community_id": community_id, "import_id": import_id}
        return await db.row("desk/give_up_import_posting", state=state, **this) is not None


async def can_go_on(db: Connection, community_id: int, run: asyncpg.Record) -> bool:
    """Whether a service may go on by itself: there is all it takes, nobody does it, and no rule has stopped it."""
    is_posting = run["state"] == "posting"
    if (run["posted_by"] if is_posting else run["undone_by"]) is None or run["tries"] >= MOST_TRIES:
        return False
    if not (run["has_content"] if is_posting else run["reason"]):
        return False
    piece = await work.read(db, community_id, Kind.IMPORT, run["work_id"])
    if piece is None or piece.state is State.INTERRUPTED:
        return True
    return piece.state is State.FAILED and piece.failed == MISTAKE


async def leave(db: Connection, community: Community, author: Author, import_id: UUID) -> Sequence[Event]:
    """Leave it as it is, and delete its file; for use in an act.

    Raises ActRefused with IMPORT_RUNNING, or IMPORT_NOT_READY when nothing of it is half done.
    """
    this: dict[str, Any] = {"community_id": community.id, "import_id": import_id}
    run = await db.row("desk/read_import_run", **this)
    if run is None or run["state"] not in ("posting", "undoing"):
        raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
    if run["work_id"] is not None:
        piece = await work.read(db, community.id, Kind.IMPORT, run["work_id"])
        if piece is not None and piece.state is State.RUNNING:
            raise ActRefused(Refusal.IMPORT_RUNNING, str(piece.id))
    left = await leave_as_is(db, community.id, import_id)
    if left["state"] != "incomplete" or run["state"] != "posting":
        return ()
    said: Details = {
        "import": str(import_id),
        "system": run["system"],
        "what": run["what"],
        "sha256": run["file_hash"].hex(),
        "transfers": left["transfer_count"],
        "seconds": left["moved_seconds"],
        "incomplete": 1,
    }
    return [Event("import_posted", author, None, said)]


async def leave_as_is(db: Connection, community_id: int, import_id: UUID) -> asyncpg.Record:
    """End what is half done with no more of it, and delete its file; for use with the head locked.

    It is `posted` again when it was wholly in, else `incomplete`, or `abandoned` when nothing of it was posted.
    """
    this: dict[str, Any] = {"community_id": community_id, "import_id": import_id}
    counted = await db.row("desk/count_import_postings", **this)
    if counted is None:
        raise LookupError("a count has a row")
    left = await db.row(
        "desk/leave_import", transfer_count=counted["transfers"], moved_seconds=counted["seconds"], **this
    )
    if left is None:
        raise LookupError("nothing of this import is half done")
    await db.run("desk/delete_import_upload", **this)
    return left


async def leave_old(ledger: Ledger, community: Community, run: asyncpg.Record) -> None:
    """Leave what nobody has seen to for `WAITS_FOR`; on record as done by the operator, whose service does it."""

    async def also(db: Connection, _: Decision, _now: datetime) -> Sequence[Event]:
        return await leave(db, community, SHELL, run["import_id"])

    await act(ledger, community, SHELL, uuid4(), "leave_import", str(run["import_id"]), also)
