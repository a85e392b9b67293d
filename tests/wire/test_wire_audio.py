"""AudioStream: order, errors before and in the middle, cancellation, validation, metrics."""

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from applemusic.v1 import audio_service_pb2 as pb
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioContainer,
    AudioEvent,
    AudioEventKind,
)
from applemusic_server.domain.errors import (
    AppleMusicError,
    DataLossError,
    FailedPreconditionError,
    Reason,
    ResourceExhaustedError,
)
from tests.support.wire_server import NOW, Failure, Wire, make_header, read_failure

# A client may know more than this server.
UNKNOWN_CONTAINER: Any = 99


async def receive(
    wire: Wire, request: pb.AudioStreamRequest
) -> tuple[list[pb.AudioStreamResponse], Failure | None]:
    received: list[pb.AudioStreamResponse] = []
    try:
        async for response in AudioServiceStub(wire.channel).AudioStream(request):
            received.append(response)  # noqa: PERF401 - what came before an error counts
    except grpc.aio.AioRpcError as error:
        return received, read_failure(error)
    return received, None


async def test_a_whole_stream_arrives_in_order(wire: Wire) -> None:
    wire.player.script.insert(2, AudioEvent(AudioEventKind.STALLED, NOW, "waiting"))

    received, failure = await receive(wire, pb.AudioStreamRequest(song_id="1"))

    assert failure is None
    assert [each.WhichOneof("frame") for each in received] == [
        "header",
        "chunk",
        "event",
        "chunk",
        "summary",
    ]
    assert received[0].header.duration.ToTimedelta() == timedelta(seconds=240.5)
    assert received[0].header.container == pb.AUDIO_CONTAINER_FMP4
    assert received[0].header.preparation == pb.PREPARATION_COLD
    assert received[2].event.kind == pb.AUDIO_EVENT_KIND_STALLED
    assert received[3].chunk.data == b"defg"
    assert received[3].chunk.byte_offset == 3
    assert received[4].summary.stages[0].name == "license"
    assert wire.player.closed.is_set()


async def test_the_request_reaches_the_player(wire: Wire) -> None:
    await receive(
        wire,
        pb.AudioStreamRequest(
            account="anna",
            song_id="i.abc",
            container=pb.AUDIO_CONTAINER_ADTS,
            start_offset=Duration(seconds=61, nanos=500_000_000),
            next_song_ids=["2", "3"],
            allow_preview=True,
            burst_duration=Duration(seconds=45, nanos=500_000_000),
        ),
    )
    await receive(wire, pb.AudioStreamRequest(song_id="1", byte_offset=5_000_000, etag="abc"))

    first, second = wire.player.requests
    assert first.account == "anna"
    assert first.container is AudioContainer.ADTS
    assert first.start_offset == timedelta(seconds=61.5)
    assert first.byte_offset is None
    assert first.next_song_ids == ("2", "3")
    assert first.allow_preview
    assert first.burst == timedelta(seconds=45.5)
    assert second.burst is None
    assert second.byte_offset == 5_000_000
    assert second.start_offset is None
    assert second.etag == "abc"
    assert second.container is AudioContainer.FMP4


async def test_an_error_before_the_header(wire: Wire) -> None:
    wire.player.script = [
        FailedPreconditionError(Reason.CONTENT_WITHDRAWN, "gone", metadata={"id": "1"})
    ]

    received, failure = await receive(wire, pb.AudioStreamRequest(song_id="1"))

    assert received == []
    assert failure is not None
    assert failure.code is grpc.StatusCode.FAILED_PRECONDITION
    assert failure.reason == "CONTENT_WITHDRAWN"
    assert failure.metadata == {"id": "1"}
    assert wire.value("applemusic_streams_total", outcome="refused") == 1


async def test_an_error_in_the_middle(wire: Wire) -> None:
    wire.player.script[2:] = [
        DataLossError(Reason.MEDIA_TRUNCATED, "short", metadata={"id": "1", "byteOffset": "3"})
    ]

    received, failure = await receive(wire, pb.AudioStreamRequest(song_id="1"))

    assert [each.WhichOneof("frame") for each in received] == ["header", "chunk"]
    assert failure is not None
    assert failure.code is grpc.StatusCode.DATA_LOSS
    assert failure.reason == "MEDIA_TRUNCATED"
    assert wire.player.closed.is_set()
    assert wire.value("applemusic_streams_total", outcome="failed") == 1


