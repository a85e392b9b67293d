"""Reads a listener's library."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason
from applemusic_server.domain.library import FolderChild, FolderTree, LibraryScope, ListPage
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    MusicVideo,
    Page,
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Song,
    Track,
)
from applemusic_server.upstream.api_client import Missing
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.library_kinds import LIBRARY_KINDS, LIBRARY_SEARCH_TYPES
from applemusic_server.upstream.library_lists import MOST_PER_PAGE, LibraryList, LibraryLists
from applemusic_server.upstream.parse.folder import ROOT_FOLDER
from applemusic_server.upstream.parse.resource import parse_data, parse_page
from applemusic_server.upstream.parse.search import parse_search

R = TypeVar("R", bound=Resource)

_MOST_SEARCHED = 25
_MOST_FOLDER_LEVELS = 64
_WITH_CATALOG = {"include": "catalog"}
_TRACK_PARAMS = {"include": "catalog", "extend[songs]": "inFavorites"}


class AppleLibrary:
    """Reads a listener's library; implements `LibraryGateway`.

    Args:
        lists: Reads lists.
    """

    def __init__(self, lists: LibraryLists) -> None:
        self._lists = lists

    async def page(self, kind: type[R], scope: LibraryScope, *, limit: int, offset: int) -> Page[R]:
        """Return a page of all items of a kind."""
        page = await self._page(_whole(kind, scope), scope, limit=limit, offset=offset)
        return _page_of(kind, page or Page())

    async def list_page(
        self, kind: type[R], scope: LibraryScope, *, offset: int, known: bytes
    ) -> ListPage[R]:
        """Return the hundred items from `offset` on, unless their page is known."""
        found = await self._lists.page(
            _whole(kind, scope), scope, limit=MOST_PER_PAGE, offset=offset, known=known
        )
        if isinstance(found, Missing):
            return ListPage((), 0, b"")
        if found.page is None:
            return ListPage(None, 0, found.digest)
        page = found.page
        if page.next_offset not in {None, offset + MOST_PER_PAGE}:
            raise invalid_answer(LIBRARY_KINDS[kind].endpoint, "next is not the next page", "next")
        # Apple always says how many there are (reference: observed); without, `next` has to do.
        least = offset + len(page.items) if page.next_offset is None else page.next_offset + 1
        return ListPage(_only(kind, page.items), page.total_count or least, found.digest)

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: LibraryScope) -> Found[R]:
        """Return items by library id, in the order asked for; repeats come once."""
        wanted = tuple(dict.fromkeys(ids))
        size = LIBRARY_KINDS[kind].batch
        batches = await all_of(
            self._batch(kind, wanted[start : start + size], scope)
            for start in range(0, len(wanted), size)
        )
        found = {each.id: each for batch in batches for each in batch}
        return Found(
            items=tuple(found[each] for each in wanted if each in found),
            missing_ids=tuple(each for each in wanted if each not in found),
        )

    async def folder_children(
        self, folder_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[FolderChild]:
        """Return a page of a folder's playlists and folders."""
        page = await self._page(_children(folder_id), scope, limit=limit, offset=offset)
        if page is None:
            await self._require(PlaylistFolder, folder_id, scope)
        return _children_of(folder_id, page or Page())

    async def folders(self, scope: LibraryScope) -> FolderTree:
        """Walk all folders, level by level.

        Raises:
            InternalError: UPSTREAM_RESPONSE_INVALID, a folder is inside of itself.
        """
        found: dict[str, PlaylistFolder] = {}
        parents: dict[str, str] = {}
        level = [""]
        for _ in range(_MOST_FOLDER_LEVELS):
            inside = await all_of(self._all_children(each, scope) for each in level)
            level = []
            for child in (child for children in inside for child in children):
                if isinstance(child, PlaylistFolder):
                    if child.id not in found:
                        level.append(child.id)
                    found[child.id] = child
                elif child.parent_folder_id:
                    parents[child.id] = child.parent_folder_id
            if not level:
                return FolderTree(tuple(found.values()), parents)
        raise invalid_answer(Endpoint.LIBRARY_FOLDER_CHILDREN, "folders go too deep")

    async def album_tracks(
        self, album_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        path = f"/albums/{album_id}/tracks"
        which = LibraryList(Endpoint.LIBRARY_ALBUM_TRACKS, path, _TRACK_PARAMS)
        page = await self._page(which, scope, limit=limit, offset=offset)
        if page is None:
            await self._require(Album, album_id, scope)
        return _tracks(page or Page())

    async def playlist_tracks(
        self, playlist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        which = replace(_playlist_tracks(playlist_id), params=_TRACK_PARAMS)
        page = await self._page(which, scope, limit=limit, offset=offset)
        if page is None:
            await self._require(Playlist, playlist_id, scope)
        return _tracks(page or Page())

    async def playlist_track_refs(
        self, playlist_id: str, scope: LibraryScope
    ) -> tuple[ResourceRef, ...]:
        """Return all tracks of a playlist by library id."""
        pages = await self._all_pages(_playlist_tracks(playlist_id), scope)
        return tuple(
            ResourceRef(_type_of(track), track.id, track.name)
            for page in pages
            for track in _tracks(page).items
        )

    async def artist_albums(
        self, artist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Album]:
        """Return a page of an artist's albums."""
        path = f"/artists/{artist_id}/albums"
        which = LibraryList(Endpoint.LIBRARY_ARTIST_ALBUMS, path, _WITH_CATALOG)
        page = await self._page(which, scope, limit=limit, offset=offset)
        if page is None:
            await self._require(Artist, artist_id, scope)
        return _page_of(Album, page or Page())

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        scope: LibraryScope,
        *,
        limit: int,
        offset: int,
    ) -> SearchResults:
        """Find items by words, `limit` (at most 25) per type."""
        params = {
            "term": term,
            "types": ",".join(dict.fromkeys(LIBRARY_SEARCH_TYPES[each] for each in types)),
            "limit": str(min(limit, _MOST_SEARCHED)),
            **({"offset": str(offset)} if offset else {}),
        }
        which = LibraryList(Endpoint.LIBRARY_SEARCH, "/search", params)
        answer = await self._lists.ask(which, scope)
        return SearchResults() if isinstance(answer, Missing) else parse_search(answer)

    async def recently_added(
        self, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return what was added last, at least `limit` if there is so much.

        Apple documents no `limit` here and sends ten or so at a time, so that a page can hold a few
        more than asked for: `next_offset` has to be where one of Apple's pages begins.
        """
        items: list[Resource] = []
        place: int | None = offset
        while place is not None and len(items) < limit:
            params = {"offset": str(place)} if place else {}
            which = LibraryList(Endpoint.LIBRARY_RECENTLY_ADDED, "/recently-added", params)
            answer = await self._lists.ask(which, scope)
            if isinstance(answer, Missing):
                return Page(tuple(items))
            page = parse_page(answer, place)
            items.extend(page.items)
            place = page.next_offset
        return Page(tuple(items), place)

    async def _page(
        self, which: LibraryList, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Resource] | None:
        """Return a page; None when Apple has no such list, or nothing in it."""
        most = min(limit, MOST_PER_PAGE)
        found = await self._lists.page(which, scope, limit=most, offset=offset)
        return None if isinstance(found, Missing) else found.page

    async def _all_pages(self, which: LibraryList, scope: LibraryScope) -> list[Page[Resource]]:
        first = await self._page(which, scope, limit=MOST_PER_PAGE, offset=0)
        if first is None or first.next_offset is None:
            return [first] if first else []
        if first.total_count == 0:
            return [first, *await self._following(which, scope, first.next_offset)]
        rest = await all_of(
            self._page(which, scope, limit=MOST_PER_PAGE, offset=offset)
            for offset in range(MOST_PER_PAGE, first.total_count, MOST_PER_PAGE)
        )
        return [first, *(page for page in rest if page)]

    async def _following(
        self, which: LibraryList, scope: LibraryScope, offset: int | None
    ) -> list[Page[Resource]]:
        pages: list[Page[Resource]] = []
        while offset is not None:
            page = await self._page(which, scope, limit=MOST_PER_PAGE, offset=offset)
            pages.append(page or Page())
            offset = pages[-1].next_offset
        return pages

    async def _all_children(self, folder_id: str, scope: LibraryScope) -> list[FolderChild]:
        pages = await self._all_pages(_children(folder_id), scope)
        return [child for page in pages for child in _children_of(folder_id, page).items]

    async def _batch(self, kind: type[R], ids: Sequence[str], scope: LibraryScope) -> tuple[R, ...]:
        whole = _whole(kind, scope)
        which = replace(whole, params={"ids": ",".join(ids), **whole.params})
        answer = await self._lists.ask(which, scope)
        # One unknown id can be a 404; several are a shorter list (reference: observed).
        return () if isinstance(answer, Missing) else _only(kind, parse_data(answer))

    async def _require(self, kind: type[R], item_id: str, scope: LibraryScope) -> None:
        """Tell an empty list from an unknown parent: Apple answers 404 to both."""
        is_root = kind is PlaylistFolder and item_id in {"", ROOT_FOLDER}
        if not is_root and not await self._batch(kind, [item_id], scope):
            raise _not_found(LIBRARY_KINDS[kind].type, item_id, scope)


def _whole(kind: type[R], scope: LibraryScope) -> LibraryList:
    spec = LIBRARY_KINDS[kind]
    params = {**spec.params, **(spec.full if scope.full else {})}
    return LibraryList(spec.endpoint, f"/{spec.segment}", params)


def _children(folder_id: str) -> LibraryList:
    path = f"/playlist-folders/{folder_id or ROOT_FOLDER}/children"
    return LibraryList(Endpoint.LIBRARY_FOLDER_CHILDREN, path)


def _playlist_tracks(playlist_id: str) -> LibraryList:
    return LibraryList(Endpoint.LIBRARY_PLAYLIST_TRACKS, f"/playlists/{playlist_id}/tracks")


def _children_of(folder_id: str, page: Page[Resource]) -> Page[FolderChild]:
    parent = "" if folder_id == ROOT_FOLDER else folder_id
    items = tuple(
        replace(each, parent_folder_id=parent)
        for each in page.items
        if isinstance(each, Playlist | PlaylistFolder)
    )
    return Page(items, page.next_offset, page.total_count)


def _only(kind: type[R], resources: Iterable[Resource]) -> tuple[R, ...]:
    return tuple(each for each in resources if isinstance(each, kind))


def _page_of(kind: type[R], page: Page[Resource]) -> Page[R]:
    return Page(_only(kind, page.items), page.next_offset, page.total_count)


def _tracks(page: Page[Resource]) -> Page[Track]:
    items = tuple(each for each in page.items if isinstance(each, Song | MusicVideo))
    return Page(items, page.next_offset, page.total_count)


def _type_of(track: Track) -> ResourceType:
    return ResourceType.SONG if isinstance(track, Song) else ResourceType.MUSIC_VIDEO


def _not_found(kind: ResourceType, item_id: str, scope: LibraryScope) -> AppleMusicError:
    return NotFoundError(
        Reason.RESOURCE_NOT_FOUND,
        f"there is no {kind.name.lower()} {item_id!r} in the library of account "
        f"{scope.listener.account_id!r}",
        metadata={"resourceType": kind.name, "id": item_id},
    )
