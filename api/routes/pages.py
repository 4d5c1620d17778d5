"""The pages for people: founding the first co-op, a card's link, signing in. Plain HTML, and a module of script each.

They hold nothing about anybody, so everybody gets the same bytes: what is personal their scripts ask of the API.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.requests import bytes_response
from api.routes.common import AnyRequest, ledger_of

_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_ASSETS = ("page.css", "icon.svg", "page.js", "passkeys.js", "you.js", "start.js", "join.js", "sign-in.js")


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to serve, and the ETag that stands for them."""

    body: bytes
    media_type: str
    etag: str


def document(body: bytes, media_type: str) -> Document:
    return Document(body, media_type, f'"{sha256(body).hexdigest()[:32]}"')


def _read_asset(name: str) -> Document:
    return document((files("api") / "web" / name).read_bytes(), _MEDIA_TYPES[name.rpartition(".")[2]])


_templates = Environment(
    loader=PackageLoader("api", "web"), autoescape=select_autoescape(["html"]), trim_blocks=True
)
_assets = {name: _read_asset(name) for name in _ASSETS}


def _render(name: str, **known: object) -> Document:
    return document(_templates.get_template(name).render(**known).encode(), "text/html")


_START = _render("start.html")
_JOIN = _render("join.html")


def document_response(request: AnyRequest, found: Document) -> ASGIResponse:
    """The document, or 304 for a browser that has it already. It asks every time, so that a new version is used
    at once, the page and its scripts together."""
    headers = {"etag": found.etag}
    if found.etag in [each.strip() for each in request.headers.get("if-none-match", "").split(",")]:
        return ASGIResponse(
            body=b"",
            status_code=304,
            headers=headers | {"cache-control": "no-cache"},
            media_type=found.media_type,
        )
    return bytes_response(found.body, found.media_type, headers=headers, cache="no-cache")


@get("/start", opt=PUBLIC, include_in_schema=False)
async def get_start_page(request: AnyRequest) -> ASGIResponse:
    """Founding the first co-op. The link's secret is behind the `#`, which no browser sends."""
    return document_response(request, _START)


@get("/join", opt=PUBLIC, include_in_schema=False)
async def get_join_page(request: AnyRequest) -> ASGIResponse:
    """A card's link. To open it uses nothing up: programs that look at links before people do would."""
    return document_response(request, _JOIN)


@get("/sign-in", opt=PUBLIC, include_in_schema=False)
async def get_sign_in_page(request: AnyRequest) -> ASGIResponse:
    """Signing in. Where there is one co-op only, nobody is asked which."""
    communities = await ledger_of(request).communities()
    only = communities[0] if len(communities) == 1 else None
    return document_response(request, _render("sign-in.html", only=only))


@get("/web/{name:str}", opt=PUBLIC, include_in_schema=False)
async def get_asset(request: AnyRequest) -> ASGIResponse:
    """A style or a script of the pages."""
    found = _assets.get(str(request.path_params["name"]))
    if found is None:
        raise Problem("not_found")
    return document_response(request, found)


pages_router = Router("/", route_handlers=[get_start_page, get_join_page, get_sign_in_page, get_asset])
