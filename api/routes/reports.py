"""Reports for the desk: numbers that tie to the ledger, and no names. What counts is said in `ledger.desk.reports`."""

import re
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import MAX_PAGE, json_response, next_link, only_query, query_integer
from api.routes.common import AnyRequest, community_of, hours_of, ledger_of
from ledger.database.connections import Connection
from ledger.desk.reports import (
    Care,
    Exchange,
    Reciprocity,
    by_reciprocity,
    list_inactive,
    monday_of,
    quiet_since,
    read_balances,
    read_exchangers,
    read_weeks,
)
from ledger.people.roles import Role, Scope

DEFAULT_WEEKS = 26
DEFAULT_DAYS = 90
MAX_RANGE = timedelta(days=3653)
"""Ten years with their leap days."""
FIRST_YEAR, LAST_YEAR = 1900, 2199

READERS = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, token=Scope.READ)
RANGE = {
    "from": text("the first day; the Monday of the 26th week when left out", form=OpenAPIFormat.DATE),
    "until": text("the last day, at most ten years later; today when left out", form=OpenAPIFormat.DATE),
}
CURSOR = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\.(?P<number>[0-9]{1,9})")
"""The day and the number of the member a page of inactive members ended with."""


class CareView(msgspec.Struct, kw_only=True):
    """Paid claims: how many, and the seconds that were recorded (or corrected), credited and paid for them."""

    claims: int
    recorded_seconds: int
    credited_seconds: int
    paid_seconds: int


class ActivityWeekView(CareView, kw_only=True):
    activity: str


class WeekView(CareView, kw_only=True):
    """An ISO week such as `2026-W09`, which begins on a Monday. Only its days in the range count."""

    week: str
    monday: date
    activities: list[ActivityWeekView]


class WeeksView(msgspec.Struct):
    """Every week that has a day in the range, the oldest first, also those without any care."""

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    weeks: list[WeekView]


class ExchangeView(msgspec.Struct):
    """Members of a kind, and the seconds of care they gave and received, as recorded or corrected."""

    members: int
    given_seconds: int
    received_seconds: int


class ExchangingMemberView(msgspec.Struct):
    id: UUID
    number: int
    given_seconds: int
    received_seconds: int


class ReciprocityView(msgspec.Struct, omit_defaults=True):
    """Members by whether they gave care in the range, received it, did both or neither; a page of one kind when asked.

    Who belongs to the community counts, and who has left but gave or received in the range.
    """

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    givers: ExchangeView
    receivers: ExchangeView
    both: ExchangeView
    neither: ExchangeView
    members: list[ExchangingMemberView] | None = None
    next: str | None = None


class BinView(msgspec.Struct, omit_defaults=True):
    """Accounts that stand at `from_hours` or more and below `until_hours`. Without such an edge it is open there."""

    accounts: int
    from_hours: int | None = None
    until_hours: int | None = None


class BalancesView(msgspec.Struct, omit_defaults=True):
    """The open accounts of members and households. `negative_seconds` is what they owe, as a negative number.

    `median_seconds` is the lower of two in the middle, and missing when there is no account.
    """

    accounts: int
    positive_seconds: int
    negative_seconds: int
    bins: list[BinView]
    median_seconds: int | None = None


class InactiveMemberView(msgspec.Struct, omit_defaults=True):
    """`last_on` is the last day they were heard of, and missing when they never were: they count from `joined_on`."""

    id: UUID
    number: int
    joined_on: date
    last_on: date | None = None


class InactiveView(msgspec.Struct, omit_defaults=True):
    """Active members not heard of after `through`, the longest first."""

    through_on: date = msgspec.field(name="through")
    members: list[InactiveMemberView]
    next: str | None = None


@get(
    "/reports/weeks",
    summary="Hours by week and activity",
    opt=READERS,
    operation_class=body(None, query=RANGE),
    responses=answers({200: WeeksView}),
)
async def get_weeks(request: AnyRequest) -> ASGIResponse:
    """Paid claims by ISO week of the day of the care, net of what disputes took back; the last 26 weeks by default."""
    only_query(request, "from", "until")
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        from_on, until_on = await _range(request, db)
        weeks = await read_weeks(db, community.id, from_on, until_on)
    shown = [
        WeekView(
            week=f"{each.monday:%G-W%V}",
            monday=each.monday,
            activities=[
                ActivityWeekView(activity=activity, **_sums(care)) for activity, care in each.activities
            ],
            **_sums(each.care),
        )
        for each in weeks
    ]
    return json_response(WeeksView(from_on, until_on, shown))


