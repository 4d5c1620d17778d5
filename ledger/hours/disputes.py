"""Disputes: somebody says that a claim is not right, both sides are heard, and a co-ordinator decides.

A dispute is a record of its own: who said what, until when it is to be decided, the outcome, and the postings it
caused. While it is open the claim stands as disputed, and nobody confirms, declines or withdraws it. Nothing that was
posted is changed: a correction is a reversal and a new posting.

What cannot be taken back, because the provider has spent it, is refused with BELOW_FLOOR and the account. The dispute
then stays open: the co-ordinator waits until more was earned, lowers the account's floor, or grants the rest from a
pot, and sends the outcome again under a new key.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import asyncpg

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event, Via
from ledger.book.commands import Command, ReverseTransfer
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome, Posted, Refused, decide
from ledger.book.refusals import Refusal
from ledger.book.store import Touched, read_book
from ledger.database.connections import Connection
from ledger.hours.answering import next_step, require_claim
from ledger.hours.claims import (
    A_DAY_SECONDS,
    CareRequest,
    Claim,
    ClaimState,
    HoursBook,
    Payment,
    pay,
)
from ledger.hours.claims_room import (
    Step,
    add_pot_spending,
    append_claims,
    read_care_requests,
    read_funds,
    read_standings,
    visit_of,
)
from ledger.hours.hours import Hours, Plan
from ledger.hours.policies import Policies
from ledger.hours.policy import Funder
from ledger.people.delegates import related
from ledger.people.proposals import Action, require_second_person
from ledger.people.roles import Principal, Role


class Side(StrEnum):
    """For whom somebody speaks in a dispute. A delegate stands on the side of the receiver."""

    PROVIDER = "provider"
    RECEIVER = "receiver"
    COORDINATOR = "coordinator"


class DisputeOutcome(StrEnum):
    """How a dispute ended. UPHELD pays the claim as it was logged, CORRECTED another length, REVERSED nothing."""

    UPHELD = "upheld"
    CORRECTED = "corrected"
    REVERSED = "reversed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class _Before:
    """How a posted claim was paid: when, by which transfer from whose account, where anything moved at all."""

    paid_at: datetime
    transfer_id: UUID | None
    payer_account_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Settling:
    """What an outcome does in the books: it takes back what was paid `before`, or pays, or both."""

    commands: tuple[Command, ...] = ()
    before: _Before | None = None
    reversal_id: UUID | None = None
    payment: Payment | None = None


# --- opening, speaking, withdrawing -------------------------------------------------------------------------------


async def open_dispute(
    hours: Hours, community: Community, asker: Principal, key: UUID, claim_id: UUID, statement: str
) -> Answer:
    """Say that a claim is not right. `key` becomes the dispute's id.

    By the provider, the receiver, their delegate, or a co-ordinator who is close to neither. Refused with
    CLAIM_UNKNOWN, OWN_AFFAIR, OWN_HOURS (a provider withdraws what still waits), CLAIM_DECIDED, DISPUTE_DECIDED (only a
    co-ordinator disputes what had an outcome) or DISPUTE_TOO_LATE.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        claim, author = await require_claim(db, community.id, slice_, claim_id, asker, now)
        side = side_of(author, claim)
        await _require_disputable(db, community.id, slice_, claim, side)
        policy = slice_.policies[claim.policy_version][1]
        deadline_on = slice_.today + timedelta(days=policy.dispute_days)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            stood = claim.state
            claim.state = ClaimState.DISPUTED
            step = next_step(claim, "disputed", author)
            await append_claims(db, community.id, [claim], [step], {}, now)
            await db.run(
                "hours/insert_dispute",
                community_id=community.id,
                dispute_id=key,
                claim_id=claim.id,
                provider_id=claim.provider_id,
                receiver_id=claim.receiver_id,
                event_number=step.number,
                opened_by=author.member_id,
                opened_side=side,
                now=now,
                deadline_on=deadline_on,
                claim_state=stood,
            )
            await _insert_statement(db, community.id, key, author, side, statement, now)
            return _events("dispute_opened", key, claim, author, key, {})

        return Plan(write=write)

    return await hours.do(community, asker.author, key, "open_dispute", [str(claim_id), statement], make)


