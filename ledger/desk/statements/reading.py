"""A statement as it is read from the books, in one snapshot.

The days of a statement are those on which entries were recorded, by the community's clock, and the day of the care
stands beside each. An account's entries come in the order of the log, so the balance after each of them is the
ledger's own, and what closes one month opens the next whenever the care was given. A claim that is confirmed late
would otherwise change a statement that somebody has in their hands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from ledger.book.commands import AccountKind, TransferKind
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.statements.periods import Period
from ledger.hours.claims import HoursBook
from ledger.log.checkpoints import read_checkpoint
from ledger.log.signing import KeyRing
from ledger.log.statements import (
    KINDS_WITH_STATEMENTS,
    MAX_LINES,
    Line,
    Statement,
    digest_of,
    present_statement,
    sign_statement,
)

BETWEEN_TWO = frozenset({TransferKind.GIFT, TransferKind.GRANT})
"""Transfers whose other side is no secret: the giver named the receiver, and the receiver is told of the giver."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds the account now: how to reach them, and what they wish of its statements."""

    member_id: UUID
    number: int
    present: bool
    name: str | None
    email: str | None
    languages: tuple[str, ...]
    by_email: bool
    large_print: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A statement that was made: as it is, as signed text without and with its lines, and whose it is."""

    statement: Statement
    signed: str
    text: str
    holders: tuple[Holder, ...]


async def make_statement(
    db: Connection,
    community: Community,
    account_id: UUID,
    period: Period,
    hours: HoursBook,
    keys: KeyRing,
    now: datetime,
    *,
    named: bool,
) -> Made:
    """The statement of an account in the caller's snapshot, signed. Without `named` it names nobody.

    Raises ActRefused: ACCOUNT_UNKNOWN, NO_STATEMENTS, STATEMENT_TOO_LONG, DATES_REVERSED or STATEMENT_TOO_EARLY.
    """
    period.check(hours.today)
    account = await db.row("book/read_account", community_id=community.id, account_id=account_id, now=now)
    head = await db.row("log/read_head", community_id=community.id)
    if account is None or head is None:
        raise ActRefused(Refusal.ACCOUNT_UNKNOWN, str(account_id))
    if account["kind"] not in KINDS_WITH_STATEMENTS:
        raise ActRefused(Refusal.NO_STATEMENTS)
    checkpoint = read_checkpoint(head["checkpoint"])
    zone = ZoneInfo(hours.policy.timezone)
    opening, number, rows = await _entries(db, community.id, account_id, period, zone, checkpoint.size)
    holders = await _read_holders(db, community.id, account_id)
    lines = await _read_lines(db, community.id, account, rows, holders, hours, zone, named=named)
    statement = Statement(
        issuer=community.issuer,
        origin=community.origin,
        tree_size=checkpoint.size,
        root=checkpoint.root,
        made_at=int(now.timestamp()),
        community_name=community.name,
        zone=hours.policy.timezone,
        account_id=str(account_id),
        kind=account["kind"],
        code=account["code"],
        names=_names(account, holders, named=named),
        from_on=period.from_on,
        until_on=period.until_on,
        start_number=number,
        opening=opening,
        gained=sum(line.seconds for line in lines if line.seconds > 0),
        given=-sum(line.seconds for line in lines if line.seconds < 0),
        closing=lines[-1].balance_after if lines else opening,
        held=account["held"],
        count=len(lines),
        digest=digest_of(lines),
        lines=tuple(lines),
    )
    signed = sign_statement(statement, keys.receipt_key)
    return Made(statement, signed, present_statement(signed, lines, head["checkpoint"]), holders)


async def _entries(
    db: Connection, community_id: int, account_id: UUID, period: Period, zone: ZoneInfo, size: int
) -> tuple[int, int, Sequence[asyncpg.Record]]:
    """The balance before the period, the number of the entry that left it, and the period's entries in their order."""
    begins, ends = period.moments(zone)
    first = await _leaf_since(db, community_id, begins, size)
    below = await _leaf_since(db, community_id, ends, size)
    which = {"community_id": community_id, "account_id": account_id}
    before = await db.row("book/balance_at_size", **which, tree_size=first)
    rows = await db.rows("desk/statement_entries", **which, first=first, below=below, at_most=MAX_LINES + 1)
    if len(rows) > MAX_LINES:
        raise ActRefused(Refusal.STATEMENT_TOO_LONG)
    return (0, 0, rows) if before is None else (before["balance_after"], before["entry_number"], rows)


async def _leaf_since(db: Connection, community_id: int, moment: datetime, size: int) -> int:
    """The first transfer's leaf at or after a moment; the size of the log when there is none."""
    row = await db.row("book/first_leaf_since", community_id=community_id, moment=moment)
    return size if row is None else int(row["leaf_index"])


