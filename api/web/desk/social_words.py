"""The social report in words: its parts, what a number is in, which way it went, and the answers people give."""

from collections.abc import Mapping, Sequence

from api.web.desk.desk import Desk, Row
from api.web.forms import Form
from api.web.language import Language, mark

SECTIONS: Sequence[tuple[str, Sequence[str]]] = (
    (mark("What was given"), ("visits", "hours_given", "outstanding")),
    (
        mark("People"),
        (
            "people_reached",
            "first_received",
            "givers",
            "first_given",
            "new_members",
            "both",
            "only_give",
            "only_receive",
            "neither",
        ),
    ),
    (
        mark("From asking to the visit"),
        (
            "requests",
            "requests_taken",
            "requests_visited",
            "taking_median",
            "taking_ninety",
            "visiting_median",
            "visiting_ninety",
        ),
    ),
    (
        mark("Confirming"),
        (
            "logged",
            "by_receiver",
            "by_delegate",
            "by_coordinator",
            "by_silence",
            "by_machine",
            "declined",
            "withdrawn",
            "disputed_first",
            "unanswered",
            "by_people",
            "confirm_median",
            "confirm_ninety",
        ),
    ),
    (
        mark("Disputes and clearances"),
        (
            "disputes",
            "disputes_open",
            "disputes_upheld",
            "disputes_corrected",
            "disputes_reversed",
            "disputes_withdrawn",
            "deciding_median",
            "deciding_ninety",
            "cleared",
        ),
    ),
    (
        mark("How it was for people"),
        (
            "receiver_visit",
            "receiver_after",
            "receiver_share",
            "provider_visit",
            "provider_after",
            "provider_share",
        ),
    ),
)
TRENDS = {
    "better": mark("better"),
    "worse": mark("worse"),
    "higher": mark("higher"),
    "lower": mark("lower"),
    "same": mark("the same"),
    "unknown": mark("cannot be said"),
}
CLASSES = {
    "worker": mark("Workers"),
    "volunteer": mark("Volunteers"),
    "service_user": mark("Service users"),
    "family_member": mark("Family members"),
    "capital_provider": mark("Capital providers"),
    "none": mark("In no class"),
}
ROWS = {
    "claims": mark("Claims"),
    "members": mark("Members"),
    "requests": mark("Requests"),
    "disputes": mark("Disputes"),
    "accounts": mark("Accounts"),
}
QUESTIONS: Mapping[tuple[str, str], str] = {
    ("receiver", "visit"): mark("How was this visit for you?"),
    ("receiver", "after"): mark("How do you feel now, compared with before the visit?"),
    ("provider", "visit"): mark("How was giving this visit for you?"),
    ("provider", "after"): mark("Could you go on giving care like this?"),
}
"""The questions, by side and by which of the two it is; the phone asks them in the same words."""

SCALES: Mapping[tuple[str, str], Sequence[str]] = {
    ("receiver", "visit"): (
        mark("not good"),
        mark("not so good"),
        mark("all right"),
        mark("good"),
        mark("very good"),
    ),
    ("receiver", "after"): (
        mark("much worse"),
        mark("a little worse"),
        mark("about the same"),
        mark("a little better"),
        mark("much better"),
    ),
    ("provider", "visit"): (
        mark("not good"),
        mark("not so good"),
        mark("all right"),
        mark("good"),
        mark("very good"),
    ),
    ("provider", "after"): (
        mark("no"),
        mark("hardly"),
        mark("perhaps"),
        mark("yes"),
        mark("yes, gladly"),
    ),
}
"""The five answers to each, from 1 to 5."""

A_DAY = 86_400


