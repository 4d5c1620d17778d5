"""The social report of a range of days: every measure with its value, and how many rows stand behind it.

What counts as paid care is what counts in `ledger.desk.reports`. Claims, requests and disputes are read as they stood
before a moment (`as_of`), from steps that are only added and never changed; balances as of so many leaves of the log.
So the same range as of the same moment gives the same numbers for ever, but for those that are held (`measures`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.social.answers import SIDES, Answers, told, whole_months
from ledger.hours.claims import HoursBook
from ledger.hours.policy import in_force

A_DAY = timedelta(days=1)

ANSWERED = {
    "by_receiver": ("posted", ("member",)),
    "by_delegate": ("posted", ("delegate",)),
    "by_coordinator": ("posted", ("coordinator",)),
    "by_silence": ("posted", ("silence",)),
    "by_machine": ("posted", ("token", "shell")),
    "declined": ("declined", None),
    "withdrawn": ("withdrawn", None),
    "disputed_first": ("disputed", None),
    "unanswered": ("", None),
}
"""Measures of claims by the answer they were given (empty: none) and the capacities it was given in (None: any)."""

PEOPLE_VIAS = ("member", "delegate", "coordinator")
OUTCOMES = ("upheld", "corrected", "reversed", "withdrawn")
CLASSES = ("worker", "volunteer", "service_user", "family_member", "capital_provider", "none")
"""The stakeholder classes, and `none` for members who are in none of them."""


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


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's value, None where there is none to tell; the rows behind it, and of how many they are a part."""

    value: int | None
    count: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Paid visits of one kind of care, and their seconds."""

    code: str
    visits: int
    seconds: int


@dataclass(frozen=True, slots=True)
class StakeholderClass:
    """What the members of a class gave and received. Who is in two classes counts in both."""

    code: str
    givers: int
    given_visits: int
    given_seconds: int
    receivers: int
    received_visits: int
    received_seconds: int


@dataclass(frozen=True, slots=True)
class SocialReport:
    """Every figure by the code of its measure, and what they are made up of."""

    asked: Asked
    figures: Mapping[str, Figure]
    activities: tuple[Activity, ...]
    classes: tuple[StakeholderClass, ...]
    answers: Mapping[tuple[str, str], Answers]


def asked_now(
    community_id: int, hours: HoursBook, from_on: date, until_on: date, tree_size: int, now: datetime
) -> Asked:
    """A range as everything stands in the caller's snapshot, whose log has so many leaves."""
    policy = hours.policies[in_force(hours.policies, until_on)][1]
    zone = hours.policies[in_force(hours.policies, hours.today)][1].timezone
    needs = {code: each.needs for code, each in policy.activities.items() if each.needs}
    # What is done in this second counts.
    as_of = now.replace(microsecond=0) + timedelta(seconds=1)
    return Asked(community_id, from_on, until_on, as_of, tree_size, zone, needs)


async def read_social(db: Connection, asked: Asked) -> SocialReport:
    """The report. In the caller's snapshot; passes once over the claims logged since the first day."""
    claims = await read_claims(db, asked)
    members = await read_members(db, asked, claims)
    months = whole_months(asked.from_on, asked.until_on, asked.as_of, asked.zone)
    answers = told(
        await db.rows(
            "desk/social_well_being",
            community_id=asked.community_id,
            months=[month.first for month in months],
            begins=[month.begins_at for month in months],
            ends=[month.ends_at for month in months],
        )
    )
    activities = sorted(
        (Activity(row["activity"], row["claims"], row["seconds"]) for row in claims["activity"]),
        key=lambda each: (-each.seconds, each.code),
    )
    figures = {
        "visits": _count(sum(each.visits for each in activities)),
        "hours_given": Figure(
            sum(each.seconds for each in activities), sum(each.visits for each in activities)
        ),
        **_of_members(asked, members),
        **_of_answers(claims["answer"]),
        **_of_waits(claims["waits"]),
        **_of_requests(await read_requests(db, asked)),
        **_of_disputes(await read_disputes(db, asked)),
        **_of_well_being(answers, claims["month"]),
        "cleared": _cleared(await read_clearances(db, asked, claims["gave"])),
        "outstanding": _outstanding(await read_outstanding(db, asked)),
    }
    return SocialReport(asked, figures, tuple(activities), _by_class(members), answers)


