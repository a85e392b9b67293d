"""Apple's side and a clock for tests of playback: everything in memory, nothing waits for real."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from applemusic_server.application.license import Licenser
from applemusic_server.application.playback import Playback
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.prepare import Preparer
from applemusic_server.application.prepare_tuning import PrepareTuning
from applemusic_server.application.resolve import Resolver
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioEvent,
    AudioFrame,
    AudioHeader,
    AudioRequest,
    AudioSummary,
)
from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    OutOfRangeError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.gateways import LicenseAnswer, Listener, PlaybackOffer
from applemusic_server.domain.prepared import PreparedStart, PrepareOutcome
from applemusic_server.domain.resources import Found
from applemusic_server.domain.secret import Secret
from applemusic_server.media.pcm_decoding import PcmDecoding
from applemusic_server.media.song_media import PlaylistSongMedia
from applemusic_server.media.tuning import Tuning
from tests.support.cenc import KEY, KEY_ID, Packaged

LISTENER = Listener("home", Secret("t" * 40), "us")


class VirtualClock:
    """Time that passes only when everything else is waiting for it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def __call__(self) -> float:
        return self.now

    def day(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds, next(self._count), future))
        await future

    async def drive(self, work: Awaitable[Any], on_turn: Callable[[], None] = lambda: None) -> Any:
        """Run `work` to its end; whenever all tasks wait, go on to the next wake-up.

        `on_turn` is called after each turn of the event loop in which something went on.
        """
        task = asyncio.ensure_future(work)
        # What is to run in this turn of the loop: the only sure sign that nobody can go on.
        to_run: Any = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        try:
            idle = 0
            while not task.done():
                await asyncio.sleep(0)
                if to_run:
                    idle = 0
                    on_turn()
                else:
                    idle += 1
                if idle > 2 and self._waiting:
                    due, _, future = heapq.heappop(self._waiting)
                    if not future.done():
                        idle = 0
                        self.now = max(self.now, due)
                        future.set_result(None)
                assert idle < 1000, "everything waits, and not for the clock"
            return await task
        finally:
            task.cancel()


