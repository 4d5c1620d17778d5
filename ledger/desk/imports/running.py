"""An import carried out: planned and checked as a whole, then posted in chunks that may be interrupted anywhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from ledger.book.authors import Author, Details, Event
from ledger.book.commands import Act, OpenAccount, SetLimits
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Done, Posted, Refused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.imports.checking import check, refused
from ledger.desk.imports.formats import FORMATS
from ledger.desk.imports.interrupted import give_up_posting, read_unfinished
from ledger.desk.imports.planning import ImportPlan, Planner
from ledger.desk.imports.plans import Booking
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.report import ImportReport
from ledger.desk.imports.shape import Export, Options
from ledger.desk.imports.spool import Spool, batched
from ledger.desk.imports.standing import read_standing
from ledger.hours.policies import Policies
from ledger.people.acts import act
from ledger.people.members import insert_member

CHUNK = 1000

Start = Callable[[Connection], Awaitable[UUID]]
"""Begins the piece of work that does it, in the transaction of the act that asks for it; gives its id.

Raises ActRefused with IMPORT_RUNNING while another one is going on.
"""

Tell = Callable[[int, int], None]
"""Is told how much of how much is done."""


def tell_nobody(done: int, total: int) -> None:
    """For whoever does not ask how far it is."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An import that was planned and checked, and can be posted as long as the books stay as they are."""

    export: Export
    options: Options
    plan: ImportPlan

    @property
    def report(self) -> ImportReport:
        return self.plan.report

    @property
    def nothing_to_do(self) -> bool:
        return self.report.nothing_to_do


@asynccontextmanager
async def prepared(
    ledger: Ledger,
    community: Community,
    policies: Policies,
    system: str,
    name: str,
    content: bytes,
    options: Options,
) -> AsyncIterator[Prepared]:
    """The import of a file, planned and checked. Writes nothing. Raises ImportRefused.

    Reading and planning are done in a thread of their own, so that others are answered meanwhile.
    """
    export = await asyncio.to_thread(FORMATS[system].read, content, name, options)
    with Spool() as spool:
        async with ledger.database.snapshot(community.id) as db:
            standing = await read_standing(
                db, community, policies, system, export.source.sha256, options.what, spool
            )
        now = ledger.now()

        def planned() -> ImportPlan:
            plan = Planner(export, spool, community, standing, options, now.date()).plan()
            check(plan, standing, now)
            return plan

        planning = asyncio.ensure_future(asyncio.to_thread(planned))
        try:
            plan = await asyncio.shield(planning)
        except asyncio.CancelledError:
            # The thread goes on all the same, and a spool that is closed under it would end the whole process.
            spool.stop()
            await asyncio.wait([planning])
            raise
        yield Prepared(export, options, plan)


async def dry_run(
    ledger: Ledger,
    community: Community,
    policies: Policies,
    system: str,
    name: str,
    content: bytes,
    options: Options,
) -> ImportReport:
    """What an import would do. Writes nothing; raises ImportRefused when any line would be refused."""
    async with prepared(ledger, community, policies, system, name, content, options) as import_:
        return import_.report


async def run_at_shell(
    ledger: Ledger,
    community: Community,
    author: Author,
    policies: Policies,
    system: str,
    name: str,
    content: bytes,
    options: Options,
    tell: Tell = tell_nobody,
    *,
    chunk: int = CHUNK,
) -> tuple[UUID | None, ImportReport]:
    """Post what the export has and the ledger has not, and say what it was, with the id of the import.

    May be interrupted at any moment and repeated: what was posted stays and is not posted again. None for the id when
    there was nothing to do. Raises ImportRefused, and ActRefused with IMPORT_UNFINISHED.
    """
    async with prepared(ledger, community, policies, system, name, content, options) as import_:
        if import_.nothing_to_do:
            return None, import_.report
        import_id = await _begin(ledger, community, author, import_)
        try:
            await post_import(ledger, community, author, import_id, import_, tell, chunk=chunk)
        except Exception:
            await give_up_posting(ledger, community.id, import_id, "abandoned")
            raise
        return import_id, import_.report


