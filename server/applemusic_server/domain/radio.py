"""Radio: which stations there are, and the port to Apple's."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from applemusic_server.domain.gateways import CatalogScope, Listener
from applemusic_server.domain.resources import (
    Genre,
    Page,
    ResourceRef,
    Song,
    Station,
)


class StationList(Enum):
    """Which stations to list."""

    LIVE = auto()
    PERSONAL = auto()
    FEATURED = auto()
    GENRE = auto()
    RECENT = auto()


@dataclass(frozen=True, slots=True)
class NextTracks:
    """A station's next songs.

    Attributes:
        session_token: Goes on with the session.
    """

    songs: tuple[Song, ...]
    session_token: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """What Apple plays after a song: a station, and its first songs."""

    station: Station
    songs: tuple[Song, ...]


class RadioGateway(Protocol):
    """Asks Apple about stations. Every method may raise the token and UPSTREAM reasons."""

    async def live(self, scope: CatalogScope) -> tuple[Station, ...]:
        """Return Apple's own live stations."""
        ...

    async def personal(self, scope: CatalogScope, listener: Listener) -> tuple[Station, ...]:
        """Return the listener's own stations, under their present ids."""
        ...

    async def of_genre(
        self, genre_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Station]:
        """Return a page of a genre's stations; RESOURCE_NOT_FOUND when there is no such genre."""
        ...

    async def recent(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Station]:
        """Return a page of the stations that were played last."""
        ...

    async def genres(self, scope: CatalogScope, *, limit: int, offset: int) -> Page[Genre]:
        """Return a page of the station genres."""
        ...

    async def of_seed(
        self, seed: ResourceRef, scope: CatalogScope, listener: Listener
    ) -> Station | None:
        """Return the station of a catalog song or artist; None when Apple has none.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, there is no such song or artist.
        """
        ...

    async def library_playlist_songs(self, playlist_id: str, listener: Listener) -> Sequence[str]:
        """Return catalog ids of the first songs of a library playlist that have one.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        ...

    async def next_tracks(
        self, station_id: str, scope: CatalogScope, listener: Listener, *, limit: int
    ) -> tuple[Song, ...] | None:
        """Return what a station plays next, at most 10 songs; each call takes it further.

        None when Apple does not have the station any more, or cannot play it (a 404, or a 500 that
        does not pass).
        """
        ...

    async def continued(
        self, song_id: str, scope: CatalogScope, listener: Listener
    ) -> Continuation | None:
        """Return what Apple plays after a catalog song; None when it knows nothing."""
        ...
