"""Evidence packs of social reports: made in the background, followed, listed, and made again as the file they are."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    as_uuid,
    bytes_response,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    path_id,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    member_of,
    principal_of,
    refused_response,
)
from api.routes.progress import STREAMED, begun_response, follow_work
from api.routes.reports import MAX_RANGE
from ledger.book.commands import Act
from ledger.book.ledger import ReadOnly
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.desk import work
from ledger.desk.social.packs import Pack, find_pack, list_packs, make_again, make_pack, pack_of
from ledger.desk.work import Kind, Work
from ledger.desk.working import Progress, WorkFailed
from ledger.people.roles import Role

READERS = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR)
LOG_STOPPED = "The log of this community must not grow just now. Call whoever runs the service."


class PackBody(msgspec.Struct, forbid_unknown_fields=True):
    """The days the pack is about, both included; the last of them is over, or today."""

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")


class PackView(msgspec.Struct, omit_defaults=True):
    """An evidence pack, or one being made: `state` is running, finished, failed (`failed` says why) or interrupted.

    A finished one says which days it is about, what was recorded before `as_of` in so many leaves, and its SHA-256.
    """

    id: UUID
    state: str
    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)
    as_of: datetime | None = None
    size: int | None = None
    sha256: str | None = None
    made_by: UUID | None = None
    made_at: datetime | None = None
    done: int = 0
    total: int = 0
    failed: str | None = None


class PacksView(msgspec.Struct, omit_defaults=True):
    packs: list[PackView]
    next: str | None = None


_pack = msgspec.json.Decoder(PackBody)


@post(
    "/social/packs",
    summary="Make an evidence pack",
    opt=allow(Role.COORDINATOR),
    request_max_body_size=MAX_BODY,
    operation_class=body(PackBody, idempotent=True),
    responses=answers({202: PackView, 200: PackView}, 409, 413, 415, 503),
)
async def post_pack(request: AnyRequest) -> ASGIResponse:
    """Compute the social report of these days as of now, and sign it, in the background; its hash goes into the log.

    The Idempotency-Key becomes the pack's id. One at a time: a refusal is `about` the one that is going on.
    """
    only_query(request)
    key, asked = idempotency_key(request), await read_body(request, _pack)
    community, author = community_of(request), principal_of(request).author
    await _check_days(request, asked)
    fingerprint = sha256(f"{asked.from_on} {asked.until_on}".encode()).digest()
    async with ledger_of(request).database.transaction(community.id) as db:
        first = await work.begin(db, community.id, Kind.REPORT, key, fingerprint, member_of(request))
    if first:
        hours = hours_of(request)

        async def do(progress: Progress) -> dict[str, Any]:
            try:
                answer = await make_pack(
                    hours, community, author, key, asked.from_on, asked.until_on, progress
                )
            except ReadOnly:
                raise WorkFailed(LOG_STOPPED) from None
            if isinstance(answer.outcome, Refused):
                raise WorkFailed(answer.outcome.refusal.says)
            return {"finding_count": 0}

        request.app.state.working.begin(community, Kind.REPORT, key, do)
    view = await _view(request, key)
    return begun_response(request, view, first, f"social/packs/{key}")


async def _check_days(request: AnyRequest, asked: PackBody) -> None:
    ledger, community = ledger_of(request), community_of(request)
    async with ledger.database.connection(community.id) as db:
        today = (await hours_of(request).read(db, community, ledger.now())).today
    if asked.from_on > asked.until_on:
        raise Problem("malformed_request", "`until` lies before `from`.")
    if asked.until_on > today:
        raise Problem("malformed_request", "`until` has not come yet.")
    if asked.until_on - asked.from_on > MAX_RANGE or asked.from_on.year < 1900:
        raise Problem("malformed_request", "`from` and `until` are at most ten years apart.")


@get(
    "/social/packs",
    summary="List evidence packs",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "after": text("the id of the pack after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: PacksView}, 404),
)
async def get_packs(request: AnyRequest) -> ASGIResponse:
    """The packs that were made, the newest first."""
    only_query(request, "after", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    after = None if given is None else as_uuid(given, "The query parameter after")
    async with ledger_of(request).database.snapshot(community.id) as db:
        found = await list_packs(db, community.id, after=after, at_most=limit + 1)
    if found is None:
        raise Problem("not_found")
    packs = [_made_view(each) for each in found[:limit]]
    following = None
    if len(found) > limit:
        following = f"/v1/communities/{community.slug}/social/packs?after={packs[-1].id}&limit={limit}"
    return json_response(PacksView(packs, following), headers=next_link(following))


@get(
    "/social/packs/{pack_id:str}",
    summary="Read an evidence pack's state",
    opt=READERS,
    responses=answers({200: PackView}, 404),
)
async def get_pack(request: AnyRequest) -> ASGIResponse:
    """How far it is, or what it is about. The pack itself is at `/file` below this address."""
    only_query(request)
    return json_response(await _view(request, path_id(request, "pack_id")))


@get(
    "/social/packs/{pack_id:str}/progress",
    summary="Follow the making of an evidence pack",
    opt=READERS,
    responses=STREAMED,
)
async def get_pack_progress(request: AnyRequest) -> ASGIResponse:
    """Server-sent events: `progress` whenever more is done, then `end`. Each has its state."""
    return await follow_work(request, Kind.REPORT, "pack_id")


@get(
    "/social/packs/{pack_id:str}/file",
    summary="Download an evidence pack",
    opt=READERS,
    responses=answers({}, 404, 409),
)
async def get_pack_file(request: AnyRequest) -> ASGIResponse:
    """The pack as a zip, counted again from what was recorded: the same bytes every time, or a refusal."""
    only_query(request)
    pack_id, community = path_id(request, "pack_id"), community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        row = await find_pack(db, community.id, pack_id)
        made = None if row is None else await make_again(db, community, row)
    if row is None:
        return refused_response(request, Refused(Act(pack_id, "read_evidence", ""), Refusal.EVIDENCE_UNKNOWN))
    if made is None:
        return refused_response(request, Refused(Act(pack_id, "read_evidence", ""), Refusal.EVIDENCE_DIFFERS))
    name = f"{community.slug}-evidence-{row['from_on']}-{row['until_on']}.zip"
    return bytes_response(
        made, "application/zip", headers={"content-disposition": f'attachment; filename="{name}"'}
    )


async def _view(request: AnyRequest, pack_id: UUID) -> PackView:
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        row = await find_pack(db, community.id, pack_id)
        piece = await work.read(db, community.id, Kind.REPORT, pack_id)
    if row is not None:
        return _made_view(pack_of(row))
    if piece is None:
        raise Problem("not_found")
    return _piece_view(piece)


def _made_view(pack: Pack) -> PackView:
    return PackView(
        pack.id,
        "finished",
        pack.from_on,
        pack.until_on,
        pack.as_of,
        pack.tree_size,
        pack.sha256.hex(),
        pack.made_by,
        pack.made_at,
    )


def _piece_view(piece: Work) -> PackView:
    return PackView(piece.id, piece.state, done=piece.done, total=piece.total, failed=piece.failed)


evidence_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_pack, get_packs, get_pack, get_pack_progress, get_pack_file],
    tags=["Social report"],
)
