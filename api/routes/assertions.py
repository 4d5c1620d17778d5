"""Balance assertions: what a passbook or a bank says an account stood at, held against our own books."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import (
    MAX_BATCH_BODY,
    MAX_BODY,
    MAX_PAGE,
    MAX_SAFE,
    NOTHING,
    Seconds,
    Text,
    as_uuid,
    idempotency_key,
    json_response,
    next_link,
    normalised,
    only_query,
    path_id,
    query_days,
    query_integer,
    query_word,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refused_response,
    replay_header,
)
from api.routes.purposes import entry_lines
from api.views import AccountEntryView
from ledger.book.posting import Refused
from ledger.database.connections import Connection
from ledger.desk.assertions import (
    Assertion,
    NewAssertion,
    Source,
    State,
    assert_balance,
    assert_balances,
    find_assertions,
    last_agreed,
    late_leaves,
    read_assertion,
    withdraw_assertion,
)
from ledger.people.roles import Role, Scope

MAX_ASSERTIONS = 2_000
"""How many are recorded in one request: the books of the community stand still for as long as that takes."""

FIRST_DAY = date(1900, 1, 1)
"""What is asserted of earlier days is a slip of the pen, and calendars cannot reckon with all of them."""

FILTERS = ("account", "source", "state", "from", "until")

AnySource = Literal["passbook", "bank", "other_books", "count"]
SOURCE_SAYS = "a member's passbook, a bank's statement, another system's books, or counting on paper"


class AssertionBody(msgspec.Struct, forbid_unknown_fields=True):
    """When the day `on` was over, the account stood at `seconds`; `source` says who says so."""

    account: UUID
    on: date
    seconds: Seconds
    source: AnySource
    note: Text | None = None


class LineBody(msgspec.Struct, forbid_unknown_fields=True):
    """When the day `on` was over, the account stood at `seconds`."""

    account: UUID
    on: date
    seconds: Seconds


class AssertionsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Many assertions from one kind of source, all or none."""

    source: AnySource
    assertions: Annotated[list[LineBody], msgspec.Meta(min_length=1, max_length=MAX_ASSERTIONS)]


class AgreedView(msgspec.Struct):
    """An earlier assertion of the account that held."""

    assertion: UUID
    on: date
    seconds: int


class AssertionView(msgspec.Struct, omit_defaults=True):
    """An assertion beside our own books.

    `recorded_seconds` is what was recorded by the end of the day in the community's time zone, and `difference` the
    seconds asserted less that. `held_at_assertion` says whether there was none, which no later posting changes.
    `late_seconds` came in later for days of care up to that day: where they make up the difference, `state` is
    `corrected`, and it holds now. `since` is the newest earlier assertion that held; without it the account's opening.
    """

    id: UUID
    account: UUID
    on: date
    seconds: int
    source: str
    state: Literal["holds", "corrected", "differs", "withdrawn"]
    held_at_assertion: bool
    holds_now: bool
    recorded_seconds: int
    difference: int
    late_seconds: int
    asserted_at: datetime
    asserted_by: UUID | None = None
    note: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = None
    since: AgreedView | None = None


class AssertionsView(msgspec.Struct, omit_defaults=True):
    """Assertions: those that differed when they were made first, then the newest first."""

    assertions: list[AssertionView]
    next: str | None = None


class RecordedView(msgspec.Struct):
    """How many assertions were recorded."""

    count: int


class BetweenView(AccountEntryView, kw_only=True):
    """An entry of the account since the last point that agreed.

    `place` is `by_then` when it was recorded by the end of the day, `late` when it was recorded later for a day of
    care up to that day, `after` otherwise. `may_explain` says that it is the difference, or half of it: that it lacks
    on one side, or has the wrong sign.
    """

    place: Literal["by_then", "late", "after"]
    may_explain: bool = False


class BetweenPageView(msgspec.Struct, omit_defaults=True):
    """The entries since the last point that agreed, the newest first."""

    entries: list[BetweenView]
    next: str | None = None


READERS = allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ)

_assertion = msgspec.json.Decoder(AssertionBody)
_assertions = msgspec.json.Decoder(AssertionsBody)


