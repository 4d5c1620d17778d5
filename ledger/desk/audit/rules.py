"""What a community had agreed about hours at a moment: its policies as they were applied, and who else pays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg

from ledger.desk.audit.findings import Findings
from ledger.desk.audit.tree import instant
from ledger.hours.claims import today_of
from ledger.hours.policy import DEFAULT, Policy, in_force
from ledger.hours.policy_rules import canonical_policy, policy_from_canonical
from ledger.hours.policy_text import PolicyProblem, read_policy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Rules:
    """The versions in the order of their numbers, the default first, each with the instant it was applied at.

    `funds` are the pots and issuance accounts by their codes, with their kinds. With a version that cannot be read,
    `whole` is False, and nothing is worked out by any.
    """

    findings: Findings
    versions: list[tuple[date, Policy]] = field(default_factory=lambda: [(date.min, DEFAULT)])
    applied: list[int] = field(default_factory=list)
    funds: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    whole: bool = True

    def take(self, row: asyncpg.Record) -> None:
        """Take the next version, and check what can be seen of it alone."""
        where = f"policy, version {row['version']}"
        if row["version"] != len(self.versions):
            self._broken(f"Version {row['version']} follows version {len(self.versions) - 1}.", where)
            return
        try:
            policy = policy_from_canonical(row["rules"])
            from_on = date.fromisoformat(row["in_force_from"])
        except (ValueError, TypeError, AttributeError):
            self._broken("rules or in_force_from is nothing the service could have written.", where)
            return
        try:
            says = canonical_policy(read_policy(row["source"]))
        except (PolicyProblem, ValueError, TypeError, AttributeError):
            says = None
        if says != row["rules"]:
            self.findings.add(
                "hours", "source, the file as it was applied, does not say what rules says.", where
            )
        applied = instant(row["applied_at"])
        if applied is None or (self.applied and applied < self.applied[-1]):
            self._broken("applied_at is not a moment after that of the version before.", where)
            return
        self.versions.append((from_on, policy))
        self.applied.append(applied)

    def _broken(self, what: str, where: str) -> None:
        self.whole = False
        self.findings.add("hours", what, where)

    def policy(self, version: int) -> Policy | None:
        """The policy of a stored number; None when there is none that can be read."""
        if not self.whole or not 0 <= version < len(self.versions):
            return None
        return self.versions[version][1]

    def _known_at(self, moment: int) -> Sequence[int]:
        """How many versions there may have been at a moment: one applied in that very second may have come before."""
        least = sum(each < moment for each in self.applied)
        return range(1 + least, 2 + sum(each <= moment for each in self.applied))

    def in_force(self, moment: str | None, day: date) -> set[int]:
        """The versions that something done at the moment may have taken for those of the day."""
        at = instant(moment)
        return set() if at is None else {in_force(self.versions[:known], day) for known in self._known_at(at)}

    def days_at(self, moment: str | None) -> set[date]:
        """The days it may have been at the moment, by the community's clock."""
        at = instant(moment)
        if at is None:
            return set()
        then = _EPOCH + timedelta(microseconds=at)
        return {today_of(self.versions[:known], then) for known in self._known_at(at)}

    def fund(self, code: str, kind: str) -> UUID | None:
        """The account of that code, when it is of that kind."""
        account_id, its_kind = self.funds.get(code, (None, ""))
        return account_id if its_kind == kind else None
