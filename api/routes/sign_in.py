"""Signing in with a card, starting the first community, and one's own sessions."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC, allow
from api.browsers import limit_by_address, refuse_other_pages
from api.documents import answers, body
from api.problems import Problem
from api.requests import MAX_BODY, MAX_NAME, Name, json_response, normalised, only_query, path_id, read_body
from api.routes.common import AnyRequest, community_of, hours_of, ledger_of, principal_of
from api.sessions import SessionView, device_of, end_cookie, session_response
from ledger.people.cards import use_card
from ledger.people.roles import STRONG_FOR
from ledger.people.sessions import end_session, list_sessions
from ledger.people.start import use_start_link

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class CardSignInBody(msgspec.Struct, forbid_unknown_fields=True):
    """A card's `secret`, from its QR code, or the `code` that was typed. One of them."""

    secret: Secret | None = None
    code: Secret | None = None


class StartBody(msgspec.Struct, forbid_unknown_fields=True):
    """The first community: the `secret` of the link, the community's `slug` and `name`, and your own name."""

    secret: Secret
    slug: Slug
    name: Name
    your_name: Name


class SignedOutView(msgspec.Struct):
    """The session that has ended."""

    session_id: UUID


class OwnSessionView(msgspec.Struct):
    """A session of yours. `this` marks the one you are asking with; `seen_at` is exact to the hour."""

    session_id: UUID
    method: str
    device: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    this: bool


class SessionsView(msgspec.Struct):
    sessions: list[OwnSessionView]


class ActsForView(msgspec.Struct):
    """Somebody you act for: in what, with which accounts, and seconds a calendar month at most."""

    delegation_id: UUID
    member_id: UUID
    name: str | None
    scopes: list[str]
    monthly_cap: int
    accounts: list[UUID]


class MeView(msgspec.Struct):
    """You. `role` is in force only after your passkey was shown; `strong_until` says until when it counts as fresh.

    `timezone` is the clock of your community, `today` the day it is there. `moved_to` is the URL of the service where
    it goes on, once it has moved. `statements_by_email` and `statements_large_print` are your wishes.
    """

    community: str
    community_name: str
    timezone: str
    today: date
    member_id: UUID
    name: str | None
    role: str | None
    granted_role: str | None
    strong_until: datetime | None
    accounts: list[UUID]
    delegations: list[ActsForView]
    moved_to: str | None
    statements_by_email: bool
    statements_large_print: bool


_card = msgspec.json.Decoder(CardSignInBody)
_start = msgspec.json.Decoder(StartBody)


