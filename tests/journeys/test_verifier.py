"""The verifier in the browser, which agrees with the Python one check by check, and the pages around it."""

import re
from base64 import b64encode
from pathlib import Path
from urllib.parse import urldefrag
from uuid import uuid4

import pytest
from playwright.async_api import expect

from ledger.log.verification import MalformedTrust, Trust, verify
from tests.journeys.browser import find_chromium, opened_browser
from tests.journeys.receipts_to_try import disclosures, headers, payloads, proofs, tampered, trust_files
from tests.ledger.log.test_verification import PROOF, RECEIPT, SHOWN, TRUST_FILE, VECTORS

STATIC = Path(__file__).parents[2] / "api" / "web" / "static"
# A secure context, as every page of ours is: elsewhere browsers have no cryptography.
PAGE = "http://localhost/"

VERDICTS = """async ([receipts, trusts]) => {
  const { verify } = await import("/verifier.js");
  const octets = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  return Promise.all(receipts.map(([receipt, trust]) => verify(octets(receipt), octets(trusts[trust]))));
}"""


async def module_page(browser):
    """An empty page beside the modules as they stand in the repository."""
    context = await browser.new_context()
    await context.route(f"{PAGE}**", serve)
    page = await context.new_page()
    await page.goto(PAGE)
    return page


async def serve(route):
    name = route.request.url.removeprefix(PAGE)
    if name:
        await route.fulfill(path=STATIC / name, content_type="text/javascript")
    else:
        await route.fulfill(body="<!doctype html><title>verifier</title>", content_type="text/html")


async def in_the_browser(page, cases):
    """What the browser says of each (receipt, trust file), both in octets."""
    trusts = sorted({trust for _, trust in cases})
    receipts = [[b64encode(receipt).decode(), trusts.index(trust)] for receipt, trust in cases]
    return await page.evaluate(VERDICTS, [receipts, [b64encode(trust).decode() for trust in trusts]])


def in_python(receipt, trust_file):
    """What Python says of it, put as the browser puts it; and None for a trust file that is none."""
    try:
        answer = verify(receipt, Trust.from_json(trust_file))
    except MalformedTrust:
        return {"valid": None, "checks": [("trust", False)], "says": None}
    checks = [(check.name, check.passed) for check in answer.checks]
    return {"valid": answer.valid, "checks": checks, "says": said_by(answer) if answer.valid else None}


def said_by(answer):
    payload = answer.payload
    disclosed = {each.entry_index: each for each in answer.disclosed}
    shown = [disclosed.get(at) for at in range(len(payload["entries"]))]
    return {
        "issuer": payload["iss"],
        "origin": payload["log"],
        "leafIndex": payload["n"],
        "transfer": payload["jti"],
        "kind": payload["k"],
        "recordedSeconds": payload["iat"],
        "serviceOn": payload.get("on"),
        "reverses": payload.get("rev"),
        "hold": payload.get("hold"),
        "via": payload.get("via"),
        "note": answer.note,
        "author": answer.author
        and {"member": answer.author.member_id, "actingFor": answer.author.for_member_id},
        "entries": [
            {
                "community": entry["c"],
                "seconds": entry["s"],
                "account": each and each.account_id,
                "balanceAfter": each and each.balance_after,
                "entryNumber": each and each.entry_number,
            }
            for entry, each in zip(payload["entries"], shown, strict=True)
        ],
    }


async def test_the_browser_and_python_agree_on_every_receipt():
    receipts = [RECEIPT, SHOWN, PROOF]
    for some in (tampered(), payloads(), headers(), disclosures(), proofs()):
        receipts += some
    cases = [(receipt, TRUST_FILE) for receipt in dict.fromkeys(receipts)]
    cases += [(PROOF, trust_file) for trust_file in trust_files()]
    async with opened_browser(find_chromium()) as browser:
        answers = await in_the_browser(await module_page(browser), cases)
    differing = []
    for (receipt, trust_file), answer in zip(cases, answers, strict=True):
        answer["checks"] = [(check["name"], check["ok"]) for check in answer["checks"]]
        expected = in_python(receipt, trust_file)
        if answer != expected:
            differing.append((receipt, trust_file, answer, expected))
    assert differing == []
    # Both kinds are there, and most are forgeries.
    assert len([answer for answer in answers if answer["valid"]]) > 50
    assert len([answer for answer in answers if not answer["valid"]]) > 1500


@pytest.fixture
async def ana(people, browsing):
    """Ana with a browser that may use the clipboard, and the path of the receipt of her gift to Ben."""
    ana, ben = await people.member("Ana Pérez"), await people.member("Ben Iles")
    permissions = ["clipboard-read", "clipboard-write"]
    someone = await browsing(ana, permissions=permissions, accept_downloads=True)
    await someone.open("/v")
    entries = [{"account": ana.account, "seconds": -1800}, {"account": ben.account, "seconds": 1800}]
    gift = {"kind": "gift", "entries": entries}
    status, posted = await someone.ask("POST", "/v1/communities/oak/transfers", gift, key=uuid4())
    assert status == 201, posted
    someone.path = f"/r/oak/{posted['id']}"
    return someone


async def says(someone, heading, *sentences):
    """The page's answer, once it is there and in focus."""
    title = someone.page.get_by_role("heading", name=heading, exact=True)
    await expect(title).to_be_focused()
    for sentence in sentences:
        await expect(someone.page.locator("#answer")).to_contain_text(sentence)


async def paste(someone, text):
    await someone.fill("The receipt, or the link in its square", text)
    await someone.press("Check it")


