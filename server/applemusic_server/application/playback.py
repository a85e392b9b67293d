"""Playing a song: from "play this" to header, chunks, events and summary."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

from applemusic_server.application.library_songs import LibrarySongs
from applemusic_server.application.license import Licenser
from applemusic_server.application.next_songs import NextSongs
from applemusic_server.application.paced_frames import PacedFrames
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.played_songs import PlayedSongs
from applemusic_server.application.precedence import StreamNeed
from applemusic_server.application.prepare import Preparer
from applemusic_server.application.prepare_tuning import PrepareTuning
from applemusic_server.application.resolve import Resolver
from applemusic_server.application.song_source import SongSource
from applemusic_server.application.song_state import Ready
from applemusic_server.application.start_span import start_span
from applemusic_server.application.stream_limits import StreamLimits
from applemusic_server.application.stream_numbers import stream_numbers, stream_summary
from applemusic_server.application.turns import Turns
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioEvent,
    AudioEventKind,
    AudioFrame,
    AudioHeader,
    AudioRequest,
    AudioSource,
    Stage,
    StreamNumbers,
)
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    Reason,
    UnavailableError,
    invalid_field,
)
from applemusic_server.domain.gateways import CatalogGateway, Listener, PlaybackGateway
from applemusic_server.domain.ids import is_library_song
from applemusic_server.domain.listeners import Listeners
from applemusic_server.domain.media import (
    PLAYLIST_ENDPOINT,
    RANGE_ENDPOINT,
    SongMedia,
    SongStart,
)
from applemusic_server.domain.ports import ContentDecryption
from applemusic_server.domain.together import within
from applemusic_server.domain.tracing import SilentTracer, Tracer

# Reasons that are about the song; their metadata names it.
_ABOUT_THE_SONG = frozenset(
    {
        Reason.CONTENT_UNAVAILABLE,
        Reason.CONTENT_RESTRICTED,
        Reason.CONTENT_GEO_BLOCKED,
        Reason.RENDITION_NOT_FOUND,
        Reason.OFFSET_OUT_OF_RANGE,
        Reason.LICENSE_REFUSED,
        Reason.DECRYPTION_KEY_WRONG,
        Reason.MEDIA_MALFORMED,
        Reason.MEDIA_TRUNCATED,
        Reason.MEDIA_CHANGED,
    }
)
# Steps of a start whose endpoint has another name.
_ENDPOINTS = {Stage.PLAYLIST: PLAYLIST_ENDPOINT, Stage.FIRST_RANGE: RANGE_ENDPOINT}


class Playback:
    """The `AudioPlayer`: plays songs, each stream for itself.

    Args:
        listeners: Who an account is.
        gateway: Apple's playback side.
        catalog: Asked why, when Apple does not play a song.
        media: Reads playlists and files.
        library: Asked what a song of a library is now, when Apple does not play it.
        decryption: The Widevine device, or why there is none.
        clock: Monotonic seconds.
        now: The time of day, with a time zone.
        new_id: Makes ids of streams.
        sleep: Waits for so many seconds.
        preparer: What was and will be prepared.
        tuning: Pace, patience and limits.
        tracer: Makes a span of each start.
        busy: Whether the processor has no time to spare.
    """

    def __init__(
        self,
        *,
        listeners: Listeners,
        gateway: PlaybackGateway,
        catalog: CatalogGateway,
        media: SongMedia,
        library: LibrarySongs | None = None,
        decryption: ContentDecryption | FailedPreconditionError,
        preparer: Preparer,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tuning: PlaybackTuning | None = None,
        tracer: Tracer | None = None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._tracer: Tracer = tracer or SilentTracer()
        self._listeners = listeners
        self._media = media
        self._preparer = preparer
        self._played = PlayedSongs(
            clock=clock, now=now, lifetime_seconds=PrepareTuning().lifetime_seconds
        )
        self._clock = clock
        self._now = now
        self._new_id = new_id
        self._sleep = sleep
        self._tuning = tuning or PlaybackTuning()
        self._resolver = Resolver(gateway, catalog, media, library)
        self._licenser = Licenser(gateway, decryption)
        self._turns = Turns(clock, sleep, busy=busy)
        self._limits = StreamLimits(
            self._tuning.streams_per_account,
            self._tuning.streams_per_server,
            self._tuning.retry_after,
        )

    @property
    def limits(self) -> StreamLimits:
        """How many streams are open."""
        return self._limits

    @property
    def has_device(self) -> bool:
        """Whether protected songs can be played."""
        return self._licenser.has_device

    def forget(self, account_id: str) -> None:
        """Forget what is known of the songs of an account, whose token is no good any more."""
        self._played.forget(account_id)

    def stream(
        self, request: AudioRequest, measured: Callable[[StreamNumbers], None] = lambda _: None
    ) -> AsyncGenerator[AudioFrame, None]:
        """See `AudioPlayer.stream`. Close the generator with `aclose`."""
        return self._stream(request, self._clock(), measured)

    async def _stream(
        self, request: AudioRequest, arrived: float, measured: Callable[[StreamNumbers], None]
    ) -> AsyncGenerator[AudioFrame, None]:
        self._check(request)
        listener = await self._listeners.resolve(request.account)
        precedence = self._preparer.precedence
        with (
            self._limits.admit(listener.account_id),
            precedence.stream(listener.account_id) as need,
        ):
            source = self._source(request, listener)
            upcoming = NextSongs(self._preparer, request, listener, self._now)
            sent: PacedFrames | None = None
            try:
                with start_span(self._tracer, request, listener) as span:
                    ready = await self._begin(source)
                    span.note("applemusic.preparation", source.preparation.name.lower())
                if ready.licensed.resolved.source is not AudioSource.PREVIEW:
                    # A preview is never taken for the song.
                    self._played.remember(listener, request.song_id, ready.licensed)
                yield self._header(request, listener, source, ready)
                sent = self._paced(source, upcoming, request.burst)
                async with aclosing(sent.frames()) as frames:
                    async for frame in frames:
                        _note_need(frame, need)
                        yield frame
                        if isinstance(frame, AudioChunk):
                            upcoming.begin()
                        del frame
                yield stream_summary(arrived, source, sent)
            except AppleMusicError as error:
                _complete(error, request, sent)
                raise
            finally:
                try:
                    await source.aclose()
                finally:
                    measured(stream_numbers(listener.account_id, source.preparation, source, sent))

    async def _begin(self, source: SongSource) -> Ready:
        seconds = self._tuning.start_timeout_seconds
        turn = self._turns.begin()
        try:
            begun = await within(seconds, source.begin(), self._sleep)
        finally:
            turn.leave()
        if begun is None:
            # Of steps side by side, the one that was waited for is the one that took longest.
            stage, _ = max(
                source.stages,
                key=lambda each: each[1],
                default=(Stage.WEB_PLAYBACK, timedelta(0)),
            )
            raise UnavailableError(
                Reason.UPSTREAM_TIMEOUT,
                f"Apple did not deliver the first byte within {seconds:g} s; try again later",
                metadata={"endpoint": _ENDPOINTS.get(stage, stage.value)},
            )
        return begun

    def _check(self, request: AudioRequest) -> None:
        """Refuse what can be refused without asking anybody."""
        if not request.song_id:
            raise invalid_field("song_id", "names no song")
        if request.start_offset is not None and request.start_offset < timedelta(0):
            raise invalid_field("start_offset", "is negative; a song begins at 0")
        if request.byte_offset is not None and request.byte_offset < 0:
            raise invalid_field("byte_offset", "is negative; a stream begins at 0")
        if request.burst is not None and request.burst < timedelta(0):
            raise invalid_field("burst_duration", "is negative")
        if request.start_offset is not None and request.byte_offset is not None:
            raise invalid_field("byte_offset", "excludes start_offset; set one of the two")
        self._media.check_container(request.container)
        if not (request.allow_preview or is_library_song(request.song_id)):
            self._licenser.device()  # an upload and a preview play without one

    def _source(self, request: AudioRequest, listener: Listener) -> SongSource:
        # Going on in the middle of a song is not the start that was prepared.
        goes_on = bool(request.byte_offset)
        prepared = None if goes_on else self._preparer.take(listener, request.song_id)
        seeks = prepared is None and (goes_on or bool(request.start_offset))
        return SongSource(
            self._resolver,
            self._licenser,
            listener=listener,
            song_id=request.song_id,
            container=request.container,
            start=SongStart(
                request.start_offset or timedelta(0), request.byte_offset, request.etag
            ),
            clock=self._clock,
            prepared=prepared,
            known=self._played.find(listener, request.song_id) if seeks else None,
            allow_preview=request.allow_preview,
        )

    def _paced(
        self, source: SongSource, upcoming: NextSongs, burst: timedelta | None
    ) -> PacedFrames:
        return PacedFrames(
            source,
            self._tuning if burst is None else self._tuning.with_burst(burst.total_seconds()),
            clock=self._clock,
            sleep=self._sleep,
            now=self._now,
            turns=self._turns,
            news=upcoming.news,
        )

    def _header(
        self, request: AudioRequest, listener: Listener, source: SongSource, ready: Ready
    ) -> AudioHeader:
        facts = ready.facts
        return AudioHeader(
            song_id=request.song_id,
            container=request.container,
            mime_type=facts.mime_type,
            codec=facts.codec,
            sample_rate_hertz=facts.sample_rate_hertz,
            channel_count=facts.channel_count,
            bit_rate=facts.bit_rate,
            duration=facts.duration,
            total_bytes=facts.total_bytes,
            priming_samples=facts.priming_samples,
            padding_samples=facts.padding_samples,
            total_samples=facts.total_samples,
            byte_offset=facts.byte_offset,
            start_offset=ready.start_offset,
            etag=facts.etag,
            source=ready.licensed.resolved.source,
            preparation=source.preparation,
            seekable=facts.seekable,
            stream_id=self._new_id(),
            account_id=listener.account_id,
            stages=source.stages,
        )


def _note_need(frame: AudioFrame, need: StreamNeed) -> None:
    """A stream that has begun leaves Apple to what is prepared, but not while it stalls."""
    if isinstance(frame, AudioEvent) and frame.kind is AudioEventKind.STALLED:
        need.begin()
    elif isinstance(frame, AudioChunk):
        need.end()


def _complete(error: AppleMusicError, request: AudioRequest, sent: PacedFrames | None) -> None:
    """Add to an error's metadata what the contract promises and lower layers do not know."""
    if error.reason in _ABOUT_THE_SONG:
        error.metadata.setdefault("id", request.song_id)
    if sent is not None or error.reason is Reason.MEDIA_TRUNCATED:
        offset = (request.byte_offset or 0) + (sent.byte_count if sent else 0)
        error.metadata.setdefault("byteOffset", str(offset))
