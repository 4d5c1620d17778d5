"""The desk's pages about periods: what is closed, what to settle before closing, a closing and opening it again."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.together import PROPOSED, derived, do_or_propose
from api.web.desk.words import ACCOUNT_KINDS, CLOSING_ITEMS
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

STATES = {
    "done": mark("settled"),
    "open": mark("still open"),
    "look": mark("to look at"),
    "blocks": mark("must be settled first"),
}
TELLINGS = {
    **PROPOSED,
    "closed": mark("The period is closed. Nothing is posted for its days any more."),
}
BALANCE_COLUMNS = (
    Column(mark("Leaf"), lambda row: row["place"]),
    Column(mark("Code"), lambda row: row["code"]),
    Column(mark("Kind"), lambda row: row["kind"]),
    Column(mark("Balance in seconds"), lambda row: row["balance"]),
    Column(mark("Balance in hours"), lambda row: hours_cell(row["balance"])),
    Column(mark("Entries"), lambda row: row["entries"]),
    Column(mark("Digest"), lambda row: row["digest"]),
    Column(mark("Account"), lambda row: row["account"]),
)


@get("/periods", opt=PUBLIC, include_in_schema=False)
async def list_periods(request: AnyRequest) -> ASGIResponse:
    """The closings there are, the newest first, and where one begins to close."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("Closed through"), lambda row: row["through"]),
            Column(mark("Closed at"), lambda row: row["closed_at"]),
            Column(mark("Closed by"), lambda row: desk.name(row.get("closed_by"))),
            Column(mark("Number"), lambda row: row["number"]),
            Column(mark("Accounts"), lambda row: row.get("accounts")),
            Column(mark("Root"), lambda row: row.get("root")),
            Column(mark("Opened again at"), lambda row: row.get("reopened_at")),
            Column(mark("Opened again by"), lambda row: desk.name(row.get("reopened_by"))),
        )
        return await desk.csv("/periods", "periods", columns, members=_people)
    listing = await desk.listing("/periods", "periods")
    await desk.meet(each for row in listing.rows for each in _people(row))
    checklist = await desk.read("/periods/checklist")
    return desk.page("periods.html", listing=listing, checklist=checklist, tellings=TELLINGS)


def _people(row: Row) -> list[str | None]:
    return [row.get(each) for each in ("closed_by", "reopened_by", "reopening_proposed_by")]


@get("/audit/periods", opt=PUBLIC, include_in_schema=False)
async def show_old_address(request: AnyRequest) -> ASGIResponse:
    """Where the list was before periods had a room of their own."""
    desk = await open_desk(request)
    return redirect(f"{desk.home}/periods")


@get("/periods/checklist", opt=PUBLIC, include_in_schema=False)
async def show_checklist(request: AnyRequest) -> ASGIResponse:
    """How things stand for closing a period, and the form that closes it."""
    desk = await open_desk(request)
    return await _checklist_page(desk, desk.new_form(), request.query_params.get("through") or None)


@post("/periods/checklist", opt=PUBLIC, include_in_schema=False)
async def close_period(request: AnyRequest) -> ASGIResponse:
    """Close a period, or propose it where that takes a second person."""
    desk = await open_desk(request)
    form = await desk.form()
    form.required("through")
    through = form.day("through")
    despite = [item for item in CLOSING_ITEMS if form.checked(f"despite-{item}")]
    reason = form.text("reason")
    if despite and reason is None:
        form.required("reason")
    if not form.errors:
        body = {"through": through} | ({"despite": despite, "reason": reason} if despite else {})
        done = await do_or_propose(
            desk, form, "POST", "/periods", body, {"action": "period", **body}, ("/periods", "closed")
        )
        if done is not None:
            return done
    return await _checklist_page(desk, form, through, 422)


async def _checklist_page(desk: Desk, form: Form, through: str | None, status: int = 200) -> ASGIResponse:
    asked = {} if through is None else {"through": through}
    checklist = await desk.read("/periods/checklist", **asked)
    until = checklist["through"]
    links = {
        "trial_balance": "/audit",
        "audit": "/audit",
        "open_claims": f"/claims?state=submitted&until={until}",
        "open_disputes": "/disputes",
        "open_requests": f"/requests?until={until}",
        "unmatched_sheets": "/rounds",
        "failed_assertions": f"/rounds/assertions?state=differs&until={until}",
    }
    return desk.page(
        "period-checklist.html",
        status,
        checklist=checklist,
        form=form,
        items=CLOSING_ITEMS,
        states=STATES,
        links=links,
        left_open=[each for each in checklist["items"] if each["state"] == "open"],
        blocked=any(each["state"] == "blocks" for each in checklist["items"]),
    )


@get("/periods/{number:int}", opt=PUBLIC, include_in_schema=False)
async def show_period(request: AnyRequest) -> ASGIResponse:
    """A closing: its trial balance, its root, every balance for those who may see them."""
    desk = await open_desk(request)
    if desk.wants_csv:
        number = request.path_params["number"]
        return await desk.csv(f"/periods/{number}/balances", "balances", BALANCE_COLUMNS)
    return await _period_page(desk, desk.new_form())


@post("/periods/{number:int}", opt=PUBLIC, include_in_schema=False)
async def propose_reopening(request: AnyRequest) -> ASGIResponse:
    """Propose to open the period again: nobody does that alone."""
    desk = await open_desk(request)
    form = await desk.form()
    reason = form.required("reason")
    if not form.errors:
        key = derived(form.key, "proposal")
        proposal = {"action": "reopening", "number": request.path_params["number"], "reason": reason}
        answer = await desk.api.send("POST", "/proposals", proposal, key=key)
        if answer.problem is None:
            return desk.done(f"/proposals/{key}", "proposed")
        desk.refuse(form, answer)
    return await _period_page(desk, form, 422)


async def _period_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    number = desk.request.path_params["number"]
    closing = await desk.read(f"/periods/{number}")
    newest = await desk.read("/periods", limit=200)
    await desk.meet(_people(closing["period"]))
    listing = None
    if desk.may("coordinator", "auditor"):
        listing = await desk.listing(f"/periods/{number}/balances", "balances")
    in_force = [each["number"] for each in newest["periods"] if "reopened_at" not in each]
    return desk.page(
        "period.html",
        status,
        closing=closing,
        period=closing["period"],
        newest=in_force[:1] == [number],
        listing=listing,
        kinds=ACCOUNT_KINDS,
        items=CLOSING_ITEMS,
        form=form,
        tellings=TELLINGS,
    )


periods_pages = Router(
    "/",
    route_handlers=[
        list_periods,
        show_old_address,
        show_checklist,
        close_period,
        show_period,
        propose_reopening,
    ],
)
