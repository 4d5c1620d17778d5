"""Cells of spreadsheets: whatever a text holds, it is read back as that text, and none begins a formula."""

import csv
import io
import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from ledger.desk import cells
from ledger.desk.cells import Workbook, csv_line, harmless, typed

FORMULA = re.compile(r"[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]")
NASTY = st.text(alphabet=st.sampled_from("=+-@\t\r\n ;\",'aé\u2028\uff1d\x00\x01\x1f\ufffe👵0.1")) | st.text()


def sheet(file, number=0):
    return (
        CalamineWorkbook.from_object(io.BytesIO(file))
        .get_sheet_by_index(number)
        .to_python(skip_empty_area=False)
    )


def workbook(rows, headings=("a",), **more):
    file = io.BytesIO()
    book = Workbook(file, **more)
    book.begin("A list", headings)
    for row in rows:
        book.add(row)
    book.close()
    return file.getvalue()


@given(NASTY)
def test_no_text_begins_a_formula_and_csv_reads_it_back(text):
    [[cell]] = (
        csv.reader(io.StringIO(csv_line([text]).decode(errors="surrogatepass"), newline=""))
        if text
        else [[""]]
    )
    assert cell == harmless(text)
    assert not FORMULA.match(cell)
    assert cell.replace("'", "") == text.replace("'", "")


@given(st.lists(NASTY.filter(lambda text: text.strip()), min_size=1, max_size=5))
def test_a_workbook_holds_every_text_as_a_text(texts):
    found = [row[0] for row in sheet(workbook([[text] for text in texts]))[1:]]
    wanted = [cells._NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(harmless(text))) for text in texts]
    # XML knows one end of a line; a reader may take the carriage return for it.
    assert [str(each).replace("\r\n", "\n").replace("\r", "\n").strip() for each in found] == [
        each.replace("\r\n", "\n").replace("\r", "\n").strip() for each in wanted
    ]


TYPED = """
2026-01-31                    date
2026-02-31                    str
2026-11-26T15:16:07Z          datetime
2026-11-26T15:16:07.5+01:00   datetime
2026-11-26T15:16:07           str
20260131                      str
m-2026                        str
1,5                           str
"""


@pytest.mark.parametrize("line", TYPED.strip().splitlines())
def test_what_is_written_as_json_has_it_becomes_a_day_or_a_moment(line):
    text, kind = line.split()
    assert type(typed(text)).__name__ == kind


def test_numbers_days_and_moments_are_what_they_are():
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    local = datetime.fromisoformat("2026-07-02T00:30:00")
    row = [7, -5400, 1.5, True, date(2026, 1, 31), moment, None, "", date(1899, 1, 1), "=1"]
    [_, found] = sheet(workbook([row], list("abcdefghij"), zone=ZoneInfo("Europe/Madrid")))
    assert found == [
        7,
        -5400,
        1.5,
        True,
        date(2026, 1, 31),
        local,
        "",
        "",
        "1899-01-01",
        "'=1",
    ]


def test_a_row_more_than_a_sheet_holds_begins_another(monkeypatch):
    monkeypatch.setattr(cells, "MAX_SHEET_ROWS", 3)
    file = workbook([[number] for number in range(5)])
    assert [row[0] for row in sheet(file)] == ["a", 0, 1]
    assert [row[0] for row in sheet(file, 1)] == ["a", 2, 3]
    assert [row[0] for row in sheet(file, 2)] == ["a", 4]


def test_a_text_too_long_for_a_cell_is_cut_and_the_file_opens():
    assert len(sheet(workbook([["x" * 40_000]]))[1][0]) == cells.MAX_CELL_TEXT
