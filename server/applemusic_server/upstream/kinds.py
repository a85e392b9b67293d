"""How each kind of catalog resource is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from applemusic_server.domain.resources import (
    Album,
    Artist,
    Curator,
    Genre,
    MusicVideo,
    Playlist,
    RecordLabel,
    Resource,
    ResourceType,
    Song,
    Station,
)
from applemusic_server.upstream.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class CatalogKind:
    """A kind of resource in the catalog.

    Attributes:
        type: Its name in errors.
        places: Path segment and endpoint; curators live in two places, which are tried in turn.
        batch: Ids per request. Apple's limits are higher for songs (300, but 504 beyond 150 with
            relationships: observed). Albums (100) and playlists (25) bring their tracks along, so
            that a full batch could grow past what this server reads; see `inline`.
        include: Relationships wanted with their attributes.
        extend: Attributes that Apple sends on request only, for a full view.
        personal: Whether favorites and the library know this kind.
        inline: Further parameters. `limit[tracks]` keeps tracks that nobody asked for out.
    """

    type: ResourceType
    places: tuple[tuple[str, Endpoint], ...]
    batch: int
    include: str = ""
    extend: str = "editorialNotes"
    personal: bool = False
    inline: Mapping[str, str] = field(default_factory=dict)


_FEW_TRACKS = MappingProxyType({"limit[tracks]": "1"})

# By class of the domain.
KINDS: Mapping[type[object], CatalogKind] = MappingProxyType(
    {
        Song: CatalogKind(
            ResourceType.SONG,
            (("songs", Endpoint.CATALOG_SONGS),),
            batch=150,
            include="artists,albums",
            extend="editorialNotes,audioVariants",
            personal=True,
        ),
        Album: CatalogKind(
            ResourceType.ALBUM,
            (("albums", Endpoint.CATALOG_ALBUMS),),
            batch=25,
            include="artists",
            extend="editorialNotes,audioVariants",
            personal=True,
            inline=_FEW_TRACKS,
        ),
        Artist: CatalogKind(
            ResourceType.ARTIST,
            (("artists", Endpoint.CATALOG_ARTISTS),),
            batch=25,
            personal=True,
        ),
        Playlist: CatalogKind(
            ResourceType.PLAYLIST,
            (("playlists", Endpoint.CATALOG_PLAYLISTS),),
            batch=10,
            personal=True,
            inline=_FEW_TRACKS,
        ),
        Station: CatalogKind(
            ResourceType.STATION, (("stations", Endpoint.CATALOG_STATIONS),), batch=100
        ),
        MusicVideo: CatalogKind(
            ResourceType.MUSIC_VIDEO,
            (("music-videos", Endpoint.CATALOG_MUSIC_VIDEOS),),
            batch=100,
            include="artists",
            personal=True,
        ),
        Genre: CatalogKind(
            ResourceType.GENRE, (("genres", Endpoint.CATALOG_GENRES),), batch=100, extend=""
        ),
        Curator: CatalogKind(
            ResourceType.CURATOR,
            (
                ("apple-curators", Endpoint.CATALOG_APPLE_CURATORS),
                ("curators", Endpoint.CATALOG_CURATORS),
            ),
            batch=100,
        ),
        RecordLabel: CatalogKind(
            ResourceType.RECORD_LABEL,
            (("record-labels", Endpoint.CATALOG_RECORD_LABELS),),
            batch=100,
        ),
    }
)

# The class of the domain, by type.
CLASSES: Mapping[ResourceType, type[Resource]] = MappingProxyType(
    {
        ResourceType.SONG: Song,
        ResourceType.ALBUM: Album,
        ResourceType.ARTIST: Artist,
        ResourceType.PLAYLIST: Playlist,
        ResourceType.STATION: Station,
        ResourceType.MUSIC_VIDEO: MusicVideo,
        ResourceType.GENRE: Genre,
        ResourceType.CURATOR: Curator,
        ResourceType.RECORD_LABEL: RecordLabel,
    }
)

# The types that Apple's search knows, by its names.
SEARCH_TYPES: Mapping[ResourceType, tuple[str, ...]] = MappingProxyType(
    {
        ResourceType.SONG: ("songs",),
        ResourceType.ALBUM: ("albums",),
        ResourceType.ARTIST: ("artists",),
        ResourceType.PLAYLIST: ("playlists",),
        ResourceType.STATION: ("stations",),
        ResourceType.MUSIC_VIDEO: ("music-videos",),
        ResourceType.CURATOR: ("apple-curators", "curators"),
        ResourceType.RECORD_LABEL: ("record-labels",),
    }
)
