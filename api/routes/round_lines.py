"""The lines of paper rounds: what the ledger has beside each, whom its names mean, and what was decided."""

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    Name,
    as_uuid,
    json_response,
    next_link,
    only_query,
    path_id,
    query_integer,
    query_word,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    ledger_of,
    member_of,
    reads_notes,
)
from api.routes.round_views import LineNumber, RoundView, require_round, round_response
from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.desk.rounds.reading import MAX_LINES
from ledger.desk.rounds.remembering import remember_names
from ledger.desk.rounds.rounds import Deed, Line, LineGrade, LineState, Record, Side, list_lines, require_open
from ledger.desk.rounds.splitting import split_line
from ledger.people.roles import Role

GradeText = Literal["exact", "probable", "none"]
LineStateText = Literal["undecided", "deciding", "decided"]
DeedText = Literal["accept", "correct", "create", "dispute", "set_aside"]


class NameBody(msgspec.Struct, forbid_unknown_fields=True):
    """That a name as it is written means a member."""

    written: Name
    member: UUID


class NamesBody(msgspec.Struct, forbid_unknown_fields=True):
    names: Annotated[list[NameBody], msgspec.Meta(min_length=1, max_length=200)]


class SplitBody(msgspec.Struct, forbid_unknown_fields=True):
    """That a line is split between those who stand on one side of it, as it is `written` there now."""

    line: LineNumber
    side: Literal["provider", "receiver"]
    written: Name


class SplitView(msgspec.Struct):
    """The numbers of the lines that are there now instead of the one."""

    lines: list[int]


class RecordView(msgspec.Struct):
    """A claim, or a transfer, beside a line; `near`: nothing was matched, but this might be meant."""

    id: UUID
    kind: Literal["claim", "transfer"]
    state: str
    provider: UUID
    receiver: UUID
    service_on: date
    seconds: int
    activity: str
    near: bool


class DecisionView(msgspec.Struct, omit_defaults=True):
    """What was decided. `claim` is the one that was logged, `paid` those that were confirmed by it.

    `waits`: it is a correction, and its dispute is still to be decided, mostly by another co-ordinator.
    """

    deed: DeedText
    at: datetime
    by: UUID
    seconds: int | None = None
    claim: UUID | None = None
    dispute: UUID | None = None
    records: list[UUID] = []
    paid: list[UUID] = []
    reason: str | None = None
    waits: bool = False


class LineView(msgspec.Struct, omit_defaults=True):
    """A line of a round. `row` is its line in the file; the names are as written, and gone once somebody was erased.

    `providers` and `receivers` are all whom a name may mean, the likeliest first; one when it is certain. `reasons` say
    why it has its grade. `problem` is why it could not be read, in `problem_column`. `state` is `deciding` while
    somebody's decision takes its steps.
    """

    line: int
    row: int
    grade: GradeText
    reasons: list[str]
    state: LineStateText
    providers: list[UUID]
    receivers: list[UUID]
    records: list[RecordView]
    provider: str | None = None
    receiver: str | None = None
    service_on: date | None = None
    seconds: int | None = None
    from_time: str | None = msgspec.field(name="from", default=None)
    to_time: str | None = msgspec.field(name="to", default=None)
    activity: str | None = None
    note: str | None = None
    reference: str | None = None
    problem: str | None = None
    problem_column: int | None = None
    decision: DecisionView | None = None


class LinesView(msgspec.Struct, omit_defaults=True):
    lines: list[LineView]
    next: str | None = None


class OnlyInLedgerView(msgspec.Struct):
    """A claim of the round's days that no line of it stands for, nor a decided one of another round."""

    id: UUID
    state: str
    provider: UUID
    receiver: UUID
    activity: str
    service_on: date
    seconds: int


class OnlyInLedgersView(msgspec.Struct, omit_defaults=True):
    claims: list[OnlyInLedgerView]
    next: str | None = None


DESK = allow(Role.COORDINATOR)
READERS = allow(Role.COORDINATOR, Role.AUDITOR)

_names = msgspec.json.Decoder(NamesBody)
_split = msgspec.json.Decoder(SplitBody)


@get(
    "/rounds/{round_id:str}/lines",
    summary="List the lines of a round",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "state": text("only those in this state", *get_args(LineStateText)),
            "grade": text("only those of this grade", *get_args(GradeText)),
            "deed": text("only those about which this was decided", *get_args(DeedText)),
            "unread": text("only those that could not be read", "true"),
            "after": integer("the number of the line after which the page begins", 0, MAX_LINES),
            "limit": PAGE,
        },
    ),
    responses=answers({200: LinesView}, 404),
)
async def get_lines(request: AnyRequest) -> ASGIResponse:
    """In the order of the paper, a page at a time, each with the claims and transfers beside it."""
    filters = ("state", "grade", "deed", "unread")
    only_query(request, *filters, "after", "limit")
    round_id, community = path_id(request, "round_id"), community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    if request.query_params.get("unread", "true") != "true":
        raise Problem("malformed_request", "The query parameter unread is `true` or left out.")
    deed = query_word(request, "deed", Deed)
    grade = query_word(request, "grade", LineGrade)
    state = query_word(request, "state", LineState)
    after = query_integer(request, "after", 0, 0, MAX_LINES)
    async with ledger_of(request).database.snapshot(community.id) as db:
        await require_round(db, community.id, round_id)
        found = await list_lines(
            db,
            community.id,
            round_id,
            after=after,
            at_most=limit + 1,
            state=state,
            grade=grade,
            deed=deed,
            unread=True if "unread" in request.query_params else None,
        )
    views = [_line_view(line, reads_notes(request)) for line in found[:limit]]
    following = None
    if len(found) > limit:
        kept = {name: request.query_params[name] for name in filters if name in request.query_params}
        query = urlencode({**kept, "after": views[-1].line, "limit": limit})
        following = f"/v1/communities/{community.slug}/rounds/{round_id}/lines?{query}"
    return json_response(LinesView(views, following), headers=next_link(following))


