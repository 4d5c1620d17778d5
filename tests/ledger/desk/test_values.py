"""What stands in a cell: each way people write a day, a length and a time, and what is asked instead of guessed."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.book.amounts import format_hours
from ledger.desk.tables.dates import DateOrder, read_date
from ledger.desk.tables.problems import ValueProblem
from ledger.desk.tables.values import DecimalSign, Unit, read_balance, read_duration, read_time

# text | declared order, or - | day, or the reason why not
DATES = """
2025-04-03                        -    2025-04-03
2025/4/3                          dmy  2025-04-03   # a year of four figures in front leaves no question
２０２５／４／３                  -    2025-04-03
20250403                          -    2025-04-03
2025-04-03 10:30:00               -    2025-04-03
2025-04-03T10:30:00Z              -    2025-04-03
2025-04-03 10:30:00 UTC           -    2025-04-03
03/04/2025                        -    date_ambiguous
03/04/2025                        dmy  2025-04-03
03/04/2025                        mdy  2025-03-04
03/04/2025                        ymd  date_ambiguous   # it can't be meant: the year comes last
03/04/2025 14:30                  dmy  2025-04-03
25/12/2025                        -    2025-12-25
25/12/2025                        mdy  date_invalid
12/25/2025                        dmy  date_invalid
03/03/2025                        -    2025-03-03
3.4.25                            -    date_ambiguous
3.4.25                            dmy  2025-04-03
3-4-25                            mdy  2025-03-04
25/04/03                          ymd  2025-04-03
25/04/03                          dmy  2003-04-25
31/04/2025                        dmy  date_invalid
29/02/2025                        dmy  date_invalid
29/02/2024                        dmy  2024-02-29
2025-13-01                        -    date_invalid
03/04                             dmy  date_invalid
45750                             dmy  date_invalid
99/99/99                          -    date_invalid
0/0/2025                          dmy  date_invalid
1.1.0025                          dmy  date_invalid
yesterday                         -    date_invalid
2025年4月3日                      -    2025-04-03
2025年4月3日(木)                  -    2025-04-03
2025年4月3日 木曜日               -    2025-04-03
令和7年4月3日                     -    2025-04-03
令和７年４月３日                  -    2025-04-03
R7.4.3                            -    2025-04-03
㋿7年4月3日                       -    2025-04-03
令和元年5月1日                    -    2019-05-01
令和1年4月30日                    -    date_invalid   # the era began a day later
平成31年4月30日                   -    2019-04-30
昭和64年1月7日                    -    1989-01-07
7年4月3日                         -    date_invalid
3 April 2025                      -    2025-04-03
April 3rd, 2025                   -    2025-04-03
Thursday 3rd of April 2025        -    2025-04-03
3-Apr-25                          -    2025-04-03
3 Sept 2025                       -    2025-09-03
3 Ebrill 2025                     -    2025-04-03
3ydd o Ebrill 2025                -    2025-04-03
Dydd Mawrth, 4 Mawrth 2025        -    2025-03-04
giovedì 3 aprile 2025             -    2025-04-03
mar 4 mar 2025                    -    2025-03-04
1º ottobre 2025                   -    2025-10-01
jueves, 3 de abril de 2025        -    2025-04-03
3 d'abril de 2025                 -    2025-04-03
3 d’abril del 2025                -    2025-04-03
3 de març de 2025                 -    2025-03-03
31 April 2025                     -    date_invalid
April 2025                        -    date_invalid
3 April May 2025                  -    date_invalid
3 Brumaire 2025                   -    date_invalid
"""

# text | what a bare number counts, or - | the decimal sign, or - | seconds, or the reason why not
DURATIONS = """
1:30                  -        -        5400
1:30:15               -        -        5415
0:05                  -        -        300
24:00                 -        -        86400
24:00:01              -        -        duration_too_long
1:75                  -        -        duration_invalid
1h30                  -        -        5400
1 h 30 min            -        -        5400
1h 30m 20s            -        -        5420
2h                    -        -        7200
2 hrs. 15 mins.       -        -        8100
90 min                -        -        5400
90'                   -        -        5400
1h75                  -        -        duration_invalid
30 min 1 h            -        -        duration_invalid
1 h 1 h               -        -        duration_invalid
h                     -        -        duration_invalid
1½ hours              -        -        5400
half an hour          -        -        1800
¾ h                   -        -        2700
1 ora e 30            -        -        5400
1 ora e 30 minuti     -        -        5400
1 ora e mezza         -        -        5400
mezz'ora              -        -        1800
2 ore                 -        -        7200
1 hora y media        -        -        5400
1 hora i mitja        -        -        5400
1 awr 30 munud        -        -        5400
1時間30分             -        -        5400
１時間３０分          -        -        5400
1時間半               -        -        5400
30分                  -        -        1800
1,5 ore               -        -        5400
1.5h                  -        comma    duration_ambiguous
90                    -        -        duration_ambiguous
90                    minutes  -        5400
90                    hours    -        duration_too_long
5400                  seconds  -        5400
250 h                 -        -        duration_too_long
250                   hours    -        duration_too_long
1.5                   -        -        duration_ambiguous
1,5                   hours    -        5400
1.5                   hours    -        5400
1,5                   hours    comma    5400
1.5                   hours    comma    duration_ambiguous
1,5                   hours    point    duration_ambiguous
1.75                  hours    -        6300
1.30                  hours    -        duration_ambiguous   # an hour and eighteen minutes, or half past
1.30                  hours    point    4680
1.30                  hours    minutes  5400
1,05                  hours    minutes  3900
1.75                  hours    minutes  duration_invalid
1.5                   hours    minutes  duration_invalid
1.500                 minutes  -        duration_ambiguous   # fifteen hundred, or one and a half
1.200                 minutes  comma    72000
1.200                 minutes  point    72
1.234,5               seconds  -        duration_not_whole
1.234,0               seconds  -        1234
1,234,567             seconds  point    duration_too_long
1.2.3                 hours    -        duration_invalid
0.33                  hours    point    1188
0.3333                hours    point    duration_not_whole
0.333333              hours    point    1200   # a third of an hour, as a workbook holds it
0.3333333333333333    hours    point    1200
½                     hours    -        1800
0                     -        -        duration_zero
0:00                  -        -        duration_zero
-1:30                 -        -        duration_invalid
1:30 or so            -        -        duration_invalid
=1+1                  hours    -        duration_invalid
1e3                   seconds  -        duration_invalid
٣                     hours    -        duration_invalid
999999999999999999999999999999  minutes  -  duration_too_long
"""

TIMES = """
9:30            09:30
9.30            09:30
09h30           09:30
14h             14:00
0930            09:30
9               09:00
9:30:00         09:30
1:15 pm         13:15
9.30 a.m.       09:30
12am            00:00
12 pm           12:00
13 pm           time_invalid
午前9時         09:00
午後1時15分     13:15
9時半           09:30
24:00           time_invalid
25              time_invalid
9:60            time_invalid
noon            time_invalid
"""


def attempts(table, width):
    """The lines of a table, each as its columns; two spaces or more between them, a remark behind #."""
    lines = [line.partition(" # ")[0].split("  ") for line in table.strip().splitlines()]
    cells = [tuple(each.strip() for each in line if each.strip()) for line in lines]
    assert {len(each) for each in cells} == {width}
    return cells


