"""A community's policy: its versions, applying one, and what the past would have been under another."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, integer, text
from api.problems import MistakeView, Problem, problem_response, refusal_view
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    base_url,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_names,
    refused_response,
    replay_header,
)
from api.texts import LANGUAGE, texts_of
from ledger.book.commands import Act
from ledger.book.posting import Refused, Replayed
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours import presets
from ledger.hours.applying import (
    MAX_SIMULATED_DAYS,
    NewPolicy,
    applied_version,
    apply_policy,
    judge_policy,
    last_month,
    provider_names,
    simulate_policy,
)
from ledger.hours.claims import HoursBook
from ledger.hours.policy import DEFAULT, Policy, in_force
from ledger.hours.policy_rules import canonical_policy
from ledger.hours.policy_sentences import render_policy
from ledger.hours.policy_text import MAX_BYTES, PolicyProblem, read_policy
from ledger.hours.simulation import MAX_LINES, Totals, render_lines
from ledger.people.roles import Role, Scope

MAX_POLICY_BODY = 4 * MAX_BODY
"""A file of the greatest size whose every line and letter JSON writes in its longer way."""

MAX_VERSION = 2**31 - 1

Source = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_BYTES)]


class PolicyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A policy as a TOML file (`source`), in force from a day on; today when that is left out."""

    source: Source
    from_on: date | None = msgspec.field(name="from", default=None)


class SimulationBody(msgspec.Struct, forbid_unknown_fields=True):
    """A policy as a TOML file, and the days to look at, both included; last month when they are left out."""

    source: Source
    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)


class PolicyVersionView(msgspec.Struct, omit_defaults=True):
    """A version of the policy, by its name and its first day. Version 0 is in force before a community has its own."""

    version: int
    name: str
    from_on: date | None = msgspec.field(name="from", default=None)
    applied_at: datetime | None = None
    applied_by: UUID | None = None


class PolicyView(msgspec.Struct, omit_defaults=True):
    """A version with its file as it was applied, in plain sentences, and as JSON with all defaults filled in.

    `later` are the versions that are to come.
    """

    version: int
    name: str
    source: str
    sentences: list[str]
    rules: dict[str, Any]
    from_on: date | None = msgspec.field(name="from", default=None)
    applied_at: datetime | None = None
    applied_by: UUID | None = None
    later: list[PolicyVersionView] = []


class PolicyDryRunView(msgspec.Struct):
    """What would have become of the request, and the policy in plain sentences.

    `second_person` says that somebody else must approve it: propose it at `/proposals`.
    """

    outcome: Literal["posted", "replayed"]
    sentences: list[str]
    second_person: bool


class VersionsView(msgspec.Struct, omit_defaults=True):
    versions: list[PolicyVersionView]
    next: str | None = None


class PresetView(msgspec.Struct):
    """A file to begin from, what its policy is called, its source, and what it says in plain sentences."""

    name: str
    title: str
    source: str
    sentences: list[str]


class PresetsView(msgspec.Struct):
    presets: list[PresetView]


class TotalsView(msgspec.Struct):
    """Sums in seconds: what was earned, what would have been, and how many claims would have been refused."""

    claims: int
    refused: int
    before_seconds: int
    credited_seconds: int
    pot_seconds: int
    honour_seconds: int


class ProviderTotalsView(msgspec.Struct):
    provider: UUID
    totals: TotalsView


class RefusedClaimView(msgspec.Struct):
    """A claim that would have been refused: by which cap, or because its activity is not listed."""

    claim: UUID
    provider: UUID
    service_on: date
    why: Literal["daily", "weekly", "lifetime", "activity_unknown"]


class SimulationView(msgspec.Struct):
    """What a span of days would have been under a policy: in all, by provider, and in lines to read.

    Of the claims that would have been refused the first are listed.
    """

    policy: str
    from_on: date = msgspec.field(name="from")
    until_on: date = msgspec.field(name="until")
    totals: TotalsView
    providers: list[ProviderTotalsView]
    refused: list[RefusedClaimView]
    lines: list[str]


_policy = msgspec.json.Decoder(PolicyBody)
_simulation = msgspec.json.Decoder(SimulationBody)

EVERYBODY = allow(*Role, token=Scope.READ, member=True)


@get(
    "/policy",
    summary="Read the policy in force",
    opt=EVERYBODY,
    operation_class=body(None, query={"language": LANGUAGE}),
    responses=answers({200: PolicyView}),
)
async def get_policy(request: AnyRequest) -> ASGIResponse:
    """The rules that count today, by the community's own clock, and those that are to come. For everybody."""
    only_query(request, "language")
    return await _policy_response(request, None)


