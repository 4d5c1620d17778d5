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
from gettext import NullTranslations
from uuid import UUID

from ledger.book.amounts import format_hours
from ledger.hours.policy import Period, Policy, share
from ledger.hours.policy_sentences import ENGLISH

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


def render_lines(
    simulation: Simulation,
    names: Mapping[UUID, str] | None = None,
    texts: NullTranslations = ENGLISH,
) -> list[str]:
    """The simulation as lines to read: the whole, the providers for whom something changes, the refused claims.

    `names` says how people are called; who has none is shown by id.
    """
    names = names or {}
    gettext, ngettext = texts.gettext, texts.ngettext

    def name(provider: UUID) -> str:
        return names.get(provider, str(provider))

    total = simulation.total
    under = ngettext(
        "Under “%(policy)s”, %(count)s claim would have earned %(earned)s in place of %(before)s (%(difference)s).",
        "Under “%(policy)s”, %(count)s claims would have earned %(earned)s in place of %(before)s (%(difference)s).",
        total.claims,
    )
    rest = ngettext(
        "To the pot %(pot)s, for the honour %(honour)s, %(count)s claim refused.",
        "To the pot %(pot)s, for the honour %(honour)s, %(count)s claims refused.",
        total.refused,
    )
    lines = [
        under % {"policy": simulation.policy_name, "count": total.claims, **_hours(total)},
        rest % {"count": total.refused, "pot": format_hours(total.pot), "honour": format_hours(total.honour)},
    ]
    changed = [
        gettext("%(name)s: %(earned)s in place of %(before)s (%(difference)s).")
        % {"name": name(provider), **_hours(totals)}
        # Who is concerned most stands first: that is whom somebody must talk to.
        for provider, totals in sorted(
            simulation.providers.items(), key=lambda item: -abs(item[1].credited - item[1].before)
        )
        if totals.credited != totals.before
    ]
    if len(changed) > MAX_LINES:
        more = len(changed) - MAX_LINES
        said = ngettext("And %(count)s more provider.", "And %(count)s more providers.", more)
        changed[MAX_LINES:] = [said % {"count": more}]
    lines += changed or [gettext("Nobody would have earned more or less.")]
    refused = [
        _refusal(claim.refused, texts)
        % {"name": name(claim.provider_id), "day": claim.service_on.isoformat()}
        for claim in simulation.claims
        if claim.refused is not None
    ]
    if len(refused) > MAX_LINES:
        more = len(refused) - MAX_LINES
        said = ngettext("And %(count)s more refused claim.", "And %(count)s more refused claims.", more)
        refused[MAX_LINES:] = [said % {"count": more}]
    return lines + refused


def _refusal(why: Why, texts: NullTranslations) -> str:
    gettext = texts.gettext
    match why:
        case Why.DAILY:
            return gettext("Refused: %(name)s on %(day)s, more than may be earned in a day.")
        case Why.WEEKLY:
            return gettext("Refused: %(name)s on %(day)s, more than may be earned in a week.")
        case Why.LIFETIME:
            return gettext("Refused: %(name)s on %(day)s, more than may be earned in all.")
        case Why.ACTIVITY_UNKNOWN:
            return gettext("Refused: %(name)s on %(day)s, an activity that is not listed.")


def _hours(totals: Totals) -> dict[str, str]:
    difference = totals.credited - totals.before
    return {
        "earned": format_hours(totals.credited),
        "before": format_hours(totals.before),
        "difference": f"{'+' if difference > 0 else ''}{format_hours(difference)}",
    }
