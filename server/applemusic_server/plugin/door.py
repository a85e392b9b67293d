"""AutoMTLS of go-plugin: host and plugin show each other certificates made for this one run.

gRPC's own TLS cannot do it: go-plugin's certificates have keys on the curve P-521, whose signatures
BoringSSL does not take ("peer did not return a certificate", observed with grpcio 1.85.1 and
go-plugin 1.7.0). OpenSSL does; so it stands at the door and hands on what comes in.
"""

import asyncio
import base64
import secrets
import ssl
from contextlib import suppress
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
_CHUNK: Final = 65536
_HANDSHAKE_SECONDS: Final = 10.0


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
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, socket: Path) -> None:
        """Listen.

        Raises:
            OSError: The socket cannot be had.
        """
        self._server = await asyncio.start_unix_server(
            self._take,
            socket,
            ssl=self._context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
        )

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(tuple(self._open))

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._hand_on(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What breaks off on one side ends the other: gRPC sees a lost connection, as without us.
        with suppress(OSError):
            behind_reader, behind_writer = await asyncio.open_unix_connection(self._behind)
            inwards = asyncio.create_task(_copy(reader, behind_writer))
            outwards = asyncio.create_task(_copy(behind_reader, writer))
            try:
                await asyncio.wait({inwards, outwards}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                inwards.cancel()
                outwards.cancel()
                await asyncio.wait({inwards, outwards})
                behind_writer.close()
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


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