@get(
    "/policy/versions/{version:str}",
    summary="Read a version of the policy",
    opt=EVERYBODY,
    operation_class=body(None, query={"language": LANGUAGE}),
    responses=answers({200: PolicyView}, 404),
)
async def get_version(request: AnyRequest) -> ASGIResponse:
    """A version by its number, which stands with each claim that was made under it."""
    only_query(request, "language")
    given = str(request.path_params["version"])
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise Problem("not_found")
    return await _policy_response(request, int(given))


@get(
    "/policy/versions",
    summary="List the versions of the policy",
    opt=EVERYBODY,
    operation_class=body(
        None,
        query={"below": integer("the version below which the page begins", 1, MAX_VERSION), "limit": PAGE},
    ),
    responses=answers({200: VersionsView}),
)
async def list_versions(request: AnyRequest) -> ASGIResponse:
    """Every version that was applied, the newest first; the Link header leads to the next page."""
    only_query(request, "below", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    below = query_integer(request, "below", MAX_VERSION, 1, MAX_VERSION)
    ledger = ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        hours = await hours_of(request).read(db, community, ledger.now())
        rows = await db.rows("hours/list_policies", community_id=community.id, below=below, at_most=limit + 1)
    page = [_version_view(request, hours, row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        base = f"/v1/communities/{community.slug}/policy/versions"
        following = f"{base}?below={page[-1].version}&limit={limit}"
    return json_response(VersionsView(page, following), headers=next_link(following))


@get(
    "/policy/presets",
    summary="Files to begin a policy from",
    opt=EVERYBODY,
    operation_class=body(None, query={"language": LANGUAGE}),
    responses=answers({200: PresetsView}),
)
async def list_presets(request: AnyRequest) -> ASGIResponse:
    """Policies after the rules of real banks, each with its source."""
    only_query(request, "language")
    texts = texts_of(request)
    files = [(name, presets.text(name)) for name in presets.names()]
    read = [(name, source, read_policy(source)) for name, source in files]
    views = [
        PresetView(name, policy.name, source, render_policy(policy, texts)) for name, source, policy in read
    ]
    return json_response(PresetsView(views))


@post(
    "/policy",
    summary="Apply a policy",
    opt=allow(Role.COORDINATOR, strong=True),
    request_max_body_size=MAX_POLICY_BODY,
    operation_class=body(
        PolicyBody,
        idempotent=True,
        query={"dry_run": text("to be told the outcome only", "true"), "language": LANGUAGE},
    ),
    responses=answers({201: PolicyView, 200: PolicyView | PolicyDryRunView}, 409, 413, 415, 422, 503),
)
async def post_policy(request: AnyRequest) -> ASGIResponse:
    """Put a policy in force from today or a later day on. What was done under the rules before stays as it is.

    Single-handed only while nobody else could approve it; otherwise propose it at `/proposals`. With `dry_run` the
    answer is what it says, or every mistake in it.
    """
    only_query(request, "dry_run", "language")
    texts_of(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _policy)
    policy = policy_or_problem(request, asked.source)
    if isinstance(policy, ASGIResponse):
        return policy
    new = NewPolicy(asked.source, policy, asked.from_on)
    community, hours = principal.community, hours_of(request)
    if "dry_run" in request.query_params:
        return await _dry_run(request, key, new)
    answer = await apply_policy(hours, community, principal.author, key, new)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    async with ledger_of(request).database.connection(community.id) as db:
        version = await applied_version(db, community.id, key)
    replayed = replay_header(answer)
    location = {"location": f"/v1/communities/{community.slug}/policy/versions/{version}"}
    return await _policy_response(request, version, 200 if replayed else 201, location | replayed)


@post(
    "/policy/simulation",
    summary="See what the past would have been",
    opt=allow(Role.COORDINATOR, Role.AUDITOR),
    status_code=200,
    request_max_body_size=MAX_POLICY_BODY,
    operation_class=body(SimulationBody, query={"language": LANGUAGE}),
    responses=answers({200: SimulationView}, 413, 415, 422),
)
async def post_simulation(request: AnyRequest) -> ASGIResponse:
    """What the claims of at most a year would have been under a policy; nothing is kept.

    Rates, grid, caps and activities are looked at, and not whether whoever pays would have had the hours. A claim
    that still waits counts as what it would earn.
    """
    only_query(request, "language")
    texts = texts_of(request)
    asked = await read_body(request, _simulation)
    policy = policy_or_problem(request, asked.source)
    if isinstance(policy, ASGIResponse):
        return policy
    community, ledger = community_of(request), ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        hours = await hours_of(request).read(db, community, ledger.now())
        from_on, until_on = span(asked.from_on, asked.until_on, hours.today)
        simulation = await simulate_policy(db, community.id, hours.policies, policy, from_on, until_on)
        names = await provider_names(db, community.id, simulation) if reads_names(request) else {}
    refused = [claim for claim in simulation.claims if claim.refused is not None][:MAX_LINES]
    return json_response(
        SimulationView(
            simulation.policy_name,
            from_on,
            until_on,
            _totals_view(simulation.total),
            [
                ProviderTotalsView(provider, _totals_view(totals))
                for provider, totals in simulation.providers.items()
            ],
            [
                RefusedClaimView(claim.claim_id, claim.provider_id, claim.service_on, claim.refused.value)
                for claim in refused
                if claim.refused is not None
            ],
            render_lines(simulation, names, texts),
        )
    )


def span(from_on: date | None, until_on: date | None, today: date) -> tuple[date, date]:
    """The days to simulate, both included: as asked, else last month. Raises Problem."""
    if (from_on is None) != (until_on is None):
        raise Problem("malformed_request", "Give both `from` and `until`, or neither.")
    if from_on is None or until_on is None:
        return last_month(today)
    if not timedelta() <= until_on - from_on < timedelta(days=MAX_SIMULATED_DAYS):
        raise Problem("malformed_request", f"The days are 1 to {MAX_SIMULATED_DAYS}, the first one first.")
    if from_on < date(1900, 1, 1):
        raise Problem("malformed_request", "There were no claims before 1900.")
    return from_on, until_on


def policy_or_problem(request: AnyRequest, source: str) -> Policy | ASGIResponse:
    """What a file says; or the problem document with every mistake in it."""
    try:
        return read_policy(source)
    except PolicyProblem as problem:
        refused = Refused(Act(UUID(int=0), "read_policy", ""), Refusal.POLICY_INVALID)
        view = refusal_view(refused, base_url(request))
        view.mistakes = [MistakeView(each.where, each.what, each.remedy) for each in problem.mistakes]
        return problem_response(view)


async def _dry_run(request: AnyRequest, key: UUID, new: NewPolicy) -> ASGIResponse:
    if request.query_params["dry_run"] != "true":
        raise Problem("malformed_request", "The query parameter dry_run is `true` or left out.")
    principal = principal_of(request)
    outcome = await judge_policy(hours_of(request), principal.community, principal.author, key, new)
    # The last thing looked at, so whatever else there is against it has been said.
    together = isinstance(outcome, Refused) and outcome.refusal is Refusal.SECOND_PERSON_NEEDED
    if isinstance(outcome, Refused) and not together:
        return refused_response(request, outcome)
    sentences = render_policy(new.policy, texts_of(request))
    said: Literal["posted", "replayed"] = "replayed" if isinstance(outcome, Replayed) else "posted"
    return json_response(PolicyDryRunView(said, sentences, together))


async def _policy_response(
    request: AnyRequest, version: int | None, status: int = 200, headers: dict[str, str] | None = None
) -> ASGIResponse:
    """A version of the policy, the one in force today when none is named."""
    community, ledger = community_of(request), ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        hours = await hours_of(request).read(db, community, ledger.now())
        number = in_force(hours.policies, hours.today) if version is None else version
        view = await _policy_view(request, db, community.id, hours, number)
        if version is None:
            later = sorted({from_on for from_on, _ in hours.policies if from_on > hours.today})
            for each in dict.fromkeys(in_force(hours.policies, day) for day in later):
                row = await db.row("hours/read_policy", community_id=community.id, version=each)
                if row is not None and each != number:
                    view.later.append(_version_view(request, hours, row))
    return json_response(view, status, {"etag": f'"{view.version}"'} | (headers or {}))


async def _policy_view(
    request: AnyRequest, db: Connection, community_id: int, hours: HoursBook, number: int
) -> PolicyView:
    if number == 0:
        source, version = presets.text("equal-hours"), PolicyVersionView(0, DEFAULT.name)
    else:
        row = await db.row("hours/read_policy", community_id=community_id, version=number)
        if row is None:
            raise Problem("not_found")
        source, version = row["source"], _version_view(request, hours, row)
    policy = hours.policies[number][1]
    return PolicyView(
        number,
        version.name,
        source,
        render_policy(policy, texts_of(request)),
        msgspec.json.decode(canonical_policy(policy)),
        version.from_on,
        version.applied_at,
        version.applied_by,
    )


def _version_view(request: AnyRequest, hours: HoursBook, row: asyncpg.Record) -> PolicyVersionView:
    # Who applied it concerns those who keep the rules; to the others it is the community's.
    reads_who = principal_of(request).role is not None
    return PolicyVersionView(
        row["version"],
        hours.policies[row["version"]][1].name,
        row["in_force_from"],
        row["applied_at"],
        row["applied_by"] if reads_who else None,
    )


def _totals_view(totals: Totals) -> TotalsView:
    return TotalsView(
        totals.claims, totals.refused, totals.before, totals.credited, totals.pot, totals.honour
    )


policy_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_policy, get_version, list_versions, list_presets, post_policy, post_simulation],
    tags=["Policy"],
)
