"""Rate limits: exact, shared by processes, and kept through restarts."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.people import rate_limits
from ledger.people.rate_limits import FREE, MEMBER_REQUESTS, Rate, RateLimits, bucket_of

BY_MINUTE = Rate("by_minute", every=timedelta(seconds=60), burst=3)


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def process(ledger, clock):
    """Another process of the service, or the same after a restart: it remembers nothing itself."""
    return lambda: RateLimits(ledger.database, clock)


async def taken(limits, rate, times, *subject):
    return [await limits.take(rate, *subject) for _ in range(times)].count(None)


async def test_a_burst_is_allowed_and_then_one_at_a_time(process, clock):
    limits = process()
    assert [await limits.take(BY_MINUTE, "a") for _ in range(4)] == [None, None, None, 60]
    clock.forward(seconds=59, milliseconds=1)
    assert await limits.take(BY_MINUTE, "a") == 1
    clock.forward(seconds=1)
    assert await limits.take(BY_MINUTE, "a") is None
    assert await limits.take(BY_MINUTE, "a") == 60
    clock.forward(minutes=10)
    assert [await limits.take(BY_MINUTE, "a") for _ in range(4)] == [None, None, None, 60]


async def test_subjects_and_rates_do_not_share(process):
    limits = process()
    other = Rate("other", BY_MINUTE.every, BY_MINUTE.burst)
    assert await taken(limits, BY_MINUTE, 5, "a") == 3
    assert await taken(limits, BY_MINUTE, 5, "b") == 3
    assert await taken(limits, other, 5, "a") == 3
    assert bucket_of(BY_MINUTE, "a", "bc") != bucket_of(BY_MINUTE, "ab", "c") != bucket_of(BY_MINUTE, "abc")


async def test_processes_share_one_limit(process):
    one, other = process(), process()
    assert await one.take(BY_MINUTE, "a") is None
    assert await other.take(BY_MINUTE, "a") is None
    assert await one.take(BY_MINUTE, "a") is None
    assert await other.take(BY_MINUTE, "a") == 60
    assert await one.take(BY_MINUTE, "a") == 60


async def test_a_restart_forgives_nothing(process):
    assert await taken(process(), BY_MINUTE, 3, "a") == 3
    assert await process().take(BY_MINUTE, "a") == 60
    limits = process()
    await limits.clear()
    assert await limits.take(BY_MINUTE, "a") == 60


async def test_of_many_at_once_no_more_come_through(process):
    processes = [process() for _ in range(4)]
    answers = await asyncio.gather(*(each.take(BY_MINUTE, "a") for each in processes for _ in range(10)))
    assert answers.count(None) == 3
    assert all(answer == 60 for answer in answers if answer is not None)


async def test_leases_are_counted_before_they_are_spent(process, clock):
    processes = [process() for _ in range(3)]
    answers = await asyncio.gather(
        *(each.take(MEMBER_REQUESTS, "1", "a") for each in processes for _ in range(70))
    )
    # What one process leased and did not spend is lost to the others: never more than the limit, and not much less.
    assert 100 - 3 * MEMBER_REQUESTS.lease <= answers.count(None) <= 100
    clock.forward(seconds=2)
    assert await taken(process(), MEMBER_REQUESTS, 20, "1", "a") == 10


async def test_many_requests_of_one_process_at_once_share_its_leases(process):
    limits = process()
    answers = await asyncio.gather(*(limits.take(MEMBER_REQUESTS, "1", "a") for _ in range(150)))
    assert answers.count(None) == 100
    assert limits._asking == {}


async def test_a_lease_saves_round_trips(process, monkeypatch):
    limits = process()
    asked = []
    take = limits._take
    monkeypatch.setattr(limits, "_take", lambda *more: asked.append(more) or take(*more))
    assert await taken(limits, MEMBER_REQUESTS, 100, "1", "a") == 100
    assert len(asked) == 10
    assert await limits.take(MEMBER_REQUESTS, "1", "a") == 1
    assert await taken(limits, MEMBER_REQUESTS, 50, "1", "a") == 0
    assert len(asked) == 12, "a refusal is repeated without asking again"


async def test_a_lease_lapses(process, clock):
    limits = process()
    assert await limits.take(MEMBER_REQUESTS, "1", "a") is None
    clock.forward(minutes=2)
    assert await taken(limits, MEMBER_REQUESTS, 101, "1", "a") == 100


async def test_memory_is_bounded(process, monkeypatch):
    monkeypatch.setattr(rate_limits, "MAX_KEPT", 5)
    limits = process()
    for number in range(40):
        await limits.take(MEMBER_REQUESTS, "1", str(number))
        assert len(limits._kept) <= 5


async def test_a_clock_that_was_wrong_locks_nobody_out(process, clock):
    clock.forward(days=365)
    assert await taken(process(), BY_MINUTE, 3, "a") == 3
    clock.forward(days=-365)
    assert await taken(process(), BY_MINUTE, 5, "a") == 3


async def test_clearing_deletes_what_says_nothing_any_more(process, clock, owner):
    limits = process()
    await taken(limits, BY_MINUTE, 3, "a")
    clock.forward(days=1)
    await limits.take(BY_MINUTE, "b")
    clock.forward(minutes=4)
    await limits.clear()
    rows = await owner.fetch("SELECT bucket FROM rate_limit")
    assert [row["bucket"] for row in rows] == [bucket_of(BY_MINUTE, "b")]


async def test_no_address_is_kept_in_clear(process, owner):
    await process().take(BY_MINUTE, "192.0.2.1", "ana@example.org")
    assert all(len(row["bucket"]) == 32 for row in await owner.fetch("SELECT bucket FROM rate_limit"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waits=st.lists(st.integers(0, 90), max_size=25), number=st.uuids())
async def test_no_window_ever_holds_more_than_the_rate_allows(ledger, waits, number):
    clock = Clock()
    limits = [RateLimits(ledger.database, clock) for _ in range(2)]
    allowed = []
    for step, wait in enumerate(waits):
        clock.forward(seconds=wait)
        if await limits[step % 2].take(BY_MINUTE, str(number)) is None:
            allowed.append(clock.now)
    for first, begin in enumerate(allowed):
        for count, end in enumerate(allowed[first:], 1):
            assert count <= BY_MINUTE.burst + (end - begin) // BY_MINUTE.every


async def test_the_first_few_do_not_wait_for_the_database_and_the_many_are_limited_all_the_same(
    process, clock, monkeypatch
):
    asked = []
    usual = RateLimits._take

    async def counted(self, *values):
        asked.append(values)
        return await usual(self, *values)

    monkeypatch.setattr(RateLimits, "_take", counted)
    one, other = process(), process()
    assert [await one.take_ahead(MEMBER_REQUESTS, "ana") for _ in range(FREE - 1)] == [None] * (FREE - 1)
    assert asked == []
    allowed = 0
    for _ in range(200):
        for limits in (one, other):
            allowed += await limits.take_ahead(MEMBER_REQUESTS, "ana") is None
    assert MEMBER_REQUESTS.burst <= allowed <= MEMBER_REQUESTS.burst + FREE + 1
    assert len(asked) < 40
    assert await process().take(MEMBER_REQUESTS, "ana") is not None
    clock.forward(minutes=2)
    assert await one.take_ahead(MEMBER_REQUESTS, "ana") is None
    await one.close()
    await other.close()
