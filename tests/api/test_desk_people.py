"""The desk's forms about members over HTTP, as a browser without JavaScript sends them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest

from ledger.people.roles import Role

TODAY = datetime.now(UTC).date()


class Browser:
    """Somebody's browser at the desk: the page it shows, whose form it fills in and sends."""

    def __init__(self, member):
        self.member = member
        self.headers = member.headers | {"origin": "https://care.example.org"}
        self.address = self.text = None
        self.status = 0

    async def open(self, path):
        await self._show(await self.member.client.get(self._at(path), headers=self.headers), self._at(path))

    async def send(self, path=None, **fields):
        """Send the form of the page, hidden fields and all, with these filled in; or one at another address."""
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.text)
        # The first form's: a page has its own form first, and then those that are nothing but a button.
        filled = {name: unescape(value) for name, value in reversed(hidden)} | fields
        await self.post(self.address if path is None else self._at(path), filled)

    async def post(self, address, fields):
        headers = self.headers | {"content-type": "application/x-www-form-urlencoded"}
        content = urlencode({k.removesuffix("_"): v for k, v in fields.items()}, doseq=True)
        await self._show(await self.member.client.post(address, content=content, headers=headers), address)

    async def _show(self, answer, address):
        if answer.status_code == 303:
            address = answer.headers["location"]
            answer = await self.member.client.get(address, headers=self.headers)
        assert answer.status_code < 500, answer.text
        self.address, self.status, self.text = address.partition("?")[0], answer.status_code, answer.text
        self.words = " ".join(
            unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<nav.*?</nav>", "", answer.text))).split()
        )

    def _at(self, path):
        return path if path.startswith("/desk") else f"/desk/oak{path}"

    def value(self, name):
        return unescape(re.search(rf'name="{name}"[^>]*? value="([^"]*)"', self.text)[1])


@pytest.fixture
async def desk(people):
    return Browser(await people.coordinator())


async def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong(desk, people):
    await people.member("Rosa Méndez")
    await desk.open("/members/new")
    await desk.send(
        name="Rosa Mendez",
        email="nowhere",
        phone="12",
        class_=["volunteer", "worker"],
        joined_on="2026-05-31",
    )
    assert desk.status == 422
    assert "This was not saved" in desk.words
    assert re.search(r'id="email-problem">This cannot be taken as it is written', desk.text)
    assert (desk.value("name"), desk.value("email"), desk.value("phone")) == ("Rosa Mendez", "nowhere", "12")
    assert desk.value("joined_on") == "2026-05-31"
    assert len(re.findall(r'name="class" value="\w+" checked', desk.text)) == 2
    assert "It is another person" not in desk.words
    await desk.send(name="Rosa Mendez", email="rosa@example.org", phone="0123", class_=["volunteer"])
    assert "It is another person, even if the name looks the same" in desk.words
    key = desk.value("key")
    await desk.send(name="Rosa Mendez", class_=["volunteer"], even_if_alike="1")
    assert "Next, print their card" in desk.words
    assert "volunteer since" in desk.words
    # The same form once more, as a second click would send it: nobody is enrolled twice.
    address = desk.address
    await desk.post(
        "/desk/oak/members/new",
        {"key": key, "name": "Rosa Mendez", "class": "volunteer", "even_if_alike": "1"},
    )
    assert desk.address == address


async def test_what_is_wrong_is_named_in_the_language_of_the_page(desk):
    desk.headers["accept-language"] = "it"
    await desk.open("/members/new")
    await desk.send(joined_on="yesterday")
    [summary] = re.findall(r'id="problems">(.*?)</ul>', desk.text, re.DOTALL)
    assert re.findall(r'<a href="#\w+">([^<]+)</a>', summary) == ["Nome", "Data di iscrizione"]


async def test_two_who_change_the_same_details_see_both_versions(desk, people):
    rosa = await people.enrol("Rosa Méndez")
    page = f"/members/{rosa}/person"
    await desk.open(page)
    other = Browser(await people.coordinator())
    await other.open(page)
    await other.send(name="Rosa Méndez", phone="0222", languages="cy, en")
    assert "Their details are changed." in other.words
    await desk.send(name="Rosa Méndez", phone="0111")
    assert desk.status == 422
    assert "Somebody changed these details while you were typing" in desk.words
    assert "Phone 0222 0111" in desk.words
    assert "Languages cy, en empty" in desk.words
    await desk.send(
        name="Rosa Méndez", phone="0111", languages="cy, en", address="1 Oak Lane", birth_year="1948"
    )
    assert "Their details are changed." in desk.words
    assert "Phone 0111" in desk.words
    assert "1948" in desk.words


