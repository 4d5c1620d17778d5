"""The verifier of balances in the browser, which agrees with the Python one check by check; and its page."""

import json
from base64 import b64encode
from datetime import date, timedelta
from uuid import uuid4

from ledger.log.balance_proofs import is_balance_proof, render_balance_proof, verify_balance
from ledger.log.balances import balance_leaf, standing_disclosure
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import base64url, canonical_json
from ledger.log.receipts import digest
from ledger.log.trust import Trust
from tests.journeys.browser import find_chromium, opened_browser
from tests.journeys.test_verifier import module_page, paste
from tests.journeys.test_verifier import says as page_says
from tests.ledger.log.test_balances import EVENT, KEY, ORIGIN, TRUST, VKEY, account, proof, secret

TRUST_FILE = json.dumps(
    {
        "version": 1,
        "issuers": sorted(TRUST.issuers),
        "jwks": {"keys": []},
        "logs": [{"origin": ORIGIN, "vkeys": [str(VKEY)]}],
    }
).encode()
SALT = base64url(b"s" * 16)
ODD = (
    None,
    True,
    -1,
    -0.0,
    2**53,
    1.5,
    "",
    "x",
    [],
    ["x"],
    {},
    "2026-02-30",
    "0000-01-01",
    "A" * 64,
    "é",
    "\ud800",
)

VERDICTS = """async ([proofs, trust]) => {
  const { isBalanceProof, verifyBalance } = await import("/verifier-balance.js");
  const octets = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const found = async (each) => ({ ...(await verifyBalance(each, octets(trust))), is: isBalanceProof(each) });
  return Promise.all(proofs.map(octets).map(found));
}"""


def texts():
    """Proofs, genuine and not, and texts that are none."""
    whole = render_balance_proof(proof()).encode()
    yield whole
    yield whole + b"\r\n\xef\xbb\xbf "
    yield b" " + whole
    yield b"\xef\xbb\xbf" + whole
    yield json.dumps(json.loads(whole)).encode()
    yield whole + b" " * 65_536
    for place in range(0, len(whole), 5):
        for other in (whole[place] ^ 1, whole[place] ^ 32):
            yield whole[:place] + bytes([other]) + whole[place + 1 :]
        yield whole[:place] + whole[place + 1 :]
        yield whole[:place]
    for count in (1, 2, 6, 257):
        yield render_balance_proof(proof(count, said={"sum": 0})).encode()
    yield from (render_balance_proof(each).encode() for each in signed())
    yield from shapes(json.loads(whole))


def signed():
    """Proofs whose every part says something else, signed all the same."""
    yield proof(disclosure=None)
    for value in ODD:
        for name in ("number", "through", "ends", "size", "root", "accounts", "sum", "more"):
            if value != "\ud800":
                yield proof(said={name: value})
    yield proof(by=str(account(1)))
    yield proof(kind="period_closed")
    yield proof(index=6)
    yield proof(leaf_index=1)
    yield proof(issuer="https://elsewhere.example.org")
    for disclosure in (
        standing_disclosure(secret(1), EVENT, account(1)),
        *(base64url(each) for each in (b'["AA","standing",{"acct":"x"}]', b"[]", b"7", b"{}", b"null", b"")),
        base64url(canonical_json([SALT, "own", {"acct": str(account(1))}])),
        base64url(canonical_json([SALT, "standing", {"acct": str(account(1)), "n": 1}])),
    ):
        yield proof(disclosure=disclosure)
    for leaf in (
        balance_leaf(digest("x"), 5, -180),
        b'{"_sd":["x"],"n":5.0,"s":1}',
        b'{"n":5,"s":1}',
        *(canonical_json({"_sd": each, "n": 5, "s": 1}) for each in ([], ["x"], "x", [digest("x")] * 2)),
        *(canonical_json({"_sd": [digest("x")], "n": each, "s": 1}) for each in (-1, True, None, 2**53)),
        *(canonical_json({"_sd": [digest("x")], "n": 1, "s": each}) for each in (0, True, "1", -(2**53))),
    ):
        yield proof(leaf=leaf)
    for origin, size in ((f"{ORIGIN}x", 4), (ORIGIN, 4), (ORIGIN, 2), (ORIGIN, 10**17)):
        yield proof(note=sign_checkpoint(Checkpoint(origin, size, b"r" * 32), [KEY]))


