"""The calendar: what happens on which day, from the founding to the day before today."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from ledger.desk.demo.affairs import Affairs
from ledger.desk.demo.books import Books
from ledger.desk.demo.disputes import Disputes
from ledger.desk.demo.founding import apply_now, found, join_later
from ledger.desk.demo.giving import Giving
from ledger.desk.demo.requests import Requests
from ledger.desk.demo.stage import Step
from ledger.desk.demo.teller import Teller
from ledger.desk.demo.visits import Visits
from ledger.hours.disputes import DisputeOutcome

DAYS = 364
"""How long the story is: it begins so many days before today."""

VISITS = (7, 6, 7, 6, 7, 3, 1)
"""How many meet, from Monday to Sunday."""

DISPUTES = (
    (60, DisputeOutcome.UPHELD),
    (88, DisputeOutcome.CORRECTED),
    (120, DisputeOutcome.REVERSED),
    (152, DisputeOutcome.WITHDRAWN),
    (198, DisputeOutcome.CORRECTED),
    (236, DisputeOutcome.UPHELD),
    (288, DisputeOutcome.REVERSED),
    (330, DisputeOutcome.CORRECTED),
    # Nobody has decided this one yet.
    (DAYS - 5, DisputeOutcome.CORRECTED),
)
DOUBLED = (45, 100, 165, 210, 275, 320)
SERIES = ((15, 6, 6), (70, 8, 5), (140, 6, 6), (215, 8, 6), (DAYS - 20, 6, 6))
"""(the day it is asked for, weeks in all, weeks that are kept before the rest is cancelled)"""


def demo_steps(seed: str, founded_on: date) -> list[Step]:
    """Everything that happens in the year, in its order."""
    teller = Teller(seed, founded_on, founded_on + timedelta(days=DAYS - 1))
    return _Year(teller).told()


class _Year:
    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self.visits = Visits(teller)
        self.requests = Requests(teller, self.visits)
        self.disputes = Disputes(teller, self.visits)
        self.giving = Giving(teller)
        self.affairs = Affairs(teller, self.giving)
        self.books = Books(teller, self.visits)

    def told(self) -> list[Step]:
        for number in range(DAYS):
            self.teller.next_day(self.teller.day(number))
            if number == 0:
                found(self.teller)
                self._plan()
            self._morning()
            self._evening()
        return self.teller.steps

    def _plan(self) -> None:
        teller = self.teller
        join_later(teller)
        self.affairs.plan()
        self.books.plan(DAYS)
        planned: list[tuple[int, Callable[[], None]]] = [
            *((day, partial(self.disputes.about_posted, outcome)) for day, outcome in DISPUTES),
            *((day, self.disputes.about_declined) for day in (110, 260)),
            *((day, partial(self.requests.series, times, kept)) for day, times, kept in SERIES),
            # What waits when somebody looks around.
            *((DAYS - days, partial(self.requests.asked, ahead=days + 3)) for days in (4, 2)),
            (DAYS - 3, self._proposed),
            (DAYS - 6, partial(apply_now, teller)),
        ]
        for day, what in planned:
            teller.later(day, what)
        for day in DOUBLED:
            teller.gathered_later(day, self.visits.doubled)
        teller.gathered_later(DAYS - 4, partial(self.visits.doubled, seen=False))

    def _proposed(self) -> None:
        """A grant that the other co-ordinator has not approved yet."""
        self.giving.propose_grant(self.teller.pick(self.teller.present(helper=False)))

    def _morning(self) -> None:
        teller, weekday = self.teller, self.teller.today.weekday()
        if weekday == 0:
            self.visits.let_silence_confirm()
        if teller.today.day == 1 or teller.today == teller.founded_on:
            self.giving.month()
        for deed in teller.due():
            deed()
        self.giving.grants()
        if weekday in (0, 2, 4):
            self.requests.asked()
        if weekday == 4 and teller.chance(70):
            self.giving.gifts()
        if teller.today.day == 20:
            self.giving.spent_for()

    def _evening(self) -> None:
        teller, weekday = self.teller, self.teller.today.weekday()
        teller.by(19)
        for deed in teller.due_in_the_evening():
            deed()
        for _ in range(VISITS[weekday]):
            self.visits.visit()
        if weekday == 3 and teller.today.toordinal() % 14 < 7:
            self.visits.lunch_club()
        if teller.today.day == 15:
            self.visits.team_day()
