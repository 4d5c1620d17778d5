"""The desk's pages about taking files in: choosing one, what was found in it, posting it and undoing it."""

import zipfile
from io import BytesIO

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.asking import Answer
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.exports import export_choices
from api.web.forms import MAX_FORM_WITH_FILE, Form, Upload
from api.web.language import mark
from api.web.pages import redirect

FORMATS = {
    "timeoverflow": "TimeOverflow",
    "komunitin": "Komunitin",
    "cyclos3": "Cyclos 3",
    "cyclos4": "Cyclos 4",
    "drupal": mark("Community Forge, or Drupal’s mutual credit"),
    "oscurrency": "Oscurrency",
    "timebank_cc": "timebank.cc",
    "neutral": mark("A list of visits as CSV or spreadsheet"),
}
HOW = {
    "timeoverflow": mark(
        "In TimeOverflow, as an administrator, press “download all” and give the zip as it is."
    ),
    "komunitin": mark(
        "In Komunitin’s administration, export the accounts and the transfers as CSV, and give both."
    ),
    "cyclos3": mark(
        "Give the file of members with their balances, and beside it the report of transactions as CSV."
    ),
    "cyclos4": mark(
        "Give a CSV of users with the columns username, name and balance, and one of transfers with from, to, amount"
        " and date; rename them where yours are called otherwise."
    ),
    "drupal": mark(
        "Give the CSV of balances and that of transactions; users are numbers or e-mail addresses."
    ),
    "oscurrency": mark("Give the list of people and that of accounts, as its administration exports them."),
    "timebank_cc": mark("Give the tables “accounts” and “transactions” as CSV."),
    "neutral": mark(
        "For anything else: columns external_id, service_date, provider_ref, recipient_ref and minutes; and a list of"
        " members with external_id, name and balance."
    ),
}
IMPORT_STATES = {
    "checking": mark("being looked at"),
    "waiting": mark("waits to be posted"),
    "refused": mark("has mistakes"),
    "posting": mark("being posted"),
    "posted": mark("posted"),
    "incomplete": mark("posted in part"),
    "undoing": mark("being undone"),
    "undone": mark("undone"),
    "abandoned": mark("given up"),
}
WHATS = {
    "history": mark("The whole history: every transfer, and the balances"),
    "balances": mark("Opening balances only"),
}
UNITS = {"60": mark("an hour"), "1": mark("a minute")}
DATE_ORDERS = {
    "dmy": mark("day, month, year (31/12/2026)"),
    "mdy": mark("month, day, year (12/31/2026)"),
    "ymd": mark("year, month, day (2026/12/31)"),
}
DECIMALS = {"comma": mark("a comma (1,5)"), "point": mark("a point (1.5)")}
UNKNOWNS = {
    "refuse": mark("refuse the file"),
    "difference": mark("show their time in an account of its own"),
}
REASONS_LEFT = {
    "balance": mark("does not stand at zero"),
    "held": mark("has hours set aside"),
    "used": mark("was used since"),
}
REASONS_KEPT = {
    "changed": mark("somebody has changed them since"),
    "balance": mark("the balance needs them"),
}
TELLINGS = {
    "running": mark("Another file is being looked at or posted. This one has to wait."),
    "abandoned": mark("The file was given up and deleted."),
}
CHOICES = {
    "formats": FORMATS,
    "whats": WHATS,
    "units": UNITS,
    "date_orders": DATE_ORDERS,
    "decimals": DECIMALS,
    "unknowns": UNKNOWNS,
    "states": IMPORT_STATES,
}
CAN_BE_UNDONE = frozenset({"posting", "posted", "incomplete", "undoing"})
UNDECIDED = frozenset({"checking", "waiting", "refused"})
SAID = ("what", "date_order", "decimal", "organisation", "owner", "unknown")
SAME_DAY = (2000, 1, 1, 0, 0, 0)


