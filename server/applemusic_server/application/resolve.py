"""From a song id to where its audio lies: webPlayback, then the playlist."""

from dataclasses import dataclass

from applemusic_server.application.stages import StageTimes
from applemusic_server.domain.audio import Stage
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
)
from applemusic_server.domain.gateways import (
    CatalogGateway,
    CatalogScope,
    Listener,
    PlaybackGateway,
    PlaybackOffer,
)
from applemusic_server.domain.media import Rendition, SongMedia
from applemusic_server.domain.resources import Availability, Song

LIBRARY_PREFIX = "i."


@dataclass(frozen=True, slots=True)
class Resolved:
    """The first state of a song on its way to the listener: where it lies is known."""

    offer: PlaybackOffer
    rendition: Rendition


class Resolver:
    """Finds out where the audio of songs lies.

    Args:
        gateway: Apple's playback side.
        catalog: Asked why, when Apple does not play a song; else never.
        media: Reads playlists.
    """

    def __init__(self, gateway: PlaybackGateway, catalog: CatalogGateway, media: SongMedia) -> None:
        self._gateway = gateway
        self._catalog = catalog
        self._media = media

    async def resolve(self, song_id: str, listener: Listener, stages: StageTimes) -> Resolved:
        """Ask Apple for a song: two round trips.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
            FailedPreconditionError: CONTENT_WITHDRAWN; RENDITION_NOT_FOUND, there is nothing that
                this server plays.
            AppleMusicError: What else Apple refuses with.
        """
        try:
            with stages.measure(Stage.WEB_PLAYBACK):
                offer = await self._gateway.offer(song_id, listener)
        except AppleMusicError as error:
            if error.reason is not Reason.CONTENT_UNAVAILABLE:
                raise
            await self._explain(song_id, listener, error)
            raise
        with stages.measure(Stage.PLAYLIST):
            text = await self._gateway.playlist(offer)
        return Resolved(offer, self._media.rendition(text, offer.playlist_url))

    async def _explain(self, song_id: str, listener: Listener, error: AppleMusicError) -> None:
        """Raise a better error than CONTENT_UNAVAILABLE, if the catalog knows one."""
        if song_id.startswith(LIBRARY_PREFIX):
            return  # the catalog knows nothing about a listener's library
        try:
            found = await self._catalog.fetch(Song, (song_id,), CatalogScope(listener.storefront))
        except AppleMusicError as second:
            error.add_note(f"asked why, the catalog failed with {second.reason}")
            return
        if not found.items:
            raise NotFoundError(
                Reason.RESOURCE_NOT_FOUND,
                f"there is no song {song_id!r} in the catalog of {listener.storefront!r}",
                metadata={"resourceType": "SONG", "id": song_id},
            ) from error
        if found.items[0].availability is Availability.WITHDRAWN:
            raise FailedPreconditionError(
                Reason.CONTENT_WITHDRAWN,
                f"song {song_id!r} is in the catalog of {listener.storefront!r} but is not "
                "offered for playing any more",
                metadata={"id": song_id},
            ) from error
