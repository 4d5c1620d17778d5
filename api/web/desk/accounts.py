"""The desk's pages about accounts: the list, one account with its ledger, and its limits."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk import charts
from api.web.desk.activities import Activities
from api.web.desk.books import TRANSFER_KINDS, entry_name
from api.web.desk.desk import PAGE_ROWS, Column, Desk, Row, hours_cell, open_desk
from api.web.desk.together import PROPOSED, derived
from api.web.desk.words import ACCOUNT_KINDS
from api.web.forms import Form
from api.web.language import mark

POINTS = 200
"""How many entries a chart of a balance goes back."""

COLUMNS = (
    Column(mark("Code"), lambda row: row["code"]),
    Column(mark("Name"), lambda row: row.get("name")),
    Column(mark("Kind"), lambda row: row["kind"]),
    Column(mark("Balance in hours"), lambda row: hours_cell(row["balance"])),
    Column(mark("Set aside in hours"), lambda row: hours_cell(row["held"])),
    Column(mark("Floor in hours"), lambda row: _hours_or_none(row.get("floor"))),
    Column(mark("Ceiling in hours"), lambda row: _hours_or_none(row.get("ceiling"))),
    Column(mark("Entries"), lambda row: row["entry_count"]),
    Column(mark("Closed"), lambda row: row["closed"]),
)
TELLINGS = {
    **PROPOSED,
    "limits": mark("The limits are changed."),
}


@get("/accounts", opt=PUBLIC, include_in_schema=False)
async def list_accounts(request: AnyRequest) -> ASGIResponse:
    """Accounts in order of their code, filtered by kind, code, name, and whether they are closed."""
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/accounts", "accounts", COLUMNS)
    listing = await desk.listing("/accounts", "accounts")
    return desk.page("accounts.html", listing=listing, kinds=ACCOUNT_KINDS, entry_name=_namer(desk))


@get("/accounts/{account_id:str}", opt=PUBLIC, include_in_schema=False)
async def show_account(request: AnyRequest) -> ASGIResponse:
    """An account as it stands, its balance over time, and its ledger, the newest entry first."""
    desk = await open_desk(request)
    account_id = str(request.path_params["account_id"])
    account = await desk.read(f"/accounts/{account_id}")
    if desk.wants_csv:
        return await _entries_csv(desk, account_id)
    asked = {"below": request.query_params.get("below"), "limit": POINTS}
    entries = await desk.read(f"/accounts/{account_id}/entries", **asked)
    holders = await desk.api.get(f"/accounts/{account_id}/holders")
    found: list[Row] = entries["entries"]
    rows = found[:PAGE_ROWS]
    held_by = [] if holders.problem is not None else holders.said["holders"]
    await desk.meet([each["member"] for each in held_by] + [each for row in rows for each in _people(row)])
    here = request.url.path
    following = f"{here}?{urlencode({'below': rows[-1]['entry_number']})}" if len(found) > PAGE_ROWS else None
    return desk.page(
        "account.html",
        account=account,
        title=entry_name(desk, account),
        kinds=ACCOUNT_KINDS,
        transfer_kinds=TRANSFER_KINDS,
        holders=held_by,
        rows=rows,
        activities=await Activities.of(desk) if any("paid_for" in row for row in rows) else None,
        all_shown=request.query_params.get("below") is None and following is None,
        next=following,
        csv=f"{here}?as=csv",
        drawn=_drawn(desk, found, account, newest=asked["below"] is None) if found else None,
        tellings=TELLINGS,
    )


@get("/accounts/{account_id:str}/limits", opt=PUBLIC, include_in_schema=False)
async def edit_limits(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    answer = await desk.ask(f"/accounts/{request.path_params['account_id']}")
    account = answer.said
    form = desk.new_form(
        seen=answer.etag,
        floor=_typed(account.get("floor")),
        ceiling=_typed(account.get("ceiling")),
    )
    return _limits_page(desk, account, form)


@post("/accounts/{account_id:str}/limits", opt=PUBLIC, include_in_schema=False)
async def change_limits(request: AnyRequest) -> ASGIResponse:
    """Give the account other limits, or propose them where that takes a second person."""
    desk = await open_desk(request)
    account_id = str(request.path_params["account_id"])
    account = await desk.read(f"/accounts/{account_id}")
    form = await desk.form()
    body = {name: _limit(form, name, account.get(name)) for name in ("floor", "ceiling")}
    if not form.errors:
        path = f"/accounts/{account_id}/limits"
        answer = await desk.api.send("PUT", path, body, key=form.key, seen=form["seen"])
        if answer.problem is None:
            return desk.done(f"/accounts/{account_id}", "limits")
        if answer.problem == "second_person_needed":
            key = derived(form.key, "proposal")
            proposal = {"action": "limits", "account": account_id, **body}
            answer = await desk.api.send("POST", "/proposals", proposal, key=key)
            if answer.problem is None:
                return desk.done(f"/proposals/{key}", "proposed")
        desk.refuse(form, answer, {"limits_invalid": "floor", "limits_exclude_balance": "floor"})
    return _limits_page(desk, account, form, 422)


def _limit(form: Form, name: str, present: int | None) -> int | None:
    """The limit a field says; what was not touched stays as it is, to the second."""
    return present if form[name] == (_typed(present) or "") else form.seconds(name)


def _limits_page(desk: Desk, account: Row, form: Form, status: int = 200) -> ASGIResponse:
    title = entry_name(desk, account)
    return desk.page("account-limits.html", status, account=account, title=title, form=form)


def _namer(desk: Desk) -> Callable[[Row], str]:
    return lambda account: entry_name(desk, account)


def _people(row: Row) -> list[str]:
    """The members an entry tells of."""
    visit = row.get("paid_for")
    return [*row.get("members", []), *([visit["provider"], visit["receiver"]] if visit else [])]


async def _entries_csv(desk: Desk, account_id: str) -> ASGIResponse:
    def people(row: Row) -> str:
        return ", ".join(desk.name(each) for each in _people(row))

    columns = (
        Column(mark("Number"), lambda row: row["entry_number"]),
        Column(mark("Recorded at"), lambda row: row["recorded_at"]),
        Column(mark("Day of care"), lambda row: row.get("service_on")),
        Column(mark("Kind"), lambda row: row["kind"]),
        Column(mark("Kind of care"), lambda row: row.get("paid_for", {}).get("activity")),
        Column(mark("People"), people),
        Column(mark("Seconds"), lambda row: row["seconds"]),
        Column(mark("Hours"), lambda row: hours_cell(row["seconds"])),
        Column(mark("Balance in hours"), lambda row: hours_cell(row["balance_after"])),
        Column(mark("Leaf"), lambda row: row["leaf_index"]),
        Column(mark("Transfer"), lambda row: row["transfer"]),
    )
    return await desk.csv(f"/accounts/{account_id}/entries", "entries", columns, members=_people)


def _drawn(desk: Desk, entries: list[Row], account: Row, *, newest: bool) -> charts.Chart:
    """The balance after each of the entries as a line, up to now when they are the newest, with its limits across."""
    oldest = entries[-1]
    points = [(_seconds(row["recorded_at"]), row["balance_after"]) for row in reversed(entries)]
    before = oldest["balance_after"] - oldest["seconds"]
    points.insert(0, (points[0][0], before))
    gettext = desk.language.gettext
    near = max(abs(value) for _, value in points) * 2
    limits = ((account.get("floor"), gettext("Floor")), (account.get("ceiling"), gettext("Ceiling")))
    first, last = points[0][0], int(datetime.now(UTC).timestamp()) if newest else points[-1][0]
    marks = [first + (last - first) * part // 4 for part in range(5)]
    return charts.stepped(
        points,
        last,
        desk.language.duration,
        [(moment, _day(desk, moment)) for moment in marks],
        charts.SECONDS,
        # A limit far away would press the line flat; the page names it in words.
        [(value, text) for value, text in limits if value is not None and abs(value) <= near],
    )


def _day(desk: Desk, moment: int) -> str:
    zone = ZoneInfo(desk.me["timezone"])
    return desk.language.day(datetime.fromtimestamp(moment, zone).date(), "short")


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _typed(seconds: int | None) -> str | None:
    """Seconds as a field for a length of time reads them again."""
    if seconds is None:
        return None
    minutes, _ = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}"


def _hours_or_none(seconds: int | None) -> float | None:
    return None if seconds is None else hours_cell(seconds)


accounts_pages = Router("/", route_handlers=[list_accounts, show_account, edit_limits, change_limits])
