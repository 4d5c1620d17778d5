"""The desk's pages about taking the books out, in a browser: made, followed, downloaded, and checked elsewhere."""

import subprocess
import sys
import zipfile

from playwright.async_api import expect

from tests.journeys.every_page import violations

DESK = "/desk/demo"


async def test_a_bundle_is_made_and_checks_without_carehours(visiting, tmp_path):
    desk = await visiting("coordinator")
    page = desk.page
    await desk.open(f"{DESK}/files")
    await expect(page.get_by_role("heading", name="Out: everything, always")).to_be_visible()
    await desk.open(f"{DESK}/files/exports")
    assert await violations(page) == []
    await page.get_by_role("button", name="Make the file: A bundle for an auditor").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A bundle for an auditor")
    download = page.get_by_role("button", name="Download demo-bundle.zip")
    await expect(download).to_be_visible(timeout=60_000)
    assert await violations(page) == []
    async with page.expect_download() as started:
        await download.click()
    path = tmp_path / "bundle.zip"
    await (await started.value).save_as(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "bundle")
    done = subprocess.run(  # noqa: ASYNC221 - nothing else goes on
        [sys.executable, "-I", "-S", tmp_path / "bundle" / "verify.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    await desk.open(f"{DESK}/files/exports")
    await expect(page.get_by_role("table").get_by_text("A bundle for an auditor")).to_be_visible()
    assert await violations(page) == []
    # Without a script too, and for somebody whose passkey counts still.
    await page.get_by_role("button", name="Make the file: A journal for hledger").click()
    await expect(page.get_by_role("button", name="Download demo-hledger.journal")).to_be_visible(
        timeout=60_000
    )
