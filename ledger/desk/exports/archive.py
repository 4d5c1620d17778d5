"""Zips written as they are made: memory stays flat, and the same content gives the same bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.signing import KeyRing

_EPOCH = (1980, 1, 1, 0, 0, 0)
_AT_ONCE = 262_144

Write = Callable[[bytes], Awaitable[None]]

Advance = Callable[[int, int], None]
"""Is told (done, of how many), as often as there is something to tell."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a zip: the SHA-256 of its bytes as hex, how many they are, and how many of them end a line."""

    sha256: str
    bytes: int
    lines: int


class Archive:
    """A zip that is being written; `files` is what it holds so far, by name.

    No clock and no order but that of the calls is in it. Compressing is done beside the event loop.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)
        self.files: dict[str, Written] = {}

    @asynccontextmanager
    async def member(self, name: str) -> AsyncIterator[Write]:
        """Write one file piece by piece. Its name is one of ours: it is taken as it is."""
        info = ZipInfo(name, _EPOCH)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        digest, size, lines = sha256(), 0, 0
        waiting = bytearray()
        with self._zip.open(info, "w", force_zip64=True) as member:

            async def flush() -> None:
                piece = bytes(waiting)
                waiting.clear()
                digest.update(piece)
                await asyncio.to_thread(member.write, piece)

            async def write(piece: bytes) -> None:
                nonlocal size, lines
                size += len(piece)
                lines += piece.count(b"\n")
                waiting.extend(piece)
                if len(waiting) >= _AT_ONCE:
                    await flush()

            yield write
            await flush()
        self.files[name] = Written(digest.hexdigest(), size, lines)

    async def add(self, name: str, content: bytes) -> None:
        """Write a small file at once."""
        async with self.member(name) as write:
            await write(content)

    async def add_file(self, name: str, path: Path) -> None:
        """Write what stands in a file on the disk."""
        async with self.member(name) as write:
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _AT_ONCE):
                    await write(piece)

    def close(self) -> None:
        """Write the zip's own list of what it holds. Without it no program opens the file."""
        self._zip.close()


def list_origin(origin: str) -> str:
    """The name under which a log's keys sign the list of an export's files. No log has it: no slug has a slash."""
    return f"{origin}/export"


def sign_list(origin: str, content: bytes, count: int, keys: KeyRing) -> str:
    """The signed note over a list of `count` files: a checkpoint whose root is the SHA-256 of the list.

    In the form of a checkpoint because every verifier of ours reads one, and under a name of its own so that it
    passes for none of the log.
    """
    return sign_checkpoint(Checkpoint(list_origin(origin), count, sha256(content).digest()), keys.log_keys)
