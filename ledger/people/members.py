"""Members: who belongs to a community, since when, in what classes, and how to reach them.

What can tell who somebody is stands in `person` alone, apart from the books, where it can be erased. Everything
else names a member by their id.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

import asyncpg

from ledger.book.accounts import DEFAULT_LIMITS
from ledger.book.authors import Author, Details, Event
from ledger.book.commands import AccountKind, Act, Command, OpenAccount
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.log.encoding import canonical_json
from ledger.people.acts import act, post
from ledger.people.sessions import end_sessions


class Status(StrEnum):
    """Where a member stands with the community. Only who is active or away can sign in."""

    APPLIED = "applied"
    ACTIVE = "active"
    AWAY = "away"
    LEFT = "left"
    DIED = "died"


GONE = frozenset({Status.LEFT, Status.DIED})
MAY_SIGN_IN = frozenset({Status.ACTIVE, Status.AWAY})


class StakeholderClass(StrEnum):
    """What somebody is to a multi-stakeholder co-operative; several at a time, each with its dates."""

    WORKER = "worker"
    VOLUNTEER = "volunteer"
    SERVICE_USER = "service_user"
    FAMILY_MEMBER = "family_member"
    CAPITAL_PROVIDER = "capital_provider"


@dataclass(frozen=True, slots=True)
class Person:
    """What can tell who a member is. `languages` are BCP 47 tags, the preferred one first."""

    name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    languages: tuple[str, ...] = ()
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class ClassDates:
    """A stakeholder class from one day to another, both included; `until_on` None for still."""

    stakeholder_class: StakeholderClass
    from_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to be enrolled; with `account_id` they hold that account from the start.

    `takes_over` says that the account is there already, from an import say, and nobody's yet.
    """

    id: UUID
    person: Person
    joined_on: date
    status: Status = Status.ACTIVE
    classes: tuple[StakeholderClass, ...] = ()
    account_id: UUID | None = None
    takes_over: bool = False


# Letters of other scripts that look like a Latin one (from Unicode TR39's table, those common in names).
_ALIKE = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d"
    "\u03b1\u03b2\u03b5\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131\u0142\u00f8\u0111"
    "01|i",
    "abekmhopctyxljsdqwabenlkvoptuxllodolll",
)
# Letters and signs that leave no mark: fillers of Hangul, and the empty cell of Braille.
_NO_MARK = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164\uffa0"))


def skeleton(name: str) -> str:
    """The name as it looks: two names with one skeleton can hardly be told apart (after Unicode TR39).

    Accents, case, invisible joiners and the number of blanks do not count; look-alike letters are one letter.
    """
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(each for each in decomposed if unicodedata.category(each) not in ("Mn", "Cf"))
    return " ".join(plain.translate(_NO_MARK).translate(_ALIKE).replace("rn", "m").strip(" .").split())


NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than whatever has happened."""


def account_of(member_id: UUID) -> UUID:
    """The id of the account that is opened with a member."""
    return uuid5(member_id, "account")


async def insert_member(db: Connection, community_id: int, new: NewMember, now: datetime) -> int:
    """Write the rows of a new member; returns their number. For use with the head locked."""
    row = await db.row("people/next_number", community_id=community_id)
    number: int = 1 if row is None else row["next_number"]
    await db.run(
        "people/insert_member",
        community_id=community_id,
        member_id=new.id,
        member_number=number,
        status=new.status,
        joined_on=new.joined_on,
        enrolled_at=now,
    )
    person = new.person
    await db.run(
        "people/insert_person",
        community_id=community_id,
        member_id=new.id,
        skeleton=skeleton(person.name),
        **_columns(person),
    )
    await _write_classes(db, community_id, new.id, [ClassDates(each, new.joined_on) for each in new.classes])
    if new.account_id is not None:
        await db.run(
            "people/insert_holder",
            community_id=community_id,
            account_id=new.account_id,
            member_id=new.id,
            since=now,
        )
    return number


async def enrol(
    ledger: Ledger,
    community: Community,
    author: Author,
    new: NewMember,
    *,
    even_if_alike: bool = False,
    limits: tuple[int | None, int | None] = DEFAULT_LIMITS[AccountKind.MEMBER],
) -> Answer:
    """Enrol a member, with an account of their own when `new.account_id` is set. The id is the request's.

    `limits` are the (floor, ceiling) of that account, in seconds. Refused with NAME_ALIKE when another member's name
    looks the same, unless `even_if_alike`.
    """
    asked = canonical_json(
        {
            **_columns(new.person),
            "joined": str(new.joined_on),
            "status": new.status,
            "classes": list(new.classes),
            "account": None if new.account_id is None else str(new.account_id),
            "even_if_alike": even_if_alike,
        }
    )

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        alike = await db.rows(
            "people/read_alike", community_id=community.id, skeleton=skeleton(new.person.name), besides=new.id
        )
        if alike and not even_if_alike:
            raise ActRefused(Refusal.NAME_ALIKE, str(alike[0]["member_id"]))
        if new.takes_over:
            await _require_free_account(db, community.id, new.account_id)
        number = await insert_member(db, community.id, new, now)
        said: Details = {"number": number, "status": new.status}
        if new.account_id is not None:
            said["account"] = str(new.account_id)
        return [Event("member_enrolled", author, new.id, said, new.id)]

    commands: list[Command] = [Act(new.id, "enrol_member", asked.decode())]
    if new.account_id is not None and not new.takes_over:
        # A code names nobody: it stays when the person is erased.
        code = f"m-{new.id.hex[:8]}"
        commands.append(OpenAccount(new.account_id, AccountKind.MEMBER, code, *limits))
    answers = await post(ledger, community, author, commands, also)
    return answers[0]


async def _require_free_account(db: Connection, community_id: int, account_id: UUID | None) -> None:
    """Refuse to take over what is no member's open account, or is somebody's."""
    row = await db.row("people/read_free_account", community_id=community_id, account_id=account_id)
    if row is None or row["kind"] != AccountKind.MEMBER:
        raise ActRefused(Refusal.ACCOUNT_UNKNOWN, str(account_id))
    if row["closed"]:
        raise ActRefused(Refusal.ACCOUNT_CLOSED, str(account_id))
    if row["member_id"] is not None:
        raise ActRefused(Refusal.HOLDER_KNOWN, str(account_id))


async def change_person(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    member_id: UUID,
    seen_change: int,
    person: Person,
    *,
    even_if_alike: bool = False,
) -> Answer:
    """Replace what is known about a person. MEMBER_CHANGED when somebody else did since `seen_change`."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        row = await _unchanged(db, community.id, member_id, seen_change)
        if row["name"] is None:
            raise ActRefused(Refusal.ALREADY_ERASED)
        new_skeleton = skeleton(person.name)
        alike = await db.rows(
            "people/read_alike", community_id=community.id, skeleton=new_skeleton, besides=member_id
        )
        if alike and new_skeleton != row["skeleton"] and not even_if_alike:
            raise ActRefused(Refusal.NAME_ALIKE, str(alike[0]["member_id"]))
        before = person_of(row)
        changed = [
            each.name for each in fields(Person) if getattr(before, each.name) != getattr(person, each.name)
        ]
        await db.run(
            "people/update_person",
            community_id=community.id,
            member_id=member_id,
            skeleton=new_skeleton,
            **_columns(person),
        )
        await _count_change(db, community.id, row)
        return [Event("person_changed", author, member_id, {"fields": changed}, key)]

    asked = [str(member_id), seen_change, _columns(person), even_if_alike]
    return await act(ledger, community, author, key, "change_person", asked, also)


