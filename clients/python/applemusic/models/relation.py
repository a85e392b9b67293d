"""Relations and counterparts."""

from dataclasses import dataclass

from applemusic.models.album import Album
from applemusic.models.music_video import MusicVideo
from applemusic.models.resource import Resource
from applemusic.models.song import Song
from applemusic.models.wire_enum import WireEnum


class Relation(WireEnum):
    """Names a relation between catalog resources."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    ALBUM_VERSIONS = 1
    """Other versions of an album."""
    RELATED_ALBUMS = 2
    """Albums related to an album."""
    RELATED_MUSIC_VIDEOS = 3
    """Music videos related to an album."""
    APPEARS_ON = 4
    """Playlists on which an album is heard."""
    MUSIC_VIDEOS = 5
    """Music videos of an artist or a song."""
    FEATURED_PLAYLISTS = 6
    """Playlists about an artist."""
    FEATURED_ARTISTS = 7
    """Artists heard on a playlist."""
    MORE_BY_CURATOR = 8
    """Further playlists by the curator of a playlist."""
    CURATOR_PLAYLISTS = 9
    """Playlists of a curator."""
    LATEST_RELEASES = 10
    """Newest releases of a record label."""
    TOP_RELEASES = 11
    """Most played releases of a record label."""
    MORE_BY_ARTIST = 12
    """Further music videos by the artist of one."""
    MORE_IN_GENRE = 13
    """Further music videos in the genre of one."""
    STATION = 14
    """The station that Apple makes from a song or artist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IsrcMatch:
    """The recordings of one code."""

    isrc: str = ""
    """The code as it was asked for."""
    songs: tuple[Song, ...] = ()
    """Songs with this code, as Apple orders them."""
    music_videos: tuple[MusicVideo, ...] = ()
    """Music videos with this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcMatch:
    """The albums of one code."""

    upc: str = ""
    """The code as it was asked for."""
    albums: tuple[Album, ...] = ()
    """Albums with this code, as Apple orders them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalentMatch:
    """The counterparts of one resource."""

    id: str = ""
    """The id as it was asked for."""
    resources: tuple[Resource, ...] = ()
    """Counterparts, the best first."""
