"""Signing in and out over HTTP: what a browser gets, and what a stranger does not learn."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from api.sessions import UNKNOWN_DEVICE, client_address, device_of, session_response
from ledger.book.authors import SHELL
from ledger.desk.audit.run import audit_community
from ledger.people.cards import issue_card
from ledger.people.roles import Role
from ledger.people.sessions import NewSession
from ledger.people.start import LINK_FOR, make_start_link, use_start_link
from tests.api.conftest import People

SAME = {"sec-fetch-site": "same-origin"}
CARD = "/v1/communities/oak/sign-in/card"
COOKIE = "__Host-carehours"
SOMETHING = {"secret": "A" * 22}


@pytest.fixture
async def ana(people):
    return await people.enrol("Ana")


@pytest.fixture
async def card(app, oak, ana):
    _, card = await issue_card(app.state.ledger, oak, SHELL, uuid4(), ana)
    return card


@pytest.fixture
def sign_in(anonymous):
    async def with_body(body, path=CARD, **headers):
        anonymous.cookies.clear()
        return await anonymous.post(
            path, json=body, headers={name.replace("_", "-"): headers[name] for name in headers}
        )

    return with_body


def cookie_in(answer):
    """The cookie's value and its attributes."""
    [text] = answer.headers.get_list("set-cookie")
    first, *attributes = text.split("; ")
    name, _, value = first.partition("=")
    assert name == COOKIE
    return value, set(attributes)


async def me(client, value, slug="oak"):
    client.cookies.clear()
    return await client.get(f"/v1/communities/{slug}/me", headers={"cookie": f"{COOKIE}={value}"})


def failed(answer):
    """What tells answers apart, to the one who asked."""
    headers = {name: text for name, text in answer.headers.items() if name not in ("x-request-id", "date")}
    return answer.status_code, answer.content, headers


async def test_a_card_begins_a_session_in_a_cookie(anonymous, sign_in, card, ana):
    answer = await sign_in(
        {"secret": card.secret},
        user_agent="Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0",
        sec_fetch_site="same-origin",
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    value, attributes = cookie_in(answer)
    assert attributes >= {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"}
    [age] = [int(each[8:]) for each in attributes if each.startswith("Max-Age=")]
    assert 179 * 86_400 <= age <= 180 * 86_400
    body = answer.json()
    assert set(body) == {"session_id", "expires_at", "community"} and body["community"] == "oak"
    assert value not in answer.text
    found = (await me(anonymous, value)).json()
    assert (found["member_id"], found["name"], found["role"], found["granted_role"]) == (
        str(ana),
        "Ana",
        None,
        None,
    )
    listed = await anonymous.get("/v1/communities/oak/sessions", headers={"cookie": f"{COOKIE}={value}"})
    [session] = listed.json()["sessions"]
    assert (session["device"], session["method"], session["this"]) == ("Firefox on Android", "card", True)


async def test_the_typed_code_does_the_same_and_a_card_works_once(sign_in, card):
    assert (await sign_in({"code": card.code.lower()})).status_code == 201
    assert (await sign_in({"code": card.code})).status_code == 401
    assert (await sign_in({"secret": card.secret})).status_code == 401


async def test_every_wrong_card_gets_the_same_answer(app, oak, people, sign_in, card, ana):
    ledger = app.state.ledger
    _, revoked = await issue_card(ledger, oak, SHELL, uuid4(), other := await people.enrol("Ben"))
    _, unused = await issue_card(ledger, oak, SHELL, uuid4(), other)
    await ledger.found("elm", "Elm Street", "https://care.example.org", "care.example.org/elm")
    assert (await sign_in({"secret": card.secret})).status_code == 201
    answers = [
        await sign_in(SOMETHING),
        await sign_in({"secret": "x"}),
        await sign_in({"code": "00000-00000"}),
        await sign_in({"secret": card.secret}),
        await sign_in({"secret": revoked.secret}),
        await sign_in({"secret": unused.secret}, "/v1/communities/elm/sign-in/card"),
        await sign_in({"secret": unused.secret}, "/v1/communities/nowhere/sign-in/card"),
    ]
    assert answers[0].status_code == 401 and answers[0].json()["type"].endswith("/sign_in_failed")
    assert all(failed(answer) == failed(answers[0]) for answer in answers)
    assert (await sign_in({"secret": unused.secret})).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"secret": "a", "code": "b"},
        {"secret": 1},
        {"secret": ""},
        {"pin": "1"},
        [],
        "x",
        {"code": "a\u0000"},
    ],
)
async def test_what_is_no_card_is_malformed(sign_in, oak, body):
    assert (await sign_in(body)).status_code == 400


