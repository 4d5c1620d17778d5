"""Delegates and relatives: who may act for a member, and about whom nobody of the family decides."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
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
from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.book.authors import Author, Via
from ledger.book.ledger import Answer
from ledger.book.posting import Refused
from ledger.people.delegates import (
    Delegation,
    Relation,
    add_relative,
    end_delegation,
    give_delegation,
    in_force,
    list_delegations,
    list_relatives,
    read_delegation,
    remove_relative,
)
from ledger.people.members import read_member
from ledger.people.roles import DelegateScope, Principal, Role

Family = Literal[
    "spouse",
    "partner",
    "child",
    "parent",
    "sibling",
    "grandchild",
    "grandparent",
    "in_law",
    "other_relative",
]


class DelegationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who may act for you, in what, and from one day to another, both included.

    `relation` is what they are to you. `monthly_cap` is seconds a calendar month, and goes with the scope `spend`.
    """

    delegate: UUID
    relation: Relation
    scopes: Annotated[list[DelegateScope], msgspec.Meta(min_length=1, max_length=4)]
    from_on: date = msgspec.field(name="from")
    until_on: date | None = msgspec.field(name="until", default=None)
    monthly_cap: Annotated[int, msgspec.Meta(ge=0, le=MAX_ENTRY_SECONDS)] = 0


class DelegationView(msgspec.Struct):
    """A delegation: `relation` is what the delegate is to the member, `spent` the seconds of this month (UTC)."""

    id: UUID
    member: UUID
    delegate: UUID
    relation: Relation
    scopes: list[DelegateScope]
    monthly_cap: int
    spent: int
    from_on: date = msgspec.field(name="from")
    until_on: date | None = msgspec.field(name="until")
    given_by: UUID
    approved_by: UUID | None
    given_at: datetime
    ended_at: datetime | None
    in_force: bool


class DelegationsView(msgspec.Struct):
    """The delegations a member gave and was given: first those that were not ended, the newest first."""

    delegations: list[DelegationView]


class RelativeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Another member of the family; `relation` is what they are to this one."""

    relative: UUID
    relation: Family


class RelativeView(msgspec.Struct):
    """A relative; `relation` is what they are to the member of the address."""

    relative: UUID
    relation: Relation


class RelativesView(msgspec.Struct):
    """A member's relatives, as far as they are members."""

    relatives: list[RelativeView]


_delegation = msgspec.json.Decoder(DelegationBody)
_relative = msgspec.json.Decoder(RelativeBody)


@get(
    "/members/{member_id:str}/delegates",
    summary="List a member's delegates",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, own="member_id", delegated=DelegateScope.SEE),
    responses=answers({200: DelegationsView}, 404),
)
async def get_delegates(request: AnyRequest) -> ASGIResponse:
    """The delegations the member gave and was given, ended ones too. A delegate sees only their own."""
    only_query(request)
    community = community_of(request)
    principal = principal_of(request)
    member_id = path_id(request, "member_id")
    ledger = ledger_of(request)
    now = ledger.now()
    async with ledger.database.snapshot(community.id) as db:
        if await read_member(db, community.id, member_id) is None:
            raise Problem("not_found")
        rows = await list_delegations(db, community.id, member_id, now)
    if principal.member_id != member_id and principal.role not in (Role.COORDINATOR, Role.AUDITOR):
        rows = [row for row in rows if row["delegate_id"] == principal.member_id]
    return json_response(DelegationsView([_view(row, now) for row in rows]))


@post(
    "/members/{member_id:str}/delegates",
    summary="Name a delegate",
    opt=allow(own="member_id"),
    request_max_body_size=MAX_BODY,
    operation_class=body(DelegationBody, idempotent=True),
    responses=answers({201: DelegationView, 200: DelegationView}, 404, 409, 415, 422, 503),
)
async def post_delegate(request: AnyRequest) -> ASGIResponse:
    """Let another member act for you, until you end it. The Idempotency-Key becomes the delegation's id.

    Only the member does this; for a frail one two co-ordinators can, see `/proposals`.
    """
    only_query(request)
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    if principal_of(request).member_id != member_id:
        raise Problem("not_allowed")
    asked = await read_body(request, _delegation)
    delegation = Delegation(
        key,
        member_id,
        asked.delegate,
        asked.relation,
        frozenset(asked.scopes),
        asked.monthly_cap,
        asked.from_on,
        asked.until_on,
    )
    community = community_of(request)
    answer = await give_delegation(
        ledger_of(request), community, Author(Via.MEMBER, member_id), key, delegation
    )
    location = f"/v1/communities/{community.slug}/members/{member_id}/delegates"
    return await _delegation_response(request, key, answer, 201, {"location": location})


