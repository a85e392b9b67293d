"""What plays: songs, and broadcast stations."""

from collections.abc import AsyncGenerator, Callable

from applemusic_server.application.live_playback import LivePlayback
from applemusic_server.application.playback import Playback
from applemusic_server.application.stream_limits import StreamLimits
from applemusic_server.domain.audio import AudioFrame, AudioRequest, StreamNumbers


class Player:
    """The `AudioPlayer`: hands each request to who plays such things.

    Args:
        songs: Plays songs.
        stations: Plays broadcast stations, within the same limits.
    """

    def __init__(self, songs: Playback, stations: LivePlayback) -> None:
        self._songs = songs
        self._stations = stations

    @property
    def limits(self) -> StreamLimits:
        """How many streams are open, of both kinds."""
        return self._songs.limits

    def forget(self, account_id: str) -> None:
        """Forget what is known of the songs of an account, whose token is no good any more."""
        self._songs.forget(account_id)

    def drain(self) -> None:
        """End what does not end by itself; songs may be heard to their end."""
        self._stations.drain()

    def stream(
        self, request: AudioRequest, measured: Callable[[StreamNumbers], None] = lambda _: None
    ) -> AsyncGenerator[AudioFrame, None]:
        """See `AudioPlayer.stream`. Close the generator with `aclose`."""
        plays = self._stations if request.station_id else self._songs
        return plays.stream(request, measured)
