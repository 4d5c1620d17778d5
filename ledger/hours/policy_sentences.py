"""A policy as sentences to read out, for a member of any age, in the language of whoever reads them.

Every sentence stands here in English, whole, as it is given to translators (`gettext`, `ngettext`).
"""

from collections.abc import Iterator
from fractions import Fraction
from gettext import NullTranslations

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

ENGLISH = NullTranslations()


def render_policy(policy: Policy, texts: NullTranslations = ENGLISH) -> list[str]:
    """The rules as plain sentences, one a line, in the order in which a member meets them."""
    return list(_Reading(policy, texts).sentences())


class _Reading:
    """One policy read out in one language."""

    def __init__(self, policy: Policy, texts: NullTranslations) -> None:
        self.policy = policy
        self.texts = texts
        # Most co-ops have one pot, and its code says nothing to a member.
        self.named_pot = policy.pot != DEFAULT.pot

    def sentences(self) -> Iterator[str]:
        yield self.gettext("These are the rules of “%(name)s”.") % {"name": self.policy.name}
        yield from self._on_hours()
        yield from self._on_caps()
        yield from self._on_paying()
        yield from self._on_days()
        yield from self._on_giving()

    def gettext(self, message: str) -> str:
        return self.texts.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.texts.ngettext(one, many, count) % {"count": count}

    def _on_hours(self) -> Iterator[str]:
        gettext, policy = self.gettext, self.policy
        if policy.equal_hours:
            yield gettext("Every hour of care counts the same, whatever was done.")
        grid = {"grid": self._time(policy.grid_seconds)}
        match policy.rounding:
            case Rounding.UP:
                yield gettext("Time is rounded up to full steps of %(grid)s.") % grid
            case Rounding.NEAREST:
                yield (
                    gettext(
                        "Time is rounded to the nearest step of %(grid)s. A short visit counts as one step."
                    )
                    % grid
                )
            case Rounding.DOWN:
                yield (
                    gettext(
                        "Time is rounded down to full steps of %(grid)s. "
                        "Less than one step counts as nothing."
                    )
                    % grid
                )
            case Rounding.EXACT:
                yield gettext("Time counts exactly as it was written down.")
        for activity in policy.activities.values():
            yield self._on_activity(activity)
        yield self._on_other_care()

    def _on_activity(self, activity: Activity) -> str:
        gettext = self.gettext
        earned, cost = self._earned(activity.rate), activity.tariff
        worth = {"activity": activity.title, "earned": self._hours_of(earned), "cost": self._hours_of(cost)}
        if earned == cost:
            said = gettext("%(activity)s: an hour earns %(earned)s and costs the same.") % worth
        else:
            said = gettext("%(activity)s: an hour earns %(earned)s and costs %(cost)s.") % worth
        if not activity.needs:
            return said
        needs = {"needs": self._all_of([need.replace("-", " ") for need in activity.needs])}
        return said + " " + gettext("Whoever gives it must have: %(needs)s.") % needs

    def _on_other_care(self) -> str:
        gettext, policy = self.gettext, self.policy
        earned, cost = self._earned(policy.default_rate), policy.default_tariff
        worth = {"earned": self._hours_of(earned), "cost": self._hours_of(cost)}
        if policy.activities and not policy.open_activities:
            return gettext("Only these kinds of care are counted.")
        if policy.activities and earned == cost:
            return gettext("For any other kind of care an hour earns %(earned)s and costs the same.") % worth
        if policy.activities:
            return gettext("For any other kind of care an hour earns %(earned)s and costs %(cost)s.") % worth
        if earned == cost:
            return gettext("For any kind of care an hour earns %(earned)s and costs the same.") % worth
        return gettext("For any kind of care an hour earns %(earned)s and costs %(cost)s.") % worth

    def _earned(self, rate: Fraction) -> Fraction:
        return Fraction(1) if self.policy.equal_hours else rate

    def _on_caps(self) -> Iterator[str]:
        gettext, policy = self.gettext, self.policy
        for period in Period:
            if (cap := policy.caps.get(period)) is None:
                continue
            up_to = self._up_to(period) % {"time": self._time(cap.seconds)}
            yield up_to + " " + self._above(cap.above)
        if policy.ceiling is not None:
            time = {"time": self._time(policy.ceiling.seconds)}
            if policy.ceiling.soft:
                said = gettext(
                    "You can have up to %(time)s on your account. "
                    "If you have more, the co-ordinator will talk with you."
                )
            else:
                said = gettext(
                    "You can have up to %(time)s on your account. You cannot save up more than that."
                )
            yield said % time

    def _up_to(self, period: Period) -> str:
        gettext = self.gettext
        match period:
            case Period.DAILY:
                return gettext("You can earn up to %(time)s a day.")
            case Period.WEEKLY:
                return gettext("You can earn up to %(time)s a week, from Monday to Sunday.")
            case Period.LIFETIME:
                return gettext("You can earn up to %(time)s in all.")

    def _above(self, above: Above) -> str:
        gettext = self.gettext
        match above:
            case Above.REFUSE:
                return gettext("A visit that would take you above that is not accepted.")
            case Above.POT if self.named_pot:
                return (
                    gettext("What you give above that goes to the pot “%(pot)s”, for those in need.")
                    % self._pot()
                )
            case Above.POT:
                return gettext("What you give above that goes to the community's pot, for those in need.")
            case Above.HONOUR:
                return gettext("What you give above that is written down with thanks, and earns nothing.")

    def _on_paying(self) -> Iterator[str]:
        gettext, policy = self.gettext, self.policy
        first, *others = policy.funders
        yield self._paid_by(first)
        for other in others:
            yield self._else_paid_by(other)
        if policy.floor is None:
            yield gettext("Your account may go below zero without a limit.")
        else:
            yield self._on_floor(policy.floor)
        if policy.services_only:
            yield gettext("Hours buy help and nothing else. They are never exchanged for goods or money.")

    def _paid_by(self, funder: Funder) -> str:
        gettext = self.gettext
        match funder:
            case Funder.RECEIVER:
                return gettext("A visit is paid by whoever received the care, from their account.")
            case Funder.POT if self.named_pot:
                return gettext("A visit is paid by the pot “%(pot)s”.") % self._pot()
            case Funder.POT:
                return gettext("A visit is paid by the community's pot.")
            case Funder.ISSUANCE:
                return gettext("A visit is paid by the community, with new hours.")

    def _else_paid_by(self, funder: Funder) -> str:
        gettext = self.gettext
        match funder:
            case Funder.RECEIVER:
                return gettext(
                    "If that is not possible, it is paid by whoever received the care, from their account."
                )
            case Funder.POT if self.named_pot:
                return gettext("If that is not possible, it is paid by the pot “%(pot)s”.") % self._pot()
            case Funder.POT:
                return gettext("If that is not possible, it is paid by the community's pot.")
            case Funder.ISSUANCE:
                return gettext("If that is not possible, it is paid by the community, with new hours.")

    def _on_floor(self, floor: Limit) -> str:
        gettext = self.gettext
        time = {"time": self._time(-floor.seconds)}
        if floor.seconds == 0 and floor.soft:
            return gettext(
                "If your account goes below zero, the co-ordinator will talk with you. You still get care."
            )
        if floor.seconds == 0:
            return gettext("Your account cannot go below zero.")
        if floor.soft:
            said = gettext(
                "If your account goes below %(time)s below zero, the co-ordinator will talk with you. "
                "You still get care."
            )
        else:
            said = gettext("Your account can go down to %(time)s below zero, and not further.")
        return said % time

    def _on_days(self) -> Iterator[str]:
        gettext, policy = self.gettext, self.policy
        if policy.log_within_days is not None:
            yield gettext("Tell us of a visit within %(days)s.") % {
                "days": self._days(policy.log_within_days)
            }
        if policy.silence_days is None:
            yield gettext("A visit counts once it has been confirmed.")
        else:
            yield gettext(
                "A visit counts once it has been confirmed, or %(days)s later when nobody has objected."
            ) % {"days": self._days(policy.silence_days)}
        yield gettext("When two people disagree about a visit, it is settled within %(days)s.") % {
            "days": self._days(policy.dispute_days)
        }
        if policy.request_days:
            yield gettext("Hours set aside for a visit are free again %(days)s after its day.") % {
                "days": self._days(policy.request_days)
            }
        else:
            yield gettext("Hours set aside for a visit are free again after its day.")
        yield gettext("Days are counted by the clock of %(place)s.") % {
            "place": policy.timezone.replace("_", " ")
        }

    def _on_giving(self) -> Iterator[str]:
        gettext, policy, gifts = self.gettext, self.policy, self.policy.gifts
        if gifts.anybody and gifts.pots:
            yield gettext("You may give hours to any member and the community's pots.")
        elif gifts.anybody:
            yield gettext("You may give hours to any member.")
        elif gifts.relations:
            # In the order in which the relations are written down, the closest first.
            family = [self._relative(relation) for relation in Relation if relation in gifts.relations]
            pots = [gettext("the community's pots")] if gifts.pots else []
            people = {"people": self._all_of([*family, *pots])}
            yield gettext("You may give hours to %(people)s, and to nobody else.") % people
        elif gifts.pots:
            yield gettext("You may give hours to the community's pots, and to nobody else.")
        else:
            yield gettext("You cannot give hours away.")
        yield self._at_death()
        if policy.inactive_lapse_days is not None:
            if self.named_pot:
                said = gettext(
                    "Hours on an account that nobody has used for %(days)s go to the pot “%(pot)s”."
                )
            else:
                said = gettext(
                    "Hours on an account that nobody has used for %(days)s go to the community's pot."
                )
            yield said % {"days": self._days(policy.inactive_lapse_days), **self._pot()}

    def _at_death(self) -> str:
        gettext = self.gettext
        match self.policy.on_death:
            case OnDeath.LAPSE if self.named_pot:
                return gettext("When a member dies, their hours go to the pot “%(pot)s”.") % self._pot()
            case OnDeath.LAPSE:
                return gettext("When a member dies, their hours go to the community's pot.")
            case OnDeath.INHERIT:
                return gettext("When a member dies, their family inherits their hours.")
            case OnDeath.INHERIT_WITH_CONSENT if self.named_pot:
                return (
                    gettext(
                        "When a member dies, their family inherits their hours if the community agrees. "
                        "Otherwise the hours go to the pot “%(pot)s”."
                    )
                    % self._pot()
                )
            case OnDeath.INHERIT_WITH_CONSENT:
                return gettext(
                    "When a member dies, their family inherits their hours if the community agrees. "
                    "Otherwise the hours go to the community's pot."
                )

    def _relative(self, relation: Relation) -> str:
        gettext = self.gettext
        return {
            Relation.SPOUSE: gettext("your husband or wife"),
            Relation.PARTNER: gettext("your partner"),
            Relation.CHILD: gettext("your children"),
            Relation.PARENT: gettext("your parents"),
            Relation.SIBLING: gettext("your brothers and sisters"),
            Relation.GRANDCHILD: gettext("your grandchildren"),
            Relation.GRANDPARENT: gettext("your grandparents"),
            Relation.IN_LAW: gettext("your in-laws"),
            Relation.OTHER_RELATIVE: gettext("other relatives"),
            Relation.FRIEND: gettext("your friends"),
            Relation.NEIGHBOUR: gettext("your neighbours"),
            Relation.CARER: gettext("your carer"),
        }[relation]

    def _pot(self) -> dict[str, str]:
        return {"pot": self.policy.pot}

    def _all_of(self, words: list[str]) -> str:
        """The words as a list; where a language has other commas, its translators say so."""
        *others, last = words
        if not others:
            return last
        some = others[0]
        for each in others[1:]:
            some = self.gettext("%(words)s, %(next)s") % {"words": some, "next": each}
        return self.gettext("%(words)s and %(last)s") % {"words": some, "last": last}

    def _hours_of(self, rate: Fraction) -> str:
        """What an hour is at a rate, in words; a part of an hour that is no whole second stays a fraction."""
        seconds = rate * 3600
        if seconds.denominator == 1:
            return self._time(seconds.numerator)
        return self.gettext("%(fraction)s of an hour") % {"fraction": rate}

    def _time(self, seconds: int) -> str:
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        parts = [
            self.ngettext("%(count)s hour", "%(count)s hours", hours) if hours else "",
            self.ngettext("%(count)s minute", "%(count)s minutes", minutes) if minutes else "",
            self.ngettext("%(count)s second", "%(count)s seconds", rest) if rest else "",
        ]
        return " ".join(part for part in parts if part) or self.gettext("no time")

    def _days(self, days: int) -> str:
        return self.ngettext("%(count)s day", "%(count)s days", days)
