"""Stays for Prometheus: what the last calls counted is read before the server is gone."""

import asyncio
from contextlib import suppress


class LastScrape:
    """Waits for one more look at the metrics once nothing changes them any more.

    Args:
        seconds: How long at most; 0 does not wait. Longer than Prometheus's interval, or half of
            the looks are missed.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting = False
        self._over = asyncio.Event()

    def seen(self) -> None:
        """Somebody has read the metrics, to the last byte."""
        if self._waiting:
            self._over.set()

    def hurry(self) -> None:
        """Wait no longer, nor later."""
        self._over.set()

    async def wait(self) -> None:
        """Return once somebody has read the metrics after this, or nobody came."""
        self._waiting = True
        with suppress(TimeoutError):  # nobody came: that is what the limit is for
            async with asyncio.timeout(self._seconds):
                await self._over.wait()
