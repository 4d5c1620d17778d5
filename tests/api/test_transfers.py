"""Transfers over HTTP: posting, replaying, refusing, proving."""

import json
from uuid import uuid4

from ledger.book.refusals import Refusal
from ledger.log.trust import Trust
from ledger.log.verification import verify
from tests.api.conftest import care


async def test_a_transfer_is_answered_with_a_receipt_that_verifies(caller, pair, anonymous):
    answer = await caller.post("/transfers", care(*pair, service_on="2026-11-01", note="Shopping"))
    assert answer.status_code == 201
    transfer = answer.json()
    assert answer.headers["location"] == f"/v1/communities/oak/transfers/{transfer['id']}"
    assert [entry["balance_after"] for entry in transfer["entries"]] == [-3600, 3600]
    trust = Trust.from_json((await anonymous.get("/.well-known/carehours-trust.json")).content)
    assert verify(transfer["receipt"].encode(), trust).valid
    proof = await caller.get(f"/transfers/{transfer['id']}/receipt", headers={"accept": "text/plain"})
    result = verify(proof.content, trust)
    assert result.valid
    assert {check.passed for check in result.checks} == {True}
    assert result.note == "Shopping"


async def test_the_same_key_and_body_give_the_same_answer(caller, pair):
    key = uuid4()
    first = await caller.post("/transfers", care(*pair), key)
    again = await caller.post("/transfers", care(*pair), key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content


async def test_the_same_key_with_another_body_is_422(caller, pair):
    key = uuid4()
    await caller.post("/transfers", care(*pair), key)
    answer = await caller.post("/transfers", care(*pair, seconds=60), key)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/problems/id_reused")


async def test_a_refusal_is_remembered_and_says_so(caller, pair):
    key = uuid4()
    first = await caller.post("/transfers", care(pair[1], pair[0]), key)
    again = await caller.post("/transfers", care(pair[1], pair[0]), key)
    assert first.status_code == again.status_code == 409
    assert first.json()["about"] == pair[1]
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_batch_answers_each_item_as_it_would_alone(caller, pair):
    mint, ana = pair
    key = str(uuid4())
    items = [
        {"id": key} | care(mint, ana),
        {"id": key} | care(mint, ana),
        {"id": key} | care(mint, ana, seconds=60),
        {"id": str(uuid4())} | care(ana, mint, seconds=3601),
        {"id": str(uuid4())} | care(ana, str(uuid4())),
        {"id": str(uuid4())} | care(ana, mint, seconds=3600),
    ]
    answer = await caller.post("/transfers:batch", {"transfers": items})
    assert answer.status_code == 200
    assert "receipt" not in answer.json()["outcomes"][0]["transfer"]
    # Again, with receipts: by now the first and the last have been posted.
    signed = await caller.post(
        "/transfers:batch", {"transfers": items}, headers={"prefer": "return=representation"}
    )
    views = [outcome.get("transfer") for outcome in signed.json()["outcomes"]]
    outcomes = answer.json()["outcomes"]
    assert [(outcome["outcome"], outcome["status"]) for outcome in outcomes] == [
        ("posted", 201),
        ("replayed", 200),
        ("refused", 422),
        ("refused", 409),
        ("refused", 404),
        ("posted", 201),
    ]
    for item, outcome in zip(items, outcomes, strict=True):
        body = {name: value for name, value in item.items() if name != "id"}
        alone = await caller.post("/transfers", body, item["id"])
        if outcome["outcome"] == "refused":
            assert alone.json()["type"] == outcome["problem"]["type"]
        else:
            assert alone.json() == views[items.index(item)]
            assert alone.json() == outcome["transfer"] | {"receipt": alone.json()["receipt"]}


async def test_a_dry_run_tells_the_outcome_and_writes_nothing(caller, pair):
    key = uuid4()
    assert (await caller.post("/transfers?dry_run=true", care(*pair), key)).json() == {"outcome": "posted"}
    assert (await caller.post("/transfers?dry_run=true", care(pair[1], pair[0]), key)).status_code == 409
    assert (await caller.get("/")).json()["credits"] == 0
    assert (await caller.post("/transfers", care(*pair), key)).status_code == 201
    assert (await caller.post("/transfers?dry_run=true", care(*pair), key)).json() == {"outcome": "replayed"}


async def test_a_caller_may_ask_for_no_body(caller, pair):
    answer = await caller.post("/transfers", care(*pair), headers={"prefer": "return=minimal"})
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["preference-applied"] == "return=minimal"
    assert (await caller.client.get(answer.headers["location"], headers=caller.headers)).status_code == 200


async def test_a_receipt_for_one_account_shows_nobody_elses_balance(caller, pair):
    transfer = (await caller.post("/transfers", care(*pair))).json()
    path = f"/transfers/{transfer['id']}/receipt"
    mine = await caller.get(f"{path}?account={pair[1]}", headers={"accept": "application/sd-jwt"})
    assert mine.headers["content-type"] == "application/sd-jwt"
    assert mine.text.count("~") == 2
    assert transfer["entries"][1]["disclosure"] in mine.text
    assert transfer["entries"][0]["disclosure"] not in mine.text
    assert (await caller.get(f"{path}?account={uuid4()}")).status_code == 404
    assert (await caller.get(path, headers={"accept": "image/png"})).status_code == 406


async def test_the_receipt_itself_names_no_account(caller, pair):
    transfer = (await caller.post("/transfers", care(*pair, note="For Siân"))).json()
    proof = (await caller.get(f"/transfers/{transfer['id']}/receipt")).json()
    from ledger.log.encoding import read_base64url

    payload = read_base64url(transfer["receipt"].split(".")[1]).decode()
    assert proof["receipt"] == transfer["receipt"]
    assert not any(account in payload for account in pair)
    assert "Siân" not in payload


async def test_a_reversal_is_the_opposite_and_both_stay(caller, pair):
    transfer = (await caller.post("/transfers", care(*pair))).json()
    answer = await caller.post(f"/transfers/{transfer['id']}/reversal", {"reason": "typed twice"})
    assert answer.status_code == 201
    reversal = answer.json()
    assert reversal["reverses"] == transfer["id"]
    assert [entry["seconds"] for entry in reversal["entries"]] == [3600, -3600]
    entries = (await caller.get(f"/accounts/{pair[1]}/entries")).json()["entries"]
    assert [entry["seconds"] for entry in entries] == [-3600, 3600]


async def test_a_hold_is_settled_in_part(caller, pair):
    await caller.post("/transfers", care(*pair))
    body = {"account": pair[1], "seconds": 3000, "expires_at": "2027-01-01T00:00:00+01:00"}
    hold = await caller.post("/holds", body)
    assert hold.status_code == 201
    assert hold.json()["state"] == "pending"
    account = (await caller.get(f"/accounts/{pair[1]}")).json()
    assert (account["balance"], account["held"], account["available"]) == (3600, 3000, 600)
    assert (await caller.post("/transfers", care(pair[1], pair[0], seconds=601))).status_code == 409
    settled = await caller.post("/transfers", care(pair[1], pair[0], seconds=1200, hold=hold.json()["id"]))
    assert settled.status_code == 201
    assert (await caller.get(f"/holds/{hold.json()['id']}")).json()["state"] == "settled"
    account = (await caller.get(f"/accounts/{pair[1]}")).json()
    assert (account["balance"], account["held"]) == (2400, 0)
    assert (await caller.post(f"/holds/{hold.json()['id']}/void", {})).status_code == 409


ODD_BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'{"kind":"care"}',
    b'{"kind":"care","entries":[],"extra":1}',
    b'{"kind":"care","entries":[],"id":"x"}',
    b'{"kind":"care","entries":[],"recorded_at":"2020-01-01T00:00:00Z"}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":"5"}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":5.0}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":1e3}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":1.5}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":true}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":null}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":NaN}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":9007199254740992}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":100000000000000000000000}]}',
    b'{"kind":"care","entries":[{"account":"not a uuid","seconds":1}]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":1,"balance":9}]}',
    b'{"kind":"reverse","entries":[]}',
    b'{"kind":"import","entries":[]}',
    b'{"kind":"care","kind":"care","entries":[]}',
    b'{"kind":"care","entries":[{"account":"%A","seconds":1,"seconds":1}]}',
    b'{"kind":"care","entries":[],"note":"a\\u0000b"}',
    b'{"kind":"care","entries":[],"note":"a\\u202eb"}',
    b'{"kind":"care","entries":[],"note":"line\\n"}',
    b'{"kind":"care","entries":[],"note":"\\ud800"}',
    b'{"kind":"care","entries":[],"note":""}',
    b'{"kind":"care","entries":[],"note":"' + b"x" * 501 + b'"}',
    b'{"kind":"care","entries":[],"service_on":"2026-02-30"}',
    b'{"kind":"care","entries":[],"service_on":"2026-11-22T00:00:00Z"}',
    b'{"kind":"care","entries":[],"note":"\xff"}',
    b"[" * 20_000,
    b'{"kind":' * 5_000,
    b"\xef\xbb\xbf{}",
]


