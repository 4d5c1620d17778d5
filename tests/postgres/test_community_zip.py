"""A whole community out of one service and into another: the same rows, the same root, and receipts that go on."""

import asyncio
import io
import json
import shutil
import stat
import zipfile
from datetime import UTC, date, datetime, time
from hashlib import sha256
from uuid import uuid4

import asyncpg
import pytest

from ledger.book.authors import SHELL, Event
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, TransferKind
from ledger.book.forks import check_published
from ledger.book.ledger import Ledger, Moved
from ledger.book.posting import Posted
from ledger.book.proofs import consistency_proof
from ledger.database.connections import Database
from ledger.desk.audit import audit_community
from ledger.desk.exports.archive import sign_list
from ledger.desk.exports.community import export_community
from ledger.desk.exports.moving import move, undo_move
from ledger.desk.exports.opening import ZipRefused, open_zip
from ledger.desk.exports.tables import EXPORTED, LEFT_OUT
from ledger.desk.exports.taking_in import examine, is_signed_here, take_in
from ledger.log.checkpoints import read_checkpoint
from ledger.log.encoding import base64, canonical_json
from ledger.log.keys import create_keys, load_keys, rotate_key
from ledger.log.merkle import verify_consistency
from ledger.log.published import PublishedCheckpoints
from ledger.log.receipts import sign_receipt
from ledger.log.trust import Trust, render_trust
from ledger.log.verification import verify
from ledger.people.acts import record
from tests.conftest import driver_arguments, in_database

ROOM = "elsewhere"
URL_THERE = "https://there.example.org"
NASTY = '=HYPERLINK("x")\\ \\N \\. " ,\n\t\r\u2028\x01\x02 Ana\u0301 \U0001f475'


class Elsewhere:
    """A service on another machine: its own database, keys and checkpoints."""

    def __init__(self, url, folder):
        self.url = url
        self.keys_folder = folder / "keys"
        create_keys(self.keys_folder)
        self.checkpoints = PublishedCheckpoints(folder / "checkpoints")
        self.folder = folder
        self.database = Database(url, pool_size=4)

    @property
    def ledger(self):
        """The service as it is after a start: its keys are read anew."""
        return Ledger(self.database, load_keys(self.keys_folder), self.checkpoints)

    async def slugs(self):
        return [each.slug for each in await self.ledger.communities()]

    async def take_in(self, path):
        ledger = self.ledger
        opened = examine(ledger, path, await self.slugs(), lambda _done, _total: None)
        return await take_in(ledger, opened, self.keys_folder, URL_THERE)


@pytest.fixture
async def elsewhere(server, other_database_name, tmp_path):
    (tmp_path / ROOM).mkdir()
    there = Elsewhere(in_database(server.url, other_database_name), tmp_path / ROOM)
    there.arguments = driver_arguments(server.url, other_database_name)
    yield there
    await there.database.close()


async def a_little_life(ledger, community):
    """Two accounts and a transfer with a note; returns the transfer."""
    bank, ana = uuid4(), uuid4()
    await ledger.post(
        community,
        [
            OpenAccount(bank, AccountKind.ISSUANCE, "bank", None, None, "Issuance"),
            OpenAccount(ana, AccountKind.MEMBER, "m1", 0, None, NASTY),
        ],
    )

    noted = PostTransfer(
        uuid4(), TransferKind.ADJUST, ((bank, -3600), (ana, 3600)), date(2026, 1, 5), note=NASTY
    )
    [answer] = await ledger.post(community, [noted])
    assert isinstance(answer.outcome, Posted), answer
    return answer.transfer


