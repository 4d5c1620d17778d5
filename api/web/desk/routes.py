"""The desk's pages, joined."""

from litestar import Router

from api.web.desk.members import members_pages

desk_router = Router("/desk/{slug:str}", route_handlers=[members_pages])
