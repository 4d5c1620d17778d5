"""Taking a round in: the file is kept, how it is to be read is guessed, and its lines become rows.

A file is kept until its round is signed off or abandoned, until somebody on it is erased, or for `KEPT_FOR`; its hash
stays for ever.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Ledger
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection, Database
from ledger.desk.rounds.reading import (
    NewRound,
    Reading,
    SaidBy,
    asks_of,
    asks_of_file,
    read_kept,
    shapes_in,
    take_in,
)
from ledger.desk.rounds.remembering import remembered_reading
from ledger.desk.rounds.rounds import Round, read_round, require_open
from ledger.desk.tables.guessing import Guess
from ledger.desk.tables.lines import PaperLine
from ledger.desk.tables.mapping import Mapping
from ledger.desk.tables.problems import FileProblem, LineProblem
from ledger.desk.tables.table import Table
from ledger.log.encoding import canonical_json

MAX_KEPT = 8 * 1024 * 1024
"""The most bytes of a file that is kept."""

MAX_OPEN = 20
"""The most rounds a community has open at once, so that what is kept of them has an end."""

KEPT_FOR = timedelta(days=180)
"""How long the file of a round is kept that nobody ends."""


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line somebody typed from paper: names as they are written there, the rest as it was meant."""

    provider: str
    receiver: str
    service_on: date
    seconds: int
    from_time: time | None = None
    to_time: time | None = None
    activity: str | None = None
    note: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class TypedRound:
    source: str
    lines: Sequence[TypedLine]
    from_on: date | None = None
    until_on: date | None = None


async def begin_round(
    database: Database, community_id: int, key: UUID, made_by: UUID, new: NewRound, now: datetime
) -> bool:
    """Take a file in as the round `key`; False when this was done before.

    Raises FileProblem, or ActRefused with DATES_REVERSED, ROUND_TOO_LONG, ID_REUSED or TOO_MANY_ROUNDS.
    """
    _check_days(new.from_on, new.until_on)
    if len(new.content) > MAX_KEPT:
        raise ActRefused(Refusal.ROUND_TOO_LONG)
    # Before any connection is taken: a workbook takes its time.
    table, guessed = await asyncio.to_thread(take_in, new)
    async with database.connection(community_id) as db:
        shapes = shapes_in(table, guessed)
        remembered = await remembered_reading(db, community_id, new.source, shapes)
    by, mapping, asks = await asyncio.to_thread(_read_as, table, guessed, remembered)
    reading = Reading(table.name, mapping, by, new.encoding, new.delimiter)
    said = [new.source, new.file_name, *_said(new.from_on, new.until_on, new.encoding, new.delimiter)]
    asked = sha256(canonical_json(said) + new.content).digest()
    file_hash, size = sha256(new.content).digest(), len(new.content)
    async with database.transaction(community_id) as db:
        made = await _insert(db, community_id, key, made_by, new, asked, file_hash, size, reading, asks, now)
        if made:
            await db.run(
                "desk/insert_round_file", community_id=community_id, round_id=key, content=new.content
            )
    return made


def _read_as(
    table: Table, guessed: Guess, remembered: Mapping | None
) -> tuple[SaidBy, Mapping, tuple[str, ...]]:
    """How a new list is read at first, and what is asked about it. What a person said before is not asked again."""
    if remembered is not None:
        # It may not fit, though the headers agree: a column can be gone of which the header said nothing.
        with suppress(FileProblem):
            return SaidBy.REMEMBERED, remembered, asks_of(table, remembered, None)
    return SaidBy.GUESS, guessed.mapping, asks_of(table, guessed.mapping, guessed)


async def type_round(
    db: Connection, community_id: int, key: UUID, made_by: UUID, new: TypedRound, now: datetime
) -> bool:
    """Take a typed pile in as the round `key`; False when this was done before. Its hash is over what was typed.

    Raises ActRefused with DATES_REVERSED, ID_REUSED or TOO_MANY_ROUNDS.
    """
    _check_days(new.from_on, new.until_on)
    typed = canonical_json(
        [
            [
                line.provider,
                line.receiver,
                str(line.service_on),
                line.seconds,
                *_said(line.from_time, line.to_time, line.activity, line.note, line.reference),
            ]
            for line in new.lines
        ]
    )
    asked = sha256(canonical_json([new.source, *_said(new.from_on, new.until_on)]) + typed).digest()
    made = await _insert(
        db, community_id, key, made_by, new, asked, sha256(typed).digest(), len(typed), None, (), now
    )
    if made:
        lines = [
            PaperLine(
                number,
                line.provider,
                line.receiver,
                line.service_on,
                line.seconds,
                line.from_time,
                line.to_time,
                line.activity or "",
                line.note or "",
                line.reference or "",
            )
            for number, line in enumerate(new.lines, 1)
        ]
        await insert_lines(db, community_id, key, lines, [])
    return made


