"""Roots, inclusion and consistency proofs of any size of a community's log, from what the database stores.

Read are the hashes of single leaves and of full subtrees of 256, 65,536, ... leaves: a proof in a log of ten
million leaves reads a few short runs, never the log.
"""

from collections.abc import Sequence

from ledger.database.connections import Connection
from ledger.log.merkle import (
    EMPTY_ROOT,
    consistency_ranges,
    hash_of_range,
    inclusion_ranges,
    root_ranges,
    stored_runs,
)


async def root_at(db: Connection, community_id: int, size: int) -> bytes:
    """Root of the first `size` leaves."""
    if size == 0:
        return EMPTY_ROOT
    [root] = await _hashes(db, community_id, root_ranges(size))
    return root


async def inclusion_proof(db: Connection, community_id: int, index: int, size: int) -> list[bytes]:
    """Audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962 section 2.1.1)."""
    return await _hashes(db, community_id, inclusion_ranges(index, size))


async def consistency_proof(db: Connection, community_id: int, old_size: int, new_size: int) -> list[bytes]:
    """Proof that the tree of `new_size` leaves extends that of `old_size` (RFC 6962 section 2.1.2)."""
    return await _hashes(db, community_id, consistency_ranges(old_size, new_size))


async def tile(db: Connection, community_id: int, level: int, index: int, width: int) -> bytes | None:
    """The first `width` hashes of a C2SP tile of height 8, or None when the log does not reach so far."""
    rows = await _run(db, community_id, 8 * level, index * 256, width)
    return b"".join(rows) if len(rows) == width else None


async def _hashes(db: Connection, community_id: int, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    stored: dict[tuple[int, int], bytes] = {}
    for level, first, count in stored_runs(ranges):
        for offset, node_hash in enumerate(await _run(db, community_id, level, first, count)):
            stored[level, first + offset] = node_hash
    return [hash_of_range(low, high, stored) for low, high in ranges]


async def _run(db: Connection, community_id: int, level: int, first: int, count: int) -> list[bytes]:
    if level == 0:
        rows = await db.rows("log/read_leaf_hashes", community_id=community_id, first=first, count=count)
    else:
        rows = await db.rows(
            "log/read_nodes", community_id=community_id, level=level, first=first, count=count
        )
    return [row["node_hash"] for row in rows]
