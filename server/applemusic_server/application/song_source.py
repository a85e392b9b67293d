"""One song from Apple, from the first question to the last byte."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import timedelta

from applemusic_server.application.license import Licenser
from applemusic_server.application.resolve import Resolved, Resolver
from applemusic_server.application.stages import StageTimes
from applemusic_server.domain.audio import AudioContainer, Preparation, Stage
from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import AppleMusicError, DataLossError, Reason
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.media import AudioPiece, SongFacts, SongReading, SongStart
from applemusic_server.domain.together import together

# What the file server says when an address has expired: a new one may help.
_ADDRESS_REASONS = frozenset({Reason.UPSTREAM_REFUSED, Reason.RESOURCE_NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Licensed:
    """The second state of a song on its way: its key is known, too."""

    resolved: Resolved
    key: ContentKey


@dataclass(frozen=True, slots=True)
class Ready:
    """The third state: its first bytes are there, and the key is right.

    Attributes:
        licensed: The state before.
        facts: For the header.
        start_offset: Media time of the first piece.
        preparation: How much of this was there before the song was asked for.
    """

    licensed: Licensed
    facts: SongFacts
    start_offset: timedelta
    preparation: Preparation


class SongSource:
    """Gets a song from Apple: `begin`, then `pieces`; at any point `aclose`.

    Args:
        resolver: Finds out where the audio lies.
        licenser: Gets the key.
        listener: Who listens.
        song_id: What is played.
        container: In which form.
        start: Where it begins.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        resolver: Resolver,
        licenser: Licenser,
        *,
        listener: Listener,
        song_id: str,
        container: AudioContainer,
        start: SongStart,
        clock: Callable[[], float],
    ) -> None:
        self._resolver = resolver
        self._licenser = licenser
        self._listener = listener
        self._song_id = song_id
        self._container = container
        self._start = start
        self._clock = clock
        self._stages = StageTimes(clock)
        self._reading: SongReading | None = None
        self._ready: Ready | None = None
        self._earlier_bytes = 0
        self._earlier_resumes = 0
        self._renewals = 0

    @property
    def stages(self) -> tuple[tuple[Stage, timedelta], ...]:
        """How long the steps of the start took."""
        return self._stages.all()

    @property
    def upstream_bytes(self) -> int:
        """How many bytes of media came from Apple."""
        return self._earlier_bytes + (self._reading.upstream_bytes if self._reading else 0)

    @property
    def resumes(self) -> int:
        """How many broken transfers were taken up again."""
        return self._earlier_resumes + (self._reading.resumes if self._reading else 0)

    @property
    def renewals(self) -> int:
        """How often the media's address was asked for anew."""
        return self._renewals

    async def aclose(self) -> None:
        """Close what is open upstream. A second call does nothing."""
        reading, self._reading = self._reading, None
        if reading is not None:
            self._earlier_bytes += reading.upstream_bytes
            self._earlier_resumes += reading.resumes
            await reading.aclose()

    async def begin(self) -> Ready:
        """Do everything up to the first byte: three round trips to Apple.

        Raises:
            AppleMusicError: For everything that can go wrong; see `AudioPlayer.stream`.
        """
        resolved = await self._resolver.resolve(self._song_id, self._listener, self._stages)
        reading = self._reading = resolved.rendition.open(self._start, self._container)
        key, facts = await together(self._key(resolved), self._open(reading))
        licensed = Licensed(resolved, key)
        with self._stages.measure(Stage.DECRYPT):
            licensed, start_offset = await self._unlock(reading, licensed)
        self._ready = Ready(licensed, facts, start_offset, Preparation.COLD)
        return self._ready

    async def pieces(self) -> AsyncGenerator[AudioPiece, None]:
        """Yield all audio; when the media's address expires on the way, get a new one.

        Raises:
            AppleMusicError: What ends the stream before its end.
        """
        if self._ready is None or self._reading is None:
            raise RuntimeError("pieces() before begin()")
        ready, position = self._ready, self._ready.facts.byte_offset
        while True:
            before = position
            pieces = self._reading.pieces()
            try:
                async for piece in pieces:
                    yield piece
                    position = piece.byte_offset + len(piece.data)
            except AppleMusicError as error:
                # Only after progress: an address that is refused at once will be refused again.
                if error.reason not in _ADDRESS_REASONS or position == before:
                    raise
                await self._renew(ready, position)
            else:
                return
            finally:
                await pieces.aclose()

    async def _key(self, resolved: Resolved) -> ContentKey:
        with self._stages.measure(Stage.LICENSE):
            return await self._licenser.key(resolved.offer, resolved.rendition, self._listener)

    async def _open(self, reading: SongReading) -> SongFacts:
        with self._stages.measure(Stage.FIRST_RANGE):
            return await reading.open()

    async def _unlock(self, reading: SongReading, licensed: Licensed) -> tuple[Licensed, timedelta]:
        try:
            return licensed, await reading.unlock(licensed.key)
        except DataLossError as error:
            if error.reason is not Reason.DECRYPTION_KEY_WRONG:
                raise
        # Once more with a fresh licence, and never a third time.
        licensed = Licensed(licensed.resolved, await self._key(licensed.resolved))
        return licensed, await reading.unlock(licensed.key)

    async def _renew(self, ready: Ready, position: int) -> None:
        await self.aclose()
        stages = StageTimes(self._clock)
        resolved = await self._resolver.resolve(self._song_id, self._listener, stages)
        start = SongStart(byte_offset=position, etag=ready.facts.etag)
        reading = self._reading = resolved.rendition.open(start, self._container)
        await reading.open()
        await reading.unlock(ready.licensed.key)
        self._renewals += 1
