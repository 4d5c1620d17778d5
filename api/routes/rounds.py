"""Paper rounds: a file or a typed pile is taken in, its lines are matched, and the round is signed off or given up.

How a file is read is in `round_reading`, its lines in `round_lines`, deciding about them in `round_decisions`.
"""

from datetime import date, time
from hashlib import sha256
from typing import Annotated, Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get, post
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
    Name,
    Text,
    as_uuid,
    idempotency_key,
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
from api.routes.claims import Clock
from api.routes.common import (
    AnyRequest,
    community_of,
    ledger_of,
    member_of,
    principal_of,
    reads_names,
    refused_response,
)
from api.routes.progress import STREAMED, begun_response, follow_work, read_work
from api.routes.round_views import (
    Length,
    MatchingView,
    RoundsView,
    RoundView,
    StateText,
    matching_view,
    require_round,
    round_response,
    round_view,
)
from ledger.book.ledger import Answer
from ledger.book.posting import Refused, Replayed
from ledger.desk import work
from ledger.desk.rounds.ending import abandon, sign_off
from ledger.desk.rounds.finding import match_round, require_matchable
from ledger.desk.rounds.reading import NewRound
from ledger.desk.rounds.rounds import (
    RoundState,
    count_lines,
    list_rounds,
)
from ledger.desk.rounds.taking_in import TypedLine, TypedRound, begin_round, type_round
from ledger.desk.work import Kind
from ledger.desk.working import Progress, Working
from ledger.people.roles import Role

MAX_TYPED = 500
"""The most lines of a pile that is typed at once."""


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


DESK = allow(Role.COORDINATOR)
READERS = allow(Role.COORDINATOR, Role.AUDITOR)

_typed = msgspec.json.Decoder(TypedBody)


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
    made = await begin_round(ledger.database, community.id, key, member_of(request), new, ledger.now())
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
    async with ledger.database.transaction(community.id) as db:
        made = await type_round(db, community.id, key, member_of(request), new, ledger.now())
    return await round_response(request, key, 201 if made else 200, replayed=not made)


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
    async with ledger.database.transaction(community.id) as db:
        await require_matchable(db, community.id, round_id)
        first = await work.begin(db, community.id, Kind.MATCHING, key, fingerprint, member_of(request))
    if first:

        async def do(progress: Progress) -> dict[str, Any]:
            return await match_round(ledger, community.id, round_id, progress)

        working: Working = request.app.state.working
        working.begin(community, Kind.MATCHING, key, do)
    view = matching_view(await read_work(request, Kind.MATCHING, key))
    return begun_response(request, view, first, f"rounds/matchings/{key}")


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


# --- the end ------------------------------------------------------------------------------------------------------


@post(
    "/rounds/{round_id:str}/sign-off",
    summary="Sign a round off",
    opt=DESK,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: RoundView}, 404, 409, 415, 422, 503),
)
async def post_sign_off(request: AnyRequest) -> ASGIResponse:
    """Say that the round is done: every line is decided. Its hash, counts and sums go into the log; the file goes.

    Nothing of it changes afterwards.
    """
    only_query(request)
    round_id, key = path_id(request, "round_id"), idempotency_key(request)
    await read_body(request, NOTHING)
    author = principal_of(request).author
    return await _ended(
        request, round_id, await sign_off(ledger_of(request), community_of(request), author, key, round_id)
    )


@post(
    "/rounds/{round_id:str}/abandonment",
    summary="Abandon a round",
    opt=DESK,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: RoundView}, 404, 409, 415, 422, 503),
)
async def post_abandonment(request: AnyRequest) -> ASGIResponse:
    """Give a round up. What was decided stands; its undecided lines and its file are deleted."""
    only_query(request)
    round_id, key = path_id(request, "round_id"), idempotency_key(request)
    await read_body(request, NOTHING)
    author = principal_of(request).author
    return await _ended(
        request, round_id, await abandon(ledger_of(request), community_of(request), author, key, round_id)
    )


async def _ended(request: AnyRequest, round_id: UUID, answer: Answer) -> ASGIResponse:
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    return await round_response(request, round_id, replayed=isinstance(answer.outcome, Replayed))


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


rounds_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_round,
        post_typed_round,
        post_matching,
        get_matching,
        get_matching_progress,
        get_round,
        get_rounds,
        post_sign_off,
        post_abandonment,
    ],
    tags=["Rounds"],
)
