"""Each account's own rows: how it was opened, each change of its limits, its balance row, its holds."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from ledger.book.commands import (
    AccountKind,
    CloseAccount,
    OpenAccount,
    PlaceHold,
    SetLimits,
    VoidHold,
    fingerprint,
)
from ledger.book.posting import MAX_HOLD, UNLIMITED_KINDS
from ledger.database.connections import Connection
from ledger.desk.audit.erasures import Erased
from ledger.desk.audit.findings import Findings
from ledger.desk.audit.standings import Limits, Standing, Standings
from ledger.desk.audit.tree import instant

SECRET_BYTES = 32


@dataclass(slots=True)
class BalanceRow:
    """The row of `balance`, to be compared when the journal has been followed to its end."""

    balance: int
    held: int
    floor: int | None
    ceiling: int | None
    entry_count: int
    limits_count: int
    closed: bool


@dataclass(slots=True)
class Opened:
    """What an account was opened with, as far as it is known: its request's fingerprint, and the row's columns."""

    kind: AccountKind | None
    peer_slug: str | None
    name: str | None
    opened_at: str | None
    asked: bytes | None


@dataclass(slots=True)
class Accounts:
    """All accounts of a community. `secrets` are (id, secret) of those that have one, `erased` says who need not."""

    findings: Findings
    standings: Standings
    balances: dict[UUID, BalanceRow] = field(default_factory=dict)
    opened: dict[UUID, Opened] = field(default_factory=dict)
    secrets: list[tuple[bytes, bytes]] = field(default_factory=list)
    held: Counter[UUID] = field(default_factory=Counter)
    erased: Erased = field(default_factory=Erased)

    def code(self, account_id: UUID | None) -> str:
        standing = None if account_id is None else self.standings.accounts.get(account_id.bytes)
        return str(account_id) if standing is None else standing.code

    async def read(self, db: Connection, community_id: int) -> None:
        """Read the accounts and check what does not need the journal."""
        async for row in db.stream("desk/audit_accounts", community_id=community_id):
            self._take_account(row)
        await self._read_limits(db, community_id)

    def _take_account(self, row: asyncpg.Record) -> None:
        account_id: UUID | None = row["account_id"]
        code = row["code"] or str(account_id)
        where = f"account {code}"
        if account_id is None:
            self.findings.add("unreadable", "A row has no account id.", "account, balance or account_secret")
            return
        if account_id in self.opened or account_id in self.balances:
            self.findings.add("accounts", "The account stands twice in one of the tables.", where)
            return
        for there, table in (
            ("is_account", "account"),
            ("is_balance", "balance"),
            ("is_secret", "account_secret"),
        ):
            if not row[there] and not (there == "is_secret" and account_id.bytes in self.erased.accounts):
                self.findings.add("accounts", f"The account has no row in {table}.", f"{table}, {where}")
        if row["is_secret"]:
            if account_id.bytes in self.erased.accounts:
                self.findings.add(
                    "erased",
                    "The account was erased, and its secret is still there.",
                    f"account_secret, {where}",
                )
            secret: bytes = row["secret"] or b""
            if len(secret) != SECRET_BYTES:
                self.findings.add(
                    "accounts",
                    f"The secret has {len(secret)} bytes, not {SECRET_BYTES}.",
                    f"account_secret, {where}",
                )
            else:
                self.secrets.append((account_id.bytes, secret))
        if row["is_balance"]:
            self._take_balance(account_id, row, where)
        if row["is_account"]:
            self._take_opening(account_id, row, where)
            self.standings.accounts[account_id.bytes] = Standing(code)

    def _take_balance(self, account_id: UUID, row: asyncpg.Record, where: str) -> None:
        for name in ("balance", "held", "entry_count", "limits_count", "closed"):
            if row[name] is None:
                self.findings.add("unreadable", f"balance.{name} is NULL.", f"balance, {where}")
                return
        self.balances[account_id] = BalanceRow(
            row["balance"], row["held"], row["floor"], row["ceiling"], row["entry_count"], row["limits_count"],
            row["closed"],
        )  # fmt: skip

    def _take_opening(self, account_id: UUID, row: asyncpg.Record, where: str) -> None:
        kind = None
        if row["kind"] in AccountKind.__members__.values():
            kind = AccountKind(row["kind"])
        else:
            self.findings.add("openings", f"There is no kind of account called {row['kind']!r}.", where)
        asked = None
        if row["action"] != "open_account" or row["refusal"] is not None:
            self.findings.add(
                "openings", "No request that opened this account is remembered.", f"request, {where}"
            )
        else:
            asked = row["fingerprint"]
            if row["answered_at"] != row["opened_at"]:
                self.findings.add("openings", "opened_at is not when its request was answered.", where)
        self.opened[account_id] = Opened(kind, row["peer_slug"], row["name"], row["opened_at"], asked)

    async def _read_limits(self, db: Connection, community_id: int) -> None:
        answered: Counter[tuple[bytes, str]] = Counter()
        for row in await db.rows("desk/audit_limit_requests", community_id=community_id):
            answered[row["fingerprint"], row["answered_at"]] += 1
        async for row in db.stream("desk/audit_limits", community_id=community_id):
            self._take_limits(row, answered)
        for (_, answered_at), count in (+answered).items():
            self.findings.add(
                "limit_changes",
                f"{count} change(s) of limits answered as done at {answered_at} are missing.",
                "account_limits and request",
            )
        for account_id, opened in self.opened.items():
            standing = self.standings.accounts[account_id.bytes]
            first = standing.limits[0] if standing.limits else None
            if first is None:
                self.findings.add(
                    "limit_changes", "The account has no limits.", f"account_limits, account {standing.code}"
                )
            elif opened.asked is not None and opened.kind is not None:
                self._check_opening(account_id, opened, standing.code, first)

    def _check_opening(self, account_id: UUID, opened: Opened, code: str, first: Limits) -> None:
        assert opened.kind is not None
        if opened.name is None and account_id.bytes in self.erased.accounts:
            # The fingerprint contains the name, so it went with it.
            return
        command = OpenAccount(
            account_id, opened.kind, code, first.floor, first.ceiling, opened.name, opened.peer_slug
        )
        if fingerprint(command) != opened.asked:
            self.findings.add(
                "openings",
                "Kind, code, peer, name or first limits of the account are not those it was opened with.",
                f"account, account_name or account_limits, account {code}",
            )

    def _take_limits(self, row: asyncpg.Record, answered: Counter[tuple[bytes, str]]) -> None:
        account_id: UUID | None = row["account_id"]
        add = self.findings.add
        where = f"account_limits, account {self.code(account_id)}, change {row['change_number']}"
        if any(
            row[name] is None for name in ("account_id", "change_number", "closed", "tree_size", "changed_at")
        ):
            add("unreadable", "A column is NULL.", where)
            return
        standing = self.standings.accounts.get(row["account_id"].bytes)
        if standing is None or account_id is None:
            add("accounts", "These are limits of an account that is not in the table account.", where)
            return
        opened = self.opened[account_id]
        limits = Limits(row["tree_size"], row["floor"], row["ceiling"], row["closed"])
        earlier = standing.limits[-1] if standing.limits else None
        if row["change_number"] != len(standing.limits) + 1:
            add(
                "limit_changes",
                f"Change {row['change_number']} follows change {len(standing.limits)}.",
                where,
            )
        if earlier is not None and limits.tree_size < earlier.tree_size:
            add("limit_changes", "It was made at a smaller size of the log than the change before it.", where)
        if earlier is not None and earlier.closed:
            add("limit_changes", "The account had been closed before this change.", where)
        if limits.floor is None and opened.kind is not None and opened.kind not in UNLIMITED_KINDS:
            add("limit_changes", f"An account of the kind {opened.kind} cannot be without a floor.", where)
        if (limits.floor or 0) > 0 or (limits.ceiling or 0) < 0:
            add("limit_changes", "A floor is at most zero and a ceiling at least zero.", where)
        changed_at = instant(row["changed_at"])
        before, after = instant(row["earlier_at"]), instant(row["later_at"])
        if changed_at is None:
            add("limit_changes", "changed_at is not a moment.", where)
        elif (before is not None and changed_at < before) or (after is not None and changed_at > after):
            add(
                "limit_changes",
                "changed_at does not lie between the leaves around its size of the log.",
                where,
            )
        if limits.tree_size < 0 or (limits.tree_size > 0 and before is None):
            add("limit_changes", "The log has never had the size at which it says it was made.", where)
        if earlier is None:
            if row["changed_at"] != opened.opened_at:
                add("limit_changes", "changed_at is not when the account was opened.", where)
        else:
            self._check_asked(account_id, limits, row, answered, earlier, where)
        standing.limits.append(limits)

    def _check_asked(
        self, account_id: UUID, limits: Limits, row: asyncpg.Record, answered: Counter[tuple[bytes, str]],
        earlier: Limits, where: str,
    ) -> None:  # fmt: skip
        """Is there a request that asked for this change? Its id is not known here, its fingerprint is."""
        if limits.closed:
            asked = [fingerprint(CloseAccount(account_id, account_id))]
            if (limits.floor, limits.ceiling) != (earlier.floor, earlier.ceiling):
                self.findings.add("limit_changes", "Closing an account does not change its limits.", where)
        else:
            asked = [
                fingerprint(SetLimits(account_id, account_id, limits.floor, limits.ceiling, expected))
                for expected in (None, row["change_number"] - 1)
            ]
        for candidate in asked:
            if answered[candidate, row["changed_at"]] > 0:
                answered[candidate, row["changed_at"]] -= 1
                return
        self.findings.add(
            "limit_changes", "No request is remembered that asked for these limits then.", where
        )

    def finish(self) -> None:
        """Compare the balance rows with where the journal, the holds and the changes of limits leave each account."""
        add = self.findings.add
        total = 0
        for account_id, row in self.balances.items():
            total += row.balance
            standing = self.standings.accounts.get(account_id.bytes)
            if standing is None:
                continue
            where = f"balance, account {standing.code}"
            if row.balance != standing.balance:
                add("balance", f"balance is {row.balance}; its entries make {standing.balance}.", where)
            if row.entry_count != standing.number:
                add(
                    "balance",
                    f"entry_count is {row.entry_count}; its newest entry is {standing.number}.",
                    where,
                )
            if row.held != self.held[account_id]:
                add("held", f"held is {row.held}; its unresolved holds make {self.held[account_id]}.", where)
            if row.limits_count != len(standing.limits):
                add(
                    "balance",
                    f"limits_count is {row.limits_count}, of {len(standing.limits)} changes.",
                    where,
                )
            last = standing.limits[-1] if standing.limits else None
            if last is not None and (row.floor, row.ceiling, row.closed) != (
                last.floor,
                last.ceiling,
                last.closed,
            ):
                add(
                    "balance", "floor, ceiling or closed is not what the newest change of limits says.", where
                )
            if row.floor is not None and row.balance - row.held < row.floor:
                add("limits", f"{row.balance - row.held} available is below the floor {row.floor}.", where)
        if total:
            add("zero_total", f"All balances of the community sum to {total}, not to zero.", "balance")

    def take_hold(self, row: asyncpg.Record) -> None:
        """Check one row of `audit_holds`, and count what it holds."""
        add = self.findings.add
        where = f"hold {row['hold_id']}, account {self.code(row['account_id'])}"
        if not row["is_hold"]:
            add("open_holds", "This open hold was never placed.", f"open_hold, {where}")
            return
        expires_at, placed_at = instant(row["expires_at"]), instant(row["placed_at"])
        if row["account_id"] is None or row["seconds"] is None or expires_at is None or placed_at is None:
            add("unreadable", "A column of the hold is NULL or not a moment.", where)
            return
        if row["account_id"].bytes not in self.standings.accounts:
            add("accounts", "The account of this hold is not in the table account.", where)
        if not 0 < expires_at - placed_at <= MAX_HOLD // timedelta(microseconds=1):
            add("holds", "The hold's deadline is not within two years after it was placed.", where)
        if row["placed_action"] != "place_hold" or row["placed_refusal"] is not None:
            add("holds", "No request that placed this hold is remembered.", f"request, {where}")
        else:
            if not _asked_for(row):
                add(
                    "holds",
                    "Account, seconds or expires_at of the hold are not those that were asked for.",
                    where,
                )
            if row["placed_answered_at"] != row["placed_at"]:
                add("holds", "placed_at is not when its request was answered.", where)
        if row["is_resolved"]:
            if row["is_open"]:
                add("open_holds", f"The hold was {row['outcome']}, and is still among the open ones.", where)
            self._check_end(row, expires_at, placed_at, where)
            return
        self.held[row["account_id"]] += row["seconds"]
        if not row["is_open"]:
            add("open_holds", "The hold has not ended, and is not among the open ones.", where)
        elif (row["open_account_id"], row["open_seconds"], row["open_expires_at"]) != (
            row["account_id"], row["seconds"], row["expires_at"],
        ):  # fmt: skip
            add(
                "open_holds",
                "Account, seconds or expires_at of the open hold are not those of the hold.",
                where,
            )

    def _check_end(self, row: asyncpg.Record, expires_at: int, placed_at: int, where: str) -> None:
        add = self.findings.add
        resolved_at = instant(row["resolved_at"])
        where = f"hold_resolution, {where}"
        if resolved_at is None:
            add("holds", "resolved_at is not a moment.", where)
            return
        if resolved_at < placed_at:
            add("holds", "The hold ended before it was placed.", where)
        match row["outcome"]:
            case "expired":
                if row["resolved_by"] is not None:
                    add(
                        "holds", "An expired hold was resolved by nobody, and this one names somebody.", where
                    )
                if resolved_at < expires_at:
                    add("holds", "The hold expired before its deadline.", where)
                return
            case "settled":
                self._check_settlement(row, where)
            case "voided":
                self._check_void(row, where)
            case outcome:
                add("holds", f"A hold is settled, voided or expired, not {outcome!r}.", where)
        if resolved_at >= expires_at:
            add("holds", "The hold was resolved after its deadline.", where)

    def _check_settlement(self, row: asyncpg.Record, where: str) -> None:
        add = self.findings.add
        if not row["is_transfer"] or row["transfer_hold_id"] != row["hold_id"]:
            add("holds", "The transfer that settled the hold is missing, or does not name it.", where)
            return
        if row["transfer_recorded_at"] != row["resolved_at"]:
            add("holds", "resolved_at is not when the settling transfer was recorded.", where)
        if not 0 < -(row["settled_seconds"] or 0) <= row["seconds"]:
            add(
                "holds",
                "The settling transfer does not take at most the held seconds from the account.",
                where,
            )

    def _check_void(self, row: asyncpg.Record, where: str) -> None:
        add = self.findings.add
        if row["voided_action"] != "void_hold" or row["voided_refusal"] is not None:
            add("holds", "No request that released this hold is remembered.", where)
            return
        if row["voided_fingerprint"] != fingerprint(VoidHold(row["resolved_by"], row["hold_id"])):
            add("holds", "The request that released this hold was about another.", where)
        if row["voided_answered_at"] != row["resolved_at"]:
            add("holds", "resolved_at is not when the release was answered.", where)


def _asked_for(row: asyncpg.Record) -> bool:
    moment = datetime.fromisoformat(row["expires_at"])
    if not 2000 <= moment.year < 9999:
        return False
    placed = PlaceHold(row["hold_id"], row["account_id"], row["seconds"], moment)
    return bool(fingerprint(placed) == row["placed_fingerprint"])
