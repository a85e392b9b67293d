"""A library whose withdrawn songs say what they are in the catalog now."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, cast

from applemusic_server.application.current_versions import CurrentVersions
from applemusic_server.domain.library import (
    FolderChild,
    FolderTree,
    LibraryGateway,
    LibraryScope,
    ListPage,
)
from applemusic_server.domain.resources import (
    Album,
    Found,
    Page,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Track,
)

R = TypeVar("R", bound=Resource)


class MatchedLibrary:
    """Adds current catalog ids to withdrawn songs; implements `LibraryGateway`.

    Args:
        inner: Asks Apple.
        versions: Finds them.
    """

    def __init__(self, inner: LibraryGateway, versions: CurrentVersions) -> None:
        self._inner = inner
        self._versions = versions

    async def page(self, kind: type[R], scope: LibraryScope, *, limit: int, offset: int) -> Page[R]:
        """Return a page of all items of a kind."""
        page = await self._inner.page(kind, scope, limit=limit, offset=offset)
        return replace(page, items=await self._matched(page.items, scope))

    async def list_page(
        self, kind: type[R], scope: LibraryScope, *, offset: int, known: bytes
    ) -> ListPage[R]:
        """Return a page for a sync; one whose songs were not all looked for is read again."""
        page: ListPage[R] = await self._inner.list_page(kind, scope, offset=offset, known=known)
        if page.items is None:
            return page
        matched = await self._versions.match(page.items, scope)
        items = cast("tuple[R, ...]", matched.items)
        if matched.settled:
            return replace(page, items=items)
        other = hashlib.blake2b(page.digest + b"unsettled", digest_size=16)
        return replace(page, items=items, digest=other.digest())

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: LibraryScope) -> Found[R]:
        """Return items by library id."""
        found = await self._inner.fetch(kind, ids, scope)
        return replace(found, items=await self._matched(found.items, scope))

    async def folder_children(
        self, folder_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[FolderChild]:
        """Return a page of a folder's playlists and folders."""
        return await self._inner.folder_children(folder_id, scope, limit=limit, offset=offset)

    async def folders(self, scope: LibraryScope) -> FolderTree:
        """Walk all folders."""
        return await self._inner.folders(scope)

    async def album_tracks(
        self, album_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        page = await self._inner.album_tracks(album_id, scope, limit=limit, offset=offset)
        return replace(page, items=await self._matched(page.items, scope))

    async def playlist_tracks(
        self, playlist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        page = await self._inner.playlist_tracks(playlist_id, scope, limit=limit, offset=offset)
        return replace(page, items=await self._matched(page.items, scope))

    async def playlist_track_refs(
        self, playlist_id: str, scope: LibraryScope
    ) -> tuple[ResourceRef, ...]:
        """Return all tracks of a playlist by library id."""
        return await self._inner.playlist_track_refs(playlist_id, scope)

    async def artist_albums(
        self, artist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Album]:
        """Return a page of an artist's albums."""
        return await self._inner.artist_albums(artist_id, scope, limit=limit, offset=offset)

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        scope: LibraryScope,
        *,
        limit: int,
        offset: int,
    ) -> SearchResults:
        """Find items by words."""
        return await self._inner.search(term, types, scope, limit=limit, offset=offset)

    async def recently_added(
        self, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return what was added last: albums and playlists."""
        return await self._inner.recently_added(scope, limit=limit, offset=offset)

    async def _matched(self, items: tuple[R, ...], scope: LibraryScope) -> tuple[R, ...]:
        return cast("tuple[R, ...]", (await self._versions.match(items, scope)).items)
