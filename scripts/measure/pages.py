"""What a page of the desk costs beside the JSON route it is made of: 50 members of 100,000, over real HTTP.

One request after another, the page and the route in turn, at the same places in the list.
"""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import asyncpg
import uvloop

from api.app import open_ledger
from ledger.book.authors import SHELL
from ledger.people.granting import grant_role
from ledger.people.members import NewMember, Person, enrol
from ledger.people.roles import Role
from ledger.people.sessions import start_session
from scripts.measure import machine
from scripts.measure.house import SLUG, House, Service, running
from scripts.measure.load import Answer, Connection, quantile

MEMBERS = 100_000
ROWS = 50
COOKIE = "__Host-carehours"
ROUTE, PAGE = "JSON route", "page of the desk"

# Written straight into the tables: what is measured only reads them.
MEMBER_ROWS = """
INSERT INTO member (community_id, member_id, member_number, status, status_since, joined_on, frail, change_count,
    enrolled_at)
SELECT $1, gen_random_uuid(), number, 'active', '2026-01-01', '2026-01-01', false, 1, now()
FROM generate_series(2, $2) AS number
"""
PERSON_ROWS = """
INSERT INTO person (community_id, member_id, name, skeleton, email, phone, languages)
SELECT community_id, member_id, 'Member ' || member_number, 'member' || member_number,
    'm' || member_number || '@example.org', '+44 1234 ' || member_number, '{en}'
FROM member WHERE community_id = $1 AND member_number > 1
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One of the two in one round; CPU of the service in microseconds each, size in bytes."""

    p50_ms: float
    p99_ms: float
    service_cpu: float
    size: int


@dataclass(slots=True)
class Pages:
    """Everything measured: by what was asked, one for each round."""

    measured: dict[str, list[Measured]] = field(default_factory=dict)
    wrong: list[Answer] = field(default_factory=list)

    def middle(self, what: str, name: str) -> float:
        return float(statistics.median([getattr(each, name) for each in self.measured[what]]))

    def ratio(self, name: str) -> float:
        """The median, over the rounds, of the page's figure to the route's in the same round."""
        both = zip(self.measured[PAGE], self.measured[ROUTE], strict=True)
        return statistics.median([getattr(page, name) / getattr(route, name) for page, route in both])


async def _furnish(house: House) -> str:
    """Enrol a co-ordinator and 100,000 others; returns the co-ordinator's session."""
    ledger = open_ledger(house.settings, pool_size=2)
    try:
        member_id: UUID = uuid4()
        new = NewMember(member_id, Person("Cora"), date(2026, 1, 1))
        await enrol(ledger, house.community, SHELL, new, even_if_alike=True)
        await grant_role(ledger, house.community, SHELL, uuid4(), member_id, Role.COORDINATOR)
        async with ledger.database.transaction(house.community.id) as db:
            session = await start_session(
                db,
                house.community.id,
                member_id,
                method="passkey",
                device="measuring",
                now=datetime.now(UTC),
                strong=True,
            )
    finally:
        await ledger.database.close()
    owner = await asyncpg.connect(
        host=str(house.server.socket_folder), user="carehours", database="carehours"
    )
    try:
        await owner.execute(MEMBER_ROWS, house.community.id, MEMBERS)
        await owner.execute(PERSON_ROWS, house.community.id)
        await owner.execute("ANALYZE member, person")
    finally:
        await owner.close()
    return session.text


def _request(path: str, session: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {COOKIE}={session}\r\n"
        "Sec-Fetch-Site: same-origin\r\nAccept-Language: en\r\n\r\n"
    ).encode()


async def _round(service: Service, session: str, seconds: float, seed: int, pages: Pages) -> None:
    rng = random.Random(seed)
    connection = await Connection.open(service.port)
    paths = {
        ROUTE: f"/v1/communities/{SLUG}/members?limit={ROWS}&after=",
        PAGE: f"/desk/{SLUG}/members?after=",
    }
    latencies: dict[str, list[float]] = {ROUTE: [], PAGE: []}
    cpu = dict.fromkeys(paths, 0.0)
    size = dict.fromkeys(paths, 0)
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        # Twenty of each in turn: the processor's clock has ticks of ten milliseconds.
        places = [rng.randrange(MEMBERS - ROWS) for _ in range(20)]
        for what, path in paths.items():
            before = machine.cpu_seconds(service.pid)
            for place in places:
                began = time.perf_counter()
                answer = await connection.ask(_request(f"{path}{place}", session))
                latencies[what].append(time.perf_counter() - began)
                size[what] = len(answer.body)
                named = answer.body.count(b"Member ")
                if answer.status != 200 or named < ROWS:
                    pages.wrong.append(answer)
            cpu[what] += machine.cpu_seconds(service.pid) - before
    connection.close()
    for what, each in latencies.items():
        measured = Measured(
            quantile(each, 0.5) * 1e3, quantile(each, 0.99) * 1e3, cpu[what] / len(each) * 1e6, size[what]
        )
        pages.measured.setdefault(what, []).append(measured)


def measure_pages(house: House, rounds: int, seconds: float, say: Callable[[str], None]) -> Pages:
    """Measure on a house of its own community, which gets 100,000 members."""
    pages = Pages()
    say(f"pages: {MEMBERS:,} members")
    session = uvloop.run(_furnish(house))
    with running(house) as [service]:
        uvloop.run(_round(service, session, 1.0, 0, Pages()))
        for number in range(1, rounds + 1):
            say(f"pages: round {number} of {rounds}")
            uvloop.run(_round(service, session, seconds, number, pages))
    return pages


def told_of_pages(pages: Pages) -> list[str]:
    lines = [
        f"| {ROWS} of {MEMBERS:,} members | p50 ms | p99 ms | CPU us: service | bytes |",
        "|---|---:|---:|---:|---:|",
    ]
    for what in (ROUTE, PAGE):
        cells = [
            what,
            *[f"{pages.middle(what, name):.2f}" for name in ("p50_ms", "p99_ms")],
            *[f"{pages.middle(what, name):,.0f}" for name in ("service_cpu", "size")],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [
        *lines,
        "",
        f"The page takes {pages.ratio('p50_ms'):.2f} times as long as its route (aim: at most 2), and"
        f" {pages.ratio('service_cpu'):.2f} times the service's CPU. Wrong answers: {len(pages.wrong)}.",
    ]