async def _read_holders(db: Connection, community_id: int, account_id: UUID) -> tuple[Holder, ...]:
    rows = await db.rows("desk/statement_holders", community_id=community_id, account_id=account_id)
    return tuple(
        [
            Holder(
                row["member_id"],
                row["member_number"],
                row["status"] in ("active", "away"),
                row["name"],
                row["email"],
                tuple(row["languages"] or ()),
                bool(row["by_email"]),
                bool(row["large_print"]),
            )
            for row in rows
        ]
    )


def _names(account: asyncpg.Record, holders: Sequence[Holder], *, named: bool) -> tuple[str, ...]:
    """What the account is called: a household and a pot by the name that was given to them, then who holds it."""
    given = () if account["name"] is None else (account["name"],)
    if account["kind"] == AccountKind.POT:
        return given
    return (*given, *(each.name for each in holders if each.name is not None)) if named else ()


async def _read_lines(
    db: Connection,
    community_id: int,
    account: asyncpg.Record,
    rows: Sequence[asyncpg.Record],
    holders: Sequence[Holder],
    hours: HoursBook,
    zone: ZoneInfo,
    *,
    named: bool,
) -> list[Line]:
    """The rows of `desk/statement_entries` as lines, each with what it was for."""
    transfer_ids = [row["transfer_id"] for row in rows]
    paid = await db.rows("hours/view_paid_claims", community_id=community_id, transfer_ids=transfer_ids)
    visits = {row["transfer_id"]: row for row in paid}
    sides = await _other_sides(db, community_id, account["account_id"], rows)
    own = {each.member_id for each in holders}
    people: dict[int, list[UUID]] = {}
    pots: dict[int, str] = {}
    for row in rows:
        leaf, visit, side = (
            row["leaf_index"],
            visits.get(row["transfer_id"]),
            sides.get(row["leaf_index"], []),
        )
        if visit is not None:
            people[leaf] = [each for each in (visit["receiver_id"], visit["provider_id"]) if each not in own]
        elif len(side) == 1 and side[0]["kind"] == AccountKind.POT:
            pots[leaf] = side[0]["name"] or side[0]["code"]
        elif len(side) == 1:
            # More than two give or get something that is not between two.
            people[leaf] = sorted(side[0]["member_ids"] or ())
    names = await _read_names(db, community_id, people) if named else {}
    return [
        Line(
            number=row["entry_number"],
            leaf_index=row["leaf_index"],
            transfer_id=str(row["transfer_id"]),
            kind=row["kind"],
            recorded_on=row["recorded_at"].astimezone(zone).date(),
            service_on=row["service_on"],
            seconds=row["seconds"],
            balance_after=row["balance_after"],
            what=_activity(hours, visits.get(row["transfer_id"])),
            who=_who(row["leaf_index"], people, names, pots),
        )
        for row in rows
    ]


async def _other_sides(
    db: Connection, community_id: int, account_id: UUID, rows: Sequence[asyncpg.Record]
) -> dict[int, list[asyncpg.Record]]:
    """The accounts on the other side of gifts and grants, and of what took one back, by leaf."""
    leaves = [row["leaf_index"] for row in rows if row["of_kind"] in BETWEEN_TWO]
    sides: dict[int, list[asyncpg.Record]] = {}
    if leaves:
        for row in await db.rows(
            "people/view_other_sides", community_id=community_id, account_id=account_id, leaf_indexes=leaves
        ):
            sides.setdefault(row["leaf_index"], []).append(row)
    return sides


async def _read_names(
    db: Connection, community_id: int, people: Mapping[int, Sequence[UUID]]
) -> dict[UUID, str]:
    wanted = sorted({each for ids in people.values() for each in ids})
    if not wanted:
        return {}
    rows = await db.rows("hours/read_member_names", community_id=community_id, member_ids=wanted)
    return {row["member_id"]: row["name"] for row in rows}


def _activity(hours: HoursBook, visit: asyncpg.Record | None) -> str | None:
    """The kind of care in the words of the policy in force."""
    if visit is None:
        return None
    listed = hours.policy.activities.get(visit["activity"])
    return visit["activity"].replace("-", " ").capitalize() if listed is None else listed.title


def _who(
    leaf: int, people: Mapping[int, Sequence[UUID]], names: Mapping[UUID, str], pots: Mapping[int, str]
) -> tuple[str, ...]:
    if leaf in pots:
        return (pots[leaf],)
    return tuple([names[each] for each in people.get(leaf, ()) if each in names])
