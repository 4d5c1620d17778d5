"""Well-being after visits, and evidence packs."""

from ledger.database.migrations.scripts import run_script

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_script("0012_social.sql")
