"""The directory: whom a member may log hours with, and how those are called with whom they once had to do."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_NAME,
    MAX_PAGE,
    as_uuid,
    json_response,
    next_link,
    normalised,
    only_query,
    query_integer,
)
from api.routes.common import AnyRequest, ledger_of, principal_of
from ledger.database.connections import Connection
from ledger.people.members import skeleton
from ledger.people.roles import DelegateScope, Principal, Role, Scope

RECENT = timedelta(days=365)
MAX_FOUND = 20
MAX_IDS = 50
LEAST_LETTERS = 2

CURSOR = re.compile(r"(?P<at>[0-9]{1,10})\.(?P<last_on>[0-9]{4}-[0-9]{2}-[0-9]{2})?\.(?P<number>[0-9]{1,9})")
"""When the first page was read, so that a visit logged meanwhile moves nobody from a page to come to one that was
read; the last day of the person it ended with, while those lasted who have one; and their number."""


class DirectoryPersonView(msgspec.Struct, omit_defaults=True):
    """Somebody in the directory; `last_on` is the day of the newest visit between the two, in the last 365 days."""

    id: UUID
    number: int
    name: str
    last_on: date | None = None


class DirectoryView(msgspec.Struct, omit_defaults=True):
    people: list[DirectoryPersonView]
    next: str | None = None


@get(
    "/directory",
    summary="Whom a member may log hours with",
    # Whoever checks the books reads no names, in no capacity.
    opt=allow(token=Scope.MEMBERS, member=True, barred=(Role.AUDITOR,)),
    operation_class=body(
        None,
        query={
            "for": text(
                "whose visits count: your own id, or that of a member you act for", form=OpenAPIFormat.UUID
            ),
            "name": text("only those whose name looks as if it had this in it; 2 characters at least"),
            "ids": text("only these: ids with commas between them, 50 at most"),
            "after": text("where the page begins: take it from the link to the next one"),
            "limit": PAGE,
        },
    ),
    responses=answers({200: DirectoryView}, 404),
)
async def list_directory(request: AnyRequest) -> ASGIResponse:
    """Those met in the last 365 days come first, the newest visit first, and then all others, by number.

    Who belongs to the community is in it, but not the one who asks. `name` finds 20 people at most. `ids` names
    everybody present, and who has left but once had a claim, a request or a transfer in common with the one who asks;
    others, and who was erased, are left out without a word.
    """
    only_query(request, "for", "name", "ids", "after", "limit")
    principal, query = principal_of(request), request.query_params
    ways = [bool(each & query.keys()) for each in ({"after", "limit"}, {"name"}, {"ids"})]
    if sum(ways) > 1:
        raise Problem("malformed_request", "The directory is paged, or searched by `name`, or by `ids`.")
    whom = _whom(principal, query.get("for"))
    limit, after = MAX_PAGE, None
    async with ledger_of(request).database.snapshot(principal.community.id) as db:
        if "ids" in query:
            rows = await _nameable(db, principal, whom, query["ids"])
        elif "name" in query:
            rows = await _found(db, principal, whom, query["name"])
        else:
            limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
            rows, after = await _page(db, principal, whom, query.get("after"), limit)
        people = await _named(db, principal, rows)
    following = None
    if after is not None:
        asked = {"for": query["for"]} if "for" in query else {}
        more = urlencode({**asked, "after": after, "limit": limit})
        following = f"/v1/communities/{principal.community.slug}/directory?{more}"
    return json_response(DirectoryView(people, following), headers=next_link(following))


def _whom(principal: Principal, given: str | None) -> UUID | None:
    """Whose visits count; None for a machine, which has none. Raises Problem for somebody else's."""
    if given is None:
        return principal.member_id
    member_id = as_uuid(given, "The query parameter for")
    if not principal.sees_member(member_id):
        raise Problem("not_found")
    return member_id


