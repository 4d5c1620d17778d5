"""The desk's pages about requests for care: the list, asking for a family, and one request with who comes."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.hours_words import REQUEST_STATES, REQUEST_STEPS
from api.web.desk.people import Finder
from api.web.desk.words import VIAS
from api.web.forms import Form
from api.web.language import mark

DEEDS = {"taking": "taken", "giving-back": "given-back", "cancellation": "cancelled"}
"""What can be done with a request, as the API's address below it, and the word by which the page tells that it was."""

TELLINGS = {
    "asked": mark("Asked for. Volunteers see it from now on."),
    "taken": mark("Taken. Tell the family who comes."),
    "given-back": mark("Given back. Somebody else can take it."),
    "cancelled": mark("Cancelled. What was set aside for it is free again."),
}
FIELDS = {
    "activity_unknown": "activity",
    "care_request_in_past": "day",
    "longer_than_a_day": "length",
    "period_closed": "day",
    "clock_changed": "from",
}


def columns(desk: Desk, activities: Activities) -> tuple[Column, ...]:
    return (
        Column(mark("Request"), lambda row: row["id"]),
        Column(mark("Day"), lambda row: row["care_on"]),
        Column(mark("From"), lambda row: row.get("from")),
        Column(mark("Hours"), lambda row: hours_cell(row["seconds"])),
        Column(mark("Receiver"), lambda row: desk.name(row["receiver"])),
        Column(mark("Activity"), lambda row: activities.title(row["activity"])),
        Column(mark("Area"), lambda row: row.get("area")),
        Column(mark("State"), lambda row: desk.language.gettext(REQUEST_STATES[row["state"]])),
        Column(mark("Taken by"), lambda row: desk.name(row.get("taken_by"))),
        Column(mark("Hours set aside"), lambda row: hours_cell(row.get("held_seconds") or 0)),
        Column(mark("Expires"), lambda row: row["expires_at"]),
        Column(mark("Note"), lambda row: row.get("note")),
    )


def people_of(row: Row) -> list[str | None]:
    return [row["receiver"], row.get("taken_by")]


@get("/requests", opt=PUBLIC, include_in_schema=False)
async def list_requests(request: AnyRequest) -> ASGIResponse:
    """Requests in any state, or in one, the latest care first."""
    desk = await open_desk(request)
    activities = await Activities.of(desk)
    # A page to come is asked for in the API's own words, which say whose requests already.
    whose = {} if "all" in request.query_params else {"all": "true"}
    if desk.wants_csv:
        wanted = columns(desk, activities)
        return await desk.csv("/care-requests", "care_requests", wanted, members=people_of, **whose)
    listing = await desk.listing("/care-requests", "care_requests", **whose)
    await desk.meet(each for row in listing.rows for each in people_of(row))
    return desk.page("requests.html", listing=listing, states=REQUEST_STATES, activities=activities)


@get("/requests/new", opt=PUBLIC, include_in_schema=False)
async def new_request(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return await _request_form(desk, desk.new_form(weekly=1), Finder(desk), 200)


@post("/requests/new", opt=PUBLIC, include_in_schema=False)
async def ask_for_care(request: AnyRequest) -> ASGIResponse:
    """Ask for care in a family's name, and go on to the request."""
    desk = await open_desk(request)
    form, finder = await desk.form(), Finder(desk)
    for name in ("receiver", "day", "activity"):
        if not form.text(f"{name}-choice"):
            form.required(name)
    activity = (await Activities.of(desk)).read(form["activity"])
    body = {
        "receiver": await finder.read(form, "receiver"),
        "activity": activity,
        "care_on": form.day("day"),
        "seconds": form.length("length"),
        "from": form.text("from"),
        "area": form.text("area"),
        "note": form.text("note"),
        "weekly": form.whole("weekly") or 1,
    }
    if not form.errors:
        answer = await desk.api.send("POST", "/care-requests", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/requests/{answer.said['care_requests'][0]['id']}", "asked")
        desk.refuse(form, answer, FIELDS)
    return await _request_form(desk, form, finder, 422)


async def _request_form(desk: Desk, form: Form, finder: Finder, status: int) -> ASGIResponse:
    people, more = await finder.suggestions()
    activities = await Activities.of(desk)
    return desk.page(
        "request-new.html",
        status,
        form=form,
        finder=finder,
        people=people,
        more=more,
        activities=activities,
    )


@get("/requests/{care_request_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_request(request: AnyRequest) -> ASGIResponse:
    """One request: what there is to do, who takes it, what is set aside, and its steps."""
    desk = await open_desk(request)
    return await _request_page(desk, str(request.path_params["care_request_id"]), {}, Finder(desk))


@post("/requests/{care_request_id:uuid}/{deed:str}", opt=PUBLIC, include_in_schema=False)
async def do_with_request(request: AnyRequest) -> ASGIResponse:
    """Enter who takes it, give it back for them, or cancel it."""
    desk = await open_desk(request)
    care_request_id, deed = str(request.path_params["care_request_id"]), request.path_params["deed"]
    if deed not in DEEDS:
        raise Problem("not_found")
    form, finder = await desk.form(), Finder(desk)
    body: Row = {}
    if deed == "taking":
        if not form.text("taker-choice"):
            form.required("taker")
        body = {"member": await finder.read(form, "taker")}
    elif deed == "cancellation":
        body = {"following": form.checked("following")}
    if not form.errors:
        answer = await desk.api.send("POST", f"/care-requests/{care_request_id}/{deed}", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/requests/{care_request_id}", DEEDS[deed])
        desk.refuse(form, answer, {"clearance_needed": "taker"})
    return await _request_page(desk, care_request_id, {deed: form}, finder)


async def _request_page(
    desk: Desk, care_request_id: str, sent: dict[str, Form], finder: Finder
) -> ASGIResponse:
    """The page of a request; `sent` is the form that was refused, by its deed."""
    wished = await desk.read(f"/care-requests/{care_request_id}")
    payer = None if wished.get("payer") is None else await desk.part(f"/accounts/{wished['payer']}")
    acted = [each.get(name) for each in wished.get("events", ()) for name in ("by", "acting_for")]
    await desk.meet([*people_of(wished), *acted])
    people, more = await finder.suggestions()
    return desk.page(
        "request.html",
        422 if sent else 200,
        wished=wished,
        payer=payer,
        forms={deed: sent.get(deed) or desk.new_form() for deed in DEEDS},
        finder=finder,
        people=people,
        more=more,
        states=REQUEST_STATES,
        steps=REQUEST_STEPS,
        vias=VIAS,
        activities=await Activities.of(desk),
        tellings=TELLINGS,
    )


requests_pages = Router(
    "/", route_handlers=[list_requests, new_request, ask_for_care, show_request, do_with_request]
)
