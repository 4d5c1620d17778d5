"""What an account stood at when periods were closed, and the proof of it that shows no other balance."""

from datetime import date, datetime
from typing import Any

import msgspec
from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer
from api.problems import Problem
from api.requests import (
    MAX_PAGE,
    bytes_response,
    json_response,
    next_link,
    only_query,
    path_id,
    query_integer,
)
from api.routes.common import AnyRequest, community_of, ledger_of
from api.routes.periods import MAX_NUMBER, closing_number
from ledger.hours.period_proofs import balance_proof
from ledger.log.balance_proofs import render_balance_proof
from ledger.people.roles import Role, Scope

OWN = allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ, own="account_id")


class AccountClosingView(msgspec.Struct, omit_defaults=True):
    """What an account stood at when a period was closed, in seconds; its proof is at `proof`."""

    number: int
    through: date
    closed_at: datetime
    balance: int
    entries: int
    proof: str
    reopened_at: datetime | None = None


class AccountClosingsView(msgspec.Struct, omit_defaults=True):
    closings: list[AccountClosingView]
    next: str | None = None


@get(
    "/accounts/{account_id:str}/closings",
    summary="An account's balances at the closings",
    opt=OWN,
    operation_class=body(
        None,
        query={
            "below": integer("the number of the closing after which the page begins", 1, MAX_NUMBER),
            "limit": PAGE,
        },
    ),
    responses=answers({200: AccountClosingsView}, 404),
)
async def list_account_closings(request: AnyRequest) -> ASGIResponse:
    """What the account stood at when periods were closed, the newest first, each with the address of its proof."""
    only_query(request, "below", "limit")
    community, account_id = community_of(request), path_id(request, "account_id")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    which = {"community_id": community.id, "account_id": account_id}
    async with ledger_of(request).database.snapshot(community.id) as db:
        if await db.row("book/read_account", **which, now=ledger_of(request).now()) is None:
            raise Problem("not_found")
        rows = await db.rows(
            "hours/list_account_closings",
            **which,
            below=query_integer(request, "below", MAX_NUMBER, 1, MAX_NUMBER),
            at_most=limit + 1,
        )
    path = f"/v1/communities/{community.slug}/accounts/{account_id}/closings"
    page = [
        AccountClosingView(
            row["closing_number"], row["through_on"], row["closed_at"], row["balance"], row["entry_count"],
            f"{path}/{row['closing_number']}", row["reopened_at"],
        )
        for row in rows[:limit]
    ]  # fmt: skip
    following = f"{path}?below={page[-1].number}&limit={limit}" if len(rows) > limit else None
    return json_response(AccountClosingsView(page, following), headers=next_link(following))


@get(
    "/accounts/{account_id:str}/closings/{number:str}",
    summary="The proof of a balance at a closing",
    opt=OWN,
    responses=answers({200: dict[str, Any]}, 404),
)
async def get_balance_proof(request: AnyRequest) -> ASGIResponse:
    """A text that proves what the account stood at and shows no other balance.

    `carehours verify` and the page /v check it, without asking anybody.
    """
    only_query(request)
    community, account_id = community_of(request), path_id(request, "account_id")
    number = closing_number(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        proof = await balance_proof(db, community, account_id, number)
    if proof is None:
        raise Problem("not_found")
    name = f"{community.slug}-closing-{number}-balance.json"
    return bytes_response(
        render_balance_proof(proof).encode(),
        "application/json",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


account_closings_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[list_account_closings, get_balance_proof],
    tags=["Periods"],
)
