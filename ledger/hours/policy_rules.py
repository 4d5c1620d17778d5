"""A policy as the canonical text that is stored and whose hash is in the log."""

from fractions import Fraction
from typing import TypeVar

from ledger.hours.policy import (
    Above,
    Activity,
    Cap,
    Funder,
    Gifts,
    Limit,
    OnDeath,
    Period,
    Policy,
    Rounding,
)
from ledger.log.encoding import canonical_json, read_canonical_json
from ledger.people.delegates import Relation


def canonical_policy(policy: Policy) -> str:
    """The policy as canonical JSON of whole numbers and texts; equal policies in equal order have equal texts.

    Flags are 1 and 0, and what is None is left out. `v` says which fields there are, for the day there are more.
    """
    body: dict[str, object] = {
        "v": 1,
        "name": policy.name,
        "timezone": policy.timezone,
        "services_only": int(policy.services_only),
        "dispute_days": policy.dispute_days,
        "grid_seconds": policy.grid_seconds,
        "rounding": policy.rounding,
        "equal_hours": int(policy.equal_hours),
        "default_rate": str(policy.default_rate),
        "default_tariff": str(policy.default_tariff),
        # A list, because the order of an object's members is lost and the order of the rate card should not be.
        "activities": [_activity_body(activity) for activity in policy.activities.values()],
        "open_activities": int(policy.open_activities),
        "caps": {period: {"seconds": cap.seconds, "above": cap.above} for period, cap in policy.caps.items()},
        "funders": list(policy.funders),
        "pot": policy.pot,
        "issuance": policy.issuance,
        "gifts": {
            "relations": sorted(policy.gifts.relations),
            "anybody": int(policy.gifts.anybody),
            "pots": int(policy.gifts.pots),
        },
        "on_death": policy.on_death,
        "request_days": policy.request_days,
    }
    for key in ("silence_days", "log_within_days", "inactive_lapse_days"):
        if (days := getattr(policy, key)) is not None:
            body[key] = days
    for key, limit in (("floor", policy.floor), ("ceiling", policy.ceiling)):
        if limit is not None:
            body[key] = {"seconds": limit.seconds, "soft": int(limit.soft)}
    return canonical_json(body).decode()


def _activity_body(activity: Activity) -> dict[str, object]:
    return {
        "code": activity.code,
        "title": activity.title,
        "rate": str(activity.rate),
        "tariff": str(activity.tariff),
        "needs": list(activity.needs),
    }


def policy_from_canonical(text: str) -> Policy:
    """The policy of a stored text. Raises ValueError on anything `canonical_policy` would not have written."""
    try:
        policy = _from_body(_Body(read_canonical_json(text.encode())))
        same = canonical_policy(policy) == text
    except (KeyError, ZeroDivisionError, UnicodeEncodeError):
        raise ValueError("a part of the stored policy is not as it was written") from None
    if not same:
        # A member we do not know would otherwise be dropped in silence.
        raise ValueError("the stored policy is not in its canonical form")
    return policy


class _Body:
    """An object of the stored text, each member taken with the type it must have."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("a part of the stored policy is not an object")
        self.members: dict[str, object] = value

    def text(self, key: str) -> str:
        return _exactly(str, self.members[key])

    def whole(self, key: str) -> int:
        return _exactly(int, self.members[key])

    def whole_or_none(self, key: str) -> int | None:
        return self.whole(key) if key in self.members else None

    def flag(self, key: str) -> bool:
        return bool(self.whole(key))

    def rate(self, key: str) -> Fraction:
        return Fraction(self.text(key))

    def texts(self, key: str) -> list[str]:
        return [_exactly(str, value) for value in self.values(key)]

    def values(self, key: str) -> list[object]:
        return _exactly(list, self.members[key])

    def body(self, key: str) -> "_Body":
        return _Body(self.members[key])

    def limit(self, key: str) -> Limit | None:
        return (
            Limit(self.body(key).whole("seconds"), self.body(key).flag("soft"))
            if key in self.members
            else None
        )


_T = TypeVar("_T")


def _exactly(of: type[_T], value: object) -> _T:
    # Not isinstance: true is a whole number to Python.
    if type(value) is not of:
        raise ValueError(f"a part of the stored policy is not {of.__name__}")
    return value


def _from_body(body: _Body) -> Policy:
    if body.whole("v") != 1:
        raise ValueError("the stored policy is of a version this service does not know")
    activities = [_Body(value) for value in body.values("activities")]
    caps = body.body("caps")
    gifts = body.body("gifts")
    return Policy(
        name=body.text("name"),
        timezone=body.text("timezone"),
        services_only=body.flag("services_only"),
        silence_days=body.whole_or_none("silence_days"),
        dispute_days=body.whole("dispute_days"),
        log_within_days=body.whole_or_none("log_within_days"),
        grid_seconds=body.whole("grid_seconds"),
        rounding=Rounding(body.text("rounding")),
        equal_hours=body.flag("equal_hours"),
        default_rate=body.rate("default_rate"),
        default_tariff=body.rate("default_tariff"),
        activities={
            row.text("code"): Activity(
                row.text("code"),
                row.text("title"),
                row.rate("rate"),
                row.rate("tariff"),
                tuple(row.texts("needs")),
            )
            for row in activities
        },
        open_activities=body.flag("open_activities"),
        caps={
            Period(key): Cap(caps.body(key).whole("seconds"), Above(caps.body(key).text("above")))
            for key in caps.members
        },
        floor=body.limit("floor"),
        ceiling=body.limit("ceiling"),
        funders=tuple(map(Funder, body.texts("funders"))),
        pot=body.text("pot"),
        issuance=body.text("issuance"),
        gifts=Gifts(
            frozenset(map(Relation, gifts.texts("relations"))), gifts.flag("anybody"), gifts.flag("pots")
        ),
        on_death=OnDeath(body.text("on_death")),
        inactive_lapse_days=body.whole_or_none("inactive_lapse_days"),
        request_days=body.whole("request_days"),
    )
