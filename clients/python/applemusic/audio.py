"""Audio: streams of songs, and what is prepared for the next."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Unpack

from applemusic.audio_stream import AudioStream
from applemusic.calls import Call, Calls
from applemusic.convert import from_enum, from_timedelta, to_models
from applemusic.models.audio import AudioContainer, AudioEvent, PreparedAudio
from applemusic.v1 import audio_service_pb2 as pb


class Audio:
    """Streams of audio, for a listening person."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def stream(
        self,
        song_id: str,
        *,
        container: AudioContainer = AudioContainer.FMP4,
        start_offset: timedelta | None = None,
        byte_offset: int | None = None,
        etag: str = "",
        next_song_ids: Iterable[str] = (),
        allow_preview: bool = False,
        burst: timedelta | None = None,
        account: str | None = None,
        on_event: Callable[[AudioEvent], None] | None = None,
    ) -> AudioStream:
        """Return a stream of a song; it begins with `async with`, `async for` or `start()`.

        Args:
            song_id: Catalog id (digits) or library id (`i.…`).
            container: Form of the audio.
            start_offset: Position in the song to begin at; not together with `byte_offset`. Where
                `AudioHeader.seekable` is false it is refused with `InvalidFieldError`.
            byte_offset: Byte of the whole stream to begin with, to go on with an earlier one.
            etag: `AudioHeader.etag` of the stream that `byte_offset` goes on with.
            next_song_ids: Songs that will be played after this one, at most 5.
            allow_preview: Play the 30-second preview where the song itself cannot be played for
                good (no Widevine device, no subscription, withdrawn ...); `AudioHeader.source`
                says `PREVIEW` then. Goes for `next_song_ids`, too.
            burst: Audio to have at once, for callers that fill a buffer from the beginning to play
                from the middle of it; the server gives at most what its operator allows.
            account: Account that listens; None for the client's own.
            on_event: Called with each event, in order, before the chunks that come after it.

        Raises:
            ValueError: Both offsets are given.
        """
        if start_offset is not None and byte_offset is not None:
            raise ValueError("give start_offset or byte_offset, not both")
        request = pb.AudioStreamRequest(
            account=self._account(account),
            song_id=song_id,
            container=from_enum(container),
            start_offset=None if start_offset is None else from_timedelta(start_offset),
            etag=etag,
            next_song_ids=next_song_ids,
            allow_preview=allow_preview,
            burst_duration=None if burst is None else from_timedelta(burst),
        )
        if byte_offset is not None:
            request.byte_offset = byte_offset
        return AudioStream(self._calls, request, on_event)

    def stream_station(
        self,
        station_id: str,
        *,
        container: AudioContainer = AudioContainer.FMP4,
        next_song_ids: Iterable[str] = (),
        account: str | None = None,
        on_event: Callable[[AudioEvent], None] | None = None,
    ) -> AudioStream:
        """Return a stream of a broadcast station (`ra.…`), which goes on without end.

        Live audio that is missed is gone: such a stream is not taken up again when it breaks, only
        asked for anew. Reading raises `StationNotLiveError` for a station that plays songs one by
        one, `LiveStationProtectedError` for Apple's own.

        Args:
            station_id: The station.
            container: Form of the audio: FMP4 or ADTS.
            next_song_ids: Songs that will be played after it, at most 5.
            account: Account that listens; None for the client's own.
            on_event: Called with each event, in order, before the chunks that come after it:
                NOW_PLAYING says what is heard from there on, GAP that something was left out.
        """
        request = pb.AudioStreamRequest(
            account=self._account(account),
            station_id=station_id,
            container=from_enum(container),
            next_song_ids=next_song_ids,
        )
        return AudioStream(self._calls, request, on_event)

    async def prepare(
        self,
        song_ids: Iterable[str],
        *,
        container: AudioContainer = AudioContainer.FMP4,
        **call: Unpack[Call],
    ) -> tuple[PreparedAudio, ...]:
        """Say what will be played next, so that it starts at once. Replaces the list before.

        Args:
            song_ids: The next first, at most 5; none drops what was prepared.
            container: Form in which they will be asked for.
            **call: Account and timeout.

        Returns:
            How far each song is, in the order asked for.
        """
        request = pb.PrepareAudioRequest(
            song_ids=song_ids, container=from_enum(container), **self._calls.fields(call)
        )
        response = await self._calls.unary(self._calls.stubs.audio.PrepareAudio, request, call)
        return to_models(PreparedAudio, response.prepared)

    async def prepared(self, **call: Unpack[Call]) -> tuple[PreparedAudio, ...]:
        """Return the songs that are being prepared, the next first."""
        request = pb.ListPreparedAudioRequest(**self._calls.fields(call))
        response = await self._calls.unary(self._calls.stubs.audio.ListPreparedAudio, request, call)
        return to_models(PreparedAudio, response.prepared)

    def _account(self, account: str | None) -> str:
        return self._calls.config.account if account is None else account
