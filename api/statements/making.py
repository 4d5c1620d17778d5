"""Making a statement for whoever asks: in one snapshot, with the names they may read."""

from uuid import UUID

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.desk.statements import Made, Period, make_statement, month_before
from ledger.hours.hours import Hours


async def make(
    ledger: Ledger,
    hours: Hours,
    community: Community,
    account_id: UUID,
    period: Period | None,
    *,
    named: bool = True,
) -> Made:
    """The statement of an account, signed; of the month that is over when no period is given. Raises ActRefused."""
    now = ledger.now()
    async with ledger.database.snapshot(community.id) as db:
        book = await hours.read(db, community, now)
        return await make_statement(
            db,
            community,
            account_id,
            period or month_before(book.today),
            book,
            ledger.keys,
            now,
            named=named,
        )
