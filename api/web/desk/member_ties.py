"""Who may act for a member, who is family, and what shows that they may be sent to people."""

from typing import Any

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import Column, Desk, Row, open_desk
from api.web.desk.members import read_member
from api.web.desk.people import Finder
from api.web.desk.words import FAMILY, RELATIONS, SCOPES
from api.web.forms import Form
from api.web.language import mark

COLUMNS = (
    Column(mark("Kind"), lambda row: row["kind"]),
    Column(mark("From"), lambda row: row["issued_on"]),
    Column(mark("Until"), lambda row: row.get("expires_on")),
)


@get("/members/{member_id:str}/delegates/new", opt=PUBLIC, include_in_schema=False)
async def new_delegate(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    form = desk.new_form(**{"from": desk.me["today"]})
    return await _page(desk, "delegate-new.html", member, form, Finder(desk))


@post("/members/{member_id:str}/delegates/new", opt=PUBLIC, include_in_schema=False)
async def propose_delegate(request: AnyRequest) -> ASGIResponse:
    """Propose somebody who acts for a frail member: whoever is not frail names them themselves."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    finder = Finder(desk)
    form.required("delegate")
    scopes = form.lists.get("scopes", [])
    if not scopes:
        form.wrong("scopes", desk.language.gettext("Please tick at least one."))
    form.required("from")
    body = {
        "action": "delegation",
        "member": member["id"],
        "delegate": await finder.read(form, "delegate"),
        "relation": form.required("relation"),
        "scopes": scopes,
        "monthly_cap": (form.seconds("monthly_cap") or 0) if "spend" in scopes else 0,
        "from": form.day("from"),
        "until": form.day("until"),
    }
    if not form.errors:
        answer = await desk.api.send("POST", "/proposals", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/proposals/{answer.said['id']}", "proposed")
        desk.refuse(form, answer, {"cap_required": "monthly_cap", "dates_reversed": "until"})
    return await _page(desk, "delegate-new.html", member, form, finder, 422)


@post("/members/{member_id:str}/delegates/{delegation_id:str}/end", opt=PUBLIC, include_in_schema=False)
async def end_delegate(request: AnyRequest) -> ASGIResponse:
    path = request.path_params
    return await _deed(request, "DELETE", f"delegates/{path['delegation_id']}", None, "delegation-ended")


@get("/members/{member_id:str}/relatives/new", opt=PUBLIC, include_in_schema=False)
async def new_relative(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    return await _page(desk, "relative-new.html", member, desk.new_form(), Finder(desk))


@post("/members/{member_id:str}/relatives/new", opt=PUBLIC, include_in_schema=False)
async def record_relative(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    finder = Finder(desk)
    form.required("relative")
    body = {"relative": await finder.read(form, "relative"), "relation": form.required("relation")}
    if not form.errors:
        answer = await desk.api.send("POST", f"/members/{member['id']}/relatives", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/members/{member['id']}", "related")
        desk.refuse(form, answer)
    return await _page(desk, "relative-new.html", member, form, finder, 422)


@post("/members/{member_id:str}/relatives/{relative_id:str}/end", opt=PUBLIC, include_in_schema=False)
async def remove_relative(request: AnyRequest) -> ASGIResponse:
    return await _deed(
        request, "DELETE", f"relatives/{request.path_params['relative_id']}", None, "unrelated"
    )


@get("/members/{member_id:str}/clearances/new", opt=PUBLIC, include_in_schema=False)
async def new_clearance(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    form = desk.new_form(issued_on=desk.me["today"])
    return desk.page("clearance-new.html", member=member, form=form)


@post("/members/{member_id:str}/clearances/new", opt=PUBLIC, include_in_schema=False)
async def record_clearance(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    form.required("issued_on")
    kind = form.required("kind").lower().replace(" ", "-")
    body = {"kind": kind, "issued_on": form.day("issued_on"), "expires_on": form.day("expires_on")}
    if not form.errors:
        answer = await desk.api.send("POST", f"/members/{member['id']}/clearances", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/members/{member['id']}", "cleared")
        desk.refuse(form, answer, {"dates_reversed": "expires_on", "malformed_request": "kind"})
    return desk.page("clearance-new.html", 422, member=member, form=form)


@post("/members/{member_id:str}/clearances/{clearance_id:str}/end", opt=PUBLIC, include_in_schema=False)
async def revoke_clearance(request: AnyRequest) -> ASGIResponse:
    path = f"clearances/{request.path_params['clearance_id']}/revocation"
    return await _deed(request, "POST", path, {}, "revoked")


@get("/clearances", opt=PUBLIC, include_in_schema=False)
async def list_clearances(request: AnyRequest) -> ASGIResponse:
    """The clearances that end soon, the first to end first."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (Column(mark("Member"), lambda row: desk.name(row["member"])), *COLUMNS)
        return await desk.csv(
            "/clearances/expiring", "clearances", columns, members=lambda row: [row["member"]]
        )
    listing = await desk.listing("/clearances/expiring", "clearances")
    await desk.meet(row["member"] for row in listing.rows)
    return desk.page("clearances.html", listing=listing)


async def _deed(request: AnyRequest, method: str, path: str, body: object, told: str) -> ASGIResponse:
    """A deed that is one button on the member's page; what is refused is said on a page with the button again."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    answer = await desk.api.send(method, f"/members/{member['id']}/{path}", body, key=form.key)
    if answer.problem is None:
        return desk.done(f"/members/{member['id']}", told)
    desk.refuse(form, answer)
    return desk.page("deed.html", 422, member=member, form=form, back=f"/members/{member['id']}")


async def _page(
    desk: Desk, template: str, member: Row, form: Form, finder: Finder, status: int = 200
) -> ASGIResponse:
    people, more = await finder.suggestions()
    words: dict[str, Any] = {"relations": RELATIONS, "family": FAMILY, "scopes": SCOPES}
    shown: dict[str, Any] = {"member": member, "form": form, "finder": finder, "people": people, "more": more}
    return desk.page(template, status, **words, **shown)


member_ties_pages = Router(
    "/",
    route_handlers=[
        new_delegate,
        propose_delegate,
        end_delegate,
        new_relative,
        record_relative,
        remove_relative,
        new_clearance,
        record_clearance,
        revoke_clearance,
        list_clearances,
    ],
)
