"""Rounds and their lines as they stand, for whoever reads them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection


class RoundState(StrEnum):
    """READING until it was matched, MATCHED while it is decided, then SIGNED_OFF or ABANDONED."""

    READING = "reading"
    MATCHED = "matched"
    SIGNED_OFF = "signed_off"
    ABANDONED = "abandoned"


class LineGrade(StrEnum):
    """How well the ledger has what a line says."""

    EXACT = "exact"
    PROBABLE = "probable"
    NONE = "none"


class RecordKind(StrEnum):
    CLAIM = "claim"
    TRANSFER = "transfer"


class Side(StrEnum):
    """Where a name stands on a line."""

    PROVIDER = "provider"
    RECEIVER = "receiver"


class LineState(StrEnum):
    UNDECIDED = "undecided"
    DECIDING = "deciding"
    """Somebody's decision takes several steps, and has not taken the last of them."""
    DECIDED = "decided"


class Deed(StrEnum):
    """What somebody decides about a line.

    ACCEPT: the ledger is right; claims that wait are confirmed. CORRECT: the paper is right about the length. CREATE:
    the claim is missing, and is logged. DISPUTE: nobody knows yet. SET_ASIDE: the paper does not count. UNDO: it was
    not meant so.
    """

    ACCEPT = "accept"
    CORRECT = "correct"
    CREATE = "create"
    DISPUTE = "dispute"
    SET_ASIDE = "set_aside"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Round:
    """A round. `asks` are the questions a person must answer first; `file_hash` is the SHA-256 of the file.

    `reading` says how the file is read (see `reading.Reading`); None for a pile that was typed. `totals` are those that
    were signed off.
    """

    id: UUID
    state: RoundState
    change_count: int
    source: str
    file_name: str | None
    file_hash: bytes
    file_size: int
    asked: bytes
    from_on: date | None
    until_on: date | None
    reading: dict[str, Any] | None
    asks: tuple[str, ...]
    made_at: datetime
    made_by: UUID
    matched_at: datetime | None
    ended_at: datetime | None
    ended_by: UUID | None
    totals: dict[str, Any] | None

    @property
    def source_key(self) -> str:
        """Under which its readings and names are remembered."""
        return key_of(self.source)


@dataclass(frozen=True, slots=True)
class Count:
    """So many lines of a round are of one grade, in one state, with one decision; their seconds summed."""

    grade: LineGrade
    state: LineState
    decision: str | None
    unread: bool
    lines: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Record:
    """A claim, or a transfer, beside a line. `near`: not matched, only something a person might mean."""

    id: UUID
    kind: RecordKind
    state: str
    provider_id: UUID
    receiver_id: UUID
    service_on: date
    seconds: int
    activity: str
    care_request_id: UUID | None
    near: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a line. `made_id` is the claim that was logged, `paid_ids` those that were confirmed."""

    id: UUID
    deed: Deed
    at: datetime
    by_id: UUID
    seconds: int | None
    made_id: UUID | None
    dispute_id: UUID | None
    record_ids: tuple[UUID, ...]
    paid_ids: tuple[UUID, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the paper says it, with what was found for it and decided about it.

    `row` is its line in the file. `problem` is why it could not be read; then day and length may be missing. Names and
    texts are None once somebody on the line was erased. `provider_ids` are all whom the name may mean, one when it is
    certain.
    """

    number: int
    row: int
    provider: str | None
    receiver: str | None
    service_on: date | None
    seconds: int | None
    from_time: time | None
    to_time: time | None
    activity: str | None
    note: str | None
    reference: str | None
    problem: str | None
    problem_column: int | None
    provider_ids: tuple[UUID, ...]
    receiver_ids: tuple[UUID, ...]
    grade: LineGrade
    reasons: tuple[str, ...]
    state: LineState
    decision: str | None
    decision_id: UUID | None
    decided_at: datetime | None
    decided: Decided | None
    records: tuple[Record, ...] = ()

    @property
    def matched(self) -> tuple[Record, ...]:
        """The records that were found for it, without those a person only might mean."""
        return tuple(record for record in self.records if not record.near)

    @property
    def waits(self) -> bool:
        """Whether it was corrected by a dispute that is still to be decided."""
        corrected = self.decided is not None and self.decided.deed is Deed.CORRECT
        return corrected and any(record.state == "disputed" for record in self.matched)


def joined(ids: Iterable[UUID]) -> str:
    """Ids as one text, for a statement that takes a list of them for each of many lines."""
    return " ".join(str(each) for each in ids)


def key_of(source: str) -> str:
    """A source's name however it is written: with or without capitals, and with any blanks."""
    return " ".join(source.casefold().split())


async def read_round(db: Connection, community_id: int, round_id: UUID) -> Round | None:
    return _found(await db.row("desk/read_round", community_id=community_id, round_id=round_id))


async def lock_round(db: Connection, community_id: int, round_id: UUID) -> Round | None:
    """The same, and nobody else changes the round until the transaction ends."""
    return _found(await db.row("desk/lock_round", community_id=community_id, round_id=round_id))


async def require_open(db: Connection, community_id: int, round_id: UUID) -> Round:
    """The round, locked. Raises ActRefused with ROUND_UNKNOWN or ROUND_ENDED."""
    round_ = await lock_round(db, community_id, round_id)
    if round_ is None:
        raise ActRefused(Refusal.ROUND_UNKNOWN, str(round_id))
    if round_.state in (RoundState.SIGNED_OFF, RoundState.ABANDONED):
        raise ActRefused(Refusal.ROUND_ENDED, str(round_id))
    return round_


