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
_GAP = 5.0
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

    paper = paper_of(spoken, said)
    size = LARGE if large else TEXT
    made_at = datetime.fromisoformat(str(said["made_at"]))

    class Sheet(FPDF):
        """Pages with their number at the foot, and whose they are: sheets get mixed up."""

        def footer(self) -> None:
            self.set_y(-14)
            self.set_font("text", "", size * 0.8)
            number = paper.page_of.format(number=self.page_no(), count="{nb}")
            tail = f", {paper.period}. {number}"
            owner = _shortened(self, paper.owner, self.epw - self.get_string_width(tail))
            self.cell(0, 6, f"{owner}{tail}", align="C")

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
    if paper.rows:
        _write_lines(pdf, spoken, paper, size)
    _write_end(pdf, f"{verify_address}#{said['signed']}", paper, size)
    name = f"statement-{said['code']}-{str(said['from_on'])[:10]}.txt"
    pdf.embed_file(bytes=text.encode("ascii"), basename=name, mime_type="text/plain", compress=True)
    return bytes(pdf.output())


def _shortened(pdf: Any, text: str, width: float) -> str:
    """The text, or as much of its beginning as fits, with dots behind."""
    if pdf.get_string_width(text) <= width:
        return text
    while text and pdf.get_string_width(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip(' ,')}…"


def _write_lines(pdf: Any, spoken: Language, paper: Paper, size: float) -> None:
    """The table of the entries, in as many columns as its letters leave room for."""
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    titles: Sequence[str] = paper.titles
    rows: Sequence[Sequence[str]] = paper.all_rows
    widths = _widths(pdf, titles, rows)
    longest = max(pdf.get_string_width(word) for row in rows for word in row[2].split(" "))
    without = not any(care_on for _, care_on, *_ in rows)
    if without or widths[-3] < max(_LEAST * size, longest + 2 * _PADDING):
        titles, rows = _without_days(spoken, titles, rows)
        widths = _widths(pdf, titles, rows)
    if widths[-3] < _LEAST * size:
        rows = [[*row[:-2], *(_NUMBER.sub("\\1\u00a0", each) for each in row[-2:])] for row in rows]
        widths = _widths(pdf, titles, rows, whole_times=False)
    bold = FontFace(emphasis="BOLD")
    with pdf.table(
        col_widths=widths,
        text_align=["LEFT" if place < len(titles) - 2 else "RIGHT" for place in range(len(titles))],
        v_align="TOP",
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        line_height=size * 0.5,
        padding=_PADDING,
        headings_style=bold,
    ) as table:
        table.row(titles)
        for place, row in enumerate(rows):
            table.row(row, style=bold if place in (0, len(rows) - 1) else None)
    pdf.ln(4)


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


def _write_end(pdf: Any, link: str, paper: Paper, size: float) -> None:
    """What stands below the entries, together on one page, with the square that a phone checks.

    The square is left out where it would be too dense for a camera.
    """
    code = square_of(link)
    beside = 0.0 if code is None else _SQUARE + _GAP
    explained = [paper.by_which_day] if paper.rows else []
    told = [paper.made] if code is None else [paper.how_to_check, paper.made]
    pdf.set_font("text", "", size * 0.9)

    def write(text: str, width: float, *, only_measure: bool = False) -> float:
        height = pdf.multi_cell(
            width, size * 0.45, text, align="L", new_x="LEFT", new_y="NEXT",
            dry_run=only_measure, output="HEIGHT",
        )  # fmt: skip
        if not only_measure:
            pdf.ln(1.5)
        return float(height) + 1.5

    width = pdf.epw - beside
    above = sum(write(each, pdf.epw, only_measure=True) for each in explained)
    below = max(beside, sum(write(each, width, only_measure=True) for each in told))
    if pdf.will_page_break(above + below):
        pdf.add_page()
    for each in explained:
        write(each, pdf.epw)
    if code is not None:
        picture = BytesIO()
        code.save(picture, kind="png", scale=4, border=4)
        pdf.image(picture, x=pdf.l_margin, y=pdf.y, w=_SQUARE, alt_text=paper.how_to_check)
    # The square has a white rim of its own, which the text beside it keeps clear of too.
    pdf.set_xy(pdf.l_margin + beside, pdf.y + (2 if code is not None else 0))
    for each in told:
        write(each, width)
        pdf.set_x(pdf.l_margin + beside)
