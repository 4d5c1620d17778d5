"""The room of claims: what a batch of logged and confirmed claims reads, how each is judged, and what is written.

`claims` holds the rules; this is their reading and writing, set-wise, so that a busy hour of confirmations costs the
same few statements as one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from ledger.book.accounts import Book
from ledger.book.authors import Author, Event, Via
from ledger.book.commands import AccountKind, Act, Command, PostTransfer
from ledger.book.posting import Outcome, Posted, Refused
from ledger.book.refusals import Refusal
from ledger.book.store import Touched
from ledger.database.connections import Connection
from ledger.hours.claims import (
    OVER_CAP,
    CareRequest,
    Claim,
    ClaimState,
    ConfirmClaim,
    HoursBook,
    LogClaims,
    NewClaim,
    Payment,
    Pot,
    Standing,
    Visit,
    confirmer,
    overlaps,
    pay,
    refusal_by_length,
    refusal_to_log,
    refused,
    today_of,
)
from ledger.hours.policies import Policies
from ledger.hours.policy import Funder, Period, Policy, in_force
from ledger.people.delegates import month_of, related

_ZONES_APART = timedelta(days=2)
"""More than the clocks of two policies of one community can be apart."""

SILENCE = "silence"
"""The capacity in which a claim was confirmed that nobody contradicted in time."""


@dataclass(slots=True)
class Step:
    """One event of a claim, to be written."""

    claim_id: UUID
    number: int
    kind: str
    by_id: str | None
    via: str
    for_member_id: UUID | None
    transfer_id: UUID | None = None
    credited_seconds: int | None = None
    paid_seconds: int | None = None
    payer_account_id: UUID | None = None


@dataclass(slots=True)
class _Judged:
    """What an accepted act will change, as judging worked it out."""

    new: list[Claim] = field(default_factory=list)
    overlaps: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    payments: list[tuple[Claim, Payment]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an act: its claims as its batch left them, what they overlap, and the transfer that paid each."""

    claims: tuple[Claim, ...]
    overlaps: tuple[tuple[UUID, UUID, str], ...]
    transfer_ids: Mapping[UUID, UUID | None]


