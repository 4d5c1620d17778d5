"""What past claims would have been under a draft: small stories, and a naive replay beside it."""

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from gettext import NullTranslations
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.hours.policy import DEFAULT, Above, Activity, Cap, Period, Rounding, share
from ledger.hours.simulation import MAX_LINES, PastClaim, Why, render_lines, simulate

ANA, BEN = UUID(int=1), UUID(int=2)
PEOPLE = {"ana": ANA, "ben": BEN}
MONDAY = date(2026, 11, 2)
HOUR = 3600


def claim(number, who, day, hours, *, activity="visiting", before=None, order=None):
    seconds = int(Fraction(hours) * HOUR)
    return PastClaim(
        UUID(int=100 + number),
        PEOPLE[who],
        MONDAY + timedelta(days=day),
        activity,
        seconds,
        seconds if before is None else before * HOUR,
        number if order is None else order,
    )


def caps(**given):
    return {Period(period): Cap(hours * HOUR, Above(above)) for period, (hours, above) in given.items()}


# caps; claims as who:day:hours in the order they were entered; per claim credited, pot, honour, refused
STORIES = """
-                 ana:0:2                      2,0,0,-
weekly:6:pot      ana:0:4  ana:1:4             4,0,0,-  2,2,0,-
weekly:6:pot      ana:0:4  ben:1:4             4,0,0,-  4,0,0,-
weekly:6:pot      ana:6:4  ana:7:4             4,0,0,-  4,0,0,-           # Sunday, and the Monday after
weekly:6:honour   ana:1:4  ana:0:4             2,0,2,-  4,0,0,-           # entered late, and yet the first of the week
weekly:6:refuse   ana:0:4  ana:1:4  ana:2:2    4,0,0,-  0,0,0,weekly  2,0,0,-
daily:3:refuse    ana:0:3  ana:0:1  ana:1:1    3,0,0,-  0,0,0,daily  1,0,0,-
lifetime:5:pot    ana:0:4  ana:99:4            4,0,0,-  1,3,0,-
"""


@pytest.mark.parametrize("line", STORIES.strip().splitlines())
def test_each_claim_meets_the_caps_as_those_before_it_left_them(line):
    said, *words = line.partition("#")[0].split()
    policy = DEFAULT
    if said != "-":
        period, hours, above = said.split(":")
        policy = replace(DEFAULT, caps=caps(**{period: (int(hours), above)}))
    rows = [word.split(":") for word in words if ":" in word]
    claims = [claim(number, who, int(day), hours) for number, (who, day, hours) in enumerate(rows)]
    by_id = {simulated.claim_id: simulated for simulated in simulate(policy, claims).claims}
    for past, word in zip(claims, [word for word in words if ":" not in word], strict=True):
        credited, pot, honour, refused = word.split(",")
        simulated = by_id[past.claim_id]
        expected = tuple(int(hours) * HOUR for hours in (credited, pot, honour))
        assert (simulated.credited, simulated.pot, simulated.honour) == expected
        assert simulated.refused == (None if refused == "-" else refused)