@post(
    "/assertions",
    summary="Assert a balance",
    opt=allow(Role.COORDINATOR),
    request_max_body_size=MAX_BODY,
    operation_class=body(AssertionBody, idempotent=True),
    responses=answers({201: AssertionView, 200: AssertionView}, 404, 409, 415, 422, 503),
)
async def post_assertion(request: AnyRequest) -> ASGIResponse:
    """Say what an account stood at when a day was over, and hear whether our books agree. The key becomes its id.

    It posts nothing, so a co-ordinator may assert their own balance: what it leads to is posted under its own rules.
    """
    only_query(request)
    key = idempotency_key(request)
    asked = await read_body(request, _assertion)
    _check_day(asked.on)
    principal = principal_of(request)
    answer = await assert_balance(
        hours_of(request),
        principal.community,
        principal.author,
        key,
        NewAssertion(asked.account, asked.on, asked.seconds),
        Source(asked.source),
        normalised(asked.note),
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = replay_header(answer)
    location = {"location": f"/v1/communities/{principal.community.slug}/assertions/{key}"}
    return await _assertion_response(request, key, 200 if replayed else 201, location | replayed)


@post(
    "/assertions/batch",
    summary="Assert many balances",
    opt=allow(Role.COORDINATOR),
    request_max_body_size=MAX_BATCH_BODY,
    operation_class=body(AssertionsBody, idempotent=True),
    responses=answers({201: RecordedView, 200: RecordedView}, 404, 409, 413, 415, 422, 503),
)
async def post_assertions(request: AnyRequest) -> ASGIResponse:
    """Record many, all or none, such as those of a list that `/assertions/reading` has read."""
    only_query(request)
    key = idempotency_key(request)
    asked = await read_body(request, _assertions)
    for each in asked.assertions:
        _check_day(each.on)
    if len({(each.account, each.on) for each in asked.assertions}) < len(asked.assertions):
        raise Problem("malformed_request", "Two of the assertions are about one account and one day.")
    principal = principal_of(request)
    answer = await assert_balances(
        hours_of(request),
        principal.community,
        principal.author,
        key,
        [NewAssertion(each.account, each.on, each.seconds) for each in asked.assertions],
        Source(asked.source),
    )
    return act_response(request, answer, lambda: RecordedView(len(asked.assertions)), 201)


@post(
    "/assertions/{assertion_id:str}/withdrawal",
    summary="Withdraw an assertion",
    opt=allow(Role.COORDINATOR),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: AssertionView}, 404, 409, 415, 422, 503),
)
async def post_withdrawal(request: AnyRequest) -> ASGIResponse:
    """Take back what was asserted by mistake. Both stay to be seen, with who did so and when."""
    only_query(request)
    assertion_id = path_id(request, "assertion_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    principal = principal_of(request)
    answer = await withdraw_assertion(
        hours_of(request), principal.community, principal.author, key, assertion_id
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    return await _assertion_response(request, assertion_id, 200, replay_header(answer))


@get(
    "/assertions",
    summary="List assertions",
    opt=READERS,
    operation_class=body(
        None,
        query={
            "after": text("the id of the assertion after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
            "account": text("only those about this account", form=OpenAPIFormat.UUID),
            "source": text(f"only those from {SOURCE_SAYS}", *Source),
            "state": text("only those that stand so now", *State),
            "from": text("only those about this day or a later one", form=OpenAPIFormat.DATE),
            "until": text("only those about this day or an earlier one", form=OpenAPIFormat.DATE),
        },
    ),
    responses=answers({200: AssertionsView}, 404),
)
async def list_assertions(request: AnyRequest) -> ASGIResponse:
    """Assertions, those that differed first, a page at a time; the Link header leads to the next page."""
    only_query(request, "after", "limit", *FILTERS)
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    from_on, until_on = query_days(request, "from", "until")
    account = request.query_params.get("account")
    after = request.query_params.get("after")
    async with ledger_of(request).database.snapshot(community.id) as db:
        before = None
        if after is not None:
            before = await read_assertion(db, community.id, as_uuid(after, "The query parameter after"))
            if before is None:
                raise Problem("not_found")
        found = await find_assertions(
            db,
            community.id,
            at_most=limit + 1,
            after=before,
            account_id=None if account is None else as_uuid(account, "The query parameter account"),
            source=query_word(request, "source", Source),
            state=query_word(request, "state", State),
            from_on=from_on,
            until_on=until_on,
        )
    page = [assertion_view(each, notes=reads_notes(request)) for each in found[:limit]]
    following = None
    if len(found) > limit:
        filters = {each: request.query_params[each] for each in FILTERS if each in request.query_params}
        query = urlencode({"after": page[-1].id, "limit": limit, **filters})
        following = f"/v1/communities/{community.slug}/assertions?{query}"
    return json_response(AssertionsView(page, following), headers=next_link(following))


@get(
    "/assertions/{assertion_id:str}",
    summary="Read an assertion",
    opt=READERS,
    responses=answers({200: AssertionView}, 404),
)
async def get_assertion(request: AnyRequest) -> ASGIResponse:
    """The assertion as it stands now, and the last point before it that agreed."""
    only_query(request)
    return await _assertion_response(request, path_id(request, "assertion_id"))


@get(
    "/assertions/{assertion_id:str}/entries",
    summary="The entries behind an assertion",
    opt=READERS,
    operation_class=body(
        None,
        query={"below": integer("the entry number below which the page begins", 1, MAX_SAFE), "limit": PAGE},
    ),
    responses=answers({200: BetweenPageView}, 404),
)
async def list_between(request: AnyRequest) -> ASGIResponse:
    """The account's entries from the last point that agreed until now, newest first, each with what it was for."""
    only_query(request, "below", "limit")
    community = community_of(request)
    assertion_id = path_id(request, "assertion_id")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    below = query_integer(request, "below", MAX_SAFE, 1, MAX_SAFE)
    async with ledger_of(request).database.snapshot(community.id) as db:
        assertion = await read_assertion(db, community.id, assertion_id)
        if assertion is None:
            raise Problem("not_found")
        agreed = await last_agreed(db, community.id, assertion)
        since = 0 if agreed is None else agreed.entry_number
        rows = await db.rows(
            "book/list_entries",
            community_id=community.id,
            account_id=assertion.account_id,
            below=below,
            at_most=limit + 1,
        )
        rows = [row for row in rows if row["entry_number"] > since]
        lines = await entry_lines(db, community.id, assertion.account_id, rows[:limit])
        late = await late_leaves(db, community.id, assertion, [line.leaf_index for line in lines])
    page = _between(assertion, lines, late)
    following = None
    if len(rows) > limit:
        path = f"/v1/communities/{community.slug}/assertions/{assertion_id}/entries"
        following = f"{path}?below={page[-1].entry_number}&limit={limit}"
    return json_response(BetweenPageView(page, following), headers=next_link(following))


def _between(assertion: Assertion, lines: Sequence[AccountEntryView], late: set[int]) -> list[BetweenView]:
    difference = abs(assertion.difference)
    page = []
    for line in lines:
        place: Literal["by_then", "late", "after"] = "by_then"
        if line.leaf_index >= assertion.tree_size:
            place = "late" if line.leaf_index in late else "after"
        fits = difference > 0 and difference in (abs(line.seconds), 2 * abs(line.seconds))
        shown = {name: getattr(line, name) for name in line.__struct_fields__}
        page.append(BetweenView(**shown, place=place, may_explain=fits and place != "after"))
    return page


async def _assertion_response(
    request: AnyRequest, assertion_id: UUID, status: int = 200, headers: dict[str, str] | None = None
) -> ASGIResponse:
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        assertion = await read_assertion(db, community.id, assertion_id)
        if assertion is None:
            raise Problem("not_found")
        since = await _since(db, community.id, assertion)
    view = assertion_view(assertion, since, notes=reads_notes(request))
    return json_response(view, status, headers)


async def _since(db: Connection, community_id: int, assertion: Assertion) -> AgreedView | None:
    agreed = await last_agreed(db, community_id, assertion)
    return None if agreed is None else AgreedView(agreed.id, agreed.on, agreed.seconds)


def assertion_view(assertion: Assertion, since: AgreedView | None = None, *, notes: bool) -> AssertionView:
    state = assertion.state
    return AssertionView(
        id=assertion.id,
        account=assertion.account_id,
        on=assertion.on,
        seconds=assertion.seconds,
        source=assertion.source,
        state=state.value,
        held_at_assertion=assertion.held,
        holds_now=state in (State.HOLDS, State.CORRECTED),
        recorded_seconds=assertion.recorded_seconds,
        difference=assertion.difference,
        late_seconds=assertion.late_seconds,
        asserted_at=assertion.asserted_at,
        asserted_by=assertion.asserted_by,
        note=assertion.note if notes else None,
        withdrawn_at=assertion.withdrawn_at,
        withdrawn_by=assertion.withdrawn_by,
        since=since,
    )


def _check_day(day: date) -> None:
    if day < FIRST_DAY:
        raise Problem("malformed_request", "`on` is a day since 1900.")


assertions_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_assertion,
        post_assertions,
        post_withdrawal,
        list_assertions,
        get_assertion,
        list_between,
    ],
    tags=["Assertions"],
)
