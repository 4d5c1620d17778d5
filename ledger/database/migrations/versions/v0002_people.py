"""People: members, roles, sign-in, delegates, and the admin trail."""

from ledger.database.migrations.scripts import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_script("0002_people.sql")
