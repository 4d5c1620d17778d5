"""The verifier of statements in the browser, which agrees with the Python one check by check; and its page."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import date

import pytest
from playwright.async_api import expect

from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import base64, base64url, canonical_json
from ledger.log.keys import create_keys
from ledger.log.receipts import sign_receipt
from ledger.log.statement_checks import verify_statement
from ledger.log.statements import is_statement, present_statement, render_summary, sign_statement
from ledger.log.trust import Trust, render_trust
from tests.journeys.browser import find_chromium, opened_browser
from tests.journeys.test_verifier import module_page, paste, says
from tests.ledger.log.test_statements import (
    CHECKPOINT,
    ISSUER,
    LINES,
    ORIGIN,
    WRONG,
    mutations,
    statement,
    text_of,
)

DAYS_THAT_ARE_NONE = ("2026-02-30", "0000-01-01", "2026-W01-1", "20260101")

VERDICTS = """async ([statements, trust]) => {
  const { isStatement, verifyStatement } = await import("/verifier-statement.js");
  const octets = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const found = async (each) => ({ ...(await verifyStatement(each, octets(trust))), is: isStatement(each) });
  return Promise.all(statements.map(octets).map(found));
}"""


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    return create_keys(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture(scope="module")
def trust_file(ring):
    return json.dumps(render_trust([ISSUER], ring, [ORIGIN])).encode()


def texts(ring):
    """Statements, genuine and not, and texts that are none."""
    whole = text_of(ring, statement())
    yield whole
    yield sign_statement(statement(), ring.receipt_key).encode()
    yield text_of(ring, statement(())) + b"\n\xef\xbb\xbf"
    yield from mutations(whole)
    for _, changes, _ in WRONG:
        yield text_of(ring, statement(**changes))
    for lines in (LINES[:2], LINES[::-1], (replace(LINES[0], who=("Ben",)), *LINES[1:])):
        yield text_of(ring, statement(), lines)
        yield text_of(ring, statement(lines))
    for changes in (
        {"recorded_on": date(2026, 3, 1)},
        {"leaf_index": 8},
        {"number": 9},
        {"balance_after": 0},
    ):
        yield text_of(ring, statement((LINES[0], replace(LINES[1], **changes), LINES[2])))
    yield text_of(ring, statement(), checkpoint=Checkpoint(ORIGIN, 49, CHECKPOINT.root))
    yield sign_receipt(render_summary(statement()), ring.receipt_key).encode()
    summary = json.loads(render_summary(statement()))
    for name in summary:
        for value in (
            None,
            True,
            -1,
            2**53,
            1.5,
            "",
            "x",
            [],
            ["x"],
            [1],
            {},
            "2026-02-30",
            "0000-01-01",
            "2026-W01-1",
        ):
            yield signed(ring, canonical_json(summary | {name: value}))
        yield signed(ring, canonical_json({key: each for key, each in summary.items() if key != name}))
    yield signed(ring, canonical_json(summary | {"more": 1}))
    yield signed(ring, json.dumps(summary).encode())
    yield signed(ring, canonical_json(summary | {"names": ["x"] * 101}))
    for value in (
        [1],
        {},
        [{}],
        None,
        [[]],
        "x",
        [dict.fromkeys(("after", "jti", "k", "n", "num", "rec", "s"), 1)],
    ):
        lines = base64url(canonical_json(value))
        note = base64url(sign_checkpoint(CHECKPOINT, ring.log_keys).encode())
        yield f"{sign_statement(statement(), ring.receipt_key)}~{lines}~{note}~".encode()
    yield present_statement(sign_statement(statement(), ring.receipt_key), LINES, "no note").encode()


def signed(ring, payload):
    header = canonical_json({"alg": "EdDSA", "kid": ring.receipt_key.kid, "typ": "carehours-statement+jwt"})
    signing_input = f"{base64url(header)}.{base64url(payload)}"
    return f"{signing_input}.{base64url(ring.receipt_key.sign(signing_input.encode()))}".encode()


def in_python(text, trust):
    found = verify_statement(text, trust)
    checks = [(check.name, check.passed) for check in found.checks]
    return {
        "valid": found.valid,
        "checks": checks,
        "says": said_by(found.statement),
        "is": is_statement(text),
    }


def said_by(said):
    return said and {
        "names": list(said.names),
        "closing": said.closing,
        "until": str(said.until_on),
        "root": base64(said.root),
        "lines": None
        if said.lines is None
        else [[each.transfer_id, each.seconds, each.what, list(each.who)] for each in said.lines],
    }


def as_python_says(answer):
    said = answer["says"]
    if said is not None:
        lines = said["lines"]
        told = lines and [[each["transfer"], each["seconds"], each["what"], each["who"]] for each in lines]
        root = base64(bytes(said["root"]))
        said = {"names": said["names"], "closing": said["closing"], "until": said["until"], "root": root}
        said["lines"] = [] if lines == [] else told
    checks = [(check["name"], check["ok"]) for check in answer["checks"]]
    return {"valid": answer["valid"], "checks": checks, "says": said, "is": answer["is"]}


async def test_the_browser_and_python_agree_on_every_statement(ring, trust_file):
    cases = list(dict.fromkeys(texts(ring)))
    async with opened_browser(find_chromium()) as browser:
        page = await module_page(browser)
        answers = await page.evaluate(
            VERDICTS, [[b64encode(each).decode() for each in cases], b64encode(trust_file).decode()]
        )
    trust = Trust.from_json(trust_file)
    pairs = zip(cases, answers, strict=True)
    differing = [
        (text, as_python_says(answer), in_python(text, trust))
        for text, answer in pairs
        if as_python_says(answer) != in_python(text, trust)
    ]
    assert differing[:3] == []
    assert len(cases) > 1200
    assert len([answer for answer in answers if not answer["valid"]]) > 1200


async def test_a_statement_is_checked_on_the_page_and_sent_nowhere(people, browsing):
    ana, ben = await people.member("Ana Pérez"), await people.member("Ben Iles")
    someone = await browsing(ana)
    await someone.open("/v")
    gift = {
        "kind": "gift",
        "entries": [{"account": ana.account, "seconds": -1800}, {"account": ben.account, "seconds": 1800}],
    }
    key = "5f0c36c4-3d3a-4c55-8a39-2f1d5a3f6f11"
    assert (await someone.ask("POST", "/v1/communities/oak/transfers", gift, key=key))[0] == 201
    me = await someone.page.evaluate("fetch('/v1/communities/oak/me').then((each) => each.json())")
    await someone.open(f"/statement/oak/{ana.account}?from=2026-01-01&until={me['today']}")
    address = await someone.page.get_by_role("link", name="Keep the signed file").get_attribute("href")
    text = await someone.page.evaluate("(path) => fetch(path).then((each) => each.text())", address)
    sent = []
    someone.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    await someone.page.get_by_role("link", name="Check it").click()
    await says(someone, "This statement is genuine.", "−30 min in the books of Oak Hill Care", "Ana Pérez")
    await says(someone, "This statement is genuine.", "It came without its lines", "Not included")
    await paste(someone, text)
    await says(someone, "This statement is genuine.", "Its lines are those that were signed", "Ben Iles")
    jws, lines, note = text.split("~")[:3]
    await paste(someone, "~".join([jws, lines[:-8] + "AAAA" + lines[-4:], note, ""]))
    await expect(someone.page.get_by_role("heading", name="This is not a genuine statement.")).to_be_focused()
    header, payload, _ = jws.split(".")
    await paste(someone, f"{header}.{payload}.{'A' * 86}")
    await says(
        someone, "This is not a genuine statement.", "The signature is wrong: the statement was changed"
    )
    paper = {"name": "statement.txt", "mimeType": "text/plain", "buffer": b"%PDF-1.7\n%\xe2\xe3"}
    await someone.page.get_by_label("Or choose the receipt's file").set_input_files(paper)
    await says(someone, "This is a PDF.", "Please choose the signed file that came with it.")
    signature = jws.split(".")[2]
    assert not [each for each in sent if signature[:20] in each or lines[:40] in each]
