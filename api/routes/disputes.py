"""Disputes: say that a claim is not right, be heard, and have it decided."""

from datetime import date, datetime
from typing import Annotated, Literal
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
    Text,
    as_uuid,
    idempotency_key,
    json_response,
    next_link,
    normalised,
    only_query,
    path_id,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refused_response,
    replay_header,
    sees,
)
from api.views import TransferView, transfer_view
from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.book.journal import read_transfers
from ledger.book.ledger import Answer
from ledger.book.posting import Refused
from ledger.database.connections import Connection
from ledger.hours.disputes import (
    DisputeOutcome,
    add_statement,
    decide_dispute,
    open_dispute,
    withdraw_dispute,
)
from ledger.people.roles import DelegateScope, Principal, Role

FILTERS = ("claim", "open")
SideText = Literal["provider", "receiver", "coordinator"]
OutcomeText = Literal["upheld", "corrected", "reversed", "withdrawn"]


class StatementBody(msgspec.Struct, forbid_unknown_fields=True):
    """What one side says, for the other and for the co-ordinator to read."""

    statement: Text


class OutcomeBody(msgspec.Struct, forbid_unknown_fields=True):
    """How a dispute is decided, and why. `seconds` is how long the visit really was, and goes with `corrected`."""

    outcome: Literal["upheld", "corrected", "reversed"]
    seconds: Annotated[int, msgspec.Meta(ge=1, le=MAX_ENTRY_SECONDS)] | None = None
    statement: Text | None = None


class StatementView(msgspec.Struct, omit_defaults=True):
    """Who said what, and for whom they spoke. Without `statement` once it was erased, and for an auditor."""

    member: UUID
    side: SideText
    made_at: datetime
    statement: str | None = None


class DisputeView(msgspec.Struct, omit_defaults=True):
    """A dispute: until when it is to be decided, what was said, the outcome, and the transfers it caused, in order.

    `seconds` is what the claim said, `corrected_seconds` what the outcome made of it.
    """

    id: UUID
    claim: UUID
    provider: UUID
    receiver: UUID
    seconds: int
    claim_state: Literal["submitted", "declined", "posted"]
    opened_by: UUID
    opened_side: SideText
    opened_at: datetime
    deadline_on: date
    overdue: bool
    statements: list[StatementView]
    postings: list[UUID]
    outcome: OutcomeText | None = None
    corrected_seconds: int | None = None
    resolved_by: UUID | None = None
    resolved_at: datetime | None = None


class ResolvedDisputeView(msgspec.Struct, omit_defaults=True):
    """A dispute with the transfers it caused, and their receipts as far as they are the reader's to see."""

    dispute: DisputeView
    transfers: list[TransferView] = []


class DisputesView(msgspec.Struct, omit_defaults=True):
    disputes: list[DisputeView]
    next: str | None = None


_statement = msgspec.json.Decoder(StatementBody)
_outcome = msgspec.json.Decoder(OutcomeBody)

ANYBODY = allow(Role.COORDINATOR, member=True, barred=(Role.AUDITOR, Role.ADMINISTRATOR))
READERS = allow(Role.COORDINATOR, Role.AUDITOR, member=True)


@post(
    "/claims/{claim_id:str}/disputes",
    summary="Dispute a claim",
    opt=ANYBODY,
    request_max_body_size=MAX_BODY,
    operation_class=body(StatementBody, idempotent=True),
    responses=answers({201: ResolvedDisputeView, 200: ResolvedDisputeView}, 404, 409, 415, 422, 503),
)
async def post_dispute(request: AnyRequest) -> ASGIResponse:
    """Say that a claim is not right. The Idempotency-Key becomes the dispute's id.

    By the receiver or their delegate, by the provider of a claim that was declined or posted, or by a co-ordinator who
    is close to neither. A posted claim is disputed within the policy's days; a co-ordinator can do so later too.
    """
    only_query(request)
    claim_id = path_id(request, "claim_id")
    key = idempotency_key(request)
    asked = await read_body(request, _statement)
    answer = await open_dispute(
        hours_of(request),
        community_of(request),
        principal_of(request),
        key,
        claim_id,
        normalised(asked.statement) or "",
    )
    return await _dispute_response(request, answer, key, 201)


