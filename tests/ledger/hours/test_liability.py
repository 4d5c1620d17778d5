"""The liability view over rows: bands, years, coverage and what a run on it takes."""

from datetime import date
from uuid import UUID

import pytest

from ledger.hours.liability import AgeBand, Holding, age_band, liability

ON = date(2026, 6, 1)
HOUR = 3600


def view(*holdings, share=10, guarantee=0, given=0):
    """Each holding is (balance in hours, birth year, {year: hours})."""
    rows = [
        Holding(
            UUID(int=number),
            balance * HOUR,
            born,
            tuple((year, hours * HOUR) for year, hours in earned.items()),
        )
        for number, (balance, born, earned) in enumerate(holdings)
    ]
    return liability(rows, on=ON, share=share, guarantee_seconds=guarantee * HOUR, given_seconds=given * HOUR)


def ages(found):
    return [(tuple(group.of), group.accounts, group.outstanding_seconds // HOUR) for group in found.ages]


def years(found):
    return [(group.of, group.accounts, group.outstanding_seconds // HOUR) for group in found.years]


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, AgeBand.UNKNOWN),
        (1967, AgeBand.UNDER_60),
        (1966, AgeBand.FROM_60),
        (1957, AgeBand.FROM_60),
        (1956, AgeBand.FROM_70),
        (1947, AgeBand.FROM_70),
        (1946, AgeBand.FROM_80),
        (1880, AgeBand.FROM_80),
    ],
)
def test_a_band_is_by_the_age_somebody_turns_this_year(born, band):
    assert age_band(born, ON) is band


def test_nothing_is_owed_by_a_new_community():
    found = view()
    assert (found.accounts, found.outstanding_seconds, found.coverage_per_mille) == (0, 0, None)
    assert (found.ages, found.years) == ((), ())
    [everybody] = found.stress
    assert (everybody.needed_seconds, everybody.monthly_seconds, everybody.months_at_pace) == (0, 0, None)


def test_what_is_below_zero_stands_apart():
    found = view((5, 1940, {2026: 5}), (-3, 1940, {}), (-1, None, {}))
    assert (found.accounts, found.outstanding_seconds) == (1, 5 * HOUR)
    assert (found.owing_accounts, found.owed_seconds) == (2, 4 * HOUR)


def test_bands_stand_by_themselves_from_three_accounts_on():
    found = view(*[(2, 1970, {2025: 2})] * 3, *[(4, 1940, {2026: 4})] * 4)
    assert ages(found) == [((AgeBand.UNDER_60,), 3, 6), ((AgeBand.FROM_80,), 4, 16)]
    assert years(found) == [((2025,), 3, 6), ((2026,), 4, 16)]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((1, 0, 0, 0, 0), [("under_60", 1)]),
        ((2, 1, 0, 0, 0), [("under_60 60_to_69", 3)]),
        ((2, 0, 1, 3, 0), [("under_60 70_to_79", 3), ("80_and_over", 3)]),
        ((3, 1, 0, 0, 0), [("under_60 60_to_69", 4)]),
        ((3, 0, 3, 1, 1), [("under_60", 3), ("70_to_79 80_and_over unknown", 5)]),
        ((1, 5, 0, 0, 2), [("under_60 60_to_69 unknown", 8)]),
        ((3, 3, 3, 3, 3), [("under_60", 3), ("60_to_69", 3), ("70_to_79", 3), ("80_and_over", 3), ("unknown", 3)]),
    ],
)  # fmt: skip
def test_no_group_is_shown_in_which_few_accounts_stand(counts, shown):
    born = (1980, 1960, 1950, 1940, None)
    found = view(
        *[(1, year, {2026: 1}) for year, count in zip(born, counts, strict=True) for _ in range(count)]
    )
    assert [(" ".join(group.of), group.accounts) for group in found.ages] == shown
    assert sum(group.outstanding_seconds for group in found.ages) == found.outstanding_seconds


def test_an_account_counts_once_in_a_group_of_years():
    found = view((3, None, {2023: 1, 2024: 1, 2025: 1}), (1, None, {2024: 1}))
    assert years(found) == [((2023, 2024, 2025), 2, 4)]


def test_a_run_is_measured_against_the_guarantee_and_the_pace_of_the_past_year():
    found = view(
        *[(100, 1940, {2026: 100})] * 3, *[(50, 1960, {2026: 50})] * 4, share=20, guarantee=75, given=240
    )
    assert found.coverage_per_mille == 150
    everybody, sixties, eighties = found.stress
    assert (everybody.needed_seconds, everybody.covered_seconds) == (100 * HOUR, 75 * HOUR)
    assert (everybody.monthly_seconds, everybody.months_at_pace) == (30_000, 5)
    assert (sixties.needed_seconds, sixties.covered_seconds, sixties.months_at_pace) == (
        40 * HOUR,
        40 * HOUR,
        2,
    )
    assert (eighties.group.of, eighties.needed_seconds) == ((AgeBand.FROM_80,), 60 * HOUR)


def test_what_is_needed_is_rounded_up_and_what_covers_it_down():
    found = liability([Holding(UUID(int=1), 7, None)], on=ON, share=1, guarantee_seconds=2, given_seconds=5)
    assert found.coverage_per_mille == 285
    [everybody, _] = found.stress
    assert (everybody.needed_seconds, everybody.monthly_seconds, everybody.months_at_pace) == (1, 1, 3)


@pytest.mark.parametrize("share", [0, 101, -1])
def test_a_share_is_one_to_a_hundred_per_cent(share):
    with pytest.raises(ValueError, match="1 to 100"):
        view(share=share)
