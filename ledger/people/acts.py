"""How an act of this room is done: in one transaction with the head locked, remembered under its id."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Event
from ledger.book.commands import Act
from ledger.book.journal import Community
from ledger.book.ledger import Also, Answer, Ledger
from ledger.book.posting import Decision
from ledger.database.connections import Connection
from ledger.log.encoding import canonical_json


async def act(
    ledger: Ledger, community: Community, key: UUID, name: str, asked: object, also: Also
) -> Answer:
    """Do one act that moves no seconds. `asked` is all it asks, in plain values; see `Ledger.post` for `also`."""
    command = Act(key, name, canonical_json(asked).decode())
    [answer] = await ledger.post(community, [command], also)
    return answer


async def record(ledger: Ledger, community: Community, event: Event) -> Answer:
    """Log an event that changes nothing else, such as an export."""

    async def also(_db: Connection, _decision: Decision, _now: datetime) -> Sequence[Event]:
        return [event]

    return await act(ledger, community, event.id, event.kind, event.details, also)
