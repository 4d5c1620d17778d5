"""The book and the log."""

from ledger.database.migrations.scripts import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_script("0001_book_and_log.sql")
