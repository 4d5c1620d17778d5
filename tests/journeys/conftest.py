"""The real service at an address of its own, with a fresh database each time, and browsers that look at it."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn

from api.server import listen, server_config
from api.settings import Settings
from ledger.book.ledger import Ledger
from ledger.database.connections import Database
from ledger.desk.demo import SLUG, found_demo, make_demo, read_guests
from ledger.log.keys import create_keys
from ledger.log.published import PublishedCheckpoints
from ledger.people.sessions import start_session
from tests.api.conftest import People
from tests.conftest import administer, in_database
from tests.journeys.browser import Someone, find_chromium, opened_browser
from tests.reuse import equipped


class Site:
    """A running service: its address, its application, and its one co-op with the people in it."""

    def __init__(self, url, app, server):
        self.url = url
        self.app = app
        self.server = server

    @property
    def ledger(self):
        return self.app.state.ledger

    async def found(self, slug="oak", name="Oak Hill Care"):
        host = self.url.partition("//")[2]
        return await self.ledger.found(slug, name, self.url, f"{host}/{slug}")


@asynccontextmanager
async def serving(folder, database_url, **settings):
    """The application behind the real server, in this process, until the block ends."""
    [*sockets] = listen("localhost", 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    chosen = Settings(
        url=url, data=folder, database_url=database_url, log_level="error", environ={}, **settings
    )
    with equipped(chosen) as app:
        server = uvicorn.Server(server_config(app))
        serving = asyncio.create_task(server.serve(sockets))
        while not server.started:
            assert not serving.done(), "the service did not start"
            await asyncio.sleep(0.01)
        yield Site(url, app, server)
        server.should_exit = True
        await serving


@pytest.fixture
def chromium_path():
    """Asked for first, so that without a browser nothing else is started."""
    return find_chromium()


@pytest.fixture
async def chromium(chromium_path):
    async with opened_browser(chromium_path) as browser:
        yield browser


@pytest.fixture
async def site(chromium_path, database_url, keys, tmp_path):
    async with serving(tmp_path, database_url) as site:
        yield site


@pytest.fixture
async def coop(site):
    return await site.found()


@pytest.fixture
async def people(site, coop):
    async with httpx.AsyncClient(base_url=site.url) as client:
        yield People(site.app, client, coop)


@pytest.fixture
async def browsing(site, chromium):
    """Opens a browser for a member who signed in already: `await browsing(member)`, or for nobody yet."""
    opened = []

    async def browse(member=None, **more):
        someone = await Someone.with_browser(chromium, site.url, **more)
        if member is not None:
            await someone.enter(member)
        opened.append(someone)
        return someone

    yield browse
    for someone in opened:
        assert someone.wrong == []
        await someone.page.context.close()


@pytest.fixture(scope="session")
def demo_house(server, template, tmp_path_factory):
    """The invented co-op, made once: the name of its database, and the folder of the keys that signed it."""
    folder = tmp_path_factory.mktemp("demo")
    keys = create_keys(folder / "keys")
    asyncio.run(administer(server.url, f"CREATE DATABASE demo TEMPLATE {template} STRATEGY FILE_COPY"))

    async def make():
        database = Database(in_database(server.url, "demo"), pool_size=4)
        ledger = Ledger(database, keys, PublishedCheckpoints(folder / "checkpoints"))
        community = await found_demo(ledger, SLUG, "https://care.example.org", "care.example.org/demo")
        await make_demo(ledger, community)
        await database.close()

    asyncio.run(make())
    return "demo", folder


@pytest.fixture
async def demo_site(chromium_path, server, demo_house, database_name, tmp_path):
    """The service on a copy of the invented co-op."""
    made, folder = demo_house
    await administer(
        server.url,
        f"DROP DATABASE {database_name} WITH (FORCE)",
        f"CREATE DATABASE {database_name} TEMPLATE {made} STRATEGY FILE_COPY",
    )
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    async with serving(tmp_path, in_database(server.url, database_name), demo=True) as site:
        yield site


@pytest.fixture
async def visiting(demo_site, chromium):
    """Opens a browser for one of the people of the invented co-op, `coordinator` or `volunteer`."""
    opened = []
    community = await demo_site.ledger.community(SLUG)
    guests = await read_guests(demo_site.ledger, community)

    async def visit(kind=None, **more):
        someone = await Someone.with_browser(chromium, demo_site.url, **more)
        if kind is not None:
            async with demo_site.ledger.database.transaction(community.id) as db:
                started = await start_session(
                    db,
                    community.id,
                    guests[kind].member_id,
                    method="start",
                    device="a test",
                    now=datetime.now(UTC),
                    strong=True,
                )
            cookie = {"name": "carehours", "value": started.text, "url": demo_site.url}
            await someone.page.context.add_cookies([cookie])
        opened.append(someone)
        return someone

    yield visit
    for someone in opened:
        assert someone.wrong == []
        await someone.page.context.close()
