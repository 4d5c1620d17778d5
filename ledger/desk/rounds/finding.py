"""Finding what the lines of a round mean in the ledger: long work, done set-wise, and again as often as one likes.

Only lines nobody has decided are matched, and with claims and transfers no decided line stands for. What a file says is
read once; then its lines are rows, and stay.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.ledger import ActRefused, Ledger
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection, Database
from ledger.desk.matching.matching import Matched, Record, Tolerance, Written, match
from ledger.desk.matching.names import Candidate, Named, NameReason, Names
from ledger.desk.rounds.reading import read_file
from ledger.desk.rounds.remembering import name_key, remember_reading, remembered_names
from ledger.desk.rounds.rounds import LineGrade, RecordKind, Round, joined, read_records, require_open
from ledger.desk.rounds.taking_in import insert_lines
from ledger.desk.tables.lines import PaperLine
from ledger.desk.tables.problems import FileProblem
from ledger.desk.working import Progress, WorkFailed

TOLERANCE = Tolerance()
AT_ONCE = 2_000
"""Lines that are written with one statement."""

MAX_CANDIDATES = 8
"""The most members a name is said to mean: beyond them it means nobody in particular."""

UNREAD = "unread"
"""Why a line has no match that could not be read."""


Row = Mapping[str, Any]
"""A line that can be matched: of the database, or made of a file that is only looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a line: its grade and reasons, whom its names may mean, and the records beside it."""

    number: int
    grade: LineGrade
    reasons: tuple[str, ...]
    provider_ids: tuple[UUID, ...]
    receiver_ids: tuple[UUID, ...]
    matched: tuple[UUID, ...]
    near: tuple[UUID, ...]


async def require_matchable(db: Connection, community_id: int, round_id: UUID) -> Round:
    """The round, when it can be matched. Raises ActRefused: ROUND_UNKNOWN, ROUND_ENDED or ROUND_UNANSWERED."""
    round_ = await require_open(db, community_id, round_id)
    if round_.asks:
        raise ActRefused(Refusal.ROUND_UNANSWERED, ", ".join(round_.asks))
    return round_


async def match_round(
    ledger: Ledger, community_id: int, round_id: UUID, progress: Progress
) -> dict[str, Any]:
    """Match the undecided lines of a round; `progress` counts lines. The outcome counts them by grade.

    Raises WorkFailed when the round ended or was changed meanwhile, or its file cannot be read.
    """
    try:
        return await _match_round(ledger, community_id, round_id, progress)
    except (FileProblem, ActRefused) as problem:
        said = problem.refusal.says if isinstance(problem, ActRefused) else str(problem)
        raise WorkFailed(said) from None


async def _match_round(
    ledger: Ledger, community_id: int, round_id: UUID, progress: Progress
) -> dict[str, Any]:
    async with ledger.database.transaction(community_id) as db:
        round_ = await require_matchable(db, community_id, round_id)
        known = await db.row("desk/round_has_lines", community_id=community_id, round_id=round_id)
        if known is None:
            table, mapping, lines, problems = await read_file(db, community_id, round_)
            await insert_lines(db, community_id, round_id, lines, problems)
            await remember_reading(db, community_id, round_, table, mapping, ledger.now())
    async with ledger.database.snapshot(community_id) as db:
        rows = await db.rows("desk/read_undecided_lines", community_id=community_id, round_id=round_id)
        days = _days((round_.from_on, round_.until_on), rows)
        progress.total = len(rows)
        members = await db.rows("desk/read_round_members", community_id=community_id)
        meant = await remembered_names(db, community_id, round_.source)
        taken = await db.rows("desk/read_taken_records", community_id=community_id, round_id=round_id)
        records, kinds = await _records(db, community_id, days, {row["record_id"] for row in taken})
    found, _ = await asyncio.to_thread(_find, rows, members, meant, records, progress)
    await _write(ledger, community_id, round_, found, kinds, days)
    progress.done = len(rows)
    grades = [each.grade for each in found]
    counts: dict[str, Any] = {grade.value: grades.count(grade) for grade in LineGrade}
    return counts | {"finding_count": counts[LineGrade.NONE]}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file held against the ledger, of which nothing is kept: what was found, between whom, and what is only there.

    `only` are the claims and transfers of the file's days that no line stands for. `names` are those of the members.
    """

    found: Sequence[Found]
    records: Mapping[UUID, Record]
    only: Sequence[UUID]
    names: Mapping[UUID, str]


