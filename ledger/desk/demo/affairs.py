"""What co-ordinators and members see to beside the visits: pots, grants, gifts, clearances, rules, and who goes."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from ledger.book.authors import Author
from ledger.book.commands import PostTransfer, TransferKind
from ledger.book.ledger import Answer
from ledger.desk.demo.founding import COMMUNITY_RULE, standing
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
from ledger.desk.demo.stage import Do, Stage, Who
from ledger.desk.demo.teller import HOUR, SECOND, Someone, Teller, policy_source
from ledger.hours.applying import NewPolicy, applying
from ledger.hours.clearances import Clearance, record_clearance, revoke_clearance
from ledger.hours.departures import Departure, Settlement, settle, settling
from ledger.hours.gifts import gift, giving
from ledger.hours.grants import Grant, grant, granting_from_pot
from ledger.hours.periods import closing_period
from ledger.hours.pots import Eligible, PotRule, Purpose, setting_pot_rule
from ledger.people.delegates import Delegation, end_delegation, give_delegation
from ledger.people.members import Status
from ledger.people.proposals import Action, delegating
from ledger.people.roles import DelegateScope

MONTHLY = (200 * HOUR, 20 * HOUR, 15 * HOUR)
"""What the community pot, the hardship pot and the guarantee pot are given each month."""
FIRST_GUARANTEE = 120 * HOUR
ALONE, TOGETHER, FROM_HARDSHIP = 12 * HOUR, 16 * HOUR, 5 * HOUR
THREE_YEARS = timedelta(days=1095)
SECOND_DAY, CLOSING_DAY, DEATH_DAY, LEAVING_DAY = 182, 145, 250, 300
CLOSED_THROUGH_DAY = 90


class Affairs:
    """The affairs of the year."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        teller.people[LATE].gone_on = teller.day(DEATH_DAY)
        teller.people[LEAVER].gone_on = teller.day(LEAVING_DAY)

    def plan(self) -> None:
        """What is known on the first day to come."""
        later = self.teller.later
        later(1, self._check)
        for acts_for in DELEGATIONS:
            later(acts_for.day, partial(self._delegate, acts_for))
        later(ENDED[1], self._end_delegation)
        later(CLOSING_DAY - 3, self._close)
        later(SECOND_DAY - 12, self._change_policy)
        later(SECOND_DAY + 8, self._change_rule)
        later(DEATH_DAY - 25, partial(self._grant_together, self.teller.people[LATE]))
        later(DEATH_DAY, self._die)
        later(LEAVING_DAY, self._leave)

    # --- pots -----------------------------------------------------------------------------------------------------

    def month(self) -> None:
        """The members' meeting has agreed what is issued for the month."""
        teller = self.teller
        pots = dict(zip((teller.pot, teller.hardship, teller.guarantee), MONTHLY, strict=True))
        if teller.today == teller.founded_on:
            pots[teller.guarantee] += FIRST_GUARANTEE
        entries = ((teller.issuance, -sum(pots.values())), *pots.items())
        for pot_id, seconds in pots.items():
            teller.move(teller.issuance, pot_id, seconds)

        async def do(stage: Stage, key: UUID) -> Answer:
            issued = PostTransfer(key, TransferKind.GRANT, entries, note="Hours issued for the month")
            [answer] = await stage.ledger.post(stage.community, [issued])
            return answer

        teller.step("issue", do, needed=True)

    def grants(self) -> None:
        """Each who needs more than they give has a day in the month on which somebody looks how they stand."""
        teller = self.teller
        in_need = teller.present(helper=False)
        place = teller.today.day - 3
        if not 0 <= place < 2 * len(in_need) or place % 2:
            return
        member = in_need[place // 2]
        if teller.balance[teller.pot] < 2 * TOGETHER or teller.balance[teller.hardship] < FROM_HARDSHIP:
            return
        stands = (
            teller.balance[member.payer_id] - teller.held[member.payer_id] - teller.promised[member.payer_id]
        )
        if stands < -6 * HOUR:
            self._grant_together(member)
        elif stands < 3 * HOUR:
            self._grant_alone(member, teller.pot, ALONE, "Monthly grant")
        elif member.frail and teller.chance(30):
            self._grant_alone(member, teller.hardship, FROM_HARDSHIP, "From the hardship pot")

    def _grant_alone(self, member: Someone, pot_id: UUID, seconds: int, reason: str) -> None:
        teller, author = self.teller, self.teller.coordinator.author
        wanted = Grant(pot_id, member.id, seconds, reason)
        teller.step("grant", lambda stage, key: grant(stage.hours, stage.community, author, key, wanted))
        teller.move(pot_id, member.account_id, seconds)
        self._pass_on(member, seconds)

    def _grant_together(self, member: Someone) -> None:
        teller = self.teller
        proposal_id = self.propose_grant(member)
        teller.later(2, lambda: self._approve_grant(proposal_id, member))

    def propose_grant(self, member: Someone) -> UUID:
        """More than a co-ordinator may grant alone."""
        body = {"pot": str(self.teller.pot), "member": str(member.id), "seconds": TOGETHER}
        return self.teller.proposed(Action.GRANT, body, member.id, "Home from the hospital")

    def _approve_grant(self, proposal_id: UUID, member: Someone) -> None:
        teller, wanted = self.teller, Grant(self.teller.pot, member.id, TOGETHER, "Home from the hospital")
        author = teller.coordinators[1].author
        teller.approved(
            proposal_id,
            lambda stage, proposal: granting_from_pot(
                stage.community, author, proposal.proposed_by, proposal.id, wanted
            ),
        )
        teller.move(teller.pot, member.account_id, TOGETHER)
        self._pass_on(member, TOGETHER)

    def _pass_on(self, member: Someone, seconds: int) -> None:
        """What one of a household is granted, the household shares."""
        if member.payer_id != member.account_id:
            self._give(member.who, member.account_id, member.payer_id, seconds, "For all of us")

    # --- gifts ----------------------------------------------------------------------------------------------------

    def gifts(self) -> None:
        """Who has plenty gives: to the family, to a pot, or, as long as the policy lets them, to a neighbour."""
        teller = self.teller
        giver = max(teller.present(helper=True), key=lambda each: teller.balance[each.account_id])
        seconds = HOUR * (1 + teller.random.randrange(4))
        if teller.spare(giver.account_id) < seconds + 12 * HOUR:
            return
        getter_id = teller.pick((teller.pot, teller.hardship, teller.guarantee))
        if giver.family and teller.chance(70):
            getter_id = giver.payer_id
        elif teller.second_from is None and teller.chance(40):
            getter_id = teller.pick(teller.present(helper=False)).account_id
        self._give(giver.who, giver.account_id, getter_id, seconds, "A gift")

    def spent_for(self) -> None:
        """A delegate gives an hour for somebody frail, within the monthly cap."""
        teller = self.teller
        for member in teller.present(helper=False):
            acting = member.acting(DelegateScope.SPEND)
            if acting is not None and teller.spare(member.account_id) >= 12 * HOUR:
                self._give(acting, member.account_id, teller.hardship, HOUR, "For others who need it")

    def _give(self, who: Who, giver_id: UUID, getter_id: UUID, seconds: int, note: str) -> None:
        async def do(stage: Stage, key: UUID) -> Answer:
            given = giving(stage.hours, stage.asker(who), gift(key, giver_id, getter_id, seconds, note))
            if given is None:
                raise RuntimeError("a member gives from their own account")
            [answer] = await stage.ledger.post(stage.community, [given.command], given.also)
            return answer

        self.teller.step("give for" if who.delegations else "give", do)
        self.teller.move(giver_id, getter_id, seconds)

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

    def _close(self) -> None:
        """The first quarter is closed."""
        teller, through_on = self.teller, self.teller.day(CLOSED_THROUGH_DAY)
        author = teller.coordinators[1].author
        proposal_id = teller.proposed(Action.PERIOD, {"through": str(through_on)})
        teller.later(
            3,
            lambda: teller.approved(
                proposal_id,
                lambda stage, proposal: closing_period(
                    stage.community, author, proposal.id, through_on, proposal.proposed_by
                ),
            ),
        )

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
