"""The rows behind a number of the social report: which they are, and exactly those, a page at a time.

What people said about their well-being has no rows here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.social.measures import MEASURES, Measure, Rows
from ledger.desk.social.reading import (
    Asked,
    Member,
    read_claims,
    read_clearances,
    read_disputes,
    read_members,
    read_outstanding,
    read_requests,
)

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
VIA_WORDS = ("member", "delegate", "coordinator", "silence", "token", "shell")


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


NARROWED_BY = {
    "visits": ("activity", "giver_class", "receiver_class"),
    "hours_given": ("activity", "giver_class", "receiver_class"),
    "givers": ("giver_class",),
    "people_reached": ("receiver_class",),
}
"""What the rows of a measure can be narrowed by, if by anything."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Only those of an activity, or of givers or receivers in a class: where the measure can be narrowed by it."""

    activity: str | None = None
    giver_class: str | None = None
    receiver_class: str | None = None

    def holds(self, member: Member) -> bool:
        """Whether a member, behind a measure of members, is in the class that is asked for."""
        wanted = self.giver_class or self.receiver_class
        return wanted is None or wanted in (member.classes or ("none",))


@dataclass(frozen=True, slots=True)
class After:
    """The row a page ended with: its id, and of a claim when it was logged."""

    row_id: UUID
    logged_at: datetime | None = None


async def list_behind(
    db: Connection, asked: Asked, measure: Measure, narrowed: Narrowed, after: After | None, at_most: int
) -> Sequence[Any]:
    """A page of the rows behind a measure: claims in the order they were logged, others by number, day or code."""
    code = measure.code
    match measure.rows:
        case Rows.CLAIMS:
            return await _claims_behind(db, asked, measure, narrowed, after, at_most)
        case Rows.MEMBERS if code == "cleared":
            claims = await read_claims(db, asked)
            found = [row for row, good in await read_clearances(db, asked, claims) if good]
            return _page([(row["member_id"], row) for row in found], after, at_most)
        case Rows.MEMBERS:
            members = await read_members(db, asked, await read_claims(db, asked))
            behind = [each for each in members if belonging_to(code, asked, each) and narrowed.holds(each)]
            return _page([(each.id, each) for each in behind], after, at_most)
        case Rows.REQUESTS:
            rows = await read_requests(db, asked)
            requests = [(row["care_request_id"], row) for row in rows if of_request(code, row)]
            return _page(requests, after, at_most)
        case Rows.DISPUTES:
            rows = await read_disputes(db, asked)
            disputes = [(row["dispute_id"], row) for row in rows if of_dispute(code, row)]
            return _page(disputes, after, at_most)
        case Rows.ACCOUNTS:
            accounts = [(row["account_id"], row) for row in await read_outstanding(db, asked)]
            return _page(accounts, after, at_most)
    raise ValueError(f"{code} has no rows")


async def _claims_behind(
    db: Connection, asked: Asked, measure: Measure, narrowed: Narrowed, after: After | None, at_most: int
) -> Sequence[asyncpg.Record]:
    answers: list[str] | None = None
    vias: list[str] | None = None
    waited = measure.per_cent is not None
    if measure.code in ANSWERED:
        answer, of = ANSWERED[measure.code]
        answers, vias = [answer], None if of is None else list(of)
    elif measure.code == "by_people":
        answers, vias = ["posted"], list(PEOPLE_VIAS)
    elif waited:
        answers, vias = ["posted"], [each for each in VIA_WORDS if each != "silence"]
    return await db.rows(
        "desk/social_claim_rows",
        paid=measure.code in ("visits", "hours_given"),
        waited=waited,
        activity=narrowed.activity,
        giver_class=narrowed.giver_class,
        receiver_class=narrowed.receiver_class,
        answers=answers,
        vias=vias,
        after_at=None if after is None else after.logged_at,
        after_id=None if after is None else after.row_id,
        at_most=at_most,
        **asked.days,
    )


def _page(rows: Sequence[tuple[UUID, Any]], after: After | None, at_most: int) -> list[Any]:
    """The rows, each with its id, that follow on the last one of a page."""
    begins = 0
    if after is not None:
        # What the last page ended with may be gone from the list meanwhile: then there is nothing to go on from.
        places = [place for place, (row_id, _) in enumerate(rows, 1) if row_id == after.row_id]
        begins = places[0] if places else len(rows)
    return [row for _, row in rows[begins : begins + at_most]]


def measure_with_rows(code: str) -> Measure | None:
    """The measure of that code, if it has rows that may be shown."""
    measure = MEASURES.get(code)
    return None if measure is None or measure.rows is Rows.NONE else measure
