"""Serves the reading half of `CatalogService`: resources by id."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_server.domain import resources as d
from applemusic_server.wire.convert import Converter, read_options
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.ports import Catalog

R = TypeVar("R", bound=d.Resource)


class _GetRequest(Protocol):
    """What all Get requests have."""

    @property
    def account(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def options(self) -> media_pb2.ReadOptions: ...


class _BatchGetRequest(Protocol):
    """What all BatchGet requests have."""

    @property
    def account(self) -> str: ...
    @property
    def ids(self) -> Sequence[str]: ...
    @property
    def options(self) -> media_pb2.ReadOptions: ...


class CatalogServicer:
    """Reads resources by id."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def get_song(self, request: pb.GetSongRequest, context: Context) -> pb.GetSongResponse:
        """Return a song."""
        del context
        song = await self._get(d.Song, request)
        return pb.GetSongResponse(song=_converter(request).song(song))

    async def batch_get_songs(
        self, request: pb.BatchGetSongsRequest, context: Context
    ) -> pb.BatchGetSongsResponse:
        """Return many songs."""
        del context
        found = await self._batch_get(d.Song, request)
        return pb.BatchGetSongsResponse(
            songs=map(_converter(request).song, found.items), missing_ids=found.missing_ids
        )

    async def get_album(self, request: pb.GetAlbumRequest, context: Context) -> pb.GetAlbumResponse:
        """Return an album."""
        del context
        album = await self._get(d.Album, request)
        return pb.GetAlbumResponse(album=_converter(request).album(album))

    async def batch_get_albums(
        self, request: pb.BatchGetAlbumsRequest, context: Context
    ) -> pb.BatchGetAlbumsResponse:
        """Return many albums."""
        del context
        found = await self._batch_get(d.Album, request)
        return pb.BatchGetAlbumsResponse(
            albums=map(_converter(request).album, found.items), missing_ids=found.missing_ids
        )

    async def get_artist(
        self, request: pb.GetArtistRequest, context: Context
    ) -> pb.GetArtistResponse:
        """Return an artist."""
        del context
        artist = await self._get(d.Artist, request)
        return pb.GetArtistResponse(artist=_converter(request).artist(artist))

    async def batch_get_artists(
        self, request: pb.BatchGetArtistsRequest, context: Context
    ) -> pb.BatchGetArtistsResponse:
        """Return many artists."""
        del context
        found = await self._batch_get(d.Artist, request)
        return pb.BatchGetArtistsResponse(
            artists=map(_converter(request).artist, found.items), missing_ids=found.missing_ids
        )

    async def get_playlist(
        self, request: pb.GetPlaylistRequest, context: Context
    ) -> pb.GetPlaylistResponse:
        """Return a playlist."""
        del context
        playlist = await self._get(d.Playlist, request)
        return pb.GetPlaylistResponse(playlist=_converter(request).playlist(playlist))

    async def batch_get_playlists(
        self, request: pb.BatchGetPlaylistsRequest, context: Context
    ) -> pb.BatchGetPlaylistsResponse:
        """Return many playlists."""
        del context
        found = await self._batch_get(d.Playlist, request)
        return pb.BatchGetPlaylistsResponse(
            playlists=map(_converter(request).playlist, found.items), missing_ids=found.missing_ids
        )

    async def get_station(
        self, request: pb.GetStationRequest, context: Context
    ) -> pb.GetStationResponse:
        """Return a station."""
        del context
        station = await self._get(d.Station, request)
        return pb.GetStationResponse(station=_converter(request).station(station))

    async def batch_get_stations(
        self, request: pb.BatchGetStationsRequest, context: Context
    ) -> pb.BatchGetStationsResponse:
        """Return many stations."""
        del context
        found = await self._batch_get(d.Station, request)
        return pb.BatchGetStationsResponse(
            stations=map(_converter(request).station, found.items), missing_ids=found.missing_ids
        )

    async def get_music_video(
        self, request: pb.GetMusicVideoRequest, context: Context
    ) -> pb.GetMusicVideoResponse:
        """Return a music video."""
        del context
        music_video = await self._get(d.MusicVideo, request)
        return pb.GetMusicVideoResponse(music_video=_converter(request).music_video(music_video))

    async def batch_get_music_videos(
        self, request: pb.BatchGetMusicVideosRequest, context: Context
    ) -> pb.BatchGetMusicVideosResponse:
        """Return many music videos."""
        del context
        found = await self._batch_get(d.MusicVideo, request)
        return pb.BatchGetMusicVideosResponse(
            music_videos=map(_converter(request).music_video, found.items),
            missing_ids=found.missing_ids,
        )

    async def get_genre(self, request: pb.GetGenreRequest, context: Context) -> pb.GetGenreResponse:
        """Return a genre."""
        del context
        genre = await self._get(d.Genre, request)
        return pb.GetGenreResponse(genre=_converter(request).genre(genre))

    async def batch_get_genres(
        self, request: pb.BatchGetGenresRequest, context: Context
    ) -> pb.BatchGetGenresResponse:
        """Return many genres."""
        del context
        found = await self._batch_get(d.Genre, request)
        return pb.BatchGetGenresResponse(
            genres=map(_converter(request).genre, found.items), missing_ids=found.missing_ids
        )

    async def get_curator(
        self, request: pb.GetCuratorRequest, context: Context
    ) -> pb.GetCuratorResponse:
        """Return a curator."""
        del context
        curator = await self._get(d.Curator, request)
        return pb.GetCuratorResponse(curator=_converter(request).curator(curator))

    async def get_record_label(
        self, request: pb.GetRecordLabelRequest, context: Context
    ) -> pb.GetRecordLabelResponse:
        """Return a record label."""
        del context
        record_label = await self._get(d.RecordLabel, request)
        return pb.GetRecordLabelResponse(
            record_label=_converter(request).record_label(record_label)
        )

    async def _get(self, kind: type[R], request: _GetRequest) -> R:
        return await self._catalog.get(
            kind, request.id, request.account, read_options(request.options)
        )

    async def _batch_get(self, kind: type[R], request: _BatchGetRequest) -> d.Found[R]:
        return await self._catalog.batch_get(
            kind, tuple(request.ids), request.account, read_options(request.options)
        )


def _converter(request: _GetRequest | _BatchGetRequest) -> Converter:
    return Converter(request.options.artwork_size)
