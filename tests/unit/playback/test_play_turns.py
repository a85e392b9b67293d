"""Streams fetch one after the other where the processor is what they wait for."""

import asyncio
from collections.abc import AsyncIterator
from math import inf

import pytest

from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.processor import Processor, ThreadUse
from applemusic_server.application.turns import Turn, TurnLimits, Turns
from applemusic_server.domain.audio import AudioChunk, AudioEvent, AudioEventKind, AudioFrame
from tests.support.cenc import Packaged
from tests.support.play import Heard, Stage

LIMITS = TurnLimits(places=2, tick_seconds=0.01, more=1, longest_seconds=1.0)


class Ticks:
    """A clock whose sleeps end when the test says so, as late as it likes."""

    def __init__(self) -> None:
        self.now = 100.0
        self._sleeping: asyncio.Future[None] | None = None

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds == LIMITS.tick_seconds
        self._sleeping = asyncio.get_running_loop().create_future()
        await self._sleeping

    async def tick(self, seconds: float = LIMITS.tick_seconds) -> None:
        """Let the sleep under way end after so many seconds."""
        await asyncio.sleep(0)
        assert self._sleeping is not None
        self.now += seconds
        self._sleeping.set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)


class Crowd:
    """Streams that ask, by name, and who was told in which order."""

    def __init__(self, ticks: Ticks) -> None:
        self.turns = Turns(ticks, ticks.sleep, LIMITS, lambda: self.busy)
        self.busy = False
        self.told: list[str] = []
        self._ticks = ticks
        self._turns: dict[str, Turn] = {}

    def ask(self, name: str, spare: float = 20.0) -> bool:
        """Ask for who has so many seconds; whether it is granted at once."""
        turn = self.turns.ask(self._ticks.now + spare, lambda: self.told.append(name))
        self._turns[name] = turn
        return turn.granted

    def leave(self, *names: str) -> None:
        for name in names:
            self._turns[name].leave()

    def leave_all(self) -> None:
        self.leave(*self._turns)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def crowd(ticks: Ticks) -> AsyncIterator[Crowd]:
    crowd = Crowd(ticks)
    yield crowd
    crowd.leave_all()
    await asyncio.sleep(0)
    assert (crowd.turns.open_count, crowd.turns.waiting_count) == (0, 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_who_is_alone_waits_for_nothing(crowd: Crowd) -> None:
    for _ in range(100):
        assert crowd.ask("one")
        crowd.leave("one", "one")
    assert not crowd.told
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_one_leaves_and_another_begins(crowd: Crowd) -> None:
    assert [crowd.ask(name) for name in "abcd"] == [True, True, False, False]
    crowd.leave("b")
    assert crowd.told == ["c"]
    crowd.leave("a", "c")
    assert crowd.told == ["c", "d"]
    assert crowd.turns.open_count == 1


async def test_whoever_runs_dry_first_comes_first_and_equals_as_they_came(crowd: Crowd) -> None:
    crowd.ask("a")
    crowd.ask("b")
    for name, spare in (("c", 9.0), ("d", 3.0), ("e", 9.0), ("f", 1.0)):
        assert not crowd.ask(name, spare)
    for name in "abfd":
        crowd.leave(name)
    assert crowd.told == ["f", "d", "c", "e"]


async def test_while_songs_start_those_who_can_wait_do(crowd: Crowd, ticks: Ticks) -> None:
    """A start waits for nobody, however many there are."""
    starts = [crowd.turns.begin() for _ in range(5)]
    assert all(each.granted for each in starts)
    assert [crowd.ask("a"), crowd.ask("b", 0.0)] == [False, True]
    crowd.leave("b")
    for each in starts[:3]:
        each.leave()
    assert not crowd.told
    starts[3].leave()
    assert crowd.told == ["a"]
    # A start that takes long waits for Apple, and keeps nobody.
    assert not crowd.ask("c", 30.0)
    ticks.now += LIMITS.longest_seconds
    assert crowd.ask("d", 30.0)
    starts[4].leave()


async def test_who_has_nothing_to_spare_does_not_wait(crowd: Crowd) -> None:
    crowd.ask("a")
    crowd.ask("b")
    assert crowd.ask("c", 0.0)
    assert crowd.ask("d", -5.0)
    assert crowd.turns.open_count == 4


async def test_nobody_waits_for_longer_than_they_can(crowd: Crowd, ticks: Ticks) -> None:
    for name in "abcd":
        crowd.ask(name, 0.5)
    # The event loop is never on time.
    for _ in range(3):
        await ticks.tick(0.125)
        assert not crowd.told
    await ticks.tick(0.125)
    assert crowd.told == ["c", "d"]


async def test_more_are_let_in_while_the_event_loop_is_on_time(crowd: Crowd, ticks: Ticks) -> None:
    """Then those at it wait for Apple, and a place more costs nobody anything."""
    for name in "abcdef":
        crowd.ask(name)
    await ticks.tick()
    assert crowd.told == ["c"]
    await ticks.tick(0.05)
    assert crowd.told == ["c"]
    await ticks.tick()
    assert crowd.told == ["c", "d"]
    assert crowd.turns.open_count == 4
    # There are two places all the same.
    crowd.leave("a", "b")
    assert crowd.told == ["c", "d"]
    crowd.leave("c")
    assert crowd.told == ["c", "d", "e"]


async def test_a_slow_reader_keeps_no_place(crowd: Crowd, ticks: Ticks) -> None:
    for name in "abcd":
        crowd.ask(name)
    await ticks.tick(0.5)
    crowd.leave("b")
    assert crowd.told == ["c"]
    await ticks.tick(0.5)
    assert crowd.told == ["c", "d"]
    # What it leaves late was nobody's any more.
    crowd.leave("a")
    assert crowd.turns.open_count == 2
    assert not crowd.ask("e")


async def test_who_goes_away_waits_no_longer(crowd: Crowd, ticks: Ticks) -> None:
    for name in "abcde":
        crowd.ask(name)
    crowd.leave("c", "c", "e")
    crowd.leave("a")
    assert crowd.told == ["d"]
    # Nobody waits: nobody looks any more.
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not crowd.ask("f")
    await ticks.tick()
    assert crowd.told == ["d", "f"]


async def test_a_turn_that_was_not_granted_says_so(crowd: Crowd, ticks: Ticks) -> None:
    crowd.ask("a")
    crowd.ask("b")
    turn = crowd.turns.ask(ticks.now + 1, lambda: None)
    assert not turn.granted
    assert turn.granted_at == inf
    turn.leave()
    assert not turn.granted


async def test_without_time_to_spare_one_at_a_time(crowd: Crowd, ticks: Ticks) -> None:
    """And who cannot wait, and who starts."""
    crowd.busy = True
    assert crowd.ask("a")
    assert not crowd.ask("b")
    assert not crowd.ask("c", 0.02)
    assert crowd.ask("d", 0.0)
    start = crowd.turns.begin()
    await ticks.tick()
    assert crowd.told == []
    await ticks.tick()
    assert crowd.told == ["c"]
    crowd.leave("a", "c", "d")
    assert crowd.told == ["c"]
    start.leave()
    assert crowd.told == ["c", "b"]


async def test_a_slow_reader_does_not_keep_the_only_place(crowd: Crowd, ticks: Ticks) -> None:
    crowd.busy = True
    crowd.ask("a")
    crowd.ask("b")
    await ticks.tick(0.05)
    assert crowd.told == []
    await ticks.tick(0.05)
    assert crowd.told == ["b"]


async def test_time_to_spare_again(crowd: Crowd, ticks: Ticks) -> None:
    crowd.busy = True
    for name in "abcd":
        crowd.ask(name)
    crowd.busy = False
    await ticks.tick()
    assert crowd.told == ["b", "c"]
    crowd.leave("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("seconds", "pauses", "busy"),
    [
        pytest.param(0.05, 0, True, id="without a pause"),
        pytest.param(0.01, 0, True, id="without a pause, on a machine that is busy"),
        pytest.param(0.046, 4, True, id="with short pauses"),
        pytest.param(0.044, 1, False, id="with a pause"),
    ],
)
def test_a_processor_is_busy(seconds: float, pauses: int, *, busy: bool) -> None:
    now, used = [100.0], [ThreadUse(3.0, 7)]
    processor = Processor(lambda: now[0], lambda: used[0])
    assert not processor.busy()
    now[0] += 0.05
    used[0] = ThreadUse(3.0 + seconds, 7 + pauses)
    assert processor.busy() is busy
    # Single callbacks say nothing.
    now[0] += 0.01
    used[0] = ThreadUse(3.0 + seconds + (0 if busy else 0.01), 9 + pauses)
    assert processor.busy() is busy


async def test_who_runs_dry_while_it_waits_for_its_turn_has_stalled(play_song: Packaged) -> None:
    """It is let in before; but not by a processor that comes too late."""
    stage = Stage(play_song, tuning=PlaybackTuning(streams_per_account=100), seconds=40.0)
    limits = TurnLimits(places=1, tick_seconds=5.0, more=0, longest_seconds=3600.0)
    turns = stage.player._turns = Turns(stage.clock, stage.clock.sleep, limits)

    async def run() -> list[AudioFrame]:
        turns.begin()
        frames = stage.stream()
        seen = []
        async for frame in frames:
            seen.append(frame)
            if isinstance(frame, AudioEvent) and frame.kind is AudioEventKind.FLOWING:
                break
        await frames.aclose()
        return seen

    events = [each for each in await stage.clock.drive(run()) if isinstance(each, AudioEvent)]
    stalled, flowing = events
    assert (stalled.kind, stalled.message) == (
        AudioEventKind.STALLED,
        "audio is due while others start",
    )
    assert flowing.message.startswith("audio flows again after")
    stage.check_closed()


@pytest.fixture
def crowded(play_song: Packaged) -> Stage:
    """A stage for more streams than there are places."""
    return Stage(play_song, tuning=PlaybackTuning(streams_per_account=100), seconds=40.0)


async def test_many_streams_at_once(crowded: Stage, play_song: Packaged) -> None:
    """Each gets everything, and none of them is ever late."""
    streams = [crowded._hear(crowded.stream(), lambda _: 0.0) for _ in range(40)]
    for heard in await crowded.clock.drive(asyncio.gather(*streams)):
        assert heard.data == play_song.clean
        assert heard.summary.stall_count == 0
    crowded.check_closed()


async def test_readers_that_stop_hold_nobody_up(crowded: Stage, play_song: Packaged) -> None:
    async def run() -> Heard:
        stopped = [crowded.stream() for _ in range(20)]
        for frames in stopped:
            async for frame in frames:
                if isinstance(frame, AudioChunk):
                    break
        heard = await crowded._hear(crowded.stream(), lambda _: 0.0)
        for frames in stopped:
            await frames.aclose()
        return heard

    heard = await crowded.clock.drive(run())
    assert heard.data == play_song.clean
    assert heard.summary.stall_count == 0
    crowded.check_closed()


async def test_a_stream_that_waits_for_its_turn_is_not_silent(play_song: Packaged) -> None:
    """Its turn may be long in coming: then it says that it lives, and it can be closed."""
    tuning = PlaybackTuning(streams_per_account=100, keep_alive_seconds=1.5, read_on_seconds=60.0)
    stage = Stage(play_song, tuning=tuning, seconds=40.0)
    turns = stage.player._turns = Turns(
        stage.clock, stage.clock.sleep, TurnLimits(places=1, more=0, longest_seconds=3600.0)
    )

    async def run() -> list[AudioFrame]:
        others = turns.ask(0.0, lambda: None)
        frames = stage.stream()
        seen = []
        async for frame in frames:
            seen.append(frame)
            if isinstance(frame, AudioEvent):
                break
        assert turns.waiting_count == 1
        await frames.aclose()
        assert turns.waiting_count == 0
        others.leave()
        return seen

    seen = await stage.clock.drive(run())
    event = seen[-1]
    assert isinstance(event, AudioEvent)
    assert (event.kind, event.message) == (AudioEventKind.KEEP_ALIVE, "waiting for its turn")
    stage.check_closed()


async def test_what_follows_the_first_piece_waits_while_others_start(play_song: Packaged) -> None:
    """Who has heard nothing comes before who has a second in hand, and nobody runs dry for it."""
    tuning = PlaybackTuning(streams_per_account=100)
    stage = Stage(play_song, tuning=tuning, seconds=40.0)
    limits = TurnLimits(places=1, more=0, longest_seconds=3600.0)
    turns = stage.player._turns = Turns(stage.clock, stage.clock.sleep, limits)
    came: list[float] = []
    ends: list[float] = []

    async def run() -> None:
        starts = turns.begin()
        frames = stage.stream()
        async for frame in frames:
            if isinstance(frame, AudioChunk):
                came.append(stage.clock())
                ends.append(frame.media_offset.total_seconds())
                if len(came) == 3:
                    # Nobody starts any more: the rest of what came in the first range is let go.
                    starts.leave()
                if len(came) == 4:
                    break
        await frames.aclose()

    await stage.clock.drive(run())
    heard = [at - came[0] for at in came]
    for piece in (1, 2):
        left = ends[piece] - heard[piece]
        assert 0.25 < left <= tuning.read_on_seconds + 0.01, (heard, ends)
    assert heard[3] == heard[2]
    stage.check_closed()
