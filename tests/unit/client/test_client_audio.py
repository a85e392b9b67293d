"""Streams of audio: joined without a gap, complete or an error, never left open."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import grpc
import pytest

from applemusic import AudioChunk, AudioContainer, Client, ClientConfig, errors
from applemusic.config import Backoff
from applemusic.models import AudioEvent, AudioEventKind, AudioHeader, Preparation
from applemusic.v1 import audio_service_pb2 as pb

SONG = random.Random(7).randbytes(300_000)
CHUNK = 32_768
PATIENT = ClientConfig(backoff=Backoff(initial=0.0, maximum=0.0, attempts=3))
HEADER = {"song_id": "1", "etag": "e1", "seekable": True, "total_bytes": len(SONG)}


def header(**fields: Any) -> pb.AudioStreamResponse:
    return pb.AudioStreamResponse(header=pb.AudioHeader(**{**HEADER, **fields}))


def chunk(start: int, end: int) -> pb.AudioStreamResponse:
    return pb.AudioStreamResponse(chunk=pb.AudioChunk(data=SONG[start:end], byte_offset=start))


def event(kind: pb.AudioEventKind.ValueType) -> pb.AudioStreamResponse:
    return pb.AudioStreamResponse(event=pb.AudioEvent(kind=kind))


def summary(count: int) -> pb.AudioStreamResponse:
    return pb.AudioStreamResponse(summary=pb.AudioSummary(byte_count=count))


class Song:
    """Serves `SONG`, and breaks each call at the byte that `breaks` names for it."""

    def __init__(
        self, fail: Any, *breaks: int, code: str = "UNAVAILABLE", reason: str = ""
    ) -> None:
        self.fail = fail
        self.breaks = list(breaks)
        self.code = grpc.StatusCode[code]
        self.reason = reason
        self.header: dict[str, Any] = {}
        self.requests: list[pb.AudioStreamRequest] = []

    async def __call__(
        self, request: pb.AudioStreamRequest, context: Any
    ) -> AsyncIterator[pb.AudioStreamResponse]:
        self.requests.append(request)
        end = self.breaks.pop(0) if self.breaks else None
        position = request.byte_offset
        yield header(byte_offset=position, **self.header)
        while position < len(SONG):
            stop = min(position + CHUNK, len(SONG) if end is None else end)
            if stop > position:
                yield chunk(position, stop)
                position = stop
            if position == end:
                await self.fail(context, self.code, self.reason)
        if position == end:
            await self.fail(context, self.code, self.reason)
        yield summary(position - request.byte_offset)


def play(*frames: pb.AudioStreamResponse) -> Callable[..., AsyncIterator[pb.AudioStreamResponse]]:
    async def stream(*_: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        for frame in frames:
            yield frame

    return stream


async def test_a_whole_stream(serve: Any, fail: Any) -> None:
    song = Song(fail)
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=ClientConfig(account="anna")) as music:
        stream = music.audio.stream("1", container=AudioContainer.ADTS, next_song_ids=["2", "3"])
        with pytest.raises(RuntimeError):
            _ = stream.header
        with pytest.raises(RuntimeError):
            _ = stream.summary
        chunks = [chunk async for chunk in stream]
    assert b"".join(chunks) == SONG
    assert [chunk.byte_offset for chunk in chunks] == list(range(0, len(SONG), CHUNK))
    assert stream.complete
    assert stream.summary.byte_count == len(SONG)
    assert (stream.position, stream.resume_count) == (len(SONG), 0)
    assert song.requests == [
        pb.AudioStreamRequest(
            account="anna",
            song_id="1",
            container=pb.AUDIO_CONTAINER_ADTS,
            next_song_ids=["2", "3"],
        )
    ]


async def test_the_header_is_there_when_the_block_begins(serve: Any) -> None:
    more = asyncio.Event()

    async def stream(*_: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        yield header(preparation=pb.PREPARATION_READY, duration={"seconds": 240})
        await more.wait()
        yield chunk(0, len(SONG))
        yield summary(len(SONG))

    target = await serve({"AudioService.AudioStream": stream})
    async with Client(target) as music, music.audio.stream("1") as audio:
        assert isinstance(audio.header, AudioHeader)
        assert audio.header.duration == timedelta(minutes=4)
        assert audio.header.preparation is Preparation.READY
        assert not audio.complete
        assert await audio.start() is audio.header
        more.set()
        assert await audio.read() == SONG
        assert await audio.read() is None
        assert await audio.read() is None


async def test_a_broken_stream_goes_on_where_it_broke(serve: Any, fail: Any) -> None:
    song = Song(fail, 100_001, 100_001, 250_000, reason="SERVER_DRAINING")
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=PATIENT) as music:
        stream = music.audio.stream("1")
        chunks = [chunk async for chunk in stream]
    assert b"".join(chunks) == SONG
    assert all(a.end == b.byte_offset for a, b in pairwise(chunks))
    asked = [(request.byte_offset, request.etag) for request in song.requests]
    assert asked == [(0, ""), (100_001, "e1"), (100_001, "e1"), (250_000, "e1")]
    assert stream.resume_count == 3


async def test_a_stream_that_breaks_before_its_header_begins_again(serve: Any, fail: Any) -> None:
    song, calls = Song(fail), []

    async def stream(request: Any, context: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        calls.append(request)
        if len(calls) < 3:
            await fail(context, grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
        async for frame in song(request, context):
            yield frame

    target = await serve({"AudioService.AudioStream": stream})
    async with Client(target, config=PATIENT) as music:
        stream_ = music.audio.stream("1")
        assert b"".join([chunk async for chunk in stream_]) == SONG
    assert stream_.resume_count == 0
    assert calls[0] == calls[2]


async def test_a_start_that_fails_because_of_apple_is_tried_once_more(
    serve: Any, fail: Any
) -> None:
    calls = []

    async def stream(request: Any, context: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        calls.append(request)
        await fail(context, grpc.StatusCode.UNAVAILABLE, "UPSTREAM_UNAVAILABLE")
        yield pb.AudioStreamResponse()

    target = await serve({"AudioService.AudioStream": stream})
    async with Client(target, config=PATIENT) as music:
        with pytest.raises(errors.UpstreamUnavailableError):
            await music.audio.stream("1").start()
    assert len(calls) == 2


async def test_only_the_summary_is_missing(serve: Any, fail: Any) -> None:
    song = Song(fail, len(SONG), reason="UPSTREAM_UNAVAILABLE")
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=PATIENT) as music:
        stream = music.audio.stream("1")
        assert b"".join([chunk async for chunk in stream]) == SONG
    assert stream.complete
    assert [request.byte_offset for request in song.requests] == [0, len(SONG) - 1]


async def test_going_on_with_an_earlier_stream(serve: Any, fail: Any) -> None:
    song = Song(fail, 250_000)
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=PATIENT) as music:
        stream = music.audio.stream("1", byte_offset=200_000, etag="e1")
        assert b"".join([chunk async for chunk in stream]) == SONG[200_000:]
    assert [request.byte_offset for request in song.requests] == [200_000, 250_000]


async def test_a_stream_from_a_position_goes_on_at_its_own_bytes(serve: Any, fail: Any) -> None:
    song = Song(fail, 50_000)
    song.header = {"start_offset": {"seconds": 60}, "total_bytes": len(SONG)}
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=PATIENT) as music:
        stream = music.audio.stream("1", start_offset=timedelta(seconds=61))
        assert b"".join([chunk async for chunk in stream]) == SONG
    first, second = song.requests
    assert first.start_offset.seconds == 61
    assert second.WhichOneof("start") == "byte_offset"
    assert (second.byte_offset, second.etag) == (50_000, "e1")


async def test_attempts_are_bounded_and_waited_for(serve: Any, fail: Any) -> None:
    song = Song(fail, *[40_000] * 9, reason="STORAGE_UNAVAILABLE")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    target = await serve({"AudioService.AudioStream": song.__call__})
    config = ClientConfig(backoff=Backoff(initial=1.0, maximum=3.0, attempts=4))
    async with Client(target, config=config) as music:
        music._calls.sleep, music._calls.chance = sleep, lambda: 1.0
        stream = music.audio.stream("1")
        received = b""
        with pytest.raises(errors.StorageUnavailableError):
            received = b"".join([chunk async for chunk in stream])
    assert received == b""
    assert stream.position == 40_000
    assert waits == [1.0, 2.0, 3.0, 3.0]


@pytest.mark.parametrize("code", ["INTERNAL", "DATA_LOSS", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED"])
async def test_only_unavailable_is_taken_up_again(serve: Any, fail: Any, code: str) -> None:
    song = Song(fail, 40_000, code=code)
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=PATIENT) as music:
        stream = music.audio.stream("1")
        with pytest.raises(errors.AppleMusicError) as caught:
            _ = [chunk async for chunk in stream]
    assert caught.value.code.name == code
    assert len(song.requests) == 1
    assert not stream.complete


async def test_live_streams_are_not_taken_up_again(serve: Any, fail: Any) -> None:
    song = Song(fail, 40_000)
    song.header = {"seekable": False, "total_bytes": 0}
    target = await serve({"AudioService.AudioStream": song.__call__})
    async with Client(target, config=PATIENT) as music:
        with pytest.raises(errors.UnavailableError):
            _ = [chunk async for chunk in music.audio.stream_station("ra.1", next_song_ids=["7"])]
    container = pb.AUDIO_CONTAINER_FMP4
    asked = pb.AudioStreamRequest(station_id="ra.1", container=container, next_song_ids=["7"])
    assert song.requests == [asked]


async def test_another_etag_is_another_song(serve: Any, fail: Any) -> None:
    song = Song(fail, 40_000)

    async def stream(request: Any, context: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        song.header = {"etag": f"e{request.byte_offset}"}
        async for frame in song(request, context):
            yield frame

    target = await serve({"AudioService.AudioStream": stream})
    async with Client(target, config=PATIENT) as music:
        with pytest.raises(errors.MediaChangedError):
            _ = [chunk async for chunk in music.audio.stream("1")]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([], errors.IncompleteStreamError),
        ([header()], errors.IncompleteStreamError),
        ([header(), chunk(0, 9)], errors.IncompleteStreamError),
        ([header(), chunk(0, 9), summary(9)], errors.IncompleteStreamError),
        ([header(total_bytes=0), chunk(0, 9), summary(8)], errors.IncompleteStreamError),
        ([chunk(0, 9)], errors.ProtocolError),
        ([event(pb.AUDIO_EVENT_KIND_STALLED), header()], errors.ProtocolError),
        ([summary(0)], errors.ProtocolError),
        ([header(), header()], errors.ProtocolError),
        ([header(byte_offset=5)], errors.ProtocolError),
        ([header(), chunk(1, 9)], errors.ProtocolError),
        ([header(), chunk(0, 9), chunk(8, 20)], errors.ProtocolError),
        ([header(), chunk(0, 9), chunk(10, 20)], errors.ProtocolError),
        ([header(total_bytes=9), chunk(0, 9), summary(9), chunk(9, 12)], errors.ProtocolError),
    ],
)
async def test_what_breaks_the_contract_is_never_complete(
    serve: Any, frames: list[pb.AudioStreamResponse], expected: type[Exception]
) -> None:
    target = await serve({"AudioService.AudioStream": play(*frames)})
    async with Client(target, config=PATIENT) as music:
        stream = music.audio.stream("1")
        with pytest.raises(expected):
            _ = [chunk async for chunk in stream]
    assert not stream.complete


async def test_an_error_after_the_summary_is_not_complete(serve: Any, fail: Any) -> None:
    async def stream(_: Any, context: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        yield header(total_bytes=9)
        yield chunk(0, 9)
        yield summary(9)
        await fail(context, grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")

    target = await serve({"AudioService.AudioStream": stream})
    async with Client(target, config=PATIENT) as music:
        audio = music.audio.stream("1")
        with pytest.raises(errors.IncompleteStreamError):
            _ = [chunk async for chunk in audio]
    assert not audio.complete


async def test_events_are_kept_and_told(serve: Any) -> None:
    frames = [
        header(total_bytes=9),
        event(pb.AUDIO_EVENT_KIND_KEEP_ALIVE),
        chunk(0, 9),
        event(pb.AUDIO_EVENT_KIND_STALLED),
        summary(9),
    ]
    target = await serve({"AudioService.AudioStream": play(*frames)})
    told: list[AudioEvent] = []
    async with Client(target) as music:
        stream = music.audio.stream("1", on_event=told.append)
        assert [chunk async for chunk in stream] == [SONG[:9]]
    assert [event.kind for event in told] == [AudioEventKind.KEEP_ALIVE, AudioEventKind.STALLED]
    assert [event.kind for event in stream.events] == [AudioEventKind.STALLED]


class Endless:
    """A stream that only its caller ends; notes when that is seen."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def __call__(self, *_: Any) -> AsyncIterator[pb.AudioStreamResponse]:
        try:
            yield header(total_bytes=0)
            yield chunk(0, 9)
            await asyncio.Event().wait()
        finally:
            self.ended.set()


