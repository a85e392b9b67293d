"""What was written to libraries a moment ago, for as long as Apple may not show it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from applemusic_server.application.recent_writes import KEPT_SECONDS, RecentWrites
from applemusic_server.domain.favorites import ItemKey
from applemusic_server.domain.library_writes import Written, WrittenTracks
from applemusic_server.domain.resources import (
    Album,
    Artist,
    FavoriteState,
    MusicVideo,
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceType,
    Song,
    Track,
)

TYPES: Final[Mapping[type[Any], ResourceType]] = {
    Song: ResourceType.SONG,
    Album: ResourceType.ALBUM,
    Artist: ResourceType.ARTIST,
    Playlist: ResourceType.PLAYLIST,
    MusicVideo: ResourceType.MUSIC_VIDEO,
    PlaylistFolder: ResourceType.PLAYLIST_FOLDER,
}
"""What of a library is written, by class."""

CLASSES: Final[Mapping[ResourceType, type[Any]]] = {what: kind for kind, what in TYPES.items()}
"""The same, by type."""

# Whole track lists are the largest thing kept.
_MOST_TRACK_LISTS: Final = 20

FavoriteWrites: TypeAlias = RecentWrites[ItemKey, FavoriteState]


def key_of(item: Resource) -> ItemKey:
    """Name an item by its class and id."""
    return TYPES[type(item)], item.id


class LibraryMemory:
    """Recent writes to items and playlists, per account; see `RecentWrites` for its bounds.

    An item that was added is named by its catalog id, anything else by its library id.

    Args:
        clock: Monotonic seconds.
        favorites: What was liked; kept by whoever writes it.
        kept_seconds: How long a write hides what Apple answers.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        favorites: FavoriteWrites,
        *,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._items: RecentWrites[ItemKey, Written] = RecentWrites(clock, kept_seconds=kept_seconds)
        self._tracks: RecentWrites[str, WrittenTracks] = RecentWrites(
            clock, kept_seconds=kept_seconds, most_per_account=_MOST_TRACK_LISTS
        )
        self._favorites = favorites

    def items(self, account_id: str) -> Mapping[ItemKey, Written]:
        """Return what became of items, the oldest write first."""
        return self._items.of(account_id)

    def tracks(self, account_id: str, playlist_id: str) -> WrittenTracks | None:
        """Return what became of a playlist's tracks; None when they were not written."""
        return self._tracks.of(account_id).get(playlist_id)

    def favorites(self, account_id: str) -> Mapping[ItemKey, FavoriteState]:
        """Return what was liked."""
        return self._favorites.of(account_id)

    def removed(self, account_id: str, keys: Iterable[ItemKey]) -> None:
        """Note that items are gone."""
        self._items.note(account_id, [(key, Written(None)) for key in keys])

    def added(self, account_id: str, items: Iterable[Resource]) -> None:
        """Note items that are new: made, or added by their catalog id."""
        self._items.note(
            account_id, [(key_of(item), Written(item, awaited=True)) for item in items]
        )

    def arrived(self, account_id: str, items: Mapping[ItemKey, Resource]) -> None:
        """Note that Apple shows items that were new."""
        known = self._items.of(account_id)
        found = [
            (key, _arrived(known[key], item))
            for key, item in items.items()
            if key in known and known[key].awaited
        ]
        self._items.note(account_id, found)

    def changed(self, account_id: str, item: Resource, changes: Mapping[str, Any]) -> Resource:
        """Note fields of an item that were written, and return the item with them."""
        key = key_of(item)
        before = self._items.of(account_id).get(key)
        all_changes = {**(before.changes if before else {}), **changes}
        resource: Resource = replace(item, **all_changes)
        awaited = before.awaited if before else False
        self._items.note(account_id, [(key, Written(resource, all_changes, awaited))])
        return resource

    def set_tracks(self, account_id: str, playlist_id: str, tracks: tuple[Track, ...]) -> None:
        """Note all tracks of a playlist."""
        self._tracks.note(account_id, [(playlist_id, WrittenTracks(tracks, (), len(tracks)))])

    def appended(
        self, account_id: str, playlist_id: str, tracks: tuple[Track, ...], before: int
    ) -> None:
        """Note tracks that were appended to a playlist of `before` tracks."""
        known = self.tracks(account_id, playlist_id)
        if known is not None and known.whole is not None:
            self.set_tracks(account_id, playlist_id, known.whole + tracks)
            return
        tail = (known.tail if known else ()) + tracks
        written = WrittenTracks(None, tail, before + len(tracks))
        self._tracks.note(account_id, [(playlist_id, written)])

    def doubt(self, account_id: str, key: ItemKey) -> None:
        """Forget what was written of an item: Apple alone knows what became of it.

        What is new and does not show yet is kept, as it was made.
        """
        written = self._items.of(account_id).get(key)
        if written is not None and not written.awaited:
            self._items.drop(account_id, [key])

    def doubt_tracks(self, account_id: str, playlist_id: str) -> None:
        """Forget a playlist's tracks: Apple alone knows what became of them."""
        self._tracks.drop(account_id, [playlist_id])

    def forget(self, account_id: str) -> None:
        """Forget everything of an account."""
        self._items.forget(account_id)
        self._tracks.forget(account_id)


def _arrived(written: Written, item: Resource) -> Written:
    changes: dict[str, Any] = dict(written.changes)
    return Written(replace(item, **changes), written.changes)
