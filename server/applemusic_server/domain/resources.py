"""What Apple Music consists of, as this server speaks of it.

The shapes follow the contract's `media.proto`; the comments there say what each field means. Absent
text is the empty string, an absent number 0, an absent moment or part None.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Generic, TypeVar

T = TypeVar("T")


class ResourceType(Enum):
    """A kind of resource."""

    SONG = auto()
    ALBUM = auto()
    ARTIST = auto()
    PLAYLIST = auto()
    STATION = auto()
    MUSIC_VIDEO = auto()
    GENRE = auto()
    CURATOR = auto()
    RECORD_LABEL = auto()
    PLAYLIST_FOLDER = auto()


class ContentRating(Enum):
    """Whether words or pictures are explicit."""

    UNRATED = auto()
    CLEAN = auto()
    EXPLICIT = auto()


class FavoriteState(Enum):
    """What the listener thinks of an item."""

    UNKNOWN = auto()
    NONE = auto()
    FAVORITE = auto()
    DISLIKED = auto()


class Availability(Enum):
    """Where a song's audio comes from and whether there is any."""

    UNKNOWN = auto()
    CATALOG = auto()
    UPLOADED = auto()
    PURCHASED = auto()
    WITHDRAWN = auto()


class AudioVariant(Enum):
    """A form in which Apple offers audio."""

    LOSSY_STEREO = auto()
    LOSSLESS = auto()
    HI_RES_LOSSLESS = auto()
    DOLBY_ATMOS = auto()
    DOLBY_AUDIO = auto()


class PlaylistKind(Enum):
    """Who made a playlist and how."""

    UNKNOWN = auto()
    EDITORIAL = auto()
    EXTERNAL = auto()
    PERSONAL_MIX = auto()
    REPLAY = auto()
    USER_SHARED = auto()
    LIBRARY = auto()


class StationKind(Enum):
    """What a station plays and how."""

    UNKNOWN = auto()
    LIVE = auto()
    BROADCAST = auto()
    TRACKS = auto()
    EPISODE = auto()


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date of any precision; 0 stands for an unknown part."""

    year: int
    month: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A resource without its attributes."""

    type: ResourceType
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Artwork:
    """A picture that Apple scales on request.

    Attributes:
        url_template: With `{w}` and `{h}`; for pictures of one size, the URL itself.
        expire_time: When the URL stops working; None when it does not.
    """

    url_template: str = field(repr=False)  # May be signed.
    width: int = 0
    height: int = 0
    background_color: str = ""
    text_colors: tuple[str, ...] = ()
    expire_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class EditorialNotes:
    """What Apple's editors wrote, with inline HTML tags."""

    short: str = ""
    standard: str = ""
    tagline: str = ""


@dataclass(frozen=True, slots=True)
class Song:
    """A song of the catalog or of a library."""

    id: str
    name: str
    catalog_id: str = ""
    library_id: str = ""
    artist_name: str = ""
    artists: tuple[ResourceRef, ...] = ()
    album_name: str = ""
    album: ResourceRef | None = None
    duration: timedelta = timedelta(0)
    track_number: int = 0
    disc_number: int = 0
    isrc: str = ""
    content_rating: ContentRating = ContentRating.UNRATED
    genre_names: tuple[str, ...] = ()
    release_date: Date | None = None
    composer_name: str = ""
    artwork: Artwork | None = None
    preview_urls: tuple[str, ...] = ()
    url: str = ""
    availability: Availability = Availability.UNKNOWN
    has_lyrics: bool = False
    has_time_synced_lyrics: bool = False
    audio_variants: tuple[AudioVariant, ...] = ()
    editorial_notes: EditorialNotes | None = None
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    date_added: datetime | None = None
    work_name: str = ""
    movement_name: str = ""
    movement_number: int = 0
    current_catalog_id: str = ""


