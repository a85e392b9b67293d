"""The `LiveMedia` port: broadcasts as streams of AAC."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.live import LiveSource
from applemusic_server.media.live_failures import container_refused
from applemusic_server.media.live_reading import BroadcastReading
from applemusic_server.media.live_tuning import LiveTuning
from applemusic_server.media.live_writer import LIVE_WRITERS
from applemusic_server.media.piece_maker import PIECE_BYTES


class HlsLiveMedia:
    """Reads broadcasts that come as HLS.

    Args:
        source: Fetches playlists and segments.
        piece_bytes: Usual size of a piece, at most `MOST_PIECE_BYTES`.
        clock: Monotonic seconds.
        sleep: Waits, in seconds.
        tuning: Where to begin, and how patient to be.
    """

    def __init__(
        self,
        source: LiveSource,
        *,
        piece_bytes: int = PIECE_BYTES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tuning: LiveTuning | None = None,
    ) -> None:
        self._source = source
        self._piece_bytes = piece_bytes
        self._clock = clock
        self._sleep = sleep
        self._tuning = tuning or LiveTuning()

    def check_container(self, container: AudioContainer) -> None:
        """See `LiveMedia.check_container`."""
        if container not in LIVE_WRITERS:
            raise container_refused(container.name, "ask for FMP4 or ADTS")

    def reading(self, url: str, container: AudioContainer) -> BroadcastReading:
        """See `LiveMedia.reading`."""
        return BroadcastReading(
            self._source,
            url,
            container,
            piece_bytes=self._piece_bytes,
            clock=self._clock,
            sleep=self._sleep,
            tuning=self._tuning,
        )
