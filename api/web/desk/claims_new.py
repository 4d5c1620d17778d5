"""The desk's pages for logging one visit, or a group session, for people who do not log it themselves."""

from collections.abc import Sequence

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.claims import sides
from api.web.desk.desk import Desk, Row, open_desk
from api.web.desk.people import Finder, Found, label_of
from api.web.desk.sheet_rows import FAULTS
from api.web.desk.words import CLAIM_STATES
from api.web.forms import Form

FIELDS = {**FAULTS, "across_midnight": "to", "clock_changed": "from", "times_disagree": "length"}
"""The field that a refusal of the API is about."""
MOST_NAMES = 100
"""How many names of a field are looked up: twice as many as a session may have."""


@get("/claims/new", opt=PUBLIC, include_in_schema=False)
async def new_claim(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return await _claim_form(desk, desk.new_form(day=desk.me["today"], signed="1"), Finder(desk), 200)


@post("/claims/new", opt=PUBLIC, include_in_schema=False)
async def log_claim(request: AnyRequest) -> ASGIResponse:
    """Log a visit, and go on to its page."""
    desk = await open_desk(request)
    form, finder = await desk.form(), Finder(desk)
    body = {
        "provider": await _person(finder, form, "giver"),
        "receiver": await _person(finder, form, "receiver"),
        "from": form.text("from"),
        "to": form.text("to"),
        **await _visit(desk, form),
    }
    if not form.errors:
        answer = await desk.api.send("POST", "/claims", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/claims/{answer.said['claim']['id']}", "logged")
        desk.refuse(form, answer, FIELDS)
    return await _claim_form(desk, form, finder, 422)


async def _claim_form(desk: Desk, form: Form, finder: Finder, status: int) -> ASGIResponse:
    people, more = await finder.suggestions()
    activities = await Activities.of(desk)
    return desk.page(
        "claim-new.html", status, form=form, finder=finder, people=people, more=more, activities=activities
    )


async def _person(finder: Finder, form: Form, name: str) -> str | None:
    if not (form.text(name) or form.text(f"{name}-choice")):
        form.required(name)
        return None
    return await finder.read(form, name)


async def _visit(desk: Desk, form: Form) -> Row:
    """What a visit and a session have in common."""
    form.required("day")
    seconds = form.length("length")
    activity = (await Activities.of(desk)).read(form.required("activity"))
    if activity is None:
        form.wrong("activity", desk.language.gettext("Write what was done, such as shopping."))
    return {
        "service_on": form.day("day"),
        "seconds": seconds,
        "activity": activity,
        "note": form.text("note"),
        "confirmed": form.checked("signed"),
    }


@get("/sheets/session", opt=PUBLIC, include_in_schema=False)
async def new_session(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = desk.new_form(day=desk.me["today"], signed="1")
    return desk.page("session.html", form=form, unclear={}, activities=await Activities.of(desk))


@post("/sheets/session", opt=PUBLIC, include_in_schema=False)
async def log_session(request: AnyRequest) -> ASGIResponse:
    """Log what one gave to several, or several to one: all of it, or nothing."""
    desk = await open_desk(request)
    form, finder = await desk.form(), Finder(desk)
    unclear: dict[str, Sequence[Row]] = {}
    body = {
        "providers": await _several(finder, form, "providers", unclear),
        "receivers": await _several(finder, form, "receivers", unclear),
        **await _visit(desk, form),
    }
    if not form.errors and min(len(body["providers"]), len(body["receivers"])) > 1:
        form.wrong(
            "receivers", desk.language.gettext("One gave to several, or several gave to one: not both.")
        )
    if not form.errors:
        answer = await desk.api.send("POST", "/claims/sessions", body, key=form.key)
        if answer.problem is None:
            claims = answer.said["claims"]
            await desk.meet([side for claim in claims for side in sides(claim)])
            return desk.page("session-logged.html", claims=claims, states=CLAIM_STATES)
        desk.refuse(form, answer, {**FIELDS, "clearance_needed": "providers"})
    return desk.page("session.html", 422, form=form, unclear=unclear, activities=await Activities.of(desk))


async def _several(finder: Finder, form: Form, name: str, unclear: dict[str, Sequence[Row]]) -> list[str]:
    """The ids of the members a field names, one on each line; who is not clear stands in `unclear`."""
    form.required(name)
    ids: list[str] = []
    lines: list[str] = []
    for line in filter(None, (each.strip() for each in form[name].splitlines())):
        found = await finder.find(line) if len(lines) < MOST_NAMES else Found()
        if found.member is None:
            unclear[line] = found.candidates
            form.wrong(
                name,
                finder.desk.language.gettext("Not everybody here is clear: see above whom you can mean."),
            )
            lines.append(line)
        else:
            ids.append(str(found.member["id"]))
            lines.append(label_of(found.member))
            if not found.sure:
                form.wrong(
                    name,
                    finder.desk.language.gettext(
                        "Look at the names: if they were read as you meant, send it again."
                    ),
                )
    form.values[name] = "\n".join(lines)
    return list(dict.fromkeys(ids))


claims_new_pages = Router("/", route_handlers=[new_claim, log_claim, new_session, log_session])
