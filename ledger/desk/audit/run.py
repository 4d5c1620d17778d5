"""One audit of one community, from the first statement to the report."""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from ledger.book import journal
from ledger.book.ledger import KEEP_EVERY, Ledger
from ledger.database.connections import Connection
from ledger.desk.audit.accounts import Accounts
from ledger.desk.audit.assertions import check_assertions
from ledger.desk.audit.events import read_erasures
from ledger.desk.audit.findings import KEPT, AuditReport, Finding, Findings
from ledger.desk.audit.hours import check_hours
from ledger.desk.audit.log import WHOLE, Log, copied
from ledger.desk.audit.people import check_people
from ledger.desk.audit.relations import RELATIONS
from ledger.desk.audit.rounds import check_rounds
from ledger.desk.audit.rows import MICROSECONDS
from ledger.desk.audit.standings import Standings
from ledger.desk.audit.tree import Tree, instant
from ledger.log.checkpoints import Checkpoint, MalformedNote, VerifierKey
from ledger.log.events import read_details
from ledger.log.merkle import EMPTY_ROOT, CompactRange, hash_of_range, stored_runs

__all__ = ["AuditReport", "Finding", "audit_community"]

_SLUG = re.compile("[a-z0-9][a-z0-9-]{0,39}")


def _no_progress(_done: int, _total: int) -> None:
    pass


async def audit_community(
    ledger: Ledger,
    community: journal.Community,
    *,
    folder: Path,
    against: str | None = None,
    since_last: bool = False,
    progress: Callable[[int, int], None] = _no_progress,
    workers: int | None = None,
) -> AuditReport:
    """Recompute everything of the community from its parts, and report each difference.

    `against` is a signed checkpoint from outside. With `since_last` only what was added since the last clean
    audit is looked at; its mark is kept in `folder`. `progress` is told (leaves done, of how many). `workers`
    is the number of processes to check leaves in, 0 for none; left out, it depends on the size of the log.

    Whatever stands in the database becomes a finding. Only a lost connection raises.
    """
    # Before the snapshot: the service publishes after it commits, so what is read now the snapshot has.
    named_well = _SLUG.fullmatch(community.slug) is not None
    published = _read_published(ledger, community.slug) if named_well else None
    async with ledger.database.snapshot(community.id) as db:
        audit = _Audit(ledger, community, db, progress, workers)
        if not named_well:
            audit.findings.add(
                "community", "The slug is not one a community can have.", f"community {community.id}"
            )
            folder = folder / "unnamed"
        mark = folder / f"{community.slug if named_well else community.id}.audited"
        return await audit.run(published, against, mark, since_last)


async def audit_within(
    ledger: Ledger, community: journal.Community, db: Connection, progress: Callable[[int, int], None]
) -> AuditReport:
    """Audit what a transaction that is going on has written of a community, before it is committed.

    No mark is kept of it, and what was published of the log is for the caller to look at.
    """
    return await _Audit(ledger, community, db, progress, None).run(None, None, None, since_last=False)


def _read_published(ledger: Ledger, slug: str) -> str | None:
    try:
        return ledger.published.read(slug)
    except (OSError, MalformedNote):
        return ""


