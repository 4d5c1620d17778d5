"""Members: enrol, find, read, change; their roles, and erasing them."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, delete, get, post, put
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_NAME,
    MAX_PAGE,
    Name,
    Text,
    as_uuid,
    idempotency_key,
    if_match,
    json_response,
    next_link,
    normalised,
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
    reads_names,
    refused_response,
    replay_header,
)
from api.routes.exports import exporting_of
from api.views import DoneView
from ledger.book.commands import AccountKind
from ledger.book.ledger import Answer
from ledger.book.posting import Refused, Replayed
from ledger.hours.applying import opening_limits
from ledger.people.erasure import Reason, erase
from ledger.people.granting import end_role, grant_role
from ledger.people.members import (
    ClassDates,
    NewMember,
    Person,
    StakeholderClass,
    Status,
    account_of,
    change_classes,
    change_person,
    change_standing,
    enrol,
    read_member,
    skeleton,
)
from ledger.people.passkeys import list_passkeys
from ledger.people.roles import DelegateScope, Role, Scope

StatusText = Literal["applied", "active", "away", "left", "died"]
ClassText = Literal["worker", "volunteer", "service_user", "family_member", "capital_provider"]
RoleText = Literal["coordinator", "auditor", "administrator"]
MAX_EMAIL = 254
Email = Annotated[
    str, msgspec.Meta(max_length=MAX_EMAIL, pattern=r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\"]+$")
]
Phone = Annotated[str, msgspec.Meta(min_length=3, max_length=30, pattern=r"^[+0-9 ()./-]+$")]
Language = Annotated[str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
BirthYear = Annotated[int, msgspec.Meta(ge=1880, le=2200)]


class PersonBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who somebody is and how to reach them; all of it can be erased. `languages` are BCP 47, the preferred first."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    address: Text | None = None
    languages: Annotated[list[Language], msgspec.Meta(max_length=8)] = []
    birth_year: BirthYear | None = None
    even_if_alike: bool = False


class EnrolBody(PersonBody, kw_only=True):
    """A new member. `account` true gives them an account of their own, false none; the id of a member's account that
    is nobody's yet, such as an imported one, makes it theirs. `joined_on` left out means today."""

    joined_on: date | None = None
    status: Literal["applied", "active"] = "active"
    classes: Annotated[list[ClassText], msgspec.Meta(max_length=5)] = []
    account: bool | UUID = True


class StandingBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where a member stands since a day. Two co-ordinators may name a delegate for somebody frail."""

    status: StatusText
    since: date
    frail: bool = False


class ClassBody(msgspec.Struct, forbid_unknown_fields=True):
    stakeholder_class: ClassText
    from_on: date
    until_on: date | None = None


class ClassesBody(msgspec.Struct, forbid_unknown_fields=True):
    """All stakeholder classes of a member, past ones too."""

    classes: Annotated[list[ClassBody], msgspec.Meta(max_length=50)]


class RoleBody(msgspec.Struct, forbid_unknown_fields=True):
    role: RoleText


class ErasureBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Literal["asked", "not_needed", "unlawful"]


class ClassView(msgspec.Struct, omit_defaults=True):
    stakeholder_class: str
    from_on: date
    until_on: date | None = None


class HeldAccountView(msgspec.Struct):
    id: UUID
    kind: str
    code: str
    closed: bool


class MemberView(msgspec.Struct, omit_defaults=True):
    """A member. An auditor sees them without what tells who they are; of somebody erased nobody sees more.

    `has_passkey` is for a co-ordinator: a role counts only for somebody who has one.
    """

    id: UUID
    number: int
    status: str
    status_since: date
    joined_on: date
    frail: bool = False
    role: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    languages: list[str] = []
    birth_year: int | None = None
    erased: bool = False
    classes: list[ClassView] | None = None
    accounts: list[HeldAccountView] | None = None
    has_passkey: bool | None = None


class MembersView(msgspec.Struct, omit_defaults=True):
    members: list[MemberView]
    next: str | None = None


_enrol = msgspec.json.Decoder(EnrolBody)
_person = msgspec.json.Decoder(PersonBody)
_standing = msgspec.json.Decoder(StandingBody)
_classes = msgspec.json.Decoder(ClassesBody)
_role = msgspec.json.Decoder(RoleBody)
_erasure = msgspec.json.Decoder(ErasureBody)

FILTERS = ("status", "role", "name")
OWN = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, own="member_id", delegated=DelegateScope.SEE)
BY_COORDINATOR = allow(Role.COORDINATOR, strong=True)


@post(
    "/members",
    summary="Enrol a member",
    opt=BY_COORDINATOR,
    request_max_body_size=MAX_BODY,
    operation_class=body(EnrolBody, idempotent=True),
    responses=answers({201: MemberView, 200: MemberView}, 404, 409, 415, 422, 503),
)
async def post_member(request: AnyRequest) -> ASGIResponse:
    """Enrol somebody, as a rule with an account of their own. The Idempotency-Key becomes their id."""
    only_query(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _enrol)
    new = NewMember(
        key,
        person_from(asked),
        asked.joined_on or datetime.now(UTC).date(),
        Status(asked.status),
        tuple(sorted({StakeholderClass(each) for each in asked.classes})),
        _account(asked.account, key),
        takes_over=isinstance(asked.account, UUID),
    )
    ledger = ledger_of(request)
    async with ledger.database.connection(principal.community.id) as db:
        limits = await opening_limits(
            db, principal.community.id, AccountKind.MEMBER, hours_of(request).policies
        )
    answer = await enrol(
        ledger,
        principal.community,
        principal.author,
        new,
        even_if_alike=asked.even_if_alike,
        limits=limits,
    )
    return await _member_answer(request, answer, key, created=True)


@get(
    "/members",
    summary="List members",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, token=Scope.MEMBERS),
    operation_class=body(
        None,
        query={
            "after": integer("the number after which the page begins", 0, 2**31 - 1),
            "limit": PAGE,
            "status": text("only those with this status"),
            "role": text("only those with this role"),
            "name": text("only those whose name looks as if it had this in it"),
            "ids": text(
                "only these, at most 200 ids with commas between them, and nothing else in the query"
            ),
        },
    ),
    responses=answers({200: MembersView}),
)
async def list_members(request: AnyRequest) -> ASGIResponse:
    """Members by number, a page at a time; the Link header leads to the next page."""
    if "ids" in request.query_params:
        return await _members_by_id(request)
    community = community_of(request)
    only_query(request, "after", "limit", "status", "role", "name")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    after = query_integer(request, "after", 0, 0, 2**31 - 1)
    named = reads_names(request)
    name = normalised(request.query_params.get("name"), MAX_NAME)
    if name is not None and not named:
        # Else whoever may not read names could guess them.
        raise Problem("not_allowed")
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "people/list_members",
            community_id=community.id,
            after=after,
            status=_one_of(request, "status", Status),
            role=_one_of(request, "role", Role),
            looks_like=None if name is None else skeleton(name),
            at_most=limit + 1,
        )
    page = [member_view(row, named=named) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        filters = {each: request.query_params[each] for each in FILTERS if each in request.query_params}
        query = urlencode({"after": page[-1].number, "limit": limit, **filters})
        following = f"/v1/communities/{community.slug}/members?{query}"
    return json_response(MembersView(page, following), headers=next_link(following))


async def _members_by_id(request: AnyRequest) -> ASGIResponse:
    only_query(request, "ids")
    community = community_of(request)
    given = request.query_params["ids"].split(",")
    if len(given) > MAX_PAGE:
        raise Problem("malformed_request", f"At most {MAX_PAGE} ids are looked up at once.")
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "people/list_members_by_id",
            community_id=community.id,
            member_ids=[as_uuid(each, "One of the ids") for each in given],
        )
    return json_response(MembersView([member_view(row, named=reads_names(request)) for row in rows]))


@get("/members/{member_id:str}", summary="Read a member", opt=OWN, responses=answers({200: MemberView}, 404))
async def get_member(request: AnyRequest) -> ASGIResponse:
    """A member with their classes and accounts. The ETag stands for their person, standing and classes."""
    only_query(request)
    return await _member_response(request, path_id(request, "member_id"))


@put(
    "/members/{member_id:str}/person",
    summary="Change who a member is and how to reach them",
    opt=allow(Role.COORDINATOR, own="member_id", strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(PersonBody, idempotent=True, if_match=True),
    responses=answers({200: MemberView}, 404, 409, 412, 415, 422, 428, 503),
)
async def put_person(request: AnyRequest) -> ASGIResponse:
    """Replace all of it. Members change their own, except their name, which the co-ordinator vouches for."""
    only_query(request)
    principal = principal_of(request)
    member_id = path_id(request, "member_id")
    key, seen = idempotency_key(request), if_match(request)
    asked = await read_body(request, _person)
    person = person_from(asked)
    ledger = ledger_of(request)
    if principal.role is not Role.COORDINATOR:
        async with ledger.database.connection(principal.community.id) as db:
            known = await read_member(db, principal.community.id, member_id)
        if known is None or known["name"] != person.name:
            raise Problem("not_allowed", "Your name is changed by a co-ordinator.")
    answer = await change_person(
        ledger,
        principal.community,
        principal.author,
        key,
        member_id,
        seen,
        person,
        even_if_alike=asked.even_if_alike and principal.role is Role.COORDINATOR,
    )
    return await _member_answer(request, answer, member_id)


@put(
    "/members/{member_id:str}/standing",
    summary="Record where a member stands",
    opt=BY_COORDINATOR,
    request_max_body_size=MAX_BODY,
    operation_class=body(StandingBody, idempotent=True, if_match=True),
    responses=answers({200: MemberView}, 404, 409, 412, 415, 422, 428, 503),
)
async def put_standing(request: AnyRequest) -> ASGIResponse:
    """Applied, active, away, left or died, since a day. Whoever is not active or away is signed out."""
    only_query(request)
    principal = principal_of(request)
    member_id = path_id(request, "member_id")
    key, seen = idempotency_key(request), if_match(request)
    asked = await read_body(request, _standing)
    answer = await change_standing(
        ledger_of(request),
        principal.community,
        principal.author,
        key,
        member_id,
        seen,
        status=Status(asked.status),
        since=asked.since,
        frail=asked.frail,
    )
    return await _member_answer(request, answer, member_id)


@put(
    "/members/{member_id:str}/classes",
    summary="Change a member's stakeholder classes",
    opt=allow(Role.COORDINATOR),
    request_max_body_size=MAX_BODY,
    operation_class=body(ClassesBody, idempotent=True, if_match=True),
    responses=answers({200: MemberView}, 404, 409, 412, 415, 422, 428, 503),
)
async def put_classes(request: AnyRequest) -> ASGIResponse:
    """Replace all classes with their dates."""
    only_query(request)
    principal = principal_of(request)
    member_id = path_id(request, "member_id")
    key, seen = idempotency_key(request), if_match(request)
    asked = (await read_body(request, _classes)).classes
    classes = [
        ClassDates(StakeholderClass(each.stakeholder_class), each.from_on, each.until_on) for each in asked
    ]
    if len({(each.stakeholder_class, each.from_on) for each in classes}) < len(classes):
        raise Problem("malformed_request", "A class stands twice from the same day.")
    answer = await change_classes(
        ledger_of(request), principal.community, principal.author, key, member_id, seen, classes
    )
    return await _member_answer(request, answer, member_id)


@post(
    "/members/{member_id:str}/roles",
    summary="Give a member a role",
    opt=allow(Role.COORDINATOR, Role.ADMINISTRATOR, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(RoleBody, idempotent=True),
    responses=answers({201: DoneView, 200: DoneView}, 403, 404, 409, 415, 422, 503),
)
async def post_role(request: AnyRequest) -> ASGIResponse:
    """Single-handed only while nobody else could approve it; otherwise propose it at `/proposals`."""
    only_query(request)
    principal = principal_of(request)
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    asked = await read_body(request, _role)
    answer = await grant_role(
        ledger_of(request), principal.community, principal.author, key, member_id, Role(asked.role)
    )
    return act_response(request, answer, status=201)


@delete(
    "/members/{member_id:str}/roles",
    summary="End a member's role",
    status_code=200,
    opt=allow(Role.COORDINATOR, Role.ADMINISTRATOR, strong=True),
    operation_class=body(None, idempotent=True),
    responses=answers({200: DoneView}, 403, 404, 409, 422, 503),
)
async def delete_role(request: AnyRequest) -> ASGIResponse:
    """Take a member's role, at once, and end their sessions. The last co-ordinator stays."""
    only_query(request)
    principal = principal_of(request)
    answer = await end_role(
        ledger_of(request),
        principal.community,
        principal.author,
        idempotency_key(request),
        path_id(request, "member_id"),
    )
    return act_response(request, answer)


