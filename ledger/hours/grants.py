"""Grants: what a pot gives a member, by its rule and a co-ordinator's hand, or by two above the rule's limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event, Via
from ledger.book.commands import AccountKind, PostTransfer, TransferKind
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.approving import second_person
from ledger.hours.claims import HoursBook, Pot
from ledger.hours.claims_room import add_pot_spending, read_standings
from ledger.hours.gifts import read_parties, within_limits, write_tasks
from ledger.hours.hours import Hours, Make, Plan
from ledger.people.delegates import month_of, related
from ledger.people.members import require_member
from ledger.people.proposals import Action
from ledger.people.roles import TWO_PERSON_SECONDS

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Grant:
    """So many seconds from a pot to a member's own account. The reason is the transfer's private note."""

    pot_id: UUID
    member_id: UUID
    seconds: int
    reason: str


def grant_id(key: UUID) -> UUID:
    """The id of the transfer that a request, or an approved proposal, to grant something posts."""
    return uuid5(key, "grant")


async def grant(hours: Hours, community: Community, author: Author, key: UUID, wanted: Grant) -> Answer:
    """Grant single-handed, up to the pot's limit a day.

    Refused with NOT_A_POT, MEMBER_UNKNOWN, MEMBER_GONE, NO_ACCOUNT, OWN_AFFAIR (the co-ordinator is the member, or
    close to them), NOT_ELIGIBLE or OVER_POT_BUDGET by the pot's rule, SECOND_PERSON_NEEDED, ABOVE_CEILING, and with
    BELOW_FLOOR when the pot does not have that much.
    """
    asked = [str(wanted.pot_id), str(wanted.member_id), wanted.seconds, wanted.reason]
    return await hours.do(
        community, author, key, "grant", asked, granting_from_pot(community, author, None, key, wanted)
    )


def granting_from_pot(
    community: Community, author: Author, proposer: UUID | None, named: UUID, wanted: Grant
) -> Make:
    """The deed of a grant; `named` is the id of the request, or of what `proposer` proposed, and names the transfer.

    Proposed and approved, it may be of any length that the pot's rule allows; neither of the two is close to them.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, now: datetime) -> Plan:
        pot = await _require_pot(db, community.id, wanted.pot_id, now)
        await require_member(db, community.id, wanted.member_id)
        await require_stranger(db, community.id, author, proposer, [wanted.member_id], slice_)
        await read_standings(db, community.id, slice_, {wanted.member_id})
        standing = slice_.standings[wanted.member_id]
        if standing.account_id is None:
            raise ActRefused(Refusal.NO_ACCOUNT, str(wanted.member_id))
        refusal = pot.gives(standing, wanted.seconds)
        if refusal is not None:
            raise ActRefused(refusal, str(wanted.pot_id))
        row = await db.row("hours/read_signature_limit", community_id=community.id, account_id=wanted.pot_id)
        limit = TWO_PERSON_SECONDS if row is None else row["signature_limit"]
        said = await single_handed(
            db, community.id, author, proposer, Action.GRANT, wanted.seconds, now, limit
        )
        parties = await read_parties(db, community.id, [standing.account_id], now)
        tasks = within_limits(slice_.policy, parties[standing.account_id], wanted.seconds)
        transfer = PostTransfer(
            grant_id(named),
            TransferKind.GRANT,
            ((wanted.pot_id, -wanted.seconds), (standing.account_id, wanted.seconds)),
            note=wanted.reason,
            author=poster(author, proposer),
        )

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            spent = [(wanted.pot_id, wanted.member_id, wanted.seconds)]
            await add_pot_spending(db, community.id, spent, now)
            await write_tasks(db, community.id, tasks, now)
            if proposer is None:
                await count_single_handed(db, community.id, author, transfer.id, wanted.seconds, now)
            details: Details = {
                "pot": str(wanted.pot_id),
                "transfer": str(transfer.id),
                "seconds": wanted.seconds,
                **said,
            }
            if proposer is not None:
                return [Event("granted", author, wanted.member_id, details)]
            return [Event("granted", author, wanted.member_id, details, named)]

        return Plan([transfer], write)

    return make


async def _require_pot(db: Connection, community_id: int, account_id: UUID, now: datetime) -> Pot:
    """The pot with its newest rule, and what it gave this month. Raises ActRefused with NOT_A_POT."""
    party = (await read_parties(db, community_id, [account_id], now)).get(account_id)
    if party is None or party.kind is not AccountKind.POT:
        raise ActRefused(Refusal.NOT_A_POT, str(account_id))
    rows = await db.rows(
        "hours/read_pots", community_id=community_id, account_ids=[account_id], month=month_of(now), now=now
    )
    rule = rows[0]
    pot = Pot(account_id, rule["eligible"] or "anybody", rule["monthly_budget"], rule["member_monthly"])
    pot.spent.update((row["member_id"], row["seconds"]) for row in rows if row["member_id"] is not None)
    return pot


# --- what a co-ordinator may do alone, for grants and settlements ---------------------------------------------------


async def require_stranger(
    db: Connection,
    community_id: int,
    author: Author,
    proposer: UUID | None,
    concerned: Sequence[UUID],
    slice_: HoursBook,
) -> None:
    """Refuse with OWN_AFFAIR when whoever decides, or proposed it, is one of those it concerns or close to one."""
    for person in (author.member_id, proposer):
        if person is not None and await related(db, community_id, person, concerned, today=slice_.today):
            raise ActRefused(Refusal.OWN_AFFAIR)


async def single_handed(
    db: Connection,
    community_id: int,
    author: Author,
    proposer: UUID | None,
    action: Action,
    seconds: int,
    now: datetime,
    limit: int = TWO_PERSON_SECONDS,
) -> Details:
    """Who else had a hand in it, for its event; SECOND_PERSON_NEEDED where one person's hand is not enough.

    What the co-ordinator corrected, granted and settled alone within a day is counted together, so that a large
    amount is not made of small ones.
    """
    if proposer is None:
        row = await db.row(
            "people/sum_adjustments",
            community_id=community_id,
            member_id=author.member_id,
            since=now - A_DAY,
        )
        if seconds + (0 if row is None else row["seconds"]) <= limit:
            return {}
    return await second_person(db, community_id, author, proposer, action, now)


async def count_single_handed(
    db: Connection, community_id: int, author: Author, transfer_id: UUID, seconds: int, now: datetime
) -> None:
    """Count what a co-ordinator did alone towards their day."""
    if author.member_id is not None:
        await db.run(
            "people/insert_adjustment",
            community_id=community_id,
            member_id=author.member_id,
            adjusted_at=now,
            transfer_id=transfer_id,
            seconds=seconds,
        )


def poster(author: Author, proposer: UUID | None) -> Author | None:
    """Who a receipt names: the proposer of what was approved, else whoever did it; nobody for a machine."""
    if proposer is not None:
        return Author(Via.COORDINATOR, proposer)
    return None if author.member_id is None else author
