"""Which column holds what, and how its cells are to be read: guessed, for a person to correct.

The words of the header speak first, and what stands below must not contradict them. What can be read in two ways is
never decided here: it is asked.
"""

import re
import unicodedata
from collections.abc import Mapping as Of
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from ledger.desk.tables.dates import DateOrder, possible_dates
from ledger.desk.tables.header_words import UNITS, WORDS
from ledger.desk.tables.mapping import Field, Mapping, Sureness
from ledger.desk.tables.problems import Reason, ValueProblem
from ledger.desk.tables.table import Row, Table
from ledger.desk.tables.values import DecimalSign, Unit, read_beside, read_duration, read_time

_HEADER_WITHIN = 20
_LOOKED_AT = 2_000
"""Rows below the header that are looked at; the whole list is read later, with every problem told."""

_BARE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_SHORT = re.compile(r"[0-9]+([.,])([0-9]+)")
_CLOCK = re.compile(r"[0-2]?[0-9][:.h時][0-5][0-9]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Guess:
    """A mapping and how sure each part is: by field name, and "header", "date_order", "decimal", "unit"."""

    mapping: Mapping
    sure: Of[str, Sureness]


@dataclass(frozen=True, slots=True)
class _Column:
    """What stands below one header: the cells with anything in them, and shares of them from 0 to 100."""

    title: str
    cells: Sequence[str]
    numbers: int
    dates: int
    clocks: int
    lengths: int
    words: int
    many: int

    def allows(self, field: Field) -> bool:
        """Whether what stands in the column can be what its header says."""
        if not self.cells:
            return True
        match field:
            case Field.SERVICE_ON:
                return self.dates > 0
            case Field.DURATION | Field.BALANCE:
                return self.lengths > 0
            case Field.FROM_TIME | Field.TO_TIME:
                return self.clocks > 50
            case Field.PROVIDER | Field.RECEIVER:
                # A member's number may stand instead of a name; a time or a day may not.
                return self.clocks < 50 and self.dates < 50
        return True


def guess(table: Table) -> Guess:
    """How the table is most likely to be read, by the words of its header and by what stands below."""
    sure: dict[str, Sureness] = {}
    header = _header_of(table)
    rows = [row for row in islice(table.rows, _LOOKED_AT) if header is None or row.number > header.number]
    columns = [_column(header, rows, at) for at in range(table.width)]
    chosen = _by_words(columns, sure) if header else {}
    _hours_and_minutes(columns, rows, chosen, sure)
    _by_cells(columns, chosen, sure)
    sure["header"] = Sureness.GUESSED
    if header is not None and len([each for each in header.cells if _fields_of(each)]) >= 3:
        sure["header"] = Sureness.CERTAIN
    order = _date_order(columns, chosen, sure)
    lengths = [
        row.cells[at]
        for at in (chosen[each] for each in (Field.DURATION, Field.BALANCE) if each in chosen)
        for row in rows
        if at < len(row.cells) and at not in row.numbers
    ]
    decimal, unit = _decimal(lengths, sure), _unit(columns, chosen, sure)
    return Guess(Mapping(chosen, None if header is None else header.number, order, decimal, unit), sure)


def _header_of(table: Table) -> Row | None:
    """The row that names the most kinds of columns, at least two; the first of equals."""
    best, found = 1, None
    for row in table.head(_HEADER_WITHIN):
        named = {each for cell in row.cells for each in _fields_of(cell)[:1]}
        if len(named) > best:
            best, found = len(named), row
    return found


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower())
    # The dots of か and が are marks too, and no accents.
    plain = "".join(each for each in apart if not 0x300 <= ord(each) < 0x370)
    return unicodedata.normalize("NFC", plain).strip()


@cache
def _known() -> dict[str, list[Field]]:
    known: dict[str, list[Field]] = {}
    for field, words in WORDS.items():
        for word in words:
            known.setdefault(_fold(word), []).append(field)
    return known


def _fields_of(title: str) -> list[Field]:
    """What a header may name, the likeliest first: the whole title, or the longest known words within it."""
    title = _fold(title).strip(" .:*")
    # Nobody calls a column by a sentence: what a title line says is no header.
    if not title or len(title) > 40:
        return []
    if title in _known():
        return _known()[title]
    within = f" {' '.join(_WORD.findall(title))} "
    found: dict[Field, int] = {}
    for word, fields in _known().items():
        japanese = not word.isascii()
        if (len(word) > 1 and japanese and word in title) or (len(word) > 2 and f" {word} " in within):
            for field in fields:
                found[field] = max(found.get(field, 0), len(word) * (3 if japanese else 1))
    return sorted(found, key=lambda each: (-found[each], list(WORDS).index(each)))


