"""A look at something that may not answer, for somebody who cannot wait long."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

# Prometheus gives up after 10 s, and then has none of the metrics.
_PATIENCE_SECONDS: Final = 1.0


class BoundedLook(Generic[T]):
    """Looks, and comes back in time whether or not there is an answer.

    A look that takes too long goes on; who comes meanwhile waits for the same one.

    Args:
        look: Looks.
        patience: Longest wait, in seconds.
    """

    def __init__(
        self, look: Callable[[], Coroutine[Any, Any, T]], patience: float = _PATIENCE_SECONDS
    ) -> None:
        self._look = look
        self._patience = patience
        self._under_way: asyncio.Task[T] | None = None

    async def get(self) -> T | None:
        """Return what is seen; None when that takes too long."""
        look = self._under_way = self._under_way or asyncio.create_task(self._look())
        done, _ = await asyncio.wait((look,), timeout=self._patience)
        if not done:
            return None
        self._under_way = None
        return look.result()

    async def close(self) -> None:
        """Give up on a look that is under way."""
        look, self._under_way = self._under_way, None
        if look is not None:
            look.cancel()
            await asyncio.wait((look,), timeout=self._patience)
