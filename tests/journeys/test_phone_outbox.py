"""Nothing that was logged on a phone is lost or done twice, whatever becomes of the connection and the tab."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.journeys.phones import FULL, Phone, claims_of, days_ago, hearing_requests, over_http, until

OFFLINE_1 = "No connection. 1 waiting to be sent"
# What a test does to requests must meet them: those of a service worker pass by.
ALONE = {"service_workers": "block"}
OWNERS = """() => new Promise((resolve) => {
  const opening = indexedDB.open("carehours");
  opening.onsuccess = () => {
    const all = opening.result.transaction("kept").objectStore("kept").getAllKeys();
    all.onsuccess = () => resolve([...new Set(all.result.map((key) => key.split(" ")[0]))]);
  };
})"""
"""Of whom the phone keeps anything."""


@pytest.fixture
async def ana(people):
    return over_http(await people.member("Ana Castell"))


@pytest.fixture
async def rosa(people):
    return over_http(await people.member("Rosa Méndez"))


async def states(member):
    return sorted(state for *_, state in await claims_of(member))


async def test_the_app_opens_logs_and_takes_back_without_a_connection(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana)
    await expect(phone.page.get_by_role("button", name="Rosa Méndez")).to_be_visible()
    await phone.kept()
    await phone.context.set_offline(True)
    await phone.again()
    await expect(phone.chip()).to_have_text("No connection")
    await phone.log("Rosa Méndez", "2 h")
    await expect(phone.chip()).to_have_text(OFFLINE_1)
    await expect(phone.page.locator(".entries")).to_contain_text("1 entry is only on this phone so far.")
    await phone.log("Rosa Méndez", "30 min")
    await expect(phone.row("30 min with Rosa Méndez")).to_contain_text("waiting to be sent")
    await phone.press("Undo")
    await expect(phone.page.get_by_text("Taken back. Nothing was sent.")).to_be_visible()
    assert await phone.entries() == [("claim", "saved")]
    await phone.again()
    await expect(phone.row("2 h with Rosa Méndez")).to_contain_text("waiting to be sent")
    assert await states(ana) == []

    # The connection is back, and then Ana takes it back once more: the service has it by now.
    await phone.context.set_offline(False)
    row = phone.row("2 h with Rosa Méndez")
    await expect(row).to_contain_text("Sent. Rosa Méndez can confirm it now")
    await expect(phone.chip()).to_have_text("Online")
    assert await states(ana) == ["submitted"]
    await phone.context.set_offline(True)
    await row.get_by_role("button", name="Undo").click()
    await expect(row).to_contain_text("Taken back on this phone; waiting to be sent")
    await phone.context.set_offline(False)
    await expect(row).to_contain_text("Taken back")
    await until(lambda: states(ana), ["withdrawn"])


async def test_what_waits_is_sent_after_the_app_was_closed(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana)
    await phone.kept()
    await phone.context.set_offline(True)
    await phone.log("Rosa Méndez")
    elsewhere = await phone.context.new_page()
    await phone.page.close()
    await phone.context.set_offline(False)
    await until(lambda: states(ana), ["submitted"])
    phone.page = phone.someone.page = elsewhere
    await phone.open()
    await expect(phone.row("1 h with Rosa Méndez")).to_contain_text("Sent")


async def test_an_answer_that_was_lost_and_a_tab_that_was_killed_do_nothing_twice(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana, **ALONE)
    committed = []

    async def lose(route):
        answer = await route.fetch()
        committed.append(answer.status)
        await route.abort()

    await phone.page.route("**/claims", lose)
    await phone.log("Rosa Méndez")
    await expect(phone.row("1 h with Rosa")).to_contain_text("waiting to be sent again")
    await expect(phone.chip()).to_have_text(OFFLINE_1)
    # Whatever was tried again meanwhile was answered as before.
    assert committed[0] == 201 and set(committed[1:]) <= {200}
    # Ana does not know that it arrived; so her second thought follows behind it.
    await phone.page.unroute("**/claims")
    await phone.press("Undo")
    await expect(phone.page.get_by_text("so a word to that effect follows it")).to_be_visible()
    await until(lambda: states(ana), ["withdrawn"])

    # The network of a café answers every request with a page of its own, which is no answer.
    async def greet(route):
        await route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to our café</h1>")

    await phone.page.route("**/v1/**", greet)
    await phone.log("Rosa Méndez", "2 h")
    await expect(phone.row("2 h with Rosa")).to_contain_text("waiting to be sent")
    await expect(phone.chip()).to_have_text(OFFLINE_1)
    await phone.page.unroute("**/v1/**")

    # Too much to do there: it is kept, and sent when the service has had its pause.
    async def busy(route):
        problem = {"type": "http://localhost/problems/overloaded", "title": "Busy.", "status": 503}
        await route.fulfill(status=503, headers={"retry-after": "60"}, json=problem)

    await phone.page.route("**/claims", busy)
    await phone.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(phone.row("2 h with Rosa")).to_contain_text("waiting to be sent again")
    await phone.page.unroute("**/claims")

    # The tab is killed while it sends.
    hanging = asyncio.Event()

    async def hang(route):
        hanging.set()

    await phone.page.route("**/claims", hang)
    await phone.page.evaluate("dispatchEvent(new Event('online'))")
    await asyncio.wait_for(hanging.wait(), 10)
    await expect(phone.row("2 h with Rosa")).to_contain_text("Sending…")
    await phone.again()
    await expect(phone.row("2 h with Rosa")).to_contain_text("Sent. Rosa")
    assert await states(ana) == ["submitted", "withdrawn"]


async def test_two_tabs_send_each_entry_once(site, browsing, ana, rosa):
    phone = await Phone.of(browsing, ana)
    other = await phone.context.new_page()
    await other.goto(f"{site.url}/app")
    await expect(other.get_by_role("button", name="Rosa Méndez")).to_be_visible()
    await phone.page.bring_to_front()
    await phone.context.set_offline(True)
    for long in ("30 min", "1 h", "2 h"):
        await phone.log("Rosa Méndez", long)
    await expect(other.locator("#chip")).to_have_text("No connection. 3 waiting to be sent")
    async with hearing_requests(site, "POST") as asked:
        await phone.context.set_offline(False)
        await asyncio.gather(
            *(page.evaluate("dispatchEvent(new Event('online'))") for page in (phone.page, other))
        )
        await expect(phone.chip()).to_have_text("Online")
        await expect(other.locator("#chip")).to_have_text("Online")
    assert len(asked) == 3, asked
    assert sorted(seconds for _, _, seconds, _ in await claims_of(ana)) == [1800, 3600, 7200]


async def test_what_waits_outlives_a_session_and_is_nobody_elses(browsing, people, ana, rosa):
    phone = await Phone.of(browsing, ana, **ALONE)
    await expect(phone.page.get_by_role("button", name="Rosa Méndez")).to_be_visible()
    await phone.context.clear_cookies()
    await phone.log("Rosa Méndez")
    await expect(phone.chip()).to_have_text("Sign in to send 1")
    await expect(phone.chip().get_by_role("link")).to_have_attribute("href", "/sign-in")
    assert await phone.entries() == [("claim", "saved")]

    # Rosa signs in on the same phone: had it been sent with her session, she would have confirmed it.
    await phone.someone.enter(rosa)
    await phone.open()
    await expect(phone.page.get_by_role("button", name="Ana Castell")).to_be_visible()
    await expect(phone.chip()).to_have_text("Online")
    await expect(phone.page.locator(".entry")).to_have_count(0)
    assert await phone.entries() == [("claim", "saved")]
    assert await states(ana) == []
    # Nothing that Ana's phone knew is left for her, and when she leaves, what Ana wrote stays.
    await until(lambda: phone.page.evaluate(OWNERS), [f"oak/{rosa.id}"])
    await phone.open("#more")
    await phone.press("Sign out on this phone")
    await phone.page.wait_for_url("**/sign-in?c=oak&next=/app")
    assert await phone.page.evaluate(OWNERS) == []
    assert await phone.entries() == [("claim", "saved")]

    await phone.context.clear_cookies()
    await phone.someone.enter(ana)
    await phone.open()
    await expect(phone.row("1 h with Rosa Méndez")).to_contain_text("Sent")
    assert await states(ana) == ["submitted"]


async def test_whoever_signs_in_while_it_is_being_sent_does_not_send_it(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana, **ALONE)
    await expect(phone.chip()).to_have_text("Online")
    asked = []

    async def rosa_signs_in(route):
        answer = await route.fetch()
        await phone.context.clear_cookies()
        await phone.someone.enter(rosa)
        await route.fulfill(response=answer)

    async def asked_in_vain():
        return ("POST", 401) in asked

    phone.page.on("response", lambda response: asked.append((response.request.method, response.status)))
    await phone.page.route("**/oak/me", rosa_signs_in)
    await phone.log("Rosa Méndez")
    await until(asked_in_vain, True)
    await until(phone.entries, [("claim", "saved")])
    assert await states(ana) == []


async def test_a_refused_entry_stays_with_its_reason_and_what_to_do(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana)
    await phone.press("Rosa Méndez")
    await phone.page.get_by_label("Another day").check()
    await phone.page.get_by_label("Which day?").fill("2025-12-24")
    await phone.press("Save 1 h")
    row = phone.row("1 h with Rosa Méndez")
    await expect(row).to_contain_text("Not taken")
    await expect(row).to_contain_text("Check the day")
    await expect(phone.chip()).to_have_text("1 was not taken")
    await phone.again()
    row = phone.row("1 h with Rosa Méndez")
    await expect(row).to_contain_text("Not taken")
    # What comes after it is sent all the same.
    await phone.log("Rosa Méndez", "30 min")
    await expect(phone.row("30 min with Rosa")).to_contain_text("Sent")
    await phone.press("Change and send again")
    await phone.page.get_by_label("Yesterday").check()
    await phone.press("Save 1 h")
    await expect(phone.row("1 h with Rosa Méndez")).to_contain_text("Sent")
    await expect(phone.chip()).to_have_text("Online")
    assert await states(ana) == ["submitted", "submitted"]

    await phone.press("Rosa Méndez")
    await phone.page.get_by_label("Another day").check()
    await phone.page.get_by_label("Which day?").fill("2025-12-24")
    await phone.press("Save 1 h")
    await phone.row("Not taken").get_by_role("button", name="Remove").click()
    await expect(phone.chip()).to_have_text("Online")
    assert [state for _, state in await phone.entries()] == ["sent", "sent"]

    # Rosa says yes before Ana's second thought arrives: it is too late for that, and Ana is told.
    await phone.context.set_offline(True)
    row = phone.row("30 min with Rosa")
    await row.get_by_role("button", name="Undo").click()
    await expect(row).to_contain_text("Taken back on this phone")
    for claim in (await rosa.get("/claims")).json()["claims"]:
        answer = await rosa.post(f"/claims/{claim['id']}/confirmation", {})
        assert answer.status_code == 200, answer.text
    await phone.context.set_offline(False)
    await expect(row).to_contain_text("Could not be taken back")
    await expect(phone.chip()).to_have_text("1 was not taken")
    await row.get_by_role("button", name="Remove").click()
    await expect(row).to_contain_text("Confirmed")


async def test_a_wrong_clock_is_said_and_does_no_harm(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana)
    await phone.kept()
    wrong = datetime.now(UTC) + timedelta(days=40)
    await phone.page.clock.set_fixed_time(wrong)
    await phone.context.set_offline(True)
    await phone.open()
    # Nobody can know yet that it is wrong.
    await phone.log("Rosa Méndez")
    await phone.context.set_offline(False)
    row = phone.row("1 h with Rosa Méndez")
    await expect(row).to_contain_text("Not taken")
    await expect(row).to_contain_text("this phone’s clock is wrong")
    await phone.press("Change and send again")
    await expect(phone.page.get_by_text("By your co-op’s clock today is")).to_be_visible()
    await phone.page.get_by_label("Today").check()
    await phone.press("Save 1 h")
    await expect(row).to_contain_text("Sent")
    [claim] = (await ana.get("/claims")).json()["claims"]
    assert claim["service_on"] == days_ago(0)

    # From the start, with a connection: today is the co-op's day.
    await phone.open()
    warning = phone.page.get_by_text("By your co-op’s clock today is")
    await expect(warning).to_contain_text(f"{datetime.now(UTC).day} ")
    await phone.press("Rosa Méndez")
    await expect(phone.page.locator(".choice > .hint")).to_contain_text(f"{datetime.now(UTC).day} ")


async def test_a_full_phone_says_so_and_keeps_the_form(browsing, ana, rosa):
    phone = await Phone.of(browsing, ana, script=FULL, **ALONE)
    await phone.press("Rosa Méndez")
    await phone.page.get_by_label("2 h", exact=True).check()
    await phone.page.get_by_text("Add a note").click()
    await phone.page.get_by_label("Note").fill("Shopping")
    await phone.page.evaluate("storageIsFull = true")
    await phone.press("Save 2 h")
    await expect(phone.page.get_by_role("alert")).to_contain_text("This was not saved")
    await expect(phone.chip()).to_contain_text("Storage is full")
    await expect(phone.page.get_by_text("Saved on this phone", exact=True)).to_have_count(0)
    await expect(phone.page.get_by_label("Note")).to_have_value("Shopping")
    assert await phone.entries() == []
    await phone.page.evaluate("storageIsFull = false")
    await phone.press("Save 2 h")
    await expect(phone.row("2 h with Rosa")).to_contain_text("Sent")
    await expect(phone.chip()).to_have_text("Online")
    assert await states(ana) == ["submitted"]

    # What was saved while there was room is sent although there is none now for noting it.
    await phone.context.set_offline(True)
    await phone.log("Rosa Méndez", "30 min")
    await expect(phone.row("30 min with Rosa")).to_contain_text("waiting to be sent")
    await phone.page.evaluate("storageIsFull = true")
    await phone.context.set_offline(False)
    await until(lambda: states(ana), ["submitted", "submitted"])
    await expect(phone.chip()).to_have_text("Online")
