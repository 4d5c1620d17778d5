"""The newest checkpoint of each log, kept in a file outside the database.

A database restored from a backup is a fork: receipts given since then point at leaves it no longer has. The
file, kept beside the keys and not in the database, is how the service notices.
"""

import os
from pathlib import Path

from ledger.log.keys import KeyProblem


class PublishedCheckpoints:
    """A folder with one signed note per log, `<slug>.checkpoint`, replaced whole and never torn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise KeyProblem(f"{folder} cannot be written to: checkpoints are kept there")

    def read(self, slug: str) -> str | None:
        """The newest note kept for the community, or None when there is none yet."""
        try:
            return (self.folder / f"{slug}.checkpoint").read_text()
        except FileNotFoundError:
            return None

    def write(self, slug: str, note: str) -> None:
        """Keep the note. Called after the commit and before the answer, so that no answered leaf is unknown here.

        Not flushed to disk: the database was, and after a power failure a file that is a moment behind it is
        harmless. Only a file ahead of the database stops the service.
        """
        path = self.folder / f"{slug}.checkpoint"
        fresh = self.folder / f".{slug}.{os.getpid()}"
        fresh.write_text(note)
        fresh.replace(path)
