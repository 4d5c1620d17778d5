"""What the audit found, and how it says so."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ledger.log.encoding import read_json

KEPT = 100
"""Findings kept in full of each check; the rest are counted."""

_ALTERED = (
    "What was posted stands in the log and in the receipts people hold: compare with them and with a backup,"
    " put the row back, and find out who could write to the database."
)
_REBUILD = "It is derived from the journal. Find out how it came to differ before it is set to what the journal says."
_HISTORY = (
    "Stop posting, keep a copy of the database as it is, and compare with a backup and with checkpoints that"
    " others keep: history was changed outside the service."
)

REMEDIES = {
    "community": "Put issuer, origin and slug back to what every receipt of this community says.",
    "unreadable": "The table holds what the service cannot have written. Compare it with a backup.",
    "balanced": _ALTERED,
    "entry_numbers": _ALTERED,
    "running_balance": _ALTERED,
    "leaf": _ALTERED,
    "digest": _ALTERED,
    "note": _ALTERED,
    "author": _ALTERED,
    "event": _ALTERED,
    "erased": (
        "Somebody was promised that this is gone. It may have come back with a restored backup: delete it again."
    ),
    "people": (
        "Somebody changed outside the service who may do what, or how they come in. Undo it by hand (the events say"
        " how it was), end the sessions of the member, and find out who could write to the database."
    ),
    "hours": (
        "Somebody changed outside the service what hours were claimed, asked for or decided. Ask the two it concerns,"
        " compare with their receipts, the events and a backup, put the row back, and find out who could write to the"
        " database."
    ),
    "periods": (
        "What a closing says stands in the log, and in the proofs people were given: compare with them and with a"
        " backup, put the row back, and find out who could write to the database."
    ),
    "assertions": (
        "What was asserted of a balance stands in the log: compare with the event and with a backup, put the row back,"
        " and find out who could write to the database."
    ),
    "rounds": (
        "What was signed off of a paper round stands in the log: compare with the event and with a backup, put the row"
        " back, and find out who could write to the database."
    ),
    "fingerprint": _ALTERED,
    "recorded_at": _ALTERED,
    "leaf_hash": _HISTORY,
    "log_order": _HISTORY,
    "one_to_one": _ALTERED,
    "entries": _ALTERED,
    "limits": _ALTERED,
    "limit_changes": _ALTERED,
    "openings": _ALTERED,
    "accounts": _ALTERED,
    "balance": _REBUILD,
    "zero_total": "Look at the findings about balances first: one of them is the cause.",
    "held": _REBUILD,
    "open_holds": _REBUILD,
    "holds": _ALTERED,
    "reversals": _ALTERED,
    "ids": "One id stands for one request. Find out which of the two rows the service did not write.",
    "head": _HISTORY,
    "nodes": "Proofs made from this hash are wrong. It is derived from the leaves; find out how it came to differ.",
    "checkpoints": _HISTORY,
    "published": _HISTORY + " The service starts read-only until this is settled.",
    "against": "Ask whoever gave you the checkpoint for theirs again. If it stands: " + _HISTORY,
    "mark": "Run the audit in full (without --since-last).",
}
"""What to do, by check."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: the check that saw it, what it saw, where, and what to do."""

    check: str
    what: str
    where: str
    remedy: str


@dataclass(slots=True)
class Findings:
    """Findings in the order they were made, at most KEPT of each check; `counts` knows how many there were."""

    kept: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, check: str, what: str, where: str) -> None:
        self.counts[check] += 1
        if self.counts[check] <= KEPT:
            self.kept.append(Finding(check, what, where, REMEDIES[check]))

    def count(self, check: str, number: int, where: str) -> None:
        """Count findings that nobody will read one by one; the first of a check is spelt out all the same."""
        if number and not self.counts[check]:
            self.add(check, f"{_many(number, 'row does', 'rows do')} not agree with what was signed.", where)
            number -= 1
        self.counts[check] += number

    def more(self) -> dict[str, int]:
        """By check, how many were counted and not kept."""
        return dict(self.counts - Counter([finding.check for finding in self.kept]))


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was looked at, what was not, and what was found."""

    slug: str
    tree_size: int
    first_leaf: int
    entries: int
    accounts: int
    not_looked_at: tuple[str, ...]
    findings: list[Finding]
    more: dict[str, int]
    erased_members: int = 0
    erased_accounts: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found, spelt out or only counted."""
        return not self.findings and not any(self.more.values())

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """The report that `to_dict` told."""
        return cls(
            told["community"],
            told["tree_size"],
            told["first_leaf"],
            told["entries"],
            told["accounts"],
            tuple(told["not_looked_at"]),
            [Finding(**finding) for finding in told["findings"]],
            told["more"],
            told["erased_members"],
            told["erased_accounts"],
        )

    def render_lines(self) -> list[str]:
        """The report in plain sentences, one thought a line."""
        looked = f"leaves {self.first_leaf} to {self.tree_size - 1}" if self.first_leaf else "the whole log"
        lines = [
            f"{self.slug}: audited {looked}: {_many(self.tree_size - self.first_leaf, 'leaf', 'leaves')},"
            f" {_many(self.entries, 'entry', 'entries')}, {_many(self.accounts, 'account', 'accounts')}."
        ]
        if self.first_leaf >= self.tree_size > 0:
            lines[0] = (
                f"{self.slug}: nothing was posted since the last clean audit ({self.tree_size} leaves)."
            )
        lines += self.not_looked_at
        if self.erased_members:
            lines.append(
                f"Erased on purpose: {_many(self.erased_members, 'member', 'members')} with"
                f" {_many(self.erased_accounts, 'account', 'accounts')}. What was deleted with them is not missed."
            )
        for number, finding in enumerate(self.findings, 1):
            lines += [f"{number}. [{finding.check}] {finding.what}", f"   Where: {finding.where}"]
            lines.append(f"   What to do: {finding.remedy}")
        lines += [f"[{check}] and {count} more." for check, count in self.more.items()]
        total = len(self.findings) + sum(self.more.values())
        lines.append("No findings." if not total else f"{_many(total, 'finding', 'findings')}.")
        return lines

    def to_dict(self) -> dict[str, object]:
        """The report for programs."""
        return {
            "community": self.slug,
            "clean": self.clean,
            "tree_size": self.tree_size,
            "first_leaf": self.first_leaf,
            "entries": self.entries,
            "accounts": self.accounts,
            "erased_members": self.erased_members,
            "erased_accounts": self.erased_accounts,
            "not_looked_at": list(self.not_looked_at),
            "findings": [asdict(finding) for finding in self.findings],
            "more": dict(self.more),
        }


def difference(payload: bytes, rendered: bytes, source: str) -> str:
    """Which members of a leaf differ from what the tables render to, as far as it can be read."""
    says = f"The leaf is not what {source}"
    try:
        logged, derived = read_json(payload), read_json(rendered)
    except ValueError:
        return f"{says}: it is not such a text at all."
    if not isinstance(logged, dict) or not isinstance(derived, dict):
        return f"{says}: it is not such a text at all."
    names = [name for name in sorted(logged.keys() | derived.keys()) if logged.get(name) != derived.get(name)]
    if not names:
        return f"{says}: it is written in another way."
    return f"{says}: {', '.join(names)} differ{'s' if len(names) == 1 else ''}."


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
