"""Transfers as they stand in the journal, with the leaf that proves them and the disclosures that name them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_urlsafe
from uuid import UUID

import asyncpg

from ledger.book.authors import Event
from ledger.book.posting import PostedTransfer
from ledger.database.connections import Connection
from ledger.log import receipts
from ledger.log.events import author_disclosure, details_text, event_disclosure, render_event_leaf

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Community:
    """One co-op: its own accounts, journal and log.

    `issuer` is the URL of the service and `origin` the log's name as they were when it was founded:
    every receipt and checkpoint carries them, so they never change.
    """

    id: int
    slug: str
    name: str
    issuer: str
    origin: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One account's side: signed seconds and the balance after.

    `disclosure` opens the digest in the receipt for this account's people; None once the person was erased.
    """

    account_id: UUID
    entry_number: int
    seconds: int
    balance_after: int
    digest: str
    disclosure: str | None


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who posted a transfer and in what capacity; `salt` is None once one of them was erased."""

    via: str
    member_id: UUID
    for_member_id: UUID | None
    salt: str | None
    digest: str

    @property
    def disclosure(self) -> str | None:
        if self.salt is None:
            return None
        acting_for = None if self.for_member_id is None else str(self.for_member_id)
        return author_disclosure(self.salt, str(self.member_id), acting_for)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it stands in the log, at `leaf_index`; `payload` is its leaf."""

    event: Event
    leaf_index: int
    details: str
    salt: str
    digest: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Transfer:
    """A posted transfer. `payload` is its leaf: the octets that were hashed, and that its receipt signs."""

    id: UUID
    leaf_index: int
    kind: str
    service_on: date | None
    recorded_at: datetime
    entries: tuple[Entry, ...]
    reverses_id: UUID | None
    hold_id: UUID | None
    fingerprint: bytes
    note: str | None
    note_salt: str | None
    note_digest: str | None
    payload: bytes
    authorship: "Authorship | None" = None

    def disclosures(self, sees: Callable[[UUID], bool] | None = None, *, notes: bool = True) -> list[str]:
        """Every disclosure that can still be given: the author's, the note's, then each entry's.

        `sees` says of which accounts, None meaning of all; `notes` whether the note.
        """
        given = [
            entry.disclosure
            for entry in self.entries
            if entry.disclosure is not None and (sees is None or sees(entry.account_id))
        ]
        if notes and self.note is not None and self.note_salt is not None:
            given.insert(0, receipts.note_disclosure(self.note_salt, self.note))
        if self.authorship is not None and self.authorship.disclosure is not None:
            given.insert(0, self.authorship.disclosure)
        return given


def render(community: Community, posted: PostedTransfer, recorded_at: datetime) -> Transfer:
    """The posted transfer with its leaf and disclosures. The only place where a new leaf is made."""
    entries = []
    for entry in posted.entries:
        if entry.secret is None:
            # An erased account takes part in nothing any more: it was closed before it was erased.
            raise RuntimeError(f"account {entry.account_id} has no secret")
        salt = receipts.salt_for(entry.secret, posted.id)
        disclosure = receipts.account_disclosure(
            salt, str(entry.account_id), entry.balance_after, entry.entry_number
        )
        entries.append(
            Entry(
                entry.account_id,
                entry.entry_number,
                entry.seconds,
                entry.balance_after,
                receipts.digest(disclosure),
                disclosure,
            )
        )
    note_salt = note_digest = None
    if posted.note is not None:
        note_salt = token_urlsafe(SALT_BYTES)
        note_digest = receipts.digest(receipts.note_disclosure(note_salt, posted.note))
    authorship = _authorship(posted)
    payload = receipts.render_leaf(
        issuer=community.issuer,
        origin=community.origin,
        slug=community.slug,
        leaf_index=posted.leaf_index,
        transfer_id=str(posted.id),
        recorded_seconds=int(recorded_at.timestamp()),
        kind=posted.kind,
        service_on=None if posted.service_on is None else posted.service_on.isoformat(),
        entries=[(entry.seconds, entry.digest) for entry in entries],
        reverses_id=None if posted.reverses_id is None else str(posted.reverses_id),
        hold_id=None if posted.hold_id is None else str(posted.hold_id),
        note_digest=note_digest,
        via=None if authorship is None else authorship.via,
        author_digest=None if authorship is None else authorship.digest,
    )
    return Transfer(
        id=posted.id,
        leaf_index=posted.leaf_index,
        kind=posted.kind,
        service_on=posted.service_on,
        recorded_at=recorded_at,
        entries=tuple(entries),
        reverses_id=posted.reverses_id,
        hold_id=posted.hold_id,
        fingerprint=posted.fingerprint,
        note=posted.note,
        note_salt=note_salt,
        note_digest=note_digest,
        payload=payload,
        authorship=authorship,
    )


