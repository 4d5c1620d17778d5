"""A session in the browser: its cookie, what it is called in the member's list, and where a request comes from."""

import ipaddress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from api.access import session_cookie
from api.requests import json_response
from api.routes.common import AnyRequest, base_url
from ledger.people.sessions import NewSession

UNKNOWN_DEVICE = "another device"

# The first that is found counts: most browsers also say that they are another.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


class SessionView(msgspec.Struct):
    """A session that was begun. Its secret is in the cookie alone."""

    session_id: UUID
    expires_at: datetime
    community: str


def session_response(
    request: AnyRequest, new: NewSession, status: int = 201, slug: str | None = None
) -> ASGIResponse:
    """The answer that signs a browser in. `slug` is the community's when the path does not name it."""
    community = slug or str(request.path_params["slug"])
    seconds = max(0, (new.expires_at - datetime.now(UTC)) // timedelta(seconds=1))
    return json_response(
        SessionView(new.session_id, new.expires_at, community),
        status,
        {"set-cookie": _cookie(request, new.text, seconds)},
    )


def end_cookie(request: AnyRequest) -> dict[str, str]:
    """The headers that make a browser forget its session."""
    return {"set-cookie": _cookie(request, "", 0)}


def _cookie(request: AnyRequest, text: str, seconds: int) -> str:
    url = base_url(request)
    # Lax, so that a link in an e-mail or a printed code opens the page signed in; what changes something is
    # looked at in api.access besides.
    secure = "; Secure" if url.startswith("https://") else ""
    return f"{session_cookie(url)}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def device_of(request: AnyRequest) -> str:
    """What the browser calls itself, in a few words of ours such as "Firefox on Android": never its own header."""
    agent = request.headers.get("user-agent", "")[:500]
    browser = next((name for sign, name in _BROWSERS if sign in agent), None)
    system = next((name for sign, name in _SYSTEMS if sign in agent), None)
    if browser is None or system is None:
        return browser or system or UNKNOWN_DEVICE
    return f"{browser} on {system}"


def client_address(request: AnyRequest) -> str:
    """What to count a caller by: their address, or their network where one home has many (IPv6, a /64).

    Taken from the connection. Whatever a header says of it counts only when the server was told to trust a proxy.
    """
    host = "" if request.client is None else request.client.host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
