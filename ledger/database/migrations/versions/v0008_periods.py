"""The closing of a period: its checklist, its trial balance, and its opening again."""

from ledger.database.migrations.scripts import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_script("0008_periods.sql")
