"""What taking a file in costs beside the batch endpoint: rows a second, and the memory of the process that does it.

The batch endpoint posts its transfers over HTTP, in the same round and to the same server. A file is taken in by
`carehours import` in a process of its own, from its start to its end: read, checked as a whole, posted and written
down. Each file comes into a community of its own, and all have the same members.
"""

import csv
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import uvloop

from api.app import open_ledger
from scripts.measure.house import URL, House, running
from scripts.measure.load import drive
from scripts.measure.transfers import all_posted, batches

MEMBERS = 500
SMALL, LARGE = 20_000, 200_000
BATCH = 500
CLIENTS = 8


@dataclass(frozen=True, slots=True)
class TakenIn:
    """One file: its rows, rows a second from start to end, and the most memory of its process in MB (RSS)."""

    rows: int
    rate: float
    peak_mb: float


@dataclass(slots=True)
class Imports:
    """Everything measured, one for each round."""

    batch_rates: list[float] = field(default_factory=list)
    small: list[TakenIn] = field(default_factory=list)
    large: list[TakenIn] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median, over the rounds, of the large file's rate to the batch endpoint's in the same round."""
        pairs = zip(self.large, self.batch_rates, strict=True)
        return float(statistics.median([taken.rate / rate for taken, rate in pairs]))


def visits(rows: int, seed: int) -> Iterator[Sequence[str]]:
    """Visits among the members, the header first; with it there are `rows` lines."""
    rng = random.Random(seed)
    yield (
        "external_id",
        "service_date",
        "provider_ref",
        "recipient_ref",
        "minutes",
        "category",
        "description",
    )
    for number in range(1, rows):
        giver, receiver = rng.sample(range(MEMBERS), 2)
        day = f"20{20 + number * 5 // rows:02}-{1 + number % 12:02}-{1 + number % 28:02}"
        yield (
            f"v{number}",
            day,
            f"M{giver}",
            f"M{receiver}",
            str(15 * rng.randint(1, 12)),
            "care",
            f"visit {number}",
        )


def write_files(folder: Path, rows: int, seed: int) -> list[Path]:
    members, moves = folder / "members.csv", folder / f"visits-{rows}-{seed}.csv"
    with members.open("w", newline="") as out:
        csv.writer(out).writerows(
            [
                ("external_id", "name"),
                *((f"M{number}", f"Member Number {number}") for number in range(MEMBERS)),
            ]
        )
    with moves.open("w", newline="") as out:
        csv.writer(out).writerows(visits(rows, seed))
    return [members, moves]


def measure_imports(
    house: House, folder: Path, rounds: int, seconds: float, say: Callable[[str], None]
) -> Imports:
    measured = Imports()
    for number in range(1, rounds + 1):
        with running(house) as [service]:
            say(f"round {number} of {rounds}: batches of {BATCH}, {CLIENTS} clients")
            run = uvloop.run(
                drive(
                    service.port,
                    CLIENTS,
                    seconds,
                    batches(house, f"imports {number}", BATCH),
                    all_posted(BATCH),
                )
            )
            measured.batch_rates.append((len(run.latencies) - len(run.wrong)) * BATCH / run.elapsed)
            measured.wrong += [f"a batch was answered {answer.status}" for answer in run.wrong[:1]]
        for rows, kept in ((SMALL, measured.small), (LARGE, measured.large)):
            say(f"round {number} of {rounds}: a file of {rows} lines")
            kept.append(_taken_in(house, folder, rows, number, measured))
    return measured


def _taken_in(house: House, folder: Path, rows: int, number: int, measured: Imports) -> TakenIn:
    slug = f"import-{rows}-{number}"
    uvloop.run(_found(house, slug))
    files = write_files(folder, rows, number)
    command = [
        sys.executable,
        "-P",
        "-m",
        "api.cli",
        "import",
        "neutral",
        *map(str, files),
        "--community",
        slug,
    ]
    environment = os.environ | {
        "DATABASE_URL": str(house.settings.database_url),
        "CAREHOURS_DATA": str(house.data),
        "CAREHOURS_URL": URL,
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--json"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    said = b"" if process.stderr is None else process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        measured.wrong.append(f"a file of {rows} lines was refused: {said.decode()[-500:]}")
    posted = uvloop.run(_count(house, slug))
    if posted != rows - 1:
        measured.wrong.append(f"{posted} of {rows - 1} transfers are in the books")
    return TakenIn(rows, rows / elapsed, usage.ru_maxrss / 1024)


async def _found(house: House, slug: str) -> None:
    ledger = open_ledger(house.settings, pool_size=1)
    try:
        await ledger.found(slug, f"Taken in {slug}", URL, f"measure.example/{slug}")
    finally:
        await ledger.database.close()


async def _count(house: House, slug: str) -> int:
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    try:
        count: int = await db.fetchval(
            "SELECT count(*) FROM transfer JOIN community USING (community_id) WHERE slug = $1", slug
        )
        return count
    finally:
        await db.close()


def told_of_imports(measured: Imports) -> list[str]:
    lines = ["| taken in | rows a second | peak memory MB | to the batch endpoint |", "|---|---:|---:|---:|"]
    batch = statistics.median(measured.batch_rates)
    lines.append(f"| batches of {BATCH} over HTTP, {CLIENTS} clients | {batch:,.0f} | | 1.00 |")
    for rounds in (measured.small, measured.large):
        rate = statistics.median([each.rate for each in rounds])
        peak = max(each.peak_mb for each in rounds)
        ratios = [each.rate / one for each, one in zip(rounds, measured.batch_rates, strict=True)]
        ratio = statistics.median(ratios)
        lines.append(f"| a file of {rounds[0].rows:,} lines | {rate:,.0f} | {peak:.0f} | {ratio:.2f} |")
    return lines
