"""The phone app's shell, its service worker and its manifest. Everything else of it is scripts that ask the API."""

import json

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.requests import bytes_response
from api.routes.common import AnyRequest
from api.texts import LOCALES
from api.web import assets
from api.web.language import language, language_of
from api.web.pages import render


@get("/app", opt=PUBLIC, include_in_schema=False)
async def get_app(request: AnyRequest) -> ASGIResponse:
    """The shell: the same bytes for everybody who reads the same language, kept by the phone for when it is offline."""
    spoken = language_of(request)
    shell = assets.asset(render(spoken, "phone.html", {"path": "/app"}), "text/html; charset=utf-8")
    response = assets.asset_response(dict(request.headers), shell, "no-cache")
    response.headers["content-language"] = spoken.tag
    response.headers["vary"] = "accept-encoding, accept-language, cookie"
    return response


@get("/worker.js", opt=PUBLIC, include_in_schema=False)
async def get_worker(request: AnyRequest) -> ASGIResponse:
    """The service worker of a language, `?language=cy`. It stands at the top, so that it may serve /app and /v."""
    tag = request.query_params.get("language", "en")
    found = assets.find("phone/worker.js", tag if tag in LOCALES else "en")
    return assets.asset_response(dict(request.headers), found, "no-cache")


@get("/manifest.webmanifest", opt=PUBLIC, include_in_schema=False)
async def get_manifest(request: AnyRequest) -> ASGIResponse:
    """What makes the app installable (W3C Web Application Manifest)."""
    tag = request.query_params.get("language", "en")
    spoken = language(tag if tag in LOCALES else "en")
    manifest = {
        "id": "/app",
        "name": "Carehours",
        "short_name": "Carehours",
        "description": spoken.gettext("Bank hours of care, and spend them."),
        "lang": spoken.tag,
        "start_url": "/app",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0a5136",
        "icons": [
            {
                "src": assets.url("icon.svg", spoken.tag),
                "sizes": "any",
                "type": "image/svg+xml",
                "purpose": "any",
            }
        ],
    }
    body = json.dumps(manifest, ensure_ascii=False).encode()
    return bytes_response(body, "application/manifest+json", cache="public, max-age=3600")


phone_pages = Router("/", route_handlers=[get_app, get_worker, get_manifest])
