"""Services killed in the middle of an export, with and without the process that writes it: nothing half is left."""

import asyncio
import contextlib
import io
import json
import os
import random
import signal
import time
import urllib.error
import urllib.request
import zipfile
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import asyncpg

from api.app import open_ledger
from ledger.book.authors import SHELL
from ledger.people.granting import grant_role
from ledger.people.members import NewMember, Person, enrol
from ledger.people.roles import Role
from ledger.people.sessions import start_session
from scripts.measure.growth import transfers
from scripts.measure.house import SLUG, URL, Service, opened_house

TRANSFERS = 2_000
MOMENTS = ((0, False), (60_000, True))
"""When the service is killed, by how many bytes are written; and whether the process that writes is killed too."""


async def furnish(house):
    """Transfers that take some seconds to export, and the session of a co-ordinator."""
    ledger, rng = open_ledger(house.settings, pool_size=2), random.Random(1)
    try:
        for _ in range(0, TRANSFERS, 1000):
            await ledger.post(house.community, transfers(house, rng, 1000))
        cora, now = uuid4(), datetime.now(UTC)
        new = NewMember(cora, Person("Cora"), date(2026, 1, 1))
        await enrol(ledger, house.community, SHELL, new, even_if_alike=True)
        await grant_role(ledger, house.community, SHELL, uuid4(), cora, Role.COORDINATOR)
        async with ledger.database.transaction(house.community.id) as db:
            session = await start_session(
                db, house.community.id, cora, method="passkey", device="-", now=now, strong=True
            )
        return session.text
    finally:
        await ledger.database.close()


class Cora:
    """A co-ordinator who speaks to one service."""

    def __init__(self, service, session):
        self.address = f"http://127.0.0.1:{service.port}/v1/communities/{SLUG}/exports"
        self.headers = {"Cookie": f"__Host-carehours={session}", "Origin": URL}

    def ask(self, path="", body=None, key=None):
        """The status, and what was said."""
        headers = self.headers | ({} if key is None else {"Idempotency-Key": key})
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.address + path, content, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read()

    def read(self, export_id):
        return json.loads(self.ask(f"/{export_id}")[1])


def until(what, seconds=60):
    """Wait until it is so; what it then is."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def writer_of(service):
    """The process that writes an export for the service."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == service.pid and b"ledger.desk.exports" in (folder / "cmdline").read_bytes():
                return int(folder.name)
    return None


async def _as_if_long_ago(house):
    """Let the last heartbeat be old, rather than wait for it."""
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    await db.execute("UPDATE work SET seen_at = seen_at - interval '1 minute' WHERE finished_at IS NULL")
    await db.close()


def test_what_a_killed_service_was_making_is_interrupted_and_made_anew(tmp_path):
    with opened_house(tmp_path / "data", accounts=50, fsync=False) as house:
        session = asyncio.run(furnish(house))
        service = Service(house)
        try:
            for size, writer_too in MOMENTS:
                service = _killed_and_again(house, service, session, size, writer_too)
        finally:
            service.stop()


def _killed_and_again(house, service, session, size, writer_too):
    """Kill the service once so many bytes are written; returns the next one, after it has made the file anew."""
    folder, key = house.data / "exports", str(uuid4())

    def part():
        return next((path for path in folder.rglob("*.part") if path.stat().st_size >= size), None)

    assert Cora(service, session).ask("", {"what": "community"}, key)[0] == 202
    unfinished = until(part)
    if writer_too:
        os.kill(writer := writer_of(service), signal.SIGSTOP)
    service.kill()
    if writer_too:
        os.kill(writer, signal.SIGKILL)
        assert unfinished.exists()
    service = Service(house)
    cora = Cora(service, session)
    until(lambda: not unfinished.exists())
    assert not unfinished.with_suffix(".export").exists()
    assert cora.ask(f"/{key}/file")[0] == 404
    asyncio.run(_as_if_long_ago(house))
    assert cora.read(key)["state"] == "interrupted"
    assert cora.ask(f"/{key}/file")[0] == 404
    again = str(uuid4())
    assert cora.ask("", {"what": "community"}, again)[0] == 202
    export = until(lambda: (said := cora.read(again))["state"] != "running" and said)
    assert export["state"] == "finished", export
    status, content = cora.ask(f"/{again}/file")
    assert (status, sha256(content).hexdigest()) == (200, export["file"]["sha256"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
    return service
