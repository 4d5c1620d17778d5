"""Balance assertions: what a passbook or a bank says an account stood at."""

from ledger.database.migrations.scripts import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_script("0007_assertions.sql")
