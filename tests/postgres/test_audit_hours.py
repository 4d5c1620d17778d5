# ruff: noqa: E501  # the tamper table is read row by row
"""The audit of hours: silent over what the service did, and never over what a superuser did instead."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest

from ledger.book.authors import SHELL, Author, Via
from ledger.book.commands import CloseAccount, PostTransfer, TransferKind
from ledger.book.ledger import Ledger
from ledger.book.posting import Done, Posted
from ledger.database.connections import Database
from ledger.desk.audit import audit_community
from ledger.desk.audit.hours import DECIDED, TAKEN
from ledger.desk.closing import DESPITE, close_period
from ledger.hours.answering import decline, withdraw
from ledger.hours.applying import NewPolicy, apply_policy
from ledger.hours.care_requests import (
    NewCareRequest,
    ask,
    asker_for,
    cancel,
    give_back,
    series_ids,
    take,
    taker_for,
)
from ledger.hours.claims import ConfirmClaim, LogClaims, NewClaim, logger, posting_id
from ledger.hours.clearances import Clearance, record_clearance, revoke_clearance
from ledger.hours.departures import Departure, Settlement, settle
from ledger.hours.disputes import DisputeOutcome, decide_dispute, open_dispute, withdraw_dispute
from ledger.hours.hours import Hours
from ledger.hours.periods import reopening_period
from ledger.hours.policy_text import read_policy
from ledger.hours.pots import Eligible, PotRule, Purpose, set_pot_rule
from ledger.log.keys import create_keys
from ledger.log.published import PublishedCheckpoints
from ledger.people.erasure import Reason, erase
from ledger.people.members import NewMember, Person, Status, account_of, change_standing, enrol, read_member
from ledger.people.roles import Delegated, DelegateScope, Principal, Role
from tests.conftest import administer, driver_arguments, in_database
from tests.postgres.test_audit import LOOSEN, Uncommitted

SPACE = UUID(int=11)
HOUR = 3600


def named(name):
    return uuid5(SPACE, name)


ANA, BEN, CARA, DORA, FAY, ZOE = [named(name) for name in "Ana Ben Cara Dora Fay Zoe".split()]

POLICY = """
name = "Oak"
equal_hours = false
grid = "0:15"
rounding = "up"
silence_days = 10
dispute_days = 20
request_days = 5
funders = ["receiver", "pot"]

[activities.shopping]
title = "Shopping"

[activities.night]
title = "Night watch"
rate = "1.5"
tariff = "1"

[caps.daily]
hours = "4:00"
above = "honour"

[caps.weekly]
hours = "9:00"
above = "pot"

