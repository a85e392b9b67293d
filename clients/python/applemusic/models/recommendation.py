"""What Apple recommends and what was played."""

from dataclasses import dataclass
from datetime import datetime

from applemusic.models.playlist import Playlist
from applemusic.models.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A group of recommendations."""

    id: str = ""
    """Names the group until it is replaced."""
    title: str = ""
    """Title to show."""
    reason: str = ""
    """Why these, in words; empty when Apple does not say."""
    recently_played: bool = False
    """True if and only if it is made of what the listener played lately."""
    next_update_time: datetime | None = None
    """When Apple replaces it."""
    items: tuple[Resource, ...] = ()
    """First items."""
    next_page_token: str = ""
    """Token for ListRecommendationItems that goes on after `items`; empty when these are all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayItem:
    """Something that was played, and how often."""

    resource: Resource | None = None
    """What it is."""
    play_count: int = 0
    """How often it was played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The summary of a year or month."""

    year: int = 0
    """Year that it is of."""
    month: int = 0
    """Month that it is of; 0 for the whole year."""
    top_songs: tuple[ReplayItem, ...] = ()
    """Songs, the most played first."""
    top_albums: tuple[ReplayItem, ...] = ()
    """Albums, the most played first."""
    top_artists: tuple[ReplayItem, ...] = ()
    """Artists, the most played first."""
    playlist: Playlist | None = None
    """The playlist that Apple made of it; None when none."""