@post(
    "/disputes/{dispute_id:str}/statements",
    summary="Say more in a dispute",
    opt=ANYBODY,
    request_max_body_size=MAX_BODY,
    operation_class=body(StatementBody, idempotent=True),
    responses=answers({201: ResolvedDisputeView, 200: ResolvedDisputeView}, 404, 409, 415, 422, 503),
)
async def post_statement(request: AnyRequest) -> ASGIResponse:
    """Add to what your side says, as long as there is no outcome."""
    only_query(request)
    dispute_id = path_id(request, "dispute_id")
    key = idempotency_key(request)
    asked = await read_body(request, _statement)
    answer = await add_statement(
        hours_of(request),
        community_of(request),
        principal_of(request),
        key,
        dispute_id,
        normalised(asked.statement) or "",
    )
    return await _dispute_response(request, answer, dispute_id, 201)


@post(
    "/disputes/{dispute_id:str}/withdrawal",
    summary="Withdraw a dispute",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: ResolvedDisputeView}, 404, 409, 415, 422, 503),
)
async def post_dispute_withdrawal(request: AnyRequest) -> ASGIResponse:
    """Take a dispute back, by the side that opened it. The claim stands again as it did before."""
    only_query(request)
    dispute_id = path_id(request, "dispute_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await withdraw_dispute(
        hours_of(request), community_of(request), principal_of(request), key, dispute_id
    )
    return await _dispute_response(request, answer, dispute_id)


@post(
    "/disputes/{dispute_id:str}/outcome",
    summary="Decide a dispute",
    opt=allow(Role.COORDINATOR, strong=True),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(OutcomeBody, idempotent=True),
    responses=answers({200: ResolvedDisputeView}, 404, 409, 415, 422, 503),
)
async def post_outcome(request: AnyRequest) -> ASGIResponse:
    """Decide, as a co-ordinator who is close to neither side; the claim is paid, paid anew, or taken back at once.

    `upheld` leaves a posted claim and posts any other as it was logged; `corrected` pays `seconds` instead of what was
    paid; `reversed` takes back what was paid, or declines what was not. What the provider has spent cannot be taken
    back (`below_floor`): wait, lower that account's floor, or grant what is missing from a pot, and decide again.
    """
    only_query(request)
    dispute_id = path_id(request, "dispute_id")
    key = idempotency_key(request)
    asked = await read_body(request, _outcome)
    if (asked.outcome == "corrected") != (asked.seconds is not None):
        raise Problem("malformed_request", "`seconds` goes with the outcome `corrected`, and with no other.")
    answer = await decide_dispute(
        hours_of(request),
        community_of(request),
        principal_of(request),
        key,
        dispute_id,
        DisputeOutcome(asked.outcome),
        asked.seconds,
        normalised(asked.statement),
    )
    return await _dispute_response(request, answer, dispute_id)


@get(
    "/disputes/{dispute_id:str}",
    summary="Read a dispute",
    opt=READERS,
    responses=answers({200: ResolvedDisputeView}, 404),
)
async def get_dispute(request: AnyRequest) -> ASGIResponse:
    """A dispute with what both sides said and what came of it. A member sees those about their own claims."""
    only_query(request)
    return await _dispute_response(request, None, path_id(request, "dispute_id"))


