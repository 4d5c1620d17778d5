"""The desk's pages about rules and books, in a browser: policy, accounts, journal, trial balance, audits, periods."""

import csv
import io
import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

import asyncpg
from playwright.async_api import expect

from tests.conftest import driver_arguments
from tests.journeys.every_page import violations

DESK = "/desk/demo"


async def table(desk, path):
    """A page's CSV as rows of texts, the titles first."""
    answer = await desk.page.context.request.get(desk.url + DESK + path)
    assert answer.ok and "attachment" in answer.headers["content-disposition"], path
    return list(csv.reader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))


async def follow(desk, name, **more):
    await desk.page.get_by_role("link", name=name, **more).first.click()


def fact(desk, name):
    """What stands beside a name in the facts of a page."""
    return desk.page.locator(f"dt:text-is('{name}') + dd")


async def test_rules_are_read_tried_and_proposed_without_javascript(visiting):
    desk = await visiting("coordinator", java_script_enabled=False)
    page = desk.page
    await desk.open(f"{DESK}/policy")
    await expect(page.get_by_text("Every hour of care counts the same, whatever was done.")).to_be_visible()
    assert len(await table(desk, "/policy?as=csv")) == 3
    await follow(desk, "Orchard Lane, the first year")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Orchard Lane, the first year")
    await follow(desk, "Begin from this version")
    assert "Orchard Lane, the first year" in await page.get_by_label("The rules as a file").input_value()

    # Mistakes, each with its line.
    wrong = 'name = "Draft"\ngrid = "0:7x"\n\n[caps.weekly]\nhours = "ten"\n\n[caps.dayly]\nhours = 3\n'
    await desk.fill("The rules as a file", wrong)
    await desk.press("See what it says")
    mistakes = page.locator(".mistakes li")
    await expect(page.get_by_role("heading", name="4 mistakes in the file")).to_be_visible()
    for line in ("Line 2", "Line 4", "Line 5", "Line 7"):
        await expect(mistakes.filter(has_text=line)).to_have_count(1)
    await expect(mistakes.filter(has_text="Line 5").locator("code")).to_have_text('hours = "ten"')
    assert await page.get_by_label("The rules as a file").input_value() == wrong

    # What it says, and what last month would have been.
    source = 'name = "Draft"\n[caps.weekly]\nhours = 2\nabove = "pot"\n'
    await desk.fill("The rules as a file", source)
    await desk.press("See what it says")
    await expect(
        page.get_by_text("You can earn up to 2 hours a week, from Monday to Sunday.")
    ).to_be_visible()
    await desk.press("Try it")
    tried = page.locator("section[aria-labelledby=tried]")
    await expect(tried).to_contain_text("Under these rules they would have earned")
    visits = await fact(desk, "Visits").inner_text()
    assert int(visits) > 50
    rows = tried.locator("tbody tr")
    assert await rows.count() > 10
    assert "−" in await rows.first.inner_text()
    # The number leads to what it is made of.
    start, end = (
        await page.get_by_label("Try from").input_value(),
        await page.get_by_label("Try until").input_value(),
    )
    link = fact(desk, "Visits").get_by_role("link")
    assert await link.get_attribute("href") == f"{DESK}/claims?from={start}&until={end}&state="
    await page.get_by_label("Try from").fill("2025-01-01")
    await page.get_by_label("Try until").fill("2026-11-01")
    await desk.press("Try it")
    await expect(page.get_by_role("alert")).to_contain_text("This cannot be taken as it is written.")

    # In the invented co-op nobody else has a passkey, so one person is enough.
    await page.get_by_label("In force from").fill(str((datetime.now(UTC) + timedelta(days=40)).date()))
    await desk.press("Apply these rules")
    await page.wait_for_url("**/policy?told=applied")
    await expect(page.get_by_role("status")).to_have_text("The rules are applied.")
    await expect(page.get_by_role("link", name=re.compile("From .*: “Draft”"))).to_be_visible()
    await desk.open(f"{DESK}/policy/presets")
    await (
        page.locator("section")
        .filter(has_text="Fureai Kippu")
        .get_by_role("link", name="Begin from these")
        .click()
    )
    assert 'name = "Fureai Kippu"' in await page.get_by_label("The rules as a file").input_value()

    await desk.open(f"{DESK}/audit/periods")
    await page.wait_for_url("**/periods")
    # The invented co-op has closed the months before this one, which is over.
    open_month = (datetime.now(UTC) - timedelta(days=45)).date()
    last = open_month.replace(day=monthrange(open_month.year, open_month.month)[1])
    await desk.fill("Last day", str(last))
    await desk.press("See what to settle before")
    await expect(page.get_by_role("row", name=re.compile("All balances together"))).to_contain_text("settled")
    await desk.press("Close the period")
    await expect(page.get_by_role("alert")).to_contain_text("Something of this period is still open.")
    await page.get_by_label("An audit of everything recorded until then").check()
    for each in await page.get_by_role("checkbox").all():
        await each.check()
    await desk.press("Close the period")
    await expect(page.get_by_role("alert")).to_contain_text("Please fill this in.")
    await desk.fill("Why (optional)", "The auditor comes next week")
    await desk.press("Close the period")
    await page.wait_for_url("**/periods?told=closed")
    await follow(desk, f"{last.day} {last:%B} {last.year}")
    await expect(page.get_by_text("All balances together are zero")).to_be_visible()
    await expect(page.get_by_role("heading", name="Each balance")).to_be_visible()
    await desk.press("Propose to open it again")
    await expect(page.get_by_role("alert")).to_contain_text("Please fill this in.")
    await desk.fill("Why", "A sheet was found")
    await desk.press("Propose to open it again")
    await page.wait_for_url("**/proposals/*?told=proposed")
    await expect(page.get_by_text("A sheet was found")).to_be_visible()


