"""Oscurrency: the people, and their accounts as its administration exports them. It exports no history.

    people    first_name, last_name, address, city, state, zip, phone, email
    accounts  person, starting balance (or offset), balance, credit limit, last transaction

A balance shown there is the balance and the starting balance together: the opening balance is kept outside its
ledger. An account says whose it is by name.
"""

from dataclasses import dataclass

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import Export, ImportedMember, Options, Refusing, source_of
from ledger.desk.imports.shared import unit_of

KNOWN = {
    "people": Wanted(("first_name", "last_name", "email")),
    "accounts": Wanted(("person", "balance")),
}
OFFSETS = ("starting balance", "offset")
LIMITS = ("credit limit", "credit_limit")


@dataclass(frozen=True, slots=True)
class _Account:
    balance_seconds: int
    floor: int | None


def read_oscurrency(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    lists = open_lists(name, content, KNOWN, "people", "accounts")
    unit = unit_of(name, options)
    mistakes = Mistakes()
    accounts: dict[str, _Account] = {}
    places: dict[str, Line] = {}
    taken: set[str] = set()
    with Refusing(mistakes):
        for line in lists["accounts"].lines():
            with Refusing(mistakes):
                person = line.required("person", 120).casefold()
                if person in accounts:
                    raise line.problem("number_twice", "person")
                accounts[person] = _account(line, unit, options)
                places[person] = line
    places = {
        line.required("person", 120).casefold(): line
        for line in lists["accounts"].lines()
        if line.cell("person")
    }

    def member(line: Line) -> ImportedMember:
        full = " ".join([line.required("first_name", 60), line.required("last_name", 60)])
        if full.casefold() in taken:
            # An account says no more than a name: whose it is could not be told.
            raise line.problem("number_twice", "last_name")
        taken.add(full.casefold())
        account = accounts.get(full.casefold())
        address = ", ".join(
            filter(
                None, [line.plain("address", 200), line.plain("zip"), line.plain("city"), line.plain("state")]
            )
        )
        return ImportedMember(
            line.required("email", 254),
            full,
            line.file,
            line.number,
            line.text,
            balance_seconds=None if account is None else account.balance_seconds,
            email=line.plain("email", 254),
            phone=line.plain("phone"),
            address=address or None,
            floor=None if account is None else account.floor,
        )

    members = lists["people"].members(member, mistakes)
    for person in [each for each in accounts if each not in taken]:
        mistakes.add(places[person].problem("party_unlisted", "person"))
    mistakes.settle()
    kinds = {each.file: kind for kind, each in lists.items()}
    return Export("oscurrency", source_of(name, content), members, lambda _: iter(()), lists=kinds)


def _account(line: Line, unit: int, options: Options) -> _Account:
    seconds = line.seconds("balance", unit, options)
    for name in OFFSETS:
        if line.cell(name):
            seconds += line.seconds(name, unit, options)
    floor = None
    for name in LIMITS:
        if line.cell(name):
            floor = -abs(line.seconds(name, unit, options))
    return _Account(seconds, floor)
