"""Random lives under every preset: time is neither made nor lost, no cap or floor is broken, no claim is paid twice.

Whatever is logged and confirmed is held against `tests.naive_hours`: the same refusal, or the same seconds moved
between the same accounts. What else can happen to hours is done beside it, and what must hold of a book at every
moment is asked of the database.

What is asserted of floors: no entry leaves an account below its own floor, and what care, a gift or a grant takes
leaves it no lower than a hard floor of the policy. A reversal is bound by the account's own floor alone: what was
wrongly credited is taken back even where the policy would not let as much be spent.
"""

import asyncio
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, permutations
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from ledger.book.authors import SHELL, Author, Via
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, ReverseTransfer, TransferKind
from ledger.book.ledger import Ledger
from ledger.book.posting import Done, Posted
from ledger.database.connections import Database
from ledger.desk.audit import audit_community
from ledger.desk.closing import DESPITE, close_period
from ledger.hours import presets
from ledger.hours.answering import decline, withdraw
from ledger.hours.applying import NewPolicy, apply_policy, opening_limits
from ledger.hours.care_requests import NewCareRequest, ask, asker_for, cancel, give_back, take, taker_for
from ledger.hours.claims import ConfirmClaim, LogClaims, NewClaim, logger
from ledger.hours.departures import Departure, Settlement, settle
from ledger.hours.disputes import DisputeOutcome, decide_dispute, open_dispute, withdraw_dispute
from ledger.hours.gifts import gift, giving
from ledger.hours.grants import Grant, grant
from ledger.hours.hours import Hours
from ledger.hours.periods import end_of, reopening_period
from ledger.hours.policy import DEFAULT, Period
from ledger.hours.policy_text import read_policy
from ledger.hours.pots import Eligible, PotRule, Purpose, set_pot_rule
from ledger.log.published import PublishedCheckpoints
from ledger.people.delegates import Delegation, Relation, add_relative, give_delegation
from ledger.people.households import add_holder
from ledger.people.members import (
    NewMember,
    Person,
    StakeholderClass,
    Status,
    account_of,
    change_standing,
    enrol,
    read_member,
)
from ledger.people.roles import Delegated, DelegateScope, Principal, Role
from tests.conftest import ISSUER
from tests.naive_hours import (
    MACHINE,
    NaiveClaim,
    NaiveHold,
    NaiveHours,
    NaiveMember,
    NaiveRefusal,
    NaiveRequest,
    month_of,
)
from tests.outcomes import answer

# Looking for a shorter life that fails the same takes minutes: the soak does it. Each step is noted, so that a long
# one can be read as well.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
if settings.default.max_examples > 100:
    PHASES.append(Phase.shrink)

HOUR = 3600
_numbers = count()

# Every way in which a policy can be hard, whether or not a bank would have it so.
HARSH = {
    "refusing": """
        name = "Refusing"
        timezone = "Europe/Zurich"
        equal_hours = false
        open_activities = false
        grid = "0:10"
        rounding = "down"
        silence_days = 5
        dispute_days = 10
        request_days = 3
        log_within_days = 21
        funders = ["receiver", "pot", "issuance"]
        [activities.shopping]
        title = "Shopping"
        [activities.night]
        title = "Night watch"
        rate = "1.5"
        tariff = "1"
        [activities.office]
        title = "Papers"
        rate = "4/7"
        tariff = "2"
        [caps.daily]
        hours = "5:00"
        above = "refuse"
        [caps.weekly]
        hours = "7:00"
        above = "refuse"
        [caps.lifetime]
        hours = "14:00"
        above = "pot"
        [floor]
        hours = "-1:00"
        [ceiling]
        hours = "8:00"
        [gifts]
        relations = ["child"]
        pots = true
    """,
    "giving": """
        name = "Giving"
        equal_hours = false
        grid = "0:10"
        rounding = "nearest"
        silence_days = 5
        dispute_days = 10
        request_days = 3
        funders = ["receiver", "pot"]
        [activities.shopping]
        title = "Shopping"
        rate = "5/7"
        tariff = "11/7"
        [activities.night]
        title = "Night watch"
        rate = "1.5"
        tariff = "1"
        [caps.daily]
        hours = "3:00"
        above = "pot"
        [caps.weekly]
        hours = "7:00"
        above = "honour"
        [caps.lifetime]
        hours = "14:00"
        above = "refuse"
        [floor]
        hours = "-2:00"
        soft = true
        [ceiling]
        hours = "6:00"
        soft = true
        [gifts]
        anybody = true
    """,
}
SOURCES = {name: presets.text(name) for name in presets.names()} | HARSH
CAP = re.compile(r'\[caps.(daily|weekly|lifetime)]\s+hours = "[0-9:]+"')
# Caps that a short life reaches.
REACHED = {"daily": "3:00", "weekly": "3:30", "lifetime": "5:00"}


def named(name):
    return uuid5(UUID(int=13), name)