async def test_leaving_the_block_ends_the_call_at_the_server(serve: Any) -> None:
    endless = Endless()
    target = await serve({"AudioService.AudioStream": endless.__call__})
    async with Client(target) as music:
        async with music.audio.stream("1") as stream:
            async for piece in stream:
                assert piece == SONG[:9]
                break
            assert not endless.ended.is_set()
        await endless.ended.wait()
        with pytest.raises(errors.ClientClosedError):
            await stream.read()


async def test_breaking_out_of_a_plain_loop_ends_the_call_at_the_server(serve: Any) -> None:
    endless = Endless()
    target = await serve({"AudioService.AudioStream": endless.__call__})
    async with Client(target) as music:
        async for _ in music.audio.stream("1"):
            break
        await endless.ended.wait()


async def test_cancelling_the_reader_ends_the_call_at_the_server(serve: Any) -> None:
    endless, begun = Endless(), asyncio.Event()
    target = await serve({"AudioService.AudioStream": endless.__call__})

    async def read(music: Client) -> None:
        async for _ in music.audio.stream("1"):
            begun.set()

    async with Client(target) as music:
        task = asyncio.create_task(read(music))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await endless.ended.wait()


async def test_closing_from_another_task_is_an_error_and_no_cancellation(serve: Any) -> None:
    endless, begun = Endless(), asyncio.Event()
    target = await serve({"AudioService.AudioStream": endless.__call__})

    async def read(stream: Any) -> None:
        async for _ in stream:
            begun.set()

    async with Client(target) as music:
        stream = music.audio.stream("1")
        task = asyncio.create_task(read(stream))
        await begun.wait()
        stream.close()
        with pytest.raises(errors.ClientClosedError):
            await task


