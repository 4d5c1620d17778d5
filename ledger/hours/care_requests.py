"""Requests for care: a family asks, the credits are set aside, a volunteer takes it, and the visit settles it.

What is set aside is a hold of the books, on the account of whoever pays by the policy in force on the day of the care:
the receiver, or a pot by its rule, in the policy's order. Hours that are issued for it need no hold. A request that
nobody settles by its deadline has expired, and what it held is free again, whether or not anybody looks: its hold has
the same deadline. Settling is part of paying the claim (`claims.pay`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import asyncpg

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event, Via
from ledger.book.commands import PlaceHold, VoidHold
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import MAX_HOLD, Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.claims import A_DAY_SECONDS, PRESENT, HoursBook, Pot, Standing, why_nobody_pays
from ledger.hours.claims_room import read_funds, read_standings
from ledger.hours.clearances import Clearance, lacking, read_clearances
from ledger.hours.hours import Hours, Plan
from ledger.hours.policy import Activity, Funder, Policy, in_force
from ledger.people.delegates import in_force as delegation_in_force
from ledger.people.delegates import read_delegation, related
from ledger.people.roles import DelegateScope, Principal, Role

MAX_SERIES = 26
"""Half a year of weeks: longer than that nobody's credits should be set aside at once."""

AHEAD_DAYS = 366

A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewCareRequest:
    """That `receiver_id` wishes for `seconds` of care on a day, `weekly` times in all, a week apart.

    `from_time` is by the community's clock. `area` says roughly where. The key of the request is the id of the first.
    """

    receiver_id: UUID
    activity: str
    care_on: date
    seconds: int
    from_time: time | None = None
    area: str | None = None
    note: str | None = None
    weekly: int = 1

    def days(self) -> list[date]:
        return [self.care_on + number * A_WEEK for number in range(self.weekly)]

    def asked(self) -> dict[str, object]:
        return {
            "receiver": str(self.receiver_id),
            "activity": self.activity,
            "on": str(self.care_on),
            "seconds": self.seconds,
            "from": None if self.from_time is None else str(self.from_time),
            "area": self.area,
            "note": self.note,
            "weekly": self.weekly,
        }


@dataclass(frozen=True, slots=True)
class _Reserved:
    """One request as it will be written: who pays, and what is set aside until when."""

    id: UUID
    care_on: date
    policy_version: int
    payer_account_id: UUID
    hold_id: UUID | None
    held_seconds: int
    expires_at: datetime


@dataclass(slots=True)
class _Spare:
    """What the accounts that may pay have to spare, while one request after another takes from it.

    `left` is the balance less what is held, before the floor; a hold whose deadline has passed counts no more.
    `pots` are the pots by account and by the first day of a month: what is set aside counts towards the month of the
    care, and each month of a series has its own budget.
    """

    left: dict[UUID, int] = field(default_factory=dict)
    floors: dict[UUID, int | None] = field(default_factory=dict)
    closed: set[UUID] = field(default_factory=set)
    pots: dict[tuple[UUID, date], Pot] = field(default_factory=dict)

    def refusal(self, account_id: UUID, seconds: int, floor: int | None = None) -> Refusal | None:
        """Why the account cannot set so many seconds aside; `floor` is one more than its own."""
        if account_id not in self.left:
            return Refusal.ACCOUNT_UNKNOWN
        if account_id in self.closed:
            return Refusal.ACCOUNT_CLOSED
        floors = [each for each in (self.floors[account_id], floor) if each is not None]
        short = bool(seconds and floors) and self.left[account_id] - seconds < max(floors)
        return Refusal.BELOW_FLOOR if short else None


def series_ids(first_id: UUID, times: int) -> list[UUID]:
    """The ids of the requests of a series, in the order of their days."""
    return [first_id, *(uuid5(first_id, str(number)) for number in range(2, times + 1))]


def hold_of(care_request_id: UUID) -> UUID:
    return uuid5(care_request_id, "hold")


def has_expired(row: asyncpg.Record, now: datetime) -> bool:
    """Whether a request's deadline passed before anybody settled or cancelled it."""
    expires_at: datetime = row["expires_at"]
    return row["state"] in ("open", "taken") and expires_at <= now


