"""Streams before what is prepared for later, within one account."""

import asyncio
from collections import Counter
from typing import Self


class Precedence:
    """Knows which accounts have a stream that waits for audio; preparing waits for those.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._changed = asyncio.Event()

    def stream(self, account_id: str) -> "StreamNeed":
        """Hold a stream's need for the body of `with`; at first it waits for audio."""
        return StreamNeed(self, account_id)

    async def clear(self, account_id: str) -> None:
        """Return when no stream of the account waits for audio."""
        while self._waiting[account_id]:
            self._changed.clear()
            await self._changed.wait()
        self._forget(account_id)

    def count(self, account_id: str, by: int) -> None:
        """Note that so many more streams of an account wait."""
        self._waiting[account_id] += by
        self._forget(account_id)
        self._changed.set()

    def _forget(self, account_id: str) -> None:
        if not self._waiting[account_id]:
            del self._waiting[account_id]


class StreamNeed:
    """Whether one stream waits for audio. A context manager: it waits for nothing afterwards."""

    __slots__ = ("_account_id", "_precedence", "_waits")

    def __init__(self, precedence: Precedence, account_id: str) -> None:
        self._precedence = precedence
        self._account_id = account_id
        self._waits = False

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        """It waits from now on."""
        if not self._waits:
            self._waits = True
            self._precedence.count(self._account_id, 1)

    def end(self) -> None:
        """It has audio."""
        if self._waits:
            self._waits = False
            self._precedence.count(self._account_id, -1)
