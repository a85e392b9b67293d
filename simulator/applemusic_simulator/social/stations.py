"""Stations that are made for a song, an artist or a listener when somebody asks for them."""

import hashlib
from collections.abc import Callable, Iterable

from applemusic_simulator.accounts import Account
from applemusic_simulator.model import Catalogue, Song, Station

_SEEDED = "ra."
_PERSONAL = "ra.u-"
# Apple has no station for some songs; nobody knows which. Here it is film music.
_WITHOUT = "Soundtrack"


class Stations:
    """Finds stations that are not in the catalogue.

    Args:
        catalogue: Songs and artists.
        clock: Seconds since 1970.
        seed: Personal ids follow from it.

    Attributes:
        personal_life: After how many seconds a personal station gets another id; 0 is never.
    """

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float], seed: int) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._seed = seed
        self._turns: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self.personal_life = 0.0

    def personal(self, account: Account) -> Station:
        """The account's own station under its present id."""
        ages = int(self._clock() // self.personal_life) if self.personal_life > 0 else 0
        turn = f"{self._turns.get(account.id, 0)} {ages}"
        digest = hashlib.sha256(f"station {self._seed} {account.id} {turn}".encode()).hexdigest()
        station_id = f"{_PERSONAL}{digest[:32]}"
        self._owners = {key: owner for key, owner in self._owners.items() if owner != account.id}
        self._owners[station_id] = account.id
        return Station(
            station_id,
            f"{account.id.capitalize()}\u2019s Station",
            "Music you like, chosen by nobody.",
            song_ids=tuple(song.id for song in self._playable()),
            account_id=account.id,
        )

    def rotate_personal(self, account: Account) -> str:
        """Give the account's station another id, which is returned; the old one is gone."""
        self._turns[account.id] = self._turns.get(account.id, 0) + 1
        return self.personal(account).id

    def of_song(self, song: Song) -> Station | None:
        """The station that begins with a song, None for one that has none."""
        if not song.playable or song.genre == _WITHOUT:
            return None
        others = [
            other.id
            for other in self._playable()
            if other.id != song.id
            and (other.artist_id == song.artist_id or other.genre == song.genre)
        ]
        return Station(
            f"{_SEEDED}{song.id}",
            f"{song.name} Station",
            f"Begins with {song.name}.",
            song_ids=(song.id, *others),
        )

    def of_artist(self, artist_id: str) -> Station | None:
        """The station of an artist and those like them."""
        artist = self._catalogue.artists.get(artist_id)
        if artist is None or not artist.similar_ids:
            return None
        near = {artist.id, *artist.similar_ids[:3]}
        songs = tuple(song.id for song in self._playable() if song.artist_id in near)
        name = f"{artist.name} Station"
        return Station(f"{_SEEDED}{artist.id}", name, f"{artist.name} and others.", song_ids=songs)

    def find(self, station_id: str) -> Station | None:
        """A seeded or personal station; a personal id is known once it was told to somebody."""
        if station_id in self._owners:
            station = self.personal(Account(self._owners[station_id]))
            return station if station.id == station_id else None
        key = station_id.removeprefix(_SEEDED)
        if key == station_id:
            return None
        song = self._catalogue.songs.get(key)
        return self.of_artist(key) if song is None else self.of_song(song)

    def reset(self) -> None:
        """Personal stations have their first ids again."""
        self._turns.clear()
        self._owners.clear()
        self.personal_life = 0.0

    def _playable(self) -> Iterable[Song]:
        return (song for song in self._catalogue.songs.values() if song.playable)