def asker_for(asker: Principal, receiver_id: UUID) -> Author | None:
    """In what capacity somebody asks for the care of this member, or None when it is not theirs to ask for.

    The member, a delegate who may request, a co-ordinator for somebody without a phone, or a machine.
    """
    if asker.token_id is not None:
        return asker.author
    if asker.member_id == receiver_id:
        return Author(Via.MEMBER, asker.member_id, session_id=asker.session_id)
    if asker.delegated(receiver_id, DelegateScope.REQUEST) is not None:
        return Author(Via.DELEGATE, asker.member_id, for_member_id=receiver_id, session_id=asker.session_id)
    return asker.author if asker.role is Role.COORDINATOR else None


def taker_for(asker: Principal, taker_id: UUID) -> Author | None:
    """In what capacity somebody takes a request, or gives it back, in the name of this member.

    The member, or a co-ordinator or a machine for somebody without a phone.
    """
    if asker.member_id == taker_id:
        return Author(Via.MEMBER, taker_id, session_id=asker.session_id)
    if asker.role is Role.COORDINATOR or asker.token_id is not None:
        author = asker.author
        return Author(author.via, author.member_id, author.token_id, taker_id, author.session_id)
    return None


def needs_of(hours: HoursBook, activity: str, care_on: date, policy_version: int) -> tuple[str, ...]:
    """The kinds of clearances a request takes, by the policy for its day as it is known now.

    What a community has come to ask for since the request was made, is asked for: it is about people's safety, not
    about what they pay.
    """
    listed = hours.policies[in_force(hours.policies, care_on)][1].activity(activity)
    listed = listed or hours.policies[policy_version][1].activity(activity)
    return () if listed is None else listed.needs


# --- asking -------------------------------------------------------------------------------------------------------