@delete(
    "/members/{member_id:str}/delegates/{delegation_id:str}",
    summary="End a delegation",
    status_code=200,
    opt=allow(Role.COORDINATOR, member=True),
    operation_class=body(None, idempotent=True),
    responses=answers({200: DelegationView}, 404, 409, 422, 503),
)
async def delete_delegate(request: AnyRequest) -> ASGIResponse:
    """End a delegation at once: by the member, by the delegate, or by a co-ordinator."""
    only_query(request)
    member_id = path_id(request, "member_id")
    delegation_id = path_id(request, "delegation_id")
    key = idempotency_key(request)
    community = community_of(request)
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        row = await read_delegation(db, community.id, delegation_id, ledger.now())
    if row is None or row["member_id"] != member_id:
        raise Problem("not_found")
    author = _ending(principal_of(request), member_id, row["delegate_id"])
    answer = await end_delegation(ledger, community, author, key, delegation_id)
    return await _delegation_response(request, delegation_id, answer, 200)


def _ending(principal: Principal, member_id: UUID, delegate_id: UUID) -> Author:
    """In what capacity the principal ends a delegation. To a stranger it is not there."""
    if principal.member_id == member_id:
        return Author(Via.MEMBER, member_id)
    if principal.member_id == delegate_id:
        return Author(Via.DELEGATE, delegate_id, for_member_id=member_id)
    if principal.role is Role.COORDINATOR:
        return principal.author
    raise Problem("not_found")


@get(
    "/members/{member_id:str}/relatives",
    summary="List a member's relatives",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, own="member_id"),
    responses=answers({200: RelativesView}, 404),
)
async def get_relatives(request: AnyRequest) -> ASGIResponse:
    """The member's relatives, as far as they are members: neither decides about the other."""
    only_query(request)
    community = community_of(request)
    member_id = path_id(request, "member_id")
    async with ledger_of(request).database.connection(community.id) as db:
        if await read_member(db, community.id, member_id) is None:
            raise Problem("not_found")
    return await _relatives_response(request, member_id)


@post(
    "/members/{member_id:str}/relatives",
    summary="Record a relative",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(RelativeBody, idempotent=True),
    responses=answers({201: RelativesView, 200: RelativesView}, 404, 409, 415, 422, 503),
)
async def post_relative(request: AnyRequest) -> ASGIResponse:
    """Record that two members are family; in place of what was recorded of the two before."""
    only_query(request)
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    asked = await read_body(request, _relative)
    if asked.relative == member_id:
        raise Problem("malformed_request", "Nobody is their own relative.")
    answer = await add_relative(
        ledger_of(request),
        community_of(request),
        principal_of(request).author,
        key,
        member_id,
        asked.relative,
        Relation(asked.relation),
    )
    return await _relatives_response(request, member_id, answer, 201)


@delete(
    "/members/{member_id:str}/relatives/{relative_id:str}",
    summary="Remove a relative",
    status_code=200,
    opt=allow(Role.COORDINATOR, strong=True),
    operation_class=body(None, idempotent=True),
    responses=answers({200: RelativesView}, 404, 409, 422, 503),
)
async def delete_relative(request: AnyRequest) -> ASGIResponse:
    """Take back that two members are family. Nobody does so of themselves."""
    only_query(request)
    member_id = path_id(request, "member_id")
    relative_id = path_id(request, "relative_id")
    key = idempotency_key(request)
    answer = await remove_relative(
        ledger_of(request),
        community_of(request),
        principal_of(request).author,
        key,
        member_id,
        relative_id,
    )
    return await _relatives_response(request, member_id, answer)


async def _delegation_response(
    request: AnyRequest,
    delegation_id: UUID,
    answer: Answer,
    status: int,
    headers: dict[str, str] | None = None,
) -> ASGIResponse:
    """The delegation as it stands now, or the refusal."""
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = replay_header(answer)
    community = community_of(request)
    now = ledger_of(request).now()
    async with ledger_of(request).database.connection(community.id) as db:
        row = await read_delegation(db, community.id, delegation_id, now)
    if row is None:
        raise Problem("not_found")
    return json_response(_view(row, now), 200 if replayed else status, (headers or {}) | replayed)


async def _relatives_response(
    request: AnyRequest, member_id: UUID, answer: Answer | None = None, status: int = 200
) -> ASGIResponse:
    """The member's relatives as they are recorded now, or the refusal."""
    if answer is not None and isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = replay_header(answer)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        found = await list_relatives(db, community.id, member_id)
    view = RelativesView([RelativeView(relative, relation) for relative, relation in found])
    return json_response(view, 200 if replayed else status, replayed)


def _view(row: asyncpg.Record, now: datetime) -> DelegationView:
    return DelegationView(
        row["delegation_id"],
        row["member_id"],
        row["delegate_id"],
        Relation(row["relation"]),
        [DelegateScope(scope) for scope in row["scopes"]],
        row["monthly_cap"],
        row["spent"],
        row["from_on"],
        row["until_on"],
        row["given_by"],
        row["approved_by"],
        row["given_at"],
        row["ended_at"],
        in_force(row, now.astimezone(UTC).date()),
    )


delegates_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        get_delegates,
        post_delegate,
        delete_delegate,
        get_relatives,
        post_relative,
        delete_relative,
    ],
    tags=["Delegates"],
)
