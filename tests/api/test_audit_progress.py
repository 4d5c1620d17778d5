"""An audit followed as it goes on, over real HTTP: events as they happen, an end, and nobody kept waiting."""

import asyncio
import contextlib
import json
import threading
import time
from uuid import uuid4

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.server import listen, server_config
from api.settings import Settings
from tests.api.conftest import URL
from tests.api.test_audits import ROW


@contextlib.contextmanager
def serving(database_url, folder):
    """A service in a thread; gives its address, and stops it as a signal would."""
    app = create_app(
        Settings(URL, folder, database_url=database_url, metrics_token="m", log_level="critical", environ={})
    )
    server = uvicorn.Server(server_config(app))
    sockets = listen("localhost", 0)
    thread = threading.Thread(target=server.run, args=(sockets,))
    thread.start()
    while not server.started:
        time.sleep(0.01)
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
async def carla(people):
    return await people.coordinator()


@pytest.fixture
async def running(oak, owner, carla):
    """The id of an audit that is going on for an hour, and does nothing by itself."""
    audit_id = uuid4()
    await owner.execute(ROW.format("1 hour"), oak.id, audit_id, carla.id)
    return audit_id


@contextlib.asynccontextmanager
async def following(url, member, audit_id):
    """The lines of the stream, as they come."""
    async with (
        httpx.AsyncClient(base_url=url, headers=member.headers, timeout=20) as client,
        client.stream("GET", f"{member.base}/audits/{audit_id}/progress") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        yield answer.aiter_lines()


async def next_event(lines):
    """(name, what it says) of the next event; None when the stream has ended."""
    name = None
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return name, json.loads(line.removeprefix("data: "))
    return None


async def count_of_streams(url):
    """How many streams have ended, by the service's own count."""
    async with httpx.AsyncClient(base_url=url, headers={"authorization": "Bearer m"}) as client:
        told = (await client.get("/metrics")).text
    return sum(
        float(line.rpartition(" ")[2])
        for line in told.splitlines()
        if line.startswith("carehours_requests_total") and "/progress" in line
    )


async def test_what_another_process_does_is_followed_to_its_end(
    database_url, tmp_path, carla, running, owner
):
    with serving(database_url, tmp_path) as url:
        async with following(url, carla, running) as lines:
            assert await next_event(lines) == ("progress", {"state": "running", "done": 4096, "total": 9000})
            await owner.execute("UPDATE work SET done = 8192")
            assert await next_event(lines) == ("progress", {"state": "running", "done": 8192, "total": 9000})
            await owner.execute("UPDATE work SET finished_at = now(), failed = 'no'")
            assert await next_event(lines) == ("end", {"state": "failed", "done": 8192, "total": 9000})
            assert await next_event(lines) is None
        # Whoever comes late is told the end at once.
        async with following(url, carla, running) as lines:
            assert (await next_event(lines))[0] == "end"
            assert await next_event(lines) is None


async def test_an_audit_done_here_is_followed(database_url, tmp_path, carla):
    with serving(database_url, tmp_path) as url:
        async with httpx.AsyncClient(base_url=url, headers=carla.headers) as client:
            key = str(uuid4())
            started = await client.post(f"{carla.base}/audits", json={}, headers={"idempotency-key": key})
            assert started.status_code == 202
        async with following(url, carla, key) as lines:
            events = [event async for event in _all(lines)]
    assert events[-1][0] == "end" and events[-1][1]["state"] == "finished"
    assert events[-1][1]["done"] == events[-1][1]["total"] > 0


async def _all(lines):
    while (event := await next_event(lines)) is not None:
        yield event


async def test_a_stream_ends_when_its_client_goes_away(database_url, tmp_path, carla, running):
    with serving(database_url, tmp_path) as url:
        async with following(url, carla, running) as lines:
            await next_event(lines)
            assert await count_of_streams(url) == 0
        for _ in range(100):
            if await count_of_streams(url) == 1:
                break
            await asyncio.sleep(0.05)
        assert await count_of_streams(url) == 1


async def test_stopping_the_service_keeps_nobody_waiting(database_url, tmp_path, carla, running):
    with serving(database_url, tmp_path) as url:
        lines = await (following_on := contextlib.AsyncExitStack()).enter_async_context(
            following(url, carla, running)
        )
        await next_event(lines)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 3
    # Without an `end`: a browser asks again, of whoever serves by then.
    assert await next_event(lines) is None
    await following_on.aclose()


async def test_a_quiet_stream_says_that_it_is_still_there(
    database_url, tmp_path, carla, running, monkeypatch
):
    monkeypatch.setattr("api.routes.progress.KEEP_ALIVE_SECONDS", 0.2)
    monkeypatch.setattr("api.routes.progress.STREAM_SECONDS", 1.2)
    with serving(database_url, tmp_path) as url:
        async with following(url, carla, running) as lines:
            told = [line async for line in lines if line]
    assert [line for line in told if line.startswith("event")] == ["event: progress"]
    assert ": still running" in told
