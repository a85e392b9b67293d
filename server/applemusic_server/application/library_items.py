"""Adds items to a library and removes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from applemusic_server.application.library_memory import TYPES
from applemusic_server.application.library_overlay import overlay_of
from applemusic_server.application.library_writing import LibraryWriting, Writer
from applemusic_server.application.limits import check_id
from applemusic_server.application.together_limited import at_most
from applemusic_server.domain.capability import Capability
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.favorites import ItemKey, is_library_item, item_key
from applemusic_server.domain.library_writes import Outcome
from applemusic_server.domain.resources import (
    Album,
    Availability,
    MusicVideo,
    Playlist,
    Resource,
    ResourceRef,
    ResourceType,
    Song,
)
from applemusic_server.domain.together import all_of

_MOST_ITEMS: Final = 500
_CLASSES: Final[Mapping[ResourceType, type[Any]]] = {
    ResourceType.SONG: Song,
    ResourceType.ALBUM: Album,
    ResourceType.PLAYLIST: Playlist,
    ResourceType.MUSIC_VIDEO: MusicVideo,
}
# Removals are sent one by one; more at once would keep others waiting.
_REMOVED_AT_ONCE: Final = 8
# The songs of so many albums are looked up, so that they come and go with their album at once.
_ALBUMS_LOOKED_INTO: Final = 20
_ALBUM_TRACKS: Final = 300


@dataclass(frozen=True, slots=True)
class _Known:
    """Items of the catalog that can be added, by key; with their tracks where they are albums."""

    items: Mapping[ItemKey, Resource]
    present: frozenset[ItemKey]


class LibraryItems:
    """The use cases of adding and removing.

    Args:
        writing: Opens calls that write.
    """

    def __init__(self, writing: LibraryWriting) -> None:
        self._writing = writing

    async def add(self, items: Sequence[ResourceRef], account: str) -> tuple[str, ...]:
        """Add catalog items. Idempotent.

        Returns:
            Ids that Apple cannot add, in the order asked for.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            UnimplementedError: CAPABILITY_REFUSED; nothing was added.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason; a part may be added.
        """
        wanted = _check_items(items)
        for position, item in enumerate(items):
            if is_library_item(item):
                raise invalid_field(f"resources[{position}].id", "only catalog ids can be added")
        async with self._writing.writer(account) as writer:
            writer.require(Capability.LIBRARY_ADD)
            known = await self._look_up(wanted, writer)
            addable = [item for item in wanted if item_key(item) in known.items]
            if addable:
                with writer.noting(Capability.LIBRARY_ADD):
                    await self._writing.gateway.add(addable, writer.listener)
            new = [each for key, each in known.items.items() if key not in known.present]
            songs = await self._songs_of(new, writer)
            self._writing.memory.added(
                writer.account_id, _dated([*songs, *new], self._writing.now())
            )
        return tuple(item.id for item in wanted if item_key(item) not in known.items)

    async def remove(self, items: Sequence[ResourceRef], account: str) -> tuple[str, ...]:
        """Remove items by library or catalog id. Idempotent.

        Returns:
            Ids that were not in the library, in the order asked for.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            UnimplementedError: CAPABILITY_REFUSED; nothing was removed.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason; a part may be removed.
        """
        wanted = _check_items(items)
        async with self._writing.writer(account) as writer:
            writer.require(Capability.LIBRARY_REMOVE)
            there = await self._in_library(wanted, writer)
            real = {item: ref for item, ref in there.items() if ref is not None}
            songs = await self._songs_in(real.values(), writer)
            gone = await self._remove_all(list(dict.fromkeys(real.values())), writer, songs)
            aliases = [item_key(item) for item, ref in real.items() if ref in gone]
            self._writing.memory.removed(
                writer.account_id, [key for key in aliases if key not in map(item_key, gone)]
            )
        return tuple(item.id for item in wanted if there[item] is None or there[item] not in gone)

    async def _look_up(self, items: Sequence[ResourceRef], writer: Writer) -> _Known:
        """Return what the catalog has of the items, and what of it the library has."""
        scope = writer.catalog_scope
        overlay = overlay_of(self._writing.memory, writer.account_id)
        found: dict[ItemKey, Resource] = {}
        present: set[ItemKey] = set()
        answers = await all_of(
            self._writing.catalog.fetch(_CLASSES[kind], ids, scope)
            for kind, ids in _by_type(items).items()
        )
        for item in (item for answer in answers for item in answer.items):
            key = TYPES[type(item)], item.id
            if not _is_withdrawn(item):
                found[key] = item
            if item.library_id and not overlay.is_gone(key[0], item.library_id):
                present.add(key)
        return _Known(found, frozenset(present))

    async def _songs_of(self, new: Sequence[Resource], writer: Writer) -> list[Resource]:
        """Return the songs of new albums that the library does not have."""
        albums = [each for each in new if isinstance(each, Album)][:_ALBUMS_LOOKED_INTO]
        pages = await at_most(
            _REMOVED_AT_ONCE,
            [
                self._writing.catalog.album_tracks(
                    album.id, writer.catalog_scope, limit=_ALBUM_TRACKS, offset=0
                )
                for album in albums
            ],
        )
        songs = [each for page in pages for each in page.items if isinstance(each, Song)]
        overlay = overlay_of(self._writing.memory, writer.account_id)
        return [
            song
            for song in songs
            if not _is_withdrawn(song)
            and (not song.library_id or overlay.is_gone(ResourceType.SONG, song.library_id))
        ]

    async def _in_library(
        self, items: Sequence[ResourceRef], writer: Writer
    ) -> dict[ResourceRef, ResourceRef | None]:
        """Return each item by library id; None for what is not there."""
        library = self._writing.library
        overlay = overlay_of(self._writing.memory, writer.account_id)
        written = {item: overlay.written(item.type, item.id) for item in items}
        # What was added a moment ago can be removed only once it has a library id.
        for kind in {item.type for item, each in written.items() if each and each.awaited}:
            await self._writing.arrivals.wait(_CLASSES[kind], writer.scope)
        overlay = overlay_of(self._writing.memory, writer.account_id)
        by_id, by_catalog = (
            _by_type(filter(is_library_item, items)),
            _by_type(item for item in items if not is_library_item(item)),
        )
        found = {
            (TYPES[type(item)], item.id): item.id
            for answer in await all_of(
                library.fetch(_CLASSES[kind], ids, writer.scope) for kind, ids in by_id.items()
            )
            for item in answer.items
        }
        for answer in await all_of(
            self._writing.catalog.fetch(_CLASSES[kind], ids, writer.catalog_scope)
            for kind, ids in by_catalog.items()
        ):
            for item in answer.items:
                kind = TYPES[type(item)]
                if item.library_id and not overlay.is_gone(kind, item.library_id):
                    found[kind, item.id] = item.library_id
        ids = {item: found.get(item_key(item)) for item in items}
        return {item: ResourceRef(item.type, real) if real else None for item, real in ids.items()}

    async def _songs_in(
        self, items: Iterable[ResourceRef], writer: Writer
    ) -> dict[ResourceRef, list[ItemKey]]:
        """Return the songs of albums that are to be removed: they go with the album."""
        albums = [item for item in items if item.type is ResourceType.ALBUM]
        pages = await at_most(
            _REMOVED_AT_ONCE,
            [
                self._writing.library.album_tracks(album.id, writer.scope, limit=100, offset=0)
                for album in albums[:_ALBUMS_LOOKED_INTO]
            ],
        )
        return {
            album: [(TYPES[type(track)], track.id) for track in page.items]
            for album, page in zip(albums, pages, strict=False)
        }

    async def _remove_all(
        self,
        items: Sequence[ResourceRef],
        writer: Writer,
        songs: Mapping[ResourceRef, Sequence[ItemKey]],
    ) -> set[ResourceRef]:
        gone: set[ResourceRef] = set()

        async def remove(item: ResourceRef) -> None:
            async def send() -> Outcome:
                return await self._writing.gateway.remove(item, writer.listener)

            outcome = await writer.edit(Capability.LIBRARY_REMOVE, send, item)
            if outcome is Outcome.DONE:
                gone.add(item)
                keys = [item_key(item), *songs.get(item, ())]
                self._writing.memory.removed(writer.account_id, keys)

        # The first one alone: when Apple refuses it, the others are not sent.
        for first in items[:1]:
            await remove(first)
        await at_most(_REMOVED_AT_ONCE, [remove(item) for item in items[1:]])
        return gone


def _check_items(items: Sequence[ResourceRef]) -> tuple[ResourceRef, ...]:
    """Return the items without repeats if a library can have them.

    Raises:
        InvalidArgumentError: INVALID_FIELD.
    """
    if not 1 <= len(items) <= _MOST_ITEMS:
        raise invalid_field("resources", f"1 to {_MOST_ITEMS} items, not {len(items)}")
    for position, item in enumerate(items):
        if item.type not in _CLASSES:
            what = f"{item.type.name} is no song, album, playlist or music video"
            raise invalid_field(f"resources[{position}].type", what)
        check_id(item.id, f"resources[{position}].id")
    return tuple({item_key(item): ResourceRef(item.type, item.id) for item in items}.values())


def _by_type(items: Iterable[ResourceRef]) -> dict[ResourceType, list[str]]:
    found: dict[ResourceType, list[str]] = {}
    for item in items:
        found.setdefault(item.type, []).append(item.id)
    return found


def _is_withdrawn(item: Resource) -> bool:
    return isinstance(item, Song) and item.availability is Availability.WITHDRAWN


def _dated(items: Iterable[Any], now: datetime) -> list[Resource]:
    """Return items of the catalog as new ones of the library; their library ids come later."""
    whole = now.replace(microsecond=0)
    return [replace(item, library_id="", date_added=whole) for item in items]