class ClaimsRoom:
    """Reads, judges and writes the claims of one batch. See `ledger.book.ledger.Room`."""

    def __init__(self, community_id: int, policies: Policies) -> None:
        self._community_id = community_id
        self._policies = policies
        self._hours = HoursBook((), date.min)
        self._authors: dict[UUID, Author] = {}
        self._objections: dict[UUID, Refused] = {}
        self._judged: dict[UUID, _Judged] = {}
        self._new: list[Claim] = []
        self._overlaps: list[tuple[UUID, UUID, str]] = []
        self._changed: dict[UUID, Claim] = {}
        self._steps: list[Step] = []
        self._spent: list[tuple[UUID, UUID, int]] = []
        self._earners: set[UUID] = set()
        self._settled: list[tuple[CareRequest, Step]] = []
        self._tasks: list[tuple[str, UUID, UUID, int]] = []

    # --- reading ----------------------------------------------------------------------------------------------

    async def read(self, db: Connection, acts: Sequence[Act], book: Book, now: datetime) -> Touched:
        hours = self._hours
        hours.policies = await self._policies.read(db, self._community_id, book.policy_version)
        hours.today = today_of(hours.policies, now)
        logs = [act.what for act in acts if isinstance(act.what, LogClaims)]
        confirmations = [act.what for act in acts if isinstance(act.what, ConfirmClaim)]
        fresh = [claim for log in logs for claim in log.claims]
        if confirmations:
            asked = [each.claim_id for each in confirmations]
            await read_claims(db, self._community_id, hours, asked)
        old = [hours.claims[each.claim_id] for each in confirmations if each.claim_id in hours.claims]
        people = {person for claim in fresh for person in (claim.provider_id, claim.receiver_id)}
        # The pot asks who the receiver is; a claim that was checked when it was logged needs nobody looked up again.
        if self._pays(old):
            people |= {claim.receiver_id for claim in old}
        if people:
            await read_standings(db, self._community_id, hours, people)
        if fresh:
            await self._read_totals(db, {claim.provider_id for claim in fresh})
        await self._read_visits(db, fresh, old)
        requests = [claim.care_request_id for claim in fresh if claim.care_request_id is not None]
        requests += [claim.care_request_id for claim in old if claim.care_request_id is not None]
        if requests:
            await read_care_requests(db, self._community_id, hours, requests)
        paying = [self._policy(claim) for claim in old]
        paying += [self._policy_on(claim.service_on) for log in logs for claim in log.claims]
        await read_funds(db, self._community_id, hours, self._policies, paying, now)
        self._resolve_authors(acts)
        await self._read_authors(db, acts, now)
        return self._touched(fresh, old)

    def _policy(self, claim: Claim) -> Policy:
        return self._hours.policies[claim.policy_version][1]

    def _policy_on(self, day: date) -> Policy:
        return self._hours.policies[in_force(self._hours.policies, day)][1]

    def _pays(self, claims: Sequence[Claim]) -> bool:
        return any(Funder.POT in self._policy(claim).funders for claim in claims)

    async def _read_totals(self, db: Connection, providers: set[UUID]) -> None:
        rows = await db.rows("hours/read_totals", community_id=self._community_id, member_ids=list(providers))
        self._hours.lifetime.update((row["member_id"], row["seconds"]) for row in rows)

    async def _read_visits(self, db: Connection, fresh: Sequence[NewClaim], old: Sequence[Claim]) -> None:
        """The week around each claim of its provider, where a cap looks at it, and the day of both where it is new."""
        # What is to come is refused before anybody looks beside it; the last week of the year 9999 has no end.
        fresh = [claim for claim in fresh if claim.service_on <= self._hours.today + _ZONES_APART]
        weeks = {(claim.provider_id, _monday(claim.service_on)) for claim in fresh}
        for claim in old:
            caps = self._policy(claim).caps
            if Period.DAILY in caps or Period.WEEKLY in caps:
                weeks.add((claim.provider_id, _monday(claim.service_on)))
        days = {
            (person, claim.service_on) for claim in fresh for person in (claim.provider_id, claim.receiver_id)
        }
        if not weeks and not days:
            return
        # Whoever receives in one claim may give in another at the same time.
        spans = [(person, monday, monday + timedelta(days=6)) for person, monday in weeks]
        spans += [(person, day, day) for person, day in days if (person, _monday(day)) not in weeks]
        rows = await db.rows(
            "hours/read_visits",
            community_id=self._community_id,
            provider_ids=[person for person, _, _ in spans],
            from_ons=[from_on for _, from_on, _ in spans],
            until_ons=[until_on for _, _, until_on in spans],
            receiver_ids=[person for person, _ in days],
            received_ons=[day for _, day in days],
        )
        for row in rows:
            self._hours.visits.put(visit_of(row))

    def _resolve_authors(self, acts: Sequence[Act]) -> None:
        """In what capacity each act is done: who confirms, depends on the claim."""
        for act in acts:
            match act.what:
                case LogClaims(author=author):
                    self._authors[act.id] = author
                case ConfirmClaim(claim_id=claim_id, asker=asker):
                    claim = self._hours.claims.get(claim_id)
                    if asker is None or claim is None:
                        continue
                    author_ = confirmer(asker, claim)
                    if author_ is None:
                        # What is not theirs answers as what is not there.
                        self._objections[act.id] = refused(act, Refusal.CLAIM_UNKNOWN, claim_id)
                    else:
                        self._authors[act.id] = author_

    async def _read_authors(self, db: Connection, acts: Sequence[Act], now: datetime) -> None:
        """Whoever has lost their session, role or delegation in the meantime, or decides about their own: refused."""
        authors = self._authors
        sessions = {author.session_id for author in authors.values() if author.session_id is not None}
        standing: dict[UUID, asyncpg.Record] = {}
        if sessions:
            rows = await db.rows(
                "hours/read_authors", community_id=self._community_id, session_ids=list(sessions), now=now
            )
            standing = {row["session_id"]: row for row in rows}
        delegates = {author.member_id for author in authors.values() if author.via is Via.DELEGATE}
        acting: set[tuple[UUID, UUID]] = set()
        if delegates:
            rows = await db.rows(
                "hours/read_confirming_delegates",
                community_id=self._community_id,
                delegate_ids=list(delegates),
                today=now.astimezone(UTC).date(),
            )
            acting = {(row["delegate_id"], row["member_id"]) for row in rows}
        for act in acts:
            author = authors.get(act.id)
            if author is None:
                continue
            row = None if author.session_id is None else standing.get(author.session_id)
            came = author.session_id is None or (
                row is not None and (author.via in (Via.MEMBER, Via.DELEGATE) or row["role"] == author.via)
            )
            acts_still = author.via is not Via.DELEGATE or (author.member_id, author.for_member_id) in acting
            if not (came and acts_still):
                self._objections[act.id] = refused(act, Refusal.ENDED_MEANWHILE)
            elif author.via is Via.COORDINATOR and author.member_id is not None and _decides(act):
                concerned = self._concerned(act)
                if concerned and await related(
                    db, self._community_id, author.member_id, concerned, today=self._hours.today
                ):
                    self._objections[act.id] = refused(act, Refusal.OWN_AFFAIR)
            elif author.via is Via.DELEGATE and author.member_id is not None and row is not None:
                # Nor does a co-ordinator confirm a relative's hours as somebody's delegate.
                others = [each for each in self._concerned(act) if each != author.for_member_id]
                if (
                    row["role"] == Via.COORDINATOR
                    and author.member_id not in others
                    and await related(
                        db, self._community_id, author.member_id, others, today=self._hours.today
                    )
                ):
                    self._objections[act.id] = refused(act, Refusal.OWN_AFFAIR)

    def _concerned(self, act: Act) -> list[UUID]:
        match act.what:
            case LogClaims(claims=claims):
                return [person for claim in claims for person in (claim.provider_id, claim.receiver_id)]
            case ConfirmClaim(claim_id=claim_id) if claim_id in self._hours.claims:
                claim = self._hours.claims[claim_id]
                return [claim.provider_id, claim.receiver_id]
        return []

    def _touched(self, fresh: Sequence[NewClaim], old: Sequence[Claim]) -> Touched:
        touched, hours = Touched(), self._hours
        for claim in old:
            touched.account_ids |= {claim.provider_account_id, claim.receiver_account_id}
        for new in fresh:
            for person in (new.provider_id, new.receiver_id):
                standing = hours.standings.get(person)
                if standing is not None:
                    touched.account_ids |= standing.account_ids
        touched.account_ids |= {pot.account_id for pot in hours.pots.values()}
        touched.account_ids |= set(hours.issuances.values())
        touched.hold_ids |= {
            request.hold_id for request in hours.care_requests.values() if request.hold_id is not None
        }
        return touched

    # --- judging ----------------------------------------------------------------------------------------------

    def judge(self, act: Act, book: Book, now: datetime) -> Refused | Sequence[Command]:
        objection = self._objections.get(act.id)
        if objection is not None:
            return objection
        match act.what:
            case LogClaims() as log:
                return self._judge_log(act, log, book, now)
            case ConfirmClaim() as confirmation:
                return self._judge_confirmation(act, confirmation, book, now)
        raise TypeError(f"{act.name} is no act of this room")

    def _judge_log(self, act: Act, log: LogClaims, book: Book, now: datetime) -> Refused | Sequence[Command]:
        hours, judged = self._hours, _Judged()
        commands: list[Command] = []
        # What the claims of one session add to a day is looked at as if each had been logged alone.
        added: list[Visit] = []
        confirmed = log.confirmed or all(
            log.author.member_id == new.receiver_id or log.author.for_member_id == new.receiver_id
            for new in log.claims
        )
        if confirmed and any(log.author.member_id == new.provider_id for new in log.claims):
            return refused(act, Refusal.OWN_HOURS)
        try:
            for new in log.claims:
                refusal = refusal_to_log(hours, new, log.author, book, now) or refusal_by_length(hours, new)
                if refusal is not None:
                    return refused(act, refusal, _about(new, refusal, hours))
                claim = self._claim(new, log, now)
                judged.new.append(claim)
                judged.overlaps += [
                    (new.id, other, kind)
                    for other, kind in overlaps(hours, new)
                    if all(other != visit.claim_id for visit in added)
                ]
                if confirmed:
                    payment = pay(hours, claim, book, log.author, now)
                    if not isinstance(payment, Payment):
                        return refused(act, *payment)
                    judged.payments.append((claim, payment))
                    commands += payment.commands
                    # What it pays counts for the next: taken back below, since nothing is accepted yet.
                    self._count(book, claim, payment, 1)
                paid = judged.payments[-1][1].credited_seconds if confirmed else 0
                visit = _visit(claim, ClaimState.POSTED if confirmed else claim.state, paid)
                hours.visits.put(visit)
                added.append(visit)
        finally:
            for visit in added:
                hours.visits.drop(visit)
            for claim, payment in judged.payments:
                self._count(book, claim, payment, -1)
        self._judged[act.id] = judged
        return commands

    def _count(self, book: Book, claim: Claim, payment: Payment, sign: int) -> None:
        """Count a payment of this very act in the slice, or take that back (`sign` -1)."""
        hours, provider = self._hours, claim.provider_id
        hours.lifetime[provider] = hours.lifetime.get(provider, 0) + sign * payment.credited_seconds
        for pot in hours.pots.values():
            if pot.account_id == payment.pot_account_id:
                spent = pot.spent.get(claim.receiver_id, 0)
                pot.spent[claim.receiver_id] = spent + sign * payment.paid_seconds
        for command in payment.commands:
            if isinstance(command, PostTransfer):
                for account_id, seconds in command.entries:
                    book.accounts[account_id].balance += sign * seconds

    def _claim(self, new: NewClaim, log: LogClaims, now: datetime) -> Claim:
        hours = self._hours
        version = in_force(hours.policies, new.service_on)
        policy = hours.policies[version][1]
        provider, receiver = hours.standings[new.provider_id], hours.standings[new.receiver_id]
        if provider.account_id is None or receiver.payer_account_id is None:
            raise RuntimeError("both were looked at before")
        due_at = None if policy.silence_days is None else now + timedelta(days=policy.silence_days)
        return Claim(
            new.id,
            new.provider_id,
            new.receiver_id,
            new.activity,
            new.service_on,
            new.from_time,
            new.to_time,
            new.recorded_seconds,
            version,
            provider.account_id,
            receiver.payer_account_id,
            new.care_request_id,
            due_at,
            note=new.note,
            session_id=log.session_id,
            logged_by=log.author.id,
            logged_via=log.author.via,
            logged_at=now,
        )

    def _judge_confirmation(
        self, act: Act, confirmation: ConfirmClaim, book: Book, now: datetime
    ) -> Refused | Sequence[Command]:
        claim = self._hours.claims.get(confirmation.claim_id)
        if claim is None:
            return refused(act, Refusal.CLAIM_UNKNOWN, confirmation.claim_id)
        author = self._authors.get(act.id)
        if author is None and confirmation.asker is not None:
            # It was logged in this very batch, so nobody has looked whether it is theirs to confirm.
            return refused(act, Refusal.CLAIM_UNKNOWN, claim.id)
        # Whoever is on both sides of it hears first that these are their own hours.
        if author is not None and author.member_id == claim.provider_id:
            return refused(act, Refusal.OWN_HOURS, claim.id)
        if claim.state is not ClaimState.SUBMITTED:
            return refused(act, Refusal.CLAIM_DECIDED, claim.id)
        if confirmation.asker is None and (claim.due_at is None or now < claim.due_at):
            return refused(act, Refusal.CLAIM_DECIDED, claim.id)
        if book.closed_through is not None and claim.service_on <= book.closed_through:
            return refused(act, Refusal.PERIOD_CLOSED, book.closed_through)
        payment = pay(self._hours, claim, book, author, now)
        if not isinstance(payment, Payment):
            return refused(act, *payment)
        self._judged[act.id] = _Judged(payments=[(claim, payment)])
        return payment.commands

    def accept(self, act: Act, parts: Sequence[Outcome], now: datetime) -> Told:
        judged = self._judged[act.id]
        author = self._authors.get(act.id)
        if isinstance(act.what, LogClaims):
            for claim in judged.new:
                self._new.append(claim)
                self._hours.claims[claim.id] = claim
                self._step(claim, "logged", author)
                self._hours.visits.put(_visit(claim, claim.state, 0))
            self._overlaps += judged.overlaps
        balances = {
            entry.account_id: entry.balance_after
            for part in parts
            if isinstance(part, Posted)
            for entry in part.transfer.entries
        }
        for claim, payment in judged.payments:
            self._post(claim, payment, author)
            self._tasks += [(*passed, balances[passed[2]]) for passed in payment.soft]
        claims = judged.new or [claim for claim, _ in judged.payments]
        return Told(
            tuple(claims),
            tuple(judged.overlaps),
            {claim.id: payment.transfer_id for claim, payment in judged.payments},
        )

    def _post(self, claim: Claim, payment: Payment, author: Author | None) -> None:
        hours = self._hours
        claim.state = ClaimState.POSTED
        claim.posting_count += 1
        claim.credited_seconds, claim.paid_seconds = payment.credited_seconds, payment.paid_seconds
        step = self._step(claim, "posted", author)
        step.transfer_id, step.payer_account_id = payment.transfer_id, payment.payer_account_id
        step.credited_seconds, step.paid_seconds = payment.credited_seconds, payment.paid_seconds
        self._changed[claim.id] = claim
        hours.lifetime[claim.provider_id] = (
            hours.lifetime.get(claim.provider_id, 0) + payment.credited_seconds
        )
        self._earners.add(claim.provider_id)
        hours.visits.put(_visit(claim, claim.state, payment.credited_seconds))
        if payment.pot_account_id is not None:
            self._spend(payment.pot_account_id, claim.receiver_id, payment)
        if payment.settles is not None:
            request = payment.settles
            request.state = "settled"
            request.event_count += 1
            self._settled.append((request, step))

    def _spend(self, account_id: UUID, receiver_id: UUID, payment: Payment) -> None:
        """Count what a pot gave. What a request has set aside counts by itself, while it is open or taken."""
        seconds = payment.paid_seconds
        for pot in self._hours.pots.values():
            if pot.account_id == account_id:
                pot.spent[receiver_id] = pot.spent.get(receiver_id, 0) + seconds
        self._spent.append((account_id, receiver_id, seconds))

    def _step(self, claim: Claim, kind: str, author: Author | None) -> Step:
        claim.event_count += 1
        self._changed[claim.id] = claim
        by_id, via, for_id = (
            (None, SILENCE, None) if author is None else (author.id, author.via.value, author.for_member_id)
        )
        step = Step(claim.id, claim.event_count, kind, by_id, via, for_id)
        self._steps.append(step)
        return step

    # --- writing ----------------------------------------------------------------------------------------------

    async def write(self, db: Connection, now: datetime) -> Sequence[Event]:
        of_community = {"community_id": self._community_id}
        if self._new:
            await self._write_new(db, now)
        totals = {earner: self._hours.lifetime[earner] for earner in self._earners}
        await append_claims(db, self._community_id, list(self._changed.values()), self._steps, totals, now)
        if self._overlaps:
            await db.run(
                "hours/insert_overlaps",
                **of_community,
                now=now,
                claim_ids=[claim_id for claim_id, _, _ in self._overlaps],
                other_ids=[other_id for _, other_id, _ in self._overlaps],
                kinds=[kind for _, _, kind in self._overlaps],
            )
        if self._spent:
            await add_pot_spending(db, self._community_id, self._spent, now)
        if self._settled:
            await self._write_settled(db, now)
        if self._tasks:
            await db.run(
                "hours/insert_tasks",
                **of_community,
                now=now,
                task_ids=[uuid4() for _ in self._tasks],
                kinds=[kind for kind, _, _, _ in self._tasks],
                member_ids=[member_id for _, member_id, _, _ in self._tasks],
                account_ids=[account_id for _, _, account_id, _ in self._tasks],
                balances=[balance for _, _, _, balance in self._tasks],
            )
        return ()

    async def _write_new(self, db: Connection, now: datetime) -> None:
        new = self._new
        await db.run(
            "hours/insert_claims",
            community_id=self._community_id,
            now=now,
            claim_ids=[claim.id for claim in new],
            provider_ids=[claim.provider_id for claim in new],
            receiver_ids=[claim.receiver_id for claim in new],
            activities=[claim.activity for claim in new],
            service_ons=[claim.service_on for claim in new],
            from_times=[claim.from_time for claim in new],
            to_times=[claim.to_time for claim in new],
            recorded=[claim.recorded_seconds for claim in new],
            policy_versions=[claim.policy_version for claim in new],
            provider_account_ids=[claim.provider_account_id for claim in new],
            receiver_account_ids=[claim.receiver_account_id for claim in new],
            care_request_ids=[claim.care_request_id for claim in new],
            session_ids=[claim.session_id for claim in new],
            logged_bys=[claim.logged_by for claim in new],
            logged_vias=[claim.logged_via for claim in new],
            due_ats=[claim.due_at for claim in new],
        )
        noted = [claim for claim in new if claim.note is not None]
        if noted:
            await db.run(
                "hours/insert_claim_notes",
                community_id=self._community_id,
                claim_ids=[claim.id for claim in noted],
                notes=[claim.note for claim in noted],
            )

    async def _write_settled(self, db: Connection, now: datetime) -> None:
        ids = [request.id for request, _ in self._settled]
        counts = [request.event_count for request, _ in self._settled]
        steps = [step for _, step in self._settled]
        await db.run(
            "hours/settle_care_requests",
            community_id=self._community_id,
            care_request_ids=ids,
            event_counts=counts,
        )
        await db.run(
            "hours/insert_care_request_events",
            community_id=self._community_id,
            now=now,
            care_request_ids=ids,
            event_numbers=counts,
            kinds=["settled"] * len(ids),
            bys=[step.by_id for step in steps],
            vias=[step.via for step in steps],
            fors=[step.for_member_id for step in steps],
            claim_ids=[step.claim_id for step in steps],
        )


