"""Every list of a community as a table: one of them as CSV or XLSX, or all of them in one zip.

Time is given twice: whole seconds, which are exact, and hours with decimals, for adding up. Headings are words of
ours, in English, so that a program finds them; the desk's pages download the same lists in their reader's language.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from datetime import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from uuid import UUID

import asyncpg

from ledger.book.journal import Community
from ledger.database.connections import Connection, Database, statement
from ledger.desk.cells import Workbook, csv_line
from ledger.desk.exports.archive import Advance, Archive

LISTS: Mapping[str, str] = {
    "members": "exported_members",
    "accounts": "exported_accounts",
    "entries": "exported_entries",
    "claims": "exported_claims",
    "care-requests": "exported_care_requests",
    "disputes": "exported_disputes",
    "clearances": "exported_clearances",
    "delegations": "exported_delegations",
    "events": "exported_events",
    "periods": "exported_periods",
}
"""The lists there are, and the statement each comes from."""

BYTE_ORDER_MARK = "\ufeff".encode()
SECONDS = "_seconds"
_ROWS_AT_ONCE = 500

README = """\
Every list of this co-op, each as CSV (commas, UTF-8), and all of them as sheets of lists.xlsx.
A spreadsheet in Spanish, Italian or Catalan expects semicolons: there, open lists.xlsx.
Columns that end in _seconds are exact; those that end in _hours are for adding up. Moments are UTC.
The lists hold names and private notes. Keep them as you would keep the members' files.
"""


async def write_csv(database: Database, community: Community, name: str, file: IO[bytes]) -> int:
    """Write a list as CSV; returns how many rows it has."""
    async with database.snapshot(community.id) as db:
        headings, rows = await read_list(db, community, name)
        file.write(BYTE_ORDER_MARK + csv_line(headings))
        count = 0
        async for row in rows:
            file.write(csv_line(row))
            count += 1
    return count


async def write_xlsx(database: Database, community: Community, names: Sequence[str], file: IO[bytes]) -> int:
    """Write lists as the sheets of one workbook; returns how many rows they have."""
    book = Workbook(file)
    count = 0
    async with database.snapshot(community.id) as db:
        for name in names:
            headings, rows = await read_list(db, community, name)
            book.begin(name, headings)
            async for row in rows:
                book.add(row)
                count += 1
    await asyncio.to_thread(book.close)
    return count


async def write_lists(
    database: Database, community: Community, file: IO[bytes], advance: Advance = lambda _done, _total: None
) -> None:
    """Write all lists as one zip. `advance` is told (lists written, of how many)."""
    archive = Archive(file)
    await archive.add("README.txt", README.encode())
    with NamedTemporaryFile() as workbook:
        book = Workbook(workbook)
        async with database.snapshot(community.id) as db:
            for done, name in enumerate(LISTS):
                advance(done, len(LISTS))
                headings, rows = await read_list(db, community, name)
                book.begin(name, headings)
                async with archive.member(f"{name}.csv") as write:
                    await write(BYTE_ORDER_MARK + csv_line(headings))
                    async for row in rows:
                        book.add(row)
                        await write(csv_line(row))
        await asyncio.to_thread(book.close)
        workbook.flush()
        await archive.add_file("lists.xlsx", Path(workbook.name))
    archive.close()
    advance(len(LISTS), len(LISTS))


async def read_list(
    db: Connection, community: Community, name: str
) -> tuple[list[str], AsyncIterator[list[object]]]:
    """The headings of a list, and its rows one after the other: numbers, days, moments and texts."""
    sql, _ = statement(f"desk/{LISTS[name]}")
    prepared = await db.driver.prepare(sql)
    # Asked of the statement, not of a row: a list without any has its headings too.
    columns = [attribute.name for attribute in prepared.get_attributes()]
    headings: list[str] = []
    for column in columns:
        headings += (
            [column, f"{column.removesuffix(SECONDS)}_hours"] if column.endswith(SECONDS) else [column]
        )
    return headings, _rows(prepared.cursor(community.id, prefetch=_ROWS_AT_ONCE), columns)


async def _rows(
    records: AsyncIterable[asyncpg.Record], columns: Sequence[str]
) -> AsyncIterator[list[object]]:
    async for record in records:
        row: list[object] = []
        for column in columns:
            value = _plain(record[column])
            row.append(value)
            if column.endswith(SECONDS):
                row.append(None if value is None else round(value / 3600, 4))
        yield row


def _plain(value: Any) -> Any:
    """What a cell can hold: an id and a time of day are texts."""
    return str(value) if isinstance(value, UUID | time) else value
