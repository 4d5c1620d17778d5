"""Closed periods: what is over and agreed takes no more postings, and what everybody stood at is in the log."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
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
    Text,
    idempotency_key,
    json_response,
    next_link,
    normalised,
    only_query,
    query_day,
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
    reads_notes,
)
from ledger.desk.closing import close_period, read_checklist
from ledger.hours.periods import end_of
from ledger.log.events import read_details
from ledger.people.roles import Role, Scope

DespiteText = Literal[
    "audit", "open_claims", "open_disputes", "open_requests", "unmatched_sheets", "failed_assertions"
]
MAX_NUMBER = 999_999_999


class PeriodBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Close everything up to and with the day `through`, which is over.

    `despite` names what its checklist says is open and may stay so; then a `reason` says why.
    """

    through: date
    despite: Annotated[list[DespiteText], msgspec.Meta(max_length=6)] = []
    reason: Text | None = None

    def checked(self) -> None:
        """Raise Problem unless there is a reason where one is needed."""
        if self.despite and self.reason is None:
            raise Problem(
                "malformed_request", "The body names what stays open without a reason - at `$.reason`"
            )


class ClosedView(msgspec.Struct):
    """The last day of a period that is closed."""

    through: date


class PeriodView(msgspec.Struct, omit_defaults=True):
    """A closing: its number, its last day, when and by whom, and when and by whom the period was opened again.

    `root` is the root over what `accounts` accounts stood at; closings of before November 2026 have none.
    """

    number: int
    through: date
    closed_at: datetime
    closed_by: UUID | None = None
    accounts: int | None = None
    root: str | None = None
    tree_size: int | None = None
    reopened_at: datetime | None = None
    reopened_by: UUID | None = None
    reopening_proposed_by: UUID | None = None


class PeriodsView(msgspec.Struct, omit_defaults=True):
    """Closings, the newest first: nothing is posted for a day up to that of the newest that was not opened again."""

    periods: list[PeriodView]
    next: str | None = None


class KindSumView(msgspec.Struct):
    """What the accounts of one kind stood at together, in seconds."""

    kind: str
    accounts: int
    balance: int


class ClosingView(msgspec.Struct, omit_defaults=True):
    """A closing with its trial balance: `total` is the sum of all balances, in seconds, which is zero.

    `despite` says what was left open on purpose, and how many; `leaf_index` where in the log its event stands.
    """

    period: PeriodView
    kinds: list[KindSumView]
    despite: dict[str, int]
    total: int | None = None
    ends_at: datetime | None = None
    leaf_index: int | None = None
    reason: str | None = None


class ItemView(msgspec.Struct, omit_defaults=True):
    """An item of the checklist: done, open, look (to be looked at), or blocks (nothing can be closed before).

    `count` is how many are open; of the audit how much the newest found, at `at`, as `audit` tells.
    """

    item: str
    state: str
    count: int
    at: datetime | None = None
    audit: UUID | None = None


class ChecklistView(msgspec.Struct):
    """How things stand for closing everything through a day; `over` says whether that day is over."""

    through: date
    over: bool
    closed: bool
    items: list[ItemView]


class StandingView(msgspec.Struct):
    """What an account stood at, in seconds, as the sum of `entries` entries; `place` is its leaf's."""

    place: int
    account: UUID
    kind: str
    code: str
    balance: int
    entries: int
    digest: str


class StandingsView(msgspec.Struct, omit_defaults=True):
    balances: list[StandingView]
    next: str | None = None


_period = msgspec.json.Decoder(PeriodBody)

