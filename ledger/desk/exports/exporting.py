"""Exports in the background of a service: made once, kept for a day as a file below the data folder, then gone.

The files hold what they hold: readable by the service's own user alone, few of them, and never longer than promised.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.desk import journals
from ledger.desk.exports.bundle import export_bundle
from ledger.desk.exports.community import Advance, export_community
from ledger.desk.exports.lists import write_lists
from ledger.desk.work import Kind, Work
from ledger.desk.working import Progress, WorkFailed, Working

KEPT_FOR = timedelta(days=1)
KEPT_FILES = 5
"""How many files each community keeps, the newest."""

_AT_ONCE = 262_144
_UNFINISHED = ".part"


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
            await _write_text(journals.hledger(ledger.database, community), file)
        case What.BEANCOUNT:
            await _write_text(journals.beancount(ledger.database, community), file)


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
    """Begins exports among the long work of one service, and knows the files that are left of them."""

    def __init__(self, working: Working, ledger: Ledger, folder: Path) -> None:
        self._working = working
        self._ledger = ledger
        self._folder = folder

    def begin(self, community: Community, work_id: UUID, what: What) -> None:
        """Do the export that was begun in the table, in the background."""

        async def do(progress: Progress) -> dict[str, Any]:
            def advance(done: int, total: int) -> None:
                progress.done, progress.total = done, total

            try:
                return await self._make(community, work_id, what, advance)
            except OSError as problem:
                raise WorkFailed(
                    f"The file could not be written: {problem.strerror}. Is the disk full?"
                ) from None

        self._working.begin(community, Kind.EXPORT, work_id, do)

    async def _make(
        self, community: Community, work_id: UUID, what: What, advance: Advance
    ) -> dict[str, Any]:
        self.tidy()
        path = self._path(community, work_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(_UNFINISHED)
        try:
            with open_private(unfinished) as file:
                await write(self._ledger, community, what, file, advance)
            digest = await asyncio.to_thread(_digest, unfinished)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._keep_few(path.parent)
        return {"finding_count": 0, "sha256": digest, "bytes": path.stat().st_size}

    def kept(self, community: Community, export: Work, erased_at: datetime | None) -> Kept | None:
        """The file of an export, or None when it is gone, or was never made.

        One that names people, and was begun before somebody was erased (last at `erased_at`), is gone.
        """
        path = self._path(community, export.id)
        names_people = what_of(export.fingerprint).names_people
        if names_people and erased_at is not None and export.started_at < erased_at:
            path.unlink(missing_ok=True)
            return None
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        until = datetime.fromtimestamp(status.st_mtime, UTC) + KEPT_FOR
        if until <= datetime.now(UTC):
            path.unlink(missing_ok=True)
            return None
        return Kept(path, status.st_size, until)

    def tidy(self) -> None:
        """Delete what is older than a day, and what a killed process left unfinished."""
        oldest = time.time() - KEPT_FOR.total_seconds()
        for path in self._folder.glob("*/*"):
            # It may be gone already: another process tidies the same folder.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _keep_few(self, folder: Path) -> None:
        files = sorted(folder.glob("*.export"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[KEPT_FILES:]:
            path.unlink(missing_ok=True)

    def _path(self, community: Community, work_id: UUID) -> Path:
        return self._folder / str(community.id) / f"{work_id}.export"


def open_private(path: Path) -> IO[bytes]:
    """A new file that its owner alone can read, to be written from the beginning."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w+b")


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
