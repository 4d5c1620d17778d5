# ruff: noqa: E501  # the tamper table is read row by row
"""The audit: silent over an honest book, and never silent over one that somebody with the owner's rights changed."""

import asyncio
import stat
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.book.authors import Author, Event, Via
from ledger.book.commands import (
    AccountKind,
    Act,
    CloseAccount,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    TransferKind,
    VoidHold,
)
from ledger.book.ledger import Ledger
from ledger.book.posting import Done, Posted
from ledger.database.connections import Connection, Database
from ledger.desk.audit import AuditReport, audit_community
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.keys import KeyRing, create_keys
from ledger.log.merkle import CompactRange, leaf_hash
from ledger.log.published import PublishedCheckpoints
from tests.conftest import administer, driver_arguments, in_database
from tests.random_commands import commands, opening

SPACE = UUID(int=7)
ISSUER = "https://care.example.org"
_names = count()

# Leaves of the book that stand for something.
PLAIN, NOTED, DATED = 100, 102, 101
REVERSAL, SETTLED = 120, 130
AUTHORED, NOTED_AND_AUTHORED = 103, 105
# Events, and what became of Zoe: two transfers with notes and two others name her, two events, and her erasure.
ABOUT_ZOE, BY_ZOE, ERASURE, EVENT = 169, 180, 229, 240
OF_ZOE = 21
SIZE = 300


def named(text):
    return uuid5(SPACE, text)


ZOE, ZOES = named("member Zoe"), named("zoe")
BEN, MIA = named("member Ben"), named("member Mia")
COORDINATOR = Author(Via.COORDINATOR, member_id=MIA)


@dataclass
class Book:
    """A copy of the book below, with a superuser's connection beside the ledger's own."""

    ledger: Ledger
    community: object
    owner: asyncpg.Connection
    keys: KeyRing
    folder: object

    async def audit(self, **how):
        return await audit_community(self.ledger, self.community, folder=self.folder / "audits", **how)

    async def tamper(self, sql):
        await self.owner.execute(LOOSEN)
        await self.owner.execute(sql)


# What stands between a superuser and any row at all.
LOOSEN = """
SET session_replication_role = replica;
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT conrelid::regclass AS table_name, conname FROM pg_constraint
        WHERE contype IN ('c', 'f', 'u') AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', c.table_name, c.conname); END LOOP;
    ALTER TABLE community ALTER community_id DROP IDENTITY;
END $$;
"""


def acting(*events, erase=None):
    """What goes with a batch: these events; and `erase` deletes first what a person wants to be gone."""

    async def also(db, _decision, _now):
        if erase is not None:
            await db.driver.execute(erase)
        return events

    return also


def erasing(member_id, account_id):
    """What the service deletes of a person with one account, and the event that says so."""
    of_theirs = f"IN (SELECT t.transfer_id FROM transfer t JOIN entry e USING (community_id, leaf_index) WHERE e.account_id = '{account_id}')"
    erase = f"""
        DELETE FROM account_secret WHERE account_id = '{account_id}';
        DELETE FROM account_name WHERE account_id = '{account_id}';
        DELETE FROM transfer_note WHERE transfer_id {of_theirs};
        UPDATE event SET salt = NULL WHERE member_id = '{member_id}' OR author_id = '{member_id}';
        UPDATE transfer_author SET salt = NULL WHERE member_id = '{member_id}' OR for_member_id = '{member_id}'
    """
    details = {"accounts": [str(account_id)], "reason": "asked"}
    event = Event("member_erased", COORDINATOR, member_id, details, named(f"erased {member_id}"))
    return erase, event


async def fill(ledger, community):
    """Three hundred transfers and events over eight hours, and one of everything else."""
    clock = datetime(2026, 5, 4, 8, tzinfo=UTC)
    ledger.now = lambda: clock

    async def post(*batch, also=None):
        for answer in await ledger.post(community, batch, also):
            assert isinstance(answer.outcome, Posted | Done), answer.outcome

    members = [named(f"m{n}") for n in range(6)]
    await post(
        *[
            OpenAccount(each, AccountKind.MEMBER, f"m{n}", -360_000, None, f"Member {n}")
            for n, each in enumerate(members)
        ],
        OpenAccount(named("bank"), AccountKind.ISSUANCE, "bank", None, None),
        OpenAccount(named("elm"), AccountKind.CLEARING, "elm", -36_000, 36_000, peer_slug="elm"),
        OpenAccount(named("gone"), AccountKind.POT, "gone", 0, None),
        OpenAccount(ZOES, AccountKind.MEMBER, "zoe", -3600, None, "Zoe"),
    )

    def give(n, **more):
        payer, payee = members[n % 5], members[(n + 1) % 5]
        return PostTransfer(named(f"t{n}"), TransferKind.CARE, ((payer, -60), (payee, 60)), **more)

    def move(n, payer, payee, seconds, **more):
        return PostTransfer(named(f"t{n}"), TransferKind.GIFT, ((payer, -seconds), (payee, seconds)), **more)

    for_zoe = Author(Via.DELEGATE, member_id=BEN, for_member_id=ZOE)
    for_mia = Author(Via.DELEGATE, member_id=BEN, for_member_id=MIA)
    role = {"role": "coordinator", "until": None}
    # By the last leaf of the batch. Where an event stands, there is no transfer.
    events = {
        ABOUT_ZOE: acting(Event("classes_changed", COORDINATOR, ZOE, role)),
        ERASURE: acting(erasing(ZOE, ZOES)[1], erase=erasing(ZOE, ZOES)[0]),
    }
    posted = 0
    while posted < SIZE:
        clock += timedelta(minutes=16)
        batch = []
        match posted:
            case 180:
                # Two events of one batch, one by Zoe, one by a token about nobody.
                by_zoe = Event(
                    "person_changed", Author(Via.COORDINATOR, member_id=ZOE), MIA, {"role": "auditor"}
                )
                by_token = Event("settings_changed", Author(Via.TOKEN, token_id="t1"), None, {"hours": 3})
                await post(Act(named("a180"), "end_role", "Mia"), also=acting(by_zoe, by_token))
            case 240:
                # A checkpoint is due, and a batch without any transfer keeps it.
                granted = Event(
                    "classes_changed",
                    COORDINATOR,
                    BEN,
                    {"classes": ["worker", "volunteer"], "role": "auditor"},
                )
                await post(Act(named("a240"), "grant_role", "Ben"), also=acting(granted))
        for n in range(posted, posted + 10):
            match n:
                case 180 | 181 | 240:
                    continue
                case 169 | 229:
                    batch.append(Act(named(f"a{n}"), "act", "asked"))
                case 20:
                    batch.append(move(n, members[0], ZOES, 60, note="For Zoe"))
                case 21:
                    author = Author(Via.MEMBER, member_id=ZOE)
                    batch.append(move(n, ZOES, members[1], 30, note="Zoe says thanks", author=author))
                case 22:
                    batch.append(move(n, ZOES, members[1], 30, author=for_zoe))
                case 23:
                    batch.append(give(n, author=for_zoe))
                case 103:
                    batch.append(give(n, author=for_mia))
                case 105:
                    batch.append(give(n, note="Shopping", author=Author(Via.MEMBER, member_id=MIA)))
                case 0:
                    to = tuple([(each, 3600) for each in members])
                    batch.append(
                        PostTransfer(named("t0"), TransferKind.GRANT, ((named("bank"), -3600 * 6), *to))
                    )
                case 100 | 200:
                    batch.append(give(n))
                case 120:
                    batch.append(ReverseTransfer(named("t120"), named("t100"), "typed twice"))
                case 130:
                    entries = ((members[5], -90), (members[0], 90))
                    batch.append(
                        PostTransfer(named("t130"), TransferKind.SETTLE, entries, hold_id=named("held 1"))
                    )
                case _ if n % 3 == 0:
                    batch.append(give(n, note=f"Shopping {n} 日本"))
                case _ if n % 3 == 2:
                    batch.append(give(n, service_on=clock.date()))
                case _:
                    batch.append(give(n))
        await post(*batch, also=events.get(posted + 9))
        posted += 10
        match posted:
            case 110:
                await post(
                    *[
                        PlaceHold(named(f"held {n}"), members[5], 120, clock + timedelta(days=9))
                        for n in (1, 2, 3)
                    ],
                    PlaceHold(named("late"), members[5], 30, clock + timedelta(minutes=1)),
                )
            case 150:
                await post(
                    VoidHold(named("void"), named("held 2")),
                    CloseAccount(named("z"), ZOES),
                    SetLimits(named("l1"), members[4], -90_000, 90_000),
                )
            case 240:
                # At a size of the log where the leaf in front is a transfer, and the next will be an event.
                await post(SetLimits(named("l3"), members[3], -95_000, None))
            case 210:
                await post(
                    SetLimits(named("l2"), members[4], -80_000, None, 2),
                    CloseAccount(named("c"), named("gone")),
                )
    refused = await ledger.post(community, [VoidHold(named("again"), named("held 2"))])
    assert refused[0].outcome.refusal.code == "hold_resolved"


