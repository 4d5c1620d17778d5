"""Long work that says how far it is, and what the desk's lists search by."""

from ledger.database.migrations.scripts import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_script("0004_work.sql")