async def test_a_defect_in_the_middle_tells_nothing_but_the_request_id(wire: Wire) -> None:
    wire.player.script[2:] = [RuntimeError("canary https://cdn.example/a?sig=canary-signature")]

    received, failure = await receive(wire, pb.AudioStreamRequest(song_id="1"))

    assert len(received) == 2
    assert failure is not None
    assert failure.code is grpc.StatusCode.INTERNAL
    assert failure.reason == "INTERNAL"
    assert "canary" not in failure.message
    assert failure.metadata == {"requestId": failure.request_id}
    (line,) = await wire.log.wait_for("stream ended")
    assert (line["outcome"], line["code"], line["reason"]) == ("failed", "INTERNAL", "INTERNAL")
    assert not wire.log.lines("call failed")
    log = wire.log.getvalue()
    assert failure.request_id in log
    assert "RuntimeError" in log
    assert "canary-signature" not in log


async def test_a_full_house_says_when_to_come_back(wire: Wire) -> None:
    wire.player.script = [
        ResourceExhaustedError(
            Reason.STREAM_LIMIT_REACHED, "full", retry_after=timedelta(seconds=2.5)
        )
    ]

    _, failure = await receive(wire, pb.AudioStreamRequest(song_id="1"))

    assert failure is not None
    assert failure.retry_after == 2.5


async def test_cancellation_closes_the_player(wire: Wire) -> None:
    wire.player.script[2:] = [asyncio.Event()]
    call = AudioServiceStub(wire.channel).AudioStream(pb.AudioStreamRequest(song_id="1"))
    frames = aiter(call)
    assert (await anext(frames)).HasField("header")
    assert (await anext(frames)).HasField("chunk")

    call.cancel()

    async with asyncio.timeout(5):
        await wire.player.closed.wait()


async def test_a_reader_that_leaves_while_the_server_writes_closes_the_player(wire: Wire) -> None:
    wire.player.script[1:] = [AudioChunk(bytes(65536), n * 65536, timedelta(0)) for n in range(999)]
    call = AudioServiceStub(wire.channel).AudioStream(pb.AudioStreamRequest(song_id="1"))
    frames = aiter(call)
    assert (await anext(frames)).HasField("header")

    call.cancel()

    async with asyncio.timeout(5):
        await wire.player.closed.wait()
    assert wire.value("applemusic_stream_bytes_total") < 999 * 65536


async def test_a_vanished_client_closes_the_player(wire: Wire) -> None:
    wire.player.script[2:] = [asyncio.Event()]
    channel = grpc.aio.insecure_channel(wire.address)
    call = AudioServiceStub(channel).AudioStream(pb.AudioStreamRequest(song_id="1"))
    frames = aiter(call)
    assert (await anext(frames)).HasField("header")

    await channel.close()

    async with asyncio.timeout(5):
        await wire.player.closed.wait()


async def test_a_deadline_closes_the_player(wire: Wire) -> None:
    wire.player.script[2:] = [asyncio.Event()]
    call = AudioServiceStub(wire.channel).AudioStream(
        pb.AudioStreamRequest(song_id="1"), timeout=0.3
    )

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(5):
        await wire.player.closed.wait()
    (line,) = await wire.log.wait_for("stream ended")
    assert (line["code"], line["level"]) == ("DEADLINE_EXCEEDED", "warning")
    assert handled(wire, "DeadlineExceeded") == 1
    assert handled(wire, "Canceled") == 0


async def test_a_caller_who_leaves_before_its_deadline_is_told_apart(wire: Wire) -> None:
    wire.player.script[2:] = [asyncio.Event()]
    call = AudioServiceStub(wire.channel).AudioStream(
        pb.AudioStreamRequest(song_id="1"), timeout=60
    )
    assert (await anext(aiter(call))).HasField("header")

    call.cancel()

    (line,) = await wire.log.wait_for("stream ended")
    assert (line["code"], line["level"]) == ("CANCELLED", "info")
    assert handled(wire, "Canceled") == 1


