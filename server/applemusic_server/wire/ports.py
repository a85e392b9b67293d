"""What the servicers ask of the application; the use cases fit these shapes as they are."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from applemusic_server.domain.account import Account
from applemusic_server.domain.gateways import ArtistAlbumKind
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    Page,
    ReadOptions,
    Resource,
    ResourceType,
    SearchResults,
    Song,
    Track,
)
from applemusic_server.domain.secret import Secret

R = TypeVar("R", bound=Resource)


class Accounts(Protocol):
    """The use cases of signing in; see `application.accounts`."""

    async def submit(self, account: str, music_user_token: Secret, display_name: str) -> Account:
        """Ask Apple whether a token is good, and store it."""
        ...

    async def list(self) -> tuple[Account, ...]:
        """Return all accounts by id."""
        ...

    async def get(self, account: str) -> Account:
        """Return one account; an empty id means the only one."""
        ...


class Catalog(Protocol):
    """The use cases of reading the catalog; see `application.catalog`.

    `account` may be empty: then the only account's storefront counts, or the server's default.
    """

    async def get(self, kind: type[R], resource_id: str, account: str, options: ReadOptions) -> R:
        """Return one resource."""
        ...

    async def batch_get(
        self, kind: type[R], ids: Sequence[str], account: str, options: ReadOptions
    ) -> Found[R]:
        """Return many resources in the order asked for."""
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
        top_results: bool,
    ) -> SearchResults:
        """Find resources by words, `limit` per type."""
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
        self,
        artist_id: str,
        kind: ArtistAlbumKind,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Album]:
        """Return a page of an artist's albums."""
        ...

    async def artist_top_songs(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs."""
        ...

    async def similar_artists(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists."""
        ...
