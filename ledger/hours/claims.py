"""Claims: that care was given, who confirms it, and what is paid for it.

Everything here is pure: `ClaimsRoom` (`claims_room`) has read before what is asked for, with the head locked. A claim
goes from submitted to posted, or is declined, withdrawn or disputed; each step is an event with who and when. The
policy in force on the day of the visit is stored with the claim and never asked for again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from ledger.book.accounts import Account, Book, Hold
from ledger.book.amounts import format_hours
from ledger.book.authors import Author, Via
from ledger.book.commands import Act, Command, PostTransfer, TransferKind, VoidHold
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.hours.policy import Activity, Funder, Period, Policy, in_force, share
from ledger.log.encoding import canonical_json
from ledger.people.roles import DelegateScope, Principal, Role

A_DAY_SECONDS = 86_400
MAX_SESSION_CLAIMS = 50
"""Claims that are logged together: a class, or a team that came to help somebody move."""

PRESENT = frozenset({"active", "away"})
OVER_CAP = {
    Period.DAILY: Refusal.OVER_DAILY_CAP,
    Period.WEEKLY: Refusal.OVER_WEEKLY_CAP,
    Period.LIFETIME: Refusal.OVER_LIFETIME_CAP,
}


class ClaimState(StrEnum):
    """How a claim stands. REVERSED was posted once, and a dispute took it back."""

    SUBMITTED = "submitted"
    POSTED = "posted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DISPUTED = "disputed"
    REVERSED = "reversed"


COUNTED = frozenset({ClaimState.SUBMITTED, ClaimState.POSTED, ClaimState.DISPUTED})
"""Claims that still say somebody was somewhere: they fill a day, and overlap."""


@dataclass(frozen=True, slots=True)
class NewClaim:
    """That `provider_id` gave `recorded_seconds` of care to `receiver_id`. Times are those of the community's clock."""

    id: UUID
    provider_id: UUID
    receiver_id: UUID
    activity: str
    service_on: date
    recorded_seconds: int
    from_time: time | None = None
    to_time: time | None = None
    note: str | None = None
    care_request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LogClaims:
    """Log one claim, or the several of a group session; `confirmed` pays them at once.

    Whoever may confirm them may log them confirmed: the receiver, or who typed a sheet the receiver has signed.
    """

    claims: tuple[NewClaim, ...]
    author: Author
    confirmed: bool = False
    session_id: UUID | None = None

    def act(self, key: UUID) -> Act:
        asked = [
            {
                "id": str(claim.id),
                "provider": str(claim.provider_id),
                "receiver": str(claim.receiver_id),
                "activity": claim.activity,
                "on": str(claim.service_on),
                "seconds": claim.recorded_seconds,
                "from": None if claim.from_time is None else str(claim.from_time),
                "to": None if claim.to_time is None else str(claim.to_time),
                "note": claim.note,
                "care_request": None if claim.care_request_id is None else str(claim.care_request_id),
            }
            for claim in self.claims
        ]
        said = canonical_json({"claims": asked, "confirmed": self.confirmed}).decode()
        return Act(key, "log_claims", said, self)


@dataclass(frozen=True, slots=True)
class ConfirmClaim:
    """Say that a claim is right, which pays it. `asker` None is silence: the policy's days have passed."""

    claim_id: UUID
    asker: Principal | None

    def act(self, key: UUID) -> Act:
        return Act(key, "confirm_claim", str(self.claim_id), self)


ClaimCommand = LogClaims | ConfirmClaim


