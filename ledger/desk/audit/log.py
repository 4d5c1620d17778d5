"""The log from a leaf to its end, in blocks: read, given to the workers, and taken back in order."""

import asyncio
import multiprocessing
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from typing import Any

import asyncpg

from ledger.book import journal
from ledger.database.connections import Connection, statement
from ledger.desk.audit import rows
from ledger.desk.audit.accounts import Accounts
from ledger.desk.audit.doubts import explain
from ledger.desk.audit.findings import KEPT
from ledger.desk.audit.leaves import (
    Block,
    Checked,
    Community,
    check_block,
    check_block_in_worker,
    start_worker,
)
from ledger.desk.audit.rows import MICROSECONDS, SECONDS_TO_2000
from ledger.desk.audit.tree import Kept, Tree, instant
from ledger.log.merkle import HASH_BYTES, Node

BLOCK_LEAVES = 4096
WORTH_WORKERS = 50_000
"""Leaves from which on starting worker processes pays."""

EXPLAINED = 1000
"""Doubtful leaves that are looked at a second time; the rest are counted."""

_GREATEST_INDEX = 2**62

# A service's connection is told to look single rows up; an audit reads whole tables.
WHOLE = (
    "SET LOCAL plan_cache_mode = auto; SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on;"
    " SET LOCAL enable_sort = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = off;"
    " SET LOCAL work_mem = '32MB'"
)
# The log is read through indexes in the order of the log. Left to itself the planner sorts a block or
# starts parallel workers for it, either of which costs more than the block.
_ORDERLY = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;"
    " SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL max_parallel_workers_per_gather = 0"
)


