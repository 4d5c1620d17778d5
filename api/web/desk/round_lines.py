"""The desk's pages about the lines of a round: each beside what the ledger has, what is decided, and the sign-off."""

import re
from collections.abc import Iterable

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.requests import MAX_BATCH_BODY
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.people import Finder, label_of
from api.web.desk.round_words import DEEDS, FIELDS, GRADES, LINE_STATES, PROBLEMS, REASONS, ROUND_STATES
from api.web.desk.words import CLAIM_STATES
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

LINES_SHOWN = 25
"""Lines on a page: each has several forms."""

VIEWS: dict[str, Row] = {
    "": {"state": "undecided"},
    "exact": {"state": "undecided", "grade": "exact"},
    "probable": {"state": "undecided", "grade": "probable"},
    "none": {"state": "undecided", "grade": "none"},
    "decided": {"state": "decided"},
    "all": {},
    "ledger": {},
}
"""What a page shows of a round, by the word in its address: what it asks for."""

UNSURE = {
    "provider_ambiguous": "provider",
    "receiver_ambiguous": "receiver",
    "provider_unknown": "provider",
    "receiver_unknown": "receiver",
    "provider_several": "provider",
    "receiver_several": "receiver",
}
"""The reasons that a person resolves by saying whom a name means, and the side of the line it stands on."""

SEVERAL = {"provider_several": "provider", "receiver_several": "receiver"}
"""Those that are resolved by splitting the line, too."""

TELLINGS = {
    "read": mark("Looked at again. This is how it is read now."),
    "decided": mark("Decided."),
    "waits": mark(
        "The claim is disputed. The correction counts once another co-ordinator decides the dispute."
    ),
    "held": mark(
        "The claim is disputed, but could not be corrected at once. The dispute is still to be decided."
    ),
    "undone": mark("Undone. The line is to be decided again."),
    "abandoned": mark("The round is abandoned. What was decided before stands."),
    "signed": mark("The round is signed off, with a leaf of its own in the log."),
}
LACKS = {
    "provider": FIELDS["provider"],
    "receiver": FIELDS["receiver"],
    "service_on": FIELDS["service_on"],
    "seconds": FIELDS["duration"],
    "activity": FIELDS["activity"],
}
"""What a line may lack that its visit cannot be logged without."""

DECIDING = ("accept", "correct", "create", "dispute", "set_aside", "undo")


async def show_lines(
    desk: Desk,
    round_: Row,
    sent: dict[str, Form] | None = None,
    status: int = 200,
    finder: Finder | None = None,
) -> ASGIResponse:
    """The lines of a round, as the page's address asks. `sent` is a refused form, by the number of its line."""
    show = desk.request.query_params.get("show", "all" if "ended_at" in round_ else "")
    if show not in VIEWS:
        raise Problem("not_found")
    activities = await Activities.of(desk)
    if desk.wants_csv:
        return await _csv(desk, round_["id"], activities)
    path = f"/rounds/{round_['id']}/{'only-in-ledger' if show == 'ledger' else 'lines'}"
    after = desk.request.query_params.get("after")
    found: Row = {}
    if round_["state"] != "reading":
        answer = await desk.api.get(path, after=after, limit=LINES_SHOWN, **VIEWS[show])
        if answer.problem is not None:
            raise desk.trouble(answer)
        found = {**answer.said, "next": answer.next}
    lines = found.get("lines", [])
    claims = found.get("claims", [])
    await desk.meet(_people(round_, lines, claims))
    here = f"{desk.home}/rounds/{round_['id']}"
    following = f"{here}?show={show}&{_cursor(found['next'])}" if found.get("next") else None
    is_open = round_["state"] == "matched" and desk.may("coordinator")
    finder = finder or Finder(desk)
    people, more = await finder.suggestions() if is_open and lines else ([], False)
    return desk.page(
        "round.html",
        status,
        round=round_,
        lines=lines,
        claims=claims,
        unsure=_unsure(lines),
        show=show,
        next=following,
        csv=f"{here}?as=csv",
        forms=sent or {},
        open=is_open,
        finder=finder,
        people=people,
        more=more,
        label_of=lambda member_id: label_of(desk.names[member_id]) if member_id in desk.names else "",
        typed=_typed,
        several=SEVERAL,
        activities=activities,
        states=ROUND_STATES,
        line_states=LINE_STATES,
        grades=GRADES,
        reasons=REASONS,
        problems=PROBLEMS,
        deeds=DEEDS,
        claim_states=CLAIM_STATES,
        tellings=TELLINGS,
    )


