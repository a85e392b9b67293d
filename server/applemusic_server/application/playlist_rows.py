"""Finds what a caller wants to put into a playlist."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from applemusic_server.application.library_memory import TYPES
from applemusic_server.application.library_writing import LibraryWriting, Writer
from applemusic_server.application.limits import check_id
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.favorites import ItemKey, item_key
from applemusic_server.domain.library_writes import Row
from applemusic_server.domain.resources import (
    Availability,
    MusicVideo,
    ResourceRef,
    ResourceType,
    Song,
    Track,
)
from applemusic_server.domain.together import all_of

MOST_TRACKS: Final = 1000
_CLASSES: Final[Mapping[ResourceType, type[Any]]] = {
    ResourceType.SONG: Song,
    ResourceType.MUSIC_VIDEO: MusicVideo,
}
# How Apple names a row for something that is not in the library (reference: recorded).
_BARE: Final = "a."
_PAGE: Final = 100


class PlaylistRows:
    """Knows tracks by any of their ids, and what playlists hold.

    Args:
        writing: What writers need.
    """

    def __init__(self, writing: LibraryWriting) -> None:
        self._writing = writing

    async def find(
        self, tracks: Sequence[ResourceRef], writer: Writer
    ) -> tuple[list[Row], tuple[str, ...]]:
        """Return the tracks that there are, in order, and the ids of those that there are not.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
        """
        check_tracks(tracks)
        wanted = {item_key(each): _bare(each) for each in tracks}
        if not wanted:
            return [], ()
        known = await self._known(list(dict.fromkeys(wanted.values())), writer)
        rows = [
            Row(wanted[item_key(each)], known[item_key(wanted[item_key(each)])])
            for each in tracks
            if item_key(wanted[item_key(each)]) in known
        ]
        missing = [each.id for each in tracks if item_key(wanted[item_key(each)]) not in known]
        return rows, tuple(dict.fromkeys(missing))

    async def of(self, playlist_id: str, writer: Writer) -> tuple[Track, ...]:
        """Return all tracks of a playlist, as they are with all writes."""
        tracks: list[Track] = []
        offset: int | None = 0
        while offset is not None:
            page = await self._writing.library.playlist_tracks(
                playlist_id, writer.scope, limit=_PAGE, offset=offset
            )
            tracks.extend(page.items)
            offset = page.next_offset
        return tuple(tracks)

    async def _known(self, refs: Sequence[ResourceRef], writer: Writer) -> dict[ItemKey, Track]:
        """Return what the catalog and the library have, as rows of a playlist."""
        work = []
        for kind, found in _CLASSES.items():
            own = [each.id for each in refs if each.type is kind and "." in each.id]
            foreign = [each.id for each in refs if each.type is kind and "." not in each.id]
            if own:
                work.append(self._writing.library.fetch(found, own, writer.scope))
            if foreign:
                work.append(self._writing.catalog.fetch(found, foreign, writer.catalog_scope))
        answers = await all_of(work)
        return {
            (TYPES[type(item)], item.id): as_row(item)
            for answer in answers
            for item in answer.items
            if not _is_withdrawn(item)
        }


def as_row(track: Track) -> Track:
    """Return a track as a playlist of the library shows it."""
    if "." in track.id:
        return track
    own_id = track.library_id or f"{_BARE}{track.id}"
    return replace(track, id=own_id, library_id=own_id)


def as_written(track: Track) -> Row:
    """Return a row of a playlist as it is written back: by the id under which it stands."""
    return Row(ResourceRef(TYPES[type(track)], track.id), track)


def names(track: Track) -> frozenset[str]:
    """Return the ids by which a caller may mean a row."""
    return frozenset(each for each in (track.id, track.catalog_id, track.library_id) if each)


def check_tracks(tracks: Sequence[ResourceRef]) -> None:
    """Return if a playlist can hold these.

    Raises:
        InvalidArgumentError: INVALID_FIELD.
    """
    if len(tracks) > MOST_TRACKS:
        raise invalid_field("tracks", f"at most {MOST_TRACKS} tracks, not {len(tracks)}")
    for position, each in enumerate(tracks):
        if each.type not in _CLASSES:
            raise invalid_field(
                f"tracks[{position}].type", f"{each.type.name} is no song or music video"
            )
        check_id(each.id, f"tracks[{position}].id")


def _bare(ref: ResourceRef) -> ResourceRef:
    """Return a row of something that is not in the library as what it is in the catalog."""
    return ResourceRef(ref.type, ref.id.removeprefix(_BARE))


def _is_withdrawn(item: Track) -> bool:
    return isinstance(item, Song) and item.availability is Availability.WITHDRAWN
