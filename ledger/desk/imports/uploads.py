"""Imports in a service: a file waits, is looked at in the background, and is posted when a second person says so.

`checking` -> `waiting` or `refused` -> `posting` -> `posted` -> `undoing` -> `undone`; or `abandoned` before it is
posted. The file and the report name people: both are deleted when the import is posted, undone or abandoned.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Done
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk import work
from ledger.desk.imports.problems import ImportRefused
from ledger.desk.imports.report import ImportReport
from ledger.desk.imports.running import (
    Start,
    Tell,
    dry_run,
    post_import,
    prepared,
    require_none_unfinished,
)
from ledger.desk.imports.shape import Options
from ledger.desk.imports.undoing import begin_undo, undo_import
from ledger.desk.work import Begun, Kind
from ledger.desk.working import Progress, WorkFailed, Working
from ledger.hours.policies import Policies
from ledger.log.encoding import canonical_json
from ledger.people.acts import act
from ledger.people.proposals import Action, require_second_person

MOST_WAITING = 5
"""Files that wait at a time in one community: each takes up to 32 million bytes."""

WAITS_FOR = timedelta(days=30)
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
    """The imports of one service."""

    def __init__(self, working: Working, ledger: Ledger, policies: Policies) -> None:
        self._working = working
        self._ledger = ledger
        self._policies = policies

    # --- looking at a file ------------------------------------------------------------------------------------------

    async def add(self, community: Community, author: Author, import_id: UUID, upload: Upload) -> bool:
        """Keep a file and begin to look at it; whether this is the first time of this request.

        Raises ActRefused with ID_REUSED, IMPORT_RUNNING or IMPORTS_WAITING.
        """
        async with self._ledger.database.transaction(community.id) as db:
            now = self._ledger.now()
            begun = await self._begin(db, community, author, import_id, upload.fingerprint())
            if begun is Begun.REPLAYED:
                return False
            known = await db.row("desk/read_import_run", community_id=community.id, import_id=import_id)
            if begun is Begun.ID_TAKEN or known is not None:
                raise ActRefused(Refusal.ID_REUSED)
            await db.run("desk/abandon_old_imports", community_id=community.id, until=now - WAITS_FOR)
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
                options=_text(upload.options),
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
            begun = await self._begin(db, community, author, key, fingerprint)
            if begun is Begun.REPLAYED:
                return False
            if begun is Begun.ID_TAKEN:
                raise ActRefused(Refusal.ID_REUSED)
            run = await db.row("desk/read_import_run", **this)
            if run is None or run["state"] not in UNDECIDED:
                raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
            await db.run(
                "desk/check_import_again",
                what=options.what,
                work_id=key,
                started_by=author.member_id,
                **this,
            )
            await db.run("desk/update_import_upload", options=_text(options), report=None, **this)
        self._check(community, key, import_id)
        return True

    async def _begin(
        self, db: Connection, community: Community, author: Author, key: UUID, fingerprint: bytes
    ) -> Begun:
        if author.member_id is None:
            raise LookupError("a member uploads")
        begun, about = await work.begin(db, community.id, Kind.IMPORT, key, fingerprint, author.member_id)
        if begun is Begun.OTHER_RUNS:
            raise ActRefused(Refusal.IMPORT_RUNNING, str(about))
        return begun

    def _check(self, community: Community, work_id: UUID, import_id: UUID) -> None:
        async def do(_: Progress) -> dict[str, Any]:
            upload = await self._upload(community, import_id)
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
            except ImportRefused as refused:
                mistakes = [each.to_dict() for each in refused.problems]
                state, said, count = "refused", {"mistakes": mistakes, "count": refused.count}, refused.count
            this = {"community_id": community.id, "import_id": import_id}
            async with self._ledger.database.transaction(community.id) as db:
                await db.run(
                    "desk/update_import_upload",
                    options=_text(upload.options),
                    report=json.dumps(said),
                    **this,
                )
                await db.run("desk/update_import_state", state=state, from_state="checking", **this)
            return {"finding_count": count}

        self._working.begin(community, Kind.IMPORT, work_id, do)

    async def _upload(self, community: Community, import_id: UUID) -> Upload:
        this = {"community_id": community.id, "import_id": import_id}
        async with self._ledger.database.connection(community.id) as db:
            run = await db.row("desk/read_import_run", **this)
            kept = await db.row("desk/read_import_content", **this)
        if run is None or kept is None or kept["content"] is None:
            raise WorkFailed("The file is not here any more. Send it again.")
        options = Options.from_dict(json.loads(kept["options"]))
        return Upload(run["system"], run["file_name"], kept["content"], options)

    async def abandon(self, community: Community, author: Author, key: UUID, import_id: UUID) -> Answer:
        """Give up a file that waits, and delete it. IMPORT_NOT_READY when it was decided before."""
        this = {"community_id": community.id, "import_id": import_id}

        async def also(db: Connection, _: Decision, _now: datetime) -> Sequence[Event]:
            run = await db.row("desk/read_import_run", **this)
            if run is None or run["state"] not in UNDECIDED:
                raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
            await db.run("desk/abandon_import", **this)
            await db.run("desk/delete_import_upload", **this)
            return ()

        return await act(self._ledger, community, author, key, "abandon_import", str(import_id), also)

    # --- posting and undoing ----------------------------------------------------------------------------------------

    async def post(self, community: Community, author: Author, key: UUID, import_id: UUID) -> Answer:
        """Post a file that was looked at, in the background; one that was interrupted goes on.

        Whoever sent it does not post it while somebody else could: SECOND_PERSON_NEEDED. IMPORT_NOT_READY,
        IMPORT_UNFINISHED, IMPORT_RUNNING.
        """
        this = {"community_id": community.id, "import_id": import_id}
        start = self._starting(community, author, key, import_id, "post")

        async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
            run = await db.row("desk/read_import_run", **this)
            if run is None or run["state"] not in ("waiting", "posting") or not run["has_content"]:
                raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
            await require_none_unfinished(db, community.id, import_id)
            if run["state"] == "posting":
                await db.run("desk/update_import_work", work_id=await start(db), **this)
                return ()
            alone = False
            if author.member_id == run["started_by"]:
                alone = bool(await require_second_person(db, community.id, author, Action.TRANSFER, now))
            work_id = await start(db)
            await db.run(
                "desk/begin_import_posting", work_id=work_id, posted_by=author.member_id, alone=alone, **this
            )
            return ()

        answer = await act(self._ledger, community, author, key, "post_import", str(import_id), also)
        if start_now(answer):
            self._post(community, _afterwards(author), key, import_id)
        return answer

    def _post(self, community: Community, author: Author, work_id: UUID, import_id: UUID) -> None:
        async def do(progress: Progress) -> dict[str, Any]:
            upload = await self._upload(community, import_id)
            try:
                async with prepared(
                    self._ledger,
                    community,
                    self._policies,
                    upload.system,
                    upload.name,
                    upload.content,
                    upload.options,
                ) as import_:
                    await post_import(self._ledger, community, author, import_id, import_, telling(progress))
            except ImportRefused as refused:
                raise WorkFailed(str(refused.problems[0])) from None
            except ActRefused as no:
                raise WorkFailed(f"{no.refusal.says} {no.refusal.remedy}") from None
            return {"finding_count": 0}

        self._working.begin(community, Kind.IMPORT, work_id, do)

    async def undo(
        self, community: Community, author: Author, key: UUID, import_id: UUID, reason: str
    ) -> Answer:
        """Undo an import in the background, as `begin_undo` says; one that was interrupted goes on."""
        start = self._starting(community, author, key, import_id, f"undo {reason}")
        answer = await begin_undo(self._ledger, community, author, import_id, reason, key, start)
        if start_now(answer):
            self._undo(community, _afterwards(author), key, import_id)
        return answer

    def _undo(self, community: Community, author: Author, work_id: UUID, import_id: UUID) -> None:
        async def do(progress: Progress) -> dict[str, Any]:
            this = {"community_id": community.id, "import_id": import_id}
            async with self._ledger.database.connection(community.id) as db:
                run = await db.row("desk/read_import_run", **this)
            reason = "" if run is None or run["reason"] is None else run["reason"]
            try:
                report = await undo_import(
                    self._ledger, community, author, import_id, reason, telling(progress)
                )
            except ActRefused as no:
                raise WorkFailed(f"{no.refusal.says} {no.refusal.remedy}") from None
            return {"finding_count": len(report.left)}

        self._working.begin(community, Kind.IMPORT, work_id, do)

    def _starting(self, community: Community, author: Author, key: UUID, import_id: UUID, what: str) -> Start:
        fingerprint = sha256(canonical_json([str(import_id), what])).digest()

        async def start(db: Connection) -> UUID:
            begun = await self._begin(db, community, author, key, fingerprint)
            if begun is Begun.ID_TAKEN:
                raise ActRefused(Refusal.ID_REUSED)
            return key

        return start


def start_now(answer: Answer) -> bool:
    """Whether the act was done just now, so that its work is to be done."""
    return isinstance(answer.outcome, Done)


def _afterwards(author: Author) -> Author:
    """Who it was, when their session may have ended: what was begun in it goes on."""
    return Author(author.via, author.member_id)


def telling(progress: Progress) -> Tell:
    """Tells the progress of a piece of work."""

    def tell(done: int, total: int) -> None:
        progress.done, progress.total = done, total

    return tell


def _text(options: Options) -> str:
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
