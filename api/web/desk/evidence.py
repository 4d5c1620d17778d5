"""The desk's pages of evidence packs, and of what somebody wrote on paper about how a visit was for them."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.desk import Column, Desk, open_desk
from api.web.desk.social_words import QUESTIONS, SCALES
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

TELLINGS = {
    "running": mark("An evidence pack is being made already. This is it."),
    "answered": mark("It is kept. Nobody reads it singly; reports tell of groups of five people or more."),
}


def pack_columns(desk: Desk) -> tuple[Column, ...]:
    return (
        Column(mark("From"), lambda row: row["from"]),
        Column(mark("Until"), lambda row: row["until"]),
        Column(mark("As of"), lambda row: row["as_of"]),
        Column(mark("Leaves"), lambda row: row["size"]),
        Column(mark("SHA-256"), lambda row: row["sha256"]),
        Column(mark("Made by"), lambda row: desk.name(row.get("made_by"))),
        Column(mark("Made at"), lambda row: row["made_at"]),
    )


@get("/social/packs", opt=PUBLIC, include_in_schema=False)
async def list_packs(request: AnyRequest) -> ASGIResponse:
    """The evidence packs there are, and the form that makes one."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = pack_columns(desk)
        return await desk.csv("/social/packs", "packs", columns, members=lambda row: [row.get("made_by")])
    report = await desk.read("/social/report")
    return await _packs_page(desk, desk.new_form(**{name: report[name] for name in ("from", "until")}))


@post("/social/packs", opt=PUBLIC, include_in_schema=False)
async def make_pack(request: AnyRequest) -> ASGIResponse:
    """Make one, and go to its page; when one is being made already, to that one's."""
    desk = await open_desk(request)
    form = await desk.form()
    days = {}
    for name in ("from", "until"):
        form.required(name)
        days[name] = form.day(name)
    if not form.errors and str(days["from"]) > str(days["until"]):
        form.wrong("until", desk.language.gettext("The first day lies after the last one."))
    if not form.errors:
        answer = await desk.api.send("POST", "/social/packs", days, key=form.key)
        if answer.problem is None:
            return redirect(f"{desk.home}/social/packs/{answer.said['id']}")
        if answer.problem == "evidence_running":
            return desk.done(f"/social/packs/{answer.said['about']}", "running")
        if answer.problem == "malformed_request":
            form.wrong(
                "until",
                desk.language.gettext("The last day is today or earlier, at most ten years after the first."),
            )
        desk.refuse(form, answer, {"malformed_request": "until"})
    return await _packs_page(desk, form, 422)


async def _packs_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    listing = await desk.listing("/social/packs", "packs")
    await desk.meet(row.get("made_by") for row in listing.rows)
    return desk.page("social-packs.html", status, listing=listing, form=form)


@get("/social/packs/{pack_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_pack(request: AnyRequest) -> ASGIResponse:
    """How far a pack is, or what it is about and where it can be had."""
    desk = await open_desk(request)
    pack = await desk.read(f"/social/packs/{request.path_params['pack_id']}")
    await desk.meet([pack.get("made_by")])
    return desk.page("social-pack.html", pack=pack, tellings=TELLINGS)


@get("/claims/{claim_id:uuid}/well-being", opt=PUBLIC, include_in_schema=False)
async def ask_well_being(request: AnyRequest) -> ASGIResponse:
    """The form for what one of the two wrote on paper about a visit."""
    desk = await open_desk(request)
    return await _well_being_page(desk, desk.new_form())


@post("/claims/{claim_id:uuid}/well-being", opt=PUBLIC, include_in_schema=False)
async def type_well_being(request: AnyRequest) -> ASGIResponse:
    """Keep what one of the two wrote on paper about a visit."""
    desk = await open_desk(request)
    form = await desk.form()
    claim = f"/claims/{request.path_params['claim_id']}"
    said = {name: int(form[name]) for name in ("visit", "after") if form[name] in ("1", "2", "3", "4", "5")}
    if form["member"] == "":
        form.wrong("member", desk.language.gettext("Please say whose answers these are."))
    if not said:
        form.wrong("visit", desk.language.gettext("Please choose an answer to one question or both."))
    if not form.errors:
        answer = await desk.api.send(
            "POST", f"{claim}/well-being", {**said, "member": form["member"]}, key=form.key
        )
        if answer.problem is None:
            return desk.done(f"{claim}/well-being", "answered")
        desk.refuse(form, answer)
    return await _well_being_page(desk, form, 422)


async def _well_being_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    claim = (await desk.read(f"/claims/{desk.request.path_params['claim_id']}"))["claim"]
    await desk.meet([claim["provider"], claim["receiver"]])
    return desk.page(
        "well-being.html",
        status,
        claim=claim,
        form=form,
        questions=QUESTIONS,
        scales=SCALES,
        activities=await Activities.of(desk),
        tellings=TELLINGS,
    )


evidence_pages = Router(
    "/",
    route_handlers=[list_packs, make_pack, show_pack, ask_well_being, type_well_being],
)
