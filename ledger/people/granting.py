"""Giving a role and taking it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import act
from ledger.people.delegates import related
from ledger.people.members import read_member, require_another_coordinator, require_member
from ledger.people.proposals import Action, Work, require_second_person
from ledger.people.roles import Role
from ledger.people.sessions import end_sessions


async def grant_role(
    ledger: Ledger, community: Community, author: Author, key: UUID, member_id: UUID, role: Role
) -> Answer:
    """Give a member a role, single-handed: only while nobody else could approve it, or from the shell.

    It counts once they have used a new card and made a passkey: those from before are taken away.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        alone = await require_second_person(db, community.id, author, Action.ROLE, now)
        removed = await _grant(db, community.id, author, member_id, role, author.member_id, None, now)
        return [Event("role_granted", author, member_id, {"role": role, **alone}, key), *removed]

    return await act(ledger, community, author, key, "grant_role", [str(member_id), role], also)


def granting(community: Community, proposer: UUID, approver: Author, member_id: UUID, role: Role) -> Work:
    """The work of an approved proposal to give a role."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        removed = await _grant(db, community.id, approver, member_id, role, proposer, approver.member_id, now)
        said: Details = {"role": role, "proposer": str(proposer)}
        return [Event("role_granted", approver, member_id, said), *removed]

    return Work(also=also)


async def _grant(
    db: Connection,
    community_id: int,
    author: Author,
    member_id: UUID,
    role: Role,
    granted_by: UUID | None,
    approved_by: UUID | None,
    now: datetime,
) -> list[Event]:
    """Give the role, and take away every way in from before it; returns the events of what was taken.

    A card somebody kept, or a passkey somebody put in with one or with a code read in the member's mail, would
    otherwise carry the role. The member gets a new card, and makes a passkey of their own with it.
    """
    member = await require_member(db, community_id, member_id)
    for person in (granted_by, approved_by):
        if person is not None and await related(db, community_id, person, [member_id]):
            raise ActRefused(Refusal.OWN_AFFAIR)
    if member["role"] is not None:
        raise ActRefused(Refusal.ROLE_TAKEN, str(member_id))
    await db.run(
        "people/insert_role",
        community_id=community_id,
        member_id=member_id,
        role=role,
        granted_at=now,
        granted_by=granted_by,
        approved_by=approved_by,
    )
    await end_sessions(db, community_id, member_id, now)
    await db.run("people/revoke_cards", community_id=community_id, member_id=member_id, now=now)
    removed = await db.rows("people/remove_passkeys", community_id=community_id, member_id=member_id, now=now)
    return [
        Event("passkey_removed", author, member_id, {"passkey": str(row["passkey_id"])}) for row in removed
    ]


async def end_role(
    ledger: Ledger, community: Community, author: Author, key: UUID, member_id: UUID
) -> Answer:
    """Take a member's role, or lay down one's own. Ends their sessions at once.

    Taking it needs nobody's approval: whoever is suspected must be stopped now, and can be appointed again. It does
    not make whoever took it alone: see `proposals.NOT_ALONE_FOR`.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        member = await read_member(db, community.id, member_id)
        if member is None:
            raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
        if member["role"] is None:
            raise ActRefused(Refusal.ROLE_UNKNOWN, str(member_id))
        await require_another_coordinator(db, community.id, member)
        await db.run(
            "people/end_role",
            community_id=community.id,
            member_id=member_id,
            now=now,
            ended_by=author.member_id,
        )
        await end_sessions(db, community.id, member_id, now)
        return [Event("role_ended", author, member_id, {"role": member["role"]}, key)]

    return await act(ledger, community, author, key, "end_role", str(member_id), also)
