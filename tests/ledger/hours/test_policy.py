"""Rates, grids and caps against second, naive models; files with every mistake; sentences and stored texts."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from gettext import NullTranslations
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.hours import policy_text
from ledger.hours.policy import (
    DEFAULT,
    Above,
    Activity,
    Cap,
    Funder,
    Gifts,
    Limit,
    OnDeath,
    Period,
    Policy,
    Rounding,
    Share,
    in_force,
    share,
)
from ledger.hours.policy_rules import canonical_policy, policy_from_canonical
from ledger.hours.policy_sentences import render_policy
from ledger.hours.policy_text import PolicyProblem, read_policy
from ledger.people.delegates import Relation

SECONDS = st.integers(0, 100_000)
RATES = st.fractions(Fraction(1, 100), Fraction(10), max_denominator=100)
SLUGS = st.from_regex("[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]), min_size=1, max_size=40)
DAYS = st.integers(1, 36_500)
SMALL_CAPS = st.dictionaries(
    st.sampled_from(Period), st.builds(Cap, st.integers(1, 20), st.sampled_from(Above))
)


@st.composite
def policies(draw):
    equal = draw(st.booleans())
    rates = st.just(Fraction(1)) if equal else RATES
    codes = draw(st.lists(SLUGS, unique=True, max_size=4))
    needs = st.lists(SLUGS, unique=True, max_size=3).map(tuple)
    return Policy(
        name=draw(TEXTS),
        timezone=draw(st.sampled_from(["UTC", "Europe/London", "Asia/Tokyo"])),
        services_only=draw(st.booleans()),
        silence_days=draw(st.none() | DAYS),
        dispute_days=draw(DAYS),
        log_within_days=draw(st.none() | DAYS),
        grid_seconds=draw(st.integers(1, 4 * 3600)),
        rounding=draw(st.sampled_from(Rounding)),
        equal_hours=equal,
        default_rate=draw(rates),
        default_tariff=draw(RATES),
        activities={
            code: Activity(code, draw(TEXTS), draw(rates), draw(RATES), draw(needs)) for code in codes
        },
        open_activities=not codes or draw(st.booleans()),
        caps=draw(
            st.dictionaries(
                st.sampled_from(Period), st.builds(Cap, st.integers(1, 10**9), st.sampled_from(Above))
            )
        ),
        floor=draw(st.none() | st.builds(Limit, st.integers(-(10**9), 0), st.booleans())),
        ceiling=draw(st.none() | st.builds(Limit, st.integers(0, 10**9), st.booleans())),
        funders=tuple(draw(st.lists(st.sampled_from(Funder), min_size=1, unique=True))),
        pot="pot-" + draw(st.from_regex("[a-z]{1,9}", fullmatch=True)),
        issuance="new-" + draw(st.from_regex("[a-z]{1,9}", fullmatch=True)),
        gifts=Gifts(draw(st.frozensets(st.sampled_from(Relation))), draw(st.booleans()), draw(st.booleans())),
        on_death=draw(st.sampled_from(OnDeath)),
        inactive_lapse_days=draw(st.none() | DAYS),
        request_days=draw(st.integers(0, 36_500)),
    )


# ---- the grid and the rates

# rounding, recorded, on a grid of a quarter of an hour
ROUNDED = """
up       0     0
up       1     900
up       900   900
up       3120  3600   # the 52 minutes of NorCal are an hour
up       4200  4500   # and its 70 minutes an hour and a quarter
nearest  0     0
nearest  1     900    # somebody came
nearest  449   900
nearest  450   900    # half up
nearest  1349  900
nearest  1350  1800
down     899   0
down     900   900
down     1799  900
exact    1     1
exact    1799  1799
"""


@pytest.mark.parametrize("line", ROUNDED.strip().splitlines())
def test_recorded_time_meets_the_grid(line):
    rounding, recorded, expected = line.partition("#")[0].split()
    assert replace(DEFAULT, rounding=Rounding(rounding)).rounded(int(recorded)) == int(expected)


@given(SECONDS, st.integers(1, 14_400), st.sampled_from(Rounding))
def test_rounding_takes_the_step_that_the_rounding_says(recorded, grid, rounding):
    rounded = replace(DEFAULT, grid_seconds=grid, rounding=rounding).rounded(recorded)
    below = max(step for step in range(0, recorded + 1, grid))
    above = below if below == recorded else below + grid
    match rounding:
        case Rounding.EXACT:
            assert rounded == recorded
        case Rounding.UP:
            assert rounded == above
        case Rounding.DOWN:
            assert rounded == below
        case Rounding.NEAREST:
            near = above if above - recorded <= recorded - below else below
            assert rounded == (grid if near == 0 < recorded else near)


@given(SECONDS, SECONDS, policies())
def test_more_time_is_never_rounded_or_credited_to_less(one, other, policy):
    activity = policy.activity("visiting") or next(iter(policy.activities.values()))
    less, more = sorted((one, other))
    assert policy.rounded(less) <= policy.rounded(more)
    assert policy.credited(activity, less) <= policy.credited(activity, more)
    assert policy.redeemed(activity, less) <= policy.redeemed(activity, more)


@given(SECONDS, RATES, RATES, st.booleans())
def test_the_rate_is_applied_once_to_the_rounded_time(recorded, rate, tariff, equal_hours):
    policy = replace(DEFAULT, equal_hours=equal_hours)
    activity = Activity("care", "Care", rate, tariff)
    on_grid = policy.rounded(recorded)
    earns = Fraction(1) if equal_hours else rate
    assert policy.credited(activity, recorded) == floor(on_grid * earns + Fraction(1, 2))
    assert policy.redeemed(activity, recorded) == floor(on_grid * tariff + Fraction(1, 2))


def test_nobody_gives_less_than_no_time():
    with pytest.raises(ValueError, match="no time"):
        DEFAULT.rounded(-1)
    with pytest.raises(ValueError, match="nothing"):
        share(DEFAULT, -1, {})


def test_an_activity_that_is_not_listed_has_the_defaults_or_is_unknown():
    listed = Activity("body-care", "Body care", Fraction(2), Fraction(3))
    policy = replace(
        DEFAULT, activities={"body-care": listed}, default_tariff=Fraction(2), open_activities=True
    )
    assert policy.activity("body-care") is listed
    assert policy.activity("other") == Activity("other", "other", Fraction(1), Fraction(2))
    assert replace(policy, open_activities=False).activity("other") is None
    assert replace(policy, open_activities=False).activity("body-care") is listed


def test_a_policy_cannot_be_changed_in_place():
    given = {Period.DAILY: Cap(60, Above.POT)}
    policy = replace(DEFAULT, caps=given)
    given.clear()
    assert policy.caps == {Period.DAILY: Cap(60, Above.POT)}
    with pytest.raises(TypeError):
        policy.caps[Period.WEEKLY] = Cap(60, Above.POT)


@pytest.mark.parametrize("changed", [{"grid_seconds": 0}, {"funders": ()}])
def test_a_policy_by_which_nothing_could_be_worked_out_is_an_error(changed):
    with pytest.raises(ValueError):  # noqa: PT011 - either sentence will do
        replace(DEFAULT, **changed)


# ---- the caps

# credited, daily, weekly and lifetime cap, earned in them so far; provider, pot, honour, refused
SHARED = """
8  -         -         -          0  0  0   8 0 0 -
8  8refuse   -         -          0  0  0   8 0 0 -
8  7refuse   -         -          0  0  0   0 0 0 daily
1  8refuse   -         -          8  8  8   0 0 0 daily
0  8refuse   -         -          9  9  9   0 0 0 -         # above it since the policy changed, and asking for nothing
8  -         6pot      -          0  0  0   6 2 0 -
8  -         6honour   -          0  0  0   6 0 2 -
8  -         6pot      -          4  4  4   2 6 0 -
8  -         6honour   -          9  9  9   0 0 8 -
8  -         -         5honour    0  0  4   1 0 7 -
8  4pot      6honour   -          0  0  0   4 2 2 -         # to 4 earned, to 6 paid, the rest honoured
8  6pot      4honour   -          0  0  0   4 0 4 -         # nobody pays more than the honour cap lets them
8  4honour   6pot      -          0  0  0   4 0 4 -
8  4honour   6honour   5honour    0  0  0   4 0 4 -
8  6pot      4pot      5pot       0  0  0   4 4 0 -
8  4pot      6refuse   -          0  0  0   4 4 0 -         # the cap of 6 is not passed by what is earned
8  6pot      4refuse   -          0  0  0   0 0 0 weekly
8  4refuse   3refuse   2refuse    0  0  0   0 0 0 daily     # all three, and the day is named
8  9refuse   3refuse   2refuse    0  0  0   0 0 0 weekly
8  9refuse   9refuse   2refuse    0  0  0   0 0 0 lifetime
8  -         6pot      7refuse    0  0  2   0 0 0 lifetime
8  -         6pot      7refuse    0  6  7   0 8 0 -
"""


def _cap(text):
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return Cap(int(digits), Above(text[len(digits) :]))


@pytest.mark.parametrize("line", SHARED.strip().splitlines())
def test_what_is_above_a_cap_goes_where_the_policy_says(line):
    credited, *rest = line.partition("#")[0].split()
    caps = {period: _cap(text) for period, text in zip(Period, rest[:3], strict=True) if text != "-"}
    earned = dict(zip(Period, map(int, rest[3:6]), strict=True))
    provider, pot, honour, refused = rest[6:]
    expected = Share(int(provider), int(pot), int(honour), None if refused == "-" else Period(refused))
    assert share(replace(DEFAULT, caps=caps), int(credited), earned) == expected


def naive_share(caps, credited, earned):
    """Second by second: each goes where the first cap that has no room for it says."""
    parts = {"provider": 0, Above.POT: 0, Above.HONOUR: 0}
    for nth in range(1, credited + 1):
        full = {cap.above for period, cap in caps.items() if earned[period] + nth > cap.seconds}
        to = next((above for above in (Above.HONOUR, Above.POT) if above in full), "provider")
        parts[to] += 1
    for period in (Period.DAILY, Period.WEEKLY, Period.LIFETIME):
        if period in caps and caps[period].above is Above.REFUSE:
            after = earned[period] + parts["provider"]
            if parts["provider"] and after > caps[period].seconds:
                return Share(0, 0, 0, period)
    return Share(parts["provider"], parts[Above.POT], parts[Above.HONOUR], None)


EARNED = st.fixed_dictionaries({period: st.integers(0, 25) for period in Period})


@given(SMALL_CAPS, st.integers(0, 40), EARNED)
def test_the_parts_are_those_of_a_naive_count(caps, credited, earned):
    assert share(replace(DEFAULT, caps=caps), credited, earned) == naive_share(caps, credited, earned)


@given(policies(), SECONDS, st.fixed_dictionaries({period: st.integers(0, 10**9) for period in Period}))
def test_the_parts_sum_to_the_whole_unless_it_is_refused(policy, credited, earned):
    parts = share(policy, credited, earned)
    assert min(parts.provider, parts.pot, parts.honour) >= 0
    assert parts.provider + parts.pot + parts.honour == (0 if parts.refused else credited)
    if parts.refused:
        assert policy.caps[parts.refused].above is Above.REFUSE


@given(SMALL_CAPS, st.integers(0, 40), st.integers(0, 40), EARNED, EARNED)
def test_more_given_never_earns_less_and_more_earned_never_leaves_more(caps, one, other, earned, also):
    caps = {period: cap for period, cap in caps.items() if cap.above is not Above.REFUSE}
    policy = replace(DEFAULT, caps=caps)
    less, more = sorted((one, other))
    assert share(policy, less, earned).provider <= share(policy, more, earned).provider
    summed = {period: earned[period] + also[period] for period in Period}
    assert share(policy, one, summed).provider <= share(policy, one, earned).provider


@given(SMALL_CAPS, st.lists(st.tuples(st.integers(1, 16), st.integers(0, 15)), max_size=25))
def test_no_cap_is_passed_in_whatever_order_claims_arrive(caps, claims):
    policy = replace(DEFAULT, caps=caps)
    sums = {}
    for day, credited in claims:
        keys = {Period.DAILY: ("d", day), Period.WEEKLY: ("w", day // 7), Period.LIFETIME: ("all",)}
        parts = share(policy, credited, {period: sums.get(key, 0) for period, key in keys.items()})
        for key in keys.values():
            sums[key] = sums.get(key, 0) + parts.provider
        for period, cap in caps.items():
            assert sums[keys[period]] <= cap.seconds


# ---- the version in force

# first days of the versions, in the order of their numbers; the day; the index
VERSIONS = """
10         1   0     # the oldest counts from the beginning of time
10         31  0
10,20      19  0
10,20      20  1
10,20      31  1
10,20,20   20  2
10,20,15   14  0
10,20,15   15  2
10,20,15   25  2     # the newer takes the place of the older that begins later
10,20,5    7   2
10,20,30   25  1
"""


@pytest.mark.parametrize("line", VERSIONS.strip().splitlines())
def test_the_newest_version_that_has_begun_is_in_force(line):
    firsts, day, expected = line.partition("#")[0].split()
    versions = [(date(2026, 1, int(first)), DEFAULT) for first in firsts.split(",")]
    assert in_force(versions, date(2026, 1, int(day))) == int(expected)


def test_there_is_always_a_policy():
    with pytest.raises(ValueError, match="always"):
        in_force([], date(2026, 1, 1))


# ---- the file


def test_a_file_of_one_line_is_the_default_under_another_name():
    assert read_policy('name = "Ely"') == replace(DEFAULT, name="Ely")


def test_a_file_says_everything_a_policy_holds():
    text = """
        name = "Care hours of Ely"
        timezone = "Europe/London"
        services_only = false
        silence_days = "none"
        dispute_days = 21
        log_within_days = 60
        request_days = 0
        grid = "0:30"
        rounding = "nearest"
        equal_hours = false
        default_rate = 1.25
        default_tariff = "3/2"
        open_activities = true
        funders = ["pot", "receiver", "issuance"]
        pot = "hardship"
        issuance = "new-hours"
        on_death = "lapse"
        inactive_lapse_days = 730
        ceiling = "none"

        [activities.body-care]
        title = "Body care"
        rate = 2
        tariff = "1/3"
        needs = ["criminal-record", "lifting"]
        [activities.shopping]

        [caps.daily]
        hours = 8
        above = "refuse"
        [caps.lifetime]
        hours = "720:30"
        above = "pot"

        [floor]
        hours = -5
        soft = true

        [gifts]
        relations = ["parent", "in_law"]
        pots = true
    """
    policy = read_policy(text)
    assert policy == Policy(
        name="Care hours of Ely",
        timezone="Europe/London",
        services_only=False,
        silence_days=None,
        dispute_days=21,
        log_within_days=60,
        request_days=0,
        grid_seconds=1800,
        rounding=Rounding.NEAREST,
        equal_hours=False,
        default_rate=Fraction(5, 4),
        default_tariff=Fraction(3, 2),
        open_activities=True,
        funders=(Funder.POT, Funder.RECEIVER, Funder.ISSUANCE),
        pot="hardship",
        issuance="new-hours",
        on_death=OnDeath.LAPSE,
        inactive_lapse_days=730,
        ceiling=None,
        activities={
            "body-care": Activity(
                "body-care", "Body care", Fraction(2), Fraction(1, 3), ("criminal-record", "lifting")
            ),
            "shopping": Activity("shopping", "Shopping", Fraction(5, 4), Fraction(3, 2)),
        },
        caps={
            Period.DAILY: Cap(8 * 3600, Above.REFUSE),
            Period.LIFETIME: Cap(720 * 3600 + 1800, Above.POT),
        },
        floor=Limit(-5 * 3600, soft=True),
        gifts=Gifts(frozenset({Relation.PARENT, Relation.IN_LAW}), anybody=False, pots=True),
    )
    assert list(policy.activities) == ["body-care", "shopping"]


# what the file says of rates; the tariff of an hour of care
TARIFFS = """
equal_hours = false; [activities.care]; rate = "2"                                            2
equal_hours = false; [activities.care]; rate = "2"; tariff = "3"                              3
equal_hours = false; default_tariff = "3"; [activities.care]; rate = "2"                      3
equal_hours = false; default_rate = "2"; [activities.care]                                    2
equal_hours = true; default_tariff = "3"; [activities.care]                                   3
"""


@pytest.mark.parametrize("line", TARIFFS.strip().splitlines())
def test_a_tariff_left_out_follows_the_rate(line):
    said, tariff = line.rsplit(maxsplit=1)
    policy = read_policy('name = "Ely"\n' + said.replace(";", "\n"))
    assert policy.activities["care"].tariff == int(tariff)


# what the file says of activities; whether others are allowed
OPEN = """
[activities]                                     yes
[activities.care]                                no
open_activities = true; [activities.care]        yes
"""


@pytest.mark.parametrize("line", OPEN.strip().splitlines())
def test_a_list_of_activities_is_closed_unless_it_says_otherwise(line):
    said, allowed = line.rsplit(maxsplit=1)
    policy = read_policy('name = "Ely"\n' + said.replace(";", "\n"))
    assert policy.open_activities is (allowed == "yes")


def toml_of(policy):
    """The file of a policy, written by other hands than those that read it."""

    def text(value):
        # A JSON string of what can be seen is a TOML string, as long as JSON does not escape it by halves.
        return json.dumps(value, ensure_ascii=False)

    def hours(seconds):
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f'"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"'

    def flag(value):
        return "true" if value else "false"

    def names(values):
        return json.dumps([str(value) for value in values])

    lines = [f"{key} = {text(getattr(policy, key))}" for key in ("name", "timezone", "pot", "issuance")]
    lines += [f'{key} = "{getattr(policy, key)}"' for key in ("rounding", "on_death", "default_rate")]
    lines += [f'default_tariff = "{policy.default_tariff}"', f"grid = {hours(policy.grid_seconds)}"]
    for key in ("services_only", "equal_hours", "open_activities"):
        lines.append(f"{key} = {flag(getattr(policy, key))}")
    for key in ("silence_days", "dispute_days", "log_within_days", "inactive_lapse_days", "request_days"):
        days = getattr(policy, key)
        lines.append(f"{key} = " + ('"none"' if days is None else str(days)))
    lines.append(f"funders = {names(policy.funders)}")
    limits = {"floor": policy.floor, "ceiling": policy.ceiling}
    lines += [f'{key} = "none"' for key, limit in limits.items() if limit is None]
    for key, limit in limits.items():
        if limit is not None:
            lines += [f"[{key}]", f"hours = {hours(limit.seconds)}", f"soft = {flag(limit.soft)}"]
    for activity in policy.activities.values():
        lines += [f"[activities.{activity.code}]", f"title = {text(activity.title)}"]
        lines += [
            f'rate = "{activity.rate}"',
            f'tariff = "{activity.tariff}"',
            f"needs = {names(activity.needs)}",
        ]
    for period, cap in policy.caps.items():
        lines += [f"[caps.{period}]", f"hours = {hours(cap.seconds)}", f'above = "{cap.above}"']
    gifts = policy.gifts
    lines += ["[gifts]", f"relations = {names(gifts.relations)}"]
    lines += [f"anybody = {flag(gifts.anybody)}", f"pots = {flag(gifts.pots)}"]
    return "\n".join(lines)


@given(policies())
def test_every_policy_can_be_written_as_a_file(policy):
    read = read_policy(toml_of(policy))
    assert read == policy
    assert list(read.activities) == list(policy.activities)


# ---- mistakes

# what the file says (lines parted by ;), where the mistake is, a word of its sentence or remedy
MISTAKES = """
names = "Ely"                                        | names                            | “name”
name = ""                                            | name                             | one line
name = 3                                             | name                             | 3 is not
name = 1.5                                           | name                             | 1.5 is not
name = "a\\nb"                                       | name                             | one line
name = "a\\u202Eb"                                   | name                             | a?b
timezone = "Europe/Londn"                            | timezone                         | “Europe/London”
timezone = "qqqqqq"                                  | timezone                         | such as
timezone = "../../etc/passwd"                        | timezone                         | not the name
timezone = "localtime"                               | timezone                         | not the name
timezone = 1                                         | timezone                         | not the name
services_only = "yes"                                | services_only                    | without quotes
services_only = 1                                    | services_only                    | neither
silence_days = 0                                     | silence_days                     | from 1
silence_days = "nune"                                | silence_days                     | "none"
silence_days = true                                  | silence_days                     | true is not
silence_days = 36501                                 | silence_days                     | 36500
dispute_days = "none"                                | dispute_days                     | whole number
log_within_days = -1                                 | log_within_days                  | from 1
request_days = -1                                    | request_days                     | from 0
inactive_lapse_days = "1"                            | inactive_lapse_days              | without quotes
grid = "15"                                          | grid                             | "0:15"
grid = 15                                            | grid                             | from 0:00:01 to 4:00
grid = "0:00"                                        | grid                             | from 0:00:01
grid = 00:15:00                                      | grid                             | between double quotes
grid = 0.25                                          | grid                             | not a duration
rounding = "Nearst"                                  | rounding                         | “nearest”
rounding = "qqq"                                     | rounding                         | up, nearest, down, exact
rounding = ["up"]                                    | rounding                         | A list is not
equal_hours = "false"                                | equal_hours                      | neither
default_rate = "2"                                   | default_rate                     | equal_hours = false
default_tariff = 0                                   | default_tariff                   | above 0
default_tariff = -1                                  | default_tariff                   | above 0
default_tariff = "-1"                                | default_tariff                   | not a rate
default_tariff = 10.0001                             | default_tariff                   | between 0 and 10
default_tariff = "101/10"                            | default_tariff                   | between 0 and 10
default_tariff = "1/0"                               | default_tariff                   | not a rate
default_tariff = "1e0"                               | default_tariff                   | not a rate
default_tariff = 1e0                                 | default_tariff                   | not a rate
default_tariff = nan                                 | default_tariff                   | not a rate
default_tariff = inf                                 | default_tariff                   | not a rate
default_tariff = "1.00001"                           | default_tariff                   | four decimals
default_tariff = "١"                                 | default_tariff                   | not a rate
default_tariff = true                                | default_tariff                   | true is not
default_tariff = " 1"                                | default_tariff                   | not a rate
open_activities = false                              | open_activities                  | nobody could log
open_activities = 0                                  | open_activities                  | true or false
activities = ["care"]                                | activities                       | [activities.body-care]
[activities.Body]                                    | activities.“Body”                | not a code
[activities."a b"]                                   | activities.“a b”                 | not a code
[activities.care]; title = " "                       | activities.care.title            | one line
[activities.care]; rate = "2"                        | activities.care.rate             | every hour is equal
[activities.care]; rate = []                         | activities.care.rate             | not a rate
[activities.care]; tarif = 1                         | activities.care.tarif            | “tariff”
[activities.care]; needs = "first-aid"               | activities.care.needs            | such as needs
[activities.care]; needs = ["First Aid"]             | activities.care.needs            | not a code
[activities.care]; needs = ["a", "a"]                | activities.care.needs            | twice
[activities]; care = 2                               | activities.care                  | [activities.care]
caps = 6                                             | caps                             | [caps.weekly]
[caps.monthly]; hours = 1; above = "pot"             | caps.monthly                     | daily, weekly, lifetime
[caps.weekli]; hours = 1; above = "pot"              | caps.weekli                      | “weekly”
[caps]; weekly = 6                                   | caps.weekly                      | [caps.weekly]
[caps.weekly]; above = "pot"                         | caps.weekly.hours                | missing
[caps.weekly]; hours = 6                             | caps.weekly.above                | missing
[caps.weekly]; hours = 6; above = "honor"            | caps.weekly.above                | “honour”
[caps.weekly]; hours = 0; above = "pot"              | caps.weekly.hours                | from 0:00:01
[caps.weekly]; hours = -6; above = "pot"             | caps.weekly.hours                | -6:00
[caps.weekly]; hours = 1000001; above = "pot"        | caps.weekly.hours                | not a duration
[caps.weekly]; hours = 6; above = "pot"; pot = "x"   | caps.weekly.pot                  | top of the file
floor = "-10:00"                                     | floor                            | [floor]
floor = -10                                          | floor                            | "none"
[floor]                                              | floor.hours                      | missing
[floor]; hours = 10                                  | floor.hours                      | to 0:00
[floor]; hours = "10h"                               | floor.hours                      | "-10:00"
[floor]; hours = -10; soft = "no"                    | floor.soft                       | neither
[ceiling]; hours = "-1:00"                           | ceiling.hours                    | from 0:00
funders = []                                         | funders                          | Nobody pays
funders = "pot"                                      | funders                          | not a list
funders = ["pots"]                                   | funders                          | “pot”
funders = ["pot", "pot"]                             | funders                          | twice
funders = [["pot"]]                                  | funders                          | A list is not
pot = "Community pot"                                | pot                              | not a code
pot = "issuance"                                     | issuance                         | two accounts
issuance = 1                                         | issuance                         | not a code
gifts = true                                         | gifts                            | [gifts]
[gifts]; relations = ["mother"]                      | gifts.relations                  | spouse, partner
[gifts]; anybdy = true                               | gifts.anybdy                     | “anybody”
[gifts]; anybody = "all"                             | gifts.anybody                    | neither
[gifts]; pots = 1                                    | gifts.pots                       | neither
on_death = "inherits"                                | on_death                         | “inherit”
on_death = 2026-11-26                                | on_death                         | A date or a time
colour = "blue"                                      | colour                           | Choose from: name
this is not toml                                     | line 2                           | TOML
pot = "a"; pot = "b"                                 | line 3                           | twice
[floor]; hours = -1; [floor]                         | line 4                           | twice
pot = "                                              | line 2                           | TOML
"""


@pytest.mark.parametrize("line", MISTAKES.strip().splitlines())
def test_each_mistake_is_told_where_it_stands_and_with_a_remedy(line):
    said, where, word = (part.strip() for part in line.split(" | "))
    text = "\n".join(part.strip() for part in said.split(";"))
    if not text.startswith("name"):
        text = 'name = "Ely"\n' + text
    with pytest.raises(PolicyProblem) as caught:
        read_policy(text)
    # A file without a name has that mistake as well.
    [mistake] = [mistake for mistake in caught.value.mistakes if mistake.where != "name" or where == "name"]
    assert mistake.where == where
    assert word in mistake.what + " " + mistake.remedy
    assert mistake.what[-1] in ".?" and mistake.remedy[-1] in ".?"


def test_all_mistakes_are_told_at_once():
    text = 'grid = 30\nfunders = ["pots"]\n[activities.care]\nrate = "2"\n[caps.weekly]\nabove = "honor"'
    with pytest.raises(PolicyProblem) as caught:
        read_policy(text)
    wheres = [mistake.where for mistake in caught.value.mistakes]
    assert sorted(wheres) == [
        *("activities.care.rate", "caps.weekly.above", "caps.weekly.hours", "funders", "grid", "name"),
    ]
    assert len(str(caught.value).splitlines()) == 6


# a file that is too much, where, a word of the sentence
TOO_MUCH = {
    "large": ("#\n" * 40_000, "the file", "64 KiB"),
    "long line": ('name = "Ely"\na' + ".a" * 30_000 + " = 1", "line 2", "longer"),
    "deep": ("a = " + "[\n" * 30_000, "the file", "too long"),
    "digits": ("a = " + "1" * 990 + "\n", "a", "no key"),
    "activities": (
        'name = "Ely"\n' + "".join(f"[activities.a{n}]\n" for n in range(201)),
        "activities",
        "200",
    ),
    "needs": (
        f'name = "Ely"\n[activities.a]\nneeds = {[str(n) for n in range(11)]}',
        "activities.a.needs",
        "10",
    ),
    "unknown keys": ("".join(f"namx{n} = 1\n" for n in range(4000)), "the file", "3802 more"),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_a_file_that_is_too_much_is_refused_in_time(case):
    text, where, word = TOO_MUCH[case]
    with pytest.raises(PolicyProblem) as caught:
        read_policy(text)
    assert len(caught.value.mistakes) <= policy_text.MAX_MISTAKES
    assert any(mistake.where == where and word in mistake.what for mistake in caught.value.mistakes)


def test_two_hundred_activities_are_not_too_many():
    text = 'name = "Ely"\n' + "".join(f"[activities.a{n}]\n" for n in range(200))
    assert len(read_policy(text).activities) == 200


def test_the_mark_of_windows_editors_and_its_line_ends_do_no_harm():
    assert read_policy('\ufeffname = "Ely"\r\n[floor]\r\nhours = -10\r\n').name == "Ely"


VALUES = st.sampled_from(
    '1 -1 0 1.5 true "none" "1:00" "pot" "refuse" [] ["pot"] {} {hours=1} 2026-11-26 nan'.split()
)
LINES = st.builds("{} = {}".format, st.sampled_from([*policy_text._KEYS, "hours", "above", "a.b"]), VALUES)
HEADS = st.sampled_from(["[caps.weekly]", "[floor]", "[gifts]", "[activities.a]", "[activities]", "[[caps]]"])


@given(st.lists(LINES | HEADS | st.text(max_size=20), max_size=12).map("\n".join))
def test_whatever_is_in_a_file_it_is_a_policy_or_a_list_of_mistakes(text):
    try:
        policy = read_policy(text)
    except PolicyProblem as problem:
        assert problem.mistakes and all(mistake.what and mistake.remedy for mistake in problem.mistakes)
    else:
        assert policy_from_canonical(canonical_policy(policy)) == policy


# ---- the stored text


@given(policies())
def test_the_stored_text_is_read_back_as_it_was_written(policy):
    text = canonical_policy(policy)
    assert policy_from_canonical(text) == policy
    assert list(policy_from_canonical(text).activities) == list(policy.activities)
    assert canonical_policy(policy_from_canonical(text)) == text


def test_the_stored_text_has_no_other_numbers_than_whole_ones():
    def leaves(value):
        if isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                yield from leaves(one)
        else:
            yield value

    policy = read_policy(
        'name = "Ely"\nequal_hours = false\ndefault_rate = 1.5\n[activities.a]\nneeds = ["b"]'
    )
    assert {type(leaf) for leaf in leaves(json.loads(canonical_policy(policy)))} == {str, int}


# in the stored text, what is put in the place of what
STORED_WRONG = """
"v":1                       "v":2
"v":1                       "v":1,"w":1
"v":1                       "v": 1
"pot":"community-pot"       "pot":7
"dispute_days":14           "dispute_days":true
"dispute_days":14           "dispute_days":14.0
"dispute_days":14,
"services_only":1           "services_only":2
"default_rate":"1"          "default_rate":"1.0"
"default_rate":"1"          "default_rate":"1/0"
"default_rate":"1"          "default_rate":"one"
"rounding":"up"             "rounding":"sideways"
"caps":{}                   "caps":[]
"caps":{}                   "caps":{"yearly":{"above":"pot","seconds":1}}
"relations":[]              "relations":["parent","child"]
"funders":["receiver"]      "funders":[]
"grid_seconds":900          "grid_seconds":0
"""


@pytest.mark.parametrize("line", STORED_WRONG.strip().splitlines())
def test_a_stored_text_that_was_changed_is_refused(line):
    was, _, becomes = line.partition("  ") if "  " in line else (line, "", "")
    text = canonical_policy(DEFAULT)
    assert was in text
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reader that finds it says
        policy_from_canonical(text.replace(was, becomes.strip()))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "1", "\ud800"])
def test_what_is_no_stored_policy_at_all_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reader that finds it says
        policy_from_canonical(text)


# ---- the sentences

# what the file says, a sentence that says so
SENTENCES = """
grid = 1                                                    | Time is rounded up to full steps of 1 hour.
rounding = "exact"                                          | Time counts exactly as it was written down.
equal_hours = false; default_rate = "1.5"                   | For any kind of care an hour earns 1 hour 30 minutes and costs the same.
equal_hours = false; default_rate = "1/7"                   | For any kind of care an hour earns 1/7 of an hour and costs the same.
default_tariff = 3                                          | For any kind of care an hour earns 1 hour and costs 3 hours.
[activities.first-aid]                                      | Only these kinds of care are counted.
[activities.a]; title = "Walks"; needs = ["first-aid", "b"] | Walks: an hour earns 1 hour and costs the same. Whoever gives it must have: first aid and b.
[caps.daily]; hours = 8; above = "refuse"                   | You can earn up to 8 hours a day. A visit that would take you above that is not accepted.
pot = "care"; [caps.weekly]; hours = 6; above = "pot"       | You can earn up to 6 hours a week, from Monday to Sunday. What you give above that goes to the pot “care”, for those in need.
[ceiling]; hours = 750                                      | You can have up to 750 hours on your account. You cannot save up more than that.
[ceiling]; hours = 9; soft = true                           | You can have up to 9 hours on your account. If you have more, the co-ordinator will talk with you.
funders = ["pot", "issuance"]                               | A visit is paid by the community's pot.
funders = ["pot", "issuance"]                               | If that is not possible, it is paid by the community, with new hours.
floor = "none"                                              | Your account may go below zero without a limit.
[floor]; hours = 0                                          | Your account cannot go below zero.
[floor]; hours = "-1:30"                                    | Your account can go down to 1 hour 30 minutes below zero, and not further.
[floor]; hours = -1; soft = true                            | If your account goes below 1 hour below zero, the co-ordinator will talk with you. You still get care.
log_within_days = 60                                        | Tell us of a visit within 60 days.
silence_days = "none"                                       | A visit counts once it has been confirmed.
silence_days = 1                                            | A visit counts once it has been confirmed, or 1 day later when nobody has objected.
request_days = 0                                            | Hours set aside for a visit are free again after its day.
timezone = "America/New_York"                               | Days are counted by the clock of America/New York.
[gifts]                                                     | You cannot give hours away.
[gifts]; relations = ["in_law", "spouse"]                   | You may give hours to your husband or wife and your in-laws, and to nobody else.
on_death = "lapse"                                          | When a member dies, their hours go to the community's pot.
on_death = "inherit"                                        | When a member dies, their family inherits their hours.
inactive_lapse_days = 730                                   | Hours on an account that nobody has used for 730 days go to the community's pot.
"""  # noqa: E501 - a sentence is one line


@pytest.mark.parametrize("line", SENTENCES.strip().splitlines())
def test_each_rule_is_said_in_a_plain_sentence(line):
    said, sentence = (part.strip() for part in line.split(" | "))
    assert sentence in render_policy(read_policy('name = "Ely"\n' + said.replace(";", "\n")))


@given(policies())
def test_every_policy_can_be_read_out(policy):
    first, *lines = render_policy(replace(policy, name="Ely", activities={}))
    assert first == "These are the rules of “Ely”."
    assert all(line.endswith(".") and "{" not in line and "None" not in line for line in lines)
    assert len(set(lines)) == len(lines)


class Marked(NullTranslations):
    """A language in which every text stands between marks, and a count after its word."""

    def gettext(self, message):
        return f"«{message}»"

    def ngettext(self, one, many, count):
        return f"«{(one if count == 1 else many).partition(' ')[2]} %(count)s»"


@given(policies())
def test_nothing_is_said_that_is_not_given_to_translators(policy):
    *lines, last = render_policy(replace(policy, name="Ely", activities={}), Marked())
    assert lines[0] == "«These are the rules of “Ely”.»"
    assert all(line.startswith("«") and line.endswith("»") for line in [*lines, last])


def test_a_policy_is_read_out_in_another_language():
    policy = read_policy(
        'name = "Ely"\ndispute_days = 30\ngrid = "1:30"\n[gifts]\nrelations = ["spouse", "child"]'
    )
    lines = render_policy(policy, Marked())
    assert "«When two people disagree about a visit, it is settled within «days 30».»" in lines
    assert any("«hour 1» «minutes 30»" in line for line in lines)
    assert (
        "«You may give hours to ««your husband or wife» and «your children»», and to nobody else.»" in lines
    )
