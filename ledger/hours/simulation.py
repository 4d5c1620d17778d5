"""What past claims would have been under a policy that is only a draft.

The claims are replayed in the order of their service dates, so that each meets the caps as the ones before it left
them. Only the policy's arithmetic is replayed: rates, grid, caps and the list of activities. Whether whoever pays would
have had the hours is not looked at, since people would have acted otherwise too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ledger.book.amounts import format_hours
from ledger.hours.policy import Period, Policy, share

MAX_LINES = 50
"""How many providers, and how many refused claims, are listed by `render_lines`; the rest is counted."""


class Why(StrEnum):
    """Why a claim would have been refused; the values of caps are those of `Period`."""

    DAILY = "daily"
    WEEKLY = "weekly"
    LIFETIME = "lifetime"
    ACTIVITY_UNKNOWN = "activity_unknown"


@dataclass(frozen=True, slots=True)
class PastClaim:
    """A claim as it was. `credited_seconds` is what its provider earned, 0 when nothing.

    `order` tells apart the claims of one day: the lower one came first.
    """

    claim_id: UUID
    provider_id: UUID
    service_on: date
    activity: str
    recorded_seconds: int
    credited_seconds: int
    order: int

    def to_dict(self) -> dict[str, object]:
        return {
            "claim_id": str(self.claim_id),
            "provider_id": str(self.provider_id),
            "service_on": self.service_on.isoformat(),
            "activity": self.activity,
            "recorded_seconds": self.recorded_seconds,
            "credited_seconds": self.credited_seconds,
            "order": self.order,
        }


@dataclass(frozen=True, slots=True)
class SimulatedClaim:
    """A claim as it would have been: what the provider earned `before` and would earn, and where the rest goes."""

    claim_id: UUID
    provider_id: UUID
    service_on: date
    before: int
    credited: int
    pot: int
    honour: int
    refused: Why | None

    def to_dict(self) -> dict[str, object]:
        return {
            "claim_id": str(self.claim_id),
            "provider_id": str(self.provider_id),
            "service_on": self.service_on.isoformat(),
            "before": self.before,
            "credited": self.credited,
            "pot": self.pot,
            "honour": self.honour,
            "refused": None if self.refused is None else str(self.refused),
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over claims, in seconds, and how many claims there are and would have been refused."""

    claims: int
    refused: int
    before: int
    credited: int
    pot: int
    honour: int

    def to_dict(self) -> dict[str, int]:
        return {
            "claims": self.claims,
            "refused": self.refused,
            "before": self.before,
            "credited": self.credited,
            "pot": self.pot,
            "honour": self.honour,
        }


@dataclass(frozen=True, slots=True)
class Simulation:
    """The claims in the order of their replay, the totals of each provider in order of appearance, and of all."""

    policy_name: str
    claims: tuple[SimulatedClaim, ...]
    providers: Mapping[UUID, Totals]
    total: Totals

    def to_dict(self) -> dict[str, object]:
        return {
            "policy": self.policy_name,
            "claims": [claim.to_dict() for claim in self.claims],
            "providers": {str(provider): totals.to_dict() for provider, totals in self.providers.items()},
            "total": self.total.to_dict(),
        }


def simulate(
    policy: Policy,
    claims: Iterable[PastClaim],
    *,
    from_on: date | None = None,
    earned_before: Mapping[UUID, int] | None = None,
) -> Simulation:
    """Replay the claims under the policy.

    Claims before `from_on` fill the caps and are not told of: for a month, give also those of the week in which it
    begins. `earned_before` is what each provider had earned in all before the first claim given.
    """
    before = earned_before or {}
    # Keyed by provider and by what the period is: a day, an ISO week, or nothing for a lifetime.
    earned: Counter[tuple[UUID, object]] = Counter(
        {(provider, None): sum_ for provider, sum_ in before.items()}
    )
    told: list[SimulatedClaim] = []
    for claim in sorted(claims, key=lambda claim: (claim.service_on, claim.order)):
        keys = {
            Period.DAILY: (claim.provider_id, claim.service_on),
            Period.WEEKLY: (claim.provider_id, claim.service_on.isocalendar()[:2]),
            Period.LIFETIME: (claim.provider_id, None),
        }
        simulated = _simulated(policy, claim, {period: earned[key] for period, key in keys.items()})
        for key in keys.values():
            earned[key] += simulated.credited
        if from_on is None or claim.service_on >= from_on:
            told.append(simulated)
    by_provider: dict[UUID, list[SimulatedClaim]] = {}
    for simulated in told:
        by_provider.setdefault(simulated.provider_id, []).append(simulated)
    providers = {provider: _totals(theirs) for provider, theirs in by_provider.items()}
    return Simulation(policy.name, tuple(told), providers, _totals(told))