class _Audit:
    def __init__(
        self, ledger: Ledger, community: journal.Community, db: Connection, progress: Callable[[int, int], None],
        workers: int | None,
    ) -> None:  # fmt: skip
        self.community = community
        self.db = db
        self.progress = progress
        self.workers = workers
        self.findings = Findings()
        self.standings = Standings(self.findings)
        self.accounts = Accounts(self.findings, self.standings)
        try:
            vkeys = [VerifierKey.parse(text) for text in ledger.keys.vkeys(community.origin)]
        except ValueError:
            vkeys = []
            self.findings.add(
                "community", "The origin is not one a log can have.", f"community {community.id}"
            )
        keep_every = int(KEEP_EVERY.total_seconds()) * MICROSECONDS
        self.tree = Tree(community.origin, vkeys, self.findings, keep_every, kept_at=0)
        self.founded_at = 0
        self.not_looked_at: list[str] = []

    async def run(
        self, published: str | None, against: str | None, mark: Path | None, since_last: bool
    ) -> AuditReport:
        await self.db.driver.execute(WHOLE)
        async with self._step("community and log_head"):
            await self._check_community()
        head = await self._read_head()
        first = await self._start_at(mark) if since_last and mark is not None else 0
        claims = self._open_claims(published, against)
        # First of all, because what follows must know what is missing for a reason.
        async with self._step("event"):
            data = await copied(self.db, "audit_erasures", community_id=self.community.id)
            self.accounts.erased = read_erasures(self.community.issuer, self.community.origin, data)
        async with self._step("account, balance, account_secret and account_limits"):
            await self.accounts.read(self.db, self.community.id)
        if first:
            async with self._step("entry"):
                await self._resume(first)
        log = Log(self.db, self.community, self.accounts, self.tree, self.progress, self.workers)
        async with self._step("log_leaf, transfer, event and entry"):
            await log.follow(first)
        async with self._step("log_head"):
            await self._check_head(head)
        for check, where, claim in claims:
            async with self._step(where):
                await self._check_claim(check, where, claim, first)
        async with self._step("checkpoint and log_node"):
            await self._check_tables_of_tree()
        async with self._step("hold, open_hold and hold_resolution"):
            async for row in self.db.stream("desk/audit_holds", community_id=self.community.id):
                self.accounts.take_hold(row)
        await self._check_relations(first)
        async with self._step("event and the tables about people"):
            await check_people(self.db, self.community.id, self.findings)
        async with self._step("event and the tables about hours"):
            await check_hours(self.db, self.community.id, self.findings, self.accounts.erased)
        async with self._step("event and the tables about paper rounds"):
            await check_rounds(self.db, self.community.id, self.findings)
        async with self._step("event and the table of balance assertions"):
            await check_assertions(self.db, self.community.id, self.findings)
        self.accounts.finish()
        size = self.tree.range.size
        if not self.findings.counts and head is not None and mark is not None:
            _write_mark(mark, head["checkpoint"])
        return AuditReport(
            slug=self.community.slug,
            tree_size=size,
            first_leaf=first,
            entries=self.standings.entry_count,
            accounts=len(self.standings.accounts),
            not_looked_at=tuple(self.not_looked_at),
            findings=self.findings.kept,
            more=self.findings.more(),
            erased_members=len(self.accounts.erased.members),
            erased_accounts=len(self.accounts.erased.accounts),
        )

    @asynccontextmanager
    async def _step(self, tables: str) -> AsyncIterator[None]:
        """Part of the audit. What goes wrong in it is the book's fault, and a finding, unless the server is gone."""
        try:
            async with self.db.driver.transaction():  # a savepoint: the next step still has its snapshot
                yield
        # Of any kind: whatever a tampered row causes is to be told, not to end the audit.
        except Exception as problem:
            if isinstance(problem, OSError) or self.db.driver.is_closed():
                raise
            self.findings.add(
                "unreadable", f"The audit could not read to the end: {type(problem).__name__}.", tables
            )

    async def _rows(self, name: str, **values: Any) -> list[asyncpg.Record]:
        return await self.db.rows(f"desk/{name}", community_id=self.community.id, **values)

    # --- where to begin ---------------------------------------------------------------------------------------

    async def _check_community(self) -> None:
        row = await self.db.row("desk/audit_community", community_id=self.community.id)
        if row is None:
            self.findings.add("community", "The community has no row.", f"community {self.community.id}")
            return
        for name in ("slug", "issuer", "origin"):
            if row[name] != getattr(self.community, name):
                self.findings.add("community", f"{name} was changed.", f"community {self.community.id}")
        self.founded_at = self.tree.kept_at = instant(row["founded_at"]) or 0

    async def _read_head(self) -> asyncpg.Record | None:
        head: asyncpg.Record | None = None
        async with self._step("log_head"):
            head = await self.db.row("desk/audit_head", community_id=self.community.id)
        # Not from within: a step that ends early swallows its problem, and what was read before still counts.
        return head  # noqa: RET504 - for the reason above

    async def _start_at(self, mark: Path) -> int:
        """The size of the last clean audit, when the log still begins with what was audited then; otherwise 0."""
        try:
            note = mark.read_text()
        except FileNotFoundError:
            self.not_looked_at.append("There was no clean audit to go on from: everything was looked at.")
            return 0
        except (OSError, UnicodeDecodeError):
            note = ""
        checkpoint = self.tree.open_note("mark", note, str(mark))
        if checkpoint is None:
            return 0
        stored: CompactRange | None = None
        async with self._step("log_leaf and log_node"):
            stored = await self._stored_range(checkpoint.size)
        if stored is None or stored.root() != checkpoint.root:
            self.findings.add(
                "mark",
                f"The log does not begin with the {checkpoint.size} leaves of the last clean audit any more.",
                str(mark),
            )
            return 0
        self.tree.range = stored
        if checkpoint.size:
            self.not_looked_at.append(
                f"Leaves 0 to {checkpoint.size - 1} were audited before and were not looked at again. That the log"
                " still begins with their stored hashes was checked; whether their payloads, transfers, events,"
                " entries and notes, the other stored hashes and the kept checkpoints are still as they were was not."
            )
        return checkpoint.size

    async def _stored_range(self, size: int) -> CompactRange | None:
        """The compact range at a size, from stored hashes; None when one of them is missing."""
        ranges, low = [], 0
        while low < size:
            width = 1 << ((size - low).bit_length() - 1)
            ranges.append((low, low + width))
            low += width
        stored: dict[tuple[int, int], bytes] = {}
        for level, first, count in stored_runs(ranges):
            name = "log/read_nodes" if level else "log/read_leaf_hashes"
            values: dict[str, Any] = {"level": level} if level else {}
            for row in await self.db.rows(
                name, community_id=self.community.id, first=first, count=count, **values
            ):
                stored[level, row["node_index"]] = row["node_hash"] or b""
        try:
            return CompactRange(size, tuple([hash_of_range(low, high, stored) for low, high in ranges]))
        except KeyError:
            return None

    async def _resume(self, first: int) -> None:
        """Put every account where the audited entries left it."""
        for row in await self._rows("audit_newest_entries", first=first):
            standing = self.standings.accounts.get(row["account_id"].bytes)
            if standing is not None:
                standing.number, standing.balance = row["entry_number"], row["balance_after"]
        for row in await self._rows("audit_next_leaf", first=first - 1):
            self.tree.moment = instant(row["recorded_at"])
        for row in await self._rows("audit_newest_checkpoint", up_to=first):
            self.tree.kept_at = instant(row["kept_at"]) or 0

    def _open_claims(self, published: str | None, against: str | None) -> list[tuple[str, str, Checkpoint]]:
        """The checkpoints kept outside the database, whose roots must be found on the way."""
        claims = []
        for check, where, note in (
            ("published", f"the checkpoint files of {self.community.slug}", published),
            ("against", "the checkpoint to compare with", against),
        ):
            if note is not None and (checkpoint := self.tree.open_note(check, note, where)) is not None:
                self.tree.wanted.add(checkpoint.size)
                claims.append((check, where, checkpoint))
        return claims

    # --- what depends on the whole log ------------------------------------------------------------------------

    async def _check_head(self, head: asyncpg.Record | None) -> None:
        where = "log_head"
        tree, add = self.tree, self.findings.add
        if head is None:
            add("head", "The community has no head.", where)
            return
        if tree.broken:
            add("head", "With leaves missing, the head cannot be compared with anything.", where)
            return
        size = tree.range.size
        if head["tree_size"] != size:
            add("head", f"tree_size is {head['tree_size']}, and the log has {size} leaves.", where)
        if head["edge"] != tree.range.encode():
            add("head", "edge is not the right edge of the tree over the leaves.", where)
        tree.check_note("head", head["checkpoint"], size, tree.range.root(), where)
        if instant(head["recorded_at"]) != (self.founded_at if tree.moment is None else tree.moment):
            add("head", "recorded_at is not when the last leaf was recorded.", where)
        if instant(head["kept_at"]) != tree.kept_at:
            add("head", "kept_at is not when the newest checkpoint was kept.", where)
        if head["moved_to"] is not None:
            rows = await self._rows("audit_moves")
            if [read_details(row["details"]) for row in rows] != [{"to": head["moved_to"]}]:
                add(
                    "head",
                    "moved_to says that the community moved, and the log does not end with that.",
                    where,
                )

    async def _check_claim(self, check: str, where: str, claim: Checkpoint, first: int) -> None:
        size = self.tree.range.size
        if claim.size > size:
            self.findings.add(
                check,
                f"The log has {size} leaves, and {claim.size} were signed for: its end was cut off, or an old"
                " backup was restored.",
                where,
            )
            return
        root = self.tree.roots.get(claim.size)
        if claim.size == 0:
            root = EMPTY_ROOT
        elif root is None and claim.size <= first:
            stored = await self._stored_range(claim.size)
            root = None if stored is None else stored.root()
        if root != claim.root:
            self.findings.add(
                check, f"The first {claim.size} leaves of the log are not those that were signed for.", where
            )

    async def _check_tables_of_tree(self) -> None:
        size = self.tree.range.size
        for row in await self._rows("audit_stray_checkpoints", tree_size=size, most=KEPT):
            self.findings.add(
                "checkpoints",
                f"A checkpoint of {row['tree_size']} leaves is kept; the log has {size}.",
                f"checkpoint, tree_size {row['tree_size']}",
            )
        for row in await self._rows("audit_stray_nodes", tree_size=size, most=KEPT):
            self.findings.add(
                "nodes",
                "The tree has no such node.",
                f"log_node, level {row['level']}, node_index {row['node_index']}",
            )

    async def _check_relations(self, first: int) -> None:
        """Rows of two tables that must name each other."""
        for name, values, check, table, say in RELATIONS:
            async with self._step(table):
                for row in await self._rows(name, most=KEPT, **({"first": first} if values else {})):
                    what, where = say(row)
                    self.findings.add(check, what, f"{table}, {where}")


def _write_mark(mark: Path, note: str) -> None:
    """Keep the signed checkpoint of what was audited, readable by its owner only, replaced whole."""
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = mark.with_name(f".{mark.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(note)
    fresh.replace(mark)
