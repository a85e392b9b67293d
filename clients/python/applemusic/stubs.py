"""The generated stubs, for everything that the facade does not offer."""

# ruff: noqa: PLC0415 - each service's code is loaded with its first use: that keeps imports short
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from grpc import aio

if TYPE_CHECKING:
    from applemusic.v1.audio_service_pb2_grpc import AudioServiceAsyncStub
    from applemusic.v1.auth_service_pb2_grpc import AuthServiceAsyncStub
    from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceAsyncStub
    from applemusic.v1.favorites_service_pb2_grpc import FavoritesServiceAsyncStub
    from applemusic.v1.library_service_pb2_grpc import LibraryServiceAsyncStub
    from applemusic.v1.radio_service_pb2_grpc import RadioServiceAsyncStub
    from applemusic.v1.recommendation_service_pb2_grpc import RecommendationServiceAsyncStub
    from applemusic.v1.server_service_pb2_grpc import ServerServiceAsyncStub


class Stubs:
    """One generated stub per service, on the client's channel.

    Their calls take and return protobuf messages, raise `grpc.aio.AioRpcError` and have only the
    deadline of the service config; the access token is sent.
    """

    def __init__(self, channel: Callable[[], aio.Channel]) -> None:
        self._channel = channel

    @cached_property
    def auth(self) -> "AuthServiceAsyncStub":
        """Stub of `AuthService`."""
        from applemusic.v1.auth_service_pb2_grpc import AuthServiceStub

        return AuthServiceStub(self._channel())

    @cached_property
    def catalog(self) -> "CatalogServiceAsyncStub":
        """Stub of `CatalogService`."""
        from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub

        return CatalogServiceStub(self._channel())

    @cached_property
    def library(self) -> "LibraryServiceAsyncStub":
        """Stub of `LibraryService`."""
        from applemusic.v1.library_service_pb2_grpc import LibraryServiceStub

        return LibraryServiceStub(self._channel())

    @cached_property
    def favorites(self) -> "FavoritesServiceAsyncStub":
        """Stub of `FavoritesService`."""
        from applemusic.v1.favorites_service_pb2_grpc import FavoritesServiceStub

        return FavoritesServiceStub(self._channel())

    @cached_property
    def radio(self) -> "RadioServiceAsyncStub":
        """Stub of `RadioService`."""
        from applemusic.v1.radio_service_pb2_grpc import RadioServiceStub

        return RadioServiceStub(self._channel())

    @cached_property
    def recommendations(self) -> "RecommendationServiceAsyncStub":
        """Stub of `RecommendationService`."""
        from applemusic.v1.recommendation_service_pb2_grpc import RecommendationServiceStub

        return RecommendationServiceStub(self._channel())

    @cached_property
    def audio(self) -> "AudioServiceAsyncStub":
        """Stub of `AudioService`."""
        from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub

        return AudioServiceStub(self._channel())

    @cached_property
    def server(self) -> "ServerServiceAsyncStub":
        """Stub of `ServerService`."""
        from applemusic.v1.server_service_pb2_grpc import ServerServiceStub

        return ServerServiceStub(self._channel())
