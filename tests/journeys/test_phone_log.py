"""Logging an hour on the phone: in four taps, from what was kept, with a timer, and what it costs to load."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import expect

import api.web.phone as phone_module
from api.web import assets
from tests.journeys.phones import Phone, claims_of, days_ago, hearing_requests, over_http, until, visit

MAX_FIRST_REQUESTS = 8
MAX_FIRST_BYTES = 120_000
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RULES = '{runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}'


async def axe(page):
    """What axe finds wrong, in short."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(f"async () => (await axe.run({RULES})).violations")
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]


@pytest.fixture
async def ana(people):
    return over_http(await people.member("Ana Castell"))


async def test_an_hour_is_logged_in_four_taps_and_confirmed(people, browsing, ana):
    rosa = over_http(await people.member("Rosa Méndez"))
    itziar = await people.enrol("Itziar")
    for number in range(9):
        await people.enrol(f"Neighbour {number}")
    await visit(ana, rosa.id, 3)
    phone = await Phone.of(browsing, ana)
    await expect(phone.chip()).to_have_text("Online")

    # Rosa was helped lately and stands first; others are found by name, without their accents.
    rows = phone.page.locator(".person")
    await expect(rows).to_have_count(1)
    await phone.page.get_by_label("Somebody else").fill("itz")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("Itziar")
    await phone.page.get_by_label("Somebody else").fill("mendez")
    await rows.first.click()
    assert await axe(phone.page) == []

    # An hour today is chosen already; a quarter more, and another day.
    await phone.press("15 min more")
    await expect(phone.page.locator("output")).to_have_text("1 h 15 min")
    await phone.page.get_by_label("Another day").check()
    await phone.page.get_by_label("Which day?").fill(days_ago(5))
    await phone.page.get_by_text("Add a note").click()
    await phone.page.get_by_label("Note").fill("We walked to the market.")
    await phone.press("Save 1 h 15 min")
    await expect(phone.page.get_by_text("Saved on this phone", exact=True)).to_be_visible()
    row = phone.row("1 h 15 min with Rosa Méndez")
    await expect(row).to_contain_text("Sent. Rosa Méndez can confirm it now")
    [(_, receiver, seconds, state), _] = await claims_of(rosa)
    assert (receiver, seconds, state) == (str(rosa.id), 4500, "submitted")
    [claim, _] = (await rosa.get("/claims")).json()["claims"]
    assert (claim["note"], claim["service_on"]) == (
        "We walked to the market.",
        days_ago(5),
    )

    answer = await rosa.post(f"/claims/{claim['id']}/confirmation", {})
    assert answer.status_code == 200
    await phone.open()
    await expect(row).to_contain_text("Confirmed")

    # What somebody gave to Ana is paid as soon as it is sent: she who received it has said so.
    await phone.page.get_by_label("I received").check()
    await phone.log("Rosa Méndez", "30 min")
    await expect(phone.row("30 min from Rosa Méndez")).to_contain_text("Confirmed")
    assert (str(rosa.id), str(ana.id), 1800, "posted") in await claims_of(ana)
    assert await axe(phone.page) == []
    await phone.page.emulate_media(color_scheme="dark")
    assert await axe(phone.page) == []
    assert str(itziar) not in str(await claims_of(ana))


