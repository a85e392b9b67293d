"""Ends calls that take longer than any call should."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.wire.interceptors.call import Call, Proceed


class DeadlineCap:
    """The stage that bounds unary calls, also for callers that set no deadline."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest

    def around(self, call: Call, proceed: Proceed) -> Awaitable[None]:
        """Fail with UPSTREAM_TIMEOUT: nothing but waiting for Apple takes that long."""
        return proceed() if call.streaming else self._within(call, proceed)

    async def _within(self, call: Call, proceed: Proceed) -> None:
        timeout = asyncio.timeout(self._longest.total_seconds())
        try:
            async with timeout:
                await proceed()
        except TimeoutError:
            if not timeout.expired():
                raise
            raise UnavailableError(
                Reason.UPSTREAM_TIMEOUT,
                f"{call.method} took longer than {self._longest.total_seconds():g} s.",
                metadata={"endpoint": call.method},
            ) from None
