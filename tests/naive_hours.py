"""A second set of rules for claims, slow and plain: the model that the real one is held against.

It keeps what happened in lists and works everything out from there each time it is asked. Of `ledger.hours` it uses
nothing but the fields of a policy. It says what becomes of a claim that is logged or confirmed: the refusal, or who
pays, what the provider gets, and what moves between which accounts. Of what else happens it is told.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import gcd
from zoneinfo import ZoneInfo

DAY_SECONDS = 24 * 60 * 60
COUNTED = ("submitted", "posted", "disputed")
MACHINE = "a machine"
SILENCE = "silence"
CHANGED = ("claims", "requests", "holds", "entries", "given")


@dataclass
class NaiveMember:
    own: object
    payer: object
    accounts: set
    joined_on: date
    frail: bool = False
    service_user: bool = False
    left_on: date | None = None


@dataclass
class NaiveClaim:
    id: object
    provider: object
    receiver: object
    activity: str
    on: date
    seconds: int
    begins: object
    ends: object
    request: object
    provider_account: object = None
    receiver_account: object = None
    due_at: datetime | None = None
    state: str = "submitted"
    stood: str | None = None
    credited: int = 0
    paid: int = 0
    payer: object = None
    paid_at: datetime | None = None
    length: int = 0  # what a dispute found it to have been, else `seconds`


@dataclass
class NaiveRequest:
    receiver: object
    activity: str
    payer: object
    hold: object
    held: int
    care_on: date
    state: str = "open"
    taker: object = None


@dataclass
class NaiveHold:
    account: object
    seconds: int
    expires_at: datetime
    over: bool = False


@dataclass
class Said:
    """The answer: a refusal's code or "done", and of each claim that was paid what moved between the accounts."""

    code: str
    moved: dict = field(default_factory=dict)
    overlaps: set = field(default_factory=set)


