"""Albums."""

from dataclasses import dataclass
from datetime import datetime

from applemusic.models.artwork import Artwork, EditorialNotes
from applemusic.models.date import PartialDate
from applemusic.models.favorite import FavoriteState
from applemusic.models.reference import ResourceRef
from applemusic.models.song import AudioVariant, ContentRating
from applemusic.models.wire_enum import WireEnum


class ArtistAlbumKind(WireEnum):
    """Names a part of an artist's albums."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    ALL = 1
    """Every release on which the artist is a main artist."""
    FULL_ALBUMS = 2
    """Studio albums."""
    SINGLES = 3
    """Singles and EPs."""
    LIVE_ALBUMS = 4
    """Live albums."""
    COMPILATIONS = 5
    """Compilations of the artist's own work."""
    APPEARS_ON = 6
    """Albums by others on which the artist is heard."""
    FEATURED = 7
    """Albums that Apple's editors put forward."""
    LATEST_RELEASE = 8
    """The newest release alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """An album, single or compilation."""

    id: str = ""
    """The id to use in other calls: the one it was found by."""
    catalog_id: str = ""
    """Id in the catalog, empty for uploads."""
    library_id: str = ""
    """Id in the account's library, empty when it is not there or was not asked for."""
    name: str = ""
    """Title."""
    artist_name: str = ""
    """Artists as one line to show."""
    artists: tuple[ResourceRef, ...] = ()
    """Artists by id, the main one first."""
    track_count: int = 0
    """How many tracks it has."""
    release_date: PartialDate | None = None
    """When it came out."""
    upc: str = ""
    """Universal Product Code as Apple sends it, leading zeros included."""
    record_label: str = ""
    """Record label."""
    copyright: str = ""
    """Copyright line."""
    content_rating: ContentRating = ContentRating.UNKNOWN
    """Explicit or clean."""
    genre_names: tuple[str, ...] = ()
    """Genres to show."""
    single: bool = False
    """True if and only if it is a single."""
    compilation: bool = False
    """True if and only if it is a compilation."""
    complete: bool = False
    """True if and only if all of its tracks are there."""
    prerelease: bool = False
    """True if and only if it is announced and not out yet."""
    artwork: Artwork | None = None
    """Cover."""
    url: str = ""
    """Page on music.apple.com."""
    playable: bool = False
    """True if and only if the album as a whole can be played."""
    audio_variants: tuple[AudioVariant, ...] = ()
    """Forms in which Apple offers it. Only with `View.FULL`."""
    editorial_notes: EditorialNotes | None = None
    """Editors' words."""
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    """What the listener thinks of it. Only with `View.FULL` and in the library."""
    date_added: datetime | None = None
    """When it came into the library."""
