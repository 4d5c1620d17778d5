"""How visits were for their people: what each may say of their own, and read again. What counts is in `well_being`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

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
    as_uuid,
    idempotency_key,
    json_response,
    only_query,
    path_id,
    query_integer,
    read_body,
)
from api.routes.common import AnyRequest, community_of, hours_of, ledger_of, principal_of, refused_response
from ledger.book.commands import Act
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.hours.claims_room import read_claims
from ledger.hours.well_being import (
    LEAST,
    MOST,
    Said,
    WellBeing,
    list_unanswered,
    read_well_being,
    say_well_being,
)
from ledger.people.roles import Role

Scale = Annotated[int, msgspec.Meta(ge=LEAST, le=MOST)]


class WellBeingBody(msgspec.Struct, forbid_unknown_fields=True):
    """Answers from 1, the least good, to 5; either may be left out.

    `visit`: how the visit was for them. `after`: to the receiver, how they feel now compared with before it; to the
    provider, whether they could go on giving care like this. A co-ordinator who types it from paper names the `member`.
    """

    visit: Scale | None = None
    after: Scale | None = None
    member: UUID | None = None


class WellBeingView(msgspec.Struct, omit_defaults=True):
    """What somebody said, which may be said or changed until a moment. `side` is provider or receiver."""

    side: str
    until: datetime
    visit: int | None = None
    after: int | None = None


class UnansweredView(msgspec.Struct):
    """A visit about which somebody may say how it was; `with_member` is the other one of the two."""

    claim: UUID
    side: str
    with_member: UUID
    activity: str
    service_on: date
    seconds: int
    confirmed_at: datetime


class UnansweredVisitsView(msgspec.Struct):
    visits: list[UnansweredView]


_well_being = msgspec.json.Decoder(WellBeingBody)


@post(
    "/claims/{claim_id:str}/well-being",
    summary="Say how a visit was",
    opt=allow(Role.COORDINATOR, member=True),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(WellBeingBody, idempotent=True),
    responses=answers({200: WellBeingView}, 404, 409, 413, 415),
)
async def post_well_being(request: AnyRequest) -> ASGIResponse:
    """Say how a visit was for oneself, within a month after it was confirmed; what was said can be changed for a week.

    It takes the place of what was said before, and the same again changes nothing. Nobody reads it but who said it.
    """
    only_query(request)
    claim_id, key = path_id(request, "claim_id"), idempotency_key(request)
    asked = await read_body(request, _well_being)
    if asked.visit is None and asked.after is None:
        raise Problem("malformed_request", "At least one of `visit` and `after` is answered.")
    principal, community, ledger = principal_of(request), community_of(request), ledger_of(request)
    member_id = principal.member_id if asked.member is None else asked.member
    if member_id is None:
        raise Problem("not_allowed")
    typed = member_id != principal.member_id
    if typed and principal.role is not Role.COORDINATOR:
        raise Problem("not_allowed")
    said = Said(asked.visit, asked.after)
    async with ledger.database.transaction(community.id) as db:
        refusal: Refusal | None = None
        if typed:
            hours = await hours_of(request).read(db, community, ledger.now())
            await read_claims(db, community.id, hours, [claim_id])
            claim = hours.claims.get(claim_id)
            if claim is not None and principal.member_id in (claim.provider_id, claim.receiver_id):
                # Nobody says how their own visit was for the other one.
                refusal = Refusal.OWN_AFFAIR
        refusal = refusal or await say_well_being(
            db, community.id, claim_id, member_id, said, key, typed=typed, now=ledger.now()
        )
        found = None if refusal else await read_well_being(db, community.id, claim_id, member_id)
    if refusal is not None:
        return _refused(request, refusal)
    if not isinstance(found, WellBeing):
        raise RuntimeError("what was just said can be read")
    return json_response(WellBeingView(found.side, found.until) if typed else _view(found))


@get(
    "/claims/{claim_id:str}/well-being",
    summary="Read what one said of a visit",
    opt=allow(Role.COORDINATOR, member=True),
    responses=answers({200: WellBeingView}, 404, 409),
)
async def get_well_being(request: AnyRequest) -> ASGIResponse:
    """What the one who asks said themselves, and until when they may say or change it."""
    only_query(request)
    claim_id = path_id(request, "claim_id")
    principal, community = principal_of(request), community_of(request)
    if principal.member_id is None:
        raise Problem("not_allowed")
    async with ledger_of(request).database.connection(community.id) as db:
        found = await read_well_being(db, community.id, claim_id, principal.member_id)
    if isinstance(found, Refusal):
        return _refused(request, found)
    return json_response(_view(found))


@get(
    "/well-being",
    summary="Visits one may still say something about",
    opt=allow(Role.COORDINATOR, member=True),
    operation_class=body(
        None,
        query={
            "member": text(
                "whose visits, for a co-ordinator who types from paper; one's own when left out",
                form=OpenAPIFormat.UUID,
            ),
            "limit": PAGE,
        },
    ),
    responses=answers({200: UnansweredVisitsView}),
)
async def list_well_being(request: AnyRequest) -> ASGIResponse:
    """Visits confirmed within the last month about which they have said nothing, the last confirmed first."""
    only_query(request, "member", "limit")
    principal, community, ledger = principal_of(request), community_of(request), ledger_of(request)
    limit = query_integer(request, "limit", 10, 1, MAX_PAGE)
    named = request.query_params.get("member")
    member_id = principal.member_id if named is None else as_uuid(named, "The query parameter member")
    if member_id is None or (member_id != principal.member_id and principal.role is not Role.COORDINATOR):
        raise Problem("not_allowed")
    now = ledger.now()
    async with ledger.database.snapshot(community.id) as db:
        today = (await hours_of(request).read(db, community, now)).today
        rows = await list_unanswered(db, community.id, member_id, today, now, limit)
    visits = []
    for row in rows:
        gave = row["provider_id"] == member_id
        visits.append(
            UnansweredView(
                row["claim_id"],
                "provider" if gave else "receiver",
                row["receiver_id"] if gave else row["provider_id"],
                row["activity"],
                row["service_on"],
                row["recorded_seconds"],
                row["confirmed_at"],
            )
        )
    return json_response(UnansweredVisitsView(visits))


def _view(found: WellBeing) -> WellBeingView:
    said = found.said
    return WellBeingView(
        found.side, found.until, None if said is None else said.visit, None if said is None else said.after
    )


def _refused(request: AnyRequest, refusal: Refusal) -> ASGIResponse:
    claim_id = path_id(request, "claim_id")
    return refused_response(request, Refused(Act(claim_id, "say_well_being", ""), refusal))


well_being_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_well_being, get_well_being, list_well_being],
    tags=["Well-being"],
)