@dataclass(slots=True)
class Claim:
    """A claim as it stands. `credited_seconds` is what the provider got, `paid_seconds` what the payer gave."""

    id: UUID
    provider_id: UUID
    receiver_id: UUID
    activity: str
    service_on: date
    from_time: time | None
    to_time: time | None
    recorded_seconds: int
    policy_version: int
    provider_account_id: UUID
    receiver_account_id: UUID
    care_request_id: UUID | None
    due_at: datetime | None
    state: ClaimState = ClaimState.SUBMITTED
    event_count: int = 0
    posting_count: int = 0
    credited_seconds: int = 0
    paid_seconds: int = 0
    note: str | None = None
    session_id: UUID | None = None
    logged_by: str | None = None
    logged_via: str = ""
    logged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A member as far as claims care: since when in which status, and the open accounts they hold.

    `account_id` is their own, `payer_account_id` the one they pay from: their household's when they have one.
    """

    member_id: UUID
    status: str
    status_since: date
    joined_on: date
    frail: bool
    account_id: UUID | None
    payer_account_id: UUID | None
    account_ids: frozenset[UUID]
    is_service_user: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A claim beside which another one is looked at: who, when, how long, and how it stands."""

    claim_id: UUID
    provider_id: UUID
    receiver_id: UUID
    service_on: date
    from_time: time | None
    to_time: time | None
    recorded_seconds: int
    credited_seconds: int
    state: ClaimState


@dataclass(slots=True)
class Pot:
    """A pot with its rule, and what it gave this month, in all and by member."""

    account_id: UUID
    eligible: str = "anybody"
    monthly_budget: int | None = None
    member_monthly: int | None = None
    spent: dict[UUID, int] = field(default_factory=dict)

    def gives(self, member: Standing | None, seconds: int) -> Refusal | None:
        """Why the pot does not give this member so many seconds more this month, or None when it does."""
        if self.eligible == "frail" and not (member is not None and member.frail):
            return Refusal.NOT_ELIGIBLE
        if self.eligible == "service_user" and not (member is not None and member.is_service_user):
            return Refusal.NOT_ELIGIBLE
        if self.monthly_budget is not None and sum(self.spent.values()) + seconds > self.monthly_budget:
            return Refusal.OVER_POT_BUDGET
        if self.member_monthly is not None:
            theirs = 0 if member is None else self.spent.get(member.member_id, 0)
            if theirs + seconds > self.member_monthly:
                return Refusal.OVER_POT_BUDGET
        return None


@dataclass(slots=True)
class CareRequest:
    """A request for care as far as a claim settles it."""

    id: UUID
    receiver_id: UUID
    activity: str
    payer_account_id: UUID
    hold_id: UUID | None
    held_seconds: int
    state: str
    event_count: int
    taken_by: UUID | None
    expires_at: datetime
    care_on: date = date.min


@dataclass(frozen=True, slots=True)
class Payment:
    """How a claim is paid: the commands in the books, who pays, and what the provider gets for it."""

    commands: tuple[Command, ...]
    transfer_id: UUID | None
    payer_account_id: UUID | None
    credited_seconds: int
    paid_seconds: int
    pot_account_id: UUID | None
    settles: CareRequest | None
    soft: tuple[tuple[str, UUID, UUID], ...] = ()
    """(kind of task, member, account) for each soft limit that is passed."""


class Visits:
    """Visits by the people who had a part in them: in a large batch, each would otherwise be looked at for each."""

    def __init__(self) -> None:
        self._of: dict[UUID, dict[UUID, Visit]] = {}

    def put(self, visit: Visit) -> None:
        """Add a visit, or put it in the place of the same claim's earlier one."""
        for person in (visit.provider_id, visit.receiver_id):
            self._of.setdefault(person, {})[visit.claim_id] = visit

    def drop(self, visit: Visit) -> None:
        for person in (visit.provider_id, visit.receiver_id):
            del self._of[person][visit.claim_id]

    def of(self, *people: UUID) -> Iterable[Visit]:
        """Every visit that one of these people has a part in, once."""
        found: dict[UUID, Visit] = {}
        for person in people:
            found.update(self._of.get(person, {}))
        return found.values()


