"""What undoing an import would do, worked out in memory: what is reversed, closed and put back, and what stays."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from ledger.book.accounts import Account, Book, Original
from ledger.book.commands import AccountKind, ReverseTransfer
from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.book.posting import Refused, decide
from ledger.database.connections import Connection
from ledger.desk.imports.running import CHUNK

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Left:
    """An account that an import opened and its undoing leaves open, with why: `balance`, `held` or `used`."""

    code: str
    balance: int
    why: str


@dataclass(frozen=True, slots=True)
class LimitLeft:
    """An account that keeps the wider limits an import set, with why: `changed` by somebody since, or `balance`."""

    code: str
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
    limits_to_put_back: int
    left: tuple[Left, ...]
    limits_left: tuple[LimitLeft, ...]
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
            f"limits to put back    {self.limits_to_put_back}",
        ]
        words = {
            "balance": "does not stand at zero",
            "held": "has seconds set aside",
            "used": "was used since",
        }
        lines += [f"left open: {each.code}, {words[each.why]}" for each in self.left]
        reasons = {"changed": "somebody has changed them since", "balance": "the balance needs them"}
        lines += [f"limits stay: {each.code}, {reasons[each.why]}" for each in self.limits_left]
        lines += [
            f"in the way: account {code}, {refusal}: what happened since needs the imported seconds"
            for code, refusal in self.in_the_way
        ]
        return lines


@dataclass(slots=True)
class Reversal:
    """A transfer to reverse, with its entries."""

    transfer_id: UUID
    entries: tuple[tuple[UUID, int], ...]


async def plan_undo(ledger: Ledger, community: Community, import_id: UUID) -> UndoReport:
    """What undoing the import would do, worked out in memory; of one that is undone, what stayed.

    Writes nothing. LookupError for one that is not there.
    """
    this = {"community_id": community.id, "import_id": import_id}
    async with ledger.database.snapshot(community.id) as db:
        run = await db.row("desk/read_import_run", **this)
        if run is None:
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
        async for batch in in_batches(db, community.id, import_id, CHUNK):
            reversals += len(batch)
            in_the_way |= await asyncio.to_thread(_judged, book, batch, ledger.now())
        openings = await db.rows("desk/import_openings_left", **this)
        limits = await db.rows("desk/import_limits_left", **this)
    after = {row["account_id"]: replace(book.accounts[row["account_id"]]) for row in openings}
    left = [
        Left(row["code"], after[row["account_id"]].balance, why)
        for row in openings
        if (why := _why_left(row, after[row["account_id"]])) is not None
    ]
    closing = [row for row in openings if _why_left(row, after[row["account_id"]]) is None]
    closed = {row["account_id"] for row in closing}
    judged = [
        (row["code"], _why_kept(row, book.accounts[row["account_id"]]))
        for row in limits
        # What an undoing has put back is not wider any more.
        if row["account_id"] not in closed and (row["unchanged"] or run["state"] != "undone")
    ]
    return UndoReport(
        transfers_to_reverse=reversals,
        reversed_before=0 if before is None else before["transfers"],
        accounts_to_close=len(closing),
        members_to_leave=sum(1 for row in closing if still_here(row)),
        limits_to_put_back=sum(1 for _, why in judged if why is None),
        left=tuple(left[:MOST_LISTED]),
        limits_left=tuple(LimitLeft(code, why) for code, why in judged if why is not None)[:MOST_LISTED],
        in_the_way=tuple((codes[each], code) for each, code in in_the_way.items())[:MOST_LISTED],
    )


def _judged(book: Book, batch: Sequence[Reversal], now: datetime) -> dict[UUID, str]:
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


def _why_kept(row: Any, account: Account) -> str | None:
    """Why an account keeps the wider limits; None when it does not."""
    if not row["unchanged"]:
        return "changed"
    floor, ceiling = row["floor_before"], row["ceiling_before"]
    below = floor is not None and account.balance - account.held < floor
    above = ceiling is not None and account.balance > ceiling
    return "balance" if below or above else None


def still_here(row: Any) -> bool:
    """Whether an account of `import_openings_left` was opened for a member who has not left."""
    return row["member_id"] is not None and row["status"] not in ("left", "died")


async def _reversals(db: Connection, community_id: int, import_id: UUID) -> AsyncIterator[Reversal]:
    entries: list[tuple[UUID, int]] = []
    current: UUID | None = None
    async for row in db.stream("desk/import_to_undo", community_id=community_id, import_id=import_id):
        if current is not None and row["transfer_id"] != current:
            yield Reversal(current, tuple(entries))
            entries = []
        current = row["transfer_id"]
        entries.append((row["account_id"], row["seconds"]))
    if current is not None:
        yield Reversal(current, tuple(entries))


async def in_batches(
    db: Connection, community_id: int, import_id: UUID, size: int
) -> AsyncIterator[list[Reversal]]:
    """What an import posted and nobody has reversed yet, the newest first."""
    batch: list[Reversal] = []
    async for reversal in _reversals(db, community_id, import_id):
        batch.append(reversal)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
