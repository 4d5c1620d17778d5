"""What is sent to hurt: fields too many, names that mislead, other sites' forms, secrets in the wrong place, bodies
without end. The table of all threats is in tests/api/test_threats.py."""

import json
import logging
import re
import unicodedata
from contextlib import suppress
from gzip import compress
from uuid import uuid4

import pytest
import structlog

from api import observability
from api.requests import MAX_BATCH_BODY, MAX_BODY
from api.routes.policy import MAX_POLICY_BODY
from ledger.book.authors import SHELL
from ledger.people.cards import issue_card
from ledger.people.mail_codes import request_code
from tests.api.conftest import URL, a_token, gift, problem

JSON = {"content-type": "application/json"}
COOKIE = "__Host-carehours"
CROSS_SITE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": f"{URL}.evil.example"},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site", "origin": URL},
    {},
]


@pytest.fixture
async def mia(people):
    return await people.coordinator()


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


def writing_routes(app):
    """Every route of the API that changes something, with whatever ids, and whether it opens to everybody.

    The forms of pages ask these; what becomes of them stands in tests/api/test_web_threats.py.
    """
    for route in app.routes:
        if not route.path.startswith("/v1"):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods & {"POST", "PUT", "DELETE", "PATCH"}):
                path = route.path_format.replace("{slug}", "oak")
                yield method, re.sub(r"{\w+}", str(uuid4()), path), handler.opt.get("public", False)


# Fields nobody offered.

EXTRA = {
    "role": "coordinator",
    "granted_role": "administrator",
    "balance": 10**6,
    "community_id": 2,
    "member_id": "00000000-0000-0000-0000-000000000001",
    "made_by": "00000000-0000-0000-0000-000000000001",
    "author": {"via": "shell"},
    "approved_by": "00000000-0000-0000-0000-000000000001",
    "strong_at": "2030-01-01T00:00:00Z",
    "iat": 1,
    "log_index": 0,
    "number": 1,
    "status": "left",
    "erased_at": None,
    "__proto__": {"role": "coordinator"},
}


async def test_no_field_beyond_the_form_is_taken_on_any_route(people, mia, ana, ben, owner, unlimited):
    """Each body is right without the extra field, or refused for a reason of its own; with it, it is no body."""
    noa = await people.coordinator()
    bodies = [
        (mia, "POST", "/members", {"name": "Zoe"}),
        (ana, "PUT", f"/members/{ana.id}/person", {"name": "Ana"}),
        (mia, "PUT", f"/members/{ana.id}/standing", {"status": "away", "since": "2026-01-02"}),
        (mia, "PUT", f"/members/{ana.id}/classes", {"classes": []}),
        (
            mia,
            "PUT",
            f"/members/{ana.id}/classes",
            {"classes": [{"stakeholder_class": "worker", "from_on": "2026-01-01"}]},
        ),
        (mia, "POST", f"/members/{ana.id}/roles", {"role": "auditor"}),
        (mia, "POST", f"/members/{ana.id}/cards", {}),
        (mia, "POST", f"/members/{ana.id}/erasure", {"reason": "asked"}),
        (
            ana,
            "POST",
            f"/members/{ana.id}/delegates",
            {"delegate": str(ben.id), "relation": "friend", "scopes": ["see"], "from": "2026-01-01"},
        ),
        (mia, "POST", f"/members/{ana.id}/relatives", {"relative": str(ben.id), "relation": "child"}),
        (mia, "POST", f"/accounts/{ana.account}/holders", {"member": str(ben.id)}),
        (mia, "POST", "/accounts", {"kind": "pot", "code": "pot"}),
        (mia, "PUT", f"/accounts/{ana.account}/limits", {"floor": 0, "ceiling": 1}),
        (mia, "POST", f"/accounts/{ana.account}/closing", {}),
        (mia, "POST", "/tokens", {"label": "x", "scopes": ["read"]}),
        (mia, "POST", "/proposals", {"action": "card", "member": str(ana.id)}),
        (mia, "POST", "/proposals", {"action": "token", "label": "x", "scopes": ["post"]}),
        (mia, "POST", "/proposals", {"action": "transfer", **gift(ana.account, ben.account)}),
        (mia, "POST", f"/proposals/{uuid4()}/approval", {}),
        (ana, "POST", "/transfers", gift(ana.account, ben.account)),
        (ana, "POST", "/passkeys/challenge", {}),
        (ana, "POST", "/step-up/challenge", {}),
        (noa, "POST", "/sign-in/card", {"secret": "A" * 22}),
        (noa, "POST", "/sign-in/code/request", {"email": "a@example.org"}),
        (noa, "POST", "/sign-in/code", {"code": "12345678"}),
        (noa, "POST", "/sign-in/passkey/challenge", {}),
    ]
    before = await everything(owner)
    for caller, method, path, body in bodies:
        for name, value in EXTRA.items():
            if name in body:
                continue
            answer = await caller.post(path, body | {name: value}, method=method, headers={"if-match": '"1"'})
            assert answer.status_code in (400, 404), (path, name, answer.text)
            assert answer.status_code == 400 or "/proposals/" in path, (path, name)
        inner = {
            key: [value[0] | {"role": "x"}]
            for key, value in body.items()
            if isinstance(value, list) and value and isinstance(value[0], dict)
        }
        if inner:
            assert (
                await caller.post(path, body | inner, method=method, headers={"if-match": '"1"'})
            ).status_code == 400
        twice = json.dumps(body)[:-1] + (", " if body else "") + '"x": 1, "x": 2}'
        answer = await caller.post(path, method=method, content=twice, headers=JSON | {"if-match": '"1"'})
        assert answer.status_code in (400, 404), path
    assert await everything(owner) == before


