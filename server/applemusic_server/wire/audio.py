"""Serves `AudioService`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from applemusic.v1 import audio_service_pb2 as pb
from applemusic_server.domain.audio import AudioPlayer
from applemusic_server.domain.playback_observer import PlaybackObserver
from applemusic_server.domain.prepared import AudioPreparer
from applemusic_server.wire.convert_audio import (
    audio_request,
    audio_response,
    container_of,
    prepared_audio,
)
from applemusic_server.wire.grpc_types import Context


class AudioServicer:
    """Streams audio, and has what comes next prepared."""

    def __init__(
        self, player: AudioPlayer, preparer: AudioPreparer, observer: PlaybackObserver
    ) -> None:
        self._player = player
        self._preparer = preparer
        self._observer = observer

    async def audio_stream(
        self, request: pb.AudioStreamRequest, context: Context
    ) -> AsyncGenerator[pb.AudioStreamResponse, None]:
        """Send what the player plays.

        gRPC comes back for the next message when the one before has left, so that is when the
        observer hears of it.
        """
        del context
        wanted = audio_request(request)
        observation = self._observer.opened(wanted)
        failure: BaseException | None = None
        try:
            async with aclosing(self._player.stream(wanted, observation.measured)) as frames:
                async for frame in frames:
                    yield audio_response(frame)
                    observation.sent(frame)
                    del frame  # it must not stay in memory while the next one is waited for
        except BaseException as error:
            failure = error
            raise
        finally:
            observation.ended(failure)

    async def prepare_audio(
        self, request: pb.PrepareAudioRequest, context: Context
    ) -> pb.PrepareAudioResponse:
        """Note what will be played next."""
        del context
        found = await self._preparer.prepare(
            request.account, request.song_ids, container_of(request.container)
        )
        return pb.PrepareAudioResponse(prepared=map(prepared_audio, found))

    async def list_prepared_audio(
        self, request: pb.ListPreparedAudioRequest, context: Context
    ) -> pb.ListPreparedAudioResponse:
        """Return how far that is."""
        del context
        found = await self._preparer.prepared(request.account)
        return pb.ListPreparedAudioResponse(prepared=map(prepared_audio, found))
