"""Songs of a library, for playing: what they are in the catalog, and why they are not."""

from typing import Protocol

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.library import LibraryGateway, LibraryScope
from applemusic_server.domain.resources import Availability, Song


class LibrarySongs(Protocol):
    """Knows songs of libraries."""

    async def song(self, library_id: str, listener: Listener) -> Song | None:
        """Return a song with its current version in the catalog; None if it is not there."""
        ...


class MatchedLibrarySongs:
    """Asks a library that says what withdrawn songs are in the catalog now.

    Args:
        library: See `application.matched_library`.
    """

    def __init__(self, library: LibraryGateway) -> None:
        self._library = library

    async def song(self, library_id: str, listener: Listener) -> Song | None:
        """See `LibrarySongs.song`."""
        found = await self._library.fetch(Song, (library_id,), LibraryScope(listener))
        return found.items[0] if found.items else None


async def current_version(
    songs: LibrarySongs, library_id: str, listener: Listener, why: AppleMusicError
) -> str:
    """Return the catalog id under which a library song that Apple does not play is played now.

    Args:
        songs: Knows them.
        library_id: The song.
        listener: Whose library.
        why: What Apple refused with; raised when nothing better is known.

    Raises:
        NotFoundError: RESOURCE_NOT_FOUND, it is not in the library.
        FailedPreconditionError: CONTENT_WITHDRAWN, it was withdrawn and has no current version;
            CONTENT_UNAVAILABLE, it was bought or uploaded and Apple has no file of it.
    """
    try:
        song = await songs.song(library_id, listener)
    except AppleMusicError as second:
        why.add_note(f"asked why, the library failed with {second.reason}")
        raise why from None
    if song is None:
        raise NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"there is no song {library_id!r} in the library",
            metadata={"resourceType": "SONG", "id": library_id},
        ) from why
    if song.current_catalog_id:
        return song.current_catalog_id
    if song.availability is Availability.WITHDRAWN:
        raise FailedPreconditionError(
            Reason.CONTENT_WITHDRAWN,
            f"song {library_id!r} was withdrawn from the catalog, and no current version of it "
            "was found",
            metadata={"id": library_id},
        ) from why
    if song.availability in (Availability.PURCHASED, Availability.UPLOADED):
        how = "bought" if song.availability is Availability.PURCHASED else "uploaded"
        raise FailedPreconditionError(
            Reason.CONTENT_UNAVAILABLE,
            f"song {library_id!r} was {how}; the catalog does not have it, and Apple gives no "
            "file of it",
            metadata=why.metadata,
        ) from why
    raise why
