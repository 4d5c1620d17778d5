"""Leaving, death, inheritance and lapse: what becomes of a member's credits, as postings with a reason.

A settlement releases what the member had set aside, moves what is on their own accounts, and closes these when they
left or died. Credits lapse to the policy's pot, or go to whom the member chose when they left, or to a relative as the
policy says of a death. The pot makes good what somebody who left or died still owed. Claims that wait are answered
first: once the account is closed, what somebody gave could not be paid any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

import asyncpg

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event
from ledger.book.commands import CloseAccount, Command, PostTransfer, TransferKind, VoidHold
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.approving import second_person
from ledger.hours.claims import HoursBook
from ledger.hours.claims_room import read_standings
from ledger.hours.gifts import (
    OF_PEOPLE,
    Party,
    Task,
    account_named,
    read_parties,
    require_gift_allowed,
    within_limits,
    write_tasks,
)
from ledger.hours.grants import count_single_handed, poster, require_stranger, single_handed
from ledger.hours.hours import Hours, Make, Plan
from ledger.hours.policy import OnDeath
from ledger.people.delegates import RELATIVES, list_relatives
from ledger.people.members import GONE, read_member
from ledger.people.proposals import Action


class Departure(StrEnum):
    """Why a member's credits are settled."""

    LEFT = "left"
    DIED = "died"
    INACTIVE = "inactive"


SAYS = {
    Departure.LEFT: "Settled: the member has left.",
    Departure.DIED: "Settled: the member has died.",
    Departure.INACTIVE: "Lapsed: nothing was given or received for as long as the policy says.",
}
"""What the receipts of a settlement say."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """That a member's credits are settled, and to which member or account they go; None is the pot."""

    member_id: UUID
    reason: Departure
    to: UUID | None = None


@dataclass(slots=True)
class _Course:
    """A settlement as it is being worked out."""

    commands: list[Command] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    counted: list[tuple[UUID, int]] = field(default_factory=list)
    """(transfer, seconds) that count towards what a co-ordinator does alone in a day."""
    seconds: list[int] = field(default_factory=list)
    """What was moved away from each account, negative for what was made good."""
    gained: int = 0
    """What somebody gets of it who is not the policy's pot."""


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The requests for care that end with a settlement: the member's own, and those they had taken for others."""

    asked_for: Sequence[asyncpg.Record]
    taken: Sequence[asyncpg.Record]


async def settle(hours: Hours, community: Community, author: Author, key: UUID, asked: Settlement) -> Answer:
    """Settle single-handed what one co-ordinator may.

    Refused with MEMBER_UNKNOWN; MEMBER_PRESENT unless the member left or died as it says, or has been inactive for as
    long as the policy says; OWN_AFFAIR; NO_ACCOUNT when there is none to settle; NOT_A_POT while the policy's pot is
    not open; GIFT_NOT_ALLOWED or HEIR_REFUSED for whom the policy does not let have it; SECOND_PERSON_NEEDED for an
    inheritance with consent, and for more than ten hours a day beside what lapses; CARE_REQUEST_VISITED or
    CLAIMS_WAITING while hours wait for an answer; BELOW_FLOOR with the pot when it cannot make good what was owed;
    ABOVE_CEILING.
    """
    said = [str(asked.member_id), asked.reason, None if asked.to is None else str(asked.to)]
    make = settling(community, author, None, key, asked)
    return await hours.do(community, author, key, "settle_member", said, make)


