"""Holds: set seconds aside, look at them, release them. A transfer that names a hold settles it."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    NOTHING,
    Seconds,
    idempotency_key,
    json_response,
    only_query,
    path_id,
    read_body,
)
from api.routes.common import AnyRequest, community_of, gatherer_of, ledger_of, refused_response
from api.views import HoldView, hold_view
from ledger.book.commands import PlaceHold, VoidHold
from ledger.book.posting import Refused, Replayed
from ledger.people.roles import Role, Scope


class HoldBody(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds to set aside from an account until a moment, RFC 3339 with its zone."""

    account: UUID
    seconds: Seconds
    expires_at: datetime


_hold = msgspec.json.Decoder(HoldBody)


@post(
    "/holds",
    summary="Place a hold",
    opt=allow(token=Scope.POST),
    request_max_body_size=MAX_BODY,
    operation_class=body(HoldBody, idempotent=True),
    responses=answers({201: HoldView, 200: HoldView}, 404, 409, 415, 422, 503),
)
async def post_hold(request: AnyRequest) -> ASGIResponse:
    """Set seconds of an account aside. The Idempotency-Key becomes the hold's id."""
    only_query(request)
    key = idempotency_key(request)
    asked = await read_body(request, _hold)
    if asked.expires_at.tzinfo is None:
        raise Problem("malformed_request", "expires_at needs its zone, such as Z.")
    [answer] = await gatherer_of(request).post(
        community_of(request), [PlaceHold(key, asked.account, asked.seconds, asked.expires_at)]
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = isinstance(answer.outcome, Replayed)
    return await _hold_response(request, key, 200 if replayed else 201, replayed)


@get(
    "/holds/{hold_id:str}",
    summary="Read a hold",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ),
    responses=answers({200: HoldView}, 404),
)
async def get_hold(request: AnyRequest) -> ASGIResponse:
    """A hold and how it ended, if it has. Past its deadline it is expired, whether or not anybody has looked."""
    return await _hold_response(request, path_id(request, "hold_id"), 200)


@post(
    "/holds/{hold_id:str}/void",
    summary="Void a hold",
    opt=allow(token=Scope.POST),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: HoldView}, 404, 409, 415, 422, 503),
)
async def post_void(request: AnyRequest) -> ASGIResponse:
    """Release what is held without posting anything."""
    only_query(request)
    hold_id = path_id(request, "hold_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    [answer] = await gatherer_of(request).post(community_of(request), [VoidHold(key, hold_id)])
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    return await _hold_response(request, hold_id, 200, isinstance(answer.outcome, Replayed))


async def _hold_response(
    request: AnyRequest, hold_id: UUID, status: int, replayed: bool = False
) -> ASGIResponse:
    ledger = ledger_of(request)
    async with ledger.database.connection(community_of(request).id) as db:
        row = await db.row("book/read_holds", community_id=community_of(request).id, hold_ids=[hold_id])
    if row is None:
        raise Problem("not_found")
    headers = {"idempotency-replayed": "true"} if replayed else None
    return json_response(hold_view(row, ledger.now()), status, headers)


holds_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_hold, get_hold, post_void], tags=["Holds"]
)
