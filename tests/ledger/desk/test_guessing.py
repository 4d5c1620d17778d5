"""Which column holds what: guessed from lists in six languages, asked where it can't be known, and corrected."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.desk.tables.guessing import guess
from ledger.desk.tables.lines import read_lines
from ledger.desk.tables.mapping import Mapping, Sureness, check_mapping
from ledger.desk.tables.problems import FileProblem
from ledger.desk.tables.reading import read_tables
from tests import paper_files
from tests.paper_files import PaperVisit, csv_bytes, xlsx_of

VISITS = [
    PaperVisit("Siân Price", "Núria Peña", date(2025, 4, 3), 5400, "Garden"),
    PaperVisit("Tom Evans", "José Güell", date(2025, 4, 25), 1800),
    PaperVisit("Tom Evans", "Siân Price", date(2025, 4, 26), 7200, "Shopping"),
]
JAPANESE = [
    PaperVisit("山田 太郎", "鈴木 花子", date(2025, 4, 3), 5400, "買い物"),
    PaperVisit("佐藤 次郎", "鈴木 花子", date(2025, 4, 4), 7200, "掃除"),
]


def table_of(content):
    [table] = read_tables("list", content)
    return table


def guessed(content):
    """What was guessed, as it is remembered, and what a person is asked."""
    found = guess(table_of(content))
    assert Mapping.from_dict(found.mapping.to_dict()) == found.mapping
    asked = {name for name, sure in found.sure.items() if sure is Sureness.ASK}
    return found.mapping.to_dict(), asked


def lines_of(content, **said):
    table = table_of(content)
    mapping = guess(table).mapping.to_dict() | said
    return read_lines(table, Mapping.from_dict(mapping))


@pytest.mark.parametrize(
    ("content", "visits"),
    [
        (paper_files.welsh_csv(VISITS), VISITS),
        (paper_files.welsh_csv(VISITS, ";", "cp1252"), VISITS),
        (paper_files.italian_xlsx(VISITS), VISITS),
        (paper_files.italian_ods(VISITS), VISITS),
        (paper_files.japanese_csv(JAPANESE), JAPANESE),
        (paper_files.japanese_csv(JAPANESE, "utf-8"), JAPANESE),
    ],
    ids=["Wales", "Wales with semicolons", "Italy, XLSX", "Italy, ODS", "Japan", "Japan in UTF-8"],
)
def test_the_lists_of_three_countries_are_read_as_guessed(content, visits):
    mapping, asked = guessed(content)
    assert asked == set()
    lines, problems = read_lines(table_of(content), Mapping.from_dict(mapping))
    assert problems == []
    swapped = mapping["columns"] and lines[0].provider == paper_files.surname_first(visits[0].provider)
    name = paper_files.surname_first if swapped and visits is VISITS else str
    assert [
        (each.provider, each.receiver, each.service_on, each.seconds, each.activity) for each in lines
    ] == [
        (name(each.provider), name(each.receiver), each.service_on, each.seconds, each.activity)
        for each in visits
    ]


HEADERS = [
    ["Date", "From", "To", "Hours", "Notes"],
    ["Date of visit", "Volunteer's name", "Service user", "Hours given", "Comments"],
    ["Dyddiad", "Gwirfoddolwr", "Derbynnydd", "Oriau", "Nodiadau"],
    ["Data", "Chi offre", "Chi riceve", "Ore", "Note"],
    ["Fecha", "Quién da", "Quién recibe", "Horas", "Observaciones"],
    ["Fecha", "Usuario que ofrece", "Usuario que recibe", "Horas", "Notas"],
    ["Date", "Helped by", "Done for", "Total hours", "Remarks"],
    ["Data", "Qui dona", "Qui rep", "Hores", "Observacions"],
    ["実施日", "協力会員", "利用会員", "時間数", "備考"],
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda each: each[1])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_a_header_in_any_language_and_any_order_is_understood(header, order):
    row = ["2025-04-03", "Mary Jones", "Huw Price", "1.5", "by bus"]
    mapping, asked = guessed(csv_bytes([[header[at] for at in order], [row[at] for at in order]]))
    names = ["service_on", "provider", "receiver", "duration", "note"]
    assert mapping["columns"] == {name: order.index(at) for at, name in enumerate(names)}
    assert (mapping["header"], mapping["unit"], mapping["decimal"], asked) == (1, "hours", "point", set())


@pytest.mark.parametrize(
    ("rows", "asked", "choices"),
    [
        # Only a later date tells which number is the day.
        ([["03/04/2025", "1:30"], ["25/04/2025", "2:00"]], set(), ("dmy", None, None)),
        ([["03/04/2025", "1:30"], ["04/25/2025", "2:00"]], set(), ("mdy", None, None)),
        ([["03/04/2025", "1:30"], ["04/05/2025", "2:00"]], {"date_order"}, (None, None, None)),
        ([["25/04/2025", "1:30"], ["04/25/2025", "2:00"]], set(), (None, None, None)),
        ([["25/04/2025", "1:30"], ["04/25/2025", "2:00"], ["3/4/2025", "1:00"]], {"date_order"}, (None,) * 3),
        ([["2025-04-03", "1,5"], ["2025-04-03", "1.5"]], {"decimal"}, (None, None, "hours")),
        ([["2025-04-03", "1,30"], ["2025-04-03", "1,15"]], {"decimal"}, (None, None, "hours")),
        ([["2025-04-03", "1,5"], ["2025-04-03", "1,25"]], set(), (None, "comma", "hours")),
        ([["2025-04-03", "90"], ["2025-04-03", "45"]], set(), (None, None, "minutes")),
        ([["2025-04-03", "9"], ["2025-04-03", "45"]], {"unit"}, (None, None, None)),
        ([["2025-04-03", "90 min"], ["2025-04-03", "1h30"]], set(), (None, None, None)),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked(rows, asked, choices):
    header = ["Date", "Length", "Volunteer", "Client"]
    mapping, found = guessed(csv_bytes([header, *[[*row, "Ann", "Ben"] for row in rows]], ";"))
    assert (found, (mapping["date_order"], mapping["decimal"], mapping["unit"])) == (asked, choices)


def test_without_a_header_who_gave_is_asked():
    mapping, asked = guessed(b"2025-04-03;Mary Jones;Huw Price;1h30\n2025-04-04;Tom Evans;Huw Price;2h\n")
    assert mapping["columns"] == {"service_on": 0, "provider": 1, "receiver": 2, "duration": 3}
    assert (mapping["header"], asked) == (None, {"provider", "receiver"})


def test_two_columns_with_one_title_are_asked():
    mapping, asked = guessed(
        csv_bytes([["Date", "Volunteer", "Volunteer", "Hours"], ["2025-04-03", "A B", "C D", "1:00"]])
    )
    assert "provider" in asked and mapping["columns"]["provider"] == 1


def test_times_of_a_visit_are_told_from_people_and_reach_over_midnight():
    rows = [["Date", "Volunteer", "Client", "From", "To"], ["1 April 2025", "A B", "C D", "22.30", "1.00"]]
    [line], problems = lines_of(csv_bytes(rows))
    assert (line.seconds, line.from_time, line.to_time, problems) == (9000, time(22, 30), time(1, 0), [])


def test_numbers_of_a_workbook_have_a_point_whatever_its_texts_have():
    def fill(workbook):
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["Data", "Volontario", "Assistito", "Ore"])
        for row, hours in enumerate([1.5, "1,75", "2,5", 0.25], 1):
            sheet.write_row(row, 0, ["2025-04-03", "Rossi Maria", "Verdi Ugo", hours])

    lines, problems = lines_of(xlsx_of(fill, strings_to_numbers=False))
    assert ([line.seconds for line in lines], problems) == ([5400, 6300, 9000, 900], [])


# row | problems: column and reason, as a person counts
LINES = """
2025-04-03,Ann,Ben,1:30,,                      ok
2025-04-03,Ann,Ben,1,5,,                       - cells_many
,Ann,Ben,1:30,,                                1 empty
2025-04-03,,,1:30,,                            2 empty 3 empty
Total,,,31:30,,                                2 empty 3 empty 1 date_invalid 4 duration_too_long
03/04/2025,Ann,Ben,1:30,,                      1 date_ambiguous
31/04/2025,Ann,Ben,1:30,,                      1 date_invalid
2025-04-03,Ann,Ben,250,,                       4 duration_too_long
2025-04-03,Ann,Ben,1.30,,                      4 duration_ambiguous
2025-04-03,Ann,Ben,-1,,                        4 duration_invalid
2025-04-03,Ann,Ben,0,,                         4 duration_zero
2025-04-03,Ann,Ben,,,                          4 empty
2025-04-03,Ann,Ben                             4 empty
2025-04-03,Ann,Ben,,9:00,10:30                 ok
2025-04-03,Ann,Ben,1:30,9:00,10:30             ok
2025-04-03,Ann,Ben,1:00,9:00,10:30             4 times_disagree
2025-04-03,Ann,Ben,,9:00,9:00                  6 times_equal
2025-04-03,Ann,Ben,,9:00,                      4 empty
2025-04-03,Ann,Ben,1:30,late,10:30             5 time_invalid
=1+1,=cmd,@Ben,=2,,                            1 date_invalid 4 duration_invalid
"""


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_every_line_is_a_visit_or_says_why_not(line):
    row, _, expected = line.partition("  ")
    content = f"Date,Volunteer,Client,Hours,Start,End\n\n{row}\n".encode()
    mapping = Mapping.from_dict({
        "columns": {"service_on": 0, "provider": 1, "receiver": 2, "duration": 3, "from_time": 4, "to_time": 5},
        "header": 1, "unit": "hours",
    })  # fmt: skip
    lines, problems = read_lines(table_of(content), mapping)
    said = " ".join(f"{each.column or '-'} {each.reason.code}" for each in problems)
    assert (said or "ok") == expected.strip()
    assert {each.row for each in [*lines, *problems]} == {3}
    assert len(lines) == (said == "")


# hours,minutes and perhaps times | seconds, or problems: column and reason
IN_TWO = """
1,30                     5400
1,                       3600
,45                      2700
0,45                     2700
1,0                      3600
01,05                    3900
1 h,30 min               5400
1h,30'                   5400
2.0,"15,00"              8100
１,３０                  5400
1:30,                    5400
"1h30",                  5400
1.5,                     5400
24,0                     86400
,30,9:00,9:30            1800
,,9:00,10:30             5400
1,60                     4 minutes_invalid
,90                      4 minutes_invalid
1,-5                     4 minutes_invalid
1,7.5                    4 minutes_invalid
1,0:30                   4 minutes_invalid
1,2 h                    4 minutes_invalid
1,half                   4 minutes_invalid
1:30,30                  3 hours_not_whole
1:30,0                   3 hours_not_whole
1.5,30                   3 hours_not_whole
"1,5",90                 4 minutes_invalid 3 hours_not_whole
-1,30                    3 hours_not_whole
90 min,30                3 hours_not_whole
one,30                   3 hours_not_whole
99999,30                 3 hours_not_whole
24,1                     3 duration_too_long
25,0                     3 duration_too_long
250,                     3 duration_too_long
0,0                      3 duration_zero
0,                       3 duration_zero
,0                       3 duration_zero
,                        3 empty
1.30,                    3 duration_ambiguous
1,30,9:00,10:00          3 times_disagree
=1+1,=cmd                4 minutes_invalid 3 hours_not_whole
"""


@pytest.mark.parametrize("line", IN_TWO.strip().splitlines())
def test_hours_and_minutes_in_two_columns_are_one_length_or_say_why_not(line):
    row, _, expected = line.partition("  ")
    content = f"Volunteer,Client,Hours,Minutes,Start,End\nAnn,Ben,{row}\n"
    mapping = Mapping.from_dict({
        "columns": {"provider": 0, "receiver": 1, "duration": 2, "minutes": 3, "from_time": 4, "to_time": 5},
        "header": 1, "unit": "minutes", "fixed": {"service_on": "2025-04-03"},
    })  # fmt: skip
    lines, problems = read_lines(table_of(content.encode()), mapping)
    said = " ".join(f"{each.column or '-'} {each.reason.code}" for each in problems)
    assert (said or str(lines[0].seconds)) == expected.strip()


@pytest.mark.parametrize(
    ("titles", "cells", "columns", "asked"),
    [
        (("Hours", "Minutes"), [("1", "30"), ("", "45"), ("2", "")], (2, 3), set()),
        (("Minutes", "Hours"), [("30", "1"), ("45", ""), ("0", "2")], (3, 2), set()),
        (("Time (h)", "Time (min)"), [("1", "30")], (2, 3), set()),
        (("Hrs", "Mins"), [("1", "30"), ("1", "15"), ("0", "5"), ("3", "0"), ("1:30", "75")], (2, 3), set()),
        (("Oriau", "Munudau"), [("1", "30")], (2, 3), set()),
        (("Ore", "Minuti"), [("1", "30")], (2, 3), set()),
        (("Horas", "Minutos"), [("1", "30")], (2, 3), set()),
        (("Hores", "Minuts"), [("1", "30")], (2, 3), set()),
        (("時間", "分"), [("1", "30")], (2, 3), set()),
        (("Hours", "Minutes"), [("1", ""), ("1:30", "")], (2, 3), set()),  # nobody used the second
        # One length told twice, in two units; and two of one unit.
        (("Hours", "Minutes"), [("1.5", "90"), ("1", "60")], (2, None), {"duration"}),
        (("Hours", "Minutes"), [("1:30", "30"), ("2:30", "30")], (2, None), {"duration"}),
        (("Hours", "Hours"), [("1", "2")], (2, None), {"duration"}),
    ],
)
def test_hours_and_minutes_in_two_columns_are_guessed(titles, cells, columns, asked):
    rows = [["Date", "Volunteer", *titles, "Client"]]
    rows += [["2025-04-03", "Ann", *each, "Ben"] for each in cells]
    mapping, found = guessed(csv_bytes(rows, ";"))
    assert (mapping["columns"]["duration"], mapping["columns"].get("minutes")) == columns
    assert found - {"decimal"} == asked


def test_the_pair_is_shown_as_a_guess_and_a_person_says_otherwise():
    content = csv_bytes(
        [["Date", "Volunteer", "Client", "Hours", "Minutes"], ["2025-04-03", "A", "B", "1", "30"]]
    )
    found = guess(table_of(content))
    assert (found.sure["duration"], found.sure["minutes"]) == (Sureness.GUESSED, Sureness.GUESSED)
    [line], _ = lines_of(content)
    assert line.seconds == 5400
    columns = {"service_on": 0, "provider": 1, "receiver": 2, "duration": 4}
    [line], _ = lines_of(content, columns=columns, unit="minutes")
    assert line.seconds == 1800


def test_what_is_the_same_for_all_lines_is_said_once():
    content = csv_bytes([["Day", "Client", "Hours"], ["2025-04-03", "Huw Price", "1:00"]])
    said = {
        "columns": {"service_on": 0, "receiver": 1, "duration": 2},
        "fixed": {"provider": " Mary Jones "},
        "header": 1,
    }
    [line], _ = read_lines(table_of(content), Mapping.from_dict(said))
    assert (line.provider, line.receiver) == ("Mary Jones", "Huw Price")


GOOD = {"columns": {"provider": 0, "receiver": 1, "service_on": 2, "duration": 3}}


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"columns": []},
        GOOD | {"colour": 1},
        {"columns": {"provider": 0, "receiver": 0}},
        {"columns": {"provider": -1}},
        {"columns": {"provider": 100}},
        {"columns": {"provider": True}},
        {"columns": {"provider": 1.0}},
        {"columns": {"provider": "1"}},
        {"columns": {"friend": 1}},
        GOOD | {"header": 0},
        GOOD | {"header": "1"},
        GOOD | {"header": 10**12},
        GOOD | {"date_order": "dym"},
        GOOD | {"decimal": ","},
        GOOD | {"unit": 7},
        GOOD | {"fixed": {"provider": "twice"}},
        GOOD | {"fixed": {"duration": "1:00"}},
        GOOD | {"fixed": {"activity": ""}},
        GOOD | {"fixed": {"activity": "x" * 501}},
        GOOD | {"fixed": {"activity": 7}},
        GOOD | {"fixed": {"activity": "a\x00"}},
    ],
    ids=repr,
)
def test_a_mapping_from_outside_is_not_believed(said):
    with pytest.raises(FileProblem) as refused:
        Mapping.from_dict(said)
    assert refused.value.reason.code == "mapping_invalid"


@pytest.mark.parametrize(
    ("said", "reason", "where"),
    [
        ({"columns": {"provider": 4}}, "mapping_invalid", "provider"),
        (GOOD | {"header": 2}, "mapping_invalid", "header"),
        ({"columns": {"receiver": 1, "service_on": 2, "duration": 3}}, "column_missing", "provider"),
        ({"columns": {"provider": 1, "service_on": 2, "duration": 3}}, "column_missing", "receiver"),
        ({"columns": {"provider": 1, "receiver": 2, "duration": 3}}, "column_missing", "service_on"),
        ({"columns": {"provider": 1, "receiver": 2, "service_on": 3}}, "column_missing", "duration"),
        (
            {"columns": {"provider": 1, "receiver": 2, "service_on": 3, "to_time": 0}},
            "column_missing",
            "duration",
        ),
        (
            {
                "columns": {"provider": 1, "receiver": 2, "from_time": 3, "to_time": 0, "minutes": 4},
                "fixed": {"service_on": "1 May 2025"},
            },
            "mapping_invalid",
            "minutes",
        ),
        (
            {
                "columns": {"receiver": 2, "from_time": 3, "to_time": 0, "minutes": 1},
                "fixed": {"service_on": "1 May 2025", "provider": "Ann"},
            },
            "column_missing",
            "duration",
        ),
    ],
)
def test_a_mapping_must_fit_its_list(said, reason, where):
    table = table_of(b"a,b,c,d\n")
    with pytest.raises(FileProblem) as refused:
        check_mapping(table, Mapping.from_dict(said))
    assert (refused.value.reason.code, refused.value.where) == (reason, where)


CELLS = [
    "",
    "Ann",
    "Ben Jones",
    "3",
    "1,5",
    "1.5",
    "1:30",
    "03/04/2025",
    "2025-04-03",
    "9.30",
    "Date",
    "Hours",
    "Minutes",
    "Volunteer",
    "To",
]


@given(some.lists(some.lists(some.sampled_from(CELLS), min_size=1, max_size=6), min_size=1, max_size=8))
def test_any_list_has_a_guess_that_fits_it_or_asks(rows):
    content = csv_bytes(rows, ";")
    try:
        [table] = read_tables("list", content)
    except FileProblem as exc:
        assert exc.reason.code == "no_rows"
        return
    found = guess(table)
    assert all(column < table.width for column in found.mapping.columns.values())
    try:
        check_mapping(table, found.mapping)
    except FileProblem as exc:
        # What is missing was asked for.
        assert found.sure[exc.where] is Sureness.ASK
        return
    lines, problems = read_lines(table, found.mapping)
    below = [row.number for row in table.rows if row.number > (found.mapping.header or 0)]
    assert sorted({*(each.row for each in lines), *(each.row for each in problems)}) == below
