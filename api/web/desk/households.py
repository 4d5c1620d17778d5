"""Households: accounts that several members hold together."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.people import Finder
from api.web.desk.together import do_or_propose
from api.web.forms import Form
from api.web.language import mark

PAGE_ROWS = 20
"""Fewer than of other lists: who holds an account is asked for each."""

COLUMNS = (
    Column(mark("Name"), lambda row: row.get("name")),
    Column(mark("Code"), lambda row: row["code"]),
    Column(mark("Hours"), lambda row: hours_cell(row["balance"])),
    Column(mark("Closed"), lambda row: row["closed"]),
)
TELLINGS = {
    "opened": mark("The household is there. Next, say who belongs to it."),
    "added": mark("They hold the household’s account now."),
    "removed": mark("They hold the household’s account no longer."),
}


@get("/households", opt=PUBLIC, include_in_schema=False)
async def list_households(request: AnyRequest) -> ASGIResponse:
    """The households, with who holds them."""
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/accounts", "accounts", COLUMNS, kind="household")
    listing = await desk.listing("/accounts", "accounts", kind="household", limit=PAGE_ROWS)
    holders = await desk.parts(*((f"/accounts/{row['id']}/holders", {}) for row in listing.rows))
    found = [(each or {}).get("holders", []) for each in holders]
    await desk.meet(each["member"] for some in found for each in some)
    return desk.page("households.html", listing=listing, holders=found)


@get("/households/new", opt=PUBLIC, include_in_schema=False)
async def new_household(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return desk.page("household-new.html", form=desk.new_form())


@post("/households/new", opt=PUBLIC, include_in_schema=False)
async def open_household(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = await desk.form()
    body = {"kind": "household", "name": form.required("name"), "code": form.required("code").lower()}
    if not form.errors:
        answer = await desk.api.send("POST", "/accounts", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/households/{answer.said['id']}", "opened")
        desk.refuse(form, answer, {"code_taken": "code", "malformed_request": "code"})
    return desk.page("household-new.html", 422, form=form)


@get("/households/{account_id:str}", opt=PUBLIC, include_in_schema=False)
async def show_household(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return await _page(desk, desk.new_form(), Finder(desk))


@post("/households/{account_id:str}", opt=PUBLIC, include_in_schema=False)
async def add_holder(request: AnyRequest) -> ASGIResponse:
    """Let somebody hold the account too. Once it was used, that takes a second person."""
    desk = await open_desk(request)
    form = await desk.form()
    finder = Finder(desk)
    form.required("member")
    member = await finder.read(form, "member")
    if not form.errors:
        account_id = request.path_params["account_id"]
        proposal = {"action": "holder", "account": account_id, "member": member}
        path = f"/accounts/{account_id}/holders"
        page = f"/households/{account_id}", "added"
        done = await do_or_propose(desk, form, "POST", path, {"member": member}, proposal, page)
        if done is not None:
            return done
    return await _page(desk, form, finder, 422)


@post("/households/{account_id:str}/{member_id:str}/end", opt=PUBLIC, include_in_schema=False)
async def remove_holder(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = await desk.form()
    ids = request.path_params
    answer = await desk.api.send(
        "DELETE", f"/accounts/{ids['account_id']}/holders/{ids['member_id']}", key=form.key
    )
    page = f"/households/{ids['account_id']}"
    if answer.problem is None:
        return desk.done(page, "removed")
    desk.refuse(form, answer)
    return desk.page("deed.html", 422, form=form, back=page)


async def _page(desk: Desk, form: Form, finder: Finder, status: int = 200) -> ASGIResponse:
    account_id = desk.request.path_params["account_id"]
    account = await desk.read(f"/accounts/{account_id}")
    held: Row = await desk.read(f"/accounts/{account_id}/holders")
    await desk.meet(each["member"] for each in held["holders"])
    people, more = await finder.suggestions()
    return desk.page(
        "household.html",
        status,
        account=account,
        holders=held["holders"],
        form=form,
        finder=finder,
        people=people,
        more=more,
        tellings=TELLINGS,
    )


households_pages = Router(
    "/",
    route_handlers=[
        list_households,
        new_household,
        open_household,
        show_household,
        add_holder,
        remove_holder,
    ],
)
