"""Claims: log hours, confirm them, decline or withdraw them, and look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID, uuid5

import asyncpg
import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem, problem_response, refusal_view
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
    query_day,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    base_url,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refused_response,
    replay_header,
    sees,
)
from api.views import DryRunView, TransferView, transfer_view
from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.book.journal import Community, Transfer, read_transfers
from ledger.book.ledger import Answer, Ledger
from ledger.book.posting import Done, Refused, Replayed
from ledger.database.connections import Connection
from ledger.hours.activity_codes import MAX_CODE
from ledger.hours.answering import decline, see_overlaps, withdraw
from ledger.hours.claims import (
    MAX_SESSION_CLAIMS,
    Claim,
    ClaimState,
    ConfirmClaim,
    LogClaims,
    NewClaim,
    logger,
)
from ledger.hours.claims_room import Told
from ledger.people.roles import DelegateScope, Principal, Role, Scope

ClaimStateText = Literal["submitted", "posted", "declined", "withdrawn", "disputed", "reversed"]
ActivityCode = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CODE)]
"""Small letters and digits of any script, and hyphens; which texts are a code is for the policy to say."""
Length = Annotated[int, msgspec.Meta(ge=1, le=MAX_ENTRY_SECONDS)]
FILTERS = ("member", "state", "from", "until", "due_within", "overlapping")
MAX_DUE_DAYS = 400
Clock = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]


class ClaimBody(msgspec.Struct, forbid_unknown_fields=True):
    """That `provider` gave `seconds` of care to `receiver` on a day; with `from` and `to` as a clock there showed.

    `confirmed` says that whoever logs it also confirms it, which pays it at once: a co-ordinator who types a sheet the
    receiver has signed. What the receiver logs is always confirmed.
    """

    provider: UUID
    receiver: UUID
    activity: ActivityCode
    service_on: date
    seconds: Length
    from_time: Clock | None = msgspec.field(name="from", default=None)
    to_time: Clock | None = msgspec.field(name="to", default=None)
    note: Text | None = None
    care_request: UUID | None = None
    confirmed: bool = False


class SessionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A group session: one who gives to several, or several who give to one.

    Several providers each gave the whole time. Several receivers share it: each claim gets an equal part of the
    seconds, and what does not divide goes to the first of them.
    """

    providers: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MAX_SESSION_CLAIMS)]
    receivers: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MAX_SESSION_CLAIMS)]
    activity: ActivityCode
    service_on: date
    seconds: Length
    from_time: Clock | None = msgspec.field(name="from", default=None)
    to_time: Clock | None = msgspec.field(name="to", default=None)
    note: Text | None = None
    confirmed: bool = False


class ReasonBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why, for those it concerns to read."""

    reason: Text


class WithdrawalBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Text | None = None


class OverlapView(msgspec.Struct):
    """Another claim that looks like this one (`duplicate`), or at which somebody was at the same time."""

    claim: UUID
    kind: Literal["duplicate", "provider", "receiver"]


class ClaimEventView(msgspec.Struct, omit_defaults=True):
    """One step of a claim: what was done, when, by whom and in what capacity; `silence` when nobody said anything."""

    kind: str
    at: datetime
    via: str
    by: str | None = None
    acting_for: UUID | None = None
    reason: str | None = None
    transfer: UUID | None = None
    credited_seconds: int | None = None
    paid_seconds: int | None = None


class ClaimView(msgspec.Struct, omit_defaults=True):
    """A claim. `seconds` is what happened, `credited_seconds` what the provider got, `paid_seconds` what was paid.

    `corrected_seconds` is what a dispute found to have happened instead. `due_at` is when silence confirms it.
    `transfer` is the newest of its
    transfers, a reversal too.
    """

    id: UUID
    state: ClaimStateText
    provider: UUID
    receiver: UUID
    activity: str
    service_on: date
    seconds: int
    policy_version: int
    logged_at: datetime
    logged_via: str
    credited_seconds: int = 0
    paid_seconds: int = 0
    corrected_seconds: int | None = None
    from_time: str | None = msgspec.field(name="from", default=None)
    to_time: str | None = msgspec.field(name="to", default=None)
    note: str | None = None
    logged_by: str | None = None
    due_at: datetime | None = None
    care_request: UUID | None = None
    session: UUID | None = None
    transfer: UUID | None = None
    overlaps: list[OverlapView] = []
    events: list[ClaimEventView] = []


class ClaimsView(msgspec.Struct, omit_defaults=True):
    claims: list[ClaimView]
    next: str | None = None


class PostedClaimView(msgspec.Struct, omit_defaults=True):
    """A claim with the transfers that paid it, and their receipts as far as they are the reader's to see."""

    claim: ClaimView
    transfers: list[TransferView] = []


