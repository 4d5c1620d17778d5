"""Imports: a file of another system is looked at, posted by a second person, and undone as a whole."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.import_views import ImportsView, ImportView, UndoView, import_view
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_FILE,
    MAX_PAGE,
    NOTHING,
    Name,
    Text,
    as_uuid,
    idempotency_key,
    json_response,
    next_link,
    normalised,
    only_query,
    path_id,
    query_integer,
    query_word,
    read_body,
    read_file,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    ledger_of,
    principal_of,
    reads_names,
)
from api.routes.progress import STREAMED, begun_response, follow_work
from ledger.desk import work
from ledger.desk.imports.formats import FORMATS
from ledger.desk.imports.postings import Postings
from ledger.desk.imports.shape import Options, Unknown, What
from ledger.desk.imports.undo_plan import plan_undo
from ledger.desk.imports.uploads import Upload, Uploads, list_runs, read_run
from ledger.desk.tables.values import DateOrder, DecimalSign
from ledger.desk.work import Kind
from ledger.people.roles import Role

MOST_MINUTES = 60_000
MOST_CHOICES = 2_000

# A type checker wants to see the members of an enumeration; these stand in one place, with their readers.
Format = StrEnum("Format", {name.upper(): name for name in FORMATS})  # type: ignore[misc]  # see above
FORMAT = text("which system wrote the file", *FORMATS)

Minutes = Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]
OPTIONS = {
    "what": text("every transfer (history), or nothing but opening balances", *What),
    "date_order": text("what comes first in a date of three numbers", *DateOrder),
    "decimal": text("the decimal sign of amounts", *DecimalSign),
    "unit": integer("how many minutes an amount of 1 is", 1, MOST_MINUTES),
    "organisation": text("the bank's own name, or login, in the file"),
    "owner": text("whose account a history is, by login"),
    "unknown": text("what becomes of a transfer that names somebody in no list of members", *Unknown),
}


class MatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who the person with this number in the file is: a member here, or, without one, somebody else of that name."""

    number: Name
    member_id: UUID | None = None


class CheckBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the file itself cannot say; `unit` is how many minutes an amount of 1 is."""

    what: What = What.HISTORY
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    unit: Minutes | None = None
    organisation: Name | None = None
    owner: Name | None = None
    unknown: Unknown = Unknown.REFUSE
    matches: Annotated[list[MatchBody], msgspec.Meta(max_length=MOST_CHOICES)] = []


class UndoBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why; it becomes the private note of each reversal."""

    reason: Text


WHO_READS = allow(Role.COORDINATOR, Role.AUDITOR)
WHO_UPLOADS = allow(Role.COORDINATOR)
WHO_POSTS = allow(Role.COORDINATOR, strong=True)

_check = msgspec.json.Decoder(CheckBody)
_undo = msgspec.json.Decoder(UndoBody)


def uploads_of(request: AnyRequest) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


def postings_of(request: AnyRequest) -> Postings:
    postings: Postings = request.app.state.postings
    return postings


@post(
    "/imports",
    summary="Send a file to import",
    opt=WHO_UPLOADS,
    request_max_body_size=MAX_FILE,
    operation_class=body(None, idempotent=True, file=True, query={"format": FORMAT, **OPTIONS}),
    responses=answers({202: ImportView, 200: ImportView}, 409, 413, 415, 422, 503),
)
async def post_import_file(request: AnyRequest) -> ASGIResponse:
    """Look at a file in the background, as a dry run: nothing is posted. The Idempotency-Key becomes the import's id.

    Several files of one export are sent as one zip, without folders.
    """
    only_query(request, "name", "format", *OPTIONS)
    principal = principal_of(request)
    key = idempotency_key(request)
    system = query_word(request, "format", Format)
    if system is None:
        raise Problem("malformed_request", f"The query parameter format is one of {', '.join(FORMATS)}.")
    options = _query_options(request)
    name, content = await read_file(request)
    upload = Upload(system, name, content, options)
    first = await uploads_of(request).add(principal.community, principal.author, key, upload)
    return begun_response(request, await _view(request, key), first, f"imports/{key}")


@post(
    "/imports/{import_id:str}/checking",
    summary="Look at a file again",
    opt=WHO_UPLOADS,
    request_max_body_size=MAX_BODY * 4,
    operation_class=body(CheckBody, idempotent=True),
    responses=answers({202: ImportView, 200: ImportView}, 404, 409, 413, 415, 422, 503),
)
async def check_import(request: AnyRequest) -> ASGIResponse:
    """Look at a waiting file by other options, or with an answer to who is who. Whoever does so does not post it."""
    only_query(request)
    principal = principal_of(request)
    import_id = await _known_import(request)
    key = idempotency_key(request)
    options = _body_options(await read_body(request, _check))
    first = await uploads_of(request).check_again(
        principal.community, principal.author, key, import_id, options
    )
    return begun_response(request, await _view(request, import_id), first, f"imports/{import_id}")


@post(
    "/imports/{import_id:str}/posting",
    summary="Post an import",
    opt=WHO_POSTS,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({202: ImportView, 200: ImportView}, 404, 409, 413, 415, 422, 503),
)
async def post_import(request: AnyRequest) -> ASGIResponse:
    """Post it in the background. By somebody else than who sent it, unless nobody else could.

    An import that was interrupted goes on where it stopped, and books nothing twice.
    """
    only_query(request)
    principal = principal_of(request)
    import_id = await _known_import(request)
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await postings_of(request).post(principal.community, principal.author, key, import_id)
    view = await _view(request, import_id)
    return act_response(request, answer, lambda: view, 202)


