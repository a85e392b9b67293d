"""The port to a listener's library at Apple."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import (
    Album,
    Found,
    Page,
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Track,
)

R = TypeVar("R", bound=Resource)

FolderChild = Playlist | PlaylistFolder


@dataclass(frozen=True, slots=True)
class LibraryScope:
    """How a library is read.

    Attributes:
        listener: Whose it is.
        language: BCP-47 tag that the storefront supports; empty for its default.
        full: Also ask for what Apple sends only on request.
        background: Anything else goes first.
    """

    listener: Listener
    language: str = ""
    full: bool = False
    background: bool = False


@dataclass(frozen=True, slots=True)
class ListPage(Generic[R]):
    """A page of a whole list that is read again and again.

    Attributes:
        items: None when the page is the very one that is known by its digest.
        total_count: Items of the list in all; of no meaning without `items`.
        digest: Of Apple's answer, byte for byte.
    """

    items: tuple[R, ...] | None
    total_count: int
    digest: bytes


class LibraryGateway(Protocol):
    """Reads Apple's library of a listener.

    Every method may raise MUSIC_USER_TOKEN_REJECTED and the DEVELOPER_TOKEN and UPSTREAM reasons; a
    page that Apple promised and does not have is UPSTREAM_LIST_TRUNCATED, never the end.
    """

    async def page(self, kind: type[R], scope: LibraryScope, *, limit: int, offset: int) -> Page[R]:
        """Return a page, at most 100, of all songs, albums, artists, playlists or music videos."""
        ...

    async def list_page(
        self, kind: type[R], scope: LibraryScope, *, offset: int, known: bytes
    ) -> ListPage[R]:
        """Return the hundred items from `offset` on, unless their page's digest is `known`."""
        ...

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: LibraryScope) -> Found[R]:
        """Return items by library id, in the order asked for, in as many requests as needed."""
        ...

    async def folder_children(
        self, folder_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[FolderChild]:
        """Return a page of a folder's playlists and folders; an empty id means the root.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        ...

    async def folders(self, scope: LibraryScope) -> "FolderTree":
        """Walk all folders."""
        ...

    async def album_tracks(
        self, album_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks; RESOURCE_NOT_FOUND when there is no such album."""
        ...

    async def playlist_tracks(
        self, playlist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks; RESOURCE_NOT_FOUND when there is none."""
        ...

    async def playlist_track_refs(
        self, playlist_id: str, scope: LibraryScope
    ) -> tuple[ResourceRef, ...]:
        """Return all tracks of a playlist by library id; none when there is no such playlist."""
        ...

    async def artist_albums(
        self, artist_id: str, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Album]:
        """Return a page of an artist's albums; RESOURCE_NOT_FOUND when there is no such artist."""
        ...

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        scope: LibraryScope,
        *,
        limit: int,
        offset: int,
    ) -> SearchResults:
        """Find items by words, `limit` (at most 25) per type."""
        ...

    async def recently_added(
        self, scope: LibraryScope, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of what was added last, the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class FolderTree:
    """All folders of a library.

    Attributes:
        folders: In the order of the walk: a folder comes before what it holds.
        parents: The folder of each playlist that lies in one, by the playlist's id.
    """

    folders: tuple[PlaylistFolder, ...]
    parents: dict[str, str]
