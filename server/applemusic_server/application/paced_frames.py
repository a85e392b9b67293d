"""The audio of a stream at the pace of listening, and what happens to it on the way."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from applemusic_server.application.look_ahead import LookAhead
from applemusic_server.application.pace import Pace
from applemusic_server.application.paced_room import PacedRoom
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.turns import Turns
from applemusic_server.domain.audio import AudioChunk, AudioEvent, AudioEventKind
from applemusic_server.domain.media import AudioPiece, Room

# A time that is nearer than this has come: clocks are not finer, and sums of them less so.
_TICK = 0.001


class PieceSource(Protocol):
    """Where the audio comes from."""

    @property
    def resumes(self) -> int:
        """How many broken transfers were taken up again."""
        ...

    @property
    def renewals(self) -> int:
        """How often the media's address or its licence was asked for anew."""
        ...

    def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """Yield the audio; ask for room before each further range."""
        ...


class PacedFrames:
    """Turns pieces into chunks that leave when they are due, with events in between.

    A stream stalls when Apple is late and, by the stream's clock, the listener has nothing left
    to play. A reader that takes nothing does not make it stall: then nothing is asked of Apple.

    Args:
        source: Where the audio comes from.
        tuning: Pace and patience.
        clock: Monotonic seconds.
        sleep: Waits for so many seconds.
        now: The time of day.
        turns: Shared with all streams that ask for room.
        news: What else there is to tell; asked between chunks.
    """

    def __init__(
        self,
        source: PieceSource,
        tuning: PlaybackTuning,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        now: Callable[[], datetime],
        turns: Turns | None = None,
        news: Callable[[], Iterable[AudioEvent]] = tuple,
    ) -> None:
        self._news = news
        self._source = source
        self._tuning = tuning
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._pace = Pace(
            burst=tuning.burst_seconds,
            lead=tuning.lead_seconds,
            rate=tuning.fill_rate,
            clock=clock,
        )
        self._room = PacedRoom(self._pace, tuning, turns or Turns(clock, sleep), clock)
        self._room_due: float | None = None
        self._resumes = source.resumes
        self._renewals = source.renewals
        self._last_frame = clock()
        self._due: float | None = None
        self._stalled_at: float | None = None
        self._stalled_seconds = 0.0
        self._stalls = 0
        self._bytes = 0
        self._seconds = 0.0
        self._first_chunk_at: float | None = None

    @property
    def byte_count(self) -> int:
        """Bytes of the chunks so far."""
        return self._bytes

    @property
    def media_duration(self) -> timedelta:
        """Playing time of the chunks so far."""
        return timedelta(seconds=self._seconds)

    @property
    def stall_count(self) -> int:
        """How often audio was due and not there."""
        return self._stalls

    @property
    def stall_duration(self) -> timedelta:
        """How long it was not there, in all, so far."""
        since = self._stalled_at
        going_on = 0.0 if since is None else self._clock() - since
        return timedelta(seconds=self._stalled_seconds + going_on)

    @property
    def first_chunk_at(self) -> float | None:
        """When the first chunk left, by the clock."""
        return self._first_chunk_at

    async def frames(self) -> AsyncGenerator[AudioChunk | AudioEvent, None]:
        """Yield all chunks, and events.

        Raises:
            AppleMusicError: What ends the source before its end.
        """
        pieces = self._source.pieces(self._room)
        ahead = LookAhead(pieces, self._tuning.look_ahead_pieces, self._sleep)
        self._room.on_asked(ahead.wake)
        try:
            while True:
                while not ahead.ready:
                    if event := await self._come_nearer(ahead):
                        yield event
                flowing = self._end_of_wait(ahead)
                for event in (*flowing, *self._upstream_events(), *self._news()):
                    yield event
                if ahead.at_end:
                    return
                # It stays where it is until it is due.
                due = self._clock() + self._delay(ahead.first.duration)
                while due - self._clock() > _TICK:
                    if event := await self._rest(due):
                        yield event
                chunk = self._chunk(ahead.take())
                self._read_on(ahead)
                yield chunk
                del chunk  # not held while the next one is waited for
        finally:
            self._room.close()
            await ahead.aclose()

    def _delay(self, duration: float) -> float:
        # Who asks for room has rested before.
        rest = 0.0 if self._room.used else self._tuning.rest_seconds
        return self._pace.rest(duration, rest)

    async def _come_nearer(self, ahead: LookAhead[AudioPiece]) -> AudioEvent | None:
        """Wait until Apple may be asked for more, or else for the answer."""
        if ahead.stopped:
            return None if self._read_on(ahead) else await self._others_turn(ahead)
        if not self._room.asked:
            return await self._wait(ahead)
        if self._room_due is None:
            self._room_due = self._clock() + self._room.delay()
        if self._room_due - self._clock() > _TICK:
            return await self._rest(self._room_due)
        if not self._room.open():
            return await self._others_turn(ahead)
        self._room_due = None
        return None

    def _read_on(self, ahead: LookAhead[AudioPiece]) -> bool:
        """Make the next piece ready, unless others start who have heard nothing yet."""
        may = self._room.may_read_on()
        if may:
            ahead.go_on()
        return may

    async def _others_turn(self, ahead: LookAhead[AudioPiece]) -> AudioEvent | None:
        """Wait until it is this stream's turn, which it is before the listener has run dry."""
        return await self._next(ahead, "waiting for its turn", "audio is due while others start")

    async def _rest(self, due: float) -> AudioEvent | None:
        """Wait until then, but no longer than the stream may be silent."""
        await self._sleep(min(due - self._clock(), self._until_keep_alive()))
        return self._keep_alive("waiting for its time")

    def _keep_alive(self, message: str) -> AudioEvent | None:
        if self._until_keep_alive() <= _TICK:
            return self._event(AudioEventKind.KEEP_ALIVE, message)
        return None

    def _chunk(self, piece: AudioPiece) -> AudioChunk:
        self._pace.sent(piece.duration)
        self._room.sent()
        self._bytes += len(piece.data)
        self._seconds += piece.duration
        self._last_frame = self._clock()
        if self._first_chunk_at is None:
            self._first_chunk_at = self._last_frame
        return AudioChunk(piece.data, piece.byte_offset, piece.media_offset)

    async def _wait(self, ahead: LookAhead[AudioPiece]) -> AudioEvent | None:
        """Wait for Apple."""
        late = "audio is due and has not come from Apple"
        return await self._next(ahead, "waiting for Apple", late)

    async def _next(self, ahead: LookAhead[AudioPiece], waits: str, late: str) -> AudioEvent | None:
        """Wait until something has changed, but no longer than until something is to be told."""
        if self._due is None:
            self._due = self._clock() + max(self._pace.ahead(), self._tuning.stall_grace_seconds)
        wait = self._until_keep_alive()
        if self._stalled_at is None:
            wait = min(wait, self._due - self._clock())
        asked = self._room.asked
        await ahead.wait(max(0.0, wait))
        if ahead.ready or self._room.asked is not asked:
            return None
        now = self._clock()
        if self._stalled_at is None and now >= self._due - _TICK:
            self._stalled_at = now
            self._stalls += 1
            return self._event(AudioEventKind.STALLED, late)
        return self._keep_alive(waits)

    def _end_of_wait(self, ahead: LookAhead[AudioPiece]) -> tuple[AudioEvent, ...]:
        stalled_at, self._stalled_at, self._due = self._stalled_at, None, None
        if stalled_at is None:
            return ()
        seconds = self._clock() - stalled_at
        self._stalled_seconds += seconds
        if not ahead.has_item:
            return ()
        message = f"audio flows again after {seconds:.1f} s"
        return (self._event(AudioEventKind.FLOWING, message),)

    def _upstream_events(self) -> list[AudioEvent]:
        events = []
        while self._renewals < self._source.renewals:
            self._renewals += 1
            message = "the media address or the licence was renewed"
            events.append(self._event(AudioEventKind.RENEWED, message))
        while self._resumes < self._source.resumes:
            self._resumes += 1
            message = "the transfer from Apple broke and was taken up again"
            events.append(self._event(AudioEventKind.UPSTREAM_RESUMED, message))
        return events

    def _until_keep_alive(self) -> float:
        return self._last_frame + self._tuning.keep_alive_seconds - self._clock()

    def _event(self, kind: AudioEventKind, message: str) -> AudioEvent:
        self._last_frame = self._clock()
        return AudioEvent(kind, self._now(), message)
