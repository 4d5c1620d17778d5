"""Cyclos 4: users and transfers, a list of each.

    users      username, name, email, creationdate, ... and, where it was added, balance
    transfers  from, to, amount, date, description, number, ...

Cyclos 4 is closed, and no export of it was at hand. What is known is what its wiki says of its own import (Imports
quick steps, wiki4.cyclos.org, read on 2026-11-26): there are lists of users and of transfers, and no balance is
checked, which is why limits of the time are not looked at here either. The rules for each column of that page could
not be read, and what its exports call their columns is translated. So the names above are assumed, after those of
Cyclos 3 and of the fields of its API; whoever has others renames them. `system` for the bank is assumed as well.
"""

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import Export, ImportedMember, ImportedTransfer, Options
from ledger.desk.imports.shared import export_of, parted, party, unit_of

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
    return export_of("cyclos4", name, content, lists, members, "transfers", transfer)
