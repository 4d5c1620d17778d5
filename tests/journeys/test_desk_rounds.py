"""A paper round and a passbook at the desk, in a browser: by keyboard, with live progress, as they look."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.api.test_rounds import logged
from tests.journeys.every_page import OVERLAPS, SIDEWAYS, SMALL, violations
from tests.journeys.phones import over_http
from tests.journeys.test_every_page import TWICE_AS_LARGE

SIZE = {"width": 1280, "height": 900}
TODAY = datetime.now(UTC).date()


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.fixture
async def coordinator(people):
    return over_http(await people.coordinator())


async def looks_well(desk):
    """The page as it stands: judged by axe in light and dark, and with letters twice as large on a small screen."""
    page = desk.page
    for scheme in ("dark", "light"):
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == [], page.url
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate(SMALL, 24) == [], page.url
    await page.evaluate(TWICE_AS_LARGE)
    assert await page.evaluate(SIDEWAYS) <= 0, page.url
    assert await page.evaluate(OVERLAPS) == [], page.url
    await page.evaluate("document.documentElement.style.fontSize = ''")
    await page.set_viewport_size(SIZE)


@pytest.mark.timeout(120)  # a walk through nine pages, each looked at four times
async def test_a_round_is_brought_decided_by_keyboard_and_signed_off(people, coordinator, browsing):
    rosa, ben = await people.enrol("Rosa Méndez"), await people.enrol("Ben Whittle")
    await logged(coordinator, ben, rosa, str(ago(3)), 5400)
    longer = await logged(coordinator, ben, rosa, str(ago(2)), 3600)
    for each in (ben, await people.enrol("Dan Whittle")):
        await logged(coordinator, each, rosa, str(ago(1)), 7200)
    text = "Giver;Receiver;Day;Hours\n" + "".join(
        f"{giver};{name};{day:%Y-%m-%d};{hours}\n"
        for giver, name, day, hours in (
            ("Ben Whittle", "Rosa Mendez", ago(3), "1:30"),
            ("Ben Whittle", "Rosa Mendez", ago(2), "1:10"),
            ("Ben Whittle", "Somebody Else", ago(1), "2:00"),
            ("Ben & Dan Whittle", "Rosa Mendez", ago(1), "2:00"),
        )
    )
    desk = await browsing(coordinator, viewport=SIZE, bypass_csp=True)
    page = desk.page
    await desk.open("/desk/oak")
    await page.keyboard.press("g")
    await page.keyboard.press("k")
    await expect(page.get_by_role("heading", name="Reconcile", level=1)).to_be_visible()
    await page.get_by_role("link", name="Bring paper").click()
    await looks_well(desk)
    await desk.fill("Whose paper it is", "Tuesday group")
    file = {"name": "sheets.csv", "mimeType": "text/csv", "buffer": text.encode()}
    await page.get_by_label("File (optional)", exact=True).set_input_files(file)
    await desk.press("Look at it")
    await expect(page.get_by_text("4 visits can be read like this.")).to_be_visible()
    await looks_well(desk)
    await desk.press("This is right: match it")
    await expect(page.get_by_role("link", name="To be decided (4)")).to_be_visible()
    await looks_well(desk)

    # The first line agrees: j goes there, a accepts it.
    await page.keyboard.press("j")
    await expect(page.locator("tr.here")).to_contain_text("people, day and length agree")
    await page.keyboard.press("a")
    await expect(page.get_by_role("link", name="To be decided (3)")).to_be_visible()
    # The second is as long as the paper says: c.
    await page.keyboard.press("j")
    await page.keyboard.press("c")
    await expect(page.get_by_role("link", name="To be decided (2)")).to_be_visible()
    assert (await coordinator.get(f"/claims/{longer}")).json()["claim"]["state"] == "withdrawn"
    # The last does not count: x opens its fold and waits there for the reason.
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("#set_aside-3")).to_be_focused()
    await looks_well(desk)
    await page.keyboard.type("Not one of ours")
    await page.keyboard.press("Enter")
    # Two stand on what is left: one button makes a line for each, and both agree.
    await expect(page.get_by_role("link", name="To be decided (1)")).to_be_visible()
    await desk.press("A line for each, with 2 h")
    await expect(page.get_by_role("link", name="Exact (2)")).to_be_visible()
    await page.get_by_label("Yes: 2 lines agree exactly").check()
    await desk.press("Accept all that agree")
    await desk.open(page.url.removesuffix("/accept"))
    await expect(page.get_by_text("No line is left here.")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("next row")
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Decided (5)").click()
    await expect(page.get_by_text("Not one of ours")).to_be_visible()
    await looks_well(desk)
    await page.get_by_role("link", name="Sign it off").click()
    await desk.press("Sign it off")
    await expect(page.get_by_text("SHA-256 of the decisions")).to_be_visible()
    await looks_well(desk)


async def test_a_passbook_that_differs_is_shown_beside_its_entries(people, coordinator, browsing):
    rosa, ben = await people.enrol("Rosa Méndez"), await people.enrol("Ben Whittle")
    await logged(coordinator, ben, rosa, str(ago(3)), 5400, confirmed=True)
    desk = await browsing(coordinator, viewport=SIZE, bypass_csp=True)
    page = desk.page
    await desk.open("/desk/oak/rounds/assertions/new")
    await looks_well(desk)
    await page.locator("#account").fill("Ben Whittle")
    await page.locator("#on").fill(str(ago(1)))
    await page.locator("#balance").fill("1:30")
    await desk.press("Write it down")
    # What was confirmed today for a day by then: it holds with that.
    await expect(page.get_by_text("It differed by")).to_be_visible()
    await expect(page.get_by_role("img", name="Balance since it last agreed")).to_be_visible()
    await expect(page.get_by_text("later, for a day by then")).to_be_visible()
    await looks_well(desk)
    await desk.open("/desk/oak/rounds/assertions")
    await expect(page.get_by_role("row").nth(1)).to_contain_text("holds since a correction")
    await looks_well(desk)
    await desk.open("/desk/oak/rounds/assertions/file")
    await looks_well(desk)
