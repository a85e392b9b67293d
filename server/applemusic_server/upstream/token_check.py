"""Tells which of two tokens Apple did not like."""

import asyncio
import hashlib
import time
from collections.abc import Callable

from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.developer_token import rejected_developer_token
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.failures import unavailable
from applemusic_server.upstream.transport import Call, Transport

_OK = 200
_REFUSED = frozenset({401, 403})
# A verdict stands for so long, in seconds: calls that fail together ask once.
_GOOD_FOR = 60.0
_BAD_FOR = 10.0


class DeveloperTokenCheck:
    """Asks Apple's `/v1/test` whether a developer token is good, and remembers briefly.

    Implements `DeveloperTokenVerdicts`.

    Args:
        transport: The way out.
        endpoints: Where Apple is.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        transport: Transport,
        endpoints: Endpoints,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._url = f"{endpoints.api}/v1/test"
        self._clock = clock
        self._lock = asyncio.Lock()
        self._verdict: tuple[bytes, bool, float] | None = None

    async def require_good(self, token: Secret) -> None:
        """Return if Apple accepts the token.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_REJECTED.
            UnavailableError: Apple said neither yes nor no.
        """
        digest = _digest(token)
        async with self._lock:
            is_good = self._remembered(digest)
            if is_good is None:
                is_good = await self._ask(token)
                until = self._clock() + (_GOOD_FOR if is_good else _BAD_FOR)
                self._verdict = (digest, is_good, until)
        if not is_good:
            raise rejected_developer_token("/v1/test answers that it is not authorized")

    def is_rejected(self, token: Secret) -> bool:
        """Whether Apple's last word on the token was no; however long ago, for it stays true."""
        if self._verdict is None or self._verdict[1]:
            return False
        return self._verdict[0] == _digest(token)

    def accepted(self, token: Secret) -> None:
        """Hear that Apple took the token: an earlier no does not count any more."""
        if self.is_rejected(token):
            self._verdict = None

    def _remembered(self, digest: bytes) -> bool | None:
        if self._verdict is None:
            return None
        known, is_good, until = self._verdict
        return is_good if known == digest and self._clock() < until else None

    async def _ask(self, token: Secret) -> bool:
        answer = await self._transport.send(
            Call(
                Endpoint.TEST,
                self._url,
                headers={"Authorization": f"Bearer {token.reveal()}"},
            )
        )
        if answer.status == _OK:
            return True
        if answer.status in _REFUSED:
            return False
        raise unavailable(Endpoint.TEST, str(answer.status))


def _digest(token: Secret) -> bytes:
    """Not the token itself: what is remembered should be of no use to a reader of a dump."""
    return hashlib.sha256(token.reveal().encode(errors="replace")).digest()