async def test_trying_is_limited_before_anything_is_looked_at(sign_in, card):
    answers = [await sign_in(SOMETHING) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {401}
    answer = await sign_in({"secret": card.secret})
    assert answer.status_code == 429 and 1 <= int(answer.headers["retry-after"]) <= 6
    assert (await sign_in(SOMETHING, "/v1/communities/nowhere/sign-in/card")).status_code == 429
    assert (await sign_in("no card")).status_code == 429


async def test_a_forwarded_address_is_not_believed(sign_in, oak):
    answers = [await sign_in(SOMETHING, x_forwarded_for=f"192.0.2.{n}") for n in range(11)]
    assert answers[-1].status_code == 429


async def test_another_sites_page_signs_nobody_in(sign_in, card):
    for headers in (
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "same-origin", "origin": "https://evil.example"},
    ):
        answer = await sign_in({"secret": card.secret}, **headers)
        assert answer.status_code == 403 and answer.json()["type"].endswith("/cross_site")
    assert (await sign_in({"secret": card.secret}, origin="https://care.example.org")).status_code == 201


async def test_a_cookie_from_before_is_never_adopted(anonymous, sign_in, card, people, ana):
    planted = "1." + "A" * 43
    answer = await sign_in({"secret": card.secret}, cookie=f"{COOKIE}={planted}")
    value, _ = cookie_in(answer)
    assert value != planted and (await me(anonymous, planted)).status_code == 401
    ben = await people.member("Ben")
    answer = await ben.get("/me")
    assert answer.json()["name"] == "Ben"
    assert (await me(anonymous, value)).json()["name"] == "Ana"


async def test_signing_out_ends_the_session_and_deletes_the_cookie(people, ana):
    browser, other = await people.sign_in(ana), await people.sign_in(ana)
    answer = await browser.post("/sign-out")
    assert answer.status_code == 200
    value, attributes = cookie_in(answer)
    assert value == "" and attributes >= {"Max-Age=0", "Path=/", "HttpOnly", "Secure"}
    browser.client.cookies.clear()
    assert (await browser.get("/me")).status_code == 401
    assert (await browser.post("/sign-out")).status_code == 401
    assert (await other.get("/me")).status_code == 200


async def test_another_sites_page_signs_nobody_out(people, ana):
    browser = await people.sign_in(ana)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert (await browser.post("/sign-out", headers=headers)).status_code == 403
    browser.headers.pop("sec-fetch-site")
    assert (await browser.post("/sign-out")).status_code == 403
    assert (await browser.get("/me")).status_code == 200


async def test_a_lost_device_is_signed_out_from_another(people, ana):
    phone, desk, stranger = await people.sign_in(ana), await people.sign_in(ana), await people.member("Ben")
    sessions = (await desk.get("/sessions")).json()["sessions"]
    assert [each["this"] for each in sessions].count(True) == 1
    [lost] = [each["session_id"] for each in sessions if not each["this"]]
    unknown = await stranger.post(f"/sessions/{uuid4()}", method="DELETE")
    foreign = await stranger.post(f"/sessions/{lost}", method="DELETE")
    assert unknown.status_code == 404 and failed(unknown) == failed(foreign)
    assert (await stranger.post("/sessions/1", method="DELETE")).status_code == 404
    assert (await phone.get("/me")).status_code == 200
    answer = await desk.post(f"/sessions/{lost}", method="DELETE")
    assert answer.status_code == 200 and answer.json() == {"session_id": lost}
    assert "set-cookie" not in answer.headers
    assert (await phone.get("/me")).status_code == 401
    assert (await desk.post(f"/sessions/{lost}", method="DELETE")).status_code == 404
    [own] = (await desk.get("/sessions")).json()["sessions"]
    answer = await desk.post(f"/sessions/{own['session_id']}", method="DELETE")
    assert cookie_in(answer)[0] == ""


async def test_sessions_are_for_people_of_this_community(anonymous, app, caller, people, ana):
    await app.state.ledger.found("elm", "Elm Street", "https://care.example.org", "care.example.org/elm")
    browser = await people.sign_in(ana)
    for path in ("me", "sessions"):
        assert (await anonymous.get(f"/v1/communities/oak/{path}")).status_code == 401
        assert (await caller.get(f"/{path}")).status_code == 403
        there = await anonymous.get(f"/v1/communities/elm/{path}", headers=browser.headers)
        nowhere = await anonymous.get(f"/v1/communities/nowhere/{path}", headers=browser.headers)
        assert there.status_code == 404 and failed(there) == failed(nowhere)
    assert (await caller.post("/sign-out")).status_code == 403


