"""The proof of what one account stood at when a period was closed, from what the closing stored."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ledger.book.journal import Community
from ledger.book.proofs import inclusion_proof
from ledger.database.connections import Connection
from ledger.log.balance_proofs import BalanceProof, LoggedEvent
from ledger.log.balances import balance_leaf, standing_disclosure
from ledger.log.events import event_disclosure, read_details
from ledger.log.merkle import hash_of_range, inclusion_ranges, leaf_hash, stored_runs


async def balance_proof(
    db: Connection, community: Community, account_id: UUID, number: int
) -> BalanceProof | None:
    """The proof of an account's balance at a closing, in a snapshot; None when the closing has none of it.

    It reads a few runs of at most 256 rows, however many accounts there were. Whose balance it is, is left out once
    the person was erased.
    """
    row = await db.row(
        "hours/read_account_closing",
        community_id=community.id,
        account_id=account_id,
        closing_number=number,
    )
    head = await db.row("log/read_head", community_id=community.id)
    if row is None or head is None:
        return None
    disclosure = None
    if row["secret"] is not None:
        disclosure = standing_disclosure(row["secret"], row["event_id"], account_id)
    event = LoggedEvent(
        row["payload"],
        event_disclosure(
            row["salt"],
            via=row["via"],
            author_id=None,
            member_id=None,
            details=read_details(row["details"]),
        ),
        row["leaf_index"],
        await inclusion_proof(db, community.id, row["leaf_index"], head["tree_size"]),
    )
    path = await _path(db, community.id, number, row["place"], row["account_count"])
    leaf = balance_leaf(row["digest"], row["entry_count"], row["balance"])
    return BalanceProof(leaf, disclosure, row["place"], path, event, head["checkpoint"])


async def _path(db: Connection, community_id: int, number: int, place: int, size: int) -> Sequence[bytes]:
    """The audit path of a leaf in the tree of a closing."""
    ranges = inclusion_ranges(place, size)
    of_closing: dict[str, Any] = {"community_id": community_id, "closing_number": number}
    stored: dict[tuple[int, int], bytes] = {}
    for level, first, count in stored_runs(ranges):
        if level == 0:
            for row in await db.rows("hours/read_period_leaves", **of_closing, first=first, count=count):
                leaf = balance_leaf(row["digest"], row["entry_count"], row["balance"])
                stored[0, row["place"]] = leaf_hash(leaf)
        else:
            for row in await db.rows(
                "hours/read_period_nodes", **of_closing, level=level, first=first, count=count
            ):
                stored[level, row["node_index"]] = row["node_hash"]
    return [hash_of_range(low, high, stored) for low, high in ranges]