CHECKS = allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ)


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

    What every account stood at is written down, and its root is a leaf in the log. Single-handed only while nobody else
    could approve it; otherwise propose it at `/proposals`.
    """
    only_query(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _period)
    asked.checked()
    answer = await close_period(
        hours_of(request),
        principal.community,
        principal.author,
        key,
        asked.through,
        frozenset(asked.despite),
        normalised(asked.reason),
    )
    return act_response(request, answer, lambda: ClosedView(asked.through), 201)


@get(
    "/periods",
    summary="List closed periods",
    opt=allow(*Role, token=Scope.READ, member=True),
    operation_class=body(
        None,
        query={
            "below": integer("the number of the closing after which the page begins", 1, MAX_NUMBER),
            "limit": PAGE,
        },
    ),
    responses=answers({200: PeriodsView}),
)
async def list_periods(request: AnyRequest) -> ASGIResponse:
    """Closings, the newest first, a page at a time; the Link header leads to the next page."""
    only_query(request, "below", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "hours/list_closed_periods",
            community_id=community.id,
            below=query_integer(request, "below", MAX_NUMBER, 1, MAX_NUMBER),
            at_most=limit + 1,
        )
    reads_who = principal_of(request).role is not None
    page = [_period_view(row, reads_who) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = f"/v1/communities/{community.slug}/periods?below={page[-1].number}&limit={limit}"
    return json_response(PeriodsView(page, following), headers=next_link(following))


@get(
    "/periods/checklist",
    summary="What to settle before closing",
    opt=allow(*Role),
    operation_class=body(
        None,
        query={
            "through": text(
                "the last day to close; the last of the month before when left out", form=OpenAPIFormat.DATE
            )
        },
    ),
    responses=answers({200: ChecklistView}),
)
async def get_checklist(request: AnyRequest) -> ASGIResponse:
    """How things stand for closing everything through a day. It is looked at again when that is done."""
    only_query(request, "through")
    community, ledger = community_of(request), ledger_of(request)
    asked = query_day(request, "through")
    now = ledger.now()
    async with ledger.database.snapshot(community.id) as db:
        hours = await hours_of(request).read(db, community, now)
        through = hours.today.replace(day=1) - timedelta(days=1) if asked is None else asked
        head = await db.row("hours/read_closed_through", community_id=community.id)
        items = await read_checklist(db, community.id, through, end_of(hours, through), now)
    closed = None if head is None else head["closed_through"]
    return json_response(
        ChecklistView(
            through,
            through < hours.today,
            closed is not None and through <= closed,
            [ItemView(each.item, each.state, each.count, each.at, each.work_id) for each in items],
        )
    )


@get(
    "/periods/{number:str}",
    summary="Read a closing",
    opt=allow(*Role, token=Scope.READ),
    responses=answers({200: ClosingView}, 404),
)
async def get_period(request: AnyRequest) -> ASGIResponse:
    """A closing with its trial balance by kind of account; what each account stood at is a list of its own."""
    only_query(request)
    community = community_of(request)
    which = {"community_id": community.id, "closing_number": closing_number(request)}
    async with ledger_of(request).database.snapshot(community.id) as db:
        row = await db.row("hours/read_closing", **which)
        if row is None:
            raise Problem("not_found")
        kinds = await db.rows("hours/sum_period_balances", **which)
    said = {} if row["details"] is None else read_details(row["details"])
    return json_response(
        ClosingView(
            _period_view(row, reads_who=True),
            [KindSumView(each["kind"], each["accounts"], each["balance"]) for each in kinds],
            _despite(said),
            None if row["root"] is None else sum(each["balance"] for each in kinds),
            row["ends_at"],
            row["leaf_index"],
            row["reason"] if reads_notes(request) else None,
        )
    )


@get(
    "/periods/{number:str}/balances",
    summary="What every account stood at",
    opt=CHECKS,
    operation_class=body(
        None,
        query={
            "after": integer("the place after which the page begins", 0, MAX_NUMBER),
            "limit": PAGE,
        },
    ),
    responses=answers({200: StandingsView}, 404),
)
async def list_balances(request: AnyRequest) -> ASGIResponse:
    """Every balance of a closing, in the order of its tree's leaves: they add up to zero, and hash to its root."""
    only_query(request, "after", "limit")
    community, number = community_of(request), closing_number(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    after = query_integer(request, "after", -1, 0, MAX_NUMBER)
    which = {"community_id": community.id, "closing_number": number}
    async with ledger_of(request).database.snapshot(community.id) as db:
        if await db.row("hours/read_closing", **which) is None:
            raise Problem("not_found")
        rows = await db.rows("hours/list_period_balances", **which, after=after, at_most=limit + 1)
    page = [
        StandingView(
            row["place"], row["account_id"], row["kind"], row["code"], row["balance"], row["entry_count"],
            row["digest"],
        )
        for row in rows[:limit]
    ]  # fmt: skip
    following = None
    if len(rows) > limit:
        path = f"/v1/communities/{community.slug}/periods/{number}/balances"
        following = f"{path}?after={page[-1].place}&limit={limit}"
    return json_response(StandingsView(page, following), headers=next_link(following))


def closing_number(request: AnyRequest) -> int:
    """The number of a closing in the path. Raises Problem: what is no such number names nothing."""
    text_ = str(request.path_params["number"])
    if not re.fullmatch("[1-9][0-9]{0,8}", text_, re.ASCII):
        raise Problem("not_found")
    return int(text_)


def _period_view(row: asyncpg.Record, reads_who: bool) -> PeriodView:
    who = (row["closed_by"], row["reopened_by"], row["proposed_by"]) if reads_who else (None, None, None)
    return PeriodView(
        row["closing_number"],
        row["through_on"],
        row["closed_at"],
        who[0],
        row["account_count"],
        None if row["root"] is None else row["root"].hex(),
        row["tree_size"],
        row["reopened_at"],
        who[1],
        who[2],
    )


def _despite(said: dict[str, Any]) -> dict[str, int]:
    """What an event says was left open, each as `open_claims 3`."""
    listed: Sequence[str] = said.get("despite", [])
    return {item: int(count) for item, _, count in [each.partition(" ") for each in listed]}


periods_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_period,
        list_periods,
        get_checklist,
        get_period,
        list_balances,
    ],
    tags=["Periods"],
)