async def test_what_takes_a_second_person_is_proposed(people, browsing):
    await people.coordinator()
    desk = await browsing(await people.coordinator(), java_script_enabled=False)
    page, account = desk.page, (await people.member("Ana")).account
    await desk.open("/desk/oak/policy/edit?preset=nalc")
    await desk.press("See what it says")
    await expect(page.get_by_text("A second person must approve it")).to_be_visible()
    await desk.press("Apply these rules")
    await page.wait_for_url("**/proposals/*?told=proposed")
    await desk.open("/desk/oak/periods/checklist?through=2026-02-28")
    await desk.press("Close the period")
    await page.wait_for_url("**/proposals/*?told=proposed")
    await desk.open(f"/desk/oak/accounts/{account}/limits")
    await desk.fill("Floor (optional)", "-20:00")
    await desk.press("Save")
    await page.wait_for_url("**/proposals/*?told=proposed")


async def test_an_account_and_the_journal_lead_to_each_other_without_javascript(visiting):
    desk = await visiting("coordinator", java_script_enabled=False)
    page = desk.page
    await desk.open(f"{DESK}/accounts")
    await desk.fill("Code begins with", "community-")
    await desk.press("Filter")
    names = page.locator("tbody th a")
    await expect(names).to_have_text(["Community pot"])
    await names.first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Community pot")
    await expect(page.get_by_role("img", name="Balance over time")).to_be_visible()

    # The newest entry and the balance agree, and the next page goes on where this one ends.
    rows = page.locator("tbody tr")
    assert await fact(desk, "Balance").inner_text() == await rows.first.locator("td").last.inner_text()
    assert await rows.count() == 50
    last = int(await rows.last.locator("td").first.inner_text())
    account = page.url
    await follow(desk, "Next page")
    assert int(await rows.first.locator("td").first.inner_text()) == last - 1
    lines = await table(desk, account.removeprefix(desk.url + DESK) + "?as=csv")
    assert [int(line[0]) for line in lines[1:]] == list(range(len(lines) - 1, 0, -1))
    hours = [float(line[7]) for line in lines[1:]]
    assert round(sum(hours), 2) == round(float(lines[1][8]), 2)

    # From an entry to its transfer, in plain words, and on to the visit it paid.
    await page.goto(account)
    await page.locator("tbody tr").filter(has_text="Grant from a pot").first.get_by_role("link").first.click()
    await expect(page.locator(".entries li").first).to_contain_text("Community pot gave")
    await expect(fact(desk, "Leaf")).to_have_text(re.compile("[0-9]+"))
    transfer = page.url.rpartition("/")[2]
    assert await page.get_by_role("link", name="Its receipt").get_attribute("href") == f"/r/demo/{transfer}"

    # Reversed with a reason; what pays a visit is not.
    await desk.press("Reverse this transfer")
    await expect(page.get_by_role("alert")).to_contain_text("Please fill this in.")
    await desk.fill("Reason", "Granted to the wrong person")
    await desk.press("Reverse this transfer")
    await page.wait_for_url(re.compile(r"told=(reversed|proposed)"))
    await desk.open(f"{DESK}/journal?kind=care")
    await page.locator("tbody th a").first.click()
    await expect(page.get_by_role("button", name="Reverse this transfer")).to_have_count(0)
    await follow(desk, "To the visit")
    await page.wait_for_url("**/claims/*")

    # The journal of one account, found by its code; and of a kind and some days.
    await desk.open(f"{DESK}/journal")
    await desk.fill("Code of an account", "community-pot")
    await desk.press("Filter")
    await page.wait_for_url("**/journal?*account=*")
    await expect(page.get_by_text("Only transfers of Community pot are shown.")).to_be_visible()
    await desk.fill("Code of an account", "nothing-here")
    await desk.press("Filter")
    await expect(page.get_by_role("alert")).to_contain_text(
        "There is no account with the code “nothing-here”."
    )
    await desk.open(f"{DESK}/journal?kind=gift&from=2026-01-01&until=2026-06-30")
    lines = await table(desk, "/journal?kind=gift&from=2026-01-01&until=2026-06-30&as=csv")
    assert {line[3] for line in lines[1:]} == {"gift"}
    assert all("2026-01-01" <= line[1][:10] <= "2026-06-30" for line in lines[1:])
    assert await page.locator("tbody tr").count() == min(50, len(lines) - 1)

    # A floor above zero is no floor. What was not touched stays as it was.
    await page.goto(account)
    ceiling = await fact(desk, "Ceiling").inner_text()
    await follow(desk, "Change floor and ceiling")
    await page.get_by_label("Floor").fill("1:00")
    await desk.press("Save")
    await expect(page.get_by_role("alert")).to_contain_text("at most zero")
    await page.get_by_label("Floor").fill("-20:00")
    await desk.press("Save")
    await expect(page.get_by_role("status")).to_have_text("The limits are changed.")
    assert await fact(desk, "Floor").inner_text() == "−20 h"
    assert await fact(desk, "Ceiling").inner_text() == ceiling


