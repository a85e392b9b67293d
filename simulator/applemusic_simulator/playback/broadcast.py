"""Third-party radio: a few songs over and over, as live HLS without protection.

Apple's own live stations are here too, as far as a player that cannot play them gets: their
playlist, which names keys that nobody here has.
"""

import asyncio
from itertools import accumulate

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.errors import not_found
from applemusic_simulator.media.adts import AdtsSegment, id3_tag, read_segments
from applemusic_simulator.media.broadcast_forms import as_mp4, as_transport_stream
from applemusic_simulator.media.playlist import CONTENT_TYPE
from applemusic_simulator.media.store import MediaStore
from applemusic_simulator.media.variant import DEFAULT
from applemusic_simulator.model import Song, Station
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.playback.broadcast_loop import BroadcastLoop
from applemusic_simulator.world import World

BROADCAST, BROADCAST_SEGMENT = "broadcast", "broadcast-segment"
"""Endpoint names: playlists, and what they list."""

PLAYLIST_KINDS = frozenset({"stand-still", "ended", "protected", "restart", "garbage"})
SEGMENT_KINDS = frozenset({"garbage", "other-form"})
"""Faults of the two; see `applemusic_simulator.playback`."""

_SONGS = 3
_KEPT = 6  # segments that can still be had after they left the list
_EXTENSIONS = {"packed": "aac", "ts": "ts", "mp4": "m4s"}
_CONTENT_TYPES = {"aac": "audio/aac", "ts": "video/mp2t", "m4s": "video/mp4", "mp4": "video/mp4"}
_GARBAGE = bytes(range(256)) * 8
_MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=70000,CODECS="mp4a.40.2"
64/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=330000,CODECS="mp4a.40.34"
mp3/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=280000,CODECS="mp4a.40.2"
256/index.m3u8
"""
_APPLES_OWN = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:{first}
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://itunes.apple.com/{station}/c6",\
KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"
#EXT-X-MAP:URI="init.mp4"
#EXTINF:6.0,
{first}.m4s
"""


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
        self._loops: dict[tuple[int, float], BroadcastLoop] = {}
        self._making = asyncio.Lock()
        self._still_since: dict[str, float] = {}

    def add_routes(self, app: web.Application) -> None:
        """Register under the live radio host; no token is asked for."""
        base = f"/{hosts.LIVE_RADIO}/broadcast/{{station}}"
        add_endpoint(app, BROADCAST, "GET", f"{base}/master.m3u8", self._master)
        own = f"/{hosts.LIVE_RADIO}/gl/{{station}}/index-cmaf.m3u8"
        add_endpoint(app, BROADCAST, "GET", own, self._apples_own)
        for at in (base, f"{base}/{{kbps:64|256}}"):
            add_endpoint(app, BROADCAST, "GET", f"{at}/index.m3u8", self._playlist)
            segment = f"{at}/{{number:[0-9]+}}.{{form:aac|ts|m4s}}"
            add_endpoint(app, BROADCAST_SEGMENT, "GET", segment, self._segment)
            add_endpoint(app, BROADCAST_SEGMENT, "GET", f"{at}/init.mp4", self._init)

    async def loop(self, kbps: int = 256) -> BroadcastLoop:
        """Return what all stations play, for a test that compares."""
        key = kbps, self._world.broadcast.segment_seconds
        async with self._making:
            if key not in self._loops:
                self._loops[key] = await self._make(*key)
        return self._loops[key]

    async def _master(self, request: web.Request) -> web.StreamResponse:
        self._station(request)
        return _playlist_answer(_MASTER.encode())

    async def _apples_own(self, request: web.Request) -> web.StreamResponse:
        station = self._world.catalogue.stations.get(request.match_info["station"])
        if station is None or not station.is_live or station.provider:
            raise not_found()
        first = int(self._world.clock() // 6)
        text = _APPLES_OWN.format(first=first, station=station.id)
        return _playlist_answer(text.encode())

    async def _playlist(self, request: web.Request) -> web.StreamResponse:
        station = self._station(request)
        loop = await self.loop(_kbps(request))
        fault = self._world.conditions.take(BROADCAST, request.path_qs, kinds=PLAYLIST_KINDS)
        kind = fault.kind if fault is not None else ""
        if kind == "garbage":
            return _playlist_answer(_GARBAGE)
        now = self._world.clock()
        if kind == "stand-still":
            now = self._still_since.setdefault(station.id, now)
        else:
            self._still_since.pop(station.id, None)
        return _playlist_answer("\n".join((*self._lines(loop, now, kind), "")).encode())

    def _lines(self, loop: BroadcastLoop, now: float, kind: str) -> list[str]:
        settings = self._world.broadcast
        finished = loop.finished(now)
        first = max(0, finished - settings.listed)
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{7 if settings.form == 'mp4' else 3}",
            f"#EXT-X-TARGETDURATION:{max(1, round(loop.longest))}",
            # After a restart a broadcaster counts from the beginning.
            f"#EXT-X-MEDIA-SEQUENCE:{first % 100 if kind == 'restart' else first}",
        ]
        if kind == "protected":
            lines.append('#EXT-X-KEY:METHOD=AES-128,URI="key"')
        if settings.form == "mp4":
            lines.append('#EXT-X-MAP:URI="init.mp4"')
        for number in range(first, finished):
            song, segment = loop.segment(number)
            lines.append(f"#EXTINF:{segment.seconds:.5f},{song.name}")
            lines.append(f"{number}.{_EXTENSIONS[settings.form]}")
        return [*lines, "#EXT-X-ENDLIST"] if kind == "ended" else lines

    async def _segment(self, request: web.Request) -> web.StreamResponse:
        self._station(request)
        loop = await self.loop(_kbps(request))
        number = int(request.match_info["number"])
        finished = loop.finished(self._world.clock())
        if not finished - self._world.broadcast.listed - _KEPT <= number < finished:
            raise not_found()
        fault = self._world.conditions.take(BROADCAST_SEGMENT, request.path_qs, kinds=SEGMENT_KINDS)
        form = request.match_info["form"]
        body = self._body(loop, number, form)
        if fault is not None:
            body = _GARBAGE if fault.kind == "garbage" else _in_mono(loop.segment(number)[1])
        return web.Response(body=body, content_type=_CONTENT_TYPES[form])

    def _body(self, loop: BroadcastLoop, number: int, form: str) -> bytes:
        song, segment = loop.segment(number)
        if form == "ts":
            return as_transport_stream(segment.data)
        if form == "m4s":
            return as_mp4(segment.data)[1]
        artist = self._world.catalogue.artists[song.artist_id]
        return id3_tag(loop.begin(number), _texts(song, artist.name)) + segment.data

    async def _init(self, request: web.Request) -> web.StreamResponse:
        self._station(request)
        _, segment = (await self.loop(_kbps(request))).segment(0)
        return web.Response(body=as_mp4(segment.data)[0], content_type=_CONTENT_TYPES["mp4"])

    def _station(self, request: web.Request) -> Station:
        station = self._world.catalogue.stations.get(request.match_info["station"])
        if station is None or not station.provider:
            raise not_found()
        return station

    async def _make(self, kbps: int, seconds: float) -> BroadcastLoop:
        playable = [song for song in self._world.catalogue.songs.values() if song.playable]
        # The shortest ones: they are made in a second, and change often enough to be noticed.
        songs = sorted(playable, key=lambda song: song.duration_ms)[:_SONGS]
        segments: list[tuple[Song, AdtsSegment]] = []
        for song in songs:
            path = (await self._store.asset(song, DEFAULT.at(kbps))).clear_path
            parts = await asyncio.to_thread(read_segments, path, seconds)
            segments += [(song, part) for part in parts]
        ends = tuple(accumulate(part.seconds for _, part in segments))
        return BroadcastLoop(tuple(segments), ends)


def _kbps(request: web.Request) -> int:
    return int(request.match_info.get("kbps", "256"))


def _texts(song: Song, artist: str) -> dict[str, str]:
    return {"TIT2": song.name, "TPE1": artist}


def _playlist_answer(body: bytes) -> web.Response:
    return web.Response(body=body, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-cache"})


def _in_mono(segment: AdtsSegment) -> bytes:
    """The first frame, its header saying that it has one channel."""
    size = int.from_bytes(segment.data[3:6], "big") >> 5 & 0x1FFF
    frame = bytearray(segment.data[:size])
    frame[2] &= 0xFE
    frame[3] = frame[3] & 0x3F | 0x40
    return bytes(frame)
