"""Households: who holds an account together."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import MAX_BODY, idempotency_key, json_response, only_query, path_id, read_body
from api.routes.common import (
    AnyRequest,
    community_of,
    ledger_of,
    principal_of,
    refused_response,
    replay_header,
)
from ledger.book.ledger import Answer
from ledger.book.posting import Refused
from ledger.people.households import add_holder, list_holders, remove_holder
from ledger.people.roles import Role, Scope


class HolderBody(msgspec.Struct, forbid_unknown_fields=True):
    """The member who is to hold the account, together with whoever holds it."""

    member: UUID


class HolderView(msgspec.Struct):
    """A member who holds an account, and since when."""

    member: UUID
    since: datetime


class HoldersView(msgspec.Struct):
    """Who holds an account now, longest first."""

    account: UUID
    holders: list[HolderView]


_holder = msgspec.json.Decoder(HolderBody)


@get(
    "/accounts/{account_id:str}/holders",
    summary="List an account's holders",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, own="account_id", token=Scope.MEMBERS),
    responses=answers({200: HoldersView}, 404),
)
async def get_holders(request: AnyRequest) -> ASGIResponse:
    """Who holds the account now: one member, or the several of a household."""
    only_query(request)
    account_id = path_id(request, "account_id")
    community = community_of(request)
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        account = await db.row(
            "book/read_account", community_id=community.id, account_id=account_id, now=ledger.now()
        )
    if account is None:
        raise Problem("not_found")
    return await _holders_response(request, account_id)


@post(
    "/accounts/{account_id:str}/holders",
    summary="Add a holder to a household",
    opt=allow(Role.COORDINATOR, own="account_id", strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(HolderBody, idempotent=True),
    responses=answers({201: HoldersView, 200: HoldersView}, 404, 409, 415, 422, 503),
)
async def post_holder(request: AnyRequest) -> ASGIResponse:
    """Let a member hold a household's account too: by one who holds it, or by a co-ordinator for other people.

    Once the account was used, a co-ordinator needs a second person: see `/proposals`.
    """
    only_query(request)
    account_id = path_id(request, "account_id")
    key = idempotency_key(request)
    asked = await read_body(request, _holder)
    author = principal_of(request).author
    answer = await add_holder(
        ledger_of(request), community_of(request), author, key, account_id, asked.member
    )
    return await _holders_response(request, account_id, answer, 201)


@delete(
    "/accounts/{account_id:str}/holders/{member_id:str}",
    summary="Remove a holder from a household",
    status_code=200,
    opt=allow(Role.COORDINATOR, strong=True),
    operation_class=body(None, idempotent=True),
    responses=answers({200: HoldersView}, 404, 409, 422, 503),
)
async def delete_holder(request: AnyRequest) -> ASGIResponse:
    """Let a member hold a household's account no longer. Not for oneself, nor for somebody one is close to."""
    only_query(request)
    account_id = path_id(request, "account_id")
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    author = principal_of(request).author
    answer = await remove_holder(
        ledger_of(request), community_of(request), author, key, account_id, member_id
    )
    return await _holders_response(request, account_id, answer)


async def _holders_response(
    request: AnyRequest, account_id: UUID, answer: Answer | None = None, status: int = 200
) -> ASGIResponse:
    """Who holds the account now, or the refusal."""
    if answer is not None and isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = replay_header(answer)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await list_holders(db, community.id, account_id)
    view = HoldersView(account_id, [HolderView(row["member_id"], row["since"]) for row in rows])
    return json_response(view, 200 if replayed else status, replayed)


households_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_holders, post_holder, delete_holder],
    tags=["Households"],
)
