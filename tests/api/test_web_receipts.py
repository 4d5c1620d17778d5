"""The page of a receipt, by who opens it, and the page that checks any: what the service sends of both."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
import segno

from api.web.receipts import KINDS
from ledger.book.commands import TransferKind
from ledger.log.verification import Trust, verify
from ledger.people.roles import Role
from tests.api.conftest import care, gift

URL = "https://care.example.org"


async def opened(member, path, **more):
    return await member.client.get(path, headers=member.headers, **more)


def square_of(text, error):
    """What is drawn of a text: without styles, black on white, with the margin that cameras need."""
    code = segno.make(text, error=error, micro=False)
    assert code.version <= 25
    return code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None)


def text_of(page):
    """The receipt as it stands on the page."""
    return unescape(re.search(r'<code id="receipt-text">(.*?)</code>', page.text)[1])


async def verified(client, text):
    trust = await client.get("/.well-known/carehours-trust.json")
    answer = verify(text.encode(), Trust.from_json(trust.content))
    assert answer.valid, answer
    return answer


@pytest.fixture
async def given(people, caller):
    """A gift of half an hour from Ana to Ben: the two, and its transfer's id."""
    ana, ben = await people.member("Ana Pérez"), await people.member("Ben Iles")
    source = await caller.open("issuance")
    assert (await caller.post("/transfers", care(source, ana.account, 5400))).status_code == 201
    posted = await ana.post(
        "/transfers", gift(ana.account, ben.account, 1800) | {"note": "For <the> shopping"}
    )
    assert posted.status_code == 201, posted.text
    return ana, ben, posted.json()["id"]


async def test_each_side_has_its_own_copy_and_learns_nothing_of_the_other(given):
    ana, ben, transfer_id = given
    for reader, said, unsaid, balance in (
        (ana, "Your account: −30 min", "Ben Iles", 3600),
        (ben, "Your account: +30 min", "1 h", 1800),
    ):
        page = await opened(reader, f"/r/oak/{transfer_id}")
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
        assert said in page.text
        assert unsaid not in page.text
        assert "For &lt;the&gt; shopping" in page.text
        answer = await verified(reader.client, text_of(page))
        assert [(each.account_id, each.balance_after) for each in answer.disclosed] == [
            (reader.account, balance)
        ]
        assert answer.note is answer.author is None
        assert square_of(f"{URL}/v#{text_of(page)}", "l") in page.text
        other = ben if reader is ana else ana
        assert other.account not in page.text


async def test_nobody_else_sees_it(given, people, anonymous, caller):
    ana, _, transfer_id = given
    path = f"/r/oak/{transfer_id}"
    asked = await anonymous.get(path)
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        f"/sign-in?c=oak&next=%2Fr%2Foak%2F{transfer_id}",
    )
    stranger = await people.member()
    refused = await opened(stranger, path)
    assert refused.status_code == 404
    assert "30 min" not in refused.text
    absent = await opened(ana, f"/r/oak/{stranger.id}")
    assert absent.status_code == 404
    assert (await opened(ana, "/r/oak/x")).status_code == 404
    assert (await opened(ana, f"{path}?account={stranger.account}")).status_code == 404
    assert (await opened(ana, f"{path}?account=x")).status_code in (400, 404, 422)


async def test_a_co_ordinator_sees_the_names_and_shows_nobodys_account(given, people):
    _, ben, transfer_id = given
    coordinator = await people.coordinator()
    page = await opened(coordinator, f"/r/oak/{transfer_id}")
    assert "Ana Pérez: −30 min" in page.text
    assert "Ben Iles: +30 min" in page.text
    answer = await verified(coordinator.client, text_of(page))
    assert (answer.disclosed, answer.note, answer.author) == ((), None, None)
    assert 'data-receipt=""' in page.text
    assert "balance after" not in page.text
    auditor = await opened(await people.with_role(Role.AUDITOR), f"/r/oak/{transfer_id}")
    assert auditor.status_code == 200
    for unsaid in ("Ana Pérez", "Ben Iles", "shopping"):
        assert unsaid not in auditor.text
    # With a side named it is that side's copy.
    page = await opened(coordinator, f"/r/oak/{transfer_id}?account={ben.account.upper()}")
    [disclosed] = (await verified(coordinator.client, text_of(page))).disclosed
    assert disclosed.account_id == ben.account


async def test_a_delegate_has_the_copy_of_whom_they_act_for(given, people):
    ana, _, transfer_id = given
    daughter = await people.member("Siân Pérez")
    delegation = {
        "delegate": str(daughter.id),
        "relation": "child",
        "scopes": ["see"],
        "monthly_cap": 0,
        "from": datetime.now(UTC).date().isoformat(),
    }
    made = await ana.post(f"/members/{ana.id}/delegates", delegation)
    assert made.status_code == 201, made.text
    page = await opened(daughter, f"/r/oak/{transfer_id}")
    assert "Ana Pérez: −30 min" in page.text
    [disclosed] = (await verified(daughter.client, text_of(page))).disclosed
    assert disclosed.account_id == ana.account


async def test_a_receipt_too_long_for_a_square_has_that_of_its_page(people, caller):
    ana = await people.member()
    source = await caller.open("issuance")
    others = [await caller.open("member") for _ in range(6)]
    entries = [{"account": each, "seconds": 60} for each in (ana.account, *others)]
    body = {"kind": "care", "entries": [{"account": source, "seconds": -420}, *entries]}
    posted = await caller.post("/transfers", body)
    assert posted.status_code == 201, posted.text
    path = f"/r/oak/{posted.json()['id']}"
    page = await opened(ana, path)
    assert "too long for a square" in page.text
    assert square_of(f"{URL}{path}", "m") in page.text
    assert page.text.count("The other side’s account: +1 min") == 6


def test_every_kind_of_transfer_has_a_name():
    assert KINDS.keys() == {kind.value for kind in TransferKind}


async def test_the_pages_are_plain_speak_languages_and_the_checking_one_is_kept_by_browsers(given, anonymous):
    ana, _, transfer_id = given
    for path in ("/v", f"/r/oak/{transfer_id}"):
        html = (await opened(ana, path)).text
        assert '<html lang="en">' in html
        assert "style=" not in html
        assert "<style" not in html
        assert not re.search(r"\son[a-z]+=", html)
        assert set(re.findall(r"<script[^>]*>(.*?)</script>", html)) == {""}
        page = await ana.client.get(path, headers=ana.headers | {"accept-language": "ja, en;q=0.5"})
        assert '<html lang="ja">' in page.text
        assert page.headers["content-language"] == "ja"
    # The same bytes for everybody: what is checked stands behind the #.
    page = await anonymous.get("/v")
    assert page.content == (await opened(ana, "/v")).content
    assert page.headers["cache-control"] == "no-cache"
    again = await anonymous.get("/v", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
