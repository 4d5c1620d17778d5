"""The ready policies: each is read without a mistake, and holds what its source says."""

import re
from importlib.resources import files

import pytest

from ledger.hours import presets
from ledger.hours.policy import DEFAULT, Above, Cap, Funder, Gifts, Limit, OnDeath, Period
from ledger.hours.policy_rules import canonical_policy, policy_from_canonical
from ledger.hours.policy_sentences import render_policy
from ledger.hours.policy_text import read_policy
from ledger.people.delegates import Relation

NAMES = ["equal-hours", "fureai-kippu", "kiss", "mutual-credit", "nalc", "st-gallen"]
FAMILY_ONLY = Gifts(frozenset({Relation.SPOUSE, Relation.PARENT, Relation.CHILD}), anybody=False, pots=False)


def preset(name):
    return read_policy(presets.text(name))


def test_the_presets_are_these():
    assert presets.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_short_names_its_source_and_can_be_read_stored_and_read_out(name):
    text = presets.text(name)
    assert len(text.splitlines()) < 50
    assert re.search(r"^# Source: .*\(.*\..*\)", text, re.MULTILINE)
    policy = read_policy(text)
    assert policy_from_canonical(canonical_policy(policy)) == policy
    assert policy.name in render_policy(policy)[0]


@pytest.mark.parametrize("name", ["", "nothing", "../policy", "equal-hours.toml", "KISS"])
def test_any_other_name_leads_nowhere(name):
    with pytest.raises(KeyError):
        presets.text(name)


def test_the_default_is_the_preset_of_equal_hours():
    assert preset("equal-hours") == DEFAULT


# preset, what is given, for how many hours it counts, and what it costs
HOURS = """
equal-hours    anything   1  1
mutual-credit  anything   1  1
nalc           body-care  1  1
kiss           cleaning   1  1
st-gallen      walks      1  1
fureai-kippu   body-care  2  2
fureai-kippu   shopping   1  1
fureai-kippu   gardening  1  1
"""


@pytest.mark.parametrize("line", HOURS.strip().splitlines())
def test_an_hour_is_worth_what_the_source_says(line):
    name, code, earns, costs = line.split()
    policy = preset(name)
    activity = policy.activity(code)
    assert policy.credited(activity, 3600) == int(earns) * 3600
    assert policy.redeemed(activity, 3600) == int(costs) * 3600


# preset, in a week, in all, the floor, the ceiling (in hours), who pays
BOUNDS = """
equal-hours    -  -    -10  -    receiver
fureai-kippu   -  -    -10  -    receiver
mutual-credit  -  -    -10  -    receiver
nalc           -  -    0    -    receiver,pot
kiss           6  720  0    -    receiver,pot
st-gallen      -  750  0    750  receiver,issuance
"""


@pytest.mark.parametrize("line", BOUNDS.strip().splitlines())
def test_the_bounds_and_the_payers_are_those_of_the_source(line):
    name, week, life, floor, ceiling, funders = line.split()
    policy = preset(name)
    caps = {Period.WEEKLY: week, Period.LIFETIME: life}
    assert policy.caps == {
        period: Cap(int(hours) * 3600, Above.HONOUR) for period, hours in caps.items() if hours != "-"
    }
    assert policy.floor == Limit(int(floor) * 3600, soft=False)
    assert policy.ceiling == (None if ceiling == "-" else Limit(int(ceiling) * 3600, soft=False))
    assert policy.funders == tuple(map(Funder, funders.split(",")))


def test_nalc_points_stay_in_the_closest_family_and_lapse_unless_the_branch_agrees():
    assert preset("nalc").gifts == FAMILY_ONLY
    assert preset("nalc").on_death is OnDeath.INHERIT_WITH_CONSENT


def test_fureai_kippu_credits_go_to_parents_and_relatives_and_to_nobody_else():
    gifts = preset("fureai-kippu").gifts
    assert Relation.PARENT in gifts.relations and Relation.FRIEND not in gifts.relations
    assert not gifts.anybody


def test_mutual_credit_may_be_given_to_anybody():
    assert preset("mutual-credit").gifts.anybody


def test_the_city_of_st_gallen_stands_behind_the_hours_with_a_pot_of_its_own():
    assert preset("st-gallen").pot == "guarantee-pot"


def test_the_files_are_installed_with_the_package():
    folder = files("ledger.hours") / "presets"
    assert sorted(file.name for file in folder.iterdir()) == [f"{name}.toml" for name in NAMES]
