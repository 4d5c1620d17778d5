"""Cards: what is printed for a member to sign in with."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
import segno
from litestar import Router, delete, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import MAX_BODY, idempotency_key, json_response, only_query, path_id, read_body
from api.routes.common import (
    AnyRequest,
    act_response,
    base_url,
    community_of,
    ledger_of,
    principal_of,
    refused_response,
)
from api.views import DoneView
from ledger.book.ledger import ActRefused
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.cards import issue_card, list_cards, revoke_card
from ledger.people.members import read_member
from ledger.people.passkeys import list_passkeys
from ledger.people.proposals import Action, card_body, require_approved, require_second_person
from ledger.people.roles import Role


class CardBody(msgspec.Struct, forbid_unknown_fields=True):
    """`proposal` is the approved one, for the card of somebody who has a role."""

    proposal: UUID | None = None


class CardView(msgspec.Struct, omit_defaults=True):
    """A card to print. `address` goes into the QR code, drawn in `qr` as SVG; `code` is for typing. Shown once."""

    id: UUID
    expires_at: datetime
    address: str | None = None
    code: str | None = None
    qr: str | None = None


class CardStateView(msgspec.Struct, omit_defaults=True):
    id: UUID
    issued_at: datetime
    expires_at: datetime
    state: Literal["open", "used", "revoked", "expired"]


class CardsView(msgspec.Struct):
    cards: list[CardStateView]


_card = msgspec.json.Decoder(CardBody)


@post(
    "/members/{member_id:str}/cards",
    summary="Make a card to sign in with",
    opt=allow(Role.COORDINATOR, Role.ADMINISTRATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(CardBody, idempotent=True),
    responses=answers({201: CardView, 200: DoneView}, 403, 404, 409, 415, 422, 503),
)
async def post_card(request: AnyRequest) -> ASGIResponse:
    """A card that signs its member in once, within 72 hours. Earlier cards of theirs stop working.

    The card of somebody who has a role needs an approved proposal, so that nobody can step into their shoes alone: one
    for a card, or for the first card the one that gave the role. An administrator makes cards only with one.
    """
    only_query(request)
    principal = principal_of(request)
    community = principal.community
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    asked = await read_body(request, _card)

    async def check(db: Connection, now: datetime) -> None:
        member = await read_member(db, community.id, member_id)
        if asked.proposal is not None:
            wanted = card_body(member_id)
            await require_approved(
                db, community.id, principal.author, asked.proposal, Action.CARD, wanted, now
            )
        elif principal.role is Role.ADMINISTRATOR:
            raise ActRefused(Refusal.SECOND_PERSON_NEEDED)
        elif member is not None and member["role"] is not None:
            # Somebody appointed who has no passkey yet gets their card from a lone co-ordinator; nobody else does.
            if await list_passkeys(db, community.id, member_id):
                raise ActRefused(Refusal.SECOND_PERSON_NEEDED)
            await require_second_person(db, community.id, principal.author, Action.CARD, now)

    answer, card = await issue_card(
        ledger_of(request), community, principal.author, key, member_id, check=check
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    if card is None:
        # Its secret was shown once; a lost answer means a new card under a new key.
        return json_response(DoneView(), 200, {"idempotency-replayed": "true"})
    address = f"{base_url(request)}/join#{community.slug}.{card.secret}"
    qr = segno.make(address, error="m").svg_inline(scale=4, border=4, omitsize=True)
    return json_response(CardView(card.card_id, card.expires_at, address, card.code, qr), 201)


@get(
    "/members/{member_id:str}/cards",
    summary="A member's cards",
    opt=allow(Role.COORDINATOR, own="member_id"),
    responses=answers({200: CardsView}, 404),
)
async def get_cards(request: AnyRequest) -> ASGIResponse:
    """The cards that were made for a member, without their secrets."""
    only_query(request)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await list_cards(db, community.id, path_id(request, "member_id"))
    return json_response(CardsView([_card_state(row) for row in rows]))


@delete(
    "/members/{member_id:str}/cards/{card_id:str}",
    summary="Revoke a card",
    status_code=200,
    opt=allow(Role.COORDINATOR, own="member_id"),
    operation_class=body(None, idempotent=True),
    responses=answers({200: DoneView}, 404, 409, 422, 503),
)
async def delete_card(request: AnyRequest) -> ASGIResponse:
    """Make a card worthless that was not used yet: one that was lost, say."""
    only_query(request)
    principal = principal_of(request)
    community = principal.community
    card_id = path_id(request, "card_id")
    key = idempotency_key(request)
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        theirs = await list_cards(db, community.id, path_id(request, "member_id"))
    if all(row["card_id"] != card_id for row in theirs):
        raise Problem("not_found")
    return act_response(request, await revoke_card(ledger, community, principal.author, key, card_id))


def _card_state(row: asyncpg.Record) -> CardStateView:
    state: Literal["open", "used", "revoked", "expired"] = "open"
    if row["used_at"] is not None:
        state = "used"
    elif row["revoked_at"] is not None:
        state = "revoked"
    elif row["expires_at"] <= datetime.now(UTC):
        state = "expired"
    return CardStateView(row["card_id"], row["issued_at"], row["expires_at"], state)


cards_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_card, get_cards, delete_card], tags=["Cards"]
)
