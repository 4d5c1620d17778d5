"""What the social report reads: claims, members, requests, disputes, clearances and accounts as they stood at a moment.

What counts as paid care is what counts in `ledger.desk.reports`. Claims, requests and disputes are read as they stood
before a moment (`as_of`), from steps that are only added and never changed; balances as of so many leaves of the log.
What a number is made of these rows stands in `report`, and which of them stand behind it in `rows`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from ledger.database.connections import Connection
from ledger.hours.claims import HoursBook
from ledger.hours.policy import in_force

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A range of days, both included, as of a moment and a number of leaves of the log.

    What was recorded before `as_of` counts. `zone` is the community's clock, and `needs` the kinds of clearances that
    each activity needs, by the policy in force on the last day.
    """

    community_id: int
    from_on: date
    until_on: date
    as_of: datetime
    tree_size: int
    zone: str
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def days(self) -> dict[str, object]:
        """What the statements about claims ask for."""
        # Nobody logs care before its day; that day begins before midnight UTC where the clocks are ahead of it.
        logged_from = datetime.combine(self.from_on, time.min, UTC) - A_DAY
        return {
            "community_id": self.community_id,
            "from_on": self.from_on,
            "until_on": self.until_on,
            "logged_from": logged_from,
            "as_of": self.as_of,
        }

    def begins_at(self, day: date) -> datetime:
        """When a day begins by the community's clock."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def asked_now(
    community_id: int, hours: HoursBook, from_on: date, until_on: date, tree_size: int, now: datetime
) -> Asked:
    """A range as everything stands in the caller's snapshot, whose log has so many leaves."""
    zone = hours.policies[in_force(hours.policies, hours.today)][1].timezone
    # What is done in this second counts.
    as_of = now.replace(microsecond=0) + timedelta(seconds=1)
    return Asked(community_id, from_on, until_on, as_of, tree_size, zone, needs_on(hours, until_on))


async def read_asked(
    db: Connection, community_id: int, hours: HoursBook, from_on: date, until_on: date, now: datetime
) -> Asked:
    """The same, with as many leaves as the log has in the caller's snapshot."""
    head = await db.row("log/read_head", community_id=community_id)
    if head is None:
        raise RuntimeError("a community has a head")
    # Writers' clocks may be ahead of this one.
    now = max(now, head["recorded_at"])
    return asked_now(community_id, hours, from_on, until_on, head["tree_size"], now)


def needs_on(hours: HoursBook, day: date) -> Mapping[str, Sequence[str]]:
    """The kinds of clearances that each activity needs, by the policy in force on a day."""
    policy = hours.policies[in_force(hours.policies, day)][1]
    return {code: each.needs for code, each in policy.activities.items() if each.needs}


Claims = Mapping[str, Sequence[asyncpg.Record]]
"""The rows of `desk/social_claims` by the way they are counted."""

WAYS = ("given", "received", "month", "answer", "waits")


async def read_claims(db: Connection, asked: Asked) -> Claims:
    """The claims of the range, counted in one pass: see the statement."""
    found: dict[str, list[asyncpg.Record]] = {way: [] for way in WAYS}
    for row in await db.rows("desk/social_claims", **asked.days):
        found[row["way"]].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs, or has a part in the paid care of the range: in how many visits, for how many seconds."""

    id: UUID
    number: int
    joined_on: date
    belongs: bool
    classes: tuple[str, ...]
    given_claims: int
    given_seconds: int
    received_claims: int
    received_seconds: int
    first_given: bool
    first_received: bool


async def read_members(db: Connection, asked: Asked, claims: Claims) -> list[Member]:
    """Everybody who belongs, or gave or received in the range, by number."""
    given: dict[UUID, tuple[int, int]] = {}
    for row in claims["given"]:
        visits, seconds = given.get(row["member_id"], (0, 0))
        given[row["member_id"]] = visits + row["claims"], seconds + row["seconds"]
    received = {row["member_id"]: (row["claims"], row["seconds"]) for row in claims["received"]}
    rows = await db.rows(
        "desk/social_members", giver_ids=list(given), receiver_ids=list(received), **asked.days
    )
    return [
        Member(
            row["member_id"],
            row["member_number"],
            row["joined_on"],
            row["belongs"],
            tuple(row["classes"]),
            *given.get(row["member_id"], (0, 0)),
            *received.get(row["member_id"], (0, 0)),
            row["first_given"],
            row["first_received"],
        )
        for row in rows
    ]


async def read_requests(db: Connection, asked: Asked) -> Sequence[asyncpg.Record]:
    return await db.rows("desk/social_requests", zone=asked.zone, **asked.days)


async def read_disputes(db: Connection, asked: Asked) -> Sequence[asyncpg.Record]:
    return await db.rows(
        "desk/social_disputes",
        community_id=asked.community_id,
        opened_from=asked.begins_at(asked.from_on),
        opened_before=asked.begins_at(asked.until_on + A_DAY),
        as_of=asked.as_of,
        zone=asked.zone,
    )


async def read_clearances(db: Connection, asked: Asked, claims: Claims) -> list[tuple[asyncpg.Record, bool]]:
    """Who needed clearances for what they gave in the range, and whether they have each of them on its last day."""
    needed: dict[UUID, set[str]] = {}
    for row in claims["given"]:
        if row["activity"] in asked.needs:
            needed.setdefault(row["member_id"], set()).update(asked.needs[row["activity"]])
    rows = await db.rows("desk/social_clearances", member_ids=list(needed), **asked.days)
    return [(row, needed[row["member_id"]] <= set(row["kinds"])) for row in rows]


async def read_outstanding(db: Connection, asked: Asked) -> Sequence[asyncpg.Record]:
    return await db.rows(
        "desk/social_outstanding", community_id=asked.community_id, tree_size=asked.tree_size
    )