async def append_claims(
    db: Connection,
    community_id: int,
    changed: Sequence[Claim],
    steps: Sequence[Step],
    totals: Mapping[UUID, int],
    now: datetime,
) -> None:
    """Write how these claims stand now, the steps that brought them there, and what people earned in all."""
    await db.run(
        "hours/append_claims",
        community_id=community_id,
        now=now,
        claim_ids=[claim.id for claim in changed],
        states=[claim.state for claim in changed],
        event_counts=[claim.event_count for claim in changed],
        posting_counts=[claim.posting_count for claim in changed],
        credited=[claim.credited_seconds for claim in changed],
        paid=[claim.paid_seconds for claim in changed],
        step_claim_ids=[step.claim_id for step in steps],
        step_numbers=[step.number for step in steps],
        step_kinds=[step.kind for step in steps],
        step_bys=[step.by_id for step in steps],
        step_vias=[step.via for step in steps],
        step_fors=[step.for_member_id for step in steps],
        step_transfer_ids=[step.transfer_id for step in steps],
        step_credited=[step.credited_seconds for step in steps],
        step_paid=[step.paid_seconds for step in steps],
        step_payers=[step.payer_account_id for step in steps],
        earner_ids=list(totals),
        earner_totals=list(totals.values()),
    )


# --- reading, for whoever else needs a slice of the hours -----------------------------------------------------------


