"""The desk's pages about members, in a browser."""

from playwright.async_api import expect


async def test_a_co_ordinator_enrols_a_member_without_javascript(people, browsing):
    desk = await browsing(await people.coordinator(), java_script_enabled=False)
    await desk.open("/desk/oak/members")
    await desk.page.get_by_role("link", name="Enrol a member").click()
    await desk.press("Enrol")
    await expect(desk.page.get_by_role("alert")).to_contain_text("Please fill this in.")
    await desk.fill("Name", "Rosa Méndez")
    await desk.press("Enrol")
    await desk.page.wait_for_url("**?told=enrolled")
    await desk.open("/desk/oak/members?name=rosa")
    await expect(desk.page.get_by_role("row")).to_have_count(2)
    await expect(desk.page.get_by_role("link", name="Rosa Méndez")).to_be_visible()
    csv = await desk.page.context.request.get(desk.url + "/desk/oak/members?as=csv")
    assert "Rosa Méndez" in await csv.text()
    await desk.open("/app")


async def test_a_printed_card_signs_its_member_in_and_the_desk_sees_it(people, browsing):
    desk = await browsing(await people.coordinator(), viewport={"width": 1280, "height": 900})
    page = desk.page
    await desk.open("/desk/oak/members/new")
    await desk.fill("Name", "Rosa Méndez")
    await page.get_by_label("volunteer").check()
    await desk.press("Enrol")
    await page.get_by_role("link", name="Print a card").click()
    await desk.press("Make a card, and show it")
    code = await page.locator(".card .secret").inner_text()
    await expect(page.get_by_role("button", name="Print", exact=True)).to_be_visible()

    rosa = await browsing()
    await rosa.open("/sign-in?c=oak")
    await rosa.fill("Code on the card", code.lower())
    await rosa.press("Sign in with this code")
    await expect(rosa.page.get_by_role("heading", level=1)).to_contain_text("Rosa Méndez")

    await desk.open("/desk/oak/members")
    await page.get_by_role("link", name="Rosa Méndez").click()
    cards = page.get_by_role("heading", name="Cards").locator("xpath=ancestor::section")
    await expect(cards.get_by_text("used", exact=True)).to_be_visible()
    await expect(page.get_by_text("Rosa Méndez signed in with a card.")).to_be_visible()
    # The way from the trail to the page of whom it is about.
    await page.get_by_role("link", name="All of it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "What was done to the record of Rosa Méndez"
    )
    await page.get_by_label("Kind").select_option("card_issued")
    await desk.press("Filter")
    await expect(page.get_by_role("row")).to_have_count(2)
