"""The desk's pages of the social report: its numbers, what stands behind each, the scorecard; what they all share."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.social_layouts import PERSPECTIVES
from api.web.desk import charts
from api.web.desk.activities import Activities
from api.web.desk.books import rows_csv
from api.web.desk.charts import Series
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.social_words import (
    CLASSES,
    QUESTIONS,
    ROWS,
    SCALES,
    SECTIONS,
    TRENDS,
    cell,
    said,
    said_whole,
    unit_of,
)
from api.web.language import mark

RANGE = ("from", "until")
TELLINGS = {"targets": mark("The targets are kept. The scorecard shows them.")}
ANSWERED_BY = {
    "by_receiver": mark("Receiver"),
    "by_delegate": mark("Delegate"),
    "by_coordinator": mark("Co-ordinator"),
    "by_silence": mark("Silence"),
    "declined": mark("Declined"),
    "withdrawn": mark("Withdrawn"),
}
"""How claims were answered, in a word for a chart."""


def figure_columns(desk: Desk) -> Sequence[Column]:
    say = desk.language.gettext
    return (
        Column(mark("Measure"), lambda row: say(row["title"])),
        Column(mark("Value"), cell),
        Column(mark("Unit"), lambda row: unit_of(desk.language, row)),
        Column(mark("Rows behind it"), lambda row: row["rows"]),
        Column(mark("Out of"), lambda row: row.get("of")),
        Column(mark("What it counts"), lambda row: say(row["definition"])),
        Column(mark("Code"), lambda row: row["measure"]),
    )


ACTIVITY_COLUMNS = (
    Column(mark("Kind of care"), lambda row: row["activity"]),
    Column(mark("Visits"), lambda row: row["visits"]),
    Column(mark("Hours"), lambda row: hours_cell(row["seconds"])),
)


def counted(answer: int) -> Callable[[Row], object]:
    """How often an answer from 1 to 5 was given."""
    return lambda row: row["counts"][answer - 1]


ANSWER_COLUMNS = (
    Column(mark("Side"), lambda row: row["side"]),
    Column(mark("Question"), lambda row: row["question"]),
    *(Column(str(answer), counted(answer)) for answer in range(1, 6)),
    Column(mark("Months"), lambda row: " ".join(month[:7] for month in row["months"])),
)


def class_columns(desk: Desk) -> Sequence[Column]:
    return (
        Column(mark("Class"), lambda row: desk.language.gettext(CLASSES[row["class"]])),
        Column(mark("Givers"), lambda row: row["givers"]),
        Column(mark("Visits given"), lambda row: row["given_visits"]),
        Column(mark("Hours given"), lambda row: hours_cell(row["given_seconds"])),
        Column(mark("Receivers"), lambda row: row["receivers"]),
        Column(mark("Visits received"), lambda row: row["received_visits"]),
        Column(mark("Hours received"), lambda row: hours_cell(row["received_seconds"])),
    )


@get("/social", opt=PUBLIC, include_in_schema=False)
async def show_social(request: AnyRequest) -> ASGIResponse:
    """Every number of a range of days with what it counts, and the way to the rows behind it; each table as CSV."""
    desk = await open_desk(request)
    found, problem = await asked_report(desk, "/social/report")
    activities = await Activities.of(desk)
    figures = {row["measure"]: row for row in found["figures"]}
    if desk.wants_csv:
        match request.query_params.get("table"):
            case "activities":
                return rows_csv(desk, "social-activities", ACTIVITY_COLUMNS, found["activities"])
            case "classes":
                return rows_csv(desk, "social-classes", class_columns(desk), found["classes"])
            case "answers":
                return rows_csv(desk, "social-answers", ANSWER_COLUMNS, found["answers"])
        return rows_csv(desk, "social", figure_columns(desk), found["figures"])
    return desk.page(
        "social.html",
        **common(desk, found, problem),
        figures=figures,
        sections=[(title, [figures[code] for code in codes]) for title, codes in SECTIONS],
        activities=activities,
        drawn=by_activity(desk, found, activities),
        confirmed=_by_answer(desk, figures),
        classes=CLASSES,
        questions=QUESTIONS,
        scales=SCALES,
        answers={(row["side"], row["question"]): row for row in found["answers"]},
    )


@get("/social/rows/{measure:str}", opt=PUBLIC, include_in_schema=False)
async def list_social_rows(request: AnyRequest) -> ASGIResponse:
    """The claims, members, requests, disputes or accounts that a number counts."""
    desk = await open_desk(request)
    measure = str(request.path_params["measure"])
    path = f"/social/rows/{measure}"
    if desk.wants_csv:
        return await desk.csv(path, "rows", _row_columns(desk), members=_people)
    listing = await desk.listing(path, "rows")
    found, _ = await asked_report(desk, "/social/report")
    # What people said of their well-being has no rows.
    known = {row["measure"]: row for row in found["figures"] if row["kind"] in ROWS}
    figure = known.get(measure)
    await desk.meet(each for row in listing.rows for each in _people(row))
    return desk.page(
        "social-rows.html",
        404 if figure is None else 200,
        **common(desk, found, listing.problem),
        figure=figure,
        listing=listing,
        activities=await Activities.of(desk),
        rows_title=ROWS.get("" if figure is None else figure["kind"], ""),
    )


@get("/social/scorecard", opt=PUBLIC, include_in_schema=False)
async def show_scorecard(request: AnyRequest) -> ASGIResponse:
    """The numbers from four perspectives, with targets, and the range before."""
    desk = await open_desk(request)
    found, problem = await asked_report(desk, "/social/scorecard")
    if desk.wants_csv:
        say = desk.language.gettext
        rows = [
            {**score, "perspective": part["perspective"]}
            for part in found["perspectives"]
            for score in part["scores"]
        ]
        columns = (
            Column(mark("Perspective"), lambda row: say(PERSPECTIVES[row["perspective"]])),
            Column(mark("Measure"), lambda row: say(row["title"])),
            Column(mark("Value"), cell),
            Column(mark("Before"), lambda row: cell({**row, "value": row.get("previous")})),
            Column(mark("Target"), lambda row: cell({**row, "value": row.get("target")})),
            Column(mark("Unit"), lambda row: unit_of(desk.language, row)),
            Column(mark("Compared with before"), lambda row: say(TRENDS[row["trend"]])),
        )
        return rows_csv(desk, "scorecard", columns, rows)
    return desk.page(
        "social-scorecard.html",
        **common(desk, found, problem),
        query_before=urlencode({"from": found["previous_from"], "until": found["previous_until"]}),
        perspectives=PERSPECTIVES,
        trends=TRENDS,
        tellings=TELLINGS,
    )


# --- what they share, with `social_keeping` ------------------------------------------------------------------------


def days_of(desk: Desk) -> dict[str, str]:
    """The days in the page's query."""
    query = desk.request.query_params
    return {name: query[name] for name in RANGE if query.get(name)}


