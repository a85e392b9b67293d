"""What to do when the server cannot be reached, in the words of whoever connects."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ConnectWords:
    """How what is about a connection is given; each fits behind "give" or "needs".

    Attributes:
        target: Another server.
        tls: That TLS is spoken.
        trust: Certificates to trust.
        certificate: A certificate of one's own.
        name: The name that the server's certificate has; empty where it cannot be given.
    """

    target: str
    tls: str
    trust: str
    certificate: str
    name: str


API_WORDS: Final = ConnectWords(
    target="the client another target",
    tls="`tls=TLSConfig(...)`",
    trust="`TLSConfig(ca_file=...)`",
    certificate="`TLSConfig(cert_file=..., key_file=...)`",
    name="`TLSConfig(server_name=...)`",
)


def connect_advice(what: str, target: str, words: ConnectWords = API_WORDS) -> str:
    """Return what to do.

    Args:
        what: What grpc says of the try.
        target: Where it went.
        words: How a remedy is given.
    """
    if "CERTIFICATE_VERIFY_FAILED" in what:
        return (
            f"The server's certificate is not trusted. Give {words.trust} with the certificate of "
            "the authority that issued it, or the server a certificate that has not ended"
        )
    if "Hostname Verification" in what:
        named = f", or give {words.name}" if words.name else ""
        return (
            "The server's certificate is for another name. Connect to a name that is in it" + named
        )
    if "WRONG_VERSION_NUMBER" in what:
        return f"The server at {target} speaks no TLS. Connect without {words.tls}"
    if "failed to connect" in what and ("Socket closed" in what or "reset by peer" in what):
        return (
            f"Something answers at {target} and hangs up. A server with TLS needs {words.tls}; one "
            f"that wants a certificate of the client (mTLS) needs {words.certificate}, issued by "
            "the authority that it trusts"
        )
    if "security handshaker" in what:
        return (
            "The certificates that were given cannot be used. They are PEM files: "
            f"{words.trust} for those to trust, {words.certificate} for one's own"
        )
    return _without_server(what, target, words)


def _without_server(what: str, target: str, words: ConnectWords) -> str:
    if "http1.x server" in what:
        return (
            f"A web server answers at {target}, and gRPC has a port of its own: grpc.port in the "
            f"server's settings, 50051 unless that says another. Give {words.target}"
        )
    return (
        f"Is the server running at {target}? Start it with `applemusic-server serve`, or give "
        f"{words.target}"
    )
