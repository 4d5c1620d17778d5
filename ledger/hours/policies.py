"""The versions of each community's policy, kept in memory: a version never changes once it was applied."""

from collections.abc import Sequence
from datetime import date

from ledger.database.connections import Connection
from ledger.hours.policy import DEFAULT, Policy
from ledger.hours.policy_text import policy_from_canonical


class Policies:
    """Reads versions once. The place in the list is the version's number; 0 is the default, from the beginning."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[date, Policy]]] = {}

    async def read(self, db: Connection, community_id: int, newest: int) -> Sequence[tuple[date, Policy]]:
        """Every version up to `newest`, which the caller read with the head."""
        known = self._known.setdefault(community_id, [(date.min, DEFAULT)])
        if len(known) <= newest:
            rows = await db.rows("hours/read_policies", community_id=community_id, after=len(known) - 1)
            fresh = [(row["in_force_from"], policy_from_canonical(row["rules"])) for row in rows]
            # Only what is committed is kept: a version of this very transaction may still be taken back.
            self._known[community_id] = known = [*known, *fresh][: newest + 1]
        return known[: newest + 1]
