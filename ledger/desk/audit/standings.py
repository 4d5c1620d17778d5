"""Each account's entries, one after the other: numbers without gaps, running balances, limits in force.

What is kept in memory is one standing for each account, never anything for each entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from ledger.book.amounts import MAX_BALANCE_SECONDS
from ledger.desk.audit.findings import Findings
from ledger.desk.audit.rows import EntryRow

FOR_EVER = 2**63


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in force from a size of the log on. None for none."""

    tree_size: int
    floor: int | None
    ceiling: int | None
    closed: bool


@dataclass(slots=True)
class Standing:
    """An account as the journal leaves it, so far: its newest entry number and balance, and the limits in force.

    `until` is the leaf at which the next of `limits` comes into force.
    """

    code: str
    number: int = 0
    balance: int = 0
    least: int = -MAX_BALANCE_SECONDS
    greatest: int = MAX_BALANCE_SECONDS
    closed: bool = False
    until: int = 0
    limits: list[Limits] = field(default_factory=list)
    next_limits: int = 0


class Standings:
    """The standings of all accounts of a community, by the sixteen bytes of their ids."""

    def __init__(self, findings: Findings) -> None:
        self.accounts: dict[bytes, Standing] = {}
        self.findings = findings
        self.entry_count = 0

    def follow(self, entries: Iterable[EntryRow]) -> None:
        """Follow the entries, which come in the order of the log."""
        accounts = self.accounts
        count = 0
        for entry in entries:
            account_id, number, leaf_index, _, seconds, after, _ = entry
            count += 1
            standing = accounts.get(account_id)
            if standing is None:
                self._unknown(entry)
                continue
            if leaf_index >= standing.until:
                _advance(standing, leaf_index)
            if (
                number != standing.number + 1
                or after != standing.balance + seconds
                or not standing.least <= after <= standing.greatest
                or standing.closed
            ):
                self._say(standing, entry)
            standing.number = number
            standing.balance = after
        self.entry_count += count

    def _unknown(self, entry: EntryRow) -> None:
        self.findings.add(
            "accounts",
            "The entry belongs to an account that is not in the table account.",
            f"entry, leaf {entry[2]}, place {entry[3]}, account {UUID(bytes=entry[0])}",
        )

    def _say(self, standing: Standing, entry: EntryRow) -> None:
        _, number, leaf_index, place, seconds, after, _ = entry
        where = f"entry, leaf {leaf_index}, place {place}, account {standing.code}, entry {number}"
        if number != standing.number + 1:
            what = f"Entry {number} of the account follows entry {standing.number}."
            self.findings.add("entry_numbers", what, where)
        if after != standing.balance + seconds:
            due = standing.balance + seconds
            what = f"The balance after it is {after}; {standing.balance} and {seconds} make {due}."
            self.findings.add("running_balance", what, where)
        if after < standing.least:
            what = f"The balance after it, {after}, is below the floor then in force, {standing.least}."
            self.findings.add("limits", what, where)
        if after > standing.greatest:
            what = f"The balance after it, {after}, is above the ceiling then in force, {standing.greatest}."
            self.findings.add("limits", what, where)
        if standing.closed:
            self.findings.add("limits", "The account had been closed before this entry.", where)


def _advance(standing: Standing, leaf_index: int) -> None:
    """Put the limits in force at a leaf."""
    limits = standing.limits
    while standing.next_limits < len(limits) and limits[standing.next_limits].tree_size <= leaf_index:
        now = limits[standing.next_limits]
        standing.least = -MAX_BALANCE_SECONDS if now.floor is None else now.floor
        standing.greatest = MAX_BALANCE_SECONDS if now.ceiling is None else now.ceiling
        standing.closed = now.closed
        standing.next_limits += 1
    standing.until = (
        limits[standing.next_limits].tree_size if standing.next_limits < len(limits) else FOR_EVER
    )
