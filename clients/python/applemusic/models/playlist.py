"""Playlists and their folders."""

from dataclasses import dataclass
from datetime import datetime

from applemusic.models.artwork import Artwork, EditorialNotes
from applemusic.models.favorite import FavoriteState
from applemusic.models.wire_enum import WireEnum


class PlaylistKind(WireEnum):
    """Says who made a playlist and how."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    EDITORIAL = 1
    """Made by Apple's editors."""
    EXTERNAL = 2
    """Made by an outside curator."""
    PERSONAL_MIX = 3
    """Made by Apple for one listener, changing with time."""
    REPLAY = 4
    """The listener's year or month in music."""
    USER_SHARED = 5
    """Made and shared by a person."""
    LIBRARY = 6
    """The account's own, in its library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """A playlist of the catalog or of a library."""

    id: str = ""
    """The id to use in other calls: the one it was found by."""
    catalog_id: str = ""
    """Id in the catalog (`pl.…`), empty when it is not shared."""
    library_id: str = ""
    """Id in the account's library (`p.…`), empty when it is not there or was not asked for."""
    name: str = ""
    """Title."""
    curator_name: str = ""
    """Who made it, as a line to show."""
    kind: PlaylistKind = PlaylistKind.UNKNOWN
    """Who made it and how."""
    description: EditorialNotes | None = None
    """What it is about."""
    last_modified_time: datetime | None = None
    """When it last changed."""
    track_count: int = 0
    """How many tracks it has, 0 when Apple does not say."""
    artwork: Artwork | None = None
    """Cover."""
    url: str = ""
    """Page on music.apple.com."""
    editable: bool = False
    """True if and only if tracks can be added to it through Apple's API."""
    chart: bool = False
    """True if and only if it is a chart."""
    public: bool = False
    """True if and only if others can see it."""
    favorites: bool = False
    """True if and only if it is the account's list of favorite songs."""
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    """What the listener thinks of it. Only with `View.FULL` and in the library."""
    date_added: datetime | None = None
    """When it came into the library."""
    parent_folder_id: str = ""
    """Folder that holds it, empty for the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistFolder:
    """A folder of playlists in a library."""

    id: str = ""
    """Library id (`p.…`); the root is `p.playlistsroot`."""
    name: str = ""
    """Name."""
    parent_folder_id: str = ""
    """Folder that holds it, empty for the root."""
    date_added: datetime | None = None
    """When it came into the library."""
