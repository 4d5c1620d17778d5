"""What the stories of a co-op share: the service as a process of its own, people with their phones, receipts that are
read without the service, and the books at the end."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx
from click.testing import CliRunner

from api.cli import main
from ledger.database.embedded import EmbeddedPostgres
from ledger.log.trust import Trust
from ledger.log.verification import verify
from tests.authenticator import Authenticator

ROOT = Path(__file__).parents[2]
MINUTE, HOUR = 60, 3600


def zone_where_it_is_noon(now):
    """The name of a time zone where it is about noon, and the same day as in UTC: no story runs into midnight."""
    offset = now.hour - 12
    # By POSIX: what lies west of Greenwich has a plus.
    return f"Etc/GMT{offset:+d}" if offset else "Etc/UTC"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- the service --------------------------------------------------------------------------------------------------


class Service:
    """`carehours serve` in a process of its own, behind a proxy that says where a request comes from."""

    def __init__(self, data):
        self.data = data
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        # Nothing else of the tester's environment: it could decide what is served.
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CAREHOURS_DATA": str(data),
            "CAREHOURS_URL": self.url,
            "CAREHOURS_TRUSTED_PROXIES": "127.0.0.1,::1",
        }
        self._log = data / "serve.log"
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("serve", "--port", str(self.port)), env=self._environ, stderr=log
            )
        for _ in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=5).close()
                return
            assert self._process.poll() is None, self._log.read_text()
            time.sleep(0.1)
        raise TimeoutError(self._log.read_text())

    def kill(self):
        """End it as a power cut would, as far as a process can tell."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        self._process.terminate()
        assert self._process.wait(30) == 0, self._log.read_text()

    def run(self, *words):
        """A command in a process of its own, as on somebody else's machine."""
        return subprocess.run(
            self._command(*words), env=self._environ, capture_output=True, text=True, timeout=60, check=False
        )

    def shell(self, *words):
        """A command of the operator's that must work, in this process to spare its start; its lines of output."""
        done = CliRunner().invoke(main, words, env=self._environ)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout.splitlines()

    def _command(self, *words):
        return [sys.executable, "-P", "-m", "api.cli", *words]


@contextmanager
def running_service(folder):
    """A service with its embedded database, which outlives it when it is killed."""
    with EmbeddedPostgres.start(folder, fsync=False):
        service = Service(folder)
        service.start()
        try:
            yield service
        finally:
            service.stop()


class Reading(NamedTuple):
    """What a valid receipt says of one account. `says` is (kind, day, signed seconds, balance after them)."""

    says: tuple
    note: str | None
    via: str | None
    payload: dict


# --- people -------------------------------------------------------------------------------------------------------


class Person:
    """A member with a phone or a computer of their own, signed in. `co_op` is where they belong."""

    _addresses = count(1)

    def __init__(self, co_op, member_id=None, account=None):
        self.co_op = co_op
        self.id = member_id
        self.account = account
        number = next(self._addresses)
        self._client = co_op.client(
            {
                "origin": co_op.service.url,
                "sec-fetch-site": "same-origin",
                # From the proxy: everybody comes from a home of their own.
                "x-forwarded-for": f"10.0.{number // 200}.{number % 200 + 1}",
            }
        )

    def ask(self, method, path, body=None, key=None, **headers):
        """The answer, whatever it is. Every request has a key, a new one unless it is a repeat."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["idempotency-key"] = str(key or uuid4())
        return self._client.request(method, self.co_op.path + path, json=body, headers=headers)

    def get(self, path):
        """What is there to read."""
        answer = self._client.get(self.co_op.path + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, body=None, status=201, key=None):
        """What came of it, which must be this."""
        answer = self.ask("POST", path, {} if body is None else body, key)
        assert answer.status_code == status, answer.text
        return answer.json()

    def repeat(self, path, body, key):
        """The same request again, which does nothing, and says so. What was answered."""
        answer = self.ask("POST", path, body, key)
        assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (200, "true"), answer.text
        return answer.json()

    def post_twice(self, path, body=None, status=201, key=None):
        """What came of it; the same request again is answered in the same words."""
        body, key = body or {}, key or uuid4()
        first = self.post(path, body, status, key)
        assert self.repeat(path, body, key) == first
        return first

    def refused(self, refusal, path, body=None, key=None):
        """It is not done, and the answer says what is wrong and what to do about it."""
        answer = self.ask("POST", path, {} if body is None else body, key)
        said = answer.json()
        assert said.get("type", "").rpartition("/")[2] == refusal.code, said
        assert (said["title"], said["remedy"]) == (refusal.says, refusal.remedy)
        return said

    def use_card(self, card):
        self.post("/sign-in/card", {"code": card["code"]})

    def make_passkey(self):
        """From here on their role counts."""
        options = self.post("/passkeys/challenge", status=200)
        credential = Authenticator().create(options, self.co_op.service.url)
        self.post("/passkeys", {"credential": credential, "label": "Phone"})

    @property
    def cookies(self):
        return "; ".join(f"{each.name}={each.value}" for each in self._client.cookies.jar)

    def balance(self, account=None):
        """(balance, held) of an account, their own unless said otherwise."""
        view = self.get(f"/accounts/{account or self.account}")
        return view["balance"], view["held"]

    def receipt(self, transfer, account=None):
        """A transfer's receipt with its proof, as this person may have it."""
        query = "" if account is None else f"?account={account}"
        path = f"{self.co_op.path}/transfers/{transfer}/receipt{query}"
        answer = self._client.get(path, headers={"accept": "text/plain"})
        assert answer.status_code == 200, answer.text
        return answer.text

    def reads(self, transfer, account=None):
        """What a transfer's receipt says of an account, checked with nothing but the keys that were kept."""
        result = verify(self.receipt(transfer).encode(), self.co_op.trust())
        assert result.valid and all(each.passed for each in result.checks), result.checks
        said = result.payload
        [mine] = [each for each in result.disclosed if each.account_id == (account or self.account)]
        seconds = said["entries"][mine.entry_index]["s"]
        return Reading(
            (said["k"], said.get("on"), seconds, mine.balance_after), result.note, said.get("via"), said
        )


