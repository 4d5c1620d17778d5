"""A policy as sentences to read out, for a member of any age."""

from collections.abc import Iterator
from fractions import Fraction

from ledger.hours.policy import (
    DEFAULT,
    Above,
    Activity,
    Funder,
    Limit,
    OnDeath,
    Period,
    Policy,
    Rounding,
)
from ledger.people.delegates import Relation


def render_policy(policy: Policy) -> list[str]:
    """The rules as plain sentences, one a line, in the order in which a member meets them."""
    return [
        f"These are the rules of “{policy.name}”.",
        *_on_hours(policy),
        *_on_caps(policy),
        *_on_paying(policy),
        *_on_days(policy),
        *_on_giving(policy),
    ]


def _on_hours(policy: Policy) -> Iterator[str]:
    if policy.equal_hours:
        yield "Every hour of care counts the same, whatever was done."
    yield _ROUNDED[policy.rounding].format(grid=_time(policy.grid_seconds))
    for activity in policy.activities.values():
        yield f"{activity.title}: {_worth(policy, activity.rate, activity.tariff)}." + _needed(activity)
    worth = _worth(policy, policy.default_rate, policy.default_tariff)
    if not policy.activities:
        yield f"For any kind of care {worth}."
    elif policy.open_activities:
        yield f"For any other kind of care {worth}."
    else:
        yield "Only these kinds of care are counted."


_ROUNDED = {
    Rounding.UP: "Time is rounded up to full steps of {grid}.",
    Rounding.NEAREST: "Time is rounded to the nearest step of {grid}. A short visit counts as one step.",
    Rounding.DOWN: "Time is rounded down to full steps of {grid}. Less than one step counts as nothing.",
    Rounding.EXACT: "Time counts exactly as it was written down.",
}


def _worth(policy: Policy, rate: Fraction, tariff: Fraction) -> str:
    earns = Fraction(1) if policy.equal_hours else rate
    if earns == tariff:
        return f"an hour earns {_hours_of(earns)} and costs the same"
    return f"an hour earns {_hours_of(earns)} and costs {_hours_of(tariff)}"


def _needed(activity: Activity) -> str:
    if not activity.needs:
        return ""
    return f" Whoever gives it must have: {_all_of([need.replace('-', ' ') for need in activity.needs])}."


def _on_caps(policy: Policy) -> Iterator[str]:
    for period in Period:
        if (cap := policy.caps.get(period)) is not None:
            yield f"You can earn up to {_time(cap.seconds)} {_WITHIN[period]}. " + _ABOVE[cap.above].format(
                pot=_pot(policy)
            )
    if policy.ceiling is not None:
        passed = (
            "If you have more, the co-ordinator will talk with you."
            if policy.ceiling.soft
            else "You cannot save up more than that."
        )
        yield f"You can have up to {_time(policy.ceiling.seconds)} on your account. {passed}"


_WITHIN = {
    Period.DAILY: "a day",
    Period.WEEKLY: "a week, from Monday to Sunday",
    Period.LIFETIME: "in all",
}
_ABOVE = {
    Above.REFUSE: "A visit that would take you above that is not accepted.",
    Above.POT: "What you give above that goes to {pot}, for those in need.",
    Above.HONOUR: "What you give above that is written down with thanks, and earns nothing.",
}


def _on_paying(policy: Policy) -> Iterator[str]:
    first, *others = policy.funders
    yield f"A visit is paid by {_PAYS[first].format(pot=_pot(policy))}."
    for other in others:
        yield f"If that is not possible, it is paid by {_PAYS[other].format(pot=_pot(policy))}."
    if policy.floor is None:
        yield "Your account may go below zero without a limit."
    elif policy.floor.soft:
        level = _below(policy.floor)
        yield f"If your account goes below {level}, the co-ordinator will talk with you. You still get care."
    elif policy.floor.seconds == 0:
        yield "Your account cannot go below zero."
    else:
        yield f"Your account can go down to {_below(policy.floor)}, and not further."
    if policy.services_only:
        yield "Hours buy help and nothing else. They are never exchanged for goods or money."


