"""Proposals: what waits for a second person, in plain words, and the decision."""

from collections.abc import Sequence

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import Column, Desk, Row, open_desk
from api.web.desk.event_words import ACTIONS
from api.web.desk.proposal_words import facts_of, member_ids_of
from api.web.desk.together import PROPOSED
from api.web.forms import Form
from api.web.language import mark

STATES = {
    "open": mark("waits for a second person"),
    "approved": mark("approved"),
    "declined": mark("declined"),
    "withdrawn": mark("withdrawn"),
    "expired": mark("expired"),
}
TELLINGS = PROPOSED | {
    "approved": mark("Approved, and done."),
    "approved-secret": mark("Approved. Whoever proposed it now makes the card or the token."),
    "refused": mark("It is not done."),
}
APPROVERS = {"coordinator": frozenset(ACTIONS), "administrator": frozenset({"role", "card", "limits"})}
"""What each role may decide, so that no button is shown that would be refused."""
GIVEN_TO_PROPOSER = frozenset({"card", "token"})


@get("/proposals", opt=PUBLIC, include_in_schema=False)
async def list_proposals(request: AnyRequest) -> ASGIResponse:
    """Proposals, the newest first: all of them, or those that wait."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("What"), lambda row: desk.language.gettext(ACTIONS[row["action"]])),
            Column(mark("State"), lambda row: desk.language.gettext(STATES[row["state"]])),
            Column(mark("Proposed by"), lambda row: desk.name(row["proposed_by"])),
            Column(mark("Proposed at"), lambda row: row["proposed_at"]),
            Column(mark("Decided by"), lambda row: desk.name(row.get("decided_by"))),
            Column(mark("Decided at"), lambda row: row.get("decided_at")),
        )
        return await desk.csv("/proposals", "proposals", columns, members=_people)
    listing = await desk.listing("/proposals", "proposals")
    await desk.meet(each for row in listing.rows for each in _people(row))
    return desk.page("proposals.html", listing=listing, actions=ACTIONS, states=STATES)


@get("/proposals/{proposal_id:str}", opt=PUBLIC, include_in_schema=False)
async def show_proposal(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return await _page(desk, desk.new_form())


@post("/proposals/{proposal_id:str}", opt=PUBLIC, include_in_schema=False)
async def decide_proposal(request: AnyRequest) -> ASGIResponse:
    """Approve it, which does it at once, or decline or withdraw it."""
    desk = await open_desk(request)
    form = await desk.form()
    approves = form["deed"] == "approve"
    path = f"/proposals/{request.path_params['proposal_id']}"
    deed = "approval" if approves else "refusal"
    answer = await desk.api.send("POST", f"{path}/{deed}", {}, key=form.key)
    if answer.problem is None:
        secret = answer.said["action"] in GIVEN_TO_PROPOSER
        told = ("approved-secret" if secret else "approved") if approves else "refused"
        return desk.done(path, told)
    desk.refuse(form, answer)
    return await _page(desk, form, 422)


async def _page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    proposal = await desk.read(f"/proposals/{desk.request.path_params['proposal_id']}")
    await desk.meet([*_people(proposal), *member_ids_of(proposal)])
    mine = proposal["proposed_by"] == desk.me["member_id"]
    return desk.page(
        "proposal.html",
        status,
        proposal=proposal,
        facts=await facts_of(desk, proposal),
        mine=mine,
        may_decide=proposal["action"] in APPROVERS.get(desk.me["role"], ()),
        form=form,
        actions=ACTIONS,
        states=STATES,
        tellings=TELLINGS,
    )


def _people(row: Row) -> Sequence[str | None]:
    return [row["proposed_by"], row.get("decided_by"), row.get("member")]


proposals_pages = Router("/", route_handlers=[list_proposals, show_proposal, decide_proposal])