def settling(
    community: Community, author: Author, proposer: UUID | None, named: UUID, asked: Settlement
) -> Make:
    """The deed of a settlement; `named` is the id of the request, or of what `proposer` proposed, and names its parts.

    Neither of the two who settle it together is close to the member, or to whoever gets something.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        member = await read_member(db, community.id, asked.member_id)
        if member is None:
            raise ActRefused(Refusal.MEMBER_UNKNOWN, str(asked.member_id))
        await require_stranger(db, community.id, author, proposer, [asked.member_id], slice_)
        accounts = await db.rows(
            "hours/read_settling_accounts", community_id=community.id, member_id=asked.member_id
        )
        ids: list[UUID] = [row["account_id"] for row in accounts]
        requests = await _unfinished(db, community.id, slice_, asked.member_id, now)
        await _require_due(db, community.id, slice_, asked, member, ids, requests)
        if not ids:
            raise ActRefused(Refusal.NO_ACCOUNT, str(asked.member_id))
        own = await read_parties(db, community.id, ids, now)
        pot = await _pot(db, community.id, slice_, now)
        getter = await _getter(db, community.id, slice_, asked, named, ids, pot, now)
        if getter is not None:
            await require_stranger(db, community.id, author, proposer, getter.member_ids, slice_)

        course = _Course(await _releasing(db, community.id, named, ids, requests.asked_for, now))
        for account_id in ids:
            _move(slice_, course, asked, named, own[account_id], getter, pot, poster(author, proposer))
        if getter is not None and course.gained:
            course.tasks += within_limits(slice_.policy, getter, course.gained)
        said = await _alone(db, community.id, slice_, author, proposer, asked, course, getter, now)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await _end_requests(db, community.id, author, requests, now)
            await write_tasks(db, community.id, course.tasks, now)
            if proposer is None:
                for transfer_id, seconds in course.counted:
                    await count_single_handed(db, community.id, author, transfer_id, seconds, now)
            details = _details(asked, ids, course, getter, said)
            if proposer is not None:
                return [Event("member_settled", author, asked.member_id, details)]
            return [Event("member_settled", author, asked.member_id, details, named)]

        return Plan(course.commands, write)

    return make


async def _require_due(
    db: Connection,
    community_id: int,
    slice_: HoursBook,
    asked: Settlement,
    member: asyncpg.Record,
    account_ids: Sequence[UUID],
    requests: _Unfinished,
) -> None:
    """Refuse with MEMBER_PRESENT what is not, or not yet, to be settled, and with CLAIMS_WAITING what would be lost."""
    present = ActRefused(Refusal.MEMBER_PRESENT, str(asked.member_id))
    if asked.reason is not Departure.INACTIVE:
        if member["status"] != asked.reason:
            raise present
        waiting = await db.row(
            "hours/find_waiting_claim",
            community_id=community_id,
            member_id=asked.member_id,
            account_ids=list(account_ids),
        )
        if waiting is not None:
            raise ActRefused(Refusal.CLAIMS_WAITING, str(waiting["claim_id"]))
        return
    days = slice_.policy.inactive_lapse_days
    # Who waits for care, or has promised some, is not inactive.
    if days is None or member["status"] in GONE or requests.asked_for or requests.taken:
        raise present
    row = await db.row(
        "hours/read_last_activity",
        community_id=community_id,
        member_id=asked.member_id,
        account_ids=list(account_ids),
    )
    if row is None or (slice_.today - row["active_on"]).days < days:
        raise present


async def _unfinished(
    db: Connection, community_id: int, slice_: HoursBook, member_id: UUID, now: datetime
) -> _Unfinished:
    """What waits still. Refuses with CARE_REQUEST_VISITED while somebody who came has not been paid for it.

    What the member took and has logged a visit for stays theirs.
    """
    rows = await db.rows(
        "hours/read_unfinished_requests",
        community_id=community_id,
        member_id=member_id,
        today=slice_.today,
        now=now,
    )
    visited: set[UUID] = set()
    if rows:
        found = await db.rows(
            "hours/find_waiting_visits",
            community_id=community_id,
            care_request_ids=[row["care_request_id"] for row in rows],
        )
        visited = {row["care_request_id"] for row in found}
    asked_for = [row for row in rows if row["receiver_id"] == member_id]
    for row in asked_for:
        if row["care_request_id"] in visited:
            raise ActRefused(Refusal.CARE_REQUEST_VISITED, str(row["care_request_id"]))
    taken = [row for row in rows if row["receiver_id"] != member_id and row["care_request_id"] not in visited]
    return _Unfinished(asked_for, taken)


async def _pot(db: Connection, community_id: int, slice_: HoursBook, now: datetime) -> Party | None:
    """The policy's pot, or None while there is none."""
    rows = await db.rows("hours/read_accounts_by_code", community_id=community_id, codes=[slice_.policy.pot])
    ids = [row["account_id"] for row in rows if row["kind"] == "pot"]
    return (await read_parties(db, community_id, ids, now))[ids[0]] if ids else None


async def _getter(
    db: Connection,
    community_id: int,
    slice_: HoursBook,
    asked: Settlement,
    named: UUID,
    own: Sequence[UUID],
    pot: Party | None,
    now: datetime,
) -> Party | None:
    """Whose account gets the credits; None is the policy's pot. Raises ActRefused for whom the policy bars."""
    if asked.to is None:
        return None
    account_id = await account_named(db, community_id, asked.to, named)
    if pot is not None and account_id == pot.account_id:
        return None
    getter = (await read_parties(db, community_id, [account_id], now)).get(account_id)
    if getter is None:
        raise ActRefused(Refusal.ACCOUNT_UNKNOWN, str(account_id))
    if asked.reason is Departure.LEFT:
        if account_id in own:
            raise ActRefused(Refusal.GIFT_NOT_ALLOWED, str(account_id))
        await require_gift_allowed(db, community_id, slice_.policy, asked.member_id, [getter])
        return getter
    may_inherit = asked.reason is Departure.DIED and slice_.policy.on_death is not OnDeath.LAPSE
    if not may_inherit or account_id in own or not await _is_heir(db, community_id, slice_, asked, getter):
        raise ActRefused(Refusal.HEIR_REFUSED, str(asked.to))
    return getter


