"""A paper round as it is shown: how far it is, what was signed off, and how far its matching is."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from api.problems import Problem
from api.requests import json_response
from api.routes.common import AnyRequest, community_of, ledger_of, reads_names
from ledger.database.connections import Connection
from ledger.desk.rounds.ending import read_totals, read_waiting
from ledger.desk.rounds.reading import MAX_LINES
from ledger.desk.rounds.rounds import Count, Round, RoundState, count_lines, read_round
from ledger.desk.tables.values import A_DAY_SECONDS
from ledger.desk.work import Work

Length = Annotated[int, msgspec.Meta(ge=1, le=A_DAY_SECONDS)]
"""Of one visit, in seconds."""

LineNumber = Annotated[int, msgspec.Meta(ge=1, le=MAX_LINES)]

StateText = Literal["reading", "matched", "signed_off", "abandoned"]


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
    probable_undecided: int
    none_undecided: int
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


class WaitingView(msgspec.Struct):
    """Corrections that wait for their dispute's outcome, and the seconds the ledger has more once all have it."""

    lines: int
    seconds: int


class RoundView(msgspec.Struct, omit_defaults=True):
    """A round. `file_hash` is the SHA-256 of the file, or of what was typed, in hexadecimal.

    `asks` must be answered with `PUT mapping` before it can be matched: `date_order`, `decimal`, `unit`, `duration`
    (how a number is meant), `columns` (one is missing), or the name of a column. `same_file` is an earlier round of the
    very same file. `typed` has no mapping and no preview. Whoever reads no names is told neither `source` nor
    `file_name`: both may be somebody's. `totals` is what was signed off. In no list: `would_sign`, what a sign-off
    would say as every line is decided now, and `waiting`, where corrections do.
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
    waiting: WaitingView | None = None


class RoundsView(msgspec.Struct, omit_defaults=True):
    rounds: list[RoundView]
    next: str | None = None


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
        lines(grade="probable", state="undecided"),
        lines(grade="none", state="undecided"),
        sum(count.seconds for count in counts),
        deeds,
    )


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


async def require_round(db: Connection, community_id: int, round_id: UUID) -> Round:
    """A round of this community. Raises Problem("not_found")."""
    round_ = await read_round(db, community_id, round_id)
    if round_ is None:
        raise Problem("not_found")
    return round_


async def round_response(
    request: AnyRequest, round_id: UUID, status: int = 200, *, replayed: bool = False
) -> ASGIResponse:
    """The round as it stands, with its ETag."""
    community = community_of(request)
    async with ledger_of(request).database.snapshot(community.id) as db:
        round_ = await require_round(db, community.id, round_id)
        counts = await count_lines(db, community.id, [round_id])
        same = await db.row(
            "desk/find_same_file",
            community_id=community.id,
            round_id=round_id,
            file_hash=round_.file_hash,
        )
        totals = None
        if round_.state is RoundState.MATCHED and all(each.state == "decided" for each in counts[round_id]):
            totals = await read_totals(db, community.id, round_)
        waiting = await read_waiting(db, community.id, round_id)
    view = round_view(round_, counts[round_id], named=reads_names(request))
    view.same_file = None if same is None else same["round_id"]
    view.would_sign = None if totals is None else totals_view(totals.to_dict())
    view.waiting = WaitingView(*waiting) if waiting[0] else None
    headers = {"etag": f'"{round_.change_count}"'}
    if status == 201:
        headers["location"] = f"/v1/communities/{community.slug}/rounds/{round_id}"
    if replayed:
        headers["idempotency-replayed"] = "true"
    return json_response(view, status, headers)
