"""What is shown of paper rounds: the round, how its file would be read, and how far its matching is."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from ledger.desk.rounds.reading import HEAD_ROWS, Preview
from ledger.desk.rounds.rounds import Count, Round
from ledger.desk.work import Work

StateText = Literal["reading", "matched", "signed_off", "abandoned"]


class MappingView(msgspec.Struct, omit_defaults=True):
    columns: dict[str, int]
    header: int | None = None
    date_order: str | None = None
    decimal: str | None = None
    unit: str | None = None
    fixed: dict[str, str] = {}


class CountsView(msgspec.Struct):
    """How many lines there are, of which grade, and how far they are decided; the seconds that stand on the paper.

    `unread` of those without a match could not be read; `paper_seconds` are those of the others. `deeds` counts the
    decided ones by what was decided.
    """

    lines: int
    exact: int
    probable: int
    none: int
    unread: int
    undecided: int
    decided: int
    exact_undecided: int
    paper_seconds: int
    deeds: dict[str, int]


class TotalsView(msgspec.Struct):
    """What was signed off. The seconds are those of the paper, and of the ledger where a line stands for something.

    `record` is the SHA-256, in hexadecimal, of what was decided about each line, without names; it is in the log with
    these numbers and the file's hash.
    """

    lines: int
    deeds: dict[str, int]
    paper_seconds: int
    set_aside_seconds: int
    ledger_seconds: int
    only_in_ledger: int
    only_in_ledger_seconds: int
    record: str


class RoundView(msgspec.Struct, omit_defaults=True):
    """A round. `file_hash` is the SHA-256 of the file, or of what was typed, in hexadecimal.

    `asks` must be answered with `PUT mapping` before it can be matched: `date_order`, `decimal`, `unit`, `duration`
    (how a number is meant), `columns` (one is missing), or the name of a column. `same_file` is an earlier round of the
    very same file. `typed` has no mapping and no preview. Whoever reads no names is told neither `source` nor
    `file_name`: both may be somebody's. `totals` is what was signed off; `would_sign`, in no list, what a sign-off
    would say as every line is decided now.
    """

    id: UUID
    state: StateText
    file_hash: str
    file_size: int
    typed: bool
    asks: list[str]
    made_at: datetime
    made_by: UUID
    counts: CountsView
    source: str | None = None
    file_name: str | None = None
    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)
    matched_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    same_file: UUID | None = None
    totals: TotalsView | None = None
    would_sign: TotalsView | None = None


class RoundsView(msgspec.Struct, omit_defaults=True):
    rounds: list[RoundView]
    next: str | None = None


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


class MatchingView(msgspec.Struct, omit_defaults=True):
    """A matching: `done` of `total` lines; when it is finished, how many lines are of which grade."""

    id: UUID
    state: str
    started_by: UUID
    started_at: datetime
    done: int
    total: int
    finished_at: datetime | None = None
    exact: int | None = None
    probable: int | None = None
    none: int | None = None
    failed: str | None = None


def round_view(round_: Round, counts: list[Count], *, named: bool) -> RoundView:
    return RoundView(
        round_.id,
        round_.state.value,
        round_.file_hash.hex(),
        round_.file_size,
        round_.reading is None,
        list(round_.asks),
        round_.made_at,
        round_.made_by,
        _counts_view(counts),
        round_.source if named else None,
        round_.file_name if named else None,
        round_.from_on,
        round_.until_on,
        round_.matched_at,
        round_.ended_at,
        round_.ended_by,
        totals=None if round_.totals is None else totals_view(round_.totals),
    )


def totals_view(totals: dict[str, Any]) -> TotalsView:
    return msgspec.convert(totals, TotalsView)


def _counts_view(counts: list[Count]) -> CountsView:
    def lines(**only: object) -> int:
        return sum(c.lines for c in counts if all(getattr(c, name) == value for name, value in only.items()))

    deeds: dict[str, int] = {}
    for count in counts:
        if count.state == "decided" and count.decision is not None:
            deeds[count.decision] = deeds.get(count.decision, 0) + count.lines
    return CountsView(
        lines(),
        lines(grade="exact"),
        lines(grade="probable"),
        lines(grade="none"),
        lines(unread=True),
        lines() - lines(state="decided"),
        lines(state="decided"),
        lines(grade="exact", state="undecided"),
        sum(count.seconds for count in counts),
        deeds,
    )


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
        _by(shown.reading.by),
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


def _by(by: str) -> Literal["guess", "remembered", "person"]:
    words: dict[str, Literal["guess", "remembered", "person"]] = {
        "guess": "guess",
        "remembered": "remembered",
        "person": "person",
    }
    return words[by]


def matching_view(matching: Work) -> MatchingView:
    outcome = matching.outcome or {}
    return MatchingView(
        matching.id,
        matching.state,
        matching.started_by,
        matching.started_at,
        matching.done,
        matching.total,
        matching.finished_at,
        outcome.get("exact"),
        outcome.get("probable"),
        outcome.get("none"),
        matching.failed,
    )
