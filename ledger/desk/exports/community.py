"""A whole community as one zip that another Carehours takes in, with its log, so that old receipts still verify.

    manifest.json       what it is: see `Manifest`; the SHA-256 of every other file
    manifest.note       the same, signed by the log's keys (`archive.sign_list`)
    trust.json          the public keys that signed receipts and checkpoints of this log, retired ones too
    README.txt          for whoever finds the file
    tables/<name>.ndjson   the rows of a table, one JSON object a line, in the order of their key

It holds names, notes and the secrets of the accounts: whoever has it has the community. From one snapshot; the same
state gives the same bytes, and only what is being written is in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.database.connections import Connection
from ledger.desk.exports.archive import Advance, Archive, Write, Written, sign_list
from ledger.desk.exports.tables import EXPORTED
from ledger.log.checkpoints import read_checkpoint
from ledger.log.encoding import base64, canonical_json
from ledger.log.trust import render_trust

FORMAT = "carehours-community"
VERSION = 1

README = """\
This is a whole community of Carehours, in one file: its members, its books and its log.

IT HOLDS PERSONAL DATA: names, addresses, private notes, and the secrets that tie people to the log. Keep it as you
would keep the members' files themselves, send it only over a channel you trust, and delete it when it was taken in.

To take it in, on the machine of another Carehours with the same version:

    carehours community import FILE.zip

The community then goes on there. Where it comes from, it must have been moved with `carehours community move`: two
services that both went on would be two logs under one name.
"""

# What a line of JSON never contains can part and quote the one column of a COPY: then neither is ever written.
NDJSON = {"format": "csv", "delimiter": "\x02", "quote": "\x01"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` says. `schema` is the revision of the database's schema, `root` base64."""

    format: str
    version: int
    schema: str
    community: Mapping[str, str]
    tree_size: int
    root: str
    checkpoint: str
    files: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    key_place: int | None


async def read_columns(db: Connection) -> dict[str, list[Column]]:
    """The columns of every exported table, in their order, without the community's number."""
    columns: dict[str, list[Column]] = {name: [] for name in EXPORTED}
    for row in await db.rows("desk/export_columns", tables=list(EXPORTED)):
        columns[row["table_name"]].append(Column(row["column_name"], row["type_name"], row["key_place"]))
    return columns


async def read_schema(db: Connection) -> str:
    """The revision of the database's schema."""
    row = await db.row("desk/read_schema")
    return "" if row is None else str(row["version_num"])


async def export_community(
    ledger: Ledger, community: Community, file: IO[bytes], advance: Advance = lambda _done, _total: None
) -> Manifest:
    """Write the community's zip. `advance` is told (rows written, of how many)."""
    archive = Archive(file)
    async with ledger.database.snapshot(community.id) as db:
        columns = await read_columns(db)
        total = sum([await _count(db, community, table) for table in EXPORTED])
        done = 0
        for table in EXPORTED:
            async with archive.member(f"tables/{table}.ndjson") as write:

                async def counted(piece: bytes, write: Write = write) -> None:
                    nonlocal done
                    done += piece.count(b"\n")
                    advance(done, total)
                    await write(piece)

                query = _rows_of(community, table, columns[table])
                await db.driver.copy_from_query(query, output=counted, **NDJSON)
        head = await db.row("log/read_head", community_id=community.id)
        founded = await db.row("desk/read_founded_at", community_id=community.id)
        schema = await read_schema(db)
    if head is None or founded is None:
        raise LookupError(f"community {community.slug} has no log")
    await archive.add("README.txt", README.encode())
    trust = render_trust([community.issuer], ledger.keys, [community.origin])
    await archive.add("trust.json", canonical_json(trust))
    manifest = Manifest(
        FORMAT,
        VERSION,
        schema,
        {
            "slug": community.slug,
            "name": community.name,
            "issuer": community.issuer,
            "origin": community.origin,
            "founded_at": founded["founded_at"].isoformat(),
        },
        head["tree_size"],
        base64(read_checkpoint(head["checkpoint"]).root),
        head["checkpoint"],
        {name: _said(written) for name, written in archive.files.items()},
    )
    content = canonical_json(asdict(manifest))
    await archive.add("manifest.json", content)
    note = sign_list(community.origin, content, len(manifest.files), ledger.keys)
    await archive.add("manifest.note", note.encode())
    archive.close()
    return manifest


def _said(written: Written) -> dict[str, str | int]:
    return {"sha256": written.sha256, "bytes": written.bytes, "lines": written.lines}


async def _count(db: Connection, community: Community, table: str) -> int:
    # The table's name is one of ours, and the number is the community's own.
    query = f"SELECT count(*) FROM {table} WHERE community_id = $1"  # noqa: S608 - see above
    count: int = await db.driver.fetchval(query, community.id)
    return count


def _rows_of(community: Community, table: str, columns: Sequence[Column]) -> str:
    """A query that gives each row of a table as JSON, in the order of its key, whatever the database sorts texts by."""
    key = sorted(
        [each for each in columns if each.key_place is not None], key=lambda each: each.key_place or 0
    )
    order = [
        "community_id",
        *(f'{each.name} COLLATE "C"' if each.type == "text" else each.name for each in key),
    ]
    names = ", ".join([f'"{each.name}"' for each in columns])
    return (
        f"SELECT row_to_json(r) FROM (SELECT {names} FROM {table}"  # noqa: S608 - names are the schema's own
        f" WHERE community_id = {int(community.id)} ORDER BY {', '.join(order)}) r"
    )
