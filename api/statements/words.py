"""A statement in words: the same on the screen, on paper, in a file and in an e-mail.

Each function takes a statement, or a line of one, as `api.statements.views` has it, made of plain objects.
"""

from typing import Any
from zoneinfo import ZoneInfo

from api.languages import Language

Row = dict[str, Any]


def owner(spoken: Language, said: Row) -> str:
    """Whose account it is: by name where there is one, else by its code."""
    if said.get("names"):
        return ", ".join(said["names"])
    return spoken.gettext("Account %(code)s", code=said["code"])


def period(spoken: Language, said: Row) -> str:
    days = {"first": spoken.day(said["from_on"], "long"), "last": spoken.day(said["until_on"], "long")}
    return spoken.gettext("%(first)s to %(last)s", **days)


def line_in_words(spoken: Language, line: Row) -> str:
    """What an entry was for, and with whom, as far as the statement says it."""
    words = _with_whom(spoken, line, ", ".join(line.get("who", ())))
    if line.get("what"):
        return spoken.gettext("%(words)s: %(what)s", words=words, what=line["what"])
    return words


def _with_whom(spoken: Language, line: Row, who: str) -> str:
    gains = line["seconds"] > 0
    match line["kind"], bool(who):
        case (("care" | "redeem"), True):
            if gains:
                return spoken.gettext("Care given to %(who)s", who=who)
            return spoken.gettext("Care received from %(who)s", who=who)
        case (("care" | "redeem"), False):
            return spoken.gettext("Care given") if gains else spoken.gettext("Care received")
        case "gift", True:
            if gains:
                return spoken.gettext("Gift from %(who)s", who=who)
            return spoken.gettext("Gift to %(who)s", who=who)
        case "gift", False:
            return spoken.gettext("Gift received") if gains else spoken.gettext("Gift given")
        case "grant", True:
            if gains:
                return spoken.gettext("Grant from %(who)s", who=who)
            return spoken.gettext("Grant to %(who)s", who=who)
        case "reverse", _:
            return _taken_back(spoken, line, who)
        case kind, _:
            return _alone(spoken, str(kind))


def _taken_back(spoken: Language, line: Row, who: str) -> str:
    """What was taken back. Whoever gave care loses by it, and whoever gave hours has them again."""
    gains = line["seconds"] > 0
    match bool(line.get("service_on") or line.get("what")), bool(who):
        case True, True:
            if gains:
                return spoken.gettext("Taken back, care received from %(who)s", who=who)
            return spoken.gettext("Taken back, care given to %(who)s", who=who)
        case True, False:
            if gains:
                return spoken.gettext("Taken back, care received")
            return spoken.gettext("Taken back, care given")
        case False, True:
            if gains:
                return spoken.gettext("Had back from %(who)s", who=who)
            return spoken.gettext("Given back to %(who)s", who=who)
        case _:
            return spoken.gettext("Taken back")


def _alone(spoken: Language, kind: str) -> str:
    """A kind of entry that needs nobody's name."""
    words = {
        "grant": spoken.gettext("Grant from a pot"),
        "adjust": spoken.gettext("Correction"),
        "settle": spoken.gettext("Settlement"),
        "import": spoken.gettext("Brought over from earlier books"),
        "inherit": spoken.gettext("Inheritance"),
        "lapse": spoken.gettext("Lapsed to the pot"),
    }
    return words[kind]


def in_short(spoken: Language, said: Row) -> list[str]:
    """The whole statement in a few plain sentences."""
    gettext, duration = spoken.gettext, spoken.duration
    first, last = spoken.day(said["from_on"], "long"), spoken.day(said["until_on"], "long")
    sentences = [
        gettext("At the beginning of %(day)s: %(hours)s.", day=first, hours=duration(said["opening"]))
    ]
    if said["lines"]:
        moved = {"gained": duration(said["gained"]), "given": duration(said["given"])}
        sentences.append(gettext("Since then %(gained)s came and %(given)s went.", **moved))
    else:
        sentences.append(gettext("Nothing came or went in this time."))
    sentences.append(gettext("At the end of %(day)s: %(hours)s.", day=last, hours=duration(said["closing"])))
    if said["held"]:
        held = duration(said["held"])
        sentences.append(
            gettext("Set aside for care that was asked for, when this was made: %(hours)s.", hours=held)
        )
    return sentences


def titles(spoken: Language) -> list[str]:
    """The columns of the lines."""
    gettext = spoken.gettext
    return [
        gettext("Recorded"),
        gettext("Day of care"),
        gettext("What for"),
        gettext("Hours"),
        gettext("Balance"),
    ]


def cells(spoken: Language, line: Row) -> list[str]:
    """A line below the titles."""
    return [
        spoken.day(line["recorded_on"], "short"),
        spoken.day(line["service_on"], "short") if line.get("service_on") else "",
        line_in_words(spoken, line),
        spoken.duration(line["seconds"], signed=True),
        spoken.duration(line["balance_after"]),
    ]


def made(spoken: Language, said: Row) -> str:
    """When it was made, and from which books."""
    moment = spoken.moment(said["made_at"], ZoneInfo(said["timezone"]), "long")
    count = spoken.number(said["tree_size"])
    return spoken.gettext(
        "Made on %(moment)s, when the log held %(count)s records. Account %(code)s.",
        moment=moment,
        count=count,
        code=said["code"],
    )


def by_which_day(spoken: Language) -> str:
    """Why an entry stands in this statement and not in the one before."""
    return spoken.gettext(
        "Entries stand in the order in which they were recorded. Care that was confirmed later than it was given"
        " stands on the day it was recorded; the day of care is beside it."
    )


def how_to_check(spoken: Language) -> str:
    return spoken.gettext(
        "The square holds the balances and sums of this statement, signed. A phone that scans it checks them by"
        " itself, and sends them nowhere. The statement’s file holds its lines too."
    )
