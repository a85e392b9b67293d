"""Serves the listing half of `CatalogService`: searches, and what belongs to a resource."""

from collections.abc import Sequence
from typing import Final

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.gateways import ArtistAlbumKind
from applemusic_server.domain.resources import ResourceType, SearchResults
from applemusic_server.wire.convert import Converter, read_options
from applemusic_server.wire.enums import ARTIST_ALBUM_KINDS, RESOURCE_TYPES, resource_type
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.page_token import Position, decode, encode
from applemusic_server.wire.paging import next_page_token, page_limit
from applemusic_server.wire.ports import Catalog

_SEARCHED_BY_DEFAULT: Final = (
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.ARTIST,
    ResourceType.PLAYLIST,
)
_NOT_SEARCHABLE: Final = frozenset({ResourceType.GENRE, ResourceType.PLAYLIST_FOLDER})
_ARTIST_ALBUM_KINDS: Final = {number: kind for kind, number in ARTIST_ALBUM_KINDS.items()}


class CatalogListServicer:
    """Searches, and lists what belongs to a resource."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:
        """Find resources by words; a later page asks only for the types that have more."""
        del context
        wanted = _searched_types(request)
        position = decode(request)
        if position.kinds:
            wanted = tuple(kind for kind in wanted if RESOURCE_TYPES[kind] in position.kinds)
        limit = page_limit(request.page_size, default=10, largest=25)
        results = await self._catalog.search(
            request.term,
            wanted,
            request.account,
            read_options(request.options),
            limit=limit,
            offset=position.offset,
            top_results=request.include_top_results and position.offset == 0,
        )
        response = _search_response(results, Converter(request.options.artwork_size))
        if results.more:
            kinds = tuple(sorted(RESOURCE_TYPES[kind] for kind in results.more))
            response.next_page_token = encode(request, Position(position.offset + limit, kinds))
        return response

    async def list_artist_albums(
        self, request: pb.ListArtistAlbumsRequest, context: Context
    ) -> pb.ListArtistAlbumsResponse:
        """List the albums of an artist."""
        del context
        page = await self._catalog.artist_albums(
            request.artist_id,
            _ARTIST_ALBUM_KINDS.get(request.kind, ArtistAlbumKind.ALL),
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=25, largest=100),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListArtistAlbumsResponse(
            albums=map(convert.album, page.items), next_page_token=next_page_token(request, page)
        )

    async def list_album_tracks(
        self, request: pb.ListAlbumTracksRequest, context: Context
    ) -> pb.ListAlbumTracksResponse:
        """List the tracks of an album."""
        del context
        page = await self._catalog.album_tracks(
            request.album_id,
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=100, largest=300),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListAlbumTracksResponse(
            tracks=map(convert.track, page.items), next_page_token=next_page_token(request, page)
        )

    async def list_playlist_tracks(
        self, request: pb.ListPlaylistTracksRequest, context: Context
    ) -> pb.ListPlaylistTracksResponse:
        """List the tracks of a playlist."""
        del context
        page = await self._catalog.playlist_tracks(
            request.playlist_id,
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=100, largest=300),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListPlaylistTracksResponse(
            tracks=map(convert.track, page.items), next_page_token=next_page_token(request, page)
        )

    async def list_artist_top_songs(
        self, request: pb.ListArtistTopSongsRequest, context: Context
    ) -> pb.ListArtistTopSongsResponse:
        """List the most played songs of an artist."""
        del context
        page = await self._catalog.artist_top_songs(
            request.artist_id,
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=10, largest=100),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListArtistTopSongsResponse(
            songs=map(convert.song, page.items), next_page_token=next_page_token(request, page)
        )

    async def list_similar_artists(
        self, request: pb.ListSimilarArtistsRequest, context: Context
    ) -> pb.ListSimilarArtistsResponse:
        """List artists like an artist."""
        del context
        page = await self._catalog.similar_artists(
            request.artist_id,
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=15, largest=100),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListSimilarArtistsResponse(
            artists=map(convert.artist, page.items), next_page_token=next_page_token(request, page)
        )


def _searched_types(request: pb.SearchRequest) -> Sequence[ResourceType]:
    types = tuple(dict.fromkeys(resource_type(number) for number in request.types))
    for index, kind in enumerate(types):
        if kind in _NOT_SEARCHABLE:
            raise invalid_field(f"types[{index}]", f"{kind.name} is not searchable")
    return types or _SEARCHED_BY_DEFAULT


def _search_response(results: SearchResults, convert: Converter) -> pb.SearchResponse:
    return pb.SearchResponse(
        songs=map(convert.song, results.songs),
        albums=map(convert.album, results.albums),
        artists=map(convert.artist, results.artists),
        playlists=map(convert.playlist, results.playlists),
        stations=map(convert.station, results.stations),
        music_videos=map(convert.music_video, results.music_videos),
        curators=map(convert.curator, results.curators),
        record_labels=map(convert.record_label, results.record_labels),
        top_results=map(convert.resource, results.top_results),
    )
