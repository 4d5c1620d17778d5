"""The page of a statement: for whoever may see it, in the language of its holder, and what they wish from now on."""

import re
from html import unescape

from tests.api.conftest import gift
from tests.api.test_desk_people import Browser
from tests.api.test_statements import TODAY, ana, bank, ben, lived  # noqa: F401 - fixtures


def page(member, account, **query):
    return member.client.get(f"/statement/oak/{account}", params=TODAY | query, headers=member.headers)


def wishing(member, account, **fields):
    headers = member.headers | {"content-type": "application/x-www-form-urlencoded"}
    return member.client.post(f"/statement/oak/{account}", data=fields, headers=headers)


async def test_it_is_in_the_language_of_its_holder_whoever_looks(lived, people, ana):  # noqa: F811
    coordinator = await people.coordinator()
    shown = (await page(coordinator, ana.account)).text
    assert '<article class="statement usual" lang="es">' in shown
    assert "Send them to me by e-mail" not in shown
    assert 'lang="ja">' in (await page(ana, ana.account, language="ja")).text
    assert "Ben Iles" in (await page(ana, ana.account, language="nonsense")).text


async def test_others_see_none_and_whoever_is_not_signed_in_goes_there_first(lived, ana, ben, anonymous):  # noqa: F811
    answer = await page(ben, ana.account)
    assert (answer.status_code, "There is no such account here" in answer.text) == (404, True)
    answer = await anonymous.get(f"/statement/oak/{ana.account}?from=2026-01-01&until=2026-01-31")
    assert answer.status_code == 303
    assert "until%3D2026-01-31" in answer.headers["location"]


async def test_days_that_cannot_be_are_told_beside_the_form(ana):  # noqa: F811
    answer = await page(ana, ana.account, until="2025-01-01")
    assert (answer.status_code, "the first one not after the last" in answer.text) == (422, True)
    answer = await page(ana, ana.account, until="2199-01-01")
    assert (answer.status_code, "Choose an earlier last day" in answer.text) == (422, True)


async def test_last_months_says_what_this_month_has_so_far(lived, people, ana, ben):  # noqa: F811
    own, desk = f"/statement/oak/{ana.account}", f"/desk/oak/statements/{ana.account}"
    for reader, path in ((ana, own), (await people.coordinator(), desk)):
        shown = (await reader.client.get(path, headers=reader.headers)).text
        address = re.search(r'<p class="newer"><a href="([^"]+)">This month has 3 entries so far', shown)
        assert address is not None
        newer = (await reader.client.get(unescape(address[1]), headers=reader.headers)).text
        assert "Ben Iles" in newer
        assert 'class="newer"' not in newer
    one = await ben.client.get(f"/statement/oak/{ben.account}", headers=ben.headers)
    assert "This month has 1 entry so far" in one.text


async def test_nothing_is_said_of_a_month_that_has_nothing_so_far(ana):  # noqa: F811
    shown = await ana.client.get(f"/statement/oak/{ana.account}", headers=ana.headers)
    assert (shown.status_code, 'class="newer"' in shown.text) == (200, False)


async def test_statements_are_called_what_the_accounts_are_called(people, caller, ana):  # noqa: F811
    desk = Browser(await people.coordinator())
    house = await caller.open("household", name="Lime Tree House")
    answer = await desk.member.post(f"/accounts/{house}/holders", {"member": str(ana.id)})
    assert answer.status_code == 201, answer.text
    await desk.open(f"/members/{ana.id}/statements")
    assert "Statement of their own account" in desk.words
    assert "Statement of Lime Tree House" in desk.words


async def test_what_is_wished_is_written_down_and_nobody_elses_page_can_say_it(ana):  # noqa: F811
    answer = await wishing(ana, ana.account, by_email="1")
    assert answer.status_code == 303
    shown = await ana.client.get(answer.headers["location"], headers=ana.headers)
    assert "It is written down." in shown.text
    assert (await ana.get(f"/members/{ana.id}/statement-wish")).json()["by_email"] is True
    await wishing(ana, ana.account)
    assert (await ana.get(f"/members/{ana.id}/statement-wish")).json()["by_email"] is False
    elsewhere = ana.headers | {"sec-fetch-site": "cross-site"}
    answer = await ana.client.post(f"/statement/oak/{ana.account}", data={"by_email": "1"}, headers=elsewhere)
    assert answer.status_code == 403
    assert (await ana.get(f"/members/{ana.id}/statement-wish")).json()["by_email"] is False


async def test_a_name_is_never_markup(people, caller, bank):  # noqa: F811
    odd, other = await people.member("<b>Bo</b>"), await people.member("Other")
    await caller.post("/transfers", {"kind": "adjust", "entries": [
        {"account": bank, "seconds": -7200}, {"account": odd.account, "seconds": 7200}]})  # fmt: skip
    await odd.post("/transfers", gift(odd.account, other.account))
    shown = (await page(other, other.account)).text
    assert "<b>Bo" not in shown
    assert "&lt;b&gt;Bo" in shown
