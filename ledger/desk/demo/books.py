"""What is done with the books: paper sheets reconciled, passbooks compared, periods closed, statements wished for."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid5

from ledger.book.ledger import Answer
from ledger.desk.assertions import NewAssertion, Source, assert_balance
from ledger.desk.closing import DESPITE, closing_event, looking
from ledger.desk.demo.people import PASSBOOKS, UNKNOWN_NAME, WISHES, WRITTEN
from ledger.desk.demo.stage import Stage
from ledger.desk.demo.teller import HOUR, QUARTER, Someone, Teller, Visit
from ledger.desk.demo.visits import Visits
from ledger.desk.rounds.choices import Choice
from ledger.desk.rounds.deciding import decide_lines
from ledger.desk.rounds.ending import sign_off
from ledger.desk.rounds.finding import match_round
from ledger.desk.rounds.reading import NewRound
from ledger.desk.rounds.rounds import Deed, Line, read_lines
from ledger.desk.rounds.taking_in import begin_round
from ledger.desk.statements import change_wish
from ledger.desk.working import Progress
from ledger.hours.claims import ClaimState
from ledger.hours.hours import Make
from ledger.hours.periods import Closing, closing_period
from ledger.people.proposals import Action, Proposal

QUARTER_DAY, CLOSING_DAY = 105, 142
"""Up to the end of the month before that day the first quarter is closed; and the day on which that is proposed."""
MEETING_BECAUSE = "Closed for the general meeting. The audit follows, and who still waits was asked."
MONTH_BECAUSE = "The month is over, and who still waits was asked."

SHEET_DAYS = 3
"""Of how many days the visits are on the sheets of a round."""
LEFT_OUT = 2
"""The visits whose sheet did not come back."""
DECIDED = 4
"""The lines of the open round that were decided before tea."""


class Books:
    """The books of the year. Nothing of it is drawn by chance: all that is told after it would be another story."""

    def __init__(self, teller: Teller, visits: Visits) -> None:
        self.teller = teller
        self.visits = visits

    def plan(self, days: int) -> None:
        """What is to come in a story of so many days."""
        later = self.teller.later
        later(
            CLOSING_DAY, partial(self._close, _last_of_month(self.teller.day(QUARTER_DAY)), MEETING_BECAUSE)
        )
        later(days - 50, partial(self._finished_round, self._monday(days - 75)))
        later(40, self._wish)
        # Not on a Monday, when silence confirms before anybody looks.
        later(days - 16 + (self.teller.day(days - 16).weekday() == 0), self._compare_passbooks)
        later(days - 12, partial(self._close, _last_of_month(self.teller.day(days - 45)), MONTH_BECAUSE))
        later(days - 2, partial(self._open_round, self._monday(days - 9)))

    def _monday(self, days: int) -> date:
        day = self.teller.day(days)
        return day - timedelta(days=day.weekday())

    # --- paper sheets ---------------------------------------------------------------------------------------------

    def _finished_round(self, monday: date) -> None:
        """All is decided: a visit nobody had logged is logged, and what was written down twice is set aside."""
        teller, who = self.teller, self.teller.coordinator
        visits = self._on_sheets(monday)
        missing = self._unlogged(monday)
        lines = [self._line(place, visit) for place, visit in enumerate([*visits, missing])]
        round_id = self._take_in("Sheets from the day centre", "day-centre.csv", monday, [*lines, lines[0]])
        created = len(lines)
        numbers = range(1, len(lines) + 2)

        async def decide(stage: Stage, key: UUID) -> None:
            found = await _read(stage, round_id, numbers)
            choices = [
                _logged(number, missing) if number == created else _decided(found[number])
                for number in numbers
            ]
            await decide_lines(stage.hours, stage.community, stage.asker(who), key, round_id, choices)

        teller.step("decide lines", decide, key=uuid5(round_id, "decide"), kept=False)
        teller.pay(missing)
        teller.step(
            "sign_round_off",
            lambda stage, key: sign_off(stage.ledger, stage.community, who.author, key, round_id),
            key=uuid5(round_id, "sign off"),
        )

    def _open_round(self, monday: date) -> None:
        """Taken in and begun: the other lines wait, one with a name nobody knows, one without a visit."""
        teller, who = self.teller, self.teller.coordinator
        visits = self._on_sheets(monday)
        lines = [self._line(place, visit) for place, visit in enumerate([*visits, self._unlogged(monday)])]
        lines.append([str(monday), UNKNOWN_NAME, *lines[0][2:]])
        round_id = self._take_in("Letter box at the hall", "letter-box.csv", monday, lines)
        numbers = range(1, len(lines) + 1)

        async def decide(stage: Stage, key: UUID) -> None:
            found = await _read(stage, round_id, numbers)
            exact = [line for line in found.values() if line.grade == "exact" and _is_agreed(line)]
            choices = [Choice(line.number, Deed.ACCEPT) for line in exact[:DECIDED]]
            await decide_lines(stage.hours, stage.community, stage.asker(who), key, round_id, choices)

        teller.step("decide lines", decide, key=uuid5(round_id, "decide"), kept=False)

    def _on_sheets(self, monday: date) -> Sequence[Visit]:
        days = [monday + timedelta(days=number) for number in range(SHEET_DAYS)]
        return [visit for day in days for visit in self.visits.by_day.get(day, ())][:-LEFT_OUT]

    def _unlogged(self, monday: date) -> Visit:
        """A visit that is on the sheets alone: of two who did not meet in these days."""
        teller = self.teller
        since, until = monday - timedelta(days=7), monday + timedelta(days=SHEET_DAYS + 7)
        met = {
            frozenset({visit.provider.id, visit.receiver.id})
            for day, visits in self.visits.by_day.items()
            if since <= day < until
            for visit in visits
        }
        provider, receiver = next(
            (helper, other)
            for helper in teller.present(helper=True)
            for other in teller.present(helper=False)
            if frozenset({helper.id, other.id}) not in met
            and other.place not in helper.family
            and teller.can_pay(other, HOUR)
        )
        return Visit(teller.id(f"unlogged/{monday}"), provider, receiver, monday, HOUR)

    def _line(self, place: int, visit: Visit) -> list[str]:
        """As it is written on the sheet; some count in whole quarters what was a little less."""
        seconds = visit.seconds if place % 3 else -(-visit.seconds // QUARTER) * QUARTER
        hours, minutes = divmod(seconds // 60, 60)
        activity = self.teller.policy_on(visit.on).activities[visit.activity].title
        return [
            str(visit.on), _written(visit.provider), _written(visit.receiver), f"{hours}h{minutes:02}", activity,
        ]  # fmt: skip

    def _take_in(self, source: str, file_name: str, monday: date, lines: Sequence[Sequence[str]]) -> UUID:
        round_id, author = self.teller.id(f"round/{file_name}"), self.teller.coordinator.author
        paper = io.StringIO()
        csv.writer(paper).writerows([("Date", "Volunteer", "Member helped", "Time", "What was done"), *lines])
        until_on = monday + timedelta(days=SHEET_DAYS - 1)
        new = NewRound(source, file_name, paper.getvalue().encode(), monday, until_on)

        async def do(stage: Stage, key: UUID) -> None:
            if author.member_id is None:
                raise RuntimeError("a co-ordinator takes a round in")
            database, community_id = stage.ledger.database, stage.community.id
            await begin_round(database, community_id, key, author.member_id, new, stage.now)
            await match_round(stage.ledger, community_id, key, Progress())

        return self.teller.step("take round in", do, key=round_id, kept=False)

    # --- passbooks ------------------------------------------------------------------------------------------------

    def _compare_passbooks(self) -> None:
        """What they say of last night. It differs where the member counts a visit that nobody logged."""
        for place, more in PASSBOOKS:
            note = "Her book also has a visit on a Sunday." if more else None
            self._compare(self.teller.people[place], more, note)

    def _compare(self, someone: Someone, more: int, note: str | None) -> None:
        teller, author = self.teller, self.teller.coordinator.author
        on = teller.today - timedelta(days=1)

        async def do(stage: Stage, key: UUID) -> Answer:
            async with stage.ledger.database.connection(stage.community.id) as db:
                account = await db.row(
                    "book/read_account",
                    community_id=stage.community.id,
                    account_id=someone.account_id,
                    now=stage.now,
                )
            if account is None:
                raise LookupError(f"there is no account of {someone.id}")
            asserted = NewAssertion(someone.account_id, on, account["balance"] + more)
            return await assert_balance(
                stage.hours, stage.community, author, key, asserted, Source.PASSBOOK, note
            )

        teller.step("assert_balances", do, key=teller.id(f"passbook/{someone.id}"))

    # --- periods and statements -----------------------------------------------------------------------------------

    def _close(self, through_on: date, because: str) -> None:
        """One co-ordinator proposes it, and the other approves it three days later."""
        teller, author = self.teller, self.teller.coordinators[1].author
        despite = sorted(DESPITE)
        body = {"despite": despite, "through": str(through_on)}
        proposal_id = teller.proposed(Action.PERIOD, body, note=because)

        def make(stage: Stage, proposal: Proposal) -> Make:
            closing = Closing(closing_event(proposal.id), through_on, frozenset(despite), proposal.note)
            look = looking(stage.community, closing, stage.ledger.now())
            return closing_period(stage.community, author, closing, look, proposal.proposed_by)

        teller.later(3, lambda: teller.approved(proposal_id, make))

    def _wish(self) -> None:
        """Some would like their statements by e-mail."""
        for place, large_print in WISHES:
            someone = self.teller.people[place]
            self.teller.step(
                "wish", partial(_wishing, someone, large_print), key=self.teller.id(f"wish/{someone.id}")
            )


async def _wishing(someone: Someone, large_print: bool, stage: Stage, key: UUID) -> Answer:
    author, wishes = someone.who.author, {"by_email": True, "large_print": large_print}
    return await change_wish(stage.ledger, stage.community, author, key, someone.id, **wishes)


async def _read(stage: Stage, round_id: UUID, numbers: Sequence[int]) -> dict[int, Line]:
    async with stage.ledger.database.connection(stage.community.id) as db:
        return await read_lines(db, stage.community.id, round_id, numbers)


def _is_agreed(line: Line) -> bool:
    """Whether there are visits for it that nobody says were not so."""
    states = {record.state for record in line.matched}
    return bool(states) and states <= {ClaimState.SUBMITTED, ClaimState.POSTED}


def _logged(number: int, missing: Visit) -> Choice:
    """The line is of a visit that nobody had logged; whom it names is said, however it is written."""
    provider_id, receiver_id = missing.provider.id, missing.receiver.id
    return Choice(number, Deed.CREATE, provider_id=provider_id, receiver_id=receiver_id, confirmed=True)


def _decided(line: Line) -> Choice:
    if _is_agreed(line):
        return Choice(line.number, Deed.ACCEPT)
    return Choice(line.number, Deed.SET_ASIDE, reason="Written down twice, or contradicted")


def _written(someone: Someone) -> str:
    return WRITTEN.get(someone.place, someone.cast.name)


def _last_of_month(day: date) -> date:
    """The last day of the month before that of `day`."""
    return day.replace(day=1) - timedelta(days=1)
