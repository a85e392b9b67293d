"""One broadcast, from the first question to Apple to the last piece."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from datetime import timedelta

from applemusic_server.application.live_station import LiveStations
from applemusic_server.application.stages import StageTimes
from applemusic_server.application.until import until
from applemusic_server.domain.audio import AudioContainer, Stage
from applemusic_server.domain.errors import AppleMusicError, Reason, UnavailableError
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.live import LiveFacts, LiveMedia, LiveNews, LiveReading
from applemusic_server.domain.media import ADDRESS_REASONS, AudioPiece, Room


class LiveStream:
    """Gets a broadcast: `begin`, then `pieces`. Between two pieces nothing is open upstream.

    Args:
        stations: Finds out where it can be heard.
        media: Reads it.
        listener: Who listens.
        station_id: What is played.
        container: In which form.
        stages: Where the steps of the start are noted.
        closing: Set when the server goes down: then it ends, since it would not by itself.
    """

    def __init__(
        self,
        stations: LiveStations,
        media: LiveMedia,
        *,
        listener: Listener,
        station_id: str,
        container: AudioContainer,
        stages: StageTimes,
        closing: asyncio.Event,
    ) -> None:
        self._closing = closing
        self._stations = stations
        self._media = media
        self._listener = listener
        self._station_id = station_id
        self._container = container
        self._stages = stages
        self._reading: LiveReading | None = None
        self._renewals = 0

    @property
    def account_id(self) -> str:
        """Who listens."""
        return self._listener.account_id

    @property
    def stages(self) -> tuple[tuple[Stage, timedelta], ...]:
        """How long the steps of the start took; `first_range` has the playlists in it."""
        return self._stages.all()

    @property
    def upstream_bytes(self) -> int:
        """How many bytes of segments came."""
        return self._reading.upstream_bytes if self._reading else 0

    @property
    def resumes(self) -> int:
        """How many transfers that had failed were taken up again, nothing missing."""
        return self._reading.resumes if self._reading else 0

    @property
    def renewals(self) -> int:
        """How often the broadcast's address was asked for anew."""
        return self._renewals

    def news(self, byte_count: int) -> Iterable[LiveNews]:
        """Take what is to be told before byte `byte_count` of the stream leaves."""
        return self._reading.news(byte_count) if self._reading else ()

    async def begin(self) -> LiveFacts:
        """Ask where it is and read the first segment: three round trips, or four.

        Raises:
            AppleMusicError: As `LiveStations.url` and `LiveReading.open`.
        """
        with self._stages.measure(Stage.PLAY_ASSETS):
            url = await self._stations.url(self._station_id, self._listener)
        self._reading = self._media.reading(url, self._container)
        with self._stages.measure(Stage.FIRST_RANGE):
            return await self._reading.open()

    async def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """Yield the audio; when the broadcast's address expires on the way, get a new one.

        Args:
            room: Not asked: a broadcast comes when it comes.

        Raises:
            AppleMusicError: What ends the stream.
        """
        del room
        if self._reading is None:
            raise RuntimeError("pieces() before begin()")
        while True:
            progress = False
            pieces = self._reading.pieces()
            try:
                async with aclosing(until(self._closing, pieces)) as wanted:
                    async for piece in wanted:
                        yield piece
                        progress = True
                if self._closing.is_set():
                    raise _going_down()
            except AppleMusicError as error:
                # Only after progress: an address that is refused at once will be refused again.
                if error.reason not in ADDRESS_REASONS or not progress:
                    raise
            else:
                return
            finally:
                await pieces.aclose()
            self._reading.move(await self._stations.url(self._station_id, self._listener))
            self._renewals += 1


def _going_down() -> UnavailableError:
    return UnavailableError(
        Reason.SERVER_DRAINING, "the server is going down; ask for the station again"
    )
