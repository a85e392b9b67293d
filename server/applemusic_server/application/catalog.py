"""Reads the catalog for a caller: whose eyes, which language, which limits."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.limits import (
    check_id,
    check_ids,
    check_offset,
    check_storefront,
    has_control_characters,
    page_limit,
)
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    NotFoundError,
    Reason,
    UnauthenticatedError,
    invalid_field,
)
from applemusic_server.domain.gateways import (
    ArtistAlbumKind,
    CatalogGateway,
    CatalogScope,
    Listener,
    StorefrontGateway,
)
from applemusic_server.domain.language import check_language_tag, closest_language_tag
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
        storefronts: Knows storefronts and their languages.
        accounts: Knows listeners.
        default_storefront: Where neither the call nor an account names one, e.g. `us`.
    """

    def __init__(
        self,
        gateway: CatalogGateway,
        storefronts: StorefrontGateway,
        accounts: Accounts,
        *,
        default_storefront: str,
    ) -> None:
        self._gateway = gateway
        self._storefronts = storefronts
        self._accounts = accounts
        self._default_storefront = check_storefront(default_storefront, "default_storefront")

    async def get(self, kind: type[R], resource_id: str, account: str, options: ReadOptions) -> R:
        """Return one resource.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, or ACCOUNT_NOT_FOUND.
            InvalidArgumentError: INVALID_FIELD.
            AppleMusicError: A DEVELOPER_TOKEN or UPSTREAM reason.
        """
        check_id(resource_id, "id")
        scope = await self._scope(account, options)
        found = await self._read(scope, lambda s: self._gateway.fetch(kind, [resource_id], s))
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
        scope = await self._scope(account, options)
        return await self._read(scope, lambda s: self._gateway.fetch(kind, ids, s))

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
        wanted = _check_types(types)
        most = page_limit(limit, default=10, most=25)
        begin = check_offset(offset)
        scope = await self._scope(account, options)
        return await self._read(
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
        scope = await self._scope(account, options)
        return await self._read(
            scope, lambda s: self._gateway.album_tracks(album_id, s, limit=most, offset=begin)
        )

    async def playlist_tracks(
        self, playlist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks; `limit` 0 is 100, at most 300."""
        check_id(playlist_id, "playlist_id")
        most, begin = page_limit(limit, default=100, most=300), check_offset(offset)
        scope = await self._scope(account, options)
        return await self._read(
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
        scope = await self._scope(account, options)
        return await self._read(
            scope,
            lambda s: self._gateway.artist_albums(artist_id, kind, s, limit=most, offset=begin),
        )

    async def artist_top_songs(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs; `limit` 0 is 10, at most 100."""
        check_id(artist_id, "artist_id")
        most, begin = page_limit(limit, default=10, most=100), check_offset(offset)
        scope = await self._scope(account, options)
        return await self._read(
            scope, lambda s: self._gateway.artist_top_songs(artist_id, s, limit=most, offset=begin)
        )

    async def similar_artists(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists; `limit` 0 is 15, at most 100."""
        check_id(artist_id, "artist_id")
        most, begin = page_limit(limit, default=15, most=100), check_offset(offset)
        scope = await self._scope(account, options)
        return await self._read(
            scope, lambda s: self._gateway.similar_artists(artist_id, s, limit=most, offset=begin)
        )

    async def _read(self, scope: CatalogScope, read: Callable[[CatalogScope], Awaitable[T]]) -> T:
        """Read, and read again for nobody when Apple refuses the listener's token."""
        try:
            return await read(scope)
        except UnauthenticatedError as error:
            if scope.listener is None or error.reason is not Reason.MUSIC_USER_TOKEN_REJECTED:
                raise
            await self._accounts.mark_rejected(scope.listener)
            return await read(replace(scope, listener=None))

    async def _scope(self, account: str, options: ReadOptions) -> CatalogScope:
        check_language_tag(options.language)
        if options.storefront:
            check_storefront(options.storefront)
        reader = await self._reader(account)
        storefront = options.storefront or self._default_storefront
        if not options.storefront and reader is not None:
            storefront = reader.storefront
        listener = self._usable_listener(reader) if reader and options.full else None
        return CatalogScope(
            storefront=storefront,
            language=await self._language(options.language, storefront, reader),
            full=options.full,
            listener=listener if listener and listener.storefront == storefront else None,
        )

    async def _reader(self, account: str) -> Account | None:
        """Return the account that is meant, if any; none is needed to read the catalog."""
        try:
            return await self._accounts.get(account)
        except FailedPreconditionError as error:
            if error.reason is not Reason.ACCOUNT_REQUIRED:
                raise
            return None

    def _usable_listener(self, account: Account) -> Listener | None:
        try:
            return self._accounts.listener_of(account)
        except UnauthenticatedError:
            return None
        except FailedPreconditionError as error:
            if error.reason in _DEVELOPER_TOKEN_REASONS:
                raise
            return None

    async def _language(self, wanted: str, storefront: str, reader: Account | None) -> str:
        """Return the storefront's closest tag: others make Apple answer 400 (observed)."""
        if not wanted:
            return ""
        if reader is not None and reader.storefront == storefront and reader.language_tags:
            return closest_language_tag(wanted, reader.language_tags)
        known = await self._storefronts.storefront(storefront)
        tags = (known.default_language_tag, *known.supported_language_tags)
        return closest_language_tag(wanted, [tag for tag in tags if tag])


_DEVELOPER_TOKEN_REASONS = frozenset(
    {
        Reason.DEVELOPER_TOKEN_MISSING,
        Reason.DEVELOPER_TOKEN_REJECTED,
        Reason.DEVELOPER_TOKEN_EXPIRED,
    }
)


def check_term(term: str) -> str:
    """Return the words of a search, single blanks between them."""
    words = " ".join(term.split())
    if not words:
        raise invalid_field("term", "a search needs words")
    if len(words) > _LONGEST_TERM:
        raise invalid_field("term", f"at most {_LONGEST_TERM} characters")
    if has_control_characters(words):
        raise invalid_field("term", "no control characters")
    return words


def _check_types(types: Sequence[ResourceType]) -> Sequence[ResourceType]:
    for position, each in enumerate(types):
        if each not in _SEARCHABLE:
            raise invalid_field(f"types[{position}]", f"{each.name} cannot be searched for")
    return tuple(dict.fromkeys(types)) or _USUAL_TYPES
