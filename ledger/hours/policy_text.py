"""A policy as a file people edit.

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