async def compare(
    database: Database,
    community_id: int,
    source: str,
    lines: Sequence[PaperLine],
    from_on: date | None,
    until_on: date | None,
    progress: Progress,
) -> Comparison:
    """Match lines that are in no round, and keep nothing of it."""
    rows: list[Row] = [
        {
            "line_number": number,
            "provider_name": line.provider,
            "receiver_name": line.receiver,
            "service_on": line.service_on,
            "seconds": line.seconds,
            "problem": None,
        }
        for number, line in enumerate(lines, 1)
    ]
    progress.total = len(rows)
    days = _days((from_on, until_on), rows)
    async with database.snapshot(community_id) as db:
        members = await db.rows("desk/read_round_members", community_id=community_id)
        meant = await remembered_names(db, community_id, source)
        records, _ = await _records(db, community_id, days, set())
    found, only = await asyncio.to_thread(_find, rows, members, meant, records, progress)
    by_id = {record.id: record for record in records}
    within = [each for each in only if days is not None and days[0] <= by_id[each].service_on <= days[1]]
    return Comparison(found, by_id, within, {row["member_id"]: row["name"] for row in members})


def _days(said: Sequence[date | None], rows: Sequence[Row]) -> tuple[date, date] | None:
    """The first and last day the round is about: those that were said, or those that stand on it; None without any."""
    days = [row["service_on"] for row in rows if row["service_on"] is not None]
    days += [day for day in said if day is not None]
    return (min(days), max(days)) if days else None


async def _records(
    db: Connection, community_id: int, days: tuple[date, date] | None, taken: set[UUID]
) -> tuple[list[Record], dict[UUID, RecordKind]]:
    """The claims and transfers around those days that no decided line stands for, and which of the two each is."""
    if days is None:
        return [], {}
    around = timedelta(days=TOLERANCE.days)
    span = {
        "community_id": community_id,
        "from_on": max(days[0], date.min + around) - around,
        "until_on": min(days[1], date.max - around) + around,
    }
    claims = await db.rows("desk/read_round_claims", **span)
    unclaimed = await db.rows("desk/read_round_transfers", **span)
    transfers = await read_records(db, community_id, [row["transfer_id"] for row in unclaimed])
    kinds = dict.fromkeys((row["claim_id"] for row in claims), RecordKind.CLAIM)
    kinds |= dict.fromkeys(transfers, RecordKind.TRANSFER)
    records = [
        Record(row["claim_id"], row["provider_id"], row["receiver_id"], row["service_on"], row["seconds"])
        for row in claims
    ]
    records += [
        Record(each.id, each.provider_id, each.receiver_id, each.service_on, each.seconds)
        for each in sorted(transfers.values(), key=lambda each: each.id)
    ]
    return [each for each in records if each.id not in taken and each.provider_id != each.receiver_id], kinds


