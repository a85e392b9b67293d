"""Pointing to resources."""

from dataclasses import dataclass

from applemusic.models.wire_enum import WireEnum


class ResourceType(WireEnum):
    """Names a kind of resource."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    SONG = 1
    """A song."""
    ALBUM = 2
    """An album, single or compilation."""
    ARTIST = 3
    """An artist."""
    PLAYLIST = 4
    """A playlist."""
    STATION = 5
    """A radio station."""
    MUSIC_VIDEO = 6
    """A music video."""
    GENRE = 7
    """A genre."""
    CURATOR = 8
    """A curator, editorial or not."""
    RECORD_LABEL = 9
    """A record label."""
    PLAYLIST_FOLDER = 10
    """A folder of playlists in a library."""


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """Points to a resource without its attributes."""

    type: ResourceType
    """Kind of resource."""
    id: str
    """Catalog id (digits, `pl.…`, `ra.…`) or library id (`i.…`, `l.…`, `r.…`, `p.…`)."""
    name: str = ""
    """Name to show, empty when Apple sent only the id."""

    @property
    def in_library(self) -> bool:
        """True if and only if the id is one of a library: one letter, a dot and the rest."""
        return self.id[1:2] == "."
