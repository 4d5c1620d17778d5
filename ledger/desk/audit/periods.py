"""Closings looked at again: whether events and rows say the same, what the balances hash to, what the entries make.

The root of a closing's trial balance is in an event behind that of the closing, and the event in the log. So whoever
changes a balance, a digest or a place is found by the root, and whoever makes a new root is found by the event. Whether
the balances were right to begin with is a question to the entries: each closing is counted again from all of them.
Closings of before there was a trial balance have none, and only their days are compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.audit.erasures import Erased
from ledger.desk.audit.findings import KEPT, Findings
from ledger.desk.audit.people import Happened, Row, differences
from ledger.log.balances import balance_leaf, standing_disclosure
from ledger.log.merkle import CompactRange, leaf_hash
from ledger.log.receipts import digest, note_disclosure

AT_ONCE = 4096
COUNTED = ("root", "event_id", "recorded_event_id", "ends_at", "tree_size", "account_count")
"""What a closing with a trial balance has, and those of before have not."""


@dataclass(slots=True)
class Closings:
    """What the events about closings leave: rows, the days that were closed at each leaf, and what is closed now."""

    findings: Findings
    closed: list[Row] = field(default_factory=list)
    reopened: list[Row] = field(default_factory=list)
    reasons: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    in_force: list[Row] = field(default_factory=list)
    _bounds: list[tuple[str | None, int, str]] = field(default_factory=list)

    def take_closed(self, event: Happened, record: asyncpg.Record) -> None:
        row: Row = {
            "closing_number": str(len(self.closed) + 1),
            "through_on": event.said("through"),
            "closed_at": event.at,
            "closed_by": event.by,
        } | dict.fromkeys(COUNTED)
        if event.said("number") is not None:
            row["event_id"] = str(record["event_id"])
        if event.said("number") not in (None, row["closing_number"]):
            self._odd(event, "The closing has a number that is not the next one.")
        if self.in_force and (self.in_force[-1]["through_on"] or "") >= (row["through_on"] or ""):
            self._odd(event, "It closes a day that was closed already.")
        self.closed.append(row)
        self.in_force.append(row)
        self._reason(event, record)
        self._bound(event, record)

    def take_recorded(self, event: Happened, record: asyncpg.Record) -> None:
        """What everybody stood at, which is said right behind the closing itself."""
        row = self.closed[-1] if self.closed else None
        if row is None or row["root"] is not None or event.said("number") != row["closing_number"]:
            self._odd(event, "The balances belong to no closing just before them.")
            return
        if event.said("through") != row["through_on"]:
            self._odd(event, "The balances are as of another day than that of their closing.")
        if event.said("sum") != "0":
            self._odd(event, "The balances of the closing do not add up to zero.")
        row |= {
            "recorded_event_id": str(record["event_id"]),
            "ends_at": event.said("ends"),
            "tree_size": event.said("size"),
            "account_count": event.said("accounts"),
            "root": event.said("root"),
        }

    def take_reopened(self, event: Happened, record: asyncpg.Record) -> None:
        number, proposer = event.said("number"), event.said("proposer")
        if not self.in_force or self.in_force[-1]["closing_number"] != number:
            self._odd(event, "The event opens a period that was not the newest closed one.")
        if event.by is None or proposer in (None, event.by):
            self._odd(event, "A period was opened again without a second person.")
        self.in_force = [row for row in self.in_force if row["closing_number"] != number]
        self.reopened.append(
            {
                "closing_number": number,
                "reopened_at": event.at,
                "reopened_by": event.by,
                "proposed_by": proposer,
            }
        )
        self._reason(event, record)
        self._bound(event, record)

    def _reason(self, event: Happened, record: asyncpg.Record) -> None:
        """By event, who wrote its reason and its digest."""
        if event.said("reason") is not None:
            self.reasons[str(record["event_id"])] = event.said("proposer") or event.by, event.said("reason")

    def _bound(self, event: Happened, record: asyncpg.Record) -> None:
        through = self.in_force[-1]["through_on"] if self.in_force else None
        self._bounds.append((through, record["leaf_index"] or 0, event.at or "infinity"))

    def _odd(self, event: Happened, what: str) -> None:
        self.findings.add("periods", what, event.where)

    @property
    def closed_through(self) -> str | None:
        return self.in_force[-1]["through_on"] if self.in_force else None

    def bounds(self) -> dict[str, list[Any]]:
        """Of each stretch of the log the last day that was closed then, its leaves, and its first moment."""
        ends = [leaf for _, leaf, _ in self._bounds[1:]] + [2**62]
        stretches = [
            (through, leaf, end, at)
            for (through, leaf, at), end in zip(self._bounds, ends, strict=False)
            if through is not None
        ]
        return {
            "through_ons": [through for through, _, _, _ in stretches],
            "first_leaves": [leaf for _, leaf, _, _ in stretches],
            "end_leaves": [end for _, _, end, _ in stretches],
            "closed_ats": [at for _, _, _, at in stretches],
        }


async def check_periods(
    db: Connection, community_id: int, findings: Findings, closings: Closings, erased: Erased
) -> None:
    """Compare everything about closed periods with what it follows from. In the audit's snapshot."""
    await _Check(db, community_id, findings, closings, erased).run()