@dataclass
class Apple:
    """What Apple does, settable call by call, and what was asked of it.

    Attributes:
        song: The file.
        latency: Seconds to each answer's head.
        log: What began and ended, in order, with the time.
        faults: Called before each answer of a kind with the number of the call; may raise, or
            wait.
        cut: Called with the number of the range and the bytes so far; True breaks the transfer.
        bandwidth: Bytes per second of a range's body; None is at once.
    """

    song: Packaged
    clock: VirtualClock
    seconds: float = 12.0
    latency: float = 0.08
    piece: int = 16 * 1024
    playlist_text: str | None = None
    keys: list[bytes] = field(default_factory=lambda: [KEY])
    renew_after: timedelta | None = None
    log: list[tuple[str, float]] = field(default_factory=list)
    faults: dict[str, Callable[[int], Awaitable[None] | None]] = field(default_factory=dict)
    cut: Callable[[int, int], bool] = lambda _number, _offset: False
    slow: Callable[[int, int], float] = lambda _number, _offset: 0.0
    etag: Callable[[int], str | None] = lambda _number: '"one"'
    body: Callable[[int], bytes] | None = None
    catalog_songs: Found[Any] = field(default_factory=Found)
    calls: dict[str, int] = field(default_factory=dict)
    ranges: list[tuple[int, int | None]] = field(default_factory=list)
    listeners: dict[str, Listener] = field(default_factory=lambda: {"home": LISTENER})
    file_urls: set[str] = field(default_factory=lambda: {"https://cdn.test/a/song.mp4"})
    asked_songs: list[str] = field(default_factory=list)
    open_ranges: int = 0
    open_sessions: int = 0
    served_bytes: int = 0

    @property
    def happened(self) -> int:
        """How many things happened: questions, answers, pieces of a body."""
        return len(self.log) + self.served_bytes // self.piece

    async def _call(self, kind: str) -> int:
        number = self.calls[kind] = self.calls.get(kind, 0) + 1
        self.log.append((f"{kind} asked", self.clock.now))
        await self.clock.sleep(self.latency)
        fault = self.faults.get(kind)
        if fault and (waiting := fault(number)) is not None:
            await waiting
        self.log.append((f"{kind} answered", self.clock.now))
        return number

    # PlaybackGateway
    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        assert listener in self.listeners.values()
        self.asked_songs.append(song_id)
        await self._call("offer")
        return PlaybackOffer(
            song_id, song_id, "https://cdn.test/a/p.m3u8?t=1", "https://license.test/"
        )

    async def playlist(self, offer: PlaybackOffer) -> str:
        assert offer.playlist_url
        await self._call("playlist")
        return self.playlist_text or self.song.playlist(self.seconds)

    async def license(
        self, offer: PlaybackOffer, key_uri: str, challenge: bytes, listener: Listener
    ) -> LicenseAnswer:
        assert challenge == b"challenge"
        assert listener in self.listeners.values()
        assert key_uri.startswith("data:;base64,")
        assert offer.license_id
        number = await self._call("license")
        return LicenseAnswer(self.keys[min(number, len(self.keys)) - 1], self.renew_after)

    # CatalogGateway, as far as it is used
    async def fetch(self, kind: type[Any], ids: Any, scope: Any) -> Found[Any]:
        assert (kind.__name__, len(ids), scope.storefront) == ("Song", 1, "us")
        await self._call("catalog")
        return self.catalog_songs

    # Listeners
    async def resolve(self, account: str) -> Listener:
        return self.listeners[account or "home"]

    async def mark_rejected(self, listener: Listener) -> None:
        del listener
        raise AssertionError("that is for who asks with tokens: see `PresentTokens`")

    # ContentDecryption
    async def open(self, key_id: bytes) -> "Session":
        assert key_id == KEY_ID
        self.open_sessions += 1
        return Session(self)

    # ByteSource
    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> "Body":
        assert url in self.file_urls
        self.ranges.append((start, end))
        number = await self._call("range")
        data = self.body(number) if self.body else self.song.data
        tag = self.etag(number)
        if validator is not None and tag != validator:
            start, end = 0, None
        if start >= len(data):
            raise OutOfRangeError(
                Reason.OFFSET_OUT_OF_RANGE, "416", metadata={"total": str(len(data))}
            )
        return Body(self, number, data, (start, end or len(data)), tag)


class Session:
    """A licence session whose licence is the key."""

    challenge = b"challenge"

    def __init__(self, apple: Apple) -> None:
        self._apple = apple
        self._open = True

    def content_key(self, license_message: bytes) -> ContentKey:
        assert self._open
        return ContentKey(KEY_ID, license_message)

    def close(self) -> None:
        self._apple.open_sessions -= self._open
        self._open = False


class Body:
    """An open range."""

    def __init__(
        self, apple: Apple, number: int, data: bytes, span: tuple[int, int], tag: str | None
    ) -> None:
        self._apple = apple
        self._number = number
        self._data = data
        self._at = self.start = span[0]
        self.end: int | None = min(span[1], len(data))
        self.total: int | None = len(data)
        self.validator = tag
        self._open = True
        apple.open_ranges += 1

    async def read(self) -> bytes:
        assert self._open
        apple = self._apple
        await apple.clock.sleep(apple.slow(self._number, self._at))
        if apple.cut(self._number, self._at):
            raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "reset")
        assert self.end is not None
        data = self._data[self._at : min(self.end, self._at + apple.piece)]
        self._at += len(data)
        apple.served_bytes += len(data)
        return data

    async def aclose(self) -> None:
        self._apple.open_ranges -= self._open
        self._open = False


