"""How the server is reached, and whether one runs with these settings."""

from typing import Final

from applemusic_server.access_setup import tls_files
from applemusic_server.application.diagnostic_check import CheckStatus, Finding, fine, skipped
from applemusic_server.config import Settings, is_loopback
from applemusic_server.probe import ProbeTls, configured_address, probe
from applemusic_server.wire.tls import TlsFileError, read_tls

_PROBE_SECONDS: Final = 3.0


def look_at_access(settings: Settings) -> Finding:
    """Say whether the settings, which were read already, let the server be reached safely."""
    files = tls_files(settings.tls)
    if files is not None:
        try:
            read_tls(files)
        except TlsFileError:
            return Finding(
                CheckStatus.FAILED,
                "the settings are good, but the files for TLS cannot be used",
                "`applemusic-server config check` says what is wrong with them",
            )
    grpc = settings.grpc
    if is_loopback(grpc.host):
        return fine("the settings are good; gRPC can be reached from this machine alone")
    if grpc.insecure and not grpc.require_access_token:
        return Finding(
            CheckStatus.WARNING,
            "the settings are good; everybody who reaches the gRPC port can play and change the "
            "accounts",
            "take --insecure away and make access tokens (docs/access.md)",
        )
    if files is None:
        return Finding(
            CheckStatus.WARNING,
            "the settings are good; access tokens travel unencrypted to the gRPC port",
            "set tls.certificate_file and tls.private_key_file, unless a proxy or a mesh encrypts",
        )
    return fine("the settings are good; gRPC can be reached from other machines, with TLS")


def look_at_server(settings: Settings) -> Finding:
    """Say whether a server answers where these settings would have it; none has to."""
    grpc, tls = settings.grpc, settings.tls
    address = configured_address(grpc.socket, grpc.host, grpc.port)
    encrypted = None
    if tls.certificate_file is not None and not address.startswith("unix:"):
        encrypted = ProbeTls(tls.certificate_file)
    answer = probe(address, "", _PROBE_SECONDS, encrypted)
    if answer == "SERVING":
        return fine("one answers where these settings have it, and serves")
    if answer.startswith("no answer"):
        return skipped("none answers where these settings have it; the checks need none")
    return Finding(
        CheckStatus.WARNING,
        f"one answers where these settings have it, and says {answer}",
        "it is starting or going down; if that lasts, look at its log",
    )
