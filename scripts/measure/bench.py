"""`scripts/bench`: what a transfer costs over HTTP beside pgbench, and what hours, people and pages cost beside that.

Everything is measured in rounds, one after another within a round, so that a disturbance hits all alike. What
counts is a ratio within a round; its median over the rounds is printed. Absolute figures of a small machine
vary by a quarter from one minute to the next.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from scripts.measure import machine, pgbench
from scripts.measure.claims import Claims, measure_claims, told_of_claims
from scripts.measure.house import House, Service, audit_findings, opened_house, running
from scripts.measure.imports import measure_imports, told_of_imports
from scripts.measure.load import Answer, Run, drive, quantile
from scripts.measure.matching import measure_matching, told_of_matching
from scripts.measure.pages import Pages, measure_pages, told_of_pages
from scripts.measure.people import People, measure_people, told_of_people
from scripts.measure.phone import measure_phone, told_of_phone, why_not
from scripts.measure.reports import measure_reports, told_of_reports
from scripts.measure.transfers import all_posted, batches, false_receipts, is_posted, singles, trust_of

BATCH = 500
ENTRY_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table. `size` transfers in each answer; pgbench has no requests of ours."""

    name: str
    clients: int
    requests: Callable[[House, str], Iterator[bytes]] | None = None
    is_right: Callable[[Answer], bool] = is_posted
    size: int = 1


CASES = [
    *[Case("pgbench TPC-B", clients) for clients in (1, 8, 32)],
    *[
        Case("HTTP, random", clients, lambda house, seed: singles(house, seed, hot=False))
        for clients in (1, 8, 32)
    ],
    *[
        Case("HTTP, hot", clients, lambda house, seed: singles(house, seed, hot=True))
        for clients in (1, 8, 32)
    ],
    *[
        Case(
            f"batch of {BATCH}",
            clients,
            lambda house, seed: batches(house, seed, BATCH),
            all_posted(BATCH),
            BATCH,
        )
        for clients in (1, 8)
    ],
]


@dataclass(frozen=True, slots=True)
class Measured:
    """One case in one round. CPU is in microseconds a transfer."""

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int
    service_cpu: float = 0.0
    database_cpu: float = 0.0
    load_cpu: float = 0.0


class Bench:
    """The house, the service, and everything measured so far: by case, one for each round."""

    def __init__(self, house: House, service: Service, folder: Path, seconds: float) -> None:
        self.house, self.service, self.folder, self.seconds = house, service, folder, seconds
        self.measured: dict[tuple[str, int], list[Measured]] = {}
        self.kept: list[Answer] = []
        self.wrong: list[Answer] = []
        self.posted = 0
        self.pss_mb = 0.0

    def measure(self, case: Case, seed: str) -> None:
        if case.requests is None:
            run = pgbench.tpcb(self.house.server, case.clients, self.seconds, self.folder)
            measured = _measured(run, 1)
        else:
            before = self._cpu()
            run = uvloop.run(
                drive(
                    self.service.port,
                    case.clients,
                    self.seconds,
                    case.requests(self.house, seed),
                    case.is_right,
                )
            )
            service, database = [after - earlier for after, earlier in zip(self._cpu(), before, strict=True)]
            measured = _measured(run, case.size, service, database)
            self.kept += run.kept[:20]
            self.wrong += run.wrong[:20]
            self.posted += case.size * (len(run.latencies) - len(run.wrong))
            self.pss_mb = max(self.pss_mb, machine.pss_mb(self.service.pid))
        self.measured.setdefault((case.name, case.clients), []).append(measured)

    def _cpu(self) -> tuple[float, float]:
        return machine.cpu_seconds(self.service.pid), machine.cpu_seconds(self.house.postmaster_pid())

    def ratio(self, case: Case, reference_clients: int) -> float | None:
        """The median, over the rounds, of this rate to pgbench's in the same round."""
        reference = self.measured.get(("pgbench TPC-B", reference_clients))
        ours = self.measured[case.name, case.clients]
        if reference is None:
            return None
        return statistics.median([one.rate / other.rate for one, other in zip(ours, reference, strict=True)])


