"""PDFs written by a process of its own, so that a service that makes hundreds of them goes on answering."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from base64 import b64decode
from types import TracebackType
from typing import Any

from api.statements.fonts import Fonts, NoPdf

Row = dict[str, Any]

MAX_LINE_BYTES = 2**26
STOP_SECONDS = 5.0


class PdfWriter:
    """Writes one PDF after another. Its process begins with the first, and ends with the block."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def __aenter__(self) -> "PdfWriter":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def write(
        self, tag: str, said: Row, text: str, verify_address: str, fonts: Fonts, *, large: bool
    ) -> bytes:
        """As `statement_pdf`, in the language with this tag. Raises NoPdf."""
        process = self._process = self._process or await _start()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process that was started with pipes has them")
        paths = [str(path) for path in fonts.regular]
        order = {
            "tag": tag,
            "said": said,
            "text": text,
            "address": verify_address,
            "fonts": paths,
            "large": large,
        }
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        answer = await process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that writes PDFs has ended")
        result = json.loads(answer)
        if "no" in result:
            raise NoPdf(result["no"])
        return b64decode(result["pdf"])


async def _start() -> Process:
    # Keys and the way to the database are the service's own affair.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CAREHOURS_") and name != "DATABASE_URL"
    }
    path = os.pathsep.join([path for path in sys.path if path])
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.statements", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=MAX_LINE_BYTES,
        env=kept | {"PYTHONPATH": path}, start_new_session=True,
    )  # fmt: skip
