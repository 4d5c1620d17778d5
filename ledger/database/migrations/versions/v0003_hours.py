"""Hours: policy, claims, disputes, requests for care, pots, clearances, closed periods."""

from ledger.database.migrations.scripts import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_script("0003_hours.sql")