@get(
    "/disputes",
    summary="List disputes",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "claim": text("only those of this claim", form=OpenAPIFormat.UUID),
            "open": text("only those without an outcome, or only those with one", "true", "false"),
            "after": text("the id of the dispute after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: DisputesView}, 404),
)
async def list_disputes(request: AnyRequest) -> ASGIResponse:
    """Disputes, a page at a time: those without an outcome first, then the newest first. A member sees their own."""
    only_query(request, *FILTERS, "after", "limit")
    community, query = community_of(request), request.query_params
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    members = _members(principal_of(request))
    if query.get("open") not in (None, "true", "false"):
        raise Problem("malformed_request", "The query parameter open is `true` or `false`.")
    filters = {
        "claim_id": as_uuid(query["claim"], "The query parameter claim") if "claim" in query else None,
        "open": query["open"] == "true" if "open" in query else None,
    }
    async with ledger_of(request).database.snapshot(community.id) as db:
        after = await _after(request, db, query.get("after"))
        page = {"community_id": community.id, "at_most": limit + 1, **filters, **after}
        if members is None:
            rows = await db.rows("hours/list_disputes", **page)
        else:
            rows = await db.rows("hours/list_member_disputes", member_ids=members, **page)
        views = await _views(request, db, [row["dispute_id"] for row in rows[:limit]])
    following = None
    if len(rows) > limit:
        kept = {name: query[name] for name in FILTERS if name in query}
        more = urlencode({**kept, "after": views[-1].id, "limit": limit})
        following = f"/v1/communities/{community.slug}/disputes?{more}"
    return json_response(DisputesView(views, following), headers=next_link(following))


async def _after(request: AnyRequest, db: Connection, given: str | None) -> dict[str, object]:
    if given is None:
        return {"after_id": None, "after_at": None, "after_open": None}
    views = await _views(request, db, [as_uuid(given, "The query parameter after")])
    if not views or not _may_see(principal_of(request), views[0]):
        raise Problem("not_found")
    [view] = views
    return {"after_id": view.id, "after_at": view.opened_at, "after_open": view.outcome is None}


async def _dispute_response(
    request: AnyRequest, answer: Answer | None, dispute_id: UUID, status: int = 200
) -> ASGIResponse:
    """The dispute as it stands, with the transfers it caused; or the refusal."""
    if answer is not None and isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        views = await _views(request, db, [dispute_id])
        if not views or not _may_see(principal_of(request), views[0]):
            raise Problem("not_found")
        [view] = views
        found = await read_transfers(db, community, view.postings) if view.postings else {}
    key = ledger_of(request).keys.receipt_key
    transfers = [
        transfer_view(
            community.slug, found[each], key, sees(principal_of(request)), notes=reads_notes(request)
        )
        for each in view.postings
    ]
    replayed = replay_header(answer)
    headers = dict(replayed)
    if status == 201:
        headers["location"] = f"/v1/communities/{community.slug}/disputes/{dispute_id}"
    return json_response(ResolvedDisputeView(view, transfers), 200 if replayed else status, headers)


def _members(principal: Principal) -> list[UUID] | None:
    """About whose claims the principal reads disputes; None for everybody's."""
    if principal.role in (Role.COORDINATOR, Role.AUDITOR):
        return None
    own = [] if principal.member_id is None else [principal.member_id]
    seen = {DelegateScope.SEE, DelegateScope.CONFIRM}
    return own + [each.member_id for each in principal.delegations if each.scopes & seen]


def _may_see(principal: Principal, dispute: DisputeView) -> bool:
    members = _members(principal)
    return members is None or dispute.provider in members or dispute.receiver in members


async def _views(request: AnyRequest, db: Connection, dispute_ids: list[UUID]) -> list[DisputeView]:
    """The disputes in the order of their ids, each with what was said."""
    community = community_of(request)
    hours = await hours_of(request).read(db, community, ledger_of(request).now())
    asked = {"community_id": community.id, "dispute_ids": dispute_ids}
    said: dict[UUID, list[StatementView]] = {}
    for row in await db.rows("hours/view_dispute_statements", **asked):
        statement = row["statement"] if reads_notes(request) else None
        said.setdefault(row["dispute_id"], []).append(
            StatementView(row["member_id"], row["side"], row["made_at"], statement)
        )
    rows = await db.rows("hours/view_disputes", **asked)
    return [_view(row, said.get(row["dispute_id"], []), hours.today) for row in rows]


def _view(row: asyncpg.Record, statements: list[StatementView], today: date) -> DisputeView:
    return DisputeView(
        row["dispute_id"],
        row["claim_id"],
        row["provider_id"],
        row["receiver_id"],
        row["recorded_seconds"],
        row["claim_state"],
        row["opened_by"],
        row["opened_side"],
        row["opened_at"],
        row["deadline_on"],
        row["outcome"] is None and row["deadline_on"] < today,
        statements,
        row["transfer_ids"] or [],
        row["outcome"],
        row["corrected_seconds"],
        row["resolved_by"],
        row["resolved_at"],
    )


disputes_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_dispute,
        post_statement,
        post_dispute_withdrawal,
        post_outcome,
        get_dispute,
        list_disputes,
    ],
    tags=["Disputes"],
)
