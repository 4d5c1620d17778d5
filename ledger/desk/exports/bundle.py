"""The auditor's bundle: what anybody needs to check the books with Python and openssl, and no Carehours.

    README.txt            what this is, and what it does not prove
    verify.py             the check (`verify_bundle.py` of this folder, as it is)
    leaves.txt            the leaves of the log, one a line, as they were hashed
    entries.csv           every entry: its leaf, its account by code, the balance after it
    accounts.csv          every account by code, with its balance
    checkpoints/<n>.txt   every signed checkpoint that was kept, and the newest
    closings.csv          closed periods, each with the disclosure of the event that says so in the log
    closings/<n>.txt      the balances at that closing, which show nobody's
    trust.json            the public keys
    SHA256SUMS            the hash of each of these; `sha256sum -c` reads it
    SHA256SUMS.note       the same, signed by the log's keys (`archive.sign_list`)

No name, no note and no secret is in it: accounts are codes. Whoever has the members' list can tell whose they are.
"""

from collections.abc import AsyncIterable, Sequence
from pathlib import Path
from typing import IO

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.database.connections import Connection
from ledger.desk.cells import csv_line
from ledger.desk.exports.archive import Advance, Archive, sign_list
from ledger.log.balances import balance_leaf
from ledger.log.encoding import canonical_json, read_base64url
from ledger.log.events import event_disclosure, read_details
from ledger.log.trust import render_trust

SCRIPT = Path(__file__).with_name("verify_bundle.py")

README = """\
The books of {name}, for whoever wants to check them. Log: {origin}

    unzip the bundle into a folder of its own, and there:
    python3 -I -S verify.py

needs Python 3.8 and openssl 3.0, no network, and none of our programs. It recomputes the hash of every leaf of the log,
its root, and the signature of every checkpoint; that every transfer sums to zero, that every account's balances follow
from its entries, that all balances together are zero, that leaves and entries are one to one, and that the balances of
closed periods are those in the log, and what the entries make. verify.py is short: read it first.

Compare the keys it names at the end with what the co-op publishes (/.well-known/carehours-trust.json), or with what you
kept from before. If you kept a checkpoint, name its file: python3 -I -S verify.py that.txt
The log must still begin with what was signed then.

What this does not prove: whose account a code is, and that care was given. That an entry is of the account that
entries.csv names is vouched for by the signature over this bundle; the log itself shows it to the people of that
account alone, in their receipts.
"""

ENTRY_HEADINGS = (
    "leaf", "place", "transfer", "kind", "service_on", "recorded", "seconds", "digest", "account", "entry_number",
    "balance_after",
)  # fmt: skip
ACCOUNT_HEADINGS = ("account", "kind", "entries", "balance", "held", "closed")
CLOSING_HEADINGS = ("closing", "through", "leaves", "accounts", "leaf", "opened_again_at", "disclosure")

AT_ONCE = 500
"""How many rows are read at once: what else the service does waits for no more than these."""


async def export_bundle(
    ledger: Ledger, community: Community, file: IO[bytes], advance: Advance = lambda _done, _total: None
) -> None:
    """Write the bundle, from one snapshot. `advance` is told (leaves and entries written, of about how many)."""
    archive = Archive(file)
    which = {"community_id": community.id}
    readme = README.format(name=community.name, origin=community.origin)
    await archive.add("README.txt", readme.encode())
    await archive.add("verify.py", SCRIPT.read_bytes())
    async with ledger.database.snapshot(community.id) as db:
        head = await db.row("log/read_head", **which)
        if head is None:
            raise LookupError(f"community {community.slug} has no log")
        size: int = head["tree_size"]
        async with archive.member("leaves.txt") as write:
            done = 0
            async for row in db.stream("desk/bundle_leaves", at_once=AT_ONCE, **which):
                await write(row["payload"] + b"\n")
                done += 1
                advance(done, 2 * size)
        await _table(archive, "entries.csv", ENTRY_HEADINGS, _told(db, which, size, advance))
        await _table(archive, "accounts.csv", ACCOUNT_HEADINGS, db.stream("desk/bundle_accounts", **which))
        async for row in db.stream("desk/bundle_checkpoints", **which):
            if row["tree_size"] != size:
                await archive.add(f"checkpoints/{row['tree_size']}.txt", row["note"].encode())
        await archive.add(f"checkpoints/{size}.txt", head["checkpoint"].encode())
        await _add_closings(archive, db, community)
    trust = render_trust([community.issuer], ledger.keys, [community.origin])
    await archive.add("trust.json", canonical_json(trust))
    sums = "".join(
        [f"{written.sha256}  {name}\n" for name, written in sorted(archive.files.items())]
    ).encode()
    note = sign_list(community.origin, sums, len(archive.files), ledger.keys)
    await archive.add("SHA256SUMS", sums)
    await archive.add("SHA256SUMS.note", note.encode())
    archive.close()
    advance(2 * size, 2 * size)


async def _told(
    db: Connection, which: dict[str, int], size: int, advance: Advance
) -> AsyncIterable[list[object]]:
    async for row in db.stream("desk/bundle_entries", at_once=AT_ONCE, **which):
        advance(size + row["leaf_index"], 2 * size)
        cells = list(row)
        # As hexadecimal digits: base64url may begin like a formula.
        cells[ENTRY_HEADINGS.index("digest")] = read_base64url(row["digest"]).hex()
        yield cells


async def _table(
    archive: Archive, name: str, headings: Sequence[str], rows: AsyncIterable[Sequence[object]]
) -> None:
    async with archive.member(name) as write:
        await write(csv_line(headings))
        async for row in rows:
            await write(csv_line(list(row)))


async def _add_closings(archive: Archive, db: Connection, community: Community) -> None:
    """Add the closings, each with what opens its event in the log, and the leaves of its own tree."""
    rows: list[Sequence[object]] = []
    for row in await db.rows("desk/bundle_closings", community_id=community.id):
        number = row["closing_number"]
        disclosure = event_disclosure(
            row["salt"],
            via=row["via"],
            author_id=row["author_id"],
            member_id=None if row["member_id"] is None else str(row["member_id"]),
            details=read_details(row["details"]),
        )
        reopened = "" if row["reopened_at"] is None else row["reopened_at"].isoformat()
        rows.append(
            (
                number,
                row["through_on"],
                row["tree_size"],
                row["account_count"],
                row["leaf_index"],
                reopened,
                disclosure,
            )
        )
        async with archive.member(f"closings/{number}.txt") as write:
            stood = db.stream("desk/bundle_standings", community_id=community.id, closing_number=number)
            async for each in stood:
                await write(balance_leaf(each["digest"], each["entry_count"], each["balance"]) + b"\n")

    async def told() -> AsyncIterable[Sequence[object]]:
        for each in rows:
            yield each

    await _table(archive, "closings.csv", CLOSING_HEADINGS, told())
