"""Delegates and relatives on a real PostgreSQL: who may give what, the cap of a month, and who is close to whom."""

import asyncio
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.book.authors import SHELL, Author, Event, Via
from ledger.book.commands import AccountKind, OpenAccount
from ledger.book.ledger import Ledger
from ledger.book.posting import Done, Replayed
from ledger.database.connections import Database
from ledger.log.published import PublishedCheckpoints
from ledger.people.acts import act
from ledger.people.delegates import (
    Delegation,
    Relation,
    add_relative,
    end_delegation,
    give_delegation,
    list_delegations,
    list_relatives,
    related,
    remove_relative,
    spend,
)
from ledger.people.households import add_holder, remove_holder
from ledger.people.roles import Delegated, DelegateScope
from tests.outcomes import answer
from tests.people import member

_numbers = count()
SEE, SPEND = DelegateScope.SEE, DelegateScope.SPEND


def own(member_id):
    return Author(Via.MEMBER, member_id)


def coordinator(member_id):
    return Author(Via.COORDINATOR, member_id)


def delegation(member_id, delegate_id, *scopes, cap=0, relation=Relation.FRIEND, **more):
    return Delegation(
        uuid4(), member_id, delegate_id, relation, frozenset(scopes or (SEE,)), cap, date(2026, 1, 1), **more
    )


async def given_by(ledger, community, author, new, **more):
    return answer((await give_delegation(ledger, community, author, uuid4(), new, **more)).outcome)


async def spent(ledger, community, new, seconds, key=None):
    """What becomes of an act that spends under the delegation."""
    delegated = Delegated(new.id, new.member_id, new.scopes, new.monthly_cap, frozenset())
    author = own(new.delegate_id)

    async def also(db, decision, now):
        await spend(db, community.id, delegated, seconds, now)
        return [Event("spent", author, new.member_id)]

    key = key or uuid4()
    asked = [str(new.id), seconds]
    return answer((await act(ledger, community, author, key, "spend", asked, also)).outcome)


async def set_member(owner, member_id, **columns):
    for column, value in columns.items():
        await owner.execute(f"UPDATE member SET {column} = $1 WHERE member_id = $2", value, member_id)


async def close_to(ledger, community, member_id, *others, **more):
    async with ledger.database.connection(community.id) as db:
        return await related(db, community.id, member_id, others, **more)


@pytest.fixture
async def people(ledger, community):
    """Ana, Ben, and the co-ordinators Cleo and Dan."""
    return [await member(ledger, community, name) for name in ("Ana", "Ben", "Cleo", "Dan")]


@pytest.mark.parametrize(
    ("who", "proposer", "frail", "expected"),
    [
        ("ana", None, False, "done"),
        ("ana", None, True, "done"),
        ("ben", None, True, "not_frail"),
        ("cleo", None, True, "not_frail"),
        ("shell", None, True, "not_frail"),
        ("dan", "cleo", True, "done"),
        ("dan", "cleo", False, "not_frail"),
        ("dan", "dan", True, "proposer_cannot_approve"),
        ("shell", "dan", True, "not_frail"),
        ("dan", "ben", True, "own_affair"),
        ("ben", "cleo", True, "own_affair"),
        ("ana", "cleo", True, "own_affair"),
    ],
)
async def test_the_member_gives_a_delegation_or_two_others_for_a_frail_one(
    ledger, community, people, owner, who, proposer, frail, expected
):
    named = dict(zip(("ana", "ben", "cleo", "dan"), people, strict=True))
    await set_member(owner, named["ana"], frail=frail)
    author = SHELL if who == "shell" else own(named[who])
    new = delegation(named["ana"], named["ben"])
    outcome = await given_by(ledger, community, author, new, proposer=named.get(proposer))
    assert outcome == expected
    rows = await owner.fetch("SELECT given_by, approved_by FROM delegation")
    alone = (named["ana"], None)
    given = alone if proposer is None else (named[proposer], named.get(who))
    assert [tuple(row) for row in rows] == ([given] if expected == "done" else [])


