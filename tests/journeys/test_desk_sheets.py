"""A pile of paper at the desk: typed with the keyboard alone, without JavaScript, and when an answer is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.journeys.every_page import OVERLAPS, SIDEWAYS, violations
from tests.journeys.phones import over_http

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
async def coordinator(people):
    member = over_http(await people.coordinator())
    for name in ("Ana Silva", "Ben Okri", "Rosa Méndez", "Rosa Weiss"):
        await people.enrol(name)
    return member


async def claims_of(member):
    return (await member.get("/claims?limit=200")).json()["claims"]


async def looks_well(desk):
    """Nothing that axe minds in light or dark, and no sideways scroll at 320 pixels."""
    page = desk.page
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
    size = page.viewport_size
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await page.evaluate(SIDEWAYS) <= 0
    assert await page.evaluate(OVERLAPS) == []
    await page.set_viewport_size(size)


async def type_rows(page, rows):
    """Type rows from the field that has the focus: Tab between fields, Enter at a row's end, Ctrl+D for "^"."""
    for row in rows:
        for place, text in enumerate(row):
            if place:
                await page.keyboard.press("Tab")
            if text == "^":
                await page.keyboard.press("Control+d")
            else:
                await page.keyboard.type(text)
        await page.keyboard.press("Enter")


async def test_a_pile_of_paper_is_typed_with_the_keyboard_alone(coordinator, browsing):
    desk = await browsing(coordinator, viewport={"width": 1280, "height": 900})
    page, keyboard = desk.page, desk.page.keyboard
    await desk.open("/desk/oak/sheets")
    await page.get_by_label("Giver, row 1", exact=True).focus()
    day = YESTERDAY.strftime("%d/%m")
    await type_rows(
        page,
        [
            ("Ana Silva", "Ben Okri", day, "1:30", "shopping", "Milk"),
            ("^", "^", "^", "30 min", "^"),
            ("Ben Okri", "Ana Silva", "^", "1,5", "gardening"),
            ("Rosa", "Ana Silva", "^", "1h", "^"),
            ("5", "2", "^", "0.25", "^"),
            ("Ana Silva", "Ana Silva", "^", "45 min", "^"),
            ("Ben Okri", "Nobody", "^", "1", "^"),
            ("Ana Silva", "Rosa Weiss", "31/2", "1", "shopping"),
            ("Ana Silva", "Rosa Weiss", day, "soon", "^"),
            ("Rosa Weiss", "Rosa Méndez", "^", "25", "^"),
        ],
    )
    # The tenth row was the last one: Enter has made another.
    await expect(page.get_by_label("Giver, row 11", exact=True)).to_be_focused()
    await expect(page.get_by_label("Day, row 3", exact=True)).to_have_value(day)
    await expect(page.locator("#sum")).to_contain_text("1 length cannot be read.")
    await page.reload()
    await expect(page.get_by_label("Note, row 1", exact=True)).to_have_value("Milk")
    await page.get_by_label("Sum on the paper").fill("8:30")
    await page.get_by_role("button", name="Check first").focus()
    await keyboard.press("Enter")
    problems = page.get_by_role("alert")
    await expect(problems).to_be_focused()
    await expect(problems).to_contain_text("6 rows need another look")
    await expect(page.locator("#check-1")).to_contain_text("Right")
    assert await claims_of(coordinator) == []
    await looks_well(desk)
    # Corrected, still by keyboard: the choice among two of one name, and the rest typed anew.
    await page.get_by_label("Giver, row 4: which of them", exact=True).focus()
    await keyboard.type("Rosa M")
    for label, text in (
        ("Receiver, row 6", "Ben Okri"),
        ("Receiver, row 7", "3"),
        ("Giver, row 7", "2"),
        ("Day, row 8", day),
        ("How long, row 9", "15 min"),
        ("How long, row 10", "45 min"),
    ):
        await page.get_by_label(label, exact=True).focus()
        await keyboard.press("Control+a")
        await keyboard.type(text)
    await expect(page.locator("#sum")).to_have_text("The rows make 8 h 30 min. That is what the paper says.")
    await page.get_by_role("button", name="Save all").focus()
    await keyboard.press("Enter")
    await expect(page.locator(".told")).to_have_text("10 rows were saved.")
    await expect(page.get_by_text("The paper and the rows agree: 8 h 30 min.")).to_be_visible()
    assert sum(each["seconds"] for each in await claims_of(coordinator)) == 30_600
    await looks_well(desk)
    await page.get_by_role("link", name="Type the next sheet").click()
    await expect(page.get_by_label("Giver, row 1", exact=True)).to_have_value("")


