"""What a co-op keeps beside the numbers of its social reports: targets for the scorecard, texts for Prove It."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, put
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_SAFE,
    PLAIN_TEXT,
    idempotency_key,
    if_match,
    json_response,
    normalised,
    only_query,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    ledger_of,
    principal_of,
    refused_response,
)
from api.routes.social import RANGE, READERS, asked_of
from ledger.book.commands import Act
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.desk.social.keeping import PARTS, Texts, read_targets, read_texts, set_target, write_texts
from ledger.desk.social.measures import MEASURES
from ledger.desk.social.reading import Asked
from ledger.people.roles import Role

MAX_PARAGRAPHS = 40
MAX_PARAGRAPH = 2000

Paragraph = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_PARAGRAPH, pattern=PLAIN_TEXT)]
Paragraphs = Annotated[list[Paragraph], msgspec.Meta(max_length=MAX_PARAGRAPHS)]


class TargetBody(msgspec.Struct, forbid_unknown_fields=True):
    """The target in the unit of its measure; null for none any more."""

    target: Annotated[int, msgspec.Meta(ge=0, le=MAX_SAFE)] | None


class TargetsView(msgspec.Struct):
    """The targets there are, by measure."""

    targets: dict[str, int]


class TextsBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a Prove It report says in words, in paragraphs: what was to be done and was, what it changed and taught."""

    aims: Paragraphs = []
    deeds: Paragraphs = []
    difference: Paragraphs = []
    learned: Paragraphs = []


class TextsView(TextsBody, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """The texts kept with the report of exactly these days."""

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    written_by: UUID | None = None
    written_at: datetime | None = None


_target = msgspec.json.Decoder(TargetBody)
_texts = msgspec.json.Decoder(TextsBody)


@get("/social/targets", summary="Targets", opt=READERS, responses=answers({200: TargetsView}))
async def get_targets(request: AnyRequest) -> ASGIResponse:
    """The targets of the scorecard, each in the unit of its measure."""
    only_query(request)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        return json_response(TargetsView(await read_targets(db, community.id)))


@put(
    "/social/targets/{measure:str}",
    summary="Set a target",
    opt=allow(Role.COORDINATOR),
    request_max_body_size=MAX_BODY,
    operation_class=body(TargetBody, idempotent=True),
    responses=answers({200: TargetsView}, 404, 409, 413, 415, 503),
)
async def put_target(request: AnyRequest) -> ASGIResponse:
    """Say what a number of the report should be, or that it has no target any more; it is on the record."""
    only_query(request)
    measure = str(request.path_params["measure"])
    if measure not in MEASURES:
        raise Problem("not_found")
    key, asked = idempotency_key(request), await read_body(request, _target)
    community, ledger = community_of(request), ledger_of(request)
    answer = await set_target(ledger, community, principal_of(request).author, key, measure, asked.target)
    async with ledger.database.connection(community.id) as db:
        targets = await read_targets(db, community.id)
    return act_response(request, answer, lambda: TargetsView(targets))


@get(
    "/social/texts",
    summary="Read the texts of a report",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR),
    operation_class=body(None, query=RANGE),
    responses=answers({200: TextsView}),
)
async def get_texts(request: AnyRequest) -> ASGIResponse:
    """What was written beside the numbers of exactly these days; empty when nothing was."""
    only_query(request, "from", "until")
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        asked, _ = await asked_of(request, db)
        texts = await read_texts(db, community.id, asked.from_on, asked.until_on)
    return _texts_response(asked, texts)


@put(
    "/social/texts",
    summary="Write the texts of a report",
    opt=allow(Role.COORDINATOR),
    request_max_body_size=MAX_BODY * 8,
    operation_class=body(TextsBody, if_match=True, query=RANGE),
    responses=answers({200: TextsView}, 412, 413, 415, 428),
)
async def put_texts(request: AnyRequest) -> ASGIResponse:
    """Keep what a report says in words. If-Match names what was read, so that nobody writes over somebody else."""
    only_query(request, "from", "until")
    seen = if_match(request)
    asked_texts = await read_body(request, _texts)
    parts = {
        part: "\n".join(normalised(each, MAX_PARAGRAPH) or "" for each in getattr(asked_texts, part))
        for part in PARTS
    }
    community, ledger, principal = community_of(request), ledger_of(request), principal_of(request)
    async with ledger.database.transaction(community.id) as db:
        asked, _ = await asked_of(request, db)
        kept = await write_texts(
            db,
            community.id,
            asked.from_on,
            asked.until_on,
            parts,
            seen=seen,
            written_by=principal.member_id,
            now=ledger.now(),
        )
        texts = await read_texts(db, community.id, asked.from_on, asked.until_on)
    if not kept:
        refused = Refused(Act(UUID(int=0), "write_texts", ""), Refusal.REPORT_TEXT_CHANGED)
        return refused_response(request, refused)
    return _texts_response(asked, texts)


def _texts_response(asked: Asked, texts: Texts) -> ASGIResponse:
    view = TextsView(
        from_on=asked.from_on,
        until_on=asked.until_on,
        written_by=texts.written_by,
        written_at=texts.written_at,
        **{part: text.split("\n") if text else [] for part, text in texts.parts.items()},
    )
    return json_response(view, headers={"etag": f'"{texts.change_count}"'})


social_keeping_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_targets, put_target, get_texts, put_texts],
    tags=["Social report"],
)