SAMPLE = {
    "uuid": uuid4,
    "_uuid": lambda: [uuid4(), uuid4()],
    "text": lambda: NASTY,
    "_text": lambda: [NASTY, "", '{"a,b"}'],
    "bytea": lambda: bytes(range(32)),
    "timestamptz": lambda: datetime(2026, 2, 28, 23, 59, 59, 123456, UTC),
    "date": lambda: date(2026, 2, 28),
    "time": lambda: time(23, 59, 59, 1),
    "bool": lambda: True,
    "int2": lambda: 3,
    "int4": lambda: 7,
    "int8": lambda: 86400,
}
WORDS = {
    # What a check of the table asks for; a column that is not named has its sample.
    "import_run": {"what": "history", "state": "waiting", "posted_at": None, "undone_at": None},
    "paper_round": {"state": "matched", "ended_at": None, "ended_by": None, "totals": None},
    "paper_line": {"grade": "exact", "state": "decided", "problem": None},
    "paper_match": {"kind": "claim"},
    "paper_decision": {"deed": "accept"},
    "statement_sent": {"state": "sent"},
    "well_being": {"side": "provider", "via": "member"},
}
FILLED = """
proposal_use import_file import_run import_upload import_opening import_limit import_match
paper_round paper_file paper_line paper_match paper_decision paper_reason paper_reading paper_name assertion_note
statement_wish statement_sent social_text well_being
""".split()


async def fill(owner, community):
    """A row with every column in tables that a little life leaves empty, and that no event of the log speaks of."""
    for table in FILLED:
        columns = await owner.fetch(
            "SELECT column_name, udt_name FROM information_schema.columns"
            " WHERE table_name = $1 AND is_generated = 'NEVER'",
            table,
        )
        values = {name: SAMPLE[kind.removesuffix("_")]() for name, kind in columns} | WORDS.get(table, {})
        values["community_id"] = community.id
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await owner.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values())


async def written(ledger, community, path):
    await record(ledger, community, Event("exported", SHELL, details={"form": "community"}))
    with path.open("wb") as file:
        return await export_community(ledger, community, file)


async def rows_of(connection, table):
    """Every row of the table as text, without the community's number."""
    found = await connection.fetch(f"SELECT to_jsonb(t) - 'community_id' AS row FROM {table} t")
    return sorted(each["row"] for each in found)


async def test_the_same_community_goes_on_elsewhere(ledger, community, elsewhere, owner, tmp_path):
    transfer = await a_little_life(ledger, community)
    before = sign_receipt(transfer.payload, ledger.keys.receipt_key)
    old_trust = Trust.from_json(
        canonical_json(render_trust([community.issuer], ledger.keys, [community.origin]))
    )
    await fill(owner, community)
    path = tmp_path / "oak.zip"
    manifest = await written(ledger, community, path)

    taken, report = await elsewhere.take_in(path)
    assert report.clean and report.tree_size == manifest.tree_size == 2

    there = elsewhere.ledger
    assert await check_published(there) == {}
    other = await asyncpg.connect(**elsewhere.arguments)
    for table in EXPORTED:
        assert await rows_of(other, table) == await rows_of(owner, table), table
    await other.close()
    async with there.database.snapshot(taken.id) as db:
        head = await db.row("log/read_head", community_id=taken.id)
    assert base64(read_checkpoint(head["checkpoint"]).root) == manifest.root
    assert there.published.read("oak") == manifest.checkpoint

    # It goes on, signed by the new service's keys, and every receipt verifies.
    command = PostTransfer(
        uuid4(), TransferKind.ADJUST, tuple((e.account_id, e.seconds) for e in transfer.entries), None, None
    )
    [answer] = await there.post(taken, [command])
    after = sign_receipt(answer.transfer.payload, there.keys.receipt_key)
    again = sign_receipt(transfer.payload, there.keys.receipt_key)
    trust = Trust.from_json(canonical_json(render_trust([taken.issuer], there.keys, [taken.origin])))
    for receipt in (before, after, again):
        assert verify(receipt.encode(), trust).valid
    assert verify(before.encode(), old_trust).valid
    assert not verify(after.encode(), old_trust).valid
    assert (await audit_community(there, taken, folder=elsewhere.folder / "audits")).clean
    assert await check_published(elsewhere.ledger) == {}
    async with there.database.snapshot(taken.id) as db:
        new = read_checkpoint((await db.row("log/read_head", community_id=taken.id))["checkpoint"])
        proof = await consistency_proof(db, taken.id, manifest.tree_size, new.size)
    old = read_checkpoint(manifest.checkpoint)
    assert verify_consistency(old.size, old.root, new.size, new.root, proof)


