"""Puts together what reads the catalog; part of the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.browse import Browse
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.catalog import Catalog
from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.application.lookup import Lookup
from applemusic_server.application.lyrics import LyricsReading
from applemusic_server.settings.cache import CacheSettings
from applemusic_server.telemetry.upstream import UpstreamTelemetry
from applemusic_server.upstream.answer_cache import AnswerCache, CacheLimits
from applemusic_server.upstream.browse import AppleBrowsing
from applemusic_server.upstream.cached_catalog import CachedBrowsing, CachedCatalog, CachedLookup
from applemusic_server.upstream.catalog_reader import CatalogReader
from applemusic_server.upstream.lyrics import AppleLyrics
from applemusic_server.upstream_parts import Upstream
from applemusic_server.wire.catalog import CatalogServicer
from applemusic_server.wire.catalog_browse import CatalogBrowseServicer
from applemusic_server.wire.catalog_lists import CatalogListServicer
from applemusic_server.wire.catalog_lookup import CatalogLookupServicer


@dataclass(frozen=True)
class CatalogNeeds:
    """What reading the catalog is made of.

    Attributes:
        settings: How much is remembered.
        scopes: For whom, and in which storefront, a call reads.
        refused: What Apple does not let accounts do.
        observer: Is told what was remembered.
        clock: Monotonic seconds.
    """

    settings: CacheSettings
    apple: Upstream
    accounts: Accounts
    scopes: CatalogScopes
    refused: CapabilityMemory
    observer: UpstreamTelemetry
    clock: Callable[[], float]


def catalog_servicers(needs: CatalogNeeds) -> list[object]:
    """Return what serves `CatalogService`."""
    apple, scopes, cache = needs.apple, needs.scopes, _answer_cache(needs)
    browsing = AppleBrowsing(CatalogReader(apple.api), apple.api)
    catalog = Catalog(CachedCatalog(apple.catalog, cache), scopes)
    browse = Browse(CachedBrowsing(browsing, cache), scopes)
    lookup = Lookup(CachedLookup(apple.lookup, cache), catalog, scopes)
    lyrics = LyricsReading(AppleLyrics(apple.api), needs.accounts, needs.refused)
    return [
        CatalogServicer(catalog),
        CatalogListServicer(catalog),
        CatalogBrowseServicer(browse),
        CatalogLookupServicer(lookup, lyrics),
    ]


def _answer_cache(needs: CatalogNeeds) -> AnswerCache:
    settings = needs.settings
    limits = CacheLimits(settings.max_entries, settings.max_mebibytes * 2**20, settings.seconds)
    return AnswerCache(limits, needs.observer, clock=needs.clock)