@post(
    "/members/{member_id:str}/erasure",
    summary="Erase a person",
    opt=BY_COORDINATOR,
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(ErasureBody, idempotent=True),
    responses=answers({200: DoneView}, 403, 404, 409, 415, 422, 503),
)
async def post_erasure(request: AnyRequest) -> ASGIResponse:
    """Delete what tells who somebody was, for ever; the books and their proofs stay whole.

    Only for somebody who has left or died and whose own accounts are closed, and only with a second person.
    """
    only_query(request)
    principal = principal_of(request)
    member_id = path_id(request, "member_id")
    key = idempotency_key(request)
    asked = await read_body(request, _erasure)
    answer = await erase(
        ledger_of(request), principal.community, principal.author, key, member_id, Reason(asked.reason)
    )
    await exporting_of(request).sweep(principal.community)
    return act_response(request, answer)


def _account(asked: bool | UUID, member_id: UUID) -> UUID | None:
    if isinstance(asked, UUID):
        return asked
    return account_of(member_id) if asked else None


def person_from(asked: PersonBody) -> Person:
    name = normalised(asked.name, MAX_NAME)
    if name is None:
        raise Problem("malformed_request", "The name is missing.")
    return Person(
        " ".join(name.split()),
        normalised(asked.email, MAX_EMAIL),
        asked.phone,
        normalised(asked.address),
        tuple(asked.languages),
        asked.birth_year,
    )


