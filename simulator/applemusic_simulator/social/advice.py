"""What the service recommends to a listener."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from applemusic_simulator.accounts import Account
from applemusic_simulator.model import Catalogue
from applemusic_simulator.social.history import DAY, History, Reference
from applemusic_simulator.social.mixes import Mixes
from applemusic_simulator.social.stations import Stations

_NEW_RELEASES = 24


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A group of recommended things.

    Attributes:
        id: Until the next update.
        kind: `music-recommendations`, `recently-played` or `unknown`.
        reason: Why, in words; may be empty.
        contents: Types and ids.
        next_update: Seconds since 1970.
    """

    id: str
    title: str
    kind: str
    contents: tuple[Reference, ...]
    next_update: float
    reason: str = ""

    @property
    def resource_types(self) -> list[str]:
        """The types among the contents."""
        return list(dict.fromkeys(kind for kind, _ in self.contents))


class Advice:
    """Makes each listener's recommendations; their ids change every day, and when told to.

    Args:
        catalogue: What can be recommended.
        history: What an account played.
        mixes: Its personal playlists.
        stations: Its personal and seeded stations.
        clock: Seconds since 1970.
        seed: The choice follows from it.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        history: History,
        mixes: Mixes,
        stations: Stations,
        *,
        clock: Callable[[], float],
        seed: int,
    ) -> None:
        self._catalogue = catalogue
        self._history = history
        self._mixes = mixes
        self._stations = stations
        self._clock = clock
        self._seed = seed
        self._turns: dict[str, int] = {}

    def to(self, account: Account) -> list[Recommendation]:
        """All groups, in the order in which they are shown."""
        chance = random.Random(self._mark(account, "choice"))  # noqa: S311 - repeatable, not secret
        mixes = tuple(("playlists", mix.id) for mix in self._mixes.of(account))
        recent = tuple(self._history.recent_containers(account.id)[:25])
        groups = [
            ("Made for You", "music-recommendations", mixes, ""),
            ("Stations for You", "music-recommendations", self._radio(account, chance), ""),
            ("Recently Played", "recently-played", recent, ""),
            ("New Releases", "music-recommendations", self._new(), ""),
            self._more_like(chance),
            ("Around the World", "unknown", self._charts(), ""),
        ]
        update = (self._clock() // DAY + 1) * DAY
        return [
            Recommendation(
                f"6-{self._mark(account, title)[:13]}", title, kind, contents, update, reason
            )
            for title, kind, contents, reason in groups
            if contents
        ]

    def rotate(self, account: Account) -> None:
        """Replace all groups now: other ids, other choices."""
        self._turns[account.id] = self._turns.get(account.id, 0) + 1

    def reset(self) -> None:
        """No group was replaced before its time."""
        self._turns.clear()

    def _mark(self, account: Account, name: str) -> str:
        day = int(self._clock() // DAY)
        text = f"{self._seed} {account.id} {name} {day} {self._turns.get(account.id, 0)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _radio(self, account: Account, chance: random.Random) -> tuple[Reference, ...]:
        """The personal station, others that play songs, and a live one."""
        stations = list(self._catalogue.stations.values())
        tracks = [station.id for station in stations if not station.is_live]
        live = [station.id for station in stations if station.featured]
        artists = [key for key, found in self._catalogue.artists.items() if found.similar_ids]
        ids = [
            self._stations.personal(account).id,
            *chance.sample(tracks, min(5, len(tracks))),
            *(f"ra.{key}" for key in chance.sample(artists, min(4, len(artists)))),
            *live[:1],
        ]
        return tuple(("stations", key) for key in ids)

    def _new(self) -> tuple[Reference, ...]:
        albums = sorted(self._catalogue.albums.values(), key=lambda album: album.release_date)
        return tuple(("albums", album.id) for album in albums[::-1][:_NEW_RELEASES])

    def _more_like(self, chance: random.Random) -> tuple[str, str, tuple[Reference, ...], str]:
        """Albums, playlists and a station in one group."""
        artists = [found for found in self._catalogue.artists.values() if found.similar_ids]
        artist = chance.choice(artists)
        near = [self._catalogue.artists[key] for key in artist.similar_ids]
        contents: list[Reference] = [("albums", other.album_ids[0]) for other in near]
        playlists = list(self._catalogue.playlists)
        chosen = chance.sample(playlists, min(3, len(playlists)))
        contents += [("playlists", key) for key in chosen]
        contents.append(("stations", f"ra.{artist.id}"))
        chance.shuffle(contents)
        title = f"More Like {artist.name}"
        return title, "music-recommendations", tuple(contents), f"You listened to {artist.name}"

    def _charts(self) -> tuple[Reference, ...]:
        charts = [found.id for found in self._catalogue.playlists.values() if found.chart]
        return tuple(("playlists", key) for key in charts)
