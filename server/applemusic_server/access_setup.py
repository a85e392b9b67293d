"""Puts together what decides who may call the server; `app` and the command line use it."""

from collections.abc import Callable, Mapping
from datetime import datetime

import grpc
from structlog.typing import FilteringBoundLogger

from applemusic_server.application.access_tokens import KnownTokens, TokenList
from applemusic_server.config import Settings, is_loopback
from applemusic_server.domain.access import AccessTokenStore, Grant, scopes_of
from applemusic_server.domain.errors import Reason, UnauthenticatedError
from applemusic_server.given_access_tokens import GivenAccessTokens
from applemusic_server.settings.tls import TlsSettings
from applemusic_server.wire.access_policy import CheckedAccess
from applemusic_server.wire.tls import ReloadingTls, TlsFiles


class AccessSetup:
    """Who may call a server, as its settings have it."""

    def __init__(
        self,
        settings: Settings,
        store: AccessTokenStore,
        log: FilteringBoundLogger,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        """Put it together.

        Args:
            settings: How to run.
            store: Where access tokens are.
            log: Where to write.
            clock: Monotonic seconds.
            now: The wall clock, in UTC.
        """
        self._settings = settings
        self._log = log
        self._clock = clock
        listed: TokenList = store
        if settings.access.tokens:
            listed = GivenAccessTokens(settings.access, store, log, clock=clock, now=now)
        self.tokens = KnownTokens(listed, clock, now)

    def policy(self) -> CheckedAccess:
        """Return what recognizes callers."""
        settings = self._settings.grpc
        return CheckedAccess(
            self.tokens,
            client_grants(self._settings.tls),
            trust_network=not settings.require_access_token
            and (settings.insecure or is_loopback(settings.host)),
            trust_socket=not settings.require_access_token,
        )

    def credentials(self) -> grpc.ServerCredentials | None:
        """Return TLS for the TCP port; None for plain text.

        Raises:
            TlsFileError: A file cannot be used.
        """
        files = tls_files(self._settings.tls)
        return ReloadingTls(files, self._log, self._clock).credentials() if files else None

    async def check_exposure(self) -> None:
        """Return if the server may listen where it should; what is risky and allowed is logged.

        Raises:
            UnauthenticatedError: ACCESS_TOKEN_MISSING: others could reach it, and nobody has a
                token.
        """
        settings, host = self._settings.grpc, self._settings.grpc.host
        if is_loopback(host):
            return
        if settings.insecure and not settings.require_access_token:
            self._log.warning(
                "everybody who reaches the gRPC port can play and change the accounts", host=host
            )
            return
        if not self._settings.tls.clients and not await self.tokens.any_good():
            raise UnauthenticatedError(Reason.ACCESS_TOKEN_MISSING, exposed(host))
        if not self._settings.tls.certificate_file:
            self._log.warning(
                "access tokens travel unencrypted to this server: set tls.certificate_file and "
                "tls.private_key_file, unless a proxy or a mesh encrypts",
                host=host,
            )


def exposed(host: str) -> str:
    """Say what has to be done before a server may listen beyond loopback."""
    return (
        f"grpc.host {host} can be reached by other machines, and nobody has an access token yet. "
        "Create one with `applemusic-server access-token create <name> --account <account>` (with "
        "the same settings), or name the file of one in access.tokens, or set tls.client_ca_file "
        "and tls.clients, or listen on 127.0.0.1 or a socket, or accept it with --insecure"
    )


def tls_files(settings: TlsSettings) -> TlsFiles | None:
    """Return the files of TLS; None where there is none."""
    if settings.certificate_file is None or settings.private_key_file is None:
        return None
    return TlsFiles(settings.certificate_file, settings.private_key_file, settings.client_ca_file)


def client_grants(settings: TlsSettings) -> Mapping[str, Grant]:
    """Return what holders of certificates may do, by the name in them."""
    return {
        name: Grant(
            name,
            scopes_of(client.scopes),
            None if client.accounts is None else frozenset(client.accounts),
        )
        for name, client in settings.clients.items()
    }