PEOPLES = (
    "member person member_role member_class account balance event transfer proposal card api_token delegation"
    " relative session"
).split()


async def everything(owner):
    """What is written of people and their time, to be compared with itself."""
    statement = "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"
    return {table: await owner.fetchval(statement.format(table)) for table in PEOPLES}


# Names.

MISLEADING = [
    "Ana\u202eneB",
    "Ana\u2066x",
    "Ana\u200b",
    "Ana\ufeff",
    "Ana\x00",
    "Ana\x1b[31m",
    "Ana\r\nBcc: x",
    "Ana\U000e0041",
    "",
    " ",
    "\u00a0",
    "\u200d",
    "\u3164",
    "\u2800 \u115f",
    "x" * 121,
    "\ufb2c" * 60,
    "Ana\ue000",
    "Ana\uffff",
]
ALIKE = [
    unicodedata.normalize("NFD", "José Núñez"),
    "JOSÉ NÚÑEZ",
    "Jose Nunez",
    "J\u043es\u00e9 N\u00fa\u00f1ez",  # a Cyrillic o
    "J\u03bfs\u00e9 N\u00fa\u00f1ez",  # a Greek one
    "Jos\u200d\u00e9 N\u00fa\u00f1ez",
    "\uff2aos\u00e9  N\u00fa\u00f1ez",
    "J0s\u00e9 N\u00fa\u00f1ez",
    "José\u00a0Núñez",
]


async def test_names_that_mislead_are_refused_or_flagged(mia, owner, unlimited):
    for name in MISLEADING:
        for path, body in [
            ("/members", {"name": name}),
            ("/accounts", {"kind": "pot", "code": "pot", "name": name}),
        ]:
            assert (await mia.post(path, body)).status_code == 400, ascii(name)
    for raw in (
        b'{"name":"a\\ud800"}',
        b'{"name":"a\\udc00b"}',
        b'{"name":"\xed\xa0\x80"}',
        b'{"name":"\xff"}',
        b'{"name":"\xc0\x80"}',
    ):
        assert (await mia.post("/members", content=raw, headers=JSON)).status_code == 400, raw
    assert (await mia.post("/members", {"name": "x" * 2**20})).status_code == 413
    for odd in (
        {"email": "a\u200b@example.org"},
        {"email": "a@example.org\n"},
        {"languages": ["en\n"]},
        {"phone": "555\n"},
    ):
        assert (await mia.post("/members", {"name": "Odd"} | odd)).status_code == 400, odd

    first = await mia.post(
        "/members", {"name": unicodedata.normalize("NFD", "José Núñez"), "email": "e\u0301@example.org"}
    )
    assert (
        first.status_code == 201
        and first.json()["name"] == "José Núñez"
        and first.json()["email"] == "\u00e9@example.org"
    )
    for name in ALIKE:
        answer = await mia.post("/members", {"name": name})
        assert problem(answer) == (409, "name_alike") and answer.json()["about"] == first.json()["id"], ascii(
            name
        )
    other = (await mia.post("/members", {"name": "Carmen"})).json()
    answer = await mia.post(
        f"/members/{other['id']}/person", {"name": ALIKE[3]}, method="PUT", headers={"if-match": '"1"'}
    )
    assert problem(answer) == (409, "name_alike")
    assert (await mia.post("/members", {"name": ALIKE[3], "even_if_alike": True})).status_code == 201
    # A handle is ours, and says nothing of the name.
    codes = [row[0] for row in await owner.fetch("SELECT code FROM account")]
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", code) for code in codes)
    assert problem(await mia.post("/accounts", {"kind": "pot", "code": "p\u043et"}))[0] in (400, 409, 422)


