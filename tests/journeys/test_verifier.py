"""The verifier in the browser: it and the Python one give the same answers, receipt by receipt and check by check."""

from base64 import b64encode
from pathlib import Path

import pytest

from ledger.log.verification import MalformedTrust, Trust, verify
from tests.journeys.browser import find_chromium, opened_browser
from tests.journeys.receipts_to_try import disclosures, headers, payloads, proofs, tampered, trust_files
from tests.ledger.log.test_verification import PROOF, RECEIPT, SHOWN, TRUST_FILE

STATIC = Path(__file__).parents[2] / "api" / "web" / "static"
# A secure context, as every page of ours is: elsewhere browsers have no cryptography.
PAGE = "http://localhost/"

VERDICTS = """async ([receipts, trusts]) => {
  const { verify } = await import("/verifier.js");
  const octets = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const said = [];
  for (const [receipt, trust] of receipts) said.push(await verify(octets(receipt), octets(trusts[trust])));
  return said;
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
        return {"valid": None, "checks": [("trust", False)], "receipt": None}
    checks = [(check.name, check.passed) for check in answer.checks]
    return {"valid": answer.valid, "checks": checks, "receipt": said_by(answer) if answer.valid else None}


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


@pytest.mark.timeout(60)
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
    assert len([answer for answer in answers if not answer["valid"]]) > 2000
