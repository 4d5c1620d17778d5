"""Every page in every language, 320 pixels wide with letters twice as large; and in light and dark, judged by axe."""

import re

import pytest
from babel import Locale

from api.texts import LOCALES
from tests.journeys.every_page import (
    ALL_RULES,
    FIRST,
    OF_COLOURS,
    OVERLAPS,
    PHONE,
    SIDEWAYS,
    SMALL,
    desk_pages,
    violations,
)

TWICE_AS_LARGE = "document.documentElement.style.fontSize = '200%'"


async def opened(someone, path):
    """The page, once it has shown what it has to show, and its status."""
    answer = await someone.page.goto(someone.url + path)
    await someone.page.wait_for_load_state("load")
    if path.startswith("/app"):
        await someone.page.locator("#screen h1").wait_for()
        await someone.page.wait_for_load_state("networkidle")
        await someone.page.locator("[aria-busy=true]").first.wait_for(state="detached")
    return someone.page, answer.status


async def every_page(site, visiting, look, **context):
    """What `look` finds wrong with each page, by its address."""
    wrong = {}
    for kind, pages in (
        (None, FIRST),
        ("family", [f"/app?c=demo#{screen}" for screen in PHONE]),
        ("volunteer", [f"/app?c=demo#{screen}" for screen in PHONE]),
        ("coordinator", None),
    ):
        someone = await visiting(kind, **context)
        for path in await desk_pages(site, someone) if pages is None else pages:
            # A screen of the phone is another fragment of one page, which a browser does not load again.
            if path.startswith("/app"):
                await someone.page.goto("about:blank")
            page, status = await opened(someone, path)
            found = await look(page) if status < 400 else [f"status {status}"]
            if found:
                wrong[f"{kind} {path}"] = found
    return wrong


@pytest.mark.timeout(300)  # some sixty pages, on machines that do other things beside
@pytest.mark.parametrize("tag", LOCALES)
async def test_nothing_overlaps_or_scrolls_sideways(demo_site, visiting, tag):
    async def look(page):
        await page.evaluate(TWICE_AS_LARGE)
        sideways = await page.evaluate(SIDEWAYS)
        overlaps = await page.evaluate(OVERLAPS)
        assert await page.locator("html").get_attribute("lang") == tag
        return ([f"{sideways} px too wide"] if sideways > 0 else []) + overlaps

    size = {"width": 320, "height": 640}
    wrong = await every_page(demo_site, visiting, look, viewport=size, locale=tag, bypass_csp=True)
    assert wrong == {}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scheme", "rules"), [("light", ALL_RULES), ("dark", OF_COLOURS)])
async def test_everybody_can_use_it(demo_site, visiting, scheme, rules):
    """In the dark a page is the same but for its colours."""

    async def look(page):
        small = await page.evaluate(SMALL, 48 if "/app" in page.url else 24)
        return await violations(page, rules) + [f"small: {each}" for each in small]

    assert await every_page(demo_site, visiting, look, color_scheme=scheme, bypass_csp=True) == {}


async def test_days_are_written_in_welsh_although_the_browser_knows_none(demo_site, visiting):
    someone = await visiting("volunteer", locale="cy")
    page, _ = await opened(someone, "/app?c=demo#hours")
    await page.locator("text=/20[0-9]{2}|Dydd/ >> visible=true").first.wait_for()
    text = await page.inner_text("#screen")
    months = Locale.parse("cy").months["format"]
    names = {*months["wide"].values(), *months["abbreviated"].values()}
    assert any(re.search(rf"\b{name}\b", text) for name in names), text
    assert not re.search(r"\bM[01][0-9]\b", text), text
