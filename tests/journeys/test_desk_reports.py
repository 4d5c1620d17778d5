"""The desk's reports, in a browser: what the charts say is what the tables say, and each number leads further."""

import csv
import io
import json
import re

from playwright.async_api import expect

DESK = "/desk/demo"

# Words of a chart that lie over each other or stick out of it, as the browser really draws them.
CROWDED = """() => {
  const found = [];
  for (const svg of document.querySelectorAll(".chart svg[role=img]")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map((each) => [each.textContent, each.getBoundingClientRect()]);
    for (const [one, a] of texts) {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.bottom > frame.bottom + 1) found.push(one);
      for (const [two, b] of texts) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (a !== b && across > 1 && down > 3) found.push(`${one} | ${two}`);
      }
    }
  }
  return found;
}"""

CHARTS = {
    "/reports": 1,
    "/reports/weeks": 1,
    "/reports/weeks?from=2026-03-03&until=2026-03-03": 1,
    "/reports/weeks?from=2024-01-01&until=2026-11-01": 1,
    "/reports/exchange": 2,
    "/reports/balances": 1,
    "/reports/outstanding": 2,
}


async def table(desk, path):
    answer = await desk.page.context.request.get(desk.url + DESK + path)
    assert answer.ok, path
    return list(csv.DictReader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))


async def said(desk, path):
    """What the API says, to hold the page against."""
    return json.loads(
        await (await desk.page.context.request.get(f"{desk.url}/v1/communities/demo{path}")).text()
    )


def whole(text):
    return int(re.sub(r"\D", "", text))


async def test_the_charts_say_what_the_tables_say_and_lead_further(visiting):
    desk = await visiting("coordinator", java_script_enabled=False)
    page = desk.page
    await desk.open(f"{DESK}/reports")
    await page.get_by_role("link", name="Hours a week").click()
    weeks = (await said(desk, "/reports/weeks"))["weeks"]
    bars = page.locator(".chart .bar")
    assert await bars.count() > len(weeks)
    rows = page.get_by_role("region", name="By week").locator("tbody tr")
    await expect(rows).to_have_count(len(weeks))
    lines = await table(desk, "/reports/weeks?as=csv")
    for week in weeks:
        part = [float(line["Hours given"]) for line in lines if line["Week"] == week["week"]]
        assert (
            round(sum(part) * 3600) == week["recorded_seconds"]
            or abs(sum(part) * 3600 - week["recorded_seconds"]) < 2
        )
    # The visits of a week are those of the list it leads to, but for what is disputed.
    link = rows.nth(3).get_by_role("link")
    count = whole(await link.inner_text())
    href = await link.get_attribute("href")
    assert 0 <= count - len(await table(desk, href.removeprefix(DESK) + "&as=csv")) <= 2 < count

    await desk.open(f"{DESK}/reports/exchange")
    found = await said(desk, "/reports/reciprocity")
    await page.get_by_role("row", name="give and receive").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Members who give and receive")).to_be_visible()
    listed = await table(desk, "/reports/exchange?list=both&as=csv")
    assert len(listed) == found["both"]["members"]
    given = sum(float(line["Hours given"]) for line in listed)
    assert abs(given * 3600 - found["both"]["given_seconds"]) < len(listed)

    await desk.open(f"{DESK}/reports/balances")
    bins = page.locator("tbody td")
    assert (
        sum(whole(text) for text in await bins.all_inner_texts())
        == (await said(desk, "/reports/balances"))["accounts"]
    )
    assert sum(int(line["Accounts"]) for line in await table(desk, "/reports/balances?as=csv")) > 30

    await desk.open(f"{DESK}/reports/outstanding")
    await page.get_by_label("Per cent that are asked for within a year").fill("100")
    await page.get_by_role("button", name="Work it out").click()
    await expect(page.get_by_text("If 100 % are asked for within a year")).to_be_visible()
    promised = (await said(desk, "/liability"))["outstanding_seconds"]
    groups = await table(desk, "/reports/outstanding?share=100&as=csv")
    # Once by age, and once by year.
    assert abs(sum(float(line["Hours outstanding"]) for line in groups) * 3600 - 2 * promised) < len(groups)
    await desk.open(f"{DESK}/reports/outstanding?share=1000")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hours outstanding")
    await expect(page.get_by_role("alert")).to_have_text(
        "This cannot be taken as it is written. Please look at it again."
    )
    await expect(page.get_by_label("Per cent that are asked for within a year")).to_have_value("1000")
    for report in ("weeks", "exchange"):
        await desk.open(f"{DESK}/reports/{report}?from=2026-05-02&until=2026-05-01")
        await expect(page.get_by_role("alert")).to_have_text("The first day lies after the last one.")
        await expect(page.get_by_label("Until")).to_have_value("2026-05-01")

    await desk.open(f"{DESK}/reports/quiet")
    await desk.page.get_by_label("Not heard of for so many days").fill("3")
    await page.get_by_role("button", name="Show").click()
    rows = page.locator("tbody tr")
    await expect(rows.first).to_be_visible()
    assert await rows.count() == len(await table(desk, "/reports/quiet?days=3&as=csv"))
    await rows.first.locator("th a").click()
    await page.wait_for_url("**/members/*")


async def test_no_words_of_a_chart_lie_over_each_other_in_any_language(visiting):
    for tag in ("en", "cy", "ja"):
        desk = await visiting("coordinator", locale=tag, viewport={"width": 320, "height": 640})
        for path, count in CHARTS.items():
            await desk.open(DESK + path)
            await expect(desk.page.locator(".chart svg[role=img]")).to_have_count(count)
            assert await desk.page.evaluate(CROWDED) == [], (tag, path)
            assert "nan" not in (await desk.page.content()).lower().replace("finan", "")


async def test_where_nothing_happened_yet_each_report_says_the_next_step(people, browsing):
    desk = await browsing(await people.coordinator(), java_script_enabled=False)
    for path, says in [
        ("/reports", "No care is paid yet."),
        ("/reports/weeks", "No care was paid in these days."),
        ("/reports/exchange", "Choose a number of members to see who they are"),
        ("/reports/balances", "1 account"),
        ("/reports/outstanding", "Nobody holds hours yet"),
        ("/reports/quiet", "Members not heard of"),
        ("/journal", "Nothing has been posted yet."),
        ("/policy", "The community has no rules of its own yet"),
        ("/audit", "There was none yet."),
        ("/periods", "No period is closed yet."),
    ]:
        answer = await desk.page.goto(f"{desk.url}/desk/oak{path}")
        assert answer.status == 200, path
        if path not in ("/reports/balances", "/reports/quiet"):
            assert says in await desk.page.locator("main").inner_text(), path
