"""Preparing songs: the `AudioPreparer`, for all accounts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from applemusic_server.application.license import Licenser
from applemusic_server.application.precedence import Precedence
from applemusic_server.application.prepare_tuning import PrepareTuning
from applemusic_server.application.prepared_list import PreparedList
from applemusic_server.application.prepared_song import PreparedSong, Wanted
from applemusic_server.application.resolve import Resolver
from applemusic_server.application.song_source import SongSource
from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.ids import is_library_song
from applemusic_server.domain.listeners import Listeners
from applemusic_server.domain.media import SongMedia, SongStart
from applemusic_server.domain.prepared import (
    PreparedAudio,
    PreparedStart,
    PrepareObserver,
    SilentPrepareObserver,
)
from applemusic_server.domain.tracing import SilentTracer, Tracer


class Preparer:
    """Prepares what accounts will play next, each list for itself.

    Nothing is shared between accounts, nor between two entries of one song; an entry is taken by
    one stream, once. Belongs to one event loop; call `aclose` at the end.

    Args:
        listeners: Who an account is.
        resolver: Finds out where audio lies, less urgently than for a song that plays.
        licenser: Gets keys; the same.
        media: Knows which containers there are.
        clock: Monotonic seconds.
        now: The time of day, with a time zone.
        sleep: Waits for so many seconds.
        tuning: How much, and for how long.
        observer: Is told what happens.
        tracer: Makes spans of what is done.
    """

    def __init__(
        self,
        *,
        listeners: Listeners,
        resolver: Resolver,
        licenser: Licenser,
        media: SongMedia,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tuning: PrepareTuning | None = None,
        observer: PrepareObserver | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer: Tracer = tracer or SilentTracer()
        self._listeners = listeners
        self._resolver = resolver
        self._licenser = licenser
        self._media = media
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._tuning = tuning or PrepareTuning()
        self._observer: PrepareObserver = observer or SilentPrepareObserver()
        self._lists: dict[str, PreparedList] = {}
        # Lists that somebody else's took the place of, until they are closed.
        self._leaving: set[PreparedList] = set()
        self._slots = asyncio.Semaphore(self._tuning.at_once)
        self._closed = False
        self.precedence = Precedence()

    async def prepare(
        self, account: str, song_ids: Sequence[str], container: AudioContainer
    ) -> tuple[PreparedAudio, ...]:
        """See `AudioPreparer.prepare`."""
        self._media.check_container(container)
        if not any(map(is_library_song, song_ids)):
            self._licenser.device()  # among songs of a library there may be uploads
        listener = await self._listeners.resolve(account)
        return self.replace(listener, song_ids, container)

    async def prepared(self, account: str) -> tuple[PreparedAudio, ...]:
        """See `AudioPreparer.prepared`."""
        listener = await self._listeners.resolve(account)
        found = self._list_of(listener)
        return tuple(song.describe() for song in found.songs) if found else ()

    def replace(
        self,
        listener: Listener,
        song_ids: Sequence[str],
        container: AudioContainer,
        *,
        allow_preview: bool = False,
    ) -> tuple[PreparedAudio, ...]:
        """Replace what a listener will play next; asks nobody anything, yet."""
        if self._closed:
            return tuple(PreparedAudio(song_id, Preparation.COLD) for song_id in song_ids)
        found = self._list_of(listener)
        if found is None:
            if not song_ids:
                return ()
            found = self._lists[listener.account_id] = self._new_list(listener)
        songs = found.replace(song_ids, Wanted(container, allow_preview=allow_preview))
        return tuple(song.describe() for song in songs)

    def take(self, listener: Listener, song_id: str) -> PreparedSong | None:
        """Take a song off a listener's list, if it is there: the caller closes it."""
        found = self._list_of(listener)
        song = found.take(song_id) if found else None
        self._observer.on_start(_found(song))
        return song

    def songs_of(self, listener: Listener) -> tuple[PreparedSong, ...]:
        """The songs on a listener's list, the next first. They stay the list's."""
        found = self._list_of(listener)
        return tuple(found.songs) if found else ()

    def forget(self, account_id: str) -> None:
        """Drop everything of an account: it signed in anew or out, or its token is no good."""
        found = self._lists.pop(account_id, None)
        if found is not None:
            self._leaving.add(found)
            found.clear()

    @property
    def song_count(self) -> int:
        """How many songs are on all lists."""
        return sum(len(each.songs) for each in self._lists.values())

    @property
    def held_bytes(self) -> int:
        """How many bytes of audio are held for them."""
        return sum(song.held_bytes for each in self._lists.values() for song in each.songs)

    async def aclose(self) -> None:
        """Stop, and wait until nothing is left open. Afterwards nothing is prepared."""
        self._closed = True
        for account_id in tuple(self._lists):
            self.forget(account_id)
        for leaving in tuple(self._leaving):
            await leaving.aclose()
        self._leaving.clear()

    def _list_of(self, listener: Listener) -> PreparedList | None:
        found = self._lists.get(listener.account_id)
        if found is None:
            return None
        if found.listener.storefront != listener.storefront:
            self.forget(listener.account_id)  # what is offered there may be something else
            return None
        # With another token it is the same person still: keys and addresses hold. Who signs in
        # anew under this id has had the list dropped, see `forget`.
        found.listen_as(listener)
        return found

    def _new_list(self, listener: Listener) -> PreparedList:
        return PreparedList(
            listener,
            self._new_song,
            precedence=self.precedence,
            slots=self._slots,
            has_room=self._has_room,
            on_idle=self._on_idle,
            observer=self._observer,
            clock=self._clock,
            sleep=self._sleep,
            tuning=self._tuning,
        )

    def _new_song(
        self, listener: Callable[[], Listener], song_id: str, wanted: Wanted
    ) -> PreparedSong:
        def new_source() -> SongSource:
            return SongSource(
                self._resolver,
                self._licenser,
                listener=listener(),
                song_id=song_id,
                container=wanted.container,
                start=SongStart(),
                clock=self._clock,
                allow_preview=wanted.allow_preview,
            )

        return PreparedSong(
            song_id,
            wanted,
            new_source,
            clock=self._clock,
            now=self._now,
            tuning=self._tuning,
            tracer=self._tracer,
        )

    def _has_room(self) -> bool:
        held = sum(song.holds_audio for each in self._lists.values() for song in each.songs)
        return held < self._tuning.ready_songs_per_server

    def _on_idle(self, idle: PreparedList) -> None:
        self._leaving.discard(idle)
        if self._lists.get(idle.listener.account_id) is idle:
            del self._lists[idle.listener.account_id]


def _found(song: PreparedSong | None) -> PreparedStart:
    if song is None:
        return PreparedStart.MISS
    if song.under_way and not song.complete:
        return PreparedStart.JOINED
    return PreparedStart.MISS if song.preparation is Preparation.COLD else PreparedStart.HIT
