"""Applying a policy: a version more, in force from a day on, and the accounts it needs.

Changing policy never changes the past: no version begins before the day it is applied, and a claim keeps the version
of its day. What an account itself refuses must not be narrower than what the policy allows, so applying one also
sets the floors of those accounts that still have the one of the policy before.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

from ledger.book.accounts import DEFAULT_LIMITS, Book
from ledger.book.amounts import MAX_BALANCE_SECONDS
from ledger.book.authors import Author, Details, Event
from ledger.book.commands import AccountKind, OpenAccount, SetLimits
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.approving import second_person
from ledger.hours.claims import ClaimState, HoursBook, today_of
from ledger.hours.hours import Hours, Make, Plan
from ledger.hours.policies import Policies
from ledger.hours.policy import Period, Policy, in_force
from ledger.hours.policy_rules import canonical_policy
from ledger.hours.simulation import PastClaim, Simulation, simulate
from ledger.people.proposals import Action

WALL_SECONDS = -3_600_000
"""A thousand hours below zero: where an account stops although the policy's floor is soft. Nobody means more."""

MAX_SIMULATED_DAYS = 366

WALLED = frozenset({AccountKind.MEMBER, AccountKind.HOUSEHOLD})
"""The accounts whose floor follows the policy."""

Versions = Sequence[tuple[date, Policy]]


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """A file and what it says, to be in force from a day on; None is the day on which it is applied."""

    source: str
    policy: Policy
    from_on: date | None = None


# --- floors -------------------------------------------------------------------------------------------------------


def wall(policy: Policy) -> int:
    """The floor, in seconds, that members' accounts have under a policy: its own, or one behind a soft one."""
    if policy.floor is None:
        return -MAX_BALANCE_SECONDS
    return min(WALL_SECONDS, policy.floor.seconds) if policy.floor.soft else policy.floor.seconds


def lowest_wall(versions: Versions, since: date) -> int:
    """The lowest wall of the versions that are in force on a day or will be later.

    Nobody sets floors on the day a version comes into force, so they are set for it when it is applied. Until then the
    narrower floor of the policy in force is looked at where something is posted.
    """
    return min(wall(policy) for policy in _from_then_on(versions, since))


def _from_then_on(versions: Versions, since: date) -> list[Policy]:
    """Every policy that is in force on some day from this one on."""
    days = {since, *(from_on for from_on, _ in versions if from_on > since)}
    return [versions[in_force(versions, day)][1] for day in sorted(days)]


async def opening_limits(
    db: Connection, community_id: int, kind: AccountKind, policies: Policies
) -> tuple[int | None, int | None]:
    """(floor, ceiling) of a new account for which nothing else was asked: its kind's, with the policy's floor."""
    floor, ceiling = DEFAULT_LIMITS[kind]
    if kind in WALLED:
        row = await db.row("hours/read_newest_policy", community_id=community_id)
        newest = 0 if row is None else row["policy_version"]
        versions = await policies.read(db, community_id, newest)
        floor = _present_wall(versions, None if row is None else row["applied_at"])
    return floor, ceiling


def _present_wall(versions: Versions, applied_at: datetime | None) -> int:
    """The wall that accounts got when the newest version was applied."""
    if applied_at is None:
        return wall(versions[0][1])
    return lowest_wall(versions, today_of(versions[:-1], applied_at))


# --- applying -----------------------------------------------------------------------------------------------------


async def apply_policy(
    hours: Hours, community: Community, author: Author, key: UUID, new: NewPolicy
) -> Answer:
    """Put a policy in force, single-handed: only while nobody else could approve it, or from the shell.

    Refused with POLICY_IN_PAST, POLICY_UNCHANGED, SECOND_PERSON_NEEDED, or with NOT_A_POT, CODE_TAKEN or
    ACCOUNT_CLOSED when an account it names is of another kind, or closed.
    """
    return await hours.do(
        community, author, key, "apply_policy", _asked(new), applying(community, author, key, new)
    )


async def judge_policy(
    hours: Hours, community: Community, author: Author, key: UUID, new: NewPolicy
) -> Outcome:
    """What `apply_policy` would answer at this moment; nothing is kept."""
    return await hours.judge(
        community, author, key, "apply_policy", _asked(new), applying(community, author, key, new)
    )


def _asked(new: NewPolicy) -> list[str]:
    return [new.source, "" if new.from_on is None else str(new.from_on)]


