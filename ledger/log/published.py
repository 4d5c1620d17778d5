"""The newest checkpoint of each log, kept in files outside the database.

A database restored from a backup is a fork: receipts given since then point at leaves it no longer has. The
files, kept beside the keys and not in the database, are how the service notices.
"""

import fcntl
import os
import stat
from pathlib import Path

from ledger.log.checkpoints import Checkpoint, MalformedNote, read_checkpoint
from ledger.log.keys import KeyProblem

MAX_NOTE_BYTES = 65_536


class PublishedCheckpoints:
    """A folder with two signed notes per log, `<slug>.0.checkpoint` and `<slug>.1.checkpoint`.

    The older of the two is written over, in place: a power failure can spoil one of them at most, and the other
    still counts. Several processes may write; an older note never takes the place of a newer one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise KeyProblem(f"{folder} cannot be written to: checkpoints are kept there")

    def read(self, slug: str) -> str | None:
        """The newest note kept for the community, or None when there is none.

        Raises MalformedNote when there are files and none can be read. Signatures are for the caller to check.
        """
        notes: list[tuple[Checkpoint, str]] = []
        spoilt: MalformedNote | None = None
        for path in sorted(self.folder.glob(f"{slug}.[01].checkpoint")):
            try:
                note = _read_regular(path)
                notes.append((read_checkpoint(note), note))
            except (MalformedNote, UnicodeDecodeError) as problem:
                spoilt = MalformedNote(f"{path.name}: {problem}")
        if notes:
            return max(notes, key=lambda kept: kept[0].size)[1]
        if spoilt is not None:
            raise spoilt
        return None

    def write(self, slug: str, size: int, note: str) -> None:
        """Keep the note over `size` leaves. Called after the commit and before the answer.

        So no answered leaf is unknown here, even if the service is killed. Not flushed to disk: the database
        was, and after a power failure a file that is a moment behind it is harmless. Only one that is ahead of
        the database stops the service.
        """
        octets = note.encode()
        lock = os.open(self.folder / f"{slug}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = {path: _size(path) for path in [self.folder / f"{slug}.{n}.checkpoint" for n in (0, 1)]}
            if max(kept.values()) >= size:
                return
            file = os.open(
                min(kept, key=lambda path: kept[path]), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600
            )
            try:
                os.pwrite(file, octets, 0)
                os.ftruncate(file, len(octets))
            finally:
                os.close(file)
        finally:
            os.close(lock)


def _size(path: Path) -> int:
    """The size a kept note covers; -1 when there is none that can be read."""
    try:
        return read_checkpoint(_read_regular(path)).size
    except (OSError, MalformedNote, UnicodeDecodeError):
        return -1


def _read_regular(path: Path) -> str:
    """The text of a file of its own: not of a pipe, which would never end, nor of whatever a link points at."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise MalformedNote(f"{path.name} is not a regular file")
        return os.read(file, MAX_NOTE_BYTES).decode()
    finally:
        os.close(file)
