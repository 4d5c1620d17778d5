"""Starts the service as a new user does, makes the invented co-op at a press, and photographs phone and desk."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from scripts.measure.house import free_port

FOLDER = Path(__file__).parent
PHONE = {"width": 390, "height": 780}
DESK = {"width": 1180, "height": 780}
QUALITY = 62
"""Of the JPEG: letters stay sharp, and a picture has a few dozen kilobytes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is photographed: as whom of the co-op's people, at which address, on what."""

    name: str
    guest: str
    address: str
    size: dict[str, int]
    dark: bool = False


PICTURES = (
    Picture("phone-log", "volunteer", "/app?c=demo", PHONE),
    Picture("phone-hours", "volunteer", "/app?c=demo#hours", PHONE),
    Picture("phone-confirm", "family", "/app?c=demo#confirm", PHONE, dark=True),
    Picture("desk-today", "coordinator", "/desk/demo", DESK),
    Picture("desk-report", "coordinator", "/desk/demo/reports", DESK),
)


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """`carehours serve` on an empty data folder; its address."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CAREHOURS_")}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "api.cli", "serve", "--port", str(port), "--data", str(folder)],
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(30)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        sys.exit("no Chromium is installed: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        yield browser
        await browser.close()


async def first_look(page: Page, url: str) -> None:
    """From the first page to the invented co-op, by pressing what it offers."""
    for _ in range(600):
        try:
            await page.goto(url)
            break
        except Exception:  # noqa: BLE001 - it has not started yet
            await asyncio.sleep(0.1)
    await page.get_by_role("button", name="Show me the invented co-op").click()
    await page.get_by_role("heading", name="Who would you like to be?").wait_for(timeout=180_000)


async def photograph(folder: Path, into: Path) -> None:
    with service(folder) as url:
        async with chromium() as browser:
            await first_look(await browser.new_page(), url)
            for picture in PICTURES:
                scheme = "dark" if picture.dark else "light"
                context = await browser.new_context(viewport=picture.size, color_scheme=scheme, locale="en")
                page = await context.new_page()
                await page.goto(f"{url}/demo")
                await page.locator(f'form:has(input[value="{picture.guest}"]) button').click()
                await page.goto(url + picture.address)
                await page.wait_for_load_state("networkidle")
                await page.screenshot(path=into / f"{picture.name}.jpg", type="jpeg", quality=QUALITY)
                await context.close()
                print(picture.name, (into / f"{picture.name}.jpg").stat().st_size, "bytes")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="carehours-pictures-") as name:
        asyncio.run(photograph(Path(name), FOLDER))


if __name__ == "__main__":
    main()
