"""A co-op from its first minute, through the real service and real Chromium: founding, cards, passkeys, a delegate,
an auditor, a machine, and books that are clean at the end."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aiosmtpd.controller import Controller
from playwright.async_api import expect

from tests.journeys.browser import Someone, find_chromium, opened_browser

ROOT = Path(__file__).parents[2]
CO_OP = "/v1/communities/oak-hill"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Inbox:
    """Everybody's e-mail."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append(envelope.content.decode())
        return "250 kept"

    async def code(self):
        """The code in the only message, once it is there."""
        for _ in range(100):
            if self.messages:
                [message] = self.messages
                return re.search(r"^([0-9]{8}) is your code", message, re.MULTILINE)[1]
            await asyncio.sleep(0.1)
        raise TimeoutError("no e-mail came")


class Service:
    """The service as a new user starts it: an empty data folder, and a name instead of a number in its address."""

    def __init__(self, folder, mail_port):
        port = free_port()
        self.url = f"http://localhost:{port}"
        self.log = folder / "serve.log"
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CAREHOURS_DATA": str(folder / "data"),
            "CAREHOURS_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
            "PYTHONPATH": str(ROOT),
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command("serve", "--port", str(port)), env=self._environ, cwd=folder, stderr=log
            )

    def _command(self, *words):
        return [sys.executable, "-P", "-m", "api.cli", *words]

    def wait(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=5).close()
                return
            except OSError:
                assert self._process.poll() is None, self.log.read_text()
                time.sleep(0.1)
        raise TimeoutError(self.log.read_text())

    def start_link(self):
        """The link that the first start prints."""
        [link] = re.findall(
            r"^http://localhost:[0-9]+/start#[A-Za-z0-9_-]{43}$", self.log.read_text(), re.MULTILINE
        )
        return link

    def audit(self):
        return subprocess.run(
            self._command("audit", "--json"),
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stop(self):
        self._process.terminate()
        assert self._process.wait(30) == 0


@pytest.fixture
def chromium_path():
    """Asked for first, so that without a browser nothing else is started."""
    return find_chromium()


@pytest.fixture
def inbox():
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    inbox.port = controller.port
    yield inbox
    controller.stop()


@pytest.fixture
def service(tmp_path, inbox):
    running = Service(tmp_path, inbox.port)
    try:
        running.wait()
        yield running
    finally:
        running.stop()


async def asked(someone, method, path, body=None, status=201):
    """Ask in the co-op as somebody who is signed in, and expect the status."""
    answered, said = await someone.ask(method, CO_OP + path, body, key=uuid4())
    assert answered == status, said
    return said


async def refused(someone, method, path, body, status):
    """The name of the problem."""
    return (await asked(someone, method, path, body, status))["type"].rpartition("/")[2]


async def enrol(coordinator, name):
    """A new member's id, account, and card."""
    member = await asked(coordinator, "POST", "/members", {"name": name})
    [account] = member["accounts"]
    card = await asked(coordinator, "POST", f"/members/{member['id']}/cards", {})
    return member["id"], account["id"], card


async def use_card(someone, card):
    await someone.open(card["address"])
    await someone.press("Sign me in on this phone")


async def is_greeted(someone, name):
    await expect(someone.page.get_by_role("heading", name=f"Hello, {name}")).to_be_focused()


def gift(source, target, seconds):
    entries = [{"account": source, "seconds": -seconds}, {"account": target, "seconds": seconds}]
    return {"kind": "gift", "entries": entries}


async def found_the_co_op(ana, link):
    await ana.open(link)
    await ana.press("Found the co-op")
    await expect(ana.page.get_by_label("Name of your co-op")).to_be_focused()
    await expect(ana.page.get_by_text("Please write your own name.")).to_be_visible()
    await ana.fill("Name of your co-op", "Oak Hill")
    await expect(ana.page.get_by_label("Short name")).to_have_value("oak-hill")
    await ana.fill("Your own name", "Ana Iles")
    assert link.partition("#")[2] not in ana.page.url
    await ana.press("Found the co-op")
    await expect(ana.page.get_by_role("heading", name="One more step: your passkey")).to_be_focused()
    assert await refused(ana, "POST", "/members", {"name": "Too Early"}, 403) == "passkey_required"
    await ana.press("Make a passkey")
    await expect(ana.page.get_by_role("heading", name="You are in, Ana Iles")).to_be_focused()
    await expect(ana.page.get_by_role("status")).to_have_text(re.compile("Your passkey is made"))


async def the_daughter_acts_for_her_mother(mother, daughter, ids, accounts):
    delegation = {
        "delegate": ids["daughter"],
        "relation": "child",
        "scopes": ["see", "spend"],
        "monthly_cap": 3600,
        "from": datetime.now(UTC).date().isoformat(),
    }
    before = gift(accounts["mother"], accounts["ana"], 600)
    assert await refused(daughter, "POST", "/transfers", before, 403) == "not_allowed"
    given = await asked(mother, "POST", f"/members/{ids['mother']}/delegates", delegation)
    posted = await asked(daughter, "POST", "/transfers", gift(accounts["mother"], accounts["ana"], 1800))
    assert posted["author"] == {"via": "delegate", "member": ids["daughter"], "acting_for": ids["mother"]}
    assert (await asked(mother, "GET", f"/transfers/{posted['id']}", status=200))["author"] == posted[
        "author"
    ]
    over = gift(accounts["mother"], accounts["ana"], 1801)
    assert await refused(daughter, "POST", "/transfers", over, 409) == "over_delegate_cap"
    await asked(mother, "DELETE", f"/members/{ids['mother']}/delegates/{given['id']}", status=200)
    assert await refused(daughter, "POST", "/transfers", before, 403) == "not_allowed"


async def an_auditor_reads_and_does_not_write(ana, auditor):
    member_id, _, early = await enrol(ana, "Owen Tudor")
    await asked(ana, "POST", f"/members/{member_id}/roles", {"role": "auditor"})
    # The appointment made the card from before it worthless.
    card = await asked(ana, "POST", f"/members/{member_id}/cards", {})
    assert card["code"] != early["code"]
    await use_card(auditor, card)
    await expect(auditor.page.get_by_role("heading", name="One more step: your passkey")).to_be_focused()
    await auditor.press("Make a passkey")
    await is_greeted(auditor, "Owen Tudor")
    members = (await asked(auditor, "GET", "/members", status=200))["members"]
    assert len(members) == 4
    assert not any("name" in each for each in members)
    assert await refused(auditor, "POST", "/members", {"name": "Not His To Do"}, 403) == "not_allowed"


async def a_machine_reads(ana, url, account):
    made = await asked(ana, "POST", "/tokens", {"label": "newsletter", "scopes": ["read"]})
    headers = {"authorization": f"Bearer {made['token']}"}
    async with httpx.AsyncClient(base_url=url + CO_OP, headers=headers) as machine:
        read = await machine.get(f"/accounts/{account}")
        assert (read.status_code, read.json()["balance"]) == (200, -1800)
        headers = {"idempotency-key": str(uuid4())}
        wrote = await machine.post("/transfers", json=gift(account, account, 1), headers=headers)
        assert wrote.status_code == 403


async def a_lost_phone_is_signed_out(ana, mother, lost, mother_id):
    card = await asked(ana, "POST", f"/members/{mother_id}/cards", {})
    await lost.open("/sign-in")
    await lost.fill("Code on the card", "0123")
    await lost.press("Sign in with this code")
    await expect(lost.page.get_by_label("Code on the card")).to_be_focused()
    await expect(lost.page.get_by_text("The code has ten letters and digits.")).to_be_visible()
    await lost.fill("Code on the card", card["code"].lower())
    await lost.press("Sign in with this code")
    await is_greeted(lost, "Margaret Pugh")
    await mother.open("/join")
    await mother.page.get_by_role("button", name=re.compile("^End ")).click()
    await expect(mother.page.get_by_role("status")).to_have_text(re.compile("^Signed out: "))
    assert await refused(lost, "GET", "/me", None, 401) == "sign_in_required"


async def sign_out_and_in(someone, name):
    old = {"cookie": await someone.cookie()}
    await someone.press("Sign out on this device")
    await expect(someone.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    async with httpx.AsyncClient(base_url=someone.url + CO_OP) as thief:
        assert (await thief.get("/me", headers=old)).status_code == 401
    await someone.press("Sign in with a passkey")
    await is_greeted(someone, name)


@pytest.mark.timeout(300)
async def test_a_co_op_is_founded_and_its_people_come_in(chromium_path, service):
    async with opened_browser(chromium_path) as browser:
        people = []

        async def somebody(**what):
            people.append(await Someone.with_browser(browser, service.url, **what))
            return people[-1]

        ana = await somebody(authenticator=True)
        await found_the_co_op(ana, service.start_link())
        [account] = (await asked(ana, "GET", "/me", status=200))["accounts"]
        accounts, ids = {"ana": account}, {}

        ids["mother"], accounts["mother"], card = await enrol(ana, "Margaret Pugh")
        mother = await somebody()
        await use_card(mother, card)
        await is_greeted(mother, "Margaret Pugh")
        assert "#" not in mother.page.url
        stranger = await somebody()
        await use_card(stranger, card)
        await expect(
            stranger.page.get_by_role("heading", name="This card does not work any more")
        ).to_be_focused()

        ids["daughter"], accounts["daughter"], card = await enrol(ana, "Siân Pugh")
        daughter = await somebody()
        await use_card(daughter, card)
        await is_greeted(daughter, "Siân Pugh")
        await the_daughter_acts_for_her_mother(mother, daughter, ids, accounts)

        auditor = await somebody(authenticator=True, old=True)
        await an_auditor_reads_and_does_not_write(ana, auditor)
        await a_machine_reads(ana, service.url, accounts["mother"])
        await a_lost_phone_is_signed_out(ana, mother, await somebody(), ids["mother"])
        await sign_out_and_in(ana, "Ana Iles")
        await asked(ana, "GET", "/events", status=200)
        await sign_out_and_in(auditor, "Owen Tudor")

        assert [each.wrong for each in people] == [[] for _ in people]
    audit = await asyncio.to_thread(service.audit)
    assert audit.returncode == 0, audit.stdout + audit.stderr
    [report] = json.loads(audit.stdout)
    assert report["findings"] == []


@pytest.mark.timeout(300)
async def test_a_member_comes_in_with_a_code_by_e_mail(chromium_path, service, inbox):
    async with opened_browser(chromium_path) as browser:
        ana = await Someone.with_browser(browser, service.url, authenticator=True)
        await found_the_co_op(ana, service.start_link())
        await asked(ana, "POST", "/members", {"name": "Berta Voss", "email": "berta@example.org"})
        berta = await Someone.with_browser(browser, service.url)
        await berta.open("/sign-in")
        await berta.fill("Your e-mail address", "berta")
        await berta.press("Send me a code")
        await expect(berta.page.get_by_label("Your e-mail address")).to_be_focused()
        await expect(berta.page.get_by_text("Please write your e-mail address")).to_be_visible()
        await berta.fill("Your e-mail address", "berta@example.org")
        await berta.press("Send me a code")
        await expect(berta.page.get_by_label("Code from the e-mail")).to_be_focused()
        code = await inbox.code()
        await berta.fill("Code from the e-mail", f"{(int(code) + 1) % 10**8:08}")
        await berta.press("Sign in")
        await expect(berta.page.get_by_text("This code does not work.")).to_be_visible()
        await berta.fill("Code from the e-mail", f"{code[:4]} {code[4:]}")
        await berta.press("Sign in")
        await is_greeted(berta, "Berta Voss")
        assert ana.wrong == berta.wrong == []
