"""Members, roles and tokens at the command line, and the link of a first start."""

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
import urllib.error
import urllib.request
from uuid import uuid4

import asyncpg
import pytest
from click.testing import CliRunner

from api import cli_people
from api.cli import main
from api.cli_verify import what_a_receipt_says
from api.settings import read_settings
from ledger.log.payloads import AuthorDisclosure
from ledger.log.verification import Verification
from ledger.people.erasure import Reason
from ledger.people.members import StakeholderClass, Status
from ledger.people.roles import Role, Scope
from tests.conftest import driver_arguments
from tests.journeys.test_readme import ROOT, free_port

URL = "https://care.example.org"


@pytest.fixture
def run(database_url, tmp_path, monkeypatch):
    """Runs `carehours` with the arguments; answers its result."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CAREHOURS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CAREHOURS_URL", URL)

    def run(*arguments, **more):
        result = CliRunner().invoke(main, arguments, **more)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return run


@pytest.fixture
def oak(run):
    """Runs a command of two words in a community named oak."""
    assert run("community", "found", "oak", "--name", "Oak Hill").exit_code == 0

    def oak(group, command, *arguments, **more):
        return run(group, command, "--community", "oak", *arguments, **more)

    return oak


def refused(result, *says):
    """The command ended in a sentence that says this, out of its box and the lines it was set in."""
    said = " ".join(result.stderr.replace("│", " ").split())
    return result.exit_code == 1 and all(each in said for each in says)


def rows(result):
    assert result.exit_code == 0, result.output
    return [line.split("\t") for line in result.stdout.splitlines()]


def test_the_words_are_those_of_the_ledger():
    for words, enum in (
        (cli_people.STATUSES, Status),
        (cli_people.CLASSES, StakeholderClass),
        (cli_people.ROLES, Role),
        (cli_people.REASONS, Reason),
        (cli_people.SCOPES, Scope),
    ):
        assert list(words) == list(enum)


def test_a_receipt_can_be_verified_without_a_database_s_driver():
    code = "import sys; import api.cli; sys.exit('asyncpg' in sys.modules or 'litestar' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-P", "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=False
        ).returncode
        == 0
    )


def test_a_member_is_enrolled_and_listed(oak):
    [[number, ana]] = rows(
        oak("member", "add", "--name", "Ana", "--email", "ana@example.org", "--class", "volunteer")
    )
    assert number == "1"
    [[_, ben]] = rows(oak("member", "add", "--name", "Ben", "--phone", "+34 600 000 000", "--no-account"))
    assert rows(oak("member", "list")) == [
        ["1", ana, "active", "-", "Ana"],
        ["2", ben, "active", "-", "Ben"],
    ]
    assert rows(oak("member", "list", "--status", "left")) == []
    assert rows(oak("member", "list", "--role", "auditor")) == []


def test_names_that_look_alike_need_a_word(oak):
    [[_, ana]] = rows(oak("member", "add", "--name", "Ana"))
    assert refused(oak("member", "add", "--name", "\u0410na"), ana, "--even-if-alike")
    assert rows(oak("member", "add", "--name", "\u0410na", "--even-if-alike"))[0][0] == "2"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--name", ""),
        ("--name", " "),
        ("--name", "a" * 121),
        ("--name", "Ana\n"),
        ("--name", "Ana\x1b[2J"),
        ("--name", "Ana\udcff"),
        ("--name", "Ana", "--email", "nowhere"),
        ("--name", "Ana", "--email", "ana@example.org\n"),
        ("--name", "Ana", "--phone", "ring me"),
    ],
)
def test_what_cannot_be_kept_of_a_person_is_refused(oak, arguments):
    assert refused(
        oak("member", "add", *arguments), "the name" if "\udcff" in arguments[1] else "cannot be kept"
    )
    assert rows(oak("member", "list")) == []


def test_whoever_belongs_nowhere_is_nobody(oak):
    rows(oak("member", "add", "--name", "Ana"))
    for nobody in ("0", "2", "999999999", str(uuid4())):
        assert refused(oak("member", "card", nobody), "no such member")
    for nothing in ("Ana", "1.5", "9999999999", "\u0661"):
        assert refused(oak("member", "card", nothing), "by their number")


def test_a_card_is_shown_once_and_leaves_no_secret_behind(oak):
    [[_, ana]] = rows(oak("member", "add", "--name", "Ana"))
    first = oak("member", "card", "1").stdout.splitlines()
    again = oak("member", "card", ana)
    assert "for member 1" in again.stderr
    [address, code] = again.stdout.splitlines()
    assert re.fullmatch(re.escape(f"{URL}/join#oak.") + "[A-Za-z0-9_-]{22}", address)
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
    assert address != first[0]
    events = rows(oak("member", "events", "1"))
    assert [each[2] for each in events] == ["card_issued", "card_issued", "member_enrolled"]
    assert {each[3] for each in events} == {"shell"}
    assert code not in str(events) and address.rpartition(".")[2] not in str(events)


def test_a_terminal_sees_a_qr(oak, database_url, tmp_path):
    oak("member", "add", "--name", "Ana")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "api.cli", "member", "card", "--community", "oak", "1"]
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environ, cwd=tmp_path)
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # how Linux says that the other side was closed
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    assert process.wait(30) == 0
    assert "▀" in said.decode()
    assert "/join#oak." in said.decode()


def test_the_first_coordinator_is_made_as_founding_says(run, oak):
    found = run("community", "found", "elm", "--name", "Elm")
    commands = [line.split() for line in found.stdout.splitlines() if line.startswith("  carehours")]
    assert [each[1:3] for each in commands] == [["member", "add"], ["role", "grant"], ["member", "card"]]
    for command in commands:
        said = run(*[each.replace('"..."', "Ana") for each in command[1:]])
        assert said.exit_code == 0, said.output
    [[number, _, role, name]] = rows(run("role", "list", "--community", "elm"))
    assert (number, role, name) == ("1", "coordinator", "Ana")


@pytest.fixture
def give_passkeys(server, database_name):
    """Gives every member a passkey."""

    async def give():
        connection = await asyncpg.connect(**driver_arguments(server.url, database_name))
        await connection.execute(
            "INSERT INTO passkey (community_id, credential_id, passkey_id, member_id, public_key, sign_count, label,"
            " made_at)"
            " SELECT community_id, uuid_send(member_id), member_id, member_id, '', 0, 'test', now() FROM member"
        )
        await connection.close()

    return lambda: asyncio.run(give())


def test_roles_are_given_and_taken(oak, give_passkeys):
    for name in ("Ana", "Ben"):
        oak("member", "add", "--name", name)
    assert oak("role", "grant", "1", "coordinator").exit_code == 0
    assert refused(oak("role", "grant", "1", "auditor"), "has a role already")
    assert refused(oak("role", "end", "1", "coordinator"), "Appoint another co-ordinator first.")
    assert refused(oak("role", "end", "1", "auditor"), "does not have this role")
    assert refused(oak("role", "end", "2", "auditor"), "does not have this role")
    assert oak("role", "grant", "2", "coordinator").exit_code == 0
    assert refused(oak("role", "end", "1", "coordinator"), "One without a passkey does not count yet.")
    give_passkeys()
    assert oak("role", "end", "1", "coordinator").exit_code == 0
    assert [each[0] for each in rows(oak("role", "list"))] == ["2"]
    assert [each[0] for each in rows(oak("member", "list", "--role", "coordinator"))] == ["2"]
    assert refused(oak("member", "status", "2", "left"), "nobody would be co-ordinator")


def test_a_member_leaves_and_is_erased(oak, run):
    oak("member", "add", "--name", "Ana", "--no-account")
    assert refused(
        oak("member", "erase", "1", "--reason", "asked", "--yes"), "Record that the member has left"
    )
    assert refused(oak("member", "card", "2"), "no such member")
    left = oak("member", "status", "1", "left", "--since", "2026-11-22")
    assert left.stdout == "member 1: active -> left\n"
    assert refused(oak("member", "card", "1"), "has left or died")
    assert '"since":"2026-11-22"' in rows(oak("member", "events", "1"))[0][5]
    no = oak("member", "erase", "1", "--reason", "asked", input="n\n")
    assert no.exit_code == 1
    assert rows(oak("member", "list"))[0][4] == "Ana"
    yes = oak("member", "erase", "1", "--reason", "asked", input="y\n")
    assert yes.exit_code == 0, yes.output
    assert "Ana" in yes.stderr
    assert rows(oak("member", "list"))[0][4] == "(erased)"
    assert rows(oak("member", "events", "1"))[0][2] == "member_erased"
    assert refused(oak("member", "erase", "1", "--reason", "asked", "--yes"), "erased before")
    assert run("audit").exit_code == 0


def test_events_and_members_are_read_to_the_last_page(oak, monkeypatch):
    monkeypatch.setattr(cli_people, "PAGE", 2)
    for name in ("Ana", "Ben", "Cho", "Dua", "Eva"):
        oak("member", "add", "--name", name, "--no-account")
    assert [each[0] for each in rows(oak("member", "list"))] == ["1", "2", "3", "4", "5"]
    for status in ("away", "active", "away"):
        oak("member", "status", "3", status)
    assert len(rows(oak("member", "events", "3"))) == 4


def test_a_token_has_the_scopes_it_was_given(oak):
    for scopes in ((), ("read",), ("read", "members")):
        arguments = [word for each in scopes for word in ("--scope", each)]
        shown = oak("token", "create", "--label", "+".join(scopes) or "all", *arguments)
        assert re.fullmatch("ch_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n", shown.stdout)
    listed = {each[3]: set(each[2].split(",")) for each in rows(oak("token", "list"))}
    assert listed == {"all": set(Scope), "read": {"read"}, "read+members": {"read", "members"}}
    assert oak("token", "create", "--scope", "everything").exit_code == 2
    assert refused(oak("token", "create", "--label", "a\tb"), "label")


def test_a_receipt_says_who_posted_it():
    ana, ben = str(uuid4()), str(uuid4())
    said = {"iat": 0, "k": "care", "jti": str(uuid4()), "entries": []}

    def lines(via, author=None):
        payload = said | ({} if via is None else {"via": via})
        result = Verification(True, (), payload=payload, author=author)
        return [line for line in what_a_receipt_says(result) if line.startswith("Posted")]

    assert lines(None) == []
    assert lines("member") == ["Posted by a member."]
    assert lines("coordinator") == ["Posted by a co-ordinator."]
    assert lines("delegate") == ["Posted by a delegate for somebody else."]
    assert lines("member", AuthorDisclosure(ana, None)) == [f"Posted by a member: by member {ana}."]
    assert lines("delegate", AuthorDisclosure(ana, ben)) == [
        f"Posted by a delegate for somebody else: by member {ana}, for member {ben}."
    ]


class Served:
    """`carehours serve` on a port, until it is stopped; `said` is what it has written."""

    def __init__(self, tmp_path):
        self.port = free_port()
        self.log = tmp_path / f"serve-{self.port}.log"
        command = [sys.executable, "-P", "-m", "api.cli", "serve", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=log, cwd=tmp_path
            )

    def __enter__(self):
        # Refused until it listens, and it listens before it is ready.
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=30)
                return self
            except urllib.error.URLError:
                assert self.process.poll() is None, self.said
                with pytest.raises(subprocess.TimeoutExpired):
                    self.process.wait(0.1)
        raise AssertionError(self.said)

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(30) == 0

    def post(self, path, body):
        """The status of the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            return urllib.request.urlopen(request, timeout=30).status
        except urllib.error.HTTPError as problem:
            return problem.code

    @property
    def said(self):
        return self.log.read_text()


