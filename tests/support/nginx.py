"""A real nginx in front of the pages, with TLS and a path of its own, as people run it."""

import asyncio
import ipaddress
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
daemon off;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
{locations}
  }}
}}
"""


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_nginx() -> str:
    """Where nginx is; the test is skipped without."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip("no nginx here: apt-get install nginx-light")
    return found


@asynccontextmanager
async def nginx(folder: Path, port: int, locations: str) -> AsyncIterator[Path]:
    """Run nginx on https://127.0.0.1:<port>; yield its access log.

    Args:
        folder: For everything that it writes.
        port: Where to listen.
        locations: The `location` blocks.
    """
    program = find_nginx()
    _write_certificate(folder)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, port=port, locations=locations), encoding="utf-8"
    )
    process = await asyncio.create_subprocess_exec(
        *(program, "-p", str(folder), "-c", str(configuration)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await until_it_listens(process, port)
        yield folder / "access.log"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def until_it_listens(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait until somebody can connect."""
    async with asyncio.timeout(10):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)  # there is nothing else that says so
                continue
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError("nginx did not start")


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
