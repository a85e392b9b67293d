"""One song that is prepared: how far it is, what to do next for it, and until when it is good."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from applemusic_server.application.prepare_tuning import PrepareTuning
from applemusic_server.application.resolve import Resolved
from applemusic_server.application.song_source import SongSource
from applemusic_server.application.song_state import Ready, preparation_of
from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import (
    AppleMusicError,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.prepared import PreparedAudio
from applemusic_server.domain.tracing import Span, Tracer

_NEVER = math.inf
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a song will be asked for as.

    Attributes:
        container: In which form.
        allow_preview: Whether a preview does where the song cannot be played.
    """

    container: AudioContainer
    allow_preview: bool = False


class PreparedSong:
    """A song on the list of an account. Belongs to the list, then to the one stream that takes it.

    Args:
        song_id: As it was named.
        wanted: As what it will be asked for.
        new_source: Makes a source of the song, from its beginning.
        clock: Monotonic seconds.
        now: The time of day.
        tuning: How long things are good.
        tracer: Makes a span of each step, in the trace of whoever named the song.
    """

    def __init__(
        self,
        song_id: str,
        wanted: Wanted,
        new_source: Callable[[], SongSource],
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        tuning: PrepareTuning,
        tracer: Tracer,
    ) -> None:
        self._tracer = tracer
        self._named_in = tracer.here()
        self.song_id = song_id
        self.wanted = wanted
        self._new_source = new_source
        self._clock = clock
        self._now = now
        self._tuning = tuning
        self._source = new_source()
        self._aim = Preparation.RESOLVED
        self._held = False
        self._made, self._ends = 0.0, _NEVER
        self._failure: AppleMusicError | None = None
        self._failures = 0
        self._failed_at = self._retry_at = 0.0
        self._step: asyncio.Task[None] | None = None
        self._step_refreshes = False
        self._closed = False

    @property
    def preparation(self) -> Preparation:
        """How far it is now."""
        return Preparation.COLD if self.expired else preparation_of(self._source.state)

    @property
    def failure(self) -> AppleMusicError | None:
        """What went wrong last, until something goes well."""
        return self._failure

    @property
    def expired(self) -> bool:
        """Whether what is known is too old to be used."""
        return self._clock() >= self._ends

    @property
    def held_bytes(self) -> int:
        """How many bytes of audio wait in memory."""
        return self._source.held_bytes

    @property
    def holds_audio(self) -> bool:
        """Whether its first bytes are there, or on their way."""
        return isinstance(self._source.state, Ready) or (
            self._aim is Preparation.READY and self.under_way
        )

    @property
    def complete(self) -> bool:
        """Whether all was done for it that was to be done."""
        return not self.expired and self._is_at_aim()

    @property
    def under_way(self) -> bool:
        """Whether something is being asked of Apple for it just now."""
        return self._step is not None and not self._step.done()

    @property
    def refreshing(self) -> bool:
        """Whether the next step makes anew what is there."""
        return self._source.state is not None and self._clock() >= self._renew_at()

    def describe(self) -> PreparedAudio:
        """Say how far it is, in the words of the contract."""
        left = self._ends - self._clock()
        known = self.preparation is not Preparation.COLD
        failure = self._failure
        return PreparedAudio(
            self.song_id,
            self.preparation,
            expire_time=self._now() + timedelta(seconds=left) if known else None,
            byte_count=self.held_bytes,
            failure_reason=failure.reason if failure else None,
            failure_message=failure.message if failure else "",
        )

    def due(self, aim: Preparation) -> float:
        """When, on the clock, there is something to do to come to `aim` and stay there."""
        self._aim = aim
        if self._failure is not None:
            return self._retry_at
        if not self._is_at_aim():
            return 0.0
        return self._renew_at()

    def try_again(self) -> None:
        """Let a song that failed for good be tried again, though not at once."""
        if self._failure is not None and self._retry_at == _NEVER:
            self._retry_at = self._failed_at + self._tuning.retry_seconds

    def listen_as(self, listener: Listener) -> None:
        """Ask with another token of the same person from now on."""
        self._source.listen_as(listener)

    def begin_step(self) -> asyncio.Task[None]:
        """Start the next step towards the aim; it fails with nothing but defects."""
        self._step_refreshes = self.refreshing
        self._step = asyncio.ensure_future(self._traced())
        return self._step

    def cancel_step(self) -> None:
        """Stop what is under way; the song is to be closed."""
        if self._step is not None:
            self._step.cancel()

    async def reduce(self) -> None:
        """Let go of held audio; its place is wanted for a song that comes earlier."""
        if isinstance(self._source.state, Ready):
            self._held = False
            await self._source.reduce()

    async def hand_over(self) -> SongSource | None:
        """See `Beforehand.hand_over`."""
        step = self._step
        if step is not None and self.under_way:
            # What is under way is waited for, unless the song plays as well without it.
            if self.preparation is Preparation.READY or (self._step_refreshes and not self.expired):
                step.cancel()
            await asyncio.wait({step})
        if self._source.state is None or self.expired:
            await self.aclose()
            return None
        source, self._source = self._source, self._new_source()
        self._closed = True
        return source

    async def aclose(self) -> None:
        """Stop and close everything. A second call does nothing."""
        self._closed = True
        if self._step is not None:
            self._step.cancel()
            await asyncio.wait({self._step})
        await self._source.aclose()

    def _is_at_aim(self) -> bool:
        if self._aim is Preparation.READY:
            return isinstance(self._source.state, Ready) and self._held
        return self._source.state is not None

    def _renew_at(self) -> float:
        """Before its end; but an address that ends at once is not asked for again and again."""
        margin = self._tuning.margin_seconds
        return max(self._ends - margin, self._made + margin)

    async def _traced(self) -> None:
        attributes = {"applemusic.song_id": self.song_id}
        with self._tracer.span("prepare song", attributes, parent=self._named_in) as span:
            await self._advance(span)
            span.note("applemusic.preparation", self.preparation.name.lower())

    async def _advance(self, span: Span) -> None:
        if self._closed:
            return
        try:
            if self._step_refreshes:
                await self._refresh()
            else:
                await self._go_on(self._source)
        except AppleMusicError as error:
            span.fail(error.reason.value)
            await self._note(error)
        else:
            self._failure, self._failures = None, 0

    async def _refresh(self) -> None:
        """Make all anew, beside what is there, which is good until then."""
        fresh, began, old = self._new_source(), self._clock(), self._source
        try:
            resolved = await fresh.resolve()
            if isinstance(old.state, Ready):
                await fresh.begin()
                await fresh.hold(self._tuning.bytes_per_song)
            self._source = fresh
        finally:
            await (old if self._source is fresh else fresh).aclose()
        self._set_end(began, resolved)

    async def _go_on(self, source: SongSource) -> None:
        """One step at a time: between two of them somebody else may come first."""
        if source.state is None:
            began = self._clock()
            self._set_end(began, await source.resolve())
        elif not isinstance(source.state, Ready):
            await source.begin()
        else:
            await source.hold(self._tuning.bytes_per_song)
            self._held = True

    def _set_end(self, began: float, resolved: Resolved) -> None:
        self._made, self._ends = began, began + self._tuning.lifetime_seconds
        told = resolved.rendition.expire_time
        if told is not None:
            left = (told - self._now()).total_seconds()
            self._ends = min(self._ends, self._clock() + left)

    async def _note(self, error: AppleMusicError) -> None:
        self._failure = error
        passes = isinstance(error, (UnavailableError, ResourceExhaustedError))
        wait = min(
            self._tuning.retry_seconds * 2.0**self._failures, self._tuning.longest_retry_seconds
        )
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        self._failed_at = self._clock()
        self._retry_at = self._failed_at + wait if passes else _NEVER
        if not self._step_refreshes or self.expired:
            # Nothing of it can be trusted; the next try, or the stream, begins anew.
            await self._source.aclose()
            self._source, self._ends, self._held = self._new_source(), _NEVER, False