async def read_claims(db: Connection, community_id: int, hours: HoursBook, claim_ids: Sequence[UUID]) -> None:
    """Put these claims into the slice, each with what its provider earned in all. An unknown id is not there."""
    for row in await db.rows("hours/read_claims", community_id=community_id, claim_ids=list(claim_ids)):
        claim = claim_of(row)
        hours.claims[claim.id] = claim
        hours.lifetime[claim.provider_id] = row["earned_seconds"]


async def read_standings(db: Connection, community_id: int, hours: HoursBook, people: set[UUID]) -> None:
    rows = await db.rows(
        "hours/read_standings", community_id=community_id, member_ids=list(people), today=hours.today
    )
    hours.standings.update((row["member_id"], standing_of(row)) for row in rows)


async def read_care_requests(
    db: Connection, community_id: int, hours: HoursBook, care_request_ids: Sequence[UUID]
) -> None:
    rows = await db.rows(
        "hours/read_care_requests", community_id=community_id, care_request_ids=list(set(care_request_ids))
    )
    for row in rows:
        hours.care_requests[row["care_request_id"]] = CareRequest(
            row["care_request_id"],
            row["receiver_id"],
            row["activity"],
            row["payer_account_id"],
            row["hold_id"],
            row["held_seconds"],
            row["state"],
            row["event_count"],
            row["taken_by"],
            row["expires_at"],
            row["care_on"],
        )


