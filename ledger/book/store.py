"""What a batch reads before it is decided and writes afterwards: the only statements on the books' tables.

Everything here runs inside the transaction that holds the head's lock, so what is read is what will be written upon.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from uuid import UUID

import asyncpg

from ledger.book.accounts import Account, Book, Hold, KnownRequest, Original
from ledger.book.commands import (
    AccountKind,
    CloseAccount,
    Command,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    VoidHold,
    action,
    fingerprint,
)
from ledger.book.journal import Community, RecordedEvent, Transfer
from ledger.book.posting import Decision, Done, Refused
from ledger.book.refusals import BY_CODE, Refusal
from ledger.database.connections import Connection
from ledger.log.merkle import CompactRange, Node

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The log's right edge, with its signed checkpoint and what it grew by: leaf hashes, and nodes now full."""

    tree: CompactRange
    recorded_at: datetime
    kept_at: datetime
    checkpoint: str = ""
    leaf_hashes: tuple[bytes, ...] = ()
    nodes: tuple[Node, ...] = ()


@dataclass(slots=True)
class Touched:
    """What the acts of another room may touch in the books beside what the commands name."""

    account_ids: set[UUID] = field(default_factory=set)
    hold_ids: set[UUID] = field(default_factory=set)
    reverses_ids: set[UUID] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    opened_ids: set[UUID] = field(default_factory=set)

    def add(self, commands: Sequence[Command]) -> None:
        """Whatever these commands touch."""
        for command in commands:
            match command:
                case PostTransfer():
                    self.account_ids.update([account_id for account_id, _ in command.entries])
                    if command.hold_id is not None:
                        self.hold_ids.add(command.hold_id)
                case ReverseTransfer():
                    self.reverses_ids.add(command.reverses_id)
                case VoidHold():
                    self.hold_ids.add(command.hold_id)
                case OpenAccount():
                    self.codes.add(command.code)
                    self.opened_ids.add(command.id)
                case PlaceHold() | SetLimits() | CloseAccount():
                    self.account_ids.add(command.account_id)


async def read_head(db: Connection, community: Community, commands: Sequence[Command]) -> tuple[Head, Book]:
    """The head, and a book that knows so far which of the commands' ids were used before."""
    rows = await db.rows(
        "book/read_head_and_requests",
        community_id=community.id,
        request_ids=[command.id for command in commands],
    )
    if not rows:
        raise LookupError(f"community {community.slug} has no log")
    tree_size, edge, recorded_at, kept_at, policy_version, closed_through, moved_to, *_ = rows[0]
    book = Book(tree_size, policy_version=policy_version, closed_through=closed_through, moved_to=moved_to)
    for row in rows:
        if row["request_id"] is not None:
            refusal = None if row["refusal"] is None else BY_CODE[row["refusal"]]
            book.known[row["request_id"]] = KnownRequest(row["fingerprint"], refusal, row["detail"])
    return Head(CompactRange.decode(tree_size, edge), recorded_at, kept_at), book


async def read_book(
    db: Connection,
    community: Community,
    book: Book,
    commands: Sequence[Command],
    now: datetime,
    touched: Touched | None = None,
) -> None:
    """Put what the commands touch into the book, and what is `touched` beside it.

    Under the head lock, so that it is as it will be when they are written.
    """
    touched = touched or Touched()
    touched.add(commands)
    account_ids, hold_ids = touched.account_ids, touched.hold_ids
    reverses_ids, codes = touched.reverses_ids, touched.codes
    for opened_id in touched.opened_ids:
        book.new_secrets[opened_id] = token_bytes(SECRET_BYTES)
    if codes:
        rows = await db.rows("book/read_codes", community_id=community.id, codes=list(codes))
        book.taken_codes = {row["code"] for row in rows}
    if reverses_ids:
        account_ids |= await _read_originals(db, community, book, reverses_ids)
    if hold_ids:
        for row in await db.rows("book/read_holds", community_id=community.id, hold_ids=list(hold_ids)):
            if row["outcome"] is None:
                book.open_holds[row["hold_id"]] = _hold(row)
                account_ids.add(row["account_id"])
            else:
                book.resolved_holds[row["hold_id"]] = row["outcome"]
    any_held = False
    for row in await db.rows("book/read_accounts", community_id=community.id, account_ids=list(account_ids)):
        account_id, kind, *standing = row
        book.accounts[account_id] = Account(account_id, AccountKind(kind), *standing)
        any_held = any_held or row["held"] > 0
    if any_held:
        rows = await db.rows(
            "book/read_expired_holds", community_id=community.id, account_ids=list(account_ids), now=now
        )
        book.open_holds.update((row["hold_id"], _hold(row)) for row in rows)


