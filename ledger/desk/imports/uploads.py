"""Imports in a service: a file waits, is looked at in the background, and is posted when a second person says so.

`checking` -> `waiting` or `refused` -> `posting` -> `posted` -> `undoing` -> `undone`; or `abandoned` before it is
posted. What was interrupted goes on, or ends as `incomplete` (`interrupted`). The file and the report name people: both
are deleted when nothing more is to be done with the import.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk import work
from ledger.desk.imports.interrupted import (
    leave,
)
from ledger.desk.imports.problems import ImportRefused
from ledger.desk.imports.report import ImportReport
from ledger.desk.imports.running import (
    dry_run,
    keep_totals,
)
from ledger.desk.imports.shape import Options
from ledger.desk.work import Kind
from ledger.desk.working import Progress, WorkFailed, Working
from ledger.hours.policies import Policies
from ledger.log.encoding import canonical_json
from ledger.people.acts import act

MOST_WAITING = 5
"""Files that wait at a time in one community: each takes up to 32 million bytes."""

MOST_ROWS = 500
"""Of each list in a report that is kept; those with a difference first."""

UNDECIDED = frozenset({"checking", "waiting", "refused"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, and what was said about it."""

    system: str
    name: str
    content: bytes
    options: Options

    def fingerprint(self) -> bytes:
        said = [self.system, self.name, sha256(self.content).hexdigest(), self.options.to_dict()]
        return sha256(canonical_json(said)).digest()


class Uploads:
    """The files of one service that wait."""

    def __init__(self, working: Working, ledger: Ledger, policies: Policies) -> None:
        self._working = working
        self._ledger = ledger
        self._policies = policies

    async def add(self, community: Community, author: Author, import_id: UUID, upload: Upload) -> bool:
        """Keep a file and begin to look at it; whether this is the first time of this request.

        Raises ActRefused with ID_REUSED, IMPORT_RUNNING or IMPORTS_WAITING.
        """
        async with self._ledger.database.transaction(community.id) as db:
            now = self._ledger.now()
            if not await begin_work(db, community, author, import_id, upload.fingerprint()):
                return False
            if await read_run(db, community.id, import_id) is not None:
                raise ActRefused(Refusal.ID_REUSED)
            count = await db.row("desk/count_import_uploads", community_id=community.id)
            if count is not None and count["waiting"] >= MOST_WAITING:
                raise ActRefused(Refusal.IMPORTS_WAITING)
            await db.run(
                "desk/insert_import_run",
                community_id=community.id,
                import_id=import_id,
                system=upload.system,
                what=upload.options.what,
                file_name=upload.name,
                file_hash=sha256(upload.content).digest(),
                state="checking",
                work_id=import_id,
                started_by=author.member_id,
                started_at=now,
            )
            await db.run(
                "desk/insert_import_upload",
                community_id=community.id,
                import_id=import_id,
                content=upload.content,
                options=text_of(upload.options),
                reason=None,
            )
        self._check(community, import_id, import_id)
        return True

    async def check_again(
        self, community: Community, author: Author, key: UUID, import_id: UUID, options: Options
    ) -> bool:
        """Look at a waiting file anew, by other options, under the key of the request; whether it is the first time.

        Raises ActRefused as `add` does, and with IMPORT_NOT_READY.
        """
        fingerprint = sha256(canonical_json([str(import_id), options.to_dict()])).digest()
        this = {"community_id": community.id, "import_id": import_id}
        async with self._ledger.database.transaction(community.id) as db:
            if not await begin_work(db, community, author, key, fingerprint):
                return False
            run = await read_run(db, community.id, import_id)
            if run is None or run["state"] not in UNDECIDED:
                raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
            await db.run(
                "desk/check_import_again",
                what=options.what,
                work_id=key,
                started_by=author.member_id,
                **this,
            )
            await db.run("desk/update_import_upload", options=text_of(options), report=None, **this)
        self._check(community, key, import_id)
        return True

    def _check(self, community: Community, work_id: UUID, import_id: UUID) -> None:
        async def do(_: Progress) -> dict[str, Any]:
            upload = await read_upload(self._ledger, community, import_id)
            options, found = upload.options, None
            try:
                found = await dry_run(
                    self._ledger,
                    community,
                    self._policies,
                    upload.system,
                    upload.name,
                    upload.content,
                    upload.options,
                )
                state, said, count = "waiting", bounded(found), found.differing
                # It may have been told from the file's own name, which goes when somebody is erased.
                options = replace(options, organisation=options.organisation or found.organisation)
            except ImportRefused as refused:
                state, said, count = "refused", refused.to_dict(), refused.count
            this = {"community_id": community.id, "import_id": import_id}
            async with self._ledger.database.transaction(community.id) as db:
                await keep_totals(db, community.id, import_id, found)
                await db.run(
                    "desk/update_import_upload",
                    options=text_of(options),
                    report=json.dumps(said),
                    **this,
                )
                await db.run("desk/update_import_state", state=state, from_state="checking", **this)
            return {"finding_count": count}

        self._working.begin(community, Kind.IMPORT, work_id, do)

    async def abandon(self, community: Community, author: Author, key: UUID, import_id: UUID) -> Answer:
        """Give up a file that waits, or leave as it is what was interrupted; the file is deleted.

        IMPORT_NOT_READY when there is nothing to give up, IMPORT_RUNNING while it is being posted or undone.
        """
        this = {"community_id": community.id, "import_id": import_id}

        async def also(db: Connection, _: Decision, _now: datetime) -> Sequence[Event]:
            run = await read_run(db, community.id, import_id)
            if run is None or run["state"] not in UNDECIDED:
                return await leave(db, community, author, import_id)
            await db.run("desk/abandon_import", **this)
            await db.run("desk/delete_import_upload", **this)
            return ()

        return await act(self._ledger, community, author, key, "abandon_import", str(import_id), also)


