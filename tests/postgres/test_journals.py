"""Journals read by hledger and beancount, which must find every balance that the ledger has."""

import csv
import os
import shutil
import subprocess
from collections import defaultdict
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from beancount import loader
from beancount.core.data import Balance, Open, Transaction

from ledger.book.authors import SHELL
from ledger.book.commands import AccountKind, OpenAccount
from ledger.desk.demo import found_demo, make_demo
from ledger.desk.imports.running import run_at_shell
from ledger.desk.imports.shape import Options
from ledger.desk.journals import beancount, beancount_names, hledger, hledger_names
from ledger.hours.policies import Policies
from ledger.hours.policy import DEFAULT
from tests.conftest import ISSUER
from tests.timeoverflow_files import ZIP_NAME, members_text, sample


def hledger_program():
    program = shutil.which("hledger")
    if program is None:
        if os.environ.get("CAREHOURS_REQUIRE_ALL") == "1":
            pytest.fail("hledger is not installed, and CAREHOURS_REQUIRE_ALL=1 asks for it")
        pytest.skip("hledger is not installed (Debian package hledger)")
    return program


def run_hledger(journal, *arguments):
    """What the program says about the text, in the C.UTF-8 locale."""
    command = [hledger_program(), "-f", "-", *arguments]
    environment = {"LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, input=journal, capture_output=True, text=True, env=environment, check=False
    )


async def fill(ledger, community, what):
    """Fill the community; returns it, or the one the demo is in, which is a year older."""
    if what == "demo":
        community = await found_demo(ledger, "demo", ISSUER, "care.example.org/demo")
        await make_demo(ledger, community)
    if what == "import":
        content = sample(members=members_text({1: -5400, 2: 12600, 3: 1}))
        await run_at_shell(ledger, community, SHELL, Policies(), "timeoverflow", ZIP_NAME, content, Options())
    if what == "accounts only":
        opened = [
            OpenAccount(UUID(int=number + 1), AccountKind.MEMBER, code, -1, None, code)
            for number, code in enumerate(["m1", "m-1", "0", "9-", "x" * 40])
        ]
        await ledger.post(community, opened)
    return community


async def balances(ledger, community, names):
    async with ledger.database.snapshot(community.id) as db:
        rows = await db.rows("desk/journal_accounts", community_id=community.id)
    name_of = names((row["account_id"], row["kind"], row["code"]) for row in rows)
    assert len(set(name_of.values())) == len(rows)
    return {name_of[row["account_id"]]: row["balance"] for row in rows}


async def text_of(lines):
    return "".join([line async for line in lines])


WHATS = ["demo", "import", "accounts only", "nothing"]


@pytest.mark.parametrize("what", WHATS)
async def test_hledger_finds_every_balance(ledger, community, what):
    hledger_program()
    community = await fill(ledger, community, what)
    text = await text_of(hledger(ledger, community))
    assert text.isascii()
    done = run_hledger(text, "--strict", "balance", "--flat", "--empty", "--no-total", "-O", "csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(done.stdout.splitlines()))[1:]
    found = {name: int(amount.removesuffix(" SEC")) for name, amount in rows}
    wanted = await balances(ledger, community, hledger_names)
    assert {name: found.get(name, 0) for name in wanted} == wanted
    assert set(found) <= set(wanted)


@pytest.mark.parametrize("what", WHATS)
async def test_beancount_finds_every_balance(ledger, community, what):
    community = await fill(ledger, community, what)
    entries, errors, _ = loader.load_string(await text_of(beancount(ledger, community)))
    assert errors == []
    found = defaultdict(int)
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                assert posting.units.currency == "SEC"
                found[posting.account] += int(posting.units.number)
    wanted = await balances(ledger, community, beancount_names)
    assert {name: found.get(name, 0) for name in wanted} == wanted
    assert set(found) <= set(wanted)
    if what in ("demo", "import"):
        asserted = {
            entry.account: int(entry.amount.number) for entry in entries if isinstance(entry, Balance)
        }
        assert asserted == wanted
        assert {entry.account for entry in entries if isinstance(entry, Open)} == set(wanted)


def with_a_changed_number(text):
    """The first grant of two hours made a minute longer, on both sides: it still sums to zero."""
    assert "  -7200 SEC\n" in text
    return text.replace("  -7200 SEC\n", "  -7260 SEC\n", 1).replace("  7200 SEC\n", "  7260 SEC\n", 1)


async def test_a_changed_number_is_noticed_by_hledger(ledger, community):
    hledger_program()
    await fill(ledger, community, "import")
    done = run_hledger(with_a_changed_number(await text_of(hledger(ledger, community))), "balance")
    assert done.returncode != 0 and "assertion" in done.stderr


async def test_a_changed_number_is_noticed_by_beancount(ledger, community):
    await fill(ledger, community, "import")
    text = with_a_changed_number(await text_of(beancount(ledger, community)))
    _, errors, _ = loader.load_string(text)
    assert {type(error).__name__ for error in errors} == {"BalanceError"}


async def test_a_journal_names_nobody(ledger, community):
    await fill(ledger, community, "import")
    for journal in (hledger, beancount):
        text = await text_of(journal(ledger, community))
        assert not [name for name in ("Ana", "Soler", "Clara", "Eva", "Jard", "Banc") if name in text]


async def test_imported_care_stands_on_the_day_it_was_given(ledger, community):
    await fill(ledger, community, "import")
    text = await text_of(hledger(ledger, community))
    today = ledger.now().astimezone(ZoneInfo(DEFAULT.timezone)).date()
    assert "\n2024-03-01 * import  ; transfer:" in text
    assert f"\n{today + timedelta(days=1)} * balances\n" in text  # the difference was recorded today
