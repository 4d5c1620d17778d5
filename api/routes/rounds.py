"""Paper rounds: a file or a typed pile is taken in, how it is read is agreed, and its lines are matched.

What is decided about the lines stands in `round_decisions`.
"""

from datetime import date, time
from hashlib import sha256
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_BATCH_BODY,
    MAX_BODY,
    MAX_FILE,
    MAX_NAME,
    MAX_PAGE,
    NOTHING,
    PLAIN_TEXT,
    Name,
    Text,
    as_uuid,
    idempotency_key,
    if_match,
    json_response,
    next_link,
    normalised,
    only_query,
    path_id,
    query_days,
    query_integer,
    query_word,
    read_body,
    read_file,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    ledger_of,
    principal_of,
    reads_names,
    refused_response,
)
from api.routes.progress import STREAMED, follow_work, read_work
from api.routes.round_views import (
    MatchingView,
    PreviewView,
    RoundsView,
    RoundView,
    StateText,
    matching_view,
    preview_view,
    round_view,
    totals_view,
)
from ledger.book.commands import Act
from ledger.book.ledger import ActRefused
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk import work
from ledger.desk.rounds import reading, taking_in
from ledger.desk.rounds.ending import read_totals
from ledger.desk.rounds.finding import match_round, name_key, require_matchable
from ledger.desk.rounds.reading import NewRound, Reading
from ledger.desk.rounds.rounds import (
    Round,
    RoundState,
    count_lines,
    list_rounds,
    read_round,
    require_open,
)
from ledger.desk.rounds.taking_in import TypedLine, TypedRound
from ledger.desk.tables.mapping import Mapping
from ledger.desk.work import Begun, Kind
from ledger.desk.working import Progress, Working
from ledger.people.members import read_member
from ledger.people.roles import Role

MAX_TYPED = 500
"""The most lines of a pile that is typed at once."""

Column = Annotated[int, msgspec.Meta(ge=0, lt=100)]
Cell = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME, pattern=PLAIN_TEXT)]
Length = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
Clock = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]
Fixed = Literal["provider", "receiver", "service_on", "activity"]
Field = Literal[
    "provider",
    "receiver",
    "service_on",
    "duration",
    "from_time",
    "to_time",
    "activity",
    "note",
    "reference",
    "balance",
]


class TypedLineBody(msgspec.Struct, forbid_unknown_fields=True):
    """A line as somebody typed it from paper: the names as they are written there."""

    provider: Name
    receiver: Name
    service_on: date
    seconds: Length
    from_time: Clock | None = msgspec.field(name="from", default=None)
    to_time: Clock | None = msgspec.field(name="to", default=None)
    activity: Name | None = None
    note: Text | None = None
    reference: Name | None = None


class TypedBody(msgspec.Struct, forbid_unknown_fields=True):
    """A pile of paper that was typed. `source` is whose it is, such as a group of volunteers or a clinic."""

    source: Name
    lines: Annotated[list[TypedLineBody], msgspec.Meta(min_length=1, max_length=MAX_TYPED)]
    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)


class MappingBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the columns hold, counted from 0. `header` is the line of the header, counted from 1, or left out.

    `decimal` and `unit` say how a bare number such as 1,5 is meant. `fixed` is what no column holds and is the same for
    all lines, as it would be written.
    """

    columns: dict[Field, Column]
    header: Annotated[int, msgspec.Meta(ge=1, le=200_000)] | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    decimal: Literal["comma", "point", "minutes"] | None = None
    unit: Literal["hours", "minutes", "seconds"] | None = None
    fixed: dict[Fixed, Cell] = {}


class ReadingBody(msgspec.Struct, forbid_unknown_fields=True):
    """How the file is to be read: the sheet by its name, and for a file of text its encoding and delimiter."""

    mapping: MappingBody
    sheet: Annotated[str, msgspec.Meta(max_length=MAX_NAME)] | None = None
    encoding: Annotated[str, msgspec.Meta(max_length=40, pattern="^[A-Za-z0-9_-]+$")] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)


class NameBody(msgspec.Struct, forbid_unknown_fields=True):
    """That a name as it is written means a member."""

    written: Cell
    member: UUID


class NamesBody(msgspec.Struct, forbid_unknown_fields=True):
    names: Annotated[list[NameBody], msgspec.Meta(min_length=1, max_length=200)]


DESK = allow(Role.COORDINATOR)
READERS = allow(Role.COORDINATOR, Role.AUDITOR)

_typed = msgspec.json.Decoder(TypedBody)
_reading = msgspec.json.Decoder(ReadingBody)
_names = msgspec.json.Decoder(NamesBody)


# --- taking in ----------------------------------------------------------------------------------------------------


@post(
    "/rounds",
    summary="Bring a file",
    opt=DESK,
    request_max_body_size=MAX_FILE,
    operation_class=body(
        None,
        idempotent=True,
        file=True,
        query={
            "source": text(
                "whose paper it is, such as a group of volunteers; its readings and names are remembered"
            ),
            "from": text("the first day it is about", form=OpenAPIFormat.DATE),
            "until": text("the last day it is about", form=OpenAPIFormat.DATE),
            "encoding": text("how the text is encoded, where the guess was wrong"),
            "delimiter": text("what separates the columns, where the guess was wrong", ",", ";", "\t", "|"),
        },
    ),
    responses=answers({201: RoundView, 200: RoundView}, 409, 413, 415, 422, 503),
)
async def post_round(request: AnyRequest) -> ASGIResponse:
    """Take a CSV, XLSX or ODS list in. The Idempotency-Key becomes the round's id.

    Nothing is matched yet: `preview` shows how it would be read, and `asks` what must be said first. The file is kept
    until the round is signed off or abandoned, for 180 days at most.
    """
    only_query(request, "name", "source", "from", "until", "encoding", "delimiter")
    key = idempotency_key(request)
    file_name, content = await read_file(request)
    from_on, until_on = query_days(request, "from", "until")
    source = normalised(request.query_params.get("source"), MAX_NAME)
    if source is None:
        raise Problem("malformed_request", "The query parameter source says whose paper it is.")
    encoding, delimiter = request.query_params.get("encoding"), request.query_params.get("delimiter")
    if delimiter is not None and delimiter not in (",", ";", "\t", "|"):
        raise Problem(
            "malformed_request", "The query parameter delimiter is not one of `,`, `;`, `|` or a tab."
        )
    new = NewRound(source, file_name, content, from_on, until_on, encoding, delimiter)
    ledger, community = ledger_of(request), community_of(request)
    try:
        made = await taking_in.begin_round(
            ledger.database, community.id, key, _member(request), new, ledger.now()
        )
    except ActRefused as no:
        return refused_act(request, key, no)
    return await round_response(request, key, 201 if made else 200, replayed=not made)


@post(
    "/rounds/typed",
    summary="Type a pile of paper",
    opt=DESK,
    request_max_body_size=MAX_BATCH_BODY,
    operation_class=body(TypedBody, idempotent=True),
    responses=answers({201: RoundView, 200: RoundView}, 409, 413, 415, 422, 503),
)
async def post_typed_round(request: AnyRequest) -> ASGIResponse:
    """Take lines in that somebody typed from paper. The Idempotency-Key becomes the round's id."""
    only_query(request)
    key = idempotency_key(request)
    asked = await read_body(request, _typed)
    new = TypedRound(
        normalised(asked.source, MAX_NAME) or "",
        [_typed_line(line) for line in asked.lines],
        asked.from_on,
        asked.until_on,
    )
    ledger, community = ledger_of(request), community_of(request)
    try:
        async with ledger.database.transaction(community.id) as db:
            made = await taking_in.type_round(db, community.id, key, _member(request), new, ledger.now())
    except ActRefused as no:
        return refused_act(request, key, no)
    return await round_response(request, key, 201 if made else 200, replayed=not made)


@get(
    "/rounds/{round_id:str}/preview",
    summary="See how a file would be read",
    opt=DESK,
    responses=answers({200: PreviewView}, 404, 409, 422),
)
async def get_preview(request: AnyRequest) -> ASGIResponse:
    """The first rows, what each column is taken for, what must be said, and the first lines that cannot be read."""
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        round_ = await require_round(db, community.id, round_id)
        try:
            shown = await reading.preview(db, community.id, round_)
        except ActRefused as no:
            return refused_act(request, round_id, no)
    return json_response(preview_view(shown), headers={"etag": f'"{round_.change_count}"'})


