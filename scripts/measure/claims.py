"""What confirming a claim costs beside a bare transfer: the check, the caps, the posting and both receipts.

Both are asked for by the same token, of the same service, in the same round. The policy has a cap of each kind, so
that every confirmation sums what its provider earned that day, that week and in all. `scripts/soak hours` does the
same with a long history of claims behind it.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import uvloop

from api.app import open_ledger
from ledger.book.authors import SHELL
from ledger.book.commands import AccountKind, OpenAccount
from ledger.book.ledger import Ledger
from ledger.book.posting import Refused
from ledger.database.connections import statement
from ledger.hours.claims import ConfirmClaim, LogClaims, NewClaim
from ledger.hours.hours import Hours
from ledger.hours.policy_rules import canonical_policy
from ledger.hours.policy_text import read_policy
from ledger.people.members import NewMember, Person, account_of, enrol
from ledger.people.roles import Principal, Scope
from scripts.measure import machine
from scripts.measure.house import SLUG, House, Service, random_id, running
from scripts.measure.load import Answer, drive, quantile
from scripts.measure.transfers import false_receipts, is_posted, singles, trust_of

CLIENTS = 32
MEMBERS = 1000
DAYS = 360
SECONDS = 900
FLOOR_SECONDS = -3_600_000
LOGGED_TOGETHER = 50
"""Claims of one act while the history is made."""

POLICY = """
name = "To measure"
timezone = "Europe/London"
[caps.daily]
hours = 12
above = "refuse"
[caps.weekly]
hours = 40
above = "pot"
[caps.lifetime]
hours = 100000
above = "honour"
[floor]
hours = "-1000:00"
soft = true
"""

BARE, CONFIRMED = "bare transfer", "claim confirmed and paid"


@dataclass(frozen=True, slots=True)
class Measured:
    """One case in one round. CPU is in microseconds each."""

    rate: float
    p50_ms: float
    p99_ms: float
    service_cpu: float
    database_cpu: float


@dataclass(slots=True)
class Claims:
    """Everything measured, by case, one for each round."""

    measured: dict[str, list[Measured]] = field(default_factory=dict)
    wrong: list[Answer] = field(default_factory=list)
    receipts: tuple[int, int] = (0, 0)

    def middle(self, case: str, name: str) -> float:
        return float(statistics.median([getattr(each, name) for each in self.measured[case]]))

    def ratio(self) -> float:
        """The median, over the rounds, of the rate of confirmations to that of bare transfers in the same round."""
        both = zip(self.measured[CONFIRMED], self.measured[BARE], strict=True)
        return statistics.median([one.rate / other.rate for one, other in both])


class Street:
    """The members of the house's community, who help one another; and the ledger in this process."""

    def __init__(self, house: House, ledger: Ledger, members: Sequence[UUID], seed: int) -> None:
        self.house, self.ledger, self.members = house, ledger, members
        self.hours = Hours(ledger)
        self._random = random.Random(seed)
        self._today = datetime.now(UTC).date()

    async def log(self, count: int, *, confirmed: bool = False) -> list[UUID]:
        """Log so many claims; returns their ids. Whoever gives and receives, and when, is drawn."""
        made: list[UUID] = []
        waiting: list[list[NewClaim]] = []
        while len(made) < count:
            claims = [self._claim() for _ in range(min(LOGGED_TOGETHER, count - len(made)))]
            made += [claim.id for claim in claims]
            waiting.append(claims)

        async def post(claims: list[NewClaim]) -> None:
            command = LogClaims(tuple(claims), SHELL, confirmed)
            answer = await self.hours.claim(self.house.community, random_id(self._random), command)
            if isinstance(answer.outcome, Refused):
                raise RuntimeError(f"a claim was refused: {answer.outcome.refusal.code}")

        for start in range(0, len(waiting), 8):
            await asyncio.gather(*[post(claims) for claims in waiting[start : start + 8]])
        return made

    def _claim(self) -> NewClaim:
        provider, receiver = self._random.sample(self.members, 2)
        day = self._today - timedelta(days=self._random.randrange(DAYS))
        return NewClaim(random_id(self._random), provider, receiver, "shopping", day, SECONDS)

    def confirmations(self, claim_ids: Sequence[UUID]) -> Iterator[bytes]:
        """One confirmation a request."""
        for claim_id in claim_ids:
            yield (
                f"POST /v1/communities/{SLUG}/claims/{claim_id}/confirmation HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {self.house.token}\r\nContent-Type: application/json\r\n"
                f"Idempotency-Key: {random_id(self._random)}\r\nContent-Length: 2\r\n\r\n{{}}"
            ).encode()


