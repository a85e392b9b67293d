"""Artists."""

from dataclasses import dataclass

from applemusic.models.artwork import Artwork, EditorialNotes
from applemusic.models.favorite import FavoriteState


@dataclass(frozen=True, slots=True, kw_only=True)
class Artist:
    """An artist."""

    id: str = ""
    """The id to use in other calls: the one it was found by."""
    catalog_id: str = ""
    """Id in the catalog."""
    library_id: str = ""
    """Id in the account's library, empty when it is not there or was not asked for."""
    name: str = ""
    """Name."""
    genre_names: tuple[str, ...] = ()
    """Genres to show."""
    artwork: Artwork | None = None
    """Portrait."""
    url: str = ""
    """Page on music.apple.com."""
    editorial_notes: EditorialNotes | None = None
    """Editors' words. Only with `View.FULL`."""
    favorite_state: FavoriteState = FavoriteState.UNKNOWN
    """What the listener thinks of them. Only with `View.FULL`."""
