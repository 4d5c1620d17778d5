"""Who is asking, for which community, and whether they may come to this route. Deny by default, in this one place.

Each route says in its `opt` who may come: `allow(...)`, or `public=True` for everybody. A route that says nothing
opens to nobody. What depends on more than the address, such as whose time a transfer gives, the route asks of the
`Principal` that is put there for it.

Somebody else's community answers exactly as one that does not exist.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem, exception_response
from api.settings import Settings
from ledger.database.connections import Database
from ledger.people.rate_limits import MEMBER_REQUESTS, RateLimits
from ledger.people.roles import DelegateScope, Principal, Role
from ledger.people.roles import Scope as TokenScope
from ledger.people.sessions import read_principal
from ledger.people.tokens import read_token

BEARER = re.compile(r"[Bb]earer (?P<token>ch_(?P<id>[0-9a-f]{12})_[A-Za-z0-9_-]{43})")
SESSION = re.compile(r"(?P<community>[1-9][0-9]{0,9})\.[A-Za-z0-9_-]{43}")

REMEMBER_SECONDS = 1.0
"""How long a looked-up token is believed: one look-up a second instead of one a request, and a revoked token
ends within a second. A session is looked up every time."""

WRITER = b"carehours-member"
"""The header in which a browser may say whose session it means: the id of a member. Another one's does not do."""

EVERY_ROLE = frozenset(Role)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may come to a route.

    `roles` come as they are, and `token` with that scope. With `member`, any member may come: when `own` names a
    parameter of the path, only for an account or a member of their own, or one delegated to them in `delegated`.
    With `strong` a person has shown their passkey within a quarter of an hour, unless they come as a member
    without a role. `barred` are roles whose holders do not even come as members.
    """

    roles: frozenset[Role] = frozenset()
    token: TokenScope | None = None
    member: bool = False
    own: str | None = None
    delegated: DelegateScope | None = None
    strong: bool = False
    barred: frozenset[Role] = frozenset()


def allow(
    *roles: Role,
    token: TokenScope | None = None,
    member: bool = False,
    own: str | None = None,
    delegated: DelegateScope | None = None,
    strong: bool = False,
    barred: Iterable[Role] = (),
) -> dict[str, Any]:
    """The `opt` of a route that opens to these."""
    return {
        "rule": Rule(
            frozenset(roles), token, member or own is not None, own, delegated, strong, frozenset(barred)
        )
    }


PUBLIC = {"public": True}


class Access:
    """Finds the principal of a request: by a token in `Authorization`, or by the cookie of a session."""

    def __init__(self, database: Database, limits: RateLimits, settings: Settings) -> None:
        self._database = database
        self._limits = limits
        self._origin = settings.url
        self.cookie = session_cookie(settings.url)
        self._known: dict[bytes, tuple[float, Principal]] = {}
        self._looking: dict[bytes, asyncio.Future[Principal | None]] = {}

    def remembered(self, authorization: bytes) -> Principal | None:
        """The principal of an `Authorization` header that was looked up within the last second, or None."""
        known = self._known.get(authorization)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    def forget_tokens(self) -> None:
        """Believe no token any more without looking it up: one was revoked."""
        self._known = {}

    async def check(self, scope: Any) -> Principal:
        """The principal, when this route opens to them. Raises Problem otherwise."""
        rule: Rule | None = scope["route_handler"].opt.get("rule")
        headers = _headers(scope, b"authorization")
        if headers:
            principal = await self._of_token(headers)
        else:
            principal = await self._of_session(scope)
        slug = scope["path_params"].get("slug")
        if slug is not None and slug != principal.community.slug:
            raise Problem("not_found")
        if rule is None:
            raise Problem("not_allowed")
        permit(rule, principal, scope["path_params"])
        return principal

    async def _of_token(self, headers: list[bytes]) -> Principal:
        if len(headers) > 1:
            raise Problem("sign_in_required")
        authorization = headers[0]
        principal = self.remembered(authorization)
        if principal is not None:
            return principal
        # One look-up at a time: when a busy token is due to be looked up again, its requests wait for one answer.
        looking = self._looking.get(authorization)
        if looking is None:
            looking = asyncio.ensure_future(self._look_up(authorization))
            self._looking[authorization] = looking
            looking.add_done_callback(lambda _: self._looking.pop(authorization, None))
        principal = await asyncio.shield(looking)
        if principal is None:
            raise Problem("sign_in_required")
        return principal

    async def _look_up(self, authorization: bytes) -> Principal | None:
        form = BEARER.fullmatch(authorization.decode("latin-1"))
        if form is None:
            return None
        principal = await read_token(self._database, form["id"], form["token"], datetime.now(UTC))
        if principal is None:
            return None
        moment = time.monotonic()
        # Only valid tokens come this far, each in two spellings at most; those of the past second are all there are.
        self._known = {each: known for each, known in self._known.items() if moment < known[0]}
        self._known[authorization] = (moment + REMEMBER_SECONDS, principal)
        return principal

    async def _of_session(self, scope: Any) -> Principal:
        text = cookie_of(scope, self.cookie)
        form = None if text is None else SESSION.fullmatch(text)
        if text is None or form is None:
            raise Problem("sign_in_required")
        unsafe = scope["method"] not in SAFE_METHODS
        if unsafe:
            refuse_other_sites(scope, self._origin)
        community_id = int(form["community"])
        looking = read_principal(self._database, community_id, sha256(text.encode()).digest())
        # A page reads several routes for one request, some at once, and its sender stays the same.
        page: dict[str, asyncio.Future[Principal | None]] | None = scope["state"].get("page")
        if page is not None and not unsafe:
            if text in page:
                looking.close()
            else:
                page[text] = asyncio.ensure_future(looking)
            principal = await page[text]
        else:
            principal = await looking
        if principal is None or principal.member_id is None:
            raise Problem("sign_in_required")
        # What waits on a phone is its writer's to say, whoever signed in there since it was looked up.
        writer = _headers(scope, WRITER)
        if writer and writer != [str(principal.member_id).encode()]:
            raise Problem("sign_in_required")
        if unsafe and not scope["state"].get("counted"):
            await limited(
                self._limits.take_ahead(MEMBER_REQUESTS, str(community_id), str(principal.member_id))
            )
        return principal


def permit(rule: Rule, principal: Principal, path: dict[str, Any]) -> None:
    """Raise Problem unless the rule lets the principal come with this address."""
    if principal.token_id is not None:
        if rule.token is None or rule.token not in principal.scopes:
            raise Problem("not_allowed")
        return
    if principal.role is not None and principal.role in rule.roles:
        if rule.strong and not principal.strong(datetime.now(UTC)):
            raise Problem("step_up_required")
        return
    if principal.granted_role in rule.barred:
        raise Problem("not_allowed")
    own = not rule.member or rule.own is None or owns(rule, principal, str(path.get(rule.own)))
    if rule.member and own:
        return
    if principal.role is None and principal.granted_role in rule.roles:
        raise Problem("passkey_required")
    # What is not theirs answers as what is not there.
    raise Problem("not_allowed" if own else "not_found")


def owns(rule: Rule, principal: Principal, text: str) -> bool:
    """Whether the id in the path is the principal's own, or delegated to them."""
    try:
        named = UUID(text)
    except ValueError:
        return False
    if str(named) != text:
        return False
    if named == principal.member_id or named in principal.accounts:
        return True
    if rule.delegated is None:
        return False
    return any(
        rule.delegated in each.scopes and (named == each.member_id or named in each.accounts)
        for each in principal.delegations
    )