def _typed(seconds: int) -> str:
    """Seconds as a field for a length of time reads them again."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}"


def _cursor(query: str) -> str:
    """The part of a query of the API's that says where its next page begins."""
    return next(part for part in query.split("&") if part.startswith("after="))


def _people(round_: Row, lines: Iterable[Row], claims: Iterable[Row]) -> list[str | None]:
    people: list[str | None] = [round_["made_by"], round_.get("ended_by")]
    for line in lines:
        people += [*line["providers"], *line["receivers"], line.get("decision", {}).get("by")]
        people += [record[side] for record in line["records"] for side in ("provider", "receiver")]
    return people + [claim[side] for claim in claims for side in ("provider", "receiver")]


def _unsure(lines: Iterable[Row]) -> dict[str, list[str]]:
    """The names, as written, of which somebody must say whom they mean, with those they may mean."""
    unsure: dict[str, list[str]] = {}
    for line in lines:
        for reason in line["reasons"]:
            side = UNSURE.get(reason)
            if side is not None and line.get(side) and line["state"] == "undecided":
                unsure[line[side]] = line[f"{side}s"]
    return unsure


# --- deciding -----------------------------------------------------------------------------------------------------


@post("/rounds/{round_id:uuid}/lines/{line:str}", opt=PUBLIC, include_in_schema=False)
async def decide_line(request: AnyRequest) -> ASGIResponse:
    """Decide one line; what is refused stands beside it."""
    desk = await open_desk(request)
    form = await desk.form()
    round_id, number = request.path_params["round_id"], str(request.path_params["line"])
    deed = form["deed"]
    if deed not in DECIDING or not re.fullmatch(r"[0-9]{1,6}", number):
        raise Problem("not_found")
    line = int(number)
    choice: Row = {"line": line, "deed": deed}
    finder = Finder(desk)
    if deed in ("dispute", "set_aside"):
        choice["reason"] = form.required("reason")
    if deed == "correct" and form.text("length"):
        choice["seconds"] = form.length("length")
    if form.text("record"):
        choice["records"] = [form["record"]]
    if deed == "create":
        choice |= {
            "provider": await finder.read(form, "giver"),
            "receiver": await finder.read(form, "receiver"),
            "service_on": form.day("day"),
            "seconds": form.seconds("length"),
            "activity": (await Activities.of(desk)).read(form["activity"]),
            "confirmed": form.checked("confirmed"),
            "even_if_matched": form.checked("even_if_matched"),
        }
        if choice["activity"] is None:
            form.wrong("activity", desk.language.gettext("Write what was done, such as shopping."))
    if not form.errors:
        body = {"choices": [choice]}
        answer = await desk.api.send("POST", f"/rounds/{round_id}/decisions", body, key=form.key)
        if answer.problem is not None:
            desk.refuse(form, answer)
        else:
            [said] = answer.said["answers"]
            if said["done"]:
                return redirect(f"{_back(desk, form)}told={_told(deed, said.get('waits'))}")
            form.wrong("", _why_not(desk, said))
    round_ = await desk.read(f"/rounds/{round_id}")
    return await show_lines(desk, round_, {str(line): form}, 422, finder)


def _back(desk: Desk, form: Form) -> str:
    """The page of lines from which a form came, up to where more of its query goes."""
    show, after = form["show"], form["after"]
    kept = f"show={show}&" if show in VIEWS and show else ""
    kept += f"after={after}&" if after.isdecimal() else ""
    return f"{desk.home}/rounds/{desk.request.path_params['round_id']}?{kept}"


