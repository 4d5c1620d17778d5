"""A statement as PDF: A4, in the reader's language, in large print where it is wished, with its signed text inside.

`fpdf2` comes with the extra `pdf`, so it is imported when it is needed.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from api.languages import Language
from api.statements.fonts import Fonts, bold_of, choose
from api.statements.paper import Paper, paper_of, square_of

Row = dict[str, Any]

TEXT, LARGE = 10.5, 16.0
"""Points. Large print begins at 16 (Royal National Institute of Blind People)."""

_MARGIN = 18.0
_SQUARE = 62.0
_PADDING = 1.2
_LEAST = 4.0
"""Millimetres for what an entry was for, to each point of its letters."""
_NUMBER = re.compile(r"(\d) (?!\d)")
"""Where a number and its unit would part."""


def statement_pdf(
    spoken: Language, said: Row, text: str, verify_address: str, fonts: Fonts, *, large: bool = False
) -> bytes:
    """The statement as PDF, with its signed `text` as a file inside. Raises NoPdf for a letter that no font has."""
    from fpdf import FPDF
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    paper = paper_of(spoken, said)
    size = LARGE if large else TEXT
    made_at = datetime.fromisoformat(str(said["made_at"]))

    class Sheet(FPDF):
        """Pages with their number at the foot, and whose they are: sheets get mixed up."""

        def footer(self) -> None:
            self.set_y(-14)
            self.set_font("text", "", size * 0.8)
            number = paper.page_of.format(self.page_no(), "{nb}")
            self.cell(0, 6, f"{paper.owner}, {paper.period}. {number}", align="C")

    pdf = Sheet(format="A4")
    pdf.set_title(f"{paper.heading}: {paper.owner}, {paper.period}")
    pdf.set_author(paper.community)
    pdf.set_lang(spoken.tag)
    pdf.set_creation_date(made_at)
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(True, 20)
    _add_fonts(pdf, choose(fonts, paper.letters))

    def say(text: str, scale: float = 1.0, style: str = "", gap: float = 1.5) -> None:
        pdf.set_font("text", style, size * scale)
        pdf.multi_cell(0, size * scale * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(gap)

    pdf.add_page()
    say(paper.community, 0.9)
    say(paper.heading, 1.7, "B", 1)
    say(paper.owner, 1.3, "B", 1)
    say(paper.period, 1.1, gap=4)
    for sentence in paper.short:
        say(sentence, gap=0.5)
    pdf.ln(4)
    pdf.set_font("text", "", size)
    titles: Sequence[str] = paper.titles
    rows: Sequence[Sequence[str]] = paper.all_rows
    widths = _widths(pdf, titles, rows)
    if widths[-3] < _LEAST * size:
        titles, rows = _without_days(spoken, titles, rows)
        widths = _widths(pdf, titles, rows)
    if widths[-3] < _LEAST * size:
        rows = [[*row[:-2], *(_NUMBER.sub("\\1\u00a0", each) for each in row[-2:])] for row in rows]
        widths = _widths(pdf, titles, rows, whole_times=False)
    bold = FontFace(emphasis="BOLD")
    with pdf.table(
        col_widths=widths,
        text_align=["LEFT" if place < len(titles) - 2 else "RIGHT" for place in range(len(titles))],
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        line_height=size * 0.5,
        padding=_PADDING,
        headings_style=bold,
    ) as table:
        table.row(titles)
        for place, row in enumerate(rows):
            table.row(row, style=bold if place in (0, len(rows) - 1) else None)
    pdf.ln(4)
    say(paper.by_which_day, 0.9)
    _check_square(pdf, f"{verify_address}#{said['signed']}", paper, say)
    say(paper.made, 0.9)
    name = f"statement-{said['code']}-{str(said['from_on'])[:10]}.txt"
    pdf.embed_file(bytes=text.encode("ascii"), basename=name, mime_type="text/plain", compress=True)
    return bytes(pdf.output())


def _widths(
    pdf: Any, titles: Sequence[str], rows: Sequence[Sequence[str]], *, whole_times: bool = True
) -> list[float]:
    """Millimetres of each column: no day and no word breaks, nor a length of time; what it was for has the rest."""
    pdf.set_font(style="B")
    widths = []
    for place, title in enumerate(titles):
        cells = [row[place] for row in rows]
        if place >= len(titles) - 2 and not whole_times:
            cells = [word for each in cells for word in each.split(" ")]
        widths.append(max(map(pdf.get_string_width, (*title.split(" "), *cells))) + 2 * _PADDING + 1)
    pdf.set_font(style="")
    widths[-3] += pdf.epw - sum(widths)
    return widths


def _without_days(
    spoken: Language, titles: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """The day of care under what the entry was for, where the letters are too large for a column of it."""

    def folded(row: Sequence[str]) -> list[str]:
        recorded, care_on, what, *times = row
        said = spoken.gettext("%(words)s: %(what)s", words=titles[1], what=care_on)
        return [recorded, f"{what}\n{said}" if care_on else what, *times]

    return [titles[0], *titles[2:]], [folded(row) for row in rows]


def _add_fonts(pdf: Any, paths: list[Path]) -> None:
    """The first font as `text`, the others for the letters it lacks."""
    for number, path in enumerate(paths):
        family = "text" if number == 0 else f"text{number}"
        pdf.add_font(family, "", path)
        if number == 0:
            pdf.add_font(family, "B", bold_of(path) or path)
    pdf.set_fallback_fonts([f"text{number}" for number in range(1, len(paths))], exact_match=False)


def _check_square(pdf: Any, link: str, paper: Paper, say: Any) -> None:
    """The square that a phone checks, with what it is for. It is left out where it would be too dense for a camera."""
    code = square_of(link)
    if code is None:
        return
    picture = BytesIO()
    code.save(picture, kind="png", scale=4, border=4)
    if pdf.will_page_break(_SQUARE + 20):
        pdf.add_page()
    pdf.image(picture, w=_SQUARE, alt_text=paper.how_to_check)
    say(paper.how_to_check, 0.9)
