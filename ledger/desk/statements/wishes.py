"""What members wish of their statements: by e-mail each month, in large print."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import act


async def change_wish(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    member_id: UUID,
    *,
    by_email: bool,
    large_print: bool,
) -> Answer:
    """Write down what a member wishes. Refused with MEMBER_UNKNOWN.

    A statement names others and goes where this says, so a change is an event, as one of the member's address is. What
    is wished already leaves none.
    """
    wishes = {"by_email": by_email, "large_print": large_print}

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        which = {"community_id": community.id, "member_id": member_id}
        row = await db.row("desk/read_statement_wish", **which)
        if row is None:
            raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
        changed = [f"statements_{name}" for name, wish in wishes.items() if bool(row[name]) is not wish]
        if not changed:
            return []
        await db.run("desk/write_statement_wish", **which, **wishes, now=now, wished_by=author.member_id)
        return [Event("person_changed", author, member_id, {"fields": changed}, key)]

    asked = [str(member_id), by_email, large_print]
    return await act(ledger, community, author, key, "change_statement_wish", asked, also)
