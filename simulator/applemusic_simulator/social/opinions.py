"""What listeners like: ratings and favourites."""

from collections.abc import Callable, Iterable

from applemusic_simulator.accounts import Account
from applemusic_simulator.social.delayed import DelayedMap
from applemusic_simulator.social.library_link import LibraryLink
from applemusic_simulator.social.settings import SocialSettings

LIKE, DISLIKE = 1, -1
RATED = (
    "albums",
    "music-videos",
    "playlists",
    "songs",
    "stations",
    "library-albums",
    "library-music-videos",
    "library-playlists",
    "library-songs",
)
FAVORED = ("songs", "albums", "artists", "playlists", "music-videos", "stations")
# Account, type, id; a library item that is in the catalogue too stands under the latter.
_Key = tuple[str, str, str]


class Opinions:
    """Ratings and favourites of all accounts.

    Args:
        clock: Seconds since 1970.
        settings: Read at every call.
        library: Ties library ids to catalogue ids, and takes in favourite songs; asked for at
            every call, since it may be put in later.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        settings: SocialSettings,
        library: Callable[[], LibraryLink],
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._library = library
        self._ratings, self._favorites = self._fresh(), self._fresh()

    @property
    def version(self) -> tuple[object, object]:
        """Another value whenever a reader may see something else."""
        return self._ratings.version, self._favorites.version

    def rating(self, account: Account, kind: str, item_id: str) -> int | None:
        """1, -1, or None for what is not rated or whose rating is not seen yet."""
        return self._ratings.get(self._key(account, kind, item_id))

    def is_rated(self, account: Account, kind: str, item_id: str) -> bool:
        """Whether there is a rating to take away, seen or not."""
        return self._ratings.written(self._key(account, kind, item_id)) is not None

    def rate(self, account: Account, kind: str, item_id: str, value: int | None) -> None:
        """Set a rating of 1 or -1, or take it away."""
        key = self._key(account, kind, item_id)
        self._ratings.put(key, value)
        if self._settings.ratings_are_favorites:
            self._set_favorite(account, key, favorite=value == LIKE)

    def is_favorite(self, account: Account, kind: str, item_id: str) -> bool:
        """Whether readers see it as a favourite."""
        return self._favorites.get(self._key(account, kind, item_id)) is not None

    def favor(self, account: Account, kind: str, item_id: str) -> None:
        """Make it a favourite; a song goes to the library too, where the account wants that."""
        key = self._key(account, kind, item_id)
        self._set_favorite(account, key, favorite=True, add=account.favorites_to_library)
        if self._settings.ratings_are_favorites and kind in RATED:
            self._ratings.put(key, LIKE)

    def unfavor(self, account: Account, kind: str, item_id: str) -> None:
        """It is no favourite any more. A dislike stays one, and nothing leaves the library."""
        key = self._key(account, kind, item_id)
        self._set_favorite(account, key, favorite=False)
        if self._settings.ratings_are_favorites and self._ratings.written(key) == LIKE:
            self._ratings.put(key, None)

    def favorites(self, account: Account) -> Iterable[tuple[str, str]]:
        """Type and id of what readers see as favourites, oldest first."""
        return [(kind, item_id) for (of, kind, item_id), _ in self._favorites if of == account.id]

    def ratings(self, account: Account) -> Iterable[tuple[str, str, int]]:
        """Type, id and value of what readers see as rated, oldest first."""
        return [(kind, key, value) for (of, kind, key), value in self._ratings if of == account.id]

    def reset(self) -> None:
        """Nobody has said anything."""
        self._ratings, self._favorites = self._fresh(), self._fresh()

    def _fresh(self) -> DelayedMap[_Key, int]:
        return DelayedMap(self._clock, lambda: self._settings.write_delay)

    def _set_favorite(
        self, account: Account, key: _Key, *, favorite: bool, add: bool = False
    ) -> None:
        if favorite == (self._favorites.written(key) is not None):
            return
        self._favorites.put(key, LIKE if favorite else None)
        _, kind, item_id = key
        if kind == "songs":
            self._library().set_favorite(account.id, item_id, favorite=favorite, add=add)

    def _key(self, account: Account, kind: str, item_id: str) -> _Key:
        if kind.startswith("library-"):
            twin = self._library().catalog_id(account.id, item_id)
            if twin:
                return account.id, kind.removeprefix("library-"), twin
        return account.id, kind, item_id
