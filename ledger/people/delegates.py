"""Who may act for a member, in what, with how many seconds a month, and until when; and who is whose relative.

A delegation is given by the member themselves, or for a frail member by two co-ordinators who are close to neither.
It is ended at once by any of them. What a delegate spends is counted by calendar month, with the head locked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import act
from ledger.people.members import Status, require_member
from ledger.people.roles import Delegated, DelegateScope

MAX_LISTED = 200
"""How many delegations of a member are listed: those in force first, the newest first."""


class Relation(StrEnum):
    """What one member is to another: `child` says that the delegate, or the relative, is the member's child."""

    SPOUSE = "spouse"
    PARTNER = "partner"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    GRANDCHILD = "grandchild"
    GRANDPARENT = "grandparent"
    IN_LAW = "in_law"
    OTHER_RELATIVE = "other_relative"
    FRIEND = "friend"
    NEIGHBOUR = "neighbour"
    CARER = "carer"


RELATIVES = frozenset(Relation) - {Relation.FRIEND, Relation.NEIGHBOUR, Relation.CARER}
"""Those that are family, so that neither decides about the other."""

_CONVERSE = {
    Relation.CHILD: Relation.PARENT,
    Relation.PARENT: Relation.CHILD,
    Relation.GRANDCHILD: Relation.GRANDPARENT,
    Relation.GRANDPARENT: Relation.GRANDCHILD,
}


def converse(relation: Relation) -> Relation:
    """What the member is to their relative."""
    return _CONVERSE.get(relation, relation)


@dataclass(frozen=True, slots=True)
class Delegation:
    """That `delegate_id` may act for `member_id` from one day to another, both included, None for open.

    `relation` is what the delegate is to the member. `monthly_cap` is seconds a calendar month (UTC); 0 unless
    the delegate may spend.
    """

    id: UUID
    member_id: UUID
    delegate_id: UUID
    relation: Relation
    scopes: frozenset[DelegateScope]
    monthly_cap: int
    from_on: date
    until_on: date | None = None


def refusal_of(delegation: Delegation) -> Refusal | None:
    """What is wrong with a delegation as it is written, whoever gives it."""
    if delegation.delegate_id == delegation.member_id:
        return Refusal.DELEGATE_IS_SELF
    if delegation.until_on is not None and delegation.until_on < delegation.from_on:
        return Refusal.DATES_REVERSED
    spends = DelegateScope.SPEND in delegation.scopes
    if delegation.monthly_cap < 0 or spends != (delegation.monthly_cap > 0):
        return Refusal.CAP_REQUIRED
    return None


def in_force(row: asyncpg.Record, today: date) -> bool:
    """Whether the delegation of a row counts on a day: not ended, within its dates, and both still sign in."""
    present = (Status.ACTIVE, Status.AWAY)
    return (
        not _over(row, today)
        and row["from_on"] <= today
        and row["member_status"] in present
        and row["delegate_status"] in present
    )


def _over(row: asyncpg.Record, today: date) -> bool:
    until_on: date | None = row["until_on"]
    return row["ended_at"] is not None or (until_on is not None and until_on < today)


def month_of(now: datetime) -> date:
    """The first day of the calendar month, in UTC."""
    return now.astimezone(UTC).date().replace(day=1)


