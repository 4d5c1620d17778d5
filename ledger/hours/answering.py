"""What is said about a claim beside that it is right: declined by the receiver, withdrawn by whoever logged it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from ledger.book.accounts import Book
from ledger.book.authors import Author, Event, Via
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.claims import Claim, ClaimState, HoursBook, confirmer
from ledger.hours.claims_room import Step, append_claims, read_claims
from ledger.hours.hours import Hours, Plan
from ledger.people.delegates import related
from ledger.people.roles import Principal


async def require_claim(
    db: Connection, community_id: int, hours: HoursBook, claim_id: UUID, asker: Principal, now: datetime
) -> tuple[Claim, Author]:
    """The claim, and the capacity in which the asker speaks of it. Raises ActRefused with CLAIM_UNKNOWN.

    A co-ordinator says nothing about their own and their relatives' claims (OWN_AFFAIR).
    """
    await read_claims(db, community_id, hours, [claim_id])
    claim = hours.claims.get(claim_id)
    author = None if claim is None else confirmer(asker, claim)
    if claim is None or author is None:
        raise ActRefused(Refusal.CLAIM_UNKNOWN, str(claim_id))
    if author.via is Via.DELEGATE:
        rows = await db.rows(
            "hours/read_confirming_delegates",
            community_id=community_id,
            delegate_ids=[author.member_id],
            today=now.astimezone(UTC).date(),
        )
        if all(row["member_id"] != author.for_member_id for row in rows):
            raise ActRefused(Refusal.ENDED_MEANWHILE)
    if author.via is Via.COORDINATOR and author.member_id is not None:
        both = [claim.provider_id, claim.receiver_id]
        if await related(db, community_id, author.member_id, both, today=hours.today):
            raise ActRefused(Refusal.OWN_AFFAIR)
    return claim, author


async def decline(
    hours: Hours, community: Community, asker: Principal, key: UUID, claim_id: UUID, reason: str
) -> Answer:
    """Say that a claim is not right, and why. Nothing is paid; the provider may dispute it.

    By the receiver, their delegate or a co-ordinator. Refused with CLAIM_UNKNOWN, OWN_HOURS (the provider withdraws),
    CLAIM_DECIDED or OWN_AFFAIR.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        claim, author = await require_claim(db, community.id, slice_, claim_id, asker, now)
        if author.member_id == claim.provider_id:
            raise ActRefused(Refusal.OWN_HOURS, str(claim_id))
        if claim.state is not ClaimState.SUBMITTED:
            raise ActRefused(Refusal.CLAIM_DECIDED, str(claim_id))
        return _ending(community.id, claim, author, ClaimState.DECLINED, reason, key)

    return await hours.do(community, asker.author, key, "decline_claim", [str(claim_id), reason], make)


async def withdraw(
    hours: Hours, community: Community, asker: Principal, key: UUID, claim_id: UUID, reason: str | None
) -> Answer:
    """Take a claim back that was not paid yet: by the provider, or by a co-ordinator who logged it for somebody.

    Refused with CLAIM_UNKNOWN, CLAIM_DECIDED or OWN_AFFAIR. What was paid is undone by a dispute.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        claim, author = await require_claim(db, community.id, slice_, claim_id, asker, now)
        takes_back = author.member_id == claim.provider_id or author.via in (Via.COORDINATOR, Via.TOKEN)
        if not takes_back:
            # To the receiver it is there, and theirs to decline.
            raise ActRefused(Refusal.CLAIM_DECIDED, str(claim_id))
        if claim.state not in (ClaimState.SUBMITTED, ClaimState.DECLINED):
            raise ActRefused(Refusal.CLAIM_DECIDED, str(claim_id))
        return _ending(community.id, claim, author, ClaimState.WITHDRAWN, reason, key)

    return await hours.do(community, asker.author, key, "withdraw_claim", [str(claim_id), reason or ""], make)


def _ending(
    community_id: int, claim: Claim, author: Author, state: ClaimState, reason: str | None, key: UUID
) -> Plan:
    async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
        claim.state = state
        step = next_step(claim, state.value, author)
        await append_claims(db, community_id, [claim], [step], {}, now)
        if reason is not None:
            await insert_reason(db, community_id, step, reason)
        return claim_events(claim, f"claim_{state}", author, key)

    return Plan(write=write)


def next_step(claim: Claim, kind: str, author: Author) -> Step:
    """The claim's next event; counts it."""
    claim.event_count += 1
    return Step(claim.id, claim.event_count, kind, author.id, author.via, author.for_member_id)


async def insert_reason(db: Connection, community_id: int, step: Step, reason: str) -> None:
    await db.run(
        "hours/insert_reason",
        community_id=community_id,
        claim_id=step.claim_id,
        event_number=step.number,
        reason=reason,
    )


def claim_events(claim: Claim, kind: str, author: Author, key: UUID) -> list[Event]:
    """The event of a decision about a claim, for each of the two: either can read what was decided, and by whom."""
    said: dict[str, str | int | list[str] | None] = {"claim": str(claim.id)}
    return [
        Event(kind, author, claim.provider_id, said, key),
        Event(kind, author, claim.receiver_id, said),
    ]


async def see_overlaps(
    hours: Hours, community: Community, asker: Principal, key: UUID, claim_id: UUID
) -> Answer:
    """Say that somebody has looked at what a claim overlaps. Refused with OVERLAP_UNKNOWN when nothing waits for it."""

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        _claim, author = await require_claim(db, community.id, slice_, claim_id, asker, now)
        if author.via is not Via.COORDINATOR:
            # A co-ordinator who gave or received it themselves, or acts for the receiver.
            raise ActRefused(Refusal.OWN_AFFAIR)
        rows = await db.rows("hours/read_unseen_overlaps", community_id=community.id, claim_id=claim_id)
        if not rows:
            raise ActRefused(Refusal.OVERLAP_UNKNOWN, str(claim_id))

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/mark_overlaps_seen",
                community_id=community.id,
                claim_id=claim_id,
                now=now,
                seen_by=author.member_id,
            )
            return ()

        return Plan(write=write)

    return await hours.do(community, asker.author, key, "see_overlaps", str(claim_id), make)
