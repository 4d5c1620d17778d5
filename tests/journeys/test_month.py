"""A co-ordinator's month: paper from three countries is matched and signed off, the month closed, the books given away.

Whatever Ana does is pressed in a browser; members log with their phones (here over HTTP). Every sum is worked out by
hand. At the end an auditor checks the bundle without Carehours, and another service takes the whole community in.
"""

import asyncio
import re
import sys
import zipfile
from asyncio.subprocess import PIPE, STDOUT
from datetime import timedelta

import asyncpg
import pytest
from playwright.async_api import expect

from ledger.book.ledger import Ledger
from ledger.database.connections import Database
from ledger.desk.exports.taking_in import examine, take_in
from ledger.log.checkpoints import read_checkpoint
from ledger.log.keys import create_keys, load_keys
from ledger.log.published import PublishedCheckpoints
from tests import paper_files
from tests.conftest import driver_arguments, in_database
from tests.journeys.on_screen import OakHill
from tests.paper_files import PaperVisit

MINUTE, HOUR = 60, 3600

BALANCES = {
    "Tom Evans": 210 * MINUTE,  # gave 1:30 and 2:00
    "Huw Jones": -60 * MINUTE,  # gave 1:00, received 2:00
    "Siân Price": -195 * MINUTE,  # received 1:30, 1:00 and 0:45
    "Ugo Verdi": 135 * MINUTE,  # gave 1:30 and 0:45
    "Maria Rossi": -210 * MINUTE,  # received 1:30 and twice an hour
    "Giuseppina Bianchi": 120 * MINUTE,
    "佐藤 次郎": 90 * MINUTE,
    "山田 太郎": 60 * MINUTE,
    "鈴木 花子": -150 * MINUTE,
}


@pytest.fixture
async def oak(site, coop, people, browsing, tmp_path):
    return OakHill(site, coop, people, browsing, tmp_path)


class Month:
    """The month before this one, and the co-op's people in it."""

    def __init__(self, oak):
        self.oak = oak
        self.last = oak.today.replace(day=1) - timedelta(days=1)
        self.members = {}

    def day(self, number):
        return self.last.replace(day=number)

    def visit(self, provider, receiver, day, minutes, activity="Shopping"):
        return PaperVisit(provider, receiver, self.day(day), minutes * MINUTE, activity)

    async def gather(self):
        for name in BALANCES:
            self.members[name] = await self.oak.enrol(name)

    async def log(self, provider, receiver, day, minutes):
        """A claim that the provider logs, and that waits for the receiver."""
        said = {"provider": str(self.members[provider].id), "receiver": str(self.members[receiver].id)}
        said |= {"activity": "shopping", "service_on": str(self.day(day)), "seconds": minutes * MINUTE}
        answer = await self.members[provider].post("/claims", said)
        assert answer.status_code == 201, answer.text

    async def confirm_all(self, name):
        """What waits for a member is right; returns the days of the month it was about."""
        member = self.members[name]
        days = set()
        for claim in (await member.get("/claims?state=submitted")).json()["claims"]:
            if claim["receiver"] == str(member.id):
                answer = await member.post(f"/claims/{claim['id']}/confirmation", {})
                assert answer.status_code == 200, answer.text
                days.add(int(claim["service_on"][-2:]))
        return days


async def bring(desk, source, name, content):
    """Bring a file, see that it is read without a question, and have it matched."""
    await desk.room("Reconcile")
    await desk.follow("Bring paper")
    await desk.fill("Whose paper it is", source)
    await desk.page.get_by_label("File (optional)", exact=True).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    await desk.press("Look at it")
    await desk.heading(f"How “{source}” is read")
    await desk.press("This is right: match it")
    await desk.heading(source)


def line(desk, *texts):
    """The row of the one line that says all this."""
    found = desk.page.locator("table.lines tbody tr")
    for text in texts:
        found = found.filter(has_text=text)
    return found


async def accept_all_that_agree(desk, count):
    await desk.page.locator("#sure").check()
    await desk.press("Accept all that agree")
    await desk.told(f"{count} line was accepted." if count == 1 else f"{count} lines were accepted.")
    await desk.follow("Go on with the round")


async def accept(desk, *texts):
    row = line(desk, *texts)
    await expect(row).to_have_count(1)
    await row.get_by_role("button", name="Accept").click()
    await desk.told("Decided.")


async def sign_off(desk, source):
    await desk.follow("Sign it off")
    await desk.heading(f"Sign off {source}")
    await desk.press("Sign it off")
    await desk.heading(f"{source}, signed off")


async def exported(desk, name, folder):
    """Make a file in the room of imports and exports, and save it."""
    await desk.page.goto(f"{desk.url}/desk/oak/files/exports")
    await desk.page.get_by_role("button", name=f"Make the file: {name}").click()
    button = desk.page.get_by_role("button", name=re.compile("^Download "))
    await expect(button).to_be_visible(timeout=30_000)
    async with desk.page.expect_download() as saving:
        await button.click()
    download = await saving.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path


