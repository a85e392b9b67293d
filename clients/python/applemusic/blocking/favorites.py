"""What a listener thinks of items.

Made of applemusic/favorites.py by `make gen`: do not edit.
"""

from collections.abc import Iterable
from typing import Unpack

from applemusic import favorites as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.calls import Call
from applemusic.models.favorite import Favorite, FavoriteState
from applemusic.references import Referable


class Favorites:
    """Favorites and dislikes. Items are resources or references to them; any number at once."""

    def __init__(self, thread: LoopThread, behind: behind.Favorites) -> None:
        self._thread = thread
        self._favorites = behind

    def set(
        self,
        items: Iterable[Referable],
        *,
        state: FavoriteState = FavoriteState.FAVORITE,
        **call: Unpack[Call],
    ) -> tuple[str, ...]:
        """Make items favorites, or disliked. Idempotent.

        Args:
            items: Songs, albums, artists, playlists, stations, music videos.
            state: FAVORITE or DISLIKED; artists cannot be disliked.
            **call: Account and timeout.

        Returns:
            Ids that Apple could not set.
        """
        return self._thread.run(self._favorites.set(list(items), state=state, **call))

    def clear(self, items: Iterable[Referable], **call: Unpack[Call]) -> None:
        """Make items neither favorites nor disliked. Idempotent."""
        self._thread.run(self._favorites.clear(list(items), **call))

    def batch_get(self, items: Iterable[Referable], **call: Unpack[Call]) -> tuple[Favorite, ...]:
        """Return what the listener thinks of items, in the order asked for."""
        return self._thread.run(self._favorites.batch_get(list(items), **call))
