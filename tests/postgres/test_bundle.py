"""The auditor's bundle, checked by its own script with Python's standard library and openssl alone."""

import ast
import asyncio
import csv
import dataclasses
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from hashlib import sha256
from operator import attrgetter
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL, Event
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, TransferKind
from ledger.book.posting import Done
from ledger.desk.closing import Item, close_period
from ledger.desk.exports.archive import sign_list
from ledger.desk.exports.bundle import SCRIPT, export_bundle
from ledger.hours import periods
from ledger.hours.hours import Hours
from ledger.log.balances import plant
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.keys import create_keys
from ledger.people.acts import record


@pytest.fixture
async def bundle(ledger, community, tmp_path):
    """A bundle of a few accounts, transfers and events with a closed period, unpacked."""
    bank, ana, ben = uuid4(), uuid4(), uuid4()
    await ledger.post(
        community,
        [
            OpenAccount(bank, AccountKind.ISSUANCE, "bank", None, None, "Issuance"),
            OpenAccount(ana, AccountKind.MEMBER, "m1", -36000, None, "Ana Pereira"),
            OpenAccount(ben, AccountKind.MEMBER, "m2", -36000, None, "=Ben"),
        ],
    )
    for number in range(9):
        source, target = [(bank, ana), (ana, ben), (ben, ana)][number % 3]
        entries = ((source, -600), (target, 600))
        command = PostTransfer(uuid4(), TransferKind.GIFT, entries, date(2026, 1, 2 + number), note="for Ana")
        await ledger.post(community, [command])
        await record(ledger, community, Event("exported", SHELL, details={"form": "hledger"}))
    answer = await close_period(
        Hours(ledger), community, SHELL, uuid4(), date(2026, 1, 31), frozenset({Item.AUDIT}), "for this test"
    )
    assert isinstance(answer.outcome, Done), answer
    return await unpacked(ledger, community, tmp_path / "bundle")