async def test_what_takes_two_people_is_proposed_and_done_by_the_second(desk, people):
    second = Browser(await people.coordinator())
    rosa = await people.enrol("Rosa Méndez")
    await desk.open(f"/members/{rosa}/role")
    await desk.send(role="auditor")
    assert "so it was proposed" in desk.words
    assert "You proposed it, so that somebody else approves it" in desk.words
    proposal = desk.address
    await second.open("")
    assert "Proposals to decide 1 a role about Rosa Méndez by Member A1" in second.words
    await second.open(proposal)
    assert "Whom it is about Rosa Méndez Role auditor" in second.words
    await second.send(deed="approve")
    assert "Approved, and done." in second.words
    await second.open(f"/members/{rosa}")
    assert "Rosa Méndez was made auditor." in second.words
    assert "Passkey none yet so the role does not count yet" in second.words
    await people.passkey(rosa)
    await second.open(f"/members/{rosa}")
    assert "Passkey yes" in second.words
    auditor = await people.with_role(Role.AUDITOR)
    assert "has_passkey" not in (await auditor.get(f"/members/{rosa}")).json()
    # Her first card comes with the role; another takes a second person again.
    await desk.open(proposal)
    cards = re.search(r'href="([^"]+/cards\?proposal=[^"]+)"', desk.text)[1]
    await desk.open(cards)
    await desk.send(paper="a6")
    assert "type this code" in desk.words
    assert "one-card-a-page" in desk.text
    await desk.open(f"/members/{rosa}/cards")
    await desk.send()
    assert "Proposed: a card for somebody who has a role" in desk.words
    await desk.send(deed="refuse")
    assert "It is not done." in desk.words
    await desk.open(f"/members/{rosa}/role")
    await desk.send(deed="end")
    assert "The role is ended" in desk.words


async def test_cards_are_shown_once_and_printed_several_at_a_time(desk, people):
    keeper, rosa, ben = desk.member.id, await people.enrol("Rosa Méndez"), await people.enrol("Ben")
    await desk.open(f"/members/{rosa}/cards")
    key = desk.value("key")
    await desk.send(paper="sheet")
    assert re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", desk.words)
    assert desk.text.count("<svg") == 1
    assert "care.example.org/sign-in" in desk.words
    await desk.post(desk.address, {"key": key})
    assert "was shown already" in desk.words
    assert "<svg" not in desk.text

    await desk.open("/members")
    await desk.send("/cards", member=[str(rosa), str(ben), str(keeper)])
    assert desk.text.count("<svg") == 2
    assert "No card for Member A1." in desk.words
    await desk.open("/members")
    await desk.send("/cards")
    assert "Please tick those who are to get a card" in desk.words

    await desk.open(f"/members/{ben}")
    await desk.send(re.search(r'action="([^"]+/cards/[^"]+/end)"', desk.text)[1])
    assert "The card is worthless now." in desk.words


async def test_family_delegates_and_clearances_are_recorded_by_name(desk, people):
    second = Browser(await people.coordinator())
    rosa, ben = await people.enrol("Rosa Méndez"), await people.enrol("Ben Pugh")
    await people.enrol("Ana Pugh")
    page = f"/members/{rosa}"
    await desk.open(f"{page}/relatives/new")
    await desk.send(relative="pugh", relation="child")
    assert "Several members are called so." in desk.words
    await desk.send(relative="pugh", relation="child", **{"relative-choice": "Ben Pugh (4)"})
    assert "The two are recorded as family" in desk.words
    assert "Ben Pugh , child" in desk.words

    await desk.open(f"{page}/delegates/new")
    assert "Members name their delegates themselves" in desk.words
    await desk.open(f"{page}/standing")
    await desk.send(status="active", since="2026-01-01", frail="1")
    assert "Their standing is recorded." in desk.words
    await desk.open(f"{page}/delegates/new")
    await desk.send(delegate="4", relation="child", from_=str(TODAY))
    assert "Please tick at least one." in desk.words
    await desk.send(
        delegate="4", relation="child", scopes=["see", "spend"], monthly_cap="7:30", from_=str(TODAY)
    )
    assert "At most each month 7 h 30 min" in desk.words
    await second.open(desk.address)
    await second.send(deed="approve")
    assert "Approved, and done." in second.words
    await desk.open(page)
    assert "Ben Pugh, their child, acts for them" in desk.words
    await desk.send(re.search(r'action="([^"]+/delegates/[^"]+/end)"', desk.text)[1])
    assert "The delegation is ended." in desk.words

    await desk.open(f"{page}/clearances/new")
    await desk.send(kind="Police Check", issued_on=str(TODAY), expires_on=str(TODAY - timedelta(days=1)))
    assert desk.status == 422
    await desk.send(kind="Police Check", issued_on=str(TODAY), expires_on=str(TODAY + timedelta(days=9)))
    assert "police-check ends soon" in desk.words
    await desk.open("/clearances?within_days=7")
    assert "No clearance ends within these days." in desk.words
    await desk.open("/clearances")
    assert "Rosa Méndez police-check" in desk.words
    await desk.open(page)
    await desk.send(re.search(r'action="([^"]+/clearances/[^"]+/end)"', desk.text)[1])
    assert "The clearance is revoked." in desk.words
    await desk.send(f"{page}/relatives/{ben}/end")
    assert "The two are not recorded as family any more." in desk.words


