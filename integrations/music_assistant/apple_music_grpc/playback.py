"""Playing: what is streamed, prepared before it is asked for, and the stream itself."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Final

from music_assistant_models.enums import MediaType, StreamType
from music_assistant_models.errors import (
    AudioError,
    ResourceTemporarilyUnavailable,
    UnsupportedFeaturedException,
)
from music_assistant_models.streamdetails import StreamDetails

from applemusic.audio_stream import AudioStream
from applemusic.errors.base import ClientClosedError, UnavailableError
from applemusic.errors.reasons import OffsetOutOfRangeError
from applemusic.models.audio import (
    AudioContainer,
    AudioEvent,
    AudioEventKind,
    AudioHeader,
    PreparedAudio,
)
from applemusic.models.reason import ErrorReason
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.song import Availability

from .errors import BY_REASON, make, translated, translated_stream
from .held import HOLDS, HeldDetails, Run, passed_over
from .items import audio_format
from .session import Session
from .trim import SAMPLES_PER_FRAME, FrameTrim

_AHEAD: Final = 5
_FRESH_SECONDS: Final = 60.0
_PREPARE_SECONDS: Final = 5.0
# The fragment in which the place lies is up to 15 s long, and what is before the place is left out.
_SOUGHT_BURST: Final = timedelta(seconds=25)


class PlaybackPart:
    """Streams for the host."""

    def __init__(
        self,
        session: Session,
        instance: str,
        logger: logging.Logger,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._instance = instance
        self._logger = logger
        self._clock = clock
        self._coming: dict[str, float] = {}  # song -> when it was asked for, the last one last
        self._active = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Wait until nothing plays."""
        await self._idle.wait()

    @translated
    async def details(self, item_id: str, kind: MediaType) -> StreamDetails:
        """Return how an item is streamed, and let the server prepare it.

        The host asks for the next item well before the end of the present one, and more than once:
        asking again costs nothing.
        """
        if kind is MediaType.RADIO:
            return self._broadcast(item_id)
        if kind is not MediaType.TRACK:
            raise UnsupportedFeaturedException(f"nothing streams a {kind.value}")
        await self._prepare(item_id)
        uploaded = _uploaded(item_id)
        kind_of_details = HeldDetails if HOLDS else StreamDetails
        return kind_of_details(
            provider=self._instance,
            item_id=item_id,
            audio_format=audio_format(Availability.UPLOADED if uploaded else Availability.CATALOG),
            media_type=MediaType.TRACK,
            stream_type=StreamType.CUSTOM,
            allow_seek=True,
            can_seek=True,
        )

    @translated_stream
    async def audio(self, details: StreamDetails, seek: float) -> AsyncIterator[bytes]:
        """Yield the audio of an item.

        From the beginning it comes as fragmented MP4, whose edit list lets songs join without a
        gap. Sought, it comes as bare AAC frames, of which those before the position are left out.

        Args:
            details: What `details` returned.
            seek: Seconds of the song to leave out at its beginning.
        """
        self._coming.pop(details.item_id, None)
        self._active += 1
        self._idle.clear()
        stream = self._stream(details, seek)
        run = Run.of(details, stream.close)
        try:
            async with stream:
                trim = _trim(stream.header, seek)
                async for chunk in stream:
                    run.reached = chunk.media_offset.total_seconds()
                    if left := trim.feed(chunk):
                        yield left
        except OffsetOutOfRangeError:
            return  # sought to the end: nothing is left to play
        except ClientClosedError:
            if not run.ended:
                raise
            # The host has sought to another place, and asks anew.
        finally:
            self._active -= 1
            if not self._active:
                self._idle.set()

    def _stream(self, details: StreamDetails, seek: float) -> AudioStream:
        audio = self._session.client.audio
        if details.media_type is MediaType.RADIO:
            return audio.stream_station(
                details.item_id, on_event=partial(self._tell_broadcast, details)
            )
        if seek <= 0:
            skipped = passed_over(details, seek)
            return audio.stream(
                details.item_id,
                container=AudioContainer.FMP4,
                burst=timedelta(seconds=skipped) if skipped else None,
                on_event=self._tell,
            )
        # The server begins uploads with the very frame, in the form in which they are.
        frames = self._session.capabilities.adts and not _uploaded(details.item_id)
        return audio.stream(
            details.item_id,
            container=AudioContainer.ADTS if frames else AudioContainer.FMP4,
            start_offset=timedelta(seconds=seek),
            burst=_SOUGHT_BURST if frames else None,
            on_event=self._tell,
        )

    def _broadcast(self, station_id: str) -> StreamDetails:
        if not self._session.capabilities.live_playback:
            raise make(
                AudioError,
                "live stations are protected in a way that this server does not play",
                "LIVE_STATION_PROTECTED",
            )
        return StreamDetails(
            provider=self._instance,
            item_id=station_id,
            audio_format=audio_format(Availability.CATALOG),
            media_type=MediaType.RADIO,
            stream_type=StreamType.CUSTOM,
            allow_seek=False,
            can_seek=False,
        )

    async def _prepare(self, song_id: str) -> None:
        """Have the server prepare a song, and those before it that nobody has started yet."""
        if not self._session.capabilities.prepare:
            return
        now = self._clock()
        asked = self._coming.get(song_id)
        if asked is not None and now - asked < _FRESH_SECONDS:
            return
        self._coming.pop(song_id, None)
        self._coming[song_id] = now
        for old in list(self._coming)[:-_AHEAD]:
            del self._coming[old]
        try:
            states = await self._session.client.audio.prepare(
                reversed(self._coming), timeout=_PREPARE_SECONDS
            )
        except UnavailableError as error:
            # The server may be back before the song is played, and the stream waits for it.
            del self._coming[song_id]
            self._logger.debug("%s is not prepared: %s", song_id, error)
            return
        self._refuse_failed(song_id, states)

    def _refuse_failed(self, song_id: str, states: Iterable[PreparedAudio]) -> None:
        """Say now what would fail later, so that the host skips the song in time."""
        for state in states:
            if state.song_id != song_id or state.failure_reason is ErrorReason.UNKNOWN:
                continue
            reason = state.failure_reason.name
            kind = BY_REASON.get(reason, AudioError)
            if not issubclass(kind, ResourceTemporarilyUnavailable):
                del self._coming[song_id]
                raise make(kind, state.failure_message, reason)

    def _tell_broadcast(self, details: StreamDetails, event: AudioEvent) -> None:
        """Let the host show what a station says that it plays."""
        self._tell(event)
        if event.kind is AudioEventKind.NOW_PLAYING and event.title:
            details.stream_title = event.title

    def _tell(self, event: AudioEvent) -> None:
        if event.kind is not AudioEventKind.KEEP_ALIVE:
            self._logger.debug("%s: %s", event.kind, event.message or event.title)


def _uploaded(song_id: str) -> bool:
    """Say whether a song is known by its place in the library alone."""
    return ResourceRef(ResourceType.SONG, song_id).in_library


def _trim(header: AudioHeader, seek: float) -> FrameTrim:
    """Return what leaves out the frames between where the stream begins and where it should."""
    early = seek - header.start_offset.total_seconds()
    if header.container is not AudioContainer.ADTS or early <= 0:
        return FrameTrim(0)
    return FrameTrim(int(early * header.sample_rate_hertz / SAMPLES_PER_FRAME))
