"""The libraries of all accounts."""

import random
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any

from applemusic_simulator.library.ids import ROOT, LibraryIds
from applemusic_simulator.library.items import LibraryPlaylist
from applemusic_simulator.library.library import Library
from applemusic_simulator.library.settings import LibrarySettings
from applemusic_simulator.library.signing import LIFETIME, UrlSigner
from applemusic_simulator.library.small import fill_small
from applemusic_simulator.model import Catalogue

MoreAttributes = Callable[[str, str, str, str, Collection[str]], dict[str, Any]]
"""Account, type (`library-songs`), library id, catalogue id (or empty), names asked for by
`extend` and `fields` -> further attributes, e.g. `personalRating` and `inFavorites`."""

MOST_SONGS = 1_000_000
"""Apple's own limit is 100,000; beyond is for those who want to see what breaks."""

_SONGS_PER_PLAYLIST, _ROWS = 1000, 60


@dataclass(slots=True)
class _Held:
    settings: LibrarySettings
    library: Library | None = None
    waiting: list[tuple[float, Callable[[], None]]] = field(default_factory=list)


class Libraries:
    """Makes a library when it is first asked for, and lets writes show when they are due.

    Args:
        catalogue: With its depth.
        clock: The simulator's, seconds since 1970.
        seed: The world's.

    Attributes:
        songs: The size of a library for which nobody set another; None is the small one.
        signer: Signs the addresses of uploads and covers.
        more_attributes: Asked for what others know of a library item.
        more_version: Another value whenever `more_attributes` may say something else.
    """

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float], seed: int) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._seed = seed
        self._held: dict[str, _Held] = {}
        self.songs: int | None = None
        self.signer = UrlSigner(f"uploads {seed}", clock)
        self.more_attributes: MoreAttributes = lambda *_: {}
        self.more_version: Callable[[], Hashable] = lambda: None

    def of(self, account_id: str) -> Library:
        """The library of an account, as it shows now."""
        held = self._of(account_id)
        if held.library is None:
            held.library = self._make(account_id, held.settings.songs)
        now = self._clock()
        while held.waiting and held.waiting[0][0] <= now:
            _, apply = held.waiting.pop(0)
            apply()
        return held.library

    def settings(self, account_id: str) -> LibrarySettings:
        """How it behaves; may be changed, but for `songs`."""
        return self._of(account_id).settings

    def resize(self, account_id: str, songs: int | None) -> None:
        """Make the library anew with so many songs; None is the small one."""
        held = self._of(account_id)
        held.settings.songs = songs
        held.library = None
        held.waiting.clear()

    def write(self, account_id: str, apply: Callable[[], None]) -> None:
        """Change a library; it shows after the account's delay."""
        held = self._of(account_id)
        delay = held.settings.consistency_delay
        if delay <= 0 and not held.waiting:
            apply()
            return
        # Kept in order: what is built on an earlier write never shows before it.
        due = max(self._clock() + delay, held.waiting[-1][0] if held.waiting else 0.0)
        held.waiting.append((due, apply))

    def waiting(self, account_id: str) -> int:
        """How many writes do not show yet."""
        self.of(account_id)
        return len(self._of(account_id).waiting)

    def reset(self) -> None:
        """All libraries and settings as at the start."""
        self._held.clear()
        self.signer.lifetime = LIFETIME

    def _of(self, account_id: str) -> _Held:
        return self._held.setdefault(account_id, _Held(LibrarySettings(songs=self.songs)))

    def _make(self, account_id: str, songs: int | None) -> Library:
        ids = LibraryIds(self._seed, account_id)
        chance = random.Random(f"library {self._seed} {account_id}")  # noqa: S311 - repeatable, not secret
        small = Library(ids, self._catalogue)
        fill_small(small, self._catalogue, chance)
        size = len(small.song_numbers())
        if songs is None or songs == size:
            return small
        if songs == 0:
            return Library(ids, self._catalogue)
        if songs < size:
            for number in list(small.song_numbers())[songs:]:
                small.remove_song(small.song_of(number))
            return small
        large = Library(ids, self._catalogue, deep=songs - size)
        chance.seed(f"library {self._seed} {account_id}")
        fill_small(large, self._catalogue, chance)
        self._fill_playlists(large, songs // _SONGS_PER_PLAYLIST)
        return large

    def _fill_playlists(self, library: Library, count: int) -> None:
        numbers = library.song_numbers()
        for place in range(count):
            start = place * _SONGS_PER_PLAYLIST
            songs = [library.song_of(number) for number in numbers[start : start + _ROWS]]
            rows = [
                f"a.{song.catalog_id}" if song.catalog_id in self._catalogue.songs else song.id
                for song in songs
            ]
            at = songs[0].added_at
            shelf = library.shelf
            shelf.put(
                LibraryPlaylist(shelf.new_id(), f"Mix {place + 1:03}", ROOT, at, at, "", rows)
            )
