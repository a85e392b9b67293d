"""The library: lists of any length with flat memory, additions, removals, favorites."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

from music_assistant_models import media_items as ma
from music_assistant_models.enums import MediaType
from music_assistant_models.errors import UnsupportedFeaturedException

from applemusic.errors.base import UnavailableError
from applemusic.models.favorite import FavoriteState
from applemusic.models.options import ReadOptions, View
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource
from applemusic.models.station import StationList
from applemusic.models.sync import SyncCheckpoint, SyncUpsert

from .errors import translated, translated_stream
from .items import Items, is_station
from .session import Session

_KINDS: Final = {
    MediaType.ARTIST: ResourceType.ARTIST,
    MediaType.ALBUM: ResourceType.ALBUM,
    MediaType.TRACK: ResourceType.SONG,
    MediaType.PLAYLIST: ResourceType.PLAYLIST,
    MediaType.RADIO: ResourceType.STATION,
}
_ADDABLE: Final = {MediaType.ALBUM, MediaType.TRACK, MediaType.PLAYLIST}
_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 2.0


class LibraryPart:
    """Reads and changes the account's library for the host."""

    def __init__(
        self,
        session: Session,
        items: Items,
        logger: logging.Logger,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._session = session
        self._items = items
        self._logger = logger

    @translated_stream
    async def everything(self, kind: MediaType) -> AsyncIterator[Any]:
        """Yield all items of one kind; only one is held at a time.

        Raises:
            MusicAssistantError: The list could not be read to its end. The host then deletes
                nothing.
        """
        async with aclosing(self._upserts(_KINDS[kind])) as resources:
            async for resource in resources:
                item = self._items.item(resource)
                if item is not None and item.media_type is kind:
                    yield item

    @translated_stream
    async def stations(self) -> AsyncIterator[ma.Radio | ma.Playlist]:
        """Yield the account's own stations."""
        async for station in self._session.client.radio.stations(StationList.PERSONAL):
            yield self._items.station(station)

    @translated
    async def add(self, kind: MediaType, item_id: str) -> bool:
        """Add an item to the library; say whether Apple took it.

        Artists and stations cannot be added: they are favorites or nothing.
        """
        if kind not in _ADDABLE or is_station(item_id):
            return False
        reference = self._reference(kind, item_id)
        if reference.in_library:
            return True
        return not await self._session.client.library.add([reference])

    @translated
    async def remove(self, kind: MediaType, item_id: str) -> bool:
        """Remove an item from the library; say whether it is gone.

        Raises:
            UnsupportedFeaturedException: Nothing of this kind can be removed.
        """
        if kind not in _ADDABLE or is_station(item_id):
            raise UnsupportedFeaturedException(
                f"Apple's library holds no {kind.value}s of their own: nothing to remove"
            )
        await self._session.client.library.remove([self._reference(kind, item_id)])
        return True

    @translated
    async def set_favorite(self, kind: MediaType, item_id: str, *, favorite: bool) -> None:
        """Make an item a favorite, or nothing in particular: never a dislike."""
        if kind not in _KINDS:
            raise UnsupportedFeaturedException(f"{kind.value}s are no favorites of Apple's")
        reference = self._reference(kind, item_id)
        favorites = self._session.client.favorites
        if not favorite:
            await favorites.clear([reference])
            return
        if await favorites.set([reference], state=FavoriteState.FAVORITE):
            raise UnsupportedFeaturedException(f"Apple does not take {item_id} for a favorite")

    async def _upserts(self, kind: ResourceType) -> AsyncGenerator[Resource, None]:
        """Yield a whole list; one that breaks goes on from its last checkpoint."""
        token, failures = "", 0
        options = ReadOptions(
            language=self._session.client.config.options.language,
            artwork_size=self._session.client.config.options.artwork_size,
            view=View.FULL,
        )
        while True:
            try:
                changes = self._session.client.library.sync(
                    types=[kind], sync_token=token, options=options
                )
                async for change in changes:
                    if isinstance(change, SyncUpsert) and change.resource is not None:
                        yield change.resource
                    elif isinstance(change, SyncCheckpoint):
                        token, failures = change.sync_token, 0
            except UnavailableError as error:
                failures += 1
                if failures > _ATTEMPTS:
                    raise
                self._logger.warning("Reading the library goes on after: %s", error)
                pause = error.retry_after.total_seconds() if error.retry_after else 0.0
                await self._sleep(max(pause, _PAUSE_SECONDS))
            else:
                return

    def _reference(self, kind: MediaType, item_id: str) -> ResourceRef:
        wanted = ResourceType.STATION if is_station(item_id) else _KINDS[kind]
        return ResourceRef(wanted, item_id)
