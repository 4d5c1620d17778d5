"""Timebank.cc: its tables of accounts and transactions, in whole minutes.

    accounts      id, name, limit_min, limit_max, accountable, cyclos_id
    transactions  from_account_id, to_account_id, amount, description, created_at, ...

It has no balances. The history may name accounts that are not in the table.
"""

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import Export, ImportedMember, ImportedTransfer, Options
from ledger.desk.imports.shared import export_of, parted, party

MINUTE = 60
KNOWN = {
    "transactions": Wanted(("from_account_id", "to_account_id", "amount", "created_at")),
    "accounts": Wanted(("id", "name")),
}


def read_timebank_cc(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    lists = open_lists(name, content, KNOWN, "accounts")
    mistakes = Mistakes()

    def member(line: Line) -> ImportedMember:
        least, most = line.cell("limit_min"), line.cell("limit_max")
        return ImportedMember(
            line.required("id"),
            line.required("name", 120),
            line.file,
            line.number,
            line.text,
            floor=min(0, line.seconds("limit_min", MINUTE, options)) if least else None,
            ceiling=max(0, line.seconds("limit_max", MINUTE, options)) if most else None,
        )

    def transfer(line: Line) -> ImportedTransfer:
        created_at, day = line.moment("created_at", options.date_order)
        return parted(line, ImportedTransfer(
            created_at, day,
            party(line.required("from_account_id"), options.organisation),
            party(line.required("to_account_id"), options.organisation),
            line.note("description"), line.moved("amount", MINUTE, options),
            line.file, line.number, line.text, line.plain("id"),
        ))  # fmt: skip

    members = lists["accounts"].members(member, mistakes)
    mistakes.settle()
    return export_of("timebank_cc", name, content, lists, members, "transactions", transfer)
