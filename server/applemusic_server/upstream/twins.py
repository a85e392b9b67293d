"""Finds the catalog twins of library items."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from applemusic_server.domain.favorites import ItemKey
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import ResourceRef, ResourceType
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import (
    read_identity,
    read_ids,
    read_related_id,
)

# Path segment and ids per request (reference: Apple docs).
_KINDS: Final[Mapping[ResourceType, tuple[str, int]]] = MappingProxyType(
    {
        ResourceType.SONG: ("songs", 100),
        ResourceType.ALBUM: ("albums", 100),
        ResourceType.ARTIST: ("artists", 25),
        ResourceType.PLAYLIST: ("playlists", 25),
        ResourceType.MUSIC_VIDEO: ("music-videos", 100),
    }
)


class AppleTwins:
    """Looks library items up; implements `CatalogTwins`.

    Args:
        api: Asks Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def catalog_ids(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, str]:
        """Return the catalog id of each library item that there is; empty for one without."""
        work = [
            self._batch(kind, segment, ids[start : start + most], listener)
            for kind, (segment, most) in _KINDS.items()
            if (ids := list(dict.fromkeys(item.id for item in items if item.type is kind)))
            for start in range(0, len(ids), most)
        ]
        return {key: twin for found in await all_of(work) for key, twin in found.items()}

    async def _batch(
        self, kind: ResourceType, segment: str, ids: Sequence[str], listener: Listener
    ) -> Mapping[ItemKey, str]:
        answer = await self._api.get(
            Question(
                Endpoint.ME_LIBRARY_TWINS,
                f"/v1/me/library/{segment}",
                {"ids": ",".join(ids), "include": "catalog"},
                UserToken(listener.account_id, listener.music_user_token),
            )
        )
        if isinstance(answer, Missing):
            return {}
        return {(kind, each): twin for each, twin in _twins(answer) if each in ids}


def _twins(answer: JsonReader) -> list[tuple[str, str]]:
    """Return library id and catalog id of each item; a placeholder without a name is none."""
    found: list[tuple[str, str]] = []
    for resource in answer.children("data"):
        attributes = resource.child("attributes")
        if attributes is not None and attributes.has("name"):
            found.append((read_identity(resource)[1], _twin(resource, attributes)))
    return found


def _twin(resource: JsonReader, attributes: JsonReader) -> str:
    """Return the catalog id; a song that Apple withdrew keeps it in `playParams` alone (observed).

    What was asked for and came empty counts, therefore.
    """
    relationships = resource.child("relationships")
    catalog = relationships.child("catalog") if relationships else None
    if catalog is not None and catalog.has("data"):
        return read_related_id(resource, "catalog")
    return read_ids(resource, attributes)[0]
