"""The bank test: many clients, one hot account, two service processes, and a reader who never sees a second lost.

    posted, replayed, refused, reversed, held, settled, voided, and asked twice at once through both processes

At every moment one snapshot must show balances that sum to zero. At the end the log must hold exactly the
transfers that were answered with 201, no more and no fewer, the audit must find nothing, and no log may
speak of a deadlock or of an error nobody has a name for.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import asyncpg
import uvloop

from scripts.measure.house import SLUG, House, audit_findings, opened_house, random_id, running
from scripts.measure.load import Answer, Connection, rendered
from scripts.measure.transfers import PATH, false_receipts, trust_of

T = TypeVar("T")

COMMUNITY = f"/v1/communities/{SLUG}"
TIGHT_FLOOR = -7200
REMEMBERED = 200
KEPT_RECEIPTS = 2000

EXPECTED_REFUSALS = {
    "below_floor",
    "already_reversed",
    "transfer_is_reversal",
    "hold_resolved",
    "hold_expired",
    "hold_exceeded",
}
FORBIDDEN_WORDS = ("internal_error", "database_unavailable", "batch_taken_apart", "post_repeated", "deadlock")


@dataclass(slots=True)
class BankResult:
    """What was done, what the reader saw, and everything that should not have happened."""

    seconds: float = 0.0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    snapshots: int = 0
    tree_size: int = 0
    receipts_verified: int = 0
    audited: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def answers(self) -> int:
        return self.done.total() + self.refused.total()

    def render_lines(self) -> list[str]:
        return [
            f"bank: {self.seconds:.0f} s, {self.answers:,} answers, {self.answers / self.seconds:,.0f} a second",
            "done: " + ", ".join(f"{name} {count:,}" for name, count in sorted(self.done.items())),
            "refused: " + ", ".join(f"{name} {count:,}" for name, count in sorted(self.refused.items())),
            f"{self.snapshots:,} snapshots summed; {self.tree_size:,} leaves; {self.receipts_verified:,} receipts"
            f" verified; audit: {'done' if self.audited else 'not there'}",
            *[f"PROBLEM: {problem}" for problem in self.problems[:20]],
            f"{len(self.problems)} problems",
        ]


def bank(
    data: Path,
    *,
    seconds: float = 3600,
    clients: int = 24,
    accounts: int = 50,
    services: int = 2,
    seed: int = 1,
    fsync: bool = True,
    say: Callable[[str], None] = lambda line: None,
) -> BankResult:
    """Run it in a new data folder. Starts and ends its own processes."""
    result = BankResult()
    with opened_house(data, accounts=accounts, floor=TIGHT_FLOOR, seed=seed, fsync=fsync) as house:
        with running(house, services) as processes:
            ports = [process.port for process in processes]
            kept = uvloop.run(_trade(house, ports, result, seconds, clients, seed, say))
            result.receipts_verified, false = false_receipts(kept, trust_of(processes[0]))
            result.problems += [f"the receipt of {transfer_id} is false" for transfer_id in false]
            _read_logs(result, [process.log_text() for process in processes])
        _read_logs(result, [(house.data / "postgres.log").read_text(errors="replace")])
        findings = asyncio.run(audit_findings(house))
        result.audited = findings is not None
        result.problems += [f"audit: {finding}" for finding in findings or ()]
    return result


async def _trade(
    house: House,
    ports: Sequence[int],
    result: BankResult,
    seconds: float,
    clients: int,
    seed: int,
    say: Callable[[str], None],
) -> list[Answer]:
    began = time.monotonic()
    kept: list[Answer] = []
    traders = [
        Trader(
            house,
            result,
            kept,
            [await Connection.open(port) for port in _turned(ports, number)],
            seed + number,
        )
        for number in range(clients)
    ]
    done = asyncio.Event()
    reader = asyncio.create_task(_keep_summing(house, result, done))
    teller = asyncio.create_task(_keep_telling(result, began, say))
    try:
        await asyncio.gather(*[trader.trade_until(began + seconds) for trader in traders])
    finally:
        teller.cancel()
        done.set()
        await reader
        for trader in traders:
            trader.close()
    result.seconds = time.monotonic() - began
    # The token that was made for this is the first leaf.
    if result.tree_size - 1 != result.done["posted"] + result.done["reversed"] + result.done["settled"]:
        result.problems.append(
            f"{result.tree_size} leaves for other than so many acknowledged transfers: {result.done}"
        )
    return kept


def _turned(ports: Sequence[int], number: int) -> list[int]:
    start = number % len(ports)
    return [*ports[start:], *ports[:start]]


async def _keep_telling(result: BankResult, began: float, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(10)
        say(f"{time.monotonic() - began:.0f} s: {result.answers:,} answers, {len(result.problems)} problems")


async def _keep_summing(house: House, result: BankResult, done: asyncio.Event) -> None:
    """One snapshot after another until the end, and one more then."""
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    try:
        last = False
        while not last:
            last = done.is_set()
            async with db.transaction(isolation="repeatable_read", readonly=True):
                total = await db.fetchval("SELECT sum(balance) FROM balance")
                held = await db.fetchval("SELECT sum(held) FROM balance")
                holds = await db.fetchval("SELECT coalesce(sum(seconds), 0) FROM open_hold")
                leaves = await db.fetchval("SELECT count(*) FROM log_leaf") if last else None
                result.tree_size = await db.fetchval("SELECT tree_size FROM log_head")
            result.snapshots += 1
            if total != 0:
                result.problems.append(f"the balances of a snapshot sum to {total}")
            if held != holds:
                result.problems.append(f"{held} seconds are held by holds of {holds}")
            if leaves is not None and leaves != result.tree_size:
                result.problems.append(f"the head says {result.tree_size} leaves, there are {leaves}")
            await asyncio.sleep(0.01)
    finally:
        await db.close()


def _read_logs(result: BankResult, texts: Sequence[str]) -> None:
    for text in texts:
        result.problems += [
            f"a log says: {line[:300]}"
            for line in text.splitlines()
            if any(word in line for word in FORBIDDEN_WORDS)
        ]


class Trader:
    """One client, with a connection to each service process, who checks every answer."""

    def __init__(
        self,
        house: House,
        result: BankResult,
        kept: list[Answer],
        connections: Sequence[Connection],
        seed: int,
    ) -> None:
        self._house, self._result, self._kept, self._connections = house, result, kept, connections
        self._rng = random.Random(f"trader {seed}")
        self._asked: list[tuple[bytes, Answer]] = []
        self._posted: list[UUID] = []
        self._holds: list[tuple[UUID, UUID, int]] = []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    async def trade_until(self, deadline: float) -> None:
        acts = [
            self._transfer,
            self._repeat,
            self._at_once,
            self._reverse,
            self._hold,
            self._settle,
            self._void,
        ]
        while time.monotonic() < deadline:
            [act] = self._rng.choices(acts, weights=[66, 10, 4, 5, 7, 5, 3])
            await act()

    # --- what a client does

    async def _transfer(self) -> None:
        transfer_id, request = self._new_transfer()
        answer = await self._ask(request)
        if self._judged(answer, "posted", 201):
            self._remember(self._posted, transfer_id)

    async def _repeat(self) -> None:
        """An earlier request again, through the other process: the same answer, and it says so."""
        if not self._asked:
            return
        request, earlier = self._rng.choice(self._asked)
        answer = await self._connections[-1].ask(request)
        self._check_repeat(answer, earlier)

    async def _at_once(self) -> None:
        """The same new request through both processes at the same moment: one posts it, the other replays it."""
        transfer_id, request = self._new_transfer()
        answers = await asyncio.gather(*[connection.ask(request) for connection in self._connections])
        first = min(
            answers, key=lambda answer: (answer.status != 201, b"idempotency-replayed" in answer.head)
        )
        others = [answer for answer in answers if answer is not first]
        self._remember(self._asked, (request, first))
        if self._judged(first, "posted", 201):
            self._remember(self._posted, transfer_id)
        for answer in others:
            self._check_repeat(answer, first)

    async def _reverse(self) -> None:
        if self._posted:
            path = f"{PATH}/{self._rng.choice(self._posted)}/reversal"
            self._judged(await self._ask(self._request(path, {"reason": "typed twice"})), "reversed", 201)

    async def _hold(self) -> None:
        account, seconds = self._rng.choice(self._house.accounts), 900 * self._rng.randint(1, 4)
        expires_at = datetime.now(UTC) + timedelta(seconds=self._rng.choice([1, 3600]))
        hold_id = random_id(self._rng)
        body = {"account": str(account), "seconds": seconds, "expires_at": expires_at.isoformat()}
        if self._judged(await self._ask(self._request(f"{COMMUNITY}/holds", body, hold_id)), "held", 201):
            self._remember(self._holds, (hold_id, account, seconds))

    async def _settle(self) -> None:
        """Wholly or in part."""
        if self._holds:
            hold_id, account, seconds = self._rng.choice(self._holds)
            used = self._rng.choice([seconds, 300])
            entries = _entries(account, self._house.hot, used)
            request = self._request(PATH, {"kind": "settle", "entries": entries, "hold": str(hold_id)})
            self._judged(await self._ask(request), "settled", 201)

    async def _void(self) -> None:
        if self._holds:
            path = f"{COMMUNITY}/holds/{self._rng.choice(self._holds)[0]}/void"
            self._judged(await self._ask(self._request(path, {})), "voided", 200)

    # --- asking and judging

    def _new_transfer(self) -> tuple[UUID, bytes]:
        rng, transfer_id = self._rng, random_id(self._rng)
        payer, payee = rng.sample(self._house.accounts, 2)
        if rng.random() < 0.7:
            payer, payee = (self._house.hot, payee) if rng.random() < 0.6 else (payer, self._house.hot)
        body = {
            "kind": "care",
            "entries": _entries(payer, payee, 900 * rng.randint(1, 4)),
            "note": "Tee & Gebäck",
        }
        return transfer_id, self._request(PATH, body, transfer_id)

    def _request(self, path: str, body: object, key: UUID | None = None) -> bytes:
        key = key or random_id(self._rng)
        return rendered("POST", path, self._house.token, json.dumps(body).encode(), str(key))

    async def _ask(self, request: bytes) -> Answer:
        answer = await self._connections[0].ask(request)
        self._remember(self._asked, (request, answer))
        return answer

    def _judged(self, answer: Answer, name: str, status: int) -> bool:
        """Count it; whether it was done."""
        if answer.status == status:
            self._result.done[name] += 1
            if (
                status == 201
                and name != "held"
                and self._rng.random() < 0.05
                and len(self._kept) < KEPT_RECEIPTS
            ):
                self._kept.append(answer)
            return True
        refusal = _refusal(answer)
        if refusal in EXPECTED_REFUSALS:
            self._result.refused[refusal] += 1
        else:
            self._result.problems.append(f"{name} was answered {answer.status} {answer.body[:200]!r}")
        return False

    def _check_repeat(self, answer: Answer, earlier: Answer) -> None:
        self._result.done["repeated"] += 1
        same = _refusal(answer) == _refusal(earlier) if earlier.status >= 400 else _same_body(answer, earlier)
        if not same or b"idempotency-replayed: true" not in answer.head.lower():
            self._result.problems.append(f"a repeat was answered {answer.status} {answer.body[:300]!r},"
                                         f" at first {earlier.status} {earlier.body[:300]!r}")  # fmt: skip

    def _remember(self, where: list[T], what: T) -> None:
        if len(where) < REMEMBERED:
            where.append(what)
        else:
            where[self._rng.randrange(REMEMBERED)] = what


def _entries(payer: UUID, payee: UUID, seconds: int) -> list[dict[str, object]]:
    return [{"account": str(payer), "seconds": -seconds}, {"account": str(payee), "seconds": seconds}]


def _refusal(answer: Answer) -> str:
    """The stable name at the end of a problem's type, or nothing."""
    return str(json.loads(answer.body).get("type", "")).rpartition("/")[2] if answer.status >= 400 else ""


def _same_body(answer: Answer, earlier: Answer) -> bool:
    """Whether a repeat was told what was told at first. A hold may have been resolved meanwhile."""
    if answer.status != 200:
        return False
    if b'"expires_at"' in earlier.body:
        return bool(json.loads(answer.body)["id"] == json.loads(earlier.body)["id"])
    return answer.body == earlier.body
