"""The desk's pages about pots: what is in each, what its rule allows, whom it helped, and a grant from it."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.web.desk.books import TRANSFER_KINDS
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.hours_words import ELIGIBLE, PURPOSES
from api.web.desk.people import Finder
from api.web.desk.together import do_or_propose
from api.web.forms import Form
from api.web.language import mark

TELLINGS = {
    "granted": mark("Granted. The member sees it in their hours, with your reason."),
    "ruled": mark("The rule counts from now on."),
}
ENTRY_COLUMNS = (
    Column(mark("Number"), lambda row: row["entry_number"]),
    Column(mark("Recorded"), lambda row: row["recorded_at"]),
    Column(mark("Day"), lambda row: row.get("service_on")),
    Column(mark("Kind"), lambda row: row["kind"]),
    Column(mark("Hours"), lambda row: hours_cell(row["seconds"])),
    Column(mark("Balance in hours"), lambda row: hours_cell(row["balance_after"])),
    Column(mark("Transfer"), lambda row: row["transfer"]),
)


def columns(desk: Desk) -> tuple[Column, ...]:
    def of_rule(row: Row, name: str) -> object:
        value = (row.get("rule") or {}).get(name)
        return None if value is None else hours_cell(value)

    def hours(row: Row, name: str) -> object:
        return None if row.get(name) is None else hours_cell(row[name])

    say = desk.language.gettext
    return (
        Column(mark("Code"), lambda row: row["code"]),
        Column(mark("Name"), lambda row: row.get("name")),
        Column(mark("Hours in it"), lambda row: hours(row, "balance")),
        Column(mark("Hours set aside"), lambda row: hours(row, "held")),
        Column(mark("Hours given this month"), lambda row: hours(row, "spent_seconds")),
        Column(mark("Hours a month"), lambda row: of_rule(row, "monthly_budget")),
        Column(mark("Hours a month to one member"), lambda row: of_rule(row, "member_monthly")),
        Column(
            mark("Purpose"), lambda row: say(PURPOSES[row["rule"]["purpose"]]) if row.get("rule") else None
        ),
    )


@get("/pots", opt=PUBLIC, include_in_schema=False)
async def list_pots(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/pots", "pots", columns(desk))
    listing = await desk.listing("/pots", "pots")
    return desk.page("pots.html", listing=listing, purposes=PURPOSES, eligible=ELIGIBLE)


@get("/pots/{pot_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_pot(request: AnyRequest) -> ASGIResponse:
    """One pot with its rule, a grant, and its entries."""
    desk = await open_desk(request)
    account_id = str(request.path_params["pot_id"])
    if desk.wants_csv:
        return await desk.csv(f"/accounts/{account_id}/entries", "entries", ENTRY_COLUMNS)
    return await _pot_page(desk, account_id, {}, Finder(desk))


@post("/pots/{pot_id:uuid}/grant", opt=PUBLIC, include_in_schema=False)
async def grant(request: AnyRequest) -> ASGIResponse:
    """Give a member credits from the pot; where that is more than one person may, it is proposed."""
    desk = await open_desk(request)
    account_id = str(request.path_params["pot_id"])
    form, finder = await desk.form(), Finder(desk)
    if not form.text("member-choice"):
        form.required("member")
    body = {
        "pot": account_id,
        "member": await finder.read(form, "member"),
        "seconds": form.length("length"),
        "reason": form.required("reason"),
    }
    if not form.errors:
        proposal = {"action": "grant", **body}
        done = (f"/pots/{account_id}", "granted")
        answer = await do_or_propose(desk, form, "POST", "/grants", body, proposal, done)
        if answer is not None:
            return answer
    return await _pot_page(desk, account_id, {"grant": form}, finder)


@post("/pots/{pot_id:uuid}/rule", opt=PUBLIC, include_in_schema=False)
async def set_rule(request: AnyRequest) -> ASGIResponse:
    """Give the pot another rule; where somebody else could approve it, it is proposed to them."""
    desk = await open_desk(request)
    account_id = str(request.path_params["pot_id"])
    form = await desk.form()
    body = {
        "purpose": form["purpose"],
        "eligible": form["eligible"],
        "monthly_budget": form.seconds("monthly_budget"),
        "member_monthly": form.seconds("member_monthly"),
    }
    if (limit := form.seconds("signature_limit")) is not None:
        body["signature_limit"] = limit
    if not form.errors:
        proposal = {"action": "pot_rule", "account": account_id, **body}
        done = (f"/pots/{account_id}", "ruled")
        answer = await do_or_propose(desk, form, "POST", f"/pots/{account_id}/rule", body, proposal, done)
        if answer is not None:
            return answer
    return await _pot_page(desk, account_id, {"rule": form}, Finder(desk))


async def _pot(desk: Desk, account_id: str) -> Row:
    """The pot with this account. Raises Problem when there is none."""
    answer = await desk.ask("/pots", limit=200)
    while True:
        for row in answer.said["pots"]:
            if row["account"] == account_id:
                return dict(row)
        if answer.next is None:
            raise Problem("not_found")
        answer = await desk.api.get_query("/pots", answer.next)
        if answer.problem is not None:
            raise desk.trouble(answer)


def _hours_text(seconds: int | None) -> str | None:
    """Seconds as a field shows them and reads them again: "12:30"."""
    return None if seconds is None else f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def _people_of(entry: Row) -> list[str]:
    """Whom an entry of a pot is about: those between whom the care was that it paid, or whose accounts it moved."""
    paid_for = entry.get("paid_for")
    return [paid_for["provider"], paid_for["receiver"]] if paid_for else entry.get("members") or []


async def _pot_page(desk: Desk, account_id: str, sent: dict[str, Form], finder: Finder) -> ASGIResponse:
    """The page of a pot; `sent` is the form that was refused, by its deed."""
    pot = await _pot(desk, account_id)
    rule = pot.get("rule") or {}
    ruling = sent.get("rule") or desk.new_form(
        purpose=rule.get("purpose", "community"),
        eligible=rule.get("eligible", "anybody"),
        monthly_budget=_hours_text(rule.get("monthly_budget")),
        member_monthly=_hours_text(rule.get("member_monthly")),
        signature_limit=_hours_text(rule.get("signature_limit")),
    )
    history = None
    if desk.may("coordinator", "auditor"):
        history = await desk.listing(f"/accounts/{account_id}/entries", "entries")
        await desk.meet(each for row in history.rows for each in _people_of(row))
    await desk.meet([rule.get("set_by")])
    people, more = await finder.suggestions()
    return desk.page(
        "pot.html",
        422 if sent else 200,
        pot=pot,
        ruling=ruling,
        granting=sent.get("grant") or desk.new_form(),
        history=history,
        finder=finder,
        people=people,
        more=more,
        purposes=PURPOSES,
        eligible=ELIGIBLE,
        kinds=TRANSFER_KINDS,
        tellings=TELLINGS,
    )


pots_pages = Router("/", route_handlers=[list_pots, show_pot, grant, set_rule])
