"""A community's zip taken in: written in one transaction, audited in it, and kept only when the audit is clean.

The community keeps its slug, the origin of its log and the URL in its receipts. Nothing is added to its log, so it has
the root that was exported; what is posted from then on is signed by this service's keys. The keys that signed before
are kept beside ours, for this log alone (`log.keys.adopt_keys`), so the old checkpoints and receipts stay good.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.database.connections import Connection
from ledger.desk.audit.run import AuditReport, audit_within
from ledger.desk.exports.archive import Advance
from ledger.desk.exports.community import NDJSON, read_columns, read_schema
from ledger.desk.exports.moving import read_moved_to
from ledger.desk.exports.opening import Opened, ZipRefused, open_zip
from ledger.desk.exports.tables import EXPORTED
from ledger.log.checkpoints import Checkpoint, MalformedNote, read_checkpoint
from ledger.log.keys import adopt_keys
from ledger.log.merkle import EMPTY_ROOT
from ledger.log.signing import AdoptedKeys

TOLD_FINDINGS = 3


def examine(ledger: Ledger, path: Path, slugs: Sequence[str], advance: Advance) -> Opened:
    """Look at the whole zip, and whether this service may have it. `slugs` are those it has. Raises ZipRefused."""
    opened, _ = open_zip(path, advance)
    community = opened.manifest.community
    if community["slug"] in slugs:
        raise ZipRefused(
            f"this service has a community {community['slug']} already, and nothing of it is replaced."
        )
    try:
        note = ledger.published.read(community["slug"])
        kept = None if note is None else read_checkpoint(note)
    except (MalformedNote, OSError):
        raise ZipRefused(
            f"the checkpoint files of {community['slug']} in {ledger.published.folder} are spoilt: look at them first."
        ) from None
    if kept is not None:
        _refuse_fork(path, opened, kept)
    return opened


def _refuse_fork(path: Path, opened: Opened, kept: Checkpoint) -> None:
    """Refuse a zip that is older than what this service has published of the same log, or is another log."""
    root = EMPTY_ROOT
    if 0 < kept.size <= opened.checkpoint.size:
        _, root = open_zip(path, wanted_size=kept.size)
    if kept.origin != opened.checkpoint.origin or kept.size > opened.checkpoint.size or root != kept.root:
        raise ZipRefused(
            f"this service has published a checkpoint of {kept.origin} over {kept.size} leaves, which the log in the"
            " zip does not continue: it is an older export, or another log."
        )


def is_signed_here(ledger: Ledger, opened: Opened) -> bool:
    """Whether a key of this service signed the zip, so that nobody needs to say whose it is."""
    own = {key.kid for key in ledger.keys.log}
    return bool(own & set(opened.signers))


async def take_in(
    ledger: Ledger, opened: Opened, keys_folder: Path, url: str, advance: Advance = lambda _done, _total: None
) -> tuple[Community, AuditReport]:
    """Write the community, audit it, and keep it when the audit is clean. Raises ZipRefused, and then nothing is kept.

    `url` is this service's: a community that moved to another one is not taken in here.
    `advance` is told (lines written, of how many), then (leaves audited, of how many).
    """
    keys = ledger.keys
    _adopt_in_memory(ledger, opened)
    try:
        return await _take_in(ledger, opened, keys_folder, url, advance)
    except BaseException:
        ledger.keys = keys
        raise


async def _take_in(
    ledger: Ledger, opened: Opened, keys_folder: Path, url: str, advance: Advance
) -> tuple[Community, AuditReport]:
    said = opened.manifest.community
    async with ledger.database.transaction() as db:
        schema = await read_schema(db)
        if schema != opened.manifest.schema:
            raise ZipRefused(
                f"it comes from a Carehours whose schema is {opened.manifest.schema}, and this one has {schema}. Bring"
                " the older of the two up to date (the same version, then: carehours migrate), and export anew."
            )
        row = await db.row(
            "book/insert_community",
            slug=said["slug"],
            name=said["name"],
            issuer=said["issuer"],
            origin=said["origin"],
            founded_at=opened.founded_at,
        )
        if row is None:
            raise ZipRefused(
                f"this service has a community {said['slug']}, or a log {said['origin']}, already."
            )
        community = Community(row["community_id"], said["slug"], said["name"], said["issuer"], said["origin"])
        await db.enter(community.id)
        await _write_tables(db, community, opened, advance)
        await _check_head(db, community, opened)
        moved_to = await read_moved_to(db, community.id)
        if moved_to not in (None, url):
            raise ZipRefused(
                f"it moved to {moved_to}, and this service is {url}: two that took it in would grow one log. Undo the"
                f" move where it comes from (carehours community move --undo), and move it to {url}."
            )
        report = await audit_within(ledger, community, db, advance)
        if not report.clean:
            told = "; ".join([f"{each.what} ({each.where})" for each in report.findings[:TOLD_FINDINGS]])
            raise ZipRefused(f"the audit of what is in it has findings, so nothing of it was kept: {told}")
        # It has arrived.
        await db.run("desk/set_moved_to", community_id=community.id, moved_to=None)
        # Before the commit: a checkpoint whose signer is unknown would stop the community at the next start.
        if set(opened.trust.receipt_keys.values()) - {key.public for key in ledger.keys.receipt} or {
            vkey.public for vkey in opened.trust.logs[community.origin]
        } - {key.public for key in ledger.keys.log}:
            adopt_keys(keys_folder, community.origin, opened.trust_bytes)
    ledger.published.write(community.slug, opened.checkpoint.size, opened.manifest.checkpoint)
    return community, report


def _adopt_in_memory(ledger: Ledger, opened: Opened) -> None:
    origin = opened.checkpoint.origin
    adopted = AdoptedKeys(
        tuple(opened.trust.receipt_keys.values()), tuple([vkey.public for vkey in opened.trust.logs[origin]])
    )
    ledger.keys = replace(ledger.keys, adopted={**ledger.keys.adopted, origin: adopted})


async def _write_tables(db: Connection, community: Community, opened: Opened, advance: Advance) -> None:
    columns = await read_columns(db)
    await db.driver.execute("CREATE TEMPORARY TABLE taken_in (line json NOT NULL) ON COMMIT DROP")
    total = sum(file["lines"] for file in opened.manifest.files.values())
    done = 0

    async def lines(table: str) -> AsyncIterator[bytes]:
        nonlocal done
        for piece in opened.pieces(table):
            done += piece.count(b"\n")
            advance(done, total)
            yield piece

    for table in EXPORTED:
        names = [f'"{each.name}"' for each in columns[table]]
        # All rows in one statement: the trigger that sums the entries of a transfer sees whole transfers.
        insert = (
            f"INSERT INTO {table} (community_id, {', '.join(names)})"  # noqa: S608 - names are the schema's own
            f" SELECT $1, {', '.join([f'r.{name}' for name in names])} FROM taken_in"
            f" CROSS JOIN LATERAL json_populate_record(CAST(NULL AS {table}), taken_in.line) r"
        )
        options: dict[str, Any] = {**NDJSON, "columns": ["line"]}
        try:
            await db.driver.copy_to_table("taken_in", source=lines(table), **options)
            await db.driver.execute(insert, community.id)
            await db.driver.execute("TRUNCATE taken_in")
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as problem:
            # Its own words would quote the row.
            raise ZipRefused(
                f"a row of tables/{table}.ndjson cannot be written ({type(problem).__name__}): it was changed by hand."
            ) from None


async def _check_head(db: Connection, community: Community, opened: Opened) -> None:
    head = await db.row("log/read_head", community_id=community.id)
    if head is None or (head["tree_size"], head["checkpoint"]) != (
        opened.checkpoint.size,
        opened.manifest.checkpoint,
    ):
        raise ZipRefused("the head in tables/log_head.ndjson is not the one the manifest speaks of.")
