"""Connections, transactions and named statements.

SQLAlchemy owns the pool and compiles each statement of `sql/` once; the compiled statement then runs on the
driver's own connection, because on the posting path SQLAlchemy's execution layer costs more than the statement
itself (4,500 against 17,000 `SELECT 1` a second).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ledger.database.urls import normalise

SERVICE_ROLE = "carehours_service"
"""The role every connection but a migration's takes: it can add to history and not change it."""

ENTERED = "carehours.community"
"""The setting that says which community a connection has entered; row-level security reads it."""

# Every statement of the service looks up a handful of rows by their keys. One plan each is enough, made once; a
# table must not be scanned for having been empty when its plan was made, and a jump on the disk costs little.
LOOK_UPS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "random_page_cost": "1.1"}

_SQL = files("ledger.database") / "sql"
_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Statement(NamedTuple):
    """A statement with `$1`, `$2`... and the names of its parameters in that order."""

    sql: str
    parameters: tuple[str, ...]


@cache
def statement(name: str) -> Statement:
    """The statement in `sql/<name>.sql`, whose parameters are written `:name`."""
    compiled = text((_SQL / f"{name}.sql").read_text()).compile(dialect=_DIALECT)
    return Statement(str(compiled), tuple(compiled.positiontup or ()))


class Connection:
    """One transaction's connection. Statements are called by their name below `sql/`, parameters by theirs."""

    __slots__ = ("driver",)

    def __init__(self, driver: asyncpg.Connection) -> None:
        self.driver = driver

    async def rows(self, name: str, /, **values: Any) -> list[asyncpg.Record]:
        sql, parameters = statement(name)
        found: list[asyncpg.Record] = await self.driver.fetch(
            sql, *[values[parameter] for parameter in parameters]
        )
        return found

    async def row(self, name: str, /, **values: Any) -> asyncpg.Record | None:
        sql, parameters = statement(name)
        return await self.driver.fetchrow(sql, *[values[parameter] for parameter in parameters])

    async def run(self, name: str, /, **values: Any) -> None:
        # fetch, not execute: only fetch uses the prepared statement.
        sql, parameters = statement(name)
        await self.driver.fetch(sql, *[values[parameter] for parameter in parameters])

    async def enter(self, community_id: int) -> None:
        """Enter a community until the end of this transaction, when it was begun outside any."""
        await self.driver.execute(f"SET LOCAL {ENTERED} = '{int(community_id)}'")

    async def stream(
        self, name: str, /, *, at_once: int = 2000, **values: Any
    ) -> AsyncIterator[asyncpg.Record]:
        """Rows one by one through a cursor that reads `at_once` at a time: constant memory."""
        sql, parameters = statement(name)
        async for record in self.driver.cursor(
            sql, *[values[parameter] for parameter in parameters], prefetch=at_once
        ):
            yield record


class Anywhere(Enum):
    """Said instead of a community by who does not care."""

    ANYWHERE = "anywhere"


class Database:
    """A pool of connections to one PostgreSQL, each in the service's role unless `role` says otherwise."""

    def __init__(self, url: str, *, role: str | None = SERVICE_ROLE, pool_size: int = 8) -> None:
        address, connect_args = normalise(url)
        server_settings = dict(connect_args.pop("server_settings", {}))
        # With jit on, asyncpg's look-up of a type takes half a second and more.
        server_settings |= {"jit": "off", "timezone": "UTC", **LOOK_UPS}
        if role is not None:
            server_settings["role"] = role
        self.engine: AsyncEngine = create_async_engine(
            address,
            hide_parameters=True,  # names and notes stay out of errors and logs
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            connect_args={**connect_args, "server_settings": server_settings, "timeout": 10},
        )

    @asynccontextmanager
    async def connection(self, community_id: int | Anywhere | None = None) -> AsyncIterator[Connection]:
        """A connection outside a transaction: each statement stands alone. For reads of one statement.

        It has entered the community: of every table with a community's rows it sees and writes those alone, and
        none when `community_id` is None. A pooled connection stays where it is, so entering costs a round trip
        only when it served another community before. ANYWHERE leaves it there, for tables that are no community's.
        """
        async with self.engine.connect() as pooled:
            driver = (await pooled.get_raw_connection()).driver_connection
            if driver is None:
                raise RuntimeError("the pool gave a connection that is not open")
            try:
                if community_id is not Anywhere.ANYWHERE and pooled.info.get("community_id") != community_id:
                    pooled.info.pop("community_id", None)
                    await driver.execute(
                        f"SET {ENTERED} = '{'' if community_id is None else int(community_id)}'"
                    )
                    pooled.info["community_id"] = community_id
                yield Connection(driver)
            except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError, asyncio.CancelledError):
                # Cut off in the middle, it may still be in a transaction: nobody gets it again.
                await pooled.invalidate()
                raise

    @asynccontextmanager
    async def locked(self, community_id: int) -> AsyncIterator[Connection]:
        """READ COMMITTED with the head of a community locked from the first moment: how its writers begin.

        Statements that follow see everything that was committed while this one waited. BEGIN and the lock go in
        one message, so neither waits for the other's answer.
        """
        lock = statement("book/lock_head").sql.replace("$1", str(int(community_id)))
        async with self.connection(community_id) as connection:
            try:
                await connection.driver.execute(f"BEGIN; {lock}")
                yield connection
            except BaseException:
                await connection.driver.execute("ROLLBACK")
                raise
            await connection.driver.execute("COMMIT")

    @asynccontextmanager
    async def transaction(self, community_id: int | None = None) -> AsyncIterator[Connection]:
        """READ COMMITTED: each statement sees what was committed before it."""
        async with self.connection(community_id) as connection, connection.driver.transaction():
            yield connection

    @asynccontextmanager
    async def snapshot(self, community_id: int | None = None) -> AsyncIterator[Connection]:
        """REPEATABLE READ, read only: every statement sees the same moment. For readers of several statements."""
        async with (
            self.connection(community_id) as connection,
            connection.driver.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def close(self) -> None:
        await self.engine.dispose()
