"""The desk's pages about disputes: the list, and one with what both sides said and what each outcome does."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.hours_words import OUTCOMES, SIDES
from api.web.desk.words import ACCOUNT_KINDS
from api.web.forms import Form
from api.web.language import mark

DEEDS = {"outcome": "decided", "statements": "said", "withdrawal": "withdrawn"}

TELLINGS = {
    "opened": mark("The dispute is open. Ask both sides how it was, and write down what they say."),
    "decided": mark("Decided. The claim and the balances are as the outcome says."),
    "said": mark("Written down. Both sides can read it."),
    "withdrawn": mark("Withdrawn. The claim stands again as it did before."),
}
FIELDS = {"correction_same": "length", "longer_than_a_day": "length"}


def columns(desk: Desk) -> tuple[Column, ...]:
    return (
        Column(mark("Dispute"), lambda row: row["id"]),
        Column(mark("Claim"), lambda row: row["claim"]),
        Column(mark("Giver"), lambda row: desk.name(row["provider"])),
        Column(mark("Receiver"), lambda row: desk.name(row["receiver"])),
        Column(mark("Hours logged"), lambda row: hours_cell(row["seconds"])),
        Column(mark("Opened"), lambda row: row["opened_at"]),
        Column(mark("Opened by"), lambda row: desk.name(row["opened_by"])),
        Column(mark("To be decided by"), lambda row: row["deadline_on"]),
        Column(
            mark("Outcome"),
            lambda row: desk.language.gettext(OUTCOMES[row["outcome"]]) if row.get("outcome") else None,
        ),
        Column(
            mark("Hours corrected"),
            lambda row: hours_cell(row["corrected_seconds"]) if row.get("corrected_seconds") else None,
        ),
        Column(mark("Decided"), lambda row: row.get("resolved_at")),
    )


def people_of(row: Row) -> list[str | None]:
    said = [each["member"] for each in row["statements"]]
    return [row["provider"], row["receiver"], row["opened_by"], row.get("resolved_by"), *said]


@get("/disputes", opt=PUBLIC, include_in_schema=False)
async def list_disputes(request: AnyRequest) -> ASGIResponse:
    """Disputes: those without an outcome first."""
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/disputes", "disputes", columns(desk), members=people_of)
    listing = await desk.listing("/disputes", "disputes")
    await desk.meet(each for row in listing.rows for each in people_of(row))
    return desk.page("disputes.html", listing=listing, outcomes=OUTCOMES)


@get("/disputes/{dispute_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_dispute(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return await _dispute_page(desk, str(request.path_params["dispute_id"]), {})


@post("/disputes/{dispute_id:uuid}/{deed:str}", opt=PUBLIC, include_in_schema=False)
async def do_with_dispute(request: AnyRequest) -> ASGIResponse:
    """Decide a dispute, write down what somebody says, or take it back."""
    desk = await open_desk(request)
    dispute_id, deed = str(request.path_params["dispute_id"]), request.path_params["deed"]
    if deed not in DEEDS:
        raise Problem("not_found")
    form = await desk.form()
    body: Row = {}
    if deed == "statements":
        body = {"statement": form.required("statement")}
    elif deed == "outcome":
        body = {"outcome": form["outcome"], "statement": form.text("why")}
        if form["outcome"] not in ("upheld", "corrected", "reversed"):
            form.wrong("outcome-upheld", desk.language.gettext("Please choose what becomes of it."))
        if form["outcome"] == "corrected":
            form.required("length")
            body["seconds"] = form.seconds("length")
            if body["seconds"] is not None and body["seconds"] <= 0:
                form.wrong("length", desk.language.gettext("For no time at all, choose to take it back."))
    if not form.errors:
        answer = await desk.api.send("POST", f"/disputes/{dispute_id}/{deed}", body, key=form.key)
        if answer.problem is None:
            return desk.done(f"/disputes/{dispute_id}", DEEDS[deed])
        desk.refuse(form, answer, FIELDS)
    return await _dispute_page(desk, dispute_id, {deed: form})


async def _dispute_page(desk: Desk, dispute_id: str, sent: dict[str, Form]) -> ASGIResponse:
    """The page of a dispute; `sent` is the form that was refused, by its deed."""
    shown = await desk.read(f"/disputes/{dispute_id}")
    dispute = shown["dispute"]
    claim = (await desk.read(f"/claims/{dispute['claim']}"))["claim"]
    await desk.meet(people_of(dispute))
    return desk.page(
        "dispute.html",
        422 if sent else 200,
        dispute=dispute,
        claim=claim,
        transfers=shown.get("transfers", []),
        balances=[
            (member_id, await balances_of(desk, member_id))
            for member_id in (dispute["provider"], dispute["receiver"])
        ],
        forms={deed: sent.get(deed) or desk.new_form() for deed in DEEDS},
        outcomes=OUTCOMES,
        sides=SIDES,
        kinds=ACCOUNT_KINDS,
        activities=await Activities.of(desk),
        tellings=TELLINGS,
    )


async def balances_of(desk: Desk, member_id: str) -> list[Row]:
    """The open accounts of a member with what is on each; none where the reader may not see them."""
    member = await desk.part(f"/members/{member_id}")
    held = [] if member is None else member.get("accounts") or []
    read = [await desk.part(f"/accounts/{each['id']}") for each in held if not each["closed"]]
    return [each for each in read if each is not None]


disputes_pages = Router("/", route_handlers=[list_disputes, show_dispute, do_with_dispute])
