"""The desk's pages about taking the books out: what there is, a file that is being made, and fetching it."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.audit import STATES
from api.web.desk.desk import Column, Desk, open_desk
from api.web.language import mark
from api.web.pages import redirect

WHATS = {
    "lists": mark("All lists for a spreadsheet"),
    "bundle": mark("A bundle for an auditor"),
    "community": mark("The whole community"),
    "hledger": mark("A journal for hledger"),
    "beancount": mark("A journal for beancount"),
}
SAYS = {
    "lists": mark(
        "Members, accounts, entries, claims and the rest: each as CSV, and all in one workbook. It holds names."
    ),
    "bundle": mark(
        "Entries, log, checkpoints and keys, with a short script that checks them on any computer with Python and"
        " openssl. It names nobody: accounts are codes."
    ),
    "community": mark(
        "One zip that another Carehours takes in, with everything that was ever recorded, so that old receipts still"
        " verify. It holds names, notes and secrets: whoever has it has the co-op."
    ),
    "hledger": mark(
        "Every transfer as text, by the codes of the accounts, with each closing balance asserted."
    ),
    "beancount": mark("The same for beancount and Fava."),
}
NAMING = frozenset({"lists", "community"})
"""What names people, and goes to co-ordinators alone."""

TELLINGS = {"running": mark("A file is being made already. This is it.")}


@get("/files/exports", opt=PUBLIC, include_in_schema=False)
async def list_exports(request: AnyRequest) -> ASGIResponse:
    """What can be taken out, and what was."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("Started at"), lambda row: row["started_at"]),
            Column(mark("Finished at"), lambda row: row.get("finished_at")),
            Column(mark("What"), lambda row: desk.language.gettext(WHATS[row["what"]])),
            Column(mark("State"), lambda row: row["state"]),
            Column(mark("By"), lambda row: desk.name(row["started_by"])),
            Column(mark("Number"), lambda row: row["id"]),
        )
        return await desk.csv("/exports", "exports", columns, members=lambda row: [row["started_by"]])
    listing = await desk.listing("/exports", "exports")
    await desk.meet(row["started_by"] for row in listing.rows)
    return desk.page(
        "exports.html", listing=listing, states=STATES, whats=WHATS, export_choices=export_choices(desk)
    )


def export_choices(desk: Desk) -> list[tuple[str, str, str]]:
    """What the reader may take out: its name in addresses, its name for people, and what it is."""
    return [
        (what, name, SAYS[what])
        for what, name in WHATS.items()
        if what not in NAMING or desk.may("coordinator")
    ]


@post("/files/exports/make/{what:str}", opt=PUBLIC, include_in_schema=False)
async def start_export(request: AnyRequest) -> ASGIResponse:
    """Begin to make a file and go to its page; when one is being made already, to that one's."""
    desk = await open_desk(request)
    form = await desk.form()
    body = {"what": str(request.path_params["what"])}
    answer = await desk.api.send("POST", "/exports", body, key=form.key)
    if answer.problem is None:
        return redirect(f"{desk.home}/files/exports/{answer.said['id']}")
    if answer.problem == "export_running":
        return desk.done(f"/files/exports/{answer.said['about']}", "running")
    desk.refuse(form, answer)
    return desk.page("deed.html", 422, form=form, back="/files/exports")


@get("/files/exports/{export_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_export(request: AnyRequest) -> ASGIResponse:
    """How far a file is, or the file."""
    desk = await open_desk(request)
    export = await desk.read(f"/exports/{request.path_params['export_id']}")
    await desk.meet([export["started_by"]])
    return desk.page("export.html", export=export, whats=WHATS, naming=NAMING, tellings=TELLINGS)


@post("/files/exports/{export_id:uuid}/file", opt=PUBLIC, include_in_schema=False)
async def fetch_export(request: AnyRequest) -> ASGIResponse:
    """On to the file; one that names people is given to whoever has just shown their passkey."""
    desk = await open_desk(request)
    form = await desk.form()
    export = await desk.read(f"/exports/{request.path_params['export_id']}")
    if export["what"] in NAMING and desk.me["strong_until"] is None:
        form.wrong(
            "", desk.language.gettext(mark("This needs your passkey, shown within the last 15 minutes."))
        )
        form.values["step_up"] = "1"
        return desk.page("deed.html", 422, form=form, back=f"/files/exports/{export['id']}")
    return redirect(f"/v1/communities/{desk.api.slug}/exports/{export['id']}/file")


exports_pages = Router("/", route_handlers=[list_exports, start_export, show_export, fetch_export])
