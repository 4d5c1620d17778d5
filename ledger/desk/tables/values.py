"""What stands in a cell, as a length of time or a time of day. Whole seconds by integers, no float.

Days are read in `dates`, and offered here beside the rest.
"""

import re
import unicodedata
from datetime import time
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from ledger.book.amounts import MAX_BALANCE_SECONDS
from ledger.desk.tables.dates import DateOrder, read_date
from ledger.desk.tables.problems import Reason, ValueProblem

__all__ = [
    "A_DAY_SECONDS",
    "DateOrder",
    "DecimalSign",
    "Unit",
    "read_balance",
    "read_beside",
    "read_date",
    "read_duration",
    "read_time",
]

A_DAY_SECONDS = 86_400


class DecimalSign(StrEnum):
    """What a comma or a point in a number means. MINUTES: 1.30 and 1,30 are one hour and thirty minutes."""

    COMMA = "comma"
    POINT = "point"
    MINUTES = "minutes"


class Unit(StrEnum):
    """What a bare number counts."""

    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"

    @property
    def seconds(self) -> int:
        return {"hours": 3600, "minutes": 60, "seconds": 1}[self]


_UNITS = {
    Unit.HOURS: "h hr hrs hour hours ora ore hora horas hores awr oriau 時間 時".split(),
    Unit.MINUTES: (
        "m mn min mins minute minutes minuto minuti minutos minut minuts munud munudau 分 分間 ' ′".split()
    ),
    Unit.SECONDS: "s sec secs second seconds secondi segundos segons eiliad 秒".split(),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_AND = frozenset("e ed y i and a & et".split())
_PARTS = {
    **dict.fromkeys("half mezza mezzo mezz media mitja hanner 半".split(), 1800),
    **dict.fromkeys("quarter cuarto quarto quart chwarter".split(), 900),
    "threequarters": 2700,
}
"""Parts of an hour, as words."""
_SIGNS = str.maketrans({"½": " half ", "¼": " quarter ", "¾": " threequarters ", "−": "-", "’": "'"})

_COLONS = re.compile(r"([0-9]{1,9}):([0-5]?[0-9])(?::([0-5][0-9]))?")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|時間|分間|[時分秒半&'′]|[^\W\d_]+")
_WHOLE = re.compile(r"([0-9]{1,4})(?:[.,]0{1,2})?\s*([^\W\d_]+|['′])?\.?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.h時]([0-5][0-9])?(?::[0-5][0-9])?分?)?")
_SHORT_TIME = re.compile(r"([0-9]{1,2})([0-5][0-9])")
_MORNING = re.compile(r"午前|a\.?\s?m\.?$")
_AFTERNOON = re.compile(r"午後|p\.?\s?m\.?$")
_MAX_DIGITS = 24


@lru_cache(maxsize=5_000)
def read_duration(
    text: str,
    unit: Unit | None = None,
    decimal: DecimalSign | None = None,
    at_most: int = A_DAY_SECONDS,
) -> int:
    """The whole seconds a cell names, from 1 to `at_most`. Raises ValueProblem."""
    seconds = _read(text, unit, decimal)
    if seconds == 0:
        raise ValueProblem(Reason.DURATION_ZERO)
    if seconds < 0:
        raise ValueProblem(Reason.DURATION_INVALID)
    if seconds > at_most:
        raise ValueProblem(Reason.DURATION_TOO_LONG)
    return seconds


def read_beside(text: str, unit: Unit) -> int:
    """The whole seconds of hours that have their minutes in a cell of their own, or of these minutes, from 0 to 59.

    Raises ValueProblem: HOURS_NOT_WHOLE or MINUTES_INVALID.
    """
    wrong = Reason.HOURS_NOT_WHOLE if unit is Unit.HOURS else Reason.MINUTES_INVALID
    match = _WHOLE.fullmatch(unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip().lower())
    if match is None or _UNIT_OF.get(match[2] or unit.value) is not unit:
        raise ValueProblem(wrong)
    seconds = int(match[1]) * unit.seconds
    if unit is Unit.MINUTES and seconds >= Unit.HOURS.seconds:
        raise ValueProblem(wrong)
    return seconds


def read_balance(text: str, unit: Unit | None = None, decimal: DecimalSign | None = None) -> int:
    """The whole seconds an account is said to stand at; signed. Raises ValueProblem."""
    seconds = _read(text, unit, decimal)
    if abs(seconds) > MAX_BALANCE_SECONDS:
        raise ValueProblem(Reason.BALANCE_TOO_LARGE)
    return seconds


def read_time(text: str) -> time:
    """The time of day a cell names, to the minute. Raises ValueProblem."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if not text:
        raise ValueProblem(Reason.EMPTY)
    late = _AFTERNOON.search(text) is not None
    early = _MORNING.search(text) is not None
    text = _AFTERNOON.sub("", _MORNING.sub("", text)).strip().replace("時半", "時30")
    match = _TIME.fullmatch(text) or _SHORT_TIME.fullmatch(text)
    if match is None:
        raise ValueProblem(Reason.TIME_INVALID)
    hour, minute = int(match[1]), int(match[2] or 0)
    if late or early:
        if hour > 12 or (late and early):
            raise ValueProblem(Reason.TIME_INVALID)
        hour = hour % 12 + (12 if late else 0)
    if hour > 23:
        raise ValueProblem(Reason.TIME_INVALID)
    return time(hour, minute)


def _read(text: str, unit: Unit | None, decimal: DecimalSign | None) -> int:
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip().lower().replace("mezz'", "mezza ")
    if not text:
        raise ValueProblem(Reason.EMPTY)
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-").removeprefix("+").strip()
    if sum(each.isdecimal() for each in text) > _MAX_DIGITS:
        raise ValueProblem(Reason.DURATION_TOO_LONG)
    if match := _COLONS.fullmatch(text):
        return sign * (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0))
    if _NUMBER.fullmatch(text):
        return sign * _scaled(text, unit, decimal)
    return sign * _in_words(text, unit, decimal)


def _in_words(text: str, unit: Unit | None, decimal: DecimalSign | None) -> int:
    """Numbers with their units, such as "1h30", "1 ora e 30", "2 hours 15 mins", "1時間半"."""
    if "".join(_TOKEN.split(text)).strip(" ."):
        raise ValueProblem(Reason.DURATION_INVALID)
    words = [word for word in _TOKEN.findall(text) if word not in _AND]
    seconds = 0
    left = [Unit.HOURS, Unit.MINUTES, Unit.SECONDS]
    at = 0
    while at < len(words):
        word = words[at]
        if word in _PARTS:
            # "1½ hours", "half an hour", "1 ora e mezza": of an hour, and nothing smaller beside it.
            rest = [each for each in words[at + 1 :] if each not in ("an", "d", "ora", "de")]
            if Unit.MINUTES not in left or any(_UNIT_OF.get(each) is not Unit.HOURS for each in rest):
                raise ValueProblem(Reason.DURATION_INVALID)
            return seconds + _PARTS[word]
        if not word[0].isdecimal():
            raise ValueProblem(Reason.DURATION_INVALID)
        following = words[at + 1] if at + 1 < len(words) else ""
        known = _UNIT_OF.get(following)
        if known is not None:
            at += 2
        elif following in _PARTS and Unit.HOURS in left:
            known, at = Unit.HOURS, at + 1
        elif not following and Unit.HOURS not in left and Unit.MINUTES in left:
            known, at = Unit.MINUTES, at + 1
        else:
            raise ValueProblem(Reason.DURATION_INVALID)
        if known not in left or (known is not Unit.HOURS and seconds and not word.isdecimal()):
            raise ValueProblem(Reason.DURATION_INVALID)
        left = left[left.index(known) + 1 :]
        amount = _scaled(word, known, decimal)
        if seconds and known is not Unit.HOURS and amount >= 60 * known.seconds:
            raise ValueProblem(Reason.DURATION_INVALID)
        seconds += amount
    return seconds


def _scaled(text: str, unit: Unit | None, decimal: DecimalSign | None) -> int:
    """A number in its unit, as seconds."""
    if not text.strip("0.,"):
        return 0
    if unit is None:
        raise ValueProblem(Reason.DURATION_AMBIGUOUS)
    number, decimals = _number(text, unit, decimal)
    exact = number * unit.seconds
    seconds = round(exact)
    # A third of an hour has no last decimal: with six of them it is known to a hundredth of a second.
    if seconds != exact and (decimals < 6 or abs(exact - seconds) * 100 > 1):
        raise ValueProblem(Reason.DURATION_NOT_WHOLE)
    return seconds


def _number(text: str, unit: Unit, decimal: DecimalSign | None) -> tuple[Fraction, int]:
    """A number and how many decimals it is written with. Raises ValueProblem when it may be another number."""
    signs = [each for each in text if each in ",."]
    if not signs:
        return Fraction(text), 0
    last = signs[-1]
    whole, _, fraction = text.rpartition(last)
    if decimal is DecimalSign.MINUTES:
        if len(signs) > 1 or unit is not Unit.HOURS or len(fraction) != 2 or int(fraction) > 59:
            raise ValueProblem(Reason.DURATION_INVALID)
        return Fraction(int(whole) * 60 + int(fraction), 60), 0
    known = {DecimalSign.COMMA: ",", DecimalSign.POINT: "."}[decimal] if decimal else None
    grouped = _GROUPED.fullmatch(text) is not None
    if grouped and last != known and (known or len(signs) > 1):
        return Fraction(text.replace(last, "")), 0
    if known is None:
        # 1.500 may be many, and 1.30 may be half past one.
        if len(signs) == 1 and (
            grouped or (unit is Unit.HOURS and len(fraction) == 2 and int(fraction) < 60)
        ):
            raise ValueProblem(Reason.DURATION_AMBIGUOUS)
        known = last
    if last != known:
        raise ValueProblem(Reason.DURATION_AMBIGUOUS)
    if len(signs) > 1 and (last in whole or not _GROUPED.fullmatch(whole)):
        raise ValueProblem(Reason.DURATION_INVALID)
    return Fraction(re.sub("[.,]", "", whole) + "." + fraction), len(fraction)
