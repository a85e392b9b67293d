"""The provider: what Music Assistant calls, handed on to the parts."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

from music_assistant.models.music_provider import MusicProvider
from music_assistant_models import media_items as ma
from music_assistant_models.config_entries import ConfigEntry
from music_assistant_models.enums import (
    ConfigEntryType,
    EventType,
    ExternalID,
    MediaType,
    ProviderFeature,
)
from music_assistant_models.errors import MusicAssistantError
from music_assistant_models.streamdetails import StreamDetails

from applemusic.models.account import Account, AccountEvent

from .browse import BrowsePart
from .catalog import CatalogPart
from .connection import connection_for
from .features import features, media_types
from .items import STATIONS_ARE_RADIOS, Items, is_station
from .library import LibraryPart
from .notices import Notices
from .playback import PlaybackPart
from .playlists import PlaylistPart
from .radio import RadioPart
from .recommendations import RecommendationPart
from .session import Session
from .settings import Settings
from .texts import Texts

_LOCALE: Final = re.compile(r"([a-z]{2,3})[_-]([A-Z]{2})")


class AppleMusicProvider(MusicProvider):
    """One account of one server, as the host sees it.

    What the host's base class documents is not said again here.
    """

    def __init__(
        self, mass: Any, manifest: Any, config: Any, session: Session | None = None
    ) -> None:
        """Make the provider.

        Args:
            mass: The host.
            manifest: What `manifest.json` says.
            config: The instance's configuration.
            session: An open session; None only to read the settings of an instance.
        """
        self._session = session
        super().__init__(mass, manifest, config, self.supported_features)
        if session is None:
            return
        items = Items(self.domain, self.instance_id)
        log, self.texts = self.logger, Texts.of(mass)
        self.catalog = CatalogPart(session, items, log)
        self.library = LibraryPart(session, items, log)
        self.playlists = PlaylistPart(session, items)
        self.radio = RadioPart(session, items)
        self.playback = PlaybackPart(session, self.instance_id, log)
        self.recommended = RecommendationPart(session, items, self.instance_id, log, self.texts)
        self.folders = BrowsePart(session, items, self.recommended, self.instance_id, self.texts)
        self.notices = Notices(
            log,
            self.texts,
            idle=self.playback.idle,
            give_up=self._give_up,
            changed=self._tell_features,
        )

    # -- life ----------------------------------------------------------------------------------

    def value(self, key: str) -> Any:
        """Return a setting of this instance."""
        return self.config.get_value(key)

    async def open_session(self) -> Session:
        """Connect as the settings say.

        Raises:
            MusicAssistantError: As `Session.open`.
        """
        settings = Settings.read(self.value)
        session = Session(
            settings,
            connection_for(settings, self.mass, self.logger),
            self.logger,
            texts=Texts.of(self.mass),
            language=language(self.mass),
        )
        await session.open()
        return session

    async def loaded_in_mass(self) -> None:
        if self._session is None:
            return
        self._known_features = self.supported_features
        self._session.watch(self._take)
        if ends := self._session.shared_token_ends:
            self.logger.warning(ends)
        if self._session.capabilities.recommendations:
            self.recommended.refresh()

    async def unload(self, is_removed: bool = False) -> None:
        if self._session is not None:
            self.notices.close()
            await self.recommended.close()
            await self._session.close()

    @property
    def supported_features(self) -> set[ProviderFeature]:
        """What the server can do for the account now; changes when that changes."""
        return features(self._session.capabilities) if self._session else set()

    @property
    def max_concurrent_streams(self) -> int | None:
        """As many as the server plays for one account."""
        count = self._session.info.max_account_stream_count if self._session else 0
        return count or None

    @property
    def is_streaming_provider(self) -> bool:
        return True

    @property
    def supported_media_types(self) -> set[MediaType]:
        """What can be found and played, also where the library cannot be read."""
        return media_types(self._session.capabilities) if self._session else set()

    @property
    def instance_name_postfix(self) -> str | None:
        if self._session is None:
            return None
        return self._session.account.display_name or self._session.account.id or None

    @property
    def accounts(self) -> list[Account]:
        """The server's accounts, as far as they were told."""
        return list(self._session.accounts) if self._session else []

    def warnings(self) -> list[ConfigEntry]:
        """Return what the settings show on top: nothing, or what is wrong."""
        if self._session is None:
            return []
        found = {"warning": self.notices.warning, "shared_token": self._session.shared_token_ends}
        return [
            self.texts.entry(key, ConfigEntryType.ALERT, label=text, description=text)
            for key, text in found.items()
            if text
        ]

    # -- reading -------------------------------------------------------------------------------

    async def search(
        self, search_query: str, media_types: list[MediaType], limit: int = 5
    ) -> ma.SearchResults:
        return await self.catalog.search(search_query, media_types, limit)

    async def browse(self, path: str) -> Sequence[Any]:
        return await self.folders.browse(path, super().browse)

    async def get_artist(self, prov_artist_id: str) -> ma.Artist:
        return await self.catalog.artist(prov_artist_id)

    async def get_album(self, prov_album_id: str) -> ma.Album:
        return await self.catalog.album(prov_album_id)

    async def get_track(self, prov_track_id: str) -> ma.Track:
        return await self.catalog.track(prov_track_id)

    async def get_playlist(self, prov_playlist_id: str) -> ma.Playlist:
        return await self.catalog.playlist(prov_playlist_id)

    async def get_radio(self, prov_radio_id: str) -> ma.Radio:
        return await self.catalog.radio(prov_radio_id)

    async def get_album_tracks(self, prov_album_id: str) -> list[ma.Track]:
        return await self.catalog.album_tracks(prov_album_id)

    async def get_album_versions(self, prov_album_id: str) -> list[ma.Album]:
        """Return other versions of an album."""
        return await self.catalog.album_versions(prov_album_id)

    async def get_playlist_tracks(self, prov_playlist_id: str, page: int = 0) -> list[ma.Track]:
        if is_station(prov_playlist_id):
            return [] if page else await self.radio.tracks(prov_playlist_id)
        return await self.playlists.tracks(prov_playlist_id, page)

    async def get_dynamic_radio_tracks(
        self, prov_radio_id: str, *, sample: bool = False
    ) -> list[ma.Track]:
        return await self.radio.tracks(prov_radio_id, sample=sample)

    async def get_artist_albums(self, prov_artist_id: str) -> list[ma.Album]:
        return await self.catalog.artist_albums(prov_artist_id)

    async def get_artist_tracks(self, prov_artist_id: str) -> list[ma.Track]:
        return await self.catalog.artist_tracks(prov_artist_id)

    async def get_artist_toptracks(self, prov_artist_id: str) -> list[ma.Track]:
        return await self.catalog.artist_top_tracks(prov_artist_id)

    async def get_artist_topalbums(self, prov_artist_id: str) -> list[ma.Album]:
        return await self.catalog.artist_top_albums(prov_artist_id)

    async def get_similar_tracks(self, prov_track_id: str, limit: int = 25) -> list[ma.Track]:
        return await self.radio.similar_tracks(prov_track_id, limit)

    async def get_similar_artists(self, prov_artist_id: str, limit: int = 25) -> list[ma.Artist]:
        return await self.catalog.similar_artists(prov_artist_id, limit)

    async def get_track_by_external_id(
        self, external_id: str, external_id_type: ExternalID
    ) -> ma.Track | None:
        """Return the song with an ISRC; None when there is none."""
        return await self.catalog.track_by_code(external_id, external_id_type)

    async def get_album_by_external_id(
        self, external_id: str, external_id_type: ExternalID
    ) -> ma.Album | None:
        """Return the album with a UPC; None when there is none."""
        return await self.catalog.album_by_code(external_id, external_id_type)

    async def resolve_image(self, path: str) -> str | bytes:
        return await self.catalog.image(path)

    # -- recommendations: the first for older hosts, the others for newer ones -----------------

    async def recommendations(self) -> list[ma.RecommendationFolder]:
        """Return all rows with items."""
        return await self.recommended.folders()

    async def get_recommendations(self) -> list[ma.RecommendationFolder]:
        return self.recommended.rows()

    async def get_recommendation_items(self, item_id: str) -> ma.UniqueList[Any]:
        return ma.UniqueList(await self.recommended.items(item_id))

    # -- library -------------------------------------------------------------------------------

    async def get_library_artists(self) -> AsyncGenerator[ma.Artist, None]:
        async with aclosing(self.library.everything(MediaType.ARTIST)) as items:
            async for item in items:
                yield item

    async def get_library_albums(self) -> AsyncGenerator[ma.Album, None]:
        async with aclosing(self.library.everything(MediaType.ALBUM)) as items:
            async for item in items:
                yield item

    async def get_library_tracks(self) -> AsyncGenerator[ma.Track, None]:
        async with aclosing(self.library.everything(MediaType.TRACK)) as items:
            async for item in items:
                yield item

    async def get_library_playlists(self) -> AsyncGenerator[ma.Playlist, None]:
        async with aclosing(self.library.everything(MediaType.PLAYLIST)) as items:
            async for item in items:
                yield item
        if not STATIONS_ARE_RADIOS and self._session and self._session.capabilities.radio:
            async for station in self.library.stations():
                if isinstance(station, ma.Playlist):
                    yield station

    async def get_library_radios(self) -> AsyncGenerator[ma.Radio, None]:
        async for station in self.library.stations():
            if isinstance(station, ma.Radio):
                yield station

    async def library_add(self, item: Any) -> bool:
        return await self.library.add(item.media_type, self._id_of(item))

    async def library_remove(self, prov_item_id: str, media_type: MediaType) -> bool:
        return await self.library.remove(media_type, prov_item_id)

    async def set_favorite(self, prov_item_id: str, media_type: MediaType, favorite: bool) -> None:
        await self.library.set_favorite(media_type, prov_item_id, favorite=favorite)

    async def create_playlist(
        self,
        name: str,
        media_types: set[MediaType] | None = None,  # Apple's hold songs; older hosts say nothing
    ) -> ma.Playlist:
        return await self.playlists.create(name)

    async def add_playlist_tracks(self, prov_playlist_id: str, prov_track_ids: list[str]) -> None:
        await self.playlists.add(prov_playlist_id, prov_track_ids)

    async def remove_playlist_tracks(
        self, prov_playlist_id: str, positions_to_remove: tuple[int, ...]
    ) -> None:
        await self.playlists.remove(prov_playlist_id, positions_to_remove)

    # -- playing -------------------------------------------------------------------------------

    async def get_stream_details(self, item_id: str, media_type: MediaType) -> StreamDetails:
        return await self.playback.details(item_id, media_type)

    async def get_audio_stream(
        self, streamdetails: StreamDetails, seek_position: int = 0
    ) -> AsyncGenerator[bytes, None]:
        # Closed with this generator: a skip must reach the server at once.
        async with aclosing(self.playback.audio(streamdetails, seek_position)) as chunks:
            async for chunk in chunks:
                yield chunk

    # -- what happens to the account -----------------------------------------------------------

    def _take(self, event: AccountEvent) -> None:
        self.notices.take(event)

    def _give_up(self, error: MusicAssistantError) -> None:
        """Have the host show that somebody has to sign in, and ask for it."""
        self.mass.call_later(
            0, self.mass.unload_provider_with_error, self.instance_id, self.host_error(error)
        )

    def host_error(self, error: MusicAssistantError) -> Any:
        """Return an error in the form in which this generation of the host takes it."""
        return str(error)

    def _tell_features(self) -> None:
        known, self._known_features = self._known_features, self.supported_features
        if known != self._known_features:
            self.mass.signal_event(EventType.PROVIDERS_UPDATED, data=self.mass.get_providers())

    def _id_of(self, item: Any) -> str:
        for mapping in item.provider_mappings:
            if mapping.provider_instance == self.instance_id:
                return str(mapping.item_id)
        return str(item.item_id)


def language(mass: Any) -> str:
    """Return the host's language as a BCP-47 tag; empty when it says nothing of the kind."""
    locale = getattr(getattr(mass, "metadata", None), "locale", "")
    found = _LOCALE.fullmatch(str(locale))
    return f"{found.group(1)}-{found.group(2)}" if found else ""