def test_a_first_start_prints_a_link_that_founds_a_co_op_once(run, tmp_path, monkeypatch):
    monkeypatch.delenv("CAREHOURS_URL")
    with Served(tmp_path) as served:
        # Both names of this machine answer.
        for name in ("localhost", "127.0.0.1"):
            assert (
                urllib.request.urlopen(f"http://{name}:{served.port}/health/live", timeout=30).status == 200
            )
        [secret] = re.findall(
            rf"^http://localhost:{served.port}/start#([A-Za-z0-9_-]{{43}})$", served.said, re.MULTILINE
        )
        assert "Open this link once, within 72 hours, to found your co-op:" in served.said
        first = {"secret": secret, "slug": "oak", "name": "Oak Hill", "your_name": "Ana"}
        assert served.post("/v1/start", first) == 201
        assert served.post("/v1/start", first | {"slug": "elm"}) == 401
        # From another shell, a card for somebody else.
        rows(run("member", "add", "--community", "oak", "--name", "Ben"))
        _, code = run("member", "card", "--community", "oak", "2").stdout.splitlines()
        assert served.post("/v1/communities/oak/sign-in/card", {"code": code}) == 201
        assert served.post("/v1/communities/oak/sign-in/card", {"code": code}) == 401
        taken = subprocess.run(
            [sys.executable, "-P", "-m", "api.cli", "serve", "--port", str(served.port)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
        assert taken.returncode == 1
        assert "cannot listen" in taken.stderr
    assert [each[3] for each in rows(run("role", "list", "--community", "oak"))] == ["Ana"]
    with Served(tmp_path) as served:
        assert "/start#" not in served.said
        assert "Carehours runs at" in served.said


def test_the_service_is_called_by_a_name_and_not_by_a_number():
    assert read_settings({}).url == "http://localhost:8000"
    assert read_settings({}, url="http://localhost:9").url == "http://localhost:9"
    assert read_settings({"CAREHOURS_URL": URL}, url="http://localhost:9").url == URL


@pytest.mark.parametrize(
    ("text", "proxies"),
    [
        ("", ()),
        (" ", ()),
        ("10.0.0.5", ("10.0.0.5/32",)),
        ("10.0.0.5, 172.18.0.0/16,::1,fd00::/8", ("10.0.0.5/32", "172.18.0.0/16", "::1/128", "fd00::/8")),
    ],
)
def test_proxies_are_addresses_and_networks(text, proxies):
    assert read_settings({"CAREHOURS_TRUSTED_PROXIES": text}).trusted_proxies == proxies


@pytest.mark.parametrize(
    "text", ["*", "proxy", "10.0.0.5,", "10.0.0.5/16", "0.0.0.0/0", "::/0", "10.0.0.5;10.0.0.6"]
)
def test_what_is_no_proxy_is_refused(text):
    with pytest.raises(ValueError, match="CAREHOURS_TRUSTED_PROXIES"):
        read_settings({"CAREHOURS_TRUSTED_PROXIES": text})