async def give_delegation(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    delegation: Delegation,
    *,
    proposer: UUID | None = None,
) -> Answer:
    """Let somebody act for a member: given by the member, or proposed by one co-ordinator and approved by `author`.

    Refused with MEMBER_UNKNOWN or MEMBER_GONE for either of them, and as `insert_delegation` says.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        given_by, approved_by = (author.member_id, None) if proposer is None else (proposer, author.member_id)
        await insert_delegation(
            db, community.id, delegation, given_by=given_by, approved_by=approved_by, now=now
        )
        return delegation_given(author, delegation, key)

    asked = [str(delegation.id), str(delegation.member_id), _said(delegation), str(proposer or "")]
    return await act(ledger, community, author, key, "give_delegation", asked, also)


async def insert_delegation(
    db: Connection,
    community_id: int,
    delegation: Delegation,
    *,
    given_by: UUID | None,
    approved_by: UUID | None,
    now: datetime,
) -> None:
    """Check a delegation and write it, inside another act with the head locked. Raises ActRefused before writing.

    Anybody but the member gives it only to a frail one (NOT_FRAIL), and only with a second person's approval
    (PROPOSER_CANNOT_APPROVE); neither of the two is, or is close to, the member or the
    delegate (OWN_AFFAIR).
    """
    refusal = refusal_of(delegation)
    if refusal is not None:
        raise ActRefused(refusal)
    member = await require_member(db, community_id, delegation.member_id)
    await require_member(db, community_id, delegation.delegate_id)
    if given_by is None or given_by != delegation.member_id:
        both = (delegation.member_id, delegation.delegate_id)
        today = now.astimezone(UTC).date()
        await _require_two_others(db, community_id, given_by, approved_by, both, today)
        if not member["frail"]:
            raise ActRefused(Refusal.NOT_FRAIL)
    await db.run(
        "people/insert_delegation",
        community_id=community_id,
        delegation_id=delegation.id,
        member_id=delegation.member_id,
        delegate_id=delegation.delegate_id,
        relation=delegation.relation,
        scopes=sorted(delegation.scopes),
        monthly_cap=delegation.monthly_cap,
        from_on=delegation.from_on,
        until_on=delegation.until_on,
        given_by=given_by,
        approved_by=approved_by,
        given_at=now,
    )


async def _require_two_others(
    db: Connection,
    community_id: int,
    given_by: UUID | None,
    approved_by: UUID | None,
    concerned: Collection[UUID],
    today: date,
) -> None:
    if given_by is None or approved_by is None:
        raise ActRefused(Refusal.NOT_FRAIL)
    if given_by == approved_by:
        raise ActRefused(Refusal.PROPOSER_CANNOT_APPROVE)
    for person in (given_by, approved_by):
        if await related(db, community_id, person, concerned, today=today):
            raise ActRefused(Refusal.OWN_AFFAIR)


def delegation_given(author: Author, delegation: Delegation, key: UUID) -> list[Event]:
    """The events of a delegation that was given, for the member and for the delegate; `key` is the first one's id."""
    said = {"delegation": str(delegation.id), **_said(delegation)}
    return [
        Event("delegation_given", author, delegation.member_id, said, key),
        Event("delegation_received", author, delegation.delegate_id, said),
    ]


def _said(delegation: Delegation) -> Details:
    return {
        "delegate": str(delegation.delegate_id),
        "relation": delegation.relation,
        "scopes": [str(scope) for scope in sorted(delegation.scopes)],
        "cap": delegation.monthly_cap,
        "from": str(delegation.from_on),
        "until": None if delegation.until_on is None else str(delegation.until_on),
    }