ANA, BEN, CLEO, DORA, ELI, FRED, GUS, CORA = PEOPLE = [
    named(name) for name in "Ana Ben Cleo Dora Eli Fred Gus Cora".split()
]
HOME = named("the household of Eli and Fred")
NOBODY = named("nobody")
BEGAN = datetime(2026, 1, 1, 9, tzinfo=UTC)
# A Saturday before the clocks change, the last day of a month, the day after the clocks changed back.
STARTS = [
    datetime(2026, 3, 28, 12, tzinfo=UTC),
    datetime(2026, 5, 31, 9, tzinfo=UTC),
    datetime(2026, 10, 26, 20, tzinfo=UTC),
]

LENGTHS = [
    3600,
    1800,
    7200,
    2700,
    299,
    300,
    5400,
    3600,
    4 * HOUR,
    7200,
    11 * HOUR,
    24 * HOUR,
    1,
    24 * HOUR + 1,
]
ACTIVITIES = ["shopping", "night", "office", "body-care"]
DAYS_AGO = [1, 0, 2, 0, 1, 3, 1, 6, 9, 2, 30, 60, -1]

# How often each is done. What makes something to go on with stands first.
STEPS = [
    *["log"] * 8,
    *["confirm"] * 8,
    *["session"] * 3,
    *["care"] * 4,
    *["visit"] * 4,
    *["dispute"] * 4,
    *["pass_time"] * 3,
    *["race"] * 2,
    *["give"] * 2,
    *["repeat"] * 2,
    *["ask", "take", "give_back", "cancel", "decide", "decline", "withdraw", "grant", "silence", "reuse"],
    *["close", "close", "put_right", "put_right", "take_back", "open_again", "leave"],
]


