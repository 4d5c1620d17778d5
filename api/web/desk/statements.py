"""The desk's pages about statements: whose, one of them, the run that makes all, and what members wish."""

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.books import entry_name
from api.web.desk.desk import Column, Desk, open_desk
from api.web.desk.members import accounts_of
from api.web.desk.words import ACCOUNT_KINDS
from api.web.forms import Form
from api.web.language import NAMES, mark
from api.web.pages import redirect
from api.web.statements import SIZES, ask_newer, ask_statement, form_of, periods, refusal, sheet_of

KINDS = {kind: ACCOUNT_KINDS[kind] for kind in ("member", "household", "pot")}
STATES = {
    "running": mark("running"),
    "finished": mark("finished"),
    "interrupted": mark("interrupted"),
    "failed": mark("failed"),
}
RUN_COLUMNS = (
    Column(mark("Started at"), lambda row: row["started_at"]),
    Column(mark("Finished at"), lambda row: row.get("finished_at")),
    Column(mark("State"), lambda row: row["state"]),
    Column(mark("First day"), lambda row: row.get("from_on")),
    Column(mark("Last day"), lambda row: row.get("until_on")),
    Column(mark("Accounts"), lambda row: row["total"]),
    Column(mark("To look at"), lambda row: row.get("finding_count")),
    Column(mark("Number"), lambda row: row["id"]),
)
TELLINGS = {
    "running": mark("Statements are being made already. This is that run."),
    "wish": mark("It is written down."),
}


@get("/statements", opt=PUBLIC, include_in_schema=False)
async def list_statements(request: AnyRequest) -> ASGIResponse:
    """Whose statements there are, the runs there were, and the form that starts one."""
    desk = await open_desk(request)
    if desk.wants_csv:
        return await desk.csv("/statement-runs", "runs", RUN_COLUMNS)
    return await _room(desk, desk.new_form(**_last_month(desk)))


@post("/statements", opt=PUBLIC, include_in_schema=False)
async def start_run(request: AnyRequest) -> ASGIResponse:
    """Start a run and go to its page; when one is going on already, to that one's."""
    desk = await open_desk(request)
    form = await desk.form()
    form.required("from_on")
    form.required("until_on")
    body = {
        "from_on": form.day("from_on"),
        "until_on": form.day("until_on"),
        "by_email": form.checked("by_email"),
    }
    if not form.errors:
        answer = await desk.api.send("POST", "/statement-runs", body, key=form.key)
        if answer.problem is None:
            return redirect(f"{desk.home}/statements/runs/{answer.said['id']}")
        if answer.problem == "statements_running":
            return desk.done(f"/statements/runs/{answer.said['about']}", "running")
        desk.refuse(form, answer, {"dates_reversed": "until_on", "statement_too_early": "until_on"})
    return await _room(desk, form, 422)


def _last_month(desk: Desk) -> dict[str, str]:
    _, first, last = periods(desk.me["today"])[0]
    return {"from_on": first, "until_on": last}


async def _room(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    kind = desk.request.query_params.get("kind")
    listing = await desk.listing(
        "/accounts", "accounts", kind=kind if kind in KINDS else "member", closed="false"
    )
    runs = await desk.part("/statement-runs", limit=5)
    found = [] if runs is None else runs["runs"]
    await desk.meet(row["started_by"] for row in found)
    return desk.page(
        "statements.html",
        status,
        listing=listing,
        kind=kind if kind in KINDS else "member",
        kinds=KINDS,
        entry_name=lambda account: entry_name(desk, account),
        runs=found,
        states=STATES,
        form=form,
        days=_last_month(desk),
        tellings=TELLINGS,
    )


@get("/statements/{account_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_statement(request: AnyRequest) -> ASGIResponse:
    """One account's statement, as it will be printed."""
    desk = await open_desk(request)
    account = str(request.path_params["account_id"])
    answer = await ask_statement(desk.api, account, dict(request.query_params))
    if answer.problem is not None and answer.status not in (400, 422):
        raise desk.trouble(answer)
    wrong = None if answer.problem is None else refusal(desk.language, answer)
    sheet = None if wrong else sheet_of(request, desk.language, desk.api.slug, answer.said)
    return desk.page(
        "statement.html",
        200 if wrong is None else 422,
        sheet=sheet,
        wrong=wrong,
        choose=form_of(request, sheet),
        choices=periods(desk.me["today"]),
        newer=await ask_newer(desk.api, account, desk.me["today"], None if wrong else answer.said),
        today=desk.me["today"],
        sizes=SIZES,
        names=NAMES,
        account=account,
    )


@get("/statements/runs/{run_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_run(request: AnyRequest) -> ASGIResponse:
    """How far a run is, or what came of it."""
    desk = await open_desk(request)
    run = await desk.read(f"/statement-runs/{request.path_params['run_id']}")
    await desk.meet([run["started_by"]])
    return desk.page("statement-run.html", run=run, tellings=TELLINGS)


@get("/members/{member_id:uuid}/statements", opt=PUBLIC, include_in_schema=False)
async def edit_wish(request: AnyRequest) -> ASGIResponse:
    """What a member wishes of their statements."""
    desk = await open_desk(request)
    wish = await desk.read(f"/members/{request.path_params['member_id']}/statement-wish")
    known = {name: "1" for name in ("by_email", "large_print") if wish[name]}
    return await _wish_page(desk, desk.new_form(**known))


@post("/members/{member_id:uuid}/statements", opt=PUBLIC, include_in_schema=False)
async def change_wish(request: AnyRequest) -> ASGIResponse:
    """Write down what a member said they wish."""
    desk = await open_desk(request)
    form = await desk.form()
    body = {"by_email": form.checked("by_email"), "large_print": form.checked("large_print")}
    path = f"/members/{request.path_params['member_id']}/statement-wish"
    answer = await desk.api.send("PUT", path, body)
    if answer.problem is None:
        return desk.done(f"/members/{request.path_params['member_id']}/statements", "wish")
    desk.refuse(form, answer)
    return await _wish_page(desk, form, 422)


async def _wish_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    member_id = str(desk.request.path_params["member_id"])
    member = await desk.read(f"/members/{member_id}")
    return desk.page(
        "statement-wish.html",
        status,
        member=member,
        accounts=await accounts_of(desk, member),
        entry_name=lambda account: entry_name(desk, account),
        form=form,
        tellings=TELLINGS,
    )


statements_pages = Router(
    "/",
    route_handlers=[list_statements, start_run, show_statement, show_run, edit_wish, change_wish],
)
