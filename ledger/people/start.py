"""The link a first start prints: it founds the first community and makes whoever opens it the first co-ordinator."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID, uuid4

from ledger.book.accounts import DEFAULT_LIMITS
from ledger.book.authors import SHELL, Details, Event
from ledger.book.commands import AccountKind, Act, OpenAccount
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Ledger
from ledger.book.posting import Decision, Done
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection, Database
from ledger.people.members import NewMember, Person, account_of, insert_member
from ledger.people.passkeys import list_passkeys
from ledger.people.roles import Role
from ledger.people.sessions import NewSession, hash_of, start_session

LINK_FOR = timedelta(hours=72)

INVENTED = "demo"
"""The slug of the invented co-op (`ledger.desk.demo`). Whoever looks around in it has founded nothing."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


async def make_start_link(database: Database, now: datetime) -> str | None:
    """A new secret for the link, 43 characters; None when there is a community already, the invented one aside.

    It works once, for three days, and makes an earlier one worthless.
    """
    secret = token_urlsafe(32)
    async with database.transaction() as db:
        if any(row["slug"] != INVENTED for row in await db.rows("book/read_communities")):
            return None
        await db.run("people/end_start_links")
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

    None when the link is unknown, used up or too old, or when a community was founded in another way. The session
    is a member's: the role counts once they have registered a passkey. Until then the same link and slug sign
    the same person in again, since the answer may have been lost or the page closed; nothing is founded twice.
    Raises ValueError, and leaves the link as it was, when the slug or the log's origin is taken.
    """
    if not _SECRET.fullmatch(secret):
        return None
    link_hash = hash_of(secret)
    # Claimed first and by itself, so that of two who open the link at once only one founds anything.
    async with ledger.database.transaction() as db:
        claimed = await db.row(
            "people/claim_start_link", link_hash=link_hash, now=ledger.now(), invented=INVENTED
        )
    if claimed is None:
        return await _use_again(ledger, link_hash, slug, your_name, device)
    try:
        community = await ledger.found(slug, name, issuer, origin)
    except BaseException:
        async with ledger.database.transaction() as db:
            await db.run("people/return_start_link", link_hash=link_hash)
        raise
    return await _enrol_first(ledger, community, link_hash, your_name, device)


async def _use_again(
    ledger: Ledger, link_hash: bytes, slug: str, your_name: str, device: str
) -> NewSession | None:
    """Go on where the first use of the link ended."""
    async with ledger.database.connection() as db:
        link = await db.row("people/read_start_link", link_hash=link_hash, now=ledger.now())
    if link is None:
        return None
    community = await ledger.community(slug)
    if community is None:
        return None
    member_id = link["first_member_id"]
    if member_id is None:
        # It founded and was cut off before it enrolled.
        return await _enrol_first(ledger, community, link_hash, your_name, device)
    async with ledger.database.transaction(community.id) as db:
        if community.id != link["founded_id"] or await list_passkeys(db, community.id, member_id):
            return None
        return await start_session(
            db, community.id, member_id, method="start", device=device, now=ledger.now(), strong=False
        )


async def _enrol_first(
    ledger: Ledger, community: Community, link_hash: bytes, your_name: str, device: str
) -> NewSession | None:
    """Enrol the first member of a community; None when it has members."""
    member_id: UUID = uuid4()
    account_id = account_of(member_id)
    started: list[NewSession] = []

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        if await db.row("people/next_number", community_id=community.id) is not None:
            raise ActRefused(Refusal.OWN_AFFAIR)
        new = NewMember(member_id, Person(your_name), now.date(), account_id=account_id)
        number = await insert_member(db, community.id, new, now)
        await db.run("people/insert_start_role", community_id=community.id, member_id=member_id, now=now)
        await db.run(
            "people/finish_start_link",
            link_hash=link_hash,
            founded_id=community.id,
            first_member_id=member_id,
        )
        started.append(
            await start_session(
                db, community.id, member_id, method="start", device=device, now=now, strong=False
            )
        )
        said: Details = {"number": number, "status": new.status, "account": str(account_id)}
        return [
            Event("community_founded", SHELL),
            Event("member_enrolled", SHELL, member_id, said, member_id),
            Event("role_granted", SHELL, member_id, {"role": Role.COORDINATOR}),
        ]

    floor, ceiling = DEFAULT_LIMITS[AccountKind.MEMBER]
    # Like any member's: see ledger.people.members.enrol.
    code = f"m-{member_id.hex[:8]}"
    act = Act(member_id, "start", "")
    opening = OpenAccount(account_id, AccountKind.MEMBER, code, floor, ceiling)
    answer, *_ = await ledger.post(community, [act, opening], also)
    return started[-1] if isinstance(answer.outcome, Done) else None