def member_view(row: asyncpg.Record, *, named: bool) -> MemberView:
    """The member; without what tells who they are unless `named`."""
    view = MemberView(
        row["member_id"],
        row["member_number"],
        row["status"],
        row["status_since"],
        row["joined_on"],
        row["frail"],
        row["role"],
        erased=row["erased_at"] is not None,
    )
    if named and row["name"] is not None:
        view.name, view.email, view.phone = row["name"], row["email"], row["phone"]
        view.address, view.languages, view.birth_year = row["address"], row["languages"], row["birth_year"]
    return view


def _one_of(request: AnyRequest, name: str, words: type[Status] | type[Role]) -> str | None:
    given = request.query_params.get(name)
    if given is not None and given not in list(words):
        raise Problem("malformed_request", f"The query parameter {name} is one of {', '.join(words)}.")
    return given


async def _member_answer(
    request: AnyRequest, answer: Answer, member_id: UUID, *, created: bool = False
) -> ASGIResponse:
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = isinstance(answer.outcome, Replayed)
    headers = replay_header(answer)
    if created:
        headers["location"] = f"/v1/communities/{community_of(request).slug}/members/{member_id}"
    return await _member_response(request, member_id, 201 if created and not replayed else 200, headers)


async def _member_response(
    request: AnyRequest, member_id: UUID, status: int = 200, headers: dict[str, str] | None = None
) -> ASGIResponse:
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        row = await read_member(db, community.id, member_id)
        if row is None:
            raise Problem("not_found")
        classes = await db.rows("people/read_classes", community_id=community.id, member_id=member_id)
        accounts = await db.rows(
            "people/read_member_accounts", community_id=community.id, member_id=member_id
        )
        coordinates = principal_of(request).role is Role.COORDINATOR
        passkeys = await list_passkeys(db, community.id, member_id) if coordinates else []
    view = member_view(row, named=reads_names(request) or principal_of(request).sees_member(member_id))
    view.has_passkey = bool(passkeys) if coordinates else None
    view.classes = [ClassView(each["class"], each["from_on"], each["until_on"]) for each in classes]
    view.accounts = [
        HeldAccountView(each["account_id"], each["kind"], each["code"], each["closed"]) for each in accounts
    ]
    return json_response(view, status, {"etag": f'"{row["change_count"]}"'} | (headers or {}))


members_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_member,
        list_members,
        get_member,
        put_person,
        put_standing,
        put_classes,
        post_role,
        delete_role,
        post_erasure,
    ],
    tags=["Members"],
)
