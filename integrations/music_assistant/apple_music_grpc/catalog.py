"""Search, and reading one item or what belongs to it, from catalog and library alike."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from music_assistant_models import media_items as ma
from music_assistant_models.enums import ExternalID, MediaType
from music_assistant_models.errors import MediaNotFoundError

from applemusic.errors.base import AppleMusicError, NotFoundError, UnimplementedError
from applemusic.models.album import Album, ArtistAlbumKind
from applemusic.models.options import ReadOptions, View
from applemusic.models.playlist import Playlist, PlaylistFolder
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.relation import Relation
from applemusic.models.resource import Track
from applemusic.models.song import Song

from .errors import translated
from .images import address, noted
from .items import NAMED_ARTIST, Items, is_station
from .session import Session

if TYPE_CHECKING:
    from applemusic.models.artist import Artist
    from applemusic.models.station import Station

SEARCHABLE: Final = {
    MediaType.ARTIST: ResourceType.ARTIST,
    MediaType.ALBUM: ResourceType.ALBUM,
    MediaType.TRACK: ResourceType.SONG,
    MediaType.PLAYLIST: ResourceType.PLAYLIST,
    MediaType.RADIO: ResourceType.STATION,
}
"""What can be searched for. The host has no place for music videos."""

_SEARCH_PAGE: Final = 25
_TOP: Final = 25
_ARTIST_TRACKS: Final = 200
_SIMILAR: Final = 25


class CatalogPart:
    """Reads items for the host."""

    def __init__(self, session: Session, items: Items, logger: logging.Logger) -> None:
        self._session = session
        self._items = items
        self._logger = logger

    @translated
    async def search(
        self, words: str, kinds: Sequence[MediaType] | None, limit: int
    ) -> ma.SearchResults:
        """Find items by words, at most `limit` of each kind; None searches all kinds."""
        found = ma.SearchResults()
        wanted = SEARCHABLE if kinds is None else kinds
        types = [SEARCHABLE[kind] for kind in wanted if kind in SEARCHABLE]
        if not types or not words.strip() or limit < 1:
            return found
        songs: list[Song] = []
        albums: list[Album] = []
        artists: list[Artist] = []
        playlists: list[Playlist] = []
        stations: list[Station] = []
        pages = self._session.client.catalog.search_pages(
            words, types=types, page_size=min(limit, _SEARCH_PAGE)
        )
        async for page in pages:
            songs += page.songs
            albums += page.albums
            artists += page.artists
            playlists += page.playlists
            stations += page.stations
            if max(len(songs), len(albums), len(artists), len(playlists), len(stations)) >= limit:
                break
        found.tracks = [self._items.track(each) for each in songs[:limit]]
        found.albums = [self._items.album(each) for each in albums[:limit]]
        found.artists = [self._items.artist(each) for each in artists[:limit]]
        found_stations = [self._items.station(each) for each in stations[:limit]]
        found.playlists = [self._items.playlist(each) for each in playlists[:limit]]
        found.playlists += [each for each in found_stations if isinstance(each, ma.Playlist)]
        found.radio = [each for each in found_stations if isinstance(each, ma.Radio)]
        return found

    @translated
    async def artist(self, item_id: str) -> ma.Artist:
        """Return an artist; one of whom only the name is known has nothing but that."""
        if item_id.startswith(NAMED_ARTIST):
            return self._items.named_artist(item_id.removeprefix(NAMED_ARTIST))
        client = self._session.client
        if ResourceRef(ResourceType.ARTIST, item_id).in_library:
            return self._items.artist(await self._from_library(ResourceType.ARTIST, item_id))
        return self._items.artist(await client.catalog.get_artist(item_id, options=self._full))

    @translated
    async def album(self, item_id: str) -> ma.Album:
        """Return an album."""
        if ResourceRef(ResourceType.ALBUM, item_id).in_library:
            return self._items.album(await self._from_library(ResourceType.ALBUM, item_id))
        found = await self._session.client.catalog.get_album(item_id, options=self._full)
        return self._items.album(found)

    @translated
    async def track(self, item_id: str) -> ma.Track:
        """Return a song, with its lyrics where there are any."""
        if ResourceRef(ResourceType.SONG, item_id).in_library:
            song: Song = await self._from_library(ResourceType.SONG, item_id)
        else:
            song = await self._session.client.catalog.get_song(item_id, options=self._full)
        track = self._items.track(song)
        if song.has_lyrics and self._session.capabilities.lyrics:
            await self._add_lyrics(track, song)
        return track

    @translated
    async def playlist(self, item_id: str) -> ma.Playlist:
        """Return a playlist; a station where the host takes those for playlists."""
        client = self._session.client
        if is_station(item_id):
            station = self._items.station(await client.catalog.get_station(item_id))
            if not isinstance(station, ma.Playlist):
                raise MediaNotFoundError(f"{item_id} is a radio station, not a playlist")
            return station
        if ResourceRef(ResourceType.PLAYLIST, item_id).in_library:
            return self._items.playlist(await self._from_library(ResourceType.PLAYLIST, item_id))
        found = await client.catalog.get_playlist(item_id, options=self._full)
        return self._items.playlist(found)

    @translated
    async def radio(self, item_id: str) -> ma.Radio:
        """Return a station."""
        found = self._items.station(await self._session.client.catalog.get_station(item_id))
        if not isinstance(found, ma.Radio):
            raise MediaNotFoundError(f"{item_id} plays as a playlist in this host")
        return found

    @translated
    async def album_tracks(self, item_id: str) -> list[ma.Track]:
        """Return all songs of an album."""
        client = self._session.client
        if ResourceRef(ResourceType.ALBUM, item_id).in_library:
            tracks = await client.library.album_tracks(item_id).to_list()
        else:
            tracks = await client.catalog.album_tracks(item_id).to_list()
        return self._songs(tracks)

    @translated
    async def artist_albums(self, item_id: str) -> list[ma.Album]:
        """Return all albums of an artist."""
        if item_id.startswith(NAMED_ARTIST):
            return []
        client = self._session.client
        if ResourceRef(ResourceType.ARTIST, item_id).in_library:
            albums = await client.library.artist_albums(item_id).to_list()
        else:
            albums = await client.catalog.artist_albums(item_id).to_list()
        return [self._items.album(each) for each in albums]

    @translated
    async def artist_top_albums(self, item_id: str) -> list[ma.Album]:
        """Return the albums that Apple's editors put forward; all where there are none."""
        catalog_id = await self._catalog_artist(item_id)
        if not catalog_id:
            return []
        pager = self._session.client.catalog.artist_albums(catalog_id, ArtistAlbumKind.FEATURED)
        albums = await pager.to_list(_TOP)
        if not albums:
            pager = self._session.client.catalog.artist_albums(catalog_id)
            albums = await pager.to_list(_TOP)
        return [self._items.album(each) for each in albums]

    @translated
    async def artist_top_tracks(self, item_id: str, limit: int = _TOP) -> list[ma.Track]:
        """Return the most played songs of an artist."""
        catalog_id = await self._catalog_artist(item_id)
        if not catalog_id:
            return []
        songs = await self._session.client.catalog.artist_top_songs(catalog_id).to_list(limit)
        return [self._items.track(each) for each in songs]

    @translated
    async def artist_tracks(self, item_id: str) -> list[ma.Track]:
        """Return the songs of an artist that Apple lists, the most played first, at most 200."""
        return await self.artist_top_tracks(item_id, _ARTIST_TRACKS)

    @translated
    async def album_versions(self, item_id: str) -> list[ma.Album]:
        """Return other versions of an album."""
        reference = ResourceRef(ResourceType.ALBUM, item_id)
        if reference.in_library:
            return []
        found = self._session.client.catalog.related(reference, Relation.ALBUM_VERSIONS)
        return [
            each for each in self._items.media(await found.to_list()) if isinstance(each, ma.Album)
        ]

    @translated
    async def similar_artists(self, item_id: str, limit: int = _SIMILAR) -> list[ma.Artist]:
        """Return artists whom listeners of this one play, too."""
        catalog_id = await self._catalog_artist(item_id)
        if not catalog_id:
            return []
        pager = self._session.client.catalog.similar_artists(catalog_id)
        return [self._items.artist(each) for each in await pager.to_list(limit)]

    @translated
    async def track_by_code(self, code: str, kind: ExternalID) -> ma.Track | None:
        """Return the song with an ISRC; None for other codes and where there is none."""
        if kind is not ExternalID.ISRC:
            return None
        isrc = code.replace("-", "").strip().upper()
        matches = await self._session.client.catalog.lookup_isrc([isrc])
        songs = [song for match in matches for song in match.songs]
        return self._items.track(songs[0]) if songs else None

    @translated
    async def album_by_code(self, code: str, kind: ExternalID) -> ma.Album | None:
        """Return the album with a UPC; None for other codes and where there is none."""
        if kind is not ExternalID.BARCODE:
            return None
        matches = await self._session.client.catalog.lookup_upc([code.strip()])
        albums = [album for match in matches for album in match.albums]
        return self._items.album(albums[0]) if albums else None

    @translated
    async def image(self, path: str) -> str:
        """Return where a picture is now."""
        reference = noted(path)
        if reference is None:
            return path
        if not reference.in_library:
            raise MediaNotFoundError(f"no picture is to be had for {path}")
        found = address(await self._from_library(reference.type, reference.id))
        if not found:
            raise MediaNotFoundError(f"{path} has no picture any more")
        return found

    @property
    def _full(self) -> ReadOptions:
        base = self._session.client.config.options
        return ReadOptions(language=base.language, artwork_size=base.artwork_size, view=View.FULL)

    async def _from_library(self, kind: ResourceType, item_id: str) -> Any:
        batch = await self._session.client.library.batch_get(
            [ResourceRef(kind, item_id)], options=self._full
        )
        for found in batch:
            if not isinstance(found, PlaylistFolder):
                return found
        raise MediaNotFoundError(f"{item_id} is not in the library any more")

    async def _catalog_artist(self, item_id: str) -> str:
        """Return the catalog id of an artist; empty when the artist has none."""
        if item_id.startswith(NAMED_ARTIST):
            return ""
        if not ResourceRef(ResourceType.ARTIST, item_id).in_library:
            return item_id
        artist = await self._from_library(ResourceType.ARTIST, item_id)
        return str(artist.catalog_id)

    async def _add_lyrics(self, track: ma.Track, song: Song) -> None:
        """Add lyrics. A song without them is still a song."""
        try:
            lyrics = await self._session.client.catalog.lyrics(
                song.current_catalog_id or song.catalog_id or song.id
            )
        except (NotFoundError, UnimplementedError):
            return
        except AppleMusicError as error:
            self._logger.warning("The lyrics of %s are not to be had now: %s", song.name, error)
            return
        track.metadata.lyrics = lyrics.plain_text or None
        track.metadata.lrc_lyrics = lyrics.lrc or None

    def _songs(self, tracks: Sequence[Track]) -> list[ma.Track]:
        return [self._items.track(each) for each in tracks if isinstance(each, Song)]
