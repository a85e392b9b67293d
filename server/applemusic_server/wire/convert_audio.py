"""Requests for audio and frames of audio, to and from messages of the contract."""

from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration

from applemusic.v1 import audio_service_pb2 as pb
from applemusic.v1 import error_reason_pb2
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioContainer,
    AudioEvent,
    AudioFrame,
    AudioHeader,
    AudioRequest,
    AudioSummary,
)
from applemusic_server.domain.errors import Reason
from applemusic_server.domain.prepared import PreparedAudio
from applemusic_server.wire.convert import duration, timestamp
from applemusic_server.wire.enums import (
    AUDIO_CONTAINERS,
    AUDIO_EVENT_KINDS,
    AUDIO_SOURCES,
    ERROR_REASONS,
    PREPARATIONS,
)

_CONTAINERS = {number: container for container, number in AUDIO_CONTAINERS.items()}


def audio_request(request: pb.AudioStreamRequest) -> AudioRequest:
    """Return a checked request in the domain's words."""
    start = request.WhichOneof("start")
    return AudioRequest(
        account=request.account,
        song_id=request.song_id,
        container=container_of(request.container),
        start_offset=_timedelta(request.start_offset) if start == "start_offset" else None,
        byte_offset=request.byte_offset if start == "byte_offset" else None,
        etag=request.etag,
        next_song_ids=tuple(request.next_song_ids),
        allow_preview=request.allow_preview,
        station_id=request.station_id,
        burst=_timedelta(request.burst_duration) if request.HasField("burst_duration") else None,
    )


def container_of(number: int) -> AudioContainer:
    """Return the container of a number of the contract; FMP4 for unspecified."""
    return _CONTAINERS.get(number, AudioContainer.FMP4)


def prepared_audio(prepared: PreparedAudio) -> pb.PreparedAudio:
    """Return the message that says how far a song is prepared."""
    return pb.PreparedAudio(
        song_id=prepared.song_id,
        preparation=PREPARATIONS[prepared.preparation],
        expire_time=timestamp(prepared.expire_time),
        byte_count=prepared.byte_count,
        failure_reason=_reason(prepared.failure_reason),
        failure_message=prepared.failure_message,
    )


def audio_response(frame: AudioFrame) -> pb.AudioStreamResponse:
    """Return the message that carries a frame."""
    match frame:
        case AudioChunk():
            return _chunk(frame)
        case AudioHeader():
            return _header(frame)
        case AudioEvent():
            return pb.AudioStreamResponse(event=_event(frame))
        case AudioSummary():
            return pb.AudioStreamResponse(summary=_summary(frame))


# Filled in place: a message that is handed to another one's constructor is written out and parsed
# again, and with it 120 KiB of audio.
def _chunk(frame: AudioChunk) -> pb.AudioStreamResponse:
    response = pb.AudioStreamResponse()
    chunk = response.chunk
    chunk.data = frame.data
    chunk.byte_offset = frame.byte_offset
    chunk.media_offset.FromTimedelta(frame.media_offset)
    return response


def _header(frame: AudioHeader) -> pb.AudioStreamResponse:
    response = pb.AudioStreamResponse()
    header = response.header
    header.song_id = frame.song_id
    header.container = AUDIO_CONTAINERS[frame.container]
    header.mime_type = frame.mime_type
    header.codec = frame.codec
    header.sample_rate_hertz = frame.sample_rate_hertz
    header.channel_count = frame.channel_count
    header.bit_rate = frame.bit_rate
    if frame.duration is not None:
        header.duration.FromTimedelta(frame.duration)
    header.total_bytes = frame.total_bytes
    header.priming_samples = frame.priming_samples
    header.padding_samples = frame.padding_samples
    header.total_samples = frame.total_samples
    header.byte_offset = frame.byte_offset
    header.start_offset.FromTimedelta(frame.start_offset)
    header.etag = frame.etag
    header.source = AUDIO_SOURCES[frame.source]
    header.preparation = PREPARATIONS[frame.preparation]
    header.seekable = frame.seekable
    header.stream_id = frame.stream_id
    return response


def _event(event: AudioEvent) -> pb.AudioEvent:
    return pb.AudioEvent(
        kind=AUDIO_EVENT_KINDS[event.kind],
        event_time=timestamp(event.event_time),
        message=event.message,
        song_id=event.song_id,
        reason=_reason(event.reason),
        title=event.title,
        artist_name=event.artist_name,
    )


def _summary(summary: AudioSummary) -> pb.AudioSummary:
    return pb.AudioSummary(
        byte_count=summary.byte_count,
        media_duration=duration(summary.media_duration),
        first_byte_duration=duration(summary.first_byte_duration),
        stages=[
            pb.AudioStage(name=stage.value, duration=duration(length))
            for stage, length in summary.stages
        ],
        stall_count=summary.stall_count,
        stall_duration=duration(summary.stall_duration),
        resume_count=summary.resume_count,
        upstream_byte_count=summary.upstream_byte_count,
    )


def _reason(reason: Reason | None) -> Any:
    return ERROR_REASONS[reason] if reason else error_reason_pb2.ERROR_REASON_UNSPECIFIED


def _timedelta(duration: Duration) -> timedelta:
    return timedelta(seconds=duration.seconds, microseconds=duration.nanos // 1000)