# --- what is read -------------------------------------------------------------------------------------------------


Claims = Mapping[str, Sequence[asyncpg.Record]]
"""The rows of `desk/social_claims` by the way they are counted."""


async def read_claims(db: Connection, asked: Asked) -> Claims:
    """The claims of the range, counted in one pass: see the statement."""
    found: dict[str, list[asyncpg.Record]] = {way: [] for way in WAYS}
    for row in await db.rows("desk/social_claims", activities=list(asked.needs), **asked.days):
        found[row["way"]].append(row)
    return found


WAYS = ("activity", "month", "answer", "provider", "receiver", "gave", "waits")


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
    given = {row["member_id"]: (row["claims"], row["seconds"]) for row in claims["provider"]}
    received = {row["member_id"]: (row["claims"], row["seconds"]) for row in claims["receiver"]}
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


async def read_clearances(
    db: Connection, asked: Asked, gave: Sequence[asyncpg.Record]
) -> list[tuple[asyncpg.Record, bool]]:
    """Who needed clearances for what they gave in the range, and whether they have each of them on its last day."""
    needed: dict[UUID, set[str]] = {}
    for row in gave:
        needed.setdefault(row["member_id"], set()).update(asked.needs[row["activity"]])
    rows = await db.rows("desk/social_clearances", member_ids=list(needed), **asked.days)
    return [(row, needed[row["member_id"]] <= set(row["kinds"])) for row in rows]


async def read_outstanding(db: Connection, asked: Asked) -> Sequence[asyncpg.Record]:
    return await db.rows(
        "desk/social_outstanding", community_id=asked.community_id, tree_size=asked.tree_size
    )


# --- what is made of it -------------------------------------------------------------------------------------------


def belonging_to(code: str, asked: Asked, member: Member) -> bool:
    """Whether a member stands behind a measure of members."""
    gave, received = member.given_claims > 0, member.received_claims > 0
    match code:
        case "people_reached":
            return received
        case "givers":
            return gave
        case "both":
            return gave and received
        case "only_give":
            return gave and not received
        case "only_receive":
            return received and not gave
        case "neither":
            return not gave and not received
        case "first_received":
            return member.first_received
        case "first_given":
            return member.first_given
        case "new_members":
            return member.belongs and member.joined_on >= asked.from_on
    raise KeyError(code)


OF_MEMBERS = (
    "people_reached",
    "first_received",
    "both",
    "only_give",
    "only_receive",
    "neither",
    "givers",
    "first_given",
    "new_members",
)


def of_request(code: str, row: asyncpg.Record) -> bool:
    """Whether a request's row stands behind a measure of requests."""
    if code in ("requests_taken", "taking_median", "taking_ninety"):
        return row["taken_seconds"] is not None
    if code in ("requests_visited", "visiting_median", "visiting_ninety"):
        return row["visited_on"] is not None
    return True


def of_dispute(code: str, row: asyncpg.Record) -> bool:
    """Whether a dispute's row stands behind a measure of disputes."""
    if code == "disputes":
        return True
    if code in ("deciding_median", "deciding_ninety"):
        return row["outcome"] is not None
    return bool((row["outcome"] or "open") == code.removeprefix("disputes_"))


def _count(number: int) -> Figure:
    return Figure(number, number)