def _told(deed: str, waits: str | None) -> str:
    if deed == "undo":
        return "undone"
    return "decided" if waits is None else "waits" if waits == "own_affair" else "held"


def _why_not(desk: Desk, said: Row) -> str:
    say = desk.language.gettext
    if said["refusal"] == "line_incomplete":
        lacks = [say(LACKS[each]) for each in said["about"].split(", ")]
        return say("The line does not say all that this needs. Please fill in: %(lacks)s.") % {
            "lacks": ", ".join(lacks)
        }
    return " ".join(say(said[part]) for part in ("title", "remedy") if said.get(part))


@post("/rounds/{round_id:uuid}/accept", opt=PUBLIC, include_in_schema=False)
async def accept_all(request: AnyRequest) -> ASGIResponse:
    """Accept all that agrees exactly, as many as one request takes; what is refused is told line by line."""
    desk = await open_desk(request)
    form = await desk.form()
    round_id = request.path_params["round_id"]
    round_ = await desk.read(f"/rounds/{round_id}")
    if not form.checked("sure"):
        form.wrong("sure", desk.language.gettext("Please say that you have looked at them."))
        return await show_lines(desk, round_, {"all": form}, 422)
    body = {"accept_all": "exact"}
    answer = await desk.api.send("POST", f"/rounds/{round_id}/decisions", body, key=form.key)
    if answer.problem is not None:
        desk.refuse(form, answer)
        return await show_lines(desk, round_, {"all": form}, 422)
    refused = [(each["line"], _why_not(desk, each)) for each in answer.said["answers"] if not each["done"]]
    return desk.page(
        "round-accepted.html", round=round_, done=answer.said["done"], refused=refused, said=answer.said
    )


@post(
    "/rounds/{round_id:uuid}/names",
    opt=PUBLIC,
    include_in_schema=False,
    request_max_body_size=MAX_BATCH_BODY,
)
async def say_names(request: AnyRequest) -> ASGIResponse:
    """Say whom names mean, and match again with that."""
    desk = await open_desk(request)
    form = await desk.form()
    round_id = request.path_params["round_id"]
    finder = Finder(desk)
    meant = []
    for place, written in enumerate(form.lists.get("written", [])):
        member_id = await finder.read(form, f"member-{place}")
        if member_id is not None:
            meant.append({"written": written, "member": member_id})
    if not meant and not form.errors:
        form.wrong("member-0", desk.language.gettext("Please say whom at least one of the names means."))
    if not form.errors:
        answer = await desk.api.send("PUT", f"/rounds/{round_id}/names", {"names": meant})
        if answer.problem is None:
            return await match(desk, form)
        desk.refuse(form, answer)
    round_ = await desk.read(f"/rounds/{round_id}")
    return await show_lines(desk, round_, {"names": form}, 422)


@post("/rounds/{round_id:uuid}/split", opt=PUBLIC, include_in_schema=False)
async def split_line(request: AnyRequest) -> ASGIResponse:
    """Make a line for each of two people who stand on one, and match again with that."""
    desk = await open_desk(request)
    form = await desk.form()
    round_id = request.path_params["round_id"]
    line = form["line"]
    if form["side"] not in SEVERAL.values() or not re.fullmatch(r"[0-9]{1,5}", line):
        raise Problem("not_found")
    body = {"line": int(line), "side": form["side"], "written": form["written"]}
    answer = await desk.api.send("POST", f"/rounds/{round_id}/splits", body)
    if answer.problem is None:
        return await match(desk, form)
    desk.refuse(form, answer)
    return await show_lines(desk, await desk.read(f"/rounds/{round_id}"), {line: form}, 422)


async def match(desk: Desk, form: Form) -> ASGIResponse:
    """Match the lines of the round in the address, or follow the matching that is going on."""
    round_id = desk.request.path_params["round_id"]
    answer = await desk.api.send("POST", f"/rounds/{round_id}/matching", {}, key=form.key)
    if answer.problem == "matching_running":
        return redirect(f"{desk.home}/rounds/{round_id}/matching/{answer.said['about']}")
    if answer.problem is not None:
        raise desk.trouble(answer)
    return redirect(f"{desk.home}/rounds/{round_id}/matching/{answer.said['id']}")


