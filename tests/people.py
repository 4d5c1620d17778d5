"""Members for tests of the ledger, enrolled without ceremony."""

from datetime import date
from uuid import uuid4

from ledger.people.members import NewMember, Person, insert_member


async def member(ledger, community, name="Ana", **more):
    """A new member's id."""
    new = NewMember(uuid4(), Person(name), date(2026, 1, 1), **more)
    async with ledger.database.transaction(community.id) as db:
        await insert_member(db, community.id, new, ledger.now())
    return new.id
