"""The libraries as ratings, favourites and the catalogue see them (`LibraryLink`)."""

from collections.abc import Callable, Collection
from typing import Any

from applemusic_simulator.accounts import Accounts
from applemusic_simulator.library.items import Item, catalog_id_of
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.social.opinions import Opinions


class LinkedLibraries:
    """Answers for all accounts.

    Args:
        libraries: What is asked.
        clock: Seconds since 1970.
    """

    def __init__(self, libraries: Libraries, clock: Callable[[], float]) -> None:
        self._libraries = libraries
        self._clock = clock

    def knows(self, account_id: str, library_id: str) -> bool:
        """Whether this library id is in the account's library."""
        return self._item(account_id, library_id) is not None

    def catalog_id(self, account_id: str, library_id: str) -> str:
        """The catalogue id of a library item, empty where it has none."""
        item = self._item(account_id, library_id)
        return "" if item is None else catalog_id_of(item)

    def library_id(self, account_id: str, kind: str, catalog_id: str) -> str:
        """The library id of a catalogue item, empty where it is not in the library."""
        found = self._libraries.of(account_id).owned(kind, catalog_id)
        return "" if found is None else found.id

    def set_favorite(
        self, account_id: str, catalog_id: str, *, favorite: bool, add: bool = False
    ) -> None:
        """Let the playlist of favourite songs follow, after the library's delay."""
        now = self._clock()

        def apply() -> None:
            library = self._libraries.of(account_id)
            if add:
                library.add_song(catalog_id, now)
            library.set_favorite(catalog_id, now, favorite=favorite)

        self._libraries.write(account_id, apply)

    def _item(self, account_id: str, library_id: str) -> Item | None:
        return self._libraries.of(account_id).item(library_id)


def personal_attributes(
    opinions: Opinions, accounts: Accounts
) -> Callable[[str, str, str, str, Collection[str]], dict[str, Any]]:
    """Return what words `personalRating` and `inFavorites` of library items."""

    def word(
        account_id: str, kind: str, item_id: str, catalog_id: str, asked: Collection[str]
    ) -> dict[str, Any]:
        account, found = accounts[account_id], dict[str, Any]()
        favored = kind.removeprefix("library-"), catalog_id
        if "inFavorites" in asked:
            found["inFavorites"] = bool(catalog_id) and opinions.is_favorite(account, *favored)
        if "personalRating" in asked:
            rating = opinions.rating(account, kind, item_id)
            # Artists cannot be rated; to those that are favourites Apple answers 1 (section 5).
            if rating is None and catalog_id and opinions.is_favorite(account, *favored):
                rating = 1
            if rating is not None:
                found["personalRating"] = rating
        return found

    return word
