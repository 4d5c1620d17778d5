"""The rows of a paper sheet as they are typed: reading each, and saying beside it what cannot be read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

from api.web.asking import Answer
from api.web.desk.activities import Activities
from api.web.desk.desk import Desk, Row
from api.web.desk.people import Finder, label_of
from api.web.forms import Form, read_duration

COLUMNS = ("giver", "receiver", "day", "length", "activity", "note")
FIRST_ROWS, MORE_ROWS, MOST_ROWS = 10, 10, 100

FAULTS = {
    "activity_unknown": "activity",
    "claim_in_future": "day",
    "claim_too_old": "day",
    "before_joining": "day",
    "after_leaving": "day",
    "period_closed": "day",
    "longer_than_a_day": "length",
    "over_daily_cap": "length",
    "over_weekly_cap": "length",
    "over_lifetime_cap": "length",
    "clearance_needed": "giver",
}
"""The column, or field, that a refusal of a claim is about, where it is about one."""

_DAY = re.compile(r"([0-9]{1,4})(?:[/.\- ]+([0-9]{1,2}))?(?:[/.\- ]+([0-9]{1,4}))?[/. ]*")
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_MONTH_FIRST = frozenset({"ja"})


@dataclass(slots=True)
class SheetRow:
    """One row: what was typed, by column, and what it was read as.

    `key` is the id its claim has, or will have: saved twice, it is one claim. `wrong` says what is wrong, by column,
    with "" for the row as a whole; `verdict` that it is right, or what to look at.
    """

    place: int
    key: str
    typed: dict[str, str]
    wrong: dict[str, str] = field(default_factory=dict)
    choices: dict[str, Sequence[Row]] = field(default_factory=dict)
    verdict: str = ""
    unsure: bool = False
    giver: Row | None = None
    receiver: Row | None = None
    day: date | None = None
    seconds: int | None = None
    activity: str = ""

    @property
    def blank(self) -> bool:
        return not any(self.typed[each] for each in COLUMNS)

    @property
    def faulty(self) -> bool:
        return bool(self.wrong)

    def renew(self) -> None:
        """Take another id: what was refused under one is refused under it for ever."""
        self.key = str(uuid4())

    def body(self, *, confirmed: bool) -> Row:
        """What the API is asked to log. For a row without faults."""
        if self.giver is None or self.receiver is None:
            raise RuntimeError("a row that names nobody is not logged")
        return {
            "provider": self.giver["id"],
            "receiver": self.receiver["id"],
            "activity": self.activity,
            "service_on": str(self.day),
            "seconds": self.seconds,
            "note": self.typed["note"] or None,
            "confirmed": confirmed,
        }


def blank_rows(begin: int, count: int) -> list[SheetRow]:
    """Rows to type in, numbered from `begin`."""
    return [
        SheetRow(place, str(uuid4()), dict.fromkeys(COLUMNS, "")) for place in range(begin, begin + count)
    ]


def typed_rows(form: Form) -> list[SheetRow]:
    """The rows a form has, as typed, the blank ones too; at most MOST_ROWS."""
    places = sorted(
        {int(found[1]) for name in form.values if (found := re.fullmatch(r"giver-([0-9]{1,3})", name))}
    )
    rows = []
    for place in places[:MOST_ROWS]:
        typed = {column: form.text(f"{column}-{place}") or "" for column in COLUMNS}
        for side in ("giver", "receiver"):
            typed[side] = form.text(f"{side}-{place}-choice") or typed[side]
        key = form[f"key-{place}"]
        rows.append(SheetRow(place, key if _KEY.fullmatch(key) else str(uuid4()), typed))
    return rows


async def read_rows(
    desk: Desk,
    finder: Finder,
    rows: Iterable[SheetRow],
    defaults: Mapping[str, str],
    activities: Activities,
) -> None:
    """Read each row, and write beside it what cannot be read. `defaults` fill an empty day or activity."""
    say = desk.language.gettext
    today = date.fromisoformat(desk.me["today"])
    for row in rows:
        row.giver = await _who(finder, row, "giver")
        row.receiver = await _who(finder, row, "receiver")
        if day := row.typed["day"] or defaults["day"]:
            row.day = read_day(day, today, month_first=desk.language.tag in _MONTH_FIRST)
        if row.day is None:
            row.wrong["day"] = say("Write the day, such as 31/5 or 2026-05-31.")
        elif row.typed["day"]:
            row.typed["day"] = row.day.isoformat()
        row.seconds = read_duration(row.typed["length"]) if row.typed["length"] else None
        if row.seconds is None or row.seconds <= 0:
            row.seconds = None
            row.wrong["length"] = say("Write how long, such as 1:30, 90 min or 1.5.")
        row.activity = activities.read(row.typed["activity"] or defaults["activity"]) or ""
        if not row.activity:
            row.wrong["activity"] = say("Write what was done, such as shopping.")
        if len(row.typed["note"]) > 500:
            row.wrong["note"] = say("A note has at most 500 characters.")


async def _who(finder: Finder, row: SheetRow, side: str) -> Row | None:
    text = row.typed[side]
    if not text:
        row.wrong[side] = finder.desk.language.gettext("Write a name, or the member's number.")
        return None
    found = await finder.find(text)
    if found.member is None:
        row.choices[side] = found.candidates
        row.wrong[side] = finder.why_not(found)
        return None
    row.unsure = row.unsure or not found.sure
    row.typed[side] = label_of(found.member)
    return found.member


def read_day(text: str, today: date, *, month_first: bool = False) -> date | None:
    """The day somebody means who writes "31", "31/5", "31.5.26" or "2026-05-31"; the latest, where the year is missing.

    `month_first` for readers who write the month before the day. None for what is no day.
    """
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    first, second, third = (None if part is None else int(part) for part in found.groups())
    if first is None:
        return None
    if len(found[1]) == 4:
        return None if second is None or third is None else _date(first, second, third)
    if len(found[1]) > 2 or (third is not None and len(found[3]) not in (2, 4)):
        return None
    day, month = first, second
    if second is not None and month_first:
        day, month = second, first
    if third is not None:
        return _date(third + 2000 if third < 100 else third, month or 0, day)
    if month is not None:
        return next(
            (each for back in range(5) if (each := _date(today.year - back, month, day)) and each <= today),
            None,
        )
    near = today.replace(day=1)
    for _ in range(3):
        if (each := _date(near.year, near.month, day)) and each <= today:
            return each
        near = (near - timedelta(days=1)).replace(day=1)
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def same_rows(rows: Sequence[SheetRow]) -> dict[int, int]:
    """The place of an earlier row that says the same, by the place of the later one."""
    seen: dict[tuple[object, ...], int] = {}
    found = {}
    for row in rows:
        if row.giver is None or row.receiver is None:
            continue
        what = (row.giver["id"], row.receiver["id"], row.day, row.seconds, row.activity)
        if what in seen:
            found[row.place] = seen[what]
        seen.setdefault(what, row.place)
    return found


def blame(desk: Desk, row: SheetRow, answer: Answer) -> None:
    """Write the API's refusal beside the column it is about, or beside the row."""
    row.wrong[FAULTS.get(answer.problem or "", "")] = desk.refusal(answer)
    if answer.status < 500 and answer.status != 429:
        # After those nobody knows what became of it: the same id asks again.
        row.renew()
