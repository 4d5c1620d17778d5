"""Grants: what a pot gives a member who needs it."""

from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.requests import MAX_BODY, Text, idempotency_key, normalised, only_query, read_body
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    refused_response,
    transfer_response,
)
from api.routes.gifts import GivenSeconds
from api.views import TransferView
from ledger.book.journal import read_transfers
from ledger.book.ledger import Answer
from ledger.book.posting import Refused
from ledger.hours.grants import Grant, grant, grant_id
from ledger.people.roles import Role


class GrantBody(msgspec.Struct, forbid_unknown_fields=True):
    """From which pot, to whom, how much, and why. The reason is a private note, shown to the member."""

    pot: UUID
    member: UUID
    seconds: GivenSeconds
    reason: Text


_grant = msgspec.json.Decoder(GrantBody)


@post(
    "/grants",
    summary="Grant credits from a pot",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(GrantBody, idempotent=True),
    responses=answers({201: TransferView, 200: TransferView}, 404, 409, 415, 422, 503),
)
async def post_grant(request: AnyRequest) -> ASGIResponse:
    """Give a member credits from a pot, as far as the pot's rule and what is in it go.

    A co-ordinator does so alone up to the rule's limit a day, ten hours where it names none, and never for
    themselves or somebody close to them. More is proposed at `/proposals` with the action `grant`.
    """
    only_query(request)
    community = community_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _grant)
    wanted = Grant(asked.pot, asked.member, asked.seconds, normalised(asked.reason) or "")
    answer = await grant(hours_of(request), community, principal_of(request).author, key, wanted)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    async with ledger_of(request).database.connection(community.id) as db:
        found = await read_transfers(db, community, [grant_id(key)])
    return transfer_response(request, community, Answer(answer.outcome, found[grant_id(key)]))


grants_router = Router("/v1/communities/{slug:str}", route_handlers=[post_grant], tags=["Grants"])
