"""The pacer, on a clock of the test's own."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.media.pace import Pacer


class World:
    """A clock that only sleeping and the test move."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now = start
        self.naps = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.naps += 1
        self.now += seconds


def pacer(world: World, lead: float = 10.0) -> Pacer:
    return Pacer(lead, world.clock, sleep=world.sleep)


async def test_a_burst_and_then_real_time() -> None:
    world = World()
    pace = pacer(world)
    sent_at = []
    for _ in range(60):
        await pace.wait(0.5)
        sent_at.append(world.now - 1000)
    assert sent_at[:20] == [0.0] * 20  # ten seconds of audio at once
    assert sent_at[20:] == pytest.approx([0.5 * (i + 1) for i in range(40)])
    assert pace.sent_seconds == 30
    assert pace.ahead_seconds == pytest.approx(10)
    assert pace.run_dry == 0


async def test_a_slow_reader_causes_no_storm() -> None:
    world = World()
    pace = pacer(world)
    for _ in range(20):
        await pace.wait(0.5)
    world.now += 600  # the player was paused: the write blocked for ten minutes
    begin, sent = world.now, pace.sent_seconds
    for _ in range(60):
        await pace.wait(0.5)
        assert pace.sent_seconds - sent <= 10 + (world.now - begin) + 1e-5
    assert world.now - begin == pytest.approx(20)
    assert pace.run_dry == 1


async def test_a_short_delay_is_made_up_for() -> None:
    world = World()
    pace = pacer(world)
    for _ in range(20):
        await pace.wait(0.5)
    world.now += 4  # within the lead: the listener notices nothing
    for _ in range(8):
        await pace.wait(0.5)
    assert world.naps == 0
    assert pace.run_dry == 0
    await pace.wait(0.5)
    assert world.naps == 1


async def test_a_piece_longer_than_the_lead_still_leaves() -> None:
    world = World()
    pace = pacer(world, lead=2.0)
    await pace.wait(5)
    assert world.now == 1000
    await pace.wait(5)
    assert world.now == pytest.approx(1005)


async def test_nothing_waits_for_nothing() -> None:
    world = World()
    pace = pacer(world, lead=0.0)
    await pace.wait(0)
    assert pace.ahead_seconds == 0
    await pace.wait(1)
    await pace.wait(0)
    assert (world.now, world.naps) == (1000, 0)


async def test_a_sleep_that_ends_early_is_repeated() -> None:
    world = World()

    async def half(seconds: float) -> None:
        await world.sleep(max(seconds / 2, 0.001))

    pace = Pacer(1.0, world.clock, sleep=half)
    await pace.wait(1)
    await pace.wait(1)
    assert world.now >= 1001


@given(
    pieces=st.lists(st.tuples(st.floats(0, 30), st.floats(0, 3)), min_size=2, max_size=60),
    lead=st.floats(3, 20),
)
async def test_never_more_than_the_lead(pieces: list[tuple[float, float]], lead: float) -> None:
    world = World()
    pace = pacer(world, lead)
    trace = [(world.now, 0.0)]
    for delay, duration in pieces:
        world.now += delay
        await pace.wait(duration)
        trace.append((world.now, pace.sent_seconds))
        assert pace.ahead_seconds <= lead + 1e-5
    # In any stretch of time: what was sent is at most the stretch and one lead.
    for index, (begin, sent_before) in enumerate(trace):
        for now, sent in trace[index:]:
            assert sent - sent_before <= now - begin + lead + 1e-5
    assert all(a <= b for (a, _), (b, _) in pairwise(trace))
