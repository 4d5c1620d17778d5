"""Runs the application on uvicorn, with the one bound uvicorn does not have."""

import errno
import signal
import socket
from collections.abc import Sequence
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

    def shutdown(self) -> None:
        """Called of every connection before the server waits for all to close: streams, which may go on, end now."""
        if isinstance(self.config.app, Litestar):
            self.config.app.state.leaving.set()
        super().shutdown()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head_bytes = 0
        super().on_message_complete()


def server_config(app: Litestar, trusted_proxies: Sequence[str] = ()) -> uvicorn.Config:
    """How the application is served.

    X-Forwarded-For and X-Forwarded-Proto count only from `trusted_proxies`: from anybody else they would let the
    caller choose the address they are counted by.
    """
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=10,
    )


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address of the host. Raises OSError.

    `localhost` is 127.0.0.1, and ::1 where the machine has it: browsers try either first.
    """
    sockets: list[socket.socket] = []
    try:
        for address in ("127.0.0.1", "::1") if host == "localhost" else _addresses(host, port):
            # Port 0 is any that is free, and then the same at each address.
            free = sockets[0].getsockname()[1] if sockets else port
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                sockets.append(socket.create_server((address, free), family=family))
            except OSError as problem:
                if host != "localhost" or not sockets or problem.errno not in _NO_SUCH_ADDRESS:
                    raise
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets


_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # A name may stand for the same address twice.
    return list(dict.fromkeys([str(address[0]) for *_, address in found]))


def run(app: Litestar, sockets: list[socket.socket], trusted_proxies: Sequence[str] = ()) -> None:
    """Serve until told to stop, then finish what was begun, for at most ten seconds."""
    # uvicorn stops in good order and then raises the signal again. Ended by it, the process would leave its
    # database running; left by way of an exception, it closes what it opened.
    signal.signal(signal.SIGTERM, _leave)
    uvicorn.Server(server_config(app, trusted_proxies)).run(sockets)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
