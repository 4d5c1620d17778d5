"""The one door to the books: every change of a community goes through `Ledger.post`.

One short transaction for a batch of any size: lock the head, read the book, decide, write transfers, entries,
balances, leaves and the new head with its signed checkpoint, commit. A receipt exists from that moment.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from uuid import UUID

import asyncpg
import structlog

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
from ledger.book.journal import Community, Transfer, read_transfers, render
from ledger.book.posting import Decision, Done, Outcome, Posted, Refused, Replayed, decide
from ledger.book.refusals import BY_CODE, Refusal
from ledger.database.connections import Connection, Database
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.keys import KeyRing
from ledger.log.merkle import EMPTY_ROOT, CompactRange, leaf_hash
from ledger.log.published import PublishedCheckpoints

log = structlog.get_logger()

KEEP_EVERY = timedelta(hours=1)
"""One checkpoint an hour is kept as a row; any other can be recomputed from the leaves."""

SECRET_BYTES = 32

Also = Callable[[Connection, Decision], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command; `transfer` when it posted one, now or in an earlier request."""

    outcome: Outcome
    transfer: Transfer | None = None


class ReadOnly(Exception):
    """The community's log must not grow: the database is behind, or beside, what was published before."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The books of every community in one database.

    `read_only` says why a community's log must not grow, by slug; it is filled on start by
    `ledger.book.forks.check_published` and whenever the database turns out to have gone back.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        published: PublishedCheckpoints,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.database = database
        self.keys = keys
        self.published = published
        self.now = now
        self.read_only: dict[str, str] = {}
        self._published_sizes: dict[str, int] = {}

    async def post(
        self, community: Community, commands: Sequence[Command], also: Also | None = None
    ) -> list[Answer]:
        """Decide the commands in order, write what they change, and say what became of each.

        All or nothing is written. `also` writes more in the same transaction, after the decision. Raises
        ReadOnly when the log must not grow, and the driver's errors as they are: when one of them arrives
        during the commit the outcome is unknown, and the same commands can safely be sent again.
        """
        try:
            return await self._post_once(community, commands, also)
        except asyncpg.UniqueViolationError as problem:
            # Under the head lock no key can be taken between reading and writing. Should a database ever
            # disagree, the second run reads what the first could not see.
            log.warning("post_repeated", community=community.slug, constraint=problem.constraint_name)
            return await self._post_once(community, commands, also)

    async def _post_once(
        self, community: Community, commands: Sequence[Command], also: Also | None
    ) -> list[Answer]:
        if community.slug in self.read_only:
            raise ReadOnly(self.read_only[community.slug])
        note: str | None = None
        async with self.database.transaction() as db:
            head = await db.row("book/lock_head", community_id=community.id)
            if head is None:
                raise LookupError(f"community {community.slug} has no log")
            tree_size: int = head["tree_size"]
            self._refuse_going_back(community, tree_size)
            # The clock is read with the lock held and never goes back, so leaves are in order of time. Whole
            # seconds, because a receipt says no more than that and the audit must be able to check all of it.
            now = max(self.now().replace(microsecond=0), head["recorded_at"])
            book = await _read_book(db, community, tree_size, commands, now)
            decision = decide(book, commands, now)
            transfers = [render(community, posted, now) for posted in decision.transfers]
            await _write_accounts(db, community, decision, book, now)
            if transfers:
                await _write_transfers(db, community, transfers, now)
                note = await self._write_log(db, community, head, transfers, now)
            await _write_requests(db, community, decision, now)
            if also is not None:
                await also(db, decision)
            replays = [outcome.command.id for outcome in decision.outcomes if isinstance(outcome, Replayed)]
            known = await read_transfers(db, community, replays) if replays else {}
        # Committed. What follows may fail without harm: the same request again is answered as a replay.
        if note is not None:
            self.published.write(community.slug, book.tree_size, note)
            self._published_sizes[community.slug] = book.tree_size
        known.update((transfer.id, transfer) for transfer in transfers)
        return [
            Answer(outcome, known.get(outcome.command.id) if isinstance(outcome, Posted | Replayed) else None)
            for outcome in decision.outcomes
        ]

    async def judge(self, community: Community, commands: Sequence[Command]) -> list[Outcome]:
        """What `post` would answer at this moment, without locking or writing anything."""
        async with self.database.snapshot() as db:
            head = await db.row("log/read_head", community_id=community.id)
            if head is None:
                raise LookupError(f"community {community.slug} has no log")
            now = max(self.now().replace(microsecond=0), head["recorded_at"])
            book = await _read_book(db, community, head["tree_size"], commands, now)
        return decide(book, commands, now).outcomes

    def _refuse_going_back(self, community: Community, tree_size: int) -> None:
        published = self._published_sizes.get(community.slug, 0)
        if tree_size < published:
            self.read_only[community.slug] = (
                f"the database holds {tree_size} leaves of {community.origin}, but a checkpoint over"
                f" {published} was published"
            )
            raise ReadOnly(self.read_only[community.slug])

    async def _write_log(
        self,
        db: Connection,
        community: Community,
        head: asyncpg.Record,
        transfers: Sequence[Transfer],
        now: datetime,
    ) -> str:
        """Append the leaves, sign the new checkpoint, and move the head. Returns the signed note."""
        hashes = [leaf_hash(transfer.payload) for transfer in transfers]
        tree, nodes = CompactRange.decode(head["tree_size"], head["edge"]).append(hashes)
        await db.run(
            "log/insert_leaves",
            community_id=community.id,
            leaf_indexes=[transfer.leaf_index for transfer in transfers],
            transfer_ids=[transfer.id for transfer in transfers],
            leaf_hashes=hashes,
            payloads=[transfer.payload for transfer in transfers],
        )
        if nodes:
            await db.run(
                "log/insert_nodes",
                community_id=community.id,
                levels=[node.level for node in nodes],
                node_indexes=[node.index for node in nodes],
                node_hashes=[node.hash for node in nodes],
            )
        root = tree.root()
        note = sign_checkpoint(Checkpoint(community.origin, tree.size, root), self.keys.log_keys)
        kept_at = head["kept_at"]
        if now - kept_at >= KEEP_EVERY or head["tree_size"] == 0:
            kept_at = now
            await db.run(
                "log/insert_checkpoint",
                community_id=community.id,
                tree_size=tree.size,
                root=root,
                note=note,
                kept_at=now,
            )
        await db.run(
            "log/update_head",
            community_id=community.id,
            tree_size=tree.size,
            edge=tree.encode(),
            checkpoint=note,
            recorded_at=now,
            kept_at=kept_at,
        )
        return note

    async def found(self, slug: str, name: str, issuer: str, origin: str) -> Community:
        """Found a community with an empty log and no accounts. Raises ValueError when slug or origin is taken."""
        now = self.now().replace(microsecond=0)
        note = sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), self.keys.log_keys)
        async with self.database.transaction() as db:
            row = await db.row(
                "book/insert_community", slug=slug, name=name, issuer=issuer, origin=origin, founded_at=now
            )
            if row is None:
                raise ValueError(f"there is already a community {slug}, or a log {origin}")
            await db.run("log/insert_head", community_id=row["community_id"], checkpoint=note, founded_at=now)
        return Community(row["community_id"], slug, name, issuer, origin)

    async def community(self, slug: str) -> Community | None:
        """The community with this slug, or None."""
        async with self.database.connection() as db:
            row = await db.row("book/read_community", slug=slug)
        return None if row is None else _community(row)

    async def communities(self) -> list[Community]:
        """Every community, oldest first."""
        async with self.database.connection() as db:
            return [_community(row) for row in await db.rows("book/read_communities")]


def _community(row: asyncpg.Record) -> Community:
    return Community(row["community_id"], row["slug"], row["name"], row["issuer"], row["origin"])


async def _read_book(
    db: Connection, community: Community, tree_size: int, commands: Sequence[Command], now: datetime
) -> Book:
    """What the commands touch, read under the head lock and therefore as it will be when they are written."""
    book = Book(tree_size)
    account_ids: set[UUID] = set()
    hold_ids: set[UUID] = set()
    reverses_ids: set[UUID] = set()
    codes: set[str] = set()
    for command in commands:
        match command:
            case PostTransfer():
                account_ids.update([account_id for account_id, _ in command.entries])
                if command.hold_id is not None:
                    hold_ids.add(command.hold_id)
            case ReverseTransfer():
                reverses_ids.add(command.reverses_id)
            case VoidHold():
                hold_ids.add(command.hold_id)
            case OpenAccount():
                codes.add(command.code)
                book.new_secrets[command.id] = token_bytes(SECRET_BYTES)
            case PlaceHold() | SetLimits() | CloseAccount():
                account_ids.add(command.account_id)
    for row in await db.rows(
        "book/find_requests", community_id=community.id, request_ids=[command.id for command in commands]
    ):
        refusal = None if row["refusal"] is None else BY_CODE[row["refusal"]]
        book.known[row["request_id"]] = KnownRequest(row["fingerprint"], refusal, row["detail"])
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
    return book


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


async def _write_accounts(
    db: Connection, community: Community, decision: Decision, book: Book, now: datetime
) -> None:
    """Write openings, holds, resolutions, limits and the new balances, in the order their keys ask for."""
    if decision.openings:
        await _write_openings(db, community, decision, book, now)
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
    if decision.limit_changes:
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
    if decision.touched:
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


async def _write_transfers(
    db: Connection, community: Community, transfers: Sequence[Transfer], now: datetime
) -> None:
    await db.run(
        "book/insert_transfers",
        community_id=community.id,
        recorded_at=now,
        transfer_ids=[transfer.id for transfer in transfers],
        leaf_indexes=[transfer.leaf_index for transfer in transfers],
        kinds=[transfer.kind for transfer in transfers],
        service_dates=[transfer.service_on for transfer in transfers],
        reverses_ids=[transfer.reverses_id for transfer in transfers],
        hold_ids=[transfer.hold_id for transfer in transfers],
        fingerprints=[transfer.fingerprint for transfer in transfers],
        note_digests=[transfer.note_digest for transfer in transfers],
    )
    placed = [
        (transfer.leaf_index, place, entry)
        for transfer in transfers
        for place, entry in enumerate(transfer.entries)
    ]
    await db.run(
        "book/insert_entries",
        community_id=community.id,
        account_ids=[entry.account_id for _, _, entry in placed],
        entry_numbers=[entry.entry_number for _, _, entry in placed],
        leaf_indexes=[leaf_index for leaf_index, _, _ in placed],
        places=[place for _, place, _ in placed],
        seconds=[entry.seconds for _, _, entry in placed],
        balances_after=[entry.balance_after for _, _, entry in placed],
        digests=[entry.digest for _, _, entry in placed],
    )
    noted = [transfer for transfer in transfers if transfer.note is not None]
    if noted:
        await db.run(
            "book/insert_notes",
            community_id=community.id,
            transfer_ids=[transfer.id for transfer in noted],
            salts=[transfer.note_salt for transfer in noted],
            notes=[transfer.note for transfer in noted],
        )


async def _write_requests(db: Connection, community: Community, decision: Decision, now: datetime) -> None:
    """Remember refusals, and the commands that became no transfer, so that a repeat hears the same answer."""
    answered: dict[UUID, Done | Refused] = {}
    for outcome in decision.outcomes:
        # ID_REUSED is not remembered: the id belongs to the request that used it first.
        if isinstance(outcome, Refused) and (outcome.replayed or outcome.refusal is Refusal.ID_REUSED):
            continue
        if isinstance(outcome, Done | Refused):
            answered[outcome.command.id] = outcome
    if not answered:
        return
    outcomes = list(answered.values())
    await db.run(
        "book/insert_requests",
        community_id=community.id,
        answered_at=now,
        request_ids=[outcome.command.id for outcome in outcomes],
        actions=[action(outcome.command) for outcome in outcomes],
        fingerprints=[fingerprint(outcome.command) for outcome in outcomes],
        refusals=[outcome.refusal.code if isinstance(outcome, Refused) else None for outcome in outcomes],
        details=[outcome.detail if isinstance(outcome, Refused) else None for outcome in outcomes],
    )
