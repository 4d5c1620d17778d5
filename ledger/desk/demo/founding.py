"""The first day: members and families are enrolled, roles given, accounts opened, and the first policy applied."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from ledger.book.accounts import DEFAULT_LIMITS
from ledger.book.authors import SHELL, Author, Event
from ledger.book.commands import AccountKind, OpenAccount
from ledger.book.ledger import Answer
from ledger.desk.demo.people import (
    APPLICANT,
    AUDITOR,
    CAPITAL_PROVIDERS,
    COORDINATORS,
    HOUSEHOLDS,
    RELATIVES,
    WORKERS,
    Cast,
)
from ledger.desk.demo.stage import Do, Stage
from ledger.desk.demo.teller import FOUNDING, HOUR, Someone, Teller, policy_source
from ledger.hours.applying import NewPolicy, apply_policy
from ledger.hours.pots import Eligible, PotRule, Purpose, set_pot_rule
from ledger.people.acts import record
from ledger.people.delegates import Relation, add_relative
from ledger.people.granting import grant_role
from ledger.people.households import add_holder
from ledger.people.limiting import opening
from ledger.people.members import (
    NewMember,
    Person,
    StakeholderClass,
    Status,
    account_of,
    change_standing,
    enrol,
)
from ledger.people.roles import Role

COMMUNITY_RULE = PotRule(Purpose.COMMUNITY, Eligible.ANYBODY, 320 * HOUR, 40 * HOUR, 12 * HOUR)
HARDSHIP_RULE = PotRule(Purpose.HARDSHIP, Eligible.FRAIL, 60 * HOUR, 20 * HOUR, 6 * HOUR)
GUARANTEE_RULE = PotRule(Purpose.GUARANTEE, Eligible.ANYBODY, None, None, HOUR)


def found(teller: Teller) -> None:
    """Set the co-op up, by the operator and the first co-ordinator."""
    here = [someone for someone in teller.people if someone.joined_on == teller.founded_on]
    # Those with a role first: they enrol the others.
    for someone in sorted(here, key=lambda each: each.place not in (*COORDINATORS, AUDITOR)):
        with_role = someone.place in (*COORDINATORS, AUDITOR)
        enrol_now(teller, someone, SHELL if with_role else teller.coordinators[0].author)
        if with_role:
            role = Role.AUDITOR if someone.place == AUDITOR else Role.COORDINATOR
            teller.step("grant_role", _granting(someone.id, role), needed=True)
    teller.step("found", _founded, key=teller.id("founded"))
    _accounts(teller)
    new = NewPolicy(policy_source("founding"), FOUNDING)
    teller.step(
        "apply_policy",
        lambda stage, key: apply_policy(stage.hours, stage.community, SHELL, key, new),
        needed=True,
    )
    for account_id, rule in (
        (teller.pot, COMMUNITY_RULE),
        (teller.hardship, HARDSHIP_RULE),
        (teller.guarantee, GUARANTEE_RULE),
    ):
        teller.step("set_pot_rule", _ruling(account_id, rule), needed=True)
    for number, (name, places) in enumerate(HOUSEHOLDS, start=1):
        _household(teller, number, name, [teller.people[place] for place in places])
    for member, relative, relation in RELATIVES:
        teller.step(
            "add_relative",
            _relating(teller, teller.people[member], teller.people[relative], relation),
            needed=True,
        )


async def _founded(stage: Stage, key: UUID) -> Answer:
    return await record(stage.ledger, stage.community, Event("community_founded", SHELL, id=key))


def _granting(member_id: UUID, role: Role) -> Do:
    return lambda stage, key: grant_role(stage.ledger, stage.community, SHELL, key, member_id, role)


def _ruling(account_id: UUID, rule: PotRule) -> Do:
    return lambda stage, key: set_pot_rule(stage.hours, stage.community, SHELL, key, account_id, rule)


def _relating(teller: Teller, member: Someone, relative: Someone, relation: Relation) -> Do:
    author = teller.coordinator.author
    return lambda stage, key: add_relative(
        stage.ledger, stage.community, author, key, member.id, relative.id, relation
    )


def enrol_now(teller: Teller, someone: Someone, author: Author) -> None:
    """Enrol somebody today, and record it when they are frail."""
    _enrol(teller, someone.id, someone.cast, author, Status.ACTIVE, tuple(_classes(someone)))
    if someone.frail:
        teller.step("change_standing", standing(teller, someone, Status.ACTIVE), needed=True)


def apply_now(teller: Teller) -> None:
    """Somebody asks to join, and waits for an answer."""
    author = teller.coordinator.author
    _enrol(teller, teller.id("applicant"), APPLICANT, author, Status.APPLIED, ())


def _enrol(
    teller: Teller,
    member_id: UUID,
    cast: Cast,
    author: Author,
    status: Status,
    classes: tuple[StakeholderClass, ...],
) -> None:
    person = Person(cast.name, cast.email, languages=(cast.language,), birth_year=cast.birth_year)
    account_id = account_of(member_id) if status is Status.ACTIVE else None
    new = NewMember(member_id, person, teller.today, status, classes, account_id)
    teller.step(
        "enrol",
        lambda stage, _: enrol(stage.ledger, stage.community, author, new),
        key=member_id,
        needed=True,
    )


def _classes(someone: Someone) -> Iterator[StakeholderClass]:
    yield StakeholderClass.VOLUNTEER if someone.cast.helper else StakeholderClass.SERVICE_USER
    if someone.place in (*WORKERS, *COORDINATORS):
        yield StakeholderClass.WORKER
    if someone.place in CAPITAL_PROVIDERS:
        yield StakeholderClass.CAPITAL_PROVIDER
    if any(someone.place == relative for _, relative, _ in RELATIVES):
        yield StakeholderClass.FAMILY_MEMBER


def standing(teller: Teller, someone: Someone, status: Status) -> Do:
    """Records how somebody stands from today on; counts the change, of which the next one must know."""
    seen, since, author = someone.change_count, teller.today, teller.coordinator.author
    someone.change_count += 1
    return lambda stage, key: change_standing(
        stage.ledger,
        stage.community,
        author,
        key,
        someone.id,
        seen,
        status=status,
        since=since,
        frail=someone.frail,
    )


def _accounts(teller: Teller) -> None:
    for account_id, kind, code, name in (
        (teller.issuance, AccountKind.ISSUANCE, "issuance", "Hours issued"),
        (teller.pot, AccountKind.POT, "community-pot", "Community pot"),
        (teller.hardship, AccountKind.POT, "hardship-pot", "Hardship pot"),
        (teller.guarantee, AccountKind.POT, "guarantee-pot", "Guarantee pot"),
    ):
        _open(teller, OpenAccount(account_id, kind, code, *DEFAULT_LIMITS[kind], name))


def _open(teller: Teller, command: OpenAccount) -> None:
    author = teller.coordinator.author

    async def do(stage: Stage, _: UUID) -> Answer:
        also = opening(stage.community, author, command, DEFAULT_LIMITS[command.kind])
        [answer] = await stage.ledger.post(stage.community, [command], also)
        return answer

    teller.step("open_account", do, key=command.id, needed=True)


def _household(teller: Teller, number: int, name: str, holders: list[Someone]) -> None:
    account_id, kind = teller.household(number), AccountKind.HOUSEHOLD
    _open(teller, OpenAccount(account_id, kind, f"h{number}", *DEFAULT_LIMITS[kind], name))
    for holder in holders:
        teller.step("add_holder", _letting_in(teller.coordinator.author, account_id, holder.id), needed=True)


def _letting_in(author: Author, account_id: UUID, member_id: UUID) -> Do:
    return lambda stage, key: add_holder(stage.ledger, stage.community, author, key, account_id, member_id)


def join_later(teller: Teller) -> None:
    """Those who join in the course of the year."""
    for someone in teller.people:
        if someone.cast.joined_day:
            teller.later(someone.cast.joined_day, partial(_join, teller, someone))


def _join(teller: Teller, someone: Someone) -> None:
    enrol_now(teller, someone, teller.coordinator.author)
