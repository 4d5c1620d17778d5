"""The rules, run over a whole plan in memory, so that nothing is written of a file of which anything is refused."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from ledger.book.accounts import Book
from ledger.book.posting import Refused, decide
from ledger.desk.imports.planning import ImportPlan
from ledger.desk.imports.plans import Booking, Standing
from ledger.desk.imports.problems import ImportProblem, Mistakes
from ledger.desk.imports.spool import batched

AT_ONCE = 1000


def check(plan: ImportPlan, standing: Standing, now: datetime) -> None:
    """Raises ImportRefused with every line that would be refused."""
    mistakes = Mistakes()
    for booking, outcome in judged(_all(plan), standing, now):
        mistakes.add(refused(booking, outcome))
    mistakes.settle()


def _all(plan: ImportPlan) -> Iterator[Booking]:
    yield from plan.preparations
    yield from plan.postings()


def judged(
    bookings: Iterable[Booking], standing: Standing, now: datetime
) -> Iterator[tuple[Booking, Refused]]:
    """The bookings that would be refused, one after another, with why. Keeps no more than a batch in memory."""
    book = Book(
        0,
        accounts={account_id: replace(account) for account_id, account in standing.accounts.items()},
        taken_codes=set(standing.codes),
        closed_through=standing.closed_through,
    )
    for part in batched(bookings, AT_ONCE):
        outcomes = decide(book, [booking.command for booking in part], now).outcomes
        for booking, outcome in zip(part, outcomes, strict=True):
            if isinstance(outcome, Refused):
                yield booking, outcome
        book.known.clear()
        book.originals.clear()


def refused(booking: Booking, outcome: Refused) -> ImportProblem:
    return ImportProblem(outcome.refusal.code, booking.file, booking.line_number, why=outcome.refusal)
