"""What one account will play next, and the one task that prepares it."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

from applemusic_server.application.precedence import Precedence
from applemusic_server.application.prepare_tuning import PrepareTuning
from applemusic_server.application.prepared_song import PreparedSong, Wanted
from applemusic_server.domain.audio import Preparation
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.prepared import PrepareObserver, PrepareOutcome
from applemusic_server.domain.together import within

NewSong = Callable[[Callable[[], Listener], str, Wanted], PreparedSong]
_ROOM_SECONDS = 5.0


class PreparedList:
    """The songs that an account named, the next first.

    One song is worked on at a time, the most urgent first; after each step the list is looked at
    anew. What is dropped is closed by the same task, so nothing is left behind.

    Args:
        listener: Who will listen.
        new_song: Makes an entry.
        precedence: Which accounts have a stream that comes first.
        slots: How many songs of all accounts are worked on at once.
        has_room: Whether one song more may hold audio, all accounts together.
        on_idle: Is told when there is nothing left to do, ever.
        observer: Is told what became of songs.
        clock: Monotonic seconds.
        sleep: Waits for so many seconds.
        tuning: How much, and for how long.
    """

    def __init__(
        self,
        listener: Listener,
        new_song: NewSong,
        *,
        precedence: Precedence,
        slots: asyncio.Semaphore,
        has_room: Callable[[], bool],
        on_idle: Callable[["PreparedList"], None],
        observer: PrepareObserver,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        tuning: PrepareTuning,
    ) -> None:
        self.listener = listener
        self.songs: list[PreparedSong] = []
        self._new_song = new_song
        self._precedence = precedence
        self._slots = slots
        self._has_room = has_room
        self._on_idle = on_idle
        self._observer = observer
        self._clock = clock
        self._sleep = sleep
        self._tuning = tuning
        self._dropped: list[PreparedSong] = []
        self._current: PreparedSong | None = None
        self._wake = asyncio.Event()
        self._named_at = clock()
        self._worker: asyncio.Task[None] | None = None

    def replace(self, song_ids: Sequence[str], wanted: Wanted) -> list[PreparedSong]:
        """Make these the list: known ones stay as they are, in the new order; others are dropped.

        Returns:
            The entries, one per id.
        """
        self._named_at = self._clock()
        before, self.songs = self.songs, []
        for song_id in song_ids[: self._tuning.songs_per_account]:
            known = next(
                (each for each in before if (each.song_id, each.wanted) == (song_id, wanted)), None
            )
            if known is None:
                self.songs.append(self._new_song(lambda: self.listener, song_id, wanted))
            else:
                before.remove(known)
                known.try_again()
                self.songs.append(known)
        self._drop(before)
        return list(self.songs)

    def listen_as(self, listener: Listener) -> None:
        """Go on with another token of the same person."""
        if listener != self.listener:
            self.listener = listener
            for song in self.songs:
                song.listen_as(listener)

    def take(self, song_id: str) -> PreparedSong | None:
        """Take a song off the list: it is the caller's to close from now on."""
        found = next((each for each in self.songs if each.song_id == song_id), None)
        if found is not None:
            self.songs.remove(found)
            self._observer.on_outcome(PrepareOutcome.USED)
            self._work()
        return found

    def clear(self) -> None:
        """Drop everything."""
        before, self.songs = self.songs, []
        self._drop(before)

    async def aclose(self) -> None:
        """Drop everything, and wait until it is closed."""
        self.clear()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})
        while self._dropped:
            await self._close_one()

    def _drop(self, songs: Sequence[PreparedSong]) -> None:
        for song in songs:
            done = song.complete
            outcome = PrepareOutcome.UNUSED if done else PrepareOutcome.CANCELLED
            self._observer.on_outcome(outcome)
            if song is self._current:
                song.cancel_step()
        self._dropped += songs
        self._work()

    def _work(self) -> None:
        """See to it that somebody looks at the list."""
        self._wake.set()
        if (self._worker is None or self._worker.done()) and (self.songs or self._dropped):
            # It outlives the call that starts it, so it takes nothing of that call along.
            loop = asyncio.get_running_loop()
            self._worker = loop.create_task(self._run(), context=Context())

    async def _run(self) -> None:
        while self.songs or self._dropped:
            self._wake.clear()  # first: what changes from now on is looked at in the next turn
            while self._dropped:
                await self._close_one()
            await self._reduce()
            if not self.songs:
                continue
            now = self._clock()
            _, due = self._next()
            lapse = self._named_at + self._tuning.list_seconds
            if now >= lapse:
                self.clear()
            elif due > now:
                await within(min(due, lapse) - now, self._wake.wait(), self._sleep)
            else:
                await self._step_in_turn()
        self._on_idle(self)

    async def _close_one(self) -> None:
        await self._dropped[0].aclose()
        del self._dropped[0]  # only now: whoever cancels this finds it still there

    async def _step_in_turn(self) -> None:
        await self._precedence.clear(self.listener.account_id)
        async with self._slots:
            # In the meantime the list may have become another.
            song, due = self._next()
            if song is None or due > self._clock():
                return
            if song.refreshing:
                self._observer.on_refresh()
            self._current, before = song, song.failure
            step = song.begin_step()
            try:
                await asyncio.wait({step})
            finally:
                self._current = None
                step.cancel()
        if not step.cancelled():
            step.result()
        if song.failure is not None and song.failure is not before:
            self._observer.on_failure(song.failure.reason)

    async def _reduce(self) -> None:
        """Free what songs hold that are not among the first any more."""
        for song in self.songs[self._tuning.ready_songs :]:
            await song.reduce()

    def _next(self) -> tuple[PreparedSong | None, float]:
        """The first song with something to do now, else the next one, and when."""
        found: tuple[PreparedSong | None, float] = None, math.inf
        now = self._clock()
        for place, song in enumerate(self.songs):
            due = self._due(place, song)
            if due <= now:
                return song, due
            if due < found[1]:
                found = song, due
        return found

    def _due(self, place: int, song: PreparedSong) -> float:
        if place >= self._tuning.ready_songs:
            return song.due(Preparation.RESOLVED)
        if song.holds_audio or self._has_room():
            return song.due(Preparation.READY)
        # The place of another account's song may become free.
        return min(song.due(Preparation.RESOLVED), self._clock() + _ROOM_SECONDS)
