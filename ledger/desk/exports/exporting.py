"""Exports in the background of a service: made once, kept for a day as a file below the data folder, then gone.

The files hold what they hold: readable by the service's own user alone, few of them, and never longer than promised.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.desk import journals, work
from ledger.desk.apart import do_apart
from ledger.desk.exports.archive import Advance
from ledger.desk.exports.bundle import export_bundle
from ledger.desk.exports.community import export_community
from ledger.desk.exports.lists import write_lists
from ledger.desk.work import Kind, State, Work
from ledger.desk.working import Progress, WorkFailed, Working
from ledger.people.erasure import newest_erasure

KEPT_FOR = timedelta(days=1)
KEPT_FILES = 5
"""How many files each community keeps, the newest."""

_AT_ONCE = 262_144
_FINISHED, _UNFINISHED = ".export", ".part"

A_MOMENT_SECONDS = 60

ERASED_MEANWHILE = "Somebody was erased while the file was made, and it may name them still. Make it anew."


class What(StrEnum):
    """What can be exported as one file."""

    COMMUNITY = "community"
    BUNDLE = "bundle"
    LISTS = "lists"
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"

    @property
    def ending(self) -> str:
        """The ending of the file's name."""
        return {"hledger": "journal", "beancount": "beancount"}.get(self, "zip")

    @property
    def names_people(self) -> bool:
        """Whether the file says who people are."""
        return self in (What.COMMUNITY, What.LISTS)

    @property
    def fingerprint(self) -> bytes:
        """The SHA-256 of what was asked, by which the work is known."""
        return sha256(self.encode()).digest()


def what_of(fingerprint: bytes) -> What:
    """What was asked, from the fingerprint of its work."""
    return next(what for what in What if what.fingerprint == fingerprint)


def exported(author: Author, form: str, key: UUID | None = None) -> Event:
    """The event that says who took the books out, and in which form: before it is written, so that it is in it."""
    return Event("exported", author, None, {"form": form}, uuid4() if key is None else key)


async def write(
    ledger: Ledger,
    community: Community,
    what: What,
    file: IO[bytes],
    advance: Advance = lambda _done, _total: None,
) -> None:
    """Write the export into the file. `advance` is told (done, of how many), in units of its kind."""
    match what:
        case What.COMMUNITY:
            await export_community(ledger, community, file, advance)
        case What.BUNDLE:
            await export_bundle(ledger, community, file, advance)
        case What.LISTS:
            await write_lists(ledger.database, community, file, advance)
        case What.HLEDGER:
            await _write_text(journals.hledger(ledger, community), file)
        case What.BEANCOUNT:
            await _write_text(journals.beancount(ledger, community), file)


