"""Broadcasts that stumble: what is missed is told, what cannot go on ends with a reason."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest

from applemusic_server.domain.audio import (
    AudioChunk,
    AudioContainer,
    AudioEventKind,
    AudioFrame,
)
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    NotFoundError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.live import StationStream
from applemusic_server.domain.resources import Found, Station, StationKind
from tests.support.broadcast import MEDIA, LiveStage, aac_frames, split_adts
from tests.support.cenc import Packaged
from tests.support.play import Heard

NewLive = Callable[..., LiveStage]


@pytest.fixture
def new_live(play_song: Packaged) -> NewLive:
    return lambda **values: LiveStage(play_song, **values)


@pytest.fixture
def live(new_live: NewLive) -> LiveStage:
    return new_live()


async def heard_numbers(live: LiveStage, seconds: float = 60.0, **values: Any) -> tuple[Heard, Any]:
    """Listen in ADTS, and tell which segments were heard, whole and in order."""
    by_frames = {live.radio.source(number): number for number in range(130, 330)}
    heard = await live.hear(seconds, container=AudioContainer.ADTS, **values)
    frames = split_adts(heard.data)
    size = live.radio.frames_per_segment
    whole = [frames[at : at + size] for at in range(0, len(frames) // size * size, size)]
    return heard, [by_frames[each] for each in whole]


def distinct(live: LiveStage) -> None:
    """Make the loop of the music longer than a test, so that each segment is another one."""
    live.radio.frames = aac_frames(60)
    live.radio.frames_per_segment = 256


def gaps(heard: Heard) -> list[str]:
    return [each.message for each in heard.events if each.kind is AudioEventKind.GAP]


async def test_a_missing_segment_is_left_out_and_told_where_it_was(live: LiveStage) -> None:
    distinct(live)
    begun = live.radio.finished() - 3
    live.radio.gone = {begun + 4}
    heard, numbers = await heard_numbers(live)
    assert numbers[:6] == [begun + n for n in (0, 1, 2, 3, 5, 6)]
    (message,) = gaps(heard)
    assert "RESOURCE_NOT_FOUND" in message
    frames = [frame for _, frame in heard.frames]
    at = next(i for i, f in enumerate(frames) if getattr(f, "kind", None) is AudioEventKind.GAP)
    chunk = next(frame for frame in frames[at:] if isinstance(frame, AudioChunk))
    assert split_adts(chunk.data)[0] == live.radio.source(begun + 5)[0]
    for one, other in pairwise(heard.chunks):
        assert one.byte_offset + len(one.data) == other.byte_offset


async def test_a_segment_that_comes_at_the_second_try_is_not_missed(live: LiveStage) -> None:
    distinct(live)
    begun = live.radio.finished() - 3

    def fault(number: int, tries: int) -> None:
        if number == begun + 4 and tries == 1:
            raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "reset")

    live.radio.segment_faults = fault
    heard, numbers = await heard_numbers(live)
    assert numbers == list(range(begun, numbers[-1] + 1))
    assert heard.event_names.count("UPSTREAM_RESUMED") == 1
    assert gaps(heard) == []


async def test_a_damaged_segment_is_left_out(live: LiveStage) -> None:
    distinct(live)
    begun = live.radio.finished() - 3
    live.radio.mangle = lambda number, data: data[:-9] if number == begun + 1 else data
    heard, numbers = await heard_numbers(live)
    assert numbers[:3] == [begun, begun + 2, begun + 3]
    assert "MEDIA_MALFORMED" in gaps(heard)[0]


async def test_segment_after_segment_damaged_ends_the_stream(live: LiveStage) -> None:
    begun = live.radio.finished() - 3
    live.radio.mangle = lambda number, data: data[: len(data) // 2] if number > begun else data
    heard = await live.hear(120.0)
    assert heard.reason is Reason.MEDIA_MALFORMED
    assert heard.error is not None
    assert heard.error.metadata["id"] == "ra.7"
    assert heard.error.metadata["byteOffset"] == str(len(heard.data))


async def test_nothing_but_garbage_is_refused_before_the_header(live: LiveStage) -> None:
    live.radio.mangle = lambda _number, _data: b"<html>no</html>"
    heard = await live.hear(60.0)
    assert (heard.reason, heard.frames) == (Reason.MEDIA_MALFORMED, [])


async def test_a_playlist_that_stands_still_stalls_and_then_fails(live: LiveStage) -> None:
    distinct(live)
    live.radio.frozen_at = live.clock.now + 30
    heard, numbers = await heard_numbers(live, 600.0)
    assert heard.reason is Reason.UPSTREAM_UNAVAILABLE
    assert heard.error is not None
    assert "stands still" in heard.error.message
    assert heard.error.metadata["endpoint"] == "live.playlist"
    assert heard.event_names.count("STALLED") == 1
    assert 28 < live.clock.now - live.radio.frozen_at < 45
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    pauses = [b - a for (a, x), (b, y) in pairwise(live.radio.asked) if x == y == "playlist"]
    assert all(2.5 < pause < 3.5 for pause in pauses[:-1])  # half the target duration


async def test_a_playlist_that_goes_on_after_a_while_is_heard_without_a_gap(
    live: LiveStage,
) -> None:
    distinct(live)
    live.radio.listed = 8
    frozen = live.clock.now + 20

    def thaw() -> None:
        live.radio.frozen_at = frozen if frozen < live.clock.now < frozen + 25 else None

    heard, numbers = await heard_numbers(live, 90.0, on_turn=thaw)
    assert heard.error is None
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert heard.event_names.count("STALLED") == heard.event_names.count("FLOWING") == 1
    assert gaps(heard) == []


async def test_a_playlist_server_that_is_away_for_a_while(live: LiveStage) -> None:
    distinct(live)
    begun = live.clock.now

    def fault(_number: int, now: float) -> None:
        if 20 < now - begun < 35:
            raise UnavailableError(Reason.UPSTREAM_TIMEOUT, "late")

    live.radio.playlist_faults = fault
    live.radio.listed = 8
    heard, numbers = await heard_numbers(live, 90.0)
    assert heard.error is None
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


async def test_a_playlist_server_that_stays_away_says_its_own_reason(live: LiveStage) -> None:
    begun = live.clock.now

    def fault(_number: int, now: float) -> None:
        if now - begun > 20:
            raise UnavailableError(Reason.UPSTREAM_TIMEOUT, "late")

    live.radio.playlist_faults = fault
    heard = await live.hear(600.0)
    assert heard.reason is Reason.UPSTREAM_TIMEOUT
    assert "STALLED" in heard.event_names


async def test_a_start_is_tried_again_for_a_moment_only(live: LiveStage) -> None:
    def fault(number: int, _now: float) -> None:
        if number < 3:
            raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "503")

    live.radio.playlist_faults = fault
    assert (await live.hear(1.0)).error is None

    def always(_number: int, _now: float) -> None:
        raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "503")

    live.radio.playlist_faults = always
    begun = live.clock.now
    heard = await live.hear(60.0)
    assert (heard.reason, heard.frames) == (Reason.UPSTREAM_UNAVAILABLE, [])
    assert live.clock.now - begun < 6


async def test_nothing_at_all_is_a_timeout_and_no_hang(live: LiveStage) -> None:
    live.radio.latency = 1000.0
    begun = live.clock.now
    heard = await live.hear(60.0)
    assert heard.reason is Reason.UPSTREAM_TIMEOUT
    assert live.clock.now - begun == pytest.approx(15.0)


async def test_a_reader_that_slept_goes_on_at_the_edge(live: LiveStage) -> None:
    distinct(live)
    paused = False

    def pause(_frame: AudioFrame) -> float:
        nonlocal paused
        if not paused and live.clock.now > 1030:
            paused = True
            return 300.0
        return 0.0

    live.radio.frames = aac_frames(60)
    heard = await live.hear(400.0, container=AudioContainer.ADTS, pause=pause)
    assert heard.error is None
    asked = [(at, int(what)) for at, what in live.radio.asked if what.isdigit()]
    jump = [(at, b - a) for (_, a), (at, b) in pairwise(asked) if b != a + 1]
    assert len(jump) == 1
    at, _ = jump[0]
    edge = next(number for when, number in asked if when == at)
    assert int(at / live.radio.seconds) - edge <= 3
    # Nothing was fetched while it slept: what had come was all that was held.
    (long,) = [(a, b) for (a, _), (b, _) in pairwise(live.radio.asked) if b - a > 200]
    assert long[1] - long[0] > 280
    assert len(gaps(heard)) == 1


async def test_a_reader_far_behind_in_a_long_playlist_goes_on_at_the_edge(live: LiveStage) -> None:
    live.radio.listed = 1000
    heard = await live.hear(
        900.0, container=AudioContainer.ADTS, pause=lambda f: 7.0 * isinstance(f, AudioChunk)
    )
    assert heard.error is None
    assert any("behind" in gap for gap in gaps(heard))
    asked = [(at, int(what)) for at, what in live.radio.asked if what.isdigit()]
    behind = [at / live.radio.seconds - number for at, number in asked]
    assert max(behind) < 60 / live.radio.seconds + 3


async def test_a_broadcast_that_begins_anew_is_followed(live: LiveStage) -> None:
    restart = live.clock.now + 30

    def renumber() -> None:
        if live.clock.now > restart:
            live.radio.first_number = 160

    heard = await live.hear(80.0, container=AudioContainer.ADTS, on_turn=renumber)
    assert heard.error is None
    assert any("began anew" in gap for gap in gaps(heard))
    assert heard.chunks[-1].media_offset.total_seconds() > 70


async def test_an_older_copy_of_the_playlist_changes_nothing(live: LiveStage) -> None:
    distinct(live)
    real = live.radio.playlist_text

    def stale_now_and_then() -> str:
        number = sum(what == "playlist" for _, what in live.radio.asked)
        if number % 3:
            return real()
        live.radio.frozen_at = live.clock.now - 2 * live.radio.seconds
        text = real()
        live.radio.frozen_at = None
        return text

    live.radio.playlist_text = stale_now_and_then  # type: ignore[method-assign]  # a CDN out of step
    heard, numbers = await heard_numbers(live, 90.0)
    assert heard.error is None
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert gaps(heard) == []


async def test_another_form_of_audio_ends_the_stream(live: LiveStage) -> None:
    begun = live.radio.finished() - 3
    mono = b"".join(aac_frames(6, layout="mono"))
    live.radio.mangle = lambda number, data: mono if number == begun + 4 else data
    heard = await live.hear(60.0)
    assert heard.reason is Reason.MEDIA_CHANGED
    assert heard.error is not None
    assert heard.error.metadata["id"] == "ra.7"


async def test_an_address_that_expires_is_asked_for_anew(live: LiveStage) -> None:
    distinct(live)
    begun = live.clock.now
    refused = 0

    def fault(_number: int, now: float) -> None:
        nonlocal refused
        if now - begun > 20 and refused == 0:
            refused += 1
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    live.radio.playlist_faults = fault
    heard, numbers = await heard_numbers(live)
    assert heard.error is None
    assert [what for _, what in live.radio.asked].count("assets") == 2
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert heard.event_names.count("RENEWED") == 1


async def test_a_fresh_address_that_is_refused_as_well_ends_the_stream(live: LiveStage) -> None:
    begun = live.clock.now

    def fault(_number: int, now: float) -> None:
        if now - begun > 20:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    live.radio.playlist_faults = fault
    heard = await live.hear(600.0)
    assert heard.reason is Reason.UPSTREAM_REFUSED
    assert [what for _, what in live.radio.asked].count("assets") == 2


@pytest.mark.parametrize(
    "line",
    [
        '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"',
        '#EXT-X-KEY:METHOD=AES-128,URI="https://radio.test/key"',
    ],
)
async def test_a_protected_playlist_is_refused(live: LiveStage, line: str) -> None:
    live.radio.extra_lines = (line,)
    heard = await live.hear(60.0)
    assert (heard.reason, heard.frames) == (Reason.LIVE_STATION_PROTECTED, [])
    assert heard.error is not None
    assert heard.error.metadata == {"id": "ra.7"}


async def test_apples_own_stations_are_refused_without_a_look_at_the_stream(
    live: LiveStage,
) -> None:
    live.radio.stations["ra.1"] = StationStream(MEDIA, protected=True)
    heard = await live.hear(1.0, station_id="ra.1")
    assert heard.reason is Reason.LIVE_STATION_PROTECTED
    assert [what for _, what in live.radio.asked] == ["assets"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (StationKind.TRACKS, Reason.STATION_NOT_LIVE),
        (None, Reason.STATION_NOT_LIVE),
        (StationKind.EPISODE, Reason.CONTENT_UNAVAILABLE),
        (StationKind.LIVE, Reason.CONTENT_UNAVAILABLE),
    ],
)
async def test_stations_without_a_stream(
    live: LiveStage, kind: StationKind | None, reason: Reason
) -> None:
    live.radio.stations["ra.5"] = None
    stations = () if kind is None else (Station("ra.5", "Five", kind=kind),)
    live.catalog["found"] = Found(stations)
    heard = await live.hear(1.0, station_id="ra.5")
    assert heard.reason is reason
    assert heard.error is not None
    assert heard.error.metadata["id"] == "ra.5"
    assert (reason is Reason.STATION_NOT_LIVE) == ("NextTracks" in heard.error.message)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(StationKind.TRACKS, Reason.STATION_NOT_LIVE), (None, Reason.RESOURCE_NOT_FOUND)],
)
async def test_stations_that_cannot_be_played_at_all(
    live: LiveStage, kind: StationKind | None, reason: Reason
) -> None:
    live.radio.station_error = NotFoundError(Reason.RESOURCE_NOT_FOUND, "404")
    live.catalog["found"] = Found(() if kind is None else (Station("ra.5", "Five", kind=kind),))
    heard = await live.hear(1.0, station_id="ra.5")
    assert heard.reason is reason
    assert heard.error is not None
    assert heard.error.metadata["id"] == "ra.5"


async def test_a_personal_station_needs_no_question(live: LiveStage) -> None:
    heard = await live.hear(1.0, station_id="ra.u-0123")
    assert heard.reason is Reason.STATION_NOT_LIVE
    assert live.radio.asked == []


@pytest.mark.parametrize("moment", [20.0, 20.3, 23.0])
async def test_a_server_that_goes_down_ends_broadcasts_with_a_reason(
    live: LiveStage, moment: float
) -> None:
    begun = live.clock.now

    def drain() -> None:
        if live.clock.now >= begun + moment:
            live.player.drain()

    heard = await live.hear(600.0, on_turn=drain)
    assert heard.reason is Reason.SERVER_DRAINING
    assert live.clock.now - begun < moment + 10
    assert heard.error is not None
    assert heard.error.metadata["byteOffset"] == str(len(heard.data))


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
async def test_a_listener_who_goes_away_leaves_nothing_open(live: LiveStage, moment: int) -> None:
    turns = 0
    task: asyncio.Task[None] | None = None

    async def listen() -> None:
        async with aclosing(live.stream()) as frames:
            async for _ in frames:
                pass

    def count() -> None:
        nonlocal turns
        turns += 1
        if turns == moment and task is not None:
            task.cancel()

    async def whole() -> None:
        nonlocal task
        task = asyncio.ensure_future(listen())
        if moment == 0:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await live.songs.run(whole(), count)
    assert (live.radio.open_requests, live.limits.streams) == (0, 0)
