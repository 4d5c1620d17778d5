"""The lines of paper rounds: what stands beside each in the ledger, what is decided about it, and the sign-off."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import STATUS, Problem
from api.requests import (
    MAX_BATCH_BODY,
    MAX_BODY,
    MAX_PAGE,
    NOTHING,
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
)
from api.routes.claims import Code
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refused_response,
)
from api.routes.round_views import RoundView
from api.routes.rounds import Length, refused_act, require_round, round_response
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Refused, Replayed
from ledger.book.refusals import Refusal
from ledger.desk.rounds.choices import Choice, LineAnswer
from ledger.desk.rounds.deciding import decide_lines
from ledger.desk.rounds.ending import abandon, sign_off
from ledger.desk.rounds.rounds import Deed, Line, LineState, Record, list_lines
from ledger.people.roles import Role

MAX_CHOICES = 500
"""The most lines that are decided with one request."""

MAX_LINE = 20_000
GradeText = Literal["exact", "probable", "none"]
LineStateText = Literal["undecided", "deciding", "decided"]
DeedText = Literal["accept", "correct", "create", "dispute", "set_aside"]
LineNumber = Annotated[int, msgspec.Meta(ge=1, le=MAX_LINE)]


class ChoiceBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is decided about a line.

    `accept`: the ledger is right; claims that wait are confirmed, what was posted is left as it is.
    `correct`: the visit was as long as the paper says, or `seconds`; what waits is withdrawn and logged anew, what was
    posted is disputed and corrected.
    `create`: the claim is missing, and is logged; with `confirmed` it is paid at once, since the receiver has signed.
    `dispute`: opens a dispute with `reason`.
    `set_aside`: the paper does not count, for `reason`.
    `undo`: takes the decision back, where nothing was paid by it.

    `records` are the claims or transfers that are meant, where they are not those that were matched. What else is left
    out is taken from the line.
    """

    line: LineNumber
    deed: Literal["accept", "correct", "create", "dispute", "set_aside", "undo"]
    records: Annotated[list[UUID], msgspec.Meta(max_length=20)] = []
    seconds: Length | None = None
    provider: UUID | None = None
    receiver: UUID | None = None
    service_on: date | None = None
    activity: Code | None = None
    reason: Text | None = None
    confirmed: bool = False
    even_if_matched: bool = False


class ChoicesBody(msgspec.Struct, forbid_unknown_fields=True):
    """Decisions line by line; or `accept_all` the lines of this grade that are undecided, 500 at a time."""

    choices: Annotated[list[ChoiceBody], msgspec.Meta(max_length=MAX_CHOICES)] = []
    accept_all: Literal["exact", "probable"] | None = None


class LineAnswerView(msgspec.Struct, omit_defaults=True):
    """What became of a decision: done, or the name of the `refusal`, its status and what to do.

    `claim` is the one that was logged. `dispute` was opened; `waits` is why it has no outcome yet, mostly `own_affair`:
    another co-ordinator decides it.
    """

    line: int
    done: bool
    refusal: str | None = None
    status: int | None = None
    title: str | None = None
    remedy: str | None = None
    about: str | None = None
    replayed: bool = False
    claim: UUID | None = None
    dispute: UUID | None = None
    waits: str | None = None


class AnswersView(msgspec.Struct):
    """The answers in the order of the choices; `undecided` lines are left in the round."""

    answers: list[LineAnswerView]
    done: int
    refused: int
    undecided: int


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
    """What was decided. `claim` is the one that was logged, `paid` those that were confirmed by it."""

    deed: DeedText
    at: datetime
    by: UUID
    seconds: int | None = None
    claim: UUID | None = None
    dispute: UUID | None = None
    records: list[UUID] = []
    paid: list[UUID] = []
    reason: str | None = None


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
    """A claim of the round's days that no line stands for."""

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


class _Grade(StrEnum):
    EXACT = "exact"
    PROBABLE = "probable"
    NONE = "none"


DESK = allow(Role.COORDINATOR)
READERS = allow(Role.COORDINATOR, Role.AUDITOR)

