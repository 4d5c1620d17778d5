"""The whole service in this process, spoken to as over HTTP, and a community with a token."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from api.access import Tokens
from api.app import create_app
from api.settings import Settings

URL = "https://care.example.org"


@pytest.fixture
async def app(database_url, keys, tmp_path):
    app = create_app(
        Settings(
            url=URL,
            data=tmp_path,
            database_url=database_url,
            metrics_token="metrics",
            log_level="error",
            environ={},
        )
    )
    started, ended = asyncio.Event(), asyncio.Event()

    async def live():
        async with app.lifespan():
            started.set()
            await ended.wait()

    # In a task of its own: the application's lifetime must end in the task in which it began.
    living = asyncio.create_task(live())
    await asyncio.wait(
        {living, waiting := asyncio.create_task(started.wait())}, return_when="FIRST_COMPLETED"
    )
    waiting.cancel()
    yield app
    ended.set()
    await living


@pytest.fixture
async def oak(app):
    return await app.state.ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")


@pytest.fixture
async def anonymous(app):
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client


class Caller:
    """A client with a token that speaks of one community's addresses, and invents ids."""

    def __init__(self, client, slug, token):
        self.client = client
        self.base = f"/v1/communities/{slug}"
        self.headers = {"authorization": f"Bearer {token}"}

    async def get(self, path, **more):
        headers = self.headers | more.pop("headers", {})
        return await self.client.get(self.base + path, headers=headers, **more)

    async def post(self, path, body=None, key=None, method="POST", **more):
        headers = self.headers | {"idempotency-key": str(key or uuid4())} | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return await self.client.request(method, self.base + path, headers=headers, **more)

    async def open(self, kind, **more):
        """A new account's id."""
        answer = await self.post("/accounts", {"kind": kind, "code": f"a-{uuid4().hex[:12]}"} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]


@pytest.fixture
async def caller(app, anonymous, oak):
    token = await Tokens(app.state.ledger).create(oak, "test")
    return Caller(anonymous, "oak", token.text)


@pytest.fixture
async def other_caller(app, anonymous):
    elm = await app.state.ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    token = await Tokens(app.state.ledger).create(elm, "test")
    return Caller(anonymous, "elm", token.text)


@pytest.fixture
async def pair(caller):
    """An account without a floor, and one that must not fall below zero."""
    return await caller.open("issuance"), await caller.open("member", floor=0)


def care(source, target, seconds=3600, **more):
    entries = [{"account": source, "seconds": -seconds}, {"account": target, "seconds": seconds}]
    return {"kind": "care", "entries": entries} | more
