"""How often something may be tried, counted across processes and restarts.

The generic cell rate algorithm: of each bucket only the moment is kept at which it will be full again. A taking
moves that moment `every` further, and is refused when it would come to lie more than `burst` times `every` ahead.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import structlog

from ledger.database.connections import Anywhere, Database

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, and one more each `every`. A process takes `lease` at a time and spends them itself."""

    name: str
    every: timedelta
    burst: int
    lease: int = 1


SIGN_IN_BY_ADDRESS = Rate("sign_in_by_address", every=timedelta(seconds=6), burst=10)
SIGN_IN_BY_MEMBER = Rate("sign_in_by_member", every=timedelta(seconds=60), burst=5)
MEMBER_REQUESTS = Rate("member_requests", every=timedelta(milliseconds=200), burst=100, lease=10)

LEASED_FOR = timedelta(minutes=1)
FREE = 5
"""How many a process lets through in a minute before it asks the database, of what runs ahead."""

MAX_KEPT = 10_000
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(slots=True)
class Kept:
    """What this process knows of a bucket until a moment: how many it may still spend; with none, a refusal."""

    left: int
    until: datetime


class RateLimits:
    """The limits of one database. `now` is the clock."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now
        self._kept: dict[bytes, Kept] = {}
        self._free: dict[bytes, Kept] = {}
        self._asking: dict[bytes, asyncio.Event] = {}
        self._ahead: set[asyncio.Task[None]] = set()

    async def take(self, rate: Rate, *subject: str) -> int | None:
        """Take one: None when allowed, else whole seconds to wait, at least 1.

        What was leased is spent without asking the database. So is a refusal repeated: nothing can bring the
        moment nearer at which there will be one again.
        """
        bucket = bucket_of(rate, *subject)
        while (asking := self._asking.get(bucket)) is not None or bucket in self._kept:
            known, answer = self._spend(bucket)
            if known:
                return answer
            if asking is not None:
                # One question at a time: what it brings may be enough for those who wait.
                await asking.wait()
        asking = self._asking[bucket] = asyncio.Event()
        try:
            return await self._ask(rate, bucket)
        finally:
            del self._asking[bucket]
            asking.set()

    def _spend(self, bucket: bytes) -> tuple[bool, int | None]:
        """Whether this process knows the answer by itself, and the answer."""
        now = self._now()
        kept = self._kept.get(bucket)
        if kept is None:
            return False, None
        if now >= kept.until:
            del self._kept[bucket]
            return False, None
        if kept.left == 0:
            return True, _seconds(kept.until - now)
        kept.left -= 1
        if kept.left == 0:
            del self._kept[bucket]
        return True, None

    async def take_ahead(self, rate: Rate, *subject: str) -> int | None:
        """`take` for what is often asked: the caller does not wait for the database as a rule.

        A few in a minute are let through without asking it; with the last of them a lease is asked for ahead, and
        whoever comes before the answer waits for it. So a process lets `FREE` through that it may not have had.
        """
        bucket = bucket_of(rate, *subject)
        now = self._now()
        free = self._free.get(bucket)
        if free is None or now >= free.until:
            free = Kept(FREE, now + LEASED_FOR)
            self._free = _bounded(self._free, now)
            self._free[bucket] = free
        if free.left == 0:
            return await self.take(rate, *subject)
        free.left -= 1
        if free.left == 0 and bucket not in self._asking and bucket not in self._kept:
            self._asking[bucket] = asyncio.Event()
            asking = asyncio.create_task(self._ask_ahead(rate, bucket))
            self._ahead.add(asking)
            asking.add_done_callback(self._ahead.discard)
        return None

    async def _ask_ahead(self, rate: Rate, bucket: bytes) -> None:
        try:
            await self._ask(rate, bucket)
        except Exception as problem:  # noqa: BLE001 - nobody waits for it, and the next request asks again
            log.warning("rate_limit_unknown", error=type(problem).__name__)
        finally:
            self._asking.pop(bucket).set()

    async def close(self) -> None:
        """Wait for what was asked ahead."""
        if self._ahead:
            await asyncio.wait(self._ahead)

    async def _ask(self, rate: Rate, bucket: bytes) -> int | None:
        now = self._now()
        if rate.lease > 1 and await self._take(rate, bucket, rate.lease, now):
            self._keep(bucket, Kept(rate.lease - 1, now + LEASED_FOR), now)
            return None
        if await self._take(rate, bucket, 1, now):
            return None
        async with self._database.connection(Anywhere.ANYWHERE) as db:
            row = await db.row("people/read_rate", bucket=bucket)
        capacity = rate.every * rate.burst
        wait = timedelta(0) if row is None else row["full_at"] + rate.every - capacity - now
        if wait > timedelta(0):
            self._keep(bucket, Kept(0, now + wait), now)
        return _seconds(wait)

    async def clear(self) -> None:
        """Delete the buckets that have been full for a day: they say nothing any more."""
        async with self._database.connection(Anywhere.ANYWHERE) as db:
            await db.run("people/delete_rates", before=self._now() - FORGOTTEN_AFTER)

    async def _take(self, rate: Rate, bucket: bytes, count: int, now: datetime) -> bool:
        async with self._database.connection(Anywhere.ANYWHERE) as db:
            row = await db.row(
                "people/take_rate",
                bucket=bucket,
                now=now,
                cost=rate.every * count,
                capacity=rate.every * rate.burst,
            )
        return row is not None

    def _keep(self, bucket: bytes, kept: Kept, now: datetime) -> None:
        self._kept = _bounded(self._kept, now)
        self._kept[bucket] = kept


def _bounded(known: dict[bytes, Kept], now: datetime) -> dict[bytes, Kept]:
    """What is known, within bounds. What is forgotten was counted in the database, so nobody gains much by it."""
    if len(known) < MAX_KEPT:
        return known
    known = {bucket: kept for bucket, kept in known.items() if now < kept.until}
    return known if len(known) < MAX_KEPT else {}


def bucket_of(rate: Rate, *subject: str) -> bytes:
    """SHA-256 over name and subjects, each with its length, so that no two share a bucket."""
    texts = [text.encode("utf-8", "surrogatepass") for text in (rate.name, *subject)]
    return sha256(b"".join(b"%d:%s," % (len(text), text) for text in texts)).digest()


def _seconds(wait: timedelta) -> int:
    return max(1, -(-wait // timedelta(seconds=1)))