class SessionView(msgspec.Struct, omit_defaults=True):
    claims: list[ClaimView]
    transfers: list[TransferView] = []


_claim = msgspec.json.Decoder(ClaimBody)
_session = msgspec.json.Decoder(SessionBody)
_reason = msgspec.json.Decoder(ReasonBody)
_withdrawal = msgspec.json.Decoder(WithdrawalBody)

# Who checks the books, or keeps the roles, has no hand in them.
ANYBODY = allow(Role.COORDINATOR, token=Scope.POST, member=True, barred=(Role.AUDITOR, Role.ADMINISTRATOR))


@post(
    "/claims",
    summary="Log hours",
    opt=ANYBODY,
    request_max_body_size=MAX_BODY,
    operation_class=body(
        ClaimBody, idempotent=True, query={"dry_run": text("to be told the outcome only", "true")}
    ),
    responses=answers({201: PostedClaimView, 200: PostedClaimView | DryRunView}, 404, 409, 415, 422, 503),
)
async def post_claim(request: AnyRequest) -> ASGIResponse:
    """Log care that was given: by the provider, by the receiver or their delegate, or by a co-ordinator for others.

    The Idempotency-Key becomes the claim's id: a phone that was offline sends it again until it hears the answer. What
    overlaps another claim is taken and shown to a co-ordinator. The policy in force on `service_on` counts.
    """
    only_query(request, "dry_run")
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _claim)
    new = NewClaim(
        key,
        asked.provider,
        asked.receiver,
        asked.activity,
        asked.service_on,
        asked.seconds,
        *_times(asked.from_time, asked.to_time),
        normalised(asked.note),
        asked.care_request,
    )
    command = _logging(principal, (new,), asked.confirmed)
    if "dry_run" in request.query_params:
        return await _dry_run(request, key, command)
    answer = await hours_of(request).claim(principal.community, key, command)
    return await claim_response(request, answer, key, 201, steps=False)


