"""The desk's pages about claims: the list, several confirmed at once, and one claim with what can be done about it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.requests import MAX_PAGE
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.hours_words import CLAIM_STEPS, OVERLAPS
from api.web.desk.people import Finder, label_of
from api.web.desk.together import derived
from api.web.desk.words import CLAIM_STATES, VIAS
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

DUE_DAYS = (1, 3, 7, 14)
MOST_OVERLAPS = 10
NOT_KEPT = frozenset({"who", "who-choice", "member", "after"})
"""What of a filtered list's query does not hold for the list of another member."""

DEEDS = {
    "confirmation": "confirmed",
    "refusal": "declined",
    "withdrawal": "withdrawn",
    "overlaps/seen": "seen",
    "disputes": "disputed",
}
"""What can be done about a claim, as the API's address below it, and the word by which the page tells that it was."""

TELLINGS = {
    "confirmed": mark("Confirmed and paid. Both sides have a receipt."),
    "declined": mark("Declined. Nothing was paid, and the giver can read why."),
    "withdrawn": mark("Withdrawn. Nothing was paid."),
    "seen": mark("The overlap is off the list. It stays on record here."),
    "disputed": mark("The dispute is open. Both sides can say how it was."),
    "logged": mark("Logged."),
}


def columns(desk: Desk, activities: Activities) -> tuple[Column, ...]:
    """The list as CSV. Lengths are hours, for adding up."""
    return (
        Column(mark("Claim"), lambda row: row["id"]),
        Column(mark("Day"), lambda row: row["service_on"]),
        Column(mark("Giver"), lambda row: desk.name(row["provider"])),
        Column(mark("Receiver"), lambda row: desk.name(row["receiver"])),
        Column(mark("Activity"), lambda row: activities.title(row["activity"])),
        Column(mark("Hours"), lambda row: hours_cell(row["seconds"])),
        Column(mark("Hours credited"), lambda row: hours_cell(row.get("credited_seconds", 0))),
        Column(mark("Hours paid"), lambda row: hours_cell(row.get("paid_seconds", 0))),
        Column(mark("State"), lambda row: desk.language.gettext(CLAIM_STATES[row["state"]])),
        Column(mark("Logged"), lambda row: row["logged_at"]),
        Column(mark("Confirmed by silence"), lambda row: row.get("due_at")),
        Column(mark("Overlaps"), lambda row: len(row.get("overlaps", ()))),
        Column(mark("Note"), lambda row: row.get("note")),
    )


def sides(row: Row) -> list[str]:
    return [row["provider"], row["receiver"]]


@get("/claims", opt=PUBLIC, include_in_schema=False)
async def list_claims(request: AnyRequest) -> ASGIResponse:
    """Claims; unless another state is asked for, those that wait to be confirmed."""
    desk = await open_desk(request)
    query = request.query_params
    finder = Finder(desk)
    form = desk.new_form(**{name: query.get(name) for name in ("who", "who-choice")})
    if "who" in query:
        member_id = await finder.read(form, "who")
        if not form.errors:
            kept = {name: value for name, value in query.items() if name not in NOT_KEPT}
            return redirect(
                f"{request.url.path}?{urlencode(kept | ({'member': member_id} if member_id else {}))}"
            )
    return await _list_page(desk, form, finder, desk.new_form())


async def _list_page(
    desk: Desk, form: Form, finder: Finder, confirming: Form, status: int = 200
) -> ASGIResponse:
    """The list; `form` says of whom, `confirming` is the form with the ticks."""
    query = desk.request.query_params
    any_state = query.get("state") == ""
    fixed = {} if query.keys() & {"state", "overlapping", "due_within"} else {"state": "submitted"}
    activities = await Activities.of(desk)
    if desk.wants_csv:
        return await desk.csv("/claims", "claims", columns(desk, activities), members=sides, **fixed)
    listing = await desk.listing("/claims", "claims", **fixed)
    if any_state:
        # The API leaves out what is empty; here it means every state.
        following = None if listing.next is None else f"{listing.next}&state="
        listing = replace(listing, next=following, csv=f"{listing.csv}&state=")
    named = query.get("member")
    await desk.meet([named, *(side for row in listing.rows for side in sides(row))])
    if named in desk.names and "who" not in query:
        form.values["who"] = label_of(desk.names[named])
    people, more = await finder.suggestions()
    return desk.page(
        "claims.html",
        status,
        listing=listing,
        form=form,
        confirming=confirming,
        finder=finder,
        people=people,
        more=more,
        narrowed=any_state
        or listing.filters.get("state", "submitted") != "submitted"
        or len(listing.filters) > 1,
        state="submitted" if fixed or "due_within" in listing.filters else listing.filters.get("state", ""),
        states=CLAIM_STATES,
        due_days=DUE_DAYS,
        activities=activities,
    )


