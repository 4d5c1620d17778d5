"""What the lines of an account's ledger were for, as far as the people of the account may know it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from api.views import AccountEntryView, PaidForView
from ledger.book.commands import AccountKind, TransferKind
from ledger.database.connections import Connection

BETWEEN_TWO = frozenset({TransferKind.GIFT, TransferKind.GRANT})
"""Transfers whose other side is no secret: the giver named the receiver, and the receiver is told of the giver."""


async def entry_lines(
    db: Connection, community_id: int, account_id: UUID, rows: Sequence[asyncpg.Record]
) -> list[AccountEntryView]:
    """The rows of `book/list_entries`, in their order, each with what it was for."""
    lines = [
        AccountEntryView(
            row["entry_number"],
            row["seconds"],
            row["balance_after"],
            row["transfer_id"],
            row["kind"],
            row["leaf_index"],
            row["recorded_at"],
            row["service_on"],
        )
        for row in rows
    ]
    paid = await db.rows(
        "hours/view_paid_claims", community_id=community_id, transfer_ids=[line.transfer for line in lines]
    )
    visits = {
        row["transfer_id"]: PaidForView(
            row["claim_id"], row["provider_id"], row["receiver_id"], row["activity"]
        )
        for row in paid
    }
    sides = await _other_sides(db, community_id, account_id, lines)
    for line in lines:
        line.paid_for = visits.get(line.transfer)
        side = sides.get(line.leaf_index, [])
        # More than two give or get something that is not between two.
        if len(side) == 1 and side[0]["kind"] == AccountKind.POT:
            line.pot = side[0]["name"] or side[0]["code"]
        elif len(side) == 1:
            line.members = sorted(side[0]["member_ids"] or ())
    return lines


async def _other_sides(
    db: Connection, community_id: int, account_id: UUID, lines: Sequence[AccountEntryView]
) -> dict[int, list[asyncpg.Record]]:
    """The accounts on the other side of gifts and grants, by leaf."""
    leaves = [line.leaf_index for line in lines if line.kind in BETWEEN_TWO]
    sides: dict[int, list[asyncpg.Record]] = {}
    if leaves:
        for row in await db.rows(
            "people/view_other_sides",
            community_id=community_id,
            account_id=account_id,
            leaf_indexes=leaves,
        ):
            sides.setdefault(row["leaf_index"], []).append(row)
    return sides