@pytest.fixture(scope="module")
def filled(server, template, tmp_path_factory):
    """A database with the book in it, to be copied, and the folder with its keys and its checkpoint file."""
    folder = tmp_path_factory.mktemp("audited")
    name = "audited_book"

    async def make():
        await administer(server.url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        database = Database(in_database(server.url, name), pool_size=2)
        ledger = Ledger(database, create_keys(folder / "keys"), PublishedCheckpoints(folder / "checkpoints"))
        ledger.now = lambda: datetime(2026, 5, 4, 7, tzinfo=UTC)
        community = await ledger.found("oak", "Oak Hill", ISSUER, "care.example.org/oak")
        await fill(ledger, community)
        await database.close()
        return ledger.keys, community

    keys, community = asyncio.run(make())
    yield name, folder, keys, community
    asyncio.run(administer(server.url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def book(server, filled, tmp_path):
    original, folder, keys, community = filled
    name = f"audit_{next(_names)}"
    await administer(server.url, f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY FILE_COPY")
    database = Database(in_database(server.url, name), pool_size=2)
    published = PublishedCheckpoints(tmp_path / "checkpoints")
    published.write("oak", SIZE, PublishedCheckpoints(folder / "checkpoints").read("oak"))
    owner = await asyncpg.connect(**driver_arguments(server.url, name))
    yield Book(Ledger(database, keys, published), community, owner, keys, tmp_path)
    await owner.close()
    await database.close()
    await administer(server.url, f"DROP DATABASE {name} WITH (FORCE)")


class Uncommitted:
    """Stands where a ledger has its pool: every snapshot is the one open transaction."""

    def __init__(self, driver):
        self.driver = driver

    @asynccontextmanager
    async def snapshot(self, community_id=None):
        yield Connection(self.driver)


@pytest.fixture
async def draft(server, filled, tmp_path):
    """The book itself, in a transaction that is rolled back: a tenth of the time that a copy takes."""
    name, folder, keys, community = filled
    owner = await asyncpg.connect(**driver_arguments(server.url, name), server_settings={"timezone": "UTC"})
    transaction = owner.transaction()
    await transaction.start()
    published = PublishedCheckpoints(tmp_path / "checkpoints")
    published.write("oak", SIZE, PublishedCheckpoints(folder / "checkpoints").read("oak"))
    yield Book(Ledger(Uncommitted(owner), keys, published), community, owner, keys, tmp_path)
    await transaction.rollback()
    await owner.close()


def checks(report):
    return {finding.check for finding in report.findings}


# --- an honest book -------------------------------------------------------------------------------------------------


async def test_an_honest_book_has_no_findings(book):
    told = []
    report = await book.audit(progress=lambda done, total: told.append((done, total)))
    assert report.render_lines() == [
        f"oak: audited the whole log: {SIZE} leaves, 595 entries, 10 accounts.",
        "Erased on purpose: 1 member with 1 account. What was deleted with them is not missed.",
        "No findings.",
    ]  # fmt: skip
    assert report.to_dict()["clean"] is True
    assert told[-1] == (SIZE, SIZE)


async def test_worker_processes_come_to_the_same(book):
    await book.tamper(f"UPDATE entry SET digest = reverse(digest) WHERE leaf_index = {PLAIN}")
    alone, shared = await book.audit(workers=0), await book.audit(workers=2)
    assert alone == shared
    assert alone.findings


async def test_an_honest_book_agrees_with_every_checkpoint_given_out(book):
    for row in await book.owner.fetch("SELECT note FROM checkpoint"):
        assert not (await book.audit(against=row["note"])).findings


def authored(command):
    """The command, perhaps posted by a person."""
    if not isinstance(command, PostTransfer | ReverseTransfer):
        return st.just(command)
    authors = [
        None,
        Author(Via.MEMBER, member_id=MIA),
        Author(Via.DELEGATE, member_id=BEN, for_member_id=MIA),
    ]
    return st.sampled_from(authors).map(lambda author: replace(command, author=author))


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_the_service_writes_is_clean(data, database_url, keys, tmp_path):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    async def run():
        nonlocal now
        database = Database(database_url, pool_size=2)
        ledger = Ledger(database, keys, PublishedCheckpoints(tmp_path / "checkpoints"), now=lambda: now)
        slug = f"r{next(_names)}"
        community = await ledger.found(slug, slug, ISSUER, f"care.example.org/{slug}")
        try:
            await ledger.post(community, opening(now))
            for number in range(data.draw(st.integers(1, 8))):
                batch = data.draw(st.lists(commands(now).flatmap(authored), max_size=30))
                events = data.draw(st.lists(st.sampled_from([Via.SHELL, Via.MEMBER]), max_size=3))
                await ledger.post(
                    community, batch, acting(*[Event("seen", Author(via), MIA, {"n": 1}) for via in events])
                )
                now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 30, 3600, 99_999])))
                report = await audit_community(ledger, community, folder=tmp_path, since_last=number % 2 == 0)
                assert report.render_lines()[-1] == "No findings.", report.render_lines()
        finally:
            await database.close()

    asyncio.run(run())


# --- from the last clean audit on -----------------------------------------------------------------------------------


async def post_more(book, size=5):
    now = datetime(2026, 5, 5, 8, tzinfo=UTC)
    book.ledger.now = lambda: now
    first = await book.owner.fetchval("SELECT tree_size FROM log_head")
    await book.ledger.post(
        book.community,
        [
            PostTransfer(
                named(f"t{n}"), TransferKind.CARE, ((named("m0"), -60), (named("m1"), 60)), note="more"
            )
            for n in range(first, first + size)
        ],
    )


async def test_only_what_was_added_is_looked_at_again_and_the_report_says_so(book):
    assert (
        "There was no clean audit to go on from: everything was looked at."
        in (await book.audit(since_last=True)).render_lines()
    )
    mark = book.folder / "audits" / "oak.audited"
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600
    await post_more(book)
    told = []
    report = await book.audit(since_last=True, progress=lambda *done: told.append(done))
    lines = report.render_lines()
    assert lines[0] == "oak: audited leaves 300 to 304: 5 leaves, 10 entries, 10 accounts."
    assert "Leaves 0 to 299 were audited before and were not looked at again." in lines[1]
    assert lines[-1] == "No findings."
    assert told == [(5, 5)]
    assert (await book.audit(since_last=True)).first_leaf == 305


async def test_tampering_after_the_mark_is_found_and_leaves_the_mark_where_it_is(book):
    await book.audit()
    mark = (book.folder / "audits" / "oak.audited").read_text()
    await post_more(book)
    await book.tamper("UPDATE entry SET seconds = seconds * 2 WHERE leaf_index = 302")
    report = await book.audit(since_last=True)
    assert {"leaf", "running_balance"} <= checks(report)
    assert (book.folder / "audits" / "oak.audited").read_text() == mark


async def test_a_log_that_no_longer_begins_with_what_was_audited_is_looked_at_whole(book):
    await book.audit()
    await book.tamper("UPDATE log_node SET node_hash = sha256('x')")
    report = await book.audit(since_last=True)
    assert {"mark", "nodes"} <= checks(report)
    assert report.first_leaf == 0


async def test_tampering_before_the_mark_waits_for_a_full_audit(book):
    await book.audit()
    await book.tamper(f"UPDATE transfer SET kind = 'gift' WHERE leaf_index = {PLAIN}")
    assert not (await book.audit(since_last=True)).findings
    assert checks(await book.audit()) == {"leaf", "fingerprint"}


@pytest.mark.parametrize("text", ["", "nonsense", "care.example.org/oak\n1\nAAAA\n\n— x y\n", "\x00"])
async def test_a_mark_that_is_not_ours_is_a_finding_and_everything_is_looked_at(book, text):
    (book.folder / "audits").mkdir()
    (book.folder / "audits" / "oak.audited").write_text(text)
    report = await book.audit(since_last=True)
    assert checks(report) == {"mark"}
    assert report.first_leaf == 0