def _simulated(policy: Policy, claim: PastClaim, earned: Mapping[Period, int]) -> SimulatedClaim:
    provider = pot = honour = 0
    activity = policy.activity(claim.activity)
    if activity is None:
        refused: Why | None = Why.ACTIVITY_UNKNOWN
    else:
        parts = share(policy, policy.credited(activity, claim.recorded_seconds), earned)
        provider, pot, honour = parts.provider, parts.pot, parts.honour
        refused = None if parts.refused is None else Why(parts.refused.value)
    return SimulatedClaim(
        claim.claim_id,
        claim.provider_id,
        claim.service_on,
        claim.credited_seconds,
        provider,
        pot,
        honour,
        refused,
    )


def _totals(claims: Iterable[SimulatedClaim]) -> Totals:
    claims = list(claims)
    return Totals(
        claims=len(claims),
        refused=sum(claim.refused is not None for claim in claims),
        before=sum(claim.before for claim in claims),
        credited=sum(claim.credited for claim in claims),
        pot=sum(claim.pot for claim in claims),
        honour=sum(claim.honour for claim in claims),
    )


def render_lines(simulation: Simulation, names: Mapping[UUID, str] | None = None) -> list[str]:
    """The simulation as lines to read: the whole, the providers for whom something changes, the refused claims.

    `names` says how people are called; who has none is shown by id.
    """
    names = names or {}

    def name(provider: UUID) -> str:
        return names.get(provider, str(provider))

    total = simulation.total
    lines = [
        f"Under “{simulation.policy_name}”, {_claims(total.claims)} would have earned {format_hours(total.credited)} "
        f"in place of {format_hours(total.before)} ({_difference(total)}).",
        f"To the pot {format_hours(total.pot)}, for the honour {format_hours(total.honour)}, "
        f"{_claims(total.refused)} refused.",
    ]
    changed = [
        f"{name(provider)}: {format_hours(totals.credited)} in place of {format_hours(totals.before)} "
        f"({_difference(totals)})."
        # Who is concerned most stands first: that is whom somebody must talk to.
        for provider, totals in sorted(
            simulation.providers.items(), key=lambda item: -abs(item[1].credited - item[1].before)
        )
        if totals.credited != totals.before
    ]
    lines += _shortened(changed, "providers") or ["Nobody would have earned more or less."]
    refused = [
        f"Refused: {name(claim.provider_id)} on {claim.service_on.isoformat()}, {_REASONS[claim.refused]}."
        for claim in simulation.claims
        if claim.refused is not None
    ]
    return lines + _shortened(refused, "refused claims")


_REASONS = {
    Why.DAILY: "more than may be earned in a day",
    Why.WEEKLY: "more than may be earned in a week",
    Why.LIFETIME: "more than may be earned in all",
    Why.ACTIVITY_UNKNOWN: "an activity that is not listed",
}


def _shortened(lines: list[str], of_what: str) -> list[str]:
    if len(lines) <= MAX_LINES:
        return lines
    return [*lines[:MAX_LINES], f"And {len(lines) - MAX_LINES} more {of_what}."]


def _claims(number: int) -> str:
    return f"{number} claim" if number == 1 else f"{number} claims"


def _difference(totals: Totals) -> str:
    difference = totals.credited - totals.before
    return f"{'+' if difference > 0 else ''}{format_hours(difference)}"
