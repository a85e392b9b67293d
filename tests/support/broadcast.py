"""A broadcast for tests: real AAC without end, by a clock that only moves when all wait."""

import io
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import av
import numpy as np

from applemusic_server.application.live_playback import LivePlayback
from applemusic_server.application.live_station import LiveStations
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.stream_limits import StreamLimits
from applemusic_server.domain.audio import AudioFrame, AudioRequest
from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.live import PlaylistText, StationStream
from applemusic_server.media.live_media import HlsLiveMedia
from applemusic_server.media.live_tuning import LiveTuning
from tests.support.play import LISTENER, Heard, Stage

RATE = 44_100
FRAME = 1024
MASTER = "https://radio.test/master.m3u8?sig=secret"
MEDIA = "https://radio.test/256/index.m3u8?sig=secret"


@cache
def aac_frames(seconds: int = 20, rate: int = RATE, layout: str = "stereo") -> tuple[bytes, ...]:
    """ADTS frames of a tone that never sounds the same twice, encoded by FFmpeg."""
    channels = 2 if layout == "stereo" else 1
    at = np.arange(rate * seconds)
    tone = (8000 * np.sin(at * at / 4e6 + at / 30)).astype(np.int16)
    out = io.BytesIO()
    with av.open(out, "w", format="adts") as container:
        stream: Any = container.add_stream("aac", rate=rate)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(
            np.repeat(tone, channels).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return split_adts(out.getvalue())


def split_adts(data: bytes) -> tuple[bytes, ...]:
    """Cut at the lengths in the headers, without any check."""
    frames, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + 3 : at + 6], "big") >> 5 & 0x1FFF
        frames.append(data[at : at + size])
        at += size
    return tuple(frames)


def id3(title: str = "", artist: str = "", stamp: int = 0) -> bytes:
    """A tag as packed audio has it; without texts, the timestamp alone."""

    def frame(name: bytes, body: bytes) -> bytes:
        return name + bytes([0, 0, len(body) >> 7, len(body) & 127, 0, 0]) + body

    owner = b"com.apple.streaming.transportStreamTimestamp\0"
    frames = frame(b"PRIV", owner + stamp.to_bytes(8, "big"))
    if title or artist:
        frames += frame(b"TIT2", b"\3" + title.encode())
        frames += frame(b"TPE1", b"\3" + artist.encode())
    return b"ID3\4\0\0" + bytes([0, 0, len(frames) >> 7, len(frames) & 127]) + frames


@dataclass
class Broadcaster:
    """A station on the air since second 0 of the clock; settable while it sends.

    Attributes:
        frames_per_segment: About 6 s.
        listed: How many segments the playlist shows.
        songs: Title by segment number; the same for a while, then another.
        playlist_faults: Called with the number of the request and its time; may raise.
        segment_faults: Called with the segment's number and how often it was asked for.
        mangle: Changes a segment's bytes.
    """

    clock: Any
    frames_per_segment: int = 258
    listed: int = 5
    latency: float = 0.05
    frames: tuple[bytes, ...] = field(default_factory=aac_frames)
    target: float | None = None
    frozen_at: float | None = None
    ended_at: float | None = None
    extra_lines: tuple[str, ...] = ()
    first_number: int = 0
    use_master: bool = False
    gone: set[int] = field(default_factory=set)
    playlist_faults: Callable[[int, float], None] = lambda _number, _now: None
    segment_faults: Callable[[int, int], None] = lambda _number, _tries: None
    mangle: Callable[[int, bytes], bytes] = lambda _number, data: data
    asked: list[tuple[float, str]] = field(default_factory=list)
    open_requests: int = 0
    stations: dict[str, StationStream | None] = field(default_factory=dict)
    station_error: AppleMusicError | None = None

    @property
    def seconds(self) -> float:
        return self.frames_per_segment * FRAME / RATE

    def source(self, number: int) -> tuple[bytes, ...]:
        """The ADTS frames of a segment."""
        first = number * self.frames_per_segment
        count = len(self.frames)
        return tuple(self.frames[(first + i) % count] for i in range(self.frames_per_segment))

    def title(self, number: int) -> str:
        return f"Song {number // 4}"

    def finished(self) -> int:
        now = self.clock.now
        for end in (self.frozen_at, self.ended_at):
            now = now if end is None else min(now, end)
        return int(now / self.seconds)

    # StationGateway
    async def stream(self, station_id: str, listener: Listener) -> StationStream | None:
        assert listener == LISTENER
        self.asked.append((self.clock.now, "assets"))
        await self.clock.sleep(self.latency)
        if self.station_error is not None:
            raise self.station_error
        default = StationStream(MASTER if self.use_master else MEDIA, protected=False)
        return self.stations.get(station_id, default)

    # LiveSource
    async def playlist(self, url: str) -> PlaylistText:
        await self._answer("playlist")
        number = sum(what == "playlist" for _, what in self.asked)
        self.playlist_faults(number, self.clock.now)
        if url == MASTER:
            return PlaylistText(
                "#EXTM3U\n"
                '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.5"\n64/index.m3u8\n'
                '#EXT-X-STREAM-INF:BANDWIDTH=256000,CODECS="mp4a.40.2"\n256/index.m3u8?sig=secret\n'
                '#EXT-X-STREAM-INF:BANDWIDTH=320000,CODECS="mp4a.40.34"\nmp3/index.m3u8\n',
                MASTER,
            )
        assert url == MEDIA
        return PlaylistText(self.playlist_text(), url)

    def playlist_text(self) -> str:
        finished = self.finished()
        first = max(0, finished - self.listed)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{self.target or round(self.seconds)}",
            f"#EXT-X-MEDIA-SEQUENCE:{first - self.first_number}",
            *self.extra_lines,
        ]
        for number in range(first, finished):
            lines += [f"#EXTINF:{self.seconds:.5f},", f"s/{number}.aac?sig=secret"]
        if self.ended_at is not None and self.clock.now >= self.ended_at:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join((*lines, ""))

    async def segment(self, url: str, byte_range: tuple[int, int] | None) -> bytes:
        assert byte_range is None
        name = url.removeprefix("https://radio.test/256/s/").removesuffix(".aac?sig=secret")
        await self._answer(name)
        number = int(name)
        self.segment_faults(number, sum(what == name for _, what in self.asked))
        if number in self.gone or number < self.finished() - self.listed - 3:
            raise NotFoundError(Reason.RESOURCE_NOT_FOUND, "404")
        tag = id3(self.title(number), "The Frogs", int(number * self.seconds * 90_000))
        return self.mangle(number, tag + b"".join(self.source(number)))

    async def _answer(self, what: str) -> None:
        self.asked.append((self.clock.now, what))
        self.open_requests += 1
        try:
            await self.clock.sleep(self.latency)
        finally:
            self.open_requests -= 1


