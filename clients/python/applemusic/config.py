"""How a client connects and behaves."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from applemusic.models.options import ReadOptions

if TYPE_CHECKING:
    import grpc
    from grpc import aio


@dataclass(frozen=True, slots=True, kw_only=True)
class TLSConfig:
    """Talks to the server over TLS. All files are PEM and are read when the client connects."""

    ca_file: Path | str | None = None
    """Certificates to trust; None trusts those of grpc's own bundle."""
    cert_file: Path | str | None = None
    """The client's certificate, where the server asks for one (mTLS). Needs `key_file`."""
    key_file: Path | str | None = None
    """The key of `cert_file`."""
    server_name: str = ""
    """Name to expect in the server's certificate, when it is not the host of the target."""

    def __post_init__(self) -> None:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: give both or neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How to try again: waits grow from `initial` by `multiplier` to `maximum`.

    The defaults outlast a restart of the server, some 10 s on a small machine, and are back soon
    after it serves again: a song goes on before what was sent ahead of it has been played.
    """

    attempts: int = 12
    """How many times to try again in a row without getting any further. 0 never tries again."""
    initial: float = 0.25
    """Seconds before the first."""
    maximum: float = 1.5
    """Most seconds between two."""
    multiplier: float = 2.0
    """Growth from one to the next."""

    def delay(self, failures: int, chance: float) -> float:
        """Return how many seconds to wait after so many failures in a row.

        Args:
            failures: From 1.
            chance: From 0 to 1; waits are between half and all of what the growth gives, so that
                many clients do not come back at once.
        """
        exponent = min(failures - 1, 64)  # far beyond any maximum, and never too large for a float
        whole = min(self.initial * self.multiplier**exponent, self.maximum)
        return whole * (0.5 + 0.5 * chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """Everything that can be set about a client. The defaults suit most."""

    account: str = ""
    """Account of calls that name none; empty for the server's only one."""
    options: ReadOptions = field(default_factory=ReadOptions)
    """How to read in calls that do not say: language, storefront, artwork size, view."""
    access_token: str | Callable[[], str] = field(default="", repr=False)
    """Token for this server (not one of Apple's), sent as `authorization: Bearer`.

    A function is asked before every call, on the event loop: for tokens that are replaced while the
    program runs.
    """
    call_credentials: "grpc.CallCredentials | None" = field(default=None, repr=False)
    """Credentials of grpc's own for every call, e.g. those of a proxy before the server. Instead of
    `access_token`, and only with `tls`; each call takes some 0.1 ms more.
    """
    tls: TLSConfig | None = None
    """TLS; None talks in plain text, which is meant for loopback and Unix sockets."""
    allow_plaintext_token: bool = False
    """True sends the access token in plain text to another machine, too: anybody on the way can
    read it. Only for a network that is closed, such as that of one container host.
    """
    headers: Callable[[], Iterable[tuple[str, str]]] | None = None
    """Asked at each call for metadata to send with it, e.g. `x-request-id`, under which the
    server's log then has the call. What it names is sent instead of `trace_context`'s.
    """
    timeout: float = 60.0
    """Seconds that a call may take, retries included: at most 60, by the service config. Streams
    have no limit.
    """
    concurrency: int = 4
    """Most calls at the same time for one batch."""
    backoff: Backoff = field(default_factory=Backoff)
    """How broken streams are taken up again, and how readiness is waited for."""
    interceptors: "Sequence[aio.ClientInterceptor]" = ()
    """grpc's hooks around every call, the first outermost: for traces, metrics and logs.

    `aio.UnaryUnaryClientInterceptor` is for calls, `aio.UnaryStreamClientInterceptor` for audio,
    syncs and watches; grpc takes an object that is both for calls alone.
    """
    trace_context: bool = True
    """Send the trace that the caller is in (W3C `traceparent`), where OpenTelemetry is used.

    False where an interceptor does it.
    """
    max_receive_bytes: int = 16 * 1024 * 1024
    """Largest message to accept."""
    max_send_bytes: int = 1024 * 1024
    """Largest message to send."""
    keepalive_seconds: float = 45.0
    """How long a connection with calls may be silent before it is checked. Servers refuse to be
    asked more often than every 30 s.
    """
    keepalive_timeout_seconds: float = 15.0
    """How long the answer to the check may take before the connection counts as broken."""

    def check(self, target: str) -> None:
        """Refuse what would give a secret away, and a token that no header can carry.

        Raises:
            ValueError: The access token would go to another machine in plain text or cannot be one,
                or there are call credentials without TLS or besides an access token.
        """
        if isinstance(self.access_token, str):
            check_token(self.access_token)
        if self.call_credentials is not None:
            if self.tls is None:
                raise ValueError("call_credentials need tls=TLSConfig(...)")
            if self.access_token:
                raise ValueError("give access_token or call_credentials, not both")
        if self.access_token and self.tls is None and not self.allow_plaintext_token:
            if is_local(target):
                return
            raise ValueError(
                f"the access token would travel to {target} in plain text: use tls=TLSConfig(...), "
                "or allow_plaintext_token=True on a closed network"
            )


def check_token(token: str) -> None:
    """Refuse what no header can carry, and do not quote it.

    Raises:
        ValueError: There is something in it that is no printable ASCII, such as the end of a line.
    """
    if not all("!" <= letter <= "~" for letter in token):
        raise ValueError(
            "the access token holds a blank, the end of a line or a letter beyond ASCII: "
            "strip what was read of a file"
        )


def is_local(target: str) -> bool:
    """Say whether a target is a Unix socket or a loopback address."""
    if target.startswith(("unix:", "unix-abstract:")):
        return True
    host = target.rpartition("/")[2].rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
