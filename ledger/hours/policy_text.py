"""A policy as a file people edit, as the canonical text that is stored, and as sentences to read out.

The file is TOML. Its keys are the fields of `policy.Policy`; what is left out is as in `policy.DEFAULT`, except that
a tariff left out follows its rate: what an hour earns is what it costs. Durations are texts such as "1:30" or
"-10:00", or whole hours as plain numbers. Rates are texts such as "1.5" or "3/2"; a bare 1.5 is read digit by digit
and never becomes a float. "none" stands for no floor, no ceiling, or no number of days.

Reading collects every mistake before it gives up, so that nobody mends a file one line at a time.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import TypeVar
from zoneinfo import available_timezones

from ledger.book.amounts import format_hours, parse_hours
from ledger.hours.policy import (
    DEFAULT,
    MAX_RATE,
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

MAX_BYTES = 64 * 1024
MAX_LINE = 1000
"""Characters in a line. The standard reader takes 18 seconds for one dotted key that fills 64 KiB."""
MAX_ACTIVITIES = 200
MAX_NEEDS = 10
MAX_TEXT = 100
MAX_MISTAKES = 200
"""How many mistakes are told one by one; the last of them says how many more there are."""
MAX_DAYS = 36_500
MAX_GRID = 4 * 3600
"""A grid of 15 or 30 was meant in minutes, and is caught by this."""
MAX_HOURS = 1_000_000

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
_QUOTIENT = re.compile(r"[0-9]{1,4}/[1-9][0-9]{0,3}")
_AT_LINE = re.compile(r" \(at (?:line (?P<line>[0-9]+), column [0-9]+|end of document)\)")

_KEYS = (
    *("name", "timezone", "services_only", "silence_days", "dispute_days", "log_within_days", "request_days"),
    *("grid", "rounding", "equal_hours", "default_rate", "default_tariff", "open_activities", "activities"),
    *("caps", "floor", "ceiling", "funders", "pot", "issuance", "gifts", "on_death", "inactive_lapse_days"),
)

_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a file: where it stands, what it is in a sentence, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.remedy}"


class PolicyProblem(ValueError):
    """The file is not a policy. `mistakes` are all that was found, at least one."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class _Decimal(str):
    """A bare decimal number as it was written, told apart from a text between quotes."""

    __slots__ = ()


class _Mistakes:
    def __init__(self) -> None:
        self.found: list[Mistake] = []
        self.more = 0

    def add(self, where: str, what: str, remedy: str) -> None:
        if len(self.found) < MAX_MISTAKES - 1:
            self.found.append(Mistake(where, what, remedy))
        else:
            self.more += 1

    @property
    def full(self) -> bool:
        return self.more > 0

    def stop(self) -> None:
        """Raise what was found, if anything."""
        if self.more:
            last = Mistake("the file", f"There are {self.more} more mistakes.", "Mend these first.")
            raise PolicyProblem([*self.found, last])
        if self.found:
            raise PolicyProblem(self.found)


# ---- reading a file


def read_policy(text: str) -> Policy:
    """The policy a TOML file describes. Raises PolicyProblem with all its mistakes."""
    mistakes = _Mistakes()
    top = _Table(mistakes, "", _load(text), _KEYS)
    equal_hours = top.flag("equal_hours", DEFAULT.equal_hours)
    rate = top.rate("default_rate", DEFAULT.default_rate)
    _require_equal(top, "default_rate", rate, equal_hours)
    tariff = top.rate("default_tariff", rate)
    activities = _activities(top, rate, tariff, equal_hours)
    policy = Policy(
        name=_name(top),
        timezone=_timezone(top),
        services_only=top.flag("services_only", DEFAULT.services_only),
        silence_days=top.days_or_none("silence_days", DEFAULT.silence_days),
        dispute_days=top.days("dispute_days", DEFAULT.dispute_days),
        log_within_days=top.days_or_none("log_within_days", DEFAULT.log_within_days),
        grid_seconds=top.duration("grid", 1, MAX_GRID, DEFAULT.grid_seconds, "0:15"),
        rounding=top.choice("rounding", Rounding, DEFAULT.rounding),
        equal_hours=equal_hours,
        default_rate=rate,
        default_tariff=tariff,
        activities=activities,
        open_activities=_open_activities(top, activities),
        caps=_caps(top),
        floor=_limit(top, "floor", -MAX_HOURS * 3600, 0, DEFAULT.floor, "-10:00"),
        ceiling=_limit(top, "ceiling", 0, MAX_HOURS * 3600, DEFAULT.ceiling, "750:00"),
        funders=_funders(top),
        pot=top.slug("pot", DEFAULT.pot),
        issuance=_issuance(top),
        gifts=_gifts(top),
        on_death=top.choice("on_death", OnDeath, DEFAULT.on_death),
        inactive_lapse_days=top.days_or_none("inactive_lapse_days", DEFAULT.inactive_lapse_days),
        request_days=top.days("request_days", DEFAULT.request_days, least=0),
    )
    mistakes.stop()
    return policy


