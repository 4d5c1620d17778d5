"""A whole import undone: every transfer it posted is reversed, what it opened closed where nobody needs it.

The limits it set wider are put back, unless somebody has changed them since or the balance needs them.

What happened since is kept. Where that stands in the way (somebody has spent imported seconds and would fall below
their floor) the undoing is refused before anything is written, with what is in the way. It may be interrupted at any
moment and repeated.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from ledger.book.authors import Author, Details, Event
from ledger.book.commands import Act, CloseAccount, ReverseTransfer, SetLimits
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Refused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.imports.interrupted import leave_as_is
from ledger.desk.imports.running import (
    CHUNK,
    Start,
    Tell,
    refuse,
    require_none_unfinished,
    tell_nobody,
)
from ledger.desk.imports.spool import batched
from ledger.desk.imports.undo_plan import Reversal, UndoReport, in_batches, plan_undo, still_here
from ledger.people.acts import act
from ledger.people.members import Status, change_standing
from ledger.people.proposals import Action, require_second_person


async def begin_undo(
    ledger: Ledger,
    community: Community,
    author: Author,
    import_id: UUID,
    reason: str,
    key: UUID | None = None,
    start: Start | None = None,
) -> Answer:
    """Begin the undoing of an import that is in, wholly or in part; one that has begun goes on.

    `key` is the request's, None at the shell; `start` begins the piece of work that will do it. Raises LookupError when
    there is no such import. The refusals are IMPORT_NOT_POSTED, IMPORT_UNFINISHED, IMPORT_IN_USE and
    SECOND_PERSON_NEEDED: whoever posted it does not undo it while somebody else could.
    """
    this = {"community_id": community.id, "import_id": import_id}
    report = await plan_undo(ledger, community, import_id)

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        run = await db.row("desk/read_import_run", **this)
        if run is None or run["state"] not in ("posting", "posted", "incomplete", "undoing"):
            raise ActRefused(Refusal.IMPORT_NOT_POSTED, str(import_id))
        await require_none_unfinished(db, community.id, import_id)
        if report.in_the_way:
            raise ActRefused(Refusal.IMPORT_IN_USE, report.in_the_way[0][0])
        alone = False
        if author.member_id is not None and author.member_id == run["posted_by"]:
            alone = bool(await require_second_person(db, community.id, author, Action.REVERSAL, now))
        work_id = None if start is None else await start(db)
        await db.run(
            "desk/begin_import_undoing",
            work_id=work_id,
            now=now,
            undone_by=author.member_id,
            alone=alone,
            **this,
        )
        # The file is not needed any more; why it is undone must survive the process.
        await db.run("desk/insert_import_upload", content=None, options="{}", reason=reason, **this)
        await db.run("desk/update_import_reason", reason=reason, **this)
        return ()

    asked = [str(import_id), reason]
    return await act(ledger, community, author, key or uuid4(), "undo_import", asked, also)


async def undo_import(
    ledger: Ledger,
    community: Community,
    author: Author,
    import_id: UUID,
    reason: str,
    tell: Tell = tell_nobody,
    *,
    chunk: int = CHUNK,
) -> UndoReport:
    """Undo an import whose undoing has begun, and write down that it is. Raises ActRefused.

    `reason` becomes the note of each reversal. IMPORT_IN_USE is about the first account in the way. When it is refused
    before anything was reversed, the import is posted as before, and other imports need not wait for it.
    """
    try:
        report = await plan_undo(ledger, community, import_id)
        if report.in_the_way:
            raise ActRefused(Refusal.IMPORT_IN_USE, report.in_the_way[0][0])
        done, total = 0, report.transfers_to_reverse
        tell(done, total)
        async with ledger.database.snapshot(community.id) as db:
            async for batch in in_batches(db, community.id, import_id, chunk):
                await _reverse(ledger, community, author, import_id, reason, batch)
                done += len(batch)
                tell(done, total)
    except ActRefused:
        await _go_back(ledger, community, import_id)
        raise
    await _close_openings(ledger, community, author, import_id)
    await _put_limits_back(ledger, community, import_id)
    await _finish(ledger, community, author, import_id, report)
    return report


async def _go_back(ledger: Ledger, community: Community, import_id: UUID) -> None:
    """Leave an import as it was whose undoing has reversed nothing: other imports need not wait for it."""
    async with ledger.database.locked(community.id) as db:
        async for row in db.stream("desk/import_reversals", community_id=community.id, import_id=import_id):
            if row["reversal_id"] == _reversal_id(import_id, row["transfer_id"]):
                return
        await leave_as_is(db, community.id, import_id)


def _reversal_id(import_id: UUID, transfer_id: UUID) -> UUID:
    return uuid5(import_id, f"undo/{transfer_id}")


async def _reverse(
    ledger: Ledger,
    community: Community,
    author: Author,
    import_id: UUID,
    reason: str,
    batch: Sequence[Reversal],
) -> None:
    left = {
        each.transfer_id: ReverseTransfer(
            _reversal_id(import_id, each.transfer_id), each.transfer_id, reason, _poster(author)
        )
        for each in batch
    }
    while left:
        # Behind an act all are reversed, or none; and a refusal is remembered for the act's id, not for theirs.
        commands = list(left.values())
        whole = Act(uuid4(), "reverse_import_lines", str(import_id))
        answer, *_ = await ledger.post(community, [whole, *commands], _nothing_more)
        if not isinstance(answer.outcome, Refused):
            return
        if answer.outcome.refusal is not Refusal.ALREADY_REVERSED:
            raise ActRefused(answer.outcome.refusal, answer.outcome.detail)
        # Somebody has reversed some of them in the meantime: those are as they should be.
        for command, outcome in zip(commands, await ledger.judge(community, commands), strict=True):
            if isinstance(outcome, Refused) and outcome.refusal is Refusal.ALREADY_REVERSED:
                del left[command.reverses_id]


async def _nothing_more(_: Connection, _decision: Decision, _now: datetime) -> Sequence[Event]:
    return ()


def _poster(author: Author) -> Author | None:
    return author if author.member_id is not None else None


async def _close_openings(ledger: Ledger, community: Community, author: Author, import_id: UUID) -> None:
    """Let members leave who have no other trace, and close what stands at zero."""
    this = {"community_id": community.id, "import_id": import_id}
    async with ledger.database.connection(community.id) as db:
        rows = await db.rows("desk/import_openings_left", **this)
    today = ledger.now().date()
    for row in rows:
        if row["balance"] or row["held"] or row["has_traces"]:
            continue
        # First the member: whoever has left by the time this is repeated leaves no trace that keeps the account open.
        if still_here(row):
            key = uuid5(import_id, f"left/{row['member_id']}/{row['change_count']}")
            answer = await change_standing(
                ledger, community, author, key, row["member_id"], row["change_count"],
                status=Status.LEFT, since=today, frail=row["frail"],
            )  # fmt: skip
            if isinstance(answer.outcome, Refused):
                continue  # somebody has just changed something about them: they stay
        # Refused when it was used in this very moment: then it stays open.
        await ledger.post(
            community, [CloseAccount(uuid5(import_id, f"close/{row['account_id']}"), row["account_id"])]
        )


async def _put_limits_back(ledger: Ledger, community: Community, import_id: UUID) -> None:
    """Put back the limits the import set wider, where nobody has changed them and the balance allows it."""
    async with ledger.database.connection(community.id) as db:
        rows = await db.rows("desk/import_limits_left", community_id=community.id, import_id=import_id)
    commands = [
        SetLimits(
            uuid5(import_id, f"limits/{row['account_id']}/{row['limits_count']}"),
            row["account_id"],
            row["floor_before"],
            row["ceiling_before"],
            row["limits_count"],
        )
        for row in rows
        if row["unchanged"]
    ]
    for part in batched(commands, CHUNK):
        # What is refused keeps its limits: they were changed in this very moment, or the balance needs them.
        await ledger.post(community, part)


async def _finish(
    ledger: Ledger, community: Community, author: Author, import_id: UUID, report: UndoReport
) -> None:
    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        this = {"community_id": community.id, "import_id": import_id}
        run = await db.row("desk/read_import_run", **this)
        reversed_now = await db.row("desk/count_import_reversed", **this)
        if run is None or reversed_now is None:
            raise LookupError("an import that is being undone has its row")
        await db.run("desk/end_import_undoing", now=now, reversed_count=reversed_now["transfers"], **this)
        await db.run("desk/delete_import_upload", **this)
        said: Details = {
            "import": str(import_id),
            "system": run["system"],
            "sha256": run["file_hash"].hex(),
            "transfers": reversed_now["transfers"],
            "left_open": len(report.left),
        }
        return [Event("import_undone", author, None, said | ({"alone": 1} if run["alone"] else {}))]

    key = uuid5(import_id, "undone")
    refuse(await act(ledger, community, author, key, "finish_undoing", str(import_id), also))
