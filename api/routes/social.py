"""Social accounting: the report, the rows behind each of its numbers, the scorecard, and what is kept beside them."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get, put
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    MAX_SAFE,
    PLAIN_TEXT,
    as_uuid,
    idempotency_key,
    if_match,
    json_response,
    next_link,
    normalised,
    only_query,
    query_days,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    refused_response,
)
from ledger.book.commands import Act
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.social.keeping import (
    PARTS,
    Texts,
    read_targets,
    read_texts,
    set_target,
    write_texts,
)
from ledger.desk.social.measures import ALL, MEASURES, Measure, Perspective, Rows
from ledger.desk.social.report import CLASSES, Asked, SocialReport, asked_now, read_social
from ledger.desk.social.rows import (
    After,
    Narrowed,
    list_behind,
    list_claims_behind,
    measure_with_rows,
)
from ledger.desk.social.scorecard import earlier, range_before, reached, trend
from ledger.people.roles import Role, Scope

MAX_RANGE = timedelta(days=3653)
"""Ten years with their leap days."""

READERS = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, token=Scope.READ)
ROW_READERS = allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ)
WRITERS = allow(Role.COORDINATOR)
RANGE = {
    "from": text(
        "the first day; the first of the month eleven months back when left out", form=OpenAPIFormat.DATE
    ),
    "until": text("the last day, at most ten years later; today when left out", form=OpenAPIFormat.DATE),
}
NARROWING = ("activity", "giver_class", "receiver_class")
CURSOR = re.compile(r"(?:(?P<at>[0-9]{1,16})\.)?(?P<id>[0-9a-f-]{36})")
"""When a claim was logged, in microseconds, and its id; or the id of another row, that a page ended with."""

MAX_PARAGRAPHS = 40
MAX_PARAGRAPH = 2000

Paragraph = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_PARAGRAPH, pattern=PLAIN_TEXT)]
Paragraphs = Annotated[list[Paragraph], msgspec.Meta(max_length=MAX_PARAGRAPHS)]


class FigureView(msgspec.Struct, omit_defaults=True):
    """A number: what it counts in one sentence, its unit, and its value, which is missing where there is none to tell.

    Units: count, seconds, days, per_mille (of `of`), hundredths (of an answer from 1 to 5). `rows` stand behind it, at
    the address `rows_at`, unless they are answers of people. `held` says that it rests on what changes without a trace.
    """

    measure: str
    title: str
    definition: str
    unit: str
    kind: str
    rows: int
    value: int | None = None
    of: int | None = None
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


class RowView(msgspec.Struct, omit_defaults=True):
    """A row behind a number: a claim, a member, a request, a dispute or an account, by its id."""

    id: UUID
    number: int | None = None
    provider: UUID | None = None
    receiver: UUID | None = None
    claim: UUID | None = None
    activity: str | None = None
    on: date | None = None
    logged_at: datetime | None = None
    seconds: int | None = None
    days: int | None = None
    standing: str | None = None
    disputed: bool = False
    via: str | None = None
    given_seconds: int | None = None
    received_seconds: int | None = None
    classes: list[str] | None = None
    outcome: str | None = None
    code: str | None = None


class RowsView(msgspec.Struct, omit_defaults=True):
    """A page of the rows behind a number; `kind` says what they are."""

    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    kind: str
    rows: list[RowView]
    next: str | None = None


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
        asked = await asked_of(request, db)
        report = await read_social(db, asked)
    return json_response(
        SocialReportView(
            asked.from_on,
            asked.until_on,
            asked.as_of,
            asked.tree_size,
            [FigureView(**_figure(request, report, each)) for each in ALL],
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
        asked = await asked_of(request, db)
        report = await read_social(db, asked)
        hours = await hours_of(request).read(db, community, ledger_of(request).now())
        first, last = range_before(asked.from_on, asked.until_on)
        before_asked = asked_now(community.id, hours, first, last, asked.tree_size, ledger_of(request).now())
        before = await read_social(db, before_asked)
        targets = await read_targets(db, community.id)

    def score(measure: Measure) -> ScoreView:
        figure = report.figures[measure.code]
        previous = earlier(measure, before.figures[measure.code])
        target = targets.get(measure.code)
        return ScoreView(
            **_figure(request, report, measure),
            trend=trend(measure, figure, previous),
            previous=previous.value,
            target=target,
            reached=reached(measure, figure, target),
        )

    return json_response(
        ScorecardView(
            asked.from_on,
            asked.until_on,
            first,
            last,
            asked.as_of,
            asked.tree_size,
            [
                PerspectiveView(each, [score(measure) for measure in ALL if measure.perspective is each])
                for each in Perspective
            ],
        )
    )


@get(
    "/social/rows/{measure:str}",
    summary="The rows behind a number",
    opt=ROW_READERS,
    operation_class=body(
        None,
        query={
            **RANGE,
            "activity": text("of visits and hours: only those of this kind of care"),
            "giver_class": text("of visits and hours: only those whose giver is in this class", *CLASSES),
            "receiver_class": text("of visits and hours: only those whose receiver is", *CLASSES),
            "after": text("where the page begins: take it from the link to the next one"),
            "limit": PAGE,
        },
    ),
    responses=answers({200: RowsView}, 404),
)
async def list_rows(request: AnyRequest) -> ASGIResponse:
    """Exactly the claims, members, requests, disputes or accounts that a number of the report counts, a page at a time.

    For hours, waits and days each row says its own part. What people said of their well-being has no rows.
    """
    only_query(request, "from", "until", *NARROWING, "after", "limit")
    measure = measure_with_rows(str(request.path_params["measure"]))
    if measure is None:
        raise Problem("not_found")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    narrowed, after = _narrowed(request, measure), _after(request, measure)
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        asked = await asked_of(request, db)
        if measure.rows is Rows.CLAIMS:
            found = await list_claims_behind(db, asked, measure, narrowed, after, limit + 1)
        else:
            found = await list_behind(db, asked, measure, after, limit + 1)
    rows = [_row_view(measure, row) for row in found[:limit]]
    following = None
    if len(found) > limit:
        last = rows[-1]
        kept = {name: request.query_params[name] for name in NARROWING if name in request.query_params}
        query = urlencode(
            {
                # Today may be another day when the next page is asked for.
                "from": asked.from_on,
                "until": asked.until_on,
                **kept,
                "after": last.id if last.logged_at is None else f"{_microseconds(last.logged_at)}.{last.id}",
                "limit": limit,
            }
        )
        following = f"/v1/communities/{community.slug}/social/rows/{measure.code}?{query}"
    shown = RowsView(asked.from_on, asked.until_on, measure.rows, rows, following)
    return json_response(shown, headers=next_link(following))


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
    opt=WRITERS,
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
        asked = await asked_of(request, db)
        texts = await read_texts(db, community.id, asked.from_on, asked.until_on)
    return _texts_response(asked, texts)


@put(
    "/social/texts",
    summary="Write the texts of a report",
    opt=WRITERS,
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
        asked = await asked_of(request, db)
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


async def asked_of(request: AnyRequest, db: Connection) -> Asked:
    """The range that is asked for, as everything stands. Raises Problem for one that is none, reversed, or too long."""
    from_on, until_on = query_days(request, "from", "until")
    ledger, community = ledger_of(request), community_of(request)
    now = ledger.now()
    hours = await hours_of(request).read(db, community, now)
    until_on = until_on or hours.today
    from_on = from_on or a_year_before(until_on)
    if from_on > until_on:
        raise Problem("malformed_request", "The query parameter until lies before from.")
    if until_on - from_on > MAX_RANGE:
        raise Problem("malformed_request", "From and until are at most ten years apart.")
    head = await db.row("log/read_head", community_id=community.id)
    if head is None:
        raise RuntimeError("a community has a head")
    # Writers' clocks may be ahead of this one.
    return asked_now(community.id, hours, from_on, until_on, head["tree_size"], max(now, head["recorded_at"]))


def a_year_before(until_on: date) -> date:
    """The first of the month eleven months before that of a day."""
    place = 12 * until_on.year + until_on.month - 12
    return date(place // 12, place % 12 + 1, 1)


def _figure(request: AnyRequest, report: SocialReport, measure: Measure) -> dict[str, Any]:
    """What a view says of a measure."""
    figure = report.figures[measure.code]
    query = urlencode({"from": report.asked.from_on, "until": report.asked.until_on})
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
        "rows_at": None if measure.rows is Rows.NONE else at,
        "held": measure.held,
    }


def _narrowed(request: AnyRequest, measure: Measure) -> Narrowed:
    query = request.query_params
    if measure.code not in ("visits", "hours_given") and set(NARROWING) & query.keys():
        raise Problem("malformed_request", "Visits and hours can be narrowed, no other number.")
    for name in ("giver_class", "receiver_class"):
        if name in query and query[name] not in CLASSES:
            raise Problem("malformed_request", f"The query parameter {name} is one of {', '.join(CLASSES)}.")
    return Narrowed(query.get("activity"), query.get("giver_class"), query.get("receiver_class"))


def _after(request: AnyRequest, measure: Measure) -> After | None:
    given = request.query_params.get("after")
    if given is None:
        return None
    wrong = Problem("malformed_request", "The query parameter after is not from a link of ours.")
    form = CURSOR.fullmatch(given)
    if form is None or (form["at"] is None) is (measure.rows is Rows.CLAIMS):
        raise wrong
    logged_at = None if form["at"] is None else EPOCH + timedelta(microseconds=int(form["at"]))
    return After(as_uuid(form["id"], "The query parameter after"), logged_at)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _row_view(measure: Measure, row: Any) -> RowView:
    match measure.rows:
        case Rows.CLAIMS:
            waited = measure.code in ("confirm_median", "confirm_ninety")
            return RowView(
                row["claim_id"],
                provider=row["provider_id"],
                receiver=row["receiver_id"],
                activity=row["activity"],
                on=row["service_on"],
                logged_at=row["logged_at"],
                seconds=row["waited_seconds"] if waited else row["seconds"],
                standing=row["standing"],
                disputed=row["disputed"],
                via=row["answered_via"],
            )
        case Rows.MEMBERS if measure.code == "cleared":
            return RowView(row["member_id"], number=row["member_number"])
        case Rows.MEMBERS:
            return RowView(
                row.id,
                number=row.number,
                given_seconds=row.given_seconds,
                received_seconds=row.received_seconds,
                classes=list(row.classes),
            )
        case Rows.REQUESTS:
            visited = row["visited_on"]
            return RowView(
                row["care_request_id"],
                receiver=row["receiver_id"],
                activity=row["activity"],
                on=row["care_on"],
                seconds=row["taken_seconds"],
                days=None if visited is None else max((visited - row["asked_on"]).days, 0),
            )
        case Rows.DISPUTES:
            return RowView(row["dispute_id"], claim=row["claim_id"], outcome=row["outcome"], days=row["days"])
    return RowView(row["account_id"], code=row["code"], seconds=row["balance"])


social_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        get_report,
        get_scorecard,
        list_rows,
        get_targets,
        put_target,
        get_texts,
        put_texts,
    ],
    tags=["Social report"],
)
