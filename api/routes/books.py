"""The books as a whole: what all accounts add up to, and the journal with its search."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Router, get
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.requests import (
    MAX_PAGE,
    MAX_SAFE,
    as_uuid,
    json_response,
    next_link,
    only_query,
    query_days,
    query_integer,
    query_word,
)
from api.routes.common import AnyRequest, community_of, ledger_of, moments_of_days, principal_of
from api.views import CommunityView, KindBalanceView, TransfersView, TrialBalanceView, transfer_view
from ledger.book.commands import AccountKind, TransferKind
from ledger.book.search import TransferSearch, find_transfers
from ledger.people.roles import Role, Scope

WHO_READS = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, token=Scope.READ)
FILTERS = ("kind", "account", "from", "until", "service_from", "service_until")


@get(
    "/",
    summary="A community and its trial balance",
    opt=allow(*Role, token=Scope.READ, member=True),
    responses=answers({200: CommunityView}),
)
async def get_community(request: AnyRequest) -> ASGIResponse:
    """The community, the size of its log, and the sum of all its balances, which is always zero."""
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        trial = await db.row("book/total_balance", community_id=community.id)
        head = await db.row("log/read_head", community_id=community.id)
    if trial is None or head is None:
        raise LookupError(f"community {community.slug} has no log")
    return json_response(
        CommunityView(
            community.slug,
            community.name,
            community.origin,
            head["tree_size"],
            trial["accounts"],
            trial["total"],
            trial["credits"],
        )
    )


@get(
    "/trial-balance",
    summary="The trial balance",
    opt=WHO_READS,
    responses=answers({200: TrialBalanceView}),
)
async def get_trial_balance(request: AnyRequest) -> ASGIResponse:
    """Every balance, summed by the kind of its account, and the total, which is zero: all of one moment."""
    only_query(request)
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        rows = await db.rows("book/trial_balance", community_id=community.id, now=datetime.now(UTC))
        head = await db.row("log/read_head", community_id=community.id)
    if head is None:
        raise LookupError(f"community {community.slug} has no log")
    order = list(AccountKind)
    kinds = [
        KindBalanceView(row["kind"], row["accounts"], row["closed"], row["balance"], row["held"])
        for row in sorted(rows, key=lambda row: order.index(row["kind"]))
    ]
    return json_response(
        TrialBalanceView(
            head["tree_size"],
            head["recorded_at"],
            sum([each.accounts for each in kinds]),
            sum([each.balance for each in kinds]),
            sum([each.held for each in kinds]),
            kinds,
        )
    )


@get(
    "/transfers",
    summary="The journal",
    opt=WHO_READS,
    operation_class=body(
        None,
        query={
            "below": integer("the leaf index below which the page begins", 0, MAX_SAFE),
            "limit": PAGE,
            "kind": text("only those of this kind", *TransferKind),
            "account": text("only those in which this account has an entry", form=OpenAPIFormat.UUID),
            "from": text("only those recorded on this day or later", form=OpenAPIFormat.DATE),
            "until": text("only those recorded on this day or earlier", form=OpenAPIFormat.DATE),
            "service_from": text("only those for care on this day or later", form=OpenAPIFormat.DATE),
            "service_until": text("only those for care on this day or earlier", form=OpenAPIFormat.DATE),
        },
    ),
    responses=answers({200: TransfersView}),
)
async def list_transfers(request: AnyRequest) -> ASGIResponse:
    """All transfers, the newest first, a page at a time; the Link header leads to the next page.

    Days begin by the clock of the community's policy. Each has its entries, and no receipt. Auditors and
    administrators see no notes.
    """
    community = community_of(request)
    only_query(request, "below", "limit", *FILTERS)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    below = query_integer(request, "below", MAX_SAFE, 0, MAX_SAFE)
    kind = query_word(request, "kind", TransferKind)
    account = request.query_params.get("account")
    account_id = None if account is None else as_uuid(account.lower(), "The query parameter account")
    recorded = query_days(request, "from", "until")
    service = query_days(request, "service_from", "service_until")
    async with ledger_of(request).database.snapshot(community.id) as db:
        moments = (None, None) if recorded == (None, None) else await moments_of_days(request, db, *recorded)
        wanted = TransferSearch(kind, account_id, *moments, *service)
        found = await find_transfers(db, community, wanted, below=below, at_most=limit + 1)
    principal = principal_of(request)
    notes = principal.token_id is not None or principal.role is Role.COORDINATOR
    page = [transfer_view(community.slug, each, None, notes=notes, disclosed=False) for each in found[:limit]]
    following = None
    if len(found) > limit:
        query: dict[str, Any] = {"below": page[-1].leaf_index, "limit": limit}
        query |= {each: request.query_params[each] for each in FILTERS if each in request.query_params}
        following = f"/v1/communities/{community.slug}/transfers?{urlencode(query)}"
    return json_response(TransfersView(page, following), headers=next_link(following))


books_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_community, get_trial_balance],
    tags=["Books"],
)
