"""Ends calls that take longer than any call should."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.wire.interceptors.call import Call


class DeadlineCap:
    """The stage that bounds unary calls, also for callers that set no deadline."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        """Fail with UPSTREAM_TIMEOUT: nothing but waiting for Apple takes that long."""
        if call.streaming:
            yield
            return
        timeout = asyncio.timeout(self._longest.total_seconds())
        try:
            async with timeout:
                yield
        except TimeoutError:
            if not timeout.expired():
                raise
            raise UnavailableError(
                Reason.UPSTREAM_TIMEOUT,
                f"{call.method} took longer than {self._longest.total_seconds():g} s.",
                metadata={"endpoint": call.method},
            ) from None
