"""Paper lines against records: scenario tables, and a naive matcher that tries everything."""

from datetime import date, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.desk.matching.matching import (
    MAX_PARTS,
    Grade,
    Missing,
    Reason,
    Record,
    Tolerance,
    Written,
    match,
)
from ledger.desk.matching.names import Candidate, NameReason

# A scenario: the lines on paper, the records, and what became of each. A name with ~ is unsure, one with ' is a part,
# ? is nobody, a/b may be either, and a+b are two. Days are of April, lengths in minutes.
SCENARIOS = {
    "one agrees, and each record is used once": """
        line 1  ana ben   3  60
        line 2  ana ben   3  60
        line 3  ana ben   3  60
        rec  a  ana ben   3  60
        rec  b  ana ben   3  60
        1=a  exact     agrees
        2=b  exact     agrees
        3    records_taken
    """,
    "what agrees is not given away to what came first": """
        line 1  ana ben   3  50
        line 2  ana ben   3  60
        rec  a  ana ben   3  60
        2=a  exact     agrees
        1    records_taken
    """,
    "a length or a day that is a little off": """
        line 1  ana ben   3  60
        line 2  cai ben   3  60
        line 3  dot ben   3  60
        line 4  eve ben   3  60
        rec  a  ana ben   3  75
        rec  b  cai ben   6  60
        rec  c  dot ben   3  76
        rec  d  eve ben   7  60
        1=a  probable  duration_off
        2=b  probable  day_off
        3    records_differ  c
        4    no_record
        left c d
    """,
    "who gave and who received changed places": """
        line 1  ana ben   3  60
        rec  a  ben ana   4  55
        1=a  probable  day_off people_swapped duration_off
    """,
    "the right way round is nearer than the day": """
        line 1  ana ben   3  60
        rec  a  ben ana   3  60
        rec  b  ana ben   5  60
        1=b  probable  day_off
        left a
    """,
    "a name nobody is sure of is never exact": """
        line 1  ~ana ben  3  60
        line 2  ana ben   3  60
        rec  a  ana ben   3  60
        rec  b  ana ben   3  60
        2=a  exact     agrees
        1=b  probable  name_unsure
    """,
    "a part of a name is never exact, whoever alone has it": """
        line 1  ana' ben  3  60
        line 2  cai' ben  3  60
        line 3  ana' ~ben 4  60
        line 4  dot' ben  3  60
        rec  a  ana ben   3  60
        rec  b  cai ben   3  50
        rec  c  ana ben   4  60
        1=a  probable  name_part
        2=b  probable  duration_off name_part
        3=c  probable  name_unsure name_part
        4    no_record name_part
    """,
    "two people on one line": """
        line 1  ana+cai ben  3 120
        line 2  ben ana+cai  3 120
        line 3  ana+cai ~ben 3 120
        rec  a  ana ben   3 120
        rec  b  cai ben   3 120
        1    provider_several  a b
        2    receiver_several  a b
        3    provider_several name_unsure  a b
        left a b
    """,
    "one line for several visits of a day": """
        line 1  ana ben   3 180
        rec  a  ana ben   3  60
        rec  b  ana ben   3  45
        rec  c  ana ben   3 120
        1=a,c  exact   one_line_several_records
        left b
    """,
    "several lines for one visit": """
        line 1  ana ben   3  60
        line 2  ana ben   3 120
        rec  a  ana ben   3 180
        1,2=a  exact   several_lines_one_record
    """,
    "a sum that is a little off": """
        line 1  ana ben   3 180
        rec  a  ana ben   3  60
        rec  b  ana ben   3 110
        1=a,b  probable  one_line_several_records duration_off
    """,
    "a sum with a name nobody is sure of": """
        line 1  ana ~ben  3 180
        rec  a  ana ben   3  60
        rec  b  ana ben   3 120
        1=a,b  probable  one_line_several_records name_unsure
    """,
    "no sum over two days, nor of two couples": """
        line 1  ana ben   3 180
        line 2  cai ben   3 180
        rec  a  ana ben   3  60
        rec  b  ana ben   4 120
        rec  c  cai ben   3  60
        rec  d  dot ben   3 120
        1    records_differ  a b
        2    records_differ  c
        left a b c d
    """,
    "five parts are too many": """
        line 1  ana ben   3 100
        rec  a  ana ben   3  20
        rec  b  ana ben   3  20
        rec  c  ana ben   3  20
        rec  d  ana ben   3  20
        rec  e  ana ben   3  20
        1    records_differ  a b c d e
        left a b c d e
    """,
    "people nobody knows, and people who may be two": """
        line 1  ? ben     3  60
        line 2  ana ?     3  60
        line 3  ana/cai ben  3  60
        line 4  ben ana/cai  3  60
        line 5  ana ana   3  60
        rec  a  ana ben   3  60
        rec  b  cai ben   3  60
        1    provider_unknown
        2    receiver_unknown
        3    provider_ambiguous  a b
        4    receiver_ambiguous  a b
        5    same_person
        left a b
    """,
    "nothing on paper": """
        rec  a  ana ben   3  60
        left a
    """,
    "nothing in the ledger": """
        line 1  ana ben   3  60
        1    no_record
    """,
}
PEOPLE = {name: UUID(int=number) for number, name in enumerate("ana ben cai dot eve".split(), 1)}


