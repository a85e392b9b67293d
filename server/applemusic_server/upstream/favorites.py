"""Asks and tells Apple what a listener thinks of items: ratings and favorites."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from applemusic_server.domain.capability import Capability, CapabilityAnswer, capability_refused
from applemusic_server.domain.errors import UnimplementedError
from applemusic_server.domain.favorites import ItemKey, is_library_item, item_key
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import FavoriteState, ResourceRef, ResourceType
from applemusic_server.upstream.api_client import (
    ApiClient,
    Missing,
    Question,
    Refused,
    UserToken,
)
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.rating import parse_favorites, parse_ratings

_RATED_AT_ONCE: Final = 200  # Clients send that many ids (reference: observed).
_ARTISTS_AT_ONCE: Final = 25
_FAVORITES_AT_ONCE: Final = 100  # Keeps the address short; where Apple stops is not known.
_EXISTING_AT_ONCE: Final = MappingProxyType(
    {
        ResourceType.SONG: 300,
        ResourceType.ALBUM: 100,
        ResourceType.ARTIST: 25,
        ResourceType.PLAYLIST: 25,
        ResourceType.MUSIC_VIDEO: 100,
        ResourceType.STATION: 100,
    }
)
# Ratings are written one by one; more at once would keep others waiting.
_WRITES_AT_ONCE: Final = 8
_SEGMENTS: Final = MappingProxyType(
    {
        ResourceType.SONG: "songs",
        ResourceType.ALBUM: "albums",
        ResourceType.ARTIST: "artists",
        ResourceType.PLAYLIST: "playlists",
        ResourceType.MUSIC_VIDEO: "music-videos",
        ResourceType.STATION: "stations",
    }
)
_VALUES: Final = MappingProxyType({FavoriteState.FAVORITE: 1, FavoriteState.DISLIKED: -1})
# What Apple may say to a call that it does not document.
_REFUSALS: Final = frozenset({401, 403, 404, 405, 501})
_MISSING: Final = 404
# No artist has it; Apple's ids begin higher.
_NO_ARTIST: Final = ResourceRef(ResourceType.ARTIST, "1")
_NOT_RATED: Final = frozenset({400, 404})


class AppleFavorites:
    """Ratings and favorites; implements `FavoritesGateway`.

    Args:
        api: Asks Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def ratings(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        """Return what is thought of items that are no artists; those without are left out."""
        found = await all_of(
            self._ratings(segment, batch, listener)
            for segment, batch in _batches(items, _RATED_AT_ONCE)
        )
        return {key: state for each in found for key, state in each.items()}

    async def artist_favorites(
        self, artist_ids: Sequence[str], listener: Listener
    ) -> Mapping[str, FavoriteState]:
        """Return FAVORITE or NONE of catalog artists; those that Apple does not tell are left out.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ids = list(dict.fromkeys(artist_ids))
        found = await all_of(
            self._artists(ids[start : start + _ARTISTS_AT_ONCE], listener)
            for start in range(0, len(ids), _ARTISTS_AT_ONCE)
        )
        return {artist_id: state for each in found for artist_id, state in each.items()}

    async def rate(
        self, items: Sequence[ResourceRef], state: FavoriteState, listener: Listener
    ) -> frozenset[ItemKey]:
        """Rate items, one request each; NONE takes the rating away. Return what is not rated."""
        turns = asyncio.Semaphore(_WRITES_AT_ONCE)

        async def one(item: ResourceRef) -> bool:
            async with turns:
                return await self._rate(item, state, listener)

        rated = await all_of(one(item) for item in items)
        return frozenset(
            item_key(item) for item, done in zip(items, rated, strict=True) if not done
        )

    async def add(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        """Make catalog items favorites (reference: Apple docs, 202 without a body)."""
        await self._favorites("POST", items, listener, Capability.ARTIST_FAVORITES)

    async def remove(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        """Make catalog items no favorites any more (reference: observed, not documented)."""
        await self._favorites("DELETE", items, listener, Capability.ARTIST_FAVORITES_CLEAR)

    async def may_read_artists(self, listener: Listener) -> CapabilityAnswer:
        """Whether Apple tells of favorite artists, asked with one that there is not."""
        try:
            await self._artists([_NO_ARTIST.id], listener)
        except UnimplementedError:
            return CapabilityAnswer.REFUSED
        return CapabilityAnswer.ALLOWED

    async def may_remove(self, listener: Listener) -> CapabilityAnswer:
        """Whether Apple takes favorites away, asked with an artist that there is not.

        A 404 can be about the artist as well as about the call, so it tells nothing.
        """
        answer = await self._send_favorites("DELETE", [_NO_ARTIST], listener)
        if not isinstance(answer, Refused):
            return CapabilityAnswer.ALLOWED
        is_untold = answer.status == _MISSING
        return CapabilityAnswer.UNTOLD if is_untold else CapabilityAnswer.REFUSED

    async def existing(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> frozenset[ItemKey]:
        """Return which catalog items there are in the listener's storefront."""
        work = [
            self._existing(kind, ids[start : start + size], listener)
            for kind, size in _EXISTING_AT_ONCE.items()
            if (ids := list(dict.fromkeys(each.id for each in items if each.type is kind)))
            for start in range(0, len(ids), size)
        ]
        return frozenset(key for found in await all_of(work) for key in found)

    async def _ratings(
        self, segment: str, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        ids = {item.id: item.type for item in items}
        answer = await self._api.get(
            Question(
                Endpoint.ME_RATINGS,
                f"/v1/me/ratings/{segment}",
                {"ids": ",".join(ids)},
                _user(listener),
            )
        )
        if isinstance(answer, Missing):  # None of them is rated.
            return {}
        return {(ids[each], each): state for each, state in parse_ratings(answer, ids)}

    async def _artists(self, ids: Sequence[str], listener: Listener) -> Mapping[str, FavoriteState]:
        answer = await self._api.send(
            Question(
                Endpoint.ME_ARTIST_FAVORITES,
                f"/v1/catalog/{listener.storefront}/artists",
                {
                    "ids": ",".join(ids),
                    "extend": "inFavorites",
                    "fields[artists]": "name,inFavorites",
                },
                _user(listener),
                told_statuses=_REFUSALS,
            )
        )
        if isinstance(answer, Refused) and answer.status != _MISSING:
            raise capability_refused(Capability.ARTIST_FAVORITES)
        if answer is None or isinstance(answer, Refused):
            return {}
        return dict(parse_favorites(answer))

    async def _rate(self, item: ResourceRef, state: FavoriteState, listener: Listener) -> bool:
        is_cleared = state is FavoriteState.NONE
        answer = await self._api.send(
            Question(
                Endpoint.ME_RATINGS,
                f"/v1/me/ratings/{_rated_segment(item)}/{item.id}",
                {},
                _user(listener),
                method="DELETE" if is_cleared else "PUT",
                body=None
                if is_cleared
                else {"type": "rating", "attributes": {"value": _VALUES[state]}},
                told_statuses=_NOT_RATED,
            )
        )
        return not isinstance(answer, Refused)

    async def _favorites(
        self,
        method: str,
        items: Sequence[ResourceRef],
        listener: Listener,
        capability: Capability,
    ) -> None:
        for start in range(0, len(items), _FAVORITES_AT_ONCE):
            batch = items[start : start + _FAVORITES_AT_ONCE]
            if isinstance(await self._send_favorites(method, batch, listener), Refused):
                raise capability_refused(capability)

    async def _send_favorites(
        self, method: str, items: Sequence[ResourceRef], listener: Listener
    ) -> JsonReader | Refused | None:
        ids: dict[str, list[str]] = {}
        for item in items:
            ids.setdefault(f"ids[{_SEGMENTS[item.type]}]", []).append(item.id)
        return await self._api.send(
            Question(
                Endpoint.ME_FAVORITES,
                "/v1/me/favorites",
                {name: ",".join(each) for name, each in ids.items()},
                _user(listener),
                method=method,
                told_statuses=_REFUSALS,
            )
        )

    async def _existing(
        self, kind: ResourceType, ids: Sequence[str], listener: Listener
    ) -> list[ItemKey]:
        segment = _SEGMENTS[kind]
        answer = await self._api.get(
            Question(
                Endpoint.CATALOG_EXISTING,
                f"/v1/catalog/{listener.storefront}/{segment}",
                {"ids": ",".join(ids), f"fields[{segment}]": "name"},
            )
        )
        if isinstance(answer, Missing):
            return []
        return [(kind, each.identifier("id")) for each in answer.children("data")]


def _batches(
    items: Iterable[ResourceRef], size: int
) -> Iterable[tuple[str, Sequence[ResourceRef]]]:
    """Yield items by the path of their ratings, at most so many at once."""
    groups: dict[str, list[ResourceRef]] = {}
    for item in items:
        groups.setdefault(_rated_segment(item), []).append(item)
    for segment, group in groups.items():
        for start in range(0, len(group), size):
            yield segment, group[start : start + size]


def _rated_segment(item: ResourceRef) -> str:
    segment = _SEGMENTS[item.type]
    return f"library-{segment}" if is_library_item(item) else segment


def _user(listener: Listener) -> UserToken:
    return UserToken(listener.account_id, listener.music_user_token)