def _find(
    rows: Sequence[Row],
    members: Sequence[asyncpg.Record],
    meant: dict[str, UUID],
    records: Sequence[Record],
    progress: Progress,
) -> tuple[list[Found], Sequence[UUID]]:
    """What was found for each line, and the records nothing was found for."""
    names = Names(Named(row["member_id"], row["member_number"], row["name"]) for row in members)
    candidates: dict[str, Sequence[Candidate]] = {}
    for row in rows:
        for written in (row["provider_name"], row["receiver_name"]):
            if written is not None and written not in candidates:
                candidates[written] = _candidates(names, meant, written)
        # Half of the work; the other half is matching, which says nothing on its way.
        progress.done = min(progress.done + 1, progress.total // 2)
    readable = [row for row in rows if row["problem"] is None and row["provider_name"] is not None]
    matched = match(
        (
            Written(
                row["line_number"],
                candidates[row["provider_name"]],
                candidates[row["receiver_name"]],
                row["service_on"],
                row["seconds"],
            )
            for row in readable
        ),
        records,
        TOLERANCE,
    )
    return _of_lines(rows, candidates, matched, {record.id: record for record in records}), matched.records


def _candidates(names: Names, meant: dict[str, UUID], written: str) -> Sequence[Candidate]:
    chosen = meant.get(name_key(written))
    if chosen is not None:
        return (Candidate(chosen, (NameReason.CHOSEN,), 0),)
    return names.find(written)[:MAX_CANDIDATES]


def _of_lines(
    rows: Sequence[Row],
    candidates: dict[str, Sequence[Candidate]],
    matched: Matched,
    records: dict[UUID, Record],
) -> list[Found]:
    of_matches = {number: each for each in matched.matches for number in each.rows}
    of_lines = {each.row: each for each in matched.lines}
    found = []
    for row in rows:
        number = row["line_number"]
        providers = candidates.get(row["provider_name"], ())
        receivers = candidates.get(row["receiver_name"], ())
        provider_ids = tuple(each.member_id for each in _likely(providers))
        receiver_ids = tuple(each.member_id for each in _likely(receivers))
        if number in of_matches:
            each = of_matches[number]
            # The record says which of those it may mean the name does mean.
            first = records[each.records[0]]
            swapped = "people_swapped" in each.reasons
            people = (
                (first.receiver_id, first.provider_id) if swapped else (first.provider_id, first.receiver_id)
            )
            found.append(
                Found(
                    number,
                    LineGrade(each.grade),
                    tuple(each.reasons),
                    (people[0],),
                    (people[1],),
                    each.records,
                    (),
                )
            )
        else:
            missing = of_lines.get(number)
            reasons = (UNREAD,) if missing is None else (missing.missing, *missing.doubts)
            near = () if missing is None else missing.near
            found.append(Found(number, LineGrade.NONE, reasons, provider_ids, receiver_ids, (), near))
    return found


def _likely(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those on the lowest rung: several who fit alike are for a person to choose between."""
    return [each for each in candidates if each.rung == candidates[0].rung]


async def _write(
    ledger: Ledger,
    community_id: int,
    round_: Round,
    found: Sequence[Found],
    kinds: dict[UUID, RecordKind],
    days: tuple[date, date] | None,
) -> None:
    of_round = {"community_id": community_id, "round_id": round_.id}
    async with ledger.database.transaction(community_id) as db:
        now = await require_open(db, community_id, round_.id)
        # Read in another way meanwhile: what was found is of lines that are gone.
        if now.change_count != round_.change_count:
            raise ActRefused(Refusal.ROUND_CHANGED, str(now.change_count))
        for first in range(0, len(found), AT_ONCE):
            part = found[first : first + AT_ONCE]
            rows = await db.rows(
                "desk/write_round_matches",
                **of_round,
                line_numbers=[each.number for each in part],
                grades=[each.grade for each in part],
                reasons=[" ".join(each.reasons) for each in part],
                providers=[joined(each.provider_ids) for each in part],
                receivers=[joined(each.receiver_ids) for each in part],
            )
            written = {row["line_number"] for row in rows}
            beside = [
                (each.number, record_id, near)
                for each in part
                if each.number in written
                for records, near in ((each.matched, False), (each.near, True))
                for record_id in records
            ]
            await db.run("desk/delete_line_matches", **of_round, line_numbers=list(written))
            await db.run(
                "desk/insert_line_matches",
                **of_round,
                line_numbers=[number for number, _, _ in beside],
                record_ids=[record_id for _, record_id, _ in beside],
                kinds=[kinds[record_id] for _, record_id, _ in beside],
                nears=[near for _, _, near in beside],
            )
        await db.run(
            "desk/end_round_matching",
            **of_round,
            now=ledger.now(),
            from_on=None if days is None else days[0],
            until_on=None if days is None else days[1],
        )