@dataclass(slots=True)
class HoursBook:
    """What a batch of claims may touch beside the books: read under the head lock, changed in memory by judging."""

    policies: Sequence[tuple[date, Policy]]
    today: date
    standings: dict[UUID, Standing] = field(default_factory=dict)
    claims: dict[UUID, Claim] = field(default_factory=dict)
    visits: Visits = field(default_factory=Visits)
    lifetime: dict[UUID, int] = field(default_factory=dict)
    pots: dict[str, Pot] = field(default_factory=dict)
    issuances: dict[str, UUID] = field(default_factory=dict)
    care_requests: dict[UUID, CareRequest] = field(default_factory=dict)
    _policy: Policy | None = None

    @property
    def policy(self) -> Policy:
        """The one in force today: floors and ceilings are looked at when something is posted."""
        if self._policy is None:
            self._policy = self.policies[in_force(self.policies, self.today)][1]
        return self._policy

    def filled(self, provider_id: UUID, service_on: date, *, but: UUID) -> int:
        """The seconds of a provider's day that other claims say they gave care."""
        return sum(
            visit.recorded_seconds
            for visit in self.visits.of(provider_id)
            if visit.provider_id == provider_id
            and visit.claim_id != but
            and visit.service_on == service_on
            and visit.state in COUNTED
        )

    def earned(
        self, provider_id: UUID, service_on: date, *, but: UUID, waiting: bool = False
    ) -> dict[Period, int]:
        """What a provider was credited in the day, the week and the life around a visit, one claim left out.

        With `waiting`, claims that still wait count with what they recorded: whoever logs an hour hears at once that
        it will be too much, not weeks later.
        """
        monday = service_on - timedelta(days=service_on.weekday())
        day = week = pending = 0
        for visit in self.visits.of(provider_id):
            if visit.provider_id != provider_id or visit.claim_id == but:
                continue
            seconds = visit.credited_seconds
            waits = waiting and visit.state is ClaimState.SUBMITTED
            if waits:
                seconds = visit.recorded_seconds
            # Other weeks may have been read as well, for what else is in the batch: an answer must not depend on that.
            if monday <= visit.service_on < monday + timedelta(days=7):
                week += seconds
                day += seconds if visit.service_on == service_on else 0
                pending += seconds if waits else 0
        return {
            Period.DAILY: day,
            Period.WEEKLY: week,
            Period.LIFETIME: self.lifetime.get(provider_id, 0) + pending,
        }


def today_of(policies: Sequence[tuple[date, Policy]], now: datetime) -> date:
    """The day it is by the community's own clock: that of the policy in force in UTC, which is near enough."""
    zone = policies[in_force(policies, now.astimezone(UTC).date())][1].timezone
    return now.astimezone(ZoneInfo(zone)).date()


# --- who ----------------------------------------------------------------------------------------------------------


def logger(asker: Principal, claims: Sequence[NewClaim]) -> Author | None:
    """In what capacity somebody logs these claims, or None when they have no part in them.

    The provider or the receiver, the receiver's delegate, a co-ordinator for people without a phone, or a machine.
    """
    if asker.token_id is not None:
        return asker.author
    sides = [{claim.provider_id, claim.receiver_id} for claim in claims]
    if all(asker.member_id in side for side in sides):
        return _as_member(asker)
    if len(claims) == 1:
        delegate = _as_delegate(asker, claims[0].receiver_id)
        if delegate is not None:
            return delegate
    return asker.author if asker.role is Role.COORDINATOR else None


def confirmer(asker: Principal, claim: Claim) -> Author | None:
    """In what capacity somebody confirms or contradicts a claim; None when it is not theirs to look at.

    The provider comes as a member: that nobody confirms their own hours is said elsewhere.
    """
    if asker.token_id is not None:
        return asker.author
    if asker.member_id in (claim.provider_id, claim.receiver_id):
        return _as_member(asker)
    delegate = _as_delegate(asker, claim.receiver_id)
    if delegate is not None:
        return delegate
    return asker.author if asker.role is Role.COORDINATOR else None


def _as_member(asker: Principal) -> Author:
    return Author(Via.MEMBER, asker.member_id, session_id=asker.session_id)


def _as_delegate(asker: Principal, member_id: UUID) -> Author | None:
    if asker.delegated(member_id, DelegateScope.CONFIRM) is None:
        return None
    return Author(Via.DELEGATE, asker.member_id, for_member_id=member_id, session_id=asker.session_id)


# --- logging ------------------------------------------------------------------------------------------------------