@pytest.mark.parametrize(
    "value",
    ["", "x", "1.", "9999999999." + "A" * 43, "0." + "A" * 43, "1." + "A" * 43, "1." + "A" * 42],
)
async def test_a_made_up_cookie_opens_nothing(anonymous, oak, value):
    assert (await me(anonymous, value)).status_code == 401


async def test_me_says_who_one_is_and_for_whom_one_acts(people, ana, owner):
    browser = await people.sign_in(ana)
    mother = await people.enrol("Mother")
    await owner.execute(
        "INSERT INTO delegation (community_id, delegation_id, member_id, delegate_id, relation, scopes, monthly_cap,"
        " from_on, given_by, given_at) VALUES (1, $1, $2, $3, 'child', $4, 7200, current_date, $2, now())",
        *(uuid4(), mother, ana, ["spend", "see"]),
    )
    found = (await browser.get("/me")).json()
    assert found["accounts"] == [browser.account] and found["strong_until"] is None
    [given] = found["delegations"]
    assert (given["name"], given["member_id"], given["monthly_cap"]) == ("Mother", str(mother), 7200)
    assert given["scopes"] == ["see", "spend"] and len(given["accounts"]) == 1


async def test_me_says_whether_the_role_counts(people):
    weak = await people.with_role(Role.COORDINATOR, strong=False)
    found = (await weak.get("/me")).json()
    assert (found["role"], found["granted_role"], found["strong_until"]) == (None, "coordinator", None)
    strong = await people.sign_in(weak.id, strong=True)
    found = (await strong.get("/me")).json()
    assert (found["role"], found["granted_role"]) == ("coordinator", "coordinator")
    left = datetime.fromisoformat(found["strong_until"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


# The first start.

FIRST = {"slug": "oak", "name": "Oak Hill", "your_name": "Ana Silva"}


@pytest.fixture
async def link(app):
    return await make_start_link(app.state.ledger.database, datetime.now(UTC))


async def test_the_link_founds_a_community_with_its_first_coordinator(app, anonymous, sign_in, link, owner):
    assert len(link) == 43
    answer = await sign_in(FIRST | {"secret": link}, "/v1/start")
    assert answer.status_code == 201, answer.text
    assert answer.json()["community"] == "oak"
    value, _ = cookie_in(answer)
    found = (await me(anonymous, value)).json()
    assert (found["name"], found["role"], found["granted_role"]) == ("Ana Silva", None, "coordinator")
    [account_id] = found["accounts"]
    row = await owner.fetchrow(
        "SELECT a.kind, b.floor FROM account a JOIN balance b USING (account_id) WHERE a.account_id = $1",
        UUID(account_id),
    )
    assert tuple(row) == ("member", -36_000)
    # The account has no name of its own: it shows the member's, for as long as there is one.
    assert await owner.fetchval("SELECT count(*) FROM account_name") == 0
    headers = {"cookie": f"__Host-carehours={value}", "sec-fetch-site": "same-origin"}
    shown = await anonymous.get(f"/v1/communities/oak/accounts/{account_id}", headers=headers)
    assert (shown.status_code, shown.json()["name"]) == (200, "Ana Silva")
    rows = await owner.fetch("SELECT kind, via, author_id, member_id FROM event ORDER BY leaf_index")
    assert [tuple(row) for row in rows] == [
        ("community_founded", "shell", None, None),
        ("member_enrolled", "shell", None, UUID(found["member_id"])),
        ("role_granted", "shell", None, UUID(found["member_id"])),
    ]
    assert await owner.fetchval("SELECT granted_by FROM member_role") is None
    assert await owner.fetchval("SELECT method FROM session") == "start"
    [community] = await app.state.ledger.communities()
    assert (community.issuer, community.origin) == ("https://care.example.org", "care.example.org/oak")


async def test_the_books_are_in_order_after_the_start(app, sign_in, link, tmp_path):
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 201
    ledger = app.state.ledger
    [community] = await ledger.communities()
    report = await audit_community(ledger, community, folder=tmp_path)
    assert not report.findings


async def test_the_link_founds_once_and_signs_in_again_until_there_is_a_passkey(app, sign_in, link):
    first = await sign_in(FIRST | {"secret": link}, "/v1/start")
    # The answer was lost, or the page closed before the passkey was made.
    again = await sign_in(FIRST | {"secret": link}, "/v1/start")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["session_id"] != again.json()["session_id"]
    [oak] = await app.state.ledger.communities()
    async with app.state.ledger.database.connection(oak.id) as db:
        [member] = await db.driver.fetch("SELECT member_id FROM member")
        people = People(app, None, oak)
    await people.passkey(member["member_id"])
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 401


async def test_a_founding_that_was_cut_off_is_finished_by_the_same_link(app, sign_in, link, monkeypatch):
    async def cut_off(*_):
        raise ConnectionError("cut off")

    with monkeypatch.context() as cut:
        cut.setattr("ledger.people.start._enrol_first", cut_off)
        assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 503
    assert len(await app.state.ledger.communities()) == 1
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 201


async def test_the_link_works_for_one_and_only_while_there_is_no_community(app, sign_in, link, owner):
    wrong = await sign_in(FIRST | {"secret": "A" * 43}, "/v1/start")
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 201
    again = await sign_in(FIRST | {"secret": link, "slug": "elm"}, "/v1/start")
    assert wrong.status_code == 401 and failed(again) == failed(wrong)
    assert await make_start_link(app.state.ledger.database, datetime.now(UTC)) is None
    # A link that was never used is worth nothing once somebody founded a community at the command line.
    await owner.execute("UPDATE start_link SET used_at = NULL")
    assert failed(await sign_in(FIRST | {"secret": link, "slug": "elm"}, "/v1/start")) == failed(wrong)


async def test_whoever_looked_around_in_the_invented_co_op_has_founded_nothing(app, sign_in, link):
    await app.state.ledger.found("demo", "Orchard Lane", "https://care.example.org", "care.example.org/demo")
    assert await make_start_link(app.state.ledger.database, datetime.now(UTC)) is not None
    link = await make_start_link(app.state.ledger.database, datetime.now(UTC))
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 201


async def test_of_two_with_one_link_one_founds_a_community(app, link):
    async def start(slug):
        return await use_start_link(
            app.state.ledger,
            secret=link,
            slug=slug,
            name="Oak Hill",
            your_name="Ana",
            issuer="https://care.example.org",
            origin=f"care.example.org/{slug}",
            device="a test",
        )

    started = await asyncio.gather(*(start(f"oak-{n}") for n in range(5)))
    assert len([each for each in started if each is not None]) == 1
    assert len(await app.state.ledger.communities()) == 1


async def test_a_new_link_replaces_the_earlier_one(app, sign_in, link):
    newer = await make_start_link(app.state.ledger.database, datetime.now(UTC))
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 401
    assert (await sign_in(FIRST | {"secret": newer}, "/v1/start")).status_code == 201


async def test_a_link_lasts_three_days(app, sign_in):
    link = await make_start_link(app.state.ledger.database, datetime.now(UTC) - LINK_FOR)
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 401


async def test_founding_that_fails_gives_the_link_back(app, sign_in, link, monkeypatch):
    async def taken(*_):
        raise ValueError("there is already a community oak")

    with monkeypatch.context() as patched:
        patched.setattr(app.state.ledger, "found", taken)
        assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 400
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 201


@pytest.mark.parametrize(
    "change", [{"slug": "Oak Hill"}, {"name": " "}, {"your_name": ""}, {"your_name": "\u200b"}, {"role": "x"}]
)
async def test_a_malformed_start_leaves_the_link_as_it_was(sign_in, link, change):
    assert (await sign_in(FIRST | {"secret": link} | change, "/v1/start")).status_code == 400
    assert (await sign_in(FIRST | {"secret": link}, "/v1/start")).status_code == 201


# What a request says of the device and of where it comes from.


def test_a_session_in_its_last_hour_keeps_its_cookie():
    settings = SimpleNamespace(url="http://127.0.0.1:8000")
    request = SimpleNamespace(
        path_params={"slug": "oak"}, app=SimpleNamespace(state=SimpleNamespace(settings=settings))
    )
    new = NewSession("1.x", uuid4(), datetime.now(UTC) + timedelta(minutes=30))
    cookie = session_response(request, new).headers["set-cookie"]
    assert cookie.startswith("carehours=1.x; ") and "Secure" not in cookie
    assert 1700 < int(cookie.partition("Max-Age=")[2].partition(";")[0]) <= 1800


def request_with(agent=None, host="192.0.2.1"):
    headers = {} if agent is None else {"user-agent": agent}
    return SimpleNamespace(headers=headers, client=None if host is None else SimpleNamespace(host=host))


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
            " Safari/537.36 Edg/130.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 SamsungBrowser/26.0 Chrome/122.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("curl/8.5.0", UNKNOWN_DEVICE),
        ("<script>alert(1)</script>\x1b[31m", UNKNOWN_DEVICE),
        (None, UNKNOWN_DEVICE),
    ],
)
def test_a_device_is_named_in_words_of_ours(agent, device):
    assert device_of(request_with(agent)) == device
    assert len(device) <= 60


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_caller_is_counted_by_their_network(host, address):
    assert client_address(request_with(host=host)) == address
