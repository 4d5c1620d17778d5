"""Codes by e-mail, through a real mail server on this machine."""

import asyncio
import re
import socket
from email import message_from_bytes, policy

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from api.mail import SmtpServer, check_sender, code_message, read_smtp_url
from api.routes.mail_codes import open_mailer
from api.settings import Settings, read_settings
from tests.browsers import SESSION, URL, WAITING, Browser, give_role, member

ANA = "Ana.Alves@Example.org"


class Inbox:
    """What the mail server took. `refuses` makes it take nothing."""

    def __init__(self):
        self.letters = []
        self.refuses = False

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refuses:
            return f"550 {envelope.rcpt_tos[0]} is unknown here"
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 OK"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def mail_server(inbox):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=lambda _server, _session, _envelope, _mechanism, given: AuthResult(
            success=(given.login, given.password) == (b"care", b"p:w/d"), handled=False
        ),
        auth_require_tls=False,
        auth_exclude_mechanism=["LOGIN"],
    )
    controller.start()
    yield f"smtp://care:p%3Aw%2Fd@127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
async def mailer(app, mail_server, tmp_path):
    """The app's own, now with a mail server."""
    mailer = app.state.mailer = open_mailer(
        Settings(url=URL, data=tmp_path, smtp_url=mail_server, mail_from="codes@example.org", environ={})
    )
    yield mailer
    await mailer.close()


@pytest.fixture
def ledger(app):
    return app.state.ledger


@pytest.fixture
async def browser(app, mailer):
    clients = []

    def make():
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url=URL))
        return Browser(clients[-1])

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def ana(ledger, oak):
    return await member(ledger, oak, "Ana", email=ANA)


@pytest.fixture
def code_of(mailer, inbox):
    """Asks for a code in a browser, and reads the e-mail."""

    async def ask(browser, email=ANA):
        answer = await browser.post("/sign-in/code/request", {"email": email})
        assert answer.status_code == 202, answer.text
        while mailer._sending:
            await asyncio.wait(mailer._sending)
        if not inbox.letters:
            return None
        _, letter = inbox.letters.pop()
        return re.search(r"\b[0-9]{8}\b", letter.get_content())[0]

    return ask


def failed(answer):
    body = answer.json()
    return (answer.status_code, body["type"], body.get("detail"), "set-cookie" in answer.headers) == (
        401,
        f"{URL}/problems/sign_in_failed",
        None,
        False,
    )


async def use(browser, code):
    return await browser.post("/sign-in/code", {"code": code})


async def rewind_limits(app):
    """As if some time had passed since the last tries."""
    app.state.limits._kept.clear()
    async with app.state.ledger.database.connection() as db:
        await db.driver.execute("DELETE FROM rate_limit")


async def test_a_code_signs_in_the_browser_that_asked_for_it_once(ana, browser, code_of, inbox, owner):
    phone = browser()
    code = await code_of(phone, "  ana.alves@example.ORG ")
    answer = await use(phone, code)
    assert answer.status_code == 201, answer.text
    assert await phone.role() is None
    session = await owner.fetchrow("SELECT * FROM session")
    assert (session["member_id"], session["method"], session["strong_at"]) == (ana, "code", None)
    assert failed(await use(phone, code))
    assert await owner.fetchval("SELECT count(*) FROM mail_code") == 0


async def test_the_letter_says_what_is_needed_and_has_no_link(ana, browser, mailer, inbox):
    await browser().post("/sign-in/code/request", {"email": ANA})
    while mailer._sending:
        await asyncio.wait(mailer._sending)
    [(recipients, letter)] = inbox.letters
    assert recipients == [ANA]
    assert (letter["From"], letter["To"]) == ("codes@example.org", ANA)
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert "Oak Hill" in text and "ten minutes" in text and "ignore" in text
    assert "http" not in text and "//" not in text
    assert not re.search(r"[0-9]{8}", letter["Subject"])


async def test_a_code_of_another_browser_opens_nothing(ana, browser, code_of):
    phone, thief = browser(), browser()
    code = await code_of(phone)
    assert failed(await use(thief, code))
    assert await code_of(thief, "nobody@example.org") is None
    assert failed(await use(thief, code))
    thief.client.cookies.set(WAITING, "x" * 42, domain="care.example.org", path="/")
    assert failed(await use(thief, code))
    assert (await use(phone, code)).status_code == 201


async def test_the_sixth_try_fails_even_with_the_right_code(app, ana, browser, code_of):
    phone = browser()
    code = await code_of(phone)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(5):
        assert failed(await use(phone, wrong))
    await rewind_limits(app)
    assert failed(await use(phone, code))