def refusal_to_log(
    hours: HoursBook, claim: NewClaim, author: Author, book: Book, now: datetime
) -> Refusal | None:
    """What is wrong with a claim as it is logged, in the published order; caps are looked at apart."""
    provider, receiver = hours.standings.get(claim.provider_id), hours.standings.get(claim.receiver_id)
    if provider is None or receiver is None:
        return Refusal.MEMBER_UNKNOWN
    if claim.provider_id == claim.receiver_id:
        return Refusal.OWN_CLAIM
    policy = hours.policies[in_force(hours.policies, claim.service_on)][1]
    wrong = _wrong_time(claim, policy, now)
    if wrong is not None:
        return wrong
    if book.closed_through is not None and claim.service_on <= book.closed_through:
        return Refusal.PERIOD_CLOSED
    by_hand = author.via in (Via.COORDINATOR, Via.SHELL)
    # When something is logged is today's affair: else every day before a window was agreed stays open for ever.
    within = hours.policy.log_within_days
    if within is not None and not by_hand and claim.service_on < hours.today - timedelta(days=within):
        return Refusal.CLAIM_TOO_OLD
    if claim.service_on < max(provider.joined_on, receiver.joined_on):
        return Refusal.BEFORE_JOINING
    for person in (provider, receiver):
        # Who left or died gave and received care until then, and a phone may have been offline since.
        if person.status not in PRESENT and (
            person.status == "applied" or claim.service_on > person.status_since
        ):
            return Refusal.AFTER_LEAVING
    if policy.activity(claim.activity) is None:
        return Refusal.ACTIVITY_UNKNOWN
    if provider.account_ids & receiver.account_ids:
        return Refusal.OWN_HOUSEHOLD
    if provider.account_id is None or receiver.payer_account_id is None:
        return Refusal.NO_ACCOUNT
    return _wrong_request(hours, claim)


def _wrong_time(claim: NewClaim, policy: Policy, now: datetime) -> Refusal | None:
    if not 0 < claim.recorded_seconds <= A_DAY_SECONDS:
        return Refusal.LONGER_THAN_A_DAY
    zone = ZoneInfo(policy.timezone)
    local_now = now.astimezone(zone)
    if claim.service_on > local_now.date():
        return Refusal.CLAIM_IN_FUTURE
    if claim.from_time is None or claim.to_time is None:
        return None
    if claim.to_time <= claim.from_time:
        return Refusal.ACROSS_MIDNIGHT
    began = datetime.combine(claim.service_on, claim.from_time, zone)
    ended = datetime.combine(claim.service_on, claim.to_time, zone)
    if began.utcoffset() != ended.utcoffset() or _is_doubtful(began) or _is_doubtful(ended):
        return Refusal.CLOCK_CHANGED
    if ended > local_now + timedelta(minutes=5):  # the phone's clock may be a little ahead
        return Refusal.CLAIM_IN_FUTURE
    if ended - began != timedelta(seconds=claim.recorded_seconds):
        return Refusal.TIMES_DISAGREE
    return None


def _is_doubtful(moment: datetime) -> bool:
    """Whether a clock on the wall shows this time twice or never on that day (PEP 495)."""
    return moment.utcoffset() != moment.replace(fold=1).utcoffset()


def _wrong_request(hours: HoursBook, claim: NewClaim) -> Refusal | None:
    if claim.care_request_id is None:
        return None
    request = hours.care_requests.get(claim.care_request_id)
    if request is None:
        return Refusal.CARE_REQUEST_UNKNOWN
    if request.state in ("settled", "cancelled"):
        return Refusal.CARE_REQUEST_CLOSED
    if (request.receiver_id, request.activity, request.taken_by) != (
        claim.receiver_id,
        claim.activity,
        claim.provider_id,
    ):
        return Refusal.CARE_REQUEST_DIFFERS
    # What a pot sets aside counts in the month of the care: drawn before it, a year's budgets would go in one day.
    return Refusal.CARE_REQUEST_DIFFERS if claim.service_on < request.care_on.replace(day=1) else None


def refusal_by_length(hours: HoursBook, claim: NewClaim) -> Refusal | None:
    """Whether the provider's day would have more than 24 hours, or a cap refuse it once it is confirmed."""
    filled = hours.filled(claim.provider_id, claim.service_on, but=claim.id)
    if filled + claim.recorded_seconds > A_DAY_SECONDS:
        return Refusal.LONGER_THAN_A_DAY
    policy = hours.policies[in_force(hours.policies, claim.service_on)][1]
    activity = policy.activity(claim.activity)
    if activity is None:
        raise RuntimeError("the activity was looked at before")
    earned = hours.earned(claim.provider_id, claim.service_on, but=claim.id, waiting=True)
    refused = share(policy, policy.credited(activity, claim.recorded_seconds), earned).refused
    return None if refused is None else OVER_CAP[refused]