# --- the end ------------------------------------------------------------------------------------------------------


@get("/rounds/{round_id:uuid}/sign-off", opt=PUBLIC, include_in_schema=False)
async def show_sign_off(request: AnyRequest) -> ASGIResponse:
    """What is signed: how many lines, what was decided about them, and the hash of the file."""
    desk = await open_desk(request)
    round_ = await desk.read(f"/rounds/{request.path_params['round_id']}")
    return await _sign_off_page(desk, round_, desk.new_form())


@post("/rounds/{round_id:uuid}/sign-off", opt=PUBLIC, include_in_schema=False)
async def sign_off(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = await desk.form()
    round_id = request.path_params["round_id"]
    answer = await desk.api.send("POST", f"/rounds/{round_id}/sign-off", {}, key=form.key)
    if answer.problem is None:
        return desk.done(f"/rounds/{round_id}/sign-off", "signed")
    desk.refuse(form, answer)
    return await _sign_off_page(desk, await desk.read(f"/rounds/{round_id}"), form, 422)


async def _sign_off_page(desk: Desk, round_: Row, form: Form, status: int = 200) -> ASGIResponse:
    await desk.meet([round_["made_by"], round_.get("ended_by")])
    return desk.page(
        "round-sign-off.html",
        status,
        round=round_,
        form=form,
        states=ROUND_STATES,
        deeds=DEEDS,
        tellings=TELLINGS,
    )


@post("/rounds/{round_id:uuid}/abandonment", opt=PUBLIC, include_in_schema=False)
async def abandon_round(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    form = await desk.form()
    round_id = request.path_params["round_id"]
    answer = await desk.api.send("POST", f"/rounds/{round_id}/abandonment", {}, key=form.key)
    if answer.problem is not None:
        raise desk.trouble(answer)
    return desk.done(f"/rounds/{round_id}", "abandoned")


async def _csv(desk: Desk, round_id: str, activities: Activities) -> ASGIResponse:
    """All lines of the round as CSV, whatever the page shows of them."""
    say = desk.language.gettext

    def beside(row: Row) -> str:
        return "; ".join(
            f"{desk.name(each['provider'])} – {desk.name(each['receiver'])}, {each['service_on']}"
            for each in row["records"]
            if not each["near"]
        )

    columns = (
        Column(mark("Line"), lambda row: row["row"]),
        Column(mark("Giver on paper"), lambda row: row.get("provider")),
        Column(mark("Receiver on paper"), lambda row: row.get("receiver")),
        Column(mark("Day"), lambda row: row.get("service_on")),
        Column(mark("Hours on paper"), lambda row: hours_cell(row["seconds"]) if "seconds" in row else None),
        Column(mark("Kind of care"), lambda row: row.get("activity")),
        Column(mark("Note"), lambda row: row.get("note")),
        Column(mark("Match"), lambda row: say(GRADES[row["grade"]])),
        Column(mark("Why"), lambda row: "; ".join(say(REASONS.get(each, each)) for each in row["reasons"])),
        Column(mark("In the ledger"), beside),
        Column(
            mark("Hours in the ledger"),
            lambda row: hours_cell(sum(each["seconds"] for each in row["records"] if not each["near"])),
        ),
        Column(mark("State"), lambda row: say(LINE_STATES[row["state"]])),
        Column(
            mark("Decision"), lambda row: say(DEEDS[row["decision"]["deed"]]) if "decision" in row else None
        ),
        Column(mark("Decided by"), lambda row: desk.name(row.get("decision", {}).get("by"))),
        Column(mark("Reason"), lambda row: row.get("decision", {}).get("reason")),
    )
    return await desk.csv(
        f"/rounds/{round_id}/lines",
        "lines",
        columns,
        members=lambda row: _people({"made_by": None}, [row], []),
    )


round_lines_pages = Router(
    "/",
    route_handlers=[
        decide_line,
        accept_all,
        say_names,
        split_line,
        show_sign_off,
        sign_off,
        abandon_round,
    ],
)
