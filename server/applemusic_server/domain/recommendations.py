"""What Apple recommends and what was played, and the port to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from applemusic_server.domain.gateways import CatalogScope, Listener
from applemusic_server.domain.resources import Page, Playlist, Resource, Track


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A group of recommendations.

    Attributes:
        id: Names the group until Apple replaces it.
        reason: Why these, in words.
        items: The first ones.
        next_offset: Where the items go on; None when these are all.
    """

    id: str
    title: str
    reason: str = ""
    recently_played: bool = False
    next_update_time: datetime | None = None
    items: tuple[Resource, ...] = ()
    next_offset: int | None = None


@dataclass(frozen=True, slots=True)
class ReplayItem:
    """Something that was played, and how often."""

    resource: Resource
    play_count: int = 0


@dataclass(frozen=True, slots=True)
class Replay:
    """What was played most in a year, or in a month of it; lists begin with the most played.

    Attributes:
        month: 0 for the whole year.
        playlist: What Apple made of it.
    """

    year: int
    month: int = 0
    top_songs: tuple[ReplayItem, ...] = ()
    top_albums: tuple[ReplayItem, ...] = ()
    top_artists: tuple[ReplayItem, ...] = ()
    playlist: Playlist | None = None


class RecommendationGateway(Protocol):
    """Asks Apple. Every method may raise the token and UPSTREAM reasons."""

    async def groups(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Recommendation]:
        """Return a page of groups, with nameless stations among their items."""
        ...

    async def items(
        self,
        recommendation_id: str,
        scope: CatalogScope,
        listener: Listener,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        """Return a page of a group's items; RESOURCE_NOT_FOUND when there is no such group."""
        ...

    async def recently_played(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of the albums, playlists and stations that were played last."""
        ...

    async def recently_played_tracks(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of the songs and music videos that were played last."""
        ...

    async def heavy_rotation(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of what was played most lately."""
        ...

    async def replay(
        self, year: int, month: int, scope: CatalogScope, listener: Listener
    ) -> Replay:
        """Return the summary of a year (0 for the latest) or, unless 0, of a month of it.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        ...
