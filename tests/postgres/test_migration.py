"""A community of version 0001 after the migration: nothing of it is lost or changed, and everything goes on.

Its rows are posted with today's code into a new database and then carried, in the columns that 0001 had, into a
database that was migrated no further than 0001.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from api.app import create_app
from api.settings import Settings
from ledger.book.commands import (
    AccountKind,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    TransferKind,
)
from ledger.book.ledger import Ledger
from ledger.book.posting import Done, Posted, Refused
from ledger.database.connections import Database
from ledger.database.migrate import migrate
from ledger.desk.audit import audit_community
from ledger.log.published import PublishedCheckpoints
from ledger.log.trust import Trust
from ledger.log.verification import verify
from tests.conftest import ISSUER, administer, driver_arguments, in_database

OLD_TOKEN = f"ch_{'0' * 12}_{'a' * 43}"
BANK, ANA, BEN, POT = (uuid4() for _ in range(4))
GIFT, CARE, NOTED, UNDONE, REFUSED, HOLD, OPEN_HOLD, SETTLED = (uuid4() for _ in range(8))

NEWEST = "0012"
MIGRATIONS = Path(__file__).parents[2] / "ledger" / "database" / "migrations"


async def upgrade(url, revision):
    """As `migrate` does, but no further than this revision."""

    def run(connection):
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    database = Database(url, role=None, pool_size=1)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(run)
            return await connection.scalar(text("SELECT version_num FROM alembic_version"))
    finally:
        await database.close()


def transfer(transfer_id, kind, source, target, seconds, **more):
    return PostTransfer(transfer_id, kind, ((source, -seconds), (target, seconds)), **more)


async def lived_in(ledger):
    """A community as machines filled it before there were members: every kind of row that 0001 could hold."""
    oak = await ledger.found("oak", "Oak Hill", ISSUER, "care.example.org/oak")
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    batches = [
        [
            OpenAccount(BANK, AccountKind.ISSUANCE, "bank", None, None),
            OpenAccount(ANA, AccountKind.MEMBER, "ana", -36_000, None, "Ana"),
            OpenAccount(BEN, AccountKind.MEMBER, "ben", -36_000, 360_000, "Ben"),
            OpenAccount(POT, AccountKind.POT, "pot", 0, None, "The pot"),
        ],
        [transfer(GIFT, TransferKind.GRANT, BANK, POT, 7200)],
        [transfer(CARE, TransferKind.CARE, ANA, BEN, 3600), SetLimits(uuid4(), BEN, -7200, 360_000, 1)],
        [transfer(NOTED, TransferKind.GIFT, BEN, POT, 900, note="for the bench")],
        [ReverseTransfer(UNDONE, NOTED, "twice"), transfer(REFUSED, TransferKind.GIFT, POT, ANA, 10**6)],
        [PlaceHold(HOLD, POT, 1800, soon), PlaceHold(OPEN_HOLD, POT, 600, soon)],
        [transfer(SETTLED, TransferKind.SETTLE, POT, ANA, 1800, hold_id=HOLD)],
    ]
    for batch in batches:
        answers = await ledger.post(oak, batch)
        refused = [each for each in answers if isinstance(each.outcome, Refused)]
        assert len(refused) == (1 if any(each.id == REFUSED for each in batch) else 0)
    return oak


COLUMNS = (
    "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS columns"
    " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
    " GROUP BY table_name ORDER BY table_name"
)


async def columns_of(db):
    return {row["table_name"]: row["columns"] for row in await db.fetch(COLUMNS)}


async def rows_of(db, columns):
    """Every row of these tables in these columns."""
    return {
        table: sorted(map(repr, await db.fetch(f"SELECT {', '.join(names)} FROM {table}")))
        for table, names in columns.items()
    }


@pytest.fixture
def old_name(server):
    name = f"old_{uuid4().hex[:12]}"
    asyncio.run(administer(server.url, f"CREATE DATABASE {name}"))
    yield name
    asyncio.run(administer(server.url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def old(server, old_name):
    """The owner's connection to a database at 0001."""
    assert await upgrade(in_database(server.url, old_name), "0001") == "0001"
    connection = await asyncpg.connect(**driver_arguments(server.url, old_name))
    yield connection
    await connection.close()