async def test_out_and_in_and_out_again_it_is_the_same(ledger, community, elsewhere, owner, tmp_path):
    """All but who signed it: the second service adds its keys to those that are trusted, and signs with them."""
    await a_little_life(ledger, community)
    await fill(owner, community)
    await written(ledger, community, tmp_path / "oak.zip")
    taken, _ = await elsewhere.take_in(tmp_path / "oak.zip")
    with (tmp_path / "again.zip").open("wb") as file:
        await export_community(elsewhere.ledger, taken, file)
    before, after = files_of(tmp_path / "oak.zip"), files_of(tmp_path / "again.zip")
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {
        "trust.json", "manifest.json", "manifest.note",
    }  # fmt: skip
    first, second = [json.loads(each["manifest.json"]) for each in (before, after)]
    assert first["files"].pop("trust.json") != second["files"].pop("trust.json")
    assert first == second


async def test_a_community_that_moved_is_only_read_where_it_was(ledger, community, elsewhere, tmp_path):
    """And is taken in only where it moved to, where it goes on with the same log."""
    transfer = await a_little_life(ledger, community)
    command = PostTransfer(
        uuid4(), TransferKind.ADJUST, tuple((e.account_id, e.seconds) for e in transfer.entries), None, None
    )
    await move(ledger, community, SHELL, "https://third.example.org")
    with pytest.raises(Moved, match=r"has moved to https://third\.example\.org"):
        await ledger.post(community, [command])
    with pytest.raises(Moved):
        await written(ledger, community, tmp_path / "oak.zip")
    with (tmp_path / "third.zip").open("wb") as file:
        await export_community(ledger, community, file)
    with pytest.raises(
        ZipRefused, match=r"it moved to https://third\.example\.org, and this service is https://there"
    ):
        await elsewhere.take_in(tmp_path / "third.zip")
    await nothing_there(elsewhere)
    assert (await audit_community(ledger, community, folder=tmp_path / "audits")).clean

    assert await undo_move(ledger, community, SHELL) == "https://third.example.org"
    assert await undo_move(ledger, community, SHELL) is None
    await move(ledger, community, SHELL, URL_THERE)
    with (tmp_path / "oak.zip").open("wb") as file:
        manifest = await export_community(ledger, community, file)
    taken, report = await elsewhere.take_in(tmp_path / "oak.zip")
    assert report.clean and report.tree_size == manifest.tree_size
    there = elsewhere.ledger
    [answer] = await there.post(taken, [command])
    assert isinstance(answer.outcome, Posted)
    assert (await audit_community(there, taken, folder=tmp_path / "there")).clean
    async with there.database.snapshot(taken.id) as db:
        new = read_checkpoint((await db.row("log/read_head", community_id=taken.id))["checkpoint"])
        proof = await consistency_proof(db, taken.id, manifest.tree_size, new.size)
    old = read_checkpoint(ledger.published.read("oak"))
    assert old.size == manifest.tree_size
    assert verify_consistency(old.size, old.root, new.size, new.root, proof)