@get("/files", opt=PUBLIC, include_in_schema=False)
async def show_files(request: AnyRequest) -> ASGIResponse:
    """The form that takes a file in, the imports there were, and what can be taken out."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("Sent at"), lambda row: row["started_at"]),
            Column(mark("Format"), lambda row: desk.language.gettext(FORMATS[row["format"]])),
            Column(mark("File"), lambda row: row.get("file_name")),
            Column(mark("SHA-256 of the file"), lambda row: row["sha256"]),
            Column(mark("State"), lambda row: desk.language.gettext(IMPORT_STATES[row["state"]])),
            Column(mark("Transfers"), lambda row: row.get("transfers")),
            Column(mark("Hours"), lambda row: hours_cell(row.get("seconds", 0))),
            Column(mark("Posted at"), lambda row: row.get("posted_at")),
            Column(mark("Undone at"), lambda row: row.get("undone_at")),
            Column(mark("Number"), lambda row: row["id"]),
        )
        return await desk.csv("/imports", "imports", columns)
    return await _room(desk, desk.new_form(format="timeoverflow", what="history"))


@post("/files", opt=PUBLIC, include_in_schema=False, request_max_body_size=MAX_FORM_WITH_FILE)
async def send_file(request: AnyRequest) -> ASGIResponse:
    """Take a file in, and look at what is in it."""
    desk = await open_desk(request)
    form = await desk.form()
    files = [form.files[name] for name in ("file", "second") if name in form.files]
    if not files:
        form.wrong("file", desk.language.gettext("Please choose a file."))
    query = {name: form.text(name) for name in SAID if form.text(name)} | _unit(form)
    if not form.errors:
        name, content = _one(files)
        answer = await desk.api.send_file(
            "/imports", name, content, key=form.key, format=form["format"], **query
        )
        if answer.problem is None:
            return redirect(f"{desk.home}/files/imports/{answer.said['id']}")
        desk.refuse(form, answer)
    return await _room(desk, form, 422)


def _unit(form: Form) -> Row:
    return {"unit": form["unit"]} if form["unit"] in UNITS else {}


def _one(files: list[Upload]) -> tuple[str, bytes]:
    """The file, or two as one zip: the same bytes each time they are sent."""
    if len(files) == 1:
        return files[0].name, files[0].content
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files, 1):
            name = file.name if files[0].name != files[1].name else f"{number} {file.name}"
            info = zipfile.ZipInfo(name, SAME_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.content)
    return f"{files[0].name[:55]} + {files[1].name[:55]}", out.getvalue()


async def _room(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    listing = await desk.listing("/imports", "imports")
    await desk.meet(row.get("started_by") for row in listing.rows)
    return desk.page(
        "files.html",
        status,
        listing=listing,
        form=form,
        how=HOW,
        tellings=TELLINGS,
        export_choices=export_choices(desk),
        **CHOICES,
    )


@get("/files/imports/{import_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_import(request: AnyRequest) -> ASGIResponse:
    """What was found in a file, how far it is, or what became of it."""
    desk = await open_desk(request)
    return await _import_page(desk, desk.new_form())


async def _import_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    import_id = desk.request.path_params["import_id"]
    found = await desk.read(f"/imports/{import_id}")
    would = None
    if found["state"] in ("posted", "incomplete", "undone"):
        would = await desk.part(f"/imports/{import_id}/undoing")
    for name, value in (found.get("options") or {}).items():
        if name in SAID and value is not None:
            form.values.setdefault(name, str(value))
    seconds = (found.get("options") or {}).get("unit_seconds")
    if seconds is not None:
        form.values.setdefault("unit", str(seconds // 60))
    mistakes = found.get("mistakes", [])
    asks = [each["asks"] for each in mistakes if "asks" in each]
    matched = found.get("report", {}).get("matched", [])
    people = [found.get("started_by"), found.get("posted_by"), found.get("undone_by")]
    await desk.meet(
        [
            *people,
            *(each for ask in asks for each in ask["members"]),
            *(each["member_id"] for each in matched),
        ]
    )
    return desk.page(
        "import.html",
        status,
        found=found,
        would=would,
        form=form,
        asks=asks,
        mistakes=[_told(desk, each) for each in mistakes],
        mistakes_told=sum(each["count"] for each in mistakes),
        undecided=UNDECIDED,
        can_be_undone=CAN_BE_UNDONE,
        reasons_left=REASONS_LEFT,
        reasons_kept=REASONS_KEPT,
        tellings=TELLINGS,
        **CHOICES,
    )


def _told(desk: Desk, mistake: Row) -> Row:
    """The mistake with what it says in the reader's language, and its lines in words."""
    language, lines = desk.language, mistake["lines"]
    says = language.gettext(mistake.get("message") or mistake["says"], **mistake.get("about", {}))
    numbers = ", ".join(language.number(line) for line in lines)
    more = mistake["count"] - len(lines)
    place = ""
    if lines and more:
        place = language.ngettext(
            "lines %(numbers)s and %(count)s more",
            "lines %(numbers)s and %(count)s more",
            more,
            numbers=numbers,
        )
    elif len(lines) > 1:
        place = language.gettext("lines %(numbers)s", numbers=numbers)
    elif lines:
        place = language.gettext("line %(number)s", number=numbers)
    return mistake | {"says": says, "place": place}