# --- events and erasures --------------------------------------------------------------------------------------------


async def test_the_last_leaf_may_be_an_event(book):
    await book.audit()
    now = datetime(2026, 5, 5, 8, tzinfo=UTC)
    book.ledger.now = lambda: now
    seen = Event("card_issued", COORDINATOR, BEN)
    await book.ledger.post(book.community, [Act(named("last"), "issue_card", "Ben")], acting(seen))
    for since_last in (True, False):
        assert (await book.audit(since_last=since_last)).render_lines()[-1] == "No findings."
    # And the next audit begins behind an event, the next change of limits at one.
    await book.ledger.post(book.community, [SetLimits(named("l9"), named("m2"), -99_000, None)])
    await post_more(book, 2)
    for since_last in (True, False):
        assert (await book.audit(since_last=since_last)).render_lines()[-1] == "No findings."


async def test_thousands_of_events_are_audited(book):
    now = datetime(2026, 5, 5, 8, tzinfo=UTC)
    book.ledger.now = lambda: now
    for n in range(3):
        many = [Event("person_changed", COORDINATOR, named(f"many {n} {i}")) for i in range(2000)]
        await book.ledger.post(book.community, [Act(named(f"many {n}"), "enrol", "many")], acting(*many))
    await book.tamper(f"UPDATE event SET via = 'shell' WHERE leaf_index >= {SIZE + 5000}")
    alone, shared = await book.audit(workers=0), await book.audit(workers=2)
    assert alone == shared
    assert alone.tree_size == SIZE + 6000
    assert checks(alone) == {"digest"}
    assert alone.more == {"digest": 900}


async def test_a_person_erased_after_the_mark_is_not_missed_by_any_audit(book):
    """The secret of a long closed account goes, years after its leaves were audited."""
    await book.audit()
    now = datetime(2026, 5, 5, 8, tzinfo=UTC)
    book.ledger.now = lambda: now
    erase, event = erasing(BEN, named("gone"))
    await book.ledger.post(book.community, [Act(named("erase"), "erase", "Ben")], acting(event, erase=erase))
    for since_last in (True, False):
        report = await book.audit(since_last=since_last)
        assert report.render_lines()[-1] == "No findings."
        assert (report.erased_members, report.erased_accounts) == (2, 2)
        assert report.to_dict()["erased_members"] == 2


async def test_many_entries_of_an_erased_account_are_audited(book):
    """More than are looked at twice: an erased account must not be doubtful at every leaf."""
    now = datetime(2026, 5, 5, 8, tzinfo=UTC)
    book.ledger.now = lambda: now
    old = named("old")
    await book.ledger.post(book.community, [OpenAccount(old, AccountKind.MEMBER, "old", -3600, None, "Old")])
    for n in range(600):
        there = ((named("m0"), -60), (old, 60))
        back = ((named("m0"), 60), (old, -60))
        batch = [
            PostTransfer(named(f"old {n} {way}"), TransferKind.CARE, entries, note="Shopping")
            for way, entries in enumerate((there, back))
        ]
        await book.ledger.post(book.community, batch)
    await book.ledger.post(book.community, [CloseAccount(named("close old"), old)])
    erase, event = erasing(named("member Old"), old)
    await book.ledger.post(book.community, [Act(named("erase"), "erase", "Old")], acting(event, erase=erase))
    assert (await book.audit()).render_lines()[-1] == "No findings."


# --- the tamper table -----------------------------------------------------------------------------------------------

LEAF = f"leaf_index = {PLAIN}"
AT_EVENT = f"leaf_index = {EVENT}"
BY = f"transfer_id = (SELECT transfer_id FROM transfer WHERE leaf_index = {AUTHORED})"
CODE = "account_id = (SELECT account_id FROM account WHERE code = '{}')"

