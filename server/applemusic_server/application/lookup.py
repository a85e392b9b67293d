"""Finds resources by codes, by counterparts and by addresses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from applemusic_server.application.catalog import Catalog
from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.application.limits import check_ids
from applemusic_server.domain.catalog_answers import Matches
from applemusic_server.domain.catalog_gateways import LookupGateway
from applemusic_server.domain.errors import (
    FieldViolation,
    InvalidArgumentError,
    Reason,
    invalid_field,
)
from applemusic_server.domain.music_url import parse_music_url
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Curator,
    MusicVideo,
    Playlist,
    ReadOptions,
    RecordLabel,
    Resource,
    ResourceType,
    Song,
    Station,
)
from applemusic_server.domain.together import together

_MOST_CODES = 250
_MOST_EQUIVALENTS = 300
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_UPC = re.compile(r"[0-9]{8,14}")
_EQUIVALENT_KINDS: dict[ResourceType, type[Song] | type[Album] | type[MusicVideo]] = {
    ResourceType.SONG: Song,
    ResourceType.ALBUM: Album,
    ResourceType.MUSIC_VIDEO: MusicVideo,
}
_SHOWN: dict[ResourceType, type[Resource]] = {
    ResourceType.SONG: Song,
    ResourceType.ALBUM: Album,
    ResourceType.ARTIST: Artist,
    ResourceType.PLAYLIST: Playlist,
    ResourceType.STATION: Station,
    ResourceType.MUSIC_VIDEO: MusicVideo,
    ResourceType.CURATOR: Curator,
    ResourceType.RECORD_LABEL: RecordLabel,
}


@dataclass(frozen=True, slots=True)
class IsrcMatch:
    """The recordings of one code.

    Attributes:
        isrc: The code as it was asked for.
    """

    isrc: str
    songs: tuple[Song, ...]
    music_videos: tuple[MusicVideo, ...]


@dataclass(frozen=True, slots=True)
class IsrcMatches:
    """One entry per code that names something, in the order asked for, and the other codes."""

    found: tuple[IsrcMatch, ...]
    missing: tuple[str, ...]


class Lookup:
    """The use cases of finding by code and address.

    Args:
        gateway: Finds by code.
        catalog: Reads what an address shows.
        scopes: Knows how to read for a caller.
    """

    def __init__(self, gateway: LookupGateway, catalog: Catalog, scopes: CatalogScopes) -> None:
        self._gateway = gateway
        self._catalog = catalog
        self._scopes = scopes

    async def isrc(self, isrcs: Sequence[str], account: str, options: ReadOptions) -> IsrcMatches:
        """Find songs and music videos by code, with or without hyphens; 1 to 250 codes."""
        codes = {each: each.replace("-", "").upper() for each in isrcs}
        _check_codes(isrcs, codes, "isrcs", _ISRC, "an ISRC is like USRC17607839")
        wanted = tuple(dict.fromkeys(codes.values()))
        scope = await self._scopes.scope(account, options)
        songs, videos = await self._scopes.read(
            scope,
            lambda s: together(
                self._gateway.songs_by_isrc(wanted, s),
                self._gateway.music_videos_by_isrc(wanted, s),
            ),
        )
        songs_of = {match.key: match.resources for match in songs.found}
        videos_of = {match.key: match.resources for match in videos.found}
        known = songs_of.keys() | videos_of.keys()
        return IsrcMatches(
            tuple(
                IsrcMatch(each, songs_of.get(code, ()), videos_of.get(code, ()))
                for each, code in codes.items()
                if code in known
            ),
            tuple(each for each, code in codes.items() if code not in known),
        )

    async def upc(self, upcs: Sequence[str], account: str, options: ReadOptions) -> Matches[Album]:
        """Find albums by code; leading zeros do not matter; 1 to 250 codes of 8 to 14 digits."""
        codes = {each: each for each in upcs}
        _check_codes(upcs, codes, "upcs", _UPC, "a UPC is 8 to 14 digits")
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.albums_by_upc(tuple(codes), s)
        )

    async def equivalents(
        self, kind: ResourceType, ids: Sequence[str], account: str, options: ReadOptions
    ) -> Matches[Resource]:
        """Find the counterparts of songs, albums or music videos in the storefront of `options`."""
        found_kind = _EQUIVALENT_KINDS.get(kind)
        if found_kind is None:
            raise invalid_field("type", "one of SONG, ALBUM and MUSIC_VIDEO")
        check_ids(ids, "ids", _MOST_EQUIVALENTS)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.equivalents(found_kind, ids, s)
        )

    async def resolve_url(self, url: str, account: str, options: ReadOptions) -> Resource:
        """Return what an address shows; its storefront wins over the one of `options`.

        Raises:
            InvalidArgumentError: UNSUPPORTED_URL.
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        shown = parse_music_url(url)
        if shown.storefront:
            options = replace(options, storefront=shown.storefront)
        return await self._catalog.get(_SHOWN[shown.type], shown.id, account, options)


def _check_codes(
    given: Sequence[str], codes: dict[str, str], field: str, form: re.Pattern[str], rule: str
) -> None:
    if not 1 <= len(given) <= _MOST_CODES:
        raise invalid_field(field, f"1 to {_MOST_CODES} codes, not {len(given)}")
    violations = [
        FieldViolation(f"{field}[{position}]", rule)
        for position, each in enumerate(given)
        if not form.fullmatch(codes[each])
    ]
    if violations:
        raise InvalidArgumentError(
            Reason.INVALID_FIELD,
            f"{violations[0].field}: {rule}",
            metadata={"field": violations[0].field},
            violations=violations,
        )
