"""Reads that callers share, and what each may be told."""

import asyncio
from collections.abc import Collection

import pytest

from applemusic_server.storage.shared_reads import SharedReads


class Shelf:
    """What is read; a read looks at the shelf when it is let."""

    def __init__(self) -> None:
        self.values = {"a": 1, "b": 2}
        self.reads: list[set[str]] = []
        self.lets: list[asyncio.Event] = []
        self.failure: Exception | None = None

    async def read(self, keys: Collection[str]) -> dict[str, int]:
        self.reads.append(set(keys))
        found = {key: self.values[key] for key in keys if key in self.values}
        let = asyncio.Event()
        self.lets.append(let)
        await let.wait()
        if self.failure is not None:
            raise self.failure
        return found


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_comes_during_a_read_shares_the_next() -> None:
    shelf = Shelf()
    reads = SharedReads(shelf.read)
    first = asyncio.create_task(reads.get("a"))
    await turns()
    others = [asyncio.create_task(reads.get(key)) for key in ("a", "b", "c", "a")]
    await turns()
    assert shelf.reads == [{"a"}]
    shelf.values["a"] = 10  # after the first read has looked, before the next one does
    shelf.lets[0].set()
    await turns()
    shelf.lets[1].set()
    assert await first == 1
    # Nobody is told what was there before they asked.
    assert await asyncio.gather(*others) == [10, 2, None, 10]
    assert shelf.reads == [{"a"}, {"a", "b", "c"}]


async def test_a_failure_is_everybody_s_and_the_next_read_is_new() -> None:
    shelf = Shelf()
    reads = SharedReads(shelf.read)
    both = [asyncio.create_task(reads.get("a")) for _ in range(2)]
    await turns()
    shelf.failure = OSError("away")
    shelf.lets[0].set()
    for each in both:
        with pytest.raises(OSError, match="away"):
            await each
    shelf.failure = None
    again = asyncio.create_task(reads.get("a"))
    await turns()
    shelf.lets[1].set()
    assert await again == 1


async def test_one_who_leaves_takes_nothing_from_others() -> None:
    shelf = Shelf()
    reads = SharedReads(shelf.read)
    leaves, stays = (asyncio.create_task(reads.get("a")) for _ in range(2))
    await turns()
    leaves.cancel()
    await turns()
    shelf.lets[0].set()
    assert await stays == 1
    assert leaves.cancelled()


async def test_who_is_cancelled_leaves_when_the_read_has_ended() -> None:
    """Else its connection could still be open when the database is closed."""
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def read(keys: Collection[str]) -> dict[str, int]:
        begun.set()
        await go_on.wait()
        ended.set()
        return dict.fromkeys(keys, 1)

    reads = SharedReads(read)
    asking = asyncio.create_task(reads.get("a"))
    await begun.wait()
    asking.cancel()
    await asyncio.sleep(0)
    assert not asking.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ended.is_set()