async def test_no_race_gives_a_sixth_try_nor_a_second_session(app, ana, browser, code_of, owner):
    phone = browser()
    code = await code_of(phone)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    answers = await asyncio.gather(*[use(phone, wrong) for _ in range(8)])
    assert all(failed(answer) for answer in answers)
    assert await owner.fetchval("SELECT tries FROM mail_code") == 5
    await rewind_limits(app)
    code = await code_of(phone)
    answers = await asyncio.gather(*[use(phone, code) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]


async def test_a_code_is_good_for_ten_minutes(app, ana, browser, code_of, owner):
    phone = browser()
    code = await code_of(phone)
    left = await owner.fetchval("SELECT expires_at - now() FROM mail_code")
    assert 590 < left.total_seconds() <= 600
    await owner.execute("UPDATE mail_code SET expires_at = now() - interval '1 second'")
    assert failed(await use(phone, code))
    await code_of(browser(), "nobody@example.org")
    assert await owner.fetchval("SELECT count(*) FROM mail_code") == 1


async def test_a_new_code_takes_the_place_of_the_last(ana, browser, code_of):
    phone = browser()
    first = await code_of(phone)
    second = await code_of(phone)
    assert first == second or failed(await use(phone, first))
    assert (await use(phone, second)).status_code == 201


async def test_nothing_tells_a_known_address_from_any_other(
    app, ledger, oak, ana, browser, code_of, owner, inbox
):
    ben = await member(ledger, oak, "Ben", email="ben@example.org")
    await give_role(ledger, oak, ben, "coordinator")
    gone = await member(ledger, oak, "Cal", email="cal@example.org")
    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", gone)
    for name in ("Dee", "Eli"):
        await member(ledger, oak, name, email="both@example.org")
    answers, sent = [], []
    for email in (
        ANA,
        "ben@example.org",
        "cal@example.org",
        "both@example.org",
        "nobody@example.org",
        "no address",
    ):
        phone = browser()
        answers.append(await phone.post("/sign-in/code/request", {"email": email}))
        sent.append(await code_of(browser(), email) is not None)
        inbox.letters.clear()
        await rewind_limits(app)
    assert sent == [True, False, False, False, False, False]
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.content for answer in answers} == {b'{"expires_in":600}'}
    assert len({frozenset(answer.headers) for answer in answers}) == 1
    # Each left a code that looks like any other.
    rows = await owner.fetch("SELECT member_id IS NULL AS nobody, length(code_hash) AS size FROM mail_code")
    assert [row["size"] for row in rows] == [32] * 12
    assert sum(row["nobody"] for row in rows) == 10


async def test_of_two_with_one_address_the_one_who_left_does_not_count(
    ledger, oak, ana, browser, code_of, owner
):
    gone = await member(ledger, oak, "Ben", email=ANA)
    await owner.execute("UPDATE member SET status = 'died' WHERE member_id = $1", gone)
    phone = browser()
    assert (await use(phone, await code_of(phone))).status_code == 201


@pytest.mark.parametrize("changed", ["role", "left"])
async def test_who_they_are_is_looked_at_again_when_the_code_is_used(
    ledger, oak, ana, browser, code_of, owner, changed
):
    phone = browser()
    code = await code_of(phone)
    if changed == "role":
        await give_role(ledger, oak, ana, "auditor")
    else:
        await owner.execute("UPDATE member SET status = 'left'")
    assert failed(await use(phone, code))
    assert await owner.fetchval("SELECT count(*) FROM session") == 0


async def test_codes_of_another_community_open_nothing(ledger, ana, browser, code_of):
    await ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    phone = browser()
    code = await code_of(phone)
    phone.base = "/v1/communities/elm"
    assert failed(await use(phone, code))
    phone.base = "/v1/communities/nowhere"
    assert failed(await use(phone, code))
    assert (await phone.post("/sign-in/code/request", {"email": ANA})).status_code == 404


async def test_a_session_sent_along_is_never_adopted(ledger, oak, ana, browser, code_of):
    phone = browser()
    fixed = await phone.enter(ledger, oak, await member(ledger, oak, "Mallory"))
    code = await code_of(phone)
    assert (await use(phone, code)).status_code == 201
    assert phone.client.cookies.get(SESSION) != fixed.text


async def test_an_address_is_asked_for_five_times_at_most(ledger, oak, app, browser):
    """Known or not: here it is not."""
    for tries in range(6):
        answer = await browser().post("/sign-in/code/request", {"email": "Nobody@example.org"})
        assert answer.status_code == (202 if tries < 5 else 429)
    assert int(answer.headers["retry-after"]) >= 1
    answer = await browser().post("/sign-in/code/request", {"email": "other@example.org"})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sign-in/code/request", {}),
        ("/sign-in/code/request", {"email": 7}),
        ("/sign-in/code/request", {"email": "a\r\nBcc: b@example.org"}),
        ("/sign-in/code/request", {"email": "a@example.org", "code": "1"}),
        ("/sign-in/code/request", {"email": "a" * 255}),
        ("/sign-in/code", {"code": "1234567"}),
        ("/sign-in/code", {"code": "12345678\n"}),
        ("/sign-in/code", {"code": 12345678}),
        ("/sign-in/code", {"code": "١٢٣٤٥٦٧٨"}),
    ],
)
async def test_what_cannot_be_meant_is_malformed(oak, browser, path, body):
    answer = await browser().post(path, body)
    assert (answer.status_code, answer.json()["type"]) == (400, f"{URL}/problems/malformed_request")


