"""The desk's pages about members."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import ROLES, Column, open_desk
from api.web.language import mark

STATUSES = {
    "applied": mark("applied"),
    "active": mark("active"),
    "away": mark("away"),
    "left": mark("left"),
    "died": mark("died"),
}
COLUMNS = (
    Column(mark("Number"), lambda row: row["number"]),
    Column(mark("Name"), lambda row: row.get("name")),
    Column(mark("Status"), lambda row: row["status"]),
    Column(mark("Since"), lambda row: row["status_since"]),
    Column(mark("Joined"), lambda row: row["joined_on"]),
    Column(mark("Role"), lambda row: row.get("role")),
    Column(mark("E-mail"), lambda row: row.get("email")),
    Column(mark("Phone"), lambda row: row.get("phone")),
)


@get("/members", opt=PUBLIC, include_in_schema=False)
async def list_members(request: AnyRequest) -> ASGIResponse:
    """Members, filtered by name, status and role."""
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/members", "members", COLUMNS)
    listing = await desk.listing("/members", "members")
    return desk.page("members.html", listing=listing, statuses=STATUSES, roles=ROLES)


@get("/members/new", opt=PUBLIC, include_in_schema=False)
async def new_member(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return desk.page("member-new.html", form=desk.new_form())


@post("/members/new", opt=PUBLIC, include_in_schema=False)
async def enrol_member(request: AnyRequest) -> ASGIResponse:
    """Enrol somebody, and go on to their page."""
    desk = await open_desk(request)
    form = await desk.form()
    body = {
        "name": form.required("name"),
        "email": form.text("email"),
        "phone": form.text("phone"),
        "even_if_alike": form.checked("even_if_alike"),
    }
    if not form.errors:
        answer = await desk.api.send("POST", "/members", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/members/{answer.said['id']}", "enrolled")
        desk.refuse(form, answer, {"name_alike": "name"})
    return desk.page("member-new.html", 422, form=form)


members_pages = Router("/", route_handlers=[list_members, new_member, enrol_member])