@put(
    "/rounds/{round_id:str}/mapping",
    summary="Say how a file is to be read",
    opt=DESK,
    request_max_body_size=MAX_BODY,
    operation_class=body(ReadingBody, if_match=True),
    responses=answers({200: RoundView}, 404, 409, 412, 415, 422, 428, 503),
)
async def put_mapping(request: AnyRequest) -> ASGIResponse:
    """Correct the guess, or answer what it asks. Remembered for the source once the round is matched."""
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    seen = if_match(request)
    asked = await read_body(request, _reading)
    mapping = Mapping.from_dict(msgspec.to_builtins(asked.mapping))
    ledger = ledger_of(request)
    try:
        async with ledger.database.transaction(community.id) as db:
            sheet = asked.sheet
            if sheet is None:
                known = await require_round(db, community.id, round_id)
                sheet = str((known.reading or {}).get("sheet", ""))
            meant = Reading(sheet, mapping, "person", asked.encoding, asked.delimiter)
            await taking_in.change_reading(
                db, community.id, round_id, seen, meant, asked.from_on, asked.until_on
            )
    except ActRefused as no:
        return refused_act(request, round_id, no)
    return await round_response(request, round_id)


@put(
    "/rounds/{round_id:str}/names",
    summary="Say whom names mean",
    opt=DESK,
    request_max_body_size=MAX_BODY,
    operation_class=body(NamesBody),
    responses=answers({200: RoundView}, 404, 409, 415, 422, 503),
)
async def put_names(request: AnyRequest) -> ASGIResponse:
    """Choose members for names as they are written. Remembered for the source; match the round again to use it."""
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    asked = await read_body(request, _names)
    meant = {name_key(each.written): each.member for each in asked.names}
    ledger = ledger_of(request)
    try:
        async with ledger.database.transaction(community.id) as db:
            round_ = await require_open(db, community.id, round_id)
            for member_id in set(meant.values()):
                if await read_member(db, community.id, member_id) is None:
                    raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
            await db.run(
                "desk/write_paper_names",
                community_id=community.id,
                source_key=round_.source_key,
                now=ledger.now(),
                by_id=_member(request),
                written=list(meant),
                member_ids=list(meant.values()),
            )
    except ActRefused as no:
        return refused_act(request, round_id, no)
    return await round_response(request, round_id)


# --- matching -----------------------------------------------------------------------------------------------------


@post(
    "/rounds/{round_id:str}/matching",
    summary="Match a round",
    opt=DESK,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({202: MatchingView, 200: MatchingView}, 404, 409, 415, 422, 503),
)
async def post_matching(request: AnyRequest) -> ASGIResponse:
    """Find what its undecided lines mean in the ledger, in the background. The Idempotency-Key becomes its id.

    As often as one likes: after names were chosen, or claims were logged. One at a time: a refusal is `about` the one
    that is going on.
    """
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    ledger = ledger_of(request)
    fingerprint = sha256(round_id.bytes).digest()
    try:
        async with ledger.database.transaction(community.id) as db:
            await require_matchable(db, community.id, round_id)
            begun, about = await work.begin(
                db, community.id, Kind.MATCHING, key, fingerprint, _member(request)
            )
    except ActRefused as no:
        return refused_act(request, key, no)
    if begun in (Begun.OTHER_RUNS, Begun.ID_TAKEN):
        refusal = Refusal.MATCHING_RUNNING if begun is Begun.OTHER_RUNS else Refusal.ID_REUSED
        return refused_act(request, key, ActRefused(refusal, str(about)))
    if begun is Begun.STARTED:

        async def do(progress: Progress) -> dict[str, Any]:
            return await match_round(ledger, community.id, round_id, progress)

        working: Working = request.app.state.working
        working.begin(community, Kind.MATCHING, key, do)
    view = matching_view(await read_work(request, Kind.MATCHING, key))
    address = {"location": f"/v1/communities/{community.slug}/rounds/matchings/{key}"}
    if begun is Begun.REPLAYED:
        return json_response(view, 200, address | {"idempotency-replayed": "true"})
    return json_response(view, 202, address)


@get(
    "/rounds/matchings/{matching_id:str}",
    summary="Read a matching",
    opt=DESK,
    responses=answers({200: MatchingView}, 404),
)
async def get_matching(request: AnyRequest) -> ASGIResponse:
    """How far it is, or what it found."""
    only_query(request)
    return json_response(
        matching_view(await read_work(request, Kind.MATCHING, path_id(request, "matching_id")))
    )


@get(
    "/rounds/matchings/{matching_id:str}/progress",
    summary="Follow a matching",
    opt=DESK,
    responses=STREAMED,
)
async def get_matching_progress(request: AnyRequest) -> ASGIResponse:
    """Server-sent events, as those of an audit."""
    return await follow_work(request, Kind.MATCHING, "matching_id")


# --- reading ------------------------------------------------------------------------------------------------------


