"""The desk's pages about balance assertions: the list, writing one down, and one beside the entries behind it."""

import re
from base64 import b64decode, b64encode
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk import charts
from api.web.desk.activities import Activities
from api.web.desk.books import TRANSFER_KINDS, Accounts
from api.web.desk.desk import PAGE_ROWS, Column, Desk, Row, hours_cell, open_desk
from api.web.desk.people import Finder
from api.web.desk.round_words import DATE_ORDERS, DECIMALS, UNITS
from api.web.desk.rounds import refuse_file
from api.web.forms import MAX_FORM_WITH_FILE, Form, Upload
from api.web.language import mark

POINTS = 200
"""How many entries the chart of one assertion goes back."""

MAX_KEPT = 512 * 1024
"""The most bytes of a list that its page keeps, so that it can be read again in another way."""

SOURCES = {
    "passbook": mark("a passbook"),
    "bank": mark("a bank’s statement"),
    "other_books": mark("another system’s books"),
    "count": mark("counting on paper"),
}
STATES = {
    "differs": mark("differs"),
    "corrected": mark("holds since a correction"),
    "holds": mark("holds"),
    "withdrawn": mark("withdrawn"),
}
PLACES = {
    "by_then": mark("by then"),
    "late": mark("later, for a day by then"),
    "after": mark("after that day"),
}
TELLINGS = {
    "many": mark("The list is written down, each line with a leaf of its own in the log."),
    "written": mark("It is written down, with a leaf of its own in the log."),
    "withdrawn": mark("It is withdrawn. It stays to be seen."),
}
FIELDS = {
    "day_not_over": "on",
    "assertion_stands": "on",
    "account_unknown": "account",
}

_CODED = re.compile(r"(?:.*\()?([a-z0-9][a-z0-9-]{0,39})\)?")
_NUMBER = re.compile(r"#?([0-9]{1,9})")


@get("/rounds/assertions", opt=PUBLIC, include_in_schema=False)
async def list_assertions(request: AnyRequest) -> ASGIResponse:
    """What was asserted, that which differed first."""
    desk = await open_desk(request)
    accounts = Accounts(desk)
    if desk.wants_csv:
        columns = (
            Column(mark("Account"), lambda row: row["account"]),
            Column(mark("When this day was over"), lambda row: row["on"]),
            Column(mark("Asserted in hours"), lambda row: hours_cell(row["seconds"])),
            Column(mark("Recorded in hours"), lambda row: hours_cell(row["recorded_seconds"])),
            Column(mark("Difference in hours"), lambda row: hours_cell(row["difference"])),
            Column(mark("Came late in hours"), lambda row: hours_cell(row["late_seconds"])),
            Column(mark("State"), lambda row: desk.language.gettext(STATES[row["state"]])),
            Column(mark("Source"), lambda row: desk.language.gettext(SOURCES[row["source"]])),
            Column(mark("Written down by"), lambda row: desk.name(row.get("asserted_by"))),
            Column(mark("Written down at"), lambda row: row["asserted_at"]),
            Column(mark("Note"), lambda row: row.get("note")),
        )
        return await desk.csv("/assertions", "assertions", columns, members=_people)
    listing = await desk.listing("/assertions", "assertions")
    await accounts.meet(row["account"] for row in listing.rows)
    await desk.meet(each for row in listing.rows for each in _people(row))
    return desk.page(
        "assertions.html",
        listing=listing,
        accounts=accounts,
        states=STATES,
        sources=SOURCES,
        tellings=TELLINGS,
    )


@get("/rounds/assertions/new", opt=PUBLIC, include_in_schema=False)
async def new_assertion(request: AnyRequest) -> ASGIResponse:
    """The form, about the account in the query where there is one."""
    desk = await open_desk(request)
    today = date.fromisoformat(desk.me["today"])
    form = desk.new_form(on=str(today - timedelta(days=1)), source="passbook")
    asked = request.query_params.get("account")
    found = None if asked is None else await desk.part("/accounts", ids=asked)
    if found is not None and found["accounts"]:
        form.values["account"] = _label(desk, found["accounts"][0])
    return _form_page(desk, form, [])


