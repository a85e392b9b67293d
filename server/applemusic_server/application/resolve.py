"""From a song id to where its audio lies: webPlayback, then the playlist, or a plain file."""

from dataclasses import dataclass

from applemusic_server.application.library_songs import LibrarySongs, current_version
from applemusic_server.application.previews import Previews
from applemusic_server.application.stages import StageTimes
from applemusic_server.domain.audio import AudioSource, Stage
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
from applemusic_server.domain.ids import is_library_song
from applemusic_server.domain.media import Rendition, SongMedia
from applemusic_server.domain.resources import Availability, Song


@dataclass(frozen=True, slots=True)
class Resolved:
    """The first state of a song on its way to the listener: where it lies is known.

    Attributes:
        source: What it is that lies there.
    """

    offer: PlaybackOffer
    rendition: Rendition
    source: AudioSource = AudioSource.CATALOG


class Resolver:
    """Finds out where the audio of songs lies.

    Args:
        gateway: Apple's playback side.
        catalog: Asked why, when Apple does not play a song; else never.
        media: Reads playlists and files.
        library: Asked what a song of a library is now, when Apple does not play it; None for no
            library.
    """

    def __init__(
        self,
        gateway: PlaybackGateway,
        catalog: CatalogGateway,
        media: SongMedia,
        library: LibrarySongs | None = None,
    ) -> None:
        self._gateway = gateway
        self._catalog = catalog
        self._media = media
        self._library = library
        self._previews = Previews(catalog, library)

    async def resolve(self, song_id: str, listener: Listener, stages: StageTimes) -> Resolved:
        """Ask Apple for a song: two round trips; one for an upload.

        A song of a library that Apple does not play any more is played as what it is in the
        catalog now: two round trips more.

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
            if is_library_song(song_id) and self._library is not None:
                current = await current_version(self._library, song_id, listener, error)
                return await self.resolve(current, listener, stages)
            await self._explain(song_id, listener, error)
            raise
        if offer.file_url:
            return Resolved(
                offer, self._media.file(offer.file_url, offer.duration), AudioSource.UPLOAD
            )
        with stages.measure(Stage.PLAYLIST):
            text = await self._gateway.playlist(offer)
        return Resolved(offer, self._media.rendition(text, offer.playlist_url))

    async def preview(self, song_id: str, listener: Listener, why: AppleMusicError) -> Resolved:
        """Find the preview of a song that does not play.

        Raises:
            AppleMusicError: `why`, when there is none.
        """
        offer = await self._previews.offer(song_id, listener, why)
        rendition = self._media.file(offer.file_url, offer.duration)
        return Resolved(offer, rendition, AudioSource.PREVIEW)

    async def _explain(self, song_id: str, listener: Listener, error: AppleMusicError) -> None:
        """Raise a better error than CONTENT_UNAVAILABLE, if the catalog knows one."""
        if is_library_song(song_id):
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