@post(
    "/claims/sessions",
    summary="Log a group session",
    opt=ANYBODY,
    request_max_body_size=MAX_BODY,
    operation_class=body(SessionBody, idempotent=True),
    responses=answers({201: SessionView, 200: SessionView}, 404, 409, 415, 422, 503),
)
async def post_session(request: AnyRequest) -> ASGIResponse:
    """Log what one gave to several, or several gave to one, as one claim for each pair; all of them or none.

    The Idempotency-Key becomes the session's id, and the ids of the claims follow from it.
    """
    only_query(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _session)
    claims = session_claims(key, asked)
    answer = await hours_of(request).claim(
        principal.community, key, _logging(principal, claims, asked.confirmed, key)
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    community = principal.community
    told, transfers = told_of(answer), answer.transfers
    if told is not None:
        views = [told_view(told, claim, notes=reads_notes(request)) for claim in told.claims]
    else:
        async with ledger_of(request).database.snapshot(community.id) as db:
            views = await claim_views(db, community.id, [claim.id for claim in claims], reads_notes(request))
            ids = [view.transfer for view in views if view.transfer is not None]
            found = await read_transfers(db, community, ids) if ids else {}
        transfers = tuple(found[each] for each in ids if each in found)
    shown = SessionView(views, _transfer_views(ledger_of(request), principal, transfers))
    replayed = replay_header(answer)
    return json_response(shown, 200 if replayed else 201, replayed)


def session_claims(key: UUID, asked: SessionBody) -> tuple[NewClaim, ...]:
    """The claims of a session. Raises Problem unless one side is one person."""
    if min(len(asked.providers), len(asked.receivers)) != 1:
        raise Problem("malformed_request", "A session has one provider or one receiver.")
    pairs = [(provider, receiver) for provider in asked.providers for receiver in asked.receivers]
    if len(set(pairs)) < len(pairs):
        raise Problem("malformed_request", "Somebody is named twice in the session.")
    part, rest = divmod(asked.seconds, len(asked.receivers))
    if part == 0:
        raise Problem("malformed_request", "The session is shorter than one second for each receiver.")
    # Who shares the time was there all of it: their times say more than their part.
    times = _times(asked.from_time, asked.to_time) if len(asked.receivers) == 1 else (None, None)
    note = normalised(asked.note)
    return tuple(
        NewClaim(
            uuid5(key, f"{provider}/{receiver}"),
            provider,
            receiver,
            asked.activity,
            asked.service_on,
            part + (rest if place == 0 else 0),
            *times,
            note,
        )
        for place, (provider, receiver) in enumerate(pairs)
    )


@post(
    "/claims/{claim_id:str}/confirmation",
    summary="Confirm a claim",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: PostedClaimView}, 404, 409, 415, 422, 503),
)
async def post_confirmation(request: AnyRequest) -> ASGIResponse:
    """Say that the hours are right. They are paid at once, and both sides have a receipt.

    By the receiver, the receiver's delegate, or a co-ordinator who is close to neither; never by the provider.
    """
    only_query(request)
    claim_id = path_id(request, "claim_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    principal = principal_of(request)
    answer = await hours_of(request).claim(principal.community, key, ConfirmClaim(claim_id, principal))
    return await answer_confirmation(ledger_of(request), base_url(request), principal, answer, claim_id)


async def answer_confirmation(
    ledger: Ledger, url: str, principal: Principal, answer: Answer, claim_id: UUID
) -> ASGIResponse:
    """The paid claim with its transfer and receipt, the same for a replay; or the refusal."""
    if isinstance(answer.outcome, Refused):
        headers = {"idempotency-replayed": "true"} if answer.outcome.replayed else None
        return problem_response(refusal_view(answer.outcome, url), headers)
    told = told_of(answer)
    notes = principal.role is not Role.AUDITOR
    if told is not None:
        # Just done, so nothing needs to be read again.
        [claim] = told.claims
        view, transfers = told_view(told, claim, notes=notes), answer.transfers
    else:
        async with ledger.database.snapshot(principal.community.id) as db:
            [view] = await claim_views(db, principal.community.id, [claim_id], notes)
            if not _may_see(principal, view):
                raise Problem("not_found")
            transfers = await _transfers_of(db, principal.community, view)
    shown = PostedClaimView(view, _transfer_views(ledger, principal, transfers))
    return json_response(shown, 200, replay_header(answer))


async def _transfers_of(db: Connection, community: Community, claim: ClaimView) -> tuple[Transfer, ...]:
    """Every transfer that was posted for a claim, in their order."""
    rows = await db.rows("hours/view_claim_events", community_id=community.id, claim_id=claim.id)
    ids = [row["transfer_id"] for row in rows if row["transfer_id"] is not None]
    found = await read_transfers(db, community, ids) if ids else {}
    return tuple(found[each] for each in ids if each in found)


@post(
    "/claims/{claim_id:str}/refusal",
    summary="Decline a claim",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(ReasonBody, idempotent=True),
    responses=answers({200: PostedClaimView}, 404, 409, 415, 422, 503),
)
async def post_refusal(request: AnyRequest) -> ASGIResponse:
    """Say that the hours are not right, and why. Nothing is paid; the provider may dispute it."""
    only_query(request)
    claim_id = path_id(request, "claim_id")
    key = idempotency_key(request)
    asked = await read_body(request, _reason)
    reason = normalised(asked.reason) or ""
    answer = await decline(
        hours_of(request), community_of(request), principal_of(request), key, claim_id, reason
    )
    return await claim_response(request, answer, claim_id)


@post(
    "/claims/{claim_id:str}/withdrawal",
    summary="Withdraw a claim",
    opt=ANYBODY,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(WithdrawalBody, idempotent=True),
    responses=answers({200: PostedClaimView}, 404, 409, 415, 422, 503),
)
async def post_withdrawal(request: AnyRequest) -> ASGIResponse:
    """Take a claim back that was not paid yet: by the provider, or by a co-ordinator. What was paid is disputed."""
    only_query(request)
    claim_id = path_id(request, "claim_id")
    key = idempotency_key(request)
    asked = await read_body(request, _withdrawal)
    answer = await withdraw(
        hours_of(request),
        community_of(request),
        principal_of(request),
        key,
        claim_id,
        normalised(asked.reason),
    )
    return await claim_response(request, answer, claim_id)


@post(
    "/claims/{claim_id:str}/overlaps/seen",
    summary="Say that a claim's overlaps were looked at",
    opt=allow(Role.COORDINATOR),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: PostedClaimView}, 404, 409, 415, 422, 503),
)
async def post_seen(request: AnyRequest) -> ASGIResponse:
    """Take a claim off the list of those that overlap. The overlap stays on record."""
    only_query(request)
    claim_id = path_id(request, "claim_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await see_overlaps(
        hours_of(request), community_of(request), principal_of(request), key, claim_id
    )
    return await claim_response(request, answer, claim_id)


