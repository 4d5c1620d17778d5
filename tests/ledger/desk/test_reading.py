"""Files people send: what they hold, whoever saved them, and what refuses them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.desk.tables.guessing import guess
from ledger.desk.tables.lines import read_lines
from ledger.desk.tables.problems import FileProblem, Reason
from ledger.desk.tables.reading import read_tables
from tests import paper_files
from tests.paper_files import HEADER, SHEET, PaperVisit, broken_files, csv_bytes, xlsx_of

BROKEN = broken_files()
VISITS = [
    PaperVisit("Siân Price", "Núria Peña", date(2025, 4, 3), 5400, "Attività"),
    PaperVisit("Tom Evans", "José Güell", date(2025, 4, 25), 1800, ""),
]


def rows_of(content, **how):
    [table] = read_tables("list", content, **how)
    return table, [row.cells for row in table.rows]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_whole(name):
    content, reason, row, column = BROKEN[name]
    with pytest.raises(FileProblem) as refused:
        read_tables("list", content)
    assert (refused.value.reason.code, refused.value.row, refused.value.column) == (reason, row, column)
    assert refused.value.reason.says in str(refused.value) and refused.value.reason.remedy in str(
        refused.value
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "told", "sure"),
    [
        ("utf-8", "utf-8", True),
        ("utf-8-sig", "utf-8", True),
        ("utf-16", "utf-16", True),
        ("utf-16-le", "utf-16-le", False),
        ("utf-16-be", "utf-16-be", False),
        ("utf-32", "utf-32", True),
        ("cp1252", "cp1252", False),
        ("mac-roman", "mac-roman", False),
    ],
)
def test_a_western_list_is_read_whatever_saved_it(encoding, told, sure, delimiter):
    rows = [
        ("Data", "Volontario", "Note"),
        ("3.4.", "Niccolò Peña", "perché no, così"),
        ("4.4.", "Ugo", "1,5; 2"),
    ]
    table, read = rows_of(csv_bytes(rows, delimiter, encoding))
    assert (read, table.encoding, table.encoding_sure, table.delimiter) == (rows, told, sure, delimiter)


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "iso2022_jp"])
def test_a_japanese_list_is_read_whatever_saved_it(encoding):
    rows = [
        ("日付", "提供者", "時間"),
        ("令和7年4月3日", "山田 太郎", "1時間30分"),
        ("R7.4.4", "ﾀﾅｶ" if encoding == "cp932" else "タナカ", "2"),
    ]
    table, read = rows_of(csv_bytes(rows, ",", encoding))
    assert (read, table.encoding, table.encoding_sure) == (rows, encoding, False)


def test_a_wrong_guess_is_corrected_by_naming_the_encoding():
    content = csv_bytes([["Enw", "Awr"], ["Ŵyn", "1"]], encoding="iso8859-14")
    table, read = rows_of(content, encoding="ISO-8859-14", delimiter=",")
    assert (read[1], table.encoding, table.encoding_sure) == (("Ŵyn", "1"), "iso8859-14", True)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"encoding": "klingon"}, "encoding_unknown"),
        ({"encoding": "zip"}, "encoding_unknown"),
        ({"encoding": "idna"}, "encoding_unknown"),
        ({"encoding": "utf-8\x00"}, "encoding_unknown"),
        ({"encoding": "utf-8"}, "encoding_unknown"),
        ({"delimiter": "a"}, "delimiter_unknown"),
        ({"delimiter": ""}, "delimiter_unknown"),
    ],
)
def test_what_cannot_be_the_encoding_or_the_delimiter_is_refused(how, reason):
    with pytest.raises(FileProblem) as refused:
        rows_of("Niccolò,1\n".encode("cp1252"), **how)
    assert refused.value.reason.code == reason


def test_blank_lines_count_but_are_no_rows():
    table, _ = rows_of(b'sep=;\n\na;b\n ; \n"c\nd";\xc3\xa9 \nlast;\n')
    assert [(row.number, row.cells) for row in table.rows] == [
        (3, ("a", "b")),
        (5, ("c\nd", "é")),
        (7, ("last", "")),
    ]
    assert (table.delimiter, table.width, len(table.rows)) == (";", 2, 3)


def test_rows_can_be_gone_through_again():
    table, read = rows_of(paper_files.welsh_csv(VISITS))
    assert [row.cells for row in table.rows] == read
    assert [row.cells for row in table.head(2)] == read[:2]
    assert next(iter(table.rows)) in table.rows


def test_the_three_countries_files_hold_the_same_visits():
    _, welsh = rows_of(paper_files.welsh_csv(VISITS, ";", "cp1252"))
    assert welsh[2] == ("03/04/2025", "Siân Price", "Núria Peña", "1h30", "Attività")
    _, xlsx = rows_of(paper_files.italian_xlsx(VISITS))
    assert xlsx[1] == ("2025-04-03", "Price Siân", "Peña Núria", "1.5", "Attività")
    _, ods = rows_of(paper_files.italian_ods(VISITS))
    assert ods[1:] == [
        ("03/04/2025", "Price Siân", "Peña Núria", "1,5", "Attività"),
        ("25/04/2025", "Evans Tom", "Güell José", "0,5", ""),
    ]
    _, japanese = rows_of(
        paper_files.japanese_csv([PaperVisit("山田 太郎", "鈴木 花子", date(2025, 4, 3), 5400)])
    )
    assert japanese[1] == ("令和7年4月3日", "山田 太郎", "鈴木 花子", "1時間30分", "")


def test_a_sheet_is_read_as_it_is_shown_and_its_oddities_are_told():
    def fill(workbook):
        workbook.add_worksheet("Empty")
        sheet = workbook.add_worksheet("Visits & more")
        clock = workbook.add_format({"num_format": "hh:mm"})
        long = workbook.add_format({"num_format": "[h]:mm"})
        moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.write_row(2, 1, ["clock", "long", "number", "formula", "moment"])
        sheet.write(3, 1, 1.5 / 24, clock)
        sheet.write(3, 2, 30.25 / 24, long)
        sheet.write(3, 3, 20 / 60)
        sheet.write_formula(3, 4, "=1+2", None, 3)
        sheet.write(3, 5, 45750.4375, moment)
        sheet.merge_range(4, 1, 5, 3, "merged")

    [table] = read_tables("list", xlsx_of(fill))
    rows = list(table.rows)
    assert [row.number for row in rows] == [3, 4, 5]
    assert rows[1].cells == ("", "1:30", "30:15", "0.3333333333333333", "3", "2025-04-03 10:30:00")
    assert rows[1].numbers == {3, 4}
    assert rows[2].cells == ("", "merged", "", "", "", "")
    assert (table.name, table.formulas, table.merged) == ("Visits & more", ("E4",), ("B5:D6",))
    assert (table.encoding, table.delimiter) == (None, None)


def test_an_open_document_tells_its_formulas_and_merged_cells_too():
    cell = '<table:table-cell office:value-type="float" office:value="1.5" table:formula="of:=1+0.5"/>'
    wide = paper_files.ods_cell("merged", ' table:number-columns-spanned="2"')
    rows = paper_files.ods_row(["<table:table-cell/>"], 3) + paper_files.ods_row([cell, wide])
    [table] = read_tables("list", paper_files.ods_of(f'<table:table table:name="S">{rows}</table:table>'))
    [row] = table.rows
    assert (row.number, row.cells, row.numbers) == (4, ("1.5", "merged"), {0})
    assert (table.formulas, table.merged) == (("A4",), ("B4:C4",))


def test_every_sheet_with_anything_on_it_is_a_table():
    def fill(workbook):
        for name in ("March", "nothing", "April"):
            sheet = workbook.add_worksheet(name)
            if name != "nothing":
                sheet.write_row(0, 0, HEADER)

    assert [table.name for table in read_tables("list", xlsx_of(fill))] == ["March", "April"]


def test_a_part_that_lies_about_its_size_is_not_believed():
    sheet = paper_files.xlsx_rows([HEADER])
    at = sheet.index(b"PK\x01\x02")
    lying = bytearray(sheet)
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")  # the first part's unpacked size
    with pytest.raises(FileProblem) as refused:
        read_tables("list", bytes(lying))
    assert refused.value.reason.code == "workbook_unreadable"


SEEDS = [
    paper_files.welsh_csv(VISITS),
    paper_files.welsh_csv(VISITS, ";", "utf-16"),
    paper_files.japanese_csv([PaperVisit("山田 太郎", "鈴木 花子", date(2025, 4, 3), 5400)]),
    paper_files.italian_xlsx(VISITS),
    paper_files.italian_ods(VISITS),
]


@settings(max_examples=400, deadline=None)
@given(some.sampled_from(SEEDS), some.integers(0, 10**6), some.integers(0, 60), some.binary(max_size=12))
def test_a_spoilt_file_is_read_or_refused(content, at, away, put):
    """Bytes of a list, or of one part of a workbook, taken away and others put there."""

    def spoil(part):
        place = at % (len(part) + 1)
        return part[:place] + put + part[place + away :]

    if content.startswith(b"PK") and at % 4:
        part = SHEET if SHEET.encode() in content else "content.xml"
        spoilt = paper_files.with_part(content, part, spoil)
    else:
        spoilt = spoil(content)
    try:
        for table in read_tables("list", spoilt):
            read_lines(table, guess(table).mapping)
    except FileProblem as problem:
        assert problem.reason.says


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_encoding_that_needs_a_mark_is_refused_without_one(encoding):
    with pytest.raises(FileProblem) as caught:
        list(read_tables("list.csv", "Name;Hours\nAna;2\n".encode("cp1252"), encoding=encoding))
    assert caught.value.reason is Reason.ENCODING_UNKNOWN
