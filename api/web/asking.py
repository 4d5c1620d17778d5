"""How the pages ask the API: the same routes, in this process, with the cookie of whoever opened the page.

A page has no authority of its own. What the API refuses it cannot do, and whatever is checked is checked there.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, Message

from api.requests import FILE
from api.routes.common import AnyRequest

# What the API looks at to know who asks and from where; nothing else of the page's request is passed on.
_PASSED = frozenset({b"cookie", b"origin", b"sec-fetch-site", b"user-agent", b"host"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: the status, the JSON, the name of the problem if there is one, and the ETag."""

    status: int
    said: Any
    problem: str | None
    etag: str | None

    @property
    def next(self) -> str | None:
        """The query of the next page of a list, when there is one."""
        following = self.said.get("next") if isinstance(self.said, dict) else None
        return urlsplit(following).query if following else None


class Api:
    """Asks the API on behalf of a page's request, about one community."""

    def __init__(self, request: AnyRequest, slug: str) -> None:
        self._request = request
        self._app: ASGIApp = request.app.state.asgi
        self._counted = False
        self._page: dict[str, Any] = {}
        self.slug = slug

    async def get(self, path: str, /, **query: object) -> Answer:
        """GET `path` below the community; a value None or empty in the query is left out."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return await self._ask("GET", path, b"", urlencode(given), {})

    async def get_query(self, path: str, query: str) -> Answer:
        """GET with a query as the API itself wrote it, such as that of a list's next page."""
        return await self._ask("GET", path, b"", query, {})

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        /,
        *,
        key: UUID | str | None = None,
        seen: str | None = None,
        **query: object,
    ) -> Answer:
        """POST, PUT or DELETE with a JSON body, an Idempotency-Key, and the ETag of what was seen."""
        headers = {"content-type": "application/json"}
        if key is not None:
            headers["idempotency-key"] = str(key)
        if seen is not None:
            headers["if-match"] = seen
        given = {name: value for name, value in query.items() if value not in (None, "")}
        raw = b"" if body is None else msgspec.json.encode(body)
        return await self._ask(method, path, raw, urlencode(given), headers)

    async def send_file(
        self, path: str, name: str, content: bytes, /, *, key: UUID | str | None = None, **query: object
    ) -> Answer:
        """POST a file, called `name`, with an Idempotency-Key."""
        headers = {"content-type": FILE}
        if key is not None:
            headers["idempotency-key"] = str(key)
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return await self._ask("POST", path, content, urlencode({"name": name, **given}), headers)

    async def _ask(self, method: str, path: str, body: bytes, query: str, headers: dict[str, str]) -> Answer:
        address = f"/v1/communities/{self.slug}{path}"
        outer = self._request.scope
        passed = [(name, value) for name, value in outer["headers"] if name in _PASSED]
        own = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope: Any = {
            "type": "http",
            "asgi": outer["asgi"],
            "http_version": "1.1",
            "method": method,
            "scheme": outer["scheme"],
            "path": address,
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [*passed, *own, (b"content-length", str(len(body)).encode())],
            "client": outer["client"],
            "server": outer["server"],
            # A form that was sent counts as one request of its sender, however many rows it has; and who they are
            # is looked up once for what a page reads.
            "state": {"counted": self._counted, "page": self._page},
            "litestar_app": outer["litestar_app"],
            "app": outer["litestar_app"],
        }
        sent = False
        status, answered = 500, []
        head: dict[bytes, bytes] = {}

        async def receive() -> Any:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, head
            if message["type"] == "http.response.start":
                status, head = message["status"], dict(message["headers"])
            elif message["type"] == "http.response.body":
                answered.append(message["body"])

        await self._app(scope, receive, send)
        raw = b"".join(answered)
        is_json = b"json" in head.get(b"content-type", b"")
        said = msgspec.json.decode(raw) if is_json and raw else {"text": raw.decode()}
        problem = said["type"].rpartition("/")[2] if status >= 400 else None
        # What was refused for being too often did not count, and nothing that follows it comes in by its place.
        self._counted = self._counted or (method != "GET" and status != 429)
        etag = head.get(b"etag")
        return Answer(status, said, problem, None if etag is None else etag.decode())