def _part(number: int, of: int) -> Figure:
    """A part of a whole in thousandths, rounded down; no value where there is nothing to be a part of."""
    return Figure(number * 1000 // of if of else None, number, of)


def _of_members(asked: Asked, members: Sequence[Member]) -> dict[str, Figure]:
    return {code: _count(sum(belonging_to(code, asked, each) for each in members)) for code in OF_MEMBERS}


def _by_class(members: Sequence[Member]) -> tuple[StakeholderClass, ...]:
    sums = {code: [0, 0, 0, 0, 0, 0] for code in CLASSES}
    for each in members:
        given = each.given_claims > 0, each.given_claims, each.given_seconds
        received = each.received_claims > 0, each.received_claims, each.received_seconds
        for code in each.classes or ("none",):
            for place, more in enumerate((*given, *received)):
                sums[code][place] += more
    return tuple(StakeholderClass(code, *counted) for code, counted in sums.items())


def _of_answers(by_answer: Sequence[asyncpg.Record]) -> dict[str, Figure]:
    figures = {
        code: _count(
            sum(
                row["claims"]
                for row in by_answer
                if (row["answer"] or "") == answer and (vias is None or row["answered_via"] in vias)
            )
        )
        for code, (answer, vias) in ANSWERED.items()
    }
    people = sum(figures[code].count for code in ("by_receiver", "by_delegate", "by_coordinator"))
    confirmed = people + figures["by_silence"].count + figures["by_machine"].count
    return {
        **figures,
        "logged": _count(sum(row["claims"] for row in by_answer)),
        "by_people": _part(people, confirmed),
    }


def _of_waits(rows: Sequence[asyncpg.Record]) -> dict[str, Figure]:
    [row] = rows
    return {
        "confirm_median": Figure(row["median_seconds"], row["claims"]),
        "confirm_ninety": Figure(row["ninety_seconds"], row["claims"]),
    }


def _of_requests(rows: Sequence[asyncpg.Record]) -> dict[str, Figure]:
    taken = [row["taken_seconds"] for row in rows if of_request("requests_taken", row)]
    # The visit may have been on an earlier day than the asking, where it was asked for afterwards.
    days = [
        max((row["visited_on"] - row["asked_on"]).days, 0)
        for row in rows
        if of_request("requests_visited", row)
    ]
    return {
        "requests": _count(len(rows)),
        "requests_taken": _part(len(taken), len(rows)),
        "requests_visited": _part(len(days), len(rows)),
        "taking_median": Figure(within(taken, 50), len(taken)),
        "taking_ninety": Figure(within(taken, 90), len(taken)),
        "visiting_median": Figure(within(days, 50), len(days)),
        "visiting_ninety": Figure(within(days, 90), len(days)),
    }


def _of_disputes(rows: Sequence[asyncpg.Record]) -> dict[str, Figure]:
    days = [row["days"] for row in rows if row["outcome"] is not None]
    outcomes = ("disputes", "disputes_open", *(f"disputes_{each}" for each in OUTCOMES))
    return {
        **{code: _count(sum(of_dispute(code, row) for row in rows)) for code in outcomes},
        "deciding_median": Figure(within(days, 50), len(days)),
        "deciding_ninety": Figure(within(days, 90), len(days)),
    }


def _of_well_being(
    answers: Mapping[tuple[str, str], Answers], by_month: Sequence[asyncpg.Record]
) -> dict[str, Figure]:
    visits = {row["month"]: row["claims"] for row in by_month}
    figures = {
        f"{side}_{question}": Figure(found.mean_hundredths, found.answers)
        for (side, question), found in answers.items()
    }
    for side in SIDES:
        found = answers[side, "visit"]
        of = sum(visits.get(month, 0) for month in found.months)
        figures[f"{side}_share"] = _part(found.answers, of) if found.months else Figure(None, 0)
    return figures


def _cleared(rows: Sequence[tuple[asyncpg.Record, bool]]) -> Figure:
    return _part(sum(good for _, good in rows), len(rows))


def _outstanding(rows: Sequence[asyncpg.Record]) -> Figure:
    return Figure(sum(row["balance"] for row in rows), len(rows))


def within(values: Sequence[int], per_cent: int) -> int | None:
    """The least value within which that part of them lie; None of none."""
    if not values:
        return None
    return sorted(values)[max(-(-len(values) * per_cent // 100), 1) - 1]


def with_held(report: SocialReport, held: Mapping[str, Figure], **parts: object) -> SocialReport:
    """The report with the figures and parts that an evidence pack held fast in the place of its own."""
    return replace(report, figures={**report.figures, **held}, **parts)  # type: ignore[arg-type]
