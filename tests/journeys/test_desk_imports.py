"""The desk's pages about taking a file in, in a browser: chosen, looked at, and read at every width."""

from playwright.async_api import expect

from tests.import_files import NEUTRAL_MEMBERS, changed, neutral
from tests.journeys.every_page import violations

DESK = "/desk/demo"


async def test_a_file_is_chosen_looked_at_and_corrected(visiting, tmp_path):
    desk = await visiting("coordinator")
    page = desk.page
    await desk.open(f"{DESK}/files")
    assert await violations(page) == []
    (tmp_path / "visits.zip").write_bytes(neutral(changed(NEUTRAL_MEMBERS, 2, 5, "four")))
    await page.get_by_label("Where it comes from").select_option("neutral")
    await page.locator("#file").set_input_files(tmp_path / "visits.zip")
    await page.get_by_role("button", name="Look at the file").click()
    await expect(page.get_by_role("heading", name="The file has 1 mistake")).to_be_visible(timeout=30_000)
    await expect(page.get_by_text("members.csv, line 2, column 5")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Give the file up").click()
    await expect(page.get_by_text("The file was given up and deleted.")).to_be_visible()

    (tmp_path / "visits.zip").write_bytes(neutral(changed(NEUTRAL_MEMBERS, 2, 5, "4:15")))
    await page.get_by_label("Where it comes from").select_option("neutral")
    await page.locator("#file").set_input_files(tmp_path / "visits.zip")
    # The days of these visits lie in periods that the invented co-op has closed.
    await page.get_by_text("What the file itself does not say").click()
    await page.get_by_label("What to take over").select_option("balances")
    await page.get_by_role("button", name="Look at the file").click()
    await expect(page.get_by_role("button", name="Post the import")).to_be_visible(timeout=30_000)
    await expect(page.get_by_role("row", name="Ana Ruiz")).to_contain_text("+4 h 15 min")
    assert await violations(page) == []
    for width, scheme in ((1280, "light"), (320, "dark")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await desk.open(f"{DESK}/files")
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
