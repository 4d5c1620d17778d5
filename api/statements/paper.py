"""What stands on the paper of a statement, whatever the paper is: a page on a screen, a printed one, a PDF."""

from dataclasses import dataclass
from typing import Any

import segno

from api.languages import Language
from api.statements import words

Row = dict[str, Any]

MAX_QR_VERSION = 25
"""117 modules a side: what an old phone's camera still reads."""


@dataclass(frozen=True, slots=True)
class Paper:
    """All that is written on the paper, in its order. A row is recorded, day of care, what for, hours, balance.

    `page_of` has places for `number` and `count`, in the order of its language.
    """

    heading: str
    owner: str
    community: str
    period: str
    short: list[str]
    titles: tuple[str, ...]
    opening: tuple[str, ...]
    rows: list[tuple[str, ...]]
    closing: tuple[str, ...]
    by_which_day: str
    how_to_check: str
    made: str
    page_of: str

    @property
    def all_rows(self) -> list[tuple[str, ...]]:
        return [self.opening, *self.rows, self.closing]

    @property
    def letters(self) -> str:
        """Every letter it takes."""
        rows = (self.titles, *self.all_rows)
        return "".join(
            [
                *(self.heading, self.owner, self.community, self.period, *self.short),
                *(cell for row in rows for cell in row),
                *(self.by_which_day, self.how_to_check, self.made, self.page_of, "0123456789"),
            ]
        )


def paper_of(spoken: Language, said: Row) -> Paper:
    gettext = spoken.gettext
    return Paper(
        heading=gettext("Statement of hours"),
        owner=words.owner(spoken, said),
        community=said["community_name"],
        period=words.period(spoken, said),
        short=words.in_short(spoken, said),
        titles=tuple(words.titles(spoken)),
        opening=("", "", gettext("Opening balance"), "", spoken.duration(said["opening"])),
        rows=[tuple(words.cells(spoken, line)) for line in said["lines"]],
        closing=("", "", gettext("Closing balance"), "", spoken.duration(said["closing"])),
        by_which_day=words.by_which_day(spoken),
        how_to_check=words.how_to_check(spoken),
        made=words.made(spoken, said),
        page_of=gettext("Page %(number)s of %(count)s", number="{number}", count="{count}"),
    )


def square_of(link: str) -> segno.QRCode | None:
    """The QR code of a link; None where it would be too dense for a camera."""
    try:
        code = segno.make(link, error="l", micro=False)
    except segno.DataOverflowError:
        return None
    return code if int(code.version) <= MAX_QR_VERSION else None