def _measured(run: Run, size: int, service: float = 0.0, database: float = 0.0) -> Measured:
    transfers = max(1, len(run.latencies) * size)
    return Measured(
        rate=(len(run.latencies) - len(run.wrong)) * size / run.elapsed,
        p50_ms=quantile(run.latencies, 0.5) * 1000,
        p99_ms=quantile(run.latencies, 0.99) * 1000,
        errors=len(run.wrong),
        service_cpu=service / transfers * 1e6,
        database_cpu=database / transfers * 1e6,
        load_cpu=run.cpu_seconds / transfers * 1e6,
    )


# --- the audit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audited:
    """Entries a second: of a bare binary COPY with one SHA-256 a row, and of the audit; None when there is none."""

    entries: int
    copy_rate: float
    audit_rate: float | None
    findings: int


async def bare_copy(house: House) -> tuple[int, float]:
    """Read the whole entry table as binary COPY and hash each row: (rows, seconds)."""
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    rows, rest = 0, b""
    # Every column has a fixed width, so a row is found without reading it. 19 bytes of header come first.
    widths = 4 + 16 + 8 + 8 + 2 + 8 + 8 + 43
    width, skip = 2 + 4 * ENTRY_COLUMNS + widths, 19

    async def take(data: bytes) -> None:
        nonlocal rows, rest, skip
        data = rest + data
        at, skip = skip, 0
        while at + width <= len(data):
            sha256(data[at : at + width]).digest()
            rows += 1
            at += width
        rest = data[at:]

    began = time.perf_counter()
    await db.copy_from_table("entry", output=take, format="binary")
    elapsed = time.perf_counter() - began
    await db.close()
    return rows, elapsed


def audited(house: House, rounds: int) -> Audited:
    """Both, in turn, the median of the rounds."""
    copies, audits, findings, rows = [], [], 0, 0
    for _ in range(rounds):
        rows, elapsed = uvloop.run(bare_copy(house))
        copies.append(rows / elapsed)
        began = time.perf_counter()
        if (found := uvloop.run(audit_findings(house))) is not None:
            audits.append(rows / (time.perf_counter() - began))
            findings = len(found)
    rate = statistics.median(audits) if audits else None
    return Audited(rows, statistics.median(copies), rate, findings)


# --- telling -----------------------------------------------------------------------------------------------------


def middle(rounds: Sequence[Measured], name: str) -> float:
    return float(statistics.median([getattr(each, name) for each in rounds]))