async def read_funds(
    db: Connection,
    community_id: int,
    hours: HoursBook,
    known: Policies,
    policies: Sequence[Policy],
    now: datetime,
) -> None:
    """Put the pots and issuance accounts these policies may pay from, or give the rest to, into the slice."""
    codes = {policy.pot for policy in policies if _needs_pot(policy)}
    codes |= {policy.issuance for policy in policies if Funder.ISSUANCE in policy.funders}
    if not codes:
        return
    for code, (account_id, kind) in (await known.accounts(db, community_id, codes)).items():
        if kind == AccountKind.ISSUANCE:
            hours.issuances[code] = account_id
        elif kind == AccountKind.POT:
            hours.pots[code] = Pot(account_id)
    # A pot that only takes what is left over has no rule to look at.
    paying = {policy.pot for policy in policies if Funder.POT in policy.funders} & hours.pots.keys()
    if not paying:
        return
    by_id = {hours.pots[code].account_id: hours.pots[code] for code in paying}
    rows = await db.rows(
        "hours/read_pots", community_id=community_id, account_ids=list(by_id), month=month_of(now), now=now
    )
    for row in rows:
        pot = by_id[row["account_id"]]
        pot.eligible = row["eligible"] or "anybody"
        pot.monthly_budget, pot.member_monthly = row["monthly_budget"], row["member_monthly"]
        if row["member_id"] is not None:
            pot.spent[row["member_id"]] = row["seconds"]