@post(
    "/imports/{import_id:str}/undoing",
    summary="Undo an import",
    opt=WHO_POSTS,
    request_max_body_size=MAX_BODY,
    operation_class=body(UndoBody, idempotent=True),
    responses=answers({202: ImportView, 200: ImportView}, 404, 409, 413, 415, 422, 503),
)
async def undo_import(request: AnyRequest) -> ASGIResponse:
    """Reverse everything it posted, in the background, and close what it opened where nobody needs it.

    By somebody else than who posted it, unless nobody else could. What happened since is kept; where an account would
    pass its limit, nothing is done.
    """
    only_query(request)
    principal = principal_of(request)
    import_id = await _known_import(request)
    key = idempotency_key(request)
    asked = await read_body(request, _undo)
    reason = normalised(asked.reason) or ""
    answer = await postings_of(request).undo(principal.community, principal.author, key, import_id, reason)
    view = await _view(request, import_id)
    return act_response(request, answer, lambda: view, 202)


@post(
    "/imports/{import_id:str}/abandoning",
    summary="Give up a file",
    opt=WHO_UPLOADS,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: ImportView}, 404, 409, 413, 415, 422, 503),
)
async def abandon_import(request: AnyRequest) -> ASGIResponse:
    """Delete the file and its report. One that is half posted, or half undone, stays as it is, and is over.

    What it posted can still be undone, and the same file sent again posts only what is missing.
    """
    only_query(request)
    principal = principal_of(request)
    import_id = await _known_import(request)
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await uploads_of(request).abandon(principal.community, principal.author, key, import_id)
    view = await _view(request, import_id)
    return act_response(request, answer, lambda: view)


@get(
    "/imports",
    summary="List imports",
    opt=WHO_READS,
    operation_class=body(
        None,
        query={
            "after": text("the id of the import after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: ImportsView}),
)
async def list_imports(request: AnyRequest) -> ASGIResponse:
    """The newest first, without their reports."""
    only_query(request, "after", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    after = None if given is None else as_uuid(given, "The query parameter after")
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await list_runs(db, community.id, after=after, at_most=limit + 1)
    page = [import_view(row, named=reads_names(request)) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = f"/v1/communities/{community.slug}/imports?after={page[-1].id}&limit={limit}"
    return json_response(ImportsView(page, following), headers=next_link(following))


@get(
    "/imports/{import_id:str}",
    summary="Read an import",
    opt=WHO_READS,
    responses=answers({200: ImportView}, 404),
)
async def get_import(request: AnyRequest) -> ASGIResponse:
    """How it stands. Its report names people, and is for co-ordinators."""
    only_query(request)
    return json_response(await _view(request, path_id(request, "import_id")))


@get(
    "/imports/{import_id:str}/undoing",
    summary="What undoing an import would do",
    opt=WHO_READS,
    responses=answers({200: UndoView}, 404),
)
async def get_undoing(request: AnyRequest) -> ASGIResponse:
    """Worked out from how the books stand now; nothing is done."""
    only_query(request)
    import_id = await _known_import(request)
    report = await plan_undo(ledger_of(request), community_of(request), import_id)
    return json_response(msgspec.convert(report.to_dict(), UndoView))


@get(
    "/imports/{import_id:str}/progress/{work_id:str}",
    summary="Follow an import",
    opt=WHO_READS,
    responses=STREAMED,
)
async def get_import_progress(request: AnyRequest) -> ASGIResponse:
    """Server-sent events: `progress` whenever more is done, twice a second at most, then `end`. Each has its state.

    `work_id` is that of the import's `work`.
    """
    await _known_import(request)
    return await follow_work(request, Kind.IMPORT, "work_id")


async def _known_import(request: AnyRequest) -> UUID:
    """The import in the path, which is this community's. Raises Problem("not_found")."""
    import_id = path_id(request, "import_id")
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        if await read_run(db, community.id, import_id) is None:
            raise Problem("not_found")
    return import_id


def _query_options(request: AnyRequest) -> Options:
    unit = query_integer(request, "unit", 0, 1, MOST_MINUTES)
    return Options(
        query_word(request, "what", What) or What.HISTORY,
        query_word(request, "date_order", DateOrder),
        query_word(request, "decimal", DecimalSign),
        unit * 60 or None,
        normalised(request.query_params.get("organisation"), 120),
        normalised(request.query_params.get("owner"), 120),
        query_word(request, "unknown", Unknown) or Unknown.REFUSE,
    )


def _body_options(asked: CheckBody) -> Options:
    same = {match.number: match.member_id for match in asked.matches if match.member_id is not None}
    return Options(
        asked.what,
        asked.date_order,
        asked.decimal,
        None if asked.unit is None else asked.unit * 60,
        normalised(asked.organisation),
        normalised(asked.owner),
        asked.unknown,
        same,
        frozenset(match.number for match in asked.matches if match.member_id is None),
    )


async def _view(request: AnyRequest, import_id: UUID) -> ImportView:
    """Raises Problem("not_found")."""
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        row = await read_run(db, community.id, import_id)
        if row is None:
            raise Problem("not_found")
        piece = None
        if row["work_id"] is not None:
            piece = await work.read(db, community.id, Kind.IMPORT, row["work_id"])
    return import_view(row, piece, named=reads_names(request))


imports_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_import_file,
        check_import,
        post_import,
        undo_import,
        abandon_import,
        list_imports,
        get_import,
        get_undoing,
        get_import_progress,
    ],
    tags=["Imports"],
)
