"""The admin trail by every filter, page by page."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL, Event
from ledger.people.acts import act
from ledger.people.roles import Role
from tests.api.conftest import URL, problem

DAYS = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 2, 5, 30)]


@pytest.fixture
def clock(app, monkeypatch):
    """What the ledger takes for the time: the one item of a list."""
    clock = [datetime(2026, 2, 1, tzinfo=UTC)]
    monkeypatch.setattr(app.state.ledger, "now", lambda: clock[0])
    return clock


@pytest.fixture
async def oak(app, clock):
    return await app.state.ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")


@pytest.fixture
async def lived(app, oak, clock):
    """Two members to whom things were done on five days of March, in several kinds."""
    members = [uuid4(), uuid4()]
    about = itertools.cycle([members[0], members[1], None])
    for day in DAYS:
        clock[0] = day
        for kind in ("card_issued", "class_changed", "card_issued"):
            event = Event(kind, SHELL, next(about))

            async def also(_db, _decision, _now, event=event):
                return [event]

            await act(app.state.ledger, oak, SHELL, event.id, kind, [], also)
    return [str(each) for each in members]


async def everything(reader, query="", address="/events"):
    found, answer = [], await reader.get(f"{address}?limit=4&{query}")
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()["events"]
        if "next" not in answer.links:
            return found
        assert len(answer.json()["events"]) == 4
        answer = await reader.client.get(answer.links["next"]["url"], headers=reader.headers)


async def test_filters_find_what_looking_at_each_event_finds(people, lived):
    auditor = await people.with_role(Role.AUDITOR)
    whole = await everything(auditor)
    assert len(whole) > 15
    leaves = [each["leaf_index"] for each in whole]
    assert leaves == sorted(leaves, reverse=True)
    days = [None, ("2026-03-01", "2026-03-02"), ("2026-03-03", "2026-03-04"), ("2026-03-05", "2026-03-30")]
    counts = []
    for kind, member, recorded in itertools.product(
        [None, "card_issued", "nothing_such"], [None, lived[0]], days
    ):
        query = {"kind": kind, "member": member}
        if recorded is not None:
            query |= dict(zip(("from", "until"), recorded, strict=True))
        asked = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
        expected = [
            each
            for each in whole
            if kind in (None, each["kind"])
            and member in (None, each.get("member"))
            and (recorded is None or recorded[0] <= each["recorded_at"][:10] <= recorded[1])
        ]
        assert await everything(auditor, asked) == expected, asked
        counts.append(len(expected))
    assert len(set(counts)) > 5
    assert await everything(auditor, "from=2026-03-03") == [
        each for each in whole if each["recorded_at"] > "2026-03-03"
    ]
    assert await everything(auditor, f"member={uuid4()}") == []


async def test_a_member_filters_their_own_record(people, lived, clock):
    clock[0] = DAYS[-1] + timedelta(days=3)
    ana = await people.member()
    address = f"/members/{ana.id}/events"
    whole = await everything(ana, address=address)
    kinds = [each["kind"] for each in whole]
    assert kinds and await everything(ana, f"kind={kinds[0]}", address) == [
        each for each in whole if each["kind"] == kinds[0]
    ]
    assert await everything(ana, "until=2026-03-31", address) == []
    assert await everything(ana, "from=2026-04-02&until=2026-04-02", address) == whole
    assert problem(await ana.get(f"{address}?member={lived[0]}")) == (400, "malformed_request")


async def test_a_filter_that_means_nothing_is_refused(people, oak):
    coordinator = await people.coordinator()
    for query in [
        *("kind=", "kind=Card", "kind=x%00", f"kind={'x' * 33}", "member=me", "from=now", "until=2026-02-30"),
        *("from=2026-03-02&until=2026-03-01", "by=shell", "limit=0", "kind=a&kind=b"),
    ]:
        assert problem(await coordinator.get(f"/events?{query}")) == (400, "malformed_request"), query
