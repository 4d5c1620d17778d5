"""Lists of balances, such as a treasurer keeps: which account, which day, how much. Read, and nothing else done.

Which column is which is told by its cells: the accounts' by what is known here, the day's and the balance's by what can
be read as such. What can be read in two ways is asked, never guessed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger.database.connections import Connection
from ledger.desk.assertions import Source
from ledger.desk.tables.problems import FileProblem, Reason, ValueProblem
from ledger.desk.tables.reading import read_tables
from ledger.desk.tables.table import Row, Table
from ledger.desk.tables.values import DateOrder, DecimalSign, Unit, read_balance, read_date

MAX_LINES = 2_000
"""The most lines of one list: as many as are recorded at once."""

MAX_COLUMNS = 20
MAX_CODE = 40


@dataclass(frozen=True, slots=True)
class How:
    """How cells are meant that can be read in two ways; None where nobody has said."""

    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each part stands, counted from 0."""

    account: int
    on: int
    balance: int


@dataclass(frozen=True, slots=True)
class ListedBalance:
    """A line: the account as it is written, and what was read, or why it could not be.

    `row` and `problem_column` count from 1. `account_id` is None for an account that is not known here.
    """

    row: int
    written: str
    account_id: UUID | None
    on: date | None = None
    seconds: int | None = None
    problem: Reason | None = None
    problem_column: int | None = None


def read_list(name: str, content: bytes) -> list[Row]:
    """The rows of the first table of a file. Raises FileProblem, with TOO_MANY_ROWS above MAX_LINES and a header."""
    table: Table = read_tables(name, content)[0]
    rows = list(table.head(MAX_LINES + 2))
    if len(rows) > MAX_LINES + 1:
        raise FileProblem(Reason.TOO_MANY_ROWS, table.name)
    return rows


async def known_accounts(db: Connection, community_id: int, rows: Collection[Row]) -> dict[str, UUID]:
    """The accounts that cells of these rows name: by their code, or by the number of the member whose own it is."""
    cells = {_plain(cell) for row in rows for cell in row.cells[:MAX_COLUMNS]}
    cells = {cell for cell in cells if cell and len(cell) <= MAX_CODE}
    numbers = {int(cell) for cell in cells if cell.isascii() and cell.isdecimal() and len(cell) <= 9}
    of_members = await db.rows(
        "desk/read_accounts_by_number", community_id=community_id, numbers=sorted(numbers)
    )
    known = {str(row["number"]): row["account_id"] for row in of_members}
    coded = await db.rows("hours/read_accounts_by_code", community_id=community_id, codes=sorted(cells))
    return known | {row["code"]: row["account_id"] for row in coded}


def find_columns(rows: Sequence[Row], known: Mapping[str, UUID], how: How) -> Columns:
    """Which column holds what. Raises FileProblem(COLUMN_MISSING), which names no column but says what to do."""
    width = min(max((len(row.cells) for row in rows), default=0), MAX_COLUMNS)
    left = list(range(width))

    def best(fits: Callable[[str], bool]) -> int:
        counts = {place: sum(fits(_cell(row, place)) for row in rows) for place in left}
        found = max(left, key=lambda place: (counts[place], -place), default=None)
        if found is None or not counts[found]:
            raise FileProblem(Reason.COLUMN_MISSING, "")
        left.remove(found)
        return found

    # The day first: a number of a member may be read as many things, a date as nothing else.
    on = best(lambda cell: _reason(lambda: read_date(cell, how.date_order)) in (None, Reason.DATE_AMBIGUOUS))
    account = best(lambda cell: _plain(cell) in known)
    balance = best(
        lambda cell: (
            _reason(lambda: read_balance(cell, how.unit, how.decimal)) in (None, Reason.DURATION_AMBIGUOUS)
        )
    )
    return Columns(account, on, balance)


def read_balances(
    rows: Sequence[Row], columns: Columns, known: Mapping[str, UUID], how: How
) -> list[ListedBalance]:
    """Every line of the list but its header; each says what was read of it, or why it cannot be."""
    lines = [_line(row, columns, known, how) for row in rows]
    if lines and lines[0].account_id is None and lines[0].problem is not None:
        lines = lines[1:]
    return lines


async def standing(
    db: Connection, community_id: int, source: Source, lines: Sequence[ListedBalance]
) -> dict[int, UUID]:
    """By the row of a line, the assertion that stands for the same account, day and source already."""
    read = [(line, line.account_id, line.on) for line in lines if line.account_id and line.on]
    rows = await db.rows(
        "desk/read_asserted",
        community_id=community_id,
        account_ids=[account_id for _, account_id, _ in read],
        tree_sizes=[0] * len(read),
        days=[on for _, _, on in read],
        source=source,
    )
    return {
        line.row: row["standing_id"]
        for (line, _, _), row in zip(read, rows, strict=True)
        if row["standing_id"] is not None
    }


def _line(row: Row, columns: Columns, known: Mapping[str, UUID], how: How) -> ListedBalance:
    written = _cell(row, columns.account)
    account_id = known.get(_plain(written))
    on = seconds = None
    column = columns.on
    try:
        on = read_date(_cell(row, column), how.date_order)
        column = columns.balance
        # A workbook's own numbers have a point, whatever the list's texts have.
        decimal = DecimalSign.POINT if column in row.numbers else how.decimal
        seconds = read_balance(_cell(row, column), how.unit, decimal)
    except ValueProblem as problem:
        return ListedBalance(row.number, written, account_id, on, None, problem.reason, column + 1)
    return ListedBalance(row.number, written, account_id, on, seconds)


def _reason(read: Callable[[], object]) -> Reason | None:
    try:
        read()
    except ValueProblem as problem:
        return problem.reason
    return None


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


def _plain(cell: str) -> str:
    """A cell as codes are written, and numbers: without capitals, a hash, or zeros in front."""
    text = cell.strip().casefold().removeprefix("#")
    return text.lstrip("0") or text if text.isdecimal() else text