async def _require_disputable(
    db: Connection, community_id: int, hours: HoursBook, claim: Claim, side: Side
) -> None:
    match claim.state:
        case ClaimState.SUBMITTED if side is Side.PROVIDER:
            # Else a provider could keep the receiver from declining until silence confirms.
            raise ActRefused(Refusal.OWN_HOURS, str(claim.id))
        case ClaimState.DECLINED if side is Side.RECEIVER:
            raise ActRefused(Refusal.CLAIM_DECIDED, str(claim.id))
        case ClaimState.SUBMITTED | ClaimState.DECLINED | ClaimState.POSTED:
            pass
        case _:
            raise ActRefused(Refusal.CLAIM_DECIDED, str(claim.id))
    if side is Side.COORDINATOR:
        return
    decided = await _decided(db, community_id, claim.id)
    if decided:
        raise ActRefused(Refusal.DISPUTE_DECIDED, str(decided[0]["dispute_id"]))
    if claim.state is ClaimState.POSTED:
        policy = hours.policies[claim.policy_version][1]
        before = await _before(db, community_id, claim)
        # While the other side disputed it nobody else could: the days begin anew when that was withdrawn.
        row = await db.row(
            "hours/read_withdrawn_dispute", community_id=community_id, claim_id=claim.id, side=side
        )
        since = before.paid_at if row is None or row["at"] is None else max(before.paid_at, row["at"])
        posted_on = since.astimezone(ZoneInfo(policy.timezone)).date()
        if hours.today > posted_on + timedelta(days=policy.dispute_days):
            raise ActRefused(Refusal.DISPUTE_TOO_LATE, str(claim.id))


async def add_statement(
    hours: Hours, community: Community, asker: Principal, key: UUID, dispute_id: UUID, statement: str
) -> Answer:
    """Say more in an open dispute: either side, or a co-ordinator close to neither.

    Refused with DISPUTE_UNKNOWN, OWN_AFFAIR or DISPUTE_DECIDED.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        _row, claim, author = await _require_dispute(db, community.id, slice_, dispute_id, asker, now)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            side = side_of(author, claim)
            await _insert_statement(db, community.id, dispute_id, author, side, statement, now)
            return ()

        return Plan(write=write)

    asked = [str(dispute_id), statement]
    return await hours.do(community, asker.author, key, "add_dispute_statement", asked, make)


async def withdraw_dispute(
    hours: Hours, community: Community, asker: Principal, key: UUID, dispute_id: UUID
) -> Answer:
    """Take a dispute back: by the side that opened it. The claim stands again as it did before.

    Refused with DISPUTE_UNKNOWN, OWN_AFFAIR or DISPUTE_DECIDED.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        row, claim, author = await _require_dispute(db, community.id, slice_, dispute_id, asker, now)
        if side_of(author, claim) != row["opened_side"]:
            raise ActRefused(Refusal.DISPUTE_UNKNOWN, str(dispute_id))

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            claim.state = ClaimState(row["claim_state"])
            step = next_step(claim, "undisputed", author)
            await append_claims(db, community.id, [claim], [step], {}, now)
            await _resolve(db, community.id, dispute_id, DisputeOutcome.WITHDRAWN, author, None, now)
            return _events("dispute_withdrawn", dispute_id, claim, author, key, {})

        return Plan(write=write)

    return await hours.do(community, asker.author, key, "withdraw_dispute", str(dispute_id), make)


# --- the outcome --------------------------------------------------------------------------------------------------


