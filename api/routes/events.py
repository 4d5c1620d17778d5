"""The admin trail: every privileged act of a community, and what was done to a member's record."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer
from api.problems import Problem
from api.requests import MAX_PAGE, MAX_SAFE, json_response, next_link, only_query, path_id, query_integer
from api.routes.common import AnyRequest, community_of, ledger_of
from ledger.log.events import read_details
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


@get(
    "/members/{member_id:str}/events",
    summary="What was done to a member's record",
    opt=OWN,
    operation_class=body(
        None,
        query={"below": integer("the leaf index below which the page begins", 0, MAX_SAFE), "limit": PAGE},
    ),
    responses=answers({200: EventsView}, 404),
)
async def get_member_events(request: AnyRequest) -> ASGIResponse:
    """Every privileged act that concerned the member, the newest first."""
    return await _events_response(request, path_id(request, "member_id"))


@get(
    "/events",
    summary="The admin trail",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR),
    operation_class=body(
        None,
        query={"below": integer("the leaf index below which the page begins", 0, MAX_SAFE), "limit": PAGE},
    ),
    responses=answers({200: EventsView}),
)
async def list_events(request: AnyRequest) -> ASGIResponse:
    """Every privileged act of the community, the newest first."""
    return await _events_response(request, None)


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


async def _events_response(request: AnyRequest, member_id: UUID | None) -> ASGIResponse:
    community = community_of(request)
    only_query(request, "below", "limit")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    below = query_integer(request, "below", MAX_SAFE, 0, MAX_SAFE)
    common = {"community_id": community.id, "below": below, "at_most": limit + 1}
    async with ledger_of(request).database.connection(community.id) as db:
        if member_id is None:
            rows = await db.rows("people/list_events", **common)
        else:
            if await read_member(db, community.id, member_id) is None:
                raise Problem("not_found")
            rows = await db.rows("people/list_member_events", member_id=member_id, **common)
    page = [event_view(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        path = "events" if member_id is None else f"members/{member_id}/events"
        below = page[-1].leaf_index
        following = f"/v1/communities/{community.slug}/{path}?below={below}&limit={limit}"
    return json_response(EventsView(page, following), headers=next_link(following))


events_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[get_member_events, list_events], tags=["Events"]
)
