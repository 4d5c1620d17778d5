"""A load generator that costs little beside what it measures: closed loop, keep-alive, raw HTTP/1.1 on uvloop.

It reads the status line and the content length and nothing else, so it can share two cores with the service
and its database. `scripts/bench` prints what it cost.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)

KEEP_ONE_IN = 200
"""How many answers of a run there are for each that is kept and verified."""


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes


class Disconnected(Exception):
    """The connection ended before the answer: the outcome of the request is unknown."""


class Connection(asyncio.Protocol):
    """One connection that carries one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._chunks: list[bytes] = []
        self._received = 0
        self._head = self._whole = 0
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, port: int) -> "Connection":
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send the request; the answer, or Disconnected, arrives in the future."""
        self._waiting = self._loop.create_future()
        if self._transport is None or self._transport.is_closing():
            self._waiting.set_exception(Disconnected())
        else:
            self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a TCP transport, always

    def connection_lost(self, problem: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Disconnected())

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._received += len(data)
        if not self._whole:
            so_far = data if len(self._chunks) == 1 else b"".join(self._chunks)
            end = so_far.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(so_far, 0, end)
            self._head = end + 4
            self._whole = end + 4 + (int(length[1]) if length else 0)
        if self._received < self._whole:
            return
        whole = data if len(self._chunks) == 1 else b"".join(self._chunks)
        answer = Answer(int(whole[9:12]), whole[: self._head], whole[self._head :])
        self._chunks.clear()
        self._received = self._whole = 0
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


def rendered(method: str, path: str, token: str, body: bytes = b"", key: str | None = None) -> bytes:
    """A whole request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if key is not None:
        head += f"Idempotency-Key: {key}\r\n"
    if method != "GET":
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


@dataclass(slots=True)
class Run:
    """What a closed loop of clients saw: seconds for each answer, answers that were wrong, and some that were not."""

    elapsed: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: list[Answer] = field(default_factory=list)
    kept: list[Answer] = field(default_factory=list)


async def drive(
    port: int, clients: int, seconds: float, requests: Iterator[bytes], is_right: Callable[[Answer], bool]
) -> Run:
    """Keep `clients` connections busy for so long, each asking again as soon as it was answered."""
    connections = [await Connection.open(port) for _ in range(clients)]
    run = Run()
    clock = time.perf_counter
    began, cpu_began = clock(), time.process_time()
    deadline = began + seconds

    async def one(connection: Connection) -> None:
        while (asked := clock()) < deadline:
            answer = await connection.ask(next(requests))
            run.latencies.append(clock() - asked)
            if not is_right(answer):
                run.wrong.append(answer)
            elif len(run.latencies) % KEEP_ONE_IN == 1:
                run.kept.append(answer)

    await asyncio.gather(*[one(connection) for connection in connections])
    run.elapsed, run.cpu_seconds = clock() - began, time.process_time() - cpu_began
    for connection in connections:
        connection.close()
    return run


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of them lie; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
