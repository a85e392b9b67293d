"""Requests that name themselves are done once, also when nobody knows what became of the first."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from applemusic_server.domain.errors import (
    AppleMusicError,
    InternalError,
    UnavailableError,
    invalid_field,
)
from applemusic_server.domain.library_writes import RememberedRequest, RequestLog


class Attempt:
    """One try to do a request.

    Attributes:
        earlier: What is remembered of earlier tries; None when this is the first.
        begin_time: When it was last sent to Apple.
        plan: What was noted then.
    """

    def __init__(
        self,
        log: RequestLog,
        account_id: str,
        request_id: str,
        digest: bytes,
        *,
        earlier: RememberedRequest | None,
        now: datetime,
    ) -> None:
        self._log = log
        self._account_id = account_id
        self._request_id = request_id
        self._digest = digest
        self.begin_time = earlier.begin_time if earlier else now
        self.plan: Mapping[str, Any] = earlier.plan if earlier else {}
        self.earlier = earlier

    async def begin(self, plan: Mapping[str, Any], now: datetime) -> None:
        """Note what is about to be sent to Apple; from now on it may have been done."""
        self.plan, self.begin_time = plan, now
        await self._put(None)

    async def finish(self, outcome: Mapping[str, Any]) -> None:
        """Note what the caller is told, for whoever asks again."""
        await self._put(outcome)

    async def drop(self) -> None:
        """Note that nothing was done."""
        if self._request_id:
            await self._log.drop(self._account_id, self._request_id)

    async def _put(self, outcome: Mapping[str, Any] | None) -> None:
        if self._request_id:
            request = RememberedRequest(self._digest, self.begin_time, self.plan, outcome)
            await self._log.put(self._account_id, self._request_id, request)


class Once:
    """Begins attempts.

    Args:
        log: Remembers requests.
        now: The time now, in UTC.
    """

    def __init__(self, log: RequestLog, now: Callable[[], datetime]) -> None:
        self._log = log
        self._now = now

    @asynccontextmanager
    async def attempt(
        self, account_id: str, request_id: str, *content: object
    ) -> AsyncIterator[Attempt]:
        """Try to do a request, or find out what became of it.

        An error after which it is certain that nothing was done makes the request as good as new.

        Args:
            account_id: Whose.
            request_id: Its name; empty for one without.
            *content: What is asked for, with a `repr` that says all of it.

        Raises:
            InvalidArgumentError: INVALID_FIELD, the name was used for something else.
        """
        digest = hashlib.blake2b(repr(content).encode("utf-8", "surrogatepass")).digest()
        earlier = await self._log.find(account_id, request_id) if request_id else None
        if earlier is not None and earlier.digest != digest:
            raise invalid_field("request_id", "names an earlier request for something else")
        attempt = Attempt(
            self._log, account_id, request_id, digest, earlier=earlier, now=self._now()
        )
        try:
            yield attempt
        except AppleMusicError as error:
            if is_certain(error) and earlier is None:
                await attempt.drop()
            raise


def is_certain(error: AppleMusicError) -> bool:
    """Whether an error of a write says that nothing was done: Apple understood and refused it."""
    return not isinstance(error, UnavailableError | InternalError)
