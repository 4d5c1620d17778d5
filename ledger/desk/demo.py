"""An invented co-op, for looking around: about forty people in six languages and a year of hours.

`demo_commands` is pure. The same seed and day give the same commands with the same ids for ever, and every
one of them is accepted. `make_demo` takes the day on which the community was founded, so it can be
interrupted, and run again on any later day, and changes nothing that is there.

The story: helpers give most of the care and frail people receive it. Each month the co-op issues hours to
the community pot, the pot grants them to those who run short, and helpers with plenty give some to the
hardship pot. Families spend from a shared account. Some visits are reserved first and settled with what was
really used, and now and then somebody types a wrong number, and it is reversed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.book.accounts import DEFAULT_LIMITS
from ledger.book.commands import (
    AccountKind,
    Command,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    TransferKind,
    VoidHold,
)
from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.book.posting import Refused

SEED = "carehours"
SLUG = "demo"
NAME = "Orchard Lane Care Co-operative"
QUARTER = 900
DAYS = 364

_T = TypeVar("_T")

# (name, helper): six or seven people a language; every third needs more care than they can give.
_PEOPLE = (
    ("Margaret Holloway", False), ("Thomas Ashdown", True), ("Priya Winterbourne", True),
    ("Doris Pemberley", False), ("Samuel Kettlewell", True), ("Joan Fairbrother", True),
    ("Walter Stainforth", False),
    ("Eluned Prosser", True), ("Gwilym Tudur", False), ("Angharad Bevan", True), ("Ifor Llywelyn", True),
    ("Nerys Cadwaladr", False), ("Dafydd Gethin", True), ("Siân Môn", True),
    ("Ornella Brambilla", True), ("Ettore Fumagalli", False), ("Giuseppina Rotondo", False),
    ("Niccolò Valsecchi", True), ("Mariù Scaramuzza", True), ("Fausto Bellini", True),
    ("Iluminada Cortázar", False), ("Joaquín Peñalver", True), ("Begoña Ibáñez", True),
    ("Nicanor Zúñiga", False), ("Rosalía Quiñones", True), ("Leandro Muñiz", True),
    ("Montserrat Puigdollers", False), ("Jaume Vilalta", True), ("Neus Garriga", True),
    ("Ramon Casadellà", False), ("Mercè Abellán", True), ("Oriol Güell", True),
    ("佐々木 千代", False), ("高橋 健一", True), ("森田 由美子", True),
    ("石川 勇", False), ("小野寺 さくら", True), ("藤原 美咲", True), ("西村 拓海", True),
)  # fmt: skip

# (name of the household, the members whose care it pays for, as places in _PEOPLE)
_HOUSEHOLDS = (
    ("Holloway and Ashdown", (0, 1)),
    ("Teulu Tudur", (8, 9)),
    ("Famiglia Fumagalli", (15, 17)),
    ("Casa Cortázar", (20, 22)),
    ("Família Puigdollers", (26, 27)),
    ("石川家", (35, 37)),
)

_CARE_NOTES = (
    "Shopping and a chat", "A walk in the park", "To the doctor and back", "Cooking for two days",
    "Cwmni a phaned", "Garddio", "Compagnia e lettura", "Spesa al mercato", "Paseo y compañía",
    "Ayuda con papeles", "Acompanyament al metge", "Arreglar l'aixeta", "買い物の付き添い", "話し相手",
)  # fmt: skip
_MISTAKES = (
    "Typed 4 hours instead of 1",
    "The visit was on another day",
    "Entered for the wrong neighbour",
    "Recorded twice",
)


@dataclass(slots=True)
class _Teller:
    """Draws from the seed, keeps the balances, and names everything it makes."""

    namespace: UUID
    today: date
    random: Random
    balance: dict[UUID, int] = field(default_factory=dict)
    floor: dict[UUID, int | None] = field(default_factory=dict)
    count: int = 0

    def id(self, name: str) -> UUID:
        return uuid5(self.namespace, name)

    def next_id(self, what: str) -> UUID:
        self.count += 1
        return self.id(f"{what}/{self.count}")

    def open(self, kind: AccountKind, code: str, name: str) -> OpenAccount:
        floor, ceiling = DEFAULT_LIMITS[kind]
        command = OpenAccount(self.id(f"account/{code}"), kind, code, floor, ceiling, name)
        self.balance[command.id] = 0
        self.floor[command.id] = floor
        return command

    def can_give(self, account_id: UUID, seconds: int) -> bool:
        floor = self.floor[account_id]
        return floor is None or self.balance[account_id] - seconds >= floor

    def move(
        self,
        kind: TransferKind,
        giver: UUID,
        receiver: UUID,
        seconds: int,
        on: date | None,
        note: str | None = None,
        hold_id: UUID | None = None,
    ) -> PostTransfer:
        self.balance[giver] -= seconds
        self.balance[receiver] += seconds
        return PostTransfer(
            self.next_id("transfer"), kind, ((giver, -seconds), (receiver, seconds)), on, hold_id, note
        )

    def pick(self, choices: list[_T] | tuple[_T, ...]) -> _T:
        return choices[self.random.randrange(len(choices))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def visit_seconds(self) -> int:
        """Half an hour to three hours in quarters, mostly one or two hours."""
        return QUARTER * self.pick((2, 3, 4, 4, 4, 5, 6, 6, 7, 8, 8, 10, 12))


def demo_commands(seed: str, today: date) -> Iterator[list[Command]]:
    """The co-op's accounts, then a batch a week: hours of the year before `today`, about 2,000 transfers."""
    chance = Random(f"{seed}/{today.isoformat()}")  # noqa: S311 - it invents people, not secrets
    teller = _Teller(uuid5(NAMESPACE_URL, f"carehours-demo/{seed}"), today, chance)
    issuance = teller.open(AccountKind.ISSUANCE, "issuance", NAME)
    pot = teller.open(AccountKind.POT, "community-pot", "Community pot")
    hardship = teller.open(AccountKind.POT, "hardship-pot", "Hardship pot")
    people = [
        teller.open(AccountKind.MEMBER, f"m{number:02}", name)
        for number, (name, _) in enumerate(_PEOPLE, start=1)
    ]
    households = [
        teller.open(AccountKind.HOUSEHOLD, f"h{number}", name)
        for number, (name, _) in enumerate(_HOUSEHOLDS, start=1)
    ]
    yield [issuance, pot, hardship, *people, *households]

    year = _Year(
        teller,
        issuance.id,
        pot.id,
        hardship.id,
        helpers=[person.id for person, (_, helper) in zip(people, _PEOPLE, strict=True) if helper],
        frail=[person.id for person, (_, helper) in zip(people, _PEOPLE, strict=True) if not helper],
        households=[household.id for household in households],
        family={
            household.id: [people[place].id for place in places]
            for household, (_, places) in zip(households, _HOUSEHOLDS, strict=True)
        },
    )
    monday = today - timedelta(days=DAYS)
    monday -= timedelta(days=monday.weekday())
    while monday < today:
        if week := list(year.week(monday)):
            yield week
        monday += timedelta(days=7)