async def test_an_hour_is_logged_and_another_confirmed_by_keyboard_alone(people, browsing, ana):
    rosa = over_http(await people.member("Rosa Méndez"))
    await visit(rosa, ana.id, 1)
    phone = await Phone.of(browsing, ana)
    page, press = phone.page, phone.page.keyboard.press

    async def tab_to(wanted):
        """Press Tab until this has the focus, as who sees only the focus would."""
        await wanted.wait_for()
        for _ in range(20):
            await press("Tab")
            if await wanted.evaluate("(each) => each === document.activeElement"):
                return
        raise AssertionError(f"{wanted} is out of reach")

    await tab_to(page.get_by_role("button", name="Rosa Méndez"))
    await press("Enter")
    await expect(page.get_by_role("heading", name="Rosa Méndez")).to_be_focused()
    await tab_to(page.get_by_label("1 h", exact=True))
    await press("ArrowRight")
    await expect(page.locator("output")).to_have_text("1 h 30 min")
    await tab_to(page.get_by_label("Today"))
    await press("ArrowRight")
    await tab_to(page.get_by_role("button", name="Save 1 h 30 min"))
    await press("Enter")
    await expect(page.locator(".told")).to_be_focused()
    await expect(phone.row("1 h 30 min with Rosa Méndez")).to_contain_text("can confirm it now")
    assert (str(ana.id), str(rosa.id), 5400, "submitted") in await claims_of(rosa)

    await tab_to(page.get_by_role("link", name="Confirm (1 waiting)"))
    await press("Enter")
    await tab_to(page.get_by_role("button", name="Yes, that’s right"))
    await press("Enter")
    await expect(page.get_by_text("Done. It is paid.")).to_be_visible()
    assert (str(rosa.id), str(ana.id), 3600, "posted") in await claims_of(ana)


async def test_last_week_is_repeated_after_a_look(people, browsing, ana):
    rosa, itziar = await people.enrol("Rosa"), await people.enrol("Itziar")
    await visit(ana, rosa, 9, 5400, activity="shopping")
    await visit(ana, itziar, 8, 1800)
    await visit(ana, rosa, 8, 2700)
    # Logged again already, a week later.
    await visit(ana, rosa, 1, 2700)
    await visit(ana, itziar, 30, 7200)
    phone = await Phone.of(browsing, ana)
    await phone.press("Same as last week")
    await expect(phone.page.get_by_role("checkbox")).to_have_count(2)
    await phone.page.get_by_role("checkbox", name="Itziar").uncheck()
    await phone.press("Save 1 visit")

    async def of_two_days_ago():
        claims = (await ana.get("/claims")).json()["claims"]
        return [
            (each["receiver"], each["seconds"], each["state"])
            for each in claims
            if each["service_on"] == days_ago(2)
        ]

    await until(of_two_days_ago, [(str(rosa), 5400, "submitted")])
    # Now only the other is left to repeat, and not for Rosa.
    await phone.press("Rosa")
    await expect(phone.page.get_by_role("button", name="Same as last week")).to_have_count(0)
    await phone.press("Change")
    await phone.press("Itziar")
    await phone.press("Same as last week")
    await expect(phone.page.get_by_role("checkbox")).to_have_count(1)


async def test_the_timer_goes_on_whatever_becomes_of_the_page(people, browsing, ana):
    await people.enrol("Rosa")
    phone = await Phone.of(browsing, ana)
    await phone.press("Start the timer")
    await expect(phone.page.get_by_text("since")).to_be_visible()
    await phone.kept()
    await phone.context.set_offline(True)
    await phone.again()
    later = datetime.now(UTC) + timedelta(minutes=50)
    await phone.page.clock.set_fixed_time(later)
    await phone.open()
    await phone.press("Stop, and log it")
    await phone.press("Rosa")
    said = "The timer says 50 min. Your co-op counts in steps of 15 min, so that makes 1 h."
    await expect(phone.page.get_by_text(said)).to_be_visible()
    # The app is closed before it was saved, and the timer is still there.
    await phone.again()
    await phone.press("Rosa")
    await expect(phone.page.get_by_text("The timer says")).to_be_visible()
    await phone.press("Save 1 h")
    await expect(phone.row("1 h with Rosa")).to_contain_text("Saved on this phone")
    await expect(phone.page.get_by_role("button", name="Start the timer")).to_be_visible()


