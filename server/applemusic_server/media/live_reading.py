"""A broadcast being read: its playlist again and again, its segments one after the other."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import (
    AppleMusicError,
    DataLossError,
    FailedPreconditionError,
    InternalError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.domain.live import (
    Gap,
    LiveFacts,
    LiveNews,
    LiveSource,
    NowPlaying,
)
from applemusic_server.domain.media import AudioPiece
from applemusic_server.media.aac_mp4 import channel_count
from applemusic_server.media.live_failures import (
    form_changed,
    live_playlist_invalid,
    nothing_there,
    stands_still,
)
from applemusic_server.media.live_playlist import (
    LivePlaylist,
    LiveSegment,
    Variant,
    parse_live_playlist,
)
from applemusic_server.media.live_segment import read_segment
from applemusic_server.media.live_tuning import LiveTuning
from applemusic_server.media.live_window import LiveWindow
from applemusic_server.media.live_writer import LIVE_WRITERS, LiveWriter
from applemusic_server.media.packed_aac import PackedAac

_MIME_TYPES = {AudioContainer.FMP4: "audio/mp4", AudioContainer.ADTS: "audio/aac"}
# What may be over in a moment: nothing to end a broadcast for at once.
_PASSING = (UnavailableError, ResourceExhaustedError, InternalError)


class BroadcastReading:
    """The `LiveReading` of `domain.live`.

    Args:
        source: Fetches playlists and segments.
        url: Of the station's playlist.
        container: What is written.
        piece_bytes: Usual size of a piece.
        clock: Monotonic seconds.
        sleep: Waits for so many seconds.
        tuning: Where to begin, and how patient to be.
    """

    def __init__(
        self,
        source: LiveSource,
        url: str,
        container: AudioContainer,
        *,
        piece_bytes: int,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        tuning: LiveTuning,
    ) -> None:
        self._source = source
        self._url = url
        self._container = container
        self._piece_bytes = piece_bytes
        self._clock = clock
        self._sleep = sleep
        self._tuning = tuning
        self._window = LiveWindow(tuning)
        self._variant: Variant | None = None
        self._inits: tuple[str, bytes] = ("", b"")
        self._first: PackedAac | None = None
        self._writer: LiveWriter | None = None
        self._form = b""
        self._playing = NowPlaying("", "")
        self._news: deque[tuple[int, LiveNews]] = deque()
        self._loaded_at: float | None = None
        self._still_since: float | None = None
        self._changed = False
        self._lost = 0
        self._upstream_bytes = 0
        self._resumes = 0

    @property
    def upstream_bytes(self) -> int:
        """How many bytes of segments came."""
        return self._upstream_bytes

    @property
    def resumes(self) -> int:
        """How many transfers that had failed were taken up again, nothing missing."""
        return self._resumes

    def news(self, byte_count: int) -> Iterable[LiveNews]:
        """See `LiveReading.news`."""
        while self._news and self._news[0][0] <= byte_count:
            yield self._news.popleft()[1]

    def move(self, url: str) -> None:
        """See `LiveReading.move`."""
        self._url, self._variant, self._loaded_at = url, None, None

    async def open(self) -> LiveFacts:
        """See `LiveReading.open`."""
        first = await self._next()
        if first is None:
            raise nothing_there()
        audio = first.format
        writer = LIVE_WRITERS[self._container](audio, self._piece_bytes)
        self._first, self._form, self._writer = first, audio.config, writer
        size = sum(len(frame.data) for frame in first.frames)
        return LiveFacts(
            mime_type=_MIME_TYPES[self._container],
            codec=(self._variant.codec if self._variant else "") or audio.codec,
            sample_rate_hertz=audio.sample_rate,
            channel_count=channel_count(audio),
            bit_rate=round(size * 8 / first.seconds),
        )

    async def pieces(self) -> AsyncGenerator[AudioPiece, None]:
        """See `LiveReading.pieces`."""
        if self._writer is None:
            raise RuntimeError("pieces() before open()")
        segment, self._first = self._first, None
        while segment is not None or (segment := await self._next()) is not None:
            if segment.format.config != self._form:
                raise form_changed()
            for piece in self._written(self._writer, segment):
                yield piece
            segment = None

    def _written(self, writer: LiveWriter, segment: PackedAac) -> Iterator[AudioPiece]:
        """A segment in pieces, cut where a tag stands; what it says waits for the piece."""
        for why in self._window.gaps():
            self._news.append((writer.bytes_out, Gap(why)))
        begun = 0
        for place, tag in segment.tags:
            if not tag.says:
                continue
            yield from writer.pieces(segment.frames[begun:place])
            begun = place
            playing = NowPlaying(tag.title, tag.artist)
            if playing != self._playing:
                self._playing = playing
                self._news.append((writer.bytes_out, playing))
        yield from writer.pieces(segment.frames[begun:])

    async def _next(self) -> PackedAac | None:
        """The next segment that can be had; None when the broadcast has ended."""
        while True:
            await self._keep_current()
            if self._window.at_end:
                return None
            segment = self._window.first
            if segment is None:
                await self._wait_for_news()
                continue
            try:
                found = await self._fetch(segment)
            except (NotFoundError, DataLossError, *_PASSING) as error:
                self._lose(error)
            else:
                self._window.take()
                self._lost = 0
                return found

    def _lose(self, error: AppleMusicError) -> None:
        """Leave the next segment out, unless too many were."""
        self._lost += 1
        if self._lost >= self._tuning.most_lost:
            self._lost = 0
            raise error
        self._window.lose(f"a segment could not be had ({error.reason})")

    async def _fetch(self, segment: LiveSegment) -> PackedAac:
        if segment.absent:
            raise NotFoundError(Reason.RESOURCE_NOT_FOUND, "the broadcaster says it is missing")
        wait = self._tuning.first_wait_seconds
        for further in reversed(range(self._tuning.segment_tries)):
            try:
                init = await self._init(segment.init_url)
                data = await self._source.segment(segment.url, segment.byte_range)
            except _PASSING:
                if not further:
                    raise
                await self._sleep(wait)
                wait *= 2
                continue
            self._upstream_bytes += len(data)
            self._resumes += further < self._tuning.segment_tries - 1
            return read_segment(data, init)
        raise RuntimeError("segment_tries is 0")

    async def _init(self, url: str) -> bytes:
        if url != self._inits[0]:
            self._inits = (url, await self._source.segment(url, None))
        return self._inits[1]

    async def _keep_current(self) -> None:
        """Load the playlist if it was never loaded, or is older than its segments are long.

        So a reader that comes back after a while learns what has gone before it asks for it.
        """
        if self._loaded_at is None:
            await self._load_first()
        elif self._window.moves and self._clock() - self._loaded_at >= self._window.target_duration:
            await self._load()

    async def _wait_for_news(self) -> None:
        """Wait until the playlist is worth another look, and look."""
        target = self._window.target_duration
        # RFC 8216 section 6.3.4: sooner when the last look brought nothing.
        pause = target if self._changed else target / 2
        since = self._clock() - (self._loaded_at or 0.0)
        await self._sleep(max(0.1, pause - since))
        if self._clock() - (self._loaded_at or 0.0) < target:
            await self._load()  # else it is done before the next segment anyway

    async def _load_first(self) -> None:
        """Load the playlist for the first time from an address, a few times if need be."""
        until = self._clock() + self._tuning.start_patience_seconds
        wait = self._tuning.first_wait_seconds
        while True:
            try:
                playlist = await self._playlist()
            except _PASSING:
                if self._clock() + wait > until:
                    raise
                await self._sleep(wait)
                wait *= 2
            else:
                self._take_over(playlist)
                return

    async def _load(self) -> None:
        """Load the playlist; a failure that may pass counts as one that brings nothing."""
        try:
            playlist = await self._playlist()
        except _PASSING as error:
            self._loaded_at, self._changed = self._clock(), False
            self._stand_still(error)
        else:
            self._take_over(playlist)

    def _take_over(self, playlist: LivePlaylist) -> None:
        self._loaded_at = self._clock()
        self._changed = self._window.update(playlist)
        if self._changed or self._window.first is not None:
            self._still_since = None
        else:
            self._stand_still(None)

    def _stand_still(self, error: AppleMusicError | None) -> None:
        """Note that nothing new came; raise when that has been so for too long."""
        if self._still_since is None:
            self._still_since = self._clock()
        still = self._clock() - self._still_since
        patience = max(self._tuning.patience_seconds, 3 * self._window.target_duration)
        if still >= patience:
            self._still_since = None
            raise error or stands_still(still)

    async def _playlist(self) -> LivePlaylist:
        """The media playlist as it is now; at first through the master playlist, if there is one.

        The variants are tried from the best on: some stations list what is not there.
        """
        if self._variant is not None:
            return await self._media_playlist(self._variant.url)
        text = await self._source.playlist(self._url)
        found = parse_live_playlist(text.text, text.url)
        if isinstance(found, LivePlaylist):
            return found
        failure: AppleMusicError | None = None
        for variant in found:
            try:
                playlist = await self._media_playlist(variant.url)
            except (NotFoundError, FailedPreconditionError) as error:
                if error.reason is Reason.LIVE_STATION_PROTECTED:
                    raise
                failure = failure or error
            else:
                self._variant = variant
                return playlist
        raise failure or nothing_there()

    async def _media_playlist(self, url: str) -> LivePlaylist:
        text = await self._source.playlist(url)
        found = parse_live_playlist(text.text, text.url)
        if not isinstance(found, LivePlaylist):
            raise live_playlist_invalid("it is a master playlist within another one")
        return found
