"""Passkeys over HTTP, with an authenticator in software: every ceremony, and every way in which one must fail."""

import asyncio
import json
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import cbor2
import httpx
import pytest

from ledger.people.passkeys import Purpose
from tests.authenticator import ATTESTED, USER_PRESENT, Authenticator, decode, encode
from tests.browsers import SESSION, URL, WAITING, Browser, give_role, member

HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(app):
    return app.state.ledger


@pytest.fixture
async def browser(app):
    """Makes browsers, each with cookies of its own."""
    clients = []

    def make(device=None, slug="oak"):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url=URL))
        return Browser(clients[-1], slug, device or Authenticator())

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def ana(ledger, oak):
    return await member(ledger, oak, "Ana")


@pytest.fixture
async def phone(ledger, oak, ana, browser):
    """Ana's browser, where she has just registered a passkey."""
    phone = browser()
    await phone.enter(ledger, oak, ana)
    answer = await phone.register()
    assert answer.status_code == 201, answer.text
    return phone


def kind_of(answer):
    return answer.json()["type"].rpartition("/")[2]


def failed(answer):
    """Whether a sign-in failed, in exactly the words of any other."""
    same = {
        "type": f"{URL}/problems/sign_in_failed",
        "title": "That does not open anything here.",
        "status": 401,
        "remedy": "Check it and try again, or ask a co-ordinator for a new card: each works once, and not for ever.",
    }
    return answer.status_code == 401 and answer.json() == same and "set-cookie" not in answer.headers


async def events(ledger, community):
    async with ledger.database.connection(community.id) as db:
        rows = await db.driver.fetch("SELECT kind, member_id, details FROM event ORDER BY leaf_index")
    return [(row["kind"], row["member_id"], json.loads(row["details"])) for row in rows]


async def rewind_limits(app):
    """As if some time had passed since the last tries."""
    app.state.limits._kept.clear()
    async with app.state.ledger.database.connection() as db:
        await db.driver.execute("DELETE FROM rate_limit")


# Registering


async def test_a_passkey_is_registered_and_makes_the_session_strong(ledger, oak, ana, browser):
    await give_role(ledger, oak, ana, "coordinator")
    phone = browser()
    await phone.enter(ledger, oak, ana)
    before = phone.session
    assert await phone.role() is None
    options = await phone.options("/passkeys")
    assert options["rp"] == {"name": "Oak Hill", "id": "care.example.org"}
    assert options["user"]["id"] == encode(ana.bytes)
    assert options["user"]["name"] == "Ana"
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(decode(options["challenge"])) == 32
    answer = await phone.add(phone.device.create(options, URL), "Ana’s phone")
    assert answer.status_code == 201, answer.text
    assert answer.json()["label"] == "Ana’s phone"
    assert phone.session != before
    assert await phone.role() == "coordinator"
    # The old secret is worth nothing any more.
    stolen = browser()
    stolen.client.cookies.set(SESSION, before, domain="care.example.org", path="/")
    assert await stolen.role() == 401
    [(kind, whom, details)] = await events(ledger, oak)
    assert (kind, whom) == ("passkey_added", ana)
    # With the hash of its public key, so that one put in behind the log's back shows.
    public_key = sha256(phone.device.credentials[0].cose).hexdigest()
    assert details == {"passkey": answer.json()["id"], "key": public_key}


async def test_a_passkey_is_not_registered_twice(phone, ledger, oak, ana, browser):
    options = await phone.options("/passkeys")
    assert [each["id"] for each in options["excludeCredentials"]] == [encode(phone.device.credentials[0].id)]
    [known] = phone.device.credentials
    twin = Authenticator()
    credential = twin.create(options, URL)
    # A browser that lies: the same id with another key.
    data = cbor2.loads(decode(credential["response"]["attestationObject"]))
    data["authData"] = data["authData"].replace(twin.credentials[0].id, known.id)
    credential["response"]["attestationObject"] = encode(cbor2.dumps(data))
    credential["id"] = credential["rawId"] = encode(known.id)
    answer = await phone.add(credential)
    assert (answer.status_code, kind_of(answer)) == (409, "passkey_taken")
    assert (await browser(phone.device).sign_in()).status_code == 201