def _hold(row: asyncpg.Record) -> Hold:
    return Hold(row["hold_id"], row["account_id"], row["seconds"], row["expires_at"])


async def _read_originals(
    db: Connection, community: Community, book: Book, reverses_ids: set[UUID]
) -> set[UUID]:
    """Put the transfers that are to be reversed into the book; returns the accounts they touch."""
    entries: dict[UUID, list[tuple[UUID, int]]] = {}
    reversals: set[UUID] = set()
    for row in await db.rows(
        "book/read_originals", community_id=community.id, transfer_ids=list(reverses_ids)
    ):
        entries.setdefault(row["transfer_id"], []).append((row["account_id"], row["seconds"]))
        if row["reverses_id"] is not None:
            reversals.add(row["transfer_id"])
        if row["reversed_by"] is not None:
            book.reversed_ids.add(row["transfer_id"])
    for transfer_id, original in entries.items():
        book.originals[transfer_id] = Original(transfer_id, transfer_id in reversals, tuple(original))
    return {account_id for original in entries.values() for account_id, _ in original}


async def write(
    db: Connection,
    community: Community,
    decision: Decision,
    book: Book,
    transfers: Sequence[Transfer],
    events: Sequence[RecordedEvent],
    head: Head,
    new_head: Head,
    now: datetime,
) -> None:
    """Write all that the decision changes. What every batch has goes in one statement; the rest is rare."""
    if decision.openings:
        await _write_openings(db, community, decision, book, now)
    if decision.holds or decision.resolutions:
        await _write_holds(db, community, decision, now)
    if decision.limit_changes:
        await _write_limits(db, community, decision, book, now)
    if transfers or events or decision.touched:
        await _append(db, community, decision, book, transfers, events, new_head, now)
    if events:
        await _write_events(db, community, events, new_head, now)
    if new_head.nodes:
        await db.run(
            "log/insert_nodes",
            community_id=community.id,
            levels=[node.level for node in new_head.nodes],
            node_indexes=[node.index for node in new_head.nodes],
            node_hashes=[node.hash for node in new_head.nodes],
        )
    if (transfers or events) and (new_head.kept_at != head.kept_at or head.tree.size == 0):
        await db.run(
            "log/insert_checkpoint",
            community_id=community.id,
            tree_size=new_head.tree.size,
            root=new_head.tree.root(),
            note=new_head.checkpoint,
            kept_at=now,
        )
    await _write_beside(db, community, decision, book, transfers, now)


