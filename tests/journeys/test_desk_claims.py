"""Claims, disputes, requests and pots at the desk, in a browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.api.test_claims import TODAY, log
from tests.journeys.phones import over_http
from tests.journeys.test_desk_sheets import looks_well

SIZE = {"width": 1280, "height": 900}


@pytest.fixture
async def coordinator(people):
    return over_http(await people.coordinator())


@pytest.fixture
async def ana(people):
    return over_http(await people.member("Ana Silva"))


@pytest.fixture
async def ben(people):
    return over_http(await people.member("Ben Okri"))


async def test_many_are_confirmed_at_once_and_one_is_refused(coordinator, ana, ben, browsing):
    logged = [(await log(ben, ben, ana, seconds=1800 + 900 * each, note="=1+1"))[0] for each in range(4)]
    twice, _ = await log(ben, ben, ana, seconds=1800)
    own, _ = await log(coordinator, coordinator, ana)
    desk = await browsing(coordinator, viewport=SIZE)
    page = desk.page
    await desk.open("/desk/oak/claims")
    await expect(page.get_by_role("row")).to_have_count(7)
    await desk.press("Tick all")
    await page.get_by_label("Confirm Ben Okri for Ana Silva, 1 h 15 min").uncheck()
    form = page.locator("form[method=post][action$='/claims']")
    body = await form.evaluate("form => new URLSearchParams(new FormData(form)).toString()")
    await desk.press("Confirm all that are ticked")
    await expect(page.locator(".told")).to_contain_text(
        "4 claims were confirmed and paid: 2 h 45 min together."
    )
    await expect(page.get_by_role("heading", name="1 was not confirmed")).to_be_visible()
    await expect(page.get_by_text("Nobody confirms their own hours.")).to_be_visible()
    assert len(await page.get_by_role("link", name="Receipt").all()) == 4
    await looks_well(desk)
    # The same form once more, as a browser sends it that is reloaded: it says the same, and pays nothing again.
    before = (await ben.get("/me")).json()
    balance = (await ben.get(f"/accounts/{ben.account}")).json()["balance"]
    again = await page.context.request.post(
        f"{desk.url}/desk/oak/claims",
        data=body,
        headers={"content-type": "application/x-www-form-urlencoded", "origin": desk.url},
    )
    assert "4 claims were confirmed and paid" in await again.text(), before
    assert (await ben.get(f"/accounts/{ben.account}")).json()["balance"] == balance == 9900
    # What looks like another claim is shown beside it, and taken off the list.
    await desk.open("/desk/oak/claims?state=&overlapping=true")
    await page.get_by_role("link", name="Ben Okri for Ana Silva").click()
    assert page.url.endswith(twice)
    await expect(page.get_by_text("Looks like the same visit, logged twice.")).to_be_visible()
    await looks_well(desk)
    await desk.press("I have looked at it")
    await page.wait_for_url("**?told=seen")
    await desk.open("/desk/oak/claims?state=&overlapping=true")
    await expect(page.get_by_text("No claim is like that.")).to_be_visible()
    # Found by whom it is about, and declined with a reason, which must be given.
    await desk.open("/desk/oak/claims")
    await desk.fill("Member", "ben okri")
    await desk.press("Filter")
    await expect(page.get_by_role("row")).to_have_count(2)
    csv = await page.context.request.get(page.url + "&as=csv")
    assert "'=1+1" in await csv.text()
    await page.get_by_role("link", name="Ben Okri for Ana Silva").click()
    assert page.url.endswith(logged[3])
    await desk.press("Decline")
    await expect(page.get_by_role("alert")).to_contain_text("Please fill this in.")
    await page.locator("#refusal-reason").fill("Ana was away that day")
    await desk.press("Decline")
    await page.wait_for_url("**?told=declined")
    await expect(page.get_by_text("Ana was away that day")).to_be_visible()
    await desk.open(f"/desk/oak/claims/{own}")
    await desk.press("Confirm")
    await expect(page.get_by_role("alert")).to_contain_text("Nobody confirms their own hours.")


async def test_a_dispute_from_the_first_word_to_the_corrected_balance(coordinator, ana, ben, browsing):
    claim, _ = await log(ben, ben, ana, seconds=7200)
    await ana.post(f"/claims/{claim}/confirmation", {})
    key = uuid4()
    said = await ana.post(f"/claims/{claim}/disputes", {"statement": "It was one hour and a half."}, key=key)
    assert said.status_code == 201, said.text
    await ben.post(f"/disputes/{key}/statements", {"statement": "We had to wait at the till."})
    desk = await browsing(coordinator, java_script_enabled=False, viewport=SIZE)
    page = desk.page
    await desk.open("/desk/oak/disputes?open=true")
    await page.get_by_role("link", name="Ben Okri for Ana Silva").click()
    await expect(page.get_by_text("It was one hour and a half.")).to_be_visible()
    await expect(page.get_by_text("We had to wait at the till.")).to_be_visible()
    await expect(page.get_by_text("now stands at 2 h")).to_be_visible()
    await desk.fill("What somebody says", "Ben told me on the phone that it may have been less.")
    await desk.press("Write it down")
    await desk.press("Decide")
    await expect(page.get_by_role("alert")).to_contain_text("Please choose what becomes of it.")
    await page.get_by_label("It was another length").check()
    await desk.press("Decide")
    await expect(page.get_by_role("alert")).to_contain_text("Please fill this in.")
    await page.get_by_label("How long it really was").fill("2:00")
    await desk.press("Decide")
    await expect(page.get_by_role("alert")).to_be_visible()  # that is what was logged
    await page.get_by_label("How long it really was").fill("1,5")
    await page.get_by_label("Why").fill("Both agree on the phone")
    await desk.press("Decide")
    await page.wait_for_url("**?told=decided")
    await expect(page.get_by_text("length corrected")).to_be_visible()
    await expect(page.get_by_text("now stands at 1 h 30 min")).to_be_visible()
    assert (await ben.get(f"/accounts/{ben.account}")).json()["balance"] == 5400
    assert len(await page.get_by_role("link", name="Receipt").all()) == 2
    await desk.open(f"/desk/oak/claims/{claim}")
    await expect(page.get_by_text("Dispute decided: the length was corrected")).to_be_visible()


async def test_a_family_without_a_phone_asks_and_somebody_comes(coordinator, ana, ben, browsing):
    desk = await browsing(coordinator, viewport=SIZE)
    page = desk.page
    await desk.open("/desk/oak/requests")
    await expect(page.get_by_text("Nobody has asked for care yet.")).to_be_visible()
    await page.get_by_role("link", name="Ask for a family").first.click()
    await desk.press("Ask")
    await expect(page.get_by_role("alert")).to_contain_text("For whom")
    await looks_well(desk)
    await page.get_by_label("For whom").fill("2")
    await page.get_by_label("What is needed").fill("Shopping")
    await page.get_by_label("Day").fill(str(TODAY + timedelta(days=3)))
    await page.get_by_label("How long").fill("1:30")
    await page.get_by_label("How many weeks").fill("2")
    await desk.press("Ask")
    await page.wait_for_url("**?told=asked")
    await expect(page.get_by_text("1 h 30 min, on the family’s account")).to_be_visible()
    await page.get_by_label("Who comes").fill("Nobody")
    await desk.press("Enter who comes")
    await expect(page.get_by_role("alert")).to_contain_text("Nobody is called so.")
    await page.get_by_label("Who comes").fill("Ben Okri")
    await desk.press("Enter who comes")
    await page.wait_for_url("**?told=taken")
    await desk.press("Give it back")
    await page.wait_for_url("**?told=given-back")
    await page.get_by_label("All later weeks too").check()
    await desk.press("Cancel it")
    await page.wait_for_url("**?told=cancelled")
    assert (await ana.get(f"/accounts/{ana.account}")).json()["held"] == 0
    await desk.open("/desk/oak/requests?state=cancelled")
    await expect(page.get_by_role("row")).to_have_count(3)
    csv = await page.context.request.get(f"{desk.url}/desk/oak/requests?state=cancelled&as=csv")
    assert (await csv.text()).count("Ana Silva") == 2


async def test_a_pot_gets_a_rule_and_helps_somebody(coordinator, ana, ben, browsing):
    pot = uuid4()
    opened = await coordinator.post(
        "/accounts", {"kind": "pot", "code": "hardship", "name": "Hardship"}, key=pot
    )
    assert opened.status_code == 201, opened.text
    entries = [{"account": ben.account, "seconds": -7200}, {"account": str(pot), "seconds": 7200}]
    given = await ben.post("/transfers", {"kind": "gift", "entries": entries})
    desk = await browsing(coordinator, java_script_enabled=False, viewport=SIZE)
    page = desk.page
    await desk.open("/desk/oak/pots")
    await page.get_by_role("link", name="Hardship").click()
    await page.get_by_text("Change the rule").click()
    await page.get_by_label("Purpose").select_option("hardship")
    await page.get_by_label("A month in all").fill("10")
    await page.get_by_label("A month to one member").fill("1:00")
    await desk.press("Set the rule")
    await page.wait_for_url("**?told=ruled")
    await expect(page.get_by_text("0 min of 10 h given this month, 10 h left.")).to_be_visible()
    await page.get_by_label("To whom").fill("Ana Silva")
    await page.get_by_label("How much").fill("1,5")
    await page.get_by_label("Why").fill("Her boiler broke")
    await desk.press("Grant")
    await expect(page.get_by_role("alert")).to_be_visible()  # more than one member may get a month
    await page.get_by_label("How much").fill("45 min")
    await desk.press("Grant")
    await page.wait_for_url("**?told=granted")
    await expect(page.get_by_text("45 min of 10 h given this month, 9 h 15 min left.")).to_be_visible()
    assert (await ana.get(f"/accounts/{ana.account}")).json()["balance"] == 2700, given.text
    csv = await page.context.request.get(f"{desk.url}/desk/oak/pots/{pot}?as=csv")
    assert "-0.75" in await csv.text()
