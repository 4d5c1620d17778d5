"""A language: says the texts of `api.texts`, and writes days, moments, numbers and durations as readers do (CLDR)."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from gettext import NullTranslations

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

from api.texts import LOCALES, translations


def mark(message: str) -> str:
    """The message itself: marks a text for translation that is said later, by `Language.gettext`."""
    return message


@dataclass(frozen=True, slots=True)
class Language:
    """One language: says texts, and writes days, moments and seconds as its readers write them."""

    tag: str
    locale: Locale
    translations: NullTranslations

    def gettext(self, message: str, **values: object) -> str:
        said = self.translations.gettext(message) if message else ""
        return said % values if values else said

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The form for `count`, which stands in the text as %(count)s."""
        return self.translations.ngettext(one, many, count) % {"count": self.number(count), **values}

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)

    def duration(self, seconds: int, *, signed: bool = False) -> str:
        """Seconds as hours and minutes, such as "1 h 30 min"; what is left below a minute is said in seconds."""
        minutes, rest = divmod(abs(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        parts = []
        if hours:
            parts.append(self.gettext("%(hours)s h", hours=self.number(hours)))
        if minutes or not (hours or rest):
            parts.append(self.gettext("%(minutes)s min", minutes=minutes))
        if rest:
            parts.append(self.gettext("%(seconds)s s", seconds=rest))
        sign = "−" if seconds < 0 else "+" if signed and seconds else ""
        return sign + " ".join(parts)

    def day(self, day: date | str, form: str = "medium") -> str:
        """A date as it is written here; `form` is short, medium, long or full."""
        return _day(self.tag, day[:10] if isinstance(day, str) else day.isoformat(), form)

    def moment(self, moment: datetime | str, zone: tzinfo, form: str = "medium") -> str:
        """A moment by the clock of the zone, to the minute."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        there = moment.astimezone(zone)
        joined = self.locale.datetime_formats.get(form) or "{1} {0}"
        return (
            str(joined)
            .replace("{0}", format_time(there, "short", locale=self.locale))
            .replace("{1}", format_date(there, form, locale=self.locale))
        )

    def month(self, day: date | str) -> str:
        if isinstance(day, str):
            day = date.fromisoformat(day[:10])
        return format_skeleton("yMMMM", day, locale=self.locale)


@lru_cache(4096)
def _day(tag: str, iso: str, form: str) -> str:
    # A list says the same few days over and over, and each takes as long as a row of it.
    return format_date(date.fromisoformat(iso), form, locale=LOCALES[tag])


@cache
def language(tag: str) -> Language:
    """The language with this tag, one of LOCALES."""
    return Language(tag, Locale.parse(LOCALES[tag]), translations(tag))