class Life:
    """One community from its founding on, in the database and in the model."""

    def __init__(self, data, ledger, source):
        self.data, self.ledger = data, ledger
        self.source, self.policy = source, read_policy(source)
        self.now = BEGAN
        ledger.now = lambda: self.now
        self.hours = Hours(ledger)
        # Another process on the same database.
        self.other = Hours(ledger)
        self.number = 0
        self.asked = []  # (how it was asked, what the answer was)
        self.logs = []
        self.disputes = {}
        self.gifts = []  # those that can be taken back
        self.undone = set()  # what was taken back by hand, and what did it

    def draw(self, choices):
        # What is at either end of a range is drawn most often: here both are the first choice, and an ordinary one.
        return choices[self.data.draw(st.integers(0, len(choices))) % len(choices)]

    def key(self):
        self.number += 1
        return uuid5(UUID(int=14), str(self.number))

    # --- how it begins ----------------------------------------------------------------------------------------

    async def found(self):
        slug = f"c{next(_numbers)}"
        self.community = await self.ledger.found(slug, slug, ISSUER, f"care.example.org/{slug}")
        self.at = (self.hours, self.community)
        if self.policy == DEFAULT:
            pot = OpenAccount(self.key(), AccountKind.POT, DEFAULT.pot, 0, None)
            issuance = OpenAccount(self.key(), AccountKind.ISSUANCE, DEFAULT.issuance, None, None)
            await self.ledger.post(self.community, [pot, issuance])
        else:
            new = NewPolicy(self.source, self.policy)
            assert done(await apply_policy(*self.at, SHELL, self.key(), new))
        async with self.ledger.database.connection(self.community.id) as db:
            codes = dict(await db.driver.fetch("SELECT code, account_id FROM account"))
            kinds = (AccountKind.MEMBER, AccountKind.HOUSEHOLD)
            policies = self.hours.policies
            limits = {kind: await opening_limits(db, self.community.id, kind, policies) for kind in kinds}
        self.pot, self.issuance = codes[self.policy.pot], codes[self.policy.issuance]
        self.model = NaiveHours(self.policy, self.pot, self.issuance)
        self.model.floors |= {self.pot: 0, self.issuance: None}
        for member_id, name in zip(PEOPLE, "Ana Ben Cleo Dora Eli Fred Gus Cora".split(), strict=True):
            await self._enrol(member_id, name, limits[AccountKind.MEMBER])
        home = OpenAccount(HOME, AccountKind.HOUSEHOLD, "home", *limits[AccountKind.HOUSEHOLD])
        assert done((await self.ledger.post(self.community, [home]))[0])
        self.model.floors[HOME] = limits[AccountKind.HOUSEHOLD][0]
        for member_id in (ELI, FRED):
            assert done(await add_holder(self.ledger, self.community, SHELL, self.key(), HOME, member_id))
            self.model.members[member_id].payer = HOME
            self.model.members[member_id].accounts.add(HOME)
        relatives = ((CLEO, DORA, Relation.CHILD), (CORA, BEN, Relation.SIBLING))
        for one, other, relation in relatives:
            assert done(
                await add_relative(self.ledger, self.community, SHELL, self.key(), one, other, relation)
            )
        scopes = frozenset({DelegateScope.CONFIRM, DelegateScope.REQUEST})
        begins = BEGAN.date()
        delegation = Delegation(self.key(), CLEO, DORA, Relation.CHILD, scopes, 0, begins)
        author = Author(Via.MEMBER, CLEO)
        assert done(await give_delegation(self.ledger, self.community, author, self.key(), delegation))
        self.model.coordinators = {CORA}
        self.model.close = {frozenset(each) for each in ((CLEO, DORA), (CORA, BEN), (ELI, FRED))}
        self.model.acts_for = {(DORA, CLEO)}
        self.principals = {
            member_id: Principal(self.community, member_id, accounts=frozenset({account_of(member_id)}))
            for member_id in PEOPLE
        }
        given_to_dora = Delegated(delegation.id, CLEO, scopes, 0, frozenset())
        self.principals[DORA] = replace(self.principals[DORA], delegations=(given_to_dora,))
        self.principals[CORA] = replace(self.principals[CORA], role=Role.COORDINATOR)
        self.principals[MACHINE] = Principal(self.community, token_id="0123456789ab")
        await self._begin_with()
        self.now = self.draw(STARTS)

    async def _enrol(self, member_id, name, limits):
        floor, ceiling = limits
        if member_id == BEN:
            floor -= 2 * HOUR  # his own, below the one of the policy
        new = NewMember(
            member_id,
            Person(name),
            date(2026, 1, 1) if member_id != GUS else date(2026, 3, 27),
            classes=(StakeholderClass.SERVICE_USER,) if member_id == GUS else (),
            account_id=account_of(member_id),
        )
        assert done(await enrol(self.ledger, self.community, SHELL, new, limits=(floor, ceiling)))
        own = account_of(member_id)
        self.model.members[member_id] = NaiveMember(own, own, {own}, new.joined_on)
        self.model.floors[own] = floor
        if member_id == GUS:
            self.model.members[member_id].service_user = True
        if member_id == CLEO:
            await self._change_standing(CLEO, Status.ACTIVE, BEGAN.date(), frail=True)
            self.model.members[CLEO].frail = True

    async def _change_standing(self, member_id, status, since, *, frail=False):
        async with self.ledger.database.connection(self.community.id) as db:
            seen = (await read_member(db, self.community.id, member_id))["change_count"]
        assert done(
            await change_standing(
                self.ledger,
                self.community,
                SHELL,
                self.key(),
                member_id,
                seen,
                status=status,
                since=since,
                frail=frail,
            )
        )

    async def _begin_with(self):
        """The pot, with its rule, and those who need care have something from before."""
        for account, hours in (
            (self.pot, self.draw([40, 10, 3, 0])),
            (account_of(CLEO), self.draw([6, 3, 0])),
            (account_of(GUS), self.draw([6, 3, 0])),
            (HOME, self.draw([6, 3, 0])),
        ):
            if hours:
                moved = ((self.issuance, -hours * HOUR), (account, hours * HOUR))
                put = PostTransfer(self.key(), TransferKind.ADJUST, moved)
                assert done((await self.ledger.post(self.community, [put]))[0])
                self.model.entries += moved
        eligible = self.draw([Eligible.ANYBODY, Eligible.ANYBODY, Eligible.FRAIL, Eligible.SERVICE_USER])
        budget, each = self.draw([(None, None), (None, None), (4 * HOUR, None), (5 * HOUR, 2 * HOUR)])
        rule = PotRule(Purpose.COMMUNITY, eligible, budget, each, HOUR)
        assert done(await set_pot_rule(*self.at, SHELL, self.key(), self.pot, rule))
        self.model.rule = (eligible.value, budget, each)

    # --- claims -----------------------------------------------------------------------------------------------

    def new_claim(self, provider, receiver, request=None):
        seconds = self.draw(LENGTHS)
        begins = ends = None
        if self.draw(range(3)) == 2:
            begins = self.draw([time(9), time(9, 30), time(10), time(2, 30), time(1), time(20)])
            ends = (datetime.combine(date(2026, 1, 1), begins) + timedelta(seconds=seconds)).time()
            if self.draw(range(8)) == 7:
                ends = time(10, 30)
        on = self.model.today(self.now) - timedelta(days=self.draw(DAYS_AGO))
        return NaiveClaim(
            self.key(), provider, receiver, self.draw(ACTIVITIES), on, seconds, begins, ends, request
        )

    async def log(self):
        provider = self.draw([ANA, ANA, ANA, ANA, BEN, ELI, CORA, DORA, GUS])
        receiver = self.draw([CLEO, GUS, FRED, CLEO, BEN, ANA, DORA, GUS, CLEO, FRED, NOBODY])
        asker = self.draw([provider, provider, CORA, MACHINE, DORA, provider, receiver])
        if asker != NOBODY:
            await self._log(asker, [self.new_claim(provider, receiver)], self.draw(range(6)) == 5)

    async def session(self):
        one = self.draw([ANA, ELI, BEN, GUS, CLEO])
        among = [CLEO, GUS, FRED, DORA, CLEO, GUS, ANA, BEN]
        others = list(dict.fromkeys([self.draw(among) for _ in range(self.draw([2, 3, 4]))]))
        gives = self.data.draw(st.booleans())
        session = self.key()
        claims = []
        like = self.new_claim(one, one)
        for each in others:
            provider, receiver = (one, each) if gives else (each, one)
            claim_id = uuid5(session, f"{provider}/{receiver}")
            claims.append(replace(like, id=claim_id, provider=provider, receiver=receiver))
        await self._log(self.draw([MACHINE, one, CORA]), claims, self.draw([True, False]), session)

    async def _log(self, asker, claims, confirmed, session=None):
        wanted = tuple(
            NewClaim(
                claim.id,
                claim.provider,
                claim.receiver,
                claim.activity,
                claim.on,
                claim.seconds,
                claim.begins,
                claim.ends,
                care_request_id=claim.request,
            )
            for claim in claims
        )
        author = logger(self.principals[asker], wanted)
        assert (None if author is None else author.via.value) == self.model.capacity(asker, claims)
        if author is None:
            return
        log = LogClaims(wanted, author, confirmed, session)
        key = session or wanted[0].id
        said = self.model.log(asker, claims, confirmed, self.now)
        self.logs.append((key, log))
        answered = await self._ask(lambda: self.hours.claim(self.community, key, log))
        self.compare(said, answered)
        if said.code == "done":
            assert set(answered.outcome.made.overlaps) == said.overlaps

    def compare(self, said, answered):
        """The same answer, the same seconds from the same accounts."""
        assert answer(answered.outcome) == said.code, (said, answered.outcome)
        if said.code != "done":
            return
        made = answered.outcome.made
        transfers = {each.id: each for each in answered.transfers}
        paid = dict(made.transfer_ids)
        assert paid.keys() == said.moved.keys()
        for claim in made.claims:
            if claim.id not in paid:
                assert claim.state == "submitted"
                continue
            ours = self.model.claims[claim.id]
            assert (claim.credited_seconds, claim.paid_seconds) == (ours.credited, ours.paid)
            moved = {}
            if paid[claim.id] is not None:
                transfer = transfers.pop(paid[claim.id])
                assert transfer.kind == ("care" if ours.request is None else "redeem")
                assert transfer.service_on == ours.on
                moved = {entry.account_id: entry.seconds for entry in transfer.entries}
            assert moved == said.moved[claim.id]
        assert not transfers

    async def _ask(self, how):
        answered = await how()
        self.asked.append((how, answer(answered.outcome)))
        note(answer(answered.outcome))
        return answered

    def some_claim(self, *states):
        """One of the claims logged lately, in one of these states."""
        found = [claim for claim in self.model.claims.values() if not states or claim.state in states]
        return self.draw(found[-5:]) if found else None

    async def confirm(self):
        claim = self.some_claim("submitted") or self.some_claim()
        if claim is None:
            return
        asker = self.draw(
            [claim.receiver, MACHINE, claim.receiver, CORA, MACHINE, DORA, claim.provider, FRED]
        )
        claim_id = self.draw([claim.id] * 15 + [NOBODY])
        said = self.model.confirm(claim_id, asker, self.now)
        key, confirmation = self.key(), ConfirmClaim(claim_id, self.principals[asker])
        self.compare(said, await self._ask(lambda: self.hours.claim(self.community, key, confirmation)))

    async def race(self):
        """Several people confirm two claims at once, through two processes: as if it had been one after the other."""
        claims = [self.some_claim("submitted"), self.some_claim()]
        if claims[0] is None:
            return
        asked = [
            (claim.id, asker, hours)
            for claim in claims
            for asker, hours in ((claim.receiver, self.hours), (MACHINE, self.other))
        ]
        answers = await asyncio.gather(
            *[
                hours.claim(self.community, self.key(), ConfirmClaim(claim_id, self.principals[asker]))
                for claim_id, asker, hours in asked
            ]
        )
        paid = [each[0] for answered, each in zip(answers, asked, strict=True) if done(answered)]
        assert len(paid) == len(set(paid))
        before = self.model.remember()
        # In which order they came is for the database to say.
        for order in permutations(zip(answers, asked, strict=True)):
            said = [self.model.confirm(claim_id, asker, self.now) for _, (claim_id, asker, _) in order]
            if all(
                self.agrees(*each) for each in zip(said, [answered for answered, _ in order], strict=True)
            ):
                return
            self.model.go_back(before)
        raise AssertionError(f"in no order: {[answer(each.outcome) for each in answers]}")

    def agrees(self, said, answered):
        try:
            self.compare(said, answered)
        except AssertionError:
            return False
        return True

    async def silence(self):
        said = self.model.silence(self.now)
        confirmed = await self.hours.confirm_silent(self.community)
        assert confirmed == sum(each.code == "done" for each in said.values())
        async with self.ledger.database.connection(self.community.id) as db:
            for claim_id in said:
                row = await db.driver.fetchrow(
                    "SELECT state, credited_seconds, paid_seconds FROM claim WHERE claim_id = $1", claim_id
                )
                ours = self.model.claims[claim_id]
                assert tuple(row) == (ours.state, ours.credited, ours.paid)

    async def _answer_claim(self, deed, claim, asker, allowed, state, text):
        via = self.model.capacity(asker, [claim])
        code = "done"
        if via is None:
            code = "claim_unknown"
        elif via == "coordinator" and self.model.are_close(asker, [claim.provider, claim.receiver]):
            code = "own_affair"
        elif deed is decline and asker == claim.provider:
            code = "own_hours"
        elif (
            deed is withdraw and asker != claim.provider and via not in ("coordinator", "token")
        ) or claim.state not in allowed:
            code = "claim_decided"
        key, principal = self.key(), self.principals[asker]
        answered = await self._ask(lambda: deed(*self.at, principal, key, claim.id, text))
        assert answer(answered.outcome) == code
        if code == "done":
            claim.state = state

    async def decline(self):
        claim = self.some_claim()
        if claim is not None:
            asker = self.draw([claim.receiver, CORA, DORA, claim.provider, FRED, MACHINE])
            await self._answer_claim(decline, claim, asker, ["submitted"], "declined", "No")

    async def withdraw(self):
        claim = self.some_claim()
        if claim is not None:
            asker = self.draw([claim.provider, claim.provider, CORA, claim.receiver, MACHINE])
            await self._answer_claim(
                withdraw, claim, asker, ["submitted", "declined"], "withdrawn", "A mistake"
            )

    # --- disputes ---------------------------------------------------------------------------------------------

    async def dispute(self):
        claim = self.some_claim() if self.draw(range(4)) == 3 else self.some_claim("posted")
        if claim is None:
            return
        asker = self.draw([claim.receiver, claim.provider, CORA, claim.receiver, DORA])
        key, principal = self.key(), self.principals[asker]
        answered = await self._ask(lambda: open_dispute(*self.at, principal, key, claim.id, "It was not so."))
        if done(answered):
            assert claim.state in ("submitted", "declined", "posted")
            claim.stood, claim.state = claim.state, "disputed"
            self.disputes[key] = (claim.id, asker)
            if self.draw(range(3)):
                await self.decide()

    async def decide(self):
        if not self.disputes:
            return
        dispute_id = self.draw(list(self.disputes)[:-4:-1])
        claim_id, opener = self.disputes[dispute_id]
        claim = self.model.claims[claim_id]
        key = self.key()
        if self.draw(range(6)) == 5:
            principal = self.principals[opener]
            answered = await self._ask(lambda: withdraw_dispute(*self.at, principal, key, dispute_id))
            if done(answered):
                assert claim.state == "disputed"
                claim.state = claim.stood
            return
        outcome = self.draw(list(DisputeOutcome)[:3])
        length = self.draw(LENGTHS[:-1]) if outcome is DisputeOutcome.CORRECTED else None
        cora = self.principals[CORA]
        answered = await self._ask(
            lambda: decide_dispute(*self.at, cora, key, dispute_id, outcome, length, "So it was.")
        )
        if not done(answered):
            return
        assert claim.state == "disputed"
        self.take_over(answered.transfers)
        if claim.stood == "posted" and outcome is DisputeOutcome.UPHELD:
            claim.state = "posted"
            return
        was_paid_at = claim.paid_at
        if claim.stood == "posted":
            self.model.taken_back(claim)
        if outcome is DisputeOutcome.REVERSED:
            claim.state = "reversed" if claim.stood == "posted" else "declined"
            return
        claim.length = length or claim.length
        try:
            provider, pot, price = self.model.shares(claim)
        except NaiveRefusal as no:
            raise AssertionError(f"it was paid over {no.code}") from no
        async with self.ledger.database.connection(self.community.id) as db:
            row = await db.driver.fetchrow(
                "SELECT e.at, e.payer_account_id, e.credited_seconds, e.paid_seconds FROM claim_event e"
                " WHERE claim_id = $1 ORDER BY event_number DESC LIMIT 1",
                claim.id,
            )
        # By whom is in the policy's order, after whoever paid before.
        assert row["credited_seconds"] == provider
        assert row["paid_seconds"] == (
            price if row["payer_account_id"] not in (self.pot, self.issuance) else provider + pot
        )
        paid_at = was_paid_at if claim.stood == "posted" else self.now
        claim.state, claim.credited, claim.paid = "posted", provider, row["paid_seconds"]
        claim.payer, claim.paid_at = row["payer_account_id"], self.now
        if claim.payer == self.pot:
            self.model.given.append((month_of(paid_at), claim.receiver, claim.paid))
        await self.look_at_requests()

    # --- requests for care ------------------------------------------------------------------------------------

    async def care(self):
        """Somebody asks for care, and somebody takes it."""
        await self.ask()
        await self.take()

    async def ask(self):
        receiver = self.draw([CLEO, GUS, FRED, ANA])
        asker = self.draw([receiver, CORA, MACHINE] + [DORA] * (receiver == CLEO))
        principal = self.principals[asker]
        author = asker_for(principal, receiver)
        on = self.model.today(self.now) + timedelta(days=self.draw([0, 1, 2, 5]))
        new = NewCareRequest(
            receiver,
            self.draw(ACTIVITIES),
            on,
            self.draw([HOUR, 2 * HOUR, 1800]),
            weekly=self.draw([1, 1, 2]),
        )
        key = self.key()
        answered = await self._ask(lambda: ask(*self.at, principal, author, key, new))
        if done(answered):
            await self.look_at_requests()

    async def look_at_requests(self):
        """Tell the model how requests and holds stand: it says nothing about them beyond what claims do to them."""
        model = self.model
        async with self.ledger.database.connection(self.community.id) as db:
            rows = await db.driver.fetch(
                "SELECT r.*, h.expires_at AS hold_expires_at, v.outcome FROM care_request r"
                " LEFT JOIN hold h USING (community_id, hold_id)"
                " LEFT JOIN hold_resolution v USING (community_id, hold_id)"
            )
        for row in rows:
            ours = model.requests.get(row["care_request_id"])
            if ours is None:
                ours = model.requests[row["care_request_id"]] = NaiveRequest(
                    row["receiver_id"],
                    row["activity"],
                    row["payer_account_id"],
                    row["hold_id"],
                    row["held_seconds"],
                    row["care_on"],
                )
                if ours.hold is not None:
                    model.holds[ours.hold] = NaiveHold(ours.payer, ours.held, row["hold_expires_at"])
            ours.state, ours.taker = row["state"], row["taken_by"]
            if ours.hold is not None:
                model.holds[ours.hold].over = row["outcome"] is not None

    def some_request(self):
        found = list(self.model.requests)
        return self.draw(found[:-4:-1]) if found else None

    async def take(self):
        request = self.some_request()
        if request is None:
            return
        taker = self.draw([ANA, BEN, ELI, DORA])
        author, key = taker_for(self.principals[taker], taker), self.key()
        answered = await self._ask(lambda: take(*self.at, author, key, request, taker))
        if done(answered):
            assert self.model.requests[request].state == "open"
            await self.look_at_requests()

    async def give_back(self):
        request = self.some_request()
        if request is not None:
            key, cora = self.key(), self.principals[CORA]
            if done(await self._ask(lambda: give_back(*self.at, cora, key, request))):
                await self.look_at_requests()

    async def cancel(self):
        request = self.some_request()
        if request is not None:
            key, machine, following = self.key(), self.principals[MACHINE], self.draw([False, True])
            if done(await self._ask(lambda: cancel(*self.at, machine, key, request, following=following))):
                await self.look_at_requests()

    async def visit(self):
        """A claim for a request: mostly by whoever took it."""
        taken = [each for each, request in self.model.requests.items() if request.state == "taken"]
        if self.draw(range(8)) == 7:
            taken = list(self.model.requests)
        if not taken:
            return
        request_id = self.draw(taken[:-4:-1])
        request = self.model.requests[request_id]
        provider = GUS if self.draw(range(8)) == 7 else request.taker or ANA
        claim = self.new_claim(provider, request.receiver, request_id)
        claim.activity = self.draw([request.activity] * 7 + ["shopping"])
        asker = self.draw([request.receiver, provider, MACHINE, CORA])
        await self._log(asker, [claim], self.draw([True, False]))

    # --- what else moves hours --------------------------------------------------------------------------------

    def take_over(self, transfers):
        """What moved otherwise than by a claim that was confirmed."""
        for transfer in transfers:
            self.model.entries += [(entry.account_id, entry.seconds) for entry in transfer.entries]

    async def give(self):
        giver = self.draw([ANA, BEN, CLEO])
        to = self.draw([account_of(DORA), account_of(CLEO), self.pot, HOME, self.issuance])
        wanted = gift(self.key(), account_of(giver), to, self.draw([900, HOUR, 5 * HOUR]), None)
        posting = giving(self.hours, self.principals[giver], wanted)

        async def how():
            [answered] = await self.ledger.post(self.community, [posting.command], posting.also)
            return answered

        if done(answered := await self._ask(how)):
            self.take_over([answered.transfer])
            self.gifts.append(wanted.id)

    async def take_back(self):
        """A gift is taken back by hand."""
        if not self.gifts:
            return
        wanted = ReverseTransfer(self.key(), self.draw(self.gifts[:-4:-1]))

        async def how():
            [answered] = await self.ledger.post(self.community, [wanted])
            return answered

        if done(answered := await self._ask(how)):
            self.take_over([answered.transfer])
            self.gifts.remove(wanted.reverses_id)
            self.undone |= {wanted.id, wanted.reverses_id}

    async def grant(self):
        member, seconds = self.draw([CLEO, GUS, ANA, BEN]), self.draw([900, HOUR, 3 * HOUR])
        key, wanted = self.key(), Grant(self.pot, member, seconds, "For a hard winter")
        author = self.principals[CORA].author
        answered = await self._ask(lambda: grant(*self.at, author, key, wanted))
        if done(answered):
            assert self.model.pot_refuses(member, seconds, self.now) is None
            self.model.given.append((month_of(self.now), member, seconds))
            self.take_over(answered.transfers)

    async def leave(self):
        here = [each for each in (BEN, GUS, ELI) if self.model.members[each].left_on is None]
        if not here or not self.draw(range(3)):
            return
        member = self.draw(here)
        since = self.model.today(self.now) - timedelta(days=self.draw([0, 2]))
        await self._change_standing(member, Status.LEFT, since)
        self.model.members[member].left_on = since
        key, asked = self.key(), Settlement(member, Departure.LEFT, self.draw([None, account_of(DORA)]))
        answered = await self._ask(lambda: settle(*self.at, SHELL, key, asked))
        if done(answered):
            self.model.closed_accounts.add(account_of(member))
            self.take_over(answered.transfers)
            await self.look_at_requests()

    async def close(self):
        through = self.model.today(self.now) - timedelta(days=self.draw([20, 10, 7, 2, 0]))
        despite = frozenset(DESPITE) if self.draw(range(4)) else frozenset()
        key = self.key()
        answered = await self._ask(
            lambda: close_period(*self.at, SHELL, key, through, despite, "Because" if despite else None)
        )
        if through >= self.model.today(self.now):
            assert answer(answered.outcome) == "period_not_over"
        elif self.model.closed_through is not None and through <= self.model.closed_through:
            assert answer(answered.outcome) == "period_closed"
        elif despite:
            assert answer(answered.outcome) == "done"
        if done(answered):
            self.model.close_through(through)
            await self.look_at_closing(through)

    async def put_right(self):
        """What is corrected once its day is over, in days that are closed then."""
        self.now += timedelta(days=3)
        await self.dispute()
        await self.take_back()
        await self.close()

    async def open_again(self):
        """The newest closed period, or one that cannot be opened."""
        number, due = self.draw([self.model.closings, max(1, self.model.closings - 1)]), "period_not_newest"
        if self.model.in_force and self.model.in_force[-1][0] == number:
            due = "done"
        made = reopening_period(self.community, Author(Via.COORDINATOR, CORA), number, "A sheet", DORA)
        key = self.key()
        answered = await self._ask(
            lambda: self.hours.do(self.community, SHELL, key, "open_again", number, made)
        )
        assert answer(answered.outcome) == due
        if done(answered):
            self.model.in_force.pop()

    async def look_at_closing(self, through):
        """The balances a closing wrote down: every visit of its days counts once, as it stands now, and every other
        transfer of them that was not taken back, however it came to that."""
        due = Counter()
        for claim in self.model.claims.values():
            if claim.on <= through and claim.payer is not None and claim.paid:
                due[claim.provider_account] += claim.credited
                due[claim.payer] -= claim.paid
                due[self.pot] += claim.paid - claim.credited
        async with self.ledger.database.snapshot(self.community.id) as db:
            hours = await self.hours.read(db, self.community, self.now)
            for row in await db.driver.fetch(
                "SELECT account_id, seconds, transfer_id FROM entry JOIN transfer t USING (community_id, leaf_index)"
                " WHERE community_id = $1 AND recorded_at < $2 AND service_on IS NULL AND NOT EXISTS (SELECT FROM"
                " claim_event e WHERE e.community_id = $1 AND e.transfer_id = t.transfer_id)",
                self.community.id,
                end_of(hours, through),
            ):
                if row["transfer_id"] not in self.undone:
                    due[row["account_id"]] += row["seconds"]
            stored = await db.driver.fetch(
                "SELECT account_id, balance FROM period_balance WHERE community_id = $1 AND closing_number = $2",
                self.community.id,
                self.model.closings,
            )
            accounts = await db.driver.fetchval(
                "SELECT count(*) FROM account WHERE community_id = $1", self.community.id
            )
        assert len(stored) == accounts
        assert {row["account_id"]: row["balance"] for row in stored if row["balance"]} == {
            account: seconds for account, seconds in due.items() if seconds
        }

    async def pass_time(self):
        self.now += timedelta(seconds=self.draw([60, 6 * HOUR, 24 * HOUR, 72 * HOUR, 6 * 24 * HOUR]))

    # --- the same again ---------------------------------------------------------------------------------------

    async def repeat(self):
        if self.asked:
            how, answered_before = self.draw(self.asked[-12:])
            again = answer((await how()).outcome)
            due = "replayed" if answered_before in ("done", "posted") else answered_before
            assert again == due

    async def reuse(self):
        if self.logs:
            key, log = self.draw(self.logs[-5:])
            first, *others = log.claims
            other = replace(
                log, claims=(replace(first, recorded_seconds=first.recorded_seconds + 60), *others)
            )
            answered = await self.hours.claim(self.community, key, other)
            assert answer(answered.outcome) == "id_reused"

    # --- what must hold at every moment -----------------------------------------------------------------------

    async def look(self):
        async with self.ledger.database.snapshot(self.community.id) as db:
            rows = db.driver.fetch
            balances = {
                row["account_id"]: row
                for row in await rows(
                    "SELECT b.*, (SELECT coalesce(sum(seconds), 0) FROM open_hold h WHERE expires_at <= $1"
                    " AND h.account_id = b.account_id) AS free FROM balance b",
                    self.now,
                )
            }
            entries = await rows(
                "SELECT e.account_id, e.seconds, e.balance_after, t.kind, t.transfer_id, t.reverses_id, a.kind AS of"
                " FROM entry e JOIN transfer t USING (community_id, leaf_index)"
                " JOIN account a ON a.community_id = e.community_id AND a.account_id = e.account_id"
                " ORDER BY e.leaf_index, e.place"
            )
            claims = await rows("SELECT * FROM claim")
            steps = await rows("SELECT * FROM claim_event WHERE transfer_id IS NOT NULL")
            totals = dict(await rows("SELECT member_id, seconds FROM earned_total WHERE seconds > 0"))
            months = await rows("SELECT month, member_id, seconds FROM pot_month WHERE seconds > 0")
            left_held = await rows(
                "SELECT care_request_id FROM care_request r JOIN open_hold h USING (community_id, hold_id)"
                " WHERE r.state IN ('settled', 'cancelled') AND h.expires_at > $1",
                self.now,
            )
        self._look_at_accounts(balances, entries)
        self._look_at_claims(claims, steps, entries)
        self._look_at_caps(claims, totals)
        assert not left_held
        self._look_at_pot(months)

    def _look_at_accounts(self, balances, entries):
        assert sum(row["balance"] for row in balances.values()) == 0
        running = dict.fromkeys(balances, 0)
        hard = {
            name: limit.seconds
            for name in ("floor", "ceiling")
            if (limit := getattr(self.policy, name)) is not None and not limit.soft
        }
        for entry in entries:
            account, seconds = entry["account_id"], entry["seconds"]
            running[account] += seconds
            assert running[account] == entry["balance_after"]
            floor = self.model.floors[account]
            assert floor is None or running[account] >= floor
            if entry["of"] in ("member", "household") and entry["kind"] != "reverse":
                if seconds < 0 and entry["kind"] in ("care", "redeem", "gift"):
                    assert running[account] >= hard.get("floor", running[account])
                if seconds > 0 and entry["kind"] in ("care", "redeem", "gift", "grant"):
                    assert running[account] <= hard.get("ceiling", running[account])
        for account, row in balances.items():
            assert row["balance"] == running[account] == self.model.balance(account)
            assert row["held"] - row["free"] == self.model.held(account, self.now)

    def _look_at_claims(self, claims, steps, entries):
        moved = {}
        kinds = {}
        for entry in entries:
            moved.setdefault(entry["transfer_id"], {})[entry["account_id"]] = entry["seconds"]
            kinds[entry["transfer_id"]] = entry["kind"]
        of_claims = {}
        for step in steps:
            of_claims.setdefault(step["claim_id"], []).append(step)
        assert len({step["transfer_id"] for step in steps}) == len(steps)
        care = {each for each, kind in kinds.items() if kind in ("care", "redeem")}
        assert care == {step["transfer_id"] for step in steps if step["kind"] != "reversed"}
        for row in claims:
            ours = self.model.claims[row["claim_id"]]
            assert (row["state"], row["credited_seconds"], row["paid_seconds"]) == (
                ours.state,
                ours.credited,
                ours.paid,
            )
            sums = {}
            for step in of_claims.get(row["claim_id"], ()):
                for account, seconds in moved[step["transfer_id"]].items():
                    sums[account] = sums.get(account, 0) + seconds
            assert sums.pop(row["provider_account_id"], 0) == row["credited_seconds"]
            due = {}
            if ours.payer is not None and row["paid_seconds"]:
                due[ours.payer] = -row["paid_seconds"]
                rest = row["paid_seconds"] - row["credited_seconds"]
                due[self.pot] = due.get(self.pot, 0) + rest
            assert {who: seconds for who, seconds in sums.items() if seconds} == {
                who: seconds for who, seconds in due.items() if seconds
            }

    def _look_at_caps(self, claims, totals):
        earned = {}
        for row in claims:
            provider, on = row["provider_id"], row["service_on"]
            for period, begins in (
                (Period.DAILY, on),
                (Period.WEEKLY, on - timedelta(days=on.weekday())),
                (Period.LIFETIME, None),
            ):
                span = (period, provider, begins)
                earned[span] = earned.get(span, 0) + row["credited_seconds"]
        for (period, _, _), seconds in earned.items():
            cap = self.policy.caps.get(period)
            assert cap is None or seconds <= cap.seconds
        lives = {who: seconds for (period, who, _), seconds in earned.items() if period is Period.LIFETIME}
        assert {who: seconds for who, seconds in lives.items() if seconds} == totals

    def _look_at_pot(self, months):
        due = {
            (month, member): seconds
            for month in {month for month, _, _ in self.model.given}
            for member, seconds in self.model.gave(month).items()
            if seconds
        }
        assert due == {(row["month"], row["member_id"]): row["seconds"] for row in months}


