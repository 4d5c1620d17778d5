"""Reading the admin trail: every event, those of a kind, those that concern a member."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ledger.database.connections import Connection


async def find_events(
    db: Connection,
    community_id: int,
    *,
    below: int,
    at_most: int,
    member_id: UUID | None = None,
    kind: str | None = None,
    recorded_from: datetime | None = None,
    recorded_before: datetime | None = None,
) -> list[asyncpg.Record]:
    """A page of events, the newest first, below a leaf index; None means whichever. For use in a snapshot."""
    first = 0
    if recorded_from is not None:
        row = await db.row("people/first_event_since", community_id=community_id, moment=recorded_from)
        first = below if row is None else row["leaf_index"]
    if recorded_before is not None:
        row = await db.row("people/last_event_before", community_id=community_id, moment=recorded_before)
        below = min(below, 0 if row is None else row["leaf_index"] + 1)
    which: dict[str, Any] = {"community_id": community_id, "first": first, "below": below, "at_most": at_most}
    if member_id is not None:
        return await db.rows("people/list_member_events", member_id=member_id, kind=kind, **which)
    if kind is not None:
        return await db.rows("people/list_kind_events", kind=kind, **which)
    return await db.rows("people/list_events", **which)