# Three files, a month and two exports through a browser: more than any other story.
@pytest.mark.timeout(240)
async def test_a_month_is_reconciled_closed_and_given_to_an_auditor(
    oak, server, database_name, other_database_name, tmp_path
):
    ana, bea = await oak.appoint("Ana Iles"), await oak.appoint("Bea Marsh")
    month = Month(oak)
    await month.gather()
    desk = await oak.desk(ana)

    # What the members logged in the month.
    await month.log("Tom Evans", "Siân Price", 3, 90)
    await month.log("Huw Jones", "Siân Price", 24, 45)
    await month.log("Ugo Verdi", "Siân Price", 20, 45)
    await month.log("Ugo Verdi", "Maria Rossi", 9, 90)
    await month.log("Giuseppina Bianchi", "Maria Rossi", 17, 60)
    await month.log("Giuseppina Bianchi", "Maria Rossi", 17, 60)
    await month.log("佐藤 次郎", "鈴木 花子", 25, 90)
    await month.log("山田 太郎", "鈴木 花子", 18, 60)

    # Wales: a CSV with a title above, dd/mm/yyyy and 1h30. One agrees, one is too short, one was never logged.
    await bring(desk, "Cardiff sheets", "cardiff.csv", paper_files.welsh_csv([
        month.visit("Tom Evans", "Mrs Sian Price", 3, 90),
        month.visit("Huw Jones", "Siân Price", 24, 60),
        month.visit("Evans, Tom", "HUW JONES", 9, 120),
    ]))  # fmt: skip
    await accept_all_that_agree(desk, 1)
    row = line(desk, "Huw Jones for Siân Price")
    await row.get_by_role("button", name="Correct to 1 h").click()
    await desk.told("Decided.")
    row = line(desk, "Evans, Tom for HUW JONES")
    await expect(row).to_contain_text("nothing is recorded between the two")
    await row.locator("summary", has_text="Log it").click()
    await row.get_by_role("button", name="Log it").click()
    await desk.told("Decided.")
    # What only the ledger knows is listed too. Siân says that it is right, and so is the hour that was corrected.
    await desk.follow("Only in the ledger")
    await desk.sees("Ugo Verdi for Siân Price")
    assert await month.confirm_all("Siân Price") == {20, 24}
    await desk.follow("To be decided")
    await sign_off(desk, "Cardiff sheets")

    # Italy: a workbook, surname first, an hour and a half as 1.5; Giuseppina is Pina, and her two hours are one line.
    await bring(desk, "Volontari di aprile", "aprile.xlsx", paper_files.italian_xlsx([
        month.visit("Ugo Verdi", "Maria Rossi", 9, 90, "Spesa"),
        month.visit("Pina Bianchi", "Maria Rossi", 17, 120, "Spesa"),
    ]))  # fmt: skip
    await accept_all_that_agree(desk, 1)
    await accept(desk, "Bianchi Pina", "one line, several records", "a name is written differently")
    await sign_off(desk, "Volontari di aprile")

    # Japan: Shift JIS, years of the era, 1時間30分, names without a space; one day is off by one.
    await bring(desk, "東京の会", "katsudo.csv", paper_files.japanese_csv([
        month.visit("佐藤次郎", "鈴木花子様", 25, 90, "買い物"),
        month.visit("山田　太郎さん", "鈴木 花子", 17, 60, "買い物"),
    ]))  # fmt: skip
    await accept_all_that_agree(desk, 1)
    await accept(desk, "山田", "the day differs")
    await sign_off(desk, "東京の会")

    # The books are audited, and the month closed by two people.
    await desk.room("Audit")
    await desk.press("Start the audit")
    await expect(desk.page.get_by_role("heading", level=1)).to_have_text(
        "The books are in order", timeout=60_000
    )
    await desk.room("Periods")
    await desk.page.get_by_label("Last day").fill(str(month.last))
    await desk.press("See what to settle before")
    await expect(desk.page.locator(".state.bad")).to_have_count(0)
    await desk.press("Close the period")
    second = await oak.desk(bea)
    await second.approve()
    await desk.room("Periods")
    await expect(desk.page.locator("tbody tr")).to_have_count(1)
    late = await month.members["Tom Evans"].post("/claims", {
        "provider": str(month.members["Tom Evans"].id), "receiver": str(month.members["Siân Price"].id),
        "activity": "shopping", "service_on": str(month.last), "seconds": HOUR,
    })  # fmt: skip
    assert late.json()["type"].endswith("/period_closed"), late.text
    await oak.ends_clean(ana, BALANCES)

    # An auditor on another machine: no Carehours there, only the standard library and openssl.
    bundle = await exported(desk, "A bundle for an auditor", tmp_path)
    away = tmp_path / "auditor"
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(away)
    script = [sys.executable, "-I", "-S", "verify.py"]
    said = await asyncio.create_subprocess_exec(*script, cwd=away, stdout=PIPE, stderr=STDOUT)
    told, _ = await said.communicate()
    assert said.returncode == 0, told.decode()

    # Another service, empty, takes the whole community in.
    whole = await exported(desk, "The whole community", tmp_path)
    await take_in_elsewhere(whole, in_database(server.url, other_database_name), tmp_path / "there")
    here, there = [
        await books_of(driver_arguments(server.url, name)) for name in (database_name, other_database_name)
    ]
    assert there == here
    assert sorted(balance for balance in there["balances"].values() if balance) == sorted(BALANCES.values())


async def take_in_elsewhere(whole, url, folder):
    """Into a service with keys of its own; its audit finds nothing."""
    folder.mkdir()
    create_keys(folder / "keys")
    database = Database(url, pool_size=2)
    try:
        ledger = Ledger(database, load_keys(folder / "keys"), PublishedCheckpoints(folder / "checkpoints"))
        opened = examine(ledger, whole, [], lambda _done, _total: None)
        _, report = await take_in(ledger, opened, folder / "keys", "https://there.example.org")
        assert report.clean, report.render_lines()
    finally:
        await database.close()


async def books_of(arguments):
    """The root of the log, how many leaves it has, and every account's balance."""
    owner = await asyncpg.connect(**arguments)
    try:
        checkpoint = read_checkpoint(await owner.fetchval("SELECT checkpoint FROM log_head"))
        balances = await owner.fetch("SELECT account_id, balance FROM balance")
    finally:
        await owner.close()
    return {"root": checkpoint.root, "leaves": checkpoint.size, "balances": dict(map(tuple, balances))}
