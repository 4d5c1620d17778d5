"""Accounts: open, read, limit, close; their entries and earlier balances."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get, post, put
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_NAME,
    MAX_PAGE,
    MAX_SAFE,
    NOTHING,
    Name,
    Seconds,
    as_uuid,
    idempotency_key,
    if_match,
    json_response,
    next_link,
    normalised,
    only_query,
    path_id,
    query_integer,
    query_word,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_names,
    refused_response,
    replay_header,
)
from api.routes.purposes import entry_lines
from api.views import (
    AccountsView,
    AccountView,
    BalanceView,
    EntriesView,
    account_view,
)
from ledger.book.commands import AccountKind, CloseAccount, Command, OpenAccount, SetLimits
from ledger.book.ledger import Also
from ledger.book.posting import Refused, Replayed
from ledger.book.search import AccountSearch, find_accounts
from ledger.database.connections import Connection
from ledger.hours.applying import opening_limits
from ledger.people.limiting import closing, limiting, opening
from ledger.people.members import skeleton
from ledger.people.roles import DelegateScope, Role, Scope

Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class AccountBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new account. A floor or ceiling left out takes the default of its kind; null means none."""

    kind: Literal["member", "household", "pot", "issuance", "clearing", "difference"]
    code: Code
    name: Name | None = None
    floor: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    ceiling: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    peer: Code | None = None


class LimitsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The new floor and ceiling in seconds; null means none."""

    floor: Seconds | None
    ceiling: Seconds | None


OWN_ACCOUNT = allow(
    Role.COORDINATOR,
    Role.AUDITOR,
    token=Scope.READ,
    own="account_id",
    delegated=DelegateScope.SEE,
)

FILTERS = ("kind", "code", "name", "closed")

_account = msgspec.json.Decoder(AccountBody)
_limits = msgspec.json.Decoder(LimitsBody)


@post(
    "/accounts",
    summary="Open an account",
    opt=allow(Role.COORDINATOR, token=Scope.MANAGE, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(AccountBody, idempotent=True),
    responses=answers({201: AccountView, 200: AccountView}, 409, 415, 422, 503),
)
async def post_account(request: AnyRequest) -> ASGIResponse:
    """Open an account. The Idempotency-Key becomes its id.

    Limits wider than those of its kind take a second person: open it without them, then propose them.
    """
    only_query(request)
    key = idempotency_key(request)
    asked = await read_body(request, _account)
    kind = AccountKind(asked.kind)
    principal = principal_of(request)
    usual = floor, ceiling = await _usual_limits(request, key, kind)
    command = OpenAccount(
        key,
        kind,
        asked.code,
        floor if isinstance(asked.floor, msgspec.UnsetType) else asked.floor,
        ceiling if isinstance(asked.ceiling, msgspec.UnsetType) else asked.ceiling,
        normalised(asked.name, MAX_NAME),
        asked.peer,
    )
    by_hand = principal.token_id is None
    also = opening(principal.community, principal.author, command, usual) if by_hand else None
    return await _change(request, command, created=True, also=also)


async def _usual_limits(
    request: AnyRequest, account_id: UUID, kind: AccountKind
) -> tuple[int | None, int | None]:
    """(floor, ceiling) of an account for which nothing else was asked.

    A repeat after the policy has changed asks for what it asked for: the limits the account was opened with.
    """
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        opened = await db.row("hours/read_first_limits", community_id=community.id, account_id=account_id)
        if opened is not None:
            return opened["floor"], opened["ceiling"]
        return await opening_limits(db, community.id, kind, hours_of(request).policies)


@get(
    "/accounts",
    summary="List accounts",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ),
    operation_class=body(
        None,
        query={
            "after": text("the code after which the page begins"),
            "limit": PAGE,
            "kind": text("only those of this kind", *AccountKind),
            "code": text("only those whose code begins so"),
            "name": text("only those whose name, or whose holder's, looks as if it had this in it"),
            "closed": text("only those that are closed, or are not", "true", "false"),
            "ids": text(
                "only these, at most 200 ids with commas between them, and nothing else in the query"
            ),
        },
    ),
    responses=answers({200: AccountsView}),
)
async def list_accounts(request: AnyRequest) -> ASGIResponse:
    """Accounts in order of their code, a page at a time; the Link header leads to the next page.

    An auditor, and a token without the scope `members`, see them without names, and find nobody by name.
    """
    if "ids" in request.query_params:
        return await _accounts_by_id(request)
    community = community_of(request)
    only_query(request, "after", "limit", *FILTERS)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    after = _code(request, "after")
    name = normalised(request.query_params.get("name"), MAX_NAME)
    if name is not None and not reads_names(request):
        # Else whoever may not read names could guess them.
        raise Problem("not_allowed")
    closed = request.query_params.get("closed")
    if closed not in (None, "true", "false"):
        raise Problem("malformed_request", "The query parameter closed is `true` or `false`.")
    wanted = AccountSearch(
        query_word(request, "kind", AccountKind),
        _code(request, "code"),
        None if closed is None else closed == "true",
        name,
        None if name is None else skeleton(name),
    )
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await find_accounts(
            db, community.id, wanted, after=after, at_most=limit + 1, now=datetime.now(UTC)
        )
        names = await _names(db, community.id, rows[:limit]) if reads_names(request) else {}
    page = [account_view(row, names.get(row["account_id"])) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        filters = {each: request.query_params[each] for each in FILTERS if each in request.query_params}
        query = urlencode({"after": page[-1].code, "limit": limit, **filters})
        following = f"/v1/communities/{community.slug}/accounts?{query}"
    return json_response(AccountsView(page, following), headers=next_link(following))


async def _accounts_by_id(request: AnyRequest) -> ASGIResponse:
    """Who is behind the ids that a page of the journal holds; an id that is no account's is left out."""
    only_query(request, "ids")
    community = community_of(request)
    given = request.query_params["ids"].split(",")
    if len(given) > MAX_PAGE:
        raise Problem("malformed_request", f"At most {MAX_PAGE} ids are looked up at once.")
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "book/view_accounts",
            community_id=community.id,
            account_ids=sorted({as_uuid(each, "One of the ids") for each in given}),
            now=datetime.now(UTC),
        )
        names = await _names(db, community.id, rows) if reads_names(request) else {}
    page = [account_view(row, names.get(row["account_id"])) for row in rows]
    return json_response(AccountsView(sorted(page, key=lambda account: account.code)))


