"""The desk's reports: hours a week, giving and receiving, balances, hours outstanding, who has gone quiet."""

from collections.abc import Sequence
from datetime import date, timedelta

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk import charts
from api.web.desk.activities import Activities
from api.web.desk.books import rows_csv
from api.web.desk.charts import Series
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.language import mark

EXCHANGES = {
    "both": mark("give and receive"),
    "givers": mark("only give"),
    "receivers": mark("only receive"),
    "neither": mark("neither"),
}
EXCHANGE_HEADINGS = {
    "both": mark("Members who give and receive"),
    "givers": mark("Members who only give"),
    "receivers": mark("Members who only receive"),
    "neither": mark("Members who neither give nor receive"),
}
AGES = {
    "under_60": mark("under 60"),
    "60_to_69": mark("60 to 69"),
    "70_to_79": mark("70 to 79"),
    "80_and_over": mark("80 and over"),
    "unknown": mark("age not known"),
}
WEEK_COLUMNS = (
    Column(mark("Week"), lambda row: row["week"]),
    Column(mark("Monday"), lambda row: row["monday"]),
    Column(mark("Kind of care"), lambda row: row["activity"]),
    Column(mark("Visits"), lambda row: row["claims"]),
    Column(mark("Hours given"), lambda row: hours_cell(row["recorded_seconds"])),
    Column(mark("Hours credited"), lambda row: hours_cell(row["credited_seconds"])),
    Column(mark("Hours paid"), lambda row: hours_cell(row["paid_seconds"])),
)
BIN_COLUMNS = (
    Column(mark("From hours"), lambda row: row.get("from_hours")),
    Column(mark("Below hours"), lambda row: row.get("until_hours")),
    Column(mark("Accounts"), lambda row: row["accounts"]),
)
GROUP_COLUMNS = (
    Column(mark("Group"), lambda row: row["group"]),
    Column(mark("Accounts"), lambda row: row["accounts"]),
    Column(mark("Hours outstanding"), lambda row: hours_cell(row["outstanding_seconds"])),
)
QUIET_DAYS = 90


@get("/reports", opt=PUBLIC, include_in_schema=False)
async def show_reports(request: AnyRequest) -> ASGIResponse:
    """What the reports say in a sentence each, and where they are."""
    desk = await open_desk(request)
    weeks = await desk.read("/reports/weeks")
    kinds, activities = _by_kind(weeks["weeks"]), await Activities.of(desk)
    return desk.page(
        "reports.html",
        weeks=weeks,
        drawn=_drawn_weeks(desk, weeks["weeks"], list(kinds), activities) if kinds else None,
        visits=sum(week["claims"] for week in weeks["weeks"]),
        seconds=sum(week["recorded_seconds"] for week in weeks["weeks"]),
        exchange=await desk.read("/reports/reciprocity"),
        balances=await desk.read("/reports/balances"),
        liability=await desk.read("/liability"),
        quiet=await desk.read("/reports/inactive", days=QUIET_DAYS, limit=200),
        days=QUIET_DAYS,
    )


@get("/reports/weeks", opt=PUBLIC, include_in_schema=False)
async def show_weeks(request: AnyRequest) -> ASGIResponse:
    """Hours of care by week and kind of care."""
    desk = await open_desk(request)
    found, problem = await _report(desk, "/reports/weeks", "from", "until")
    weeks: list[Row] = found["weeks"]
    activities = await Activities.of(desk)
    if desk.wants_csv:
        rows = [
            {**part, "week": week["week"], "monday": week["monday"]}
            for week in weeks
            for part in week["activities"]
        ]
        return rows_csv(desk, "weeks", WEEK_COLUMNS, rows)
    kinds = _by_kind(weeks)
    return desk.page(
        "report-weeks.html",
        found=found,
        problem=problem,
        asked=request.query_params,
        weeks=weeks,
        sundays={week["monday"]: _sunday(week["monday"], found["until"]) for week in weeks},
        kinds=kinds,
        activities=activities,
        most=max(weeks, key=lambda week: int(week["recorded_seconds"])),
        drawn=_drawn_weeks(desk, weeks, list(kinds), activities),
        csv=_csv(request),
    )


