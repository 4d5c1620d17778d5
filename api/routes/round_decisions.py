"""What is decided about the lines of a paper round, each on its own."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.problems import STATUS, Problem
from api.requests import (
    MAX_BATCH_BODY,
    Text,
    idempotency_key,
    json_response,
    normalised,
    only_query,
    path_id,
    read_body,
)
from api.routes.claims import ActivityCode
from api.routes.common import AnyRequest, community_of, hours_of, ledger_of, principal_of
from api.routes.round_views import Length, LineNumber, require_round
from ledger.desk.rounds.choices import Choice, LineAnswer
from ledger.desk.rounds.deciding import decide_lines
from ledger.desk.rounds.rounds import Deed, LineGrade, LineState, list_lines
from ledger.people.roles import Role

MAX_CHOICES = 500
"""The most lines that are decided with one request."""


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
    activity: ActivityCode | None = None
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


_choices = msgspec.json.Decoder(ChoicesBody)


@post(
    "/rounds/{round_id:str}/decisions",
    summary="Decide lines of a round",
    opt=allow(Role.COORDINATOR),
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
                grade=LineGrade(asked.accept_all),
            )
            choices = [Choice(line.number, Deed.ACCEPT) for line in lines]
    made = await decide_lines(hours_of(request), community, principal_of(request), key, round_id, choices)
    async with database.connection(community.id) as db:
        rows = await db.rows("desk/count_round_lines", community_id=community.id, round_ids=[round_id])
    undecided = sum(row["lines"] for row in rows if row["state"] != LineState.DECIDED)
    views = [_answer_view(each) for each in made]
    done = sum(view.done for view in views)
    return json_response(AnswersView(views, done, len(views) - done, undecided))


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


round_decisions_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_decisions], tags=["Rounds"]
)
