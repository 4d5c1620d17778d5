"""A whole import undone: every transfer it posted is reversed, what it opened closed where nobody needs it.

What happened since is kept. Where that stands in the way (somebody has spent imported seconds and would fall below
their floor) the undoing is refused before anything is written, with what is in the way. It may be interrupted at any
moment and repeated.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from ledger.book.accounts import Account, Book, Original
from ledger.book.authors import Author, Details, Event
from ledger.book.commands import AccountKind, CloseAccount, ReverseTransfer
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Refused, decide
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.imports.running import (
    CHUNK,
    Start,
    Tell,
    refuse,
    require_none_unfinished,
    tell_nobody,
)
from ledger.people.acts import act
from ledger.people.members import Status, change_standing
from ledger.people.proposals import Action, require_second_person

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Left:
    """An account that an import opened and its undoing leaves open, with why: `balance`, `held` or `used`."""

    code: str
    balance: int
    why: str


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undoing an import does. `in_the_way` says per account which rule would refuse it; then nothing is done.

    `reversed_before` counts its transfers that somebody had reversed already. `left` are the accounts that stay.
    """

    transfers_to_reverse: int
    reversed_before: int
    accounts_to_close: int
    members_to_leave: int
    left: tuple[Left, ...]
    in_the_way: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "in_the_way": [{"account": code, "refusal": refusal} for code, refusal in self.in_the_way],
        }

    def render_lines(self) -> list[str]:
        """Plain text for a terminal."""
        lines = [
            f"transfers to reverse  {self.transfers_to_reverse}",
            f"reversed before       {self.reversed_before}",
            f"accounts to close     {self.accounts_to_close}",
            f"members who leave     {self.members_to_leave}",
        ]
        words = {
            "balance": "does not stand at zero",
            "held": "has seconds set aside",
            "used": "was used since",
        }
        lines += [f"left open: {each.code}, {words[each.why]}" for each in self.left]
        lines += [
            f"in the way: account {code}, {refusal}: what happened since needs the imported seconds"
            for code, refusal in self.in_the_way
        ]
        return lines


@dataclass(slots=True)
class _Reversal:
    transfer_id: UUID
    entries: tuple[tuple[UUID, int], ...]


async def plan_undo(ledger: Ledger, community: Community, import_id: UUID) -> UndoReport:
    """What undoing the import would do, worked out in memory. Writes nothing. LookupError for one that is not there."""
    this = {"community_id": community.id, "import_id": import_id}
    async with ledger.database.snapshot(community.id) as db:
        if await db.row("desk/read_import_run", **this) is None:
            raise LookupError("there is no such import")
        accounts, codes = {}, {}
        for row in await db.rows("desk/read_standings", community_id=community.id):
            account_id, kind, code, *limits = row
            accounts[account_id] = Account(account_id, AccountKind(kind), *limits)
            codes[account_id] = code
        before = await db.row("desk/count_import_reversed", **this)
        book = Book(0, accounts=accounts)
        reversals = 0
        in_the_way: dict[UUID, str] = {}
        async for batch in _batches(db, community.id, import_id, CHUNK):
            reversals += len(batch)
            in_the_way |= await asyncio.to_thread(_judged, book, batch, ledger.now())
        openings = await db.rows("desk/import_openings_left", **this)
    after = {row["account_id"]: replace(book.accounts[row["account_id"]]) for row in openings}
    left = [
        Left(row["code"], after[row["account_id"]].balance, why)
        for row in openings
        if (why := _why_left(row, after[row["account_id"]])) is not None
    ]
    closing = [row for row in openings if _why_left(row, after[row["account_id"]]) is None]
    return UndoReport(
        transfers_to_reverse=reversals,
        reversed_before=0 if before is None else before["transfers"],
        accounts_to_close=len(closing),
        members_to_leave=sum(1 for row in closing if _still_here(row)),
        left=tuple(left[:MOST_LISTED]),
        in_the_way=tuple((codes[each], code) for each, code in in_the_way.items())[:MOST_LISTED],
    )


def _judged(book: Book, batch: Sequence[_Reversal], now: datetime) -> dict[UUID, str]:
    """Which accounts would refuse, with the refusal's name; the book is left as it will stand."""
    book.originals = {each.transfer_id: Original(each.transfer_id, False, each.entries) for each in batch}
    commands = [ReverseTransfer(uuid5(each.transfer_id, "judged"), each.transfer_id) for each in batch]
    found: dict[UUID, str] = {}
    for outcome in decide(book, commands, now).outcomes:
        if isinstance(outcome, Refused) and outcome.detail is not None:
            found.setdefault(UUID(outcome.detail), outcome.refusal.code)
    book.known.clear()
    book.reversed_ids.clear()
    return found


