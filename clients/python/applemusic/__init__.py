"""Python client of the Apple Music gRPC plugin server.

    from applemusic import Client

    async with Client("127.0.0.1:50051") as music:
        async for song in music.catalog.artist_top_songs("178834"):
            print(song.name)

Names are loaded with their first use, so that importing this package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from applemusic import errors, models
    from applemusic.audio_stream import AudioStream
    from applemusic.client import Client
    from applemusic.config import Backoff, ClientConfig, TLSConfig
    from applemusic.errors import AppleMusicError
    from applemusic.models import (
        Account,
        Album,
        Artist,
        ArtistAlbumKind,
        AudioChunk,
        AudioContainer,
        AudioEvent,
        AudioHeader,
        AudioSummary,
        Availability,
        ErrorReason,
        FavoriteState,
        MusicVideo,
        Playlist,
        ReadOptions,
        Resource,
        ResourceRef,
        ResourceType,
        ServerInfo,
        Song,
        Station,
        Track,
        View,
    )
    from applemusic.paging import Batch, Batcher, Page, Pager

__all__ = [
    "Account",
    "Album",
    "AppleMusicError",
    "Artist",
    "ArtistAlbumKind",
    "AudioChunk",
    "AudioContainer",
    "AudioEvent",
    "AudioHeader",
    "AudioStream",
    "AudioSummary",
    "Availability",
    "Backoff",
    "Batch",
    "Batcher",
    "Client",
    "ClientConfig",
    "ErrorReason",
    "FavoriteState",
    "MusicVideo",
    "Page",
    "Pager",
    "Playlist",
    "ReadOptions",
    "Resource",
    "ResourceRef",
    "ResourceType",
    "ServerInfo",
    "Song",
    "Station",
    "TLSConfig",
    "Track",
    "View",
    "errors",
    "models",
]

_HOMES: Final = {
    "AppleMusicError": "errors",
    "AudioStream": "audio_stream",
    "Client": "client",
    **dict.fromkeys(("Backoff", "ClientConfig", "TLSConfig"), "config"),
    **dict.fromkeys(("Batch", "Batcher", "Page", "Pager"), "paging"),
}


def __getattr__(name: str) -> Any:
    """Load a public name with its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in {"errors", "models"}:
        return import_module(f"{__name__}.{name}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'models')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
