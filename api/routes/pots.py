"""Pots: what is in each, what it is for, and how far it may be spent."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    path_id,
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
)
from ledger.book.amounts import MAX_BALANCE_SECONDS
from ledger.hours.pots import Eligible, PotRule, Purpose, set_pot_rule
from ledger.people.delegates import month_of
from ledger.people.roles import TWO_PERSON_SECONDS, Role, Scope

PurposeText = Literal["community", "hardship", "guarantee"]
EligibleText = Literal["anybody", "frail", "service_user"]
Budget = Annotated[int, msgspec.Meta(ge=0, le=MAX_BALANCE_SECONDS)]


class PotRuleBody(msgspec.Struct, forbid_unknown_fields=True):
    """A pot's rule: what it is for, whom it helps, and seconds a calendar month in all and to one member.

    Null is no bound. A grant of more than `signature_limit` seconds takes a second person.
    """

    purpose: PurposeText
    eligible: EligibleText = "anybody"
    monthly_budget: Budget | None = None
    member_monthly: Budget | None = None
    signature_limit: Budget = TWO_PERSON_SECONDS

    def rule(self) -> PotRule:
        return PotRule(
            Purpose(self.purpose),
            Eligible(self.eligible),
            self.monthly_budget,
            self.member_monthly,
            self.signature_limit,
        )


class PotRuleView(msgspec.Struct, omit_defaults=True):
    """The rule that counts; `number` says how many there have been."""

    number: int
    purpose: PurposeText
    eligible: EligibleText
    signature_limit: int
    set_at: datetime
    monthly_budget: int | None = None
    member_monthly: int | None = None
    set_by: UUID | None = None


class PotView(msgspec.Struct, omit_defaults=True):
    """A pot with its rule; without one it helps anybody, as far as it reaches.

    `spent_seconds` is what it gave this calendar month (UTC) or has set aside for care in it, `left_seconds` what its
    budget leaves. A member is not told what is in it, nor what it gave: in a small community that tells who was helped.
    """

    account: UUID
    code: str
    name: str | None = None
    rule: PotRuleView | None = None
    balance: int | None = None
    held: int | None = None
    spent_seconds: int | None = None
    left_seconds: int | None = None


class PotsView(msgspec.Struct, omit_defaults=True):
    pots: list[PotView]
    next: str | None = None


_rule = msgspec.json.Decoder(PotRuleBody)


@post(
    "/pots/{account_id:str}/rule",
    summary="Set a pot's rule",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(PotRuleBody, idempotent=True),
    responses=answers({201: PotRuleBody, 200: PotRuleBody}, 404, 409, 415, 422, 503),
)
async def post_pot_rule(request: AnyRequest) -> ASGIResponse:
    """Give a pot a rule in the place of the one it has; earlier ones stay on record.

    Single-handed only while nobody else could approve it; otherwise propose it at `/proposals`.
    """
    only_query(request)
    principal = principal_of(request)
    account_id = path_id(request, "account_id")
    key = idempotency_key(request)
    asked = await read_body(request, _rule)
    answer = await set_pot_rule(
        hours_of(request), principal.community, principal.author, key, account_id, asked.rule()
    )
    return act_response(request, answer, lambda: asked, 201)


@get(
    "/pots",
    summary="List pots",
    opt=allow(*Role, token=Scope.READ, member=True),
    operation_class=body(None, query={"after": text("the code after which the page begins"), "limit": PAGE}),
    responses=answers({200: PotsView}),
)
async def list_pots(request: AnyRequest) -> ASGIResponse:
    """The open pots in order of their code, a page at a time; the Link header leads to the next page."""
    only_query(request, "after", "limit")
    community, ledger = community_of(request), ledger_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    after = request.query_params.get("after", "")
    if len(after) > 40 or not after.isascii() or not after.isprintable():
        raise Problem("malformed_request", "The query parameter after is an account's code.")
    now = ledger.now()
    async with ledger.database.connection(community.id) as db:
        rows = await db.rows(
            "hours/list_pots",
            community_id=community.id,
            now=now,
            month=month_of(now),
            after=after,
            at_most=limit + 1,
        )
    principal = principal_of(request)
    reads_balances = principal.token_id is not None or principal.role in (Role.COORDINATOR, Role.AUDITOR)
    page = [_view(row, reads_balances) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = f"/v1/communities/{community.slug}/pots?after={page[-1].code}&limit={limit}"
    return json_response(PotsView(page, following), headers=next_link(following))


def _view(row: asyncpg.Record, reads_balances: bool) -> PotView:
    view = PotView(row["account_id"], row["code"], row["name"])
    budget = None
    if row["rule_number"] is not None:
        budget = row["monthly_budget"]
        view.rule = PotRuleView(
            row["rule_number"],
            row["purpose"],
            row["eligible"],
            row["signature_limit"],
            row["set_at"],
            budget,
            row["member_monthly"],
            row["set_by"] if reads_balances else None,
        )
    if reads_balances:
        view.balance, view.held, view.spent_seconds = row["balance"], row["held"], row["spent_seconds"]
        view.left_seconds = None if budget is None else max(budget - row["spent_seconds"], 0)
    return view


pots_router = Router("/v1/communities/{slug:str}", route_handlers=[post_pot_rule, list_pots], tags=["Pots"])
