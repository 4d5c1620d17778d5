"""What the API says of imports."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from ledger.desk.work import Work


class AsksView(msgspec.Struct):
    """Somebody of the file whose name a member has: whether they are the same is to be said."""

    number: str
    name: str
    members: list[UUID]


class MistakeView(msgspec.Struct, omit_defaults=True):
    """One kind of mistake: where it is, what is wrong and what to do. Lines and columns count from 1.

    `count` is how often it was made, `lines` the first ten places. What varies in `says` stands in `about`, and
    `message` is `says` with `%(name)s` in its place.
    """

    code: str
    file: str
    says: str
    remedy: str
    lines: list[int]
    count: int
    column: int | None = None
    message: str | None = None
    about: dict[str, str] | None = None
    asks: AsksView | None = None


class ComparisonView(msgspec.Struct):
    """A member: what the file's transfers come to, the balance it says, and what that says beyond them. Seconds."""

    number: str
    name: str
    from_transfers_seconds: int
    imported_balance_seconds: int | None
    difference_seconds: int
    booked_seconds: int


class OpeningView(msgspec.Struct):
    code: str
    kind: str
    floor: int | None


class WidenedView(msgspec.Struct):
    code: str
    limit: str
    seconds: int
    why: str


class SkippedView(msgspec.Struct):
    file: str
    line: int
    reason: str


class PersonView(msgspec.Struct):
    number: str
    name: str


class MatchedView(msgspec.Struct):
    number: str
    member_id: UUID


class ReportView(msgspec.Struct):
    """The control totals, in seconds. Lists are cut at 500 rows; members whose balance differs come first."""

    what: str
    organisation: str | None
    member_count: int
    transfer_count: int
    not_imported: dict[str, int]
    skipped_count: int
    skipped: list[SkippedView]
    first_on: str | None
    last_on: str | None
    credit_seconds: int
    debit_seconds: int
    net_seconds: int
    differing: int
    comparison_count: int
    comparisons: list[ComparisonView]
    unlisted: list[PersonView]
    gone_transfer_count: int
    opening_count: int
    openings: list[OpeningView]
    enrolled: int
    matched: list[MatchedView]
    widened: list[WidenedView]
    transfers_to_book: int
    already_booked: int
    recognised: int
    differences_to_book: int
    differences_seconds: int
    recorded_here: int
    finished_at: str | None


class TotalsView(msgspec.Struct):
    """The control totals of the whole file, in seconds; kept for ever, and nobody is named in them.

    `openings`, `matched` and `widened` are counts: accounts opened, members here already, limits set wider.
    """

    member_count: int
    transfer_count: int
    first_on: str | None
    last_on: str | None
    credit_seconds: int
    debit_seconds: int
    net_seconds: int
    skipped_count: int
    differing: int
    transfers_to_book: int
    already_booked: int
    differences_to_book: int
    differences_seconds: int
    openings: int
    enrolled: int
    matched: int
    widened: int
    recorded_here: int


class WorkView(msgspec.Struct, omit_defaults=True):
    """What is or was being done with it, `done` of `total` bookings; `failed` says why it was not."""

    id: UUID
    state: str
    done: int
    total: int
    failed: str | None = None


class ImportView(msgspec.Struct, omit_defaults=True):
    """An import. A co-ordinator reads its report, or its mistakes, until it is posted.

    Whoever reads no names is not told `file_name` either: a file may be called after somebody. It is deleted when
    somebody is erased.

    `state` is checking, waiting, refused, posting, posted, incomplete, undoing, undone or abandoned. One that is
    posting or undoing without running `work` was interrupted: the service goes on with it within minutes, unless
    `work` says what has stopped it. Then ask for the same again, or for the opposite, or leave it (`abandoning`).
    `transfers` and `seconds` are what it posted, `reversed` how many of its transfers are reversed.
    """

    id: UUID
    format: str
    what: str
    sha256: str
    state: str
    started_at: datetime
    file_name: str | None = None
    started_by: UUID | None = None
    posted_by: UUID | None = None
    posted_at: datetime | None = None
    transfers: int | None = None
    seconds: int | None = None
    undone_by: UUID | None = None
    undone_at: datetime | None = None
    reversed: int | None = None
    totals: TotalsView | None = None
    work: WorkView | None = None
    options: dict[str, Any] | None = None
    report: ReportView | None = None
    mistakes: list[MistakeView] | None = None
    mistake_count: int | None = None


class ImportsView(msgspec.Struct, omit_defaults=True):
    imports: list[ImportView]
    next: str | None = None


class LeftView(msgspec.Struct):
    """An account that stays open, with why: balance, held, or used."""

    code: str
    balance: int
    why: str


class LimitLeftView(msgspec.Struct):
    """An account that keeps the wider limits the import set, with why: changed by somebody since, or balance."""

    code: str
    why: str


class InTheWayView(msgspec.Struct):
    """An account that would refuse, and the refusal's name."""

    account: str
    refusal: str


class UndoView(msgspec.Struct):
    """What undoing would do; with anything `in_the_way` it does nothing."""

    transfers_to_reverse: int
    reversed_before: int
    accounts_to_close: int
    members_to_leave: int
    limits_to_put_back: int
    left: list[LeftView]
    limits_left: list[LimitLeftView]
    in_the_way: list[InTheWayView]


def import_view(row: asyncpg.Record, piece: Work | None = None, *, named: bool = False) -> ImportView:
    view = ImportView(
        row["import_id"],
        row["system"],
        row["what"],
        row["file_hash"].hex(),
        row["state"],
        row["started_at"],
        row["file_name"] if named else None,
        row["started_by"],
        row["posted_by"],
        row["posted_at"],
        row["transfer_count"],
        row["moved_seconds"],
        row["undone_by"],
        row["undone_at"],
        row["reversed_count"],
    )
    if row["totals"] is not None:
        view.totals = msgspec.convert(json.loads(row["totals"]), TotalsView)
    if piece is not None:
        view.work = WorkView(piece.id, piece.state, piece.done, piece.total, piece.failed)
    if named and row["options"] is not None:
        view.options = json.loads(row["options"]) or None
    if named and row["report"] is not None:
        said = json.loads(row["report"])
        if "mistakes" in said:
            view.mistakes = msgspec.convert(said["mistakes"], list[MistakeView])
            view.mistake_count = said["count"]
        else:
            view.report = msgspec.convert(said, ReportView)
    return view