def _why_left(row: Any, account: Account) -> str | None:
    if account.balance:
        return "balance"
    if account.held:
        return "held"
    return "used" if row["has_traces"] else None


def _still_here(row: Any) -> bool:
    return row["member_id"] is not None and row["status"] not in ("left", "died")


async def _reversals(db: Connection, community_id: int, import_id: UUID) -> AsyncIterator[_Reversal]:
    entries: list[tuple[UUID, int]] = []
    current: UUID | None = None
    async for row in db.stream("desk/import_to_undo", community_id=community_id, import_id=import_id):
        if current is not None and row["transfer_id"] != current:
            yield _Reversal(current, tuple(entries))
            entries = []
        current = row["transfer_id"]
        entries.append((row["account_id"], row["seconds"]))
    if current is not None:
        yield _Reversal(current, tuple(entries))


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
        if run is None or run["state"] not in ("posting", "posted", "undoing"):
            raise ActRefused(Refusal.IMPORT_NOT_POSTED, str(import_id))
        await require_none_unfinished(db, community.id, import_id)
        if report.in_the_way:
            raise ActRefused(Refusal.IMPORT_IN_USE, report.in_the_way[0][0])
        alone = False
        if author.member_id is not None and author.member_id == run["posted_by"]:
            alone = bool(await require_second_person(db, community.id, author, Action.REVERSAL, now))
        work_id = None if start is None else await start(db)
        await db.run(
            "desk/begin_import_undoing", work_id=work_id, undone_by=author.member_id, alone=alone, **this
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
            async for batch in _batches(db, community.id, import_id, chunk):
                await _reverse(ledger, community, author, import_id, reason, batch)
                done += len(batch)
                tell(done, total)
    except ActRefused:
        await _go_back(ledger, community, import_id)
        raise
    await _close_openings(ledger, community, author, import_id)
    await _finish(ledger, community, author, import_id, report)
    return report


async def _go_back(ledger: Ledger, community: Community, import_id: UUID) -> None:
    """Let an import be posted again whose undoing has reversed nothing. One that was never wholly in stays as it is."""
    this = {"community_id": community.id, "import_id": import_id}
    async with ledger.database.locked(community.id) as db:
        async for row in db.stream("desk/import_reversals", community_id=community.id, import_id=import_id):
            if row["reversal_id"] == _reversal_id(import_id, row["transfer_id"]):
                return
        if await db.row("desk/give_up_import_undoing", **this) is not None:
            await db.run("desk/delete_import_upload", **this)


def _reversal_id(import_id: UUID, transfer_id: UUID) -> UUID:
    return uuid5(import_id, f"undo/{transfer_id}")


async def _batches(
    db: Connection, community_id: int, import_id: UUID, size: int
) -> AsyncIterator[list[_Reversal]]:
    batch: list[_Reversal] = []
    async for reversal in _reversals(db, community_id, import_id):
        batch.append(reversal)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def _reverse(
    ledger: Ledger,
    community: Community,
    author: Author,
    import_id: UUID,
    reason: str,
    batch: Sequence[_Reversal],
) -> None:
    commands = [
        ReverseTransfer(_reversal_id(import_id, each.transfer_id), each.transfer_id, reason, _poster(author))
        for each in batch
    ]
    for answer in await ledger.post(community, commands):
        outcome = answer.outcome
        # Somebody may have reversed one of them in the meantime: then it is as it should be.
        if isinstance(outcome, Refused) and outcome.refusal is not Refusal.ALREADY_REVERSED:
            raise ActRefused(outcome.refusal, outcome.detail)


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
        if _still_here(row):
            key = uuid5(import_id, f"left/{row['member_id']}")
            refuse(
                await change_standing(
                    ledger, community, author, key, row["member_id"], row["change_count"],
                    status=Status.LEFT, since=today, frail=row["frail"],
                )
            )  # fmt: skip
        close = CloseAccount(uuid5(import_id, f"close/{row['account_id']}"), row["account_id"])
        for answer in await ledger.post(community, [close]):
            refuse(answer)


async def _finish(
    ledger: Ledger, community: Community, author: Author, import_id: UUID, report: UndoReport
) -> None:
    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        this = {"community_id": community.id, "import_id": import_id}
        run = await db.row("desk/read_import_run", **this)
        reversed_now = await db.row("desk/count_import_reversed", **this)
        if run is None or reversed_now is None:
            raise LookupError("an import that is being undone has its row")
        await db.run("desk/end_import_undoing", now=now, **this)
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
