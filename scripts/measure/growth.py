"""Does it slow down with history? Posting, balances of the past and a year's statement at two sizes of the log.

The ledger's clock is moved so that the history is ten years long, and the last of them is a tenth of it.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import uvloop

from api.app import open_ledger
from api.statements.making import make
from ledger.book.commands import PostTransfer, TransferKind
from ledger.book.ledger import Ledger
from ledger.database.connections import statement
from ledger.desk.statements import Period
from ledger.hours.hours import Hours
from scripts.measure.house import House, opened_house, random_id

FILL_BATCH = 1000
TIMED_BATCH = 32
ASKED = 200
YEARS = 10
DAYS = 365 * YEARS
A_YEAR = timedelta(days=365)
READ_BY_STATEMENTS = ("entry", "transfer", "log_leaf")


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements of the last year of random accounts: how long they were and what each took, signature included."""

    entries_median: float
    entries_most: int
    ms_median: float
    ms_most: float
    sequential_scans: int
    """Of entries, transfers and leaves, while the statements were made."""


@dataclass(frozen=True, slots=True)
class Size:
    """What was seen when the log held so many leaves."""

    transfers: int
    posting_rate: float
    buffers_median: float
    buffers_most: int
    as_of_ms: float
    statements: Statements


@dataclass(slots=True)
class GrowthResult:
    sizes: list[Size] = field(default_factory=list)
    fill_rate: float = 0.0

    def render_lines(self) -> list[str]:
        return [
            f"filled at {self.fill_rate:,.0f} transfers a second in batches of {FILL_BATCH}",
            f"| transfers | posted a second, batches of {TIMED_BATCH} | as-of balance: buffers, median | most | ms |",
            "|---:|---:|---:|---:|---:|",
            *[
                f"| {size.transfers:,} | {size.posting_rate:,.0f} | {size.buffers_median:.0f} | {size.buffers_most} |"
                f" {size.as_of_ms:.2f} |"
                for size in self.sizes
            ],
            "| transfers | a year's statement: entries, median | most | ms, median | most | sequential scans |",
            "|---:|---:|---:|---:|---:|---:|",
            *[
                f"| {size.transfers:,} | {of.entries_median:.0f} | {of.entries_most} | {of.ms_median:.1f} |"
                f" {of.ms_most:.1f} | {of.sequential_scans} |"
                for size in self.sizes
                for of in [size.statements]
            ],
        ]


def growth(
    data: Path,
    *,
    sizes: Sequence[int] = (10_000, 10_000_000),
    accounts: int = 10_000,
    seconds: float = 10,
    seed: int = 1,
    say: Callable[[str], None] = lambda line: None,
) -> GrowthResult:
    """Fill one log to each size in turn, through `Ledger.post`, and measure there."""
    with opened_house(data, accounts=accounts, seed=seed) as house:
        return uvloop.run(_grow(house, sizes, seconds, random.Random(seed), say))


async def _grow(
    house: House, sizes: Sequence[int], seconds: float, rng: random.Random, say: Callable[[str], None]
) -> GrowthResult:
    result = GrowthResult()
    ledger = open_ledger(house.settings)
    began_on, a_transfer = ledger.now(), timedelta(days=DAYS) / max(sizes)
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    posted, began, told = 0, time.perf_counter(), time.perf_counter()
    try:
        for size in sorted(sizes):
            while posted < size:
                count = min(FILL_BATCH, size - posted)
                ledger.now = _at(began_on + posted * a_transfer)
                await ledger.post(house.community, transfers(house, rng, count))
                posted += count
                if time.perf_counter() - told > 10:
                    told = time.perf_counter()
                    say(f"{posted:,} of {size:,}, {posted / (told - began):,.0f} a second")
            result.fill_rate = posted / (time.perf_counter() - began)
            await db.execute("VACUUM ANALYZE")
            rate = await _posting_rate(house, ledger, rng, seconds)
            buffers, milliseconds = await _as_of(house, db, rng, posted)
            seen = Size(
                posted,
                rate,
                statistics.median(buffers),
                max(buffers),
                statistics.median(milliseconds),
                await _statements(house, ledger, db, rng),
            )
            result.sizes.append(seen)
            say(f"at {posted:,}: {seen}")
            posted = await db.fetchval("SELECT tree_size FROM log_head")
    finally:
        await db.close()
        await ledger.database.close()
    return result


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def transfers(house: House, rng: random.Random, count: int) -> list[PostTransfer]:
    """Random pairs; the hot account stands on a side of every fifth."""
    made = []
    for number in range(count):
        payer, payee = rng.sample(house.accounts, 2)
        if number % 5 == 0:
            payer = house.hot
        seconds = 900 * rng.randint(1, 16)
        made.append(PostTransfer(random_id(rng), TransferKind.CARE, ((payer, -seconds), (payee, seconds))))
    return made


async def _posting_rate(house: House, ledger: Ledger, rng: random.Random, seconds: float) -> float:
    batches = 0
    spent = 0.0
    while spent < seconds:
        commands = transfers(house, rng, TIMED_BATCH)
        began = time.perf_counter()
        await ledger.post(house.community, commands)
        spent += time.perf_counter() - began
        batches += 1
    return batches * TIMED_BATCH / spent


async def _as_of(
    house: House, db: asyncpg.Connection, rng: random.Random, leaves: int
) -> tuple[list[int], list[float]]:
    """Pages touched and time taken by balances of random accounts, and of the hot one, at random sizes of the log."""
    sql, parameters = statement("book/balance_at_size")
    buffers, milliseconds = [], []
    for number in range(ASKED):
        values = {
            "community_id": house.community.id,
            "account_id": house.hot if number % 10 == 0 else rng.choice(house.accounts),
            "tree_size": rng.randrange(1, leaves + 1),
        }
        told = await db.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *[values[parameter] for parameter in parameters]
        )
        [plan] = json.loads(told)
        buffers.append(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
        milliseconds.append(plan["Execution Time"])
    return buffers, milliseconds


async def _statements(house: House, ledger: Ledger, db: asyncpg.Connection, rng: random.Random) -> Statements:
    """Make the statement of the year that ended yesterday for random accounts."""
    hours = Hours(ledger)
    today = ledger.now().astimezone(UTC).date()
    year = Period(today - A_YEAR, today - timedelta(days=1))
    counts, milliseconds, scans = [], [], await _scans(db)
    for account in rng.sample(house.accounts, min(ASKED, len(house.accounts))):
        began = time.perf_counter()
        made = await make(ledger, hours, house.community, account, year)
        milliseconds.append(1000 * (time.perf_counter() - began))
        counts.append(made.statement.count)
    return Statements(
        statistics.median(counts),
        max(counts),
        statistics.median(milliseconds),
        max(milliseconds),
        await _scans(db) - scans,
    )


async def _scans(db: asyncpg.Connection) -> int:
    await asyncio.sleep(2)  # a connection tells the server what it read a second after it is idle
    sql = "SELECT sum(seq_scan)::bigint FROM pg_stat_user_tables WHERE relname = ANY($1)"
    return int(await db.fetchval(sql, READ_BY_STATEMENTS))