@dataclass(frozen=True, slots=True)
class Album:
    """An album, single or compilation."""

    id: str
    name: str
    catalog_id: str = ""
    library_id: str = ""
    artist_name: str = ""
    artists: tuple[ResourceRef, ...] = ()
    track_count: int = 0
    release_date: Date | None = None
    upc: str = ""
    record_label: str = ""
    copyright: str = ""
    content_rating: ContentRating = ContentRating.UNRATED
    genre_names: tuple[str, ...] = ()
    single: bool = False
    compilation: bool = False
    complete: bool = False
    prerelease: bool = False
    artwork: Artwork | None = None
    url: str = ""
    playable: bool = False
    audio_variants: tuple[AudioVariant, ...] = ()
    editorial_notes: EditorialNotes | None = None
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    date_added: datetime | None = None


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist."""

    id: str
    name: str
    catalog_id: str = ""
    library_id: str = ""
    genre_names: tuple[str, ...] = ()
    artwork: Artwork | None = None
    url: str = ""
    editorial_notes: EditorialNotes | None = None
    favorite_state: FavoriteState = FavoriteState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist of the catalog or of a library."""

    id: str
    name: str
    catalog_id: str = ""
    library_id: str = ""
    curator_name: str = ""
    kind: PlaylistKind = PlaylistKind.UNKNOWN
    description: EditorialNotes | None = None
    last_modified_time: datetime | None = None
    track_count: int = 0
    artwork: Artwork | None = None
    url: str = ""
    editable: bool = False
    chart: bool = False
    public: bool = False
    favorites: bool = False
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    date_added: datetime | None = None
    parent_folder_id: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """A radio station."""

    id: str
    name: str
    kind: StationKind = StationKind.UNKNOWN
    personal: bool = False
    playable: bool = False
    provider_name: str = ""
    duration: timedelta | None = None
    content_rating: ContentRating = ContentRating.UNRATED
    artwork: Artwork | None = None
    url: str = ""
    editorial_notes: EditorialNotes | None = None


@dataclass(frozen=True, slots=True)
class MusicVideo:
    """A music video."""

    id: str
    name: str
    catalog_id: str = ""
    library_id: str = ""
    artist_name: str = ""
    artists: tuple[ResourceRef, ...] = ()
    album_name: str = ""
    duration: timedelta = timedelta(0)
    isrc: str = ""
    content_rating: ContentRating = ContentRating.UNRATED
    genre_names: tuple[str, ...] = ()
    release_date: Date | None = None
    artwork: Artwork | None = None
    url: str = ""
    preview_urls: tuple[str, ...] = ()
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    date_added: datetime | None = None


@dataclass(frozen=True, slots=True)
class Genre:
    """A genre."""

    id: str
    name: str
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class Curator:
    """A curator."""

    id: str
    name: str
    apple: bool = False
    artwork: Artwork | None = None
    url: str = ""
    editorial_notes: EditorialNotes | None = None


@dataclass(frozen=True, slots=True)
class RecordLabel:
    """A record label."""

    id: str
    name: str
    artwork: Artwork | None = None
    url: str = ""
    description: EditorialNotes | None = None


@dataclass(frozen=True, slots=True)
class PlaylistFolder:
    """A folder of playlists in a library; the root itself is not one."""

    id: str
    name: str
    parent_folder_id: str = ""
    date_added: datetime | None = None


Resource = (
    Song
    | Album
    | Artist
    | Playlist
    | Station
    | MusicVideo
    | Genre
    | Curator
    | RecordLabel
    | PlaylistFolder
)
Track = Song | MusicVideo


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the caller wants resources to be read; see the contract's message of this name."""

    language: str = ""
    storefront: str = ""
    artwork_size: int = 600
    full: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list.

    Attributes:
        next_offset: Where the next page begins; None when this is the last.
        total_count: Items in all, 0 when Apple does not say.
    """

    items: tuple[T, ...] = ()
    next_offset: int | None = None
    total_count: int = 0


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The answer to a batch: what was found, in the order asked for, and what was not."""

    items: tuple[T, ...] = ()
    missing_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What a search found; each type has a list of its own."""

    songs: tuple[Song, ...] = ()
    albums: tuple[Album, ...] = ()
    artists: tuple[Artist, ...] = ()
    playlists: tuple[Playlist, ...] = ()
    stations: tuple[Station, ...] = ()
    music_videos: tuple[MusicVideo, ...] = ()
    curators: tuple[Curator, ...] = ()
    record_labels: tuple[RecordLabel, ...] = ()
    top_results: tuple[Resource, ...] = ()
    more: frozenset[ResourceType] = field(default_factory=frozenset)