async def test_the_ways_of_signing_in_are_told(app, oak, browser, tmp_path):
    phone = browser()
    assert (await phone.ask("GET", "/sign-in")).json() == {"card": True, "passkey": True, "code": True}
    app.state.mailer = open_mailer(Settings(url=URL, data=tmp_path, environ={}))
    assert (await phone.ask("GET", "/sign-in")).json() == {"card": True, "passkey": True, "code": False}
    answer = await phone.post("/sign-in/code/request", {"email": ANA})
    assert (answer.status_code, answer.json()) == (202, {"expires_in": 600})


@pytest.mark.parametrize("fault", ["refused", "unreachable", "password", "odd address"])
async def test_a_letter_that_fails_delays_nothing_and_names_nobody(
    app, ana, browser, mailer, inbox, mail_server, monkeypatch, owner, tmp_path, fault
):
    lines = []
    monkeypatch.setattr(
        "api.mail.log.warning", lambda event, **more: lines.append((event, more)), raising=False
    )
    url = mail_server
    if fault == "refused":
        inbox.refuses = True
    elif fault == "unreachable":
        url = "smtp://127.0.0.1:1"
    elif fault == "password":
        url = mail_server.replace("p%3A", "q")
    else:
        await owner.execute("UPDATE person SET email = E'ana\\nBcc: ben@example.org'")
    app.state.mailer = open_mailer(Settings(url=URL, data=tmp_path, smtp_url=url, environ={}))
    email = ANA if fault != "odd address" else None
    if email is None:
        app.state.mailer.send_code_soon("ana\nBcc: ben@example.org", "Oak Hill", "12345678")
    else:
        assert (await browser().post("/sign-in/code/request", {"email": email})).status_code == 202
    await asyncio.wait(app.state.mailer._sending)
    [(event, more)] = lines
    assert event == "mail_failed"
    assert "example" not in str(more) and "12345678" not in str(more)
    assert inbox.letters == []


async def test_waiting_letters_are_bounded(tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    mailer = open_mailer(Settings(url=URL, data=tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", environ={}))
    for number in range(300):
        mailer.send_code_soon(f"{number}@example.org", "Oak Hill", "12345678")
    assert len(mailer._sending) == 200
    for task in list(mailer._sending):
        task.cancel()
    silent.close()
    await mailer.close()


# The settings


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 25)),
        ("smtp://mail:587?starttls=1", SmtpServer("mail", 587, starttls=True)),
        ("smtps://a%40b:p%2Fw@mail", SmtpServer("mail", 465, tls=True, user="a@b", password="p/w")),
        ("smtp://u:p@[::1]:2525/?starttls=0", SmtpServer("::1", 2525, user="u", password="p")),
    ],
)
def test_a_mail_server_is_named_by_its_url(url, server):
    assert read_smtp_url(url) == server
    assert "p/w" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://u:secret@mail",
        "smtp://",
        "smtp://u:secret@mail:port",
        "smtp://u:secret@mail:99999",
        "smtp://u:secret@[mail",
        "smtp://u:secret@mail/inbox",
        "smtp://u:secret@mail?starttls=yes",
        "smtp://u:secret@mail?tls=1",
        "smtps://u:secret@mail?starttls=1",
        "smtp://secret@mail",
    ],
)
def test_a_url_that_names_no_mail_server_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match="CAREHOURS_SMTP_URL") as refused:
        read_settings({"CAREHOURS_SMTP_URL": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["", "ana", "@x", "a@", "Ana <a@b>", "a@b\nBcc: c@d", "a@b@c", "é@b", "a b@c"]
)
def test_a_sender_is_one_plain_address(address):
    with pytest.raises(ValueError, match="CAREHOURS_MAIL_FROM"):
        check_sender(address)


def test_the_sender_is_of_our_own_host_unless_said():
    assert (
        read_settings({"CAREHOURS_URL": "https://care.example.org:8443"}).sender
        == "carehours@care.example.org"
    )
    settings = read_settings({"CAREHOURS_MAIL_FROM": "a@b.org", "CAREHOURS_SMTP_URL": "smtp://u:secret@mail"})
    assert settings.sender == "a@b.org"
    assert "secret" not in repr(settings)


def test_a_community_by_any_name_can_send_a_letter():
    letter = code_message("a@b.org", "ana@example.org", "Čas & Péče\u202e", "12345678")
    assert "Čas & Péče" in message_from_bytes(letter.as_bytes(), policy=policy.default).get_content()
