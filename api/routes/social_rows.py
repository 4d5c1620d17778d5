"""The rows behind each number of the social report: claims, members, requests, disputes, accounts, a page at a time."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import MAX_PAGE, as_uuid, json_response, next_link, only_query, query_integer
from api.routes.common import AnyRequest, community_of, ledger_of
from api.routes.social import RANGE, asked_of
from ledger.desk.social.measures import Measure, Rows
from ledger.desk.social.report import CLASSES
from ledger.desk.social.rows import NARROWED_BY, After, Narrowed, list_behind, measure_with_rows
from ledger.people.roles import Role, Scope

NARROWING = ("activity", "giver_class", "receiver_class")
CURSOR = re.compile(r"(?:(?P<at>[0-9]{1,16})\.)?(?P<id>[0-9a-f-]{36})")
"""When a claim was logged, in microseconds, and its id; or the id of another row, that a page ended with."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


@get(
    "/social/rows/{measure:str}",
    summary="The rows behind a number",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ),
    operation_class=body(
        None,
        query={
            **RANGE,
            "activity": text("of visits and hours: only those of this kind of care"),
            "giver_class": text(
                "of visits, hours and givers: only those whose giver is in this class", *CLASSES
            ),
            "receiver_class": text(
                "of visits, hours and people reached: only those whose receiver is in this class", *CLASSES
            ),
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
        asked, _ = await asked_of(request, db)
        found = await list_behind(db, asked, measure, narrowed, after, limit + 1)
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


def _narrowed(request: AnyRequest, measure: Measure) -> Narrowed:
    query, ways = request.query_params, NARROWED_BY.get(measure.code, ())
    for name in NARROWING:
        if name in query and name not in ways:
            raise Problem("malformed_request", f"This number cannot be narrowed by {name}.")
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


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _row_view(measure: Measure, row: Any) -> RowView:
    match measure.rows:
        case Rows.CLAIMS:
            return RowView(
                row["claim_id"],
                provider=row["provider_id"],
                receiver=row["receiver_id"],
                activity=row["activity"],
                on=row["service_on"],
                logged_at=row["logged_at"],
                seconds=row["waited_seconds"] if measure.per_cent else row["seconds"],
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


social_rows_router = Router("/v1/communities/{slug:str}", route_handlers=[list_rows], tags=["Social report"])
