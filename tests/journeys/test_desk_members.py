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