@dataclass(slots=True)
class _Check:
    db: Connection
    community_id: int
    findings: Findings
    closings: Closings
    erased: Erased

    async def run(self) -> None:
        closed = [dict(row) for row in await self._rows("audit_hours_periods")]
        self._compare("closed_period", self.closings.closed, closed)
        reopened = map(dict, await self._rows("audit_period_reopenings"))
        self._compare("period_reopening", self.closings.reopened, reopened)
        for record in await self._rows("audit_hours_head"):
            through = self.closings.closed_through
            if record["closed_through"] != through:
                self._add(f"closed_through is {record['closed_through']}, not {through}.", "log_head")
        for record in await self._rows("audit_hours_late", **self.closings.bounds(), most=KEPT):
            self._add(
                f"It is for {record['service_on']}, and everything through {record['through_on']} was closed before.",
                f"transfer, leaf {record['leaf_index']}, transfer {record['transfer_id']}",
            )
        await self._check_reasons()
        counted = [row for row in closed if None not in (row[each] for each in COUNTED)]
        numbers = [int(row["closing_number"] or 0) for row in counted]
        for record in await self._rows("audit_period_strays", numbers=numbers):
            self._add(
                f"{record['count']} of its rows belong to no closing with a trial balance.",
                f"{record['of_table']}, closing_number {record['closing_number']}",
            )
        for number, row in zip(numbers, counted, strict=True):
            await self._check_tree(number, row)
        if counted:
            await self._check_sums(numbers, counted)

    async def _rows(self, statement: str, **values: Any) -> list[asyncpg.Record]:
        return await self.db.rows(f"desk/{statement}", community_id=self.community_id, **values)

    def _add(self, what: str, where: str) -> None:
        self.findings.add("periods", what, where)

    def _compare(self, table: str, expected: Iterable[Row], actual: Iterable[Row]) -> None:
        for what, where in differences(table, ("closing_number",), expected, actual):
            self._add(what, where)

    async def _check_reasons(self) -> None:
        """Every reason is the one of its event, unless it was erased with who wrote it."""
        missing = dict(self.closings.reasons)
        for record in await self._rows("audit_period_reasons"):
            said = record["written_by"], digest(note_disclosure(record["salt"], record["reason"]))
            if missing.pop(record["event_id"], None) != said:
                self._add("It is not the reason of its event.", f"period_reason, event {record['event_id']}")
        for event_id, (written_by, _) in missing.items():
            if written_by not in self.erased.members:
                self._add("The reason is missing.", f"period_reason, event {event_id}")

    async def _check_tree(self, number: int, row: Row) -> None:
        """Hash the stored balances again: their order, their digests, their root, the stored nodes."""
        where = f"period_balance, closing_number {number}"
        event_id = UUID(row["event_id"])
        tree, total, newest = CompactRange(0, ()), 0, ""
        ordered, nodes = True, dict[tuple[int, int], bytes]()
        hashes: list[bytes] = []
        async for record in self.db.stream(
            "desk/audit_period_balances", community_id=self.community_id, closing_number=number
        ):
            place = tree.size + len(hashes)
            if ordered and (record["place"] != place or record["digest"] <= newest):
                ordered = False
                self._add(f"The balance at place {record['place']} is out of its order.", where)
            newest = record["digest"]
            total += record["balance"]
            hashes.append(leaf_hash(balance_leaf(newest, record["entry_count"], record["balance"])))
            self._check_digest(where, record, event_id)
            if len(hashes) == AT_ONCE:
                tree, fresh = tree.append(hashes)
                nodes |= {(each.level, each.index): each.hash for each in fresh}
                hashes = []
        tree, fresh = tree.append(hashes)
        nodes |= {(each.level, each.index): each.hash for each in fresh}
        if str(tree.size) != row["account_count"]:
            self._add(f"There are {tree.size} balances, not {row['account_count']}.", where)
        if tree.root().hex() != row["root"]:
            self._add("The balances do not hash to the root of the closing.", where)
        if total:
            self._add(f"The balances add up to {total} seconds, and must be zero.", where)
        stored = await self._rows("audit_period_nodes", closing_number=number)
        if {(each["level"], each["node_index"]): each["node_hash"] for each in stored} != nodes:
            self._add("The stored nodes are not those of the tree.", f"period_node, closing_number {number}")

    def _check_digest(self, where: str, record: asyncpg.Record, event_id: UUID) -> None:
        if record["secret"] is None:
            if record["account_id"].bytes not in self.erased.accounts:
                self._add(f"Whose it is cannot be shown any more: account {record['account_id']}.", where)
            return
        disclosure = standing_disclosure(record["secret"], event_id, record["account_id"])
        if digest(disclosure) != record["digest"]:
            self._add(f"The digest is not that of account {record['account_id']}.", where)

    async def _check_sums(self, numbers: Sequence[int], rows: Sequence[Row]) -> None:
        """Count every closing again from all entries."""
        days = [date.fromisoformat(row["through_on"] or "") + timedelta(days=1) for row in rows]
        moments = [datetime.fromtimestamp(int(row["ends_at"] or 0), UTC) for row in rows]
        sizes = [int(row["tree_size"] or 0) for row in rows]
        for record in await self._rows(
            "audit_period_sums",
            numbers=list(numbers),
            days=_bounds_of(days),
            moments=_bounds_of(moments),
            leaves=_bounds_of(sizes),
            day_places=_places(days),
            moment_places=_places(moments),
            leaf_places=_places(sizes),
            tree_sizes=sizes,
            most=KEPT,
        ):
            self._add(
                _told(record),
                f"period_balance, closing_number {record['closing_number']}, account {record['account_id']}",
            )


def _told(record: asyncpg.Record) -> str:
    if record["balance"] is None:
        return "The account was there, and its balance is missing."
    if record["due"] is None:
        return "The account was not there yet."
    return (
        f"It says {record['balance']} seconds of {record['entry_count']} entries; the entries make"
        f" {record['due']} of {record['due_count']}."
    )


def _bounds_of(values: Sequence[Any]) -> list[Any]:
    return sorted(set(values))


def _places(values: Sequence[Any]) -> list[int]:
    """Of each value its place among the bounds: what lies below it has this place, or a lower one."""
    bounds = _bounds_of(values)
    return [bounds.index(value) for value in values]
