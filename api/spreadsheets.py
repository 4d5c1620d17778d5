"""Lists as files for a spreadsheet: CSV line by line, or XLSX, whose numbers and days need no guessing.

A spreadsheet in Spanish, Italian or Catalan opens a CSV with commas in one column; XLSX opens right everywhere.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import tzinfo
from tempfile import TemporaryFile
from typing import Literal

from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from ledger.desk.cells import Workbook, csv_line, typed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT_ONCE = 262_144

Row = Sequence[object]
FileForm = Literal["csv", "xlsx"]


def spreadsheet(
    form: FileForm,
    name: str,
    headings: Sequence[str],
    pages: AsyncIterator[Sequence[Row]],
    zone: tzinfo,
) -> ASGIResponse:
    """The rows, which come page by page, as a file called `name` with the ending of its form."""
    content = _csv(headings, pages) if form == "csv" else _xlsx(name, headings, pages, zone)
    return ASGIStreamingResponse(
        iterator=content,
        media_type="text/csv" if form == "csv" else XLSX,
        headers={"content-disposition": f'attachment; filename="{name}.{form}"', "cache-control": "no-store"},
    )


async def _csv(headings: Sequence[str], pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + csv_line(headings)
    async for page in pages:
        for row in page:
            yield csv_line(row)


async def _xlsx(
    name: str, headings: Sequence[str], pages: AsyncIterator[Sequence[Row]], zone: tzinfo
) -> AsyncIterator[bytes]:
    with TemporaryFile() as file:
        book = Workbook(file, zone)
        book.begin(name, headings)
        async for page in pages:
            for row in page:
                book.add([typed(cell) for cell in row])
        await asyncio.to_thread(book.close)
        file.seek(0)
        while piece := file.read(_AT_ONCE):
            yield piece