def shapes(parts):
    """Texts of another shape, in every part."""
    for name in ("format", "balance", "event", "checkpoint"):
        for value in ODD:
            yield json.dumps(parts | {name: value}).encode()
        yield json.dumps({key: each for key, each in parts.items() if key != name}).encode()
    for name in ("balance", "event"):
        for member in ("leaf", "disclosure", "index", "path", "more"):
            for value in (*ODD, ["AAAA"], parts["event"]["path"] * 40, parts["event"]["path"][::-1]):
                yield json.dumps(parts | {name: parts[name] | {member: value}}).encode()
            rest = {key: each for key, each in parts[name].items() if key != member}
            yield json.dumps(parts | {name: rest}).encode()
    text = json.dumps(parts)
    yield text.replace('"index": 2', '"index": -0', 1).encode()
    yield text.replace('"index": 2', '"index": 2e0', 1).encode()
    yield text.replace('"format"', '"format": "x", "format"', 1).encode()
    yield b"[" * 60_000
    yield b'{"format":"carehours-balance-proof@v1"'


def in_python(text):
    found = verify_balance(text, Trust.from_json(TRUST_FILE))
    checks = [(check.name, check.passed) for check in found.checks]
    return {"valid": found.valid, "checks": checks, "says": said_by(found.says), "is": is_balance_proof(text)}


def said_by(says):
    return says and {
        "origin": says.origin,
        "number": says.number,
        "through": says.through,
        "closedSeconds": int(says.closed_at.timestamp()),
        "accounts": says.accounts,
        "account": says.account_id,
        "balance": says.balance,
        "entries": says.entry_count,
    }


async def test_the_browser_and_python_agree_on_every_proof():
    cases = list(dict.fromkeys(texts()))
    async with opened_browser(find_chromium()) as browser:
        page = await module_page(browser)
        given = [[b64encode(each).decode() for each in cases], b64encode(TRUST_FILE).decode()]
        answers = await page.evaluate(VERDICTS, given)
    differing = []
    for text, answer in zip(cases, answers, strict=True):
        answer["checks"] = [(check["name"], check["ok"]) for check in answer["checks"]]
        if answer != in_python(text):
            differing.append((text, answer, in_python(text)))
    assert differing[:3] == []
    assert len([answer for answer in answers if answer["valid"]]) > 5
    assert len([answer for answer in answers if not answer["valid"]]) > 1000


async def test_a_proof_of_ones_own_balance_is_checked_on_the_page_and_sent_nowhere(people, browsing):
    ana = await people.coordinator()
    someone = await browsing(ana)
    page, sent = someone.page, []
    await someone.open("/v")
    me = await page.evaluate("fetch('/v1/communities/oak/me').then((each) => each.json())")
    through = date.fromisoformat(me["today"]) - timedelta(days=1)
    closed = await someone.ask("POST", "/v1/communities/oak/periods", {"through": str(through)}, key=uuid4())
    assert closed[0] == 201, closed
    await someone.open(f"/statement/oak/{ana.account}")
    address = await page.get_by_role("link", name="Proof of this balance").get_attribute("href")
    text = await page.evaluate("(path) => fetch(path).then((each) => each.text())", address)
    keys = await page.evaluate("fetch('/.well-known/carehours-trust.json').then((each) => each.text())")
    assert verify_balance(text.encode(), Trust.from_json(keys.encode())).valid
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    await page.get_by_role("link", name="Check a proof").click()
    file = {"name": "proof.json", "mimeType": "application/json", "buffer": text.encode()}
    await page.set_input_files("#receipt-file", file)
    genuine, forged = "This proof of a balance is genuine.", "This is not a genuine proof of a balance."
    await page_says(someone, genuine, "the account stood at 0 min", ana.account, "as they must be")
    # Nobody who closed it is in it, and it needs no connection.
    assert str(ana.id) not in await page.locator("#answer").inner_text()
    await page.context.set_offline(True)
    await paste(someone, text)
    await page_says(someone, genuine, "It names an account and no person")
    await paste(someone, text.replace('\\"s\\":0', '\\"s\\":36000'))
    await page_says(someone, forged, "The balance is not one of those in the closing.")
    await paste(someone, text[:-40])
    await page_says(someone, forged, "Please take all of it.")
    await page.set_input_files(
        "#keys-file", {"name": "other.json", "mimeType": "application/json", "buffer": TRUST_FILE}
    )
    await paste(someone, text)
    await page_says(someone, "This proof of a balance cannot be confirmed here.", "not theirs")
    await paste(someone, render_balance_proof(proof()))
    await page_says(someone, genuine, "closed in care.example.org/oak, the account stood at −3 min")
    assert not [each for each in sent if text[40:80] in each or ana.account in each]
