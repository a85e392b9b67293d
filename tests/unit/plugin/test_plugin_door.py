"""AutoMTLS: only who shows the host's certificate comes in, though gRPC refuses keys like it."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from applemusic_server.plugin.door import Door, Identity, make_identity

NOW = datetime.now(UTC)


class HostSide:
    """A certificate as go-plugin makes it for a host: its own authority, on P-521."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP521R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(seconds=30))
            .not_valid_after(NOW + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(Encoding.PEM).decode()
        self.key = key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ).decode()

    def context(self, theirs: str, folder: Path, *, shown: bool = True) -> ssl.SSLContext:
        """TLS of a host that read `theirs` in the handshake."""
        padded = theirs + "=" * (-len(theirs) % 4)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=base64.b64decode(padded, validate=True))
        context.set_alpn_protocols(["h2"])
        if shown:
            both = folder / "host.pem"
            both.write_text(self.key + self.certificate)
            context.load_cert_chain(both)
        return context


@pytest.fixture(scope="module")
def host() -> HostSide:
    return HostSide()


@pytest.fixture
def identity(host: HostSide, tmp_path: Path) -> Identity:
    return make_identity(host.certificate, tmp_path, NOW)


@pytest.fixture
async def socket(identity: Identity, tmp_path: Path) -> AsyncIterator[Path]:
    """The door, before something that says everything twice."""

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data * 2)
            await writer.drain()
        await close(writer)

    async with AsyncExitStack() as opened:
        behind = await asyncio.start_unix_server(twice, tmp_path / "behind")
        opened.push_async_callback(behind.wait_closed)
        opened.callback(behind.close)
        door = Door(identity.context, tmp_path / "behind")
        opened.push_async_callback(door.stop)
        await door.start(tmp_path / "door")
        yield tmp_path / "door"


async def test_the_host_comes_in_and_bytes_go_both_ways(
    host: HostSide, identity: Identity, socket: Path, tmp_path: Path
) -> None:
    context = host.context(identity.certificate, tmp_path)
    reader, writer = await asyncio.open_unix_connection(
        socket, ssl=context, server_hostname="localhost"
    )
    song = bytes(range(256)) * 4096
    writer.write(song)
    heard = await reader.readexactly(2 * len(song))

    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    assert len(heard) == 2 * len(song)
    await close(writer)


@pytest.mark.parametrize("who", ["nobody", "another host"])
async def test_others_stay_outside(
    who: str, host: HostSide, identity: Identity, socket: Path, tmp_path: Path
) -> None:
    other = HostSide() if who == "another host" else host
    context = other.context(identity.certificate, tmp_path, shown=who == "another host")

    heard = b""
    with suppress(ssl.SSLError, ConnectionError):  # with TLS 1.3 it is told after the handshake
        heard = await exchange(socket, context)

    assert heard == b""


async def test_without_tls_nobody_comes_in(socket: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    assert b"PRI" not in await reader.read()
    await close(writer)


async def test_a_connection_ends_with_the_door(
    host: HostSide, identity: Identity, tmp_path: Path
) -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await close(writer)

    behind = await asyncio.start_unix_server(wait, tmp_path / "behind")
    door = Door(identity.context, tmp_path / "behind")
    await door.start(tmp_path / "door")
    reader, writer = await asyncio.open_unix_connection(
        tmp_path / "door",
        ssl=host.context(identity.certificate, tmp_path),
        server_hostname="localhost",
    )
    writer.write(b"hello")

    await door.stop()

    assert await reader.read() == b""
    await close(writer)
    behind.close()
    await behind.wait_closed()


async def test_nothing_behind_the_door_is_a_lost_connection(
    host: HostSide, identity: Identity, tmp_path: Path
) -> None:
    door = Door(identity.context, tmp_path / "nothing")
    await door.start(tmp_path / "door")

    assert await exchange(tmp_path / "door", host.context(identity.certificate, tmp_path)) == b""

    await door.stop()


def test_no_key_stays_in_a_file(identity: Identity, tmp_path: Path) -> None:
    assert identity.certificate
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_certificate(tmp_path: Path) -> None:
    for wrong in ("none", "", "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n"):
        with pytest.raises(OSError, match="no certificate in PEM"):
            make_identity(wrong, tmp_path, NOW)


async def exchange(socket: Path, context: ssl.SSLContext) -> bytes:
    """What comes back from behind the door."""
    reader, writer = await asyncio.open_unix_connection(
        socket, ssl=context, server_hostname="localhost"
    )
    try:
        writer.write(b"hello")
        return await reader.read(10)
    finally:
        await close(writer)


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection that the other side may have broken off."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
