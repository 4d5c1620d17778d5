"""Where in a policy's file a mistake stands: the line, for showing it beside what is wrong with it."""

import re
from dataclasses import dataclass

from api.web.desk.desk import Row

_LINE = re.compile(r"line ([0-9]+)")
_TABLE = re.compile(r"\s*\[+\s*([^\[\]#]+?)\s*\]+\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+?)\s*=")


@dataclass(frozen=True, slots=True)
class PlacedMistake:
    """A mistake as the API names it, and the line it is about with its number, where there is one."""

    where: str
    what: str
    remedy: str
    line: int | None
    text: str


def placed(mistake: Row, source: str) -> PlacedMistake:
    """The mistake with its line: as the API counts it, else the line with its key, else the one of its table."""
    lines = source.split("\n")
    counted = _LINE.fullmatch(mistake["where"])
    line = int(counted[1]) if counted else line_of(mistake["where"], lines)
    text = lines[line - 1].strip() if line is not None and 0 < line <= len(lines) else ""
    return PlacedMistake(mistake["where"], mistake["what"], mistake["remedy"], line if text else None, text)


def line_of(where: str, lines: list[str]) -> int | None:
    """The number of the line that holds the key or the table `where`, such as `caps.weekly.hours`; None without one."""
    wanted, table, found = where.split("."), [""], None
    for number, line in enumerate(lines, 1):
        if heading := _TABLE.fullmatch(line):
            table = _parts(heading[1])
        elif key := _KEY.match(line):
            here = [*(part for part in table if part), *_parts(key[1])]
            if here == wanted:
                return number
            continue
        else:
            continue
        # A key that is missing is missed in its table, however deep.
        if table == wanted[: len(table)]:
            found = number
    return found


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]
