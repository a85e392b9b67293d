"""What the servicers of `LibraryService` ask of the application."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol, TypeVar

from applemusic_server.domain.library import FolderChild
from applemusic_server.domain.resources import (
    Album,
    Found,
    Page,
    ReadOptions,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Track,
)
from applemusic_server.domain.sync import SyncChange, SyncRequest

R = TypeVar("R", bound=Resource)


class Library(Protocol):
    """The use cases of reading a library; see `application.library`."""

    async def list(
        self, kind: type[R], account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[R]:
        """Return a page of all items of a kind."""
        ...

    async def folder_children(
        self, folder_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[FolderChild]:
        """Return a page of a folder's playlists and folders."""
        ...

    async def album_tracks(
        self, album_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        ...

    async def playlist_tracks(
        self, playlist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        ...

    async def artist_albums(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Album]:
        """Return a page of an artist's albums."""
        ...

    async def batch_get(
        self, items: Sequence[ResourceRef], account: str, options: ReadOptions
    ) -> Found[Resource]:
        """Return items of any type by library id."""
        ...

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> SearchResults:
        """Find items by words."""
        ...

    async def recently_added(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return what was added last."""
        ...


class Syncing(Protocol):
    """The use case of syncing a library; see `application.sync`."""

    def sync(self, request: SyncRequest) -> AsyncGenerator[SyncChange, None]:
        """Yield changes, progress and checkpoints."""
        ...
