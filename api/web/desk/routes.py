"""The desk's pages, joined."""

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.web.desk.desk import open_desk
from api.web.desk.members import members_pages
from api.web.desk.problems import answer_as_page
from api.web.desk.sheets import sheets_pages


@get("/{rest:path}", opt=PUBLIC, include_in_schema=False)
async def get_nothing(request: AnyRequest) -> ASGIResponse:
    """Any address that is no page of the desk."""
    await open_desk(request)
    raise Problem("not_found")


desk_router = Router(
    "/desk/{slug:str}",
    route_handlers=[members_pages, sheets_pages, get_nothing],
    exception_handlers={Exception: answer_as_page},
)
