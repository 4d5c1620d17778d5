"""The invented co-op out of one service and into another, with a year of life in it."""

import asyncpg

from ledger.book.ledger import Ledger
from ledger.database.connections import Database
from ledger.desk.demo import SLUG
from ledger.desk.exports.community import export_community
from ledger.desk.exports.tables import EXPORTED
from ledger.desk.exports.taking_in import examine, take_in
from ledger.log.checkpoints import read_checkpoint
from ledger.log.encoding import base64
from ledger.log.keys import create_keys, load_keys
from ledger.log.published import PublishedCheckpoints
from tests.conftest import driver_arguments, in_database


async def test_a_year_of_life_goes_on_elsewhere(demo_house, server, database_url, database_name, tmp_path):
    made, folder = demo_house
    here = Database(in_database(server.url, made), pool_size=2)
    ledger = Ledger(here, load_keys(folder / "keys"), PublishedCheckpoints(folder / "checkpoints"))
    community = await ledger.community(SLUG)
    with (tmp_path / "demo.zip").open("wb") as file:
        manifest = await export_community(ledger, community, file)
    await here.close()
    create_keys(tmp_path / "keys")
    there = Database(database_url, pool_size=2)
    other = Ledger(there, load_keys(tmp_path / "keys"), PublishedCheckpoints(tmp_path / "checkpoints"))
    opened = examine(other, tmp_path / "demo.zip", [], lambda _done, _total: None)
    taken, report = await take_in(other, opened, tmp_path / "keys", "https://there.example.org")
    async with there.snapshot(taken.id) as db:
        head = await db.row("log/read_head", community_id=taken.id)
    await there.close()
    assert report.clean and report.tree_size == manifest.tree_size > 2000
    assert base64(read_checkpoint(head["checkpoint"]).root) == manifest.root
    rows = [
        await rows_of(server, name, community_id)
        for name, community_id in ((made, community.id), (database_name, taken.id))
    ]
    assert rows[0] == rows[1]


async def rows_of(server, name, community_id):
    """Every row of the community, by table, without the number it has here."""
    connection = await asyncpg.connect(**driver_arguments(server.url, name))
    try:
        found = {}
        for table in EXPORTED:
            query = f"SELECT to_jsonb(t) - 'community_id' AS row FROM {table} t WHERE community_id = $1"
            found[table] = sorted(row["row"] for row in await connection.fetch(query, community_id))
        return found
    finally:
        await connection.close()
