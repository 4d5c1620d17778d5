"""The whole service in this process, spoken to as over HTTP, and a community with a token."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from secrets import token_bytes
from uuid import uuid4

import httpx
import pytest

from api.settings import Settings
from ledger.book.authors import SHELL, Author, Event, Via
from ledger.book.posting import Done
from ledger.desk.working import Working
from ledger.people.acts import act
from ledger.people.granting import grant_role
from ledger.people.members import NewMember, Person, account_of, enrol
from ledger.people.roles import Role, Scope
from ledger.people.sessions import start_session
from ledger.people.tokens import create_token
from tests.reuse import equipped

URL = "https://care.example.org"


@asynccontextmanager
async def living(**settings):
    """A service that has started, as one process runs it."""
    with equipped(Settings(url=URL, log_level="error", environ={}, **settings)) as app:
        async with _lived(app):
            yield app


@asynccontextmanager
async def _lived(app):
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
    yield
    ended.set()
    await living


def speaking_to(app):
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=URL)


@pytest.fixture
async def app(database_url, keys, tmp_path):
    async with living(data=tmp_path, database_url=database_url, metrics_token="metrics") as app:
        yield app


@pytest.fixture
async def oak(app):
    return await app.state.ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")


@pytest.fixture
async def anonymous(app):
    async with speaking_to(app) as client:
        yield client


async def a_token(app, community, scopes=tuple(Scope)):
    """A token made at the shell, with every scope unless said otherwise."""
    _, made = await create_token(app.state.ledger, community, SHELL, uuid4(), "test", scopes)
    return made.text


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


def kind_of(answer):
    """The name of the problem that was answered, or None when all went well."""
    if answer.status_code < 400:
        return None
    return answer.json()["type"].rpartition("/")[2]


class Member(Caller):
    """A member with a session, as a browser of this site sends it."""

    def __init__(self, client, slug, member_id, account, cookie):
        super().__init__(client, slug, "")
        self.id = member_id
        self.account = account
        self.headers = {"cookie": f"__Host-carehours={cookie}", "sec-fetch-site": "same-origin"}


class People:
    """Enrols members of a community and signs them in, as their own deeds would have done."""

    def __init__(self, app, client, community):
        self.app = app
        self.client = client
        self.community = community
        self.count = 0

    async def enrol(self, name=None, **more):
        self.count += 1
        member_id = uuid4()
        new = NewMember(
            member_id,
            Person(name or f"Member {chr(64 + self.count)}{self.count}", **more),
            date(2026, 1, 1),
            account_id=account_of(member_id),
        )
        answer = await enrol(self.app.state.ledger, self.community, SHELL, new)
        assert isinstance(answer.outcome, Done), answer
        return member_id

    async def sign_in(self, member_id, *, strong=False, ago=timedelta()):
        ledger = self.app.state.ledger
        async with ledger.database.transaction(self.community.id) as db:
            started = await start_session(
                db,
                self.community.id,
                member_id,
                method="passkey" if strong else "card",
                device="a test",
                now=datetime.now(UTC) - ago,
                strong=strong,
            )
        return Member(self.client, self.community.slug, member_id, str(account_of(member_id)), started.text)

    async def member(self, name=None, **more):
        return await self.sign_in(await self.enrol(name, **more))

    async def with_role(self, role, *, strong=True, passkey=True, ago=timedelta()):
        """A member who has the role, and unless said otherwise a passkey, shown just now."""
        member_id = await self.enrol()
        await grant_role(self.app.state.ledger, self.community, SHELL, uuid4(), member_id, role)
        if passkey:
            await self.passkey(member_id)
        return await self.sign_in(member_id, strong=strong, ago=ago)

    async def passkey(self, member_id):
        """A passkey that nobody can show: its member counts as somebody who could approve."""
        passkey_id = uuid4()

        async def also(db, _decision, now):
            await db.run(
                "people/insert_passkey",
                community_id=self.community.id,
                credential_id=token_bytes(16),
                passkey_id=passkey_id,
                member_id=member_id,
                public_key=b"",
                sign_count=0,
                label="test",
                now=now,
            )
            said = {"passkey": str(passkey_id), "key": sha256(b"").hexdigest()}
            return [Event("passkey_added", Author(Via.MEMBER, member_id), member_id, said)]

        await act(self.app.state.ledger, self.community, SHELL, uuid4(), "add_passkey", [], also)

    async def coordinator(self):
        return await self.with_role(Role.COORDINATOR)


@pytest.fixture
async def people(app, anonymous, oak):
    return People(app, anonymous, oak)


@pytest.fixture
async def caller(app, anonymous, oak):
    return Caller(anonymous, "oak", await a_token(app, oak))


@pytest.fixture
async def other_caller(app, anonymous):
    elm = await app.state.ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    return Caller(anonymous, "elm", await a_token(app, elm))


@pytest.fixture
async def pair(caller):
    """An account without a floor, and one that must not fall below zero."""
    return await caller.open("issuance"), await caller.open("member", floor=0)


def care(source, target, seconds=3600, **more):
    entries = [{"account": source, "seconds": -seconds}, {"account": target, "seconds": seconds}]
    return {"kind": "care", "entries": entries} | more


def gift(source, target, seconds=3600):
    return care(source, target, seconds) | {"kind": "gift"}


def adjust(source, target, seconds=3600):
    return care(source, target, seconds) | {"kind": "adjust"}


def problem(answer):
    """The status of a refused request and the name of its problem."""
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
def unlimited(app, monkeypatch):
    """Nobody is told that this is too often; for tests that ask much and are about something else."""

    async def take(*_):
        return None

    monkeypatch.setattr(app.state.limits, "take", take)


@pytest.fixture
def held(monkeypatch):
    """Long work begun from here on waits for this event, so that it surely runs while others ask for the same."""
    event, begin = asyncio.Event(), Working.begin

    def begin_held(working, community, kind, work_id, do):
        async def wait(progress):
            await event.wait()
            return await do(progress)

        begin(working, community, kind, work_id, wait)

    monkeypatch.setattr(Working, "begin", begin_held)
    return event


@pytest.fixture
async def elsewhere(app, database_url, tmp_path):
    """A client of a second service on the same database."""
    async with living(data=tmp_path, database_url=database_url) as other, speaking_to(other) as client:
        yield client


def elsewhere_as(member, client):
    """The member with the same session, speaking to another service."""
    other = Member(client, "oak", member.id, member.account, "")
    other.headers = member.headers
    return other