async def ask(
    hours: Hours, community: Community, asker: Principal, author: Author, key: UUID, new: NewCareRequest
) -> Answer:
    """Ask for care, once or weekly, and set aside what it will cost: for all of the days, or nothing is done.

    Refused with MEMBER_UNKNOWN, MEMBER_GONE, BEFORE_JOINING, OWN_AFFAIR, CARE_REQUEST_IN_PAST, LONGER_THAN_A_DAY,
    ACROSS_MIDNIGHT, ACTIVITY_UNKNOWN, NO_ACCOUNT; with why the only one who pays cannot, or NOBODY_PAYS.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        await _require_still_asks(db, community.id, slice_, asker, author, new.receiver_id, now)
        await read_standings(db, community.id, slice_, {new.receiver_id})
        receiver = slice_.standings.get(new.receiver_id)
        refusal = refusal_to_ask(slice_, new, receiver)
        if receiver is None or refusal is not None:
            about = str(new.receiver_id) if refusal in _ABOUT_RECEIVER else None
            raise ActRefused(refusal or Refusal.MEMBER_UNKNOWN, about)
        ids = series_ids(key, new.weekly)
        if await db.rows("hours/read_care_requests", community_id=community.id, care_request_ids=ids):
            raise ActRefused(Refusal.ID_REUSED)
        policies = [slice_.policies[in_force(slice_.policies, day)][1] for day in new.days()]
        await read_funds(db, community.id, slice_, hours.policies, policies, now)
        spare = await _read_spare(db, community.id, slice_, receiver, now)
        await _read_months(db, community.id, slice_, spare, new.days(), now)
        reserved = [
            _reserve(slice_, new, receiver, spare, each, care_on, now)
            for each, care_on in zip(ids, new.days(), strict=True)
        ]
        return _asking(community.id, author, key, new, reserved)

    return await hours.do(community, author, key, "ask_for_care", new.asked(), make)


_ABOUT_RECEIVER = frozenset(
    {None, Refusal.MEMBER_UNKNOWN, Refusal.MEMBER_GONE, Refusal.BEFORE_JOINING, Refusal.NO_ACCOUNT}
)


def refusal_to_ask(hours: HoursBook, new: NewCareRequest, receiver: Standing | None) -> Refusal | None:
    """What is wrong with a request as it is asked, whoever will pay for it."""
    if receiver is None:
        return Refusal.MEMBER_UNKNOWN
    last_on = hours.today + timedelta(days=AHEAD_DAYS)
    # The first day before the others are worked out: the year 9999 has no next week.
    if not hours.today <= new.care_on <= last_on or new.days()[-1] > last_on:
        return Refusal.CARE_REQUEST_IN_PAST
    days = new.days()
    if not 0 < new.seconds <= A_DAY_SECONDS:
        return Refusal.LONGER_THAN_A_DAY
    if new.from_time is not None:
        begins = timedelta(hours=new.from_time.hour, minutes=new.from_time.minute)
        # The visit is claimed with its times, and a claim does not go past midnight.
        if begins + timedelta(seconds=new.seconds) >= timedelta(days=1):
            return Refusal.ACROSS_MIDNIGHT
    if receiver.status == "applied" or days[0] < receiver.joined_on:
        return Refusal.BEFORE_JOINING
    if receiver.status not in PRESENT:
        return Refusal.MEMBER_GONE
    for day in days:
        if hours.policies[in_force(hours.policies, day)][1].activity(new.activity) is None:
            return Refusal.ACTIVITY_UNKNOWN
    return Refusal.NO_ACCOUNT if receiver.payer_account_id is None else None


async def _require_still_asks(
    db: Connection,
    community_id: int,
    hours: HoursBook,
    asker: Principal,
    author: Author,
    receiver_id: UUID,
    now: datetime,
) -> None:
    """Refuse what is asked under a delegation that has ended meanwhile, and a co-ordinator's own and their family's."""
    if author.via is Via.DELEGATE:
        delegated = asker.delegated(receiver_id, DelegateScope.REQUEST)
        row = (
            None
            if delegated is None
            else await read_delegation(db, community_id, delegated.delegation_id, now)
        )
        if row is None or not delegation_in_force(row, now.astimezone(UTC).date()):
            raise ActRefused(Refusal.ENDED_MEANWHILE)
    elif (
        author.via is Via.COORDINATOR
        and author.member_id is not None
        and await related(db, community_id, author.member_id, [receiver_id], today=hours.today)
    ):
        raise ActRefused(Refusal.OWN_AFFAIR)


async def _read_spare(
    db: Connection, community_id: int, hours: HoursBook, receiver: Standing, now: datetime
) -> _Spare:
    account_ids = [pot.account_id for pot in hours.pots.values()]
    if receiver.payer_account_id is not None:
        account_ids.append(receiver.payer_account_id)
    spare = _Spare()
    for row in await db.rows("book/read_accounts", community_id=community_id, account_ids=account_ids):
        spare.left[row["account_id"]] = row["balance"] - row["held"]
        spare.floors[row["account_id"]] = row["floor"]
        if row["closed"]:
            spare.closed.add(row["account_id"])
    # Deciding will release them before it places a hold.
    for row in await db.rows(
        "book/read_expired_holds", community_id=community_id, account_ids=account_ids, now=now
    ):
        spare.left[row["account_id"]] += row["seconds"]
    return spare


async def _read_months(
    db: Connection, community_id: int, hours: HoursBook, spare: _Spare, days: Sequence[date], now: datetime
) -> None:
    """Put each pot into the spare as it stands in each month of the days."""
    account_ids = [pot.account_id for pot in hours.pots.values()]
    for month in sorted({_month(day) for day in days}) if account_ids else ():
        rows = await db.rows(
            "hours/read_pots", community_id=community_id, account_ids=account_ids, month=month, now=now
        )
        for row in rows:
            rule = (row["eligible"] or "anybody", row["monthly_budget"], row["member_monthly"])
            pot = spare.pots.setdefault((row["account_id"], month), Pot(row["account_id"], *rule))
            if row["member_id"] is not None:
                pot.spent[row["member_id"]] = row["seconds"]


def _month(day: date) -> date:
    return day.replace(day=1)


def _reserve(
    hours: HoursBook,
    new: NewCareRequest,
    receiver: Standing,
    spare: _Spare,
    care_request_id: UUID,
    care_on: date,
    now: datetime,
) -> _Reserved:
    """Who pays for one day: the first of the policy's funders who can. Takes it from the spare."""
    version = in_force(hours.policies, care_on)
    policy = hours.policies[version][1]
    activity = policy.activity(new.activity)
    if activity is None or receiver.payer_account_id is None:
        raise RuntimeError("the activity and the account were looked at before")
    expires_at = expiry(policy, care_on, now)
    refusals: list[tuple[Refusal, str]] = []
    for funder in policy.funders:
        payer = _payer(hours, policy, activity, new, receiver, spare, funder, _month(care_on))
        if not isinstance(payer, tuple):
            refusals.append((payer.refusal, payer.detail or policy.pot))
            continue
        account_id, seconds = payer
        hold_id = hold_of(care_request_id) if seconds else None
        return _Reserved(care_request_id, care_on, version, account_id, hold_id, seconds, expires_at)
    raise ActRefused(*why_nobody_pays(refusals, receiver.payer_account_id))