@pytest.mark.parametrize("close", ["ana", "ben"])
@pytest.mark.parametrize("which", ["proposer", "approver"])
async def test_nobody_close_to_either_gives_a_delegation_for_a_frail_member(
    ledger, community, people, owner, close, which
):
    ana, ben, cleo, dan = people
    await set_member(owner, ana, frail=True)
    theirs, person = ana if close == "ana" else ben, cleo if which == "proposer" else dan
    await add_relative(ledger, community, SHELL, uuid4(), theirs, person, Relation.SIBLING)
    new = delegation(ana, ben)
    assert await given_by(ledger, community, coordinator(dan), new, proposer=cleo) == "own_affair"


async def test_both_of_a_delegation_belong_to_the_community(ledger, community, people, owner):
    ana, ben, cleo, _ = people
    assert await given_by(ledger, community, own(ana), delegation(ana, uuid4())) == "member_unknown"
    stranger = uuid4()
    assert await given_by(ledger, community, own(stranger), delegation(stranger, ben)) == "member_unknown"
    await set_member(owner, cleo, status="left")
    assert await given_by(ledger, community, own(ana), delegation(ana, cleo)) == "member_gone"
    assert await given_by(ledger, community, own(cleo), delegation(cleo, ana)) == "member_gone"
    elm = await ledger.found("elm", "Elm Street", "https://care.example.org", "care.example.org/elm")
    foreign = await member(ledger, elm)
    assert await given_by(ledger, community, own(ana), delegation(ana, foreign)) == "member_unknown"


async def test_a_delegation_stands_in_the_log_with_ids_and_words_only(ledger, community, people, owner):
    ana, ben, *_ = people
    new = delegation(ana, ben, SEE, SPEND, cap=3600, relation=Relation.CHILD, until_on=date(2027, 1, 1))
    key = uuid4()
    first = await give_delegation(ledger, community, own(ana), key, new)
    assert isinstance(first.outcome, Done)
    again = await give_delegation(ledger, community, own(ana), key, new)
    assert isinstance(again.outcome, Replayed)
    await end_delegation(ledger, community, Author(Via.DELEGATE, ben, for_member_id=ana), uuid4(), new.id)
    rows = await owner.fetch("SELECT * FROM event ORDER BY leaf_index")
    assert [(row["kind"], row["member_id"], row["author_id"]) for row in rows] == [
        ("delegation_given", ana, str(ana)),
        ("delegation_received", ben, str(ana)),
        ("delegation_ended", ana, str(ben)),
        ("delegation_ended", ben, str(ben)),
    ]
    given = {
        "delegation": str(new.id),
        "delegate": str(ben),
        "relation": "child",
        "scopes": ["see", "spend"],
        "cap": 3600,
        "from": "2026-01-01",
        "until": "2027-01-01",
    }
    ended = {"delegation": str(new.id), "delegate": str(ben)}
    assert [json.loads(row["details"]) for row in rows] == [given, given, ended, ended]


@pytest.mark.parametrize("relation", [Relation.CHILD, Relation.CARER])
async def test_a_delegation_records_no_relative_and_makes_close_only_while_it_lasts(
    ledger, community, people, owner, relation
):
    """Else anybody could make a co-ordinator their family for good, and so keep them from deciding."""
    ana, ben, *_ = people
    new = delegation(ana, ben, relation=relation)
    assert await given_by(ledger, community, own(ana), new) == "done"
    async with ledger.database.connection(community.id) as db:
        for each in (ana, ben):
            assert await list_relatives(db, community.id, each) == []
    assert await close_to(ledger, community, ben, ana)
    await end_delegation(ledger, community, own(ben), uuid4(), new.id)
    assert not await close_to(ledger, community, ben, ana)
    assert await owner.fetchval("SELECT count(*) FROM relative") == 0