def _load(text: str) -> dict[str, object]:
    # Windows' editor puts the mark in front of every file it saves as UTF-8.
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="replace")) > MAX_BYTES:
        what = f"The file is larger than {MAX_BYTES // 1024} KiB."
        raise PolicyProblem(
            [Mistake("the file", what, "Leave out what is not a rule, such as long comments.")]
        )
    lines = text.split("\n")
    too_long = [
        Mistake(f"line {number}", f"The line is longer than {MAX_LINE} characters.", "Break it into several.")
        for number, line in enumerate(lines, 1)
        if len(line) > MAX_LINE
    ]
    if too_long:
        raise PolicyProblem(too_long)
    try:
        return tomllib.loads(text, parse_float=_Decimal)
    except (ValueError, RecursionError) as error:
        raise PolicyProblem([_not_toml(str(error), len(lines))]) from None


def _not_toml(said: str, last_line: int) -> Mistake:
    at = _AT_LINE.search(said)
    where = "the file" if at is None else f"line {at['line'] or last_line}"
    if "overwrite" in said or "twice" in said:
        return Mistake(where, "This key or table stands in the file twice.", "Keep one of the two.")
    remedy = "Write key = value, texts and durations between double quotes, and tables as [caps.weekly]."
    if at is None:
        return Mistake(where, "The file holds a number or a list that is too long to read.", remedy)
    return Mistake(where, f"This is not TOML: {_printable(said[: at.start()])}.", remedy)