@dataclass(slots=True)
class _Year:
    teller: _Teller
    issuance: UUID
    pot: UUID
    hardship: UUID
    helpers: list[UUID]
    frail: list[UUID]
    households: list[UUID]
    family: dict[UUID, list[UUID]]
    mistakes: list[PostTransfer] = field(default_factory=list)

    def week(self, monday: date) -> Iterator[Command]:
        """Care from Monday to Saturday, pots at the beginning of the month, the rest when it happens."""
        yield from self.corrections()
        for day in range(7):
            on = monday + timedelta(days=day)
            if not self.teller.today - timedelta(days=DAYS) <= on < self.teller.today:
                continue
            if on.day == 1 or on == self.teller.today - timedelta(days=DAYS):
                yield from self.month(on)
            for _ in range((7, 6, 7, 6, 7, 3, 1)[day]):
                yield from self.visit(on)
            if day == 2:
                yield from self.family_visit(on)
                yield from self.reserved_visit(on)
            if day == 4 and self.teller.chance(60):
                yield from self.gift(on)
            if day == 5 and self.teller.chance(15):
                yield from self.mistake(on)

    def month(self, on: date) -> Iterator[Command]:
        """Hours are issued to the pot, and those who run short, and the families, are granted some."""
        move, issued = self.teller.move, 200 * 3600
        yield move(TransferKind.GRANT, self.issuance, self.pot, issued, on, "Hours issued for the month")
        for person in sorted(self.frail, key=lambda person: self.teller.balance[person]):
            if self.teller.balance[person] < 2 * 3600 and self.teller.can_give(self.pot, 14 * 3600):
                yield move(TransferKind.GRANT, self.pot, person, 14 * 3600, on, "Monthly grant")
        for household in self.households:
            if self.teller.balance[household] < 6 * 3600 and self.teller.can_give(self.pot, 6 * 3600):
                yield move(TransferKind.GRANT, self.pot, household, 6 * 3600, on, "Family grant")

    def visit(self, on: date) -> Iterator[Command]:
        """One person helps another. Mostly a helper helps a frail person, who may be helped out by a pot."""
        teller = self.teller
        provider = teller.pick(self.helpers)
        receiver = teller.pick(self.frail if teller.chance(65) else self.helpers + self.frail)
        if teller.chance(12):
            provider, receiver = teller.pick(self.frail), teller.pick(self.helpers)
        if provider == receiver:
            return
        seconds = teller.visit_seconds()
        if not teller.can_give(receiver, seconds):
            if not teller.can_give(self.hardship, seconds):
                return
            yield teller.move(
                TransferKind.GRANT, self.hardship, receiver, seconds, on, "From the hardship pot"
            )
        note = teller.pick(_CARE_NOTES) if teller.chance(50) else None
        yield teller.move(TransferKind.CARE, receiver, provider, seconds, on, note)

    def family_visit(self, on: date) -> Iterator[Command]:
        """A family spends what it has on care by somebody outside the family."""
        household = self.teller.pick(self.households)
        provider = self.outsider(household)
        seconds = self.teller.visit_seconds()
        if self.teller.can_give(household, seconds):
            yield self.teller.move(TransferKind.REDEEM, household, provider, seconds, on, "Visit to a parent")

    def reserved_visit(self, on: date) -> Iterator[Command]:
        """Two hours are set aside; the visit takes all, part or none of them, or is still to come."""
        teller = self.teller
        household = teller.pick(self.households)
        reserved = 2 * 3600
        if not teller.can_give(household, reserved):
            return
        expires = datetime.combine(teller.today + timedelta(days=365), datetime.min.time(), UTC)
        hold = PlaceHold(teller.next_id("hold"), household, reserved, expires)
        yield hold
        if on >= teller.today - timedelta(days=14):
            teller.balance[household] -= reserved  # as good as spent
            return
        if teller.chance(10):
            yield VoidHold(teller.next_id("void"), hold.id)
            return
        used = QUARTER * (3 + teller.random.randrange(6))
        provider = self.outsider(household)
        yield teller.move(TransferKind.SETTLE, household, provider, used, on, "Reserved visit", hold.id)

    def outsider(self, household: UUID) -> UUID:
        return self.teller.pick([person for person in self.helpers if person not in self.family[household]])

    def gift(self, on: date) -> Iterator[Command]:
        """Somebody with plenty gives: to a neighbour, to the family's account, or to the hardship pot."""
        teller = self.teller
        giver = max(self.helpers, key=lambda person: teller.balance[person])
        if teller.balance[giver] < 10 * 3600:
            return
        own = [household for household, family in self.family.items() if giver in family]
        receiver = self.hardship if teller.chance(60) else teller.pick(own or self.frail)
        seconds = 3600 * (1 + teller.random.randrange(4))
        yield teller.move(TransferKind.GIFT, giver, receiver, seconds, on, "A gift")

    def mistake(self, on: date) -> Iterator[Command]:
        """A wrong transfer, which somebody notices the week after."""
        teller = self.teller
        receiver = max(self.frail, key=lambda person: teller.balance[person])
        provider = teller.pick(self.helpers)
        if teller.can_give(receiver, 4 * 3600):
            wrong = teller.move(TransferKind.CARE, receiver, provider, 4 * 3600, on)
            self.mistakes.append(wrong)
            yield wrong

    def corrections(self) -> Iterator[Command]:
        """The reversals of the mistakes before: both stay in the book."""
        teller = self.teller
        for wrong in self.mistakes:
            (receiver, _), (provider, seconds) = wrong.entries
            if teller.can_give(provider, seconds):
                teller.balance[receiver] += seconds
                teller.balance[provider] -= seconds
                yield ReverseTransfer(teller.next_id("reversal"), wrong.id, teller.pick(_MISTAKES))
        self.mistakes.clear()


async def make_demo(
    ledger: Ledger,
    community: Community,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    seed: str = SEED,
) -> int:
    """Fill a community with the demo, as of the day it was founded; returns how many commands it has.

    Running it again posts nothing anew. Raises RuntimeError when the community holds other things that get in
    the way.
    """
    async with ledger.database.connection(community.id) as db:
        row = await db.row("desk/read_founded_at", community_id=community.id)
    if row is None:
        raise LookupError(f"community {community.slug} is not there")
    batches = list(demo_commands(seed, row["founded_at"].date()))
    total = sum(len(batch) for batch in batches)
    done = 0
    progress(done, total)
    for batch in batches:
        outcomes = [answer.outcome for answer in await ledger.post(community, batch)]
        refused = [outcome.refusal for outcome in outcomes if isinstance(outcome, Refused)]
        if refused:
            raise RuntimeError(f"the demo needs a community of its own: {refused[0].says}")
        done += len(batch)
        progress(done, total)
    return total
