"""What stations play, one song after another, for each listener anew."""

import random
from collections import defaultdict

from applemusic_simulator.accounts import Account
from applemusic_simulator.errors import AppleError, not_found
from applemusic_simulator.model import Catalogue, Station
from applemusic_simulator.social.stations import Stations

# Every so many songs an old one comes back, as it does at Apple.
_REPEAT_EVERY = 8


class Radio:
    """Remembers how far each listener has come on each station.

    Args:
        catalogue: Its stations, and songs.
        stations: The other stations.
        seed: The order follows from it.
    """

    def __init__(self, catalogue: Catalogue, stations: Stations, seed: int) -> None:
        self._catalogue = catalogue
        self._stations = stations
        self._seed = seed
        self._played: dict[tuple[str, str], int] = defaultdict(int)

    def station(self, station_id: str) -> Station | None:
        """Any station by id."""
        return self._catalogue.stations.get(station_id) or self._stations.find(station_id)

    def next_songs(self, account: Account, station_id: str, count: int) -> list[str]:
        """The next song ids of a station; a live one has none.

        Raises:
            AppleError: 500 for a library id and a song without a station, 404 for an unknown id.
        """
        station = self.station(station_id)
        if station is None:
            key = station_id.removeprefix("ra.")
            if key.startswith(("i.", "l.", "p.", "r.")) or key in self._catalogue.songs:
                raise AppleError(500, title="Service failure: Stations")
            raise not_found()
        if not station.song_ids or (station.account_id and station.account_id != account.id):
            return []
        # A rotated personal station goes on: it is the same station under another id.
        place = (account.id, "personal" if station.account_id else station_id)
        start = self._played[place]
        self._played[place] += count
        return [self._song(station, place, start + index) for index in range(count)]

    def positions(self, account: Account) -> dict[str, int]:
        """How many songs each station has played to an account."""
        return {name: count for (of, name), count in self._played.items() if of == account.id}

    def reset(self) -> None:
        """Every station begins anew."""
        self._played.clear()

    def _song(self, station: Station, place: tuple[str, str], number: int) -> str:
        if number % _REPEAT_EVERY == _REPEAT_EVERY - 1:
            return self._song(station, place, number - _REPEAT_EVERY // 2)
        fresh = number - number // _REPEAT_EVERY
        lap, index = divmod(fresh, len(station.song_ids))
        seeded = station.id == f"ra.{station.song_ids[0]}"
        first, rest = station.song_ids[:seeded], list(station.song_ids[seeded:])
        random.Random(f"{self._seed} {place} {lap}").shuffle(rest)  # noqa: S311 - repeatable, not secret
        return (*first, *rest)[index]
