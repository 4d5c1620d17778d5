"""The desk in a browser: by keyboard, without JavaScript on a narrow screen, with a passkey shown again; on paper."""

from datetime import timedelta

from playwright.async_api import expect

from ledger.people.roles import Role
from tests.journeys.every_page import SIDEWAYS, violations


async def test_the_desk_by_keyboard_alone(people, browsing):
    for name in ("Rosa Méndez", "Ben Pugh", "Rosalind Rees"):
        await people.enrol(name)
    desk = await browsing(
        await people.coordinator(), viewport={"width": 1280, "height": 900}, bypass_csp=True
    )
    page, press = desk.page, desk.page.keyboard.press
    await desk.open("/desk/oak")
    await expect(page.locator("[data-trial] output")).to_have_text("0 min")

    await press("g")
    await expect(page.get_by_text("Go to … the letter of a room")).to_be_visible()
    await press("m")
    await page.wait_for_url("**/desk/oak/members")
    await press("/")
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.keyboard.type("rosa")
    await press("Enter")
    await page.wait_for_url("**name=rosa*")
    await expect(page.get_by_role("row")).to_have_count(3)
    await press("j")
    await press("j")
    await press("j")
    await expect(page.get_by_role("link", name="Rosalind Rees")).to_be_focused()
    await press("k")
    await press("Enter")
    await expect(page.get_by_role("heading", name="Rosa Méndez", level=1)).to_be_visible()

    # From a page without a search of its own, to the one of the frame.
    await press("/")
    await page.keyboard.type("ben")
    await press("Escape")
    await expect(page.get_by_label("Find a member")).not_to_be_focused()
    await press("/")
    await page.keyboard.type("ben")
    await press("Enter")
    await expect(page.get_by_role("link", name="Ben Pugh")).to_be_visible()

    # A refused form: the keyboard goes to what is wrong, and from there into the field.
    await desk.open("/desk/oak/members/new")
    await page.get_by_label("Phone").focus()
    await page.keyboard.type("12")
    await press("Control+Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
    await press("Tab")
    await press("Enter")
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.keyboard.type("Dai Rees")
    await page.get_by_label("Phone").fill("01970 1234")
    await press("Control+Enter")
    # The address keeps the name of the field that was gone to.
    await page.wait_for_url("**?told=enrolled#name")

    # What the keys are, and off with those of one letter, which a voice may say by mistake.
    await press("?")
    dialog = page.get_by_role("dialog", name="Keys of the desk")
    await expect(dialog.get_by_text("Households")).to_be_visible()
    assert await violations(page) == []
    await dialog.get_by_label("Single letters do this on the desk").uncheck()
    await press("Escape")
    await expect(dialog).to_have_count(0)
    await press("g")
    await press("m")
    await press("?")
    await expect(dialog).to_have_count(0)
    await press("Control+Enter")
    assert page.url.endswith("?told=enrolled#name")
    await page.get_by_role("button", name="Keys").click()
    await expect(dialog).to_be_visible()


async def test_the_desk_without_javascript_on_a_narrow_screen(people, browsing):
    rosa = await people.enrol("Rosa Méndez")
    keeper = await people.coordinator()
    desk = await browsing(keeper, viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = desk.page
    await desk.open("/desk/oak")
    rooms = page.get_by_role("navigation", name="Rooms of the desk")
    await expect(rooms).not_to_be_visible()
    await desk.press("Rooms")
    await expect(rooms).to_be_visible()
    await rooms.get_by_role("link", name="Members").click()
    await expect(page.get_by_role("heading", name="Members", level=1)).to_be_visible()
    await page.get_by_role("row", name="Rosa Méndez").get_by_role("checkbox").check()
    await desk.press("Print cards for those ticked")
    await expect(page.locator(".card svg")).to_be_visible()
    await expect(page.get_by_role("button", name="Print", exact=True)).not_to_be_visible()

    await desk.open(f"/desk/oak/members/{rosa}/standing")
    await page.get_by_label("Since").fill("2026-05-31")
    await page.get_by_label("Frail").check()
    await desk.press("Save")
    await expect(page.get_by_role("status")).to_have_text("Their standing is recorded.")
    await expect(page.get_by_text("frail", exact=True)).to_be_visible()
    # What was typed when the session had ended is sent once somebody is signed in again.
    await desk.open("/desk/oak/members/new")
    await page.get_by_label("Name", exact=True).fill("Ben Pugh")
    await page.context.clear_cookies()
    await desk.press("Enrol")
    await expect(page.get_by_role("heading", name="Please sign in again")).to_be_visible()
    await desk.enter(await people.sign_in(keeper.id, strong=True))
    await desk.press("Send it again")
    await page.wait_for_url("**?told=enrolled")
    await expect(page.get_by_role("heading", name="Ben Pugh", level=1)).to_be_visible()


async def test_a_passkey_is_shown_again_and_nothing_is_typed_again(people, browsing):
    keeper = await people.with_role(Role.COORDINATOR, strong=False, passkey=False)
    desk = await browsing(keeper, authenticator=True, bypass_csp=True)
    page = desk.page
    await desk.open("/desk/oak/members")
    await expect(page.get_by_role("heading", name="First show your passkey")).to_be_visible()
    await page.get_by_role("link", name="Show my passkey").click()
    await desk.press("Make a passkey")
    await expect(page.get_by_role("heading", name="Members", level=1)).to_be_visible()

    # An hour later.
    await desk.enter(await people.sign_in(keeper.id, strong=True, ago=timedelta(hours=1)))
    await desk.open("/desk/oak/members/new")
    await page.get_by_label("Name", exact=True).fill("Rosa Méndez")
    await page.get_by_label("volunteer").check()
    await desk.press("Enrol")
    await expect(page.get_by_role("alert").first).to_contain_text("This needs your passkey")
    assert await violations(page) == []
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Rosa Méndez")
    await desk.press("Show my passkey, and save")
    await page.wait_for_url("**?told=enrolled")
    await expect(page.get_by_role("heading", name="Rosa Méndez", level=1)).to_be_visible()
    await expect(page.get_by_text("volunteer", exact=True)).to_be_visible()
    # From now on, for a quarter of an hour, nobody is asked again.
    await desk.open("/desk/oak/members/new")
    await page.get_by_label("Name", exact=True).fill("Ben Pugh")
    await desk.press("Enrol")
    await page.wait_for_url("**?told=enrolled")


async def test_cards_on_paper_hold_a_square_and_a_code_and_nothing_of_the_screen(people, browsing):
    ids = [await people.enrol(f"Member with a long name, number {number}") for number in range(9)]
    desk = await browsing(
        await people.coordinator(), viewport={"width": 1280, "height": 900}, bypass_csp=True
    )
    page = desk.page
    await desk.open("/desk/oak/members")
    await page.get_by_label("Tick everybody on this page").check()
    await desk.press("Print cards for those ticked")
    await expect(page.locator(".card")).to_have_count(len(ids))
    assert await violations(page) == []
    assert await page.evaluate(SIDEWAYS) <= 0
    await page.emulate_media(media="print")
    await expect(page.get_by_role("navigation")).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).not_to_be_visible()
    # As large as a bank card, with a square a phone can read, whatever the name.
    boxes = await page.evaluate(
        """() => [...document.querySelectorAll(".card")].map((card) => {
          const [a, b] = [card, card.querySelector("svg")].map((each) => each.getBoundingClientRect());
          const inside = card.scrollHeight <= card.clientHeight + 1 && card.scrollWidth <= card.clientWidth + 1;
          return [a.width, a.height, b.width, inside];
        })"""
    )
    millimetre = 96 / 25.4
    for width, height, square, inside in boxes:
        assert abs(width / millimetre - 86) < 1
        assert 53.5 < height / millimetre < 64
        assert square / millimetre > 35
        assert inside
