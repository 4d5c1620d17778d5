"""How the file of a paper round is read: what it would be read as, what must be said first, and what a person says."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, put
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.requests import (
    MAX_BODY,
    MAX_NAME,
    Name,
    if_match,
    json_response,
    only_query,
    path_id,
    read_body,
)
from api.routes.common import AnyRequest, community_of, ledger_of
from api.routes.round_views import RoundView, require_round, round_response
from ledger.desk.rounds import reading
from ledger.desk.rounds.reading import HEAD_ROWS, Preview, Reading, SaidBy
from ledger.desk.rounds.taking_in import change_reading
from ledger.desk.tables.mapping import Mapping
from ledger.people.roles import Role

Column = Annotated[int, msgspec.Meta(ge=0, lt=100)]
Fixed = Literal["provider", "receiver", "service_on", "activity"]
Field = Literal[
    "provider",
    "receiver",
    "service_on",
    "duration",
    "minutes",
    "from_time",
    "to_time",
    "activity",
    "note",
    "reference",
    "balance",
]


class MappingBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the columns hold, counted from 0. `header` is the line of the header, counted from 1, or left out.

    `minutes` is the column of the minutes beside whole hours in `duration`. `decimal` and `unit` say how a bare number
    such as 1,5 is meant. `fixed` is what no column holds and is the same for
    all lines, as it would be written.
    """

    columns: dict[Field, Column]
    header: Annotated[int, msgspec.Meta(ge=1, le=200_000)] | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    decimal: Literal["comma", "point", "minutes"] | None = None
    unit: Literal["hours", "minutes", "seconds"] | None = None
    fixed: dict[Fixed, Name] = {}


class ReadingBody(msgspec.Struct, forbid_unknown_fields=True):
    """How the file is to be read: the sheet by its name, and for a file of text its encoding and delimiter."""

    mapping: MappingBody
    sheet: Annotated[str, msgspec.Meta(max_length=MAX_NAME)] | None = None
    encoding: Annotated[str, msgspec.Meta(max_length=40, pattern="^[A-Za-z0-9_-]+$")] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)


class MappingView(msgspec.Struct, omit_defaults=True):
    columns: dict[str, int]
    header: int | None = None
    date_order: str | None = None
    decimal: str | None = None
    unit: str | None = None
    fixed: dict[str, str] = {}


class SheetView(msgspec.Struct):
    """A sheet of the file. Of merged cells only the first holds its text; of a formula its last value is read."""

    name: str
    rows: int
    formulas: list[str]
    merged: list[str]


class RowView(msgspec.Struct):
    number: int
    cells: list[str]


class LineProblemView(msgspec.Struct, omit_defaults=True):
    """Why a line cannot be read: where (counted from 1), the reason as a word, and in a sentence with a remedy."""

    row: int
    reason: str
    what: str
    remedy: str
    column: int | None = None


class PreviewView(msgspec.Struct, omit_defaults=True):
    """How the file would be read. `by` says who said so: `guess`, `remembered`, or `person`.

    `sure` says of each part of a guess how sure it is: certain, guessed, or ask.
    """

    sheets: list[SheetView]
    sheet: str
    width: int
    rows: list[RowView]
    mapping: MappingView
    by: Literal["guess", "remembered", "person"]
    sure: dict[str, str]
    asks: list[str]
    lines: int
    problem_count: int
    problems: list[LineProblemView]
    encoding: str | None = None
    encoding_sure: bool = True
    delimiter: str | None = None


DESK = allow(Role.COORDINATOR)

_reading = msgspec.json.Decoder(ReadingBody)


@get(
    "/rounds/{round_id:str}/preview",
    summary="See how a file would be read",
    opt=DESK,
    responses=answers({200: PreviewView}, 404, 409, 422),
)
async def get_preview(request: AnyRequest) -> ASGIResponse:
    """The first rows, what each column is taken for, what must be said, and the first lines that cannot be read."""
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        round_ = await require_round(db, community.id, round_id)
        shown = await reading.preview(db, community.id, round_)
    return json_response(preview_view(shown), headers={"etag": f'"{round_.change_count}"'})


@put(
    "/rounds/{round_id:str}/mapping",
    summary="Say how a file is to be read",
    opt=DESK,
    request_max_body_size=MAX_BODY,
    operation_class=body(ReadingBody, if_match=True),
    responses=answers({200: RoundView}, 404, 409, 412, 415, 422, 428, 503),
)
async def put_mapping(request: AnyRequest) -> ASGIResponse:
    """Correct the guess, or answer what it asks. Remembered for the source once the round is matched."""
    only_query(request)
    round_id, community = path_id(request, "round_id"), community_of(request)
    seen = if_match(request)
    asked = await read_body(request, _reading)
    mapping = Mapping.from_dict(msgspec.to_builtins(asked.mapping))
    ledger = ledger_of(request)
    async with ledger.database.transaction(community.id) as db:
        sheet = asked.sheet
        if sheet is None:
            known = await require_round(db, community.id, round_id)
            sheet = str((known.reading or {}).get("sheet", ""))
        meant = Reading(sheet, mapping, SaidBy.PERSON, asked.encoding, asked.delimiter)
        await change_reading(db, community.id, round_id, seen, meant, asked.from_on, asked.until_on)
    return await round_response(request, round_id)


def preview_view(shown: Preview) -> PreviewView:
    table = shown.table
    return PreviewView(
        [
            SheetView(each.name, len(each.rows), list(each.formulas), list(each.merged))
            for each in shown.tables
        ],
        table.name,
        table.width,
        [RowView(row.number, list(row.cells)) for row in table.head(HEAD_ROWS)],
        msgspec.convert(shown.reading.mapping.to_dict(), MappingView),
        shown.reading.by.value,
        shown.sure,
        list(shown.asks),
        shown.line_count,
        shown.problem_count,
        [
            LineProblemView(each.row, each.reason.code, each.reason.says, each.reason.remedy, each.column)
            for each in shown.problems
        ],
        table.encoding,
        table.encoding_sure,
        table.delimiter,
    )


round_reading_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[get_preview, put_mapping], tags=["Rounds"]
)
