"""The tracks of playlists as they were written, though Apple shows it only after seconds."""

from dataclasses import replace

from applemusic_server.application.library_memory import TYPES, LibraryMemory
from applemusic_server.domain.library import LibraryGateway, LibraryScope
from applemusic_server.domain.library_writes import WrittenTracks
from applemusic_server.domain.resources import Page, ResourceRef, Track


class RecentTracks:
    """Lays what was written over the track lists of playlists.

    Args:
        inner: Asks Apple.
        memory: What was written.
    """

    def __init__(self, inner: LibraryGateway, memory: LibraryMemory) -> None:
        self._inner = inner
        self._memory = memory

    async def page(
        self, playlist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        written = self._memory.tracks(scope.listener.account_id, playlist_id)
        if written is None:
            return await self._inner.playlist_tracks(playlist_id, scope, limit=limit, offset=offset)
        if written.whole is not None:
            return _cut(written.whole, limit, offset)
        return await self._with_tail(playlist_id, written, scope, limit=limit, offset=offset)

    async def refs(self, playlist_id: str, scope: LibraryScope) -> tuple[ResourceRef, ...]:
        """Return all tracks of a playlist by id."""
        written = self._memory.tracks(scope.listener.account_id, playlist_id)
        if written is not None and written.whole is not None:
            return tuple(map(_ref, written.whole))
        refs = await self._inner.playlist_track_refs(playlist_id, scope)
        return refs + tuple(map(_ref, _unseen(written, len(refs))))

    async def _with_tail(
        self,
        playlist_id: str,
        written: WrittenTracks,
        scope: LibraryScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[Track]:
        """Return a page of what Apple has, and behind it what it does not show yet."""
        least = written.total_count - len(written.tail)
        begin = offset if offset < least else 0
        page = await self._inner.playlist_tracks(playlist_id, scope, limit=limit, offset=begin)
        count = page.total_count or begin + len(page.items)
        unseen = _unseen(written, count)
        if offset >= count:
            cut = _cut(unseen, limit, offset - count)
            following = None if cut.next_offset is None else cut.next_offset + count
            return Page(cut.items, following, written.total_count)
        if begin != offset:
            page = await self._inner.playlist_tracks(playlist_id, scope, limit=limit, offset=offset)
        if not unseen:
            return page
        if page.next_offset is not None:
            return replace(page, total_count=written.total_count)
        more = unseen[: max(0, limit - len(page.items))]
        following = count + len(more) if len(more) < len(unseen) else None
        return Page((*page.items, *more), following, written.total_count)


def _unseen(written: WrittenTracks | None, count: int) -> tuple[Track, ...]:
    """Return what of the tail is missing when Apple shows `count` tracks."""
    missing = written.total_count - count if written else 0
    return written.tail[-missing:] if written is not None and missing > 0 else ()


def _cut(tracks: tuple[Track, ...], limit: int, offset: int) -> Page[Track]:
    following = offset + limit if offset + limit < len(tracks) else None
    return Page(tracks[offset : offset + limit], following, len(tracks))


def _ref(track: Track) -> ResourceRef:
    return ResourceRef(TYPES[type(track)], track.id, track.name)