@get(
    "/reports/reciprocity",
    summary="Who gives and who receives",
    opt=READERS,
    operation_class=body(
        None,
        query={
            **RANGE,
            "list": text("members of this kind as well", *Reciprocity),
            "after": integer("the number after which the page of members begins", 0, 2**31 - 1),
            "limit": PAGE,
        },
    ),
    responses=answers({200: ReciprocityView}),
)
async def get_reciprocity(request: AnyRequest) -> ASGIResponse:
    """Members who only give, only receive, do both or neither, by the paid claims of the range; a page of one kind."""
    only_query(request, "from", "until", "list", "after", "limit")
    query, community = request.query_params, community_of(request)
    listed = query.get("list")
    if listed is None and {"after", "limit"} & query.keys():
        raise Problem("malformed_request", "A page is one of the members of `list`.")
    if listed is not None and listed not in list(Reciprocity):
        raise Problem("malformed_request", f"The query parameter list is one of {', '.join(Reciprocity)}.")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    after = query_integer(request, "after", 0, 0, 2**31 - 1)
    async with ledger_of(request).database.snapshot(community.id) as db:
        from_on, until_on = await _range(request, db)
        everybody = await read_exchangers(db, community.id, from_on, until_on)
    found = by_reciprocity(everybody)
    shown = ReciprocityView(
        from_on,
        until_on,
        _exchange_view(found[Reciprocity.GIVERS]),
        _exchange_view(found[Reciprocity.RECEIVERS]),
        _exchange_view(found[Reciprocity.BOTH]),
        _exchange_view(found[Reciprocity.NEITHER]),
    )
    if listed is not None:
        those = [each for each in everybody if each.kind == listed and each.number > after]
        shown.members = [
            ExchangingMemberView(each.member_id, each.number, each.given_seconds, each.received_seconds)
            for each in those[:limit]
        ]
        if len(those) > limit:
            shown.next = _next(
                request,
                "reciprocity",
                {
                    # Today may be another day when the next page is asked for.
                    "from": from_on,
                    "until": until_on,
                    "list": listed,
                    "after": shown.members[-1].number,
                    "limit": limit,
                },
            )
    return json_response(shown, headers=next_link(shown.next))


@get(
    "/reports/balances",
    summary="The spread of balances",
    opt=READERS,
    responses=answers({200: BalancesView}),
)
async def get_balances(request: AnyRequest) -> ASGIResponse:
    """What the open accounts of members and households stand at, in at most 15 bins of whole hours."""
    only_query(request)
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        found = await read_balances(db, community.id)
    bins = [BinView(each.accounts, each.from_hours, each.until_hours) for each in found.bins]
    return json_response(
        BalancesView(
            found.accounts, found.positive_seconds, found.negative_seconds, bins, found.median_seconds
        )
    )


@get(
    "/reports/inactive",
    summary="Who has gone quiet",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "days": integer("for how many days; 90 when left out", 1, 3650),
            "after": text("where the page begins: take it from the link to the next one"),
            "limit": PAGE,
        },
    ),
    responses=answers({200: InactiveView}),
)
async def get_inactive(request: AnyRequest) -> ASGIResponse:
    """Active members without a claim, a gift of theirs or a request for that long, the longest first."""
    only_query(request, "days", "after", "limit")
    days = query_integer(request, "days", DEFAULT_DAYS, 1, 3650)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    after = _after(request)
    community, ledger = community_of(request), ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        today = (await hours_of(request).read(db, community, ledger.now())).today
        through_on = today - timedelta(days=days)
        rows = await list_inactive(db, community.id, through_on, after=after, at_most=limit + 1)
    members = [
        InactiveMemberView(row["member_id"], row["member_number"], row["joined_on"], row["last_on"])
        for row in rows[:limit]
    ]
    following = None
    if len(rows) > limit:
        cursor = f"{quiet_since(rows[limit - 1])}.{members[-1].number}"
        following = _next(request, "inactive", {"days": days, "after": cursor, "limit": limit})
    return json_response(InactiveView(through_on, members, following), headers=next_link(following))


async def _range(request: AnyRequest, db: Connection) -> tuple[date, date]:
    """The first and the last day that are asked for. Raises Problem for one that is none, reversed, or too long."""
    ledger, query = ledger_of(request), request.query_params
    until_on = _day(query.get("until"), "until")
    if until_on is None:
        until_on = (await hours_of(request).read(db, community_of(request), ledger.now())).today
    from_on = _day(query.get("from"), "from")
    if from_on is None:
        from_on = monday_of(until_on) - timedelta(weeks=DEFAULT_WEEKS - 1)
    if from_on > until_on:
        raise Problem("malformed_request", "The query parameter until lies before from.")
    if until_on - from_on > MAX_RANGE:
        raise Problem("malformed_request", "From and until are at most ten years apart.")
    return from_on, until_on


def _day(given: str | None, name: str) -> date | None:
    if given is None:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
            raise ValueError
        day = date.fromisoformat(given)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError
    except ValueError:
        raise Problem(
            "malformed_request",
            f"The query parameter {name} is a day such as 2026-01-31, from {FIRST_YEAR} to {LAST_YEAR}.",
        ) from None
    return day


def _after(request: AnyRequest) -> tuple[date, int] | None:
    given = request.query_params.get("after")
    if given is None:
        return None
    form = CURSOR.fullmatch(given)
    try:
        if form is None:
            raise ValueError
        return date.fromisoformat(form["day"]), int(form["number"])
    except ValueError:
        raise Problem("malformed_request", "The query parameter after is not from a link of ours.") from None


def _next(request: AnyRequest, report: str, query: dict[str, object]) -> str:
    return f"/v1/communities/{community_of(request).slug}/reports/{report}?{urlencode(query)}"


def _sums(care: Care) -> dict[str, int]:
    return {
        "claims": care.claims,
        "recorded_seconds": care.recorded_seconds,
        "credited_seconds": care.credited_seconds,
        "paid_seconds": care.paid_seconds,
    }


def _exchange_view(exchange: Exchange) -> ExchangeView:
    return ExchangeView(exchange.members, exchange.given_seconds, exchange.received_seconds)


reports_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_weeks, get_reciprocity, get_balances, get_inactive],
    tags=["Reports"],
)
