"""What signing in costs, and what is added to a request by finding out who asks: real HTTP, a real service process.

One request after another, so that the processor time between two readings belongs to them. Round trips to the
database are counted on the wire, in a service of its own, whose connections run through a counter.
"""

import asyncio
import json
import statistics
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import cbor2
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from api.app import open_ledger
from ledger.book.authors import SHELL
from ledger.people.cards import issue_card
from ledger.people.members import NewMember, Person, account_of, enrol
from ledger.people.roles import Scope
from ledger.people.sessions import start_session
from ledger.people.tokens import create_token
from scripts.measure import machine
from scripts.measure.house import URL, House, Service, running
from scripts.measure.load import Answer, Connection, quantile

HOST = URL.removeprefix("https://")
COOKIE = "__Host-carehours"
VERIFIED = 0x05
"""Flags of authenticator data: the user was present, and verified (WebAuthn Level 3, section 6.1)."""

NEIGHBOURS = 91
"""Of a round, which has a community of its own: a community lets a hundred try to sign in at once."""

TIMES = 3
"""How often each of them reads."""

COUNTED, NOT_COUNTED = 46, 5
"""Neighbours in the counting service; the first visits of each case prepare their statements and are left out."""

SIGN_IN_BUDGET_US = 5000
ACCESS_BUDGET = 1

PROXY = {"CAREHOURS_TRUSTED_PROXIES": "127.0.0.1"}
"""So that each sign-in comes from an address of its own: the limits are those of the service that is used."""


