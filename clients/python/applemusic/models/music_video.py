"""Music videos."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from applemusic.models.artwork import Artwork
from applemusic.models.date import PartialDate
from applemusic.models.favorite import FavoriteState
from applemusic.models.reference import ResourceRef
from applemusic.models.song import ContentRating, Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicVideo:
    """A music video. Listed, not streamed."""

    id: str = ""
    """The id to use in other calls: the one it was found by."""
    catalog_id: str = ""
    """Id in the catalog."""
    library_id: str = ""
    """Id in the account's library, empty when it is not there or was not asked for."""
    name: str = ""
    """Title."""
    artist_name: str = ""
    """Artists as one line to show."""
    artists: tuple[ResourceRef, ...] = ()
    """Artists by id, the main one first."""
    album_name: str = ""
    """Album title, empty when it belongs to none."""
    duration: timedelta = timedelta(0)
    """Playing time; 0 when unknown."""
    isrc: str = ""
    """International Standard Recording Code, empty when unknown."""
    content_rating: ContentRating = ContentRating.UNKNOWN
    """Explicit or clean."""
    genre_names: tuple[str, ...] = ()
    """Genres to show."""
    release_date: PartialDate | None = None
    """When it came out."""
    artwork: Artwork | None = None
    """Still picture."""
    url: str = ""
    """Page on music.apple.com."""
    previews: tuple[Preview, ...] = ()
    """Excerpts."""
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    """What the listener thinks of it. Only with `View.FULL` and in the library."""
    date_added: datetime | None = None
    """When it came into the library."""
