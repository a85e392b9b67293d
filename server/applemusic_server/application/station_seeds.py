"""Finds the station that Apple makes from something."""

from collections.abc import Sequence
from typing import Final

from applemusic_server.domain.errors import (
    FailedPreconditionError,
    NotFoundError,
    Reason,
    invalid_field,
)
from applemusic_server.domain.favorites import CatalogTwins, is_library_item, item_key
from applemusic_server.domain.gateways import CatalogGateway, CatalogScope, Listener
from applemusic_server.domain.radio import RadioGateway
from applemusic_server.domain.resources import ResourceRef, ResourceType, Song, Station

_KINDS: Final = frozenset(
    {ResourceType.SONG, ResourceType.ARTIST, ResourceType.ALBUM, ResourceType.PLAYLIST}
)
# Some songs have no station, so the next ones of an album or playlist are tried.
_SONGS_TRIED: Final = 3
_SONGS_READ: Final = 10


class StationSeeds:
    """Songs and artists have stations at Apple; albums and playlists that of their first song.

    Args:
        gateway: Asks about stations.
        catalog: Reads tracks.
        twins: Knows library items' catalog ids.
    """

    def __init__(self, gateway: RadioGateway, catalog: CatalogGateway, twins: CatalogTwins) -> None:
        self._gateway = gateway
        self._catalog = catalog
        self._twins = twins

    async def station(self, seed: ResourceRef, scope: CatalogScope, listener: Listener) -> Station:
        """Return the station of a seed.

        Raises:
            InvalidArgumentError: INVALID_FIELD, nothing of this kind seeds a station.
            NotFoundError: RESOURCE_NOT_FOUND.
            FailedPreconditionError: STATION_WITHOUT_TRACKS.
            AppleMusicError: A token or UPSTREAM reason.
        """
        if seed.type not in _KINDS:
            raise invalid_field("seed.type", f"no station is made from a {seed.type.name}")
        if seed.type is ResourceType.PLAYLIST and is_library_item(seed):
            songs = await self._gateway.library_playlist_songs(seed.id, listener)
            return await self._of_songs(songs, seed, scope, listener)
        known = await self._in_catalog(seed, listener)
        if seed.type is ResourceType.ARTIST:
            station = await self._gateway.of_seed(known, scope, listener)
            if station is None:
                raise without_tracks(seed.id)
            return station
        return await self._of_songs(await self._songs(known, scope), seed, scope, listener)

    async def catalog_song_id(self, library_id: str, listener: Listener) -> str:
        """Return the catalog id of a song of the library; raises as `station`."""
        return (await self._in_catalog(ResourceRef(ResourceType.SONG, library_id), listener)).id

    async def _in_catalog(self, seed: ResourceRef, listener: Listener) -> ResourceRef:
        if not is_library_item(seed):
            return seed
        twins = await self._twins.catalog_ids([seed], listener)
        twin = twins.get(item_key(seed))
        if twin is None:
            raise NotFoundError(
                Reason.RESOURCE_NOT_FOUND,
                f"there is no {seed.type.name.lower()} {seed.id!r} in the library",
                metadata={"resourceType": seed.type.name, "id": seed.id},
            )
        if not twin:
            raise without_tracks(seed.id)
        return ResourceRef(seed.type, twin)

    async def _songs(self, seed: ResourceRef, scope: CatalogScope) -> Sequence[str]:
        if seed.type is ResourceType.SONG:
            return [seed.id]
        read = (
            self._catalog.album_tracks
            if seed.type is ResourceType.ALBUM
            else self._catalog.playlist_tracks
        )
        page = await read(seed.id, scope, limit=_SONGS_READ, offset=0)
        return [track.id for track in page.items if isinstance(track, Song)]

    async def _of_songs(
        self,
        song_ids: Sequence[str],
        seed: ResourceRef,
        scope: CatalogScope,
        listener: Listener,
    ) -> Station:
        for song_id in song_ids[:_SONGS_TRIED]:
            try:
                station = await self._of_song(song_id, scope, listener)
            except NotFoundError:
                if song_id == seed.id:
                    raise
                continue  # An album, playlist or library can list a song that Apple withdrew.
            if station is not None:
                return station
        raise without_tracks(seed.id)

    async def _of_song(
        self, song_id: str, scope: CatalogScope, listener: Listener
    ) -> Station | None:
        song = ResourceRef(ResourceType.SONG, song_id)
        station = await self._gateway.of_seed(song, scope, listener)
        if station is None:
            continued = await self._gateway.continued(song_id, scope, listener)
            station = continued.station if continued else None
        return station


def without_tracks(station_or_seed_id: str) -> FailedPreconditionError:
    """The error for what plays no songs one by one."""
    return FailedPreconditionError(
        Reason.STATION_WITHOUT_TRACKS,
        f"Apple plays no songs one by one for {station_or_seed_id!r}: it is live, or has none",
        metadata={"id": station_or_seed_id},
    )