async def _is_heir(
    db: Connection, community_id: int, slice_: HoursBook, asked: Settlement, getter: Party
) -> bool:
    """Whether everybody who holds the account, beside the dead, is a relative on record and belongs here still."""
    holders = set(getter.member_ids) - {asked.member_id}
    relatives = {
        person
        for person, relation in await list_relatives(db, community_id, asked.member_id)
        if relation in RELATIVES
    }
    if getter.kind not in OF_PEOPLE or not holders or not holders <= relatives:
        return False
    await read_standings(db, community_id, slice_, holders)
    return all(slice_.standings[holder].status not in GONE for holder in holders)


async def _releasing(
    db: Connection,
    community_id: int,
    named: UUID,
    account_ids: Sequence[UUID],
    requests: Sequence[asyncpg.Record],
    now: datetime,
) -> list[Command]:
    """Commands that release what is held of these accounts, and what these requests hold of any."""
    holding = [row for row in requests if row["hold_id"] is not None]
    rows = await db.rows(
        "hours/read_pending_holds",
        community_id=community_id,
        account_ids=list(account_ids),
        payer_account_ids=[row["payer_account_id"] for row in holding],
        hold_ids=[row["hold_id"] for row in holding],
        now=now,
    )
    return [VoidHold(uuid5(named, f"void/{row['hold_id']}"), row["hold_id"]) for row in rows]


def _move(
    slice_: HoursBook,
    course: _Course,
    asked: Settlement,
    named: UUID,
    account: Party,
    getter: Party | None,
    pot: Party | None,
    author: Author | None,
) -> None:
    """Add what becomes of one account."""
    seconds = account.balance
    if asked.reason is Departure.INACTIVE:
        seconds = max(seconds, 0)
    course.seconds.append(seconds)
    if seconds:
        other = getter if getter is not None and seconds > 0 else pot
        if other is None:
            raise ActRefused(Refusal.NOT_A_POT, slice_.policy.pot)
        kind = TransferKind.LAPSE
        if other is getter:
            kind = TransferKind.GIFT if asked.reason is Departure.LEFT else TransferKind.INHERIT
            course.gained += seconds
        transfer_id = uuid5(named, f"settle/{account.account_id}")
        entries = ((account.account_id, -seconds), (other.account_id, seconds))
        course.commands.append(
            PostTransfer(transfer_id, kind, entries, note=SAYS[asked.reason], author=author)
        )
        # What lapses is nobody's gain; what goes to somebody, or is taken from the pot for them, may be.
        if other is getter or seconds < 0:
            course.counted.append((transfer_id, abs(seconds)))
    if asked.reason is not Departure.INACTIVE:
        course.commands.append(CloseAccount(uuid5(named, f"close/{account.account_id}"), account.account_id))


async def _alone(
    db: Connection,
    community_id: int,
    slice_: HoursBook,
    author: Author,
    proposer: UUID | None,
    asked: Settlement,
    course: _Course,
    getter: Party | None,
    now: datetime,
) -> Details:
    """Who else had a hand in it, for the event; SECOND_PERSON_NEEDED where there must be one."""
    consent = slice_.policy.on_death is OnDeath.INHERIT_WITH_CONSENT
    if asked.reason is Departure.DIED and getter is not None and consent:
        return await second_person(db, community_id, author, proposer, Action.SETTLEMENT, now)
    counted = sum(seconds for _, seconds in course.counted)
    if counted == 0 and proposer is None:
        return {}
    return await single_handed(db, community_id, author, proposer, Action.SETTLEMENT, counted, now)


async def _end_requests(
    db: Connection,
    community_id: int,
    author: Author,
    requests: _Unfinished,
    now: datetime,
) -> None:
    """Cancel what the member asked for, and give back what they had taken for others."""
    for state, kind, rows in (
        ("cancelled", "cancelled", requests.asked_for),
        ("open", "given_back", requests.taken),
    ):
        if not rows:
            continue
        ids = [row["care_request_id"] for row in rows]
        counts = [row["event_count"] + 1 for row in rows]
        await db.run(
            "hours/change_care_requests",
            community_id=community_id,
            state=state,
            care_request_ids=ids,
            taken_bys=[row["taken_by"] if state == "cancelled" else None for row in rows],
            event_counts=counts,
        )
        await db.run(
            "hours/insert_care_request_events",
            community_id=community_id,
            now=now,
            care_request_ids=ids,
            event_numbers=counts,
            kinds=[kind] * len(rows),
            bys=[author.id] * len(rows),
            vias=[author.via] * len(rows),
            fors=[None] * len(rows),
            claim_ids=[None] * len(rows),
        )


def _details(
    asked: Settlement, ids: Sequence[UUID], course: _Course, getter: Party | None, said: Details
) -> Details:
    transfers = [str(each.id) for each in course.commands if isinstance(each, PostTransfer)]
    closed = [str(each.account_id) for each in course.commands if isinstance(each, CloseAccount)]
    return {
        "reason": asked.reason,
        "accounts": [str(each) for each in ids],
        "seconds": [str(each) for each in course.seconds],
        "transfers": transfers,
        "closed": closed,
        "to": None if getter is None else str(getter.account_id),
        **said,
    }
