"""Work that takes longer than a request: it says in the database how far it is, so every process can tell.

Whoever does a piece of work beats every few seconds. When the heartbeat stops, the process is gone, the work counts
as interrupted, and the next of its kind may begin.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.ledger import ActRefused, Moved
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection

STALE_AFTER = timedelta(seconds=15)
"""How long after its last heartbeat a piece of work counts as interrupted."""

KEPT = 100
"""How many pieces of work of a kind each community keeps, the newest."""


class Kind(StrEnum):
    AUDIT = "audit"
    MATCHING = "matching"
    IMPORT = "import"
    EXPORT = "export"
    STATEMENTS = "statements"
    REPORT = "report"


RUNNING = {
    Kind.AUDIT: Refusal.AUDIT_RUNNING,
    Kind.MATCHING: Refusal.MATCHING_RUNNING,
    Kind.IMPORT: Refusal.IMPORT_RUNNING,
    Kind.EXPORT: Refusal.EXPORT_RUNNING,
    Kind.STATEMENTS: Refusal.STATEMENTS_RUNNING,
    Kind.REPORT: Refusal.EVIDENCE_RUNNING,
}
"""What is refused while a piece of work of the kind is going on in the community."""

ONLY_READ = frozenset({Kind.AUDIT, Kind.EXPORT})


class State(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work: `done` of `total`, in units of its kind; both 0 until it knows.

    `outcome` is what came of it, `finding_count` how much of that needs looking at; a list leaves `outcome` out.
    `failed` says why there is none.
    """

    id: UUID
    fingerprint: bytes
    started_by: UUID
    started_at: datetime
    state: State
    done: int
    total: int
    finished_at: datetime | None
    finding_count: int | None
    outcome: dict[str, Any] | None
    failed: str | None


async def begin(
    db: Connection, community_id: int, kind: Kind, work_id: UUID, fingerprint: bytes, started_by: UUID
) -> bool:
    """Write down that a piece of work begins; False when that was done before, and nothing is to be done.

    `fingerprint` is the SHA-256 of what was asked: the same again under the same id is a replay. Raises ActRefused:
    as `RUNNING` says, about the one of its kind that is going on, or ID_REUSED. Raises Moved when the community goes on
    elsewhere, unless the work only reads.
    """
    which: dict[str, Any] = {"community_id": community_id, "kind": kind}
    while True:
        known = await read(db, community_id, kind, work_id)
        if known is not None:
            if known.fingerprint != fingerprint:
                raise ActRefused(Refusal.ID_REUSED, str(work_id))
            return False
        await db.run("desk/end_stale_work", stale_after=STALE_AFTER, **which)
        row = await db.row(
            "desk/insert_work", work_id=work_id, fingerprint=fingerprint, started_by=started_by, **which
        )
        if row is not None:
            head = await db.row("desk/read_moved_to", community_id=community_id)
            if head is not None and head["moved_to"] is not None and kind not in ONLY_READ:
                raise Moved(head["moved_to"])
            await db.run("desk/delete_old_work", kept=KEPT, **which)
            return True
        running = await db.row("desk/read_running_work", **which)
        if running is not None and running["work_id"] != work_id:
            raise ActRefused(RUNNING[kind], str(running["work_id"]))
        taken = await db.row("desk/read_work_kind", community_id=community_id, work_id=work_id)
        if taken is not None and taken["kind"] != kind:
            raise ActRefused(Refusal.ID_REUSED, str(work_id))
        # What was in the way has just ended, or is this very request, sent twice at once.


async def read(db: Connection, community_id: int, kind: Kind, work_id: UUID) -> Work | None:
    row = await db.row(
        "desk/read_work", community_id=community_id, kind=kind, work_id=work_id, stale_after=STALE_AFTER
    )
    return None if row is None else _from_row(row)


async def list_newest(
    db: Connection, community_id: int, kind: Kind, *, after: UUID | None, at_most: int
) -> list[Work]:
    """The newest first, from behind the one with the id `after` on; without outcomes."""
    rows = await db.rows(
        "desk/list_work",
        community_id=community_id,
        kind=kind,
        after_id=after,
        at_most=at_most,
        stale_after=STALE_AFTER,
    )
    return [_from_row(row) for row in rows]


async def beat(db: Connection, community_id: int, work_id: UUID, done: int, total: int) -> bool:
    """Say how far it is. False when it counts as ended: whoever does it stops."""
    row = await db.row("desk/beat_work", community_id=community_id, work_id=work_id, done=done, total=total)
    return row is not None


async def end(
    db: Connection,
    community_id: int,
    work_id: UUID,
    done: int,
    total: int,
    *,
    outcome: dict[str, Any] | None = None,
    failed: str | None = None,
) -> None:
    """End it with an outcome, or with why it failed; with neither it was interrupted."""
    await db.run(
        "desk/end_work",
        community_id=community_id,
        work_id=work_id,
        done=done,
        total=total,
        outcome=None if outcome is None else json.dumps(outcome),
        failed=failed,
    )


def _from_row(row: asyncpg.Record) -> Work:
    state = State.FINISHED
    if row["finished_at"] is None:
        state = State.RUNNING if row["alive"] else State.INTERRUPTED
    elif row["failed"] is not None:
        state = State.FAILED
    elif row["finding_count"] is None:
        state = State.INTERRUPTED
    return Work(
        row["work_id"],
        row["fingerprint"],
        row["started_by"],
        row["started_at"],
        state,
        row["done"],
        row["total"],
        row["finished_at"],
        row["finding_count"],
        None if row["outcome"] is None else json.loads(row["outcome"]),
        row["failed"],
    )