async def test_a_body_of_another_form_is_refused_and_changes_nothing(caller, pair):
    for body in ODD_BODIES:
        key = uuid4()
        content = body.replace(b"%A", pair[1].encode())
        json_type = {"content-type": "application/json"}
        answer = await caller.post("/transfers", key=key, content=content, headers=json_type)
        assert answer.status_code == 400, (body[:100], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith("/problems/malformed_request")
        # Not remembered: the key is still free.
        assert (await caller.post("/transfers", care(*pair), key)).status_code == 201, body[:100]


async def test_only_json_declared_as_json_is_read(caller, pair):
    content = json.dumps(care(*pair)).encode()
    for declared in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "multipart/form-data",
        "application/jsonp",
    ):
        answer = await caller.post("/transfers", content=content, headers={"content-type": declared})
        assert answer.status_code == 415, declared


async def test_a_key_that_is_no_uuid_is_refused(caller, pair):
    for key in ("", "1", "x" * 40, "0" * 32, "{00000000-0000-0000-0000-000000000001}", "../../../etc"):
        answer = await caller.post("/transfers", care(*pair), headers={"idempotency-key": key})
        assert answer.status_code == 400, key


async def test_a_request_that_changes_something_needs_a_key(caller, pair):
    answer = await caller.client.post(caller.base + "/transfers", json=care(*pair), headers=caller.headers)
    assert answer.json()["type"].endswith("/problems/idempotency_key_required")


