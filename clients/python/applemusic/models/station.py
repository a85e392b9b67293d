"""Radio stations."""

from dataclasses import dataclass
from datetime import timedelta

from applemusic.models.artwork import Artwork, EditorialNotes
from applemusic.models.song import ContentRating, Song
from applemusic.models.wire_enum import WireEnum


class StationKind(WireEnum):
    """Says what a station plays and how."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    LIVE = 1
    """One of Apple's own live stations."""
    BROADCAST = 2
    """A broadcaster's live stream."""
    TRACKS = 3
    """Songs, one after the other, chosen as one goes."""
    EPISODE = 4
    """One recorded radio show."""


class StationList(WireEnum):
    """Says which stations to list."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    LIVE = 1
    """Apple's own live stations."""
    PERSONAL = 2
    """The account's own stations."""
    FEATURED = 3
    """Stations that Apple puts forward for the account."""
    GENRE = 4
    """Stations of a genre."""
    RECENT = 5
    """Stations that the account played last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A radio station."""

    id: str = ""
    """The id to use in other calls (`ra.…`).

    Ids of personal and seeded stations may change with time.
    """
    name: str = ""
    """Name."""
    kind: StationKind = StationKind.UNKNOWN
    """What it plays and how."""
    personal: bool = False
    """True if and only if it belongs to the account ("Anna's Station")."""
    playable: bool = False
    """True if and only if this server can stream it or give its tracks."""
    provider_name: str = ""
    """Who broadcasts it, empty for Apple."""
    duration: timedelta | None = None
    """Length of a recorded show; None for endless stations."""
    content_rating: ContentRating = ContentRating.UNKNOWN
    """Explicit or clean."""
    artwork: Artwork | None = None
    """Picture."""
    url: str = ""
    """Page on music.apple.com."""
    editorial_notes: EditorialNotes | None = None
    """Editors' words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTracks:
    """A station's next songs."""

    songs: tuple[Song, ...] = ()
    """Songs in the order in which the station plays them.

    Empty only when Apple had none this time.
    """
    session_token: str = ""
    """To send in the next call."""