def _needs_pot(policy: Policy) -> bool:
    """Whether a claim under the policy may take from the pot or give to it."""
    return (
        Funder.POT in policy.funders
        or bool(policy.caps)
        or any(activity.rate != activity.tariff for activity in policy.activities.values())
        or policy.default_rate != policy.default_tariff
    )


async def add_pot_spending(
    db: Connection, community_id: int, spent: Sequence[tuple[UUID, UUID, int]], now: datetime
) -> None:
    """Count (pot, member, seconds) towards this month; seconds are negative where a payment is taken back."""
    sums: dict[tuple[UUID, UUID], int] = {}
    for account_id, member_id, seconds in spent:
        sums[account_id, member_id] = sums.get((account_id, member_id), 0) + seconds
    await db.run(
        "hours/add_pot_spending",
        community_id=community_id,
        month=month_of(now),
        account_ids=[account_id for account_id, _ in sums],
        member_ids=[member_id for _, member_id in sums],
        seconds=list(sums.values()),
    )


def claim_of(row: asyncpg.Record) -> Claim:
    return Claim(
        row["claim_id"],
        row["provider_id"],
        row["receiver_id"],
        row["activity"],
        row["service_on"],
        row["from_time"],
        row["to_time"],
        row["recorded_seconds"],
        row["policy_version"],
        row["provider_account_id"],
        row["receiver_account_id"],
        row["care_request_id"],
        row["due_at"],
        ClaimState(row["state"]),
        row["event_count"],
        row["posting_count"],
        row["credited_seconds"],
        row["paid_seconds"],
        row["note"],
        row["session_id"],
        row["logged_by"],
        row["logged_via"],
        row["logged_at"],
    )


