"""The social report in a browser: from a number to its rows, targets, texts and packs; the question on the phone."""

import csv
import io
import re

from playwright.async_api import expect

from tests.journeys.phones import Phone, over_http, until, visit

DESK = "/desk/demo"


def whole(text):
    return int(re.sub(r"\D", "", text))


async def test_a_number_leads_to_its_rows_and_a_report_to_a_pack(visiting):
    desk = await visiting("coordinator", java_script_enabled=False)
    page = desk.page
    await desk.open(f"{DESK}/social")
    row = page.get_by_role("region", name="Confirming").get_by_role("row", name="Confirmed by a delegate")
    number = whole(await row.get_by_role("cell").first.inner_text())
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Confirmed by a delegate")
    answer = await page.context.request.get(
        desk.url + await page.get_by_role("link", name="Download all as CSV").get_attribute("href")
    )
    rows = list(csv.DictReader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))
    assert len(rows) == number > 50
    await expect(page.get_by_text(f"{number} rows stand behind it.")).to_be_visible()
    await page.get_by_role("link", name="Social report").last.click()
    # What people said is told of groups, in words.
    answers = page.get_by_role("region", name="How was this visit for you?")
    await expect(answers.get_by_role("columnheader", name="very good")).to_be_visible()

    await page.get_by_role("link", name="Scorecard").click()
    await page.get_by_role("link", name="Set targets").click()
    # Parts without a target are folded, and unfold without a script.
    await page.locator("summary", has_text="Confirming").click()
    await desk.fill("Confirmed by a person (optional)", "90.5")
    await desk.press("Keep the targets")
    await expect(page.get_by_role("row", name="Confirmed by a person").first).to_contain_text("90.5 %")

    await page.get_by_role("link", name="Prove It").click()
    await page.get_by_role("link", name="Write the text").click()
    await page.get_by_label("What we learned").fill("That tea helps.\n\nAnd cake.")
    await desk.press("Keep the text")
    await expect(page.get_by_text("And cake.", exact=True)).to_be_visible()


async def test_a_pack_is_followed_until_it_can_be_had(visiting):
    desk = await visiting("coordinator")
    page = desk.page
    await desk.open(f"{DESK}/social/packs")
    await desk.press("Make an evidence pack")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download the pack").click()
    path = await (await download.value).path()
    assert path.read_bytes().startswith(b"PK")


async def test_on_the_phone_a_visit_is_told_of_without_a_connection_or_skipped(browsing, people, owner):
    ben, ana = [over_http(await people.member(name)) for name in ("Ben", "Ana")]
    for ago in (2, 1):
        claim = await visit(ben, ana.id, ago)
        answer = await ana.post(f"/claims/{claim['id']}/confirmation", {})
        assert answer.status_code == 200, answer.text
    phone = await Phone.of(browsing, ana)
    page = phone.page
    await phone.kept()
    await phone.open("#hours")
    await page.get_by_text("How was it with Ben?").click()
    card = page.locator("details.card")
    await card.get_by_role("button", name="Send").click()
    await expect(card.get_by_role("alert")).to_contain_text("Please choose")
    small = (
        "() => [...document.querySelectorAll('details.card :is(button, summary, label)')]"
        ".filter((each) => each.offsetHeight < 48).map((each) => each.outerHTML)"
    )
    assert await page.evaluate(small) == []
    await page.context.set_offline(True)
    how, after = (card.get_by_role("group", name=name) for name in ("How was this visit", "How do you feel"))
    await how.get_by_role("radio", name="good", exact=True).check()
    await after.get_by_role("radio", name="a little better").check()
    await card.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Saved on this phone").first).to_be_visible()
    await page.context.set_offline(False)

    async def kept():
        return [tuple(row) for row in await owner.fetch("SELECT side, visit, after, via FROM well_being")]

    await until(kept, [("receiver", 4, 4, "member")])
    # The other one is skipped, and not asked again.
    await phone.open("#confirm")
    await page.get_by_text("How was it with Ben?").click()
    await page.get_by_role("button", name="Skip").click()
    await expect(page.locator("details.card")).to_have_count(0)
    await phone.open("#hours")
    await expect(page.get_by_role("heading", name="How it was")).to_be_visible()
    await expect(page.get_by_text("How was it with Ben?")).to_have_count(0)
