"""Tells which of two tokens Apple did not like."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from applemusic_server.domain.gateways import DeveloperTokenLook
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.developer_jwt import (
    SKEW,
    developer_token_end,
    rejected_developer_token,
)
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.failures import unavailable
from applemusic_server.upstream.transport import Call, Transport

_OK = 200
_REFUSED = frozenset({401, 403})
# A verdict stands for so long, in seconds: calls that fail together ask once.
_GOOD_FOR = 60.0
_BAD_FOR = 10.0
_MOST_VERDICTS = 100


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What Apple said: `fault` is empty for a good token, `until` in monotonic seconds."""

    fault: str
    until: float


class DeveloperTokenCheck:
    """Asks Apple's `/v1/test` whether a developer token is good, and remembers briefly.

    Implements `DeveloperTokenVerdicts` and `DeveloperTokenInspector`.

    Args:
        transport: The way out.
        endpoints: Where Apple is.
        clock: Monotonic seconds.
        now: The time now, in UTC; compared with Apple's when a token is refused.
    """

    def __init__(
        self,
        transport: Transport,
        endpoints: Endpoints,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = transport
        self._url = f"{endpoints.api}/v1/test"
        self._clock = clock
        self._now = now
        self._lock = asyncio.Lock()
        self._verdicts: OrderedDict[bytes, _Verdict] = OrderedDict()

    async def require_good(self, token: Secret) -> None:
        """Return if Apple accepts the token.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_REJECTED.
            UnavailableError: Apple said neither yes nor no.
        """
        digest = _digest(token)
        async with self._lock:
            verdict = self._verdicts.get(digest)
            if verdict is None or self._clock() >= verdict.until:
                fault, _ = await self._ask(token)
                verdict = self._remember(digest, fault)
        if verdict.fault:
            raise rejected_developer_token(verdict.fault, by_apple=True)

    async def inspect(self, token: Secret) -> DeveloperTokenLook:
        """Ask Apple now, and remember what it says; Apple's clock comes with it.

        Raises:
            AppleMusicError: An UPSTREAM reason; Apple said neither yes nor no.
        """
        fault, apple_time = await self._ask(token)
        self._remember(_digest(token), fault)
        return DeveloperTokenLook(not fault, apple_time)

    def is_rejected(self, token: Secret) -> bool:
        """Whether Apple's last word on the token was no; however long ago, for it stays true."""
        # Asked twice for each song that starts, and hardly ever is there a token that was refused.
        if not any(verdict.fault for verdict in self._verdicts.values()):
            return False
        verdict = self._verdicts.get(_digest(token))
        return verdict is not None and bool(verdict.fault)

    def accepted(self, token: Secret) -> None:
        """Hear that Apple took the token: an earlier no does not count any more."""
        if self.is_rejected(token):
            del self._verdicts[_digest(token)]

    def _remember(self, digest: bytes, fault: str) -> _Verdict:
        until = self._clock() + (_BAD_FOR if fault else _GOOD_FOR)
        verdict = self._verdicts[digest] = _Verdict(fault, until)
        self._verdicts.move_to_end(digest)
        while len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.popitem(last=False)
        return verdict

    async def _ask(self, token: Secret) -> tuple[str, datetime | None]:
        """Return what Apple finds fault with, empty when it takes the token, and Apple's time."""
        answer = await self._transport.send(
            Call(
                Endpoint.TEST,
                self._url,
                headers={"Authorization": f"Bearer {token.reveal()}"},
            )
        )
        if answer.status == _OK:
            return "", answer.time
        if answer.status in _REFUSED:
            return self._fault(token, answer.time), answer.time
        raise unavailable(Endpoint.TEST, str(answer.status))

    def _fault(self, token: Secret, apple_time: datetime | None) -> str:
        """Say why Apple refuses a token that is well formed."""
        end = developer_token_end(token)
        if end is not None and end <= (apple_time or self._now()):
            return f"it ended at {end.isoformat()}; replace it"
        return (
            "/v1/test answers that it is not authorized: the key was revoked, or key id, team "
            f"id and private key do not belong together{self._skew(apple_time)}"
        )

    def _skew(self, apple_time: datetime | None) -> str:
        """Tell of a wrong clock: tokens that it dates are refused though the key is good."""
        if apple_time is None:
            return ""
        ahead = self._now() - apple_time
        if abs(ahead) <= SKEW:
            return ""
        minutes = round(abs(ahead).total_seconds() / 60)
        way = "ahead of" if ahead.total_seconds() > 0 else "behind"
        return f"; or the clock of this machine is to blame, it is {minutes} min {way} Apple's"


def _digest(token: Secret) -> bytes:
    """Not the token itself: what is remembered should be of no use to a reader of a dump."""
    return hashlib.sha256(token.reveal().encode(errors="replace")).digest()
