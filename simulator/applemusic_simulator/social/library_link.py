"""What this half of the simulator asks the library, which is built elsewhere."""

from typing import Protocol

# Catalogue types that a library may hold.
LIBRARY_KINDS = ("songs", "albums", "playlists", "music-videos")


class LibraryLink(Protocol):
    """The library as seen from ratings, favourites and the catalogue.

    Kinds are catalogue types (`songs`, `albums`, `playlists`, `music-videos`, `artists`).
    """

    def knows(self, account_id: str, library_id: str) -> bool:
        """Whether this library id is in the account's library."""
        ...

    def catalog_id(self, account_id: str, library_id: str) -> str:
        """The catalogue id of a library item, empty where it has none."""
        ...

    def library_id(self, account_id: str, kind: str, catalog_id: str) -> str:
        """The library id of a catalogue item, empty where it is not in the library."""
        ...

    def set_favorite(
        self, account_id: str, catalog_id: str, *, favorite: bool, add: bool = False
    ) -> None:
        """A song became a favourite, or is none any more: the library has a playlist of them.

        Args:
            account_id: Whose.
            catalog_id: The song.
            favorite: What it is now.
            add: Take it into the library too, with the library's own delay.
        """
        ...


class NoLibrary:
    """Stands in until a library is there: takes every library id, holds no catalogue item."""

    def knows(self, account_id: str, library_id: str) -> bool:
        """Every id, so that ratings can be tried alone."""
        del account_id, library_id
        return True

    def catalog_id(self, account_id: str, library_id: str) -> str:
        """None has one."""
        del account_id, library_id
        return ""

    def library_id(self, account_id: str, kind: str, catalog_id: str) -> str:
        """Nothing is in it."""
        del account_id, kind, catalog_id
        return ""

    def set_favorite(
        self, account_id: str, catalog_id: str, *, favorite: bool, add: bool = False
    ) -> None:
        """Forget it."""
        del account_id, catalog_id, favorite, add
