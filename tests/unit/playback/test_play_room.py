"""A stream that rests holds nothing, and asks Apple for no more than may leave."""

import asyncio
from itertools import pairwise

import pytest

from applemusic_server.application.pace import Pace
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.domain.audio import AudioChunk, AudioContainer
from applemusic_server.media.tuning import Tuning
from tests.support.cenc import Packaged
from tests.support.play import Stage

TUNING = PlaybackTuning(burst_seconds=4, lead_seconds=8, fill_rate=2)
BYTES_PER_SECOND = 34_000


@pytest.fixture
def stage(play_song: Packaged) -> Stage:
    return Stage(play_song, tuning=TUNING, seconds=40.0)


def test_room_by_the_book() -> None:
    now = 0.0
    pace = Pace(burst=4, lead=8, rate=2, clock=lambda: now)
    assert pace.room() == 4
    pace.sent(4)
    assert pace.room() == 0
    now = 1.0
    assert pace.room() == 2
    now = 4.0
    assert pace.room() == 8  # 4 + 8 - 4: no more than the lead
    pace.sent(10)
    assert pace.room() == -2
    now = 100.0
    assert pace.room() == 4  # run dry: a burst again


@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_nothing_is_open_while_it_rests(stage: Stage, container: AudioContainer) -> None:
    open_ranges: list[int] = []

    async def look() -> None:
        while True:
            await stage.clock.sleep(0.1)
            open_ranges.append(stage.apple.open_ranges)

    async def run() -> bytes:
        watch = asyncio.ensure_future(look())
        heard = await stage._hear(stage.stream(container=container), lambda _: 0.0)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        assert heard.summary.stall_count == 0
        return heard.data

    await stage.clock.drive(run())
    stage.check_closed()
    # Round trips aside, Apple's connections are somebody else's.
    assert open_ranges.count(0) > 0.9 * len(open_ranges)


async def test_a_range_is_what_may_leave(stage: Stage) -> None:
    await stage.hear()
    asked = [end - start for start, end in stage.apple.ranges if end]
    assert len(asked) > 8
    assert all(length <= TUNING.lead_seconds * BYTES_PER_SECOND for length in asked[1:])
    # One begins where the other ended.
    assert all(one[1] == two[0] for one, two in pairwise(stage.apple.ranges))


@pytest.mark.parametrize("after", [1, 3, 9, 17])
async def test_a_skip_has_cost_no_more_than_was_ahead(stage: Stage, after: float) -> None:
    """In bytes from Apple: what was played, the lead, and one piece."""
    summary: dict[str, float] = {}

    async def run() -> None:
        frames = stage.stream()
        begun: float | None = None
        async for frame in frames:
            if isinstance(frame, AudioChunk):
                begun = stage.clock.now if begun is None else begun
                if stage.clock.now - begun >= after:
                    summary["played"] = stage.clock.now - begun
                    break
        await frames.aclose()

    await stage.clock.drive(run())
    stage.check_closed()
    most = (summary["played"] + TUNING.lead_seconds + 2) * BYTES_PER_SECOND
    assert stage.apple.served_bytes <= most


async def test_a_reader_who_takes_nothing_stops_what_is_asked_of_apple(stage: Stage) -> None:
    async def run() -> int:
        frames = stage.stream()
        chunks = 0
        async for frame in frames:
            chunks += isinstance(frame, AudioChunk)
            if chunks == 6:
                break
        await stage.clock.sleep(1)
        before = stage.apple.served_bytes
        await stage.clock.sleep(3600)
        grown = stage.apple.served_bytes - before
        await frames.aclose()
        return grown

    assert await stage.clock.drive(run()) == 0
    stage.check_closed()


async def test_a_lead_shorter_than_a_piece(play_song: Packaged) -> None:
    tuning = PlaybackTuning(burst_seconds=0, lead_seconds=0.5, fill_rate=1)
    stage = Stage(play_song, tuning=tuning, seconds=40.0)
    heard = await stage.hear()
    assert heard.data == play_song.clean
    assert heard.summary.stall_count == 0
    most = Tuning().first_range_bytes
    assert all(end - start <= most for start, end in stage.apple.ranges if end)


async def test_two_streams_of_a_song_share_nothing(stage: Stage, play_song: Packaged) -> None:
    """Each asks for itself, at its own pace; one that ends takes nothing from the other."""

    async def run() -> tuple[bytes, int]:
        first = stage.stream()
        async for frame in first:
            if isinstance(frame, AudioChunk):
                break
        one_alone = dict(stage.apple.calls)
        second = asyncio.ensure_future(stage._hear(stage.stream(), lambda _: 0.0))
        await stage.clock.sleep(2)
        assert stage.apple.calls["offer"] == 2 * one_alone["offer"]
        assert stage.apple.calls["license"] == 2 * one_alone["license"]
        await first.aclose()
        heard = await second
        return heard.data, heard.summary.stall_count

    assert await stage.clock.drive(run()) == (play_song.clean, 0)
    stage.check_closed()
