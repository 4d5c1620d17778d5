"""The phone app's shell, its service worker and its manifest. Everything else of it is scripts that ask the API."""

import asyncio
import json
from functools import cache

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.requests import bytes_response
from api.routes.common import AnyRequest
from api.texts import LOCALES
from api.web import assets
from api.web.icon import drawn_icon
from api.web.language import language, language_of
from api.web.pages import render

A_DAY = "public, max-age=86400"


@get("/app", opt=PUBLIC, include_in_schema=False)
async def get_app(request: AnyRequest) -> ASGIResponse:
    """The shell: the same bytes for everybody who reads the same language, kept by the phone for when it is offline."""
    spoken = language_of(request)
    response = assets.asset_response(dict(request.headers), _shell(spoken.tag), "no-cache")
    response.headers["content-language"] = spoken.tag
    response.headers["vary"] = "accept-encoding, accept-language, cookie"
    return response


@cache
def _shell(tag: str) -> assets.Asset:
    return assets.asset(render(language(tag), "phone.html", {"path": "/app"}), "text/html")


@get("/service-worker.js", opt=PUBLIC, include_in_schema=False)
async def get_worker(request: AnyRequest) -> ASGIResponse:
    """The service worker of a language, `?language=cy`. It stands at the top, so that it may serve /app and /v."""
    tag = request.query_params.get("language", "en")
    found = assets.find("phone/service-worker.js", tag if tag in LOCALES else "en")
    return assets.asset_response(dict(request.headers), found, "no-cache")


@get("/manifest.webmanifest", opt=PUBLIC, include_in_schema=False)
async def get_manifest(request: AnyRequest) -> ASGIResponse:
    """What makes the app installable (W3C Web Application Manifest)."""
    tag = request.query_params.get("language", "en")
    spoken = language(tag if tag in LOCALES else "en")
    icons = [
        {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "id": "/app",
        "name": "Carehours",
        "short_name": "Carehours",
        "description": spoken.gettext("Bank hours of care, and spend them."),
        "lang": spoken.tag,
        "start_url": "/app",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f3ec",
        "theme_color": "#f6f3ec",
        "icons": icons,
    }
    body = json.dumps(manifest, ensure_ascii=False).encode()
    return bytes_response(body, "application/manifest+json", cache="public, max-age=3600")


@get(["/icon-192.png", "/icon-512.png"], opt=PUBLIC, include_in_schema=False)
async def get_icon(request: AnyRequest) -> ASGIResponse:
    """The app's icon for a home screen. It fills its square, so that the phone may cut it to any form."""
    size = 512 if request.url.path.endswith("512.png") else 192
    picture = await asyncio.to_thread(drawn_icon, size)
    return bytes_response(picture, "image/png", cache=A_DAY)


phone_pages = Router("/", route_handlers=[get_app, get_worker, get_manifest, get_icon])
