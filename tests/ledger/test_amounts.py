"""Rounding, and the forms in which people read time."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.amounts import credited_seconds, format_hours, parse_hours

SECONDS = st.integers(-600_000_000, 600_000_000)
RATES = st.fractions(Fraction(1, 100), Fraction(10), max_denominator=100)


@given(SECONDS, RATES)
def test_the_credit_is_the_nearest_second_with_halves_up(seconds, rate):
    credited = credited_seconds(seconds, rate)
    assert Fraction(-1, 2) < credited - seconds * rate <= Fraction(1, 2)


@given(SECONDS)
def test_at_the_rate_of_one_every_second_is_credited(seconds):
    assert credited_seconds(seconds, Fraction(1)) == seconds


@given(st.integers(0, 10_000), st.integers(1, 1000))
def test_on_a_quarter_hour_grid_a_rate_of_two_decimals_loses_nothing(quarters, hundredths):
    assert credited_seconds(quarters * 900, Fraction(hundredths, 100)) == quarters * 9 * hundredths


@pytest.mark.parametrize(
    ("seconds", "rate", "expected"),
    [(1, "1/2", 1), (3, "1/2", 2), (-1, "1/2", 0), (-3, "1/2", -1), (1, "1/3", 0), (2, "1/3", 1)],
)
def test_half_a_second_rounds_up(seconds, rate, expected):
    assert credited_seconds(seconds, Fraction(rate)) == expected


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1, 2)])
def test_a_rate_that_is_not_positive_is_an_error(rate):
    with pytest.raises(ValueError, match="positive"):
        credited_seconds(60, rate)


@given(st.integers(-(10**10), 10**10))
def test_hours_are_read_back_as_they_were_written(seconds):
    assert parse_hours(format_hours(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (5400, "1:30"), (-3900, "-1:05"), (30, "0:00:30"), (450_000, "125:00")],
)
def test_hours_look_as_people_write_them(seconds, text):
    assert format_hours(seconds) == text


@pytest.mark.parametrize(
    "text", ["", "1", "1:5", "1:60", "1.30", "1:30:60", " 1:30", "1:30\n", "١:٣٠", "--1:30"]
)
def test_anything_else_is_not_a_time(text):
    with pytest.raises(ValueError, match="not hours and minutes"):
        parse_hours(text)
