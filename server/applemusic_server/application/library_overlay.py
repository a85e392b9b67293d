"""What recent writes of one account change about what Apple answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from applemusic_server.application.library_memory import TYPES, LibraryMemory
from applemusic_server.domain.favorites import ItemKey
from applemusic_server.domain.library_writes import Written
from applemusic_server.domain.resources import (
    FavoriteState,
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceType,
)

R = TypeVar("R", bound=Resource)


class Overlay:
    """Lays recent writes over items.

    Args:
        items: What became of items.
        favorites: What was liked.
    """

    def __init__(
        self, items: Mapping[ItemKey, Written], favorites: Mapping[ItemKey, FavoriteState]
    ) -> None:
        self._items = items
        self._favorites = favorites

    def __bool__(self) -> bool:
        return bool(self._items or self._favorites)

    def touches(self, kind: type[Any]) -> bool:
        """Whether a list of items of this class can look another way than Apple has it."""
        what = TYPES[kind]
        return any(key[0] is what for key in (*self._items, *self._favorites))

    def written(self, what: ResourceType, item_id: str) -> Written | None:
        """Return what became of an item, by any id that was ever told for it."""
        return self._items.get((what, item_id))

    def ids(self, kind: type[Resource]) -> frozenset[str]:
        """Return the ids of everything of a class that was written, gone or not."""
        what = TYPES[kind]
        return frozenset(key[1] for key in self._items if key[0] is what)

    def is_gone(self, what: ResourceType, item_id: str) -> bool:
        """Whether an item was removed."""
        written = self._items.get((what, item_id))
        return written is not None and written.resource is None

    def awaited(self, kind: type[R]) -> tuple[R, ...]:
        """Return what is new and was not seen at Apple yet, the newest first."""
        found = [
            self.liked(written.resource)
            for written in self._items.values()
            if written.awaited and isinstance(written.resource, kind)
        ]
        return tuple(reversed(found))

    def put_into(self, folder_id: str) -> tuple[Playlist | PlaylistFolder, ...]:
        """Return what was made in a folder or moved there, the newest first."""
        found = [
            self.liked(written.resource)
            for written in self._items.values()
            if isinstance(written.resource, Playlist | PlaylistFolder)
            and (written.awaited or "parent_folder_id" in written.changes)
            and written.resource.parent_folder_id == folder_id
        ]
        return tuple(reversed(found))

    def items(self, kind: type[R]) -> tuple[R, ...]:
        """Return everything of a class that was written and is there, the newest first."""
        found = [
            self.liked(written.resource)
            for written in self._items.values()
            if isinstance(written.resource, kind)
        ]
        return tuple(reversed(found))

    def on(self, item: R) -> R | None:
        """Return an item of the library as it should be; None when it is gone."""
        written = self._items.get((TYPES[type(item)], item.id)) if type(item) in TYPES else None
        if written is None:
            return self.liked(item)
        if written.resource is None:
            return None
        changes: dict[str, Any] = dict(written.changes)
        return self.liked(replace(item, **changes))

    def on_all(self, items: Iterable[R]) -> tuple[R, ...]:
        """Return those of the items that are there, as they should be."""
        found = (self.on(item) for item in items)
        return tuple(item for item in found if item is not None)

    def liked(self, item: R) -> R:
        """Return an item of the library or the catalog with what the listener thinks of it."""
        what = TYPES.get(type(item))
        if what is None or not self._favorites or isinstance(item, PlaylistFolder):
            return item
        for item_id in (item.id, getattr(item, "catalog_id", "")):
            state = self._favorites.get((what, item_id))
            if state is not None:
                liked: Any = replace(cast("Any", item), favorite_state=state)
                return cast("R", liked)
        return item

    def in_catalog(self, item: R) -> R:
        """Return an item of the catalog with what the listener thinks of it and has of it."""
        item = self.liked(item)
        library_id: str = getattr(item, "library_id", "")
        if library_id and self.is_gone(TYPES[type(item)], library_id):
            bare: Any = replace(cast("Any", item), library_id="")
            return cast("R", bare)
        return item


def overlay_of(memory: LibraryMemory, account_id: str) -> Overlay:
    """Return what an account wrote lately."""
    return Overlay(memory.items(account_id), memory.favorites(account_id))


def without(items: Iterable[R], shown: Sequence[Resource]) -> tuple[R, ...]:
    """Return the items that are not among those already shown, by any of their ids."""
    keys = {key for each in shown for key in _keys(each)}
    return tuple(item for item in items if keys.isdisjoint(_keys(item)))


def _keys(item: Resource) -> list[ItemKey]:
    what = TYPES[type(item)]
    own = [(what, item.id)]
    # A playlist's catalog id is no name of it: several copies can have the same.
    catalog_id: str = getattr(item, "catalog_id", "")
    return [*own, (what, catalog_id)] if catalog_id else own
