"""Cards to sign in with: a member's, making one or several, and the page they are printed from.

A card's code is shown once, on the page that answers the form. Opened again, that page makes no second card: it says
that the card was shown, and offers a new one.
"""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest, base_url
from api.web.asking import Answer
from api.web.desk.desk import Desk, Row, open_desk
from api.web.desk.members import read_member
from api.web.desk.together import derived
from api.web.desk.words import CARD_STATES
from api.web.forms import Form
from api.web.language import mark

PAPERS = {
    "sheet": mark("a sheet of A4 with cards to cut out"),
    "a6": mark("one page of A6 for each card"),
}
MAX_CARDS = 100


@get("/members/{member_id:str}/cards", opt=PUBLIC, include_in_schema=False)
async def show_cards(request: AnyRequest) -> ASGIResponse:
    """A member's cards, and the button that makes another."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = desk.new_form(paper="sheet", proposal=request.query_params.get("proposal"))
    return await _member_page(desk, member, form)


@post("/members/{member_id:str}/cards", opt=PUBLIC, include_in_schema=False)
async def make_card(request: AnyRequest) -> ASGIResponse:
    """Make a card and show it. For somebody with a role that takes a second person: then it is proposed."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    body = {"proposal": form["proposal"]} if form["proposal"] else {}
    answer = await desk.api.send("POST", f"/members/{member['id']}/cards", body, key=form.key)
    if answer.problem is None:
        return _print_page(desk, form, [(member, answer)])
    if answer.problem == "second_person_needed" and not form["proposal"]:
        asked = {"action": "card", "member": member["id"]}
        key = derived(form.key, "proposal")
        answer = await desk.api.send("POST", "/proposals", asked, key=key)
        if answer.problem is None:
            return desk.done(f"/proposals/{key}", "proposed")
    desk.refuse(form, answer)
    return await _member_page(desk, member, form, 422)


@post("/members/{member_id:str}/cards/{card_id:str}/end", opt=PUBLIC, include_in_schema=False)
async def revoke_card(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    page = f"/members/{member['id']}"
    path = f"{page}/cards/{request.path_params['card_id']}"
    answer = await desk.api.send("DELETE", path, key=form.key)
    if answer.problem is None:
        return desk.done(page, "card-revoked")
    desk.refuse(form, answer)
    return desk.page("deed.html", 422, member=member, form=form, back=page)


@post("/cards", opt=PUBLIC, include_in_schema=False)
async def make_cards(request: AnyRequest) -> ASGIResponse:
    """Cards for those who were ticked on the list, on one page. Who cannot get one is said below."""
    desk = await open_desk(request)
    form = await desk.form()
    ids = list(dict.fromkeys(form.lists.get("member", [])))
    if not ids:
        form.wrong(
            "", desk.language.gettext("Please tick those who are to get a card, on the list of members.")
        )
    elif len(ids) > MAX_CARDS:
        form.wrong("", desk.language.gettext("Please print at most 100 cards at once."))
    made: list[tuple[Row, Answer]] = []
    if not form.errors:
        await desk.meet(ids)
        for member_id in ids:
            path = f"/members/{member_id}/cards"
            answer = await desk.api.send("POST", path, {}, key=derived(form.key, member_id))
            if answer.problem == "step_up_required":
                desk.refuse(form, answer)
                break
            made.append((desk.names.get(member_id, {}), answer))
    if form.errors:
        return desk.page("cards-several.html", 422, form=form, ids=ids, papers=PAPERS)
    return _print_page(desk, form, made)


def _print_page(desk: Desk, form: Form, made: list[tuple[Row, Answer]]) -> ASGIResponse:
    cards, shown_before, refused = [], [], []
    for member, answer in made:
        if answer.problem == "second_person_needed":
            why = desk.language.gettext("A card for somebody who has a role takes a second person.")
            refused.append((member, why))
        elif answer.problem is not None:
            refused.append((member, desk.refusal(answer)))
        elif "qr" in answer.said:
            cards.append((member, answer.said))
        else:
            shown_before.append(member)
    return desk.page(
        "cards-print.html",
        cards=cards,
        shown_before=shown_before,
        refused=refused,
        paper=form["paper"] if form["paper"] in PAPERS else "sheet",
        host=base_url(desk.request).partition("//")[2],
    )


async def _member_page(desk: Desk, member: Row, form: Form, status: int = 200) -> ASGIResponse:
    cards = await desk.part(f"/members/{member['id']}/cards")
    return desk.page(
        "cards.html", status, member=member, form=form, cards=cards, states=CARD_STATES, papers=PAPERS
    )


cards_pages = Router("/", route_handlers=[show_cards, make_card, revoke_card, make_cards])
