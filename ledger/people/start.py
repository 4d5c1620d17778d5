"""The link a first start prints: it founds the first community and makes whoever opens it the first co-ordinator."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID, uuid4

from ledger.book.accounts import DEFAULT_LIMITS
from ledger.book.authors import SHELL, Event
from ledger.book.commands import AccountKind, Act, OpenAccount
from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.book.posting import Decision, Done
from ledger.database.connections import Connection, Database
from ledger.people.members import NewMember, Person, account_of, insert_member
from ledger.people.roles import Role
from ledger.people.sessions import NewSession, hash_of, start_session

LINK_FOR = timedelta(hours=72)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


async def make_start_link(database: Database, now: datetime) -> str | None:
    """A new secret for the link, 43 characters; None when there is a community already.

    It works once, for three days, and makes an earlier one worthless.
    """
    secret = token_urlsafe(32)
    async with database.transaction() as db:
        if await db.rows("book/read_communities"):
            return None
        await db.run("people/end_start_links", now=now)
        await db.run(
            "people/insert_start_link", link_hash=hash_of(secret), now=now, expires_at=now + LINK_FOR
        )
    return secret


async def use_start_link(
    ledger: Ledger,
    *,
    secret: str,
    slug: str,
    name: str,
    your_name: str,
    issuer: str,
    origin: str,
    device: str,
) -> NewSession | None:
    """Found the community, with `your_name` as its first member and co-ordinator, and sign them in.

    None when the link is unknown, used or too old, or when a community was founded in another way. The session
    is a member's: the role counts once they have registered a passkey. Raises ValueError, and leaves the link
    as it was, when the slug or the log's origin is taken. Should the service be stopped between founding and
    enrolling, the operator goes on at the command line.
    """
    if not _SECRET.fullmatch(secret):
        return None
    link_hash = hash_of(secret)
    # Claimed first and by itself, so that of two who open the link at once only one founds anything.
    async with ledger.database.transaction() as db:
        if await db.row("people/claim_start_link", link_hash=link_hash, now=ledger.now()) is None:
            return None
    try:
        community = await ledger.found(slug, name, issuer, origin)
    except BaseException:
        async with ledger.database.transaction() as db:
            await db.run("people/return_start_link", link_hash=link_hash)
        raise
    return await _enrol_first(ledger, community, your_name, device)


async def _enrol_first(ledger: Ledger, community: Community, your_name: str, device: str) -> NewSession:
    member_id: UUID = uuid4()
    account_id = account_of(member_id)
    started: list[NewSession] = []

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        new = NewMember(member_id, Person(your_name), now.date(), account_id=account_id)
        number = await insert_member(db, community.id, new, now)
        await db.run("people/insert_start_role", community_id=community.id, member_id=member_id, now=now)
        started.append(
            await start_session(
                db, community.id, member_id, method="start", device=device, now=now, strong=False
            )
        )
        return [
            Event("community_founded", SHELL),
            Event("member_enrolled", SHELL, member_id, {"number": number, "status": new.status}, member_id),
            Event("role_granted", SHELL, member_id, {"role": Role.COORDINATOR}),
        ]

    floor, ceiling = DEFAULT_LIMITS[AccountKind.MEMBER]
    # Like any member's: see ledger.people.members.enrol.
    code = f"m-{member_id.hex[:8]}"
    act = Act(member_id, "start", "")
    opening = OpenAccount(account_id, AccountKind.MEMBER, code, floor, ceiling, your_name)
    answer, *_ = await ledger.post(community, [act, opening], also)
    if not isinstance(answer.outcome, Done):
        raise RuntimeError("the first member of a new community is never refused")
    return started[-1]
