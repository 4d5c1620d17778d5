"""A shorter way in for the one address that is busy: POST .../transfers.

A plain, well-formed post by a token that may post and was seen within the last second goes from its bytes to the
gatherer and back without Litestar, whose routing, request and response took more than half of a transfer's time (433
against 202 microseconds of service CPU, in one run). Anything else about the request, a query, a `Prefer`, a mistake
of any kind, and it takes the ordinary road, which answers as it always does. Both roads use the same decoder,
command and view, and a test holds them to the same answers.
"""

import re
from collections import deque
from typing import Any

import msgspec
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from api.access import Access
from api.problems import Problem, exception_response
from api.requests import MAX_BODY, as_uuid, decode
from api.routes.common import answer_transfer
from api.routes.transfers import TransferBody, as_command
from ledger.people.roles import Scope as TokenScope

_ADDRESS = re.compile(r"/v1/communities/(?P<slug>[a-z0-9-]{1,40})/transfers")
_ROUTE = "/v1/communities/{slug}/transfers"
_transfer = msgspec.json.Decoder(TransferBody)


class FastLane:
    """Answers plain posts of a transfer itself, and hands everything else on."""

    def __init__(self, app: Litestar, ordinary: ASGIApp) -> None:
        self._app = app
        self._ordinary = ordinary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _ADDRESS.fullmatch(scope["path"])
        if address is None or scope.get("method") != "POST" or scope["query_string"]:
            await self._ordinary(scope, receive, send)
            return
        given = list(scope["headers"])
        headers = dict(given)
        if len(headers) < len(given):  # something is said twice: the ordinary road decides
            await self._ordinary(scope, receive, send)
            return
        access: Access = self._app.state.access
        principal = access.remembered(headers.get(b"authorization", b""))
        if (
            principal is None
            or TokenScope.POST not in principal.scopes
            or principal.community.slug != address["slug"]
            or headers.get(b"content-type") != b"application/json"
            or b"prefer" in headers
        ):
            await self._ordinary(scope, receive, send)
            return
        messages: list[Any] = []
        try:
            body = await _body(receive, messages)
            key = as_uuid(headers[b"idempotency-key"].decode("latin-1"), "Idempotency-Key")
            command = as_command(key, decode(body, _transfer))
        except (Problem, KeyError):
            # The ordinary road reads the same messages again, and says what is wrong.
            await self._ordinary(scope, _again(messages, receive), send)
            return
        scope["path_template"] = _ROUTE  # Litestar's own name, for the log
        base_url = self._app.state.settings.url
        community = principal.community
        try:
            [answer] = await self._app.state.gatherer.post(community, [command])
            response = answer_transfer(self._app.state.ledger, base_url, community, answer)
        except Exception as problem:  # noqa: BLE001 - answered like any other, by the one table
            response = exception_response(problem, base_url)
        await response(scope, receive, send)


async def _body(receive: Receive, messages: list[Any]) -> bytes:
    """The whole body; every message read is kept in `messages`. Raises Problem when it is too large or cut off."""
    size = 0
    while True:
        message: Any = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            raise Problem("malformed_request")
        size += len(message["body"])
        if size > MAX_BODY:
            raise Problem("body_too_large")
        if not message.get("more_body"):
            return b"".join([each["body"] for each in messages])


def _again(messages: list[Any], receive: Receive) -> Receive:
    """A `receive` that gives the messages that were read already, and then what follows."""
    waiting = deque(messages)

    async def receive_again() -> Any:
        return waiting.popleft() if waiting else await receive()

    return receive_again