def standing_of(row: asyncpg.Record) -> Standing:
    accounts = list(zip(row["account_ids"] or (), row["kinds"] or (), strict=True))
    own = next((account_id for account_id, kind in accounts if kind == "member"), None)
    household = next((account_id for account_id, kind in accounts if kind == "household"), None)
    return Standing(
        row["member_id"],
        row["status"],
        row["status_since"],
        row["joined_on"],
        row["frail"],
        own,
        household or own,
        frozenset(account_id for account_id, _ in accounts),
        row["is_service_user"],
    )


def visit_of(row: asyncpg.Record) -> Visit:
    return Visit(
        row["claim_id"],
        row["provider_id"],
        row["receiver_id"],
        row["service_on"],
        row["from_time"],
        row["to_time"],
        row["recorded_seconds"],
        row["credited_seconds"],
        ClaimState(row["state"]),
    )


def _visit(claim: Claim, state: ClaimState, credited_seconds: int) -> Visit:
    return Visit(
        claim.id,
        claim.provider_id,
        claim.receiver_id,
        claim.service_on,
        claim.from_time,
        claim.to_time,
        claim.recorded_seconds,
        credited_seconds,
        state,
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _decides(act: Act) -> bool:
    """Whether the act says that hours are right, and not only that somebody claims them."""
    return not isinstance(act.what, LogClaims) or act.what.confirmed


def _about(new: NewClaim, refusal: Refusal, hours: HoursBook) -> UUID | None:
    """Whom or what a refusal of a claim is about, where that is not the claim itself."""
    if refusal is Refusal.MEMBER_UNKNOWN:
        return new.receiver_id if new.provider_id in hours.standings else new.provider_id
    if refusal in OVER_CAP.values():
        return new.provider_id
    return new.care_request_id if refusal.code.startswith("care_request") else None
