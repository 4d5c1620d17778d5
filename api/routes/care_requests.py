"""Requests for care: ask for it, look for somebody to help, take a request, give it back, cancel it."""

from datetime import date, datetime, time
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
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
    query_day,
    query_integer,
    read_body,
)
from api.routes.claims import ActivityCode, Clock, Length
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refused_response,
    replay_header,
)
from ledger.book.ledger import Answer
from ledger.book.posting import Refused
from ledger.database.connections import Connection
from ledger.hours.care_requests import (
    MAX_SERIES,
    NewCareRequest,
    ask,
    asker_for,
    cancel,
    give_back,
    has_expired,
    list_open,
    needs_of,
    read_looker,
    series_ids,
    take,
    taker_for,
)
from ledger.hours.claims import HoursBook
from ledger.hours.clearances import expiring, read_clearances
from ledger.people.roles import DelegateScope, Principal, Role, Scope

CareRequestStateText = Literal["open", "taken", "settled", "cancelled", "expired"]
FILTERS = ("mine", "all", "state", "from", "until")
STATES: tuple[str, ...] = get_args(CareRequestStateText)


class CareRequestBody(msgspec.Struct, forbid_unknown_fields=True):
    """That `receiver` wishes for `seconds` of care on a day, `weekly` times in all, each a week after the last.

    `from` is by the community's clock. `area` says roughly where: a part of town, never an address; those who look for
    something to take see it. `note` is for whoever takes it.
    """

    receiver: UUID
    activity: ActivityCode
    care_on: date
    seconds: Length
    from_time: Clock | None = msgspec.field(name="from", default=None)
    area: Name | None = None
    note: Text | None = None
    weekly: Annotated[int, msgspec.Meta(ge=1, le=MAX_SERIES)] = 1


class TakingBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who takes it, when a co-ordinator enters it for a volunteer without a phone; left out for oneself."""

    member: UUID | None = None


class CancellationBody(msgspec.Struct, forbid_unknown_fields=True):
    """With `following`, the later requests of the same series are cancelled too."""

    following: bool = False


class CareRequestEventView(msgspec.Struct, omit_defaults=True):
    """One step of a request: what was done, when, by whom and in what capacity."""

    kind: str
    at: datetime
    via: str
    by: str | None = None
    acting_for: UUID | None = None
    claim: UUID | None = None


class CareRequestView(msgspec.Struct, omit_defaults=True):
    """A request for care. `needs` are the kinds of clearances it takes; it expires at `expires_at`.

    Whoever has no part in it sees no more than what there is to do. `note` is for those who have one, and what is set
    aside (`held_seconds` of `payer`, in `hold`) for the receiver's side.
    """

    id: UUID
    state: CareRequestStateText
    receiver: UUID
    activity: str
    care_on: date
    seconds: int
    expires_at: datetime
    needs: list[str] = []
    from_time: str | None = msgspec.field(name="from", default=None)
    area: str | None = None
    note: str | None = None
    series: UUID | None = None
    taken_by: UUID | None = None
    asked_at: datetime | None = None
    asked_via: str | None = None
    asked_by: str | None = None
    policy_version: int | None = None
    payer: UUID | None = None
    hold: UUID | None = None
    held_seconds: int | None = None
    events: list[CareRequestEventView] = []


class CareRequestsView(msgspec.Struct, omit_defaults=True):
    care_requests: list[CareRequestView]
    next: str | None = None


class ClearanceWarningView(msgspec.Struct):
    """A clearance the taken request needs, and that ends within 31 days."""

    kind: str
    expires_on: date


class TakenView(msgspec.Struct, omit_defaults=True):
    """A request that was taken, and a warning for each clearance behind it that ends soon."""

    care_request: CareRequestView
    warning: list[ClearanceWarningView] = []


_asking = msgspec.json.Decoder(CareRequestBody)
_taking = msgspec.json.Decoder(TakingBody)
_cancellation = msgspec.json.Decoder(CancellationBody)

# Who checks the books, or keeps the roles, neither asks for care nor gives it.
ANYBODY = allow(Role.COORDINATOR, token=Scope.POST, member=True, barred=(Role.AUDITOR, Role.ADMINISTRATOR))
READERS = allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ, member=True)


@post(
    "/care-requests",
    summary="Ask for care",
    opt=ANYBODY,
    request_max_body_size=MAX_BODY,
    operation_class=body(CareRequestBody, idempotent=True),
    responses=answers({201: CareRequestsView, 200: CareRequestsView}, 404, 409, 415, 422, 503),
)
async def post_care_request(request: AnyRequest) -> ASGIResponse:
    """Ask for care: for oneself, as a delegate who may, or as a co-ordinator for somebody who is no relative.

    What it will cost is set aside at once, on the receiver's account or on a pot by its rule; with `weekly`, for every
    week or not at all. The Idempotency-Key becomes the id of the first request, and of the series.
    """
    only_query(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _asking)
    author = asker_for(principal, asked.receiver)
    if author is None:
        raise Problem("not_allowed")
    new = NewCareRequest(
        asked.receiver,
        asked.activity,
        asked.care_on,
        asked.seconds,
        None if asked.from_time is None else time.fromisoformat(asked.from_time),
        normalised(asked.area),
        normalised(asked.note),
        asked.weekly,
    )
    answer = await ask(hours_of(request), principal.community, principal, author, key, new)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = replay_header(answer)
    headers = {"location": f"/v1/communities/{principal.community.slug}/care-requests/{key}"} | replayed
    async with ledger_of(request).database.snapshot(principal.community.id) as db:
        shown = await _views(request, db, series_ids(key, asked.weekly))
    return json_response(CareRequestsView(shown), 200 if replayed else 201, headers)


@get(
    "/care-requests",
    summary="List requests for care",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "mine": text("only those for you or for whom you act, and those you have taken", "true"),
            "all": text("all of the community, for a co-ordinator", "true"),
            "state": text("only those in this state; other than `open` with `mine` or `all`", *STATES),
            "from": text("only those for this day or later; with `mine` or `all`", form=OpenAPIFormat.DATE),
            "until": text(
                "only those for this day or earlier; with `mine` or `all`", form=OpenAPIFormat.DATE
            ),
            "after": text("the id of the request after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: CareRequestsView}, 404),
)
async def list_care_requests(request: AnyRequest) -> ASGIResponse:
    """Requests somebody could take, the earliest care first: those you have the clearances for, not your own.

    With `mine` or `all`, those in any state or in one, the latest care first; a token always sees all.
    """
    only_query(request, *FILTERS, "after", "limit")
    community, principal = community_of(request), principal_of(request)
    query = request.query_params
    for name in ("mine", "all"):
        if query.get(name, "true") != "true":
            raise Problem("malformed_request", f"The query parameter {name} is `true` or left out.")
    state = query.get("state")
    if state is not None and state not in STATES:
        raise Problem("malformed_request", "The query parameter state is not a state of a request.")
    if "all" in query and "mine" in query:
        raise Problem("malformed_request", "Ask for `mine` or for `all`, not for both.")
    if "all" in query and not _sees_all(principal):
        raise Problem("not_allowed")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    async with ledger_of(request).database.snapshot(community.id) as db:
        ids = await _listed(request, db, state, limit + 1)
        views = await _views(request, db, ids[:limit])
    following = None
    if len(ids) > limit:
        kept = {name: query[name] for name in FILTERS if name in query}
        more = urlencode({**kept, "after": ids[limit - 1], "limit": limit})
        following = f"/v1/communities/{community.slug}/care-requests?{more}"
    return json_response(CareRequestsView(views, following), headers=next_link(following))


async def _listed(request: AnyRequest, db: Connection, state: str | None, at_most: int) -> list[UUID]:
    """The ids of one page."""
    community, principal, query = community_of(request), principal_of(request), request.query_params
    now = ledger_of(request).now()
    after_on, after_id = await _after(request, db, community.id, query.get("after"))
    days = {"from_on": query_day(request, "from"), "until_on": query_day(request, "until")}
    page = {
        "community_id": community.id,
        "now": now,
        "state": state,
        "after_on": after_on,
        "after_id": after_id,
        "at_most": at_most,
    }
    if "mine" in query:
        rows = await db.rows(
            "hours/list_member_care_requests",
            receiver_ids=_receivers(principal),
            taker_id=principal.member_id,
            **days,
            **page,
        )
        return [row["care_request_id"] for row in rows]
    if "all" in query or principal.member_id is None:
        rows = await db.rows("hours/list_care_requests", **days, **page)
        return [row["care_request_id"] for row in rows]
    if state not in (None, "open"):
        raise Problem("malformed_request", "Other states than open are listed with `mine` or `all`.")
    if days != {"from_on": None, "until_on": None}:
        raise Problem("malformed_request", "Days are chosen with `mine` or `all`.")
    hours = await hours_of(request).read(db, community, now)
    looker = await read_looker(db, community.id, principal.member_id, principal.accounts)
    return await list_open(db, community.id, hours, looker, (after_on, after_id), at_most, now)


async def _after(
    request: AnyRequest, db: Connection, community_id: int, given: str | None
) -> tuple[date | None, UUID | None]:
    if given is None:
        return None, None
    care_request_id = as_uuid(given, "The query parameter after")
    rows = await db.rows(
        "hours/read_care_requests", community_id=community_id, care_request_ids=[care_request_id]
    )
    if not rows or not await _views(request, db, [care_request_id]):
        raise Problem("not_found")
    return rows[0]["care_on"], care_request_id


@get(
    "/care-requests/{care_request_id:str}",
    summary="Read a request for care",
    opt=READERS,
    responses=answers({200: CareRequestView}, 404),
)
async def get_care_request(request: AnyRequest) -> ASGIResponse:
    """A request with its steps, for those who have a part in it; while it is open, what there is to do, for all."""
    only_query(request)
    care_request_id = path_id(request, "care_request_id")
    async with ledger_of(request).database.snapshot(community_of(request).id) as db:
        return json_response(await _view_with_events(request, db, care_request_id))


@post(
    "/care-requests/{care_request_id:str}/taking",
    summary="Take a request for care",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(TakingBody, idempotent=True),
    responses=answers({200: TakenView}, 404, 409, 415, 422, 503),
)
async def post_taking(request: AnyRequest) -> ASGIResponse:
    """Say that you will come; a co-ordinator or a token may name somebody else. The first who says so takes it."""
    only_query(request)
    care_request_id = path_id(request, "care_request_id")
    key = idempotency_key(request)
    asked = await read_body(request, _taking)
    principal, community = principal_of(request), community_of(request)
    taker_id = asked.member or principal.member_id
    if taker_id is None:
        raise Problem("malformed_request", "Say in `member` who takes the request.")
    author = taker_for(principal, taker_id)
    if author is None:
        raise Problem("not_allowed")
    answer = await take(hours_of(request), community, author, key, care_request_id, taker_id)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    ledger = ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        view = await _view_with_events(request, db, care_request_id)
        today = (await hours_of(request).read(db, community, ledger.now())).today
        held = await read_clearances(db, community.id, taker_id)
    warned = expiring(held, today, view.needs)
    warning = [
        ClearanceWarningView(each.kind, each.expires_on) for each in warned if each.expires_on is not None
    ]
    return json_response(TakenView(view, warning), headers=replay_header(answer))


@post(
    "/care-requests/{care_request_id:str}/giving-back",
    summary="Give a request for care back",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: CareRequestView}, 404, 409, 415, 422, 503),
)
async def post_giving_back(request: AnyRequest) -> ASGIResponse:
    """Say that whoever has taken it cannot come, so that somebody else can take it."""
    only_query(request)
    care_request_id = path_id(request, "care_request_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await give_back(
        hours_of(request), community_of(request), principal_of(request), key, care_request_id
    )
    return await _response(request, answer, care_request_id)


@post(
    "/care-requests/{care_request_id:str}/cancellation",
    summary="Cancel a request for care",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(CancellationBody, idempotent=True),
    responses=answers({200: CareRequestView}, 404, 409, 415, 422, 503),
)
async def post_cancellation(request: AnyRequest) -> ASGIResponse:
    """Take a request back. What it holds is free again at once; whoever has taken it still sees it, cancelled."""
    only_query(request)
    care_request_id = path_id(request, "care_request_id")
    key = idempotency_key(request)
    asked = await read_body(request, _cancellation)
    answer = await cancel(
        hours_of(request),
        community_of(request),
        principal_of(request),
        key,
        care_request_id,
        following=asked.following,
    )
    return await _response(request, answer, care_request_id)


async def _response(request: AnyRequest, answer: Answer, care_request_id: UUID) -> ASGIResponse:
    """The request as it stands now, or the refusal."""
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    async with ledger_of(request).database.snapshot(community_of(request).id) as db:
        view = await _view_with_events(request, db, care_request_id)
    return json_response(view, headers=replay_header(answer))


async def _view_with_events(request: AnyRequest, db: Connection, care_request_id: UUID) -> CareRequestView:
    """Raises Problem when the request is not there, or not for the one who asks to see."""
    views = await _views(request, db, [care_request_id])
    if not views:
        raise Problem("not_found")
    [view] = views
    if view.asked_at is not None:
        rows = await db.rows(
            "hours/view_care_request_events",
            community_id=community_of(request).id,
            care_request_id=care_request_id,
        )
        view.events = [
            CareRequestEventView(
                row["kind"], row["at"], row["via"], row["by_id"], row["for_member_id"], row["claim_id"]
            )
            for row in rows
        ]
    return view


async def _views(request: AnyRequest, db: Connection, ids: list[UUID]) -> list[CareRequestView]:
    """The requests in the order of their ids, each as the one who asks may see it, or not at all."""
    community = community_of(request)
    now = ledger_of(request).now()
    hours = await hours_of(request).read(db, community, now)
    rows = await db.rows("hours/view_care_requests", community_id=community.id, care_request_ids=ids)
    views = [_view(row, principal_of(request), hours, now, reads_notes(request)) for row in rows]
    return [view for view in views if view is not None]


def _view(
    row: asyncpg.Record, principal: Principal, hours: HoursBook, now: datetime, notes: bool
) -> CareRequestView | None:
    state: CareRequestStateText = "expired" if has_expired(row, now) else row["state"]
    ones_side = _sees_all(principal) or row["receiver_id"] in _receivers(principal)
    takes = principal.member_id is not None and row["taken_by"] == principal.member_id
    if not (ones_side or takes or state == "open"):
        return None
    view = CareRequestView(
        row["care_request_id"],
        state,
        row["receiver_id"],
        row["activity"],
        row["care_on"],
        row["seconds"],
        row["expires_at"],
        list(needs_of(hours, row["activity"], row["care_on"], row["policy_version"])),
        None if row["from_time"] is None else f"{row['from_time']:%H:%M}",
        row["area"],
    )
    if ones_side or takes:
        view.note = row["note"] if notes else None
        view.series, view.taken_by = row["series_id"], row["taken_by"]
        view.asked_at, view.asked_via, view.asked_by = row["asked_at"], row["asked_via"], row["asked_by"]
    if ones_side:
        view.policy_version, view.payer = row["policy_version"], row["payer_account_id"]
        view.hold, view.held_seconds = row["hold_id"], row["held_seconds"]
    return view


def _sees_all(principal: Principal) -> bool:
    return principal.token_id is not None or principal.role in (Role.COORDINATOR, Role.AUDITOR)


def _receivers(principal: Principal) -> list[UUID]:
    """Whose requests the principal sees as their own: those of themselves, and of whom they act for."""
    own = [] if principal.member_id is None else [principal.member_id]
    scopes = {DelegateScope.SEE, DelegateScope.REQUEST}
    return own + [each.member_id for each in principal.delegations if each.scopes & scopes]


care_requests_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_care_request,
        list_care_requests,
        get_care_request,
        post_taking,
        post_giving_back,
        post_cancellation,
    ],
    tags=["Care requests"],
)