@get(
    "/claims/{claim_id:str}",
    summary="Read a claim",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ, member=True),
    responses=answers({200: PostedClaimView}, 404),
)
async def get_claim(request: AnyRequest) -> ASGIResponse:
    """A claim with its steps and every transfer posted for it. A member sees those they have a part in."""
    only_query(request)
    claim_id = path_id(request, "claim_id")
    return await claim_response(request, None, claim_id)


@get(
    "/claims",
    summary="List claims",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ, member=True),
    operation_class=body(
        None,
        query={
            "member": text("only those this member has a part in", form=OpenAPIFormat.UUID),
            "state": text("only those in this state", *get_args(ClaimStateText)),
            "from": text("only those of this day and later", form=OpenAPIFormat.DATE),
            "until": text("only those of this day and earlier", form=OpenAPIFormat.DATE),
            "due_within": integer(
                "only those submitted that silence confirms within so many days", 1, MAX_DUE_DAYS
            ),
            "overlapping": text(
                "only those that overlap another and were not looked at; for those who see all claims", "true"
            ),
            "after": text("the id of the claim after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: ClaimsView}, 404),
)
async def list_claims(request: AnyRequest) -> ASGIResponse:
    """Claims, the newest first, a page at a time. A member sees their own and of those they act for."""
    only_query(request, *FILTERS, "after", "limit")
    community, principal = community_of(request), principal_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    wanted = _wanted(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        after = await _after(db, principal, request.query_params.get("after"))
        rows = await _listed(db, wanted, {"community_id": community.id, "at_most": limit + 1, **after})
        ids = [row["claim_id"] for row in rows[:limit]]
        views = await claim_views(db, community.id, ids, reads_notes(request))
    following = None
    if len(rows) > limit:
        kept = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        query = urlencode({**kept, "after": ids[-1], "limit": limit})
        following = f"/v1/communities/{community.slug}/claims?{query}"
    return json_response(ClaimsView(views, following), headers=next_link(following))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which claims are listed: of some members (None: of all), in a state, on some days, due, or overlapping."""

    members: list[UUID] | None
    state: str | None
    from_on: date | None
    until_on: date | None
    due_by: datetime | None
    overlapping: bool


def _wanted(request: AnyRequest) -> _Wanted:
    query, principal = request.query_params, principal_of(request)
    state = query.get("state")
    if state is not None and state not in get_args(ClaimStateText):
        raise Problem("malformed_request", "The query parameter state is not a state of a claim.")
    if query.get("overlapping", "true") != "true":
        raise Problem("malformed_request", "The query parameter overlapping is `true` or left out.")
    from_on, until_on = query_day(request, "from"), query_day(request, "until")
    if from_on is not None and until_on is not None and until_on < from_on:
        raise Problem("malformed_request", "The query parameter until lies before from.")
    due_by = None
    if "due_within" in query:
        if state not in (None, "submitted"):
            raise Problem("malformed_request", "Only what is submitted is confirmed by silence.")
        days = query_integer(request, "due_within", 1, 1, MAX_DUE_DAYS)
        state, due_by = "submitted", ledger_of(request).now() + timedelta(days=days)
    named = query.get("member")
    members = _visible(principal, None if named is None else [as_uuid(named, "The query parameter member")])
    if "overlapping" in query and _visible(principal, None) is not None:
        raise Problem("malformed_request", "Overlaps are listed to those who see all claims.")
    return _Wanted(members, state, from_on, until_on, due_by, "overlapping" in query)


async def _listed(db: Connection, wanted: _Wanted, page: dict[str, object]) -> Sequence[asyncpg.Record]:
    days = {"from_on": wanted.from_on, "until_on": wanted.until_on}
    if wanted.overlapping:
        member_id = None if wanted.members is None else wanted.members[0]
        return await db.rows(
            "hours/list_overlapping_claims",
            state=wanted.state,
            member_id=member_id,
            due_by=wanted.due_by,
            **days,
            **page,
        )
    if wanted.members is not None:
        return await db.rows(
            "hours/list_member_claims",
            state=wanted.state,
            member_ids=wanted.members,
            due_by=wanted.due_by,
            **days,
            **page,
        )
    if wanted.state == "submitted":
        return await db.rows("hours/list_open_claims", due_by=wanted.due_by, **days, **page)
    return await db.rows("hours/list_claims", state=wanted.state, **days, **page)


def _visible(principal: Principal, members: list[UUID] | None) -> list[UUID] | None:
    """Of which members the claims are listed; None for all. Raises Problem for somebody else's."""
    if principal.token_id is not None or principal.role in (Role.COORDINATOR, Role.AUDITOR):
        return members
    own = [] if principal.member_id is None else [principal.member_id]
    own += [
        each.member_id
        for each in principal.delegations
        if each.scopes & {DelegateScope.SEE, DelegateScope.CONFIRM}
    ]
    if members is not None and not set(members) <= set(own):
        raise Problem("not_found")
    return own if members is None else members


async def _after(db: Connection, principal: Principal, given: str | None) -> dict[str, object]:
    if given is None:
        return {"after_at": None, "after_id": None}
    claim_id = as_uuid(given, "The query parameter after")
    views = await claim_views(db, principal.community.id, [claim_id], False)
    if not views or not _may_see(principal, views[0]):
        raise Problem("not_found")
    return {"after_at": views[0].logged_at, "after_id": claim_id}


def _logging(
    principal: Principal, claims: tuple[NewClaim, ...], confirmed: bool, session_id: UUID | None = None
) -> LogClaims:
    author = logger(principal, claims)
    if author is None:
        raise Problem("not_allowed")
    return LogClaims(claims, author, confirmed, session_id)


async def _dry_run(request: AnyRequest, key: UUID, command: LogClaims) -> ASGIResponse:
    if request.query_params["dry_run"] != "true":
        raise Problem("malformed_request", "The query parameter dry_run is `true` or left out.")
    outcome = await hours_of(request).judge_claim(community_of(request), key, command)
    if isinstance(outcome, Refused):
        return refused_response(request, outcome)
    return json_response(DryRunView("replayed" if isinstance(outcome, Replayed) else "posted"))


def _times(from_time: str | None, to_time: str | None) -> tuple[time | None, time | None]:
    if (from_time is None) != (to_time is None):
        raise Problem("malformed_request", "A visit has both `from` and `to`, or neither.")
    if from_time is None or to_time is None:
        return None, None
    return time.fromisoformat(from_time), time.fromisoformat(to_time)


async def claim_response(
    request: AnyRequest, answer: Answer | None, claim_id: UUID, status: int = 200, *, steps: bool = True
) -> ASGIResponse:
    """The claim as it stands, with the transfer that paid it; or the refusal. `steps` whether with all its events."""
    if answer is not None and isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    community = community_of(request)
    headers = {"location": f"/v1/communities/{community.slug}/claims/{claim_id}"} if status == 201 else {}
    told = None if answer is None or steps else told_of(answer)
    ledger, principal = ledger_of(request), principal_of(request)
    if answer is not None and told is not None:
        # Just done, so nothing needs to be read again.
        [claim] = told.claims
        shown = PostedClaimView(
            told_view(told, claim, notes=reads_notes(request)),
            _transfer_views(ledger, principal, answer.transfers),
        )
        return json_response(shown, status, headers)
    async with ledger.database.snapshot(community.id) as db:
        view = await claim_view(db, community.id, claim_id, reads_notes(request))
        if view is None or not _may_see(principal, view):
            raise Problem("not_found")
        transfers = await _transfers_of(db, community, view)
    replayed = replay_header(answer)
    if not steps:
        view.events = []
    shown = PostedClaimView(view, _transfer_views(ledger, principal, transfers))
    return json_response(shown, 200 if replayed else status, headers | replayed)


def told_of(answer: Answer) -> Told | None:
    """What the room says of an act that was done just now; None of a replay."""
    made = answer.outcome.made if isinstance(answer.outcome, Done) else None
    return made if isinstance(made, Told) else None


def told_view(told: Told, claim: Claim, *, notes: bool) -> ClaimView:
    """A claim as the act that was just done left it, without its steps."""
    if claim.logged_at is None:
        raise RuntimeError("a claim was logged at some time")
    return ClaimView(
        id=claim.id,
        state=claim.state.value,
        provider=claim.provider_id,
        receiver=claim.receiver_id,
        activity=claim.activity,
        service_on=claim.service_on,
        seconds=claim.recorded_seconds,
        policy_version=claim.policy_version,
        logged_at=claim.logged_at,
        logged_via=claim.logged_via,
        credited_seconds=claim.credited_seconds,
        paid_seconds=claim.paid_seconds,
        from_time=_clock(claim.from_time),
        to_time=_clock(claim.to_time),
        note=claim.note if notes else None,
        logged_by=claim.logged_by,
        due_at=claim.due_at if claim.state is ClaimState.SUBMITTED else None,
        care_request=claim.care_request_id,
        session=claim.session_id,
        transfer=told.transfer_ids.get(claim.id),
        overlaps=[OverlapView(other, _OVERLAPS[kind]) for of, other, kind in told.overlaps if of == claim.id],
    )


_OVERLAPS: dict[str, Literal["duplicate", "provider", "receiver"]] = {
    "duplicate": "duplicate",
    "provider": "provider",
    "receiver": "receiver",
}


def _may_see(principal: Principal, claim: ClaimView) -> bool:
    visible = _visible(principal, None)
    return visible is None or claim.provider in visible or claim.receiver in visible


def _transfer_views(
    ledger: Ledger, principal: Principal, transfers: tuple[Transfer, ...]
) -> list[TransferView]:
    slug, key = principal.community.slug, ledger.keys.receipt_key
    notes = principal.role is not Role.AUDITOR
    return [transfer_view(slug, transfer, key, sees(principal), notes=notes) for transfer in transfers]


async def claim_view(db: Connection, community_id: int, claim_id: UUID, notes: bool) -> ClaimView | None:
    """A claim with its steps, or None."""
    views = await claim_views(db, community_id, [claim_id], notes)
    if not views:
        return None
    [view] = views
    rows = await db.rows("hours/view_claim_events", community_id=community_id, claim_id=claim_id)
    view.events = [
        ClaimEventView(
            row["kind"],
            row["at"],
            row["via"],
            row["by_id"],
            row["for_member_id"],
            row["reason"] if notes else None,
            row["transfer_id"],
            row["credited_seconds"],
            row["paid_seconds"],
        )
        for row in rows
    ]
    return view


async def claim_views(
    db: Connection, community_id: int, claim_ids: list[UUID], notes: bool
) -> list[ClaimView]:
    """The claims in the order of their ids, without their steps."""
    rows = await db.rows("hours/view_claims", community_id=community_id, claim_ids=claim_ids)
    return [_view(row, notes) for row in rows]


def _view(row: asyncpg.Record, notes: bool) -> ClaimView:
    return ClaimView(
        id=row["claim_id"],
        state=row["state"],
        provider=row["provider_id"],
        receiver=row["receiver_id"],
        activity=row["activity"],
        service_on=row["service_on"],
        seconds=row["recorded_seconds"],
        policy_version=row["policy_version"],
        logged_at=row["logged_at"],
        logged_via=row["logged_via"],
        credited_seconds=row["credited_seconds"],
        paid_seconds=row["paid_seconds"],
        corrected_seconds=row["corrected_seconds"],
        from_time=_clock(row["from_time"]),
        to_time=_clock(row["to_time"]),
        note=row["note"] if notes else None,
        logged_by=row["logged_by"],
        due_at=row["due_at"] if row["state"] == "submitted" else None,
        care_request=row["care_request_id"],
        session=row["session_id"],
        transfer=row["transfer_id"],
        overlaps=[
            OverlapView(other, kind)
            for other, kind in zip(row["others"] or (), row["kinds"] or (), strict=True)
        ],
    )


def _clock(moment: time | None) -> str | None:
    return None if moment is None else f"{moment:%H:%M}"


claims_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_claim,
        post_session,
        post_confirmation,
        post_refusal,
        post_withdrawal,
        post_seen,
        get_claim,
        list_claims,
    ],
    tags=["Claims"],
)