def outcome(read):
    try:
        return str(read())
    except ValueProblem as exc:
        return exc.reason.code


def maybe(choices, said):
    return None if said == "-" else choices(said)


@pytest.mark.parametrize(("text", "order", "expected"), attempts(DATES, 3))
def test_a_day_is_read_or_asked_about(text, order, expected):
    assert outcome(lambda: read_date(text, maybe(DateOrder, order))) == expected


@pytest.mark.parametrize(("text", "unit", "decimal", "expected"), attempts(DURATIONS, 4))
def test_a_length_is_read_or_asked_about(text, unit, decimal, expected):
    read = lambda: read_duration(text, maybe(Unit, unit), maybe(DecimalSign, decimal))  # noqa: E731
    assert outcome(read) == expected


@pytest.mark.parametrize(("text", "expected"), attempts(TIMES, 2))
def test_a_time_of_day_is_read(text, expected):
    assert outcome(lambda: f"{read_time(text):%H:%M}") == expected


@pytest.mark.parametrize("read", [read_date, read_duration, read_time, read_balance])
def test_nothing_is_told_apart_from_nonsense(read):
    assert {outcome(lambda text=text: read(text)) for text in ("", "  ", "\u3000", "\xa0")} == {"empty"}


def test_a_balance_may_be_negative_or_nothing_and_is_bounded():
    assert read_balance("-12:30") == -45_000
    assert read_balance("0") == 0
    assert read_balance("−1.234,5", Unit.HOURS, DecimalSign.COMMA) == -4_444_200
    assert outcome(lambda: read_balance("9" * 20, Unit.HOURS)) == "balance_too_large"


@given(some.integers(1, 86_400))
def test_every_length_that_is_shown_is_read_back(seconds):
    assert read_duration(format_hours(seconds)) == seconds
    assert read_duration(str(seconds), Unit.SECONDS) == seconds


@given(some.integers(1, 1440 * 4))
def test_decimals_of_an_hour_are_exact(quarters_of_a_minute):
    """Written out with all its decimals, and cut at six as a workbook shows them, a length is the same."""
    seconds = quarters_of_a_minute * 15
    exact = f"{seconds // 3600}.{(seconds % 3600) * 10**9 // 3600:09}"
    assert read_duration(exact, Unit.HOURS, DecimalSign.POINT) == seconds
    assert read_duration(repr(seconds / 3600), Unit.HOURS, DecimalSign.POINT) == seconds


@given(some.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_in_every_order_it_is_written_in(day):
    for order, written in [
        (None, f"{day}"),
        (DateOrder.DMY, f"{day.day}/{day.month}/{day.year}"),
        (DateOrder.MDY, f"{day.month:02}.{day.day:02}.{day.year}"),
        (DateOrder.YMD, f"{day.year}/{day.month}/{day.day}"),
        (None, f"{day.year}年{day.month}月{day.day}日"),
    ]:
        assert read_date(written, order) == day


@given(some.text(max_size=40))
def test_no_text_is_more_than_a_reason_or_a_value(text):
    for read in (read_date, read_time, lambda each: read_duration(each, Unit.HOURS)):
        try:
            value = read(text)
        except ValueProblem:
            continue
        assert isinstance(value, date | time | int)