def is_paid(answer: Answer) -> bool:
    return answer.status == 200 and b'"state":"posted"' in answer.body and b'"receipt":"' in answer.body


async def street_of(house: House, ledger: Ledger, members: int, seed: int = 7) -> Street:
    """Enrol members who can all give and receive, under a policy with every kind of cap."""
    rng = random.Random(seed)
    enrolled = []
    joined_on = date(2020, 1, 1)
    async with ledger.database.transaction(house.community.id) as db:
        await db.driver.execute(
            "INSERT INTO policy VALUES ($1, 1, '2020-01-01', $2, $3, now(), NULL)",
            house.community.id,
            POLICY,
            canonical_policy(read_policy(POLICY)),
        )
        await db.driver.execute("UPDATE log_head SET policy_version = 1")
    pot = OpenAccount(random_id(rng), AccountKind.POT, "community-pot", 0, None)
    await ledger.post(house.community, [pot])
    for number in range(members):
        member_id = random_id(rng)
        new = NewMember(member_id, Person(f"Neighbour {number}"), joined_on, account_id=account_of(member_id))
        answer = await enrol(
            ledger, house.community, SHELL, new, even_if_alike=True, limits=(FLOOR_SECONDS, None)
        )
        if isinstance(answer.outcome, Refused):
            raise RuntimeError(f"a member was not enrolled: {answer.outcome.refusal.code}")
        enrolled.append(member_id)
    return Street(house, ledger, enrolled, seed)


def measure_claims(house: House, rounds: int, seconds: float, say: Callable[[str], None]) -> Claims:
    """Both cases in turn, in rounds. The claims of a round are logged beforehand, which is not measured."""
    claims = Claims()
    ledger = open_ledger(house.settings, pool_size=2)

    with running(house) as [service], asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        say(f"enrolling {MEMBERS} members")
        street = runner.run(street_of(house, ledger, MEMBERS))
        runner.run(drive(service.port, 8, 1.0, singles(house, "warm", hot=False), is_posted))
        warm = runner.run(street.log(4000))
        runner.run(drive(service.port, 8, 1.0, street.confirmations(warm), is_paid))
        kept: list[Answer] = []
        most = 2500.0
        for number in range(1, rounds + 1):
            say(f"round {number} of {rounds}: {BARE}, {CLIENTS} clients")
            requests = singles(house, f"bare {number}", hot=False)
            measured, _ = _measured(house, service, runner, seconds, requests, is_posted, claims)
            claims.measured.setdefault(BARE, []).append(measured)
            most = max(most, measured.rate)
            waiting = runner.run(street.log(int(most * seconds * 1.2)))
            say(f"round {number} of {rounds}: {CONFIRMED}, {CLIENTS} clients")
            requests = street.confirmations(waiting)
            measured, answers = _measured(house, service, runner, seconds, requests, is_paid, claims)
            claims.measured.setdefault(CONFIRMED, []).append(measured)
            kept += answers
        paid = [
            Answer(answer.status, b"", json.dumps(json.loads(answer.body)["transfers"][0]).encode())
            for answer in kept[:200]
        ]
        count, false = false_receipts(paid, trust_of(service))
        claims.receipts = (count, len(false))
        runner.run(ledger.database.close())
    return claims


def _measured(
    house: House,
    service: Service,
    runner: asyncio.Runner,
    seconds: float,
    requests: Iterator[bytes],
    is_right: Callable[[Answer], bool],
    claims: Claims,
) -> tuple[Measured, list[Answer]]:
    def cpu() -> tuple[float, float]:
        return machine.cpu_seconds(service.pid), machine.cpu_seconds(house.postmaster_pid())

    before = cpu()
    run = runner.run(drive(service.port, CLIENTS, seconds, requests, is_right))
    service_cpu, database_cpu = [after - earlier for after, earlier in zip(cpu(), before, strict=True)]
    claims.wrong += run.wrong[:20]
    done = max(1, len(run.latencies))
    measured = Measured(
        (len(run.latencies) - len(run.wrong)) / run.elapsed,
        quantile(run.latencies, 0.5) * 1000,
        quantile(run.latencies, 0.99) * 1000,
        service_cpu / done * 1e6,
        database_cpu / done * 1e6,
    )
    return measured, run.kept[:50]


