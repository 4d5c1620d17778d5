"""A community taken in whole from another service, and one that moved to another."""

from ledger.database.migrations.scripts import run_script

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_script("0011_exports.sql")
