"""Statements in a browser: a member's own on the phone and on paper, the desk's, and a run for everybody."""

import os
import re
from pathlib import Path

from playwright.async_api import expect

from tests.journeys.every_page import SIDEWAYS, violations

LETTERS = """() => {
  const size = (found) => parseFloat(getComputedStyle(document.querySelector(found)).fontSize);
  const chart = document.querySelector(".chart .scroll > svg");
  const scale = chart.getBoundingClientRect().width / chart.viewBox.baseVal.width;
  return { head: size(".statement thead th"), line: size(".statement td"), chart: size(".chart text") * scale };
}"""
"""How large letters are on the screen, in pixels."""
PICTURES = os.environ.get("STATEMENT_PICTURES")


async def picture(page, name):
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def some_months(someone):
    """The address of the statement of whoever looks."""
    slug = "demo"
    me = await (await someone.page.context.request.get(f"{someone.url}/v1/communities/{slug}/me")).json()
    return f"/statement/{slug}/{me['accounts'][0]}?from=2026-09-01&until={me['today']}"


async def test_a_member_looks_at_their_own_without_a_script(visiting):
    someone = await visiting("volunteer", viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = someone.page
    address = await some_months(someone)
    await someone.open(address)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Statement of hours")
    await picture(page, "phone-320")
    lines = page.locator(".statement .what")
    assert await lines.count() > 3
    await someone.fill("First day", "2026-11-01")
    await someone.fill("Last day", "2026-10-01")
    await someone.press("Show it")
    await expect(page.get_by_role("alert")).to_contain_text("the first one not after the last")
    await page.get_by_role("link", name="Last month").click()
    await expect(page.locator(".statement .period")).to_contain_text("2026")


async def test_it_is_readable_large_in_any_language_and_on_paper(visiting):
    someone = await visiting("volunteer", viewport={"width": 320, "height": 800}, color_scheme="dark")
    page, address = someone.page, await some_months(someone)
    for size in ("usual", "large", "small"):
        await someone.open(f"{address}&size={size}")
        assert await page.evaluate(SIDEWAYS) == 0, size
        assert await violations(page) == [], size
        await picture(page, f"dark-{size}")
    await someone.page.set_viewport_size({"width": 1280, "height": 800})
    await someone.open(f"{address}&size=large")
    sizes = await page.evaluate(LETTERS)
    assert min(sizes.values()) >= 24, sizes
    await someone.open(f"{address}&language=ja")
    assert await page.locator(".statement").get_attribute("lang") == "ja"
    for size, width in (("usual", 595), ("large", 595), ("small", 298)):
        await someone.open(f"{address}&size={size}")
        pdf = await page.pdf(prefer_css_page_size=True)
        boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
        assert {round(float(box[0])) for box in boxes} == {width}, size
        if PICTURES:
            Path(f"{PICTURES}/printed-{size}.pdf").write_bytes(pdf)


async def test_the_desk_shows_one_and_makes_those_of_everybody(people, browsing):
    carla, _ = await people.coordinator(), await people.member("Ana Pérez")
    desk = await browsing(carla, viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = desk.page
    await desk.open("/desk/oak/statements")
    assert await violations(page) == []
    await page.get_by_role("link", name="Ana Pérez").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Statement of hours")
    await page.get_by_role("link", name="This year so far").click()
    assert await violations(page) == []
    await desk.open("/desk/oak/statements")
    await desk.press("Make all statements")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Statements of everybody")
    await expect(page.get_by_role("link", name="Download them all")).to_be_visible(timeout=60_000)
    await picture(page, "desk-run")
    assert await violations(page) == []
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download them all").click()
    assert (await started.value).suggested_filename.endswith(".zip")
    await desk.open(f"/desk/oak/members/{carla.id}/statements")
    await page.get_by_label("In large print").check()
    await desk.press("Save")
    await expect(page.get_by_label("In large print")).to_be_checked()
    await expect(page.get_by_text("It is written down.")).to_be_visible()
    await picture(page, "desk-wish")
    assert await violations(page) == []
    # Whose wish it is sees it where they are signed in, and changes it on their own page.
    await desk.open("/sign-in?c=oak")
    await expect(
        page.get_by_text("Your statements do not come by e-mail. They are in large print.")
    ).to_be_visible()
    await page.get_by_role("link", name="Your statements, and how you wish them").click()
    await page.get_by_label("In large print").uncheck()
    await desk.press("Save")
    await expect(page.get_by_text("It is written down.")).to_be_visible()
    await desk.open("/sign-in?c=oak")
    await expect(page.get_by_text("Your statements do not come by e-mail.", exact=True)).to_be_visible()
    assert await violations(page) == []