class _Table:
    """One table of the file, read key by key. What is wrong is noted, and the default taken in its place."""

    def __init__(self, mistakes: _Mistakes, where: str, value: object, keys: Iterable[str] | None) -> None:
        self.mistakes = mistakes
        self.where = where
        # What is not a table holds nothing, and is not blamed for what is missing in it either.
        self.written = isinstance(value, dict)
        self.values: Mapping[str, object] = value if isinstance(value, dict) else {}
        keys = tuple(self.values if keys is None else keys)
        for key in self.values:
            # Likenesses take time, which nobody reads once the list is full.
            if key not in keys:
                self.note(key, *_unknown(key, keys, inside=bool(where), likeness=not mistakes.full))

    def path(self, key: str) -> str:
        key = key if _SLUG.fullmatch(key.replace("_", "-")) else _quoted(key)
        return f"{self.where}.{key}" if self.where else key

    def note(self, key: str, what: str, remedy: str) -> None:
        self.mistakes.add(self.path(key), what, remedy)

    def has(self, key: str) -> bool:
        return key in self.values

    def require(self, key: str, example: str) -> None:
        if self.written and key not in self.values:
            self.note(key, f"The key “{key}” is missing.", f"Add a line such as {key} = {example}.")

    def text(self, key: str, default: str) -> str:
        value = self.values.get(key, default)
        # One line of what can be seen: no control characters, and nothing that reverses the direction of writing.
        fine = type(value) is str and value.strip() and len(value) <= MAX_TEXT and value.isprintable()
        if not fine:
            self.note(
                key,
                f"{_shown(value)} is not a text of one line with 1 to {MAX_TEXT} characters.",
                f'Write a short text between double quotes, such as {key} = "Care hours".',
            )
            return default
        return str(value)

    def slug(self, key: str, default: str) -> str:
        value = self.values.get(key, default)
        if not _is_slug(value):
            self.note(key, f"{_shown(value)} is not a code.", _SLUG_REMEDY)
            return default
        return str(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.note(
                key, f"{_shown(value)} is neither true nor false.", "Write true or false, without quotes."
            )
            return default
        return value

    def days(self, key: str, default: int, least: int = 1) -> int:
        value = self.values.get(key, default)
        if type(value) is not int or not least <= value <= MAX_DAYS:
            self._not_days(key, value, least, "")
            return default
        return value

    def days_or_none(self, key: str, default: int | None) -> int | None:
        value = self.values.get(key, default)
        if value is None or value == "none":
            return None
        if type(value) is not int or not 1 <= value <= MAX_DAYS:
            self._not_days(key, value, 1, ', or "none"')
            return default
        return value

    def _not_days(self, key: str, value: object, least: int, none: str) -> None:
        what = f"{_shown(value)} is not a number of days from {least} to {MAX_DAYS}."
        self.note(key, what, f"Write a whole number without quotes, such as {key} = 14{none}.")

    def duration(self, key: str, least: int, most: int, default: int, example: str) -> int:
        value = self.values.get(key, default)
        if key not in self.values:
            return default
        remedy = (
            f'Write hours and minutes between double quotes, such as {key} = "{example}", or whole hours.'
        )
        seconds = _seconds(value)
        if seconds is None:
            self.note(key, f"{_shown(value)} is not a duration.", remedy)
        elif not least <= seconds <= most:
            bounds = f"from {format_hours(least)} to {format_hours(most)}"
            self.note(
                key, f"{_shown(value)} is a duration of {format_hours(seconds)}, not one {bounds}.", remedy
            )
        else:
            return seconds
        return default

    def rate(self, key: str, default: Fraction) -> Fraction:
        if key not in self.values:
            return default
        value = self.values[key]
        rate = _fraction(value)
        if rate is None:
            remedy = f'Write a number such as {key} = "1.5" or "3/2", with at most four decimals.'
            self.note(key, f"{_shown(value)} is not a rate.", remedy)
        elif not 0 < rate <= MAX_RATE:
            remedy = f"Write a rate above 0 and not above {MAX_RATE}; 1 is an hour for an hour."
            self.note(key, f"{_shown(value)} is not between 0 and {MAX_RATE}.", remedy)
        else:
            return rate
        return default

    def choice(self, key: str, of: type[_E], default: _E) -> _E:
        value = self.values.get(key, default)
        chosen = _member(of, value)
        if chosen is None:
            self.note(
                key, f"{_shown(value)} is not one of the choices.", _choices(value, [str(one) for one in of])
            )
            return default
        return chosen

    def choices(self, key: str, of: type[_E], default: tuple[_E, ...]) -> tuple[_E, ...]:
        """A list of choices, each once."""
        chosen: list[_E] = []
        for value in self._list(key, default):
            one = _member(of, value)
            if one is None:
                self.note(
                    key,
                    f"{_shown(value)} is not one of the choices.",
                    _choices(value, [str(each) for each in of]),
                )
            elif one in chosen:
                self.note(key, f"{_shown(value)} stands in the list twice.", "Keep one of the two.")
            else:
                chosen.append(one)
        return tuple(chosen)

    def slugs(self, key: str) -> tuple[str, ...]:
        """A list of codes, each once; none when the key is left out."""
        slugs: list[str] = []
        values = self._list(key, ())
        if len(values) > MAX_NEEDS:
            self.note(key, f"There are more than {MAX_NEEDS} of them.", "Keep those that matter.")
            return ()
        for value in values:
            if not _is_slug(value):
                self.note(key, f"{_shown(value)} is not a code.", _SLUG_REMEDY)
            elif value in slugs:
                self.note(key, f"{_shown(value)} stands in the list twice.", "Keep one of the two.")
            else:
                slugs.append(str(value))
        return tuple(slugs)

    def _list(self, key: str, default: tuple[object, ...]) -> list[object]:
        value = self.values.get(key)
        if key not in self.values:
            return list(default)
        if not isinstance(value, list):
            self.note(
                key, f"{_shown(value)} is not a list.", f'Write a list such as {key} = ["one", "another"].'
            )
            return []
        return value

    def table(self, key: str, keys: Iterable[str] | None, remedy: str) -> "_Table":
        """The table under a key, empty when it is left out. Any key may stand in it when `keys` is None."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.note(key, f"{_shown(value)} is not a table.", remedy)
        return _Table(self.mistakes, self.path(key), value, keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)


_SLUG_REMEDY = (
    'Write small letters, digits and hyphens, at most 40, between double quotes, such as "first-aid".'
)


def _name(top: _Table) -> str:
    top.require("name", '"Care hours of Ely"')
    return top.text("name", DEFAULT.name)


def _timezone(top: _Table) -> str:
    value = top.values.get("timezone", DEFAULT.timezone)
    if not isinstance(value, str) or value not in _zones():
        like = get_close_matches(str(value)[:40], sorted(_zones()), 1)
        remedy = f"Did you mean “{like[0]}”?" if like else 'Write a name such as "Europe/London".'
        top.note("timezone", f"{_shown(value)} is not the name of a time zone.", remedy)
        return DEFAULT.timezone
    return str(value)


@cache
def _zones() -> frozenset[str]:
    # These two name no place: one differs from machine to machine, the other says that none was chosen.
    # UTC is the default, and does not depend on the machine having a list of zones.
    return frozenset(available_timezones() - {"localtime", "Factory"} | {DEFAULT.timezone})


def _activities(
    top: _Table, default_rate: Fraction, default_tariff: Fraction, equal_hours: bool
) -> dict[str, Activity]:
    listed = top.table("activities", None, "Write a table for each, such as [activities.body-care].")
    if len(listed.values) > MAX_ACTIVITIES:
        top.note(
            "activities",
            f"There are {len(listed.values)} activities, more than {MAX_ACTIVITIES}.",
            "Put like ones together, or let open_activities = true admit the rest.",
        )
        return {}
    activities: dict[str, Activity] = {}
    for code in listed:
        if not _is_slug(code):
            remedy = "Write small letters, digits and hyphens, at most 40, such as [activities.body-care]."
            listed.note(code, f"{_quoted(code)} is not a code.", remedy)
        row = listed.table(
            code,
            ("title", "rate", "tariff", "needs"),
            f"Write a table such as [activities.{_printable(code)}].",
        )
        rate = row.rate("rate", default_rate)
        _require_equal(row, "rate", rate, equal_hours)
        # Whoever sets a rate alone means that an hour costs what it earns.
        tariff = row.rate("tariff", default_tariff if top.has("default_tariff") else rate)
        title = row.text("title", "Untitled") if row.has("title") else code.replace("-", " ").capitalize()
        activities[code] = Activity(code, title, rate, tariff, row.slugs("needs"))
    return activities


def _require_equal(table: _Table, key: str, rate: Fraction, equal_hours: bool) -> None:
    if equal_hours and table.has(key) and rate != 1:
        what = f"The rate is {rate}, and every hour is equal."
        table.note(key, what, "Make the rate 1, or write equal_hours = false at the top.")


def _open_activities(top: _Table, activities: Mapping[str, Activity]) -> bool:
    is_open = top.flag("open_activities", not top.has("activities") or not activities)
    if not is_open and not top.values.get("activities"):
        what = "No activity is listed and no other is allowed, so that nobody could log anything."
        top.note("open_activities", what, "List activities, or write open_activities = true.")
    return is_open


def _caps(top: _Table) -> dict[Period, Cap]:
    table = top.table("caps", [str(period) for period in Period], "Write a table such as [caps.weekly].")
    caps: dict[Period, Cap] = {}
    for period in Period:
        if table.has(period):
            row = table.table(period, ("hours", "above"), f"Write a table such as [caps.{period}].")
            row.require("hours", '"6:00"')
            row.require("above", '"honour"')
            seconds = row.duration("hours", 1, MAX_HOURS * 3600, 1, "6:00")
            caps[period] = Cap(seconds, row.choice("above", Above, Above.REFUSE))
    return caps


def _limit(top: _Table, key: str, least: int, most: int, default: Limit | None, example: str) -> Limit | None:
    if top.values.get(key) == "none":
        return None
    if not top.has(key):
        return default
    row = top.table(
        key, ("hours", "soft"), f'Write a table [{key}] with hours = "{example}", or {key} = "none".'
    )
    row.require("hours", f'"{example}"')
    return Limit(row.duration("hours", least, most, 0, example), row.flag("soft", False))


def _funders(top: _Table) -> tuple[Funder, ...]:
    funders = top.choices("funders", Funder, DEFAULT.funders)
    if top.values.get("funders") == []:
        top.note("funders", "Nobody pays for a claim.", 'Name at least one, such as funders = ["receiver"].')
    return funders or DEFAULT.funders


def _issuance(top: _Table) -> str:
    issuance = top.slug("issuance", DEFAULT.issuance)
    if issuance == top.values.get("pot", DEFAULT.pot):
        what = f"The pot and the issuance are both the account {_quoted(issuance)}."
        top.note("issuance", what, "Name two accounts: a pot is filled before it pays, and issuance is not.")
    return issuance


def _gifts(top: _Table) -> Gifts:
    row = top.table("gifts", ("relations", "anybody", "pots"), "Write a table [gifts].")
    if not top.has("gifts"):
        return DEFAULT.gifts
    # Whoever writes the table lists what is allowed; what they leave out is not.
    return Gifts(
        frozenset(row.choices("relations", Relation, ())), row.flag("anybody", False), row.flag("pots", False)
    )


def _unknown(key: str, keys: tuple[str, ...], *, inside: bool, likeness: bool) -> tuple[str, str]:
    what = f"There is no key {_quoted(key)} here."
    if inside and key in _KEYS:
        return what, "Move the line to the top of the file, above the first line such as [caps.weekly]."
    return what, _choices(key, keys) if likeness else ""


def _choices(value: object, among: Iterable[str]) -> str:
    """The choice that was probably meant, else all of them."""
    among = tuple(among)
    like = get_close_matches(str(value)[:40].lower(), among, 1) if isinstance(value, str) else []
    return f"Did you mean “{like[0]}”?" if like else f"Choose from: {', '.join(among)}."


def _member(of: type[_E], value: object) -> _E | None:
    return next((one for one in of if one == value), None)


def _is_slug(value: object) -> bool:
    return type(value) is str and _SLUG.fullmatch(value) is not None


def _seconds(value: object) -> int | None:
    if type(value) is int:
        return value * 3600 if abs(value) <= MAX_HOURS else None
    if type(value) is not str:
        return None
    try:
        return parse_hours(value)
    except ValueError:
        return None


def _fraction(value: object) -> Fraction | None:
    if type(value) is int:
        return Fraction(value)
    # The pattern comes first: Fraction reads 1e9 too, and digits of other scripts.
    if isinstance(value, str) and (_DECIMAL.fullmatch(value) or _QUOTIENT.fullmatch(value)):
        return Fraction(value)
    return None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Decimal | int):
        return _printable(str(value))
    if isinstance(value, str):
        return _quoted(value)
    return (
        "A table" if isinstance(value, dict) else "A list" if isinstance(value, list) else "A date or a time"
    )


def _quoted(text: str) -> str:
    return f"“{_printable(text)}”"


def _printable(text: str) -> str:
    short = "".join(sign if sign.isprintable() else "?" for sign in text[:60])
    return short + ("…" if len(text) > 60 else "")


# ---- the text that is stored


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


# ---- reading it out


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
