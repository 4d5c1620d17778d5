"""Policies for tests about hours, in force without ceremony."""

from dataclasses import replace
from datetime import date

from ledger.hours.policy import DEFAULT
from ledger.hours.policy_rules import canonical_policy


async def apply_policy(owner, community, in_force_from=date(2026, 1, 1), **changes):
    """Put the default policy with these changes in force, as the community's next version."""
    rules = canonical_policy(replace(DEFAULT, **changes))
    version = await owner.fetchval(
        "UPDATE log_head SET policy_version = policy_version + 1 WHERE community_id = $1 RETURNING policy_version",
        community.id,
    )
    await owner.execute(
        "INSERT INTO policy (community_id, version, in_force_from, source, rules, applied_at)"
        " VALUES ($1, $2, $3, '', $4, now())",
        community.id,
        version,
        in_force_from,
        rules,
    )
