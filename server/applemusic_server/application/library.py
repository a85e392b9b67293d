"""Reads a listener's library for a caller."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import TypeVar

from applemusic_server.application.catalog import check_term
from applemusic_server.application.library_scope import LibraryScopes
from applemusic_server.application.limits import (
    check_id,
    check_ids,
    check_offset,
    page_limit,
)
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.library import FolderChild, LibraryGateway, LibraryScope
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    MusicVideo,
    Page,
    Playlist,
    PlaylistFolder,
    ReadOptions,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Song,
    Track,
)
from applemusic_server.domain.together import all_of

R = TypeVar("R", bound=Resource)

_MOST_ITEMS = 1000
_KINDS: MappingProxyType[ResourceType, type[Resource]] = MappingProxyType(
    {
        ResourceType.SONG: Song,
        ResourceType.ALBUM: Album,
        ResourceType.ARTIST: Artist,
        ResourceType.PLAYLIST: Playlist,
        ResourceType.MUSIC_VIDEO: MusicVideo,
        ResourceType.PLAYLIST_FOLDER: PlaylistFolder,
    }
)
_SEARCHABLE = tuple(each for each in _KINDS if each is not ResourceType.PLAYLIST_FOLDER)


class Library:
    """The use cases of reading a library.

    Every method needs an account and raises as `Accounts.resolve`, with UPSTREAM and
    DEVELOPER_TOKEN reasons, and INVALID_FIELD.

    Args:
        gateway: Reads Apple's library.
        scopes: Knows whose library is meant.
    """

    def __init__(self, gateway: LibraryGateway, scopes: LibraryScopes) -> None:
        self._gateway = gateway
        self._scopes = scopes

    async def list(
        self, kind: type[R], account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[R]:
        """Return a page of all songs, albums, artists, playlists or music videos.

        Args:
            kind: The class of the items.
            account: Whose library.
            options: How to read.
            limit: Most items; 0 is 100, at most 100.
            offset: Where the page begins.
        """
        most, begin = _most(limit), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.page(kind, scope, limit=most, offset=begin)

    async def folder_children(
        self, folder_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[FolderChild]:
        """Return a page of a folder's playlists and folders; an empty id means the root."""
        if folder_id:
            check_id(folder_id, "folder_id")
        most, begin = _most(limit), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.folder_children(folder_id, scope, limit=most, offset=begin)

    async def album_tracks(
        self, album_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        check_id(album_id, "album_id")
        most, begin = _most(limit), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.album_tracks(album_id, scope, limit=most, offset=begin)

    async def playlist_tracks(
        self, playlist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        check_id(playlist_id, "playlist_id")
        most, begin = _most(limit), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.playlist_tracks(playlist_id, scope, limit=most, offset=begin)

    async def artist_albums(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Album]:
        """Return a page of an artist's albums."""
        check_id(artist_id, "artist_id")
        most, begin = _most(limit), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.artist_albums(artist_id, scope, limit=most, offset=begin)

    async def batch_get(
        self, items: Sequence[ResourceRef], account: str, options: ReadOptions
    ) -> Found[Resource]:
        """Return items of any type by library id, in the order asked for; repeats come once."""
        check_ids([item.id for item in items], "items", _MOST_ITEMS)
        for position, item in enumerate(items):
            if item.type not in _KINDS:
                raise invalid_field(f"items[{position}].type", f"{item.type.name} has no library")
        wanted: dict[ResourceType, list[str]] = {}
        for item in items:
            wanted.setdefault(item.type, []).append(item.id)
        async with self._scopes.of(account, options) as scope:
            answers = await all_of([self._fetch(each, ids, scope) for each, ids in wanted.items()])
        found = {key: item for answer in answers for key, item in answer.items()}
        keys = dict.fromkeys((item.type, item.id) for item in items)
        return Found(
            items=tuple(found[key] for key in keys if key in found),
            missing_ids=tuple(key[1] for key in keys if key not in found),
        )

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> SearchResults:
        """Find items by words, each type in a list of its own.

        Args:
            term: Not blank, at most 500 characters.
            types: Empty for all.
            account: Whose library.
            options: How to read.
            limit: Most items per type; 0 is 10, at most 25.
            offset: Where each type's list begins.
        """
        words = check_term(term)
        for position, each in enumerate(types):
            if each not in _SEARCHABLE:
                raise invalid_field(f"types[{position}]", f"{each.name} cannot be searched for")
        wanted = tuple(dict.fromkeys(types)) or _SEARCHABLE
        most, begin = page_limit(limit, default=10, most=25), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.search(words, wanted, scope, limit=most, offset=begin)

    async def recently_added(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return what was added last; `limit` 0 is 25, at most 100."""
        most, begin = page_limit(limit, default=25, most=100), check_offset(offset)
        async with self._scopes.of(account, options) as scope:
            return await self._gateway.recently_added(scope, limit=most, offset=begin)

    async def _fetch(
        self, what: ResourceType, ids: Sequence[str], scope: LibraryScope
    ) -> dict[tuple[ResourceType, str], Resource]:
        found = await self._gateway.fetch(_KINDS[what], ids, scope)
        return {(what, item.id): item for item in found.items}


def _most(limit: int) -> int:
    return page_limit(limit, default=100, most=100)