# (column, what a superuser does, the checks that must see it). Others may see it as well.
TAMPERINGS = [
    ("transfer.community_id", f"UPDATE transfer SET community_id = 99 WHERE {LEAF}", "one_to_one"),
    ("transfer.transfer_id", f"UPDATE transfer SET transfer_id = gen_random_uuid() WHERE {LEAF}", "one_to_one"),
    ("transfer.leaf_index", f"UPDATE transfer SET leaf_index = 7 WHERE {LEAF}", "one_to_one"),
    ("transfer.kind", f"UPDATE transfer SET kind = 'gift' WHERE {LEAF}", "leaf fingerprint"),
    ("transfer.service_on", f"UPDATE transfer SET service_on = service_on - 1 WHERE leaf_index = {DATED}", "leaf fingerprint"),
    ("transfer.service_on", f"UPDATE transfer SET service_on = '2026-05-04' WHERE {LEAF}", "leaf fingerprint"),
    ("transfer.recorded_at", f"UPDATE transfer SET recorded_at = recorded_at + '1s' WHERE {LEAF}", "leaf recorded_at"),
    ("transfer.recorded_at", f"UPDATE transfer SET recorded_at = recorded_at + '1ms' WHERE {LEAF}", "recorded_at"),
    ("transfer.reverses_id", f"UPDATE transfer SET reverses_id = (SELECT transfer_id FROM transfer WHERE leaf_index = 99) WHERE leaf_index = {REVERSAL}", "leaf reversals fingerprint"),
    ("transfer.reverses_id", f"UPDATE transfer SET reverses_id = gen_random_uuid() WHERE leaf_index = {REVERSAL}", "reversals"),
    ("transfer.hold_id", f"UPDATE transfer SET hold_id = NULL WHERE leaf_index = {SETTLED}", "leaf holds fingerprint"),
    ("transfer.hold_id", f"UPDATE transfer SET hold_id = (SELECT hold_id FROM open_hold) WHERE {LEAF}", "leaf holds"),
    ("transfer.fingerprint", f"UPDATE transfer SET fingerprint = sha256('x') WHERE {LEAF}", "fingerprint"),
    ("transfer.note_digest", f"UPDATE transfer SET note_digest = reverse(note_digest) WHERE leaf_index = {NOTED}", "leaf note"),
    ("transfer.note_digest", f"UPDATE transfer SET note_digest = NULL WHERE leaf_index = {NOTED}", "leaf note"),
    ("transfer.via", f"UPDATE transfer SET via = 'member' WHERE leaf_index = {AUTHORED}", "leaf"),
    ("transfer.via", f"UPDATE transfer SET via = NULL WHERE leaf_index = {AUTHORED}", "leaf author"),
    ("transfer.via", f"UPDATE transfer SET via = 'member' WHERE {LEAF}", "leaf author"),
    ("transfer.author_digest", f"UPDATE transfer SET author_digest = reverse(author_digest) WHERE leaf_index = {AUTHORED}", "leaf author"),
    ("transfer.author_digest", f"UPDATE transfer SET author_digest = reverse(author_digest) WHERE leaf_index = {OF_ZOE}", "leaf"),
    ("transfer.author_digest", f"UPDATE transfer SET author_digest = NULL, via = NULL WHERE leaf_index = {AUTHORED}", "leaf author"),
    ("transfer.author_digest", f"UPDATE transfer SET author_digest = note_digest, note_digest = author_digest WHERE leaf_index = {NOTED_AND_AUTHORED}", "leaf author note"),
    ("entry.community_id", f"UPDATE entry SET community_id = 99 WHERE {LEAF} AND place = 0", "balanced entry_numbers leaf"),
    ("entry.account_id", f"UPDATE entry SET account_id = gen_random_uuid() WHERE {LEAF} AND place = 0", "accounts entry_numbers"),
    ("entry.account_id", f"UPDATE entry SET {CODE.format('bank')} WHERE {LEAF} AND place = 0", "digest entry_numbers"),
    ("entry.entry_number", f"UPDATE entry SET entry_number = 9999 WHERE {LEAF} AND place = 0", "entry_numbers digest"),
    ("entry.leaf_index", f"UPDATE entry SET leaf_index = 201, place = 2 WHERE {LEAF} AND place = 0", "balanced"),
    ("entry.leaf_index", f"UPDATE entry SET leaf_index = 5000 WHERE {LEAF} AND place = 0", "balanced entries"),
    ("entry.leaf_index", f"UPDATE entry SET leaf_index = -1 WHERE {LEAF}", "balanced entries"),
    ("entry.place", f"UPDATE entry SET place = 5 WHERE {LEAF} AND place = 1", "balanced"),
    ("entry.seconds", f"UPDATE entry SET seconds = -61 WHERE {LEAF} AND place = 0", "balanced running_balance leaf fingerprint"),
    ("entry.seconds", f"UPDATE entry SET seconds = seconds * 2 WHERE {LEAF}", "running_balance leaf fingerprint"),
    ("entry.balance_after", f"UPDATE entry SET balance_after = balance_after + 1 WHERE {LEAF} AND place = 0", "running_balance digest"),
    ("entry.digest", f"UPDATE entry SET digest = reverse(digest) WHERE {LEAF} AND place = 0", "digest leaf"),
    ("log_leaf.community_id", f"UPDATE log_leaf SET community_id = 99 WHERE {LEAF}", "log_order entries head checkpoints"),
    ("log_leaf.leaf_index", f"UPDATE log_leaf SET leaf_index = 5000000 WHERE {LEAF}", "log_order one_to_one"),
    ("log_leaf.leaf_index", f"UPDATE log_leaf SET leaf_index = 9223372036854775807 WHERE {LEAF}", "log_order"),
    ("log_leaf.leaf_index", f"UPDATE log_leaf SET leaf_index = -1 WHERE {LEAF}", "log_order"),
    ("log_leaf.transfer_id", f"UPDATE log_leaf SET transfer_id = gen_random_uuid() WHERE {LEAF}", "one_to_one"),
    ("log_leaf.transfer_id", f"UPDATE log_leaf SET transfer_id = NULL WHERE {LEAF}", "one_to_one"),
    ("log_leaf.leaf_hash", f"UPDATE log_leaf SET leaf_hash = sha256('x') WHERE {LEAF}", "leaf_hash"),
    ("log_leaf.payload", f"UPDATE log_leaf SET payload = payload || ' ' WHERE {LEAF}", "leaf leaf_hash head checkpoints nodes"),
    ("log_node.community_id", "UPDATE log_node SET community_id = 99", "nodes"),
    ("log_node.level", "UPDATE log_node SET level = 16", "nodes"),
    ("log_node.node_index", "UPDATE log_node SET node_index = 1", "nodes"),
    ("log_node.node_hash", "UPDATE log_node SET node_hash = sha256('x')", "nodes"),
    ("log_head.community_id", "UPDATE log_head SET community_id = 99", "head"),
    ("log_head.tree_size", "UPDATE log_head SET tree_size = tree_size - 1", "head"),
    ("log_head.tree_size", "UPDATE log_head SET tree_size = 9223372036854775807", "head"),
    ("log_head.edge", "UPDATE log_head SET edge = sha256('x')", "head"),
    ("log_head.checkpoint", "UPDATE log_head SET checkpoint = replace(checkpoint, '300', '301')", "head"),
    ("log_head.checkpoint", "UPDATE log_head SET checkpoint = (SELECT note FROM checkpoint LIMIT 1)", "head"),
    ("log_head.recorded_at", "UPDATE log_head SET recorded_at = recorded_at - interval '1 day'", "head"),
    ("log_head.kept_at", "UPDATE log_head SET kept_at = 'infinity'", "head"),
    ("log_head.policy_version", "UPDATE log_head SET policy_version = 1", "hours"),
    ("log_head.closed_through", "UPDATE log_head SET closed_through = '2026-01-01'", "periods"),
    ("log_head.moved_to", "UPDATE log_head SET moved_to = 'https://there.example.org'", "head"),
    ("checkpoint.community_id", "UPDATE checkpoint SET community_id = 99 WHERE tree_size = 50", "checkpoints"),
    ("checkpoint.tree_size", "UPDATE checkpoint SET tree_size = 51 WHERE tree_size = 50", "checkpoints"),
    ("checkpoint.tree_size", "UPDATE checkpoint SET tree_size = 5000 WHERE tree_size = 50", "checkpoints"),
    ("checkpoint.root", "UPDATE checkpoint SET root = sha256('x') WHERE tree_size = 50", "checkpoints"),
    ("checkpoint.note", "UPDATE checkpoint SET note = replace(note, '50', '51') WHERE tree_size = 50", "checkpoints"),
    ("checkpoint.kept_at", "UPDATE checkpoint SET kept_at = kept_at + interval '1s' WHERE tree_size = 50", "checkpoints"),
    ("balance.community_id", f"UPDATE balance SET community_id = 99 WHERE {CODE.format('m1')}", "accounts"),
    ("balance.account_id", f"UPDATE balance SET account_id = gen_random_uuid() WHERE {CODE.format('m1')}", "accounts"),
    ("balance.balance", f"UPDATE balance SET balance = balance + 3600 WHERE {CODE.format('m1')}", "balance zero_total"),
    ("balance.held", f"UPDATE balance SET held = 0 WHERE {CODE.format('m5')}", "held"),
    ("balance.floor", f"UPDATE balance SET floor = floor - 1 WHERE {CODE.format('m1')}", "balance"),
    ("balance.ceiling", f"UPDATE balance SET ceiling = 100000 WHERE {CODE.format('m1')}", "balance"),
    ("balance.entry_count", f"UPDATE balance SET entry_count = entry_count + 1 WHERE {CODE.format('m1')}", "balance"),
    ("balance.limits_count", f"UPDATE balance SET limits_count = 2 WHERE {CODE.format('m1')}", "balance"),
    ("balance.closed", f"UPDATE balance SET closed = false WHERE {CODE.format('gone')}", "balance"),
    ("account_limits.community_id", f"UPDATE account_limits SET community_id = 99 WHERE {CODE.format('m1')}", "limit_changes"),
    ("account_limits.account_id", f"UPDATE account_limits SET account_id = gen_random_uuid() WHERE {CODE.format('m1')}", "accounts"),
    ("account_limits.change_number", f"UPDATE account_limits SET change_number = 5 WHERE {CODE.format('m4')} AND change_number = 2", "limit_changes"),
    ("account_limits.floor", f"UPDATE account_limits SET floor = -1 WHERE {CODE.format('m4')} AND change_number = 2", "limit_changes"),
    ("account_limits.floor", f"UPDATE account_limits SET floor = 0 WHERE {CODE.format('bank')}", "limits balance openings"),
    ("account_limits.floor", f"UPDATE account_limits SET floor = NULL WHERE {CODE.format('m1')}", "limit_changes openings"),
    ("account_limits.ceiling", f"UPDATE account_limits SET ceiling = 100 WHERE {CODE.format('m4')} AND change_number = 2", "limits limit_changes"),
    ("account_limits.closed", f"UPDATE account_limits SET closed = true WHERE {CODE.format('m4')} AND change_number = 2", "limits limit_changes"),
    ("account_limits.tree_size", f"UPDATE account_limits SET tree_size = 170 WHERE {CODE.format('m4')} AND change_number = 2", "limit_changes"),
    ("account_limits.tree_size", f"UPDATE account_limits SET tree_size = -9223372036854775808 WHERE {CODE.format('m4')}", "limit_changes"),
    ("account_limits.changed_at", f"UPDATE account_limits SET changed_at = '-infinity' WHERE {CODE.format('m4')} AND change_number = 2", "limit_changes"),
    ("hold.community_id", "UPDATE hold SET community_id = 99 WHERE hold_id IN (SELECT hold_id FROM open_hold)", "open_holds held"),
    ("hold.hold_id", "UPDATE hold SET hold_id = gen_random_uuid() WHERE hold_id IN (SELECT hold_id FROM hold_resolution WHERE outcome = 'settled')", "holds"),
    ("hold.account_id", f"UPDATE hold SET {CODE.format('m1')} WHERE hold_id IN (SELECT hold_id FROM open_hold)", "open_holds held holds"),
    ("hold.seconds", "UPDATE hold SET seconds = 10 WHERE hold_id IN (SELECT hold_id FROM open_hold)", "open_holds held holds"),
    ("hold.seconds", "UPDATE hold SET seconds = 50 WHERE hold_id IN (SELECT hold_id FROM hold_resolution WHERE outcome = 'settled')", "holds"),
    ("hold.expires_at", "UPDATE hold SET expires_at = expires_at + interval '1 day' WHERE hold_id IN (SELECT hold_id FROM open_hold)", "open_holds holds"),
    ("hold.expires_at", "UPDATE hold SET expires_at = 'infinity'", "unreadable"),
    ("hold.placed_at", "UPDATE hold SET placed_at = placed_at - interval '1 s'", "holds"),
    ("hold_resolution.community_id", "UPDATE hold_resolution SET community_id = 99 WHERE outcome = 'voided'", "open_holds held holds"),
    ("hold_resolution.hold_id", "UPDATE hold_resolution SET hold_id = gen_random_uuid() WHERE outcome = 'expired'", "holds open_holds held"),
    ("hold_resolution.outcome", "UPDATE hold_resolution SET outcome = 'voided' WHERE outcome = 'settled'", "holds"),
    ("hold_resolution.outcome", "UPDATE hold_resolution SET outcome = 'forgiven' WHERE outcome = 'expired'", "holds"),
    ("hold_resolution.resolved_by", "UPDATE hold_resolution SET resolved_by = (SELECT transfer_id FROM transfer WHERE leaf_index = 5) WHERE outcome = 'settled'", "holds"),
    ("hold_resolution.resolved_by", "UPDATE hold_resolution SET resolved_by = gen_random_uuid() WHERE outcome = 'voided'", "holds"),
    ("hold_resolution.resolved_at", "UPDATE hold_resolution SET resolved_at = resolved_at + interval '1 s' WHERE outcome = 'settled'", "holds"),
    ("hold_resolution.resolved_at", "UPDATE hold_resolution SET resolved_at = resolved_at + interval '1 s' WHERE outcome = 'voided'", "holds"),
    ("hold_resolution.resolved_at", "UPDATE hold_resolution SET resolved_at = resolved_at - interval '1 day' WHERE outcome = 'expired'", "holds"),
    ("open_hold.community_id", "UPDATE open_hold SET community_id = 99", "open_holds"),
    ("open_hold.account_id", f"UPDATE open_hold SET {CODE.format('m1')}", "open_holds"),
    ("open_hold.hold_id", "UPDATE open_hold SET hold_id = (SELECT hold_id FROM hold_resolution WHERE outcome = 'voided')", "open_holds"),
    ("open_hold.seconds", "UPDATE open_hold SET seconds = 1", "open_holds"),
    ("open_hold.expires_at", "UPDATE open_hold SET expires_at = 'infinity'", "open_holds"),
    ("community.community_id", "UPDATE community SET community_id = 99", "community"),
    ("community.slug", "UPDATE community SET slug = 'ash'", "community"),
    ("community.issuer", "UPDATE community SET issuer = 'https://evil.example.org'", "community"),
    ("community.origin", "UPDATE community SET origin = 'evil.example.org/oak'", "community"),
    ("account.community_id", f"UPDATE account SET community_id = 99 WHERE {CODE.format('m1')}", "accounts"),
    ("account.account_id", f"UPDATE account SET account_id = gen_random_uuid() WHERE {CODE.format('m1')}", "accounts openings"),
    ("account.kind", "UPDATE account SET kind = 'issuance' WHERE code = 'm1'", "openings"),
    ("account.kind", "UPDATE account SET kind = 'king' WHERE code = 'm1'", "openings"),
    ("account.code", "UPDATE account SET code = 'm9' WHERE code = 'm1'", "openings"),
    ("account.peer_slug", "UPDATE account SET peer_slug = 'yew' WHERE code = 'elm'", "openings"),
    ("account.opened_at", "UPDATE account SET opened_at = opened_at - interval '1 year' WHERE code = 'm1'", "openings"),
    ("account_secret.community_id", f"UPDATE account_secret SET community_id = 99 WHERE {CODE.format('m1')}", "accounts"),
    ("account_secret.account_id", f"UPDATE account_secret SET account_id = gen_random_uuid() WHERE {CODE.format('m1')}", "accounts"),
    ("account_secret.secret", f"UPDATE account_secret SET secret = sha256('x') WHERE {CODE.format('m1')}", "digest"),
    ("account_secret.secret", f"UPDATE account_secret SET secret = '\\x00' WHERE {CODE.format('m1')}", "accounts"),
    ("transfer_note.community_id", "UPDATE transfer_note SET community_id = 99", "note"),
    ("transfer_note.transfer_id", f"UPDATE transfer_note SET transfer_id = gen_random_uuid() WHERE transfer_id = (SELECT transfer_id FROM transfer WHERE leaf_index = {NOTED})", "note"),
    ("transfer_note.salt", "UPDATE transfer_note SET salt = reverse(salt)", "note"),
    ("transfer_note.note", f"UPDATE transfer_note SET note = 'Nothing' WHERE transfer_id = (SELECT transfer_id FROM transfer WHERE leaf_index = {NOTED})", "note fingerprint"),
    ("transfer_author.community_id", "UPDATE transfer_author SET community_id = 99", "author"),
    ("transfer_author.transfer_id", f"UPDATE transfer_author SET transfer_id = gen_random_uuid() WHERE {BY}", "author"),
    ("transfer_author.transfer_id", f"UPDATE transfer_author SET transfer_id = (SELECT transfer_id FROM transfer WHERE {LEAF}) WHERE {BY}", "author"),
    ("transfer_author.member_id", f"UPDATE transfer_author SET member_id = for_member_id WHERE {BY}", "author"),
    ("transfer_author.for_member_id", f"UPDATE transfer_author SET for_member_id = NULL WHERE {BY}", "author"),
    ("transfer_author.for_member_id", f"UPDATE transfer_author SET for_member_id = '{ZOE}' WHERE {BY}", "author"),
    ("transfer_author.salt", f"UPDATE transfer_author SET salt = reverse(salt) WHERE {BY}", "author"),
    ("transfer_author.salt", f"UPDATE transfer_author SET salt = NULL WHERE {BY}", "author"),
    ("transfer_author.salt", f"UPDATE transfer_author SET salt = 'x' WHERE member_id = '{ZOE}'", "author"),
    ("event.community_id", f"UPDATE event SET community_id = 99 WHERE {AT_EVENT}", "one_to_one"),
    ("event.leaf_index", f"UPDATE event SET leaf_index = 241 WHERE {AT_EVENT}", "one_to_one"),
    ("event.leaf_index", f"UPDATE event SET leaf_index = 5000 WHERE {AT_EVENT}", "one_to_one"),
    ("event.leaf_index", f"UPDATE event SET leaf_index = -1 WHERE {AT_EVENT}", "one_to_one"),
    ("event.event_id", f"UPDATE event SET event_id = gen_random_uuid() WHERE {AT_EVENT}", "leaf"),
    ("event.event_id", f"UPDATE event SET event_id = (SELECT transfer_id FROM transfer WHERE {LEAF}) WHERE {AT_EVENT}", "leaf ids"),
    ("event.kind", f"UPDATE event SET kind = 'role_ended' WHERE {AT_EVENT}", "leaf"),
    ("event.recorded_at", f"UPDATE event SET recorded_at = recorded_at + interval '1 s' WHERE {AT_EVENT}", "leaf recorded_at checkpoints"),
    ("event.recorded_at", f"UPDATE event SET recorded_at = recorded_at + interval '1 ms' WHERE {AT_EVENT}", "recorded_at"),
    ("event.via", f"UPDATE event SET via = 'shell' WHERE {AT_EVENT}", "digest"),
    ("event.author_id", f"UPDATE event SET author_id = '{BEN}' WHERE {AT_EVENT}", "digest"),
    ("event.author_id", f"UPDATE event SET author_id = NULL WHERE {AT_EVENT}", "digest"),
    ("event.member_id", f"UPDATE event SET member_id = '{MIA}' WHERE {AT_EVENT}", "digest"),
    ("event.member_id", f"UPDATE event SET member_id = NULL WHERE {AT_EVENT}", "digest"),
    ("event.details", f"UPDATE event SET details = replace(details, 'auditor', 'coordinator') WHERE {AT_EVENT}", "digest"),
    ("event.details", f"UPDATE event SET details = details || ' ' WHERE {AT_EVENT}", "event"),
    ("event.details", f"UPDATE event SET details = '{{\"a\":null,' || substr(details, 2) WHERE {AT_EVENT}", "event"),
    ("event.salt", f"UPDATE event SET salt = reverse(salt) WHERE {AT_EVENT}", "digest"),
    ("event.salt", f"UPDATE event SET salt = NULL WHERE {AT_EVENT}", "event"),
    ("event.salt", f"UPDATE event SET salt = 'x' WHERE leaf_index = {ABOUT_ZOE}", "digest"),
    ("event.digest", f"UPDATE event SET digest = reverse(digest) WHERE {AT_EVENT}", "digest leaf"),
    ("event.digest", f"UPDATE event SET digest = reverse(digest) WHERE leaf_index = {ABOUT_ZOE}", "leaf"),
]  # fmt: skip

