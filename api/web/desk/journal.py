"""The desk's pages about the journal: every transfer, and one with its entries, its receipt and its reversal."""

from urllib.parse import urlencode

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.books import READERS, TRANSFER_KINDS, Accounts, moved_seconds
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.together import do_or_propose
from api.web.desk.words import VIAS
from api.web.forms import Form
from api.web.language import mark
from api.web.pages import redirect

TELLINGS = {"reversed": mark("The transfer is reversed. This is the reversal; both stay visible.")}


@get("/journal", opt=PUBLIC, include_in_schema=False)
async def list_transfers(request: AnyRequest) -> ASGIResponse:
    """All transfers, the newest first, filtered by kind, account, and days."""
    desk = await open_desk(request)
    code = request.query_params.get("code")
    problem = None
    if code:
        account = await _account_of(desk, code.strip())
        if account is not None:
            return redirect(_with_account(request, account["id"]))
        problem = desk.language.gettext("There is no account with the code “%(code)s”.", code=code)
    accounts = Accounts(desk)
    if desk.wants_csv:
        return await _journal_csv(desk, accounts)
    listing = await desk.listing("/transfers", "transfers", code=None)
    only = request.query_params.get("account")
    await accounts.meet([entry["account"] for row in listing.rows for entry in row["entries"]] + [only])
    return desk.page(
        "journal.html",
        listing=listing,
        problem=problem or listing.problem,
        accounts=accounts,
        only=only or None,
        code=code or "",
        may_search=desk.may(*READERS),
        kinds=TRANSFER_KINDS,
        moved=moved_seconds,
    )


@get("/journal/{transfer_id:str}", opt=PUBLIC, include_in_schema=False)
async def show_transfer(request: AnyRequest) -> ASGIResponse:
    """A transfer in plain words: who gained and who gave, when, what for, and its place in the log."""
    desk = await open_desk(request)
    return await _transfer_page(desk, desk.new_form())


@post("/journal/{transfer_id:str}", opt=PUBLIC, include_in_schema=False)
async def reverse_transfer(request: AnyRequest) -> ASGIResponse:
    """Reverse the transfer, or propose it where that takes a second person."""
    desk = await open_desk(request)
    transfer_id = str(request.path_params["transfer_id"])
    form = await desk.form()
    reason = form.required("reason")
    if not form.errors:
        done = await do_or_propose(
            desk,
            form,
            "POST",
            f"/transfers/{transfer_id}/reversal",
            {"reason": reason},
            {"action": "reversal", "transfer": transfer_id, "reason": reason},
            (f"/journal/{form.key}", "reversed"),
        )
        if done is not None:
            return done
    return await _transfer_page(desk, form, 422)


async def _transfer_page(desk: Desk, form: Form, status: int = 200) -> ASGIResponse:
    transfer_id = str(desk.request.path_params["transfer_id"])
    transfer = await desk.read(f"/transfers/{transfer_id}")
    accounts = Accounts(desk)
    await accounts.meet([entry.get("account") for entry in transfer["entries"]])
    visit = await _visit(desk, transfer)
    author = transfer.get("author")
    people = [visit["provider"], visit["receiver"]] if visit else []
    await desk.meet([*people, *([author["member"], author.get("acting_for")] if author else [])])
    reversible = desk.may("coordinator") and transfer["kind"] != "reverse" and visit is None
    return desk.page(
        "transfer.html",
        status,
        transfer=transfer,
        entries=sorted(transfer["entries"], key=lambda entry: entry["seconds"]),
        accounts=accounts,
        visit=visit,
        activities=await Activities.of(desk) if visit else None,
        kinds=TRANSFER_KINDS,
        vias=VIAS,
        moved=moved_seconds(transfer),
        reversible=reversible,
        form=form,
        tellings=TELLINGS,
    )


async def _visit(desk: Desk, transfer: Row) -> Row | None:
    """The claim a transfer paid, as the ledger of one of its accounts tells it."""
    entry = transfer["entries"][0]
    if not desk.may(*READERS) or "account" not in entry:
        return None
    path = f"/accounts/{entry['account']}/entries"
    answer = await desk.api.get(path, below=entry["entry_number"] + 1, limit=1)
    rows = [] if answer.problem is not None else answer.said["entries"]
    return rows[0].get("paid_for") if rows else None


async def _account_of(desk: Desk, code: str) -> Row | None:
    answer = await desk.api.get("/accounts", code=code, limit=1)
    rows = [] if answer.problem is not None else answer.said["accounts"]
    # Codes are listed in their order, so the one that is no longer than what was typed stands first.
    return rows[0] if rows and rows[0]["code"] == code else None


def _with_account(request: AnyRequest, account_id: str) -> str:
    kept = {k: v for k, v in request.query_params.items() if k not in ("code", "below") and v}
    return f"{request.url.path}?{urlencode({**kept, 'account': account_id})}"


async def _journal_csv(desk: Desk, accounts: Accounts) -> ASGIResponse:
    """One line for each transfer, with the ids of its accounts."""

    def ids(row: Row, sign: int) -> str:
        return " ".join(entry["account"] for entry in row["entries"] if entry["seconds"] * sign > 0)

    columns = (
        Column(mark("Transfer"), lambda row: row["id"]),
        Column(mark("Recorded at"), lambda row: row["recorded_at"]),
        Column(mark("Day of care"), lambda row: row.get("service_on")),
        Column(mark("Kind"), lambda row: row["kind"]),
        Column(mark("From the account"), lambda row: ids(row, -1)),
        Column(mark("To the account"), lambda row: ids(row, 1)),
        Column(mark("Seconds"), moved_seconds),
        Column(mark("Hours"), lambda row: hours_cell(moved_seconds(row))),
        Column(mark("Leaf"), lambda row: row["leaf_index"]),
        Column(mark("Reverses"), lambda row: row.get("reverses")),
    )
    return await desk.csv("/transfers", "transfers", columns, code=None)


journal_pages = Router("/", route_handlers=[list_transfers, show_transfer, reverse_transfer])