async def _nameable(
    db: Connection, principal: Principal, whom: UUID | None, given: str
) -> list[asyncpg.Record]:
    ids = [as_uuid(each, "Each of the query parameter ids") for each in given.split(",", MAX_IDS)]
    if len(ids) > MAX_IDS:
        raise Problem("malformed_request", f"The query parameter ids has at most {MAX_IDS} ids.")
    accounts = principal.accounts
    if whom is not None and whom != principal.member_id:
        delegated = principal.delegated(whom, DelegateScope.SEE)
        accounts = frozenset() if delegated is None else delegated.accounts
    return await db.rows(
        "people/read_nameable",
        community_id=principal.community.id,
        member_ids=list(dict.fromkeys(ids)),
        for_member_id=whom,
        account_ids=list(accounts),
    )


async def _found(db: Connection, principal: Principal, whom: UUID | None, given: str) -> list[asyncpg.Record]:
    looks_like = skeleton(normalised(given, MAX_NAME) or "")
    if len(looks_like) < LEAST_LETTERS:
        raise Problem("malformed_request", f"A part of a name has at least {LEAST_LETTERS} characters.")
    return await db.rows(
        "people/find_present_members",
        community_id=principal.community.id,
        looks_like=looks_like,
        but_ids=[] if whom is None else [whom],
        at_most=MAX_FOUND,
    )


async def _page(
    db: Connection, principal: Principal, whom: UUID | None, given: str | None, limit: int
) -> tuple[list[asyncpg.Record], str | None]:
    """A page of the directory, and the cursor behind it when there is more."""
    as_of, last_on, number = _cursor(given)
    recents = await db.rows(
        "people/read_recents",
        community_id=principal.community.id,
        member_id=whom,
        from_on=as_of.date() - RECENT,
        as_of=as_of,
    )
    page: list[asyncpg.Record] = []
    if given is None or last_on is not None:
        page = [row for row in recents if last_on is None or _behind(row, last_on, number)][: limit + 1]
        number = 0
    if len(page) <= limit:
        page += await db.rows(
            "people/list_present_members",
            community_id=principal.community.id,
            after=number,
            but_ids=[row["member_id"] for row in recents] + ([] if whom is None else [whom]),
            at_most=limit + 1 - len(page),
        )
    if len(page) <= limit:
        return page, None
    last = page[limit - 1]
    return page[:limit], f"{int(as_of.timestamp())}.{last.get('last_on', '')}.{last['member_number']}"


def _behind(row: asyncpg.Record, last_on: date, number: int) -> bool:
    """Whether somebody is listed behind the one with this day and number."""
    return bool(row["last_on"] < last_on or (row["last_on"] == last_on and row["member_number"] > number))


def _cursor(given: str | None) -> tuple[datetime, date | None, int]:
    """The moment of the first page, and the day and number after which this one begins."""
    if given is None:
        return datetime.now(UTC).replace(microsecond=0), None, 0
    form = CURSOR.fullmatch(given)
    try:
        if form is None:
            raise ValueError
        last_on = None if form["last_on"] is None else date.fromisoformat(form["last_on"])
        # A moment before the first claim has no visits; one to come is as good as now.
        return datetime.fromtimestamp(int(form["at"]), UTC), last_on, int(form["number"])
    except ValueError:
        raise Problem("malformed_request", "The query parameter after is not from a link of ours.") from None


async def _named(
    db: Connection, principal: Principal, rows: list[asyncpg.Record]
) -> list[DirectoryPersonView]:
    """The people of the rows with their names; who was erased has none, and is left out."""
    found = await db.rows(
        "hours/read_member_names",
        community_id=principal.community.id,
        member_ids=[row["member_id"] for row in rows],
    )
    names = {row["member_id"]: row["name"] for row in found}
    return [
        DirectoryPersonView(
            row["member_id"], row["member_number"], names[row["member_id"]], row.get("last_on")
        )
        for row in rows
        if row["member_id"] in names
    ]


directory_router = Router("/v1/communities/{slug:str}", route_handlers=[list_directory], tags=["Members"])
