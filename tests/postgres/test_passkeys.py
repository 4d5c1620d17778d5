"""Passkeys and codes below HTTP: the rule, what the tables hold and do not hold, races, and plans."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.database.connections import statement
from ledger.people.credentials import CredentialRefused, relying_party
from ledger.people.mail_codes import request_code, use_code
from ledger.people.passkeys import (
    CHALLENGE_FOR,
    SessionGone,
    StepUpNeeded,
    may_register,
    register,
    registration_options,
    remove_passkey,
    sign_in,
    sign_in_options,
    step_up,
    step_up_options,
)
from ledger.people.sessions import end_session, start_session
from tests.authenticator import Authenticator
from tests.browsers import give_role, member

URL = "https://care.example.org:8443"
PARTY = relying_party(URL)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BROWSER = sha256(b"browser").digest()


class Ana:
    """A member with a session and an authenticator."""

    def __init__(self, ledger, community, member_id, session_id):
        self.ledger = ledger
        self.community = community
        self.id = member_id
        self.session_id = session_id
        self.device = Authenticator()

    async def options(self, now=None):
        async with self.ledger.database.connection(self.community.id) as db:
            return await registration_options(
                db,
                PARTY,
                self.community,
                member_id=self.id,
                session_id=self.session_id,
                now=now or self.ledger.now(),
            )

    async def register(self, credential, key=None):
        registered = await register(
            self.ledger,
            self.community,
            PARTY,
            key=key or uuid4(),
            member_id=self.id,
            session_id=self.session_id,
            credential=credential,
            label="Phone",
        )
        if registered.session is not None:
            self.session_id = registered.session.session_id
        return registered

    async def remove(self, passkey_id):
        return await remove_passkey(
            self.ledger,
            self.community,
            key=uuid4(),
            member_id=self.id,
            session_id=self.session_id,
            passkey_id=passkey_id,
        )

    async def end_session(self):
        async with self.ledger.database.connection(self.community.id) as db:
            await end_session(db, self.community.id, self.id, self.session_id, self.ledger.now())

    async def sign_in_options(self):
        async with self.ledger.database.connection(self.community.id) as db:
            return await sign_in_options(db, PARTY, self.community.id, BROWSER, self.ledger.now())

    async def sign_in(self, credential, now=None):
        return await sign_in(
            self.ledger.database,
            PARTY,
            self.community.id,
            browser_hash=BROWSER,
            credential=credential,
            device="test",
            now=now or self.ledger.now(),
        )


@pytest.fixture
async def ana(ledger, community):
    member_id = await member(ledger, community, "Ana", email="ana@example.org")
    async with ledger.database.transaction(community.id) as db:
        session = await start_session(
            db, community.id, member_id, method="card", device="test", now=ledger.now(), strong=False
        )
    return Ana(ledger, community, member_id, session.session_id)


@pytest.fixture
async def registered(ana):
    return await ana.register(ana.device.create(await ana.options(), URL))


def test_the_relying_party_is_the_host_without_its_port():
    assert (PARTY.id, PARTY.origin) == ("care.example.org", URL)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("method", "began", "shown", "privileged", "ever", "may"),
    [
        ("card", 60, None, True, 3, True),
        ("card", 61, None, True, 0, False),
        ("start", 60, None, True, 0, True),
        ("code", 0, None, True, 0, False),
        ("code", 0, None, False, 0, True),
        ("code", 0, None, False, 1, False),
        ("passkey", 0, 15, True, 1, True),
        ("passkey", 0, 16, True, 1, False),
        ("code", 600, 15, True, 1, True),
        ("code", 600, 16, False, 1, False),
    ],
)
def test_who_may_register(method, began, shown, privileged, ever, may):
    assert may is may_register(
        method=method,
        started_at=NOW - began * MINUTE,
        strong_at=None if shown is None else NOW - shown * MINUTE,
        privileged=privileged,
        ever=ever,
        now=NOW,
    )


async def test_two_that_register_one_passkey_at_once_make_one(ana, owner):
    credential = ana.device.create(await ana.options(), URL)
    answers = await asyncio.gather(*[ana.register(credential) for _ in range(3)], return_exceptions=True)
    done = [answer for answer in answers if not isinstance(answer, Exception) and answer.session is not None]
    assert len(done) == 1
    for answer in answers:
        # The later ones find the passkey known.
        assert answer in done or answer.answer.outcome.refusal is Refusal.PASSKEY_TAKEN
    assert await owner.fetchval("SELECT count(*) FROM passkey") == 1
    assert await owner.fetchval("SELECT count(*) FROM event") == 1


async def test_a_registration_that_fails_leaves_nothing_but_a_spent_challenge(ana, owner):
    credential = ana.device.create(await ana.options(), "https://evil.example")
    with pytest.raises(CredentialRefused):
        await ana.register(credential)
    good = ana.device.create(await ana.options(), URL)
    await ana.end_session()
    with pytest.raises(SessionGone):
        await ana.register(good)
    for table in ("passkey", "event", "request"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await owner.fetchval("SELECT count(*) FROM challenge") == 1


async def test_what_is_kept_of_a_passkey_names_nobody(ana, registered, owner):
    row = await owner.fetchrow("SELECT kind, author_id, member_id, details, via FROM event")
    assert (row["kind"], row["via"], row["member_id"]) == ("passkey_added", "member", ana.id)
    assert "Phone" not in row["details"]


async def test_challenges_that_have_expired_are_swept(ana, owner):
    past = ana.ledger.now() - CHALLENGE_FOR
    for _ in range(3):
        await ana.options(past)
    assert await owner.fetchval("SELECT count(*) FROM challenge") == 3
    await ana.options()
    assert await owner.fetchval("SELECT count(*) FROM challenge") == 1


async def test_an_expired_challenge_signs_nobody_in(ana, registered):
    credential = ana.device.get(await ana.sign_in_options(), URL)
    with pytest.raises(CredentialRefused):
        await ana.sign_in(credential, ana.ledger.now() + CHALLENGE_FOR + MINUTE)


async def test_of_two_signatures_with_one_count_one_counts(ana, registered, owner):
    """A copy of an authenticator, used at the same moment as the original."""
    first, second = await ana.sign_in_options(), await ana.sign_in_options()
    one = ana.device.get(first, URL)
    ana.device.count -= 1
    other = ana.device.get(second, URL)
    answers = await asyncio.gather(ana.sign_in(one), ana.sign_in(other), return_exceptions=True)
    assert sorted(isinstance(answer, CredentialRefused) for answer in answers) == [False, True]
    assert await owner.fetchval("SELECT count(*) FROM session WHERE method = 'passkey'") == 1


async def test_stepping_up_in_a_session_that_ended_fails(ana, registered):
    async with ana.ledger.database.connection(ana.community.id) as db:
        options = await step_up_options(
            db,
            PARTY,
            ana.community.id,
            member_id=ana.id,
            session_id=ana.session_id,
            now=ana.ledger.now(),
        )
    await ana.end_session()
    with pytest.raises(SessionGone):
        await step_up(
            ana.ledger.database,
            PARTY,
            ana.community.id,
            member_id=ana.id,
            session_id=ana.session_id,
            credential=ana.device.get(options, URL),
            now=ana.ledger.now(),
        )


async def test_a_role_given_in_the_meantime_needs_more_than_an_old_session(ana, owner):
    await owner.execute("UPDATE session SET method = 'code'")
    credential = ana.device.create(await ana.options(), URL)
    await give_role(ana.ledger, ana.community, ana.id, "coordinator")
    with pytest.raises(StepUpNeeded):
        await ana.register(credential)


async def test_the_last_passkey_stays_while_there_is_a_role(ana, registered):
    await give_role(ana.ledger, ana.community, ana.id, "administrator")
    passkey_id = registered.passkey["passkey_id"]
    answer = await ana.remove(passkey_id)
    assert isinstance(answer.outcome, Refused) and answer.outcome.refusal is Refusal.LAST_PASSKEY
    ana.device = Authenticator()
    second = await ana.register(ana.device.create(await ana.options(), URL))
    assert not isinstance((await ana.remove(passkey_id)).outcome, Refused)
    answer = await ana.remove(second.passkey["passkey_id"])
    assert answer.outcome.refusal is Refusal.LAST_PASSKEY


async def test_a_code_is_stored_so_that_nobody_can_search_it_out(ledger, community, ana, owner):
    mail = await request_code(
        ledger.database, community.id, email="ANA@example.org", browser="b" * 43, now=ledger.now()
    )
    assert mail.email == "ana@example.org" and len(mail.code) == 8 and mail.code.isdigit()
    row = await owner.fetchrow("SELECT * FROM mail_code")
    assert row["code_hash"] not in {sha256(mail.code.encode()).digest(), mail.code.encode()}
    assert ("b" * 43).encode() not in (row["browser_hash"], row["code_hash"])
    # Whoever reads the table has the hash of the browser's secret, and that opens nothing.
    found = await use_code(
        ledger.database,
        community.id,
        code=mail.code,
        browser=row["browser_hash"].hex(),
        device="test",
        now=ledger.now(),
    )
    assert found is None


async def test_another_community_sees_none_of_it(ledger, community, ana, registered):
    elm = await ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    await request_code(ledger.database, community.id, email="x@y", browser="b" * 43, now=ledger.now())
    await ana.options()
    async with ledger.database.connection(elm.id) as db:
        for table in ("passkey", "challenge", "mail_code"):
            assert await db.driver.fetchval(f"SELECT count(*) FROM {table}") == 0
    async with ledger.database.connection(community.id) as db:
        for table in ("passkey", "challenge", "mail_code"):
            assert await db.driver.fetchval(f"SELECT count(*) FROM {table}") == 1


VALUES = {
    "community_id": 1,
    "challenge": b"x",
    "credential_id": b"x",
    "browser_hash": b"x",
    "code_hash": b"x",
    "purpose": "sign_in",
    "email": "ana@example.org",
    "member_id": uuid4(),
    "session_id": uuid4(),
    "passkey_id": uuid4(),
    "sign_count": 1,
    "most": 5,
    "now": NOW,
}

LOOK_UPS = [
    "people/take_challenge",
    "people/list_passkeys",
    "people/read_passkey",
    "people/read_passkey_standing",
    "people/use_passkey",
    "people/remove_passkey",
    "people/read_mail_code_members",
    "people/read_mail_code_member",
    "people/try_mail_code",
    "people/take_mail_code",
]


@pytest.fixture
async def many(owner, community):
    """Two thousand members, each with a session, a passkey, a challenge and a code."""
    await owner.execute(
        """
        INSERT INTO member SELECT 1, md5('m' || n)::uuid, n, 'active', now(), now(), false, 0, now(), NULL
        FROM generate_series(1, 2000) n;
        INSERT INTO person (community_id, member_id, name, skeleton, email, languages)
        SELECT 1, md5('m' || n)::uuid, 'n', 'n', n || '@example.org', '{}' FROM generate_series(1, 2000) n;
        INSERT INTO session SELECT 1, sha256(n::text::bytea), md5('s' || n)::uuid, md5('m' || n)::uuid, 'card', '',
            NULL, now(), now(), now(), NULL
        FROM generate_series(1, 2000) n;
        INSERT INTO passkey SELECT 1, sha256(n::text::bytea), md5('p' || n)::uuid, md5('m' || n)::uuid, '', 0, '', now()
        FROM generate_series(1, 2000) n;
        INSERT INTO challenge SELECT 1, sha256(n::text::bytea), 'sign_in', '', NULL, now()
        FROM generate_series(1, 2000) n;
        INSERT INTO mail_code SELECT 1, sha256(n::text::bytea), '', NULL, 0, now() FROM generate_series(1, 2000) n;
        ANALYZE
        """
    )


@pytest.mark.parametrize("name", LOOK_UPS)
async def test_each_look_up_goes_by_a_key(name, ledger, community, many):
    values = [VALUES[parameter] for parameter in statement(name).parameters]
    async with ledger.database.connection(community.id) as db:
        plan = await db.driver.fetchval("EXPLAIN (FORMAT JSON) " + statement(name).sql, *values)
    for node in nodes(plan[0]["Plan"]):
        assert node["Node Type"] != "Seq Scan", node
        # Of roles there are a handful.
        if "Index Cond" in node and node.get("Relation Name") != "member_role":
            assert " AND " in node["Index Cond"], node


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)