async def test_a_delegation_ends_at_once_and_once(ledger, community, people):
    ana, ben, *_ = people
    new = delegation(ana, ben, SPEND, cap=100)
    await given_by(ledger, community, own(ana), new)
    assert await spent(ledger, community, new, 10) == "done"

    async def end(delegation_id):
        return answer((await end_delegation(ledger, community, own(ana), uuid4(), delegation_id)).outcome)

    assert await end(new.id) == "done"
    assert await spent(ledger, community, new, 10) == "delegation_ended"
    assert await end(new.id) == "delegation_ended"
    assert await end(uuid4()) == "delegation_unknown"
    lapsed = delegation(ana, ben, until_on=date(2026, 1, 1))
    await given_by(ledger, community, own(ana), lapsed)
    assert await end(lapsed.id) == "delegation_ended"


async def test_a_delegate_spends_only_under_a_delegation_that_says_so_and_is_in_force(
    ledger, community, people, owner
):
    ana, ben, *_ = people
    sees = delegation(ana, ben, SEE)
    later = Delegation(uuid4(), ana, ben, Relation.FRIEND, frozenset([SPEND]), 100, date(2999, 1, 1))
    spends = delegation(ana, ben, SPEND, cap=100)
    for each in (sees, later, spends):
        assert await given_by(ledger, community, own(ana), each) == "done"
    assert await spent(ledger, community, sees, 1) == "delegation_unknown"
    assert await spent(ledger, community, delegation(ana, ben), 1) == "delegation_unknown"
    assert await spent(ledger, community, later, 1) == "delegation_ended"
    assert await spent(ledger, community, spends, 101) == "over_delegate_cap"
    assert await spent(ledger, community, spends, 100) == "done"
    await set_member(owner, ben, status="left")
    assert await spent(ledger, community, spends, 1) == "delegation_ended"
    with pytest.raises(ValueError, match="more than zero"):
        await spent(ledger, community, spends, 0)


async def test_of_two_spends_that_race_for_the_last_of_the_cap_one_wins(ledger, community, people, owner):
    ana, ben, *_ = people
    new = delegation(ana, ben, SPEND, cap=3600)
    await given_by(ledger, community, own(ana), new)
    assert await spent(ledger, community, new, 1800) == "done"
    outcomes = await asyncio.gather(*(spent(ledger, community, new, 1000 + n) for n in range(8)))
    assert Counter(outcomes) == {"done": 1, "over_delegate_cap": 7}
    assert 2800 <= await owner.fetchval("SELECT seconds FROM delegation_month") <= 2807


async def test_a_spend_repeated_is_counted_once(ledger, community, people, owner):
    ana, ben, *_ = people
    new = delegation(ana, ben, SPEND, cap=3600)
    await given_by(ledger, community, own(ana), new)
    key = uuid4()
    outcomes = await asyncio.gather(*(spent(ledger, community, new, 3000, key) for _ in range(5)))
    assert Counter(outcomes) == {"done": 1, "replayed": 4}
    assert await owner.fetchval("SELECT seconds FROM delegation_month") == 3000


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    start=st.sampled_from([datetime(2026, 12, 31, 22, tzinfo=UTC), datetime(2028, 2, 28, 23, tzinfo=UTC)]),
    cap=st.integers(1, 5000),
    attempts=st.lists(
        st.tuples(st.sampled_from([0, 1, 1800, 3600, 86400, 27 * 86400]), st.integers(1, 3000)), max_size=12
    ),
)
def test_the_cap_holds_for_each_calendar_month(database_url, keys, tmp_path, start, cap, attempts):
    moment = start

    async def run():
        nonlocal moment
        database = Database(database_url, pool_size=2)
        ledger = Ledger(database, keys, PublishedCheckpoints(tmp_path / "checkpoints"), now=lambda: moment)
        slug = f"c{next(_numbers)}"
        try:
            community = await ledger.found(slug, slug, "https://care.example.org", f"care.example.org/{slug}")
            ana, ben = await member(ledger, community), await member(ledger, community)
            new = delegation(ana, ben, SPEND, cap=cap)
            await given_by(ledger, community, own(ana), new)
            months = Counter()
            for wait, seconds in attempts:
                moment += timedelta(seconds=wait)
                month = f"{moment:%Y-%m}"
                fits = months[month] + seconds <= cap
                assert await spent(ledger, community, new, seconds) == (
                    "done" if fits else "over_delegate_cap"
                )
                months[month] += seconds if fits else 0
                async with database.connection(community.id) as db:
                    [row] = await list_delegations(db, community.id, ana, moment)
                assert row["spent"] == months[month]
        finally:
            await database.close()

    asyncio.run(run())


