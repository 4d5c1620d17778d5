"""What only a real socket shows: heads without end, callers who hang up, and where a request comes from."""

import contextlib
import json
import socket
import threading
import time

import pytest
import uvicorn

from api.app import create_app
from api.server import MAX_HEAD_BYTES, listen, server_config
from api.settings import Settings
from ledger.people.rate_limits import SIGN_IN_BY_ADDRESS


@pytest.fixture
def serving(database_url, keys, tmp_path):
    """Serves, with the proxies that are trusted, for as long as the context lasts; gives the port."""

    @contextlib.contextmanager
    def serving(*trusted_proxies):
        app = create_app(
            Settings(
                "https://care.example.org",
                tmp_path,
                database_url=database_url,
                log_level="critical",
                environ={},
            )
        )
        server = uvicorn.Server(server_config(app, trusted_proxies))
        sockets = listen("localhost", 0)
        thread = threading.Thread(target=server.run, args=(sockets,))
        thread.start()
        while not server.started:
            time.sleep(0.01)
            assert thread.is_alive()
        yield sockets[0].getsockname()[1]
        server.should_exit = True
        thread.join()

    return serving


@pytest.fixture
def port(serving):
    with serving() as port:
        yield port


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


def sign_in_from(port, *forwarded):
    """The status of a try to sign in, with these headers X-Forwarded-For."""
    body = json.dumps({"secret": "wrong"}).encode()
    heads = "".join(f"X-Forwarded-For: {each}\r\n" for each in forwarded)
    answer = send(
        port,
        f"POST /v1/communities/oak/sign-in/card HTTP/1.1\r\nHost: x\r\n{heads}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body,
    )
    return int(answer.split()[1])


def test_nobody_chooses_the_address_they_are_counted_by(serving):
    with serving() as port:
        tried = [sign_in_from(port, f"192.0.2.{n}") for n in range(SIGN_IN_BY_ADDRESS.burst + 1)]
    assert tried == [401] * SIGN_IN_BY_ADDRESS.burst + [429]


def test_a_trusted_proxy_says_where_a_request_comes_from(serving):
    with serving("127.0.0.0/8") as port:
        tried = [sign_in_from(port, f"192.0.2.{n}") for n in range(SIGN_IN_BY_ADDRESS.burst + 1)]
        assert tried == [401] * (SIGN_IN_BY_ADDRESS.burst + 1)
        # What the caller wrote before the proxy did is not believed.
        tried = [sign_in_from(port, f"192.0.2.{n}, 198.51.100.7") for n in range(5)]
        tried += [
            sign_in_from(port, f"192.0.2.{n}", "198.51.100.7") for n in range(SIGN_IN_BY_ADDRESS.burst - 4)
        ]
        assert tried == [401] * SIGN_IN_BY_ADDRESS.burst + [429]


def test_another_proxy_than_the_trusted_ones_is_not_believed(serving):
    with serving("10.0.0.5") as port:
        tried = [sign_in_from(port, f"192.0.2.{n}") for n in range(SIGN_IN_BY_ADDRESS.burst + 1)]
    assert tried[-1] == 429


def test_localhost_is_every_address_of_it():
    sockets = listen("localhost", 0)
    try:
        assert {each.getsockname()[0] for each in sockets} <= {"127.0.0.1", "::1"}
        assert sockets[0].getsockname()[0] == "127.0.0.1"
        assert len({each.getsockname()[1] for each in sockets}) == 1
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", sockets[0].getsockname()[1])
    finally:
        for each in sockets:
            each.close()
