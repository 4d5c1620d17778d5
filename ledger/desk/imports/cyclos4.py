"""Cyclos 4: users and transfers, as its own import takes them.

    users      username, name, email, ... and, where it was added, balance
    transfers  from, to, amount, date, description, number, ...

Its import checks no balances; neither are limits of the time looked at here. `system` stands for the bank itself.
"""

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import Export, ImportedMember, ImportedTransfer, Options, source_of
from ledger.desk.imports.shared import parted, party, unit_of

KNOWN = {
    "transfers": Wanted(("from", "to", "amount", "date")),
    "users": Wanted(("username", "name")),
}


def read_cyclos4(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    lists = open_lists(name, content, KNOWN, "users")
    unit = unit_of(name, options)
    mistakes = Mistakes()

    def member(line: Line) -> ImportedMember:
        return ImportedMember(
            line.required("username"),
            line.required("name", 120),
            line.file,
            line.number,
            line.text,
            balance_seconds=line.seconds("balance", unit, options) if line.cell("balance") else None,
            email=line.plain("email", 254),
            joined_on=line.day("creationdate", options.date_order),
        )

    def transfer(line: Line) -> ImportedTransfer:
        created_at, day = line.moment("date", options.date_order)
        return parted(line, ImportedTransfer(
            created_at, day,
            party(line.required("from"), options.organisation, "system"),
            party(line.required("to"), options.organisation, "system"),
            line.note("description"), line.moved("amount", unit, options),
            line.file, line.number, line.text, line.plain("number"),
        ))  # fmt: skip

    members = lists["users"].members(member, mistakes)
    mistakes.settle()
    rows = lists["transfers"].rows(transfer) if "transfers" in lists else lambda _: iter(())
    return Export("cyclos4", source_of(name, content), members, rows)