async def test_delegations_given_and_received_are_listed_those_not_ended_first(ledger, community, people):
    ana, ben, cleo, dan = people
    ended, received, newest = delegation(ana, ben), delegation(cleo, ana), delegation(ana, dan)
    await given_by(ledger, community, own(ana), ended)
    await end_delegation(ledger, community, own(ana), uuid4(), ended.id)
    start = datetime.now(UTC)
    for hours, (author, new) in enumerate([(cleo, received), (ana, newest)], 1):
        ledger.now = lambda hours=hours: start + timedelta(hours=hours)
        assert await given_by(ledger, community, own(author), new) == "done"
    await given_by(ledger, community, own(cleo), delegation(cleo, dan))
    async with ledger.database.connection(community.id) as db:
        rows = await list_delegations(db, community.id, ana, ledger.now())
        elsewhere = await list_delegations(db, community.id + 1, ana, ledger.now())
    assert [row["delegation_id"] for row in rows] == [newest.id, received.id, ended.id]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE delegation SET scopes = '{}'", "delegation_scopes_check"),
        ("UPDATE delegation SET scopes = '{spend}'", "delegation_cap_check"),
        ("UPDATE delegation SET until_on = from_on - 1", "delegation_dates_check"),
        ("UPDATE delegation SET delegate_id = member_id", "delegation_self_check"),
        ("UPDATE delegation SET given_by = delegate_id", "delegation_given_check"),
        ("UPDATE delegation SET given_by = gen_random_uuid()", "delegation_given_check"),
        (
            "UPDATE delegation SET given_by = community_uuid, approved_by = community_uuid"
            " FROM gen_random_uuid() AS community_uuid",
            "delegation_given_check",
        ),
    ],
)
async def test_the_database_itself_refuses_what_the_rules_forbid(
    ledger, community, people, owner, statement, constraint
):
    ana, ben, *_ = people
    await given_by(ledger, community, own(ana), delegation(ana, ben))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(statement)
    assert refused.value.constraint_name == constraint


