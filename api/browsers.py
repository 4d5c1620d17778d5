"""A browser that has not signed in yet, known again for ten minutes by a cookie: it gets back what it asked for.

A code that was sent by e-mail and the challenge of a passkey are good only in the browser that asked. Neither does
the cookie sign anybody in, nor does it say who anybody is.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from api.access import cookie_of, limited, refuse_other_sites, session_cookie
from api.routes.common import AnyRequest, base_url
from api.sessions import client_address
from ledger.people.rate_limits import SIGN_IN_BY_ADDRESS, RateLimits

BROWSER_SECONDS = 600

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Browser:
    """The cookie's 256 random bits as text, and the headers that keep it for another ten minutes."""

    text: str
    headers: dict[str, str]

    @property
    def hash(self) -> bytes:
        return sha256(self.text.encode()).digest()


def browser_of(request: AnyRequest) -> Browser | None:
    """The browser that asks, when it asked before."""
    text = cookie_of(request.scope, _name(request))
    return None if text is None or _SECRET.fullmatch(text) is None else _browser(request, text)


def browser_or_new(request: AnyRequest) -> Browser:
    """The browser that asks; one that is new gets a cookie. An old one keeps its own, for what else it waits for."""
    return browser_of(request) or _browser(request, token_urlsafe(32))


def limits_of(request: AnyRequest) -> RateLimits:
    limits: RateLimits = request.app.state.limits
    return limits


def refuse_other_pages(request: AnyRequest) -> None:
    """Refuse another site's page that would sign somebody in here. A program is no browser and says nothing."""
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        refuse_other_sites(request.scope, base_url(request))


async def limit_by_address(request: AnyRequest) -> None:
    """Count a try before anything of it is looked at. Raises Problem("rate_limited").

    By the caller's address alone: a passkey cannot be guessed, a card's code has 50 random bits and an e-mailed one
    five tries, so a limit for the whole community would protect nothing, and let anybody keep everybody out.
    """
    await limited(limits_of(request).take(SIGN_IN_BY_ADDRESS, client_address(request)))


def _browser(request: AnyRequest, text: str) -> Browser:
    secure = "; Secure" if base_url(request).startswith("https://") else ""
    value = f"{text}; Path=/; Max-Age={BROWSER_SECONDS}; HttpOnly; SameSite=Strict{secure}"
    return Browser(text, {"set-cookie": f"{_name(request)}={value}"})


def _name(request: AnyRequest) -> str:
    return f"{session_cookie(base_url(request))}-browser"
