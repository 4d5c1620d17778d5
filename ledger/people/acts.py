"""How an act of this room is done: in one transaction with the head locked, remembered under its id."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Author, Event, Via
from ledger.book.commands import Act, Command
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Also, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.log.encoding import canonical_json

Check = Callable[[Connection, datetime], Awaitable[None]]
"""One more thing that must hold, asked with the head locked. Raises ActRefused."""


async def act(
    ledger: Ledger, community: Community, author: Author, key: UUID, name: str, asked: object, also: Also
) -> Answer:
    """Do one act that moves no seconds. `asked` is all it asks, in plain values; see `Ledger.post` for `also`."""
    command = Act(key, name, canonical_json(asked).decode())
    answer, *_ = await post(ledger, community, author, [command], also)
    return answer


async def post(
    ledger: Ledger, community: Community, author: Author, commands: Sequence[Command], also: Also
) -> list[Answer]:
    """`Ledger.post` by somebody who, with the head locked, still is who they were when they asked.

    What waits for the lock would otherwise be done by a co-ordinator whose role has just been ended.
    """

    async def looked_at_again(db: Connection, decision: Decision, now: datetime) -> Sequence[Event]:
        await require_still(db, community.id, author, now)
        return await also(db, decision, now)

    return await ledger.post(community, commands, looked_at_again)


async def require_still(db: Connection, community_id: int, author: Author, now: datetime) -> None:
    """Refuse when the author's session, membership or role has ended in the meantime."""
    if author.session_id is None:
        return
    row = await db.row("people/read_author", community_id=community_id, session_id=author.session_id, now=now)
    if row is None or (author.via not in (Via.MEMBER, Via.DELEGATE) and row["role"] != author.via):
        raise ActRefused(Refusal.ENDED_MEANWHILE)


async def record(ledger: Ledger, community: Community, event: Event) -> Answer:
    """Log an event that changes nothing else, such as an export."""

    async def also(_db: Connection, _decision: Decision, _now: datetime) -> Sequence[Event]:
        return [event]

    return await act(ledger, community, event.author, event.id, event.kind, event.details, also)