@get(
    "/rounds/{round_id:str}",
    summary="Read a round",
    opt=READERS,
    responses=answers({200: RoundView}, 404),
)
async def get_round(request: AnyRequest) -> ASGIResponse:
    """A round with how far it is; one that was signed off, as it was. Its ETag goes with `PUT mapping`."""
    only_query(request)
    return await round_response(request, path_id(request, "round_id"))


@get(
    "/rounds",
    summary="List rounds",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "state": text("only those in this state", *get_args(StateText)),
            "open": text("only those that are neither signed off nor abandoned", "true"),
            "after": text("the id of the round after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: RoundsView}, 404),
)
async def get_rounds(request: AnyRequest) -> ASGIResponse:
    """The newest first, a page at a time."""
    only_query(request, "state", "open", "after", "limit")
    community = community_of(request)
    state = query_word(request, "state", RoundState)
    if request.query_params.get("open", "true") != "true":
        raise Problem("malformed_request", "The query parameter open is `true` or left out.")
    is_open = True if "open" in request.query_params else None
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    async with ledger_of(request).database.snapshot(community.id) as db:
        after = None
        if given is not None:
            after = await require_round(db, community.id, as_uuid(given, "The query parameter after"))
        found = await list_rounds(
            db, community.id, state=state, is_open=is_open, after=after, at_most=limit + 1
        )
        counts = await count_lines(db, community.id, [round_.id for round_ in found[:limit]])
    named = reads_names(request)
    page = [round_view(round_, counts[round_.id], named=named) for round_ in found[:limit]]
    following = None
    if len(found) > limit:
        kept = {k: request.query_params[k] for k in ("state", "open") if k in request.query_params}
        query = urlencode({**kept, "after": page[-1].id, "limit": limit})
        following = f"/v1/communities/{community.slug}/rounds?{query}"
    return json_response(RoundsView(page, following), headers=next_link(following))


async def round_response(
    request: AnyRequest, round_id: UUID, status: int = 200, *, replayed: bool = False
) -> ASGIResponse:
    """The round as it stands, with its ETag."""
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        round_ = await require_round(db, community.id, round_id)
        counts = await count_lines(db, community.id, [round_id])
        same = await db.row(
            "desk/find_same_file",
            community_id=community.id,
            round_id=round_id,
            file_hash=round_.file_hash,
        )
        totals = None
        if round_.state is RoundState.MATCHED and all(each.state == "decided" for each in counts[round_id]):
            totals = await read_totals(db, community.id, round_)
    view = round_view(round_, counts[round_id], named=reads_names(request))
    view.same_file = None if same is None else same["round_id"]
    view.would_sign = None if totals is None else totals_view(totals.to_dict())
    headers = {"etag": f'"{round_.change_count}"'}
    if status == 201:
        headers["location"] = f"/v1/communities/{community.slug}/rounds/{round_id}"
    if replayed:
        headers["idempotency-replayed"] = "true"
    return json_response(view, status, headers)


def _typed_line(line: TypedLineBody) -> TypedLine:
    return TypedLine(
        normalised(line.provider, MAX_NAME) or "",
        normalised(line.receiver, MAX_NAME) or "",
        line.service_on,
        line.seconds,
        *_times(line),
        normalised(line.activity, MAX_NAME),
        normalised(line.note),
        normalised(line.reference, MAX_NAME),
    )


def _times(line: TypedLineBody) -> tuple[time | None, time | None]:
    if (line.from_time is None) != (line.to_time is None):
        raise Problem("malformed_request", "A visit has both `from` and `to`, or neither.")
    if line.from_time is None or line.to_time is None:
        return None, None
    return time.fromisoformat(line.from_time), time.fromisoformat(line.to_time)


def _member(request: AnyRequest) -> UUID:
    member_id = principal_of(request).member_id
    if member_id is None:
        raise Problem("not_allowed")
    return member_id


async def require_round(db: Connection, community_id: int, round_id: UUID) -> Round:
    """A round of this community. Raises Problem("not_found")."""
    round_ = await read_round(db, community_id, round_id)
    if round_ is None:
        raise Problem("not_found")
    return round_


def refused_act(request: AnyRequest, key: UUID, no: ActRefused) -> ASGIResponse:
    """The answer to what was refused before it became an act."""
    return refused_response(request, Refused(Act(key, "round", ""), no.refusal, no.detail))


rounds_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_round,
        post_typed_round,
        get_preview,
        put_mapping,
        put_names,
        post_matching,
        get_matching,
        get_matching_progress,
        get_round,
        get_rounds,
    ],
    tags=["Rounds"],
)
