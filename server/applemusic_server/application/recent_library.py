"""A library as its listener left it, though Apple shows what was written only after seconds."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from applemusic_server.application.arrivals import Arrivals, catalog_scope, is_made
from applemusic_server.application.library_memory import TYPES, LibraryMemory
from applemusic_server.application.library_overlay import Overlay, overlay_of, without
from applemusic_server.application.recent_search import overlaid_search
from applemusic_server.application.recent_tracks import RecentTracks
from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.gateways import CatalogGateway
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
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Track,
)

R = TypeVar("R", bound=Resource)

# Offsets from here on are places in the new items, which a list shows before Apple's. No library is
# as long as that: Apple's limit is 100,000 songs; a page token's, ten million.
_FRONT: Final = 9_000_000
_ROOT: Final = "p.playlistsroot"


class RecentLibrary:
    """Lays recent writes over a library; implements `LibraryGateway`.

    What is new stands before Apple's first page, so that Apple's own offsets stay what they are:
    when an addition shows at Apple between two pages, an item may come twice and none is missed.

    Args:
        inner: Asks Apple.
        memory: What was written.
        catalog: Knows what was added by its catalog id.
        sleep: Waits, in seconds, until an addition has its library id, for a sync.
    """

    def __init__(
        self,
        inner: LibraryGateway,
        memory: LibraryMemory,
        catalog: CatalogGateway,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._memory = memory
        self._catalog = catalog
        self._arrivals = Arrivals(inner, memory, catalog, sleep=sleep)
        self._tracks = RecentTracks(inner, memory)

    async def page(self, kind: type[R], scope: LibraryScope, *, limit: int, offset: int) -> Page[R]:
        """Return a page of all items of a kind."""

        async def ask(most: int, begin: int) -> Page[R]:
            return await self._inner.page(kind, scope, limit=most, offset=begin)

        front: tuple[R, ...] = ()
        if _is_first(offset) and self._overlay(scope).touches(kind):
            front = await self._arrivals.awaited(kind, scope)
        return await self._behind(front, ask, scope, limit=limit, offset=offset)

    async def list_page(
        self, kind: type[R], scope: LibraryScope, *, offset: int, known: bytes
    ) -> ListPage[R]:
        """Return a page for a sync, which waits for library ids of what was added."""
        overlay = self._overlay(scope)
        if not overlay.touches(kind):
            return await self._inner.list_page(kind, scope, offset=offset, known=known)
        if offset == 0:
            await self._arrivals.wait(kind, scope)
            overlay = self._overlay(scope)
        page: ListPage[R] = await self._inner.list_page(kind, scope, offset=offset, known=b"")
        if page.items is None:
            return page
        new = [each for each in overlay.awaited(kind) if is_made(each)]
        front = without(new, page.items) if offset == 0 else ()
        items = (*front, *overlay.on_all(page.items))
        if items == page.items:
            return page
        # Not Apple's page: it must not be taken for known when Apple has caught up.
        digest = hashlib.blake2b(page.digest + repr(items).encode("utf-8", "surrogatepass"))
        return replace(page, items=items, digest=digest.digest()[:16])

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: LibraryScope) -> Found[R]:
        """Return items by library id, or by the catalog id under which a new one was told."""
        overlay = self._overlay(scope)
        if not overlay:
            return await self._inner.fetch(kind, ids, scope)
        what, wanted = TYPES[kind], tuple(dict.fromkeys(ids))
        written = {each: overlay.written(what, each) for each in wanted}
        if any(each is not None and each.awaited for each in written.values()):
            await self._arrivals.awaited(kind, scope)
            overlay = self._overlay(scope)
            written = {each: overlay.written(what, each) for each in wanted}
        real = {
            each: each if item is None or item.resource is None else item.resource.id
            for each, item in written.items()
            if item is None or not (item.awaited or item.resource is None)
        }
        asked: Found[R] = await self._inner.fetch(kind, list(real.values()), scope)
        by_id = {item.id: item for item in asked.items}
        found: dict[str, R] = {}
        for each, item in written.items():
            if item is not None and item.awaited and isinstance(item.resource, kind):
                found[each] = overlay.liked(item.resource)
            elif each in real and real[each] in by_id:
                shown = overlay.on(by_id[real[each]])
                if shown is not None:
                    found[each] = replace(shown, id=each)
        return Found(
            tuple(found[each] for each in wanted if each in found),
            tuple(each for each in wanted if each not in found),
        )

    async def folder_children(
        self, folder_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[FolderChild]:
        """Return a page of a folder's playlists and folders."""
        overlay = self._overlay(scope)
        folder = "" if folder_id == _ROOT else folder_id
        self._require(ResourceType.PLAYLIST_FOLDER, folder, scope)

        async def ask(most: int, begin: int) -> Page[FolderChild]:
            written = overlay.written(ResourceType.PLAYLIST_FOLDER, folder)
            try:
                page = await self._inner.folder_children(folder_id, scope, limit=most, offset=begin)
            except NotFoundError:
                if written is None or not written.awaited:
                    raise
                return Page()
            here = tuple(each for each in page.items if _parent_of(overlay, each) == folder)
            return replace(page, items=here)

        front = overlay.put_into(folder) if _is_first(offset) else ()
        return await self._behind(front, ask, scope, limit=limit, offset=offset)

    async def folders(self, scope: LibraryScope) -> FolderTree:
        """Walk all folders."""
        tree = await self._inner.folders(scope)
        overlay = self._overlay(scope)
        if not overlay:
            return tree
        new = without(overlay.awaited(PlaylistFolder), tree.folders)
        parents = dict(tree.parents)
        for playlist in overlay.items(Playlist):
            if is_made(playlist):
                parents.pop(playlist.id, None)
                if playlist.parent_folder_id:
                    parents[playlist.id] = playlist.parent_folder_id
        return FolderTree(_in_order((*overlay.on_all(tree.folders), *new)), parents)

    async def album_tracks(
        self, album_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        self._require(ResourceType.ALBUM, album_id, scope)
        real_id, new = await self._real(Album, album_id, scope)
        if new:
            catalog = catalog_scope(scope)
            return await self._catalog.album_tracks(album_id, catalog, limit=limit, offset=offset)
        page = await self._inner.album_tracks(real_id, scope, limit=limit, offset=offset)
        return replace(page, items=self._overlay(scope).on_all(page.items))

    async def playlist_tracks(
        self, playlist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        self._require(ResourceType.PLAYLIST, playlist_id, scope)
        real_id, new = await self._real(Playlist, playlist_id, scope)
        overlay = self._overlay(scope)
        if new and not _is_library_id(playlist_id):
            page = await self._catalog.playlist_tracks(
                playlist_id, catalog_scope(scope), limit=limit, offset=offset
            )
        else:
            page = await self._tracks.page(real_id, scope, limit=limit, offset=offset)
        return replace(page, items=tuple(overlay.liked(each) for each in page.items))

    async def playlist_track_refs(
        self, playlist_id: str, scope: LibraryScope
    ) -> tuple[ResourceRef, ...]:
        """Return all tracks of a playlist by library id."""
        return await self._tracks.refs(playlist_id, scope)

    async def artist_albums(
        self, artist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Album]:
        """Return a page of an artist's albums; new ones show when Apple shows them."""
        page = await self._inner.artist_albums(artist_id, scope, limit=limit, offset=offset)
        return replace(page, items=self._overlay(scope).on_all(page.items))

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

        async def ask(most: int, begin: int) -> SearchResults:
            return await self._inner.search(term, types, scope, limit=most, offset=begin)

        overlay = self._overlay(scope)
        return await overlaid_search(overlay, term, types, ask, limit=limit, offset=offset)

    async def recently_added(
        self, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return what was added last."""

        async def ask(most: int, begin: int) -> Page[Resource]:
            return await self._inner.recently_added(scope, limit=most, offset=begin)

        front: list[Resource] = []
        if _is_first(offset) and self._overlay(scope):
            front.extend(await self._arrivals.awaited(Album, scope))
            front.extend(await self._arrivals.awaited(Playlist, scope))
        return await self._behind(front, ask, scope, limit=limit, offset=offset)

    async def _behind(
        self,
        front: Sequence[R],
        ask: Callable[[int, int], Awaitable[Page[R]]],
        scope: LibraryScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[R]:
        """Return a page of the new items and then Apple's."""
        begin = offset - _FRONT if offset >= _FRONT else 0
        if not _is_first(offset):
            page = await ask(limit, offset)
            return replace(page, items=self._overlay(scope).on_all(page.items))
        part = tuple(front[begin : begin + limit])
        if len(part) == limit:
            page = await ask(1, 0)
            return Page(part, _FRONT + begin + limit, page.total_count + len(front))
        page = await ask(limit - len(part), 0)
        items = without(self._overlay(scope).on_all(page.items), front)
        total = page.total_count + len(front) if page.total_count else 0
        return Page((*part, *items), page.next_offset, total)

    async def _real(
        self, kind: type[Resource], item_id: str, scope: LibraryScope
    ) -> tuple[str, bool]:
        """Return the library id behind an id, and whether Apple does not show the item yet."""
        written = self._overlay(scope).written(TYPES[kind], item_id)
        if written is not None and written.awaited:
            await self._arrivals.awaited(kind, scope)
            written = self._overlay(scope).written(TYPES[kind], item_id)
        if written is None or written.resource is None:
            return item_id, False
        return written.resource.id, written.awaited

    def _require(self, what: ResourceType, item_id: str, scope: LibraryScope) -> None:
        if self._overlay(scope).is_gone(what, item_id):
            raise not_in_library(what, item_id, scope.listener.account_id)

    def _overlay(self, scope: LibraryScope) -> Overlay:
        return overlay_of(self._memory, scope.listener.account_id)


def not_in_library(what: ResourceType, item_id: str, account_id: str) -> NotFoundError:
    """The error for an id that a library does not have."""
    return NotFoundError(
        Reason.RESOURCE_NOT_FOUND,
        f"there is no {what.name.lower()} {item_id!r} in the library of account {account_id!r}",
        metadata={"resourceType": what.name, "id": item_id},
    )


def _is_first(offset: int) -> bool:
    return offset == 0 or offset >= _FRONT


def _is_library_id(item_id: str) -> bool:
    return item_id.startswith("p.")


def _parent_of(overlay: Overlay, child: FolderChild) -> str:
    shown = overlay.on(child)
    return shown.parent_folder_id if shown is not None else "\0"


def _in_order(folders: Sequence[PlaylistFolder]) -> tuple[PlaylistFolder, ...]:
    """Put every folder behind the one that holds it."""
    found: dict[str, PlaylistFolder] = {}
    rest = {each.id: each for each in folders}
    while rest:
        ready = [each for each in rest.values() if each.parent_folder_id not in rest]
        for each in ready or list(rest.values()):
            found[each.id] = rest.pop(each.id)
    return tuple(found.values())