async def _append(
    db: Connection,
    community: Community,
    decision: Decision,
    book: Book,
    transfers: Sequence[Transfer],
    events: Sequence[RecordedEvent],
    new_head: Head,
    now: datetime,
) -> None:
    """New balances, transfers, entries, leaves and head. A column nobody uses is sent empty and becomes NULL."""
    # Where limits changed as well, the balances have been written with them.
    touched = [] if decision.limit_changes else [book.accounts[account_id] for account_id in decision.touched]
    service_dates = [transfer.service_on for transfer in transfers]
    reverses_ids = [transfer.reverses_id for transfer in transfers]
    hold_ids = [transfer.hold_id for transfer in transfers]
    note_digests = [transfer.note_digest for transfer in transfers]
    authorships = [transfer.authorship for transfer in transfers]
    authored = any(authorships)
    entries = [entry for transfer in transfers for entry in transfer.entries]
    await db.run(
        "book/append_batch",
        community_id=community.id,
        now=now,
        transfer_ids=[transfer.id for transfer in transfers],
        leaf_indexes=[transfer.leaf_index for transfer in transfers],
        kinds=[transfer.kind for transfer in transfers],
        service_dates=service_dates if any(service_dates) else [],
        reverses_ids=reverses_ids if any(reverses_ids) else [],
        hold_ids=hold_ids if any(hold_ids) else [],
        fingerprints=[transfer.fingerprint for transfer in transfers],
        note_digests=note_digests if any(note_digests) else [],
        vias=[None if each is None else each.via for each in authorships] if authored else [],
        author_digests=[None if each is None else each.digest for each in authorships] if authored else [],
        leaf_hashes=new_head.leaf_hashes[: len(transfers)],
        payloads=[transfer.payload for transfer in transfers],
        entry_account_ids=[entry.account_id for entry in entries],
        entry_numbers=[entry.entry_number for entry in entries],
        entry_leaf_indexes=[transfer.leaf_index for transfer in transfers for _ in transfer.entries],
        places=[place for transfer in transfers for place in range(len(transfer.entries))],
        seconds=[entry.seconds for entry in entries],
        balances_after=[entry.balance_after for entry in entries],
        digests=[entry.digest for entry in entries],
        touched_ids=[account.id for account in touched],
        balances=[account.balance for account in touched],
        helds=[account.held for account in touched],
        entry_counts=[account.entry_count for account in touched],
        tree_size=new_head.tree.size if transfers or events else None,
        edge=new_head.tree.encode(),
        checkpoint=new_head.checkpoint,
        kept_at=new_head.kept_at,
    )


async def _write_events(
    db: Connection, community: Community, events: Sequence[RecordedEvent], new_head: Head, now: datetime
) -> None:
    """The events and their leaves, which come after those of the transfers."""
    leaf_indexes = [each.leaf_index for each in events]
    await db.run(
        "log/insert_event_leaves",
        community_id=community.id,
        leaf_indexes=leaf_indexes,
        leaf_hashes=new_head.leaf_hashes[-len(events) :],
        payloads=[each.payload for each in events],
    )
    await db.run(
        "log/insert_events",
        community_id=community.id,
        recorded_at=now,
        leaf_indexes=leaf_indexes,
        event_ids=[each.event.id for each in events],
        kinds=[each.event.kind for each in events],
        vias=[each.event.author.via for each in events],
        author_ids=[each.event.author.id for each in events],
        member_ids=[each.event.member_id for each in events],
        details=[each.details for each in events],
        salts=[each.salt for each in events],
        digests=[each.digest for each in events],
    )


async def _write_holds(db: Connection, community: Community, decision: Decision, now: datetime) -> None:
    if decision.holds:
        placed = {
            "community_id": community.id,
            "hold_ids": [hold.id for hold in decision.holds],
            "account_ids": [hold.account_id for hold in decision.holds],
            "seconds": [hold.seconds for hold in decision.holds],
            "deadlines": [hold.expires_at for hold in decision.holds],
        }
        await db.run("book/insert_holds", placed_at=now, **placed)
        await db.run("book/insert_open_holds", **placed)
    if decision.resolutions:
        resolved = decision.resolutions
        await db.run(
            "book/insert_resolutions",
            community_id=community.id,
            resolved_at=now,
            hold_ids=[resolution.hold.id for resolution in resolved],
            outcomes=[resolution.outcome for resolution in resolved],
            resolved_bys=[resolution.resolved_by for resolution in resolved],
        )
        await db.run(
            "book/delete_open_holds",
            community_id=community.id,
            account_ids=[resolution.hold.account_id for resolution in resolved],
            hold_ids=[resolution.hold.id for resolution in resolved],
        )