async def begin_work(
    db: Connection, community: Community, author: Author, key: UUID, fingerprint: bytes
) -> bool:
    """`work.begin` of a piece of work about a file; one at a time in each community."""
    if author.member_id is None:
        raise LookupError("a member uploads")
    return await work.begin(db, community.id, Kind.IMPORT, key, fingerprint, author.member_id)


async def read_upload(ledger: Ledger, community: Community, import_id: UUID) -> Upload:
    """The file of an import. Raises WorkFailed when it was deleted in the meantime."""
    this = {"community_id": community.id, "import_id": import_id}
    async with ledger.database.connection(community.id) as db:
        run = await db.row("desk/read_import_run", **this)
        kept = await db.row("desk/read_import_content", **this)
    if run is None or kept is None or kept["content"] is None:
        raise WorkFailed(Refusal.IMPORT_NOT_READY.says)
    options = Options.from_dict(json.loads(kept["options"]))
    # Without a name since somebody was erased.
    return Upload(run["system"], run["file_name"] or run["system"], kept["content"], options)


def text_of(options: Options) -> str:
    """The options as they are kept; `Options.from_dict` reads them again."""
    return json.dumps(options.to_dict())


def bounded(report: ImportReport) -> dict[str, Any]:
    """A report as it is kept: of its lists no more than `MOST_ROWS`, those members first whose balance differs."""
    said = report.to_dict()
    said["comparison_count"] = len(report.comparisons)
    said["opening_count"] = len(report.openings)
    said["comparisons"].sort(key=lambda row: not row["difference_seconds"])
    for name in ("comparisons", "openings", "widened", "unlisted", "matched", "skipped"):
        said[name] = list(said[name])[:MOST_ROWS]
    return said


async def read_run(db: Connection, community_id: int, import_id: UUID) -> asyncpg.Record | None:
    """An import as `read_import_run` gives it, with its report while there is one."""
    return await db.row("desk/read_import_run", community_id=community_id, import_id=import_id)


async def list_runs(
    db: Connection, community_id: int, *, after: UUID | None, at_most: int
) -> list[asyncpg.Record]:
    """The newest first, from behind the one with the id `after` on; without reports."""
    return await db.rows("desk/list_import_runs", community_id=community_id, after_id=after, at_most=at_most)