async def decide_dispute(
    hours: Hours,
    community: Community,
    asker: Principal,
    key: UUID,
    dispute_id: UUID,
    outcome: DisputeOutcome,
    corrected_seconds: int | None = None,
    statement: str | None = None,
) -> Answer:
    """Decide a dispute, by a co-ordinator who is close to nobody in it; `statement` says why.

    UPHELD leaves a posted claim as it is and posts any other as it was logged. CORRECTED pays `corrected_seconds` of
    care, after taking back what was paid. REVERSED takes back what was paid, or declines what was not.

    Refused with DISPUTE_UNKNOWN, OWN_AFFAIR, DISPUTE_DECIDED, CORRECTION_SAME, LONGER_THAN_A_DAY, or with what keeps
    the books from it: BELOW_FLOOR when the credits were spent, ACCOUNT_CLOSED, PERIOD_CLOSED (a reversal alone belongs
    to no day), a cap, NOBODY_PAYS.
    """
    if (outcome is DisputeOutcome.CORRECTED) != (corrected_seconds is not None):
        raise ValueError("a correction says how long it really was, and nothing else does")
    if outcome is DisputeOutcome.WITHDRAWN:
        raise ValueError("a dispute is withdrawn by whoever opened it")

    async def make(db: Connection, slice_: HoursBook, book: Book, now: datetime) -> Plan:
        row, claim, author = await _require_dispute(db, community.id, slice_, dispute_id, asker, now)
        await _require_stranger(db, community.id, slice_, row, claim, asker, author, now)
        was_posted = row["claim_state"] == ClaimState.POSTED
        length = await _length(db, community.id, claim)
        if corrected_seconds is not None:
            if corrected_seconds == length:
                raise ActRefused(Refusal.CORRECTION_SAME, str(claim.id))
            length = corrected_seconds
        settling = _Settling()
        if outcome is DisputeOutcome.REVERSED:
            if was_posted:
                settling = await _taking_back(db, community.id, hours.policies, slice_, claim, author)
        elif outcome is DisputeOutcome.CORRECTED or not was_posted:
            before = await _before(db, community.id, claim) if was_posted else None
            paid_at = now if before is None else before.paid_at
            await _read_hours(db, community.id, hours.policies, slice_, claim, paid_at)
            settling = await _paying(db, community, slice_, book, claim, author, now, length, before)

        async def write(db: Connection, parts: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await _write_outcome(db, community.id, slice_, claim, author, outcome, settling, parts, now)
            if statement is not None:
                await _insert_statement(
                    db, community.id, dispute_id, author, Side.COORDINATOR, statement, now
                )
            await _resolve(db, community.id, dispute_id, outcome, author, corrected_seconds, now)
            said: Details = {"outcome": outcome, "seconds": corrected_seconds}
            return _events("dispute_resolved", dispute_id, claim, author, key, said)

        return Plan(settling.commands, write)

    asked = [str(dispute_id), outcome, corrected_seconds, statement]
    return await hours.do(community, asker.author, key, "decide_dispute", asked, make)


async def _require_stranger(
    db: Connection,
    community_id: int,
    hours: HoursBook,
    row: asyncpg.Record,
    claim: Claim,
    asker: Principal,
    author: Author,
    now: datetime,
) -> None:
    """Refuse unless a co-ordinator asks who is close to neither side, nor to whoever opened it for one of them."""
    sides = {claim.provider_id, claim.receiver_id}
    if row["opened_side"] != Side.COORDINATOR:
        sides.add(row["opened_by"])
    if author.via is not Via.COORDINATOR or asker.role is not Role.COORDINATOR or asker.member_id is None:
        raise ActRefused(Refusal.OWN_AFFAIR)
    if await related(db, community_id, asker.member_id, sides, today=hours.today):
        raise ActRefused(Refusal.OWN_AFFAIR)
    if row["opened_side"] == Side.COORDINATOR and row["opened_by"] == asker.member_id:
        # Nobody complains and judges in one, as long as there is somebody else.
        try:
            await require_second_person(db, community_id, author, Action.TRANSFER, now)
        except ActRefused:
            # An outcome is not proposed: another co-ordinator decides.
            raise ActRefused(Refusal.OWN_AFFAIR) from None


async def _length(db: Connection, community_id: int, claim: Claim) -> int:
    """How long the visit was as far as is known: what was recorded, or what a dispute corrected it to."""
    for row in await _decided(db, community_id, claim.id):
        if row["outcome"] == DisputeOutcome.CORRECTED:
            return int(row["corrected_seconds"])
    return claim.recorded_seconds


async def _taking_back(
    db: Connection, community_id: int, known: Policies, hours: HoursBook, claim: Claim, author: Author
) -> _Settling:
    before = await _before(db, community_id, claim)
    policy = hours.policies[claim.policy_version][1]
    await read_funds(db, community_id, hours, known, [policy], before.paid_at)
    reversal = await _reversal(db, community_id, claim, before, author)
    if reversal is None:
        return _Settling(before=before)
    return _Settling((reversal,), before, reversal.id)


async def _reversal(
    db: Connection, community_id: int, claim: Claim, before: _Before, author: Author
) -> ReverseTransfer | None:
    """The reversal of a claim's newest posting; None where nothing moved, or it was reversed by hand before."""
    if before.transfer_id is None:
        return None
    rows = await db.rows("book/read_originals", community_id=community_id, transfer_ids=[before.transfer_id])
    if any(row["reversed_by"] is not None for row in rows):
        return None
    reversal_id = uuid5(claim.id, f"reversal/{claim.posting_count}")
    return ReverseTransfer(reversal_id, before.transfer_id, "Taken back after a dispute", author)


async def _paying(
    db: Connection,
    community: Community,
    hours: HoursBook,
    book: Book,
    claim: Claim,
    author: Author,
    now: datetime,
    length: int,
    before: _Before | None,
) -> _Settling:
    """Pay `length` seconds of care in place of what was paid before, if anything was."""
    reversal = None if before is None else await _reversal(db, community.id, claim, before, author)
    _require_room_in_day(hours, claim, length)
    paying = claim
    if before is not None:
        hours.lifetime[claim.provider_id] -= claim.credited_seconds
        paying = _paid_as_before(hours, claim, before)
        for pot in hours.pots.values():
            if pot.account_id == before.payer_account_id:
                pot.spent[claim.receiver_id] = pot.spent.get(claim.receiver_id, 0) - claim.paid_seconds
    if length != claim.recorded_seconds:
        # The times say the length that was wrong.
        paying = replace(paying, from_time=None, to_time=None)
    local = await _read_accounts(db, community, hours, book, paying, reversal, now)
    commands, payment = _both(hours, paying, local, author, now, length, reversal)
    return _Settling(commands, before, None if reversal is None else reversal.id, payment)


def _both(
    hours: HoursBook,
    claim: Claim,
    book: Book,
    author: Author,
    now: datetime,
    length: int,
    reversal: ReverseTransfer | None,
) -> tuple[tuple[Command, ...], Payment]:
    """The reversal and the new payment, in the order in which both can be done; `book` is their own slice.

    What was paid is taken back first. Where the provider has spent it, the new payment comes first: the two together
    take only the difference. Raises ActRefused.
    """
    decide(book, (), now)  # releases the holds whose deadline has passed
    if reversal is None:
        payment = _pay(hours, claim, book, author, now, length)
        return payment.commands, payment
    taken_back = deepcopy(book)
    [outcome] = decide(taken_back, [reversal], now).outcomes
    if not isinstance(outcome, Refused):
        payment = _pay(hours, claim, taken_back, author, now, length)
        return (reversal, *payment.commands), payment
    try:
        payment = _pay(hours, claim, book, author, now, length)
    except ActRefused:
        raise ActRefused(outcome.refusal, outcome.detail) from None
    return (*payment.commands, reversal), payment


def _pay(hours: HoursBook, claim: Claim, book: Book, author: Author, now: datetime, length: int) -> Payment:
    payment = pay(hours, claim, book, author, now, length)
    if not isinstance(payment, Payment):
        raise ActRefused(*payment)
    return payment


def _paid_as_before(hours: HoursBook, claim: Claim, before: _Before) -> Claim:
    """The claim such that whoever paid it is asked first again; changes the slice's version of its policy."""
    if before.payer_account_id is None:
        return claim
    payer_id, funder = before.payer_account_id, Funder.RECEIVER
    if payer_id in {pot.account_id for pot in hours.pots.values()}:
        funder = Funder.POT
    elif payer_id in hours.issuances.values():
        funder = Funder.ISSUANCE
    versions = list(hours.policies)
    from_on, policy = versions[claim.policy_version]
    others = tuple(each for each in policy.funders if each is not funder)
    versions[claim.policy_version] = from_on, replace(policy, funders=(funder, *others))
    hours.policies = versions
    return replace(claim, receiver_account_id=payer_id) if funder is Funder.RECEIVER else claim


def _require_room_in_day(hours: HoursBook, claim: Claim, length: int) -> None:
    if hours.filled(claim.provider_id, claim.service_on, but=claim.id) + length > A_DAY_SECONDS:
        raise ActRefused(Refusal.LONGER_THAN_A_DAY, str(claim.id))


async def _read_hours(
    db: Connection, community_id: int, known: Policies, hours: HoursBook, claim: Claim, paid_at: datetime
) -> None:
    """What paying the claim looks at beside the books.

    A pot's budget is that of the month in which the claim was paid: a correction moves nothing into another month.
    """
    await read_standings(db, community_id, hours, {claim.receiver_id})
    monday = claim.service_on - timedelta(days=claim.service_on.weekday())
    rows = await db.rows(
        "hours/read_visits",
        community_id=community_id,
        provider_ids=[claim.provider_id],
        from_ons=[monday],
        until_ons=[monday + timedelta(days=6)],
        receiver_ids=[],
        received_ons=[],
    )
    for row in rows:
        hours.visits.put(visit_of(row))
    if claim.care_request_id is not None:
        await read_care_requests(db, community_id, hours, [claim.care_request_id])
    await read_funds(db, community_id, hours, known, [hours.policies[claim.policy_version][1]], paid_at)


async def _read_accounts(
    db: Connection,
    community: Community,
    hours: HoursBook,
    book: Book,
    claim: Claim,
    reversal: ReverseTransfer | None,
    now: datetime,
) -> Book:
    """A slice of the books in which the outcome is tried, before the real one is decided."""
    touched = Touched({claim.provider_account_id, claim.receiver_account_id})
    touched.account_ids |= {pot.account_id for pot in hours.pots.values()} | set(hours.issuances.values())
    touched.hold_ids |= {
        request.hold_id for request in hours.care_requests.values() if request.hold_id is not None
    }
    local = Book(book.tree_size, closed_through=book.closed_through)
    await read_book(db, community, local, () if reversal is None else [reversal], now, touched)
    return local


async def _write_outcome(
    db: Connection,
    community_id: int,
    hours: HoursBook,
    claim: Claim,
    author: Author,
    outcome: DisputeOutcome,
    settling: _Settling,
    parts: Sequence[Outcome],
    now: datetime,
) -> None:
    """How the claim stands now, the steps that brought it there, and everything that counts what was paid."""
    spent: list[tuple[UUID, UUID, int]] = []
    steps: list[Step] = []
    earned = hours.lifetime[claim.provider_id]
    before, payment = settling.before, settling.payment
    if before is not None:
        step = next_step(claim, "reversed", author)
        step.transfer_id, step.credited_seconds, step.paid_seconds = settling.reversal_id, 0, 0
        steps.append(step)
        if before.payer_account_id is not None:
            spent.append((before.payer_account_id, claim.receiver_id, -claim.paid_seconds))
        if payment is None:
            # Whoever pays anew has taken this off already, before the caps were looked at.
            earned -= claim.credited_seconds
        claim.state, claim.credited_seconds, claim.paid_seconds = ClaimState.REVERSED, 0, 0
    elif outcome is DisputeOutcome.REVERSED:
        claim.state = ClaimState.DECLINED
        steps.append(next_step(claim, "declined", author))
    if outcome is DisputeOutcome.UPHELD:
        claim.state = ClaimState.POSTED
        steps.append(next_step(claim, "upheld", author))
    if payment is not None:
        claim.state = ClaimState.POSTED
        claim.posting_count += 1
        claim.credited_seconds, claim.paid_seconds = payment.credited_seconds, payment.paid_seconds
        earned += payment.credited_seconds
        step = next_step(claim, "corrected" if outcome is DisputeOutcome.CORRECTED else "posted", author)
        step.transfer_id, step.payer_account_id = payment.transfer_id, payment.payer_account_id
        step.credited_seconds, step.paid_seconds = payment.credited_seconds, payment.paid_seconds
        steps.append(step)
        if payment.pot_account_id is not None:
            spent.append((payment.pot_account_id, claim.receiver_id, payment.paid_seconds))
        if payment.settles is not None:
            await _settle_care_request(db, community_id, payment.settles, step, now)
        await _insert_tasks(db, community_id, payment, parts, now)
    totals = {} if before is None and payment is None else {claim.provider_id: earned}
    await append_claims(db, community_id, [claim], steps, totals, now)
    pots = {pot.account_id for pot in hours.pots.values()}
    spent = [each for each in spent if each[0] in pots]
    if spent:
        await add_pot_spending(db, community_id, spent, now if before is None else before.paid_at)


async def _settle_care_request(
    db: Connection, community_id: int, request: CareRequest, step: Step, now: datetime
) -> None:
    await db.run(
        "hours/settle_care_requests",
        community_id=community_id,
        care_request_ids=[request.id],
        event_counts=[request.event_count + 1],
    )
    await db.run(
        "hours/insert_care_request_events",
        community_id=community_id,
        now=now,
        care_request_ids=[request.id],
        event_numbers=[request.event_count + 1],
        kinds=["settled"],
        bys=[step.by_id],
        vias=[step.via],
        fors=[step.for_member_id],
        claim_ids=[step.claim_id],
    )


async def _insert_tasks(
    db: Connection, community_id: int, payment: Payment, parts: Sequence[Outcome], now: datetime
) -> None:
    if not payment.soft:
        return
    balances = {
        entry.account_id: entry.balance_after
        for part in parts
        if isinstance(part, Posted)
        for entry in part.transfer.entries
    }
    await db.run(
        "hours/insert_tasks",
        community_id=community_id,
        now=now,
        task_ids=[uuid4() for _ in payment.soft],
        kinds=[kind for kind, _, _ in payment.soft],
        member_ids=[member_id for _, member_id, _ in payment.soft],
        account_ids=[account_id for _, _, account_id in payment.soft],
        balances=[balances[account_id] for _, _, account_id in payment.soft],
    )


# --- what all of them share ---------------------------------------------------------------------------------------


def side_of(author: Author, claim: Claim) -> Side:
    """For whom the author of something about a claim speaks."""
    if author.via is Via.COORDINATOR:
        return Side.COORDINATOR
    return Side.PROVIDER if author.member_id == claim.provider_id else Side.RECEIVER


async def _require_dispute(
    db: Connection, community_id: int, hours: HoursBook, dispute_id: UUID, asker: Principal, now: datetime
) -> tuple[asyncpg.Record, Claim, Author]:
    """An open dispute, its claim, and in what capacity the asker speaks. Raises ActRefused."""
    row = await db.row("hours/read_dispute", community_id=community_id, dispute_id=dispute_id)
    if row is None:
        raise ActRefused(Refusal.DISPUTE_UNKNOWN, str(dispute_id))
    try:
        claim, author = await require_claim(db, community_id, hours, row["claim_id"], asker, now)
    except ActRefused as no:
        if no.refusal is Refusal.CLAIM_UNKNOWN:
            raise ActRefused(Refusal.DISPUTE_UNKNOWN, str(dispute_id)) from None
        raise
    if row["outcome"] is not None:
        raise ActRefused(Refusal.DISPUTE_DECIDED, str(dispute_id))
    return row, claim, author


async def _decided(db: Connection, community_id: int, claim_id: UUID) -> list[asyncpg.Record]:
    return await db.rows("hours/read_decided_disputes", community_id=community_id, claim_id=claim_id)


async def _before(db: Connection, community_id: int, claim: Claim) -> _Before:
    row = await db.row("hours/read_newest_posting", community_id=community_id, claim_id=claim.id)
    if row is None:
        raise RuntimeError("a posted claim has a step that posted it")
    return _Before(row["at"], row["transfer_id"], row["payer_account_id"])


async def _insert_statement(
    db: Connection,
    community_id: int,
    dispute_id: UUID,
    author: Author,
    side: Side,
    statement: str,
    now: datetime,
) -> None:
    await db.run(
        "hours/insert_dispute_statement",
        community_id=community_id,
        dispute_id=dispute_id,
        member_id=author.member_id,
        side=side,
        now=now,
        statement=statement,
    )


async def _resolve(
    db: Connection,
    community_id: int,
    dispute_id: UUID,
    outcome: DisputeOutcome,
    author: Author,
    corrected_seconds: int | None,
    now: datetime,
) -> None:
    await db.run(
        "hours/resolve_dispute",
        community_id=community_id,
        dispute_id=dispute_id,
        outcome=outcome,
        resolved_by=author.member_id,
        now=now,
        corrected_seconds=corrected_seconds,
    )


def _events(
    kind: str, dispute_id: UUID, claim: Claim, author: Author, key: UUID, said: Details
) -> list[Event]:
    """The event for each of the two: either can read what was said about their claim, and by whom."""
    said = {"dispute": str(dispute_id), "claim": str(claim.id), **said}
    return [
        Event(kind, author, claim.provider_id, said, key),
        Event(kind, author, claim.receiver_id, said),
    ]