TRUTHLESS = {
    "community.name": "what the co-op calls itself today; nothing is signed over it",
    "community.founded_at": "of interest while the log is empty, when the head carries the same moment",
}

# Somebody wants m1 to be as unknown as Zoe: what they would delete, and what they would write about it.
DETAILS = f"""'{{"accounts":["{named("m1")}"],"reason":"asked"}}'"""
GONE = f"""
    DELETE FROM account_secret WHERE {CODE.format("m1")}; DELETE FROM account_name WHERE {CODE.format("m1")};
    DELETE FROM transfer_note WHERE transfer_id IN (SELECT t.transfer_id FROM transfer t JOIN entry e USING (leaf_index) WHERE e.{CODE.format("m1")})
"""
FORGED = f"""
    INSERT INTO event SELECT community_id, {{}}, gen_random_uuid(), kind, recorded_at, via, author_id, '{BEN}', {DETAILS.replace("{", "{{").replace("}", "}}")}, salt, digest
    FROM event WHERE leaf_index = {ERASURE};
"""

UNTIDY = [
    ("every seconds is NULL", "ALTER TABLE entry ALTER seconds DROP NOT NULL; UPDATE entry SET seconds = NULL", "unreadable"),
    ("one payload is NULL", f"ALTER TABLE log_leaf ALTER payload DROP NOT NULL; UPDATE log_leaf SET payload = NULL WHERE {LEAF}", "unreadable"),
    ("a hash is too short", f"UPDATE log_leaf SET leaf_hash = '\\x00' WHERE {LEAF}", "unreadable"),
    ("a hash is NULL", f"ALTER TABLE log_leaf ALTER leaf_hash DROP NOT NULL; UPDATE log_leaf SET leaf_hash = NULL WHERE {LEAF}", "unreadable"),
    ("a fingerprint is empty", f"UPDATE transfer SET fingerprint = '' WHERE {LEAF}", "unreadable"),
    ("a digest is short", f"UPDATE entry SET digest = 'x' WHERE {LEAF}", "unreadable digest"),
    ("a digest is not ASCII", f"UPDATE entry SET digest = repeat('é', 21) || 'x' WHERE {LEAF}", "digest"),
    ("a kind is not ASCII", f"UPDATE transfer SET kind = 'é' WHERE {LEAF}", "leaf"),
    ("a kind is NULL", f"ALTER TABLE transfer ALTER kind DROP NOT NULL; UPDATE transfer SET kind = NULL WHERE {LEAF}", "unreadable"),
    ("seconds are huge", f"UPDATE entry SET seconds = 9223372036854775807, balance_after = 9223372036854775807 WHERE {LEAF} AND place = 1", "balanced running_balance limits"),
    ("a balance is huge", "UPDATE balance SET balance = 9223372036854775807, held = 9223372036854775807", "balance zero_total"),
    ("a balance is NULL", "ALTER TABLE balance ALTER balance DROP NOT NULL; UPDATE balance SET balance = NULL", "unreadable"),
    ("a payload holds zeros", f"UPDATE log_leaf SET payload = '\\x000000' WHERE {LEAF}", "leaf leaf_hash"),
    ("a payload is empty", f"UPDATE log_leaf SET payload = '' WHERE {LEAF}", "leaf leaf_hash"),
    ("a payload is nested deeply", f"UPDATE log_leaf SET payload = convert_to(repeat('[', 100000), 'UTF8') WHERE {LEAF}", "leaf leaf_hash"),
    ("a date is out of every calendar", f"UPDATE transfer SET service_on = 'infinity' WHERE {LEAF}", "leaf"),
    ("a date is before every calendar", f"UPDATE transfer SET service_on = '4000-01-01 BC' WHERE {LEAF}", "leaf"),
    ("a moment is out of every calendar", f"UPDATE transfer SET recorded_at = '-infinity' WHERE {LEAF}", "leaf"),
    ("all moments are out of every calendar", "UPDATE transfer SET recorded_at = 'infinity'", "leaf"),
    ("every transfer claims one leaf", f"UPDATE transfer SET leaf_index = {PLAIN}", "one_to_one"),
    ("a transfer stands twice", f"ALTER TABLE transfer DROP CONSTRAINT transfer_pkey; INSERT INTO transfer SELECT * FROM transfer WHERE {LEAF}", "one_to_one"),
    ("a leaf stands twice", f"ALTER TABLE log_leaf DROP CONSTRAINT log_leaf_pkey; INSERT INTO log_leaf SELECT * FROM log_leaf WHERE {LEAF}", "log_order"),
    ("an entry stands twice", f"ALTER TABLE entry DROP CONSTRAINT entry_pkey; DROP INDEX entry_leaf_key, entry_account_leaf_key; INSERT INTO entry SELECT * FROM entry WHERE {LEAF}", "balanced entry_numbers"),
    ("a balance stands twice", "ALTER TABLE balance DROP CONSTRAINT balance_pkey; INSERT INTO balance SELECT * FROM balance LIMIT 1", "accounts"),
    ("a transfer of nothing", f"UPDATE entry SET seconds = 0 WHERE {LEAF}", "balanced"),
    ("a column is gone", "ALTER TABLE transfer DROP COLUMN note_digest", "unreadable"),
    ("a column is text", "ALTER TABLE entry ALTER seconds TYPE text", "unreadable"),
    ("a table is gone", "DROP TABLE hold_resolution", "unreadable"),
    ("a note is not remembered by its transfer", f"INSERT INTO transfer_note SELECT community_id, transfer_id, 'x', 'y' FROM transfer WHERE {LEAF}", "note"),
    ("an id is taken twice", f"INSERT INTO request SELECT community_id, transfer_id, 'place_hold', fingerprint, 'x', NULL, now() FROM transfer WHERE {LEAF}", "ids"),
    ("a hold was placed by nobody", "DELETE FROM request WHERE action = 'place_hold'", "holds"),
    ("an account was opened by nobody", "DELETE FROM request WHERE action = 'open_account'", "openings"),
    ("limits were changed by nobody", "DELETE FROM request WHERE action = 'set_limits'", "limit_changes"),
    ("an account is gone whole", f"DELETE FROM balance WHERE {CODE.format('elm')}; DELETE FROM account_limits WHERE {CODE.format('elm')}; DELETE FROM account_secret WHERE {CODE.format('elm')}; DELETE FROM account WHERE code = 'elm'", "openings"),
    ("the first transfer is gone", "DELETE FROM transfer WHERE leaf_index = 0; DELETE FROM log_leaf WHERE leaf_index = 0; DELETE FROM entry WHERE leaf_index = 0", "log_order entry_numbers head"),
    ("a middle transfer is gone", f"DELETE FROM transfer WHERE {LEAF}; DELETE FROM log_leaf WHERE {LEAF}; DELETE FROM entry WHERE {LEAF}", "log_order entry_numbers head"),
    ("the last transfer is gone", "DELETE FROM transfer WHERE leaf_index = 299; DELETE FROM log_leaf WHERE leaf_index = 299; DELETE FROM entry WHERE leaf_index = 299", "balance head published"),
    ("most of the log is gone", "DELETE FROM log_leaf WHERE leaf_index > 10", "head entries one_to_one"),
    ("the whole log is gone", "DELETE FROM log_leaf", "head entries one_to_one"),
    ("an event is gone", f"DELETE FROM event WHERE {AT_EVENT}", "one_to_one"),
    ("an event is gone with its leaf", f"DELETE FROM event WHERE {AT_EVENT}; DELETE FROM log_leaf WHERE {AT_EVENT}", "log_order head"),
    ("all events are gone", "DELETE FROM event", "one_to_one accounts author note openings"),
    ("an event is put in behind the log", f"INSERT INTO event SELECT community_id, {SIZE}, gen_random_uuid(), kind, recorded_at, via, author_id, member_id, details, salt, digest FROM event WHERE {AT_EVENT}", "one_to_one"),
    ("an event is put in at a transfer", f"INSERT INTO event SELECT community_id, {PLAIN}, gen_random_uuid(), kind, recorded_at, via, author_id, member_id, details, salt, digest FROM event WHERE {AT_EVENT}", "one_to_one"),
    ("an event is put in with a leaf", f"INSERT INTO event SELECT community_id, {SIZE}, gen_random_uuid(), kind, recorded_at, via, author_id, member_id, details, salt, digest FROM event WHERE {AT_EVENT}; INSERT INTO log_leaf SELECT community_id, {SIZE}, NULL, leaf_hash, payload FROM log_leaf WHERE {AT_EVENT}", "head leaf"),
    ("two events are exchanged", f"UPDATE event SET leaf_index = -leaf_index WHERE leaf_index IN ({EVENT}, 181); UPDATE event SET leaf_index = {EVENT} + 181 + leaf_index WHERE leaf_index < 0", "leaf recorded_at"),
    ("an event stands twice", f"ALTER TABLE event DROP CONSTRAINT event_pkey; INSERT INTO event SELECT * FROM event WHERE {AT_EVENT}", "one_to_one"),
    ("the leaf of an event names a transfer", f"UPDATE log_leaf SET transfer_id = (SELECT transfer_id FROM transfer WHERE {LEAF}) WHERE {AT_EVENT}", "one_to_one"),
    ("entries stand at an event", f"UPDATE entry SET {AT_EVENT} WHERE {LEAF}", "entries balanced"),
    ("the payload of an event is NULL", f"ALTER TABLE log_leaf ALTER payload DROP NOT NULL; UPDATE log_leaf SET payload = NULL WHERE {AT_EVENT}", "unreadable"),
    ("the payload of an event is another", f"UPDATE log_leaf SET payload = payload || ' ' WHERE {AT_EVENT}", "leaf leaf_hash head"),
    ("the details of an event are NULL", f"ALTER TABLE event ALTER details DROP NOT NULL; UPDATE event SET details = NULL WHERE {AT_EVENT}", "unreadable event"),
    ("the details of an event are nested deeply", f"UPDATE event SET details = repeat('[', 100000) WHERE {AT_EVENT}", "event"),
    ("a digest of an event is not ASCII", f"UPDATE event SET digest = repeat('é', 43) WHERE {AT_EVENT}", "leaf digest"),
    ("a salt of an event is not ASCII", f"UPDATE event SET salt = 'é' WHERE {AT_EVENT}", "digest"),
    ("events are out of every calendar", "UPDATE event SET recorded_at = 'infinity'", "leaf recorded_at"),
    ("a capacity is not ASCII", f"UPDATE transfer SET via = 'é' WHERE leaf_index = {AUTHORED}", "leaf"),
    ("an author's salt is not ASCII", f"UPDATE transfer_author SET salt = 'é' WHERE {BY}", "author"),
    ("the table of events is gone", "DROP TABLE event", "unreadable"),
    # What may be missing of Zoe may not be missing of anybody else.
    ("a secret is gone", f"DELETE FROM account_secret WHERE {CODE.format('m1')}", "accounts"),
    ("a name is gone", f"DELETE FROM account_name WHERE {CODE.format('m1')}", "openings"),
    ("a note is gone", f"DELETE FROM transfer_note WHERE transfer_id = (SELECT transfer_id FROM transfer WHERE leaf_index = {NOTED})", "note"),
    ("an author is gone", f"DELETE FROM transfer_author WHERE {BY}", "author"),
    ("the author of an erased person's transfer is gone", f"DELETE FROM transfer_author WHERE member_id = '{ZOE}'", "author"),
    ("an erased secret is still there", f"INSERT INTO account_secret SELECT community_id, '{ZOES}', secret FROM account_secret WHERE {CODE.format('m1')}", "erased"),
    ("an erasure is forged without a leaf", FORGED.format(SIZE) + GONE, "one_to_one accounts openings note"),
    ("an erasure is forged at a transfer", FORGED.format(PLAIN) + GONE, "one_to_one accounts openings note"),
    ("an erasure is forged from another event", f"UPDATE event SET kind = 'member_erased', details = {DETAILS} WHERE {AT_EVENT};" + GONE, "leaf digest accounts openings note"),
    ("an erasure is forged with its leaf", f"UPDATE event SET kind = 'member_erased', details = {DETAILS} WHERE {AT_EVENT}; UPDATE log_leaf SET payload = convert_to(replace(convert_from(payload, 'UTF8'), 'classes_changed', 'member_erased'), 'UTF8') WHERE {AT_EVENT}; UPDATE log_leaf SET leaf_hash = sha256('\\x00' || payload) WHERE {AT_EVENT};" + GONE, "digest head accounts openings note"),
    ("an erasure is stretched to another account", f"UPDATE event SET details = {DETAILS} WHERE leaf_index = {ERASURE};" + GONE, "digest accounts openings note author event"),
    ("an erasure is stretched to another member", f"UPDATE event SET member_id = '{MIA}' WHERE leaf_index = {ERASURE}", "digest accounts openings note author event"),
    ("an erasure has lost its own salt", f"UPDATE event SET salt = NULL WHERE leaf_index = {ERASURE}", "event accounts openings note author"),
    ("a later event is made an erased person's", f"UPDATE event SET member_id = '{ZOE}', salt = NULL WHERE {AT_EVENT}", "event"),
    ("a digest of an erased account is changed", f"UPDATE entry SET digest = reverse(digest) WHERE account_id = '{ZOES}' AND leaf_index = {OF_ZOE}", "leaf"),
    ("a balance of an erased account is changed", f"UPDATE entry SET balance_after = 7 WHERE account_id = '{ZOES}' AND leaf_index = {OF_ZOE}", "running_balance"),
    ("an entry of an erased account comes after it", f"UPDATE entry SET account_id = '{ZOES}', entry_number = 4, balance_after = seconds WHERE leaf_index = 250 AND place = 0", "accounts limits"),
    ("a transfer of an erased account is another", f"UPDATE transfer SET kind = 'care' WHERE leaf_index = {OF_ZOE}", "leaf"),
    ("everything is gone", "TRUNCATE log_leaf, transfer, entry, log_head, checkpoint, log_node, balance, account CASCADE", "head published"),
]  # fmt: skip


