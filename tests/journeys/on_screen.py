"""What the stories on the screens share: a co-op whose people have a phone or sit at the desk, and how a story ends."""

from datetime import UTC, datetime
from uuid import uuid4

from playwright.async_api import expect

from ledger.book.authors import SHELL
from ledger.desk.audit import audit_community
from ledger.people.granting import grant_role
from ledger.people.roles import Role
from tests.journeys.hours_stories import zone_where_it_is_noon
from tests.journeys.phones import Phone, over_http

AT_A_DESK = {"width": 1280, "height": 900}


class InHand(Phone):
    """Somebody's phone: its screens by their tabs, what is said there, and what can be pressed."""

    async def go(self, tab, heading):
        await self.page.get_by_role("navigation").get_by_role("link", name=tab).click()
        await self.heading(heading)

    async def heading(self, text):
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    async def follow(self, name, within=None):
        await (within or self.page).get_by_role("link", name=name).first.click()

    async def sees(self, *texts):
        for text in texts:
            await expect(self.page.get_by_text(text).first).to_be_visible()

    async def press(self, name, within=None):
        """Press the first button that says so, such as in one of several cards."""
        await (within or self.page).get_by_role("button", name=name).first.click()

    def card(self, *texts):
        found = self.page.get_by_role("article")
        for text in texts:
            found = found.filter(has_text=text)
        return found

    def line(self, text):
        return self.page.locator(".lines li").filter(has_text=text)

    async def my_hours(self, said):
        await self.go("My hours", "My hours")
        await self.sees(said)


class AtDesk:
    """A co-ordinator's browser at the desk of Oak Hill."""

    def __init__(self, someone):
        self.page = someone.page
        self.url = someone.url
        self.press = someone.press
        self.fill = someone.fill

    async def room(self, name):
        """Go into a room by the links that stand on every page of the desk."""
        if "/desk/oak" not in self.page.url:
            await self.page.goto(f"{self.url}/desk/oak")
        await self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).first.click()

    async def follow(self, name, **more):
        await self.page.get_by_role("link", name=name, **more).first.click()

    async def member(self, name):
        await self.room("Members")
        await self.follow(name)
        await self.heading(name)

    async def heading(self, text):
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    async def sees(self, *texts):
        for text in texts:
            await expect(self.page.get_by_text(text).first).to_be_visible()

    async def told(self, text):
        await expect(self.page.locator(".told").first).to_contain_text(text)

    async def refused(self, *texts):
        for text in texts:
            await expect(self.page.get_by_role("alert").first).to_contain_text(text)

    async def approve(self):
        """Approve the one proposal that waits, as the second person."""
        await self.room("Proposals")
        await self.page.get_by_label("Show").select_option("open")
        await self.press("Filter")
        await self.page.locator("tbody a").first.click()
        await self.press("Approve, and do it")
        await self.sees("Decided by")

    async def balance(self, name, said):
        """How somebody stands, on their page."""
        await self.member(name)
        row = self.page.get_by_role("row").filter(has_text="own account")
        await expect(row.get_by_role("cell").first).to_have_text(said)


class OakHill:
    """The co-op of a story, its first co-ordinator Ana, and the browsers of its people."""

    def __init__(self, site, community, people, browsing, folder):
        self.site, self.community, self.people = site, community, people
        self._browsing, self._folder = browsing, folder
        now = datetime.now(UTC)
        self.zone, self.today = zone_where_it_is_noon(now), now.date()

    async def enrol(self, name):
        return over_http(await self.people.member(name))

    async def appoint(self, name):
        """A co-ordinator with a passkey, who has shown it just now."""
        member_id = await self.people.enrol(name)
        await grant_role(self.site.ledger, self.community, SHELL, uuid4(), member_id, Role.COORDINATOR)
        await self.people.passkey(member_id)
        return over_http(await self.people.sign_in(member_id, strong=True))

    async def apply(self, ana, rules=""):
        """Rules from today on, in a place where it is noon: no story runs into midnight."""
        source = f'name = "Our rules"\ntimezone = "{self.zone}"\n{rules}'
        answer = await ana.post("/policy", {"source": source})
        assert answer.status_code == 201, answer.text

    async def phone(self, member, **more):
        return await InHand.of(self._browsing, member, timezone_id=self.zone, **more)

    async def phone_by_card(self, ana, member):
        """The phone of somebody who scans the square on the card that Ana printed."""
        card = await ana.post(f"/members/{member.id}/cards", {})
        assert card.status_code == 201, card.text
        phone = await self.stranger()
        await phone.page.goto(card.json()["address"])
        await phone.press("Sign me in on this phone")
        await phone.follow("My hours")
        await phone.heading("Log an hour")
        return phone

    async def fill_pot(self, proposer, approver, code, seconds):
        """Two co-ordinators enter what came from outside."""
        accounts = (await proposer.get("/accounts?limit=100")).json()["accounts"]
        ids = {each["code"]: each["id"] for each in accounts}
        entries = [
            {"account": ids["issuance"], "seconds": -seconds},
            {"account": ids[code], "seconds": seconds},
        ]
        asked = {"action": "transfer", "kind": "adjust", "entries": entries, "note": "The town's gift"}
        made = await proposer.post("/proposals", asked)
        assert made.status_code == 201, made.text
        done = await approver.post(f"/proposals/{made.json()['id']}/approval", {})
        assert done.status_code == 200, done.text

    async def stranger(self, **more):
        """A phone on which nobody ever signed in."""
        return InHand(await self._browsing(timezone_id=self.zone, **more))

    async def desk(self, member, **more):
        return AtDesk(await self._browsing(member, **{"viewport": AT_A_DESK} | more))

    async def ends_clean(self, ana, balances):
        """Everybody stands where they should, by name or code, nothing is set aside, and the audit finds nothing."""
        answer = await ana.get("/accounts?limit=100")
        accounts = {each.get("name") or each["code"]: each for each in answer.json()["accounts"]}
        assert {name: each["balance"] for name, each in accounts.items() if each["balance"]} == balances
        assert all(each["held"] == 0 for each in accounts.values())
        assert sum(balances.values()) == 0
        report = await audit_community(
            self.site.ledger, self.community, folder=self._folder / "audits", workers=0
        )
        assert report.clean, report.render_lines()
