"""TLS for gRPC, with files that may be replaced while the server runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
from structlog.typing import FilteringBoundLogger

_LOOK_SECONDS: Final = 1.0
_LARGEST_FILE: Final = 1 << 20


class TlsFileError(OSError):
    """A file of TLS cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the PEM files are.

    Attributes:
        certificate: The server's certificate and what leads to its authority.
        client_ca: Authorities of callers' certificates; None asks callers for none.
    """

    certificate: Path
    private_key: Path
    client_ca: Path | None = None

    def all(self) -> tuple[Path, ...]:
        """Return those that there are."""
        return tuple(path for path in (self.certificate, self.private_key, self.client_ca) if path)


class ReloadingTls:
    """Server credentials that follow their files.

    gRPC asks before each handshake, so that a renewed certificate counts for the next connection.
    Files that do not fit together, as in the middle of being replaced, change nothing.
    """

    def __init__(
        self, files: TlsFiles, log: FilteringBoundLogger, clock: Callable[[], float]
    ) -> None:
        """Read the files.

        Args:
            files: Where they are.
            log: Is told of renewals, and of files that cannot be used.
            clock: Monotonic seconds.

        Raises:
            TlsFileError: They cannot be used; the message says why.
        """
        self._files = files
        self._log = log
        self._clock = clock
        self._guard = threading.Lock()  # gRPC asks from threads of its own
        self._looked_at = clock()
        self._said = ""
        self._seen = self._look()
        self._initial = read_tls(files)

    def credentials(self) -> grpc.ServerCredentials:
        """Return what a gRPC server takes."""
        return grpc.dynamic_ssl_server_credentials(
            self._initial,
            self.renewed,  # type: ignore[arg-type]  # None is documented to mean "no change"
            self._files.client_ca is not None,
        )

    def renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the certificates anew if their files changed and can be used."""
        with self._guard:
            now = self._clock()
            if now - self._looked_at < _LOOK_SECONDS:
                return None
            self._looked_at = now
            seen = self._look()
            if seen == self._seen:
                # Those that serve are back, with nothing new in them.
                self._complain("")
                return None
            try:
                configuration = read_tls(self._files)
            except TlsFileError as error:
                if seen is not None:
                    self._complain(str(error))
                return None
            self._seen, self._said = seen, ""
        self._log.info("TLS files were renewed")
        return configuration

    def _complain(self, problem: str) -> None:
        """Log what is wrong when it is new, and when it is mended."""
        if problem and problem != self._said:
            self._log.warning("TLS files cannot be used yet", error=problem)
        elif self._said and not problem:
            self._log.info("TLS files can be used again")
        self._said = problem

    def _look(self) -> tuple[tuple[int, int, int], ...] | None:
        """Return what changes when a file does; None while one of them is away."""
        try:
            facts = [path.stat() for path in self._files.all()]
        except OSError:
            return None
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in facts)


def read_tls(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    """Read the files and see whether they fit together.

    Raises:
        TlsFileError: They do not, or one of them cannot be read.
    """
    # Certificates are a fifth of `cryptography`: 2.8 MB that a server without TLS does not need.
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - its neighbour
        load_pem_private_key,
    )

    certificate, key = _read(files.certificate), _read(files.private_key)
    try:
        chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise _unusable(files.certificate, "holds no certificate in PEM") from None
    try:
        private_key = load_pem_private_key(key, None)
    except (ValueError, TypeError):
        raise _unusable(files.private_key, "holds no private key in PEM without password") from None
    if chain[0].public_key() != private_key.public_key():
        raise _unusable(files.private_key, f"is not the key of {files.certificate}")
    authorities = None
    if files.client_ca is not None:
        authorities = _read(files.client_ca)
        try:
            x509.load_pem_x509_certificates(authorities)
        except ValueError:
            raise _unusable(files.client_ca, "holds no certificate in PEM") from None
    return grpc.ssl_server_certificate_configuration([(key, certificate)], authorities)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from None


def _unusable(path: Path, what: str) -> TlsFileError:
    return TlsFileError(f"the TLS file {path} {what}")
