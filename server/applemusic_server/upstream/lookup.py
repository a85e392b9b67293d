"""Finds catalog resources by codes, and their counterparts in another storefront."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from applemusic_server.domain.catalog_answers import Match, Matches
from applemusic_server.domain.gateways import CatalogScope
from applemusic_server.domain.resources import Album, MusicVideo, Resource, Song
from applemusic_server.upstream.api_client import Missing
from applemusic_server.upstream.catalog import split
from applemusic_server.upstream.catalog_reader import CatalogReader, own_params
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.kinds import KINDS
from applemusic_server.upstream.parse.filters import parse_filter
from applemusic_server.upstream.parse.resource import parse_data

R = TypeVar("R", bound=Resource)

_MOST_CODES = 25  # Apple's limit for codes (reference: Apple docs).
_MOST_EQUIVALENTS = 100
# EAN-13 first: Apple's new data has it so; then as old data has it, then as GTIN-14.
_UPC_LENGTHS = (13, 12, 14)


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter of Apple's.

    Attributes:
        most: Inputs per request.
        same: Makes equal what Apple may spell in another way than it was asked.
    """

    endpoint: Endpoint
    name: str
    most: int
    same: Callable[[str], str]


class AppleLookup:
    """Finds resources by codes; implements `LookupGateway`.

    Args:
        reader: Asks for catalog resources.
    """

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader

    async def songs_by_isrc(self, codes: Sequence[str], scope: CatalogScope) -> Matches[Song]:
        """Return the songs of each code; codes are 12 capital letters and digits."""
        return await self._by_isrc(Song, codes, scope)

    async def music_videos_by_isrc(
        self, codes: Sequence[str], scope: CatalogScope
    ) -> Matches[MusicVideo]:
        """Return the music videos of each code."""
        return await self._by_isrc(MusicVideo, codes, scope)

    async def albums_by_upc(self, codes: Sequence[str], scope: CatalogScope) -> Matches[Album]:
        """Return the albums of each code; leading zeros do not matter.

        Apple answers one spelling of a code under another, and has not always found what it has
        under another (observed): what is missing in one length is asked for in the next.
        """
        which = _Filter(Endpoint.CATALOG_UPC, "upc", _MOST_CODES, _bare)
        found: dict[str, tuple[Album, ...]] = {}
        asked: set[str] = set()
        for length in _UPC_LENGTHS:
            missing = dict.fromkeys(_bare(code) for code in codes if not found.get(_bare(code)))
            spelled = [code.zfill(length) for code in missing if len(code) <= length]
            spelled = [code for code in spelled if code not in asked]
            asked.update(spelled)
            found.update(await self._filtered(Album, which, spelled, scope))
        return _matches(codes, _bare, found)

    async def equivalents(
        self,
        kind: type[Song] | type[Album] | type[MusicVideo],
        ids: Sequence[str],
        scope: CatalogScope,
    ) -> Matches[Resource]:
        """Return the counterparts of each id in the storefront of `scope`."""
        most = min(_MOST_EQUIVALENTS, KINDS[kind].batch)
        which = _Filter(Endpoint.CATALOG_EQUIVALENTS, "equivalents", most, str)
        wanted = tuple(dict.fromkeys(ids))
        found: dict[str, tuple[Resource, ...]] = {}
        found.update(await self._filtered(kind, which, wanted, scope))
        return _matches(wanted, str, found)

    async def _by_isrc(
        self, kind: type[R], codes: Sequence[str], scope: CatalogScope
    ) -> Matches[R]:
        which = _Filter(Endpoint.CATALOG_ISRC, "isrc", _MOST_CODES, str.upper)
        wanted = tuple(dict.fromkeys(codes))
        return _matches(wanted, str.upper, await self._filtered(kind, which, wanted, scope))

    async def _filtered(
        self, kind: type[R], which: _Filter, inputs: Sequence[str], scope: CatalogScope
    ) -> dict[str, tuple[R, ...]]:
        parts = await all_of(
            self._part(kind, which, part, scope) for part in split(inputs, which.most)
        )
        return {key: found for part in parts for key, found in part.items()}

    async def _part(
        self, kind: type[R], which: _Filter, inputs: Sequence[str], scope: CatalogScope
    ) -> dict[str, tuple[R, ...]]:
        segment = KINDS[kind].places[0][0]
        params = {f"filter[{which.name}]": ",".join(inputs), **own_params(KINDS[kind], scope)}
        answer = await self._reader.ask(which.endpoint, segment, params, scope)
        if isinstance(answer, Missing):
            return {}
        resources = {each.id: each for each in parse_data(answer) if isinstance(each, kind)}
        return {
            which.same(value): tuple(resources[each] for each in ids if each in resources)
            for value, ids in parse_filter(answer, which.name).items()
        }


def _bare(upc: str) -> str:
    return upc.lstrip("0")


def _matches(
    keys: Sequence[str], same: Callable[[str], str], found: dict[str, tuple[R, ...]]
) -> Matches[R]:
    matched = {key: found.get(same(key), ()) for key in keys}
    return Matches(
        tuple(Match(key, resources) for key, resources in matched.items() if resources),
        tuple(key for key, resources in matched.items() if not resources),
    )