def test_the_rate_and_the_grid_of_the_draft_count_and_not_those_of_the_day():
    body_care = Activity("body-care", "Body care", Fraction(2), Fraction(2))
    draft = replace(
        DEFAULT,
        name="Double",
        equal_hours=False,
        rounding=Rounding.DOWN,
        activities={"body-care": body_care},
        open_activities=False,
    )
    simulation = simulate(
        draft,
        [claim(1, "ana", 0, "4/3", activity="body-care", before=2), claim(2, "ben", 0, 1, activity="chess")],
    )
    first, second = simulation.claims
    assert (first.before, first.credited) == (2 * HOUR, 5 * HOUR // 2)
    assert (second.credited, second.refused) == (0, Why.ACTIVITY_UNKNOWN)
    assert simulation.providers[ANA].credited == 5 * HOUR // 2
    assert simulation.providers[BEN].refused == 1
    assert (simulation.total.before, simulation.total.credited) == (3 * HOUR, 5 * HOUR // 2)


def test_two_claims_of_a_day_keep_their_order():
    policy = replace(DEFAULT, caps=caps(daily=(3, "pot")))
    later, earlier = claim(1, "ana", 0, 2, order=9), claim(2, "ana", 0, 2, order=8)
    assert [simulated.claim_id for simulated in simulate(policy, [later, earlier]).claims] == [
        earlier.claim_id,
        later.claim_id,
    ]


def test_the_weeks_of_two_years_are_apart():
    policy = replace(DEFAULT, caps=caps(weekly=(6, "pot")))
    # 2026 has 53 weeks, so this is the week of the same number a year later.
    year = timedelta(weeks=53)
    claims = [claim(1, "ana", 0, 6), replace(claim(2, "ana", 0, 6), service_on=MONDAY + year)]
    assert len({past.service_on.isocalendar().week for past in claims}) == 1
    assert simulate(policy, claims).total.pot == 0


def test_a_week_that_lies_in_two_years_is_one():
    policy = replace(DEFAULT, caps=caps(weekly=(6, "pot")))
    claims = [
        replace(claim(1, "ana", 0, 6), service_on=date(2026, 12, 31)),
        replace(claim(2, "ana", 0, 6), service_on=date(2027, 1, 1)),
    ]
    assert simulate(policy, claims).total.pot == 6 * HOUR


def test_claims_before_the_month_fill_the_caps_and_are_not_told_of():
    policy = replace(DEFAULT, caps=caps(weekly=(6, "honour"), lifetime=(20, "pot")))
    claims = [claim(1, "ana", 0, 4), claim(2, "ana", 2, 4)]
    simulation = simulate(policy, claims, from_on=MONDAY + timedelta(days=2), earned_before={ANA: 15 * HOUR})
    [told] = simulation.claims
    # Two hours are left in the week, and one in all.
    assert (told.credited, told.pot, told.honour) == (HOUR, HOUR, 2 * HOUR)
    assert simulation.total.claims == 1


CLAIMS = st.lists(
    st.tuples(st.sampled_from(["ana", "ben"]), st.integers(0, 20), st.integers(0, 12)), max_size=20
).map(lambda rows: [claim(number, who, day, hours) for number, (who, day, hours) in enumerate(rows)])
CAPS = st.dictionaries(
    st.sampled_from(Period),
    st.builds(Cap, st.integers(1, 30).map(lambda hours: hours * HOUR), st.sampled_from(Above)),
)


def naive(policy, claims):
    """Every sum is taken anew over all that came before."""
    done = []
    for past in sorted(claims, key=lambda past: (past.service_on, past.order)):
        mine = [(on, earned) for who, on, earned, _ in done if who == past.provider_id]
        monday = past.service_on - timedelta(days=past.service_on.weekday())
        earned = {
            Period.DAILY: sum(earned for on, earned in mine if on == past.service_on),
            Period.WEEKLY: sum(earned for on, earned in mine if on >= monday),
            Period.LIFETIME: sum(earned for _, earned in mine),
        }
        parts = share(policy, policy.credited(policy.activity(past.activity), past.recorded_seconds), earned)
        done.append((past.provider_id, past.service_on, parts.provider, parts))
    return [parts for *_, parts in done]


@given(CLAIMS, CAPS)
def test_a_simulation_is_what_a_naive_replay_makes_of_it(claims, given_caps):
    policy = replace(DEFAULT, caps=given_caps)
    simulated = simulate(policy, claims).claims
    assert [(one.credited, one.pot, one.honour, one.refused) for one in simulated] == [
        (parts.provider, parts.pot, parts.honour, parts.refused) for parts in naive(policy, claims)
    ]


@given(CLAIMS, CAPS, st.randoms(use_true_random=False))
def test_the_order_in_which_claims_are_handed_over_does_not_matter(claims, given_caps, chance: Random):
    policy = replace(DEFAULT, caps=given_caps)
    shuffled = claims[:]
    chance.shuffle(shuffled)
    assert simulate(policy, shuffled) == simulate(policy, claims)


@given(CLAIMS, CAPS)
def test_the_totals_are_the_sums_of_the_claims(claims, given_caps):
    simulation = simulate(replace(DEFAULT, caps=given_caps), claims)
    for key in ("before", "credited", "pot", "honour"):
        of_claims = sum(getattr(one, key) for one in simulation.claims)
        of_providers = sum(getattr(totals, key) for totals in simulation.providers.values())
        assert of_claims == of_providers == getattr(simulation.total, key)
    total = simulation.total
    assert total.claims == len(claims)
    accepted = sum(
        past.recorded_seconds
        for past in claims
        for one in simulation.claims
        if one.claim_id == past.claim_id and one.refused is None
    )
    # Every hour is equal and on the grid, so time is neither made nor lost.
    assert total.credited + total.pot + total.honour == accepted


@given(CLAIMS)
def test_under_the_policy_of_the_day_nothing_changes(claims):
    simulation = simulate(DEFAULT, claims)
    assert all(one.credited == one.before and one.refused is None for one in simulation.claims)
    assert "Nobody would have earned more or less." in render_lines(simulation)


def test_a_simulation_is_told_in_lines():
    policy = replace(DEFAULT, name="Draft", caps=caps(weekly=(6, "pot"), daily=(5, "refuse")))
    claims = [claim(1, "ana", 0, 4), claim(2, "ana", 1, 4), claim(3, "ben", 0, 7)]
    assert render_lines(simulate(policy, claims), {ANA: "Ana Alto"}) == [
        "Under “Draft”, 3 claims would have earned 6:00 in place of 15:00 (-9:00).",
        "To the pot 2:00, for the honour 0:00, 1 claim refused.",
        f"{BEN}: 0:00 in place of 7:00 (-7:00).",
        "Ana Alto: 6:00 in place of 8:00 (-2:00).",
        f"Refused: {BEN} on 2026-11-02, more than may be earned in a day.",
    ]


class Reversed(NullTranslations):
    """A language that says the whole sentence for a number before its own."""

    def gettext(self, message):
        return {
            "Refused: %(name)s on %(day)s, more than may be earned in a day.": "%(day)s %(name)s gwrthodwyd."
        }.get(message, message)

    def ngettext(self, one, many, count):
        return "%(earned)s / %(before)s" if "%(earned)s" in many else "%(count)s"


def test_a_simulation_is_told_in_another_language():
    policy = replace(DEFAULT, name="Draft", caps=caps(daily=(1, "refuse")))
    assert render_lines(simulate(policy, [claim(1, "ana", 0, 4)]), {ANA: "Ana Alto"}, Reversed()) == [
        "0:00 / 4:00",
        "1",
        "Ana Alto: 0:00 in place of 4:00 (-4:00).",
        "2026-11-02 Ana Alto gwrthodwyd.",
    ]


def test_long_lists_are_shortened():
    policy = replace(DEFAULT, activities={}, open_activities=False)
    claims = [claim(number, "ana", number, 1) for number in range(MAX_LINES + 3)]
    lines = render_lines(simulate(policy, claims))
    assert lines[-1] == "And 3 more refused claims."
    assert len(lines) == 2 + 1 + MAX_LINES + 1


def test_nothing_to_simulate_is_no_mistake():
    assert render_lines(simulate(DEFAULT, []))[0] == (
        "Under “Equal hours”, 0 claims would have earned 0:00 in place of 0:00 (0:00)."
    )


def test_a_simulation_can_be_sent_as_json():
    past = claim(1, "ana", 0, 2)
    sent = json.loads(
        json.dumps(simulate(replace(DEFAULT, caps=caps(daily=(1, "refuse"))), [past]).to_dict())
    )
    totals = {"claims": 1, "refused": 1, "before": 7200, "credited": 0, "pot": 0, "honour": 0}
    assert sent == {
        "policy": "Equal hours",
        "claims": [
            {
                "claim_id": str(past.claim_id),
                "provider_id": str(ANA),
                "service_on": "2026-11-02",
                "before": 7200,
                "credited": 0,
                "pot": 0,
                "honour": 0,
                "refused": "daily",
            }
        ],
        "providers": {str(ANA): totals},
        "total": totals,
    }
    assert past.to_dict()["recorded_seconds"] == 7200
