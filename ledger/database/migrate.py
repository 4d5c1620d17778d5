"""Brings a database's schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text

from ledger.database.connections import Database

_LOCK = 7_042_019
"""Advisory lock held while migrating, so that two services starting at once do it one after the other."""


async def migrate(url: str) -> tuple[str | None, str | None]:
    """Run every migration the database lacks, as the owner in `url`. Returns the revision before and after."""
    database = Database(url, role=None, pool_size=1)
    try:
        async with database.engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            return await connection.run_sync(_upgrade)
    finally:
        await database.close()


def _upgrade(connection: SyncConnection) -> tuple[str | None, str | None]:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(config).get_current_head()
    if before != newest:
        command.upgrade(config, "head")
    return before, newest
