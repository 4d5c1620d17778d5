"""The service fuzzed from its own description: nothing it can be sent ends in a 5xx, and what it says is true."""

import asyncio
import re
import threading
import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app, open_ledger
from api.settings import Settings
from ledger.book.authors import SHELL
from ledger.book.commands import AccountKind, OpenAccount, PlaceHold, PostTransfer, TransferKind
from ledger.people.cards import issue_card
from ledger.people.granting import grant_role
from ledger.people.members import NewMember, Person, account_of, insert_member
from ledger.people.roles import Role, Scope
from ledger.people.sessions import start_session
from ledger.people.tokens import create_token

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
URL = "https://care.example.org"
BANK, POT, GIVEN, HELD = (str(uuid4()) for _ in range(4))

TARGETS = [uuid4() for _ in range(12)]
"""Those whom the callers do things to. Nothing is done to a caller, who would be signed out by it.

There is a caller for each operation: nobody runs into a member's limit, and whoever signs out is not asked again.
"""

LEARNT = {
    "proposals": "proposal_id",
    "delegates": "delegation_id",
    "cards": "card_id",
    "tokens": "token_id",
    "audits": "audit_id",
    "exports": "export_id",
    "imports": "import_id",
    "rounds": "round_id",
    "typed": "round_id",
    "matching": "matching_id",
}
"""What was made under one address is asked for, approved and ended under others, by the next callers."""

PUBLIC = re.compile(r"^/(log|health|problems|\.well-known|v1/start)|/sign-in")
"""Where nobody looks at a session; the first test asks there."""

LONG = re.compile("/(audits|exports|statement-runs|evidence)")
"""What begins work that goes on in the background."""

OWN_AFFAIRS = {"sign-out", "sessions", "passkeys", "step-up"}
"""What an auditor may change, as every member may: how they sign in."""


@pytest.fixture
def prepared(database_url, keys, tmp_path):
    """Settings of a service with a community: accounts, a transfer, a hold, members; and a token."""
    settings = Settings(url=URL, data=tmp_path, database_url=database_url, log_level="critical", environ={})

    async def prepare():
        ledger = open_ledger(settings)
        oak = await ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")
        _, made = await create_token(ledger, oak, SHELL, uuid4(), "fuzz", list(Scope))
        await ledger.post(
            oak,
            [
                OpenAccount(UUID(BANK), AccountKind.ISSUANCE, "bank", None, None),
                OpenAccount(UUID(POT), AccountKind.POT, "pot", 0, None, "Pot"),
            ],
        )
        await ledger.post(
            oak, [PostTransfer(UUID(GIVEN), TransferKind.GRANT, ((UUID(BANK), -36_000), (UUID(POT), 36_000)))]
        )
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
        await ledger.post(oak, [PlaceHold(UUID(HELD), UUID(POT), 600, expires)])
        await enrol(ledger, oak, TARGETS)
        await ledger.database.close()
        return made.text

    return settings, asyncio.run(prepare())


async def enrol(ledger, oak, member_ids):
    """Members, each with an account of their own."""
    accounts = [
        OpenAccount(account_of(each), AccountKind.MEMBER, f"m-{each.hex[:8]}", -36_000, None)
        for each in member_ids
    ]
    await ledger.post(oak, accounts)
    async with ledger.database.transaction(oak.id) as db:
        for each in member_ids:
            person = Person(f"Member {each.hex}", email=f"{each.hex}@example.org")
            new = NewMember(each, person, date(2026, 1, 1), account_id=account_of(each))
            await insert_member(db, oak.id, new, ledger.now())


@pytest.fixture
def service(prepared):
    """The service behind real HTTP on a free port, and its token."""
    settings, token = prepared
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token
    server.should_exit = True
    thread.join()


def operations_at(url):
    # Every request brings its own token or session: inventing others would be a third of the time.
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_url(f"{url}/schema/openapi.json", config=config)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 60
    # A tile's name has slashes, which no generator of path parameters invents.
    return [each for each in operations if "/tile/" not in each.path and not each.path.startswith("/schema")]


def fuzz(operation, url, known, examples, headers, cookies=None):
    """Send so many requests of an operation; the statuses of the answers. What is known is often put in."""
    statuses = []

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), rng=st.randoms(use_true_random=False))
    def send(case, rng):
        if "slug" in case.path_parameters:
            case.path_parameters["slug"] = "oak"
        for name in case.path_parameters:
            if name in known and rng.random() < 0.8:
                case.path_parameters[name] = rng.choice(known[name])
        if "Idempotency-Key" in case.headers and rng.random() < 0.8:
            case.headers["Idempotency-Key"] = str(uuid4())
        if "If-Match" in case.headers and rng.random() < 0.8:
            case.headers["If-Match"] = '"0"' if rng.random() < 0.5 else '"1"'
        if case.body is not NOT_SET and rng.random() < 0.8:
            case.body = sensible(case.body, known, rng)
        if cookies is not None:
            # Invented for the scheme of tokens; whoever sends one is not asked for a session.
            case.headers.pop("Authorization", None)
        response = case.call(base_url=url, headers=headers, cookies=cookies)
        case.validate_response(response, checks=CHECKS)
        statuses.append(response.status_code)
        made = operation.path.rpartition("/")[2]
        if response.status_code in (201, 202) and made in LEARNT:
            told = response.json()
            known[LEARNT[made]].append(told.get("id") or told[LEARNT[made]])

    send()
    return statuses