def overlaps(hours: HoursBook, claim: NewClaim) -> list[tuple[UUID, str]]:
    """(id, kind) of each claim that looks the same as this one, or at which one of the two was at the same time.

    `duplicate` is the same two people and day with the same length or touching times; `provider` and `receiver` say
    who would have been in two places. Without times, a day of one person is no contradiction.
    """
    found = []
    for visit in hours.visits.of(claim.provider_id, claim.receiver_id):
        if visit.claim_id == claim.id or visit.service_on != claim.service_on or visit.state not in COUNTED:
            continue
        same_people = (visit.provider_id, visit.receiver_id) == (claim.provider_id, claim.receiver_id)
        clash = _meet(claim, visit)
        if same_people and (clash or (clash is None and visit.recorded_seconds == claim.recorded_seconds)):
            found.append((visit.claim_id, "duplicate"))
        elif clash and claim.provider_id in (visit.provider_id, visit.receiver_id):
            found.append((visit.claim_id, "provider"))
        elif clash and claim.receiver_id in (visit.provider_id, visit.receiver_id):
            found.append((visit.claim_id, "receiver"))
    return found


def _meet(claim: NewClaim, visit: Visit) -> bool | None:
    """Whether the two were at the same time; None when one of them has no times."""
    if claim.from_time is None or claim.to_time is None or visit.from_time is None or visit.to_time is None:
        return None
    return claim.from_time < visit.to_time and visit.from_time < claim.to_time


# --- paying -------------------------------------------------------------------------------------------------------


def pay(
    hours: HoursBook,
    claim: Claim,
    book: Book,
    author: Author | None,
    now: datetime,
    recorded_seconds: int | None = None,
) -> Payment | tuple[Refusal, str | None]:
    """How the claim is paid by the policy it was made under, or why it cannot be (with what it is about).

    `recorded_seconds` are others than the claim's when a dispute corrected it.
    """
    recorded = claim.recorded_seconds if recorded_seconds is None else recorded_seconds
    policy = hours.policies[claim.policy_version][1]
    activity = policy.activity(claim.activity)
    if activity is None:
        return Refusal.ACTIVITY_UNKNOWN, None
    credited = policy.credited(activity, recorded)
    earned = hours.earned(claim.provider_id, claim.service_on, but=claim.id)
    shared = share(policy, credited, earned)
    if shared.refused is not None:
        return OVER_CAP[shared.refused], str(claim.provider_id)
    payable = shared.provider + shared.pot
    request = _settled(hours, claim)
    hold = _open_hold(book, request, now)
    if payable == 0:
        # Given for the honour of it: recorded, and nobody pays.
        return Payment(_released(claim, hold), None, None, 0, 0, None, request)
    # By the tariff, of the part that is paid at all; half up, once.
    price = (2 * policy.redeemed(activity, recorded) * payable + credited) // (2 * credited)
    refusals: list[tuple[Refusal, str | None]] = []
    for funder, account_id, hold_seconds in _payers(hours, claim, policy, hold):
        paid = price if funder is Funder.RECEIVER else payable
        pot = hours.pots.get(policy.pot)
        moved = _entries(claim, account_id, paid, shared.provider, payable, pot)
        if moved is None:
            refusals.append((Refusal.NOT_A_POT, policy.pot))
            continue
        refusal = _refusal_to_pay(hours, claim, book, funder, account_id, paid, hold_seconds, pot, moved)
        if refusal is not None:
            refusals.append(refusal)
            continue
        # What was set aside pays, wholly or in part, or it is free again: for a visit that was longer, so that the
        # whole is paid in one transfer, and for one that somebody else pays in the end.
        settled = hold if hold_seconds and moved.get(account_id, 0) < 0 and paid <= hold_seconds else None
        commands: tuple[Command, ...] = () if settled is not None else _released(claim, hold)
        transfer_id = None
        if moved:
            transfer = _transfer(claim, moved, author, recorded, activity, settled)
            commands, transfer_id = (*commands, transfer), transfer.id
        return Payment(
            commands,
            transfer_id,
            account_id,
            shared.provider,
            paid,
            account_id if funder is Funder.POT else None,
            request,
            _soft(hours, claim, book, moved, hold_seconds, account_id),
        )
    return why_nobody_pays(refusals, claim.receiver_account_id)


