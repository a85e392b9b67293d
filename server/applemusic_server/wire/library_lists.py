"""Serves the lists of `LibraryService`."""

from typing import Protocol, TypeVar

from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_server.domain import resources as d
from applemusic_server.wire.convert import Converter, read_options
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.library_ports import Library
from applemusic_server.wire.page_token import decode
from applemusic_server.wire.paging import next_page_token, page_limit

R = TypeVar("R", bound=d.Resource)


class _ListRequest(Protocol):
    @property
    def account(self) -> str: ...
    @property
    def page_size(self) -> int: ...
    @property
    def options(self) -> media_pb2.ReadOptions: ...


class LibraryListServicer:
    """Lists what is in a library, and what belongs to an item of it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def list_library_songs(
        self, request: pb.ListLibrarySongsRequest, context: Context
    ) -> pb.ListLibrarySongsResponse:
        """List songs."""
        del context
        page = await self._list(d.Song, request, decode(request).offset)
        return pb.ListLibrarySongsResponse(
            songs=map(_converter(request).song, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_albums(
        self, request: pb.ListLibraryAlbumsRequest, context: Context
    ) -> pb.ListLibraryAlbumsResponse:
        """List albums."""
        del context
        page = await self._list(d.Album, request, decode(request).offset)
        return pb.ListLibraryAlbumsResponse(
            albums=map(_converter(request).album, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_artists(
        self, request: pb.ListLibraryArtistsRequest, context: Context
    ) -> pb.ListLibraryArtistsResponse:
        """List artists."""
        del context
        page = await self._list(d.Artist, request, decode(request).offset)
        return pb.ListLibraryArtistsResponse(
            artists=map(_converter(request).artist, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_playlists(
        self, request: pb.ListLibraryPlaylistsRequest, context: Context
    ) -> pb.ListLibraryPlaylistsResponse:
        """List playlists of all folders."""
        del context
        page = await self._list(d.Playlist, request, decode(request).offset)
        return pb.ListLibraryPlaylistsResponse(
            playlists=map(_converter(request).playlist, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_music_videos(
        self, request: pb.ListLibraryMusicVideosRequest, context: Context
    ) -> pb.ListLibraryMusicVideosResponse:
        """List music videos."""
        del context
        page = await self._list(d.MusicVideo, request, decode(request).offset)
        return pb.ListLibraryMusicVideosResponse(
            music_videos=map(_converter(request).music_video, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_playlist_folder_children(
        self, request: pb.ListPlaylistFolderChildrenRequest, context: Context
    ) -> pb.ListPlaylistFolderChildrenResponse:
        """List the playlists and folders directly inside a folder."""
        del context
        page = await self._library.folder_children(
            request.folder_id,
            request.account,
            read_options(request.options),
            limit=_limit(request),
            offset=decode(request).offset,
        )
        return pb.ListPlaylistFolderChildrenResponse(
            children=map(_converter(request).resource, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_album_tracks(
        self, request: pb.ListLibraryAlbumTracksRequest, context: Context
    ) -> pb.ListLibraryAlbumTracksResponse:
        """List the tracks of an album."""
        del context
        page = await self._library.album_tracks(
            request.album_id,
            request.account,
            read_options(request.options),
            limit=_limit(request),
            offset=decode(request).offset,
        )
        return pb.ListLibraryAlbumTracksResponse(
            tracks=map(_converter(request).track, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_playlist_tracks(
        self, request: pb.ListLibraryPlaylistTracksRequest, context: Context
    ) -> pb.ListLibraryPlaylistTracksResponse:
        """List the tracks of a playlist."""
        del context
        page = await self._library.playlist_tracks(
            request.playlist_id,
            request.account,
            read_options(request.options),
            limit=_limit(request),
            offset=decode(request).offset,
        )
        return pb.ListLibraryPlaylistTracksResponse(
            tracks=map(_converter(request).track, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_library_artist_albums(
        self, request: pb.ListLibraryArtistAlbumsRequest, context: Context
    ) -> pb.ListLibraryArtistAlbumsResponse:
        """List the albums of an artist."""
        del context
        page = await self._library.artist_albums(
            request.artist_id,
            request.account,
            read_options(request.options),
            limit=_limit(request),
            offset=decode(request).offset,
        )
        return pb.ListLibraryArtistAlbumsResponse(
            albums=map(_converter(request).album, page.items),
            next_page_token=next_page_token(request, page),
            total_count=page.total_count,
        )

    async def list_recently_added(
        self, request: pb.ListRecentlyAddedRequest, context: Context
    ) -> pb.ListRecentlyAddedResponse:
        """List what was added last."""
        del context
        page = await self._library.recently_added(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=25, largest=100),
            offset=decode(request).offset,
        )
        return pb.ListRecentlyAddedResponse(
            resources=map(_converter(request).resource, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def _list(self, kind: type[R], request: _ListRequest, offset: int) -> d.Page[R]:
        return await self._library.list(
            kind,
            request.account,
            read_options(request.options),
            limit=_limit(request),
            offset=offset,
        )


def _limit(request: _ListRequest) -> int:
    return page_limit(request.page_size, default=100, largest=100)


def _converter(request: _ListRequest) -> Converter:
    return Converter(request.options.artwork_size)
