"""The probe of a running server, as containers use it."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from hypothesis import given, settings
from hypothesis import strategies as st

from applemusic_server.probe import configured_address, probe

LONG_NAME = "applemusic.v1." + "A" * 200 + "Service"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


@contextmanager
def served(*more: str) -> Iterator[tuple[str, health.HealthServicer]]:
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    with ThreadPoolExecutor(max_workers=1) as pool:
        server = grpc.server(pool)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        for address in more:
            server.add_insecure_port(address)
        server.start()
        try:
            yield f"127.0.0.1:{port}", servicer
        finally:
            server.stop(None).wait()


@contextmanager
def answering(answer: bytes, *, stays: bool = False) -> Iterator[str]:
    """A server that says the same to whatever it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(answer)
                with suppress(OSError):  # the other side may have gone
                    if not stays:
                        connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join()


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "grpc_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with served() as (address, _):
        assert probe(address, "", 10.0) == "SERVING"


def test_every_state_is_told(tmp_path: Path) -> None:
    unix = f"unix:{tmp_path / 's'}"
    with served(unix) as (address, servicer):
        servicer.set(LONG_NAME, health_pb2.HealthCheckResponse.NOT_SERVING)
        servicer.set("odd", health_pb2.HealthCheckResponse.UNKNOWN)
        assert probe(address, LONG_NAME, 10.0) == "NOT_SERVING"
        assert probe(address, "odd", 10.0) == "UNKNOWN"
        assert probe(address, "nobody", 10.0) == f"no answer from {address}: NOT_FOUND"
        assert probe(unix, "", 10.0) == "SERVING"
        assert probe(unix.replace("unix:", "unix://"), "", 10.0) == "SERVING"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "the connection was closed"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak gRPC"),
        (SETTINGS + b"\0\0\0\7\0\0\0\0\0", "does not take the call"),
        (SETTINGS + b"\0\0\4\3\0\0\0\0\1\0\0\0\7", "does not take the call"),
        (SETTINGS + b"\0\0\0\0\1\0\0\0\1", "does not speak gRPC"),
        (SETTINGS + b"\0\0\7\0\0\0\0\0\1\0\0\0\0\2\10\7", "does not speak gRPC"),
        (SETTINGS + b"\0\0\x0f\1\5\0\0\0\1\0\x0bgrpc-status\x01" + b"7", "refuses the call"),
    ],
)
def test_strange_answers_are_no_yes(answer: bytes, said: str) -> None:
    with answering(answer) as address:
        assert said in probe(address, "", 10.0)


def test_an_answer_in_pieces_with_pings_between_them() -> None:
    ping = b"\0\0\x08\6\0\0\0\0\0" + bytes(8)
    pieces = b"\0\0\3\0\0\0\0\0\1\0\0\0" + ping + b"\0\0\4\0\0\0\0\0\1\0\2\x08\1"
    with answering(SETTINGS + pieces, stays=True) as address:
        assert probe(address, "", 10.0) == "SERVING"


def test_who_says_nothing_is_not_waited_for() -> None:
    with answering(SETTINGS, stays=True) as address:
        assert probe(address, "", 0.1) == f"no answer from {address}: not within 0.1 s"


@settings(max_examples=150)
@given(noise=st.binary(max_size=80))
def test_no_answer_makes_it_fail(noise: bytes) -> None:
    with answering(SETTINGS + noise) as address:
        assert isinstance(probe(address, "", 10.0), str)


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:port", "unix:/no/such/socket"])
def test_addresses_that_lead_nowhere(address: str) -> None:
    assert probe(address, "", 1.0).startswith(f"no answer from {address}: ")


@pytest.mark.parametrize(
    ("socket_path", "host", "address"),
    [
        (None, "127.0.0.1", "127.0.0.1:7"),
        (None, "0.0.0.0", "127.0.0.1:7"),  # noqa: S104 - not bound to
        (None, "::", "[::1]:7"),
        (None, "fd00::1", "[fd00::1]:7"),
        (Path("/run/s"), "0.0.0.0", "unix:/run/s"),  # noqa: S104 - not bound to
    ],
)
def test_where_a_server_is_found(socket_path: Path | None, host: str, address: str) -> None:
    find: Callable[[Path | None, str, int], str] = configured_address
    assert find(socket_path, host, 7) == address
