"""The rules of claims without a database: the times of a visit, overlaps, who pays and how much."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID, uuid5

import pytest

from ledger.book.accounts import Account, Book, Hold
from ledger.book.authors import Author, Via
from ledger.book.commands import AccountKind, PostTransfer, VoidHold
from ledger.book.refusals import Refusal
from ledger.hours.claims import (
    CareRequest,
    Claim,
    ClaimState,
    HoursBook,
    NewClaim,
    Payment,
    Pot,
    Standing,
    Visit,
    overlaps,
    pay,
    refusal_by_length,
    refusal_to_log,
    today_of,
)
from ledger.hours.policy import DEFAULT, Above, Activity, Cap, Funder, Limit, Period

HOUR = 3600


def named(name):
    return uuid5(UUID(int=15), name)


ANA, BEN, CLEO = named("Ana"), named("Ben"), named("Cleo")
ON = date(2026, 5, 13)  # a Wednesday
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
BY_ANA = Author(Via.MEMBER, ANA)


def account_of(person):
    return uuid5(person, "account")


POT, ISSUANCE = named("pot"), named("issuance")


def standing(person, **more):
    own = account_of(person)
    values = {
        "status": "active",
        "status_since": date(2026, 1, 1),
        "joined_on": date(2026, 1, 1),
        "frail": False,
        "account_id": own,
        "payer_account_id": own,
        "account_ids": frozenset({own}),
    }
    return Standing(person, **(values | more))


def hours_of(policy=DEFAULT):
    hours = HoursBook([(date.min, policy)], NOW.date())
    hours.standings |= {person: standing(person) for person in (ANA, BEN, CLEO)}
    hours.pots[policy.pot] = Pot(POT)
    hours.issuances[policy.issuance] = ISSUANCE
    return hours


def book_of(**balances):
    """A book in which Ana, Ben and the pot have so much; floors are those of new accounts."""
    book = Book(0)
    for name, account_id in (("ana", account_of(ANA)), ("ben", account_of(BEN)), ("cleo", account_of(CLEO))):
        book.accounts[account_id] = Account(
            account_id, AccountKind.MEMBER, balances.get(name, 0), floor=-36_000
        )
    book.accounts[POT] = Account(POT, AccountKind.POT, balances.get("pot", 0), floor=0)
    book.accounts[ISSUANCE] = Account(ISSUANCE, AccountKind.ISSUANCE, floor=None)
    return book


def clock(text):
    return None if text == "-" else time.fromisoformat(text)


# --- times ------------------------------------------------------------------------------------------------------------

# In Zurich the clocks went on an hour at 2:00 on 29 March 2026 and go back at 3:00 on 25 October.
TIMES = """
2026-05-13  09:00  10:00    60  -
2026-05-13  -      -        60  -
2026-05-13  09:00  10:00    59  times_disagree
2026-05-13  09:00  10:00    61  times_disagree
2026-05-13  09:00  09:00    60  across_midnight
2026-05-13  23:30  00:30    60  across_midnight
2026-05-13  23:00  23:59    59  -
2026-05-13  -      -      1440  -
2026-05-13  -      -      1441  longer_than_a_day
2026-05-13  -      -         0  longer_than_a_day
2026-03-29  01:30  03:30   120  clock_changed
2026-03-29  01:30  03:30    60  clock_changed
2026-03-29  02:00  02:30    30  clock_changed
2026-03-29  02:30  04:00    90  clock_changed
2026-03-29  01:00  01:45    45  -
2026-03-29  03:00  04:00    60  -
2026-03-29  -      -        60  -
2025-10-26  01:30  03:30   120  clock_changed
2025-10-26  02:10  02:50    40  clock_changed
2025-10-26  01:00  01:59    59  -
2025-10-26  03:00  04:00    60  -
2026-05-20  13:00  14:00    60  -
2026-05-20  13:05  14:05    60  -
2026-05-20  13:06  14:06    60  claim_in_future
2026-05-20  -      -       600  -
2026-05-21  -      -        60  claim_in_future
2026-05-21  09:00  10:00    60  claim_in_future
"""


@pytest.mark.parametrize("line", TIMES.strip().splitlines())
def test_the_times_of_a_visit_are_looked_at_by_the_communitys_own_clock(line):
    on, begins, ends, minutes, due = line.split()
    hours = hours_of(replace(DEFAULT, timezone="Europe/Zurich"))
    for person in (ANA, BEN):
        hours.standings[person] = standing(person, joined_on=date(2020, 1, 1))
    claim = NewClaim(
        named("new"),
        ANA,
        BEN,
        "garden",
        date.fromisoformat(on),
        int(minutes) * 60,
        clock(begins),
        clock(ends),
    )
    refusal = refusal_to_log(hours, claim, BY_ANA, book_of(), NOW)
    assert ("-" if refusal is None else refusal.code) == due


# The first moment and the last at which it is that day.
DAYS = """
Asia/Tokyo      2026-05-12T15:00:00  2026-05-13
Asia/Tokyo      2026-05-12T14:59:59  2026-05-12
Europe/Zurich   2026-05-12T22:00:00  2026-05-13
Europe/Zurich   2026-05-12T21:59:59  2026-05-12
UTC             2026-05-13T00:00:00  2026-05-13
America/Bogota  2026-05-13T04:59:59  2026-05-12
"""


@pytest.mark.parametrize("line", DAYS.strip().splitlines())
def test_a_day_begins_at_the_communitys_own_midnight(line):
    zone, moment, due = line.split()
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert today_of([(date.min, replace(DEFAULT, timezone=zone))], now) == date.fromisoformat(due)


# --- who, and when they belonged ------------------------------------------------------------------------------------

PEOPLE = [
    ({}, {}, None),
    ({"joined_on": ON}, {}, None),
    ({"joined_on": ON + timedelta(days=1)}, {}, "before_joining"),
    ({}, {"joined_on": ON + timedelta(days=1)}, "before_joining"),
    ({"status": "left", "status_since": ON}, {}, None),
    ({"status": "left", "status_since": ON - timedelta(days=1)}, {}, "after_leaving"),
    ({}, {"status": "died", "status_since": ON - timedelta(days=1)}, "after_leaving"),
    ({"status": "away"}, {"status": "away"}, None),
    ({"status": "applied"}, {}, "after_leaving"),
    ({"account_id": None}, {}, "no_account"),
    ({}, {"payer_account_id": None}, "no_account"),
    ({"account_ids": frozenset({POT})}, {"account_ids": frozenset({POT, ISSUANCE})}, "own_household"),
]


@pytest.mark.parametrize(("provider", "receiver", "due"), PEOPLE)
def test_both_belonged_to_the_community_on_that_day_and_share_no_account(provider, receiver, due):
    hours = hours_of()
    hours.standings |= {ANA: standing(ANA, **provider), BEN: standing(BEN, **receiver)}
    refusal = refusal_to_log(
        hours, NewClaim(named("new"), ANA, BEN, "garden", ON, HOUR), BY_ANA, book_of(), NOW
    )
    assert (None if refusal is None else refusal.code) == due


# --- overlaps ---------------------------------------------------------------------------------------------------------

# who gave and got, from when to when, minutes; what a claim of Ana's for Ben from 9:00 to 10:00 makes of it
MET = """
ana ben   09:00 10:00  60  duplicate
ana ben   09:59 11:00  61  duplicate
ana ben   10:00 11:00  60  -
ana ben   08:00 09:00  60  -
ana ben   -     -      60  duplicate
ana ben   -     -      59  -
ben ana   09:30 10:30  60  provider
ben ana   -     -      60  -
ana cleo  09:30 10:30  60  provider
ana cleo  -     -      60  -
cleo ana  09:30 10:30  60  provider
cleo ben  09:30 10:30  60  receiver
ben cleo  09:30 10:30  60  receiver
cleo ben  10:00 10:30  30  -
"""


@pytest.mark.parametrize("line", MET.strip().splitlines())
def test_what_two_claims_of_a_day_have_in_common_is_said(line):
    provider, receiver, begins, ends, minutes, due = line.split()
    hours = hours_of()
    hours.visits.put(
        visit(provider, receiver, minutes=int(minutes), from_time=clock(begins), to_time=clock(ends))
    )
    claim = NewClaim(named("new"), ANA, BEN, "garden", ON, HOUR, time(9), time(10))
    assert [kind for _, kind in overlaps(hours, claim)] == ([] if due == "-" else [due])


def visit(provider, receiver, *, minutes=60, on=ON, state=ClaimState.SUBMITTED, credited=0, **more):
    values = {"from_time": time(9), "to_time": time(10)} | more
    return Visit(
        named(f"{provider} {receiver} {on} {minutes}"),
        named(provider.title()),
        named(receiver.title()),
        on,
        values["from_time"],
        values["to_time"],
        minutes * 60,
        credited,
        state,
    )


@pytest.mark.parametrize("state", ClaimState)
def test_only_what_still_says_somebody_was_there_overlaps(state):
    hours = hours_of()
    hours.visits.put(visit("ana", "ben", state=state))
    claim = NewClaim(named("new"), ANA, BEN, "garden", ON, HOUR, time(9), time(10))
    counts = state in (ClaimState.SUBMITTED, ClaimState.POSTED, ClaimState.DISPUTED)
    assert len(overlaps(hours, claim)) == counts
    hours.visits.put(visit("ana", "ben", minutes=1440, state=state))
    assert (refusal_by_length(hours, claim) is not None) == counts


# --- caps as a claim is logged --------------------------------------------------------------------------------------

# hours posted that day, hours waiting that day, hours posted on Monday, in all before; the length; what is said
LOGGED = """
0 0 0 0   4  -
0 0 0 0   5  over_daily_cap
3 0 0 0   1  -
3 0 0 0   2  over_daily_cap
2 1 0 0   1  -
2 1 0 0   2  over_daily_cap
0 0 4 0   2  -
0 0 4 0   3  over_weekly_cap
0 1 4 0   2  over_weekly_cap
0 0 0 9   1  -
0 0 0 9   2  over_lifetime_cap
0 1 0 9   1  over_lifetime_cap
"""


@pytest.mark.parametrize("line", LOGGED.strip().splitlines())
def test_a_claim_hears_of_a_cap_when_it_is_logged_counting_what_waits(line):
    *numbers, due = line.split()
    posted, waiting, monday, before, length = [int(each) * HOUR for each in numbers]
    caps = {
        Period.DAILY: Cap(4 * HOUR, Above.REFUSE),
        Period.WEEKLY: Cap(6 * HOUR, Above.REFUSE),
        Period.LIFETIME: Cap(10 * HOUR, Above.REFUSE),
    }
    hours = hours_of(replace(DEFAULT, caps=caps))
    hours.lifetime[ANA] = before + posted + monday
    hours.visits.put(visit("ana", "ben", minutes=posted // 60, state=ClaimState.POSTED, credited=posted))
    hours.visits.put(visit("ana", "cleo", minutes=waiting // 60))
    hours.visits.put(
        visit(
            "ana",
            "cleo",
            minutes=monday // 60,
            on=ON - timedelta(days=2),
            state=ClaimState.POSTED,
            credited=monday,
        )
    )
    refusal = refusal_by_length(hours, NewClaim(named("new"), ANA, BEN, "garden", ON, length))
    assert ("-" if refusal is None else refusal.code) == due


# --- paying -----------------------------------------------------------------------------------------------------------

RATED = Activity("night", "Night watch", Fraction(3, 2), Fraction(1))
DEAR = Activity("bath", "Bathing", Fraction(1), Fraction(3, 2))
CARD = replace(DEFAULT, equal_hours=False, activities={"night": RATED, "bath": DEAR})
ALL_FUNDERS = (Funder.RECEIVER, Funder.POT, Funder.ISSUANCE)
POT_AFTER_TWO = {Period.DAILY: Cap(2 * HOUR, Above.POT)}
HONOUR_AFTER_TWO = {Period.DAILY: Cap(2 * HOUR, Above.HONOUR)}

# policy, what the claim is for, hours; minutes Ben and the pot have; what moves in minutes for Ben, Ana, the pot and
# issuance, or the refusal
PAID = [
    (DEFAULT, "garden", 1, 0, 0, (-60, 60, 0, 0)),
    (DEFAULT, "garden", 10, 0, 0, (-600, 600, 0, 0)),
    (DEFAULT, "garden", 10, -15, 0, "below_floor"),
    # By the tariff the receiver pays, and what it leaves over is the pot's; what it lacks the pot adds.
    (CARD, "bath", 2, 0, 0, (-180, 120, 60, 0)),
    (CARD, "night", 2, 0, 90, (-120, 180, -60, 0)),
    (CARD, "night", 2, 0, 0, "below_floor"),
    # Nobody pays in part: the first who can pay all of it does.
    (replace(DEFAULT, funders=ALL_FUNDERS), "garden", 1, -600, 90, (0, 60, -60, 0)),
    (replace(DEFAULT, funders=ALL_FUNDERS), "garden", 1, -600, 30, (0, 60, 0, -60)),
    (replace(DEFAULT, funders=(Funder.RECEIVER, Funder.POT)), "garden", 1, -600, 30, "nobody_pays"),
    (replace(CARD, funders=(Funder.POT,)), "bath", 2, 0, 120, (0, 120, -120, 0)),
    # Above a cap: the pot gets it, or nobody pays for it.
    (replace(DEFAULT, caps=POT_AFTER_TWO), "garden", 3, 0, 0, (-180, 120, 60, 0)),
    (replace(DEFAULT, caps=HONOUR_AFTER_TWO), "garden", 3, 0, 0, (-120, 120, 0, 0)),
    (replace(CARD, caps=HONOUR_AFTER_TWO), "bath", 3, 0, 0, (-180, 120, 60, 0)),
    (replace(DEFAULT, funders=(Funder.POT,), caps=POT_AFTER_TWO), "garden", 3, 0, 120, (0, 120, -120, 0)),
    # A policy may be narrower than the account, and look at what the provider would have.
    (replace(DEFAULT, floor=Limit(-HOUR, soft=False)), "garden", 1, -15, 0, "below_floor"),
    (replace(DEFAULT, floor=Limit(-HOUR, soft=True)), "garden", 1, -15, 0, (-60, 60, 0, 0)),
    (replace(DEFAULT, ceiling=Limit(HOUR, soft=False)), "garden", 2, 0, 0, "above_ceiling"),
    (replace(DEFAULT, ceiling=Limit(HOUR, soft=True)), "garden", 2, 0, 0, (-120, 120, 0, 0)),
]


@pytest.mark.parametrize(("policy", "activity", "length", "ben", "pot", "due"), PAID)
def test_who_pays_and_what_moves(policy, activity, length, ben, pot, due):
    paid = pay(
        hours_of(policy), claim_of(activity, length * HOUR), book_of(ben=ben * 60, pot=pot * 60), BY_ANA, NOW
    )
    if isinstance(due, str):
        assert paid[0].code == due
        return
    [command] = paid.commands
    moved = dict(command.entries)
    assert sum(moved.values()) == 0
    accounts = (account_of(BEN), account_of(ANA), POT, ISSUANCE)
    assert tuple(moved.get(account, 0) // 60 for account in accounts) == due
    assert paid.credited_seconds == moved[account_of(ANA)]


def claim_of(activity="garden", seconds=HOUR, care_request_id=None):
    return Claim(
        named("claim"),
        ANA,
        BEN,
        activity,
        ON,
        None,
        None,
        seconds,
        0,
        account_of(ANA),
        account_of(BEN),
        care_request_id,
        None,
    )


def test_what_is_given_for_the_honour_of_it_moves_nothing_and_counts_for_nothing():
    full = replace(DEFAULT, caps={Period.DAILY: Cap(0, Above.HONOUR)})
    paid = pay(hours_of(full), claim_of(), book_of(), BY_ANA, NOW)
    assert (paid.commands, paid.credited_seconds, paid.paid_seconds) == ((), 0, 0)


# minutes set aside, minutes visited, whether its deadline has passed; the kinds of commands, and what pays
HELD = [
    (60, 60, False, ["settle"]),
    (90, 60, False, ["settle"]),
    (60, 90, False, ["void", "pay"]),
    (60, 60, True, ["pay"]),
]


@pytest.mark.parametrize(("held", "visited", "late", "due"), HELD)
def test_a_visit_is_paid_from_what_was_set_aside_for_it_and_the_rest_is_free(held, visited, late, due):
    book, hours = book_of(), hours_of()
    expires_at = NOW - timedelta(hours=1) if late else NOW + timedelta(hours=1)
    hold = Hold(named("hold"), account_of(BEN), held * 60, expires_at)
    book.open_holds[hold.id] = hold
    # The rest of what Ben has is exactly what is set aside: he could not pay it twice.
    book.accounts[hold.account_id].balance = -36_000 + max(held, visited) * 60
    if not late:
        book.accounts[hold.account_id].held = hold.seconds
    request = CareRequest(
        named("request"), BEN, "garden", hold.account_id, hold.id, hold.seconds, "taken", 2, ANA, expires_at
    )
    hours.care_requests[request.id] = request
    paid = pay(hours, claim_of(seconds=visited * 60, care_request_id=request.id), book, BY_ANA, NOW)
    assert isinstance(paid, Payment)
    assert [kind_of(command) for command in paid.commands] == due
    assert (paid.credited_seconds, paid.settles) == (visited * 60, request)


def held_request(hours, book, payer_id, seconds, held):
    """A request that Ana took, with so much of an account set aside for it."""
    hold = Hold(named("hold"), payer_id, held, NOW + timedelta(hours=1))
    book.open_holds[hold.id] = hold
    book.accounts[payer_id].held = held
    request = CareRequest(
        named("request"), BEN, "garden", payer_id, hold.id, held, "taken", 2, ANA, hold.expires_at
    )
    hours.care_requests[request.id] = request
    return claim_of(seconds=seconds, care_request_id=request.id)


def test_what_was_set_aside_is_free_again_when_a_visit_is_given_for_the_honour_of_it():
    hours, book = hours_of(replace(DEFAULT, caps={Period.DAILY: Cap(0, Above.HONOUR)})), book_of()
    paid = pay(hours, held_request(hours, book, account_of(BEN), HOUR, HOUR), book, BY_ANA, NOW)
    assert [kind_of(command) for command in paid.commands] == ["void"]
    assert paid.settles is not None


def test_what_was_set_aside_is_free_again_when_somebody_else_pays_in_the_end():
    hours, book = hours_of(replace(DEFAULT, funders=(Funder.RECEIVER, Funder.POT))), book_of(pot=9 * HOUR)
    book.accounts[account_of(BEN)].balance = -9 * HOUR
    paid = pay(hours, held_request(hours, book, account_of(BEN), 3 * HOUR, HOUR), book, BY_ANA, NOW)
    assert [kind_of(command) for command in paid.commands] == ["void", "pay"]
    assert paid.payer_account_id == POT


@pytest.mark.parametrize(("visited", "due"), [(1, None), (2, None), (3, Refusal.OVER_POT_BUDGET)])
def test_what_comes_on_top_of_what_a_pot_has_promised_must_fit_its_rule(visited, due):
    hours, book = hours_of(replace(DEFAULT, funders=(Funder.POT,))), book_of(pot=9 * HOUR)
    # An hour is promised to Ben, and counts already; there is room for one more this month.
    hours.pots[DEFAULT.pot] = Pot(POT, monthly_budget=2 * HOUR, spent={BEN: HOUR})
    claim = held_request(hours, book, POT, visited * HOUR, HOUR)
    paid = pay(hours, claim, book, BY_ANA, NOW)
    if due is None:
        assert isinstance(paid, Payment)
    else:
        assert paid == (due, str(POT))


def kind_of(command):
    match command:
        case VoidHold():
            return "void"
        case PostTransfer(hold_id=None):
            return "pay"
    return "settle"


# whom the pot is for, what it may give in a month in all and to one; what it gave Ben and Cleo; the refusal of an hour
RULES = """
anybody       -  -  9 9  -
anybody       3  -  1 1  -
anybody       3  -  1 2  over_pot_budget
anybody       -  2  1 9  -
anybody       -  2  2 0  over_pot_budget
frail         -  -  0 0  not_eligible
service_user  -  -  0 0  not_eligible
"""


@pytest.mark.parametrize("line", RULES.strip().splitlines())
def test_a_pot_gives_by_its_rule(line):
    eligible, budget, each, ben, cleo, due = line.split()
    pot = Pot(
        POT,
        eligible,
        *(None if number == "-" else int(number) * HOUR for number in (budget, each)),
        {BEN: int(ben) * HOUR, CLEO: int(cleo) * HOUR},
    )
    refusal = pot.gives(standing(BEN), HOUR)
    assert ("-" if refusal is None else refusal.code) == due


def test_what_waits_in_another_week_counts_the_same_whatever_else_was_read():
    hours = hours_of(replace(DEFAULT, caps={Period.LIFETIME: Cap(3 * HOUR, Above.REFUSE)}))
    claim = NewClaim(named("new"), ANA, BEN, "garden", ON, 2 * HOUR)
    assert refusal_by_length(hours, claim) is None
    hours.visits.put(visit("ana", "cleo", minutes=120, on=ON - timedelta(days=14)))
    assert refusal_by_length(hours, claim) is None
