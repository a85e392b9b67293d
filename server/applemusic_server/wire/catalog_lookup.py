"""Serves the finding part of `CatalogService`: codes, counterparts, addresses, lyrics."""

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.lyrics import LyricsTiming
from applemusic_server.wire.catalog_ports import Lookup, LyricsReader
from applemusic_server.wire.convert import Converter, read_options
from applemusic_server.wire.convert_lyrics import lyrics_message
from applemusic_server.wire.enums import LYRICS_TIMINGS, resource_type
from applemusic_server.wire.grpc_types import Context

_TIMINGS = {number: timing for timing, number in LYRICS_TIMINGS.items()}


class CatalogLookupServicer:
    """Finds by code and address, and reads lyrics."""

    def __init__(self, lookup: Lookup, lyrics: LyricsReader) -> None:
        self._lookup = lookup
        self._lyrics = lyrics

    async def lookup_isrc(
        self, request: pb.LookupIsrcRequest, context: Context
    ) -> pb.LookupIsrcResponse:
        """Find recordings by code."""
        del context
        options = read_options(request.options)
        found = await self._lookup.isrc(tuple(request.isrcs), request.account, options)
        convert = Converter(request.options.artwork_size)
        return pb.LookupIsrcResponse(
            matches=[
                pb.IsrcMatch(
                    isrc=match.isrc,
                    songs=map(convert.song, match.songs),
                    music_videos=map(convert.music_video, match.music_videos),
                )
                for match in found.found
            ],
            missing_isrcs=found.missing,
        )

    async def lookup_upc(
        self, request: pb.LookupUpcRequest, context: Context
    ) -> pb.LookupUpcResponse:
        """Find albums by code."""
        del context
        options = read_options(request.options)
        found = await self._lookup.upc(tuple(request.upcs), request.account, options)
        convert = Converter(request.options.artwork_size)
        return pb.LookupUpcResponse(
            matches=[
                pb.UpcMatch(upc=match.key, albums=map(convert.album, match.resources))
                for match in found.found
            ],
            missing_upcs=found.missing,
        )

    async def lookup_equivalents(
        self, request: pb.LookupEquivalentsRequest, context: Context
    ) -> pb.LookupEquivalentsResponse:
        """Find counterparts in another storefront."""
        del context
        if request.type == media_pb2.RESOURCE_TYPE_UNSPECIFIED:
            raise invalid_field("type", "must not be unspecified")
        found = await self._lookup.equivalents(
            resource_type(request.type),
            tuple(request.ids),
            request.account,
            read_options(request.options),
        )
        convert = Converter(request.options.artwork_size)
        return pb.LookupEquivalentsResponse(
            matches=[
                pb.EquivalentMatch(id=match.key, resources=map(convert.resource, match.resources))
                for match in found.found
            ],
            missing_ids=found.missing,
        )

    async def resolve_url(
        self, request: pb.ResolveUrlRequest, context: Context
    ) -> pb.ResolveUrlResponse:
        """Return what an address shows."""
        del context
        options = read_options(request.options)
        resource = await self._lookup.resolve_url(request.url, request.account, options)
        convert = Converter(request.options.artwork_size)
        return pb.ResolveUrlResponse(resource=convert.resource(resource))

    async def get_lyrics(
        self, request: pb.GetLyricsRequest, context: Context
    ) -> pb.GetLyricsResponse:
        """Return the lyrics of a song."""
        del context
        lyrics = await self._lyrics.read(
            request.account,
            request.song_id,
            _TIMINGS.get(request.timing, LyricsTiming.WORD),
            request.translation_language,
        )
        return pb.GetLyricsResponse(lyrics=lyrics_message(lyrics))
