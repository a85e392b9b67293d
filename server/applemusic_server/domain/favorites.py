"""What listeners think of items: how items are named, and the ports to Apple."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import FavoriteState, ResourceRef, ResourceType

ItemKey: TypeAlias = tuple[ResourceType, str]
"""Kind and id: names an item where its name does not matter."""

_LIBRARY_PREFIXES: Final = {
    ResourceType.SONG: "i.",
    ResourceType.MUSIC_VIDEO: "i.",
    ResourceType.ALBUM: "l.",
    ResourceType.ARTIST: "r.",
    ResourceType.PLAYLIST: "p.",
}


def item_key(item: ResourceRef) -> ItemKey:
    """Return the key of an item."""
    return item.type, item.id


def is_library_item(item: ResourceRef) -> bool:
    """Whether the id is one of a library: `i.…`, `l.…`, `r.…` or `p.…` by kind."""
    prefix = _LIBRARY_PREFIXES.get(item.type)
    return prefix is not None and item.id.startswith(prefix)


class FavoritesGateway(Protocol):
    """Asks and tells Apple. Every method may raise the token and UPSTREAM reasons."""

    async def ratings(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        """Return what is thought of items that are no artists; those without are left out."""
        ...

    async def artist_favorites(
        self, artist_ids: Sequence[str], listener: Listener
    ) -> Mapping[str, FavoriteState]:
        """Return FAVORITE or NONE of catalog artists; those that Apple does not tell are left out.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ...

    async def rate(
        self, items: Sequence[ResourceRef], state: FavoriteState, listener: Listener
    ) -> frozenset[ItemKey]:
        """Rate items that are no artists, one request each; NONE takes the rating away.

        Returns:
            The items that Apple does not rate.
        """
        ...

    async def add(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        """Make catalog items favorites; what cannot be one is ignored by Apple.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ...

    async def remove(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        """Make catalog items no favorites any more. Apple does not document the call.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ...

    async def existing(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> frozenset[ItemKey]:
        """Return which catalog items there are in the listener's storefront."""
        ...


class CatalogTwins(Protocol):
    """Knows which catalog items library items are."""

    async def catalog_ids(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, str]:
        """Return the catalog id of each library item; empty for one without, e.g. an upload.

        Items that the library does not have are left out. May raise the token and UPSTREAM reasons.
        """
        ...
