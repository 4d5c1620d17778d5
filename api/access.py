"""Who is asking, and for which community. Deny by default, in this one place.

Until members sign in, one bearer token per community opens everything of that community. A route is public only
when it says so with `opt={"public": True}`.
"""

import asyncio
import hmac
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem, exception_response
from ledger.book.journal import Community
from ledger.book.ledger import Ledger

BEARER = re.compile(r"[Bb]earer (?P<token>ch_(?P<id>[0-9a-f]{12})_[A-Za-z0-9_-]{43})")
DEFAULT_LIFE = timedelta(days=365)

REMEMBER_SECONDS = 1.0
"""How long a looked-up token is believed: one look-up a second instead of one a request, and a revoked token
ends within a second."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown, once."""

    token_id: str
    text: str
    expires_at: datetime


class Tokens:
    """Bearer tokens: hashed in the database, scoped to one community, expiring, revocable."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[bytes, tuple[float, Community]] = {}
        self._looking: dict[bytes, asyncio.Future[Community | None]] = {}

    async def create(self, community: Community, label: str, life: timedelta = DEFAULT_LIFE) -> NewToken:
        """Make a token of 256 random bits; only its SHA-256 is kept, which is enough for that much chance."""
        token_id = token_hex(6)
        text = f"ch_{token_id}_{token_urlsafe(32)}"
        now = datetime.now(UTC)
        async with self._ledger.database.transaction() as db:
            await db.run(
                "access/insert_token",
                community_id=community.id,
                token_id=token_id,
                token_hash=sha256(text.encode()).digest(),
                label=label,
                created_at=now,
                expires_at=now + life,
            )
        return NewToken(token_id, text, now + life)

    async def revoke(self, community: Community, token_id: str) -> bool:
        """End a token. False when the community has no such token that is still valid."""
        async with self._ledger.database.transaction() as db:
            row = await db.row(
                "access/revoke_token", community_id=community.id, token_id=token_id, now=datetime.now(UTC)
            )
        return row is not None

    def remembered(self, authorization: bytes) -> Community | None:
        """The community of an `Authorization` header that was looked up within the last second, or None."""
        known = self._known.get(authorization)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    async def community_of(self, authorization: bytes) -> Community | None:
        """The community an `Authorization: Bearer` header opens; None for a token unknown, expired or revoked."""
        known = self.remembered(authorization)
        if known is not None:
            return known
        # One look-up at a time: when a busy token is due to be looked up again, its requests wait for one answer.
        looking = self._looking.get(authorization)
        if looking is None:
            looking = asyncio.ensure_future(self._look_up(authorization))
            self._looking[authorization] = looking
            looking.add_done_callback(lambda _: self._looking.pop(authorization, None))
        return await asyncio.shield(looking)

    async def _look_up(self, authorization: bytes) -> Community | None:
        form = BEARER.fullmatch(authorization.decode("latin-1"))
        if form is None:
            return None
        async with self._ledger.database.connection() as db:
            row = await db.row("access/read_token", token_id=form["id"], now=datetime.now(UTC))
        token_hash = sha256(form["token"].encode()).digest()
        if row is None or not hmac.compare_digest(row["token_hash"], token_hash):
            return None
        community = Community(row["community_id"], row["slug"], row["name"], row["issuer"], row["origin"])
        moment = time.monotonic()
        # Only valid tokens come this far, each in two spellings at most; those of the past second are all there are.
        self._known = {each: known for each, known in self._known.items() if moment < known[0]}
        self._known[authorization] = (moment + REMEMBER_SECONDS, community)
        return community


class AccessMiddleware(ASGIMiddleware):
    """Lets a request through to its route, or answers 401 or 404 in its stead."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["route_handler"].opt.get("public"):
            try:
                scope["state"]["community"] = await _allowed(scope)
            except Exception as problem:  # noqa: BLE001 - answered like any other, by the one table
                base_url = scope["litestar_app"].state.settings.url
                await exception_response(problem, base_url)(scope, receive, send)
                return
        await next_app(scope, receive, send)


async def _allowed(scope: Any) -> Community:
    authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    tokens: Tokens = scope["litestar_app"].state.tokens
    community = await tokens.community_of(authorization)
    if community is None:
        raise Problem("token_required")
    if scope["path_params"].get("slug") != community.slug:
        # Somebody else's community answers exactly as one that does not exist.
        raise Problem("not_found")
    return community
