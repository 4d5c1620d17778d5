"""Real Chromium for the journeys: the system's own, and people with a browser of their own each."""

import os
import shutil
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import async_playwright

OLD_BROWSER = """
delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
"""
"""What makes this Chromium one from before 2025, which has passkeys but not their JSON."""

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

ASK = """async ([method, path, body, key]) => {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const response = await fetch(path, { method, headers, body: body === null ? undefined : JSON.stringify(body) });
  return [response.status, await response.json()];
}"""


def find_chromium():
    """The path of the system's Chromium. Without one the test is skipped, or fails where everything is required."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "no Chromium is installed: apt-get install chromium"
        if os.environ.get("CAREHOURS_REQUIRE_ALL") or os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)  # the reason is printed; CI fails instead, a few lines above
    return path


@asynccontextmanager
async def opened_browser(path):
    # The async API, since the sync one leaves a running loop in the main thread.
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        yield browser
        await browser.close()


class Someone:
    """A person with a browser of their own: its page, and whatever went wrong in it."""

    def __init__(self, url, page):
        self.url = url
        self.page = page
        self.wrong = []
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._hear)
        page.on("request", self._see)

    def _hear(self, message):
        if "Content Security Policy" in message.text:
            self.wrong.append(message.text)

    def _see(self, request):
        if not request.url.startswith(self.url + "/"):
            self.wrong.append(f"asked elsewhere: {request.url}")

    @classmethod
    async def with_browser(cls, browser, url, *, authenticator=False, old=False, **context):
        context = await browser.new_context(**{"viewport": {"width": 390, "height": 844}} | context)
        if old:
            await context.add_init_script(OLD_BROWSER)
        someone = cls(url, await context.new_page())
        if authenticator:
            session = await context.new_cdp_session(someone.page)
            await session.send("WebAuthn.enable")
            await session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return someone

    async def enter(self, member):
        """Have the session of a `tests.api.conftest.Member`."""
        text = member.headers["cookie"].partition("=")[2]
        await self.page.context.add_cookies([{"name": "carehours", "value": text, "url": self.url}])

    async def open(self, path):
        await self.page.goto(path if path.startswith("http") else self.url + path)

    async def press(self, name):
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def fill(self, label, text):
        await self.page.get_by_label(label, exact=True).fill(text)

    async def ask(self, method, path, body=None, *, key):
        """What the page's own script would hear: the status and the body."""
        return await self.page.evaluate(ASK, [method, path, body, str(key)])

    async def cookie(self):
        """The session's cookie as a header."""
        [cookie] = [each for each in await self.page.context.cookies() if each["name"] == "carehours"]
        assert cookie["httpOnly"]
        return f"carehours={cookie['value']}"
