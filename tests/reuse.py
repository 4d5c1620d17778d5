"""What takes a while to make and is as good as new once emptied: databases and assembled services, for one process.

A copy of the template takes a tenth of a second, and putting the routes together takes three; there are thousands
of tests.
"""

from collections import defaultdict
from contextlib import contextmanager
from itertools import count

import asyncpg

from api.access import session_cookie
from api.app import assemble, equip

USES = 25
"""How often a database is used at most: rows that were deleted stay in its files, and its pages are read."""

# Changes whenever a table, a column, an index, a function or a right is changed, or a table was analyzed or vacuumed.
_SHAPE = """
SELECT concat_ws(' ',
    (SELECT sum(hashint8extended(xmin::text::bigint, oid::bigint)) FROM pg_class WHERE oid >= 16384),
    (SELECT sum(reltuples) FROM pg_class WHERE oid >= 16384),
    (SELECT sum(hashint8extended(xmin::text::bigint, attnum)) FROM pg_attribute WHERE attrelid >= 16384),
    (SELECT sum(hashint8extended(xmin::text::bigint, oid::bigint)) FROM pg_trigger),
    (SELECT sum(hashint8extended(xmin::text::bigint, oid::bigint)) FROM pg_constraint WHERE oid >= 16384),
    (SELECT sum(hashint8extended(xmin::text::bigint, oid::bigint)) FROM pg_policy),
    (SELECT sum(hashint8extended(xmin::text::bigint, oid::bigint)) FROM pg_proc WHERE oid >= 16384),
    (SELECT sum(hashint8extended(xmin::text::bigint, oid::bigint)) FROM pg_namespace)
)
"""

_TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 AND relname <> 'alembic_version'
"""


class Databases:
    """Copies of one template on a server, each used by one test at a time. `arguments` are those of its superuser."""

    def __init__(self, server_arguments, template):
        self._arguments = server_arguments
        self._template = template
        self._names = count()
        self._spare = []
        self._used = {}
        self._shapes = {}

    async def take(self):
        if self._spare:
            return self._spare.pop()
        name = f"test_{next(self._names)}"
        # Copied as files, in half the time: nobody needs this database to survive anything.
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        self._used[name] = 0
        db = await asyncpg.connect(**self._arguments | {"database": name})
        self._shapes[name] = await db.fetchval(_SHAPE)
        await db.close()
        return name

    async def give_back(self, name):
        self._used[name] += 1
        if self._used[name] < USES and await self._emptied(name):
            self._spare.append(name)
        else:
            await self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    async def _emptied(self, name):
        """Whether it is as it was when it was copied."""
        try:
            db = await asyncpg.connect(**self._arguments | {"database": name})
        except asyncpg.PostgresError:
            return False
        try:
            await db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if await db.fetchval(_SHAPE) != self._shapes[name]:
                return False
            tables = [row[0] for row in await db.fetch(_TABLES)]
            filled = " UNION ALL ".join(
                f"(SELECT '{each}' WHERE EXISTS (SELECT FROM {each}))" for each in tables
            )
            delete = [f"DELETE FROM {row[0]}" for row in await db.fetch(filled)]
            # As a replica: no trigger refuses, and no foreign key asks for an order.
            await db.execute(
                ";".join(
                    [
                        "SET session_replication_role = replica",
                        *delete,
                        "SELECT setval('community_community_id_seq', 1, false)",
                    ]
                )
            )
            return True
        finally:
            await db.close()

    async def _administer(self, statement):
        db = await asyncpg.connect(**self._arguments)
        try:
            await db.execute(statement)
        finally:
            await db.close()


_assembled = defaultdict(list)


@contextmanager
def equipped(settings):
    """A service with these settings, not yet started; it must have ended when the block ends."""
    spare = _assembled[session_cookie(settings.url)]
    app = equip(spare.pop() if spare else assemble(settings.url), settings)
    yield app
    spare.append(app)
