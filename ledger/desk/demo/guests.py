"""Who a visitor of the invented co-op may be: one of each kind of people it has."""

from dataclasses import dataclass
from uuid import UUID

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.desk.demo.people import AUDITOR, CAST, COORDINATORS, SEED
from ledger.desk.demo.teller import Teller

PLACES = {"volunteer": 5, "family": 0, "delegate": 18, "coordinator": COORDINATORS[0], "auditor": AUDITOR}
"""Their places in CAST. `family` is helped, `delegate` acts for her mother."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody of the co-op as whom a visitor may look around."""

    member_id: UUID
    name: str


async def read_guests(ledger: Ledger, community: Community) -> dict[str, Guest]:
    """Whom a visitor may be, by what they are to the co-op. For a community that holds the demo."""
    async with ledger.database.connection(community.id) as db:
        row = await db.row("desk/read_founded_at", community_id=community.id)
    if row is None:
        raise LookupError(f"community {community.slug} is not there")
    founded_on = row["founded_at"].date()
    people = Teller(SEED, founded_on, founded_on).people
    return {kind: Guest(people[place].id, CAST[place].name) for kind, place in PLACES.items()}
