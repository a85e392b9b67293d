"""Previews: 30 seconds of a song, for those who asked for them where the song does not play."""

from datetime import timedelta
from typing import Final

from applemusic_server.application.library_songs import LibrarySongs
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import (
    CatalogGateway,
    CatalogScope,
    Listener,
    PlaybackOffer,
)
from applemusic_server.domain.ids import is_library_song
from applemusic_server.domain.resources import Song

PREVIEW_REASONS: Final = frozenset(
    {
        Reason.WIDEVINE_DEVICE_MISSING,
        Reason.WIDEVINE_DEVICE_REJECTED,
        Reason.SUBSCRIPTION_REQUIRED,
        Reason.LICENSE_REFUSED,
        Reason.RENDITION_NOT_FOUND,
        Reason.CONTENT_UNAVAILABLE,
        Reason.CONTENT_WITHDRAWN,
        Reason.CONTENT_GEO_BLOCKED,
    }
)
"""Why a song does not play, now and in a minute, so that a preview is of use. Not among them: what
passes, what a sign-in mends, and an account's own restrictions."""

_USUAL = timedelta(seconds=30)


class Previews:
    """Finds the previews of songs. They need a developer token, and nothing of the listener.

    Args:
        catalog: Knows their addresses.
        library: Knows what songs of libraries are in the catalog; None for none.
    """

    def __init__(self, catalog: CatalogGateway, library: LibrarySongs | None) -> None:
        self._catalog = catalog
        self._library = library

    async def offer(self, song_id: str, listener: Listener, why: AppleMusicError) -> PlaybackOffer:
        """Return where the preview of a song lies.

        Args:
            song_id: Catalog or library id.
            listener: Through whose eyes the catalog is read.
            why: Why the song does not play; raised when there is no preview.

        Raises:
            AppleMusicError: `why`.
        """
        try:
            url = await self._url(song_id, listener)
        except AppleMusicError as second:
            why.add_note(f"the preview failed with {second.reason}")
            raise why from None
        if not url:
            why.add_note("there is no preview")
            raise why
        return PlaybackOffer(song_id, song_id, "", "", file_url=url, duration=_USUAL)

    async def _url(self, song_id: str, listener: Listener) -> str:
        catalog_id = song_id
        if is_library_song(song_id):
            song = await self._library.song(song_id, listener) if self._library else None
            catalog_id = (song.current_catalog_id or song.catalog_id) if song else ""
        if not catalog_id:
            return ""
        found = await self._catalog.fetch(Song, (catalog_id,), CatalogScope(listener.storefront))
        return next((url for song in found.items for url in song.preview_urls), "")
