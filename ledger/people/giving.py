"""Who may post which transfer, and in whose name.

A member gives from their own account or their household's, a delegate from the account of the member they act for,
up to a monthly cap. A co-ordinator corrects anybody's account except their own and their relatives', single-handed
up to `TWO_PERSON_SECONDS` a day. A machine's token posts what it likes: it was made by two people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ledger.book.authors import Author, Event, Via, events_for
from ledger.book.commands import PostTransfer, ReverseTransfer, TransferKind
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Also
from ledger.book.posting import Decision, Posted
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import require_still
from ledger.people.delegates import related, spend
from ledger.people.proposals import Action, Work, require_second_person
from ledger.people.roles import TWO_PERSON_SECONDS, DelegateScope, Principal, Role

CORRECTING = frozenset({TransferKind.CARE, TransferKind.REDEEM, TransferKind.GIFT, TransferKind.ADJUST})
"""Kinds of transfers a co-ordinator may post by hand. A hold is settled by what placed it, and a pot's rule is asked
for a grant."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Given:
    """A transfer that may be posted: with its author, and with what goes with it in the same transaction.

    `corrects` says that it is a co-ordinator's correction, which needs a passkey shown of late.
    """

    command: PostTransfer | ReverseTransfer
    also: Also | None = None
    corrects: bool = False


def given(principal: Principal, command: PostTransfer) -> Given | None:
    """The transfer as the principal may post it, or None when they may not. Whose account gives decides."""
    if principal.token_id is not None:
        return Given(command)
    givers = [account_id for account_id, seconds in command.entries if seconds < 0]
    if command.kind is TransferKind.GIFT and command.hold_id is None and len(givers) == 1:
        [giver] = givers
        if giver in principal.accounts:
            own = Author(Via.MEMBER, principal.member_id, session_id=principal.session_id)

            async def still_theirs(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
                await require_still(db, principal.community.id, own, now)
                rows = await db.rows(
                    "people/read_account_people", community_id=principal.community.id, account_ids=[giver]
                )
                if all(row["member_id"] != principal.member_id for row in rows):
                    raise ActRefused(Refusal.ENDED_MEANWHILE)
                return ()

            return Given(replace(command, author=own), still_theirs)
        delegated = principal.delegated_account(giver, DelegateScope.SPEND)
        if delegated is not None:
            author = Author(
                Via.DELEGATE,
                principal.member_id,
                for_member_id=delegated.member_id,
                session_id=principal.session_id,
            )

            async def also(db: Connection, decision: Decision, now: datetime) -> Sequence[Event]:
                await require_still(db, principal.community.id, author, now)
                await spend(db, principal.community.id, delegated, _moved(decision), now)
                return ()

            return Given(replace(command, author=author), also)
    if principal.role is Role.COORDINATOR and command.kind in CORRECTING and command.hold_id is None:
        return correction(principal.community, principal.author, command)
    return None


def correction(community: Community, author: Author, command: PostTransfer | ReverseTransfer) -> Given:
    """A co-ordinator's transfer or reversal, posted single-handed."""

    async def also(db: Connection, decision: Decision, now: datetime) -> Sequence[Event]:
        member_id = author.member_id
        if member_id is None:
            raise RuntimeError("a co-ordinator is a person")
        await require_still(db, community.id, author, now)
        concerned = await _require_strangers(db, community.id, [member_id], decision)
        moved = _moved(decision)
        row = await db.row(
            "people/sum_adjustments", community_id=community.id, member_id=member_id, since=now - A_DAY
        )
        events: list[Event] = []
        if moved + (0 if row is None else row["seconds"]) > TWO_PERSON_SECONDS:
            alone = await require_second_person(db, community.id, author, Action.TRANSFER, now)
            said = {"transfer": str(command.id), **alone}
            events += events_for(concerned, "corrected_alone", author, said)
        await db.run(
            "people/insert_adjustment",
            community_id=community.id,
            member_id=member_id,
            adjusted_at=now,
            transfer_id=command.id,
            seconds=moved,
        )
        return events

    return Given(replace(command, author=author), also, corrects=True)


def correcting(
    community: Community, proposer: UUID, approver: Author, command: PostTransfer | ReverseTransfer
) -> Work:
    """The work of an approved proposal to correct something: neither of the two has a part in it."""
    people = [proposer] if approver.member_id is None else [proposer, approver.member_id]

    async def also(db: Connection, decision: Decision, _: datetime) -> Sequence[Event]:
        await _require_strangers(db, community.id, people, decision)
        return ()

    return Work([replace(command, author=Author(Via.COORDINATOR, proposer))], also)


async def _require_strangers(
    db: Connection, community_id: int, people: Sequence[UUID], decision: Decision
) -> list[UUID]:
    """Refuse when an account of the transfer is of one of these people or their relatives; returns its people."""
    accounts = [entry.account_id for transfer in decision.transfers for entry in transfer.entries]
    return await require_strangers(db, community_id, people, accounts)


async def require_strangers(
    db: Connection, community_id: int, people: Sequence[UUID], accounts: Sequence[UUID]
) -> list[UUID]:
    """Refuse what concerns an account of one of these people, or of a relative; returns the accounts' holders."""
    rows = await db.rows("people/read_account_people", community_id=community_id, account_ids=list(accounts))
    concerned = list(dict.fromkeys(row["member_id"] for row in rows))
    for person in people:
        if concerned and await related(db, community_id, person, concerned):
            raise ActRefused(Refusal.OWN_AFFAIR)
    return concerned


def _moved(decision: Decision) -> int:
    """The seconds that change hands."""
    return sum(
        entry.seconds
        for outcome in decision.outcomes
        if isinstance(outcome, Posted)
        for entry in outcome.transfer.entries
        if entry.seconds > 0
    )
