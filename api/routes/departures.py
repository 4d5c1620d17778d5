"""Departures: what becomes of the credits of somebody who left, died, or has not been seen for long."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.requests import MAX_BODY, idempotency_key, json_response, only_query, path_id, read_body
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refused_response,
    replay_header,
    sees,
)
from api.views import TransferView, transfer_view
from ledger.book.journal import read_transfers
from ledger.book.posting import Refused
from ledger.hours.departures import Departure, Settlement, settle
from ledger.people.roles import Role

DepartureText = Literal["left", "died", "inactive"]


class SettlementBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why, and to which member or account the credits go: left out, they lapse to the policy's pot."""

    reason: DepartureText
    to: UUID | None = None


class SettlementView(msgspec.Struct):
    """What was posted, and which accounts were closed with it."""

    member: UUID
    reason: DepartureText
    transfers: list[TransferView]
    closed: list[UUID]


_settlement = msgspec.json.Decoder(SettlementBody)


@post(
    "/members/{member_id:str}/settlement",
    summary="Settle a member's credits",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(SettlementBody, idempotent=True),
    responses=answers({201: SettlementView, 200: SettlementView}, 404, 409, 415, 422, 503),
)
async def post_settlement(request: AnyRequest) -> ASGIResponse:
    """Settle what somebody had who left or died, and close their accounts; or let lapse what an inactive one has.

    What they had set aside is released first, and what they owed is made good from the pot. On leaving, the credits
    go to the pot or to whom the member chose, on death to the pot or to a relative, as the policy says. A
    co-ordinator who is close to none of them does so; an inheritance with consent, and more than ten hours a day to
    somebody, is proposed at `/proposals` with the action `settlement`.
    """
    only_query(request)
    community = community_of(request)
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    asked = await read_body(request, _settlement)
    settlement = Settlement(member_id, Departure(asked.reason), asked.to)
    answer = await settle(hours_of(request), community, principal_of(request).author, key, settlement)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        row = await db.row("hours/read_event_details", community_id=community.id, event_id=key)
        if row is None:
            raise RuntimeError("a settlement that was done has an event")
        said = msgspec.json.decode(row["details"])
        ids = [UUID(each) for each in said["transfers"]]
        found = await read_transfers(db, community, ids)
    transfers = [
        transfer_view(
            community.slug,
            found[each],
            ledger.keys.receipt_key,
            sees(principal_of(request)),
            notes=reads_notes(request),
        )
        for each in ids
    ]
    closed = [UUID(each) for each in said["closed"]]
    replayed = replay_header(answer)
    view = SettlementView(member_id, asked.reason, transfers, closed)
    return json_response(view, 200 if replayed else 201, replayed)


departures_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_settlement], tags=["Departures"]
)