@post("/claims", opt=PUBLIC, include_in_schema=False)
async def confirm_claims(request: AnyRequest) -> ASGIResponse:
    """Confirm all that were ticked, each on its own, and say of each what became of it."""
    desk = await open_desk(request)
    form = await desk.form()
    ticked = list(dict.fromkeys(form.lists.get("claim", [])))[:MAX_PAGE]
    if not ticked:
        form.wrong("", desk.language.gettext("Tick the claims you want to confirm."))
        return await _list_page(desk, desk.new_form(), Finder(desk), form, 422)
    confirmed, refused = [], []
    for claim_id in ticked:
        address = _address(claim_id)
        answer = await desk.api.send("POST", f"{address}/confirmation", {}, key=derived(form.key, claim_id))
        if answer.problem is None:
            confirmed.append(answer.said)
            continue
        known = await desk.api.get(address)
        refused.append((known.said["claim"] if known.problem is None else None, desk.refusal(answer)))
    claims = [each["claim"] for each in confirmed] + [claim for claim, _ in refused if claim is not None]
    await desk.meet([side for claim in claims for side in sides(claim)])
    return desk.page(
        "claims-confirmed.html",
        200 if not refused else 422,
        confirmed=confirmed,
        refused=refused,
        seconds=sum(each["claim"]["seconds"] for each in confirmed),
    )


def _address(claim_id: str) -> str:
    """Where the API has the claim. Raises Problem for what is no id, so that nobody writes another address."""
    if not claim_id.replace("-", "").isalnum():
        raise Problem("not_found")
    return f"/claims/{claim_id}"


@get("/claims/{claim_id:str}", opt=PUBLIC, include_in_schema=False)
async def show_claim(request: AnyRequest) -> ASGIResponse:
    """One claim with its steps, what it overlaps, and its transfers."""
    desk = await open_desk(request)
    return await _claim_page(desk, request.path_params["claim_id"], {})


@post("/claims/{claim_id:str}/{deed:path}", opt=PUBLIC, include_in_schema=False)
async def do_with_claim(request: AnyRequest) -> ASGIResponse:
    """Confirm, decline, withdraw or dispute a claim, or say that its overlaps were looked at."""
    desk = await open_desk(request)
    claim_id, deed = request.path_params["claim_id"], str(request.path_params["deed"]).strip("/")
    if deed not in DEEDS:
        raise Problem("not_found")
    form = await desk.form()
    body: Row = {}
    if deed == "refusal":
        body = {"reason": form.required("refusal-reason")}
    elif deed == "disputes":
        body = {"statement": form.required("disputes-statement")}
    elif deed == "withdrawal":
        body = {"reason": form.text("withdrawal-reason")}
    if not form.errors:
        answer = await desk.api.send("POST", f"{_address(claim_id)}/{deed}", body, key=form.key)
        if answer.problem is None and deed == "disputes":
            return desk.done(f"/disputes/{answer.said['dispute']['id']}", "opened")
        if answer.problem is None:
            return desk.done(f"/claims/{claim_id}", DEEDS[deed])
        desk.refuse(form, answer)
    return await _claim_page(desk, claim_id, {deed: form})


async def _claim_page(desk: Desk, claim_id: str, sent: Mapping[str, Form]) -> ASGIResponse:
    """The page of a claim; `sent` is the form that was refused, by its deed."""
    shown = await desk.read(_address(claim_id))
    claim = shown["claim"]
    others = []
    for overlap in claim.get("overlaps", ())[:MOST_OVERLAPS]:
        answer = await desk.api.get(f"/claims/{overlap['claim']}")
        if answer.problem is None:
            others.append((overlap["kind"], answer.said["claim"]))
    disputes = await desk.part("/disputes", claim=claim["id"])
    acted = [each.get(name) for each in claim["events"] for name in ("by", "acting_for")]
    await desk.meet(
        [*sides(claim), *(side for _, other in others for side in sides(other)), *filter(_is_id, acted)]
    )
    forms = {deed: sent.get(deed) or desk.new_form() for deed in DEEDS}
    return desk.page(
        "claim.html",
        422 if sent else 200,
        claim=claim,
        transfers=shown.get("transfers", []),
        others=others,
        disputes=(disputes or {"disputes": []})["disputes"],
        forms=forms,
        states=CLAIM_STATES,
        steps=CLAIM_STEPS,
        vias=VIAS,
        overlaps=OVERLAPS,
        activities=await Activities.of(desk),
        tellings=TELLINGS,
    )


def _is_id(who: str | None) -> bool:
    """Whether it is a member's id; a machine's is a text of its own."""
    return who is not None and len(who) == 36


claims_pages = Router("/", route_handlers=[list_claims, confirm_claims, show_claim, do_with_claim])
