"""The desk's pages about the policy: the rules in force, earlier ones, and changing them with care."""

from itertools import takewhile

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.asking import Answer
from api.web.desk.desk import Column, Desk, Row, open_desk
from api.web.desk.policy_mistakes import placed
from api.web.desk.together import PROPOSED, do_or_propose
from api.web.forms import Form
from api.web.language import mark

WHY = {
    "daily": mark("more than may be earned in a day"),
    "weekly": mark("more than may be earned in a week"),
    "lifetime": mark("more than may be earned in all"),
    "activity_unknown": mark("a kind of care that is not listed"),
}
TELLINGS = {**PROPOSED, "applied": mark("The rules are applied.")}


@get("/policy", opt=PUBLIC, include_in_schema=False)
async def show_policy(request: AnyRequest) -> ASGIResponse:
    """The rules that count today, those to come, and every version there was."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("Version"), lambda row: row["version"]),
            Column(mark("Name"), lambda row: row["name"]),
            Column(mark("From"), lambda row: row.get("from")),
            Column(mark("Applied at"), lambda row: row.get("applied_at")),
            Column(mark("Applied by"), lambda row: desk.name(row.get("applied_by"))),
        )
        return await desk.csv(
            "/policy/versions", "versions", columns, members=lambda row: [row.get("applied_by")]
        )
    policy = await desk.read("/policy", language=desk.language.tag)
    listing = await desk.listing("/policy/versions", "versions")
    await desk.meet(row.get("applied_by") for row in listing.rows)
    return desk.page("policy.html", policy=policy, listing=listing, tellings=TELLINGS)


@get("/policy/versions/{version:int}", opt=PUBLIC, include_in_schema=False)
async def show_version(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    policy = await _version(desk, str(request.path_params["version"]))
    await desk.meet([policy.get("applied_by")])
    return desk.page("policy-version.html", policy=policy, tellings=TELLINGS)


@get("/policy/presets", opt=PUBLIC, include_in_schema=False)
async def list_presets(request: AnyRequest) -> ASGIResponse:
    """Rules of real banks to begin from."""
    desk = await open_desk(request)
    found = await desk.read("/policy/presets", language=desk.language.tag)
    return desk.page("policy-presets.html", presets=found["presets"], about=_about)


def _about(source: str) -> str:
    """What a file says of itself in its first lines."""
    lines = takewhile(lambda line: line.startswith("#"), source.split("\n"))
    return " ".join(line.lstrip("# ") for line in lines)


@get("/policy/edit", opt=PUBLIC, include_in_schema=False)
async def edit_policy(request: AnyRequest) -> ASGIResponse:
    """The rules as their file, beginning from those in force, an earlier version, or a preset."""
    desk = await open_desk(request)
    preset, version = request.query_params.get("preset"), request.query_params.get("version")
    if preset:
        found = await desk.read("/policy/presets")
        source = next((each["source"] for each in found["presets"] if each["name"] == preset), "")
    else:
        source = (await (_version(desk, version) if version else desk.read("/policy")))["source"]
    return _edit_page(desk, desk.new_form(source=source))


@post("/policy/edit", opt=PUBLIC, include_in_schema=False)
async def change_policy(request: AnyRequest) -> ASGIResponse:
    """Say what the file says, try it on days that are over, or put it in force: as the pressed button asks."""
    desk = await open_desk(request)
    form = await desk.form()
    # A form sends the ends of lines as Windows has them.
    source = form["source"].replace("\r\n", "\n")
    if not source.strip():
        form.wrong("source", desk.language.gettext("Please fill this in."))
    if form["do"] == "try":
        return await _try(desk, form, source)
    body = {"source": source, "from": form.day("from")}
    if form.errors:
        return _edit_page(desk, form, 422)
    if form["do"] == "apply":
        done = await _apply(desk, form, body)
        if done is not None:
            return done
        return await _said(desk, form, body, 422)
    return await _said(desk, form, body)


async def _said(desk: Desk, form: Form, body: Row, status: int = 200) -> ASGIResponse:
    """The page with what the file says, or with its mistakes."""
    tag = desk.language.tag
    answer = await desk.api.send("POST", "/policy", body, key=form.key, dry_run="true", language=tag)
    if answer.problem is not None:
        return _refused(desk, form, answer, body["source"])
    return _edit_page(desk, form, status, said=answer.said)


async def _apply(desk: Desk, form: Form, body: Row) -> ASGIResponse | None:
    proposal = {"action": "policy", **body}
    return await do_or_propose(desk, form, "POST", "/policy", body, proposal, ("/policy", "applied"))


async def _try(desk: Desk, form: Form, source: str) -> ASGIResponse:
    """The page with what the claims of the days would have been under the file."""
    body = {"source": source, "from": form.day("try_from"), "until": form.day("try_until")}
    if form.errors:
        return _edit_page(desk, form, 422)
    answer = await desk.api.send("POST", "/policy/simulation", body, language=desk.language.tag)
    if answer.problem is not None:
        return _refused(desk, form, answer, source, {"malformed_request": "try_from"})
    tried = answer.said
    form.values["try_from"], form.values["try_until"] = tried["from"], tried["until"]
    providers = sorted(tried["providers"], key=_concerned, reverse=True)
    await desk.meet([each["provider"] for each in [*providers, *tried["refused"]]])
    return _edit_page(desk, form, tried=tried, providers=providers)


def _concerned(provider: Row) -> int:
    """How much changes for somebody: whom somebody must talk to stands first."""
    totals = provider["totals"]
    return abs(int(totals["credited_seconds"]) - int(totals["before_seconds"]))


def _refused(
    desk: Desk, form: Form, answer: Answer, source: str, fields: dict[str, str] | None = None
) -> ASGIResponse:
    """The page with why not: what is wrong with the file, line by line, or with what was to be done with it."""
    found = [placed(each, source) for each in answer.said.get("mistakes", [])]
    if found:
        text = desk.language.gettext("The file has mistakes. Each is named beside it, with its line.")
        form.errors = {"source": text}
    elif not form.errors:
        desk.refuse(form, answer, fields)
    # What has no line is about the whole file.
    found.sort(key=lambda mistake: mistake.line or 0)
    return _edit_page(desk, form, 422, mistakes=found)


def _edit_page(desk: Desk, form: Form, status: int = 200, **known: object) -> ASGIResponse:
    known = {"mistakes": [], "said": None, "tried": None, "providers": [], **known}
    return desk.page("policy-edit.html", status, form=form, why=WHY, **known)


async def _version(desk: Desk, version: str) -> Row:
    return await desk.read(f"/policy/versions/{version}", language=desk.language.tag)


policy_pages = Router(
    "/",
    route_handlers=[show_policy, show_version, list_presets, edit_policy, change_policy],
)
