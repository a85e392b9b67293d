"""What the newer generation of the host calls: the contract as documented."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from music_assistant_models.enums import MediaType, ProviderFeature
from music_assistant_models.media_items import (
    Album,
    Artist,
    BrowseFolder,
    Playlist,
    Radio,
    RecommendationFolder,
    SearchResults,
    Track,
    UniqueList,
)
from music_assistant_models.streamdetails import StreamDetails

from music_assistant.models.provider import Provider


class MusicProvider(Provider):
    """A provider of music."""

    def __init__(
        self,
        mass: Any,
        manifest: Any,
        config: Any,
        supported_features: set[ProviderFeature] | None = None,
    ) -> None:
        super().__init__(mass, manifest, config, supported_features)
        limit = self.max_concurrent_streams
        self.slots = None if limit is None else asyncio.BoundedSemaphore(limit)

    @property
    def max_concurrent_streams(self) -> int | None:
        return 5 if self.is_streaming_provider else None

    @property
    def supported_media_types(self) -> set[MediaType]:
        return set()

    @property
    def is_streaming_provider(self) -> bool:
        return True

    def documented_only(self) -> list[Any]:
        raise NotImplementedError

    async def search(
        self, search_query: str, media_types: list[MediaType], limit: int = 5
    ) -> SearchResults:
        raise NotImplementedError

    async def get_library_artists(self) -> AsyncGenerator[Artist, None]:
        for each in self.documented_only():
            yield each

    async def get_library_albums(self) -> AsyncGenerator[Album, None]:
        for each in self.documented_only():
            yield each

    async def get_library_tracks(self) -> AsyncGenerator[Track, None]:
        for each in self.documented_only():
            yield each

    async def get_library_playlists(self) -> AsyncGenerator[Playlist, None]:
        for each in self.documented_only():
            yield each

    async def get_library_radios(self) -> AsyncGenerator[Radio, None]:
        for each in self.documented_only():
            yield each

    async def get_artist(self, prov_artist_id: str) -> Artist:
        raise NotImplementedError

    async def get_artist_albums(self, prov_artist_id: str) -> list[Album]:
        raise NotImplementedError

    async def get_artist_tracks(self, prov_artist_id: str) -> list[Track]:
        raise NotImplementedError

    async def get_artist_toptracks(self, prov_artist_id: str) -> list[Track]:
        raise NotImplementedError

    async def get_artist_topalbums(self, prov_artist_id: str) -> list[Album]:
        raise NotImplementedError

    async def get_album(self, prov_album_id: str) -> Album:
        raise NotImplementedError

    async def get_album_versions(self, prov_album_id: str) -> list[Album]:
        raise NotImplementedError

    async def get_track(self, prov_track_id: str) -> Track:
        raise NotImplementedError

    async def get_playlist(self, prov_playlist_id: str) -> Playlist:
        raise NotImplementedError

    async def get_radio(self, prov_radio_id: str) -> Radio:
        raise NotImplementedError

    async def get_album_tracks(self, prov_album_id: str) -> list[Track]:
        raise NotImplementedError

    async def get_playlist_tracks(self, prov_playlist_id: str, page: int = 0) -> Sequence[Any]:
        raise NotImplementedError

    async def get_dynamic_radio_tracks(self, prov_radio_id: str) -> list[Track]:
        raise NotImplementedError

    async def get_track_by_external_id(
        self, external_id: str, external_id_type: Any
    ) -> Track | None:
        raise NotImplementedError

    async def get_album_by_external_id(
        self, external_id: str, external_id_type: Any
    ) -> Album | None:
        raise NotImplementedError

    async def library_add(self, item: Any) -> bool:
        raise NotImplementedError

    async def library_remove(self, prov_item_id: str, media_type: MediaType) -> bool:
        raise NotImplementedError

    async def set_favorite(self, prov_item_id: str, media_type: MediaType, favorite: bool) -> None:
        raise NotImplementedError

    async def add_playlist_tracks(self, prov_playlist_id: str, prov_track_ids: list[str]) -> None:
        raise NotImplementedError

    async def remove_playlist_tracks(
        self, prov_playlist_id: str, positions_to_remove: tuple[int, ...]
    ) -> None:
        raise NotImplementedError

    async def create_playlist(self, name: str, media_types: set[MediaType]) -> Playlist:
        raise NotImplementedError

    async def get_similar_tracks(self, prov_track_id: str, limit: int = 25) -> list[Track]:
        raise NotImplementedError

    async def get_similar_artists(self, prov_artist_id: str, limit: int = 25) -> list[Artist]:
        raise NotImplementedError

    async def get_stream_details(self, item_id: str, media_type: MediaType) -> StreamDetails:
        raise NotImplementedError

    async def get_audio_stream(
        self, streamdetails: StreamDetails, seek_position: int = 0
    ) -> AsyncGenerator[bytes, None]:
        for each in self.documented_only():
            yield each

    async def resolve_image(self, path: str) -> str | bytes:
        return path

    async def browse(self, path: str) -> Sequence[Any]:
        if path.partition("://")[2]:
            raise KeyError("Invalid subpath")
        names = {
            "artists": "library_artists",
            "albums": "library_albums",
            "tracks": "library_tracks",
            "playlists": "library_playlists",
            "radios": "library_radios",
            "recommendations": "recommendations",
        }
        return [
            BrowseFolder(item_id=name, provider=self.instance_id, name="", path=f"{path}{name}")
            for name, feature in names.items()
            if feature in self.supported_features
        ]

    async def get_recommendations(self) -> list[RecommendationFolder]:
        raise NotImplementedError

    async def get_recommendation_items(self, item_id: str) -> UniqueList[Any]:
        raise NotImplementedError