def _payer(
    hours: HoursBook,
    policy: Policy,
    activity: Activity,
    new: NewCareRequest,
    receiver: Standing,
    spare: _Spare,
    funder: Funder,
    month: date,
) -> tuple[UUID, int] | ActRefused:
    """(account, seconds to set aside) of this funder, or why they cannot."""
    match funder:
        case Funder.RECEIVER:
            account_id = receiver.payer_account_id
            if account_id is None:
                return ActRefused(Refusal.NO_ACCOUNT, str(receiver.member_id))
            price = policy.redeemed(activity, new.seconds)
            # The floor of today, as when something is posted.
            floor = hours.policy.floor
            hard = None if floor is None or floor.soft else floor.seconds
            refusal = spare.refusal(account_id, price, hard)
            if refusal is not None:
                return ActRefused(refusal, str(account_id))
            spare.left[account_id] -= price
            return account_id, price
        case Funder.POT:
            there = hours.pots.get(policy.pot)
            if there is None:
                return ActRefused(Refusal.NOT_A_POT, policy.pot)
            pot = spare.pots[there.account_id, month]
            # A pot gives what the volunteer will get, whatever the receiver would have paid by the tariff.
            price = policy.credited(activity, new.seconds)
            refusal = pot.gives(receiver, price) or spare.refusal(pot.account_id, price)
            if refusal is not None:
                return ActRefused(refusal, str(pot.account_id))
            spare.left[pot.account_id] -= price
            pot.spent[receiver.member_id] = pot.spent.get(receiver.member_id, 0) + price
            return pot.account_id, price
        case _:
            issuance_id = hours.issuances.get(policy.issuance)
            if issuance_id is None:
                return ActRefused(Refusal.ACCOUNT_UNKNOWN, policy.issuance)
            return issuance_id, 0


def expiry(policy: Policy, care_on: date, now: datetime) -> datetime:
    """When a request for a day expires: the policy's days after the end of that day, by the community's clock."""
    days = min(policy.request_days, MAX_HOLD.days)
    ends = datetime.combine(care_on + timedelta(days=1 + days), time(), ZoneInfo(policy.timezone))
    return min(ends.astimezone(UTC), now + MAX_HOLD)


def _asking(
    community_id: int,
    author: Author,
    key: UUID,
    new: NewCareRequest,
    reserved: Sequence[_Reserved],
) -> Plan:
    ids = [each.id for each in reserved]
    commands = [
        PlaceHold(each.hold_id, each.payer_account_id, each.held_seconds, each.expires_at)
        for each in reserved
        if each.hold_id is not None
    ]

    async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
        await db.run(
            "hours/insert_care_requests",
            community_id=community_id,
            series_id=key if new.weekly > 1 else None,
            receiver_id=new.receiver_id,
            asked_by=author.id,
            asked_via=author.via,
            activity=new.activity,
            from_time=new.from_time,
            seconds=new.seconds,
            now=now,
            care_request_ids=ids,
            care_ons=[each.care_on for each in reserved],
            payer_account_ids=[each.payer_account_id for each in reserved],
            hold_ids=[each.hold_id for each in reserved],
            held=[each.held_seconds for each in reserved],
            policy_versions=[each.policy_version for each in reserved],
            expires_ats=[each.expires_at for each in reserved],
        )
        if new.area is not None or new.note is not None:
            await db.run(
                "hours/insert_care_request_notes",
                community_id=community_id,
                care_request_ids=ids,
                area=new.area,
                note=new.note,
            )
        await _append_events(db, community_id, ids, [1] * len(ids), "asked", author, now)
        said: Details = {
            "care_request": str(key),
            "times": new.weekly,
            "held": sum(each.held_seconds for each in reserved),
        }
        return _told(author, "care_request_asked", new.receiver_id, said, key)

    return Plan(commands, write)