NOTHING_TO_READ = {"a column is gone", "a table is gone", "the table of events is gone"}


@pytest.mark.parametrize(
    ("name", "sql", "expected"), TAMPERINGS + UNTIDY, ids=[row[0] for row in TAMPERINGS + UNTIDY]
)
async def test_whatever_a_superuser_alters_is_found(draft, name, sql, expected):
    await draft.tamper(sql)
    report = await draft.audit()
    assert set(expected.split()) <= checks(report), report.render_lines()
    # What was found is said in sentences, with a place to look at and something to do.
    for finding in report.findings:
        assert finding.what.endswith(".")
        assert finding.where
        assert finding.remedy.endswith(".")
    given_up = any("could not read to the end" in finding.what for finding in report.findings)
    assert given_up == (name in NOTHING_TO_READ)
    # The same book is not clean on any later day either.
    assert not (draft.folder / "audits" / "oak.audited").exists()


async def test_no_column_is_forgotten(draft):
    rows = await draft.owner.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = ANY ($1)",
        sorted({name.partition(".")[0] for name, _, _ in TAMPERINGS}),
    )
    assert {row["name"] for row in rows} == {name for name, _, _ in TAMPERINGS} | TRUTHLESS.keys()


# --- tampering that leaves everything consistent --------------------------------------------------------------------


