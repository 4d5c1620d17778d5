"""Gifts of credits: to a relative, another member or a pot, as the policy lets them be given."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body, text
from api.problems import Problem
from api.requests import MAX_BODY, Text, idempotency_key, normalised, read_body
from api.routes.common import AnyRequest, hours_of, ledger_of, principal_of
from api.routes.transfers import post_given
from api.views import DryRunView, TransferView
from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.hours.gifts import account_named, gift, giving
from ledger.people.roles import Role

GivenSeconds = Annotated[int, msgspec.Meta(ge=1, le=MAX_ENTRY_SECONDS)]


class GiftBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whose account gives (your own, your household's, or that of a member you may spend for), and who gets it.

    `to` is a member or an account: another member's, a household's, or a pot.
    """

    from_account: UUID = msgspec.field(name="from")
    to: UUID
    seconds: GivenSeconds
    note: Text | None = None


_gift = msgspec.json.Decoder(GiftBody)


@post(
    "/gifts",
    summary="Give credits",
    # As for `/transfers`: who checks the books, or keeps the roles, has no hand in them.
    opt=allow(member=True, barred=(Role.AUDITOR, Role.ADMINISTRATOR)),
    request_max_body_size=MAX_BODY,
    operation_class=body(
        GiftBody, idempotent=True, query={"dry_run": text("to be told the outcome only", "true")}
    ),
    responses=answers({201: TransferView, 200: TransferView | DryRunView}, 404, 409, 413, 415, 422, 503),
)
async def post_gift(request: AnyRequest) -> ASGIResponse:
    """Give credits away, and get the signed receipt. The Idempotency-Key becomes the transfer's id.

    The policy says whom one may give to: anybody, relatives on record, pots. A delegate gives from the account of the
    member they act for, up to their monthly cap. It is the same as a `gift` posted to `/transfers`.
    """
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _gift)
    async with ledger_of(request).database.connection(principal.community.id) as db:
        receiver = await account_named(db, principal.community.id, asked.to, key)
    command = gift(key, asked.from_account, receiver, asked.seconds, normalised(asked.note))
    posting = giving(hours_of(request), principal, command)
    if posting is None or posting.corrects:
        raise Problem("not_allowed")
    return await post_given(request, posting)


gifts_router = Router("/v1/communities/{slug:str}", route_handlers=[post_gift], tags=["Gifts"])