async def unpacked(ledger, community, folder):
    content = io.BytesIO()
    await export_bundle(ledger, community, content)
    with zipfile.ZipFile(content) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def run_script(folder, *arguments):
    """What the script of the bundle says, as an auditor runs it: isolated, without our packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd="/", env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_script_is_short_and_needs_nothing_of_ours():
    text = SCRIPT.read_text()
    assert len(text.splitlines()) < 100
    assert max(map(len, text.splitlines())) <= 120
    tree = ast.parse(text, feature_version=(3, 8))
    modules = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert modules | {"pathlib"} <= sys.stdlib_module_names
    assert [node.module for node in tree.body if isinstance(node, ast.ImportFrom)] == ["pathlib"]


async def test_a_bundle_is_found_to_be_in_order(bundle, ledger, community):
    code, says = run_script(bundle)
    assert code == 0, says
    assert (
        f"{community.origin}: 10 files, 2 checkpoints, 20 leaves, 18 entries, 3 accounts are in order" in says
    )
    assert ledger.keys.vkeys(community.origin)[0] in says
    everything = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    # As words: three letters in a row come about in digests too.
    assert not re.search(rb"\b(Ana|Ben|Issuance)\b", everything)
    for line in (bundle / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert sha256((bundle / name).read_bytes()).hexdigest() == digest
    texts = [path.read_text() for path in bundle.glob("*.csv")]
    cells = [cell for text in texts for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if re.match(r"[=@]|[+-](?![0-9]+$)", cell)] == []


async def test_a_checkpoint_that_somebody_kept_is_compared(bundle, ledger, community, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text((bundle / "checkpoints" / "1.txt").read_text())
    assert run_script(bundle, kept)[0] == 0
    kept.write_text(sign_checkpoint(Checkpoint(community.origin, 3, bytes(32)), ledger.keys.log_keys))
    code, says = run_script(bundle, kept)
    assert (code, "the first 3 leaves are not those that were signed" in says) == (1, True)
    kept.write_text(sign_checkpoint(Checkpoint(community.origin, 99, bytes(32)), ledger.keys.log_keys))
    assert "the log ends at 20 leaves, before what was signed" in run_script(bundle, kept)[1]


async def test_a_closing_that_the_entries_do_not_make_is_found(
    bundle, ledger, community, tmp_path, monkeypatch
):
    """What the log says of it is signed, adds up to zero, and is wrong."""
    count = periods.count

    async def miscount(*asked):
        found = await count(*asked)
        first, *between, last = sorted(found.standings.standings, key=attrgetter("balance"))
        moved = [
            dataclasses.replace(each, balance=each.balance + seconds)
            for each, seconds in ((first, 60), (last, -60))
        ]
        return dataclasses.replace(found, standings=plant([*between, *moved]))

    monkeypatch.setattr(periods, "count", miscount)
    despite = frozenset({Item.AUDIT})
    answer = await close_period(
        Hours(ledger), community, SHELL, uuid4(), date(2026, 2, 28), despite, "for this test"
    )
    assert isinstance(answer.outcome, Done), answer
    code, says = run_script(await unpacked(ledger, community, tmp_path / "wrong"))
    assert (code, "closing 2 is not of these entries" in says) == (1, True), says


class Tampering:
    """Somebody who has the bundle and, where it says so, even the keys of the service."""

    def __init__(self, folder, keys, origin):
        self.folder = folder
        self.keys = keys
        self.origin = origin

    def write(self, name, content):
        (self.folder / name).write_bytes(content)

    def replace(self, name, old, new):
        content = (self.folder / name).read_bytes()
        assert old in content, (name, old)
        self.write(name, content.replace(old, new, 1))

    def lines(self, name, change):
        self.write(name, b"".join(change((self.folder / name).read_bytes().splitlines(keepends=True))))

    def cell(self, name, row, column, value):
        with (self.folder / name).open(newline="") as file:
            rows = list(csv.reader(file))
        rows[row][rows[0].index(column)] = value
        with (self.folder / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)

    def sign(self, keys=None):
        files = [
            path
            for path in self.folder.rglob("*")
            if path.is_file() and not path.name.startswith("SHA256SUMS")
        ]
        names = sorted(path.relative_to(self.folder).as_posix() for path in files)
        sums = "".join(
            f"{sha256((self.folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names
        ).encode()
        self.write("SHA256SUMS", sums)
        self.write("SHA256SUMS.note", sign_list(self.origin, sums, len(names), keys or self.keys).encode())


def cell(name, row, column, value):
    return lambda by: by.cell(name, row, column, value)


def replace(name, old, new):
    return lambda by: by.replace(name, old, new)


def lines(name, change):
    return lambda by: by.lines(name, change)


def swap(of):
    return [of[0], of[2], of[1], *of[3:]]


def another_log(by):
    by.write(
        "leaves.txt",
        (by.folder / "leaves.txt").read_bytes().replace(b"care.example.org/oak", b"care.example.org/elm"),
    )


def another_checkpoint(by):
    note = sign_checkpoint(Checkpoint(by.origin, 20, bytes(32)), by.keys.log_keys)
    by.write("checkpoints/20.txt", note.encode())


def forged_checkpoint(by):
    strangers = create_keys(by.folder.parent / "strangers")
    note = sign_checkpoint(Checkpoint(by.origin, 20, bytes(32)), strangers.log_keys)
    by.write("checkpoints/20.txt", note.encode())


def edited_checkpoint(by):
    by.replace("checkpoints/20.txt", b"\n20\n", b"\n19\n")


def other_keys(by):
    """A bundle that somebody else made: in order by itself, but for what the auditor kept."""
    strangers = create_keys(by.folder.parent / "strangers")
    trust = json.loads((by.folder / "trust.json").read_text())
    trust["logs"][0]["vkeys"] = strangers.vkeys(by.origin)
    by.write("trust.json", json.dumps(trust).encode())
    by.sign(strangers)


TAMPERED = {
    # what was done: (how, what is said); everything was signed anew with the service's own keys afterwards
    "an entry's seconds": (cell("entries.csv", 1, "seconds", "-601"), "an entry of leaf 0 is not that in entries.csv"),
    "an entry's day": (cell("entries.csv", 3, "service_on", "2026-01-09"), "an entry of leaf 2 is not that"),
    "an entry's kind": (cell("entries.csv", 3, "kind", "care"), "an entry of leaf 2 is not that"),
    "an entry's moment": (cell("entries.csv", 3, "recorded", "7"), "an entry of leaf 2 is not that"),
    "an entry's transfer": (cell("entries.csv", 3, "transfer", "7"), "an entry of leaf 2 is not that"),
    "an entry's digest": (cell("entries.csv", 3, "digest", "00"), "an entry of leaf 2 is not that"),
    "an entry's account": (cell("entries.csv", 1, "account", "m2"), "accounts.csv is not|the balance of m2 is"),
    "a balance after": (cell("entries.csv", 4, "balance_after", "599"), "after leaf 2 the balance of m2 is wrong"),
    "an entry's number": (cell("entries.csv", 4, "entry_number", "2"), "after leaf 2 the balance of m2 is wrong"),
    "an entry deleted": (lines("entries.csv", lambda of: of[:3] + of[4:]), "an entry of leaf 2 is not that"),
    "the last entry deleted": (lines("entries.csv", lambda of: of[:-1]), "an entry of leaf 16 is not that"),
    "an entry twice": (lines("entries.csv", lambda of: [*of, of[-1]]), "entries.csv has entries of no leaf"),
    "entries in another order": (lines("entries.csv", swap), "an entry of leaf 0 is not that"),
    "an account's balance": (cell("accounts.csv", 2, "balance", "1"), "accounts.csv is not what the entries make"),
    "an account's entries": (cell("accounts.csv", 2, "entries", "1"), "accounts.csv is not what the entries make"),
    "an account deleted": (lines("accounts.csv", lambda of: of[:-1]), "accounts.csv is not what the entries make"),
    "a leaf's seconds": (replace("leaves.txt", b'"s":-600', b'"s":-601'), "an entry of leaf 0 is not that|sum to zero"),
    "a leaf's event": (replace("leaves.txt", b'"e":"exported"', b'"e":"imported"'), "leaves are not those"),
    "a leaf deleted": (lines("leaves.txt", lambda of: of[:1] + of[2:]), "leaf 1 is of another place or log"),
    "the last leaf deleted": (lines("leaves.txt", lambda of: of[:-1]), "the log ends at 19 leaves"),
    "a leaf more": (lines("leaves.txt", lambda of: [*of, of[-1]]), "leaf 20 is of another place or log"),
    "leaves in another order": (lines("leaves.txt", swap), "leaf 1 is of another place or log"),
    "leaves of another log": (another_log, "leaf 0 is of another place or log"),
    "a blank in a leaf": (replace("leaves.txt", b'"n":1,', b'"n": 1,'), "leaves are not those"),
    "another root in a checkpoint": (another_checkpoint, "the first 20 leaves are not those that were signed"),
    "a checkpoint by a stranger": (forged_checkpoint, "20.txt is not signed by a key in trust.json"),
    "an edited checkpoint": (edited_checkpoint, "a signature under 20.txt is wrong"),
    "a closing's balance": (
        replace("closings/1.txt", b'"s":', b'"s":1'),
        "closing 1 is not what leaf 19 says|unreadable",
    ),
    "a closing's balance deleted": (lines("closings/1.txt", lambda of: of[1:]), "closing 1 is not what leaf 19 says"),
    "a closing's order": (lines("closings/1.txt", lambda of: of[::-1]), "closing 1 is not what leaf 19 says"),
    "a closing's leaf": (cell("closings.csv", 1, "leaf", "17"), "closing 1 is not what leaf 17 says"),
    "a closing of no leaf": (cell("closings.csv", 1, "leaf", "99"), "the log ends at 20 leaves"),
    "what a closing discloses": (replace("closings.csv", b",Wy", b",Wz"), "closing 1 is not what leaf 19|unreadable"),
    "leaves that are no JSON": (lines("leaves.txt", lambda of: [b"x\n", *of[1:]]), "unreadable: JSONDecodeError"),
}  # fmt: skip


async def test_every_kind_of_edit_is_found(bundle, ledger, community, tmp_path):
    """In one test, for the bundle takes longer to make than to tamper with."""
    missed = []
    for name, (tamper, says) in TAMPERED.items():
        folder = tmp_path / "tampered"
        shutil.copytree(bundle, folder)
        by = Tampering(folder, ledger.keys, community.origin)
        tamper(by)
        code, said = await asyncio.to_thread(run_script, folder)
        assert (code, "was changed" in said or "no file" in said) == (1, True), (name, said)
        by.sign()
        code, said = await asyncio.to_thread(run_script, folder)
        if code != 1 or not re.search(f"DIFFERENCE: .*({says})", said):
            missed.append((name, said))
        shutil.rmtree(folder)
    assert missed == []


async def test_every_byte_is_signed(bundle, ledger, community, tmp_path):
    """Whichever file is changed, taken away or added, and by whoever has not the keys."""
    names = [path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()]
    for name in names:
        for change in ("a byte", "gone"):
            folder = tmp_path / "tampered"
            shutil.copytree(bundle, folder)
            content = (folder / name).read_bytes()
            if change == "gone":
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(bytes([content[0] ^ 1]) + content[1:])
            if name != "verify.py":
                code, said = await asyncio.to_thread(run_script, folder)
                assert code == 1 and "DIFFERENCE" in said, (name, change, said)
            shutil.rmtree(folder)
    (bundle / "more.txt").write_bytes(b"")
    assert "more.txt is no file of this bundle" in run_script(bundle)[1]
    (bundle / "more.txt").unlink()
    by = Tampering(bundle, ledger.keys, community.origin)
    kept = tmp_path / "kept.txt"
    kept.write_bytes((bundle / "checkpoints" / "1.txt").read_bytes())
    other_keys(by)
    assert "is not signed by a key in trust.json" in run_script(bundle, kept)[1]
