"""Changing a member: who they are, where they stand, classes, role; settling what they had, and erasing them."""

from typing import Any

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import ROLES, Desk, Row, open_desk
from api.web.desk.members import read_member, refuse_name
from api.web.desk.people import Finder
from api.web.desk.together import do_or_propose
from api.web.desk.words import CLASSES, ERASURE_REASONS, SETTLEMENT_REASONS, STATUSES
from api.web.forms import Form
from api.web.language import mark

PERSON = {
    "name": mark("Name"),
    "email": mark("E-mail"),
    "phone": mark("Phone"),
    "address": mark("Address"),
    "languages": mark("Languages"),
    "birth_year": mark("Year of birth"),
}
GONE = frozenset({"left", "died"})
MORE_CLASSES = 2
"""Empty lines below the classes a member has."""


@get("/members/{member_id:str}/person", opt=PUBLIC, include_in_schema=False)
async def show_person(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    return desk.page(
        "person.html", member=member, form=_person_form(desk, member), labels=PERSON, stored=None
    )


@post("/members/{member_id:str}/person", opt=PUBLIC, include_in_schema=False)
async def change_person(request: AnyRequest) -> ASGIResponse:
    """Change who somebody is. When somebody else was quicker, both versions are shown, and the next save counts."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    body = {
        "name": form.required("name"),
        "email": form.text("email"),
        "phone": form.text("phone"),
        "address": form.text("address"),
        "languages": form.listed("languages"),
        "birth_year": form.whole("birth_year"),
        "even_if_alike": form.checked("even_if_alike"),
    }
    stored = None
    if not form.errors:
        path = f"/members/{member['id']}/person"
        answer = await desk.api.send("PUT", path, body, key=form.key, seen=form["seen"])
        if answer.problem is None:
            return desk.done(f"/members/{member['id']}", "person")
        if answer.problem == "member_changed":
            stored = _person_form(desk, member)
            form.values["seen"] = member["seen"]
        refuse_name(desk, form, answer)
    return desk.page("person.html", 422, member=member, form=form, labels=PERSON, stored=stored)


def _person_form(desk: Desk, member: Row) -> Form:
    shown = {name: member.get(name) for name in PERSON} | {"seen": member["seen"]}
    return desk.new_form(**shown | {"languages": ", ".join(member.get("languages", []))})


@get("/members/{member_id:str}/standing", opt=PUBLIC, include_in_schema=False)
async def show_standing(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    form = desk.new_form(
        status=member["status"],
        since=member["status_since"],
        frail="1" if member.get("frail") else None,
        seen=member["seen"],
    )
    return desk.page("standing.html", member=member, form=form, statuses=STATUSES)


@post("/members/{member_id:str}/standing", opt=PUBLIC, include_in_schema=False)
async def change_standing(request: AnyRequest) -> ASGIResponse:
    """Record where somebody stands. After leaving or a death, what they had is settled next."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    form.required("since")
    body = {"status": form["status"], "since": form.day("since"), "frail": form.checked("frail")}
    if not form.errors:
        path = f"/members/{member['id']}/standing"
        answer = await desk.api.send("PUT", path, body, key=form.key, seen=form["seen"])
        if answer.problem is None:
            gone = body["status"] in GONE
            return desk.done(f"/members/{member['id']}{'/settlement' if gone else ''}", "standing")
        _as_it_is_now(form, answer.problem, member)
        desk.refuse(form, answer)
    return desk.page("standing.html", 422, member=member, form=form, statuses=STATUSES)


def _as_it_is_now(form: Form, problem: str | None, member: Row) -> None:
    """After a change by somebody else, the page shows what there is now, and the next save counts."""
    if problem == "member_changed":
        form.values["seen"] = member["seen"]


@get("/members/{member_id:str}/classes", opt=PUBLIC, include_in_schema=False)
async def show_classes(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    return desk.page(
        "classes.html",
        member=member,
        form=desk.new_form(seen=member["seen"]),
        lines=_with_empty(member.get("classes") or []),
        classes=CLASSES,
    )


@post("/members/{member_id:str}/classes", opt=PUBLIC, include_in_schema=False)
async def change_classes(request: AnyRequest) -> ASGIResponse:
    """Replace a member's classes. A line without a class is left out."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    columns = [form.lists.get(each, []) for each in ("class", "from_on", "until_on")]
    lines = [
        {"stakeholder_class": each, "from_on": from_on or desk.me["today"], "until_on": until_on or None}
        for each, from_on, until_on in zip(*columns, strict=False)
        if each
    ]
    answer = await desk.api.send(
        "PUT", f"/members/{member['id']}/classes", {"classes": lines}, key=form.key, seen=form["seen"]
    )
    if answer.problem is None:
        return desk.done(f"/members/{member['id']}", "classes")
    _as_it_is_now(form, answer.problem, member)
    desk.refuse(form, answer)
    return desk.page("classes.html", 422, member=member, form=form, lines=_with_empty(lines), classes=CLASSES)


def _with_empty(lines: list[Row]) -> list[Row]:
    return [*lines, *({} for _ in range(MORE_CLASSES))]


@get("/members/{member_id:str}/role", opt=PUBLIC, include_in_schema=False)
async def show_role(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    return desk.page("role.html", member=member, form=desk.new_form(), roles=ROLES)


@post("/members/{member_id:str}/role", opt=PUBLIC, include_in_schema=False)
async def change_role(request: AnyRequest) -> ASGIResponse:
    """Give a role, which takes two people where there are two, or end one at once."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    page, path = f"/members/{member['id']}", f"/members/{member['id']}/roles"
    if form["deed"] == "end":
        answer = await desk.api.send("DELETE", path, key=form.key)
        if answer.problem is None:
            return desk.done(page, "ended")
        desk.refuse(form, answer)
    elif role := form.required("role"):
        proposal = {"action": "role", "member": member["id"], "role": role}
        done = await do_or_propose(desk, form, "POST", path, {"role": role}, proposal, (page, "granted"))
        if done is not None:
            return done
    return desk.page("role.html", 422, member=member, form=form, roles=ROLES)


@get("/members/{member_id:str}/settlement", opt=PUBLIC, include_in_schema=False)
async def show_settlement(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    reason = member["status"] if member["status"] in GONE else "inactive"
    return await _settlement_page(desk, member, desk.new_form(reason=reason), Finder(desk))


@post("/members/{member_id:str}/settlement", opt=PUBLIC, include_in_schema=False)
async def settle(request: AnyRequest) -> ASGIResponse:
    """Settle what a member had: to the pot, or to whom the policy lets it go."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    finder = Finder(desk)
    body = {"reason": form.required("reason"), "to": await finder.read(form, "to")}
    if not form.errors:
        page = f"/members/{member['id']}"
        told = "lapsed" if body["reason"] == "inactive" else "settled"
        proposal = {"action": "settlement", "member": member["id"], **body}
        done = await do_or_propose(desk, form, "POST", f"{page}/settlement", body, proposal, (page, told))
        if done is not None:
            return done
    return await _settlement_page(desk, member, form, finder, 422)


async def _settlement_page(
    desk: Desk, member: Row, form: Form, finder: Finder, status: int = 200
) -> ASGIResponse:
    people, more = await finder.suggestions()
    tellings = {"standing": mark("Their standing is recorded. What they had is settled next.")}
    shown: dict[str, Any] = {"people": people, "more": more, "tellings": tellings}
    return desk.page(
        "settlement.html",
        status,
        member=member,
        form=form,
        finder=finder,
        reasons=SETTLEMENT_REASONS,
        statuses=STATUSES,
        **shown,
    )


@get("/members/{member_id:str}/erasure", opt=PUBLIC, include_in_schema=False)
async def show_erasure(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    member = await read_member(desk)
    return desk.page("erasure.html", member=member, form=desk.new_form(), reasons=ERASURE_REASONS, gone=GONE)


@post("/members/{member_id:str}/erasure", opt=PUBLIC, include_in_schema=False)
async def erase(request: AnyRequest) -> ASGIResponse:
    """Erase a person. It cannot be taken back, so it takes a tick beside a second person."""
    desk = await open_desk(request)
    member = await read_member(desk)
    form = await desk.form()
    reason = form.required("reason")
    if not form.checked("sure"):
        form.wrong("sure", desk.language.gettext("Please tick this: it cannot be taken back."))
    if not form.errors:
        page = f"/members/{member['id']}"
        proposal = {"action": "erasure", "member": member["id"], "reason": reason}
        done = await do_or_propose(
            desk, form, "POST", f"{page}/erasure", {"reason": reason}, proposal, (page, "erased")
        )
        if done is not None:
            return done
    return desk.page("erasure.html", 422, member=member, form=form, reasons=ERASURE_REASONS, gone=GONE)


member_changes_pages = Router(
    "/",
    route_handlers=[
        show_person,
        change_person,
        show_standing,
        change_standing,
        show_classes,
        change_classes,
        show_role,
        change_role,
        show_settlement,
        settle,
        show_erasure,
        erase,
    ],
)
