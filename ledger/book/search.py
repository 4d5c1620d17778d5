"""What the desk looks for in the books: accounts by what they are and are called, transfers by what they were.

Every search is a page, and reads about as much as the page is long, however long the book: see which way each goes.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.commands import AccountKind, TransferKind
from ledger.book.journal import Community, Transfer, read_transfers
from ledger.database.connections import Connection

_LAST_CHARACTER = "\U0010ffff"

BUSY_ENTRIES = 10_000
"""More entries than that have an issuance, a pot, and no member in a lifetime."""


@dataclass(frozen=True, slots=True)
class AccountSearch:
    """Which accounts: of a kind, with a code that begins so, closed or open. None means whichever.

    `name` is a part of the account's own name, `looks_like` the same as it looks (`people.members.skeleton`), which is
    looked for in the names of its holders. Both are given or neither. Only this reads every name of the community.
    """

    kind: AccountKind | None = None
    code: str = ""
    closed: bool | None = None
    name: str | None = None
    looks_like: str | None = None


async def find_accounts(
    db: Connection, community_id: int, wanted: AccountSearch, *, after: str, at_most: int, now: datetime
) -> list[asyncpg.Record]:
    """A page of accounts as they stand, in order of their codes, from behind the code `after` on."""
    which: dict[str, Any] = {
        "community_id": community_id,
        "after": after,
        "code_from": wanted.code,
        "code_before": wanted.code + _LAST_CHARACTER,
        "kind": wanted.kind,
        "closed": wanted.closed,
        "at_most": at_most,
    }
    if wanted.name is None:
        found = await db.rows("book/list_accounts", **which)
    else:
        found = await db.rows(
            "book/list_named_accounts", part=wanted.name, looks_like=wanted.looks_like, **which
        )
    ids = [row["account_id"] for row in found]
    rows = await db.rows("book/view_accounts", community_id=community_id, account_ids=ids, now=now)
    by_id = {row["account_id"]: row for row in rows}
    return [by_id[account_id] for account_id in ids if account_id in by_id]


@dataclass(frozen=True, slots=True)
class TransferSearch:
    """Which transfers: of a kind, with an entry of an account, recorded from a moment on and before another, for care
    on days from one to another. None means whichever.
    """

    kind: TransferKind | None = None
    account_id: UUID | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None
    service_from: date | None = None
    service_until: date | None = None


async def find_transfers(
    db: Connection, community: Community, wanted: TransferSearch, *, below: int, at_most: int
) -> list[Transfer]:
    """A page of the journal, the newest first, below a leaf index. For use in a snapshot."""
    first, below = await _leaves(db, community.id, wanted, below)
    which: dict[str, Any] = {
        "community_id": community.id,
        "first": first,
        "below": below,
        "at_most": at_most,
        "kind": wanted.kind,
    }
    days = {"service_from": wanted.service_from, "service_until": wanted.service_until}
    of_account = {"account_id": wanted.account_id}
    rare = wanted.kind not in (None, TransferKind.CARE)
    if wanted.account_id is not None and not (rare and await _is_busy(db, community.id, wanted.account_id)):
        rows = await db.rows("book/journal_of_account", **of_account, **days, **which)
    elif rare:
        rows = await db.rows("book/journal_of_kind", **of_account, **days, **which)
    elif wanted.service_from is not None or wanted.service_until is not None:
        # greatest and least step over NULL.
        rows = await db.rows("book/journal_of_days", **days, **which)
    else:
        rows = await db.rows("book/journal_of_log", **which)
    found = await read_transfers(db, community, [row["transfer_id"] for row in rows])
    return sorted(found.values(), key=lambda transfer: -transfer.leaf_index)


async def _is_busy(db: Connection, community_id: int, account_id: UUID) -> bool:
    """Whether the account has so many entries that one looks through those of a rare kind instead."""
    row = await db.row("book/count_entries", community_id=community_id, account_id=account_id)
    return row is not None and row["entry_count"] > BUSY_ENTRIES


async def _leaves(db: Connection, community_id: int, wanted: TransferSearch, below: int) -> tuple[int, int]:
    """The leaves (first, below which) between which everything wanted stands."""
    first = 0
    if wanted.recorded_from is not None:
        row = await db.row("book/first_leaf_since", community_id=community_id, moment=wanted.recorded_from)
        first = below if row is None else row["leaf_index"]
    if wanted.recorded_before is not None:
        # A transfer's moment is a whole second.
        moment = wanted.recorded_before - timedelta(seconds=1)
        row = await db.row("book/size_at_time", community_id=community_id, moment=moment)
        below = min(below, 0 if row is None else row["tree_size"])
    return first, below
