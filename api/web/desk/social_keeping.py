"""The desk's pages of what a co-op keeps beside its social reports: targets, and the words of a Prove It report."""

from urllib.parse import urlencode

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.social_layouts import NUMBERS_OF, PARTS
from api.web.asking import Answer
from api.web.desk.activities import Activities
from api.web.desk.desk import Desk, Row, open_desk
from api.web.desk.social import RANGE, asked_report, by_activity, common, days_of
from api.web.desk.social_words import (
    QUESTIONS,
    SCALES,
    SECTIONS,
    shown,
    typed,
    unit_of,
)
from api.web.desk.together import derived
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

TELLINGS = {"texts": mark("Your text is kept with this report.")}


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
    figures = {row["measure"]: row for row in report["figures"]}
    return desk.page(
        "social-targets.html",
        status,
        form=form,
        titles={code: desk.language.gettext(row["title"]) for code, row in figures.items()},
        sections=[
            (
                title,
                [figures[code] for code in codes],
                any(form[code] or code in form.errors for code in codes),
            )
            for title, codes in SECTIONS
        ],
        unit=lambda row: unit_of(desk.language, row),
    )


@get("/social/prove-it", opt=PUBLIC, include_in_schema=False)
async def show_prove_it(request: AnyRequest) -> ASGIResponse:
    """A report to print: what was to be done, what was, how much, what difference it made, what was learned."""
    desk = await open_desk(request)
    found, problem = await asked_report(desk, "/social/report")
    texts = await desk.read("/social/texts", **{"from": found["from"], "until": found["until"]})
    await desk.meet([texts.get("written_by")])
    activities = await Activities.of(desk)
    figures = {row["measure"]: row for row in found["figures"]}
    return desk.page(
        "social-prove-it.html",
        **common(desk, found, problem),
        figures=figures,
        texts=texts,
        parts_of=PARTS,
        numbers_of=NUMBERS_OF,
        activities=activities,
        drawn=by_activity(desk, found, activities),
        answers=[row for row in found["answers"] if sum(row["counts"])],
        questions=QUESTIONS,
        scales=SCALES,
        tellings=TELLINGS,
    )


@get("/social/prove-it/texts", opt=PUBLIC, include_in_schema=False)
async def edit_texts(request: AnyRequest) -> ASGIResponse:
    """The form for what a report says in words."""
    desk = await open_desk(request)
    answer = await desk.ask("/social/texts", **days_of(desk))
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


social_keeping_pages = Router(
    "/",
    route_handlers=[show_targets, set_targets, show_prove_it, edit_texts, write_texts],
)
