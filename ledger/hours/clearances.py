"""Clearances: what shows that somebody may be sent to people, such as a police check, and until when.

A co-ordinator who has seen the paper records its kind and its dates; the paper itself is kept nowhere here. An
activity may need some kinds (`Activity.needs`): whoever takes a request for it has each of them, on the day they take
it and on the day of the care.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Plan
from ledger.people.delegates import related
from ledger.people.members import require_member

WARNING_DAYS = 31
"""How long before its last day a clearance is spoken of: the time an authority takes to issue the next one."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """A clearance of one member; good from its first to its last day, both included, None for no last day."""

    kind: str
    issued_on: date
    expires_on: date | None = None
    revoked: bool = False

    def valid_on(self, day: date) -> bool:
        return (
            not self.revoked and self.issued_on <= day and (self.expires_on is None or day <= self.expires_on)
        )


def lacking(needs: Iterable[str], held: Sequence[Clearance], days: Iterable[date]) -> list[str]:
    """The kinds that are needed and that nothing covers on one of the days; one may follow on another."""
    wanted = list(days)
    return [
        kind
        for kind in needs
        if not all(any(each.kind == kind and each.valid_on(day) for each in held) for day in wanted)
    ]


def expiring(held: Sequence[Clearance], today: date, kinds: Iterable[str] | None = None) -> list[Clearance]:
    """The last clearance of each kind, of these kinds or all, if it is good now and ends within `WARNING_DAYS`.

    Where the next one is recorded already, nothing is said of the one that ends.
    """
    last: dict[str, Clearance] = {}
    for each in held:
        if not each.revoked and (each.kind not in last or _ends(each) > _ends(last[each.kind])):
            last[each.kind] = each
    wanted = None if kinds is None else set(kinds)
    return [
        each
        for kind, each in sorted(last.items())
        if (wanted is None or kind in wanted)
        and each.expires_on is not None
        and today <= each.expires_on <= today + timedelta(days=WARNING_DAYS)
    ]


def _ends(clearance: Clearance) -> date:
    return date.max if clearance.expires_on is None else clearance.expires_on


async def read_clearances(db: Connection, community_id: int, member_id: UUID) -> list[Clearance]:
    """All clearances of a member, revoked ones too."""
    rows = await db.rows("hours/read_clearances", community_id=community_id, member_id=member_id)
    return [
        Clearance(row["kind"], row["issued_on"], row["expires_on"], row["revoked_at"] is not None)
        for row in rows
    ]


async def record_clearance(
    hours: Hours, community: Community, author: Author, key: UUID, member_id: UUID, clearance: Clearance
) -> Answer:
    """Record a clearance the author has seen; the key becomes its id.

    Refused with DATES_REVERSED, MEMBER_UNKNOWN or MEMBER_GONE, and with OWN_AFFAIR of oneself or of a relative.
    """
    said: Details = {
        "clearance": str(key),
        "kind": clearance.kind,
        "issued": str(clearance.issued_on),
        "expires": None if clearance.expires_on is None else str(clearance.expires_on),
    }

    async def make(db: Connection, slice_: HoursBook, _: Book, _now: datetime) -> Plan:
        if clearance.expires_on is not None and clearance.expires_on < clearance.issued_on:
            raise ActRefused(Refusal.DATES_REVERSED)
        await require_member(db, community.id, member_id)
        await _require_stranger(db, community.id, slice_, author, member_id)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/insert_clearance",
                community_id=community.id,
                clearance_id=key,
                member_id=member_id,
                kind=clearance.kind,
                issued_on=clearance.issued_on,
                expires_on=clearance.expires_on,
                verified_by=author.member_id,
                now=now,
            )
            return [Event("clearance_recorded", author, member_id, said, key)]

        return Plan(write=write)

    return await hours.do(community, author, key, "record_clearance", [str(member_id), said], make)


async def revoke_clearance(
    hours: Hours, community: Community, author: Author, key: UUID, member_id: UUID, clearance_id: UUID
) -> Answer:
    """Say that a clearance does not count any more, from this moment on. What was taken with it stays taken.

    Refused with CLEARANCE_UNKNOWN, CLEARANCE_REVOKED, and with OWN_AFFAIR of oneself or of a relative.
    """

    async def make(db: Connection, slice_: HoursBook, _: Book, _now: datetime) -> Plan:
        rows = await db.rows("hours/read_clearances", community_id=community.id, member_id=member_id)
        row = next((row for row in rows if row["clearance_id"] == clearance_id), None)
        if row is None:
            raise ActRefused(Refusal.CLEARANCE_UNKNOWN, str(clearance_id))
        if row["revoked_at"] is not None:
            raise ActRefused(Refusal.CLEARANCE_REVOKED, str(clearance_id))
        await _require_stranger(db, community.id, slice_, author, member_id)

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/revoke_clearance",
                community_id=community.id,
                clearance_id=clearance_id,
                revoked_by=author.member_id,
                now=now,
            )
            said: Details = {"clearance": str(clearance_id), "kind": row["kind"]}
            return [Event("clearance_revoked", author, member_id, said, key)]

        return Plan(write=write)

    asked = [str(member_id), str(clearance_id)]
    return await hours.do(community, author, key, "revoke_clearance", asked, make)


async def _require_stranger(
    db: Connection, community_id: int, hours: HoursBook, author: Author, member_id: UUID
) -> None:
    if author.member_id is not None and await related(
        db, community_id, author.member_id, [member_id], today=hours.today
    ):
        raise ActRefused(Refusal.OWN_AFFAIR)
