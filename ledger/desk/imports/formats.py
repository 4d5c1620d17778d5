"""The formats that can be taken over, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.desk.imports.cyclos3 import read_cyclos3
from ledger.desk.imports.cyclos4 import read_cyclos4
from ledger.desk.imports.drupal import read_drupal
from ledger.desk.imports.komunitin import read_komunitin
from ledger.desk.imports.neutral import read_neutral
from ledger.desk.imports.oscurrency import read_oscurrency
from ledger.desk.imports.shape import Export, Options
from ledger.desk.imports.timebank_cc import read_timebank_cc
from ledger.desk.imports.timeoverflow import read_timeoverflow

Read = Callable[[bytes, str, Options], Export]
"""Reads content, called so, by these options. Raises ImportRefused; mistakes in a row come when the rows are read."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its reader, what it is called, and whether its amounts need a unit."""

    name: str
    read: Read
    label: str
    needs_unit: bool = False


FORMATS = {
    each.name: each
    for each in (
        Format("timeoverflow", read_timeoverflow, "TimeOverflow"),
        Format("komunitin", read_komunitin, "Komunitin", needs_unit=True),
        Format("cyclos3", read_cyclos3, "Cyclos 3", needs_unit=True),
        Format("cyclos4", read_cyclos4, "Cyclos 4", needs_unit=True),
        Format("drupal", read_drupal, "Community Forge, Drupal mutual credit", needs_unit=True),
        Format("oscurrency", read_oscurrency, "Oscurrency", needs_unit=True),
        Format("timebank_cc", read_timebank_cc, "timebank.cc"),
        Format("neutral", read_neutral, "Neutral CSV"),
    )
}
