"""The admin trail: every privileged act, in words, the newest first."""

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import Column, Desk, Row, open_desk
from api.web.desk.event_words import NAMES, linked_words_of, members_of, words_of
from api.web.desk.words import VIAS
from api.web.language import mark


@get("/trail", opt=PUBLIC, include_in_schema=False)
async def list_events(request: AnyRequest) -> ASGIResponse:
    """The trail, of the whole co-op or of what concerned one member, filtered by kind and days."""
    desk = await open_desk(request)
    member = request.query_params.get("member")
    if desk.wants_csv:
        columns = (
            Column(mark("When"), lambda row: row["recorded_at"]),
            Column(mark("Kind"), lambda row: row["kind"]),
            Column(mark("What"), lambda row: words_of(desk, row)),
            Column(mark("Whom it is about"), lambda row: desk.name(row.get("member"))),
            Column(mark("By"), lambda row: author_of(desk, row)),
            Column(mark("As"), lambda row: row["via"]),
            Column(mark("Leaf"), lambda row: row["leaf_index"]),
        )
        return await desk.csv("/events", "events", columns, members=members_of)
    listing = await desk.listing("/events", "events")
    await desk.meet([*(each for row in listing.rows for each in members_of(row)), member])
    return desk.page(
        "trail.html",
        listing=listing,
        lines=[(row, linked_words_of(desk, row), author_of(desk, row)) for row in listing.rows],
        kinds=NAMES,
        vias=VIAS,
        about=member,
    )


def author_of(desk: Desk, row: Row) -> str:
    """Who did it: a member by name; by what they are a machine, the operator, and whom the event does not name."""
    if row["via"] in ("token", "shell") or row.get("by") is None:
        return desk.language.gettext(VIAS[row["via"]])
    return desk.name(row.get("by"))


trail_pages = Router("/", route_handlers=[list_events])
