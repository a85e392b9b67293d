"""Connecting: sockets, TLS, tokens, deadlines, readiness, closing."""

import asyncio
import ipaddress
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from applemusic import Client, ClientConfig, TLSConfig, errors
from applemusic.channel import channel_options
from applemusic.config import Backoff, is_local
from applemusic.models import ServerState
from applemusic.v1 import audio_service_pb2, auth_service_pb2
from applemusic.v1 import server_service_pb2 as pb
from tests.support.raw_http2 import proxy_without_server

READY = pb.GetServerInfoResponse(state=pb.SERVER_STATE_READY, server_version="0.1.0")


class Info:
    """Answers `GetServerInfo` and keeps what the caller sent."""

    def __init__(self) -> None:
        self.metadata: list[dict[str, Any]] = []

    async def __call__(self, _: Any, context: Any) -> pb.GetServerInfoResponse:
        self.metadata.append(dict(context.invocation_metadata()))
        return READY


async def test_a_unix_socket(serve: Any, tmp_path: Path) -> None:
    info = Info()
    target = f"unix://{tmp_path}/s"
    await serve({"ServerService.GetServerInfo": info}, address=target)
    async with Client(target, access_token="a-token") as music:
        assert (await music.server.info()).server_version == "0.1.0"
    assert info.metadata[0]["authorization"] == "Bearer a-token"