@pytest.fixture
async def oak(ledger, owner, old):
    """The community, in the old database too, with a token of that time."""
    oak = await lived_in(ledger)
    columns = await columns_of(old)
    for table in sorted(columns, key=lambda table: table != "community"):
        names = columns[table]
        rows = await owner.fetch(f"SELECT {', '.join(names)} FROM {table}")
        await old.copy_records_to_table(table, records=map(tuple, rows), columns=names)
    await old.execute("SELECT setval(pg_get_serial_sequence('community', 'community_id'), 1)")
    await old.execute(
        "INSERT INTO api_token VALUES ($1, $2, $3, 'the till', now(), now() + interval '1 year')",
        OLD_TOKEN.split("_")[1],
        oak.id,
        sha256(OLD_TOKEN.encode()).digest(),
    )
    filled = {table for table, rows in (await rows_of(old, await columns_of(old))).items() if rows}
    empty = {"checkpoint", "import_file", "import_line", "log_node"}
    assert filled | empty == set(await columns_of(old))
    return oak


@pytest.fixture
async def migrated_url(server, old_name, old, oak):
    url = in_database(server.url, old_name)
    assert await migrate(url) == ("0001", NEWEST)
    return url


async def test_no_row_is_lost_or_changed(server, old_name, old, oak):
    columns = await columns_of(old)
    before = await rows_of(old, columns)
    await migrate(in_database(server.url, old_name))
    assert await rows_of(old, columns) == before


async def test_what_people_brought_is_empty(migrated_url, old, owner):
    columns = await columns_of(old)
    rows = await rows_of(old, columns)
    assert not rows["event"] and not rows["member"] and not rows["transfer_author"]
    authors = await old.fetch("SELECT via, author_digest FROM transfer")
    assert authors and all(row["via"] is None and row["author_digest"] is None for row in authors)


async def test_the_old_token_opens_all_it_opened_and_the_book_goes_on(migrated_url, keys, tmp_path):
    settings = Settings(url=ISSUER, data=tmp_path, database_url=migrated_url, log_level="error", environ={})
    app = create_app(settings)
    base = "/v1/communities/oak"
    headers = {"authorization": f"Bearer {OLD_TOKEN}"}
    transport = httpx.ASGITransport(app=app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url=ISSUER, headers=headers) as old,
    ):

        async def post(path, body):
            return await old.post(base + path, json=body, headers={"idempotency-key": str(uuid4())})

        # read, and names with it, as every token could
        account = (await old.get(f"{base}/accounts/{ANA}")).json()
        assert (account["balance"], account["name"]) == (-1800, "Ana")
        trust = Trust.from_json((await old.get("/.well-known/carehours-trust.json")).content)
        for transfer_id in (GIFT, CARE, NOTED, UNDONE, SETTLED):
            told = (await old.get(f"{base}/transfers/{transfer_id}")).json()
            disclosures = [entry["disclosure"] for entry in told["entries"]]
            result = verify("~".join([told["receipt"], *disclosures, ""]).encode(), trust)
            assert result.valid and result.payload["jti"] == str(transfer_id), told
        # post
        entries = [{"account": str(ANA), "seconds": -60}, {"account": str(BEN), "seconds": 60}]
        assert (await post("/transfers", {"kind": "care", "entries": entries})).status_code == 201
        assert (await post(f"/transfers/{CARE}/reversal", {"reason": "twice"})).status_code == 201
        assert (await post(f"/holds/{OPEN_HOLD}/void", {})).status_code == 200
        # manage
        opened = await post("/accounts", {"kind": "member", "code": "cleo", "name": "Cleo"})
        assert opened.status_code == 201
        # members
        assert (await old.get(f"{base}/members")).status_code == 200


