"""Recognizes callers by access token, by certificate, or by where they are."""

from collections.abc import Iterable, Mapping
from typing import Final

from applemusic_server.application.access_tokens import KnownTokens
from applemusic_server.domain.access import EVERYTHING, Grant
from applemusic_server.domain.errors import Reason, UnauthenticatedError
from applemusic_server.domain.secret import Secret
from applemusic_server.wire.interceptors.access import Caller
from applemusic_server.wire.interceptors.call import Call

_SCHEME: Final = "bearer"


class CheckedAccess:
    """The policy of a server that others can reach.

    A token that is shown is always looked at, also where none is needed: who shows a token means
    to be held to it.
    """

    def __init__(
        self,
        tokens: KnownTokens,
        clients: Mapping[str, Grant],
        *,
        trust_network: bool,
        trust_socket: bool,
    ) -> None:
        """Take what is known of callers.

        Args:
            tokens: The access tokens.
            clients: Grants by the name in a certificate that TLS has verified.
            trust_network: Callers over TCP need not say who they are.
            trust_socket: Callers over the Unix socket need not say who they are.
        """
        self._tokens = tokens
        self._clients = clients
        self._trust_network = trust_network
        self._trust_socket = trust_socket

    async def caller(self, call: Call) -> Caller:
        """Return who makes a call; raises as `AccessPolicy.caller`."""
        shown = [value for key, value in call.metadata() if key == "authorization"]
        if shown:
            token = await self._tokens.find(_bearer(shown[0]))
            if token is None:
                raise UnauthenticatedError(
                    Reason.ACCESS_TOKEN_INVALID,
                    "The access token is unknown, revoked or past its end. Ask the operator for "
                    "another one.",
                )
            return Caller(token.grant, token.id)
        names = _certificate_names(call)
        for name in names:
            if name in self._clients:
                return Caller(self._clients[name])
        if self._trusts(call):
            return Caller(EVERYTHING)
        raise UnauthenticatedError(
            Reason.ACCESS_TOKEN_MISSING,
            "This server wants an access token: send `authorization: Bearer <token>`."
            + (f" The certificate of {names[0]!r} is in no tls.clients." if names else ""),
        )

    async def still_good(self, token_ids: Iterable[str]) -> frozenset[str]:
        """Return which access tokens are good."""
        return await self._tokens.still_good(token_ids)

    def _trusts(self, call: Call) -> bool:
        peer = call.context.peer() or ""
        return self._trust_socket if peer.startswith("unix:") else self._trust_network


def _bearer(value: str | bytes) -> Secret:
    text = value if isinstance(value, str) else ""
    scheme, _, token = text.partition(" ")
    return Secret(token.strip() if scheme.lower() == _SCHEME else "")


def _certificate_names(call: Call) -> list[str]:
    """Return the alternative names in the caller's certificate; its common name if it has none."""
    facts = call.context.auth_context() or {}
    if b"ssl" not in facts.get("transport_security_type", ()):
        return []
    names = facts.get("x509_subject_alternative_name") or facts.get("x509_common_name") or ()
    return [bytes(name).decode("utf-8", "replace") for name in names]
