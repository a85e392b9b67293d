"""Broadcasts by a clock that only the test moves: what is heard is what was broadcast."""

import io
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import av
import pytest

from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioContainer,
    AudioEvent,
    AudioEventKind,
    AudioSource,
    Preparation,
    Stage,
)
from applemusic_server.domain.errors import Reason
from applemusic_server.domain.media import MOST_PIECE_BYTES
from tests.support.broadcast import FRAME, RATE, Broadcaster, LiveStage
from tests.support.cenc import Packaged
from tests.support.play import Heard

CONTAINERS = [AudioContainer.FMP4, AudioContainer.ADTS]
NewLive = Callable[..., LiveStage]


@pytest.fixture
def new_live(play_song: Packaged) -> NewLive:
    return lambda **values: LiveStage(play_song, **values)


@pytest.fixture
def live(new_live: NewLive) -> LiveStage:
    return new_live()


def packets(heard: Heard) -> list[bytes]:
    """The AAC frames of what was heard, as FFmpeg's demuxers see them."""
    header = 7 if heard.header.container is AudioContainer.ADTS else 0
    with av.open(io.BytesIO(heard.data), mode="r") as container:
        return [bytes(packet)[header:] for packet in container.demux(audio=0) if packet.size]


def decoded(heard: Heard) -> tuple[int, int]:
    """Samples and sample rate that FFmpeg's decoder makes of it."""
    with av.open(io.BytesIO(heard.data), mode="r") as container:
        frames = list(container.decode(audio=0))
    return sum(frame.samples for frame in frames), frames[0].sample_rate


def broadcast_frames(radio: Broadcaster, first: int, last: int) -> list[bytes]:
    return [frame[7:] for number in range(first, last + 1) for frame in radio.source(number)]


def fetched(radio: Broadcaster) -> list[int]:
    return [int(what) for _, what in radio.asked if what.isdigit()]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("use_master", [False, True])
async def test_a_minute_of_it_is_the_broadcast_frame_by_frame(
    live: LiveStage,
    container: AudioContainer,
    use_master: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    live.radio.use_master = use_master
    begun = live.radio.finished()
    heard = await live.hear(60.0, container=container)
    assert heard.error is None
    numbers = fetched(live.radio)
    assert numbers == list(range(begun - 3, numbers[-1] + 1))
    got = packets(heard)
    source = broadcast_frames(live.radio, begun - 3, numbers[-1])
    assert got == source[: len(got)]
    assert len(got) * FRAME / RATE > 60
    samples, rate = decoded(heard)
    assert (samples, rate) == (len(got) * FRAME, RATE)


async def test_the_header_says_that_it_is_live(live: LiveStage) -> None:
    heard = await live.hear(1.0)
    header = heard.header
    assert (header.song_id, header.source, header.seekable) == ("ra.7", AudioSource.LIVE, False)
    assert (header.duration, header.total_bytes, header.total_samples) == (None, 0, 0)
    assert (header.mime_type, header.codec) == ("audio/mp4", "mp4a.40.2")
    assert (header.sample_rate_hertz, header.channel_count) == (RATE, 2)
    assert header.preparation is Preparation.COLD
    assert (header.etag, header.byte_offset, header.start_offset) == ("", 0, timedelta(0))
    assert 20_000 < header.bit_rate < 320_000
    assert {stage for stage, _ in header.stages} == {Stage.PLAY_ASSETS, Stage.FIRST_RANGE}


@pytest.mark.parametrize("container", CONTAINERS)
async def test_chunks_join_and_keep_the_contract(
    live: LiveStage, container: AudioContainer
) -> None:
    heard = await live.hear(60.0, container=container)
    chunks = heard.chunks
    assert chunks[0].byte_offset == 0
    assert chunks[0].media_offset == timedelta(0)
    for one, other in pairwise(chunks):
        assert one.byte_offset + len(one.data) == other.byte_offset
        assert one.media_offset < other.media_offset
    assert all(0 < len(chunk.data) <= MOST_PIECE_BYTES for chunk in chunks)


@pytest.mark.parametrize("piece_bytes", [4096, 65536, 131072])
@pytest.mark.parametrize("container", CONTAINERS)
async def test_every_size_of_chunk_keeps_to_64_kib(
    new_live: NewLive, piece_bytes: int, container: AudioContainer
) -> None:
    live = new_live(piece_bytes=piece_bytes)
    live.radio.frames_per_segment = 800
    heard = await live.hear(40.0, container=container)
    assert all(len(chunk.data) <= MOST_PIECE_BYTES for chunk in heard.chunks)
    assert packets(heard)


async def test_it_begins_behind_the_edge_and_stays_a_bounded_lead_ahead(live: LiveStage) -> None:
    heard = await live.hear(120.0)
    start = heard.timed_chunks[0][0]
    for at, chunk in heard.timed_chunks:
        lead = chunk.media_offset.total_seconds() - (at - start)
        assert -0.5 < lead < 4 * live.radio.seconds
    assert heard.event_names.count("STALLED") == 0


async def test_what_is_played_is_told_when_it_changes_and_before_its_audio(
    live: LiveStage,
) -> None:
    first = live.radio.finished() - 3
    heard = await live.hear(60.0)
    frames = [frame for _, frame in heard.frames]
    told = [
        (index, frame.title)
        for index, frame in enumerate(frames)
        if isinstance(frame, AudioEvent) and frame.kind is AudioEventKind.NOW_PLAYING
    ]
    titles = [title for _, title in told]
    assert titles == sorted(set(titles), key=titles.index)
    assert len(titles) >= 2
    for index, title in told:
        chunk = next((frame for frame in frames[index:] if isinstance(frame, AudioChunk)), None)
        if chunk is None:
            continue  # told, and then the test went away
        number = first + round(chunk.media_offset.total_seconds() / live.radio.seconds)
        assert chunk.media_offset.total_seconds() == pytest.approx(
            (number - first) * live.radio.seconds, abs=0.001
        )
        assert title == live.radio.title(number)
    (event, *_) = [each for each in heard.events if each.kind is AudioEventKind.NOW_PLAYING]
    assert (event.artist_name, event.song_id) == ("The Frogs", "")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"start_offset": timedelta(seconds=3)}, "start_offset"),
        ({"byte_offset": 7}, "byte_offset"),
        ({"byte_offset": -7}, "byte_offset"),
        ({"station_id": "pl.7"}, "station_id"),
        ({"station_id": "ra.7,ra.8"}, "station_id"),
    ],
)
async def test_what_a_broadcast_cannot_do_is_refused_at_once(
    live: LiveStage, request_: dict[str, Any], field: str
) -> None:
    heard = await live.hear(1.0, **request_)
    assert (heard.reason, heard.frames) == (Reason.INVALID_FIELD, [])
    assert heard.error is not None
    assert heard.error.metadata == {"field": field}
    assert live.radio.asked == []