def handled(wire: Wire, code: str) -> float:
    return wire.value(
        "grpc_server_handled_total",
        grpc_type="server_stream",
        grpc_service="applemusic.v1.AudioService",
        grpc_method="AudioStream",
        grpc_code=code,
    )


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.AudioStreamRequest(), "item"),
        (pb.AudioStreamRequest(song_id=""), "song_id"),
        (pb.AudioStreamRequest(song_id="../1"), "song_id"),
        (pb.AudioStreamRequest(song_id="9" * 129), "song_id"),
        (pb.AudioStreamRequest(song_id="1\n2"), "song_id"),
        (pb.AudioStreamRequest(song_id="\uff11"), "song_id"),
        (pb.AudioStreamRequest(song_id="1", byte_offset=-1), "byte_offset"),
        (pb.AudioStreamRequest(song_id="1", start_offset=Duration(seconds=-1)), "start_offset"),
        (pb.AudioStreamRequest(song_id="1", start_offset=Duration(nanos=-1)), "start_offset"),
        (pb.AudioStreamRequest(song_id="1", start_offset=Duration(seconds=10**12)), "start_offset"),
        (
            pb.AudioStreamRequest(song_id="1", start_offset=Duration(nanos=2 * 10**9)),
            "start_offset",
        ),
        (pb.AudioStreamRequest(song_id="1", container=UNKNOWN_CONTAINER), "container"),
        (pb.AudioStreamRequest(song_id="1", next_song_ids=list("123456")), "next_song_ids"),
        (pb.AudioStreamRequest(song_id="1", next_song_ids=["1", " "]), "next_song_ids[1]"),
        (pb.AudioStreamRequest(song_id="1", account="Anna"), "account"),
        (pb.AudioStreamRequest(song_id="1", etag="a\r\nb"), "etag"),
    ],
)
async def test_bad_requests_never_reach_the_player(
    wire: Wire, request_: pb.AudioStreamRequest, field: str
) -> None:
    received, failure = await receive(wire, request_)

    assert received == []
    assert failure is not None
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.reason == "INVALID_FIELD"
    assert failure.metadata == {"field": field}
    assert list(failure.violations) == [field]
    assert wire.player.requests == []


async def test_every_violation_is_named(wire: Wire) -> None:
    _, failure = await receive(
        wire,
        pb.AudioStreamRequest(account="!", song_id="", byte_offset=-1, container=UNKNOWN_CONTAINER),
    )

    assert failure is not None
    assert set(failure.violations) == {"account", "song_id", "byte_offset", "container"}


async def test_a_station_is_asked_for_as_one(wire: Wire) -> None:
    _, failure = await receive(wire, pb.AudioStreamRequest(station_id="ra.1"))

    assert failure is None
    (asked,) = wire.player.requests
    assert (asked.song_id, asked.station_id) == ("", "ra.1")
    (line,) = wire.log.lines("stream ended")
    assert (line["station_id"], line["gaps"]) == ("ra.1", 0)


async def test_streams_are_counted_and_logged(wire: Wire) -> None:
    await receive(wire, pb.AudioStreamRequest(song_id="1", account="anna"))
    await receive(wire, pb.AudioStreamRequest(song_id="2", account="anna"))

    assert wire.value("applemusic_streams_total", outcome="complete") == 2
    assert wire.value("applemusic_stream_bytes_total") == 14
    assert wire.value("applemusic_streams_active") == 0
    assert wire.value("applemusic_stream_first_byte_seconds_count", preparation="cold") == 2
    assert wire.value("applemusic_transition_seconds_count", preparation="cold") == 1
    assert wire.value("applemusic_stream_stage_seconds_count", stage="license") == 2
    lines = wire.log.lines("stream ended")
    assert [line["song_id"] for line in lines] == ["1", "2"]
    assert all(line["request_id"] for line in lines)


async def test_messages_of_a_stream_are_counted(wire: Wire) -> None:
    await receive(wire, pb.AudioStreamRequest(song_id="1"))

    labels = {
        "grpc_type": "server_stream",
        "grpc_service": "applemusic.v1.AudioService",
        "grpc_method": "AudioStream",
    }
    assert wire.value("grpc_server_started_total", **labels) == 1
    assert wire.value("grpc_server_msg_received_total", **labels) == 1
    assert wire.value("grpc_server_msg_sent_total", **labels) == 4
    assert wire.value("grpc_server_handled_total", **labels, grpc_code="OK") == 1


async def test_no_stream_is_left_active(wire: Wire) -> None:
    error: AppleMusicError = DataLossError(Reason.MEDIA_MALFORMED, "bad")
    wire.player.script = [make_header(), error]

    await receive(wire, pb.AudioStreamRequest(song_id="1"))

    assert wire.value("applemusic_streams_active") == 0
