"""Sessions: what opens, for how long, and as whom."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.people.members import NewMember, Person, Status, insert_member
from ledger.people.roles import DelegateScope, Role
from ledger.people.sessions import (
    IDLE_FOR,
    LASTS_FOR,
    ROLE_FOR,
    end_session,
    end_sessions,
    hash_of,
    list_sessions,
    read_principal,
    rotate_session,
    start_session,
)
from ledger.people.tidying import tidy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()


async def enrol(ledger, community, name, status=Status.ACTIVE, account_id=None):
    member_id = uuid4()
    async with ledger.database.transaction(community.id) as db:
        new = NewMember(member_id, Person(name), date(2026, 1, 1), status, account_id=account_id)
        await insert_member(db, community.id, new, NOW)
    return member_id


@pytest.fixture
async def ana(ledger, community):
    return await enrol(ledger, community, "Ana", account_id=uuid4())


@pytest.fixture
async def begin(ledger, community):
    async def start(member_id, strong=False, now=NOW, method="card"):
        async with ledger.database.transaction(community.id) as db:
            return await start_session(
                db, community.id, member_id, method=method, device="Firefox on Linux", now=now, strong=strong
            )

    return start


@pytest.fixture
async def who(ledger, community):
    async def read(session, now=NOW, community_id=community.id):
        return await read_principal(ledger.database, community_id, hash_of(session.text), now)

    return read


async def give_role(owner, community, member_id, role):
    await owner.execute(
        "INSERT INTO member_role (community_id, member_id, role, granted_at) VALUES ($1, $2, $3, $4)",
        *(community.id, member_id, role, NOW),
    )


async def delegate(owner, community, member_id, delegate_id, from_on=TODAY, until_on=None, ended_at=None):
    delegation_id = uuid4()
    await owner.execute(
        "INSERT INTO delegation (community_id, delegation_id, member_id, delegate_id, relation, scopes, monthly_cap,"
        " from_on, until_on, given_by, given_at, ended_at) VALUES ($1, $2, $3, $4, 'child', $5, 0, $6, $7, $3, $8, $9)",
        *(
            community.id,
            delegation_id,
            member_id,
            delegate_id,
            ["see", "confirm"],
            from_on,
            until_on,
            NOW,
            ended_at,
        ),
    )
    return delegation_id


async def test_a_session_opens_to_its_member_and_their_accounts(ana, begin, who, community, owner):
    session = await begin(ana)
    assert session.text.startswith(f"{community.id}.") and len(session.text.partition(".")[2]) == 43
    assert session.expires_at == NOW + LASTS_FOR
    found = await who(session)
    assert (found.member_id, found.session_id, found.community) == (ana, session.session_id, community)
    assert found.accounts == {await owner.fetchval("SELECT account_id FROM account_holder")}
    assert found.role is found.granted_role is found.strong_at is None and found.delegations == ()


async def test_of_the_secret_only_its_hash_is_kept(ana, begin, owner):
    session = await begin(ana)
    row = str(await owner.fetchrow("SELECT * FROM session"))
    assert session.text.partition(".")[2] not in row


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        (IDLE_FOR - timedelta(seconds=1), True),
        (IDLE_FOR, False),
        (LASTS_FOR, False),
    ],
)
async def test_a_session_that_is_not_used_ends(ana, begin, who, after, opens):
    session = await begin(ana)
    assert (await who(session, NOW + after) is not None) == opens


async def test_a_session_in_use_goes_on_to_its_last_day_and_no_further(ana, begin, who):
    session = await begin(ana)
    for days in range(20, 180, 20):
        assert await who(session, NOW + timedelta(days=days)) is not None
    assert await who(session, NOW + LASTS_FOR - timedelta(seconds=1)) is not None
    assert await who(session, NOW + LASTS_FOR) is None


async def test_its_use_is_written_down_once_an_hour(ana, begin, who, owner):
    session = await begin(ana)
    for minutes, seen in [(59, 0), (60, 60), (61, 60), (119, 60), (120, 120)]:
        await who(session, NOW + timedelta(minutes=minutes))
        assert await owner.fetchval("SELECT seen_at FROM session") == NOW + timedelta(minutes=seen)


@pytest.mark.parametrize("status", list(Status))
async def test_only_who_is_active_or_away_is_let_in(ledger, community, begin, who, status):
    session = await begin(await enrol(ledger, community, "Ben", status))
    assert (await who(session) is not None) == (status in (Status.ACTIVE, Status.AWAY))


async def test_a_session_opens_nothing_in_another_community(ledger, ana, begin, who):
    elm = await ledger.found("elm", "Elm Street", "https://care.example.org", "care.example.org/elm")
    session = await begin(ana)
    assert await who(session, community_id=elm.id) is None
    assert await who(session, community_id=9_999_999_999) is None


async def test_a_role_counts_only_after_a_passkey_and_for_half_a_day(ana, begin, who, community, owner):
    await give_role(owner, community, ana, "coordinator")
    weak, strong = await begin(ana), await begin(ana, strong=True, method="passkey")
    found = await who(weak)
    assert (found.role, found.granted_role) == (None, Role.COORDINATOR)
    found = await who(strong, NOW + ROLE_FOR)
    assert (found.role, found.granted_role) == (Role.COORDINATOR, Role.COORDINATOR)
    found = await who(strong, NOW + ROLE_FOR + timedelta(seconds=1))
    assert (found.role, found.granted_role) == (None, Role.COORDINATOR)
    await owner.execute("UPDATE member_role SET ended_at = now()")
    assert (await who(strong)).granted_role is None


async def test_rotating_gives_a_new_secret_and_ends_the_old_one(ledger, community, ana, begin, who):
    old = await begin(ana)
    later = NOW + timedelta(days=3)
    async with ledger.database.transaction(community.id) as db:
        new = await rotate_session(db, community.id, old.session_id, now=later, strong=True)
        assert await rotate_session(db, community.id, old.session_id, now=later, strong=True) is None
        [listed] = await list_sessions(db, community.id, ana, later)
    assert new.text != old.text and new.expires_at == old.expires_at
    assert await who(old, later) is None
    assert (await who(new, later)).strong_at == later
    assert (listed["session_id"], listed["started_at"], listed["method"]) == (new.session_id, NOW, "card")
    async with ledger.database.transaction(community.id) as db:
        weaker = await rotate_session(db, community.id, new.session_id, now=later, strong=False)
    assert (await who(weaker, later)).strong_at is None


async def test_only_ones_own_session_can_be_ended(ledger, community, ana, begin, who):
    ben = await enrol(ledger, community, "Ben")
    session = await begin(ana)
    async with ledger.database.transaction(community.id) as db:
        assert not await end_session(db, community.id, ben, session.session_id, NOW)
        assert not await end_session(db, community.id, ana, uuid4(), NOW)
        assert await who(session) is not None
        assert await end_session(db, community.id, ana, session.session_id, NOW)
        assert not await end_session(db, community.id, ana, session.session_id, NOW)
    assert await who(session) is None


async def test_all_of_a_members_sessions_end_together(ledger, community, ana, begin, who):
    ben = await enrol(ledger, community, "Ben")
    sessions, other = [await begin(ana), await begin(ana)], await begin(ben)
    async with ledger.database.transaction(community.id) as db:
        assert await end_sessions(db, community.id, ana, NOW) == 2
        assert await list_sessions(db, community.id, ana, NOW) == []
    assert [await who(each) for each in sessions] == [None, None]
    assert await who(other) is not None


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        ({}, True),
        ({"from_on": TODAY, "until_on": TODAY}, True),
        ({"from_on": TODAY + timedelta(days=1)}, False),
        ({"from_on": TODAY - timedelta(days=9), "until_on": TODAY - timedelta(days=1)}, False),
        ({"ended_at": NOW}, False),
    ],
)
async def test_a_delegation_counts_on_its_days(ledger, community, ana, begin, who, owner, dates, counts):
    account_id = uuid4()
    mother = await enrol(ledger, community, "Mother", account_id=account_id)
    delegation_id = await delegate(owner, community, mother, ana, **dates)
    found = await who(await begin(ana))
    if not counts:
        assert found.delegations == ()
        return
    [given] = found.delegations
    assert (given.delegation_id, given.member_id, given.accounts) == (delegation_id, mother, {account_id})
    assert given.scopes == {DelegateScope.SEE, DelegateScope.CONFIRM}
    assert account_id not in found.accounts
    assert found.sees_account(account_id) and found.sees_member(mother)


async def test_nobody_acts_for_somebody_who_left(ledger, community, ana, begin, who, owner):
    for status in Status:
        await delegate(owner, community, await enrol(ledger, community, f"M {status}", status), ana)
    assert len((await who(await begin(ana))).delegations) == 2


async def test_several_delegations_and_accounts_are_not_mixed_up(ledger, community, ana, begin, who, owner):
    accounts = {}
    for name in ("Mother", "Father"):
        account_id = uuid4()
        member_id = await enrol(ledger, community, name, account_id=account_id)
        accounts[member_id] = {account_id, extra := uuid4()}
        await owner.execute(
            "INSERT INTO account_holder VALUES ($1, $2, $3, now())", community.id, extra, member_id
        )
        await delegate(owner, community, member_id, ana)
    found = await who(await begin(ana))
    assert {each.member_id: set(each.accounts) for each in found.delegations} == accounts
    assert len(found.accounts) == 1
    await owner.execute("UPDATE account_holder SET until = now()")
    found = await who(await begin(ana))
    assert found.accounts == set() and all(each.accounts == set() for each in found.delegations)


async def test_what_ended_long_ago_is_cleared_away_and_nothing_else(ledger, community, ana, begin, owner):
    for _ in range(3):
        await begin(ana, now=datetime.now(UTC))
    await owner.execute(
        """
        UPDATE session SET ended_at = now() - interval '31 days'
        WHERE session_hash = (SELECT min(session_hash) FROM session);
        UPDATE session SET expires_at = now() - interval '1 day'
        WHERE session_hash = (SELECT max(session_hash) FROM session);
        INSERT INTO challenge (community_id, challenge, purpose, browser_hash, expires_at)
        SELECT community_id, 'a', 'sign_in', 'a', now() - interval '1 s' FROM community;
        INSERT INTO mail_code (community_id, browser_hash, code_hash, tries, expires_at)
        SELECT community_id, 'a', 'a', 0, now() - interval '1 s' FROM community;
        """
    )
    await tidy(ledger)
    assert await owner.fetchval("SELECT count(*) FROM session") == 2
    left = "SELECT (SELECT count(*) FROM challenge) + (SELECT count(*) FROM mail_code)"
    assert await owner.fetchval(left) == 0