@get(
    "/rounds/{round_id:str}/only-in-ledger",
    summary="List the claims a round does not have",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "after": text("the id of the claim after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: OnlyInLedgersView}, 404, 409),
)
async def get_only_in_ledger(request: AnyRequest) -> ASGIResponse:
    """The claims of the round's days that no line of it stands for, nor a decided one of another round, by day."""
    only_query(request, "after", "limit")
    round_id, community = path_id(request, "round_id"), community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    async with ledger_of(request).database.snapshot(community.id) as db:
        round_ = await require_round(db, community.id, round_id)
        if round_.matched_at is None:
            raise ActRefused(Refusal.ROUND_UNMATCHED, str(round_id))
        after_id = after_on = None
        if given is not None:
            after_id = as_uuid(given, "The query parameter after")
            rows = await db.rows("hours/view_claims", community_id=community.id, claim_ids=[after_id])
            if not rows:
                raise Problem("not_found")
            after_on = rows[0]["service_on"]
        rows = await db.rows(
            "desk/list_only_in_ledger",
            community_id=community.id,
            round_id=round_id,
            from_on=round_.from_on,
            until_on=round_.until_on,
            after_on=after_on,
            after_id=after_id,
            at_most=limit + 1,
        )
    views = [
        OnlyInLedgerView(
            row["claim_id"],
            row["state"],
            row["provider_id"],
            row["receiver_id"],
            row["activity"],
            row["service_on"],
            row["recorded_seconds"],
        )
        for row in rows[:limit]
    ]
    following = None
    if len(rows) > limit:
        query = urlencode({"after": views[-1].id, "limit": limit})
        following = f"/v1/communities/{community.slug}/rounds/{round_id}/only-in-ledger?{query}"
    return json_response(OnlyInLedgersView(views, following), headers=next_link(following))


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
    meant = {each.written: each.member for each in asked.names}
    ledger = ledger_of(request)
    async with ledger.database.transaction(community.id) as db:
        round_ = await require_open(db, community.id, round_id)
        await remember_names(db, community.id, round_, meant, member_of(request), ledger.now())
    return await round_response(request, round_id)


@post(
    "/rounds/{round_id:str}/splits",
    summary="Split a line between two people",
    opt=DESK,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(SplitBody),
    responses=answers({200: SplitView}, 404, 409, 412, 415, 422, 503),
)
async def post_split(request: AnyRequest) -> ASGIResponse:
    """Make of "Ann and Bob" a line for each, both with all of its time. Match the round again to use it.

    The new lines stand behind the last one, with the row of the file they come from.
    """
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    asked = await read_body(request, _split)
    async with ledger_of(request).database.transaction(community.id) as db:
        lines = await split_line(db, community.id, round_id, asked.line, Side(asked.side), asked.written)
    return json_response(SplitView(lines))


def _line_view(line: Line, notes: bool) -> LineView:
    decided = None
    if line.decided is not None:
        decided = DecisionView(
            msgspec.convert(line.decided.deed.value, DeedText),  # what is undone is undecided
            line.decided.at,
            line.decided.by_id,
            line.decided.seconds,
            line.decided.made_id,
            line.decided.dispute_id,
            list(line.decided.record_ids),
            list(line.decided.paid_ids),
            line.decided.reason if notes else None,
            line.waits,
        )
    return LineView(
        line.number,
        line.row,
        line.grade.value,
        list(line.reasons),
        line.state.value,
        list(line.provider_ids),
        list(line.receiver_ids),
        [_record_view(record) for record in line.records],
        line.provider if notes else None,
        line.receiver if notes else None,
        line.service_on,
        line.seconds,
        None if line.from_time is None else f"{line.from_time:%H:%M}",
        None if line.to_time is None else f"{line.to_time:%H:%M}",
        line.activity,
        line.note if notes else None,
        line.reference if notes else None,
        line.problem,
        line.problem_column,
        decided,
    )


def _record_view(record: Record) -> RecordView:
    return RecordView(
        record.id,
        record.kind.value,
        record.state,
        record.provider_id,
        record.receiver_id,
        record.service_on,
        record.seconds,
        record.activity,
        record.near,
    )


round_lines_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_lines, get_only_in_ledger, put_names, post_split],
    tags=["Rounds"],
)