@dataclass
class Heard:
    """What a listener got."""

    frames: list[tuple[float, AudioFrame]] = field(default_factory=list)
    error: AppleMusicError | None = None

    @property
    def header(self) -> AudioHeader:
        frame = self.frames[0][1]
        assert isinstance(frame, AudioHeader)
        return frame

    @property
    def chunks(self) -> list[AudioChunk]:
        return [frame for _, frame in self.frames if isinstance(frame, AudioChunk)]

    @property
    def timed_chunks(self) -> list[tuple[float, AudioChunk]]:
        return [(at, frame) for at, frame in self.frames if isinstance(frame, AudioChunk)]

    @property
    def events(self) -> list[AudioEvent]:
        return [frame for _, frame in self.frames if isinstance(frame, AudioEvent)]

    @property
    def event_names(self) -> list[str]:
        return [event.kind.name for event in self.events]

    @property
    def data(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def summary(self) -> AudioSummary:
        frame = self.frames[-1][1]
        assert isinstance(frame, AudioSummary)
        return frame

    @property
    def reason(self) -> Reason | None:
        return self.error.reason if self.error else None


class PrepareOutcomes:
    """A `PrepareObserver` that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_start(self, result: PreparedStart) -> None:
        self.heard.append(result.value)

    def on_outcome(self, outcome: PrepareOutcome) -> None:
        self.heard.append(outcome.value)

    def on_failure(self, reason: Reason) -> None:
        self.heard.append(reason.value)

    def on_refresh(self) -> None:
        self.heard.append("refresh")


async def at_once(work: Callable[[], Any]) -> Any:
    """Do here what the server does in a thread."""
    return work()


class Stage:
    """Everything that a test of playback needs, put together."""

    def __init__(
        self,
        song: Packaged,
        *,
        tuning: PlaybackTuning | None = None,
        device: bool = True,
        seconds: float = 12.0,
        prepare_tuning: PrepareTuning | None = None,
        decoding: PcmDecoding | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.apple = Apple(song, self.clock, seconds=seconds)
        # Its clock would not wait for a thread.
        self.decoding = decoding or PcmDecoding(elsewhere=at_once)
        media = PlaylistSongMedia(
            self.apple, decoding=self.decoding, tuning=Tuning(), sleep=self.clock.sleep
        )
        catalog: Any = self.apple  # only `fetch` may be called
        decryption = (
            self.apple
            if device
            else FailedPreconditionError(Reason.WIDEVINE_DEVICE_MISSING, "none configured")
        )
        self.outcomes = PrepareOutcomes()
        self.preparer = Preparer(
            listeners=self.apple,
            resolver=Resolver(self.apple, catalog, media),
            licenser=Licenser(self.apple, decryption),
            media=media,
            clock=self.clock,
            now=self.clock.day,
            sleep=self.clock.sleep,
            tuning=prepare_tuning,
            observer=self.outcomes,
        )
        self.player = Playback(
            listeners=self.apple,
            gateway=self.apple,
            catalog=catalog,
            media=media,
            decryption=decryption,
            preparer=self.preparer,
            clock=self.clock,
            now=self.clock.day,
            new_id=lambda: "stream-1",
            sleep=self.clock.sleep,
            tuning=tuning,
        )

    def stream(self, **request: Any) -> AsyncGenerator[AudioFrame, None]:
        return self.player.stream(AudioRequest(**{"account": "", "song_id": "900", **request}))

    async def _hear(
        self, frames: AsyncGenerator[AudioFrame, None], pause: Callable[[AudioFrame], float]
    ) -> Heard:
        heard = Heard()
        async with aclosing(frames):
            try:
                async for frame in frames:
                    heard.frames.append((self.clock.now, frame))
                    await self.clock.sleep(pause(frame))
            except AppleMusicError as error:
                heard.error = error
        return heard

    async def run(self, work: Awaitable[Any], on_turn: Callable[[], None] = lambda: None) -> Any:
        """Drive `work` to its end, then close the preparer and check that nothing is left."""

        async def whole() -> Any:
            try:
                return await work
            finally:
                await self.preparer.aclose()

        found = await self.clock.drive(whole(), on_turn)
        self.check_closed()
        return found

    async def hear(
        self, *, pause: Callable[[AudioFrame], float] = lambda _: 0.0, **request: Any
    ) -> Heard:
        """Play to the end, or to the error, and check that nothing is left behind."""
        heard: Heard = await self.clock.drive(self._hear(self.stream(**request), pause))
        self.check_closed()
        return heard

    def check_closed(self) -> None:
        """No range, no licence session, no counted stream and no task is left."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert (self.apple.open_ranges, self.apple.open_sessions) == (0, 0)
        assert self.player.limits.streams == 0
        assert not left
