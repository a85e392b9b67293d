"""What listeners think of items: set, cleared and read back as if Apple were consistent at once."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.limits import check_id
from applemusic_server.application.listening import Listening
from applemusic_server.application.recent_writes import RecentWrites
from applemusic_server.domain.capability import Capability, capability_refused
from applemusic_server.domain.errors import Reason, UnimplementedError, invalid_field
from applemusic_server.domain.favorites import (
    CatalogTwins,
    FavoritesGateway,
    ItemKey,
    is_library_item,
    item_key,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import FavoriteState, ResourceRef, ResourceType
from applemusic_server.domain.together import together

_MOST_WRITTEN: Final = 500
_MOST_READ: Final = 1000
_KINDS: Final = frozenset(
    {
        ResourceType.SONG,
        ResourceType.ALBUM,
        ResourceType.ARTIST,
        ResourceType.PLAYLIST,
        ResourceType.STATION,
        ResourceType.MUSIC_VIDEO,
    }
)
# A playlist of the library names a catalog id that often does not exist (observed): it is rated as
# it is. Personal stations change their ids, so that a lookup says nothing.
_WITHOUT_TWIN: Final = frozenset({ResourceType.PLAYLIST})
_NOT_LOOKED_UP: Final = frozenset({ResourceType.STATION})


@dataclass(frozen=True, slots=True)
class _Target:
    """An item and what is known about it.

    Attributes:
        catalog: The item of the catalog that it is; None when it is none, or not known as one.
        unknown: The library does not have it.
    """

    item: ResourceRef
    catalog: ResourceRef | None
    unknown: bool = False

    @property
    def keys(self) -> tuple[ItemKey, ...]:
        """All names under which it is known here."""
        own = item_key(self.item)
        return (own, item_key(self.catalog)) if self.catalog else (own,)

    @property
    def key(self) -> ItemKey:
        """The one name under which a write is remembered, whichever was given."""
        return item_key(self.catalog or self.item)


class Favorites:
    """The use cases of liking.

    A favorite is one at Apple's favorites and has the rating +1, a dislike the rating -1; a cleared
    item is neither. Whatever was written through this server is read back from it at once.

    Args:
        listening: Opens calls for listeners.
        gateway: Asks and tells Apple.
        twins: Knows library items' catalog ids.
        refused: Remembers what Apple refuses.
        recent: Remembers what was written.
    """

    def __init__(
        self,
        listening: Listening,
        gateway: FavoritesGateway,
        twins: CatalogTwins,
        refused: CapabilityMemory,
        recent: RecentWrites[ItemKey, FavoriteState],
    ) -> None:
        self._listening = listening
        self._gateway = gateway
        self._twins = twins
        self._refused = refused
        self._recent = recent
        # Two writes of one account in turn: the last one wins here as at Apple.
        self._writing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def set(
        self, items: Sequence[ResourceRef], state: FavoriteState, account: str
    ) -> tuple[str, ...]:
        """Make items favorites, or disliked. Idempotent.

        Returns:
            Ids of items that Apple does not have or does not take, in the order asked for.

        Raises:
            InvalidArgumentError: INVALID_FIELD, also for an artist to be disliked.
            UnimplementedError: CAPABILITY_REFUSED, for artists; nothing was written.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason; a part may be written.
        """
        wanted = _check_items(items, _MOST_WRITTEN)
        if state is FavoriteState.DISLIKED:
            _refuse_artists(wanted)
        async with self._listening.listener(account) as listener, self._turn(listener):
            if _has_artists(wanted):
                self._require(Capability.ARTIST_FAVORITES, listener)
            targets = await self._targets(wanted, listener)
            with _Doubt(self._recent, listener, targets):
                if state is FavoriteState.FAVORITE:
                    refused = await self._favor(targets, listener)
                else:
                    refused = await self._dislike(targets, listener)
            self._note(listener, targets, state, refused)
        return tuple(item.id for item in wanted if item_key(item) in refused)

    async def clear(self, items: Sequence[ResourceRef], account: str) -> None:
        """Make items neither favorites nor disliked. Idempotent.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            UnimplementedError: CAPABILITY_REFUSED, for artists; nothing was written.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason; a part may be written.
        """
        wanted = _check_items(items, _MOST_WRITTEN)
        async with self._listening.listener(account) as listener, self._turn(listener):
            if _has_artists(wanted):
                self._require(Capability.ARTIST_FAVORITES_CLEAR, listener)
            targets = await self._targets(wanted, listener)
            with _Doubt(self._recent, listener, targets):
                await self._remove(targets, listener)
                rated = [each.item for each in targets if each.item.type is not ResourceType.ARTIST]
                # What is not rated has nothing to take away.
                await self._gateway.rate(rated, FavoriteState.NONE, listener)
            self._note(listener, targets, FavoriteState.NONE, frozenset())

    async def batch_get(
        self, items: Sequence[ResourceRef], account: str
    ) -> tuple[FavoriteState, ...]:
        """Return what the listener thinks of each item, in the order asked for.

        Items that there are not are NONE; UNKNOWN is an artist of whom Apple does not tell.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            UnimplementedError: CAPABILITY_REFUSED, for artists.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        wanted = _check_items(items, _MOST_READ)
        async with self._listening.listener(account) as listener:
            found = dict(await self._written(wanted, listener))
            rest = [item for item in wanted if item_key(item) not in found]
            artists = [item for item in rest if item.type is ResourceType.ARTIST]
            others = [item for item in rest if item.type is not ResourceType.ARTIST]
            ratings, liked = await together(
                self._ratings(others, listener), self._artists(artists, listener)
            )
        found.update(ratings)
        found.update(liked)
        return tuple(found.get(item_key(item), FavoriteState.NONE) for item in items)

    async def _favor(self, targets: Sequence[_Target], listener: Listener) -> frozenset[ItemKey]:
        favored = [each.catalog for each in targets if each.catalog]
        try:
            self._require(Capability.ARTIST_FAVORITES, listener)
            missing = await self._add(favored, listener)
        except UnimplementedError as error:
            self._note_refusal(error, listener, Capability.ARTIST_FAVORITES)
            if any(item.type is ResourceType.ARTIST for item in favored):
                raise
            # The rating does the same, one by one (reference: observed).
            missing = await self._gateway.rate(favored, FavoriteState.FAVORITE, listener)
        rest = [
            each.item
            for each in targets
            if not (each.catalog or each.unknown or each.item.type is ResourceType.ARTIST)
        ]
        missing |= await self._gateway.rate(rest, FavoriteState.FAVORITE, listener)
        return frozenset(
            item_key(each.item)
            for each in targets
            if each.unknown
            or not missing.isdisjoint(each.keys)
            or (each.item.type is ResourceType.ARTIST and each.catalog is None)
        )

    async def _add(self, favored: Sequence[ResourceRef], listener: Listener) -> frozenset[ItemKey]:
        """Make favorites and return those that there are not: Apple ignores them silently."""
        known = [item for item in favored if item.type not in _NOT_LOOKED_UP]
        _, existing = await together(
            self._gateway.add(favored, listener), self._gateway.existing(known, listener)
        )
        return frozenset(map(item_key, known)) - existing

    async def _dislike(self, targets: Sequence[_Target], listener: Listener) -> frozenset[ItemKey]:
        await self._remove(targets, listener)
        rated = [each.item for each in targets if not each.unknown]
        refused = await self._gateway.rate(rated, FavoriteState.DISLIKED, listener)
        return refused | {item_key(each.item) for each in targets if each.unknown}

    async def _remove(self, targets: Sequence[_Target], listener: Listener) -> None:
        """Take favorites away; where Apple refuses that, taking the rating away does it."""
        favored = [each.catalog for each in targets if each.catalog]
        try:
            self._require(Capability.ARTIST_FAVORITES_CLEAR, listener)
            await self._gateway.remove(favored, listener)
        except UnimplementedError as error:
            self._note_refusal(error, listener, Capability.ARTIST_FAVORITES_CLEAR)
            if any(item.type is ResourceType.ARTIST for item in favored):
                raise

    async def _ratings(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        return await self._gateway.ratings(items, listener) if items else {}

    async def _artists(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        if not items:
            return {}
        targets = await self._targets(items, listener)
        ids = {each.item.id: each.catalog.id for each in targets if each.catalog}
        try:
            liked = await self._gateway.artist_favorites(tuple(ids.values()), listener)
        except UnimplementedError as error:
            self._note_refusal(error, listener, Capability.ARTIST_FAVORITES)
            raise
        return {
            (ResourceType.ARTIST, own): liked.get(catalog_id, FavoriteState.UNKNOWN)
            for own, catalog_id in ids.items()
        }

    async def _written(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        """Return what was written of items lately, under whichever of their names."""
        recent = self._recent.of(listener.account_id)
        if not recent:
            return {}
        unwritten = [item for item in items if item_key(item) not in recent]
        targets = await self._targets(unwritten, listener)
        found = {
            item_key(item): recent[item_key(item)] for item in items if item_key(item) in recent
        }
        for each in targets:
            if each.catalog and item_key(each.catalog) in recent:
                found[item_key(each.item)] = recent[item_key(each.catalog)]
        return found

    async def _targets(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> tuple[_Target, ...]:
        library = [
            item for item in items if is_library_item(item) and item.type not in _WITHOUT_TWIN
        ]
        twins = await self._twins.catalog_ids(library, listener) if library else {}
        return tuple(_target(item, twins) for item in items)

    def _note(
        self,
        listener: Listener,
        targets: Iterable[_Target],
        state: FavoriteState,
        refused: frozenset[ItemKey],
    ) -> None:
        written = [each for each in targets if item_key(each.item) not in refused]
        self._recent.note(listener.account_id, [(each.key, state) for each in written])

    def _require(self, capability: Capability, listener: Listener) -> None:
        if self._refused.holds(listener.account_id, capability):
            raise capability_refused(capability)

    def _note_refusal(
        self, error: UnimplementedError, listener: Listener, capability: Capability
    ) -> None:
        """Remember a refusal from its first moment on, not from its last repetition."""
        if error.reason is Reason.CAPABILITY_REFUSED and not self._refused.holds(
            listener.account_id, capability
        ):
            self._refused.add(listener.account_id, capability)

    def _turn(self, listener: Listener) -> asyncio.Lock:
        return self._writing.setdefault(listener.account_id, asyncio.Lock())


class _Doubt:
    """Forgets what was written of items before, when writing them ends with an error."""

    def __init__(
        self,
        recent: RecentWrites[ItemKey, FavoriteState],
        listener: Listener,
        targets: Sequence[_Target],
    ) -> None:
        self._recent = recent
        self._account_id = listener.account_id
        self._targets = targets

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._recent.drop(self._account_id, [each.key for each in self._targets])


def _target(item: ResourceRef, twins: Mapping[ItemKey, str]) -> _Target:
    if not is_library_item(item):
        return _Target(item, item)
    if item.type in _WITHOUT_TWIN:
        return _Target(item, None)
    twin = twins.get(item_key(item))
    return _Target(item, ResourceRef(item.type, twin) if twin else None, unknown=twin is None)


def _check_items(items: Sequence[ResourceRef], most: int) -> tuple[ResourceRef, ...]:
    """Return the items without repeats if they can be liked.

    Raises:
        InvalidArgumentError: INVALID_FIELD.
    """
    if not 1 <= len(items) <= most:
        raise invalid_field("items", f"1 to {most} items, not {len(items)}")
    for position, item in enumerate(items):
        if item.type not in _KINDS:
            raise invalid_field(f"items[{position}].type", f"{item.type.name} cannot be a favorite")
        check_id(item.id, f"items[{position}].id")
    return tuple({item_key(item): ResourceRef(item.type, item.id) for item in items}.values())


def _refuse_artists(items: Sequence[ResourceRef]) -> None:
    if _has_artists(items):
        raise invalid_field("items", "artists cannot be disliked")


def _has_artists(items: Iterable[ResourceRef]) -> bool:
    return any(item.type is ResourceType.ARTIST for item in items)