class CoOp:
    """A community of the service, founded at its shell, with its first co-ordinator."""

    def __init__(self, service, slug):
        self.service = service
        self.slug = slug
        self.path = f"/v1/communities/{slug}"
        self._clients = []
        now = datetime.now(UTC)
        self.zone, self.today = zone_where_it_is_noon(now), now.date()
        service.shell("community", "found", slug, "--name", slug.title())
        [line] = service.shell("member", "add", "--community", slug, "--name", "Ana Iles")
        service.shell("role", "grant", "--community", slug, "1", "coordinator")
        _, code = service.shell("member", "card", "--community", slug, "1")
        self.ana = Person(self, line.split("\t")[1])
        self.ana.use_card({"code": code})
        self.ana.make_passkey()
        [self.ana.account] = self.ana.get("/me")["accounts"]

    def client(self, headers):
        client = httpx.Client(base_url=self.service.url, headers=headers, timeout=30)
        self._clients.append(client)
        return client

    def leave(self):
        for client in self._clients:
            client.close()

    def enrol(self, name, *, joined_on=None, phone=True):
        """A member, signed in with their card; without a phone, somebody of whom only the co-op knows."""
        asked = {"name": name} | ({} if joined_on is None else {"joined_on": str(joined_on)})
        member = self.ana.post("/members", asked)
        [account] = member["accounts"]
        person = Person(self, member["id"], account["id"])
        if phone:
            person.use_card(self.ana.post(f"/members/{person.id}/cards"))
        return person

    def second_coordinator(self, name):
        """Somebody with whom Ana decides together from now on."""
        member = self.ana.post("/members", {"name": name})
        self.ana.post(f"/members/{member['id']}/roles", {"role": "coordinator"})
        person = Person(self, member["id"])
        person.use_card(self.ana.post(f"/members/{member['id']}/cards"))
        person.make_passkey()
        return person

    def record_frail(self, person):
        standing = self.ana.ask("GET", f"/members/{person.id}")
        asked = {"status": "active", "since": standing.json()["status_since"], "frail": True}
        path, seen = f"/members/{person.id}/standing", standing.headers["etag"]
        answer = self.ana.ask("PUT", path, asked, if_match=seen)
        assert answer.status_code == 200 and answer.json()["frail"], answer.text

    def apply(self, rules=""):
        """A policy of Ana's, in force from today on, where it is noon."""
        source = f'name = "Our rules"\ntimezone = "{self.zone}"\n{rules}'
        return self.ana.post("/policy", {"source": source})

    def account(self, code):
        """The id of an account that is no member's."""
        [found] = [each["id"] for each in self.ana.get("/accounts")["accounts"] if each["code"] == code]
        return found

    def trust(self):
        """The keys, fetched once and kept by whoever wants to check."""
        return Trust.from_json(self.trust_file())

    def trust_file(self):
        answer = httpx.get(f"{self.service.url}/.well-known/carehours-trust.json", timeout=30)
        assert answer.status_code == 200
        return answer.content

    def ends_clean(self, balances):
        """The story is over: everybody stands where they should, the books sum to zero, and the audit finds nothing.

        `balances` are signed seconds by account; every account that is not named stands at zero.
        """
        accounts = {each["id"]: each for each in self.ana.get("/accounts?limit=100")["accounts"]}
        assert {key: each["balance"] for key, each in accounts.items() if each["balance"]} == balances
        assert all(each["held"] == 0 for each in accounts.values())
        community = self.ana.get("/")
        assert (community["total"], sum(balances.values())) == (0, 0)
        audit = self.service.run("audit", "--community", self.slug, "--json")
        assert audit.returncode == 0, audit.stdout + audit.stderr
        [report] = json.loads(audit.stdout)
        assert report["findings"] == []


def together(proposer, approver, action, **asked):
    """What takes two people: one proposes it, the other approves it. The id of the proposal."""
    proposal = proposer.post("/proposals", {"action": action} | asked)["id"]
    done = approver.post(f"/proposals/{proposal}/approval", status=200)
    assert (done["state"], done["decided_by"]) == ("approved", approver.id)
    return proposal


def visit(provider, receiver, on, seconds, **more):
    """A claim as a phone sends it."""
    asked = {
        "provider": provider.id,
        "receiver": receiver.id,
        "activity": "shopping",
        "service_on": str(on),
        "seconds": seconds,
    }
    return asked | more


def hang_up(person, path, body, key):
    """Send a request over a connection that breaks before the answer comes."""
    content = json.dumps(body).encode()
    head = (
        f"POST {person.co_op.path}{path} HTTP/1.1\r\nHost: localhost\r\nCookie: {person.cookies}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("localhost", person.co_op.service.port), timeout=30) as connection:
        connection.sendall(head.encode() + content)


def send_until_answered(person, path, body, key):
    """What a phone does: the same request again until there is an answer. The answer."""
    for _ in range(600):
        with suppress(httpx.TransportError):
            answer = person.ask("POST", path, body, key)
            # A service that has just come back may not have its database yet.
            if answer.status_code != 503:
                return answer
        time.sleep(0.1)
    raise TimeoutError("no answer came")


def transfers_of(answer):
    """The ids of the transfers an answer tells of."""
    return [each["id"] for each in answer["transfers"]]