class LiveStage:
    """Everything that a test of broadcasts needs, put together."""

    def __init__(
        self,
        song: Any,
        *,
        tuning: PlaybackTuning | None = None,
        live_tuning: LiveTuning | None = None,
        per_account: int = 4,
        piece_bytes: int = 32 * 1024,
    ) -> None:
        self.songs = Stage(song)
        self.clock = self.songs.clock
        self.radio = Broadcaster(self.clock)
        self.limits = StreamLimits(per_account, 1000, (tuning or PlaybackTuning()).retry_after)
        catalog: Any = self.songs.apple
        self.catalog: dict[str, Any] = {}
        catalog.fetch = self._fetch
        self.player = LivePlayback(
            listeners=self.songs.apple,
            stations=LiveStations(self.radio, catalog),
            media=HlsLiveMedia(
                self.radio,
                piece_bytes=piece_bytes,
                clock=self.clock,
                sleep=self.clock.sleep,
                tuning=live_tuning,
            ),
            preparer=self.songs.preparer,
            limits=self.limits,
            clock=self.clock,
            now=self.clock.day,
            new_id=lambda: "stream-1",
            sleep=self.clock.sleep,
            tuning=tuning,
        )

    async def _fetch(self, kind: type[Any], ids: Any, scope: Any) -> Any:
        assert (kind.__name__, len(ids), scope.storefront) == ("Station", 1, "us")
        return self.catalog["found"]

    def stream(self, **request: Any) -> AsyncGenerator[AudioFrame, None]:
        asked = {"account": "", "song_id": "", "station_id": "ra.7", **request}
        return self.player.stream(AudioRequest(**asked))

    async def hear(
        self,
        seconds: float = 60.0,
        *,
        pause: Callable[[AudioFrame], float] = lambda _: 0.0,
        on_turn: Callable[[], None] = lambda: None,
        **request: Any,
    ) -> Heard:
        """Listen for so many seconds of the clock, or to the end, and check what is left."""
        heard = Heard()
        until = self.clock.now + seconds

        async def listen() -> None:
            async with aclosing(self.stream(**request)) as frames:
                try:
                    async for frame in frames:
                        heard.frames.append((self.clock.now, frame))
                        if self.clock.now >= until:
                            return
                        await self.clock.sleep(pause(frame))
                except AppleMusicError as error:
                    heard.error = error

        await self.songs.run(listen(), on_turn)
        assert (self.radio.open_requests, self.limits.streams) == (0, 0)
        return heard