async def test_a_lost_answer_and_a_pasted_sheet_post_nothing_twice(coordinator, browsing):
    desk = await browsing(coordinator, viewport={"width": 1280, "height": 900})
    page = desk.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk.url)
    await desk.open("/desk/oak/sheets")
    lines = [
        f"Ana Silva\tBen Okri\t{YESTERDAY}\t0:{10 + place}\tshopping\tLine {place}" for place in range(12)
    ]
    await page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join(lines) + "\n")
    await page.get_by_label("Giver, row 1", exact=True).focus()
    await page.keyboard.press("Control+v")
    await expect(page.get_by_label("Note, row 12", exact=True)).to_have_value("Line 11")

    async def lose(route):
        await route.fetch()
        await route.abort()

    await page.route("**/sheets", lose)
    async with page.expect_event("requestfailed"):
        await page.get_by_role("button", name="Save all").click(no_wait_after=True)
    await page.unroute("**/sheets")
    assert len(await claims_of(coordinator)) == 12
    await desk.open("/desk/oak/sheets")
    await expect(page.get_by_label("Note, row 12", exact=True)).to_have_value("Line 11")
    await page.get_by_label("How long, row 12", exact=True).fill("2")
    await desk.press("Save all")
    await expect(page.locator(".told")).to_have_text("11 rows were saved.")
    await expect(page.get_by_role("alert")).to_contain_text("This row was saved before you changed it")
    await page.reload()
    assert len(await claims_of(coordinator)) == 12
    await desk.open("/desk/oak/sheets")
    await desk.press("Begin with an empty sheet")
    await expect(page.locator("#restored")).to_be_hidden()
    await expect(page.get_by_label("Giver, row 1", exact=True)).to_have_value("")


async def test_a_large_community_is_searched_while_a_name_is_typed(coordinator, browsing, monkeypatch):
    monkeypatch.setattr("api.web.desk.people.SUGGESTED", 1)
    desk = await browsing(coordinator, viewport={"width": 1280, "height": 900})
    offered = desk.page.locator("#people option")
    await desk.open("/desk/oak/sheets")
    await expect(offered).to_have_count(1)
    await desk.page.get_by_label("Giver, row 1", exact=True).press_sequentially("rosa")
    await expect(offered).to_have_count(2)
    assert await offered.first.get_attribute("value") == "Rosa Méndez (4)"


async def test_the_same_works_without_javascript(coordinator, browsing):
    desk = await browsing(coordinator, java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = desk.page
    await desk.open("/desk/oak/sheets")
    await desk.press("Check first")
    await expect(page.get_by_role("alert")).to_contain_text("Nothing is written yet.")
    for label, text in (
        ("Giver, row 1", "Rosa"),
        ("Receiver, row 1", "ben okri"),
        ("How long, row 1", "90 min"),
        ("Activity, row 1", "Shopping"),
        ("Giver, row 2", "Ana Silva"),
        ("Receiver, row 2", "#3"),
        ("How long, row 2", "1:75"),
        ("Activity, row 2", "Shopping"),
    ):
        await desk.fill(label, text)
    await desk.press("Add rows")
    await expect(page.get_by_label("Giver, row 20", exact=True)).to_be_visible()
    await desk.press("Save all")
    await expect(page.get_by_role("alert")).to_contain_text("2 rows need another look")
    await page.get_by_label("Giver, row 1: which of them", exact=True).select_option(index=2)
    await desk.fill("How long, row 2", "1:45")
    # Enter in a field checks, which changes nothing.
    await page.get_by_label("How long, row 2", exact=True).press("Enter")
    await expect(page.locator(".told")).to_contain_text("Every row can be saved.")
    assert await claims_of(coordinator) == []
    await desk.press("Save all")
    await expect(page.locator(".told")).to_have_text("2 rows were saved.")
    await page.get_by_role("link", name="Type the next sheet").click()
    await page.get_by_role("link", name="One who helped a group").click()
    for label, text in (("Who gave", "Ana Silva"), ("Who received", "Ben Okri\nRosa"), ("How long", "1")):
        await desk.fill(label, text)
    await desk.fill("Activity", "Reading aloud")
    await desk.press("Log the session")
    await expect(page.get_by_text("several are called so.")).to_be_visible()
    await desk.fill("Who received", "Ben Okri\nRosa Weiss (5)")
    await desk.press("Log the session")
    await expect(page.locator(".told")).to_have_text("2 claims were made.")
    assert sorted(each["seconds"] for each in await claims_of(coordinator)) == [1800, 1800, 5400, 6300]