def table(bench: Bench, cases: Sequence[Case]) -> list[str]:
    lines = [
        "| transfers | clients | a second | p50 ms | p99 ms | errors | to pgbench, same clients | to pgbench at 32"
        " | CPU us: service | database | load |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for case in cases:
        rounds = bench.measured[case.name, case.clients]
        ratios = [bench.ratio(case, case.clients), bench.ratio(case, 32)]
        own = case.requests is not None
        cells = [
            case.name,
            str(case.clients),
            f"{middle(rounds, 'rate'):,.0f}",
            f"{middle(rounds, 'p50_ms'):.1f}",
            f"{middle(rounds, 'p99_ms'):.1f}",
            str(sum(each.errors for each in rounds)),
            *["" if ratio is None else f"{ratio:.2f}" for ratio in ratios],
            *[
                f"{middle(rounds, name):.0f}" if own else ""
                for name in ("service_cpu", "database_cpu", "load_cpu")
            ],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def told(bench: Bench, cases: Sequence[Case], receipts: tuple[int, int]) -> list[str]:
    pid = bench.service.pid
    return [
        *table(bench, cases),
        "",
        f"Memory of the service: {machine.peak_rss_mb(pid):.0f} MB at most (RSS), {bench.pss_mb:.0f} MB PSS.",
        f"{bench.posted:,} transfers posted. Receipts verified: {receipts[0]}, of which {receipts[1]} false.",
    ]


def told_of_audit(checked: Audited) -> str:
    copied = (
        f"{checked.entries:,} entries: bare COPY with one SHA-256 a row {checked.copy_rate:,.0f} a second"
    )
    if checked.audit_rate is None:
        return f"{copied}; audit: not there."
    ratio = checked.audit_rate / checked.copy_rate
    return f"{copied}, audit {checked.audit_rate:,.0f}, ratio {ratio:.2f}; findings: {checked.findings}."


def people_as_json(people: People) -> list[dict[str, Any]]:
    return [
        {"name": name, "round_trips": people.trips[name], "rounds": [asdict(each) for each in rounds]}
        for name, rounds in people.measured.items()
    ]


def claims_as_json(claims: Claims) -> list[dict[str, Any]]:
    return [
        {"name": name, "rounds": [asdict(each) for each in rounds]}
        for name, rounds in claims.measured.items()
    ]


def pages_as_json(pages: Pages) -> list[dict[str, Any]]:
    return [
        {"name": name, "rounds": [asdict(each) for each in rounds]} for name, rounds in pages.measured.items()
    ]


def as_json(bench: Bench, checked: Audited | None) -> dict[str, Any]:
    return {
        "cases": [
            {"name": name, "clients": clients, "rounds": [asdict(each) for each in rounds]}
            for (name, clients), rounds in bench.measured.items()
        ],
        "audit": None if checked is None else asdict(checked),
        "peak_rss_mb": machine.peak_rss_mb(bench.service.pid),
        "peak_pss_mb": bench.pss_mb,
        "posted": bench.posted,
    }


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a minute and a half in all: short rounds, a small pgbench"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, help="of each case in each round (5; quick 1.5)")
    parser.add_argument("--scale", type=int, help="of pgbench's tables (50; quick 10)")
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--server", choices=["uvicorn", "granian"], default="uvicorn")
    parser.add_argument(
        "--only",
        help="cases whose name contains this; pgbench always runs. `hours`: claims beside bare transfers, alone;"
        " `people`: signing in and access checks, alone; `pages`: a page of the desk beside its route, alone;"
        " `phone`: the phone app on a slow connection, alone; `matching`: paper lines against claims, alone;"
        " `imports`: files of 20,000 and 200,000 lines taken in, beside the batch endpoint, alone;"
        " `reports`: the social report of 100,000 claims beside the reciprocity report, alone",
    )
    parser.add_argument("--no-audit", action="store_true")
    parser.add_argument("--no-hours", action="store_true", help="without claims")
    parser.add_argument("--no-people", action="store_true", help="without signing in and access checks")
    parser.add_argument("--no-pages", action="store_true", help="without the desk and the phone")
    parser.add_argument("--json", type=Path, help="write every round to this file")
    chosen = parser.parse_args(arguments)
    chosen.seconds = chosen.seconds or (1.5 if chosen.quick else 5)
    chosen.scale = chosen.scale or (10 if chosen.quick else 50)
    return chosen


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure_transfers(chosen: argparse.Namespace, house: House, folder: Path) -> tuple[dict[str, Any], bool]:
    """Measure and print: every round, and whether all was right."""
    cases = [case for case in CASES if case.requests is None or (chosen.only or "") in case.name]
    say(f"filling pgbench at scale {chosen.scale}")
    pgbench.fill(house.server, chosen.scale)
    with running(house, server=chosen.server) as [service]:
        bench = Bench(house, service, folder, chosen.seconds)
        uvloop.run(drive(service.port, 8, 1.0, singles(house, "warm", hot=False), is_posted))
        for number in range(1, chosen.rounds + 1):
            for case in cases:
                say(f"round {number} of {chosen.rounds}: {case.name}, {case.clients} clients")
                bench.measure(case, f"{case.name} {case.clients} {number}")
        count, false = false_receipts(bench.kept[:500], trust_of(service))
        print(f"Rounds: {chosen.rounds} x {chosen.seconds:g} s, pgbench scale {chosen.scale}.\n")
        print("\n".join(told(bench, cases, (count, len(false)))), flush=True)
        checked = None if chosen.no_audit else audited(house, chosen.rounds)
        if checked is not None:
            print(told_of_audit(checked), flush=True)
        if bench.wrong:
            say(f"first wrong answer: {bench.wrong[0].status} {bench.wrong[0].body[:300]!r}")
        return as_json(bench, checked), not (bench.wrong or false)


def measure_hours(chosen: argparse.Namespace, house: House, _folder: Path) -> tuple[dict[str, Any], bool]:
    """The same of claims: confirmed and paid, beside bare transfers."""
    claims = measure_claims(house, chosen.rounds, chosen.seconds, say)
    print("\n".join(["", *told_of_claims(claims)]), flush=True)
    if claims.wrong:
        say(f"first wrong answer: {claims.wrong[0].status} {claims.wrong[0].body[:300]!r}")
    return {"hours": claims_as_json(claims)}, not (claims.wrong or claims.receipts[1])


def measure_signing_in(chosen: argparse.Namespace, house: House, folder: Path) -> tuple[dict[str, Any], bool]:
    """The same of the people's part."""
    people = measure_people(house, folder, chosen.rounds, say)
    print("\n".join(["", *told_of_people(people)]), flush=True)
    if people.wrong:
        say(f"first wrong answer: {people.wrong[0].status} {people.wrong[0].body[:300]!r}")
    return {"people": people_as_json(people)}, not people.wrong


def measure_desk(chosen: argparse.Namespace, house: House, _folder: Path) -> tuple[dict[str, Any], bool]:
    """The same of a page of the desk, beside the route it shows."""
    pages = measure_pages(house, chosen.rounds, chosen.seconds, say)
    print("\n".join(["", *told_of_pages(pages)]), flush=True)
    if pages.wrong:
        say(f"first wrong answer: {pages.wrong[0].status} {pages.wrong[0].body[:300]!r}")
    return {"pages": pages_as_json(pages)}, not pages.wrong


def measure_app(chosen: argparse.Namespace, _house: House, _folder: Path) -> tuple[dict[str, Any], bool]:
    """The phone app on a slow connection, where there is a browser."""
    reason = why_not()
    if reason is not None:
        print(f"\nThe phone app was not measured: {reason}.", flush=True)
        return {}, True
    phone = measure_phone(chosen.rounds, say)
    print("\n".join(["", *told_of_phone(phone)]), flush=True)
    return {"phone": asdict(phone)}, True


def measure_paper(chosen: argparse.Namespace, _house: House, _folder: Path) -> tuple[dict[str, Any], bool]:
    """Paper lines against claims, beside a plain join."""
    matching = measure_matching(chosen.rounds, say)
    print("\n".join(["", *told_of_matching(matching)]), flush=True)
    return {"matching": [asdict(each) for each in matching.rounds]}, matching.right


def measure_files(chosen: argparse.Namespace, house: House, folder: Path) -> tuple[dict[str, Any], bool]:
    """Files of other systems that are taken in, beside the batch endpoint."""
    imports = measure_imports(house, folder, chosen.rounds, chosen.seconds, say)
    print("\n".join(["", *told_of_imports(imports)]), flush=True)
    for each in imports.wrong:
        say(each)
    return {"imports": asdict(imports) | {"ratio": imports.ratio}}, not imports.wrong


def measure_asking(chosen: argparse.Namespace, house: House, _folder: Path) -> tuple[dict[str, Any], bool]:
    """The social report, beside the reciprocity report of the same claims."""
    reports = measure_reports(house, chosen.rounds, say)
    print("\n".join(["", *told_of_reports(reports)]), flush=True)
    for each in reports.wrong:
        say(each)
    return {"reports": asdict(reports)}, not reports.wrong


def main() -> None:
    chosen = options()
    alone = ("hours", "pages", "people", "phone", "matching", "imports", "reports")
    parts = [measure_transfers] if chosen.only not in alone else []
    parts += [measure_hours] if chosen.only in (None, "hours") and not chosen.no_hours else []
    parts += [measure_signing_in] if chosen.only in (None, "people") and not chosen.no_people else []
    parts += [measure_desk] if chosen.only in (None, "pages") and not chosen.no_pages else []
    parts += [measure_app] if chosen.only in (None, "phone") and not chosen.no_pages else []
    parts += [measure_paper] if chosen.only in (None, "matching") else []
    parts += [measure_files] if chosen.only in (None, "imports") else []
    parts += [measure_asking] if chosen.only in (None, "reports") else []
    alone = ([measure_signing_in], [measure_desk], [measure_app], [measure_paper], [measure_asking])
    accounts = 1 if parts in alone else chosen.accounts
    head = machine.described(chosen.server)
    found: dict[str, Any] = {"machine": head}
    right = True
    with tempfile.TemporaryDirectory(prefix="carehours-bench-") as name:
        folder = Path(name)
        say(f"load average before: {machine.load_of_others():.2f}; opening {accounts} accounts")
        with opened_house(folder / "data", accounts=accounts) as house:
            print(f"{head}.", flush=True)
            for part in parts:
                told_as_json, went_well = part(chosen, house, folder)
                found |= told_as_json
                right = right and went_well
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=1))
    if not right:
        sys.exit(1)


if __name__ == "__main__":
    main()