class AccessMiddleware(ASGIMiddleware):
    """Lets a request through to its route, or answers in its stead."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["route_handler"].opt.get("public"):
            try:
                access: Access = scope["litestar_app"].state.access
                scope["state"]["principal"] = await access.check(scope)
            except Exception as problem:  # noqa: BLE001 - answered like any other, by the one table
                base_url = scope["litestar_app"].state.settings.url
                await exception_response(problem, base_url)(scope, receive, send)
                return
        await next_app(scope, receive, send)


async def limited(taking: Any) -> None:
    """Await a `RateLimits.take`, and raise Problem when there is nothing left to take."""
    wait = await taking
    if wait is not None:
        raise Problem("rate_limited", headers={"retry-after": str(wait)})


def session_cookie(url: str) -> str:
    """The name of the cookie. Under https it is bound to this host by its prefix (RFC 6265bis section 4.1.3.2)."""
    return "__Host-carehours" if urlsplit(url).scheme == "https" else "carehours"


def cookie_of(scope: Any, name: str) -> str | None:
    """The cookie's value; None when it is not there, or there twice."""
    found: list[str] = []
    for header in _headers(scope, b"cookie"):
        try:
            parsed = SimpleCookie(header.decode("latin-1"))
        except CookieError:
            return None
        found += [parsed[name].value] if name in parsed else []
        if header.decode("latin-1").count(f"{name}=") > 1:
            return None
    return found[0] if len(found) == 1 else None


def refuse_other_sites(scope: Any, origin: str) -> None:
    """Refuse a request that a browser sends on behalf of another site's page (cross-site request forgery).

    Every browser since 2023 says where a request comes from in Sec-Fetch-Site; older ones say it in Origin.
    """
    site = _headers(scope, b"sec-fetch-site")
    given = _headers(scope, b"origin")
    if site and site != [b"same-origin"]:
        raise Problem("cross_site")
    if given and given != [origin.encode()]:
        raise Problem("cross_site")
    if not site and not given:
        raise Problem("cross_site")


def _headers(scope: Any, name: bytes) -> list[bytes]:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value for key, value in headers if key == name]
