"""Visits somebody says were not so: both sides speak, a co-ordinator decides, and what was paid is put right."""

from datetime import timedelta
from uuid import UUID

from ledger.desk.demo.stage import Who
from ledger.desk.demo.teller import HOUR, Teller, Visit
from ledger.desk.demo.visits import Visits
from ledger.hours.disputes import (
    DisputeOutcome,
    add_statement,
    decide_dispute,
    open_dispute,
    withdraw_dispute,
)

HEARD_DAYS, DECIDED_DAYS = 2, 6

_OPENED = {
    DisputeOutcome.UPHELD: "I do not remember this visit at all.",
    DisputeOutcome.CORRECTED: "It was not as long as that.",
    DisputeOutcome.REVERSED: "Nobody came to me on that day.",
    DisputeOutcome.WITHDRAWN: "That was not me, I think.",
}
_ANSWERED = {
    DisputeOutcome.UPHELD: "We went to the library together; the ticket is still here.",
    DisputeOutcome.CORRECTED: "I counted the way there and back.",
    DisputeOutcome.REVERSED: "I see: that was the house next door.",
    DisputeOutcome.WITHDRAWN: "It was the Tuesday when it rained so hard.",
}
_DECIDED = {
    DisputeOutcome.UPHELD: "The ticket shows the day and the hours.",
    DisputeOutcome.CORRECTED: "Both agree now: the way does not count.",
    DisputeOutcome.REVERSED: "Both agree now: it was somebody else.",
}


class Disputes:
    """The disputes of the year."""

    def __init__(self, teller: Teller, visits: Visits) -> None:
        self.teller = teller
        self.visits = visits

    def about_posted(self, outcome: DisputeOutcome) -> None:
        """The receiver contradicts a visit of late that was paid."""
        teller = self.teller
        since = teller.today - timedelta(days=7)
        present = teller.present()
        able = [
            visit
            for visit in self.visits.posted
            if visit.on >= since
            and visit.seconds >= HOUR
            and visit.provider in present
            and visit.receiver in present
            and teller.spare(visit.provider.account_id) >= 6 * HOUR
        ]
        if able:
            visit = teller.pick(able)
            self.visits.posted.remove(visit)
            self._run(visit, visit.receiver.who, visit.provider.who, outcome)

    def about_declined(self) -> None:
        """The volunteer contradicts that a visit was declined, and is right."""
        teller = self.teller
        able = [visit for visit in self.visits.declined if teller.can_pay(visit.receiver, visit.seconds)]
        if able:
            visit = able[-1]
            self.visits.declined.remove(visit)
            self._run(visit, visit.provider.who, visit.receiver.who, DisputeOutcome.UPHELD, unpaid=True)

    def _run(
        self, visit: Visit, opener: Who, other: Who, outcome: DisputeOutcome, *, unpaid: bool = False
    ) -> None:
        teller = self.teller
        dispute_id = teller.step(
            "open_dispute",
            lambda stage, key: open_dispute(
                stage.hours, stage.community, stage.asker(opener), key, visit.id, _OPENED[outcome]
            ),
        )
        teller.later(HEARD_DAYS, lambda: self._answer(dispute_id, other, outcome))
        if outcome is DisputeOutcome.WITHDRAWN:
            teller.later(DECIDED_DAYS, lambda: self._withdraw(dispute_id, opener))
        else:
            teller.later(DECIDED_DAYS, lambda: self._decide(dispute_id, visit, outcome, unpaid))

    def _answer(self, dispute_id: UUID, who: Who, outcome: DisputeOutcome) -> None:
        self.teller.step(
            "add_statement",
            lambda stage, key: add_statement(
                stage.hours, stage.community, stage.asker(who), key, dispute_id, _ANSWERED[outcome]
            ),
        )

    def _withdraw(self, dispute_id: UUID, who: Who) -> None:
        self.teller.step(
            "withdraw_dispute",
            lambda stage, key: withdraw_dispute(
                stage.hours, stage.community, stage.asker(who), key, dispute_id
            ),
        )

    def _decide(self, dispute_id: UUID, visit: Visit, outcome: DisputeOutcome, unpaid: bool) -> None:
        teller, who = self.teller, self.teller.coordinator
        corrected = HOUR // 2 if outcome is DisputeOutcome.CORRECTED else None
        teller.step(
            f"decide {outcome}",
            lambda stage, key: decide_dispute(
                stage.hours,
                stage.community,
                stage.asker(who),
                key,
                dispute_id,
                outcome,
                corrected,
                _DECIDED[outcome],
            ),
        )
        if unpaid:
            teller.pay(visit)
        elif outcome is not DisputeOutcome.UPHELD:
            back = visit.credited - (corrected or 0)
            teller.move(visit.provider.account_id, visit.receiver.payer_id, back)
            teller.earned[teller.week_of(visit)] -= back