async def _write_text(pieces: AsyncIterator[str], file: IO[bytes]) -> None:
    async for piece in pieces:
        file.write(piece.encode())


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is there still, and until when."""

    path: Path
    bytes: int
    until: datetime


class Exporting:
    """Begins exports among the long work of one service, and knows the files that are left of them.

    Each is made in a process of its own, which reads the keys where the service did: in `keys_folder`, or among the
    variables of `environ`.
    """

    def __init__(
        self,
        working: Working,
        ledger: Ledger,
        database_url: str,
        folder: Path,
        *,
        keys_folder: Path,
        environ: Mapping[str, str],
    ) -> None:
        self._working = working
        self._ledger = ledger
        self._database_url = database_url
        self._folder = folder
        self._keys_folder = keys_folder
        self._keys = {name: value for name, value in environ.items() if name.endswith("_KEY")}

    def begin(self, community: Community, work_id: UUID, what: What) -> None:
        """Do the export that was begun in the table, in the background."""

        async def do(progress: Progress) -> dict[str, Any]:
            path = self._path(community, work_id)
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                outcome = await do_apart("ledger.desk.exports", self._order(community, what, path), progress)
            finally:
                # Killed, its process could not.
                _unfinished(path).unlink(missing_ok=True)
            if await self._is_outdated(community, work_id):
                path.unlink(missing_ok=True)
                raise WorkFailed(ERASED_MEANWHILE)
            self._keep_few(path.parent)
            return {"finding_count": 0, **outcome}

        self._working.begin(community, Kind.EXPORT, work_id, do)

    def _order(self, community: Community, what: What, path: Path) -> dict[str, Any]:
        return {
            "database_url": self._database_url,
            "keys_folder": str(self._keys_folder),
            "keys": self._keys,
            "checkpoints_folder": str(self._ledger.published.folder),
            "community": asdict(community),
            "what": what,
            "path": str(path),
        }

    async def _is_outdated(self, community: Community, work_id: UUID) -> bool:
        """Whether the export names people, and somebody was erased since it was begun."""
        async with self._ledger.database.connection(community.id) as db:
            erased_at = await newest_erasure(db, community.id)
            export = await work.read(db, community.id, Kind.EXPORT, work_id)
        return export is not None and _is_outdated(export, erased_at)

    def kept(self, community: Community, export: Work, erased_at: datetime | None) -> Kept | None:
        """The file of an export, or None while it is made, and when it is gone or was never finished.

        One that names people, and was begun before somebody was erased (last at `erased_at`), is gone. Whatever is
        never given out again is deleted.
        """
        if export.state is State.RUNNING:
            return None
        path = self._path(community, export.id)
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        until = datetime.fromtimestamp(status.st_mtime, UTC) + KEPT_FOR
        if (
            export.state is not State.FINISHED
            or until <= datetime.now(UTC)
            or _is_outdated(export, erased_at)
        ):
            path.unlink(missing_ok=True)
            return None
        return Kept(path, status.st_size, until)

    async def sweep(self, community: Community) -> None:
        """Delete every file that is never given out again, and what a killed process left unfinished."""
        folder = self._folder / str(community.id)
        for path in folder.glob(f"*{_UNFINISHED}"):
            if not _is_written(path):
                path.unlink(missing_ok=True)
        paths = list(folder.glob(f"*{_FINISHED}"))
        if not paths:
            return
        async with self._ledger.database.connection(community.id) as db:
            erased_at = await newest_erasure(db, community.id)
            exports = [await work.read(db, community.id, Kind.EXPORT, UUID(path.stem)) for path in paths]
        for path, export in zip(paths, exports, strict=True):
            if export is None:
                path.unlink(missing_ok=True)
            else:
                self.kept(community, export, erased_at)

    def _keep_few(self, folder: Path) -> None:
        files = sorted(folder.glob(f"*{_FINISHED}"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[KEPT_FILES:]:
            path.unlink(missing_ok=True)

    def _path(self, community: Community, work_id: UUID) -> Path:
        return self._folder / str(community.id) / f"{work_id}{_FINISHED}"


def _is_outdated(export: Work, erased_at: datetime | None) -> bool:
    names_people = what_of(export.fingerprint).names_people
    return names_people and erased_at is not None and export.started_at < erased_at


async def make_file(
    ledger: Ledger, community: Community, what: What, path: Path, advance: Advance
) -> dict[str, Any]:
    """Make the file of an export: it has its name once it is whole. Returns its `sha256` and `bytes`."""
    unfinished = _unfinished(path)
    try:
        with open_private(unfinished) as file:
            await write(ledger, community, what, file, advance)
            file.flush()
            digest = await asyncio.to_thread(_digest, unfinished)
            # Before it is closed, and with that unlocked: until then nobody takes it for left over.
            unfinished.replace(path)
        return {"sha256": digest, "bytes": path.stat().st_size}
    finally:
        unfinished.unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_suffix(_UNFINISHED)


def _is_written(path: Path) -> bool:
    """Whether a process is writing the file: it has it locked until it ends, however it ends."""
    try:
        with path.open("rb") as file:
            flock(file, LOCK_SH | LOCK_NB)
            # Between making a file and locking it there is a moment.
            status = os.fstat(file.fileno())
            return status.st_size == 0 and time.time() - status.st_mtime < A_MOMENT_SECONDS
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False


def open_private(path: Path) -> IO[bytes]:
    """A new file that its owner alone can read, to be written from the beginning; locked until it is closed."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    file = os.fdopen(descriptor, "w+b")
    flock(file, LOCK_EX | LOCK_NB)
    return file


async def read_pieces(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a file, piece by piece. Deleted meanwhile, it is read to its end all the same."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _AT_ONCE):
            yield piece


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()