@post("/files/imports/{import_id:uuid}/checking", opt=PUBLIC, include_in_schema=False)
async def check_again(request: AnyRequest) -> ASGIResponse:
    """Look at the file again, with what was asked for said."""
    desk = await open_desk(request)
    form = await desk.form()
    options = (await desk.read(f"/imports/{request.path_params['import_id']}")).get("options") or {}
    matches: dict[str, str | None] = dict(options.get("same", {}))
    matches |= dict.fromkeys(options.get("others", []))
    for number, said in zip(form.lists.get("number", []), form.lists.get("who", []), strict=False):
        if said:
            matches[number] = None if said == "other" else said
    body: Row = {
        **{name: form.text(name) for name in SAID if form.text(name)},
        "matches": [
            {"number": number} if member is None else {"number": number, "member_id": member}
            for number, member in matches.items()
        ],
    }
    if form["unit"] in UNITS:
        body["unit"] = int(form["unit"])
    answer = await _send(desk, form, "checking", body)
    return await _after(desk, form, answer)


@post("/files/imports/{import_id:uuid}/posting", opt=PUBLIC, include_in_schema=False)
async def post_import(request: AnyRequest) -> ASGIResponse:
    """Post the import."""
    desk = await open_desk(request)
    form = await desk.form()
    return await _after(desk, form, await _send(desk, form, "posting", {}))


@post("/files/imports/{import_id:uuid}/undoing", opt=PUBLIC, include_in_schema=False)
async def undo_import(request: AnyRequest) -> ASGIResponse:
    """Undo the import, when that was confirmed."""
    desk = await open_desk(request)
    form = await desk.form()
    reason = form.required("reason")
    if not form.checked("yes"):
        form.wrong("yes", desk.language.gettext("Please confirm that the whole import is to be undone."))
    if form.errors:
        return await _import_page(desk, form, 422)
    return await _after(desk, form, await _send(desk, form, "undoing", {"reason": reason}))


@post("/files/imports/{import_id:uuid}/abandoning", opt=PUBLIC, include_in_schema=False)
async def abandon_import(request: AnyRequest) -> ASGIResponse:
    """Give the file up."""
    desk = await open_desk(request)
    form = await desk.form()
    answer = await _send(desk, form, "abandoning", {})
    if answer.problem is None and answer.said["state"] == "abandoned":
        return desk.done("/files", "abandoned")
    return await _after(desk, form, answer)


async def _send(desk: Desk, form: Form, what: str, body: Row) -> Answer:
    path = f"/imports/{desk.request.path_params['import_id']}/{what}"
    return await desk.api.send("POST", path, body, key=form.key)


async def _after(desk: Desk, form: Form, answer: Answer) -> ASGIResponse:
    if answer.problem is None:
        return redirect(f"{desk.home}/files/imports/{desk.request.path_params['import_id']}")
    desk.refuse(form, answer)
    return await _import_page(desk, form, 422)


imports_pages = Router(
    "/",
    route_handlers=[
        show_files,
        send_file,
        show_import,
        check_again,
        post_import,
        undo_import,
        abandon_import,
    ],
)
