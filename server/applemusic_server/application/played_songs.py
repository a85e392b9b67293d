"""Where the songs lie that play now, and their keys: a seek need not ask for them again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from applemusic_server.application.song_state import Licensed
from applemusic_server.domain.gateways import Listener


@dataclass(frozen=True, slots=True)
class _Played:
    storefront: str
    song_id: str
    licensed: Licensed
    ends: float


class PlayedSongs:
    """Remembers the last songs of each account for as long as what is known of them is good.

    Only for streams of the same account that go on in the song: one that starts it asks Apple.

    Args:
        clock: Monotonic seconds.
        now: The time of day, with a time zone.
        lifetime_seconds: How long an address and a key are good; see `PrepareTuning`.
        songs_per_account: A player that fades has two.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        lifetime_seconds: float,
        songs_per_account: int = 2,
    ) -> None:
        self._clock = clock
        self._now = now
        self._lifetime = lifetime_seconds
        self._songs_per_account = songs_per_account
        self._played: dict[str, list[_Played]] = {}

    def remember(self, listener: Listener, song_id: str, licensed: Licensed) -> None:
        """Note a song that begins; one that is known already keeps its end."""
        self._forget_ended()
        known = self._played.setdefault(listener.account_id, [])
        if any(each.licensed == licensed for each in known):
            return
        ends = self._clock() + self._lifetime
        told = licensed.resolved.rendition.expire_time
        if told is not None:
            ends = min(ends, self._clock() + (told - self._now()).total_seconds())
        others = [each for each in known if each.song_id != song_id]
        latest = _Played(listener.storefront, song_id, licensed, ends)
        self._played[listener.account_id] = [latest, *others][: self._songs_per_account]

    def find(self, listener: Listener, song_id: str) -> Licensed | None:
        """What is known of a song that the listener plays, or played a moment ago."""
        self._forget_ended()
        for each in self._played.get(listener.account_id, ()):
            # With another token it is the same person still; see `Preparer`.
            if (each.storefront, each.song_id) == (listener.storefront, song_id):
                return each.licensed
        return None

    def forget(self, account_id: str) -> None:
        """Forget everything of an account."""
        self._played.pop(account_id, None)

    def _forget_ended(self) -> None:
        now = self._clock()
        for account_id, songs in tuple(self._played.items()):
            left = [each for each in songs if each.ends > now]
            if left:
                self._played[account_id] = left
            else:
                del self._played[account_id]
