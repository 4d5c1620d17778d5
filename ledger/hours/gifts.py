"""Gifts: whom a member may give credits to, by the policy in force today.

A gift is a transfer its giver posts, or their delegate. `ledger.people.giving` says whose account may give in whose
name; here the policy has its say, in the same transaction. Its limits count beside those of the accounts: a hard one
refuses, a soft one is passed and a co-ordinator gets a task.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from ledger.book.authors import Event
from ledger.book.commands import AccountKind, PostTransfer, TransferKind
from ledger.book.ledger import ActRefused
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.hours import Hours
from ledger.hours.policy import Policy
from ledger.people.delegates import list_relatives
from ledger.people.giving import Given, given
from ledger.people.roles import Principal

OF_PEOPLE = frozenset({AccountKind.MEMBER, AccountKind.HOUSEHOLD})


@dataclass(frozen=True, slots=True)
class Party:
    """An account that gives or gets credits: what it stands at, what is held of it until later, who holds it."""

    account_id: UUID
    kind: AccountKind
    code: str
    balance: int
    held: int
    closed: bool
    member_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Something a co-ordinator should look at: a balance past a soft limit."""

    kind: str
    member_id: UUID
    account_id: UUID
    balance: int


def giving(hours: Hours, principal: Principal, command: PostTransfer) -> Given | None:
    """The transfer as the principal may post it, or None when they may not; a gift of theirs only by the policy.

    What a machine's token or a co-ordinator's correction posts is as `given` says.
    """
    posting = given(principal, command)
    if posting is None or posting.also is None or posting.corrects:
        return posting
    author = posting.command.author
    giver_id = None if author is None else author.for_member_id or author.member_id
    if giver_id is None:
        raise RuntimeError("a gift has a giver")
    goes_with = posting.also

    async def also(db: Connection, decision: Decision, now: datetime) -> Sequence[Event]:
        tasks = await _look(hours, db, principal, giver_id, decision, now)
        events = await goes_with(db, decision, now)
        await write_tasks(db, principal.community.id, tasks, now)
        return events

    return replace(posting, also=also)


async def _look(
    hours: Hours, db: Connection, principal: Principal, giver_id: UUID, decision: Decision, now: datetime
) -> list[Task]:
    """Refuse the gift that was decided, or say what a co-ordinator should hear of it."""
    community = principal.community
    policy = (await hours.read(db, community, now)).policy
    [transfer] = decision.transfers
    moved = {entry.account_id: entry.seconds for entry in transfer.entries}
    parties = await read_parties(db, community.id, moved, now)
    getting = [parties[account_id] for account_id, seconds in moved.items() if seconds > 0]
    await require_gift_allowed(db, community.id, policy, giver_id, getting)
    tasks: list[Task] = []
    for account_id, seconds in moved.items():
        tasks += within_limits(policy, parties[account_id], seconds, giver_id)
    return tasks


async def read_parties(
    db: Connection, community_id: int, account_ids: Collection[UUID], now: datetime
) -> dict[UUID, Party]:
    """These accounts as they stand; an unknown one is not there."""
    rows = await db.rows(
        "hours/read_gift_accounts", community_id=community_id, account_ids=list(account_ids), now=now
    )
    return {row["account_id"]: _party(row) for row in rows}


def _party(row: asyncpg.Record) -> Party:
    return Party(
        row["account_id"],
        AccountKind(row["kind"]),
        row["code"],
        row["balance"],
        row["held"],
        row["closed"],
        tuple(row["member_ids"]),
    )


async def require_gift_allowed(
    db: Connection, community_id: int, policy: Policy, giver_id: UUID, getting: Sequence[Party]
) -> None:
    """Refuse a gift that the policy does not let go there, with GIFT_NOT_ALLOWED and the account.

    An account is somebody's relative's when all who hold it are, or are the giver: what is a stranger's as well would
    be given to the stranger.
    """
    allowed: set[UUID] | None = None
    for party in getting:
        if party.kind is AccountKind.POT:
            fits = policy.gifts.pots
        elif party.kind not in OF_PEOPLE or policy.gifts.anybody:
            fits = party.kind in OF_PEOPLE
        else:
            if allowed is None:
                relatives = await list_relatives(db, community_id, giver_id)
                allowed = {person for person, relation in relatives if relation in policy.gifts.relations}
                allowed.add(giver_id)
            fits = bool(party.member_ids) and allowed.issuperset(party.member_ids)
        if not fits:
            raise ActRefused(Refusal.GIFT_NOT_ALLOWED, str(party.account_id))


def within_limits(policy: Policy, party: Party, seconds: int, member_id: UUID | None = None) -> list[Task]:
    """Refuse what moves an account past a hard limit of the policy, or say which soft one it passes.

    `seconds` are signed. The limits are those of members and households; a task is about whoever holds the account,
    or about `member_id` when nobody does.
    """
    if party.kind not in OF_PEOPLE:
        return []
    limit = policy.floor if seconds < 0 else policy.ceiling
    # What is set aside cannot be given away, and is not owned less before it is spent.
    after = party.balance + seconds - (party.held if seconds < 0 else 0)
    if limit is None or (after >= limit.seconds if seconds < 0 else after <= limit.seconds):
        return []
    if not limit.soft:
        refusal = Refusal.BELOW_FLOOR if seconds < 0 else Refusal.ABOVE_CEILING
        raise ActRefused(refusal, str(party.account_id))
    concerned = party.member_ids[0] if party.member_ids else member_id
    kind = "below_soft_floor" if seconds < 0 else "above_soft_ceiling"
    return [] if concerned is None else [Task(kind, concerned, party.account_id, party.balance + seconds)]


async def write_tasks(db: Connection, community_id: int, tasks: Sequence[Task], now: datetime) -> None:
    if tasks:
        await db.run(
            "hours/insert_tasks",
            community_id=community_id,
            now=now,
            task_ids=[uuid4() for _ in tasks],
            kinds=[task.kind for task in tasks],
            member_ids=[task.member_id for task in tasks],
            account_ids=[task.account_id for task in tasks],
            balances=[task.balance for task in tasks],
        )


async def account_named(db: Connection, community_id: int, named_id: UUID, transfer_id: UUID) -> UUID:
    """The account of a member, when the id is a member's, else the id as it is: that of an account, or of nothing.

    An answer that was given under `transfer_id` decides which of a member's accounts is meant.
    """
    row = await db.row(
        "hours/find_own_account", community_id=community_id, member_id=named_id, transfer_id=transfer_id
    )
    return named_id if row is None else row["account_id"]


def gift(
    key: UUID, giver_account_id: UUID, receiver_account_id: UUID, seconds: int, note: str | None
) -> PostTransfer:
    """The gift as a transfer; its id is the request's."""
    entries = ((giver_account_id, -seconds), (receiver_account_id, seconds))
    return PostTransfer(key, TransferKind.GIFT, entries, note=note)
