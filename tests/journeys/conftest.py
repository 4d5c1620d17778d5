"""The real service at an address of its own, with a fresh database each time, and browsers that look at it."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.server import listen, server_config
from api.settings import Settings
from tests.api.conftest import People
from tests.journeys.browser import Someone, find_chromium, opened_browser


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
async def serving(folder, database_url, keys_are_there=True, **settings):
    """The application behind the real server, in this process, until the block ends."""
    [*sockets] = listen("localhost", 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    app = create_app(
        Settings(url=url, data=folder, database_url=database_url, log_level="error", environ={}, **settings)
    )
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