def _column(header: Row | None, rows: Sequence[Row], at: int) -> _Column:
    title = header.cells[at] if header is not None and at < len(header.cells) else ""
    cells = [row.cells[at] for row in rows if at < len(row.cells) and row.cells[at]]
    some = cells[:200]
    of = max(1, len(some))
    return _Column(
        title,
        cells,
        numbers=100
        * sum(_BARE.fullmatch(unicodedata.normalize("NFKC", each)) is not None for each in some)
        // of,
        dates=100 * sum(bool(possible_dates(each)) for each in some) // of,
        clocks=100 * sum(_is_clock(each) for each in some) // of,
        lengths=100 * sum(_is_length(each) for each in some) // of,
        words=100 * sum(_LETTER.search(each) is not None for each in some) // of,
        many=len(set(some)),
    )


def _is_clock(text: str) -> bool:
    try:
        read_time(text)
    except ValueProblem:
        return False
    text = unicodedata.normalize("NFKC", text)
    return _CLOCK.search(text) is not None or not _BARE.fullmatch(text)


def _is_length(text: str) -> bool:
    try:
        read_duration(text.removeprefix("-"), Unit.HOURS, at_most=10**9)
    except ValueProblem as exc:
        return exc.reason in (Reason.DURATION_AMBIGUOUS, Reason.DURATION_ZERO, Reason.DURATION_NOT_WHOLE)
    return not possible_dates(text)


def _by_words(columns: Sequence[_Column], sure: dict[str, Sureness]) -> dict[Field, int]:
    """Columns by their titles. A title that two columns share is for a person to tell apart."""
    chosen: dict[Field, int] = {}
    ranked = [
        (rank, at, field)
        for at, column in enumerate(columns)
        for rank, field in enumerate(each for each in _fields_of(column.title) if column.allows(each))
    ]
    for rank, at, field in sorted(ranked, key=lambda each: (each[0], each[1])):
        if at in chosen.values():
            continue
        if field in chosen:
            if rank == 0:
                sure[field.value] = Sureness.ASK
            continue
        chosen[field] = at
        whole = _fold(columns[at].title).strip(" .:*") in _known()
        sure[field.value] = Sureness.CERTAIN if rank == 0 and whole else Sureness.GUESSED
    return chosen


def _hours_and_minutes(
    columns: Sequence[_Column], rows: Sequence[Row], chosen: dict[Field, int], sure: dict[str, Sureness]
) -> None:
    """Whole hours in one column and their minutes in another, by their titles, where most lines can be read so.

    "1.5" and "90" beside each other are one length told twice, and asked about.
    """
    lengths = [
        at
        for at, column in enumerate(columns)
        if _fields_of(column.title)[:1] == [Field.DURATION] and column.allows(Field.DURATION)
    ]
    hours = [at for at in lengths if _unit_of(columns[at].title) is Unit.HOURS]
    minutes = [at for at in lengths if _unit_of(columns[at].title) is Unit.MINUTES]
    if len(hours) != 1 or len(minutes) != 1:
        return
    beside = [
        (row.cells[hours[0]], row.cells[minutes[0]])
        for row in rows
        if len(row.cells) > max(hours[0], minutes[0]) and row.cells[minutes[0]]
    ]
    if 5 * sum(_is_beside(*cells) for cells in beside) < 4 * len(beside):
        return
    for taken in [field for field, at in chosen.items() if at in (*hours, *minutes)]:
        del chosen[taken]
    chosen |= {Field.DURATION: hours[0], Field.MINUTES: minutes[0]}
    sure |= {Field.DURATION.value: Sureness.GUESSED, Field.MINUTES.value: Sureness.GUESSED}


def _is_beside(hours: str, minutes: str) -> bool:
    try:
        read_beside(hours or "0", Unit.HOURS)
        read_beside(minutes, Unit.MINUTES)
    except ValueProblem:
        return False
    return True


