"""Runs a migration's SQL file."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

VERSIONS = Path(__file__).parent / "versions"


def run_script(name: str) -> None:
    """Run a script of several statements inside the migration's transaction.

    Several statements at once cannot be prepared, so the script goes to the driver's own connection.
    """
    connection = op.get_bind().connection
    driver = connection.driver_connection
    if driver is None:
        raise RuntimeError("a migration runs on an open connection only")
    await_only(driver.execute((VERSIONS / name).read_text()))
