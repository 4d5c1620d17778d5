"""The first pages: what this is, founding a co-op, a card's link, signing in, choosing a language; and every asset.

They hold nothing about anybody: what is personal their scripts ask of the API.
"""

import re
from typing import Any

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.browsers import refuse_other_pages
from api.problems import Problem
from api.routes.common import AnyRequest, base_url, ledger_of
from api.texts import LOCALES
from api.web import assets
from api.web.forms import read_form
from api.web.language import COOKIE, language_of
from api.web.pages import page_response, redirect
from ledger.people.start import INVENTED

_BACK = re.compile(r"/[A-Za-z0-9_~.%+-][A-Za-z0-9/_~.%+-]*|/")


@get("/", opt=PUBLIC, include_in_schema=False)
async def get_first_page(request: AnyRequest) -> ASGIResponse:
    """What this is, whose logs it keeps, and what to do next when it is empty."""
    communities = await ledger_of(request).communities()
    demo = request.app.state.settings.demo
    founded = any(each.slug != INVENTED for each in communities)
    return page_response(request, "first.html", communities=communities, founded=founded, demo=demo)


@get("/start", opt=PUBLIC, include_in_schema=False)
async def get_start_page(request: AnyRequest) -> ASGIResponse:
    """Founding the first co-op. The link's secret is behind the `#`, which no browser sends."""
    return page_response(request, "start.html")


@get("/join", opt=PUBLIC, include_in_schema=False)
async def get_join_page(request: AnyRequest) -> ASGIResponse:
    """A card's link. To open it uses nothing up: programs that look at links before people do would."""
    return page_response(request, "join.html")


@get("/sign-in", opt=PUBLIC, include_in_schema=False)
async def get_sign_in_page(request: AnyRequest) -> ASGIResponse:
    """Signing in. Where there is one co-op only, the invented one aside, nobody is asked which."""
    communities = [each for each in await ledger_of(request).communities() if each.slug != INVENTED]
    only = communities[0] if len(communities) == 1 else None
    if only is not None and request.query_params.get("c", only.slug) != only.slug:
        only = None
    return page_response(request, "sign-in.html", only=only)


@post("/language", opt=PUBLIC, include_in_schema=False)
async def post_language(request: AnyRequest) -> ASGIResponse:
    """Remember the language somebody chose, and go back to the page they chose it on."""
    refuse_other_pages(request)
    form = await read_form(request, language_of(request))
    if form["language"] not in LOCALES:
        raise Problem("malformed_request", "There is no such language here.")
    back = form["back"] if _BACK.fullmatch(form["back"]) else "/"
    response = redirect(back)
    secure = "; Secure" if base_url(request).startswith("https://") else ""
    cookie = f"{COOKIE}={form['language']}; Path=/; Max-Age=31536000; SameSite=Lax{secure}"
    response.headers["set-cookie"] = cookie
    return response


@get("/web/{version:str}/{tag:str}/{name:path}", opt=PUBLIC, include_in_schema=False)
async def get_asset(request: AnyRequest) -> ASGIResponse:
    """A style, a script or a picture. One of another version is served as it is now, and not kept."""
    path: dict[str, Any] = request.path_params
    found = assets.find(str(path["name"]).lstrip("/"), path["tag"])
    cache = assets.FOR_EVER if path["version"] == assets.version() else "no-cache"
    return assets.asset_response(dict(request.headers), found, cache)


first_pages = Router(
    "/",
    route_handlers=[
        get_first_page,
        get_start_page,
        get_join_page,
        get_sign_in_page,
        post_language,
        get_asset,
    ],
)
