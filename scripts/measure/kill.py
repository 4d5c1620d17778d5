"""The kill test: kill -9 at random moments, of the service or of PostgreSQL, and nothing acknowledged is lost.

After each death everything is started again. Then each transfer that had been answered is asked for again and
must be answered the same, each whose outcome nobody heard is repeated as a client would, and at the end the
log must hold each of them once, every receipt given must verify, and the audit must find nothing.
"""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg
import uvloop

from scripts.measure.house import House, Service, audit_findings, opened_house
from scripts.measure.load import Answer, Connection, Disconnected
from scripts.measure.transfers import false_receipts, singles, trust_of

Victim = Literal["service", "database"]
VICTIMS: tuple[Victim, ...] = ("service", "database")


@dataclass(slots=True)
class KillResult:
    """How often who was killed, what had been promised by then, and everything that should not have happened."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    unheard: int = 0
    unheard_but_posted: int = 0
    receipts_verified: int = 0
    slowest_start: float = 0.0
    audited: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def render_lines(self) -> list[str]:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return [
            f"kill -9: {kills}; slowest start after it {self.slowest_start:.1f} s",
            f"{self.acknowledged:,} transfers acknowledged, all there once with the same answer unless told below",
            f"{self.unheard} answers not heard, of which {self.unheard_but_posted} had been posted",
            f"{self.receipts_verified:,} receipts verified; audit: {'done' if self.audited else 'not there'}",
            *[f"PROBLEM: {problem}" for problem in self.problems[:20]],
            f"{len(self.problems)} problems",
        ]


@dataclass(slots=True)
class Promises:
    """What clients were told: the answer to each request, or that there was none."""

    heard: dict[bytes, Answer] = field(default_factory=dict)
    unheard: list[bytes] = field(default_factory=list)


def kill(
    data: Path,
    *,
    kills: int = 20,
    clients: int = 16,
    victims: Sequence[Victim] = VICTIMS,
    longest: float = 2.0,
    seed: int = 1,
    fsync: bool = True,
    say: Callable[[str], None] = lambda line: None,
) -> KillResult:
    """Run it in a new data folder: so many deaths, each within `longest` seconds of the start before."""
    rng, result = random.Random(seed), KillResult()
    all_heard: dict[bytes, Answer] = {}
    with opened_house(data, accounts=100, seed=seed, fsync=fsync) as house:
        requests = singles(house, f"kill {seed}", hot=False)
        service = Service(house)
        try:
            for number in range(kills):
                victim = victims[number % len(victims)]
                promises = uvloop.run(
                    _until_killed(house, service, requests, clients, victim, rng.uniform(0.05, longest))
                )
                result.kills[victim] += 1
                service = _again(service, house, result)
                uvloop.run(_hold_to(service, promises, result))
                all_heard |= promises.heard
                say(
                    f"{victim} killed, {len(all_heard):,} acknowledged so far, {len(result.problems)} problems"
                )
            result.acknowledged = len(all_heard)
            result.receipts_verified, false = false_receipts(all_heard.values(), trust_of(service))
            result.problems += [f"the receipt of {transfer_id} is false" for transfer_id in false]
            # Once more, from the first to the last: a later death must not have undone an earlier promise.
            uvloop.run(_hold_to(service, Promises(all_heard), result))
            uvloop.run(_count(house, result))
        finally:
            service.stop()
        findings = asyncio.run(audit_findings(house))
        result.audited = findings is not None
        result.problems += [f"audit: {finding}" for finding in findings or ()]
    return result


async def _until_killed(
    house: House, service: Service, requests: Iterator[bytes], clients: int, victim: Victim, after: float
) -> Promises:
    """Clients at work, until one of the processes they depend on is gone."""
    promises = Promises()
    gone = asyncio.Event()

    async def client() -> None:
        connection = await Connection.open(service.port)
        while not gone.is_set():
            request = next(requests)
            try:
                answer = await asyncio.wait_for(connection.ask(request), 30)
            except (Disconnected, TimeoutError):
                promises.unheard.append(request)
                break
            if answer.status == 201:
                promises.heard[request] = answer
            else:
                # 503: the database did not answer, so the outcome is unknown.
                promises.unheard.append(request)
        connection.close()

    working = [asyncio.create_task(client()) for _ in range(clients)]
    await asyncio.sleep(after)
    os.kill(service.pid if victim == "service" else house.postmaster_pid(), signal.SIGKILL)
    # The rest of the last round of requests may still be answered, or not.
    await asyncio.sleep(0.05)
    gone.set()
    await asyncio.gather(*working)
    return promises


def _again(service: Service, house: House, result: KillResult) -> Service:
    """The service once more. It finds the database that was left running, or starts it after a crash."""
    with contextlib.suppress(ProcessLookupError):
        service.stop()
    began = time.monotonic()
    restarted = Service(house)
    result.slowest_start = max(result.slowest_start, time.monotonic() - began)
    return restarted


async def _hold_to(service: Service, promises: Promises, result: KillResult) -> None:
    """Repeat every request: what was heard must be said again, what was not must be said now."""
    connections = [await Connection.open(service.port) for _ in range(8)]
    pending = [*promises.heard, *promises.unheard]

    async def client(connection: Connection) -> None:
        while pending:
            request = pending.pop()
            answer = await connection.ask(request)
            if (earlier := promises.heard.get(request)) is None:
                result.unheard += 1
                result.unheard_but_posted += answer.status == 200
                if answer.status not in (200, 201):
                    result.problems.append(
                        f"an unheard request was answered {answer.status} {answer.body[:200]!r}"
                    )
                unheard[request] = answer
            elif answer.status != 200 or answer.body != earlier.body:
                result.problems.append(
                    f"acknowledged as {earlier.body[:300]!r}, now {answer.status} {answer.body[:300]!r}"
                )

    unheard: dict[bytes, Answer] = {}
    await asyncio.gather(*[client(connection) for connection in connections])
    promises.heard |= unheard
    for connection in connections:
        connection.close()


async def _count(house: House, result: KillResult) -> None:
    """As many transfers and leaves as were acknowledged in the end: each once, and nothing besides."""
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    try:
        for what in (
            "SELECT count(*) FROM transfer",
            "SELECT count(*) FROM log_leaf WHERE transfer_id IS NOT NULL",
            "SELECT tree_size - (SELECT count(*) FROM event) FROM log_head",
        ):
            count = await db.fetchval(what)
            if count != result.acknowledged:
                result.problems.append(f"{what}: {count}, but {result.acknowledged} were acknowledged")
        if total := await db.fetchval("SELECT sum(balance) FROM balance"):
            result.problems.append(f"the balances sum to {total}")
    finally:
        await db.close()
