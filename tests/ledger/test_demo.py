"""The invented co-op as it is told: a year of life, and the same one every time."""

from collections import Counter
from datetime import date, timedelta

import pytest

from ledger.desk.demo import DAYS, SEED, demo_steps
from ledger.desk.demo.people import CAST, COORDINATORS, FRAIL, HOUSEHOLDS, RELATIVES

FOUNDED_ON = date(2025, 3, 2)

EVERYTHING = {
    "enrol", "change_standing", "grant_role", "add_relative", "open_account", "add_holder", "apply_policy",
    "set_pot_rule", "issue", "record_clearance", "revoke_clearance", "give_delegation", "end_delegation",
    "log", "log sheet", "log session", "log visit", "log again", "see_overlaps", "confirm", "confirm for",
    "confirm by co-ordinator", "silence", "decline", "withdraw", "open_dispute", "add_statement",
    "withdraw_dispute", "decide upheld", "decide corrected", "decide reversed", "ask", "take", "give_back",
    "cancel", "grant", "propose grant", "propose delegation", "propose period", "propose policy",
    "propose pot_rule", "propose settlement", "approve", "give", "give for", "died", "left", "settle",
    "take round in", "decide lines", "sign_round_off", "assert_balances", "wish",
}  # fmt: skip


@pytest.mark.parametrize("seed", [SEED, "another", ""])
@pytest.mark.parametrize("founded_on", [FOUNDED_ON, date(2023, 3, 1), date(2027, 12, 31)])
def test_every_kind_of_thing_happens_in_the_year(seed, founded_on):
    steps = demo_steps(seed, founded_on)
    assert {step.name for step in steps} >= EVERYTHING
    assert 4_000 < len(steps) < 5_500


def test_time_only_moves_on_and_the_story_ends_before_today():
    moments = [step.at for step in demo_steps(SEED, FOUNDED_ON)]
    assert moments == sorted(moments)
    assert moments[0].date() == FOUNDED_ON
    assert moments[-1].date() == FOUNDED_ON + timedelta(days=DAYS - 1)
    assert all(moment.microsecond == 0 for moment in moments)


@pytest.mark.parametrize("seed", [SEED, "another"])
def test_it_ends_with_a_step_that_is_kept(seed):
    # Of one that is not, nobody could say whether it was done.
    assert demo_steps(seed, FOUNDED_ON)[-1].kept


def test_the_same_seed_and_day_tell_the_same_story():
    assert demo_steps(SEED, FOUNDED_ON) == demo_steps(SEED, FOUNDED_ON)
    keys = {step.key for step in demo_steps(SEED, FOUNDED_ON)}
    for other in (demo_steps("another", FOUNDED_ON), demo_steps(SEED, FOUNDED_ON + timedelta(days=1))):
        assert keys.isdisjoint(step.key for step in other)


def test_every_step_has_a_key_of_its_own():
    steps = demo_steps(SEED, FOUNDED_ON)
    assert len({step.key for step in steps}) == len(steps)


def test_people_meet_on_working_days_and_log_it_in_the_evening():
    logged = [step.at for step in demo_steps(SEED, FOUNDED_ON) if step.name == "log"]
    assert len(logged) > 1_300
    weekdays = Counter(at.weekday() for at in logged)
    assert weekdays[2] > 3 * weekdays[6]
    assert all(at.hour >= 19 for at in logged)


def test_the_people_fit_together():
    assert len({person.name for person in CAST}) == len(CAST)
    assert {person.language for person in CAST} == {"en", "cy", "it", "es", "ca", "ja"}
    # Whoever decides is close to nobody, so that there is nothing they may not decide.
    close = {place for relation in RELATIVES for place in relation[:2]}
    close |= {place for _, places in HOUSEHOLDS for place in places}
    assert close.isdisjoint(COORDINATORS)
    assert not any(CAST[place].helper for place in FRAIL)
