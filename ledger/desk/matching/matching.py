"""Paper lines against claims and transfers: exact, probable or none, each with its reasons.

Four passes, each over what the earlier ones left, so that what agrees is never given away to something that only
comes near: one line and one record that agree; sums of one day that agree; the nearest of what is probable; sums that
come near. Within a pass the nearest goes first, then the lower line number, then the record that was given first.
The same input gives the same answer, and every line and every record is used at most once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import TypeVar
from uuid import UUID

from ledger.desk.matching.names import Candidate, NameReason, the_one


@dataclass(frozen=True, slots=True)
class Written:
    """A paper line with whom its names may mean (`Names.find`)."""

    row: int
    providers: Sequence[Candidate]
    receivers: Sequence[Candidate]
    service_on: date
    seconds: int


@dataclass(frozen=True, slots=True)
class Record:
    """A claim, or a transfer, between two members: recorded seconds, not credited ones."""

    id: UUID
    provider_id: UUID
    receiver_id: UUID
    service_on: date
    seconds: int


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a probable match may be off."""

    seconds: int = 900
    days: int = 3


class Grade(StrEnum):
    EXACT = "exact"
    PROBABLE = "probable"


class Reason(StrEnum):
    """Why a match is what it is. An exact match has AGREES, ONE_TO_MANY or MANY_TO_ONE alone."""

    AGREES = "agrees"
    ONE_TO_MANY = "one_line_several_records"
    MANY_TO_ONE = "several_lines_one_record"
    DURATION_OFF = "duration_off"
    DAY_OFF = "day_off"
    PEOPLE_SWAPPED = "people_swapped"
    NAME_UNSURE = "name_unsure"  # a nickname, an initial, a slip of the pen
    NAME_PART = "name_part"  # "Joan" alone, and only one of that name is known here


class Missing(StrEnum):
    """Why a line has no match."""

    PROVIDER_UNKNOWN = "provider_unknown"
    RECEIVER_UNKNOWN = "receiver_unknown"
    PROVIDER_AMBIGUOUS = "provider_ambiguous"
    RECEIVER_AMBIGUOUS = "receiver_ambiguous"
    PROVIDER_SEVERAL = "provider_several"  # "Ann and Bob": a line for each is needed
    RECEIVER_SEVERAL = "receiver_several"
    SAME_PERSON = "same_person"
    NO_RECORD = "no_record"  # nothing between the two in those days
    RECORDS_TAKEN = "records_taken"  # what there is matches other lines better
    RECORDS_DIFFER = "records_differ"  # what is left is beyond the tolerance


@dataclass(frozen=True, slots=True)
class Match:
    """Lines (by row) and records that mean the same care. One of the two sides has one member."""

    rows: tuple[int, ...]
    records: tuple[UUID, ...]
    grade: Grade
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line nothing was found for; `near` are at most five records a person might mean, the nearest first.

    `doubts` are NAME_UNSURE and NAME_PART, where they hold of whom a name was taken for.
    """

    row: int
    missing: Missing
    doubts: tuple[Reason, ...] = ()
    near: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """Everything there was: each line is in a match or unmatched, and so is each record."""

    matches: tuple[Match, ...]
    lines: tuple[Unmatched, ...]
    records: tuple[UUID, ...]


DOUBTS = (Reason.NAME_UNSURE, Reason.NAME_PART)
"""Why nobody is sure of a name: what it was taken for is never an exact match."""
MAX_PARTS = 4
"""As how many visits one may be written down."""
MAX_OF_A_DAY = 12
"""Between two people on one day; where there are more, no sums are tried."""
MAX_NEAR = 5

Pair = tuple[UUID, UUID]
"""Who gave and who received."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line whose two people are known, with what had to be supposed for that: NAME_UNSURE, NAME_PART."""

    row: int
    pair: Pair
    service_on: date
    seconds: int
    doubts: tuple[Reason, ...] = ()


def match(written: Iterable[Written], records: Iterable[Record], tolerance: Tolerance) -> Matched:
    """Match lines to records: what agrees first, then sums that agree, then what is nearest, then sums that are near.

    Rows and ids are unique. Records nothing was found for are told in the order they were given in.
    """
    return _Matcher(written, records, tolerance).run()


