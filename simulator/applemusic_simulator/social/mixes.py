"""Playlists that the service makes for one listener: mixes and what they heard in a year."""

import hashlib
import random
from collections.abc import Callable

from applemusic_simulator.accounts import Account, Accounts
from applemusic_simulator.model import Catalogue, Playlist
from applemusic_simulator.social.history import DAY
from applemusic_simulator.social.times import text_of

CURATOR = "Sim Music"
_WEEK = 7 * DAY
_SONGS = 25
_MIXES = (
    ("Favorites Mix", "The songs you love. Nobody counted."),
    ("New Music Mix", "New to somebody. Updated every week."),
    ("Chill Mix", "Music for horizontal people."),
    ("Get Up! Mix", "Music for vertical people."),
)
REPLAY_YEARS = 3


class Mixes:
    """Makes and finds personal playlists; mixes keep their ids and change their songs weekly.

    Args:
        catalogue: Where the songs come from.
        accounts: For whom there are playlists.
        clock: Seconds since 1970.
        seed: Ids and songs follow from it.
    """

    def __init__(
        self, catalogue: Catalogue, accounts: Accounts, clock: Callable[[], float], seed: int
    ) -> None:
        self._catalogue = catalogue
        self._accounts = accounts
        self._clock = clock
        self._seed = seed

    def of(self, account: Account) -> list[Playlist]:
        """The four mixes of an account."""
        week = int(self._clock() // _WEEK)
        return [
            self._playlist(account, f"pl.pm-{self._digest(account, name)}", name, text, turn=week)
            for name, text in _MIXES
        ]

    def replay(self, account: Account, year: int) -> Playlist:
        """What an account played most in a year."""
        name = f"Replay \u2019{year % 100:02}"
        key = f"pl.rp-{self._digest(account, name)[:12]}"
        return self._playlist(
            account, key, name, f"Your {year} in songs.", turn=year, kind="replay"
        )

    def find(self, playlist_id: str) -> Playlist | None:
        """A personal playlist of anybody."""
        if not playlist_id.startswith(("pl.pm-", "pl.rp-")):
            return None
        return next((mix for mix in self._all() if mix.id == playlist_id), None)

    def _all(self) -> list[Playlist]:
        this_year = int(text_of(self._clock())[:4])
        found = []
        for account in self._accounts:
            found += self.of(account)
            found += [self.replay(account, this_year - ago) for ago in range(REPLAY_YEARS + 1)]
        return found

    def _digest(self, account: Account, name: str) -> str:
        text = f"mix {self._seed} {account.id} {name}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _playlist(
        self,
        account: Account,
        key: str,
        name: str,
        text: str,
        *,
        turn: int,
        kind: str = "personal-mix",
    ) -> Playlist:
        chance = random.Random(f"{self._seed} {account.id} {name} {turn}")  # noqa: S311 - repeatable, not secret
        pool = [song.id for song in self._catalogue.songs.values() if song.playable]
        return Playlist(
            id=key,
            name=name,
            curator=CURATOR,
            description=text,
            song_ids=tuple(chance.sample(pool, min(_SONGS, len(pool)))),
            last_modified=text_of(self._clock() // _WEEK * _WEEK),
            type=kind,
        )
