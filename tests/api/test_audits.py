"""Audits from the desk: in the background, followed as they go on, and what becomes of them when something ends."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.desk.audit import audit_community
from ledger.people.roles import Role
from tests.api.conftest import URL, care, elsewhere_as, living, problem, speaking_to

ROW = (
    "INSERT INTO work (community_id, work_id, kind, fingerprint, started_by, started_at, seen_at, done, total)"
    " VALUES ($1, $2, 'audit', sha256(''), $3, now(), now() + interval '{}', 4096, 9000)"
)


async def ended(member, audit_id):
    """The audit, once it does not run any more."""
    for _ in range(300):
        audit = (await member.get(f"/audits/{audit_id}")).json()
        if audit["state"] != "running":
            return audit
        await asyncio.sleep(0.05)
    raise AssertionError("it runs and runs")


@pytest.fixture
async def carla(people):
    return await people.coordinator()


@pytest.fixture
def pretend(oak, owner, carla):
    """Puts an audit into the table that no process does, last seen so long from now."""

    async def pretend(seen="1 hour"):
        audit_id = uuid4()
        await owner.execute(ROW.format(seen), oak.id, audit_id, carla.id)
        return audit_id

    return pretend


async def test_an_audit_from_the_desk_looks_at_everything(carla, caller, pair, anonymous):
    for _ in range(3):
        await caller.post("/transfers", care(*pair))
    started = await carla.post("/audits", {})
    assert started.status_code == 202, started.text
    assert started.headers["location"].endswith(f"/audits/{started.json()['id']}")
    audit = await ended(carla, started.json()["id"])
    assert audit["state"] == "finished" and audit["started_by"] == str(carla.id)
    assert audit["done"] == audit["total"] == audit["report"]["tree_size"] > 3
    assert audit["report"]["clean"] and audit["finding_count"] == 0
    assert audit["report"]["lines"][-1] == "No findings."
    [listed] = (await carla.get("/audits")).json()["audits"]
    assert listed == {name: value for name, value in audit.items() if name != "report"}


async def test_what_it_finds_is_told_in_the_words_of_the_shell(
    app, oak, carla, people, caller, pair, owner, tmp_path
):
    ana = await people.member("Ana Perez")
    await caller.post("/transfers", care(pair[0], ana.account, note="for Ana Perez"))
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE balance SET balance = balance + 60 WHERE account_id = $1", ana.account)
    audit = await ended(carla, (await carla.post("/audits", {})).json()["id"])
    assert audit["finding_count"] == len(audit["report"]["findings"]) >= 2
    assert not audit["report"]["clean"]
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert audit["report"]["lines"] == report.render_lines()
    assert audit["report"]["findings"] == report.to_dict()["findings"]
    assert "Perez" not in json.dumps(audit)


async def test_the_same_request_again_is_the_same_audit(carla, anonymous, oak):
    key = uuid4()
    first = await carla.post("/audits", {}, key=key)
    again = await carla.post("/audits", {}, key=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.headers["idempotency-replayed"] == "true" and again.json()["id"] == str(key)
    note = (await anonymous.get("/log/oak/checkpoint")).text
    assert problem(await carla.post("/audits", {"against": note}, key=key)) == (422, "id_reused")
    await ended(carla, key)
    assert (await carla.post("/audits", {}, key=key)).status_code == 200
    assert len((await carla.get("/audits")).json()["audits"]) == 1


async def test_one_runs_at_a_time_and_the_refusal_leads_to_it(carla, people, pretend):
    running = await pretend()
    refused = await (await people.with_role(Role.AUDITOR)).post("/audits", {})
    assert problem(refused) == (409, "audit_running")
    assert refused.json()["about"] == str(running)


async def test_two_who_start_one_at_once_start_one(carla, people, elsewhere, held):
    other = elsewhere_as(await people.with_role(Role.ADMINISTRATOR), elsewhere)
    answers = await asyncio.gather(*[each.post("/audits", {}) for each in (carla, other, carla, other)])
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    [started] = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    assert {answer.json()["about"] for answer in answers if answer.status_code == 409} == {started}
    held.set()
    # Every process can tell of it.
    assert (await ended(other, started))["state"] == "finished"


async def test_a_checkpoint_kept_outside_is_compared_with(carla, caller, pair, anonymous, app):
    await caller.post("/transfers", care(*pair))
    note = (await anonymous.get("/log/oak/checkpoint")).text
    await caller.post("/transfers", care(*pair))
    audit = await ended(carla, (await carla.post("/audits", {"against": note})).json()["id"])
    assert audit["report"]["clean"]
    # One that says more leaves than there are: cut off, or signed by nobody we know.
    forged = note.replace("care.example.org/oak\n", "care.example.org/oak\n9", 1)
    audit = await ended(carla, (await carla.post("/audits", {"against": forged})).json()["id"])
    assert [finding["check"] for finding in audit["report"]["findings"]] == ["against"]


@pytest.mark.parametrize(
    "body",
    [{"against": "no checkpoint"}, {"against": ""}, {"against": None, "x": 1}, [], {"against": "x" * 5000}],
)
async def test_what_is_no_checkpoint_is_refused_and_starts_nothing(carla, body):
    assert problem(await carla.post("/audits", body)) == (400, "malformed_request")
    assert (await carla.get("/audits")).json()["audits"] == []


async def test_a_checkpoint_of_another_log_is_refused(app, carla, anonymous):
    await app.state.ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    note = (await anonymous.get("/log/elm/checkpoint")).text
    assert problem(await carla.post("/audits", {"against": note})) == (400, "malformed_request")


async def test_without_a_heartbeat_it_counts_as_interrupted_and_another_may_begin(carla, pretend):
    gone = await pretend("-16 seconds")
    audit = (await carla.get(f"/audits/{gone}")).json()
    assert audit["state"] == "interrupted" and "finished_at" not in audit
    started = await carla.post("/audits", {})
    assert started.status_code == 202
    assert (await ended(carla, started.json()["id"]))["state"] == "finished"
    audit = (await carla.get(f"/audits/{gone}")).json()
    assert audit["state"] == "interrupted" and "finished_at" in audit
    assert (audit["done"], audit["total"]) == (4096, 9000)


async def test_stopping_the_service_interrupts_its_audit(app, carla, database_url, tmp_path, keys):
    async with living(data=tmp_path, database_url=database_url) as other, speaking_to(other) as client:
        started = await elsewhere_as(carla, client).post("/audits", {})
        assert started.status_code == 202
    audit = (await carla.get(f"/audits/{started.json()['id']}")).json()
    assert audit["state"] == "interrupted" and "finished_at" in audit
    assert (await carla.post("/audits", {})).status_code == 202


async def test_an_audit_whose_database_goes_away_says_so(app, carla, oak, monkeypatch):
    monkeypatch.setattr(app.state.auditing, "_database_url", "postgresql://nobody@127.0.0.1:1/nothing")
    audit = await ended(carla, (await carla.post("/audits", {})).json()["id"])
    assert audit["state"] == "failed" and audit["failed"].startswith("The database did not answer.")
    assert "report" not in audit


def processes_of_audits():
    """The ids of this process's children that audit."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"ledger.desk.audit" in (folder / "cmdline").read_bytes():
                yield int(folder.name)


