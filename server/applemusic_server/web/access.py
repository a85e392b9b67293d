"""Who may see the pages that show how the server is doing."""

import base64
import binascii
from typing import Final, Protocol

from aiohttp import web

from applemusic_server.domain.access import EVERYTHING, AccessToken, Grant, Scope
from applemusic_server.domain.secret import Secret
from applemusic_server.web.visitors import LOOPBACK_NAMES, host_name

# A proxy that adds one of these speaks for somebody else.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_CHALLENGE: Final = 'Basic realm="Apple Music server", charset="UTF-8"'


class TokenFinder(Protocol):
    """Knows the access tokens; `application.access_tokens` is the one."""

    async def find(self, secret: Secret, *, last_known: bool = False) -> AccessToken | None:
        """Return the token that somebody shows, if it is good now, or was when that was known."""
        ...


class WebAccess:
    """Asks for an access token with the scope `read`.

    Browsers ask a person for it as a password, to any user name; Prometheus and the like send it as
    `Authorization: Bearer`.

    Args:
        tokens: The access tokens.
        trust_local: Who comes to this machine's own address, by no proxy, needs none.
    """

    def __init__(self, tokens: TokenFinder, *, trust_local: bool) -> None:
        self._tokens = tokens
        self._trust_local = trust_local

    async def grant(
        self, request: web.Request, *, last_known: bool = False
    ) -> Grant | web.Response:
        """Return what a visitor may see, or the answer to one who may see nothing.

        Args:
            request: The visitor's.
            last_known: While the database is away, go by what is remembered of it.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        shown = request.headers.getall("Authorization", [])
        if not shown and self._trust_local and is_local(request):
            return EVERYTHING
        token = None
        if len(shown) == 1:
            token = await self._tokens.find(_secret(shown[0]), last_known=last_known)
        if token is None:
            return web.Response(
                text="This page wants an access token: give it as the password, to any user name. "
                "The operator makes one with `applemusic-server access-token create`.\n",
                status=401,
                headers={"WWW-Authenticate": _CHALLENGE},
            )
        if Scope.READ not in token.grant.scopes:
            return web.Response(text="This access token lacks the scope read.\n", status=403)
        return token.grant


def is_local(request: web.Request) -> bool:
    """Whether a request came to this machine's own address, by no proxy that says so."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    return host_name(request.headers.get("Host", "")) in LOOPBACK_NAMES


def _secret(value: str) -> Secret:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        return Secret(rest.strip())
    if scheme.lower() != "basic":
        return Secret("")
    try:
        decoded = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return Secret("")
    return Secret(decoded.partition(":")[2])