async def list_rounds(
    db: Connection,
    community_id: int,
    *,
    state: RoundState | None,
    is_open: bool | None,
    after: Round | None,
    at_most: int,
) -> list[Round]:
    """The newest first, from behind the round `after` on."""
    rows = await db.rows(
        "desk/list_rounds",
        community_id=community_id,
        state=state,
        open=is_open,
        after_at=None if after is None else after.made_at,
        after_id=None if after is None else after.id,
        at_most=at_most,
    )
    return [_round(row) for row in rows]


async def count_lines(
    db: Connection, community_id: int, round_ids: Sequence[UUID]
) -> dict[UUID, list[Count]]:
    """How the lines of each round stand."""
    counts: dict[UUID, list[Count]] = {round_id: [] for round_id in round_ids}
    rows = await db.rows("desk/count_round_lines", community_id=community_id, round_ids=list(round_ids))
    for row in rows:
        counts[row["round_id"]].append(
            Count(
                LineGrade(row["grade"]),
                LineState(row["state"]),
                row["decision"],
                row["unread"],
                row["lines"],
                row["seconds"],
            )
        )
    return counts


async def list_lines(
    db: Connection,
    community_id: int,
    round_id: UUID,
    *,
    after: int,
    at_most: int,
    state: LineState | None = None,
    grade: LineGrade | None = None,
    deed: Deed | None = None,
    unread: bool | None = None,
) -> list[Line]:
    """The lines of a round in their order, each with the records beside it, from behind the number `after` on."""
    rows = await db.rows(
        "desk/list_round_lines",
        community_id=community_id,
        round_id=round_id,
        after=after,
        at_most=at_most,
        state=state,
        grade=grade,
        deed=deed,
        unread=unread,
    )
    return await _lines(db, community_id, round_id, rows)


async def read_lines(
    db: Connection, community_id: int, round_id: UUID, numbers: Sequence[int]
) -> dict[int, Line]:
    """These lines with the records beside them; a number that is not there is not in the answer."""
    rows = await db.rows(
        "desk/read_round_lines", community_id=community_id, round_id=round_id, line_numbers=list(numbers)
    )
    return {line.number: line for line in await _lines(db, community_id, round_id, rows)}


async def read_records(db: Connection, community_id: int, record_ids: Sequence[UUID]) -> dict[UUID, Record]:
    """Claims, and transfers between two people, by their ids."""
    if not record_ids:
        return {}
    rows = await db.rows("desk/read_records", community_id=community_id, record_ids=list(set(record_ids)))
    return {row["record_id"]: _record(row) for row in rows}


async def _lines(
    db: Connection, community_id: int, round_id: UUID, rows: Sequence[asyncpg.Record]
) -> list[Line]:
    numbers = [row["line_number"] for row in rows]
    found = await db.rows(
        "desk/read_line_matches", community_id=community_id, round_id=round_id, line_numbers=numbers
    )
    records = await read_records(db, community_id, [match["record_id"] for match in found])
    beside: dict[int, list[Record]] = {}
    for match in found:
        record = records.get(match["record_id"])
        if record is not None:
            beside.setdefault(match["line_number"], []).append(replace(record, near=match["near"]))
    return [_line(row, tuple(beside.get(row["line_number"], ()))) for row in rows]


def _found(row: asyncpg.Record | None) -> Round | None:
    return None if row is None else _round(row)


def _round(row: asyncpg.Record) -> Round:
    return Round(
        row["round_id"],
        RoundState(row["state"]),
        row["change_count"],
        row["source"],
        row["file_name"],
        row["file_hash"],
        row["file_size"],
        row["asked"],
        row["from_on"],
        row["until_on"],
        None if row["reading"] is None else json.loads(row["reading"]),
        tuple(row["asks"]),
        row["made_at"],
        row["made_by"],
        row["matched_at"],
        row["ended_at"],
        row["ended_by"],
        None if row["totals"] is None else json.loads(row["totals"]),
    )


def _record(row: asyncpg.Record) -> Record:
    return Record(
        row["record_id"],
        RecordKind(row["kind"]),
        row["state"],
        row["provider_id"],
        row["receiver_id"],
        row["service_on"],
        row["seconds"],
        row["activity"],
        row["care_request_id"],
    )


def _line(row: asyncpg.Record, records: tuple[Record, ...]) -> Line:
    decided = None
    if row["at"] is not None:
        decided = Decided(
            row["decision_id"],
            Deed(row["decision"]),
            row["at"],
            row["by_id"],
            row["decided_seconds"],
            row["made_id"],
            row["dispute_id"],
            tuple(row["record_ids"]),
            tuple(row["paid_ids"]),
            row["reason"],
        )
    return Line(
        row["line_number"],
        row["row_number"],
        row["provider_name"],
        row["receiver_name"],
        row["service_on"],
        row["seconds"],
        row["from_time"],
        row["to_time"],
        row["activity"],
        row["note"],
        row["reference"],
        row["problem"],
        row["problem_column"],
        tuple(row["provider_ids"]),
        tuple(row["receiver_ids"]),
        LineGrade(row["grade"]),
        tuple(row["reasons"]),
        LineState(row["state"]),
        row["decision"],
        row["decision_id"],
        row["decided_at"],
        decided,
        records,
    )