def candidates(said):
    if said == "?":
        return ()
    reason, rung = NameReason.SAME, 0
    if said.startswith("~"):
        reason, rung = NameReason.MISSPELT, 6
    elif said.endswith("'"):
        reason, rung = NameReason.PART, 5
    elif "+" in said:
        reason = NameReason.SEVERAL
    names = said.strip("~'").replace("+", "/").split("/")
    return tuple(Candidate(PEOPLE[name], (reason,), rung) for name in names)


def ids(letters):
    return [UUID(int=ord(letter)) for letter in letters]


def scenario(text):
    written, records, expected = [], [], []
    for line in text.strip().splitlines():
        match line.split():
            case ["line", row, provider, receiver, day, minutes]:
                written.append(
                    Written(
                        int(row),
                        candidates(provider),
                        candidates(receiver),
                        date(2025, 4, int(day)),
                        int(minutes) * 60,
                    )
                )
            case ["rec", letter, provider, receiver, day, minutes]:
                [id_] = ids(letter)
                records.append(
                    Record(
                        id_, PEOPLE[provider], PEOPLE[receiver], date(2025, 4, int(day)), int(minutes) * 60
                    )
                )
            case words:
                expected.append(" ".join(words))
    return written, records, expected


def told(matched):
    letter = {UUID(int=ord(each)): each for each in "abcdefgh"}
    matches = [
        f"{','.join(map(str, each.rows))}={','.join(letter[id_] for id_ in each.records)} "
        f"{each.grade} {' '.join(each.reasons)}"
        for each in matched.matches
    ]
    lines = [
        " ".join([str(each.row), each.missing, *each.doubts, *(letter[id_] for id_ in each.near)])
        for each in matched.lines
    ]
    left = [" ".join(["left", *(letter[id_] for id_ in matched.records)])] if matched.records else []
    return sorted([*matches, *lines, *left])


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_line_and_each_record_has_its_outcome(name):
    written, records, expected = scenario(SCENARIOS[name])
    assert told(match(written, records, Tolerance())) == sorted(expected)
    # Lines may come in any order; their numbers say which is first.
    assert told(match(written[::-1], records, Tolerance())) == sorted(expected)


def test_the_tolerance_is_what_was_asked_for():
    written, records, _ = scenario("line 1 ana ben 3 60\nrec a ana ben 4 61")
    assert told(match(written, records, Tolerance(0, 0))) == ["1 no_record", "left a"]
    assert told(match(written, records, Tolerance(0, 1))) == ["1 records_differ a", "left a"]
    assert told(match(written, records, Tolerance(60, 1))) == ["1=a probable day_off duration_off"]


def test_days_at_the_end_of_the_calendar_are_days():
    edge = Written(1, candidates("ana"), candidates("ben"), date.max, 60)
    assert match([edge], [], Tolerance()).lines[0].missing is Missing.NO_RECORD


# --- against a naive matcher -------------------------------------------------------------------------------------

DAY = date(2025, 4, 3)
people = some.sampled_from(list(PEOPLE.values())[:3])
lengths = some.sampled_from([1800, 2400, 3600, 5400, 7200])
days = some.integers(0, 5).map(lambda off: DAY + timedelta(days=off))


@some.composite
def tables(draw):
    """Few people, days and lengths, so that much of it nearly fits."""
    written = []
    for row in range(1, draw(some.integers(0, 6)) + 1):
        provider, receiver = draw(people), draw(people)
        rung = draw(some.sampled_from([0, 0, 0, 6]))
        written.append(
            Written(
                row,
                (Candidate(provider, (NameReason.SAME,), rung),),
                (Candidate(receiver, (NameReason.SAME,), 0),),
                draw(days),
                draw(lengths),
            )
        )
    records = []
    for at in range(draw(some.integers(0, 6))):
        provider, receiver = draw(some.permutations(list(PEOPLE.values())[:3]))[:2]
        records.append(Record(UUID(int=1000 + at), provider, receiver, draw(days), draw(lengths)))
    return written, records


