"""The rules of delegations that need no database."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.people.delegates import RELATIVES, Delegation, Relation, converse, in_force, month_of, refusal_of
from ledger.people.roles import DelegateScope

ANA, BEN = UUID(int=1), UUID(int=2)

# delegate, scopes, cap, from, until, the refusal
WRITTEN = """
ben  see           0     1   -   -
ben  see           0     1   1   -
ben  spend         1     1   2   -
ben  see,spend     3600  1   -   -
ana  see           0     1   -   delegate_is_self
ben  see           0     2   1   dates_reversed
ben  spend         0     1   -   cap_required
ben  see           3600  1   -   cap_required
ben  spend         -1    1   -   cap_required
ben  see           -1    1   -   cap_required
ana  spend         0     2   1   delegate_is_self
ben  spend         0     2   1   dates_reversed
"""


@pytest.mark.parametrize("line", WRITTEN.strip().splitlines())
def test_a_delegation_is_refused_for_what_it_says(line):
    delegate, scopes, cap, from_day, until_day, expected = line.split()
    delegation = Delegation(
        UUID(int=9),
        ANA,
        ANA if delegate == "ana" else BEN,
        Relation.FRIEND,
        frozenset(map(DelegateScope, scopes.split(","))),
        int(cap),
        date(2026, 11, int(from_day)),
        None if until_day == "-" else date(2026, 11, int(until_day)),
    )
    refusal = refusal_of(delegation)
    assert (refusal.code if refusal else "-") == expected


# from, until, ended, how the member and the delegate stand; whether it counts on the 15th
STANDING = """
1   -   -      active   active   yes
15  15  -      active   active   yes
16  -   -      active   active   no
1   14  -      active   active   no
1   -   ended  active   active   no
1   -   -      away     away     yes
1   -   -      applied  active   no
1   -   -      died     active   no
1   -   -      active   left     no
"""


@pytest.mark.parametrize("line", STANDING.strip().splitlines())
def test_a_delegation_counts_within_its_days_and_while_both_are_there(line):
    from_day, until_day, ended, member, delegate, expected = line.split()
    row = {
        "from_on": date(2026, 11, int(from_day)),
        "until_on": None if until_day == "-" else date(2026, 11, int(until_day)),
        "ended_at": datetime(2026, 11, 2, tzinfo=UTC) if ended == "ended" else None,
        "member_status": member,
        "delegate_status": delegate,
    }
    assert in_force(row, date(2026, 11, 15)) is (expected == "yes")


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14))])))
def test_a_month_begins_at_midnight_in_utc(now):
    try:
        utc = now.astimezone(UTC)
    except OverflowError:
        return
    assert month_of(now) == date(utc.year, utc.month, 1)


def test_family_is_family_from_both_sides():
    for relation in Relation:
        assert converse(converse(relation)) is relation
        assert (converse(relation) in RELATIVES) is (relation in RELATIVES)
    assert set(Relation) - RELATIVES == {Relation.FRIEND, Relation.NEIGHBOUR, Relation.CARER}
    assert converse(Relation.CHILD) is Relation.PARENT
    assert converse(Relation.GRANDPARENT) is Relation.GRANDCHILD