def said(spoken: Language, row: Row, value: int | None) -> str:
    """A value of a measure by itself, as it is read; a wait of two days and more is told in days and hours."""
    if value is None:
        return spoken.gettext("not told")
    match row["unit"]:
        case "seconds" if "per_cent" in row and value >= 2 * A_DAY:
            days, rest = divmod(value, A_DAY)
            told = spoken.ngettext("%(count)s day", "%(count)s days", days)
            hours = rest // 3600
            return spoken.gettext("%(days)s %(hours)s h", days=told, hours=hours) if hours else told
        case "seconds":
            return spoken.duration(value)
        case "days":
            return spoken.ngettext("%(count)s day", "%(count)s days", value)
        case "per_mille":
            return _unbroken(spoken.gettext("%(percent)s %%", percent=spoken.number(value / 10)))
        case "hundredths":
            return spoken.gettext("%(mean)s of 5", mean=spoken.number(value / 100))
    return spoken.number(value)


def said_whole(spoken: Language, row: Row, before: bool = False) -> str:
    """A number with the count behind it: 46 of 51, 90 %; a wait with how many had no longer one. Or that of before."""
    names = ("previous", "previous_rows", "previous_of") if before else ("value", "rows", "of")
    value, rows, of = (row.get(name) for name in names)
    alone = said(spoken, row, value)
    if value is None:
        return alone
    if row["unit"] == "per_mille":
        return spoken.gettext(
            "%(part)s of %(whole)s, %(percent)s",
            part=spoken.number(rows or 0),
            whole=spoken.number(of or 0),
            percent=alone,
        )
    if "per_cent" in row:
        return spoken.gettext(
            "%(wait)s (%(part)s of %(whole)s, %(percent)s)",
            wait=alone,
            part=spoken.number(-(-(rows or 0) * row["per_cent"] // 100)),
            whole=spoken.number(rows or 0),
            percent=_unbroken(spoken.gettext("%(percent)s %%", percent=row["per_cent"])),
        )
    return alone


def _unbroken(text: str) -> str:
    """The text on one line: a sign never stands below its number."""
    return text.replace(" ", "\u00a0")


def cell(row: Row) -> object:
    """A value for a spreadsheet: hours, per cent and answers as they are read, in decimals."""
    value = row.get("value")
    if value is None:
        return None
    match row["unit"]:
        case "seconds":
            return round(value / 3600, 4)
        case "per_mille":
            return value / 10
        case "hundredths":
            return value / 100
    return value


def unit_of(spoken: Language, row: Row) -> str:
    """What the cell of a value is in."""
    return spoken.gettext(
        {
            "count": mark("number"),
            "seconds": mark("hours"),
            "days": mark("days"),
            "per_mille": mark("per cent"),
            "hundredths": mark("1 to 5"),
        }[row["unit"]]
    )


def typed(desk: Desk, form: Form, row: Row) -> int | None:
    """The target typed for a measure, in its unit; None for an empty field, and for one the form then calls wrong."""
    name = row["measure"]
    if form.text(name) is None:
        return None
    if row["unit"] == "seconds":
        return form.seconds(name)
    if row["unit"] in ("count", "days"):
        whole = form.whole(name)
        if whole is not None and whole < 0:
            form.wrong(name, desk.language.gettext("Please write a whole number."))
        return whole
    scale, most = (10, 1000) if row["unit"] == "per_mille" else (100, 500)
    text = (form.text(name) or "").rstrip("% ").replace(",", ".")
    head, _, tail = text.partition(".")
    tail = tail.ljust(len(str(scale)) - 1, "0")
    read = (
        int(head) * scale + int(tail)
        if _digits(head) and _digits(tail) and len(tail) < len(str(scale))
        else -1
    )
    if not 0 <= read <= most:
        form.wrong(name, desk.language.gettext("Please write a number such as 4.2, or leave it empty."))
        return None
    return read


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5


def shown(unit: str, target: int | None) -> str | None:
    """A target as it stands in its field."""
    if target is None:
        return None
    match unit:
        case "seconds":
            return f"{target // 3600}:{target % 3600 // 60:02}"
        case "per_mille":
            return f"{target / 10:g}"
        case "hundredths":
            return f"{target / 100:g}"
    return str(target)
