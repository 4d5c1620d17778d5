"""The desk's pages of the social report: its numbers, what stands behind each, the scorecard, Prove It, and targets."""

from collections.abc import Sequence
from urllib.parse import urlencode

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.web.asking import Answer
from api.web.desk import charts
from api.web.desk.activities import Activities
from api.web.desk.books import rows_csv
from api.web.desk.charts import Series
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.social_words import (
    CLASSES,
    PARTS,
    PERSPECTIVES,
    QUESTIONS,
    ROWS,
    SCALES,
    SECTIONS,
    TRENDS,
    cell,
    said,
    said_wait,
    shown,
    typed,
    unit_of,
)
from api.web.desk.together import derived
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

RANGE = ("from", "until")
TELLINGS = {
    "targets": mark("The targets are kept. The scorecard shows them."),
    "texts": mark("Your text is kept with this report."),
}
HOW_CONFIRMED = ("by_receiver", "by_delegate", "by_coordinator", "by_silence", "declined", "withdrawn")


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
ANSWER_COLUMNS = (
    Column(mark("Side"), lambda row: row["side"]),
    Column(mark("Question"), lambda row: row["question"]),
    *(
        Column(str(place + 1), lambda row, place=place: row["counts"][place])  # type: ignore[misc]
        for place in range(5)
    ),
    Column(mark("Months"), lambda row: " ".join(month[:7] for month in row["months"])),
)
ROW_HOURS = ("hours_given", "outstanding", "visits")


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
    found, problem = await _asked(desk, "/social/report")
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
        **_common(desk, found, problem),
        figures=figures,
        sections=[(title, [figures[code] for code in codes]) for title, codes in SECTIONS],
        activities=activities,
        drawn=_by_activity(desk, found, activities),
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
    found, _ = await _asked(desk, "/social/report")
    # What people said of their well-being has no rows.
    known = {row["measure"]: row for row in found["figures"] if row["kind"] in ROWS}
    figure = known.get(measure)
    await desk.meet(each for row in listing.rows for each in _people(row))
    return desk.page(
        "social-rows.html",
        404 if figure is None else 200,
        **_common(desk, found, listing.problem),
        figure=figure,
        listing=listing,
        activities=await Activities.of(desk),
        rows_title=ROWS.get("" if figure is None else figure["kind"], ""),
        hours=measure in ROW_HOURS,
    )


@get("/social/scorecard", opt=PUBLIC, include_in_schema=False)
async def show_scorecard(request: AnyRequest) -> ASGIResponse:
    """The numbers from four perspectives, with targets, and the range before."""
    desk = await open_desk(request)
    found, problem = await _asked(desk, "/social/scorecard")
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
        **_common(desk, found, problem),
        perspectives=PERSPECTIVES,
        trends=TRENDS,
        tellings=TELLINGS,
    )


@get("/social/targets", opt=PUBLIC, include_in_schema=False)
async def show_targets(request: AnyRequest) -> ASGIResponse:
    """The form with the target of each number."""
    desk = await open_desk(request)
    report, targets = await desk.read("/social/report"), (await desk.read("/social/targets"))["targets"]
    known = {row["measure"]: shown(row["unit"], targets.get(row["measure"])) for row in report["figures"]}
    return _targets_page(desk, report, desk.new_form(**known))


@post("/social/targets", opt=PUBLIC, include_in_schema=False)
async def set_targets(request: AnyRequest) -> ASGIResponse:
    """Keep the targets that were changed."""
    desk = await open_desk(request)
    form = await desk.form()
    report, targets = await desk.read("/social/report"), (await desk.read("/social/targets"))["targets"]
    wanted = {row["measure"]: typed(desk, form, row) for row in report["figures"]}
    if not form.errors:
        for code, target in wanted.items():
            if target == targets.get(code):
                continue
            answer = await desk.api.send(
                "PUT", f"/social/targets/{code}", {"target": target}, key=derived(form.key, code)
            )
            if answer.problem is not None:
                desk.refuse(form, answer)
                break
    if form.errors:
        return _targets_page(desk, report, form, 422)
    return desk.done("/social/scorecard", "targets")


def _targets_page(desk: Desk, report: Row, form: Form, status: int = 200) -> ASGIResponse:
    return desk.page(
        "social-targets.html",
        status,
        **_common(desk, report, None),
        form=form,
        figures=report["figures"],
        unit=lambda row: unit_of(desk.language, row),
    )


