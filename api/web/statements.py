"""A statement on the screen and on paper: for whoever holds the account, acts for its holder, or keeps the books."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from litestar import Router, get, post
from litestar.response.base import ASGIResponse
from markupsafe import Markup

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest, base_url
from api.statements.fonts import Fonts, NoPdf
from api.statements.paper import Paper, paper_of, square_of
from api.texts import LOCALES
from api.web.asking import Answer, Api
from api.web.desk import charts
from api.web.forms import read_form
from api.web.language import NAMES, Language, language, language_of, mark
from api.web.pages import page_response, redirect, render

Row = dict[str, Any]

SIZES = {"usual": mark("Usual"), "large": mark("Large print"), "small": mark("Small (A6)")}
LEAST_POINTS = 2
"""A balance that moved less often is no line worth looking at."""
USUAL_WIDTH, LARGER = 560, 2
"""Of the chart in its own units, and how much larger its letters are in large print (statement.css)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement as a page shows it: what is written, each row with its transfer, the chart, the square, the files."""

    said: Row
    spoken: Language
    paper: Paper
    rows: list[tuple[tuple[str, ...], Row]]
    drawn: charts.Chart | None
    square: str | None
    size: str
    files: dict[str, str]
    no_pdf: str | None


async def ask_statement(api: Api, account: str, query: Row) -> Answer:
    """The statement for a page's own query. Its days may be left out."""
    return await api.get(
        f"/accounts/{account}/statement", **{"from": query.get("from"), "until": query.get("until")}
    )


async def ask_newer(api: Api, account: str, today: str, said: Row | None) -> Row | None:
    """What this month has so far, below the statement of the last one: `count` entries, `from` a day `until` another.

    Care is often recorded only after the month it was given in, which then looks empty. None where there is nothing.
    """
    (_, last_from, last_until), (_, first, until), *_ = periods(today)
    if said is None or (said["from_on"], said["until_on"]) != (last_from, last_until):
        return None
    days = {"from": first, "until": until}
    answer = await ask_statement(api, account, days)
    if answer.problem is not None or not answer.said["lines"]:
        return None
    return {"count": len(answer.said["lines"]), **days}


def sheet_of(request: AnyRequest, reader: Language, slug: str, said: Row) -> Sheet:
    """The statement in the language it was asked for in, else in that of its holder, else in the reader's."""
    query = request.query_params
    tag = query.get("language") or said.get("language") or reader.tag
    spoken = language(tag) if tag in LOCALES else reader
    size = query.get("size") or ("large" if said.get("large_print") else "usual")
    paper = paper_of(spoken, said)
    code = square_of(f"{base_url(request)}/v#{said['signed']}")
    asked = {"from": said["from_on"], "until": said["until_on"], "language": spoken.tag}
    address = f"/v1/communities/{slug}/accounts/{said['account']}/statement"
    large = {"size": "large" if size == "large" else "usual"}
    return Sheet(
        said,
        spoken,
        paper,
        list(zip(paper.rows, said["lines"], strict=True)),
        _drawn(spoken, said, large=size == "large") if len(said["lines"]) >= LEAST_POINTS else None,
        None if code is None else _svg(code),
        size if size in SIZES else "usual",
        {form: f"{address}?{urlencode({**asked, **large, 'as': form})}" for form in ("pdf", "csv", "text")},
        _no_pdf(request, spoken.tag),
    )


