"""Clearances: record what shows that somebody may be sent to people, revoke it, and see which of them end soon."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    NOTHING,
    as_uuid,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    path_id,
    query_integer,
    read_body,
)
from api.routes.accounts import Code
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    refused_response,
    replay_header,
)
from ledger.book.ledger import Answer
from ledger.book.posting import Refused
from ledger.hours.clearances import (
    WARNING_DAYS,
    Clearance,
    expiring,
    record_clearance,
    revoke_clearance,
)
from ledger.people.members import read_member
from ledger.people.roles import Role

MAX_WITHIN_DAYS = 366


class ClearanceBody(msgspec.Struct, forbid_unknown_fields=True):
    """A clearance you have seen: its kind, such as `police-check`, and its first and last day, both included."""

    kind: Code
    issued_on: date
    expires_on: date | None = None


class ClearanceView(msgspec.Struct, omit_defaults=True):
    """A clearance. `state` is of today; `warning` says that it ends within 31 days and no later one is recorded."""

    id: UUID
    member: UUID
    kind: str
    issued_on: date
    recorded_at: datetime
    state: Literal["valid", "not_yet", "expired", "revoked"]
    expires_on: date | None = None
    verified_by: UUID | None = None
    revoked_at: datetime | None = None
    revoked_by: UUID | None = None
    warning: Literal["expires_soon"] | None = None


class ClearancesView(msgspec.Struct, omit_defaults=True):
    clearances: list[ClearanceView]
    next: str | None = None


_clearance = msgspec.json.Decoder(ClearanceBody)


@post(
    "/members/{member_id:str}/clearances",
    summary="Record a clearance",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(ClearanceBody, idempotent=True),
    responses=answers({201: ClearanceView, 200: ClearanceView}, 404, 409, 415, 422, 503),
)
async def post_clearance(request: AnyRequest) -> ASGIResponse:
    """Record a clearance of somebody else, who is no relative. The Idempotency-Key becomes its id."""
    only_query(request)
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    asked = await read_body(request, _clearance)
    community = community_of(request)
    answer = await record_clearance(
        hours_of(request),
        community,
        principal_of(request).author,
        key,
        member_id,
        Clearance(asked.kind, asked.issued_on, asked.expires_on),
    )
    location = f"/v1/communities/{community.slug}/members/{member_id}/clearances"
    return await _clearance_response(request, answer, member_id, key, 201, {"location": location})


@post(
    "/members/{member_id:str}/clearances/{clearance_id:str}/revocation",
    summary="Revoke a clearance",
    opt=allow(Role.COORDINATOR, strong=True),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: ClearanceView}, 404, 409, 415, 422, 503),
)
async def post_revocation(request: AnyRequest) -> ASGIResponse:
    """Say that a clearance does not count any more. What was taken with it stays taken, and is yours to look at."""
    only_query(request)
    member_id = path_id(request, "member_id")
    clearance_id = path_id(request, "clearance_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await revoke_clearance(
        hours_of(request), community_of(request), principal_of(request).author, key, member_id, clearance_id
    )
    return await _clearance_response(request, answer, member_id, clearance_id)


@get(
    "/members/{member_id:str}/clearances",
    summary="List a member's clearances",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, own="member_id"),
    responses=answers({200: ClearancesView}, 404),
)
async def get_clearances(request: AnyRequest) -> ASGIResponse:
    """All clearances of a member, with a warning for each that ends within 31 days."""
    only_query(request)
    member_id = path_id(request, "member_id")
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        if await read_member(db, community.id, member_id) is None:
            raise Problem("not_found")
    return json_response(ClearancesView(await _views(request, member_id)))


@get(
    "/clearances/expiring",
    summary="List the clearances that end soon",
    opt=allow(Role.COORDINATOR, Role.AUDITOR),
    operation_class=body(
        None,
        query={
            "within_days": integer("how many days ahead; 31 unless said", 0, MAX_WITHIN_DAYS),
            "after": text("the id of the clearance after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: ClearancesView}, 404),
)
async def get_expiring(request: AnyRequest) -> ASGIResponse:
    """Clearances that end from today on, the first to end first, where no later one of the kind is recorded."""
    only_query(request, "within_days", "after", "limit")
    community = community_of(request)
    within_days = query_integer(request, "within_days", WARNING_DAYS, 0, MAX_WITHIN_DAYS)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    ledger = ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        after_on, after_id = None, None
        if given is not None:
            after_id = as_uuid(given, "The query parameter after")
            row = await db.row(
                "hours/read_clearance_expiry", community_id=community.id, clearance_id=after_id
            )
            if row is None or row["expires_on"] is None:
                raise Problem("not_found")
            after_on = row["expires_on"]
        today = (await hours_of(request).read(db, community, ledger.now())).today
        rows = await db.rows(
            "hours/list_expiring_clearances",
            community_id=community.id,
            from_on=today,
            until_on=today + timedelta(days=within_days),
            after_on=after_on,
            after_id=after_id,
            at_most=limit + 1,
        )
    page = rows[:limit]
    following = None
    if len(rows) > limit:
        said = f"within_days={within_days}&after={page[-1]['clearance_id']}&limit={limit}"
        following = f"/v1/communities/{community.slug}/clearances/expiring?{said}"
    views = [_view(row, today, expiring([_clearance_of(row)], today)) for row in page]
    return json_response(ClearancesView(views, following), headers=next_link(following))


async def _clearance_response(
    request: AnyRequest,
    answer: Answer,
    member_id: UUID,
    clearance_id: UUID,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> ASGIResponse:
    """The clearance as it stands now, or the refusal."""
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = replay_header(answer)
    view = next((each for each in await _views(request, member_id) if each.id == clearance_id), None)
    if view is None:
        raise Problem("not_found")
    return json_response(view, 200 if replayed else status, (headers or {}) | replayed)


async def _views(request: AnyRequest, member_id: UUID) -> list[ClearanceView]:
    community, ledger = community_of(request), ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        rows = await db.rows("hours/read_clearances", community_id=community.id, member_id=member_id)
        today = (await hours_of(request).read(db, community, ledger.now())).today
    warned = expiring([_clearance_of(row) for row in rows], today)
    return [_view(row, today, warned) for row in rows]


def _clearance_of(row: asyncpg.Record) -> Clearance:
    return Clearance(row["kind"], row["issued_on"], row["expires_on"], row["revoked_at"] is not None)


def _view(row: asyncpg.Record, today: date, warned: list[Clearance]) -> ClearanceView:
    clearance = _clearance_of(row)
    state: Literal["valid", "not_yet", "expired", "revoked"] = "valid"
    if clearance.revoked:
        state = "revoked"
    elif today < clearance.issued_on:
        state = "not_yet"
    elif not clearance.valid_on(today):
        state = "expired"
    return ClearanceView(
        row["clearance_id"],
        row["member_id"],
        row["kind"],
        row["issued_on"],
        row["recorded_at"],
        state,
        row["expires_on"],
        row["verified_by"],
        row["revoked_at"],
        row["revoked_by"],
        "expires_soon" if clearance in warned else None,
    )


clearances_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_clearance, post_revocation, get_clearances, get_expiring],
    tags=["Clearances"],
)
