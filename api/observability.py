"""What the operator sees: one log line per request, counters, and never a body, a name or a token."""

import logging
import re
import sys
import time
from contextvars import ContextVar
from secrets import token_hex
from typing import Any

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram
from structlog.typing import EventDict

log = structlog.get_logger("carehours")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being answered, for every line that is logged meanwhile."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def _add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    this_id = request_id.get()
    if this_id is not None:
        event["request_id"] = this_id
    return event


def configure_logging(level: str = "info") -> None:
    """One JSON object a line on standard error, its values escaped, whatever they hold."""
    structlog.configure(
        processors=[
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda value, **_: msgspec.json.encode(value)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


class Metrics:
    """Counters by route template, so that ids do not become labels."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "carehours_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "carehours_request_seconds", "Time to answer a request.", ["route"], registry=self.registry
        )
        self._of_route: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        children = self._of_route.get((method, route, status))
        if children is None:
            children = (self.requests.labels(method, route, str(status)), self.seconds.labels(route))
            self._of_route[method, route, status] = children
        children[0].inc()
        children[1].observe(seconds)


class Observed:
    """Wraps the application: gives each request an id, times it, counts it, and logs one line."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = (*_SAFE_HEADERS, *(_HTTPS_HEADERS if https else ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        this_id = given.decode() if _REQUEST_ID.fullmatch(given) else token_hex(16)
        request_id.set(this_id)
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", this_id.encode()),
                    *self._headers,
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            method = str(scope["method"])
            route = str(scope.get("path_template") or "none")
            self._metrics.count(method, route, status, seconds)
            log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))


_SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # Not `no-referrer`: a browser would then send a form of ours as from "null".
    (b"referrer-policy", b"same-origin"),
    # Another site's page that opens one of ours in a window learns nothing of it.
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        b" manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
)

# A browser that was here once over https never tries without again (RFC 6797).
_HTTPS_HEADERS = ((b"strict-transport-security", b"max-age=31536000"),)
