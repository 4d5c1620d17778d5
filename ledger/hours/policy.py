"""What a community has agreed about hours: the records of a policy, and the arithmetic on them.

Nothing here does IO or reads a clock, so a claim of any day can be worked out again at any time. Seconds are whole
numbers and rates are fractions. A claim is rounded to the grid first and multiplied by its rate afterwards,
half up, once.

A policy is kept in numbered versions, each with its first day; `in_force` says which one counts on a day. How it is
written in a file is in `policy_text`, how it is stored in `policy_rules`, how it is read out in `policy_sentences`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from ledger.book.amounts import credited_seconds
from ledger.hours.activity_codes import is_code
from ledger.people.delegates import Relation

MAX_RATE = Fraction(10)
"""Largest rate and tariff. A greater one is a slip of the pen in every bank we read about."""


class Rounding(StrEnum):
    """How recorded seconds meet the grid. NEAREST is half up; EXACT leaves them as they are."""

    UP = "up"
    NEAREST = "nearest"
    DOWN = "down"
    EXACT = "exact"


class Above(StrEnum):
    """What becomes of the seconds above a cap: the claim is refused, the pot gets them, or nobody pays them.

    HONOUR records that they were given, and nothing is posted for them.
    """

    REFUSE = "refuse"
    POT = "pot"
    HONOUR = "honour"


class Period(StrEnum):
    """What a cap counts over: a day, an ISO week (Monday to Sunday), or everything ever earned."""

    DAILY = "daily"
    WEEKLY = "weekly"
    LIFETIME = "lifetime"


class Funder(StrEnum):
    """Whose account pays a claim."""

    RECEIVER = "receiver"
    POT = "pot"
    ISSUANCE = "issuance"


class OnDeath(StrEnum):
    """What becomes of the credits of somebody who died. LAPSE gives them to the pot."""

    LAPSE = "lapse"
    INHERIT = "inherit"
    INHERIT_WITH_CONSENT = "inherit_with_consent"


@dataclass(frozen=True, slots=True)
class Activity:
    """A kind of care: what an hour of it earns (`rate`) and what it costs the receiver (`tariff`).

    `needs` are the kinds of clearances without which nobody takes a request for it.
    """

    code: str
    title: str
    rate: Fraction
    tariff: Fraction
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """How much one provider may earn in a period, and what becomes of the rest."""

    seconds: int
    above: Above


@dataclass(frozen=True, slots=True)
class Limit:
    """A floor (zero or less) or a ceiling (zero or more). A soft one is passed, and the co-ordinator gets a task."""

    seconds: int
    soft: bool


@dataclass(frozen=True, slots=True)
class Gifts:
    """To whom a member may give credits: those who are one of `relations` to the giver, anybody, pots."""

    relations: frozenset[Relation]
    anybody: bool
    pots: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one community about hours.

    The defaults make up `DEFAULT`. `activities` are keyed by code, in the order of the file; unless
    `open_activities`, one that is not listed is refused. `funders` are tried in their order, and the first that can
    pay the whole claim pays. `pot` and `issuance` are codes of accounts. A None of days means never, or no bound.
    """

    name: str = "Equal hours"
    timezone: str = "UTC"
    services_only: bool = True
    silence_days: int | None = 14
    dispute_days: int = 14
    log_within_days: int | None = None
    grid_seconds: int = 900
    rounding: Rounding = Rounding.UP
    equal_hours: bool = True
    default_rate: Fraction = Fraction(1)
    default_tariff: Fraction = Fraction(1)
    # Left out of the hash only because a mapping has none.
    activities: Mapping[str, Activity] = field(default_factory=dict, hash=False)
    open_activities: bool = True
    caps: Mapping[Period, Cap] = field(default_factory=dict, hash=False)
    # A first exchange must work, before anybody has earned.
    floor: Limit | None = Limit(-36_000, soft=False)
    ceiling: Limit | None = None
    funders: tuple[Funder, ...] = (Funder.RECEIVER,)
    pot: str = "community-pot"
    issuance: str = "issuance"
    gifts: Gifts = Gifts(frozenset(), anybody=True, pots=True)
    on_death: OnDeath = OnDeath.INHERIT_WITH_CONSENT
    inactive_lapse_days: int | None = None
    request_days: int = 7

    def __post_init__(self) -> None:
        if self.grid_seconds < 1:
            raise ValueError("a grid is one second or more")
        if not self.funders:
            raise ValueError("somebody pays for a claim")
        # A claim keeps the version it was made under, so nobody may change it in place afterwards.
        object.__setattr__(self, "activities", MappingProxyType(dict(self.activities)))
        object.__setattr__(self, "caps", MappingProxyType(dict(self.caps)))

    def activity(self, code: str) -> Activity | None:
        """The listed activity; where others are allowed too, one with the defaults if it is a code; else None."""
        listed = self.activities.get(code)
        if listed is not None or not self.open_activities or not is_code(code):
            return listed
        return Activity(code, code, self.default_rate, self.default_tariff)

    def rounded(self, recorded_seconds: int) -> int:
        """The seconds on the grid. Raises ValueError for less than none.

        Rounded to the nearest step, a short visit still counts as one step: somebody came, and a receipt over nothing
        would be an affront. Rounded down it counts as nothing, since that is what rounding down was chosen for.
        """
        if recorded_seconds < 0:
            raise ValueError("nobody gives less than no time")
        grid = self.grid_seconds
        match self.rounding:
            case Rounding.EXACT:
                return recorded_seconds
            case Rounding.DOWN:
                return recorded_seconds // grid * grid
            case Rounding.UP:
                return -(-recorded_seconds // grid) * grid
            case Rounding.NEAREST:
                steps = (2 * recorded_seconds + grid) // (2 * grid)
                return max(steps, 1 if recorded_seconds else 0) * grid

    def credited(self, activity: Activity, recorded_seconds: int) -> int:
        """What the time earns. Where every hour is equal no rate counts, whatever the activity says."""
        rate = Fraction(1) if self.equal_hours else activity.rate
        return credited_seconds(self.rounded(recorded_seconds), rate)

    def redeemed(self, activity: Activity, recorded_seconds: int) -> int:
        """What the time costs the receiver. The tariff is apart from the rate, also where every hour is equal."""
        return credited_seconds(self.rounded(recorded_seconds), activity.tariff)


@dataclass(frozen=True, slots=True)
class Share:
    """Who gets which part of the credited seconds; the parts sum to the whole, or are all 0 when it is refused.

    `honour` is recorded, and nobody pays it. `refused` is the period whose cap would have been passed.
    """

    provider: int
    pot: int
    honour: int
    refused: Period | None


def share(policy: Policy, credited: int, earned: Mapping[Period, int]) -> Share:
    """Divide the credited seconds by the caps, given what the provider earned so far in each period.

    The provider gets what the tightest cap leaves room for. What is above the tightest HONOUR cap is honour only; of
    the rest, what is above the tightest POT cap goes to the pot. So nobody pays for more than an
    HONOUR cap lets be paid, also when another cap is passed with it.

    The whole claim is refused when what the provider would get passes a REFUSE cap: daily before weekly before
    lifetime. Seconds that another cap gives away are not earned and do not count towards it.
    """
    if credited < 0:
        raise ValueError("a claim credits no less than nothing")
    if all(credited <= cap.seconds - earned.get(period, 0) for period, cap in policy.caps.items()):
        return Share(credited, 0, 0, None)
    payable = min(credited, _room(policy, earned, Above.HONOUR, credited))
    provider = min(payable, _room(policy, earned, Above.POT, payable))
    for period in Period:
        cap = policy.caps.get(period)
        # Who is above a cap already, because the policy changed, is refused nothing for nothing more.
        if cap is not None and cap.above is Above.REFUSE and provider > _left(cap, earned.get(period, 0)):
            return Share(0, 0, 0, period)
    return Share(provider, payable - provider, credited - payable, None)


def _room(policy: Policy, earned: Mapping[Period, int], above: Above, at_most: int) -> int:
    """What the tightest cap of a kind leaves; `at_most` when there is none."""
    left = (_left(cap, earned.get(period, 0)) for period, cap in policy.caps.items() if cap.above is above)
    return min(left, default=at_most)


def _left(cap: Cap, earned: int) -> int:
    return max(cap.seconds - earned, 0)


def in_force(versions: Sequence[tuple[date, Policy]], on: date) -> int:
    """The index of the version that counts on a day: the newest of those that have begun by then.

    The versions stand in the order of their numbers, each with its first day. A newer version with an earlier or the
    same first day stands in the place of the older one. The oldest counts from the beginning of time.
    """
    if not versions:
        raise ValueError("a community always has a policy")
    return max((index for index, (from_on, _) in enumerate(versions) if from_on <= on), default=0)


DEFAULT = Policy()
"""In force before a community applies one of its own; the same as `presets/equal-hours.toml`."""
