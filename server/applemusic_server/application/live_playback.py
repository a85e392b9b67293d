"""Playing a broadcast station: from "play this" to an end that only the listener knows."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from datetime import datetime, timedelta

from applemusic_server.application.limits import check_id
from applemusic_server.application.live_station import LiveStations
from applemusic_server.application.live_stream import LiveStream
from applemusic_server.application.next_songs import NextSongs
from applemusic_server.application.paced_frames import PacedFrames
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.prepare import Preparer
from applemusic_server.application.stages import StageTimes
from applemusic_server.application.start_span import start_span
from applemusic_server.application.stream_limits import StreamLimits
from applemusic_server.application.stream_numbers import stream_numbers, stream_summary
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioEvent,
    AudioEventKind,
    AudioFrame,
    AudioHeader,
    AudioRequest,
    AudioSource,
    Preparation,
    StreamNumbers,
)
from applemusic_server.domain.errors import AppleMusicError, Reason, UnavailableError, invalid_field
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.listeners import Listeners
from applemusic_server.domain.live import (
    LIVE_SEGMENT_ENDPOINT,
    LiveFacts,
    LiveMedia,
    LiveNews,
    NowPlaying,
)
from applemusic_server.domain.together import within
from applemusic_server.domain.tracing import SilentTracer, Tracer

_STATION = "ra."
# Reasons that are about the station; their metadata names it.
_ABOUT_THE_STATION = frozenset(
    {
        Reason.LIVE_STATION_PROTECTED,
        Reason.RENDITION_NOT_FOUND,
        Reason.MEDIA_MALFORMED,
        Reason.MEDIA_TRUNCATED,
        Reason.MEDIA_CHANGED,
    }
)


class LivePlayback:
    """Plays broadcast stations, each stream for itself.

    Args:
        listeners: Who an account is.
        stations: Finds out where stations can be heard.
        media: Reads broadcasts.
        preparer: Prepares the songs that a stream names as the next ones.
        limits: How many streams there may be, songs included.
        clock: Monotonic seconds.
        now: The time of day, with a time zone.
        new_id: Makes ids of streams.
        sleep: Waits for so many seconds.
        tuning: Pace and patience.
        tracer: Makes a span of each start.
    """

    def __init__(
        self,
        *,
        listeners: Listeners,
        stations: LiveStations,
        media: LiveMedia,
        preparer: Preparer,
        limits: StreamLimits,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tuning: PlaybackTuning | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer: Tracer = tracer or SilentTracer()
        self._listeners = listeners
        self._stations = stations
        self._media = media
        self._preparer = preparer
        self._limits = limits
        self._clock = clock
        self._now = now
        self._new_id = new_id
        self._sleep = sleep
        self._tuning = tuning or PlaybackTuning()
        self._closing = asyncio.Event()

    def drain(self) -> None:
        """End all streams: a broadcast would make a server that goes down wait for nothing."""
        self._closing.set()

    def stream(
        self, request: AudioRequest, measured: Callable[[StreamNumbers], None] = lambda _: None
    ) -> AsyncGenerator[AudioFrame, None]:
        """See `AudioPlayer.stream`; the request names a station. Close the generator."""
        return self._stream(request, self._clock(), measured)

    async def _stream(
        self, request: AudioRequest, arrived: float, measured: Callable[[StreamNumbers], None]
    ) -> AsyncGenerator[AudioFrame, None]:
        self._check(request)
        listener = await self._listeners.resolve(request.account)
        sent: PacedFrames | None = None
        with self._limits.admit(listener.account_id):
            live = LiveStream(
                self._stations,
                self._media,
                listener=listener,
                station_id=request.station_id,
                container=request.container,
                stages=StageTimes(self._clock),
                closing=self._closing,
            )
            try:
                with start_span(self._tracer, request, listener):
                    facts = await self._begin(live)
                yield self._header(request, listener, live, facts)
                upcoming = NextSongs(self._preparer, request, listener, self._now)
                sent = self._paced(live, upcoming)
                async with aclosing(sent.frames()) as frames:
                    async for frame in frames:
                        yield frame
                        if isinstance(frame, AudioChunk):
                            upcoming.begin()
                        del frame
                yield stream_summary(arrived, live, sent)
            except AppleMusicError as error:
                _complete(error, request, sent)
                raise
            finally:
                measured(stream_numbers(listener.account_id, Preparation.COLD, live, sent))

    def _check(self, request: AudioRequest) -> None:
        """Refuse what can be refused without asking anybody."""
        check_id(request.station_id, "station_id")
        if not request.station_id.startswith(_STATION):
            raise invalid_field("station_id", "a station's id begins with 'ra.'")
        why = "a broadcast has one place to begin at, which is now; leave it out"
        if request.start_offset:
            raise invalid_field("start_offset", why)
        if request.byte_offset:
            raise invalid_field("byte_offset", why)
        self._media.check_container(request.container)

    async def _begin(self, live: LiveStream) -> LiveFacts:
        # A prepared song may wait meanwhile: the listener does not.
        with self._preparer.precedence.stream(live.account_id):
            seconds = self._tuning.start_timeout_seconds
            begun = await within(seconds, live.begin(), self._sleep)
        if begun is None:
            raise UnavailableError(
                Reason.UPSTREAM_TIMEOUT,
                f"the station did not deliver its first byte within {seconds:g} s; try again later",
                metadata={"endpoint": LIVE_SEGMENT_ENDPOINT},
            )
        return begun

    def _paced(self, live: LiveStream, upcoming: NextSongs) -> PacedFrames:
        def news() -> Iterator[AudioEvent]:
            for each in live.news(paced.byte_count):
                yield self._told(each)
            yield from upcoming.news()

        paced = PacedFrames(
            live,
            self._tuning,
            clock=self._clock,
            sleep=self._sleep,
            now=self._now,
            news=news,
        )
        return paced

    def _told(self, news: LiveNews) -> AudioEvent:
        if not isinstance(news, NowPlaying):
            message = f"a part of the broadcast is left out: {news.message}"
            return AudioEvent(AudioEventKind.GAP, self._now(), message)
        return AudioEvent(
            AudioEventKind.NOW_PLAYING,
            self._now(),
            "the station says what it plays",
            title=news.title,
            artist_name=news.artist,
        )

    def _header(
        self, request: AudioRequest, listener: Listener, live: LiveStream, facts: LiveFacts
    ) -> AudioHeader:
        return AudioHeader(
            song_id=request.station_id,
            container=request.container,
            mime_type=facts.mime_type,
            codec=facts.codec,
            sample_rate_hertz=facts.sample_rate_hertz,
            channel_count=facts.channel_count,
            bit_rate=facts.bit_rate,
            duration=None,
            total_bytes=0,
            priming_samples=0,
            padding_samples=0,
            total_samples=0,
            byte_offset=0,
            start_offset=timedelta(0),
            etag="",
            source=AudioSource.LIVE,
            preparation=Preparation.COLD,
            seekable=False,
            stream_id=self._new_id(),
            account_id=listener.account_id,
            stages=live.stages,
        )


def _complete(error: AppleMusicError, request: AudioRequest, sent: PacedFrames | None) -> None:
    """Add to an error's metadata what the contract promises and lower layers do not know."""
    if error.reason in _ABOUT_THE_STATION:
        error.metadata.setdefault("id", request.station_id)
    elif error.reason is Reason.RESOURCE_NOT_FOUND:
        error.metadata.setdefault("resourceType", "STATION")
        error.metadata.setdefault("id", request.station_id)
    if sent is not None or error.reason is Reason.MEDIA_TRUNCATED:
        error.metadata.setdefault("byteOffset", str(sent.byte_count if sent else 0))