SQL = [
    "'; DROP TABLE member; --",
    "' OR '1'='1",
    "%",
    "_na",
    "\\",
    "$1",
    ":name",
    "x'||pg_sleep(9)||'",
    "{{7*7}}",
    "%(name)s",
    "); SELECT 1; --",
]


async def test_sql_in_a_text_is_a_text(mia, ana, ben, caller, owner, unlimited):
    everybody = await owner.fetchval("SELECT count(*) FROM member")
    for text in SQL:
        made = await mia.post("/members", {"name": text, "address": text})
        assert made.status_code == 201 and (made.json()["name"], made.json()["address"]) == (text, text)
        found = await mia.client.get(mia.base + "/members", params={"name": text}, headers=mia.headers)
        assert [each["name"] for each in found.json()["members"]] == [text]
        given = await ana.post("/transfers", gift(ana.account, ben.account, 60) | {"note": text})
        assert given.status_code == 201 and given.json()["note"] == text
        for name in (
            "limit",
            "after",
            "status",
            "role",
            "below",
            "before",
            "state",
            "at",
            "account",
            "tree_size",
        ):
            for path in (
                "/members",
                "/accounts",
                "/events",
                "/proposals",
                f"/accounts/{ana.account}/entries",
            ):
                answer = await mia.client.get(mia.base + path, params={name: text}, headers=mia.headers)
                assert answer.status_code == 400 or (path, name) == ("/accounts", "after"), (path, name, text)
        for path in ("members", "accounts", "transfers", "proposals", "holds"):
            answer = await mia.client.get(
                f"{mia.base}/{path}/" + text.replace("%", "%25").replace("?", ""), headers=mia.headers
            )
            assert answer.status_code in (404, 405)
        for path in ("/v1/communities/{}/sign-in/card", "/log/{}/checkpoint", "/web/{}", "/problems/{}"):
            answer = await mia.client.get(path.format(text.replace("%", "%25")))
            assert answer.status_code in (404, 405), (path, text)
    assert await owner.fetchval("SELECT count(*) FROM member") == everybody + len(SQL)


# Secrets in each other's places.