DROP = """async ([text, name]) => {
  const dropped = new DataTransfer();
  if (name) dropped.items.add(new File([text], name));
  else dropped.setData("text/plain", text);
  document.querySelector("h1").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true }));
}"""

GENUINE, FORGED = "This receipt is genuine.", "This is not a genuine receipt."


async def test_a_receipt_is_checked_on_the_page_and_sent_nowhere(ana):
    page, sent = ana.page, []

    def remember(request):
        sent.append(request)

    page.on("request", remember)
    await ana.open(ana.path)
    link = await page.get_by_role("link", name="Check it").get_attribute("href")
    receipt = link.partition("#")[2]
    await page.get_by_role("link", name="Check it").click()
    await says(ana, GENUINE, "recorded a gift of 30 min.", "One side gave", "which then stood at −30 min")
    await says(ana, GENUINE, "It came without proof of its place", "What this does not show")
    # What a scanner app makes of the tilde, and what people paste.
    await page.goto("about:blank")
    await ana.open(link.replace("~", "%7E"))
    await says(ana, GENUINE)
    await page.evaluate("location.hash = location.hash.replace('.', '.e')")
    await says(ana, FORGED, "Please copy all of it.")
    # Once the app is on the phone, so is this page: it opens without a connection.
    await ana.open("/app")
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await page.context.set_offline(True)
    await ana.open(link)
    await says(ana, GENUINE, "recorded a gift of 30 min.")
    await paste(ana, f" {ana.url}{link}\n")
    await says(ana, GENUINE)
    header, payload, signature = receipt.split("~")[0].split(".")
    await paste(ana, f"{header}.{payload}.{'A' * 85}B")
    await says(ana, FORGED, "it was changed or cut short")
    await paste(ana, f"{header}.{payload}.{'A' * 86}")
    await says(ana, FORGED, "The signature is wrong", "Right", "Wrong")
    await paste(ana, " ")
    await expect(
        page.get_by_role("alert").filter(has_text="Please paste the receipt here first.")
    ).to_be_visible()
    await says_with_other_keys(ana)
    for request in sent:
        headers = await request.all_headers()
        heard = " ".join([urldefrag(request.url).url, request.post_data or "", *headers.values()])
        assert signature[:20] not in heard
        assert RECEIPT.decode()[-20:] not in heard


async def says_with_other_keys(someone):
    """Somebody else's receipts, which are checked with a file of somebody else's keys, also without a connection."""
    page, proof = someone.page, PROOF.decode()
    await page.evaluate(DROP, [proof, None])
    await says(someone, "This receipt cannot be confirmed here.", "the keys used here are not theirs")
    await page.set_input_files("#keys-file", VECTORS / "checkpoint.txt")
    await expect(page.get_by_role("alert").filter(has_text="This is not a file of keys.")).to_be_visible()
    await page.set_input_files("#keys-file", VECTORS / "trust.json")
    await expect(page.get_by_role("status").filter(has_text="trust.json")).to_be_visible()
    # What was there is checked again at once.
    await says(someone, GENUINE, "recorded 1 h 30 min for care that was given.", "Gwnaeth Siân y siopa")
    await says(someone, GENUINE, "number 1 of 3", "the keys in the file trust.json")
    await page.set_input_files("#receipt-file", VECTORS / "checkpoint.txt")
    await says(someone, FORGED)
    await page.evaluate(DROP, [proof, "receipt.tlog-proof"])
    await says(someone, GENUINE)


async def test_a_browser_that_cannot_check_says_so_and_one_without_keys_too(site, browsing):
    old = await browsing()
    # Browsers from before 2025 know no Ed25519.
    await old.page.add_init_script(
        "crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError'); };"
    )
    await old.open(f"/v#{RECEIPT.decode()}")
    await says(old, "Receipts cannot be checked here.", "Please open this page in a newer one.")
    await paste(old, RECEIPT.decode())
    await says(old, "This receipt could not be checked.")
    new = await browsing()
    await new.open("/v")
    await new.page.context.set_offline(True)
    await paste(new, RECEIPT.decode())
    await says(new, "This receipt could not be checked.", "choose a file of keys below")


SHARE = """
navigator.canShare = ({ files }) => files.every((file) => file.type === "text/plain");
navigator.share = async ({ files: [file] }) => { window.shared = [file.name, await file.text()]; };
window.print = () => {};
"""


async def test_a_receipt_is_shared_saved_copied_and_printed(ana):
    page = ana.page
    await page.add_init_script(SHARE)
    await ana.open(ana.path)
    await ana.press("Share")
    await page.wait_for_function("window.shared")
    name, shared = await page.evaluate("window.shared")
    assert re.fullmatch(r"receipt-[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{8}\.txt", name)
    async with page.expect_download() as started:
        await ana.press("Save as a file")
    download = await started.value
    assert download.suggested_filename == name
    assert Path(await download.path()).read_text() == shared
    await ana.press("Copy as text")
    await expect(page.get_by_role("status")).to_contain_text("copied")
    assert await page.evaluate("navigator.clipboard.readText()") == shared
    trust = await (await page.context.request.get(f"{ana.url}/.well-known/carehours-trust.json")).body()
    answer = verify(shared.encode(), Trust.from_json(trust))
    assert {check.passed for check in answer.checks} == {True}
    for button, width, height in (("Print on a card (A6)", 298, 420), ("Print on a sheet (A4)", 595, 842)):
        await ana.press(button)
        pdf = await page.pdf(prefer_css_page_size=True)
        [box] = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
        assert [round(float(each)) for each in box] == [width, height]