@dataclass(slots=True)
class Passkey:
    """A passkey in software: what signs in a member."""

    member_id: UUID
    id: bytes = field(default_factory=lambda: token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> bytes:
        """As COSE writes an ES256 key (RFC 9053 section 7.1.1)."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def signed(self, options: dict[str, Any]) -> dict[str, Any]:
        """AuthenticationResponseJSON for PublicKeyCredentialRequestOptionsJSON."""
        said = json.dumps({"type": "webauthn.get", "challenge": options["challenge"], "origin": URL}).encode()
        data = sha256(options["rpId"].encode()).digest() + bytes([VERIFIED]) + bytes(4)
        signature = self.key.sign(data + sha256(said).digest(), ec.ECDSA(SHA256()))
        return {
            "id": _encoded(self.id),
            "rawId": _encoded(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": _encoded(said),
                "authenticatorData": _encoded(data),
                "signature": _encoded(signature),
                "userHandle": _encoded(self.member_id.bytes),
            },
        }


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member with every way in: a card that was not used, a passkey, and a session that goes on."""

    account_id: UUID
    card: str
    passkey: Passkey
    session: str


@dataclass(frozen=True, slots=True)
class Street:
    """A community of its own, with a token that reads it."""

    slug: str
    token: str
    neighbours: list[Neighbour]

    @property
    def path(self) -> str:
        return f"/v1/communities/{self.slug}"


async def furnished(house: House, slug: str, members: int) -> Street:
    ledger = open_ledger(house.settings, pool_size=2)
    try:
        community = await ledger.found(slug, "A street to measure", URL, f"{HOST}/{slug}")
        _, token = await create_token(ledger, community, SHELL, uuid4(), "measuring", list(Scope))
        neighbours = []
        for number in range(members):
            member_id = uuid4()
            person = Person(f"Neighbour {number}")
            new = NewMember(member_id, person, date(2026, 1, 1), account_id=account_of(member_id))
            await enrol(ledger, community, SHELL, new, even_if_alike=True)
            _, card = await issue_card(ledger, community, SHELL, uuid4(), member_id)
            passkey, now = Passkey(member_id), datetime.now(UTC)
            async with ledger.database.transaction(community.id) as db:
                await db.run(
                    "people/insert_passkey",
                    community_id=community.id,
                    credential_id=passkey.id,
                    passkey_id=uuid4(),
                    member_id=member_id,
                    public_key=passkey.public_key,
                    sign_count=0,
                    label="measuring",
                    now=now,
                )
                session = await start_session(
                    db,
                    community.id,
                    member_id,
                    method="passkey",
                    device="measuring",
                    now=now,
                    strong=True,
                )
            if card is None:
                raise RuntimeError("no card was made")
            neighbours.append(Neighbour(account_of(member_id), card.secret, passkey, session.text))
        if token is None:
            raise RuntimeError("no token was made")
        return Street(slug, token.text, neighbours)
    finally:
        await ledger.database.close()


# --- what is asked -----------------------------------------------------------------------------------------------

_addresses = count()

Visit = Callable[[Connection], Awaitable[Answer]]


def _rendered(method: str, path: str, headers: dict[str, str], asked: Any = None) -> bytes:
    body = b"" if asked is None else json.dumps(asked).encode()
    if method != "GET":
        headers = headers | {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n".encode() + body


def _from_elsewhere() -> dict[str, str]:
    number = next(_addresses)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def _session(neighbour: Neighbour) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={neighbour.session}", "Sec-Fetch-Site": "same-origin"}


def _bearer(street: Street) -> dict[str, str]:
    return {"Authorization": f"Bearer {street.token}"}


def _plain(request: bytes) -> Visit:
    async def visit(connection: Connection) -> Answer:
        return await connection.ask(request)

    return visit


def read_by_token(street: Street, neighbour: Neighbour) -> Visit:
    return _plain(_rendered("GET", f"{street.path}/accounts/{neighbour.account_id}", _bearer(street)))


def read_by_session(street: Street, neighbour: Neighbour) -> Visit:
    return _plain(_rendered("GET", f"{street.path}/accounts/{neighbour.account_id}", _session(neighbour)))


def read_me(street: Street, neighbour: Neighbour) -> Visit:
    return _plain(_rendered("GET", f"{street.path}/me", _session(neighbour)))


def write_nothing_by_token(street: Street, neighbour: Neighbour) -> Visit:
    headers = _bearer(street) | {"Idempotency-Key": str(uuid4())}
    return _plain(_rendered("POST", f"{street.path}/transfers", headers, {}))


def write_nothing_by_session(street: Street, neighbour: Neighbour) -> Visit:
    headers = _session(neighbour) | {"Idempotency-Key": str(uuid4())}
    return _plain(_rendered("POST", f"{street.path}/transfers", headers, {}))


def sign_in_by_card(street: Street, neighbour: Neighbour) -> Visit:
    asked = {"secret": neighbour.card}
    return _plain(_rendered("POST", f"{street.path}/sign-in/card", _from_elsewhere(), asked))


def sign_in_by_passkey(street: Street, neighbour: Neighbour) -> Visit:
    """Both halves: the challenge, and what the passkey signed."""
    headers = _from_elsewhere()
    begin = _rendered("POST", f"{street.path}/sign-in/passkey/challenge", headers, {})

    async def visit(connection: Connection) -> Answer:
        begun = await connection.ask(begin)
        if begun.status != 200:
            return begun
        [cookie] = [
            line.partition(": ")[2].partition(";")[0]
            for line in begun.head.decode().split("\r\n")
            if line.lower().startswith("set-cookie:")
        ]
        asked = {"credential": neighbour.passkey.signed(json.loads(begun.body))}
        return await connection.ask(
            _rendered("POST", f"{street.path}/sign-in/passkey", headers | {"Cookie": cookie}, asked)
        )

    return visit


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table. `without` names the case that differs in the access check alone.

    Neighbours come in turn, except that with `once` each comes once, and with `busy` one comes again and again.
    """

    name: str
    visit: Callable[[Street, Neighbour], Visit]
    status: int
    without: str | None = None
    signs_in: bool = False
    once: bool = False
    busy: bool = False


REFERENCE = "GET an account, token"
REFUSED = "POST refused at once, token"
CASES = [
    Case(REFERENCE, read_by_token, 200),
    Case("GET an account, session", read_by_session, 200, without=REFERENCE),
    Case("GET me, session", read_me, 200),
    Case(REFUSED, write_nothing_by_token, 400),
    Case("POST refused at once, session", write_nothing_by_session, 400, without=REFUSED, once=True),
    Case("the same, a busy member", write_nothing_by_session, 400, without=REFUSED, busy=True),
    Case("sign-in with a card", sign_in_by_card, 201, signs_in=True, once=True),
    Case("sign-in with a passkey, both requests", sign_in_by_passkey, 201, signs_in=True, once=True),
]


def visits(case: Case, street: Street) -> Iterator[Visit]:
    # Of a member's writes the first costs more than those that follow it within a minute.
    busy, *others = street.neighbours
    coming = [busy] * len(others) if case.busy else others
    times = 1 if case.once or case.busy else TIMES
    for neighbour in coming * times:
        yield case.visit(street, neighbour)


# --- round trips -------------------------------------------------------------------------------------------------


class RoundTrips:
    """Stands between a service and its database, and counts how often the database said it was ready for more.

    It says so once for everything it is asked and waited for (ReadyForQuery, PostgreSQL documentation section
    54.2), whatever the driver and the pool do. Runs in a thread of its own.
    """

    def __init__(self, house: House, folder: Path) -> None:
        folder.mkdir()
        self._path, self._there = folder / ".s.PGSQL.5432", house.server.socket_folder / ".s.PGSQL.5432"
        self.url = house.server.url.replace(str(house.server.socket_folder), str(folder))
        self.count = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "RoundTrips":
        self._thread.start()
        while not self._path.exists():
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(asyncio.start_unix_server(self._serve, self._path))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self._there)

        async def ask() -> None:
            while data := await reader.read(65536):
                ours.write(data)
            ours.close()

        async def answer() -> None:
            try:
                while True:
                    head = await theirs.readexactly(5)
                    body = await theirs.readexactly(int.from_bytes(head[1:], "big") - 4)
                    self.count += head[:1] == b"Z"
                    writer.write(head + body)
            except asyncio.IncompleteReadError:
                writer.close()

        try:
            await asyncio.gather(ask(), answer())
        except (ConnectionError, asyncio.CancelledError):
            writer.close()
            ours.close()


# --- measuring ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """One case in one round. CPU is in microseconds each."""

    p50_ms: float
    p99_ms: float
    service_cpu: float
    database_cpu: float


@dataclass(slots=True)
class People:
    """Everything measured: by case, one for each round, and the round trips of each."""

    measured: dict[str, list[Measured]] = field(default_factory=dict)
    trips: dict[str, float] = field(default_factory=dict)
    wrong: list[Answer] = field(default_factory=list)

    def middle(self, case: str, name: str) -> float:
        return float(statistics.median([getattr(each, name) for each in self.measured[case]]))

    def ratio(self, case: str) -> float:
        """The median, over the rounds, of the service's CPU to that of the reference in the same round."""
        both = zip(self.measured[case], self.measured[REFERENCE], strict=True)
        return statistics.median([each.service_cpu / reference.service_cpu for each, reference in both])

    def access_trips(self, case: Case) -> float | None:
        return None if case.without is None else self.trips[case.name] - self.trips[case.without]


async def _walk(port: int, case: Case, coming: Iterator[Visit], people: People) -> list[float]:
    """One visit after another; the seconds of each."""
    connection = await Connection.open(port)
    latencies = []
    for visit in coming:
        began = time.perf_counter()
        answer = await visit(connection)
        latencies.append(time.perf_counter() - began)
        if answer.status != case.status:
            people.wrong.append(answer)
    connection.close()
    return latencies


def _measure(house: House, service: Service, case: Case, street: Street, people: People) -> Measured:
    def cpu() -> list[float]:
        return [machine.cpu_seconds(service.pid), machine.cpu_seconds(house.postmaster_pid())]

    before = cpu()
    latencies = uvloop.run(_walk(service.port, case, visits(case, street), people))
    mine, theirs = [(after - earlier) / len(latencies) for after, earlier in zip(cpu(), before, strict=True)]
    return Measured(quantile(latencies, 0.5) * 1e3, quantile(latencies, 0.99) * 1e3, mine * 1e6, theirs * 1e6)


async def _counted(port: int, case: Case, street: Street, trips: RoundTrips, people: People) -> float:
    """Round trips of one visit: the mean, since what is asked of the database in advance falls on one in ten."""
    connection = await Connection.open(port)
    counted = []
    for visit in visits(case, street):
        before = trips.count
        answer = await visit(connection)
        counted.append(trips.count - before)
        if answer.status != case.status:
            people.wrong.append(answer)
    connection.close()
    return statistics.mean(counted[NOT_COUNTED:])


def measure_people(house: House, folder: Path, rounds: int, say: Callable[[str], None]) -> People:
    people = People()
    say("people: enrolling")
    warm = uvloop.run(furnished(house, "warm", 5))
    streets = [uvloop.run(furnished(house, f"street-{number}", NEIGHBOURS)) for number in range(rounds)]
    counted = uvloop.run(furnished(house, "counted", COUNTED))
    with running(house, more=PROXY) as [service]:
        for case in CASES:
            uvloop.run(_walk(service.port, case, visits(case, warm), people))
        for number, street in enumerate(streets, 1):
            say(f"people: round {number} of {rounds}")
            for case in CASES:
                measured = _measure(house, service, case, street, people)
                people.measured.setdefault(case.name, []).append(measured)
    say("people: counting round trips")
    with (
        RoundTrips(house, folder / "counter") as trips,
        running(house, more=PROXY | {"DATABASE_URL": trips.url}) as [service],
    ):
        for case in CASES:
            people.trips[case.name] = uvloop.run(_counted(service.port, case, counted, trips, people))
    return people


# --- telling -----------------------------------------------------------------------------------------------------


def told_of_people(people: People) -> list[str]:
    lines = [
        "| people | p50 ms | p99 ms | CPU us: service | database | service CPU to the token's GET"
        " | database round trips | of these the access check |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for case in CASES:
        access = people.access_trips(case)
        cells = [
            case.name,
            *[f"{people.middle(case.name, name):.1f}" for name in ("p50_ms", "p99_ms")],
            *[f"{people.middle(case.name, name):.0f}" for name in ("service_cpu", "database_cpu")],
            f"{people.ratio(case.name):.2f}",
            f"{people.trips[case.name]:.2f}",
            "" if access is None else f"{access:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    dearest = max(people.middle(case.name, "service_cpu") for case in CASES if case.signs_in)
    return [
        *lines,
        "",
        f"Signing in: {dearest / 1000:.1f} ms of service CPU at most, of {SIGN_IN_BUDGET_US / 1000:g} ms;"
        f" access check: {_worst_access(people):.2f} round trips on the wire at"
        f" most, of which a request waits for one (of {ACCESS_BUDGET})."
        f" Wrong answers: {len(people.wrong)}.",
    ]


def _worst_access(people: People) -> float:
    found: Sequence[float | None] = [people.access_trips(case) for case in CASES]
    return max(each for each in found if each is not None)
