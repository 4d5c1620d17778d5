"""The desk's pages about checking the books: the trial balance, audits and how far they are."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.audit_words import FINDINGS
from api.web.desk.desk import Column, Desk, hours_cell, open_desk
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

STATES = {
    "running": mark("running"),
    "finished": mark("finished"),
    "failed": mark("failed"),
    "interrupted": mark("interrupted"),
}
KINDS_OF_ACCOUNTS = {
    "member": mark("Members’ own accounts"),
    "household": mark("Households’ accounts"),
    "pot": mark("Pots"),
    "issuance": mark("Issuance: hours the community brought into being"),
    "difference": mark("Differences that an import could not explain"),
    "clearing": mark("Clearing with other communities"),
}
AUDIT_COLUMNS = (
    Column(mark("Started at"), lambda row: row["started_at"]),
    Column(mark("Finished at"), lambda row: row.get("finished_at")),
    Column(mark("State"), lambda row: row["state"]),
    Column(mark("Leaves"), lambda row: row["total"]),
    Column(mark("Findings"), lambda row: row.get("finding_count")),
    Column(mark("Number"), lambda row: row["id"]),
)
TRIAL_COLUMNS = (
    Column(mark("Kind"), lambda row: row["kind"]),
    Column(mark("Accounts"), lambda row: row["accounts"]),
    Column(mark("Closed"), lambda row: row["closed"]),
    Column(mark("Balance in seconds"), lambda row: row["balance"]),
    Column(mark("Balance in hours"), lambda row: hours_cell(row["balance"])),
    Column(mark("Set aside in hours"), lambda row: hours_cell(row["held"])),
)
TELLINGS = {
    "running": mark("An audit is running already. This is it."),
}


@get("/audit", opt=PUBLIC, include_in_schema=False)
async def show_audit_room(request: AnyRequest) -> ASGIResponse:
    """The trial balance, the form that starts an audit, and the audits there were."""
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/audits", "audits", AUDIT_COLUMNS)
    return await _room(desk, desk.new_form())


@post("/audit", opt=PUBLIC, include_in_schema=False)
async def start_audit(request: AnyRequest) -> ASGIResponse:
    """Start an audit and go to its page; when one is running already, to that one's."""
    desk = await open_desk(request)
    form = await desk.form()
    # Its lines are what was signed; a browser sends them with other ends, and people copy blank ones with them.
    note = "\n".join(form["against"].strip("\r\n").splitlines()) + "\n" if form.text("against") else None
    answer = await desk.api.send("POST", "/audits", {} if note is None else {"against": note}, key=form.key)
    if answer.problem is None:
        return redirect(f"{desk.home}/audit/{answer.said['id']}")
    if answer.problem == "audit_running":
        return desk.done(f"/audit/{answer.said['about']}", "running")
    if answer.problem == "malformed_request":
        form.wrong(
            "against",
            desk.language.gettext(
                "This is not a signed checkpoint of this co-op’s log. Please copy all of it."
            ),
        )
    desk.refuse(form, answer, {"malformed_request": "against"})
    return await _room(desk, form, 422)


async def _room(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    trial = await desk.read("/trial-balance")
    listing = await desk.listing("/audits", "audits")
    await desk.meet(row["started_by"] for row in listing.rows)
    return desk.page(
        "audit-room.html",
        status,
        trial=trial,
        kinds=KINDS_OF_ACCOUNTS,
        listing=listing,
        states=STATES,
        form=form,
    )


@get("/audit/trial-balance.csv", opt=PUBLIC, include_in_schema=False)
async def download_trial_balance(request: AnyRequest) -> ASGIResponse:
    """The trial balance by kind of account, as CSV, or as XLSX with `as=xlsx`."""
    desk = await open_desk(request)
    return await desk.csv("/trial-balance", "kinds", TRIAL_COLUMNS, limit=None)


@get("/audit/{audit_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_audit(request: AnyRequest) -> ASGIResponse:
    """How far an audit is, or what it found."""
    desk = await open_desk(request)
    audit = await desk.read(f"/audits/{request.path_params['audit_id']}")
    await desk.meet([audit["started_by"]])
    return desk.page("audit.html", audit=audit, meanings=FINDINGS, tellings=TELLINGS)


audit_pages = Router(
    "/",
    route_handlers=[
        show_audit_room,
        start_audit,
        download_trial_balance,
        show_audit,
    ],
)
