"""The line of a policy's file that a mistake is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.desk.policy_mistakes import line_of, placed
from ledger.hours import presets
from ledger.hours.policy_text import PolicyProblem, read_policy

FILE = """
# grid = "0:15"
name = "Ely"   # a note
grid = "0:7x"
[caps.weekly]  # another
hours = "ten"

[activities.body-care]
title = "Body care"
[activities."reading"]
rate = "x"
gifts.relations = ["boss"]
""".split("\n")


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("name", 3),
        ("grid", 4),
        ("caps.weekly", 5),
        ("caps.weekly.hours", 6),
        ("caps.weekly.above", 5),
        ("activities.body-care.rate", 8),
        ("activities.reading.rate", 11),
        ("activities.reading.gifts.relations", 12),
        ("floor", None),
        ("the file", None),
    ],
)
def test_a_key_is_found_where_it_stands_or_else_its_table(where, line):
    assert line_of(where, FILE) == line


@given(st.text(max_size=200), st.text(max_size=40))
def test_no_file_is_too_odd_to_be_shown(source, where):
    shown = placed({"where": where, "what": "w", "remedy": "r"}, source)
    assert (shown.line is None) == (shown.text == "")
    if shown.line is not None:
        assert source.split("\n")[shown.line - 1].strip() == shown.text


@pytest.mark.parametrize("name", presets.names())
def test_what_is_wrong_in_a_file_of_ours_is_said_beside_its_line(name):
    lines = presets.text(name).split("\n")
    for number, line in enumerate(lines, 1):
        key, _, value = line.partition(" = ")
        if not value or value == "[" or line.startswith("#"):
            continue
        broken = [*lines[: number - 1], f"{key} = 1979-05-27", *lines[number:]]
        with pytest.raises(PolicyProblem) as found:
            read_policy("\n".join(broken))
        places = [
            placed({"where": each.where, "what": each.what, "remedy": each.remedy}, "\n".join(broken))
            for each in found.value.mistakes
        ]
        assert number in [each.line for each in places], (line, places)