async def _begin(ledger: Ledger, community: Community, author: Author, import_: Prepared) -> UUID:
    """The id of the import of this very file, begun if it is not; an undone one gets another."""
    source, what = import_.export.source, import_.options.what
    async with ledger.database.connection(community.id) as db:
        runs = await db.rows(
            "desk/find_import_runs", community_id=community.id, file_hash=source.sha256, what=what
        )
    for run in runs:
        if run["state"] == "posting":
            return UUID(str(run["import_id"]))
    facts = f"{community.origin}/imports/{source.sha256.hex()}/{what}/{len(runs)}"
    import_id = uuid5(NAMESPACE_URL, facts)

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await require_none_unfinished(db, community.id, import_id)
        if await db.row("desk/read_import_run", community_id=community.id, import_id=import_id) is not None:
            return ()  # begun by somebody who does the same at this moment
        await db.run(
            "desk/insert_import_run",
            community_id=community.id,
            import_id=import_id,
            system=import_.export.system,
            what=what,
            file_name=source.name,
            file_hash=source.sha256,
            state="posting",
            work_id=None,
            started_by=author.member_id,
            started_at=now,
        )
        return ()

    refuse(await act(ledger, community, author, uuid4(), "begin_import", str(import_id), also))
    return import_id


async def require_none_unfinished(db: Connection, community_id: int, besides: UUID) -> None:
    """Refuse while another import is half done. For use with the head locked."""
    row = await read_unfinished(db, community_id)
    if row is not None and row["import_id"] != besides:
        raise ActRefused(Refusal.IMPORT_UNFINISHED, str(row["import_id"]))


def refuse(answer: Answer) -> None:
    """Raise ActRefused when the answer is a refusal."""
    if isinstance(answer.outcome, Refused):
        raise ActRefused(answer.outcome.refusal, answer.outcome.detail)


async def post_import(
    ledger: Ledger,
    community: Community,
    author: Author,
    import_id: UUID,
    import_: Prepared,
    tell: Tell = tell_nobody,
    *,
    chunk: int = CHUNK,
) -> None:
    """Post a prepared import that has begun, and write down that it is in. Raises ImportRefused.

    It counts as imported when its last chunk is in.
    """
    plan = import_.plan
    total = len(plan.preparations) + plan.posting_count
    done = 0
    tell(done, total)
    await _remember(ledger, community, import_id, import_)
    # Accounts and limits come in batches of their own, before the first transfer that needs them.
    for bookings in (iter(plan.preparations), plan.postings()):
        for part in batched(bookings, chunk):
            await _post(ledger, community, author, import_id, import_.export, part)
            done += len(part)
            tell(done, total)
    await _finish(ledger, community, author, import_id, import_)


async def _remember(ledger: Ledger, community: Community, import_id: UUID, import_: Prepared) -> None:
    """Keep what the file comes to, and who in it was said to be a member here."""
    matches = [(number, known) for number, known in import_.plan.matches if known.account_id is not None]
    async with ledger.database.transaction(community.id) as db:
        await keep_totals(db, community.id, import_id, import_.report)
        if matches:
            await db.run(
                "desk/insert_import_matches",
                community_id=community.id,
                system=import_.export.system,
                numbers=[number for number, _ in matches],
                account_ids=[known.account_id for _, known in matches],
                member_ids=[known.member_id for _, known in matches],
            )


async def keep_totals(
    db: Connection, community_id: int, import_id: UUID, report: ImportReport | None
) -> None:
    """Keep the control totals of the whole file, None while it has mistakes.

    No more once something of it is posted: less is left to do then.
    """
    totals = None if report is None or report.nothing_to_do else json.dumps(report.totals())
    await db.run("desk/update_import_totals", community_id=community_id, import_id=import_id, totals=totals)