def _svg(code: Any) -> str:
    # In black on white whatever the page looks like: not every camera reads it the other way.
    svg: str = code.svg_inline(
        border=4, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return svg


def _no_pdf(request: AnyRequest, tag: str) -> str | None:
    """Why there is no PDF here, if there is none."""
    try:
        Fonts.of(request.app.state.settings.environ, tag)
    except NoPdf as why:
        return str(why)
    return None


def _drawn(spoken: Language, said: Row, *, large: bool) -> charts.Chart:
    """The balance from the first day to the last, as a line."""
    zone = ZoneInfo(said["timezone"])
    first, last = _noon(said["from_on"], zone), _noon(said["until_on"], zone)
    points = [(first, said["opening"])]
    points += [(_noon(line["recorded_on"], zone), line["balance_after"]) for line in said["lines"]]
    marks = [first + (last - first) * part // 4 for part in range(5)]
    days = [spoken.day(datetime.fromtimestamp(moment, zone).date(), "short") for moment in marks]
    # The style enlarges what is drawn for large print, so that it takes the same room.
    width = USUAL_WIDTH / LARGER if large else USUAL_WIDTH
    return charts.stepped(
        points, last, spoken.duration, list(zip(marks, days, strict=True)), charts.SECONDS, width=width
    )


def _noon(day: str, zone: ZoneInfo) -> int:
    return int(datetime.combine(date.fromisoformat(day), datetime.min.time(), zone).timestamp()) + 43_200


def periods(today: str) -> list[tuple[str, str, str]]:
    """The periods people ask for: what each is called, its first and its last day."""
    day = date.fromisoformat(today)
    this_month, this_year = day.replace(day=1), day.replace(month=1, day=1)
    before = this_month - timedelta(days=1)
    last_year = this_year - timedelta(days=1)
    return [
        (mark("Last month"), str(before.replace(day=1)), str(before)),
        (mark("This month so far"), str(this_month), today),
        (mark("This year so far"), str(this_year), today),
        (mark("Last year"), str(last_year.replace(month=1, day=1)), str(last_year)),
    ]


def standalone_page(spoken: Language, said: Row) -> bytes:
    """A statement as a page in one file, for whoever opens it without the service."""
    styles = (files("api") / "web" / "static" / "statement.css").read_text()
    paper = paper_of(spoken, said)
    return render(spoken, "statement-file.html", {"paper": paper, "styles": Markup(styles)})  # noqa: S704 - ours


@get("/statement/{slug:str}/{account_id:str}", opt=PUBLIC, include_in_schema=False)
async def get_statement_page(request: AnyRequest) -> ASGIResponse:
    """The statement of an account, for those who may see it: to look at, to print, to keep as a file."""
    slug, account = str(request.path_params["slug"]), str(request.path_params["account_id"])
    reader, api = language_of(request), Api(request, slug)
    me = await api.get("/me")
    if me.problem is not None:
        here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return redirect(f"/sign-in?{urlencode({'c': slug, 'next': here})}")
    answer = await ask_statement(api, account, dict(request.query_params))
    if answer.status in (403, 404):
        return page_response(request, "no-statement.html", 404, reader)
    wrong = None if answer.problem is None else refusal(reader, answer)
    if answer.problem is not None and answer.status not in (400, 422):
        raise Problem(answer.problem)
    wish = None
    if account in me.said["accounts"]:
        wish = (await api.get(f"/members/{me.said['member_id']}/statement-wish")).said
    closings = await api.get(f"/accounts/{account}/closings", limit=12)
    # The language of the statement is that of its holder; the page around it that of whoever looks at it.
    sheet = None if wrong else sheet_of(request, reader, slug, answer.said)
    return page_response(
        request,
        "statement.html",
        200 if wrong is None else 422,
        reader,
        me=me.said,
        zone=ZoneInfo(me.said["timezone"]),
        sheet=sheet,
        wrong=wrong,
        form=form_of(request, sheet),
        choices=periods(me.said["today"]),
        newer=await ask_newer(api, account, me.said["today"], None if wrong else answer.said),
        today=me.said["today"],
        sizes=SIZES,
        names=NAMES,
        slug=slug,
        wish=wish,
        closings=[] if closings.problem is not None else closings.said["closings"],
        told=request.query_params.get("told") == "wish",
    )


@post("/statement/{slug:str}/{account_id:str}", opt=PUBLIC, include_in_schema=False)
async def change_wish(request: AnyRequest) -> ASGIResponse:
    """What whoever holds the account wishes of their statements from now on."""
    slug, account = str(request.path_params["slug"]), str(request.path_params["account_id"])
    reader, api = language_of(request), Api(request, slug)
    form = await read_form(request, reader)
    me = await api.get("/me")
    if me.problem is not None:
        return redirect(f"/sign-in?{urlencode({'c': slug, 'next': request.url.path})}")
    body = {"by_email": form.checked("by_email"), "large_print": form.checked("large_print")}
    answer = await api.send("PUT", f"/members/{me.said['member_id']}/statement-wish", body)
    if answer.problem is not None:
        raise Problem(answer.problem)
    return redirect(f"/statement/{slug}/{quote(account)}?told=wish")


def refusal(reader: Language, answer: Answer) -> str:
    """What was wrong with the days that were asked for, in the reader's language."""
    if answer.problem == "malformed_request":
        return reader.gettext("Please choose a first and a last day, the first one not after the last.")
    return " ".join([reader.gettext(answer.said["title"]), reader.gettext(answer.said["remedy"])])


def form_of(request: AnyRequest, sheet: Sheet | None) -> dict[str, str]:
    """What the form above a statement shows: what was asked for, or what was taken instead."""
    query = request.query_params
    return {
        "from": query.get("from") or ("" if sheet is None else sheet.said["from_on"]),
        "until": query.get("until") or ("" if sheet is None else sheet.said["until_on"]),
        "size": query.get("size") or ("usual" if sheet is None else sheet.size),
        "language": query.get("language") or ("" if sheet is None else sheet.spoken.tag),
    }


statement_pages = Router("/", route_handlers=[get_statement_page, change_wish])
