"""Closed periods: what is over and agreed takes no more postings for its days."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
)
from ledger.hours.periods import close_period
from ledger.people.roles import Role, Scope


class PeriodBody(msgspec.Struct, forbid_unknown_fields=True):
    """Close everything up to and with the day `through`, which is over."""

    through: date


class ClosedView(msgspec.Struct):
    """The last day of a period that is closed."""

    through: date


class PeriodView(msgspec.Struct, omit_defaults=True):
    """A closed period: its last day, and when and by whom it was closed."""

    through: date
    closed_at: datetime
    closed_by: UUID | None = None


class PeriodsView(msgspec.Struct, omit_defaults=True):
    """Closed periods, the newest first: nothing is posted for a day up to the newest one's last."""

    periods: list[PeriodView]
    next: str | None = None


_period = msgspec.json.Decoder(PeriodBody)


@post(
    "/periods",
    summary="Close a period",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(PeriodBody, idempotent=True),
    responses=answers({201: ClosedView, 200: ClosedView}, 409, 415, 422, 503),
)
async def post_period(request: AnyRequest) -> ASGIResponse:
    """Close what is over. Nothing is logged or posted any more for its days; a correction gets a later day.

    Single-handed only while nobody else could approve it; otherwise propose it at `/proposals`.
    """
    only_query(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _period)
    answer = await close_period(hours_of(request), principal.community, principal.author, key, asked.through)
    return act_response(request, answer, lambda: ClosedView(asked.through), 201)


@get(
    "/periods",
    summary="List closed periods",
    opt=allow(*Role, token=Scope.READ, member=True),
    operation_class=body(
        None,
        query={
            "before": text("the last day of the period after which the page begins", form=OpenAPIFormat.DATE),
            "limit": PAGE,
        },
    ),
    responses=answers({200: PeriodsView}),
)
async def list_periods(request: AnyRequest) -> ASGIResponse:
    """Closed periods, the newest first, a page at a time; the Link header leads to the next page."""
    only_query(request, "before", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "hours/list_closed_periods",
            community_id=community.id,
            before=_day(request.query_params.get("before")),
            at_most=limit + 1,
        )
    reads_who = principal_of(request).role is not None
    page = [
        PeriodView(row["through_on"], row["closed_at"], row["closed_by"] if reads_who else None)
        for row in rows[:limit]
    ]
    following = None
    if len(rows) > limit:
        following = f"/v1/communities/{community.slug}/periods?before={page[-1].through}&limit={limit}"
    return json_response(PeriodsView(page, following), headers=next_link(following))


def _day(given: str | None) -> date | None:
    if given is None:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = None
    # The year's week and the form without hyphens are days to Python too.
    if day is None or str(day) != given:
        raise Problem("malformed_request", "The query parameter before is not a day such as 2026-01-31.")
    return day


periods_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_period, list_periods], tags=["Periods"]
)