async def end_delegation(
    ledger: Ledger, community: Community, author: Author, key: UUID, delegation_id: UUID
) -> Answer:
    """End a delegation from this moment on. Who may is for the caller to know.

    Refused with DELEGATION_UNKNOWN, or with DELEGATION_ENDED when it was ended before or its last day has passed.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        row = await read_delegation(db, community.id, delegation_id, now)
        if row is None:
            raise ActRefused(Refusal.DELEGATION_UNKNOWN, str(delegation_id))
        if _over(row, now.astimezone(UTC).date()):
            raise ActRefused(Refusal.DELEGATION_ENDED, str(delegation_id))
        await db.run(
            "people/end_delegation",
            community_id=community.id,
            delegation_id=delegation_id,
            ended_at=now,
            ended_by=author.member_id,
        )
        said: Details = {
            "delegation": str(delegation_id),
            "delegate": str(row["delegate_id"]),
        }
        return [
            Event("delegation_ended", author, row["member_id"], said, key),
            Event("delegation_ended", author, row["delegate_id"], said),
        ]

    return await act(ledger, community, author, key, "end_delegation", str(delegation_id), also)


async def read_delegation(
    db: Connection, community_id: int, delegation_id: UUID, now: datetime
) -> asyncpg.Record | None:
    """The delegation with what was `spent` under it in the month of `now`, or None."""
    return await db.row(
        "people/read_delegation",
        community_id=community_id,
        delegation_id=delegation_id,
        month=month_of(now),
    )


async def list_delegations(
    db: Connection, community_id: int, member_id: UUID, now: datetime
) -> list[asyncpg.Record]:
    """The delegations a member gave and was given, ended ones too, with what was `spent` in the month of `now`."""
    return await db.rows(
        "people/list_delegations",
        community_id=community_id,
        member_id=member_id,
        month=month_of(now),
        at_most=MAX_LISTED,
    )


async def spend(db: Connection, community_id: int, delegated: Delegated, seconds: int, now: datetime) -> None:
    """Count seconds that a delegate spends towards their cap of this month; `seconds` are more than zero.

    For use within an act, with the head locked. Raises ActRefused, before writing, with OVER_DELEGATE_CAP, or with
    DELEGATION_ENDED when it is not in force (any more): the one at hand was read before the lock.
    """
    if seconds <= 0:
        raise ValueError("a delegate spends more than zero seconds")
    row = await read_delegation(db, community_id, delegated.delegation_id, now)
    if row is None or DelegateScope.SPEND not in row["scopes"]:
        raise ActRefused(Refusal.DELEGATION_UNKNOWN, str(delegated.delegation_id))
    if not in_force(row, now.astimezone(UTC).date()):
        raise ActRefused(Refusal.DELEGATION_ENDED, str(delegated.delegation_id))
    spent: int = row["spent"] + seconds
    if spent > row["monthly_cap"]:
        raise ActRefused(Refusal.OVER_DELEGATE_CAP, str(delegated.delegation_id))
    await db.run(
        "people/set_delegation_month",
        community_id=community_id,
        delegation_id=delegated.delegation_id,
        month=month_of(now),
        seconds=spent,
    )


async def related(
    db: Connection,
    community_id: int,
    member_id: UUID,
    other_ids: Collection[UUID],
    *,
    today: date | None = None,
) -> bool:
    """Whether the member is one of the others or close to one: then they do not decide about them.

    Close are relatives, either way round; those the member acts for `today` (UTC); and whoever holds an account
    together with the member.
    """
    if member_id in other_ids:
        return True
    found = await db.rows(
        "people/find_relatives_among",
        community_id=community_id,
        member_id=member_id,
        others=list(other_ids),
        today=today or datetime.now(UTC).date(),
    )
    return bool(found)


async def add_relative(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    member_id: UUID,
    relative_id: UUID,
    relation: Relation,
) -> Answer:
    """Record that two members are family; in place of what was recorded of the two before.

    Refused with MEMBER_UNKNOWN or MEMBER_GONE for either of them.
    """
    if member_id == relative_id or relation not in RELATIVES:
        raise ValueError("a relative is another member of the family")

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await require_member(db, community.id, member_id)
        await require_member(db, community.id, relative_id)
        await _replace_relative(db, community.id, member_id, relative_id, relation)
        said: Details = {"relative": str(relative_id), "relation": relation}
        theirs: Details = {"relative": str(member_id), "relation": converse(relation)}
        return [
            Event("relative_recorded", author, member_id, said, key),
            Event("relative_recorded", author, relative_id, theirs),
        ]

    return await act(
        ledger, community, author, key, "add_relative", [str(member_id), str(relative_id), relation], also
    )


async def remove_relative(
    ledger: Ledger, community: Community, author: Author, key: UUID, member_id: UUID, relative_id: UUID
) -> Answer:
    """Take back that two members are family. Refused with MEMBER_UNKNOWN when that is not recorded.

    Nobody does so of themselves (OWN_AFFAIR), to decide about their family afterwards.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        if author.member_id in (member_id, relative_id):
            raise ActRefused(Refusal.OWN_AFFAIR)
        if not await _delete_relative(db, community.id, member_id, relative_id):
            raise ActRefused(Refusal.MEMBER_UNKNOWN, str(relative_id))
        return [
            Event("relative_removed", author, member_id, {"relative": str(relative_id)}, key),
            Event("relative_removed", author, relative_id, {"relative": str(member_id)}),
        ]

    return await act(
        ledger, community, author, key, "remove_relative", [str(member_id), str(relative_id)], also
    )


async def list_relatives(db: Connection, community_id: int, member_id: UUID) -> list[tuple[UUID, Relation]]:
    """The member's relatives, and what each is to the member."""
    rows = await db.rows("people/list_relatives", community_id=community_id, member_id=member_id)
    return [
        (row["relative_id"], Relation(row["relation"]))
        if row["member_id"] == member_id
        else (row["member_id"], converse(Relation(row["relation"])))
        for row in rows
    ]


async def _replace_relative(
    db: Connection, community_id: int, member_id: UUID, relative_id: UUID, relation: Relation
) -> None:
    """One row for two relatives, whichever of them it is written for."""
    await _delete_relative(db, community_id, member_id, relative_id)
    await db.run(
        "people/insert_relative",
        community_id=community_id,
        member_id=member_id,
        relative_id=relative_id,
        relation=relation,
    )


async def _delete_relative(db: Connection, community_id: int, member_id: UUID, relative_id: UUID) -> bool:
    deleted = await db.rows(
        "people/delete_relative", community_id=community_id, member_id=member_id, relative_id=relative_id
    )
    return bool(deleted)