def done(answered):
    return isinstance(answered.outcome, Done | Posted)


@pytest.fixture
def running(database_url):
    """A loop and a database for all the lives of one test."""
    with asyncio.Runner() as runner:
        database = Database(database_url, pool_size=3)
        yield runner, database
        runner.run(database.close())


@pytest.mark.timeout(1800)  # a soak, or finding the shortest life that fails
@pytest.mark.parametrize("name", SOURCES)
@settings(
    max_examples=max(settings.default.max_examples // 15, 7),
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)
@given(data=st.data())
def test_time_is_neither_made_nor_lost_in_a_random_life(name, data, running, keys, tmp_path):
    runner, database = running
    source = SOURCES[name]
    if CAP.search(source) and data.draw(st.booleans()):
        source = CAP.sub(lambda cap: f'[caps.{cap[1]}]\nhours = "{REACHED[cap[1]]}"', source)
    steps = data.draw(st.lists(st.sampled_from(STEPS), min_size=60, max_size=90))

    async def live():
        ledger = Ledger(database, keys, PublishedCheckpoints(tmp_path / "checkpoints"))
        life = Life(data, ledger, source)
        await life.found()
        for number, step in enumerate(steps, 1):
            note(step)
            await getattr(life, step)()
            if number % 8 == 0:
                await life.look()
        await life.look()
        report = await audit_community(ledger, life.community, folder=tmp_path, workers=0)
        assert report.clean, report.render_lines()

    runner.run(live())