@post(
    "/communities/{slug:str}/sign-in/card",
    summary="Sign in with a card",
    opt=PUBLIC,
    request_max_body_size=MAX_BODY,
    operation_class=body(CardSignInBody),
    responses=answers({201: SessionView}, 403, 415, 429, 503),
)
async def post_card_sign_in(request: AnyRequest) -> ASGIResponse:
    """Begin a session with a printed card: its `secret`, or the `code` below it. Each card works once.

    Whatever is wrong with it, the answer is the same. A session that is sent along is left as it is.
    """
    only_query(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    asked = await read_body(request, _card)
    if (asked.secret is None) == (asked.code is None):
        raise Problem("malformed_request", "Send the card's secret or its code, one of them.")
    ledger = ledger_of(request)
    community = await ledger.community(str(request.path_params["slug"]))
    if community is None:
        raise Problem("sign_in_failed")
    new = await use_card(ledger, community, secret=asked.secret, code=asked.code, device=device_of(request))
    if new is None:
        raise Problem("sign_in_failed")
    return session_response(request, new)


@post(
    "/start",
    summary="Found the first community",
    opt=PUBLIC,
    request_max_body_size=MAX_BODY,
    operation_class=body(StartBody),
    responses=answers({201: SessionView}, 403, 415, 429, 503),
)
async def post_start(request: AnyRequest) -> ASGIResponse:
    """Found the first community with the link that the service printed at its first start, and join it as its
    co-ordinator. Register a passkey next: your role counts from then on."""
    only_query(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    asked = await read_body(request, _start)
    settings = request.app.state.settings
    name, your_name = normalised(asked.name, MAX_NAME), normalised(asked.your_name, MAX_NAME)
    try:
        new = await use_start_link(
            ledger_of(request),
            secret=asked.secret,
            slug=asked.slug,
            name=name or "",
            your_name=your_name or "",
            issuer=settings.url,
            origin=f"{settings.host}/{asked.slug}",
            device=device_of(request),
        )
    except ValueError:
        raise Problem("malformed_request", "Another community has this slug.") from None
    if new is None:
        raise Problem("sign_in_failed")
    return session_response(request, new, slug=asked.slug)


@post(
    "/communities/{slug:str}/sign-out",
    summary="Sign out",
    status_code=200,
    opt=allow(member=True),
    responses=answers({200: SignedOutView}, 403, 404),
)
async def post_sign_out(request: AnyRequest) -> ASGIResponse:
    """End this session. The cookie is worth nothing any more, wherever it is."""
    only_query(request)
    principal = principal_of(request)
    if principal.session_id is None:
        raise Problem("not_allowed")
    return await _end(request, principal.session_id)


@get(
    "/communities/{slug:str}/sessions",
    summary="List your sessions",
    opt=allow(member=True),
    responses=answers({200: SessionsView}, 403, 404),
)
async def get_sessions(request: AnyRequest) -> ASGIResponse:
    """The devices on which you are signed in, the one used last first."""
    only_query(request)
    principal = principal_of(request)
    community = community_of(request)
    if principal.member_id is None:
        raise Problem("not_allowed")
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await list_sessions(db, community.id, principal.member_id)
    views = [
        OwnSessionView(
            row["session_id"],
            row["method"],
            row["device"],
            row["started_at"],
            row["seen_at"],
            row["expires_at"],
            row["session_id"] == principal.session_id,
        )
        for row in rows
    ]
    return json_response(SessionsView(views))


@delete(
    "/communities/{slug:str}/sessions/{session_id:str}",
    summary="End one of your sessions",
    status_code=200,
    opt=allow(member=True),
    responses=answers({200: SignedOutView}, 403, 404),
)
async def delete_session(request: AnyRequest) -> ASGIResponse:
    """Sign out on a device you have lost or no longer use."""
    only_query(request)
    return await _end(request, path_id(request, "session_id"))


@get(
    "/communities/{slug:str}/me",
    summary="Who you are here",
    opt=allow(member=True),
    responses=answers({200: MeView}, 403, 404),
)
async def get_me(request: AnyRequest) -> ASGIResponse:
    """You, your role, your accounts, and those you act for."""
    only_query(request)
    principal = principal_of(request)
    community = community_of(request)
    if principal.member_id is None:
        raise Problem("not_allowed")
    ids = [principal.member_id, *(each.member_id for each in principal.delegations)]
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        rows = await db.rows("people/read_session_names", community_id=community.id, member_ids=ids)
        hours = await hours_of(request).read_version(db, community, rows[0]["policy_version"], ledger.now())
    names = {row["member_id"]: row["name"] for row in rows}
    wishes = next((row for row in rows if row["member_id"] == principal.member_id), None)
    strong = principal.strong_at is not None and principal.strong(datetime.now(UTC))
    return json_response(
        MeView(
            community.slug,
            community.name,
            hours.policy.timezone,
            hours.today,
            principal.member_id,
            names.get(principal.member_id),
            principal.role,
            principal.granted_role,
            principal.strong_at + STRONG_FOR if principal.strong_at is not None and strong else None,
            sorted(principal.accounts),
            [
                ActsForView(
                    each.delegation_id,
                    each.member_id,
                    names.get(each.member_id),
                    sorted(each.scopes),
                    each.monthly_cap,
                    sorted(each.accounts),
                )
                for each in principal.delegations
            ],
            rows[0]["moved_to"],
            bool(wishes and wishes["by_email"]),
            bool(wishes and wishes["large_print"]),
        )
    )


async def _end(request: AnyRequest, session_id: UUID) -> ASGIResponse:
    """End a session of the caller's own; the cookie goes with the one they are asking with."""
    principal = principal_of(request)
    community = community_of(request)
    if principal.member_id is None:
        raise Problem("not_allowed")
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        ended = await end_session(db, community.id, principal.member_id, session_id, ledger.now())
    if not ended:
        raise Problem("not_found")
    headers = end_cookie(request) if session_id == principal.session_id else None
    return json_response(SignedOutView(session_id), 200, headers)


sign_in_router = Router(
    "/v1",
    route_handlers=[
        post_card_sign_in,
        post_start,
        post_sign_out,
        get_sessions,
        delete_session,
        get_me,
    ],
    tags=["Sign-in"],
)
