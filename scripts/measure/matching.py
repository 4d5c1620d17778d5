"""What matching a paper round costs beside a plain join of the same rows: 5,000 lines against 100,000 claims.

The join looks each line up in a dictionary by both names, day and length, so it finds only what agrees to the letter.
Names are written on paper as people write them: a fifth the other way round, some with a title, an initial or a slip
of the pen. Only our own modules are measured; no database has a part in it.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from ledger.desk.matching.matching import Record, Tolerance, Written, match
from ledger.desk.matching.names import Candidate, Named, Names

MEMBERS, LINES, CLAIMS = 2_000, 5_000, 100_000
AT_MOST_SECONDS = 10

_GIVEN = (
    "Mary John Siân Tom José Josefa Giuseppina Anna Margaret Elizabeth William Robert Huw Ana Núria Marta Carlo Ugo"
    " Elena Paolo Megan Rhys Lluís Mercè Teresa Antonio Lucia Pietro Alun Carys"
).split()
_SYLLABLES = (
    "ba be bri co cal da del di fa fer ga gi la ler li lo man me mi mo na ne pa per ra re ri ro sa si ta to va"
).split()

PaperRow = tuple[str, str, date, int]


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of each in one round; how many lines found a match, and how many the join found."""

    join: float
    names: float
    match: float
    matched: int
    joined: int

    @property
    def whole(self) -> float:
        return self.names + self.match


@dataclass(slots=True)
class Matching:
    """Everything measured, one for each round."""

    rounds: list[Round] = field(default_factory=list)

    def middle(self, of: Callable[[Round], float]) -> float:
        return statistics.median(of(each) for each in self.rounds)

    @property
    def right(self) -> bool:
        """Whether every round was fast enough, and found all that the join found."""
        return all(each.whole <= AT_MOST_SECONDS and each.matched >= each.joined for each in self.rounds)


def _community(rng: random.Random) -> tuple[list[Named], list[Record]]:
    members = [
        Named(
            UUID(int=number),
            number,
            f"{rng.choice(_GIVEN)} {''.join(rng.choices(_SYLLABLES, k=3)).title()}",
        )
        for number in range(1, MEMBERS + 1)
    ]
    records = []
    for at in range(CLAIMS):
        provider, receiver = rng.sample(members, 2)
        day = date(2025, 1, 1) + timedelta(days=rng.randrange(365))
        records.append(
            Record(UUID(int=10**9 + at), provider.id, receiver.id, day, rng.randrange(2, 13) * 900)
        )
    return members, records


def _as_written(rng: random.Random, name: str) -> str:
    given, _, surname = name.partition(" ")
    at = rng.randrange(1, len(surname) - 1)
    slip = surname[:at] + surname[at + 1] + surname[at] + surname[at + 2 :]
    ways = [name, f"{surname} {given}", f"Mrs {name}", f"{given[0]}. {surname}", f"{given} {slip}"]
    return rng.choices(ways, [60, 20, 10, 5, 5])[0]


def _paper(rng: random.Random, members: Sequence[Named], records: Sequence[Record]) -> list[PaperRow]:
    names = {each.id: each.name for each in members}
    rows = []
    for record in rng.sample(records, LINES):
        day = record.service_on + timedelta(days=rng.choice([0, 0, 0, 0, 1]))
        seconds = record.seconds + rng.choice([0, 0, 0, 0, 600])
        people = [_as_written(rng, names[each]) for each in (record.provider_id, record.receiver_id)]
        rows.append((people[0], people[1], day, seconds))
    return rows


def _joined(paper: Sequence[PaperRow], members: Sequence[Named], records: Sequence[Record]) -> int:
    names = {each.id: each.name for each in members}
    by_key: dict[PaperRow, list[UUID]] = {}
    for each in records:
        key = (names[each.provider_id], names[each.receiver_id], each.service_on, each.seconds)
        by_key.setdefault(key, []).append(each.id)
    return sum(bool(by_key.get(row) and by_key[row].pop()) for row in paper)


def measure_matching(rounds: int, say: Callable[[str], None]) -> Matching:
    """Both, in turn, over the same rows in each round; every round has other people."""
    found = Matching()
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}: matching")
        rng = random.Random(number)
        members, records = _community(rng)
        paper = _paper(rng, members, records)
        began = time.perf_counter()
        joined = _joined(paper, members, records)
        join = time.perf_counter() - began
        began = time.perf_counter()
        names = Names(members)
        known: dict[str, Sequence[Candidate]] = {}
        written = [
            Written(
                row,
                known[provider] if provider in known else known.setdefault(provider, names.find(provider)),
                known[receiver] if receiver in known else known.setdefault(receiver, names.find(receiver)),
                day,
                seconds,
            )
            for row, (provider, receiver, day, seconds) in enumerate(paper, 1)
        ]
        named = time.perf_counter() - began
        began = time.perf_counter()
        matched = match(written, records, Tolerance())
        found.rounds.append(
            Round(
                join,
                named,
                time.perf_counter() - began,
                sum(len(each.rows) for each in matched.matches),
                joined,
            )
        )
    return found


def told_of_matching(matching: Matching) -> list[str]:
    ratio = matching.middle(lambda each: each.whole / each.join)
    return [
        f"{LINES:,} paper lines against {CLAIMS:,} claims of {MEMBERS:,} members:"
        f" names {matching.middle(lambda each: each.names):.2f} s,"
        f" matching {matching.middle(lambda each: each.match):.2f} s,"
        f" {ratio:.1f} times a dictionary join ({matching.middle(lambda each: each.join):.2f} s).",
        f"Lines matched: {matching.middle(lambda each: each.matched):,.0f};"
        f" by the join {matching.middle(lambda each: each.joined):,.0f}.",
    ]