async def _insert(
    db: Connection,
    community_id: int,
    key: UUID,
    made_by: UUID,
    new: NewRound | TypedRound,
    asked: bytes,
    file_hash: bytes,
    file_size: int,
    reading: Reading | None,
    asks: Sequence[str],
    now: datetime,
) -> bool:
    row = await db.row(
        "desk/insert_round",
        community_id=community_id,
        round_id=key,
        source=new.source,
        file_name=new.file_name if isinstance(new, NewRound) else None,
        file_hash=file_hash,
        file_size=file_size,
        asked=asked,
        from_on=new.from_on,
        until_on=new.until_on,
        reading=None if reading is None else json.dumps(reading.to_dict()),
        asks=list(asks),
        now=now,
        made_by=made_by,
        at_most=MAX_OPEN,
    )
    if row is not None:
        return True
    known = await read_round(db, community_id, key)
    if known is None:
        raise ActRefused(Refusal.TOO_MANY_ROUNDS)
    if known.asked != asked:
        raise ActRefused(Refusal.ID_REUSED, str(key))
    return False


async def erase_old_files(ledger: Ledger, community: Community) -> None:
    """Erase the files that were kept long enough. Their rounds stay, to be decided and signed off, or given up."""
    async with ledger.database.transaction(community.id) as db:
        before = ledger.now() - KEPT_FOR
        await db.run("desk/delete_old_round_files", community_id=community.id, before=before)


async def change_reading(
    db: Connection,
    community_id: int,
    round_id: UUID,
    seen: int,
    reading: Reading,
    from_on: date | None,
    until_on: date | None,
) -> Round:
    """Read the file of a round in another way; what was found for its lines is found anew.

    Raises FileProblem, or ActRefused with ROUND_UNKNOWN, ROUND_ENDED, ROUND_CHANGED, ROUND_BEGUN, ROUND_FILE_GONE or
    DATES_REVERSED.
    """
    _check_days(from_on, until_on)
    round_ = await require_open(db, community_id, round_id)
    if round_.change_count != seen:
        raise ActRefused(Refusal.ROUND_CHANGED, str(round_.change_count))
    if await db.row("desk/round_begun", community_id=community_id, round_id=round_id) is not None:
        raise ActRefused(Refusal.ROUND_BEGUN, str(round_id))
    _, content = await read_kept(db, community_id, round_)
    asks = await asyncio.to_thread(asks_of_file, round_, reading, content)
    await db.run("desk/delete_round_lines", community_id=community_id, round_id=round_id)
    await db.run(
        "desk/change_round_reading",
        community_id=community_id,
        round_id=round_id,
        reading=json.dumps(reading.to_dict()),
        asks=list(asks),
        from_on=from_on,
        until_on=until_on,
    )
    changed = await read_round(db, community_id, round_id)
    if changed is None:
        raise RuntimeError("the round is locked and cannot have gone")
    return changed


async def insert_lines(
    db: Connection,
    community_id: int,
    round_id: UUID,
    lines: Sequence[PaperLine],
    problems: Sequence[LineProblem],
) -> None:
    """Write the lines of a round in the order of their rows, with those that could not be read."""
    rows: list[PaperLine | LineProblem] = sorted([*lines, *problems], key=lambda each: each.row)
    good = [row if isinstance(row, PaperLine) else None for row in rows]
    bad = [row if isinstance(row, LineProblem) else None for row in rows]
    await db.run(
        "desk/insert_round_lines",
        community_id=community_id,
        round_id=round_id,
        line_numbers=list(range(1, len(rows) + 1)),
        row_numbers=[row.row for row in rows],
        providers=[None if line is None else line.provider for line in good],
        receivers=[None if line is None else line.receiver for line in good],
        service_ons=[None if line is None else line.service_on for line in good],
        seconds=[None if line is None else line.seconds for line in good],
        from_times=[None if line is None else line.from_time for line in good],
        to_times=[None if line is None else line.to_time for line in good],
        activities=[None if line is None else line.activity or None for line in good],
        notes=[None if line is None else line.note or None for line in good],
        references=[None if line is None else line.reference or None for line in good],
        problems=[None if each is None else each.reason.code for each in bad],
        problem_columns=[None if each is None else each.column for each in bad],
    )


def _check_days(from_on: date | None, until_on: date | None) -> None:
    if from_on is not None and until_on is not None and until_on < from_on:
        raise ActRefused(Refusal.DATES_REVERSED)


def _said(*values: object) -> list[str | None]:
    return [None if value is None else str(value) for value in values]