def _told(author: Author, kind: str, receiver_id: UUID, said: Details, key: UUID) -> list[Event]:
    """The event of what a person decided about somebody else's credits; one's own needs none."""
    if author.via in (Via.DELEGATE, Via.COORDINATOR):
        return [Event(kind, author, receiver_id, said, key)]
    return []


async def _append_events(
    db: Connection,
    community_id: int,
    ids: Sequence[UUID],
    numbers: Sequence[int],
    kind: str,
    author: Author,
    now: datetime,
) -> None:
    await db.run(
        "hours/insert_care_request_events",
        community_id=community_id,
        now=now,
        care_request_ids=list(ids),
        event_numbers=list(numbers),
        kinds=[kind] * len(ids),
        bys=[author.id] * len(ids),
        vias=[author.via] * len(ids),
        fors=[author.for_member_id] * len(ids),
        claim_ids=[None] * len(ids),
    )


# --- taking, giving back, cancelling --------------------------------------------------------------------------------


async def take(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    care_request_id: UUID,
    taker_id: UUID,
) -> Answer:
    """Take a request: say that `taker_id` will come.

    Refused with CARE_REQUEST_UNKNOWN, CARE_REQUEST_CLOSED, CARE_REQUEST_EXPIRED, CARE_REQUEST_TAKEN, MEMBER_UNKNOWN,
    MEMBER_GONE, BEFORE_JOINING, OWN_CLAIM, OWN_HOUSEHOLD, NO_ACCOUNT, or CLEARANCE_NEEDED with the kind that lacks.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        row = await _require_request(db, community.id, care_request_id)
        _require_not_over(row)
        if has_expired(row, now):
            raise ActRefused(Refusal.CARE_REQUEST_EXPIRED, str(care_request_id))
        if row["state"] == "taken":
            raise ActRefused(Refusal.CARE_REQUEST_TAKEN, str(care_request_id))
        await read_standings(db, community.id, slice_, {taker_id, row["receiver_id"]})
        refusal = _refusal_to_take(slice_, row["receiver_id"], taker_id, row["care_on"])
        if refusal is not None:
            raise ActRefused(refusal, str(taker_id))
        held = await read_clearances(db, community.id, taker_id)
        missing = lacking(_needs(slice_, row), held, (slice_.today, row["care_on"]))
        if missing:
            raise ActRefused(Refusal.CLEARANCE_NEEDED, missing[0])

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await _change(db, community.id, [row], "taken", "taken", author, [taker_id], now)
            return ()

        return Plan(write=write)

    asked = [str(care_request_id), str(taker_id)]
    return await hours.do(community, author, key, "take_care_request", asked, make)


def _refusal_to_take(hours: HoursBook, receiver_id: UUID, taker_id: UUID, care_on: date) -> Refusal | None:
    taker, receiver = hours.standings.get(taker_id), hours.standings.get(receiver_id)
    if taker is None or receiver is None:
        return Refusal.MEMBER_UNKNOWN
    if taker.status == "applied" or care_on < taker.joined_on:
        return Refusal.BEFORE_JOINING
    if taker.status not in PRESENT or receiver.status not in PRESENT:
        return Refusal.MEMBER_GONE
    if taker_id == receiver_id:
        return Refusal.OWN_CLAIM
    if taker.account_ids & receiver.account_ids:
        return Refusal.OWN_HOUSEHOLD
    return Refusal.NO_ACCOUNT if taker.account_id is None else None


async def give_back(
    hours: Hours, community: Community, asker: Principal, key: UUID, care_request_id: UUID
) -> Answer:
    """Say that whoever has taken the request cannot come: it is open again, for as long as it has not expired.

    By the taker, or by a co-ordinator or a machine for them. Refused with CARE_REQUEST_UNKNOWN, CARE_REQUEST_CLOSED,
    or with CARE_REQUEST_VISITED while a visit waits to be confirmed.
    """

    async def make(db: Connection, _: HoursBook, _book: Book, _now: datetime) -> Plan:
        row = await _require_request(db, community.id, care_request_id)
        author = None if row["taken_by"] is None else taker_for(asker, row["taken_by"])
        if author is None:
            # What is not theirs to give back answers as what is not there.
            raise ActRefused(Refusal.CARE_REQUEST_UNKNOWN, str(care_request_id))
        _require_not_over(row)
        await _require_no_visit(db, community.id, [row])

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await _change(db, community.id, [row], "open", "given_back", author, [None], now)
            return ()

        return Plan(write=write)

    return await hours.do(community, asker.author, key, "give_care_request_back", str(care_request_id), make)


async def cancel(
    hours: Hours,
    community: Community,
    asker: Principal,
    key: UUID,
    care_request_id: UUID,
    *,
    following: bool = False,
) -> Answer:
    """Take a request back and release what it holds; with `following`, also those of its series on later days.

    By the receiver, a delegate who may request, a co-ordinator or a machine. Refused with CARE_REQUEST_UNKNOWN,
    CARE_REQUEST_CLOSED, OWN_AFFAIR, or with CARE_REQUEST_VISITED while a visit waits to be confirmed: whoever came
    must not lose what was set aside for it. Later ones that are over or visited stay as they are.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        row = await _require_request(db, community.id, care_request_id)
        author = asker_for(asker, row["receiver_id"])
        if author is None:
            raise ActRefused(Refusal.CARE_REQUEST_UNKNOWN, str(care_request_id))
        await _require_still_asks(db, community.id, slice_, asker, author, row["receiver_id"], now)
        _require_not_over(row)
        await _require_no_visit(db, community.id, [row])
        rows = [row, *(await _read_following(db, community.id, row) if following else ())]
        holds = await _read_holds(db, community.id, rows)
        # One whose deadline has passed is free already.
        commands = [
            VoidHold(uuid5(each["care_request_id"], "void"), each["hold_id"])
            for each in rows
            if each["hold_id"] in holds and each["expires_at"] > now
        ]

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            takers = [each["taken_by"] for each in rows]
            await _change(db, community.id, rows, "cancelled", "cancelled", author, takers, now)
            said: Details = {"care_request": str(care_request_id), "times": len(rows)}
            return _told(author, "care_request_cancelled", row["receiver_id"], said, key)

        return Plan(commands, write)

    asked = [str(care_request_id), *(["following"] if following else [])]
    return await hours.do(community, asker.author, key, "cancel_care_request", asked, make)