async def test_two_offsets_are_refused() -> None:
    async with Client("127.0.0.1:9") as music:
        with pytest.raises(ValueError, match="not both"):
            music.audio.stream("1", start_offset=timedelta(0), byte_offset=0)


def test_a_chunk_is_bytes_with_a_place() -> None:
    piece = AudioChunk(b"abc", byte_offset=7, media_offset=timedelta(seconds=1))
    assert piece == b"abc"
    assert type(piece.data) is bytes
    assert (piece.byte_offset, piece.end, piece.media_offset) == (7, 10, timedelta(seconds=1))
    assert repr(piece) == "AudioChunk(3 bytes at 7, 0:00:01)"


async def test_preparing_what_comes_next(serve: Any) -> None:
    async def prepare(request: pb.PrepareAudioRequest, _: Any) -> pb.PrepareAudioResponse:
        prepared = [
            pb.PreparedAudio(song_id=name, preparation=pb.PREPARATION_LICENSED)
            for name in request.song_ids
        ]
        return pb.PrepareAudioResponse(prepared=prepared)

    target = await serve({"AudioService.PrepareAudio": prepare})
    async with Client(target) as music:
        prepared = await music.audio.prepare(["2", "3"])
    assert [(item.song_id, item.preparation) for item in prepared] == [
        ("2", Preparation.LICENSED),
        ("3", Preparation.LICENSED),
    ]