def _code(request: AnyRequest, name: str) -> str:
    """A code in the query, or the beginning of one; empty when it is not given."""
    given = request.query_params.get(name, "")
    if len(given) > 40 or not given.isascii() or not given.isprintable():
        raise Problem("malformed_request", f"The query parameter {name} is an account's code.")
    return given


@get(
    "/accounts/{account_id:str}",
    summary="Read an account",
    opt=OWN_ACCOUNT,
    responses=answers({200: AccountView}, 404),
)
async def get_account(request: AnyRequest) -> ASGIResponse:
    """The account with its balance, what is held, and its limits. The ETag stands for the limits."""
    return await _account_response(request, path_id(request, "account_id"))


@put(
    "/accounts/{account_id:str}/limits",
    summary="Change an account's limits",
    opt=allow(Role.COORDINATOR, token=Scope.MANAGE, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(LimitsBody, idempotent=True, if_match=True),
    responses=answers({200: AccountView}, 404, 409, 412, 415, 422, 428, 503),
)
async def put_limits(request: AnyRequest) -> ASGIResponse:
    """Give the account a new floor and ceiling. If-Match holds the ETag of the account as you read it.

    A co-ordinator does not change their own or a relative's, and needs a second person: see `/proposals`.
    """
    only_query(request)
    account_id = path_id(request, "account_id")
    key = idempotency_key(request)
    seen = if_match(request)
    asked = await read_body(request, _limits)
    principal = principal_of(request)
    command = SetLimits(key, account_id, asked.floor, asked.ceiling, seen)
    also = limiting(principal.community, principal.author, command)
    return await _change(request, command, also=also)


@post(
    "/accounts/{account_id:str}/closing",
    summary="Close an account",
    opt=allow(Role.COORDINATOR, token=Scope.MANAGE, strong=True),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: AccountView}, 404, 409, 415, 422, 503),
)
async def post_closing(request: AnyRequest) -> ASGIResponse:
    """Close an account that stands at zero with nothing held. Its history stays."""
    only_query(request)
    account_id = path_id(request, "account_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    principal = principal_of(request)
    command = CloseAccount(key, account_id)
    by_hand = principal.token_id is None
    also = closing(principal.community, principal.author, command) if by_hand else None
    return await _change(request, command, also=also)


@get(
    "/accounts/{account_id:str}/entries",
    summary="An account's entries",
    opt=OWN_ACCOUNT,
    operation_class=body(
        None,
        query={"below": integer("the entry number below which the page begins", 1, MAX_SAFE), "limit": PAGE},
    ),
    responses=answers({200: EntriesView}, 404),
)
async def list_entries(request: AnyRequest) -> ASGIResponse:
    """The account's ledger, newest first, a page at a time, each line with what it was for."""
    community = community_of(request)
    account_id = path_id(request, "account_id")
    only_query(request, "below", "limit")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    below = query_integer(request, "below", MAX_SAFE, 1, MAX_SAFE)
    async with ledger_of(request).database.snapshot(community.id) as db:
        if await _read(db, community.id, account_id) is None:
            raise Problem("not_found")
        rows = await db.rows(
            "book/list_entries",
            community_id=community.id,
            account_id=account_id,
            below=below,
            at_most=limit + 1,
        )
        page = await entry_lines(db, community.id, account_id, rows[:limit])
    following = None
    if len(rows) > limit:
        path = f"/v1/communities/{community.slug}/accounts/{account_id}/entries"
        following = f"{path}?below={page[-1].entry_number}&limit={limit}"
    return json_response(EntriesView(page, following), headers=next_link(following))


@get(
    "/accounts/{account_id:str}/balance",
    summary="An earlier balance",
    opt=OWN_ACCOUNT,
    operation_class=body(
        None,
        query={
            "at": text("a moment with its zone", form=OpenAPIFormat.DATE_TIME),
            "tree_size": integer("the size of a checkpoint", 0, MAX_SAFE),
        },
    ),
    responses=answers({200: BalanceView}, 404),
)
async def get_balance(request: AnyRequest) -> ASGIResponse:
    """The balance at the end of a second, or exactly as of a checkpoint. Without either: now."""
    community = community_of(request)
    account_id = path_id(request, "account_id")
    only_query(request, "at", "tree_size")
    if "at" in request.query_params and "tree_size" in request.query_params:
        raise Problem("malformed_request", "Ask for a moment or for a checkpoint, not for both.")
    moment = _moment(request.query_params.get("at"))
    ledger = ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        head = await db.row("log/read_head", community_id=community.id)
        if head is None or await _read(db, community.id, account_id) is None:
            raise Problem("not_found")
        size: int = head["tree_size"]
        tree_size = query_integer(request, "tree_size", size, 0, MAX_SAFE)
        if tree_size > size:
            raise Problem("malformed_request", f"The log holds {size} leaves so far.")
        final = "tree_size" in request.query_params
        if moment is not None:
            row = await db.row("book/size_at_time", community_id=community.id, moment=moment)
            tree_size = 0 if row is None else row["tree_size"]
            final = moment <= ledger.now() - timedelta(seconds=1)
        entry = await db.row(
            "book/balance_at_size", community_id=community.id, account_id=account_id, tree_size=tree_size
        )
    balance, number = (0, 0) if entry is None else (entry["balance_after"], entry["entry_number"])
    return json_response(BalanceView(account_id, balance, number, tree_size, final))


def _moment(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        # A plus sign in a query reaches us as a space unless it was escaped; both are meant.
        moment = datetime.fromisoformat(given.replace(" ", "+")).astimezone(UTC)
        if datetime.fromisoformat(given.replace(" ", "+")).tzinfo is None:
            raise ValueError("no zone")
    except (ValueError, OverflowError):
        raise Problem(
            "malformed_request", "The query parameter at is not an RFC 3339 time with its zone."
        ) from None
    return moment


async def _read(db: Connection, community_id: int, account_id: UUID) -> asyncpg.Record | None:
    return await db.row(
        "book/read_account", community_id=community_id, account_id=account_id, now=datetime.now(UTC)
    )


async def _change(
    request: AnyRequest, command: Command, *, created: bool = False, also: Also | None = None
) -> ASGIResponse:
    """Post a command about one account and answer with the account as it then stands."""
    community = community_of(request)
    [answer] = await ledger_of(request).post(community, [command], also)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = isinstance(answer.outcome, Replayed)
    account_id = command.id if isinstance(command, OpenAccount) else path_id(request, "account_id")
    headers = replay_header(answer)
    if created:
        headers["location"] = f"/v1/communities/{community.slug}/accounts/{account_id}"
    return await _account_response(request, account_id, 201 if created and not replayed else 200, headers)


async def _account_response(
    request: AnyRequest, account_id: UUID, status: int = 200, headers: dict[str, str] | None = None
) -> ASGIResponse:
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        row = await _read(db, community.id, account_id)
        if row is None:
            raise Problem("not_found")
        named = reads_names(request) or principal_of(request).sees_account(account_id)
        names = await _names(db, community.id, [row]) if named else {}
    etag = {"etag": f'"{row["limits_count"]}"'}
    return json_response(account_view(row, names.get(account_id)), status, etag | (headers or {}))


async def _names(db: Connection, community_id: int, rows: Sequence[asyncpg.Record]) -> dict[UUID, str]:
    """What the accounts are called: by the name of the member whose they are, or by their own."""
    names = {row["account_id"]: row["name"] for row in rows if row["name"] is not None}
    of_members = [row["account_id"] for row in rows if row["kind"] == AccountKind.MEMBER]
    held = await db.rows("people/read_account_names", community_id=community_id, account_ids=of_members)
    return names | {row["account_id"]: row["name"] for row in held}


accounts_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_account,
        list_accounts,
        get_account,
        put_limits,
        post_closing,
        list_entries,
        get_balance,
    ],
    tags=["Accounts"],
)