async def _post(
    ledger: Ledger,
    community: Community,
    author: Author,
    import_id: UUID,
    export: Export,
    bookings: Sequence[Booking],
) -> None:
    by_id = {booking.command.id: booking for booking in bookings}

    async def write_beside(db: Connection, decision: Decision, now: datetime) -> Sequence[Event]:
        # Only what is posted now: a replay has its line from the time it was posted.
        done = [outcome for outcome in decision.outcomes if outcome.command.id in by_id]
        posted = [by_id[outcome.command.id] for outcome in done if isinstance(outcome, Posted)]
        if posted:
            await db.run(
                "desk/insert_import_lines",
                community_id=community.id,
                file_hash=export.source.sha256,
                import_id=import_id,
                transfer_ids=[booking.command.id for booking in posted],
                member_files=[export.list_of(booking.file) for booking in posted],
                line_numbers=[booking.line_number for booking in posted],
                lines=[booking.line for booking in posted],
            )
        made = [by_id[outcome.command.id] for outcome in done if isinstance(outcome, Done)]
        await _keep_limits(db, community.id, import_id, made)
        opened = [booking for booking in made if isinstance(booking.command, OpenAccount)]
        return await _enrol(db, community, author, import_id, opened, now) if opened else ()

    commands = [booking.command for booking in bookings]
    # Behind an act all of them are posted, or none; and a refusal is remembered for the act's id, not for theirs, which
    # are the same when this is done again.
    whole = Act(uuid4(), "post_import_lines", str(import_id))
    answer, *_ = await ledger.post(community, [whole, *commands], write_beside)
    if not isinstance(answer.outcome, Refused):
        return
    # Only when somebody changed the books between the check and this chunk.
    mistakes = Mistakes()
    for booking, outcome in zip(bookings, await ledger.judge(community, commands), strict=True):
        if isinstance(outcome, Refused):
            mistakes.add(refused(booking, outcome))
    mistakes.settle()
    raise ActRefused(answer.outcome.refusal, answer.outcome.detail)


async def _keep_limits(db: Connection, community_id: int, import_id: UUID, made: Sequence[Booking]) -> None:
    """Remember the limits that were set wider, so that undoing the import can put them back."""
    rows = []
    for booking in made:
        command, before = booking.command, booking.limits_before
        if before is not None and isinstance(command, OpenAccount | SetLimits):
            account_id = command.id if isinstance(command, OpenAccount) else command.account_id
            rows.append((account_id, *before, command.floor, command.ceiling))
    if rows:
        names = ("account_ids", "floors_before", "ceilings_before", "floors", "ceilings")
        await db.run(
            "desk/insert_import_limits",
            community_id=community_id,
            import_id=import_id,
            **{name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)},
        )


async def _enrol(
    db: Connection,
    community: Community,
    author: Author,
    import_id: UUID,
    opened: Sequence[Booking],
    now: datetime,
) -> list[Event]:
    """Remember which accounts were opened, and enrol the members whose they are."""
    await db.run(
        "desk/insert_import_openings",
        community_id=community.id,
        import_id=import_id,
        account_ids=[booking.command.id for booking in opened],
        member_ids=[None if booking.member is None else booking.member.id for booking in opened],
    )
    events = []
    for new in [booking.member for booking in opened if booking.member is not None]:
        number = await insert_member(db, community.id, new, now)
        said: Details = {"number": number, "status": new.status, "account": str(new.account_id)}
        events.append(Event("member_enrolled", author, new.id, said))
    return events


async def _finish(
    ledger: Ledger, community: Community, author: Author, import_id: UUID, import_: Prepared
) -> None:
    source, report = import_.export.source, import_.report

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        this = {"community_id": community.id, "import_id": import_id}
        counted = await db.row("desk/count_import_postings", **this)
        run = await db.row("desk/read_import_run", **this)
        if counted is None or run is None:
            raise LookupError("an import that was begun has its row")
        if run["state"] not in ("posting", "incomplete"):
            raise ActRefused(Refusal.IMPORT_NOT_READY, str(import_id))
        await db.run(
            "desk/end_import_posting",
            now=now,
            transfer_count=counted["transfers"],
            moved_seconds=counted["seconds"],
            **this,
        )
        await db.run("desk/delete_import_upload", **this)
        await db.run(
            "desk/insert_import_file",
            community_id=community.id,
            file_hash=source.sha256,
            source=import_.export.system,
            transfer_count=report.transfer_count,
            finished_at=now,
        )
        said: Details = {
            "import": str(import_id),
            "system": import_.export.system,
            "what": import_.options.what,
            "sha256": source.sha256.hex(),
            "transfers": counted["transfers"],
            "seconds": int(counted["seconds"]),
            "differences": report.differences_to_book,
            "uploader": None if run["started_by"] is None else str(run["started_by"]),
        }
        return [Event("import_posted", author, None, said | ({"alone": 1} if run["alone"] else {}))]

    key = uuid5(import_id, "posted")
    refuse(await act(ledger, community, author, key, "finish_import", str(import_id), also))