class NaiveRefusal(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class NaiveHours:
    def __init__(self, policy, pot, issuance):
        self.policy = policy
        self.pot, self.issuance = pot, issuance
        self.zone = ZoneInfo(policy.timezone)
        self.members = {}
        self.coordinators = set()
        self.close = set()  # frozensets of two members who do not decide about each other
        self.acts_for = set()  # (delegate, member)
        self.floors = {}  # account -> its own floor, None for none
        self.closed_accounts = set()
        self.closings = 0
        self.in_force = []
        self.entries = []  # (account, seconds)
        self.claims = {}
        self.requests = {}
        self.holds = {}
        self.rule = None  # (eligible, monthly budget, a member's month)
        self.given = []  # (month, member, seconds) of the pot
        self.tried = set()  # (claim, day) that silence was asked about

    def remember(self):
        """How things stand, to go back to."""
        return {name: deepcopy(getattr(self, name)) for name in CHANGED}

    def go_back(self, before):
        for name, value in before.items():
            setattr(self, name, deepcopy(value))

    # --- what is true now -------------------------------------------------------------------------------------

    def balance(self, account):
        return sum(seconds for who, seconds in self.entries if who == account)

    def held(self, account, now):
        return sum(
            hold.seconds
            for hold in self.holds.values()
            if hold.account == account and not hold.over and hold.expires_at > now
        )

    def today(self, now):
        return now.astimezone(self.zone).date()

    def gave(self, month):
        """What the pot gave in a month, by member. What is taken back in one counts in it, and never below nothing."""
        sums = {}
        for when, who, seconds in self.given:
            if when == month:
                sums[who] = max(sums.get(who, 0) + seconds, 0)
        return sums

    def counts(self, month, now, member=None):
        """What counts towards a month of the pot: what it gave, and what it has set aside for care in that month."""
        sums = self.gave(month)
        for request in self.requests.values():
            held = self.holds.get(request.hold)
            waits = request.state in ("open", "taken") and held is not None and held.expires_at > now
            if waits and request.payer == self.pot and request.care_on.replace(day=1) == month:
                sums[request.receiver] = sums.get(request.receiver, 0) + request.held
        return sum(sums.values()) if member is None else sums.get(member, 0)

    def earned(self, claim, period):
        """What the provider was credited in the period around a claim, by all other claims."""
        return sum(
            other.credited
            for other in self.claims.values()
            if other.id != claim.id and other.provider == claim.provider and same(period, other.on, claim.on)
        )

    def told_to_wait(self, claim, period):
        """What other claims of the provider would add once somebody confirms them; of a life, those of the week."""
        return sum(
            other.length
            for other in self.claims.values()
            if other.provider == claim.provider
            and other.state == "submitted"
            and same("weekly", other.on, claim.on)
            and same(period, other.on, claim.on)
        )

    # --- what is closed -----------------------------------------------------------------------------------------

    @property
    def closed_through(self):
        """The last day of the newest period that was not opened again."""
        return self.in_force[-1][1] if self.in_force else None

    def close_through(self, through):
        self.closings += 1
        self.in_force.append((self.closings, through))

    # --- who --------------------------------------------------------------------------------------------------

    def are_close(self, one, others):
        return any(one == other or frozenset((one, other)) in self.close for other in others)

    def capacity(self, asker, claims):
        """In what capacity somebody speaks of these claims; None when they have no part in them."""
        if asker == MACHINE:
            return "token"
        if all(asker in (claim.provider, claim.receiver) for claim in claims):
            return "member"
        if len(claims) == 1 and (asker, claims[0].receiver) in self.acts_for:
            return "delegate"
        return "coordinator" if asker in self.coordinators else None

    # --- logging ----------------------------------------------------------------------------------------------

    def log(self, asker, claims, confirmed, now):
        before = self.remember()
        try:
            return self._log(asker, claims, confirmed, now)
        except NaiveRefusal as no:
            self.go_back(before)
            return Said(no.code)

    def _log(self, asker, claims, confirmed, now):
        via = self.capacity(asker, claims)
        people = [person for claim in claims for person in (claim.provider, claim.receiver)]
        if confirmed and via == "coordinator" and self.are_close(asker, people):
            raise NaiveRefusal("own_affair")
        own = all(via == "member" and asker == claim.receiver for claim in claims)
        confirmed = confirmed or own or via == "delegate"
        if confirmed and any(asker == claim.provider for claim in claims):
            raise NaiveRefusal("own_hours")
        said = Said("done")
        earlier = list(self.claims.values())
        for claim in claims:
            trouble = self.wrong(claim, via, now) or self.too_much(claim)
            if trouble:
                raise NaiveRefusal(trouble)
            claim.length = claim.seconds
            claim.provider_account = self.members[claim.provider].own
            claim.receiver_account = self.members[claim.receiver].payer
            if self.policy.silence_days is not None:
                claim.due_at = now + timedelta(days=self.policy.silence_days)
            said.overlaps |= self.overlapping(claim, earlier)
            self.claims[claim.id] = claim
            if confirmed:
                said.moved[claim.id] = self.pay(claim, now)
        return said

    def wrong(self, claim, via, now):
        if claim.provider not in self.members or claim.receiver not in self.members:
            return "member_unknown"
        if claim.provider == claim.receiver:
            return "own_claim"
        trouble = self.wrong_time(claim, now)
        if trouble:
            return trouble
        if self.closed_through is not None and claim.on <= self.closed_through:
            return "period_closed"
        days = self.policy.log_within_days
        if days is not None and via != "coordinator" and (self.today(now) - claim.on).days > days:
            return "claim_too_old"
        both = [self.members[claim.provider], self.members[claim.receiver]]
        if any(claim.on < each.joined_on for each in both):
            return "before_joining"
        if any(each.left_on is not None and claim.on > each.left_on for each in both):
            return "after_leaving"
        if claim.activity not in self.policy.activities and not self.policy.open_activities:
            return "activity_unknown"
        opened = [each.accounts - self.closed_accounts for each in both]
        if opened[0] & opened[1]:
            return "own_household"
        if both[0].own in self.closed_accounts or not opened[1]:
            return "no_account"
        if claim.request is None:
            return None
        request = self.requests.get(claim.request)
        if request is None:
            return "care_request_unknown"
        if request.state in ("settled", "cancelled"):
            return "care_request_closed"
        asked = (request.receiver, request.activity, request.taker)
        fits = asked == (claim.receiver, claim.activity, claim.provider)
        # The pot has set it aside in the month of the care, and nothing is drawn from a month before it begins.
        return None if fits and claim.on >= request.care_on.replace(day=1) else "care_request_differs"

    def wrong_time(self, claim, now):
        if claim.seconds < 1 or claim.seconds > DAY_SECONDS:
            return "longer_than_a_day"
        if claim.on > self.today(now):
            return "claim_in_future"
        if claim.begins is None:
            return None
        if claim.ends <= claim.begins:
            return "across_midnight"
        moments = [self.moments(datetime.combine(claim.on, clock)) for clock in (claim.begins, claim.ends)]
        if [len(each) for each in moments] != [1, 1]:
            return "clock_changed"
        [[began], [ended]] = moments
        shown = datetime.combine(claim.on, claim.ends) - datetime.combine(claim.on, claim.begins)
        if ended - began != shown:
            return "clock_changed"
        if ended > now + timedelta(minutes=5):
            return "claim_in_future"
        return None if shown.total_seconds() == claim.seconds else "times_disagree"

    def moments(self, clock):
        """Every moment at which the clock on the wall shows this: two or none in the nights it is changed."""
        nearby = [clock.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-26, 27)]
        shifts = {moment.astimezone(self.zone).utcoffset() for moment in nearby}
        moments = {clock.replace(tzinfo=UTC) - shift for shift in shifts}
        return [each for each in moments if each.astimezone(self.zone).replace(tzinfo=None) == clock]

    def too_much(self, claim):
        day = [
            other.length
            for other in self.claims.values()
            if other.provider == claim.provider and other.on == claim.on and other.state in COUNTED
        ]
        if sum(day) + claim.seconds > DAY_SECONDS:
            return "longer_than_a_day"
        earned = {
            period: self.earned(claim, period) + self.told_to_wait(claim, period)
            for period in self.policy.caps
        }
        return self.hand_out(self.worth(claim.activity, claim.seconds), earned)[2]

    def overlapping(self, claim, earlier):
        found = set()
        for other in earlier:
            if other.on != claim.on or other.state not in COUNTED:
                continue
            timed = claim.begins is not None and other.begins is not None
            meet = timed and max(claim.begins, other.begins) < min(claim.ends, other.ends)
            alike = not timed and claim.seconds == other.length
            there = {other.provider, other.receiver}
            if (claim.provider, claim.receiver) == (other.provider, other.receiver) and (meet or alike):
                found.add((claim.id, other.id, "duplicate"))
            elif meet and claim.provider in there:
                found.add((claim.id, other.id, "provider"))
            elif meet and claim.receiver in there:
                found.add((claim.id, other.id, "receiver"))
        return found

    # --- confirming -------------------------------------------------------------------------------------------

    def confirm(self, claim_id, asker, now):
        claim = self.claims.get(claim_id)
        if claim is None:
            return Said("claim_unknown")
        if asker != SILENCE:
            via = self.capacity(asker, [claim])
            if via is None:
                return Said("claim_unknown")
            if via == "coordinator" and self.are_close(asker, [claim.provider, claim.receiver]):
                return Said("own_affair")
            if asker == claim.provider:
                return Said("own_hours")
        if claim.state != "submitted":
            return Said("claim_decided")
        if asker == SILENCE and (claim.due_at is None or now < claim.due_at):
            return Said("claim_decided")
        if self.closed_through is not None and claim.on <= self.closed_through:
            return Said("period_closed")
        try:
            return Said("done", {claim_id: self.pay(claim, now)})
        except NaiveRefusal as no:
            return Said(no.code)

    def silence(self, now):
        """What silence says to each claim it is time for, in order."""
        waiting = [
            claim
            for claim in self.claims.values()
            if claim.state == "submitted"
            and claim.due_at is not None
            and claim.due_at <= now
            # Whoever has left is not silent by choice.
            and self.members[claim.receiver].left_on is None
        ]
        answers = {}
        for claim in sorted(waiting, key=lambda each: (each.due_at, each.id)):
            if (claim.id, now.date()) not in self.tried:
                self.tried.add((claim.id, now.date()))
                answers[claim.id] = self.confirm(claim.id, SILENCE, now)
        return answers

    # --- paying -----------------------------------------------------------------------------------------------

    def listed(self, activity):
        """(rate, tariff) of an activity."""
        known = self.policy.activities.get(activity)
        rate, tariff = (
            (self.policy.default_rate, self.policy.default_tariff)
            if known is None
            else (known.rate, known.tariff)
        )
        return (Fraction(1) if self.policy.equal_hours else rate), tariff

    def on_grid(self, seconds):
        """The length in whole steps, found by going up the grid."""
        if self.policy.rounding == "exact":
            return seconds
        below = 0
        while below + self.policy.grid_seconds <= seconds:
            below += self.policy.grid_seconds
        above = below if below == seconds else below + self.policy.grid_seconds
        if self.policy.rounding == "down":
            return below
        if self.policy.rounding == "nearest" and below > 0 and seconds - below < above - seconds:
            return below
        return above

    def worth(self, activity, seconds):
        return half_up(self.on_grid(seconds) * self.listed(activity)[0])

    def hand_out(self, credited, earned):
        """(to the provider, to the pot, code of a refusal): the time is handed out bit by bit under all the caps.

        `earned` is by period. A bit that an honour cap has no room for is nobody's; one that a cap of the pot has no
        room for is the pot's. A cap that refuses is asked in the end, about what the provider would get.
        """
        bit = gcd(credited, *(cap.seconds for cap in self.policy.caps.values()), *earned.values()) or 1
        provider = pot = 0
        for _ in range(credited // bit):
            full = {
                cap.above
                for period, cap in self.policy.caps.items()
                if cap.seconds - earned[period] < bit + provider + (pot if cap.above == "honour" else 0)
            }
            if "honour" in full:
                break
            if "pot" in full:
                pot += bit
            else:
                provider += bit
        for period in ("daily", "weekly", "lifetime"):
            cap = self.policy.caps.get(period)
            if cap is not None and cap.above == "refuse" and 0 < provider > cap.seconds - earned[period]:
                return 0, 0, f"over_{period}_cap"
        return provider, pot, None

    def shares(self, claim):
        """(to the provider, to the pot, what it costs the receiver) of a claim as long as it is now known to be."""
        credited = self.worth(claim.activity, claim.length)
        earned = {period: self.earned(claim, period) for period in self.policy.caps}
        provider, pot, refusal = self.hand_out(credited, earned)
        if refusal is not None:
            raise NaiveRefusal(refusal)
        if provider + pot == 0:
            return 0, 0, 0
        tariff = half_up(self.on_grid(claim.length) * self.listed(claim.activity)[1])
        return provider, pot, half_up(Fraction(tariff * (provider + pot), credited))

    def pay(self, claim, now):
        """Who moves how much, by account; {} where nothing moves."""
        provider, pot, price = self.shares(claim)
        request = self.requests.get(claim.request)
        if request is not None and (request.state, request.taker) != ("taken", claim.provider):
            request = None
        hold = None if request is None else self.holds.get(request.hold)
        if hold is not None and (hold.over or hold.expires_at <= now):
            hold = None
        if provider + pot == 0:
            self.settled(claim, request, hold, {}, (0, 0, None), now)
            return {}
        troubles = []
        for funder, account, set_aside in self.payers(claim, hold):
            paid = price if funder == "receiver" else provider + pot
            moved = {}
            for who, seconds in (
                (account, -paid),
                (claim.provider_account, provider),
                (self.pot, paid - provider),
            ):
                moved[who] = moved.get(who, 0) + seconds
            moved = {who: seconds for who, seconds in moved.items() if seconds}
            trouble = self.cannot_pay(claim, funder, account, paid, set_aside, moved, now)
            if trouble is None:
                self.settled(claim, request, hold, moved, (provider, paid, account), now)
                return moved
            troubles.append(trouble)
        # Whoever was told no by a pot's rule is not told to ask about a pot.
        told = len(troubles) == 1 or troubles[-1] in ("over_pot_budget", "not_eligible")
        raise NaiveRefusal(troubles[-1] if told else "nobody_pays")

    def payers(self, claim, hold):
        if hold is not None:
            yield "pot" if hold.account == self.pot else "receiver", hold.account, hold.seconds
        for funder in self.policy.funders:
            account = {"receiver": claim.receiver_account, "pot": self.pot, "issuance": self.issuance}[funder]
            yield funder, account, 0

    def cannot_pay(self, claim, funder, payer, paid, set_aside, moved, now):
        for account, seconds in moved.items():
            if account in self.closed_accounts:
                return "account_closed"
            floor = self.floors[account]
            spare = set_aside if account == payer else 0
            left = self.balance(account) - self.held(account, now) + spare + seconds
            if seconds < 0 and floor is not None and left < floor:
                return "below_floor"
        floor, ceiling = self.policy.floor, self.policy.ceiling
        left = self.balance(payer) - self.held(payer, now) + set_aside - paid
        if funder == "receiver" and floor is not None and not floor.soft and left < floor.seconds:
            return "below_floor"
        has = self.balance(claim.provider_account) + moved.get(claim.provider_account, 0)
        if ceiling is not None and not ceiling.soft and has > ceiling.seconds:
            return "above_ceiling"
        if funder == "pot" and paid > set_aside:
            # What was set aside was promised; what comes on top is not.
            return self.pot_refuses(claim.receiver, paid - set_aside, now)
        return None

    def pot_refuses(self, receiver, seconds, now):
        if self.rule is None:
            return None
        eligible, budget, each = self.rule
        member = self.members[receiver]
        fits = {"anybody": True, "frail": member.frail, "service_user": member.service_user}
        if not fits[eligible]:
            return "not_eligible"
        month = month_of(now)
        if budget is not None and self.counts(month, now) + seconds > budget:
            return "over_pot_budget"
        if each is not None and self.counts(month, now, receiver) + seconds > each:
            return "over_pot_budget"
        return None

    def settled(self, claim, request, hold, moved, payment, now):
        self.entries += moved.items()
        claim.state = "posted"
        claim.credited, claim.paid, claim.payer = payment
        claim.paid_at = now
        if request is not None:
            # Whoever paid in the end, nothing stays set aside for what is over.
            request.state = "settled"
            if hold is not None:
                hold.over = True
        if claim.payer == self.pot:
            self.given.append((month_of(now), claim.receiver, claim.paid))

    def taken_back(self, claim):
        """A dispute took back what was paid; what moved is told apart."""
        if claim.payer == self.pot:
            self.given.append((month_of(claim.paid_at), claim.receiver, -claim.paid))
        claim.credited = claim.paid = 0


def month_of(now):
    return now.astimezone(UTC).date().replace(day=1)


def same(period, one, other):
    if period == "daily":
        return one == other
    return period == "lifetime" or one.isocalendar()[:2] == other.isocalendar()[:2]


def half_up(seconds):
    whole = int(seconds)
    return whole + 1 if seconds - whole >= Fraction(1, 2) else whole
