"""What stands in a cell, as a day of the calendar.

`03/04/2025` is the third of April or the fourth of March, and nothing in it says which: without a declared order it
stays a question. Dates that can be read in one way alone are read so, whatever was declared.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache

from babel.dates import get_day_names, get_month_names

from ledger.desk.tables.problems import Reason, ValueProblem


class DateOrder(StrEnum):
    """What comes first in a date of three numbers."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


LANGUAGES = ("en", "cy", "it", "es", "ca")
"""Whose months and days are known by name; Japanese writes numbers."""
YEARS = range(1900, 2101)

_ERAS = {
    "令和": date(2019, 5, 1),
    "r": date(2019, 5, 1),
    "平成": date(1989, 1, 8),
    "h": date(1989, 1, 8),
    "昭和": date(1926, 12, 25),
    "s": date(1926, 12, 25),
}
_CLOCK = re.compile(
    r"(?<=[0-9日])[t ]\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*(utc|z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_WEEKDAY = re.compile(r"\s*\([月火水木金土日]\)$|\s*[月火水木金土]曜日?$|\s*日曜日?$")
_ERA = re.compile(
    r"(令和|平成|昭和|r|h|s)\s*([0-9]{1,2}|元)\s*[年./-]\s*([0-9]{1,2})\s*[月./-]\s*([0-9]{1,2})\s*日?"
)
_KANJI = re.compile(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日?")
_THREE = re.compile(r"([0-9]{1,4})\s*([/.\-\s])\s*([0-9]{1,2})\s*\2\s*([0-9]{1,4})\.?")
_EIGHT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_WORDS = re.compile(r"[0-9]+|[^\W\d_]+")
_ORDINALS = frozenset("st nd rd th ydd fed ail il af eg ain o a er".split())
_LITTLE = frozenset("de del d of the di l il el o".split())


@lru_cache(maxsize=5_000)
def read_date(text: str, order: DateOrder | None = None) -> date:
    """The day a cell names. Raises ValueProblem: DATE_AMBIGUOUS when it needs an order and none is declared."""
    if not text.strip():
        raise ValueProblem(Reason.EMPTY)
    possible = possible_dates(text)
    if order is not None and order in possible:
        return possible[order]
    days = set(possible.values())
    if not days or (order is not None and len(days) == 1 and _of_three_short(text)):
        # Only another order than the declared one would make it a day.
        raise ValueProblem(Reason.DATE_INVALID)
    if len(days) > 1:
        raise ValueProblem(Reason.DATE_AMBIGUOUS)
    return days.pop()


def possible_dates(text: str) -> dict[DateOrder, date]:
    """Every way to read a cell as a day, by the order it supposes; with one meaning, the same day by each order."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    text = _WEEKDAY.sub("", _CLOCK.sub("", text))
    for pattern, first in ((_KANJI, 1), (_EIGHT, 1)):
        if match := pattern.fullmatch(text):
            return _always(_day(int(match[first]), int(match[2]), int(match[3])))
    if match := _ERA.fullmatch(text):
        return _always(_day_of_era(match))
    if match := _THREE.fullmatch(text):
        return _by_order(match[1], int(match[3]), match[4])
    return _always(_named(text))


def _of_three_short(text: str) -> bool:
    """Whether the order matters: three numbers, and no year of four figures in front."""
    match = _THREE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return match is not None and len(match[1]) < 3


def _by_order(first: str, middle: int, last: str) -> dict[DateOrder, date]:
    found: dict[DateOrder, date | None] = {}
    if len(first) == 4:
        return _always(_day(int(first), middle, int(last)) if len(last) <= 2 else None)
    if len(first) <= 2 and len(last) in (2, 4):
        year = int(last) if len(last) == 4 else 2000 + int(last)
        found[DateOrder.DMY] = _day(year, middle, int(first))
        found[DateOrder.MDY] = _day(year, int(first), middle)
    if len(first) == 2 and len(last) <= 2:
        found[DateOrder.YMD] = _day(2000 + int(first), middle, int(last))
    return {order: day for order, day in found.items() if day is not None}


def _always(day: date | None) -> dict[DateOrder, date]:
    return {} if day is None else dict.fromkeys(DateOrder, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _day_of_era(match: re.Match[str]) -> date | None:
    began = _ERAS[match[1]]
    year = 1 if match[2] == "元" else int(match[2])
    day = _day(began.year + year - 1, int(match[3]), int(match[4]))
    # A new era begins in the middle of a year: no day lies before it.
    return None if day is None or day < began else day


def _named(text: str) -> date | None:
    """A day whose month is written as a word, the day before the year unless the year has four figures."""
    words = list(_tokens(text))
    months = [word for word in words if word in _months()]
    if len(months) == 2 and words[0] in _weekdays():
        # "mar 3 mar 2025": Tuesday and March begin alike, the first word is the day of the week.
        words = words[1:]
        months = months[1:]
    numbers = [word for word in words if word.isdecimal()]
    odd = [
        word for word in words if not word.isdecimal() and word not in _months() and word not in _weekdays()
    ]
    if len(months) != 1 or len(numbers) != 2 or odd:
        return None
    if len(numbers[0]) == 4:
        numbers.reverse()
    if len(numbers[0]) > 2 or len(numbers[1]) not in (2, 4):
        return None
    year = int(numbers[1]) if len(numbers[1]) == 4 else 2000 + int(numbers[1])
    return _day(year, _months()[months[0]], int(numbers[0]))


def _tokens(text: str) -> Iterator[str]:
    after_number = False
    for word in _WORDS.findall(_fold(text)):
        if not (word in _LITTLE or (after_number and word in _ORDINALS)):
            yield word
        after_number = word.isdecimal()


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in apart if not unicodedata.combining(each))


@cache
def _months() -> dict[str, int]:
    """The number of a month by its name, long or short, in every language."""
    names: dict[str, int] = {"sept": 9}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    # "de març", "d'abril": Catalan writes the little word with the month.
                    word = [each for each in _WORDS.findall(_fold(name)) if each not in _LITTLE]
                    names.setdefault(word[-1], number)
    return names


@cache
def _weekdays() -> frozenset[str]:
    names = {
        word
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for name in get_day_names(width, "format", language).values()
        for word in _WORDS.findall(_fold(name))
    }
    return frozenset(names)
