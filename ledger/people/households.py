"""Households: several members who hold one account together."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from ledger.book.authors import Author, Event
from ledger.book.commands import AccountKind
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import act
from ledger.people.delegates import related
from ledger.people.members import require_member


async def add_holder(
    ledger: Ledger, community: Community, author: Author, key: UUID, account_id: UUID, member_id: UUID
) -> Answer:
    """Let a member hold a household's account, together with whoever holds it.

    Refused with ACCOUNT_UNKNOWN, NOT_A_HOUSEHOLD, ACCOUNT_CLOSED, MEMBER_UNKNOWN, MEMBER_GONE or HOLDER_KNOWN; and
    with OWN_AFFAIR when the author would give the account's seconds to themselves or somebody close to them.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        account = await _require_household(db, community.id, account_id, now)
        if account["closed"]:
            raise ActRefused(Refusal.ACCOUNT_CLOSED, str(account_id))
        await require_member(db, community.id, member_id)
        if await _holds(db, community.id, account_id, member_id):
            raise ActRefused(Refusal.HOLDER_KNOWN, str(member_id))
        await _require_stranger(db, community.id, author, member_id, now)
        await db.run(
            "people/insert_holder",
            community_id=community.id,
            account_id=account_id,
            member_id=member_id,
            since=now,
        )
        return [Event("holder_added", author, member_id, {"account": str(account_id)}, key)]

    return await act(ledger, community, key, "add_holder", [str(account_id), str(member_id)], also)


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
        return [Event("holder_removed", author, member_id, {"account": str(account_id)}, key)]

    return await act(ledger, community, key, "remove_holder", [str(account_id), str(member_id)], also)


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