async def test_no_secret_passes_for_another(app, oak, anonymous, people, ana, ben, caller, unlimited):
    ledger = app.state.ledger
    given = (await ana.post("/transfers", gift(ana.account, ben.account))).json()
    _, card = await issue_card(ledger, oak, SHELL, uuid4(), await people.enrol())
    mailed = await people.enrol(email="cal@example.org")
    browser = "B" * 43
    code = await request_code(
        ledger.database, oak.id, email="cal@example.org", browser=browser, now=ledger.now()
    )
    token = await a_token(app, oak)
    session = ana.headers["cookie"].partition("=")[2]
    checkpoint = (await anonymous.get("/log/oak/checkpoint")).text.split()[-1]
    secrets = {
        "receipt": given["receipt"],
        "presentation": given["receipt"] + "~",
        "disclosure": given["entries"][0]["disclosure"],
        "checkpoint": checkpoint,
        "card": card.secret,
        "card code": card.code,
        "mail code": code.code,
        "browser": browser,
        "token": token,
        "token without its name": token.split("_", 2)[2],
        "session": session,
        "session without its number": session.partition(".")[2],
        "session of another community": "2." + session.partition(".")[2],
        "member": str(mailed),
        "transfer": given["id"],
    }
    tried = 0
    for name, secret in secrets.items():
        anonymous.cookies.clear()
        plain = secret.isascii() and "\n" not in secret
        bearers = [
            f"Bearer {secret}",
            f"Basic {secret}",
            f"DPoP {secret}",
            secret,
            f"Bearer  {secret}",
            f"Bearer {secret},",
        ]
        attempts = [
            ("GET", "me", {"authorization": each}, None)
            for each in bearers
            if name != "token" or each[7:] != token or each[:6] != "Bearer"
        ]
        attempts += [
            ("GET", "accounts", {"cookie": f"{each}={secret}"}, None)
            for each in (COOKIE, f"{COOKIE}-browser", "session", "carehours")
            if (name, each) != ("session", COOKIE)
        ]
        attempts += [
            ("POST", "sign-in/card", {}, {"secret": secret[:100]}),
            ("POST", "sign-in/card", {}, {"code": secret[:100]}),
        ]
        attempts += [("POST", "sign-in/code", {"cookie": f"{COOKIE}-browser={secret}"}, {"code": code.code})]
        attempts += [
            ("POST", "sign-in/code", {"cookie": f"{COOKIE}-browser={browser}"}, {"code": secret[:8]})
        ]
        for method, path, headers, body in attempts:
            if (name, path, body and next(iter(body))) in RIGHT:
                continue
            answer = await anonymous.request(
                method, f"/v1/communities/oak/{path}", json=body, headers=headers
            )
            assert answer.status_code in (400, 401), (name, method, path, headers, answer.text)
            assert COOKIE not in answer.headers.get("set-cookie", "")
            tried += 1
        if plain and len(secret) <= 100:
            start = {"secret": secret, "slug": "elm", "name": "Elm", "your_name": "Mallory"}
            assert (await anonymous.post("/v1/start", json=start)).status_code == 401
    assert tried > 150
    # Not even a right secret beside a wrong one of another kind.
    both = {"authorization": "Bearer " + card.secret, "cookie": ana.headers["cookie"]}
    assert problem(await anonymous.get("/v1/communities/oak/me", headers=both)) == (401, "sign_in_required")
    twice = {"cookie": f"{COOKIE}={session}; {COOKIE}=1.{'A' * 43}"}
    assert problem(await anonymous.get("/v1/communities/oak/me", headers=twice)) == (401, "sign_in_required")


RIGHT = {
    ("card", "sign-in/card", "secret"),
    ("card code", "sign-in/card", "code"),
    ("browser", "sign-in/code", "code"),
    ("mail code", "sign-in/code", "code"),
}


# Other sites.


async def test_another_sites_page_changes_nothing(app, mia, anonymous, owner, unlimited):
    cookie = {"cookie": mia.headers["cookie"]}
    before = await everything(owner)
    count = 0
    for method, path, public in writing_routes(app):
        for headers in CROSS_SITE:
            if public and headers == {}:
                continue  # a program without a browser may sign in
            sent = cookie | headers | {"idempotency-key": str(uuid4()), "if-match": '"1"'}
            answer = await anonymous.request(method, path, json={}, headers=sent)
            assert problem(answer) == (403, "cross_site"), (method, path, headers)
            count += 1
    assert count > 300
    assert await everything(owner) == before
    # Nor is another site's page given anything to read: nothing personal is shared across origins.
    for method in ("GET", "OPTIONS"):
        asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        answer = await anonymous.request(method, "/v1/communities/oak/me", headers=cookie | asked)
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_form_is_not_read_as_json(app, mia, ana, ben, owner, unlimited):
    """What a form of a page can send needs no consent of ours; were it read, a page elsewhere could send it."""
    before = await everything(owner)
    body = json.dumps({"name": "Zoe"} | gift(ana.account, ben.account) | {"kind": "gift"})
    for declared in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/json-patch+json",
        "application/json, text/plain",
        "",
    ):
        for caller, path, content in [
            (ana, "/transfers", json.dumps(gift(ana.account, ben.account))),
            (mia, "/members", '{"name": "Zoe"}'),
            (mia, f"/members/{ana.id}/cards", "{}"),
            (mia, f"/accounts/{ana.account}/closing", "{}"),
            (mia, "/sign-in/card", '{"secret": "x"}'),
            (mia, "/sign-in/code/request", '{"email": "a@example.org"}'),
            (mia, "/sign-in/code", '{"code": "12345678"}'),
            (mia, "/transfers", body),
        ]:
            answer = await caller.post(path, content=content, headers={"content-type": declared})
            assert answer.status_code == 415 or (declared, answer.status_code) == ("", 415), (declared, path)
    assert await everything(owner) == before


