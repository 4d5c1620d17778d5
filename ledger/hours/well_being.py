"""How a visit was for its two people: two questions each, which nobody has to answer.

The receiver is asked how the visit was for them, and how they feel compared with before it; the provider how it was for
them, and whether they could go on giving care like this. One plain question with five answers in words does nearly as
well as a long scale (a single question about loneliness agreed at 0.97 with the usual three, and agreed with itself
later at 0.74: doi 10.31234/osf.io/gscqv), and somebody of seventy-eight answers it standing in the doorway. The words
are our own. 1 is the least good answer and 5 the best, in every question.

What somebody said is theirs: it is in no log, erasing a person deletes it, nobody else reads it, and reports tell it of
groups alone (`ledger.desk.social.answers`). A co-ordinator may type it from paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg

from ledger.book.refusals import Refusal
from ledger.database.connections import Connection

ASKED_FOR = timedelta(days=30)
"""How long after a visit was confirmed it may be answered: later, nobody remembers."""

CHANGEABLE_FOR = timedelta(days=7)
"""How long after it was first given an answer may be changed."""

LEAST, MOST = 1, 5


class Side(StrEnum):
    """On which side of a visit somebody was."""

    PROVIDER = "provider"
    RECEIVER = "receiver"


@dataclass(frozen=True, slots=True)
class Said:
    """The two answers, each from 1 to 5; None for one that was left out. `after` is the second question."""

    visit: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class WellBeing:
    """What one of the two may say, and said, about a visit; `until` when they may last say or change it.

    `typed` is whether somebody typed it from paper.
    """

    side: Side
    said: Said | None
    until: datetime
    typed: bool = False


async def read_well_being(
    db: Connection, community_id: int, claim_id: UUID, member_id: UUID
) -> WellBeing | Refusal:
    """What a member said about a visit. CLAIM_UNKNOWN unless it is theirs, WELL_BEING_EARLY before it is paid."""
    row = await db.row(
        "hours/read_well_being", community_id=community_id, claim_id=claim_id, member_id=member_id
    )
    if row is None or member_id not in (row["provider_id"], row["receiver_id"]):
        return Refusal.CLAIM_UNKNOWN
    paid = row["state"] == "posted" or (row["state"] == "disputed" and row["posting_count"] > 0)
    if not paid:
        return Refusal.WELL_BEING_EARLY
    side = Side.PROVIDER if member_id == row["provider_id"] else Side.RECEIVER
    if row["answer_id"] is None:
        return WellBeing(side, None, row["confirmed_at"] + ASKED_FOR)
    return WellBeing(
        side,
        Said(row["visit"], row["after"]),
        row["answered_at"] + CHANGEABLE_FOR,
        row["via"] == "coordinator",
    )


async def say_well_being(
    db: Connection,
    community_id: int,
    claim_id: UUID,
    member_id: UUID,
    said: Said,
    key: UUID,
    *,
    typed: bool,
    now: datetime,
) -> Refusal | None:
    """Keep what a member said about a visit, in the place of what they said before; `typed` by somebody from paper.

    Refused as reading it is, with WELL_BEING_LATE, and of paper with WELL_BEING_SAID when they have said it themselves.
    The same again changes nothing. In the caller's transaction.
    """
    found = await read_well_being(db, community_id, claim_id, member_id)
    if isinstance(found, Refusal):
        return found
    if now >= found.until:
        return Refusal.WELL_BEING_LATE
    if typed and found.said is not None and not found.typed:
        return Refusal.WELL_BEING_SAID
    row = await db.row(
        "hours/write_well_being",
        community_id=community_id,
        claim_id=claim_id,
        member_id=member_id,
        side=found.side,
        visit=said.visit,
        after=said.after,
        answer_id=key,
        via="coordinator" if typed else "member",
        now=now,
        changeable_since=now - CHANGEABLE_FOR,
    )
    # Another answer may have been given since it was read, and be too old by now: hardly, but then it stays.
    return Refusal.WELL_BEING_LATE if row is None else None


async def list_unanswered(
    db: Connection, community_id: int, member_id: UUID, today: date, now: datetime, at_most: int
) -> Sequence[asyncpg.Record]:
    """Visits that a member could still say something about, and has not, the last confirmed first."""
    return await db.rows(
        "hours/list_unanswered_visits",
        community_id=community_id,
        member_id=member_id,
        # A visit may be confirmed long after its day; what is older than a season is not asked about.
        since_on=today - 3 * ASKED_FOR,
        confirmed_since=now - ASKED_FOR,
        at_most=at_most,
    )
