"""Households on a real PostgreSQL: who holds an account together, and since when."""

import asyncio
import json
from collections import Counter
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL, Author, Via
from ledger.book.commands import AccountKind, CloseAccount, OpenAccount, PostTransfer, TransferKind
from ledger.people.delegates import Relation, add_relative
from ledger.people.households import add_holder, list_holders, remove_holder
from ledger.people.roles import Role
from tests.browsers import give_role
from tests.outcomes import answer
from tests.people import member


async def opened(ledger, community, kind=AccountKind.HOUSEHOLD):
    account_id = uuid4()
    await ledger.post(community, [OpenAccount(account_id, kind, f"a-{account_id.hex[:8]}", 0, None)])
    return account_id


async def done(act, ledger, community, author, account_id, member_id):
    return answer((await act(ledger, community, author, uuid4(), account_id, member_id)).outcome)


async def holders(ledger, community, account_id):
    async with ledger.database.connection(community.id) as db:
        return {row["member_id"] for row in await list_holders(db, community.id, account_id)}


@pytest.fixture
async def people(ledger, community):
    """Ana, Ben, and the co-ordinator Cleo."""
    return [await member(ledger, community, name) for name in ("Ana", "Ben", "Cleo")]


async def test_several_hold_a_household_until_they_do_no_longer(ledger, community, people, owner):
    ana, ben, cleo = people
    author = Author(Via.COORDINATOR, cleo)
    account = await opened(ledger, community)
    assert await done(add_holder, ledger, community, author, account, ana) == "done"
    assert await done(add_holder, ledger, community, author, account, ben) == "done"
    assert await holders(ledger, community, account) == {ana, ben}
    assert await done(add_holder, ledger, community, author, account, ben) == "holder_known"
    assert await done(remove_holder, ledger, community, author, account, ben) == "done"
    assert await holders(ledger, community, account) == {ana}
    assert await done(remove_holder, ledger, community, author, account, ben) == "holder_unknown"
    # Within the same second, too: the moment is part of the row's key.
    assert await done(add_holder, ledger, community, author, account, ben) == "done"
    assert await holders(ledger, community, account) == {ana, ben}
    events = await owner.fetch("SELECT kind, member_id, details FROM event ORDER BY leaf_index")
    assert [(kind, who, json.loads(details)) for kind, who, details in events] == [
        (kind, who, {"account": str(account), "holder": str(holder)})
        for kind, who, holder in [
            ("holder_added", ana, ana),
            ("holder_added", ben, ben),
            ("household_changed", ana, ben),
            ("holder_removed", ben, ben),
            ("household_changed", ana, ben),
            ("holder_added", ben, ben),
            ("household_changed", ana, ben),
        ]
    ]


async def test_holding_again_in_the_second_in_which_one_ceased_to_is_holding_on(ledger, community, people):
    ana, _, cleo = people
    moment = ledger.now()
    ledger.now = lambda: moment
    author = Author(Via.COORDINATOR, cleo)
    account = await opened(ledger, community)
    for act in (add_holder, remove_holder, add_holder, remove_holder, add_holder):
        assert await done(act, ledger, community, author, account, ana) == "done"
    assert await holders(ledger, community, account) == {ana}


async def test_only_a_household_that_is_open_takes_a_member_who_is_here(ledger, community, people, owner):
    ana, ben, _ = people
    household = await opened(ledger, community)
    pot = await opened(ledger, community, AccountKind.POT)
    single = await opened(ledger, community, AccountKind.MEMBER)
    closed = await opened(ledger, community)
    await ledger.post(community, [CloseAccount(uuid4(), closed)])
    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", ben)
    elm = await ledger.found("elm", "Elm Street", "https://care.example.org", "care.example.org/elm")
    foreign = await opened(ledger, elm)
    for account, who, expected in [
        (household, uuid4(), "member_unknown"),
        (household, ben, "member_gone"),
        (pot, ana, "not_a_household"),
        (single, ana, "not_a_household"),
        (closed, ana, "account_closed"),
        (uuid4(), ana, "account_unknown"),
        (foreign, ana, "account_unknown"),
        (household, ana, "done"),
    ]:
        assert await done(add_holder, ledger, community, SHELL, account, who) == expected
    for account, who, expected in [
        (uuid4(), ana, "account_unknown"),
        (pot, ana, "not_a_household"),
        (household, uuid4(), "holder_unknown"),
        (household, ana, "done"),
    ]:
        assert await done(remove_holder, ledger, community, SHELL, account, who) == expected


async def test_nobody_makes_themselves_or_their_family_holders(ledger, community, people):
    ana, ben, cleo = people
    author = Author(Via.COORDINATOR, cleo)
    account = await opened(ledger, community)
    await add_relative(ledger, community, SHELL, uuid4(), ana, cleo, Relation.SIBLING)
    assert await done(add_holder, ledger, community, author, account, cleo) == "own_affair"
    assert await done(add_holder, ledger, community, author, account, ana) == "own_affair"
    for each in (cleo, ben):
        assert await done(add_holder, ledger, community, SHELL, account, each) == "done"
    # Nor does anybody put out those who hold the account with them.
    assert await done(remove_holder, ledger, community, author, account, ben) == "own_affair"
    assert await done(remove_holder, ledger, community, author, account, cleo) == "own_affair"


async def test_a_holder_of_a_household_in_use_is_added_by_its_people_or_by_two(
    ledger, community, people, owner
):
    ana, ben, cleo = people
    dan, eve = [await member(ledger, community, name) for name in ("Dan", "Eve")]
    for each in (cleo, dan):
        await give_role(ledger, community, each, Role.COORDINATOR)
        await owner.execute(
            "INSERT INTO passkey SELECT 1, $1::uuid::text::bytea, gen_random_uuid(), $1, '', 0, '', now()",
            each,
        )
    author = Author(Via.COORDINATOR, cleo)
    account, bank = await opened(ledger, community), uuid4()
    await ledger.post(community, [OpenAccount(bank, AccountKind.ISSUANCE, "bank", None, None)])
    # As long as nothing is on it, nothing is handed to anybody.
    assert await done(add_holder, ledger, community, author, account, ana) == "done"
    entries = ((bank, -3600), (account, 3600))
    [posted] = await ledger.post(community, [PostTransfer(uuid4(), TransferKind.GRANT, entries)])
    assert answer(posted.outcome) == "posted"
    assert await done(add_holder, ledger, community, author, account, eve) == "second_person_needed"
    assert await done(add_holder, ledger, community, Author(Via.MEMBER, ana), account, ben) == "done"
    assert await holders(ledger, community, account) == {ana, ben}
    # Whoever has no second person says so in the log.
    await owner.execute("UPDATE member_role SET ended_at = now() WHERE member_id = $1", dan)
    assert await done(add_holder, ledger, community, author, account, eve) == "done"
    events = await owner.fetch("SELECT kind, member_id, details FROM event ORDER BY leaf_index DESC LIMIT 3")
    assert {(row["kind"], row["member_id"]) for row in events} == {
        ("holder_added", eve),
        ("household_changed", ana),
        ("household_changed", ben),
    }
    said = {"account": str(account), "holder": str(eve), "alone": 1}
    assert [json.loads(row["details"]) for row in events] == [said] * 3


async def test_of_many_who_add_the_same_holder_at_once_one_does(ledger, community, people):
    ana, *_ = people
    account = await opened(ledger, community)
    outcomes = await asyncio.gather(
        *(done(add_holder, ledger, community, SHELL, account, ana) for _ in range(6))
    )
    assert Counter(outcomes) == {"done": 1, "holder_known": 5}