def naive(written, records, tolerance):
    """The same four passes, each trying everything that is left with everything that is left."""
    lines = {each.row: each for each in written if each.providers[0].member_id != each.receivers[0].member_id}
    rows, left, matches = list(lines), list(records), []

    def people_of(line):
        return line.providers[0].member_id, line.receivers[0].member_id

    def unsure(line):
        return line.providers[0].rung > 2

    def fits(line, record):
        return (
            people_of(line) == (record.provider_id, record.receiver_id)
            and line.service_on == record.service_on
        )

    def take(some_rows, some_records):
        matches.append((tuple(some_rows), tuple(each.id for each in some_records)))
        for row in some_rows:
            rows.remove(row)
        for record in some_records:
            left.remove(record)

    def first_pass():
        for row in list(rows):
            for record in list(left):
                if (
                    fits(lines[row], record)
                    and lines[row].seconds == record.seconds
                    and not unsure(lines[row])
                ):
                    take([row], [record])
                    break

    def sums(within, only_sure):
        # Couples and days don't touch each other, so it is enough to go through them one by one.
        keys = dict.fromkeys((people_of(lines[row]), lines[row].service_on) for row in rows)
        for key in keys:
            of_key = [
                row
                for row in rows
                if (people_of(lines[row]), lines[row].service_on) == key
                and not (only_sure and unsure(lines[row]))
            ]
            for row in of_key:
                there = [each for each in left if fits(lines[row], each)]
                if best := nearest(lines[row].seconds, there, within):
                    take([row], best)
            for record in [
                each for each in left if ((each.provider_id, each.receiver_id), each.service_on) == key
            ]:
                there = [lines[row] for row in of_key if row in rows]
                if best := nearest(record.seconds, there, within):
                    take([each.row for each in best], [record])

    def nearest(seconds, of, within):
        sets = [
            (abs(sum(each.seconds for each in parts) - seconds), count, at, parts)
            for count in range(2, MAX_PARTS + 1)
            for at, parts in enumerate(combinations(of, count))
        ]
        best = min(sets, key=lambda each: each[:3], default=None)
        return best[3] if best and best[0] <= within else None

    def near():
        while True:
            pairs = []
            for row in rows:
                for at, record in enumerate(records):
                    line = lines[row]
                    same = people_of(line) == (record.provider_id, record.receiver_id)
                    swapped = people_of(line) == (record.receiver_id, record.provider_id)
                    off = abs((line.service_on - record.service_on).days)
                    seconds = abs(line.seconds - record.seconds)
                    if (
                        record in left
                        and (same or swapped)
                        and off <= tolerance.days
                        and seconds <= tolerance.seconds
                    ):
                        pairs.append((unsure(line) + swapped, off, seconds, row, at))
            if not pairs:
                return
            *_, row, at = min(pairs)
            take([row], [records[at]])

    first_pass()
    sums(0, only_sure=True)
    near()
    sums(tolerance.seconds, only_sure=False)
    return (
        sorted(matches),
        [each.row for each in written if each.row in rows or each.row not in lines],
        [each.id for each in left],
    )


@settings(max_examples=300, deadline=None)
@given(tables(), some.sampled_from([Tolerance(0, 0), Tolerance(900, 3), Tolerance(1800, 1)]))
def test_it_finds_what_trying_everything_finds(table, tolerance):
    written, records = table
    found = match(written, records, tolerance)
    ours = sorted((each.rows, each.records) for each in found.matches)
    assert (ours, [each.row for each in found.lines], list(found.records)) == naive(
        written, records, tolerance
    )


@settings(deadline=None)
@given(tables())
def test_nothing_is_lost_or_used_twice_and_every_grade_is_true(table):
    written, records = table
    found = match(written, records, Tolerance())
    rows = [row for each in found.matches for row in each.rows] + [each.row for each in found.lines]
    used = [id_ for each in found.matches for id_ in each.records] + list(found.records)
    assert sorted(rows) == [each.row for each in written]
    assert sorted(used) == [each.id for each in records]
    by_row, by_id = {each.row: each for each in written}, {each.id: each for each in records}
    for each in found.matches:
        lines, theirs = [by_row[row] for row in each.rows], [by_id[id_] for id_ in each.records]
        assert 1 in (len(lines), len(theirs))
        equal = sum(line.seconds for line in lines) == sum(record.seconds for record in theirs)
        days_agree = {line.service_on for line in lines} == {record.service_on for record in theirs}
        people_agree = {line.providers[0].member_id for line in lines} == {
            record.provider_id for record in theirs
        }
        sure = all(line.providers[0].sure for line in lines)
        assert (each.grade is Grade.EXACT) == (equal and days_agree and people_agree and sure)
        assert (Reason.DURATION_OFF in each.reasons) == (not equal)
        assert (Reason.NAME_UNSURE in each.reasons) == (not sure)
        assert (Reason.DAY_OFF in each.reasons) == (not days_agree)
        assert (Reason.PEOPLE_SWAPPED in each.reasons) == (not people_agree)