# The log.


class Sink:
    def __init__(self):
        self.octets = b""

    def write(self, octets):
        self.octets += octets

    def flush(self):
        pass


@pytest.fixture
def logged(app, monkeypatch):
    """What is written, by the processors the service uses, at the level of an ordinary day."""
    sink = Sink()
    logger = structlog.wrap_logger(
        structlog.BytesLogger(sink),
        processors=structlog.get_config()["processors"],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    monkeypatch.setattr(observability, "log", logger)
    for module in ("api.problems", "ledger.book.ledger", "ledger.book.gatherer", "api.mail"):
        monkeypatch.setattr(f"{module}.log", logger)
    return sink


async def test_a_request_is_one_line_in_the_log_and_tells_no_secret(
    app, oak, anonymous, people, mia, logged, monkeypatch, unlimited
):
    ledger = app.state.ledger
    _, card = await issue_card(ledger, oak, SHELL, uuid4(), await people.enrol())
    await people.enrol(email="cal@example.org")
    code = await request_code(
        ledger.database, oak.id, email="cal@example.org", browser="B" * 43, now=ledger.now()
    )
    token = await a_token(app, oak)
    cookie = mia.headers["cookie"].partition("=")[2]
    logged.octets = b""
    requests = 0

    async def send(method, path, **more):
        nonlocal requests
        requests += 1
        return await anonymous.request(method, path, **more)

    odd = b'a\r\n{"event":"forged"}\n\x1b[2J\x1b]0;x\x07"}'
    base = "/v1/communities/oak"
    for name in (
        b"user-agent",
        b"x-request-id",
        b"referer",
        b"x-forwarded-for",
        b"origin",
        b"idempotency-key",
        b"accept",
        b"content-type",
    ):
        await send("GET", f"{base}/me", headers=[(name, odd), (b"cookie", mia.headers["cookie"].encode())])
        await send(
            "POST",
            f"{base}/members",
            content=b"{}",
            headers=[(name, odd), (b"cookie", mia.headers["cookie"].encode())],
        )
    for path in (
        "/%0d%0a%7B%22event%22:%22forged%22%7D",
        "/v1/communities/%1b%5b2J%0a/me",
        f"{base}/members/%0aforged",
        f"{base}/members?name=%0aforged",
    ):
        await send("GET", path, headers=mia.headers)
    answer = await send("GET", "/health/live", headers={"x-request-id": "a-b.c_1"})
    assert answer.headers["x-request-id"] == "a-b.c_1"
    answer = await send("GET", "/health/live", headers=[(b"x-request-id", odd)])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    for name in ("Maria Silva", "Maria\r\nSilva", "Maria\x1b[31m"):
        await send(
            "POST",
            f"{base}/members",
            json={"name": name, "email": "maria@example.org"},
            headers=mia.headers | {"idempotency-key": str(uuid4())},
        )
    await send("GET", f"{base}/members?name=Maria", headers=mia.headers)
    await send("POST", f"{base}/sign-in/card", json={"secret": card.secret})
    await send("POST", f"{base}/sign-in/card", json={"code": card.code})
    await send("POST", f"{base}/sign-in/code/request", json={"email": "cal@example.org"})
    await send(
        "POST",
        f"{base}/sign-in/code",
        json={"code": code.code},
        headers={"cookie": f"{COOKIE}-browser={'B' * 43}"},
    )
    await send("GET", f"{base}/accounts", headers={"authorization": f"Bearer {token}"})
    await send("GET", f"{base}/accounts?token={token}", headers={"authorization": f"Bearer {token[:-1]}"})
    requests_without_errors = requests

    said = f"Maria Silva {card.secret} {cookie}"

    async def fails(*_, **__):
        raise ValueError(said)  # as a driver's error says what it was given

    monkeypatch.setattr("api.routes.sign_in.list_sessions", fails)
    assert (await send("GET", f"{base}/sessions", headers=mia.headers)).status_code == 500

    assert logged.octets.endswith(b"\n") and b"\r" not in logged.octets and b"\x1b" not in logged.octets
    lines = [json.loads(line) for line in logged.octets.splitlines()]
    assert [line["event"] for line in lines].count("request") == requests == requests_without_errors + 1
    assert {line["event"] for line in lines} == {"request", "internal_error"}
    assert len(lines) == requests + 1
    fields = {"event", "method", "route", "status", "ms", "request_id", "level", "timestamp"}
    assert all(line.keys() == fields for line in lines if line["event"] == "request")
    for secret in (
        card.secret,
        card.code,
        code.code,
        token,
        token.split("_", 2)[2],
        cookie,
        "B" * 43,
        "Maria",
        "example.org",
        "forged",
    ):
        assert secret.encode() not in logged.octets, secret


# Bodies.


def bodies(limit):
    deep = b"[" * 20_000
    return {
        "deep": deep,
        "deep and closed": deep + b"]" * 20_000,
        "deep objects": b'{"a":' * 8_000 + b"1" + b"}" * 8_000,
        "deep within": b'{"name":' + deep + b"]" * 20_000 + b"}",
        "wide": b"{" + b",".join(b'"k%d":1' % n for n in range(5_000)) + b"}",
        "a million names": b"{" + b",".join(b'"%d":1' % n for n in range(10**6)) + b"}",
        "a long number": b'{"secret":' + b"9" * 30_000 + b"}",
        "a far exponent": b'{"secret":1e999999999}',
        "one text": b'{"secret":"' + b"x" * (limit - 20) + b'"}',
        "too long": b" " * (limit + 1),
        "blank": b" " * limit,
        "packed": compress(b" " * 10**7),
    }


async def test_no_body_is_too_deep_too_wide_or_too_long(app, anonymous, mia, ana, caller, unlimited):
    base = "/v1/communities/oak"
    routes = {path: None for method, path, public in writing_routes(app) if public and method == "POST"}
    assert len(routes) >= 6
    routes |= {
        f"{base}/transfers": ana,
        f"{base}/members": mia,
        f"{base}/proposals": mia,
        f"{base}/transfers:batch": caller,
    }
    await caller.get("/")  # the token was seen just now: the short way in for plain transfers
    ways = [*routes.items(), (f"{base}/transfers", caller)]
    for path, who in ways:
        limit = MAX_BATCH_BODY if path.endswith(":batch") else MAX_BODY
        if path.endswith("/proposals"):
            limit = MAX_POLICY_BODY
        headers = ({} if who is None else who.headers) | {"idempotency-key": str(uuid4())} | JSON
        for name, body in bodies(limit).items():
            packed = {"content-encoding": "gzip"} if name == "packed" else {}
            answer = await anonymous.post(path, content=body, headers=headers | packed)
            expected = {413} if len(body) > limit else {400, 401} if who is None else {400}
            assert answer.status_code in expected, (path, name, answer.text)
        asked = 0

        async def endless():
            nonlocal asked
            while True:
                asked += 1
                yield b" " * 4096

        answer = await anonymous.post(path, content=endless(), headers=headers)
        assert answer.status_code == 413, path
        assert asked <= limit // 4096 + 3, "no more is read than is needed to refuse it"


async def test_an_address_no_text_can_hold_is_malformed(app, anonymous, mia, unlimited):
    """A NUL comes through an address only, and PostgreSQL takes it in no text."""
    for route in app.routes:
        if "{" not in route.path_format:
            continue
        path = re.sub(r"{\w+}", "a%00", route.path_format)
        ours = re.sub(r"{\w+}", "a%00", route.path_format.replace("{slug}", "oak"))
        for method in route.methods - {"OPTIONS"}:
            for each in {each for each in (path, ours) if "%00" in each}:
                headers = mia.headers | {"idempotency-key": str(uuid4()), "if-match": '"1"'}
                with suppress(UnicodeDecodeError):
                    answer = await anonymous.request(method, each, json={}, headers=headers)
                    # Pages lead whoever may not read them to where they sign in.
                    led = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?")
                    assert led or answer.status_code in (400, 401, 403, 404, 405, 415), (
                        method,
                        each,
                        answer.text,
                    )
