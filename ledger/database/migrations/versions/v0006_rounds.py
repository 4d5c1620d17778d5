"""Paper rounds: sheets and cheques matched to claims, and signed off."""

from ledger.database.migrations.scripts import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_script("0006_rounds.sql")
