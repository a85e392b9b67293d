"""Third-party radio: a few songs over and over, as live HLS without protection."""

import asyncio
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.errors import not_found
from applemusic_simulator.media.adts import AdtsSegment, id3_tag, read_segments
from applemusic_simulator.media.playlist import CONTENT_TYPE
from applemusic_simulator.media.store import MediaStore
from applemusic_simulator.model import Song
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.world import World

BROADCAST = "broadcast"
"""Endpoint name."""

_SONGS = 3
_SEGMENT_SECONDS = 6.0
_LISTED, _KEPT = 4, 10


@dataclass(frozen=True, slots=True)
class _Loop:
    """What a station plays over and over.

    Attributes:
        ends: When each segment ends, in seconds from the loop's begin.
    """

    segments: tuple[tuple[Song, AdtsSegment], ...]
    ends: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return self.ends[-1]

    def finished(self, now: float) -> int:
        """How many segments were over at a time, since 1970."""
        laps, rest = divmod(now, self.seconds)
        return int(laps) * len(self.segments) + bisect_right(self.ends, rest)

    def begin(self, number: int) -> float:
        """When a segment began, in seconds since 1970."""
        laps, index = divmod(number, len(self.segments))
        return laps * self.seconds + (self.ends[index - 1] if index else 0.0)


class Broadcast:
    """Serves the stations that have a provider.

    A station is on the air on the simulator's clock: everybody hears the same, and what is over
    for a minute is gone.

    Args:
        world: Stations, songs and the clock.
        store: Where the sound comes from.
    """

    def __init__(self, world: World, store: MediaStore) -> None:
        self._world = world
        self._store = store
        self._loop: _Loop | None = None
        self._making = asyncio.Lock()

    def add_routes(self, app: web.Application) -> None:
        """Register under the live radio host; no token is asked for."""
        base = f"/{hosts.LIVE_RADIO}/broadcast/{{station}}"
        add_endpoint(app, BROADCAST, "GET", f"{base}/index.m3u8", self._playlist)
        add_endpoint(app, BROADCAST, "GET", f"{base}/{{number:[0-9]+}}.aac", self._segment)

    async def _playlist(self, request: web.Request) -> web.StreamResponse:
        loop = await self._on_air(request)
        finished = loop.finished(self._world.clock())
        first = max(0, finished - _LISTED)
        longest = max(segment.seconds for _, segment in loop.segments)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{round(longest)}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
        ]
        for number in range(first, finished):
            song, segment = loop.segments[number % len(loop.segments)]
            lines += [f"#EXTINF:{segment.seconds:.5f},{song.name}", f"{number}.aac"]
        return web.Response(
            body="\n".join((*lines, "")).encode(),
            content_type=CONTENT_TYPE,
            headers={"Cache-Control": "no-cache"},
        )

    async def _segment(self, request: web.Request) -> web.StreamResponse:
        loop = await self._on_air(request)
        number = int(request.match_info["number"])
        finished = loop.finished(self._world.clock())
        if not finished - _KEPT <= number < finished:
            raise not_found()
        song, segment = loop.segments[number % len(loop.segments)]
        artist = self._world.catalogue.artists[song.artist_id]
        tag = id3_tag(loop.begin(number), {"TIT2": song.name, "TPE1": artist.name})
        return web.Response(body=tag + segment.data, content_type="audio/aac")

    async def _on_air(self, request: web.Request) -> _Loop:
        station = self._world.catalogue.stations.get(request.match_info["station"])
        if station is None or not station.provider:
            raise not_found()
        async with self._making:
            if self._loop is None:
                self._loop = await self._make()
        return self._loop

    async def _make(self) -> _Loop:
        playable = [song for song in self._world.catalogue.songs.values() if song.playable]
        # The shortest ones: they are made in a second, and change often enough to be noticed.
        songs = sorted(playable, key=lambda song: song.duration_ms)[:_SONGS]
        segments: list[tuple[Song, AdtsSegment]] = []
        for song in songs:
            path = (await self._store.asset(song)).clear_path
            parts = await asyncio.to_thread(read_segments, path, _SEGMENT_SECONDS)
            segments += [(song, part) for part in parts]
        ends = tuple(accumulate(part.seconds for _, part in segments))
        return _Loop(tuple(segments), ends)