async def test_what_was_asked_before_is_answered_as_it_was_and_the_audit_is_clean(
    migrated_url, keys, oak, tmp_path
):
    database = Database(migrated_url, pool_size=4)
    ledger = Ledger(database, keys, PublishedCheckpoints(tmp_path / "checkpoints"))
    try:
        [again, other, refused, posted] = [
            (await ledger.post(oak, [asked]))[0].outcome
            for asked in (
                transfer(CARE, TransferKind.CARE, ANA, BEN, 3600),
                transfer(CARE, TransferKind.CARE, ANA, BEN, 3601),
                transfer(REFUSED, TransferKind.GIFT, POT, ANA, 10**6),
                transfer(uuid4(), TransferKind.CARE, ANA, BEN, 60),
            )
        ]
        assert type(again).__name__ == "Replayed"
        assert isinstance(other, Refused) and not other.replayed
        assert isinstance(refused, Refused) and refused.replayed
        assert isinstance(posted, Posted)
        elm = await ledger.found("elm", "Elm Street", ISSUER, "care.example.org/elm")
        assert elm.id != oak.id
        opened = (await ledger.post(elm, [OpenAccount(ANA, AccountKind.MEMBER, "ana", 0, None)]))[0].outcome
        assert isinstance(opened, Done)
        for community in (oak, elm):
            report = await audit_community(ledger, community, folder=tmp_path / "audits")
            assert report.findings == []
    finally:
        await database.close()


async def test_migrating_again_changes_nothing(migrated_url, old):
    columns = await columns_of(old)
    before = await rows_of(old, columns), await rights_in(old)
    assert await migrate(migrated_url) == (NEWEST, NEWEST)
    assert await columns_of(old) == columns
    assert (await rows_of(old, columns), await rights_in(old)) == before


async def test_two_services_that_start_at_once_migrate_one_after_the_other(server, old_name, old):
    url = in_database(server.url, old_name)
    assert sorted(await asyncio.gather(*[migrate(url) for _ in range(3)])) == [
        ("0001", NEWEST),
        (NEWEST, NEWEST),
        (NEWEST, NEWEST),
    ]


RIGHTS = """
    SELECT c.relname AS of, NULL AS part, a.privilege_type AS may
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee IN (0, 'carehours_service'::regrole)
    UNION ALL
    SELECT c.relname, t.attname, a.privilege_type
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee IN (0, 'carehours_service'::regrole)
    UNION ALL
    SELECT p.proname, NULL, coalesce(p.proacl::text, 'everybody')
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT tablename, policyname, cmd || roles::text || qual || coalesce(with_check, '')
    FROM pg_policies WHERE schemaname = 'public'
"""


async def rights_in(db):
    """What the service's role, and everybody, may do in the database; and the policies of its tables."""
    return {tuple(row) for row in await db.fetch(RIGHTS)}


# Erasing a person takes the salts that tie them to the log.
MAY_CHANGE = {("event", "salt", "UPDATE"), ("transfer_author", "salt", "UPDATE")}
HISTORY = {
    *("transfer", "entry", "log_leaf", "log_node", "checkpoint", "event", "transfer_author", "account"),
    *("account_limits", "hold", "hold_resolution", "community", "import_file"),
}


async def test_a_migrated_database_gives_the_service_the_rights_of_a_new_one(migrated_url, old, owner):
    migrated = await rights_in(old)
    assert migrated == await rights_in(owner)
    # tests/postgres/test_tenancy.py lists all that may change; of what happened nothing may.
    changing = {right for right in migrated if right[0] in HISTORY and right[2] in ("UPDATE", "DELETE")}
    assert changing == MAY_CHANGE
    known = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    tables = set(await columns_of(old))
    of_tables = {
        (of, part, may) for of, part, may in migrated if of in tables and part != "entered_community"
    }
    assert {may for *_, may in of_tables} == known
    assert {may for of, _, may in migrated if of == "alembic_version"} <= {"SELECT"}
    assert {(part, may) for of, part, may in of_tables if of in HISTORY} >= {
        (None, "SELECT"),
        (None, "INSERT"),
    }
