"""Reading Apple's catalog.

Made of applemusic/catalog.py by `make gen`: do not edit.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Unpack

from applemusic import catalog as behind
from applemusic.blocking.catalog_lookup import CatalogLookup
from applemusic.blocking.loop_thread import LoopThread
from applemusic.blocking.pager import Pager
from applemusic.calls import Paged, Read
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
from applemusic.paging import Batch
from applemusic.references import Referable


class Catalog(CatalogLookup):
    """Songs, albums, artists, playlists and more, by id, by relation and by words.

    Needs no listener. Every method can raise the errors of the developer token and of the upstream;
    a `get_` raises `ResourceNotFoundError` for an unknown id, a `batch_get_` reports it as missing.
    """

    def __init__(self, thread: LoopThread, behind: behind.Catalog) -> None:
        super().__init__(thread, behind)
        self._thread = thread
        self._catalog = behind

    def search(
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
        return self._thread.run(
            self._catalog.search(term, types=types, include_top_results=include_top_results, **call)
        )

    def search_pages(
        self,
        term: str,
        *,
        types: Sequence[ResourceType] = (),
        include_top_results: bool = False,
        **call: Unpack[Paged],
    ) -> Iterator[SearchResults]:
        """Yield page after page of what `search` finds, until no type has more."""
        return self._thread.iterate(
            self._catalog.search_pages(
                term, types=types, include_top_results=include_top_results, **call
            )
        )

    def search_suggestions(
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
        return self._thread.run(
            self._catalog.search_suggestions(term, term_limit=term_limit, types=types, **call)
        )

    def get_song(self, song_id: str, **call: Unpack[Read]) -> Song:
        """Return one song by catalog id (digits)."""
        return self._thread.run(self._catalog.get_song(song_id, **call))

    def batch_get_songs(self, song_ids: Iterable[str], **call: Unpack[Read]) -> Batch[Song]:
        """Return any number of songs in the order asked for."""
        return self._thread.run(self._catalog.batch_get_songs(list(song_ids), **call))

    def get_album(self, album_id: str, **call: Unpack[Read]) -> Album:
        """Return one album by catalog id (digits)."""
        return self._thread.run(self._catalog.get_album(album_id, **call))

    def batch_get_albums(self, album_ids: Iterable[str], **call: Unpack[Read]) -> Batch[Album]:
        """Return any number of albums in the order asked for."""
        return self._thread.run(self._catalog.batch_get_albums(list(album_ids), **call))

    def get_artist(self, artist_id: str, **call: Unpack[Read]) -> Artist:
        """Return one artist by catalog id (digits)."""
        return self._thread.run(self._catalog.get_artist(artist_id, **call))

    def batch_get_artists(self, artist_ids: Iterable[str], **call: Unpack[Read]) -> Batch[Artist]:
        """Return any number of artists in the order asked for."""
        return self._thread.run(self._catalog.batch_get_artists(list(artist_ids), **call))

    def get_playlist(self, playlist_id: str, **call: Unpack[Read]) -> Playlist:
        """Return one playlist by catalog id (`pl.…`)."""
        return self._thread.run(self._catalog.get_playlist(playlist_id, **call))

    def batch_get_playlists(
        self, playlist_ids: Iterable[str], **call: Unpack[Read]
    ) -> Batch[Playlist]:
        """Return any number of playlists in the order asked for."""
        return self._thread.run(self._catalog.batch_get_playlists(list(playlist_ids), **call))

    def get_station(self, station_id: str, **call: Unpack[Read]) -> Station:
        """Return one station by catalog id (`ra.…`)."""
        return self._thread.run(self._catalog.get_station(station_id, **call))

    def batch_get_stations(
        self, station_ids: Iterable[str], **call: Unpack[Read]
    ) -> Batch[Station]:
        """Return any number of stations in the order asked for."""
        return self._thread.run(self._catalog.batch_get_stations(list(station_ids), **call))

    def get_music_video(self, music_video_id: str, **call: Unpack[Read]) -> MusicVideo:
        """Return one music video by catalog id (digits)."""
        return self._thread.run(self._catalog.get_music_video(music_video_id, **call))

    def batch_get_music_videos(
        self, music_video_ids: Iterable[str], **call: Unpack[Read]
    ) -> Batch[MusicVideo]:
        """Return any number of music videos in the order asked for."""
        return self._thread.run(self._catalog.batch_get_music_videos(list(music_video_ids), **call))

    def get_genre(self, genre_id: str, **call: Unpack[Read]) -> Genre:
        """Return one genre by catalog id (digits)."""
        return self._thread.run(self._catalog.get_genre(genre_id, **call))

    def batch_get_genres(self, genre_ids: Iterable[str], **call: Unpack[Read]) -> Batch[Genre]:
        """Return any number of genres in the order asked for."""
        return self._thread.run(self._catalog.batch_get_genres(list(genre_ids), **call))

    def get_curator(self, curator_id: str, **call: Unpack[Read]) -> Curator:
        """Return one curator by catalog id (digits)."""
        return self._thread.run(self._catalog.get_curator(curator_id, **call))

    def get_record_label(self, record_label_id: str, **call: Unpack[Read]) -> RecordLabel:
        """Return one record label by catalog id (digits)."""
        return self._thread.run(self._catalog.get_record_label(record_label_id, **call))

    def album_tracks(self, album_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of an album in order."""
        return Pager(
            self._thread, self._thread.call(lambda: self._catalog.album_tracks(album_id, **call))
        )

    def playlist_tracks(self, playlist_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of a catalog playlist (`pl.…`) in order."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._catalog.playlist_tracks(playlist_id, **call)),
        )

    def artist_albums(
        self, artist_id: str, kind: ArtistAlbumKind = ArtistAlbumKind.ALL, **call: Unpack[Paged]
    ) -> Pager[Album]:
        """List the albums of an artist, of one kind or all."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._catalog.artist_albums(artist_id, kind, **call)),
        )

    def artist_top_songs(self, artist_id: str, **call: Unpack[Paged]) -> Pager[Song]:
        """List the most played songs of an artist, the most played first."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._catalog.artist_top_songs(artist_id, **call)),
        )

    def similar_artists(self, artist_id: str, **call: Unpack[Paged]) -> Pager[Artist]:
        """List artists whom listeners of this artist play too, the closest first."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._catalog.similar_artists(artist_id, **call)),
        )

    def related(
        self, resource: Referable, relation: Relation, **call: Unpack[Paged]
    ) -> Pager[Resource]:
        """List what stands in a given relation to a resource."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._catalog.related(resource, relation, **call)),
        )