_PAYS = {
    Funder.RECEIVER: "whoever received the care, from their account",
    Funder.POT: "{pot}",
    Funder.ISSUANCE: "the community, with new hours",
}


def _below(limit: Limit) -> str:
    return "zero" if limit.seconds == 0 else f"{_time(-limit.seconds)} below zero"


def _on_days(policy: Policy) -> Iterator[str]:
    if policy.log_within_days is not None:
        yield f"Tell us of a visit within {_days(policy.log_within_days)}."
    if policy.silence_days is None:
        yield "A visit counts once it has been confirmed."
    else:
        silence = _days(policy.silence_days)
        yield f"A visit counts once it has been confirmed, or {silence} later when nobody has objected."
    yield f"When two people disagree about a visit, it is settled within {_days(policy.dispute_days)}."
    if policy.request_days:
        yield f"Hours set aside for a visit are free again {_days(policy.request_days)} after its day."
    else:
        yield "Hours set aside for a visit are free again after its day."
    yield f"Days are counted by the clock of {policy.timezone.replace('_', ' ')}."


def _on_giving(policy: Policy) -> Iterator[str]:
    gifts = policy.gifts
    others = ["the community's pots"] if gifts.pots else []
    if gifts.anybody:
        yield f"You may give hours to {_all_of(['any member', *others])}."
    elif gifts.relations:
        # In the order in which the relations are written down, the closest first.
        family = [_RELATIVES[relation] for relation in Relation if relation in gifts.relations]
        yield f"You may give hours to {_all_of([*family, *others])}, and to nobody else."
    elif others:
        yield "You may give hours to the community's pots, and to nobody else."
    else:
        yield "You cannot give hours away."
    yield _AT_DEATH[policy.on_death].format(pot=_pot(policy))
    if policy.inactive_lapse_days is not None:
        yield f"Hours on an account that nobody has used for {_days(policy.inactive_lapse_days)} go to {_pot(policy)}."


_RELATIVES = {
    Relation.SPOUSE: "your husband or wife",
    Relation.PARTNER: "your partner",
    Relation.CHILD: "your children",
    Relation.PARENT: "your parents",
    Relation.SIBLING: "your brothers and sisters",
    Relation.GRANDCHILD: "your grandchildren",
    Relation.GRANDPARENT: "your grandparents",
    Relation.IN_LAW: "your in-laws",
    Relation.OTHER_RELATIVE: "other relatives",
    Relation.FRIEND: "your friends",
    Relation.NEIGHBOUR: "your neighbours",
    Relation.CARER: "your carer",
}
_AT_DEATH = {
    OnDeath.LAPSE: "When a member dies, their hours go to {pot}.",
    OnDeath.INHERIT: "When a member dies, their family inherits their hours.",
    OnDeath.INHERIT_WITH_CONSENT: "When a member dies, their family inherits their hours if the community agrees. "
    "Otherwise the hours go to {pot}.",
}


def _pot(policy: Policy) -> str:
    # Most co-ops have one pot, and its code says nothing to a member.
    return "the community's pot" if policy.pot == DEFAULT.pot else f"the pot “{policy.pot}”"


def _all_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _hours_of(rate: Fraction) -> str:
    """What an hour is at a rate, in words; a part of an hour that is no whole second stays a fraction."""
    seconds = rate * 3600
    return _time(seconds.numerator) if seconds.denominator == 1 else f"{rate} of an hour"


def _time(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [_count(hours, "hour"), _count(minutes, "minute"), _count(rest, "second")]
    return " ".join(part for part in parts if part) or "no time"


def _days(days: int) -> str:
    return _count(days, "day")


def _count(number: int, unit: str) -> str:
    return "" if number == 0 else f"{number} {unit}" + ("" if number == 1 else "s")
