"""Audio: streams of songs, and what is prepared for the next.

Made of applemusic/audio.py by `make gen`: do not edit.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Unpack

from applemusic import audio as behind
from applemusic.blocking.audio_stream import AudioStream
from applemusic.blocking.loop_thread import LoopThread
from applemusic.calls import Call
from applemusic.models.audio import AudioContainer, AudioEvent, PreparedAudio


class Audio:
    """Streams of audio, for a listening person."""

    def __init__(self, thread: LoopThread, behind: behind.Audio) -> None:
        self._thread = thread
        self._audio = behind

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
        """Return a stream of a song; it begins with `with`, `for` or `start()`.

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
        return AudioStream(
            self._thread,
            self._thread.call(
                lambda: self._audio.stream(
                    song_id,
                    container=container,
                    start_offset=start_offset,
                    byte_offset=byte_offset,
                    etag=etag,
                    next_song_ids=list(next_song_ids),
                    allow_preview=allow_preview,
                    burst=burst,
                    account=account,
                    on_event=on_event,
                )
            ),
        )

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
        return AudioStream(
            self._thread,
            self._thread.call(
                lambda: self._audio.stream_station(
                    station_id,
                    container=container,
                    next_song_ids=list(next_song_ids),
                    account=account,
                    on_event=on_event,
                )
            ),
        )

    def prepare(
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
        return self._thread.run(self._audio.prepare(list(song_ids), container=container, **call))

    def prepared(self, **call: Unpack[Call]) -> tuple[PreparedAudio, ...]:
        """Return the songs that are being prepared, the next first."""
        return self._thread.run(self._audio.prepared(**call))
