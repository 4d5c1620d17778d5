"""Posting an import in the background of a service, undoing it, and going on with what was interrupted."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from ledger.book.authors import Author, Event, Via
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Done
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.imports.interrupted import (
    WAITS_FOR,
    can_go_on,
    give_up_posting,
    leave_old,
    read_unfinished,
)
from ledger.desk.imports.problems import ImportRefused
from ledger.desk.imports.running import (
    Start,
    Tell,
    keep_totals,
    post_import,
    prepared,
    require_none_unfinished,
)
from ledger.desk.imports.undoing import begin_undo, undo_import
from ledger.desk.imports.uploads import Upload, begin_work, read_run, read_upload, text_of
from ledger.desk.work import Kind
from ledger.desk.working import Progress, WorkFailed, Working
from ledger.hours.policies import Policies
from ledger.log.encoding import canonical_json
from ledger.people.acts import act
from ledger.people.proposals import Action, require_second_person


class Postings:
    """The imports that one service posts and undoes."""

    def __init__(self, working: Working, ledger: Ledger, policies: Policies) -> None:
        self._working = working
        self._ledger = ledger
        self._policies = policies

    async def post(self, community: Community, author: Author, key: UUID, import_id: UUID) -> Answer:
        """Post a file that was looked at, in the background; one that was interrupted goes on.

        Whoever sent it does not post it while somebody else could: SECOND_PERSON_NEEDED. IMPORT_NOT_READY,
        IMPORT_UNFINISHED, IMPORT_RUNNING.
        """
        this = {"community_id": community.id, "import_id": import_id}
        start = self._starting(community, author, key, import_id, "post")

        async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
            run = await read_run(db, community.id, import_id)
            if run is None or run["state"] not in ("waiting", "posting") or not run["has_content"]:
                raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
            await require_none_unfinished(db, community.id, import_id)
            if run["state"] == "posting":
                await self._set_work(db, community, import_id, await start(db), 0)
                return ()
            alone = False
            if author.member_id == run["started_by"]:
                alone = bool(await require_second_person(db, community.id, author, Action.TRANSFER, now))
            work_id = await start(db)
            await db.run(
                "desk/begin_import_posting",
                work_id=work_id,
                now=now,
                posted_by=author.member_id,
                alone=alone,
                **this,
            )
            return ()

        answer = await act(self._ledger, community, author, key, "post_import", str(import_id), also)
        if start_now(answer):
            self._post(community, _afterwards(author), key, import_id)
        return answer

    def _post(self, community: Community, author: Author, work_id: UUID, import_id: UUID) -> None:
        async def do(progress: Progress) -> dict[str, Any]:
            upload = await read_upload(self._ledger, community, import_id)
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
                await self._keep_mistakes(community, import_id, upload, refused)
                first = refused.problems[0]
                # Without what varies, which may be a name: this text stays longer than the file.
                raise WorkFailed(Refusal.IMPORT_NOT_READY.says if first.about else first.message) from None
            except Exception as problem:
                await give_up_posting(self._ledger, community.id, import_id, "waiting")
                if isinstance(problem, ActRefused):
                    raise WorkFailed(problem.refusal.says) from None
                raise
            return {"finding_count": 0}

        self._working.begin(community, Kind.IMPORT, work_id, do)

    async def _keep_mistakes(
        self, community: Community, import_id: UUID, upload: Upload, refused: ImportRefused
    ) -> None:
        """Keep what stopped a posting. When nothing was posted, that is over, and the file can be looked at again."""
        await give_up_posting(self._ledger, community.id, import_id, "refused")
        async with self._ledger.database.transaction(community.id) as db:
            await keep_totals(db, community.id, import_id, None)
            await db.run(
                "desk/update_import_upload",
                community_id=community.id,
                import_id=import_id,
                options=text_of(upload.options),
                report=json.dumps(refused.to_dict()),
            )

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
            async with self._ledger.database.connection(community.id) as db:
                run = await read_run(db, community.id, import_id)
            reason = "" if run is None or run["reason"] is None else run["reason"]
            try:
                report = await undo_import(
                    self._ledger, community, author, import_id, reason, telling(progress)
                )
            except ActRefused as no:
                raise WorkFailed(no.refusal.says) from None
            return {"finding_count": len(report.left)}

        self._working.begin(community, Kind.IMPORT, work_id, do)

    def _starting(self, community: Community, author: Author, key: UUID, import_id: UUID, what: str) -> Start:
        fingerprint = sha256(canonical_json([str(import_id), what])).digest()

        async def start(db: Connection) -> UUID:
            await begin_work(db, community, author, key, fingerprint)
            return key

        return start

    async def sweep(self, community: Community) -> None:
        """Give up files that have waited for too long, and go on with what was interrupted, or leave it as it is."""
        until = self._ledger.now() - WAITS_FOR
        async with self._ledger.database.transaction(community.id) as db:
            await db.run("desk/abandon_old_imports", community_id=community.id, until=until)
            run = await read_unfinished(db, community.id)
        if run is not None and run["begun_at"] < until:
            await leave_old(self._ledger, community, run)
        elif run is not None:
            await self._go_on(community)

    async def _go_on(self, community: Community) -> None:
        """Go on with what was interrupted, unless another service does or somebody has to see to it."""
        key = uuid4()
        async with self._ledger.database.locked(community.id) as db:
            run = await read_unfinished(db, community.id)
            if run is None or not await can_go_on(db, community.id, run):
                return
            is_posting = run["state"] == "posting"
            author = Author(Via.COORDINATOR, run["posted_by"] if is_posting else run["undone_by"])
            fingerprint = sha256(run["import_id"].bytes).digest()
            try:
                await begin_work(db, community, author, key, fingerprint)
            except ActRefused:
                return  # Another file is being looked at; this one has its turn when it is swept again.
            await self._set_work(db, community, run["import_id"], key, run["tries"] + 1)
        go_on = self._post if is_posting else self._undo
        go_on(community, author, key, run["import_id"])

    async def _set_work(
        self, db: Connection, community: Community, import_id: UUID, work_id: UUID, tries: int
    ) -> None:
        await db.run(
            "desk/update_import_work",
            community_id=community.id,
            import_id=import_id,
            work_id=work_id,
            tries=tries,
            now=self._ledger.now(),
        )


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
