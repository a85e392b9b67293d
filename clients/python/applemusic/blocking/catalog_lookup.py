"""The parts of the catalog that are asked for as a whole: charts, genres, codes, URLs, lyrics.

Made of applemusic/catalog_lookup.py by `make gen`: do not edit.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Unpack

from applemusic import catalog_lookup as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.blocking.pager import Pager
from applemusic.calls import Call, Paged, Read
from applemusic.models.chart import Chart
from applemusic.models.genre import Genre
from applemusic.models.lyrics import Lyrics, LyricsTiming
from applemusic.models.reference import ResourceType
from applemusic.models.relation import EquivalentMatch, IsrcMatch, UpcMatch
from applemusic.models.resource import Resource
from applemusic.models.storefront import Storefront
from applemusic.paging import Batch


class CatalogLookup:
    """Charts, genres, storefronts, lookups and lyrics of the catalog."""

    def __init__(self, thread: LoopThread, behind: behind.CatalogLookup) -> None:
        self._thread = thread
        self._catalog_lookup = behind

    def charts(
        self,
        *,
        types: Sequence[ResourceType] = (),
        genre_id: str = "",
        include_city_and_global: bool = False,
        **call: Unpack[Paged],
    ) -> Iterator[tuple[Chart, ...]]:
        """Yield page after page of charts, each chart with its part of the page.

        Args:
            types: Of songs, albums, playlists and music videos those to chart; empty for all four.
            genre_id: Genre to chart; empty for all.
            include_city_and_global: Also city charts and the daily global top 100 playlists.
            **call: Account, options, page and timeout.
        """
        return self._thread.iterate(
            self._catalog_lookup.charts(
                types=types,
                genre_id=genre_id,
                include_city_and_global=include_city_and_global,
                **call,
            )
        )

    def genres(self, **call: Unpack[Paged]) -> Pager[Genre]:
        """List the genres of a storefront, the root first."""
        return Pager(self._thread, self._thread.call(lambda: self._catalog_lookup.genres(**call)))

    def storefronts(self, *, language: str = "", **call: Unpack[Paged]) -> Pager[Storefront]:
        """List Apple's storefronts by id, with names in the given language."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._catalog_lookup.storefronts(language=language, **call)),
        )

    def lookup_isrc(self, isrcs: Iterable[str], **call: Unpack[Read]) -> Batch[IsrcMatch]:
        """Find songs and music videos by International Standard Recording Code."""
        return self._thread.run(self._catalog_lookup.lookup_isrc(list(isrcs), **call))

    def lookup_upc(self, upcs: Iterable[str], **call: Unpack[Read]) -> Batch[UpcMatch]:
        """Find albums by Universal Product Code; leading zeros do not matter."""
        return self._thread.run(self._catalog_lookup.lookup_upc(list(upcs), **call))

    def lookup_equivalents(
        self, kind: ResourceType, ids: Iterable[str], **call: Unpack[Read]
    ) -> Batch[EquivalentMatch]:
        """Find the counterparts of catalog resources in the storefront of `options`.

        Args:
            kind: SONG, ALBUM or MUSIC_VIDEO.
            ids: Catalog ids of any storefront.
            **call: Account, options and timeout.
        """
        return self._thread.run(self._catalog_lookup.lookup_equivalents(kind, list(ids), **call))

    def resolve_url(self, url: str, **call: Unpack[Read]) -> Resource:
        """Return what a music.apple.com URL shows.

        Raises:
            UnsupportedUrlError: The URL is not one of Apple Music's, or shows nothing known here.
            ResourceNotFoundError: What it names is not there.
        """
        return self._thread.run(self._catalog_lookup.resolve_url(url, **call))

    def lyrics(
        self,
        song_id: str,
        *,
        timing: LyricsTiming = LyricsTiming.UNKNOWN,
        translation_language: str = "",
        **call: Unpack[Call],
    ) -> Lyrics:
        """Return the lyrics of a song.

        Args:
            song_id: Catalog id.
            timing: Finest timing wanted; UNKNOWN for the finest there is.
            translation_language: BCP-47 tag of a translation to include; empty for none.
            **call: Account and timeout.

        Raises:
            LyricsNotFoundError: The song has none of that kind.
            CapabilityRefusedError: Apple does not give lyrics to this developer token.
        """
        return self._thread.run(
            self._catalog_lookup.lyrics(
                song_id, timing=timing, translation_language=translation_language, **call
            )
        )