def _by_cells(columns: Sequence[_Column], chosen: dict[Field, int], sure: dict[str, Sureness]) -> None:
    """What no title named, by what stands in the columns."""

    def free(fits: Sequence[bool]) -> list[int]:
        return [at for at, fit in enumerate(fits) if fit and at not in chosen.values()]

    def choose(field: Field, at: int, how: Sureness) -> None:
        chosen[field] = at
        sure[field.value] = how

    if Field.SERVICE_ON not in chosen:
        days = free([each.dates > 80 for each in columns])
        if days:
            choose(Field.SERVICE_ON, days[0], Sureness.GUESSED if len(days) == 1 else Sureness.ASK)
    timed = Field.FROM_TIME in chosen and Field.TO_TIME in chosen
    if Field.DURATION not in chosen and not timed:
        lengths = free([each.lengths > 80 for each in columns])
        # Member numbers and sheet numbers are bare numbers too; a unit in the cells tells them apart.
        said = [at for at in lengths if columns[at].numbers < 50]
        if said or lengths:
            alone = len(said or lengths) == 1
            choose(Field.DURATION, (said or lengths)[0], Sureness.GUESSED if alone and said else Sureness.ASK)
    for field in (Field.PROVIDER, Field.RECEIVER):
        if field not in chosen:
            names = free([each.words > 80 and each.dates < 50 and each.lengths < 50 for each in columns])
            if names:
                # Who gave and who received can't be seen from names.
                choose(field, names[0], Sureness.ASK)
            else:
                sure[field.value] = Sureness.ASK
    for field in (Field.SERVICE_ON, Field.DURATION):
        if field not in chosen and not (field is Field.DURATION and timed):
            sure[field.value] = Sureness.ASK


def _date_order(
    columns: Sequence[_Column], chosen: Of[Field, int], sure: dict[str, Sureness]
) -> DateOrder | None:
    """The one order in which every date of the list is a day; None when none is needed, or a person must say."""
    sure["date_order"] = Sureness.CERTAIN
    if Field.SERVICE_ON not in chosen:
        return None
    possible = [dates for each in columns[chosen[Field.SERVICE_ON]].cells if (dates := possible_dates(each))]
    if all(len(set(dates.values())) == 1 for dates in possible):
        return None
    orders = [order for order in DateOrder if all(order in dates for dates in possible)]
    if len(orders) == 1:
        # Some date further down allows this order only, and a list has one.
        sure["date_order"] = Sureness.GUESSED
        return orders[0]
    sure["date_order"] = Sureness.ASK
    return None


def _decimal(cells: Sequence[str], sure: dict[str, Sureness]) -> DecimalSign | None:
    found = [
        match for each in cells if (match := _SHORT.search(unicodedata.normalize("NFKC", each))) is not None
    ]
    signs = {match[1] for match in found}
    sure["decimal"] = Sureness.CERTAIN
    if not signs:
        return None
    fractions = [match[2] for match in found]
    # With .5 or .75 among them they are decimals; .30 and .15 alone may be minutes.
    plain = any(len(each) == 1 or (len(each) == 2 and each > "59") for each in fractions)
    if len(signs) > 1 or not plain:
        sure["decimal"] = Sureness.ASK
        return None
    sure["decimal"] = Sureness.GUESSED
    return DecimalSign.COMMA if signs == {","} else DecimalSign.POINT


def _unit_of(title: str) -> Unit | None:
    """The unit that a title names, if it names one alone."""
    title = _fold(title)
    words = {*_WORD.findall(title), title.strip(" .:*")}
    units = [unit for unit, known in UNITS.items() if words & set(known)]
    return units[0] if len(units) == 1 else None


def _unit(columns: Sequence[_Column], chosen: Of[Field, int], sure: dict[str, Sureness]) -> Unit | None:
    """What bare numbers count; None when there are none, or a person must say."""
    sure["unit"] = Sureness.CERTAIN
    column = columns[chosen[Field.DURATION]] if Field.DURATION in chosen else None
    if column is None or column.numbers == 0:
        return None
    told = _unit_of(column.title)
    if told is not None:
        return told
    sure["unit"] = Sureness.GUESSED
    if any(_SHORT.fullmatch(unicodedata.normalize("NFKC", each)) for each in column.cells):
        return Unit.HOURS
    bare = [int(each) for each in column.cells if each.isdecimal() and len(each) < 10]
    if bare and min(bare) >= 15 and all(each % 5 == 0 for each in bare):
        return Unit.MINUTES
    sure["unit"] = Sureness.ASK
    return None
