"""Reads the catalog for a caller: whose eyes, which language, which limits."""

from collections.abc import Sequence
from typing import TypeVar

from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.application.limits import (
    check_id,
    check_ids,
    check_offset,
    has_control_characters,
    page_limit,
)
from applemusic_server.domain.errors import (
    NotFoundError,
    Reason,
    invalid_field,
)
from applemusic_server.domain.gateways import (
    ArtistAlbumKind,
    CatalogGateway,
)
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Curator,
    Found,
    Genre,
    MusicVideo,
    Page,
    Playlist,
    ReadOptions,
    RecordLabel,
    Resource,
    ResourceType,
    SearchResults,
    Song,
    Station,
    Track,
)

R = TypeVar("R", bound=Resource)
T = TypeVar("T")

_LONGEST_TERM = 500
_SEARCHABLE = frozenset(ResourceType) - {ResourceType.GENRE, ResourceType.PLAYLIST_FOLDER}
_USUAL_TYPES = (
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.ARTIST,
    ResourceType.PLAYLIST,
)
# The contract's limits: most ids per call, and what a class is called in errors.
_KINDS: dict[type[object], tuple[ResourceType, int]] = {
    Song: (ResourceType.SONG, 1500),
    Album: (ResourceType.ALBUM, 1000),
    Artist: (ResourceType.ARTIST, 500),
    Playlist: (ResourceType.PLAYLIST, 250),
    Station: (ResourceType.STATION, 500),
    MusicVideo: (ResourceType.MUSIC_VIDEO, 1000),
    Genre: (ResourceType.GENRE, 500),
    Curator: (ResourceType.CURATOR, 500),
    RecordLabel: (ResourceType.RECORD_LABEL, 500),
}


class Catalog:
    """The use cases of reading the catalog.

    `account` may be empty everywhere: then the only account's storefront counts, or the server's
    default. A dead music user token never spoils a catalog read; what only the listener may see
    (favorites, library ids) is left out then.

    Args:
        gateway: Reads Apple's catalog.
        scopes: Knows how to read for a caller.
    """

    def __init__(self, gateway: CatalogGateway, scopes: CatalogScopes) -> None:
        self._gateway = gateway
        self._scopes = scopes

    async def get(self, kind: type[R], resource_id: str, account: str, options: ReadOptions) -> R:
        """Return one resource.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, or ACCOUNT_NOT_FOUND.
            InvalidArgumentError: INVALID_FIELD.
            AppleMusicError: A DEVELOPER_TOKEN or UPSTREAM reason.
        """
        check_id(resource_id, "id")
        scope = await self._scopes.scope(account, options)
        found = await self._scopes.read(
            scope, lambda s: self._gateway.fetch(kind, [resource_id], s)
        )
        if not found.items:
            resource_type = _KINDS[kind][0].name
            raise NotFoundError(
                Reason.RESOURCE_NOT_FOUND,
                f"there is no {resource_type.lower()} {resource_id!r} in storefront "
                f"{scope.storefront!r}",
                metadata={"resourceType": resource_type, "id": resource_id},
            )
        return found.items[0]

    async def batch_get(
        self, kind: type[R], ids: Sequence[str], account: str, options: ReadOptions
    ) -> Found[R]:
        """Return many resources in the order asked for; repeats come once."""
        check_ids(ids, "ids", _KINDS[kind][1])
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(scope, lambda s: self._gateway.fetch(kind, ids, s))

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
        """Find resources by words, each type in a list of its own.

        Args:
            term: Not blank, at most 500 characters.
            types: Empty for songs, albums, artists and playlists.
            account: For whom.
            options: How to read.
            limit: Most items per type; 0 is 10, at most 25.
            offset: Where each type's list begins.
            top_results: Also say what Apple thinks is meant; on the first page only.
        """
        words = check_term(term)
        wanted = check_types(types) or _USUAL_TYPES
        most = page_limit(limit, default=10, most=25)
        begin = check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope,
            lambda s: self._gateway.search(
                words, wanted, s, limit=most, offset=begin, top_results=top_results and not begin
            ),
        )

    async def album_tracks(
        self, album_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks; `limit` 0 is 100, at most 300."""
        check_id(album_id, "album_id")
        most, begin = page_limit(limit, default=100, most=300), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.album_tracks(album_id, s, limit=most, offset=begin)
        )

    async def playlist_tracks(
        self, playlist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks; `limit` 0 is 100, at most 300."""
        check_id(playlist_id, "playlist_id")
        most, begin = page_limit(limit, default=100, most=300), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.playlist_tracks(playlist_id, s, limit=most, offset=begin)
        )

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
        """Return a page of an artist's albums; `limit` 0 is 25, at most 100."""
        check_id(artist_id, "artist_id")
        most, begin = page_limit(limit, default=25, most=100), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope,
            lambda s: self._gateway.artist_albums(artist_id, kind, s, limit=most, offset=begin),
        )

    async def artist_top_songs(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs; `limit` 0 is 10, at most 100."""
        check_id(artist_id, "artist_id")
        most, begin = page_limit(limit, default=10, most=100), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.artist_top_songs(artist_id, s, limit=most, offset=begin)
        )

    async def similar_artists(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists; `limit` 0 is 15, at most 100."""
        check_id(artist_id, "artist_id")
        most, begin = page_limit(limit, default=15, most=100), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.similar_artists(artist_id, s, limit=most, offset=begin)
        )


def check_term(term: str) -> str:
    """Return the words of a search, one blank between them."""
    words = " ".join(term.split())
    if not words:
        raise invalid_field("term", "a search needs words")
    if len(words) > _LONGEST_TERM:
        raise invalid_field("term", f"at most {_LONGEST_TERM} characters")
    if has_control_characters(words):
        raise invalid_field("term", "no control characters")
    return words


def check_types(types: Sequence[ResourceType]) -> Sequence[ResourceType]:
    """Return the types, each once, if all can be searched for."""
    for position, each in enumerate(types):
        if each not in _SEARCHABLE:
            raise invalid_field(f"types[{position}]", f"{each.name} cannot be searched for")
    return tuple(dict.fromkeys(types))