@get("/social/prove-it", opt=PUBLIC, include_in_schema=False)
async def show_prove_it(request: AnyRequest) -> ASGIResponse:
    """A report to print: what was to be done, what was, how much, what difference it made, what was learned."""
    desk = await open_desk(request)
    found, problem = await _asked(desk, "/social/report")
    texts = await desk.read("/social/texts", **{"from": found["from"], "until": found["until"]})
    await desk.meet([texts.get("written_by")])
    activities = await Activities.of(desk)
    figures = {row["measure"]: row for row in found["figures"]}
    return desk.page(
        "social-prove-it.html",
        **_common(desk, found, problem),
        figures=figures,
        texts=texts,
        parts_of=PARTS,
        activities=activities,
        drawn=_by_activity(desk, found, activities),
        answers=[row for row in found["answers"] if sum(row["counts"])],
        questions=QUESTIONS,
        scales=SCALES,
        tellings=TELLINGS,
    )


@get("/social/prove-it/texts", opt=PUBLIC, include_in_schema=False)
async def edit_texts(request: AnyRequest) -> ASGIResponse:
    """The form for what a report says in words."""
    desk = await open_desk(request)
    answer = await desk.ask("/social/texts", **_days(desk))
    return _texts_page(desk, answer, _texts_form(desk, answer))


@post("/social/prove-it/texts", opt=PUBLIC, include_in_schema=False)
async def write_texts(request: AnyRequest) -> ASGIResponse:
    """Keep what a report says in words."""
    desk = await open_desk(request)
    form = await desk.form()
    body = {
        part: [" ".join(line.split()) for line in form[part].splitlines() if line.strip()] for part in PARTS
    }
    days = {name: form.day(name) for name in RANGE}
    if not all(days.values()):
        # The form carries its days hidden: one without them is none of ours.
        raise Problem("malformed_request")
    answer = await desk.api.send("PUT", "/social/texts", body, seen=form["seen"], **days)
    if answer.problem is None:
        return redirect(f"{desk.home}/social/prove-it?{urlencode({**days, 'told': 'texts'})}")
    desk.refuse(form, answer)
    current = await desk.ask("/social/texts", **days)
    meanwhile = answer.problem == "report_text_changed"
    if meanwhile:
        # What they wrote stays in the fields; what is there by now stands beside it.
        form.values["seen"] = (current.etag or "").strip('"')
    return _texts_page(desk, current, form, 422, current.said if meanwhile else None)


def _texts_form(desk: Desk, answer: Answer) -> Form:
    texts = answer.said
    known = {part: "\n".join(texts.get(part, [])) for part in PARTS}
    seen = (answer.etag or "").strip('"')
    return desk.new_form(seen=seen, **{name: texts[name] for name in RANGE}, **known)


def _texts_page(
    desk: Desk, answer: Answer, form: Form, status: int = 200, current: Row | None = None
) -> ASGIResponse:
    days = {name: answer.said[name] for name in RANGE}
    return desk.page("social-texts.html", status, form=form, parts=PARTS, days=days, current=current)


# --- what they share ----------------------------------------------------------------------------------------------


def _days(desk: Desk) -> dict[str, str]:
    query = desk.request.query_params
    return {name: query[name] for name in RANGE if query.get(name)}


async def _asked(desk: Desk, path: str) -> tuple[Row, str | None]:
    """The report that the page's query asks for. Where it asks for none there is, the usual one, and why; no file."""
    answer = await desk.api.get(path, **_days(desk))
    if answer.problem is None:
        return answer.said, None
    if answer.problem != "malformed_request" or desk.wants_csv:
        raise desk.trouble(answer)
    return await desk.read(path), desk.query_refusal(answer)


def _common(desk: Desk, found: Row, problem: str | None) -> Row:
    """What the templates of the report share: the range, the ways between its layouts, and how a number is said."""
    query = urlencode({name: found[name] for name in RANGE})
    return {
        "found": found,
        "problem": problem,
        "asked": desk.request.query_params,
        "query": query,
        "say": lambda row, value=None: said_wait(
            desk.language, row, row.get("value") if value is None else value
        ),
        "said": lambda unit, value: said(desk.language, unit, value),
    }


def _by_activity(desk: Desk, found: Row, activities: Activities) -> charts.Chart | None:
    rows = found["activities"][:12]
    if not rows:
        return None
    hours = Series("", [row["seconds"] for row in rows])
    names = [activities.title(row["activity"]) for row in rows]
    return charts.grouped(names, [hours], desk.language.duration, charts.SECONDS)


def _by_answer(desk: Desk, figures: dict[str, Row]) -> charts.Chart | None:
    counts = Series("", [figures[code]["rows"] for code in HOW_CONFIRMED])
    names = [desk.language.gettext(figures[code]["title"]) for code in HOW_CONFIRMED]
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
        show_targets,
        set_targets,
        show_prove_it,
        edit_texts,
        write_texts,
    ],
)
