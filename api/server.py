"""Runs the application on uvicorn, with the one bound uvicorn does not have."""

import signal
from types import FrameType

import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""Largest request line and headers together. A request of ours has half a kilobyte."""


class BoundedProtocol(HttpToolsProtocol):
    """Hangs up on a request whose head does not end: httptools would gather its headers without limit."""

    _head_bytes: int | None = 0

    def data_received(self, data: bytes) -> None:
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES + len(data):
                self.transport.abort()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head_bytes = 0
        super().on_message_complete()


def run(app: Litestar, host: str, port: int) -> None:
    """Serve until told to stop, then finish what was begun, for at most ten seconds."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    # uvicorn stops in good order and then raises the signal again. Ended by it, the process would leave its
    # database running; left by way of an exception, it closes what it opened.
    signal.signal(signal.SIGTERM, _leave)
    uvicorn.Server(config).run()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