class _Matcher:
    """The lines and records of one call, by people and day, and which of them are taken."""

    def __init__(self, written: Iterable[Written], records: Iterable[Record], tolerance: Tolerance) -> None:
        self.tolerance = tolerance
        self.written = sorted(written, key=lambda each: each.row)
        self.lines: dict[int, _Line] = {}
        self.missing: dict[int, Missing] = {}
        for each in self.written:
            line = _placed(each)
            if isinstance(line, _Line):
                self.lines[each.row] = line
            else:
                self.missing[each.row] = line
        self.order: dict[UUID, int] = {}
        self.by_pair: dict[Pair, dict[date, list[Record]]] = {}
        for at, record in enumerate(records):
            self.order[record.id] = at
            days = self.by_pair.setdefault((record.provider_id, record.receiver_id), {})
            days.setdefault(record.service_on, []).append(record)
        self.matches: list[Match] = []
        self.used_rows: set[int] = set()
        self.used_records: set[UUID] = set()

    def run(self) -> Matched:
        self._agreeing()
        self._sums(0, [line for line in self._free_lines() if not line.doubts])
        self._nearest()
        self._sums(self.tolerance.seconds, self._free_lines())
        return Matched(
            tuple(sorted(self.matches, key=lambda each: each.rows)),
            tuple(self._unmatched(each) for each in self.written if each.row not in self.used_rows),
            tuple(each for each in self.order if each not in self.used_records),
        )

    def _agreeing(self) -> None:
        for line in self.lines.values():
            if line.doubts:
                continue
            for record in self._free(line.pair, line.service_on):
                if record.seconds == line.seconds:
                    self._take([line], [record], [Reason.AGREES])
                    break

    def _nearest(self) -> None:
        """Pairs within the tolerance: fewer doubts about people first, then fewer days off, then fewer seconds."""
        near = [
            (self._distance(line, record), line.row, self.order[record.id], record)
            for line in self._free_lines()
            for record in self._around(line)
            if abs(record.seconds - line.seconds) <= self.tolerance.seconds
        ]
        for _, row, _, record in sorted(near, key=lambda each: each[:3]):
            if row not in self.used_rows and record.id not in self.used_records:
                line = self.lines[row]
                self._take([line], [record], self._differences(line, record))

    def _sums(self, within: int, lines: Sequence[_Line]) -> None:
        """One line for several records of its day, then several lines for one record."""
        days: dict[tuple[Pair, date], list[_Line]] = {}
        for line in lines:
            days.setdefault((line.pair, line.service_on), []).append(line)
        for (pair, day), of_day in days.items():
            if max(len(of_day), len(self._free(pair, day))) > MAX_OF_A_DAY:
                continue
            for line in of_day:
                records = _parts(line.seconds, self._free(pair, day), within)
                if records:
                    self._take([line], records, [Reason.ONE_TO_MANY])
            for record in self._free(pair, day):
                left = [line for line in of_day if line.row not in self.used_rows]
                parts = _parts(record.seconds, left, within)
                if parts:
                    self._take(parts, [record], [Reason.MANY_TO_ONE])

    def _take(self, lines: Sequence[_Line], records: Sequence[Record], reasons: Sequence[Reason]) -> None:
        told = list(reasons)
        if sum(line.seconds for line in lines) != sum(record.seconds for record in records):
            told.append(Reason.DURATION_OFF)
        told += [each for each in DOUBTS if any(each in line.doubts for line in lines)]
        exact = told in ([Reason.AGREES], [Reason.ONE_TO_MANY], [Reason.MANY_TO_ONE])
        rows = tuple(line.row for line in lines)
        ids = tuple(record.id for record in records)
        self.matches.append(Match(rows, ids, Grade.EXACT if exact else Grade.PROBABLE, tuple(told)))
        self.used_rows.update(rows)
        self.used_records.update(ids)

    def _free_lines(self) -> list[_Line]:
        return [line for line in self.lines.values() if line.row not in self.used_rows]

    def _free(self, pair: Pair, day: date) -> list[Record]:
        of_day = self.by_pair.get(pair, {}).get(day, ())
        return [record for record in of_day if record.id not in self.used_records]

    def _around(self, line: _Line) -> Iterator[Record]:
        """The free records between the two people, whoever gave, within the days of the tolerance."""
        for pair in (line.pair, line.pair[::-1]):
            if pair in self.by_pair:
                for day in _days(line.service_on, self.tolerance.days):
                    yield from self._free(pair, day)

    def _distance(self, line: _Line, record: Record) -> tuple[int, int, int]:
        doubts = bool(line.doubts) + (record.provider_id != line.pair[0])
        days = abs((record.service_on - line.service_on).days)
        return doubts, days, abs(record.seconds - line.seconds)

    def _differences(self, line: _Line, record: Record) -> list[Reason]:
        reasons = []
        if record.service_on != line.service_on:
            reasons.append(Reason.DAY_OFF)
        if record.provider_id != line.pair[0]:
            reasons.append(Reason.PEOPLE_SWAPPED)
        return reasons

    def _unmatched(self, each: Written) -> Unmatched:
        doubts = _doubts(each)
        if each.row in self.missing:
            return Unmatched(each.row, self.missing[each.row], doubts, self._near(each))
        line = self.lines[each.row]
        if any(True for _ in self._around(line)):
            missing = Missing.RECORDS_DIFFER
        elif any(
            day in self.by_pair.get(pair, {})
            for pair in (line.pair, line.pair[::-1])
            for day in _days(line.service_on, self.tolerance.days)
        ):
            missing = Missing.RECORDS_TAKEN
        else:
            missing = Missing.NO_RECORD
        return Unmatched(each.row, missing, doubts, self._near(each))

    def _near(self, each: Written) -> tuple[UUID, ...]:
        """Free records of about that time between any two the names may mean."""
        found = [
            (self._distance(line, record), self.order[record.id], record.id)
            for provider in each.providers
            for receiver in each.receivers
            if provider.member_id != receiver.member_id
            for line in [
                _Line(each.row, (provider.member_id, receiver.member_id), each.service_on, each.seconds)
            ]
            for record in self._around(line)
        ]
        ids = dict.fromkeys(each for _, _, each in sorted(found))
        return tuple(ids)[:MAX_NEAR]


