"""What is seen to beside the visits: clearances, who acts for whom, the rules, and who goes."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from ledger.book.authors import Author
from ledger.desk.demo.founding import COMMUNITY_RULE, standing
from ledger.desk.demo.giving import Giving
from ledger.desk.demo.people import (
    CHECKED,
    DELEGATIONS,
    ENDED,
    EXPIRED,
    EXPIRES_SOON,
    FIRST_AIDERS,
    HEIR,
    LATE,
    LEAVER,
    RENEWED,
    REVOKED,
    ActsFor,
)
from ledger.desk.demo.stage import Do
from ledger.desk.demo.teller import HOUR, SECOND, Someone, Teller, policy_source
from ledger.hours.applying import NewPolicy, applying
from ledger.hours.clearances import Clearance, record_clearance, revoke_clearance
from ledger.hours.departures import Departure, Settlement, settle, settling
from ledger.hours.pots import Eligible, PotRule, Purpose, setting_pot_rule
from ledger.people.delegates import Delegation, end_delegation, give_delegation
from ledger.people.members import Status
from ledger.people.proposals import Action, delegating

THREE_YEARS = timedelta(days=1095)
SECOND_DAY, DEATH_DAY, LEAVING_DAY = 182, 250, 300


class Affairs:
    """The affairs of the year."""

    def __init__(self, teller: Teller, giving: Giving) -> None:
        self.teller = teller
        self.giving = giving
        teller.people[LATE].gone_on = teller.day(DEATH_DAY)
        teller.people[LEAVER].gone_on = teller.day(LEAVING_DAY)

    def plan(self) -> None:
        """What is known on the first day to come."""
        later = self.teller.later
        later(1, self._check)
        for acts_for in DELEGATIONS:
            later(acts_for.day, partial(self._delegate, acts_for))
        later(ENDED[1], self._end_delegation)
        later(SECOND_DAY - 12, self._change_policy)
        later(SECOND_DAY + 8, self._change_rule)
        later(DEATH_DAY - 25, partial(self.giving.grant_together, self.teller.people[LATE]))
        later(DEATH_DAY, self._die)
        later(LEAVING_DAY, self._leave)

    # --- clearances -----------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """A co-ordinator has seen the papers. Some run out within the year."""
        teller = self.teller
        for place in CHECKED:
            issued_on = teller.today - timedelta(days=40 + 3 * place)
            ends = {EXPIRED: 200, RENEWED: 230, EXPIRES_SOON: 380}
            expires_on = teller.day(ends[place]) if place in ends else issued_on + THREE_YEARS
            key = self._record(teller.people[place], "police-check", issued_on, expires_on)
            if place == REVOKED:
                teller.later(270, partial(self._revoke, teller.people[place], key))
        for place in FIRST_AIDERS:
            self._record(teller.people[place], "first-aid", teller.today - timedelta(days=90), None)
        renewed = teller.people[RENEWED]
        teller.later(224, lambda: self._renew(renewed))

    def _renew(self, someone: Someone) -> None:
        self._record(someone, "police-check", self.teller.today, self.teller.today + THREE_YEARS)

    def _record(self, someone: Someone, kind: str, issued_on: date, expires_on: date | None) -> UUID:
        author, clearance = self.teller.coordinator.author, Clearance(kind, issued_on, expires_on)
        someone.clearances.append(clearance)
        return self.teller.step(
            "record_clearance",
            lambda stage, key: record_clearance(
                stage.hours, stage.community, author, key, someone.id, clearance
            ),
        )

    def _revoke(self, someone: Someone, clearance_id: UUID) -> None:
        author = self.teller.coordinator.author
        someone.clearances.clear()
        self.teller.step(
            "revoke_clearance",
            lambda stage, key: revoke_clearance(
                stage.hours, stage.community, author, key, someone.id, clearance_id
            ),
        )

    # --- who acts for whom ----------------------------------------------------------------------------------------

    def _delegate(self, acts_for: ActsFor) -> None:
        teller = self.teller
        member, delegate = teller.people[acts_for.member], teller.people[acts_for.delegate]

        def given(delegation_id: UUID) -> Delegation:
            member.delegate = delegate
            member.delegation = Delegation(
                delegation_id,
                member.id,
                delegate.id,
                acts_for.relation,
                acts_for.scopes,
                acts_for.monthly_cap,
                teller.day(acts_for.day),
            )
            return member.delegation

        if acts_for.by_two:
            body = {
                "member": str(member.id),
                "delegate": str(delegate.id),
                "relation": acts_for.relation,
                "scopes": sorted(acts_for.scopes),
                "from": str(teller.today),
                "until": None,
                "monthly_cap": acts_for.monthly_cap,
            }
            proposal_id = teller.proposed(Action.DELEGATION, body, member.id)
            teller.later(1, lambda: self._approve_delegation(given(proposal_id)))
            return
        key = teller.next_id("give_delegation")
        teller.step("give_delegation", _delegating(member.who.author, given(key)), key=key)

    def _approve_delegation(self, delegation: Delegation) -> None:
        author = self.teller.coordinators[1].author
        self.teller.approved_work(
            delegation.id,
            lambda stage, proposal: delegating(stage.community, proposal.proposed_by, author, delegation),
        )

    def _end_delegation(self) -> None:
        member = self.teller.people[ENDED[0]]
        if member.delegation is None:
            return
        delegation_id, author = member.delegation.id, member.who.author
        member.delegate = member.delegation = None
        self.teller.step(
            "end_delegation",
            lambda stage, key: end_delegation(stage.ledger, stage.community, author, key, delegation_id),
        )

    # --- rules ----------------------------------------------------------------------------------------------------

    def _change_policy(self) -> None:
        """The second policy, in force from a day to come."""
        teller, from_on = self.teller, self.teller.day(SECOND_DAY)
        author = teller.coordinators[1].author
        new = NewPolicy(policy_source("second"), SECOND, from_on)
        proposal_id = teller.proposed(Action.POLICY, {"source": new.source, "from": str(from_on)})
        teller.second_from = from_on
        teller.later(
            4,
            lambda: teller.approved(
                proposal_id,
                lambda stage, proposal: applying(
                    stage.community, author, proposal.id, new, proposal.proposed_by
                ),
            ),
        )

    def _change_rule(self) -> None:
        """Nobody gets so much from the community pot any more that little is left for others."""
        teller, account_id = self.teller, self.teller.pot
        author = teller.coordinators[1].author
        rule = PotRule(
            Purpose.COMMUNITY, Eligible.ANYBODY, COMMUNITY_RULE.monthly_budget, 32 * HOUR, 12 * HOUR
        )
        body = {
            "account": str(account_id),
            "purpose": rule.purpose,
            "eligible": rule.eligible,
            "monthly_budget": rule.monthly_budget,
            "member_monthly": rule.member_monthly,
            "signature_limit": rule.signature_limit,
        }
        proposal_id = teller.proposed(Action.POT_RULE, body)
        teller.later(
            1,
            lambda: teller.approved(
                proposal_id,
                lambda stage, proposal: setting_pot_rule(
                    stage.community, author, proposal.id, account_id, rule, proposal.proposed_by
                ),
            ),
        )

    # --- who goes -------------------------------------------------------------------------------------------------

    def _die(self) -> None:
        """Somebody dies; the spouse has the credits, since two co-ordinators consent."""
        teller, late, heir = self.teller, self.teller.people[LATE], self.teller.people[HEIR]
        author = teller.coordinators[1].author
        teller.step("died", standing(teller, late, Status.DIED))
        asked = Settlement(late.id, Departure.DIED, heir.id)
        body = {"member": str(late.id), "reason": asked.reason, "to": str(heir.id)}
        proposal_id = teller.proposed(Action.SETTLEMENT, body, late.id)
        teller.later(
            5,
            lambda: teller.approved(
                proposal_id,
                lambda stage, proposal: settling(
                    stage.community, author, proposal.proposed_by, proposal.id, asked
                ),
            ),
        )
        teller.move(late.account_id, heir.account_id, teller.balance[late.account_id])

    def _leave(self) -> None:
        """Somebody moves away; what is left goes to the pot."""
        teller, leaver = self.teller, self.teller.people[LEAVER]
        author = teller.coordinator.author
        teller.step("left", standing(teller, leaver, Status.LEFT))
        asked = Settlement(leaver.id, Departure.LEFT)
        teller.step("settle", lambda stage, key: settle(stage.hours, stage.community, author, key, asked))
        teller.move(leaver.account_id, teller.pot, teller.balance[leaver.account_id])


def _delegating(author: Author, delegation: Delegation) -> Do:
    return lambda stage, key: give_delegation(stage.ledger, stage.community, author, key, delegation)
