"""What every test may use: a real PostgreSQL 18, a fresh database each, and a ledger on it.

There is no imitation of the database. The server is the embedded one without fsync; each test that commits gets
a copy of a migrated template.
"""

import asyncio
import os

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from ledger.book.ledger import Ledger
from ledger.database.connections import Database
from ledger.database.embedded import EmbeddedPostgres
from ledger.database.migrate import migrate
from ledger.log.keys import create_keys
from ledger.log.published import PublishedCheckpoints
from tests.reuse import Databases

# The same examples on every run, so that a rare find meets us and not a user; `soak` searches at random.
settings.register_profile(
    "default", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("soak", deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ISSUER = "https://care.example.org"


def in_database(url: str, name: str) -> str:
    return url.replace("/carehours?", f"/{name}?")


def driver_arguments(url: str, name: str) -> dict[str, str]:
    """The same database for asyncpg itself, as superuser."""
    return {"host": url.partition("host=")[2], "user": "carehours", "database": name}


async def administer(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(**driver_arguments(url, "postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with EmbeddedPostgres.start(tmp_path_factory.mktemp("data"), fsync=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(server):
    asyncio.run(administer(server.url, "CREATE DATABASE migrated"))
    asyncio.run(migrate(in_database(server.url, "migrated")))
    return "migrated"


@pytest.fixture(scope="session")
def databases(server, template):
    return Databases(driver_arguments(server.url, "postgres"), template)


@pytest.fixture
def database_name(databases):
    name = asyncio.run(databases.take())
    yield name
    asyncio.run(databases.give_back(name))


@pytest.fixture
def other_database_name(databases):
    """A second one, for a service elsewhere."""
    name = asyncio.run(databases.take())
    yield name
    asyncio.run(databases.give_back(name))


@pytest.fixture
def database_url(server, database_name):
    return in_database(server.url, database_name)


@pytest.fixture
def keys(tmp_path):
    return create_keys(tmp_path / "keys")


@pytest.fixture
async def ledger(database_url, keys, tmp_path):
    database = Database(database_url, pool_size=8)
    yield Ledger(database, keys, PublishedCheckpoints(tmp_path / "checkpoints"))
    await database.close()


@pytest.fixture
async def community(ledger):
    return await ledger.found("oak", "Oak Hill", ISSUER, "care.example.org/oak")


@pytest.fixture
async def owner(server, database_name):
    """A superuser's connection to the test's database: may do what the service may not."""
    connection = await asyncpg.connect(**driver_arguments(server.url, database_name))
    yield connection
    await connection.close()
