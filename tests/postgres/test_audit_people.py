# ruff: noqa: E501  # the tamper table is read row by row
"""The audit of how people stand: silent over what the service did, and never over what a superuser did instead."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest

from ledger.book.authors import SHELL, Author, Via
from ledger.book.commands import AccountKind, CloseAccount, OpenAccount
from ledger.book.ledger import Ledger
from ledger.book.posting import Done
from ledger.database.connections import Database
from ledger.desk.audit import audit_community
from ledger.desk.audit.people import TAKEN
from ledger.log.encoding import canonical_json
from ledger.log.keys import create_keys
from ledger.log.published import PublishedCheckpoints
from ledger.people.cards import issue_card, revoke_card, use_card
from ledger.people.credentials import relying_party
from ledger.people.delegates import (
    Delegation,
    Relation,
    add_relative,
    end_delegation,
    give_delegation,
    remove_relative,
)
from ledger.people.erasure import Reason, erase
from ledger.people.granting import end_role, grant_role, granting
from ledger.people.households import add_holder, remove_holder
from ledger.people.members import (
    NewMember,
    Person,
    Status,
    account_of,
    change_person,
    change_standing,
    enrol,
    read_member,
)
from ledger.people.passkeys import register, registration_options, remove_passkey
from ledger.people.proposals import Action, approve, delegating, propose, read_proposal, refuse, token_body
from ledger.people.roles import DelegateScope, Role, Scope
from ledger.people.sessions import start_session
from ledger.people.start import make_start_link, use_start_link
from ledger.people.tokens import create_token, revoke_token
from tests.authenticator import Authenticator
from tests.conftest import administer, driver_arguments, in_database
from tests.postgres.test_audit import LOOSEN, Uncommitted

URL = "https://care.example.org"
SPACE = UUID(int=9)
TODAY = date(2026, 5, 4)
SPENDS = frozenset({DelegateScope.SEE, DelegateScope.SPEND})
ANA, BEN, DORA, EVE, FRED, GUS, HUGO, IDA, ZOE = [
    uuid5(SPACE, name) for name in "Ana Ben Dora Eve Fred Gus Hugo Ida Zoe".split()
]
HOUSE, OLD = uuid5(SPACE, "house"), uuid5(SPACE, "old")
TO_BEN, TO_DORA, FREDS = uuid5(SPACE, "to Ben"), uuid5(SPACE, "to Dora"), uuid5(SPACE, "Fred's")
OPEN, DECLINED = uuid5(SPACE, "open"), uuid5(SPACE, "declined")


def done(answer):
    """What came with an act that was done."""
    first, *more = answer if isinstance(answer, tuple) else (answer,)
    assert isinstance(first.outcome, Done), first.outcome
    return more[0] if more else None


class Clock:
    """A minute later each time, unless it stands still at an hour."""

    def __init__(self):
        self.moment = datetime(2026, 5, 4, 8, tzinfo=UTC)
        self.step = timedelta(minutes=1)

    def __call__(self):
        self.moment += self.step
        return self.moment

    def stand_still(self, hour):
        self.moment = self.moment.replace(hour=hour, minute=0)
        self.step = timedelta(0)

    def go_on(self):
        self.step = timedelta(minutes=1)


class Community:
    """A community in which everything about people happens once, each thing at a later second."""

    def __init__(self, ledger, community, coordinator):
        self.ledger = ledger
        self.community = community
        self.cara = Author(Via.COORDINATOR, coordinator)
        self.ben = Author(Via.COORDINATOR, BEN)
        self.at = (ledger, community)
        self.devices = {}

    async def enrol(self, member_id, name, **more):
        done(
            await enrol(
                *self.at, self.cara, NewMember(member_id, Person(name), TODAY, **more), even_if_alike=True
            )
        )

    async def stand(self, member_id, status, *, frail=False):
        async with self.ledger.database.connection(self.community.id) as db:
            row = await read_member(db, self.community.id, member_id)
        seen = row["change_count"]
        done(
            await change_standing(
                *self.at, self.cara, uuid4(), member_id, seen, status=status, since=TODAY, frail=frail
            )
        )

    async def propose(self, action, body, concerns=None, key=None):
        key = key or uuid4()
        text = canonical_json(body).decode() if isinstance(body, dict) else body
        done(await propose(*self.at, self.cara, key, action, text, concerns))
        async with self.ledger.database.connection(self.community.id) as db:
            return await read_proposal(db, self.community.id, key)

    async def approve(self, proposal, work):
        done((await approve(*self.at, self.ben, uuid4(), proposal, work))[0])

    async def passkey(self, member_id):
        """A new session's passkey."""
        party = relying_party(URL)
        async with self.ledger.database.transaction(self.community.id) as db:
            session = await start_session(
                db,
                self.community.id,
                member_id,
                method="card",
                device="test",
                now=self.ledger.now(),
                strong=False,
            )
            options = await registration_options(
                db,
                party,
                self.community,
                member_id=member_id,
                session_id=session.session_id,
                now=self.ledger.now(),
            )
        registered = await register(
            *self.at,
            party,
            key=uuid4(),
            member_id=member_id,
            session_id=session.session_id,
            credential=Authenticator().create(options, URL),
            label="Phone",
        )
        done(registered.answer)
        return registered

    async def live(self):
        """All that can happen."""
        await self._join()
        await self._take_roles()
        await self._share()
        await self._find_ways_in()
        await self._leave()

    async def _join(self):
        await self.ledger.post(
            self.community,
            [
                OpenAccount(OLD, AccountKind.MEMBER, "old", -3600, None),
                OpenAccount(HOUSE, AccountKind.HOUSEHOLD, "house", -3600, None),
            ],
        )
        await self.enrol(ANA, "Ana", account_id=account_of(ANA))
        await self.enrol(BEN, "Ben")
        await self.enrol(DORA, "Dora", account_id=OLD, takes_over=True)
        await self.enrol(EVE, "Eve", account_id=account_of(EVE), status=Status.APPLIED)
        for member_id, name in ((FRED, "Fred"), (GUS, "Gus"), (HUGO, "Hugo"), (IDA, "Ida"), (ZOE, "Zoe")):
            await self.enrol(member_id, name, account_id=account_of(member_id))
        await self.stand(EVE, Status.ACTIVE)
        await self.stand(FRED, Status.AWAY, frail=True)
        done(await change_person(*self.at, self.cara, uuid4(), ANA, 1, Person("Anna")))

    async def _take_roles(self):
        await self.passkey(BEN)
        done(await issue_card(*self.at, self.cara, uuid4(), BEN))
        # Which takes the passkey and the card away.
        done(await grant_role(*self.at, SHELL, uuid4(), BEN, Role.COORDINATOR))
        await self.passkey(BEN)
        for role in (Role.AUDITOR, Role.ADMINISTRATOR):
            proposal = await self.propose(Action.ROLE, {"member": str(GUS), "role": role}, GUS)
            await self.approve(proposal, granting(self.community, self.cara.member_id, self.ben, GUS, role))
            if role is Role.AUDITOR:
                done(await end_role(*self.at, self.ben, uuid4(), GUS))
        # All within one second.
        self.ledger.now.stand_still(11)
        for _ in range(2):
            done(await grant_role(*self.at, SHELL, uuid4(), EVE, Role.AUDITOR))
            done(await end_role(*self.at, self.cara, uuid4(), EVE))
            done(await grant_role(*self.at, SHELL, uuid4(), EVE, Role.ADMINISTRATOR))
            done(await end_role(*self.at, self.ben, uuid4(), EVE))
        self.ledger.now.go_on()
        done(await grant_role(*self.at, SHELL, uuid4(), EVE, Role.AUDITOR))

    async def _share(self):
        for member_id in (ANA, DORA, ZOE):
            done(await add_holder(*self.at, SHELL, uuid4(), HOUSE, member_id))
        self.ledger.now.stand_still(12)
        for _ in range(2):
            done(await remove_holder(*self.at, SHELL, uuid4(), HOUSE, DORA))
            done(await add_holder(*self.at, SHELL, uuid4(), HOUSE, DORA))
        self.ledger.now.go_on()
        done(await remove_holder(*self.at, SHELL, uuid4(), HOUSE, ANA))
        for member_id, relative_id, relation in (
            (ANA, IDA, Relation.CHILD),
            (IDA, ANA, Relation.CHILD),  # in its place, and the other way round
            (GUS, IDA, Relation.GRANDPARENT),
            (IDA, DORA, Relation.PARTNER),
            (ANA, ZOE, Relation.SIBLING),
        ):
            done(await add_relative(*self.at, self.ben, uuid4(), member_id, relative_id, relation))
        done(await remove_relative(*self.at, self.ben, uuid4(), DORA, IDA))
        own = Author(Via.MEMBER, ANA)
        given = Delegation(TO_BEN, ANA, BEN, Relation.FRIEND, SPENDS, 3600, TODAY)
        done(await give_delegation(*self.at, own, uuid4(), given))
        sees = frozenset({DelegateScope.SEE})
        given = Delegation(TO_DORA, ANA, DORA, Relation.CARER, sees, 0, TODAY, TODAY.replace(month=6))
        done(await give_delegation(*self.at, own, uuid4(), given))
        done(await end_delegation(*self.at, own, uuid4(), TO_DORA))
        given = Delegation(FREDS, FRED, HUGO, Relation.NEIGHBOUR, SPENDS, 7200, TODAY)
        proposal = await self.propose(Action.DELEGATION, {"delegation": str(FREDS)}, FRED)
        await self.approve(proposal, delegating(self.community, self.cara.member_id, self.ben, given))
        given = Delegation(uuid4(), ANA, EVE, Relation.FRIEND, sees, 0, TODAY)
        done(await give_delegation(*self.at, own, uuid4(), given))

    async def _find_ways_in(self):
        done(await create_token(*self.at, SHELL, uuid4(), "Import", [Scope.READ]))
        token = done(
            await create_token(
                *self.at, self.cara, uuid4(), "Export", [Scope.READ, Scope.MEMBERS], timedelta(days=9)
            )
        )
        done(await revoke_token(*self.at, self.cara, uuid4(), token.token_id))
        await self.propose(Action.TOKEN, token_body("Export", [Scope.POST], 30), key=OPEN)
        for author, key in ((self.ben, DECLINED), (self.cara, None)):
            proposal = await self.propose(Action.TOKEN, token_body("No", [Scope.POST], 30), key=key)
            done(await refuse(*self.at, author, uuid4(), proposal))
        used = done(await issue_card(*self.at, self.cara, uuid4(), ANA))
        session = await use_card(*self.at, secret=used.secret, code=None, device="test")
        assert session is not None
        # The second makes the first worthless.
        for _ in range(2):
            card = done(await issue_card(*self.at, SHELL, uuid4(), ANA))
        done(await revoke_card(*self.at, self.ben, uuid4(), card.card_id))
        for member_id in (ANA, DORA, EVE, ZOE, HUGO):
            done(await issue_card(*self.at, self.cara, uuid4(), member_id))
            await self.passkey(member_id)
        registered = await self.passkey(ANA)
        done(
            await remove_passkey(
                *self.at,
                key=uuid4(),
                member_id=ANA,
                session_id=registered.session.session_id,
                passkey_id=registered.passkey["passkey_id"],
            )
        )

    async def _leave(self):
        # Eve had a role, a delegation and a card.
        await self.stand(EVE, Status.DIED)
        await self.stand(ZOE, Status.LEFT)
        await self.ledger.post(self.community, [CloseAccount(uuid4(), account_of(ZOE))])
        done(await erase(*self.at, SHELL, uuid4(), ZOE, Reason.ASKED))
        await self.stand(ZOE, Status.DIED)


