"""What the readers of several formats share."""

from collections.abc import Callable, Mapping, Sequence

from ledger.desk.imports.cells import Line, List
from ledger.desk.imports.problems import ImportProblem, ImportRefused
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


def unit_of(name: str, options: Options) -> int:
    """How many seconds an amount of 1 is. Raises ImportRefused when it was not said: it is never guessed."""
    if options.unit_seconds is None:
        raise ImportRefused([ImportProblem("unit_missing", name)])
    return options.unit_seconds


def parted(line: Line, transfer: ImportedTransfer) -> ImportedTransfer:
    """The transfer, between two. Raises ImportProblem."""
    if transfer.giver.key.casefold() == transfer.receiver.key.casefold():
        raise line.problem("same_party")
    return transfer


def party(text: str, organisation: str | None = None, *system: str) -> Party:
    """Who is meant by a number, code or login: the bank itself, by the name given for it or a word of the system."""
    if text == organisation or text.casefold() in system:
        return Party(PartyKind.ORGANISATION)
    return Party(PartyKind.MEMBER, text)


def export_of(
    system: str,
    name: str,
    content: bytes,
    lists: Mapping[str, List],
    members: Sequence[ImportedMember],
    what: str,
    read: Callable[[Line], ImportedTransfer | SkippedRow],
) -> Export:
    """The export whose transfers are the list `what`, which may be missing, each line read by `read`."""
    rows = lists[what].rows(read) if what in lists else lambda _: iter(())
    kinds = {each.file: kind for kind, each in lists.items()}
    return Export(system, source_of(name, content), members, rows, lists=kinds)