def _placed(written: Written) -> _Line | Missing:
    """The line with its two people, or why they are not known."""
    provider, receiver = the_one(written.providers), the_one(written.receivers)
    if provider is None:
        return _unplaced(
            written.providers, Missing.PROVIDER_UNKNOWN, Missing.PROVIDER_AMBIGUOUS, Missing.PROVIDER_SEVERAL
        )
    if receiver is None:
        return _unplaced(
            written.receivers, Missing.RECEIVER_UNKNOWN, Missing.RECEIVER_AMBIGUOUS, Missing.RECEIVER_SEVERAL
        )
    if provider.member_id == receiver.member_id:
        return Missing.SAME_PERSON
    pair = (provider.member_id, receiver.member_id)
    return _Line(written.row, pair, written.service_on, written.seconds, _doubts(written))


def _unplaced(
    candidates: Sequence[Candidate], unknown: Missing, ambiguous: Missing, several: Missing
) -> Missing:
    if not candidates:
        return unknown
    return several if NameReason.SEVERAL in candidates[0].reasons else ambiguous


def _doubts(written: Written) -> tuple[Reason, ...]:
    """What had to be supposed of those whom the names were taken for."""
    taken = [each for each in (the_one(written.providers), the_one(written.receivers)) if each is not None]
    found = {
        Reason.NAME_PART if NameReason.PART in each.reasons else Reason.NAME_UNSURE
        for each in taken
        if not each.sure
    }
    return tuple(each for each in DOUBTS if each in found)


def _days(around: date, days: int) -> list[date]:
    first = max(around.toordinal() - days, date.min.toordinal())
    last = min(around.toordinal() + days, date.max.toordinal())
    return [date.fromordinal(day) for day in range(first, last + 1)]


_Part = TypeVar("_Part", _Line, Record)


def _parts(seconds: int, of: Sequence[_Part], within: int) -> tuple[_Part, ...]:
    """The two to four of them whose sum comes nearest, not further than `within`; the first of equals, or none."""
    best = within + 1
    found: tuple[_Part, ...] = ()
    for count in range(2, min(MAX_PARTS, len(of)) + 1):
        for parts in combinations(of, count):
            off = abs(sum(part.seconds for part in parts) - seconds)
            if off < best:
                best, found = off, parts
    return found