async def test_the_service_cannot_widen_a_delegation(ledger, community, people):
    ana, ben, *_ = people
    await given_by(ledger, community, own(ana), delegation(ana, ben, SPEND, cap=1))
    async with ledger.database.connection(community.id) as db:
        for change in ("monthly_cap = 2", "scopes = '{see}'", "until_on = NULL", "delegate_id = member_id"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.driver.execute(f"UPDATE delegation SET {change}")


async def test_relatives_are_close_whichever_of_them_is_asked(ledger, community, people, owner):
    ana, ben, cleo, dan = people
    await add_relative(ledger, community, coordinator(dan), uuid4(), ana, ben, Relation.CHILD)
    assert await close_to(ledger, community, ana, ben)
    assert await close_to(ledger, community, ben, cleo, ana)
    assert not await close_to(ledger, community, ana, cleo, dan)
    assert not await close_to(ledger, community, ana)
    assert await close_to(ledger, community, ana, ana)
    async with ledger.database.connection(community.id) as db:
        assert await list_relatives(db, community.id, ana) == [(ben, Relation.CHILD)]
        assert await list_relatives(db, community.id, ben) == [(ana, Relation.PARENT)]
    # Said anew from the other side, it is still one row, which either side takes back.
    await add_relative(ledger, community, coordinator(dan), uuid4(), ben, ana, Relation.SIBLING)
    async with ledger.database.connection(community.id) as db:
        assert await list_relatives(db, community.id, ana) == [(ben, Relation.SIBLING)]
        assert await list_relatives(db, community.id, ben) == [(ana, Relation.SIBLING)]
    await remove_relative(ledger, community, coordinator(dan), uuid4(), ana, ben)
    assert not await close_to(ledger, community, ana, ben)
    rows = await owner.fetch("SELECT kind, member_id, details FROM event ORDER BY leaf_index")
    assert [(row["kind"], row["member_id"], json.loads(row["details"])) for row in rows] == [
        ("relative_recorded", ana, {"relative": str(ben), "relation": "child"}),
        ("relative_recorded", ben, {"relative": str(ana), "relation": "parent"}),
        ("relative_recorded", ben, {"relative": str(ana), "relation": "sibling"}),
        ("relative_recorded", ana, {"relative": str(ben), "relation": "sibling"}),
        ("relative_removed", ana, {"relative": str(ben)}),
        ("relative_removed", ben, {"relative": str(ana)}),
    ]


async def test_a_delegate_is_close_to_whom_they_act_for_while_they_do(ledger, community, people):
    ana, ben, *_ = people
    new = delegation(ana, ben, until_on=date(2027, 1, 31))
    await given_by(ledger, community, own(ana), new)
    assert await close_to(ledger, community, ben, ana, today=date(2027, 1, 31))
    assert not await close_to(ledger, community, ben, ana, today=date(2027, 2, 1))
    assert not await close_to(ledger, community, ben, ana, today=date(2025, 12, 31))
    # And who gave it is as close to them.
    assert await close_to(ledger, community, ana, ben, today=date(2027, 1, 31))
    await end_delegation(ledger, community, own(ben), uuid4(), new.id)
    assert not await close_to(ledger, community, ben, ana, today=date(2027, 1, 31))


async def test_a_household_makes_its_holders_close(ledger, community, people):
    ana, ben, cleo, dan = people
    account = uuid4()
    await ledger.post(community, [OpenAccount(account, AccountKind.HOUSEHOLD, "h-1", 0, None)])
    for each in (ana, ben):
        await add_holder(ledger, community, coordinator(dan), uuid4(), account, each)
    assert await close_to(ledger, community, ana, ben)
    assert not await close_to(ledger, community, ana, cleo)
    await remove_holder(ledger, community, coordinator(dan), uuid4(), account, ben)
    assert not await close_to(ledger, community, ana, ben)


async def test_recording_a_relative_is_refused(ledger, community, people, owner):
    ana, ben, cleo, dan = people

    async def add(*pair):
        given = await add_relative(ledger, community, coordinator(dan), uuid4(), *pair, Relation.SPOUSE)
        return answer(given.outcome)

    async def remove(author, *pair):
        return answer((await remove_relative(ledger, community, author, uuid4(), *pair)).outcome)

    assert await add(ana, uuid4()) == "member_unknown"
    assert await add(uuid4(), ana) == "member_unknown"
    assert await remove(coordinator(dan), ana, ben) == "member_unknown"
    assert await add(dan, ana) == "done"
    assert await remove(coordinator(dan), dan, ana) == "own_affair"
    assert await remove(coordinator(dan), ana, dan) == "own_affair"
    assert await remove(coordinator(cleo), ana, dan) == "done"
    await set_member(owner, ben, status="died")
    assert await add(ana, ben) == "member_gone"
    for pair in ((ana, ana, Relation.SPOUSE), (ana, cleo, Relation.FRIEND)):
        with pytest.raises(ValueError, match="another member of the family"):
            await add_relative(ledger, community, SHELL, uuid4(), *pair)