async def test_what_is_posted_while_it_moves_is_before_the_move_or_refused(ledger, community, tmp_path):
    transfer = await a_little_life(ledger, community)
    entries = tuple((e.account_id, e.seconds) for e in transfer.entries)
    posting = [
        ledger.post(community, [PostTransfer(uuid4(), TransferKind.ADJUST, entries, None, None)])
        for _ in range(10)
    ]
    moving = [move(ledger, community, SHELL, URL_THERE) for _ in range(2)]
    answers = await asyncio.gather(*posting[:5], *moving, *posting[5:], return_exceptions=True)
    moves = [answers[5], answers[6]]
    assert sorted(type(each).__name__ for each in moves) == ["Moved", "NoneType"]
    posted = [each for each in answers if isinstance(each, list)]
    assert all(isinstance(answer.outcome, Posted) for [answer] in posted)
    async with ledger.database.snapshot(community.id) as db:
        head = await db.row("log/read_head", community_id=community.id)
    # Two accounts and the first transfer have one leaf, the move two.
    assert head["tree_size"] == 1 + len(posted) + 2
    assert (await audit_community(ledger, community, folder=tmp_path / "audits")).clean


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE log_head SET moved_to = 'https://third.example.org'",
        "UPDATE log_head SET moved_to = 'https://third.example.org' WHERE moved_to IS NOT NULL",
    ],
)
async def test_a_move_that_the_log_does_not_tell_of_is_found(tampering, ledger, community, owner, tmp_path):
    await a_little_life(ledger, community)
    if "WHERE" in tampering:
        await move(ledger, community, SHELL, URL_THERE)
    await owner.execute(tampering)
    [finding] = (await audit_community(ledger, community, folder=tmp_path / "audits")).findings
    assert "moved_to says that the community moved" in finding.what


async def test_the_same_state_gives_the_same_bytes(ledger, community, tmp_path):
    await a_little_life(ledger, community)
    one, two = io.BytesIO(), io.BytesIO()
    await export_community(ledger, community, one)
    await export_community(ledger, community, two)
    assert one.getvalue() == two.getvalue()


async def test_every_table_is_exported_or_left_out_for_a_reason(owner):
    rows = await owner.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    assert {row["table_name"] for row in rows} == set(EXPORTED) | set(LEFT_OUT)
    assert len(EXPORTED) == len(set(EXPORTED)) and not set(EXPORTED) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())


async def test_a_key_of_the_old_service_speaks_for_its_own_log_alone(ledger, community, elsewhere, tmp_path):
    """Whoever ran the service a community came from signs nothing in the name of the others here."""
    await a_little_life(ledger, community)
    await written(ledger, community, tmp_path / "oak.zip")
    await elsewhere.take_in(tmp_path / "oak.zip")
    there = elsewhere.ledger
    elm = await there.found("elm", "Elm Street", "https://there.example.org", "there.example.org/elm")
    transfer = await a_little_life(there, elm)
    forged = sign_receipt(transfer.payload, ledger.keys.receipt_key)
    genuine = sign_receipt(transfer.payload, there.keys.receipt_key)
    trust = render_trust([elm.issuer, community.issuer], there.keys, [elm.origin, community.origin])
    trusted = Trust.from_json(canonical_json(trust))
    assert verify(genuine.encode(), trusted).valid
    assert not verify(forged.encode(), trusted).valid
    [_, adopted] = trust["jwks"]["keys"]
    assert adopted["carehours_logs"] == [community.origin]
    assert len(there.keys.vkeys(community.origin)) == 2 and len(there.keys.vkeys(elm.origin)) == 1


async def test_a_service_that_lost_its_database_takes_its_own_export_in(
    ledger, community, elsewhere, tmp_path
):
    """With the keys and checkpoint files it kept: nobody is asked, and an older export is refused."""
    await a_little_life(ledger, community)
    await written(ledger, community, tmp_path / "older.zip")
    await written(ledger, community, tmp_path / "newer.zip")
    shutil.rmtree(elsewhere.keys_folder, URL_THERE)
    shutil.copytree(tmp_path / "keys", elsewhere.keys_folder, URL_THERE)
    elsewhere.checkpoints = ledger.published
    assert is_signed_here(elsewhere.ledger, open_zip(tmp_path / "newer.zip")[0])
    with pytest.raises(ZipRefused, match=r"has published a checkpoint .* over 3 leaves, which the log"):
        await elsewhere.take_in(tmp_path / "older.zip")
    await elsewhere.take_in(tmp_path / "newer.zip")
    assert not (elsewhere.keys_folder / "adopted").exists()
    assert await check_published(elsewhere.ledger) == {}


