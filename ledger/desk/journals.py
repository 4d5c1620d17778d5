"""The whole book as a plain-text journal, for hledger and for beancount.

Both programs re-add every entry and check every final balance by themselves: the journal ends with an
assertion for each account. What was chosen, and why:

- The commodity is `SEC`, whole seconds. Hours with decimals would be wrong for a third of an hour.
- Signs are the ledger's: plus for the account that gains. Seen from the holders, hours in a member's,
  household's or pot's account are assets, and issuance, clearing and difference accounts are where they
  came from. So in beancount `Assets:Member:M12` stands beside `Equity:Issuance:Issuance`, and every balance
  is exactly the ledger's, not its opposite.
- A transaction has the day of the care, or where there is none the day it was recorded by the community's
  clock; a reversal has the day of what it reverses. Reports by month then show when care was given, also for
  an imported history, which was all recorded on one day, and a balance as of a day is what a closing of that
  day would say now. The order of posting is in `leaf`, the recorded day in `recorded`. Final balances don't
  depend on the choice.
- No names and no notes: an account is its kind and code, a transaction its kind, transfer id and place in
  the log. Whatever a code holds beyond ASCII letters, digits and `-` becomes `-`; should two accounts of a
  kind then look the same, each gets its id as well.

Entries are streamed from one snapshot; only the accounts are held in memory.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.database.connections import Connection
from ledger.hours.hours import Hours

COMMODITY = "SEC"

_ROOTS = {
    "member": "Assets",
    "household": "Assets",
    "pot": "Assets",
    "issuance": "Equity",
    "clearing": "Equity",
    "difference": "Equity",
}


async def hledger(ledger: Ledger, community: Community) -> AsyncIterator[str]:
    """The book in hledger's format, line by line."""
    async with ledger.database.snapshot(community.id) as db:
        dated = await _dated(ledger, db, community)
        accounts = await db.rows("desk/journal_accounts", community_id=community.id)
        names = hledger_names((row["account_id"], row["kind"], row["code"]) for row in accounts)
        _, last_on = await _days(db, dated)
        yield f"; {community.slug}: every transfer, in whole seconds\n"
        yield f"commodity 1000. {COMMODITY}\n\n"
        for row in accounts:
            yield f"account {names[row['account_id']]}\n"
        async for lines in _transactions(db, dated, names, _hledger_head):
            yield lines
        if last_on is not None:
            yield f"\n{last_on + timedelta(days=1)} * balances\n"
            for row in accounts:
                yield f"    {names[row['account_id']]}  0 {COMMODITY} = {row['balance']} {COMMODITY}\n"


async def beancount(ledger: Ledger, community: Community) -> AsyncIterator[str]:
    """The book in beancount's format, line by line."""
    async with ledger.database.snapshot(community.id) as db:
        dated = await _dated(ledger, db, community)
        accounts = await db.rows("desk/journal_accounts", community_id=community.id)
        names = beancount_names((row["account_id"], row["kind"], row["code"]) for row in accounts)
        first_on, last_on = await _days(db, dated)
        yield f"; {community.slug}: every transfer, in whole seconds\n"
        yield f'option "title" "{community.slug}"\n'
        yield f'option "operating_currency" "{COMMODITY}"\n\n'
        if first_on is None or last_on is None:
            return
        yield f"{first_on} commodity {COMMODITY}\n"
        for row in accounts:
            yield f"{first_on} open {names[row['account_id']]} {COMMODITY}\n"
        async for lines in _transactions(db, dated, names, _beancount_head):
            yield lines
        # An assertion holds at the beginning of its day.
        yield "\n"
        for row in accounts:
            yield (
                f"{last_on + timedelta(days=1)} balance {names[row['account_id']]}"
                f"  {row['balance']} {COMMODITY}\n"
            )


def hledger_names(accounts: Iterable[tuple[UUID, str, str]]) -> dict[UUID, str]:
    """`member:m12` for each (id, kind, code)."""
    return _unlike(accounts, lambda kind, code: f"{kind}:{code}")


def beancount_names(accounts: Iterable[tuple[UUID, str, str]]) -> dict[UUID, str]:
    """`Assets:Member:M12` for each (id, kind, code): a component begins with a capital or a digit."""
    return _unlike(accounts, lambda kind, code: f"{_ROOTS[kind]}:{kind.capitalize()}:{_capital(code)}")


def _capital(code: str) -> str:
    code = code.lstrip("-")
    return code[:1].upper() + code[1:] or "X"


def _unlike(accounts: Iterable[tuple[UUID, str, str]], name: Callable[[str, str], str]) -> dict[UUID, str]:
    names: dict[UUID, str] = {}
    owners: dict[str, list[UUID]] = {}
    for account_id, kind, code in accounts:
        plain = name(kind, re.sub(r"[^A-Za-z0-9-]", "-", code))
        names[account_id] = plain
        owners.setdefault(plain, []).append(account_id)
    for plain, account_ids in owners.items():
        if len(account_ids) > 1:
            names.update((account_id, f"{plain}-{account_id.hex}") for account_id in account_ids)
    return names


async def _dated(ledger: Ledger, db: Connection, community: Community) -> dict[str, Any]:
    """What the statements ask for: the community, and the zone of its clock."""
    hours = await Hours(ledger).read(db, community, ledger.now())
    return {"community_id": community.id, "zone": hours.policy.timezone}


async def _days(db: Connection, dated: dict[str, Any]) -> tuple[date | None, date | None]:
    row = await db.row("desk/journal_dates", **dated)
    return (None, None) if row is None else (row["first_on"], row["last_on"])


async def _transactions(
    db: Connection, dated: dict[str, Any], names: dict[UUID, str], head: Callable[[Any], str]
) -> AsyncIterator[str]:
    """Each transaction as one piece of text of several lines."""
    piece = ""
    leaf_index = -1
    async for row in db.stream("desk/journal_entries", **dated):
        if row["leaf_index"] != leaf_index:
            if piece:
                yield piece
            leaf_index = row["leaf_index"]
            piece = head(row)
        piece += f"    {names[row['account_id']]}  {row['seconds']} {COMMODITY}\n"
    if piece:
        yield piece


def _hledger_head(row: Any) -> str:
    reverses = "" if row["reverses_id"] is None else f", reverses:{row['reverses_id']}"
    return (
        f"\n{row['counts_on']} * {row['kind']}"
        f"  ; transfer:{row['transfer_id']}, leaf:{row['leaf_index']}, recorded:{row['recorded_on']}"
        f"{reverses}\n"
    )


def _beancount_head(row: Any) -> str:
    reverses = "" if row["reverses_id"] is None else f'    reverses: "{row["reverses_id"]}"\n'
    return (
        f'\n{row["counts_on"]} * "{row["kind"]}"\n'
        f'    transfer: "{row["transfer_id"]}"\n    leaf: {row["leaf_index"]}\n'
        f"    recorded: {row['recorded_on']}\n{reverses}"
    )