async def test_whoever_acts_for_somebody_logs_what_they_received(people, browsing, ana):
    ada, rosa = over_http(await people.member("Ada Brown")), await people.enrol("Rosa")
    given = {
        "delegate": str(ana.id),
        "relation": "child",
        "scopes": ["see", "confirm"],
        "from": "2026-01-01",
    }
    answer = await ada.post(f"/members/{ada.id}/delegates", given)
    assert answer.status_code == 201, answer.text
    phone = await Phone.of(browsing, ana, script=f"sessionStorage.setItem('carehours.acting', '{ada.id}')")
    await expect(phone.page.locator("#acting")).to_contain_text("You are acting for Ada Brown")
    await expect(phone.page.get_by_label("I gave")).to_have_count(0)
    await phone.log("Rosa")
    await expect(phone.row("1 h from Rosa")).to_contain_text("Confirmed")
    assert (str(rosa), str(ada.id), 3600, "posted") in await claims_of(ana, member=str(ada.id))
    assert await axe(phone.page) == []
    await phone.press("Be yourself again")
    await expect(phone.page.locator("#acting")).to_be_empty()
    await expect(phone.page.get_by_label("I gave")).to_be_checked()


async def test_the_first_load_is_small_and_asks_little(site, people, browsing, ana):
    rosa = await people.enrol("Rosa")
    await visit(ana, rosa, 2)
    async with hearing_requests(site) as asked:
        phone = await Phone.of(browsing, ana)
        await expect(phone.page.get_by_role("button", name="Rosa")).to_be_visible()
        before = list(asked)
        await phone.kept()
        await expect(phone.chip()).to_have_text("Online")
    shown = [path for path, _ in before]
    assert len(shown) <= MAX_FIRST_REQUESTS, shown
    assert sum(size for _, size in asked) <= MAX_FIRST_BYTES, asked
    # What the browser had from just now was not asked for again to be kept.
    assert [path for path, _ in asked].count("/app") == 1, asked
    assert len([path for path, _ in asked if path.endswith("phone/app.js")]) == 1, asked

    async with hearing_requests(site) as asked:
        await phone.again()
        await expect(phone.page.get_by_role("button", name="Rosa")).to_be_visible()
    assert "/app" not in [path for path, _ in asked], asked


async def test_the_app_can_be_put_on_the_home_screen_and_changes_at_its_next_start(
    site, browsing, people, ana, monkeypatch
):
    await people.enrol("Rosa")
    phone = await Phone.of(browsing, ana)
    await expect(phone.page.get_by_role("button", name="Rosa")).to_be_visible()
    await phone.kept()
    session = await phone.context.new_cdp_session(phone.page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    found = await session.send("Page.getInstallabilityErrors")
    # A browser without a window of its own installs nothing, and says so.
    assert [each["errorId"] for each in found["installabilityErrors"]] in ([], ["in-incognito"])

    # Another version, which the app finds out about when it is opened, and is when it is opened the next time.
    assets.find.cache_clear()
    phone_module._shell.cache_clear()
    monkeypatch.setattr(assets, "version", lambda: "fedcba9876543210")
    script = "() => document.querySelector('script[type=module]').src"
    await phone.again()
    assert "/web/fedcba9876543210/" not in await phone.page.evaluate(script)
    await until(lambda: phone.page.evaluate("caches.keys()"), ["carehours-fedcba9876543210-en"])
    await phone.context.set_offline(True)
    await phone.again()
    assert "/web/fedcba9876543210/en/" in await phone.page.evaluate(script)
    await expect(phone.page.get_by_role("button", name="Rosa")).to_be_visible()
    # Receipts are checked without a connection as well.
    await phone.page.goto(f"{site.url}/v")
    await expect(phone.page.get_by_role("heading", name="Check a receipt")).to_be_visible()

    # Another language was chosen: what was kept is shown, and then the page again in that language.
    await phone.context.set_offline(False)
    await phone.context.add_cookies([{"name": "carehours-language", "value": "cy", "url": site.url}])
    await phone.open()
    await expect(phone.page.locator("html")).to_have_attribute("lang", "cy")
    await phone.kept()
    await phone.context.set_offline(True)
    await phone.again()
    await expect(phone.page.locator("html")).to_have_attribute("lang", "cy")
    await expect(phone.page.get_by_role("button", name="Rosa")).to_be_visible()
    assets.find.cache_clear()
    phone_module._shell.cache_clear()
