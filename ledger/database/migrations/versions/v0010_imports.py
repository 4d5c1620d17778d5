"""Imports: where each transfer came from, and what undid it."""

from ledger.database.migrations.scripts import run_script

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_script("0010_imports.sql")
