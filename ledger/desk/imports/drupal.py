"""Community Forge, or Drupal's mutual credit: balances, and transactions.

    balances      user, balance, gross_income
    transactions  payer, payee, quantity, created, state, type, description, ...

A user is a number or an address. There, somebody unknown is replaced by the reservoir account; here they are not.
State 1 is finished, 0 undone.
"""

import re
from datetime import UTC, date, datetime

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    SkippedRow,
)
from ledger.desk.imports.shared import export_of, parted, party, unit_of

KNOWN = {
    "transactions": Wanted(("payer", "payee", "quantity")),
    "balances": Wanted(("user", "balance")),
}
FINISHED = frozenset({"", "1", "finished", "done"})
OTHERS = frozenset({"0", "-1", "undone", "erased", "pending", "deleted"})
_SECONDS_OF_UNIX = re.compile(r"[0-9]{8,10}")


def read_drupal(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    lists = open_lists(name, content, KNOWN, "balances")
    unit = unit_of(name, options)
    mistakes = Mistakes()

    def member(line: Line) -> ImportedMember:
        user = line.required("user")
        return ImportedMember(
            user,
            line.plain("name", 120) or "",
            line.file,
            line.number,
            line.text,
            balance_seconds=line.seconds("balance", unit, options),
            email=user if "@" in user else None,
        )

    def transfer(line: Line) -> ImportedTransfer | SkippedRow:
        state = line.cell("state").casefold()
        if state in OTHERS:
            return line.skipped("not_committed")
        if state not in FINISHED:
            raise line.problem("state_unknown", "state")
        created_at, day = _created(line, options)
        return parted(line, ImportedTransfer(
            created_at, day,
            party(line.required("payer"), options.organisation),
            party(line.required("payee"), options.organisation),
            line.note("description"), line.moved("quantity", unit, options),
            line.file, line.number, line.text,
        ))  # fmt: skip

    members = lists["balances"].members(member, mistakes)
    mistakes.settle()
    return export_of("drupal", name, content, lists, members, "transactions", transfer)


def _created(line: Line, options: Options) -> tuple[datetime, date]:
    text = line.cell("created")
    if _SECONDS_OF_UNIX.fullmatch(text):
        moment = datetime.fromtimestamp(int(text), UTC)
        return moment, moment.date()
    return line.moment("created", options.date_order)
