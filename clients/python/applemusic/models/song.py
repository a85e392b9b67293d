"""Songs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from applemusic.models.artwork import Artwork, EditorialNotes
from applemusic.models.date import PartialDate
from applemusic.models.favorite import FavoriteState
from applemusic.models.reference import ResourceRef
from applemusic.models.wire_enum import WireEnum


class ContentRating(WireEnum):
    """Says whether words or pictures are explicit."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    CLEAN = 1
    """A clean version of something that also exists as explicit."""
    EXPLICIT = 2
    """Explicit."""


class Availability(WireEnum):
    """Says where a song's audio comes from and whether there is any."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    CATALOG = 1
    """In the catalog, playable with a subscription."""
    UPLOADED = 2
    """The listener's own upload; no subscription content, no catalog twin."""
    PURCHASED = 3
    """Bought by the listener, no catalog twin; this server cannot play it."""
    WITHDRAWN = 4
    """Listed and not playable: Apple withdrew it, or it is not out yet."""


class AudioVariant(WireEnum):
    """Names a form in which Apple offers the audio of an album or song.

    Informative: streams of this server are always AAC 256 kbit/s stereo.
    """

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    LOSSY_STEREO = 1
    """AAC stereo."""
    LOSSLESS = 2
    """Lossless up to 24 bit / 48 kHz."""
    HI_RES_LOSSLESS = 3
    """Lossless above 48 kHz."""
    DOLBY_ATMOS = 4
    """Dolby Atmos."""
    DOLBY_AUDIO = 5
    """Dolby Audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A 30-second excerpt that needs no subscription."""

    url: str = ""
    """Where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A song of the catalog or of a library."""

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
    """Artists by id, the main one first; empty when Apple sent none."""
    album_name: str = ""
    """Album title."""
    album: ResourceRef | None = None
    """Album by id; None when Apple sent none."""
    duration: timedelta = timedelta(0)
    """Playing time to the millisecond, as listed; 0 when unknown."""
    track_number: int = 0
    """Number on the disc, from 1; 0 when unknown."""
    disc_number: int = 0
    """Disc, from 1; 0 when unknown."""
    isrc: str = ""
    """International Standard Recording Code, empty when unknown."""
    content_rating: ContentRating = ContentRating.UNKNOWN
    """Explicit or clean."""
    genre_names: tuple[str, ...] = ()
    """Genres to show, the closest first."""
    release_date: PartialDate | None = None
    """When it came out."""
    composer_name: str = ""
    """Composers as one line."""
    artwork: Artwork | None = None
    """Cover."""
    previews: tuple[Preview, ...] = ()
    """Where the song can be heard without a subscription."""
    url: str = ""
    """Page on music.apple.com."""
    availability: Availability = Availability.UNKNOWN
    """Whether and from where it plays."""
    has_lyrics: bool = False
    """True if and only if Apple says that it has lyrics."""
    has_time_synced_lyrics: bool = False
    """True if and only if Apple says that the lyrics carry times."""
    audio_variants: tuple[AudioVariant, ...] = ()
    """Forms in which Apple offers it. Only with `View.FULL`."""
    editorial_notes: EditorialNotes | None = None
    """Editors' words. Only with `View.FULL`."""
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    """What the listener thinks of it. Only with `View.FULL` and in the library."""
    date_added: datetime | None = None
    """When it came into the library."""
    work_name: str = ""
    """Name of the work, for classical music."""
    movement_name: str = ""
    """Name of the movement, for classical music."""
    movement_number: int = 0
    """Number of the movement, from 1; 0 when none."""
    current_catalog_id: str = ""
    """Of a WITHDRAWN song of the library: id of the same recording in the catalog as it is now.

    Empty when there is none, or when it was not looked for yet: the server looks for a bounded
    number per minute, so a later read can tell more.
    """
