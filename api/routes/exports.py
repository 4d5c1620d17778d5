"""Exports: begun in the background, followed as they go on, and fetched as one file for a day."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi import ResponseSpec
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import (
    FILE,
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
    ledger_of,
    member_of,
    principal_of,
    refused_response,
    require_strong,
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
from ledger.book.journal import Community
from ledger.book.ledger import ReadOnly
from ledger.book.posting import Refused
from ledger.desk import work
from ledger.desk.exports.exporting import Exporting, What, exported, read_pieces, what_of
from ledger.desk.work import Kind, Work
from ledger.people.acts import record
from ledger.people.roles import Principal, Role

NOT_DONE = "It was not begun: whoever asked for it may not any more."


class ExportBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to export as one file. `community` and `lists` name people: for a co-ordinator, with a fresh passkey."""

    what: What


class ExportFileView(msgspec.Struct, omit_defaults=True):
    """The file, while it is there: `sha256` stands in the answer about this export alone."""

    name: str
    bytes: int
    until: datetime
    sha256: str | None = None


class ExportView(msgspec.Struct, omit_defaults=True):
    """An export. `done` of `total`, in rows, leaves or lists; a finished one without `file` is gone: make it anew."""

    id: UUID
    what: What
    state: str
    started_by: UUID
    started_at: datetime
    done: int
    total: int
    finished_at: datetime | None = None
    failed: str | None = None
    file: ExportFileView | None = None


class ExportsView(msgspec.Struct, omit_defaults=True):
    exports: list[ExportView]
    next: str | None = None


WHO_EXPORTS = allow(Role.COORDINATOR, Role.AUDITOR)

_export = msgspec.json.Decoder(ExportBody)


def exporting_of(request: AnyRequest) -> Exporting:
    exporting: Exporting = request.app.state.exporting
    return exporting


def require_may_have(principal: Principal, what: What) -> None:
    """Raise Problem unless the one who asks may have such a file."""
    if what.names_people:
        if principal.role is not Role.COORDINATOR:
            raise Problem("not_allowed")
        require_strong(principal)


@post(
    "/exports",
    summary="Start an export",
    opt=WHO_EXPORTS,
    request_max_body_size=MAX_BODY,
    operation_class=body(ExportBody, idempotent=True),
    responses=answers({202: ExportView, 200: ExportView}, 409, 413, 415, 422, 503),
)
async def post_export(request: AnyRequest) -> ASGIResponse:
    """Write a file in the background. The Idempotency-Key becomes the export's id; the admin trail says who made it.

    One at a time: a refusal is `about` the one that is going on.
    """
    only_query(request)
    principal = principal_of(request)
    community, key = principal.community, idempotency_key(request)
    what = (await read_body(request, _export)).what
    require_may_have(principal, what)
    async with ledger_of(request).database.transaction(community.id) as db:
        first = await work.begin(db, community.id, Kind.EXPORT, key, what.fingerprint, member_of(request))
    if first:
        refused = await _recorded(request, principal, key, what)
        if refused is not None:
            return refused_response(request, refused)
        exporting_of(request).begin(community, key, what)
    found = await read_work(request, Kind.EXPORT, key)
    view = _view(request, community, found, await read_newest_erasure(request))
    return begun_response(request, view, first, f"exports/{key}")


async def _recorded(request: AnyRequest, principal: Principal, key: UUID, what: What) -> Refused | None:
    """Say in the admin trail, and so in the file itself, who took it out. A refusal ends the work."""
    community, ledger = principal.community, ledger_of(request)
    try:
        answer = await record(ledger, community, exported(principal.author, what, key))
    except ReadOnly:
        # A book whose log must not grow can be taken out all the same.
        return None
    if not isinstance(answer.outcome, Refused):
        return None
    async with ledger.database.connection(community.id) as db:
        await work.end(db, community.id, key, 0, 0, failed=NOT_DONE)
    return answer.outcome


@get(
    "/exports",
    summary="List exports",
    opt=WHO_EXPORTS,
    operation_class=body(
        None,
        query=PAGES_OF_WORK,
    ),
    responses=answers({200: ExportsView}),
)
async def list_exports(request: AnyRequest) -> ASGIResponse:
    """The newest first; the newest hundred are kept, their files for a day."""
    community = community_of(request)
    found, following = await page_of_work(request, Kind.EXPORT, "exports")
    erased_at = await read_newest_erasure(request)
    page = [_view(request, community, each, erased_at) for each in found]
    return json_response(ExportsView(page, following), headers=next_link(following))


@get(
    "/exports/{export_id:str}",
    summary="Read an export",
    opt=WHO_EXPORTS,
    responses=answers({200: ExportView}, 404),
)
async def get_export(request: AnyRequest) -> ASGIResponse:
    """How far it is, and where its file is."""
    only_query(request)
    found = await read_work(request, Kind.EXPORT, path_id(request, "export_id"))
    erased_at = await read_newest_erasure(request)
    return json_response(_view(request, community_of(request), found, erased_at))


@get(
    "/exports/{export_id:str}/progress",
    summary="Follow an export",
    opt=WHO_EXPORTS,
    responses=STREAMED,
)
async def get_export_progress(request: AnyRequest) -> ASGIResponse:
    """Server-sent events: `progress` whenever more is done, twice a second at most, then `end`. Each has its state."""
    return await follow_work(request, Kind.EXPORT, "export_id")


@get(
    "/exports/{export_id:str}/file",
    summary="Fetch the file of an export",
    opt=WHO_EXPORTS,
    responses={
        **answers({}, 404),
        200: ResponseSpec(bytes, description="The file.", media_type=FILE, generate_examples=False),
    },
)
async def get_export_file(request: AnyRequest) -> ASGIResponse:
    """The file, for a day after it was made. One that names people goes to a co-ordinator with a fresh passkey.

    When somebody is erased, files that name people are gone at once.
    """
    only_query(request)
    community = community_of(request)
    found = await read_work(request, Kind.EXPORT, path_id(request, "export_id"))
    what = what_of(found.fingerprint)
    require_may_have(principal_of(request), what)
    kept = exporting_of(request).kept(community, found, await read_newest_erasure(request))
    if kept is None:
        raise Problem(
            "not_found", "The file is not there, or not any more: it is kept for a day. Export anew."
        )
    return ASGIStreamingResponse(
        iterator=read_pieces(kept.path),
        media_type=FILE,
        headers={
            "content-disposition": f'attachment; filename="{file_name(community, what)}"',
            "content-length": str(kept.bytes),
            "cache-control": "no-store",
        },
    )


def file_name(community: Community, what: What) -> str:
    return f"{community.slug}-{what}.{what.ending}"


def _view(request: AnyRequest, community: Community, export: Work, erased_at: datetime | None) -> ExportView:
    what = what_of(export.fingerprint)
    kept = exporting_of(request).kept(community, export, erased_at)
    file = None
    if kept is not None:
        digest = None if export.outcome is None else export.outcome["sha256"]
        file = ExportFileView(file_name(community, what), kept.bytes, kept.until, digest)
    return ExportView(
        export.id,
        what,
        export.state,
        export.started_by,
        export.started_at,
        export.done,
        export.total,
        export.finished_at,
        export.failed,
        file,
    )


exports_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_export, list_exports, get_export, get_export_progress, get_export_file],
    tags=["Exports"],
)