async def test_it_goes_on_a_second_time_after_keys_were_rotated(ledger, community, elsewhere, tmp_path, keys):
    """From the first service to the second and, once that has new keys, into a third: all receipts verify."""
    transfer = await a_little_life(ledger, community)
    first = sign_receipt(transfer.payload, ledger.keys.receipt_key)
    await written(ledger, community, tmp_path / "oak.zip")
    taken, _ = await elsewhere.take_in(tmp_path / "oak.zip")
    for purpose in ("receipt", "log"):
        rotate_key(elsewhere.keys_folder, purpose)
    second = elsewhere.ledger
    await written(second, taken, tmp_path / "again.zip")
    opened, _ = open_zip(tmp_path / "again.zip")
    assert len(opened.trust.receipt_keys) == 3 and len(opened.signers) == 2
    assert verify(first.encode(), opened.trust).valid
    assert not is_signed_here(ledger, opened)


def files_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_together(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


class Forger:
    """Changes files of a zip; with `resigned` it has the old service's keys, and a manifest to match."""

    def __init__(self, files, keys):
        self.files = dict(files)
        self.keys = keys

    def line(self, table, edit):
        name = f"tables/{table}.ndjson"
        first, *rest = self.files[name].splitlines(keepends=True)
        row = json.loads(first)
        edit(row)
        changed = (json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n").encode()
        self.files[name] = b"".join([changed, *rest])

    def manifest(self, edit):
        said = json.loads(self.files["manifest.json"])
        edit(said)
        self.files["manifest.json"] = canonical_json(said)

    def agree(self, sign=True):
        """Bring the manifest in line with the files, and sign it."""

        def hashes(said):
            for name, file in said["files"].items():
                content = self.files[name]
                file |= {
                    "sha256": sha256(content).hexdigest(),
                    "bytes": len(content),
                    "lines": content.count(b"\n"),
                }

        self.manifest(hashes)
        self.sign()

    def sign(self, keys=None):
        said = json.loads(self.files["manifest.json"])
        note = sign_list(
            said["community"]["origin"], self.files["manifest.json"], len(said["files"]), keys or self.keys
        )
        self.files["manifest.note"] = note.encode()


def edit(table, name, value):
    """A row that was edited, by somebody who can make everything agree but the log."""

    def forge(forger, _path):
        forger.line(table, lambda row: row.update({name: value}))
        forger.agree()

    return forge


def plainly(table, name, value):
    return lambda forger, _path: forger.line(table, lambda row: row.update({name: value}))


def without(name):
    return lambda forger, _path: forger.files.pop(name)


def added(name, content=b""):
    return lambda forger, _path: forger.files.update({name: content})


def saying(**said):
    def forge(forger, _path):
        forger.manifest(lambda manifest: manifest.update(said))
        forger.sign()

    return forge


def unsigned(forger, _path):
    forger.manifest(lambda manifest: manifest["community"].update({"name": "Somebody else"}))


def signed_by_another(forger, path):
    forger.sign(create_keys(path.parent / "another"))


def other_origin(forger, _path):
    forger.manifest(
        lambda manifest: manifest["community"].update({"origin": "care.example.org/elm", "slug": "elm"})
    )
    forger.sign()


def smuggled_log(forger, _path):
    trust = json.loads(forger.files["trust.json"])
    keys = create_keys(_path.parent / "smuggled")
    trust["logs"].append({"origin": "there.example.org/elm", "vkeys": keys.vkeys("there.example.org/elm")})
    forger.files["trust.json"] = canonical_json(trust)
    forger.agree()


def bomb(forger, _path):
    forger.files["tables/person.ndjson"] = b"0" * 20_000_000
    forger.agree()


def long_line(forger, _path):
    forger.files["tables/person.ndjson"] = b"x" * 3_000_000
    forger.agree()


def cut_leaves(forger, _path):
    name = "tables/log_leaf.ndjson"
    forger.files[name] = b"".join(forger.files[name].splitlines(keepends=True)[:-1])
    forger.agree()


def no_json(forger, _path):
    forger.files["tables/account_name.ndjson"] = b"{not json}\n"
    forger.agree()


def moved_entry(forger, _path):
    """An entry given to another account, with everything beside the log made to agree."""
    lines = [json.loads(line) for line in forger.files["tables/entry.ndjson"].splitlines()]
    accounts = {line["account_id"] for line in lines}
    swap = dict(zip(sorted(accounts), sorted(accounts, reverse=True), strict=True))
    for line in lines:
        line["account_id"] = swap[line["account_id"]]
    forger.files["tables/entry.ndjson"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    forger.agree()


BROKEN = {
    # what was done to it: (how, what is said)
    "a file is missing": (without("tables/entry.ndjson"), "tables/entry.ndjson is missing"),
    "no manifest": (without("manifest.json"), "manifest.json is missing"),
    "a file too many": (added("tables/session.ndjson"), "it holds tables/session.ndjson, which no export"),
    "a path that leads out": (added("../../etc/passwd", b"x"), "it holds ../../etc/passwd"),
    "an absolute path": (added("/etc/passwd", b"x"), "it holds /etc/passwd"),
    "a row edited": (plainly("account_name", "name", "Somebody"), "account_name.ndjson is not the file that the"),
    "a row edited, hashes too": (unsigned, "no key in trust.json has signed this manifest"),
    "signed with another key": (signed_by_another, "no key in trust.json has signed this manifest"),
    "another origin": (other_origin, "trust.json is about another log"),
    "a second log in trust.json": (smuggled_log, "trust.json is about another log"),
    "another schema": (saying(schema="0003"), "whose schema is 0003, and this one has 00"),
    "another version": (saying(version=2), "its form is version 2"),
    "another format": (saying(format="backup"), "it is no community's zip"),
    "another tree size": (saying(tree_size=1), "is of another log, or of another state"),
    "another root": (saying(root="A" * 43 + "="), "is of another log, or of another state"),
    "no root": (saying(root="x"), "manifest.json is not one"),
    "a checkpoint that is none": (saying(checkpoint="x"), "its checkpoint is not signed"),
    "a bomb": (bomb, "it is a trap"),
    "a line without end": (long_line, "has a line longer than any of ours"),
    "leaves cut off": (cut_leaves, "it holds 1 leaves of the log, and 2 were signed for"),
    "a leaf edited": (edit("log_leaf", "payload", "\\x7b7d"), "line 1 of tables/log_leaf.ndjson is not leaf 0"),
    "a leaf moved": (edit("log_leaf", "leaf_index", 1), "line 1 of tables/log_leaf.ndjson is not leaf 0"),
    "a row that is no JSON": (no_json, "a row of tables/account_name.ndjson cannot be written"),
    "a row of another type": (edit("account", "opened_at", "once"), "a row of tables/account.ndjson cannot be written"),
    "a row without its value": (edit("balance", "balance", None), "a row of tables/balance.ndjson cannot be written"),
    "a balance edited": (edit("balance", "balance", 7), "a row of|the audit of what is in it has findings"),
    "a floor edited": (edit("account_limits", "floor", -1), "the audit of what is in it has findings"),
    "a fingerprint edited": (edit("transfer", "kind", "gift"), "the audit of what is in it has findings"),
    "an event edited": (edit("event", "details", "{}"), "the audit of what is in it has findings"),
    "entries of other accounts": (moved_entry, "the audit of what is in it has findings"),
    "another head": (edit("log_head", "tree_size", 1), "the head in tables/log_head.ndjson is not the one"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_zip_is_refused_and_changes_nothing(
    name, ledger, community, elsewhere, tmp_path, monkeypatch
):
    monkeypatch.setattr("ledger.desk.exports.opening.MAX_LINE_BYTES", 1_000_000)
    forge, says = BROKEN[name]
    await a_little_life(ledger, community)
    path = tmp_path / "oak.zip"
    await written(ledger, community, path)
    forger = Forger(files_of(path), ledger.keys)
    forge(forger, path)
    stored = name == "a line without end"
    put_together(path, forger.files, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    with pytest.raises(ZipRefused, match=says):
        await elsewhere.take_in(path)
    await nothing_there(elsewhere)


async def nothing_there(elsewhere):
    connection = await asyncpg.connect(**elsewhere.arguments)
    for table in ("community", *EXPORTED):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    await connection.close()
    assert not (elsewhere.keys_folder / "adopted").exists()
    assert elsewhere.checkpoints.read("oak") is None


async def test_a_damaged_file_is_refused(ledger, community, elsewhere, tmp_path):
    await a_little_life(ledger, community)
    whole = tmp_path / "oak.zip"
    await written(ledger, community, whole)
    content = whole.read_bytes()
    files = files_of(whole)
    twice = tmp_path / "twice.zip"
    put_together(twice, files)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("trust.json", files["trust.json"])
    link = tmp_path / "link.zip"
    with zipfile.ZipFile(link, "w") as archive:
        for name, each in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16 if name == "README.txt" else 0o600 << 16
            archive.writestr(info, each)
    broken = {
        "empty": b"",
        "text": b"not a zip\n" * 100,
        "cut short": content[: len(content) // 2],
        "without its end": content[:-30],
        "a bit": content[:2000] + bytes([content[2000] ^ 1]) + content[2001:],
        "twice": twice.read_bytes(),
        "link": link.read_bytes(),
    }
    for name, octets in broken.items():
        path = tmp_path / "broken.zip"
        path.write_bytes(octets)
        with pytest.raises(ZipRefused) as refused:
            await elsewhere.take_in(path)
        assert "Traceback" not in str(refused.value), name
    await nothing_there(elsewhere)


async def test_what_is_there_already_is_not_replaced(ledger, community, elsewhere, tmp_path):
    await a_little_life(ledger, community)
    path = tmp_path / "oak.zip"
    await written(ledger, community, path)
    await elsewhere.take_in(path)
    with pytest.raises(ZipRefused, match="has a community oak already"):
        await elsewhere.take_in(path)
    ledger_there = elsewhere.ledger
    opened = examine(ledger_there, path, [], lambda _done, _total: None)
    with pytest.raises(ZipRefused, match="has a community oak, or a log"):
        await take_in(ledger_there, opened, elsewhere.keys_folder, URL_THERE)
    assert await elsewhere.slugs() == ["oak"]


async def test_two_who_take_it_in_at_once_make_one_community(ledger, community, elsewhere, tmp_path):
    await a_little_life(ledger, community)
    path = tmp_path / "oak.zip"
    await written(ledger, community, path)
    both = await asyncio.gather(elsewhere.take_in(path), elsewhere.take_in(path), return_exceptions=True)
    refused = [each for each in both if isinstance(each, ZipRefused)]
    assert len(refused) == 1 and "oak" in str(refused[0]), both
    assert (
        await audit_community(elsewhere.ledger, *await elsewhere.ledger.communities(), folder=tmp_path)
    ).clean


class Stopped(Exception):
    pass


async def test_whatever_stops_it_in_the_middle_nothing_is_kept(ledger, community, elsewhere, tmp_path):
    await a_little_life(ledger, community)
    path = tmp_path / "oak.zip"
    manifest = await written(ledger, community, path)
    total = sum(file["lines"] for file in manifest.files.values())
    there = elsewhere.ledger
    keys = there.keys
    opened = examine(there, path, [], lambda _done, _total: None)

    async def stopped_at(moment):
        def stop(done, of):
            if of == moment[1] and done >= moment[0]:
                raise Stopped

        with pytest.raises((Stopped, ZipRefused)):
            await take_in(there, opened, elsewhere.keys_folder, URL_THERE, stop)
        await nothing_there(elsewhere)
        assert there.keys is keys

    await stopped_at((5, total))
    await stopped_at((manifest.tree_size, manifest.tree_size))