@post("/rounds/assertions/new", opt=PUBLIC, include_in_schema=False)
async def write_assertion(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = await desk.form()
    for name in ("account", "on", "balance"):
        form.required(name)
    candidates = await _find_accounts(desk, form)
    body = {"on": form.day("on"), "seconds": form.seconds("balance"), "source": form["source"]}
    body["note"] = form.text("note")
    if form["source"] not in SOURCES:
        form.wrong("source", desk.language.gettext("Please choose where it was read."))
    if not form.errors:
        key = form.key
        asked = {"account": candidates[0]["id"], **body}
        answer = await desk.api.send("POST", "/assertions", asked, key=key)
        if answer.problem is None:
            return desk.done(f"/rounds/assertions/{key}", "written")
        desk.refuse(form, answer, FIELDS)
    return _form_page(desk, form, candidates, 422)


def _form_page(desk: Desk, form: Form, candidates: list[Row], status: int = 200) -> ASGIResponse:
    choices = {_label(desk, each): _label(desk, each) for each in candidates} if len(candidates) > 1 else {}
    return desk.page("assertion-new.html", status, form=form, choices=choices, sources=SOURCES)


# --- a list of many -----------------------------------------------------------------------------------------------


@get("/rounds/assertions/file", opt=PUBLIC, include_in_schema=False)
async def new_list(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return await _list_page(desk, desk.new_form(source="passbook"), None)


@post(
    "/rounds/assertions/file", opt=PUBLIC, include_in_schema=False, request_max_body_size=MAX_FORM_WITH_FILE
)
async def take_list(request: AnyRequest) -> ASGIResponse:
    """Read a list, and show how; or write down what was read of it and seen."""
    desk = await open_desk(request)
    form = await desk.form()
    upload = form.files.get("file") or _kept(form)
    if upload is None:
        form.wrong("file", desk.language.gettext("Please choose a file."))
        return await _list_page(desk, form, None, 422)
    how = {each: form[each] for each in ("source", "date_order", "unit", "decimal")}
    answer = await desk.api.send_file("/assertions/reading", upload.name, upload.content, **how)
    if answer.problem is not None:
        refuse_file(desk, form, answer, "file")
        return await _list_page(desk, form, None, 422)
    if len(upload.content) <= MAX_KEPT:
        # A browser does not choose a file again by itself.
        form.values |= {"kept": b64encode(upload.content).decode(), "kept_name": upload.name}
    ready = _ready(answer.said["lines"])
    if form["do"] == "write" and ready and not answer.said["asks"]:
        body = {"source": form["source"], "assertions": ready}
        written = await desk.api.send("POST", "/assertions/batch", body, key=form.key)
        if written.problem is None:
            return desk.done("/rounds/assertions", "many")
        desk.refuse(form, written)
        return await _list_page(desk, form, answer.said, 422)
    return await _list_page(desk, form, answer.said)


def _ready(lines: list[Row]) -> list[Row]:
    """What can be written down of a list: read whole, of an account that is known, and not asserted before.

    Lines that say two things of one account and day are marked `twice` and left out: nobody knows which is right.
    """
    read = [each for each in lines if "account" in each and "problem" not in each and "stands" not in each]
    says: dict[tuple[str, str], set[int]] = {}
    for line in read:
        says.setdefault((line["account"], line["on"]), set()).add(line["seconds"])
    for line in read:
        line["twice"] = len(says[line["account"], line["on"]]) > 1
    once = {(line["account"], line["on"]): line["seconds"] for line in read if not line["twice"]}
    return [{"account": account, "on": on, "seconds": seconds} for (account, on), seconds in once.items()]


def _kept(form: Form) -> Upload | None:
    """The file that the form brought back from when it was first chosen."""
    try:
        content = b64decode(form["kept"], validate=True)
    except ValueError:
        return None
    return Upload(form["kept_name"] or "file", content) if content else None


async def _list_page(desk: Desk, form: Form, said: Row | None, status: int = 200) -> ASGIResponse:
    accounts = Accounts(desk)
    lines = [] if said is None else said["lines"]
    await accounts.meet(line.get("account") for line in lines)
    return desk.page(
        "assertions-file.html",
        status,
        form=form,
        lines=lines,
        ready=len(_ready(lines)),
        asks=[] if said is None else said["asks"],
        accounts=accounts,
        sources=SOURCES,
        date_orders=DATE_ORDERS,
        units=UNITS,
        decimals=DECIMALS,
    )


# --- one ----------------------------------------------------------------------------------------------------------


@get("/rounds/assertions/{assertion_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_assertion(request: AnyRequest) -> ASGIResponse:
    """One assertion, the balance around it as a line, and the entries since the last point that agreed."""
    desk = await open_desk(request)
    return await _assertion_page(desk, desk.new_form())


@post("/rounds/assertions/{assertion_id:uuid}/withdrawal", opt=PUBLIC, include_in_schema=False)
async def withdraw_assertion(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = await desk.form()
    assertion_id = request.path_params["assertion_id"]
    answer = await desk.api.send("POST", f"/assertions/{assertion_id}/withdrawal", {}, key=form.key)
    if answer.problem is None:
        return desk.done(f"/rounds/assertions/{assertion_id}", "withdrawn")
    desk.refuse(form, answer)
    return await _assertion_page(desk, form, 422)


async def _assertion_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    assertion_id = desk.request.path_params["assertion_id"]
    assertion = await desk.read(f"/assertions/{assertion_id}")
    asked = {"below": desk.request.query_params.get("below"), "limit": POINTS}
    found: list[Row] = (await desk.read(f"/assertions/{assertion_id}/entries", **asked))["entries"]
    rows = found[:PAGE_ROWS]
    accounts = Accounts(desk)
    await accounts.meet([assertion["account"]])
    await desk.meet([*_people(assertion), *(each for row in rows for each in _in_entry(row))])
    here = f"{desk.home}/rounds/assertions/{assertion_id}"
    following = f"{here}?{urlencode({'below': rows[-1]['entry_number']})}" if len(found) > PAGE_ROWS else None
    return desk.page(
        "assertion.html",
        status,
        assertion=assertion,
        accounts=accounts,
        rows=rows,
        next=following,
        drawn=_drawn(desk, assertion, found) if asked["below"] is None else None,
        activities=await Activities.of(desk) if any("paid_for" in row for row in rows) else None,
        transfer_kinds=TRANSFER_KINDS,
        states=STATES,
        sources=SOURCES,
        places=PLACES,
        form=form,
        tellings=TELLINGS,
    )


def _people(row: Row) -> list[str | None]:
    return [row.get("asserted_by"), row.get("withdrawn_by")]


def _in_entry(row: Row) -> list[str]:
    visit = row.get("paid_for")
    return [*row.get("members", []), *([visit["provider"], visit["receiver"]] if visit else [])]


def _drawn(desk: Desk, assertion: Row, entries: list[Row]) -> charts.Chart:
    """The balance from the last point that agreed until now, and the point that was asserted."""
    zone = ZoneInfo(desk.me["timezone"])
    asserted = int(_midnight_after(assertion["on"], zone).timestamp())
    points = [
        (int(datetime.fromisoformat(row["recorded_at"]).timestamp()), row["balance_after"])
        for row in reversed(entries)
    ]
    now = int(datetime.now(zone).timestamp())
    before = assertion["recorded_seconds"]
    if entries:
        before = entries[-1]["balance_after"] - entries[-1]["seconds"]
    since = assertion.get("since")
    begin = asserted - 7 * 86400 if since is None else int(_midnight_after(since["on"], zone).timestamp())
    begin = min([begin, *(moment for moment, _ in points[:1])])
    marks = [begin + (now - begin) * part // 4 for part in range(5)]
    return charts.stepped(
        [(begin, before), *points],
        now,
        desk.language.duration,
        [(each, desk.language.day(datetime.fromtimestamp(each, zone).date(), "short")) for each in marks],
        charts.SECONDS,
        spot=(asserted, assertion["seconds"], desk.language.gettext("asserted")),
    )


def _midnight_after(day: str, zone: ZoneInfo) -> datetime:
    found = date.fromisoformat(day) + timedelta(days=1)
    return datetime(found.year, found.month, found.day, tzinfo=zone)


async def _find_accounts(desk: Desk, form: Form) -> list[Row]:
    """The accounts that the field may mean; one of them without a mistake beside the field.

    By code, by a member's number, or by a name: `account-choice` says which of several.
    """
    if chosen := form.text("account-choice"):
        form.values["account"] = chosen
    text = form.text("account")
    if text is None:
        return []
    found: list[Row] = []
    if coded := _CODED.fullmatch(text):
        answer = await desk.api.get("/accounts", code=coded[1], limit=200)
        rows = [] if answer.problem is not None else answer.said["accounts"]
        found = [row for row in rows if row["code"] == coded[1]]
    if not found and (number := _NUMBER.fullmatch(text)):
        member = (await Finder(desk).find(number[1])).member
        shown = None if member is None else await desk.part(f"/members/{member['id']}")
        ids = ",".join(each["id"] for each in (shown or {}).get("accounts") or [])
        found = (await desk.read("/accounts", ids=ids))["accounts"] if ids else []
    if not found:
        answer = await desk.api.get("/accounts", name=text, limit=200)
        found = [] if answer.problem is not None else answer.said["accounts"]
    if not found:
        form.wrong(
            "account", desk.language.gettext("No account is called so. Write a name, a number or a code.")
        )
    elif len(found) > 1:
        form.wrong("account", desk.language.gettext("Several accounts are meant by this. Choose one."))
    else:
        form.values["account"] = _label(desk, found[0])
    return found


def _label(desk: Desk, account: Row) -> str:
    """An account as the field names it, and as it is read again."""
    return f"{account['name']} ({account['code']})" if account.get("name") else str(account["code"])


assertions_pages = Router(
    "/",
    route_handlers=[
        list_assertions,
        new_assertion,
        write_assertion,
        new_list,
        take_list,
        show_assertion,
        withdraw_assertion,
    ],
)