def told_of_claims(claims: Claims) -> list[str]:
    lines = [
        f"| hours, {CLIENTS} clients | a second | p50 ms | p99 ms | CPU us: service | database | to the bare one |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for case in (BARE, CONFIRMED):
        numbers = [
            claims.middle(case, name) for name in ("rate", "p50_ms", "p99_ms", "service_cpu", "database_cpu")
        ]
        cells = [f"{numbers[0]:,.0f}", *[f"{number:.1f}" for number in numbers[1:3]]]
        cells += [f"{number:.0f}" for number in numbers[3:]]
        cells.append("1.00" if case == BARE else f"{claims.ratio():.2f}")
        lines.append(f"| {case} | {' | '.join(cells)} |")
    lines.append(f"Receipts of claims verified: {claims.receipts[0]}, of which {claims.receipts[1]} false.")
    return lines


# --- with history ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Age:
    """What was seen when so many claims were there: confirmations a second in process, in batches, and the plans."""

    claims: int
    rate: float
    sum_buffers: float
    sum_ms: float


REMEMBERED = """
    INSERT INTO claim SELECT $1, gen_random_uuid(), provider, receiver, 'shopping', current_date - day, NULL, NULL,
        900, 1, md5(provider::text)::uuid, md5(receiver::text)::uuid, NULL, NULL, NULL, 'shell',
        now() - day * interval '1 day', NULL, 'posted', 2, 1, 900, 900
    FROM (
        SELECT ($2::uuid[])[1 + n % $3] AS provider, ($2::uuid[])[1 + (n + 1 + n % 7) % $3] AS receiver,
            (n / $3) % 360 AS day
        FROM generate_series(1, $4) n
    ) drawn
"""
"""A history of posted claims, written straight into the table the caps are summed from."""


def grow_claims(house: House, sizes: Sequence[int], seconds: float, say: Callable[[str], None]) -> list[Age]:
    """Confirm for a few seconds with each number of claims behind it."""
    return uvloop.run(_grow(house, sizes, seconds, say))


async def _grow(house: House, sizes: Sequence[int], seconds: float, say: Callable[[str], None]) -> list[Age]:
    ledger = open_ledger(house.settings, pool_size=4)
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    ages = []
    try:
        street = await street_of(house, ledger, MEMBERS)
        for size in sorted(sizes):
            there = await db.fetchval("SELECT count(*) FROM claim")
            say(f"writing {size - there:,} claims of the past")
            members = len(street.members)
            await db.execute(REMEMBERED, house.community.id, street.members, members, max(0, size - there))
            await db.execute("VACUUM ANALYZE")
            rate = await _confirming_rate(street, seconds)
            buffers, milliseconds = await _plan_of_sums(street, db)
            ages.append(Age(size, rate, buffers, milliseconds))
            say(f"at {size:,}: {ages[-1]}")
    finally:
        await db.close()
        await ledger.database.close()
    return ages


async def _confirming_rate(street: Street, seconds: float) -> float:
    """Confirmations a second in this process, 32 at a time; logging them is not counted."""
    community = street.house.community
    asker = Principal(community, token_id="0" * 12, scopes=frozenset(Scope))
    done, spent = 0, 0.0
    while spent < seconds:
        waiting = await street.log(640)
        began = time.perf_counter()
        for start in range(0, len(waiting), CLIENTS):
            batch = waiting[start : start + CLIENTS]
            answers = await asyncio.gather(
                *[
                    street.hours.claim(community, random_id(street._random), ConfirmClaim(each, asker))
                    for each in batch
                ]
            )
            if any(isinstance(answer.outcome, Refused) for answer in answers):
                raise RuntimeError("a confirmation was refused")
        spent += time.perf_counter() - began
        done += len(waiting)
    return done / spent


async def _plan_of_sums(street: Street, db: asyncpg.Connection) -> tuple[float, float]:
    """Pages and milliseconds of the statement the caps are summed with, for one provider and week, as the median."""
    sql, parameters = statement("hours/read_visits")
    buffers, milliseconds = [], []
    for member_id in street.members[:100]:
        monday = street._today - timedelta(days=street._today.weekday() + 70)
        values: dict[str, object] = {
            "community_id": street.house.community.id,
            "provider_ids": [member_id],
            "from_ons": [monday],
            "until_ons": [monday + timedelta(days=6)],
            "receiver_ids": [],
            "received_ons": [],
        }
        told = await db.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *[values[parameter] for parameter in parameters]
        )
        [plan] = json.loads(told)
        buffers.append(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
        milliseconds.append(plan["Execution Time"])
    return statistics.median(buffers), statistics.median(milliseconds)


def told_of_ages(ages: Sequence[Age]) -> list[str]:
    return [
        "| claims | confirmed a second, 32 at a time | to the first | cap sums: pages | ms |",
        "|---:|---:|---:|---:|---:|",
        *[
            f"| {age.claims:,} | {age.rate:,.0f} | {age.rate / ages[0].rate:.2f} | {age.sum_buffers:.0f} |"
            f" {age.sum_ms:.2f} |"
            for age in ages
        ],
    ]