async def asked_report(desk: Desk, path: str) -> tuple[Row, str | None]:
    """The report that the page's query asks for. Where it asks for none there is, the usual one, and why; no file."""
    answer = await desk.api.get(path, **days_of(desk))
    if answer.problem is None:
        return answer.said, None
    if answer.problem != "malformed_request" or desk.wants_csv:
        raise desk.trouble(answer)
    return await desk.read(path), desk.query_refusal(answer)


def common(desk: Desk, found: Row, problem: str | None) -> Row:
    """What the templates of the report share: the range, the ways between its layouts, and how a number is said.

    `say` says a number with the count behind it, `say_before` that of the range before, `say_alone` any value.
    """
    return {
        "found": found,
        "problem": problem,
        "asked": desk.request.query_params,
        "query": urlencode({name: found[name] for name in RANGE}),
        "say": lambda row: said_whole(desk.language, row),
        "say_before": lambda row: said_whole(desk.language, row, before=True),
        "say_alone": lambda row, value: said(desk.language, row, value),
    }


def by_activity(desk: Desk, found: Row, activities: Activities) -> charts.Chart | None:
    """The hours of the largest kinds of care as a chart, whose words are still large on paper; None without any."""
    rows = found["activities"][:6]
    if not rows:
        return None
    hours = Series("", [row["seconds"] for row in rows])
    names = [activities.title(row["activity"]) for row in rows]
    return charts.grouped(names, [hours], desk.language.duration, charts.SECONDS)


def _by_answer(desk: Desk, figures: dict[str, Row]) -> charts.Chart | None:
    counts = Series("", [figures[code]["rows"] for code in ANSWERED_BY])
    names = [desk.language.gettext(word) for word in ANSWERED_BY.values()]
    return charts.grouped(names, [counts], desk.language.number) if any(counts.values) else None


def _people(row: Row) -> list[str | None]:
    """Whose names a row needs; of a member's row the member's own."""
    own = row["id"] if "number" in row else None
    return [own, row.get("provider"), row.get("receiver")]


def _row_columns(desk: Desk) -> Sequence[Column]:
    return (
        Column(mark("Id"), lambda row: row["id"]),
        Column(mark("Number"), lambda row: row.get("number")),
        Column(mark("Name"), lambda row: desk.name(row["id"]) if "number" in row else None),
        Column(mark("Giver"), lambda row: desk.name(row.get("provider"))),
        Column(mark("Receiver"), lambda row: desk.name(row.get("receiver"))),
        Column(mark("Kind of care"), lambda row: row.get("activity")),
        Column(mark("Day"), lambda row: row.get("on")),
        Column(mark("Seconds"), lambda row: row.get("seconds")),
        Column(mark("Days"), lambda row: row.get("days")),
        Column(mark("Hours given"), lambda row: _hours(row, "given_seconds")),
        Column(mark("Hours received"), lambda row: _hours(row, "received_seconds")),
        Column(mark("State"), lambda row: row.get("standing") or row.get("outcome")),
        Column(mark("Code"), lambda row: row.get("code")),
    )


def _hours(row: Row, name: str) -> object:
    return None if row.get(name) is None else hours_cell(row[name])


social_pages = Router(
    "/",
    route_handlers=[
        show_social,
        list_social_rows,
        show_scorecard,
    ],
)
