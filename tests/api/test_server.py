"""What only a real socket shows: heads without end, and callers who hang up."""

import socket
import threading
import time

import pytest
import uvicorn

from api.app import create_app
from api.server import MAX_HEAD_BYTES, BoundedProtocol
from api.settings import Settings


@pytest.fixture
def port(database_url, keys, tmp_path):
    app = create_app(
        Settings(
            "https://care.example.org", tmp_path, database_url=database_url, log_level="critical", environ={}
        )
    )
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, access_log=False, http=BoundedProtocol)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
        assert thread.is_alive()
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def send(port, octets):
    """What the service answers, or b"" when it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(octets)
            return connection.recv(65_536)
        except (ConnectionResetError, BrokenPipeError):
            return b""


def test_a_head_without_end_is_hung_up_on(port):
    ordinary = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
    assert b"200 OK" in send(port, ordinary + b"\r\n")
    assert b"200 OK" in send(port, ordinary + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n")
    assert send(port, ordinary + b"X-Long: " + b"x" * (20 * MAX_HEAD_BYTES) + b"\r\n\r\n") == b""
    assert send(port, ordinary + b"X: y\r\n" * (5 * MAX_HEAD_BYTES) + b"\r\n") == b""
    # Bodies have a bound of their own, and a long one is no long head.
    long_body = b"POST /v1/communities/oak/transfers HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    assert b"401" in send(port, long_body + b"x" * 200_000)


def test_a_caller_who_hangs_up_leaves_the_service_well(port):
    for head in (
        b"POST /v1/communities/oak/transfers HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf",
        b"GET",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(head)
    assert b"200 OK" in send(port, b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")