def _authorship(posted: PostedTransfer) -> Authorship | None:
    author = posted.author
    if author is None or author.member_id is None:
        return None
    salt = token_urlsafe(SALT_BYTES)
    acting_for = None if author.for_member_id is None else str(author.for_member_id)
    digest = receipts.digest(author_disclosure(salt, str(author.member_id), acting_for))
    return Authorship(author.via, author.member_id, author.for_member_id, salt, digest)


def render_event(community: Community, event: Event, leaf_index: int, recorded_at: datetime) -> RecordedEvent:
    """The event with its leaf and the digest of who did what to whom."""
    salt = token_urlsafe(SALT_BYTES)
    disclosure = event_disclosure(
        salt,
        via=event.author.via,
        author_id=event.author.id,
        member_id=None if event.member_id is None else str(event.member_id),
        details=event.details,
    )
    digest = receipts.digest(disclosure)
    payload = render_event_leaf(
        issuer=community.issuer,
        origin=community.origin,
        leaf_index=leaf_index,
        event_id=str(event.id),
        recorded_seconds=int(recorded_at.timestamp()),
        kind=event.kind,
        digest=digest,
    )
    return RecordedEvent(event, leaf_index, details_text(event.details), salt, digest, payload)


async def read_transfers(
    db: Connection, community: Community, transfer_ids: Iterable[UUID]
) -> dict[UUID, Transfer]:
    """The transfers of the community with these ids; an unknown id is simply not there."""
    rows = await db.rows("book/read_transfers", community_id=community.id, transfer_ids=list(transfer_ids))
    by_transfer: dict[UUID, list[asyncpg.Record]] = {}
    for row in rows:
        by_transfer.setdefault(row["transfer_id"], []).append(row)
    return {transfer_id: _from_rows(entry_rows) for transfer_id, entry_rows in by_transfer.items()}


def _from_rows(rows: Sequence[asyncpg.Record]) -> Transfer:
    first = rows[0]
    entries = []
    for row in rows:
        disclosure = None
        if row["secret"] is not None:
            salt = receipts.salt_for(row["secret"], row["transfer_id"])
            disclosure = receipts.account_disclosure(
                salt, str(row["account_id"]), row["balance_after"], row["entry_number"]
            )
        entries.append(
            Entry(
                row["account_id"],
                row["entry_number"],
                row["seconds"],
                row["balance_after"],
                row["digest"],
                disclosure,
            )
        )
    return Transfer(
        id=first["transfer_id"],
        leaf_index=first["leaf_index"],
        kind=first["kind"],
        service_on=first["service_on"],
        recorded_at=first["recorded_at"],
        entries=tuple(entries),
        reverses_id=first["reverses_id"],
        hold_id=first["hold_id"],
        fingerprint=first["fingerprint"],
        note=first["note"],
        note_salt=first["note_salt"],
        note_digest=first["note_digest"],
        payload=first["payload"],
        authorship=None
        if first["author_id"] is None
        else Authorship(
            first["via"],
            first["author_id"],
            first["for_member_id"],
            first["author_salt"],
            first["author_digest"],
        ),
    )