def why_nobody_pays(
    refusals: Sequence[tuple[Refusal, str | None]], payer_account_id: UUID
) -> tuple[Refusal, str | None]:
    """What is said when everybody who might pay was asked in vain: the only one's reason, or the last pot's own.

    Otherwise somebody would be told to ask about a pot whose rule has just said no.
    """
    last = refusals[-1]
    if len(refusals) == 1 or last[0] in (Refusal.OVER_POT_BUDGET, Refusal.NOT_ELIGIBLE):
        return last
    return Refusal.NOBODY_PAYS, str(payer_account_id)


def _settled(hours: HoursBook, claim: Claim) -> CareRequest | None:
    """The request for care this claim settles, when it still waits for that."""
    if claim.care_request_id is None:
        return None
    request = hours.care_requests.get(claim.care_request_id)
    if request is None or request.state != "taken":
        return None
    # Given back and taken by somebody else meanwhile, it is set aside for them.
    return request if request.taken_by == claim.provider_id else None


def _open_hold(book: Book, request: CareRequest | None, now: datetime) -> Hold | None:
    """What the request has set aside, as long as its deadline has not passed."""
    if request is None or request.hold_id is None:
        return None
    hold = book.open_holds.get(request.hold_id)
    return hold if hold is not None and hold.expires_at > now else None


def _released(claim: Claim, hold: Hold | None) -> tuple[Command, ...]:
    return () if hold is None else (VoidHold(uuid5(claim.id, "void"), hold.id),)


def _payers(
    hours: HoursBook, claim: Claim, policy: Policy, hold: Hold | None
) -> list[tuple[Funder, UUID, int]]:
    """(funder, account, seconds it has set aside for this) in the order in which they are asked."""
    payers: list[tuple[Funder, UUID, int]] = []
    account_id: UUID | None
    if hold is not None:
        pot = hours.pots.get(policy.pot)
        of_pot = pot is not None and hold.account_id == pot.account_id
        payers.append((Funder.POT if of_pot else Funder.RECEIVER, hold.account_id, hold.seconds))
    for funder in policy.funders:
        match funder:
            case Funder.RECEIVER:
                account_id = claim.receiver_account_id
            case Funder.POT:
                pot = hours.pots.get(policy.pot)
                account_id = None if pot is None else pot.account_id
            case _:
                account_id = hours.issuances.get(policy.issuance)
        if account_id is not None:
            payers.append((funder, account_id, 0))
    return payers


def _entries(
    claim: Claim, payer_id: UUID, paid: int, provider_gets: int, payable: int, pot: Pot | None
) -> dict[UUID, int] | None:
    """Signed seconds by account. What the tariff and the caps leave over is the pot's, or the pot's to add."""
    moved: dict[UUID, int] = {}
    for account_id, seconds in (
        (payer_id, -paid),
        (claim.provider_account_id, provider_gets),
    ):
        moved[account_id] = moved.get(account_id, 0) + seconds
    rest = paid - provider_gets
    if rest != 0:
        if pot is None:
            return None
        moved[pot.account_id] = moved.get(pot.account_id, 0) + rest
    return {account_id: seconds for account_id, seconds in moved.items() if seconds}