async def test_a_registration_repeated_gives_the_same_passkey_and_no_second_cookie(phone, ledger, oak, ana):
    await phone.enter(ledger, oak, ana)
    key, credential = uuid4(), Authenticator().create(await phone.options("/passkeys"), URL)
    first = await phone.add(credential, key=key)
    again = await phone.add(credential, key=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "set-cookie" not in again.headers
    other = await phone.add(credential, label="Another", key=key)
    assert (other.status_code, kind_of(other)) == (422, "id_reused")


async def test_a_challenge_registers_once_and_only_in_its_session(ledger, oak, ana, browser):
    phone, laptop = browser(), browser()
    await phone.enter(ledger, oak, ana)
    await laptop.enter(ledger, oak, ana)
    credential = phone.device.create(await phone.options("/passkeys"), URL)
    assert failed(await laptop.add(credential))
    assert (await phone.add(credential)).status_code == 201
    # What failed spent the challenge too.
    await laptop.enter(ledger, oak, ana)
    options = await laptop.options("/passkeys")
    bad = laptop.device.create(options, "https://evil.example")
    assert failed(await laptop.add(bad))
    assert failed(await laptop.add(laptop.device.create(options, URL)))


async def test_a_challenge_is_good_for_five_minutes(ledger, oak, ana, browser, owner):
    phone = browser()
    await phone.enter(ledger, oak, ana)
    credential = phone.device.create(await phone.options("/passkeys"), URL)
    await owner.execute("UPDATE challenge SET expires_at = now() - interval '1 second'")
    assert failed(await phone.add(credential))
    await phone.options("/passkeys")
    assert await owner.fetchval("SELECT count(*) FROM challenge") == 1


@pytest.mark.parametrize(
    ("method", "age", "strong", "role", "has_one", "may"),
    [
        ("card", timedelta(0), False, "coordinator", False, True),
        ("start", timedelta(0), False, "coordinator", False, True),
        ("card", 2 * HOUR, False, "coordinator", False, False),
        ("code", timedelta(0), False, "coordinator", False, False),
        ("code", timedelta(0), False, None, False, True),
        ("code", timedelta(0), False, None, True, False),
        ("card", 2 * HOUR, False, None, False, True),
        ("card", 2 * HOUR, False, None, True, False),
        ("passkey", timedelta(0), True, "coordinator", True, True),
        ("passkey", HOUR / 2, True, "coordinator", True, False),
    ],
)
async def test_only_a_session_worth_it_may_register(
    ledger, oak, ana, browser, method, age, strong, role, has_one, may
):
    first = browser()
    if has_one:
        await first.enter(ledger, oak, ana)
        assert (await first.register()).status_code == 201
    if role is not None:
        await give_role(ledger, oak, ana, role)
    phone = browser()
    await phone.enter(ledger, oak, ana, method=method, age=age, strong=strong)
    answer = await phone.post("/passkeys/challenge")
    assert answer.status_code == (200 if may else 403), answer.text
    if not may:
        assert kind_of(answer) == "step_up_required"


async def test_the_rule_is_asked_again_when_the_passkey_arrives(ledger, oak, ana, browser):
    phone = browser()
    await phone.enter(ledger, oak, ana, method="code")
    credential = phone.device.create(await phone.options("/passkeys"), URL)
    await give_role(ledger, oak, ana, "coordinator")
    answer = await phone.add(credential)
    assert (answer.status_code, kind_of(answer)) == (403, "step_up_required")
    assert (await phone.ask("GET", "/passkeys")).json() == {"passkeys": []}


async def test_the_first_passkey_ends_the_members_other_sessions_and_the_second_none(
    phone, ledger, oak, ana, browser
):
    """Whoever else used the same card must not make a passkey, too."""
    other, bens = browser(), browser()
    await bens.enter(ledger, oak, await member(ledger, oak, "Ben"))
    await other.enter(ledger, oak, ana)
    phone.device = Authenticator()
    assert (await phone.register()).status_code == 201
    assert [await each.role() for each in (phone, other, bens)] == [None, None, None]
    for passkey in (await phone.ask("GET", "/passkeys")).json()["passkeys"]:
        assert (await phone.remove(passkey["id"])).status_code == 200
    # One has been removed, but the next is the first again of those that open anything.
    phone.device = Authenticator()
    assert (await phone.register()).status_code == 201
    assert [await each.role() for each in (phone, other, bens)] == [None, 401, None]


async def test_a_removed_first_passkey_does_not_make_the_next_one_free(phone, ledger, oak, ana, browser):
    """Else a session stolen by e-mail could put its own in the place."""
    [passkey] = (await phone.ask("GET", "/passkeys")).json()["passkeys"]
    assert (await phone.remove(passkey["id"])).status_code == 200
    thief = browser()
    await thief.enter(ledger, oak, ana, method="code")
    answer = await thief.post("/passkeys/challenge")
    assert (answer.status_code, kind_of(answer)) == (403, "step_up_required")


# Removing


async def test_a_passkey_is_removed_and_opens_nothing_any_more(phone, ledger, oak, ana, browser):
    [passkey] = (await phone.ask("GET", "/passkeys")).json()["passkeys"]
    key = uuid4()
    answer = await phone.remove(passkey["id"], key)
    assert (answer.status_code, answer.json()) == (200, {"passkeys": []})
    again = await phone.remove(passkey["id"], key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert failed(await browser(phone.device).sign_in())
    assert (await phone.remove(passkey["id"])).status_code == 404
    assert [kind for kind, *_ in await events(ledger, oak)] == ["passkey_added", "passkey_removed"]


@pytest.mark.parametrize(
    ("method", "age", "strong", "may"),
    [
        ("code", timedelta(0), False, False),
        ("card", timedelta(0), False, True),
        ("card", 2 * HOUR, False, False),
        ("passkey", timedelta(0), True, True),
        ("passkey", HOUR / 2, True, False),
    ],
)
async def test_only_a_session_that_may_register_removes_a_passkey(
    phone, ledger, oak, ana, browser, method, age, strong, may
):
    [passkey] = (await phone.ask("GET", "/passkeys")).json()["passkeys"]
    other = browser()
    await other.enter(ledger, oak, ana, method=method, age=age, strong=strong)
    answer = await other.remove(passkey["id"])
    assert answer.status_code == (200 if may else 403), answer.text
    if not may:
        assert kind_of(answer) == "step_up_required"
        assert (await browser(phone.device).sign_in()).status_code == 201
        assert [kind for kind, *_ in await events(ledger, oak)] == ["passkey_added"]


async def test_whoever_has_a_role_keeps_a_passkey(phone, ledger, oak, ana):
    await give_role(ledger, oak, ana, "auditor")
    [passkey] = (await phone.ask("GET", "/passkeys")).json()["passkeys"]
    answer = await phone.remove(passkey["id"])
    assert (answer.status_code, kind_of(answer)) == (409, "last_passkey")
    phone.device = Authenticator()
    second = (await phone.register()).json()
    # Two at once: one of them stays.
    answers = await asyncio.gather(phone.remove(passkey["id"]), phone.remove(second["id"]))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_nobody_removes_somebody_elses_passkey(phone, ledger, oak, browser):
    [passkey] = (await phone.ask("GET", "/passkeys")).json()["passkeys"]
    other = browser()
    await other.enter(ledger, oak, await member(ledger, oak, "Ben"))
    foreign, absent = await other.remove(passkey["id"]), await other.remove(uuid4())
    assert (foreign.status_code, kind_of(foreign)) == (404, "passkey_unknown")
    assert foreign.json() == absent.json()
    assert (await other.ask("GET", "/passkeys")).json() == {"passkeys": []}


# Signing in


async def test_a_passkey_signs_in_and_the_role_counts_at_once(phone, ledger, oak, ana, browser):
    await give_role(ledger, oak, ana, "coordinator")
    laptop = browser(phone.device)
    options = await laptop.options("/sign-in/passkey")
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    assert options["rpId"] == "care.example.org"
    answer = await laptop.post("/sign-in/passkey", {"credential": phone.device.get(options, URL)})
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-carehours=") and "Secure" in cookie and "HttpOnly" in cookie
    assert await laptop.role() == "coordinator"
    [passkey] = (await laptop.ask("GET", "/passkeys")).json()["passkeys"]
    assert passkey["used_at"] is not None


async def test_the_browsers_cookie_is_no_session(phone, browser):
    laptop = browser(phone.device)
    answer = await laptop.post("/sign-in/passkey/challenge")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{WAITING}=") and "Max-Age=600" in cookie
    assert "SameSite=Strict" in cookie and "HttpOnly" in cookie and "Secure" in cookie and "Path=/" in cookie
    assert await laptop.role() == 401
    waiting = laptop.client.cookies[WAITING]
    await laptop.post("/sign-in/passkey/challenge")
    assert laptop.client.cookies[WAITING] == waiting


async def test_a_challenge_signs_in_once_and_only_in_its_browser(phone, browser):
    laptop, thief = browser(phone.device), browser()
    credential = phone.device.get(await laptop.options("/sign-in/passkey"), URL)
    assert failed(await thief.post("/sign-in/passkey", {"credential": credential}))
    await thief.options("/sign-in/passkey")
    assert failed(await thief.post("/sign-in/passkey", {"credential": credential}))
    assert (await laptop.post("/sign-in/passkey", {"credential": credential})).status_code == 201
    assert failed(await laptop.post("/sign-in/passkey", {"credential": credential}))


async def test_of_two_with_one_challenge_one_signs_in(phone, browser):
    laptop = browser(phone.device)
    credential = phone.device.get(await laptop.options("/sign-in/passkey"), URL)
    tries = [laptop.post("/sign-in/passkey", {"credential": credential}) for _ in range(4)]
    statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert sorted(statuses) == [201, 401, 401, 401]


async def test_a_challenge_is_good_for_its_purpose_alone(phone, ledger, oak, ana, browser, owner):
    step_up = await phone.options("/step-up")
    laptop = browser(phone.device)
    await laptop.options("/sign-in/passkey")
    assert failed(await laptop.post("/sign-in/passkey", {"credential": phone.device.get(step_up, URL)}))
    sign_in = await laptop.options("/sign-in/passkey")
    assert failed(await phone.post("/step-up", {"credential": phone.device.get(sign_in, URL)}))
    purposes = {row["purpose"] for row in await owner.fetch("SELECT purpose FROM challenge")}
    assert purposes <= set(Purpose)


async def test_a_counter_that_goes_back_is_refused(phone, browser, owner):
    """It is how a copied authenticator shows."""
    assert (await browser(phone.device).sign_in()).status_code == 201
    assert await owner.fetchval("SELECT sign_count FROM passkey") == 1
    phone.device.count = 0
    assert failed(await browser(phone.device).sign_in())
    assert (await browser(phone.device).sign_in()).status_code == 201


async def test_a_passkey_that_does_not_count_signs_in_again_and_again(ledger, oak, ana, browser):
    phone = browser(Authenticator(count=None))
    await phone.enter(ledger, oak, ana)
    assert (await phone.register()).status_code == 201
    for _ in range(3):
        assert (await browser(phone.device).sign_in()).status_code == 201


async def test_who_has_left_does_not_sign_in(phone, browser, owner):
    await owner.execute("UPDATE member SET status = 'left'")
    assert failed(await browser(phone.device).sign_in())
    await owner.execute("UPDATE member SET status = 'away'")
    assert (await browser(phone.device).sign_in()).status_code == 201


async def test_a_passkey_of_another_community_opens_nothing(phone, ledger, browser):
    await ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    assert failed(await browser(phone.device, "elm").sign_in())
    laptop = browser(phone.device)
    credential = phone.device.get(await laptop.options("/sign-in/passkey"), URL)
    laptop.base = "/v1/communities/elm"
    assert failed(await laptop.post("/sign-in/passkey", {"credential": credential}))
    laptop.base = "/v1/communities/nowhere"
    assert failed(await laptop.post("/sign-in/passkey", {"credential": credential}))
    assert (await laptop.post("/sign-in/passkey/challenge")).status_code == 404


@pytest.mark.parametrize(
    "bend",
    [
        lambda device, options: device.get(options, "https://evil.example"),
        lambda device, options: device.get(options, "http://care.example.org"),
        lambda device, options: device.get(options, URL, crossOrigin=True),
        lambda device, options: device.get(options, URL, type="webauthn.create"),
        lambda device, options: device.get(options, URL, challenge=encode(bytes(32))),
        lambda device, options: device.get(options, URL, user_handle=uuid4().bytes),
        lambda device, options: device.get(options, URL, user_handle=b"x"),
        lambda device, options: set_flags(device, 0x00).get(options, URL),
        lambda device, options: set_flags(device, USER_PRESENT).get(options, URL),
        lambda device, options: set_flags(device, 0x04).get(options, URL),
        lambda device, options: set_flags(device, 0x05 | ATTESTED).get(options, URL),
        lambda device, options: without(device.get(options, URL), "userHandle"),
        lambda device, options: with_response(device.get(options, URL), signature=encode(bytes(64))),
        lambda device, options: with_response(device.get(options, URL), signature="AA"),
        lambda device, options: with_response(device.get(options, URL), authenticatorData=encode(bytes(37))),
        lambda device, options: with_response(device.get(options, URL), authenticatorData="A"),
        lambda device, options: with_response(device.get(options, URL), clientDataJSON=encode(b"[]")),
        lambda device, options: with_response(device.get(options, URL), clientDataJSON=encode(b"[" * 9000)),
        lambda device, options: with_response(device.get(options, URL), clientDataJSON=encode(b"\xff")),
        lambda device, options: with_response(device.get(options, URL), clientDataJSON="A"),
        lambda device, options: device.get(options, URL, challenge=7),
        lambda device, options: device.get(options, [URL]),
        lambda device, options: device.get(options, URL) | {"id": encode(bytes(32))},
        lambda device, options: device.get(options, URL) | {"rawId": encode(bytes(32))},
        lambda device, options: device.get(options, URL) | {"id": "A", "rawId": "A"},
        lambda device, options: other_party(device).get(options, URL),
    ],
)
async def test_whatever_is_wrong_with_a_passkey_the_answer_is_the_same(phone, browser, bend):
    laptop = browser(phone.device)
    credential = bend(phone.device, await laptop.options("/sign-in/passkey"))
    assert failed(await laptop.post("/sign-in/passkey", {"credential": credential}))
    assert laptop.session is None


def set_flags(device, flags):
    device.flags = flags
    return device


def other_party(device):
    """One that lets itself be used for another site: what a phishing page would need."""
    [credential] = device.credentials
    bent = Authenticator(count=5)
    bent.credentials = [credential]
    credential.rp_id = "evil.example"
    get = bent.get
    bent.get = lambda options, origin: get(options | {"rpId": "evil.example"}, origin)
    return bent


def without(credential, name):
    del credential["response"][name]
    return credential


def with_response(credential, **more):
    return credential | {"response": credential["response"] | more}


def attestation(**bent):
    return lambda made: with_response(made, attestationObject=encode(cbor2.dumps(loaded(made) | bent)))


def loaded(made):
    return cbor2.loads(decode(made["response"]["attestationObject"]))


@pytest.mark.parametrize(
    "bend",
    [
        attestation(fmt="packed"),
        attestation(fmt="packed", attStmt={"alg": -7, "sig": b"x"}),
        attestation(fmt="packed", attStmt={"alg": -7, "sig": b"x", "x5c": [b"no certificate"]}),
        attestation(fmt="tpm", attStmt={"ver": "2.0"}),
        attestation(fmt="android-safetynet", attStmt={"ver": "1", "response": b"a.b.c"}),
        attestation(fmt="none", attStmt={"sig": b"x"}),
        attestation(fmt="unheard of"),
        attestation(fmt=7),
        attestation(attStmt=None),
        attestation(authData=bytes(37)),
        attestation(authData=b""),
        attestation(authData=None),
        lambda made: attestation(authData=loaded(made)["authData"][:-1])(made),
        lambda made: attestation(authData=loaded(made)["authData"][:60])(made),
        lambda made: attestation(authData=loaded(made)["authData"] + b"x")(made),
        lambda made: attestation(authData=loaded(made)["authData"][:-32] + bytes(32))(made),
        lambda made: with_response(made, attestationObject=encode(b"\x81" * 20_000)),
        lambda made: with_response(made, attestationObject=encode(b"\xbf")),
        lambda made: with_response(made, attestationObject=encode(b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff")),
        lambda made: with_response(made, attestationObject="A"),
        lambda made: with_response(made, clientDataJSON=encode(b"7")),
        lambda made: made | {"id": encode(bytes(32)), "rawId": encode(bytes(32))},
    ],
)
async def test_whatever_is_wrong_with_a_new_passkey_it_is_not_registered(ledger, oak, ana, browser, bend):
    phone = browser()
    await phone.enter(ledger, oak, ana)
    made = phone.device.create(await phone.options("/passkeys"), URL)
    assert failed(await phone.add(bend(made)))
    assert (await phone.ask("GET", "/passkeys")).json() == {"passkeys": []}


async def test_an_unverified_owner_registers_nothing(ledger, oak, ana, browser):
    phone = browser(Authenticator(flags=USER_PRESENT))
    await phone.enter(ledger, oak, ana)
    assert failed(await phone.register())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credential": None},
        {"credential": []},
        {"credential": "{}"},
        {"credential": {}},
        {"credential": {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}},
        {"credential": {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": 7}}},
        {"credential": {"id": "AA\n", "rawId": "AA\n", "type": "public-key", "response": None}},
        {"credential": {"id": "", "rawId": "", "type": "password", "response": None}},
        {"credential": {}, "more": 1},
    ],
)
async def test_what_is_no_credential_at_all_is_malformed(app, oak, browser, phone, body):
    laptop = browser()
    await laptop.options("/sign-in/passkey")
    answers = [
        await laptop.post("/sign-in/passkey", body),
        await phone.post("/step-up", body),
        await phone.post("/passkeys", body | {"label": "x"}, headers={"idempotency-key": str(uuid4())}),
    ]
    assert [(answer.status_code, kind_of(answer)) for answer in answers] == [(400, "malformed_request")] * 3


async def test_deep_and_large_bodies_are_refused(browser, oak):
    laptop = browser()
    deep = b'{"credential": {"extra": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}"
    headers = {"content-type": "application/json", "sec-fetch-site": "same-origin"}
    answer = await laptop.client.post(f"{laptop.base}/sign-in/passkey", content=deep, headers=headers)
    assert answer.status_code == 400
    large = b'{"credential": "' + b"x" * 70_000 + b'"}'
    answer = await laptop.client.post(f"{laptop.base}/sign-in/passkey", content=large, headers=headers)
    assert answer.status_code == 413


async def test_another_sites_page_signs_nobody_in(phone, browser):
    laptop = browser(phone.device)
    options = await laptop.options("/sign-in/passkey")
    body = {"credential": phone.device.get(options, URL)}
    answer = await laptop.post("/sign-in/passkey", body, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, kind_of(answer)) == (403, "cross_site")
    answer = await laptop.post("/sign-in/passkey/challenge", headers={"origin": "https://evil.example"})
    assert (answer.status_code, kind_of(answer)) == (403, "cross_site")


async def test_tries_are_limited_by_address(browser, oak):
    laptop = browser()
    answers = [await laptop.post("/sign-in/passkey/challenge") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


# Stepping up


async def test_a_passkey_shown_again_makes_the_session_strong_under_a_new_cookie(
    phone, ledger, oak, ana, browser
):
    await give_role(ledger, oak, ana, "administrator")
    old = await phone.enter(ledger, oak, ana, method="card", age=2 * HOUR)
    assert await phone.role() is None
    options = await phone.options("/step-up")
    assert [each["id"] for each in options["allowCredentials"]] == [encode(phone.device.credentials[0].id)]
    answer = await phone.post("/step-up", {"credential": phone.device.get(options, URL)})
    assert answer.status_code == 200, answer.text
    assert await phone.role() == "administrator"
    assert (await phone.ask("GET", "/me")).json()["strong_until"] is not None
    assert answer.json()["expires_at"][:16] == old.expires_at.isoformat()[:16]
    stolen = browser()
    stolen.client.cookies.set(SESSION, old.text, domain="care.example.org", path="/")
    assert await stolen.role() == 401


async def test_only_ones_own_passkey_steps_up(phone, ledger, oak, browser):
    ben = await member(ledger, oak, "Ben")
    other = browser(phone.device)
    await other.enter(ledger, oak, ben)
    before = other.session
    options = await other.options("/step-up")
    assert options["allowCredentials"] == []
    assert failed(await other.post("/step-up", {"credential": phone.device.get(options, URL)}))
    bent = phone.device.get(await other.options("/step-up"), URL, user_handle=ben.bytes)
    assert failed(await other.post("/step-up", {"credential": bent}))
    assert other.session == before


async def test_stepping_up_works_without_a_user_handle_and_once(phone):
    credential = without(phone.device.get(await phone.options("/step-up"), URL), "userHandle")
    assert (await phone.post("/step-up", {"credential": credential})).status_code == 200
    assert failed(await phone.post("/step-up", {"credential": credential}))


async def test_a_machine_has_no_passkeys(caller):
    for path in ("/passkeys/challenge", "/step-up/challenge"):
        assert (await caller.post(path, {})).status_code == 403
    assert (await caller.get("/passkeys")).status_code == 403
