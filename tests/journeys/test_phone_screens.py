"""The phone's screens beside logging: my hours, confirm, ask and take, give, act for somebody, leave."""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import uuid4

import pytest
from playwright.async_api import expect

from api.web.assets import joined
from ledger.hours.policy_rules import canonical_policy
from ledger.hours.policy_text import read_policy
from tests.journeys.phones import WORKER_IS_THERE, over_http, until

HOUR = 3600
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: rules });
  return violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)]);
}"""
TODAY = datetime.now(UTC).date()
WIDTHS = (
    """() => [document.documentElement, document.querySelector("main")].map((each) => each.scrollWidth)"""
)
LARGE = "(size) => (document.documentElement.style.fontSize = size)"
TOO_SMALL = """() => [...document.querySelectorAll("main button, main a.button, main summary")]
  .filter((each) => each.checkVisibility() && each.offsetHeight < 48)
  .map((each) => each.outerHTML)"""

KEPT = """() => new Promise((resolve) => {
  const opening = indexedDB.open("carehours");
  opening.onsuccess = () => {
    const database = opening.result;
    const counted = (name) => new Promise((told) => {
      const count = database.transaction(name).objectStore(name).count();
      count.onsuccess = () => told([name, count.result]);
    });
    Promise.all([...database.objectStoreNames].map(counted)).then((counts) => {
      database.close();
      resolve(Object.fromEntries(counts));
    });
  };
})"""
LOOKED_AHEAD = 15
"""How many answers the phone has kept once it has looked ahead."""


class Phone:
    """Somebody's phone with the app open, and the member whose it is."""

    def __init__(self, someone, member):
        self.someone = someone
        self.page = someone.page
        self.member = member

    async def go(self, screen, heading):
        await self.page.evaluate("(name) => (location.hash = name)", screen)
        await expect(self.page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()

    def card(self, *texts):
        """The card that says all of these."""
        found = self.page.get_by_role("article")
        for text in texts:
            found = found.filter(has_text=text)
        return found

    async def press(self, name, within=None):
        await (within or self.page).get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()

    async def offline(self, now=True):
        await self.page.context.set_offline(now)

    async def sees(self, text):
        await expect(self.page.get_by_text(text).first).to_be_visible()


@pytest.fixture
async def phone_of(people, browsing):
    """Signs members in on a phone of their own: `await phone_of(member)`."""

    async def take(member, screen="hours", clock=False, **more):
        someone = await browsing(member, **more)
        if clock:
            await someone.page.clock.install()
        await someone.page.context.add_init_script("localStorage.setItem('carehours.community', 'oak')")
        await someone.open(f"/app#{screen}")
        await expect(someone.page.get_by_role("heading", level=1)).to_be_visible()
        return Phone(someone, member)

    return take


@pytest.fixture
async def member_called(people):
    """Enrols somebody who also asks the API without a phone."""

    async def enrol(name):
        return over_http(await people.member(name))

    return enrol


async def done(answer):
    assert answer.status_code < 300, answer.text
    return answer.json()


async def visited(provider, receiver, *, by=None, seconds=HOUR, ago=1, **more):
    """Log a visit, by the provider unless said otherwise; the claim's id."""
    claim = {
        "provider": str(provider.id),
        "receiver": str(receiver.id),
        "activity": "care",
        "service_on": str(TODAY - timedelta(days=ago)),
        "seconds": seconds,
    }
    key = str(uuid4())
    await done(await (by or provider).post("/claims", claim | more, key=key))
    return key


async def balance_of(member):
    account = await done(await member.get(f"/accounts/{member.account}"))
    return account["balance"], account["held"]


async def test_a_visit_is_confirmed_another_declined_and_contradicted(member_called, phone_of):
    ana, ben = await member_called("Ana Castell"), await member_called("Ben Okafor")
    right = await visited(ben, ana, seconds=5400, note="Milk and bread", **{"from": "14:00", "to": "15:30"})
    wrong = await visited(ben, ana, ago=2)
    phone = await phone_of(ana)
    await phone.page.get_by_role("link", name="2 visits wait for an answer").click()
    await phone.sees("2 visits wait for your answer.")
    first = phone.card("1 h 30 min")
    await expect(first).to_contain_text("yesterday, from 14:00 to 15:30")
    await expect(first).to_contain_text("Milk and bread")
    await phone.press("Yes, that’s right", first)
    await expect(phone.page.locator(".strip")).to_be_focused()
    await phone.sees("Done. It is paid.")
    await expect(phone.page.get_by_role("link", name="Confirm").locator("b")).to_have_text("1")
    assert (await balance_of(ben))[0] == 5400

    second = phone.card("Ben Okafor", "1 h")
    await phone.press("No …", second)
    await phone.press("Send this answer", second)
    await expect(second.get_by_role("alert")).to_have_text("Please choose what is not right.")
    await second.get_by_label("It was on another day.").check(force=True)
    await second.get_by_label("In your own words").fill("You came on Monday.")
    await phone.press("Send this answer", second)
    await phone.sees("Done. Ben Okafor can read why.")
    await phone.sees("Nothing waits for your answer.")
    said = await done(await ben.get(f"/claims/{wrong}"))
    assert said["claim"]["events"][-1]["reason"] == "It was on another day. You came on Monday."

    # Ben reads why, takes nothing back, and asks a co-ordinator to decide.
    other = await phone_of(ben)
    await other.sees("You have 1 h 30 min to use.")
    line = other.page.get_by_role("listitem").filter(has_text="Given to Ana Castell")
    await expect(line).to_contain_text("+1 h 30 min")
    [paid] = (await done(await ben.get(f"/claims/{right}")))["transfers"]
    await expect(line.get_by_role("link", name="Receipt")).to_have_attribute("href", f"/r/oak/{paid['id']}")
    await other.go("confirm", "Confirm")
    await other.sees("It was on another day. You came on Monday.")
    await other.page.get_by_role("link", name="Ask a co-ordinator to decide").click()
    await expect(other.page.get_by_role("heading", level=1, name="Something is not right")).to_be_focused()
    await other.press("Send it to a co-ordinator")
    await other.sees("Please write what is not right.")
    await other.page.get_by_label("What is not right?").fill("It was Tuesday, as I wrote.")
    await other.press("Send it to a co-ordinator")
    await other.sees("A co-ordinator looks at it now.")
    [dispute] = (await done(await ana.get("/disputes")))["disputes"]
    assert dispute["statements"][0]["statement"] == "It was Tuesday, as I wrote."
    await phone.go("hours", "My hours")
    await phone.go("confirm", "Confirm")
    await phone.sees("It was Tuesday, as I wrote.")


async def test_somebody_asks_another_takes_it_logs_it_and_what_was_set_aside_pays(member_called, phone_of):
    ana, ben = await member_called("Ana Castell"), await member_called("Ben Okafor")
    await visited(ana, ben, by=ben, seconds=3 * HOUR)
    asking = await phone_of(ana)
    await asking.go("ask", "Asking and helping")
    await asking.sees("Nothing is asked for just now.")
    await asking.page.get_by_role("link", name="Ask for care").click()
    await asking.press("Ask for it")
    when = asking.page.get_by_role("group", name="When?")
    await expect(when.get_by_role("alert")).to_have_text("Please choose a day.")
    await expect(asking.page.get_by_label("Today", exact=True)).to_be_focused()
    await asking.page.get_by_label("Today", exact=True).check(force=True)
    await asking.page.get_by_label("1 h 30 min", exact=True).check(force=True)
    await asking.sees("This sets aside 1 h 30 min until it has taken place.")
    await asking.sees("After that, 1 h 30 min are left to use.")
    await asking.page.get_by_label("Roughly where?").fill("Orchard Lane")
    await asking.page.get_by_label("What should whoever comes know?").fill("Ring twice")
    await asking.press("Ask for it")
    await expect(asking.card("Nobody has taken it yet.")).to_contain_text("1 h 30 min are set aside for it.")
    assert await balance_of(ana) == (3 * HOUR, 5400)
    await asking.go("hours", "My hours")
    await asking.sees("You have 1 h 30 min to use.")
    await asking.sees("1 h 30 min more are set aside for care that was asked for.")

    taking = await phone_of(ben)
    await taking.go("ask", "Asking and helping")
    offered = taking.card("Orchard Lane")
    await expect(offered).not_to_contain_text("Ring twice")
    await taking.press("I will come", offered)
    promised = taking.card("Ring twice")
    await expect(promised).to_contain_text("Ana Castell")
    # Given back and taken again: each is asked for twice.
    await taking.press("I cannot come", promised)
    await taking.press("Yes, give it back", promised)
    await taking.press("I will come", taking.card("Orchard Lane").filter(has_not_text="Ring twice"))
    await taking.press("Log this visit", taking.card("Ring twice"))
    await expect(taking.page.get_by_role("heading", name="Ana Castell")).to_be_visible()
    await taking.page.get_by_role("button", name="Save 1 h 30 min").click()
    await taking.go("ask", "Asking and helping")
    await taking.sees("You logged it. Ana Castell has not answered yet.")

    await asking.go("ask", "Asking and helping")
    await asking.page.get_by_role("link", name="The visit waits for your answer").click()
    await asking.press("Yes, that’s right", asking.card("Ben Okafor"))
    await asking.sees("Done. It is paid.")
    assert await balance_of(ana) == (5400, 0)
    [request] = (await done(await ana.get("/care-requests?mine=true")))["care_requests"]
    assert request["state"] == "settled"

    # One that is cancelled frees what it held.
    body = {
        "receiver": str(ana.id),
        "activity": "care",
        "care_on": str(TODAY + timedelta(days=3)),
        "seconds": HOUR,
        "weekly": 2,
    }
    await done(await ana.post("/care-requests", body))
    assert await balance_of(ana) == (5400, 2 * HOUR)
    await asking.go("ask", "Asking and helping")
    first = asking.card("Nobody has taken it yet.").first
    await asking.press("Cancel", first)
    await asking.press("Cancel this and all later weeks", first)
    await asking.sees("Nothing is asked for just now.")
    assert await balance_of(ana) == (5400, 0)


async def test_hours_are_given_after_a_look_and_a_gift_that_is_not_allowed_is_told_before(
    member_called, phone_of, people
):
    ana, ben = await member_called("Ana Castell"), await member_called("Ben Okafor")
    await visited(ana, ben, by=ben, seconds=2 * HOUR)
    phone = await phone_of(ana)
    await phone.page.get_by_role("link", name="Give hours to somebody").click()
    await phone.page.get_by_role("button", name="Ben Okafor").click()
    await phone.sees("After that, 1 h are left to use.")
    for _ in range(52):
        await phone.page.get_by_role("button", name="15 min more").click()
    await phone.sees("There are not enough hours for it: 12 h can be given.")
    await phone.press("Look at it once more")
    await expect(phone.page.get_by_role("alert")).to_contain_text("does not have enough available seconds")
    await phone.page.get_by_label("30 min", exact=True).check(force=True)
    await phone.page.get_by_label("A word with it").fill("For the soup")
    await phone.press("Look at it once more")
    await phone.sees("Once it has been sent you cannot take it back yourself")
    await phone.press("Give 30 min to Ben Okafor")
    await expect(phone.page.get_by_role("heading", level=1, name="My hours")).to_be_visible()
    await phone.sees("You gave 30 min to Ben Okafor")
    await phone.sees("You have 1 h 30 min to use.")
    await expect(phone.page.get_by_role("listitem").filter(has_text="Gift to Ben Okafor")).to_contain_text(
        "−30 min"
    )
    other = await phone_of(ben)
    await expect(other.page.get_by_role("listitem").filter(has_text="Gift from Ana Castell")).to_contain_text(
        "+30 min"
    )
    await other.sees("You are 1 h 30 min below zero.")
    await other.sees("Care can still be asked for, up to 8 h 30 min.")

    # What lies further back is there when it is asked for.
    for _ in range(21):
        await done(await ben.post("/gifts", {"from": ben.account, "to": str(ana.id), "seconds": 60}))
    await other.go("confirm", "Confirm")
    await other.go("hours", "My hours")
    await expect(other.page.get_by_role("listitem").filter(has_text="Gift to Ana Castell")).to_have_count(20)
    await expect(other.page.get_by_text("Received from Ana Castell")).to_have_count(0)
    await other.press("Show more")
    await other.sees("Received from Ana Castell")
    await expect(other.page.get_by_role("listitem").filter(has_text="Gift to Ana Castell")).to_have_count(21)
    await expect(other.page.get_by_role("button", name="Show more")).to_be_hidden()


async def test_a_daughter_acts_for_her_mother_as_far_as_she_may(member_called, phone_of):
    ada, eve, ben = (
        await member_called("Ada Brown"),
        await member_called("Eve Brown"),
        await member_called("Ben Okafor"),
    )
    await visited(ada, ben, by=ben, seconds=4 * HOUR)
    await visited(ben, ada)
    mother = await phone_of(ada)
    await mother.go("more", "More")
    await mother.page.get_by_role("link", name="Let somebody act for you").click()
    await mother.page.get_by_role("button", name="Eve Brown").click()
    await mother.press("Let Eve Brown act for me")
    await expect(mother.page.get_by_role("alert")).to_have_text("Please choose what they are to you.")
    await mother.page.get_by_label("My child", exact=True).check(force=True)
    await mother.page.get_by_label("give hours away").check()
    await mother.page.get_by_label("1 h", exact=True).check(force=True)
    await mother.press("Let Eve Brown act for me")
    await expect(mother.card("Eve Brown")).to_contain_text("At most 1 h a month.")

    phone = await phone_of(eve)
    await phone.go("confirm", "Confirm")
    await expect(phone.page.get_by_role("heading", name="For Ada Brown")).to_be_visible()
    await phone.go("more", "More")
    await phone.press("Act for Ada Brown")
    banner = phone.page.locator("#acting")
    await expect(banner).to_contain_text("You are acting for Ada Brown")
    await phone.go("hours", "The hours of Ada Brown")
    await phone.sees("Ada Brown: 4 h to use.")
    await phone.go("confirm", "Confirm for Ada Brown")
    await phone.press("Yes, that’s right", phone.card("Ben Okafor"))
    await phone.sees("Done. It is paid.")
    await phone.go("ask/new", "Ask for care for Ada Brown")
    await phone.page.get_by_label("Tomorrow", exact=True).check(force=True)
    await phone.sees("After that, 2 h are left to use.")
    await phone.press("Ask for it")
    await phone.sees("Nobody has taken it yet.")
    await expect(phone.page.get_by_text("Who needs help")).to_have_count(0)
    await phone.go("give", "Give hours of Ada Brown")
    await phone.page.get_by_role("button", name="Ben Okafor").click()
    await phone.sees("You may give at most 1 h a month for them; 0 min are used.")
    await phone.page.get_by_label("1 h 30 min", exact=True).check(force=True)
    await phone.press("Look at it once more")
    await expect(phone.page.get_by_role("alert")).to_contain_text(
        "more than the delegate may still spend this month"
    )
    await phone.page.get_by_label("1 h", exact=True).check(force=True)
    await phone.press("Look at it once more")
    await phone.press("Give 1 h to Ben Okafor")
    await phone.sees("Ada Brown: 1 h to use.")
    claims = (await done(await ada.get("/claims?state=posted")))["claims"]
    [confirmed] = [each for each in claims if each["receiver"] == str(ada.id)]
    steps = (await done(await ada.get(f"/claims/{confirmed['id']}")))["claim"]["events"]
    assert (steps[-1]["via"], steps[-1]["acting_for"]) == ("delegate", str(ada.id))

    # A reload goes on as before; then she is herself again, and has nothing of her mother's.
    await phone.page.reload()
    await expect(banner).to_contain_text("You are acting for Ada Brown")
    await phone.press("Be yourself again", banner)
    await expect(banner).to_be_empty()
    await phone.go("hours", "My hours")
    await phone.sees("You have no hours to use just now.")

    # What ends is ended at once; what is left of it allows only what it says.
    await mother.go("more", "More")
    await mother.press("End it", mother.card("Eve Brown"))
    await mother.press("Yes, end it", mother.card("Eve Brown"))
    ended = mother.page.get_by_role("listitem").filter(has_text="Eve Brown may not act for you any more")
    await expect(ended).to_contain_text("Done.")
    given = {"delegate": str(eve.id), "relation": "child", "scopes": ["request"], "from": str(TODAY)}
    await done(await ada.post(f"/members/{ada.id}/delegates", given))
    await phone.page.reload()
    await phone.go("more", "More")
    await phone.press("Act for Ada Brown")
    for screen, heading, told in (
        ("hours", "The hours of Ada Brown", "but may not see their hours"),
        ("confirm", "Confirm for Ada Brown", "but may not confirm their visits"),
        ("give", "Give hours of Ada Brown", "but may not give their hours away"),
    ):
        await phone.go(screen, heading)
        await phone.sees(told)
    await phone.go("ask", "Care for Ada Brown")
    await expect(phone.page.get_by_role("link", name="Ask for care")).to_be_visible()


async def test_what_is_answered_without_a_connection_is_kept_undone_or_sent_once(
    member_called, phone_of, people
):
    ana, ben = await member_called("Ana Castell"), await member_called("Ben Okafor")
    claim = await visited(ben, ana)
    phone = await phone_of(ana)
    await phone.sees("You have no hours to use just now.")
    await phone.go("confirm", "Confirm")
    await phone.sees("1 visit waits for your answer.")
    await phone.page.evaluate(WORKER_IS_THERE)
    await phone.offline()
    await phone.page.reload()
    await phone.sees("There is no connection. This is as of")
    await phone.press("Yes, that’s right", phone.card("Ben Okafor"))
    await phone.sees("Saved on this phone. It is sent as soon as there is a connection.")
    await phone.press("Undo")
    await phone.press("Yes, that’s right", phone.card("Ben Okafor"))
    await phone.go("hours", "My hours")
    await phone.sees("You have no hours to use just now.")
    await phone.sees("There is no connection. This is as of")

    # Leaving asks what shall become of it, and cannot be done without a connection.
    await phone.go("more", "More")
    await phone.press("Sign out on this phone")
    await phone.sees("1 entry has not been sent.")
    await phone.press("Throw it away")
    await expect(phone.page.get_by_role("alert")).to_contain_text("Signing out needs one")
    await phone.offline(False)
    await phone.go("confirm", "Confirm")
    await phone.sees("Done. It is paid.")
    steps = (await done(await ana.get(f"/claims/{claim}")))["claim"]["events"]
    assert [step["kind"] for step in steps] == ["logged", "posted"]

    # What the service refuses stays with its reason, over a sign-out too if one wants.
    claim = await visited(ben, ana, ago=2)
    await phone.go("hours", "My hours")
    await phone.go("confirm", "Confirm")
    await phone.sees("1 visit waits for your answer.")
    await phone.offline()
    await phone.press("Yes, that’s right", phone.card("Ben Okafor"))
    await phone.sees("Saved on this phone. It is sent as soon as there is a connection.")
    await done(await ben.post(f"/claims/{claim}/withdrawal", {}))
    await phone.offline(False)
    await phone.sees("This was not done.")
    await phone.go("more", "More")
    await phone.press("Sign out on this phone")
    await phone.press("Keep it on this phone until I sign in again")
    await phone.page.wait_for_url("**/sign-in?c=oak&next=/app")
    assert (await ana.get("/me")).status_code == 401
    assert await phone.page.evaluate(KEPT) == {"entries": 1, "kept": 0, "facts": 0}
    await phone.someone.enter(await people.sign_in(ana.id))
    # The page on which one signs in signs out, too; and it sends here first, where one is asked.
    await phone.someone.open("/sign-in?c=oak")
    await phone.press("Sign out on this device")
    await phone.sees("1 entry has not been sent.")
    await phone.page.get_by_role("link", name="What shall become of it?").click()
    await phone.go("confirm", "Confirm")
    await phone.sees("This was not done.")
    await phone.press("Leave it")
    await expect(phone.page.get_by_text("This was not done.")).to_have_count(0)
    await phone.go("more", "More")
    await phone.press("Sign out on this phone")
    await phone.page.wait_for_url("**/sign-in?c=oak&next=/app")
    assert await phone.page.evaluate(KEPT) == {"entries": 0, "kept": 0, "facts": 0}
    await phone.someone.enter(await people.sign_in(ana.id))
    await phone.someone.open("/app?c=oak#hours")
    await phone.sees("Received from Ben Okafor")
    await phone.someone.open("/sign-in?c=oak")
    await phone.press("Sign out on this device")
    await phone.page.get_by_role("button", name="Sign in with this code").wait_for()
    assert await phone.page.evaluate(KEPT) == {"entries": 0, "kept": 0, "facts": 0}


async def test_screens_that_were_never_opened_are_there_without_a_connection(member_called, phone_of):
    ana, ben = await member_called("Ana Castell"), await member_called("Ben Okafor")
    await visited(ana, ben, by=ben)
    phone = await phone_of(ana, screen="log", clock=True)
    await phone.page.evaluate(WORKER_IS_THERE)
    await phone.page.clock.fast_forward(16_000)

    async def has_looked_ahead():
        return (await phone.page.evaluate(KEPT))["kept"] >= LOOKED_AHEAD

    await until(has_looked_ahead, True)
    await phone.offline()
    await phone.go("hours", "My hours")
    await phone.sees("You have 1 h to use.")
    await phone.sees("There is no connection. This is as of")
    await phone.go("ask", "Asking and helping")
    await phone.sees("Nothing is asked for just now.")
    await phone.go("give", "Give hours")
    await phone.page.get_by_role("button", name="Ben Okafor").click()
    await phone.press("Look at it once more")
    await phone.press("Give 1 h to Ben Okafor")
    await phone.sees("Saved on this phone. It is sent as soon as there is a connection.")

    # The session has ended meanwhile: what was kept is shown, and what waits is sent after signing in again.
    cookies = await phone.page.context.cookies()
    await phone.page.context.clear_cookies()
    await phone.offline(False)
    await phone.go("more", "More")
    await phone.go("hours", "My hours")
    await phone.sees("You are not signed in any more. What you see was kept on this phone.")
    await phone.sees("You have 1 h to use.")
    way = phone.page.locator("main").get_by_role("link", name="Sign in again")
    await expect(way).to_have_attribute("href", "/sign-in?next=/app")
    await phone.page.context.add_cookies(cookies)
    await phone.page.reload()
    await phone.sees("You gave 1 h to Ben Okafor")
    await phone.sees("You have no hours to use just now.")


POLICIES = [
    "\n".join(
        (
            'name = "Test"',
            f'grid = "{grid}"',
            f'rounding = "{rounding}"',
            "open_activities = true",
            f'default_tariff = "{tariff}"',
            "[activities.shopping]",
            'title = "Shopping"',
            f'tariff = "{other}"',
        )
    )
    for grid, rounding in (("0:15", "up"), ("0:15", "nearest"), ("0:30", "down"), ("0:15", "exact"))
    for tariff, other in (("1", "2"), ("3/2", "2/3"), ("0.75", "1/7"))
]


async def test_the_phone_says_what_the_ledger_will_ask(chromium):
    page = await chromium.new_page()
    await page.route("**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    # As on the phone: elsewhere there is no database.
    await page.goto("http://localhost/")
    policies = [read_policy(source) for source in POLICIES]
    rules = [json.loads(canonical_policy(policy)) for policy in policies]
    lengths = [60, 449, 450, 451, 900, 1350, 3100, 5400, 86_399]
    script = f"(rules, lengths) => {{ {joined('phone/prices.js', 'en')}\n return rules.map((each) => ["
    script += '"shopping", "garden"].map((code) => lengths.map((length) => price(each, code, length)))); }'
    said = await page.evaluate(f"([rules, lengths]) => ({script})(rules, lengths)", [rules, lengths])
    assert said == [
        [
            [policy.redeemed(policy.activity(code), length) for length in lengths]
            for code in ("shopping", "garden")
        ]
        for policy in policies
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_screen_is_accessible_and_fits_a_small_phone(member_called, phone_of, scheme):
    ana, ben, ada = (
        await member_called("Ana Castell"),
        await member_called("Ben Okafor"),
        await member_called("Ada Brown-Llanfairpwllgwyngyll"),
    )
    await visited(ana, ben, by=ben, seconds=3 * HOUR, ago=9)
    await visited(ben, ana, note="Milk")
    await visited(ben, ada)
    declined, disputed = await visited(ana, ben, ago=3), await visited(ana, ben, ago=4)
    await done(await ben.post(f"/claims/{declined}/refusal", {"reason": "That was an hour, not two."}))
    await done(await ben.post(f"/claims/{disputed}/disputes", {"statement": "I was at my sister’s."}))
    given = {
        "delegate": str(ana.id),
        "relation": "parent",
        "scopes": ["see", "request", "confirm", "spend"],
        "from": str(TODAY),
        "monthly_cap": HOUR,
    }
    await done(await ada.post(f"/members/{ada.id}/delegates", given))
    await done(
        await ana.post(
            f"/members/{ana.id}/delegates",
            given | {"delegate": str(ben.id), "scopes": ["see"], "monthly_cap": 0},
        )
    )
    asked = {"activity": "care", "care_on": str(TODAY), "seconds": HOUR, "area": "Orchard Lane"}
    await done(await ana.post("/care-requests", asked | {"receiver": str(ana.id)}))
    [taken, _] = (
        await done(await ben.post("/care-requests", asked | {"receiver": str(ben.id), "weekly": 2}))
    )["care_requests"]
    await done(await ana.post(f"/care-requests/{taken['id']}/taking", {}))
    phone = await phone_of(ana, color_scheme=scheme, viewport={"width": 320, "height": 640})
    await phone.page.evaluate(AXE)

    async def looks_right(screen):
        await expect(
            phone.page.get_by_text(re.compile("^(Looking for what is new|One moment)"))
        ).to_have_count(0)
        assert await phone.page.evaluate(WIDTHS) == [320, 320], screen
        # Twice as large a text, as many of our readers have it.
        await phone.page.evaluate(LARGE, "200%")
        assert await phone.page.evaluate(WIDTHS) == [320, 320], screen
        await phone.page.evaluate(LARGE, "")
        assert await phone.page.evaluate(VIOLATIONS) == [], screen
        assert await phone.page.evaluate(TOO_SMALL) == [], screen

    screens = {
        "hours": "My hours",
        "confirm": "Confirm",
        f"confirm/{disputed}": "Something is not right",
        "ask": "Asking and helping",
        "ask/new": "Ask for care",
        "give": "Give hours",
        "more": "More",
        "more/delegate": "Let somebody act for you",
    }
    for screen, heading in screens.items():
        await phone.go(screen, heading)
        await looks_right(screen)
    await phone.go("confirm", "Confirm")
    await phone.press("No …", phone.card("Milk"))
    await looks_right("no")
    await phone.go("give", "Give hours")
    await phone.page.get_by_role("button", name="Ben Okafor").click()
    await looks_right("how much")
    await phone.press("Look at it once more")
    await phone.press("Give 1 h to Ben Okafor")
    await phone.sees("You gave 1 h to Ben Okafor")
    await phone.go("more", "More")
    await phone.press("Act for Ada")
    for screen in ("hours", "confirm", "ask", "more"):
        await phone.page.evaluate("(name) => (location.hash = name)", screen)
        await looks_right(f"acting: {screen}")