def _refusal_to_pay(
    hours: HoursBook,
    claim: Claim,
    book: Book,
    funder: Funder,
    payer_id: UUID,
    paid: int,
    hold_seconds: int,
    pot: Pot | None,
    moved: Mapping[UUID, int],
) -> tuple[Refusal, str | None] | None:
    """Why this payer cannot pay, by the account itself, by the policy's limits, or by the pot's rule."""
    for account_id, seconds in moved.items():
        account = book.accounts.get(account_id)
        if account is None:
            return Refusal.ACCOUNT_UNKNOWN, str(account_id)
        if account.closed:
            return Refusal.ACCOUNT_CLOSED, str(account_id)
        # What was set aside for this is spent by it, and need not be there twice.
        spare = hold_seconds if account_id == payer_id else 0
        if seconds < 0 and account.balance - account.held + spare + seconds < _floor(account):
            return Refusal.BELOW_FLOOR, str(account_id)
        if seconds > 0 and account.breach(seconds) is not None:
            return Refusal.ABOVE_CEILING, str(account_id)
    policy = hours.policy
    payer = book.accounts[payer_id]
    if funder is Funder.RECEIVER and policy.floor is not None and not policy.floor.soft:
        left = payer.balance - payer.held + hold_seconds - paid
        if left < policy.floor.seconds:
            return Refusal.BELOW_FLOOR, str(payer_id)
    provider = book.accounts[claim.provider_account_id]
    gained = moved.get(claim.provider_account_id, 0)
    if (
        policy.ceiling is not None
        and not policy.ceiling.soft
        and provider.balance + gained > policy.ceiling.seconds
    ):
        return Refusal.ABOVE_CEILING, str(provider.id)
    # What the pot has promised counts already; only what comes on top of it must fit its rule.
    if funder is Funder.POT and pot is not None and paid > hold_seconds:
        refusal = pot.gives(hours.standings.get(claim.receiver_id), paid - hold_seconds)
        if refusal is not None:
            return refusal, str(pot.account_id)
    return None


def _floor(account: Account) -> int:
    return -(2**53 - 1) if account.floor is None else account.floor


def _soft(
    hours: HoursBook, claim: Claim, book: Book, moved: Mapping[UUID, int], hold_seconds: int, payer_id: UUID
) -> tuple[tuple[str, UUID, UUID], ...]:
    """What a co-ordinator should hear: balances that pass a soft limit with this."""
    policy = hours.policy
    passed = []
    if policy.floor is not None and policy.floor.soft and payer_id == claim.receiver_account_id:
        account = book.accounts[payer_id]
        # Who pays nothing of it passes nothing with it.
        if moved.get(payer_id, 0) and account.balance + moved[payer_id] < policy.floor.seconds:
            passed.append(("below_soft_floor", claim.receiver_id, payer_id))
    if policy.ceiling is not None and policy.ceiling.soft:
        account = book.accounts[claim.provider_account_id]
        # Whoever has reached a cap gets nothing of it, and passes nothing.
        gained = moved.get(account.id, 0)
        if gained > 0 and account.balance + gained > policy.ceiling.seconds:
            passed.append(("above_soft_ceiling", claim.provider_id, account.id))
    return tuple(passed)


def _transfer(
    claim: Claim,
    moved: Mapping[UUID, int],
    author: Author | None,
    recorded_seconds: int,
    activity: Activity,
    settled: Hold | None,
) -> PostTransfer:
    return PostTransfer(
        posting_id(claim.id, claim.posting_count + 1),
        TransferKind.CARE if claim.care_request_id is None else TransferKind.REDEEM,
        tuple(moved.items()),
        claim.service_on,
        None if settled is None else settled.id,
        # Where the receiver does not pay, the transfer is not theirs, and erasing them would not reach the note.
        receipt_text(claim, activity.title, recorded_seconds, noted=claim.receiver_account_id in moved),
        author if author is not None and author.member_id is not None else None,
    )


def posting_id(claim_id: UUID, number: int) -> UUID:
    """The id of a claim's posting, the first, or one after a correction. The same for ever: none is paid twice."""
    return uuid5(claim_id, f"posting/{number}")


def receipt_text(claim: Claim, title: str, recorded_seconds: int, *, noted: bool) -> str:
    """What the receipt says about the claim to the two it concerns: what, how long, when, and the private note."""
    said = f"{title}, {format_hours(recorded_seconds)} recorded"
    if claim.from_time is not None and claim.to_time is not None:
        said += f", {claim.from_time:%H:%M} to {claim.to_time:%H:%M}"
    return f"{said}: {claim.note}" if noted and claim.note is not None else said


def refused(act: Act, refusal: Refusal, about: object = None) -> Refused:
    return Refused(act, refusal, None if about is None else str(about))