async def _read_following(db: Connection, community_id: int, row: asyncpg.Record) -> list[asyncpg.Record]:
    """The requests of the same series on later days that are open or taken, and were not visited yet."""
    if row["series_id"] is None:
        return []
    ids = series_ids(row["series_id"], MAX_SERIES)
    rows = await db.rows("hours/read_care_requests", community_id=community_id, care_request_ids=ids)
    later = [each for each in rows if each["care_on"] > row["care_on"] and each["state"] in ("open", "taken")]
    visited = await _read_visited(db, community_id, later)
    return [each for each in later if each["care_request_id"] not in visited]


async def _read_holds(db: Connection, community_id: int, rows: Sequence[asyncpg.Record]) -> set[UUID]:
    """The holds of these requests that nobody has settled or voided by hand."""
    ids = [row["hold_id"] for row in rows if row["hold_id"] is not None]
    holds = await db.rows("book/read_holds", community_id=community_id, hold_ids=ids)
    return {hold["hold_id"] for hold in holds if hold["outcome"] in (None, "expired")}


async def _require_request(db: Connection, community_id: int, care_request_id: UUID) -> asyncpg.Record:
    rows = await db.rows(
        "hours/read_care_requests", community_id=community_id, care_request_ids=[care_request_id]
    )
    if not rows:
        raise ActRefused(Refusal.CARE_REQUEST_UNKNOWN, str(care_request_id))
    return rows[0]


