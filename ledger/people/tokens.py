"""Bearer tokens for machines: 256 random bits shown once, hashed, with scopes, expiring, revocable."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from uuid import UUID

from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Done
from ledger.book.refusals import Refusal
from ledger.database.connections import Anywhere, Connection, Database
from ledger.people.acts import Check, act
from ledger.people.roles import Principal, Scope

DEFAULT_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown, once."""

    token_id: str
    text: str
    expires_at: datetime


async def create_token(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    label: str,
    scopes: Collection[Scope],
    life: timedelta = DEFAULT_LIFE,
    check: Check | None = None,
) -> tuple[Answer, NewToken | None]:
    """Make a token. The second is None when nothing was made now: a token is shown once, not on a repeat.

    Only its SHA-256 is kept, which is enough for that much chance. The event names its scopes, not its label.
    """
    token_id = token_hex(6)
    text = f"ch_{token_id}_{token_urlsafe(32)}"
    sorted_scopes = sorted(scopes)
    days = life // timedelta(days=1)
    made: list[NewToken] = []

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        if check is not None:
            await check(db, now)
        await db.run(
            "access/insert_token",
            community_id=community.id,
            token_id=token_id,
            token_hash=sha256(text.encode()).digest(),
            label=label,
            scopes=sorted_scopes,
            made_by=author.member_id,
            created_at=now,
            expires_at=now + life,
        )
        made[:] = [NewToken(token_id, text, now + life)]
        said: Details = {
            "token": token_id,
            "hash": sha256(text.encode()).hexdigest(),
            "scopes": list(sorted_scopes),
            "days": days,
        }
        return [Event("token_created", author, None, said, key)]

    answer = await act(ledger, community, author, key, "create_token", [label, sorted_scopes, days], also)
    return answer, made[0] if made and isinstance(answer.outcome, Done) else None


async def revoke_token(
    ledger: Ledger, community: Community, author: Author, key: UUID, token_id: str
) -> Answer:
    """End a token."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        row = await db.row("access/revoke_token", community_id=community.id, token_id=token_id, now=now)
        if row is None:
            raise ActRefused(Refusal.TOKEN_UNKNOWN)
        return [Event("token_revoked", author, None, {"token": token_id}, key)]

    return await act(ledger, community, author, key, "revoke_token", token_id, also)


async def read_token(database: Database, token_id: str, text: str, now: datetime) -> Principal | None:
    """Who comes with this token, whose id is `token_id`; None when it is unknown, ended or another's secret."""
    async with database.connection(Anywhere.ANYWHERE) as db:
        found = await db.row("access/find_token_community", token_id=token_id)
    # An unknown token is looked for all the same, in no community, so that its answer takes no less time.
    community_id: int = 0 if found is None else found["community_id"] or 0
    async with database.connection(community_id) as db:
        row = await db.row("access/read_token", community_id=community_id, token_id=token_id, now=now)
        if row is None or not hmac.compare_digest(row["token_hash"], sha256(text.encode()).digest()):
            return None
        if row["due"]:
            await db.run("access/touch_token", community_id=community_id, token_id=token_id, now=now)
    community = Community(community_id, row["slug"], row["name"], row["issuer"], row["origin"])
    scopes = frozenset([Scope(each) for each in row["scopes"]])
    return Principal(community, token_id=token_id, scopes=scopes)
