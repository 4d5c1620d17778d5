"""Pots, grants and gifts: what the members' meeting issues, co-ordinators grant, and members give each other."""

from uuid import UUID

from ledger.book.commands import PostTransfer, TransferKind
from ledger.book.ledger import Answer
from ledger.desk.demo.stage import Stage, Who
from ledger.desk.demo.teller import HOUR, Someone, Teller
from ledger.hours.gifts import gift, giving
from ledger.hours.grants import Grant, grant, granting_from_pot
from ledger.people.proposals import Action
from ledger.people.roles import DelegateScope

MONTHLY = (200 * HOUR, 20 * HOUR, 15 * HOUR)
"""What the community pot, the hardship pot and the guarantee pot are given each month."""
FIRST_GUARANTEE = 120 * HOUR
ALONE, TOGETHER, FROM_HARDSHIP = 12 * HOUR, 16 * HOUR, 5 * HOUR


class Giving:
    """What is given without a visit, month by month."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller

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
            self.grant_together(member)
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

    def grant_together(self, member: Someone) -> None:
        """One co-ordinator proposes it, and the other approves it two days later."""
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
