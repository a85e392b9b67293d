"""The songs that a stream names as the next ones, and what becomes of them."""

from collections.abc import Callable, Iterator
from datetime import datetime

from applemusic_server.application.prepare import Preparer
from applemusic_server.application.prepared_song import PreparedSong
from applemusic_server.domain.audio import (
    AudioEvent,
    AudioEventKind,
    AudioRequest,
    Preparation,
)
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import Listener


class NextSongs:
    """Has a stream's next songs prepared once it plays, and tells it of each, once.

    What goes wrong with them is told and does the stream no harm. A stream that names none leaves
    the account's list as it is.

    Args:
        preparer: Prepares them.
        request: Names them.
        listener: Who listens.
        now: The time of day.
    """

    def __init__(
        self,
        preparer: Preparer,
        request: AudioRequest,
        listener: Listener,
        now: Callable[[], datetime],
    ) -> None:
        self._preparer = preparer
        self._request = request
        self._listener = listener
        self._now = now
        # What was told: songs that are ready, failures by song and reason. Most streams name none.
        self._told: set[PreparedSong | tuple[str, Reason]] | None = None

    def begin(self) -> None:
        """Have them prepared; a second call does nothing."""
        if self._told is not None or not self._request.next_song_ids:
            return
        self._told = set()
        request = self._request
        self._preparer.replace(
            self._listener,
            request.next_song_ids,
            request.container,
            allow_preview=request.allow_preview,
        )

    def news(self) -> Iterator[AudioEvent]:
        """Yield what is to be told since the last time."""
        told = self._told
        if told is None:
            return
        for song in self._preparer.songs_of(self._listener):
            if song.song_id not in self._request.next_song_ids:
                continue
            failure = song.failure
            if failure is not None:
                if (song.song_id, failure.reason) not in told:
                    told.add((song.song_id, failure.reason))
                    yield self._failed(song, failure)
            elif song.preparation is Preparation.READY and song not in told:
                told.add(song)
                message = "the song is ready to start"
                yield AudioEvent(
                    AudioEventKind.PREPARED, self._now(), message, song_id=song.song_id
                )

    def _failed(self, song: PreparedSong, failure: AppleMusicError) -> AudioEvent:
        return AudioEvent(
            AudioEventKind.PREPARE_FAILED,
            self._now(),
            failure.message,
            song_id=song.song_id,
            reason=failure.reason,
        )
