"""Social accounting: the report and the scorecard; the rows behind each number are in `social_rows`."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Router, get
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body, text
from api.problems import Problem
from api.requests import json_response, only_query, query_days
from api.routes.common import AnyRequest, community_of, hours_of, ledger_of
from api.routes.reports import MAX_RANGE
from ledger.database.connections import Connection
from ledger.desk.social.measures import ALL, Measure, Perspective, Rows
from ledger.desk.social.reading import Asked, read_asked
from ledger.desk.social.report import Figure, read_social
from ledger.desk.social.scorecard import Score, a_year_until, read_scorecard
from ledger.hours.claims import HoursBook
from ledger.people.roles import Role, Scope

READERS = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, token=Scope.READ)
RANGE = {
    "from": text(
        "the first day; the first of the month eleven months back when left out", form=OpenAPIFormat.DATE
    ),
    "until": text("the last day, at most ten years later; today when left out", form=OpenAPIFormat.DATE),
}


class FigureView(msgspec.Struct, omit_defaults=True):
    """A number: what it counts in one sentence, its unit, and its value, which is missing where there is none to tell.

    Units: count, seconds, days, per_mille (of `of`), hundredths (of an answer from 1 to 5). `rows` stand behind it, at
    the address `rows_at`, unless they are answers of people. A wait is the longest of the fastest `per_cent` of its
    rows. `held` says that it rests on what changes without a trace.
    """

    measure: str
    title: str
    definition: str
    unit: str
    kind: str
    rows: int
    value: int | None = None
    of: int | None = None
    per_cent: int | None = None
    rows_at: str | None = None
    held: bool = False


class ActivityView(msgspec.Struct):
    """Paid visits of a kind of care, and their seconds."""

    activity: str
    visits: int
    seconds: int


class ClassView(msgspec.Struct, rename={"code": "class"}):
    """What members of a stakeholder class gave and received; `none` for those in no class."""

    code: str
    givers: int
    given_visits: int
    given_seconds: int
    receivers: int
    received_visits: int
    received_seconds: int


class AnswersView(msgspec.Struct):
    """How often each answer from 1 to 5 was given to a question by one side, in the months that may be told of."""

    side: str
    question: str
    counts: list[int]
    months: list[date]


class SocialReportView(msgspec.Struct):
    """The report of a range of days, of what was recorded before `as_of`, with the first `size` leaves of the log."""

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    as_of: datetime
    size: int
    figures: list[FigureView]
    activities: list[ActivityView]
    classes: list[ClassView]
    answers: list[AnswersView]


class ScoreView(FigureView, kw_only=True, omit_defaults=True):
    """A number with that of the range before, which way it went, and the target there is for it."""

    trend: str
    previous: int | None = None
    previous_rows: int = 0
    previous_of: int | None = None
    target: int | None = None
    reached: bool | None = None


class PerspectiveView(msgspec.Struct):
    perspective: str
    scores: list[ScoreView]


class ScorecardView(msgspec.Struct):
    """A balanced scorecard: people, credits, processes, learning; each number beside that of the range before."""

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    previous_from: date
    previous_until: date
    as_of: datetime
    size: int
    perspectives: list[PerspectiveView]


@get(
    "/social/report",
    summary="The social report",
    opt=READERS,
    operation_class=body(None, query=RANGE),
    responses=answers({200: SocialReportView}),
)
async def get_report(request: AnyRequest) -> ASGIResponse:
    """What was done for whom in a range of days, each number with its definition and the address of its rows.

    What people said of their well-being is told of months in which five people or more answered, and never singly.
    """
    only_query(request, "from", "until")
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        asked, _ = await asked_of(request, db)
        report = await read_social(db, asked)
    return json_response(
        SocialReportView(
            asked.from_on,
            asked.until_on,
            asked.as_of,
            asked.tree_size,
            [FigureView(**_figure(request, asked, each, report.figures[each.code])) for each in ALL],
            [ActivityView(each.code, each.visits, each.seconds) for each in report.activities],
            [
                ClassView(
                    each.code,
                    each.givers,
                    each.given_visits,
                    each.given_seconds,
                    each.receivers,
                    each.received_visits,
                    each.received_seconds,
                )
                for each in report.classes
            ],
            [
                AnswersView(side, question, list(found.counts), list(found.months))
                for (side, question), found in report.answers.items()
            ],
        )
    )


@get(
    "/social/scorecard",
    summary="The balanced scorecard",
    opt=READERS,
    operation_class=body(None, query=RANGE),
    responses=answers({200: ScorecardView}),
)
async def get_scorecard(request: AnyRequest) -> ASGIResponse:
    """The numbers of the report from four perspectives, beside their targets and those of the range before.

    The range before has as many whole months when this one is made of whole months, else as many days.
    """
    only_query(request, "from", "until")
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        asked, hours = await asked_of(request, db)
        card = await read_scorecard(db, asked, hours)

    def view(score: Score) -> ScoreView:
        return ScoreView(
            **_figure(request, asked, score.measure, score.figure),
            trend=score.trend,
            previous=score.previous.value,
            previous_rows=score.previous.count,
            previous_of=score.previous.of,
            target=score.target,
            reached=score.reached,
        )

    return json_response(
        ScorecardView(
            asked.from_on,
            asked.until_on,
            card.previous_from,
            card.previous_until,
            asked.as_of,
            asked.tree_size,
            [
                PerspectiveView(
                    each, [view(score) for score in card.scores if score.measure.perspective is each]
                )
                for each in Perspective
            ],
        )
    )


async def asked_of(request: AnyRequest, db: Connection) -> tuple[Asked, HoursBook]:
    """The range that is asked for, as everything stands, and the policies there are.

    Raises Problem for a range that is none, reversed, or too long.
    """
    from_on, until_on = query_days(request, "from", "until")
    ledger, community = ledger_of(request), community_of(request)
    now = ledger.now()
    hours = await hours_of(request).read(db, community, now)
    until_on = until_on or hours.today
    from_on = from_on or a_year_until(until_on)
    if from_on > until_on:
        raise Problem("malformed_request", "The query parameter until lies before from.")
    if until_on - from_on > MAX_RANGE:
        raise Problem("malformed_request", "From and until are at most ten years apart.")
    return await read_asked(db, community.id, hours, from_on, until_on, now), hours


def _figure(request: AnyRequest, asked: Asked, measure: Measure, figure: Figure) -> dict[str, Any]:
    """What a view says of a measure."""
    query = urlencode({"from": asked.from_on, "until": asked.until_on})
    at = f"/v1/communities/{community_of(request).slug}/social/rows/{measure.code}?{query}"
    return {
        "measure": measure.code,
        "title": measure.title,
        "definition": measure.definition,
        "unit": measure.unit,
        "kind": measure.rows,
        "rows": figure.count,
        "value": figure.value,
        "of": figure.of,
        "per_cent": measure.per_cent,
        "rows_at": None if measure.rows is Rows.NONE else at,
        "held": measure.held,
    }


social_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[get_report, get_scorecard], tags=["Social report"]
)
