"""pgbench beside us: TPC-B, prepared, on the same embedded server. The reference of every ratio."""

import asyncio
import subprocess
from pathlib import Path

import asyncpg

from ledger.database.embedded import EmbeddedPostgres
from scripts.measure.load import Run

DATABASE = "pgbench"


def fill(server: EmbeddedPostgres, scale: int) -> None:
    """Make pgbench's tables in a database of their own. Root may pass the socket's folder as it is."""
    asyncio.run(_create(server))
    _pgbench(server, "-i", "-q", "-s", str(scale))


async def _create(server: EmbeddedPostgres) -> None:
    db = await asyncpg.connect(host=str(server.socket_folder), user="carehours", database="carehours")
    try:
        await db.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await db.close()


def tpcb(server: EmbeddedPostgres, clients: int, seconds: float, folder: Path) -> Run:
    """Run it; latencies come from a log of every tenth transaction."""
    log = folder / "pgbench_log"
    load = ["-c", str(clients), "-j", str(min(clients, 2)), "-T", str(max(1, round(seconds)))]
    told = _pgbench(server, "-n", "-M", "prepared", *load, "-l", f"--log-prefix={log}", "--sampling-rate=0.1")
    rate = float(told.partition("tps = ")[2].split()[0])
    latencies = []
    for each in folder.glob("pgbench_log.*"):
        latencies += [int(line.split()[2]) / 1e6 for line in each.read_text().splitlines()]
        each.unlink()
    # A run in the terms of our own: so many answers in the time they took.
    return Run(elapsed=len(latencies) / rate, latencies=latencies)


def _pgbench(server: EmbeddedPostgres, *options: str) -> str:
    command = [
        str(server.pg_bin / "pgbench"),
        "-h",
        str(server.socket_folder),
        "-U",
        "carehours",
        *options,
        DATABASE,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
