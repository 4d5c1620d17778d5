"""Ending a round: signed off when every line is decided, or abandoned. Both are events with leaves in the log.

The event says the hash of the file, the counts and the sums, and a hash over what was decided about each line without a
name, so that the record cannot be changed afterwards without that being seen. The file itself is deleted in the same
transaction: what it said stands on the lines, where erasing somebody reaches it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.rounds.rounds import Deed, Round, RoundState, count_lines, read_records, require_open
from ledger.log.encoding import canonical_json
from ledger.people.acts import act


@dataclass(frozen=True, slots=True)
class Totals:
    """What is signed off: lines by deed, and the seconds of the paper and of what the lines stand for in the ledger.

    `only_in_ledger` are the claims of the round's days that no line of it stands for, nor a decided one of another
    round. `record` is the SHA-256, in hexadecimal, of what was decided about each line.
    """

    lines: int
    deeds: dict[str, int]
    paper_seconds: int
    set_aside_seconds: int
    ledger_seconds: int
    only_in_ledger: int
    only_in_ledger_seconds: int
    record: str

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_text(cls, text: str) -> "Totals":
        """What was stored. Raises ValueError or TypeError for anything else."""
        return cls(**json.loads(text))


async def sign_off(ledger: Ledger, community: Community, author: Author, key: UUID, round_id: UUID) -> Answer:
    """End a round all of whose lines are decided. Nothing of it changes afterwards.

    Refused with ROUND_UNKNOWN, ROUND_ENDED, ROUND_UNMATCHED or LINES_UNDECIDED, which says how many.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        round_ = await require_open(db, community.id, round_id)
        if round_.state is not RoundState.MATCHED:
            raise ActRefused(Refusal.ROUND_UNMATCHED, str(round_id))
        counts = (await count_lines(db, community.id, [round_id]))[round_id]
        undecided = sum(count.lines for count in counts if count.state != "decided")
        if undecided:
            raise ActRefused(Refusal.LINES_UNDECIDED, str(undecided))
        totals = await read_totals(db, community.id, round_)
        await _end(db, community.id, round_id, RoundState.SIGNED_OFF, author, totals, now)
        return [Event("round_signed_off", author, None, said_of(round_, totals), key)]

    return await act(ledger, community, author, key, "sign_round_off", str(round_id), also)


async def abandon(ledger: Ledger, community: Community, author: Author, key: UUID, round_id: UUID) -> Answer:
    """End a round without signing it off: what was decided stands, what was not is deleted with the file.

    Refused with ROUND_UNKNOWN or ROUND_ENDED.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        round_ = await require_open(db, community.id, round_id)
        counts = (await count_lines(db, community.id, [round_id]))[round_id]
        await db.run("desk/delete_undecided_lines", community_id=community.id, round_id=round_id)
        await _end(db, community.id, round_id, RoundState.ABANDONED, author, None, now)
        said: Details = {
            "round": str(round_id),
            "file": round_.file_hash.hex(),
            "lines": sum(count.lines for count in counts),
            "decided": sum(count.lines for count in counts if count.state == "decided"),
        }
        return [Event("round_abandoned", author, None, said, key)]

    return await act(ledger, community, author, key, "abandon_round", str(round_id), also)


async def read_totals(db: Connection, community_id: int, round_: Round) -> Totals:
    """The counts and sums of a round as its lines stand at this moment."""
    rows = await db.rows("desk/read_round_decisions", community_id=community_id, round_id=round_.id)
    deeds: dict[str, int] = {}
    stands_for: set[UUID] = set()
    for row in rows:
        deeds[row["decision"]] = deeds.get(row["decision"], 0) + 1
        if row["decision"] != Deed.SET_ASIDE:
            made = row["made_id"]
            stands_for |= {*row["record_ids"]} if made is None else {made}
    records = await read_records(db, community_id, list(stands_for))
    only = None
    if round_.from_on is not None and round_.until_on is not None:
        only = await db.row(
            "desk/count_only_in_ledger",
            community_id=community_id,
            round_id=round_.id,
            from_on=round_.from_on,
            until_on=round_.until_on,
        )
    return Totals(
        len(rows),
        deeds,
        sum(row["seconds"] or 0 for row in rows),
        sum(row["seconds"] or 0 for row in rows if row["decision"] == Deed.SET_ASIDE),
        sum(record.seconds for record in records.values()),
        0 if only is None else only["claims"],
        0 if only is None else only["seconds"],
        record_hash(rows),
    )


async def read_waiting(db: Connection, community_id: int, round_id: UUID) -> tuple[int, int]:
    """How many corrections of a round wait for their dispute's outcome, and the seconds the ledger will have more."""
    rows = await db.rows("desk/read_waiting_corrections", community_id=community_id, round_id=round_id)
    records = await read_records(db, community_id, [row["record_id"] for row in rows])
    return len(rows), sum(row["seconds"] - records[row["record_id"]].seconds for row in rows)


def record_hash(rows: Sequence[asyncpg.Record]) -> str:
    """The SHA-256 of what was decided about each line, in the order of the lines, in hexadecimal.

    Of a line: its number, day and seconds on paper, what was decided, by whom and when, the seconds decided, and the
    ids of the claims, transfers and disputes it rests on. No name, and no text.
    """
    lines = [
        [
            row["line_number"],
            None if row["service_on"] is None else str(row["service_on"]),
            row["seconds"],
            row["decision"],
            str(row["by_id"]),
            int(row["at"].timestamp()),
            row["decided_seconds"],
            [str(each) for each in row["record_ids"]],
            [str(each) for each in row["paid_ids"]],
            None if row["made_id"] is None else str(row["made_id"]),
            None if row["dispute_id"] is None else str(row["dispute_id"]),
        ]
        for row in rows
    ]
    return sha256(canonical_json(lines)).hexdigest()


def said_of(round_: Round, totals: Totals) -> Details:
    """What the event of a sign-off says: numbers and hashes, nothing that was written."""
    return {"round": str(round_.id), "file": round_.file_hash.hex(), **said_of_totals(totals)}


def said_of_totals(totals: Totals) -> Details:
    return {
        "lines": totals.lines,
        **{f"{deed}_lines": totals.deeds.get(deed, 0) for deed in Deed if deed is not Deed.UNDO},
        "paper_seconds": totals.paper_seconds,
        "set_aside_seconds": totals.set_aside_seconds,
        "ledger_seconds": totals.ledger_seconds,
        "only_in_ledger": totals.only_in_ledger,
        "only_in_ledger_seconds": totals.only_in_ledger_seconds,
        "record": totals.record,
    }


async def _end(
    db: Connection,
    community_id: int,
    round_id: UUID,
    state: RoundState,
    author: Author,
    totals: Totals | None,
    now: datetime,
) -> None:
    await db.run(
        "desk/end_round",
        community_id=community_id,
        round_id=round_id,
        state=state,
        now=now,
        ended_by=author.member_id,
        totals=None if totals is None else json.dumps(totals.to_dict()),
    )
    await db.run("desk/delete_round_file", community_id=community_id, round_id=round_id)
