"""Naming resources in requests."""

from collections.abc import Iterable
from typing import Final, TypeAlias

from applemusic.convert import from_reference
from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.curator import Curator, RecordLabel
from applemusic.models.genre import Genre
from applemusic.models.music_video import MusicVideo
from applemusic.models.playlist import Playlist, PlaylistFolder
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource
from applemusic.models.song import Song
from applemusic.models.station import Station
from applemusic.v1 import media_pb2

Referable: TypeAlias = ResourceRef | Resource
"""A resource, or a reference to one: `song`, or `ResourceRef(ResourceType.SONG, "1440857781")`."""

_TYPES: Final[dict[type, ResourceType]] = {
    Song: ResourceType.SONG,
    Album: ResourceType.ALBUM,
    Artist: ResourceType.ARTIST,
    Playlist: ResourceType.PLAYLIST,
    Station: ResourceType.STATION,
    MusicVideo: ResourceType.MUSIC_VIDEO,
    Genre: ResourceType.GENRE,
    Curator: ResourceType.CURATOR,
    RecordLabel: ResourceType.RECORD_LABEL,
    PlaylistFolder: ResourceType.PLAYLIST_FOLDER,
}


def reference(item: Referable) -> ResourceRef:
    """Return a reference to a resource; a reference stays as it is."""
    if isinstance(item, ResourceRef):
        return item
    return ResourceRef(_TYPES[type(item)], item.id, item.name)


def references(items: Iterable[Referable]) -> list[ResourceRef]:
    """Return references to resources, in order."""
    return [reference(item) for item in items]


def to_messages(items: Iterable[Referable]) -> list[media_pb2.ResourceRef]:
    """Return references to resources as messages, in order."""
    return [from_reference(reference(item)) for item in items]
