"""What a listener thinks of items."""

from collections.abc import Iterable, Sequence
from typing import Final, Unpack

from applemusic.calls import Call, Calls
from applemusic.convert import from_enum, to_models
from applemusic.models.favorite import Favorite, FavoriteState
from applemusic.models.reference import ResourceRef
from applemusic.paging import in_parts
from applemusic.references import Referable, references, to_messages
from applemusic.v1 import favorites_service_pb2 as pb

_MAX_WRITES: Final = 500
_MAX_READS: Final = 1000


class Favorites:
    """Favorites and dislikes. Items are resources or references to them; any number at once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def set(
        self,
        items: Iterable[Referable],
        *,
        state: FavoriteState = FavoriteState.FAVORITE,
        **call: Unpack[Call],
    ) -> tuple[str, ...]:
        """Make items favorites, or disliked. Idempotent.

        Args:
            items: Songs, albums, artists, playlists, stations, music videos.
            state: FAVORITE or DISLIKED; artists cannot be disliked.
            **call: Account and timeout.

        Returns:
            Ids that Apple could not set.
        """

        async def ask(part: Sequence[ResourceRef]) -> Iterable[str]:
            request = pb.SetFavoritesRequest(
                items=to_messages(part), state=from_enum(state), **self._calls.fields(call)
            )
            method = self._calls.stubs.favorites.SetFavorites
            response = await self._calls.unary(method, request, call)
            return response.refused_ids

        answers = await in_parts(references(items), _MAX_WRITES, 1, ask)
        return tuple(name for refused in answers for name in refused)

    async def clear(self, items: Iterable[Referable], **call: Unpack[Call]) -> None:
        """Make items neither favorites nor disliked. Idempotent."""

        async def ask(part: Sequence[ResourceRef]) -> None:
            request = pb.ClearFavoritesRequest(items=to_messages(part), **self._calls.fields(call))
            method = self._calls.stubs.favorites.ClearFavorites
            await self._calls.unary(method, request, call)

        await in_parts(references(items), _MAX_WRITES, 1, ask)

    async def batch_get(
        self, items: Iterable[Referable], **call: Unpack[Call]
    ) -> tuple[Favorite, ...]:
        """Return what the listener thinks of items, in the order asked for."""

        async def ask(part: Sequence[ResourceRef]) -> tuple[Favorite, ...]:
            request = pb.BatchGetFavoritesRequest(
                items=to_messages(part), **self._calls.fields(call)
            )
            method = self._calls.stubs.favorites.BatchGetFavorites
            response = await self._calls.unary(method, request, call)
            return to_models(Favorite, response.favorites)

        concurrency = self._calls.config.concurrency
        answers = await in_parts(references(items), _MAX_READS, concurrency, ask)
        return tuple(favorite for found in answers for favorite in found)
