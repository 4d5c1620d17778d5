"""The runs that make everybody's statements: begun in the background, followed, and their file fetched."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get, post
from litestar.openapi import ResponseSpec
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    path_id,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    member_of,
)
from api.routes.progress import (
    PAGES_OF_WORK,
    STREAMED,
    begun_response,
    follow_work,
    page_of_work,
    read_newest_erasure,
    read_work,
)
from api.statements.runs import Order, StatementRuns
from ledger.desk import work
from ledger.desk.statements import Period
from ledger.desk.work import Kind, Work
from ledger.people.erasure import newest_erasure
from ledger.people.roles import Role

A_DAY = timedelta(days=1)
PIECE_BYTES = 262_144


class RunBody(msgspec.Struct, forbid_unknown_fields=True):
    """The days of the statements, and whether they go by e-mail to those who wish it."""

    from_on: date
    until_on: date
    by_email: bool = False


class NotMadeView(msgspec.Struct):
    """An account whose statement could not be made, by its code, and why."""

    code: str
    why: str


class RunView(msgspec.Struct, omit_defaults=True):
    """A run: `done` of `total` accounts. `state` is running, finished, failed (`failed` says why) or interrupted.

    What came of it, with accounts by their codes: `made` and `sent`; `sent_before` by an earlier run for the same
    days; `not_sent` where the mail server took nothing, `unsure` where nobody knows; `no_mail` where there is no
    server. `more` counts those that are not told. `file` says whether its file can be had.
    """

    id: UUID
    state: str
    started_by: UUID
    started_at: datetime
    done: int
    total: int
    from_on: date
    until_on: date
    by_email: bool
    finished_at: datetime | None = None
    finding_count: int | None = None
    failed: str | None = None
    made: int | None = None
    sent: int | None = None
    sent_before: int | None = None
    no_mail: bool | None = None
    not_made: list[NotMadeView] | None = None
    not_sent: list[str] | None = None
    unsure: list[str] | None = None
    more: int | None = None
    file: bool | None = None


class RunsView(msgspec.Struct, omit_defaults=True):
    runs: list[RunView]
    next: str | None = None


_run = msgspec.json.Decoder(RunBody)
OF_EVERYBODY = allow(Role.COORDINATOR)


@post(
    "/statement-runs",
    summary="Make everybody's statements",
    opt=OF_EVERYBODY,
    request_max_body_size=MAX_BODY,
    operation_class=body(RunBody, idempotent=True),
    responses=answers({202: RunView, 200: RunView}, 409, 413, 415, 422, 503),
)
async def post_run(request: AnyRequest) -> ASGIResponse:
    """One statement for each account that somebody active or away holds, in the background.

    The Idempotency-Key becomes the run's id. All days must be over. One run at a time: a refusal is `about` the one
    that is going on. An e-mail is sent once for the same days, however many runs there are.
    """
    only_query(request)
    key = idempotency_key(request)
    asked = await read_body(request, _run)
    community, ledger = community_of(request), ledger_of(request)
    period = Period(asked.from_on, asked.until_on)
    async with ledger.database.connection(community.id) as db:
        today = (await hours_of(request).read(db, community, ledger.now())).today
    period.check(today - A_DAY)
    fingerprint = sha256(f"{period.from_on} {period.until_on} {asked.by_email}".encode()).digest()
    # Locked, so that every erasure is either done by now, or later than the run and takes its file away.
    async with ledger.database.locked(community.id) as db:
        first = await work.begin(db, community.id, Kind.STATEMENTS, key, fingerprint, member_of(request))
        if first:
            await db.run(
                "desk/insert_statement_run",
                community_id=community.id,
                work_id=key,
                from_on=period.from_on,
                until_on=period.until_on,
                by_email=asked.by_email,
            )
    if first:
        _runs_of(request).begin(Order(community, key, period, asked.by_email))
    view = await _view_run(request, await read_work(request, Kind.STATEMENTS, key))
    return begun_response(request, view, first, f"statement-runs/{key}")


@get(
    "/statement-runs",
    summary="List the runs that made everybody's statements",
    opt=OF_EVERYBODY,
    operation_class=body(
        None,
        query=PAGES_OF_WORK,
    ),
    responses=answers({200: RunsView}),
)
async def list_runs(request: AnyRequest) -> ASGIResponse:
    """The newest first, without what came of them; the newest hundred are kept."""
    found, following = await page_of_work(request, Kind.STATEMENTS, "statement-runs")
    page = await _view_runs(request, found)
    return json_response(RunsView(page, following), headers=next_link(following))


@get(
    "/statement-runs/{run_id:str}",
    summary="Read a run",
    opt=OF_EVERYBODY,
    responses=answers({200: RunView}, 404),
)
async def get_run(request: AnyRequest) -> ASGIResponse:
    """How far it is, or what came of it."""
    only_query(request)
    piece = await read_work(request, Kind.STATEMENTS, path_id(request, "run_id"))
    return json_response(await _view_run(request, piece))


@get(
    "/statement-runs/{run_id:str}/progress",
    summary="Follow a run",
    opt=OF_EVERYBODY,
    responses=STREAMED,
)
async def get_run_progress(request: AnyRequest) -> ASGIResponse:
    """Server-sent events, as of an audit."""
    return await follow_work(request, Kind.STATEMENTS, "run_id")


@get(
    "/statement-runs/{run_id:str}/file",
    summary="The file of a run",
    opt=OF_EVERYBODY,
    responses={
        **answers({}, 404),
        200: ResponseSpec(bytes, description="A zip.", media_type="application/zip", generate_examples=False),
    },
)
async def get_run_file(request: AnyRequest) -> ASGIResponse:
    """A zip with all statements and their signed texts, for seven days, on the service that made it.

    When somebody is erased, it is gone at once.
    """
    only_query(request)
    piece = await read_work(request, Kind.STATEMENTS, path_id(request, "run_id"))
    erased_at = await read_newest_erasure(request)
    path = _runs_of(request).files.find(community_of(request).id, piece, erased_at)
    if path is None:
        raise Problem("not_found")
    view = await _view_run(request, piece)
    name = f"statements-{view.from_on}-{view.until_on}.zip"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-length": str(path.stat().st_size),
        "cache-control": "no-store",
    }
    return ASGIStreamingResponse(iterator=_pieces(path), media_type="application/zip", headers=headers)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    # Opened before anything is sent: whoever deletes it meanwhile takes nothing from this reader.
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


def _runs_of(request: AnyRequest) -> StatementRuns:
    runs: StatementRuns = request.app.state.statement_runs
    return runs


async def _view_run(request: AnyRequest, piece: Work) -> RunView:
    [view] = await _view_runs(request, [piece])
    return view


async def _view_runs(request: AnyRequest, pieces: Sequence[Work]) -> list[RunView]:
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "desk/read_statement_runs", community_id=community.id, work_ids=[piece.id for piece in pieces]
        )
        erased_at = await newest_erasure(db, community.id)
    runs = {row["work_id"]: row for row in rows}
    return [_run_view(request, piece, runs[piece.id], erased_at) for piece in pieces]


def _run_view(request: AnyRequest, piece: Work, run: asyncpg.Record, erased_at: datetime | None) -> RunView:
    view = RunView(
        piece.id,
        piece.state,
        piece.started_by,
        piece.started_at,
        piece.done,
        piece.total,
        run["from_on"],
        run["until_on"],
        run["by_email"],
        piece.finished_at,
        piece.finding_count,
        piece.failed,
    )
    if piece.outcome is None:
        return view
    outcome = piece.outcome
    view.made, view.sent, view.sent_before = outcome["made"], outcome["sent"], outcome["sent_before"]
    view.no_mail, view.more = outcome["no_mail"], outcome["more"]
    view.not_made = [NotMadeView(each["code"], each["why"]) for each in outcome["not_made"]]
    view.not_sent, view.unsure = outcome["not_sent"], outcome["unsure"]
    files = _runs_of(request).files
    view.file = files.find(community_of(request).id, piece, erased_at) is not None
    return view


statement_runs_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_run, list_runs, get_run, get_run_progress, get_run_file],
    tags=["Statements"],
)
