"""What the older generation of the host calls, where that differs: the contract as documented."""

from typing import Any

from music_assistant.models import music_provider
from music_assistant_models.enums import MediaType
from music_assistant_models.media_items import Playlist, RecommendationFolder


class MusicProvider(music_provider.MusicProvider):
    """A provider of music: no slots, no rows, no setup values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super(music_provider.MusicProvider, self).__init__(*args, **kwargs)

    async def recommendations(self) -> list[RecommendationFolder]:
        raise NotImplementedError

    async def create_playlist(
        self, name: str, media_types: set[MediaType] | None = None
    ) -> Playlist:
        raise NotImplementedError

    def get_setup_value(self, key: str, default: Any = None) -> Any:
        raise AttributeError("the older host has no setup flows")