def _by_kind(weeks: Sequence[Row]) -> dict[str, Row]:
    """The sums of each kind of care, the one with most hours first."""
    sums: dict[str, Row] = {}
    for week in weeks:
        for part in week["activities"]:
            of = sums.setdefault(part["activity"], {"claims": 0, "recorded_seconds": 0})
            of["claims"] += part["claims"]
            of["recorded_seconds"] += part["recorded_seconds"]
    return dict(sorted(sums.items(), key=lambda item: -int(item[1]["recorded_seconds"])))


def _drawn_weeks(
    desk: Desk, weeks: Sequence[Row], kinds: Sequence[str], activities: Activities
) -> charts.Chart:
    """A stack for each week; where there are many kinds of care the smallest are put together."""
    alone = kinds if len(kinds) <= charts.MAX_SERIES else kinds[: charts.MAX_SERIES - 1]
    series = [Series(activities.title(kind), [_recorded(week, {kind}) for week in weeks]) for kind in alone]
    if len(alone) < len(kinds):
        others = set(kinds) - set(alone)
        other = desk.language.gettext("other care")
        series.append(Series(other, [_recorded(week, others) for week in weeks]))
    places = [desk.language.day(week["monday"], "short") for week in weeks]
    return charts.stacked(places, series, desk.language.duration, charts.SECONDS)


def _recorded(week: Row, kinds: set[str]) -> int:
    return sum(part["recorded_seconds"] for part in week["activities"] if part["activity"] in kinds)


def _sunday(monday: str, until: str) -> str:
    """The last day of the week that the report looks at."""
    return min((date.fromisoformat(monday) + timedelta(days=6)).isoformat(), until)


@get("/reports/exchange", opt=PUBLIC, include_in_schema=False)
async def show_exchange(request: AnyRequest) -> ASGIResponse:
    """Who only gives, only receives, does both or neither; one kind's members when asked."""
    desk = await open_desk(request)
    listed = request.query_params.get("list") or None
    if desk.wants_csv and listed is not None:
        return await _exchange_csv(desk)
    found, problem = await _report(desk, "/reports/reciprocity", "from", "until")
    listing = None
    if listed is not None and problem is None:
        listing = await desk.listing("/reports/reciprocity", "members")
        await desk.meet(row["id"] for row in listing.rows)
    gettext, words = desk.language.gettext, desk.language
    places = [gettext(text) for text in EXCHANGES.values()]
    people = Series("", [found[kind]["members"] for kind in EXCHANGES])
    hours = [
        Series(gettext("given"), [found[kind]["given_seconds"] for kind in EXCHANGES]),
        Series(gettext("received"), [found[kind]["received_seconds"] for kind in EXCHANGES]),
    ]
    return desk.page(
        "report-exchange.html",
        found=found,
        problem=problem,
        asked=request.query_params,
        kinds=EXCHANGES,
        headings=EXCHANGE_HEADINGS,
        listed=listed if listed in EXCHANGES else None,
        listing=listing,
        people=charts.grouped(places, [people], words.number),
        hours=charts.grouped(places[:3], [_first(each, 3) for each in hours], words.duration, charts.SECONDS),
    )


def _first(series: Series, count: int) -> Series:
    return Series(series.name, series.values[:count])


async def _exchange_csv(desk: Desk) -> ASGIResponse:
    columns = (
        Column(mark("Number"), lambda row: row["number"]),
        Column(mark("Name"), lambda row: desk.name(row["id"])),
        Column(mark("Hours given"), lambda row: hours_cell(row["given_seconds"])),
        Column(mark("Hours received"), lambda row: hours_cell(row["received_seconds"])),
    )
    return await desk.csv("/reports/reciprocity", "members", columns, members=lambda row: [row["id"]])


