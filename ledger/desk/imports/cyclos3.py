"""Cyclos 3: the file of members with balances, and the account history or the transaction report.

    members  name, username, email, creationdate, balance, creditlimit, uppercreditlimit, ...   (by name, any order)
    history  date, type, amount, login, name, <custom fields>, description, number               (of one account)
    report   login, name, <broker>, account type, transfer type, date, amount, login, name, number, description

The labels of history and report are translated, so their columns count by place, from whichever end is fixed. An
amount below zero was given. The report shows a transfer once for each of its two accounts; a system account has no
login. Numbers and dates follow the settings of whoever exported them.
"""

from ledger.desk.imports.cells import Line, List, missing, names_of, tables_of
from ledger.desk.imports.problems import ImportProblem, ImportRefused, Mistakes
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    Party,
    PartyKind,
    SkippedRow,
    source_of,
)
from ledger.desk.imports.shared import parted, party, unit_of
from ledger.desk.tables.table import Table

MEMBER_COLUMNS = frozenset({"name", "username"})
LEAST_COLUMNS = 7
REPORT_COLUMNS = 10


def read_cyclos3(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    unit = unit_of(name, options)
    mistakes = Mistakes()
    members: list[ImportedMember] = []
    moves: List | None = None
    kinds: dict[str, str] = {}
    for table in tables_of(name, content):
        head = table.head(2)
        if not head:
            continue
        if set(names_of(head[0])) >= MEMBER_COLUMNS:
            if members:
                mistakes.add(ImportProblem("table_twice", table.name))
            kinds[table.name] = "members"
            members += List(table, head[0]).members(lambda line: _member(line, unit, options), mistakes)
        elif len(head[0].cells) < LEAST_COLUMNS:
            mistakes.add(ImportProblem("table_unknown", table.name, head[0].number))
        elif moves is not None:
            mistakes.add(ImportProblem("table_twice", table.name))
        else:
            kinds[table.name] = "transfers"
            moves = List(table, head[0])
    mistakes.settle()
    if moves is None and not members:
        raise ImportRefused([missing(name, "members", MEMBER_COLUMNS)])
    if moves is None:
        return Export("cyclos3", source_of(name, content), members, lambda _: iter(()), lists=kinds)
    history = is_history(moves.table, options)
    if history and options.owner is None:
        raise ImportRefused([ImportProblem("owner_missing", moves.file)])
    read = _history if history else _report
    rows = moves.rows(lambda line: read(line, unit, options))
    return Export("cyclos3", source_of(name, content), members, rows, both_sides=not history, lists=kinds)


def is_history(table: Table, options: Options) -> bool:
    """Whether the first column holds dates, as in an account history, rather than logins."""
    for line in List(table, table.head(1)[0]).lines():
        try:
            line.moment(0, options.date_order)
        except ImportProblem as problem:
            return problem.code == "moment_ambiguous"
        return True
    return True


def _member(line: Line, unit: int, options: Options) -> ImportedMember:
    balance, credit, upper = line.cell("balance"), line.cell("creditlimit"), line.cell("uppercreditlimit")
    return ImportedMember(
        line.required("username"),
        line.required("name", 120),
        line.file,
        line.number,
        line.text,
        balance_seconds=line.seconds("balance", unit, options) if balance else None,
        email=line.plain("email", 254),
        joined_on=line.day("creationdate", options.date_order),
        floor=-abs(line.seconds("creditlimit", unit, options)) if credit else None,
        ceiling=line.seconds("uppercreditlimit", unit, options) if upper else None,
    )


def _history(line: Line, unit: int, options: Options) -> ImportedTransfer | SkippedRow:
    _wide(line, LEAST_COLUMNS)
    return _moved(line, unit, options, options.owner or "", date=0, amount=2, other=3, number=-1, note=-2)


def _report(line: Line, unit: int, options: Options) -> ImportedTransfer | SkippedRow:
    _wide(line, REPORT_COLUMNS - 1)
    return _moved(line, unit, options, line.required(0), date=-6, amount=-5, other=-4, number=-2, note=-1)


def _wide(line: Line, columns: int) -> None:
    if line.width() < columns:
        raise line.problem("columns")


def _moved(
    line: Line,
    unit: int,
    options: Options,
    owner: str,
    *,
    date: int,
    amount: int,
    other: int,
    number: int,
    note: int,
) -> ImportedTransfer | SkippedRow:
    created_at, day = line.moment(date, options.date_order)
    seconds = line.seconds(amount, unit, options)
    if seconds == 0:
        return line.skipped("zero")
    own = party(owner, options.organisation)
    login = line.plain(other)
    facing = Party(PartyKind.ORGANISATION) if login is None else party(login, options.organisation)
    giver, receiver = (own, facing) if seconds < 0 else (facing, own)
    return parted(
        line,
        ImportedTransfer(
            created_at, day, giver, receiver, line.note(note), abs(seconds), line.file, line.number, line.text,
            line.required(number),
        ),
    )  # fmt: skip
