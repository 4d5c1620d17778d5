"""How the file of a round is read: guessed, shown, and corrected by a person.

What is asked (`Round.asks`) must be answered before anything of it is matched: a date that can be read in two ways is
never read in one of them in silence.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.rounds.rounds import Round
from ledger.desk.tables.guessing import Guess, guess
from ledger.desk.tables.lines import PaperLine, read_lines
from ledger.desk.tables.mapping import Mapping, Sureness, check_mapping
from ledger.desk.tables.problems import FileProblem, LineProblem, Reason
from ledger.desk.tables.reading import read_tables
from ledger.desk.tables.table import Row, Table
from ledger.log.encoding import canonical_json

MAX_LINES = 20_000
"""The most lines of one round: a year of a large co-op. A longer list is no paper, and is imported."""

HEAD_ROWS = 20
TOLD_PROBLEMS = 50

ASKS = {
    Reason.DATE_AMBIGUOUS: "date_order",
    Reason.DURATION_AMBIGUOUS: "duration",
}
"""What a person has to say, by what was read in two ways."""


class SaidBy(StrEnum):
    """Who says how a file is read: nobody yet, a person about the last list of its source, or a person about it."""

    GUESS = "guess"
    REMEMBERED = "remembered"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read."""

    sheet: str
    mapping: Mapping
    by: SaidBy
    encoding: str | None = None
    delimiter: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "sheet": self.sheet,
            "mapping": self.mapping.to_dict(),
            "by": self.by,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
        }

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> "Reading":
        mapping = Mapping.from_dict(said["mapping"])
        return cls(said["sheet"], mapping, SaidBy(said["by"]), said["encoding"], said["delimiter"])


@dataclass(frozen=True, slots=True)
class Preview:
    """What somebody looks at before a file is matched: its sheets, its first rows, how it would be read, what is asked.

    `sure` says how sure each part of a guess is; empty once a person has said it. `problems` are the first of
    `problem_count` lines that cannot be read like this.
    """

    tables: tuple[Table, ...]
    table: Table
    reading: Reading
    sure: dict[str, str]
    asks: tuple[str, ...]
    line_count: int
    problem_count: int
    problems: tuple[LineProblem, ...]


@dataclass(frozen=True, slots=True)
class NewRound:
    """A file somebody brought: whose it is (`source`, such as "Tuesday group"), and of which days, if they said."""

    source: str
    file_name: str
    content: bytes
    from_on: date | None = None
    until_on: date | None = None
    encoding: str | None = None
    delimiter: str | None = None


def take_in(new: NewRound) -> tuple[Table, Guess]:
    """The list in a file, and how it is most likely read. Raises FileProblem, or ActRefused with ROUND_TOO_LONG."""
    return _likeliest(read_tables(new.file_name, new.content, encoding=new.encoding, delimiter=new.delimiter))


async def preview(db: Connection, community_id: int, round_: Round) -> Preview:
    """What the file of an open round holds, and how it would be read. Raises ActRefused with ROUND_FILE_GONE."""
    reading, content = await read_kept(db, community_id, round_)
    return await asyncio.to_thread(_preview, round_, reading, content)


async def read_file(
    db: Connection, community_id: int, round_: Round
) -> tuple[Table, Mapping, list[PaperLine], list[LineProblem]]:
    """The lines of a round's file as they are to be read. Raises FileProblem, or ActRefused with ROUND_FILE_GONE."""
    reading, content = await read_kept(db, community_id, round_)
    return await asyncio.to_thread(_read_file, round_, reading, content)


def shape_of(table: Table, header: int | None) -> bytes:
    """The SHA-256 of a header's words; of the number of columns where there is no header."""
    for row in table.head(HEAD_ROWS):
        if row.number == header:
            return _shape_of_row(row)
    return sha256(canonical_json(table.width)).digest()


def shapes_in(table: Table, guessed: Guess) -> dict[bytes, int | None]:
    """The shapes a list of an earlier time may have, with the line of the header that says so: it may have moved."""
    shapes: dict[bytes, int | None] = {_shape_of_row(row): row.number for row in table.head(HEAD_ROWS)}
    if guessed.mapping.header is None:
        shapes[shape_of(table, None)] = None
    return shapes


def _shape_of_row(row: Row) -> bytes:
    return sha256(canonical_json([" ".join(cell.casefold().split()) for cell in row.cells])).digest()