async def test_an_audit_whose_process_is_killed_says_so_and_another_may_begin(carla):
    audit_id = (await carla.post("/audits", {})).json()["id"]
    for _ in range(1000):
        if found := list(processes_of_audits()):
            break
        await asyncio.sleep(0.005)
    os.kill(found[0], signal.SIGKILL)
    audit = await ended(carla, audit_id)
    assert audit["state"] == "failed" and audit["failed"].startswith("The process that did this has ended")
    assert (await ended(carla, (await carla.post("/audits", {})).json()["id"]))["state"] == "finished"


def test_an_audit_does_not_outlive_the_service_that_asked_for_it(tmp_path):
    """Killed, the service says nothing any more; what its audit notices is that its order's pipe has ended."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        order = {
            "database_url": f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing",
            "log_keys": [],
            "checkpoints_folder": str(tmp_path),
            "marks_folder": str(tmp_path),
            "community": {
                "id": 1,
                "slug": "oak",
                "name": "Oak",
                "issuer": URL,
                "origin": "care.example.org/oak",
            },
            "against": None,
        }
        command = [sys.executable, "-m", "ledger.desk.audit"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as auditing:
            auditing.stdin.write(json.dumps(order).encode() + b"\n")
            auditing.stdin.flush()
            # It waits for the database, which never answers.
            silent.settimeout(20)
            connection, _ = silent.accept()
            with connection:
                assert auditing.poll() is None
                auditing.stdin.close()
                assert auditing.wait(5) == 0
                assert auditing.stdout.read() == b""


async def test_the_newest_hundred_are_kept_and_paged(carla, oak, owner):
    await owner.execute(
        "INSERT INTO work (community_id, work_id, kind, fingerprint, started_by, started_at, seen_at, done, total,"
        " finished_at) SELECT $1, gen_random_uuid(), 'audit', sha256(''), $2, now() - n * interval '1 hour', now(), 0,"
        " 0, now() FROM generate_series(1, 120) n",
        oak.id,
        carla.id,
    )
    newest = (await carla.post("/audits", {})).json()["id"]
    assert await owner.fetchval("SELECT count(*) FROM work") == 100
    first = await carla.get("/audits?limit=60")
    second = await carla.client.get(first.links["next"]["url"], headers=carla.headers)
    audits = first.json()["audits"] + second.json()["audits"]
    assert audits[0]["id"] == newest and "next" not in second.links
    assert len({each["id"] for each in audits}) == 100
    assert [each["started_at"] for each in audits] == sorted([each["started_at"] for each in audits])[::-1]
    assert problem(await carla.get("/audits?after=x")) == (400, "malformed_request")


async def test_another_communitys_audits_are_not_there(app, carla, pretend, owner):
    elm = await app.state.ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    foreign = uuid4()
    await owner.execute(ROW.format("1 hour"), elm.id, foreign, carla.id)
    for path in (f"/audits/{foreign}", f"/audits/{foreign}/progress", f"/audits/{uuid4()}", "/audits/x"):
        assert problem(await carla.get(path)) == (404, "not_found")
    assert (await carla.get("/audits")).json()["audits"] == []
    # Nor does it keep this community from its own.
    assert (await carla.post("/audits", {})).status_code == 202
