"""Lists of balances, such as a treasurer keeps: read and shown, so that what is right of them can be asserted."""

import asyncio
from datetime import date
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body, text
from api.requests import json_response, only_query, query_word, read_file
from api.routes.assertions import SOURCE_SAYS
from api.routes.common import AnyRequest, community_of, ledger_of
from ledger.desk.asserted_lists import (
    How,
    ListedBalance,
    find_columns,
    known_accounts,
    read_balances,
    read_list,
    standing,
)
from ledger.desk.assertions import Source
from ledger.desk.tables.problems import Reason
from ledger.desk.tables.values import DateOrder, DecimalSign, Unit
from ledger.people.roles import Role

MAX_LIST = 8 * 1024 * 1024

ASKS = {
    Reason.DATE_AMBIGUOUS: ("date_order",),
    Reason.DURATION_AMBIGUOUS: ("unit", "decimal"),
}
"""What a person has to say where something can be read in two ways."""


class ListedView(msgspec.Struct, omit_defaults=True):
    """A line of a list of balances: what was read of it, or `problem`, why it cannot be, in which `column`.

    `row` and `column` count from 1. Without `account` no account has the code, and no member the number, that is
    `written`. `stands` is the assertion that says something of the same account, day and source already.
    """

    row: int
    written: str
    account: UUID | None = None
    on: date | None = None
    seconds: int | None = None
    problem: str | None = None
    what: str | None = None
    remedy: str | None = None
    column: int | None = None
    stands: UUID | None = None


class ListView(msgspec.Struct):
    """A list of balances as it is read. `asks` must be answered in the query first: `date_order`, `decimal`, `unit`."""

    asks: list[str]
    lines: list[ListedView]


@post(
    "/assertions/reading",
    summary="Read a list of balances",
    opt=allow(Role.COORDINATOR),
    status_code=200,
    request_max_body_size=MAX_LIST,
    operation_class=body(
        None,
        file=True,
        query={
            "source": text(f"what it is: {SOURCE_SAYS}", *Source),
            "date_order": text("what comes first in a date of three numbers", *DateOrder),
            "decimal": text("what parts the whole hours from the rest", *DecimalSign),
            "unit": text("what a bare number counts", *Unit),
        },
    ),
    responses=answers({200: ListView}, 413, 415, 422),
)
async def post_reading(request: AnyRequest) -> ASGIResponse:
    """Read a CSV, XLSX or ODS list of accounts (their codes, or their members' numbers), days and balances.

    Nothing is recorded: send what is right to `/assertions/batch`.
    """
    only_query(request, "name", "source", "date_order", "decimal", "unit")
    source = query_word(request, "source", Source) or Source.PASSBOOK
    how = How(
        query_word(request, "date_order", DateOrder),
        query_word(request, "decimal", DecimalSign),
        query_word(request, "unit", Unit),
    )
    name, content = await read_file(request)
    rows = await asyncio.to_thread(read_list, name, content)
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        known = await known_accounts(db, community.id, rows)
        columns = find_columns(rows, known, how)
        lines = read_balances(rows, columns, known, how)
        stands = await standing(db, community.id, source, lines)
    problems = {line.problem for line in lines}
    asks = [ask for reason, asked in ASKS.items() if reason in problems for ask in asked]
    return json_response(ListView(asks, [_listed(line, stands.get(line.row)) for line in lines]))


def _listed(line: ListedBalance, stands: UUID | None) -> ListedView:
    problem = line.problem
    return ListedView(
        line.row,
        line.written,
        line.account_id,
        line.on,
        line.seconds,
        None if problem is None else problem.code,
        None if problem is None else problem.says,
        None if problem is None else problem.remedy,
        line.problem_column,
        stands,
    )


asserted_lists_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[post_reading], tags=["Assertions"]
)