def applying(
    community: Community, author: Author, key: UUID, new: NewPolicy, proposer: UUID | None = None
) -> Make:
    """The deed of applying a policy. `key` is the request's id, or the proposal's when `proposer` proposed it."""

    async def make(db: Connection, slice_: HoursBook, book: Book, now: datetime) -> Plan:
        from_on = slice_.today if new.from_on is None else new.from_on
        versions = slice_.policies
        if from_on < slice_.today:
            raise ActRefused(Refusal.POLICY_IN_PAST, str(slice_.today))
        rules = canonical_policy(new.policy)
        # A version that is only to come is replaced too, so what is in force from then on is compared.
        if all(canonical_policy(each) == rules for each in _from_then_on(versions, from_on)):
            raise ActRefused(Refusal.POLICY_UNCHANGED, str(in_force(versions, from_on)))
        openings = await _openings(db, community.id, new.policy, key)
        floor = lowest_wall([*versions, (from_on, new.policy)], slice_.today)
        floors = await _floors(db, community.id, versions, floor, key, now)
        said: Details = {
            "version": book.policy_version + 1,
            "from": str(from_on),
            "rules": sha256(rules.encode()).hexdigest(),
            "floor": floor,
            "accounts": len(floors),
            **await second_person(db, community.id, author, proposer, Action.POLICY, now),
        }

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            version = {"community_id": community.id, "version": book.policy_version + 1}
            await db.run(
                "hours/insert_policy",
                **version,
                from_on=from_on,
                source=new.source,
                rules=rules,
                now=now,
                applied_by=author.member_id,
            )
            await db.run("hours/set_policy_version", **version)
            return [Event("policy_applied", author, None, said, key if proposer is None else uuid4())]

        return Plan([*openings, *floors], write)

    return make


async def _openings(db: Connection, community_id: int, policy: Policy, key: UUID) -> list[OpenAccount]:
    """The pot and the issuance account the policy names, as far as there is none of that code."""
    wanted = {policy.pot: AccountKind.POT, policy.issuance: AccountKind.ISSUANCE}
    rows = await db.rows("hours/read_coded_accounts", community_id=community_id, codes=list(wanted))
    for row in rows:
        if row["kind"] != wanted.pop(row["code"]):
            refusal = Refusal.NOT_A_POT if row["code"] == policy.pot else Refusal.CODE_TAKEN
            raise ActRefused(refusal, row["code"])
        if row["closed"]:
            raise ActRefused(Refusal.ACCOUNT_CLOSED, row["code"])
    return [
        OpenAccount(uuid5(key, code), kind, code, *DEFAULT_LIMITS[kind], code)
        for code, kind in wanted.items()
    ]


async def _floors(
    db: Connection, community_id: int, versions: Versions, floor: int, key: UUID, now: datetime
) -> list[SetLimits]:
    """The new floor of every account that still has the old one; who stands below the new one keeps the old.

    Somebody who was given limits of their own keeps those.
    """
    row = await db.row("hours/read_newest_policy", community_id=community_id)
    old = _present_wall(versions, None if row is None else row["applied_at"])
    if old == floor:
        return []
    rows = await db.rows(
        "hours/read_walled_accounts", community_id=community_id, old_floor=old, new_floor=floor, now=now
    )
    return [
        SetLimits(uuid5(key, str(each["account_id"])), each["account_id"], floor, each["ceiling"])
        for each in rows
    ]


async def applied_version(db: Connection, community_id: int, key: UUID) -> int:
    """The number of the version that the request of this id applied."""
    row = await db.row("hours/read_event_details", community_id=community_id, event_id=key)
    if row is None:
        raise LookupError("a policy that was applied has its event")
    version: int = json.loads(row["details"])["version"]
    return version


# --- what would have been -----------------------------------------------------------------------------------------


def last_month(today: date) -> tuple[date, date]:
    """The first and the last day of the calendar month before this one."""
    until_on = today.replace(day=1) - timedelta(days=1)
    return until_on.replace(day=1), until_on


async def simulate_policy(
    db: Connection, community_id: int, versions: Versions, policy: Policy, from_on: date, until_on: date
) -> Simulation:
    """What the claims of a span of days would have been under a policy: those posted, and those that wait.

    One that waits counts as what it would earn by the version of its day, caps aside: else every hour nobody has
    confirmed yet would look like a gain.
    """
    # The week in which the span begins fills the weekly cap before it.
    begins = from_on - timedelta(days=from_on.weekday())
    rows = await db.rows(
        "hours/read_past_claims", community_id=community_id, from_on=begins, until_on=until_on
    )
    claims = []
    for order, row in enumerate(rows):
        credited = row["credited_seconds"]
        if row["state"] == ClaimState.SUBMITTED:
            own = versions[row["policy_version"]][1]
            activity = own.activity(row["activity"])
            credited = 0 if activity is None else own.credited(activity, row["recorded_seconds"])
        claims.append(
            PastClaim(
                row["claim_id"],
                row["provider_id"],
                row["service_on"],
                row["activity"],
                row["recorded_seconds"],
                credited,
                order,
            )
        )
    before: dict[UUID, int] = {}
    if Period.LIFETIME in policy.caps:
        earned = await db.rows(
            "hours/read_earned_before",
            community_id=community_id,
            from_on=begins,
            member_ids=list({claim.provider_id for claim in claims}),
        )
        before = {row["member_id"]: row["seconds"] for row in earned}
    return simulate(policy, claims, from_on=from_on, earned_before=before)


async def provider_names(db: Connection, community_id: int, simulation: Simulation) -> dict[UUID, str]:
    """How those are called of whom a simulation tells, where they were not erased."""
    rows = await db.rows(
        "hours/read_member_names", community_id=community_id, member_ids=list(simulation.providers)
    )
    return {row["member_id"]: row["name"] for row in rows}