async def sign_again(book, keys, size=None, *, checkpoints=True):
    """Make tree, head and checkpoints again over the leaves as they are, as somebody with these keys would."""
    leaves = await book.owner.fetch("SELECT payload FROM log_leaf ORDER BY leaf_index")
    hashes = [leaf_hash(row["payload"]) for row in leaves]
    origin = book.community.origin

    def tree_at(size):
        tree, nodes = CompactRange(0, ()).append(hashes[:size])
        return tree, nodes, sign_checkpoint(Checkpoint(origin, size, tree.root()), keys.log_keys)

    tree, nodes, note = tree_at(len(hashes))
    await book.owner.executemany(
        "UPDATE log_leaf SET leaf_hash = $2 WHERE leaf_index = $1", list(enumerate(hashes))
    )
    await book.owner.execute("DELETE FROM log_node")
    await book.owner.executemany(
        "INSERT INTO log_node VALUES ($1, $2, $3, $4)", [(book.community.id, *node) for node in nodes]
    )
    await book.owner.execute("DELETE FROM checkpoint WHERE tree_size > $1", len(hashes))
    if checkpoints:
        for row in await book.owner.fetch("SELECT tree_size FROM checkpoint"):
            earlier, _, signed = tree_at(row["tree_size"])
            await book.owner.execute(
                "UPDATE checkpoint SET root = $2, note = $3 WHERE tree_size = $1",
                row["tree_size"],
                earlier.root(),
                signed,
            )
    await book.owner.execute(
        "UPDATE log_head SET tree_size = $1, edge = $2, checkpoint = $3, recorded_at = (SELECT max(recorded_at) FROM"
        " (SELECT recorded_at FROM transfer UNION ALL SELECT recorded_at FROM event) of_all), kept_at = (SELECT max(kept_at) FROM checkpoint)",
        tree.size, tree.encode(), note,
    )  # fmt: skip


