"""Who goes first."""

import asyncio

import pytest

from applemusic_server.upstream.priority_gate import GateLimits, Priority, PriorityGate


class Doors:
    """Callers that hold a place until they are told to leave."""

    def __init__(self, gate: PriorityGate) -> None:
        self.gate = gate
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, priority: Priority) -> None:
        self._leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.ensure_future(self._stay(name, priority))
        await self.settle()

    async def go(self, name: str) -> None:
        self._leave[name].set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _stay(self, name: str, priority: Priority) -> None:
        async with self.gate.admit(priority):
            self.inside.append(name)
            await self._leave[name].wait()
            self.inside.remove(name)

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def test_the_most_urgent_goes_first_and_equals_in_order() -> None:
    doors = Doors(PriorityGate(GateLimits(total=1, background=1)))
    await doors.come("first", Priority.BACKGROUND)
    await doors.come("sync", Priority.BACKGROUND)
    await doors.come("search", Priority.INTERACTIVE)
    await doors.come("browse", Priority.INTERACTIVE)
    order = []
    for _ in range(4):
        order.extend(doors.inside)
        await doors.go(doors.inside[0])
    assert order == ["first", "search", "browse", "sync"]
    await doors.close()


async def test_playback_never_waits() -> None:
    doors = Doors(PriorityGate(GateLimits(total=1, background=1)))
    await doors.come("search", Priority.INTERACTIVE)
    await doors.come("waiting", Priority.INTERACTIVE)
    for number in range(20):
        await doors.come(f"song {number}", Priority.PLAYBACK)
    assert len(doors.inside) == 21
    assert "waiting" not in doors.inside
    await doors.close()


async def test_a_sync_leaves_room_for_a_person() -> None:
    doors = Doors(PriorityGate(GateLimits(total=3, background=2)))
    for number in range(5):
        await doors.come(f"page {number}", Priority.BACKGROUND)
    assert doors.inside == ["page 0", "page 1"]
    await doors.come("search", Priority.INTERACTIVE)
    assert "search" in doors.inside
    await doors.close()


@pytest.mark.parametrize("settled", [True, False])
async def test_places_of_those_who_left_are_free_again(*, settled: bool) -> None:
    gate = PriorityGate(GateLimits(total=1, background=1))
    doors = Doors(gate)
    await doors.come("holder", Priority.INTERACTIVE)
    await doors.come("leaves", Priority.INTERACTIVE)
    await doors.come("stays", Priority.INTERACTIVE)
    doors.tasks["leaves"].cancel()
    if settled:
        await doors.settle()
    await doors.go("holder")
    assert doors.inside == ["stays"]
    await doors.go("stays")
    assert gate.open_requests(Priority.INTERACTIVE) == 0
    await doors.close()


async def test_a_place_given_in_the_moment_of_leaving_is_passed_on() -> None:
    gate = PriorityGate(GateLimits(total=1, background=1))
    doors = Doors(gate)
    async with gate.admit(Priority.INTERACTIVE):
        await doors.come("leaves", Priority.INTERACTIVE)
        await doors.come("stays", Priority.INTERACTIVE)
    # Leaving the block gave the place to the first one, who has not noticed yet.
    doors.tasks["leaves"].cancel()
    await doors.settle()
    assert doors.inside == ["stays"]
    await doors.go("stays")
    assert gate.open_requests(Priority.INTERACTIVE) == 0