@get("/reports/balances", opt=PUBLIC, include_in_schema=False)
async def show_balances(request: AnyRequest) -> ASGIResponse:
    """How many accounts stand where."""
    desk = await open_desk(request)
    found = await desk.read("/reports/balances")
    if desk.wants_csv:
        return rows_csv(desk, "balances", BIN_COLUMNS, found["bins"])
    names = [_bin_name(desk, each) for each in found["bins"]]
    counts = Series("", [each["accounts"] for each in found["bins"]])
    return desk.page(
        "report-balances.html",
        found=found,
        names=names,
        drawn=charts.stacked(names, [counts], desk.language.number, slot=36) if names else None,
        csv=_csv(request),
    )


def _bin_name(desk: Desk, found: Row) -> str:
    gettext, number = desk.language.gettext, desk.language.number
    low, high = found.get("from_hours"), found.get("until_hours")
    if low is None:
        return gettext("below %(high)s h", high=number(high or 0))
    if high is None:
        return gettext("%(low)s h and more", low=number(low))
    return gettext("%(low)s to %(high)s h", low=number(low), high=number(high))


@get("/reports/outstanding", opt=PUBLIC, include_in_schema=False)
async def show_outstanding(request: AnyRequest) -> ASGIResponse:
    """Hours that people hold and may ask for, by age and by year, and what if many are asked for at once."""
    desk = await open_desk(request)
    found, problem = await _report(desk, "/liability", "share")
    gettext = desk.language.gettext
    ages = [", ".join(gettext(AGES[band]) for band in group["bands"]) for group in found["ages"]]
    years = [_years(group) for group in found["years"]]
    if desk.wants_csv:
        groups = [*zip(ages, found["ages"], strict=True), *zip(years, found["years"], strict=True)]
        rows = [{**group, "group": name} for name, group in groups]
        return rows_csv(desk, "outstanding", GROUP_COLUMNS, rows)
    return desk.page(
        "report-outstanding.html",
        found=found,
        problem=problem,
        asked=request.query_params,
        ages=ages,
        years=years,
        by_age=_drawn_groups(desk, ages, found["ages"]),
        by_year=_drawn_groups(desk, years, found["years"]),
        csv=_csv(request),
    )


def _drawn_groups(desk: Desk, names: Sequence[str], groups: Sequence[Row]) -> charts.Chart | None:
    outstanding = Series("", [group["outstanding_seconds"] for group in groups])
    return charts.grouped(names, [outstanding], desk.language.duration, charts.SECONDS) if names else None


def _years(group: Row) -> str:
    first, last = group["from_year"], group["until_year"]
    return str(first) if first == last else f"{first}–{last}"


@get("/reports/quiet", opt=PUBLIC, include_in_schema=False)
async def list_quiet(request: AnyRequest) -> ASGIResponse:
    """Members not heard of for long, the longest first: somebody may want to call them."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("Number"), lambda row: row["number"]),
            Column(mark("Name"), lambda row: desk.name(row["id"])),
            Column(mark("Joined"), lambda row: row["joined_on"]),
            Column(mark("Last heard of"), lambda row: row.get("last_on")),
        )
        return await desk.csv("/reports/inactive", "members", columns, members=lambda row: [row["id"]])
    listing = await desk.listing("/reports/inactive", "members")
    await desk.meet(row["id"] for row in listing.rows)
    return desk.page("report-quiet.html", listing=listing, days=listing.filters.get("days", QUIET_DAYS))


async def _report(desk: Desk, path: str, *names: str) -> tuple[Row, str | None]:
    """The report that the page's query asks for under these names. Where it asks for none there is, the usual one and
    the reason, so that what was typed can be put right beside it; but no file.
    """
    answer = await desk.api.get(path, **{name: desk.request.query_params.get(name) for name in names})
    if answer.problem is None:
        return answer.said, None
    if answer.problem != "malformed_request" or desk.wants_csv:
        raise desk.trouble(answer)
    return await desk.read(path), desk.query_refusal(answer)


def _csv(request: AnyRequest) -> str:
    """The address of the same report as CSV."""
    query = request.url.query
    return f"{request.url.path}?{query}&as=csv" if query else f"{request.url.path}?as=csv"


reports_pages = Router(
    "/",
    route_handlers=[show_reports, show_weeks, show_exchange, show_balances, show_outstanding, list_quiet],
)
