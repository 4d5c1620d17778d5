"""The admin trail: every privileged act of a community, and what was done to a member's record."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import (
    MAX_PAGE,
    MAX_SAFE,
    as_uuid,
    json_response,
    next_link,
    only_query,
    path_id,
    query_days,
    query_integer,
)
from api.routes.common import AnyRequest, community_of, ledger_of, moments_of_days
from ledger.log.events import read_details
from ledger.people.events import find_events
from ledger.people.members import read_member
from ledger.people.roles import DelegateScope, Role


class EventView(msgspec.Struct, omit_defaults=True):
    """A privileged act: what was done, when, by whom in what capacity, to whom. Its leaf stands in the log."""

    id: UUID
    kind: str
    recorded_at: datetime
    leaf_index: int
    via: str
    by: str | None = None
    member: UUID | None = None
    details: dict[str, Any] = {}


class EventsView(msgspec.Struct, omit_defaults=True):
    events: list[EventView]
    next: str | None = None


OWN = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, own="member_id", delegated=DelegateScope.SEE)

FILTERS = ("kind", "from", "until")
QUERY = {
    "below": integer("the leaf index below which the page begins", 0, MAX_SAFE),
    "limit": PAGE,
    "kind": text("only those of this kind, such as role_granted"),
    "from": text("only those of this day or later", form=OpenAPIFormat.DATE),
    "until": text("only those of this day or earlier", form=OpenAPIFormat.DATE),
}

_KIND = re.compile(r"[a-z][a-z_]{0,31}")


@get(
    "/members/{member_id:str}/events",
    summary="What was done to a member's record",
    opt=OWN,
    operation_class=body(None, query=QUERY),
    responses=answers({200: EventsView}, 404),
)
async def get_member_events(request: AnyRequest) -> ASGIResponse:
    """Every privileged act that concerned the member, the newest first. Days begin by the community's clock."""
    only_query(request, "below", "limit", *FILTERS)
    community = community_of(request)
    member_id = path_id(request, "member_id")
    async with ledger_of(request).database.connection(community.id) as db:
        if await read_member(db, community.id, member_id) is None:
            raise Problem("not_found")
    return await _events_response(request, member_id, f"members/{member_id}/events", FILTERS)


@get(
    "/events",
    summary="The admin trail",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR),
    operation_class=body(
        None,
        query=QUERY | {"member": text("only those that concerned this member", form=OpenAPIFormat.UUID)},
    ),
    responses=answers({200: EventsView}),
)
async def list_events(request: AnyRequest) -> ASGIResponse:
    """Every privileged act of the community, the newest first. Days begin by the community's clock."""
    only_query(request, "below", "limit", "member", *FILTERS)
    given = request.query_params.get("member")
    member_id = None if given is None else as_uuid(given.lower(), "The query parameter member")
    return await _events_response(request, member_id, "events", ("member", *FILTERS))


def event_view(row: asyncpg.Record) -> EventView:
    return EventView(
        row["event_id"],
        row["kind"],
        row["recorded_at"],
        row["leaf_index"],
        row["via"],
        row["author_id"],
        row["member_id"],
        read_details(row["details"]),
    )


async def _events_response(
    request: AnyRequest, member_id: UUID | None, address: str, filters: Sequence[str]
) -> ASGIResponse:
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    below = query_integer(request, "below", MAX_SAFE, 0, MAX_SAFE)
    kind = request.query_params.get("kind")
    if kind is not None and not _KIND.fullmatch(kind):
        raise Problem("malformed_request", "The query parameter kind is no kind of event.")
    days = query_days(request, "from", "until")
    async with ledger_of(request).database.snapshot(community.id) as db:
        moments = (None, None) if days == (None, None) else await moments_of_days(request, db, *days)
        rows = await find_events(
            db,
            community.id,
            member_id=member_id,
            kind=kind,
            recorded_from=moments[0],
            recorded_before=moments[1],
            below=below,
            at_most=limit + 1,
        )
    page = [event_view(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        query: dict[str, Any] = {"below": page[-1].leaf_index, "limit": limit}
        query |= {each: request.query_params[each] for each in filters if each in request.query_params}
        following = f"/v1/communities/{community.slug}/{address}?{urlencode(query)}"
    return json_response(EventsView(page, following), headers=next_link(following))


events_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[get_member_events, list_events], tags=["Events"]
)
