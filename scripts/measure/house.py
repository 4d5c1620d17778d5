"""A community to measure in: a data folder with the embedded server, and real `carehours serve` processes.

Ends only what it started, by its process id.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from api.app import open_ledger
from api.settings import Settings
from ledger.book.authors import SHELL
from ledger.book.commands import AccountKind, OpenAccount
from ledger.book.journal import Community
from ledger.database.embedded import EmbeddedPostgres
from ledger.database.migrate import migrate
from ledger.log.keys import create_keys
from ledger.people.roles import Scope
from ledger.people.tokens import create_token

SLUG = "measure"
URL = "https://measure.example"
FLOOR = -(10**12)
"""Deep enough that no transfer is refused for want of seconds."""

Server = Literal["uvicorn", "granian"]


@dataclass(slots=True)
class House:
    """What the measured processes share. `hot` is one account that may stand on a side of every transfer."""

    settings: Settings
    server: EmbeddedPostgres
    community: Community
    token: str
    accounts: list[UUID]
    hot: UUID

    @property
    def data(self) -> Path:
        return self.settings.data

    def postmaster_pid(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])


def random_id(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


@contextlib.contextmanager
def opened_house(
    data: Path, *, accounts: int, floor: int = FLOOR, seed: int = 1, fsync: bool = True
) -> Iterator[House]:
    """Start the embedded server in a new data folder, found a community and open its accounts."""
    server = EmbeddedPostgres.start(data, fsync=fsync)
    try:
        settings = Settings(url=URL, data=data, database_url=server.url)
        yield asyncio.run(_furnish(settings, server, accounts, floor, random.Random(seed)))
    finally:
        server.stop()


async def _furnish(
    settings: Settings, server: EmbeddedPostgres, accounts: int, floor: int, rng: random.Random
) -> House:
    await migrate(str(settings.database_url))
    create_keys(settings.keys_folder)
    ledger = open_ledger(settings, pool_size=2)
    try:
        community = await ledger.found(SLUG, "A community to measure", URL, f"measure.example/{SLUG}")
        opened = [
            OpenAccount(random_id(rng), AccountKind.MEMBER, f"m{number}", floor, None)
            for number in range(accounts)
        ]
        for start in range(0, accounts, 1000):
            await ledger.post(community, opened[start : start + 1000])
        hot = OpenAccount(random_id(rng), AccountKind.ISSUANCE, "hot", None, None)
        await ledger.post(community, [hot])
        _, made = await create_token(ledger, community, SHELL, random_id(rng), "measuring", list(Scope))
        if made is None:
            raise RuntimeError("no token was made")
        token = made.text
    finally:
        await ledger.database.close()
    return House(settings, server, community, token, [command.id for command in opened], hot.id)


class Service:
    """One service process on a house, reachable once constructed."""

    def __init__(
        self,
        house: House,
        server: Server = "uvicorn",
        patience: float = 60,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.port = free_port()
        command = {
            "uvicorn": [
                sys.executable,
                "-P",
                "-m",
                "api.cli",
                "serve",
                "--port",
                str(self.port),
                "--data",
                str(house.data),
            ],
            "granian": [sys.executable, "-P", "-m", "scripts.measure.granian_service", str(self.port)],
        }[server]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CAREHOURS_")}
        environ |= {"CAREHOURS_URL": URL, "CAREHOURS_DATA": str(house.data)}
        if server == "granian":
            environ["DATABASE_URL"] = house.server.url
        environ |= more
        self._log = (house.data / f"service-{self.port}.log").open("wb")
        self._process = subprocess.Popen(command, env=environ, stdout=self._log, stderr=self._log)
        self.pid = self._process.pid
        self._wait(patience)

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the service did not start:\n{self.log_text()[-2000:]}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def log_text(self) -> str:
        return Path(self._log.name).read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()


@contextlib.contextmanager
def running(
    house: House, count: int = 1, server: Server = "uvicorn", more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Sequence[Service]]:
    """So many service processes on one database, stopped at the end. `more` is added to their environment."""
    services: list[Service] = []
    try:
        while len(services) < count:
            services.append(Service(house, server, more=more))
        yield services
    finally:
        for service in services:
            service.stop()


async def audit_findings(house: House) -> list[str] | None:
    """What the audit of the whole community finds; None while there is no audit to ask."""
    try:
        from ledger.desk.audit import audit_community
    except ImportError:
        return None
    ledger = open_ledger(house.settings, pool_size=4)
    try:
        report = await audit_community(ledger, house.community, folder=house.data / "audits")
        return [str(finding) for finding in report.findings]
    finally:
        await ledger.database.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
