"""Sessions: how a member who has signed in is known again, from one device.

The secret is `<community number>.<43 characters>` of 256 random bits, and stands in a cookie; here is only its
SHA-256. Each change of level, such as showing a passkey, gives a new secret and ends the old one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID, uuid4

import asyncpg

from ledger.book.journal import Community
from ledger.database.connections import Connection, Database
from ledger.people.roles import Delegated, DelegateScope, Principal, Role

IDLE_FOR = timedelta(days=30)
"""A session that was not used for so long has ended."""

LASTS_FOR = timedelta(days=180)
"""No session lasts longer, however much it is used."""

ROLE_FOR = timedelta(hours=12)
"""How long after a passkey was shown the member's role counts."""

SEEN_EVERY = timedelta(hours=1)
"""How exactly it is known when a session was last used: one write an hour, not one a request."""

MAX_COMMUNITY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with its secret `text`, which is shown this once and stored nowhere."""

    text: str
    session_id: UUID
    expires_at: datetime


def new_text(community_id: int) -> str:
    return f"{community_id}.{token_urlsafe(32)}"


def hash_of(text: str) -> bytes:
    """What is stored of a secret. It has 128 random bits or more, so a plain hash cannot be turned back."""
    return sha256(text.encode()).digest()


async def read_principal(
    database: Database, community_id: int, session_hash: bytes, now: datetime | None = None
) -> Principal | None:
    """Who asks with this session; None when it is unknown, ended, idle too long or too old, or the member is gone.

    The role is in force only within ROLE_FOR after a passkey was shown; `granted_role` says it in any case.
    """
    if community_id > MAX_COMMUNITY:
        return None
    now = now or datetime.now(UTC)
    async with database.connection(community_id) as db:
        rows = await db.rows(
            "people/read_session",
            community_id=community_id,
            session_hash=session_hash,
            now=now,
            idle_since=now - IDLE_FOR,
            today=now.date(),
        )
        if rows and now - rows[0]["seen_at"] >= SEEN_EVERY:
            await db.run(
                "people/touch_session", community_id=community_id, session_hash=session_hash, now=now
            )
    return _principal(community_id, rows, now) if rows else None


def _principal(community_id: int, rows: Sequence[asyncpg.Record], now: datetime) -> Principal:
    row = rows[0]
    # Of several delegations by one member the newest counts.
    delegations = sorted(
        [each for each in rows if each["delegation_id"] is not None],
        key=lambda each: (each["given_at"], each["delegation_id"]),
        reverse=True,
    )
    granted = None if row["role"] is None else Role(row["role"])
    strong_at = row["strong_at"]
    in_force = strong_at is not None and now - strong_at <= ROLE_FOR
    return Principal(
        Community(community_id, row["slug"], row["name"], row["issuer"], row["origin"]),
        member_id=row["member_id"],
        session_id=row["session_id"],
        role=granted if in_force else None,
        granted_role=granted,
        strong_at=strong_at,
        accounts=frozenset(row["accounts"] or ()),
        delegations=tuple(
            Delegated(
                each["delegation_id"],
                each["represented_id"],
                frozenset(map(DelegateScope, each["scopes"])),
                each["monthly_cap"],
                frozenset(each["represented_accounts"] or ()),
            )
            for each in delegations
        ),
    )


async def start_session(
    db: Connection,
    community_id: int,
    member_id: UUID,
    *,
    method: str,
    device: str,
    now: datetime,
    strong: bool,
) -> NewSession:
    """Begin a session. `method` is `card`, `code`, `passkey` or `start`; `strong` when a passkey was shown."""
    new = NewSession(new_text(community_id), uuid4(), now + LASTS_FOR)
    await db.run(
        "people/insert_session",
        community_id=community_id,
        session_hash=hash_of(new.text),
        session_id=new.session_id,
        member_id=member_id,
        method=method,
        device=device,
        strong_at=now if strong else None,
        started_at=now,
        now=now,
        expires_at=new.expires_at,
    )
    return new


async def rotate_session(
    db: Connection, community_id: int, session_id: UUID, *, now: datetime, strong: bool
) -> NewSession | None:
    """Go on under a new secret and a new id, to the same end; None when the session has ended.

    `strong` says that a passkey was shown just now; without it the new one is a session without a role.
    """
    old = await db.row("people/rotate_session", community_id=community_id, session_id=session_id, now=now)
    if old is None:
        return None
    new = NewSession(new_text(community_id), uuid4(), old["expires_at"])
    await db.run(
        "people/insert_session",
        community_id=community_id,
        session_hash=hash_of(new.text),
        session_id=new.session_id,
        member_id=old["member_id"],
        method=old["method"],
        device=old["device"],
        strong_at=now if strong else None,
        started_at=old["started_at"],
        now=now,
        expires_at=old["expires_at"],
    )
    return new


async def end_session(
    db: Connection, community_id: int, member_id: UUID, session_id: UUID, now: datetime
) -> bool:
    """End one of the member's own sessions; False when they have no such session."""
    row = await db.row(
        "people/end_session", community_id=community_id, member_id=member_id, session_id=session_id, now=now
    )
    return row is not None


async def end_sessions(db: Connection, community_id: int, member_id: UUID, now: datetime) -> int:
    """End all of a member's sessions, and say how many: their role changed, they left, or they are erased."""
    return len(await db.rows("people/end_sessions", community_id=community_id, member_id=member_id, now=now))


async def list_sessions(
    db: Connection, community_id: int, member_id: UUID, now: datetime | None = None
) -> list[asyncpg.Record]:
    """The member's sessions that still open something, newest use first.

    Each has `session_id`, `method`, `device`, `started_at`, `seen_at` (to the hour) and `expires_at`.
    """
    now = now or datetime.now(UTC)
    return await db.rows(
        "people/list_sessions",
        community_id=community_id,
        member_id=member_id,
        now=now,
        idle_since=now - IDLE_FOR,
    )
