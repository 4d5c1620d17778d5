"""The embedded PostgreSQL: one server for a data folder, whatever happens to whom."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import asyncpg
import pytest

from ledger.database import embedded
from ledger.database.embedded import EmbeddedPostgres, EmbeddedPostgresError

ROOT = Path(__file__).parents[2]

# Another process that holds the server until its standard input closes.
HOLDER = """
import sys
from pathlib import Path
from ledger.database.embedded import EmbeddedPostgres
with EmbeddedPostgres.start(Path(sys.argv[1]), fsync=False) as server:
    print(server.pid, server.socket_folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped cluster, since copying one is quicker than making one."""
    folder = tmp_path_factory.mktemp("template")
    EmbeddedPostgres.start(folder, fsync=False).stop()
    return folder


@pytest.fixture
def data(template: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    cluster = folder / "postgres"
    shutil.copytree(template, folder)
    if os.geteuid() == 0:
        owner = (template / "postgres").stat()
        for path in (cluster, *cluster.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
    yield folder
    EmbeddedPostgres.start(folder, fsync=False).stop()  # whatever a test left behind


def query(server: EmbeddedPostgres | Path, statement: str) -> object:
    async def run() -> object:
        folder = server if isinstance(server, Path) else server.socket_folder
        db = await asyncpg.connect(host=str(folder), user="carehours", database="carehours")
        try:
            return await db.fetchval(statement)
        finally:
            await db.close()

    return asyncio.run(run())


def holder(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, data],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def says(process: subprocess.Popen[str]) -> tuple[int, Path]:
    assert process.stdout is not None
    pid, folder = process.stdout.readline().split()
    return int(pid), Path(folder)


def kill(server: EmbeddedPostgres) -> None:
    """Kill it and see it dead, but leave it a zombie, as a service that looks elsewhere does."""
    os.kill(server.pid, signal.SIGKILL)
    os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)


def is_running(data: Path) -> bool:
    return embedded._answering(data / "postgres") is not None


def test_a_new_folder_gets_a_server_in_utf_8_with_checksums(tmp_path: Path) -> None:
    with EmbeddedPostgres.start(tmp_path / "new" / "data") as server:
        assert server.url == f"postgresql+asyncpg://carehours@/carehours?host={server.socket_folder}"
        wanted = {
            "server_encoding": "UTF8",
            "data_checksums": "on",
            "fsync": "on",
            "jit": "off",
            "TimeZone": "UTC",
            "listen_addresses": "",
        }
        assert {name: query(server, f"SHOW {name}") for name in wanted} == wanted
        assert query(server, "SELECT datlocale FROM pg_database WHERE datname = 'carehours'") == "C.UTF-8"
        assert (server.pg_bin / "pgbench").exists()
    assert not server.socket_folder.exists()


def test_starting_twice_is_one_server_and_the_last_hold_ends_it(data: Path) -> None:
    first = EmbeddedPostgres.start(data, fsync=False)
    second = EmbeddedPostgres.start(data, fsync=False)
    assert (second.pid, second.url) == (first.pid, first.url)
    first.stop()
    first.stop()
    assert query(second, "SELECT 1") == 1
    second.stop()
    assert not is_running(data)


def test_a_restart_keeps_the_data(data: Path) -> None:
    with EmbeddedPostgres.start(data, fsync=False) as server:
        query(server, "CREATE TABLE kept AS SELECT 60 AS seconds")
    with EmbeddedPostgres.start(data, fsync=False) as server:
        assert query(server, "SELECT seconds FROM kept") == 60


def test_a_killed_server_starts_again(data: Path) -> None:
    lost = EmbeddedPostgres.start(data, fsync=False)
    query(lost, "CREATE TABLE kept AS SELECT 60 AS seconds")
    kill(lost)
    with EmbeddedPostgres.start(data, fsync=False) as server:
        assert server.pid != lost.pid
        assert query(server, "SELECT seconds FROM kept") == 60
        lost.stop()
        assert query(server, "SELECT 1") == 1


def test_orphans_of_a_killed_server_are_waited_for(data: Path) -> None:
    lost = EmbeddedPostgres.start(data, fsync=False)
    busy = subprocess.Popen(
        [lost.pg_bin / "psql", "-qAt", "-h", lost.socket_folder, "-U", "carehours", "carehours"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert busy.stdin is not None
    busy.stdin.write("SELECT count(*) FROM generate_series(1, 5000000);\n")
    busy.stdin.flush()
    seen = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query ~ 'generate_series'"
    while not query(lost, seen):
        time.sleep(0.01)
    kill(lost)
    with EmbeddedPostgres.start(data, fsync=False) as server:
        assert query(server, "SELECT 1") == 1
    lost.stop()
    busy.communicate()


def test_a_pid_file_that_names_an_unrelated_process_is_no_obstacle(data: Path) -> None:
    pid_file = data / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data}\n1\n5432\n/tmp\n\n  1 1\nready   \n")
    with EmbeddedPostgres.start(data, fsync=False) as server:
        assert query(server, "SELECT 1") == 1


def test_the_server_outlives_a_killed_service_and_the_next_one_takes_over(data: Path) -> None:
    service = holder(data)
    pid, folder = says(service)
    service.kill()
    service.communicate()
    assert query(folder, "SELECT 1") == 1
    with EmbeddedPostgres.start(data, fsync=False) as server:
        assert server.pid == pid
    assert not is_running(data)


def test_processes_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    services = [holder(tmp_path / "data") for _ in range(4)]
    assert len({says(service) for service in services}) == 1
    for service in services[:-1]:
        service.communicate()
    assert is_running(tmp_path / "data")
    services[-1].communicate()
    assert not is_running(tmp_path / "data")


def test_ctrl_c_is_left_to_the_service(data: Path) -> None:
    with EmbeddedPostgres.start(data, fsync=False) as server:
        assert os.getsid(server.pid) == server.pid


def test_a_long_path_still_gets_a_short_socket(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_one = tmp_path / ("x" * 200) / ("y" * 200)
    long_one.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(long_one))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long_one))
    data.rename(long_one / "data")
    with EmbeddedPostgres.start(long_one / "data", fsync=False) as server:
        assert len(str(server.socket_folder / ".s.PGSQL.5432")) < 100
        assert query(server, "SELECT 1") == 1
    (long_one / "data").rename(data)


def test_nothing_is_opened_to_anybody(data: Path) -> None:
    parent = data.parent
    parent.chmod(0o700)
    with EmbeddedPostgres.start(data, fsync=False) as server:
        for folder in (parent, data / "postgres", server.socket_folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
        assert stat.S_IMODE((data / "postgres.log").stat().st_mode) == 0o600


def test_no_address_of_the_machine_is_listened_on(data: Path) -> None:
    with EmbeddedPostgres.start(data, fsync=False) as server:
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", 5432), timeout=1):
            pass
        rules = query(
            server,
            "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules WHERE type <> 'local'",
        )
        assert rules == "reject"


def test_a_socket_folder_made_by_somebody_else_is_refused(data: Path) -> None:
    runner = embedded._runner()
    folder = embedded._socket_folder(runner, data)
    try:
        folder.chmod(0o777)
        with pytest.raises(EmbeddedPostgresError, match=re.escape(str(folder))):
            EmbeddedPostgres.start(data, fsync=False)
    finally:
        folder.chmod(0o700)


def test_statements_and_rows_stay_out_of_the_log(data: Path) -> None:
    with EmbeddedPostgres.start(data, fsync=False) as server:
        query(server, "CREATE TABLE person (name text PRIMARY KEY CHECK (name <> 'Ana'))")
        with pytest.raises(asyncpg.CheckViolationError):
            query(server, "INSERT INTO person VALUES ('Ana')")
    log = (data / "postgres.log").read_text()
    assert "person_name_check" in log
    assert "Ana" not in log


def test_a_failure_to_start_shows_the_end_of_the_log(data: Path) -> None:
    conf = data / "postgres" / "postgresql.conf"
    before = conf.read_text()
    conf.write_text(before + "nonsense_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="nonsense_setting"):
        EmbeddedPostgres.start(data, fsync=False)
    conf.write_text(before)


def test_a_cluster_of_another_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 17.*pg_dump"):
        EmbeddedPostgres.start(tmp_path)


def test_a_machine_without_the_package_is_told_of_database_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedPostgresError, match="DATABASE_URL"):
        EmbeddedPostgres.start(tmp_path)


def test_a_user_id_without_a_name_is_told_of_database_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(EmbeddedPostgresError, match=r"4000000.*DATABASE_URL"):
        EmbeddedPostgres.start(tmp_path)
