"""PrepareAudio and ListPreparedAudio on the wire."""

import pytest

from applemusic.v1 import audio_service_pb2 as pb
from applemusic.v1 import error_reason_pb2
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub
from applemusic_server.domain.audio import AudioContainer
from tests.support.wire_server import NOW, Wire, failure_of


async def test_each_song_says_how_far_it_is(wire: Wire) -> None:
    answer = await AudioServiceStub(wire.channel).PrepareAudio(
        pb.PrepareAudioRequest(
            account="anna", song_ids=["1", "404"], container=pb.AUDIO_CONTAINER_ADTS
        )
    )
    ready, failed = answer.prepared
    assert (ready.song_id, ready.preparation) == ("1", pb.PREPARATION_READY)
    assert (ready.byte_count, ready.expire_time.ToDatetime(NOW.tzinfo)) == (131072, NOW)
    assert ready.failure_reason == error_reason_pb2.ERROR_REASON_UNSPECIFIED
    assert failed.preparation == pb.PREPARATION_COLD
    assert failed.failure_reason == error_reason_pb2.ERROR_REASON_RESOURCE_NOT_FOUND
    assert failed.failure_message == "no such song"
    assert not failed.HasField("expire_time")
    assert wire.preparer.calls == [("anna", ("1", "404"), AudioContainer.ADTS)]


async def test_no_songs_drop_what_there_was(wire: Wire) -> None:
    answer = await AudioServiceStub(wire.channel).PrepareAudio(pb.PrepareAudioRequest())
    assert not answer.prepared
    assert wire.preparer.calls == [("", (), AudioContainer.FMP4)]


async def test_the_list_can_be_asked_for(wire: Wire) -> None:
    answer = await AudioServiceStub(wire.channel).ListPreparedAudio(pb.ListPreparedAudioRequest())
    assert [each.song_id for each in answer.prepared] == ["1"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.PrepareAudioRequest(song_ids=["1"] * 6), "song_ids"),
        (pb.PrepareAudioRequest(song_ids=["1", ""]), "song_ids[1]"),
        (pb.PrepareAudioRequest(account="!"), "account"),
    ],
)
async def test_a_bad_field_is_named(
    wire: Wire, request_: pb.PrepareAudioRequest, field: str
) -> None:
    failure = await failure_of(AudioServiceStub(wire.channel).PrepareAudio(request_))
    assert failure.reason == "INVALID_FIELD"
    assert failure.metadata["field"] == field
    assert wire.preparer.calls == []
