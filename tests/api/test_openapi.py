"""The service fuzzed from its own description: nothing it can be sent ends in a 5xx, and what it says is true."""

import asyncio
import threading
import time
from uuid import uuid4

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app, open_ledger
from api.settings import Settings
from ledger.book.authors import SHELL
from ledger.people.roles import Scope
from ledger.people.tokens import create_token

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
URL = "https://care.example.org"


@pytest.fixture
def service(database_url, keys, tmp_path):
    """The service behind real HTTP on a free port, with a community, a token and a transfer."""
    settings = Settings(url=URL, data=tmp_path, database_url=database_url, log_level="critical", environ={})

    async def prepare():
        ledger = open_ledger(settings)
        oak = await ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")
        _, made = await create_token(ledger, oak, SHELL, uuid4(), "fuzz", list(Scope))
        await ledger.database.close()
        return made.text

    token = asyncio.run(prepare())
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token
    server.should_exit = True
    thread.join()


def test_the_service_keeps_to_its_description_whatever_it_is_sent(service):
    url, token = service
    headers = {"authorization": f"Bearer {token}"}
    base = f"{url}/v1/communities/oak"
    with httpx.Client(headers=headers) as client:
        accounts = [str(uuid4()), str(uuid4())]
        for account, kind in zip(accounts, ("issuance", "member"), strict=True):
            body = {"kind": kind, "code": kind}
            client.post(
                f"{base}/accounts", json=body, headers={"idempotency-key": account}
            ).raise_for_status()
    schema = schemathesis.openapi.from_url(f"{url}/schema/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 15

    for operation in operations:
        if "/tile/" in operation.path or operation.path.startswith("/schema"):
            continue  # a tile's name has slashes, which no generator of path parameters invents

        @settings(max_examples=15, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def send(case):
            if "slug" in case.path_parameters:
                case.path_parameters["slug"] = "oak"
            if "account_id" in case.path_parameters:
                case.path_parameters["account_id"] = accounts[0]
            response = case.call(base_url=url, headers=headers)
            case.validate_response(response, checks=CHECKS)

        send()


def test_every_documented_body_forbids_unknown_names(service):
    document = httpx.get(f"{service[0]}/schema/openapi.json").json()
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    assert len(bodies) > 6
    for body in bodies:
        for form in body.get("anyOf", [body]):
            assert form.get("additionalProperties") is False or form.get("maxProperties") == 0, form