class Log:
    """One reading of a community's log. `accounts` and `tree` grow with it; what is wrong goes to their findings."""

    def __init__(
        self, db: Connection, community: journal.Community, accounts: Accounts, tree: Tree,
        progress: Callable[[int, int], None], workers: int | None,
    ) -> None:  # fmt: skip
        self.db = db
        self.community = community
        self.accounts = accounts
        self.standings = accounts.standings
        self.findings = accounts.findings
        self.tree = tree
        self.progress = progress
        self.workers = workers
        self.leaf_count = self.transfer_count = self.entry_count = self.event_count = self.looked_at = 0
        self.next_event = -1
        self.ahead = 1

    async def follow(self, first: int) -> None:
        recorded_from = None
        if first:
            for row in await self._rows("audit_next_leaf", first=first - 1):
                recorded_from = row["recorded_at"]
        expected = {
            table: (await self._rows(f"audit_count_{table}", first=first, **more))[0]["rows"]
            for table, more in (
                ("leaves", {}),
                ("entries", {}),
                ("events", {}),
                ("transfers", {"recorded_from": recorded_from or "-infinity"}),
            )
        }
        secrets = self.accounts.secrets
        community = Community(
            self.community.issuer, self.community.origin, self.community.slug, secrets, self.accounts.erased
        )
        executor = self._start_executor(expected["leaves"])
        await self.db.driver.execute(_ORDERLY)
        try:
            waiting: deque[tuple[Block, asyncio.Future[Checked] | None]] = deque()
            async for block in self._blocks(first):
                future = None
                if executor is not None:
                    future = asyncio.wrap_future(executor.submit(check_block_in_worker, block))
                waiting.append((block, future))
                if executor is None or len(waiting) > self.ahead:
                    await self._take(community, *waiting.popleft(), expected["leaves"])
            while waiting:
                await self._take(community, *waiting.popleft(), expected["leaves"])
        finally:
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)
        await self.db.driver.execute(WHOLE)
        self.tree.end_due()
        await self._check_counts(expected)

    def _start_executor(self, leaves: int) -> Executor | None:
        workers = self.workers
        if workers is None:
            workers = min(os.cpu_count() or 1, 4) if leaves >= WORTH_WORKERS else 0
        self.ahead = workers + 1
        if not workers:
            return None
        community = self.community
        return ProcessPoolExecutor(
            workers,
            multiprocessing.get_context("spawn"),
            start_worker,
            (community.issuer, community.origin, community.slug, self.accounts.secrets, self.accounts.erased),
        )

    async def _blocks(self, first: int) -> AsyncIterator[Block]:
        """The log in blocks. A gap longer than the rest of a block is stepped over."""
        position = first
        row = await self._next_leaf(position)
        while row is not None:
            found: int = row["leaf_index"]
            if found >= _GREATEST_INDEX:
                self.findings.add("log_order", f"Leaf {found} is beyond any log.", "log_leaf")
                return
            end = (position // BLOCK_LEAVES + 1) * BLOCK_LEAVES
            if found >= end:
                self.findings.add("log_order", f"Leaves {position} to {found - 1} are missing.", "log_leaf")
                self.tree.broken = True
                position, end = found, (found // BLOCK_LEAVES + 1) * BLOCK_LEAVES
            following = await self._next_leaf(end)
            bounds: dict[str, Any] = {
                "first": position,
                "end": end,
                "recorded_from": row["recorded_at"] or "-infinity",
                "recorded_to": (following and following["recorded_at"]) or "infinity",
                "most": 2 * BLOCK_LEAVES,
            }
            yield Block(
                position,
                end,
                await self._copy("audit_leaves", **bounds),
                await self._copy("audit_transfers", **bounds),
                await self._copy("audit_notes_and_authors", **bounds),
                await self._copy("audit_entries", **bounds),
                await self._events(bounds),
            )
            position, row = end, following

    async def _events(self, bounds: dict[str, Any]) -> bytes:
        """The events of a block. Most blocks have none, and a COPY for nothing costs several round trips."""
        if self.next_event < bounds["first"]:
            found = await self._rows("audit_next_event", first=bounds["first"])
            self.next_event = found[0]["leaf_index"] if found else _GREATEST_INDEX
        return await self._copy("audit_events", **bounds) if self.next_event < bounds["end"] else b""

    async def _next_leaf(self, first: int) -> asyncpg.Record | None:
        return await self.db.row("desk/audit_next_leaf", community_id=self.community.id, first=first)

    async def _take(
        self, community: Community, block: Block, future: asyncio.Future[Checked] | None, total: int
    ) -> None:
        """What was found in a block: follow its entries, look again at doubtful leaves, and let the tree grow."""
        self._follow_entries(block)
        try:
            checked = check_block(community, block) if future is None else await future
        except BrokenExecutor:
            # A worker was killed, or could not start: the block is checked here instead.
            checked = check_block(community, block)
        self.leaf_count += checked.leaf_count
        self.transfer_count += checked.transfer_count
        self.entry_count += checked.entry_count
        self.event_count += checked.event_count
        for said in checked.said:
            self.findings.add(*said)
        for index in checked.missing:
            self.findings.add("log_order", f"Leaf {index} is missing.", "log_leaf")
        for index in checked.repeated:
            self.findings.add("log_order", f"Leaf {index} stands in the log twice.", "log_leaf")
        moments = checked.moments + await self._look_again(community, block, checked.doubtful)
        await self._grow(block.first, checked.hashes, sorted(moments))
        self.progress(self.leaf_count, total)

    def _follow_entries(self, block: Block) -> None:
        entries = rows.entry_rows(block.entries)
        if entries is not None:
            self.standings.follow(entries)
            return
        for entry, problems in rows.entry_fields(block.entries):
            for problem in problems:
                self.findings.add(
                    "unreadable", f"entry.{problem}.", f"entry, leaf {entry[2]}, place {entry[3]}"
                )
            self.standings.follow([entry])

    async def _look_again(
        self, community: Community, block: Block, doubtful: list[int]
    ) -> list[tuple[int, int]]:
        """Explain the doubtful leaves; returns when their transfers were recorded."""
        room = max(EXPLAINED - self.looked_at, 0)
        if len(doubtful) > room:
            where = f"log_leaf, transfer or entry, from leaf {doubtful[room]}"
            self.findings.count("leaf", len(doubtful) - room, where)
        doubtful = doubtful[:room]
        self.looked_at += len(doubtful)
        if not doubtful:
            return []
        entries: dict[int, list[rows.EntryRow]] = {index: [] for index in doubtful}
        for entry, _ in rows.entry_fields(block.entries):
            if entry[2] in entries:
                entries[entry[2]].append(entry)
        codes = {account_id: standing.code for account_id, standing in self.standings.accounts.items()}
        moments = {}
        for fields in rows.rows(await self._copy("audit_joined_leaves", leaf_indexes=doubtful)):
            index = int.from_bytes(fields[0] or b"", "big", signed=True)
            transfer = explain(community, fields, entries.get(index, []), codes, self.findings)
            if index in moments:
                self.findings.add(
                    "one_to_one", "Two transfers have the id that this leaf names.", f"transfer, leaf {index}"
                )
            elif transfer is not None:
                self.transfer_count += 1
                moments[index] = transfer.recorded_at
        return list(moments.items())

    async def _grow(self, first: int, hashes: bytes, moments: list[tuple[int, int]]) -> None:
        if self.tree.broken:
            return
        gap = range(self.tree.range.size, first)
        for index in gap:
            self.findings.add("log_order", f"Leaf {index} is missing.", "log_leaf")
        hashes = bytes(HASH_BYTES * len(gap)) + hashes
        size = self.tree.range.size
        kept = [
            Kept(row["tree_size"], row["root"], row["note"], instant(row["kept_at"]))
            for row in await self._rows(
                "audit_checkpoints", above=size, up_to=size + len(hashes) // HASH_BYTES
            )
        ]
        since_1970 = [(leaf, at + SECONDS_TO_2000 * MICROSECONDS) for leaf, at in moments]
        await self._check_nodes(self.tree.append(hashes, since_1970, kept))

    async def _check_nodes(self, nodes: list[Node]) -> None:
        by_level: dict[int, list[Node]] = {}
        for node in nodes:
            by_level.setdefault(node.level, []).append(node)
        for level, run in by_level.items():
            stored = await self.db.rows(
                "log/read_nodes",
                community_id=self.community.id,
                level=level,
                first=run[0].index,
                count=len(run),
            )
            found = {row["node_index"]: row["node_hash"] for row in stored}
            for node in run:
                where = f"log_node, level {level}, node_index {node.index}"
                if node.index not in found:
                    self.findings.add("nodes", "The stored node is missing.", where)
                elif found[node.index] != node.hash:
                    self.findings.add("nodes", "The stored node is not the hash of its leaves.", where)

    async def _check_counts(self, expected: dict[str, int]) -> None:
        """Rows that no leaf led to: looked for only when there are some."""
        if self.leaf_count != expected["leaves"]:
            for row in await self._rows("audit_stray_leaves", most=KEPT):
                self.findings.add("log_order", f"A leaf has the index {row['leaf_index']}.", "log_leaf")
            self._say_count("log_order", "log_leaf", self.leaf_count, expected["leaves"])
        if self.transfer_count != expected["transfers"]:
            strays = await self._rows("audit_stray_transfers", most=KEPT)
            for row in strays:
                self.findings.add(
                    "one_to_one",
                    "No leaf names this transfer.",
                    f"transfer {row['transfer_id']}, leaf {row['leaf_index']}",
                )
            if not strays and not self.findings.counts:
                self._say_count("one_to_one", "transfer", self.transfer_count, expected["transfers"])
        if self.event_count != expected["events"]:
            strays = await self._rows("audit_stray_events", most=KEPT)
            for row in strays:
                self.findings.add(
                    "one_to_one",
                    f"The log has no leaf for this event ({row['kind']}).",
                    f"event {row['event_id']}, leaf {row['leaf_index']}",
                )
            if not strays:
                self._say_count("one_to_one", "event", self.event_count, expected["events"])
        if self.entry_count != expected["entries"]:
            strays = await self._rows("audit_stray_entries", most=KEPT)
            for row in strays:
                self.findings.add(
                    "entries",
                    "The entry stands at a place where the log has no leaf.",
                    f"entry, leaf {row['leaf_index']}, place {row['place']},"
                    f" account {self.accounts.code(row['account_id'])}",
                )
            if not strays:
                self._say_count("entries", "entry", self.entry_count, expected["entries"])

    def _say_count(self, check: str, table: str, seen: int, counted: int) -> None:
        self.findings.add(check, f"The log leads to {seen} rows, and the table has {counted}.", table)

    async def _rows(self, name: str, **values: Any) -> list[asyncpg.Record]:
        return await self.db.rows(f"desk/{name}", community_id=self.community.id, **values)

    async def _copy(self, name: str, **values: Any) -> bytes:
        return await copied(self.db, name, community_id=self.community.id, **values)


async def copied(db: Connection, name: str, **values: Any) -> bytes:
    """What a COPY of the statement gives, in binary."""
    sql, parameters = statement(f"desk/{name}")
    parts: list[bytes] = []

    async def keep(part: bytes) -> None:
        parts.append(part)

    await db.driver.copy_from_query(
        sql, *[values[parameter] for parameter in parameters], output=keep, format="binary"
    )
    return b"".join(parts)