async def test_a_proxy_is_not_asked_for_loopback(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await serve({"ServerService.GetServerInfo": Info()})
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("http_proxy", "grpc_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with Client(target) as music:
        assert (await music.server.info()).server_version == "0.1.0"


async def test_the_access_token_is_sent_with_every_kind_of_call(serve: Any) -> None:
    info, seen = Info(), []

    async def stream(_: Any, context: Any) -> AsyncIterator[audio_service_pb2.AudioStreamResponse]:
        seen.append(dict(context.invocation_metadata())["authorization"])
        yield audio_service_pb2.AudioStreamResponse(header=audio_service_pb2.AudioHeader())
        yield audio_service_pb2.AudioStreamResponse(summary=audio_service_pb2.AudioSummary())

    target = await serve({"ServerService.GetServerInfo": info, "AudioService.AudioStream": stream})
    async with Client(target, access_token="a-token") as music:
        await music.server.info()
        await music.stubs.server.GetServerInfo(
            pb.GetServerInfoRequest(), metadata=(("x-more", "1"),)
        )
        assert [chunk async for chunk in music.audio.stream("1")] == []
        assert "a-token" not in repr(music.config)
    assert seen == ["Bearer a-token"]
    assert [sent["authorization"] for sent in info.metadata] == ["Bearer a-token"] * 2
    assert info.metadata[1]["x-more"] == "1"
    assert "applemusic-python" in info.metadata[0]["user-agent"]


async def test_without_a_token_none_is_sent(serve: Any) -> None:
    info = Info()
    async with Client(await serve({"ServerService.GetServerInfo": info})) as music:
        await music.server.info()
    assert "authorization" not in info.metadata[0]


@pytest.mark.parametrize("token", ["", "a-token"])
async def test_headers_are_asked_for_at_each_call(serve: Any, token: str) -> None:
    info, number = Info(), itertools.count(1)
    config = ClientConfig(headers=lambda: [("x-request-id", f"call-{next(number)}")])
    target = await serve({"ServerService.GetServerInfo": info})
    async with Client(target, access_token=token, config=config) as music:
        await music.server.info()
        await music.server.info()
    assert [sent["x-request-id"] for sent in info.metadata] == ["call-1", "call-2"]
    expected = f"Bearer {token}" if token else None
    assert {sent.get("authorization") for sent in info.metadata} == {expected}


def test_a_token_never_travels_to_another_machine_in_plain_text() -> None:
    with pytest.raises(ValueError, match="plain text"):
        Client("music.example.test:50051", access_token="a-token")
    Client("music.example.test:50051", access_token="a-token", tls=TLSConfig())
    closed = ClientConfig(allow_plaintext_token=True)
    Client("music.example.test:50051", access_token="a-token", config=closed)


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("127.0.0.1:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("unix:///run/s", True),
        ("dns:///localhost:1", True),
        ("127.0.0.1.example.test:1", False),
        ("192.0.2.7:1", False),
        ("music:1", False),
        ("dns:///music:1", False),
    ],
)
def test_what_counts_as_local(target: str, local: bool) -> None:  # noqa: FBT001 - a table
    assert is_local(target) is local


def certificate(directory: Path) -> tuple[bytes, bytes]:
    """Make a key and a certificate of its own for `music.test` and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "music.test")])
    now = datetime.now(UTC)
    names = [x509.DNSName("music.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = built.public_bytes(serialization.Encoding.PEM)
    (directory / "key.pem").write_bytes(private)
    (directory / "cert.pem").write_bytes(public)
    return private, public


async def test_tls_in_both_directions(serve: Any, tmp_path: Path) -> None:
    private, public = certificate(tmp_path)
    info = Info()
    target = await serve(
        {"ServerService.GetServerInfo": info},
        credentials=grpc.ssl_server_credentials([(private, public)], public, True),  # noqa: FBT003 - grpc's signature
    )
    tls = TLSConfig(
        ca_file=tmp_path / "cert.pem",
        cert_file=tmp_path / "cert.pem",
        key_file=str(tmp_path / "key.pem"),
        server_name="music.test",
    )
    async with Client(target, access_token="a-token", tls=tls) as music:
        assert (await music.server.info()).state is ServerState.READY
    assert info.metadata[0]["authorization"] == "Bearer a-token"
    without = ClientConfig(tls=TLSConfig(ca_file=tmp_path / "cert.pem"), timeout=3)
    async with Client(target, config=without) as music:
        with pytest.raises(errors.ConnectError):
            await music.auth.begin_sign_in()  # not retried


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValueError, match="go together"):
        TLSConfig(cert_file="cert.pem")


async def test_deadlines_of_the_client_and_of_a_call(serve: Any) -> None:
    remaining: list[float] = []

    async def info(_: Any, context: Any) -> pb.GetServerInfoResponse:
        remaining.append(context.time_remaining())
        if remaining[-1] < 1:
            await asyncio.Event().wait()
        return READY

    target = await serve({"ServerService.GetServerInfo": info})
    async with Client(target) as music:
        await music.server.info()
        await music.server.info(timeout=7)
        with pytest.raises(errors.DeadlineExceededError) as caught:
            await music.server.info(timeout=0.05)
    assert isinstance(caught.value, TimeoutError)
    assert 50 < remaining[0] < 61  # the wire rounds up
    assert 5 < remaining[1] < 8


async def test_a_server_that_is_not_there(unused_tcp_port: int) -> None:
    target = f"127.0.0.1:{unused_tcp_port}"
    async with Client(target) as music:
        with pytest.raises(errors.ConnectError) as caught:
            await music.auth.begin_sign_in()  # not retried, as it is not idempotent
        assert f"Is the server running at {target}?" in str(caught.value)
        assert caught.value.code is grpc.StatusCode.UNAVAILABLE
        with pytest.raises(errors.ConnectError, match=r"waited 0\.05 s"):
            await music.wait_ready(0.05)


async def test_waiting_until_the_server_is_up(serve: Any, fail: Any) -> None:
    answers: list[Any] = [None, pb.SERVER_STATE_STARTING, pb.SERVER_STATE_ACTION_REQUIRED]

    async def info(_: Any, context: Any) -> pb.GetServerInfoResponse:
        state = answers.pop(0)
        if state is None:
            await fail(context, grpc.StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")
        return pb.GetServerInfoResponse(state=state)

    target = await serve({"ServerService.GetServerInfo": info})
    quick = ClientConfig(backoff=Backoff(initial=0.0, attempts=0))
    async with Client(target, config=quick) as music:
        found = await music.wait_ready(20)
    assert found.state is ServerState.ACTION_REQUIRED
    assert answers == []


async def test_waiting_ends_at_an_error_that_does_not_pass(serve: Any, fail: Any) -> None:
    async def info(_: Any, context: Any) -> None:
        await fail(context, grpc.StatusCode.UNAUTHENTICATED, "ACCESS_TOKEN_MISSING")

    async with Client(await serve({"ServerService.GetServerInfo": info})) as music:
        with pytest.raises(errors.AccessTokenMissingError):
            await music.wait_ready(20)


async def test_a_starting_server_is_not_up(serve: Any) -> None:
    async def info(*_: Any) -> pb.GetServerInfoResponse:
        return pb.GetServerInfoResponse(state=pb.SERVER_STATE_STARTING)

    async with Client(await serve({"ServerService.GetServerInfo": info})) as music:
        with pytest.raises(errors.ConnectError, match="still starting"):
            await music.wait_ready(0.1)


async def test_cancelling_a_call_reaches_the_server(serve: Any) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def info(*_: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with Client(await serve({"ServerService.GetServerInfo": info})) as music:
        task = asyncio.create_task(music.server.info())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended.wait()


async def test_closing_the_client_fails_its_calls(serve: Any) -> None:
    begun = asyncio.Event()

    async def info(*_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    music = Client(await serve({"ServerService.GetServerInfo": info}))
    task = asyncio.create_task(music.server.info())
    await begun.wait()
    await music.close()
    with pytest.raises(errors.ClientClosedError):
        await task
    with pytest.raises(errors.ClientClosedError):
        await music.catalog.get_song("1")
    await music.close()


async def test_unavailable_is_retried_by_the_service_config(serve: Any, fail: Any) -> None:
    calls: list[int] = []

    async def info(_: Any, context: Any) -> pb.GetServerInfoResponse:
        calls.append(1)
        if len(calls) < 2:
            await fail(context, grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
        return READY

    async with Client(await serve({"ServerService.GetServerInfo": info})) as music:
        assert (await music.server.info()).state is ServerState.READY
    assert len(calls) == 2


async def test_watching_accounts_goes_on_when_the_server_was_away(serve: Any, fail: Any) -> None:
    calls: list[int] = []

    async def watch(_: Any, context: Any) -> AsyncIterator[auth_service_pb2.WatchAccountsResponse]:
        calls.append(1)
        yield auth_service_pb2.WatchAccountsResponse(
            kind=auth_service_pb2.ACCOUNT_EVENT_KIND_CURRENT,
            account=auth_service_pb2.Account(id=f"anna{len(calls)}"),
        )
        await fail(context, grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")

    target = await serve({"AuthService.WatchAccounts": watch})
    quick = ClientConfig(backoff=Backoff(initial=0.0, attempts=0))
    seen = []
    async with Client(target, config=quick) as music:
        async for event in music.auth.watch_accounts():
            assert event.account is not None
            seen.append(event.account.id)
            if len(seen) == 3:
                break
    assert seen == ["anna1", "anna2", "anna3"]


def test_the_connection_of_a_silent_stream_is_kept_and_checked() -> None:
    options = dict(channel_options(ClientConfig()))
    assert options["grpc.keepalive_time_ms"] >= 30_000  # what servers allow
    assert options["grpc.http2.max_pings_without_data"] == 0
    assert options["grpc.use_local_subchannel_pool"] == 1
    assert options["grpc.max_receive_message_length"] == 16 * 1024 * 1024


def test_backoff_grows_to_its_maximum() -> None:
    backoff = Backoff(initial=1, maximum=10, multiplier=3)
    assert [backoff.delay(n, 1.0) for n in (1, 2, 3, 4, 10_000)] == [1, 3, 9, 10, 10]
    assert backoff.delay(1, 0.0) == 0.5


def test_the_default_backoff_outlasts_a_restart_and_is_back_soon_after() -> None:
    backoff = Backoff()
    waits = [backoff.delay(failures, 0.5) for failures in range(1, backoff.attempts + 1)]

    assert sum(waits) > 10
    assert max(waits) < 1.5


@pytest.mark.parametrize("token", ["canary\nsecond", "canary ", "canaryé"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValueError, match="strip") as caught:
        Client("127.0.0.1:1", access_token=token)
    assert "canary" not in str(caught.value)


async def test_a_proxy_that_ends_a_stream_without_a_status_broke_the_connection() -> None:
    """As nginx does when the server behind it goes: what was being heard can be gone on with."""
    quick = ClientConfig(backoff=Backoff(attempts=0))
    async with proxy_without_server() as target, Client(target, config=quick) as music:
        with pytest.raises(errors.ConnectError, match="Stream removed"):
            async with music.audio.stream("1"):
                pass
