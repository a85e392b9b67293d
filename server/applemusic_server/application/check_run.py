"""Does checks of the server's health, each within a time of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from applemusic_server.application.diagnostic_check import (
    Check,
    Checked,
    Finding,
    failed,
    skipped,
)
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.together import within

# Of one check.
CHECK_SECONDS: Final = 10.0


class CheckRun:
    """Does checks. What goes wrong in one is what it finds.

    Args:
        clock: Monotonic seconds.
        sleep: Waits, in seconds.
        offline: Leave out what asks Apple.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        offline: bool = False,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._offline = offline

    async def do(self, check: Check) -> Checked:
        """Do one check; takes at most `CHECK_SECONDS`."""
        begun = self._clock()
        if self._offline and check.asks_apple:
            finding = skipped("it asks Apple, which was not wanted")
        else:
            finding = await self._finding(check)
        return Checked(check.name, finding, self._clock() - begun, check.pseudonym)

    async def _finding(self, check: Check) -> Finding:
        async def work() -> Finding:
            return await check.work()

        try:
            finding = await within(CHECK_SECONDS, work(), self._sleep)
        except AppleMusicError as error:
            return failed(error.reason)
        if finding is not None:
            return finding
        late = Reason.UPSTREAM_TIMEOUT if check.asks_apple else Reason.STORAGE_UNAVAILABLE
        return failed(late)
