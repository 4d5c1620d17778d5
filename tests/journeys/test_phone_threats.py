"""What somebody else wrote, on the phone of whoever reads it: a text, whatever it looks like."""

from urllib.parse import urlencode, urlsplit

import pytest
from playwright.async_api import expect

from tests.journeys.phones import Phone, days_ago, over_http

HTML = (
    "<x-evil onclick=alert(1)>\"'<script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>%(name)s"
)
SCREENS = {
    "#log": "Log",
    "#hours": "My hours",
    "#confirm": "Confirm",
    "#ask": "Ask",
    "#give": "Give",
    "#more": "More",
}
ODD = """() => {
  const odd = document.querySelector("x-evil, script:not([src^='/web/']), img, [onclick], [onerror]");
  return odd && odd.outerHTML;
}"""


@pytest.fixture
async def ana(people):
    return over_http(await people.member(f"Ana {HTML}"))


@pytest.fixture
async def ben(people):
    return over_http(await people.member(f"Ben {HTML}"))


async def test_what_others_wrote_is_a_text_on_every_screen(browsing, ana, ben):
    visit = {
        "provider": str(ben.id),
        "receiver": str(ana.id),
        "activity": "care",
        "seconds": 3600,
        "note": HTML,
    }
    paid = await ben.post("/claims", visit | {"service_on": days_ago(1)})
    assert paid.status_code == 201, paid.text
    answer = await ana.post(f"/claims/{paid.json()['claim']['id']}/confirmation", {})
    [transfer] = answer.json()["transfers"]
    assert (await ben.post("/claims", visit | {"service_on": days_ago(2)})).status_code == 201
    wish = {
        "receiver": str(ana.id),
        "activity": "care",
        "care_on": days_ago(-2),
        "seconds": 3600,
        "note": HTML,
    }
    assert (await ana.post("/care-requests", wish)).status_code == 201
    shown = 0
    for member in (ana, ben):
        phone = await Phone.of(browsing, member)
        for screen in SCREENS:
            await phone.page.goto(f"{phone.someone.url}/app{screen}")
            await expect(phone.page.get_by_role("heading", level=1)).not_to_have_text("Carehours")
            await phone.page.wait_for_load_state("networkidle")
            assert await phone.page.evaluate(ODD) is None, screen
            shown += "<x-evil" in await phone.page.locator("main").inner_text()
        await phone.someone.open(f"/r/oak/{transfer['id']}")
        await expect(phone.page.get_by_text("<x-evil").first).to_be_visible()
        assert await phone.page.evaluate(ODD) is None
    assert shown >= 6


async def test_signing_in_leads_on_to_pages_of_ours_only(browsing, people, ana):
    cora = over_http(await people.coordinator())
    someone = await browsing()
    for wanted, there in [
        ("//evil.example", "/sign-in"),
        ("/app//../..//evil.example", "/sign-in"),
        ("https://evil.example/app", "/sign-in"),
        ("javascript:alert(1)", "/sign-in"),
        ("/app", "/app"),
    ]:
        card = (await cora.post(f"/members/{ana.id}/cards", {})).json()
        await someone.page.context.clear_cookies()
        await someone.open(f"/sign-in?{urlencode({'c': 'oak', 'next': wanted})}")
        await someone.fill("Code on the card", card["code"])
        await someone.press("Sign in with this code")
        await someone.page.get_by_role(
            "heading", level=1, name="Hello, Ana" if there != "/app" else "Log"
        ).wait_for()
        await someone.page.wait_for_load_state("networkidle")
        assert urlsplit(someone.page.url).path == there, wanted
