"""TLS with real handshakes, certificates that are replaced, and the Unix socket."""

import asyncio
import socket
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CollectorRegistry

from applemusic_server.access_setup import AccessSetup
from applemusic_server.config_sources import load
from applemusic_server.domain.access import Grant, Scope
from applemusic_server.probe import ProbeTls, probe
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.wire.access_policy import CheckedAccess
from applemusic_server.wire.interceptors.access import AccessPolicy, Caller, OpenAccess
from applemusic_server.wire.interceptors.call import Call
from applemusic_server.wire.listener import Limits, Listener
from applemusic_server.wire.tls import ReloadingTls, TlsFileError, TlsFiles
from applemusic_server.wire.unix_socket import private_socket
from tests.support.access_tokens import START, Desk, TokenStore
from tests.support.certificates import Authority, Identity


@dataclass
class Encrypted:
    """A server with TLS, and what it takes to reach it."""

    folder: Path
    authority: Authority
    files: TlsFiles
    tls: ReloadingTls
    listener: Listener
    log: list[Any]
    seconds: list[float] = field(default_factory=lambda: [0.0])
    address: str = ""

    async def connect(self, client: Identity | None = None) -> None:
        """Make a new connection and a call that nobody serves."""
        credentials = grpc.ssl_channel_credentials(
            self.authority.certificate,
            client.key if client else None,
            client.certificate if client else None,
        )
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.secure_channel(self.address, credentials, options) as channel:
            call: Any = channel.unary_unary("/applemusic.v1.Nobody/Home")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"")
        if caught.value.code() is grpc.StatusCode.UNAVAILABLE:
            raise ConnectionError(caught.value.details())
        assert caught.value.code() in {
            grpc.StatusCode.UNIMPLEMENTED,
            grpc.StatusCode.UNAUTHENTICATED,
        }


class Noting:
    """A policy that notes what it knows of callers."""

    def __init__(self, inner: AccessPolicy) -> None:
        self.inner = inner
        self.callers: list[Caller] = []

    async def caller(self, call: Call) -> Caller:
        self.callers.append(await self.inner.caller(call))
        return self.callers[-1]

    async def still_good(self, token_ids: Any) -> frozenset[str]:
        return await self.inner.still_good(token_ids)


async def encrypted(
    stack: AsyncExitStack,
    folder: Path,
    policy: AccessPolicy,
    *,
    client_ca: bool = False,
    names: tuple[str, ...] = ("127.0.0.1",),
) -> Encrypted:
    authority = Authority()
    certificate, key = authority.identity("server", names).write(folder, "server")
    ca = folder / "ca.crt"
    ca.write_bytes(authority.certificate)
    files = TlsFiles(certificate, key, ca if client_ca else None)
    log = structlog.testing.LogCapture()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[log], wrapper_class=structlog.BoundLogger
    )
    seconds = [0.0]
    tls = ReloadingTls(files, logger, lambda: seconds[0])
    listener = Listener(
        [],
        metrics=Metrics(CollectorRegistry(), "0").calls,
        log=logger,
        access=policy,
        limits=Limits(),
        credentials=tls.credentials(),
    )
    made = Encrypted(folder, authority, files, tls, listener, log.entries, seconds)
    made.address = f"127.0.0.1:{await listener.start('127.0.0.1', 0)}"
    stack.push_async_callback(listener.stop, timedelta(0))
    return made


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def shown(server: Encrypted) -> int:
    """The serial number of the certificate that a new connection is shown."""
    host, _, port = server.address.partition(":")
    pem = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)), timeout=10)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


