"""The versions of each community's policy, and the accounts they name, kept in memory.

A version never changes once it was applied, and a code names the same account for ever.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ledger.database.connections import Connection
from ledger.hours.policy import DEFAULT, Policy
from ledger.hours.policy_rules import policy_from_canonical


class Coded(NamedTuple):
    """The account a policy names by its code."""

    account_id: UUID
    kind: str


class Policies:
    """Reads versions once. The place in the list is the version's number; 0 is the default, from the beginning."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[date, Policy]]] = {}
        self._accounts: dict[tuple[int, str], Coded] = {}

    async def read(self, db: Connection, community_id: int, newest: int) -> Sequence[tuple[date, Policy]]:
        """Every version up to `newest`, which the caller read with the head."""
        known = self._known.setdefault(community_id, [(date.min, DEFAULT)])
        if len(known) <= newest:
            rows = await db.rows("hours/read_policies", community_id=community_id, after=len(known) - 1)
            fresh = [(row["in_force_from"], policy_from_canonical(row["rules"])) for row in rows]
            # Only what is committed is kept: a version of this very transaction may still be taken back.
            self._known[community_id] = known = [*known, *fresh][: newest + 1]
        return known[: newest + 1]

    async def accounts(self, db: Connection, community_id: int, codes: Iterable[str]) -> dict[str, Coded]:
        """The accounts with these codes; one that is not there (yet) is left out.

        For use with the head locked, or after it was: an account whose opening was taken back must not be kept.
        """
        wanted = set(codes)
        unknown = [code for code in wanted if (community_id, code) not in self._accounts]
        fresh: dict[str, Coded] = {}
        if unknown:
            rows = await db.rows("hours/read_accounts_by_code", community_id=community_id, codes=unknown)
            fresh = {row["code"]: Coded(row["account_id"], row["kind"]) for row in rows}
            self._accounts.update({(community_id, code): coded for code, coded in fresh.items()})
        return {
            code: coded for code in wanted if (coded := self._accounts.get((community_id, code))) is not None
        }
