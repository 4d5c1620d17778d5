"""A community that goes on elsewhere: from then on this service only reads it, and says where it went.

That it moved is the last leaf here, and the zip that is exported then holds it: the log that goes on elsewhere begins
with all of this one. So there is one log, unless the move is undone here after somebody has taken the zip in.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import UNDO_MOVE, Ledger
from ledger.book.posting import Decision
from ledger.database.connections import Connection
from ledger.desk.exports.exporting import What, exported
from ledger.people.acts import act


async def read_moved_to(db: Connection, community_id: int) -> str | None:
    """The URL of the service a community moved to; None while it is here."""
    row = await db.row("desk/read_moved_to", community_id=community_id)
    return None if row is None else row["moved_to"]


async def move(ledger: Ledger, community: Community, author: Author, to: str) -> None:
    """Say that the community goes on at the service with the URL `to`, before it is exported for it.

    Raises Moved when that was said before, ReadOnly when the log must not grow.
    """

    async def also(db: Connection, _: Decision, _now: datetime) -> Sequence[Event]:
        await db.run("desk/set_moved_to", community_id=community.id, moved_to=to)
        return [exported(author, What.COMMUNITY), Event("community_moved", author, None, {"to": to})]

    await act(ledger, community, author, uuid4(), "move", to, also)


async def undo_move(ledger: Ledger, community: Community, author: Author) -> str | None:
    """Go on here after all; returns where it was to go, or None when it had not moved.

    Whoever calls has made sure that it was not taken in there: two logs would grow under one name.
    """
    moved_to = None

    async def also(db: Connection, _: Decision, _now: datetime) -> Sequence[Event]:
        nonlocal moved_to
        moved_to = await read_moved_to(db, community.id)
        if moved_to is None:
            return []
        await db.run("desk/set_moved_to", community_id=community.id, moved_to=None)
        return [Event("move_undone", author, None, {"to": moved_to})]

    await act(ledger, community, author, uuid4(), UNDO_MOVE, "", also)
    return moved_to
