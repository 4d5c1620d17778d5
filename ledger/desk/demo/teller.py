"""The teller of the story: draws from the seed, names everything that is made, and knows how everybody stands.

What it believes of balances decides only who visits whom; the books decide what is posted.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from random import Random
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.book.accounts import DEFAULT_LIMITS
from ledger.book.commands import AccountKind
from ledger.book.ledger import Answer
from ledger.desk.demo.people import AUDITOR, CAST, COORDINATORS, FRAIL, HOUSEHOLDS, Cast
from ledger.desk.demo.stage import Do, Stage, Step, Who
from ledger.hours.approving import approve_deed
from ledger.hours.clearances import Clearance, lacking
from ledger.hours.hours import Make
from ledger.hours.policy import Funder, Period, Policy, share
from ledger.hours.policy_text import read_policy
from ledger.log.encoding import canonical_json
from ledger.people.delegates import Delegation
from ledger.people.members import account_of
from ledger.people.proposals import Action, Proposal, Work, approve, propose
from ledger.people.roles import Delegated, DelegateScope, Role

HOUR = 3600
QUARTER = 900
MONEY_FLOOR = DEFAULT_LIMITS[AccountKind.MEMBER][0] or 0
LEAVES_NOTHING_OPEN_DAYS = 28
"""How long before they go somebody gives and asks for nothing more, so that nothing of theirs stays open."""

OLD_CLAIMS_DAYS = 35
"""After so many days nothing waits any more: three weeks without a signal, and then two until silence confirms."""

_T = TypeVar("_T")


def policy_source(name: str) -> str:
    return (files("ledger.desk.demo") / f"{name}.toml").read_text(encoding="utf-8")


FOUNDING, SECOND = read_policy(policy_source("founding")), read_policy(policy_source("second"))


@dataclass(slots=True, eq=False)
class Someone:
    """A member as the teller knows them; `payer_id` is the account their care is paid from."""

    place: int
    cast: Cast
    id: UUID
    joined_on: date
    account_id: UUID
    payer_id: UUID
    family: tuple[int, ...] = ()
    frail: bool = False
    gone_on: date | None = None
    change_count: int = 1
    clearances: list[Clearance] = field(default_factory=list)
    delegation: Delegation | None = None
    delegate: "Someone | None" = None

    @property
    def who(self) -> Who:
        """The member as one who asks for themselves."""
        return Who(self.id, accounts=frozenset({self.account_id, self.payer_id}))

    def acting(self, scope: DelegateScope) -> Who | None:
        """The delegate of this member as one who asks, if there is one who may do that for them."""
        if self.delegate is None or self.delegation is None or scope not in self.delegation.scopes:
            return None
        accounts = frozenset({self.account_id, self.payer_id})
        given = self.delegation
        delegated = Delegated(given.id, self.id, given.scopes, given.monthly_cap, accounts)
        return Who(self.delegate.id, accounts=frozenset({self.delegate.account_id}), delegations=(delegated,))


@dataclass(slots=True, eq=False)
class Visit:
    """Care that was given, as it is claimed."""

    id: UUID
    provider: Someone
    receiver: Someone
    on: date
    seconds: int
    activity: str = "company"
    paid: int = 0
    credited: int = 0


class Teller:
    """Tells one day after the other: `today`, and `time` within it, only ever move on."""

    def __init__(self, seed: str, founded_on: date, last_on: date) -> None:
        self.namespace = uuid5(NAMESPACE_URL, f"carehours-demo/{seed}/{founded_on}")
        self.random = Random(f"{seed}/{founded_on}")  # noqa: S311 - it invents people, not secrets
        self.founded_on = self.today = founded_on
        self.last_on = last_on
        self.time = datetime.combine(founded_on, time(9), UTC)
        self.steps: list[Step] = []
        self.second_from: date | None = None
        self.balance: dict[UUID, int] = defaultdict(int)
        self.held: dict[UUID, int] = defaultdict(int)
        self.promised: dict[UUID, int] = defaultdict(int)
        self.earned: dict[tuple[UUID, date], int] = defaultdict(int)
        self.pot, self.hardship, self.guarantee, self.issuance = (
            self.id(f"account/{code}")
            for code in ("community-pot", "hardship-pot", "guarantee-pot", "issuance")
        )
        self.people = [self._someone(place, cast) for place, cast in enumerate(CAST)]
        self.coordinators = [Who(self.people[place].id, Role.COORDINATOR) for place in COORDINATORS]
        self._later: dict[date, list[Callable[[], None]]] = defaultdict(list)
        self._gathered_later: dict[date, list[Callable[[], None]]] = defaultdict(list)
        self._count = 0

    def _someone(self, place: int, cast: Cast) -> Someone:
        member_id = self.id(f"member/{place + 1}")
        account_id = payer_id = account_of(member_id)
        family: tuple[int, ...] = ()
        for number, (_, places) in enumerate(HOUSEHOLDS, start=1):
            if place in places:
                payer_id, family = self.household(number), places
        joined_on = self.founded_on + timedelta(days=cast.joined_day)
        return Someone(place, cast, member_id, joined_on, account_id, payer_id, family, place in FRAIL)

    # --- chance and names -----------------------------------------------------------------------------------------

    def id(self, name: str) -> UUID:
        return uuid5(self.namespace, name)

    def next_id(self, what: str) -> UUID:
        self._count += 1
        return self.id(f"{what}/{self._count}")

    def household(self, number: int) -> UUID:
        return self.id(f"account/h{number}")

    def pick(self, choices: Sequence[_T]) -> _T:
        return choices[self.random.randrange(len(choices))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def visit_seconds(self) -> int:
        """Half an hour to three hours in quarters, mostly one or two hours."""
        return QUARTER * self.pick((2, 3, 4, 4, 4, 5, 6, 6, 7, 8, 8, 10, 12))

    def present(self, *, helper: bool | None = None) -> list[Someone]:
        """Who gives or asks for care now; those with a role look after the co-op instead."""
        ends = self.today + timedelta(days=LEAVES_NOTHING_OPEN_DAYS)
        return [
            each
            for each in self.people
            if each.place not in (*COORDINATORS, AUDITOR)
            and each.joined_on <= self.today
            and (each.gone_on is None or ends < each.gone_on)
            and (helper is None or each.cast.helper is helper)
        ]

    def cleared(self, someone: Someone, care_on: date) -> bool:
        return not lacking(["police-check"], someone.clearances, (self.today, care_on))

    @property
    def coordinator(self) -> Who:
        """Whichever of the two is there today."""
        return self.coordinators[self.today.toordinal() % 2]

    # --- the calendar ---------------------------------------------------------------------------------------------

    def next_day(self, day: date) -> None:
        self.today = day
        self.by(8)

    def by(self, hour: int) -> None:
        """It is this hour by now."""
        self.time = max(self.time, datetime.combine(self.today, time(hour), UTC))

    def day(self, number: int) -> date:
        return self.founded_on + timedelta(days=number)

    def later(self, days: int, what: Callable[[], None]) -> None:
        """In so many days; what lies behind the last day does not happen, and waits."""
        self._later[self.today + timedelta(days=days)].append(what)

    def gathered_later(self, days: int, what: Callable[[], None]) -> None:
        """The same in the evening, together with the other claims."""
        self._gathered_later[self.today + timedelta(days=days)].append(what)

    def due(self) -> list[Callable[[], None]]:
        return self._later.pop(self.today, [])

    def due_in_the_evening(self) -> list[Callable[[], None]]:
        return self._gathered_later.pop(self.today, [])

    # --- steps ----------------------------------------------------------------------------------------------------

    def step(
        self, name: str, do: Do, *, key: UUID | None = None, needed: bool = False, kept: bool = True
    ) -> UUID:
        """Add a step, a minute after the one before; returns its key."""
        key = self.next_id(name) if key is None else key
        self.steps.append(Step(self.time, key, name, do, needed=needed, kept=kept))
        self.time += timedelta(minutes=1)
        return key

    def gathered_step(self, name: str, key: UUID, do: Do) -> None:
        self.steps.append(Step(self.time, key, name, do, gathered=True))

    def proposed(
        self, action: Action, body: object, concerns: UUID | None = None, note: str | None = None
    ) -> UUID:
        """The first co-ordinator proposes something."""
        text = canonical_json(body).decode()
        author = self.coordinators[0].author
        return self.step(
            f"propose {action}",
            lambda stage, key: propose(
                stage.ledger, stage.community, author, key, action, text, concerns, note
            ),
        )

    def approved(self, proposal_id: UUID, make: Callable[[Stage, Proposal], Make]) -> None:
        """The second approves it, and it is done."""
        author = self.coordinators[1].author

        async def do(stage: Stage, key: UUID) -> Answer:
            proposal = await stage.proposal(proposal_id)
            return await approve_deed(
                stage.hours, stage.community, author, key, proposal, make(stage, proposal)
            )

        self.step("approve", do)

    def approved_work(self, proposal_id: UUID, work: Callable[[Stage, Proposal], Work]) -> None:
        """The same of what moves no seconds."""
        author = self.coordinators[1].author

        async def do(stage: Stage, key: UUID) -> Answer:
            proposal = await stage.proposal(proposal_id)
            answers = await approve(
                stage.ledger, stage.community, author, key, proposal, work(stage, proposal)
            )
            return answers[0]

        self.step("approve", do)

    # --- how everybody stands -------------------------------------------------------------------------------------

    def policy_on(self, day: date) -> Policy:
        return SECOND if self.second_from is not None and day >= self.second_from else FOUNDING

    def spare(self, account_id: UUID) -> int:
        """What an account can still spend, claims that wait and what is set aside taken off."""
        return self.balance[account_id] - self.held[account_id] - self.promised[account_id] - MONEY_FLOOR

    def can_pay(self, receiver: Someone, seconds: int) -> bool:
        """Whether a visit will be paid: by the receiver, or by the pot since the second policy lets it help.

        Only once the visits from before are paid, which the pot does not pay.
        """
        since = self.today - timedelta(days=OLD_CLAIMS_DAYS)
        helped = Funder.POT in self.policy_on(since).funders and self.balance[self.pot] > 40 * HOUR
        return helped or self.spare(receiver.payer_id) >= seconds

    def move(self, giver_id: UUID, getter_id: UUID, seconds: int) -> None:
        self.balance[giver_id] -= seconds
        self.balance[getter_id] += seconds

    def week_of(self, visit: Visit) -> tuple[UUID, date]:
        return visit.provider.id, visit.on - timedelta(days=visit.on.weekday())

    def price(self, visit: Visit) -> int:
        """What the visit costs, caps aside: every hour is equal, and rounded."""
        return self.policy_on(visit.on).rounded(visit.seconds)

    def pay(self, visit: Visit) -> None:
        """Keep up with what the books will do once a visit is confirmed."""
        policy = self.policy_on(visit.on)
        week = self.week_of(visit)
        shared = share(policy, self.price(visit), {Period.WEEKLY: self.earned[week]})
        price = shared.provider + shared.pot
        payer_id = visit.receiver.payer_id
        left = self.balance[payer_id] - self.held[payer_id] - price
        if left < MONEY_FLOOR:
            if Funder.POT not in policy.funders:
                return
            payer_id = self.pot
        self.move(payer_id, visit.provider.account_id, shared.provider)
        self.move(payer_id, self.pot, shared.pot)
        self.earned[week] += shared.provider
        visit.credited = shared.provider
        visit.paid = price if payer_id == visit.receiver.payer_id else 0
