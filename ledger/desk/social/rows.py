"""The rows behind a number of the social report: exactly those that it counts, a page at a time.

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
from ledger.desk.social.report import (
    ANSWERED,
    PEOPLE_VIAS,
    Asked,
    belonging_to,
    of_dispute,
    of_request,
    read_claims,
    read_clearances,
    read_disputes,
    read_members,
    read_outstanding,
    read_requests,
)

VIA_WORDS = ("member", "delegate", "coordinator", "silence", "token", "shell")


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Of the rows behind visits or hours, only those of an activity, or of givers or receivers in a class."""

    activity: str | None = None
    giver_class: str | None = None
    receiver_class: str | None = None


@dataclass(frozen=True, slots=True)
class After:
    """The row a page ended with: its id, and of a claim when it was logged."""

    row_id: UUID
    logged_at: datetime | None = None


async def list_claims_behind(
    db: Connection, asked: Asked, measure: Measure, narrowed: Narrowed, after: After | None, at_most: int
) -> Sequence[asyncpg.Record]:
    """A page of the claims behind a measure whose rows are claims, in the order in which they were logged."""
    answers: list[str] | None = None
    vias: list[str] | None = None
    if measure.code in ANSWERED:
        answer, of = ANSWERED[measure.code]
        answers, vias = [answer], None if of is None else list(of)
    elif measure.code == "by_people":
        answers, vias = ["posted"], list(PEOPLE_VIAS)
    elif measure.code in ("confirm_median", "confirm_ninety"):
        answers, vias = ["posted"], [each for each in VIA_WORDS if each != "silence"]
    return await db.rows(
        "desk/social_claim_rows",
        paid=measure.code in ("visits", "hours_given"),
        waited=measure.code in ("confirm_median", "confirm_ninety"),
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


async def list_behind(
    db: Connection, asked: Asked, measure: Measure, after: After | None, at_most: int
) -> Sequence[Any]:
    """A page of the members, requests, disputes or accounts behind a measure."""
    code = measure.code
    match measure.rows:
        case Rows.MEMBERS if code == "cleared":
            claims = await read_claims(db, asked)
            found = [row for row, good in await read_clearances(db, asked, claims["gave"]) if good]
            return _page([(row["member_id"], row) for row in found], after, at_most)
        case Rows.MEMBERS:
            members = await read_members(db, asked, await read_claims(db, asked))
            behind = [(each.id, each) for each in members if belonging_to(code, asked, each)]
            return _page(behind, after, at_most)
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
    raise ValueError(f"{code} has other rows, or none")


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
