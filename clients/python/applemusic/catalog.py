"""Reading Apple's catalog."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Unpack

from applemusic.calls import Calls, Paged, Read
from applemusic.catalog_lookup import CatalogLookup
from applemusic.convert import from_enum, from_reference, to_model, to_models, to_union
from applemusic.models.album import Album, ArtistAlbumKind
from applemusic.models.artist import Artist
from applemusic.models.curator import Curator, RecordLabel
from applemusic.models.genre import Genre
from applemusic.models.music_video import MusicVideo
from applemusic.models.playlist import Playlist
from applemusic.models.reference import ResourceType
from applemusic.models.relation import Relation
from applemusic.models.resource import Resource, Track
from applemusic.models.search import SearchResults, Suggestions
from applemusic.models.song import Song
from applemusic.models.station import Station
from applemusic.paging import Batcher, Pager
from applemusic.references import Referable, reference
from applemusic.v1 import catalog_service_pb2 as pb


class Catalog(CatalogLookup):
    """Songs, albums, artists, playlists and more, by id, by relation and by words.

    Needs no listener. Every method can raise the errors of the developer token and of the upstream;
    a `get_` raises `ResourceNotFoundError` for an unknown id, a `batch_get_` reports it as missing.
    """

    def __init__(self, calls: Calls) -> None:
        super().__init__(calls)
        self._calls = calls

    async def search(
        self,
        term: str,
        *,
        types: Sequence[ResourceType] = (),
        include_top_results: bool = False,
        **call: Unpack[Paged],
    ) -> SearchResults:
        """Find resources by words: the first page, each type in a list of its own, best first.

        Args:
            term: What to look for.
            types: Types to look for; empty for songs, albums, artists and playlists.
            include_top_results: Also fill `top_results`.
            **call: Account, options, page and timeout.

        Raises:
            InvalidFieldError: The term is blank or too long, or a type cannot be searched.
        """
        request = pb.SearchRequest(
            term=term,
            types=[from_enum(kind) for kind in types],
            include_top_results=include_top_results,
            **self._calls.read_fields(call),
        )
        response = await self._calls.unary(self._calls.stubs.catalog.Search, request, call)
        return to_model(SearchResults, response)

    async def search_pages(
        self,
        term: str,
        *,
        types: Sequence[ResourceType] = (),
        include_top_results: bool = False,
        **call: Unpack[Paged],
    ) -> AsyncIterator[SearchResults]:
        """Yield page after page of what `search` finds, until no type has more."""
        while True:
            results = await self.search(
                term, types=types, include_top_results=include_top_results, **call
            )
            yield results
            if not results.next_page_token:
                return
            call["page_token"] = results.next_page_token

    async def search_suggestions(
        self,
        term: str,
        *,
        term_limit: int = 0,
        types: Sequence[ResourceType] = (),
        **call: Unpack[Read],
    ) -> Suggestions:
        """Complete what a person has typed so far.

        Args:
            term: What was typed so far.
            term_limit: Most terms to return; 0 means 5.
            types: Types of which to return the best matches as well.
            **call: Account, options and timeout.
        """
        request = pb.SearchSuggestionsRequest(
            term=term,
            term_limit=term_limit,
            types=[from_enum(kind) for kind in types],
            **self._calls.read_fields(call),
        )
        method = self._calls.stubs.catalog.SearchSuggestions
        response = await self._calls.unary(method, request, call)
        return to_model(Suggestions, response)

    async def get_song(self, song_id: str, **call: Unpack[Read]) -> Song:
        """Return one song by catalog id (digits)."""
        request = pb.GetSongRequest(id=song_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetSong, request, call)
        return to_model(Song, response.song)

    def batch_get_songs(self, song_ids: Iterable[str], **call: Unpack[Read]) -> Batcher[Song]:
        """Return any number of songs in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[Song, ...], Iterable[str]]:
            request = pb.BatchGetSongsRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetSongs
            response = await self._calls.unary(method, request, call)
            return to_models(Song, response.songs), response.missing_ids

        return self._calls.batch(song_ids, 1500, ask)

    async def get_album(self, album_id: str, **call: Unpack[Read]) -> Album:
        """Return one album by catalog id (digits)."""
        request = pb.GetAlbumRequest(id=album_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetAlbum, request, call)
        return to_model(Album, response.album)

    def batch_get_albums(self, album_ids: Iterable[str], **call: Unpack[Read]) -> Batcher[Album]:
        """Return any number of albums in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[Album, ...], Iterable[str]]:
            request = pb.BatchGetAlbumsRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetAlbums
            response = await self._calls.unary(method, request, call)
            return to_models(Album, response.albums), response.missing_ids

        return self._calls.batch(album_ids, 1000, ask)

    async def get_artist(self, artist_id: str, **call: Unpack[Read]) -> Artist:
        """Return one artist by catalog id (digits)."""
        request = pb.GetArtistRequest(id=artist_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetArtist, request, call)
        return to_model(Artist, response.artist)

    def batch_get_artists(self, artist_ids: Iterable[str], **call: Unpack[Read]) -> Batcher[Artist]:
        """Return any number of artists in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[Artist, ...], Iterable[str]]:
            request = pb.BatchGetArtistsRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetArtists
            response = await self._calls.unary(method, request, call)
            return to_models(Artist, response.artists), response.missing_ids

        return self._calls.batch(artist_ids, 500, ask)

    async def get_playlist(self, playlist_id: str, **call: Unpack[Read]) -> Playlist:
        """Return one playlist by catalog id (`pl.…`)."""
        request = pb.GetPlaylistRequest(id=playlist_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetPlaylist, request, call)
        return to_model(Playlist, response.playlist)

    def batch_get_playlists(
        self, playlist_ids: Iterable[str], **call: Unpack[Read]
    ) -> Batcher[Playlist]:
        """Return any number of playlists in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[Playlist, ...], Iterable[str]]:
            request = pb.BatchGetPlaylistsRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetPlaylists
            response = await self._calls.unary(method, request, call)
            return to_models(Playlist, response.playlists), response.missing_ids

        return self._calls.batch(playlist_ids, 250, ask)

    async def get_station(self, station_id: str, **call: Unpack[Read]) -> Station:
        """Return one station by catalog id (`ra.…`)."""
        request = pb.GetStationRequest(id=station_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetStation, request, call)
        return to_model(Station, response.station)

    def batch_get_stations(
        self, station_ids: Iterable[str], **call: Unpack[Read]
    ) -> Batcher[Station]:
        """Return any number of stations in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[Station, ...], Iterable[str]]:
            request = pb.BatchGetStationsRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetStations
            response = await self._calls.unary(method, request, call)
            return to_models(Station, response.stations), response.missing_ids

        return self._calls.batch(station_ids, 500, ask)

    async def get_music_video(self, music_video_id: str, **call: Unpack[Read]) -> MusicVideo:
        """Return one music video by catalog id (digits)."""
        request = pb.GetMusicVideoRequest(id=music_video_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetMusicVideo, request, call)
        return to_model(MusicVideo, response.music_video)

    def batch_get_music_videos(
        self, music_video_ids: Iterable[str], **call: Unpack[Read]
    ) -> Batcher[MusicVideo]:
        """Return any number of music videos in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[MusicVideo, ...], Iterable[str]]:
            request = pb.BatchGetMusicVideosRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetMusicVideos
            response = await self._calls.unary(method, request, call)
            return to_models(MusicVideo, response.music_videos), response.missing_ids

        return self._calls.batch(music_video_ids, 1000, ask)

    async def get_genre(self, genre_id: str, **call: Unpack[Read]) -> Genre:
        """Return one genre by catalog id (digits)."""
        request = pb.GetGenreRequest(id=genre_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetGenre, request, call)
        return to_model(Genre, response.genre)

    def batch_get_genres(self, genre_ids: Iterable[str], **call: Unpack[Read]) -> Batcher[Genre]:
        """Return any number of genres in the order asked for."""

        async def ask(part: list[str]) -> tuple[tuple[Genre, ...], Iterable[str]]:
            request = pb.BatchGetGenresRequest(ids=part, **self._calls.read_fields(call))
            method = self._calls.stubs.catalog.BatchGetGenres
            response = await self._calls.unary(method, request, call)
            return to_models(Genre, response.genres), response.missing_ids

        return self._calls.batch(genre_ids, 500, ask)

    async def get_curator(self, curator_id: str, **call: Unpack[Read]) -> Curator:
        """Return one curator by catalog id (digits)."""
        request = pb.GetCuratorRequest(id=curator_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetCurator, request, call)
        return to_model(Curator, response.curator)

    async def get_record_label(self, record_label_id: str, **call: Unpack[Read]) -> RecordLabel:
        """Return one record label by catalog id (digits)."""
        request = pb.GetRecordLabelRequest(id=record_label_id, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.GetRecordLabel, request, call)
        return to_model(RecordLabel, response.record_label)

    def album_tracks(self, album_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of an album in order."""
        request = pb.ListAlbumTracksRequest(album_id=album_id, **self._calls.read_fields(call))
        method = self._calls.stubs.catalog.ListAlbumTracks
        return self._calls.pager(method, request, lambda page: to_union(Track, page.tracks), call)

    def playlist_tracks(self, playlist_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of a catalog playlist (`pl.…`) in order."""
        request = pb.ListPlaylistTracksRequest(
            playlist_id=playlist_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.catalog.ListPlaylistTracks
        return self._calls.pager(method, request, lambda page: to_union(Track, page.tracks), call)

    def artist_albums(
        self, artist_id: str, kind: ArtistAlbumKind = ArtistAlbumKind.ALL, **call: Unpack[Paged]
    ) -> Pager[Album]:
        """List the albums of an artist, of one kind or all."""
        request = pb.ListArtistAlbumsRequest(
            artist_id=artist_id, kind=from_enum(kind), **self._calls.read_fields(call)
        )
        method = self._calls.stubs.catalog.ListArtistAlbums
        return self._calls.pager(method, request, lambda page: to_models(Album, page.albums), call)

    def artist_top_songs(self, artist_id: str, **call: Unpack[Paged]) -> Pager[Song]:
        """List the most played songs of an artist, the most played first."""
        request = pb.ListArtistTopSongsRequest(artist_id=artist_id, **self._calls.read_fields(call))
        method = self._calls.stubs.catalog.ListArtistTopSongs
        return self._calls.pager(method, request, lambda page: to_models(Song, page.songs), call)

    def similar_artists(self, artist_id: str, **call: Unpack[Paged]) -> Pager[Artist]:
        """List artists whom listeners of this artist play too, the closest first."""
        request = pb.ListSimilarArtistsRequest(artist_id=artist_id, **self._calls.read_fields(call))
        method = self._calls.stubs.catalog.ListSimilarArtists
        return self._calls.pager(
            method, request, lambda page: to_models(Artist, page.artists), call
        )

    def related(
        self, resource: Referable, relation: Relation, **call: Unpack[Paged]
    ) -> Pager[Resource]:
        """List what stands in a given relation to a resource."""
        request = pb.ListRelatedRequest(
            resource=from_reference(reference(resource)),
            relation=from_enum(relation),
            **self._calls.read_fields(call),
        )
        method = self._calls.stubs.catalog.ListRelated
        return self._calls.pager(
            method, request, lambda page: to_union(Resource, page.resources), call
        )