async def _write_limits(
    db: Connection, community: Community, decision: Decision, book: Book, now: datetime
) -> None:
    changes = decision.limit_changes
    await db.run(
        "book/insert_limits",
        community_id=community.id,
        changed_at=now,
        account_ids=[change.account_id for change in changes],
        change_numbers=[change.change_number for change in changes],
        floors=[change.floor for change in changes],
        ceilings=[change.ceiling for change in changes],
        closeds=[change.closed for change in changes],
        tree_sizes=[change.tree_size for change in changes],
    )
    # Limits and balances in one statement: the row must satisfy its checks at every step, and a batch may close
    # an account it has just emptied, or spend what a wider floor has just allowed.
    touched = [book.accounts[account_id] for account_id in decision.touched]
    await db.run(
        "book/update_balances",
        community_id=community.id,
        account_ids=[account.id for account in touched],
        balances=[account.balance for account in touched],
        helds=[account.held for account in touched],
        floors=[account.floor for account in touched],
        ceilings=[account.ceiling for account in touched],
        entry_counts=[account.entry_count for account in touched],
        limits_counts=[account.limits_count for account in touched],
        closeds=[account.closed for account in touched],
    )


async def _write_openings(
    db: Connection, community: Community, decision: Decision, book: Book, now: datetime
) -> None:
    opened = decision.openings
    account_ids = [command.id for command in opened]
    await db.run(
        "book/insert_accounts",
        community_id=community.id,
        opened_at=now,
        account_ids=account_ids,
        kinds=[command.kind for command in opened],
        codes=[command.code for command in opened],
        peer_slugs=[command.peer_slug for command in opened],
    )
    await db.run(
        "book/insert_secrets",
        community_id=community.id,
        account_ids=account_ids,
        secrets=[book.new_secrets[account_id] for account_id in account_ids],
    )
    await db.run(
        "book/insert_balances",
        community_id=community.id,
        account_ids=account_ids,
        floors=[command.floor for command in opened],
        ceilings=[command.ceiling for command in opened],
    )
    named = [command for command in opened if command.name is not None]
    if named:
        await db.run(
            "book/insert_names",
            community_id=community.id,
            account_ids=[command.id for command in named],
            names=[command.name for command in named],
        )


async def _write_beside(
    db: Connection,
    community: Community,
    decision: Decision,
    book: Book,
    transfers: Sequence[Transfer],
    now: datetime,
) -> None:
    """Private notes, who posted what, and what was answered under ids that became no transfer: in one round trip.

    A plain transfer by a machine has none of it.
    """
    noted = [transfer for transfer in transfers if transfer.note is not None]
    authored = [
        (transfer.id, transfer.authorship) for transfer in transfers if transfer.authorship is not None
    ]
    answered = _answered(decision)
    if not (noted or authored or answered):
        return
    await db.run(
        "book/append_beside",
        community_id=community.id,
        now=now,
        noted_ids=[transfer.id for transfer in noted],
        note_salts=[transfer.note_salt for transfer in noted],
        notes=[transfer.note for transfer in noted],
        authored_ids=[transfer_id for transfer_id, _ in authored],
        member_ids=[authorship.member_id for _, authorship in authored],
        for_member_ids=[authorship.for_member_id for _, authorship in authored],
        author_salts=[authorship.salt for _, authorship in authored],
        request_ids=[outcome.command.id for outcome in answered],
        actions=[action(outcome.command) for outcome in answered],
        fingerprints=[
            known.fingerprint
            if (known := book.known.get(outcome.command.id)) is not None
            else fingerprint(outcome.command)
            for outcome in answered
        ],
        refusals=[outcome.refusal.code if isinstance(outcome, Refused) else None for outcome in answered],
        details=[outcome.detail if isinstance(outcome, Refused) else None for outcome in answered],
    )


def _answered(decision: Decision) -> list[Done | Refused]:
    """Refusals, and what became no transfer, to be remembered so that a repeat hears the same answer."""
    answered: dict[UUID, Done | Refused] = {}
    parts = [part for outcome in decision.outcomes if isinstance(outcome, Done) for part in outcome.parts]
    for outcome in (*decision.outcomes, *parts):
        # ID_REUSED is not remembered: the id belongs to the request that used it first.
        if isinstance(outcome, Refused) and (outcome.replayed or outcome.refusal is Refusal.ID_REUSED):
            continue
        if isinstance(outcome, Done | Refused):
            answered[outcome.command.id] = outcome
    return list(answered.values())
