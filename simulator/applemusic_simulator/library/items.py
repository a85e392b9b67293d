"""What stands in a library."""

from dataclasses import dataclass, field
from enum import Enum

from applemusic_simulator.model import Song


class Origin(Enum):
    """Where a song in a library comes from."""

    SUBSCRIPTION = "subscription"
    UPLOAD = "upload"
    PURCHASE = "purchase"


class Cover(Enum):
    """What picture a playlist has on the wire."""

    NONE = "none"
    NULL_SIZES = "null-sizes"
    PRESIGNED = "presigned"


@dataclass(frozen=True, slots=True)
class LibrarySong:
    """A song in a library.

    Attributes:
        number: What its id stands for.
        words: Name, length, genre and so on; its `id` is not used.
        album_key: The catalogue id of the album, or a name of its own for an uploaded one.
        artist_key: The same for the artist; empty when an upload names none.
        album_name: Empty when an upload names none.
        catalog_id: What `playParams` say; empty for uploads, kept when the song was withdrawn.
        added_at: Seconds since 1970.
    """

    id: str
    number: int
    words: Song
    album_key: str
    artist_key: str
    album_name: str
    artist_name: str
    catalog_id: str
    origin: Origin
    added_at: float


@dataclass(slots=True)
class LibraryAlbum:
    """The songs of one album that are in the library.

    Attributes:
        catalog_id: Empty for an uploaded album.
        added_at: When its first song came; later songs do not change it.
        songs: Their numbers, in the album's order.
    """

    id: str
    number: int
    key: str
    name: str
    artist_name: str
    artist_key: str
    catalog_id: str
    genre: str
    release_date: str
    added_at: float
    songs: list[int] = field(default_factory=list)


@dataclass(slots=True)
class LibraryArtist:
    """An artist with something in the library; follows from the songs.

    Attributes:
        catalog_id: Empty for one known from uploads only.
        albums: Keys of the albums, in the order they came.
    """

    id: str
    number: int
    key: str
    name: str
    catalog_id: str
    albums: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LibraryVideo:
    """A music video in a library.

    Attributes:
        song: What it shows.
        catalog_id: Empty when it was bought and is no longer offered.
        purchased_id: Empty when it is there by subscription.
    """

    id: str
    number: int
    song: Song
    artist_name: str
    catalog_id: str
    purchased_id: str
    added_at: float


@dataclass(slots=True)
class LibraryPlaylist:
    """A playlist, one's own or somebody else's.

    Attributes:
        rows: `a.<catalog id>` for what the catalogue has, a library id for all else.
        global_id: Its catalogue id, or empty. `pl.u-...` may name one that cannot be fetched.
        by_api: Made through the API; to the others Apple appends nothing.
        favorites: The one that Apple keeps of favourite songs.
    """

    id: str
    name: str
    parent: str
    added_at: float
    modified_at: float
    description: str = ""
    rows: list[str] = field(default_factory=list)
    can_edit: bool = True
    is_public: bool = False
    global_id: str = ""
    by_api: bool = False
    cover: Cover = Cover.NONE
    favorites: bool = False


@dataclass(slots=True)
class LibraryFolder:
    """A folder of playlists."""

    id: str
    name: str
    parent: str
    added_at: float


Item = LibrarySong | LibraryAlbum | LibraryArtist | LibraryVideo | LibraryPlaylist | LibraryFolder


def catalog_id_of(item: Item) -> str:
    """The catalogue id that belongs to an item, or the empty string."""
    if isinstance(item, LibraryPlaylist):
        return item.global_id
    return "" if isinstance(item, LibraryFolder) else item.catalog_id