async def test_a_renewed_certificate_counts_for_the_next_connection(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    server = await encrypted(stack, tmp_path, OpenAccess())
    before = await shown(server)
    renewed = server.authority.identity("server", ["127.0.0.1"])

    # In the middle of being replaced: the certificate is new, its key is not there yet.
    server.files.certificate.write_bytes(renewed.certificate)
    server.seconds[0] += 2
    between = await shown(server)
    server.files.private_key.write_bytes(renewed.key)
    server.seconds[0] += 2
    after = await shown(server)

    assert between == before
    assert after == x509.load_pem_x509_certificate(renewed.certificate).serial_number
    await server.connect()
    events = [line["event"] for line in server.log if line["event"].startswith("TLS")]
    assert events == ["TLS files cannot be used yet", "TLS files were renewed"]


async def test_files_that_come_back_as_they_were_are_told(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    server = await encrypted(stack, tmp_path, OpenAccess())
    key = server.files.private_key
    kept = key.rename(key.with_name("kept"))
    key.write_bytes(b"no key")
    for _ in range(2):
        server.seconds[0] += 2
        await shown(server)
    kept.rename(key)
    for _ in range(2):
        server.seconds[0] += 2
        await shown(server)
    events = [line["event"] for line in server.log if line["event"].startswith("TLS")]
    assert events == ["TLS files cannot be used yet", "TLS files can be used again"]


async def test_without_the_right_root_nobody_talks(stack: AsyncExitStack, tmp_path: Path) -> None:
    server = await encrypted(stack, tmp_path, OpenAccess())
    server.authority = Authority("Another")

    with pytest.raises(ConnectionError):
        await server.connect()


async def test_a_certificate_stands_for_a_caller(stack: AsyncExitStack, tmp_path: Path) -> None:
    grants = {
        "spiffe://house/host": Grant("spiffe://house/host", frozenset({Scope.READ}), None),
        "kitchen": Grant("kitchen", frozenset({Scope.STREAM}), frozenset({"anna"})),
    }
    desk = Desk()
    policy = Noting(CheckedAccess(desk.known, grants, trust_network=False, trust_socket=False))
    server = await encrypted(stack, tmp_path, policy, client_ca=True)
    issue = server.authority.identity

    await server.connect(issue("whatever", ["host.local", "spiffe://house/host"]))
    await server.connect(issue("kitchen"))
    assert [caller.grant.name for caller in policy.callers] == ["spiffe://house/host", "kitchen"]

    # The common name counts only where there is no other, and a stranger needs a token.
    await server.connect(issue("kitchen", ["bath.local"]))
    assert len(policy.callers) == 2
    for refused in (None, Authority("Test authority").identity("kitchen")):
        with pytest.raises(ConnectionError):
            await server.connect(refused)
    expired = issue("kitchen", days=1)
    with pytest.raises(ConnectionError):
        await server.connect(expired)


async def test_who_trusts_the_network_trusts_its_certificates(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    policy = Noting(CheckedAccess(Desk().known, {}, trust_network=True, trust_socket=True))
    server = await encrypted(stack, tmp_path, policy, client_ca=True)
    await server.connect(server.authority.identity("anybody"))
    assert policy.callers[0].grant.scopes == frozenset(Scope)


async def test_the_probe_speaks_tls(stack: AsyncExitStack, tmp_path: Path) -> None:
    server = await encrypted(
        stack, tmp_path, OpenAccess(), client_ca=True, names=("music.example.org",)
    )
    paths = server.authority.identity("probe").write(tmp_path, "probe")
    tls = ProbeTls(server.files.certificate, *paths)

    assert await asyncio.to_thread(probe, server.address, "", 5.0, tls) == "SERVING"
    without = await asyncio.to_thread(
        probe, server.address, "", 5.0, ProbeTls(server.files.certificate)
    )
    assert "no answer" in without
    missing = ProbeTls(tmp_path / "none")
    assert "No such file" in probe(server.address, "", 1.0, missing)


def files_of(folder: Path, identity: Identity, ca: bytes | None = None) -> TlsFiles:
    certificate, key = identity.write(folder, "x")
    path = None
    if ca is not None:
        path = folder / "ca"
        path.write_bytes(ca)
    return TlsFiles(certificate, key, path)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    authority = Authority()
    good, other = authority.identity("a"), authority.identity("b")
    log = structlog.get_logger()
    cases = [
        (Identity(b"canary", good.key), None, "x.crt holds no certificate"),
        (Identity(good.certificate, b"canary"), None, "x.key holds no private key"),
        (Identity(good.certificate, other.key), None, "x.key is not the key of"),
        (good, b"canary", "ca holds no certificate"),
    ]
    for identity, ca, said in cases:
        with pytest.raises(TlsFileError, match=said) as caught:
            ReloadingTls(files_of(tmp_path, identity, ca), log, lambda: 0.0)
        assert "canary" not in str(caught.value)
    with pytest.raises(TlsFileError, match="No such file"):
        ReloadingTls(TlsFiles(tmp_path / "none", tmp_path / "none"), log, lambda: 0.0)


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s")


async def listening(stack: AsyncExitStack, path: Path, policy: AccessPolicy) -> int:
    listener = Listener(
        [],
        metrics=Metrics(CollectorRegistry(), "0").calls,
        log=structlog.wrap_logger(
            structlog.PrintLogger(), processors=[structlog.testing.LogCapture()]
        ),
        access=policy,
        limits=Limits(),
    )
    port = await listener.start("127.0.0.1", 0, path)
    stack.push_async_callback(listener.stop, timedelta(0))
    return port


async def test_the_socket_is_private_and_replaces_a_dead_one(
    stack: AsyncExitStack, short: Path
) -> None:
    path = short / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    policy = Noting(CheckedAccess(Desk().known, {}, trust_network=False, trust_socket=True))
    await listening(stack, path, policy)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        await health.Check(health_pb2.HealthCheckRequest())
        call: Any = channel.unary_unary("/x.Y/Z")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert policy.callers[0].grant.scopes == frozenset(Scope)

    # Nobody steals the socket of a server that answers.
    with pytest.raises(OSError, match="in use by another server"):
        await listening(stack, path, policy)


def test_paths_that_are_no_socket(short: Path) -> None:
    (short / "file").write_text("mine")
    for path, said in (
        (short / "file", "no socket"),
        (short / "none" / "s", "folder is not there"),
        (short / ("x" * 120), "at most 107 bytes"),
    ):
        with pytest.raises(OSError, match=said), private_socket(path):
            pytest.fail("bound")
    assert (short / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("grpc_settings", "network", "unix"),
    [
        ({}, True, True),
        ({"require_access_token": True}, False, False),
        ({"host": "192.0.2.1"}, False, True),
        ({"host": "192.0.2.1", "insecure": True}, True, True),
        ({"host": "192.0.2.1", "insecure": True, "require_access_token": True}, False, False),
        ({"host": "::1"}, True, True),
    ],
)
async def test_who_needs_no_token(
    stack: AsyncExitStack, short: Path, grpc_settings: dict[str, Any], *, network: bool, unix: bool
) -> None:
    """As the settings have it, over a real port and a real socket of this machine."""
    settings = load({}, {"grpc": grpc_settings})
    log = structlog.get_logger()
    setup = AccessSetup(settings, TokenStore(), log, clock=lambda: 0.0, now=lambda: START)
    policy = Noting(setup.policy())
    port = await listening(stack, short / "s", policy)

    for address, trusted in ((f"127.0.0.1:{port}", network), (f"unix:{short / 's'}", unix)):
        async with grpc.aio.insecure_channel(address) as channel:
            call: Any = channel.unary_unary("/x.Y/Z")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"")
        code = grpc.StatusCode.UNIMPLEMENTED if trusted else grpc.StatusCode.UNAUTHENTICATED
        assert caught.value.code() is code
