"""A list as rows of text, wherever it came from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

MAX_ROWS = 200_000
MAX_LINES = 5 * MAX_ROWS
"""Of a file of text: its rows, their line breaks, and what is empty."""
MAX_COLUMNS = 100
MAX_CELL = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A line that holds anything. `number` counts from 1 as a person sees it, blank lines included.

    `numbers` are the columns (from 0) that a workbook held as numbers: their text has a point as the decimal sign,
    whatever the list's own texts have.
    """

    number: int
    cells: tuple[str, ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A file of text, or one sheet of a workbook. `rows` may be gone through as often as one likes.

    `encoding` and `delimiter` are what was guessed or given, None for a sheet. `encoding_sure` says that no other
    encoding is likely. `formulas` and `merged` name the first cells of a sheet that are such ("B7", "A1:C1"): a
    formula gives its last value, and of merged cells only the first holds the text.
    """

    name: str
    rows: Collection[Row]
    width: int
    """The cells of the longest row."""
    encoding: str | None = None
    delimiter: str | None = None
    encoding_sure: bool = True
    formulas: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()

    def head(self, at_most: int) -> Sequence[Row]:
        """The first rows, for a preview."""
        return list(islice(self.rows, at_most))
