"""Asks a server whether it serves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc


@dataclass(frozen=True, slots=True)
class ProbeTls:
    """How to ask over TLS. All files are PEM.

    Attributes:
        roots: Certificates to trust; the server's own will do, for who asks sits beside it.
        certificate: Ours, where the server wants one.
        private_key: Its key.
    """

    roots: Path
    certificate: Path | None = None
    private_key: Path | None = None


# The server is asked itself, not the proxy that the environment may name for the outside.
_OPTIONS = (("grpc.enable_http_proxy", 0),)


def probe(address: str, service: str, timeout: float, tls: ProbeTls | None = None) -> str:
    """Return the state of a service, e.g. `SERVING`, or why there is no answer.

    Args:
        address: `host:port` or `unix:path`.
        service: Full name, or empty for the whole server.
        timeout: Seconds.
        tls: How to ask; None for plain text.
    """
    try:
        channel = (
            grpc.insecure_channel(address, options=_OPTIONS)
            if tls is None
            else _secure(address, tls)
        )
    except (OSError, ValueError) as error:
        return f"no answer from {address}: {error}"
    with channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            response = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError as error:
            failure: Any = error
            return f"no answer from {address}: {failure.code().name}"
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)


def _secure(address: str, tls: ProbeTls) -> grpc.Channel:
    roots = tls.roots.read_bytes()
    credentials = grpc.ssl_channel_credentials(
        roots,
        tls.private_key.read_bytes() if tls.private_key else None,
        tls.certificate.read_bytes() if tls.certificate else None,
    )
    # The certificate is in the name that others call the server by, not in 127.0.0.1's.
    name = _first_name(roots)
    options = [*_OPTIONS, *([("grpc.ssl_target_name_override", name)] if name else [])]
    return grpc.secure_channel(address, credentials, options)


def _first_name(certificates: bytes) -> str:
    first = x509.load_pem_x509_certificates(certificates)[0]
    try:
        names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.DNSName)
    return found[0] if found else ""