async def cut_off(book, count):
    """Take the last transfers out of every table, as if they had never been posted."""
    await book.tamper(
        f"""
        DELETE FROM transfer_note WHERE transfer_id IN (SELECT transfer_id FROM transfer WHERE leaf_index >= {SIZE - count});
        DELETE FROM transfer WHERE leaf_index >= {SIZE - count};
        DELETE FROM entry WHERE leaf_index >= {SIZE - count};
        DELETE FROM log_leaf WHERE leaf_index >= {SIZE - count};
        UPDATE balance b SET entry_count = e.entry_number, balance = e.balance_after
        FROM (SELECT DISTINCT ON (account_id) * FROM entry ORDER BY account_id, entry_number DESC) e
        WHERE e.account_id = b.account_id
        """
    )
    await sign_again(book, book.keys)


def forget_published(book):
    for path in (book.folder / "checkpoints").iterdir():
        path.unlink()


async def test_a_log_cut_short_and_signed_again_is_found_by_a_checkpoint_from_outside(draft):
    outside = await draft.owner.fetchval("SELECT checkpoint FROM log_head")
    await cut_off(draft, 3)
    assert checks(await draft.audit()) == {"published"}
    forget_published(draft)
    # Whoever has the keys can make a shorter history that is right in itself: only others' memory disproves it.
    assert checks(await draft.audit()) == set()
    report = await draft.audit(against=outside)
    assert checks(report) == {"against"}
    assert "its end was cut off, or an old backup was restored" in report.findings[0].what


async def test_another_history_of_the_same_length_is_found_by_a_checkpoint_from_outside(book):
    outside = await book.owner.fetchval("SELECT checkpoint FROM log_head")
    await cut_off(book, 5)
    forget_published(book)
    await post_more(book, 5)
    assert checks(await book.audit()) == set()
    report = await book.audit(against=outside)
    assert checks(report) == {"against"}
    assert "are not those that were signed for" in report.findings[0].what


@pytest.mark.parametrize("note", ["", "\x00\x00", "nonsense", "x\n1\ny\n\n— x y\n", "\ud800"])
async def test_a_checkpoint_from_outside_that_is_none_is_a_finding(draft, note):
    assert checks(await draft.audit(against=note)) == {"against"}


async def test_a_checkpoint_of_another_log_or_another_signer_is_a_finding(draft, tmp_path):
    root = CompactRange(0, ()).root()
    other = sign_checkpoint(Checkpoint("care.example.org/elm", 0, root), draft.keys.log_keys)
    assert checks(await draft.audit(against=other)) == {"against"}
    foreign = sign_checkpoint(
        Checkpoint(draft.community.origin, 0, root), create_keys(tmp_path / "foreign").log_keys
    )
    assert checks(await draft.audit(against=foreign)) == {"against"}


async def test_history_signed_again_with_another_key_is_found(draft, tmp_path):
    await draft.tamper(f"UPDATE log_leaf SET payload = payload || ' ' WHERE {LEAF}")
    await sign_again(draft, create_keys(tmp_path / "foreign"))
    assert {"leaf", "head", "checkpoints", "published"} <= checks(await draft.audit())


async def test_two_leaves_swapped_are_found(draft):
    await draft.tamper(
        """
        UPDATE log_leaf a SET transfer_id = b.transfer_id, payload = b.payload, leaf_hash = b.leaf_hash
        FROM log_leaf b WHERE (a.leaf_index, b.leaf_index) IN ((100, 103), (103, 100))
        """
    )
    assert {"one_to_one", "head", "checkpoints", "nodes"} <= checks(await draft.audit())


async def test_two_accounts_swapped_in_a_transfer_are_found(draft):
    await draft.tamper(
        f"""
        DROP INDEX entry_account_leaf_key; ALTER TABLE entry DROP CONSTRAINT entry_pkey;
        UPDATE entry a SET account_id = b.account_id, entry_number = b.entry_number, balance_after = b.balance_after
        FROM entry b WHERE a.{LEAF} AND b.{LEAF} AND a.place <> b.place
        """
    )
    assert {"digest", "fingerprint", "running_balance"} <= checks(await draft.audit())


async def edit(book):
    """Double what one transfer moved, everywhere it shows: columns, leaf, hash, digests and balances afterwards."""
    await book.tamper(
        f"""
        UPDATE entry SET balance_after = e.balance_after + (SELECT seconds FROM entry f WHERE f.{LEAF} AND f.account_id = e.account_id)
        FROM entry e WHERE e.account_id = entry.account_id AND e.entry_number = entry.entry_number
            AND e.leaf_index >= {PLAIN} AND e.account_id IN (SELECT account_id FROM entry WHERE {LEAF});
        UPDATE balance b SET balance = b.balance + e.seconds FROM entry e WHERE e.{LEAF} AND e.account_id = b.account_id;
        UPDATE entry SET seconds = seconds * 2 WHERE {LEAF};
        UPDATE log_leaf SET payload = convert_to(replace(convert_from(payload, 'UTF8'), '60', '120'), 'UTF8') WHERE {LEAF};
        UPDATE log_leaf SET leaf_hash = sha256('\\x00' || payload) WHERE {LEAF}
        """
    )


async def test_a_transfer_edited_everywhere_but_in_the_signature_is_found(draft):
    await edit(draft)
    assert {"digest", "fingerprint", "head", "checkpoints"} <= checks(await draft.audit())


async def test_a_transfer_edited_everywhere_with_the_key_of_the_log_is_found(draft):
    await edit(draft)
    await sign_again(draft, draft.keys)
    assert {"digest", "fingerprint", "published"} <= checks(await draft.audit())


async def test_a_transfer_put_in_without_the_key_is_found(book):
    """A copy of the ledger's own code posts it, with a key of its own: everything is right but who signed."""
    stranger = Ledger(
        book.ledger.database,
        create_keys(book.folder / "stranger"),
        PublishedCheckpoints(book.folder / "elsewhere"),
    )
    book.ledger, honest = stranger, book.ledger
    await post_more(book, 1)
    book.ledger = honest
    assert {"head"} <= checks(await book.audit())


async def test_a_reversal_that_is_not_the_opposite_is_found(draft):
    await draft.tamper(
        f"UPDATE transfer SET reverses_id = (SELECT transfer_id FROM transfer WHERE leaf_index = 0) WHERE leaf_index = {REVERSAL}"
    )
    assert "reversals" in checks(await draft.audit())


async def test_findings_are_bounded_and_counted(draft):
    await draft.tamper("UPDATE transfer SET fingerprint = sha256('x')")
    report = await draft.audit()
    # Five leaves are events, and the fingerprints of the two whose notes were erased cannot be made again.
    found = SIZE - 5 - 2
    assert len(report.findings) == 100
    assert report.more == {"fingerprint": found - 100}
    assert report.render_lines()[-2:] == [f"[fingerprint] and {found - 100} more.", f"{found} findings."]


async def test_a_hold_placed_in_another_zone_is_clean(book):
    from datetime import timezone

    now = datetime(2026, 5, 5, 8, tzinfo=UTC)
    book.ledger.now = lambda: now
    deadline = (now + timedelta(days=1)).astimezone(timezone(timedelta(hours=5, minutes=45)))
    await book.ledger.post(book.community, [PlaceHold(named("Kathmandu"), named("m1"), 60, deadline)])
    assert not (await book.audit()).findings


def test_more_findings_than_are_spelt_out_are_not_a_clean_book():
    report = AuditReport("oak", 1, 0, 2, 2, (), [], {"leaf": 2210})
    assert not report.clean
    assert report.to_dict()["clean"] is False


async def test_a_community_under_another_issuer_is_found_and_said(book):
    await book.tamper("UPDATE community SET issuer = 'https://elsewhere.example'")
    report = await book.audit()
    assert not report.clean
    assert report.findings