async def change_standing(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    member_id: UUID,
    seen_change: int,
    *,
    status: Status,
    since: date,
    frail: bool,
) -> Answer:
    """Record a member's status and whether they are frail.

    Whoever is neither active nor away any more is signed out, and has no role and no delegations.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        row = await _unchanged(db, community.id, member_id, seen_change)
        if author.member_id == member_id:
            raise ActRefused(Refusal.OWN_AFFAIR)
        if row["erased_at"] is not None and status not in GONE:
            raise ActRefused(Refusal.ALREADY_ERASED)
        events = [
            Event(
                "standing_changed",
                author,
                member_id,
                {"from": row["status"], "to": status, "since": str(since), "frail": int(frail)},
                key,
            )
        ]
        if status in GONE or status is Status.APPLIED:
            events += await _leave(db, community.id, author, row, now)
        await db.run(
            "people/update_standing",
            community_id=community.id,
            member_id=member_id,
            status=status,
            since=since,
            frail=frail,
        )
        await _count_change(db, community.id, row)
        return events

    return await act(
        ledger,
        community,
        author,
        key,
        "change_standing",
        [str(member_id), seen_change, status, str(since), int(frail)],
        also,
    )


async def _leave(
    db: Connection, community_id: int, author: Author, row: asyncpg.Record, now: datetime
) -> list[Event]:
    """End what only a member who can sign in may have: sessions, cards, a role, delegations given and received."""
    member_id: UUID = row["member_id"]
    events = []
    if row["role"] is not None:
        await require_another_coordinator(db, community_id, row)
        await db.run(
            "people/end_role",
            community_id=community_id,
            member_id=member_id,
            now=now,
            ended_by=author.member_id,
        )
        events.append(Event("role_ended", author, member_id, {"role": row["role"]}))
    ended = await db.rows(
        "people/end_delegations",
        community_id=community_id,
        member_id=member_id,
        now=now,
        ended_by=author.member_id,
    )
    events += [
        Event("delegation_ended", author, each["member_id"], {"delegation": str(each["delegation_id"])})
        for each in ended
    ]
    await end_sessions(db, community_id, member_id, now)
    await db.run("people/revoke_cards", community_id=community_id, member_id=member_id, now=now)
    return events


async def require_another_coordinator(db: Connection, community_id: int, row: asyncpg.Record) -> None:
    """Refuse to take the role from the only co-ordinator."""
    if row["role"] == "coordinator":
        others = await db.rows(
            "people/read_approvers", community_id=community_id, besides=[row["member_id"]], ended_since=NEVER
        )
        if not any(other["role"] == "coordinator" for other in others):
            raise ActRefused(Refusal.LAST_COORDINATOR)


async def change_classes(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    member_id: UUID,
    seen_change: int,
    classes: Sequence[ClassDates],
) -> Answer:
    """Replace a member's stakeholder classes with their dates."""
    asked = [[each.stakeholder_class, str(each.from_on), str(each.until_on or "")] for each in classes]

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        row = await _unchanged(db, community.id, member_id, seen_change)
        if any(each.until_on is not None and each.until_on < each.from_on for each in classes):
            raise ActRefused(Refusal.DATES_REVERSED)
        await db.run("people/delete_classes", community_id=community.id, member_id=member_id)
        await _write_classes(db, community.id, member_id, classes)
        await _count_change(db, community.id, row)
        said = [f"{each.stakeholder_class} {each.from_on} {each.until_on or ''}".strip() for each in classes]
        return [Event("classes_changed", author, member_id, {"classes": said}, key)]

    return await act(
        ledger, community, author, key, "change_classes", [str(member_id), seen_change, asked], also
    )


async def read_member(db: Connection, community_id: int, member_id: UUID) -> asyncpg.Record | None:
    """The member with what is known about them, or None. `name` is None once they were erased."""
    return await db.row("people/read_member", community_id=community_id, member_id=member_id)


async def require_member(db: Connection, community_id: int, member_id: UUID) -> asyncpg.Record:
    """The member, who must belong to the community still. Raises ActRefused."""
    row = await read_member(db, community_id, member_id)
    if row is None:
        raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
    if row["status"] in GONE:
        raise ActRefused(Refusal.MEMBER_GONE, str(member_id))
    return row


def person_of(row: asyncpg.Record) -> Person:
    """The person in a member's row that was not erased."""
    return Person(
        row["name"], row["email"], row["phone"], row["address"], tuple(row["languages"]), row["birth_year"]
    )


def without_contact(person: Person) -> Person:
    """The person as other members may know them: by name and languages."""
    return replace(person, email=None, phone=None, address=None, birth_year=None)


async def _unchanged(db: Connection, community_id: int, member_id: UUID, seen_change: int) -> asyncpg.Record:
    row = await read_member(db, community_id, member_id)
    if row is None:
        raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
    if row["change_count"] != seen_change:
        raise ActRefused(Refusal.MEMBER_CHANGED, str(member_id))
    return row


async def _count_change(db: Connection, community_id: int, row: asyncpg.Record) -> None:
    await db.run(
        "people/count_change",
        community_id=community_id,
        member_id=row["member_id"],
        change_count=row["change_count"] + 1,
    )


async def _write_classes(
    db: Connection, community_id: int, member_id: UUID, classes: Sequence[ClassDates]
) -> None:
    if classes:
        await db.run(
            "people/insert_classes",
            community_id=community_id,
            member_id=member_id,
            classes=[each.stakeholder_class for each in classes],
            from_ons=[each.from_on for each in classes],
            until_ons=[each.until_on for each in classes],
        )


def _columns(person: Person) -> dict[str, object]:
    return {
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "address": person.address,
        "languages": list(person.languages),
        "birth_year": person.birth_year,
    }
