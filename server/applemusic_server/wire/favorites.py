"""Serves `FavoritesService`."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from applemusic.v1 import favorites_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.resources import FavoriteState, ResourceRef
from applemusic_server.wire.enums import FAVORITE_STATES, resource_type
from applemusic_server.wire.grpc_types import Context

_SETTABLE: Final = {
    media_pb2.FAVORITE_STATE_UNSPECIFIED: FavoriteState.FAVORITE,
    media_pb2.FAVORITE_STATE_FAVORITE: FavoriteState.FAVORITE,
    media_pb2.FAVORITE_STATE_DISLIKED: FavoriteState.DISLIKED,
}


class Favorites(Protocol):
    """The use cases of liking; see `application.favorites`."""

    async def set(
        self, items: Sequence[ResourceRef], state: FavoriteState, account: str
    ) -> tuple[str, ...]:
        """Make items favorites, or disliked, and return the ids that Apple refuses."""
        ...

    async def clear(self, items: Sequence[ResourceRef], account: str) -> None:
        """Make items neither."""
        ...

    async def batch_get(
        self, items: Sequence[ResourceRef], account: str
    ) -> tuple[FavoriteState, ...]:
        """Return what is thought of each item."""
        ...


class FavoritesServicer:
    """Says what a listener thinks of items."""

    def __init__(self, favorites: Favorites) -> None:
        self._favorites = favorites

    async def set_favorites(
        self, request: pb.SetFavoritesRequest, context: Context
    ) -> pb.SetFavoritesResponse:
        """Make items favorites, or disliked."""
        del context
        state = _SETTABLE.get(request.state)
        if state is None:
            raise invalid_field("state", "NONE is what ClearFavorites is for")
        refused = await self._favorites.set(_items(request.items), state, request.account)
        return pb.SetFavoritesResponse(refused_ids=refused)

    async def clear_favorites(
        self, request: pb.ClearFavoritesRequest, context: Context
    ) -> pb.ClearFavoritesResponse:
        """Make items neither favorites nor disliked."""
        del context
        await self._favorites.clear(_items(request.items), request.account)
        return pb.ClearFavoritesResponse()

    async def batch_get_favorites(
        self, request: pb.BatchGetFavoritesRequest, context: Context
    ) -> pb.BatchGetFavoritesResponse:
        """Return what the listener thinks of items."""
        del context
        states = await self._favorites.batch_get(_items(request.items), request.account)
        return pb.BatchGetFavoritesResponse(
            favorites=[
                pb.Favorite(item=item, state=FAVORITE_STATES[state])
                for item, state in zip(request.items, states, strict=True)
            ]
        )


def _items(messages: Iterable[media_pb2.ResourceRef]) -> list[ResourceRef]:
    return [reference(message, f"items[{position}]") for position, message in enumerate(messages)]


def reference(message: media_pb2.ResourceRef, field: str) -> ResourceRef:
    """Return what a caller points to.

    Raises:
        InvalidArgumentError: INVALID_FIELD, it is of no kind that this server knows.
    """
    if message.type not in media_pb2.ResourceType.values() or not message.type:
        raise invalid_field(f"{field}.type", "must be a kind of resource")
    return ResourceRef(resource_type(message.type), message.id)
