"""AutoMTLS of go-plugin: host and plugin show each other certificates made for this one run.

gRPC's own TLS cannot do it: go-plugin's certificates have keys on the curve P-521, whose signatures
BoringSSL does not take ("peer did not return a certificate", observed with grpcio 1.85.1 and
go-plugin 1.8.0). OpenSSL does; so it stands at the door and hands on what comes in.
"""

import asyncio
import base64
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The name that go-plugin asks for.
_NAME: Final = "localhost"
_LIFETIME: Final = timedelta(days=3650)
_CLOCK_SKEW: Final = timedelta(minutes=5)
_HANDSHAKE_SECONDS: Final = 10.0
# Hosts kill a plugin two seconds after they told it to end.
_LAST_WORDS_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Identity:
    """TLS as this run of the plugin speaks it.

    Attributes:
        context: Asks who connects for the host's certificate.
        certificate: The plugin's own, as the handshake line carries it.
    """

    context: ssl.SSLContext
    certificate: str


def make_identity(client_certificate: str, folder: Path, now: datetime) -> Identity:
    """Make a key and a certificate for this run.

    Args:
        client_certificate: The host's, in PEM.
        folder: Private; files are in it for a moment, the key encrypted.
        now: In UTC.

    Raises:
        OSError: `PLUGIN_CLIENT_CERT` holds no certificate, or files cannot be written.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    try:
        context.load_verify_locations(cadata=client_certificate)
    except (ssl.SSLError, ValueError):
        raise OSError("PLUGIN_CLIENT_CERT holds no certificate in PEM") from None
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, now)
    # Python's ssl takes them from files only.
    password = secrets.token_bytes(32).hex().encode()
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    try:
        key_file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
        )
        certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(certificate_file, key_file, password)
    finally:
        key_file.unlink(missing_ok=True)
        certificate_file.unlink(missing_ok=True)
    shown = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode().rstrip("=")
    return Identity(context, shown)


class Door:
    """Takes connections with TLS, and hands their bytes on to another socket."""

    def __init__(self, context: ssl.SSLContext, behind: Path) -> None:
        """Take what to do.

        Args:
            context: TLS towards who connects.
            behind: The socket that connections are handed on to.
        """
        self._context = context
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._stopped = False
        self._open: set[_Side] = set()
        self._connecting: set[asyncio.Task[None]] = set()

    async def start(self, socket: Path) -> None:
        """Listen.

        Raises:
            OSError: The socket cannot be had.
        """
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: _Side(self._open, self._connect),
            socket,
            ssl=self._context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=_LAST_WORDS_SECONDS,
        )

    async def stop(self) -> None:
        """Close everything. What was behind the door is gone; its last words still get out."""
        self._stopped = True
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connecting):
            task.cancel()
        lost = {side.lost: side for side in self._open}
        if lost:
            _, left = await asyncio.wait(lost, timeout=_LAST_WORDS_SECONDS)
            for each in left:
                lost[each].transport.abort()
            await asyncio.wait(lost)

    def _connect(self, outside: "_Side") -> None:
        if self._stopped:  # in the middle of its handshake before
            outside.transport.abort()
            return
        task = asyncio.create_task(self._join(outside))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _join(self, outside: "_Side") -> None:
        try:
            _, inside = await asyncio.get_running_loop().create_unix_connection(
                lambda: _Side(self._open), str(self._behind)
            )
        except OSError:
            outside.transport.abort()
            return
        outside.join(inside)


class _Side(asyncio.Protocol):
    """One of the two connections that are joined; what one hears the other says."""

    def __init__(
        self, everybody: "set[_Side]", on_made: Callable[["_Side"], None] | None = None
    ) -> None:
        self.transport = asyncio.Transport()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._everybody = everybody
        self._on_made = on_made
        self.other: _Side | None = None

    def join(self, other: "_Side") -> None:
        """Begin to hand on."""
        if self.lost.done():
            other.transport.abort()
            return
        self.other, other.other = other, self
        self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "of a stream"  # noqa: S101 - for mypy
        self.transport = transport
        self._everybody.add(self)
        if self._on_made is not None:
            transport.pause_reading()  # until there is somebody to tell
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the other, too: gRPC sees a lost connection, as without us."""
        del exc
        self._everybody.discard(self)
        if self.other is not None:
            self.other.transport.close()
        self.lost.set_result(None)


def _certificate(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return a certificate that is its own authority, for both ends as go-plugin's are."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    usage = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )
