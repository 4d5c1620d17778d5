"""Tokens: what a machine shows in a person's stead."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.requests import (
    MAX_BODY,
    MAX_NAME,
    Name,
    idempotency_key,
    json_response,
    normalised,
    only_query,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    ledger_of,
    principal_of,
    refused_response,
)
from api.routes.proposals import ScopeText
from api.views import DoneView
from ledger.book.posting import Refused
from ledger.database.connections import Connection
from ledger.people.proposals import Action, require_approved, require_second_person, token_body
from ledger.people.roles import WRITING_SCOPES, Role, Scope
from ledger.people.tokens import create_token, revoke_token


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """A token for a machine, good for `days`. One that may write needs an approved `proposal` of the same."""

    label: Name
    scopes: Annotated[list[ScopeText], msgspec.Meta(min_length=1, max_length=4)]
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 365
    proposal: UUID | None = None


class NewTokenView(msgspec.Struct):
    """The token, shown this once."""

    id: str
    token: str
    expires_at: datetime


class TokenView(msgspec.Struct, omit_defaults=True):
    id: str
    label: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    made_by: UUID | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class TokensView(msgspec.Struct):
    tokens: list[TokenView]


_token = msgspec.json.Decoder(TokenBody)


@post(
    "/tokens",
    summary="Make a token",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(TokenBody, idempotent=True),
    responses=answers({201: NewTokenView, 200: DoneView}, 403, 404, 409, 415, 422, 503),
)
async def post_token(request: AnyRequest) -> ASGIResponse:
    """A bearer token, shown once. One with the scope `post` or `manage` needs a second person."""
    only_query(request)
    principal = principal_of(request)
    community = principal.community
    key = idempotency_key(request)
    asked = await read_body(request, _token)
    scopes = {Scope(each) for each in asked.scopes}
    label = normalised(asked.label, MAX_NAME) or ""

    async def check(db: Connection, now: datetime) -> None:
        if not scopes & WRITING_SCOPES:
            return
        if asked.proposal is None:
            await require_second_person(db, community.id, principal.author, Action.TOKEN, now)
        else:
            wanted = token_body(asked.label, scopes, asked.days)
            await require_approved(
                db, community.id, principal.author, asked.proposal, Action.TOKEN, wanted, now
            )

    answer, token = await create_token(
        ledger_of(request), community, principal.author, key, label, scopes, timedelta(days=asked.days), check
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    if token is None:
        return json_response(DoneView(), 200, {"idempotency-replayed": "true"})
    return json_response(NewTokenView(token.token_id, token.text, token.expires_at), 201)


@get(
    "/tokens",
    summary="List tokens",
    opt=allow(Role.COORDINATOR, Role.AUDITOR),
    responses=answers({200: TokensView}),
)
async def list_tokens(request: AnyRequest) -> ASGIResponse:
    """Every token that was made, without its secret."""
    only_query(request)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows("access/list_tokens", community_id=community.id)
    return json_response(
        TokensView(
            [
                TokenView(
                    row["token_id"],
                    row["label"],
                    row["scopes"],
                    row["created_at"],
                    row["expires_at"],
                    row["made_by"],
                    row["used_at"],
                    row["revoked_at"],
                )
                for row in rows
            ]
        )
    )


@delete(
    "/tokens/{token_id:str}",
    summary="Revoke a token",
    status_code=200,
    opt=allow(Role.COORDINATOR),
    operation_class=body(None, idempotent=True),
    responses=answers({200: DoneView}, 404, 409, 422, 503),
)
async def delete_token(request: AnyRequest) -> ASGIResponse:
    """End a token: at once in this process, within a second in others."""
    only_query(request)
    principal = principal_of(request)
    answer = await revoke_token(
        ledger_of(request),
        principal.community,
        principal.author,
        idempotency_key(request),
        str(request.path_params["token_id"])[:40],
    )
    request.app.state.access.forget_tokens()
    return act_response(request, answer)


tokens_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_token, list_tokens, delete_token], tags=["Tokens"]
)
