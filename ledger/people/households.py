"""Households: several members who hold one account together."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from ledger.book.authors import Author, Details, Event, Via
from ledger.book.commands import AccountKind
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import act
from ledger.people.delegates import related
from ledger.people.members import require_member
from ledger.people.proposals import Action, Work, require_second_person


async def add_holder(
    ledger: Ledger, community: Community, author: Author, key: UUID, account_id: UUID, member_id: UUID
) -> Answer:
    """Let a member hold a household's account, together with whoever holds it.

    By one of those who hold it; or by a co-ordinator, alone only as long as the account has never been used: what is
    on it would be handed to somebody. Refused with ACCOUNT_UNKNOWN, NOT_A_HOUSEHOLD, ACCOUNT_CLOSED, MEMBER_UNKNOWN,
    MEMBER_GONE, HOLDER_KNOWN or SECOND_PERSON_NEEDED; and with OWN_AFFAIR when the author holds nothing and would
    give the account's seconds to themselves or somebody close to them.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        account = await _require_household(db, community.id, account_id, now)
        alone: Details = {}
        if author.member_id is None or not await _holds(db, community.id, account_id, author.member_id):
            await _require_stranger(db, community.id, author, member_id, now)
            if account["entry_count"] > 0:
                alone = await require_second_person(db, community.id, author, Action.HOLDER, now)
        return await _add(db, community.id, author, account, member_id, now, alone, key)

    return await act(ledger, community, author, key, "add_holder", [str(account_id), str(member_id)], also)


def holding(
    community: Community, proposer: UUID, approver: Author, account_id: UUID, member_id: UUID
) -> Work:
    """The work of an approved proposal to let a member hold a household's account."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        account = await _require_household(db, community.id, account_id, now)
        for author in (approver, Author(Via.COORDINATOR, proposer)):
            await _require_stranger(db, community.id, author, member_id, now)
        said: Details = {"proposer": str(proposer)}
        return await _add(db, community.id, approver, account, member_id, now, said, uuid4())

    return Work(also=also)


async def _add(
    db: Connection,
    community_id: int,
    author: Author,
    account: asyncpg.Record,
    member_id: UUID,
    now: datetime,
    more: Details,
    key: UUID,
) -> list[Event]:
    """Add the holder; the event is for all who hold the account, the new one first."""
    account_id: UUID = account["account_id"]
    if account["closed"]:
        raise ActRefused(Refusal.ACCOUNT_CLOSED, str(account_id))
    await require_member(db, community_id, member_id)
    holders = [row["member_id"] for row in await list_holders(db, community_id, account_id)]
    if member_id in holders:
        raise ActRefused(Refusal.HOLDER_KNOWN, str(member_id))
    await db.run(
        "people/insert_holder",
        community_id=community_id,
        account_id=account_id,
        member_id=member_id,
        since=now,
    )
    said: Details = {"account": str(account_id), "holder": str(member_id), **more}
    return [
        Event("holder_added", author, member_id, said, key),
        *[Event("household_changed", author, each, said) for each in holders],
    ]


async def remove_holder(
    ledger: Ledger, community: Community, author: Author, key: UUID, account_id: UUID, member_id: UUID
) -> Answer:
    """Let a member hold a household's account no longer, from this moment on.

    Refused with ACCOUNT_UNKNOWN, NOT_A_HOUSEHOLD or HOLDER_UNKNOWN; and with OWN_AFFAIR when the author is that
    member or close to them, which everybody is who holds the account too.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await _require_household(db, community.id, account_id, now)
        if not await _holds(db, community.id, account_id, member_id):
            raise ActRefused(Refusal.HOLDER_UNKNOWN, str(member_id))
        await _require_stranger(db, community.id, author, member_id, now)
        await db.run(
            "people/end_holder",
            community_id=community.id,
            account_id=account_id,
            member_id=member_id,
            until=now,
        )
        said: Details = {"account": str(account_id), "holder": str(member_id)}
        holders = await list_holders(db, community.id, account_id)
        return [
            Event("holder_removed", author, member_id, said, key),
            *[Event("household_changed", author, row["member_id"], said) for row in holders],
        ]

    return await act(ledger, community, author, key, "remove_holder", [str(account_id), str(member_id)], also)


async def list_holders(db: Connection, community_id: int, account_id: UUID) -> list[asyncpg.Record]:
    """Who holds an account now (`member_id`, `since`), longest first."""
    return await db.rows("people/list_holders", community_id=community_id, account_id=account_id)


async def _holds(db: Connection, community_id: int, account_id: UUID, member_id: UUID) -> bool:
    return any(row["member_id"] == member_id for row in await list_holders(db, community_id, account_id))


async def _require_household(
    db: Connection, community_id: int, account_id: UUID, now: datetime
) -> asyncpg.Record:
    account = await db.row("book/read_account", community_id=community_id, account_id=account_id, now=now)
    if account is None:
        raise ActRefused(Refusal.ACCOUNT_UNKNOWN, str(account_id))
    if account["kind"] != AccountKind.HOUSEHOLD:
        raise ActRefused(Refusal.NOT_A_HOUSEHOLD, str(account_id))
    return account


async def _require_stranger(
    db: Connection, community_id: int, author: Author, member_id: UUID, now: datetime
) -> None:
    today = now.astimezone(UTC).date()
    if author.member_id is not None and await related(
        db, community_id, author.member_id, [member_id], today=today
    ):
        raise ActRefused(Refusal.OWN_AFFAIR)
