"""What a listener thinks of an item."""

from dataclasses import dataclass

from applemusic.models.reference import ResourceRef
from applemusic.models.wire_enum import WireEnum


class FavoriteState(WireEnum):
    """Says what the listener thinks of an item."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    NONE = 1
    """Neither a favorite nor disliked."""
    FAVORITE = 2
    """A favorite."""
    DISLIKED = 3
    """"Suggest less of this"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Favorite:
    """What the listener thinks of one item."""

    item: ResourceRef | None = None
    """The item as it was asked for."""
    state: FavoriteState = FavoriteState.UNKNOWN
    """FAVORITE, DISLIKED or NONE."""