async def test_a_body_that_is_too_large_is_refused(caller, pair):
    answer = await caller.post("/transfers", care(*pair, note="x" * 70_000))
    assert answer.status_code == 413


async def test_a_batch_of_more_than_a_thousand_is_refused(caller, pair):
    items = [{"id": str(uuid4())} | care(*pair) for _ in range(1001)]
    assert (await caller.post("/transfers:batch", {"transfers": items})).status_code == 400
    assert (await caller.post("/transfers:batch", {"transfers": []})).status_code == 400


async def test_each_refusal_has_its_status_and_its_page(anonymous, oak):
    for refusal in Refusal:
        page = await anonymous.get(f"/problems/{refusal.code}")
        assert page.status_code == 200
        assert page.json()["title"] == refusal.says
    assert (await anonymous.get("/problems/nonsense")).status_code == 404


async def test_the_short_way_in_and_the_ordinary_road_answer_alike(caller, pair, monkeypatch):
    """A plain post by a token just seen takes the short way; a media type with a parameter takes the ordinary road."""
    from api import fast_lane

    taken = []
    monkeypatch.setattr(
        fast_lane, "answer_transfer", lambda *given: taken.append(1) or answer_transfer(*given)
    )
    from api.routes.common import answer_transfer

    bodies = [
        care(*pair),
        care(pair[1], pair[0], seconds=10**6),
        care(pair[0], str(uuid4())),
        care(*pair, seconds=0),
        care(*pair, note="Garden", service_on="2026-11-01"),
    ]
    for body in bodies:
        await caller.get("/")  # the token has just been seen
        key, content = uuid4(), json.dumps(body).encode()
        short = await caller.post(
            "/transfers", key=key, content=content, headers={"content-type": "application/json"}
        )
        plain = {"content-type": "application/json; charset=utf-8"}
        ordinary = await caller.post("/transfers", key=key, content=content, headers=plain)
        assert short.status_code in (ordinary.status_code, 201)
        told, told_again = short.json(), ordinary.json()
        told_again.pop("replayed", None)
        assert told == told_again
        differing = {"x-request-id", "idempotency-replayed", "content-length"}
        assert set(short.headers) - differing == set(ordinary.headers) - differing
    assert len(taken) == len(bodies)


async def test_a_key_given_twice_is_refused_on_both_roads(caller, pair):
    for seen_just_now in (False, True):
        if seen_just_now:
            await caller.get("/")
        headers = [
            *caller.headers.items(),
            ("idempotency-key", str(uuid4())),
            ("idempotency-key", str(uuid4())),
        ]
        answer = await caller.client.post(caller.base + "/transfers", json=care(*pair), headers=headers)
        assert answer.status_code == 400
    assert (await caller.get("/")).json()["credits"] == 0


async def test_a_text_that_cannot_be_seen_is_refused(caller, pair):
    for note in (" ", "\u200b", "a\u2060b", "\u061c", "\U000e0041", "\ufb2c" * 500):
        assert (await caller.post("/transfers", care(*pair, note=note))).status_code == 400, ascii(note)
    name = "\ufb2c" * 100  # three characters each, once in normal form
    assert (await caller.post("/accounts", {"kind": "member", "code": "x", "name": name})).status_code == 400


async def test_a_problem_never_repeats_what_the_caller_wrote(caller, pair):
    for body in (
        care(*pair) | {"SECRET<script>": 1},
        care(*pair) | {"kind": "SECRET"},
        care(*pair, note="SECRET\u202e"),
        care("SECRET", pair[1]),
    ):
        answer = await caller.post("/transfers", body)
        assert answer.status_code == 400
        assert "SECRET" not in answer.text
        assert "\\u" not in answer.json()["detail"]
