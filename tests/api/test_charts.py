"""The charts' geometry: bars that add up, round axes, labels that do not overlap, whatever the numbers."""

from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.desk.charts import (
    GAP,
    MAX_SERIES,
    PLOT_HEIGHT,
    SECONDS,
    Label,
    Series,
    grouped,
    round_steps,
    stacked,
    stepped,
)
from api.web.language import language

SECONDS_WORTH = st.integers(0, 600_000_000)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=24)
ENGLISH, JAPANESE = language("en"), language("ja")


def words(seconds):
    return ENGLISH.duration(seconds)


@st.composite
def tables(draw, values=SECONDS_WORTH):
    """Names of places, and series with a value for each of them."""
    places = draw(st.lists(NAMES, max_size=60))
    count = draw(st.integers(1, MAX_SERIES))
    row = st.lists(values, min_size=len(places), max_size=len(places))
    return places, [Series(f"series {number}", draw(row)) for number in range(count)]


def numbers_of(chart):
    yield from (chart.width, chart.height, chart.left, chart.right, chart.top, chart.bottom, chart.zero)
    for bar in chart.bars:
        yield from (bar.x, bar.y, bar.width, bar.height)
    for label in [
        *chart.labels,
        *(tick.label for tick in chart.ticks),
        *(rule.label for rule in chart.rules),
    ]:
        yield from (label.x, label.y)
    yield from (tick.y for tick in chart.ticks)


def check(chart):
    """What is true of every chart."""
    assert all(isfinite(number) for number in numbers_of(chart))
    assert "nan" not in chart.path and "inf" not in chart.path
    for bar in chart.bars:
        assert chart.left <= bar.x and bar.x + bar.width <= chart.right + 0.2
        assert chart.top - 0.2 <= bar.y and bar.y + bar.height <= chart.bottom + 0.2
    labels = sorted(chart.labels, key=lambda label: label.x)
    for label, following in pairwise(labels):
        assert label.right + GAP <= following.left + 0.5
    for label in labels:
        assert label.left >= -0.5 and label.right <= chart.width
    for tick in chart.ticks:
        assert tick.label.left >= -0.5 and tick.label.right < chart.left
    values = [tick.value for tick in chart.ticks]
    assert values == sorted(set(values)) and 0 in values and 2 <= len(values) <= 6
    heights = [tick.y for tick in chart.ticks]
    assert all(above - below >= 20 for above, below in pairwise(heights))


@given(tables())
def test_stacks_are_as_high_as_their_sums(table):
    places, series = table
    chart = stacked(places, series, words, SECONDS)
    check(chart)
    top = chart.ticks[-1].value
    for place in range(len(places)):
        total = sum(each.values[place] for each in series)
        slot = (chart.right - chart.left) / len(places)
        begin = chart.left + place * slot
        bars = [bar for bar in chart.bars if begin <= bar.x < begin + slot]
        assert sum(bar.value for bar in bars) == total
        # Each edge is rounded to a tenth.
        assert sum(bar.height for bar in bars) == pytest.approx(
            PLOT_HEIGHT * total / top, abs=0.2 * MAX_SERIES
        )
    for bar, upon in pairwise(chart.bars):
        if upon.x == bar.x:
            assert upon.y + upon.height == pytest.approx(bar.y, abs=0.11) and upon.series > bar.series


@given(tables(st.integers(-600_000_000, 600_000_000)))
def test_bars_side_by_side_begin_at_zero_and_go_their_way(table):
    places, series = table
    chart = grouped(places, series, words, SECONDS)
    check(chart)
    assert sorted(bar.value for bar in chart.bars) == sorted(
        value for each in series for value in each.values if value
    )
    for bar in chart.bars:
        foot = bar.y + bar.height if bar.value > 0 else bar.y
        assert foot == pytest.approx(chart.zero, abs=0.11)
    for bar, following in pairwise(chart.bars):
        assert bar.x + bar.width <= following.x + 0.2


MOMENTS = st.integers(1_700_000_000, 1_900_000_000)


@given(
    st.lists(st.tuples(MOMENTS, st.integers(-600_000_000, 600_000_000)), max_size=40),
    st.lists(st.tuples(MOMENTS, NAMES), max_size=20),
    st.lists(st.tuples(st.integers(-600_000_000, 600_000_000), NAMES), max_size=2),
)
def test_a_line_keeps_to_its_plot(points, marks, rules):
    chart = stepped(sorted(points), 1_900_000_000, words, sorted(marks), SECONDS, rules)
    check(chart)
    assert bool(chart.path) == bool(points)
    assert len(chart.rules) <= len(rules)
    assert chart.path.count("V") == max(len(points) - 1, 0)


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15), st.sampled_from([(1,), SECONDS]))
def test_axes_are_round_and_hold_what_they_are_for(one, other, units):
    low, high = sorted((one, other))
    steps = round_steps(low, high, units)
    [step] = {after - before for before, after in pairwise(steps)}
    assert steps[0] <= min(low, 0) and steps[-1] >= max(high, 0)
    assert all(value % step == 0 for value in steps)
    if step in units:
        return
    assert step % units[-1] == 0
    assert str(step // units[-1]).rstrip("0") in ("1", "2", "5")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 0, ["0", "15 min", "30 min", "45 min", "1 h"]),
        (0, 3600, ["0", "15 min", "30 min", "45 min", "1 h"]),
        (0, 90 * 3600, ["0", "20 h", "40 h", "60 h", "80 h", "100 h"]),
        (-3 * 3600, 4 * 3600, ["−4 h", "−2 h", "0", "2 h", "4 h"]),
        (0, 4_000 * 3600, ["0", "1,000 h", "2,000 h", "3,000 h", "4,000 h"]),
    ],
)
def test_an_axis_reads_well(low, high, said):
    chart = grouped(["a", "b"], [Series("", [low, high])], words, SECONDS)
    assert [tick.label.text for tick in chart.ticks] == said


def test_wide_letters_take_more_room():
    narrow, wide = (Label(0, 0, text, "middle") for text in ("week", "第九週間"))
    assert narrow.right < wide.right
    chart = grouped(["七十歳から七十九歳まで"] * 5, [Series("", [1] * 5)], JAPANESE.number)
    check(chart)
    assert len(chart.labels) == 5


def test_a_chart_of_nothing_is_still_one():
    check(stacked([], [Series("", [])], words, SECONDS))
    check(grouped([], [], words))
    check(stepped([], 1_800_000_000, words, []))
