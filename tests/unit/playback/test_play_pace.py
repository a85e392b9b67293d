"""How fast a song leaves, and what a slow Apple or a slow listener does to it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from applemusic_server.application.pace import Pace
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.domain.audio import AudioChunk, AudioContainer
from applemusic_server.domain.errors import InvalidArgumentError
from tests.support.cenc import Packaged
from tests.support.play import Stage

TUNING = PlaybackTuning(
    burst_seconds=4, most_burst_seconds=30, lead_seconds=8, fill_rate=2, keep_alive_seconds=20
)


@pytest.fixture
def stage(play_song: Packaged) -> Stage:
    return Stage(play_song, tuning=TUNING, seconds=40.0)


def once(seconds: float, place: int) -> Callable[[int, int], float]:
    """Apple takes so long at the first read from there on."""
    left = [seconds]
    return lambda _, offset: left.pop() if left and offset >= place else 0.0


def test_pace_by_the_book() -> None:
    now = 0.0
    pace = Pace(burst=4, lead=8, rate=2, clock=lambda: now)
    assert (pace.ahead(), pace.delay(1)) == (0, 0)
    for _ in range(4):
        assert pace.delay(1) <= 0
        pace.sent(1)
    assert pace.delay(1) == 0.5  # two seconds of audio per second
    now = 4.0
    assert pace.delay(8) == pytest.approx(0)  # rather than 4 + 8 - 8: all before it is played
    for _ in range(8):
        pace.sent(1)
    assert (pace.ahead(), pace.delay(1)) == (8, 1)
    now = 100.0  # run dry: a burst again, not 88 seconds at once
    assert (pace.ahead(), pace.delay(1)) == (0, -95)
    for _ in range(4):
        pace.sent(1)
    assert (pace.ahead(), pace.delay(1)) == (4, 0.5)


def test_tuning_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="burst"):
        PlaybackTuning(burst_seconds=-1)
    with pytest.raises(ValueError, match="fill_rate"):
        PlaybackTuning(fill_rate=0.5)


@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_a_burst_then_a_bounded_lead(stage: Stage, container: AudioContainer) -> None:
    heard = await stage.hear(container=container)
    begun = heard.timed_chunks[0][0]
    leads = []
    for at, chunk in heard.timed_chunks:
        sent_before = chunk.media_offset.total_seconds()
        leads.append(sent_before - (at - begun))
        assert leads[-1] <= TUNING.lead_seconds
        assert sent_before <= TUNING.burst_seconds + 2 * (at - begun) + 0.01
        assert leads[-1] >= 0 - 0.01  # never late
    assert max(leads) > TUNING.lead_seconds - 2
    at_once = [chunk for at, chunk in heard.timed_chunks if at == begun]
    assert at_once[-1].media_offset.total_seconds() > TUNING.burst_seconds - 2.5
    last = heard.timed_chunks[-1][0]
    assert last - begun == pytest.approx(40 - TUNING.lead_seconds, abs=1.5)
    assert heard.events == []


@pytest.mark.parametrize(("asked", "given"), [(20, 20), (1, 4), (50, 30)])
async def test_who_has_to_pass_over_the_beginning_gets_more_at_once(
    stage: Stage, asked: int, given: int
) -> None:
    heard = await stage.hear(burst=timedelta(seconds=asked))
    begun = heard.timed_chunks[0][0]
    # Apple has to be asked for it, which takes its time.
    at_once = [chunk for at, chunk in heard.timed_chunks if at <= begun + 1]
    assert at_once[-1].media_offset.total_seconds() == pytest.approx(given, abs=2.5)
    for at, chunk in heard.timed_chunks:
        ahead = chunk.media_offset.total_seconds() - (at - begun)
        assert ahead <= max(given, TUNING.lead_seconds)


async def test_a_negative_burst_is_refused(stage: Stage) -> None:
    heard = await stage.hear(burst=timedelta(seconds=-1))
    assert isinstance(heard.error, InvalidArgumentError)
    assert "burst_duration" in str(heard.error)


async def test_a_skipped_song_costs_no_more_than_the_lead(stage: Stage) -> None:
    async def run() -> None:
        frames = stage.stream()
        end = stage.clock.now + 3
        async for _ in frames:
            if stage.clock.now >= end:
                break
        await frames.aclose()

    await stage.clock.drive(run())
    stage.check_closed()
    # 4 s at once, 2 s per second after that, one piece ahead, one in the making.
    assert stage.apple.served_bytes < (4 + 2 * 3 + 3) * 33_000


async def test_a_listener_who_takes_nothing_makes_apple_wait(stage: Stage) -> None:
    taken = 0

    def pause(frame: object) -> float:
        nonlocal taken
        taken += isinstance(frame, AudioChunk)
        served.append(stage.apple.served_bytes)
        return 300.0 if taken == 3 and isinstance(frame, AudioChunk) else 0.0

    served: list[int] = []
    heard = await stage.hear(pause=pause)
    assert heard.error is None
    assert served[5] < 8 * 34_000  # after 300 s of pause
    # It was the listener, not Apple.
    assert heard.summary.stall_count == 0
    assert "STALLED" not in heard.event_names
    # No storm afterwards: a burst, and then by the clock again.
    after = [at for at, _ in heard.timed_chunks][3:]
    assert after[-1] - after[0] > 40 - 3 - TUNING.lead_seconds - 4


async def test_a_stall_is_told_and_counted(stage: Stage, play_song: Packaged) -> None:
    stage.apple.slow = once(30.0, play_song.fragments[4][0])
    heard = await stage.hear()
    assert heard.event_names == ["STALLED", "KEEP_ALIVE", "FLOWING"]
    stalled, alive, flowing = [at for at, frame in heard.frames if frame in heard.events]
    assert alive - stalled == pytest.approx(20)
    # Dry when all that was sent has been played, not when Apple became slow.
    before = [(at, chunk) for at, chunk in heard.timed_chunks if at < stalled]
    assert stalled - before[0][0] >= before[-1][1].media_offset.total_seconds()
    assert heard.summary.stall_count == 1
    assert heard.summary.stall_duration.total_seconds() == pytest.approx(flowing - stalled)
    assert heard.data == play_song.clean


async def test_a_hiccup_shorter_than_the_lead_is_not_heard(
    stage: Stage, play_song: Packaged
) -> None:
    stage.apple.slow = once(6.0, play_song.fragments[4][0])
    heard = await stage.hear()
    assert (heard.events, heard.summary.stall_count) == ([], 0)


async def test_no_silence_is_longer_than_the_keep_alive(play_song: Packaged) -> None:
    tuning = PlaybackTuning(
        burst_seconds=0.1, lead_seconds=0.1, fill_rate=1, keep_alive_seconds=0.4
    )
    stage = Stage(play_song, tuning=tuning, seconds=40.0)
    heard = await stage.hear()
    times = [at for at, _ in heard.frames]
    assert max(b - a for a, b in pairwise(times)) <= 0.41
    assert set(heard.event_names) == {"KEEP_ALIVE"}
    assert heard.summary.stall_count == 0
    assert heard.data == play_song.clean


async def test_a_slow_line_all_along(stage: Stage, play_song: Packaged) -> None:
    stage.apple.slow = lambda _number, _offset: 1.0  # 16 KiB: half a second of audio
    heard = await stage.hear()
    assert heard.data == play_song.clean
    assert heard.summary.stall_count == heard.event_names.count("STALLED") >= 1
    assert heard.event_names.count("FLOWING") == heard.event_names.count("STALLED")


def test_pieces_leave_in_groups_where_the_listener_has_enough() -> None:
    now = 0.0
    pace = Pace(burst=4, lead=8, rate=2, clock=lambda: now)
    assert pace.rest(1, longest=8) <= 0
    for _ in range(4):
        pace.sent(1)
    assert pace.rest(1, longest=8) == 0.5 + 1  # a quarter of the 4 s that are ahead
    assert pace.rest(1, longest=0.25) == 0.75
    now = 1.5
    assert [pace.delay(seconds) <= 0 for seconds in (1, 2, 3, 4)] == [True, True, True, False]
    now = 4.0  # nothing is ahead: no rest
    assert pace.rest(1, longest=8) <= 0


async def test_rests_are_shorter_than_what_is_ahead(stage: Stage) -> None:
    heard = await stage.hear()
    begun = heard.timed_chunks[0][0]
    for (at, before), (after, _) in pairwise(heard.timed_chunks):
        ahead = before.media_offset.total_seconds() + 1 - (at - begun)
        # The piece's own time, and a quarter of what is ahead; a piece is about a second long.
        assert after - at <= 1.2 + 0.25 * ahead
    wakes = {at for at, _ in heard.timed_chunks}
    assert len(wakes) < len(heard.timed_chunks) * 0.6
