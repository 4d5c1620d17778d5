"""The desk's pages, joined."""

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.web.desk.accounts import accounts_pages
from api.web.desk.assertions import assertions_pages
from api.web.desk.audit import audit_pages
from api.web.desk.cards import cards_pages
from api.web.desk.claims import claims_pages
from api.web.desk.claims_new import claims_new_pages
from api.web.desk.desk import open_desk
from api.web.desk.disputes import disputes_pages
from api.web.desk.evidence import evidence_pages
from api.web.desk.exports import exports_pages
from api.web.desk.households import households_pages
from api.web.desk.imports import imports_pages
from api.web.desk.journal import journal_pages
from api.web.desk.member_changes import member_changes_pages
from api.web.desk.member_ties import member_ties_pages
from api.web.desk.members import members_pages
from api.web.desk.periods import periods_pages
from api.web.desk.policy import policy_pages
from api.web.desk.pots import pots_pages
from api.web.desk.proposals import proposals_pages
from api.web.desk.reports import reports_pages
from api.web.desk.requests import requests_pages
from api.web.desk.round_lines import round_lines_pages
from api.web.desk.rounds import rounds_pages
from api.web.desk.sheets import sheets_pages
from api.web.desk.social import social_pages
from api.web.desk.social_keeping import social_keeping_pages
from api.web.desk.statements import statements_pages
from api.web.desk.today import today_pages
from api.web.desk.trail import trail_pages
from api.web.problems import answer_as_page


@get("/{rest:path}", opt=PUBLIC, include_in_schema=False)
async def get_nothing(request: AnyRequest) -> ASGIResponse:
    """Any address that is no page of the desk."""
    await open_desk(request)
    raise Problem("not_found")


desk_router = Router(
    "/desk/{slug:str}",
    route_handlers=[
        today_pages,
        members_pages,
        member_changes_pages,
        member_ties_pages,
        cards_pages,
        households_pages,
        proposals_pages,
        trail_pages,
        sheets_pages,
        pots_pages,
        disputes_pages,
        requests_pages,
        claims_new_pages,
        claims_pages,
        policy_pages,
        accounts_pages,
        journal_pages,
        periods_pages,
        audit_pages,
        reports_pages,
        social_pages,
        social_keeping_pages,
        evidence_pages,
        rounds_pages,
        round_lines_pages,
        assertions_pages,
        statements_pages,
        exports_pages,
        imports_pages,
        get_nothing,
    ],
    exception_handlers={Exception: answer_as_page},
)
