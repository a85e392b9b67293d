"""The tracks of playlists, as far as a caller has not heard of them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from applemusic_server.application.ahead import PagesAhead
from applemusic_server.application.fingerprint import track_list_fingerprint
from applemusic_server.domain.library import LibraryGateway, LibraryScope
from applemusic_server.domain.resources import Playlist, ResourceRef
from applemusic_server.domain.sync import (
    TRACK_LIST,
    ItemMark,
    LibrarySnapshots,
    PlaylistTracks,
    SyncRun,
)

_TRACKS_PER_MESSAGE = 500


class TrackLists:
    """Reads the tracks of playlists.

    Args:
        gateway: Reads Apple's library.
        snapshots: Remembers it.
        run: The sync.
        scope: How to read.
        ahead: Playlists that are read at once.
    """

    def __init__(
        self,
        gateway: LibraryGateway,
        snapshots: LibrarySnapshots,
        run: SyncRun,
        scope: LibraryScope,
        *,
        ahead: int,
    ) -> None:
        self._gateway = gateway
        self._snapshots = snapshots
        self._run = run
        self._scope = scope
        self._ahead = ahead

    async def read(
        self, playlists: Sequence[Playlist], changed: frozenset[str]
    ) -> AsyncGenerator[PlaylistTracks, None]:
        """Yield the tracks that the caller has not heard of.

        Apple is asked for those of playlists that changed, and of playlists that do not say when
        they did; an own playlist's tracks change its `lastModifiedDate`.

        Args:
            playlists: Those of a window.
            changed: Ids of those of them that the caller is owed.
        """
        unknown = await self._snapshots.owed(
            self._run, TRACK_LIST, [playlist.id for playlist in playlists]
        )
        due = [
            playlist.id
            for playlist in playlists
            if playlist.id in unknown | changed
            or playlist.last_modified_time is None
            or playlist.favorites
        ]
        if not due:
            return

        async def fetch(place: int) -> _TrackList:
            tracks = await self._gateway.playlist_track_refs(due[place], self._scope)
            return _TrackList(due[place], tracks, len(due))

        lists = PagesAhead(fetch, size=1, most=self._ahead)
        async with aclosing(lists.read(0)) as reading:
            async for _, found in reading:
                mark = ItemMark(found.playlist_id, track_list_fingerprint(found.tracks))
                (owed,) = await self._snapshots.record(self._run, TRACK_LIST, [mark])
                if owed:
                    for message in _messages(found):
                        yield message


@dataclass(frozen=True, slots=True)
class _TrackList:
    """All tracks of a playlist.

    Attributes:
        total_count: Playlists that are read.
    """

    playlist_id: str
    tracks: tuple[ResourceRef, ...]
    total_count: int


def _messages(found: _TrackList) -> list[PlaylistTracks]:
    """Cut a long playlist; an empty one is one message too."""
    size, count = _TRACKS_PER_MESSAGE, len(found.tracks)
    return [
        PlaylistTracks(
            found.playlist_id,
            found.tracks[start : start + size],
            start,
            last=start + size >= count,
        )
        for start in range(0, max(count, 1), size)
    ]
