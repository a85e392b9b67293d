"""One song from Apple, from the first question to the last byte."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol

from applemusic_server.application.license import Licenser
from applemusic_server.application.license_renewal import LicenseRenewal
from applemusic_server.application.previews import PREVIEW_REASONS
from applemusic_server.application.resolve import Resolved, Resolver
from applemusic_server.application.song_state import (
    Licensed,
    Ready,
    State,
    is_preview,
    preparation_of,
)
from applemusic_server.application.stages import StageTimes
from applemusic_server.domain.audio import AudioContainer, Preparation, Stage
from applemusic_server.domain.errors import AbortedError, AppleMusicError, DataLossError, Reason
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.ids import is_library_song
from applemusic_server.domain.media import (
    ADDRESS_REASONS,
    AudioPiece,
    Room,
    SongFacts,
    SongReading,
    SongStart,
)
from applemusic_server.domain.together import together

# What can be wrong with what was prepared a while ago, and not with the song.
_STALE_REASONS = ADDRESS_REASONS | {
    Reason.LICENSE_REFUSED,
    Reason.DECRYPTION_KEY_WRONG,
    Reason.MEDIA_CHANGED,
}


class Beforehand(Protocol):
    """What was done for a song before it was asked for; see `application.prepared_song`."""

    @property
    def preparation(self) -> Preparation:
        """How far it is now."""
        ...

    async def hand_over(self) -> "SongSource | None":
        """Wait for what is under way and give the song away; None when nothing came of it."""
        ...

    async def aclose(self) -> None:
        """Stop and close what was not given away. A second call does nothing."""
        ...


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
        prepared: What was done before; it is this source's alone, and closed with it.
        known: What is known of the song, if nothing was prepared.
        allow_preview: Whether a preview does where the song cannot be played.
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
        prepared: Beforehand | None = None,
        known: Licensed | None = None,
        allow_preview: bool = False,
    ) -> None:
        self._allow_preview = allow_preview
        self._resolver = resolver
        self._licenser = licenser
        self._listener = listener
        self._song_id = song_id
        self._container = container
        self._start = start
        self._clock = clock
        self._prepared = prepared
        self._stages = StageTimes(clock)
        self._state: State = known
        self._preparation = preparation_of(known)
        self._reading: SongReading | None = None
        self._earlier_bytes = 0
        self._earlier_resumes = 0
        self._renewals = 0
        self._license_renewal: LicenseRenewal | None = None

    @property
    def state(self) -> State:
        """How far the song is."""
        return self._state

    @property
    def preparation(self) -> Preparation:
        """How much was there when the song was asked for. Settled once it has begun."""
        return self._preparation

    @property
    def stages(self) -> tuple[tuple[Stage, timedelta], ...]:
        """How long the steps of the start took."""
        return self._stages.all()

    @property
    def upstream_bytes(self) -> int:
        """How many bytes of media came from Apple."""
        return self._earlier_bytes + (self._reading.upstream_bytes if self._reading else 0)

    @property
    def held_bytes(self) -> int:
        """How many bytes of audio wait in memory."""
        return self._reading.held_bytes if self._reading else 0

    @property
    def resumes(self) -> int:
        """How many broken transfers were taken up again."""
        return self._earlier_resumes + (self._reading.resumes if self._reading else 0)

    @property
    def renewals(self) -> int:
        """How often the media's address or its licence was asked for anew."""
        licenses = self._license_renewal.count if self._license_renewal else 0
        return self._renewals + licenses

    async def aclose(self) -> None:
        """Close what is open upstream. A second call does nothing."""
        if self._license_renewal is not None:
            await self._license_renewal.aclose()
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            await prepared.aclose()
        await self._close_reading()

    async def _close_reading(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            self._earlier_bytes += reading.upstream_bytes
            self._earlier_resumes += reading.resumes
            await reading.aclose()

    def listen_as(self, listener: Listener) -> None:
        """Ask with another token of the same person from now on."""
        self._listener = listener

    async def resolve(self) -> Resolved:
        """Find out where the audio lies, unless it is known: two round trips to Apple.

        Raises:
            AppleMusicError: As `Resolver.resolve`.
        """
        match self._state:
            case Ready(licensed=Licensed(resolved=known)) | Licensed(resolved=known):
                return known
            case Resolved():
                return self._state
            case None:
                try:
                    found = await self._find(self._stages)
                except AppleMusicError as error:
                    found = await self._preview_for(error)
                self._state = found if found.rendition.protected else Licensed(found, None)
                return found

    async def begin(self) -> Ready:
        """Do what is missing up to the first byte: at most three round trips to Apple.

        Raises:
            AppleMusicError: For everything that can go wrong; see `AudioPlayer.stream`.
        """
        await self._take_over()
        try:
            return await self._begin_song()
        except AppleMusicError as error:
            found = await self._preview_for(error)
        await self.aclose()
        self._state, self._preparation = Licensed(found, None), Preparation.COLD
        return await self._go_on()

    async def hold(self, most_bytes: int) -> None:
        """After `begin`: read what is on its way and keep it, so that nothing stays open upstream.

        May be cancelled: nothing is lost by it.
        """
        if self._reading is not None:
            await self._reading.hold(most_bytes)

    async def reduce(self) -> None:
        """Let go of held audio; what is known about the song stays."""
        if isinstance(self._state, Ready):
            self._state = self._state.licensed
        await self.aclose()

    def give_away(self) -> tuple[State, SongReading | None, StageTimes]:
        """Return everything that this source has, which is another's to close from now on."""
        found = self._state, self._reading, self._stages
        self._state = self._reading = None
        return found

    def begins_as(self, container: AudioContainer, start: SongStart) -> bool:
        """Whether this is the source of a stream in that form and from that place."""
        return (self._container, self._start) == (container, start)

    async def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """Yield all audio; when the media's address expires on the way, get a new one.

        Args:
            room: Is asked before each further range.

        Raises:
            AppleMusicError: What ends the stream before its end.
        """
        if not isinstance(self._state, Ready) or self._reading is None:
            raise RuntimeError("pieces() before begin()")
        licensed = self._state.licensed
        self._license_renewal = LicenseRenewal(
            partial(self._renew_license, licensed), licensed.renew_at, self._clock
        )
        ready, position = self._state, self._state.facts.byte_offset
        while self._reading is not None:
            before = position
            pieces = self._reading.pieces(room)
            try:
                while True:
                    try:
                        piece = await anext(pieces, None)
                    except AppleMusicError as error:
                        # Only after progress: an address that is refused at once will be again.
                        if error.reason not in ADDRESS_REASONS or position == before:
                            raise
                        refusal = error
                        break
                    if piece is None:
                        return
                    position = piece.byte_offset + len(piece.data)
                    yield piece
                    del piece  # a stream waits long for the next one
                    # What it raises is never about the address, whatever its reason.
                    self._license_renewal.look()
            finally:
                await pieces.aclose()
            await self._renew(ready, position, refusal)

    async def _take_over(self) -> None:
        """Make what was prepared this source's own, as far as it fits."""
        prepared = self._prepared
        if prepared is None:
            return
        found = prepared.preparation
        other = await prepared.hand_over()
        self._prepared = None
        if other is None:
            return
        self._state, self._reading, stages = other.give_away()
        if is_preview(self._state) and not self._allow_preview:
            await self.aclose()
            self._state = None
        if found is not preparation_of(self._state):
            self._stages = stages  # joined: those steps are this start's, too
        fits = other.begins_as(self._container, self._start)
        if not (fits and isinstance(self._state, Ready)):
            await self.reduce()  # what it holds is not the beginning of this stream
        self._preparation = min(found, preparation_of(self._state), key=lambda each: each.value)

    async def _begin_song(self) -> Ready:
        """Go on with what was prepared; where that was too long ago, as if it had not been."""
        if self._preparation is not Preparation.COLD:
            try:
                return await self._go_on()
            except AppleMusicError as error:
                # With a new address it was begun anew already.
                if error.reason not in _STALE_REASONS or self._renewals:
                    raise
            await self.aclose()
            self._state, self._preparation = None, Preparation.COLD
        return await self._go_on()

    async def _go_on(self) -> Ready:
        if isinstance(self._state, Ready):
            return self._state
        resolved = await self.resolve()
        if isinstance(self._state, Licensed):
            licensed, (resolved, facts, reading) = self._state, await self._locate(resolved)
        elif not resolved.rendition.protected:
            resolved, facts, reading = await self._locate(resolved)
            licensed = Licensed(resolved, None)
        else:
            licensed, (resolved, facts, reading) = await together(
                self._license(resolved), self._locate(resolved)
            )
        with self._stages.measure(Stage.DECRYPT):
            licensed, start_offset = await self._unlock(
                reading, replace(licensed, resolved=resolved)
            )
        self._state = Ready(licensed, facts, start_offset)
        return self._state

    async def _locate(self, resolved: Resolved) -> tuple[Resolved, SongFacts, SongReading]:
        """Open the first range; where its address is refused, that of a new one, once.

        The licence does not depend on the address: it is asked for meanwhile all the same.
        """
        try:
            return resolved, *await self._open(resolved)
        except AppleMusicError as error:
            if error.reason not in ADDRESS_REASONS:
                raise
            refusal = error
        await self._close_reading()
        self._preparation = Preparation.COLD
        self._renewals += 1
        fresh = await self._find_again(self._state, refusal, self._stages)
        if fresh.rendition.protected is not resolved.rendition.protected:
            raise refusal
        return fresh, *await self._open(fresh)

    async def _license(self, resolved: Resolved) -> Licensed:
        with self._stages.measure(Stage.LICENSE):
            grant = await self._licenser.grant(resolved.offer, resolved.rendition, self._listener)
        after = grant.renew_after
        renew_at = None if after is None else self._clock() + after.total_seconds()
        return Licensed(resolved, grant.key, renew_at)

    async def _open(self, resolved: Resolved) -> tuple[SongFacts, SongReading]:
        reading = self._reading = resolved.rendition.open(self._start, self._container)
        with self._stages.measure(Stage.FIRST_RANGE):
            return await reading.open(), reading

    async def _unlock(self, reading: SongReading, licensed: Licensed) -> tuple[Licensed, timedelta]:
        try:
            return licensed, await reading.unlock(licensed.key)
        except DataLossError as error:
            if error.reason is not Reason.DECRYPTION_KEY_WRONG or licensed.key is None:
                raise
        # Once more with a fresh licence, and never a third time.
        licensed = await self._license(licensed.resolved)
        return licensed, await reading.unlock(licensed.key)

    async def _find(self, stages: StageTimes) -> Resolved:
        """Ask where the song lies; what only a Widevine device plays, only with one."""
        if not is_library_song(self._song_id):
            self._licenser.device()
        found = await self._resolver.resolve(self._song_id, self._listener, stages)
        if found.rendition.protected:
            self._licenser.device()
        return found

    async def _preview_for(self, error: AppleMusicError) -> Resolved:
        """Return where the preview lies, if that is what the listener wants now; else raise."""
        wanted = self._allow_preview and error.reason in PREVIEW_REASONS
        if not wanted or is_preview(self._state):
            raise error
        return await self._resolver.preview(self._song_id, self._listener, error)

    async def _find_again(
        self, state: State, error: AppleMusicError, stages: StageTimes
    ) -> Resolved:
        if is_preview(state):
            return await self._resolver.preview(self._song_id, self._listener, error)
        return await self._find(stages)

    async def _renew(self, ready: Ready, position: int, error: AppleMusicError) -> None:
        await self._close_reading()
        stages = StageTimes(self._clock)
        resolved = await self._find_again(ready, error, stages)
        start = SongStart(byte_offset=position, etag=ready.facts.etag)
        reading = self._reading = resolved.rendition.open(start, self._container)
        await reading.open()
        await reading.unlock(ready.licensed.key)
        self._renewals += 1

    async def _renew_license(self, licensed: Licensed) -> float | None:
        """Get another licence for what plays; the key that it grants must be the same."""
        resolved = licensed.resolved
        grant = await self._licenser.grant(resolved.offer, resolved.rendition, self._listener)
        if grant.key != licensed.key:
            raise AbortedError(
                Reason.MEDIA_CHANGED, "the song's key changed at Apple while it was being played"
            )
        return None if grant.renew_after is None else grant.renew_after.total_seconds()
