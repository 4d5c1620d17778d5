"""The social report of a range of days: every measure with its value, and how many rows stand behind it.

The same range as of the same moment gives the same numbers for ever (`reading`), but for those that are held
(`measures`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.social.answers import SIDES, Answers, told, whole_months
from ledger.desk.social.reading import (
    Asked,
    Claims,
    Member,
    read_claims,
    read_clearances,
    read_disputes,
    read_members,
    read_outstanding,
    read_requests,
)
from ledger.desk.social.rows import ANSWERED, OF_MEMBERS, belonging_to, of_dispute, of_request

OUTCOMES = ("upheld", "corrected", "reversed", "withdrawn")
CLASSES = ("worker", "volunteer", "service_user", "family_member", "capital_provider", "none")
"""The stakeholder classes, and `none` for members who are in none of them."""


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
    activities = _by_activity(claims)
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
        "cleared": _cleared(await read_clearances(db, asked, claims)),
        "outstanding": _outstanding(await read_outstanding(db, asked)),
    }
    return SocialReport(asked, figures, activities, _by_class(members), answers)


def _count(number: int) -> Figure:
    return Figure(number, number)


def _part(number: int, of: int) -> Figure:
    """A part of a whole in thousandths, rounded down; no value where there is nothing to be a part of."""
    return Figure(number * 1000 // of if of else None, number, of)


def _of_members(asked: Asked, members: Sequence[Member]) -> dict[str, Figure]:
    return {code: _count(sum(belonging_to(code, asked, each) for each in members)) for code in OF_MEMBERS}


def _by_activity(claims: Claims) -> tuple[Activity, ...]:
    """The kinds of care, those of most hours first."""
    sums: dict[str, tuple[int, int]] = {}
    for row in claims["given"]:
        visits, seconds = sums.get(row["activity"], (0, 0))
        sums[row["activity"]] = visits + row["claims"], seconds + row["seconds"]
    found = [Activity(code, *counted) for code, counted in sums.items()]
    return tuple(sorted(found, key=lambda each: (-each.seconds, each.code)))


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


def with_held(
    report: SocialReport,
    held: Mapping[str, Figure],
    classes: tuple[StakeholderClass, ...],
    answers: Mapping[tuple[str, str], Answers],
) -> SocialReport:
    """The report with the figures and parts that an evidence pack held fast in the place of its own."""
    return replace(report, figures={**report.figures, **held}, classes=classes, answers=answers)
