"""The desk's pages about members: the list, enrolling, and one member with all that belongs to them."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.asking import Answer
from api.web.desk.desk import ROLES, Column, Desk, Row, open_desk
from api.web.desk.event_words import linked_words_of, members_of
from api.web.desk.words import (
    ACCOUNT_KINDS,
    CARD_STATES,
    CLAIM_STATES,
    CLASSES,
    CLEARANCE_STATES,
    RELATIONS,
    SCOPES,
    STATUSES,
)
from api.web.forms import Form
from api.web.language import mark

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
TELLINGS = {
    "enrolled": mark("Enrolled. Next, print their card: with it they sign in on their phone."),
    "person": mark("Their details are changed."),
    "standing": mark("Their standing is recorded."),
    "classes": mark("Their classes are changed."),
    "granted": mark(
        "The role is given. It counts once they have signed in with a new card and made a passkey."
    ),
    "ended": mark("The role is ended, and they are signed out."),
    "settled": mark("Their credits are settled, and their accounts closed."),
    "lapsed": mark("Their credits are settled."),
    "erased": mark("What told who they were is deleted. The books stay whole."),
    "delegation-ended": mark("The delegation is ended."),
    "related": mark("The two are recorded as family: neither decides about the other."),
    "unrelated": mark("The two are not recorded as family any more."),
    "cleared": mark("The clearance is recorded."),
    "revoked": mark(
        "The clearance is revoked. What was taken with it stays taken: have a look at their requests."
    ),
    "card-revoked": mark("The card is worthless now."),
}
"""What was done with a member, said on their page."""

NEWEST = 5


@get("/members", opt=PUBLIC, include_in_schema=False)
async def list_members(request: AnyRequest) -> ASGIResponse:
    """Members, filtered by name, status and role."""
    desk = await open_desk(request, listed="/members")
    if desk.wants_csv:
        return await desk.csv("/members", "members", COLUMNS)
    listing = await desk.listing("/members", "members")
    return desk.page("members.html", listing=listing, statuses=STATUSES, roles=ROLES)


@get("/members/new", opt=PUBLIC, include_in_schema=False)
async def new_member(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = desk.new_form(status="active")
    return desk.page("member-new.html", form=form, classes=CLASSES)


@post("/members/new", opt=PUBLIC, include_in_schema=False)
async def enrol_member(request: AnyRequest) -> ASGIResponse:
    """Enrol somebody, and go on to their page."""
    desk = await open_desk(request)
    form = await desk.form()
    body = {
        "name": form.required("name"),
        "email": form.text("email"),
        "phone": form.text("phone"),
        "languages": form.listed("languages"),
        "joined_on": form.day("joined_on"),
        "status": "applied" if form.checked("applied") else "active",
        "classes": form.lists.get("class", []),
        "even_if_alike": form.checked("even_if_alike"),
    }
    if not form.errors:
        answer = await desk.api.send("POST", "/members", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/members/{answer.said['id']}", "enrolled")
        refuse_name(desk, form, answer)
    return desk.page("member-new.html", 422, form=form, classes=CLASSES)


@get("/members/{member_id:str}", opt=PUBLIC, include_in_schema=False)
async def show_member(request: AnyRequest) -> ASGIResponse:
    """A member with what belongs to them. A part that does not open to the reader's role is left out."""
    desk = await open_desk(request)
    member = await read_member(desk)
    path = f"/members/{member['id']}"
    accounts = await accounts_of(desk, member)
    claims, cards, delegates, relatives, clearances, events = await desk.parts(
        ("/claims", {"member": member["id"], "limit": NEWEST}),
        (f"{path}/cards", {}),
        (f"{path}/delegates", {}),
        (f"{path}/relatives", {}),
        (f"{path}/clearances", {}),
        (f"{path}/events", {"limit": NEWEST}),
    )
    await desk.meet(_named(claims, delegates, relatives, events))
    return desk.page(
        "member.html",
        member=member,
        accounts=accounts,
        claims=claims,
        cards=cards,
        delegates=delegates,
        relatives=relatives,
        clearances=clearances,
        events=[(each, linked_words_of(desk, each)) for each in (events or {}).get("events", [])],
        tellings=TELLINGS,
        statuses=STATUSES,
        roles=ROLES,
        classes=CLASSES,
        relations=RELATIONS,
        scopes=SCOPES,
        card_states=CARD_STATES,
        clearance_states=CLEARANCE_STATES,
        claim_states=CLAIM_STATES,
        account_kinds=ACCOUNT_KINDS,
    )


def refuse_name(desk: Desk, form: Form, answer: Answer) -> None:
    """Write the refusal beside its field; of a name like another's the form asks whether it is another person."""
    desk.refuse(form, answer, {"name_alike": "name"})
    if answer.problem == "name_alike":
        form.values["alike"] = "1"


async def read_member(desk: Desk) -> Row:
    """The member the page's address names, with `seen`, the ETag of what was read."""
    answer = await desk.ask(f"/members/{desk.request.path_params['member_id']}")
    member: Row = answer.said | {"seen": answer.etag}
    desk.names[member["id"]] = member
    return member


async def accounts_of(desk: Desk, member: Row) -> list[Row]:
    """The member's accounts with their balances, as far as they open to the reader; closed ones last."""
    held = member.get("accounts") or []
    found = await desk.parts(*((f"/accounts/{each['id']}", {}) for each in held))
    return sorted((each for each in found if each is not None), key=lambda each: bool(each["closed"]))


def _named(
    claims: Row | None, delegates: Row | None, relatives: Row | None, events: Row | None
) -> set[str | None]:
    """Whose names the page needs."""
    named: set[str | None] = set()
    for each in (claims or {}).get("claims", []):
        named |= {each["provider"], each["receiver"]}
    for each in (delegates or {}).get("delegations", []):
        named |= {each["member"], each["delegate"]}
    named |= {each["relative"] for each in (relatives or {}).get("relatives", [])}
    for each in (events or {}).get("events", []):
        named |= members_of(each)
    return named


members_pages = Router("/", route_handlers=[list_members, new_member, enrol_member, show_member])