# Three audits of a year's log, each in a process of its own: that takes its seconds.
async def test_an_audit_is_followed_as_it_goes_on_and_its_result_stays(visiting, server, database_name):
    desk = await visiting("coordinator", bypass_csp=True)
    page = desk.page
    await desk.open(f"{DESK}/audit")
    await expect(page.get_by_text("All balances together are zero, as they must be")).to_be_visible()
    assert (await page.locator("tfoot td").last.inner_text()) == "0 min"
    lines = await table(desk, "/audit/trial-balance.csv")
    assert sum(int(line[3]) for line in lines[1:]) == 0

    # What is no checkpoint is said beside its field.
    await page.get_by_text("Compare with a checkpoint that somebody kept").click()
    await page.get_by_label("Checkpoint").fill("not signed by anybody")
    await desk.press("Start the audit")
    await expect(page.locator("#against-problem")).to_contain_text("This is not a signed checkpoint")

    # Against the checkpoint of this moment; a browser sends the ends of its lines otherwise.
    answer = await page.context.request.get(f"{desk.url}/log/demo/checkpoint")
    await page.get_by_label("Checkpoint").fill(await answer.text())
    await desk.press("Start the audit")
    await page.wait_for_url(re.compile(r"/audit/[0-9a-f-]{36}"))
    audit = page.url
    bar = page.get_by_role("progressbar")
    if await bar.count():
        assert await violations(page) == []
    await expect(page.get_by_role("heading", level=1)).to_have_text("The books are in order", timeout=60_000)
    assert await violations(page) == []
    await page.emulate_media(color_scheme="dark")
    assert await violations(page) == []

    # It survives a reload, is in the list, and needs no script to be followed.
    plain = await visiting("coordinator", java_script_enabled=False)
    await plain.page.goto(audit)
    await expect(plain.page.get_by_role("heading", level=1)).to_have_text("The books are in order")
    await plain.open(f"{DESK}/audit")
    await plain.press("Start the audit")
    await plain.page.wait_for_url(re.compile(r"/audit/[0-9a-f-]{36}"))
    await expect(plain.page.get_by_role("heading", level=1)).to_have_text(
        "The books are in order", timeout=60_000
    )
    await plain.open(f"{DESK}/audit")
    await expect(
        plain.page.get_by_role("table", name="Audits, the newest first").locator("tbody tr")
    ).to_have_count(2)
    assert len(await table(plain, "/audit?as=csv")) == 3

    # Somebody adds a minute to a balance, past the service.
    owner = await asyncpg.connect(**driver_arguments(server.url, database_name))
    await owner.execute(
        "UPDATE balance SET balance = balance + 60 WHERE account_id = "
        "(SELECT account_id FROM account WHERE kind = 'pot' ORDER BY code LIMIT 1)"
    )
    await owner.close()
    await desk.open(f"{DESK}/audit")
    await expect(page.get_by_role("alert")).to_contain_text(
        "All balances together are +1 min, and must be zero."
    )
    await desk.press("Start the audit")
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text(re.compile(r"The audit has \d+ findings?"), timeout=60_000)
    finding = page.locator(".findings > li").first
    await expect(finding).to_contain_text("A balance is not what the entries of its account add up to.")
    assert await violations(page) == []
