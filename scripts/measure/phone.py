"""How long the phone app takes on a slow connection, the first time and from what it keeps, in the system's Chromium.

The reference is a page of a few bytes over the same connection in the same round: what no page can beat.
"""

import asyncio
import importlib.util
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KBIT, LATENCY_MS = 400, 400
SLOW = {
    "offline": False,
    "latency": LATENCY_MS,
    "downloadThroughput": KBIT * 1000 // 8,
    "uploadThroughput": KBIT * 1000 // 8,
}
REFERENCE = "a page of a few bytes"
SHELL, FIRST, KEPT, OFFLINE = (
    "shell, first time",
    "usable, first time",
    "usable, from the cache",
    "usable, offline",
)
BUDGET = "at most 3 s the first time, at most 8 requests, at most 120 kB"


@dataclass(slots=True)
class Phone:
    """Milliseconds, one for each round; requests that went over the connection on a first load, and their bytes."""

    measured: dict[str, list[float]] = field(default_factory=dict)
    requests: int = 0
    received: int = 0

    def keep(self, what: str, began: float) -> None:
        self.measured.setdefault(what, []).append((time.perf_counter() - began) * 1000)


def why_not() -> str | None:
    """Why this cannot be measured here, or None when it can."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed here: run scripts/test once"
    return None if shutil.which("chromium") else "no Chromium is installed: apt-get install chromium"


async def _slowed(page: Any) -> Any:
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW)
    return session


async def _visit(browser: Any, url: str) -> Any:
    """A browser of somebody who signed in, on a fast connection, and has not opened the app."""
    context = await browser.new_context(viewport={"width": 390, "height": 780}, locale="en")
    page = await context.new_page()
    await page.goto(f"{url}/demo")
    cookie = await page.evaluate(
        "fetch('/demo/visit', {method: 'POST', redirect: 'manual', body: new URLSearchParams({as: 'volunteer'})})"
        ".then(() => 1)"
    )
    if cookie != 1:
        raise RuntimeError("nobody was let in")
    await page.close()
    return context


def _usable(page: Any) -> Any:
    # The first of those who were helped lately: with a tap there the first hour is begun.
    return page.get_by_role("heading", name="Who did you help?").locator("xpath=following::button[1]")


async def _round(browser: Any, url: str, phone: Phone) -> None:
    context = await _visit(browser, url)
    page = await context.new_page()
    await _slowed(page)
    began = time.perf_counter()
    await page.goto(f"{url}/health/live")
    phone.keep(REFERENCE, began)
    await page.close()

    page = await context.new_page()
    session = await _slowed(page)
    heard: list[tuple[str, int]] = []
    session.on("Network.responseReceived", lambda event: heard.append((event["requestId"], 0)))
    session.on(
        "Network.loadingFinished",
        lambda event: heard.append((event["requestId"], event["encodedDataLength"])),
    )
    began = time.perf_counter()
    await page.goto(f"{url}/app?c=demo", wait_until="commit")
    await page.locator("#screen h1").wait_for()
    phone.keep(SHELL, began)
    await _usable(page).wait_for()
    phone.keep(FIRST, began)
    await page.wait_for_load_state("networkidle")
    phone.requests = len({each for each, _ in heard})
    phone.received = sum(size for _, size in heard)
    await page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    await asyncio.sleep(2)
    await page.close()

    for what, offline in ((KEPT, False), (OFFLINE, True)):
        page = await context.new_page()
        await _slowed(page)
        await context.set_offline(offline)
        began = time.perf_counter()
        await page.goto(f"{url}/app", wait_until="commit")
        await _usable(page).wait_for()
        phone.keep(what, began)
        await context.set_offline(False)
        await page.close()
    await context.close()


async def _measure(rounds: int, say: Callable[[str], None]) -> Phone:
    from scripts.pictures.photograph import chromium, first_look, service

    phone = Phone()
    with tempfile.TemporaryDirectory(prefix="carehours-phone-") as name, service(Path(name)) as url:
        async with chromium() as browser:
            say("phone: making the invented co-op")
            await first_look(await browser.new_page(), url)
            for number in range(1, rounds + 1):
                say(f"phone: round {number} of {rounds}")
                await _round(browser, url, phone)
    return phone


def measure_phone(rounds: int, say: Callable[[str], None]) -> Phone:
    """Measure against a service of its own. Raises RuntimeError where there is no browser; see `why_not`."""
    reason = why_not()
    if reason is not None:
        raise RuntimeError(reason)
    return asyncio.run(_measure(rounds, say))


def told_of_phone(phone: Phone) -> list[str]:
    lines = [f"| phone at {KBIT} kbit/s, {LATENCY_MS} ms | ms | to the reference |", "|---|---:|---:|"]
    reference = phone.measured[REFERENCE]
    for what, each in phone.measured.items():
        ratio = statistics.median([one / other for one, other in zip(each, reference, strict=True)])
        lines.append(f"| {what} | {statistics.median(each):,.0f} | {ratio:.2f} |")
    return [
        *lines,
        "",
        f"First load: {phone.requests} requests, {phone.received / 1000:.1f} kB received (aims: {BUDGET}).",
    ]
