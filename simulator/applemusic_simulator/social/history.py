"""What was played, by whom and when."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from applemusic_simulator.model import Catalogue

Reference = tuple[str, str]
TRACKS = ("songs", "music-videos")
CONTAINERS = ("albums", "playlists", "stations")
DAY = 86_400.0
_HEAVY_DAYS = 28
_PLAYS_AT_FIRST = 240


@dataclass(frozen=True, slots=True)
class Play:
    """One play.

    Attributes:
        at: Seconds since 1970.
        track: Type (`songs`, `music-videos`) and id, or None where only the container is known,
            as with live stations.
        container: Type (`albums`, `playlists`, `stations`) and id of what it was played from, or
            None.
    """

    at: float
    track: Reference | None
    container: Reference | None


class History:
    """Everybody's plays. An account begins with some weeks of an invented taste.

    Args:
        catalogue: What there is to play.
        clock: Seconds since 1970.
        seed: The invented taste follows from it and the account's id.
    """

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float], seed: int) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._seed = seed
        self._plays: dict[str, list[Play]] = {}

    def plays(self, account_id: str) -> list[Play]:
        """All plays, oldest first."""
        if account_id not in self._plays:
            self._plays[account_id] = self._invent(account_id)
        return self._plays[account_id]

    def add(
        self,
        account_id: str,
        track: Reference | None,
        container: Reference | None = None,
        at: float | None = None,
    ) -> None:
        """Note a play, now or at a given time."""
        played_at = self._clock() if at is None else at
        plays = self.plays(account_id)
        plays.append(Play(played_at, track, container))
        plays.sort(key=lambda play: play.at)

    def clear(self, account_id: str) -> None:
        """This account has never played anything."""
        self._plays[account_id] = []

    def recent_tracks(self, account_id: str) -> list[Reference]:
        """Tracks, the last played first, each once."""
        plays = reversed(self.plays(account_id))
        return list(dict.fromkeys(play.track for play in plays if play.track is not None))

    def recent_containers(self, account_id: str) -> list[Reference]:
        """Albums, playlists and stations, the last played first, each once."""
        plays = reversed(self.plays(account_id))
        return list(dict.fromkeys(play.container for play in plays if play.container is not None))

    def heavy_rotation(self, account_id: str) -> list[Reference]:
        """Containers by how often they were played in the last four weeks."""
        since = self._clock() - _HEAVY_DAYS * DAY
        counts = Counter(
            play.container
            for play in self.plays(account_id)
            if play.container is not None and play.at >= since
        )
        return [container for container, _ in counts.most_common()]

    def reset(self) -> None:
        """Everybody's taste is as invented."""
        self._plays.clear()

    def _invent(self, account_id: str) -> list[Play]:
        chance = random.Random(f"history {self._seed} {account_id}")  # noqa: S311 - repeatable, not secret
        now = self._clock()
        containers = self._containers(chance)
        plays: list[Play] = []
        at = now - 45 * DAY
        while len(plays) < _PLAYS_AT_FIRST:
            container = chance.choice(containers)
            at += chance.uniform(0.1, 0.9) * DAY
            songs = self._songs(container)
            if not songs:
                plays.append(Play(at, None, container))
            for song_id in songs[: chance.randrange(2, 7)]:
                at += self._catalogue.songs[song_id].duration_ms / 1000
                plays.append(Play(at, ("songs", song_id), container))
        late = max(0.0, at - now + 60)
        return [Play(play.at - late, play.track, play.container) for play in plays]

    def _containers(self, chance: random.Random) -> list[Reference]:
        albums = [album.id for album in self._catalogue.albums.values() if not album.is_single]
        stations = [station.id for station in self._catalogue.stations.values()]
        chosen = [("albums", key) for key in chance.sample(albums, min(14, len(albums)))]
        playlists = list(self._catalogue.playlists)
        chosen += [("playlists", key) for key in chance.sample(playlists, min(5, len(playlists)))]
        chosen += [("stations", key) for key in chance.sample(stations, min(5, len(stations)))]
        return chosen

    def _songs(self, container: Reference) -> Sequence[str]:
        kind, key = container
        if kind == "albums":
            songs = self._catalogue.albums[key].song_ids
        elif kind == "playlists":
            songs = self._catalogue.playlists[key].song_ids
        else:
            songs = self._catalogue.stations[key].song_ids
        return [song_id for song_id in songs if self._catalogue.songs[song_id].playable]