@pytest.fixture(scope="module")
def lived(server, template, tmp_path_factory):
    """A database in which the community has lived, with its keys and its checkpoints."""
    folder = tmp_path_factory.mktemp("people")
    name = "audited_people"

    async def make():
        await administer(server.url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        database = Database(in_database(server.url, name), pool_size=2)
        try:
            ledger = Ledger(
                database, create_keys(folder / "keys"), PublishedCheckpoints(folder / "checkpoints")
            )
            ledger.now = Clock()
            secret = await make_start_link(database, ledger.now())
            session = await use_start_link(
                ledger,
                secret=secret,
                slug="oak",
                name="Oak Hill",
                your_name="Cara",
                issuer=URL,
                origin="care.example.org/oak",
                device="test",
            )
            assert session is not None
            community = await ledger.community("oak")
            async with database.connection(community.id) as db:
                coordinator = await db.driver.fetchval("SELECT member_id FROM member")
            await Community(ledger, community, coordinator).live()
        finally:
            await database.close()
        return ledger.keys, community

    keys, community = asyncio.run(make())
    yield name, folder, keys, community
    asyncio.run(administer(server.url, f"DROP DATABASE {name} WITH (FORCE)"))


class Draft:
    """The community in a transaction that is rolled back, and whoever may do anything to it."""

    def __init__(self, owner, ledger, community, folder):
        self.owner = owner
        self.ledger = ledger
        self.community = community
        self.folder = folder

    async def audit(self, **how):
        return await audit_community(self.ledger, self.community, folder=self.folder / "audits", **how)

    async def tamper(self, sql):
        await self.owner.execute(LOOSEN + "DROP INDEX member_role_now_key, account_holder_now_key")
        status = await self.owner.execute(sql)
        assert status.split()[-1] != "0", "nothing was altered"


@pytest.fixture
async def draft(server, lived, tmp_path):
    name, folder, keys, community = lived
    owner = await asyncpg.connect(**driver_arguments(server.url, name), server_settings={"timezone": "UTC"})
    transaction = owner.transaction()
    await transaction.start()
    published = PublishedCheckpoints(folder / "checkpoints")
    yield Draft(owner, Ledger(Uncommitted(owner), keys, published), community, tmp_path)
    await transaction.rollback()
    await owner.close()


async def test_what_the_service_did_has_no_findings(draft):
    for since_last in (False, True):
        report = await draft.audit(since_last=since_last)
        assert report.render_lines()[-1] == "No findings.", report.render_lines()
    assert report.erased_members == 1


async def test_every_kind_of_event_about_people_happened(draft):
    happened = {row["kind"] for row in await draft.owner.fetch("SELECT DISTINCT kind FROM event")}
    assert set(TAKEN) <= happened


TABLES = """member member_role account_holder relative delegation proposal proposal_decision api_token passkey
    card""".split()


async def test_every_table_about_people_holds_something(draft):
    for table in TABLES:
        assert await draft.owner.fetchval(f"SELECT count(*) FROM {table}"), table


NOW = "'2026-05-04 09:00:00+00'"
OF_BEN = f"member_id = '{BEN}' AND ended_at IS NULL"
A_TOKEN = "token_id = (SELECT token_id FROM api_token WHERE revoked_at IS NULL)"
A_PASSKEY = f"member_id = '{DORA}'"
A_CARD = f"member_id = '{DORA}'"
SCOPES = "ARRAY['read', 'post', 'manage', 'members']"

# (what a superuser does, the row it is found at, words of the finding)
TAMPERINGS = [
    (f"INSERT INTO member_role SELECT community_id, '{ANA}', 'coordinator', granted_at FROM member_role LIMIT 1", f"member_role, member_id {ANA}", "No event"),
    (f"INSERT INTO member_role SELECT community_id, member_id, role, granted_at, granted_by, approved_by FROM member_role WHERE {OF_BEN}", f"member_role, member_id {BEN}", "No event"),
    (f"UPDATE member_role SET ended_at = {NOW} WHERE {OF_BEN}", f"member_role, member_id {BEN}", f"ended_at is {NOW[1:-4]}+00, and the events make it NULL"),
    (f"UPDATE member_role SET ended_at = NULL WHERE member_id = '{EVE}' AND granted_at > '2026-05-04 11:00Z'", f"member_role, member_id {EVE}", "ended_at is NULL"),
    (f"UPDATE member_role SET ended_at = NULL WHERE ctid = (SELECT max(ctid) FROM member_role WHERE member_id = '{EVE}' AND granted_at = '2026-05-04 11:00Z')", f"member_role, member_id {EVE}", "ended_at is NULL"),
    (f"UPDATE member_role SET role = 'coordinator' WHERE member_id = '{GUS}' AND ended_at IS NULL", f"member_role, member_id {GUS}", "No event"),
    (f"UPDATE member_role SET member_id = '{ANA}' WHERE {OF_BEN}", f"member_role, member_id {BEN}", "missing"),
    (f"UPDATE member_role SET granted_by = '{GUS}' WHERE {OF_BEN}", f"member_role, member_id {BEN}", "granted_by"),
    (f"UPDATE member_role SET approved_by = '{ANA}' WHERE member_id = '{GUS}' AND ended_at IS NULL", f"member_role, member_id {GUS}", "approved_by"),
    (f"UPDATE member_role SET ended_by = '{ANA}' WHERE member_id = '{GUS}' AND ended_at IS NOT NULL", f"member_role, member_id {GUS}", "ended_by"),
    (f"UPDATE member_role SET granted_at = granted_at + interval '1s' WHERE {OF_BEN}", f"member_role, member_id {BEN}", "missing"),
    (f"DELETE FROM member_role WHERE {OF_BEN}", f"member_role, member_id {BEN}", "missing"),
    (f"UPDATE member_role SET community_id = 99 WHERE {OF_BEN}", f"member_role, member_id {BEN}", "missing"),
    (f"UPDATE delegation SET monthly_cap = 360000 WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "monthly_cap is 360000, and the events make it 3600."),
    (f"UPDATE delegation SET scopes = ARRAY['see', 'spend', 'confirm'] WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "scopes is {see,spend,confirm}, and the events make it {see,spend}."),
    (f"UPDATE delegation SET delegate_id = '{GUS}' WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "delegate_id"),
    (f"UPDATE delegation SET member_id = '{DORA}' WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "member_id"),
    (f"UPDATE delegation SET relation = 'child' WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "relation"),
    (f"UPDATE delegation SET from_on = 'infinity' WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "from_on"),
    (f"UPDATE delegation SET until_on = NULL WHERE delegation_id = '{TO_DORA}'", f"delegation, delegation_id {TO_DORA}", "until_on"),
    (f"UPDATE delegation SET ended_at = NULL WHERE delegation_id = '{TO_DORA}'", f"delegation, delegation_id {TO_DORA}", "ended_at is NULL"),
    (f"UPDATE delegation SET ended_at = {NOW} WHERE delegation_id = '{FREDS}'", f"delegation, delegation_id {FREDS}", "ended_at"),
    (f"UPDATE delegation SET ended_at = NULL WHERE delegate_id = '{EVE}'", "delegation, delegation_id", "ended_at is NULL"),
    (f"UPDATE delegation SET ended_by = '{EVE}' WHERE delegation_id = '{TO_DORA}'", f"delegation, delegation_id {TO_DORA}", "ended_by"),
    (f"UPDATE delegation SET given_at = {NOW} WHERE delegation_id = '{TO_DORA}'", f"delegation, delegation_id {TO_DORA}", "given_at"),
    (f"UPDATE delegation SET delegation_id = gen_random_uuid() WHERE delegation_id = '{TO_DORA}'", "delegation, delegation_id", "No event"),
    (f"DELETE FROM delegation WHERE delegation_id = '{TO_BEN}'", f"delegation, delegation_id {TO_BEN}", "missing"),
    (f"INSERT INTO delegation SELECT community_id, gen_random_uuid(), '{DORA}', '{GUS}', relation, scopes, monthly_cap, from_on, until_on, '{DORA}', NULL, given_at FROM delegation WHERE delegation_id = '{TO_BEN}'", "delegation, delegation_id", "No event"),
    (f"INSERT INTO account_holder SELECT community_id, '{account_of(ANA)}', '{GUS}', {NOW} FROM community", f"account_holder, account_id {account_of(ANA)}", "No event"),
    (f"UPDATE account_holder SET until = NULL WHERE account_id = '{HOUSE}' AND member_id = '{ANA}'", f"account_holder, account_id {HOUSE}, member_id {ANA}", "until is NULL"),
    (f"UPDATE account_holder SET until = NULL WHERE account_id = '{HOUSE}' AND member_id = '{ZOE}'", f"account_holder, account_id {HOUSE}, member_id {ZOE}", "until is NULL"),
    (f"UPDATE account_holder SET until = since WHERE account_id = '{account_of(ANA)}'", f"account_holder, account_id {account_of(ANA)}", "make it NULL"),
    (f"UPDATE account_holder SET until = since WHERE account_id = '{OLD}'", f"account_holder, account_id {OLD}", "make it NULL"),
    (f"UPDATE account_holder SET account_id = '{HOUSE}' WHERE account_id = '{account_of(GUS)}'", f"account_holder, account_id {HOUSE}, member_id {GUS}", "No event"),
    (f"UPDATE account_holder SET since = {NOW} WHERE account_id = '{account_of(GUS)}'", f"account_holder, account_id {account_of(GUS)}", "No event"),
    (f"UPDATE account_holder SET member_id = '{BEN}' WHERE account_id = '{account_of(GUS)}'", f"account_holder, account_id {account_of(GUS)}, member_id {BEN}", "No event"),
    (f"DELETE FROM account_holder WHERE account_id = '{account_of(ANA)}'", f"account_holder, account_id {account_of(ANA)}", "missing"),
    (f"UPDATE member SET status = 'active' WHERE member_id = '{EVE}'", f"member, member_id {EVE}", "Status is active, and the events make it died."),
    (f"UPDATE member SET status = 'left' WHERE member_id = '{ANA}'", f"member, member_id {ANA}", "status"),
    (f"UPDATE member SET frail = false WHERE member_id = '{FRED}'", f"member, member_id {FRED}", "Frail is false, and the events make it true."),
    (f"UPDATE member SET frail = true WHERE member_id = '{ANA}'", f"member, member_id {ANA}", "frail"),
    (f"UPDATE member SET erased_at = {NOW} WHERE member_id = '{EVE}'", f"member, member_id {EVE}", "erased_at"),
    (f"UPDATE member SET erased_at = NULL WHERE member_id = '{ZOE}'", f"member, member_id {ZOE}", "erased_at is NULL"),
    (f"UPDATE member SET member_number = 77 WHERE member_id = '{ANA}'", f"member, member_id {ANA}", "member_number"),
    (f"UPDATE member SET enrolled_at = '-infinity' WHERE member_id = '{ANA}'", f"member, member_id {ANA}", "enrolled_at"),
    (f"UPDATE member SET member_id = gen_random_uuid() WHERE member_id = '{ANA}'", "member, member_id", "status is NULL"),
    (f"INSERT INTO member SELECT community_id, gen_random_uuid(), 77, status, status_since, joined_on, frail, 1, enrolled_at FROM member WHERE member_id = '{ANA}'", "member, member_id", "No event"),
    (f"DELETE FROM member WHERE member_id = '{GUS}'", f"member, member_id {GUS}", "member_number is NULL"),
    (f"DELETE FROM person WHERE member_id = '{ANA}'", f"member, member_id {ANA}", "is_person"),
    (f"INSERT INTO person (community_id, member_id, name, skeleton, languages) SELECT community_id, '{ZOE}', 'Zoe', 'zoe', languages FROM person LIMIT 1", f"member, member_id {ZOE}", "is_person"),
    (f"DELETE FROM relative WHERE member_id = '{IDA}' AND relative_id = '{ANA}'", "relative, member_id", "missing"),
    (f"UPDATE relative SET relation = 'sibling' WHERE member_id = '{IDA}' AND relative_id = '{ANA}'", "relative, member_id", "relation"),
    (f"UPDATE relative SET member_id = '{ANA}', relative_id = '{IDA}' WHERE member_id = '{IDA}' AND relative_id = '{ANA}'", "relative, member_id", "relation"),
    (f"INSERT INTO relative SELECT community_id, '{GUS}', '{BEN}', 'nobody' FROM community", "relative, member_id", "No event"),
    (f"INSERT INTO relative SELECT community_id, relative_id, member_id, relation FROM relative WHERE member_id = '{GUS}'", "relative, member_id", "No event"),
    (f"INSERT INTO relative SELECT community_id, '{ANA}', '{ZOE}', 'sibling' FROM community", "relative, member_id", "No event"),
    (f"INSERT INTO api_token SELECT 'forged', community_id, token_hash, label, {NOW}, expires_at, NULL, {SCOPES} FROM api_token WHERE {A_TOKEN}", "api_token, token_id forged", "No event"),
    (f"INSERT INTO api_token SELECT 'forged', community_id, token_hash, label, '2020-01-01', expires_at, NULL, {SCOPES}, '{ANA}' FROM api_token WHERE {A_TOKEN}", "api_token, token_id forged", "No event"),
    (f"UPDATE api_token SET scopes = {SCOPES} WHERE {A_TOKEN}", "api_token, token_id", "scopes is {read,post,manage,members}, and the events make it {read}."),
    (f"UPDATE api_token SET token_hash = sha256('x') WHERE {A_TOKEN}", "api_token, token_id", "token_hash is not the one"),
    (f"UPDATE api_token SET expires_at = 'infinity' WHERE {A_TOKEN}", "api_token, token_id", "days is NULL"),
    (f"UPDATE api_token SET expires_at = expires_at + interval '1 day' WHERE {A_TOKEN}", "api_token, token_id", "days is 366, and the events make it 365."),
    (f"UPDATE api_token SET created_at = '2020-01-01', made_by = NULL WHERE {A_TOKEN}", "api_token, token_id", "created_at"),
    (f"UPDATE api_token SET made_by = '{ANA}' WHERE {A_TOKEN}", "api_token, token_id", "made_by"),
    ("UPDATE api_token SET revoked_at = NULL WHERE revoked_at IS NOT NULL", "api_token, token_id", "revoked_at is NULL"),
    (f"UPDATE api_token SET revoked_at = {NOW} WHERE {A_TOKEN}", "api_token, token_id", "revoked_at"),
    (f"UPDATE api_token SET token_id = 'other' WHERE {A_TOKEN}", "api_token, token_id other", "No event"),
    (f"DELETE FROM api_token WHERE {A_TOKEN}", "api_token, token_id", "missing"),
    (f"INSERT INTO passkey SELECT community_id, 'x', gen_random_uuid(), member_id, public_key, 0, '', {NOW} FROM passkey WHERE {A_PASSKEY}", "passkey, passkey_id", "No event"),
    (f"INSERT INTO passkey SELECT community_id, 'x', gen_random_uuid(), '{ZOE}', public_key, 0, '', {NOW} FROM passkey WHERE {A_PASSKEY}", "passkey, passkey_id", "No event"),
    (f"UPDATE passkey SET public_key = 'x' WHERE {A_PASSKEY}", "passkey, passkey_id", "public_key is not the one"),
    (f"UPDATE passkey SET member_id = '{BEN}' WHERE {A_PASSKEY}", "passkey, passkey_id", "member_id"),
    (f"UPDATE passkey SET removed_at = {NOW} WHERE {A_PASSKEY}", "passkey, passkey_id", "removed_at"),
    (f"UPDATE passkey SET removed_at = NULL WHERE member_id = '{ANA}' AND removed_at IS NOT NULL", "passkey, passkey_id", "removed_at is NULL"),
    (f"UPDATE passkey SET removed_at = NULL WHERE member_id = '{BEN}' AND removed_at IS NOT NULL", "passkey, passkey_id", "removed_at is NULL"),
    (f"UPDATE passkey SET made_at = {NOW} WHERE {A_PASSKEY}", "passkey, passkey_id", "made_at"),
    (f"UPDATE passkey SET passkey_id = gen_random_uuid() WHERE {A_PASSKEY}", "passkey, passkey_id", "No event"),
    (f"DELETE FROM passkey WHERE {A_PASSKEY}", "passkey, passkey_id", "missing"),
    (f"INSERT INTO card SELECT community_id, gen_random_uuid(), member_id, 'x', 'y', issued_by, issued_at, expires_at FROM card WHERE {A_CARD}", "card, card_id", "No event"),
    (f"UPDATE card SET member_id = '{BEN}' WHERE {A_CARD}", "card, card_id", "member_id"),
    (f"UPDATE card SET used_at = {NOW} WHERE {A_CARD}", "card, card_id", "used_at"),
    (f"UPDATE card SET used_at = NULL WHERE member_id = '{ANA}' AND used_at IS NOT NULL", "card, card_id", "used_at is NULL"),
    (f"UPDATE card SET revoked_at = NULL WHERE member_id = '{BEN}'", "card, card_id", "revoked_at is NULL"),
    (f"UPDATE card SET revoked_at = NULL WHERE member_id = '{EVE}'", "card, card_id", "revoked_at is NULL"),
    (f"UPDATE card SET revoked_at = NULL WHERE member_id = '{ANA}'", "card, card_id", "revoked_at is NULL"),
    (f"UPDATE card SET expires_at = expires_at + interval '1 year' WHERE {A_CARD}", "card, card_id", "days is 368, and the events make it 3."),
    (f"UPDATE card SET issued_by = '{GUS}' WHERE {A_CARD}", "card, card_id", "issued_by"),
    (f"UPDATE card SET issued_at = {NOW} WHERE {A_CARD}", "card, card_id", "issued_at"),
    (f"UPDATE card SET card_id = gen_random_uuid() WHERE {A_CARD}", "card, card_id", "No event"),
    (f"INSERT INTO proposal_decision SELECT community_id, proposal_id, proposed_by, 'approved', '{BEN}', proposed_at FROM proposal WHERE proposal_id = '{OPEN}'", f"proposal_decision, proposal_id {OPEN}", "No event"),
    (f"UPDATE proposal_decision SET outcome = 'approved' WHERE proposal_id = '{DECLINED}'", f"proposal_decision, proposal_id {DECLINED}", "Outcome is approved, and the events make it declined."),
    (f"UPDATE proposal_decision SET decided_by = '{ANA}' WHERE proposal_id = '{DECLINED}'", f"proposal_decision, proposal_id {DECLINED}", "decided_by"),
    (f"UPDATE proposal_decision SET decided_at = {NOW} WHERE proposal_id = '{DECLINED}'", f"proposal_decision, proposal_id {DECLINED}", "decided_at"),
    (f"UPDATE proposal_decision SET proposed_by = '{ANA}' WHERE proposal_id = '{DECLINED}'", f"proposal_decision, proposal_id {DECLINED}", "proposed_by"),
    (f"UPDATE proposal_decision SET proposal_id = '{OPEN}' WHERE proposal_id = '{DECLINED}'", f"proposal_decision, proposal_id {OPEN}", "No event"),
    (f"DELETE FROM proposal_decision WHERE proposal_id = '{DECLINED}'", f"proposal_decision, proposal_id {DECLINED}", "missing"),
    (f"UPDATE proposal SET body = replace(body, '30', '3000') WHERE proposal_id = '{OPEN}'", f"proposal, proposal_id {OPEN}", "body is not the one"),
    (f"UPDATE proposal SET action = 'erasure' WHERE proposal_id = '{OPEN}'", f"proposal, proposal_id {OPEN}", "action"),
    (f"UPDATE proposal SET proposed_by = '{BEN}' WHERE proposal_id = '{OPEN}'", f"proposal, proposal_id {OPEN}", "proposed_by"),
    (f"UPDATE proposal SET member_id = '{ANA}' WHERE proposal_id = '{OPEN}'", f"proposal, proposal_id {OPEN}", "member_id"),
    (f"UPDATE proposal SET proposed_at = {NOW} WHERE proposal_id = '{OPEN}'", f"proposal, proposal_id {OPEN}", "proposed_at"),
    (f"UPDATE proposal SET proposal_id = gen_random_uuid() WHERE proposal_id = '{OPEN}'", "proposal, proposal_id", "No event"),
    (f"INSERT INTO proposal SELECT community_id, gen_random_uuid(), action, body, member_id, proposed_by, proposed_at, expires_at FROM proposal WHERE proposal_id = '{OPEN}'", "proposal, proposal_id", "No event"),
    (f"DELETE FROM proposal WHERE proposal_id = '{OPEN}'", f"proposal, proposal_id {OPEN}", "missing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "where", "words"),
    TAMPERINGS,
    ids=[f"{n} {' '.join(row[0].split()[:5])}" for n, row in enumerate(TAMPERINGS)],
)
async def test_whatever_a_superuser_changes_about_people_is_found(draft, sql, where, words):
    assert (await draft.audit()).clean
    await draft.tamper(sql)
    for since_last in (False, True):
        report = await draft.audit(since_last=since_last)
        assert {finding.check for finding in report.findings} == {"people"}, report.render_lines()
        found = [each for each in report.findings if each.where.startswith(where)]
        assert any(words.lower() in each.what.lower() for each in found), report.render_lines()
        for finding in report.findings:
            assert finding.what.endswith(".") and finding.remedy.endswith(".")
    assert not any("could not read" in line for line in report.render_lines())


# Columns that say nothing about how anybody stands, or have no event.
NOT_COMPARED = {
    "member.status_since": "in the event, and gives no right",
    "member.joined_on": "for display",
    "member.change_count": "an ETag",
    "delegation.given_by": "the event has who gave it for its author, and gives nobody a right",
    "delegation.approved_by": "as above",
    "proposal.expires_at": "an old proposal still needs somebody to approve it",
    "api_token.label": "a text",
    "api_token.used_at": "changes without an event",
    "passkey.credential_id": "its key is compared",
    "passkey.sign_count": "changes without an event",
    "passkey.label": "a text",
    "passkey.used_at": "changes without an event",
    "card.secret_hash": "no event has it",
    "card.code_hash": "no event has it",
    "member_role.grant_id": "made by the database",
}


async def test_no_column_about_people_is_forgotten(draft):
    rows = await draft.owner.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = ANY ($1) AND column_name <> 'community_id'",
        TABLES,
    )
    altered = {f"{where.split(',')[0]}.{column}" for sql, where, _ in TAMPERINGS for column in set_by(sql)}
    assert {row["name"] for row in rows} - altered == NOT_COMPARED.keys()


def set_by(sql):
    """The columns an UPDATE sets."""
    if not sql.startswith("UPDATE"):
        return []
    assignments = sql.partition(" SET ")[2].partition(" WHERE ")[0]
    return [each.split()[-1] for each in assignments.split(" = ")[:-1]]


# --- tokens older than events ---------------------------------------------------------------------------------------

OLD_TOKEN = f"INSERT INTO api_token SELECT 'old', community_id, sha256('old'), 'old', '2020-01-01', '2030-01-01', {{}}, {SCOPES} FROM community"


@pytest.mark.parametrize("revoked", ["NULL", "'2021-01-01'"])
async def test_a_token_older_than_the_first_event_needs_none(draft, revoked):
    await draft.tamper(OLD_TOKEN.format(revoked))
    report = await draft.audit()
    assert report.clean, report.render_lines()


async def test_an_old_token_is_revoked_with_an_event(draft):
    await draft.tamper(OLD_TOKEN.format(NOW))
    [finding] = (await draft.audit()).findings
    assert (finding.check, finding.where) == ("people", "api_token, token_id old")


# --- tampering with the events too ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE event SET details = repeat('[', 100000)",
        "UPDATE event SET details = '[]'",
        "ALTER TABLE event ALTER details DROP NOT NULL; UPDATE event SET details = NULL",
        """UPDATE event SET details = '{"account":["a",{"b":1}],"delegation":7,"relative":[],"role":[1]}'""",
        "UPDATE event SET recorded_at = 'infinity'",
        "UPDATE event SET member_id = NULL, author_id = NULL",
        "ALTER TABLE event ALTER kind DROP NOT NULL; UPDATE event SET kind = NULL",
        "UPDATE event SET kind = 'relative_recorded'",
        "DELETE FROM event",
        "UPDATE relative SET relation = 'king'; UPDATE member SET erased_at = '-infinity', status = 'x'",
        "ALTER TABLE relative ALTER relation DROP NOT NULL; UPDATE relative SET relation = NULL",
        "ALTER TABLE api_token ALTER created_at DROP NOT NULL; UPDATE api_token SET created_at = NULL",
        "ALTER TABLE api_token ALTER scopes DROP NOT NULL; UPDATE api_token SET scopes = NULL",
        "ALTER TABLE passkey ALTER public_key DROP NOT NULL; UPDATE passkey SET public_key = NULL",
        "UPDATE card SET issued_at = 'infinity'",
    ],
)
async def test_nothing_that_stands_there_ends_the_audit(draft, sql):
    await draft.tamper(sql)
    report = await draft.audit()
    assert "people" in {finding.check for finding in report.findings}
    assert not any("could not read" in line for line in report.render_lines())


async def test_a_table_that_is_gone_is_said(draft):
    await draft.tamper("DROP TABLE member_role")
    assert any("could not read" in line for line in (await draft.audit()).render_lines())


@pytest.mark.parametrize("kind", ["role_ended", "holder_removed", "delegation_ended", "passkey_removed"])
async def test_what_ends_what_never_began_is_said(draft, kind):
    """Made another's, an event would end what stands: with an erased member's salt gone, its digest says nothing."""
    await draft.tamper(
        f"UPDATE event SET member_id = '{ZOE}', salt = NULL, details = '{{}}' WHERE leaf_index = (SELECT min(leaf_index) FROM event WHERE kind = '{kind}')"
    )
    report = await draft.audit()
    assert any("that no event before it began." in finding.what for finding in report.findings)