async def test_the_beginning_by_name_is_no_offset(live: LiveStage) -> None:
    heard = await live.hear(1.0, start_offset=timedelta(0))
    assert heard.error is None


async def test_pcm_is_refused(live: LiveStage) -> None:
    heard = await live.hear(1.0, container=AudioContainer.PCM_S16LE)
    assert heard.reason is Reason.CONTAINER_NOT_SUPPORTED


async def test_the_next_songs_are_prepared_and_told(live: LiveStage) -> None:
    heard = await live.hear(20.0, next_song_ids=("901",), container=AudioContainer.ADTS)
    prepared = [each for each in heard.events if each.kind is AudioEventKind.PREPARED]
    assert [each.song_id for each in prepared] == ["901"]


async def test_a_broadcast_that_ends_is_complete(live: LiveStage) -> None:
    live.radio.ended_at = live.clock.now + 20
    last = int(live.radio.ended_at / live.radio.seconds) - 1
    heard = await live.hear(300.0, container=AudioContainer.ADTS)
    assert heard.error is None
    summary = heard.summary
    assert summary.byte_count == len(heard.data)
    assert fetched(live.radio)[-1] == last
    assert summary.media_duration.total_seconds() == pytest.approx(
        len(packets(heard)) * FRAME / RATE, abs=0.001
    )
    assert summary.upstream_byte_count > summary.byte_count  # the tags, too


async def test_a_recorded_show_is_heard_from_its_beginning(live: LiveStage) -> None:
    live.radio.ended_at = live.clock.now - 1
    live.radio.listed = 10
    heard = await live.hear(300.0)
    assert heard.error is None
    assert heard.summary.media_duration.total_seconds() == pytest.approx(
        10 * live.radio.seconds, abs=0.01
    )


async def test_streams_count_for_the_limit(new_live: NewLive) -> None:
    live = new_live(per_account=0)
    heard = await live.hear(1.0)
    assert heard.reason is Reason.STREAM_LIMIT_REACHED


async def test_long_pauses_have_a_sign_of_life(new_live: NewLive) -> None:
    """Segments of half a minute: between two of them nothing comes for longer than keep-alive."""
    live = new_live(tuning=PlaybackTuning(keep_alive_seconds=5.0))
    live.radio.frames_per_segment = 1300
    live.radio.target = 31
    heard = await live.hear(200.0, container=AudioContainer.ADTS)
    assert heard.event_names.count("KEEP_ALIVE") > 5
    assert max(b - a for (a, _), (b, _) in pairwise(heard.frames)) <= 5.1
    assert heard.event_names.count("STALLED") == 0