async def read_kept(db: Connection, community_id: int, round_: Round) -> tuple[Reading, bytes]:
    """How a round's file is read, and the file. Raises ActRefused with ROUND_FILE_GONE."""
    row = await db.row("desk/read_round_file", community_id=community_id, round_id=round_.id)
    if row is None or round_.reading is None:
        raise ActRefused(Refusal.ROUND_FILE_GONE, str(round_.id))
    return Reading.from_dict(round_.reading), row["content"]


def _tables(round_: Round, reading: Reading, content: bytes) -> tuple[tuple[Table, ...], Table]:
    name = round_.file_name or ""
    tables = tuple(read_tables(name, content, encoding=reading.encoding, delimiter=reading.delimiter))
    # A file of text has one table, which is called as the file is.
    for table in tables:
        if table.name == reading.sheet or table.encoding is not None:
            return tables, table
    raise FileProblem(Reason.SHEET_UNKNOWN, name)


def _read_file(
    round_: Round, reading: Reading, content: bytes
) -> tuple[Table, Mapping, list[PaperLine], list[LineProblem]]:
    _, table = _tables(round_, reading, content)
    lines, problems = read_lines(table, reading.mapping)
    return table, reading.mapping, lines, problems


def _preview(round_: Round, reading: Reading, content: bytes) -> Preview:
    tables, table = _tables(round_, reading, content)
    guessed = guess(table)
    sure = {name: str(sure) for name, sure in guessed.sure.items()} if reading.by is SaidBy.GUESS else {}
    lines: list[PaperLine] = []
    problems: list[LineProblem] = []
    try:
        lines, problems = read_lines(table, reading.mapping)
    except FileProblem as problem:
        # A column is not known yet: that is what is asked.
        if problem.reason is not Reason.COLUMN_MISSING:
            raise
    return Preview(
        tables,
        table,
        reading,
        sure,
        round_.asks,
        len(lines),
        len(problems),
        tuple(problems[:TOLD_PROBLEMS]),
    )


def _likeliest(tables: Sequence[Table]) -> tuple[Table, Guess]:
    """Of several sheets the first that looks like a list of visits. Raises ActRefused with ROUND_TOO_LONG."""
    guesses = [(table, guess(table)) for table in tables]
    found = next((each for each in guesses if not _unknown(each[1])), guesses[0])
    if len(found[0].rows) > MAX_LINES:
        raise ActRefused(Refusal.ROUND_TOO_LONG)
    return found


def _unknown(guessed: Guess) -> list[str]:
    return [name for name, sure in guessed.sure.items() if sure is Sureness.ASK]


def asks_of(table: Table, mapping: Mapping, guessed: Guess | None) -> tuple[str, ...]:
    """What a person must say about a reading before it is used: columns that are missing, values read in two ways.

    Of what was guessed and not corrected since, the doubts count too. Without a guess a missing column is a mistake:
    raises FileProblem.
    """
    asks = set() if guessed is None else _doubts(guessed, mapping)
    try:
        check_mapping(table, mapping)
        lines, problems = read_lines(table, mapping)
    except FileProblem as problem:
        if problem.reason is not Reason.COLUMN_MISSING or guessed is None:
            raise
        asks.add("columns")
    else:
        if not lines and not problems:
            raise FileProblem(Reason.NO_ROWS, table.name)
        asks |= {ASKS[problem.reason] for problem in problems if problem.reason in ASKS}
    return tuple(sorted(asks))


def asks_of_file(round_: Round, reading: Reading, content: bytes) -> tuple[str, ...]:
    """The same of a file that a person says how to read. Raises as well ActRefused with ROUND_TOO_LONG."""
    _, table = _tables(round_, reading, content)
    if len(table.rows) > MAX_LINES:
        raise ActRefused(Refusal.ROUND_TOO_LONG)
    return asks_of(table, reading.mapping, None)


def _doubts(guessed: Guess, mapping: Mapping) -> set[str]:
    """What the guess asks and the mapping does not say otherwise."""
    before, now = guessed.mapping.to_dict(), mapping.to_dict()
    before |= _columns(guessed.mapping)
    now |= _columns(mapping)
    return {name for name in _unknown(guessed) if before.get(name) == now.get(name)}


def _columns(mapping: Mapping) -> dict[str, object]:
    return {field.value: at for field, at in (*mapping.columns.items(), *mapping.fixed.items())}


def sheet_of(new: NewRound, sheet: str) -> Table:
    """A sheet of a file by its name. Raises FileProblem with SHEET_UNKNOWN."""
    for table in read_tables(new.file_name, new.content, encoding=new.encoding, delimiter=new.delimiter):
        if table.name == sheet:
            return table
    raise FileProblem(Reason.SHEET_UNKNOWN, new.file_name)