def _require_not_over(row: asyncpg.Record) -> None:
    if row["state"] in ("settled", "cancelled"):
        raise ActRefused(Refusal.CARE_REQUEST_CLOSED, str(row["care_request_id"]))


async def _read_visited(db: Connection, community_id: int, rows: Sequence[asyncpg.Record]) -> set[UUID]:
    found = await db.rows(
        "hours/find_waiting_visits",
        community_id=community_id,
        care_request_ids=[row["care_request_id"] for row in rows],
    )
    return {row["care_request_id"] for row in found}


async def _require_no_visit(db: Connection, community_id: int, rows: Sequence[asyncpg.Record]) -> None:
    for care_request_id in await _read_visited(db, community_id, rows):
        raise ActRefused(Refusal.CARE_REQUEST_VISITED, str(care_request_id))


async def _change(
    db: Connection,
    community_id: int,
    rows: Sequence[asyncpg.Record],
    state: str,
    kind: str,
    author: Author,
    taken_bys: Sequence[UUID | None],
    now: datetime,
) -> None:
    """Bring requests into a state, with an event of each."""
    ids = [row["care_request_id"] for row in rows]
    numbers = [row["event_count"] + 1 for row in rows]
    await db.run(
        "hours/change_care_requests",
        community_id=community_id,
        state=state,
        care_request_ids=ids,
        taken_bys=list(taken_bys),
        event_counts=numbers,
    )
    await _append_events(db, community_id, ids, numbers, kind, author, now)


# --- listing ------------------------------------------------------------------------------------------------------


def _needs(hours: HoursBook, row: asyncpg.Record) -> tuple[str, ...]:
    return needs_of(hours, row["activity"], row["care_on"], row["policy_version"])


@dataclass(frozen=True, slots=True)
class Looker:
    """Somebody who looks for a request to take: their clearances, and with whom they share an account."""

    member_id: UUID
    household: frozenset[UUID]
    clearances: tuple[Clearance, ...]

    def may_take(self, hours: HoursBook, row: asyncpg.Record) -> bool:
        """Whether the request is for them: not their own or their household's, and with every clearance it needs."""
        if row["receiver_id"] == self.member_id or row["receiver_id"] in self.household:
            return False
        return not lacking(_needs(hours, row), self.clearances, (hours.today, row["care_on"]))


async def read_looker(
    db: Connection, community_id: int, member_id: UUID, account_ids: frozenset[UUID]
) -> Looker:
    rows = await db.rows(
        "people/read_account_people", community_id=community_id, account_ids=list(account_ids)
    )
    held = await read_clearances(db, community_id, member_id)
    return Looker(member_id, frozenset(row["member_id"] for row in rows), tuple(held))


async def list_open(
    db: Connection,
    community_id: int,
    hours: HoursBook,
    looker: Looker | None,
    after: tuple[date | None, UUID | None],
    at_most: int,
    now: datetime,
) -> list[UUID]:
    """The requests that wait for somebody from today on, the earliest care first; those for one looker, or all."""
    found: list[UUID] = []
    after_on, after_id = after
    # What is not for the looker is left out here, not in the statement: needs are by the policy of each day.
    while len(found) < at_most:
        rows = await db.rows(
            "hours/list_open_care_requests",
            community_id=community_id,
            now=now,
            from_on=hours.today,
            after_on=after_on,
            after_id=after_id,
            at_most=_AT_ONCE,
        )
        found += [row["care_request_id"] for row in rows if looker is None or looker.may_take(hours, row)]
        if len(rows) < _AT_ONCE:
            break
        after_on, after_id = rows[-1]["care_on"], rows[-1]["care_request_id"]
    return found[:at_most]


_AT_ONCE = 200
