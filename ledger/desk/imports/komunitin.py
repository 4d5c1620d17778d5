"""Komunitin: `accounts.csv` and `transfers.csv`, as its accounting service exports them.

    accounts   id, created, updated, code, status, balance, creditLimit, maximumBalance, key, user.id, ...
    transfers  id, created, updated, state, amount, description, hash, authorization, payer.id, payer.code,
               payee.id, payee.code, user.id

Amounts are decimals without a unit, with a point. Only transfers that were committed moved anything.
"""

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    Party,
    PartyKind,
    SkippedRow,
)
from ledger.desk.imports.shared import export_of, parted, unit_of

KNOWN = {
    "transfers": Wanted(("id", "created", "state", "amount", "payer.code", "payee.code")),
    "accounts": Wanted(("code", "balance", "creditlimit")),
}
COMMITTED = "committed"
OTHERS = frozenset({"new", "pending", "accepted", "rejected", "submitted", "failed", "deleted"})


def read_komunitin(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    lists = open_lists(name, content, KNOWN, "accounts")
    unit = unit_of(name, options)
    mistakes = Mistakes()

    def member(line: Line) -> ImportedMember:
        credit = line.cell("creditlimit")
        most = line.cell("maximumbalance")
        return ImportedMember(
            line.required("code"),
            line.plain("name", 120) or "",
            line.file,
            line.number,
            line.text,
            balance_seconds=line.seconds("balance", unit, options),
            joined_on=line.day("created", options.date_order),
            floor=-abs(line.seconds("creditlimit", unit, options)) if credit else None,
            ceiling=line.seconds("maximumbalance", unit, options) if most else None,
        )

    def transfer(line: Line) -> ImportedTransfer | SkippedRow:
        state = line.required("state").casefold()
        if state in OTHERS:
            return line.skipped("not_committed")
        if state != COMMITTED:
            raise line.problem("state_unknown", "state")
        created_at, day = line.moment("created", options.date_order)
        return parted(line, ImportedTransfer(
            created_at, day,
            Party(PartyKind.MEMBER, line.required("payer.code")),
            Party(PartyKind.MEMBER, line.required("payee.code")),
            line.note("description"), line.moved("amount", unit, options),
            line.file, line.number, line.text, line.required("id"),
        ))  # fmt: skip

    members = lists["accounts"].members(member, mistakes)
    mistakes.settle()
    return export_of("komunitin", name, content, lists, members, "transfers", transfer)
