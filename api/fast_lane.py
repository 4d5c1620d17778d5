"""A shorter way in for the two addresses that are busy: POST .../transfers and POST .../claims/{id}/confirmation.

A plain, well-formed request by a token that may post and was seen within the last second goes from its bytes to the
gatherer and back without Litestar, whose routing, request and response took more than half of a transfer's time (433
against 202 microseconds of service CPU, in one run). Anything else about the request, a query, a `Prefer`, a mistake
of any kind, and it takes the ordinary road, which answers as it always does. Both roads use the same decoder,
command and view, and a test holds them to the same answers.
"""

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from api.access import Access
from api.problems import Problem, exception_response
from api.requests import MAX_BODY, NOTHING, as_uuid, decode, invented
from api.routes.claims import answer_confirmation
from api.routes.common import answer_transfer
from api.routes.transfers import TransferBody, as_command
from ledger.hours.claims import ConfirmClaim
from ledger.people.roles import Principal
from ledger.people.roles import Scope as TokenScope

_transfer = msgspec.json.Decoder(TransferBody)

Post = Callable[[], Awaitable[ASGIResponse]]
"""Has a request that was read done, and says how it went."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A busy address. `read` decodes a request's body, and raises Problem for one the ordinary road must answer."""

    address: re.Pattern[str]
    route: str
    read: Callable[[Litestar, Principal, re.Match[str], UUID, bytes], Post]


def _read_transfer(app: Litestar, principal: Principal, _: re.Match[str], key: UUID, body: bytes) -> Post:
    command = as_command(key, decode(body, _transfer))

    async def post() -> ASGIResponse:
        [answer] = await app.state.gatherer.post(principal.community, [command])
        return answer_transfer(app.state.ledger, app.state.settings.url, principal.community, answer)

    return post


def _read_confirmation(
    app: Litestar, principal: Principal, address: re.Match[str], key: UUID, body: bytes
) -> Post:
    decode(body, NOTHING)
    command = ConfirmClaim(as_uuid(address["claim_id"], "The claim"), principal)

    async def post() -> ASGIResponse:
        answer = await app.state.hours.claim(principal.community, key, command)
        return await answer_confirmation(
            app.state.ledger, app.state.settings.url, principal, answer, command.claim_id
        )

    return post


_COMMUNITY = "/v1/communities/(?P<slug>[a-z0-9-]{1,40})"
LANES = (
    Lane(re.compile(f"{_COMMUNITY}/transfers"), "/v1/communities/{slug}/transfers", _read_transfer),
    Lane(
        re.compile(f"{_COMMUNITY}/claims/(?P<claim_id>[0-9a-f-]{{36}})/confirmation"),
        "/v1/communities/{slug}/claims/{claim_id}/confirmation",
        _read_confirmation,
    ),
)


def _lane(path: str) -> tuple[Lane, re.Match[str]] | None:
    for lane in LANES:
        address = lane.address.fullmatch(path)
        if address is not None:
            return lane, address
    return None


class FastLane:
    """Answers the plain posts of its lanes itself, and hands everything else on."""

    def __init__(self, app: Litestar, ordinary: ASGIApp) -> None:
        self._app = app
        self._ordinary = ordinary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _lane(scope["path"]) if scope.get("method") == "POST" and not scope["query_string"] else None
        if found is None:
            await self._ordinary(scope, receive, send)
            return
        lane, address = found
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
            key = invented(headers[b"idempotency-key"].decode("latin-1"), "Idempotency-Key")
            post = lane.read(self._app, principal, address, key, body)
        except (Problem, KeyError):
            # The ordinary road reads the same messages again, and says what is wrong.
            await self._ordinary(scope, _again(messages, receive), send)
            return
        scope["path_template"] = lane.route  # Litestar's own name, for the log
        try:
            response = await post()
        except Exception as problem:  # noqa: BLE001 - answered like any other, by the one table
            response = exception_response(problem, self._app.state.settings.url)
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