_choices = msgspec.json.Decoder(ChoicesBody)


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
            "after": integer("the number of the line after which the page begins", 0, MAX_LINE),
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
    grade = query_word(request, "grade", _Grade)
    state = query_word(request, "state", LineState)
    after = query_integer(request, "after", 0, 0, MAX_LINE)
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
    """The claims of the round's days that no line of it stands for, by day."""
    only_query(request, "after", "limit")
    round_id, community = path_id(request, "round_id"), community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    async with ledger_of(request).database.snapshot(community.id) as db:
        round_ = await require_round(db, community.id, round_id)
        if round_.matched_at is None:
            return refused_act(request, round_id, ActRefused(Refusal.ROUND_UNMATCHED, str(round_id)))
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


@post(
    "/rounds/{round_id:str}/decisions",
    summary="Decide lines of a round",
    opt=DESK,
    status_code=200,
    request_max_body_size=MAX_BATCH_BODY,
    operation_class=body(ChoicesBody, idempotent=True),
    responses=answers({200: AnswersView}, 404, 409, 413, 415, 422, 503),
)
async def post_decisions(request: AnyRequest) -> ASGIResponse:
    """Say what becomes of lines, each on its own: one that is refused stays undecided, and its answer says why.

    Sent again after a lost answer, with the same key, it goes on where it was cut off and does nothing twice. Nobody
    decides about themselves or their relatives.
    """
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _choices)
    if bool(asked.choices) == (asked.accept_all is not None):
        raise Problem("malformed_request", "The body has either `choices` or `accept_all`.")
    choices = [_choice(each) for each in asked.choices]
    if len({choice.line for choice in choices}) < len(choices):
        raise Problem("malformed_request", "A line stands twice in the choices.")
    database = ledger_of(request).database
    async with database.snapshot(community.id) as db:
        await require_round(db, community.id, round_id)
        if asked.accept_all is not None:
            lines = await list_lines(
                db,
                community.id,
                round_id,
                after=0,
                at_most=MAX_CHOICES,
                state=LineState.UNDECIDED,
                grade=asked.accept_all,
            )
            choices = [Choice(line.number, Deed.ACCEPT) for line in lines]
    try:
        made = await decide_lines(hours_of(request), community, principal_of(request), key, round_id, choices)
    except ActRefused as no:
        return refused_act(request, key, no)
    async with database.connection(community.id) as db:
        rows = await db.rows("desk/count_round_lines", community_id=community.id, round_ids=[round_id])
    undecided = sum(row["lines"] for row in rows if row["state"] != LineState.DECIDED)
    views = [_answer_view(each) for each in made]
    done = sum(view.done for view in views)
    return json_response(AnswersView(views, done, len(views) - done, undecided))


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


def _choice(asked: ChoiceBody) -> Choice:
    reason = normalised(asked.reason)
    if reason is None and asked.deed in ("dispute", "set_aside"):
        raise Problem("malformed_request", "Whoever disputes a claim or sets a line aside gives a `reason`.")
    return Choice(
        asked.line,
        Deed(asked.deed),
        tuple(asked.records),
        asked.seconds,
        asked.provider,
        asked.receiver,
        asked.service_on,
        asked.activity,
        reason,
        asked.confirmed,
        asked.even_if_matched,
    )


def _answer_view(answer: LineAnswer) -> LineAnswerView:
    refusal = answer.refusal
    view = LineAnswerView(
        answer.line,
        refusal is None,
        replayed=answer.replayed,
        claim=answer.made_id,
        dispute=answer.dispute_id,
        waits=None if answer.waits is None else answer.waits.code,
    )
    if refusal is not None:
        view.refusal, view.status = refusal.code, STATUS[refusal]
        view.title, view.remedy, view.about = refusal.says, refusal.remedy, answer.detail
    return view


def _line_view(line: Line, notes: bool) -> LineView:
    decided = None
    if line.decided is not None:
        decided = DecisionView(
            line.decided.deed.value,  # type: ignore[arg-type]
            line.decided.at,
            line.decided.by_id,
            line.decided.seconds,
            line.decided.made_id,
            line.decided.dispute_id,
            list(line.decided.record_ids),
            list(line.decided.paid_ids),
            line.decided.reason if notes else None,
        )
    return LineView(
        line.number,
        line.row,
        line.grade,  # type: ignore[arg-type]
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
        record.kind,  # type: ignore[arg-type]
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
    route_handlers=[get_lines, get_only_in_ledger, post_decisions, post_sign_off, post_abandonment],
    tags=["Rounds"],
)