[floor]
hours = "-5:00"
"""


def done(answer):
    assert isinstance(answer.outcome, Done | Posted), answer.outcome
    return answer


class Clock:
    """A minute later each time."""

    def __init__(self):
        self.moment = datetime(2026, 5, 4, 8, tzinfo=UTC)

    def __call__(self):
        self.moment += timedelta(minutes=1)
        return self.moment

    def days(self, number):
        self.moment += timedelta(days=number)

    @property
    def today(self):
        return self.moment.date()


class Community:
    """A community in which everything about hours happens once."""

    def __init__(self, ledger, community):
        self.ledger, self.community = ledger, community
        self.hours = Hours(ledger)
        self.at = (self.hours, community)
        self.ana, self.ben, self.dora, self.zoe = [self.member(each) for each in (ANA, BEN, DORA, ZOE)]
        self.cara = replace(self.member(CARA), role=Role.COORDINATOR)
        scopes = frozenset({DelegateScope.CONFIRM, DelegateScope.REQUEST})
        self.machine = Principal(community, token_id="0123456789ab")
        self.fay = replace(
            self.member(FAY), delegations=(Delegated(named("Fay's"), DORA, scopes, 0, frozenset()),)
        )

    def member(self, member_id):
        return Principal(self.community, member_id, accounts=frozenset({account_of(member_id)}))

    async def enrol(self, member_id, name):
        new = NewMember(member_id, Person(name), date(2026, 5, 1), account_id=account_of(member_id))
        done(await enrol(self.ledger, self.community, SHELL, new))

    def new(self, name, provider, receiver, seconds, *, days=0, activity="shopping", **more):
        on = self.ledger.now.today - timedelta(days=days)
        return NewClaim(named(name), provider, receiver, activity, on, seconds, **more)

    async def log(self, asker, name, provider, receiver, seconds=HOUR, *, confirmed=False, **more):
        new = (self.new(name, provider, receiver, seconds, **more),)
        log = LogClaims(new, logger(asker, new), confirmed)
        return done(await self.hours.claim(self.community, named(name), log))

    async def confirm(self, asker, name):
        return done(await self.hours.claim(self.community, uuid4(), ConfirmClaim(named(name), asker)))

    async def paid(self, name, seconds=HOUR, **more):
        await self.log(self.ben, name, BEN, ANA, seconds, **more)
        await self.confirm(self.ana, name)

    async def dispute(self, asker, name):
        done(await open_dispute(*self.at, asker, named(f"dispute {name}"), named(name), "It was not so."))

    async def decide(self, name, outcome, seconds=None):
        done(
            await decide_dispute(
                *self.at, self.cara, uuid4(), named(f"dispute {name}"), outcome, seconds, "So it was."
            )
        )

    async def live(self):
        """All that can happen."""
        for member_id, name in (
            (ANA, "Ana"),
            (BEN, "Ben"),
            (CARA, "Cara"),
            (DORA, "Dora"),
            (FAY, "Fay"),
            (ZOE, "Zoe"),
        ):
            await self.enrol(member_id, name)
        await self._give_delegation()
        await self._by_default()
        await self._agree()
        await self._give()
        await self._differ()
        await self._ask()
        await self._leave()

    async def _give_delegation(self):
        from ledger.people.delegates import Delegation, Relation, give_delegation

        scopes = frozenset({DelegateScope.CONFIRM, DelegateScope.REQUEST})
        given = Delegation(named("Fay's"), DORA, FAY, Relation.NEIGHBOUR, scopes, 0, date(2026, 5, 1))
        done(await give_delegation(self.ledger, self.community, Author(Via.MEMBER, DORA), uuid4(), given))

    async def _by_default(self):
        """Before there is a policy of their own."""
        await self.log(
            self.ben, "first", BEN, ANA, 3000, days=1, from_time=time(9), to_time=time(9, 50), note="Milk"
        )
        await self.confirm(self.ana, "first")
        await self.log(self.ben, "waiting", BEN, ANA, 1800, note="Bread", days=2)
        await self.log(self.ben, "declined", BEN, ANA, 1800)
        done(await decline(*self.at, self.ana, uuid4(), named("declined"), "That was Tuesday"))
        await self.log(self.ben, "taken back", BEN, ANA, 900, days=1)
        done(await withdraw(*self.at, self.ben, uuid4(), named("taken back"), None))
        await self.log(self.ben, "declined and taken back", BEN, ANA, 900, days=1)
        done(await decline(*self.at, self.cara, uuid4(), named("declined and taken back"), "No"))
        done(await withdraw(*self.at, self.ben, uuid4(), named("declined and taken back"), "Oh"))

    async def _agree(self):
        new = NewPolicy(POLICY, read_policy(POLICY))
        done(await apply_policy(*self.at, SHELL, named("policy 1"), new))
        async with self.ledger.database.connection(self.community.id) as db:
            self.pot = await db.driver.fetchval("SELECT account_id FROM account WHERE code = 'community-pot'")
            issuance = await db.driver.fetchval("SELECT account_id FROM account WHERE code = 'issuance'")
        moved = ((issuance, -200 * HOUR), (self.pot, 200 * HOUR))
        [answer] = await self.ledger.post(self.community, [PostTransfer(uuid4(), TransferKind.ADJUST, moved)])
        done(answer)
        for rule in (
            PotRule(Purpose.COMMUNITY, Eligible.ANYBODY, 100 * HOUR, None, HOUR),
            PotRule(Purpose.HARDSHIP, Eligible.ANYBODY, 100 * HOUR, 40 * HOUR, 2 * HOUR),
        ):
            done(await set_pot_rule(*self.at, SHELL, uuid4(), self.pot, rule))
        done(
            await record_clearance(
                *self.at,
                self.cara.author,
                named("police"),
                BEN,
                Clearance("police-check", date(2026, 1, 1), date(2027, 1, 1)),
            )
        )
        done(
            await record_clearance(
                *self.at, self.cara.author, named("first aid"), BEN, Clearance("first-aid", date(2026, 1, 1))
            )
        )
        done(await revoke_clearance(*self.at, self.cara.author, uuid4(), BEN, named("first aid")))
        self.ledger.now.days(7)

    async def _give(self):
        """Under the caps: four hours a day, then honour; nine a week, then the pot."""
        await self.paid("shopping")
        await self.paid("night", 2 * HOUR, activity="night")
        await self.paid("over the day", HOUR)
        self.ledger.now.days(1)
        await self.paid("next day", 4 * HOUR)
        self.ledger.now.days(1)
        await self.paid("over the week", 2 * HOUR)
        await self.paid("all over", HOUR)
        await self.log(self.cara, "typed", FAY, ANA, confirmed=True)
        await self.log(self.fay, "by a delegate", BEN, DORA, days=9)
        await self.log(self.ben, "for a delegate", BEN, DORA, days=9)
        await self.confirm(self.fay, "for a delegate")
        await self.log(self.machine, "by a machine", FAY, DORA, confirmed=True)
        await self.log(self.zoe, "Zoe's", ZOE, ANA, note="About Zoe")
        await self.confirm(self.cara, "Zoe's")
        await self.log(self.ben, "unanswered", BEN, ANA, 900)
        self.ledger.now.days(11)
        assert await self.hours.confirm_silent(self.community) == 1
        session = named("session")
        pairs = [(CARA, ANA), (CARA, BEN), (CARA, DORA)]
        claims = tuple(
            replace(self.new("", *pair, 1200), id=uuid5(session, f"{pair[0]}/{pair[1]}")) for pair in pairs
        )
        log = LogClaims(claims, self.machine.author, True, session)
        done(await self.hours.claim(self.community, session, log))

    async def _differ(self):
        for name in ("corrected", "reversed", "upheld", "twice", "still disputed"):
            await self.log(self.cara, name, FAY, ANA, 2 * HOUR, days=3)
            await self.confirm(self.machine, name)
            self.ledger.now.days(1)
        await self.log(self.ben, "paid after all", BEN, ANA, 900)
        await self.log(self.ben, "never paid", BEN, ANA, 900)
        await self.log(self.ben, "made up", BEN, ANA, 900)
        await self.log(self.ben, "paid otherwise", BEN, ANA, 4500)
        for name in ("paid after all", "never paid", "paid otherwise"):
            done(await decline(*self.at, self.ana, uuid4(), named(name), "No"))
        for name, asker in (
            *(
                (each, self.ana)
                for each in ("corrected", "reversed", "upheld", "twice", "still disputed", "made up")
            ),
            *((each, self.ben) for each in ("paid after all", "never paid", "paid otherwise")),
        ):
            await self.dispute(asker, name)
        await self.decide("corrected", DisputeOutcome.CORRECTED, HOUR)
        await self.decide("reversed", DisputeOutcome.REVERSED)
        await self.decide("upheld", DisputeOutcome.UPHELD)
        await self.decide("twice", DisputeOutcome.CORRECTED, HOUR)
        done(await open_dispute(*self.at, self.cara, named("dispute again"), named("twice"), "Once more"))
        done(
            await decide_dispute(
                *self.at, self.cara, uuid4(), named("dispute again"), DisputeOutcome.CORRECTED, 3 * HOUR
            )
        )
        await self.decide("paid after all", DisputeOutcome.UPHELD)
        await self.decide("never paid", DisputeOutcome.REVERSED)
        await self.decide("paid otherwise", DisputeOutcome.CORRECTED, 1800)
        done(await withdraw_dispute(*self.at, self.ana, uuid4(), named("dispute made up")))

    async def ask(self, asker, name, receiver, **more):
        on = self.ledger.now.today + timedelta(days=2)
        new = NewCareRequest(receiver, "shopping", on, 2 * HOUR, **more)
        done(await ask(*self.at, asker, asker_for(asker, receiver), named(name), new))

    async def take(self, asker, care_request_id, taker):
        done(await take(*self.at, taker_for(asker, taker), uuid4(), care_request_id, taker))

    async def _ask(self):
        await self.ask(self.fay, "lift", DORA, area="North", note="With a walker")
        await self.ask(self.dora, "walks", DORA, from_time=time(10), weekly=4)
        await self.ask(self.machine, "open", DORA)
        first, second, third, _ = series_ids(named("walks"), 4)
        await self.take(self.ben, named("lift"), BEN)
        done(await give_back(*self.at, self.ben, uuid4(), named("lift")))
        await self.take(self.cara, named("lift"), BEN)
        await self.take(self.ben, first, BEN)
        done(await cancel(*self.at, self.fay, uuid4(), third, following=True))
        await self.take(self.ben, second, BEN)
        self.ledger.now.days(3)
        await self.log(self.ben, "lifted", BEN, DORA, 5400, days=1, care_request_id=named("lift"))
        await self.confirm(self.fay, "lifted")
        await self.log(self.ben, "walked", BEN, DORA, 2 * HOUR, days=1, care_request_id=first)
        # More of it than was set aside.
        await self.confirm(self.cara, "walked")

    async def _leave(self):
        for through_on in (date(2026, 5, 10), date(2026, 5, 20), date(2026, 5, 21)):
            self.ledger.now.days(1)
            despite = frozenset(DESPITE), "The auditor comes next week"
            done(await close_period(*self.at, SHELL, uuid4(), through_on, *despite))
        again = reopening_period(self.community, self.cara.author, 3, "A sheet was found", FAY)
        done(await self.hours.do(self.community, self.cara.author, uuid4(), "reopen", [], again))
        await self.log(self.ben, "after closing", BEN, ANA, 900)
        async with self.ledger.database.connection(self.community.id) as db:
            row = await read_member(db, self.community.id, ZOE)
        left = {"status": Status.LEFT, "since": self.ledger.now.today, "frail": False}
        done(
            await change_standing(
                self.ledger, self.community, SHELL, uuid4(), ZOE, row["change_count"], **left
            )
        )
        done(await settle(*self.at, SHELL, uuid4(), Settlement(ZOE, Departure.LEFT)))
        async with self.ledger.database.connection(self.community.id) as db:
            closed = await db.driver.fetchval(
                "SELECT closed FROM balance WHERE account_id = $1", account_of(ZOE)
            )
        if not closed:
            [answer] = await self.ledger.post(self.community, [CloseAccount(uuid4(), account_of(ZOE))])
            done(answer)
        done(await erase(self.ledger, self.community, SHELL, uuid4(), ZOE, Reason.ASKED))


@pytest.fixture(scope="module")
def lived(server, template, tmp_path_factory):
    """A database in which the community has lived, with its keys and its checkpoints."""
    folder = tmp_path_factory.mktemp("hours")
    name = "audited_hours"

    async def make():
        await administer(server.url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        database = Database(in_database(server.url, name), pool_size=2)
        try:
            ledger = Ledger(
                database, create_keys(folder / "keys"), PublishedCheckpoints(folder / "checkpoints")
            )
            ledger.now = Clock()
            community = await ledger.found(
                "oak", "Oak Hill", "https://care.example.org", "care.example.org/oak"
            )
            await Community(ledger, community).live()
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
        await self.owner.execute(LOOSEN + "DROP INDEX dispute_open_key, claim_event_transfer_key")
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
        assert report.render_lines()[-1] == "No findings.", "\n".join(report.render_lines())
    assert report.erased_members == 1


async def test_everything_about_hours_happened(draft):
    fetch = draft.owner.fetch
    happened = {row["kind"] for row in await fetch("SELECT DISTINCT kind FROM event")}
    assert TAKEN.keys() | DECIDED <= happened
    states = {row["state"] for row in await fetch("SELECT DISTINCT state FROM claim")}
    assert states == {"submitted", "posted", "declined", "withdrawn", "disputed", "reversed"}
    kinds = {row["kind"] for row in await fetch("SELECT DISTINCT kind FROM claim_event")}
    assert kinds == {
        "logged",
        "posted",
        "declined",
        "withdrawn",
        "disputed",
        "undisputed",
        "upheld",
        "corrected",
        "reversed",
    }
    vias = {row["via"] for row in await fetch("SELECT DISTINCT via FROM claim_event")}
    assert vias == {"member", "delegate", "coordinator", "token", "silence"}
    states = {row["state"] for row in await fetch("SELECT DISTINCT state FROM care_request")}
    assert states == {"open", "taken", "settled", "cancelled"}
    assert {row["kind"] for row in await fetch("SELECT DISTINCT kind FROM care_request_event")} == {
        "asked",
        "taken",
        "given_back",
        "cancelled",
        "settled",
    }
    honoured = await fetch("SELECT FROM claim_event WHERE kind = 'posted' AND payer_account_id IS NULL")
    assert honoured, "a cap left something for the honour"
    capped = await fetch("SELECT FROM claim WHERE paid_seconds > credited_seconds AND activity = 'shopping'")
    assert capped, "a cap gave something to the pot"


# --- tampering ------------------------------------------------------------------------------------------------------

NOW = "'2026-05-04 09:00:00+00'"
BENS, ANAS = account_of(BEN), account_of(ANA)
POT_ID = "(SELECT account_id FROM account WHERE code = 'community-pot')"
FIRST = series_ids(named("walks"), 4)[0]
FRESH = "gen_random_uuid()"


def of(name):
    return f"claim_id = '{named(name)}'"


def step(name, number):
    return f"{of(name)} AND event_number = {number}"


def dispute(name):
    return f"dispute_id = '{named(f'dispute {name}')}'"


def at(name):
    return f"claim {named(name)}"


CLEARED = f"clearance_id = '{named('police')}'"
REVOKED = f"clearance_id = '{named('first aid')}'"
LIFT = f"care_request_id = '{named('lift')}'"
OPEN = f"care_request_id = '{named('open')}'"
WALK = f"care_request_id = '{FIRST}'"
CLAIM = "community_id, {id}, provider_id, receiver_id, activity, service_on, from_time, to_time, recorded_seconds, policy_version, provider_account_id, receiver_account_id, care_request_id, session_id, logged_by, logged_via, logged_at, due_at, state, event_count, posting_count, credited_seconds, paid_seconds"

# (what a superuser does, a part of the row it is found at, words of the finding)
TAMPERINGS = [
    # A claim that waits.
    (f"UPDATE claim SET provider_id = '{FAY}' WHERE {of('waiting')}", at("waiting"), "provider_id did not hold"),
    (f"UPDATE claim SET receiver_id = '{DORA}' WHERE {of('waiting')}", at("waiting"), "receiver_id did not hold"),
    (f"UPDATE claim SET provider_id = '{FAY}', provider_account_id = '{account_of(FAY)}' WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim SET receiver_id = '{DORA}', receiver_account_id = '{account_of(DORA)}' WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim SET provider_account_id = '{account_of(FAY)}' WHERE {of('waiting')}", at("waiting"), "provider_id did not hold"),
    (f"UPDATE claim SET receiver_account_id = '{account_of(FAY)}' WHERE {of('waiting')}", at("waiting"), "receiver_id did not hold"),
    (f"UPDATE claim SET activity = 'night' WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim SET service_on = service_on - 1 WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim SET service_on = 'infinity' WHERE {of('waiting')}", at("waiting"), "cannot have written"),
    (f"UPDATE claim SET recorded_seconds = 7200 WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim SET from_time = '10:00', to_time = '10:30' WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim SET policy_version = 1 WHERE {of('waiting')}", at("waiting"), "policy_version is 1; in force on that day was 0."),
    (f"UPDATE claim SET policy_version = 77 WHERE {of('waiting')}", at("waiting"), "policy_version is 77"),
    (f"UPDATE claim SET care_request_id = '{named('lift')}' WHERE {of('waiting')}", at("waiting"), "care_request_id is no request"),
    (f"UPDATE claim SET session_id = '{named('session')}' WHERE {of('waiting')}", at("waiting"), "does not follow from session_id"),
    (f"UPDATE claim SET session_id = NULL WHERE session_id IS NOT NULL AND receiver_id = '{ANA}'", "claim, claim", "No request that logged it"),
    (f"UPDATE claim SET logged_by = '{ANA}' WHERE {of('waiting')}", at("waiting"), "logged_by"),
    (f"UPDATE claim SET logged_via = 'shell' WHERE {of('waiting')}", at("waiting"), "logged_via"),
    (f"UPDATE claim SET logged_at = logged_at - interval '1 minute' WHERE {of('waiting')}", at("waiting"), "logged_at is not when its request"),
    (f"UPDATE claim SET due_at = due_at + interval '1 second' WHERE {of('waiting')}", at("waiting"), "due_at is not"),
    (f"UPDATE claim SET due_at = NULL WHERE {of('waiting')}", at("waiting"), "due_at is not"),
    (f"UPDATE claim SET state = 'declined' WHERE {of('waiting')}", at("waiting"), "state is declined, and its steps make it submitted."),
    (f"UPDATE claim SET event_count = 2 WHERE {of('waiting')}", at("waiting"), "event_count is 2, and its steps make it 1."),
    (f"UPDATE claim SET posting_count = 1 WHERE {of('waiting')}", at("waiting"), "posting_count is 1"),
    (f"UPDATE claim SET credited_seconds = 900 WHERE {of('waiting')}", at("waiting"), "credited_seconds is 900"),
    (f"UPDATE claim SET paid_seconds = 900 WHERE {of('waiting')}", at("waiting"), "paid_seconds is 900"),
    (f"UPDATE claim SET claim_id = {FRESH} WHERE {of('waiting')}", str(named("waiting")), "belongs to no claim"),
    (f"DELETE FROM claim WHERE {of('waiting')}", str(named("waiting")), "what it logged or asked for is missing"),
    (f"WITH e AS (DELETE FROM claim_event WHERE {of('waiting')}), n AS (DELETE FROM claim_note WHERE {of('waiting')}), o AS (DELETE FROM open_claim WHERE {of('waiting')}) DELETE FROM claim WHERE {of('waiting')}", str(named("waiting")), "what it logged or asked for is missing"),
    (f"INSERT INTO claim SELECT {CLAIM.format(id=FRESH)} FROM claim WHERE {of('waiting')}", "claim, claim", "No request that logged it"),
    (f"UPDATE claim_note SET note = 'Wine' WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"UPDATE claim_note SET claim_id = '{named('unanswered')}' WHERE {of('waiting')}", at("unanswered"), "not what was asked"),
    (f"DELETE FROM claim_note WHERE {of('waiting')}", at("waiting"), "not what was asked"),
    (f"INSERT INTO claim_note SELECT community_id, {FRESH}, 'x' FROM community", "claim_note", "belongs to no claim"),
    (f"INSERT INTO claim_note SELECT community_id, '{named('shopping')}', 'x' FROM community", at("shopping"), "not what was asked"),
    (f"DELETE FROM open_claim WHERE {of('waiting')}", f"open_claim, {named('waiting')}", "such a row is missing"),
    (f"UPDATE open_claim SET due_at = NULL WHERE {of('waiting')}", f"open_claim, {named('waiting')}", "not the row of a claim"),
    (f"UPDATE open_claim SET logged_at = {NOW} WHERE {of('waiting')}", f"open_claim, {named('waiting')}", "not the row of a claim"),
    (f"UPDATE open_claim SET claim_id = '{named('first')}' WHERE {of('waiting')}", f"open_claim, {named('first')}", "not the row of a claim"),
    (f"INSERT INTO open_claim SELECT community_id, '{named('first')}', logged_at, due_at FROM open_claim WHERE {of('waiting')}", f"open_claim, {named('first')}", "not the row of a claim"),
    # A claim that was paid.
    (f"UPDATE claim SET recorded_seconds = 3100 WHERE {of('first')}", at("first"), "receipt says something else"),
    (f"UPDATE claim SET recorded_seconds = 7200 WHERE {of('first')}", at("first"), "by the policy"),
    (f"UPDATE claim SET from_time = '08:00', to_time = '08:50' WHERE {of('first')}", at("first"), "receipt says something else"),
    (f"UPDATE claim SET to_time = '09:51' WHERE {of('first')}", at("first"), "receipt says something else"),
    (f"UPDATE claim SET activity = 'gardening' WHERE {of('first')}", at("first"), "receipt says something else"),
    (f"UPDATE claim SET activity = 'shopping' WHERE {of('night')}", at("night"), "credited_seconds is 10800; by the policy 7200 seconds are due"),
    (f"UPDATE claim SET activity = 'unheard-of' WHERE {of('shopping')}", at("shopping"), "The policy has no activity"),
    (f"UPDATE claim SET service_on = service_on - 1 WHERE {of('shopping')}", at("shopping"), "Its transfer is for"),
    (f"UPDATE claim SET policy_version = 0 WHERE {of('night')}", at("night"), "policy_version is 0"),
    (f"UPDATE claim SET state = 'submitted' WHERE {of('shopping')}", at("shopping"), "state is submitted, and its steps make it posted."),
    (f"UPDATE claim SET credited_seconds = credited_seconds + 900 WHERE {of('shopping')}", at("shopping"), "credited_seconds"),
    (f"UPDATE claim SET credited_seconds = 0 WHERE {of('shopping')}", f"earned_total, member {BEN}", "credited makes"),
    (f"UPDATE claim SET paid_seconds = 0 WHERE {of('shopping')}", at("shopping"), "paid_seconds"),
    (f"UPDATE claim SET care_request_id = NULL WHERE {of('lifted')}", at("lifted"), "of the kind redeem"),
    (f"UPDATE claim SET care_request_id = '{FIRST}' WHERE {of('lifted')}", at("lifted"), "not what was asked"),
    (f"UPDATE claim SET provider_account_id = '{account_of(CARA)}', provider_id = '{CARA}' WHERE {of('shopping')}", at("shopping"), "entries of its transfer"),
    (f"UPDATE claim SET receiver_account_id = '{account_of(CARA)}', receiver_id = '{CARA}' WHERE {of('shopping')}", at("shopping"), "has no reason to pay"),
    (f"UPDATE claim_note SET note = 'Wine' WHERE {of('first')}", at("first"), "receipt says something else"),
    (f"WITH e AS (DELETE FROM claim_event WHERE {of('shopping')}) DELETE FROM claim WHERE {of('shopping')}", f"request, {named('shopping')}", "missing"),
    (f"WITH e AS (DELETE FROM claim_event WHERE {of('declined')}) DELETE FROM claim WHERE {of('declined')}", at("declined"), "An event says claim_declined"),
    # A step.
    (f"UPDATE claim_event SET kind = 'declined', transfer_id = NULL, credited_seconds = NULL, paid_seconds = NULL, payer_account_id = NULL WHERE {step('shopping', 2)}", at("shopping"), "no event does"),
    (f"UPDATE claim_event SET kind = 'withdrawn' WHERE {step('shopping', 2)}", at("shopping"), "such a step pays nothing"),
    (f"UPDATE claim_event SET kind = 'posted' WHERE {step('declined', 2)}", at("declined"), "state is declined"),
    (f"UPDATE claim_event SET kind = 'logged' WHERE {step('declined', 2)}", at("declined"), "cannot follow"),
    (f"UPDATE claim_event SET kind = 'withdrawn' WHERE {step('declined', 2)}", at("declined"), "An event says claim_declined"),
    (f"UPDATE claim_event SET event_number = 7 WHERE {step('shopping', 2)}", at("shopping"), "Step 7 stands where step 2 must."),
    (f"UPDATE claim_event SET at = at + interval '1 second' WHERE {step('shopping', 2)}", at("shopping"), "recorded at another moment"),
    (f"UPDATE claim_event SET at = at - interval '1 second' WHERE {step('shopping', 1)}", at("shopping"), "logged_at"),
    (f"UPDATE claim_event SET at = at + interval '1 second' WHERE {step('declined', 2)}", at("declined"), "no event does, or not so"),
    (f"UPDATE claim_event SET at = 'infinity' WHERE {step('declined', 2)}", at("declined"), "another moment"),
    (f"UPDATE claim_event SET at = {NOW} WHERE {step('over the day', 2)}", at("over the day"), "another moment"),
    (f"UPDATE claim_event SET by_id = '{DORA}' WHERE {step('shopping', 2)}", at("shopping"), "posted by somebody else"),
    (f"UPDATE claim_event SET by_id = '{BEN}' WHERE {step('over the day', 2)}", at("over the day"), "their own hours"),
    (f"UPDATE claim_event SET by_id = '{BEN}' WHERE {step('declined', 2)}", at("declined"), "their own hours"),
    (f"UPDATE claim_event SET by_id = '{FAY}' WHERE {step('waiting', 1)}", at("waiting"), "logged_by"),
    (f"UPDATE claim_event SET by_id = NULL WHERE {step('declined', 2)}", at("declined"), "by_id and via do not agree"),
    (f"UPDATE claim_event SET via = 'coordinator' WHERE {step('shopping', 2)}", at("shopping"), "posted by somebody else"),
    (f"UPDATE claim_event SET via = 'silence', by_id = NULL WHERE {step('over the day', 2)}", at("over the day"), "Silence did not confirm"),
    (f"UPDATE claim_event SET via = 'coordinator' WHERE {step('declined', 2)}", at("declined"), "no event does, or not so"),
    (f"UPDATE claim_event SET for_member_id = '{DORA}' WHERE {step('shopping', 2)}", at("shopping"), "for_member_id and via"),
    (f"UPDATE claim_event SET for_member_id = '{ANA}' WHERE {step('for a delegate', 2)}", at("for a delegate"), "acts for somebody else"),
    (f"UPDATE claim_event SET for_member_id = NULL WHERE {step('for a delegate', 2)}", at("for a delegate"), "for_member_id and via"),
    (f"UPDATE claim_event SET transfer_id = NULL WHERE {step('shopping', 2)}", at("shopping"), "No transfer paid it"),
    (f"UPDATE claim_event SET transfer_id = {FRESH} WHERE {step('shopping', 2)}", at("shopping"), "does not exist"),
    (f"UPDATE claim_event SET transfer_id = '{posting_id(named('first'), 1)}' WHERE {step('shopping', 2)}", at("shopping"), "is not posting 1"),
    (f"UPDATE claim_event SET transfer_id = '{posting_id(named('first'), 1)}' WHERE {step('declined', 2)}", at("declined"), "such a step pays nothing"),
    (f"UPDATE claim_event SET credited_seconds = credited_seconds - 900 WHERE {step('shopping', 2)}", at("shopping"), "entries of its transfer"),
    (f"UPDATE claim_event SET credited_seconds = credited_seconds - 900 WHERE {step('over the week', 2)}", at("over the week"), "entries of its transfer"),
    (f"UPDATE claim_event SET paid_seconds = paid_seconds + 1 WHERE {step('night', 2)}", at("night"), "paid_seconds is"),
    (f"UPDATE claim_event SET paid_seconds = paid_seconds - 1 WHERE {step('over the week', 2)}", at("over the week"), "paid_seconds is"),
    (f"UPDATE claim_event SET credited_seconds = NULL WHERE {step('shopping', 2)}", at("shopping"), "cannot have written"),
    (f"UPDATE claim_event SET payer_account_id = '{account_of(DORA)}' WHERE {step('shopping', 2)}", at("shopping"), "has no reason to pay"),
    (f"UPDATE claim_event SET payer_account_id = {POT_ID} WHERE {step('shopping', 2)}", at("shopping"), "entries of its transfer"),
    (f"UPDATE claim_event SET payer_account_id = NULL WHERE {step('shopping', 2)}", at("shopping"), "Nobody pays"),
    (f"UPDATE claim_event SET claim_id = '{named('waiting')}' WHERE {step('shopping', 2)}", at("waiting"), "by the policy"),
    (f"UPDATE claim_event SET claim_id = {FRESH} WHERE {step('shopping', 2)}", "claim_event", "belongs to no claim"),
    (f"DELETE FROM claim_event WHERE {step('shopping', 1)}", at("shopping"), "Step 2 stands where step 1 must."),
    (f"DELETE FROM claim_event WHERE {step('shopping', 2)}", at("shopping"), "none of its steps names it"),
    (f"WITH u AS (UPDATE claim SET state = 'submitted', event_count = 1, posting_count = 0, credited_seconds = 0, paid_seconds = 0 WHERE {of('shopping')}) DELETE FROM claim_event WHERE {step('shopping', 2)}", at("shopping"), "none of its steps names it"),
    (f"WITH u AS (UPDATE claim SET state = 'submitted', event_count = 1 WHERE {of('declined')}) DELETE FROM claim_event WHERE {step('declined', 2)}", at("declined"), "An event says claim_declined"),
    (f"WITH u AS (UPDATE claim SET state = 'posted', event_count = 4, credited_seconds = 7200, paid_seconds = 7200 WHERE {of('reversed')}) UPDATE claim_event SET kind = 'upheld', transfer_id = NULL, credited_seconds = NULL, paid_seconds = NULL WHERE {step('reversed', 4)}", at("reversed"), "none of its steps names it"),
    (f"INSERT INTO claim_event SELECT community_id, claim_id, 2, 'posted', at, '{CARA}', 'coordinator', NULL, NULL, 0, 0, NULL FROM claim_event WHERE {step('waiting', 1)}", at("waiting"), "seconds are due by the policy"),
    (f"INSERT INTO claim_event SELECT community_id, claim_id, 3, kind, at, by_id, via, NULL, transfer_id, credited_seconds, paid_seconds, payer_account_id FROM claim_event WHERE {step('shopping', 2)}", at("shopping"), "cannot follow"),
    (f"UPDATE claim_event SET kind = 'upheld', transfer_id = NULL, credited_seconds = NULL, paid_seconds = NULL, payer_account_id = NULL WHERE {step('corrected', 5)}", at("corrected"), "cannot follow"),
    (f"UPDATE claim_event SET credited_seconds = 7200 WHERE {step('reversed', 4)}", at("reversed"), "are not 0"),
    (f"UPDATE claim_event SET transfer_id = '{posting_id(named('reversed'), 1)}' WHERE {step('reversed', 4)}", at("reversed"), "does not take back"),
    (f"UPDATE claim_event SET by_id = '{FAY}' WHERE {step('reversed', 4)}", at("reversed"), "not their own"),
    (f"UPDATE claim_event SET via = 'member' WHERE {step('upheld', 4)}", at("upheld"), "Only a co-ordinator decides"),
    # Totals.
    (f"UPDATE earned_total SET seconds = seconds - 900 WHERE member_id = '{BEN}'", f"earned_total, member {BEN}", "credited makes"),
    (f"UPDATE earned_total SET member_id = {FRESH} WHERE member_id = '{BEN}'", f"earned_total, member {BEN}", "seconds is None"),
    (f"DELETE FROM earned_total WHERE member_id = '{BEN}'", f"earned_total, member {BEN}", "seconds is None"),
    (f"INSERT INTO earned_total SELECT community_id, {FRESH}, 900 FROM community", "earned_total, member", "credited makes 0"),
    # Disputes.
    (f"UPDATE dispute SET dispute_id = {FRESH} WHERE {dispute('upheld')}", "dispute, dispute_id", "No event"),
    (f"UPDATE dispute SET claim_id = '{named('shopping')}' WHERE {dispute('upheld')}", "dispute, dispute_id", "claim_id is"),
    (f"UPDATE dispute SET provider_id = '{DORA}' WHERE {dispute('upheld')}", at("upheld"), "provider_id of dispute"),
    (f"UPDATE dispute SET receiver_id = '{DORA}' WHERE {dispute('upheld')}", at("upheld"), "receiver_id of dispute"),
    (f"UPDATE dispute SET event_number = 2 WHERE {dispute('upheld')}", at("upheld"), "opened a dispute, and there is none"),
    (f"UPDATE dispute SET opened_by = '{DORA}' WHERE {dispute('upheld')}", "dispute, dispute_id", "opened_by is"),
    (f"UPDATE dispute SET opened_side = 'provider' WHERE {dispute('upheld')}", at("upheld"), "opened_side of dispute"),
    (f"UPDATE dispute SET opened_at = {NOW} WHERE {dispute('upheld')}", "dispute, dispute_id", "opened_at is"),
    (f"UPDATE dispute SET deadline_on = deadline_on + 1 WHERE {dispute('still disputed')}", at("still disputed"), "deadline_on of dispute"),
    (f"UPDATE dispute SET claim_state = 'submitted' WHERE {dispute('still disputed')}", at("still disputed"), "claim_state of dispute"),
    (f"UPDATE dispute SET outcome = 'reversed' WHERE {dispute('upheld')}", "dispute, dispute_id", "outcome is reversed, and the events make it upheld"),
    (f"UPDATE dispute SET outcome = 'upheld', resolved_at = {NOW}, resolved_by = '{CARA}' WHERE {dispute('still disputed')}", "dispute, dispute_id", "outcome is upheld"),
    (f"UPDATE dispute SET outcome = NULL WHERE {dispute('made up')}", "dispute, dispute_id", "outcome is NULL"),
    (f"UPDATE dispute SET resolved_by = '{FAY}' WHERE {dispute('upheld')}", "dispute, dispute_id", "resolved_by is"),
    (f"UPDATE dispute SET resolved_at = {NOW} WHERE {dispute('upheld')}", "dispute, dispute_id", "resolved_at is"),
    (f"UPDATE dispute SET corrected_seconds = 7200 WHERE {dispute('corrected')}", at("corrected"), "receipt says something else"),
    (f"UPDATE dispute SET corrected_seconds = NULL WHERE {dispute('corrected')}", "dispute, dispute_id", "corrected_seconds is NULL"),
    (f"DELETE FROM dispute WHERE {dispute('still disputed')}", "dispute, dispute_id", "The row is missing"),
    (f"INSERT INTO dispute SELECT community_id, {FRESH}, claim_id, provider_id, receiver_id, event_number, opened_by, opened_side, opened_at, deadline_on, claim_state FROM dispute WHERE {dispute('still disputed')}", "dispute, dispute_id", "No event"),
    # Policies and periods.
    ("UPDATE policy SET version = 2", "policy, version 2", "No event"),
    ("UPDATE policy SET in_force_from = in_force_from - 1", "policy, version 1", "in_force_from is"),
    ("UPDATE policy SET in_force_from = 'infinity'", "policy, version 1", "could have written"),
    ("UPDATE policy SET source = replace(source, '4:00', '9:00')", "policy, version 1", "does not say what rules says"),
    ("UPDATE policy SET source = 'no policy'", "policy, version 1", "does not say what rules says"),
    ("UPDATE policy SET rules = replace(rules, '14400', '86400')", "policy, version 1", "rules is"),
    ("UPDATE policy SET rules = '{}'", "policy, version 1", "could have written"),
    (f"UPDATE policy SET applied_at = {NOW}", "policy, version 1", "applied_at is"),
    (f"UPDATE policy SET applied_by = '{CARA}'", "policy, version 1", "applied_by is"),
    ("DELETE FROM policy", "policy, version 1", "missing"),
    ("INSERT INTO policy SELECT community_id, 2, in_force_from, source, rules, applied_at, NULL FROM policy", "log_head", "policy_version is 1, not 2"),
    ("UPDATE log_head SET policy_version = 0", "log_head", "policy_version is 0, not 1."),
    ("UPDATE log_head SET closed_through = NULL", "log_head", "closed_through is None, not 2026-05-20."),
    ("UPDATE log_head SET closed_through = '2026-05-10'", "log_head", "closed_through is 2026-05-10"),
    ("UPDATE closed_period SET through_on = '2026-05-11' WHERE closing_number = 1", "closed_period, closing_number 1", "through_on is 2026-05-11"),
    (f"UPDATE closed_period SET closed_at = {NOW} WHERE closing_number = 1", "closed_period, closing_number 1", "closed_at is"),
    (f"UPDATE closed_period SET closed_by = '{CARA}' WHERE closing_number = 1", "closed_period, closing_number 1", "closed_by is"),
    (f"UPDATE closed_period SET event_id = {FRESH} WHERE closing_number = 1", "closed_period, closing_number 1", "event_id is"),
    (f"UPDATE closed_period SET recorded_event_id = {FRESH} WHERE closing_number = 1", "closed_period, closing_number 1", "recorded_event_id is"),
    ("UPDATE closed_period SET ends_at = ends_at + interval '1 hour' WHERE closing_number = 1", "closed_period, closing_number 1", "ends_at is"),
    ("UPDATE closed_period SET tree_size = tree_size - 1 WHERE closing_number = 1", "closed_period, closing_number 1", "tree_size is"),
    ("UPDATE closed_period SET account_count = 0 WHERE closing_number = 1", "period_balance, closing_number 1", "balances, not 0."),
    ("UPDATE closed_period SET root = sha256('') WHERE closing_number = 1", "period_balance, closing_number 1", "do not hash to the root"),
    ("UPDATE closed_period SET event_id = NULL, recorded_event_id = NULL, ends_at = NULL, tree_size = NULL, account_count = NULL, root = NULL WHERE closing_number = 1", "period_balance, closing_number 1", "belong to no closing"),
    ("UPDATE closed_period SET closing_number = 9 WHERE closing_number = 1", "closed_period, closing_number 9", "No event"),
    ("DELETE FROM closed_period", "closed_period, closing_number 1", "missing"),
    (f"INSERT INTO closed_period SELECT community_id, '2026-05-12', {NOW}, NULL, 4 FROM community", "closed_period, closing_number 4", "No event"),
    ("DELETE FROM period_reopening", "period_reopening, closing_number 3", "missing"),
    (f"UPDATE period_reopening SET reopened_at = {NOW}", "period_reopening, closing_number 3", "reopened_at is"),
    (f"UPDATE period_reopening SET reopened_by = '{BEN}'", "period_reopening, closing_number 3", "reopened_by is"),
    (f"UPDATE period_reopening SET proposed_by = '{BEN}'", "period_reopening, closing_number 3", "proposed_by is"),
    (f"INSERT INTO period_reopening SELECT community_id, 2, {NOW}, '{CARA}', '{FAY}' FROM community", "period_reopening, closing_number 2", "No event"),
    ("UPDATE period_reason SET reason = 'No reason'", "period_reason, event", "not the reason of its event"),
    (f"UPDATE period_reason SET event_id = {FRESH} WHERE event_id IN (SELECT event_id FROM closed_period WHERE closing_number = 1)", "period_reason, event", "not the reason of its event"),
    (f"UPDATE period_balance SET balance = balance + 1 WHERE closing_number = 2 AND account_id = '{ANAS}'", f"period_balance, closing_number 2, account {ANAS}", "the entries make"),
    (f"UPDATE period_balance SET balance = balance + 1 WHERE closing_number = 2 AND account_id = '{ANAS}'", "period_balance, closing_number 2", "add up to 1 seconds"),
    (f"UPDATE period_balance SET entry_count = entry_count + 1 WHERE closing_number = 2 AND account_id = '{ANAS}'", "period_balance, closing_number 2", "do not hash"),
    (f"UPDATE period_balance SET account_id = {FRESH} WHERE closing_number = 2 AND account_id = '{ANAS}'", f"period_balance, closing_number 2, account {ANAS}", "its balance is missing"),
    (f"UPDATE period_balance SET account_id = {FRESH} WHERE closing_number = 2 AND account_id = '{ANAS}'", "period_balance, closing_number 2", "cannot be shown any more"),
    (f"UPDATE period_balance SET digest = repeat('_', 43) WHERE closing_number = 2 AND account_id = '{ANAS}'", "period_balance, closing_number 2", "The digest is not that of account"),
    ("UPDATE period_balance SET place = 77 WHERE closing_number = 2 AND place = 0", "period_balance, closing_number 2", "out of its order"),
    ("INSERT INTO period_balance SELECT community_id, 2, 77, gen_random_uuid(), 0, 0, repeat('z', 43) FROM community", "period_balance, closing_number 2", "was not there yet"),
    ("UPDATE period_reopening SET closing_number = 2", "period_reopening, closing_number 2", "No event"),
    (f"UPDATE period_reason SET written_by = '{BEN}'", "period_reason, event", "not the reason of its event"),
    ("UPDATE period_reason SET salt = repeat('A', 22)", "period_reason, event", "not the reason of its event"),
    ("DELETE FROM period_reason", "period_reason, event", "The reason is missing"),
    (f"INSERT INTO period_reason SELECT community_id, {FRESH}, NULL, salt, reason FROM period_reason LIMIT 1", "period_reason, event", "not the reason of its event"),
    ("UPDATE period_balance b SET balance = o.balance FROM period_balance o WHERE b.closing_number = 2 AND o.closing_number = 2 AND b.place + o.place = (SELECT account_count - 1 FROM closed_period WHERE closing_number = 2)", "period_balance, closing_number 2", "the entries make"),
    ("DELETE FROM period_balance WHERE closing_number = 2 AND place = 0", "period_balance, closing_number 2", "out of its order"),
    ("DELETE FROM period_balance WHERE closing_number = 2 AND place = (SELECT account_count - 1 FROM closed_period WHERE closing_number = 2)", "period_balance, closing_number 2", "balances, not"),
    ("UPDATE period_balance SET closing_number = 7 WHERE closing_number = 2", "period_balance, closing_number 7", "belong to no closing"),
    ("INSERT INTO period_node SELECT community_id, 2, 8, 0, sha256('') FROM community", "period_node, closing_number 2", "not those of the tree"),
    ("INSERT INTO period_node SELECT community_id, 7, 8, 0, sha256('') FROM community", "period_node, closing_number 7", "belong to no closing"),
    # Pots and clearances.
    ("UPDATE pot_rule SET account_id = gen_random_uuid() WHERE rule_number = 2", "pot_rule, account_id", "No event"),
    ("UPDATE pot_rule SET rule_number = 3 WHERE rule_number = 2", "pot_rule, account_id", "No event"),
    ("UPDATE pot_rule SET purpose = 'guarantee' WHERE rule_number = 2", "pot_rule, account_id", "purpose is guarantee, and the events make it hardship."),
    ("UPDATE pot_rule SET eligible = 'frail' WHERE rule_number = 2", "pot_rule, account_id", "eligible is frail"),
    ("UPDATE pot_rule SET monthly_budget = NULL WHERE rule_number = 2", "pot_rule, account_id", "monthly_budget is NULL"),
    ("UPDATE pot_rule SET member_monthly = 1 WHERE rule_number = 2", "pot_rule, account_id", "member_monthly is 1"),
    ("UPDATE pot_rule SET signature_limit = 999999 WHERE rule_number = 2", "pot_rule, account_id", "signature_limit is 999999"),
    (f"UPDATE pot_rule SET set_at = {NOW} WHERE rule_number = 2", "pot_rule, account_id", "set_at is"),
    (f"UPDATE pot_rule SET set_by = '{CARA}' WHERE rule_number = 2", "pot_rule, account_id", "set_by is"),
    ("DELETE FROM pot_rule WHERE rule_number = 2", "pot_rule, account_id", "missing"),
    ("INSERT INTO pot_rule SELECT community_id, account_id, 3, purpose, eligible, NULL, NULL, 0, set_at, NULL FROM pot_rule WHERE rule_number = 2", "pot_rule, account_id", "No event"),
    (f"UPDATE clearance SET clearance_id = {FRESH} WHERE {CLEARED}", "clearance, clearance_id", "No event"),
    (f"UPDATE clearance SET member_id = '{FAY}' WHERE {CLEARED}", "clearance, clearance_id", "member_id is"),
    (f"UPDATE clearance SET kind = 'driving' WHERE {CLEARED}", "clearance, clearance_id", "kind is driving"),
    (f"UPDATE clearance SET issued_on = '2025-01-01' WHERE {CLEARED}", "clearance, clearance_id", "issued_on is"),
    (f"UPDATE clearance SET expires_on = NULL WHERE {CLEARED}", "clearance, clearance_id", "expires_on is NULL"),
    (f"UPDATE clearance SET verified_by = '{FAY}' WHERE {CLEARED}", "clearance, clearance_id", "verified_by is"),
    (f"UPDATE clearance SET recorded_at = {NOW} WHERE {CLEARED}", "clearance, clearance_id", "recorded_at is"),
    (f"UPDATE clearance SET revoked_at = NULL WHERE {REVOKED}", "clearance, clearance_id", "revoked_at is NULL"),
    (f"UPDATE clearance SET revoked_by = NULL WHERE {REVOKED}", "clearance, clearance_id", "revoked_by is NULL"),
    (f"DELETE FROM clearance WHERE {CLEARED}", "clearance, clearance_id", "missing"),
    (f"INSERT INTO clearance SELECT community_id, {FRESH}, member_id, kind, issued_on, NULL, verified_by, recorded_at FROM clearance WHERE {CLEARED}", "clearance, clearance_id", "No event"),
    # Requests for care.
    (f"UPDATE care_request SET care_request_id = {FRESH} WHERE {OPEN}", "care_request", "No request that asked for it"),
    (f"UPDATE care_request SET series_id = {FRESH} WHERE {OPEN}", "care_request", "series_id says something else"),
    (f"UPDATE care_request SET series_id = NULL WHERE {WALK}", "care_request", "series_id says something else"),
    (f"UPDATE care_request SET receiver_id = '{ANA}' WHERE {OPEN}", str(named("open")), "not what was asked for"),
    (f"UPDATE care_request SET asked_by = '{ANA}' WHERE {OPEN}", str(named("open")), "asked_by is"),
    (f"UPDATE care_request SET asked_via = 'shell' WHERE {OPEN}", str(named("open")), "asked_via is"),
    (f"UPDATE care_request SET activity = 'night' WHERE {OPEN}", str(named("open")), "not what was asked for"),
    (f"UPDATE care_request SET care_on = care_on + 1 WHERE {OPEN}", str(named("open")), "not what was asked for"),
    (f"UPDATE care_request SET care_on = care_on + 1 WHERE {WALK}", str(FIRST), "expires_at is not"),
    (f"UPDATE care_request SET care_on = 'infinity' WHERE {OPEN}", str(named("open")), "cannot have written"),
    (f"UPDATE care_request SET from_time = '11:00' WHERE {WALK}", str(FIRST), "not what was asked for"),
    (f"UPDATE care_request SET seconds = 3600 WHERE {OPEN}", str(named("open")), "not what the policy sets aside"),
    (f"UPDATE care_request SET payer_account_id = '{ANAS}' WHERE {OPEN}", str(named("open")), "no reason to pay"),
    (f"UPDATE care_request SET hold_id = {FRESH} WHERE {OPEN}", str(named("open")), "is not the hold of this request"),
    (f"UPDATE care_request SET hold_id = NULL, held_seconds = 0 WHERE {OPEN}", str(named("open")), "held_seconds is 0"),
    (f"UPDATE care_request SET hold_id = NULL WHERE {OPEN}", str(named("open")), "without a hold"),
    (f"UPDATE care_request SET held_seconds = 1 WHERE {OPEN}", str(named("open")), "not that of its hold"),
    (f"UPDATE care_request SET policy_version = 0 WHERE {OPEN}", str(named("open")), "policy_version is 0"),
    (f"UPDATE care_request SET asked_at = {NOW} WHERE {OPEN}", str(named("open")), "asked_at is not when"),
    (f"UPDATE care_request SET expires_at = expires_at + interval '1 day' WHERE {OPEN}", str(named("open")), "expires_at is not"),
    (f"UPDATE care_request SET state = 'cancelled' WHERE {OPEN}", str(named("open")), "state is cancelled, and its steps make it open."),
    (f"UPDATE care_request SET event_count = 9 WHERE {OPEN}", str(named("open")), "event_count is 9"),
    (f"UPDATE care_request SET taken_by = '{FAY}' WHERE {LIFT}", str(named("lift")), "taken_by is"),
    (f"DELETE FROM care_request WHERE {OPEN}", f"request, {named('open')}", "missing"),
    (f"DELETE FROM care_request WHERE {WALK}", f"request, {FIRST}", "missing"),
    (f"INSERT INTO care_request SELECT community_id, {FRESH}, series_id, receiver_id, asked_by, asked_via, activity, care_on, from_time, seconds, payer_account_id, NULL, 0, policy_version, asked_at, expires_at, state, event_count FROM care_request WHERE {OPEN}", "care_request", "No request that asked for it"),
    (f"INSERT INTO care_request_note SELECT community_id, '{named('open')}', 'x', NULL FROM community", str(named("open")), "not what was asked for"),
    (f"DELETE FROM care_request_note WHERE {LIFT}", str(named("lift")), "not what was asked for"),
    (f"UPDATE care_request_note SET area = 'South' WHERE {LIFT}", str(named("lift")), "not what was asked for"),
    (f"UPDATE care_request_note SET note = 'x' WHERE {LIFT}", str(named("lift")), "not what was asked for"),
    (f"UPDATE care_request_note SET care_request_id = {FRESH} WHERE {LIFT}", "care_request_note", "belongs to no request"),
    (f"UPDATE care_request_event SET event_number = 9 WHERE {LIFT} AND event_number = 2", str(named("lift")), "stands where step"),
    (f"UPDATE care_request_event SET kind = 'cancelled' WHERE {LIFT} AND event_number = 2", str(named("lift")), "cannot follow"),
    (f"UPDATE care_request_event SET at = {NOW} WHERE {LIFT} AND event_number = 3", str(named("lift")), "came before"),
    (f"UPDATE care_request_event SET at = at + interval '1 second' WHERE {LIFT} AND kind = 'settled'", str(named("lift")), "did not settle this request then"),
    (f"UPDATE care_request_event SET by_id = '{ANA}' WHERE {WALK} AND kind = 'taken'", str(FIRST), "taken_by is"),
    (f"UPDATE care_request_event SET by_id = NULL WHERE {LIFT} AND event_number = 2", str(named("lift")), "by_id and via do not agree"),
    (f"UPDATE care_request_event SET via = 'shell' WHERE {LIFT} AND event_number = 2", str(named("lift")), "by_id and via do not agree"),
    (f"UPDATE care_request_event SET for_member_id = '{FAY}' WHERE {LIFT} AND event_number = 4", str(named("lift")), "taken_by is"),
    (f"UPDATE care_request_event SET claim_id = '{named('shopping')}' WHERE {LIFT} AND kind = 'settled'", str(named("lift")), "did not settle this request"),
    (f"UPDATE care_request_event SET claim_id = NULL WHERE {LIFT} AND kind = 'settled'", str(named("lift")), "names a claim"),
    (f"UPDATE care_request_event SET care_request_id = {FRESH} WHERE {LIFT} AND kind = 'settled'", "care_request_event", "belongs to no request"),
    (f"DELETE FROM care_request_event WHERE {LIFT} AND kind = 'settled'", str(named("lift")), "state is settled, and its steps make it taken."),
    (f"INSERT INTO care_request_event SELECT community_id, care_request_id, 2, 'cancelled', at, by_id, via FROM care_request_event WHERE {OPEN}", str(named("open")), "state is open, and its steps make it cancelled."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "where", "words"),
    TAMPERINGS,
    ids=[f"{n} {' '.join(row[0].split()[:4])}" for n, row in enumerate(TAMPERINGS)],
)
async def test_whatever_a_superuser_changes_about_hours_is_found(draft, sql, where, words):
    await draft.tamper(sql)
    report = await draft.audit()
    assert {finding.check for finding in report.findings} <= {"hours", "periods"}, report.render_lines()
    found = [each for each in report.findings if where in each.where]
    assert any(words.lower() in each.what.lower() for each in found), report.render_lines()
    for finding in report.findings:
        assert finding.what.endswith(".") and finding.remedy.endswith(".")


# Columns whose change is not found, and why.
NOT_FOUND = {
    "claim_overlap": "a hint, found by what stood there on arrival; it moves nothing",
    "claim_reason": "a text, which only its request's hash knows",
    "dispute_statement": "texts of the two; the outcome has an event",
    "task": "a hint for a co-ordinator; it moves nothing",
    "period_node": "made of balances: a closing with fewer than 256 has none, see test_periods",
    "pot_month": "counts towards the rule of a pot; what the pot gave is in the books",
}
TABLES = """claim claim_note open_claim claim_event earned_total dispute policy closed_period period_reopening
    period_reason period_balance pot_rule clearance care_request care_request_note care_request_event""".split()


async def test_no_table_and_no_column_about_hours_is_forgotten(draft):
    versions = Path("ledger/database/migrations/versions")
    migrations = [(versions / name).read_text() for name in ("0003_hours.sql", "0008_periods.sql")]
    assert set(re.findall(r"CREATE TABLE (\w+)", "".join(migrations))) == set(TABLES) | NOT_FOUND.keys()
    rows = await draft.owner.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = ANY ($1) AND column_name <> 'community_id'",
        TABLES,
    )
    altered = {f"{sql.split()[1]}.{column}" for sql, _, _ in TAMPERINGS for column in set_by(sql)}
    assert {row["name"] for row in rows} - altered == set()
    for verb in ("INSERT INTO", "DELETE FROM"):
        tables = {sql.partition(f"{verb} ")[2].split()[0] for sql, _, _ in TAMPERINGS if f"{verb} " in sql}
        assert set(TABLES) - tables == set(), verb


def set_by(sql):
    """The columns an UPDATE sets."""
    if not sql.startswith("UPDATE"):
        return []
    assignments = sql.partition(" SET ")[2].partition(" WHERE ")[0]
    return [each.split()[-1] for each in assignments.split(" = ")[:-1]]


@pytest.mark.parametrize("period", ["daily", "weekly", "lifetime"])
async def test_a_cap_that_was_passed_is_found(draft, period):
    """With everything else made to agree: here the policy that is read has the tighter cap."""
    tighter = {
        "daily": ("14400", "900"),
        "weekly": ("32400", "900"),
        "lifetime": ('"weekly"', '"lifetime":{"above":"refuse","seconds":900},"weekly"'),
    }
    old, new = tighter[period]
    await draft.tamper(f"UPDATE policy SET rules = replace(rules, '{old}', '{new}')")
    found = [each.what for each in (await draft.audit()).findings]
    assert any(what.startswith(f"The {period} cap is 900, and ") for what in found), found


@pytest.mark.parametrize(
    ("day", "found"), [("2026-05-20", True), ("2026-05-10", True), ("2026-05-21", False)]
)
async def test_a_posting_for_a_closed_day_is_found(draft, day, found):
    """As if somebody had lifted the closing for a moment: here the last transfer is given an earlier day."""
    await draft.tamper(
        f"UPDATE transfer SET service_on = '{day}' WHERE leaf_index = (SELECT max(leaf_index) FROM transfer)"
    )
    said = [each.what for each in (await draft.audit()).findings]
    assert any("everything through 2026-05-20 was closed before" in what for what in said) is found, said


async def test_a_posting_before_the_period_was_closed_is_none_of_its_business(draft):
    await draft.tamper(
        f"UPDATE transfer SET service_on = '2026-05-09' WHERE transfer_id = '{posting_id(named('walked'), 1)}'"
    )
    assert not any("closed before" in each.what for each in (await draft.audit()).findings)


@pytest.mark.parametrize(
    "sql",
    [
        *(
            f"ALTER TABLE {table} ALTER {column} DROP NOT NULL; UPDATE {table} SET {column} = NULL"
            for table, column in (
                ("claim", "activity"), ("claim", "service_on"), ("claim", "recorded_seconds"), ("claim", "policy_version"),
                ("claim", "provider_account_id"), ("claim", "provider_id"), ("claim", "logged_at"), ("claim", "state"),
                ("claim", "posting_count"), ("claim_event", "kind"), ("claim_event", "at"), ("claim_event", "via"),
                ("dispute", "claim_id"), ("dispute", "event_number"), ("dispute", "claim_state"), ("policy", "rules"),
                ("policy", "source"), ("policy", "applied_at"), ("policy", "in_force_from"), ("closed_period", "closed_at"),
                ("earned_total", "seconds"), ("care_request", "care_on"), ("care_request", "seconds"),
                ("care_request", "payer_account_id"), ("care_request", "asked_at"), ("care_request_event", "kind"),
                ("care_request_event", "at"), ("pot_rule", "purpose"), ("clearance", "kind"), ("log_head", "policy_version"),
            )
        ),
        "UPDATE claim SET service_on = '-infinity', logged_at = 'infinity', due_at = '-infinity'",
        "UPDATE claim SET recorded_seconds = 9223372036854775807, credited_seconds = 9223372036854775807",
        "UPDATE claim SET policy_version = -1",
        "UPDATE claim_event SET at = '99999-01-01', credited_seconds = -9223372036854775807",
        "UPDATE claim_event SET credited_seconds = 0, paid_seconds = 0",
        "UPDATE policy SET rules = repeat('[', 100000), source = repeat('[', 100000)",
        "UPDATE policy SET rules = replace(rules, '1.5', '0'), applied_at = '-infinity'",
        "UPDATE care_request SET care_on = '9999-12-31', expires_at = 'infinity', asked_at = '-infinity'",
        "UPDATE care_request SET series_id = gen_random_uuid()",
        "UPDATE dispute SET outcome = NULL, corrected_seconds = -1",
        """UPDATE event SET details = '{"claim":[],"dispute":7,"version":[1],"through":{},"clearance":null}' WHERE kind LIKE 'dispute%' OR kind IN ('policy_applied', 'period_closed', 'clearance_revoked')""",
        """UPDATE event SET details = '{"through":"soon"}', recorded_at = 'infinity' WHERE kind = 'period_closed'""",
        "DELETE FROM event",
        "DELETE FROM claim_event",
        "DELETE FROM claim; DELETE FROM care_request",
    ],
)  # fmt: skip
async def test_nothing_that_stands_there_ends_the_audit(draft, sql):
    await draft.owner.execute(LOOSEN)
    await draft.owner.execute("DROP INDEX dispute_open_key, claim_event_transfer_key")
    await draft.owner.execute(sql)
    report = await draft.audit()
    assert {"hours", "periods"} & {finding.check for finding in report.findings}, report.render_lines()
    assert not any("could not read" in line for line in report.render_lines()), report.render_lines()


async def test_a_table_that_is_gone_is_said(draft):
    await draft.owner.execute("DROP TABLE clearance")
    assert any("could not read" in line for line in (await draft.audit()).render_lines())