async def test_classes_households_and_a_departure_up_to_the_erasure(desk, people):
    rosa = await people.enrol("Rosa Méndez")
    page = f"/members/{rosa}"
    await desk.open(f"{page}/classes")
    await desk.send(class_=["volunteer", ""], from_on=["2026-02-01", ""], until_on=["", ""])
    assert "Their classes are changed." in desk.words
    assert "volunteer since 1 Feb 2026" in desk.words

    await desk.open("/households/new")
    await desk.send(name="Méndez family", code="Two Words")
    assert desk.status == 422
    assert desk.value("name") == "Méndez family"
    await desk.send(name="Méndez family", code="mendez")
    await desk.send(member="Rosa Méndez")
    assert "They hold the household’s account now." in desk.words
    await desk.open("/households?name=rosa")
    assert "Méndez family Rosa Méndez 0 min" in desk.words

    await desk.open(f"{page}/erasure")
    assert "Only somebody who has left or died can be erased" in desk.words
    await desk.open(f"{page}/standing")
    await desk.send(status="left", since=str(TODAY))
    assert "Settle what Rosa Méndez had" in desk.words
    await desk.send(to="nobody at all")
    assert "Nobody is called so." in desk.words
    assert desk.value("to") == "nobody at all"
    await desk.send(to="")
    assert "Their credits are settled, and their accounts closed." in desk.words
    await desk.open(f"{page}/erasure")
    await desk.send(reason="asked")
    # Said above the form, and beside its field.
    assert desk.words.count("Please tick this: it cannot be taken back.") == 2
    assert 'id="sure" name="sure" type="checkbox" value="1" aria-invalid="true"' in desk.text
    await desk.send(reason="asked", sure="1")
    assert "What told who they were is deleted." in desk.words
    assert "Rosa" not in desk.words
    await desk.open("/trail?kind=member_erased")
    assert "because they, or their family, asked for it" in desk.words


async def test_today_says_what_waits_and_what_a_new_co_op_does_first(desk, people):
    await desk.open("")
    assert "Nothing waits." in desk.words
    assert "Make a passkey done" in desk.words
    assert "Enrol the first member to do" in desk.words
    assert "Sum of all balances 0 min as it must be" in desk.words
    rosa, ben = await people.enrol("Rosa Méndez"), await people.enrol("Ben")
    visit = {
        "provider": str(rosa),
        "receiver": str(ben),
        "activity": "companionship",
        "service_on": str(TODAY),
        "seconds": 3600,
    }
    for _ in range(2):
        assert (await desk.member.post("/claims", visit)).status_code == 201
    wish = {"receiver": str(ben), "activity": "companionship", "seconds": 3600}
    for days in (9, 3):
        asked = wish | {"care_on": str(TODAY + timedelta(days=days))}
        assert (await desk.member.post("/care-requests", asked)).status_code == 201
    await desk.open("")
    assert "Nothing waits." not in desk.words
    assert "Hours that overlap 2" in desk.words or "Hours that overlap 1" in desk.words
    assert "Hours nobody has confirmed 2 Rosa Méndez for Ben" in desk.words
    assert "Requests nobody has taken 2 for Ben" in desk.words
    assert "Enrol the first member done" in desk.words
