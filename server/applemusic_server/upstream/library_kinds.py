"""How each kind of library item is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from applemusic_server.domain.resources import (
    Album,
    Artist,
    MusicVideo,
    Playlist,
    PlaylistFolder,
    ResourceType,
    Song,
)
from applemusic_server.upstream.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class LibraryKind:
    """A kind of item in a library.

    Attributes:
        type: Its name in errors.
        segment: Of the path.
        batch: Ids per request: Apple's limits, for songs half of it (504 beyond 150: observed).
        params: What enriches every answer at no further request: the catalog twin, whether it is a
            favorite, when it was added.
        full: What replaces or joins them in a full view.
    """

    type: ResourceType
    segment: str
    endpoint: Endpoint
    batch: int
    params: Mapping[str, str]
    full: Mapping[str, str] = field(default_factory=dict)


# By class of the domain.
LIBRARY_KINDS: Mapping[type[object], LibraryKind] = MappingProxyType(
    {
        Song: LibraryKind(
            ResourceType.SONG,
            "songs",
            Endpoint.LIBRARY_SONGS,
            150,
            {"include": "catalog", "extend": "dateAdded", "extend[songs]": "inFavorites"},
            {
                "include": "catalog,albums,artists",
                "extend[songs]": "inFavorites,editorialNotes,audioVariants",
            },
        ),
        Album: LibraryKind(
            ResourceType.ALBUM,
            "albums",
            Endpoint.LIBRARY_ALBUMS,
            100,
            {"include": "catalog", "extend[albums]": "inFavorites", "limit[tracks]": "1"},
            {
                "include": "catalog,artists",
                "extend[albums]": "inFavorites,editorialNotes,audioVariants",
            },
        ),
        Artist: LibraryKind(
            ResourceType.ARTIST,
            "artists",
            Endpoint.LIBRARY_ARTISTS,
            25,
            {"include": "catalog", "extend[artists]": "inFavorites"},
            {"extend[artists]": "inFavorites,editorialNotes"},
        ),
        # No catalog twin: it would bring a hundred tracks along with each playlist.
        Playlist: LibraryKind(
            ResourceType.PLAYLIST,
            "playlists",
            Endpoint.LIBRARY_PLAYLISTS,
            25,
            {"include": "parent", "extend[library-playlists]": "tags"},
        ),
        MusicVideo: LibraryKind(
            ResourceType.MUSIC_VIDEO,
            "music-videos",
            Endpoint.LIBRARY_MUSIC_VIDEOS,
            100,
            {"include": "catalog", "extend": "dateAdded", "extend[music-videos]": "inFavorites"},
        ),
        PlaylistFolder: LibraryKind(
            ResourceType.PLAYLIST_FOLDER,
            "playlist-folders",
            Endpoint.LIBRARY_FOLDERS,
            25,
            {"include": "parent"},
        ),
    }
)

# The types that a library search knows, by Apple's names.
LIBRARY_SEARCH_TYPES: Mapping[ResourceType, str] = MappingProxyType(
    {
        ResourceType.SONG: "library-songs",
        ResourceType.ALBUM: "library-albums",
        ResourceType.ARTIST: "library-artists",
        ResourceType.PLAYLIST: "library-playlists",
        ResourceType.MUSIC_VIDEO: "library-music-videos",
    }
)