def sensible(body, known, rng):
    """The body with ids that exist, and with entries that balance."""
    if not isinstance(body, dict):
        return body
    meant = {}
    for name, value in body.items():
        if name == "entries":
            seconds = rng.choice([60, 3600, 10**6])
            sides = (known["account_id"][0], -seconds), (rng.choice(known["account_id"][1:]), seconds)
            meant[name] = [{"account": account, "seconds": change} for account, change in sides]
        elif name == "kind" and "entries" in body:
            meant[name] = rng.choice(["care", "gift", "adjust", value])
        elif isinstance(value, str) and f"{name.removesuffix('_id')}_id" in known:
            meant[name] = rng.choice([*known[f"{name.removesuffix('_id')}_id"], str(uuid4())])
        else:
            meant[name] = sensible(value, known, rng)
    return meant


@pytest.mark.timeout(300)  # each operation several times, on machines that do other things beside
def test_the_service_keeps_to_its_description_whatever_it_is_sent(service):
    url, token = service
    known = {name: [str(uuid4())] for name in LEARNT.values()}
    known |= {"account_id": [BANK, POT], "transfer_id": [GIVEN], "hold_id": [HELD]}
    for operation in operations_at(url):
        fuzz(operation, url, known, 12, {"authorization": f"Bearer {token}"})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", [None, *Role])
def test_so_it_does_to_whoever_is_signed_in(prepared, service, role):
    """A plain member, and each role with a passkey shown just now. An auditor changes nothing of the community."""
    url, _ = service
    settings, _ = prepared

    async def give_card():
        ledger = open_ledger(settings)
        _, card = await issue_card(ledger, await ledger.community("oak"), SHELL, uuid4(), TARGETS[0])
        await ledger.database.close()
        return str(card.card_id)

    async def sign_in(caller):
        """Somebody new, just before their one operation: nothing asked earlier can have been done to them."""
        ledger = open_ledger(settings)
        oak = await ledger.community("oak")
        await enrol(ledger, oak, [caller])
        if role is not None:
            await grant_role(ledger, oak, SHELL, uuid4(), caller, role)
        strong = {"method": "passkey", "device": "a test", "now": ledger.now(), "strong": role is not None}
        async with ledger.database.transaction(oak.id) as db:
            session = await start_session(db, oak.id, caller, **strong)
        await ledger.database.close()
        return session.text

    # An audit is a process of its own, as are everybody's statements, and its stream lasts as long: two of them
    # show what eight would.
    card_id = asyncio.run(give_card())
    targets = [str(each) for each in TARGETS]
    known = {
        **{name: [str(uuid4())] for name in LEARNT.values()},
        "card_id": [card_id],
        "transfer_id": [GIVEN],
        "hold_id": [HELD],
        **dict.fromkeys(("member_id", "delegate_id", "relative_id"), targets),
    }
    answered = {}
    operations = [each for each in operations_at(url) if not PUBLIC.search(each.path)]
    assert len(operations) > 50
    for operation in operations:
        caller = uuid4()
        cookie = asyncio.run(sign_in(caller))
        own = str(account_of(caller))
        mine = {"account_id": [own, POT, str(account_of(TARGETS[0]))]}
        if role is None or operation.method == "get":
            # What others do to a caller would sign them out.
            mine["member_id"] = [str(caller), *targets[:1]]
        statuses = fuzz(
            operation,
            url,
            known | mine,
            2 if LONG.search(operation.path) else 4 if operation.method == "get" else 6,
            {"sec-fetch-site": "same-origin"},
            {"__Host-carehours": cookie},
        )
        answered[operation.method, operation.path] = set(statuses)
    done = {which for which, statuses in answered.items() if statuses & {200, 201, 202}}
    # Enough of it was allowed: what is refused at the door says little about the rooms.
    assert len(done) >= {None: 14, Role.COORDINATOR: 32}.get(role, 18)
    assert not any(401 in statuses for (method, _), statuses in answered.items() if method == "get")
    if role is Role.AUDITOR:
        changed = {path.partition("{slug}/")[2] for method, path in done if method != "get"}
        # Simulating a policy keeps nothing, an audit nothing but its report, an export a file without names.
        assert {path.partition("/")[0] for path in changed} <= OWN_AFFAIRS | {"policy", "audits", "exports"}


def test_every_documented_body_forbids_unknown_names(service):
    document = httpx.get(f"{service[0]}/schema/openapi.json").json()
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})  # else it is a file
    ]
    assert len(bodies) > 6
    for body in bodies:
        for form in body.get("anyOf", [body]):
            assert form.get("additionalProperties") is False or form.get("maxProperties") == 0, form
