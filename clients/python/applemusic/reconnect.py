"""Taking broken streams up again."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final, TypeVar

from applemusic.calls import Calls
from applemusic.errors.base import UnavailableError

_Item = TypeVar("_Item")
_LOGGER: Final = logging.getLogger("applemusic")


class Attempts:
    """Counts failures in a row and waits between them, by the client's `Backoff`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._failures = 0

    def progressed(self) -> None:
        """Forget the failures: something came."""
        self._failures = 0

    async def wait(
        self, error: UnavailableError, *, endless: bool = False, most: int | None = None
    ) -> None:
        """Wait before the next attempt.

        Args:
            error: What failed; its `retry_after` is kept to.
            endless: Try for ever instead of `Backoff.attempts` times.
            most: Try no more often than this, if that is less.

        Raises:
            UnavailableError: The error itself, when there were enough attempts.
        """
        backoff = self._calls.config.backoff
        self._failures += 1
        attempts = backoff.attempts if most is None else min(most, backoff.attempts)
        if not endless and self._failures > attempts:
            raise error
        delay = backoff.delay(self._failures, self._calls.chance())
        if error.retry_after is not None:
            delay = max(delay, error.retry_after.total_seconds())
        await self._calls.sleep(delay)


def most_attempts(error: UnavailableError) -> int | None:
    """Return how often to try again at most; None for `Backoff.attempts`.

    Once, where Apple did not answer: the server has asked it repeatedly by then.
    """
    return 1 if error.reason.startswith("UPSTREAM_") else None


async def watch(
    calls: Calls, open_stream: Callable[[], AsyncGenerator[_Item]]
) -> AsyncIterator[_Item]:
    """Yield what a watching stream says, and open it again whenever the server is away.

    For streams whose first messages bring the caller up to date: nothing is missed but what changed
    twice meanwhile.
    """
    attempts = Attempts(calls)
    while True:
        try:
            async with aclosing(open_stream()) as items:
                async for item in items:
                    attempts.progressed()
                    yield item
        except UnavailableError as error:
            _LOGGER.warning("watching %s again after: %s", calls.target, error)
            await attempts.wait(error, endless=True)
        else:
            return
